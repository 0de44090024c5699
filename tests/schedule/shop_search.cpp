#include "kilter/schedule/shop_search.hpp"

#include <chrono>
#include <fstream>
#include <iterator>
#include <stop_token>
#include <string>
#include <vector>

#include "catch.hpp"
#include "kilter/schedule/read_shop.hpp"
#include "refused.hpp"
#include "shop_instances.hpp"

using namespace kilter;
using namespace kilter::schedule;
using namespace kilter::test;

namespace {

/// A search small enough for a test.
ShopScheduler quick(std::size_t iterations) {
  return {{.iterations = iterations, .population = 8, .round = 4, .stall = 1000, .path_candidates = 3, .path_stall = 100}};
}

void check_equal(const ShopSchedule& a, const ShopSchedule& b) {
  CHECK(a.status == b.status);
  CHECK(a.machine == b.machine);
  CHECK(a.start == b.start);
  CHECK(a.makespan == b.makespan);
  CHECK(a.iterations == b.iterations);
  CHECK(a.evaluations == b.evaluations);
}

/// The text of a file under the shared data; empty, with a warning, where it is not there.
std::string shared_text(const std::string& path) {
  std::ifstream in(std::string{KILTER_SHARED_DATA} + "/scheduling/" + path);
  if (!in) WARN("no " << path << " under " << KILTER_SHARED_DATA);
  return {std::istreambuf_iterator<char>{in}, {}};
}

}  // namespace

TEST_CASE("ft06 is solved to 55, proven") {
  const Shop shop = fisher_thompson_6();
  const ShopSchedule s = quick(200000).schedule(shop);
  require_right(shop, s);
  CHECK(s.makespan == 55);
  CHECK(s.status == Status::optimal);
}

TEST_CASE("tiny shops are solved to the best of all schedules") {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    RandomShop wanted{.jobs = 3, .machines = 3, .longest = 9, .shortest = seed % 3 == 0 ? 0U : 1U};
    wanted.flexibility = seed % 2 == 0 ? 0.0 : 0.4;
    wanted.revisits = seed % 5 == 0;
    const Shop shop = random_shop(wanted, seed);
    const ShopSchedule s = quick(20000).schedule(shop);
    require_right(shop, s);
    CHECK(s.makespan == EveryShopSchedule(shop).best());
    if (s.status == Status::optimal) CHECK(s.makespan == s.bound);
  }
}

TEST_CASE("a shop search is the same at any number of threads") {
  for (const double flexibility : {0.0, 0.3}) {
    const Shop shop = random_shop({.jobs = 8, .machines = 6, .longest = 99, .shortest = 1, .flexibility = flexibility}, 5);
    const ShopSchedule one = quick(60000).schedule(shop);
    require_right(shop, one);
    check_equal(one, quick(60000).schedule(shop, {}, Threads{2}));
    check_equal(one, quick(60000).schedule(shop, {}, Threads{3}));
    ShopScheduler other = quick(60000);
    other.options.seed = 2;
    CHECK(other.schedule(shop).start != one.start);
    // Also when the target is reached in the middle of a round.
    ShopScheduler aimed = quick(60000);
    aimed.options.target = one.makespan + 5;
    const ShopSchedule reached = aimed.schedule(shop);
    CHECK(reached.makespan <= one.makespan + 5);
    check_equal(reached, aimed.schedule(shop, {}, Threads{3}));
  }
}

