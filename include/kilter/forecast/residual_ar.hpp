#pragma once
/// @file
/// Autoregression of residuals at chosen lags: estimation, stability, forecasts and how errors add up over the horizon.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "kilter/core/series.hpp"
#include "kilter/forecast/dense.hpp"

namespace kilter::forecast::detail {

/// 1 − Σ coefficient[k] Bˡᵃᵍ[k] with ascending lags.
struct SparseAr {
  std::vector<std::size_t> lags{};
  std::vector<double> coefficients{};

  /// The expected value at `t` given `values[0 … t − 1]`; what is missing or before the start counts as 0.
  [[nodiscard]] double predict(std::span<const double> values, std::size_t t) const {
    double sum = 0;
    for (std::size_t k = 0; k < lags.size() && lags[k] <= t; ++k) {
      const double past = values[t - lags[k]];
      sum += std::isnan(past) ? 0 : coefficients[k] * past;
    }
    return sum;
  }
};

/// True when all roots of 1 − a₁z − … − a_p zᵖ lie outside of the unit circle: the step-down recursion of Schur and Cohn gives
/// reflection coefficients, all of which must be less than 1 in magnitude. O(p²).
inline bool is_stationary(std::vector<double> a) {
  std::vector<double> next;
  for (std::size_t p = a.size(); p > 0; --p) {
    const double reflection = a[p - 1];
    if (!(std::abs(reflection) < 1)) return false;
    const double divisor = 1 - reflection * reflection;
    next.assign(p - 1, 0);
    for (std::size_t j = 0; j + 1 < p; ++j) next[j] = (a[j] + reflection * a[p - 2 - j]) / divisor;
    a.swap(next);
  }
  return true;
}

/// Shrinks coefficient of lag l by ρˡ, which moves every root outward by 1/ρ, until the model is stationary.
inline void make_stationary(SparseAr& ar) {
  if (ar.lags.empty()) return;
  const double share = 1 - 0.04 / static_cast<double>(ar.lags.back());
  for (int attempt = 0; attempt < 64; ++attempt) {
    std::vector<double> dense(ar.lags.back(), 0.0);
    for (std::size_t k = 0; k < ar.lags.size(); ++k) dense[ar.lags[k] - 1] = ar.coefficients[k];
    if (is_stationary(std::move(dense))) return;
    const double shrink = std::pow(share, std::ldexp(1.0, attempt / 4));
    for (std::size_t k = 0; k < ar.lags.size(); ++k) ar.coefficients[k] *= std::pow(shrink, static_cast<double>(ar.lags[k]));
  }
  std::fill(ar.coefficients.begin(), ar.coefficients.end(), 0.0);
}

/// Least squares of the values on their lags with weights, each coefficient drawn towards 0 as if by `prior` observations of
/// typical size (ridge), then made stationary. Lags that leave fewer rows than `least_rows` are left out.
inline SparseAr fit_residual_ar(std::span<const double> values, std::span<const double> weights,
                                const std::vector<std::size_t>& lags, double prior, std::size_t least_rows) {
  SparseAr ar;
  for (const std::size_t lag : lags) {
    if (lag + least_rows <= values.size()) ar.lags.push_back(lag);
  }
  ar.coefficients.assign(ar.lags.size(), 0.0);
  if (ar.lags.empty()) return ar;
  const std::size_t n = values.size(), p = ar.lags.size();
  Columns design(n + p, p);
  std::vector<double> target(n + p, 0.0);
  double size = 0, total = 0;
  for (std::size_t t = 0; t < n; ++t) {
    if (std::isnan(values[t])) continue;
    const double root = std::sqrt(weights[t]);
    target[t] = root * values[t];
    for (std::size_t k = 0; k < p && ar.lags[k] <= t; ++k) {
      const double past = values[t - ar.lags[k]];
      design(t, k) = std::isnan(past) ? 0 : root * past;
    }
    size += weights[t] * values[t] * values[t];
    total += weights[t];
  }
  if (!(size > 0)) return ar;
  for (std::size_t k = 0; k < p; ++k) design(n + k, k) = std::sqrt(prior * size / total);
  ar.coefficients = dense_least_squares(design, target).coefficients;
  make_stationary(ar);
  return ar;
}

/// ψ₀ … ψ_{horizon−1} of the autoregression: the weights of past shocks in what is to come.
inline std::vector<double> psi_weights(const SparseAr& ar, std::size_t horizon) {
  std::vector<double> psi(horizon, 0.0);
  if (horizon > 0) psi[0] = 1;
  for (std::size_t h = 1; h < horizon; ++h) psi[h] = ar.predict(psi, h);
  return psi;
}

}  // namespace kilter::forecast::detail
