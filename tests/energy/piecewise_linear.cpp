#include "kilter/energy/piecewise_linear.hpp"

#include <limits>

#include "catch.hpp"
#include "kilter/core/rng.hpp"
#include "refused.hpp"

using namespace kilter;
using namespace kilter::energy;
using kilter::test::WithinAbs;

namespace {
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double inf = std::numeric_limits<double>::infinity();

std::vector<Knot> random_knots(Rng& rng, std::size_t n) {
  std::vector<Knot> knots;
  double x = rng.uniform(-5, 5);
  for (std::size_t i = 0; i < n; ++i, x += rng.uniform(0.1, 2)) knots.push_back({x, rng.normal(0, 10)});
  return knots;
}
}  // namespace

TEST_CASE("a piecewise linear curve goes through its knots and is straight between them") {
  const PiecewiseLinear f{{{0, 1}, {2, 5}, {3, 4}}};
  CHECK(f.value(0) == 1);
  CHECK(f.value(2) == 5);
  CHECK(f.value(3) == 4);
  CHECK_THAT(f.value(0.5), WithinAbs(2, 1e-15));
  CHECK_THAT(f.value(2.75), WithinAbs(4.25, 1e-15));
  CHECK(f.derivative(0) == 2);
  CHECK(f.derivative(1.999) == 2);
  CHECK(f.derivative(2) == -1);
  CHECK(std::isnan(f.value(not_a_number)));
  CHECK(std::isnan(f.derivative(not_a_number)));
}

TEST_CASE("ends are clamped or extrapolated") {
  const std::vector<Knot> knots{{0, 1}, {2, 5}, {3, 4}};
  const PiecewiseLinear clamped{knots}, extended{knots, Ends::extrapolate};
  CHECK(clamped.value(-10) == 1);
  CHECK(clamped.value(10) == 4);
  CHECK(clamped.value(inf) == 4);
  CHECK(clamped.derivative(-1) == 0);
  CHECK(clamped.derivative(3) == 0);
  CHECK(extended.value(-10) == -19);
  CHECK(extended.value(10) == -3);
  CHECK(extended.derivative(-1) == 2);
  CHECK(extended.derivative(3) == -1);
}

TEST_CASE("one knot is a constant and the default is zero") {
  const PiecewiseLinear f{{{1, 7}}, Ends::extrapolate};
  CHECK(f.value(-3) == 7);
  CHECK(f.value(1) == 7);
  CHECK(f.derivative(5) == 0);
  CHECK(f.segments().empty());
  CHECK(f.is_convex());
  CHECK(f.is_concave());
  CHECK(PiecewiseLinear{}.value(3) == 0);
}

TEST_CASE("bad knots are refused by name") {
  CHECK_REFUSED((PiecewiseLinear(std::vector<Knot>{})), "knots");
  CHECK_REFUSED((PiecewiseLinear({{0, 0}, {0, 1}})), "x of a knot = 0");
  CHECK_REFUSED((PiecewiseLinear({{1, 0}, {0, 1}})), "larger");
  CHECK_THROWS_AS(PiecewiseLinear({{0, 0}, {not_a_number, 1}}), std::invalid_argument);
  CHECK_REFUSED((PiecewiseLinear({{0, 0}, {1, not_a_number}})), "y of a knot");
  CHECK_THROWS_AS(PiecewiseLinear({{0, 0}, {inf, 1}}), std::invalid_argument);
  CHECK_THROWS_AS(lower_convex_hull(std::vector<Knot>{{0, not_a_number}}), std::invalid_argument);
}

TEST_CASE("convexity is recognised, also with rounded slopes") {
  CHECK(PiecewiseLinear({{0, 0}, {1, 1}, {2, 4}}).is_convex());
  CHECK_FALSE(PiecewiseLinear({{0, 0}, {1, 1}, {2, 4}}).is_concave());
  CHECK(PiecewiseLinear({{0, 0}, {1, 3}, {2, 4}}).is_concave());
  CHECK_FALSE(PiecewiseLinear({{0, 0}, {1, 3}, {2, 4}}).is_convex());
  std::vector<Knot> line;
  for (int i = 0; i < 30; ++i) line.push_back({0.1 * i, 100 + 0.3 * (0.1 * i)});
  CHECK(PiecewiseLinear(line).is_convex());
  CHECK(PiecewiseLinear(line).is_concave());
}

TEST_CASE("segments describe the curve; convex ones are the largest of their lines") {
  Rng rng{7};
  for (int round = 0; round < 200; ++round) {
    const PiecewiseLinear f{random_knots(rng, 2 + rng.index(8)), Ends::extrapolate};
    const auto hull = lower_convex_hull(f.knots());
    const PiecewiseLinear g{hull, Ends::extrapolate};
    const auto f_segments = f.segments(), g_segments = g.segments();
    REQUIRE(f_segments.size() + 1 == f.knots().size());
    for (int i = 0; i < 20; ++i) {
      const double x = rng.uniform(f.knots().front().x, f.knots().back().x);
      double largest = -inf;
      for (const Segment& s : g_segments) largest = std::max(largest, s.intercept + s.slope * x);
      CHECK_THAT(g.value(x), WithinAbs(largest, 1e-9));
      for (const Segment& s : f_segments) {
        if (x >= s.from && x <= s.to) {
          CHECK_THAT(f.value(x), WithinAbs(s.intercept + s.slope * x, 1e-9));
          CHECK_THAT(f.derivative(x), WithinAbs(s.slope, 1e-9));
        }
      }
    }
  }
}

TEST_CASE("the lower convex hull is convex, below every point, and made of points") {
  Rng rng{11};
  for (int round = 0; round < 300; ++round) {
    std::vector<Knot> points;
    const std::size_t n = 1 + rng.index(20);
    for (std::size_t i = 0; i < n; ++i) {  // a small grid: many equal x and collinear points
      points.push_back({static_cast<double>(rng.index(6)), static_cast<double>(rng.index(6))});
    }
    const PiecewiseLinear hull{lower_convex_hull(points)};
    CHECK(hull.is_convex());
    for (const Knot& p : points) CHECK(hull.value(p.x) <= p.y + 1e-12);
    for (const Knot& k : hull.knots()) CHECK(std::find(points.begin(), points.end(), k) != points.end());
  }
  CHECK(lower_convex_hull({}).empty());
  CHECK(lower_convex_hull(std::vector<Knot>{{0, 0}, {1, 1}, {2, 2}}).size() == 2);
}
