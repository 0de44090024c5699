#pragma once
/// @file
/// The hypervolume of a set of points, exact, and what each point adds to it.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/genetic/pareto.hpp"

namespace kilter::genetic {

namespace detail {

/// Computes hypervolumes of points that are all strictly below the reference, which is moved to the origin: a coordinate is how far
/// the point is below it, so that more is better. Keeps its memory.
class HypervolumeSweep {
 public:
  /// `points`: n × m of depths below the reference, all positive. The order of the points is changed.
  double operator()(std::vector<double>& points, std::size_t m) { return volume(points, m, 0); }

 private:
  static double line(std::span<const double> p) { return p.empty() ? 0 : *std::max_element(p.begin(), p.end()); }

  /// Area by one sweep from the deepest in the first coordinate on, O(n log n).
  double area(std::span<const double> p) {
    pairs_.clear();
    for (std::size_t i = 0; i < p.size(); i += 2) pairs_.emplace_back(p[i], p[i + 1]);
    std::sort(pairs_.begin(), pairs_.end(), [](const auto& a, const auto& b) { return a > b; });
    double sum = 0, height = 0;
    for (const auto& [x, y] : pairs_) {
      if (y <= height) continue;
      sum += x * (y - height);
      height = y;
    }
    return sum;
  }

  /// Space by a sweep along the third coordinate over the steps of the first two (Beume, Fonseca, López-Ibáñez, Paquete,
  /// Vahrenhold 2009, "On the complexity of computing the hypervolume indicator"): O(n log n) but for moving steps in an array.
  double space(std::span<const double> p) {
    triples_.clear();
    for (std::size_t i = 0; i < p.size(); i += 3) triples_.push_back({p[i + 2], -p[i], -p[i + 1]});
    std::sort(triples_.begin(), triples_.end(), [](const Triple& a, const Triple& b) { return a.depth > b.depth; });
    stairs_.clear();
    double sum = 0, cover = 0;
    for (std::size_t i = 0; i < triples_.size(); ++i) {
      const Triple& t = triples_[i];
      if (!stairs_.covers(t.x, t.y)) cover += stairs_.add(t.x, t.y);
      sum += cover * (t.depth - (i + 1 < triples_.size() ? triples_[i + 1].depth : 0));
    }
    return sum;
  }

  /// WFG (While, Bradstreet, Barone 2012, "A fast way of calculating exact hypervolumes"): the shallowest point of the last
  /// coordinate adds its box less what the others cover of it; all that they cover has its depth, so one dimension less remains.
  double volume(std::vector<double>& p, std::size_t m, std::size_t level) {
    if (m == 1) return line(p);
    if (m == 2) return area(p);
    if (m == 3) return space(p);
    if (levels_.size() <= level) levels_.resize(level + 1);
    const std::size_t n = p.size() / m;
    sort_by_last(p, m, level);
    double sum = 0;
    for (std::size_t k = 0; k < n; ++k) {
      const std::span<const double> point = std::span<const double>{p}.subspan(k * m, m);
      double box = 1;
      for (std::size_t j = 0; j + 1 < m; ++j) box *= point[j];
      std::vector<double> limited = std::move(levels_[level].limited);
      limit(p, m, k, limited);
      keep_non_dominated(limited, m - 1);
      sum += point[m - 1] * (box - volume(limited, m - 1, level + 1));
      levels_[level].limited = std::move(limited);
    }
    return sum;
  }

  void sort_by_last(std::vector<double>& p, std::size_t m, std::size_t level) {
    Level& l = levels_[level];
    l.order.resize(p.size() / m);
    for (std::size_t i = 0; i < l.order.size(); ++i) l.order[i] = static_cast<std::uint32_t>(i);
    std::sort(l.order.begin(), l.order.end(), [&](std::uint32_t a, std::uint32_t b) {
      const double x = p[a * m + m - 1], y = p[b * m + m - 1];
      return x != y ? x < y : a < b;
    });
    l.sorted.resize(p.size());
    for (std::size_t i = 0; i < l.order.size(); ++i) std::copy_n(p.data() + l.order[i] * m, m, l.sorted.data() + i * m);
    p.swap(l.sorted);
  }

