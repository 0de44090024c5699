#pragma once
/// @file
/// The factors of a simplex basis, solves with them that touch only what is not zero, and Forrest–Tomlin updates.

#include <algorithm>
#include <cmath>

#include "kilter/lp/array.hpp"
#include "kilter/lp/lu_factor.hpp"
#include "kilter/lp/problem.hpp"

namespace kilter::lp::detail {

/// Sparse lines (rows or columns of a factor), each a range of one array; a line that outgrows its room moves to the end.
struct Lines {
  Array<int> begin, end, room, index;
  Array<double> value;
  int used = 0;

  void reset(int count) {
    begin.assign(count, 0);
    end.assign(count, 0);
    room.assign(count, 0);
    used = 0;
  }
  /// An empty line with space for `count` entries and `spare` more.
  void open(int line, int count, int spare) {
    begin[line] = end[line] = used;
    room[line] = count + spare;
    used += count + spare;
    index.grow(used);
    value.grow(used);
  }
  void push(int line, int i, double v) {
    if (end[line] - begin[line] == room[line]) move(line);
    index[end[line]] = i;
    value[end[line]++] = v;
  }
  /// Removes the entry with index `i`, which the line must hold.
  void drop(int line, int i) {
    int k = begin[line];
    while (index[k] != i) ++k;
    const int last = --end[line];
    index[k] = index[last];
    value[k] = value[last];
  }
  [[nodiscard]] int size(int line) const { return end[line] - begin[line]; }

 private:
  void move(int line) {
    const int from = begin[line], count = size(line);
    if (used + 2 * count + 4 > index.size()) {
      index.resize(2 * used + 2 * count + 4);
      value.resize(index.size());
    }
    open(line, count, count + 4);
    for (int k = 0; k < count; ++k) {
      index[begin[line] + k] = index[from + k];
      value[begin[line] + k] = value[from + k];
    }
    end[line] += count;
  }
};

/// How dense the results of one kind of solve have been of late; says which way to solve is cheaper.
struct Density {
  double mean = 0.01;
  void observe(double density) { mean = 0.9 * mean + 0.1 * density; }
};

/// P B Q = L U. After `factor` the basic variable of a position is the one whose pivot lies in that row, so that right-hand sides
/// and solutions share one index space and solves work in place. Updates follow Forrest and Tomlin (1972): the column that enters
/// takes the last place, and one row operation makes U triangular again. Where the vectors are expected to be sparse, solves find
/// their pattern first by depth-first search (Gilbert, Peierls 1988; Hall, McKinnon 2005).
class Lu {
 public:
  int factor(const Problem& problem, Array<int>& head, double threshold = 0.1) {
    m_ = problem.m;
    const int repaired = factoriser_.factor(problem, head, threshold);
    load(head);
    factor_ticks_ = 10.0 * factoriser_.work + 50.0 * m_ + 4.0 * problem.col_row.size();
    ticks_ = spent_ = recent_ = 0;
    return repaired;
  }

  /// Solves B x = x in place. With `entering`, what the next `update` needs is kept.
  void ftran(SparseVector& x, Density& density, bool entering = false) {
    bool sparse = worth_searching(x, density);
    if (sparse) {
      solve_sparse(x, lower_, nullptr);
    } else {
      ftran_lower(x.value.data());
    }
    apply_etas(x, sparse);
    if (entering) save_spike(x, sparse);
    if (sparse && worth_searching(x, density)) {
      solve_sparse(x, upper_, inverse_.data());
      x.prune();
    } else {
      ftran_upper(x.value.data());
      x.gather();
    }
    density.observe(x.density());
  }

  /// Solves B' y = y in place. With `leaving`, y must be a unit vector, and what the next `update` needs is kept.
  void btran(SparseVector& y, Density& density, bool leaving = false) {
    bool sparse = worth_searching(y, density);
    if (sparse) {
      solve_sparse(y, upper_rows_, inverse_.data());
    } else {
      btran_upper(y.value.data());
    }
    if (leaving) save_row(y, sparse);
    apply_etas_transposed(y, sparse);
    if (sparse && worth_searching(y, density)) {
      solve_sparse(y, lower_rows_, nullptr);
      y.prune();
    } else {
      btran_lower(y.value.data());
      y.gather();
    }
    density.observe(y.density());
  }

