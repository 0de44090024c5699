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
#include "kilter/lp/crash.hpp"
#include "kilter/lp/dual_simplex.hpp"
#include "kilter/lp/options.hpp"
#include "kilter/lp/primal_simplex.hpp"
#include "kilter/lp/problem.hpp"
#include "kilter/lp/solution.hpp"
#include "kilter/lp/tableau.hpp"

namespace kilter::lp::detail {

inline void check_options(const Options& options) {
  const auto check = [](std::string_view name, double value) {
    require(value > 0 && value <= 1e-2, name, value, "must be in (0, 0.01]");
  };
  check("primal_tolerance", options.primal_tolerance);
  check("dual_tolerance", options.dual_tolerance);
}

/// The simplex methods on one program after another. What the last solve left, basis, factors and memory, serves the next.
///
/// The two methods alternate until a basis is primal and dual feasible for the true costs and bounds. Each leaves the other little
/// to do: the dual method perturbs costs and keeps bounds, the primal method the reverse. After a few rounds neither perturbs any
/// more.
class Driver {
 public:
  Driver() = default;
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;

  /// Goes on from where the last solve ended when `live` and the matrix is the same, else from `start`, else from the basis of all
  /// row activities. `solution` keeps its memory.
  void solve(const Model& model, const Options& options, const Basis* start, bool live, const Control& control,
             Solution& solution) {
    run(model, options, start, live, control, solution);
    if (options.scale && is_blurred(solution, options)) sharpen(model, options, control, solution);
    if (solution.status == Status::optimal && !is_sound(solution)) solution.status = Status::numerical_failure;
  }

  /// True when the state is that of `basis`.
  [[nodiscard]] bool is_at(const Basis& basis) const {
    const auto n = static_cast<std::size_t>(problem_.n), m = static_cast<std::size_t>(problem_.m);
    if (!loaded_ || basis.columns.size() != n || basis.rows.size() != m) return false;
    return std::equal(basis.columns.begin(), basis.columns.end(), tableau_.status.begin()) &&
           std::equal(basis.rows.begin(), basis.rows.end(), tableau_.status.begin() + problem_.n);
  }

 private:
  static constexpr int round_limit = 40, failure_limit = 7, polish_rounds = 6, perturbed_rounds = 4, update_limit = 30;
  static constexpr double sharp = 1e-9;

  void run(const Model& model, const Options& options, const Basis* start, bool live, const Control& control, Solution& solution) {
    load(model, options, start, live);
    tableau_.iterations = control.iterations;
    if (cold_) choose_method();
    solution.ray.clear();
    solution.status = iterate(model, control, solution.ray);
    extract(model, solution);
  }
  /// False when the last answer verified cannot be called optimal, whatever led to it.
  [[nodiscard]] bool is_sound(const Solution& solution) const {
    return verification_.relative <= 1e-6 && solution.residuals.gap <= 1e-4;
  }
  /// True when an answer that is optimal for the scaled program misses the tolerances on the model itself.
  [[nodiscard]] bool is_blurred(const Solution& solution, const Options& options) const {
    if (solution.status == Status::numerical_failure) return true;
    if (solution.status == Status::optimal && !is_sound(solution)) return true;
    return solution.status == Status::optimal &&
           !(solution.residuals.primal <= 10 * options.primal_tolerance && solution.residuals.dual <= 10 * options.dual_tolerance);
  }
  /// Goes on without scaling, and keeps the better answer.
  void sharpen(const Model& model, Options options, const Control& control, Solution& solution) {
    const Solution first = solution;
    const bool first_sound = is_sound(first);
    options.scale = false;
    run(model, options, &first.basis, false, {control.stopwatch, control.watch, first.iterations}, solution);
    const auto error = [](const Solution& s) { return std::max(s.residuals.primal, s.residuals.dual); };
    const bool proven = solution.status == Status::infeasible || solution.status == Status::unbounded;
    if (first.status == Status::numerical_failure || !first_sound ||
        (solution.status == Status::optimal && error(solution) <= error(first)) ||
        (proven && error(first) > 1e3 * options.primal_tolerance)) {
      return;
    }
    const std::size_t iterations = solution.iterations;
    solution = first;
    solution.iterations = iterations;
    verify(model, solution, verification_);
  }

