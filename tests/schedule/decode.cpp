#include "kilter/schedule/decode.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

#include "catch.hpp"
#include "gangs.hpp"
#include "kilter/genetic/permutation.hpp"

using namespace kilter;
using namespace kilter::schedule;
using namespace kilter::test;
using kilter::genetic::identity_permutation;
using kilter::genetic::random_permutation;

namespace {

constexpr double hour = 3600;

double start_hour(const Schedule& s, std::size_t i) { return s.assignments[i].start.in(units::h); }

/// Free GPUs of pool `p` at time `t` beside the given assignments: straight from the definition.
int free_at(const Problem& problem, const std::vector<Assignment>& placed, std::size_t p, double t) {
  int free = schedule::detail::step_value(problem.pools[p].capacity, static_cast<std::size_t>(t / problem.step.base()));
  for (const auto& a : placed) {
    if (a.pool == p && a.start.base() <= t && t < a.finish.base()) free -= problem.tasks[a.task].gpus;
  }
  return free;
}

/// Whether a gang fits at `start`: free GPUs only change at starts, finishes and step boundaries.
bool fits(const Problem& problem, const std::vector<Assignment>& placed, std::size_t p, const Task& task, double start) {
  const double finish = start + task.work.base() / problem.pools[p].speed;
  std::vector<double> moments{start};
  for (std::size_t k = 0; k < problem.pools[p].capacity.size(); ++k)
    moments.push_back(static_cast<double>(k) * problem.step.base());
  for (const auto& a : placed) moments.insert(moments.end(), {a.start.base(), a.finish.base()});
  return std::all_of(moments.begin(), moments.end(),
                     [&](double t) { return t < start || t >= finish || free_at(problem, placed, p, t) >= task.gpus; });
}

/// The earliest finish by trying every moment at which something changes.
double earliest_finish(const Problem& problem, const std::vector<Assignment>& placed, const Task& task) {
  double best = std::numeric_limits<double>::infinity();
  for (std::size_t p = 0; p < problem.pools.size(); ++p) {
    const double from = std::max(0.0, task.release.base());
    std::vector<double> starts{from};
    for (std::size_t k = 0; k < problem.pools[p].capacity.size(); ++k)
      starts.push_back(static_cast<double>(k) * problem.step.base());
    for (const auto& a : placed) starts.push_back(a.finish.base());
    for (const double s : starts) {
      if (s >= from && fits(problem, placed, p, task, s)) best = std::min(best, s + task.work.base() / problem.pools[p].speed);
    }
  }
  return best;
}

double own_cost(const Problem& problem, const Assignment& a) {
  Schedule sums;
  schedule::detail::add_costs(problem, a, sums);
  return (sums.cost + sums.tardiness_cost + sums.wait_cost).base();
}

}  // namespace

TEST_CASE("gangs are packed by hand-checkable rules") {
  Problem problem = one_pool(4);
  problem.tasks = {gang(2, 3), gang(1, 2), gang(1, 1), gang(3, 1)};
  const Schedule s = decode(problem, identity_permutation(4));
  require_valid(problem, s);
  CHECK(start_hour(s, 0) == 0);
  CHECK(start_hour(s, 1) == 2);  // two GPUs are free only after the first
  CHECK(start_hour(s, 2) == 0);  // fills the hole beside it
  CHECK(start_hour(s, 3) == 1);
  CHECK_THAT(s.wait_cost.base(), WithinAbs(2 * 2 + 1, 1e-12));
  CHECK(s.cost.base() == 0);
  CHECK(s.total == s.wait_cost);
}

