#pragma once
/// @file
/// `Model`: minimise cost'x + constant subject to row_lower <= A x <= row_upper and lower <= x <= upper.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/lp/expression.hpp"
#include "kilter/lp/row_matrix.hpp"

namespace kilter::lp {

/// All of a program but its matrix. `costs` sets the number of columns; what is left empty is 0 for `lowers`, infinite for
/// `uppers`, no bound for `row_lowers` or `row_uppers`, and no names.
struct ModelArrays {
  std::vector<double> costs{}, lowers{}, uppers{};
  std::vector<double> row_lowers{}, row_uppers{};
  double objective_constant = 0;
  std::vector<std::string> names{}, row_names{};
};

namespace detail {

/// `require` for an element of an array: the argument is named `name[index]`.
template <class Value>
void require_at(bool condition, std::string_view name, std::size_t index, const Value& value, std::string_view wanted) {
  if (!condition) require(false, std::string{name} + '[' + std::to_string(index) + ']', value, wanted);
}

/// Why these bounds cannot be; empty where they can. `first` tells whether the lower one is to blame.
inline std::string_view bounds_complaint(double lower, double upper, bool& first) {
  first = !(lower < infinity);
  if (first) return "must be finite or minus infinity";
  if (!(upper > -infinity)) return "must be finite or plus infinity";
  first = !(lower <= upper);
  return first ? "must not exceed the upper bound" : "";
}

inline void check_bounds(std::string_view lower_name, std::string_view upper_name, double lower, double upper) {
  bool first = false;
  const std::string_view complaint = bounds_complaint(lower, upper, first);
  require(complaint.empty(), first ? lower_name : upper_name, first ? lower : upper, complaint);
}

inline void check_bounds(std::string_view lower_name, std::string_view upper_name, std::span<const double> lowers,
                         std::span<const double> uppers, std::size_t count) {
  require(lowers.size() == count, lower_name, lowers.size(), "must have one entry per row or column");
  require(uppers.size() == count, upper_name, uppers.size(), "must have one entry per row or column");
  for (std::size_t k = 0; k < count; ++k) {
    bool first = false;
    const std::string_view complaint = bounds_complaint(lowers[k], uppers[k], first);
    require_at(complaint.empty(), first ? lower_name : upper_name, k, first ? lowers[k] : uppers[k], complaint);
  }
}

inline void check_costs(std::span<const double> costs) {
  for (std::size_t j = 0; j < costs.size(); ++j) require_at(std::isfinite(costs[j]), "costs", j, costs[j], "must be finite");
}

/// The compressed form of a sparse matrix with `outer` rows (columns) whose entries have indices below `inner`; O(entries + inner).
inline void check_compressed(std::span<const int> start, std::span<const int> index, std::span<const double> value,
                             std::size_t outer, int inner) {
  require(start.size() == outer + 1, "matrix.start", start.size(), "must have one entry per row or column, and one more");
  require(start.front() == 0, "matrix.start", start.front(), "must begin with 0");
  require(value.size() == index.size(), "matrix.value", value.size(), "must have one entry per index");
  require(start.back() >= 0 && static_cast<std::size_t>(start.back()) == index.size(), "matrix.start", start.back(),
          "must end with the number of entries");
  std::vector<int> last(static_cast<std::size_t>(inner), -1);  // the row (column) in which an index was met last
  for (std::size_t j = 0; j < outer; ++j) {
    require_at(start[j] <= start[j + 1], "matrix.start", j + 1, start[j + 1], "must not fall");
    for (auto k = static_cast<std::size_t>(start[j]); k < static_cast<std::size_t>(start[j + 1]); ++k) {
      require_at(index[k] >= 0 && index[k] < inner, "matrix index", k, index[k], "must be a row or column of the model");
      require_at(std::isfinite(value[k]), "matrix.value", k, value[k], "must be finite");
      int& met = last[static_cast<std::size_t>(index[k])];
      require_at(met != static_cast<int>(j), "matrix index", k, index[k], "must occur only once in a row or column");
      met = static_cast<int>(j);
    }
  }
}

}  // namespace detail

/// A linear program, always to be minimised. A value type: copies are independent, and const members may be called from many
/// threads.
///
/// Every edit is checked before it is made: NaN, crossed bounds, infinite coefficients, indices out of range and duplicates throw
/// `std::invalid_argument` naming the argument, and leave the model as it was; so does running out of memory. Costs and bounds are
/// changed in O(1). The matrix is kept by rows, one after the other in one array: a row is added in O(its terms); any other change
/// of the pattern takes a pass over the nonzeros behind the place, so that many columns are better added in one call.
class Model {
 public:
  Model() = default;

