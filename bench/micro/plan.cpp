// A capacity plan for a day: three sites, six pools, three variants, three power levels. From nothing, and from the plan an hour
// ago.

#include <algorithm>
#include <vector>

#include <benchmark/benchmark.h>

#include "../../tests/plan/problems.hpp"
#include "kilter/plan/capacity.hpp"
#ifdef KILTER_HAVE_GLPK
#include "kilter/lp/glpk.hpp"
#endif

namespace {

using namespace kilter;

constexpr std::size_t windows = 24;

std::vector<plan::CapacityProblem> rolling_problems() {
  std::vector<plan::CapacityProblem> problems;
  for (std::size_t first = 0; first < windows; ++first) problems.push_back(test::usual_problem(24, first));
  return problems;
}

void report(benchmark::State& state, const plan::CapacityProblem& problem, std::size_t iterations) {
  const lp::Model model = plan::detail::CapacityProgram{problem}.model();
  state.counters["rows"] = model.rows();
  state.counters["columns"] = model.columns();
  state.counters["pivots"] = benchmark::Counter(static_cast<double>(iterations), benchmark::Counter::kAvgIterations);
}

template <lp::LpSolver Solver>
void plan_cold(benchmark::State& state) {
  const auto problems = rolling_problems();
  std::size_t iterations = 0, next = 0;
  for (auto _ : state) {
    const auto plan = plan::plan_capacity(problems[next++ % windows], Solver{});
    if (plan.status != Status::optimal) state.SkipWithError("not optimal");
    iterations += plan.iterations;
  }
  report(state, problems[0], iterations);
}

/// Each window from the plan of the one before it.
template <lp::LpSolver Solver>
void plan_warm(benchmark::State& state) {
  const auto problems = rolling_problems();
  const lp::Basis first = plan::plan_capacity(problems[0], Solver{}).basis;
  lp::Basis basis;
  std::size_t iterations = 0, next = 0;
  for (auto _ : state) {
    if (next == 0) basis = first;
    const auto plan = plan::plan_capacity(problems[next + 1], Solver{}, basis);
    if (plan.status != Status::optimal) state.SkipWithError("not optimal");
    basis = plan.basis;
    iterations += plan.iterations;
    next = (next + 1) % (windows - 1);
  }
  report(state, problems[0], iterations);
}

/// Building the program and reading the plan, without solving.
void build_program(benchmark::State& state) {
  const auto problem = test::usual_problem();
  for (auto _ : state) {
    const plan::detail::CapacityProgram program{problem};
    benchmark::DoNotOptimize(program.model().rows());
  }
}

void whole_gpus(benchmark::State& state) {
  const auto problem = test::usual_problem();
  const auto plan = plan::plan_capacity(problem);
  for (auto _ : state) benchmark::DoNotOptimize(plan::whole_gpus(plan.hours[0], problem.options, problem.hours[0].gpus));
}

BENCHMARK(plan_cold<lp::Simplex>)->Unit(benchmark::kMillisecond);
BENCHMARK(plan_warm<lp::Simplex>)->Unit(benchmark::kMillisecond);
#ifdef KILTER_HAVE_GLPK
BENCHMARK(plan_cold<lp::Glpk>)->Unit(benchmark::kMillisecond);
BENCHMARK(plan_warm<lp::Glpk>)->Unit(benchmark::kMillisecond);
#endif
BENCHMARK(build_program)->Unit(benchmark::kMicrosecond);
BENCHMARK(whole_gpus);

}  // namespace
