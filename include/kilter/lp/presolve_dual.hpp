#pragma once
/// @file
/// The rules of presolve that reason about prices: columns whose reduced cost, and rows whose price, has a sure sign.

#include <algorithm>
#include <cmath>
#include <initializer_list>

#include "kilter/lp/presolve_state.hpp"

namespace kilter::lp::detail {

/// Bounds on the price of each row follow from which of its sides are there, and from columns without an upper (lower) bound, whose
/// reduced cost c_j − a_j'y must be >= 0 (<= 0). Where they fix the sign of a reduced cost, the column goes to its bound (dominated
/// columns); where they fix the sign of a price, the inequality is an equation (Andersen, Andersen 1995, sections 3.4 and 3.5).
///
/// A bound that a column gives may not decide over that column itself, nor be used once the column is gone: after the way back the
/// column has to have the right sign because others say so. Hence every bound remembers its source, and bounds are derived from
/// the sides of the rows alone, not from one another.
class PriceRules {
 public:
  explicit PriceRules(PresolveState& state)
      : s_(state), low_(state.matrix.rows()), high_(state.matrix.rows()), moved_(state.matrix.rows()) {}

  void run(long long limit) {
    for (int i = 0; i < s_.matrix.rows(); ++i) reset(i);
    moved_.assign(s_.matrix.rows(), 0);
    for_columns(limit, [&](int j) { bound_prices(j); });
    for_columns(limit, [&](int j) { dominate(j); });
    for (int i = 0; i < s_.matrix.rows() && !s_.stopped() && s_.work < limit; ++i) {
      if (s_.matrix.row_alive(i)) bind(i);
    }
  }

 private:
  using enum VariableStatus;
  static constexpr double sure = 1e-9;  // least size of a value whose sign is believed

  struct Bound {
    double value;
    int source;  // the column that gave it; −1: the sides of the row
  };

  template <class F>
  void for_columns(long long limit, F&& visit) {
    for (int j = 0; j < s_.matrix.columns() && !s_.stopped() && s_.work < limit; ++j) {
      if (s_.matrix.column_alive(j) && !s_.is_fixed(j) && s_.matrix.column_count(j) > 0) visit(j);
    }
  }

  [[nodiscard]] double side_low(int i) const { return std::isfinite(s_.row_upper[i]) ? -infinity : 0; }
  [[nodiscard]] double side_high(int i) const { return std::isfinite(s_.row_lower[i]) ? infinity : 0; }
  void reset(int i) {
    low_[i] = {side_low(i), -1};
    high_[i] = {side_high(i), -1};
  }

  void bound_prices(int j) {
    if (std::isinf(s_.upper[j])) bound_prices(j, 1);
    if (std::isinf(s_.lower[j])) bound_prices(j, -1);
  }

  /// From sign * (c_j − a_j'y) >= 0: each term is at most what the smallest values of the others leave.
  void bound_prices(int j, double sign) {
    const LineView line = s_.column(j);
    double sum = sign * s_.cost[j];
    int infinite = 0, open = -1;
    for (int k = 0; k < line.size; ++k) {
      const double least = least_term(line.index[k], sign * line.value[k]);
      if (std::isfinite(least)) {
        sum -= least;
      } else if (++infinite > 1) {
        return;
      } else {
        open = k;
      }
    }
    const int first = infinite > 0 ? open : 0, end = infinite > 0 ? open + 1 : line.size;
    for (int k = first; k < end; ++k) {
      const int i = line.index[k];
      const double a = sign * line.value[k], most = infinite > 0 ? sum : sum + least_term(i, a), limit = most / a;
      if (a > 0 && limit < high_[i].value) high_[i] = {limit, j};
      if (a < 0 && limit > low_[i].value) low_[i] = {limit, j};
    }
  }
  [[nodiscard]] double least_term(int i, double a) const {
    const double y = a > 0 ? side_low(i) : side_high(i);
    return y == 0 ? 0 : a * y;
  }

  void dominate(int j) {
    const LineView line = s_.column(j);
    double least = s_.cost[j], most = s_.cost[j], size = std::abs(s_.cost[j]);
    for (int k = 0; k < line.size && (least > -infinity || most < infinity); ++k) {
      const int i = line.index[k];
      const double a = line.value[k];
      const double low = low_[i].source == j ? side_low(i) : low_[i].value;
      const double high = high_[i].source == j ? side_high(i) : high_[i].value;
      const double one = low == 0 ? 0 : a * low, two = high == 0 ? 0 : a * high;
      least -= std::max(one, two);
      most -= std::min(one, two);
      for (const double term : {one, two}) size = std::isinf(term) ? size : std::max(size, std::abs(term));
    }
    const double noise = 1e-14 * size;
    if (least >= -noise) return settle(j, least > sure * (1 + size), s_.lower[j], at_lower);
    if (most <= noise) return settle(j, most < -sure * (1 + size), s_.upper[j], at_upper);
  }

  /// The reduced cost draws column `j` to `bound` (`surely`: it is not zero).
  void settle(int j, bool surely, double bound, VariableStatus status) {
    if (std::isinf(bound)) {
      s_.unbounded = surely;
      return;
    }
    const LineView line = s_.column(j);
    for (int k = 0; k < line.size; ++k) {
      const int i = line.index[k];
      if (low_[i].source == j) low_[i] = {side_low(i), -1};
      if (high_[i].source == j) high_[i] = {side_high(i), -1};
    }
    s_.fix(j, status);
  }

  /// Turns an inequality with a price of sure sign into an equation. What its bound was derived from must still hold: no other row
  /// of the source may have become an equation since.
  void bind(int i) {
    if (s_.is_equation(i)) return;
    const bool lower = low_[i].value > sure * (1 + std::abs(low_[i].value)), upper = high_[i].value < -sure;
    if (!lower && !upper) return;
    const int source = lower ? low_[i].source : high_[i].source;
    if (source < 0 || !s_.matrix.column_alive(source)) return;
    const LineView line = s_.column(source);
    for (int k = 0; k < line.size; ++k) {
      if (moved_[line.index[k]] != 0) return;
    }
    const double side = lower ? s_.row_lower[i] : s_.row_upper[i];
    if (std::isinf(side)) {
      s_.unbounded = true;
      return;
    }
    moved_[i] = 1;
    s_.post.binding_row(i, upper);
    s_.row_lower[i] = s_.row_upper[i] = side;
    s_.touch_row(i);
    for (int k = 0, size = s_.row(i).size; k < size; ++k) {
      const int j = s_.row(i).index[k];
      if (s_.matrix.column_count(j) == 1) s_.column_queue.push(j);
    }
  }

  PresolveState& s_;
  Array<Bound> low_, high_;
  Array<char> moved_;
};

}  // namespace kilter::lp::detail
