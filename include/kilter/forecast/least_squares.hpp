#pragma once
/// @file
/// Linear least squares by a rank-revealing QR: coefficients, what had to be dropped, standard errors, predictions.

#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <Eigen/Core>

#include "kilter/core/contract.hpp"
#include "kilter/core/series.hpp"
#include "kilter/core/status.hpp"
#include "kilter/forecast/dense.hpp"

namespace kilter::forecast {

struct LeastSquaresOptions {
  /// A column counts as dependent on those before it when what is left of it, relative to its own length, is at most this;
  /// 0 means max(rows, columns) times the rounding unit.
  double rank_tolerance = 0;
  /// Steps of iterative refinement with sums in extended precision; 0 saves about a third of the time.
  int refinements = 2;
  /// Names of the columns for the report; empty or one a column.
  std::vector<std::string> names{};
};

/// A prediction: the expected value, the standard error of that expectation, and the deviation of a new observation around it.
struct LinearPrediction {
  double mean = missing;
  double standard_error = missing;
  double deviation = missing;
};

/// The result of `least_squares`. Dropped columns have coefficient 0 and standard error `missing`.
struct [[nodiscard]] LeastSquaresFit {
  Status status = Status::infeasible;  ///< `optimal`, or `infeasible` when no row or no column carries information
  Eigen::VectorXd coefficients{};
  Eigen::VectorXd standard_errors{};
  Eigen::VectorXd residuals{};        ///< one a row, unweighted; `missing` where the row was skipped
  Eigen::MatrixXd covariance_root{};  ///< F with (XᵀWX)⁻¹ = F Fᵀ on the kept columns, rows of dropped ones 0
  std::size_t rank = 0;
  std::size_t rows = 0;                ///< rows that were used
  std::vector<std::size_t> dropped{};  ///< collinear columns, ascending
  std::vector<std::string> dropped_names{};
  double residual_sum = missing;       ///< weighted sum of squared residuals
  double residual_variance = missing;  ///< that sum over rows − rank; `missing` when nothing is left over

