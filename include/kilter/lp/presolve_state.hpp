#pragma once
/// @file
/// The program as presolve has it so far, and the steps of which its rules are made.

#include <algorithm>
#include <cmath>

#include "kilter/lp/array.hpp"
#include "kilter/lp/model.hpp"
#include "kilter/lp/postsolve.hpp"
#include "kilter/lp/presolve_matrix.hpp"

namespace kilter::lp::detail {

/// Lines to look at again, each listed once, in the order in which they were touched.
class PresolveQueue {
 public:
  explicit PresolveQueue(int size) : waiting_(size, 0) {}

  void push(int i) {
    if (waiting_[i] != 0) return;
    waiting_[i] = 1;
    items_.push_back(i);
  }
  [[nodiscard]] bool empty() const { return head_ == items_.size(); }
  int pop() {
    const int i = items_[head_++];
    if (empty()) {
      items_.clear();
      head_ = 0;
    }
    waiting_[i] = 0;
    return i;
  }

 private:
  Array<char> waiting_;
  Array<int> items_;
  int head_ = 0;
};

/// The least and the largest value of a row over the bounds of its columns: finite parts, and how many parts are infinite.
struct RowRange {
  double low = 0, high = 0;
  int low_infinite = 0, high_infinite = 0;
  bool valid = false;

  [[nodiscard]] double least() const { return low_infinite > 0 ? -infinity : low; }
  [[nodiscard]] double largest() const { return high_infinite > 0 ? infinity : high; }
};

/// The program between two reductions. Bounds are never tightened but by a row that leaves with a note of it, so that every bound
/// at which a column may come to stand belongs to something; they are dropped where others imply them.
struct PresolveState {
  explicit PresolveState(const Model& model)
      : matrix(model),
        post(model.rows() + model.columns(), static_cast<int>(model.nonzeros())),
        row_queue(model.rows()),
        column_queue(model.columns()),
        rows_left(model.rows()),
        columns_left(model.columns()),
        range_(model.rows()),
        constant(model.objective_constant()) {
    const auto copy = [](std::span<const double> from, Array<double>& to) {
      to.resize(static_cast<int>(from.size()));
      std::copy(from.begin(), from.end(), to.begin());
    };
    copy(model.costs(), cost);
    copy(model.lowers(), lower);
    copy(model.uppers(), upper);
    copy(model.row_lowers(), row_lower);
    copy(model.row_uppers(), row_upper);
  }

  PresolveMatrix matrix;
  Postsolve post;
  Array<double> cost, lower, upper, row_lower, row_upper;
  double tolerance = 1e-7;  // how far bounds must contradict one another to count
  PresolveQueue row_queue, column_queue;
  int rows_left = 0, columns_left = 0;
  long long work = 0;  // entries looked at
  bool infeasible = false, unbounded = false;

  [[nodiscard]] int lines_left() const { return rows_left + columns_left; }
  [[nodiscard]] bool stopped() const { return infeasible || unbounded; }
  [[nodiscard]] bool is_equation(int i) const { return row_lower[i] == row_upper[i]; }
  [[nodiscard]] bool is_fixed(int j) const { return lower[j] == upper[j]; }
  [[nodiscard]] bool is_free_row(int i) const { return std::isinf(row_lower[i]) && std::isinf(row_upper[i]); }
  [[nodiscard]] double objective_constant() const { return constant; }

  LineView row(int i) {
    const LineView line = matrix.row(i);
    work += line.size + 1;
    return line;
  }
  LineView column(int j) {
    const LineView line = matrix.column(j);
    work += line.size + 1;
    return line;
  }

  /// What a difference between two values may be that are meant to be the same.
  static double rounding(double value) { return std::isinf(value) ? 0.0 : 1e-9 + 1e-14 * std::abs(value); }

  void touch_row(int i) {
    range_[i].valid = false;
    row_queue.push(i);
  }
  void touch_rows_of(int j) {
    const LineView line = column(j);
    for (int k = 0; k < line.size; ++k) touch_row(line.index[k]);
  }

  /// The range of the row's activity. O(entries) after a change, else O(1).
  const RowRange& range(int i) {
    RowRange& r = range_[i];
    if (r.valid) return r;
    r = {};
    r.valid = true;
    const LineView line = row(i);
    for (int k = 0; k < line.size; ++k) {
      const int j = line.index[k];
      const double a = line.value[k];
      add_part(a * (a > 0 ? lower[j] : upper[j]), r.low, r.low_infinite);
      add_part(a * (a > 0 ? upper[j] : lower[j]), r.high, r.high_infinite);
    }
    return r;
  }

