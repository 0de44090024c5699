// The loop as a whole on small worlds.
#include "kilter/loop/controller.hpp"

#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

#include "catch.hpp"
#include "kilter/forecast/seasonal.hpp"
#include "kilter/simulate/run.hpp"
#include "world.hpp"

using namespace kilter;
using namespace kilter::loop;
using kilter::test::make_job;
using kilter::test::WithinAbs;
using kilter::test::WithinRel;
using units::h;

static_assert(simulate::Policy<Controller<PerfectSignals>>);
static_assert(simulate::Policy<Controller<Borrowed<RollingSignals>>>);

namespace {

constexpr std::size_t first = 48;

ControllerOptions quick(std::size_t horizon = 12) {
  ControllerOptions options;
  options.horizon = horizon;
  options.scheduler.options.population = 8;
  options.scheduler.options.generations = 5;
  return options;
}

/// Four days with a daily cycle in demand and prices, jobs all the time, and each kind of surprise on the third and the fourth day.
simulate::World busy_world(std::uint64_t seed = 1, std::size_t hours = 96) {
  Rng rng{seed};
  simulate::World world = test::random_world(rng, hours, 120);
  world.surprises = {};
  for (auto& job : world.jobs) job.gpus = std::min(job.gpus, 4);
  for (std::size_t t = 0; t < hours; ++t) {
    const double day = std::cos(2 * 3.14159265 * (static_cast<double>(t % 24) - 20) / 24);
    world.demand[t] = std::max(0.0, 9 + 6 * day + rng.normal(0, 0.5));
    for (auto& site : world.sites) {
      site.price.values[t] = 80 + 40 * day + rng.normal(0, 3);
      site.carbon.values[t] = 250 + rng.normal(0, 10);
      site.temperature.values[t] = 15 + 5 * day;
    }
  }
  world.fleet.sites[0].power_cap = 16 * units::kW;
  world.fleet.sites[1].power_cap = 13 * units::kW;
  world.surprises.racks.push_back({2, 0, 56.33 * h, 9 * h});
  world.surprises.caps.push_back({1, 0.55, 76.17 * h, 6 * h});
  world.surprises.prices.push_back({0, 6, 65 * h, 4 * h});
  simulate::apply_price_spikes(world);
  world.demand[85] = 34;
  simulate::check(world);
  return world;
}

simulate::State warm(const simulate::World& world) {
  simulate::Reactive reactive;
  return simulate::run_policy(world, simulate::initial_state(world), 0, first, reactive).end;
}

RollingSignals forecasts(const simulate::World& world, std::size_t last, unsigned threads = 1) {
  const forecast::SeasonalLeastSquares demand{.clamp_at_zero = true}, outside{};
  return {world, first, last, 12, demand, outside, Threads{threads}};
}

bool same(const simulate::Decision& a, const simulate::Decision& b) {
  bool equal = a.serving == b.serving && a.training == b.training && a.starts.size() == b.starts.size() &&
               a.dispatch == b.dispatch && a.short_job == b.short_job && a.pool_order == b.pool_order && a.idle_off == b.idle_off;
  for (std::size_t p = 0; equal && p < a.training_power.size(); ++p) {
    equal = a.training_power[p].cap == b.training_power[p].cap && a.training_power[p].speed == b.training_power[p].speed;
  }
  for (std::size_t i = 0; equal && i < a.starts.size(); ++i) {
    equal = a.starts[i].job == b.starts[i].job && a.starts[i].pool == b.starts[i].pool && a.starts[i].at == b.starts[i].at;
  }
  return equal;
}

bool mentions(const std::vector<Event>& events, std::size_t hour, const std::string& text) {
  return std::any_of(events.begin(), events.end(),
                     [&](const Event& e) { return e.hour == hour && e.saw.find(text) != std::string::npos; });
}

}  // namespace

