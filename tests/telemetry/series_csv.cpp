#include "kilter/telemetry/series_csv.hpp"

#include <sstream>
#include <string>

#include "support.hpp"

using namespace kilter;
using namespace kilter::telemetry;
using kilter::test::contains;
using kilter::test::damaged;
using kilter::test::misuse;
using kilter::test::refusal;

namespace {

SeriesTable read(const std::string& text, const SeriesCsvOptions& options = {}) {
  std::istringstream in(text);
  return read_series_csv(in, "s.csv", options);
}

void check_refused(const std::string& text, const std::string& what, const SeriesCsvOptions& options = {}) {
  INFO(text);
  const auto error = refusal([&] { static_cast<void>(read(text, options)); });
  REQUIRE(error);
  CHECK(error->what() == what);
}

std::string hour(int h) { return "2024-11-19T" + std::string(h < 10 ? "0" : "") + std::to_string(h) + ":00:00Z"; }

/// Rows at the given hours with one value each.
std::string rows(std::initializer_list<int> hours, const std::string& value = "1") {
  std::string text = "time,load\n";
  for (const int h : hours) text += hour(h) + "," + value + "\n";
  return text;
}

bool same(const Series& a, const Series& b) {
  if (a.start != b.start || a.step != b.step || a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] != b[i] && !(std::isnan(a[i]) && std::isnan(b[i]))) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("series csv: columns, calendar and repairs") {
  const auto table =
      read("time,load,\"north, price\"\r\n" + hour(0) + ",1.5,\r\n" + hour(1) + ",nan,2\r\n" + hour(4) + ",0,3e2\r\n");
  CHECK(table.names == std::vector<std::string>{"load", "north, price"});
  REQUIRE(table.columns.size() == 2);
  const Series& load = table.column("load");
  CHECK(to_string(load.start) == "2024-11-19T00:00:00Z");
  CHECK(load.step == units::h);
  REQUIRE(load.size() == 5);
  CHECK(load[0] == 1.5);
  CHECK(load[4] == 0);
  CHECK(count_missing(load.values) == 3);
  CHECK(table.column("north, price")[4] == 300);
  CHECK(table.repairs == Repairs{.gaps = 2, .missing_values = 2, .filled = 0});
  CHECK(contains(misuse([&] { static_cast<void>(table.column("south")); }), "name = 'south'"));
}

TEST_CASE("series csv: the step is found, or given") {
  CHECK(read("time,a\n2024-01-01T00:00:00Z,1\n2024-01-01 00:05:00,1\n").columns[0].step == 5 * units::min);
  CHECK(read(rows({0, 2, 3}), {}).repairs.gaps == 1);
  CHECK(read(rows({0, 2, 4}), {}).repairs.gaps == 0);
  CHECK(read(rows({0, 2, 4}), {.step = units::h}).repairs.gaps == 2);
  CHECK(read(rows({7}), {.step = units::h}).columns[0].size() == 1);
  check_refused(rows({7}), "s.csv:2: a single row does not tell the step in time");
  check_refused("time,a\n" + hour(0) + ",1\n" + hour(1) + ",1\n2024-11-19T02:30:00Z,1\n",
                "s.csv:4:1: time: 2024-11-19T01:00:00Z to 2024-11-19T02:30:00Z is not a whole number of steps of 3600 s");
  CHECK(contains(misuse([&] { static_cast<void>(read(rows({0, 1}), {.step = Seconds{0.5}})); }), "step = 0.5"));
  CHECK(contains(misuse([&] { static_cast<void>(read(rows({0, 1}), {.step = Seconds{missing}})); }), "step = nan"));
}

TEST_CASE("series csv: a gap longer than allowed is refused with both of its ends") {
  CHECK(read(rows({0, 1, 5}), {.max_gap = 3}).repairs.gaps == 3);
  check_refused(rows({0, 1, 5}),
                "s.csv:4:1: time: gap of 3 rows, 2024-11-19T01:00:00Z to 2024-11-19T05:00:00Z; at most 2 may be absent",
                {.max_gap = 2});
  check_refused(
      "time,a\n0000-01-01T00:00:00Z,1\n0000-01-01T00:00:01Z,1\n9999-12-31T00:00:00Z,1\n",
      "s.csv:4:1: time: gap of 315569433598 rows, 0000-01-01T00:00:01Z to 9999-12-31T00:00:00Z; at most 24 may be absent");
}

TEST_CASE("series csv: bad input is refused by line and field") {
  check_refused("", "s.csv: is empty: a header is wanted");
  check_refused("time,load\n", "s.csv: has a header and no rows");
  check_refused("time,load\n\n\n", "s.csv: has a header and no rows");
  check_refused("hour,load\n" + hour(0) + ",1\n", "s.csv:1:1: hour: the first column must be called 'time'");
  check_refused(hour(0) + ",1\n", "s.csv:1:1: 2024-11-19T00:00:00Z: the first column must be called 'time'");
  check_refused(rows({0, 1}), "s.csv:1: missing column 'price'; found 'time', 'load'", {.required = {"load", "price"}});
  check_refused("time,load,load\n", "s.csv:1:11: load: names two columns of the header");
  check_refused(rows({0, 1, 1}), "s.csv:4:1: time: 2024-11-19T01:00:00Z repeats the time of line 3");
  check_refused(rows({0, 2, 1}), "s.csv:4:1: time: 2024-11-19T01:00:00Z is earlier than the time of line 3");
  check_refused(rows({0, 1}, "-2"), "s.csv:2:22: load: '-2' is negative");
  check_refused(rows({0, 1}, "many"), "s.csv:2:22: load: 'many' is not a finite number");
  check_refused(rows({0, 1}, "inf"), "s.csv:2:22: load: 'inf' is not a finite number");
  check_refused(rows({0, 1}, "-Infinity"), "s.csv:2:22: load: '-Infinity' is not a finite number", {.allow_negative = true});
  check_refused(rows({0, 1}, "1e999"), "s.csv:2:22: load: '1e999' is not a finite number");
  check_refused(rows({0, 1}, "1 "), "s.csv:2:22: load: '1 ' is not a finite number");
  check_refused("time,load\n" + hour(0) + "\n", "s.csv:2: expected 2 fields, found 1");
  check_refused("time,load\n" + hour(0) + ",1,2\n", "s.csv:2: expected 2 fields, found 3");
  check_refused("time,load\n2024-02-30T00:00:00Z,1\n",
                "s.csv:2:1: time: '2024-02-30T00:00:00Z' is not a time like 2024-11-19T00:00:00Z");
  check_refused("time,load\n,1\n", "s.csv:2:1: time: '' is not a time like 2024-11-19T00:00:00Z");
  check_refused("time,load\n" + hour(0) + "," + std::string(2'000'000, '1') + "\n", "s.csv:2: record longer than 1048576 bytes");
  CHECK(read(rows({0, 1}, "-2"), {.allow_negative = true}).columns[0][0] == -2);
  CHECK(read(rows({0, 1}, "-0")).columns[0][0] == 0);
}

TEST_CASE("series csv: what is written reads back bit for bit") {
  Rng rng(11);
  for (int round = 0; round < 100; ++round) {
    SeriesTable table;
    const std::size_t size = 2 + rng.index(50);
    const Time start{static_cast<std::int64_t>(rng.index(4'000'000'000U))};
    const Seconds step{static_cast<double>(1 + rng.index(100'000))};
    for (const char* name : {"plain", "with, comma", "with \"quotes\"", "two\nlines"}) {
      table.names.emplace_back(name);
      table.columns.push_back({start, step, {}});
      for (std::size_t i = 0; i < size; ++i) {
        const double value = std::ldexp(rng.uniform(-1, 1), static_cast<int>(rng.index(200)) - 100);
        table.columns.back().values.push_back(rng.bernoulli(0.1) ? missing : value);
      }
    }
    std::ostringstream out;
    write_series_csv(out, table);
    const auto back = read(out.str(), {.allow_negative = true});
    REQUIRE(back.names == table.names);
    for (std::size_t c = 0; c < table.columns.size(); ++c) REQUIRE(same(back.columns[c], table.columns[c]));
    CHECK(back.repairs.gaps == 0);
  }
}

TEST_CASE("series csv: what cannot be read back is not written") {
  std::ostringstream out;
  const Series one{{}, units::h, {1}}, two{{}, units::h, {1, 2}}, infinite{{}, units::h, {1 / 0.0}};
  CHECK(contains(misuse([&] { write_series_csv(out, {{"a", "b"}, {one, two}, {}}); }), "'b'"));
  CHECK(contains(misuse([&] { write_series_csv(out, {{"a"}, {one, one}, {}}); }), "names = 1"));
  CHECK(contains(misuse([&] { write_series_csv(out, {{"a"}, {infinite}, {}}); }), "a = inf"));
  CHECK(out.str().empty());
}

TEST_CASE("series csv: damaged files are read or refused, never anything else") {
  std::string text = "time,load,\"price, usd\"\r\n";
  for (int h = 0; h < 20; ++h) text += hour(h) + "," + std::to_string(h * 17 % 5) + ",\"" + std::to_string(h) + ".25\"\r\n";
  Rng rng(2024);
  std::size_t accepted = 0, refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    const std::string bad = damaged(text, rng);
    const auto error = refusal([&] {
      const auto table = read(bad, {.required = {"load"}});
      for (const auto& series : table.columns) {
        REQUIRE(series.size() == table.columns[0].size());
        for (const double v : series.values) REQUIRE((std::isnan(v) || (v >= 0 && std::isfinite(v))));
      }
    });
    ++(error ? refused : accepted);
  }
  CHECK(accepted > 500);
  CHECK(refused > 5000);
}