TEST_CASE("releases, due dates and speeds count") {
  Problem problem = one_pool(4);
  problem.tardiness_price = 2 * units::usd / units::h;
  problem.pools.push_back({.name = "fast", .speed = 2, .capacity = {4}});
  problem.tasks = {gang(4, 2, 1), gang(4, 2, -3)};
  problem.tasks[0].due = 2 * units::h;
  problem.tasks[0].weight = 5;
  const Schedule s = decode(problem, identity_permutation(2));
  require_valid(problem, s);
  CHECK(s.assignments[0].pool == 1);  // an hour late instead of three
  CHECK(start_hour(s, 0) == 1);
  CHECK_THAT(s.assignments[0].finish.in(units::h), WithinAbs(3, 1e-12));
  CHECK_THAT(s.tardiness_cost.base(), WithinAbs(2.0 * 1 * 2 * 5, 1e-9));
  CHECK(start_hour(s, 1) == 0);
  CHECK_THAT(s.wait_cost.base(), WithinAbs(2 * 3, 1e-9));  // waiting since before the plan
}

TEST_CASE("delay pays when the price falls enough, and only then") {
  Problem problem = one_pool(2);
  problem.pools[0].cost_rate = {10 / hour, 10 / hour, 1 / hour, 10 / hour};
  problem.tasks = {gang(1, 1)};
  problem.wait_price = 4 * units::usd / units::h;
  CHECK(start_hour(decode(problem, {{0}}), 0) == 2);
  problem.wait_price = 5 * units::usd / units::h;
  CHECK(start_hour(decode(problem, {{0}}), 0) == 0);
  CHECK(start_hour(decode(problem, {{0}}, {.placement = Placement::earliest_finish}), 0) == 0);
  problem.wait_price = Rate{};
  problem.tasks[0].due = 2.5 * units::h;  // the last start in time is cheaper than being late at the best price
  problem.tardiness_price = 100 * units::usd / units::h;
  CHECK_THAT(start_hour(decode(problem, {{0}}), 0), WithinAbs(1.5, 1e-12));
  problem.pools[0].cost_rate = {1 / hour, 1 / hour, 10 / hour};
  problem.tasks = {gang(1.5, 1)};
  problem.pools[0].capacity = {0, 1};  // dear either way: the rate rises at its finish
  problem.tasks[0].due = never;
  CHECK(start_hour(decode(problem, {{0}}), 0) == 1);
}

TEST_CASE("a task alone gets the cheapest start there is") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    Problem problem = random_problem(1, 3, 12, seed);
    for (Pool& pool : problem.pools) pool.capacity = {64};
    const Schedule s = decode(problem, {{0}});
    require_valid(problem, s);
    const Task& task = problem.tasks[0];
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t p = 0; p < 3; ++p) {
      for (double t = std::max(0.0, task.release.base()); t < 14 * problem.step.base(); t += 30) {
        least = std::min(least, own_cost(problem, {0, p, Seconds{t}, Seconds{t + task.work.base() / problem.pools[p].speed}}));
      }
    }
    CHECK(s.total.base() <= least + 1e-9);
    CHECK_THAT(s.bound.base(), WithinAbs(s.total.base(), 1e-9 * (1 + std::abs(least))));
  }
}

TEST_CASE("each task in turn finishes as early as it can, by a second method") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const Problem problem = random_problem(25, 2, 8, seed);
    Rng rng{seed};
    const auto order = random_permutation(25, rng);
    const Schedule s = decode(problem, order, {.placement = Placement::earliest_finish});
    require_valid(problem, s);
    std::vector<Assignment> placed;
    for (const auto i : order) {
      const double finish = earliest_finish(problem, placed, problem.tasks[i]);
      if (std::isinf(finish)) {
        CHECK(s.assignments[i].pool == npos);
      } else {
        REQUIRE(s.assignments[i].pool != npos);
        CHECK_THAT(s.assignments[i].finish.base(), WithinAbs(finish, 1e-6));
        placed.push_back(s.assignments[i]);
      }
    }
  }
}

