#pragma once
/// @file
/// The inside of `Arima`: starting values and the minimisation of the conditional sum of squares.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "kilter/core/status.hpp"
#include "kilter/forecast/arma.hpp"
#include "kilter/forecast/dense.hpp"

namespace kilter::forecast::detail {

/// Unbounded parameters: squashed partial autocorrelations of each factor in the order ar, ma, seasonal ar, seasonal ma, then the
/// mean. A moving average is invertible when the autoregression of the opposite sign is stationary.
struct ArmaParameters {
  std::vector<double> u{};

  /// The coefficients here; `chain`, where wanted, becomes the derivatives of coefficients by parameters.
  [[nodiscard]] ArmaCoefficients coefficients(const ArmaProblem& problem, Columns* chain = nullptr) const {
    const ArimaOrder& o = problem.order;
    if (chain != nullptr) *chain = Columns(u.size(), u.size());
    for (std::size_t k = 0; chain != nullptr && k < u.size(); ++k) (*chain)(k, k) = 1;
    ArmaCoefficients out;
    std::size_t at = 0;
    out.ar = factor(at, o.p, 1, chain);
    out.ma = factor(at, o.q, -1, chain);
    out.seasonal_ar = factor(at, o.seasonal_p, 1, chain);
    out.seasonal_ma = factor(at, o.seasonal_q, -1, chain);
    if (problem.with_mean) out.mean = u[at];
    return out;
  }

  static ArmaParameters from(const ArmaProblem& problem, const ArmaCoefficients& c) {
    ArmaParameters out;
    const auto add = [&out](std::vector<double> values, double sign) {
      for (double& v : values) v *= sign;
      for (const double r : to_partial(std::move(values))) out.u.push_back(unsquash(r));
    };
    add(c.ar, 1);
    add(c.ma, -1);
    add(c.seasonal_ar, 1);
    add(c.seasonal_ma, -1);
    if (problem.with_mean) out.u.push_back(c.mean);
    return out;
  }

