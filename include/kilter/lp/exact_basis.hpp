#pragma once
/// @file
/// The vertex and the multipliers of a basis as exact fractions, and whether they are feasible. Needs GMP.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <utility>
#include <vector>

#include <gmpxx.h>

#include "kilter/core/progress.hpp"
#include "kilter/core/status.hpp"
#include "kilter/lp/exact_system.hpp"
#include "kilter/lp/model.hpp"
#include "kilter/lp/solution.hpp"

namespace kilter::lp {

/// By how much, exactly, a variable breaks a condition.
struct ExactViolation {
  bool row = false;  ///< of a row's activity, else of a column
  int index = -1;    ///< −1: there is none
  mpq_class amount = 0;
};

namespace detail {

/// A model with all its numbers read exactly, by rows and by columns.
struct ExactModel {
  const Model& model;
  Reading reading;
  std::vector<std::size_t> row_start{0};
  std::vector<int> column;           // of each entry
  std::vector<ScaledInteger> entry;  // by rows
  std::vector<std::size_t> column_start;
  std::vector<int> row;            // of each entry, by columns
  std::vector<std::size_t> place;  // by columns: where in `entry`

  ExactModel(const Model& m, Reading r) : model(m), reading(r) {
    column.reserve(m.nonzeros());
    entry.reserve(m.nonzeros());
    column_start.assign(static_cast<std::size_t>(m.columns()) + 1, 0);
    for (int i = 0; i < m.rows(); ++i) {
      for (const Term& term : m.row(i)) {
        column.push_back(term.column);
        entry.push_back(read_exactly(term.coefficient, r));
        ++column_start[static_cast<std::size_t>(term.column) + 1];
      }
      row_start.push_back(entry.size());
    }
    for (std::size_t j = 0; j + 1 < column_start.size(); ++j) column_start[j + 1] += column_start[j];
    row.resize(entry.size());
    place.resize(entry.size());
    std::vector<std::size_t> next(column_start.begin(), column_start.end() - 1);
    for (int i = 0; i < m.rows(); ++i) {
      for (std::size_t k = row_start[static_cast<std::size_t>(i)]; k < row_start[static_cast<std::size_t>(i) + 1]; ++k) {
        const std::size_t slot = next[static_cast<std::size_t>(column[k])]++;
        row[slot] = i;
        place[slot] = k;
      }
    }
  }
  [[nodiscard]] ScaledInteger read(double value) const { return read_exactly(value, reading); }
};

/// The square system of a basis: its structural columns in the rows whose activity is not basic; the other rows follow. For columns
/// x = B^-1 b, for rows y = B^-T c_B.
class ExactBasis {
 public:
  enum class Outcome : std::uint8_t { solved, singular, not_a_basis, stopped };

  ExactViolation primal_violation, dual_violation;  ///< the largest of each
  ExactViolation culprit;                           ///< of a basis that is none or is singular: the variable to blame
  Status status = Status::feasible;                 ///< why it stopped

  ExactBasis(const ExactModel& exact, const Basis& basis)
      : exact_(exact), model_(exact.model), basis_(basis), powers_(exact.reading) {}

  Outcome solve(const Stopwatch& stopwatch) {
    if (!select()) return Outcome::not_a_basis;
    ExactSystem system = assemble();
    if (!system.factor()) return blame(system, stopwatch);
    if (!solve_primal(system, stopwatch) || !solve_dual(system, stopwatch)) return Outcome::stopped;
    check_primal();
    check_dual();
    return Outcome::solved;
  }
  [[nodiscard]] const Basis& basis() const { return basis_; }
  [[nodiscard]] bool optimal() const { return primal_violation.index < 0 && dual_violation.index < 0; }

  [[nodiscard]] mpq_class objective() {
    ExactSum sum(powers_, x_.denominator);
    sum.add(exact_.read(model_.objective_constant()));
    for (std::size_t j = 0; j < columns(); ++j) add_column(sum, exact_.read(model_.costs()[j]), j);
    return sum.value();
  }
  [[nodiscard]] std::vector<mpq_class> primal() {
    return collect(columns(), x_, [&](ExactSum& sum, std::size_t j) { add_column(sum, {1, 0}, j); });
  }
  [[nodiscard]] std::vector<mpq_class> dual() {
    return collect(rows(), y_, [&](ExactSum& sum, std::size_t i) { add_row(sum, {1, 0}, i); });
  }

