#include "kilter/schedule/decode.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "catch.hpp"
#include "gangs.hpp"
#include "kilter/genetic/permutation.hpp"

using namespace kilter;
using namespace kilter::schedule;
using namespace kilter::test;
using kilter::genetic::identity_permutation;
using kilter::genetic::Order;
using kilter::genetic::random_permutation;

namespace {

constexpr double hour = 3600;

double start_hour(const Schedule& s, std::size_t i) { return s.assignments[i].start.in(units::h); }

int gpus_of(const Task& task) { return task.modes[0].demands[0].amount; }

/// Free GPUs of pool `p` at time `t` beside the given assignments: straight from the definition.
int free_at(const Problem& problem, const std::vector<Assignment>& placed, std::size_t p, double t) {
  int free = schedule::detail::step_value(problem.resources[p].capacity, static_cast<std::size_t>(t / problem.step.base()));
  for (const auto& a : placed) {
    if (resource_of(problem, a) == p && a.start.base() <= t && t < a.finish.base()) free -= gpus_of(problem.tasks[a.task]);
  }
  return free;
}

/// Whether a gang fits at `start`: free GPUs only change at starts, finishes and step boundaries.
bool fits(const Problem& problem, const std::vector<Assignment>& placed, std::size_t p, const Task& task, double start) {
  const double finish = start + task.modes[p].duration.base();
  std::vector<double> moments{start};
  for (std::size_t k = 0; k < problem.resources[p].capacity.size(); ++k)
    moments.push_back(static_cast<double>(k) * problem.step.base());
  for (const auto& a : placed) moments.insert(moments.end(), {a.start.base(), a.finish.base()});
  return std::all_of(moments.begin(), moments.end(),
                     [&](double t) { return t < start || t >= finish || free_at(problem, placed, p, t) >= gpus_of(task); });
}

/// The earliest finish by trying every moment at which something changes.
double earliest_finish(const Problem& problem, const std::vector<Assignment>& placed, const Task& task) {
  double best = std::numeric_limits<double>::infinity();
  for (std::size_t p = 0; p < problem.resources.size(); ++p) {
    const double from = std::max(0.0, task.release.base());
    std::vector<double> starts{from};
    for (std::size_t k = 0; k < problem.resources[p].capacity.size(); ++k)
      starts.push_back(static_cast<double>(k) * problem.step.base());
    for (const auto& a : placed) starts.push_back(a.finish.base());
    for (const double s : starts) {
      if (s >= from && fits(problem, placed, p, task, s)) best = std::min(best, s + task.modes[p].duration.base());
    }
  }
  return best;
}

double own_cost(const Problem& problem, const Assignment& a) { return measure(problem, std::span{&a, 1}).total.base(); }

}  // namespace

TEST_CASE("gangs are packed by hand-checkable rules") {
  const Problem problem = one_pool(4, {{2, 3}, {1, 2}, {1, 1}, {3, 1}});
  const Schedule s = decode(problem, identity_permutation(4));
  require_valid(problem, s);
  CHECK(start_hour(s, 0) == 0);
  CHECK(start_hour(s, 1) == 2);  // two GPUs are free only after the first
  CHECK(start_hour(s, 2) == 0);  // fills the hole beside it
  CHECK(start_hour(s, 3) == 1);
  CHECK_THAT(s.measures.wait.in(units::h), WithinAbs(2 * 2 + 1, 1e-12));
  CHECK(s.measures.cost.base() == 0);
  CHECK_THAT(s.measures.total.in(units::usd), WithinAbs(5, 1e-12));
  CHECK(s.measures.makespan == 4 * units::h);
}

TEST_CASE("releases, due dates and speeds count") {
  Problem problem = one_pool(4);
  problem.objective.tardiness = 2 * units::usd / units::h;
  problem.resources.push_back(pool("fast", {4}, 2));
  Task& first = add_gang(problem, 4, 2, 1);
  first.due = 2 * units::h;
  first.weight = 5;
  add_gang(problem, 4, 2, -3);
  const Schedule s = decode(problem, identity_permutation(2));
  require_valid(problem, s);
  CHECK(s.assignments[0].mode == 1);  // an hour late instead of three
  CHECK(start_hour(s, 0) == 1);
  CHECK_THAT(s.assignments[0].finish.in(units::h), WithinAbs(3, 1e-12));
  CHECK_THAT(s.measures.tardiness.in(units::h), WithinAbs(1.0 * 2 * 5, 1e-9));
  CHECK(start_hour(s, 1) == 0);
  CHECK_THAT(s.measures.wait.in(units::h), WithinAbs(2 * 3, 1e-9));  // waiting since before the plan
}

