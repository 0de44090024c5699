#pragma once
/// @file
/// The bounded primal simplex method from a feasible basis: Devex pricing, Harris' ratio test, bound flips and bound perturbation.

#include <algorithm>
#include <cmath>

#include "kilter/lp/tableau.hpp"

namespace kilter::lp::detail {

/// Primal simplex, second phase only (the dual method with shifted costs is the first). Reference-framework pricing (Devex: Harris
/// 1973; Forrest, Goldfarb 1992), two-pass ratio test with tolerances (Harris 1973). A run of degenerate steps makes it widen the
/// bounds of the basic variables by small random amounts; the driver takes that back and lets the dual method repair what it
/// leaves.
class PrimalSimplex {
 public:
  PrimalSimplex(Tableau& tableau, const Stopwatch& stopwatch, const Watcher& watch)
      : t_(tableau), stopwatch_(stopwatch), watch_(watch) {}

  /// Runs until the basis is dual feasible for the true costs. The factors must be fresh, `x` and `d` up to date.
  Outcome run(bool perturb) {
    weight_.assign(t_.size, 1.0);
    banned_.assign(t_.size, 0);
    stalled_ = failures_ = 0;
    for (;;) {
      if (t_.must_stop(stopwatch_)) return Outcome::stopped;
      if (t_.lu.is_worn()) refresh();
      if (perturb && stalled_ > stall_limit()) perturb_bounds();
      if (!choose_entering(!perturb && stalled_ > 4 * stall_limit())) return failures_ == 0 ? Outcome::done : Outcome::trouble;
      t_.compute_alpha(t_.entering);
      if (!is_consistent()) {
        if (!recover()) return Outcome::trouble;
        continue;
      }
      choose_leaving();
      if (p_ < 0 && step_ == infinity) {
        if (t_.lu.updates() == 0) return Outcome::unbounded;
        refresh();
        continue;
      }
      if (p_ >= 0 && std::abs(t_.alpha.value[p_]) < safe_pivot && !accept_small()) continue;
      move();
      ++t_.iterations;
    }
  }

 private:
  static constexpr double pivot_tolerance = 1e-9;
  static constexpr double safe_pivot = 1e-7;

  [[nodiscard]] int stall_limit() const { return 20 + t_.m / 10; }

