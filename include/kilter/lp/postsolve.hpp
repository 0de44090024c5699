#pragma once
/// @file
/// `Postsolve`: what presolve took away, in order, and how to put it back so that the answer stays a basic optimal one.

#include <algorithm>
#include <cmath>

#include "kilter/lp/array.hpp"
#include "kilter/lp/presolve_matrix.hpp"
#include "kilter/lp/solution.hpp"

namespace kilter::lp::detail {

/// A point with its prices and its basis, while it is taken back step by step.
struct BasicPoint {
  Array<double> x, d, y;  // of columns, columns, rows
  Array<VariableStatus> column, row;
};

/// The kinds of reduction.
enum class Reduction : std::uint8_t {
  fixed_column,     // a column at a bound
  redundant_row,    // a row that never binds
  singleton_row,    // a row that is a bound of a column
  forcing_row,      // a row that holds only where all its columns are at a bound
  absorbed_column,  // a column of one row: the slack of that row
  binding_row,      // an inequality whose price has a sure sign: an equation
  doubleton,        // an equation of two columns
  substituted,      // an implied free column, replaced by means of an equation
  parallel_row,     // a multiple of another row
  parallel_column,  // a multiple of another column
};
inline constexpr int reduction_kinds = 10;

/// One reduction. The fields mean what the function that adds it says; `first` … are the places of the entries kept for it.
struct ReductionRecord {
  Reduction kind;
  bool at_lower = false, at_upper = false;  // which bounds are meant
  int row = -1, column = -1, other = -1;
  int first = 0, row_entries = 0, column_entries = 0;
  double value[6] = {};
};

/// The stack of reductions. Each is described on the program as it stood when it was made: its `restore_…` takes a basic optimal
/// solution of the program after the reduction to one of the program before it. Reduced costs are those of the columns alive then,
/// rows that come back have price zero until said otherwise. Sources: Andersen, Andersen 1995, "Presolving in linear programming",
/// Math. Prog. 71; Gal, Koch et al. 2020, "Two-row and two-column mixed-integer presolve"; the choice of basis is derived per rule.
class Postsolve {
 public:
  /// Room for the notes on a program of this size; more is made as needed.
  Postsolve(int lines, int entries) {
    records_.reserve(lines);
    index_.reserve(2 * entries);
    value_.reserve(2 * entries);
  }

  // ---- taking notes

  /// Column `j` stays at `x`; its column on the rows alive is kept for its reduced cost.
  void fixed_column(int j, double x, double cost, VariableStatus status, const LineView& column) {
    ReductionRecord& r = add({.kind = Reduction::fixed_column, .other = static_cast<int>(status), .value = {x, cost}});
    r.column = j;
    r.column_entries = keep(column, -1);
  }
  void redundant_row(int i) { add({.kind = Reduction::redundant_row}).row = i; }
  /// Row `i` was a bound `a x_j`; `lower`, `upper`: the row gave that bound of the column, `fixed`: both are now the same.
  void singleton_row(int i, int j, double a, bool lower, bool upper, bool fixed) {
    add({.kind = Reduction::singleton_row,
         .at_lower = lower,
         .at_upper = upper,
         .row = i,
         .column = j,
         .other = fixed ? 1 : 0,
         .value = {a}});
  }
  /// Row `i` held all its columns at a bound each, at its own lower or upper bound; they are fixed after this.
  void forcing_row(int i, bool upper, const LineView& row) {
    ReductionRecord& r = add({.kind = Reduction::forcing_row, .at_lower = !upper, .at_upper = upper, .row = i});
    r.row_entries = keep(row, -1);
  }
  /// Column `j` with one entry `a` became part of the range of row `i`; where it had a cost, the row was an equation and the cost
  /// went to the other columns. `fixed`: rounding left the row an equation.
  void absorbed_column(int i, int j, double a, double cost, const double (&bounds)[4], bool fixed, const LineView& row) {
    ReductionRecord& r = add({.kind = Reduction::absorbed_column,
                              .row = i,
                              .column = j,
                              .other = fixed ? 1 : 0,
                              .value = {a, cost, bounds[0], bounds[1], bounds[2], bounds[3]}});
    r.row_entries = keep(row, j);
  }
  void binding_row(int i, bool upper) { add({.kind = Reduction::binding_row, .at_lower = !upper, .at_upper = upper}).row = i; }
  /// a x_j + b x_k = rhs: column `j` with the given cost went. `lower`, `upper`: that bound of `k` came from `j`.
  void doubleton(int i, int j, int k, const double (&numbers)[4], bool lower, bool upper, bool fixed, const LineView& column) {
    ReductionRecord& r = add({.kind = Reduction::doubleton,
                              .at_lower = lower,
                              .at_upper = upper,
                              .row = i,
                              .column = j,
                              .other = k,
                              .value = {numbers[0], numbers[1], numbers[2], numbers[3], fixed ? 1.0 : 0.0}});
    r.column_entries = keep(column, i);
  }
  /// Column `j` went by means of the equation `i` with coefficient `a`; the kept entries are returned.
  LineView substituted(int i, int j, double a, double rhs, double cost, const LineView& row, const LineView& column) {
    const int count = records_.size();
    ReductionRecord& r = add({.kind = Reduction::substituted, .row = i, .column = j, .value = {a, rhs, cost}});
    r.row_entries = keep(row, j);
    r.column_entries = keep(column, i);
    return row_part(records_[count]);
  }
  /// Row `gone` = scale * row `kept`; `lower`, `upper`: that bound of the kept row came from the other.
  void parallel_row(int gone, int kept, double scale, bool lower, bool upper, bool fixed) {
    add({.kind = Reduction::parallel_row,
         .at_lower = lower,
         .at_upper = upper,
         .row = gone,
         .column = fixed ? 1 : 0,
         .other = kept,
         .value = {scale}});
  }
  /// Column `gone` = scale * column `kept`, cost included; bounds: of the kept one before, then of the other.
  void parallel_column(int gone, int kept, double scale, const double (&bounds)[4]) {
    add({.kind = Reduction::parallel_column,
         .column = gone,
         .other = kept,
         .value = {scale, bounds[0], bounds[1], bounds[2], bounds[3]}});
  }

