#include "kilter/forecast/forecast.hpp"

#include "catch.hpp"
#include "data.hpp"
#include "kilter/forecast/accuracy.hpp"
#include "kilter/forecast/baseline.hpp"

using namespace kilter;
using namespace kilter::forecast;
using kilter::test::WithinAbs;
using kilter::test::WithinRel;

namespace {

/// A user's own model: repeats the last value with a fixed spread.
struct Mine {
  struct Fitted {
    Status status = Status::feasible;
    double last = 0;
    Time start{};
    [[nodiscard]] Forecast forecast(std::size_t horizon) const {
      return gaussian_forecast(start, units::h, std::vector<double>(horizon, last), std::vector<double>(horizon, 1.0));
    }
  };
  [[nodiscard]] Fitted fit(const Series& history) const { return {Status::feasible, history.values.back(), history.end()}; }
};

struct NotAModel {
  [[nodiscard]] double fit(const Series&) const { return 0; }
};

static_assert(Forecaster<Mine>);
static_assert(!Forecaster<NotAModel>);
static_assert(Forecaster<Naive> && Forecaster<SeasonalNaive> && Forecaster<Drift> && Forecaster<Mean>);

}  // namespace

TEST_CASE("the normal quantile inverts the distribution function to rounding") {
  CHECK_THAT(normal_quantile(0.975), WithinRel(1.959963984540054, 1e-15));
  CHECK_THAT(normal_quantile(0.99), WithinRel(2.3263478740408408, 1e-15));
  CHECK_THAT(normal_quantile(1e-10), WithinRel(-6.361340902404056, 1e-15));
  CHECK_THAT(normal_cdf(normal_quantile(1e-300)), WithinRel(1e-300, 1e-12));
  CHECK(normal_quantile(0.5) == 0);
  CHECK(std::isinf(normal_quantile(0)));
  CHECK(normal_quantile(1) > 1e300);
  for (double z = -37; z <= 8; z += 0.37) {
    if (z > 0.5) continue;
    CHECK_THAT(normal_quantile(normal_cdf(z)), WithinAbs(z, 4e-15 * std::max(1.0, std::abs(z))));
  }
  for (double p = 0.001; p < 0.5; p += 0.0137) CHECK_THAT(normal_quantile(1 - p), WithinAbs(-normal_quantile(p), 2e-13));
  CHECK_THROWS_AS(normal_quantile(1.5), std::invalid_argument);
  CHECK_THROWS_AS(normal_quantile(missing), std::invalid_argument);
}

TEST_CASE("quantiles between the stored levels are exact for a Gaussian forecast") {
  const std::vector<double> deviation{1, 2, 5};
  const Forecast f = gaussian_forecast({}, units::h, {10, 20, -3}, deviation);
  for (const double level : {.013, .07, .25, .5, .61, .985}) {
    for (std::size_t i = 0; i < 3; ++i) {
      CHECK_THAT(f.quantile(level, i), WithinRel(f.mean[i] + deviation[i] * normal_quantile(level), 1e-12));
    }
  }
  CHECK(f.quantile(0.001, 1) == f.quantiles[1]);
  CHECK(f.quantile(0.9999, 1) == f.quantiles[14 * 3 + 1]);
  CHECK(f.quantile_series(0.5).values == f.mean);
  CHECK_THROWS_AS(f.quantile(0, 0), std::invalid_argument);
  CHECK_THROWS_AS(f.quantile(0.5, 3), std::invalid_argument);
  CHECK_THROWS_AS(Forecast{}.quantile(0.5, 0), std::invalid_argument);
}

TEST_CASE("a forecast that cannot be negative is raised to zero and no further") {
  const Forecast f = nonnegative(gaussian_forecast({}, units::h, {-1, 0.5}, std::vector<double>{1, 1}));
  CHECK(f.mean == std::vector<double>{0, 0.5});
  for (const double q : f.quantiles) CHECK(q >= 0);
  CHECK_THAT(f.quantile(0.99, 0), WithinRel(-1 + normal_quantile(0.99), 1e-14));
}

