#pragma once
/// What every answer must satisfy, whatever the program.

#include "catch.hpp"
#include "kilter/lp/solution.hpp"

namespace kilter::lp::test {

/// Recomputes the proof of `solution` and compares the parts that must agree.
inline void check_proof(const Model& model, const Solution& solution, double tolerance = 1e-7) {
  const Residuals residuals = verify(model, solution);
  CHECK(residuals.gap == solution.residuals.gap);
  CHECK(residuals.gap <= tolerance);
  CHECK(residuals.primal <= 2 * tolerance);
  CHECK(residuals.dual <= 2 * tolerance);
  CHECK(residuals.complementarity <= tolerance);
  CHECK(solution.basis.columns.size() == static_cast<std::size_t>(model.columns()));
  CHECK(solution.basis.rows.size() == static_cast<std::size_t>(model.rows()));
  if (solution.status == Status::infeasible) CHECK(proves_infeasible(model, solution.ray).holds());
  if (solution.status == Status::unbounded) CHECK(proves_unbounded(model, solution.ray).holds());
  if (solution.status == Status::optimal) CHECK(solution.ray.empty());
}

}  // namespace kilter::lp::test
