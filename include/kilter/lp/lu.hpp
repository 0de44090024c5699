#pragma once
/// @file
/// Sparse LU factors of a simplex basis, product-form updates, and the solves with them.

#include <algorithm>
#include <cmath>

#include "kilter/lp/array.hpp"
#include "kilter/lp/lu_kernel.hpp"
#include "kilter/lp/problem.hpp"

namespace kilter::lp::detail {

/// Sparse vectors one after the other, only ever appended to.
struct Stack {
  Array<int> start, index;
  Array<double> value;

  Stack() { clear(); }
  void clear() {
    start.assign(1, 0);
    index.clear();
    value.clear();
  }
  void push(int i, double v) {
    index.push_back(i);
    value.push_back(v);
  }
  void close() { start.push_back(index.size()); }
  [[nodiscard]] int count() const { return start.size() - 1; }
};

/// P B Q = L U with column and row singletons first and Markowitz elimination on the kernel (Suhl, Suhl 1990), then product-form
/// updates (Dantzig, Orchard-Hays 1954). After `factor` the basic variable of a position is the one whose pivot lies in that row,
/// so that right-hand sides and solutions share one index space and solves work in place.
class Lu {
 public:
  /// Factors the basis whose variables are in `head` (one per row) and permutes `head` to match. Columns that depend on others are
  /// replaced by the activities of the rows left over; returns how many were.
  int factor(const Problem& problem, Array<int>& head, double threshold = 0.1) {
    m_ = problem.m;
    clear(threshold);
    load(problem, head);
    peel_singletons();
    eliminate_kernel();
    const int repaired = repair(problem, head);
    finish(head);
    return repaired;
  }

  /// Solves B x = x in place.
  void ftran(SparseVector& x) const {
    double* const v = x.value.data();
    for (int e = 0; e < lower_.count(); ++e) {
      const double t = v[lower_row_[e]];
      if (t == 0) continue;
      for (int k = lower_.start[e]; k < lower_.start[e + 1]; ++k) v[lower_.index[k]] -= t * lower_.value[k];
    }
    for (int k = m_ - 1; k >= 0; --k) {
      const int r = pivot_row_[k];
      if (v[r] == 0) continue;
      const double t = v[r] /= pivot_[k];
      for (int e = upper_columns_.start[k]; e < upper_columns_.start[k + 1]; ++e)
        v[upper_columns_.index[e]] -= t * upper_columns_.value[e];
    }
    for (int e = 0; e < updates_.count(); ++e) {
      if (v[update_row_[e]] == 0) continue;
      const double t = v[update_row_[e]] /= update_pivot_[e];
      for (int k = updates_.start[e]; k < updates_.start[e + 1]; ++k) v[updates_.index[k]] -= t * updates_.value[k];
    }
    x.gather();
  }

  /// Solves B' y = y in place.
  void btran(SparseVector& y) const {
    double* const v = y.value.data();
    for (int e = updates_.count() - 1; e >= 0; --e) {
      double sum = v[update_row_[e]];
      for (int k = updates_.start[e]; k < updates_.start[e + 1]; ++k) sum -= updates_.value[k] * v[updates_.index[k]];
      v[update_row_[e]] = sum / update_pivot_[e];
    }
    for (int k = 0; k < m_; ++k) {
      const int r = pivot_row_[k];
      if (v[r] == 0) continue;
      const double t = v[r] /= pivot_[k];
      for (int e = upper_rows_.start[k]; e < upper_rows_.start[k + 1]; ++e) v[upper_rows_.index[e]] -= t * upper_rows_.value[e];
    }
    for (int e = lower_rows_.count() - 1; e >= 0; --e) {
      const double t = v[lower_rows_row_[e]];
      if (t == 0) continue;
      for (int k = lower_rows_.start[e]; k < lower_rows_.start[e + 1]; ++k) v[lower_rows_.index[k]] -= t * lower_rows_.value[k];
    }
    y.gather();
  }

  /// The column of position `p` becomes the one whose ftran is `alpha`.
  void update(const SparseVector& alpha, int p) {
    for (const int i : alpha.index) {
      if (i != p) updates_.push(i, alpha.value[i]);
    }
    updates_.close();
    update_row_.push_back(p);
    update_pivot_.push_back(alpha.value[p]);
  }

  [[nodiscard]] int updates() const { return updates_.count(); }
  /// True when the updates have grown so much that a fresh factor is cheaper.
  [[nodiscard]] bool is_worn() const {
    return updates() >= update_limit || updates_.index.size() > 3 * (upper_rows_.index.size() + lower_.index.size() + m_);
  }

