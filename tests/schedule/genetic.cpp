#include "kilter/schedule/genetic.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <stop_token>
#include <vector>

#include "catch.hpp"
#include "gangs.hpp"
#include "kilter/schedule/backfill.hpp"

using namespace kilter;
using namespace kilter::schedule;
using namespace kilter::test;

static_assert(Scheduler<GeneticScheduler>);
static_assert(genetic::Problem<schedule::detail::OrderProblem>);

namespace {

double best_of_all_orders(const Problem& problem) {
  Order order = genetic::identity_permutation(problem.tasks.size());
  double best = std::numeric_limits<double>::infinity();
  do {
    best = std::min(best, ranked(decode(problem, order)));
  } while (std::next_permutation(order.begin(), order.end()));
  return best;
}

void check_equal(const Schedule& a, const Schedule& b) {
  CHECK(a.order == b.order);
  CHECK(a.measures.total == b.measures.total);
  CHECK(a.evaluations == b.evaluations);
  CHECK(a.status == b.status);
}

}  // namespace

TEST_CASE("tiny problems are solved to the best of all orders") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const Problem problem = random_problem(2 + seed % 4, 1 + seed % 2, 6, seed);
    const Schedule s = GeneticScheduler{}.schedule(problem);
    require_valid(problem, s);
    CHECK(ranked(s) <= best_of_all_orders(problem) + 1e-9);
  }
}

TEST_CASE("seven tasks: the search finds the best of all 5040 orders") {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    const Problem problem = random_problem(7, 1, 6, seed);
    GeneticScheduler scheduler;
    scheduler.options.generations = 60;
    scheduler.options.stall_generations = 0;
    const Schedule s = scheduler.schedule(problem);
    CHECK(ranked(s) <= best_of_all_orders(problem) + 1e-9);
    CHECK(s.evaluations < 5040);
  }
}

TEST_CASE("problems with everything in them: valid, never worse than a rule, the same at any number of threads") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const Problem problem = full_problem(2 + seed % 20, seed);
    GeneticScheduler scheduler;
    scheduler.options.population = 10;
    scheduler.options.generations = 6;
    scheduler.modes = seed % 3 == 0 ? ModeGenes::off : ModeGenes::automatic;
    const Schedule s = scheduler.schedule(problem);
    require_valid(problem, s);
    for (const Rule rule : rules) CHECK(ranked(s) <= ranked(ListScheduler{rule, Placement::least_cost}.schedule(problem)) + 1e-9);
    CHECK(ranked(s) <= ranked(EasyScheduler{}.schedule(problem)) + 1e-9);
    if (s.measures.unplaced == 0) CHECK(s.bound.base() <= s.measures.total.base() * (1 + 1e-9) + 1e-9);
    if (seed % 8 == 0) {
      check_equal(s, scheduler.schedule(problem, {}, Threads{2}));
      check_equal(s, scheduler.schedule(problem, {}, Threads{3}));
    }
  }
}

TEST_CASE("schedules are valid and never worse than any rule, EASY or the start") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const Problem problem = random_problem(1 + seed % 25, 1 + seed % 3, 8, seed);
    Rng rng{seed};
    const std::vector<Order> start{genetic::random_permutation(problem.tasks.size(), rng)};
    GeneticScheduler scheduler;
    scheduler.options.population = 6;
    scheduler.options.generations = 3;
    const Schedule s = scheduler.schedule(problem, start);
    require_valid(problem, s);
    const double allowed = ranked(s) - 1e-9;
    for (const Rule rule : rules) CHECK(allowed <= ranked(ListScheduler{rule, Placement::least_cost}.schedule(problem)));
    CHECK(allowed <= ranked(EasyScheduler{}.schedule(problem)));
    CHECK(allowed <= ranked(decode(problem, start[0])));
    if (s.measures.unplaced == 0) CHECK(s.bound.base() <= s.measures.total.base() + 1e-9);
  }
}

