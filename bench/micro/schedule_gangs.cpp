// The gang scheduler: one decode, preparing it, one whole call.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <benchmark/benchmark.h>

#include "kilter/core/rng.hpp"
#include "kilter/genetic/mutation.hpp"
#include "kilter/schedule/backfill.hpp"
#include "kilter/schedule/gang.hpp"
#include "kilter/schedule/genetic.hpp"
#include "kilter/schedule/list.hpp"

namespace {

using namespace kilter;

/// Gangs of 1 to 16 GPUs on six pools over a day of 24 hours, prices and capacity varying; half of them released in the first 8
/// hours.
schedule::Problem gangs(std::size_t tasks) {
  Rng rng{7};
  schedule::Problem problem;
  problem.objective.wait = Rate{1e-4};
  problem.objective.tardiness = Rate{1e-3};
  for (std::size_t p = 0; p < 6; ++p) {
    schedule::Resource pool{.speed = rng.uniform(0.5, 2), .capacity = {}};
    for (std::size_t k = 0; k < 24; ++k) {
      const double daily = 1.5 + std::sin(0.26 * static_cast<double>(k) + 0.3 * static_cast<double>(p));
      pool.capacity.push_back(16 + static_cast<int>(rng.index(48)));
      pool.rent.push_back(Rate{(daily + rng.uniform(0, 0.3)) / 3600 * pool.speed});
    }
    problem.resources.push_back(pool);
  }
  for (std::size_t i = 0; i < tasks; ++i) {
    schedule::Gang task{.id = i, .work = Seconds{rng.lognormal(9, 0.8)}, .gpus = 1 << rng.index(5)};
    task.release = Seconds{rng.bernoulli(0.5) ? 0.0 : rng.uniform(0, 8 * 3600)};
    if (rng.bernoulli(0.6)) task.due = task.release + task.work * rng.uniform(1.2, 5);
    task.weight = rng.uniform(0.5, 2);
    problem.tasks.push_back(schedule::gang(task, problem.resources));
  }
  return problem;
}

void decode(benchmark::State& state) {
  const schedule::Problem problem = gangs(static_cast<std::size_t>(state.range(0)));
  const schedule::Decoder decoder(problem);
  auto workspace = decoder.make_workspace();
  Rng rng{1};
  schedule::Order order = schedule::order_by(problem, schedule::Rule::fifo);
  for (auto _ : state) {
    genetic::swap_mutation(std::span{order}, rng);
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
    total = s.measures.total.base();
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
