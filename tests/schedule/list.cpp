#include "kilter/schedule/list.hpp"

#include <cmath>

#include "catch.hpp"
#include "gangs.hpp"
#include "kilter/schedule/backfill.hpp"

using namespace kilter;
using namespace kilter::schedule;
using namespace kilter::test;

static_assert(Scheduler<ListScheduler> && Scheduler<EasyScheduler>);
static_assert(!Scheduler<Problem> && !Scheduler<int>);

TEST_CASE("list rules order the tasks") {
  Problem problem;
  problem.resources.push_back(pool("a", {8}));
  add_gang(problem, 2, 1, 1).due = 9 * units::h;
  add_gang(problem, 1, 8, 0);
  add_gang(problem, 3, 1, 2).due = 5 * units::h;
  add_gang(problem, 1, 2, -1);
  CHECK(order_by(problem, Rule::fifo) == Order{3, 1, 0, 2});
  CHECK(order_by(problem, Rule::shortest_first) == Order{3, 1, 0, 2});
  CHECK(order_by(problem, Rule::weighted_shortest_first) == Order{1, 3, 0, 2});
  CHECK(order_by(problem, Rule::largest_area_first) == Order{1, 2, 3, 0});
  CHECK(order_by(problem, Rule::earliest_due_date) == Order{2, 0, 3, 1});
  CHECK(order_by(problem, Rule::longest_path) == Order{2, 0, 3, 1});
  problem.tasks[2].predecessors = {{1, 0.5 * units::h}};
  problem.tasks[0].predecessors = {{3}};
  CHECK(order_by(problem, Rule::longest_path) == Order{1, 3, 2, 0});  // 4.5, 3, 3, 2 hours to the end
  CHECK(order_by({}, Rule::fifo).empty());
}

TEST_CASE("EASY backfills what does not delay the head, by hand") {
  // 0 runs on 3 of 4 until hour 4; 1 needs all and is promised hour 4; 2 ends in time on the last GPU; 3 would not.
  const Problem problem = one_pool(4, {{4, 3}, {2, 4}, {3, 1}, {5, 1}});
  const Schedule s = EasyScheduler{}.schedule(problem);
  require_valid(problem, s);
  CHECK(s.assignments[0].start.in(units::h) == 0);
  CHECK(s.assignments[1].start.in(units::h) == 4);
  CHECK(s.assignments[2].start.in(units::h) == 0);
  CHECK(s.assignments[3].start.in(units::h) == 6);
  CHECK(s.order == Order{0, 2, 1, 3});
}

TEST_CASE("EASY lets a long task pass where the head leaves room beside it") {
  const Problem problem = one_pool(4, {{4, 3}, {2, 3}, {9, 1}});
  const Schedule s = EasyScheduler{}.schedule(problem);
  CHECK(s.assignments[1].start.in(units::h) == 4);
  CHECK(s.assignments[2].start.in(units::h) == 0);
}

TEST_CASE("EASY never starts the head later than promised, nor anything before its release") {
  std::size_t promised = 0;
  for (std::uint64_t seed = 1; seed <= 120; ++seed) {
    const Problem problem = random_problem(30, 1 + seed % 3, 6, seed);
    schedule::detail::Easy easy(problem);
    easy.run();
    require_valid(problem, EasyScheduler{}.schedule(problem));
    for (const auto& a : easy.assignments()) {
      if (std::isinf(easy.promised()[a.task])) continue;
      ++promised;
      REQUIRE(a.placed());
      CHECK(a.start.base() <= easy.promised()[a.task]);
    }
  }
  CHECK(promised > 500);
}

TEST_CASE("the first head of EASY starts when it would without those behind it") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    Problem problem = random_problem(20, 2, 6, seed);
    for (Task& task : problem.tasks) task.release = Seconds{0};
    const Schedule whole = EasyScheduler{}.schedule(problem);
    for (std::size_t head = 0; head < problem.tasks.size(); ++head) {
      if (whole.assignments[head].start.base() == 0 && whole.assignments[head].placed()) continue;
      if (!whole.assignments[head].placed()) break;
      Problem front = problem;
      front.tasks.resize(head + 1);
      CHECK(EasyScheduler{}.schedule(front).assignments[head].start == whole.assignments[head].start);
      break;
    }
  }
}

TEST_CASE("EASY leaves out only what fits nowhere") {
  Problem problem = one_pool(4);
  problem.resources[0].capacity = {4, 0};
  add_gang(problem, 2, 1);
  add_gang(problem, 1, 5);
  add_gang(problem, 1, 4);
  add_gang(problem, 1, 1, 3);
  const Schedule s = EasyScheduler{}.schedule(problem);
  require_valid(problem, s);
  CHECK(s.measures.unplaced == 3);
  CHECK(s.assignments[2].mode == 0);
  CHECK(EasyScheduler{}.schedule(Problem{}).assignments.empty());
}

TEST_CASE("conservative backfilling delays no one before it") {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    const Problem problem = random_problem(20, 2, 6, seed);
    const Schedule whole = ListScheduler{}.schedule(problem);
    require_valid(problem, whole);
    Problem front = problem;
    front.tasks.clear();
    const auto order = order_by(problem, Rule::fifo);
    for (std::size_t i = 0; i < 10; ++i) front.tasks.push_back(problem.tasks[order[i]]);
    const Schedule first = ListScheduler{}.schedule(front);
    for (std::size_t i = 0; i < 10; ++i) CHECK(first.assignments[i].start == whole.assignments[order[i]].start);
  }
}