TEST_CASE("random problems decode to valid schedules whose sums are those of the fast path") {
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    const Problem problem = random_problem(1 + seed % 40, 1 + seed % 4, 1 + seed % 9, seed);
    Rng rng{seed};
    const Decoder decoder(problem, {.lookahead = seed % 5});
    auto workspace = decoder.make_workspace();
    for (int round = 0; round < 5; ++round) {
      const auto order = random_permutation(problem.tasks.size(), rng);
      const Schedule s = schedule::detail::schedule_of(problem, decoder, order, workspace);
      require_valid(problem, s);
      const double cost = decoder.cost(order, workspace);
      CHECK_THAT(cost, WithinRel(s.total.base() + decoder.penalty() * static_cast<double>(s.unplaced), 1e-9) ||
                           WithinAbs(s.total.base(), 1e-9));
      CHECK(cost == decoder.cost(order, workspace));
      CHECK(cost >= decoder.bound().base() - 1e-9 * decoder.penalty());
      CHECK(std::abs(s.total.base()) < decoder.penalty());
      for (const auto& a : s.assignments) {
        if (a.pool == npos) CHECK(std::isinf(earliest_finish(problem, s.assignments, problem.tasks[a.task])));
      }
    }
  }
}

TEST_CASE("a gang is left out only when it never fits") {
  Problem problem = one_pool(8);
  problem.pools[0].capacity = {4, 4, 8, 8, 0};  // nothing from hour 4 on
  problem.tasks = {gang(2, 8), gang(1, 9), gang(3, 5), gang(1, 4), gang(1, 1, 5)};
  const Schedule s = decode(problem, identity_permutation(5));
  require_valid(problem, s);
  CHECK(start_hour(s, 0) == 2);
  CHECK(s.assignments[1].pool == npos);  // larger than the pool
  CHECK(s.assignments[2].pool == npos);  // 5 GPUs are there for two hours only
  CHECK(start_hour(s, 3) == 0);
  CHECK(s.assignments[4].pool == npos);  // released when nothing is left
  CHECK(s.unplaced == 3);
}

TEST_CASE("no tasks, no pools") {
  const Problem nothing;
  const Schedule empty = decode(nothing, {});
  CHECK(empty.assignments.empty());
  CHECK(empty.total.base() == 0);
  Problem no_pools;
  no_pools.tasks = {gang(1, 1)};
  const Schedule s = decode(no_pools, {{0}});
  CHECK(s.unplaced == 1);
  require_valid(no_pools, s);
}