  /// A whole program at once from its matrix by columns; the vectors are moved in. O(rows + columns + entries). NaN, crossed
  /// bounds, lengths that do not agree, infinite, misplaced and duplicate entries are refused; zeros are dropped.
  [[nodiscard]] static Model from_columns(ModelArrays arrays, const SparseColumns& matrix) {
    const std::size_t m = std::max(arrays.row_lowers.size(), arrays.row_uppers.size());
    Model model(std::move(arrays), m);
    detail::check_compressed(matrix.start, matrix.row, matrix.value, model.cost_.size(), model.rows());
    model.matrix_.append_empty_rows(m);
    model.matrix_.append_columns(matrix.start, matrix.row, matrix.value);
    return model;
  }
  /// The same from the matrix by rows.
  [[nodiscard]] static Model from_rows(ModelArrays arrays, const SparseRows& matrix) {
    Model model(std::move(arrays), matrix.start.empty() ? 0 : matrix.start.size() - 1);
    detail::check_compressed(matrix.start, matrix.column, matrix.value, model.row_lower_.size(), model.columns());
    model.matrix_.append_empty_columns(model.cost_.size());
    model.matrix_.append_rows(matrix.start, matrix.column, matrix.value);
    return model;
  }

  // ---- adding

  /// Makes room, so that adding up to so much allocates nothing more.
  void reserve(std::size_t rows, std::size_t columns, std::size_t nonzeros) {
    for (auto* values : {&cost_, &lower_, &upper_}) values->reserve(columns);
    for (auto* values : {&row_lower_, &row_upper_}) values->reserve(rows);
    column_id_.reserve(columns);
    row_id_.reserve(rows);
    matrix_.reserve(rows, columns, nonzeros);
  }

  /// Adds a column (a variable) and returns its index. Bounds may be infinite; `lower` must not exceed `upper`.
  int add_column(double cost, double lower, double upper, std::string name = {}) {
    prepare_column(cost, lower, upper, name);
    matrix_.prepare_columns(1);
    matrix_.append_empty_columns(1);
    return push_column(cost, lower, upper, std::move(name));
  }
  /// Adds a column with its coefficients in existing rows, each row at most once; zeros are dropped. O(rows + nonzeros).
  int add_column(double cost, double lower, double upper, std::span<const Entry> entries, std::string name = {}) {
    prepare_column(cost, lower, upper, name);
    SparseColumns one{.start = {0, static_cast<int>(entries.size())}, .row = {}, .value = {}};
    for (const Entry& entry : entries) {
      one.row.push_back(entry.row);
      one.value.push_back(entry.coefficient);
    }
    detail::check_compressed(one.start, one.row, one.value, 1, rows());
    check_nonzeros(entries.size());
    matrix_.append_columns(one.start, one.row, one.value);
    return push_column(cost, lower, upper, std::move(name));
  }
  int add_column(double cost, double lower, double upper, std::initializer_list<Entry> entries, std::string name = {}) {
    return add_column(cost, lower, upper, std::span<const Entry>{entries.begin(), entries.size()}, std::move(name));
  }
  /// Adds `costs.size()` columns with their coefficients in existing rows in one pass, each row at most once in a column, and
  /// returns the index of the first. O(rows + nonzeros + entries).
  int add_columns(std::span<const double> costs, std::span<const double> lowers, std::span<const double> uppers,
                  const SparseColumns& matrix) {
    detail::check_costs(costs);
    detail::check_bounds("lowers", "uppers", lowers, uppers, costs.size());
    detail::check_compressed(matrix.start, matrix.row, matrix.value, costs.size(), rows());
    check_nonzeros(matrix.value.size());
    const std::vector<double> c(costs.begin(), costs.end()), l(lowers.begin(), lowers.end()), u(uppers.begin(), uppers.end());
    prepare_columns(c.size());  // the spans may have been our own
    matrix_.append_columns(matrix.start, matrix.row, matrix.value);
    const int first = columns();
    for (std::size_t j = 0; j < c.size(); ++j) push_column(c[j], l[j], u[j], {});
    return first;
  }

