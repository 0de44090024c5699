// Job shop and flexible job shop: tabu moves per second, the bound, one move estimate.
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include <benchmark/benchmark.h>

#include "kilter/core/rng.hpp"
#include "kilter/schedule/shop_population.hpp"
#include "kilter/schedule/shop_proof.hpp"
#include "kilter/schedule/shop_search.hpp"
#include "kilter/schedule/shop_tabu.hpp"

namespace {

using namespace kilter;
using namespace kilter::schedule;

/// Durations U(1, 99) and machine orders at random, as Taillard (1993) draws them; further machines with the given chance.
Shop random_shop(std::size_t jobs, std::size_t machines, double flexibility = 0) {
  Rng rng{1};
  Shop shop{.name = "random", .machines = machines, .jobs = {}};
  std::vector<std::uint32_t> order(machines);
  std::iota(order.begin(), order.end(), 0U);
  const auto duration = [&] { return static_cast<Time>(1 + rng.index(99)); };
  for (std::size_t j = 0; j < jobs; ++j) {
    rng.shuffle(std::span(order));
    ShopJob job;
    for (const std::uint32_t m : order) {
      Operation operation{{{m, duration()}}};
      for (std::uint32_t k = 0; k < machines; ++k) {
        if (k != m && rng.bernoulli(flexibility)) operation.alternatives.push_back({k, duration()});
      }
      job.operations.push_back(operation);
    }
    shop.jobs.push_back(job);
  }
  return shop;
}

template <bool Flexible>
void tabu(benchmark::State& state, double flexibility) {
  const schedule::detail::ShopData data(
      random_shop(static_cast<std::size_t>(state.range(0)), static_cast<std::size_t>(state.range(1)), flexibility));
  schedule::detail::ShopTabuSearch<Flexible> search(data);
  Rng rng{1};
  schedule::detail::ShopOrder order;
  schedule::detail::ShopRandomOrder{data}(order, rng);
  const Stopwatch clock{Budget{}};
  std::size_t moves = 0, estimates = 0;
  for (auto _ : state) {
    const auto report = search.run(order, {10000, 10000, 0}, rng, clock, [](std::int32_t) {});
    moves += report.iterations;
    estimates += report.evaluations;
  }
  state.counters["moves/s"] = benchmark::Counter(static_cast<double>(moves), benchmark::Counter::kIsRate);
  state.counters["estimates/s"] = benchmark::Counter(static_cast<double>(estimates), benchmark::Counter::kIsRate);
}
void tabu_job_shop(benchmark::State& state) { tabu<false>(state, 0); }
BENCHMARK(tabu_job_shop)->Args({15, 15})->Args({20, 15})->Args({30, 20})->Args({100, 20})->Unit(benchmark::kMillisecond);
void tabu_flexible(benchmark::State& state) { tabu<true>(state, 0.2); }
BENCHMARK(tabu_flexible)->Args({10, 10})->Args({20, 15})->Unit(benchmark::kMillisecond);

void bound(benchmark::State& state) {
  const Shop shop = random_shop(static_cast<std::size_t>(state.range(0)), static_cast<std::size_t>(state.range(1)));
  for (auto _ : state) benchmark::DoNotOptimize(destructive_bound(shop));
}
BENCHMARK(bound)->Args({6, 6})->Args({15, 15})->Args({100, 20})->Unit(benchmark::kMillisecond);

void whole_call(benchmark::State& state) {
  const Shop shop = random_shop(20, 15);
  Time makespan = 0;
  for (auto _ : state) makespan = ShopScheduler{{.iterations = 200000}}.schedule(shop).makespan;
  state.counters["makespan"] = static_cast<double>(makespan);
}
BENCHMARK(whole_call)->Unit(benchmark::kMillisecond);

}  // namespace
