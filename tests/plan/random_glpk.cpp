// Plans by kilter's simplex method against GLPK's.
#if __has_include(<glpk.h>)

#include <cmath>

#include "catch.hpp"
#include "kilter/lp/glpk.hpp"
#include "kilter/plan/capacity.hpp"
#include "problems.hpp"

using namespace kilter;
using kilter::test::WithinAbs;
using kilter::test::WithinRel;

TEST_CASE("random plans cost what GLPK's cost") {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    INFO("seed " << seed);
    const auto problem = test::random_problem(seed);
    const auto ours = plan::plan_capacity(problem), theirs = plan::plan_capacity(problem, lp::Glpk{});
    REQUIRE(ours.status == Status::optimal);
    REQUIRE(theirs.status == Status::optimal);
    CHECK_THAT(ours.objective.base(), WithinAbs(theirs.objective.base(), 1e-6 * (1 + std::abs(theirs.objective.base()))));
  }
}

TEST_CASE("a plan of the usual size costs what GLPK's costs, cold and warm") {
  lp::Basis basis;
  for (std::size_t first = 0; first < 2; ++first) {
    const auto problem = test::usual_problem(24, first);
    const auto ours = plan::plan_capacity(problem, lp::Simplex{}, basis), theirs = plan::plan_capacity(problem, lp::Glpk{});
    REQUIRE(ours.status == Status::optimal);
    REQUIRE(theirs.status == Status::optimal);
    CHECK_THAT(ours.objective.base(), WithinRel(theirs.objective.base(), 1e-8));
    basis = ours.basis;
  }
}

#endif
