#include <cmath>
#include <vector>

#include "catch.hpp"
#include "checks.hpp"
#include "kilter/lp/solve.hpp"
#include "planning_program.hpp"
#include "random_program.hpp"

using namespace kilter;
using namespace kilter::lp;
using kilter::lp::test::check_proof;
using kilter::test::WithinAbs;
using kilter::test::WithinRel;

TEST_CASE("after any edit the last basis leads where a fresh start leads") {
  int optimal = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    Rng rng{seed};
    Model model = lp::test::random_program(rng);
    Solution last = solve(model);
    for (int edit = 0; edit < 8; ++edit) {
      lp::test::random_edit(model, rng);
      const Solution cold = solve(model), warm = solve(model, {}, &last.basis);
      INFO("seed " << seed << ", edit " << edit);
      if (warm.status == Status::infeasible || cold.status == Status::infeasible) CHECK(warm.status == cold.status);
      REQUIRE(warm.status == cold.status);
      check_proof(model, warm);
      if (cold.status == Status::optimal) {
        ++optimal;
        CHECK_THAT(warm.objective, WithinAbs(cold.objective, 1e-7 * (1 + std::abs(cold.objective))));
      }
      last = warm;
    }
  }
  CHECK(optimal > 500);
}

TEST_CASE("an optimum needs no pivot from its own basis") {
  for (const lp::test::Kind kind : lp::test::all_kinds) {
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
      Rng rng{seed + 5000 + 1000 * static_cast<std::uint64_t>(kind)};
      INFO("kind " << static_cast<int>(kind) << ", seed " << seed);
      Options options;
      options.method = seed % 2 == 0 ? Method::dual : Method::primal;
      options.scale = seed / 2 % 2 == 0;
      options.perturb = seed / 4 % 2 == 0;
      const Model model = lp::test::random_program(kind, rng);
      const Solution first = solve(model, options), second = solve(model, options, &first.basis);
      lp::test::check_same(second, first);
      if (first.status == Status::optimal) CHECK(second.iterations == 0);
    }
  }
}

TEST_CASE("a rolling plan: each window from the basis of the last") {
  const lp::test::PlanningShape shape{.hours = 12};
  Basis basis = solve(lp::test::planning_program(9, 0, shape)).basis;
  std::size_t cold_iterations = 0, warm_iterations = 0;
  for (int first = 1; first <= 12; ++first) {
    const Model model = lp::test::planning_program(9, first, shape);
    const Solution cold = solve(model), warm = solve(model, {}, &basis);
    REQUIRE(cold.status == Status::optimal);
    REQUIRE(warm.status == Status::optimal);
    CHECK_THAT(warm.objective, WithinRel(cold.objective, 1e-9));
    check_proof(model, warm);
    cold_iterations += cold.iterations;
    warm_iterations += warm.iterations;
    basis = warm.basis;
  }
  CHECK(2 * warm_iterations < cold_iterations);
}

TEST_CASE("a small change of one right-hand side takes few pivots") {
  Model model = lp::test::planning_program(11, 0);
  const Solution before = solve(model);
  Rng rng{1};
  for (int edit = 0; edit < 20; ++edit) {
    const int i = static_cast<int>(rng.index(static_cast<std::size_t>(model.rows())));
    model.set_row_bounds(i, model.row_lower(i) + 0.01, model.row_upper(i) + 0.01);
    const Solution after = solve(model, {}, &before.basis);
    REQUIRE(after.status == Status::optimal);
    CHECK(after.iterations < before.iterations / 4);
  }
}
