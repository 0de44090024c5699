#pragma once
/// @file
/// The rule of presolve for rows that other rows, by the bounds they imply, make redundant.

#include <algorithm>
#include <cmath>

#include "kilter/lp/presolve_state.hpp"

namespace kilter::lp::detail {

/// Each row implies bounds of its columns, given the bounds of the others. A row that these bounds satisfy is redundant, as long as
/// the rows they come from stay: a bound is not used for the row that gave it, nor once that row has gone, and bounds are derived
/// from the true ones alone, not from one another. The mirror image of `PriceRules`; the program keeps its own bounds, since a
/// basis has no place at an implied one.
class ImpliedBounds {
 public:
  explicit ImpliedBounds(PresolveState& state) : s_(state), lower_(state.matrix.columns()), upper_(state.matrix.columns()) {}

  void run(long long limit) {
    for (int j = 0; j < s_.matrix.columns(); ++j) reset(j);
    for_rows(limit, [&](int i) { derive(i); });
    for_rows(limit, [&](int i) { test(i); });
  }

 private:
  struct Bound {
    double value;
    int source;  // the row that gave it; −1: the column's own
  };

  template <class F>
  void for_rows(long long limit, F&& visit) {
    for (int i = 0; i < s_.matrix.rows() && s_.work < limit; ++i) {
      if (s_.matrix.row_alive(i) && s_.matrix.row_count(i) > 1) visit(i);
    }
  }
  void reset(int j) {
    lower_[j] = {s_.lower[j], -1};
    upper_[j] = {s_.upper[j], -1};
  }

  void derive(int i) {
    const RowRange& range = s_.range(i);
    const bool from_upper = range.low_infinite <= 1 && std::isfinite(s_.row_upper[i]);
    const bool from_lower = range.high_infinite <= 1 && std::isfinite(s_.row_lower[i]);
    if (!from_upper && !from_lower) return;
    const LineView line = s_.row(i);
    for (int k = 0; k < line.size; ++k) {
      const int j = line.index[k];
      const PresolveState::Implied implied = s_.implied_bounds(i, j, line.value[k]);
      if (implied.lower > lower_[j].value) lower_[j] = {implied.lower, i};
      if (implied.upper < upper_[j].value) upper_[j] = {implied.upper, i};
    }
  }

  void test(int i) {
    const bool has_lower = std::isfinite(s_.row_lower[i]), has_upper = std::isfinite(s_.row_upper[i]);
    double low = 0, high = 0;
    const LineView line = s_.row(i);
    for (int k = 0; k < line.size; ++k) {
      const int j = line.index[k];
      const double a = line.value[k], l = lower_[j].source == i ? s_.lower[j] : lower_[j].value,
                   u = upper_[j].source == i ? s_.upper[j] : upper_[j].value;
      low += a * (a > 0 ? l : u);
      high += a * (a > 0 ? u : l);
      if ((has_lower && std::isinf(low)) || (has_upper && std::isinf(high))) return;
    }
    if (has_lower && low < s_.row_lower[i] - s_.rounding(s_.row_lower[i])) return;
    if (has_upper && high > s_.row_upper[i] + s_.rounding(s_.row_upper[i])) return;
    for (int k = 0; k < line.size; ++k) {
      const int j = line.index[k];
      if (lower_[j].source == i) lower_[j] = {s_.lower[j], -1};
      if (upper_[j].source == i) upper_[j] = {s_.upper[j], -1};
    }
    s_.drop_redundant(i);
  }

  PresolveState& s_;
  Array<Bound> lower_, upper_;
};

}  // namespace kilter::lp::detail
