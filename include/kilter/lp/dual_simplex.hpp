#pragma once
/// @file
/// The bounded dual simplex method: steepest-edge pricing, long-step (bound-flipping) ratio test, cost perturbation and shifting.

#include <algorithm>
#include <cmath>

#include "kilter/lp/dual_ratio_test.hpp"
#include "kilter/lp/tableau.hpp"

namespace kilter::lp::detail {

/// Dual simplex with steepest-edge pricing (Forrest, Goldfarb 1992). It starts from any basis: nonbasic variables of two bounds
/// move to the one their reduced cost asks for, and the costs of others are shifted to make them dual feasible. A run of steps of
/// length zero makes it perturb the costs, so that ties between reduced costs, the cause of stalling, are broken; the primal method
/// removes what that leaves behind.
class DualSimplex {
 public:
  explicit DualSimplex(Tableau& tableau) : t_(tableau) {}

  /// The weights do not belong to the basis any more.
  void forget_weights() { weighted_ = false; }
  /// Around a refactorisation, which permutes positions, weights stay with their variables.
  void save_weights() {
    if (!weighted_ || weight_.size() != t_.m) return forget_weights();
    if (weight_of_.size() != t_.size) weight_of_.assign(t_.size, 1.0);
    old_head_ = t_.head;
    for (int p = 0; p < t_.m; ++p) weight_of_[t_.head[p]] = weight_[p];
  }
  void restore_weights() {
    if (!weighted_) return;
    for (int p = 0; p < t_.m; ++p) weight_[p] = weight_of_[t_.head[p]];
    for (const int j : old_head_) weight_of_[j] = 1;
  }

  /// Runs until the basis is primal feasible for the working bounds, or for `limit` pivots. `x` and `d` must be up to date.
  Outcome run(const Control& control, bool perturb, std::size_t limit) {
    start();
    const std::size_t last = t_.iterations + limit;
    for (;;) {
      if (t_.iterations > last) return limit < t_.patience() ? Outcome::slow : Outcome::trouble;
      if (t_.must_stop(control.stopwatch)) return Outcome::stopped;
      if (t_.lu.is_worn()) refresh(control);
      if (perturb && stalled_ > stall_limit()) perturb_costs();
      if (!choose_leaving()) return Outcome::done;
      const Step step = choose_entering();
      if (step == Step::none) {
        if (t_.lu.updates() == 0) return Outcome::infeasible;
        refresh(control);
        continue;
      }
      if (step == Step::small || !pivot()) {
        if (!recover(control)) return Outcome::trouble;
        continue;
      }
      ++t_.iterations;
    }
  }

  /// Moves the costs of the nonbasic variables a little, each in the direction that keeps it dual feasible: ties between reduced
  /// costs end, and with them the steps that get nowhere.
  void perturb_costs() {
    double largest = 0;
    for (const double c : t_.cost) largest = std::max(largest, std::abs(c));
    // A few huge costs must not drown the others in noise.
    if (largest > 100) largest = std::sqrt(std::sqrt(largest));
    const double base = 5e-7 * std::max(largest, 1.0);
    for (int j = 0; j < t_.size; ++j) {
      if (t_.is_basic(j) || t_.is_fixed(j) || t_.status[j] == VariableStatus::free_nonbasic) continue;
      const double size = base * (t_.problem.is_logical(j) ? 1e-2 : 1 + std::abs(t_.cost[j])) * (1 + t_.rng.uniform());
      const double by = t_.status[j] == VariableStatus::at_upper ? -size : size;
      change_cost(j, by);
      t_.d[j] += by;
    }
    stalled_ = 0;
  }

 private:
  using Step = DualRatioTest::Step;
  static constexpr double pivot_tolerance = 1e-9;

  [[nodiscard]] int stall_limit() const { return 20 + t_.m / 20; }

  // ---- start

