#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <vector>

#include "catch.hpp"
#include "checks.hpp"
#include "kilter/lp/glpk.hpp"
#include "kilter/lp/solve.hpp"
#include "planning_program.hpp"
#include "program_families.hpp"
#include "random_program.hpp"

using namespace kilter;
using namespace kilter::lp;
using kilter::lp::test::check_proof;
using kilter::lp::test::check_same;
using kilter::lp::test::Kind;
using kilter::test::WithinAbs;
using kilter::test::WithinRel;

static_assert(LpSolver<Glpk>);

namespace {

/// GLPK's verdict; where its primal method gives none, or cycles, that of its presolver.
Solution referee(const Model& model) {
  Solution solution = Glpk{{.iteration_limit = 20000}}.solve(model);
  if (solution.status != Status::optimal && solution.status != Status::infeasible && solution.status != Status::unbounded) {
    solution = Glpk{{.presolve = true, .iteration_limit = 20000}}.solve(model);
  }
  return solution;
}

struct Counts {
  int optimal = 0, infeasible = 0, unbounded = 0;

  void add(Status status) {
    optimal += status == Status::optimal ? 1 : 0;
    infeasible += status == Status::infeasible ? 1 : 0;
    unbounded += status == Status::unbounded ? 1 : 0;
  }
};

/// Options number `k` of the 36 that differ in method, scaling, perturbation and presolve.
Options variant(std::size_t k) {
  Options options;
  constexpr Method methods[] = {Method::automatic, Method::dual, Method::primal};
  constexpr Presolving presolves[] = {Presolving::automatic, Presolving::on, Presolving::off};
  options.method = methods[k % 3];
  options.scale = k / 3 % 2 == 0;
  options.perturb = k / 6 % 2 == 0;
  options.presolve = presolves[k / 12 % 3];
  options.seed = k + 1;
  return options;
}

/// Solves by default and in one other way, and compares both with GLPK. Returns what the program is.
Status compare(const Model& model, const Options& other) {
  const Solution theirs = referee(model);
  for (const Options& options : {Options{}, other}) {
    const Solution ours = solve(model, options);
    check_same(ours, theirs);
    check_proof(model, ours);
    CHECK(ours.iterations <= 30 * static_cast<std::size_t>(model.rows() + model.columns()) + 100);
  }
  return theirs.status;
}

}  // namespace

TEST_CASE("thousands of small random programs end as GLPK's do, however they are solved") {
  Counts counts;
  for (std::uint64_t seed = 0; seed < 10000; ++seed) {
    Rng rng{seed};
    INFO("seed " << seed);
    counts.add(compare(lp::test::random_program(rng), variant(seed % 36)));
  }
  CHECK(counts.optimal > 4000);
  CHECK(counts.infeasible > 500);
  CHECK(counts.unbounded > 500);
}

TEST_CASE("random programs of one kind end as GLPK's do, however they are solved") {
  Counts counts;
  for (const Kind kind : lp::test::all_kinds) {
    for (std::uint64_t seed = 0; seed < 1500; ++seed) {
      Rng rng{seed + 1000 * static_cast<std::uint64_t>(kind)};
      INFO("kind " << static_cast<int>(kind) << ", seed " << seed);
      // Multiples up to noise that only the tolerances could tell apart would make the verdict a matter of taste.
      const Model model = lp::test::random_program(kind, rng, 12, 10, 0);
      counts.add(compare(model, variant(seed % 36)));
    }
  }
  CHECK(counts.optimal > 3000);
  CHECK(counts.infeasible > 1000);
  CHECK(counts.unbounded > 1000);
}

TEST_CASE("larger random programs end as GLPK's do") {
  Counts counts;
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    Rng rng{seed + 100000};
    INFO("seed " << seed);
    counts.add(compare(lp::test::random_program(rng, 80, 60), variant(seed % 36)));
  }
  CHECK(counts.optimal > 30);
}

TEST_CASE("programs of the shapes that users bring cost what GLPK's cost, by every method") {
  for (const auto& family : lp::test::all_families) {
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
      Rng rng{seed};
      const Model model = family.make(rng);
      const Solution theirs = Glpk{{.time_limit = std::chrono::duration<double>(20)}}.solve(model);
      INFO(family.name << ", seed " << seed << ", " << model.rows() << " rows");
      for (std::size_t k = 0; k < 3; ++k) {
        const Solution ours = solve(model, variant(k + 3 * (seed % 12)));
        check_same(ours, theirs, 1e-9);
        check_proof(model, ours);
      }
    }
  }
}

TEST_CASE("plans cost what GLPK's cost, and bases are understood in both directions") {
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    const Model model = lp::test::planning_program(seed, static_cast<int>(seed), {.hours = 10});
    const Solution ours = solve(model), theirs = Glpk{}.solve(model);
    REQUIRE(ours.status == Status::optimal);
    REQUIRE(theirs.status == Status::optimal);
    CHECK_THAT(ours.objective, WithinRel(theirs.objective, 1e-9));
    CHECK(Glpk{}.solve(model, &ours.basis).iterations == 0);
    CHECK(solve(model, {}, &theirs.basis).iterations <= 5);
  }
}
