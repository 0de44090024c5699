#pragma once
/// @file
/// What is left in the residuals of a model: autocorrelations, and tests for dependence and normality.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/series.hpp"
#include "kilter/core/status.hpp"
#include "kilter/forecast/distribution.hpp"

namespace kilter::forecast {

/// A statistic with its χ² distribution under the null.
struct [[nodiscard]] ResidualTest {
  Status status = Status::infeasible;  ///< `optimal`; `infeasible` for too few or constant residuals
  double statistic = missing;
  double freedom = missing;
  double p_value = missing;  ///< the chance of a statistic at least as large
};

namespace detail {

/// Deviations from the mean in units of the standard deviation (over n); missing ones stay, `count` are not. Empty for a constant.
struct Standardised {
  std::vector<double> values{};
  std::size_t count = 0;
};

inline Standardised standardised(std::span<const double> values) {
  Standardised out;
  double sum = 0, square = 0, largest = 0;
  for (const double v : values) {
    require(!std::isinf(v), "value", v, "must not be infinite");
    if (std::isnan(v)) continue;
    ++out.count;
    sum += v;
    largest = std::max(largest, std::abs(v));
  }
  const double mean = sum / static_cast<double>(out.count);
  for (const double v : values) square += std::isnan(v) ? 0 : (v - mean) * (v - mean);
  const double deviation = std::sqrt(square / static_cast<double>(out.count));
  if (!(deviation > 1e-14 * largest)) return out;
  for (const double v : values) out.values.push_back((v - mean) / deviation);
  return out;
}

/// Σ of products of values `lag` apart where both are observed, and how many there are.
struct LagSum {
  double sum = 0;
  std::size_t pairs = 0;
};

inline LagSum lag_sum(std::span<const double> values, std::size_t lag) {
  LagSum out;
  for (std::size_t i = lag; i < values.size(); ++i) {
    const double product = values[i] * values[i - lag];
    if (std::isnan(product)) continue;
    out.sum += product;
    ++out.pairs;
  }
  return out;
}

}  // namespace detail

/// Autocorrelations at the lags 0 … `lags`; element k belongs to lag k, element 0 is 1. The sum over the pairs of which both values
/// are observed is divided by pairs + k (n when nothing is missing; Box and Jenkins 1970, 2.1.11). `missing` for a constant series
/// and at lags without a pair. Throws when a value is infinite. O(n · lags).
[[nodiscard]] inline std::vector<double> autocorrelations(std::span<const double> values, std::size_t lags) {
  const detail::Standardised z = detail::standardised(values);
  std::vector<double> out(lags + 1, missing);
  out[0] = 1;
  for (std::size_t k = 1; k <= lags && k < z.values.size(); ++k) {
    const detail::LagSum at = detail::lag_sum(z.values, k);
    if (at.pairs > 0) out[k] = at.sum / static_cast<double>(at.pairs + k);
  }
  return out;
}

/// Partial autocorrelations at the lags 0 … `lags` from `autocorrelations`, by the recursion of Durbin (1960) and Levinson (1947);
/// element 0 is 1. `missing` from the first lag on at which the recursion has no answer. Throws when a value is infinite.
/// O(n · lags + lags²).
[[nodiscard]] inline std::vector<double> partial_autocorrelations(std::span<const double> values, std::size_t lags) {
  const std::vector<double> r = autocorrelations(values, lags);
  std::vector<double> out(lags + 1, missing), phi, last;
  out[0] = 1;
  double error = 1;
  for (std::size_t k = 1; k <= lags; ++k) {
    double sum = r[k];
    for (std::size_t j = 1; j < k; ++j) sum -= phi[j - 1] * r[k - j];
    const double reflection = sum / error;
    if (!(std::abs(reflection) <= 1)) break;
    out[k] = reflection;
    error *= 1 - reflection * reflection;
    last = phi;
    for (std::size_t j = 0; j + 1 < k; ++j) phi[j] -= reflection * last[k - 2 - j];
    phi.push_back(reflection);
  }
  return out;
}

/// The test of Ljung and Box (1978) for no autocorrelation up to `lags` in the residuals of a model with `fitted_coefficients` ARMA
/// coefficients: (n + 2)/n Σ pairsₖ ρₖ² with the mean product ρₖ of the pairs at lag k, which is n(n + 2) Σ rₖ²/(n − k) when
/// nothing is missing. Missing residuals are skipped: only pairs of observed ones count (Stoffer and Toloi 1992). Throws unless
/// lags > fitted_coefficients, and when a value is infinite. O(n · lags).
inline ResidualTest ljung_box(std::span<const double> residuals, std::size_t lags, std::size_t fitted_coefficients = 0) {
  require(lags > fitted_coefficients, "lags", lags, "must exceed the number of fitted coefficients");
  const detail::Standardised z = detail::standardised(residuals);
  if (z.values.size() <= lags) return {};
  double sum = 0;
  for (std::size_t k = 1; k <= lags; ++k) {
    const detail::LagSum at = detail::lag_sum(z.values, k);
    if (at.pairs == 0) return {};
    sum += at.sum * at.sum / static_cast<double>(at.pairs);
  }
  const auto n = static_cast<double>(z.count);
  ResidualTest out{.status = Status::optimal, .statistic = sum * (n + 2) / n};
  out.freedom = static_cast<double>(lags - fitted_coefficients);
  out.p_value = chi_square_tail(out.statistic, out.freedom);
  return out;
}

/// The test of Jarque and Bera (1980) for normality: n/6 (skewness² + (kurtosis − 3)²/4), asymptotically χ² with 2 degrees of
/// freedom. Missing residuals are left out. Throws when a value is infinite. O(n).
inline ResidualTest jarque_bera(std::span<const double> residuals) {
  const detail::Standardised z = detail::standardised(residuals);
  if (z.values.empty()) return {};
  double third = 0, fourth = 0;
  for (const double v : z.values) {
    if (std::isnan(v)) continue;
    third += v * v * v;
    fourth += v * v * v * v;
  }
  const auto n = static_cast<double>(z.count);
  const double skewness = third / n, excess = fourth / n - 3;
  ResidualTest out{.status = Status::optimal, .statistic = n / 6 * (skewness * skewness + excess * excess / 4), .freedom = 2};
  out.p_value = chi_square_tail(out.statistic, out.freedom);
  return out;
}

}  // namespace kilter::forecast
