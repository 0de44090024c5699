#pragma once
/// @file
/// Power of a device: as a function of its utilisation, and its speed under a power limit.

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/units.hpp"
#include "kilter/energy/piecewise_linear.hpp"

namespace kilter::energy {

/// Anything that says how much power a device draws at a utilisation between 0 and 1.
template <class M>
concept PowerModel = requires(const M& model, double utilisation) {
  { model.power(utilisation) } -> std::same_as<Watts>;
};

namespace detail {
inline void check_utilisation(double utilisation) {
  require(utilisation >= 0 && utilisation <= 1, "utilisation", utilisation, "must lie between 0 and 1");
}
}  // namespace detail

/// `P(u) = idle + (peak - idle) u` (Fan, Weber, Barroso, "Power provisioning for a warehouse-sized computer", ISCA 2007, section
/// 3).
struct LinearPower {
  Watts idle{};
  Watts peak{};

  /// Refuses a utilisation outside [0, 1].
  [[nodiscard]] Watts power(double utilisation) const {
    detail::check_utilisation(utilisation);
    return idle + (peak - idle) * utilisation;
  }
};

/// `P(u) = idle + (peak - idle) (2u - u^r)`: the calibrated form of the same paper, concave for `r > 1`.
struct FanPower {
  Watts idle{};
  Watts peak{};
  double r = 1.4;

  /// Refuses a utilisation outside [0, 1] and an `r` that is not positive.
  [[nodiscard]] Watts power(double utilisation) const {
    detail::check_utilisation(utilisation);
    require(r > 0, "r", r, "must be positive");
    return idle + (peak - idle) * (2 * utilisation - std::pow(utilisation, r));
  }
};

/// A measured curve: watts (y) over utilisation (x).
struct CurvePower {
  PiecewiseLinear curve;

  /// Refuses a utilisation outside [0, 1].
  [[nodiscard]] Watts power(double utilisation) const {
    detail::check_utilisation(utilisation);
    return Watts{curve.value(utilisation)};
  }
};

/// Watts over utilisation at `segments + 1` equidistant knots: how any power model enters a linear program.
template <PowerModel M>
[[nodiscard]] PiecewiseLinear linearise(const M& model, std::size_t segments) {
  require(segments > 0, "segments", segments, "must be positive");
  std::vector<Knot> knots;
  for (std::size_t i = 0; i <= segments; ++i) {
    const double u = static_cast<double>(i) / static_cast<double>(segments);
    knots.push_back({u, model.power(u).base()});
  }
  return PiecewiseLinear{std::move(knots)};
}

/// A way to run a device: a limit on its power and the throughput under it, relative to running without a limit.
struct PowerLevel {
  Watts cap{};
  double speed = 1;
};

/// How long work takes under a power limit: `time(x) / time(1) = a + b/x + c/x^2` with `a + b + c = 1`, where `x` is the limit as a
/// fraction of the power that the work draws when nothing limits it (a limit above that draw costs nothing).
///
/// The defaults are what `fit_power_cap` gives on the epoch times that Zeus published (You, Chung, Chowdhury, NSDI 2023: V100 and
/// A40, 329 measurements of five workloads at limits between half and all of the unlimited draw). Its time is off by 8 % in the
/// mean and 3 % in the median; workloads that were left out of the fit, one after the other, by 8 % and 3 % too (ignoring the
/// limit: 18 %). A curve of the other card's alone is off by 12 to 13 %, so fit your own device where you can.
struct PowerCapCurve {
  double a = 1.070;
  double b = -0.439;
  double c = 0.369;
  double lowest = 0.5;  ///< no limit below this fraction was fitted

