#pragma once
/// @file
/// `solve`: the simplex method for linear programs, primal and dual.

#include "kilter/core/progress.hpp"
#include "kilter/lp/driver.hpp"
#include "kilter/lp/model.hpp"
#include "kilter/lp/solution.hpp"
#include "kilter/lp/tableau.hpp"

namespace kilter::lp {

/// Minimises `model` by the bounded revised simplex method, from `start` where one is given.
///
/// `start` may come from an earlier solution of any model of the same shape; it need not be feasible, and a basis that is singular
/// or has the wrong count is repaired. The observer is shown the iteration and the objective each time the basis is refactored.
/// Infeasible and unbounded programs are reported with a ray that has been checked on the model itself; limits give the point
/// reached. Throws `std::invalid_argument` for tolerances outside (0, 0.01]. The same input gives the same answer bit for bit.
template <class O = Silent>
requires Observer<O>
[[nodiscard]] Solution solve(const Model& model, const Options& options = {}, const Basis* start = nullptr,
                             O&& observer = Silent{}) {
  return detail::solve_twice(model, options, start, detail::Watcher{observer});
}

/// The simplex method as an `LpSolver`.
struct Simplex {
  Options options{};

  [[nodiscard]] Solution solve(const Model& model, const Basis* start = nullptr) const { return lp::solve(model, options, start); }
};

}  // namespace kilter::lp
