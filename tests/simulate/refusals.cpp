// Worlds, states and decisions that do not fit together.
#include <cmath>
#include <limits>
#include <stdexcept>

#include "catch.hpp"
#include "play.hpp"

using namespace kilter;
using namespace kilter::simulate;
using Catch::Matchers::Contains;
using kilter::test::make_job;
using units::h;

namespace {

template <class F>
void world_refused(F change, const char* what) {
  World world = test::small_world(24);
  world.jobs = {make_job(0, 0, 1, 4), make_job(1, 1, 1, 4)};
  REQUIRE_NOTHROW(check(world));
  change(world);
  INFO(what);
  CHECK_THROWS_AS(check(world), std::invalid_argument);
  CHECK_THROWS_WITH(check(world), Contains(what));
}

template <class F>
void decision_refused(F change, const char* what) {
  const World world = test::small_world(24);
  Decision decision = test::train_only(world);
  REQUIRE_NOTHROW(check(decision, world));
  change(decision);
  INFO(what);
  State state = initial_state(world);
  CHECK_THROWS_AS(play_hour(world, state, 0, decision), std::invalid_argument);
  CHECK_THROWS_WITH(play_hour(world, state, 0, decision), Contains(what));
  CHECK(state.now == Seconds{});
}

}  // namespace

TEST_CASE("a world that does not fit together is refused") {
  world_refused([](World& w) { w.fleet.pools.clear(); }, "fleet.pools");
  world_refused([](World& w) { w.demand.clear(); }, "world.demand");
  world_refused([](World& w) { w.sites.pop_back(); }, "world.sites = 1");
  world_refused([](World& w) { w.sites[1].carbon.values.pop_back(); }, "south");
  world_refused([](World& w) { w.jobs[1].submit = {}, w.jobs[0].submit = 1 * h; }, "order of submission");
  world_refused([](World& w) { w.jobs[1].submit = Seconds{std::nan("")}; }, "job.submit");
  world_refused([](World& w) { w.jobs[0].duration = -1 * h; }, "job.duration");
  world_refused([](World& w) { w.jobs[0].limit = 0.5 * h; }, "job.duration");
  world_refused([](World& w) { w.jobs[0].gpus = 0; }, "job.gpus = 0");
}

TEST_CASE("a job larger than every pool is refused by its number and the largest pool") {
  world_refused([](World& w) { w.jobs[1].gpus = 17, w.jobs[1].id = 42; }, "job 42 is larger than the largest pool (16 GPUs)");
  world_refused([](World& w) { w.jobs[1].gpus = 17; }, "job.gpus = 17");
}

TEST_CASE("values that are missing, negative demand and jobs without a limit are refused") {
  world_refused([](World& w) { w.demand[3] = std::nan(""); }, "demand");
  world_refused([](World& w) { w.demand[3] = -1; }, "demand");
  world_refused([](World& w) { w.sites[0].price.values[2] = missing; }, "north");
  world_refused([](World& w) { w.sites[1].temperature.values[2] = missing; }, "south");
  world_refused([](World& w) { w.jobs[0].duration = {}, w.jobs[0].limit = {}; }, "job.limit");
  world_refused([](World& w) { w.jobs[0].deadline = Seconds{std::nan("")}; }, "job.deadline");
}

TEST_CASE("surprises and options at places that do not exist are refused") {
  world_refused([](World& w) { w.surprises.racks.push_back({3, 0, 1 * h, 1 * h}); }, "surprises.racks");
  world_refused([](World& w) { w.surprises.racks.push_back({2, 2, 1 * h, 1 * h}); }, "surprises.racks");
  world_refused([](World& w) { w.surprises.caps.push_back({2, 0.5, 1 * h, 1 * h}); }, "surprises.caps");
  world_refused([](World& w) { w.surprises.caps.push_back({0, -0.5, 1 * h, 1 * h}); }, "surprises.caps");
  world_refused([](World& w) { w.surprises.prices.push_back({2, 2, 1 * h, 1 * h}); }, "surprises.prices");
  world_refused([](World& w) { w.options[0].pool = 3; }, "world.options");
}

TEST_CASE("a decision that does not fit the world is refused and nothing is played") {
  decision_refused([](Decision& d) { d.serving.pop_back(); }, "decision.serving");
  decision_refused([](Decision& d) { d.serving[0] = -1; }, "decision.serving = -1");
  decision_refused([](Decision& d) { d.training.pop_back(); }, "decision.training");
  decision_refused([](Decision& d) { d.training_power.pop_back(); }, "decision.training_power");
  decision_refused([](Decision& d) { d.training_power[0].speed = 0; }, "speed");
  decision_refused([](Decision& d) { d.training_power[0].speed = std::nan(""); }, "speed");
  decision_refused([](Decision& d) { d.starts.push_back({0, 0, {}}); }, "decision.starts");
  decision_refused([](Decision& d) { d.pool_order = {3}; }, "decision.pool_order = 3");
}

TEST_CASE("a decision that asks for what no GPU can do is refused") {
  decision_refused([](Decision& d) { d.training[0] = -1; }, "decision.training");
  decision_refused([](Decision& d) { d.training_power[0].speed = 1.5; }, "speed");
  decision_refused([](Decision& d) { d.training_power[0].cap = Watts{std::nan("")}; }, "cap");
}

TEST_CASE("an hour outside the world and a state of another world are refused") {
  const World world = test::small_world(24);
  State state = initial_state(world);
  CHECK_THROWS_AS(play_hour(world, state, 24, test::train_only(world)), std::invalid_argument);
  state.outcomes.resize(3);
  CHECK_THROWS_AS(play_hour(world, state, 0, test::train_only(world)), std::invalid_argument);
}

TEST_CASE("an hour that does not follow the state is refused") {
  const World world = test::small_world(24);
  State state = initial_state(world);
  CHECK_THROWS_AS(play_hour(world, state, 5, test::train_only(world)), std::invalid_argument);
  State later = initial_state(world, 5);
  CHECK_NOTHROW(play_hour(world, later, 5, test::train_only(world)));
  CHECK_THROWS_AS(play_hour(world, later, 5, test::train_only(world)), std::invalid_argument);
}

TEST_CASE("a state that begins later leaves out the jobs before it") {
  World world = test::small_world(24);
  world.jobs = {make_job(0, 1, 1, 4), make_job(1, 5, 1, 4), make_job(2, 7, 1, 4)};
  const State state = initial_state(world, 5);
  CHECK(state.next_arrival == 1);
  CHECK(state.now == 5 * h);
  CHECK(state.queue.empty());
}

TEST_CASE("price spikes multiply the hours that they cover and no others") {
  World world = test::small_world(6);
  world.surprises.prices = {{1, 3, 2 * h, 2 * h}, {1, 2, 3 * h, 1 * h}};
  apply_price_spikes(world);
  CHECK(world.sites[1].price.values == std::vector<double>{100, 100, 300, 600, 100, 100});
  CHECK(world.sites[0].price.values == std::vector<double>(6, 100));
}
