#pragma once
/// @file
/// Signals that are constant between the moments at which they change: what prices and carbon intensities are made of.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <utility>

#include "kilter/core/contract.hpp"
#include "kilter/core/series.hpp"
#include "kilter/core/time.hpp"

namespace kilter::energy {

/// The end of time: `next_change` of a signal that changes no more.
inline constexpr Time never{std::numeric_limits<std::int64_t>::max()};

namespace detail {

/// A `Series` read as a step function of time. Refuses an empty series, a step under a second or with a fraction of one, and values
/// that are missing or infinite: a bill with a hole in it is wrong, so holes are filled by someone who knows how, before.
class StepSignal {
 public:
  StepSignal(Series series, std::string_view what) : series_(std::move(series)), step_(std::llround(series_.step.base())) {
    require(!series_.empty(), what, series_.size(), "must not be an empty series");
    require(step_ >= 1 && static_cast<double>(step_) == series_.step.base(), what, series_.step.base(),
            "must have a step of whole seconds");
    for (const double v : series_.values) require(std::isfinite(v), what, v, "must have neither missing nor infinite values");
  }

  /// The value at `time`; refuses moments outside the series. O(1).
  [[nodiscard]] double value(Time time) const { return series_.values[index(time)]; }
  /// The end of the interval that holds `time`.
  [[nodiscard]] Time next_change(Time time) const {
    return {series_.start.unix_seconds + (static_cast<std::int64_t>(index(time)) + 1) * step_};
  }
  [[nodiscard]] Time start() const { return series_.start; }
  [[nodiscard]] Time end() const { return {series_.start.unix_seconds + static_cast<std::int64_t>(series_.size()) * step_}; }
  [[nodiscard]] const Series& series() const { return series_; }

 private:
  [[nodiscard]] std::size_t index(Time time) const {
    const bool inside = time >= start() && time < end();
    if (!inside) require(inside, "time", to_string(time), "must lie inside the series");
    return static_cast<std::size_t>((time.unix_seconds - series_.start.unix_seconds) / step_);
  }

  Series series_;
  std::int64_t step_;
};

}  // namespace detail
}  // namespace kilter::energy