  /// What the points after `k` cover of its box, without the last coordinate.
  static void limit(std::span<const double> p, std::size_t m, std::size_t k, std::vector<double>& limited) {
    limited.clear();
    for (std::size_t i = (k + 1) * m; i < p.size(); i += m) {
      for (std::size_t j = 0; j + 1 < m; ++j) limited.push_back(std::min(p[i + j], p[k * m + j]));
    }
  }

  /// Drops points that another is nowhere shallower than; of equal ones one stays.
  static void keep_non_dominated(std::vector<double>& p, std::size_t m) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < p.size(); i += m) {
      bool covered = false;
      for (std::size_t k = 0; k < kept && !covered; k += m) covered = nowhere_shallower(p.data() + k, p.data() + i, m);
      if (covered) continue;
      std::size_t write = 0;
      for (std::size_t k = 0; k < kept; k += m) {
        if (nowhere_shallower(p.data() + i, p.data() + k, m)) continue;
        if (write != k) std::copy_n(p.data() + k, m, p.data() + write);
        write += m;
      }
      if (write != i) std::copy_n(p.data() + i, m, p.data() + write);
      kept = write + m;
    }
    p.resize(kept);
  }

  static bool nowhere_shallower(const double* a, const double* b, std::size_t m) {
    for (std::size_t j = 0; j < m; ++j) {
      if (a[j] < b[j]) return false;
    }
    return true;
  }

  struct Triple {
    double depth, x, y;
  };
  struct Level {
    std::vector<std::uint32_t> order;
    std::vector<double> sorted, limited;
  };
  std::vector<std::pair<double, double>> pairs_;
  std::vector<Triple> triples_;
  Staircase stairs_;
  std::vector<Level> levels_;
};

/// The depths below the reference of the rows that are strictly below it in each objective.
inline void depths(std::span<const double> rows, std::span<const double> reference, std::vector<double>& out) {
  const std::size_t m = reference.size();
  out.clear();
  for (std::size_t i = 0; i + m <= rows.size(); i += m) {
    bool inside = true;
    for (std::size_t j = 0; j < m; ++j) inside = inside && rows[i + j] < reference[j];
    for (std::size_t j = 0; inside && j < m; ++j) out.push_back(reference[j] - rows[i + j]);
  }
}

inline void check_reference(std::span<const double> rows, std::span<const double> reference) {
  require(!reference.empty(), "reference", reference.size(), "must have a number per objective");
  require(rows.size() % reference.size() == 0, "rows", rows.size(), "must be a multiple of the objectives");
}

}  // namespace detail

/// The volume that `rows` (n × m, row after row, minimised) dominate below the reference point (Zitzler, Thiele 1998,
/// "Multiobjective optimization using evolutionary algorithms"); rows that are not below it in each objective add nothing.
///
/// Exact: by sweeps in O(n log n) for up to three objectives, by WFG for more, whose time grows fast with m. Throws
/// `std::invalid_argument` for sizes that do not fit.
[[nodiscard]] inline double hypervolume(std::span<const double> rows, std::span<const double> reference) {
  detail::check_reference(rows, reference);
  std::vector<double> points;
  detail::depths(rows, reference, points);
  return detail::HypervolumeSweep{}(points, reference.size());
}

/// What each row adds to the hypervolume of all of them, 0 for one that is dominated, doubled or not below the reference: its box
/// less what the others cover of it. n hypervolumes. Throws as `hypervolume`.
[[nodiscard]] inline std::vector<double> hypervolume_contributions(std::span<const double> rows,
                                                                   std::span<const double> reference) {
  detail::check_reference(rows, reference);
  const std::size_t m = reference.size(), n = rows.size() / m;
  std::vector<double> out(n, 0), covered, points;
  detail::HypervolumeSweep sweep;
  for (std::size_t i = 0; i < n; ++i) {
    double box = 1;
    for (std::size_t j = 0; j < m; ++j) box *= std::max(0.0, reference[j] - rows[i * m + j]);
    if (box == 0) continue;
    covered.clear();
    for (std::size_t k = 0; k < n; ++k) {
      for (std::size_t j = 0; k != i && j < m; ++j) covered.push_back(std::max(rows[k * m + j], rows[i * m + j]));
    }
    detail::depths(covered, reference, points);
    out[i] = std::max(0.0, box - sweep(points, m));
  }
  return out;
}

}  // namespace kilter::genetic