TEST_CASE("two days with every surprise: a journal of each hour, small residuals, what happened is told") {
  const auto world = busy_world();
  const auto rolling = forecasts(world, 96);
  Controller controller{Borrowed{rolling}, quick()};
  const auto run = simulate::run_policy(world, warm(world), first, 96, controller);
  REQUIRE(run.hours.size() == 48);
  REQUIRE(controller.journal().size() == 48);
  for (std::size_t i = 0; i < 48; ++i) {
    const auto& record = controller.journal()[i];
    INFO("hour " << record.hour);
    CHECK(record.hour == first + i);
    CHECK(record.lp_residual < 1e-6);
    CHECK(record.level >= 0.5);
    CHECK(record.level <= 0.99);
    CHECK(record.demand_low <= record.demand_high);
    CHECK(record.capacity >= 0);
    CHECK(record.backlog >= 0);
    CHECK(record.power_price.size() == 2);
    CHECK(record.gpu_price.size() == 3);
    for (const double price : record.power_price) CHECK(price >= -1e-7);
    CHECK(record.schedule_cost <= record.list_cost + 1e-6 * (1 + std::abs(record.list_cost)));
  }
  CHECK(mentions(controller.events(), 57, "south lost 8 GPUs"));
  CHECK(mentions(controller.events(), 66, "south regained 8 GPUs"));
  CHECK(mentions(controller.events(), 77, "power cap of south"));
  CHECK(mentions(controller.events(), 83, "power cap of south"));
  CHECK(mentions(controller.events(), 66, "price at north"));
  CHECK(mentions(controller.events(), 86, "demand of 34"));
  for (const auto& event : controller.events()) {
    CHECK_FALSE(event.changed.empty());
    CHECK_FALSE(event.why.empty());
  }
  CHECK(controller.replans() > 0);
  CHECK(controller.replans() <= controller.journal().size());
}

TEST_CASE("each decision fits the GPUs that work and the quality floor that is asked for") {
  const auto world = busy_world(2);
  const auto rolling = forecasts(world, 96);
  Controller controller{Borrowed{rolling}, quick()};
  simulate::State state = warm(world);
  double served = 0, quality = 0;
  for (std::size_t hour = first; hour < 96; ++hour) {
    INFO("hour " << hour);
    const auto seen = simulate::observe(world, state, hour);
    const auto decision = controller.decide(seen);
    std::vector<int> used = decision.training;
    for (std::size_t o = 0; o < world.options.size(); ++o) used[world.options[o].pool] += decision.serving[o];
    for (std::size_t p = 0; p < used.size(); ++p) CHECK(used[p] <= seen.gpus[p]);
    for (const auto& power : decision.training_power) {
      CHECK(power.speed >= 0.75 - 1e-9);
      CHECK(power.speed <= 1 + 1e-9);
      CHECK(power.cap >= 300 * units::W * (1 - 1e-9));
      CHECK(power.cap <= 500 * units::W * (1 + 1e-9));
    }
    for (const auto& start : decision.starts) {
      CHECK(start.at >= static_cast<double>(hour) * h);
      CHECK(start.at < static_cast<double>(hour + 1) * h);
    }
    const auto record = simulate::play_hour(world, state, hour, decision);
    controller.learn(record);
    served += record.demand - record.missed;
    quality += record.quality;
    CHECK(record.quality >= world.service.quality_floor * (record.demand - record.missed) - 1e-6);
  }
  REQUIRE(served > 100);
  CHECK(quality / served >= world.service.quality_floor - 1e-9);
}

TEST_CASE("a decision does not depend on what has not happened yet") {
  const auto world = busy_world(3);
  const std::size_t hour = 60;
  const auto play_to_hour = [&](const simulate::World& w) {
    const auto rolling = forecasts(w, 96);
    Controller controller{Borrowed{rolling}, quick()};
    auto run = simulate::run_policy(w, warm(w), first, hour, controller);
    return controller.decide(simulate::observe(w, run.end, hour));
  };
  simulate::World other = world;
  const simulate::State now = [&] {
    const auto rolling = forecasts(world, 96);
    Controller controller{Borrowed{rolling}, quick()};
    return simulate::run_policy(world, warm(world), first, hour, controller).end;
  }();
  for (std::size_t t = hour; t < 96; ++t) {
    other.demand[t] = 30;
    for (auto& site : other.sites) site.price.values[t] = 500, site.carbon.values[t] = 900, site.temperature.values[t] = 33;
  }
  other.surprises.caps.clear();
  other.surprises.racks.push_back({0, 0, 60.2 * h, 5 * h});
  for (auto& job : other.jobs) {
    if (job.submit >= static_cast<double>(hour) * h) {
      job.duration = 0.1 * h, job.limit = 40 * h, job.gpus = 1;
    } else {
      // Of a job that waits or runs, only what lies behind it is known.
      const auto& outcome = now.outcomes[job.id];
      const bool fresh = !outcome.started();
      if (fresh) job.duration = job.limit;
    }
  }
  for (const auto& run : now.running) {
    auto& job = other.jobs[run.job];
    if (now.outcomes[run.job].restarts == 0) job.duration = job.limit;
  }
  CHECK(same(play_to_hour(world), play_to_hour(other)));
}

