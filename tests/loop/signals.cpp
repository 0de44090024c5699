// What the loop expects, and that it expects nothing from the future.
#include "kilter/loop/signals.hpp"

#include <cmath>
#include <stdexcept>

#include "catch.hpp"
#include "kilter/forecast/seasonal.hpp"
#include "kilter/loop/training.hpp"
#include "kilter/simulate/engine.hpp"
#include "world.hpp"

using namespace kilter;
using namespace kilter::loop;
using kilter::test::WithinAbs;
using kilter::test::WithinRel;
using units::h;

static_assert(SignalSource<RollingSignals>);
static_assert(SignalSource<PerfectSignals>);
static_assert(SignalSource<Borrowed<RollingSignals>>);
static_assert(SignalSource<PersistentDemand<RollingSignals>>);

namespace {

bool same(const forecast::Forecast& a, const forecast::Forecast& b) {
  return a.start == b.start && a.mean == b.mean && a.levels == b.levels && a.quantiles == b.quantiles;
}
bool same(const Signals& a, const Signals& b) {
  bool equal = same(a.demand, b.demand) && a.price.size() == b.price.size();
  for (std::size_t s = 0; equal && s < a.price.size(); ++s) {
    equal = same(a.price[s], b.price[s]) && same(a.carbon[s], b.carbon[s]) && same(a.temperature[s], b.temperature[s]);
  }
  return equal;
}

simulate::World changing_world(std::size_t hours) {
  Rng rng{4};
  return test::random_world(rng, hours);
}

void check_shape(const Signals& signals, const simulate::World& world, std::size_t hour, std::size_t horizon) {
  CHECK(signals.demand.horizon() == horizon);
  CHECK(signals.demand.start == demand_series(world).time(hour));
  REQUIRE(signals.price.size() == world.sites.size());
  REQUIRE(signals.carbon.size() == world.sites.size());
  REQUIRE(signals.temperature.size() == world.sites.size());
  for (const auto* forecasts : {&signals.price, &signals.carbon, &signals.temperature}) {
    for (const auto& one : *forecasts) {
      CHECK(one.horizon() == horizon);
      CHECK(one.quantiles.size() == one.levels.size() * horizon);
      for (const double v : one.mean) CHECK(std::isfinite(v));
    }
  }
  for (const double v : signals.demand.mean) CHECK(v >= 0);
  for (const double v : signals.demand.quantiles) CHECK(v >= 0);
}

}  // namespace

TEST_CASE("perfect signals are the future, and beyond the world's end the day before again") {
  const auto world = changing_world(48);
  const PerfectSignals perfect{world, 30};
  for (const std::size_t hour : {0U, 5U, 30U, 47U}) {
    const Signals signals = perfect.at(hour);
    check_shape(signals, world, hour, 30);
    for (std::size_t i = 0; i < 30; ++i) {
      std::size_t at = hour + i;
      while (at >= 48) at -= 24;
      CHECK(signals.demand.mean[i] == world.demand[at]);
      CHECK(signals.price[1].mean[i] == world.sites[1].price[at]);
      CHECK(signals.demand.quantile(0.9, i) == world.demand[at]);
      CHECK(signals.temperature[0].quantile(0.1, i) == world.sites[0].temperature[at]);
    }
  }
}

TEST_CASE("rolling signals have a forecast for each site and hour and quantiles in order") {
  const auto world = changing_world(80);
  const RollingSignals rolling{world, 60, 64, 12, forecast::SeasonalNaive{}, forecast::Mean{}};
  for (std::size_t hour = 60; hour < 64; ++hour) {
    check_shape(rolling.at(hour), world, hour, 12);
    CHECK(rolling.at(hour).demand.quantile(0.9, 3) >= rolling.at(hour).demand.quantile(0.1, 3));
    for (std::size_t i = 0; i < 12; ++i) CHECK(rolling.at(hour).demand.mean[i] == world.demand[hour - 24 + i]);
  }
  CHECK_THROWS_AS(rolling.at(59), std::invalid_argument);
  CHECK_THROWS_AS(rolling.at(64), std::invalid_argument);
}

TEST_CASE("rolling signals do not depend on anything at or after their hour") {
  const auto world = changing_world(60);
  const std::size_t hour = 50;
  const forecast::SeasonalLeastSquares demand{.clamp_at_zero = true}, outside{};
  auto other = world;
  for (std::size_t t = hour; t < 60; ++t) {
    other.demand[t] = 1000;
    for (auto& site : other.sites) site.price.values[t] = -77, site.carbon.values[t] = 1, site.temperature.values[t] = 44;
  }
  const RollingSignals a{world, hour, hour + 2, 24, demand, outside}, b{other, hour, hour + 2, 24, demand, outside};
  CHECK(same(a.at(hour), b.at(hour)));
  CHECK_FALSE(same(a.at(hour + 1), b.at(hour + 1)));
}

TEST_CASE("rolling signals are the same at any number of threads") {
  const auto world = changing_world(60);
  const forecast::SeasonalLeastSquares model{};
  const RollingSignals one{world, 40, 50, 24, model, model};
  for (const unsigned threads : {2U, 5U}) {
    const RollingSignals many{world, 40, 50, 24, model, model, Threads{threads}};
    for (std::size_t hour = 40; hour < 50; ++hour) CHECK(same(one.at(hour), many.at(hour)));
  }
}