  void load(const Model& model, const Options& options, const Basis* start, bool live) {
    const bool same = loaded_ && problem_.scaled == options.scale && problem_.has_matrix_of(model);
    if (same) {
      problem_.load_bounds(model);
    } else {
      problem_.load(model, options.scale);
    }
    tableau_.load(options, !same);
    cold_ = start == nullptr && !(same && live);
    sharpenable_ = sharpenable_ || !same;
    if (same && live) {
      tableau_.settle();
    } else {
      set_basis(start);
    }
    loaded_ = true;
  }
  void set_basis(const Basis* start) {
    dual_.forget_weights();
    const int n = problem_.n;
    if (start == nullptr || start->columns.size() != static_cast<std::size_t>(n) ||
        start->rows.size() != static_cast<std::size_t>(problem_.m)) {
      tableau_.set_basis([&](int j) { return j < n ? VariableStatus::at_lower : VariableStatus::basic; });
    } else {
      tableau_.set_basis([&](int j) {
        return j < n ? start->columns[static_cast<std::size_t>(j)] : start->rows[static_cast<std::size_t>(j - n)];
      });
    }
  }

  /// An optimum by the tolerances asked for is carried on to where the tolerances hardly matter, if that takes little.
  Status iterate(const Model& model, const Control& control, std::vector<double>& ray) {
    const Status status = alternate(model, control, ray, round_limit);
    if (status != Status::optimal || is_sharp() || !sharpenable_) return status;
    optimum_ = tableau_.status;
    const std::size_t iterations = tableau_.iterations;
    const Options asked = tableau_.options;
    tighten();
    const Status sharper = alternate(model, control, ray, polish_rounds);
    tableau_.options = asked;
    if (sharper == Status::optimal) return sharper;
    sharpenable_ = false;
    tableau_.iterations = iterations;
    ray.clear();
    tableau_.set_basis([&](int j) { return optimum_[j]; });
    renew();
    return tableau_.primal_feasible() && tableau_.dual_feasible() ? Status::optimal : Status::numerical_failure;
  }
  void tighten() {
    tableau_.options.primal_tolerance = std::min(tableau_.options.primal_tolerance, sharp);
    tableau_.options.dual_tolerance = std::min(tableau_.options.dual_tolerance, sharp);
    tableau_.options.iteration_limit =
        std::min(tableau_.options.iteration_limit, tableau_.iterations + tableau_.iterations / 10 + 100);
  }
  [[nodiscard]] bool is_sharp() {
    const Options asked = tableau_.options;
    tighten();
    const bool good = tableau_.primal_feasible() && tableau_.dual_feasible();
    tableau_.options = asked;
    return good;
  }

