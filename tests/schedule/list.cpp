#include "kilter/schedule/list.hpp"

#include <cmath>

#include "catch.hpp"
#include "gangs.hpp"

using namespace kilter;
using namespace kilter::schedule;
using namespace kilter::test;
using kilter::genetic::Permutation;

static_assert(Scheduler<ListScheduler> && Scheduler<EasyScheduler>);
static_assert(!Scheduler<Problem> && !Scheduler<int>);

TEST_CASE("list rules order the tasks") {
  Problem problem;
  problem.tasks = {gang(2, 1, 1), gang(1, 8, 0), gang(3, 1, 2), gang(1, 2, -1)};
  problem.tasks[0].due = 9 * units::h;
  problem.tasks[2].due = 5 * units::h;
  CHECK(order_by(problem, Rule::fifo) == Permutation{3, 1, 0, 2});
  CHECK(order_by(problem, Rule::shortest_first) == Permutation{3, 1, 0, 2});
  CHECK(order_by(problem, Rule::largest_area_first) == Permutation{1, 2, 3, 0});
  CHECK(order_by(problem, Rule::earliest_due_date) == Permutation{2, 0, 3, 1});
  CHECK(order_by({}, Rule::fifo).empty());
}

TEST_CASE("EASY backfills what does not delay the head, by hand") {
  Problem problem = one_pool(4);
  // 0 runs on 3 of 4 until hour 4; 1 needs all and is promised hour 4; 2 ends in time on the last GPU; 3 would not.
  problem.tasks = {gang(4, 3), gang(2, 4), gang(3, 1), gang(5, 1)};
  const Schedule s = EasyScheduler{}.schedule(problem);
  require_valid(problem, s);
  CHECK(s.assignments[0].start.in(units::h) == 0);
  CHECK(s.assignments[1].start.in(units::h) == 4);
  CHECK(s.assignments[2].start.in(units::h) == 0);
  CHECK(s.assignments[3].start.in(units::h) == 6);
  CHECK(s.order == Permutation{0, 2, 1, 3});
}

TEST_CASE("EASY lets a long task pass where the head leaves room beside it") {
  Problem problem = one_pool(4);
  problem.tasks = {gang(4, 3), gang(2, 3), gang(9, 1)};
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
      REQUIRE(a.pool != npos);
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
      if (whole.assignments[head].start.base() == 0 && whole.assignments[head].pool != npos) continue;
      if (whole.assignments[head].pool == npos) break;
      Problem front = problem;
      front.tasks.resize(head + 1);
      CHECK(EasyScheduler{}.schedule(front).assignments[head].start == whole.assignments[head].start);
      break;
    }
  }
}

TEST_CASE("EASY leaves out only what fits nowhere") {
  Problem problem = one_pool(4);
  problem.pools[0].capacity = {4, 0};
  problem.tasks = {gang(2, 1), gang(1, 5), gang(1, 4), gang(1, 1, 3)};
  const Schedule s = EasyScheduler{}.schedule(problem);
  require_valid(problem, s);
  CHECK(s.unplaced == 3);
  CHECK(s.assignments[2].pool == 0);
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
