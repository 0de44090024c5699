// Hours that a hand can add up.
#include "catch.hpp"
#include "play.hpp"

using namespace kilter;
using namespace kilter::simulate;
using kilter::test::make_job;
using kilter::test::only_pool;
using kilter::test::option_of;
using kilter::test::play;
using kilter::test::WithinAbs;
using kilter::test::WithinRel;
using units::gCO2;
using units::h;
using units::kW;
using units::kWh;
using units::usd;

TEST_CASE("one job on one pool: times, energy, dollars and grams as by hand") {
  World world = test::small_world(5);
  world.jobs = {make_job(0, 0.5, 2.5, 4)};
  const auto played = play(world, only_pool(world, 2), 5);
  CHECK_THAT(played.start(0), WithinRel(0.5, 1e-12));
  CHECK_THAT(played.finish(0), WithinRel(3.0, 1e-12));
  CHECK(played.end.outcomes[0].pool == 2);
  // South: 1 kW fixed all the time, and 1.25 × 4 × 0.6 kW = 3 kW while the job runs. North: 1 kW.
  const double south[] = {1 + 1.5, 4, 4, 1, 1};
  for (std::size_t hour = 0; hour < 5; ++hour) {
    const auto& record = played.hours[hour];
    INFO("hour " << hour);
    CHECK_THAT(record.sites[1].facility.in(kWh), WithinRel(south[hour], 1e-9));
    CHECK_THAT(record.sites[1].it.in(kWh), WithinAbs((south[hour] - 1) / 1.25, 1e-9));
    CHECK_THAT(record.sites[1].energy_cost.in(usd), WithinRel(south[hour] * 0.1, 1e-9));
    CHECK_THAT(record.sites[1].carbon.in(gCO2), WithinRel(south[hour] * 200, 1e-9));
    CHECK_THAT(record.sites[0].facility.in(kWh), WithinRel(1.0, 1e-9));
    CHECK(record.missed == 6);
    CHECK(record.capacity == 0);
  }
  CHECK_THAT(played.hours[0].sites[1].peak.in(kW), WithinRel(4.0, 1e-12));
  CHECK_THAT(played.hours[0].capital.in(usd), WithinRel(2.0, 1e-9));
  CHECK_THAT(played.hours[1].capital.in(usd), WithinRel(4.0, 1e-9));
  CHECK_THAT(played.hours[0].training_gpu_hours, WithinRel(2.0, 1e-9));
  CHECK_THAT(played.hours[1].training_by_pool[2], WithinRel(4.0, 1e-9));
  CHECK_THAT(played.hours[1].training_work, WithinRel(4.0, 1e-9));
  CHECK(played.hours[0].started == 1);
  CHECK(played.hours[2].finished == 1);
  CHECK(played.hours[2].queued == 0);
  REQUIRE(played.end.stays.size() == 1);
  CHECK_THAT(played.end.stays[0].end.in(h), WithinRel(3.0, 1e-12));
  CHECK_FALSE(played.end.stays[0].killed);
}

TEST_CASE("a fast pool and a lower power limit change how long a job takes and what it draws") {
  World world = test::small_world(6);
  world.jobs = {make_job(0, 0, 3, 8)};
  CHECK_THAT(play(world, only_pool(world, 0), 2).finish(0), WithinRel(1.5, 1e-12));
  auto limited = only_pool(world, 0);
  limited.training_power[0] = {300 * units::W, 0.75};
  const auto played = play(world, limited, 3);
  CHECK_THAT(played.finish(0), WithinRel(2.0, 1e-12));
  CHECK_THAT(played.hours[0].sites[0].facility.in(kWh), WithinRel(1 + 1.25 * 8 * 0.4, 1e-12));
  CHECK_THAT(played.hours[0].training_work, WithinRel(8 * 1.5, 1e-12));
}

TEST_CASE("idle GPUs draw idle power unless they are switched off") {
  World world = test::small_world(2);
  auto decision = test::train_only(world);
  decision.idle_off = false;
  const auto on = play(world, decision, 1);
  CHECK_THAT(on.hours[0].sites[0].facility.in(kWh), WithinRel(1 + 1.25 * 20 * 0.2, 1e-12));
  CHECK_THAT(on.hours[0].held_gpu_hours, WithinRel(36.0, 1e-12));
  CHECK(on.hours[0].busy_gpu_hours == 0);
  decision.idle_off = true;
  CHECK_THAT(play(world, decision, 1).hours[0].sites[0].facility.in(kWh), WithinRel(1.0, 1e-12));
}

