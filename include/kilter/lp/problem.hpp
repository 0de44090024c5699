#pragma once
/// @file
/// The computational form of a model: A x − s = 0 over all columns and row activities, scaled, by columns and by rows.

#include <algorithm>
#include <cmath>

#include "kilter/lp/array.hpp"
#include "kilter/lp/model.hpp"

namespace kilter::lp::detail {

/// Variables 0 … n − 1 are the columns; variable n + i is the activity s_i of row i, whose matrix column is −e_i.
/// Scaled: x_j = column_scale_j x'_j, a'_ij = row_scale_i a_ij column_scale_j, s'_i = row_scale_i s_i. Scales are powers of two, so
/// that scaling rounds nothing.
struct Problem {
  int m = 0, n = 0;
  bool scaled = false;
  Array<int> col_start, col_row, row_start, row_col;
  Array<double> col_value, row_value;
  Array<double> cost, lower, upper;  // of all n + m variables
  Array<double> row_scale, column_scale;

  void load(const Model& model, bool scale) {
    m = model.rows();
    n = model.columns();
    scaled = scale;
    load_rows(model);
    row_scale.assign(m, 1.0);
    column_scale.assign(n, 1.0);
    if (scale) find_scales();
    for (int i = 0; i < m; ++i) {
      for (int k = row_start[i]; k < row_start[i + 1]; ++k) row_value[k] *= row_scale[i] * column_scale[row_col[k]];
    }
    transpose();
    cost.assign(size(), 0.0);
    lower.resize(size());
    upper.resize(size());
    load_bounds(model);
  }
  /// Costs and bounds of a model with the same matrix.
  void load_bounds(const Model& model) {
    for (int j = 0; j < n; ++j) {
      const auto k = static_cast<std::size_t>(j);
      cost[j] = model.costs()[k] * column_scale[j];
      lower[j] = model.lowers()[k] / column_scale[j];
      upper[j] = model.uppers()[k] / column_scale[j];
    }
    for (int i = 0; i < m; ++i) {
      const auto k = static_cast<std::size_t>(i);
      lower[n + i] = model.row_lowers()[k] * row_scale[i];
      upper[n + i] = model.row_uppers()[k] * row_scale[i];
    }
  }
  [[nodiscard]] bool has_matrix_of(const Model& model) const {
    if (m != model.rows() || n != model.columns() || static_cast<std::size_t>(row_col.size()) != model.nonzeros()) return false;
    for (int i = 0; i < m; ++i) {
      const auto terms = model.row(i);
      int k = row_start[i];
      if (row_start[i + 1] - k != static_cast<int>(terms.size())) return false;
      for (const Term& term : terms) {
        if (row_col[k] != term.column || row_value[k] != row_scale[i] * term.coefficient * column_scale[term.column]) return false;
        ++k;
      }
    }
    return true;
  }

  [[nodiscard]] int size() const { return n + m; }
  [[nodiscard]] bool is_logical(int j) const { return j >= n; }

  /// y += factor * column j, whose list of nonzeros is not kept.
  void add_column(int j, double factor, Array<double>& y) const {
    if (is_logical(j)) {
      y[j - n] -= factor;
      return;
    }
    for (int k = col_start[j]; k < col_start[j + 1]; ++k) y[col_row[k]] += factor * col_value[k];
  }
  void add_column(int j, double factor, SparseVector& y) const {
    if (is_logical(j)) {
      y.add(j - n, -factor);
      return;
    }
    for (int k = col_start[j]; k < col_start[j + 1]; ++k) y.add(col_row[k], factor * col_value[k]);
  }
  /// y' column j.
  [[nodiscard]] double dot(int j, const Array<double>& y) const {
    if (is_logical(j)) return -y[j - n];
    double sum = 0;
    for (int k = col_start[j]; k < col_start[j + 1]; ++k) sum += y[col_row[k]] * col_value[k];
    return sum;
  }
  /// One unit of variable `j` in units of the model.
  [[nodiscard]] double unit(int j) const { return is_logical(j) ? 1 / row_scale[j - n] : column_scale[j]; }

 private:
  void load_rows(const Model& model) {
    row_start.resize(m + 1);
    row_start[0] = 0;
    row_col.resize(static_cast<int>(model.nonzeros()));
    row_value.resize(row_col.size());
    int k = 0;
    for (int i = 0; i < m; ++i) {
      for (const Term& term : model.row(i)) {
        row_col[k] = term.column;
        row_value[k++] = term.coefficient;
      }
      row_start[i + 1] = k;
    }
  }