  /// The column of position `p` becomes that of the last `ftran` of an entering column; the last `btran` of a leaving row must have
  /// been of row `p`. `alpha` is entry p of the former's result.
  void update(int p, double alpha) {
    const double old_pivot = 1 / inverse_[p];
    remove_from_upper(p);
    for (int k = 0; k < spike_.count; ++k) {
      const int i = spike_.place[k];
      const double v = spike_.value[k];
      if (i == p || std::abs(v) < tiny) continue;
      upper_.push(p, i, v);
      upper_rows_.push(i, p, v);
    }
    for (int k = 0; k < row_.count; ++k) {
      const int i = row_.place[k];
      const double v = row_.value[k] * old_pivot;
      if (i != p && std::abs(v) >= tiny) etas_.push(i, v);
    }
    etas_.close();
    eta_row_.push_back(p);
    inverse_[p] = 1 / (old_pivot * alpha);
    order_[place_[p]] = -1;
    place_[p] = order_.size();
    order_.push_back(p);
    ++updates_;
    // The cost of the pivots since the last one, smoothed.
    spent_ += ticks_;
    recent_ = updates_ == 1 ? ticks_ : 0.8 * recent_ + 0.2 * ticks_;
    ticks_ = 0;
  }

  [[nodiscard]] int updates() const { return updates_; }
  /// True once a pivot costs more than the mean since the last factorisation, that included: then a new one pays. Costs are counted
  /// in entries, not in seconds, so that the same input gives the same pivots.
  [[nodiscard]] bool is_worn() const {
    if (updates_ >= update_limit) return true;
    return updates_ >= 20 && recent_ * updates_ > factor_ticks_ + spent_;
  }
  /// Entries of the factors, those of updates included.
  [[nodiscard]] int size() const { return lower_.used + upper_.used + etas_.size(); }
  [[nodiscard]] int kernel_size() const { return factoriser_.kernel_size(); }

 private:
  static constexpr int update_limit = 500;

  /// A sparse vector put aside: places and values side by side.
  struct Packed {
    Array<int> place;
    Array<double> value;
    int count = 0;
  };

  // ---- from the order of elimination to positions

  void load(Array<int>& head) {
    const Factoriser& f = factoriser_;
    inverse_.resize(m_);
    order_.resize(m_);
    place_.resize(m_);
    old_head_ = head;
    order_.reserve(m_ + 32);
    lower_order_.reserve(m_);
    lower_rows_order_.reserve(m_);
    lower_.reset(m_);
    upper_.reset(m_);
    lower_rows_.reset(m_);
    upper_rows_.reset(m_);
    lower_order_.clear();
    lower_rows_order_.clear();
    count_.assign(m_, 0);
    for (const int i : f.upper.index) ++count_[i];
    for (int k = 0; k < m_; ++k) {
      const int p = f.row[k];
      head[p] = old_head_[f.slot[k]];
      order_[k] = p;
      place_[p] = k;
      inverse_[p] = 1 / f.pivot[k];
      copy(f.upper, k, upper_, p);
      if (f.lower.start[k + 1] > f.lower.start[k]) {
        copy(f.lower, k, lower_, p);
        lower_order_.push_back(p);
      }
    }
    for (int p = 0; p < m_; ++p) upper_rows_.open(p, count_[p], 4);
    for (int k = 0; k < m_; ++k) transpose(f.upper, k, f.row[k], upper_rows_);
    if (f.lower.size() > 0) load_lower_rows();
    etas_.clear(32);
    eta_row_.clear();
    eta_row_.reserve(32);
    updates_ = 0;
    visited_.assign(m_, 0);
    list_.resize(m_);
    stack_.resize(m_);
    next_.resize(m_);
    spike_.place.grow(m_);
    spike_.value.grow(m_);
    row_.place.grow(m_);
    row_.value.grow(m_);
  }
  static void copy(const Stack& from, int k, Lines& to, int line) {
    const int count = from.start[k + 1] - from.start[k];
    if (count == 0) return;
    to.open(line, count, 0);
    for (int e = from.start[k]; e < from.start[k + 1]; ++e) {
      to.index[to.end[line]] = from.index[e];
      to.value[to.end[line]++] = from.value[e];
    }
  }
  static void transpose(const Stack& from, int k, int column, Lines& to) {
    for (int e = from.start[k]; e < from.start[k + 1]; ++e) {
      const int line = from.index[e], at = to.end[line]++;
      to.index[at] = column;
      to.value[at] = from.value[e];
    }
  }
  void load_lower_rows() {
    const Factoriser& f = factoriser_;
    count_.assign(m_, 0);
    for (const int i : f.lower.index) ++count_[i];
    for (int k = m_ - 1; k >= 0; --k) {
      const int p = f.row[k];
      if (count_[p] == 0) continue;
      lower_rows_.open(p, count_[p], 0);
      lower_rows_order_.push_back(p);
    }
    for (int k = 0; k < m_; ++k) transpose(f.lower, k, f.row[k], lower_rows_);
  }