TEST_CASE("the genetic scheduler beats first come first served where it must") {
  // Ten short gangs behind one that blocks the pool for a day: going last costs it ten hours, going first costs them ten days.
  Problem problem = one_pool(4);
  add_gang(problem, 24, 4, -1);
  for (int i = 0; i < 10; ++i) add_gang(problem, 1, 4);
  const Schedule fifo = ListScheduler{}.schedule(problem), best = GeneticScheduler{}.schedule(problem);
  require_valid(problem, best);
  CHECK_THAT(fifo.measures.total.base(), WithinAbs(4.0 * 1 + 4 * (10 * 24 + 45), 1e-6));
  CHECK_THAT(best.measures.total.base(), WithinAbs(4.0 * 11 + 4 * 45, 1e-6));  // shortest first, which is optimal here
}

TEST_CASE("weighted tardiness that no rule sees is found by the search") {
  // One pool, equal work and due dates, unlike weights: the heaviest first is optimal (an exchange argument).
  Problem problem = one_pool(1);
  problem.objective.wait = Rate{};
  problem.objective.tardiness = 1 * units::usd / units::h;
  std::vector<double> weights{3, 9, 1, 7, 5, 8, 2, 6, 4};
  for (const double weight : weights) {
    Task& task = add_gang(problem, 1, 1);
    task.due = Seconds{0};
    task.weight = weight;
  }
  GeneticScheduler scheduler;
  scheduler.options.generations = 100;
  scheduler.options.stall_generations = 0;
  double optimum = 0;
  std::sort(weights.rbegin(), weights.rend());
  for (std::size_t i = 0; i < weights.size(); ++i) optimum += weights[i] * static_cast<double>(i + 1);
  CHECK_THAT(scheduler.schedule(problem).measures.total.base(), WithinAbs(optimum, 1e-9));
}

TEST_CASE("the schedule is the same at any number of threads") {
  const Problem problem = random_problem(40, 3, 12, 5);
  const Schedule one = GeneticScheduler{}.schedule(problem);
  check_equal(one, GeneticScheduler{}.schedule(problem));
  check_equal(one, GeneticScheduler{}.schedule(problem, {}, Threads{2}));
  check_equal(one, GeneticScheduler{}.schedule(problem, {}, Threads{3}));
}

TEST_CASE("without contention the bound is met and proven at once") {
  Problem problem = one_pool(64);
  problem.resources[0].rent = {Rate{3e-4}, Rate{1e-4}, Rate{2e-4}};
  for (int i = 0; i < 12; ++i) add_gang(problem, 1 + i % 3, 4);
  const Schedule s = GeneticScheduler{}.schedule(problem);
  CHECK(s.status == Status::optimal);
  CHECK(s.evaluations == 1);
  CHECK_THAT(s.bound.base(), WithinRel(s.measures.total.base(), 1e-12));
  problem.resources[0].capacity = {8};
  const Schedule crowded = GeneticScheduler{}.schedule(problem);
  CHECK(crowded.status == Status::feasible);
  CHECK(crowded.bound < crowded.measures.total);
}

TEST_CASE("empty, single and impossible problems") {
  const Schedule nothing = GeneticScheduler{}.schedule(Problem{});
  CHECK(nothing.status == Status::optimal);
  CHECK(nothing.assignments.empty());
  Problem problem = one_pool(4);
  add_gang(problem, 1, 2);
  CHECK(GeneticScheduler{}.schedule(problem).evaluations == 1);
  for (int i = 0; i < 9; ++i) add_gang(problem, 1, 5 + i);
  const Schedule s = GeneticScheduler{}.schedule(problem);
  CHECK(s.measures.unplaced == 9);
  CHECK(s.assignments[0].mode == 0);
  CHECK(s.status == Status::infeasible);  // nine of them fit nowhere
  require_valid(problem, s);
}

