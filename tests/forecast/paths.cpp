#include "kilter/forecast/paths.hpp"

#include <algorithm>
#include <array>

#include "catch.hpp"
#include "data.hpp"
#include "kilter/forecast/baseline.hpp"

using namespace kilter;
using namespace kilter::forecast;
using kilter::test::WithinAbs;
using kilter::test::WithinRel;

namespace {

Series random_walk(std::size_t n, double drift, Rng& rng) {
  Series y{Time{7200}, units::h, {}};
  double level = 100;
  for (std::size_t t = 0; t < n; ++t) y.values.push_back(level += drift + rng.normal());
  return y;
}

/// The share of fresh paths of the same model that lie inside of a band from others.
template <class Fitted>
double share_inside(const Fitted& fit, std::size_t horizon, double level, Rng& rng) {
  const Band band = simultaneous_band(fit.simulate(horizon, 4000, rng), level);
  const Paths fresh = fit.simulate(horizon, 4000, rng);
  std::size_t inside = 0;
  for (std::size_t k = 0; k < fresh.count; ++k) inside += band.contains(fresh.path(k)) ? 1U : 0U;
  return static_cast<double>(inside) / 4000;
}

/// Mean and quantiles over many paths against those of the forecast, in units of the deviation at each step.
template <class Fitted>
void check_paths_follow(const Fitted& fit, std::size_t horizon, Rng& rng) {
  const Forecast drawn = pointwise(fit.simulate(horizon, 20000, rng)), exact = fit.forecast(horizon);
  CHECK(drawn.start == exact.start);
  CHECK(drawn.step == exact.step);
  CHECK(drawn.levels == exact.levels);
  for (std::size_t h = 0; h < horizon; ++h) {
    const double deviation = std::abs(exact.quantile(normal_cdf(1), h) - exact.mean[h]);
    CHECK_THAT((drawn.mean[h] - exact.mean[h]) / deviation, WithinAbs(0, 0.03));
    for (const double level : {.05, .3, .5, .9, .975}) {
      CHECK_THAT((drawn.quantile(level, h) - exact.quantile(level, h)) / deviation, WithinAbs(0, 0.08));
    }
  }
}

}  // namespace

TEST_CASE("paths of the baselines have the mean and the quantiles of their forecasts at every step") {
  Rng rng{1};
  const Series y = random_walk(30, 0.5, rng);
  check_paths_follow(Naive{}.fit(y), 6, rng);
  check_paths_follow(SeasonalNaive{4}.fit(y), 11, rng);
  check_paths_follow(Drift{}.fit(y), 40, rng);  // as long as the history: the error of the drift is half of it
  check_paths_follow(Mean{}.fit(y), 3, rng);
  Series gap = y;
  gap.values.back() = gap.values[27] = missing;
  check_paths_follow(Naive{}.fit(gap), 3, rng);
  check_paths_follow(SeasonalNaive{3}.fit(gap), 7, rng);
  check_paths_follow(Drift{}.fit(gap), 7, rng);
}

TEST_CASE("a joint band holds whole fresh paths at its level, and a pointwise interval does not") {
  Rng rng{2};
  const Series y = random_walk(60, 0.2, rng);
  for (const double level : {.5, .8, .95}) {
    CHECK_THAT(share_inside(Naive{}.fit(y), 24, level, rng), WithinAbs(level, 0.025));
    CHECK_THAT(share_inside(SeasonalNaive{12}.fit(y), 24, level, rng), WithinAbs(level, 0.025));
    CHECK_THAT(share_inside(Drift{}.fit(y), 24, level, rng), WithinAbs(level, 0.025));
    CHECK_THAT(share_inside(Mean{}.fit(y), 24, level, rng), WithinAbs(level, 0.025));
  }
  const Paths paths = SeasonalNaive{12}.fit(y).simulate(24, 4000, rng);
  const Forecast steps = pointwise(paths);
  const Band joint = simultaneous_band(paths, 0.9);
  const Band alone{steps.start, steps.step, steps.quantile_series(.05).values, steps.quantile_series(.95).values};
  std::size_t inside = 0;
  for (std::size_t k = 0; k < paths.count; ++k) inside += alone.contains(paths.path(k)) ? 1U : 0U;
  CHECK(inside < 1000);
  for (std::size_t h = 0; h < 24; ++h) {
    CHECK(joint.lower[h] < alone.lower[h]);
    CHECK(joint.upper[h] > alone.upper[h]);
  }
}

