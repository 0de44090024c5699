#include "kilter/core/progress.hpp"

#include <thread>

#include "catch.hpp"

using namespace kilter;
using namespace std::chrono_literals;

static_assert(Observer<Silent>);
static_assert(Observer<decltype([](const Progress&) {})>);
static_assert(!Observer<int>);

TEST_CASE("a budget without limits lets an operation go on") {
  const Stopwatch watch{Budget{}};
  CHECK(watch.check() == Status::feasible);
}

TEST_CASE("a stop request ends an operation, also one made before it began") {
  std::stop_source source;
  const Stopwatch watch{{.stop = source.get_token()}};
  CHECK(watch.check() == Status::feasible);
  source.request_stop();
  CHECK(watch.check() == Status::cancelled);
  CHECK(Stopwatch{{.stop = source.get_token()}}.check() == Status::cancelled);
}

TEST_CASE("a stop request from another thread is seen") {
  std::stop_source source;
  const Stopwatch watch{{.stop = source.get_token()}};
  const std::jthread other{[&] { source.request_stop(); }};
  while (watch.check() != Status::cancelled) std::this_thread::yield();
  CHECK(watch.check() == Status::cancelled);
}

TEST_CASE("a time limit ends an operation, but not before its time") {
  CHECK(Stopwatch{{.time_limit = 0s}}.check() == Status::time_limit);
  CHECK(Stopwatch{{.time_limit = -1s}}.check() == Status::time_limit);
  CHECK(Stopwatch{{.time_limit = 1h}}.check() == Status::feasible);

  const auto begin = std::chrono::steady_clock::now();
  const Stopwatch watch{{.time_limit = 5ms}};
  while (watch.check() == Status::feasible) std::this_thread::yield();
  CHECK(std::chrono::steady_clock::now() - begin >= 5ms);
  CHECK(watch.check() == Status::time_limit);
}

TEST_CASE("a stop request counts before the time limit") {
  std::stop_source source;
  source.request_stop();
  CHECK(Stopwatch{{.time_limit = 0s, .stop = source.get_token()}}.check() == Status::cancelled);
}

TEST_CASE("an observer may keep what it saw") {
  std::size_t last = 0;
  auto observer = [&](const Progress& progress) { last = progress.iteration; };
  observer({.iteration = 3, .best = 1, .bound = 2});
  CHECK(last == 3);
  Silent{}(Progress{});
}