  /// The prediction at one row of regressors, for an observation of weight `weight`. Throws when the length differs. O(columns²).
  [[nodiscard]] LinearPrediction predict(const Eigen::Ref<const Eigen::VectorXd>& row, double weight = 1) const {
    require(row.size() == coefficients.size(), "row.size()", row.size(), "must equal the number of columns");
    require(weight > 0, "weight", weight, "must be positive");
    double mean = 0, variance = 0;
    for (Eigen::Index j = 0; j < row.size(); ++j) mean += row[j] * coefficients[j];
    for (Eigen::Index k = 0; k < covariance_root.cols(); ++k) {
      double sum = 0;
      for (Eigen::Index j = 0; j < row.size(); ++j) sum += covariance_root(j, k) * row[j];
      variance += residual_variance * sum * sum;
    }
    return {mean, std::sqrt(variance), std::sqrt(variance + residual_variance / weight)};
  }
};

namespace detail {

/// The rows that count, multiplied by the roots of their weights.
struct WeightedRows {
  Columns design{};
  std::vector<double> target{};
  std::vector<Eigen::Index> index{};
};

inline WeightedRows weigh(const Eigen::Ref<const Eigen::MatrixXd>& design, const Eigen::Ref<const Eigen::VectorXd>& target,
                          const Eigen::Ref<const Eigen::VectorXd>& weights) {
  WeightedRows out;
  for (Eigen::Index i = 0; i < target.size(); ++i) {
    require(weights[i] >= 0 && std::isfinite(weights[i]), "weight", weights[i], "must be finite and not negative");
    require(!std::isinf(target[i]), "target", target[i], "must be finite or missing");
    if (weights[i] > 0 && !std::isnan(target[i])) out.index.push_back(i);
  }
  out.design = Columns(out.index.size(), static_cast<std::size_t>(design.cols()));
  for (const Eigen::Index i : out.index) out.target.push_back(std::sqrt(weights[i]) * target[i]);
  for (std::size_t j = 0; j < out.design.cols(); ++j) {
    for (std::size_t k = 0; k < out.index.size(); ++k) {
      const double value = design(out.index[k], static_cast<Eigen::Index>(j));
      require_finite("design value", value);
      out.design(k, j) = std::sqrt(weights[out.index[k]]) * value;
    }
  }
  return out;
}

inline Eigen::VectorXd filled(Eigen::Index size, double value) {
  Eigen::VectorXd out(size);
  for (Eigen::Index i = 0; i < size; ++i) out[i] = value;
  return out;
}

/// Copies the dense fit into the report: coefficients, what was dropped, errors, residuals in the units of the target.
inline void report(const DenseFit& dense, const WeightedRows& rows, const Eigen::Ref<const Eigen::VectorXd>& weights,
                   const LeastSquaresOptions& options, LeastSquaresFit& fit) {
  fit.rank = dense.rank;
  fit.dropped = dense.dropped;
  for (std::size_t k = 0; k < dense.dropped.size() && !options.names.empty(); ++k) {
    fit.dropped_names.push_back(options.names[dense.dropped[k]]);
  }
  fit.residual_sum = dot(dense.residuals.data(), dense.residuals.data(), dense.residuals.size());
  const auto left_over = static_cast<double>(fit.rows) - static_cast<double>(fit.rank);
  fit.residual_variance = left_over > 0 ? fit.residual_sum / left_over : missing;
  fit.covariance_root.resize(fit.coefficients.size(), static_cast<Eigen::Index>(fit.rank));
  for (Eigen::Index j = 0; j < fit.coefficients.size(); ++j) {
    double square = 0;
    fit.coefficients[j] = dense.coefficients[static_cast<std::size_t>(j)];
    for (Eigen::Index k = 0; k < fit.covariance_root.cols(); ++k) {
      const double value = dense.covariance_root(static_cast<std::size_t>(j), static_cast<std::size_t>(k));
      fit.covariance_root(j, k) = value;
      square += value * value;
    }
    fit.standard_errors[j] = std::sqrt(fit.residual_variance * square);
  }
  for (const std::size_t j : fit.dropped) fit.standard_errors[static_cast<Eigen::Index>(j)] = missing;
  for (std::size_t k = 0; k < rows.index.size(); ++k) {
    fit.residuals[rows.index[k]] = dense.residuals[k] / std::sqrt(weights[rows.index[k]]);
  }
}

}  // namespace detail

/// Minimises Σ wᵢ (yᵢ − xᵢᵀ b)² over b: weighted least squares with known relative weights (the variance of row i is σ²/wᵢ).
///
/// `design` is rows × columns; rows whose target is missing or whose weight is 0 are skipped. Columns are scaled to length 1,
/// collinear ones are found by column-pivoted Householder QR and reported by index and name; the solution is refined with sums in
/// extended precision. Throws when lengths differ or a value is not finite. O(rows · columns²).
inline LeastSquaresFit weighted_least_squares(const Eigen::Ref<const Eigen::MatrixXd>& design,
                                              const Eigen::Ref<const Eigen::VectorXd>& target,
                                              const Eigen::Ref<const Eigen::VectorXd>& weights,
                                              const LeastSquaresOptions& options = {}) {
  require(design.rows() == target.size(), "target.size()", target.size(), "must equal the number of rows");
  require(design.rows() == weights.size(), "weights.size()", weights.size(), "must equal the number of rows");
  require(options.names.empty() || options.names.size() == static_cast<std::size_t>(design.cols()), "options.names.size()",
          options.names.size(), "must be 0 or the number of columns");
  require(options.rank_tolerance >= 0, "options.rank_tolerance", options.rank_tolerance, "must not be negative");
  const detail::WeightedRows rows = detail::weigh(design, target, weights);
  const auto dense = detail::dense_least_squares(rows.design, rows.target, options.refinements, options.rank_tolerance);
  LeastSquaresFit fit;
  fit.rows = rows.index.size();
  fit.coefficients = detail::filled(design.cols(), 0);
  fit.standard_errors = detail::filled(design.cols(), missing);
  fit.residuals = detail::filled(design.rows(), missing);
  detail::report(dense, rows, weights, options, fit);
  if (fit.rank > 0) fit.status = Status::optimal;
  return fit;
}

/// Ordinary least squares: `weighted_least_squares` with all weights 1.
inline LeastSquaresFit least_squares(const Eigen::Ref<const Eigen::MatrixXd>& design,
                                     const Eigen::Ref<const Eigen::VectorXd>& target, const LeastSquaresOptions& options = {}) {
  return weighted_least_squares(design, target, detail::filled(design.rows(), 1), options);
}

}  // namespace kilter::forecast