  /// What is left of the bounds, and the exact reduced costs, of all columns and then all activities, as doubles scaled by powers
  /// of two: the program that iterative refinement solves next.
  struct Rest {
    std::vector<double> lower, upper, cost;
  };
  [[nodiscard]] Rest rest(int primal_shift, int dual_shift) {
    Rest out;
    ExactSum x(powers_, x_.denominator), d(powers_, y_.denominator);
    const auto distance = [&](double bound, auto&& value) {
      if (std::isinf(bound)) return bound;
      x.clear();
      value();
      x.add(exact_.read(-bound));
      return -x.to_double(primal_shift);
    };
    const auto append = [&](double lower, double upper, auto&& value) {
      out.lower.push_back(distance(lower, value));
      out.upper.push_back(std::max(out.lower.back(), distance(upper, value)));
    };
    for (std::size_t j = 0; j < columns(); ++j) {
      append(model_.lowers()[j], model_.uppers()[j], [&] { add_column(x, {1, 0}, j); });
      set_reduced_cost(d, j);
      out.cost.push_back(d.to_double(dual_shift));
    }
    for (std::size_t i = 0; i < rows(); ++i) {
      append(model_.row_lowers()[i], model_.row_uppers()[i], [&] { set_activity(x, i); });
      d.clear();
      add_row(d, {1, 0}, i);
      out.cost.push_back(d.to_double(dual_shift));
    }
    return out;
  }

 private:
  [[nodiscard]] std::size_t columns() const { return static_cast<std::size_t>(model_.columns()); }
  [[nodiscard]] std::size_t rows() const { return static_cast<std::size_t>(model_.rows()); }
  static bool is_basic(VariableStatus status) { return status == VariableStatus::basic; }

  // ---- the system

  /// Lists basic columns and active rows; false, with a culprit, where the statuses are not those of a basis.
  bool select() {
    slot_of_column_.assign(columns(), -1);
    slot_of_row_.assign(rows(), -1);
    if (basis_.columns.size() != columns() || basis_.rows.size() != rows()) return false;
    for (std::size_t j = 0; j < columns(); ++j) {
      if (is_basic(basis_.columns[j])) {
        slot_of_column_[j] = static_cast<int>(basic_.size());
        basic_.push_back(j);
      } else if (!stands(basis_.columns[j], model_.lowers()[j], model_.uppers()[j])) {
        culprit = {false, static_cast<int>(j), 0};
        return false;
      }
    }
    for (std::size_t i = 0; i < rows(); ++i) {
      if (is_basic(basis_.rows[i])) continue;
      slot_of_row_[i] = static_cast<int>(active_.size());
      active_.push_back(i);
      if (!stands(basis_.rows[i], model_.row_lowers()[i], model_.row_uppers()[i])) {
        culprit = {true, static_cast<int>(i), 0};
        return false;
      }
    }
    return basic_.size() == active_.size();
  }
  /// Whether a nonbasic variable can stand where its status says.
  static bool stands(VariableStatus status, double lower, double upper) {
    if (status == VariableStatus::at_lower) return std::isfinite(lower);
    if (status == VariableStatus::at_upper) return std::isfinite(upper);
    return std::isinf(lower) && std::isinf(upper);
  }
  static double bound_of(VariableStatus status, double lower, double upper) {
    if (status == VariableStatus::free_nonbasic) return 0;
    return status == VariableStatus::at_upper ? upper : lower;
  }

  template <class F>
  void for_each_entry(F&& f) const {
    for (std::size_t s = 0; s < basic_.size(); ++s) {
      for (std::size_t k = exact_.column_start[basic_[s]]; k < exact_.column_start[basic_[s] + 1]; ++k) {
        const int i = slot_of_row_[static_cast<std::size_t>(exact_.row[k])];
        if (i >= 0) f(static_cast<std::size_t>(i), s, exact_.entry[exact_.place[k]]);
      }
    }
  }

  /// The system in whole numbers: rows and columns times powers of the base, as small as they may be; of two orders the better.
  ExactSystem assemble() {
    std::array<std::vector<int>, 2> first{std::vector<int>(basic_.size()), std::vector<int>(basic_.size())}, second = first;
    const int rows_first = scale(first[0], first[1], false), columns_first = scale(second[0], second[1], true);
    std::tie(row_scale_, column_scale_) =
        rows_first <= columns_first ? std::pair{first[0], first[1]} : std::pair{second[0], second[1]};
    IntegerMatrix matrix;
    std::size_t open = 0;
    for_each_entry([&](std::size_t i, std::size_t s, const ScaledInteger& a) {
      for (; open < s; ++open) matrix.close();
      mpz_class value = to_integer(a.mantissa);
      if (const int e = a.exponent + row_scale_[i] + column_scale_[s]; e > 0) {
        powers_.raise(value, e);
        matrix.push(static_cast<int>(i), std::move(value));
      } else {
        matrix.push_piece(static_cast<int>(i), a.mantissa, 0);
      }
    });
    for (; open < basic_.size(); ++open) matrix.close();
    return ExactSystem(std::move(matrix));
  }
  /// Exponents that make every entry whole, a line's smallest entry setting its scale; returns the largest exponent left.
  int scale(std::vector<int>& row, std::vector<int>& column, bool columns_first) const {
    const auto lower_line = [&](std::vector<int>& lines, bool by_column) {
      std::vector<int> least(lines.size(), INT32_MAX);
      for_each_entry([&](std::size_t i, std::size_t s, const ScaledInteger& a) {
        int& low = least[by_column ? s : i];
        low = std::min(low, a.exponent + row[i] + column[s]);
      });
      for (std::size_t k = 0; k < lines.size(); ++k) lines[k] -= least[k] == INT32_MAX ? 0 : least[k];
    };
    lower_line(columns_first ? column : row, columns_first);
    lower_line(columns_first ? row : column, !columns_first);
    int most = 0;
    for_each_entry(
        [&](std::size_t i, std::size_t s, const ScaledInteger& a) { most = std::max(most, a.exponent + row[i] + column[s]); });
    return most;
  }

