#pragma once
/// @file
/// Storage of the simplex kernels: a vector indexed by `int`, and a dense vector that knows where it is not zero.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>

namespace kilter::lp::detail {

/// A vector of plain values whose indices and sizes are `int`, as everywhere in the solver. Growing leaves new entries unset, and
/// memory once had is kept.
template <class T>
requires std::is_trivially_copyable_v<T>
class Array {
 public:
  Array() = default;
  explicit Array(int count, T value = T{}) { assign(count, value); }
  Array(const Array& other) { *this = other; }
  Array(Array&& other) noexcept
      : data_(std::move(other.data_)), size_(std::exchange(other.size_, 0)), room_(std::exchange(other.room_, 0)) {}
  Array& operator=(const Array& other) {
    if (this == &other) return *this;
    resize(other.size_);
    std::copy_n(other.data(), other.size_, data());
    return *this;
  }
  Array& operator=(Array&& other) noexcept {
    data_ = std::move(other.data_);
    size_ = std::exchange(other.size_, 0);
    room_ = std::exchange(other.room_, 0);
    return *this;
  }
  ~Array() = default;

  T& operator[](int i) { return data_.get()[i]; }
  const T& operator[](int i) const { return data_.get()[i]; }
  [[nodiscard]] int size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] T* data() { return data_.get(); }
  [[nodiscard]] const T* data() const { return data_.get(); }
  [[nodiscard]] T* begin() { return data_.get(); }
  [[nodiscard]] T* end() { return data_.get() + size_; }
  [[nodiscard]] const T* begin() const { return data_.get(); }
  [[nodiscard]] const T* end() const { return data_.get() + size_; }
  [[nodiscard]] T& back() { return data_.get()[size_ - 1]; }
  void push_back(T value) {
    if (size_ == room_) reserve(2 * room_ + 8);
    data_.get()[size_++] = value;
  }
  void pop_back() { --size_; }
  void clear() { size_ = 0; }
  void reserve(int count) {
    if (count <= room_) return;
    auto larger = std::make_unique_for_overwrite<T[]>(static_cast<std::size_t>(count));
    std::copy_n(data_.get(), size_, larger.get());
    data_ = std::move(larger);
    room_ = count;
  }
  /// Grows at least twofold, so that growing by little is cheap.
  void resize(int count) {
    if (count > room_) reserve(size_ == 0 ? count : std::max(count, 2 * room_));
    size_ = count;
  }
  void assign(int count, T value) {
    clear();  // nothing to move
    resize(count);
    std::fill_n(data_.get(), count, value);
  }
  /// Makes room for `count` entries, which keep whatever was there.
  void grow(int count) {
    if (count > size_) resize(count);
  }

 private:
  std::unique_ptr<T[]> data_;
  int size_ = 0, room_ = 0;
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
