#pragma once
/// @file
/// Reference points of Das and Dennis, and survival by them, as in NSGA-III.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/rng.hpp"
#include "kilter/genetic/pareto.hpp"

namespace kilter::genetic {

/// How many points `das_dennis` makes: C(divisions + m − 1, m − 1).
[[nodiscard]] inline std::size_t das_dennis_count(std::size_t objectives, std::size_t divisions) {
  require(objectives > 0, "objectives", objectives, "must be positive");
  std::size_t count = 1;
  for (std::size_t k = 1; k < objectives; ++k) count = count * (divisions + k) / k;
  return count;
}

namespace detail {
inline void das_dennis(std::size_t j, std::size_t left, std::size_t divisions, std::vector<double>& point,
                       std::vector<double>& out) {
  const auto share = [&](std::size_t parts) {
    return divisions == 0 ? 0 : static_cast<double>(parts) / static_cast<double>(divisions);
  };
  if (j + 1 == point.size()) {
    point[j] = share(left);
    out.insert(out.end(), point.begin(), point.end());
    return;
  }
  for (std::size_t k = 0; k <= left; ++k) {
    point[j] = share(k);
    das_dennis(j + 1, left - k, divisions, point, out);
  }
}
}  // namespace detail

/// The points of the unit simplex whose coordinates are multiples of 1/`divisions`, row after row (Das, Dennis 1998,
/// "Normal-boundary intersection"). Throws `std::invalid_argument` for no objective or no division.
[[nodiscard]] inline std::vector<double> das_dennis(std::size_t objectives, std::size_t divisions) {
  require(objectives > 0, "objectives", objectives, "must be positive");
  require(divisions > 0, "divisions", divisions, "must be positive");
  std::vector<double> point(objectives), out;
  out.reserve(objectives * das_dennis_count(objectives, divisions));
  detail::das_dennis(0, divisions, divisions, point, out);
  return out;
}

/// As many points of `das_dennis` as `population` has room for, at least its corners.
[[nodiscard]] inline std::vector<double> reference_points(std::size_t objectives, std::size_t population) {
  if (objectives == 1) return {1};
  std::size_t divisions = 1;
  while (das_dennis_count(objectives, divisions + 1) <= population) ++divisions;
  return das_dennis(objectives, divisions);
}

/// Who survives in NSGA-III (Deb, Jain 2014, "An evolutionary many-objective optimization algorithm using reference-point-based
/// nondominated sorting approach, part I"): whole fronts while they fit, of the next one those whose reference lines have the
/// fewest survivors. Remembers the ideal and the extreme points from call to call. O(n h m) for h reference points.
class ReferencePointSurvival {
 public:
  /// `points`: h × m numbers ≥ 0, each row with a positive sum. Throws `std::invalid_argument` otherwise.
  ReferencePointSurvival(std::vector<double> points, std::size_t objectives) : points_(std::move(points)), m_(objectives) {
    require(m_ > 0, "objectives", m_, "must be positive");
    require(!points_.empty() && points_.size() % m_ == 0, "points", points_.size(),
            "must be a positive multiple of the objectives");
    for (std::size_t h = 0; h < points_.size(); h += m_) {
      double square = 0;
      for (std::size_t j = 0; j < m_; ++j) {
        require(points_[h + j] >= 0, "points", points_[h + j], "must not be negative");
        square += points_[h + j] * points_[h + j];
      }
      require(square > 0 && std::isfinite(square), "points", square, "must not lie in the origin");
      for (std::size_t j = 0; j < m_; ++j) points_[h + j] /= std::sqrt(square);
    }
    ideal_.assign(m_, std::numeric_limits<double>::infinity());
    scale_.assign(m_, 1);
  }

  /// Chooses `keep` ≤ n of the rows; see `NonDominatedSort` for the arguments.
  void operator()(std::span<const double> rows, std::size_t objectives, std::span<const double> violations, std::size_t keep,
                  Rng& rng) {
    require(objectives == m_, "objectives", objectives, "must be those of the reference points");
    sort_(rows, objectives, violations);
    violations_ = violations;
    kept_.clear();
    for (std::size_t k = 0; k < sort_.fronts() && kept_.size() < keep; ++k) {
      const auto front = sort_.front(k);
      const std::size_t whole = kept_.size();
      kept_.insert(kept_.end(), front.begin(), front.end());
      if (k == 0) normalise(rows, front);
      if (kept_.size() > keep) fill(rows, whole, keep, rng);
    }
  }