  [[nodiscard]] int count(Reduction kind) const {
    int total = 0;
    for (const ReductionRecord& r : records_) total += r.kind == kind ? 1 : 0;
    return total;
  }
  [[nodiscard]] bool empty() const { return records_.empty(); }
  /// The entries kept with the latest record: its row's, then its column's.
  [[nodiscard]] LineView row_part(const ReductionRecord& r) const {
    return {index_.data() + r.first, value_.data() + r.first, r.row_entries};
  }
  [[nodiscard]] LineView column_part(const ReductionRecord& r) const {
    return {index_.data() + r.first + r.row_entries, value_.data() + r.first + r.row_entries, r.column_entries};
  }
  [[nodiscard]] const ReductionRecord& latest() const { return records_[records_.size() - 1]; }

  // ---- taking back

  /// Undoes everything, latest first. O(entries kept).
  void restore(BasicPoint& p) const {
    for (int k = records_.size() - 1; k >= 0; --k) restore(records_[k], p);
  }

 private:
  using enum VariableStatus;

  ReductionRecord& add(const ReductionRecord& record) {
    records_.push_back(record);
    records_.back().first = index_.size();
    return records_.back();
  }
  int keep(const LineView& line, int except) {
    const int before = index_.size();
    for (int k = 0; k < line.size; ++k) {
      if (line.index[k] == except) continue;
      index_.push_back(line.index[k]);
      value_.push_back(line.value[k]);
    }
    return index_.size() - before;
  }

  void restore(const ReductionRecord& r, BasicPoint& p) const {
    switch (r.kind) {
      case Reduction::fixed_column: return restore_fixed(r, p);
      case Reduction::redundant_row: return set_row(p, r.row, basic, 0);
      case Reduction::singleton_row: return restore_singleton(r, p);
      case Reduction::forcing_row: return restore_forcing(r, p);
      case Reduction::absorbed_column: return restore_absorbed(r, p);
      case Reduction::binding_row:
        if (p.row[r.row] != basic) p.row[r.row] = r.at_lower ? at_lower : at_upper;
        return;
      case Reduction::doubleton: return restore_doubleton(r, p);
      case Reduction::substituted: return restore_substituted(r, p);
      case Reduction::parallel_row: return restore_parallel_row(r, p);
      case Reduction::parallel_column: return restore_parallel_column(r, p);
    }
  }

