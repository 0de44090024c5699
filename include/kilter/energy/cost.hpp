#pragma once
/// @file
/// What running a load costs: energy, money and carbon, exact where prices change in the middle of an interval.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "kilter/core/contract.hpp"
#include "kilter/core/series.hpp"
#include "kilter/core/time.hpp"
#include "kilter/core/units.hpp"
#include "kilter/energy/carbon.hpp"
#include "kilter/energy/tariff.hpp"

namespace kilter::energy {

/// Energy used, and what it cost in money and in carbon.
struct Bill {
  Joules energy{};
  Dollars money{};
  GramsCO2 carbon{};

  Bill& operator+=(const Bill& other) {
    energy += other.energy;
    money += other.money;
    carbon += other.carbon;
    return *this;
  }
  friend Bill operator+(Bill a, const Bill& b) { return a += b; }
  friend bool operator==(const Bill&, const Bill&) = default;
};

namespace detail {

/// Seconds from `start` to `end`; intervals are counted in doubles from there, so that their length need not be whole seconds.
inline double seconds_between(Time start, Time end) {
  return end == never ? std::numeric_limits<double>::infinity() : (end - start).base();
}

/// Calls `f(seconds, moment)` for each part of `[from, to)` (seconds after `start`) inside which both signals are constant.
template <PriceSignal P, IntensitySignal C, class F>
void for_each_part(Time start, double from, double to, const P& tariff, const C& carbon, F&& f) {
  while (from < to) {
    // Signals change on whole seconds, so the value at the second that holds `from` is the value at `from`.
    const Time moment{start.unix_seconds + static_cast<std::int64_t>(std::floor(from))};
    const double change = seconds_between(start, std::min(tariff.next_change(moment), carbon.next_change(moment)));
    require(change > from, "next_change", change, "must be later than the moment asked for");
    const double until = std::min(to, change);
    f(until - from, moment);
    from = until;
  }
}

}  // namespace detail

/// The bill of a power series in watts, each value held over its interval. Energy is `sum power * step`; each interval is cut where
/// the price or the carbon intensity changes, so money and carbon are exact. Refuses missing and infinite power, a step that is not
/// positive, and (through the signals) intervals outside the prices or intensities. O(intervals + changes).
template <PriceSignal P, IntensitySignal C>
[[nodiscard]] Bill accumulate(const Series& power, const P& tariff, const C& carbon) {
  const double step = power.step.base();
  require(step > 0 && std::isfinite(step), "step", step, "must be positive and finite");
  Bill bill;
  for (std::size_t i = 0; i < power.size(); ++i) {
    const Watts watts{power[i]};
    require(std::isfinite(watts.base()), "power", watts.base(), "must have neither missing nor infinite values");
    const double from = static_cast<double>(i) * step, to = static_cast<double>(i + 1) * step;
    bill.energy += watts * power.step;
    detail::for_each_part(power.start, from, to, tariff, carbon, [&](double seconds, Time moment) {
      const Joules part = watts * Seconds{seconds};
      bill.money += part * tariff.price(moment);
      bill.carbon += part * carbon.intensity(moment);
    });
  }
  return bill;
}

/// The bill of a constant power from `start` for `length`.
template <PriceSignal P, IntensitySignal C>
[[nodiscard]] Bill accumulate(Watts power, Time start, Seconds length, const P& tariff, const C& carbon) {
  return length.base() == 0 ? Bill{} : accumulate(Series{start, length, {power.base()}}, tariff, carbon);
}

/// The time-weighted mean price over `[start, start + length)`: what an interval of a plan pays per energy at constant power.
template <PriceSignal P>
[[nodiscard]] Price mean_price(const P& tariff, Time start, Seconds length) {
  require(length.base() > 0, "length", length.base(), "must be positive");
  const Bill bill = accumulate(Watts{1}, start, length, tariff, ConstantCarbon{});
  return bill.money / bill.energy;
}

/// The time-weighted mean carbon intensity over `[start, start + length)`.
template <IntensitySignal C>
[[nodiscard]] CarbonIntensity mean_intensity(const C& carbon, Time start, Seconds length) {
  require(length.base() > 0, "length", length.base(), "must be positive");
  const Bill bill = accumulate(Watts{1}, start, length, Tariff::flat(Price{}), carbon);
  return bill.carbon / bill.energy;
}

}  // namespace kilter::energy
