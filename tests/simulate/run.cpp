// Policies, runs and their sums.
#include <cmath>
#include <stdexcept>
#include <stop_token>

#include "catch.hpp"
#include "play.hpp"

using namespace kilter;
using namespace kilter::simulate;
using kilter::test::make_job;
using kilter::test::option_of;
using kilter::test::WithinAbs;
using kilter::test::WithinRel;
using units::gCO2;
using units::h;
using units::kWh;
using units::usd;

static_assert(Policy<StaticPeak>);
static_assert(Policy<Reactive>);

namespace {

/// The same decision each hour; counts what it learns.
struct Always {
  Decision decision;
  int learned = 0;

  Decision decide(const Observation& seen) {
    CHECK(seen.demand.size() == seen.hour);
    return decision;
  }
  void learn(const HourRecord&) { ++learned; }
};
static_assert(Policy<Always>);

}  // namespace

TEST_CASE("a summary adds up what the hours and the jobs say") {
  World world = test::small_world(10);
  world.jobs = {make_job(0, 1, 1, 1), make_job(1, 2, 1, 1, 0, 4), make_job(2, 3, 2, 2, 0, 30), make_job(3, 4, 5, 4, 0, 5),
                make_job(4, 9, 1, 1)};
  Run run;
  run.first = 2;
  HourRecord a, b;
  a.sites = {{}, {}};
  a.sites[0].energy_cost = 3 * usd;
  a.sites[1].energy_cost = -1 * usd;
  a.sites[0].facility = 20 * kWh;
  a.sites[1].carbon = 5000 * gCO2;
  a.capital = 7 * usd;
  a.demand = 10, a.missed = 2, a.quality = 7.6, a.training_work = 3, a.held_gpu_hours = 10, a.busy_gpu_hours = 6;
  a.throttled = 600 * units::s, a.overloaded = 60 * units::s;
  b.sites = {{}};
  b.sites[0].facility = 5 * kWh;
  b.demand = 20, b.missed = 0.1, b.quality = 19.5, b.held_gpu_hours = 5, b.busy_gpu_hours = 5;
  run.hours = {a, b};
  run.end.now = 8 * h;
  run.end.next_arrival = 4;
  run.end.outcomes.resize(5);
  auto& o = run.end.outcomes;
  o[0] = {1 * h, 2 * h, 0, Seconds{-1}, 9};        // before the run: not counted
  o[1] = {2.5 * h, 5 * h, 0, 0.5 * h, 1};          // waited 0.5, late by one
  o[2] = {4 * h, Seconds{-1}, 0, Seconds{-1}, 0};  // waited 1, running
  run.end.running = {{2, 0, 4 * h, 0.25 * h, {}}};
  o[3] = {Seconds{-1}, Seconds{-1}, none, 3 * h, 2};  // waits since 4 with 3 hours left, past its deadline
  run.end.queue = {3};
  const Summary sum = summarise(world, run, {.carbon = 0.1 * usd / units::kgCO2, .credit = 4 * usd / h}, 2 * usd);
  CHECK_THAT(sum.energy.in(usd), WithinRel(2.0, 1e-12));
  CHECK_THAT(sum.capital.in(usd), WithinRel(7.0, 1e-12));
  CHECK_THAT(sum.carbon_charge.in(usd), WithinRel(0.5, 1e-12));
  CHECK_THAT(sum.credits.in(usd), WithinRel(8.4, 1e-12));
  CHECK_THAT(work_left(world, run.end), WithinRel(0.25 * 2 + 3 * 4, 1e-12));
  CHECK_THAT(sum.backlog.in(usd), WithinRel(25.0, 1e-12));
  CHECK_THAT(sum.bill().in(usd), WithinRel(2 + 7 + 0.5 + 25, 1e-12));
  CHECK_THAT(sum.total().in(usd), WithinRel(2 + 7 + 0.5 + 25 + 8.4, 1e-12));
  CHECK_THAT(sum.facility_energy.in(kWh), WithinRel(25.0, 1e-12));
  CHECK_THAT(sum.quality, WithinRel(27.1 / 27.9, 1e-12));
  CHECK_THAT(sum.missed, WithinRel(2.1, 1e-12));
  CHECK(sum.missed_hours == 1);  // 0.1 of 20 is half a percent
  CHECK_THAT(sum.utilisation, WithinRel(11.0 / 15, 1e-12));
  CHECK(sum.gpu_hours == 15);
  CHECK(sum.training_work == 3);
  CHECK(sum.throttled == 600 * units::s);
  CHECK(sum.overloaded == 60 * units::s);
  CHECK(sum.jobs == 3);
  CHECK(sum.finished == 1);
  CHECK(sum.late == 2);
  CHECK(sum.restarts == 3);
  CHECK_THAT(sum.median_wait.in(h), WithinRel(1.0, 1e-12));
  CHECK_THAT(sum.p95_wait.in(h), WithinRel(4.0, 1e-12));
}

TEST_CASE("a summary of a run in which nothing happens is all zeros and no NaN") {
  const World world = test::small_world(3);
  const Summary sum = summarise(world, Run{}, {}, 1 * usd);
  CHECK(sum.total() == Dollars{});
  CHECK(sum.quality == 0);
  CHECK(sum.utilisation == 0);
  CHECK(sum.p95_wait == Seconds{});
}

