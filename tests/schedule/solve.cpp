#include "kilter/schedule/solve.hpp"

#include <stdexcept>

#include "catch.hpp"
#include "gangs.hpp"

using namespace kilter;
using namespace kilter::schedule;
using namespace kilter::test;

namespace {

/// ft06 of Fisher, Thompson 1963, "Probabilistic learning combinations of local job-shop scheduling rules": makespan 55.
Shop ft06() {
  const int rows[6][12] = {{2, 1, 0, 3, 1, 6, 3, 7, 5, 3, 4, 6}, {1, 8, 2, 5, 4, 10, 5, 10, 0, 10, 3, 4},
                           {2, 5, 3, 4, 5, 8, 0, 9, 1, 1, 4, 7}, {1, 5, 0, 5, 2, 5, 3, 3, 4, 8, 5, 9},
                           {2, 9, 1, 3, 4, 5, 5, 4, 0, 3, 3, 1}, {1, 3, 3, 3, 5, 9, 0, 10, 4, 4, 2, 1}};
  Shop shop;
  shop.machines = 6;
  for (const auto& row : rows) {
    ShopJob& job = shop.jobs.emplace_back();
    for (int k = 0; k < 12; k += 2) {
      job.operations.push_back({{{static_cast<std::uint32_t>(row[k]), static_cast<Time>(row[k + 1])}}});
    }
  }
  return shop;
}

/// Five activities with two modes on one renewable and one non-renewable resource.
Project small_project() {
  Project project;
  project.renewable = {4};
  project.nonrenewable = {11};
  for (int i = 0; i < 5; ++i) project.activities.push_back({{{3, {2, 3}}, {5, {1, 1}}}, {}});
  project.activities[0].successors = {2, 3};
  project.activities[1].successors = {3};
  project.activities[3].successors = {4};
  return project;
}

}  // namespace

TEST_CASE("a shop goes to the shop's search and comes back valid") {
  const Problem problem = to_problem(ft06());
  const Schedule s = solve(problem);
  require_valid(problem, s);
  CHECK(s.measures.makespan == Seconds{55});
  const Schedule general = solve(problem, {.engine = Engine::general});
  require_valid(problem, general);
  CHECK(general.measures.makespan.base() < 70);
  CHECK(general.measures.makespan.base() >= 55);
  const Schedule project = solve(problem, {.engine = Engine::project});
  require_valid(problem, project);
  CHECK(project.measures.makespan.base() <= 60);
}

TEST_CASE("a project goes to the project's search, and its start and modes are valid") {
  const Problem problem = to_problem(small_project());
  CHECK_THROWS_AS(solve(problem, {.engine = Engine::shop}), std::invalid_argument);
  const Schedule s = solve(problem);
  require_valid(problem, s);
  CHECK(s.measures.unplaced == 0);
  const Schedule general = solve(problem, {.engine = Engine::general});
  require_valid(problem, general);
  CHECK(s.measures.total.base() <= general.measures.total.base() + 1e-9);
}

TEST_CASE("anything else goes to the general search") {
  const Problem problem = random_problem(12, 2, 6, 3);
  const Schedule s = solve(problem);
  require_valid(problem, s);
  CHECK(ranked(s) == ranked(GeneticScheduler{}.schedule(problem)));
  CHECK_THROWS_AS(solve(problem, {.engine = Engine::project}), std::invalid_argument);
  CHECK(solve(Problem{}).status == Status::optimal);
}

TEST_CASE("random chains and projects: every engine that fits is valid") {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    Rng rng{seed};
    Problem problem;
    problem.objective = {.makespan = Rate{1}, .cost = 0};
    const bool shop = seed % 2 == 0;
    for (int r = 0; r < 3; ++r) problem.resources.push_back(pool("", {shop ? 1 : 5}));
    for (std::uint32_t i = 0; i < 15; ++i) {
      Task task;
      for (std::uint32_t m = 0; m < 2; ++m) {
        const int amount = shop ? 1 : 1 + static_cast<int>(rng.index(4));
        task.modes.push_back({Seconds{static_cast<double>(1 + rng.index(20))}, {{(i + m) % 3, amount}}});
      }
      if (i % 3 != 0) task.predecessors.push_back({i - 1});
      if (!shop && i > 4 && rng.bernoulli(0.5)) task.predecessors.push_back({i - 4});
      problem.tasks.push_back(task);
    }
    const Schedule s = solve(problem, {.iterations = 50000});
    require_valid(problem, s);
    CHECK(s.measures.unplaced == 0);
    CHECK(s.bound.base() <= s.measures.total.base() + 1e-9);
    const Schedule general = solve(problem, {.engine = Engine::general});
    require_valid(problem, general);
    CHECK(s.measures.total.base() <= general.measures.total.base() + 1e-9);
  }
}