  /// Adds a row `lower <= terms <= upper` and returns its index. Terms of the same column are summed; zeros are dropped.
  int add_row(std::span<const Term> terms, double lower, double upper, std::string name = {}) {
    detail::check_bounds("row lower", "row upper", lower, upper);
    check_terms(terms);
    prepare_rows(1);
    row_names_.prepare(row_lower_.size(), name);
    require(matrix_.append_row(terms), "terms", terms.size(), sum_not_finite);
    return push_row(lower, upper, std::move(name));
  }
  int add_row(std::initializer_list<Term> terms, double lower, double upper, std::string name = {}) {
    return add_row(std::span<const Term>{terms.begin(), terms.size()}, lower, upper, std::move(name));
  }
  /// Adds `row_lowers.size()` rows, each column at most once in a row, and returns the index of the first. O(columns + entries).
  int add_rows(std::span<const double> row_lowers, std::span<const double> row_uppers, const SparseRows& matrix) {
    detail::check_bounds("row_lowers", "row_uppers", row_lowers, row_uppers, row_lowers.size());
    detail::check_compressed(matrix.start, matrix.column, matrix.value, row_lowers.size(), columns());
    check_nonzeros(matrix.value.size());
    const std::vector<double> l(row_lowers.begin(), row_lowers.end()), u(row_uppers.begin(), row_uppers.end());
    prepare_rows(l.size());  // the spans may have been our own
    matrix_.append_rows(matrix.start, matrix.column, matrix.value);
    const int first = rows();
    for (std::size_t i = 0; i < l.size(); ++i) push_row(l[i], u[i], {});
    return first;
  }

  /// Adds a column for use in expressions.
  Variable add_variable(double lower = 0, double upper = infinity, double cost = 0, std::string name = {}) {
    return {add_column(cost, lower, upper, std::move(name))};
  }
  /// Adds a constraint such as `2 * x + y <= 4` and returns its row.
  int add(const Constraint& constraint, std::string name = {}) {
    return add_row(constraint.terms, constraint.lower, constraint.upper, std::move(name));
  }

  // ---- changing

  /// Replaces all costs and the constant by an expression.
  void minimise(const Expression& objective) {
    require_finite("objective constant", objective.constant);
    std::vector<double> costs(cost_.size());
    for (const Term& term : objective.terms) {
      check_column(term.column);
      require_finite("cost", term.coefficient);
      costs[at(term.column)] += term.coefficient;
    }
    detail::check_costs(costs);
    cost_ = std::move(costs);
    objective_constant_ = objective.constant;
  }