  static void set_row(BasicPoint& p, int i, VariableStatus status, double price) {
    p.row[i] = status;
    p.y[i] = price;
  }
  static void set_column(BasicPoint& p, int j, VariableStatus status, double x, double d) {
    p.column[j] = status;
    p.x[j] = x;
    p.d[j] = d;
  }
  static double dot(const LineView& line, const Array<double>& v) {
    double sum = 0;
    for (int k = 0; k < line.size; ++k) sum += line.value[k] * v[line.index[k]];
    return sum;
  }

  static double miss(double x, double lower, double upper) { return std::isinf(x) ? infinity : outside(x, lower, upper); }

  /// On which side a nonbasic variable stands. One whose bounds are the same may stand on either: the multiplier says on which, and
  /// where it is zero, the side that did not come from elsewhere.
  static VariableStatus side(VariableStatus status, double multiplier, bool fixed, bool lower_is_foreign) {
    if (!fixed) return status;
    if (multiplier != 0) return multiplier > 0 ? at_lower : at_upper;
    return lower_is_foreign ? at_upper : at_lower;
  }

  void restore_fixed(const ReductionRecord& r, BasicPoint& p) const {
    set_column(p, r.column, static_cast<VariableStatus>(r.other), r.value[0], r.value[1] - dot(column_part(r), p.y));
  }

  /// Where the column stands at a bound that the row gave, the row stands there and the column is basic.
  void restore_singleton(const ReductionRecord& r, BasicPoint& p) const {
    set_row(p, r.row, basic, 0);
    const int j = r.column;
    if (p.column[j] == basic) return;
    const VariableStatus at = side(p.column[j], p.d[j], r.other == 1, r.at_lower);
    p.column[j] = at;
    if (!(at == at_lower ? r.at_lower : at == at_upper && r.at_upper)) return;
    const double a = r.value[0];
    set_row(p, r.row, (at == at_lower) == (a > 0) ? at_lower : at_upper, p.d[j] / a);
    p.column[j] = basic;
    p.d[j] = 0;
  }

  /// The price of the row is the smallest that gives every column the sign of its bound; the column that asks for it is basic.
  void restore_forcing(const ReductionRecord& r, BasicPoint& p) const {
    set_row(p, r.row, basic, 0);
    const LineView row = row_part(r);
    const double sign = r.at_upper ? -1 : 1;
    double price = 0;
    int chosen = -1;
    for (int k = 0; k < row.size; ++k) {
      const double wanted = sign * p.d[row.index[k]] / row.value[k];
      if (wanted <= price) continue;
      price = wanted;
      chosen = row.index[k];
    }
    if (chosen < 0) return;
    set_row(p, r.row, r.at_upper ? at_upper : at_lower, sign * price);
    for (int k = 0; k < row.size; ++k) p.d[row.index[k]] -= sign * price * row.value[k];
    p.column[chosen] = basic;
    p.d[chosen] = 0;
  }

  void restore_absorbed(const ReductionRecord& r, BasicPoint& p) const {
    const double a = r.value[0], cost = r.value[1], lower = r.value[2], upper = r.value[3];
    const double row_lower = r.value[4], row_upper = r.value[5], rest = dot(row_part(r), p.x), price = p.y[r.row];
    if (p.row[r.row] != basic) {
      // The column takes the side that lets the rest go furthest; both are nonbasic.
      const bool row_low = side(p.row[r.row], price, r.other == 1, false) == at_lower, low = row_low != (a > 0);
      set_row(p, r.row, row_low ? at_lower : at_upper, price + cost / a);
      set_column(p, r.column, low ? at_lower : at_upper, low ? lower : upper, -a * price);
      return;
    }
    if (row_lower < row_upper) {
      const auto fits = [&](double x) { return std::isfinite(x) && rest + a * x >= row_lower && rest + a * x <= row_upper; };
      if (fits(lower)) return set_column(p, r.column, at_lower, lower, 0);
      if (fits(upper)) return set_column(p, r.column, at_upper, upper, 0);
    }
    // The column fills the gap to the nearer side of the row that it can reach.
    const double to_lower = (row_lower - rest) / a, to_upper = (row_upper - rest) / a;
    const bool low = miss(to_lower, lower, upper) <= miss(to_upper, lower, upper);
    set_column(p, r.column, basic, low ? to_lower : to_upper, 0);
    set_row(p, r.row, low ? at_lower : at_upper, cost / a);
  }

