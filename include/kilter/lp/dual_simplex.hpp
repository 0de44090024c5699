#pragma once
/// @file
/// The bounded dual simplex method: steepest-edge pricing, long-step (bound-flipping) ratio test, cost perturbation and shifting.

#include <algorithm>
#include <cmath>

#include "kilter/lp/tableau.hpp"

namespace kilter::lp::detail {

/// Dual simplex with steepest-edge pricing (Forrest, Goldfarb 1992) and a bound-flipping ratio test (Maros 2003) whose groups of
/// breakpoints are formed with Harris' tolerance (Harris 1973). It starts from any basis: nonbasic variables of two bounds move to
/// the one their reduced cost asks for, and the costs of others are shifted to make them dual feasible. A run of steps of length
/// zero makes it perturb the costs, so that ties between reduced costs, the cause of stalling, are broken; the primal method
/// removes what that leaves behind.
class DualSimplex {
 public:
  DualSimplex(Tableau& tableau, const Stopwatch& stopwatch, const Watcher& watch)
      : t_(tableau), stopwatch_(stopwatch), watch_(watch) {}

  /// Runs until the basis is primal feasible for the working bounds. The factors must be fresh, `x` and `d` up to date.
  Outcome run(bool perturb) {
    weight_.assign(t_.size, 1.0);
    tau_.reset(t_.m);
    flips_.reset(t_.m);
    become_dual_feasible();
    refresh_infeasibilities();
    failures_ = stalled_ = 0;
    for (;;) {
      if (t_.must_stop(stopwatch_)) return Outcome::stopped;
      if (t_.lu.is_worn()) refresh();
      if (perturb && stalled_ > stall_limit()) perturb_costs();
      if (!choose_leaving()) return Outcome::done;
      const Step step = choose_entering();
      if (step == Step::none) {
        if (t_.lu.updates() == 0) return Outcome::infeasible;
        refresh();
        continue;
      }
      if (step == Step::small || !pivot()) {
        if (!recover()) return Outcome::trouble;
        continue;
      }
      ++t_.iterations;
    }
  }

  /// Position of the row that proves infeasibility; `Tableau::rho` holds the multipliers and `Tableau::direction` their sign.
  [[nodiscard]] int leaving() const { return p_; }

 private:
  enum class Step : std::uint8_t { found, none, small };
  struct Candidate {
    int j;
    double alpha;  ///< size of the entry of the pivot row
    double d;      ///< size of the reduced cost
  };
  static constexpr double pivot_tolerance = 1e-9;
  static constexpr double safe_pivot = 1e-7;

  // ---- start

