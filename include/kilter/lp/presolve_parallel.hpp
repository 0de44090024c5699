#pragma once
/// @file
/// The rules of presolve for rows, and columns, that are multiples of one another.

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

#include "kilter/lp/presolve_state.hpp"

namespace kilter::lp::detail {

/// Finds lines with the same pattern and the same ratios by a hash that does not depend on the order of the entries, in a flat
/// table, and proves them entry by entry. O(entries).
class ParallelLines {
 public:
  explicit ParallelLines(PresolveState& state)
      : s_(state), value_(std::max(state.matrix.rows(), state.matrix.columns()), 0.0), code_(value_.size()) {
    for (int i = 0; i < code_.size(); ++i) code_[i] = mix(static_cast<std::uint64_t>(i) + 1);
  }

  void rows(long long limit) {
    run(
        s_.matrix.rows(), limit, [&](int i) { return s_.matrix.row_alive(i) && s_.matrix.row_count(i) > 1; },
        [&](int i) { return s_.row(i); }, [&](int kept, int gone, double scale) { return merge_rows(kept, gone, scale); });
  }

  void columns(long long limit) {
    run(
        s_.matrix.columns(), limit,
        [&](int j) { return s_.matrix.column_alive(j) && s_.matrix.column_count(j) > 0 && !s_.is_fixed(j); },
        [&](int j) { return s_.column(j); }, [&](int kept, int gone, double scale) { return merge_columns(kept, gone, scale); });
  }

 private:
  static constexpr double same = 1e-12;  // relative difference up to which two ratios are the same
  static constexpr int neighbours = 8;   // how many of the same hash a line is compared with

  struct Slot {
    std::uint64_t hash = 0;
    int line = -1;  // the latest of this hash; −1: free
  };

  /// Mixes a 64-bit number (Stafford's variant 13, as in splitmix64).
  static std::uint64_t mix(std::uint64_t v) {
    v = (v ^ (v >> 30)) * 0xbf58476d1ce4e5b9ULL;
    v = (v ^ (v >> 27)) * 0x94d049bb133111ebULL;
    return v ^ (v >> 31);
  }

  /// The entries over that of the smallest index, rounded to some 30 bits so that ratios that differ in the last digits agree.
  static std::uint64_t hash(const LineView& line) {
    int first = 0;
    for (int k = 1; k < line.size; ++k) {
      if (line.index[k] < line.index[first]) first = k;
    }
    const double unit = 1 / line.value[first];
    std::uint64_t sum = static_cast<std::uint64_t>(line.size);
    for (int k = 0; k < line.size; ++k) {
      const std::uint64_t ratio = (std::bit_cast<std::uint64_t>(line.value[k] * unit) + (std::uint64_t{1} << 21)) >> 22;
      sum += mix(ratio + static_cast<std::uint64_t>(line.index[k]) * std::uint64_t{0x9e3779b97f4a7c15});
    }
    return sum;
  }

  /// A sum over the indices alone, which is cheap, and tells most lines from all others.
  std::uint64_t hash_pattern(const LineView& line) const {
    std::uint64_t sum = static_cast<std::uint64_t>(line.size);
    for (int k = 0; k < line.size; ++k) sum += code_[line.index[k]];
    return sum;
  }

  template <class Takes, class View, class Merge>
  void run(int lines, long long limit, Takes&& takes, View&& view, Merge&& merge) {
    mark_shared(lines, limit, takes, view);
    clear(lines);
    for (int i = 0; i < lines && !s_.stopped() && s_.work < limit; ++i) {
      if (shared_[i] == 0 || !takes(i)) continue;
      Slot& slot = find(hash(view(i)));
      before_[i] = slot.line;
      slot.line = i;
      int tried = 0;
      for (int other = before_[i]; other >= 0 && tried < neighbours && takes(i); other = before_[other]) {
        if (!takes(other)) continue;
        const double scale = ratio(view(other), view(i));
        if (scale == 0 || !merge(other, i, scale)) ++tried;
      }
    }
  }

  /// Marks the lines whose pattern occurs more than once.
  template <class Takes, class View>
  void mark_shared(int lines, long long limit, Takes&& takes, View&& view) {
    clear(lines);
    shared_.assign(lines, 0);
    for (int i = 0; i < lines && s_.work < limit; ++i) {
      if (!takes(i)) continue;
      Slot& slot = find(hash_pattern(view(i)));
      if (slot.line >= 0) shared_[i] = shared_[slot.line] = 1;
      slot.line = i;
    }
  }
  void clear(int lines) {
    table_.assign(static_cast<int>(std::bit_ceil(2 * static_cast<unsigned>(lines) + 1)), Slot{});
    before_.assign(lines, -1);
  }

