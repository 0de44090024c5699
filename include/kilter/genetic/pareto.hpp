#pragma once
/// @file
/// Several objectives, all minimised: dominance, the non-dominated sort and the crowding distance. Objectives are flat: a row of m
/// numbers per individual. Everything here keeps its memory from call to call.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>
#include <vector>

#include "kilter/core/contract.hpp"

namespace kilter::genetic {

/// True when `a` is nowhere worse than `b` and somewhere better (Pareto dominance, minimising); O(m).
[[nodiscard]] inline bool dominates(std::span<const double> a, std::span<const double> b) {
  bool better = false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] > b[i]) return false;
    better = better || a[i] < b[i];
  }
  return better;
}

namespace detail {

/// The lower left steps of a set of points of the plane: x ascending, y descending. Answers dominance in O(log n).
class Staircase {
 public:
  struct Step {
    double x;
    double y;
  };

  void clear() { steps_.clear(); }
  [[nodiscard]] std::span<const Step> steps() const { return steps_; }

  /// True when a step is nowhere above (x, y).
  [[nodiscard]] bool covers(double x, double y) const {
    const auto after = std::upper_bound(steps_.begin(), steps_.end(), x, [](double v, const Step& s) { return v < s.x; });
    return after != steps_.begin() && (after - 1)->y <= y;
  }

  /// Adds a point that is not covered and drops the steps that it covers; returns the area by which the region above the steps and
  /// below (`right`, `top`) grows.
  double add(double x, double y, double right = 0, double top = 0) {
    const auto first = std::lower_bound(steps_.begin(), steps_.end(), x, [](const Step& s, double v) { return s.x < v; });
    double gain = 0, left = x, above = first == steps_.begin() ? top : (first - 1)->y;
    auto last = first;
    for (; last != steps_.end() && last->y >= y; ++last) {
      gain += (last->x - left) * (above - y);
      left = last->x;
      above = last->y;
    }
    gain += ((last == steps_.end() ? right : last->x) - left) * (above - y);
    if (first == last) {
      steps_.insert(first, {x, y});
    } else {
      *first = {x, y};
      steps_.erase(first + 1, last);
    }
    return gain;
  }

 private:
  std::vector<Step> steps_;
};

}  // namespace detail

/// Sorts rows of objectives into fronts: front 0 is dominated by nobody, front k only by members of the fronts before it.
///
/// One sort by the first objectives, then each row finds its front by bisection, since who is dominated by a front is so by each
/// front before: for two objectives against the last member of a front, O(n log n) (Jensen 2003, "Reducing the run-time complexity
/// of multiobjective EAs"); for three against the front's steps in the plane of the other two, O(n log² n) but for the upkeep of
/// the steps; for more against its members, the last first (ENS-BS: Zhang, Tian, Cheng, Jin 2015, "An efficient approach to
/// nondominated sorting for evolutionary multiobjective optimization"), O(m n²) at worst. Equal rows share a front.
class NonDominatedSort {
 public:
  /// Sorts `rows` (n × `objectives`, row after row, none NaN). `violations`, empty or one number ≥ 0 a row, ranks as Deb's
  /// constrained dominance does (2002, definition 1): who violates less comes first, and only rows without violation are compared
  /// by their objectives. Throws `std::invalid_argument` for sizes that do not fit.
  void operator()(std::span<const double> rows, std::size_t objectives, std::span<const double> violations = {}) {
    require(objectives > 0, "objectives", objectives, "must be positive");
    require(rows.size() % objectives == 0, "rows", rows.size(), "must be a multiple of the objectives");
    rows_ = rows;
    m_ = objectives;
    const std::size_t n = rows.size() / objectives;
    require(violations.empty() || violations.size() == n, "violations", violations.size(), "must be none or as many as rows");
    rank_.resize(n);
    order_.resize(n);
    begin_.clear();
    sort_keys(n, violations);
    fronts_ = 0;
    rank_feasible();
    rank_infeasible(violations);
    collect();
  }