TEST_CASE("baselines give the textbook means and deviations") {
  const Series y{Time{0}, units::h, {3, 5, 4, 8, 7, 11}};
  const double z = normal_quantile(0.9);
  SECTION("naive: sigma sqrt h") {
    const Forecast f = Naive{}.fit(y).forecast(4);
    const double sigma = std::sqrt((4 + 1 + 16 + 1 + 16) / 5.0);
    CHECK(f.start == y.end());
    for (std::size_t h = 1; h <= 4; ++h) {
      CHECK(f.mean[h - 1] == 11);
      CHECK_THAT(f.quantile(0.9, h - 1), WithinRel(11 + z * sigma * std::sqrt(static_cast<double>(h)), 1e-13));
    }
  }
  SECTION("seasonal naive: sigma sqrt of the periods") {
    const Forecast f = SeasonalNaive{2}.fit(y).forecast(5);
    const double sigma = std::sqrt((1 + 9 + 9 + 9) / 4.0);
    const std::vector<double> mean{7, 11, 7, 11, 7};
    CHECK(f.mean == mean);
    for (std::size_t h = 0; h < 5; ++h) {
      CHECK_THAT(f.quantile(0.9, h), WithinRel(mean[h] + z * sigma * std::sqrt(static_cast<double>(h / 2 + 1)), 1e-13));
    }
  }
  SECTION("drift: the line through the ends") {
    const auto fit = Drift{}.fit(y);
    CHECK_THAT(fit.drift, WithinRel(8 / 5.0, 1e-15));
    double square = 0;
    for (std::size_t t = 1; t < 6; ++t) square += std::pow(y[t] - y[t - 1] - 1.6, 2);
    CHECK_THAT(fit.sigma, WithinRel(std::sqrt(square / 4), 1e-14));
    const Forecast f = fit.forecast(3);
    CHECK_THAT(f.mean[2], WithinRel(11 + 3 * 1.6, 1e-14));
    CHECK_THAT(f.quantile(0.9, 2) - f.mean[2], WithinRel(z * fit.sigma * std::sqrt(3 * (1 + 3 / 5.0)), 1e-12));
  }
  SECTION("mean: sigma sqrt(1 + 1/T)") {
    const auto fit = Mean{}.fit(y);
    CHECK_THAT(fit.mean, WithinRel(38 / 6.0, 1e-15));
    const Forecast f = fit.forecast(2);
    CHECK_THAT(f.quantile(0.9, 1) - f.mean[1], WithinRel(z * fit.sigma * std::sqrt(7 / 6.0), 1e-12));
  }
}

TEST_CASE("a random walk with gaps keeps its step deviation, and the forecast reaches over the gap at its end") {
  Rng rng{7};
  Series full;
  double level = 0;
  for (int t = 0; t < 20000; ++t) full.values.push_back(level += rng.normal(0, 2));
  Series gaps = full;
  for (double& v : gaps.values) v = rng.bernoulli(0.4) ? missing : v;
  gaps.values.back() = gaps.values[gaps.size() - 2] = missing;
  gaps.values[gaps.size() - 3] = full.values[gaps.size() - 3];
  const double last = full.values[gaps.size() - 3];
  const auto fit = Naive{}.fit(gaps);
  CHECK_THAT(fit.sigma, WithinRel(2, 0.03));
  const Forecast f = fit.forecast(1);
  CHECK(f.mean[0] == last);
  CHECK_THAT(f.quantile(0.9, 0) - last, WithinRel(normal_quantile(0.9) * fit.sigma * std::sqrt(3.0), 1e-9));
}

TEST_CASE("a seasonal walk uses the last value seen of each phase") {
  const Series y{{}, units::h, {1, 2, 3, 11, missing, 13, 21, missing, missing}};
  const auto fit = SeasonalNaive{3}.fit(y);
  REQUIRE(ok(fit.status));
  CHECK(fit.forecast(3).mean == std::vector<double>{21, 2, 13});
  CHECK_THAT((fit.forecast(3).quantile(0.9, 1) - 2) / (fit.forecast(3).quantile(0.9, 0) - 21), WithinRel(std::sqrt(3.0), 1e-12));
}

