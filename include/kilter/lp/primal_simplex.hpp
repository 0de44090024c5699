#pragma once
/// @file
/// The bounded primal simplex method: projected steepest-edge pricing, Harris' ratio test, bound flips and bound perturbation.

#include <algorithm>
#include <cmath>

#include "kilter/lp/primal_ratio_test.hpp"
#include "kilter/lp/tableau.hpp"

namespace kilter::lp::detail {

/// Primal simplex in two phases with steepest-edge pricing in a reference framework (Goldfarb, Reid 1977). The first phase
/// minimises the sum of infeasibilities, whose gradient is kept up to date as variables reach their bounds. A run of degenerate
/// steps makes the method widen the bounds of the basic variables by small random amounts; the driver takes that back and lets the
/// dual method repair what it leaves.
class PrimalSimplex {
 public:
  explicit PrimalSimplex(Tableau& tableau) : t_(tableau) {}

  /// Runs until the basis is primal and dual feasible for the true costs and the working bounds. `x` and `d` must be up to date.
  Outcome run(const Control& control, bool perturb) {
    start();
    const std::size_t last = t_.iterations + t_.patience();
    for (;;) {
      if (t_.iterations > last) return Outcome::trouble;
      if (t_.must_stop(control.stopwatch)) return Outcome::stopped;
      if (t_.lu.is_worn()) refresh(control);
      if (perturb && stalled_ > stall_limit()) perturb_bounds();
      if (!choose_entering(stalled_ > 4 * stall_limit())) {
        if (t_.lu.updates() > 0 && (infeasible_ || !attractive_.empty())) {
          refresh(control);
          continue;
        }
        if (!attractive_.empty() && smallest_pivot_ > least_pivot) {  // all that is left has been refused
          smallest_pivot_ = least_pivot;
          std::fill(banned_.begin(), banned_.end(), char{0});
          continue;
        }
        if (infeasible_) return give_up();
        return attractive_.empty() ? Outcome::done : Outcome::trouble;
      }
      t_.compute_alpha(t_.entering);
      if (!is_consistent()) {
        if (!recover(control)) return Outcome::trouble;
        continue;
      }
      const auto step = ratio_test_.choose(t_, infeasible_, t_.d[t_.entering]);
      t_.direction = step.direction;
      if (step.position < 0 && step.length == infinity) {
        if (t_.lu.updates() == 0) return infeasible_ ? Outcome::trouble : Outcome::unbounded;
        refresh(control);
        continue;
      }
      if (step.position >= 0 && std::abs(t_.alpha.value[step.position]) < smallest_pivot_) {
        if (!recover(control)) return Outcome::trouble;
        continue;
      }
      if (!move(step)) {
        if (!recover(control)) return Outcome::trouble;
        continue;
      }
      ++t_.iterations;
      if (infeasible_ && infeasibilities_ == 0) enter_second_phase();
    }
  }

 private:
  using Step = PrimalRatioTest::Step;
  static constexpr double safe_pivot = 1e-7, least_pivot = 1e-9;

  [[nodiscard]] int stall_limit() const { return 20 + t_.m / 10; }

  void start() {
    reset_weights();
    banned_.assign(t_.size, 0);
    listed_.assign(t_.size, 0);
    gradient_.assign(t_.m, 0.0);
    if (change_.size() != t_.m || change_row_.size() != t_.size) {
      change_.reset(t_.m);
      edge_.reset(t_.m);
      change_row_.reset(t_.size);
    }
    stalled_ = failures_ = 0;
    smallest_pivot_ = safe_pivot;
    count_infeasibilities();
    if (infeasible_) compute_gradient_duals();
    list_attractive();
  }

  // ---- phases

  /// −1, 0 or 1: the slope of the infeasibility of a variable.
  [[nodiscard]] double slope(int j) const {
    if (t_.x[j] < t_.lower[j] - t_.options.primal_tolerance) return -1;
    return t_.x[j] > t_.upper[j] + t_.options.primal_tolerance ? 1 : 0;
  }
  void count_infeasibilities() {
    infeasibilities_ = 0;
    for (int p = 0; p < t_.m; ++p) {
      gradient_[p] = slope(t_.head[p]);
      if (gradient_[p] != 0) ++infeasibilities_;
    }
    infeasible_ = infeasibilities_ > 0;
  }
  /// Reduced costs of the sum of infeasibilities.
  void compute_gradient_duals() {
    gradient_multipliers();
    for (int j = 0; j < t_.size; ++j) t_.d[j] = t_.is_basic(j) ? 0 : -t_.problem.dot(j, t_.rho.value);
  }
  void gradient_multipliers() {
    t_.rho.clear();
    for (int p = 0; p < t_.m; ++p) {
      if (gradient_[p] != 0) t_.rho.set(p, gradient_[p]);
    }
    Density dense{1};
    t_.lu.btran(t_.rho, dense);
  }
  Outcome give_up() {
    gradient_multipliers();
    t_.direction = 1;
    return attractive_.empty() ? Outcome::infeasible : Outcome::trouble;
  }
  void enter_second_phase() {
    infeasible_ = false;
    t_.compute_dual();
    stalled_ = 0;
    list_attractive();
  }

