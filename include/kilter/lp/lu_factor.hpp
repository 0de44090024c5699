#pragma once
/// @file
/// Triangular factors of a sparse basis: singletons first, Markowitz elimination of what is left.

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

  Stack() = default;
  /// Empty, with room for `count` vectors, so that a small program does not pay for growing.
  void clear(int count = 0) {
    start.clear();
    start.reserve(count + 1);
    start.push_back(0);
    index.clear();
    value.clear();
  }
  void push(int i, double v) {
    index.push_back(i);
    value.push_back(v);
  }
  void close() { start.push_back(index.size()); }
  [[nodiscard]] int count() const { return std::max(start.size() - 1, 0); }
  [[nodiscard]] int size() const { return index.size(); }
};

/// B = L U up to permutations, found by eliminating logical columns, then column and row singletons as they arise, then the kernel
/// (Suhl, Suhl 1990). Pivot k lies in row `row[k]` and in the column given as slot `slot[k]`; vector k of `lower` holds the
/// multipliers of the rows below, vector k of `upper` the rest of the pivot's column above, both by row.
class Factoriser {
 public:
  Array<int> row, slot;
  Array<double> pivot;
  Stack lower, upper;
  double work = 0;  ///< entries looked at, the measure of what a factorisation costs

  /// Factors the basis whose variables are in `head`. Columns that depend on others are replaced by the logicals of the rows left
  /// over, in `head` too; returns how many were.
  int factor(const Problem& problem, Array<int>& head, double threshold) {
    m_ = problem.m;
    clear();
    take_logicals(problem, head);
    if (row.size() < m_) {
      load(problem, head);
      peel_singletons(problem, head);
    }
    singletons_ = row.size();
    if (row.size() < m_) eliminate_kernel(problem, head, threshold);
    const int repaired = repair(problem, head);
    work += lower.size() + upper.size() + m_;
    return repaired;
  }
  /// How many pivots needed elimination.
  [[nodiscard]] int kernel_size() const { return m_ - singletons_; }

 private:
  static constexpr double smallest_pivot = 1e-9;

  void clear() {
    for (auto* list : {&row, &slot}) {
      list->clear();
      list->reserve(m_);
    }
    pivot.clear();
    pivot.reserve(m_);
    lower.clear(m_);
    upper.clear(m_);
    row_done_.assign(m_, 0);
    slot_done_.assign(m_, 0);
    work = 0;
  }
  void record(int r, int s, double value) {
    row.push_back(r);
    slot.push_back(s);
    pivot.push_back(value);
    row_done_[r] = 1;
    slot_done_[s] = 1;
  }
  void close() {
    lower.close();
    upper.close();
  }

  void take_logicals(const Problem& problem, const Array<int>& head) {
    for (int s = 0; s < m_; ++s) {
      if (!problem.is_logical(head[s])) continue;
      record(head[s] - problem.n, s, -1);
      close();
    }
  }

  /// Counts and row lists of the part outside the rows of the logicals.
  void load(const Problem& problem, const Array<int>& head) {
    row_start_.assign(m_ + 1, 0);
    column_count_.assign(m_, 0);
    for (int s = 0; s < m_; ++s) {
      if (slot_done_[s] != 0) continue;
      int count = 0;
      const int j = head[s];
      for (int k = problem.col_start[j]; k < problem.col_start[j + 1]; ++k) {
        const int i = problem.col_row[k];
        if (row_done_[i] != 0) continue;
        ++count;
        ++row_start_[i + 1];
      }
      column_count_[s] = count;
      work += problem.col_start[j + 1] - problem.col_start[j];
    }
    row_count_.resize(m_);
    for (int i = 0; i < m_; ++i) {
      row_count_[i] = row_start_[i + 1];
      row_start_[i + 1] += row_start_[i];
    }
    row_slot_.resize(row_start_[m_]);
    next_ = row_start_;
    for (int s = 0; s < m_; ++s) {
      if (slot_done_[s] != 0) continue;
      const int j = head[s];
      for (int k = problem.col_start[j]; k < problem.col_start[j + 1]; ++k) {
        const int i = problem.col_row[k];
        if (row_done_[i] == 0) row_slot_[next_[i]++] = s;
      }
    }
  }