  void refresh() {
    t_.refactor();
    t_.compute_primal();
    t_.compute_dual();
    std::fill(banned_.begin(), banned_.end(), char{0});
    absorb_violations();
    watch_(Progress{t_.iterations, t_.objective(), 0});
  }
  /// Rounding found by fresh factors: bounds give way a little, so that the method stays in its phase.
  void absorb_violations() {
    for (const int j : t_.head) {
      if (t_.violation(j) <= t_.options.primal_tolerance) continue;
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

  /// The reduced cost kept up to date against the one that the fresh column gives.
  [[nodiscard]] bool is_consistent() {
    double d = t_.cost[t_.entering];
    for (const int i : t_.alpha.index) d -= t_.alpha.value[i] * t_.cost[t_.head[i]];
    const bool same = d * t_.d[t_.entering] > 0 && std::abs(d) > 0.5 * t_.options.dual_tolerance;
    t_.d[t_.entering] = d;
    return same || t_.dual_violation(t_.entering) > t_.options.dual_tolerance;
  }
  bool recover() {
    if (++failures_ > 50 + t_.m) return false;
    if (t_.lu.updates() > 0) {
      refresh();
    } else {
      banned_[t_.entering] = 1;
    }
    return true;
  }
  /// A tiny pivot is taken only from fresh factors, and never when another column can be had.
  bool accept_small() {
    if (t_.lu.updates() > 0) {
      refresh();
    } else {
      banned_[t_.entering] = 1;
      ++failures_;
    }
    return false;
  }

  /// Largest reduced cost over the reference weight; after endless stalling without perturbation the first that improves (Bland
  /// 1977).
  bool choose_entering(bool bland) {
    t_.entering = -1;
    double best = 0;
    for (int j = 0; j < t_.size; ++j) {
      if (t_.where[j] >= 0 || t_.d[j] == 0) continue;
      const double v = t_.dual_violation(j);
      if (v <= t_.options.dual_tolerance || v * v <= best * weight_[j] || banned_[j] != 0) continue;
      best = v * v / weight_[j];
      t_.entering = j;
      if (bland) break;
    }
    return t_.entering >= 0;
  }

  /// Harris: the largest step that keeps every value within its bounds and the tolerance, then the largest pivot within that step.
  void choose_leaving() {
    const int q = t_.entering;
    direction_ = t_.d[q] < 0 ? 1 : -1;
    t_.direction = direction_;
    const double limit = harris_limit();
    p_ = -1;
    step_ = limit == infinity ? infinity : 0;
    double largest = 0;
    for (const int i : t_.alpha.index) {
      const double rate = -direction_ * t_.alpha.value[i];
      const double ratio = distance(i, rate) / std::abs(rate);
      if (std::abs(rate) <= pivot_tolerance || ratio > limit || std::abs(rate) <= largest) continue;
      largest = std::abs(rate);
      p_ = i;
      step_ = ratio;
    }
    const double range = t_.upper[q] - t_.lower[q];
    if (range <= std::max(step_, 0.0) || (p_ < 0 && range < infinity)) {
      p_ = -1;
      step_ = range;
    }
  }
  [[nodiscard]] double harris_limit() const {
    double limit = infinity;
    for (const int i : t_.alpha.index) {
      const double rate = -direction_ * t_.alpha.value[i];
      if (std::abs(rate) <= pivot_tolerance) continue;
      limit = std::min(limit, (std::max(distance(i, rate), 0.0) + t_.options.primal_tolerance) / std::abs(rate));
    }
    return limit;
  }
  [[nodiscard]] double distance(int i, double rate) const {
    const int j = t_.head[i];
    return rate > 0 ? t_.upper[j] - t_.x[j] : t_.x[j] - t_.lower[j];
  }

  void move() {
    stalled_ = step_ > 1e-12 ? 0 : stalled_ + 1;
    if (p_ < 0) {
      flip();
    } else {
      exchange();
    }
  }
  void flip() {
    const int q = t_.entering;
    const bool up = direction_ > 0;
    for (const int i : t_.alpha.index) t_.x[t_.head[i]] -= direction_ * step_ * t_.alpha.value[i];
    t_.status[q] = up ? VariableStatus::at_upper : VariableStatus::at_lower;
    t_.x[q] = up ? t_.upper[q] : t_.lower[q];
  }
  void exchange() {
    const int q = t_.entering, leaving = t_.head[p_];
    const double pivot = t_.alpha.value[p_];
    const bool rises = -direction_ * pivot > 0;
    t_.compute_rho(p_);
    t_.compute_row();
    update_duals(q, leaving, pivot);
    const double step = std::max(step_, 0.0);
    for (const int i : t_.alpha.index) t_.x[t_.head[i]] -= direction_ * step * t_.alpha.value[i];
    t_.x[q] += direction_ * step;
    settle(leaving, rises, step_ < 0);
    t_.exchange(p_, q, rises ? VariableStatus::at_upper : VariableStatus::at_lower);
  }
  /// Puts the leaving variable on its bound. One that was already a little past it takes the bound along instead of being pulled
  /// back.
  void settle(int leaving, bool rises, bool past) {
    double& bound = rises ? t_.upper[leaving] : t_.lower[leaving];
    if (past) {
      bound = t_.x[leaving];
      t_.bounds_changed = true;
    }
    t_.x[leaving] = bound;
  }
  void update_duals(int q, int leaving, double pivot) {
    const double step = t_.d[q] / pivot;
    const double weight = weight_[q];
    for (const int j : t_.row_index) {
      t_.d[j] -= step * t_.row[j];
      const double ratio = t_.row[j] / pivot;
      weight_[j] = std::max(weight_[j], ratio * ratio * weight);
    }
    t_.d[q] = 0;
    t_.d[leaving] = -step;
    weight_[leaving] = std::max(weight / (pivot * pivot), 1.0);
    if (weight_[leaving] > 1e9) weight_.assign(t_.size, 1.0);
  }

  Tableau& t_;
  const Stopwatch& stopwatch_;
  const Watcher& watch_;
  Array<double> weight_;
  Array<char> banned_;
  int p_ = -1, stalled_ = 0, failures_ = 0;
  double step_ = 0, direction_ = 1;
};

}  // namespace kilter::lp::detail