 private:
  static constexpr int update_limit = 100;
  static constexpr double smallest_pivot = 1e-9;

  void clear(double threshold) {
    pivot_row_.clear();
    pivot_slot_.clear();
    pivot_.clear();
    lower_.clear();
    lower_row_.clear();
    upper_rows_.clear();
    updates_.clear();
    update_row_.clear();
    update_pivot_.clear();
    row_done_.assign(m_, 0);
    slot_done_.assign(m_, 0);
    kernel_.reset(m_, threshold);
  }

  /// Copies the basis by columns and by rows.
  void load(const Problem& problem, const Array<int>& head) {
    column_start_.assign(m_ + 1, 0);
    column_row_.clear();
    column_value_.clear();
    row_count_.assign(m_, 0);
    for (int s = 0; s < m_; ++s) {
      const int j = head[s];
      if (problem.is_logical(j)) {
        append(j - problem.n, -1);
      } else {
        for (int k = problem.col_start[j]; k < problem.col_start[j + 1]; ++k) append(problem.col_row[k], problem.col_value[k]);
      }
      column_start_[s + 1] = column_row_.size();
    }
    row_start_.assign(m_ + 1, 0);
    for (int i = 0; i < m_; ++i) row_start_[i + 1] = row_start_[i] + row_count_[i];
    row_slot_.resize(column_row_.size());
    row_value_.resize(column_row_.size());
    next_ = row_start_;
    column_count_.resize(m_);
    for (int s = 0; s < m_; ++s) {
      column_count_[s] = column_start_[s + 1] - column_start_[s];
      for (int k = column_start_[s]; k < column_start_[s + 1]; ++k) {
        const int place = next_[column_row_[k]]++;
        row_slot_[place] = s;
        row_value_[place] = column_value_[k];
      }
    }
  }
  void append(int row, double value) {
    column_row_.push_back(row);
    column_value_.push_back(value);
    ++row_count_[row];
  }

  void peel_singletons() {
    queue_.clear();
    for (int s = 0; s < m_; ++s) {
      if (column_count_[s] == 1) queue_.push_back(s);
    }
    for (int i = 0; i < m_; ++i) {
      if (row_count_[i] == 1) queue_.push_back(~i);
    }
    for (int k = 0; k < queue_.size(); ++k) {
      const int line = queue_[k];
      if (line >= 0) {
        take_column_singleton(line);
      } else {
        take_row_singleton(~line);
      }
    }
  }
  void take_column_singleton(int s) {
    if (slot_done_[s] != 0 || column_count_[s] != 1) return;
    int k = column_start_[s];
    while (row_done_[column_row_[k]] != 0) ++k;
    const int r = column_row_[k];
    if (std::abs(column_value_[k]) < smallest_pivot) return;
    record(r, s, column_value_[k]);
    for (int e = row_start_[r]; e < row_start_[r + 1]; ++e) {
      const int other = row_slot_[e];
      if (slot_done_[other] != 0) continue;
      upper_rows_.push(other, row_value_[e]);
      if (--column_count_[other] == 1) queue_.push_back(other);
    }
    upper_rows_.close();
  }
  void take_row_singleton(int r) {
    if (row_done_[r] != 0 || row_count_[r] != 1) return;
    int k = row_start_[r];
    while (slot_done_[row_slot_[k]] != 0) ++k;
    const int s = row_slot_[k];
    const double pivot = row_value_[k];
    if (std::abs(pivot) < smallest_pivot) return;
    record(r, s, pivot);
    upper_rows_.close();
    const int before = lower_.index.size();
    for (int e = column_start_[s]; e < column_start_[s + 1]; ++e) {
      const int i = column_row_[e];
      if (row_done_[i] != 0) continue;
      lower_.push(i, column_value_[e] / pivot);
      if (--row_count_[i] == 1) queue_.push_back(~i);
    }
    if (lower_.index.size() > before) close_lower(r);
  }
  void record(int r, int s, double pivot) {
    pivot_row_.push_back(r);
    pivot_slot_.push_back(s);
    pivot_.push_back(pivot);
    row_done_[r] = 1;
    slot_done_[s] = 1;
  }
  void close_lower(int r) {
    lower_.close();
    lower_row_.push_back(r);
  }

