// Who starts when.
#include "catch.hpp"
#include "kilter/schedule/backfill.hpp"
#include "kilter/schedule/gang.hpp"
#include "play.hpp"

using namespace kilter;
using namespace kilter::simulate;
using kilter::test::make_job;
using kilter::test::only_pool;
using kilter::test::play;
using kilter::test::WithinAbs;
using kilter::test::WithinRel;
using units::h;

namespace {

/// Nothing starts but what a plan names.
Decision planned_only(const World& world) {
  auto decision = test::train_only(world);
  decision.dispatch = Dispatch::at_once;
  decision.short_job = -1 * h;
  decision.pool_order = {0, 1, 2};
  return decision;
}

/// Start times under EASY on the pool south alone at `speed`, with limits that are exact, against the scheduler of the same name.
void compare_with_scheduler(std::uint64_t seed, double speed) {
  Rng rng{seed};
  World world = test::small_world(400);
  schedule::Problem problem;
  problem.resources = {{.name = "south", .speed = speed, .capacity = {16}}};
  double submit = 0;
  for (std::size_t j = 0; j < 60; ++j) {
    submit += rng.exponential(0.4);
    const double duration = rng.lognormal(0, 1);
    const int gpus = 1 + static_cast<int>(rng.index(16));
    world.jobs.push_back(make_job(j, submit, duration, gpus));
    problem.tasks.push_back(
        schedule::gang({.id = j, .release = submit * h, .work = duration * h, .gpus = gpus}, problem.resources));
  }
  auto decision = only_pool(world, 2);
  decision.training_power[2] = {300 * units::W, speed};
  const auto played = play(world, decision, 400);
  const auto wanted = schedule::EasyScheduler{}.schedule(problem);
  for (std::size_t j = 0; j < world.jobs.size(); ++j) {
    INFO("seed " << seed << ", speed " << speed << ", job " << j);
    REQUIRE(played.end.outcomes[j].finished());
    REQUIRE_THAT(played.start(j), WithinAbs(wanted.assignments[j].start.in(h), 1e-6));
  }
}

}  // namespace

TEST_CASE("EASY: what would delay the reserved head waits, what does not is backfilled") {
  World world = test::small_world(20);
  world.jobs = {
      make_job(0, 0, 4, 12),     // runs until 4
      make_job(1, 0.05, 2, 16),  // the head: reserved for 4
      make_job(2, 0.1, 4, 4),    // would run until 4.1 and hold GPUs that the head needs
      make_job(3, 0.2, 3, 4),    // is done at 3.2
  };
  const auto played = play(world, only_pool(world, 2), 12);
  CHECK_THAT(played.start(1), WithinRel(4.0, 1e-9));
  CHECK_THAT(played.start(3), WithinRel(0.2, 1e-9));
  CHECK_THAT(played.start(2), WithinRel(6.0, 1e-9));
}

TEST_CASE("EASY: GPUs that the head leaves over may be held beyond its start") {
  World world = test::small_world(20);
  world.jobs = {make_job(0, 0, 4, 12), make_job(1, 0.05, 2, 14), make_job(2, 0.1, 9, 2), make_job(3, 0.2, 9, 2)};
  const auto played = play(world, only_pool(world, 2), 20);
  CHECK_THAT(played.start(2), WithinRel(0.1, 1e-9));  // 16 − 14 are spare
  CHECK_THAT(played.start(1), WithinRel(4.0, 1e-9));
  CHECK_THAT(played.start(3), WithinRel(6.0, 1e-9));  // the spare ones were taken already
}

TEST_CASE("EASY goes by limits: a head that could start at 2 had it been known is reserved for 4") {
  World world = test::small_world(20);
  world.jobs = {make_job(0, 0, 2, 12, 4), make_job(1, 0.05, 2, 16), make_job(2, 0.1, 3, 4)};
  const auto played = play(world, only_pool(world, 2), 12);
  CHECK_THAT(played.start(2), WithinRel(0.1, 1e-9));
  CHECK_THAT(played.start(1), WithinRel(3.1, 1e-9));
}

TEST_CASE("EASY at full speed is what the scheduler of that name does") {
  for (std::uint64_t seed = 0; seed < 8; ++seed) compare_with_scheduler(seed, 1);
}

TEST_CASE("EASY counts with the speed that the power limit leaves") {
  for (std::uint64_t seed = 0; seed < 8; ++seed) compare_with_scheduler(seed, 0.75);
  // By hand: at half speed a limit of 2.5 hours is 5 hours on the clock, past the head's start at 4.
  World world = test::small_world(20);
  world.jobs = {make_job(0, 0, 2, 12), make_job(1, 0.05, 1, 16), make_job(2, 0.1, 2.5, 4)};
  auto decision = only_pool(world, 2);
  decision.training_power[2] = {200 * units::W, 0.5};
  CHECK_THAT(play(world, decision, 20).start(1), WithinRel(4.0, 1e-9));
}

