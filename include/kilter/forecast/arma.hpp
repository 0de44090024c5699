#pragma once
/// @file
/// The inside of `Arima`: polynomials, the transform that keeps them stationary, the conditional sum of squares and its
/// derivatives.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "kilter/core/series.hpp"

namespace kilter::forecast {

/// The order of an ARIMA(p,d,q)(P,D,Q)[period] model; `period` counts steps and matters only with a seasonal part.
struct ArimaOrder {
  std::size_t p = 0;
  std::size_t d = 0;
  std::size_t q = 0;
  std::size_t seasonal_p = 0;
  std::size_t seasonal_d = 0;
  std::size_t seasonal_q = 0;
  std::size_t period = 1;

  [[nodiscard]] std::size_t coefficients() const { return p + q + seasonal_p + seasonal_q; }
  /// Values that differencing takes.
  [[nodiscard]] std::size_t differences() const { return d + seasonal_d * period; }
  /// Differenced values that the autoregression needs before the first residual.
  [[nodiscard]] std::size_t conditions() const { return p + seasonal_p * period; }
};

namespace detail {

/// Product of polynomials given by their coefficients from the constant up.
inline std::vector<double> multiply(std::span<const double> a, std::span<const double> b) {
  std::vector<double> out(a.size() + b.size() - 1, 0.0);
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] == 0) continue;
    for (std::size_t j = 0; j < b.size(); ++j) out[i + j] += a[i] * b[j];
  }
  return out;
}

/// 1 + sign Σ c[k] B^{(k+1) period}.
inline std::vector<double> lag_polynomial(std::span<const double> c, std::size_t period, double sign) {
  std::vector<double> out(c.size() * period + 1, 0.0);
  out[0] = 1;
  for (std::size_t k = 0; k < c.size(); ++k) out[(k + 1) * period] = sign * c[k];
  return out;
}

/// (1 − B)^d (1 − B^period)^D.
inline std::vector<double> difference_polynomial(const ArimaOrder& order) {
  const std::vector<double> one{1.0};
  std::vector<double> out{1.0};
  for (std::size_t k = 0; k < order.d; ++k) out = multiply(out, lag_polynomial(one, 1, -1));
  for (std::size_t k = 0; k < order.seasonal_d; ++k) out = multiply(out, lag_polynomial(one, order.period, -1));
  return out;
}

/// The non-zero terms of a polynomial but for its constant 1.
struct Terms {
  std::vector<std::size_t> lag{};
  std::vector<double> value{};

  explicit Terms(std::span<const double> polynomial) {
    for (std::size_t k = 1; k < polynomial.size(); ++k) {
      if (polynomial[k] == 0) continue;
      lag.push_back(k);
      value.push_back(polynomial[k]);
    }
  }
  /// Σ value[k] series[t − lag[k]]; before the start counts as 0.
  [[nodiscard]] double apply(std::span<const double> series, std::size_t t) const {
    double sum = 0;
    for (std::size_t k = 0; k < lag.size() && lag[k] <= t; ++k) sum += value[k] * series[t - lag[k]];
    return sum;
  }
};

/// Coefficients of a model in their usual signs: (1 − φ₁B − …)(1 − Φ₁Bᵐ − …)(w − μ) = (1 + θ₁B + …)(1 + Θ₁Bᵐ + …) e.
struct ArmaCoefficients {
  std::vector<double> ar{}, ma{}, seasonal_ar{}, seasonal_ma{};
  double mean = 0;
};

/// Partial autocorrelations in (−1, 1) to the coefficients of a stationary autoregression (Monahan 1984; the Durbin–Levinson
/// recursion). `jacobian`, where wanted, is row-major ∂coefficient[i]/∂partial[j].
inline std::vector<double> from_partial(std::span<const double> partial, std::vector<double>* jacobian = nullptr) {
  const std::size_t p = partial.size();
  std::vector<double> phi(p, 0.0), last(p, 0.0);
  std::vector<double> slope(p * p, 0.0), last_slope(p * p, 0.0);
  for (std::size_t k = 0; k < p; ++k) {
    last = phi;
    last_slope = slope;
    for (std::size_t i = 0; i < k; ++i) {
      phi[i] = last[i] - partial[k] * last[k - 1 - i];
      for (std::size_t j = 0; j < k; ++j) slope[i * p + j] = last_slope[i * p + j] - partial[k] * last_slope[(k - 1 - i) * p + j];
      slope[i * p + k] = -last[k - 1 - i];
    }
    phi[k] = partial[k];
    slope[k * p + k] = 1;
  }
  if (jacobian != nullptr) *jacobian = std::move(slope);
  return phi;
}

