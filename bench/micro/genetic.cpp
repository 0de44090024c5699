// The genetic engine: evaluations per second on orders and on a job shop of 10 × 10, one thread and islands; NSGA-II on ZDT1.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <benchmark/benchmark.h>

#include "kilter/core/executor.hpp"
#include "kilter/core/rng.hpp"
#include "kilter/genetic/benchmark_problems.hpp"
#include "kilter/genetic/job_repetition.hpp"
#include "kilter/genetic/minimise.hpp"
#include "kilter/genetic/pareto_search.hpp"
#include "kilter/genetic/permutation.hpp"

namespace {

using namespace kilter;

/// Single-machine total weighted tardiness of 40 jobs: a cheap cost over permutations, so that the engine shows.
struct WeightedTardiness {
  std::vector<double> work, due, weight;

  explicit WeightedTardiness(std::size_t n) {
    Rng rng{1};
    for (std::size_t i = 0; i < n; ++i) {
      work.push_back(rng.uniform(1, 100));
      due.push_back(rng.uniform(0, 25.0 * static_cast<double>(n)));
      weight.push_back(rng.uniform(1, 10));
    }
  }
  [[nodiscard]] genetic::Permutation<> encoding() const { return genetic::Permutation<>(work.size()); }
  [[nodiscard]] double cost(std::span<const std::uint32_t> order) const {
    double time = 0, sum = 0;
    for (const std::uint32_t i : order) {
      time += work[i];
      sum += weight[i] * std::max(0.0, time - due[i]);
    }
    return sum;
  }
};

/// A job shop of 10 jobs on 10 machines with durations U(1, 99), semi-active decoding: the size of the field's ft10.
struct JobShop {
  static constexpr std::size_t jobs = 10, machines = 10;
  struct Step {
    std::int32_t duration;
    std::uint32_t machine;
  };
  std::array<Step, jobs * machines> steps{};

  JobShop() {
    Rng rng{1};
    for (std::size_t j = 0; j < jobs; ++j) {
      std::array<std::uint32_t, machines> route{};
      for (std::uint32_t m = 0; m < machines; ++m) route[m] = m;
      rng.shuffle(std::span{route});
      for (std::size_t k = 0; k < machines; ++k) {
        steps[j * machines + k] = {static_cast<std::int32_t>(1 + rng.index(99)), route[k]};
      }
    }
  }
  [[nodiscard]] genetic::JobRepetition<std::uint8_t> encoding() const { return {jobs, machines}; }
  [[nodiscard]] double cost(std::span<const std::uint8_t> genome) const {
    std::array<std::int32_t, machines> machine_free{};
    std::array<std::int32_t, jobs> job_free{};
    std::array<std::uint8_t, jobs> next{};
    for (const std::uint8_t j : genome) {
      const Step step = steps[j * machines + next[j]++];
      job_free[j] = machine_free[step.machine] = std::max(job_free[j], machine_free[step.machine]) + step.duration;
    }
    return *std::max_element(job_free.begin(), job_free.end());
  }
};

template <class P, class Ex = Inline>
void search(benchmark::State& state, const P& problem, std::size_t islands = 1, const Ex& executor = {}) {
  const genetic::Options options{.population = static_cast<std::size_t>(state.range(0)), .generations = 100, .islands = islands};
  std::size_t evaluations = 0;
  for (auto _ : state) {
    const auto result = genetic::minimise(problem, options, {}, executor);
    benchmark::DoNotOptimize(result.cost);
    evaluations += result.evaluations;
  }
  state.counters["evaluations/s"] = benchmark::Counter(static_cast<double>(evaluations), benchmark::Counter::kIsRate);
}

void orders(benchmark::State& state) { search(state, WeightedTardiness(40)); }
BENCHMARK(orders)->Arg(100)->Arg(1000)->Unit(benchmark::kMillisecond);

void job_shop(benchmark::State& state) { search(state, JobShop{}); }
BENCHMARK(job_shop)->Arg(100)->Arg(1000)->Unit(benchmark::kMillisecond);

void job_shop_islands(benchmark::State& state) { search(state, JobShop{}, 2, Threads{static_cast<unsigned>(state.range(1))}); }
BENCHMARK(job_shop_islands)->Args({1000, 1})->Args({1000, 2})->Unit(benchmark::kMillisecond)->UseRealTime();

void job_shop_decode(benchmark::State& state) {
  const JobShop problem;
  const auto encoding = problem.encoding();
  auto workspace = encoding.make_workspace();
  std::vector<std::uint8_t> genome(encoding.size());
  Rng rng{1};
  encoding.random(genome, rng, workspace);
  for (auto _ : state) {
    encoding.mutate(genome, rng, workspace);
    benchmark::DoNotOptimize(problem.cost(genome));
  }
}
BENCHMARK(job_shop_decode);

void nsga2_zdt1(benchmark::State& state) {
  const genetic::Zdt problem(1);
  const genetic::ParetoOptions options{.population = static_cast<std::size_t>(state.range(0)), .generations = 50};
  std::size_t evaluations = 0;
  for (auto _ : state) {
    const auto result = genetic::pareto(problem, options);
    evaluations += result.evaluations;
  }
  state.counters["evaluations/s"] = benchmark::Counter(static_cast<double>(evaluations), benchmark::Counter::kIsRate);
}
BENCHMARK(nsga2_zdt1)->Arg(100)->Arg(1000)->Unit(benchmark::kMillisecond);

}  // namespace
