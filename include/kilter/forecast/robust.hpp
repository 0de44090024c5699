#pragma once
/// @file
/// Linear regression that gross errors cannot bend: Huber's M-estimate by iteratively reweighted least squares.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
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
#include "kilter/forecast/least_squares.hpp"
#include "kilter/forecast/linear_prediction.hpp"

namespace kilter::forecast {

struct HuberOptions {
  /// Residuals beyond so many scales count by their size and not by its square. 1.345 has 95 % of the efficiency of least squares
  /// where the errors are normal; infinity is least squares.
  double threshold = 1.345;
  /// Converged when no residual moves by more than this share of the scale.
  double tolerance = 1e-8;
  int iteration_limit = 500;
  /// Names of the columns for the report; empty or one a column.
  std::vector<std::string> names{};
  /// Fit a constant too, as coefficient 0.
  bool intercept = false;
};

/// The result of `huber_regression`.
struct [[nodiscard]] HuberFit {
  /// `feasible` when converged, `iteration_limit` when not (the last iterate is given); `infeasible` and
  /// `numerical_failure` as in `LeastSquaresFit`.
  Status status = Status::infeasible;
  /// Coefficients, residuals, dropped columns and predictions as after least squares. Its `residual_variance` is Huber's estimate
  /// of τ², where τ² (XᵀX)⁻¹ is the covariance of the coefficients; `residual_sum` is the plain sum of squared residuals.
  LeastSquaresFit linear{};
  double scale = missing;  ///< of the errors: median |residual| / 0.6745
  Eigen::VectorXd
      weights{};  ///< 1 within the threshold, threshold · scale / |residual| beyond; `missing` where the row was skipped
  int iterations = 0;

  /// The prediction at one row of regressors; a new observation is one that is no gross error. Throws when the length differs.
  [[nodiscard]] LinearPrediction predict(const Eigen::Ref<const Eigen::VectorXd>& row) const {
    LinearPrediction out = linear.predict(row);
    out.deviation = std::hypot(out.standard_error, scale);
    return out;
  }
};

namespace detail {

/// The median of the absolute residuals, normalised so that it is the deviation of normal errors. O(n).
inline double residual_scale(const std::vector<double>& residuals) {
  std::vector<double> size(residuals.size());
  for (std::size_t i = 0; i < size.size(); ++i) size[i] = std::abs(residuals[i]);
  const auto middle = size.begin() + static_cast<std::ptrdiff_t>(size.size() / 2);
  std::nth_element(size.begin(), middle, size.end());
  const double median = size.size() % 2 == 0 ? 0.5 * (*middle + *std::max_element(size.begin(), middle)) : *middle;
  return median / 0.674489750196081743;
}

inline double huber_weight(double residual, double bound) { return std::abs(residual) <= bound ? 1 : bound / std::abs(residual); }

/// Weighted least squares of rows that are not weighted yet.
inline DenseFit reweighted(const Columns& x, const std::vector<double>& y, const std::vector<double>& weight) {
  Columns design = x;
  std::vector<double> target = y;
  for (std::size_t i = 0; i < y.size(); ++i) {
    const double root = std::sqrt(weight[i]);
    target[i] *= root;
    for (std::size_t j = 0; j < x.cols(); ++j) design(i, j) *= root;
  }
  DenseFit fit = dense_least_squares(design, target, 1);
  fit.residuals = y;
  for (std::size_t j = 0; j < x.cols(); ++j) add_scaled(fit.residuals.data(), -fit.coefficients[j], x.column(j), y.size());
  return fit;
}

/// Where the iteration stands. `scale` is not let below the rounding of the target, so that most or all rows may fit exactly.
struct HuberState {
  double threshold = 0, rounding = 0;
  DenseFit fit{};
  double scale = 0;

