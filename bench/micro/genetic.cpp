// The genetic engine and the gang scheduler: evaluations per second, one decode, one whole call.
#include "kilter/schedule/genetic.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <benchmark/benchmark.h>

#include "kilter/core/rng.hpp"
#include "kilter/genetic/minimise.hpp"
#include "kilter/genetic/permutation.hpp"

namespace {

using namespace kilter;
using genetic::Permutation;

/// Single-machine total weighted tardiness of 40 jobs: a cheap cost over permutations, so that the engine shows.
struct WeightedTardiness {
  using Genome = Permutation;
  std::vector<double> work, due, weight;

  explicit WeightedTardiness(std::size_t n) {
    Rng rng{1};
    for (std::size_t i = 0; i < n; ++i) {
      work.push_back(rng.uniform(1, 100));
      due.push_back(rng.uniform(0, 25.0 * static_cast<double>(n)));
      weight.push_back(rng.uniform(1, 10));
    }
  }
  genetic::PermutationScratch make_workspace() const { return {}; }
  Permutation random(Rng& rng) const { return genetic::random_permutation(work.size(), rng); }
  double cost(const Permutation& order) const {
    double time = 0, sum = 0;
    for (const std::uint32_t i : order) {
      time += work[i];
      sum += weight[i] * std::max(0.0, time - due[i]);
    }
    return sum;
  }
  void crossover(const Permutation& a, const Permutation& b, Permutation& child, Rng& rng, genetic::PermutationScratch& s) const {
    genetic::linear_order_crossover(a, b, child, rng, s);
  }
  void mutate(Permutation& p, Rng& rng) const { genetic::insert_mutation(p, rng); }
};

/// Gangs of 1 to 16 GPUs on six pools over a day of 24 hours, prices and capacity varying; half of them released in the first 8
/// hours.
schedule::Problem gangs(std::size_t tasks) {
  Rng rng{7};
  schedule::Problem problem;
  problem.wait_price = Rate{1e-4};
  problem.tardiness_price = Rate{1e-3};
  for (std::size_t p = 0; p < 6; ++p) {
    schedule::Pool pool{.name = {}, .speed = rng.uniform(0.5, 2), .capacity = {}, .cost_rate = {}};
    for (std::size_t k = 0; k < 24; ++k) {
      const double daily = 1.5 + std::sin(0.26 * static_cast<double>(k) + 0.3 * static_cast<double>(p));
      pool.capacity.push_back(16 + static_cast<int>(rng.index(48)));
      pool.cost_rate.push_back((daily + rng.uniform(0, 0.3)) / 3600 * pool.speed);
    }
    problem.pools.push_back(pool);
  }
  for (std::size_t i = 0; i < tasks; ++i) {
    schedule::Task task{.id = i, .work = Seconds{rng.lognormal(9, 0.8)}, .gpus = 1 << rng.index(5)};
    task.release = Seconds{rng.bernoulli(0.5) ? 0.0 : rng.uniform(0, 8 * 3600)};
    if (rng.bernoulli(0.6)) task.due = task.release + task.work * rng.uniform(1.2, 5);
    task.weight = rng.uniform(0.5, 2);
    problem.tasks.push_back(task);
  }
  return problem;
}

void engine(benchmark::State& state) {
  const WeightedTardiness problem(40);
  const genetic::Options options{.population = static_cast<std::size_t>(state.range(0)), .generations = 50};
  std::size_t evaluations = 0;
  for (auto _ : state) {
    const auto result = genetic::minimise(problem, options);
    benchmark::DoNotOptimize(result.cost);
    evaluations += result.evaluations;
  }
  state.counters["evaluations/s"] = benchmark::Counter(static_cast<double>(evaluations), benchmark::Counter::kIsRate);
}
BENCHMARK(engine)->Arg(100)->Arg(1000)->Unit(benchmark::kMillisecond);

void decode(benchmark::State& state) {
  const schedule::Problem problem = gangs(static_cast<std::size_t>(state.range(0)));
  const schedule::Decoder decoder(problem);
  auto workspace = decoder.make_workspace();
  Rng rng{1};
  Permutation order = schedule::order_by(problem, schedule::Rule::fifo);
  for (auto _ : state) {
    genetic::swap_mutation(order, rng);
    benchmark::DoNotOptimize(decoder.cost(order, workspace));
  }
}
BENCHMARK(decode)->Arg(10)->Arg(100)->Arg(150)->Unit(benchmark::kMicrosecond);

void prepare_decoder(benchmark::State& state) {
  const schedule::Problem problem = gangs(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    const schedule::Decoder decoder(problem);
    benchmark::DoNotOptimize(decoder.penalty());
  }
}
BENCHMARK(prepare_decoder)->Arg(100)->Unit(benchmark::kMicrosecond);

template <class S>
void whole_call(benchmark::State& state, const S& scheduler) {
  const schedule::Problem problem = gangs(static_cast<std::size_t>(state.range(0)));
  double total = 0;
  for (auto _ : state) {
    const schedule::Schedule s = scheduler.schedule(problem);
    total = s.total.base();
  }
  state.counters["USD"] = total;
}
BENCHMARK_CAPTURE(whole_call, genetic, schedule::GeneticScheduler{})
    ->Arg(5)
    ->Arg(20)
    ->Arg(50)
    ->Arg(100)
    ->Arg(150)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(whole_call, conservative, schedule::ListScheduler{})->Arg(150)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(whole_call, easy, schedule::EasyScheduler{})->Arg(150)->Unit(benchmark::kMillisecond);

}  // namespace