TEST_CASE("delay pays when the price falls enough, and only then") {
  Problem problem = one_pool(2, {{1, 1}});
  const auto rents = [](std::initializer_list<double> per_hour) {
    std::vector<Rate> out;
    for (const double x : per_hour) out.push_back(Rate{x / hour});
    return out;
  };
  auto& o = problem.objective;
  problem.resources[0].rent = rents({10, 10, 1, 10});
  o.wait = 4 * units::usd / units::h;
  CHECK(start_hour(decode(problem, {{0}}), 0) == 2);
  o.wait = 5 * units::usd / units::h;
  CHECK(start_hour(decode(problem, {{0}}), 0) == 0);
  CHECK(start_hour(decode(problem, {{0}}, {.placement = Placement::earliest_finish}), 0) == 0);
  o.wait = Rate{};
  problem.tasks[0].due = 2.5 * units::h;  // the last start in time is cheaper than being late at the best price
  o.tardiness = 100 * units::usd / units::h;
  CHECK_THAT(start_hour(decode(problem, {{0}}), 0), WithinAbs(1.5, 1e-12));
  o.tardiness = Rate{};
  problem.tasks[0].deadline = 2.5 * units::h;  // the cheapest start is too late
  CHECK(start_hour(decode(problem, {{0}}), 0) == 0);
  problem.tasks.clear();
  problem.resources[0].rent = rents({1, 1, 10});
  problem.resources[0].capacity = {0, 1};  // dear either way: the rate rises at its finish
  add_gang(problem, 1.5, 1);
  CHECK(start_hour(decode(problem, {{0}}), 0) == 1);
}

TEST_CASE("energy is paid for at its price, carbon and power count as the objective says") {
  Problem problem;
  Resource site = pool("a", {4});
  site.power = 2 * units::kW;
  site.price = {100 * units::usd / units::MWh, 50 * units::usd / units::MWh};
  site.carbon = {100 * units::gCO2 / units::kWh, 400 * units::gCO2 / units::kWh};
  problem.resources = {site};
  add_gang(problem, 1, 3);
  const Schedule cheap = decode(problem, {{0}});
  require_valid(problem, cheap);
  CHECK(start_hour(cheap, 0) == 1);
  CHECK_THAT(cheap.measures.energy.in(units::kWh), WithinAbs(6, 1e-9));
  CHECK_THAT(cheap.measures.cost.in(units::usd), WithinAbs(0.3, 1e-12));
  CHECK_THAT(cheap.measures.carbon.in(units::kgCO2), WithinAbs(2.4, 1e-9));
  problem.objective.carbon = 1 * units::usd / units::kgCO2;  // now the clean hour is worth its price
  const Schedule clean = decode(problem, {{0}});
  require_valid(problem, clean);
  CHECK(start_hour(clean, 0) == 0);
  CHECK_THAT(clean.measures.total.in(units::usd), WithinAbs(0.6 + 0.6, 1e-9));
  problem.objective = {.cost = 0, .energy = 1 * units::usd / units::kWh};
  CHECK_THAT(decode(problem, {{0}}).measures.total.in(units::usd), WithinAbs(6, 1e-9));
}