  Outcome blame(ExactSystem& system, const Stopwatch& stopwatch) {
    const int slot = system.dependent_column(stopwatch);
    status = stopwatch.check();
    if (slot < 0) {
      status = status == Status::feasible ? Status::numerical_failure : status;
      return Outcome::stopped;
    }
    culprit = {false, static_cast<int>(basic_[static_cast<std::size_t>(slot)]), 0};
    return Outcome::singular;
  }

  // ---- solving

  /// Right-hand sides as whole numbers: value * base^(exponent + scale + common).
  std::vector<mpz_class> to_whole(std::vector<std::pair<mpz_class, int>>& values, const std::vector<int>& scale, int& common) {
    common = 0;
    for (std::size_t k = 0; k < values.size(); ++k) {
      if (sgn(values[k].first) != 0) common = std::max(common, -(values[k].second + scale[k]));
    }
    std::vector<mpz_class> out;
    for (std::size_t k = 0; k < values.size(); ++k) {
      if (sgn(values[k].first) != 0) powers_.raise(values[k].first, values[k].second + scale[k] + common);
      out.push_back(std::move(values[k].first));
    }
    return out;
  }

  bool solve_primal(ExactSystem& system, const Stopwatch& stopwatch) {
    x_ = ExactVector(columns());
    x_exponent_.assign(columns(), 0);
    for (std::size_t j = 0; j < columns(); ++j) {
      if (slot_of_column_[j] >= 0) continue;
      const ScaledInteger value = exact_.read(bound_of(basis_.columns[j], model_.lowers()[j], model_.uppers()[j]));
      x_.numerator[j] = to_integer(value.mantissa);
      x_exponent_[j] = value.exponent;
    }
    std::vector<std::pair<mpz_class, int>> rest;
    ExactSum sum(powers_, x_.denominator);
    for (const std::size_t i : active_) {
      set_distance(sum, i);
      rest.push_back(sum.whole());
      rest.back().first = -rest.back().first;
    }
    int common = 0;
    const std::vector<mpz_class> b = to_whole(rest, row_scale_, common);
    const auto check = [&](ExactVector& found) {
      accept(found, basic_, column_scale_, common, x_, x_exponent_);
      return std::all_of(active_.begin(), active_.end(), [&](std::size_t i) {
        set_distance(sum, i);
        return sum.is_zero();
      });
    };
    status = system.solve(b, false, stopwatch, check);
    return status == Status::optimal;
  }
  bool solve_dual(ExactSystem& system, const Stopwatch& stopwatch) {
    y_ = ExactVector(rows());
    y_exponent_.assign(rows(), 0);
    std::vector<std::pair<mpz_class, int>> costs;
    for (const std::size_t j : basic_) {
      const ScaledInteger cost = exact_.read(model_.costs()[j]);
      costs.emplace_back(to_integer(cost.mantissa), cost.exponent);
    }
    int common = 0;
    const std::vector<mpz_class> c = to_whole(costs, column_scale_, common);
    ExactSum sum(powers_, y_.denominator);
    const auto check = [&](ExactVector& found) {
      accept(found, active_, row_scale_, common, y_, y_exponent_);
      return std::all_of(basic_.begin(), basic_.end(), [&](std::size_t j) {
        set_reduced_cost(sum, j);
        return sum.is_zero();
      });
    };
    status = system.solve(c, true, stopwatch, check);
    return status == Status::optimal;
  }
  /// Spreads a solution of the scaled system over the variables it belongs to.
  static void accept(const ExactVector& found, const std::vector<std::size_t>& variable, const std::vector<int>& scale, int common,
                     ExactVector& out, std::vector<int>& exponent) {
    out.denominator = found.denominator;
    for (std::size_t k = 0; k < variable.size(); ++k) {
      out.numerator[variable[k]] = found.numerator[k];
      out.which[variable[k]] = found.which[k];
      exponent[variable[k]] = scale[k] - common;
    }
  }

