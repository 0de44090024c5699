#pragma once
/// @file
/// `Model`: minimise cost'x + constant subject to row_lower <= A x <= row_upper and lower <= x <= upper.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/lp/expression.hpp"

namespace kilter::lp {

/// A sparse matrix by columns: the entries of column `j` are `row[k], value[k]` for `start[j] <= k < start[j + 1]`, rows ascending.
struct SparseColumns {
  std::vector<int> start{};
  std::vector<int> row{};
  std::vector<double> value{};
};

/// A linear program, always to be minimised. A value type: copies are independent, and const members may be called from many
/// threads.
///
/// Every edit is checked before it is made: NaN, crossed bounds, infinite coefficients and indices out of range throw
/// `std::invalid_argument` naming the argument, and leave the model as it was.
class Model {
 public:
  /// Adds a column (a variable) and returns its index. Bounds may be infinite; `lower` must not exceed `upper`.
  int add_column(double cost, double lower, double upper, std::string name = {}) {
    require_finite("cost", cost);
    check_bounds("lower", lower, "upper", upper);
    cost_.push_back(cost);
    lower_.push_back(lower);
    upper_.push_back(upper);
    names_.push_back(std::move(name));
    seen_.push_back(-1);
    return columns() - 1;
  }

  /// Adds a row `lower <= terms <= upper` and returns its index. Terms of the same column are summed; zeros are dropped.
  int add_row(std::span<const Term> terms, double lower, double upper, std::string name = {}) {
    check_bounds("row lower", lower, "row upper", upper);
    for (const Term& term : terms) {
      check_column(term.column);
      require_finite("coefficient", term.coefficient);
    }
    const std::vector<Term> merged = merge(terms);
    terms_.insert(terms_.end(), merged.begin(), merged.end());
    row_start_.push_back(terms_.size());
    row_lower_.push_back(lower);
    row_upper_.push_back(upper);
    row_names_.push_back(std::move(name));
    return rows() - 1;
  }

  /// Adds a column for use in expressions.
  Variable add_variable(double lower = 0, double upper = infinity, double cost = 0, std::string name = {}) {
    return {add_column(cost, lower, upper, std::move(name))};
  }
  /// Adds a constraint such as `2 * x + y <= 4` and returns its row.
  int add(const Constraint& constraint, std::string name = {}) {
    return add_row(constraint.terms, constraint.lower, constraint.upper, std::move(name));
  }
  /// Replaces all costs and the constant by an expression.
  void minimise(const Expression& objective) {
    require_finite("objective constant", objective.constant);
    for (const Term& term : objective.terms) {
      check_column(term.column);
      require_finite("cost", term.coefficient);
    }
    const std::vector<Term> merged = merge(objective.terms);
    std::fill(cost_.begin(), cost_.end(), 0.0);
    for (const Term& term : merged) cost_[at(term.column)] = term.coefficient;
    objective_constant_ = objective.constant;
  }

  void set_cost(int column, double cost) {
    check_column(column);
    require_finite("cost", cost);
    cost_[at(column)] = cost;
  }
  void set_column_bounds(int column, double lower, double upper) {
    check_column(column);
    check_bounds("lower", lower, "upper", upper);
    lower_[at(column)] = lower;
    upper_[at(column)] = upper;
  }
  void set_row_bounds(int row, double lower, double upper) {
    check_row(row);
    check_bounds("row lower", lower, "row upper", upper);
    row_lower_[at(row)] = lower;
    row_upper_[at(row)] = upper;
  }
  void set_objective_constant(double constant) {
    require_finite("objective constant", constant);
    objective_constant_ = constant;
  }

  [[nodiscard]] int columns() const noexcept { return static_cast<int>(cost_.size()); }
  [[nodiscard]] int rows() const noexcept { return static_cast<int>(row_lower_.size()); }
  [[nodiscard]] std::size_t nonzeros() const noexcept { return terms_.size(); }