  /// Where residuals begin to count less.
  [[nodiscard]] double bound() const { return scale > 0 ? threshold * scale : std::numeric_limits<double>::infinity(); }
};

/// One reweighting: the weights from the residuals and scale, then the fit, then the scale. Returns the largest move of a residual.
inline double huber_step(const WeightedRows& rows, HuberState& state) {
  const std::vector<double> before = state.fit.residuals;
  std::vector<double> weight(before.size());
  for (std::size_t i = 0; i < before.size(); ++i) weight[i] = huber_weight(before[i], state.bound());
  state.fit = reweighted(rows.design, rows.target, weight);
  state.scale = std::max(state.rounding, residual_scale(state.fit.residuals));
  double move = 0;
  for (std::size_t i = 0; i < before.size(); ++i) move = std::max(move, std::abs(state.fit.residuals[i] - before[i]));
  return move;
}

/// The rows that count, without the columns that least squares dropped: one of a collinear pair stays away for good.
inline WeightedRows huber_rows(const Eigen::Ref<const Eigen::MatrixXd>& design, const Eigen::Ref<const Eigen::VectorXd>& target,
                               const LeastSquaresFit& linear) {
  WeightedRows rows = weigh(design, target, filled(design.rows(), 1), linear.intercept, 0);
  for (const std::size_t j : linear.dropped) std::fill_n(rows.design.column(j), rows.design.rows(), 0.0);
  return rows;
}

inline HuberState huber_start(const WeightedRows& rows, double threshold) {
  HuberState state;
  double largest = 0;
  for (const double y : rows.target) largest = std::max(largest, std::abs(y));
  state.threshold = threshold;
  state.rounding = 64 * std::numeric_limits<double>::epsilon() * largest;
  state.fit = reweighted(rows.design, rows.target, std::vector<double>(rows.target.size(), 1.0));
  state.scale = std::max(state.rounding, residual_scale(state.fit.residuals));
  return state;
}

/// Huber's estimate of τ², with his correction K for few rows (1981, section 7.6):
/// K² Σ ψ² / (n − p) / (mean ψ')², K = 1 + p / n · var ψ' / (mean ψ')².
inline double huber_variance(const std::vector<double>& residuals, double bound, std::size_t rank) {
  const auto n = static_cast<double>(residuals.size()), p = static_cast<double>(rank);
  double squares = 0, inside = 0;
  for (const double r : residuals) {
    squares += std::pow(std::min(std::abs(r), bound), 2);
    inside += std::abs(r) <= bound ? 1 / n : 0;
  }
  if (!(n > p) || !(inside > 0)) return missing;
  const double correction = 1 + p / n * (1 - inside) / inside;
  return correction * correction * squares / (n - p) / (inside * inside);
}

/// Turns the report of plain least squares on the same rows into that of the robust fit: only (XᵀX)⁻¹ is kept of it.
inline void report_huber(const WeightedRows& rows, const HuberState& state, HuberFit& out) {
  LeastSquaresFit& linear = out.linear;
  out.scale = state.scale;
  linear.residual_sum = dot(state.fit.residuals.data(), state.fit.residuals.data(), rows.index.size());
  linear.residual_variance = huber_variance(state.fit.residuals, state.bound(), linear.rank);
  linear.gcv = missing;
  const double deviation = std::sqrt(linear.residual_variance);
  for (Eigen::Index j = 0; j < linear.coefficients.size(); ++j) {
    linear.coefficients[j] = state.fit.coefficients[static_cast<std::size_t>(j)];
    if (!std::isnan(linear.standard_errors[j])) linear.standard_errors[j] = deviation * linear.covariance_root.row(j).norm();
  }
  for (std::size_t k = 0; k < rows.index.size(); ++k) {
    linear.residuals[rows.index[k]] = state.fit.residuals[k];
    out.weights[rows.index[k]] = huber_weight(state.fit.residuals[k], state.bound());
  }
}

}  // namespace detail

/// Minimises Σ ρ((yᵢ − xᵢᵀ b) / s) with Huber's ρ, a parabola up to `threshold` and a line beyond, and s the scale of the
/// residuals, found anew at each step (Huber 1964; 1981, chapter 7).
///
/// By iteratively reweighted least squares from the least-squares fit. It withstands gross errors in the target, not in the
/// regressors: one row far out in x can still bend it. Rows with anything missing are skipped. Standard errors are Huber's with the
/// K correction; see `HuberFit`. Throws when lengths differ, a value is infinite or an option out of range.
/// O(iterations · rows · columns²).
inline HuberFit huber_regression(const Eigen::Ref<const Eigen::MatrixXd>& design, const Eigen::Ref<const Eigen::VectorXd>& target,
                                 const HuberOptions& options = {}) {
  require(options.threshold > 0, "options.threshold", options.threshold, "must be positive");
  require(options.tolerance > 0, "options.tolerance", options.tolerance, "must be positive");
  require(options.iteration_limit > 0, "options.iteration_limit", options.iteration_limit, "must be positive");
  HuberFit out;
  out.linear = least_squares(design, target, {.names = options.names, .intercept = options.intercept});
  out.weights = detail::filled(design.rows(), missing);
  out.status = out.linear.status;
  if (!ok(out.status)) return out;
  const detail::WeightedRows rows = detail::huber_rows(design, target, out.linear);
  detail::HuberState state = detail::huber_start(rows, options.threshold);
  out.status = Status::iteration_limit;
  while (out.status == Status::iteration_limit && out.iterations < options.iteration_limit) {
    ++out.iterations;
    const double move = detail::huber_step(rows, state);
    if (move <= options.tolerance * state.scale + state.rounding) out.status = Status::feasible;
  }
  detail::report_huber(rows, state, out);
  return out;
}

/// Huber's regression of `target` on named columns; the names go into the report in place of `options.names`.
inline HuberFit huber_regression(const Regressors& regressors, std::span<const double> target, HuberOptions options = {}) {
  detail::check_regressors(regressors);
  const auto rows = static_cast<Eigen::Index>(regressors.rows), columns = static_cast<Eigen::Index>(regressors.columns());
  options.names = regressors.names;
  return huber_regression(Eigen::Map<const Eigen::MatrixXd>(regressors.values.data(), rows, columns),
                          Eigen::Map<const Eigen::VectorXd>(target.data(), static_cast<Eigen::Index>(target.size())), options);
}

}  // namespace kilter::forecast