TEST_CASE("a moldable gang takes as many GPUs as pay") {
  Problem problem;
  problem.resources = {pool("a", {8})};
  problem.resources[0].rent = {1 * units::usd / units::h};
  const std::vector<int> counts{1, 2, 4, 8};
  problem.tasks.push_back(moldable_gang({.work = 10 * units::h, .gpus = 1}, counts, 0.1, problem.resources));
  problem.objective.flow = Rate{};
  CHECK(decode(problem, {{0}}).assignments[0].mode == 0);  // the fewest GPU-hours
  problem.objective.flow = 10 * units::usd / units::h;
  const Schedule fast = decode(problem, {{0}});
  require_valid(problem, fast);
  CHECK(fast.assignments[0].mode == 3);
  CHECK_THAT(fast.measures.makespan.in(units::h), WithinAbs(10 * (0.1 + 0.9 / 8), 1e-9));
  CHECK_THROWS_AS(moldable_gang({.work = units::h}, counts, 1.5, problem.resources), std::invalid_argument);
  CHECK_THROWS_AS(schedule::gang({.work = Seconds{0}}, problem.resources), std::invalid_argument);
  CHECK_THROWS_AS(schedule::gang({.work = units::h, .gpus = 0}, problem.resources), std::invalid_argument);
}

TEST_CASE("a task alone gets the cheapest start there is") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    Problem problem = random_problem(1, 3, 12, seed);
    for (Resource& resource : problem.resources) resource.capacity = {64};
    const Schedule s = decode(problem, {{0}});
    require_valid(problem, s);
    const Task& task = problem.tasks[0];
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t p = 0; p < 3; ++p) {
      for (double t = std::max(0.0, task.release.base()); t < 14 * problem.step.base(); t += 30) {
        least = std::min(least, own_cost(problem, {0, p, Seconds{t}, Seconds{t + task.modes[p].duration.base()}}));
      }
    }
    CHECK(s.measures.total.base() <= least + 1e-9);
    CHECK_THAT(s.bound.base(), WithinAbs(s.measures.total.base(), 1e-9 * (1 + std::abs(least))));
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
        CHECK_FALSE(s.assignments[i].placed());
      } else {
        REQUIRE(s.assignments[i].placed());
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
      const Schedule s = decode(problem, decoder, order, {}, workspace);
      require_valid(problem, s);
      const double cost = decoder.cost(order, workspace);
      CHECK_THAT(cost, WithinRel(s.measures.total.base() + decoder.penalty() * static_cast<double>(s.measures.unplaced), 1e-9) ||
                           WithinAbs(s.measures.total.base(), 1e-9));
      CHECK(cost == decoder.cost(order, workspace));
      CHECK(cost >= decoder.bound().base() - 1e-9 * decoder.penalty());
      CHECK(std::abs(s.measures.total.base()) < decoder.penalty());
      for (const auto& a : s.assignments) {
        if (!a.placed()) CHECK(std::isinf(earliest_finish(problem, s.assignments, problem.tasks[a.task])));
      }
    }
  }
}

TEST_CASE("a gang is left out only when it never fits") {
  Problem problem = one_pool(8);
  problem.resources[0].capacity = {4, 4, 8, 8, 0};  // nothing from hour 4 on
  add_gang(problem, 2, 8);
  add_gang(problem, 1, 9);
  add_gang(problem, 3, 5);
  add_gang(problem, 1, 4);
  add_gang(problem, 1, 1, 5);
  const Schedule s = decode(problem, identity_permutation(5));
  require_valid(problem, s);
  CHECK(start_hour(s, 0) == 2);
  CHECK_FALSE(s.assignments[1].placed());  // larger than the pool
  CHECK_FALSE(s.assignments[2].placed());  // 5 GPUs are there for two hours only
  CHECK(start_hour(s, 3) == 0);
  CHECK_FALSE(s.assignments[4].placed());  // released when nothing is left
  CHECK(s.measures.unplaced == 3);
  CHECK(s.status == Status::infeasible);
  const auto words = obstacles(problem);
  REQUIRE(words.size() == 3);
  CHECK(words[0] == "task 1 fits no resource within its window");
  problem.tasks[3].predecessors = {{4}};
  CHECK(obstacles(problem)[2] == "task 3 has to wait for task 4");
}