TEST_CASE("more tasks are placed before cheaper ones are") {
  // Capacity ends after four hours: the long cheap gang would crowd out two that are dear.
  Problem problem;
  problem.resources = {pool("a", {2, 2, 2, 2, 0})};
  problem.resources[0].rent = {Rate{1}};
  add_gang(problem, 4, 2);
  add_gang(problem, 2, 2);
  add_gang(problem, 2, 2);
  const Schedule s = GeneticScheduler{}.schedule(problem);
  CHECK(s.measures.unplaced == 1);
  CHECK_FALSE(s.assignments[0].placed());
  CHECK(better(s, decode(problem, {{0, 1, 2}})));
}

TEST_CASE("the order found starts the next search, also after tasks have come and gone") {
  const Problem problem = random_problem(30, 2, 12, 8);
  const Schedule first = GeneticScheduler{}.schedule(problem);
  GeneticScheduler brief;
  brief.options.generations = 0;
  brief.improvement = 0;
  const std::vector<Order> start{first.order};
  CHECK(ranked(brief.schedule(problem, start)) <= ranked(first) + 1e-9);

  Problem later = problem;
  later.tasks.erase(later.tasks.begin() + 3, later.tasks.begin() + 8);
  add_gang(later, 1, 1).id = 77;
  const Order carried = carry_over(problem, first.order, later);
  REQUIRE(genetic::is_permutation(carried));
  REQUIRE(carried.size() == 26);
  CHECK(later.tasks[carried.back()].id == 77);
  std::vector<std::size_t> kept, ids;
  for (const auto i : first.order) {
    if (i < 3 || i >= 8) kept.push_back(problem.tasks[i].id);
  }
  for (const auto i : carried) ids.push_back(later.tasks[i].id);
  ids.pop_back();
  CHECK(ids == kept);
}

TEST_CASE("a stop token and a time limit end the search with a valid schedule") {
  const Problem problem = random_problem(60, 3, 12, 4);
  std::stop_source source;
  source.request_stop();
  GeneticScheduler scheduler;
  scheduler.options.budget.stop = source.get_token();
  const Schedule stopped = scheduler.schedule(problem);
  CHECK(stopped.status == Status::cancelled);
  require_valid(problem, stopped);
  CHECK(ranked(stopped) <= ranked(ListScheduler{Rule::fifo, Placement::least_cost}.schedule(problem)) + 1e-9);

  GeneticScheduler endless;
  endless.options.generations = 1U << 30;
  endless.options.stall_generations = 0;
  endless.options.budget.time_limit = Duration{0.05};
  const Schedule limited = endless.schedule(problem);
  CHECK(limited.status == Status::time_limit);
  require_valid(problem, limited);

  const Problem six = one_pool(4, {{3, 3}, {2, 2}, {5, 1}, {1, 4}, {2, 3}, {4, 2}});
  CHECK(scheduler.schedule(six).status == Status::cancelled);
}

TEST_CASE("the observer sees the search, and nonsense is refused") {
  const Problem problem = random_problem(30, 2, 12, 6);
  std::size_t seen = 0;
  double last = std::numeric_limits<double>::infinity();
  const auto watch = [&](const Progress& progress) {
    ++seen;
    CHECK(progress.best <= last);
    last = progress.best;
  };
  static_cast<void>(GeneticScheduler{}.schedule(problem, {}, Inline{}, watch));
  CHECK(seen > 3);

  const std::vector<Order> wrong_size{{0, 1}}, twice{Order(30, 0)};
  CHECK_THROWS_AS(GeneticScheduler{}.schedule(problem, wrong_size), std::invalid_argument);
  CHECK_THROWS_AS(GeneticScheduler{}.schedule(problem, twice), std::invalid_argument);
  GeneticScheduler negative;
  negative.improvement = -1;
  CHECK_THROWS_AS(negative.schedule(problem), std::invalid_argument);
  GeneticScheduler no_population;
  no_population.options.population = 0;
  CHECK_THROWS_AS(no_population.schedule(problem), std::invalid_argument);
  Problem broken = problem;
  broken.tasks[2].modes[0].duration = Seconds{-1};
  CHECK_THROWS_AS(GeneticScheduler{}.schedule(broken), std::invalid_argument);
}
