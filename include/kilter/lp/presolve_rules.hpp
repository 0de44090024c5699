#pragma once
/// @file
/// The cheap rules of presolve: those that look at one row or one column at a time.

#include <algorithm>
#include <cmath>

#include "kilter/lp/presolve_state.hpp"

namespace kilter::lp::detail {

/// Empty, singleton, redundant and forcing rows; empty, fixed and singleton columns. Worked off queues, so that each change is
/// followed up at once and nothing else is looked at again.
class LineRules {
 public:
  explicit LineRules(PresolveState& state) : s_(state) {}

  /// Until nothing is left to look at, or `limit` entries have been.
  void run(long long limit) {
    while (!s_.stopped() && s_.work < limit) {
      if (!s_.column_queue.empty()) {
        visit_column(s_.column_queue.pop());
      } else if (!s_.row_queue.empty()) {
        visit_row(s_.row_queue.pop());
      } else {
        return;
      }
    }
  }

 private:
  using enum VariableStatus;
  static constexpr double pivot_ratio = 1e-3;  // least size of a pivot next to the largest entry of its row

  void visit_row(int i) {
    if (!s_.matrix.row_alive(i)) return;
    ++s_.work;
    const int count = s_.matrix.row_count(i);
    if (count == 0) return empty_row(i);
    if (s_.is_free_row(i)) return s_.drop_redundant(i);
    if (count == 1) return singleton_row(i);
    bound_row(i);
  }

  void empty_row(int i) {
    if (s_.row_lower[i] > s_.tolerance || s_.row_upper[i] < -s_.tolerance) {
      s_.infeasible = true;
    } else {
      s_.drop_redundant(i);
    }
  }

  /// The row becomes bounds of its column.
  void singleton_row(int i) {
    const LineView line = s_.row(i);
    const int j = line.index[0];
    const double a = line.value[0];
    double low = s_.row_lower[i] / a, high = s_.row_upper[i] / a;
    if (a < 0) std::swap(low, high);
    PresolveState::Took took;
    if (!s_.tighten(j, low, high, took)) return;
    s_.post.singleton_row(i, j, a, took.lower, took.upper, s_.is_fixed(j));
    s_.remove_row(i);
  }

  /// Compares the range of the activity with the bounds of the row.
  void bound_row(int i) {
    const RowRange range = s_.range(i);
    const double low = range.least(), high = range.largest(), lower = s_.row_lower[i], upper = s_.row_upper[i];
    if (low > upper + s_.tolerance * (1 + std::abs(upper)) || high < lower - s_.tolerance * (1 + std::abs(lower))) {
      s_.infeasible = true;
      return;
    }
    const bool lower_idle = low >= lower - s_.rounding(lower), upper_idle = high <= upper + s_.rounding(upper);
    if (lower_idle && upper_idle) return s_.drop_redundant(i);
    if (low >= upper - s_.rounding(upper)) return force(i, true);
    if (high <= lower + s_.rounding(lower)) return force(i, false);
    if (lower_idle) s_.row_lower[i] = -infinity;
    if (upper_idle) s_.row_upper[i] = infinity;
    if (lower_idle || upper_idle) wake_singletons(i);
  }

  void wake_singletons(int i) {
    const LineView line = s_.row(i);
    for (int k = 0; k < line.size; ++k) {
      if (s_.matrix.column_count(line.index[k]) == 1) s_.column_queue.push(line.index[k]);
    }
  }

  /// Every column of the row stands at the bound where the activity is least (`upper`) or largest.
  void force(int i, bool upper) {
    LineView line = s_.row(i);
    members_.clear();
    for (int k = 0; k < line.size; ++k) {
      if (s_.is_fixed(line.index[k])) members_.push_back(line.index[k]);
    }
    for (const int j : members_) s_.fix(j, at_lower);
    line = s_.row(i);
    s_.post.forcing_row(i, upper, line);
    members_.clear();
    sides_.clear();
    for (int k = 0; k < line.size; ++k) {
      members_.push_back(line.index[k]);
      sides_.push_back((line.value[k] > 0) == upper ? at_lower : at_upper);
    }
    s_.remove_row(i);
    for (int k = 0; k < members_.size(); ++k) s_.fix(members_[k], sides_[k]);
  }

