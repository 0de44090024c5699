#pragma once
/// @file
/// Which method runs when, and how a final tableau becomes a `Solution` on the model as it was given.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/progress.hpp"
#include "kilter/lp/dual_simplex.hpp"
#include "kilter/lp/primal_simplex.hpp"
#include "kilter/lp/problem.hpp"
#include "kilter/lp/solution.hpp"
#include "kilter/lp/tableau.hpp"

namespace kilter::lp::detail {

/// Alternates the two methods until a basis is primal and dual feasible for the true costs and bounds: the dual method where the
/// basis is not primal feasible, the primal method where it is. Each leaves the other little to do: the dual method perturbs costs
/// and keeps bounds, the primal method the reverse. After a few rounds neither perturbs any more.
class Driver {
 public:
  Driver(const Model& model, const Options& options, const Stopwatch& stopwatch, const Watcher& watch, bool scaled)
      : model_(model),
        problem_(model, scaled),
        tableau_(problem_, options),
        dual_(tableau_, stopwatch, watch),
        primal_(tableau_, stopwatch, watch) {}

  Solution solve(const Basis* start, std::size_t iterations_before) {
    tableau_.iterations = iterations_before;
    tableau_.set_basis(start);
    tableau_.refactor();
    Solution solution;
    solution.status = iterate(solution.ray);
    extract(solution);
    return solution;
  }

 private:
  static constexpr int round_limit = 40, perturbed_rounds = 4;

  Status iterate(std::vector<double>& ray) {
    for (int round = 0; round < round_limit; ++round) {
      const bool perturb = tableau_.options.perturb && round < perturbed_rounds;
      renew();
      if (!tableau_.primal_feasible()) {
        const Outcome outcome = dual_.run(perturb);
        if (outcome == Outcome::stopped) return tableau_.stop_status;
        if (outcome == Outcome::infeasible && prove_infeasible(ray)) return Status::infeasible;
        if (outcome != Outcome::done) be_careful();
        renew();
        if (!tableau_.primal_feasible()) continue;
      }
      if (tableau_.dual_feasible()) return Status::optimal;
      const Outcome outcome = primal_.run(perturb);
      if (outcome == Outcome::stopped) return tableau_.stop_status;
      if (outcome == Outcome::unbounded && prove_unbounded(ray)) return Status::unbounded;
      if (outcome == Outcome::trouble) be_careful();
    }
    return Status::numerical_failure;
  }

  /// Back to the true costs and bounds, with fresh factors and values.
  void renew() {
    tableau_.restore_costs();
    tableau_.restore_bounds();
    if (tableau_.lu.updates() > 0) tableau_.refactor();
    tableau_.compute_primal();
    tableau_.compute_dual();
  }
  void be_careful() {
    tableau_.threshold = std::min(0.9, 2 * tableau_.threshold);
    tableau_.refactor();
  }

  /// The multipliers of the row that the dual method could not satisfy, on the unscaled rows.
  bool prove_infeasible(std::vector<double>& ray) const {
    ray.assign(static_cast<std::size_t>(problem_.m), 0.0);
    for (const int i : tableau_.rho.index) {
      ray[static_cast<std::size_t>(i)] = tableau_.direction * tableau_.rho.value[i] * problem_.row_scale[i];
    }
    // A multiplier that is rounding, on the side where its row has no bound, would void the proof.
    const double largest = largest_magnitude(ray);
    for (int i = 0; i < problem_.m; ++i) {
      double& y = ray[static_cast<std::size_t>(i)];
      if (std::abs(y) <= 1e-9 * largest && std::isinf(y > 0 ? model_.row_lower(i) : model_.row_upper(i))) y = 0;
    }
    if (proves_infeasible(model_, ray).holds()) return true;
    ray.clear();
    return false;
  }