  [[nodiscard]] std::size_t fronts() const { return fronts_; }
  /// The rows of front `k`, lexicographically by their objectives.
  [[nodiscard]] std::span<const std::uint32_t> front(std::size_t k) const {
    return std::span{order_}.subspan(begin_[k], begin_[k + 1] - begin_[k]);
  }
  /// The front of each row.
  [[nodiscard]] std::span<const std::uint32_t> rank() const { return rank_; }

 private:
  struct Key {
    double first;
    double second;
    std::uint32_t row;
  };

  [[nodiscard]] std::span<const double> row(std::size_t i) const { return rows_.subspan(i * m_, m_); }

  /// The rows without violation lexicographically in `keys_`, the others by violation in `late_`.
  void sort_keys(std::size_t n, std::span<const double> violations) {
    keys_.clear();
    late_.clear();
    for (std::size_t i = 0; i < n; ++i) {
      if (!violations.empty() && violations[i] > 0) {
        late_.push_back(static_cast<std::uint32_t>(i));
      } else {
        keys_.push_back({rows_[i * m_], rows_[i * m_ + (m_ > 1 ? 1 : 0)], static_cast<std::uint32_t>(i)});
      }
    }
    std::sort(keys_.begin(), keys_.end(), [this](const Key& a, const Key& b) {
      if (a.first != b.first) return a.first < b.first;
      if (a.second != b.second) return a.second < b.second;
      for (std::size_t j = 2; j < m_; ++j) {
        const double x = rows_[a.row * m_ + j], y = rows_[b.row * m_ + j];
        if (x != y) return x < y;
      }
      return a.row < b.row;
    });
    std::sort(late_.begin(), late_.end(), [&](std::uint32_t a, std::uint32_t b) {
      return violations[a] != violations[b] ? violations[a] < violations[b] : a < b;
    });
  }

  [[nodiscard]] bool same(std::uint32_t a, std::uint32_t b) const {
    const auto x = row(a), y = row(b);
    return std::equal(x.begin(), x.end(), y.begin());
  }

  void rank_feasible() {
    const Key* before = nullptr;
    for (const Key& key : keys_) {
      if (before != nullptr && before->first == key.first && before->second == key.second && same(before->row, key.row)) {
        rank_[key.row] = rank_[before->row];  // equal rows do not dominate each other
        if (m_ > 3) note(key, rank_[key.row]);
      } else {
        rank_[key.row] = find_front(key);
        note(key, rank_[key.row]);
      }
      before = &key;
    }
  }