  [[nodiscard]] int stall_limit() const { return 20 + t_.m / 20; }

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
        change_cost(j, -t_.d[j]);
        t_.d[j] = 0;
      }
    }
    if (moved) t_.compute_primal();
  }
  void flip(int j) {
    const bool up = t_.status[j] == VariableStatus::at_lower;
    t_.status[j] = up ? VariableStatus::at_upper : VariableStatus::at_lower;
    t_.x[j] = up ? t_.upper[j] : t_.lower[j];
  }

  void refresh() {
    t_.refactor();
    t_.compute_primal();
    t_.compute_dual();
    become_dual_feasible();
    refresh_infeasibilities();
    watch_(Progress{t_.iterations, t_.objective(), 0});
  }
  void refresh_infeasibilities() {
    infeasibility_.assign(t_.m, 0.0);
    for (int p = 0; p < t_.m; ++p) update_infeasibility(p);
  }
  void update_infeasibility(int p) {
    const double v = t_.violation(t_.head[p]);
    infeasibility_[p] = v > t_.options.primal_tolerance ? v * v : 0;
  }

  /// After an untrustworthy pivot: fresh factors with stricter pivots, and the row is left alone for a while.
  bool recover() {
    if (++failures_ > 20 + t_.m) return false;
    if (t_.lu.updates() == 0) {
      t_.threshold = std::min(0.9, t_.threshold * 2);
      weight_[t_.head[p_]] = std::min(weight_[t_.head[p_]] * 1e4, 1e100);
    }
    refresh();
    return true;
  }

  // ---- leaving variable

  /// Steepest edge, with the weight of the winner checked against the true norm of its row. Where a stall outlasts the
  /// perturbation, or none is wanted, the row is drawn at random, which cycles with probability zero.
  bool choose_leaving() {
    for (;;) {
      const bool draw = stalled_ > 4 * stall_limit();
      p_ = -1;
      double best = 0;
      for (int p = 0; p < t_.m; ++p) {
        if (infeasibility_[p] == 0) continue;
        const double merit = draw ? t_.rng.uniform() : infeasibility_[p] / weight_[t_.head[p]];
        if (merit <= best) continue;
        best = merit;
        p_ = p;
      }
      if (p_ < 0) return false;
      t_.compute_rho(p_);
      double& weight = weight_[t_.head[p_]];
      const double norm = t_.rho.squared_norm();
      const bool trusted = weight >= 0.25 * norm;
      weight = std::max(weight, norm);
      if (trusted && failures_ == 0) weight = norm;
      if (trusted || draw) return true;
    }
  }

  // ---- entering variable

  Step choose_entering() {
    const int j = t_.head[p_];
    sign_ = t_.x[j] > t_.upper[j] ? 1 : -1;
    t_.direction = sign_;
    slope_ = t_.violation(j);
    t_.compute_row();
    collect();
    return search_groups();
  }

  void collect() {
    candidates_.clear();
    for (const int j : t_.row_index) {
      double a = sign_ * t_.row[j], d = t_.d[j];
      if (t_.status[j] == VariableStatus::at_upper) {
        a = -a;
        d = -d;
      } else if (t_.status[j] == VariableStatus::free_nonbasic) {
        a = std::abs(a);
        d = 0;
      }
      if (a > pivot_tolerance) candidates_.push_back({j, a, std::max(d, 0.0)});
    }
  }

  /// Passes groups of breakpoints while the dual objective goes on rising; the entering variable has the largest pivot of the last
  /// group, or of an earlier one when that is much safer. Candidates before `flip_count_` are to change their bound.
  Step search_groups() {
    groups_.clear();
    int first = 0;
    double slope = slope_;
    while (first < candidates_.size() && slope > t_.options.primal_tolerance) {
      groups_.push_back(first);
      const double limit = harris_limit(first);
      const int last = partition(first, limit);
      for (int k = first; k < last; ++k) {
        const int j = candidates_[k].j;
        slope -= candidates_[k].alpha * (t_.upper[j] - t_.lower[j]);
      }
      first = last;
    }
    if (slope > t_.options.primal_tolerance) return Step::none;
    groups_.push_back(first);
    return pick();
  }
  [[nodiscard]] double harris_limit(int first) const {
    double limit = infinity;
    for (int k = first; k < candidates_.size(); ++k) {
      limit = std::min(limit, (candidates_[k].d + t_.options.dual_tolerance) / candidates_[k].alpha);
    }
    return limit;
  }
  /// Moves the candidates whose ratio is within `limit` to the front of the rest; returns where they end.
  int partition(int first, double limit) {
    int last = first;
    for (int k = first; k < candidates_.size(); ++k) {
      if (candidates_[k].d <= limit * candidates_[k].alpha) std::swap(candidates_[k], candidates_[last++]);
    }
    return last;
  }
  Step pick() {
    double best = 0;
    t_.entering = -1;
    for (int g = groups_.size() - 2; g >= 0; --g) {
      int choice = groups_[g];
      for (int k = groups_[g]; k < groups_[g + 1]; ++k) {
        if (candidates_[k].alpha > candidates_[choice].alpha) choice = k;
      }
      if (candidates_[choice].alpha > 10 * best) {
        best = candidates_[choice].alpha;
        t_.entering = candidates_[choice].j;
        flip_count_ = groups_[g];
      }
      if (best >= 1e-3) break;
    }
    return best < safe_pivot && t_.lu.updates() > 0 ? Step::small : Step::found;
  }

  // ---- the pivot

  bool pivot() {
    const int q = t_.entering;
    t_.compute_alpha(q);
    const double pivot = t_.alpha.value[p_];
    const double error = std::abs(pivot - t_.row[q]);
    if (std::abs(pivot) < pivot_tolerance || error > 1e-6 * (std::abs(pivot) + std::abs(t_.row[q]))) return false;
    update_duals(q, pivot);
    apply_flips();
    update_weights(pivot);
    update_primals(q, pivot);
    return true;
  }

  void update_duals(int q, double pivot) {
    const bool wrong = t_.dual_violation(q) > 0;
    if (wrong) {
      change_cost(q, -t_.d[q]);
      t_.d[q] = 0;
    }
    const double step = t_.d[q] / pivot;
    stalled_ = std::abs(step) > 1e-12 ? 0 : stalled_ + 1;
    for (int k = 0; k < flip_count_; ++k) t_.d[candidates_[k].j] -= step * t_.row[candidates_[k].j];
    for (int k = 0; k < flip_count_; ++k) t_.row[candidates_[k].j] = 0;
    if (step != 0) {
      for (const int j : t_.row_index) {
        const double d = t_.d[j] -= step * t_.row[j];
        if (d != 0 && (t_.status[j] == VariableStatus::at_lower ? d < 0 : t_.status[j] != VariableStatus::at_upper || d > 0) &&
            t_.row[j] != 0) {
          shift_to_zero(j);
        }
      }
    }
    t_.d[q] = 0;
    t_.d[t_.head[p_]] = -step;
  }
  void shift_to_zero(int j) {
    change_cost(j, -t_.d[j]);
    t_.d[j] = 0;
  }

  void apply_flips() {
    if (flip_count_ == 0) return;
    flips_.clear();
    for (int k = 0; k < flip_count_; ++k) {
      const int j = candidates_[k].j;
      const double before = t_.x[j];
      flip(j);
      t_.problem.add_column(j, before - t_.x[j], flips_.value);
    }
    t_.lu.ftran(flips_);
    for (const int p : flips_.index) {
      t_.x[t_.head[p]] += flips_.value[p];
      update_infeasibility(p);
    }
  }

  void update_weights(double pivot) {
    tau_.clear();
    for (const int i : t_.rho.index) tau_.value[i] = t_.rho.value[i];
    t_.lu.ftran(tau_);
    const double weight = weight_[t_.head[p_]];
    for (const int i : t_.alpha.index) {
      if (i == p_) continue;
      const double ratio = t_.alpha.value[i] / pivot;
      double& w = weight_[t_.head[i]];
      w = std::max({w + ratio * (ratio * weight - 2 * tau_.value[i]), 1e-4, ratio * ratio * 1e-4});
    }
    weight_[t_.entering] = std::max(weight / (pivot * pivot), 1e-4);
  }

  void update_primals(int q, double pivot) {
    const int leaving = t_.head[p_];
    const double bound = sign_ > 0 ? t_.upper[leaving] : t_.lower[leaving];
    const double step = (t_.x[leaving] - bound) / pivot;
    for (const int i : t_.alpha.index) t_.x[t_.head[i]] -= step * t_.alpha.value[i];
    t_.x[q] += step;
    t_.x[leaving] = bound;
    t_.exchange(p_, q, sign_ > 0 ? VariableStatus::at_upper : VariableStatus::at_lower);
    for (const int i : t_.alpha.index) update_infeasibility(i);
  }

  Tableau& t_;
  const Stopwatch& stopwatch_;
  const Watcher& watch_;
  Array<double> weight_, infeasibility_;
  SparseVector tau_, flips_;
  Array<Candidate> candidates_;
  Array<int> groups_;
  int p_ = -1, flip_count_ = 0, failures_ = 0, stalled_ = 0;
  double sign_ = 1, slope_ = 0;
};

}  // namespace kilter::lp::detail