TEST_CASE("no tasks, no resources") {
  const Problem empty;
  CHECK(decode(empty, {}).assignments.empty());
  CHECK(decode(empty, {}).measures.total.base() == 0);
  Problem nowhere;
  add_gang(nowhere, 1, 1);
  const Schedule s = decode(nowhere, {{0}});
  CHECK(s.measures.unplaced == 1);
  CHECK(obstacles(nowhere) == std::vector<std::string>{"task 0 has no mode"});
  require_valid(nowhere, s);
  nowhere.tasks[0].modes.push_back({5 * units::s});  // it needs nothing but time
  CHECK(decode(nowhere, {{0}}).measures.makespan == 5 * units::s);
}

TEST_CASE("problems with everything in them decode to valid schedules, in every way") {
  std::size_t placed = 0, all = 0, moved = 0;
  for (std::uint64_t seed = 1; seed <= 250; ++seed) {
    const Problem problem = full_problem(1 + seed % 23, seed);
    Rng rng{seed};
    for (const Placement placement : {Placement::least_cost, Placement::earliest_finish}) {
      for (const Scheme scheme : {Scheme::serial, Scheme::parallel}) {
        INFO("seed " << seed << " placement " << static_cast<int>(placement) << " scheme " << static_cast<int>(scheme));
        const Decoder decoder(problem, {.placement = placement, .scheme = scheme, .delay = rng.uniform()});
        auto workspace = decoder.make_workspace();
        const auto order = random_permutation(problem.tasks.size(), rng);
        std::vector<std::uint32_t> modes;
        for (const Task& task : problem.tasks) modes.push_back(static_cast<std::uint32_t>(rng.index(task.modes.size() + 1)));
        if (rng.bernoulli(0.5)) modes.clear();
        const Schedule s = decode(problem, decoder, order, modes, workspace);
        require_valid(problem, s);
        const double cost = decoder.cost(order, modes, workspace);
        CHECK_THAT(cost, WithinRel(s.measures.total.base() + decoder.penalty() * static_cast<double>(s.measures.unplaced), 1e-9));
        CHECK(std::abs(s.measures.total.base()) < decoder.penalty());
        CHECK(cost >= decoder.least_cost() - 1e-9 * decoder.penalty());
        all += s.assignments.size();
        placed += s.assignments.size() - s.measures.unplaced;
        for (const auto& a : s.assignments) moved += a.placed() && schedule::detail::is_moved(problem.tasks[a.task], a) ? 1U : 0U;
      }
    }
  }
  CHECK(placed > all * 6 / 10);
  CHECK(moved > 20);
}

TEST_CASE("blind to prices, the serial scheme gives active schedules, the parallel one with no delay non-delay ones") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    Problem problem = random_problem(20, 1, 1, seed);
    problem.resources[0].capacity = {32};
    Rng rng{seed};
    for (const Scheme scheme : {Scheme::serial, Scheme::parallel}) {
      const Schedule s = decode(problem, random_permutation(20, rng), {Placement::earliest_finish, scheme});
      for (std::size_t i = 0; i < 20; ++i) {
        if (!s.assignments[i].placed()) continue;
        std::vector<Assignment> others;
        for (const auto& a : s.assignments) {
          if (a.task == i || !a.placed()) continue;
          if (scheme == Scheme::serial || a.start < s.assignments[i].start) others.push_back(a);
        }
        // Active: it could not finish earlier with all others where they are. Non-delay: nor beside those that started before it.
        CHECK(earliest_finish(problem, others, problem.tasks[i]) >= s.assignments[i].finish.base() - 1e-6);
      }
    }
  }
}

TEST_CASE("precedence, lags and transfers by hand") {
  Problem problem;
  problem.resources = {pool("a", {1}), pool("b", {1})};
  problem.objective = {.makespan = 1 * units::usd / units::h};
  for (int i = 0; i < 3; ++i) add_gang(problem, 2, 1);
  problem.tasks[1].predecessors = {{0, 1 * units::h, 5 * units::h}};
  problem.tasks[2].predecessors = {{0, Seconds{}, 0.5 * units::h}};
  const Schedule s = decode(problem, {{2, 1, 0}}, {.placement = Placement::earliest_finish});
  require_valid(problem, s);
  CHECK(start_hour(s, 0) == 0);
  CHECK(start_hour(s, 2) == 2);  // on the same pool it need not wait for the transfer
  CHECK(start_hour(s, 1) == 4);  // 3 would do, but 2 is there; the other pool is five hours away
  CHECK(s.assignments[1].mode == 0);
  CHECK(s.measures.makespan == 6 * units::h);
  CHECK(s.measures.total == 6 * units::usd);
}

