#pragma once
/// @file
/// Storage of the simplex kernels: a vector indexed by `int`, and a dense vector that knows where it is not zero.

#include <cmath>
#include <span>
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
  void reserve(int count) { data_.reserve(static_cast<std::size_t>(count)); }
  void resize(int count) { data_.resize(static_cast<std::size_t>(count)); }
  void assign(int count, T value) { data_.assign(static_cast<std::size_t>(count), value); }
  /// Makes room for `count` entries, which keep whatever was there.
  void grow(int count) {
    if (count > size()) resize(count);
  }

 private:
  std::vector<T> data_;
};

/// Entries smaller than this are taken for the rounding of zero.
inline constexpr double tiny = 1e-14;
/// Stands for a zero that is in the list of nonzeros already, so that it is not listed twice.
inline constexpr double listed_zero = 1e-100;

/// A dense vector together with the list of its nonzero places.
struct SparseVector {
  Array<double> value;
  Array<int> place;  ///< the first `count` are those of nonzeros
  int count = 0;

  void reset(int size) {
    value.assign(size, 0.0);
    place.resize(size);
    count = 0;
  }
  [[nodiscard]] int size() const { return value.size(); }
  [[nodiscard]] std::span<const int> index() const { return {place.data(), static_cast<std::size_t>(count)}; }
  [[nodiscard]] double density() const { return size() > 0 ? static_cast<double>(count) / size() : 0.0; }
  /// Back to all zeros, at the cost of the listed entries.
  void clear() {
    if (10 * count > 3 * size()) {
      value.assign(size(), 0.0);
    } else {
      for (int k = 0; k < count; ++k) value[place[k]] = 0;
    }
    count = 0;
  }
  /// Sets an entry that was zero.
  void set(int i, double v) {
    value[i] = v;
    place[count++] = i;
  }
  void add(int i, double v) {
    double& entry = value[i];
    if (entry == 0) place[count++] = i;
    entry += v;
    if (entry == 0) entry = listed_zero;
  }
  /// Lists the nonzeros of a vector whose list is not up to date, and flushes tiny ones to zero; O(size).
  void gather() {
    double* const v = value.data();
    int* const out = place.data();
    int found = 0;
    for (int i = 0, n = size(); i < n; ++i) {
      if (v[i] == 0) continue;
      if (std::abs(v[i]) < tiny) {
        v[i] = 0;
      } else {
        out[found++] = i;
      }
    }
    count = found;
  }
  /// Flushes tiny entries of a vector whose list is up to date; O(count).
  void prune() {
    int kept = 0;
    for (int k = 0; k < count; ++k) {
      const int i = place[k];
      if (std::abs(value[i]) < tiny) {
        value[i] = 0;
      } else {
        place[kept++] = i;
      }
    }
    count = kept;
  }
  void copy(const SparseVector& other) {
    clear();
    for (const int i : other.index()) set(i, other.value[i]);
  }
  [[nodiscard]] double squared_norm() const {
    double sum = 0;
    for (int k = 0; k < count; ++k) sum += value[place[k]] * value[place[k]];
    return sum;
  }
};

}  // namespace kilter::lp::detail
