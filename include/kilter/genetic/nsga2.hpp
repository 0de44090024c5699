#pragma once
/// @file
/// Survival by fronts and crowding, as in NSGA-II.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "kilter/core/rng.hpp"
#include "kilter/genetic/pareto.hpp"

namespace kilter::genetic {

namespace detail {

/// Takes members out of a front one by one, each time the one of least crowding distance, and mends its neighbours' distances
/// (Kukkonen, Deb 2006, "Improved pruning of non-dominated solutions based on crowding distance"). A distance only grows when a
/// neighbour goes, so that a heap whose stale entries are put back serves: O(m n log n).
class CrowdingPruner {
 public:
  /// Leaves the `keep` members of `front` that survive in `front[0..keep)`, in their old order, with their distances.
  void operator()(std::span<const double> rows, std::size_t m, std::span<std::uint32_t> front, std::size_t keep,
                  std::span<double> distance) {
    link(rows, m, front);
    heap_.clear();
    for (std::uint32_t i = 0; i < front.size(); ++i) heap_.push_back({gap(i), i});
    const auto later = [](const Entry& a, const Entry& b) { return a.gap != b.gap ? a.gap > b.gap : a.place > b.place; };
    std::make_heap(heap_.begin(), heap_.end(), later);
    for (std::size_t left = front.size(); left > keep;) {
      std::pop_heap(heap_.begin(), heap_.end(), later);
      const double now = gap(heap_.back().place);
      if (now > heap_.back().gap) {
        heap_.back().gap = now;
        std::push_heap(heap_.begin(), heap_.end(), later);
        continue;
      }
      take_out(heap_.back().place);
      heap_.pop_back();
      --left;
    }
    std::size_t kept = 0;
    for (std::uint32_t i = 0; i < front.size(); ++i) {
      if (gone_[i] != 0) continue;
      distance[front[i]] = gap(i);
      front[kept++] = front[i];
    }
  }

 private:
  static constexpr std::uint32_t none = ~std::uint32_t{0};
  struct Entry {
    double gap;
    std::uint32_t place;
  };

  /// The neighbours of each member in each objective, and its objectives as shares of the front's range.
  void link(std::span<const double> rows, std::size_t m, std::span<const std::uint32_t> front) {
    const std::size_t n = front.size();
    m_ = m;
    n_ = n;
    before_.assign(n * m, none);
    after_.assign(n * m, none);
    value_.resize(n * m);
    gone_.assign(n, 0);
    order_.resize(n);
    for (std::size_t j = 0; j < m; ++j) {
      for (std::uint32_t i = 0; i < n; ++i) order_[i] = i;
      const auto at = [&](std::uint32_t i) { return rows[front[i] * m + j]; };
      std::sort(order_.begin(), order_.end(),
                [&](std::uint32_t a, std::uint32_t b) { return at(a) != at(b) ? at(a) < at(b) : a < b; });
      const double least = at(order_.front()), range = at(order_.back()) - least;
      for (std::uint32_t i = 0; i < n; ++i) value_[j * n + i] = range > 0 && std::isfinite(range) ? (at(i) - least) / range : 0;
      for (std::size_t k = 0; k + 1 < n; ++k) {
        after_[j * n + order_[k]] = order_[k + 1];
        before_[j * n + order_[k + 1]] = order_[k];
      }
    }
  }

  [[nodiscard]] double gap(std::uint32_t i) const {
    double sum = 0;
    for (std::size_t j = 0; j < m_; ++j) {
      const std::uint32_t a = before_[j * n_ + i], b = after_[j * n_ + i];
      if (a == none || b == none) return std::numeric_limits<double>::infinity();
      sum += value_[j * n_ + b] - value_[j * n_ + a];
    }
    return sum;
  }

  void take_out(std::uint32_t i) {
    gone_[i] = 1;
    for (std::size_t j = 0; j < m_; ++j) {
      const std::uint32_t a = before_[j * n_ + i], b = after_[j * n_ + i];
      if (a != none) after_[j * n_ + a] = b;
      if (b != none) before_[j * n_ + b] = a;
    }
  }

  std::size_t m_ = 0, n_ = 0;
  std::vector<std::uint32_t> before_, after_, order_;
  std::vector<double> value_;
  std::vector<char> gone_;
  std::vector<Entry> heap_;
};

}  // namespace detail

/// Who survives in NSGA-II (Deb, Pratap, Agarwal, Meyarivan 2002): whole fronts while they fit, of the next one those with the
/// largest crowding distance; O(m n log n) after the sort into fronts. Keeps its memory.
class CrowdingSurvival {
 public:
  /// `one_by_one`: the last front is pruned member by member, which spreads it more evenly than the distances of the whole front
  /// do.
  explicit CrowdingSurvival(bool one_by_one = true) : one_by_one_(one_by_one) {}

  /// Chooses `keep` ≤ n of the rows; see `NonDominatedSort` for the arguments. `rng` is not used.
  void operator()(std::span<const double> rows, std::size_t objectives, std::span<const double> violations, std::size_t keep,
                  Rng& /*rng*/) {
    sort_(rows, objectives, violations);
    distance_.resize(rows.size() / objectives);
    kept_.clear();
    for (std::size_t k = 0; k < sort_.fronts() && kept_.size() < keep; ++k) {
      const auto front = sort_.front(k);
      crowding_(rows, objectives, front, distance_);
      const std::size_t first = kept_.size(), room = keep - first;
      kept_.insert(kept_.end(), front.begin(), front.end());
      if (front.size() > room) cut(rows, objectives, std::span{kept_}.subspan(first), room);
      kept_.resize(std::min(kept_.size(), keep));
    }
  }

  /// The survivors, front after front.
  [[nodiscard]] std::span<const std::uint32_t> kept() const { return kept_; }

  /// True when row `a` wins a tournament against row `b`: the earlier front, in the same one the larger crowding distance. Only for
  /// survivors of the last call.
  [[nodiscard]] bool wins(std::uint32_t a, std::uint32_t b) const {
    const std::uint32_t x = sort_.rank()[a], y = sort_.rank()[b];
    return x != y ? x < y : distance_[a] > distance_[b];
  }

  /// The fronts of all rows of the last call.
  [[nodiscard]] const NonDominatedSort& sort() const { return sort_; }

 private:
  void cut(std::span<const double> rows, std::size_t m, std::span<std::uint32_t> front, std::size_t room) {
    if (one_by_one_) return prune_(rows, m, front, room, distance_);
    std::sort(front.begin(), front.end(),
              [&](std::uint32_t a, std::uint32_t b) { return distance_[a] != distance_[b] ? distance_[a] > distance_[b] : a < b; });
  }

  bool one_by_one_;
  NonDominatedSort sort_;
  CrowdingDistance crowding_;
  detail::CrowdingPruner prune_;
  std::vector<double> distance_;
  std::vector<std::uint32_t> kept_;
};

}  // namespace kilter::genetic