  void start() {
    if (!weighted_ || weight_.size() != t_.m) weight_.assign(t_.m, 1.0);
    weighted_ = true;
    infeasibility_.resize(t_.m);
    if (tau_.size() != t_.m) {
      tau_.reset(t_.m);
      flips_.reset(t_.m);
    }
    become_dual_feasible();
    refresh_infeasibilities();
    failures_ = stalled_ = 0;
  }
  void change_cost(int j, double by) {
    t_.cost[j] += by;
    t_.costs_changed = true;
  }
  void become_dual_feasible() {
    bool moved = false;
    for (int j = 0; j < t_.size; ++j) {
      if (t_.dual_violation(j) <= 0) continue;
      if (t_.lower[j] > -infinity && t_.upper[j] < infinity) {
        if (t_.dual_violation(j) <= t_.options.dual_tolerance) continue;
        flip(j);
        moved = true;
      } else {
        shift_to_zero(j);
      }
    }
    if (moved) t_.compute_primal();
  }
  void flip(int j) {
    const bool up = t_.status[j] == VariableStatus::at_lower;
    t_.status[j] = up ? VariableStatus::at_upper : VariableStatus::at_lower;
    t_.x[j] = up ? t_.upper[j] : t_.lower[j];
  }
  void shift_to_zero(int j) {
    change_cost(j, -t_.d[j]);
    t_.d[j] = 0;
  }

  /// Fresh factors, values and reduced costs.
  void refresh(const Control& control) {
    save_weights();
    t_.refactor();
    restore_weights();
    t_.compute_primal();
    t_.compute_dual();
    become_dual_feasible();
    refresh_infeasibilities();
    control.watch(Progress{t_.iterations, t_.objective(), 0});
  }
  void refresh_infeasibilities() {
    infeasible_.clear();
    listed_.assign(t_.m, 0);
    for (int p = 0; p < t_.m; ++p) update_infeasibility(p);
  }
  void update_infeasibility(int p) {
    const double v = t_.violation(t_.head[p]);
    infeasibility_[p] = v > t_.options.primal_tolerance ? v * v : 0;
    if (infeasibility_[p] == 0 || listed_[p] != 0) return;
    listed_[p] = 1;
    infeasible_.push_back(p);
  }
  /// After a pivot that could not be trusted: fresh factors, then stricter ones, and another row.
  bool recover(const Control& control) {
    if (++failures_ > 50) return false;
    if (t_.lu.updates() == 0) {
      t_.threshold = std::min(0.9, t_.threshold * 2);
      weight_[p_] = std::min(weight_[p_] * 1e4, 1e100);
    }
    refresh(control);
    return true;
  }

  // ---- leaving variable

  /// Steepest edge, with the weight of the winner checked against the true norm of its row. Where a stall outlasts the
  /// perturbation, or none is wanted, the row is drawn at random, which cycles with probability zero.
  bool choose_leaving() {
    for (;;) {
      const bool draw = stalled_ > 4 * stall_limit();
      p_ = draw ? draw_row() : best_row();
      if (p_ < 0) return false;
      t_.compute_rho(p_);
      double& weight = weight_[p_];
      const double norm = t_.rho.squared_norm();
      const bool trusted = weight >= 0.25 * norm;
      weight = std::max(weight, norm);
      if (trusted && failures_ == 0) weight = norm;
      if (trusted || draw) return true;
    }
  }
  /// Only the rows on the list are looked at, which shrinks as they become feasible.
  int best_row() {
    const double* const v = infeasibility_.data();
    const double* const w = weight_.data();
    double best = 0;
    int row = -1, kept = 0;
    for (const int p : infeasible_) {
      if (v[p] == 0) {
        listed_[p] = 0;
        continue;
      }
      infeasible_[kept++] = p;
      if (v[p] > best * w[p]) {
        best = v[p] / w[p];
        row = p;
      }
    }
    infeasible_.resize(kept);
    return row;
  }
  int draw_row() {
    double best = 0;
    int row = -1;
    for (const int p : infeasible_) {
      if (infeasibility_[p] == 0) continue;
      const double merit = t_.rng.uniform();
      if (merit <= best) continue;
      best = merit;
      row = p;
    }
    return row;
  }

