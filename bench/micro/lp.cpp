// Linear programs of the sizes met in planning: start-up, a cold plan, a rolling plan from the last basis, and GLPK on the same.

#include <vector>

#include <benchmark/benchmark.h>

#include "../../tests/lp/planning_program.hpp"
#include "kilter/core/rng.hpp"
#include "kilter/lp/solve.hpp"
#ifdef KILTER_HAVE_GLPK
#include "kilter/lp/glpk.hpp"
#endif

namespace {

using namespace kilter::lp;

constexpr int windows = 40;

Model small_program() {
  kilter::Rng rng{7};
  Model model;
  for (int j = 0; j < 10; ++j) model.add_column(-rng.uniform(1, 2), 0, infinity);
  for (int i = 0; i < 10; ++i) {
    std::vector<Term> terms;
    for (int j = 0; j < 10; ++j) terms.push_back({j, rng.uniform(1, 3)});
    model.add_row(terms, -infinity, rng.uniform(5, 10));
  }
  return model;
}

std::vector<Model> rolling_programs() {
  std::vector<Model> models;
  for (int first = 0; first < windows; ++first) models.push_back(test::planning_program(3, first));
  return models;
}

void report(benchmark::State& state, const Model& model, std::size_t iterations) {
  state.counters["rows"] = model.rows();
  state.counters["columns"] = model.columns();
  state.counters["pivots"] = benchmark::Counter(static_cast<double>(iterations), benchmark::Counter::kAvgIterations);
}

template <LpSolver Solver>
void start_up(benchmark::State& state) {
  const Model model = small_program();
  std::size_t iterations = 0;
  for (auto _ : state) {
    const Solution solution = Solver{}.solve(model);
    iterations += solution.iterations;
    benchmark::DoNotOptimize(solution.objective);
  }
  report(state, model, iterations);
}

/// A plan from nothing: the windows in turn.
template <LpSolver Solver>
void plan_cold(benchmark::State& state) {
  const auto models = rolling_programs();
  std::size_t iterations = 0, next = 0;
  for (auto _ : state) {
    const Solution solution = Solver{}.solve(models[next++ % models.size()]);
    iterations += solution.iterations;
    benchmark::DoNotOptimize(solution.objective);
  }
  report(state, models[0], iterations);
}

/// The basis of the last window, moved forward by the one hour in which this window differs.
Basis shifted(const Basis& basis, int hours) {
  Basis result = basis;
  const auto shift = [hours](std::vector<VariableStatus>& v, std::size_t tail) {
    const std::size_t block = (v.size() - tail) / static_cast<std::size_t>(hours);
    for (std::size_t k = 0; k + block < v.size() - tail; ++k) v[k] = v[k + block];
  };
  const auto tail = static_cast<std::size_t>(test::PlanningShape{}.deferrable);
  shift(result.columns, tail);
  shift(result.rows, tail);
  return result;
}

/// Each window from the basis of the one before it, as it is or moved forward by an hour.
template <LpSolver Solver, bool Shift>
void plan_warm(benchmark::State& state) {
  const auto models = rolling_programs();
  Basis basis = Solver{}.solve(models.back()).basis;
  std::size_t iterations = 0, next = 0;
  for (auto _ : state) {
    if (next == 0) {
      state.PauseTiming();
      basis = Solver{}.solve(models[0]).basis;
      next = 1;
      state.ResumeTiming();
    }
    const Basis start = Shift ? shifted(basis, 24) : basis;
    const Solution solution = Solver{}.solve(models[next], &start);
    basis = solution.basis;
    iterations += solution.iterations;
    next = (next + 1) % models.size();
  }
  report(state, models[0], iterations);
}

BENCHMARK(start_up<Simplex>);
BENCHMARK(plan_cold<Simplex>)->Unit(benchmark::kMillisecond);
BENCHMARK(plan_warm<Simplex, false>)->Unit(benchmark::kMillisecond);
BENCHMARK(plan_warm<Simplex, true>)->Unit(benchmark::kMillisecond);
#ifdef KILTER_HAVE_GLPK
BENCHMARK(start_up<Glpk>);
BENCHMARK(plan_cold<Glpk>)->Unit(benchmark::kMillisecond);
BENCHMARK(plan_warm<Glpk, false>)->Unit(benchmark::kMillisecond);
BENCHMARK(plan_warm<Glpk, true>)->Unit(benchmark::kMillisecond);
#endif

}  // namespace