TEST_CASE("a tiny run from end to end: bill as by hand") {
  World world = test::small_world(4);
  world.jobs = {make_job(0, 1, 1, 4)};
  Always policy{test::only_pool(world, 2)};
  policy.decision.serving[option_of(world.options, 0, 0, 0)] = 3;
  const Run run = run_policy(world, initial_state(world), 0, 4, policy);
  CHECK(run.status == Status::feasible);
  CHECK(policy.learned == 4);
  const Summary sum = summarise(world, run, {.carbon = {}}, 1 * usd);
  // North 1 + 1.25 × 1.8 kW, south 1 kW and 3 kW more for an hour, 100 USD/MWh; 3 GPUs for four hours and 4 for one.
  CHECK_THAT(sum.energy.in(usd), WithinRel(0.1 * (4 * 3.25 + 4 + 3), 1e-9));
  CHECK_THAT(sum.capital.in(usd), WithinRel(16.0, 1e-9));
  CHECK(sum.missed == 0);
  CHECK_THAT(sum.quality, WithinRel(1.0, 1e-12));
  CHECK(sum.finished == 1);
  CHECK(sum.late == 0);
  CHECK_THAT(sum.median_wait.base(), WithinAbs(0, 1e-9));
}

TEST_CASE("a run shows its progress, stops when it is told to, and refuses hours outside the world") {
  const World world = test::small_world(6);
  Always policy{test::train_only(world)};
  std::size_t seen = 0;
  std::stop_source source;
  const Run run = run_policy(world, initial_state(world, 1), 1, 6, policy, {.stop = source.get_token()}, [&](const Progress& p) {
    seen = p.iteration;
    if (p.iteration == 2) source.request_stop();
  });
  CHECK(run.status == Status::cancelled);
  CHECK(run.hours.size() == 2);
  CHECK(seen == 2);
  CHECK(run.end.now == 3 * h);
  CHECK_THROWS_AS(run_policy(world, initial_state(world), 0, 7, policy), std::invalid_argument);
  CHECK_THROWS_AS(run_policy(world, initial_state(world), 3, 2, policy), std::invalid_argument);
}

TEST_CASE("what a policy sees is the past and the present") {
  World world = test::small_world(6);
  world.surprises.racks.push_back({2, 0, 2 * h, 1 * h});
  world.surprises.caps.push_back({0, 0.5, 2 * h, 1 * h});
  const State state = initial_state(world, 2);
  const auto seen = observe(world, state, 2);
  CHECK(seen.demand.size() == 2);
  CHECK(seen.gpus == std::vector<int>{8, 12, 8});
  CHECK_THAT(seen.power_cap[0].in(units::kW), WithinRel(500.0, 1e-12));
  CHECK(observe(world, state, 3).gpus == std::vector<int>{8, 12, 16});
}

TEST_CASE("static provisioning holds the highest demand seen with its margin; reactive follows the last hour") {
  World world = test::small_world(10);
  world.demand = {4, 10, 2, 8, 8, 8, 8, 8, 8, 8};
  const auto capacity = [&](const Decision& decision) {
    double total = 0;
    for (std::size_t o = 0; o < world.options.size(); ++o) total += decision.serving[o] * world.options[o].speed;
    return total;
  };
  const State state = initial_state(world, 3);
  StaticPeak fixed{1.2};
  const auto first = fixed.decide(observe(world, state, 3));
  CHECK(capacity(first) >= 12);
  CHECK(capacity(first) < 12 + 2 + 1 + 1);  // rounded up on each pool
  CHECK_FALSE(first.idle_off);
  CHECK(fixed.decide(observe(world, state, 9)).serving == first.serving);
  Reactive reactive{0.5, 4};
  const auto last = reactive.decide(observe(world, state, 3));  // 2 / 0.5 = 4
  CHECK(capacity(last) >= 4);
  CHECK(capacity(last) < 8);
  CHECK(capacity(reactive.decide(observe(world, state, 4))) >= 16);
  CHECK(last.idle_off);
  for (std::size_t o = 0; o < world.options.size(); ++o) {
    if (last.serving[o] > 0) CHECK(world.options[o].quality >= world.service.quality_floor);
    if (last.serving[o] > 0) CHECK(world.options[o].level == 0);
  }
  CHECK_THROWS_AS(Reactive{0}, std::invalid_argument);
  CHECK_THROWS_AS(Reactive{1.1}, std::invalid_argument);
  CHECK_THROWS_AS(StaticPeak{0}, std::invalid_argument);
}

TEST_CASE("the usual policies never promise more GPUs than there are") {
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    Rng rng{seed};
    World world = test::random_world(rng);
    State state = initial_state(world);
    Reactive reactive;
    StaticPeak fixed;
    for (std::size_t hour = 0; hour < world.hours(); ++hour) {
      const auto seen = observe(world, state, hour);
      const Decision both[] = {reactive.decide(seen), fixed.decide(seen)};
      for (const auto& decision : both) {
        std::vector<int> used = decision.training;
        for (std::size_t o = 0; o < world.options.size(); ++o) used[world.options[o].pool] += decision.serving[o];
        CHECK(used == seen.gpus);
      }
      static_cast<void>(play_hour(world, state, hour, both[0]));
    }
  }
}
