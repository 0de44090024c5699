#include "kilter/schedule/shop.hpp"

#include <algorithm>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "kilter/schedule/shop_bound.hpp"
#include "kilter/schedule/shop_proof.hpp"
#include "kilter/schedule/shop_search.hpp"
#include "refused.hpp"
#include "shop_instances.hpp"

using namespace kilter;
using namespace kilter::schedule;
using namespace kilter::test;

namespace {

/// Two jobs on two machines; the second operation of job 1 may run on either.
Shop two_jobs() { return {.name = "two", .machines = 2, .jobs = {{{{{{0, 3}}}, {{{1, 2}}}}}, {{{{{1, 4}}}, {{{0, 5}, {1, 1}}}}}}}; }

ShopSchedule right_for_two_jobs() {
  return {.status = Status::feasible, .machine = {0, 1, 1, 1}, .start = {0, 5, 0, 4}, .makespan = 7, .bound = 5};
}

bool mentions(const ShopSchedule& schedule, std::string_view text) {
  const auto wrong = validate(two_jobs(), schedule);
  return std::any_of(wrong.begin(), wrong.end(), [&](const std::string& w) { return w.find(text) != std::string::npos; });
}

}  // namespace

TEST_CASE("a right shop schedule has nothing wrong with it") { CHECK(validate(two_jobs(), right_for_two_jobs()).empty()); }

TEST_CASE("each kind of breakage of a shop schedule is named") {
  ShopSchedule s = right_for_two_jobs();
  SECTION("sizes") {
    s.start.pop_back();
    CHECK(mentions(s, "start has 3 entries"));
    s.machine.push_back(0);
    CHECK(mentions(s, "machine has 5 entries"));
  }
  SECTION("a machine that is not an alternative") {
    s.machine[0] = 1;
    CHECK(mentions(s, "job 0 operation 0 may not run on machine 1"));
  }
  SECTION("a machine that does not exist") {
    s.machine[0] = 9;
    CHECK(mentions(s, "may not run on machine 9"));
  }
  SECTION("order within a job") {
    s.start[1] = 2;
    CHECK(mentions(s, "job 0 operation 1 starts at 2 before 3"));
  }
  SECTION("overlap") {
    s.start[3] = 5;
    CHECK(mentions(s, "overlaps"));
  }
  SECTION("negative start") {
    s.start[0] = -1;
    CHECK(mentions(s, "job 0 operation 0 starts at -1"));
  }
  SECTION("a start beyond all bounds") {
    s.start[0] = std::numeric_limits<Time>::max();
    CHECK(mentions(s, "starts at"));
  }
  SECTION("makespan") {
    s.makespan = 8;
    CHECK(mentions(s, "makespan is 7, not 8"));
  }
  SECTION("bound") {
    s.bound = 8;
    CHECK(mentions(s, "bound 8 exceeds"));
  }
}

TEST_CASE("an operation of no duration may touch another but not lie inside it") {
  const Shop shop{.name = {}, .machines = 1, .jobs = {{{{{{0, 4}}}}}, {{{{{0, 0}}}}}}};
  ShopSchedule s{.status = Status::feasible, .machine = {0, 0}, .start = {0, 0}, .makespan = 4};
  CHECK(validate(shop, s).empty());
  s.start[1] = 4;
  CHECK(validate(shop, s).empty());
  s.start[1] = 2;
  CHECK_FALSE(validate(shop, s).empty());
}

TEST_CASE("invalid shops are refused by name") {
  Shop shop = two_jobs();
  SECTION("no machine") {
    shop.jobs[1].operations[0].alternatives.clear();
    CHECK_REFUSED((check(shop), 0), "job 1 operation 0 alternatives");
  }
  SECTION("unknown machine") {
    shop.jobs[0].operations[1].alternatives[0].machine = 2;
    CHECK_REFUSED((check(shop), 0), "job 0 operation 1 machine = 2");
  }
  SECTION("negative duration") {
    shop.jobs[0].operations[1].alternatives[0].duration = -1;
    CHECK_REFUSED((check(shop), 0), "job 0 operation 1 duration = -1");
  }
  SECTION("a duration beyond 2^30") {
    shop.jobs[0].operations[1].alternatives[0].duration = shop_time_limit;
    CHECK_REFUSED((check(shop), 0), "duration");
  }
  SECTION("durations that sum beyond 2^30") {
    for (auto& job : shop.jobs) job.operations[0].alternatives[0].duration = shop_time_limit / 2;
    CHECK_REFUSED((check(shop), 0), "sum of durations");
    CHECK_REFUSED(ShopScheduler{}.schedule(shop), "sum of durations");
  }
  SECTION("a machine named twice") {
    shop.jobs[1].operations[1].alternatives[1].machine = 0;
    CHECK_REFUSED((check(shop), 0), "named twice");
  }
}

TEST_CASE("the bounds never exceed the best of all schedules and are met where one machine decides") {
  std::size_t closed = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    const RandomShop wanted{.jobs = 3, .machines = 3, .longest = 9, .shortest = 0, .flexibility = seed % 2 == 0 ? 0.0 : 0.4};
    const Shop shop = random_shop(wanted, seed);
    const Time best = EveryShopSchedule(shop).best(), bound = destructive_bound(shop);
    CHECK(makespan_bound(shop) <= bound);
    CHECK(bound <= best);
    CHECK(destructive_bound(shop, best) == bound);
    CHECK(destructive_bound(shop, 1) == std::max(makespan_bound(shop), Time{1}));
    if (bound == best) ++closed;
  }
  CHECK(closed > 30);
  Shop line{.name = {}, .machines = 1, .jobs = {}};
  for (const Time d : {3, 5, 7}) line.jobs.push_back({{{{{0, d}}}}});
  CHECK(makespan_bound(line) == 15);
}

TEST_CASE("Jackson's preemptive schedule: an instance worked by hand") {
  // At 0 the first runs; at 2 the second arrives with the longer tail and interrupts it: ends 2+3 with tail 9; the first ends at 8.
  CHECK(schedule::detail::shop_preemptive_bound({{0, 5, 1}, {2, 3, 9}}) == 14);
  CHECK(schedule::detail::shop_preemptive_bound({{0, 5, 7}, {2, 3, 1}}) == 12);
  CHECK(schedule::detail::shop_preemptive_bound({{4, 2, 3}}) == 9);
  CHECK(schedule::detail::shop_preemptive_bound({}) == 0);
}

TEST_CASE("propagation proves that ft06 takes 55") {
  CHECK(makespan_bound(fisher_thompson_6()) < 55);
  CHECK(destructive_bound(fisher_thompson_6()) == 55);
}
