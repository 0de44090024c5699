#include "kilter/schedule/heft.hpp"

#include <vector>

#include "catch.hpp"
#include "gangs.hpp"

using namespace kilter;
using namespace kilter::schedule;
using namespace kilter::test;

static_assert(Scheduler<HeftScheduler>);

namespace {

/// The task graph of Topcuoglu, Hariri, Wu 2002, "Performance-effective and low-complexity task scheduling for heterogeneous
/// computing", figure 2: ten tasks on three processors.
Problem published_example() {
  const int durations[10][3] = {{14, 16, 9}, {13, 19, 18}, {11, 13, 19}, {13, 8, 17},  {12, 13, 10},
                                {13, 16, 9}, {7, 15, 11},  {5, 11, 14},  {18, 12, 20}, {21, 7, 16}};
  struct Edge {
    std::uint32_t from, to;
    int communication;
  };
  const Edge edges[] = {{1, 2, 18}, {1, 3, 12}, {1, 4, 9},  {1, 5, 11}, {1, 6, 14},  {2, 8, 19},  {2, 9, 16}, {3, 7, 23},
                        {4, 8, 27}, {4, 9, 23}, {5, 9, 13}, {6, 8, 15}, {7, 10, 17}, {8, 10, 11}, {9, 10, 13}};
  Problem problem;
  problem.objective.makespan = Rate{1};
  for (int p = 0; p < 3; ++p) problem.resources.push_back(pool("p" + std::to_string(p + 1), {1}));
  for (const auto& row : durations) {
    Task task;
    for (std::uint32_t p = 0; p < 3; ++p) task.modes.push_back({Seconds{static_cast<double>(row[p])}, {{p, 1}}});
    problem.tasks.push_back(task);
  }
  for (const Edge& e : edges) {
    problem.tasks[e.to - 1].predecessors.push_back({e.from - 1, Seconds{}, Seconds{static_cast<double>(e.communication)}});
  }
  return problem;
}

}  // namespace

TEST_CASE("HEFT on its published example: ranks and a makespan of 80") {
  const Problem problem = published_example();
  const std::vector<double> ranks{108, 77, 80, 80, 69, 63.333, 42.667, 35.667, 44.333, 14.667};
  const auto found = upward_ranks(problem);
  for (std::size_t i = 0; i < ranks.size(); ++i) CHECK_THAT(found[i], WithinAbs(ranks[i], 5e-4));
  const Schedule s = HeftScheduler{}.schedule(problem);
  require_valid(problem, s);
  CHECK(s.measures.makespan == Seconds{80});
  const int processor[10] = {3, 1, 3, 2, 3, 2, 3, 1, 2, 2};  // as in their figure 3
  for (std::size_t i = 0; i < 10; ++i) CHECK(s.assignments[i].mode + 1 == static_cast<std::size_t>(processor[i]));
}

TEST_CASE("HEFT without edges packs what finishes first, and refuses a cycle by name") {
  Problem problem = published_example();
  for (Task& task : problem.tasks) task.predecessors.clear();
  require_valid(problem, HeftScheduler{}.schedule(problem));
  problem.tasks[2].predecessors = {{5}};
  problem.tasks[5].predecessors = {{7}};
  problem.tasks[7].predecessors = {{2}};
  CHECK_THROWS_WITH(HeftScheduler{}.schedule(problem), Catch::Contains("predecessors = '2 -> 7 -> 5 -> 2'"));
}