  void visit_column(int j) {
    if (!s_.matrix.column_alive(j)) return;
    ++s_.work;
    if (s_.is_fixed(j)) return s_.fix(j, at_lower);
    const int count = s_.matrix.column_count(j);
    if (count == 0) return empty_column(j);
    if (count == 1) singleton_column(j);
  }

  void empty_column(int j) {
    const double c = std::abs(s_.cost[j]) <= s_.rounding(0) ? 0 : s_.cost[j];
    const bool low = c > 0 || (c == 0 && std::isfinite(s_.lower[j])), high = c < 0 || (c == 0 && std::isfinite(s_.upper[j]));
    if ((c > 0 && std::isinf(s_.lower[j])) || (c < 0 && std::isinf(s_.upper[j]))) {
      s_.unbounded = true;
    } else {
      s_.fix(j, low ? at_lower : high ? at_upper : free_nonbasic);
    }
  }

  /// A column of one row is the slack of that row: without a cost, or where it needs no bounds of its own and the row is an
  /// equation, by which its cost goes to the other columns, or an inequality that only this column's wish keeps at its bound.
  void singleton_column(int j) {
    const LineView line = s_.column(j);
    const int i = line.index[0];
    const double a = line.value[0];
    if (s_.matrix.row_count(i) == 1 || s_.is_free_row(i) || std::abs(a) < pivot_ratio * largest_entry(i)) return;
    if (s_.cost[j] != 0 && !s_.is_equation(i) && !make_binding(i, j, a)) return;
    // The cost of a column that needs its bounds would go to the others, for which it may be wrong: a start that was dual feasible
    // would be lost for one column less (a penalty, as a rule). One that does not need them takes its row along.
    if (s_.stopped() || (s_.cost[j] != 0 && !(s_.lower_implied(j) && s_.upper_implied(j)))) return;
    absorb(i, j, a);
  }

  double largest_entry(int i) {
    const LineView line = s_.row(i);
    double largest = 0;
    for (int k = 0; k < line.size; ++k) largest = std::max(largest, std::abs(line.value[k]));
    return largest;
  }

  /// With no (own) bound on the side where the cost draws the column, its reduced cost has a sure sign: 0 > c_j >= a y_i or
  /// 0 < c_j <= a y_i. So the row is at the bound that stops the column.
  bool make_binding(int i, int j, double a) {
    const PresolveState::Implied implied = s_.implied_bounds(i, j, a);
    const bool up = s_.cost[j] < 0;
    double& bound = up ? s_.upper[j] : s_.lower[j];
    if (up ? implied.upper > bound + s_.rounding(bound) : implied.lower < bound - s_.rounding(bound)) return false;
    const bool row_upper = up == (a > 0);
    const double side = row_upper ? s_.row_upper[i] : s_.row_lower[i];
    if (std::isinf(side)) {
      s_.unbounded = std::isinf(bound) && std::abs(s_.cost[j]) > s_.tolerance;
      return s_.unbounded;
    }
    bound = up ? infinity : -infinity;
    s_.post.binding_row(i, row_upper);
    s_.row_lower[i] = s_.row_upper[i] = side;
    s_.touch_row(i);
    return true;
  }

  /// lower <= rest + a x <= upper with x in [l, u]: lower − max a x <= rest <= upper − min a x.
  void absorb(int i, int j, double a) {
    const double l = s_.lower[j], u = s_.upper[j], price = s_.cost[j] / a;
    const LineView line = s_.row(i);
    const double low = s_.difference(s_.row_lower[i], a * (a > 0 ? u : l));
    const double high = s_.difference(s_.row_upper[i], a * (a > 0 ? l : u));
    s_.post.absorbed_column(i, j, a, s_.cost[j], {l, u, s_.row_lower[i], s_.row_upper[i]}, low == high, line);
    if (price != 0) {
      s_.add_constant(price * s_.row_lower[i]);
      s_.shift_costs(line, j, price);
    }
    s_.row_lower[i] = low;
    s_.row_upper[i] = high;
    s_.remove_column(j);
    s_.touch_row(i);
    wake_singletons(i);
  }

  PresolveState& s_;
  Array<int> members_;
  Array<VariableStatus> sides_;
};

}  // namespace kilter::lp::detail