  void eliminate_kernel() {
    if (pivot_row_.size() == m_) return;
    for (int i = 0; i < m_; ++i) {
      if (row_done_[i] != 0) continue;
      for (int k = row_start_[i]; k < row_start_[i + 1]; ++k) {
        if (slot_done_[row_slot_[k]] != 0) continue;
        kernel_.rows.push(i, row_slot_[k], row_value_[k]);
        kernel_.columns.push(row_slot_[k], i);
      }
      kernel_.open_row(i);
    }
    for (int s = 0; s < m_; ++s) {
      if (slot_done_[s] == 0) kernel_.open_column(s);
    }
    for (auto pivot = kernel_.choose(); pivot.row >= 0; pivot = kernel_.choose()) {
      record(pivot.row, pivot.slot, pivot.value);
      const int before = lower_.index.size();
      kernel_.eliminate(
          pivot, [&](int i, double multiplier) { lower_.push(i, multiplier); },
          [&](int s, double value) { upper_rows_.push(s, value); });
      upper_rows_.close();
      if (lower_.index.size() > before) close_lower(pivot.row);
    }
  }

  /// Gives each position left without a pivot the activity of a row left over: its column −e_r has no other entry, and L leaves it
  /// alone.
  int repair(const Problem& problem, Array<int>& head) {
    const int found = pivot_row_.size();
    dropped_.assign(m_, 0);
    int r = 0;
    for (int s = 0; s < m_; ++s) {
      if (slot_done_[s] != 0) continue;
      while (row_done_[r] != 0) ++r;
      dropped_[s] = 1;
      head[s] = problem.n + r;
      record(r, s, -1);
      upper_rows_.close();
    }
    return m_ - found;
  }

  /// Renames positions to pivot rows and builds the other orientation of L and U.
  void finish(Array<int>& head) {
    next_.resize(m_);
    for (int k = 0; k < m_; ++k) next_[pivot_slot_[k]] = k;
    const Array<int> old = head;
    for (int k = 0; k < m_; ++k) head[pivot_row_[k]] = old[pivot_slot_[k]];
    column_count_.assign(m_ + 1, 0);
    for (int k = 0; k < upper_rows_.index.size(); ++k) {
      const int s = upper_rows_.index[k];
      if (dropped_[s] != 0) upper_rows_.value[k] = 0;
      ++column_count_[next_[s] + 1];
    }
    transpose_upper();
    transpose_lower();
  }
  void transpose_upper() {
    for (int k = 0; k < m_; ++k) column_count_[k + 1] += column_count_[k];
    upper_columns_.start = column_count_;
    upper_columns_.index.resize(upper_rows_.index.size());
    upper_columns_.value.resize(upper_rows_.index.size());
    for (int k = 0; k < m_; ++k) {
      for (int e = upper_rows_.start[k]; e < upper_rows_.start[k + 1]; ++e) {
        const int column = next_[upper_rows_.index[e]];
        const int place = column_count_[column]++;
        upper_columns_.index[place] = pivot_row_[k];
        upper_columns_.value[place] = upper_rows_.value[e];
        upper_rows_.index[e] = pivot_row_[column];
      }
    }
  }
  /// L by rows, one list for each row that has entries, in pivot order.
  void transpose_lower() {
    lower_rows_.clear();
    lower_rows_row_.clear();
    if (lower_.index.empty()) return;
    row_count_.assign(m_ + 1, 0);
    for (const int i : lower_.index) ++row_count_[i];
    next_.assign(m_, -1);
    for (int k = 0; k < m_; ++k) {
      const int i = pivot_row_[k];
      if (row_count_[i] == 0) continue;
      next_[i] = lower_rows_.index.size();
      lower_rows_.index.resize(next_[i] + row_count_[i]);
      lower_rows_.close();
      lower_rows_row_.push_back(i);
    }
    lower_rows_.value.resize(lower_rows_.index.size());
    for (int e = 0; e < lower_.count(); ++e) {
      for (int k = lower_.start[e]; k < lower_.start[e + 1]; ++k) {
        const int place = next_[lower_.index[k]]++;
        lower_rows_.index[place] = lower_row_[e];
        lower_rows_.value[place] = lower_.value[k];
      }
    }
  }

  int m_ = 0;
  Array<int> pivot_row_, pivot_slot_;
  Array<double> pivot_;
  Stack lower_, lower_rows_, upper_rows_, upper_columns_, updates_;
  Array<int> lower_row_, lower_rows_row_, update_row_;
  Array<double> update_pivot_;

  // Work space of `factor`.
  Array<int> column_start_, column_row_, row_start_, row_slot_, row_count_, column_count_, queue_, next_;
  Array<double> column_value_, row_value_;
  Array<char> row_done_, slot_done_, dropped_;
  Kernel kernel_;
};

}  // namespace kilter::lp::detail
