#pragma once
/// @file
/// How much carbon a unit of energy costs, and how much of its making a device has used up.

#include <concepts>
#include <utility>

#include "kilter/core/contract.hpp"
#include "kilter/core/series.hpp"
#include "kilter/core/time.hpp"
#include "kilter/core/units.hpp"
#include "kilter/energy/signal.hpp"

namespace kilter::energy {

/// Anything that has a carbon intensity at each moment and says when it may change next.
template <class T>
concept IntensitySignal = requires(const T& carbon, Time time) {
  { carbon.intensity(time) } -> std::same_as<CarbonIntensity>;
  { carbon.next_change(time) } -> std::same_as<Time>;
};

/// The carbon intensity of a grid over time, from a series in g CO2 per kWh, constant within each interval.
/// Refuses missing and negative values; asking outside the series throws.
class CarbonSignal {
 public:
  explicit CarbonSignal(Series grams_per_kwh) : signal_(std::move(grams_per_kwh), "grams_per_kwh") {
    for (const double v : signal_.series().values) require(v >= 0, "grams_per_kwh", v, "must not be negative");
  }

  [[nodiscard]] CarbonIntensity intensity(Time time) const { return signal_.value(time) * (units::gCO2 / units::kWh); }
  [[nodiscard]] Time next_change(Time time) const { return signal_.next_change(time); }
  [[nodiscard]] Time start() const { return signal_.start(); }
  [[nodiscard]] Time end() const { return signal_.end(); }

 private:
  detail::StepSignal signal_;
};

/// The same intensity for ever: an annual mean, or a contract.
struct ConstantCarbon {
  CarbonIntensity value{};

  [[nodiscard]] CarbonIntensity intensity(Time) const { return value; }
  [[nodiscard]] Time next_change(Time) const { return never; }
};

/// The part of a device's embodied carbon that `used` seconds of its `lifetime` carry, spread evenly over its life (as LLMCarbon
/// does, Faiz et al. 2024, with five years). Refuses a lifetime that is not positive and a negative use.
[[nodiscard]] inline GramsCO2 embodied_carbon(GramsCO2 total, Seconds used, Seconds lifetime = 5 * 365 * units::day) {
  require(lifetime.base() > 0, "lifetime", lifetime.base(), "must be positive");
  require(used.base() >= 0, "used", used.base(), "must not be negative");
  return total * (used / lifetime);
}

}  // namespace kilter::energy
