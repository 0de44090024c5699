#include <algorithm>
#include <cmath>
#include <vector>

#include "catch.hpp"
#include "checks.hpp"
#include "kilter/lp/glpk.hpp"
#include "kilter/lp/solve.hpp"
#include "planning_program.hpp"
#include "random_program.hpp"

using namespace kilter;
using namespace kilter::lp;
using kilter::lp::test::check_proof;
using kilter::test::WithinAbs;
using kilter::test::WithinRel;

static_assert(LpSolver<Glpk>);

namespace {

/// GLPK's verdict; where its primal method gives none, that of its presolver.
Solution referee(const Model& model) {
  Solution solution = Glpk{}.solve(model);
  if (solution.status == Status::numerical_failure || solution.status == Status::feasible) {
    solution = Glpk{{.presolve = true}}.solve(model);
  }
  return solution;
}

void compare(const Model& model, int counts[3]) {
  const Solution ours = solve(model), theirs = referee(model);
  REQUIRE(ours.status == theirs.status);
  check_proof(model, ours);
  if (ours.status == Status::optimal) {
    CHECK_THAT(ours.objective, WithinAbs(theirs.objective, 1e-7 * (1 + std::abs(theirs.objective))));
    ++counts[0];
  }
  counts[1] += ours.status == Status::infeasible ? 1 : 0;
  counts[2] += ours.status == Status::unbounded ? 1 : 0;
}

}  // namespace

TEST_CASE("thousands of small random programs end as GLPK's do") {
  int counts[3] = {};
  for (std::uint64_t seed = 0; seed < 6000; ++seed) {
    Rng rng{seed};
    INFO("seed " << seed);
    compare(lp::test::random_program(rng), counts);
  }
  CHECK(counts[0] > 2000);
  CHECK(counts[1] > 300);
  CHECK(counts[2] > 300);
}

TEST_CASE("larger random programs end as GLPK's do") {
  int counts[3] = {};
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    Rng rng{seed + 100000};
    INFO("seed " << seed);
    compare(lp::test::random_program(rng, 80, 60), counts);
  }
  CHECK(counts[0] > 30);
}

TEST_CASE("plans cost what GLPK's cost") {
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    const Model model = lp::test::planning_program(seed, static_cast<int>(seed), {.hours = 10});
    const Solution ours = solve(model), theirs = Glpk{}.solve(model);
    REQUIRE(ours.status == Status::optimal);
    REQUIRE(theirs.status == Status::optimal);
    CHECK_THAT(ours.objective, WithinRel(theirs.objective, 1e-9));
    CHECK(theirs.residuals.primal < 1e-6);
    CHECK(theirs.residuals.gap < 1e-6);
    // The adapter speaks the same language of bases in both directions.
    CHECK(Glpk{}.solve(model, &ours.basis).iterations == 0);
    CHECK(solve(model, {}, &theirs.basis).iterations <= 5);
  }
}

TEST_CASE("the GLPK adapter refuses a basis of another shape and reports limits") {
  const Model model = lp::test::planning_program(1, 0, {.hours = 4});
  const Basis wrong{};
  CHECK_THROWS_AS(Glpk{}.solve(model, &wrong), std::invalid_argument);
  CHECK(Glpk{{.iteration_limit = 1}}.solve(model).status == Status::iteration_limit);
}
