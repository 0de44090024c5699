#pragma once
/// @file
/// The rules of presolve that use an equation to replace a column: doubletons, and columns that other constraints keep in bounds.

#include <algorithm>
#include <cmath>

#include "kilter/lp/presolve_state.hpp"

namespace kilter::lp::detail {

/// Replaces x_j = (rhs − rest) / a in all other rows and in the costs. Pivots are never small next to what they divide, and fill is
/// limited to what the two lines that leave had.
class Aggregation {
 public:
  explicit Aggregation(PresolveState& state) : s_(state), marked_(state.matrix.columns(), 0) {}

  /// Equations of two columns; one of the columns leaves, its bounds become bounds of the other.
  void doubletons(long long limit) {
    for (int i = 0; i < s_.matrix.rows() && !s_.stopped() && s_.work < limit; ++i) {
      if (s_.matrix.row_alive(i) && s_.matrix.row_count(i) == 2 && s_.is_equation(i)) doubleton(i);
    }
  }

  /// Columns of few entries, the shortest first, whose bounds are implied by rows that hold them, and one of whose rows is an
  /// equation.
  void implied_free(long long limit) {
    for (int size = 2; size <= most_entries; ++size) {
      for (int j = 0; j < s_.matrix.columns() && !s_.stopped() && s_.work < limit; ++j) {
        if (s_.matrix.column_alive(j) && s_.matrix.column_count(j) == size) substitute(j);
      }
    }
  }

 private:
  static constexpr double column_ratio = 1e-2, row_ratio = 1e-3;  // least size of a pivot next to the rest of its column and row
  static constexpr int most_entries = 6;

  void doubleton(int i) {
    const LineView line = s_.row(i);
    int j = line.index[0], k = line.index[1];
    double a = line.value[0], b = line.value[1];
    if (s_.is_fixed(j) || s_.is_fixed(k)) return;
    const bool first = may_leave(j, a, b), second = may_leave(k, b, a);
    if (!first && !second) return;
    if (!first || (second && s_.matrix.column_count(k) < s_.matrix.column_count(j))) {
      std::swap(j, k);
      std::swap(a, b);
    }
    const double rhs = s_.row_lower[i], cost = s_.cost[j];
    double low = (rhs - a * s_.lower[j]) / b, high = (rhs - a * s_.upper[j]) / b;
    if (low > high) std::swap(low, high);
    PresolveState::Took took;
    if (!s_.tighten(k, low, high, took)) return;
    s_.post.doubleton(i, j, k, {a, b, rhs, cost}, took.lower, took.upper, s_.is_fixed(k), s_.column(j));
    const ReductionRecord& record = s_.post.latest();
    s_.add_constant(cost * rhs / a);
    s_.cost[k] = s_.difference(s_.cost[k], cost / a * b);
    eliminate(i, j, a, rhs, LineView{&k, &b, 1}, s_.post.column_part(record));
  }

  /// May column `j` with coefficient `a` be the pivot of a doubleton whose other coefficient is `b`?
  bool may_leave(int j, double a, double b) {
    if (std::abs(a) < row_ratio * std::abs(b)) return false;
    const LineView line = s_.column(j);
    for (int k = 0; k < line.size; ++k) {
      if (std::abs(a) < column_ratio * std::abs(line.value[k])) return false;
    }
    return true;
  }

  /// Takes column `j` out of the rows of `column`, and itself and row `i` out of the program.
  void eliminate(int i, int j, double a, double rhs, const LineView& row, const LineView& column) {
    for (int k = 0; k < column.size; ++k) {
      const int r = column.index[k];
      const double factor = column.value[k] / a;
      s_.work += s_.matrix.eliminate(r, j, factor, row);
      s_.shift_row(r, factor * rhs);
      s_.touch_row(r);
    }
    s_.remove_row(i);
    s_.remove_column(j);
    for (int k = 0; k < row.size; ++k) s_.column_queue.push(row.index[k]);
  }

  void substitute(int j) {
    const LineView column = s_.column(j);
    double largest = 0;
    bool has_equation = false;
    for (int k = 0; k < column.size; ++k) {
      largest = std::max(largest, std::abs(column.value[k]));
      has_equation = has_equation || s_.is_equation(column.index[k]);
    }
    if (!has_equation || !s_.lower_implied(j) || !s_.upper_implied(j)) return;
    const int best = shortest_equation(column, largest);
    if (best >= 0) substitute(column.index[best], j, column.value[best]);
  }

  /// The place in `column` of the shortest equation in which it is a fair pivot and whose fill is small; −1 where there is none.
  int shortest_equation(const LineView& column, double largest) {
    int best = -1, least = 0;
    for (int k = 0; k < column.size; ++k) {
      const int i = column.index[k], count = s_.matrix.row_count(i);
      if (!s_.is_equation(i) || count < 2 || (best >= 0 && count >= least)) continue;
      if (!fill_is_small(i, column)) continue;
      const double a = std::abs(column.value[k]);
      if (a < column_ratio * largest) continue;
      if (a < row_ratio * largest_entry(i)) continue;
      best = k;
      least = count;
    }
    return best;
  }

  /// Would substituting by row `i` add no more entries than leave, give or take three? Looks at the rows only where it matters.
  bool fill_is_small(int i, const LineView& column) {
    const int count = s_.matrix.row_count(i), most = (count - 1) * (column.size - 1), allowed = count + column.size + 3;
    if (most <= allowed) return true;
    if (most > 3 * allowed) return false;
    int shared = 0;
    const LineView row = s_.row(i);
    for (int k = 0; k < row.size; ++k) marked_[row.index[k]] = 1;
    for (int k = 0; k < column.size; ++k) {
      if (column.index[k] == i) continue;
      if (s_.matrix.row_count(column.index[k]) > 8 * count + 16) continue;  // too long to look at
      const LineView other = s_.row(column.index[k]);
      for (int e = 0; e < other.size; ++e) shared += marked_[other.index[e]];
      --shared;  // the column itself
    }
    for (int k = 0; k < row.size; ++k) marked_[row.index[k]] = 0;
    return most - shared <= allowed;
  }

  double largest_entry(int i) {
    const LineView line = s_.row(i);
    double largest = 0;
    for (int k = 0; k < line.size; ++k) largest = std::max(largest, std::abs(line.value[k]));
    return largest;
  }

  void substitute(int i, int j, double a) {
    const double rhs = s_.row_lower[i], cost = s_.cost[j];
    const LineView row = s_.post.substituted(i, j, a, rhs, cost, s_.row(i), s_.column(j));
    const LineView column = s_.post.column_part(s_.post.latest());
    if (cost != 0) {
      s_.add_constant(cost * rhs / a);
      s_.shift_costs(row, -1, cost / a);
    }
    eliminate(i, j, a, rhs, row, column);
  }

  PresolveState& s_;
  Array<char> marked_;  // columns of the row at hand; zero in between
};

}  // namespace kilter::lp::detail
