#pragma once
/// Readers of the layouts in which the M competitions keep their series: one series a line, of different length.

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kilter/core/error.hpp"
#include "kilter/core/series.hpp"
#include "kilter/telemetry/csv.hpp"

namespace kilter::bench {

/// A line of a file: the name of a series and its values.
struct NamedSeries {
  std::string id;
  Series series;
  std::size_t line = 0;
};

/// A cell without the blanks and the quotes around it, and the column (from 1) in which it begins.
struct Cell {
  std::string_view text;
  std::size_t column = 0;
};

inline std::string_view strip(std::string_view text) {
  const std::string_view around = " \t\r\"";
  const auto first = text.find_first_not_of(around);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(around) - first + 1);
}

inline std::vector<Cell> split(std::string_view line) {
  std::vector<Cell> out;
  for (std::size_t at = 0; at <= line.size();) {
    const std::size_t comma = std::min(line.find(',', at), line.size());
    out.push_back({strip(line.substr(at, comma - at)), at + 1});
    at = comma + 1;
  }
  return out;
}

inline bool means_missing(std::string_view text) { return text == "NA" || telemetry::means_missing(text); }

inline bool is_value(std::string_view text) { return means_missing(text) || telemetry::parse_number(text); }

/// Where the values begin: behind `id` in M4's files and in M3's test halves, behind `sn,type,start` in M3's training halves.
inline std::size_t first_value(const std::vector<Cell>& cells) { return cells.size() > 3 && !is_value(cells[1].text) ? 3 : 1; }

/// A first line is a header when no cell behind its first is a number.
inline bool is_header(const std::vector<Cell>& cells) {
  return std::none_of(cells.begin() + 1, cells.end(), [](const Cell& c) { return telemetry::parse_number(c.text).has_value(); });
}

inline NamedSeries read_row(const std::vector<Cell>& cells, std::size_t first, const std::string& file, std::size_t line) {
  NamedSeries out{std::string{cells[0].text}, {}, line};
  if (out.id.empty()) throw ParseError({file, line, 1}, "the series has no name");
  for (std::size_t i = first; i < cells.size(); ++i) {
    const auto value = telemetry::parse_number(cells[i].text);
    if (!value && !means_missing(cells[i].text)) {
      throw ParseError({file, line, cells[i].column}, telemetry::detail::shown(cells[i].text) + " is not a finite number");
    }
    out.series.values.push_back(value.value_or(missing));
  }
  while (!out.series.empty() && std::isnan(out.series.values.back())) out.series.values.pop_back();
  if (out.series.empty()) throw ParseError({file, line, 0}, "series '" + out.id + "' has no values");
  return out;
}

/// All series of a file, in its order. Cells may be quoted; empty cells and `NA` are missing values, at the end of a line they are
/// padding. Everything else that is not a number is a `ParseError` with file, line and column; so is a name that occurs twice.
inline std::vector<NamedSeries> read_series(std::istream& in, const std::string& file) {
  std::vector<NamedSeries> out;
  std::set<std::string> seen;
  std::string text;
  std::size_t first = 0;
  for (std::size_t line = 1; std::getline(in, text); ++line) {
    if (strip(text).empty()) continue;
    const std::vector<Cell> cells = split(text);
    if (line == 1 && cells.size() > 1 && is_header(cells)) continue;
    if (first == 0) first = first_value(cells);
    out.push_back(read_row(cells, first, file, line));
    if (!seen.insert(out.back().id).second) throw ParseError({file, line, 0}, "series '" + out.back().id + "' occurs twice");
  }
  if (out.empty()) throw ParseError({file, 0, 0}, "no series in it");
  return out;
}

inline std::ifstream open(const std::string& file) {
  std::ifstream in(file);
  if (!in || in.peek() == std::ifstream::traits_type::eof()) throw ParseError({file, 0, 0}, "cannot be read, or is empty");
  return in;
}

inline std::vector<NamedSeries> read_series(const std::string& file) {
  std::ifstream in = open(file);
  return read_series(in, file);
}

/// One name a line; empty lines are skipped.
inline std::vector<std::string> read_ids(const std::string& file) {
  std::ifstream in = open(file);
  std::vector<std::string> out;
  for (std::string line; std::getline(in, line);) {
    if (const auto id = strip(line); !id.empty()) out.emplace_back(id);
  }
  return out;
}

/// A series to forecast and what became of it.
struct Task {
  std::string id;
  Series train;
  std::vector<double> test;
};

/// Each training series with the first `horizon` values of its test half, in the order of `ids` where there are any. A test half
/// that is absent or shorter is refused; names that are not in the training half are counted in `absent`.
inline std::vector<Task> pair_up(const std::vector<NamedSeries>& train, const std::vector<NamedSeries>& test, std::size_t horizon,
                                 const std::vector<std::string>& ids, const std::string& test_file, std::size_t& absent) {
  std::map<std::string, const NamedSeries*> trains, tests;
  std::vector<std::string> order = ids;
  for (const NamedSeries& s : train) trains[s.id] = &s;
  for (const NamedSeries& s : test) tests[s.id] = &s;
  for (const NamedSeries& s : train) {
    if (ids.empty()) order.push_back(s.id);
  }
  std::vector<Task> out;
  for (const std::string& id : order) {
    if (!trains.contains(id)) {
      ++absent;
      continue;
    }
    if (!tests.contains(id)) throw ParseError({test_file, 0, 0}, "series '" + id + "' is missing");
    const NamedSeries& truth = *tests[id];
    if (truth.series.size() < horizon) {
      throw ParseError({test_file, truth.line, 0},
                       "series '" + id + "' has " + std::to_string(truth.series.size()) + " values, less than the horizon");
    }
    out.push_back({id, trains[id]->series, truth.series.head(horizon).values});
  }
  return out;
}

}  // namespace kilter::bench