  void set_cost(int column, double cost) {
    check_column(column);
    require_finite("cost", cost);
    cost_[at(column)] = cost;
  }
  /// Replaces all costs.
  void set_costs(std::span<const double> costs) {
    require(costs.size() == cost_.size(), "costs", costs.size(), "must have one entry per column");
    detail::check_costs(costs);
    std::copy(costs.begin(), costs.end(), cost_.begin());
  }
  void set_column_bounds(int column, double lower, double upper) {
    check_column(column);
    detail::check_bounds("lower", "upper", lower, upper);
    lower_[at(column)] = lower;
    upper_[at(column)] = upper;
  }
  /// Replaces the bounds of all columns.
  void set_column_bounds(std::span<const double> lowers, std::span<const double> uppers) {
    detail::check_bounds("lowers", "uppers", lowers, uppers, cost_.size());
    std::copy(lowers.begin(), lowers.end(), lower_.begin());
    std::copy(uppers.begin(), uppers.end(), upper_.begin());
  }
  void set_row_bounds(int row, double lower, double upper) {
    check_row(row);
    detail::check_bounds("row lower", "row upper", lower, upper);
    row_lower_[at(row)] = lower;
    row_upper_[at(row)] = upper;
  }
  /// Replaces the bounds of all rows.
  void set_row_bounds(std::span<const double> row_lowers, std::span<const double> row_uppers) {
    detail::check_bounds("row_lowers", "row_uppers", row_lowers, row_uppers, row_lower_.size());
    std::copy(row_lowers.begin(), row_lowers.end(), row_lower_.begin());
    std::copy(row_uppers.begin(), row_uppers.end(), row_upper_.begin());
  }
  void set_objective_constant(double constant) {
    require_finite("objective constant", constant);
    objective_constant_ = constant;
  }
  /// Sets one coefficient; 0 takes the entry out, and a new entry comes last in its row. O(terms of the row), and
  /// O(rows + nonzeros) where the pattern changes.
  void set_coefficient(int row, int column, double value) {
    check_row(row);
    check_column(column);
    require_finite("coefficient", value);
    check_nonzeros(1);
    matrix_.set(at(row), column, value);
  }
  /// Replaces the terms of a row, as `add_row` takes them. O(terms), and O(rows + nonzeros) where their number changes.
  void set_row(int row, std::span<const Term> terms) {
    check_row(row);
    check_terms(terms);
    require(matrix_.replace_row(at(row), terms), "terms", terms.size(), sum_not_finite);
  }
  void set_row(int row, std::initializer_list<Term> terms) { set_row(row, std::span<const Term>{terms.begin(), terms.size()}); }
  void set_name(int column, std::string name) {
    names_.prepare(checked_column(column), name);
    names_.put(at(column), std::move(name));
  }
  void set_row_name(int row, std::string name) {
    row_names_.prepare(checked_row(row), name);
    row_names_.put(at(row), std::move(name));
  }

  // ---- deleting

  /// Deletes rows, given in any order; the others close up and keep their order and ids. O(rows + nonzeros).
  void delete_rows(std::span<const int> rows_to_delete) {
    const std::vector<char> marked = mark(rows_to_delete, "row", rows());
    for (auto* values : {&row_lower_, &row_upper_}) detail::erase_marked(*values, marked);
    detail::erase_marked(row_id_, marked);
    row_names_.erase(marked);
    matrix_.erase_rows(marked);
  }
  void delete_rows(std::initializer_list<int> rows_to_delete) {
    delete_rows(std::span<const int>{rows_to_delete.begin(), rows_to_delete.size()});
  }
  void delete_row(int row) { delete_rows({row}); }
  /// Deletes columns with their coefficients, given in any order; the others close up and keep their order and ids.
  /// O(columns + nonzeros).
  void delete_columns(std::span<const int> columns_to_delete) {
    const std::vector<char> marked = mark(columns_to_delete, "column", columns());
    for (auto* values : {&cost_, &lower_, &upper_}) detail::erase_marked(*values, marked);
    detail::erase_marked(column_id_, marked);
    names_.erase(marked);
    matrix_.erase_columns(marked);
  }
  void delete_columns(std::initializer_list<int> columns_to_delete) {
    delete_columns(std::span<const int>{columns_to_delete.begin(), columns_to_delete.size()});
  }
  void delete_column(int column) { delete_columns({column}); }

  // ---- reading

  [[nodiscard]] int columns() const noexcept { return static_cast<int>(cost_.size()); }
  [[nodiscard]] int rows() const noexcept { return static_cast<int>(row_lower_.size()); }
  [[nodiscard]] std::size_t nonzeros() const noexcept { return matrix_.terms().size(); }