/// The way back, by stepping down; partial autocorrelations are held within ±`limit`, which draws a non-stationary model inside.
inline std::vector<double> to_partial(std::vector<double> phi, double limit = 0.97) {
  std::vector<double> partial(phi.size());
  std::vector<double> next;
  for (std::size_t k = phi.size(); k > 0; --k) {
    const double r = std::isnan(phi[k - 1]) ? 0 : std::clamp(phi[k - 1], -limit, limit);
    partial[k - 1] = r;
    next.assign(k - 1, 0.0);
    for (std::size_t i = 0; i + 1 < k; ++i) next[i] = (phi[i] + r * phi[k - 2 - i]) / (1 - r * r);
    phi.swap(next);
  }
  return partial;
}

/// An unbounded parameter u to a partial autocorrelation u / √(1 + u²), and its slope.
inline double squash(double u) { return u / std::sqrt(1 + u * u); }
inline double squash_slope(double u) { return 1 / ((1 + u * u) * std::sqrt(1 + u * u)); }
inline double unsquash(double r) { return r / std::sqrt(1 - r * r); }

/// A differenced series to fit: values, which of the residuals count, and how the model is shaped.
struct ArmaProblem {
  ArimaOrder order{};
  bool with_mean = false;
  std::vector<double> w{};
  std::vector<char> counts{};  ///< whether there is a residual at t: past the conditions and observed; others are 0

  [[nodiscard]] std::size_t parameters() const { return order.coefficients() + (with_mean ? 1 : 0); }
};

/// Residuals of the conditional model: e before the conditions are met and at filled values is 0 (Box and Jenkins, chapter 7). O(n
/// (terms)).
inline std::vector<double> arma_residuals(const ArmaProblem& problem, const ArmaCoefficients& c) {
  const std::size_t m = problem.order.period;
  const Terms ar{multiply(lag_polynomial(c.ar, 1, -1), lag_polynomial(c.seasonal_ar, m, -1))};
  const Terms ma{multiply(lag_polynomial(c.ma, 1, 1), lag_polynomial(c.seasonal_ma, m, 1))};
  std::vector<double> x(problem.w);
  for (double& v : x) v -= c.mean;
  std::vector<double> e(x.size(), 0.0);
  for (std::size_t t = problem.order.conditions(); t < x.size(); ++t) {
    if (problem.counts[t] != 0) e[t] = x[t] + ar.apply(x, t) - ma.apply(e, t);
  }
  return e;
}

/// Σ e².
inline double sum_of_squares(std::span<const double> e) {
  double sum = 0;
  for (const double v : e) sum += v * v;
  return sum;
}

/// Residuals and their derivatives by each coefficient, in the order ar, ma, seasonal ar, seasonal ma, mean: `slopes[k]` is a
/// series.
struct ArmaSlopes {
  std::vector<double> e{};
  std::vector<std::vector<double>> slopes{};
};

/// Derivatives obey the same recursion as the residuals: MA(B) ∂e = what differentiating AR(B)(w − μ) or MA(B) gives, with zeros
/// where residuals are. Exact, O(n parameters terms).
inline ArmaSlopes arma_slopes(const ArmaProblem& problem, const ArmaCoefficients& c) {
  const std::size_t m = problem.order.period, n = problem.w.size(), first = problem.order.conditions();
  const std::vector<double> one{1.0};
  const auto ar1 = lag_polynomial(c.ar, 1, -1), ar2 = lag_polynomial(c.seasonal_ar, m, -1);
  const auto ma1 = lag_polynomial(c.ma, 1, 1), ma2 = lag_polynomial(c.seasonal_ma, m, 1);
  const auto ar_full = multiply(ar1, ar2);
  const Terms ar{ar_full}, ma{multiply(ma1, ma2)};
  std::vector<double> x(problem.w);
  for (double& v : x) v -= c.mean;
  ArmaSlopes out{arma_residuals(problem, c), {}};
  const auto add = [&](std::span<const double> polynomial, std::span<const double> series, std::size_t shift) {
    const Terms terms{polynomial};
    std::vector<double> slope(n, 0.0);
    for (std::size_t t = first; t < n; ++t) {
      if (problem.counts[t] == 0) continue;
      const double drive = t < shift ? 0 : series[t - shift] + terms.apply(series, t - shift);
      slope[t] = -drive - ma.apply(slope, t);
    }
    out.slopes.push_back(std::move(slope));
  };
  for (std::size_t k = 0; k < c.ar.size(); ++k) add(ar2, x, k + 1);
  for (std::size_t k = 0; k < c.ma.size(); ++k) add(ma2, out.e, k + 1);
  for (std::size_t k = 0; k < c.seasonal_ar.size(); ++k) add(ar1, x, (k + 1) * m);
  for (std::size_t k = 0; k < c.seasonal_ma.size(); ++k) add(ma1, out.e, (k + 1) * m);
  if (problem.with_mean) {
    double level = 0;
    for (const double a : ar_full) level += a;
    add(one, std::vector<double>(n, level), 0);
  }
  return out;
}

}  // namespace detail

}  // namespace kilter::forecast
