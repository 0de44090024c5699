#pragma once
/// @file
/// What electricity costs: flat, by hour and weekday, or a spot market; and a charge for the highest demand.

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <variant>

#include "kilter/core/contract.hpp"
#include "kilter/core/series.hpp"
#include "kilter/core/time.hpp"
#include "kilter/core/units.hpp"
#include "kilter/energy/signal.hpp"

namespace kilter::energy {

/// Anything that has a price at each moment and says when it may change next (a moment after the one asked for).
template <class T>
concept PriceSignal = requires(const T& tariff, Time time) {
  { tariff.price(time) } -> std::same_as<Price>;
  { tariff.next_change(time) } -> std::same_as<Time>;
};

/// A price for each hour of each day of the week, `price[day][hour]`, Monday first, in local time.
struct WeekPrices {
  std::array<std::array<Price, 24>, 7> price{};
};

/// A usual time-of-use contract: `peak` from hour `peak_from` up to hour `peak_until` of the chosen days, else `off_peak`.
struct PeakHours {
  Price off_peak{};
  Price peak{};
  int peak_from = 8;
  int peak_until = 20;
  bool weekends = false;  ///< whether Saturday and Sunday have peak hours too
};

/// Turns a peak-hours contract into a week of prices; refuses hours outside `0 <= peak_from <= peak_until <= 24`.
[[nodiscard]] inline WeekPrices week_prices(const PeakHours& contract) {
  require(contract.peak_from >= 0 && contract.peak_from <= 24, "peak_from", contract.peak_from, "must be an hour of the day");
  require(contract.peak_until >= contract.peak_from && contract.peak_until <= 24, "peak_until", contract.peak_until,
          "must be an hour of the day, not before peak_from");
  WeekPrices week;
  for (std::size_t day = 0; day < 7; ++day) {
    for (std::size_t hour = 0; hour < 24; ++hour) {
      const int h = static_cast<int>(hour);
      const bool peak = (day < 5 || contract.weekends) && h >= contract.peak_from && h < contract.peak_until;
      week.price[day][hour] = peak ? contract.peak : contract.off_peak;
    }
  }
  return week;
}

/// The price of electricity over time, constant between its changes. Negative prices are prices.
class Tariff {
 public:
  /// One price for ever.
  [[nodiscard]] static Tariff flat(Price price) {
    require_finite("price", price.base());
    return Tariff{Flat{price}};
  }

  /// Prices that come back each week, in the time zone `utc_offset` east of UTC (whole seconds, within a day).
  [[nodiscard]] static Tariff time_of_use(const WeekPrices& week, Seconds utc_offset = {}) {
    const std::int64_t offset = std::llround(utc_offset.base());
    require(static_cast<double>(offset) == utc_offset.base() && std::abs(offset) <= 86400, "utc_offset", utc_offset.base(),
            "must be whole seconds within a day");
    for (const auto& day : week.price) {
      for (const Price p : day) require_finite("price", p.base());
    }
    return Tariff{Weekly{week, offset}};
  }
  [[nodiscard]] static Tariff time_of_use(const PeakHours& contract, Seconds utc_offset = {}) {
    return time_of_use(week_prices(contract), utc_offset);
  }

  /// A market price in USD per MWh, plus `adder` (grid fees, taxes). Refuses missing values; asking outside the series throws.
  [[nodiscard]] static Tariff spot(Series usd_per_mwh, Price adder = {}) {
    require_finite("adder", adder.base());
    return Tariff{Spot{detail::StepSignal{std::move(usd_per_mwh), "usd_per_mwh"}, adder}};
  }

  /// The price at `time`. O(1).
  [[nodiscard]] Price price(Time time) const {
    if (const auto* spot = std::get_if<Spot>(&kind_)) return spot->signal.value(time) * (units::usd / units::MWh) + spot->adder;
    if (const auto* weekly = std::get_if<Weekly>(&kind_)) {
      const Time local{time.unix_seconds + weekly->offset};
      return weekly->week.price[static_cast<std::size_t>(local.day_of_week())][static_cast<std::size_t>(local.hour_of_day())];
    }
    return std::get_if<Flat>(&kind_)->price;
  }

  /// The first moment after `time` at which the price may change; `never` for a flat one. O(1).
  [[nodiscard]] Time next_change(Time time) const {
    if (const auto* spot = std::get_if<Spot>(&kind_)) return spot->signal.next_change(time);
    if (const auto* weekly = std::get_if<Weekly>(&kind_)) {
      const std::int64_t into_hour = (((time.unix_seconds + weekly->offset) % 3600) + 3600) % 3600;
      return {time.unix_seconds + 3600 - into_hour};
    }
    return never;
  }

 private:
  struct Flat {
    Price price;
  };
  struct Weekly {
    WeekPrices week;
    std::int64_t offset;
  };
  struct Spot {
    detail::StepSignal signal;
    Price adder;
  };
  using Kind = std::variant<Flat, Weekly, Spot>;

  explicit Tariff(Kind kind) : kind_(std::move(kind)) {}

  Kind kind_;
};

/// Money per power, as a monthly charge for the highest demand: `15 * units::usd / units::kW`.
using DemandPrice = Quantity<Dim{.time = 1, .energy = -1, .money = 1}>;

/// The charge for the highest mean power over `window` consecutive values of a power series in watts (meters average over 15 or 30
/// minutes). Windows do not overlap and start with the series; a short last one counts with its own mean. Refuses missing values.
[[nodiscard]] inline Dollars demand_charge(const Series& power, DemandPrice price, std::size_t window = 1) {
  require(window > 0, "window", window, "must be positive");
  double highest = 0;
  for (std::size_t first = 0; first < power.size(); first += window) {
    const std::size_t count = std::min(window, power.size() - first);
    double sum = 0;
    for (std::size_t i = first; i < first + count; ++i) {
      require(std::isfinite(power[i]), "power", power[i], "must have neither missing nor infinite values");
      sum += power[i];
    }
    highest = std::max(highest, sum / static_cast<double>(count));
  }
  return Watts{highest} * price;
}

}  // namespace kilter::energy