  [[nodiscard]] double cost(int column) const { return cost_[checked_column(column)]; }
  [[nodiscard]] double lower(int column) const { return lower_[checked_column(column)]; }
  [[nodiscard]] double upper(int column) const { return upper_[checked_column(column)]; }
  [[nodiscard]] const std::string& name(int column) const { return names_[checked_column(column)]; }
  [[nodiscard]] double row_lower(int row) const { return row_lower_[checked_row(row)]; }
  [[nodiscard]] double row_upper(int row) const { return row_upper_[checked_row(row)]; }
  [[nodiscard]] const std::string& row_name(int row) const { return row_names_[checked_row(row)]; }
  [[nodiscard]] double objective_constant() const noexcept { return objective_constant_; }
  /// One coefficient, 0 where there is no entry; O(terms of the row).
  [[nodiscard]] double coefficient(int row, int column) const {
    check_column(column);
    return matrix_.get(checked_row(row), column);
  }

  /// All costs, bounds and row bounds at once.
  [[nodiscard]] std::span<const double> costs() const noexcept { return cost_; }
  [[nodiscard]] std::span<const double> lowers() const noexcept { return lower_; }
  [[nodiscard]] std::span<const double> uppers() const noexcept { return upper_; }
  [[nodiscard]] std::span<const double> row_lowers() const noexcept { return row_lower_; }
  [[nodiscard]] std::span<const double> row_uppers() const noexcept { return row_upper_; }

  /// What stays with a column or row while others are added and deleted: strictly ascending, and never given again by this model.
  [[nodiscard]] std::span<const std::uint64_t> column_ids() const noexcept { return column_id_; }
  [[nodiscard]] std::span<const std::uint64_t> row_ids() const noexcept { return row_id_; }

  /// The first column (row) of this name, if any; looks at one after the other. An empty name is found nowhere.
  [[nodiscard]] std::optional<int> find_column(std::string_view name) const { return names_.find(name); }
  [[nodiscard]] std::optional<int> find_row(std::string_view name) const { return row_names_.find(name); }

  /// The terms of a row: each column at most once, no zeros, in the order in which they were first given.
  [[nodiscard]] std::span<const Term> row(int row) const { return matrix_.row(checked_row(row)); }
  /// The terms of all rows, one after the other: those of row `i` are `row_starts()[i]` … `row_starts()[i + 1] − 1`.
  [[nodiscard]] std::span<const Term> terms() const noexcept { return matrix_.terms(); }
  [[nodiscard]] std::span<const std::size_t> row_starts() const noexcept { return matrix_.starts(); }

  /// The matrix by columns, rows ascending; O(columns + nonzeros).
  [[nodiscard]] SparseColumns assemble() const {
    SparseColumns matrix{std::vector<int>(cost_.size() + 1), std::vector<int>(nonzeros()), std::vector<double>(nonzeros())};
    for (const Term& term : terms()) ++matrix.start[at(term.column) + 1];
    for (std::size_t j = 0; j < cost_.size(); ++j) matrix.start[j + 1] += matrix.start[j];
    std::vector<int> next(matrix.start.begin(), matrix.start.end() - 1);
    for (int i = 0; i < rows(); ++i) {
      for (const Term& term : matrix_.row(at(i))) {
        const std::size_t slot = at(next[at(term.column)]++);
        matrix.row[slot] = i;
        matrix.value[slot] = term.coefficient;
      }
    }
    return matrix;
  }

 private:
  static constexpr std::string_view sum_not_finite = "the sum of the coefficients of a column must be finite";
  static constexpr std::size_t most = static_cast<std::size_t>(std::numeric_limits<int>::max());