  /// The bounds that row `i` alone, with the bounds of its other columns, puts on column `j` with coefficient `a`.
  struct Implied {
    double lower, upper;
  };
  Implied implied_bounds(int i, int j, double a) {
    const RowRange& r = range(i);
    const double low = without(r.low, r.low_infinite, a * (a > 0 ? lower[j] : upper[j]), -infinity);
    const double high = without(r.high, r.high_infinite, a * (a > 0 ? upper[j] : lower[j]), infinity);
    const double to_lower = (row_lower[i] - high) / a, to_upper = (row_upper[i] - low) / a;
    return a > 0 ? Implied{to_lower, to_upper} : Implied{to_upper, to_lower};
  }

  /// Is the bound of column `j` infinite, or would it hold without being there, because of one of its rows?
  bool lower_implied(int j) {
    const auto holds = [&](const Implied& implied) { return implied.lower >= lower[j] - rounding(lower[j]); };
    return std::isinf(lower[j]) || some_row_implies(j, holds);
  }
  bool upper_implied(int j) {
    const auto holds = [&](const Implied& implied) { return implied.upper <= upper[j] + rounding(upper[j]); };
    return std::isinf(upper[j]) || some_row_implies(j, holds);
  }

  // ---- steps

  void drop_redundant(int i) {
    post.redundant_row(i);
    remove_row(i);
  }
  void remove_row(int i) {
    const LineView line = row(i);
    for (int k = 0; k < line.size; ++k) column_queue.push(line.index[k]);
    matrix.remove_row(i);
    --rows_left;
  }
  void remove_column(int j) {
    matrix.remove_column(j);
    --columns_left;
  }

  /// Puts column `j` at its lower or upper bound, or a free one to zero, and takes it out of the rows.
  void fix(int j, VariableStatus status) {
    const double x = status == VariableStatus::at_lower ? lower[j] : status == VariableStatus::at_upper ? upper[j] : 0;
    const LineView line = column(j);
    post.fixed_column(j, x, cost[j], status, line);
    constant += cost[j] * x;
    for (int k = 0; k < line.size; ++k) {
      const int i = line.index[k];
      shift_row(i, line.value[k] * x);
      touch_row(i);
    }
    remove_column(j);
  }

  /// Takes `amount` off both bounds of a row.
  void shift_row(int i, double amount) {
    if (amount == 0) return;
    row_lower[i] = difference(row_lower[i], amount);
    row_upper[i] = difference(row_upper[i], amount);
  }

  /// The intersection of the bounds of column `j` with [low, high], the bounds of something that will leave. False where it is
  /// empty. `took` says which of the new bounds are not those that the column had.
  struct Took {
    bool lower = false, upper = false;
  };
  bool tighten(int j, double low, double high, Took& took) {
    if (!intersect(low, high, lower[j], upper[j], took)) return false;
    if (took.lower || took.upper) touch_rows_of(j);
    column_queue.push(j);
    return true;
  }
  bool intersect(double low, double high, double& own_low, double& own_high, Took& took) {
    took = {low > own_low, high < own_high};
    const double l = std::max(low, own_low), u = std::min(high, own_high);
    if (l > u + tolerance * (1 + std::min(std::abs(l), std::abs(u)))) {
      infeasible = true;
      return false;
    }
    // All but the same, or crossed by rounding: one point, where it may be a bound that was there before.
    const bool crossed = l > u - 1e-13 * std::abs(u) && std::isfinite(l) && (took.lower || took.upper);
    const double point = took.lower && took.upper ? l : took.lower ? own_high : own_low;
    own_low = crossed ? point : l;
    own_high = crossed ? point : u;
    return true;
  }

  /// Adds `factor` times row `i` to the costs, so that the cost of `except` becomes zero.
  void shift_costs(const LineView& row, int except, double price) {
    for (int k = 0; k < row.size; ++k) {
      const int j = row.index[k];
      if (j == except) continue;
      cost[j] = difference(cost[j], price * row.value[k]);
      column_queue.push(j);
    }
    if (except >= 0) cost[except] = 0;
  }
  void add_constant(double amount) { constant += amount; }

  /// a − b, where what is left of a cancellation is taken for zero.
  static double difference(double a, double b) {
    const double result = a - b;
    return std::abs(result) <= 1e-13 * std::abs(b) && std::isfinite(b) ? 0.0 : result;
  }

 private:
  template <class F>
  bool some_row_implies(int j, F&& holds) {
    const LineView line = column(j);
    for (int k = 0; k < line.size; ++k) {
      if (holds(implied_bounds(line.index[k], j, line.value[k]))) return true;
    }
    return false;
  }

  static void add_part(double part, double& sum, int& infinite) {
    if (std::isinf(part)) {
      ++infinite;
    } else {
      sum += part;
    }
  }
  static double without(double sum, int infinite, double part, double unbounded_value) {
    const bool own = std::isinf(part);
    if (infinite > (own ? 1 : 0)) return unbounded_value;
    return own ? sum : sum - part;
  }

  Array<RowRange> range_;
  double constant;
};

}  // namespace kilter::lp::detail
