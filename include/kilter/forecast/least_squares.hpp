#pragma once
/// @file
/// Linear least squares by a rank-revealing QR, ordinary, weighted or ridge: coefficients, what had to be dropped, standard errors,
/// predictions with intervals.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <Eigen/Core>

#include "kilter/core/contract.hpp"
#include "kilter/core/series.hpp"
#include "kilter/core/status.hpp"
#include "kilter/forecast/dense.hpp"
#include "kilter/forecast/features.hpp"
#include "kilter/forecast/linear_prediction.hpp"

namespace kilter::forecast {

struct LeastSquaresOptions {
  /// A column counts as dependent on those before it when what is left of it, relative to its own length, is at most this;
  /// 0 means max(rows, columns) times the rounding unit.
  double rank_tolerance = 0;
  /// Steps of iterative refinement with sums in extended precision; 0 saves about a third of the time.
  int refinements = 2;
  /// Names of the columns for the report; empty or one a column.
  std::vector<std::string> names{};
  /// Fit a constant too. It becomes coefficient 0, named "constant", and is never penalised.
  bool intercept = false;
  /// Penalty on Σ (length of column j · coefficient j)², lengths being weighted, and about the weighted mean where there is an
  /// intercept: Hoerl and Kennard's k for regressors in correlation form, so it does not depend on units or on the number of rows.
  double ridge = 0;
};

/// The result of `least_squares`. Dropped columns have coefficient 0 and standard error `missing`.
struct [[nodiscard]] LeastSquaresFit {
  /// `optimal`; `infeasible` when no row or no column carries information; `numerical_failure` when the sum of squares overflows.
  Status status = Status::infeasible;
  bool intercept = false;  ///< coefficient 0 is a constant
  Eigen::VectorXd coefficients{};
  Eigen::VectorXd standard_errors{};
  Eigen::VectorXd residuals{};        ///< one a row, unweighted; `missing` where the row was skipped
  Eigen::MatrixXd covariance_root{};  ///< F with (XᵀWX + penalty)⁻¹ = F Fᵀ on the kept columns, rows of dropped ones 0
  std::size_t rank = 0;
  std::size_t rows = 0;                ///< rows that were used
  std::vector<std::size_t> dropped{};  ///< collinear coefficients, ascending
  std::vector<std::string> dropped_names{};
  double effective_parameters = 0;     ///< trace of the hat matrix: the rank, or less under a ridge
  double freedom = 0;                  ///< rows − effective parameters
  double residual_sum = missing;       ///< weighted sum of squared residuals
  double residual_variance = missing;  ///< that sum over the freedom; `missing` when none is left
  double gcv =
      missing;  ///< generalised cross-validation, rows · sum / freedom²: least at the best `ridge` (Golub, Heath, Wahba 1979)

  /// The prediction at one row of regressors (without the constant), for an observation of weight `weight`; `missing` when one of
  /// them is. Under a ridge the errors are those of the posterior whose prior is the penalty. Throws when the length differs.
  /// O(columns²).
  [[nodiscard]] LinearPrediction predict(const Eigen::Ref<const Eigen::VectorXd>& row, double weight = 1) const {
    const Eigen::Index shift = intercept ? 1 : 0;
    require(row.size() + shift == coefficients.size(), "row.size()", row.size(), "must equal the number of columns");
    require(weight > 0, "weight", weight, "must be positive");
    double mean = intercept ? coefficients[0] : 0, variance = 0;
    for (Eigen::Index j = 0; j < row.size(); ++j) mean += row[j] * coefficients[j + shift];
    for (Eigen::Index k = 0; k < covariance_root.cols(); ++k) {
      double sum = intercept ? covariance_root(0, k) : 0;
      for (Eigen::Index j = 0; j < row.size(); ++j) sum += covariance_root(j + shift, k) * row[j];
      variance += residual_variance * sum * sum;
    }
    return {mean, std::sqrt(variance), std::sqrt(variance + residual_variance / weight), freedom};
  }