  // ---- solves

  /// Depth-first search costs a few times as much per entry as a sweep does.
  [[nodiscard]] bool worth_searching(const SparseVector& x, const Density& density) const {
    return x.count * 10 < m_ && density.mean < 0.1;
  }

  /// Solves with one triangle whose pattern is reached from the nonzeros of `x`; its list stays up to date.
  void solve_sparse(SparseVector& x, const Lines& lines, const double* inverse) {
    const int first = reach(x, lines);
    double* const v = x.value.data();
    const int* const index = lines.index.data();
    const double* const value = lines.value.data();
    x.count = 0;
    double looked = 0;
    for (int at = first; at < m_; ++at) {
      const int r = list_[at];
      visited_[r] = 0;
      x.place[x.count++] = r;
      if (v[r] == 0) v[r] = listed_zero;
      const double t = inverse == nullptr ? v[r] : (v[r] *= inverse[r]);
      const int end = lines.end[r];
      looked += end - lines.begin[r];
      for (int k = lines.begin[r]; k < end; ++k) v[index[k]] -= t * value[k];
    }
    ticks_ += 3 * (looked + x.count);
  }
  /// Fills the end of `list_` with the places reached, each before those that depend on it; returns where they begin.
  int reach(const SparseVector& x, const Lines& lines) {
    int first = m_;
    const int* const index = lines.index.data();
    for (int c = 0; c < x.count; ++c) {
      if (visited_[x.place[c]] != 0) continue;
      int depth = 0, node = x.place[c], k = lines.begin[node];
      visited_[node] = 1;
      for (;;) {
        const int end = lines.end[node];
        while (k < end && visited_[index[k]] != 0) ++k;
        if (k < end) {
          stack_[depth] = node;
          next_[depth++] = k + 1;
          node = index[k];
          visited_[node] = 1;
          k = lines.begin[node];
        } else {
          list_[--first] = node;
          if (depth == 0) break;
          node = stack_[--depth];
          k = next_[depth];
        }
      }
    }
    return first;
  }

  /// Sweeps over the whole of a triangle, in the order given.
  template <class Places>
  void sweep(double* v, const Lines& lines, const Places& places) {
    const int* const index = lines.index.data();
    const double* const value = lines.value.data();
    double looked = 0;
    for (const int r : places) {
      const double t = v[r];
      if (t == 0) continue;
      const int end = lines.end[r];
      looked += end - lines.begin[r];
      for (int k = lines.begin[r]; k < end; ++k) v[index[k]] -= t * value[k];
    }
    ticks_ += looked + 0.5 * places.size();
  }
  void ftran_lower(double* v) { sweep(v, lower_, lower_order_); }
  void btran_lower(double* v) { sweep(v, lower_rows_, lower_rows_order_); }

