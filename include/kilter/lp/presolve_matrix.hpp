#pragma once
/// @file
/// The sparse matrix that presolve works on: by rows and by columns at once, lines die in O(their length) and rows may be combined.

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "kilter/lp/array.hpp"
#include "kilter/lp/model.hpp"

namespace kilter::lp::detail {

/// The entries of one row or column. Invalid after the next change of the matrix.
struct LineView {
  const int* index = nullptr;
  const double* value = nullptr;
  int size = 0;
};

/// All rows, or all columns, of a sparse matrix. An entry whose cross line is dead is dead, and swept out when its line is next
/// looked at; `count` counts those alive.
struct PresolveLines {
  Array<int> start, size, room, count;
  Array<char> alive;
  Array<int> index;
  Array<double> value;

  void reserve_lines(int lines, int entries) {
    start.assign(lines, 0);
    size.assign(lines, 0);
    room.assign(lines, 0);
    count.assign(lines, 0);
    alive.assign(lines, 1);
    index.reserve(2 * entries);  // room that is not used is not touched
    value.reserve(2 * entries);
    index.resize(entries);
    value.resize(entries);
  }

  LineView view(int line, const Array<char>& cross_alive) {
    if (size[line] != count[line]) sweep(line, cross_alive);
    return {index.data() + start[line], value.data() + start[line], size[line]};
  }

  void append(int line, int at, double v, const Array<char>& cross_alive) {
    if (size[line] == room[line]) sweep(line, cross_alive);
    if (size[line] == room[line]) move_to_end(line);
    const int k = start[line] + size[line]++;
    index[k] = at;
    value[k] = v;
    ++count[line];
  }

  /// The place of an entry that is there.
  [[nodiscard]] int find(int line, int at) const {
    int k = start[line];
    while (index[k] != at) ++k;
    return k;
  }

  void erase(int line, int at) {
    const int k = find(line, at), last = start[line] + --size[line];
    index[k] = index[last];
    value[k] = value[last];
    --count[line];
  }

 private:
  void sweep(int line, const Array<char>& cross_alive) {
    const int first = start[line], end = first + size[line];
    int kept = first;
    for (int k = first; k < end; ++k) {
      if (cross_alive[index[k]] == 0) continue;
      index[kept] = index[k];
      value[kept++] = value[k];
    }
    size[line] = kept - first;
  }

  void move_to_end(int line) {
    const int from = start[line], to = index.size(), more = size[line] + size[line] / 2 + 4;
    index.resize(to + more);
    value.resize(to + more);
    for (int k = 0; k < size[line]; ++k) {
      index[to + k] = index[from + k];
      value[to + k] = value[from + k];
    }
    start[line] = to;
    room[line] = more;
  }
};

/// A matrix stored twice, so that both its rows and its columns can be walked without a search.
class PresolveMatrix {
 public:
  explicit PresolveMatrix(const Model& model) {
    const int m = model.rows(), n = model.columns(), entries = static_cast<int>(model.nonzeros());
    rows_.reserve_lines(m, entries);
    columns_.reserve_lines(n, entries);
    slot_.assign(n, 0);
    load_rows(model, m);
    transpose(m, n);
  }

  [[nodiscard]] int rows() const { return rows_.start.size(); }
  [[nodiscard]] int columns() const { return columns_.start.size(); }
  [[nodiscard]] bool row_alive(int i) const { return rows_.alive[i] != 0; }
  [[nodiscard]] bool column_alive(int j) const { return columns_.alive[j] != 0; }
  [[nodiscard]] int row_count(int i) const { return rows_.count[i]; }
  [[nodiscard]] int column_count(int j) const { return columns_.count[j]; }
  LineView row(int i) { return rows_.view(i, columns_.alive); }
  LineView column(int j) { return columns_.view(j, rows_.alive); }

  void remove_row(int i) {
    const LineView line = row(i);
    for (int k = 0; k < line.size; ++k) --columns_.count[line.index[k]];
    rows_.alive[i] = 0;
  }
  void remove_column(int j) {
    const LineView line = column(j);
    for (int k = 0; k < line.size; ++k) --rows_.count[line.index[k]];
    columns_.alive[j] = 0;
  }

  /// row r −= factor * source, where column `pivot` of row `r` becomes zero by construction. `source` holds all entries but that
  /// of the pivot. Entries that cancel to rounding are dropped. Returns the number of entries touched.
  int eliminate(int r, int pivot, double factor, const LineView& source) {
    const LineView target = row(r);
    int work = target.size + source.size;
    const int first = rows_.start[r];
    for (int k = 0; k < target.size; ++k) slot_[target.index[k]] = k + 1;
    for (int s = 0; s < source.size; ++s) {
      const int j = source.index[s];
      if (slot_[j] == 0) continue;
      double& v = rows_.value[first + slot_[j] - 1];
      const double change = factor * source.value[s], sum = v - change;
      v = std::abs(sum) <= cancellation * std::max(std::abs(v), std::abs(change)) ? 0 : sum;
      work += columns_.size[j];
      if (v != 0) columns_.value[columns_.find(j, r)] = v;
    }
    for (int s = 0; s < source.size; ++s) {
      const int j = source.index[s];
      if (slot_[j] != 0) continue;
      rows_.append(r, j, -factor * source.value[s], columns_.alive);
      columns_.append(j, r, -factor * source.value[s], rows_.alive);
    }
    drop_zeros(r, pivot);
    return work;
  }

 private:
  static constexpr double cancellation = 1e-12;

  void load_rows(const Model& model, int m) {
    int k = 0;
    for (int i = 0; i < m; ++i) {
      rows_.start[i] = k;
      for (const Term& term : model.row(i)) {
        rows_.index[k] = term.column;
        rows_.value[k++] = term.coefficient;
        ++columns_.count[term.column];
      }
      rows_.size[i] = rows_.room[i] = rows_.count[i] = k - rows_.start[i];
    }
  }

  void transpose(int m, int n) {
    int k = 0;
    for (int j = 0; j < n; ++j) {
      columns_.start[j] = k;
      k += columns_.room[j] = columns_.count[j];
    }
    for (int i = 0; i < m; ++i) {
      for (k = rows_.start[i]; k < rows_.start[i] + rows_.size[i]; ++k) {
        const int j = rows_.index[k], place = columns_.start[j] + columns_.size[j]++;
        columns_.index[place] = i;
        columns_.value[place] = rows_.value[k];
      }
    }
  }

  /// Clears the marks of row r, and takes the pivot and what has cancelled out of the row and its columns.
  void drop_zeros(int r, int pivot) {
    const int first = rows_.start[r];
    int kept = first;
    for (int k = first; k < first + rows_.size[r]; ++k) {
      const int j = rows_.index[k];
      slot_[j] = 0;
      if (j == pivot || rows_.value[k] == 0) {
        columns_.erase(j, r);
        continue;
      }
      rows_.index[kept] = j;
      rows_.value[kept++] = rows_.value[k];
    }
    rows_.size[r] = rows_.count[r] = kept - first;
  }

  PresolveLines rows_, columns_;
  Array<int> slot_;  // place + 1 of each column in the row at hand; zero in between
};

}  // namespace kilter::lp::detail
