#pragma once
/// @file
/// Series from and to CSV: a column `time` and one column for each series, on one calendar.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <istream>
#include <limits>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/error.hpp"
#include "kilter/core/series.hpp"
#include "kilter/core/text.hpp"
#include "kilter/core/time.hpp"
#include "kilter/telemetry/csv.hpp"

namespace kilter::telemetry {

/// What had to be mended in what was read. Every repair is counted, none is silent.
struct Repairs {
  std::size_t gaps = 0;            ///< rows that the file lacks, inserted as missing
  std::size_t missing_values = 0;  ///< cells that are empty or say `nan`
  std::size_t filled = 0;          ///< values that were missing and have been given one

  Repairs& operator+=(const Repairs& other) {
    gaps += other.gaps;
    missing_values += other.missing_values;
    filled += other.filled;
    return *this;
  }
  friend bool operator==(const Repairs&, const Repairs&) = default;
};

/// Series on one calendar, with their names.
struct SeriesTable {
  std::vector<std::string> names{};
  std::vector<Series> columns{};
  Repairs repairs{};

  /// The series called `name`; throws `std::invalid_argument` when there is none.
  [[nodiscard]] const Series& column(std::string_view name) const {
    const auto found = std::find(names.begin(), names.end(), name);
    require(found != names.end(), "name", name, "is no column of the table");
    return columns[static_cast<std::size_t>(found - names.begin())];
  }
};

/// How `read_series_csv` reads.
struct SeriesCsvOptions {
  std::vector<std::string> required{};                  ///< columns that must be there; further ones are read too
  bool allow_negative = false;                          ///< in any column
  double largest = std::numeric_limits<double>::max();  ///< magnitude that is still believed; larger values are refused
  std::size_t max_gap = 24;                             ///< rows in a row that may be absent
  Seconds step{};                                       ///< whole seconds; 0: the smallest difference among the first hundred times
  CsvOptions csv{};
};

namespace detail {

/// The rows of a file before they are put on a calendar.
struct TimedRows {
  std::vector<Time> times;
  std::vector<std::size_t> lines;
  std::vector<std::vector<double>> columns;
};

inline Time read_time(const CsvReader& csv, const TimedRows& rows) {
  const auto time = parse_time(csv[0]);
  if (!time) csv.refuse(0, shown(csv[0]) + " is not a time like 2024-11-19T00:00:00Z");
  if (!rows.times.empty() && *time <= rows.times.back()) {
    const std::string wrong = *time == rows.times.back() ? " repeats the time of line " : " is earlier than the time of line ";
    csv.refuse(0, to_string(*time) + wrong + std::to_string(rows.lines.back()));
  }
  return *time;
}

inline double read_value(const CsvReader& csv, std::size_t i, const SeriesCsvOptions& options, Repairs& repairs) {
  const double value = csv.number_or_missing(i);
  if (std::isnan(value)) {
    ++repairs.missing_values;
  } else if (value < 0 && !options.allow_negative) {
    csv.refuse(i, shown(csv[i]) + " is negative");
  } else if (std::abs(value) > options.largest) {
    csv.refuse(i, shown(csv[i]) + " is larger than " + to_string(options.largest));
  }
  return value;
}

inline TimedRows read_rows(CsvReader& csv, const SeriesCsvOptions& options, Repairs& repairs) {
  TimedRows rows{{}, {}, std::vector<std::vector<double>>(csv.names().size() - 1)};
  while (csv.next()) {
    rows.times.push_back(read_time(csv, rows));
    rows.lines.push_back(csv.line());
    for (std::size_t i = 1; i < csv.size(); ++i) rows.columns[i - 1].push_back(read_value(csv, i, options, repairs));
  }
  return rows;
}

inline std::int64_t seconds_between(Time from, Time to) { return to.unix_seconds - from.unix_seconds; }

/// The step asked for, or else the smallest difference among the first hundred times; 0 when there is none.
inline std::int64_t find_step(const std::vector<Time>& times, Seconds asked) {
  if (asked.base() > 0) return static_cast<std::int64_t>(asked.base());
  std::int64_t step = 0;
  for (std::size_t i = 1; i < times.size() && i < 100; ++i) {
    const std::int64_t difference = seconds_between(times[i - 1], times[i]);
    if (step == 0 || difference < step) step = difference;
  }
  return step;
}

/// How many rows the file lacks before row `i`.
inline std::size_t gap_before(const TimedRows& rows, std::size_t i, std::int64_t step, std::size_t max_gap,
                              const std::string& file) {
  const std::int64_t difference = seconds_between(rows.times[i - 1], rows.times[i]);
  const std::string both = to_string(rows.times[i - 1]) + " to " + to_string(rows.times[i]);
  if (difference % step != 0) {
    KILTER_THROW(ParseError(Position{file, rows.lines[i], 1},
                            "time: " + both + " is not a whole number of steps of " + std::to_string(step) + " s"));
  }
  const auto gap = static_cast<std::size_t>(difference / step - 1);
  if (gap > max_gap) {
    KILTER_THROW(ParseError(Position{file, rows.lines[i], 1}, "time: gap of " + std::to_string(gap) + " rows, " + both +
                                                                  "; at most " + std::to_string(max_gap) + " may be absent"));
  }
  return gap;
}

/// Puts the rows on a calendar with a constant step; absent rows become missing values.
inline SeriesTable on_calendar(TimedRows&& rows, std::int64_t step, std::size_t max_gap, const std::string& file) {
  SeriesTable table;
  std::vector<std::size_t> slots(rows.times.size());
  for (std::size_t i = 1; i < slots.size(); ++i) {
    const std::size_t gap =
        seconds_between(rows.times[i - 1], rows.times[i]) == step ? 0 : gap_before(rows, i, step, max_gap, file);
    slots[i] = slots[i - 1] + 1 + gap;
    table.repairs.gaps += gap;
  }
  for (auto& values : rows.columns) {
    Series series{rows.times.front(), Seconds{static_cast<double>(step)}, {}};
    if (table.repairs.gaps == 0) {
      series.values = std::move(values);
    } else {
      series.values.assign(slots.back() + 1, missing);
      for (std::size_t i = 0; i < slots.size(); ++i) series.values[slots[i]] = values[i];
    }
    table.columns.push_back(std::move(series));
  }
  return table;
}

}  // namespace detail

/// Reads a column `time` (ISO 8601, UTC, the first column) and all others as series. Missing rows and values become NaN and are
/// counted.
///
/// Refused with a `ParseError` naming line and field: a missing or repeated column, a row of another length, text where a number
/// belongs, infinities, negative values unless allowed, times that repeat, go back or are off the step, a gap longer than `max_gap`
/// (with both times), a file without rows, or with a single row when no step is given. O(bytes).
[[nodiscard]] inline SeriesTable read_series_csv(std::istream& in, const std::string& file, const SeriesCsvOptions& options = {}) {
  const double asked = options.step.base();
  require(asked >= 0 && asked < 1e12 && asked == std::floor(asked), "step", asked, "must be a whole number of seconds");
  CsvOptions csv_options = options.csv;
  csv_options.header = true;
  CsvReader csv(in, file, csv_options);
  if (csv.names().front() != "time") csv.refuse(0, "the first column must be called 'time'");
  for (const auto& name : options.required) static_cast<void>(csv.column(name));

  Repairs repairs;
  auto rows = detail::read_rows(csv, options, repairs);
  if (rows.times.empty()) KILTER_THROW(ParseError(Position{file}, "has a header and no rows"));
  const std::int64_t step = detail::find_step(rows.times, options.step);
  if (step == 0) KILTER_THROW(ParseError(Position{file, rows.lines.front()}, "a single row does not tell the step in time"));
  SeriesTable table = detail::on_calendar(std::move(rows), step, options.max_gap, file);
  table.names.assign(csv.names().begin() + 1, csv.names().end());
  table.repairs += repairs;
  return table;
}

/// Writes what `read_series_csv` reads: numbers in the shortest form that reads back as the same double, missing values as empty
/// cells. Throws `std::invalid_argument` naming the column when the columns are not on one calendar or a value is infinite.
inline void write_series_csv(std::ostream& out, const SeriesTable& table) {
  require(table.names.size() == table.columns.size(), "names", table.names.size(), "must be as many as the columns");
  std::string text = "time";
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    const Series& first = table.columns.front();
    const Series& column = table.columns[c];
    require(column.start == first.start && column.step == first.step && column.size() == first.size(), "columns", table.names[c],
            "must have the calendar of the first column");
    for (const double v : column.values) require(!std::isinf(v), table.names[c], v, "must not be infinite");
    text += ',';
    text += csv_cell(table.names[c]);
  }
  out << text << '\n';
  for (std::size_t i = 0; !table.columns.empty() && i < table.columns.front().size(); ++i) {
    text = to_string(table.columns.front().time(i));
    for (const Series& column : table.columns) {
      text += ',';
      if (!std::isnan(column[i])) text += to_string(column[i]);
    }
    out << text << '\n';
  }
}

}  // namespace kilter::telemetry
