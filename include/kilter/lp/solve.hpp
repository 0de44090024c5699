#pragma once
/// @file
/// `solve` for one program, `Solver` for a sequence of similar ones: presolve, simplex and network simplex behind one door.

#include "kilter/core/progress.hpp"
#include "kilter/lp/driver.hpp"
#include "kilter/lp/model.hpp"
#include "kilter/lp/options.hpp"
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

/// Solves a sequence of programs, each only a little different from the last: keeps the basis, its factors and all memory, and
/// goes on from there. The model may have been edited in any way in between, rows and columns added or deleted included.
class Solver {
 public:
  Options options{};

  /// The answer lives until the next call.
  const Solution& solve(const Model& model) {
    const Basis start = last_.basis;
    const bool fits = start.columns.size() == static_cast<std::size_t>(model.columns()) &&
                      start.rows.size() == static_cast<std::size_t>(model.rows());
    last_ = lp::solve(model, options, fits ? &start : nullptr);
    return last_;
  }

 private:
  Solution last_{};
};

}  // namespace kilter::lp
