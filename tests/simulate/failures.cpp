// Racks that fail and power caps that are cut.
#include <cmath>

#include "catch.hpp"
#include "play.hpp"

using namespace kilter;
using namespace kilter::simulate;
using kilter::test::make_job;
using kilter::test::only_pool;
using kilter::test::option_of;
using kilter::test::play;
using kilter::test::slowed;
using kilter::test::WithinAbs;
using kilter::test::WithinRel;
using units::h;
using units::kW;
using units::kWh;

namespace {

/// A fleet cap of twice the wanted power of south, cut to half of itself in [from, to).
World with_south_cap(double kw, double from, double to, std::size_t hours = 12) {
  World world = test::small_world(hours);
  world.fleet.sites[1].power_cap = 2 * kw * kW;
  world.surprises.caps.push_back({1, 0.5, from * h, (to - from) * h});
  return world;
}

}  // namespace

TEST_CASE("a failed rack stops exactly the gangs in it; they go on from the last checkpoint") {
  World world = test::small_world(12);
  world.jobs = {make_job(0, 0, 5, 8), make_job(1, 0, 5, 8)};
  world.surprises.racks.push_back({2, 0, 2.5 * h, 1 * h});
  const auto played = play(world, only_pool(world, 2), 12);
  const std::size_t hit = played.end.outcomes[0].restarts == 1 ? 0 : 1, other = 1 - hit;
  CHECK(played.end.outcomes[hit].restarts == 1);
  CHECK(played.end.outcomes[other].restarts == 0);
  CHECK_THAT(played.finish(other), WithinRel(5.0, 1e-9));
  // Two hours were saved: three are left when the rack is back at 3.5.
  CHECK_THAT(played.finish(hit), WithinRel(6.5, 1e-9));
  CHECK(played.hours[2].killed == 1);
  CHECK(played.hours[3].started == 1);
  CHECK_THAT(played.start(hit), WithinAbs(0, 1e-12));  // the first start stays
  CHECK(played.end.stays.size() == 3);
}

TEST_CASE("a gang starts again at once where there is room and loses what it did since the checkpoint") {
  World world = test::small_world(12);
  world.jobs = {make_job(0, 0, 5, 8)};
  world.surprises.racks.push_back({2, 0, 2.75 * h, 1 * h});
  const auto played = play(world, only_pool(world, 2), 12);
  CHECK_THAT(played.finish(0), WithinRel(5.75, 1e-9));
}

TEST_CASE("a gang that is hit before its first checkpoint begins anew; a second failure counts from the restart") {
  World world = test::small_world(16);
  world.jobs = {make_job(0, 0, 3, 16)};
  world.surprises.racks = {{2, 1, 0.75 * h, 0.25 * h}, {2, 0, 2.5 * h, 0.5 * h}};
  const auto played = play(world, only_pool(world, 2), 16);
  // 0 to 0.75: nothing saved. 1 to 2.5: one hour saved. From 3 on: two hours.
  CHECK(played.end.outcomes[0].restarts == 2);
  CHECK_THAT(played.finish(0), WithinRel(5.0, 1e-9));
}

TEST_CASE("on a fast pool an hour saves as much as an hour does there") {
  World world = test::small_world(8);
  world.jobs = {make_job(0, 0, 6, 8)};  // three hours at speed 2
  world.surprises.racks = {{0, 0, 1.5 * h, 0.5 * h}};
  CHECK_THAT(play(world, only_pool(world, 0), 8).finish(0), WithinRel(4.0, 1e-9));
}

TEST_CASE("a checkpoint keeps what had been done by then and not the mean of the stay") {
  // 16 busy GPUs and the fixed part would meter 13 kW; at 9 kW half of the dynamic power is left in the first hour.
  World world = with_south_cap(9, 0, 1);
  world.jobs = {make_job(0, 0, 4, 16)};
  world.surprises.racks.push_back({2, 0, 1.5 * h, 0.5 * h});
  const auto played = play(world, only_pool(world, 2), 8);
  CHECK(played.end.outcomes[0].restarts == 1);
  CHECK_THAT(played.finish(0), WithinRel(2 + 4 - slowed(0.5), 1e-9));
}

TEST_CASE("a gang that ends in the moment in which its rack fails has ended") {
  World world = test::small_world(4);
  world.jobs = {make_job(0, 0, 0.5, 16)};
  world.surprises.racks.push_back({2, 0, 0.5 * h, 1 * h});
  const auto played = play(world, only_pool(world, 2), 4);
  CHECK(played.end.outcomes[0].restarts == 0);
  CHECK_THAT(played.finish(0), WithinRel(0.5, 1e-9));
}

TEST_CASE("a failed rack takes its GPUs from serving and from idle power") {
  World world = test::small_world(4);
  world.demand.assign(4, 16);
  world.surprises.racks.push_back({2, 0, 1.25 * h, 0.5 * h});
  auto decision = test::train_only(world);
  decision.serving[option_of(world.options, 2, 0, 0)] = 16;
  const auto played = play(world, decision, 3);
  CHECK(played.hours[0].missed == 0);
  CHECK_THAT(played.hours[1].missed, WithinRel(8 * 0.5, 1e-9));
  CHECK_THAT(played.hours[1].sites[1].it.in(kWh), WithinRel(0.6 * (16 * 0.5 + 8 * 0.5), 1e-9));
  CHECK(played.hours[2].missed == 0);
  auto idle = test::train_only(world);
  idle.idle_off = false;
  CHECK_THAT(play(world, idle, 2).hours[1].sites[1].it.in(kWh), WithinRel(0.2 * (16 * 0.5 + 8 * 0.5), 1e-9));
}

