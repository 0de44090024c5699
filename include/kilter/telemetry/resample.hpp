#pragma once
/// @file
/// A series on another step, and a series without its gaps.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/series.hpp"
#include "kilter/core/units.hpp"

namespace kilter::telemetry {

/// What one value says of the interval that it stands for, and so how intervals are joined and split.
enum class Aggregate : std::uint8_t {
  mean,  ///< a level such as a price: joined by the mean, repeated when split
  sum,   ///< an amount such as requests: joined by the sum, divided evenly when split
  max,   ///< a peak: joined by the largest, repeated when split
  last,  ///< a state at the end: joined by the last, repeated when split
};

namespace detail {

/// How often `small` goes into `large`, if that is a whole number.
inline std::optional<std::size_t> whole_ratio(Seconds large, Seconds small) {
  const double ratio = large.base() / small.base();
  const double whole = std::round(ratio);
  if (!(whole >= 1 && whole < 1e9) || std::abs(ratio - whole) > 1e-9 * whole) return std::nullopt;
  return static_cast<std::size_t>(whole);
}

/// The value for `count` values in a row: missing when one of them is.
inline double joined(const double* values, std::size_t count, Aggregate aggregate) {
  double sum = 0;
  double largest = values[0];
  for (std::size_t i = 0; i < count; ++i) {
    if (std::isnan(values[i])) return missing;
    sum += values[i];
    largest = std::max(largest, values[i]);
  }
  switch (aggregate) {
    case Aggregate::sum: return sum;
    case Aggregate::max: return largest;
    case Aggregate::last: return values[count - 1];
    case Aggregate::mean: break;
  }
  return sum / static_cast<double>(count);
}

}  // namespace detail

/// The series on another step, from the same start: intervals are joined when `step` is a multiple of the present one and split
/// when it is a whole fraction of it; any other step throws `std::invalid_argument`.
///
/// A joined interval is missing when a part of it is, or when the series ends inside it, so that it never says less than the truth.
/// With `Aggregate::sum` the total is kept, with `mean` the mean. O(values read and written).
[[nodiscard]] inline Series resample(const Series& series, Seconds step, Aggregate aggregate) {
  require(step.base() > 0 && std::isfinite(step.base()), "step", step.base(), "must be positive and finite");
  require(series.step.base() > 0 && std::isfinite(series.step.base()), "series.step", series.step.base(),
          "must be positive and finite");
  Series out{series.start, step, {}};
  if (const auto parts = detail::whole_ratio(step, series.step)) {
    for (std::size_t i = 0; i < series.size(); i += *parts) {
      const bool whole = *parts <= series.size() - i;
      out.values.push_back(whole ? detail::joined(series.values.data() + i, *parts, aggregate) : missing);
    }
    return out;
  }
  const auto parts = detail::whole_ratio(series.step, step);
  require(parts.has_value(), "step", step.base(), "must be a multiple or a whole fraction of the step of the series");
  const double share = aggregate == Aggregate::sum ? 1 / static_cast<double>(*parts) : 1;
  out.values.reserve(series.size() * *parts);
  for (const double value : series.values) out.values.insert(out.values.end(), *parts, value * share);
  return out;
}

/// Where the value of a missing observation comes from.
enum class GapFill : std::uint8_t {
  linear,    ///< on the line between its neighbours in time; at an end, the nearest value
  previous,  ///< the last value before it; at the start, the first value there is
  zero,      ///< 0
  seasonal,  ///< the mean of the nearest values whole periods before and after it (or the one there is), else linear
};

/// A series without missing values, and how many of them were made up.
struct FillResult {
  Series series;
  std::size_t filled = 0;
};

namespace detail {

/// For each position the nearest observed one at or before it (`direction` −1) or at or after it (+1), going in strides of
/// `period`; `none` where there is none.
inline constexpr std::size_t none = static_cast<std::size_t>(-1);

inline std::vector<std::size_t> nearest_before(const std::vector<double>& values, std::size_t period) {
  std::vector<std::size_t> nearest(values.size(), none);
  for (std::size_t i = 0; i < values.size(); ++i) {
    nearest[i] = !std::isnan(values[i]) ? i : i >= period ? nearest[i - period] : none;
  }
  return nearest;
}

inline std::vector<std::size_t> nearest_after(const std::vector<double>& values, std::size_t period) {
  std::vector<std::size_t> nearest(values.size(), none);
  for (std::size_t i = values.size(); i-- > 0;) {
    nearest[i] = !std::isnan(values[i]) ? i : values.size() - i > period ? nearest[i + period] : none;
  }
  return nearest;
}

inline double on_line(const std::vector<double>& values, std::size_t before, std::size_t i, std::size_t after) {
  if (before == none) return values[after];
  if (after == none) return values[before];
  const double along = static_cast<double>(i - before) / static_cast<double>(after - before);
  return values[before] + along * (values[after] - values[before]);
}

inline double halfway(const std::vector<double>& values, std::size_t before, std::size_t after) {
  if (before == none) return values[after];
  if (after == none) return values[before];
  return values[before] / 2 + values[after] / 2;
}

}  // namespace detail

/// Gives every missing value one by the rule `fill`, from the observed values alone; `period` is the season in steps and matters to
/// `GapFill::seasonal` only. Observed values stay as they are. Throws `std::invalid_argument` when nothing at all was observed
/// (unless the rule is `zero`) or when a seasonal fill has no period. O(size).
[[nodiscard]] inline FillResult fill_gaps(const Series& series, GapFill fill, std::size_t period = 0) {
  FillResult out{series, count_missing(series.values)};
  if (out.filled == 0) return out;
  const bool seasonal = fill == GapFill::seasonal;
  require(!seasonal || period > 0, "period", period, "must be positive for a seasonal fill");
  require(fill == GapFill::zero || out.filled < series.size(), "series", series.size(), "values, and all of them are missing");

  const auto& given = series.values;
  const auto before = detail::nearest_before(given, 1), after = detail::nearest_after(given, 1);
  const auto season_before = seasonal ? detail::nearest_before(given, period) : std::vector<std::size_t>{};
  const auto season_after = seasonal ? detail::nearest_after(given, period) : std::vector<std::size_t>{};
  for (std::size_t i = 0; i < given.size(); ++i) {
    if (!std::isnan(given[i])) continue;
    double value = 0;
    if (fill == GapFill::previous) {
      value = given[before[i] != detail::none ? before[i] : after[i]];
    } else if (seasonal && (season_before[i] != detail::none || season_after[i] != detail::none)) {
      value = detail::halfway(given, season_before[i], season_after[i]);
    } else if (fill != GapFill::zero) {
      value = detail::on_line(given, before[i], i, after[i]);
    }
    out.series.values[i] = value;
  }
  return out;
}

}  // namespace kilter::telemetry
