#include "kilter/schedule/validate.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

#include "catch.hpp"
#include "gangs.hpp"
#include "kilter/schedule/decode.hpp"

using namespace kilter;
using namespace kilter::schedule;
using namespace kilter::test;
using Catch::Contains;
using kilter::genetic::identity_permutation;

namespace {

/// Three gangs on one pool, then two tasks with all the rest: precedence, set-ups, a reservoir, a deadline, a pin.
Problem rich() {
  Problem problem = one_pool(4);
  problem.objective.tardiness = 1 * units::usd / units::h;
  problem.resources[0].rent = {1 * units::usd / units::h};
  problem.resources[0].power = 1 * units::kW;
  problem.resources[0].price = {100 * units::usd / units::MWh};
  problem.resources[0].carbon = {100 * units::gCO2 / units::kWh};
  problem.resources.push_back(pool("b", {1}));
  problem.resources[1].setup = {{Seconds{}, 1 * units::h}, {1 * units::h, Seconds{}}};
  problem.reservoirs = {{"tokens", 10}};
  add_gang(problem, 2, 3);
  add_gang(problem, 1, 2, 1).due = 2 * units::h;
  add_gang(problem, 1, 1);
  for (std::uint32_t k = 0; k < 2; ++k) {
    Task task;
    task.family = k;
    task.modes = {{1 * units::h, {{1, 1}}, {{0, 5}}}, {2 * units::h, {{1, 1}}, {{0, 6}}}};
    problem.tasks.push_back(task);
  }
  problem.tasks[4].predecessors = {{0, 0.5 * units::h}};
  problem.tasks[4].deadline = 4 * units::h;
  problem.tasks[3].pinned = Pin{0, Seconds{}};
  return problem;
}

std::string all_lines(const Problem& problem, const Schedule& schedule) {
  std::string all;
  for (const auto& line : validate(problem, schedule)) all += line + "\n";
  return all;
}

}  // namespace

TEST_CASE("validate finds each kind of lie") {
  const Problem problem = rich();
  const Schedule good = decode(problem, identity_permutation(5));
  REQUIRE(validate(problem, good).empty());
  REQUIRE(good.measures.unplaced == 0);
  const auto lines = [&](auto change) {
    Schedule lie = good;
    change(lie);
    return all_lines(problem, lie);
  };
  const auto move = [&](std::size_t i, double start, double finish) {
    return lines([=](Schedule& s) {
      s.assignments[i].start = start * units::h;
      s.assignments[i].finish = finish * units::h;
    });
  };
  CHECK_THAT(lines([](Schedule& s) { s.assignments.pop_back(); }), Contains("task 4 is assigned 0 times"));
  CHECK_THAT(lines([](Schedule& s) { s.assignments[2].task = 1; }), Contains("task 1 is assigned 2 times"));
  CHECK_THAT(lines([](Schedule& s) { s.assignments[0].task = 7; }), Contains("no task 7"));
  CHECK_THAT(lines([](Schedule& s) { s.assignments[0].mode = 3; }), Contains("with a mode 3"));
  CHECK_THAT(lines([](Schedule& s) { s.assignments[0].start = Seconds{std::nan("")}; }), Contains("task 0 runs from nan"));
  CHECK_THAT(lines([](Schedule& s) { s.assignments[0].finish += 1 * units::s; }),
             Contains("task 0 finishes at 7201 s and not at 7200 s"));
  CHECK_THAT(move(1, 0.5, 1.5), Contains("task 1 starts at 1800 s, before it can at 3600 s"));
  CHECK_THAT(move(1, 1, 2), Contains("resource 0 runs 5 units from 3600 s and has 4"));
  CHECK_THAT(move(3, 2, 3), Contains("task 3 is not where it is pinned"));
  CHECK_THAT(move(4, 2.25, 3.25), Contains("task 4 starts at 8100 s, and task 0 lets it at 9000 s"));
  CHECK_THAT(move(4, 3.5, 4.5), Contains("task 4 finishes at 16200 s, after its deadline of 14400 s"));
  CHECK_THAT(move(4, 1.5, 2.5), Contains("resource 1 is set up after task 2 at 10800 s"));
  CHECK_THAT(lines([](Schedule& s) {
               s.assignments[4].mode = 1;
               s.assignments[4].finish += 1 * units::h;
             }),
             Contains("reservoir 0 gives 11 and has 10"));
  CHECK_THAT(lines([](Schedule& s) { s.assignments[0].mode = npos; }), Contains("task 4 runs, and task 0 before it does not"));
  CHECK_THAT(lines([](Schedule& s) { s.measures.makespan += 1 * units::s; }), Contains("makespan is"));
  CHECK_THAT(lines([](Schedule& s) { s.measures.tardiness += 1 * units::s; }), Contains("tardiness is"));
  CHECK_THAT(lines([](Schedule& s) { s.measures.flow += 1 * units::s; }), Contains("flow is"));
  CHECK_THAT(lines([](Schedule& s) { s.measures.wait += 1 * units::s; }), Contains("wait is"));
  CHECK_THAT(lines([](Schedule& s) { s.measures.energy += 1 * units::J; }), Contains("energy is"));
  CHECK_THAT(lines([](Schedule& s) { s.measures.carbon += 1 * units::gCO2; }), Contains("carbon is"));
  CHECK_THAT(lines([](Schedule& s) { s.measures.cost += 1 * units::usd; }), Contains("cost is"));
  CHECK_THAT(lines([](Schedule& s) { s.measures.total += 1 * units::usd; }), Contains("total is"));
  CHECK_THAT(lines([](Schedule& s) { s.measures.unplaced = 1; }), Contains("unplaced is 1 and not 0"));
}