TEST_CASE("two failures of one rack that overlap keep it down until the later end") {
  World world = test::small_world(6);
  world.jobs = {make_job(0, 0, 1, 16)};
  world.surprises.racks = {{2, 0, 0.5 * h, 1 * h}, {2, 0, 1 * h, 2 * h}};
  CHECK(world.working_gpus(2, 1.2 * h) == 8);
  CHECK(world.working_gpus(2, 3 * h) == 16);
  CHECK_THAT(play(world, only_pool(world, 2), 6).finish(0), WithinRel(4.0, 1e-9));
}

TEST_CASE("a power cap that is cut slows a gang down to the cap") {
  World world = with_south_cap(9, 1, 2);
  world.jobs = {make_job(0, 0, 2, 16)};
  const auto played = play(world, only_pool(world, 2), 4);
  CHECK_THAT(played.finish(0), WithinRel(2 + 1 - slowed(0.5), 1e-9));
  CHECK_THAT(played.hours[0].sites[1].facility.in(kWh), WithinRel(13.0, 1e-9));
  CHECK_THAT(played.hours[1].sites[1].facility.in(kWh), WithinRel(9.0, 1e-9));
  CHECK_THAT(played.hours[1].sites[1].peak.in(kW), WithinRel(9.0, 1e-9));
  CHECK_THAT(played.hours[1].sites[1].mean_cap.in(kW), WithinRel(9.0, 1e-9));
  CHECK_THAT(played.hours[1].throttled.in(h), WithinRel(1.0, 1e-9));
  CHECK(played.hours[0].throttled == Seconds{});
  CHECK(played.hours[1].overloaded == Seconds{});
  CHECK_THAT(played.hours[1].training_work, WithinRel(16 * slowed(0.5), 1e-9));
}

TEST_CASE("in the middle of an hour, and below the fitted range, the same holds") {
  World world = with_south_cap(7, 0.25, 0.75);  // a quarter of the dynamic power
  world.jobs = {make_job(0, 0, 2, 16)};
  const auto played = play(world, only_pool(world, 2), 4);
  CHECK_THAT(played.finish(0), WithinRel(2 + 0.5 * (1 - slowed(0.5) / 2), 1e-9));
  CHECK_THAT(played.hours[0].sites[1].facility.in(kWh), WithinRel(13 * 0.5 + 7 * 0.5, 1e-9));
  CHECK_THAT(played.hours[0].sites[1].mean_cap.in(kW), WithinRel(14 * 0.5 + 7 * 0.5, 1e-9));
}

TEST_CASE("serving is slowed as well, and what it cannot serve is missed") {
  World world = with_south_cap(9, 1, 2);
  world.demand.assign(12, 16);
  auto decision = test::train_only(world);
  decision.serving[option_of(world.options, 2, 0, 0)] = 16;
  const auto played = play(world, decision, 3);
  CHECK(played.hours[0].missed == 0);
  CHECK_THAT(played.hours[1].missed, WithinRel(16 * (1 - slowed(0.5)), 1e-9));
  CHECK_THAT(played.hours[1].capacity, WithinRel(16 * slowed(0.5), 1e-9));
  CHECK_THAT(played.hours[1].quality, WithinRel(16 * slowed(0.5), 1e-9));
}

TEST_CASE("a cap below what idles stops the gangs, is an overload, and ends") {
  World world = with_south_cap(4, 1, 2);
  world.fleet.sites[1].power_cap = 14 * kW;
  world.surprises.caps[0].fraction = 4.0 / 14;
  world.jobs = {make_job(0, 0, 2, 16)};
  const auto played = play(world, only_pool(world, 2), 5);
  CHECK_THAT(played.finish(0), WithinRel(3.0, 1e-9));
  CHECK_THAT(played.hours[1].overloaded.in(h), WithinRel(1.0, 1e-9));
  CHECK_THAT(played.hours[1].sites[1].facility.in(kWh), WithinRel(1 + 1.25 * 3.2, 1e-9));
}

TEST_CASE("two cuts at once multiply") {
  World world = test::small_world(4);
  world.surprises.caps = {{0, 0.5, 0 * h, 2 * h}, {0, 0.5, 1 * h, 2 * h}};
  CHECK_THAT(world.power_cap(0, 0.5 * h).in(kW), WithinRel(500.0, 1e-12));
  CHECK_THAT(world.power_cap(0, 1 * h).in(kW), WithinRel(250.0, 1e-12));
  CHECK_THAT(world.power_cap(0, 2.5 * h).in(kW), WithinRel(500.0, 1e-12));
  CHECK_THAT(world.power_cap(1, 1 * h).in(kW), WithinRel(1000.0, 1e-12));
  CHECK(world.next_surprise(0 * h) == 1 * h);
  CHECK(world.next_surprise(2 * h) == 3 * h);
  CHECK(std::isinf(world.next_surprise(3 * h).base()));
}
