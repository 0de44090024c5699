#pragma once
/// What every answer must satisfy, whatever the program.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "catch.hpp"
#include "kilter/lp/solution.hpp"

namespace kilter::lp::test {

/// How many columns and rows are basic: of a basis, as many as there are rows.
inline std::ptrdiff_t basics(const Basis& basis) {
  return std::ranges::count(basis.columns, VariableStatus::basic) + std::ranges::count(basis.rows, VariableStatus::basic);
}

inline bool all_finite(const std::vector<double>& values) {
  return std::ranges::all_of(values, [](double v) { return std::isfinite(v); });
}

/// Can the answer be read and gone on from, whatever its status? Sizes, numbers, the count of the basis, and that the objective and
/// the primal residual are those of the point.
inline void check_usable(const Model& model, const Solution& solution) {
  const auto n = static_cast<std::size_t>(model.columns()), m = static_cast<std::size_t>(model.rows());
  REQUIRE(solution.primal.size() == n);
  REQUIRE(solution.reduced_cost.size() == n);
  REQUIRE(solution.row_activity.size() == m);
  REQUIRE(solution.dual.size() == m);
  REQUIRE(solution.basis.columns.size() == n);
  REQUIRE(solution.basis.rows.size() == m);
  CHECK(basics(solution.basis) == static_cast<std::ptrdiff_t>(m));
  CHECK(all_finite(solution.primal));
  CHECK(all_finite(solution.dual));
  double objective = model.objective_constant(), size = 1;
  for (std::size_t j = 0; j < n; ++j) {
    objective += model.costs()[j] * solution.primal[j];
    size += std::abs(model.costs()[j] * solution.primal[j]);
  }
  CHECK(std::abs(solution.objective - objective) <= 1e-12 * size);
  if (solution.status != Status::infeasible && solution.status != Status::unbounded) {
    CHECK(solution.residuals.primal == verify(model, solution).primal);
  }
}

/// Nonbasic variables stand where their status says.
inline void check_statuses(const Model& model, const Solution& solution) {
  const auto stands = [](VariableStatus status, double value, double lower, double upper) {
    if (status == VariableStatus::basic) return true;
    if (status == VariableStatus::free_nonbasic) return std::isinf(lower) && std::isinf(upper);
    const double bound = status == VariableStatus::at_lower ? lower : upper;
    return std::abs(value - bound) <= 1e-9 * (1 + std::abs(bound));
  };
  for (std::size_t j = 0; j < solution.primal.size(); ++j) {
    CHECK(stands(solution.basis.columns[j], solution.primal[j], model.lowers()[j], model.uppers()[j]));
  }
}

/// Recomputes the proof of `solution` and compares the parts that must agree.
inline void check_proof(const Model& model, const Solution& solution, double tolerance = 1e-7) {
  const Residuals residuals = verify(model, solution);
  CHECK(residuals.gap == solution.residuals.gap);
  CHECK(residuals.gap <= tolerance);
  CHECK(residuals.primal <= 2 * tolerance);
  CHECK(residuals.dual <= 2 * tolerance);
  CHECK(residuals.complementarity <= tolerance);
  check_usable(model, solution);
  if (solution.status == Status::infeasible) CHECK(proves_infeasible(model, solution.ray).holds());
  if (solution.status == Status::unbounded) CHECK(proves_unbounded(model, solution.ray).holds());
  if (solution.status == Status::optimal) {
    CHECK(solution.ray.empty());
    check_statuses(model, solution);
  }
}

/// `warm` says of the program what `cold` says.
inline void check_same(const Solution& warm, const Solution& cold, double tolerance = 1e-7) {
  REQUIRE(name(warm.status) == name(cold.status));
  if (cold.status == Status::optimal) {
    CHECK(std::abs(warm.objective - cold.objective) <= tolerance * (1 + std::abs(cold.objective)));
  }
}

}  // namespace kilter::lp::test
