#pragma once
/// @file
/// `Arima`: seasonal autoregressive integrated moving averages by conditional sum of squares (Box and Jenkins 1970, chapters 4 to
/// 9).

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <span>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/series.hpp"
#include "kilter/core/status.hpp"
#include "kilter/forecast/arma.hpp"
#include "kilter/forecast/arma_fit.hpp"
#include "kilter/forecast/forecast.hpp"
#include "kilter/forecast/transform.hpp"

namespace kilter::forecast {

/// Whether the differenced series has a mean of its own: a level without differencing, a drift with one difference.
enum class Constant : std::uint8_t {
  automatic,  ///< included when nothing is differenced
  none,
  included,
};

/// A fitted `Arima`. Coefficients in their usual signs: (1 − φ₁B − …)(1 − Φ₁Bᵐ − …)(w − μ) = (1 + θ₁B + …)(1 + Θ₁Bᵐ + …) e, where w
/// is the differenced, transformed series.
struct FittedArima {
  Status status = Status::infeasible;
  ArimaOrder order{};
  std::vector<double> ar{}, ma{}, seasonal_ar{}, seasonal_ma{};
  double mean = 0;                        ///< μ: level or drift; 0 without a constant
  std::vector<double> standard_errors{};  ///< ar, ma, seasonal ar, seasonal ma, mean; `missing` where the data say nothing
  double sigma2 = missing;                ///< variance of the shocks: sum of squares over residuals less coefficients
  double sum_of_squares = missing;
  double log_likelihood = missing;  ///< Gaussian, conditional on the first values
  double aic = missing, aicc = missing, bic = missing;
  std::size_t residual_count = 0;
  std::size_t iterations = 0;
  std::vector<double> residuals{};  ///< one a value of the history; `missing` where there is none
  Transform transform{};
  std::vector<double> levels = default_levels();
  Time start{};
  Seconds step = units::h;
  std::vector<double> history{};  ///< transformed, gaps filled, missing ends cut off
  std::size_t gap = 0;            ///< how many values were missing at the end

  /// ψ₀ … ψ_{horizon−1} of the integrated model: the weight of a shock k steps ago (Box and Jenkins, section 5.2).
  [[nodiscard]] std::vector<double> psi(std::size_t horizon) const;
  /// Mean and quantiles of the next `horizon` steps: the variance at h is σ² Σ_{k<h} ψ_k². `missing` when the fit failed. Throws at
  /// horizon 0.
  [[nodiscard]] Forecast forecast(std::size_t horizon) const;
};

/// ARIMA(p,d,q)(P,D,Q)[period] by conditional sum of squares: differencing, starts at zero and from Hannan and Rissanen, then
/// Levenberg–Marquardt with exact derivatives in parameters that are stationary and invertible by construction; the best of both
/// ends.
///
/// Missing values between others are interpolated along a line (along the same phase where the season is differenced) and their
/// residuals do not count; at either end they are cut off, and the forecast reaches over the gap at the end. `Status::infeasible`
/// when fewer than 3 residuals more than coefficients would be left, `Status::iteration_limit` when the best end had not converged.
/// Throws when an option or a value is out of its range, or a value outside of the domain of the transform. One fit is O(iterations
/// n coefficients terms).
struct Arima {
  ArimaOrder order{};
  Constant constant = Constant::automatic;
  Transform transform{};
  std::size_t iteration_limit = 200;
  std::vector<double> levels = default_levels();

