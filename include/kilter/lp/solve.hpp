#pragma once
/// @file
/// `solve` for one program, `Solver` for a sequence of similar ones: presolve, simplex and network simplex behind one door.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "kilter/core/progress.hpp"
#include "kilter/lp/model.hpp"
#include "kilter/lp/options.hpp"
#include "kilter/lp/pipeline.hpp"
#include "kilter/lp/solution.hpp"

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
  detail::check_options(options);
  const Stopwatch stopwatch(options.budget);
  const detail::Watcher watch{observer};
  detail::Driver driver;
  Solution solution;
  detail::solve_afresh(model, options, start, {stopwatch, watch}, driver, solution);
  return solution;
}

/// The simplex method as an `LpSolver`.
struct Simplex {
  Options options{};

  [[nodiscard]] Solution solve(const Model& model, const Basis* start = nullptr) const { return lp::solve(model, options, start); }
};

/// Solves a sequence of programs, each only a little different from the last: keeps the basis, its factors and all memory, and goes
/// on from there. The model may have been edited in any way in between, rows and columns added or deleted included; those that are
/// still there are known by their ids. Where the matrix is the same, nothing need be factored anew; where its shape is, nothing is
/// allocated once the factors have found their room.
///
/// A value type: a copy goes on by itself, from the same basis.
class Solver {
 public:
  Options options{};

  Solver() = default;
  explicit Solver(Options given) : options(std::move(given)) {}
  Solver(const Solver& other)
      : options(other.options), last_(other.last_), column_ids_(other.column_ids_), row_ids_(other.row_ids_) {}
  Solver& operator=(const Solver& other) { return *this = Solver(other); }
  Solver(Solver&&) noexcept = default;
  Solver& operator=(Solver&&) noexcept = default;
  ~Solver() = default;

  /// Minimises `model` from where the last call ended. The answer lives until the next call. Errors are those of `lp::solve`.
  template <class O = Silent>
  requires Observer<O>
  const Solution& solve(const Model& model, O&& observer = Silent{}) {
    detail::check_options(options);
    const Stopwatch stopwatch(options.budget);
    const detail::Watcher watch{observer};
    const detail::Control control{stopwatch, watch};
    const bool known = std::ranges::equal(column_ids_, model.column_ids()) && std::ranges::equal(row_ids_, model.row_ids());
    if (!known) carry_over(model);
    const bool cold = last_.basis.rows.empty() && last_.basis.columns.empty();
    if (driver_ == nullptr) driver_ = std::make_unique<detail::Driver>();
    if (cold) {
      detail::solve_afresh(model, options, nullptr, control, *driver_, last_);
    } else {
      driver_->solve(model, options, &last_.basis, known && driver_->is_at(last_.basis), control, last_);
    }
    return last_;
  }
  /// The next call starts from nothing.
  void forget() { *this = Solver(options); }

 private:
  /// Statuses of the rows and columns that are still there; new columns rest on a bound, new rows are basic.
  void carry_over(const Model& model) {
    transfer(column_ids_, model.column_ids(), last_.basis.columns, VariableStatus::at_lower);
    transfer(row_ids_, model.row_ids(), last_.basis.rows, VariableStatus::basic);
  }
  static void transfer(std::vector<std::uint64_t>& ids, std::span<const std::uint64_t> now, std::vector<VariableStatus>& statuses,
                       VariableStatus fresh) {
    std::vector<VariableStatus> next(now.size(), fresh);
    std::size_t k = 0;
    for (std::size_t i = 0; i < now.size(); ++i) {
      while (k < ids.size() && ids[k] < now[i]) ++k;
      if (k < ids.size() && ids[k] == now[i] && k < statuses.size()) next[i] = statuses[k];
    }
    statuses = std::move(next);
    ids.assign(now.begin(), now.end());
  }

  std::unique_ptr<detail::Driver> driver_;
  Solution last_{};
  std::vector<std::uint64_t> column_ids_, row_ids_;
};

}  // namespace kilter::lp