  void refresh(const Control& control) {
    t_.refactor();
    t_.compute_primal();
    std::fill(banned_.begin(), banned_.end(), char{0});
    if (!infeasible_) absorb_violations();
    count_infeasibilities();
    if (infeasible_) {
      compute_gradient_duals();
    } else {
      t_.compute_dual();
    }
    list_attractive();
    control.watch(Progress{t_.iterations, t_.objective(), 0});
  }
  /// Rounding found by fresh factors: bounds give way a little, so that the method stays in its phase.
  void absorb_violations() {
    for (const int j : t_.head) {
      const double v = t_.violation(j);
      if (v <= t_.options.primal_tolerance || v > 1e-4 * (1 + std::abs(t_.x[j]))) continue;
      t_.bounds_changed = true;
      t_.lower[j] = std::min(t_.lower[j], t_.x[j]);
      t_.upper[j] = std::max(t_.upper[j], t_.x[j]);
    }
  }
  void perturb_bounds() {
    for (const int j : t_.head) {
      t_.lower[j] -= (1 + t_.rng.uniform()) * 1e-6 * (1 + std::abs(t_.lower[j]));
      t_.upper[j] += (1 + t_.rng.uniform()) * 1e-6 * (1 + std::abs(t_.upper[j]));
    }
    t_.bounds_changed = true;
    stalled_ = 0;
  }

  // ---- entering variable

  [[nodiscard]] bool attractive(int j) const { return t_.dual_violation(j) > t_.options.dual_tolerance; }
  void list_attractive() {
    for (const int j : attractive_) listed_[j] = 0;
    attractive_.clear();
    for (int j = 0; j < t_.size; ++j) offer(j);
  }
  void offer(int j) {
    if (listed_[j] != 0 || !attractive(j)) return;
    listed_[j] = 1;
    attractive_.push_back(j);
  }
  /// Largest reduced cost over the length of the edge; after endless stalling a random one, which cycles with probability zero.
  /// Only the attractive are looked at; those that are so no longer leave the list here.
  bool choose_entering(bool draw) {
    t_.entering = -1;
    double best = 0;
    int kept = 0;
    for (int k = 0; k < attractive_.size(); ++k) {
      const int j = attractive_[k];
      const double v = t_.dual_violation(j);
      if (v <= t_.options.dual_tolerance) {
        listed_[j] = 0;
        continue;
      }
      attractive_[kept++] = j;
      const double merit = draw ? t_.rng.uniform() : v * v / weight_[j];
      if (merit <= best || banned_[j] != 0) continue;
      best = merit;
      t_.entering = j;
    }
    attractive_.resize(kept);
    return t_.entering >= 0;
  }

  /// The reduced cost kept up to date against the one that the fresh column gives.
  [[nodiscard]] bool is_consistent() {
    const int q = t_.entering;
    double d = infeasible_ ? 0 : t_.cost[q];
    for (const int i : t_.alpha.index()) d -= t_.alpha.value[i] * (infeasible_ ? gradient_[i] : t_.cost[t_.head[i]]);
    const bool same = d * t_.d[q] > 0 && std::abs(d) > 0.5 * t_.options.dual_tolerance;
    t_.d[q] = d;
    return same || t_.dual_violation(q) > t_.options.dual_tolerance;
  }
  /// Fresh factors, or another column where they are fresh.
  bool recover(const Control& control) {
    if (++failures_ > 50 + t_.m) return false;
    if (t_.lu.updates() > 0) {
      refresh(control);
      --failures_;
    } else {
      banned_[t_.entering] = 1;
    }
    return true;
  }

  // ---- the step

