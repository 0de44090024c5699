// Linear programs of the sizes met in planning: start-up, re-solves of a live solver and what they allocate, a cold plan, a rolling
// plan from the last basis, and GLPK on the same.

#include <cstddef>
#include <cstdlib>
#include <new>
#include <vector>

#include <benchmark/benchmark.h>

#include "../../tests/lp/planning_program.hpp"
#include "kilter/core/rng.hpp"
#include "kilter/lp/solve.hpp"
#ifdef KILTER_HAVE_GLPK
#include "kilter/lp/glpk.hpp"
#endif

namespace {
std::size_t allocations = 0;
}

// Every allocation of the program is counted.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size > 0 ? size : 1)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

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

/// 50 rows that ask for something, of 100 columns with a cost and a limit each.
Model covering_program() {
  kilter::Rng rng{11};
  Model model;
  for (int j = 0; j < 100; ++j) model.add_column(rng.uniform(1, 3), 0, 1);
  for (int i = 0; i < 50; ++i) {
    std::vector<Term> terms;
    for (int k = 0; k < 12; ++k) terms.push_back({static_cast<int>(rng.index(100)), rng.uniform(0.5, 2)});
    model.add_row(terms, rng.uniform(4, 8), infinity);
  }
  return model;
}

/// What a round changes: a demand, a cost, a limit of each column, or nothing at all.
enum class Edit { demands, costs, limits, nothing };

void edit(Model& model, const Model& first, Edit what, kilter::Rng& rng) {
  for (int k = 0; k < 3; ++k) {
    const int row = static_cast<int>(rng.index(50)), column = static_cast<int>(rng.index(100));
    const double factor = rng.uniform(0.8, 1.2);
    if (what == Edit::demands) model.set_row_bounds(row, factor * first.row_lower(row), infinity);
    if (what == Edit::costs) model.set_cost(column, factor * first.cost(column));
    if (what == Edit::limits) model.set_column_bounds(column, 0, factor * first.upper(column));
  }
}

/// A hundred rounds of edits and re-solves of a live solver, a 50 × 100 program: time, pivots and allocations are of one re-solve.
template <Edit What>
void re_solve(benchmark::State& state) {
  constexpr int rounds = 100;
  const Model first = covering_program();
  Model model = first;
  Solver solver;
  kilter::Rng rng{5};
  std::size_t iterations = 0, allocated = 0;
  for (int k = 0; k < rounds; ++k) {  // until all memory is there
    edit(model, first, What, rng);
    (void)solver.solve(model);
  }
  for (auto _ : state) {
    const std::size_t before = allocations;
    for (int k = 0; k < rounds; ++k) {
      edit(model, first, What, rng);
      iterations += solver.solve(model).iterations;
    }
    allocated += allocations - before;
  }
  const auto all = static_cast<double>(rounds) * static_cast<double>(state.iterations());
  state.counters["rows"] = model.rows();
  state.counters["columns"] = model.columns();
  state.counters["pivots"] = static_cast<double>(iterations) / all;
  state.counters["allocations"] = static_cast<double>(allocated) / all;
  state.counters["re-solve"] =
      benchmark::Counter(rounds, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
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
BENCHMARK(re_solve<Edit::demands>)->Unit(benchmark::kMicrosecond);
BENCHMARK(re_solve<Edit::costs>)->Unit(benchmark::kMicrosecond);
BENCHMARK(re_solve<Edit::limits>)->Unit(benchmark::kMicrosecond);
BENCHMARK(re_solve<Edit::nothing>)->Unit(benchmark::kMicrosecond);
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
