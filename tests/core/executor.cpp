#include "kilter/core/executor.hpp"

#include <atomic>
#include <mutex>
#include <numeric>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "catch.hpp"

using namespace kilter;

static_assert(Executor<Inline> && Executor<Threads>);
static_assert(!Executor<int>);

TEST_CASE("inline work runs in order in the calling thread") {
  std::vector<std::size_t> seen;
  const auto self = std::this_thread::get_id();
  Inline{}.for_each_index(5, [&](std::size_t i) {
    CHECK(std::this_thread::get_id() == self);
    seen.push_back(i);
  });
  CHECK(seen == std::vector<std::size_t>{0, 1, 2, 3, 4});
  Inline{}.for_each_index(0, [](std::size_t) { FAIL("there is nothing to do"); });
}

TEST_CASE("threads do each index once, whatever the counts") {
  const unsigned count = GENERATE(1U, 2U, 3U, 8U, 33U);
  const std::size_t n = GENERATE(0U, 1U, 2U, 7U, 5000U);
  std::vector<std::atomic<int>> times(n);
  Threads{count}.for_each_index(n, [&](std::size_t i) { ++times[i]; });
  CHECK(std::all_of(times.begin(), times.end(), [](const auto& t) { return t == 1; }));
}

TEST_CASE("what the threads wrote is seen by the caller") {
  std::vector<std::size_t> squares(10000);
  Threads{4}.for_each_index(squares.size(), [&](std::size_t i) { squares[i] = i * i; });
  for (std::size_t i = 0; i < squares.size(); ++i) REQUIRE(squares[i] == i * i);
}

TEST_CASE("two tasks that wait for each other run at the same time on two threads") {
  std::atomic<int> arrived = 0;
  Threads{2}.for_each_index(2, [&](std::size_t) {
    ++arrived;
    while (arrived < 2) std::this_thread::yield();
  });
  CHECK(arrived == 2);
}

TEST_CASE("no more threads work than were asked for") {
  std::mutex mutex;
  std::set<std::thread::id> ids;
  Threads{3}.for_each_index(300, [&](std::size_t) {
    const std::scoped_lock lock{mutex};
    ids.insert(std::this_thread::get_id());
  });
  CHECK(ids.size() <= 3);
}

TEST_CASE("the exception of the lowest index comes back, whichever thread threw first") {
  const unsigned count = GENERATE(1U, 2U, 4U);
  for (int repeat = 0; repeat < 50; ++repeat) {
    std::string said;
    try {
      Threads{count}.for_each_index(64, [](std::size_t i) {
        if (i % 10 == 7) throw std::runtime_error(std::to_string(i));
      });
    } catch (const std::runtime_error& error) {
      said = error.what();
    }
    REQUIRE(said == "7");
  }
}

TEST_CASE("an exception does not keep the other tasks from ending, nor the executor from being used again") {
  std::atomic<int> done = 0;
  const Threads threads{2};
  CHECK_THROWS_AS(threads.for_each_index(100,
                                         [&](std::size_t i) {
                                           if (i == 0) throw std::logic_error("first");
                                           ++done;
                                         }),
                  std::logic_error);
  CHECK(done == 99);
  CHECK_NOTHROW(threads.for_each_index(10, [&](std::size_t) { ++done; }));
  CHECK(done == 109);
}

TEST_CASE("executors may be nested") {
  std::atomic<int> done = 0;
  Threads{2}.for_each_index(8, [&](std::size_t) { Threads{2}.for_each_index(8, [&](std::size_t) { ++done; }); });
  CHECK(done == 64);
}

TEST_CASE("no threads at all is refused") {
  CHECK_THROWS_MATCHES(Threads{0}.for_each_index(1, [](std::size_t) {}), std::invalid_argument,
                       Catch::Matchers::Message("count = 0: must be positive"));
}
