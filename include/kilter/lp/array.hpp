#pragma once
/// @file
/// Storage of the simplex kernels: a vector indexed by `int`, and a dense vector that knows where it is not zero.

#include <cmath>
#include <vector>

namespace kilter::lp::detail {

/// A `std::vector` whose indices and sizes are `int`, as everywhere in the solver.
template <class T>
class Array {
 public:
  Array() = default;
  explicit Array(int count, T value = T{}) : data_(static_cast<std::size_t>(count), value) {}

  T& operator[](int i) { return data_.data()[i]; }
  const T& operator[](int i) const { return data_.data()[i]; }
  [[nodiscard]] int size() const { return static_cast<int>(data_.size()); }
  [[nodiscard]] bool empty() const { return data_.empty(); }
  [[nodiscard]] T* data() { return data_.data(); }
  [[nodiscard]] const T* data() const { return data_.data(); }
  [[nodiscard]] auto begin() { return data_.begin(); }
  [[nodiscard]] auto end() { return data_.end(); }
  [[nodiscard]] auto begin() const { return data_.begin(); }
  [[nodiscard]] auto end() const { return data_.end(); }
  [[nodiscard]] T& back() { return data_.back(); }
  void push_back(T value) { data_.push_back(value); }
  void pop_back() { data_.pop_back(); }
  void clear() { data_.clear(); }
  void resize(int count) { data_.resize(static_cast<std::size_t>(count)); }
  void assign(int count, T value) { data_.assign(static_cast<std::size_t>(count), value); }

 private:
  std::vector<T> data_;
};

/// Entries smaller than this are taken for the rounding of zero.
inline constexpr double tiny = 1e-14;

/// A dense vector together with the list of its nonzero places.
struct SparseVector {
  Array<double> value;
  Array<int> index;

  void reset(int size) {
    value.assign(size, 0.0);
    index.clear();
  }
  /// Back to all zeros, at the cost of the listed entries.
  void clear() {
    for (const int i : index) value[i] = 0;
    index.clear();
  }
  /// Lists the nonzeros and flushes tiny ones to zero; O(size).
  void gather() {
    const int size = value.size();
    index.resize(size);  // the capacity is there after the first time
    int count = 0;
    for (int i = 0; i < size; ++i) {
      if (value[i] == 0) continue;
      if (std::abs(value[i]) < tiny) {
        value[i] = 0;
      } else {
        index[count++] = i;
      }
    }
    index.resize(count);
  }
  [[nodiscard]] double squared_norm() const {
    double sum = 0;
    for (const int i : index) sum += value[i] * value[i];
    return sum;
  }
};

}  // namespace kilter::lp::detail