TEST_CASE("an oracle does look: its decision changes with the future") {
  const auto world = busy_world(3);
  auto other = world;
  other.demand[first] = 20;
  const auto state = warm(world);
  const auto decide = [&](const simulate::World& w) {
    auto options = quick();
    options.quantile = std::nullopt;
    options.foresight = true;
    Controller controller{PerfectSignals{w, 12}, options};
    return controller.decide(simulate::observe(w, state, first));
  };
  CHECK_FALSE(same(decide(world), decide(other)));
}

TEST_CASE("the same run twice, and with forecasts from more threads, is the same bit for bit") {
  const auto world = busy_world(4);
  const auto start = warm(world);
  const auto once = [&](unsigned threads) {
    const auto rolling = forecasts(world, 72, threads);
    Controller controller{Borrowed{rolling}, quick()};
    std::vector<simulate::Decision> decisions;
    simulate::State state = start;
    for (std::size_t hour = first; hour < 72; ++hour) {
      decisions.push_back(controller.decide(simulate::observe(world, state, hour)));
      controller.learn(simulate::play_hour(world, state, hour, decisions.back()));
    }
    return decisions;
  };
  const auto a = once(1), b = once(1), c = once(3);
  for (std::size_t i = 0; i < a.size(); ++i) {
    CHECK(same(a[i], b[i]));
    CHECK(same(a[i], c[i]));
  }
}

TEST_CASE("on flat demand that is known and two prices the planner costs less than the reactive scaler") {
  simulate::World world = test::small_world(48);
  for (auto& price : world.sites[0].price.values) price = 300;
  for (std::size_t j = 0; j < 40; ++j) world.jobs.push_back(make_job(j, static_cast<double>(j) * 0.9, 1.5, 2, 3));
  simulate::check(world);
  ControllerOptions options = quick();
  options.quantile = std::nullopt;
  Controller planner{PerfectSignals{world, 12}, options};
  simulate::Reactive reactive;
  const auto planned = simulate::run_policy(world, simulate::initial_state(world, 24), 24, 48, planner);
  const auto usual = simulate::run_policy(world, simulate::initial_state(world, 24), 24, 48, reactive);
  const auto ours = simulate::summarise(world, planned, {}, 1.2 * units::usd),
             theirs = simulate::summarise(world, usual, {}, 1.2 * units::usd);
  CHECK(ours.missed <= theirs.missed + 1e-6);
  CHECK(ours.total() < theirs.total());
  CHECK(ours.finished + 1 >= theirs.finished);
  CHECK(ours.late == 0);
}

TEST_CASE("the level rises when demand is above the capacity planned for, falls slowly when not, and stays in its range") {
  const auto world = busy_world(5);
  auto options = quick();
  options.learning_rate = 0.2;
  Controller controller{PerfectSignals{world, 12}, options};
  const auto state = warm(world);
  const auto seen = simulate::observe(world, state, first);
  static_cast<void>(controller.decide(seen));
  simulate::HourRecord high, low;
  high.demand = 1e6;
  for (int i = 0; i < 50; ++i) controller.learn(high);
  static_cast<void>(controller.decide(seen));
  CHECK_THAT(controller.journal().back().level, WithinRel(0.99, 1e-12));
  for (int i = 0; i < 500; ++i) controller.learn(low);
  static_cast<void>(controller.decide(seen));
  CHECK_THAT(controller.journal().back().level, WithinRel(0.5, 1e-12));
}

TEST_CASE("a learning rate of zero keeps the quantile as it is, and plans for the mean have none") {
  const auto world = busy_world(5);
  const auto state = warm(world);
  const auto seen = simulate::observe(world, state, first);
  for (const double quantile : {0.3, 0.9, 0.995}) {
    INFO("quantile " << quantile);
    auto options = quick();
    options.quantile = quantile;
    options.learning_rate = 0;
    Controller controller{PerfectSignals{world, 12}, options};
    static_cast<void>(controller.decide(seen));
    simulate::HourRecord high;
    high.demand = 1e6;
    controller.learn(high);
    static_cast<void>(controller.decide(seen));
    CHECK(controller.journal().back().level == quantile);
  }
  auto options = quick();
  options.quantile = std::nullopt;
  Controller mean{PerfectSignals{world, 12}, options};
  static_cast<void>(mean.decide(seen));
  CHECK_THAT(mean.journal().back().capacity, WithinRel(world.demand[first], 1e-12));
}

