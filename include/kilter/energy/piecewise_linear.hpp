#pragma once
/// @file
/// `PiecewiseLinear`: a function through sorted knots, with what a linear program needs of it (slopes, intercepts, convexity).

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"

namespace kilter::energy {

/// A point that a curve goes through.
struct Knot {
  double x = 0;
  double y = 0;

  friend constexpr bool operator==(Knot, Knot) = default;
};

/// One straight piece, `y = intercept + slope x` for `from <= x <= to`.
struct Segment {
  double from = 0;
  double to = 0;
  double slope = 0;
  double intercept = 0;
};

/// What a curve does outside its knots: keep the value of the end knot, or go on with the slope of the end piece.
enum class Ends : std::uint8_t { clamp, extrapolate };

/// A continuous function, linear between knots whose `x` strictly increase.
///
/// One knot makes a constant. Refuses an empty list, values that are not finite, and an `x` that is not larger than the one before
/// it. Convexity and concavity are those of the part between the first and the last knot, up to a rounding of 1e-12 of the largest
/// slope.
class PiecewiseLinear {
 public:
  /// The constant 0.
  PiecewiseLinear() : PiecewiseLinear(std::vector<Knot>{Knot{}}) {}

  explicit PiecewiseLinear(std::vector<Knot> knots, Ends ends = Ends::clamp) : knots_(std::move(knots)), ends_(ends) {
    require(!knots_.empty(), "knots", knots_.size(), "must not be empty");
    for (std::size_t i = 0; i < knots_.size(); ++i) {
      require_finite("x of a knot", knots_[i].x);
      require_finite("y of a knot", knots_[i].y);
      require(i == 0 || knots_[i - 1].x < knots_[i].x, "x of a knot", knots_[i].x,
              "must be larger than the x of the knot before it");
    }
    classify();
  }

  /// The value at `x`, O(log knots); NaN at NaN.
  [[nodiscard]] double value(double x) const {
    if (std::isnan(x)) return x;
    if (x <= knots_.front().x) return beyond(knots_.front(), x, left_slope());
    if (x >= knots_.back().x) return beyond(knots_.back(), x, right_slope());
    const std::size_t i = piece_of(x);
    // Between two knots the weighted mean is exact at both ends and never leaves the range of the two values.
    const double t = (x - knots_[i].x) / (knots_[i + 1].x - knots_[i].x);
    return (1 - t) * knots_[i].y + t * knots_[i + 1].y;
  }

  /// The slope just right of `x`, O(log knots): 0 outside clamped ends, so also at the last knot.
  [[nodiscard]] double derivative(double x) const {
    if (std::isnan(x)) return x;
    if (x < knots_.front().x) return left_slope();
    if (x >= knots_.back().x) return right_slope();
    return slope(piece_of(x));
  }

  [[nodiscard]] bool is_convex() const { return convex_; }
  [[nodiscard]] bool is_concave() const { return concave_; }
  [[nodiscard]] Ends ends() const { return ends_; }
  [[nodiscard]] std::span<const Knot> knots() const { return knots_; }

  /// The pieces from left to right (none for one knot). A convex curve is the largest of their lines, a concave one the smallest.
  [[nodiscard]] std::vector<Segment> segments() const {
    std::vector<Segment> out;
    for (std::size_t i = 0; i + 1 < knots_.size(); ++i) {
      out.push_back({knots_[i].x, knots_[i + 1].x, slope(i), knots_[i].y - slope(i) * knots_[i].x});
    }
    return out;
  }

 private:
  /// A flat end stays flat at infinity, where 0 times the distance would be NaN.
  [[nodiscard]] static double beyond(const Knot& end, double x, double slope) {
    return slope == 0 ? end.y : end.y + (x - end.x) * slope;
  }

  [[nodiscard]] double slope(std::size_t i) const { return (knots_[i + 1].y - knots_[i].y) / (knots_[i + 1].x - knots_[i].x); }
  [[nodiscard]] double left_slope() const { return ends_ == Ends::clamp || knots_.size() < 2 ? 0 : slope(0); }
  [[nodiscard]] double right_slope() const { return ends_ == Ends::clamp || knots_.size() < 2 ? 0 : slope(knots_.size() - 2); }

  /// The piece that holds an `x` inside the knots.
  [[nodiscard]] std::size_t piece_of(double x) const {
    const auto after = std::upper_bound(knots_.begin(), knots_.end(), x, [](double v, const Knot& k) { return v < k.x; });
    return static_cast<std::size_t>(after - knots_.begin()) - 1;
  }

  void classify() {
    const std::vector<Segment> pieces = segments();
    double largest = 0;
    for (const Segment& piece : pieces) largest = std::max(largest, std::abs(piece.slope));
    for (std::size_t i = 1; i < pieces.size(); ++i) {
      const double bend = pieces[i].slope - pieces[i - 1].slope;
      if (bend < -1e-12 * largest) convex_ = false;
      if (bend > 1e-12 * largest) concave_ = false;
    }
  }

  std::vector<Knot> knots_;
  Ends ends_;
  bool convex_ = true;
  bool concave_ = true;
};

/// The lower convex hull of points in any order, from left to right: the largest convex function below all of them (monotone chain,
/// Andrew 1979). Points on a straight edge are dropped. Refuses values that are not finite. O(n log n).
[[nodiscard]] inline std::vector<Knot> lower_convex_hull(std::span<const Knot> points) {
  std::vector<Knot> sorted(points.begin(), points.end());
  for (const Knot& p : sorted) {
    require_finite("x of a point", p.x);
    require_finite("y of a point", p.y);
  }
  std::sort(sorted.begin(), sorted.end(), [](Knot a, Knot b) { return a.x < b.x || (a.x == b.x && a.y < b.y); });
  std::vector<Knot> hull;
  for (const Knot& p : sorted) {
    if (!hull.empty() && hull.back().x == p.x) continue;  // the lowest of equal x came first
    const auto turns_up = [&] {
      const Knot a = hull[hull.size() - 2], b = hull.back();
      return (b.x - a.x) * (p.y - a.y) - (b.y - a.y) * (p.x - a.x) > 0;
    };
    while (hull.size() >= 2 && !turns_up()) hull.pop_back();
    hull.push_back(p);
  }
  return hull;
}

}  // namespace kilter::energy