  Slot& find(std::uint64_t hash) {
    const auto mask = static_cast<std::uint64_t>(table_.size() - 1);
    std::uint64_t at = hash & mask;
    while (table_[static_cast<int>(at)].line >= 0 && table_[static_cast<int>(at)].hash != hash) at = (at + 1) & mask;
    Slot& slot = table_[static_cast<int>(at)];
    slot.hash = hash;
    return slot;
  }

  /// `s` with second = s * first, 0 where there is none.
  double ratio(const LineView& first, const LineView& second) {
    if (first.size != second.size) return 0;
    for (int k = 0; k < first.size; ++k) value_[first.index[k]] = first.value[k];
    double scale = 0;
    for (int k = 0; k < second.size; ++k) {
      const double v = value_[second.index[k]], s = v == 0 ? 0 : second.value[k] / v;
      if (k == 0) scale = s;
      if (s == 0 || std::abs(s - scale) > same * std::abs(scale)) {
        scale = 0;
        break;
      }
    }
    for (int k = 0; k < first.size; ++k) value_[first.index[k]] = 0;
    return scale;
  }

  bool merge_rows(int kept, int gone, double scale) {
    double low = s_.row_lower[gone] / scale, high = s_.row_upper[gone] / scale;
    if (scale < 0) std::swap(low, high);
    PresolveState::Took took;
    if (!s_.intersect(low, high, s_.row_lower[kept], s_.row_upper[kept], took)) return false;
    s_.post.parallel_row(gone, kept, scale, took.lower, took.upper, s_.is_equation(kept));
    s_.remove_row(gone);
    s_.touch_row(kept);
    return true;
  }

  /// Columns with parallel costs become one; otherwise the dearer one may be dominated by the other.
  bool merge_columns(int kept, int gone, double scale) {
    const double expected = scale * s_.cost[kept], excess = s_.cost[gone] - expected;
    if (std::abs(excess) <= same * std::max(std::abs(expected), std::abs(s_.cost[gone]))) return unite(kept, gone, scale);
    if (dominate(kept, gone, scale, excess)) return true;
    dominate(gone, kept, 1 / scale, -excess / scale);
    return false;
  }

  /// d_gone = scale * d_kept + excess: where the kept column needs no bound on one side, its reduced cost has a sign, and so has
  /// that of the other, which goes to its bound.
  bool dominate(int kept, int gone, double scale, double excess) {
    const double bound = excess > 0 ? s_.lower[gone] : s_.upper[gone];
    const bool upper = (scale > 0) == (excess > 0);
    if (std::isinf(bound) || !(upper ? s_.upper_implied(kept) : s_.lower_implied(kept))) return false;
    double& idle = upper ? s_.upper[kept] : s_.lower[kept];
    if (std::isfinite(idle)) {
      idle = upper ? infinity : -infinity;
      s_.touch_rows_of(kept);
    }
    s_.fix(gone, excess > 0 ? VariableStatus::at_lower : VariableStatus::at_upper);
    return true;
  }

  bool unite(int kept, int gone, double scale) {
    const double l = s_.lower[kept], u = s_.upper[kept], gone_l = s_.lower[gone], gone_u = s_.upper[gone];
    const double low = l + scale * (scale > 0 ? gone_l : gone_u), high = u + scale * (scale > 0 ? gone_u : gone_l);
    // A free column may come back nonbasic at zero: then both parts must have a place to stand whose sum is zero.
    const auto stands_at_zero = [](double a, double b) { return a == 0 || b == 0 || (std::isinf(a) && std::isinf(b)); };
    if (std::isinf(low) && std::isinf(high) && !(stands_at_zero(l, u) && stands_at_zero(gone_l, gone_u))) return false;
    s_.post.parallel_column(gone, kept, scale, {l, u, gone_l, gone_u});
    const LineView line = s_.column(gone);
    for (int k = 0; k < line.size; ++k) s_.touch_row(line.index[k]);
    s_.remove_column(gone);
    s_.lower[kept] = low;
    s_.upper[kept] = high;
    s_.column_queue.push(kept);
    return true;
  }

  PresolveState& s_;
  Array<Slot> table_;
  Array<int> before_;          // the line of the same hash that came before
  Array<double> value_;        // of one line at hand; zero in between
  Array<std::uint64_t> code_;  // of an index
  Array<char> shared_;         // whether another line has the same pattern
};

}  // namespace kilter::lp::detail