TEST_CASE("options that make no sense are refused") {
  const auto world = busy_world(5);
  const auto refused = [&](auto change) {
    ControllerOptions options = quick();
    change(options);
    CHECK_THROWS_AS((Controller{PerfectSignals{world, 12}, options}), std::invalid_argument);
  };
  refused([](ControllerOptions& o) { o.horizon = 0; });
  refused([](ControllerOptions& o) { o.quantile = 0; });
  refused([](ControllerOptions& o) { o.quantile = 1; });
  refused([](ControllerOptions& o) { o.quantile = std::nan(""); });
  refused([](ControllerOptions& o) { o.learning_rate = -0.1; });
}

TEST_CASE("signals shorter than the horizon are refused") {
  const auto world = busy_world(5);
  const auto state = warm(world);
  for (const bool mean : {false, true}) {
    auto options = quick(12);
    if (mean) options.quantile = std::nullopt;
    Controller controller{PerfectSignals{world, 6}, options};
    CHECK_THROWS_AS(controller.decide(simulate::observe(world, state, first)), std::invalid_argument);
  }
}

TEST_CASE("no demand is missed while GPUs stand idle that no gang fits") {
  // Late gangs that fit south alone; the plan, which knows work and not gangs, would like to do them on all pools.
  simulate::World world = test::small_world(24);
  for (std::size_t j = 0; j < 12; ++j) world.jobs.push_back(make_job(j, 0, 2, 16, 2, 0.5));
  Controller controller{PerfectSignals{world, 12}, quick()};
  simulate::Reactive reactive;
  auto state = simulate::run_policy(world, simulate::initial_state(world), 0, 4, reactive).end;
  const auto run = simulate::run_policy(world, std::move(state), 4, 12, controller);
  for (const auto& record : run.hours) {
    INFO("hour " << record.hour);
    if (36 - record.held_gpu_hours > 6) CHECK(record.missed < 1e-6);
  }
}

TEST_CASE("a job without a deadline is never due") {
  simulate::World world = test::small_world(12);
  world.jobs = {make_job(0, 0.5, 1.5, 16), make_job(1, 0.6, 1.5, 16)};
  for (auto& job : world.jobs) job.deadline = Seconds{std::numeric_limits<double>::infinity()};
  // South is free of charge from the fourth hour on: work without a deadline waits for it.
  for (std::size_t t = 0; t < 12; ++t) {
    world.sites[0].price.values[t] = 900;
    world.sites[1].price.values[t] = t < 4 ? 2000 : 0;
  }
  auto options = quick(8);
  options.preferences.waiting = 0 * units::usd / h;
  options.preferences.gang_waiting = 0 * units::usd / h;
  options.foresight = true;
  options.quantile = std::nullopt;
  Controller controller{PerfectSignals{world, 8}, options};
  const auto run = simulate::run_policy(world, simulate::initial_state(world), 0, 12, controller);
  CHECK(run.end.outcomes[0].first_start >= 4 * h);
  CHECK(run.end.outcomes[1].first_start >= 4 * h);
  CHECK(run.end.outcomes[0].finished());
}

TEST_CASE("surprises are told and measured at any horizon") {
  const auto world = busy_world(6);
  for (const std::size_t horizon : {std::size_t{1}, std::size_t{2}, std::size_t{12}}) {
    INFO("horizon " << horizon);
    simulate::World quiet = world;
    quiet.jobs.clear();
    quiet.surprises = {};
    quiet.demand.assign(96, 6);
    for (auto& site : quiet.sites)
      site.price.values.assign(96, 80), site.carbon.values.assign(96, 200), site.temperature.values.assign(96, 20);
    quiet.surprises.caps.push_back({0, 0.999, 50.5 * h, 10 * h});  // changes nothing
    auto options = quick(horizon);
    options.quantile = std::nullopt;
    Controller controller{PerfectSignals{quiet, horizon}, options};
    static_cast<void>(simulate::run_policy(quiet, simulate::initial_state(quiet, first), first, 53, controller));
    REQUIRE(controller.events().size() == 1);
    CHECK(controller.events()[0].hour == 51);
    CHECK(controller.events()[0].changed == "nothing: the plan still fits");
    CHECK(controller.replans() == 0);
  }
}

TEST_CASE("what changed between two plans is told by pool") {
  const auto fleet = test::small_fleet();
  CHECK(describe_change(fleet, {3, 6, 9}, {9, 6.3, 3}, 3) == "north fast: +2 GPUs, south: -2 GPUs");
  CHECK(describe_change(fleet, {3, 6, 9}, {3, 6, 9}, 3).empty());
}
