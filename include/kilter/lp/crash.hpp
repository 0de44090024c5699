#pragma once
/// @file
/// A starting basis with few artificial variables: columns that form a triangle replace the logicals of equations.

#include <algorithm>
#include <cmath>

#include "kilter/lp/array.hpp"
#include "kilter/lp/problem.hpp"

namespace kilter::lp::detail {

/// Triangular crash (Bixby 1992; Maros 2003, chapter 9.8). Equations are taken in the order of how few columns can still serve
/// them; the one chosen has no entry in an equation served before, so that the basis is triangular whatever the values.
/// O(nonzeros).
class Crash {
 public:
  /// For every variable of `problem`, 1 when it is in the basis.
  const Array<int>& run(const Problem& problem) {
    basic_.assign(problem.size(), 0);
    std::fill(basic_.begin() + problem.n, basic_.end(), 1);
    open_.assign(problem.n, 1);
    count_.assign(problem.m, 0);
    for (int j = 0; j < problem.n; ++j) {
      if (problem.lower[j] == problem.upper[j]) open_[j] = 0;
      for (int k = problem.col_start[j]; open_[j] != 0 && k < problem.col_start[j + 1]; ++k) ++count_[problem.col_row[k]];
    }
    fill_buckets(problem);
    for (int size = 1; size < bucket_.size();) {
      const int i = bucket_[size];
      if (i < 0) {
        ++size;
        continue;
      }
      unlink(i);
      if (const int j = best_column(problem, i); j >= 0) {
        basic_[j] = 1;
        basic_[problem.n + i] = 0;
        size = std::max(1, close_columns(problem, i, size));
      }
    }
    return basic_;
  }

 private:
  static constexpr double smallest_share = 0.01;  ///< of the largest entry of its column that a pivot must have

  void fill_buckets(const Problem& problem) {
    int longest = 0;
    for (int i = 0; i < problem.m; ++i) longest = std::max(longest, count_[i]);
    bucket_.assign(longest + 1, -1);
    next_.assign(problem.m, -1);
    previous_.assign(problem.m, -1);
    waiting_.assign(problem.m, 0);
    for (int i = 0; i < problem.m; ++i) {
      const int logical = problem.n + i;
      if (problem.lower[logical] == problem.upper[logical] && count_[i] > 0) link(i);
    }
  }
  void link(int i) {
    waiting_[i] = 1;
    previous_[i] = -1;
    next_[i] = bucket_[count_[i]];
    if (next_[i] >= 0) previous_[next_[i]] = i;
    bucket_[count_[i]] = i;
  }
  void unlink(int i) {
    waiting_[i] = 0;
    if (previous_[i] >= 0) {
      next_[previous_[i]] = next_[i];
    } else {
      bucket_[count_[i]] = next_[i];
    }
    if (next_[i] >= 0) previous_[next_[i]] = previous_[i];
  }

  /// The shortest open column of the row whose entry is not too small; of those the one with the wider bounds.
  [[nodiscard]] int best_column(const Problem& problem, int i) const {
    int best = -1, shortest = 0;
    double widest = 0;
    for (int k = problem.row_start[i]; k < problem.row_start[i + 1]; ++k) {
      const int j = problem.row_col[k];
      if (open_[j] == 0) continue;
      const int length = problem.col_start[j + 1] - problem.col_start[j];
      const double width = problem.upper[j] - problem.lower[j];
      if (best >= 0 && (length > shortest || (length == shortest && width <= widest))) continue;
      if (std::abs(problem.row_value[k]) < smallest_share * largest(problem, j)) continue;
      best = j;
      shortest = length;
      widest = width;
    }
    return best;
  }
  static double largest(const Problem& problem, int j) {
    double v = 0;
    for (int k = problem.col_start[j]; k < problem.col_start[j + 1]; ++k) v = std::max(v, std::abs(problem.col_value[k]));
    return v;
  }
  /// Columns with an entry in the row serve no other; returns the smallest count met.
  int close_columns(const Problem& problem, int i, int smallest) {
    for (int k = problem.row_start[i]; k < problem.row_start[i + 1]; ++k) {
      const int j = problem.row_col[k];
      if (open_[j] == 0) continue;
      open_[j] = 0;
      for (int e = problem.col_start[j]; e < problem.col_start[j + 1]; ++e) {
        const int other = problem.col_row[e];
        const bool waiting = waiting_[other] != 0;
        if (waiting) unlink(other);
        --count_[other];
        if (!waiting || count_[other] == 0) continue;
        link(other);
        smallest = std::min(smallest, count_[other]);
      }
    }
    return smallest;
  }

  Array<int> basic_, count_, bucket_, next_, previous_;
  Array<char> open_, waiting_;
};

}  // namespace kilter::lp::detail