  /// The survivors, front after front.
  [[nodiscard]] std::span<const std::uint32_t> kept() const { return kept_; }
  /// True when row `a` wins a tournament against row `b`: only who violates less does, the lines need no other pressure.
  [[nodiscard]] bool wins(std::uint32_t a, std::uint32_t b) const {
    return !violations_.empty() && violations_[a] < violations_[b];
  }
  /// The fronts of all rows of the last call.
  [[nodiscard]] const NonDominatedSort& sort() const { return sort_; }
  /// The best value of each objective so far.
  [[nodiscard]] std::span<const double> ideal() const { return ideal_; }

 private:
  /// The ideal point, the extreme points by the achievement function (eq. 4) and the intercepts of the plane through them.
  void normalise(std::span<const double> rows, std::span<const std::uint32_t> front) {
    for (const std::uint32_t r : front) {
      for (std::size_t j = 0; j < m_; ++j) ideal_[j] = std::min(ideal_[j], rows[r * m_ + j]);
    }
    find_extremes(rows, front);
    nadir_.assign(m_, -std::numeric_limits<double>::infinity());
    for (const std::uint32_t r : front) {
      for (std::size_t j = 0; j < m_; ++j) nadir_[j] = std::max(nadir_[j], rows[r * m_ + j]);
    }
    const bool plane = intercepts();
    for (std::size_t j = 0; j < m_; ++j) {
      if (!plane) scale_[j] = nadir_[j] - ideal_[j];
      if (!(scale_[j] > 1e-12) || !std::isfinite(scale_[j])) scale_[j] = 1;
    }
  }

  void find_extremes(std::span<const double> rows, std::span<const std::uint32_t> front) {
    const bool had = !extremes_.empty();
    if (!had) extremes_.assign(m_ * m_, std::numeric_limits<double>::infinity());
    for (std::size_t axis = 0; axis < m_; ++axis) {
      const std::span<double> extreme = std::span{extremes_}.subspan(axis * m_, m_);
      double best = had ? achievement(extreme, axis) : std::numeric_limits<double>::infinity();
      for (const std::uint32_t r : front) {
        const auto row = rows.subspan(r * m_, m_);
        const double value = achievement(row, axis);
        if (value < best) {
          best = value;
          std::copy(row.begin(), row.end(), extreme.begin());
        }
      }
    }
  }

  /// How far a point is from the axis: the largest coordinate, those across the axis counting a million times.
  [[nodiscard]] double achievement(std::span<const double> row, std::size_t axis) const {
    double worst = 0;
    for (std::size_t j = 0; j < m_; ++j) worst = std::max(worst, (row[j] - ideal_[j]) * (j == axis ? 1 : 1e6));
    return worst;
  }

  /// Where the plane through the extreme points meets the axes, to `scale_`; false where there is no such plane or it lies beyond
  /// the front.
  bool intercepts() {
    matrix_.resize(m_ * (m_ + 1));
    for (std::size_t i = 0; i < m_; ++i) {
      for (std::size_t j = 0; j < m_; ++j) matrix_[i * (m_ + 1) + j] = extremes_[i * m_ + j] - ideal_[j];
      matrix_[i * (m_ + 1) + m_] = 1;
    }
    if (!eliminate()) return false;
    for (std::size_t j = 0; j < m_; ++j) {
      const double cut = 1 / matrix_[j * (m_ + 1) + m_];
      if (!(cut > 1e-6) || cut > nadir_[j] - ideal_[j] + 1e-9) return false;
      scale_[j] = cut;
    }
    return true;
  }

  /// Gauss–Jordan with row pivoting; false when the matrix is singular to working precision.
  bool eliminate() {
    const std::size_t width = m_ + 1;
    for (std::size_t c = 0; c < m_; ++c) {
      std::size_t pivot = c;
      for (std::size_t i = c + 1; i < m_; ++i) {
        if (std::abs(matrix_[i * width + c]) > std::abs(matrix_[pivot * width + c])) pivot = i;
      }
      if (!(std::abs(matrix_[pivot * width + c]) > 1e-12)) return false;
      for (std::size_t j = 0; j < width; ++j) std::swap(matrix_[pivot * width + j], matrix_[c * width + j]);
      for (std::size_t j = width; j-- > c;) matrix_[c * width + j] /= matrix_[c * width + c];
      for (std::size_t i = 0; i < m_; ++i) {
        const double factor = matrix_[i * width + c];
        for (std::size_t j = c; i != c && j < width; ++j) matrix_[i * width + j] -= factor * matrix_[c * width + j];
      }
    }
    return true;
  }