TEST_CASE("intervals of the naive forecast cover random walks at their nominal rate") {
  Rng rng{11};
  std::size_t inside = 0, count = 0;
  for (int run = 0; run < 400; ++run) {
    Series y;
    double level = 0;
    for (int t = 0; t < 110; ++t) y.values.push_back(level += rng.normal());
    const Forecast f = Naive{}.fit(y.head(100)).forecast(10);
    for (std::size_t h = 0; h < 10; h += 3, ++count) {
      inside += y[100 + h] >= f.quantile(0.1, h) && y[100 + h] <= f.quantile(0.9, h) ? 1U : 0U;
    }
  }
  CHECK_THAT(static_cast<double>(inside) / static_cast<double>(count), WithinAbs(0.8, 0.03));
}

TEST_CASE("measures of accuracy have their closed forms") {
  const std::vector<double> y{1, 2, missing, 4}, f{2, 2, 3, 1};
  CHECK_THAT(mae(y, f), WithinRel(4 / 3.0, 1e-15));
  CHECK_THAT(rmse(y, f), WithinRel(std::sqrt(10 / 3.0), 1e-15));
  CHECK_THAT(smape(y, f), WithinRel((200 / 3.0 + 0 + 120) / 3, 1e-14));
  CHECK(smape(std::vector<double>{0}, std::vector<double>{0}) == 0);
  const std::vector<double> history{0, 10, 2, 14};
  CHECK(seasonal_scale(history, 2) == 3);
  CHECK_THAT(mase(y, f, history, 2), WithinRel(4 / 9.0, 1e-15));
  CHECK(std::isnan(mase(y, f, std::vector<double>{1, 1, 1}, 1)));
  CHECK_THAT(pinball(std::vector<double>{3, 1}, std::vector<double>{2, 2}, 0.9), WithinRel((0.9 + 0.1) / 2, 1e-15));
  CHECK_THAT(coverage(y, std::vector<double>{0, 3, 0, 4}, std::vector<double>{1, 5, 9, 4}), WithinRel(2 / 3.0, 1e-15));
  CHECK_THAT(msis(std::vector<double>{5, 1}, std::vector<double>{0, 2}, std::vector<double>{4, 6}, history, 2, 0.5),
             WithinRel((4 + 4 * 1 + 4 + 4 * 1) / 2.0 / 3, 1e-14));
  CHECK_THROWS_AS(mae(y, std::vector<double>{1}), std::invalid_argument);
  CHECK(std::isnan(mae(std::vector<double>{missing}, std::vector<double>{1})));
}

TEST_CASE("the pinball loss is least at the true quantile") {
  Rng rng{3};
  std::vector<double> y;
  for (int i = 0; i < 20000; ++i) y.push_back(rng.normal());
  const auto loss = [&](double q) { return pinball(y, std::vector<double>(y.size(), q), 0.9); };
  CHECK(loss(normal_quantile(0.9)) < loss(normal_quantile(0.85)));
  CHECK(loss(normal_quantile(0.9)) < loss(normal_quantile(0.94)));
}

TEST_CASE("a rolling origin never shows the future to the model") {
  Series y;
  for (int t = 0; t < 50; ++t) y.values.push_back(t);
  const RollingOrigin run = rolling_origin(Mine{}, y, 10, 4, 3);
  REQUIRE(run.origins.size() == 13);
  for (std::size_t k = 0; k < run.origins.size(); ++k) {
    CHECK(run.forecasts[k].start == y.time(run.origins[k]));
    CHECK(run.forecasts[k].mean[0] == static_cast<double>(run.origins[k]) - 1);
    CHECK(run.actual[k][3] == static_cast<double>(run.origins[k]) + 3);
  }
  const Accuracy a = accuracy(run, 1);
  CHECK(a.pairs == 52);
  CHECK(a.failed == 0);
  CHECK(a.mae == 2.5);
  CHECK(a.mase == 2.5);
  CHECK_THAT(a.coverage[3], WithinRel(0.25, 1e-12));  // ±1.96 around an error of 1, 2, 3, 4
  CHECK_THROWS_AS(rolling_origin(Mine{}, y, 10, 4, 0), std::invalid_argument);
  CHECK_THROWS_AS(rolling_origin(Mine{}, y, 51, 4), std::invalid_argument);
  CHECK_THROWS_AS(rolling_origin(Mine{}, y, 10, 0), std::invalid_argument);
}