  /// The direction in which the entering variable takes the basic ones along, on the unscaled columns, from a point that is
  /// feasible.
  bool prove_unbounded(std::vector<double>& ray) {
    std::vector<double> direction(static_cast<std::size_t>(problem_.n));
    const auto set = [&](int j, double speed) {
      if (j < problem_.n) direction[static_cast<std::size_t>(j)] = speed * problem_.column_scale[j];
    };
    set(tableau_.entering, tableau_.direction);
    for (const int p : tableau_.alpha.index) set(tableau_.head[p], -tableau_.direction * tableau_.alpha.value[p]);
    const double largest = largest_magnitude(direction);
    for (double& t : direction) {
      if (std::abs(t) <= 1e-12 * largest) t = 0;
    }
    if (!proves_unbounded(model_, direction).holds()) return false;
    renew();
    if (!tableau_.primal_feasible()) return false;
    ray = std::move(direction);
    return true;
  }

  // ---- the answer

  void extract(Solution& solution) {
    renew_refined();
    const auto n = static_cast<std::size_t>(problem_.n), m = static_cast<std::size_t>(problem_.m);
    solution.primal.resize(n);
    solution.reduced_cost.resize(n);
    solution.dual.resize(m);
    solution.basis.columns.resize(n);
    solution.basis.rows.resize(m);
    solution.objective = model_.objective_constant();
    for (int j = 0; j < problem_.n; ++j) {
      const auto k = static_cast<std::size_t>(j);
      solution.primal[k] = tableau_.x[j] * problem_.column_scale[j];
      solution.reduced_cost[k] = tableau_.d[j] / problem_.column_scale[j];
      solution.basis.columns[k] = tableau_.status[j];
      solution.objective += model_.cost(j) * solution.primal[k];
    }
    for (int i = 0; i < problem_.m; ++i) {
      const auto k = static_cast<std::size_t>(i);
      solution.dual[k] = tableau_.d[problem_.n + i] * problem_.row_scale[i];
      solution.basis.rows[k] = tableau_.status[problem_.n + i];
    }
    solution.row_activity = activities(model_, solution.primal);
    solution.iterations = tableau_.iterations;
    solution.residuals = verify(model_, solution);
  }
  void renew_refined() {
    tableau_.restore_costs();
    tableau_.restore_bounds();
    tableau_.compute_primal(true);
    tableau_.compute_dual(true);
  }

  const Model& model_;
  Problem problem_;
  Tableau tableau_;
  DualSimplex dual_;
  PrimalSimplex primal_;
};

inline void check_options(const Options& options) {
  const auto check = [](std::string_view name, double value) {
    require(value > 0 && value <= 1e-2, name, value, "must be in (0, 0.01]");
  };
  check("primal_tolerance", options.primal_tolerance);
  check("dual_tolerance", options.dual_tolerance);
}

/// True when an answer that is optimal for the scaled program misses the tolerances on the model itself.
inline bool is_blurred(const Solution& solution, const Options& options) {
  return solution.status == Status::numerical_failure ||
         (solution.status == Status::optimal &&
          (solution.residuals.primal > 10 * options.primal_tolerance || solution.residuals.dual > 10 * options.dual_tolerance));
}

/// Solves the scaled program; where its answer is not good enough on the model itself, goes on from its basis without scaling.
inline Solution solve_twice(const Model& model, const Options& options, const Basis* start, const Watcher& watch) {
  check_options(options);
  const Stopwatch stopwatch(options.budget);
  Solution first = Driver(model, options, stopwatch, watch, options.scale).solve(start, 0);
  if (!options.scale || !is_blurred(first, options)) return first;
  Solution second = Driver(model, options, stopwatch, watch, false).solve(&first.basis, first.iterations);
  const bool better = first.status == Status::numerical_failure ||
                      (second.status == Status::optimal && std::max(second.residuals.primal, second.residuals.dual) <=
                                                               std::max(first.residuals.primal, first.residuals.dual));
  first.iterations = second.iterations;
  return better ? second : first;
}

}  // namespace kilter::lp::detail