TEST_CASE("a joint band of independent steps has the width of Sidak's correction, and of one step that of the interval") {
  Rng rng{3};
  Paths paths{{}, units::h, 10, 40000, {}};
  for (std::size_t i = 0; i < 400000; ++i) paths.values.push_back(rng.normal(50, 3));
  for (const double level : {.6, .9, .95}) {
    const Band band = simultaneous_band(paths, level);
    const double factor = normal_quantile((1 + std::pow(level, 0.1)) / 2);
    for (std::size_t h = 0; h < 10; ++h) CHECK_THAT(band.upper[h], WithinAbs(50 + 3 * factor, 0.15));
    const Band one = simultaneous_band(Paths{{}, units::h, 1, 400000, paths.values}, level);
    CHECK_THAT(one.lower[0], WithinAbs(50 - 3 * normal_quantile((1 + level) / 2), 0.03));
    CHECK_THAT(one.upper[0] + one.lower[0], WithinAbs(100, 0.02));
  }
}

TEST_CASE("a joint band holds at least the promised share of the very paths it was made from, however few") {
  Rng rng{4};
  for (int run = 0; run < 200; ++run) {
    Paths paths{{}, units::h, 1 + rng.index(6), 1 + rng.index(12), {}};
    for (std::size_t i = 0; i < paths.horizon * paths.count; ++i) paths.values.push_back(rng.normal() + 10 * rng.normal());
    const double level = rng.uniform(0.05, 0.95);
    Band band = simultaneous_band(paths, level);
    std::size_t inside = 0;
    for (double& v : band.lower) v -= 1e-9;  // the path that sets the width lies on the edge
    for (double& v : band.upper) v += 1e-9;
    for (std::size_t k = 0; k < paths.count; ++k) inside += band.contains(paths.path(k)) ? 1U : 0U;
    CHECK(static_cast<double>(inside) >= level * static_cast<double>(paths.count));
  }
}

TEST_CASE("the peak of a random walk follows the reflection principle") {
  Rng rng{5};
  const FittedWalk walk{.status = Status::feasible, .sigma = 2, .last = {10}, .age = {0}};
  const Paths paths = walk.simulate(400, 20000, rng);
  for (const double level : {.5, .8, .95}) {
    // P(max of a Brownian path > b) = 2 P(its end > b); looking only at whole steps lowers it by 0.5826 deviations (Siegmund 1979).
    const double expected = 10 + 2 * (std::sqrt(400.0) * normal_quantile((1 + level) / 2) - 0.5826);
    CHECK_THAT(peak(paths, level), WithinRel(expected, 0.03));
    CHECK(peak(paths, level) > pointwise(paths).quantile(level, 399));
  }
}

TEST_CASE("peak, total and pointwise quantiles of a handful of paths are what one reads off") {
  const Paths paths{Time{60}, 2 * units::h, 2, 3, {1, 5, 4, 2, 0, 9}};
  CHECK(peak(paths, 0.5) == 5);
  CHECK_THAT(peak(paths, 0.75), WithinRel(7, 1e-15));
  CHECK(total(paths, 0.5) == 6);
  CHECK_THAT(total(paths, 0.9), WithinRel(6 + 0.8 * 3, 1e-14));
  const Forecast f = pointwise(paths, {.25, .5});
  CHECK(f.start == Time{60});
  CHECK(f.step == 2 * units::h);
  CHECK_THAT(f.mean[1], WithinRel(16 / 3.0, 1e-15));
  CHECK(f.quantiles == std::vector<double>{0.5, 3.5, 1, 5});
  const Paths single{{}, units::h, 2, 1, {3, 4}};
  CHECK(pointwise(single, {.1, .9}).quantiles == std::vector<double>{3, 4, 3, 4});
  CHECK(simultaneous_band(single, 0.9).upper == std::vector<double>{3, 4});
}

TEST_CASE("the total of a random walk has its closed-form deviation") {
  Rng rng{6};
  const FittedWalk walk{.status = Status::feasible, .sigma = 1, .last = {0}, .age = {0}};
  // Var Σ S_h = Σ k² over k = 1 … 24
  CHECK_THAT(total(walk.simulate(24, 40000, rng), 0.9), WithinRel(normal_quantile(0.9) * std::sqrt(24 * 25 * 49 / 6.0), 0.03));
}

