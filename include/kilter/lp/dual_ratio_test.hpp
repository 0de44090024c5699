#pragma once
/// @file
/// The ratio test of the dual simplex method: which variable enters, and which ones change their bound on the way.

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "kilter/lp/tableau.hpp"

namespace kilter::lp::detail {

/// Long-step (bound-flipping) ratio test (Maros 2003) over groups of breakpoints formed with Harris' tolerance (Harris 1973):
/// breakpoints are passed while the dual objective goes on rising, and of the last group the largest pivot enters, or that of an
/// earlier group when it is much safer.
class DualRatioTest {
 public:
  enum class Step : std::uint8_t { found, none, small };
  struct Candidate {
    int j;
    double alpha;  ///< size of the entry of the pivot row
    double d;      ///< size of the reduced cost
  };

  /// Chooses among the entries of `t.row`. `sign` is +1 when the leaving variable falls to its upper bound, −1 when it rises to its
  /// lower one, `slope` its violation. On success `t.entering` is set and `flips` tells how many of the first candidates flip.
  Step choose(Tableau& t, double sign, double slope) {
    collect(t, sign);
    const int pool = narrow(t, slope);
    return search_groups(t, pool, slope);
  }
  [[nodiscard]] int flips() const { return flips_; }
  [[nodiscard]] const Candidate& candidate(int k) const { return candidates_[k]; }

 private:
  static constexpr double pivot_tolerance = 1e-9;
  static constexpr double safe_pivot = 1e-7;

  void collect(const Tableau& t, double sign) {
    candidates_.clear();
    for (const int j : t.row.index()) {
      double a = sign * t.row.value[j], d = t.d[j];
      if (t.status[j] == VariableStatus::at_upper) {
        a = -a;
        d = -d;
      } else if (t.status[j] == VariableStatus::free_nonbasic) {
        a = std::abs(a);
        d = 0;
      }
      if (a > pivot_tolerance) candidates_.push_back({j, a, std::max(d, 0.0)});
    }
  }

  /// Brings the candidates that can matter to the front, in few passes with steps that grow tenfold; returns how many there are.
  /// Without this each group would cost a pass over all candidates.
  int narrow(const Tableau& t, double slope) {
    int pool = 0;
    while (pool < candidates_.size() && slope > t.options.primal_tolerance) {
      const int last = partition(pool, candidates_.size(), 10 * harris_limit(t, pool, candidates_.size()));
      if (last == pool) break;  // only numbers that are none can bring this about
      slope = pass(t, pool, last, slope);
      pool = last;
    }
    return pool;
  }
  double pass(const Tableau& t, int first, int last, double slope) const {
    for (int k = first; k < last; ++k) {
      const int j = candidates_[k].j;
      slope -= candidates_[k].alpha * (t.upper[j] - t.lower[j]);
    }
    return slope;
  }

  Step search_groups(Tableau& t, int pool, double slope) {
    groups_.clear();
    int first = 0;
    while (first < pool && slope > t.options.primal_tolerance) {
      groups_.push_back(first);
      const int last = partition(first, pool, harris_limit(t, first, pool));
      if (last == first) return Step::none;
      slope = pass(t, first, last, slope);
      first = last;
    }
    if (slope > t.options.primal_tolerance) return Step::none;
    groups_.push_back(first);
    return pick(t);
  }
  [[nodiscard]] double harris_limit(const Tableau& t, int first, int last) const {
    double limit = infinity;
    for (int k = first; k < last; ++k)
      limit = std::min(limit, (candidates_[k].d + t.options.dual_tolerance) / candidates_[k].alpha);
    return limit * (1 + 1e-13);  // whatever the rounding, the candidate that sets it is within it
  }
  /// Moves the candidates of [first, end) whose ratio is within `limit` to the front; returns where they end.
  int partition(int first, int end, double limit) {
    int last = first;
    for (int k = first; k < end; ++k) {
      if (candidates_[k].d <= limit * candidates_[k].alpha) std::swap(candidates_[k], candidates_[last++]);
    }
    return last;
  }
  Step pick(Tableau& t) {
    double best = 0;
    t.entering = -1;
    for (int g = groups_.size() - 2; g >= 0; --g) {
      int choice = groups_[g];
      for (int k = groups_[g]; k < groups_[g + 1]; ++k) {
        if (candidates_[k].alpha > candidates_[choice].alpha) choice = k;
      }
      if (candidates_[choice].alpha > 10 * best) {
        best = candidates_[choice].alpha;
        t.entering = candidates_[choice].j;
        flips_ = groups_[g];
      }
      if (best >= 1e-3) break;
    }
    return best < safe_pivot && t.lu.updates() > 0 ? Step::small : Step::found;
  }

  Array<Candidate> candidates_;
  Array<int> groups_;
  int flips_ = 0;
};

}  // namespace kilter::lp::detail
