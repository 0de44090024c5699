// Counts what operator new is asked, to hold the live solver to its word that a re-solve of the same shape allocates nothing; only
// factors that outgrow whatever room they had may ask for more.
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

#include "catch.hpp"
#include "kilter/core/rng.hpp"
#include "kilter/lp/solve.hpp"
#include "planning_program.hpp"

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
[[gnu::noinline]] void* operator new[](std::size_t size) { return operator new(size); }
[[gnu::noinline]] void* operator new[](std::size_t size, const std::nothrow_t& tag) noexcept { return operator new(size, tag); }
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, const std::nothrow_t&) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete[](void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete[](void* p, std::size_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete[](void* p, const std::nothrow_t&) noexcept { std::free(p); }

using namespace kilter;
using namespace kilter::lp;

namespace {

/// A right-hand side, a cost, a bound or a coefficient, in turn.
void edit(Model& model, Rng& rng, int kind) {
  const int i = static_cast<int>(rng.index(static_cast<std::size_t>(model.rows())));
  const int j = static_cast<int>(rng.index(static_cast<std::size_t>(model.columns())));
  const double factor = rng.uniform(0.8, 1.25);
  switch (kind % 4) {
    case 0: return model.set_row_bounds(i, model.row_lower(i) * factor, model.row_upper(i) * factor);
    case 1: return model.set_cost(j, model.cost(j) * factor);
    case 2: return model.set_column_bounds(j, 0, model.upper(j) * factor);
    default: {
      const Term term = model.row(i).front();
      return model.set_coefficient(i, term.column, term.coefficient * factor);
    }
  }
}

/// `edits` changes, each followed by a solve; returns what the solves allocated, and how many pivots they took.
std::size_t allocated(Solver& solver, Model& model, Rng& rng, int edits, std::size_t& pivots) {
  std::size_t sum = 0;
  for (int k = 0; k < edits; ++k) {
    edit(model, rng, k);
    const std::size_t before = allocations;
    pivots += solver.solve(model).iterations;
    sum += allocations - before;
  }
  return sum;
}

}  // namespace

TEST_CASE("re-solves of the same shape allocate nothing once the factors have found their room, by any method") {
  for (const Method method : {Method::automatic, Method::dual, Method::primal}) {
    Model model = lp::test::planning_program(3, 0, {.hours = 8});
    Solver solver;
    solver.options.method = method;
    Rng rng{1};
    std::size_t warm_up = 0, pivots = 0;
    (void)solver.solve(model);
    (void)allocated(solver, model, rng, 600, warm_up);
    CHECK(allocated(solver, model, rng, 600, pivots) <= 3);
    CHECK(pivots > 300);
  }
}