  [[nodiscard]] double cost(int column) const { return cost_[checked_column(column)]; }
  [[nodiscard]] double lower(int column) const { return lower_[checked_column(column)]; }
  [[nodiscard]] double upper(int column) const { return upper_[checked_column(column)]; }
  [[nodiscard]] const std::string& name(int column) const { return names_[checked_column(column)]; }
  [[nodiscard]] double row_lower(int row) const { return row_lower_[checked_row(row)]; }
  [[nodiscard]] double row_upper(int row) const { return row_upper_[checked_row(row)]; }
  [[nodiscard]] const std::string& row_name(int row) const { return row_names_[checked_row(row)]; }
  [[nodiscard]] double objective_constant() const noexcept { return objective_constant_; }

  /// All costs, bounds and row bounds at once.
  [[nodiscard]] std::span<const double> costs() const noexcept { return cost_; }
  [[nodiscard]] std::span<const double> lowers() const noexcept { return lower_; }
  [[nodiscard]] std::span<const double> uppers() const noexcept { return upper_; }
  [[nodiscard]] std::span<const double> row_lowers() const noexcept { return row_lower_; }
  [[nodiscard]] std::span<const double> row_uppers() const noexcept { return row_upper_; }

  /// The terms of a row: each column at most once, no zeros, in the order in which they were first given.
  [[nodiscard]] std::span<const Term> row(int row) const {
    const std::size_t i = checked_row(row);
    return std::span<const Term>{terms_}.subspan(row_start_[i], row_start_[i + 1] - row_start_[i]);
  }

  /// The matrix by columns; O(columns + nonzeros).
  [[nodiscard]] SparseColumns assemble() const {
    SparseColumns matrix{std::vector<int>(cost_.size() + 1), std::vector<int>(terms_.size()), std::vector<double>(terms_.size())};
    for (const Term& term : terms_) ++matrix.start[at(term.column) + 1];
    for (std::size_t j = 0; j < cost_.size(); ++j) matrix.start[j + 1] += matrix.start[j];
    std::vector<int> next(matrix.start.begin(), matrix.start.end() - 1);
    for (int i = 0; i < rows(); ++i) {
      for (std::size_t k = row_start_[at(i)]; k < row_start_[at(i) + 1]; ++k) {
        const std::size_t slot = at(next[at(terms_[k].column)]++);
        matrix.row[slot] = i;
        matrix.value[slot] = terms_[k].coefficient;
      }
    }
    return matrix;
  }

 private:
  static std::size_t at(int index) { return static_cast<std::size_t>(index); }

  static void check_bounds(std::string_view lower_name, double lower, std::string_view upper_name, double upper) {
    require(!std::isnan(lower) && lower < infinity, lower_name, lower, "must be finite or minus infinity");
    require(!std::isnan(upper) && upper > -infinity, upper_name, upper, "must be finite or plus infinity");
    require(lower <= upper, lower_name, lower, "must not exceed the upper bound");
  }
  void check_column(int column) const {
    require(column >= 0 && column < columns(), "column", column, "must be a column of the model");
  }
  void check_row(int row) const { require(row >= 0 && row < rows(), "row", row, "must be a row of the model"); }
  [[nodiscard]] std::size_t checked_column(int column) const {
    check_column(column);
    return at(column);
  }
  [[nodiscard]] std::size_t checked_row(int row) const {
    check_row(row);
    return at(row);
  }

  /// Sums terms of the same column. `seen_` is −1 for every column before and after.
  std::vector<Term> merge(std::span<const Term> terms) {
    std::vector<Term> merged;
    merged.reserve(terms.size());
    for (const Term& term : terms) {
      int& slot = seen_[at(term.column)];
      if (slot < 0) {
        slot = static_cast<int>(merged.size());
        merged.push_back(term);
      } else {
        merged[at(slot)].coefficient += term.coefficient;
      }
    }
    for (const Term& term : merged) seen_[at(term.column)] = -1;
    for (const Term& term : merged) require_finite("sum of the coefficients of a column", term.coefficient);
    std::erase_if(merged, [](const Term& term) { return term.coefficient == 0; });
    return merged;
  }

  std::vector<double> cost_, lower_, upper_, row_lower_, row_upper_;
  std::vector<std::string> names_, row_names_;
  std::vector<std::size_t> row_start_ = {0};
  std::vector<Term> terms_;
  std::vector<int> seen_;
  double objective_constant_ = 0;
};

}  // namespace kilter::lp