  void ftran_upper(double* v) {
    double looked = 0;
    for (int k = order_.size() - 1; k >= 0; --k) looked += solve_pivot(v, order_[k], upper_);
    ticks_ += looked + 0.5 * order_.size();
  }
  void btran_upper(double* v) {
    double looked = 0;
    for (int k = 0, n = order_.size(); k < n; ++k) looked += solve_pivot(v, order_[k], upper_rows_);
    ticks_ += looked + 0.5 * order_.size();
  }
  int solve_pivot(double* v, int r, const Lines& lines) const {
    if (r < 0 || v[r] == 0) return 0;
    const double t = v[r] *= inverse_[r];
    const int begin = lines.begin[r], end = lines.end[r];
    const int* const index = lines.index.data();
    const double* const value = lines.value.data();
    for (int k = begin; k < end; ++k) v[index[k]] -= t * value[k];
    return end - begin;
  }

  /// The row operations of the updates.
  void apply_etas(SparseVector& x, bool listed) {
    double* const v = x.value.data();
    for (int e = 0; e < etas_.count(); ++e) {
      double sum = 0;
      for (int k = etas_.start[e]; k < etas_.start[e + 1]; ++k) sum += etas_.value[k] * v[etas_.index[k]];
      if (sum == 0) continue;
      if (listed) {
        x.add(eta_row_[e], sum);
      } else {
        v[eta_row_[e]] += sum;
      }
    }
    ticks_ += etas_.size() + etas_.count();
  }
  void apply_etas_transposed(SparseVector& y, bool listed) {
    double* const v = y.value.data();
    for (int e = etas_.count() - 1; e >= 0; --e) {
      const double t = v[eta_row_[e]];
      if (t == 0) continue;
      ticks_ += etas_.start[e + 1] - etas_.start[e];
      for (int k = etas_.start[e]; k < etas_.start[e + 1]; ++k) {
        if (listed) {
          y.add(etas_.index[k], t * etas_.value[k]);
        } else {
          v[etas_.index[k]] += t * etas_.value[k];
        }
      }
    }
    ticks_ += etas_.count();
  }

  // ---- update

  void save_spike(const SparseVector& x, bool listed) { pack(x, listed, spike_); }
  void save_row(const SparseVector& y, bool listed) { pack(y, listed, row_); }
  void pack(const SparseVector& x, bool listed, Packed& out) const {
    int count = 0;
    const auto take = [&](int i) {
      out.place[count] = i;
      out.value[count++] = x.value[i];
    };
    if (listed) {
      for (const int i : x.index()) take(i);
    } else {
      for (int i = 0; i < m_; ++i) {
        if (x.value[i] != 0) take(i);
      }
    }
    out.count = count;
  }
  /// Takes row and column `p` out of U.
  void remove_from_upper(int p) {
    for (int k = upper_.begin[p]; k < upper_.end[p]; ++k) upper_rows_.drop(upper_.index[k], p);
    for (int k = upper_rows_.begin[p]; k < upper_rows_.end[p]; ++k) upper_.drop(upper_rows_.index[k], p);
    upper_.end[p] = upper_.begin[p];
    upper_rows_.end[p] = upper_rows_.begin[p];
  }

  int m_ = 0, updates_ = 0;
  Array<double> inverse_;     ///< of the pivots: multiplying is cheaper than dividing
  Array<int> order_, place_;  ///< positions in the order of their pivots (−1: moved to the end since), and the reverse
  Lines lower_, lower_rows_, upper_, upper_rows_;
  Array<int> lower_order_, lower_rows_order_;
  Stack etas_;
  Array<int> eta_row_;
  Packed spike_, row_;
  double factor_ticks_ = 0, ticks_ = 0, spent_ = 0, recent_ = 0;
  Array<char> visited_;
  Array<int> list_, stack_, next_, count_, old_head_;
  Factoriser factoriser_;
};

}  // namespace kilter::lp::detail