  /// Throughput at a limit of `cap_fraction` of the unlimited draw: 1 from there on, less below; refuses fractions under `lowest`.
  [[nodiscard]] double speed(double cap_fraction) const {
    require(cap_fraction >= lowest && std::isfinite(cap_fraction), "cap_fraction", cap_fraction,
            "must not be below the lowest fitted fraction");
    const double x = std::min(cap_fraction, 1.0);
    return std::clamp(1 / (a + b / x + c / (x * x)), 0.0, 1.0);
  }
};

/// One measurement: the limit as a fraction of the unlimited draw, and the time relative to running without a limit.
struct CapObservation {
  double cap_fraction = 1;
  double relative_time = 1;
};

/// How a power-cap curve is fitted.
struct PowerCapFitOptions {
  double lowest = 0.5;     ///< observations at a smaller fraction are left out
  double highest = 0.995;  ///< and those above: they do not limit anything
  double huber = 0.1;      ///< relative errors above this one are weighed down
  int iterations = 50;     ///< of reweighting
};

/// A fitted curve and how well it fits.
struct PowerCapFit {
  PowerCapCurve curve;
  std::size_t observations = 0;
  double mean_error = 0;  ///< mean of |fitted / measured time - 1|
  double median_error = 0;
};

namespace detail {

inline double relative_error(const PowerCapCurve& curve, const CapObservation& o) {
  const double inverse = 1 / o.cap_fraction;
  return (curve.a + curve.b * inverse + curve.c * inverse * inverse) / o.relative_time - 1;
}

/// One weighted least-squares step: relative errors, `a` eliminated by `a = 1 - b - c`; normal equations in two unknowns.
inline PowerCapCurve power_cap_step(std::span<const CapObservation> data, const PowerCapCurve* previous, double huber) {
  double s11 = 0, s12 = 0, s22 = 0, t1 = 0, t2 = 0;
  for (const CapObservation& o : data) {
    const double weight = previous ? std::min(1.0, huber / std::max(1e-300, std::abs(relative_error(*previous, o)))) : 1.0;
    const double f1 = (1 / o.cap_fraction - 1) / o.relative_time;
    const double f2 = (1 / (o.cap_fraction * o.cap_fraction) - 1) / o.relative_time;
    const double target = 1 - 1 / o.relative_time;
    s11 += weight * f1 * f1, s12 += weight * f1 * f2, s22 += weight * f2 * f2;
    t1 += weight * f1 * target, t2 += weight * f2 * target;
  }
  const double determinant = s11 * s22 - s12 * s12;
  require(determinant > 1e-12 * s11 * s22, "observations", data.size(), "must hold at least two different power limits");
  const double b = (t1 * s22 - t2 * s12) / determinant, c = (s11 * t2 - s12 * t1) / determinant;
  return {.a = 1 - b - c, .b = b, .c = c};
}

}  // namespace detail

/// Fits a power-cap curve by Huber-weighted least squares on relative errors (iteratively reweighted; Huber 1981).
/// Refuses observations that are not positive and finite, and data with fewer than two different limits inside the fitted range.
[[nodiscard]] inline PowerCapFit fit_power_cap(std::span<const CapObservation> observations,
                                               const PowerCapFitOptions& options = {}) {
  require(options.lowest > 0 && options.lowest < options.highest, "lowest", options.lowest, "must be positive and below highest");
  require(options.huber > 0, "huber", options.huber, "must be positive");
  std::vector<CapObservation> data;
  for (const CapObservation& o : observations) {
    require(o.cap_fraction > 0 && std::isfinite(o.cap_fraction), "cap_fraction", o.cap_fraction, "must be positive and finite");
    require(o.relative_time > 0 && std::isfinite(o.relative_time), "relative_time", o.relative_time, "must be positive and finite");
    if (o.cap_fraction >= options.lowest && o.cap_fraction <= options.highest) data.push_back(o);
  }
  PowerCapFit fit{.curve = detail::power_cap_step(data, nullptr, options.huber), .observations = data.size()};
  for (int i = 0; i < options.iterations; ++i) fit.curve = detail::power_cap_step(data, &fit.curve, options.huber);
  fit.curve.lowest = options.lowest;
  std::vector<double> errors;
  for (const CapObservation& o : data) errors.push_back(std::abs(detail::relative_error(fit.curve, o)));
  for (const double e : errors) fit.mean_error += e / static_cast<double>(errors.size());
  std::nth_element(errors.begin(), errors.begin() + static_cast<std::ptrdiff_t>(errors.size() / 2), errors.end());
  fit.median_error = errors[errors.size() / 2];
  return fit;
}

/// Throughput under a limit of `cap_fraction` of the unlimited draw, relative to no limit: `power_cap_speed(0.8)`.
[[nodiscard]] inline double power_cap_speed(double cap_fraction, const PowerCapCurve& curve = {}) {
  return curve.speed(cap_fraction);
}

/// The level of a device that draws `unlimited` watts under load and is limited to `cap_fraction` of that.
[[nodiscard]] inline PowerLevel power_level(Watts unlimited, double cap_fraction, const PowerCapCurve& curve = {}) {
  require(unlimited.base() > 0, "unlimited", unlimited.base(), "must be positive");
  return {unlimited * cap_fraction, power_cap_speed(cap_fraction, curve)};
}

}  // namespace kilter::energy