  /// Rounds of the one method and the other. One that failed is followed by the other method with stricter factors, and the third
  /// failure by a fresh start, so that no two rounds repeat the same thing.
  Status alternate(const Model& model, const Control& control, std::vector<double>& ray, int rounds) {
    int failures = 0;
    for (int round = 0; round < rounds && failures <= failure_limit; ++round) {
      if (failures == 3) set_basis(nullptr);
      const bool perturb = tableau_.options.perturb && round < perturbed_rounds;
      renew();
      const bool feasible = tableau_.primal_feasible();
      if (feasible && tableau_.dual_feasible()) return Status::optimal;
      const bool primal = prefers_primal(feasible, round) != (failures % 2 == 1);
      const Outcome outcome = primal ? run_primal(control, perturb) : run_dual(control, perturb, cold_ && round == 0);
      if (outcome == Outcome::slow) {
        set_crash_basis();
        primal_first_ = true;
        round = -1;
        continue;
      }
      switch (outcome) {
        case Outcome::done:
        case Outcome::slow: break;
        case Outcome::stopped: return tableau_.stop_status;
        case Outcome::infeasible:
          if (prove_infeasible(model, ray)) return Status::infeasible;
          break;
        case Outcome::unbounded:
          if (prove_unbounded(model, ray)) return Status::unbounded;
          break;
        case Outcome::trouble: break;
      }
      if (outcome == Outcome::done) continue;
      ++failures;
      be_careful();
    }
    return Status::numerical_failure;
  }
  [[nodiscard]] bool prefers_primal(bool feasible, int round) const {
    const Method method = tableau_.options.method;
    if (round == 0 && cold_) return primal_first_;
    return feasible || (method == Method::primal && round % 4 == 0);
  }
  /// Chooses the method for a cold start, and for the primal one a better basis than that of all row activities.
  void choose_method() {
    renew();
    const Method method = tableau_.options.method;
    primal_first_ = method == Method::primal || (method != Method::dual && primal_looks_shorter());
    if (primal_first_) set_crash_basis();
  }
  void set_crash_basis() {
    dual_.forget_weights();
    const Array<int>& basic = crash_.run(problem_);
    tableau_.set_basis([&](int j) { return basic[j] != 0 ? VariableStatus::basic : VariableStatus::at_lower; });
  }
  /// The choice for a cold start. Infeasibilities of the one kind make work for the one method, those of the other for the other.
  /// Reduced costs that a change of bound would mend are no burden to the dual method, which passes many bounds in one step; where
  /// there are more of them than rows, they speak for it.
  [[nodiscard]] bool primal_looks_shorter() const {
    int primal = 0, dual = 0, flips = 0;
    for (const int j : tableau_.head) primal += tableau_.violation(j) > tableau_.options.primal_tolerance ? 1 : 0;
    for (int j = 0; j < tableau_.size; ++j) {
      if (tableau_.dual_violation(j) <= tableau_.options.dual_tolerance) continue;
      ++(is_boxed(j) ? flips : dual);
    }
    if (primal == 0) return dual > 0 || flips <= tableau_.m;
    return 8 * primal < dual;
  }
  [[nodiscard]] bool is_boxed(int j) const { return tableau_.lower[j] > -infinity && tableau_.upper[j] < infinity; }
  [[nodiscard]] bool flips_make_dual_feasible() const {
    for (int j = 0; j < tableau_.size; ++j) {
      if (!is_boxed(j) && tableau_.dual_violation(j) > tableau_.options.dual_tolerance) return false;
    }
    return true;
  }
  /// Where bounds cannot make the basis dual feasible, a first phase looks for one that is: the same method on the program whose
  /// bounds say only which infinite ones there are (Koberstein 2005, the artificial bounds method).
  Outcome run_dual(const Control& control, bool perturb, bool may_give_up) {
    if (!flips_make_dual_feasible()) {
      tableau_.box_bounds();
      tableau_.compute_primal();
      const Outcome outcome = dual_.run(control, perturb, tableau_.patience());
      tableau_.restore_bounds();
      if (outcome == Outcome::stopped) return outcome;
      if (tableau_.lu.updates() > update_limit) refactor();
      tableau_.compute_primal();
      tableau_.compute_dual();
    }
    may_give_up = may_give_up && tableau_.options.method != Method::dual;
    return dual_.run(control, perturb, may_give_up ? 500 + 5 * static_cast<std::size_t>(tableau_.m) : tableau_.patience());
  }
  Outcome run_primal(const Control& control, bool perturb) {
    dual_.forget_weights();
    return primal_.run(control, perturb);
  }

  /// Back to the true costs and bounds, with factors and values that can be trusted.
  void renew() {
    tableau_.restore_costs();
    tableau_.restore_bounds();
    if (!tableau_.factored || tableau_.lu.updates() > update_limit) refactor();
    tableau_.compute_primal();
    tableau_.compute_dual();
  }
  void refactor() {
    dual_.save_weights();
    tableau_.refactor();
    dual_.restore_weights();
  }
  void be_careful() {
    tableau_.threshold = std::min(0.9, 2 * tableau_.threshold);
    refactor();
  }