  [[nodiscard]] FittedArima fit(const Series& history) const;
};

namespace detail {

inline void check_order(const ArimaOrder& o) {
  const bool seasonal = o.seasonal_p + o.seasonal_d + o.seasonal_q > 0;
  require(o.period > 0, "order.period", o.period, "must be positive");
  require(!seasonal || o.period > 1, "order.period", o.period, "must be at least 2 with a seasonal part");
  for (const std::size_t part : {o.p, o.q, o.seasonal_p, o.seasonal_q})
    require(part <= 1000, "order", part, "must be at most 1000");
  require(o.d <= 3, "order.d", o.d, "must be at most 3");
  require(o.seasonal_d <= 2, "order.seasonal_d", o.seasonal_d, "must be at most 2");
  require(o.period <= 1'000'000, "order.period", o.period, "must be at most a million");
}

/// Fills what is missing between others on the line through the nearest values `stride` apart in phase; marks what was filled.
inline std::vector<char> fill_gaps(std::vector<double>& y, std::size_t stride) {
  std::vector<char> filled(y.size(), 0);
  const std::vector<double> seen = y;
  for (std::size_t t = 0; t < y.size(); ++t) {
    if (!std::isnan(seen[t])) continue;
    std::size_t before = t, after = t;
    while (before >= stride && std::isnan(seen[before])) before -= stride;
    while (after + stride < y.size() && std::isnan(seen[after])) after += stride;
    if (std::isnan(seen[before]) || std::isnan(seen[after])) {
      y[t] = std::isnan(seen[before]) ? seen[after] : seen[before];
    } else {
      y[t] = seen[before] + (seen[after] - seen[before]) * static_cast<double>(t - before) / static_cast<double>(after - before);
    }
    filled[t] = 1;
  }
  for (std::size_t t = 0; t < y.size() && stride > 1; ++t) {
    if (std::isnan(y[t])) return fill_gaps(y, 1);
  }
  return filled;
}

/// Cuts off missing ends; returns how many were cut at the front.
inline std::size_t trim(std::vector<double>& y, std::size_t& cut_at_end) {
  cut_at_end = 0;
  for (; !y.empty() && std::isnan(y.back()); y.pop_back()) ++cut_at_end;
  const auto first = std::find_if(y.begin(), y.end(), [](double v) { return !std::isnan(v); });
  const auto front = static_cast<std::size_t>(first - y.begin());
  y.erase(y.begin(), first);
  return front;
}

/// The differenced series and which residuals count: past the conditions, at values that were observed.
inline ArmaProblem make_problem(const ArimaOrder& order, bool with_mean, std::span<const double> y, std::span<const char> filled) {
  ArmaProblem problem{order, with_mean, {}, {}};
  const Terms difference{difference_polynomial(order)};
  for (std::size_t t = order.differences(); t < y.size(); ++t) {
    problem.w.push_back(y[t] + difference.apply(y, t));
    problem.counts.push_back(problem.w.size() > order.conditions() && filled[t] == 0 ? 1 : 0);
  }
  return problem;
}

/// Scales w to deviation 1 around 0 (around its mean with a constant): the start of the mean and the way back.
inline double root_mean_square(std::span<const double> w, double centre) {
  double sum = 0;
  for (const double v : w) sum += (v - centre) * (v - centre);
  return w.empty() ? 0 : std::sqrt(sum / static_cast<double>(w.size()));
}

inline ArmaFit best_fit(const ArmaProblem& problem, std::size_t limit) {
  ArmaCoefficients zero{std::vector<double>(problem.order.p, 0.0), std::vector<double>(problem.order.q, 0.0),
                        std::vector<double>(problem.order.seasonal_p, 0.0), std::vector<double>(problem.order.seasonal_q, 0.0), 0};
  ArmaFit best = minimise(problem, ArmaParameters::from(problem, zero), limit);
  if (problem.order.coefficients() == 0) return best;
  ArmaFit other = minimise(problem, ArmaParameters::from(problem, hannan_rissanen(problem, 0)), limit);
  const bool better = other.sum < best.sum || !std::isfinite(best.sum);
  if (better) std::swap(best, other);
  best.iterations += other.iterations;
  return best;
}

/// Standard errors from the inverse of the Gauss–Newton matrix in the coefficients themselves.
inline std::vector<double> coefficient_errors(const ArmaProblem& problem, const ArmaCoefficients& c, double sigma2) {
  const NormalEquations normal = normal_equations(arma_slopes(problem, c));
  const std::size_t k = normal.gradient.size();
  std::vector<double> out(k, missing);
  for (std::size_t j = 0; j < k; ++j) {
    std::vector<double> unit(k, 0.0);
    unit[j] = 1;
    if (!solve_positive(normal.matrix, unit)) return out;
    out[j] = std::sqrt(sigma2 * unit[j]);
  }
  return out;
}

inline void report_criteria(FittedArima& fit, std::size_t coefficients) {
  const auto n = static_cast<double>(fit.residual_count), k = static_cast<double>(coefficients + 1);
  const double variance = fit.sum_of_squares / n;
  if (!(variance > 0)) return;
  fit.log_likelihood = -0.5 * n * (std::log(2 * std::numbers::pi * variance) + 1);
  fit.aic = -2 * fit.log_likelihood + 2 * k;
  fit.aicc = n > k + 1 ? fit.aic + 2 * k * (k + 1) / (n - k - 1) : missing;
  fit.bic = -2 * fit.log_likelihood + k * std::log(n);
}

/// Fits the standardised problem and writes the result in the units of the series.
inline void fit_arma(ArmaProblem problem, std::size_t limit, FittedArima& fit) {
  double centre = 0;
  for (const double v : problem.w) centre += problem.with_mean ? v / static_cast<double>(problem.w.size()) : 0;
  const double rms = root_mean_square(problem.w, centre);
  const double scale = rms > 1e-14 * std::abs(centre) ? rms : 1;
  for (double& v : problem.w) v = rms > 1e-14 * std::abs(centre) ? (v - centre) / scale : 0;
  const ArmaFit best = best_fit(problem, limit);
  const ArmaCoefficients c = best.parameters.coefficients(problem);
  fit.ar = c.ar;
  fit.ma = c.ma;
  fit.seasonal_ar = c.seasonal_ar;
  fit.seasonal_ma = c.seasonal_ma;
  fit.mean = centre + scale * c.mean;
  fit.status = best.status;
  fit.iterations = best.iterations;
  fit.sum_of_squares = best.sum * scale * scale;
  fit.sigma2 = fit.sum_of_squares / static_cast<double>(fit.residual_count - problem.parameters());
  fit.standard_errors = coefficient_errors(problem, c, fit.sigma2 / (scale * scale));
  if (problem.with_mean) fit.standard_errors.back() *= scale;
  std::vector<double> e = arma_residuals(problem, c);
  for (std::size_t t = 0; t < e.size(); ++t) fit.residuals.push_back(problem.counts[t] != 0 ? scale * e[t] : missing);
  report_criteria(fit, problem.parameters());
}

}  // namespace detail

inline FittedArima Arima::fit(const Series& history) const {
  detail::check_history(history);
  detail::check_levels(levels);
  detail::check_order(order);
  FittedArima out{.order = order, .transform = transform, .levels = levels, .start = history.end(), .step = history.step};
  std::vector<double> y = detail::forward(transform, history.values);
  const std::size_t front = detail::trim(y, out.gap);
  const bool with_mean = constant == Constant::included || (constant == Constant::automatic && order.d + order.seasonal_d == 0);
  const std::vector<char> filled = detail::fill_gaps(y, order.seasonal_d > 0 ? order.period : 1);
  const std::size_t reach = order.differences() + std::max(order.conditions(), order.q + order.seasonal_q * order.period);
  if (y.size() <= reach) return out;
  detail::ArmaProblem problem = detail::make_problem(order, with_mean, y, filled);
  out.residual_count = static_cast<std::size_t>(std::count(problem.counts.begin(), problem.counts.end(), 1));
  if (out.residual_count < problem.parameters() + 3) return out;
  out.residuals.assign(front + order.differences(), missing);
  detail::fit_arma(std::move(problem), iteration_limit, out);
  out.residuals.resize(history.size(), missing);
  out.history = std::move(y);
  const bool finite = std::isfinite(out.sigma2) && std::isfinite(out.mean);
  if (!finite) out.status = Status::numerical_failure;
  return out;
}

inline std::vector<double> FittedArima::psi(std::size_t horizon) const {
  const auto stationary =
      detail::multiply(detail::lag_polynomial(ar, 1, -1), detail::lag_polynomial(seasonal_ar, order.period, -1));
  const detail::Terms all{detail::multiply(stationary, detail::difference_polynomial(order))};
  const auto shocks = detail::multiply(detail::lag_polynomial(ma, 1, 1), detail::lag_polynomial(seasonal_ma, order.period, 1));
  std::vector<double> out(horizon, 0.0);
  for (std::size_t k = 0; k < horizon; ++k) out[k] = (k < shocks.size() ? shocks[k] : 0) - all.apply(out, k);
  return out;
}

namespace detail {

/// The expected values of the `count` steps after the history: past shocks are the residuals, shocks to come are 0.
inline std::vector<double> extend(const FittedArima& fit, std::size_t count) {
  const ArimaOrder& o = fit.order;
  const auto stationary = multiply(lag_polynomial(fit.ar, 1, -1), lag_polynomial(fit.seasonal_ar, o.period, -1));
  const Terms all{multiply(stationary, difference_polynomial(o))};
  const Terms ma{multiply(lag_polynomial(fit.ma, 1, 1), lag_polynomial(fit.seasonal_ma, o.period, 1))};
  double level = 0;
  for (const double a : stationary) level += a * fit.mean;
  const std::size_t n = fit.history.size(), front = fit.residuals.size() - n - fit.gap;
  std::vector<double> y = fit.history, e(n + count, 0.0);
  for (std::size_t t = 0; t < n; ++t) e[t] = std::isnan(fit.residuals[front + t]) ? 0 : fit.residuals[front + t];
  for (std::size_t h = 0; h < count; ++h) y.push_back(level - all.apply(y, n + h) + ma.apply(e, n + h));
  return {y.begin() + static_cast<std::ptrdiff_t>(n), y.end()};
}

}  // namespace detail

inline Forecast FittedArima::forecast(std::size_t horizon) const {
  detail::check_horizon(horizon);
  if (!ok(status) && status != Status::iteration_limit) return detail::missing_forecast(start, step, horizon, levels);
  const std::vector<double> ahead = detail::extend(*this, gap + horizon), weights = psi(gap + horizon);
  std::vector<double> deviation(horizon);
  double variance = 0;
  for (std::size_t k = 0; k < gap + horizon; ++k) {
    variance += sigma2 * weights[k] * weights[k];
    if (k >= gap) deviation[k - gap] = std::sqrt(variance);
  }
  return back_transform(transform, start, step, {ahead.begin() + static_cast<std::ptrdiff_t>(gap), ahead.end()}, deviation, levels);
}

}  // namespace kilter::forecast