  /// The prediction at every row of `future`, whose columns must be those of the fit in the same order.
  [[nodiscard]] std::vector<LinearPrediction> predict(const Regressors& future) const {
    detail::check_regressors(future);
    std::vector<LinearPrediction> out;
    Eigen::VectorXd row(static_cast<Eigen::Index>(future.columns()));
    for (std::size_t i = 0; i < future.rows; ++i) {
      for (std::size_t j = 0; j < future.columns(); ++j) row[static_cast<Eigen::Index>(j)] = future.column(j)[i];
      out.push_back(predict(row));
    }
    return out;
  }
};

namespace detail {

/// The rows that count, multiplied by the roots of their weights.
struct WeightedRows {
  Columns design{};
  std::vector<double> target{};
  std::vector<double> root{};  ///< of the weight of each row that counts
  std::vector<Eigen::Index> index{};
};

/// A row counts when its weight is positive and its target and all its regressors are known.
inline std::vector<Eigen::Index> complete_rows(const Eigen::Ref<const Eigen::MatrixXd>& design,
                                               const Eigen::Ref<const Eigen::VectorXd>& target,
                                               const Eigen::Ref<const Eigen::VectorXd>& weights) {
  std::vector<Eigen::Index> out;
  for (Eigen::Index i = 0; i < target.size(); ++i) {
    require(weights[i] >= 0 && std::isfinite(weights[i]), "weight", weights[i], "must be finite and not negative");
    require(!std::isinf(target[i]), "target", target[i], "must be finite or missing");
    bool known = weights[i] > 0 && !std::isnan(target[i]);
    for (Eigen::Index j = 0; j < design.cols(); ++j) {
      require(!std::isinf(design(i, j)), "design value", design(i, j), "must be finite or missing");
      known = known && !std::isnan(design(i, j));
    }
    if (known) out.push_back(i);
  }
  return out;
}

/// The rows that count, with a column of ones in front if asked for and `extra` empty rows at the end.
inline WeightedRows weigh(const Eigen::Ref<const Eigen::MatrixXd>& design, const Eigen::Ref<const Eigen::VectorXd>& target,
                          const Eigen::Ref<const Eigen::VectorXd>& weights, bool intercept, std::size_t extra) {
  WeightedRows out;
  out.index = complete_rows(design, target, weights);
  for (const Eigen::Index i : out.index) out.root.push_back(std::sqrt(weights[i]));
  for (std::size_t k = 0; k < out.index.size(); ++k) out.target.push_back(out.root[k] * target[out.index[k]]);
  out.target.resize(out.index.size() + extra, 0.0);
  const std::size_t shift = intercept ? 1 : 0;
  out.design = Columns(out.target.size(), static_cast<std::size_t>(design.cols()) + shift);
  if (intercept) std::copy(out.root.begin(), out.root.end(), out.design.column(0));
  for (std::size_t j = shift; j < out.design.cols(); ++j) {
    for (std::size_t k = 0; k < out.index.size(); ++k) {
      out.design(k, j) = out.root[k] * design(out.index[k], static_cast<Eigen::Index>(j - shift));
    }
  }
  return out;
}

/// The length of a weighted column, about its weighted mean if `centred`.
inline double spread(const double* column, const std::vector<double>& root, bool centred) {
  const std::size_t n = root.size();
  if (!centred) return length(column, n);
  const double mean = dot(column, root.data(), n) / dot(root.data(), root.data(), n);
  std::vector<double> deviation(column, column + n);
  add_scaled(deviation.data(), -mean, root.data(), n);
  return length(deviation.data(), n);
}

/// Writes the penalty into the empty rows at the end: √ridge · spread of column j, with target 0.
inline void penalise(WeightedRows& rows, const LeastSquaresOptions& options) {
  const std::size_t shift = options.intercept ? 1 : 0, n = rows.index.size();
  for (std::size_t j = shift; j < rows.design.cols() && n > 0; ++j) {
    rows.design(n + j - shift, j) = std::sqrt(options.ridge) * spread(rows.design.column(j), rows.root, options.intercept);
  }
}

inline Eigen::VectorXd filled(Eigen::Index size, double value) {
  Eigen::VectorXd out(size);
  for (Eigen::Index i = 0; i < size; ++i) out[i] = value;
  return out;
}

/// The rank less the share of each coefficient that is decided by the penalty: rank − tr(F Fᵀ · penalty).
inline double effective_parameters(const DenseFit& dense, const WeightedRows& rows) {
  auto out = static_cast<double>(dense.rank);
  for (std::size_t j = 0; j < rows.design.cols(); ++j) {
    double variance = 0, penalty = 0;
    for (std::size_t k = 0; k < dense.rank; ++k) variance += dense.covariance_root(j, k) * dense.covariance_root(j, k);
    for (std::size_t i = rows.index.size(); i < rows.design.rows(); ++i) penalty += rows.design(i, j) * rows.design(i, j);
    out -= penalty * variance;
  }
  return std::max(out, 0.0);
}

inline void report_variance(const DenseFit& dense, const WeightedRows& rows, LeastSquaresFit& fit) {
  fit.rows = rows.index.size();
  const auto count = static_cast<double>(fit.rows);
  fit.effective_parameters = effective_parameters(dense, rows);
  fit.freedom = count - fit.effective_parameters;
  fit.residual_sum = dot(dense.residuals.data(), dense.residuals.data(), fit.rows);
  if (!std::isfinite(fit.residual_sum)) fit.status = Status::numerical_failure;
  if (!(fit.freedom > 0)) return;
  fit.residual_variance = fit.residual_sum / fit.freedom;
  fit.gcv = count * fit.residual_variance / fit.freedom;
}

inline void report_coefficients(const DenseFit& dense, LeastSquaresFit& fit) {
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
}

/// Copies the dense fit into the report: coefficients, what was dropped, errors, residuals in the units of the target.
inline void report(const DenseFit& dense, const WeightedRows& rows, const LeastSquaresOptions& options, LeastSquaresFit& fit) {
  fit.rank = dense.rank;
  if (fit.rank > 0) fit.status = Status::optimal;
  fit.intercept = options.intercept;
  fit.dropped = dense.dropped;
  const std::size_t shift = options.intercept ? 1 : 0;
  for (std::size_t k = 0; k < dense.dropped.size() && !options.names.empty(); ++k) {
    const std::size_t j = dense.dropped[k];
    fit.dropped_names.push_back(j < shift ? "constant" : options.names[j - shift]);
  }
  report_variance(dense, rows, fit);
  report_coefficients(dense, fit);
  for (std::size_t k = 0; k < rows.index.size(); ++k) fit.residuals[rows.index[k]] = dense.residuals[k] / rows.root[k];
}

}  // namespace detail

/// Minimises Σ wᵢ (yᵢ − xᵢᵀ b)² over b, plus a ridge penalty if asked for: least squares with known relative weights (the variance
/// of row i is σ²/wᵢ).
///
/// `design` is rows × columns; rows whose target or one of whose regressors is missing, or whose weight is 0, are skipped. Columns
/// are scaled to length 1, collinear ones are found by column-pivoted Householder QR and reported by index and name; the solution
/// is refined with sums in extended precision. The ridge (Hoerl and Kennard 1970) is rows added below the design, so it loses no
/// digits to normal equations. Throws when lengths differ or a value is infinite. O(rows · columns²).
inline LeastSquaresFit weighted_least_squares(const Eigen::Ref<const Eigen::MatrixXd>& design,
                                              const Eigen::Ref<const Eigen::VectorXd>& target,
                                              const Eigen::Ref<const Eigen::VectorXd>& weights,
                                              const LeastSquaresOptions& options = {}) {
  require(design.rows() == target.size(), "target.size()", target.size(), "must equal the number of rows");
  require(design.rows() == weights.size(), "weights.size()", weights.size(), "must equal the number of rows");
  require(options.names.empty() || options.names.size() == static_cast<std::size_t>(design.cols()), "options.names.size()",
          options.names.size(), "must be 0 or the number of columns");
  require(options.rank_tolerance >= 0, "options.rank_tolerance", options.rank_tolerance, "must not be negative");
  require(options.ridge >= 0 && std::isfinite(options.ridge), "options.ridge", options.ridge, "must be finite and not negative");
  const std::size_t penalties = options.ridge > 0 ? static_cast<std::size_t>(design.cols()) : 0;
  detail::WeightedRows rows = detail::weigh(design, target, weights, options.intercept, penalties);
  if (penalties > 0) detail::penalise(rows, options);
  const auto dense = detail::dense_least_squares(rows.design, rows.target, options.refinements, options.rank_tolerance);
  LeastSquaresFit fit;
  const auto coefficients = static_cast<Eigen::Index>(rows.design.cols());
  fit.coefficients = detail::filled(coefficients, 0);
  fit.standard_errors = detail::filled(coefficients, missing);
  fit.residuals = detail::filled(design.rows(), missing);
  detail::report(dense, rows, options, fit);
  return fit;
}

/// Ordinary least squares (or ridge): `weighted_least_squares` with all weights 1.
inline LeastSquaresFit least_squares(const Eigen::Ref<const Eigen::MatrixXd>& design,
                                     const Eigen::Ref<const Eigen::VectorXd>& target, const LeastSquaresOptions& options = {}) {
  return weighted_least_squares(design, target, detail::filled(design.rows(), 1), options);
}

/// Least squares of `target` on named columns; the names go into the report in place of `options.names`.
inline LeastSquaresFit least_squares(const Regressors& regressors, std::span<const double> target,
                                     LeastSquaresOptions options = {}) {
  detail::check_regressors(regressors);
  const auto rows = static_cast<Eigen::Index>(regressors.rows), columns = static_cast<Eigen::Index>(regressors.columns());
  options.names = regressors.names;
  return least_squares(Eigen::Map<const Eigen::MatrixXd>(regressors.values.data(), rows, columns),
                       Eigen::Map<const Eigen::VectorXd>(target.data(), static_cast<Eigen::Index>(target.size())), options);
}

}  // namespace kilter::forecast
