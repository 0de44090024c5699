#pragma once
/// @file
/// Markowitz elimination of the part of a basis that no ordering by singletons makes triangular.

#include <algorithm>
#include <cmath>

#include "kilter/lp/array.hpp"

namespace kilter::lp::detail {

/// Lists of numbers grown at their end, all in one array; a list that is full moves to the end of the array with room to spare.
template <bool WithValues>
class Lists {
 public:
  void reset(int count) {
    start_.assign(count, 0);
    size_.assign(count, 0);
    room_.assign(count, 0);
    index_.clear();
    value_.clear();
  }
  void reserve(int list, int count) {
    if (count <= room_[list]) return;
    const int from = start_[list], to = index_.size();
    const int room = std::max(count, 2 * room_[list]);
    index_.resize(to + room);
    if constexpr (WithValues) value_.resize(to + room);
    for (int k = 0; k < size_[list]; ++k) {
      index_[to + k] = index_[from + k];
      if constexpr (WithValues) value_[to + k] = value_[from + k];
    }
    start_[list] = to;
    room_[list] = room;
  }
  void push(int list, int index, double value = 0) {
    reserve(list, size_[list] + 1);
    const int k = start_[list] + size_[list]++;
    index_[k] = index;
    if constexpr (WithValues) value_[k] = value;
  }
  /// Removes entry `k` (a place, not an index) of the list by moving its last entry there.
  void erase(int list, int k) {
    const int last = start_[list] + --size_[list];
    index_[k] = index_[last];
    if constexpr (WithValues) value_[k] = value_[last];
  }
  /// The place of `index` in the list, which must hold it.
  [[nodiscard]] int find(int list, int index) const {
    int k = start_[list];
    while (index_[k] != index) ++k;
    return k;
  }
  void drop(int list, int index) { erase(list, find(list, index)); }

  [[nodiscard]] int begin(int list) const { return start_[list]; }
  [[nodiscard]] int end(int list) const { return start_[list] + size_[list]; }
  [[nodiscard]] int size(int list) const { return size_[list]; }
  [[nodiscard]] int index(int k) const { return index_[k]; }
  [[nodiscard]] double value(int k) const { return value_[k]; }
  double& value(int k) { return value_[k]; }

 private:
  Array<int> start_, size_, room_, index_;
  Array<double> value_;
};

/// Lines (rows or columns) of the active submatrix in doubly linked lists by their number of entries.
class Buckets {
 public:
  void reset(int lines) {
    head_.assign(lines + 2, -1);
    next_.assign(lines, -1);
    previous_.assign(lines, -1);
    count_.assign(lines, -1);
  }
  void insert(int line, int count) {
    count_[line] = count;
    previous_[line] = -1;
    next_[line] = head_[count];
    if (head_[count] >= 0) previous_[head_[count]] = line;
    head_[count] = line;
  }
  void remove(int line) {
    if (previous_[line] >= 0) {
      next_[previous_[line]] = next_[line];
    } else {
      head_[count_[line]] = next_[line];
    }
    if (next_[line] >= 0) previous_[next_[line]] = previous_[line];
    count_[line] = -1;
  }
  void move(int line, int count) {
    if (count_[line] == count) return;
    remove(line);
    insert(line, count);
  }
  [[nodiscard]] int head(int count) const { return head_[count]; }
  [[nodiscard]] int next(int line) const { return next_[line]; }
  [[nodiscard]] bool holds(int line) const { return count_[line] >= 0; }

 private:
  Array<int> head_, next_, previous_, count_;
};

/// The active submatrix: rows with values, columns as patterns. Pivots are chosen by the least Markowitz count (Markowitz 1957)
/// among entries that are at least `threshold` times the largest of their row, searching few lines only (Zlatev 1980; Suhl, Suhl
/// 1990).
class Kernel {
 public:
  struct Pivot {
    int row = -1;
    int slot = -1;
    double value = 0;
  };

  Lists<true> rows;
  Lists<false> columns;
  double work = 0;  ///< entries looked at

  void reset(int m, double threshold) {
    m_ = m;
    threshold_ = threshold;
    rows.reset(m);
    columns.reset(m);
    row_buckets_.reset(m);
    column_buckets_.reset(m);
    largest_.assign(m, -1.0);
    work_.assign(m, 0.0);
    mark_.assign(m, 0);
    work = 0;
  }
  /// Opens a line for pivoting once its entries are in place.
  void open_row(int i) { row_buckets_.insert(i, rows.size(i)); }
  void open_column(int j) { column_buckets_.insert(j, columns.size(j)); }

  [[nodiscard]] bool row_open(int i) const { return row_buckets_.holds(i); }
  [[nodiscard]] bool column_open(int j) const { return column_buckets_.holds(j); }

