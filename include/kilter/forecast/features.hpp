#pragma once
/// @file
/// `Regressors`: named columns of numbers, one row a step. `Features`: functions of time (trend, Fourier pairs, calendar, events)
/// that give the same columns for the history and for the future. `lagged`: a series' own past as columns.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/series.hpp"
#include "kilter/core/time.hpp"
#include "kilter/core/units.hpp"

namespace kilter::forecast {

/// Named columns of numbers, one row a step of the series that they explain. A value is finite or `missing`.
struct Regressors {
  std::size_t rows = 0;
  std::vector<std::string> names{};
  std::vector<double> values{};  ///< column by column: `values[j * rows + i]`

  [[nodiscard]] std::size_t columns() const { return names.size(); }

  /// The `rows` values of column `j`; throws when there is no such column.
  [[nodiscard]] const double* column(std::size_t j) const {
    require(j < columns(), "j", j, "must be less than the number of columns");
    return values.data() + j * rows;
  }

  /// Adds a column at the end; the first one decides on the number of rows unless `rows` is set. Throws when the name is empty or
  /// taken, the length differs, or a value is infinite. O(rows + columns).
  void add(std::string name, std::span<const double> column) {
    require(!name.empty(), "name", name, "must not be empty");
    require(std::find(names.begin(), names.end(), name) == names.end(), "name", name, "a column of this name is there already");
    if (names.empty() && rows == 0) rows = column.size();
    require(column.size() == rows, "column.size()", column.size(), "must equal the number of rows");
    for (const double v : column) require(!std::isinf(v), name, v, "must be finite or missing");
    values.insert(values.end(), column.begin(), column.end());
    names.push_back(std::move(name));
  }

  /// Adds all columns of `other`, with the same checks. O(rows · columns).
  void add(const Regressors& other) {
    for (std::size_t j = 0; j < other.columns(); ++j) add(other.names[j], {other.column(j), other.rows});
  }

  /// Rows `[first, first + count)` of every column; throws when they do not lie inside.
  [[nodiscard]] Regressors slice(std::size_t first, std::size_t count) const {
    require(first <= rows, "first", first, "must not be past the last row");
    require(count <= rows - first, "count", count, "must end inside the rows");
    Regressors out{count, names, {}};
    for (std::size_t j = 0; j < columns(); ++j) out.values.insert(out.values.end(), column(j) + first, column(j) + first + count);
    return out;
  }
};

/// `harmonics` pairs of sine and cosine of a season of `period` steps (need not be whole).
struct Fourier {
  double period = 24;
  std::size_t harmonics = 1;
};

/// Something that lasts from `from` until just before `to`. Events of one name share a column.
struct Event {
  std::string name{};
  Time from{};
  Time to{};
};

/// Functions of time, by description. The columns, in this order:
///
/// - `trend`: t/1000, (t/1000)², … up to this degree, where t counts steps since the origin; names "trend", "trend^2", …
/// - `fourier`: sin 2πkt/p and cos 2πkt/p for k = 1 … harmonics; names "sin k/p", "cos k/p". Where k = p/2 there is no sine, since
/// it
///   is 0 at every whole t; a frequency that an earlier entry has already (7/168 after 1/24) is left out.
/// - `hour_of_day`, `day_of_week`, `month`: 1 in that hour, day or month of UTC, else 0, as contrasts to the first ("hour 1" …
/// "hour
///   23", "Tuesday" … "Sunday", "February" … "December"); `weekend`: 1 on Saturday and Sunday. The moment that counts is the
///   beginning of the step.
/// - `events`: the share of the step that lies inside of an event of that name, 0 … 1, by first appearance of the names.
///
/// There is no constant among them. Which columns there are depends on the description alone.
struct Features {
  std::size_t trend = 0;
  std::vector<Fourier> fourier{};
  bool hour_of_day = false;
  bool day_of_week = false;
  bool weekend = false;  ///< not together with `day_of_week`, which contains it
  bool month = false;
  std::vector<Event> events{};
};

namespace detail {

/// Throws unless a hand-made aggregate has as many values as its names and rows say.
inline void check_regressors(const Regressors& x) {
  require(x.values.size() == x.rows * x.columns(), "regressors.values.size()", x.values.size(), "must be rows times columns");
}

/// The steps at which features are evaluated: step `i` is `first + i` steps after the origin.
struct FeatureSteps {
  Time start{};
  Seconds step = units::h;
  std::size_t count = 0;
  double first = 0;