  void peel_singletons(const Problem& problem, const Array<int>& head) {
    queue_.clear();
    queue_.reserve(2 * m_);
    for (int s = 0; s < m_; ++s) {
      if (slot_done_[s] == 0 && column_count_[s] == 1) queue_.push_back(s);
    }
    for (int i = 0; i < m_; ++i) {
      if (row_done_[i] == 0 && row_count_[i] == 1) queue_.push_back(~i);
    }
    for (int k = 0; k < queue_.size(); ++k) {
      const int line = queue_[k];
      if (line >= 0) {
        take_column_singleton(problem, head[line], line);
      } else {
        take_row_singleton(problem, head, ~line);
      }
    }
  }
  void take_column_singleton(const Problem& problem, int j, int s) {
    if (slot_done_[s] != 0 || column_count_[s] != 1) return;
    int k = problem.col_start[j];
    while (row_done_[problem.col_row[k]] != 0) ++k;
    if (std::abs(problem.col_value[k]) < smallest_pivot) return;
    const int r = problem.col_row[k];
    for (int e = problem.col_start[j]; e < problem.col_start[j + 1]; ++e) {
      if (e != k) upper.push(problem.col_row[e], problem.col_value[e]);
    }
    record(r, s, problem.col_value[k]);
    close();
    for (int e = row_start_[r]; e < row_start_[r + 1]; ++e) {
      const int other = row_slot_[e];
      if (slot_done_[other] == 0 && --column_count_[other] == 1) queue_.push_back(other);
    }
  }
  void take_row_singleton(const Problem& problem, const Array<int>& head, int r) {
    if (row_done_[r] != 0 || row_count_[r] != 1) return;
    int e = row_start_[r];
    while (slot_done_[row_slot_[e]] != 0) ++e;
    const int s = row_slot_[e], j = head[s];
    int k = problem.col_start[j];
    while (problem.col_row[k] != r) ++k;
    const double value = problem.col_value[k];
    if (std::abs(value) < smallest_pivot) return;
    for (int t = problem.col_start[j]; t < problem.col_start[j + 1]; ++t) {
      const int i = problem.col_row[t];
      if (i == r) continue;
      if (row_done_[i] != 0) {
        upper.push(i, problem.col_value[t]);
      } else {
        lower.push(i, problem.col_value[t] / value);
        if (--row_count_[i] == 1) queue_.push_back(~i);
      }
    }
    record(r, s, value);
    close();
  }

  void eliminate_kernel(const Problem& problem, const Array<int>& head, double threshold) {
    kernel_.reset(m_, threshold);
    load_kernel(problem, head);
    kernel_rows_.clear();
    for (auto p = kernel_.choose(); p.row >= 0; p = kernel_.choose()) {
      row.push_back(p.row);
      slot.push_back(p.slot);
      pivot.push_back(p.value);
      slot_done_[p.slot] = 1;  // rows are marked at the end: the columns still ask which of theirs came before the kernel
      kernel_.eliminate(
          p, [&](int i, double multiplier) { lower.push(i, multiplier); }, [&](int s, double v) { kernel_rows_.push(s, v); });
      lower.close();
      kernel_rows_.close();
    }
    work += kernel_.work;
    close_upper(problem, head);
  }
  void load_kernel(const Problem& problem, const Array<int>& head) {
    for (int i = 0; i < m_; ++i) {
      if (row_done_[i] == 0) kernel_.rows.reserve(i, row_count_[i] + 2);
    }
    for (int s = 0; s < m_; ++s) {
      if (slot_done_[s] != 0) continue;
      const int j = head[s];
      kernel_.columns.reserve(s, column_count_[s] + 2);
      for (int k = problem.col_start[j]; k < problem.col_start[j + 1]; ++k) {
        const int i = problem.col_row[k];
        if (row_done_[i] != 0) continue;
        kernel_.rows.push(i, s, problem.col_value[k]);
        kernel_.columns.push(s, i);
      }
      kernel_.open_column(s);
    }
    for (int i = 0; i < m_; ++i) {
      if (row_done_[i] == 0) kernel_.open_row(i);
    }
  }
  /// The columns of the kernel's part of U: what lies in rows done before, and what the elimination left.
  void close_upper(const Problem& problem, const Array<int>& head) {
    place_of_slot_.assign(m_, -1);
    for (int k = singletons_; k < row.size(); ++k) place_of_slot_[slot[k]] = k;
    next_.assign(m_ + 1, 0);
    for (const int s : kernel_rows_.index) {
      if (place_of_slot_[s] >= 0) ++next_[place_of_slot_[s]];
    }
    for (int k = singletons_; k < row.size(); ++k) {
      const int j = head[slot[k]];
      for (int e = problem.col_start[j]; e < problem.col_start[j + 1]; ++e) {
        if (row_done_[problem.col_row[e]] != 0) upper.push(problem.col_row[e], problem.col_value[e]);
      }
      const int count = next_[k];
      next_[k] = upper.size();
      upper.index.resize(upper.size() + count);
      upper.value.resize(upper.index.size());
      upper.close();
    }
    for (int k = singletons_; k < row.size(); ++k) {
      const int list = k - singletons_;
      for (int e = kernel_rows_.start[list]; e < kernel_rows_.start[list + 1]; ++e) {
        const int p = place_of_slot_[kernel_rows_.index[e]];
        if (p < 0) continue;  // a column without a pivot: it is thrown out
        upper.index[next_[p]] = row[k];
        upper.value[next_[p]++] = kernel_rows_.value[e];
      }
    }
    for (int k = singletons_; k < row.size(); ++k) row_done_[row[k]] = 1;
  }

  /// Gives each slot left without a pivot the logical of a row left over: its column −e_r has no other entry, and L leaves it
  /// alone.
  int repair(const Problem& problem, Array<int>& head) {
    const int found = row.size();
    if (found == m_) return 0;
    int r = 0;
    for (int s = 0; s < m_; ++s) {
      if (slot_done_[s] != 0) continue;
      while (row_done_[r] != 0) ++r;
      head[s] = problem.n + r;
      record(r, s, -1);
      close();
    }
    return m_ - found;
  }

  int m_ = 0, singletons_ = 0;
  Array<int> row_start_, row_slot_, row_count_, column_count_, queue_, next_, place_of_slot_;
  Array<char> row_done_, slot_done_;
  Stack kernel_rows_;
  Kernel kernel_;
};

}  // namespace kilter::lp::detail