  /// The multipliers of the row that could not be satisfied, on the unscaled rows.
  bool prove_infeasible(const Model& model, std::vector<double>& ray) const {
    ray.assign(static_cast<std::size_t>(problem_.m), 0.0);
    for (const int i : tableau_.rho.index()) {
      ray[static_cast<std::size_t>(i)] = tableau_.direction * tableau_.rho.value[i] * problem_.row_scale[i];
    }
    // A multiplier that is rounding, on the side where its row has no bound, would void the proof.
    const double largest = largest_magnitude(ray);
    for (int i = 0; i < problem_.m; ++i) {
      double& y = ray[static_cast<std::size_t>(i)];
      if (std::abs(y) <= 1e-9 * largest && std::isinf(y > 0 ? model.row_lower(i) : model.row_upper(i))) y = 0;
    }
    if (proves_infeasible(model, ray).holds()) return true;
    ray.clear();
    return false;
  }

  /// The direction in which the entering variable takes the basic ones along, on the unscaled columns, from a point that is
  /// feasible.
  bool prove_unbounded(const Model& model, std::vector<double>& ray) {
    std::vector<double> direction(static_cast<std::size_t>(problem_.n));
    const auto set = [&](int j, double speed) {
      if (j < problem_.n) direction[static_cast<std::size_t>(j)] = speed * problem_.column_scale[j];
    };
    set(tableau_.entering, tableau_.direction);
    for (const int p : tableau_.alpha.index()) set(tableau_.head[p], -tableau_.direction * tableau_.alpha.value[p]);
    // A speed that is rounding, towards a bound, would void the proof.
    const double largest = largest_magnitude(direction);
    for (std::size_t j = 0; j < direction.size(); ++j) {
      double& t = direction[j];
      const bool bounded = std::isfinite(t > 0 ? model.uppers()[j] : model.lowers()[j]);
      if (std::abs(t) <= (bounded ? 1e-9 : 1e-12) * largest) t = 0;
    }
    if (!proves_unbounded(model, direction).holds()) return false;
    renew();
    if (!tableau_.primal_feasible()) return false;
    ray = std::move(direction);
    return true;
  }

  // ---- the answer

  void extract(const Model& model, Solution& solution) {
    renew_refined();
    const auto n = static_cast<std::size_t>(problem_.n), m = static_cast<std::size_t>(problem_.m);
    solution.primal.resize(n);
    solution.reduced_cost.resize(n);
    solution.dual.resize(m);
    solution.basis.columns.resize(n);
    solution.basis.rows.resize(m);
    solution.objective = model.objective_constant();
    for (int j = 0; j < problem_.n; ++j) {
      const auto k = static_cast<std::size_t>(j);
      solution.primal[k] = tableau_.x[j] * problem_.column_scale[j];
      solution.reduced_cost[k] = tableau_.d[j] / problem_.column_scale[j];
      solution.basis.columns[k] = tableau_.status[j];
      solution.objective += model.costs()[k] * solution.primal[k];
    }
    for (int i = 0; i < problem_.m; ++i) {
      const auto k = static_cast<std::size_t>(i);
      solution.dual[k] = tableau_.d[problem_.n + i] * problem_.row_scale[i];
      solution.basis.rows[k] = tableau_.status[problem_.n + i];
    }
    solution.iterations = tableau_.iterations;
    solution.residuals = verify(model, solution, verification_);
    if (solution.status == Status::infeasible) {
      activities(model, solution.primal, solution.row_activity);
    } else {
      solution.row_activity = verification_.activity;
    }
  }
  void renew_refined() {
    tableau_.restore_costs();
    tableau_.restore_bounds();
    tableau_.compute_primal(true);
    tableau_.compute_dual(true);
  }

  Problem problem_;
  Tableau tableau_{problem_};
  DualSimplex dual_{tableau_};
  PrimalSimplex primal_{tableau_};
  Array<VariableStatus> optimum_;
  Verification verification_;
  Crash crash_;
  bool sharpenable_ = true;  ///< false once a tighter optimum was sought in vain
  bool loaded_ = false, cold_ = true, primal_first_ = false;
};

}  // namespace kilter::lp::detail