  // ---- sums

  void add_column(ExactSum& sum, const ScaledInteger& factor, std::size_t j) {
    sum.add(factor.mantissa, factor.exponent + x_exponent_[j], x_.numerator[j], x_.which[j]);
  }
  void add_row(ExactSum& sum, const ScaledInteger& factor, std::size_t i) {
    sum.add(factor.mantissa, factor.exponent + y_exponent_[i], y_.numerator[i], y_.which[i]);
  }
  void set_activity(ExactSum& sum, std::size_t i) {
    sum.clear();
    for (std::size_t k = exact_.row_start[i]; k < exact_.row_start[i + 1]; ++k)
      add_column(sum, exact_.entry[k], static_cast<std::size_t>(exact_.column[k]));
  }
  /// Activity minus the bound at which the row stands.
  void set_distance(ExactSum& sum, std::size_t i) {
    set_activity(sum, i);
    sum.add(exact_.read(bound_of(basis_.rows[i], model_.row_lowers()[i], model_.row_uppers()[i])), -1);
  }
  void set_reduced_cost(ExactSum& sum, std::size_t j) {
    sum.clear();
    sum.add(exact_.read(model_.costs()[j]));
    for (std::size_t k = exact_.column_start[j]; k < exact_.column_start[j + 1]; ++k) {
      const ScaledInteger& a = exact_.entry[exact_.place[k]];
      add_row(sum, {-a.mantissa, a.exponent}, static_cast<std::size_t>(exact_.row[k]));
    }
  }
  template <class Add>
  std::vector<mpq_class> collect(std::size_t count, const ExactVector& values, Add&& add) {
    std::vector<mpq_class> out;
    ExactSum sum(powers_, values.denominator);
    for (std::size_t k = 0; k < count; ++k) {
      sum.clear();
      add(sum, k);
      out.push_back(sum.value());
    }
    return out;
  }

  // ---- conditions

  /// `amount` > 0 breaks a condition.
  static void blame(ExactViolation& worst, bool row, std::size_t index, mpq_class amount) {
    if (worst.index < 0 || amount > worst.amount) worst = {row, static_cast<int>(index), std::move(amount)};
  }
  template <class Set>
  void check_bounds(ExactSum& sum, Set&& set, double lower, double upper, bool row, std::size_t index) {
    if (std::isfinite(lower)) {
      set();
      sum.add(exact_.read(lower), -1);
      if (sum.sign() < 0) blame(primal_violation, row, index, -sum.value());
    }
    if (std::isfinite(upper)) {
      set();
      sum.add(exact_.read(upper), -1);
      if (sum.sign() > 0) blame(primal_violation, row, index, sum.value());
    }
  }
  void check_primal() {
    ExactSum sum(powers_, x_.denominator);
    for (const std::size_t j : basic_) {
      const auto set = [&] {
        sum.clear();
        add_column(sum, {1, 0}, j);
      };
      check_bounds(sum, set, model_.lowers()[j], model_.uppers()[j], false, j);
    }
    for (std::size_t i = 0; i < rows(); ++i) {
      if (slot_of_row_[i] >= 0) continue;
      check_bounds(
          sum, [&] { set_activity(sum, i); }, model_.row_lowers()[i], model_.row_uppers()[i], true, i);
    }
  }
  void check_sign(ExactSum& sum, VariableStatus stand, bool fixed, bool row, std::size_t index) {
    if (fixed) return;
    const int sign = sum.sign();
    const bool wrong = stand == VariableStatus::at_lower ? sign < 0 : stand == VariableStatus::at_upper ? sign > 0 : sign != 0;
    if (wrong) blame(dual_violation, row, index, abs(sum.value()));
  }
  void check_dual() {
    ExactSum sum(powers_, y_.denominator);
    for (std::size_t j = 0; j < columns(); ++j) {
      if (slot_of_column_[j] >= 0) continue;
      set_reduced_cost(sum, j);
      check_sign(sum, basis_.columns[j], model_.lowers()[j] == model_.uppers()[j], false, j);
    }
    for (const std::size_t i : active_) {
      sum.clear();
      add_row(sum, {1, 0}, i);
      check_sign(sum, basis_.rows[i], model_.row_lowers()[i] == model_.row_uppers()[i], true, i);
    }
  }

  const ExactModel& exact_;
  const Model& model_;
  const Basis& basis_;
  Powers powers_;
  std::vector<std::size_t> basic_, active_;  // columns and rows of the system
  std::vector<int> slot_of_column_, slot_of_row_, row_scale_, column_scale_, x_exponent_, y_exponent_;
  ExactVector x_, y_;
};

}  // namespace detail
}  // namespace kilter::lp
