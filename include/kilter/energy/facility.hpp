#pragma once
/// @file
/// The building around the machines: losses, cooling by outside temperature, and the PUE that follows.

#include <algorithm>
#include <cmath>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/units.hpp"
#include "kilter/energy/piecewise_linear.hpp"

namespace kilter::energy {

/// An air-side economiser with a chiller behind it. Outside air that reaches the hall below `supply` cools for free; warmer air is
/// cooled down mechanically to `supply`, and above `exhaust` the hall's own air is recirculated, so all heat goes to the chiller.
///
/// The supply limit is the upper end of ASHRAE's recommended envelope (27 C); the approach of 5 K and the chiller's COP
/// (5 at 25 C, 0.1 less per K) are the constants of HPE's SustainCluster configuration. `fans` is what air movement takes per watt
/// of heat.
struct Economiser {
  double fans = 0.03;
  double supply_celsius = 27;
  double approach_kelvin = 5;
  double exhaust_celsius = 39;
  double cop = 5;
  double cop_per_kelvin = 0.1;
  double cop_celsius = 25;
  double lowest_cop = 1.5;
};

/// Cooling power per watt of heat over outside temperature in Celsius: `fans + s(T) / COP(T)` with the mechanical share
/// `s = clamp((T + approach - supply) / (exhaust - supply), 0, 1)`, sampled each kelvin from where free cooling ends up to 60 C and
/// constant outside. Refuses options that make it negative or ill defined.
[[nodiscard]] inline PiecewiseLinear economiser_cooling(const Economiser& e = {}) {
  require(e.fans >= 0 && std::isfinite(e.fans), "fans", e.fans, "must be finite and not negative");
  require(e.exhaust_celsius > e.supply_celsius, "exhaust_celsius", e.exhaust_celsius, "must be above supply_celsius");
  require(e.lowest_cop > 0, "lowest_cop", e.lowest_cop, "must be positive");
  require(e.cop >= e.lowest_cop, "cop", e.cop, "must not be below lowest_cop");
  const double free_until = e.supply_celsius - e.approach_kelvin;
  require(free_until < 60, "supply_celsius", e.supply_celsius, "must end free cooling below 60 C");
  std::vector<Knot> knots;
  const int steps = static_cast<int>(std::ceil(60 - free_until));
  for (int i = 0; i <= steps; ++i) {
    const double celsius = free_until + i;
    const double mechanical = std::clamp(i / (e.exhaust_celsius - e.supply_celsius), 0.0, 1.0);
    const double cop = std::max(e.lowest_cop, e.cop - e.cop_per_kelvin * (celsius - e.cop_celsius));
    knots.push_back({celsius, e.fans + mechanical / cop});
  }
  return PiecewiseLinear{std::move(knots)};
}

/// Cooling power per watt of heat of plain outside-air cooling: 0.05 at -3.9 C and 0.10 at 10 C, linear (the partial PUE that
/// CloudNet uses), constant below -3.9 C and above 35 C.
[[nodiscard]] inline PiecewiseLinear air_side_cooling() {
  const double slope = 0.05 / 13.9;
  return PiecewiseLinear{{{-3.9, 0.05}, {10, 0.10}, {35, 0.10 + 25 * slope}}};
}

/// Power as `fixed + slope * it`, as a linear program carries it.
struct AffinePower {
  Watts fixed{};
  double slope = 1;

  [[nodiscard]] Watts operator()(Watts it) const { return fixed + slope * it; }
};

/// A data hall. Its power is `(fixed + (1 + proportional) it) (1 + cooling(celsius))`: losses become heat, and cooling carries all
/// of it out.
struct Facility {
  Watts fixed{};                                   ///< losses that do not depend on the load: transformers, lights, idle UPS
  double proportional = 0.06;                      ///< losses per watt of load: UPS conversion and distribution
  PiecewiseLinear cooling = economiser_cooling();  ///< watts of cooling per watt of heat, over outside Celsius

  /// The facility's power as an affine function of the machines' power at one outside temperature.
  /// Refuses negative losses, a cooling curve that is negative there, and a temperature that is not finite.
  [[nodiscard]] AffinePower at(double celsius) const {
    require_finite("celsius", celsius);
    require(fixed.base() >= 0, "fixed", fixed.base(), "must not be negative");
    require(proportional >= 0, "proportional", proportional, "must not be negative");
    const double cooling_share = cooling.value(celsius);
    require(cooling_share >= 0, "cooling", cooling_share, "must not be negative");
    return {fixed * (1 + cooling_share), (1 + proportional) * (1 + cooling_share)};
  }
};

/// What the meter sees when the machines draw `it` at an outside temperature; refuses negative `it`.
[[nodiscard]] inline Watts facility_power(const Facility& facility, Watts it, double celsius) {
  require(it.base() >= 0, "it", it.base(), "must not be negative");
  return facility.at(celsius)(it);
}

/// Power usage effectiveness, facility power over machine power: at least 1, and larger at small load because of the fixed losses.
/// Refuses `it` that is not positive.
[[nodiscard]] inline double pue(const Facility& facility, Watts it, double celsius) {
  require(it.base() > 0, "it", it.base(), "must be positive");
  return facility_power(facility, it, celsius) / it;
}

}  // namespace kilter::energy
