#pragma once
/// @file
/// The ratio test of the primal simplex method: how far the entering variable goes, and which variable leaves.

#include <algorithm>
#include <cmath>

#include "kilter/lp/tableau.hpp"

namespace kilter::lp::detail {

/// Second phase: the two passes of Harris (1973). First phase: breakpoints are passed while the sum of infeasibilities goes on
/// falling (Maros 1986), and of the last ones a large pivot is taken.
class PrimalRatioTest {
 public:
  struct Step {
    int position = -1;  ///< of the leaving variable; −1 when the entering one goes to its other bound
    double length = 0;  ///< infinite when nothing ends the step; negative when the leaving variable is past its bound already
    double direction = 1;
    bool to_upper = false;  ///< the bound at which the variable leaves
  };

  /// `t.alpha` must hold the column of `t.entering`, whose reduced cost is `d`.
  Step choose(const Tableau& t, bool infeasible, double d) {
    Step step;
    step.direction = d < 0 ? 1 : -1;
    if (infeasible) {
      pass_breakpoints(t, std::abs(d), step);
    } else {
      find_bound(t, step);
    }
    const double range = t.upper[t.entering] - t.lower[t.entering];
    if (range <= std::max(step.length, 0.0)) {
      step.position = -1;
      step.length = range;
    }
    return step;
  }

 private:
  static constexpr double pivot_tolerance = 1e-9;

  struct Break {
    double at;
    double rate;
    int position;
    bool upper;
    /// The heap of the standard library gives the largest first.
    bool operator<(const Break& other) const { return at > other.at || (at == other.at && rate < other.rate); }
  };

  /// The largest step that keeps every value within its bounds and the tolerance, then the largest pivot within that step.
  static void find_bound(const Tableau& t, Step& step) {
    double limit = infinity;
    for (const int i : t.alpha.index()) {
      const double rate = -step.direction * t.alpha.value[i];
      if (std::abs(rate) <= pivot_tolerance) continue;
      limit = std::min(limit, (std::max(distance(t, i, rate), 0.0) + t.options.primal_tolerance) / std::abs(rate));
    }
    step.length = limit == infinity ? infinity : 0;
    double largest = 0;
    for (const int i : t.alpha.index()) {
      const double rate = -step.direction * t.alpha.value[i];
      if (std::abs(rate) <= std::max(pivot_tolerance, largest)) continue;
      const double ratio = distance(t, i, rate) / std::abs(rate);
      if (ratio > limit) continue;
      largest = std::abs(rate);
      step.position = i;
      step.length = ratio;
      step.to_upper = rate > 0;
    }
  }
  static double distance(const Tableau& t, int i, double rate) {
    const int j = t.head[i];
    return rate > 0 ? t.upper[j] - t.x[j] : t.x[j] - t.lower[j];
  }

  void pass_breakpoints(const Tableau& t, double slope, Step& step) {
    breaks_.clear();
    for (const int i : t.alpha.index()) {
      const double rate = -step.direction * t.alpha.value[i];
      if (std::abs(rate) <= pivot_tolerance) continue;
      const int j = t.head[i];
      const double tolerance = t.options.primal_tolerance;
      if (rate > 0) {
        if (t.x[j] < t.lower[j] - tolerance) add((t.lower[j] - t.x[j]) / rate, rate, i, false);
        if (t.x[j] <= t.upper[j] + tolerance) add((t.upper[j] - t.x[j]) / rate, rate, i, true);
      } else {
        if (t.x[j] > t.upper[j] + tolerance) add((t.upper[j] - t.x[j]) / rate, -rate, i, true);
        if (t.x[j] >= t.lower[j] - tolerance) add((t.lower[j] - t.x[j]) / rate, -rate, i, false);
      }
    }
    step.length = infinity;
    if (breaks_.empty()) return;
    std::make_heap(breaks_.begin(), breaks_.end());
    int left = breaks_.size();
    double largest = 0;
    while (left > 0 && slope > 0) {
      std::pop_heap(breaks_.begin(), breaks_.begin() + left);
      const Break& passed = breaks_[--left];
      slope -= passed.rate;
      largest = std::max(largest, passed.rate);
    }
    // The passed breakpoints are now at [left, end), the last one passed first.
    for (int k = left; k < breaks_.size(); ++k) {
      if (breaks_[k].rate < 0.1 * largest) continue;
      step.position = breaks_[k].position;
      step.length = std::max(breaks_[k].at, 0.0);
      step.to_upper = breaks_[k].upper;
      return;
    }
  }
  void add(double at, double rate, int position, bool upper) {
    if (at < infinity) breaks_.push_back({std::max(at, 0.0), rate, position, upper});
  }

  Array<Break> breaks_;
};

}  // namespace kilter::lp::detail