 private:
  [[nodiscard]] std::vector<double> factor(std::size_t& at, std::size_t count, double sign, Columns* chain) const {
    std::vector<double> partial(count), jacobian;
    for (std::size_t k = 0; k < count; ++k) partial[k] = squash(u[at + k]);
    std::vector<double> out = from_partial(partial, &jacobian);
    for (double& v : out) v *= sign;
    for (std::size_t i = 0; chain != nullptr && i < count; ++i) {
      for (std::size_t j = 0; j < count; ++j) {
        (*chain)(at + i, at + j) = sign * jacobian[i * count + j] * squash_slope(u[at + j]);
      }
    }
    at += count;
    return out;
  }
};

/// Lags of the values and of the shocks in the Hannan–Rissanen regression.
struct ArmaLags {
  std::vector<std::size_t> ar{}, ma{};
};

inline ArmaLags regression_lags(const ArimaOrder& o) {
  ArmaLags out;
  for (std::size_t k = 1; k <= o.p; ++k) out.ar.push_back(k);
  for (std::size_t k = 1; k <= o.seasonal_p; ++k) out.ar.push_back(k * o.period);
  for (std::size_t k = 1; k <= o.q; ++k) out.ma.push_back(k);
  for (std::size_t k = 1; k <= o.seasonal_q; ++k) out.ma.push_back(k * o.period);
  return out;
}

/// Least squares of x on its lags and on lags of `shocks`, from `first` on.
inline std::vector<double> regress_on_lags(const ArmaProblem& problem, std::span<const double> x, std::span<const double> shocks,
                                           const ArmaLags& lags, std::size_t first) {
  Columns design(x.size() - first, lags.ar.size() + lags.ma.size());
  std::vector<double> target(x.size() - first, 0.0);
  for (std::size_t t = first; t < x.size(); ++t) {
    if (problem.counts[t] == 0) continue;
    target[t - first] = x[t];
    for (std::size_t k = 0; k < lags.ar.size(); ++k) design(t - first, k) = x[t - lags.ar[k]];
    for (std::size_t k = 0; k < lags.ma.size(); ++k) design(t - first, lags.ar.size() + k) = shocks[t - lags.ma[k]];
  }
  return dense_least_squares(design, target).coefficients;
}

/// Hannan and Rissanen (1982): the residuals of a long autoregression stand for the shocks in one regression on lags of both; cross
/// products of seasonal factors are left out. Falls back to zeros where the series is too short for it.
inline ArmaCoefficients hannan_rissanen(const ArmaProblem& problem, double mean) {
  const ArimaOrder& o = problem.order;
  const std::size_t n = problem.w.size();
  ArmaCoefficients out{std::vector<double>(o.p, 0.0), std::vector<double>(o.q, 0.0), std::vector<double>(o.seasonal_p, 0.0),
                       std::vector<double>(o.seasonal_q, 0.0), mean};
  std::vector<double> x(problem.w);
  for (double& v : x) v -= mean;
  const ArmaLags lags = regression_lags(o);
  ArmaLags long_lags;
  for (std::size_t k = 1; k <= std::min<std::size_t>(n / 6, o.p + o.q + 8); ++k) long_lags.ar.push_back(k);
  for (std::size_t k = 0; k < 2 && o.period > 1 && (o.seasonal_p + o.seasonal_q) > 0; ++k) {
    if (o.period + k > long_lags.ar.size()) long_lags.ar.push_back(o.period + k);
  }
  const std::size_t reach = long_lags.ar.empty() ? 0 : long_lags.ar.back();
  const std::size_t back = std::max(o.q, o.seasonal_q * o.period), past = std::max(o.p, o.seasonal_p * o.period);
  const std::size_t first = std::max(reach + back, past);
  if (first + 2 * (lags.ar.size() + lags.ma.size()) + 4 > n || reach + 2 * long_lags.ar.size() > n) return out;
  std::vector<double> shocks(n, 0.0);
  if (!lags.ma.empty()) {
    const std::vector<double> a = regress_on_lags(problem, x, {}, long_lags, reach);
    for (std::size_t t = reach; t < n; ++t) {
      shocks[t] = x[t];
      for (std::size_t k = 0; k < long_lags.ar.size(); ++k) shocks[t] -= a[k] * x[t - long_lags.ar[k]];
    }
  }
  const std::vector<double> b = regress_on_lags(problem, x, shocks, lags, first);
  std::size_t at = 0;
  for (auto* part : {&out.ar, &out.seasonal_ar, &out.ma, &out.seasonal_ma}) {
    for (double& v : *part) v = b[at++];
  }
  return out;
}

struct ArmaFit {
  Status status = Status::iteration_limit;
  ArmaParameters parameters{};
  double sum = std::numeric_limits<double>::infinity();
  std::size_t iterations = 0;
};

/// Gauss–Newton normal equations: ∂eᵀ∂e and ∂eᵀe.
struct NormalEquations {
  Columns matrix{};
  std::vector<double> gradient{};
};

inline NormalEquations normal_equations(const ArmaSlopes& s) {
  const std::size_t k = s.slopes.size(), n = s.e.size();
  NormalEquations out{Columns(k, k), std::vector<double>(k, 0.0)};
  for (std::size_t i = 0; i < k; ++i) {
    out.gradient[i] = dot(s.slopes[i].data(), s.e.data(), n);
    for (std::size_t j = 0; j <= i; ++j) out.matrix(i, j) = out.matrix(j, i) = dot(s.slopes[i].data(), s.slopes[j].data(), n);
  }
  return out;
}

/// The same in other parameters: Cᵀ A C and Cᵀ g for C = ∂coefficients/∂parameters.
inline NormalEquations change_parameters(const NormalEquations& in, const Columns& chain) {
  const std::size_t k = in.gradient.size();
  NormalEquations out{Columns(k, k), std::vector<double>(k, 0.0)};
  for (std::size_t j = 0; j < k; ++j) {
    std::vector<double> product(k, 0.0);
    for (std::size_t l = 0; l < k; ++l) add_scaled(product.data(), chain(l, j), in.matrix.column(l), k);
    for (std::size_t i = 0; i < k; ++i) out.matrix(i, j) = dot(chain.column(i), product.data(), k);
    out.gradient[j] = dot(chain.column(j), in.gradient.data(), k);
  }
  return out;
}

inline double sum_at(const ArmaProblem& problem, const ArmaParameters& at) {
  return sum_of_squares(arma_residuals(problem, at.coefficients(problem)));
}

/// Parameters stop here: a partial autocorrelation of 0.9998, on the edge for every purpose. An optimum on the edge itself lies at
/// infinity, and the search would follow it for ever.
inline constexpr double edge = 50;

/// One step that does not raise the sum, with the damping raised until there is one; returns how much it gained.
inline double damped_step(const ArmaProblem& problem, const NormalEquations& normal, double& damping, ArmaFit& fit) {
  std::vector<double> step(normal.gradient.size());
  double largest = 0;
  for (std::size_t k = 0; k < step.size(); ++k) largest = std::max(largest, normal.matrix(k, k));
  for (; damping < 1e12; damping *= 8) {
    Columns damped = normal.matrix;
    for (std::size_t k = 0; k < step.size(); ++k) {
      damped(k, k) += damping * normal.matrix(k, k) + 1e-14 * largest + std::numeric_limits<double>::min();
      step[k] = -normal.gradient[k];
    }
    if (!solve_positive(std::move(damped), step)) continue;
    ArmaParameters next = fit.parameters;
    for (std::size_t k = 0; k < next.u.size(); ++k) {
      next.u[k] += step[k];
      if (k < problem.order.coefficients()) next.u[k] = std::clamp(next.u[k], -edge, edge);
    }
    const double sum = sum_at(problem, next);
    if (!(sum <= fit.sum)) continue;
    const double gain = fit.sum - sum;
    fit.parameters = std::move(next);
    fit.sum = sum;
    damping = std::max(damping / 10, 1e-12);
    return gain;
  }
  return 0;
}

/// Levenberg (1944) and Marquardt (1963) with the damping on the scaled diagonal; ends when a step gains less than a part in 10¹⁰
/// of the sum of squares, after at most `limit` iterations.
inline ArmaFit minimise(const ArmaProblem& problem, ArmaParameters start, std::size_t limit) {
  ArmaFit fit{Status::iteration_limit, std::move(start), 0, 0};
  fit.sum = sum_at(problem, fit.parameters);
  if (!std::isfinite(fit.sum)) return {Status::numerical_failure, std::move(fit.parameters), fit.sum, 0};
  if (problem.parameters() == 0) fit.status = Status::feasible;
  double damping = 1e-3;
  for (; problem.parameters() > 0 && fit.iterations < limit; ++fit.iterations) {
    Columns chain;
    const ArmaSlopes slopes = arma_slopes(problem, fit.parameters.coefficients(problem, &chain));
    const NormalEquations normal = change_parameters(normal_equations(slopes), chain);
    const double gain = damped_step(problem, normal, damping, fit);
    damping = std::min(damping, 1e6);
    if (gain > 1e-10 * fit.sum) continue;
    fit.status = Status::feasible;
    break;
  }
  return fit;
}

}  // namespace kilter::forecast::detail