TEST_CASE("set-up times by hand") {
  Problem problem;
  problem.resources = {pool("a", {1})};
  problem.resources[0].setup = {{Seconds{}, 2 * units::h}, {1 * units::h, Seconds{}}};
  for (int i = 0; i < 4; ++i) add_gang(problem, 1, 1).family = i % 2 == 0 ? 0 : 1;
  const auto makespan = [&](const Order& order) {
    const Schedule s = decode(problem, order, {.placement = Placement::earliest_finish});
    require_valid(problem, s);
    return s.measures.makespan.in(units::h);
  };
  CHECK(makespan({0, 2, 1, 3}) == 6);
  CHECK(makespan({1, 3, 0, 2}) == 5);
  CHECK(makespan({0, 1, 2, 3}) == 9);  // the third goes to the end, as it fits between no two
}

TEST_CASE("reservoirs keep what the tasks to come need") {
  Problem problem;
  problem.resources = {pool("a", {9})};
  problem.reservoirs = {{"tokens", 7}};
  for (int i = 0; i < 3; ++i) {
    Task task;
    task.modes = {{1 * units::h, {{0, 1}}, {{0, 5}}}, {3 * units::h, {{0, 1}}, {{0, 1}}}};
    problem.tasks.push_back(task);
  }
  const Schedule s = decode(problem, {{0, 1, 2}}, {.placement = Placement::earliest_finish});
  require_valid(problem, s);
  CHECK(s.measures.unplaced == 0);
  CHECK(s.assignments[0].mode == 0);
  CHECK(s.assignments[1].mode == 1);
  CHECK(s.assignments[2].mode == 1);
  problem.reservoirs[0].amount = 2.5;
  const Schedule dry = decode(problem, {{0, 1, 2}});
  require_valid(problem, dry);
  CHECK(dry.status == Status::infeasible);
  CHECK(dry.measures.unplaced == 1);
}

TEST_CASE("pinned tasks stay, running ones move where that pays") {
  Problem problem = one_pool(4);
  problem.resources.push_back(pool("fast", {4}, 4));
  add_gang(problem, 8, 4).pinned = Pin{0, -1 * units::h};
  add_gang(problem, 8, 4, -2).running = Running{0, -2 * units::h, 0.25, 0.5 * units::h, 1 * units::usd};
  add_gang(problem, 1, 2).pinned = Pin{1, 10 * units::h};
  const Schedule s = decode(problem, identity_permutation(3));
  require_valid(problem, s);
  CHECK(start_hour(s, 0) == -1);
  CHECK(start_hour(s, 2) == 10);
  CHECK(s.assignments[1].mode == 1);  // its place is taken
  CHECK(start_hour(s, 1) == 0);
  CHECK_THAT(s.assignments[1].finish.in(units::h), WithinAbs(2 * 0.75 + 0.5, 1e-12));
  CHECK(s.measures.cost == 1 * units::usd);
  problem.tasks.erase(problem.tasks.begin());
  const Schedule stays = decode(problem, identity_permutation(2));
  require_valid(problem, stays);
  CHECK(stays.assignments[0].mode == 0);  // a restart would cost a dollar and two hours of waiting
  CHECK(start_hour(stays, 0) == -2);
  problem.tasks[1].pinned->start = -1 * units::h;  // both pinned to the same GPUs
  problem.tasks[1].pinned->mode = 0;
  problem.tasks[0].pinned = Pin{0, -2 * units::h};
  problem.tasks[0].running.reset();
  const Schedule both = decode(problem, identity_permutation(2));
  require_valid(problem, both);
  CHECK(both.measures.unplaced == 0);  // the second ended before the plan began
  problem.tasks[1].pinned->start = Seconds{};
  const Schedule clash = decode(problem, identity_permutation(2));
  require_valid(problem, clash);
  CHECK(clash.measures.unplaced == 1);
  CHECK(clash.status == Status::infeasible);
}