  /// The next pivot; `row` < 0 when no acceptable entry is left.
  [[nodiscard]] Pivot choose() {
    Pivot best;
    best_cost_ = -1;
    int searched = 0;
    for (int count = 1; count <= m_; ++count) {
      if (best_cost_ >= 0 && best_cost_ <= static_cast<double>(count - 1) * (count - 1)) break;
      for (int j = column_buckets_.head(count); j >= 0; j = column_buckets_.next(j)) {
        if (search_column(j, count, best) && ++searched >= search_limit) return best;
      }
      for (int i = row_buckets_.head(count); i >= 0; i = row_buckets_.next(i)) {
        if (search_row(i, count, best) && ++searched >= search_limit) return best;
      }
    }
    return best;
  }

  /// Eliminates the pivot: calls `lower(row, multiplier)` for each row it is subtracted from and `upper(slot, value)` for the rest
  /// of the pivot row.
  template <class Lower, class Upper>
  void eliminate(const Pivot& pivot, Lower&& lower, Upper&& upper) {
    const auto [p, q, value] = pivot;
    row_buckets_.remove(p);
    column_buckets_.remove(q);
    rows.drop(p, q);
    columns.drop(q, p);
    for (int k = rows.begin(p); k < rows.end(p); ++k) {
      work_[rows.index(k)] = rows.value(k);
      columns.drop(rows.index(k), p);
      upper(rows.index(k), rows.value(k));
    }
    for (int k = columns.begin(q); k < columns.end(q); ++k) {
      const int i = columns.index(k);
      const int place = rows.find(i, q);
      const double multiplier = rows.value(place) / value;
      rows.erase(i, place);
      lower(i, multiplier);
      subtract(i, p, multiplier);
      row_buckets_.move(i, rows.size(i));
    }
    for (int k = rows.begin(p); k < rows.end(p); ++k) {
      work_[rows.index(k)] = 0;
      column_buckets_.move(rows.index(k), columns.size(rows.index(k)));
    }
  }

 private:
  static constexpr int search_limit = 4;
  static constexpr double smallest_pivot = 1e-9;

  double largest(int i) {
    if (largest_[i] < 0) {
      largest_[i] = 0;
      for (int k = rows.begin(i); k < rows.end(i); ++k) largest_[i] = std::max(largest_[i], std::abs(rows.value(k)));
    }
    return largest_[i];
  }

  bool acceptable(int i, double value) { return std::abs(value) >= std::max(threshold_ * largest(i), smallest_pivot); }

  /// Offers one entry; ties in the count go to the larger entry.
  void offer(int i, int j, double value, int row_count, int column_count, Pivot& best) {
    const double cost = static_cast<double>(row_count - 1) * (column_count - 1);
    if (best_cost_ < 0 || cost < best_cost_ || (cost == best_cost_ && std::abs(value) > std::abs(best.value))) {
      best_cost_ = cost;
      best = {i, j, value};
    }
  }
  bool search_column(int j, int count, Pivot& best) {
    bool found = false;
    for (int k = columns.begin(j); k < columns.end(j); ++k) {
      const int i = columns.index(k);
      const double value = rows.value(rows.find(i, j));
      if (!acceptable(i, value)) continue;
      found = true;
      offer(i, j, value, rows.size(i), count, best);
    }
    return found;
  }
  bool search_row(int i, int count, Pivot& best) {
    bool found = false;
    for (int k = rows.begin(i); k < rows.end(i); ++k) {
      if (!acceptable(i, rows.value(k))) continue;
      found = true;
      offer(i, rows.index(k), rows.value(k), count, columns.size(rows.index(k)), best);
    }
    return found;
  }

  /// row i -= multiplier * row p, with fill.
  void subtract(int i, int p, double multiplier) {
    work += rows.size(i) + rows.size(p);
    for (int k = rows.begin(i); k < rows.end(i);) {
      const int j = rows.index(k);
      if (work_[j] != 0) {
        mark_[j] = 1;
        rows.value(k) -= multiplier * work_[j];
        if (std::abs(rows.value(k)) < tiny) {
          rows.erase(i, k);
          columns.drop(j, i);
          continue;
        }
      }
      ++k;
    }
    rows.reserve(i, rows.size(i) + rows.size(p));
    for (int k = rows.begin(p); k < rows.end(p); ++k) {
      const int j = rows.index(k);
      if (mark_[j] == 0) {
        rows.push(i, j, -multiplier * work_[j]);
        columns.push(j, i);
      }
      mark_[j] = 0;
    }
    largest_[i] = -1;
  }

  int m_ = 0;
  double threshold_ = 0.1, best_cost_ = -1;
  Buckets row_buckets_, column_buckets_;
  Array<double> largest_, work_;
  Array<char> mark_;
};

}  // namespace kilter::lp::detail