  /// All but the matrix.
  Model(ModelArrays&& arrays, std::size_t m)
      : cost_(std::move(arrays.costs)),
        lower_(std::move(arrays.lowers)),
        upper_(std::move(arrays.uppers)),
        row_lower_(std::move(arrays.row_lowers)),
        row_upper_(std::move(arrays.row_uppers)) {
    const std::size_t n = cost_.size();
    if (lower_.empty()) lower_.assign(n, 0.0);
    if (upper_.empty()) upper_.assign(n, infinity);
    if (row_lower_.empty()) row_lower_.assign(m, -infinity);
    if (row_upper_.empty()) row_upper_.assign(m, infinity);
    detail::check_costs(cost_);
    detail::check_bounds("lowers", "uppers", lower_, upper_, n);
    detail::check_bounds("row_lowers", "row_uppers", row_lower_, row_upper_, m);
    set_objective_constant(arrays.objective_constant);
    names_.assign("names", std::move(arrays.names), n);
    row_names_.assign("row_names", std::move(arrays.row_names), m);
    for (std::size_t j = 0; j < n; ++j) column_id_.push_back(next_column_id_++);
    for (std::size_t i = 0; i < m; ++i) row_id_.push_back(next_row_id_++);
  }

  static std::size_t at(int index) { return static_cast<std::size_t>(index); }

  void check_column(int column) const {
    require(column >= 0 && column < columns(), "column", column, "must be a column of the model");
  }
  void check_row(int row) const { require(row >= 0 && row < rows(), "row", row, "must be a row of the model"); }
  void check_nonzeros(std::size_t more) const {
    require(more <= most - nonzeros(), "nonzeros", more, "must stay below 2^31 in all");
  }
  void check_terms(std::span<const Term> terms) const {
    for (const Term& term : terms) {
      check_column(term.column);
      require_finite("coefficient", term.coefficient);
    }
    check_nonzeros(terms.size());
  }
  [[nodiscard]] std::size_t checked_column(int column) const {
    check_column(column);
    return at(column);
  }
  [[nodiscard]] std::size_t checked_row(int row) const {
    check_row(row);
    return at(row);
  }
  static std::vector<char> mark(std::span<const int> indices, std::string_view argument, int count) {
    std::vector<char> marked(at(count));
    for (const int index : indices) {
      require(index >= 0 && index < count, argument, index, "must be one of the model");
      require(!marked[at(index)], argument, index, "must be given only once");
      marked[at(index)] = 1;
    }
    return marked;
  }

  // After `prepare_…`, `push_…` cannot throw.
  void prepare_columns(std::size_t count) {
    require(count <= most - cost_.size(), "columns", count, "must stay below 2^31 in all");
    for (auto* values : {&cost_, &lower_, &upper_}) detail::grow(*values, count);
    detail::grow(column_id_, count);
  }
  void prepare_column(double cost, double lower, double upper, const std::string& name) {
    require_finite("cost", cost);
    detail::check_bounds("lower", "upper", lower, upper);
    prepare_columns(1);
    names_.prepare(cost_.size(), name);
  }
  int push_column(double cost, double lower, double upper, std::string&& name) {
    names_.put(cost_.size(), std::move(name));
    cost_.push_back(cost);
    lower_.push_back(lower);
    upper_.push_back(upper);
    column_id_.push_back(next_column_id_++);
    return columns() - 1;
  }
  void prepare_rows(std::size_t count) {
    require(count <= most - row_lower_.size(), "rows", count, "must stay below 2^31 in all");
    for (auto* values : {&row_lower_, &row_upper_}) detail::grow(*values, count);
    detail::grow(row_id_, count);
  }
  int push_row(double lower, double upper, std::string&& name) {
    row_names_.put(row_lower_.size(), std::move(name));
    row_lower_.push_back(lower);
    row_upper_.push_back(upper);
    row_id_.push_back(next_row_id_++);
    return rows() - 1;
  }

  std::vector<double> cost_, lower_, upper_, row_lower_, row_upper_;
  std::vector<std::uint64_t> column_id_, row_id_;
  std::uint64_t next_column_id_ = 0, next_row_id_ = 0;
  detail::Names names_, row_names_;
  detail::RowMatrix matrix_;
  double objective_constant_ = 0;
};

}  // namespace kilter::lp