  /// The first front that does not dominate the row.
  [[nodiscard]] std::uint32_t find_front(const Key& key) const {
    std::size_t low = 0, high = fronts_;
    while (low < high) {
      const std::size_t middle = (low + high) / 2;
      if (front_dominates(middle, key)) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return static_cast<std::uint32_t>(low);
  }

  [[nodiscard]] bool front_dominates(std::size_t k, const Key& key) const {
    if (m_ < 3) return least_[k] <= key.second;
    if (m_ == 3) return stairs_[k].covers(key.second, rows_[key.row * 3 + 2]);
    return std::any_of(members_[k].rbegin(), members_[k].rend(), [&](std::uint32_t r) { return covers(r, key.row); });
  }

  /// Nowhere worse, given that the first objective is not.
  [[nodiscard]] bool covers(std::uint32_t a, std::uint32_t b) const {
    for (std::size_t j = 1; j < m_; ++j) {
      if (rows_[a * m_ + j] > rows_[b * m_ + j]) return false;
    }
    return true;
  }

  void note(const Key& key, std::uint32_t k) {
    if (k == fronts_) open_front();
    if (m_ < 3) {
      least_[k] = key.second;
    } else if (m_ == 3) {
      stairs_[k].add(key.second, rows_[key.row * 3 + 2]);
    } else {
      members_[k].push_back(key.row);
    }
  }

  void open_front() {
    const std::size_t k = fronts_++;
    if (m_ < 3 && least_.size() <= k) least_.push_back(0);
    if (m_ == 3) {
      if (stairs_.size() <= k) stairs_.emplace_back();
      stairs_[k].clear();
    } else if (m_ > 3) {
      if (members_.size() <= k) members_.emplace_back();
      members_[k].clear();
    }
  }

  void rank_infeasible(std::span<const double> violations) {
    for (std::size_t i = 0; i < late_.size(); ++i) {
      if (i == 0 || violations[late_[i]] != violations[late_[i - 1]]) ++fronts_;
      rank_[late_[i]] = static_cast<std::uint32_t>(fronts_ - 1);
    }
  }

  /// Counting sort of the rows by front, in the order of the keys.
  void collect() {
    begin_.assign(fronts_ + 1, 0);
    for (const std::uint32_t k : rank_) ++begin_[k + 1];
    std::partial_sum(begin_.begin(), begin_.end(), begin_.begin());
    next_.assign(begin_.begin(), begin_.end());
    for (const Key& key : keys_) order_[next_[rank_[key.row]]++] = key.row;
    for (const std::uint32_t r : late_) order_[next_[rank_[r]]++] = r;
  }

  std::span<const double> rows_{};
  std::size_t m_ = 1;
  std::size_t fronts_ = 0;
  std::vector<Key> keys_;
  std::vector<std::uint32_t> late_, rank_, order_, begin_, next_;
  std::vector<double> least_;
  std::vector<detail::Staircase> stairs_;
  std::vector<std::vector<std::uint32_t>> members_;
};

/// The rows that no row dominates, lexicographically by their objectives; as `NonDominatedSort` with memory of its own.
[[nodiscard]] inline std::vector<std::uint32_t> non_dominated(std::span<const double> rows, std::size_t objectives) {
  NonDominatedSort sort;
  sort(rows, objectives);
  if (sort.fronts() == 0) return {};
  const auto front = sort.front(0);
  return {front.begin(), front.end()};
}

/// The crowding distance of the members of a front (Deb, Pratap, Agarwal, Meyarivan 2002, "A fast and elitist multiobjective
/// genetic algorithm: NSGA-II", section III-B): the sum over the objectives of the gap between the two neighbours as a share of the
/// front's range; infinite at the ends of each objective. O(m n log n).
class CrowdingDistance {
 public:
  /// Writes the distance of each row of `front` to `distance[row]`. An objective in which all are equal or one is infinite
  /// says nothing.
  void operator()(std::span<const double> rows, std::size_t objectives, std::span<const std::uint32_t> front,
                  std::span<double> distance) {
    for (const std::uint32_t r : front) distance[r] = 0;
    for (std::size_t j = 0; j < objectives; ++j) add_gaps(rows, objectives, j, front, distance);
  }

 private:
  struct Key {
    double value;
    std::uint32_t row;
  };

  void add_gaps(std::span<const double> rows, std::size_t m, std::size_t j, std::span<const std::uint32_t> front,
                std::span<double> distance) {
    keys_.clear();
    for (const std::uint32_t r : front) keys_.push_back({rows[r * m + j], r});
    const auto less = [](const Key& a, const Key& b) { return a.value != b.value ? a.value < b.value : a.row < b.row; };
    if (!std::is_sorted(keys_.begin(), keys_.end(), less)) std::sort(keys_.begin(), keys_.end(), less);
    const double range = keys_.back().value - keys_.front().value;
    if (!(range > 0) || !std::isfinite(range)) return;
    constexpr double infinity = std::numeric_limits<double>::infinity();
    distance[keys_.front().row] = distance[keys_.back().row] = infinity;
    for (std::size_t i = 1; i + 1 < keys_.size(); ++i) distance[keys_[i].row] += (keys_[i + 1].value - keys_[i - 1].value) / range;
  }

  std::vector<Key> keys_;
};

}  // namespace kilter::genetic