TEST_CASE("transfers and moved tasks are recomputed") {
  Problem problem;
  problem.resources = {pool("a", {1}), pool("b", {1})};
  add_gang(problem, 1, 1);
  add_gang(problem, 1, 1).predecessors = {{0, Seconds{}, 2 * units::h}};
  Schedule s = decode(problem, {{0, 1}});
  CHECK(validate(problem, s).empty());
  s.assignments[1].mode = 1 - s.assignments[1].mode;
  CHECK_THAT(all_lines(problem, s), Contains("task 1 starts at 3600 s, and task 0 lets it at 10800 s"));
  problem.tasks[0].running = Running{0, -0.5 * units::h, 0.5, 0.25 * units::h, 3 * units::usd};
  Schedule moved;
  moved.assignments = {{0, 1, Seconds{}, 0.75 * units::h}, {1, 1, 0.75 * units::h, 1.75 * units::h}};
  moved.measures = measure(problem, moved.assignments);
  CHECK(all_lines(problem, moved).empty());
  CHECK(moved.measures.cost == 3 * units::usd);
  moved.assignments[0].finish = 1 * units::h;
  CHECK_THAT(all_lines(problem, moved), Contains("task 0 finishes at 3600 s and not at 2700 s"));
}

TEST_CASE("invalid problems are refused by name") {
  const Problem good = rich();
  const auto broken = [&](auto change) -> std::string {
    Problem problem = good;
    change(problem);
    try {
      check(problem);
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return {};
  };
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  using P = Problem;
  CHECK(broken([](P&) {}).empty());
  CHECK(broken([](P& p) { p.step = Seconds{0}; }).starts_with("step = 0"));
  CHECK(broken([](P& p) { p.objective.wait = Rate{-1}; }).starts_with("objective.wait = -1"));
  CHECK(broken([](P& p) { p.objective.tardiness = Rate{nan}; }).starts_with("objective.tardiness = nan"));
  CHECK(broken([](P& p) { p.objective.cost = -1; }).starts_with("objective.cost = -1"));
  CHECK(broken([](P& p) { p.resources[0].speed = 0; }).starts_with("resources[0].speed = 0"));
  CHECK(broken([](P& p) { p.resources[0].power = Watts{-1}; }).starts_with("resources[0].power = -1"));
  CHECK(broken([](P& p) { p.resources[0].capacity = {}; }).starts_with("resources[0].capacity = 0"));
  CHECK(broken([](P& p) { p.resources[0].capacity = {3, -1}; }).starts_with("resources[0].capacity = -1"));
  CHECK(broken([](P& p) { p.resources[0].rent = {Rate{nan}}; }).starts_with("resources[0].rent = nan"));
  CHECK(broken([](P& p) { p.resources[0].price = {Price{nan}}; }).starts_with("resources[0].price = nan"));
  CHECK(broken([](P& p) { p.resources[0].carbon = {CarbonIntensity{-1}}; }).starts_with("resources[0].carbon = -1"));
  CHECK(broken([](P& p) { p.resources[1].capacity = {1, 2}; }).starts_with("resources[1].capacity = 2"));
  CHECK(broken([](P& p) { p.resources[1].setup[1].pop_back(); }).starts_with("resources[1].setup = 1"));
  CHECK(broken([](P& p) { p.tasks[2].family = 9; }).starts_with("resources[1].setup = 2"));
  CHECK(broken([](P& p) { p.reservoirs[0].amount = -1; }).starts_with("reservoirs[0].amount = -1"));
  CHECK(broken([](P& p) { p.tasks[0].release = Seconds{nan}; }).starts_with("tasks[0].release = nan"));
  CHECK(broken([](P& p) { p.tasks[0].due = Seconds{nan}; }).starts_with("tasks[0].due = nan"));
  CHECK(broken([](P& p) { p.tasks[0].deadline = -never; }).starts_with("tasks[0].deadline = -inf"));
  CHECK(broken([](P& p) { p.tasks[0].weight = -1; }).starts_with("tasks[0].weight = -1"));
  CHECK(broken([](P& p) { p.tasks[0].size = nan; }).starts_with("tasks[0].size = nan"));
  CHECK(broken([](P& p) { p.tasks[1].modes[0].duration = Seconds{-5}; }).starts_with("tasks[1].modes[0].duration = -5"));
  CHECK(broken([](P& p) { p.tasks[0].modes[0].duration = never; }).starts_with("tasks[0].modes[0].duration = inf"));
  CHECK(broken([](P& p) { p.tasks[0].modes[0].demands[0].amount = 0; }).starts_with("tasks[0].modes[0].demands.amount = 0"));
  CHECK(broken([](P& p) { p.tasks[0].modes[0].demands[0].resource = 8; }).starts_with("tasks[0].modes[0].demands.resource = 8"));
  CHECK(broken([](P& p) { p.tasks[0].modes[0].demands.push_back({0, 1}); }).find("must be there only once") != std::string::npos);
  CHECK(broken([](P& p) { p.tasks[3].modes[0].consumptions[0].amount = -1; }).find("consumptions.amount = -1") !=
        std::string::npos);
  CHECK(broken([](P& p) { p.tasks[3].modes[0].consumptions[0].reservoir = 1; }).find("consumptions.reservoir = 1") !=
        std::string::npos);
  CHECK(broken([](P& p) { p.tasks[4].predecessors[0].task = 5; }).starts_with("tasks[4].predecessors.task = 5"));
  CHECK(broken([](P& p) { p.tasks[4].predecessors[0].lag = never; }).starts_with("tasks[4].predecessors.lag = inf"));
  CHECK(broken([](P& p) { p.tasks[4].predecessors[0].transfer = Seconds{-1}; }).starts_with("tasks[4].predecessors.transfer = -1"));
  CHECK(broken([](P& p) { p.tasks[3].pinned->mode = 2; }).starts_with("tasks[3].pinned.mode = 2"));
  CHECK(broken([](P& p) { p.tasks[3].running = Running{}; }).starts_with("tasks[3].running.mode = 0"));
  CHECK(broken([](P& p) { p.tasks[2].running = Running{0, 1 * units::s}; }).starts_with("tasks[2].running.start = 1"));
  CHECK(broken([](P& p) { p.tasks[2].running = Running{0, Seconds{}, 2}; }).starts_with("tasks[2].running.kept = 2"));
  CHECK(broken([](P& p) { p.tasks[0].predecessors = {{4}}; }) == "predecessors = '0 -> 4 -> 0': must not go round in a cycle");
  CHECK(broken([](P& p) { p.tasks[0].predecessors = {{0}}; }) == "predecessors = '0 -> 0': must not go round in a cycle");
}