  /// One of the two columns becomes basic: `j`, unless `k` stands at a bound that is really one of `j`.
  void restore_doubleton(const ReductionRecord& r, BasicPoint& p) const {
    const int j = r.column, k = r.other;
    const double a = r.value[0], b = r.value[1], rhs = r.value[2], own = r.value[3] - dot(column_part(r), p.y);
    p.x[j] = (rhs - b * p.x[k]) / a;
    if (p.column[k] != basic && p.column[k] != free_nonbasic) {
      const VariableStatus at = side(p.column[k], p.d[k], r.value[4] != 0, r.at_lower);
      p.column[k] = at;
      if (at == at_lower ? r.at_lower : r.at_upper) {
        set_row(p, r.row, at_lower, (p.d[k] + b / a * own) / b);
        p.column[j] = (at == at_lower) == (b / a < 0) ? at_lower : at_upper;
        p.d[j] = -a / b * p.d[k];
        p.column[k] = basic;
        p.d[k] = 0;
        return;
      }
    }
    set_row(p, r.row, at_lower, own / a);
    p.column[j] = basic;
    p.d[j] = 0;
  }

  void restore_substituted(const ReductionRecord& r, BasicPoint& p) const {
    const double a = r.value[0];
    set_column(p, r.column, basic, (r.value[1] - dot(row_part(r), p.x)) / a, 0);
    set_row(p, r.row, at_lower, (r.value[2] - dot(column_part(r), p.y)) / a);
  }

  void restore_parallel_row(const ReductionRecord& r, BasicPoint& p) const {
    const int gone = r.row, kept = r.other;
    const double scale = r.value[0];
    set_row(p, gone, basic, 0);
    if (p.row[kept] == basic) return;
    const VariableStatus at = side(p.row[kept], p.y[kept], r.column == 1, r.at_lower);
    p.row[kept] = at;
    if (!(at == at_lower ? r.at_lower : at == at_upper && r.at_upper)) return;
    set_row(p, gone, (at == at_lower) == (scale > 0) ? at_lower : at_upper, p.y[kept] / scale);
    set_row(p, kept, basic, 0);
  }

  /// The value is split: a nonbasic one into two at their bounds, a basic one into one at a bound and one basic.
  void restore_parallel_column(const ReductionRecord& r, BasicPoint& p) const {
    const int gone = r.column, kept = r.other;
    const double scale = r.value[0], l = r.value[1], u = r.value[2], gone_l = r.value[3], gone_u = r.value[4], v = p.x[kept];
    p.d[gone] = scale * p.d[kept];
    if (p.column[kept] == free_nonbasic) {
      place(p, kept, l, u, l == 0 || u != 0);
      return place(p, gone, gone_l, gone_u, gone_l == 0 || gone_u != 0);
    }
    if (p.column[kept] != basic) {
      const bool low = p.column[kept] == at_lower, gone_low = low == (scale > 0);
      place(p, kept, l, u, low);
      return place(p, gone, gone_l, gone_u, gone_low);
    }
    split_basic(r, p, v);
  }

  /// Nonbasic at the lower or the upper bound, or at zero where it has none.
  static void place(BasicPoint& p, int j, double lower, double upper, bool low) {
    if (std::isinf(lower) && std::isinf(upper)) {
      p.column[j] = free_nonbasic;
      p.x[j] = 0;
    } else {
      p.column[j] = low ? at_lower : at_upper;
      p.x[j] = low ? lower : upper;
    }
  }

  static void split_basic(const ReductionRecord& r, BasicPoint& p, double v) {
    const int gone = r.column, kept = r.other;
    const double scale = r.value[0];
    double least = infinity;
    const auto attempt = [&](bool move_kept, double bound, VariableStatus status) {
      if (std::isinf(bound)) return;
      const double other = move_kept ? v - scale * bound : (v - bound) / scale;
      const double miss = move_kept ? outside(other, r.value[1], r.value[2]) : outside(other, r.value[3], r.value[4]);
      if (miss >= least) return;
      least = miss;
      const int moving = move_kept ? kept : gone, still = move_kept ? gone : kept;
      p.column[moving] = basic;
      p.x[moving] = other;
      p.column[still] = status;
      p.x[still] = bound;
    };
    attempt(true, r.value[3], at_lower);
    attempt(true, r.value[4], at_upper);
    attempt(false, r.value[1], at_lower);
    attempt(false, r.value[2], at_upper);
    if (std::isinf(least)) attempt(true, 0, free_nonbasic);
  }

  Array<ReductionRecord> records_;
  Array<int> index_;
  Array<double> value_;
};

}  // namespace kilter::lp::detail
