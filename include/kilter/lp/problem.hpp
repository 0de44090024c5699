#pragma once
/// @file
/// The computational form of a model: A x − s = 0 over all columns and row activities, scaled, by columns and by rows.

#include <algorithm>
#include <cmath>

#include "kilter/lp/array.hpp"
#include "kilter/lp/model.hpp"

namespace kilter::lp::detail {

/// Variables 0 … n − 1 are the columns; variable n + i is the activity s_i of row i, whose matrix column is −e_i.
/// Scaled: x_j = column_scale_j x'_j, a'_ij = row_scale_i a_ij column_scale_j, s'_i = row_scale_i s_i.
struct Problem {
  int m = 0, n = 0;
  Array<int> col_start, col_row, row_start, row_col;
  Array<double> col_value, row_value;
  Array<double> cost, lower, upper;  // of all n + m variables
  Array<double> row_scale, column_scale;

  Problem(const Model& model, bool scaled) : m(model.rows()), n(model.columns()) {
    load_rows(model);
    row_scale.assign(m, 1.0);
    column_scale.assign(n, 1.0);
    if (scaled) find_scales();
    for (int i = 0; i < m; ++i) {
      for (int k = row_start[i]; k < row_start[i + 1]; ++k) row_value[k] *= row_scale[i] * column_scale[row_col[k]];
    }
    transpose();
    load_bounds(model);
  }

  [[nodiscard]] int size() const { return n + m; }
  [[nodiscard]] bool is_logical(int j) const { return j >= n; }

  /// y += factor * column j.
  void add_column(int j, double factor, Array<double>& y) const {
    if (is_logical(j)) {
      y[j - n] -= factor;
      return;
    }
    for (int k = col_start[j]; k < col_start[j + 1]; ++k) y[col_row[k]] += factor * col_value[k];
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
    Array<int> next = col_start;
    for (int i = 0; i < m; ++i) {
      for (int k = row_start[i]; k < row_start[i + 1]; ++k) {
        const int slot = next[row_col[k]]++;
        col_row[slot] = i;
        col_value[slot] = row_value[k];
      }
    }
  }

  void load_bounds(const Model& model) {
    cost.assign(size(), 0.0);
    lower.resize(size());
    upper.resize(size());
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

  /// Geometric scaling (Fulkerson, Wolfe 1962): each row, then each column, by 1 / sqrt(smallest * largest), a few passes; rounded
  /// to powers of two so that scaling rounds nothing. Matrices that are well scaled already are left alone.
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
    Array<double> low(n, infinity), high(n, 0.0);
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
        low[row_col[k]] = std::min(low[row_col[k]], v);
        high[row_col[k]] = std::max(high[row_col[k]], v);
      }
    }
    for (int j = 0; j < n; ++j) {
      if (high[j] > 0) column_scale[j] = 1 / std::sqrt(low[j] * high[j]);
    }
  }

  static double power_of_two(double v) { return std::exp2(std::clamp(std::round(std::log2(v)), -60.0, 60.0)); }
};

}  // namespace kilter::lp::detail