TEST_CASE("limits of a shop search are kept and named") {
  const Shop shop = random_shop({.jobs = 10, .machines = 8, .longest = 99}, 3);
  SECTION("iterations") {
    const ShopSchedule s = quick(5000).schedule(shop);
    require_right(shop, s);
    CHECK(s.status == Status::iteration_limit);
    CHECK(s.iterations <= 5000);
    CHECK(s.evaluations > s.iterations);
    CHECK(s.seconds_to_best == 0);
    require_right(shop, quick(1).schedule(shop));
  }
  SECTION("no limit given: it ends all the same") {
    ShopScheduler scheduler = quick(0);
    const ShopSchedule s = scheduler.schedule(shop);
    CHECK((s.status == Status::iteration_limit || s.status == Status::optimal));
  }
  SECTION("time") {
    ShopScheduler scheduler;
    scheduler.options.budget.time_limit = Duration{0.05};
    const auto begin = std::chrono::steady_clock::now();
    const ShopSchedule s = scheduler.schedule(shop, {}, Threads{2});
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(5));
    require_right(shop, s);
    CHECK(s.status == Status::time_limit);
    CHECK(s.seconds_to_best >= 0);
    CHECK(s.seconds_to_best < 5);
  }
  SECTION("no time at all") {
    ShopScheduler scheduler;
    scheduler.options.budget.time_limit = Duration{0};
    const ShopSchedule s = scheduler.schedule(shop);
    require_right(shop, s);
    CHECK(s.status == Status::time_limit);
  }
  SECTION("cancelled") {
    std::stop_source source;
    source.request_stop();
    ShopScheduler scheduler = quick(100000);
    scheduler.options.budget.stop = source.get_token();
    const ShopSchedule s = scheduler.schedule(shop);
    require_right(shop, s);
    CHECK(s.status == Status::cancelled);
  }
  SECTION("target") {
    ShopScheduler scheduler = quick(100000);
    scheduler.options.target = 100000;
    const ShopSchedule s = scheduler.schedule(shop);
    require_right(shop, s);
    CHECK(s.status == Status::feasible);
    CHECK(s.makespan <= 100000);
  }
}

TEST_CASE("the observer sees rounds that do not get worse") {
  const Shop shop = random_shop({.jobs = 10, .machines = 8, .longest = 99}, 3);
  std::vector<Progress> seen;
  const ShopSchedule s = quick(30000).schedule(shop, {}, Inline{}, [&](const Progress& p) { seen.push_back(p); });
  REQUIRE(seen.size() > 2);
  for (std::size_t i = 1; i < seen.size(); ++i) {
    CHECK(seen[i].best <= seen[i - 1].best);
    CHECK(seen[i].iteration >= seen[i - 1].iteration);
  }
  CHECK(seen.back().best == static_cast<double>(s.makespan));
  CHECK(seen.back().bound == static_cast<double>(s.bound));
}

TEST_CASE("a start is never made worse, however little is searched") {
  for (const double flexibility : {0.0, 0.3}) {
    const Shop shop = random_shop({.jobs = 8, .machines = 6, .longest = 99, .shortest = 0, .flexibility = flexibility}, 5);
    const ShopSchedule good = quick(100000).schedule(shop);
    for (const std::size_t iterations : {1U, 100U, 10000U}) {
      const ShopSchedule again = quick(iterations).schedule(shop, std::vector{good});
      require_right(shop, again);
      CHECK(again.makespan <= good.makespan);
    }
    ShopScheduler cancelled = quick(1000);
    cancelled.options.budget.time_limit = Duration{0};
    CHECK(cancelled.schedule(shop, std::vector{good, good}).makespan <= good.makespan);
  }
}

TEST_CASE("a start that is not valid is refused") {
  const Shop shop = fisher_thompson_6();
  ShopSchedule s = quick(1000).schedule(shop);
  s.start[0] = -1;
  CHECK_REFUSED(ShopScheduler{}.schedule(shop, std::vector{s}), "start = 0: job 0 operation 0 starts at -1");
}