TEST_CASE("EASY fills several pools and starts each job where most is free") {
  World world = test::small_world(8);
  world.jobs = {make_job(0, 0, 4, 8), make_job(1, 0, 4, 8), make_job(2, 0, 4, 8), make_job(3, 0, 4, 8)};
  const auto played = play(world, test::train_only(world), 1);
  CHECK(played.end.outcomes[0].pool == 2);
  CHECK(played.end.outcomes[1].pool == 1);
  CHECK(played.end.running.size() == 4);
}

TEST_CASE("planned starts happen at their time and place, and wait for room and submission") {
  World world = test::small_world(8);
  world.jobs = {make_job(0, 0, 2, 16), make_job(1, 0, 1, 4), make_job(2, 0.5, 1, 8)};
  auto decision = planned_only(world);
  decision.starts = {{0, 2, 0.25 * h}, {1, 2, 0.3 * h}, {2, 1, 0.1 * h}};
  State state = initial_state(world);
  static_cast<void>(play_hour(world, state, 0, decision));
  CHECK_THAT(state.outcomes[0].first_start.in(h), WithinRel(0.25, 1e-12));
  CHECK(state.outcomes[0].pool == 2);
  CHECK_FALSE(state.outcomes[1].started());                                // no room on south until 2.25
  CHECK_THAT(state.outcomes[2].first_start.in(h), WithinRel(0.5, 1e-12));  // planned before it was submitted
  static_cast<void>(play_hour(world, state, 1, decision));
  static_cast<void>(play_hour(world, state, 2, decision));
  CHECK_THAT(state.outcomes[1].first_start.in(h), WithinRel(2.25, 1e-9));
  CHECK(state.outcomes[1].pool == 2);
}

TEST_CASE("a job that is planned twice starts once") {
  World world = test::small_world(4);
  world.jobs = {make_job(0, 0, 2, 4)};
  auto decision = planned_only(world);
  decision.starts = {{0, 2, 0.25 * h}, {0, 1, 0.25 * h}, {0, 0, 0.5 * h}};
  const auto played = play(world, decision, 1);
  CHECK(played.end.running.size() == 1);
  CHECK(played.hours[0].started == 1);
}

TEST_CASE("at once: short jobs start in the order of the pools and leave room for planned ones") {
  World world = test::small_world(8);
  world.jobs = {make_job(0, 0, 0.5, 12), make_job(1, 0, 3, 8), make_job(2, 0, 0.5, 8, 0.5), make_job(3, 0, 0.5, 8, 2)};
  auto decision = test::train_only(world);
  decision.dispatch = Dispatch::at_once;
  decision.pool_order = {2, 0, 1};
  decision.starts = {{1, 2, 0.9 * h}};  // keeps 8 GPUs of south
  const auto played = play(world, decision, 1);
  CHECK(played.end.outcomes[0].pool == 1);  // 12 GPUs: south has 8 beside the promise, north fast 8
  CHECK(played.end.outcomes[2].pool == 2);
  CHECK_THAT(played.start(2), WithinAbs(0, 1e-12));
  CHECK_THAT(played.start(1), WithinRel(0.9, 1e-12));
  CHECK_FALSE(played.end.outcomes[3].started());  // too long a limit
}

TEST_CASE("at once without pools starts nothing") {
  World world = test::small_world(4);
  world.jobs = {make_job(0, 0, 0.5, 1)};
  auto decision = test::train_only(world);
  decision.dispatch = Dispatch::at_once;
  CHECK(play(world, decision, 1).end.queue.size() == 1);
}

TEST_CASE("EASY leaves jobs that a plan names to the plan") {
  World world = test::small_world(4);
  world.jobs = {make_job(0, 0, 2, 4)};
  auto decision = test::train_only(world);
  decision.starts = {{0, 1, 0.5 * h}};
  const auto played = play(world, decision, 1);
  CHECK(played.end.outcomes[0].pool == 1);
  CHECK_THAT(played.start(0), WithinRel(0.5, 1e-12));
}

TEST_CASE("EASY does not take the GPUs that a plan will need within the hour") {
  World world = test::small_world(4);
  world.jobs = {make_job(0, 0, 2, 16), make_job(1, 0, 2, 4)};
  auto decision = only_pool(world, 2);
  decision.starts = {{0, 2, 0.5 * h}};
  const auto played = play(world, decision, 1);
  CHECK_THAT(played.start(0), WithinRel(0.5, 1e-12));
}

TEST_CASE("gangs are kept in as few racks as there is room in") {
  World world = test::small_world(4);
  world.jobs = {make_job(0, 0, 2, 5), make_job(1, 0, 2, 3), make_job(2, 0, 2, 6), make_job(3, 0, 2, 2)};
  const auto played = play(world, only_pool(world, 2), 1);
  for (const auto& run : played.end.running) CHECK(run.racks.size() == 1);
  World wide = test::small_world(4);
  wide.jobs = {make_job(0, 0, 2, 12)};
  const auto spread = play(wide, only_pool(wide, 2), 1);
  REQUIRE(spread.end.running.size() == 1);
  CHECK(spread.end.running[0].racks.size() == 2);
}