TEST_CASE("a history that is too short for the model still gives finite forecasts") {
  const auto world = changing_world(60);
  const forecast::SeasonalLeastSquares model{};
  const RollingSignals rolling{world, 2, 6, 8, model, model};
  for (std::size_t hour = 2; hour < 6; ++hour) check_shape(rolling.at(hour), world, hour, 8);
}

TEST_CASE("a history of one hour gives a finite forecast or is refused") {
  const auto world = changing_world(60);
  const forecast::SeasonalLeastSquares model{};
  bool refused = false, finite = false;
  try {
    const RollingSignals rolling{world, 1, 2, 8, model, model};
    finite = std::isfinite(rolling.at(1).demand.mean[0]) && std::isfinite(rolling.at(1).price[0].mean[0]);
  } catch (const std::invalid_argument&) {
    refused = true;
  }
  CHECK((refused || finite));
}

TEST_CASE("a span that is empty, reversed or outside the world") {
  const auto world = changing_world(30);
  CHECK_NOTHROW(RollingSignals{world, 10, 10, 8, forecast::Naive{}, forecast::Naive{}});
  CHECK_THROWS_AS((RollingSignals{world, 0, 10, 8, forecast::Naive{}, forecast::Naive{}}), std::invalid_argument);
  CHECK_THROWS_AS((RollingSignals{world, 10, 31, 8, forecast::Naive{}, forecast::Naive{}}), std::invalid_argument);
  CHECK_THROWS_AS((RollingSignals{world, 10, 5, 8, forecast::Naive{}, forecast::Naive{}}), std::invalid_argument);
}

TEST_CASE("persistent demand is the last hour's at the target utilisation and keeps the rest") {
  const auto world = changing_world(60);
  const RollingSignals rolling{world, 30, 34, 6, forecast::SeasonalNaive{}, forecast::Mean{}};
  const PersistentDemand persistent{world, rolling, 0.5};
  const Signals signals = persistent.at(32);
  check_shape(signals, world, 32, 6);
  for (std::size_t i = 0; i < 6; ++i) {
    CHECK_THAT(signals.demand.mean[i], WithinRel(world.demand[31] * 2, 1e-12));
    CHECK_THAT(signals.demand.quantile(0.9, i), WithinRel(world.demand[31] * 2, 1e-12));
  }
  CHECK(same(signals.price[1], rolling.at(32).price[1]));
  CHECK_THROWS_AS((PersistentDemand{world, rolling, 0.0}), std::invalid_argument);
  CHECK_THROWS_AS((PersistentDemand{world, rolling, 1.5}), std::invalid_argument);
}

TEST_CASE("expected durations are learnt by limit and never run out") {
  simulate::World world = test::small_world(48);
  for (std::size_t j = 0; j < 4; ++j) world.jobs.push_back(test::make_job(j, 0.5, 1, 1, 4));
  world.jobs.push_back(test::make_job(4, 0.5, 6, 1, 8));
  simulate::State state = simulate::initial_state(world);
  TrainingOutlook outlook;
  CHECK(outlook.duration(world.jobs[0]) == 2 * h);  // half of the limit before anything was seen
  for (std::size_t hour = 0; hour < 4; ++hour) static_cast<void>(simulate::play_hour(world, state, hour, test::train_only(world)));
  outlook.learn(world, state);
  outlook.learn(world, state);  // what was seen does not count twice
  CHECK_THAT(outlook.duration(world.jobs[0]).in(h), WithinRel(4 * (0.5 + 4 * 0.25) / 5, 1e-12));
  CHECK(outlook.duration(world.jobs[4]) == 4 * h);
  REQUIRE(state.running.size() == 1);
  // After 3.5 of its 6 hours job 4 is taken to need the fifth of what the limit leaves, 0.9 hours: its expectation leaves less.
  CHECK_THAT(outlook.left(world, state.running[0]).in(h), WithinRel(0.9, 1e-9));
  const TrainingOutlook exact{true};
  CHECK_THAT(exact.left(world, state.running[0]).in(h), WithinRel(2.5, 1e-9));
  CHECK(exact.duration(world.jobs[0]) == 1 * h);
}

TEST_CASE("expected arrivals are the mean of the past; an oracle's are the true ones") {
  simulate::World world = test::small_world(48);
  world.jobs = {test::make_job(0, 1, 2, 4, 4), test::make_job(1, 3, 1, 8, 2), test::make_job(2, 10.5, 3, 2, 4),
                test::make_job(3, 12, 5, 1, 8), test::make_job(4, 30, 5, 1, 8)};
  const simulate::State state = simulate::initial_state(world, 10);
  const auto expected = TrainingOutlook{}.arrivals(world, state, 10 * h, 3);
  REQUIRE(expected.size() == 3);
  for (const double work : expected) CHECK_THAT(work, WithinRel((2.0 * 4 + 1.0 * 8) / 10, 1e-12));
  const auto exact = TrainingOutlook{true}.arrivals(world, state, 10 * h, 3);
  CHECK_THAT(exact[0], WithinRel(6.0, 1e-12));
  CHECK(exact[1] == 0);
  CHECK_THAT(exact[2], WithinRel(5.0, 1e-12));
  CHECK(TrainingOutlook{}.arrivals(world, simulate::initial_state(world), 0 * h, 2) == std::vector<double>{0, 0});
}