  [[nodiscard]] double since_origin(std::size_t i) const { return first + static_cast<double>(i); }
  [[nodiscard]] Time time(std::size_t i) const { return start + step * static_cast<double>(i); }
};

/// Adds the column whose value at step `i` is `value(i)`.
template <class Value>
void add_feature(Regressors& out, const FeatureSteps& steps, std::string name, const Value& value) {
  std::vector<double> column(steps.count);
  for (std::size_t i = 0; i < steps.count; ++i) column[i] = value(i);
  out.add(std::move(name), column);
}

inline void add_trend(Regressors& out, const FeatureSteps& steps, std::size_t degree) {
  for (std::size_t power = 1; power <= degree; ++power) {
    add_feature(out, steps, power == 1 ? "trend" : "trend^" + std::to_string(power),
                [&](std::size_t i) { return std::pow(steps.since_origin(i) / 1000, static_cast<double>(power)); });
  }
}

inline void add_fourier(Regressors& out, const FeatureSteps& steps, std::span<const Fourier> seasons) {
  std::vector<double> frequencies;
  for (const Fourier& season : seasons) {
    require(season.period >= 2 && std::isfinite(season.period), "fourier.period", season.period, "must be at least 2 steps");
    require(2 * static_cast<double>(season.harmonics) <= season.period, "fourier.harmonics", season.harmonics,
            "must not exceed half of the period");
    for (std::size_t k = 1; k <= season.harmonics; ++k) {
      const auto multiple = static_cast<double>(k);
      const double frequency = multiple / season.period;
      const auto same = [&](double other) { return std::abs(other - frequency) < 1e-12; };
      if (std::any_of(frequencies.begin(), frequencies.end(), same)) continue;
      frequencies.push_back(frequency);
      // Whole turns are taken off before the angle is formed, so that digits do not fade far from the origin.
      const auto angle = [&](std::size_t i) {
        return 2 * std::numbers::pi * std::fmod(multiple * steps.since_origin(i), season.period) / season.period;
      };
      const std::string name = std::to_string(k) + "/" + kilter::detail::to_text(season.period);
      if (frequency < 0.5) add_feature(out, steps, "sin " + name, [&](std::size_t i) { return std::sin(angle(i)); });
      add_feature(out, steps, "cos " + name, [&](std::size_t i) { return std::cos(angle(i)); });
    }
  }
}

/// A column for each class but the first: 1 where `class_of(time)` is that class.
template <class ClassOf>
void add_contrasts(Regressors& out, const FeatureSteps& steps, std::span<const std::string_view> names, const ClassOf& class_of) {
  for (std::size_t k = 1; k < names.size(); ++k) {
    add_feature(out, steps, std::string{names[k]},
                [&](std::size_t i) { return class_of(steps.time(i)) == static_cast<int>(k) ? 1.0 : 0.0; });
  }
}

inline int month_of(Time time) {
  const std::int64_t seconds = ((time.unix_seconds % 86400) + 86400) % 86400;
  return static_cast<int>(kilter::detail::civil_from_days((time.unix_seconds - seconds) / 86400).month) - 1;
}

inline void add_calendar(Regressors& out, const FeatureSteps& steps, const Features& features) {
  constexpr std::string_view days[] = {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};
  constexpr std::string_view months[] = {"January", "February", "March",     "April",   "May",      "June",
                                         "July",    "August",   "September", "October", "November", "December"};
  require(!(features.weekend && features.day_of_week), "features.weekend", true, "must not be set together with day_of_week");
  for (int hour = 1; hour < 24 && features.hour_of_day; ++hour) {
    add_feature(out, steps, "hour " + std::to_string(hour),
                [&](std::size_t i) { return steps.time(i).hour_of_day() == hour ? 1.0 : 0.0; });
  }
  if (features.day_of_week) add_contrasts(out, steps, days, [](Time time) { return time.day_of_week(); });
  if (features.weekend) {
    add_feature(out, steps, "weekend", [&](std::size_t i) { return steps.time(i).day_of_week() >= 5 ? 1.0 : 0.0; });
  }
  if (features.month) add_contrasts(out, steps, months, month_of);
}

/// The seconds of `[begin, begin + step)` inside of events of this name, at most all of them, as a share.
inline double event_share(std::span<const Event> events, std::string_view name, Time begin, Seconds step) {
  double inside = 0;
  for (const Event& event : events) {
    if (event.name != name) continue;
    const double from = (event.from - begin).base(), to = (event.to - begin).base();
    inside += std::max(0.0, std::min(to, step.base()) - std::max(from, 0.0));
  }
  return std::min(1.0, inside / step.base());
}

inline void add_events(Regressors& out, const FeatureSteps& steps, std::span<const Event> events) {
  std::vector<std::string_view> done;
  for (const Event& event : events) {
    require(event.from <= event.to, "event " + event.name + " to", to_string(event.to), "must not be before its beginning");
    if (std::find(done.begin(), done.end(), event.name) != done.end()) continue;
    done.push_back(event.name);
    add_feature(out, steps, event.name, [&](std::size_t i) { return event_share(events, event.name, steps.time(i), steps.step); });
  }
}

}  // namespace detail

/// The columns of `features` at the `count` steps that begin at `start`, `start + step`, …. Trend and phases count from `origin`:
/// take the same one (the start of the first history) for every stretch that one model sees, and they continue from one to the
/// next. Throws when the step is not positive or the description is not valid. O(count · columns).
[[nodiscard]] inline Regressors regressors(const Features& features, Time start, Seconds step, std::size_t count, Time origin) {
  require(step.base() > 0 && std::isfinite(step.base()), "step", step.base(), "must be positive");
  const detail::FeatureSteps steps{start, step, count, (start - origin) / step};
  Regressors out;
  out.rows = count;
  detail::add_trend(out, steps, features.trend);
  detail::add_fourier(out, steps, features.fourier);
  detail::add_calendar(out, steps, features);
  detail::add_events(out, steps, features.events);
  return out;
}

/// The columns of `features` for the steps of `history`, counted from its start.
[[nodiscard]] inline Regressors regressors(const Features& features, const Series& history) {
  return regressors(features, history.start, history.step, history.size(), history.start);
}

/// The columns of `features` for the `horizon` steps after `history`: they continue those of `regressors(features, history)`.
[[nodiscard]] inline Regressors future_regressors(const Features& features, const Series& history, std::size_t horizon) {
  return regressors(features, history.end(), history.step, horizon, history.start);
}

/// The past of a series as columns "lag k": row `i` holds the value at `i − k`, `missing` before the start. The future of a lag is
/// known as far as the lag reaches: append `missing` values to the series to get those rows. Throws when a lag is 0 or given twice.
[[nodiscard]] inline Regressors lagged(const Series& series, std::span<const std::size_t> lags) {
  Regressors out;
  out.rows = series.size();
  std::vector<double> column(series.size());
  for (const std::size_t lag : lags) {
    require(lag > 0, "lag", lag, "must be positive");
    for (std::size_t i = 0; i < series.size(); ++i) column[i] = i < lag ? missing : series[i - lag];
    out.add("lag " + std::to_string(lag), column);
  }
  return out;
}

}  // namespace kilter::forecast
