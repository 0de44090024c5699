#pragma once
/// @file
/// Transformations that make a series more nearly Gaussian, and the way back for quantiles (exact) and means (bias-adjusted).

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/series.hpp"
#include "kilter/forecast/forecast.hpp"

namespace kilter::forecast {

/// How a model sees its series: as it is, `log(1 + y)`, `√y`, or Box and Cox (1964): `(y^λ − 1)/λ`, `log y` at λ = 0.
/// `log1p` and `sqrt` take 0; Box–Cox wants positive values when λ ≤ 0 and values that are not negative when λ > 0.
struct Transform {
  enum class Kind : std::uint8_t { none, log1p, sqrt, box_cox };

  Kind kind = Kind::none;
  double lambda = 0;  ///< of Box–Cox; unused otherwise

  [[nodiscard]] static constexpr Transform none() { return {}; }
  [[nodiscard]] static constexpr Transform log1p() { return {Kind::log1p, 0}; }
  [[nodiscard]] static constexpr Transform sqrt() { return {Kind::sqrt, 0}; }
  [[nodiscard]] static constexpr Transform box_cox(double lambda) { return {Kind::box_cox, lambda}; }

  /// True when `forward(y)` is a number.
  [[nodiscard]] bool accepts(double y) const {
    switch (kind) {
      case Kind::none: return true;
      case Kind::log1p: return y > -1;
      case Kind::sqrt: return y >= 0;
      case Kind::box_cox: return lambda > 0 ? y >= 0 : y > 0;
    }
    return false;
  }

  [[nodiscard]] double forward(double y) const {
    switch (kind) {
      case Kind::none: return y;
      case Kind::log1p: return std::log1p(y);
      case Kind::sqrt: return std::sqrt(y);
      case Kind::box_cox: return lambda == 0 ? std::log(y) : std::expm1(lambda * std::log(y)) / lambda;
    }
    return y;
  }

  /// The increasing inverse. Where `z` lies outside of the range of `forward`, the nearest end of the domain, but at most
  /// `largest()`: quantiles stay finite.
  [[nodiscard]] double inverse(double z) const {
    switch (kind) {
      case Kind::none: return z;
      case Kind::log1p: return std::min(std::expm1(z), largest());
      case Kind::sqrt: return z > 0 ? std::min(z * z, largest()) : 0;
      case Kind::box_cox: return std::min(inverse_box_cox(z), largest());
    }
    return z;
  }

  /// E[inverse(Z)] for Z normal with this mean and deviation. Closed forms: lognormal for the logarithms, the second moment of the
  /// positive part for the root; Box–Cox at other λ by quadrature over the normal density (relative error about 1e-9 where the
  /// integrand is smooth).
  [[nodiscard]] double inverse_mean(double mean, double deviation) const {
    if (kind == Kind::none || !(deviation > 0)) return inverse(mean);
    if (kind == Kind::log1p) return inverse(mean + 0.5 * deviation * deviation);
    if (kind == Kind::box_cox && lambda == 0) return inverse(mean + 0.5 * deviation * deviation);
    if (kind == Kind::sqrt) return positive_square(mean, deviation);
    return quadrature(mean, deviation);
  }

  /// The largest value that the way back gives.
  [[nodiscard]] static constexpr double largest() { return 1e300; }

 private:
  [[nodiscard]] double inverse_box_cox(double z) const {
    if (lambda == 0) return std::exp(z);
    const double base = lambda * z;
    if (base <= -1) return lambda > 0 ? 0 : largest();
    return std::exp(std::log1p(base) / lambda);
  }

  /// E[max(Z, 0)²] of a normal.
  [[nodiscard]] static double positive_square(double mean, double deviation) {
    const double score = mean / deviation;
    const double value = (mean * mean + deviation * deviation) * normal_cdf(score) + mean * deviation * normal_density(score);
    return std::clamp(value, 0.0, largest());
  }

  /// Trapezoid rule on ±8 deviations, which converges geometrically for smooth integrands (Trefethen and Weideman 2014).
  [[nodiscard]] double quadrature(double mean, double deviation) const {
    double sum = 0;
    double weight = 0;
    for (int k = -64; k <= 64; ++k) {
      const double z = 0.125 * k;
      const double density = normal_density(z);
      sum += density * std::min(inverse(mean + deviation * z), 1e290);
      weight += density;
    }
    return sum / weight;
  }
};

namespace detail {

/// The values seen through the transform; throws when one lies outside of its domain.
inline std::vector<double> forward(const Transform& transform, std::span<const double> values) {
  require_finite("transform.lambda", transform.lambda);
  std::vector<double> out(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    require(std::isnan(values[i]) || transform.accepts(values[i]), "history value", values[i],
            "lies outside of the transform's domain");
    out[i] = std::isnan(values[i]) ? missing : transform.forward(values[i]);
  }
  return out;
}

}  // namespace detail

/// The forecast of the original series from one of the transformed series with these means and deviations, whose quantile at
/// `levels[l]` lies `scores[l]` deviations from the mean: quantiles are carried over exactly (a monotone map keeps them), the mean
/// is that of the transformed normal.
[[nodiscard]] inline Forecast back_transform(const Transform& transform, Time start, Seconds step, std::vector<double> mean,
                                             std::span<const double> deviation, std::vector<double> levels,
                                             std::span<const double> scores) {
  Forecast out = scaled_forecast(start, step, std::move(mean), deviation, std::move(levels), scores);
  if (transform.kind == Transform::Kind::none) return out;
  for (double& q : out.quantiles) q = transform.inverse(q);
  for (std::size_t i = 0; i < out.horizon(); ++i) out.mean[i] = transform.inverse_mean(out.mean[i], deviation[i]);
  return out;
}

/// The same with Gaussian scores.
[[nodiscard]] inline Forecast back_transform(const Transform& transform, Time start, Seconds step, std::vector<double> mean,
                                             std::span<const double> deviation, std::vector<double> levels = default_levels()) {
  const std::vector<double> scores = normal_scores(levels);
  return back_transform(transform, start, step, std::move(mean), deviation, std::move(levels), scores);
}

}  // namespace kilter::forecast