TEST_CASE("paths without spread give a band without width, and paths that are missing give nothing else") {
  Rng rng{7};
  const Series flat{{}, units::h, std::vector<double>(20, 4.0)};
  const Band band = simultaneous_band(Naive{}.fit(flat).simulate(5, 10, rng), 0.9);
  CHECK(band.lower == std::vector<double>(5, 4.0));
  CHECK(band.upper == band.lower);
  const Paths none = Naive{}.fit(Series{}).simulate(3, 4, rng);
  CHECK(count_missing(none.values) == 12);
  CHECK(std::isnan(simultaneous_band(none, 0.9).upper[2]));
  CHECK(std::isnan(peak(none, 0.9)));
  CHECK(std::isnan(total(none, 0.9)));
  CHECK(count_missing(pointwise(none).quantiles) == 45);
  Paths half = Naive{}.fit(flat).simulate(2, 2, rng);
  half.values[3] = missing;
  CHECK(std::isnan(peak(half, 0.5)));
  CHECK(std::isnan(simultaneous_band(half, 0.5).upper[1]));
  CHECK(pointwise(half).quantile(0.5, 0) == 4);
  CHECK(std::isnan(pointwise(half).quantile(0.5, 1)));
  CHECK(count_missing(FittedNaive2{}.simulate(2, 2, rng).values) == 4);
}

TEST_CASE("paths depend on the seed alone") {
  Rng first{8}, again{8}, other{9};
  const auto fit = Drift{}.fit(Series{{}, units::h, {1, 2, 4, 3, 6}});
  const Paths paths = fit.simulate(5, 20, first);
  CHECK(paths.values == fit.simulate(5, 20, again).values);
  CHECK(paths.values != fit.simulate(5, 20, other).values);
  CHECK(paths.path(19)[4] == paths.values.back());
}

TEST_CASE("levels, horizons and numbers of paths that make no sense are refused by name") {
  Rng rng{10};
  const Paths paths{{}, units::h, 2, 1, {1, 2}};
  CHECK_THROWS_AS(simultaneous_band(paths, 1), std::invalid_argument);
  CHECK_THROWS_AS(simultaneous_band(paths, missing), std::invalid_argument);
  CHECK_THROWS_AS(peak(paths, 0), std::invalid_argument);
  CHECK_THROWS_AS(pointwise(paths, {.5, .5}), std::invalid_argument);
  CHECK_THROWS_AS(paths.path(1), std::invalid_argument);
  CHECK_THROWS_AS(simultaneous_band(Paths{}, 0.5), std::invalid_argument);
  CHECK_THROWS_AS(total(Paths{{}, units::h, 2, 2, {1, 2, 3}}, 0.5), std::invalid_argument);
  CHECK_THROWS_AS(simultaneous_band(paths, 0.5).contains(std::array<double, 3>{}), std::invalid_argument);
  CHECK_THROWS_AS(Naive{}.fit(Series{}).simulate(0, 1, rng), std::invalid_argument);
  CHECK_THROWS_AS(Mean{}.fit(Series{}).simulate(1, 0, rng), std::invalid_argument);
}

TEST_CASE("a joint band on a transform's scale is the band of the transformed paths, carried back") {
  Rng rng{11};
  const Transform log = Transform::box_cox(0);
  Paths paths{Time{}, units::h, 5, 500, {}}, logs = paths;
  for (std::size_t i = 0; i < 2500; ++i) {
    logs.values.push_back(rng.normal(1, 0.5));
    paths.values.push_back(std::exp(logs.values.back()));
  }
  const Band band = simultaneous_band(paths, 0.9, log), other = simultaneous_band(logs, 0.9);
  for (std::size_t h = 0; h < 5; ++h) {
    CHECK_THAT(band.lower[h], WithinRel(std::exp(other.lower[h]), 1e-12));
    CHECK_THAT(band.upper[h], WithinRel(std::exp(other.upper[h]), 1e-12));
  }
  CHECK(band.lower_series().values == band.lower);
  CHECK(band.upper_series().time(1) == Time{} + units::h);
}