TEST_CASE("serving draws by its load, and what finds no capacity is missed") {
  World world = test::small_world(3);  // demand of 6
  auto decision = test::train_only(world);
  const std::size_t fast = option_of(world.options, 0, 0, 0);
  decision.serving[fast] = 6;  // capacity of 12: half loaded
  const auto half = play(world, decision, 1).hours[0];
  CHECK_THAT(half.capacity, WithinRel(12.0, 1e-12));
  CHECK(half.missed == 0);
  CHECK_THAT(half.sites[0].it.in(kWh), WithinRel(6 * 0.4, 1e-12));
  CHECK_THAT(half.busy_gpu_hours, WithinRel(3.0, 1e-12));
  CHECK_THAT(half.quality, WithinRel(6.0, 1e-12));
  CHECK_THAT(half.capital.in(usd), WithinRel(6.0, 1e-12));
  decision.serving[fast] = 2;
  const auto short_of = play(world, decision, 1).hours[0];
  CHECK_THAT(short_of.missed, WithinRel(2.0, 1e-12));
  CHECK_THAT(short_of.sites[0].it.in(kWh), WithinRel(2 * 0.6, 1e-12));
  CHECK_THAT(short_of.quality, WithinRel(4.0, 1e-12));
}

TEST_CASE("quality is the mean over what each variant serves") {
  World world = test::small_world(2);
  auto decision = test::train_only(world);
  decision.serving[option_of(world.options, 2, 0, 0)] = 6;  // capacity 6 at quality 1
  decision.serving[option_of(world.options, 2, 1, 0)] = 4;  // capacity 6 at quality 0.9
  const auto record = play(world, decision, 1).hours[0];
  CHECK_THAT(record.capacity, WithinRel(12.0, 1e-12));
  CHECK_THAT(record.quality / (record.demand - record.missed), WithinRel(0.95, 1e-12));
}

TEST_CASE("serving gets only what gangs leave") {
  World world = test::small_world(4);
  world.jobs = {make_job(0, 0, 2, 10)};
  auto decision = only_pool(world, 2);
  auto played = play(world, decision, 1);
  decision.serving[option_of(world.options, 2, 0, 0)] = 16;
  const auto record = play_hour(world, played.end, 1, decision);
  CHECK_THAT(record.capacity, WithinRel(6.0, 1e-12));
  CHECK(record.serving_gpus[2] == 16);  // as decided
}

TEST_CASE("a gang does not take what is decided to serve") {
  World world = test::small_world(4);
  world.jobs = {make_job(0, 0, 2, 10)};
  auto decision = only_pool(world, 2);
  decision.serving[option_of(world.options, 2, 0, 0)] = 7;
  CHECK(play(world, decision, 2).end.queue.size() == 1);
  decision.serving[option_of(world.options, 2, 0, 0)] = 6;
  CHECK_THAT(play(world, decision, 2).finish(0), WithinRel(2.0, 1e-12));
  decision.training[2] = 9;
  CHECK(play(world, decision, 2).end.queue.size() == 1);
}

TEST_CASE("jobs of next to no length finish and leave nothing behind") {
  World world = test::small_world(3);
  world.jobs = {make_job(0, 0.25, 1e-12, 16, 0.1), make_job(1, 0.25, 0, 16, 0.1), make_job(2, 0.25, 1e-7, 16, 0.1)};
  world.jobs.push_back(make_job(3, 1 - 1e-13, 0.5, 16));
  const auto played = play(world, only_pool(world, 2), 2);
  for (std::size_t j = 0; j < 4; ++j) CHECK(played.end.outcomes[j].finished());
  CHECK_THAT(played.finish(2), WithinAbs(0.25, 1e-5));
  CHECK(played.end.running.empty());
  CHECK(played.end.queue.empty());
}

TEST_CASE("an hour ends after a bounded number of events however many gangs end in it") {
  World world = test::small_world(30);
  for (std::size_t j = 0; j < 600; ++j)
    world.jobs.push_back(make_job(j, 0.001 * static_cast<double>(j / 3), 0.01 + 1e-9 * static_cast<double>(j), 1));
  const auto played = play(world, test::train_only(world), 2);
  int finished = 0;
  for (const auto& record : played.hours) finished += record.finished;
  CHECK(finished == 600);
}
