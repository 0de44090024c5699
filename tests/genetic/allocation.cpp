// Counts what operator new is asked, to hold the engine to its word that nothing is allocated between generations.
#include <atomic>
#include <cstdlib>
#include <new>
#include <vector>

#include "catch.hpp"
#include "kilter/genetic/minimise.hpp"
#include "toys.hpp"

namespace {
std::atomic<std::size_t> allocations = 0;
}

[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (void* p = std::malloc(size == 0 ? 1 : size)) return p;
  throw std::bad_alloc{};
}
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size == 0 ? 1 : size);
}
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, const std::nothrow_t&) noexcept { std::free(p); }

using namespace kilter::genetic;
using namespace kilter::test;

namespace {

/// Allocations between the first of `from` generations and the last.
template <class P>
std::size_t allocated(const P& problem, const Options& options, std::size_t from) {
  std::size_t after_first = 0, after_last = 0;
  const auto watch = [&](const kilter::Progress& progress) {
    if (progress.iteration <= from) after_first = allocations;
    after_last = allocations;
  };
  const auto result = minimise(problem, options, {}, kilter::Inline{}, watch);
  CHECK(result.generations == options.generations);
  CHECK(after_first > 3);
  return after_last - after_first;
}

}  // namespace

TEST_CASE("generations allocate nothing once the scratch memory is there") {
  const WeightedTardiness orders(50);
  for (const auto survival : {Survival::generational, Survival::steady_state, Survival::crowding, Survival::diverse}) {
    for (const auto selection : {Selection::tournament, Selection::rank}) {
      for (const auto operators : {OperatorChoice::first, OperatorChoice::pursuit}) {
        Options options{.population = 30, .generations = 60, .mutation_rate = 0.5};
        options.survival = survival;
        options.selection = selection;
        options.operators = operators;
        options.relinking_rate = 0.2;
        CHECK(allocated(orders, options, 20) == 0);
      }
    }
  }
  CHECK(allocated(SmallShop(6, 5, 1), {.population = 30, .generations = 60}, 5) == 0);
  CHECK(allocated(Knapsack{}, {.population = 30, .generations = 60, .survival = Survival::diverse}, 5) == 0);
}

TEST_CASE("islands allocate nothing between migrations") {
  Options options{.population = 20, .generations = 100, .mutation_rate = 0.5};
  options.islands = 3;
  options.migration_interval = 5;
  CHECK(allocated(WeightedTardiness(40), options, 20) == 0);
}