  void transpose() {
    col_start.assign(n + 1, 0);
    col_row.resize(row_col.size());
    col_value.resize(row_col.size());
    for (const int j : row_col) ++col_start[j + 1];
    for (int j = 0; j < n; ++j) col_start[j + 1] += col_start[j];
    next_ = col_start;
    for (int i = 0; i < m; ++i) {
      for (int k = row_start[i]; k < row_start[i + 1]; ++k) {
        const int slot = next_[row_col[k]]++;
        col_row[slot] = i;
        col_value[slot] = row_value[k];
      }
    }
  }

  /// Geometric scaling (Fulkerson, Wolfe 1962): each row, then each column, by 1 / sqrt(smallest * largest), a few passes; rounded
  /// to powers of two. Matrices that are well scaled already are left alone.
  void find_scales() {
    double smallest = infinity, largest = 0;
    for (const double v : row_value) {
      smallest = std::min(smallest, std::abs(v));
      largest = std::max(largest, std::abs(v));
    }
    if (row_value.empty() || (smallest >= 0.2 && largest <= 5)) return;
    for (int pass = 0; pass < 4; ++pass) scale_once();
    for (double& s : row_scale) s = power_of_two(s);
    for (double& s : column_scale) s = power_of_two(s);
  }

  void scale_once() {
    low_.assign(n, infinity);
    high_.assign(n, 0.0);
    for (int i = 0; i < m; ++i) {
      double smallest = infinity, largest = 0;
      for (int k = row_start[i]; k < row_start[i + 1]; ++k) {
        const double v = std::abs(row_value[k]) * column_scale[row_col[k]];
        smallest = std::min(smallest, v);
        largest = std::max(largest, v);
      }
      if (largest > 0) row_scale[i] = 1 / std::sqrt(smallest * largest);
      for (int k = row_start[i]; k < row_start[i + 1]; ++k) {
        const double v = std::abs(row_value[k]) * row_scale[i];
        low_[row_col[k]] = std::min(low_[row_col[k]], v);
        high_[row_col[k]] = std::max(high_[row_col[k]], v);
      }
    }
    for (int j = 0; j < n; ++j) {
      if (high_[j] > 0) column_scale[j] = 1 / std::sqrt(low_[j] * high_[j]);
    }
  }

  static double power_of_two(double v) { return std::exp2(std::clamp(std::round(std::log2(v)), -60.0, 60.0)); }

  Array<int> next_;
  Array<double> low_, high_;
};

/// A by rows for pricing. The entries of columns that may enter the basis come first in their rows, so that a row of the tableau
/// costs only what it must.
class PricingRows {
 public:
  void load(const Problem& problem) {
    start_ = problem.row_start;
    active_end_.resize(problem.m);
    for (int i = 0; i < problem.m; ++i) active_end_[i] = start_[i + 1];
    column_ = problem.row_col;
    value_ = problem.row_value;
    in_column_.resize(column_.size());
    in_row_.resize(column_.size());
    next_ = problem.col_start;
    for (int k = 0; k < column_.size(); ++k) {
      const int e = next_[column_[k]]++;
      in_column_[k] = e;
      in_row_[e] = k;
    }
    active_.assign(problem.n, 1);
  }
  [[nodiscard]] bool is_active(int j) const { return active_[j] != 0; }
  void set_active(const Problem& problem, int j, bool active) {
    if (is_active(j) == active) return;
    active_[j] = active ? 1 : 0;
    for (int e = problem.col_start[j]; e < problem.col_start[j + 1]; ++e) {
      const int i = problem.col_row[e];
      swap(in_row_[e], active ? active_end_[i]++ : --active_end_[i]);
    }
  }
  /// Entries of active columns in row `i`: [begin, end) of `column` and `value`.
  [[nodiscard]] int begin(int i) const { return start_[i]; }
  [[nodiscard]] int end(int i) const { return active_end_[i]; }
  [[nodiscard]] const int* column() const { return column_.data(); }
  [[nodiscard]] const double* value() const { return value_.data(); }

 private:
  void swap(int a, int b) {
    if (a == b) return;
    std::swap(column_[a], column_[b]);
    std::swap(value_[a], value_[b]);
    std::swap(in_column_[a], in_column_[b]);
    in_row_[in_column_[a]] = a;
    in_row_[in_column_[b]] = b;
  }

  Array<int> start_, active_end_, column_, in_column_, in_row_, next_;
  Array<double> value_;
  Array<char> active_;
};

}  // namespace kilter::lp::detail
