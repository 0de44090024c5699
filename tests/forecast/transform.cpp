#include "kilter/forecast/transform.hpp"

#include "catch.hpp"
#include "kilter/core/rng.hpp"

using namespace kilter;
using namespace kilter::forecast;
using kilter::test::WithinAbs;
using kilter::test::WithinRel;

namespace {
const std::vector<Transform> all{Transform::none(),       Transform::log1p(),       Transform::sqrt(),
                                 Transform::box_cox(0),   Transform::box_cox(0.25), Transform::box_cox(-0.5),
                                 Transform::box_cox(1.5), Transform::box_cox(1e-9)};
}

TEST_CASE("every transform is undone by its inverse and increases") {
  for (const Transform& t : all) {
    double last = -1e300;
    for (const double y : {1e-6, 0.01, 0.5, 1.0, 3.0, 77.0, 1e6}) {
      const double z = t.forward(y);
      CHECK(z > last);
      last = z;
      CHECK_THAT(t.inverse(z), WithinRel(y, 1e-7));
    }
  }
  CHECK_THAT(Transform::box_cox(1e-9).forward(7), WithinRel(std::log(7.0), 1e-8));
  CHECK(Transform::sqrt().inverse(-3) == 0);
  CHECK(Transform::box_cox(0.5).inverse(-9) == 0);
  CHECK(Transform::log1p().inverse(1e5) == Transform::largest());
  CHECK(Transform::box_cox(-0.5).inverse(3) == Transform::largest());
}

TEST_CASE("domains are what they say") {
  CHECK(Transform::log1p().accepts(0));
  CHECK_FALSE(Transform::log1p().accepts(-1));
  CHECK_FALSE(Transform::sqrt().accepts(-1e-9));
  CHECK(Transform::box_cox(0.5).accepts(0));
  CHECK_FALSE(Transform::box_cox(0).accepts(0));
}

TEST_CASE("means carried back agree with simulation and quantiles with the map") {
  Rng rng{5};
  for (const Transform& t : all) {
    const double mean = t.forward(20), deviation = 0.1 * (t.forward(30) - t.forward(10)) + 1e-3;
    double sum = 0, square = 0;
    const int n = 200000;
    for (int i = 0; i < n; ++i) {
      const double y = t.inverse(rng.normal(mean, deviation));
      sum += y;
      square += y * y;
    }
    const double simulated = sum / n, error = std::sqrt((square / n - simulated * simulated) / n);
    CHECK_THAT(t.inverse_mean(mean, deviation), WithinAbs(simulated, 4 * error));
    const std::vector<double> d{deviation};
    const Forecast f = back_transform(t, {}, units::h, {mean}, d);
    CHECK_THAT(f.quantile(0.9, 0), WithinRel(t.inverse(mean + deviation * normal_quantile(0.9)), 1e-13));
    CHECK(f.mean[0] == t.inverse_mean(mean, deviation));
  }
  CHECK_THAT(Transform::box_cox(0).inverse_mean(1, 0.5), WithinRel(std::exp(1.125), 1e-14));
  CHECK_THAT(Transform::sqrt().inverse_mean(10, 0.5), WithinRel(100.25, 1e-14));
  CHECK_THAT(Transform::sqrt().inverse_mean(0, 1), WithinRel(0.5, 1e-14));
  CHECK_THAT(Transform::box_cox(0.5).inverse_mean(8, 0.5), WithinRel(25 + 0.25 * 0.25, 1e-10));  // ((z/2 + 1)²) of a normal
}