  Step choose_entering() {
    const int j = t_.head[p_];
    sign_ = t_.x[j] > t_.upper[j] ? 1 : -1;
    t_.direction = sign_;
    t_.compute_row();
    return ratio_test_.choose(t_, sign_, t_.violation(j));
  }

  // ---- the pivot

  bool pivot() {
    const int q = t_.entering;
    t_.compute_alpha(q);
    const double pivot = t_.alpha.value[p_];
    const double error = std::abs(pivot - t_.row.value[q]);
    if (std::abs(pivot) < pivot_tolerance || error > 1e-6 * (std::abs(pivot) + std::abs(t_.row.value[q]))) return false;
    update_duals(q, pivot);
    apply_flips();
    update_weights(pivot);
    update_primals(q, pivot);
    return true;
  }

  void update_duals(int q, double pivot) {
    if (t_.dual_violation(q) > 0) shift_to_zero(q);
    const double step = t_.d[q] / pivot;
    stalled_ = std::abs(step) > 1e-12 ? 0 : stalled_ + 1;
    if (step != 0) move_duals(step);
    t_.d[q] = 0;
    t_.d[t_.head[p_]] = -step;
  }
  /// Reduced costs that would change sign get their cost shifted instead, but not those of variables that are to flip.
  void move_duals(double step) {
    double* const d = t_.d.data();
    for (int k = 0; k < ratio_test_.flips(); ++k) {
      const int j = ratio_test_.candidate(k).j;
      d[j] -= step * t_.row.value[j];
      t_.row.value[j] = listed_zero;
    }
    for (const int j : t_.row.index()) {
      const double r = t_.row.value[j];
      if (r == listed_zero) continue;
      d[j] -= step * r;
      if (t_.status[j] == VariableStatus::at_lower ? d[j] < 0 : t_.status[j] != VariableStatus::at_upper || d[j] > 0) {
        shift_to_zero(j);
      }
    }
  }

  void apply_flips() {
    if (ratio_test_.flips() == 0) return;
    flips_.clear();
    for (int k = 0; k < ratio_test_.flips(); ++k) {
      const int j = ratio_test_.candidate(k).j;
      const double before = t_.x[j];
      flip(j);
      t_.problem.add_column(j, before - t_.x[j], flips_);
    }
    t_.lu.ftran(flips_, flips_density_);
    for (const int p : flips_.index()) {
      t_.x[t_.head[p]] += flips_.value[p];
      update_infeasibility(p);
    }
  }

  void update_weights(double pivot) {
    tau_.copy(t_.rho);
    t_.lu.ftran(tau_, tau_density_);
    const double weight = weight_[p_];
    for (const int i : t_.alpha.index()) {
      const double ratio = t_.alpha.value[i] / pivot;
      double& w = weight_[i];
      w = std::max({w + ratio * (ratio * weight - 2 * tau_.value[i]), 1e-4, ratio * ratio * 1e-4});
    }
    weight_[p_] = std::max(weight / (pivot * pivot), 1e-4);
  }

  void update_primals(int q, double pivot) {
    const int leaving = t_.head[p_];
    const double bound = sign_ > 0 ? t_.upper[leaving] : t_.lower[leaving];
    const double step = (t_.x[leaving] - bound) / pivot;
    for (const int i : t_.alpha.index()) t_.x[t_.head[i]] -= step * t_.alpha.value[i];
    t_.x[q] += step;
    t_.x[leaving] = bound;
    t_.exchange(p_, q, sign_ > 0 ? VariableStatus::at_upper : VariableStatus::at_lower);
    for (const int i : t_.alpha.index()) update_infeasibility(i);
  }

  Tableau& t_;
  Array<double> weight_, weight_of_, infeasibility_;
  Array<int> old_head_, infeasible_;
  Array<char> listed_;
  SparseVector tau_, flips_;
  Density tau_density_, flips_density_;
  DualRatioTest ratio_test_;
  bool weighted_ = false;
  int p_ = -1, failures_ = 0, stalled_ = 0;
  double sign_ = 1;
};

}  // namespace kilter::lp::detail