  /// Cuts the last front, `kept_` from `whole` on, down to what `keep` leaves room for.
  void fill(std::span<const double> rows, std::size_t whole, std::size_t keep, Rng& rng) {
    last_.assign(kept_.begin() + static_cast<std::ptrdiff_t>(whole), kept_.end());
    niche_.assign(points_.size() / m_, 0);
    kept_.resize(whole);
    for (const std::uint32_t r : kept_) ++niche_[associate(rows, r).first];
    candidates_.clear();
    for (const std::uint32_t r : last_) {
      const auto [line, distance] = associate(rows, r);
      candidates_.push_back({line, distance, r});
    }
    std::sort(candidates_.begin(), candidates_.end(), [](const Candidate& a, const Candidate& b) {
      if (a.line != b.line) return a.line < b.line;
      return a.distance != b.distance ? a.distance < b.distance : a.row < b.row;
    });
    open_lines();
    while (kept_.size() < keep) take_one(rng);
  }

  /// The lines that have candidates, each with its share of the sorted candidates.
  void open_lines() {
    lines_.clear();
    for (std::uint32_t i = 0; i < candidates_.size(); ++i) {
      if (lines_.empty() || candidates_[i].line != lines_.back().line) lines_.push_back({candidates_[i].line, i, i});
      lines_.back().last = i + 1;
    }
  }

  /// The niching step (algorithm 4): of the lines with the fewest survivors a random one takes its nearest candidate if it has no
  /// survivor yet, else a random candidate.
  void take_one(Rng& rng) {
    std::uint32_t fewest = ~std::uint32_t{0};
    for (const Line& l : lines_) fewest = std::min(fewest, niche_[l.line]);
    least_.clear();
    for (std::uint32_t i = 0; i < lines_.size(); ++i) {
      if (niche_[lines_[i].line] == fewest) least_.push_back(i);
    }
    const std::uint32_t chosen = least_[rng.index(least_.size())];
    Line& line = lines_[chosen];
    const std::size_t pick = fewest == 0 ? line.first : line.first + rng.index(line.last - line.first);
    kept_.push_back(candidates_[pick].row);
    ++niche_[line.line];
    for (std::size_t i = pick; i > line.first; --i) candidates_[i] = candidates_[i - 1];  // the order by distance stays
    if (++line.first == line.last) lines_.erase(lines_.begin() + chosen);
  }

  /// The reference line nearest to a row, and how near.
  [[nodiscard]] std::pair<std::uint32_t, double> associate(std::span<const double> rows, std::uint32_t r) {
    point_.resize(m_);
    double square = 0;
    for (std::size_t j = 0; j < m_; ++j) {
      point_[j] = (rows[r * m_ + j] - ideal_[j]) / scale_[j];
      square += point_[j] * point_[j];
    }
    std::size_t best = 0;
    double longest = -std::numeric_limits<double>::infinity();
    for (std::size_t h = 0; h < points_.size(); h += m_) {  // the nearest line is that of the longest projection
      double projection = 0;
      for (std::size_t j = 0; j < m_; ++j) projection += points_[h + j] * point_[j];
      if (projection > longest) {
        longest = projection;
        best = h / m_;
      }
    }
    const double distance = square - longest * longest;  // not a number where an objective is infinite: farthest then
    return {static_cast<std::uint32_t>(best), std::isfinite(distance) ? distance : std::numeric_limits<double>::infinity()};
  }

  struct Candidate {
    std::uint32_t line;
    double distance;
    std::uint32_t row;
  };
  struct Line {
    std::uint32_t line, first, last;
  };

  std::vector<double> points_;
  std::size_t m_;
  NonDominatedSort sort_;
  std::span<const double> violations_{};
  std::vector<double> ideal_, nadir_, scale_, extremes_, matrix_, point_;
  std::vector<std::uint32_t> kept_, last_, niche_, least_;
  std::vector<Candidate> candidates_;
  std::vector<Line> lines_;
};

}  // namespace kilter::genetic
