#include "kilter/monitor/slo.hpp"

#include "catch.hpp"
#include "kilter/core/rng.hpp"

using namespace kilter;
using namespace kilter::monitor;
using kilter::test::WithinAbs;
using kilter::test::WithinRel;

TEST_CASE("budget and burn rate of a known week") {
  SloMonitor slo{{.target = 0.99, .window = 7.0 * units::day, .resolution = 1.0 * units::h}};
  CHECK(std::isnan(slo.state().attained));
  CHECK(slo.state().budget_left == 1);
  for (int i = 0; i < 168; ++i) slo.add(Time{i * 3600}, i == 167 ? 900 : 1000, 1000);
  const auto week = slo.state();
  CHECK(week.total == 168000);
  CHECK_THAT(week.attained, WithinRel(1 - 100.0 / 168000, 1e-12));
  CHECK_THAT(week.burn_rate, WithinRel(100.0 / 1680, 1e-9));
  CHECK_THAT(week.budget_left, WithinRel(1 - 100.0 / 1680, 1e-9));
  CHECK(week.met);
  CHECK_THAT(slo.burn_rate(1.0 * units::h), WithinRel(10, 1e-9));
  CHECK_THAT(slo.burn_rate(2.0 * units::h), WithinRel(5, 1e-9));
  CHECK(slo.alert({.long_window = 2.0 * units::h, .short_window = 1.0 * units::h, .burn_rate = 4.9}));
  CHECK_FALSE(slo.alert({.long_window = 4.0 * units::h, .short_window = 1.0 * units::h, .burn_rate = 4.9}));
  slo.advance_to(Time{168 * 3600});
  CHECK(slo.state().total == 167000);
  CHECK(slo.burn_rate(1.0 * units::h) == 0);
  slo.advance_to(Time{400 * 3600});
  CHECK(slo.state().total == 0);
}

TEST_CASE("events in any order give what counting over the list of them gives") {
  Rng rng{1};
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Rng stream = rng.split(seed);
    SloMonitor slo{{.target = 0.9, .window = 50.0 * units::s, .resolution = 7.0 * units::s}};
    struct Event {
      std::int64_t at;
      bool good;
    };
    std::vector<Event> events;
    std::int64_t now = -300;
    for (int i = 0; i < 400; ++i) {
      now += static_cast<std::int64_t>(stream.index(3));
      const std::int64_t at = now - static_cast<std::int64_t>(stream.index(80));
      events.push_back({at, stream.bernoulli(0.8)});
      slo.add(Time{at}, events.back().good);
      const auto bin = [](std::int64_t t) { return static_cast<std::int64_t>(std::floor(static_cast<double>(t) / 7)); };
      std::int64_t newest = bin(events[0].at);
      double good = 0, total = 0;
      for (const auto& e : events) newest = std::max(newest, bin(e.at));
      for (const auto& e : events) {
        if (newest - bin(e.at) >= 8) continue;
        total += 1;
        good += e.good ? 1 : 0;
      }
      REQUIRE(slo.state().total == total);
      REQUIRE(slo.state().good == good);
      REQUIRE_THAT(slo.state().burn_rate, WithinAbs((total - good) / total / 0.1, 1e-9));
    }
    slo.reset();
    CHECK(slo.state().total == 0);
  }
}

TEST_CASE("a missed objective has a negative budget, and misuse is refused") {
  SloMonitor slo{{.target = 0.9}};
  slo.add(Time{0}, 80, 100);
  CHECK_THAT(slo.state().budget_left, WithinAbs(-1, 1e-12));
  CHECK_FALSE(slo.state().met);
  CHECK_THROWS_AS(slo.add(Time{0}, 2, 1), std::invalid_argument);
  CHECK_THROWS_AS(slo.add(Time{0}, -1, 1), std::invalid_argument);
  CHECK_THROWS_AS(slo.add(Time{0}, 0, std::nan("")), std::invalid_argument);
  CHECK_THROWS_AS(slo.burn_rate(0.0 * units::s), std::invalid_argument);
  CHECK_THROWS_AS(SloMonitor({.target = 1}), std::invalid_argument);
  CHECK_THROWS_AS(SloMonitor({.window = 1.0 * units::s}), std::invalid_argument);
  CHECK_THROWS_AS(SloMonitor({.resolution = 0.5 * units::s}), std::invalid_argument);
}
