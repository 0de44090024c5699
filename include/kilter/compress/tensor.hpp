#pragma once
/// @file
/// `Tensor`: a matrix of floats, row after row, as weights are stored; and how far one is from another.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"

namespace kilter::compress {

/// A row-major matrix that somebody else owns.
struct TensorView {
  std::size_t rows = 0;
  std::size_t cols = 0;
  const float* data = nullptr;

  [[nodiscard]] std::size_t size() const { return rows * cols; }
  [[nodiscard]] std::span<const float> row(std::size_t r) const { return {data + r * cols, cols}; }
  [[nodiscard]] float operator()(std::size_t r, std::size_t c) const { return data[r * cols + c]; }
};

/// A row-major matrix of floats: `values[r * cols + c]`. For a layer, `rows` are outputs and `cols` are inputs.
struct Tensor {
  std::size_t rows = 0;
  std::size_t cols = 0;
  std::vector<float> values{};

  [[nodiscard]] std::size_t size() const { return rows * cols; }
  [[nodiscard]] std::span<const float> row(std::size_t r) const { return {values.data() + r * cols, cols}; }
  [[nodiscard]] std::span<float> row(std::size_t r) { return {values.data() + r * cols, cols}; }
  [[nodiscard]] float operator()(std::size_t r, std::size_t c) const { return values[r * cols + c]; }
  [[nodiscard]] float& operator()(std::size_t r, std::size_t c) { return values[r * cols + c]; }

  operator TensorView() const {  // NOLINT(google-explicit-constructor): a view of an owner, as with std::span
    require(values.size() == size(), "values", values.size(), "must hold rows * cols values");
    return {rows, cols, values.data()};
  }

  friend bool operator==(const Tensor&, const Tensor&) = default;
};

/// A tensor of zeros.
[[nodiscard]] inline Tensor make_tensor(std::size_t rows, std::size_t cols) {
  return {rows, cols, std::vector<float>(rows * cols)};
}

/// How far an approximation is from what it stands for.
struct ApproximationError {
  double rmse = 0;           ///< root of the mean squared difference
  double relative_rmse = 0;  ///< rmse over the root mean square of the reference; 0 when both are 0
  double max = 0;            ///< largest absolute difference
};

/// Sums of squares of several pairs of tensors, so that the error of a whole network is one number.
class ErrorSum {
 public:
  /// Refuses tensors of different shapes.
  void add(TensorView reference, TensorView approximation) {
    require(reference.rows == approximation.rows, "approximation.rows", approximation.rows, "must be that of the reference");
    require(reference.cols == approximation.cols, "approximation.cols", approximation.cols, "must be that of the reference");
    for (std::size_t i = 0; i < reference.size(); ++i) {
      const double value = static_cast<double>(reference.data[i]);
      const double difference = static_cast<double>(approximation.data[i]) - value;
      squares_ += value * value;
      differences_ += difference * difference;
      max_ = std::max(max_, std::abs(difference));
    }
    count_ += reference.size();
  }

  [[nodiscard]] ApproximationError error() const {
    if (count_ == 0) return {};
    const double rmse = std::sqrt(differences_ / static_cast<double>(count_));
    return {rmse, differences_ == 0 ? 0 : std::sqrt(differences_ / squares_), max_};
  }

 private:
  double squares_ = 0;
  double differences_ = 0;
  double max_ = 0;
  std::size_t count_ = 0;
};

/// The error of `approximation`, in double precision; refuses different shapes.
[[nodiscard]] inline ApproximationError approximation_error(TensorView reference, TensorView approximation) {
  ErrorSum sum;
  sum.add(reference, approximation);
  return sum.error();
}

}  // namespace kilter::compress