TEST_CASE("degenerate shops") {
  SECTION("no jobs, no machines") {
    const ShopSchedule s = ShopScheduler{}.schedule({});
    CHECK(s.status == Status::optimal);
    CHECK(s.makespan == 0);
    CHECK(s.start.empty());
  }
  SECTION("jobs without operations") {
    const Shop shop{.name = {}, .machines = 2, .jobs = {{}, {{{{{1, 4}}}}}, {}}};
    const ShopSchedule s = ShopScheduler{}.schedule(shop);
    require_right(shop, s);
    CHECK(s.status == Status::optimal);
    CHECK(s.makespan == 4);
  }
  SECTION("one machine") {
    const Shop shop = random_shop({.jobs = 6, .machines = 1}, 1);
    const ShopSchedule s = ShopScheduler{}.schedule(shop);
    require_right(shop, s);
    CHECK(s.status == Status::optimal);
  }
  SECTION("no durations at all") {
    for (const double flexibility : {0.0, 0.5}) {
      const RandomShop wanted{.jobs = 4, .machines = 3, .longest = 0, .shortest = 0, .flexibility = flexibility, .revisits = true};
      const Shop shop = random_shop(wanted, 1);
      const ShopSchedule s = ShopScheduler{}.schedule(shop);
      require_right(shop, s);
      CHECK(s.status == Status::optimal);
      CHECK(s.makespan == 0);
    }
  }
  SECTION("a job that visits one machine twice in a row, among others") {
    const Shop shop{
        .name = {}, .machines = 2, .jobs = {{{{{{0, 2}}}, {{{0, 3}}}, {{{1, 1}}}}}, {{{{{0, 4}}}, {{{1, 2}}}, {{{0, 1}}}}}}};
    const ShopSchedule s = quick(5000).schedule(shop);
    require_right(shop, s);
    CHECK(s.makespan == EveryShopSchedule(shop).best());
  }
  SECTION("some operations flexible, others not, one machine idle") {
    const Shop shop{.name = {}, .machines = 4, .jobs = {{{{{{0, 5}, {1, 5}}}, {{{2, 1}}}}}, {{{{{0, 5}}}, {{{2, 1}}}}}}};
    const ShopSchedule s = quick(5000).schedule(shop);
    require_right(shop, s);
    CHECK(s.makespan == 7);
  }
}

TEST_CASE("options of a shop search are checked by name") {
  const Shop shop = fisher_thompson_6();
  ShopScheduler s;
  const auto refused = [&](auto change, const char* text) {
    ShopScheduler wrong = s;
    change(wrong.options);
    CHECK_REFUSED(wrong.schedule(shop), text);
  };
  refused([](ShopOptions& o) { o.population = 1; }, "population = 1");
  refused([](ShopOptions& o) { o.round = 0; }, "round = 0");
  refused([](ShopOptions& o) { o.stall = 0; }, "stall = 0");
  refused([](ShopOptions& o) { o.path_candidates = 0; }, "path_candidates = 0");
  refused([](ShopOptions& o) { o.path_stall = 0; }, "path_stall = 0");
  refused([](ShopOptions& o) { o.patience = 0; }, "patience = 0");
  refused([](ShopOptions& o) { o.budget.time_limit = Duration{-1}; }, "time_limit = -1");
}

TEST_CASE("la01 to la05 are solved to optimality, proven") {
  const std::string text = shared_text("jobshop/la.txt");
  if (text.empty()) return;
  constexpr Time optima[] = {666, 655, 597, 590, 593};
  const auto shops = read_job_shop(text, "la.txt");
  for (std::size_t i = 0; i < 5; ++i) {
    const ShopSchedule s = quick(300000).schedule(shops.at(i));
    require_right(shops[i], s);
    CHECK(s.makespan == optima[i]);
    CHECK(s.status == Status::optimal);
  }
}

TEST_CASE("Kacem's flexible shops are solved to the best known") {
  const std::string text = shared_text("fjsp/kacem.txt");
  if (text.empty()) return;
  constexpr Time best[] = {11, 11, 7, 11};
  const auto shops = read_flexible_job_shop(text, "kacem.txt");
  REQUIRE(shops.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) {
    const ShopSchedule s = quick(100000).schedule(shops[i]);
    require_right(shops[i], s);
    CHECK(s.makespan <= best[i]);
  }
}