  bool move(const Step& step) {
    stalled_ = step.length > 1e-12 ? 0 : stalled_ + 1;
    if (step.position >= 0) return exchange(step);
    shift_basics(step);
    const int q = t_.entering;
    const bool up = step.direction > 0;
    t_.status[q] = up ? VariableStatus::at_upper : VariableStatus::at_lower;
    t_.x[q] = up ? t_.upper[q] : t_.lower[q];
    offer(q);
    if (infeasible_) update_gradient();
    return true;
  }
  void shift_basics(const Step& step) {
    const double by = step.direction * std::max(step.length, 0.0);
    if (by == 0) return;
    for (const int i : t_.alpha.index()) t_.x[t_.head[i]] -= by * t_.alpha.value[i];
    t_.x[t_.entering] += by;
  }
  bool exchange(const Step& step) {
    const int p = step.position, q = t_.entering, leaving = t_.head[p];
    const double pivot = t_.alpha.value[p];
    t_.compute_rho(p);
    t_.compute_row();
    const double error = std::abs(pivot - t_.row.value[q]);
    if (error > 1e-6 * (std::abs(pivot) + std::abs(t_.row.value[q]))) return false;
    update_weights(q, leaving, pivot);
    update_duals(q, leaving, pivot);
    shift_basics(step);
    if (infeasible_) {  // at its bound the leaving variable costs nothing any more
      t_.d[leaving] -= gradient_[p];
      if (gradient_[p] != 0) --infeasibilities_;
      gradient_[p] = 0;
    }
    settle(leaving, step);
    t_.exchange(p, q, step.to_upper ? VariableStatus::at_upper : VariableStatus::at_lower);
    if (infeasible_) update_gradient();
    offer(leaving);
    return true;
  }
  /// Puts the leaving variable on its bound. One that was already a little past it takes the bound along instead of being pulled
  /// back.
  void settle(int leaving, const Step& step) {
    double& bound = step.to_upper ? t_.upper[leaving] : t_.lower[leaving];
    if (step.length < 0) {
      bound = t_.x[leaving];
      t_.bounds_changed = true;
    }
    t_.x[leaving] = bound;
  }
  void update_duals(int q, int leaving, double pivot) {
    const double step = t_.d[q] / pivot;
    for (const int j : t_.row.index()) {
      t_.d[j] -= step * t_.row.value[j];
      offer(j);
    }
    t_.d[q] = 0;
    t_.d[leaving] = -step;
  }

  // ---- weights

  /// The reference framework is that of the present nonbasic variables.
  void reset_weights() {
    weight_.assign(t_.size, 1.0);
    reference_.resize(t_.size);
    for (int j = 0; j < t_.size; ++j) reference_[j] = t_.is_basic(j) ? 0 : 1;
  }
  /// With ρ = α_rj / α_rq, γ_j becomes γ_j + ρ (ρ γ_q − 2 a_j' B^-T α_q), where α_q is taken in the framework only (Goldfarb, Reid
  /// 1977, equation 3.7). Where γ_q turns out to have been far off, the framework is chosen anew.
  void update_weights(int q, int leaving, double pivot) {
    double weight = reference_[q];
    edge_.clear();
    for (const int i : t_.alpha.index()) {
      if (reference_[t_.head[i]] == 0) continue;
      edge_.set(i, t_.alpha.value[i]);
      weight += t_.alpha.value[i] * t_.alpha.value[i];
    }
    if (std::abs(weight - weight_[q]) > 2 * weight + 2) return reset_weights();
    t_.lu.btran(edge_, edge_density_);
    const double scale = 1 / pivot;
    for (const int j : t_.row.index()) {
      const double ratio = t_.row.value[j] * scale;
      const double least = reference_[j] + ratio * ratio * reference_[q];
      const double updated = weight_[j] + ratio * (ratio * weight - 2 * t_.problem.dot(j, edge_.value));
      weight_[j] = std::max({updated, least, 1e-6});
    }
    weight_[leaving] = std::max({weight * scale * scale, static_cast<double>(reference_[leaving]), 1e-6});
  }

  /// Basic variables that reached or left their bounds change the gradient of the first phase, and with it all reduced costs.
  void update_gradient() {
    change_.clear();
    for (const int i : t_.alpha.index()) {
      const double now = slope(t_.head[i]), change = now - gradient_[i];
      if (change == 0) continue;
      infeasibilities_ += (now != 0 ? 1 : 0) - (gradient_[i] != 0 ? 1 : 0);
      gradient_[i] = now;
      change_.set(i, change);
    }
    if (change_.count == 0 || infeasibilities_ == 0) return;
    t_.lu.btran(change_, change_density_);
    t_.price(change_, change_row_);
    for (const int j : change_row_.index()) {
      t_.d[j] -= change_row_.value[j];
      offer(j);
    }
  }

  Tableau& t_;
  Array<double> weight_, gradient_;
  Array<char> banned_, listed_, reference_;
  Array<int> attractive_;
  SparseVector change_, change_row_, edge_;
  Density change_density_, edge_density_;
  PrimalRatioTest ratio_test_;
  bool infeasible_ = false;
  int infeasibilities_ = 0, stalled_ = 0, failures_ = 0;
  double smallest_pivot_ = safe_pivot;
};

}  // namespace kilter::lp::detail