TEST_CASE("invalid problems and orders are refused by name") {
  const auto message = [](const Problem& problem, const genetic::Permutation& order) -> std::string {
    try {
      static_cast<void>(decode(problem, order));
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return {};
  };
  Problem good = one_pool(4);
  good.tasks = {gang(1, 1), gang(1, 2)};
  CHECK(message(good, {0, 1}).empty());
  CHECK(message(good, {0}).starts_with("order = 1"));
  CHECK(message(good, {0, 0}).starts_with("order"));
  CHECK(message(good, {0, 2}).starts_with("order"));
  const auto broken = [&](auto change) {
    Problem problem = good;
    change(problem);
    return message(problem, {0, 1});
  };
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(broken([](Problem& p) { p.tasks[1].work = Seconds{0}; }).starts_with("tasks[1].work = 0"));
  CHECK(broken([](Problem& p) { p.tasks[1].work = Seconds{-5}; }).starts_with("tasks[1].work = -5"));
  CHECK(broken([](Problem& p) { p.tasks[0].work = never; }).starts_with("tasks[0].work = inf"));
  CHECK(broken([](Problem& p) { p.tasks[0].gpus = 0; }).starts_with("tasks[0].gpus = 0"));
  CHECK(broken([](Problem& p) { p.tasks[0].release = Seconds{nan}; }).starts_with("tasks[0].release = nan"));
  CHECK(broken([](Problem& p) { p.tasks[0].due = Seconds{nan}; }).starts_with("tasks[0].due = nan"));
  CHECK(broken([](Problem& p) { p.tasks[0].due = -never; }).starts_with("tasks[0].due = -inf"));
  CHECK(broken([](Problem& p) { p.tasks[0].weight = -1; }).starts_with("tasks[0].weight = -1"));
  CHECK(broken([](Problem& p) { p.step = Seconds{0}; }).starts_with("step = 0"));
  CHECK(broken([](Problem& p) { p.wait_price = Rate{-1}; }).starts_with("wait_price = -1"));
  CHECK(broken([](Problem& p) { p.tardiness_price = Rate{nan}; }).starts_with("tardiness_price = nan"));
  CHECK(broken([](Problem& p) { p.pools[0].speed = 0; }).starts_with("pools[0].speed = 0"));
  CHECK(broken([](Problem& p) { p.pools[0].capacity = {}; }).starts_with("pools[0].capacity = 0"));
  CHECK(broken([](Problem& p) { p.pools[0].capacity = {3, -1}; }).starts_with("pools[0].capacity = -1"));
  CHECK(broken([](Problem& p) { p.pools[0].cost_rate = {nan}; }).starts_with("pools[0].cost_rate = nan"));
}

TEST_CASE("validate finds each kind of lie") {
  Problem problem = one_pool(4);
  problem.tardiness_price = 1 * units::usd / units::h;
  problem.pools[0].cost_rate = {1 / hour};
  problem.tasks = {gang(2, 3), gang(1, 2, 1), gang(1, 1)};
  problem.tasks[1].due = 2 * units::h;
  const Schedule good = decode(problem, identity_permutation(3));
  CHECK(validate(problem, good).empty());
  const auto lines = [&](auto change) {
    Schedule lie = good;
    change(lie);
    std::string all;
    for (const auto& line : validate(problem, lie)) all += line + "\n";
    return all;
  };
  using Catch::Contains;
  CHECK_THAT(lines([](Schedule& s) { s.assignments.pop_back(); }), Contains("task 2 is assigned 0 times"));
  CHECK_THAT(lines([](Schedule& s) { s.assignments[2].task = 1; }), Contains("task 1 is assigned 2 times"));
  CHECK_THAT(lines([](Schedule& s) { s.assignments[0].task = 7; }), Contains("no task 7"));
  CHECK_THAT(lines([](Schedule& s) { s.assignments[0].pool = 3; }), Contains("no pool 3"));
  CHECK_THAT(lines([](Schedule& s) { s.assignments[0].finish += 1 * units::s; }),
             Contains("task 0 finishes at 7201 s and not at 7200 s"));
  CHECK_THAT(lines([](Schedule& s) {
               s.assignments[1].start = 0.5 * units::h;
               s.assignments[1].finish = 1.5 * units::h;
             }),
             Contains("task 1 starts at 1800 s, before it can at 3600 s"));
  Schedule crowded = good;
  crowded.assignments[1].start = 1 * units::h;
  crowded.assignments[1].finish = 2 * units::h;
  CHECK(validate(problem, crowded).front() == "pool 0 runs 5 GPUs from 3600 s and has 4");
  CHECK_THAT(lines([](Schedule& s) { s.assignments[0].start = Seconds{std::nan("")}; }), Contains("task 0 runs from nan"));
  CHECK_THAT(lines([](Schedule& s) { s.cost += 1 * units::usd; }), Contains("cost is"));
  CHECK_THAT(lines([](Schedule& s) { s.tardiness_cost += 1 * units::usd; }), Contains("tardiness_cost is"));
  CHECK_THAT(lines([](Schedule& s) { s.wait_cost += 1 * units::usd; }), Contains("wait_cost is"));
  CHECK_THAT(lines([](Schedule& s) { s.total += 1 * units::usd; }), Contains("total is"));
  CHECK_THAT(lines([](Schedule& s) { s.unplaced = 1; }), Contains("unplaced is 1 and not 0"));
}
