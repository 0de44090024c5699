#include "kilter/forecast/seasonal.hpp"

#include "catch.hpp"
#include "data.hpp"
#include "kilter/forecast/accuracy.hpp"
#include "kilter/forecast/baseline.hpp"

using namespace kilter;
using namespace kilter::forecast;
using kilter::test::WithinAbs;
using kilter::test::WithinRel;

static_assert(Forecaster<SeasonalLeastSquares>);

namespace {

double wave(double t, double period) { return std::sin(2 * std::numbers::pi * t / period); }

/// A day, and autocorrelated noise.
Series daily(std::size_t n, double phi, Rng& rng) {
  Series out;
  const auto noise = test::simulate_arma({phi}, {}, n, rng);
  for (std::size_t t = 0; t < n; ++t) {
    const auto hour = static_cast<double>(t);
    out.values.push_back(100 + 20 * wave(hour, 24) + 8 * wave(hour, 12) + 3 * noise[t]);
  }
  return out;
}

/// Demand: idle nights that are truly zero, busy evenings, a quiet day a week, multiplicative noise.
Series demand(std::size_t days, Rng& rng) {
  Series out;
  for (std::size_t t = 0; t < 24 * days; ++t) {
    const double shape = std::max(0.0, wave(static_cast<double>(t) - 10, 24));
    const double level = (t / 24) % 7 == 5 ? 0.2 : 1;
    out.values.push_back(shape == 0 ? 0 : 1000 * level * shape * shape * std::exp(0.3 * rng.normal()));
  }
  return out;
}

/// The first 12 days of one column of the shared week.
std::optional<Series> week(const std::string& file, std::size_t index) {
  const auto rows = test::read_csv("week/" + file);
  if (!rows) return std::nullopt;
  Series out;
  out.values = test::column(*rows, index);
  return out.head(288);
}

}  // namespace

TEST_CASE("a pure cycle goes on as it was") {
  Series y;
  for (int t = 0; t < 240; ++t) y.values.push_back(50 + 10 * wave(t, 24) + 4 * wave(t + 3, 8));
  const auto fit = SeasonalLeastSquares{}.fit(y);
  REQUIRE(ok(fit.status));
  const Forecast f = fit.forecast(48);
  for (std::size_t h = 0; h < 48; ++h) {
    const auto t = static_cast<double>(240 + h);
    CHECK_THAT(f.mean[h], WithinAbs(50 + 10 * wave(t, 24) + 4 * wave(t + 3, 8), 0.5));
    CHECK(f.quantile(0.9, h) - f.quantile(0.1, h) < 2);
  }
}

TEST_CASE("periods that are not whole, a second season and a trend are found") {
  Rng rng{1};
  Series y;
  for (int t = 0; t < 700; ++t) y.values.push_back(0.05 * t + 10 * wave(t, 24.5) + 5 * wave(t, 168) + 0.1 * rng.normal());
  const SeasonalLeastSquares model{.seasons = {{24.5, 2, 4}, {168, 2, 4}}, .trend = Trend::linear, .trend_prior = 4, .lags = {1}};
  const Forecast f = model.fit(y).forecast(100);
  for (std::size_t h = 0; h < 100; ++h) {
    const auto t = static_cast<double>(700 + h);
    CHECK_THAT(f.mean[h], WithinAbs(0.05 * t + 10 * wave(t, 24.5) + 5 * wave(t, 168), 0.4));
  }
  SECTION("a damped trend flattens out") {
    SeasonalLeastSquares damped = model;
    damped.trend = Trend::damped;
    damped.damping = 0.9;
    const Forecast g = damped.fit(y).forecast(343);
    CHECK_THAT(g.mean[342] - g.mean[342 - 24], WithinAbs(f.mean[99] - f.mean[75] - 24 * 0.05, 9));
    const double drift = g.mean[342] - 5 * wave(1042, 168) - 10 * wave(1042, 24.5);
    CHECK_THAT(drift, WithinAbs(35 + 0.05 * 9, 0.5));
  }
}

TEST_CASE("a forecast in other units is the same forecast") {
  Rng rng{2};
  const Series y = daily(300, 0.6, rng);
  Series scaled = y;
  for (double& v : scaled.values) v = 7e5 * v - 3e4;
  for (const Intervals kind : {Intervals::gaussian, Intervals::empirical}) {
    const SeasonalLeastSquares model{.intervals = kind};
    const Forecast a = model.fit(y).forecast(24), b = model.fit(scaled).forecast(24);
    for (std::size_t k = 0; k < a.quantiles.size(); ++k) CHECK_THAT(b.quantiles[k], WithinRel(7e5 * a.quantiles[k] - 3e4, 1e-6));
    for (std::size_t h = 0; h < 24; ++h) CHECK_THAT(b.mean[h], WithinRel(7e5 * a.mean[h] - 3e4, 1e-6));
  }
}

TEST_CASE("the residual autoregression is recovered and shortens the intervals near by") {
  Rng rng{3};
  const auto fit = SeasonalLeastSquares{.lags = {1}, .lag_prior = 0, .intervals = Intervals::gaussian}.fit(daily(4000, 0.8, rng));
  CHECK_THAT(fit.autoregression()[0], WithinAbs(0.8, 0.04));
  const Forecast f = fit.forecast(24);
  const auto width = [&](std::size_t h) { return (f.quantile(0.9, h) - f.quantile(0.1, h)) / (2 * normal_quantile(0.9)); };
  CHECK_THAT(width(0), WithinRel(3, 0.15));
  CHECK_THAT(width(23), WithinRel(3 / 0.6, 0.2));
}

TEST_CASE("seasonal intervals cover simulated series near their nominal rate") {
  for (const Intervals kind : {Intervals::gaussian, Intervals::empirical}) {
    Rng rng{4};
    std::size_t inside80 = 0, inside95 = 0, count = 0;
    for (int run = 0; run < 60; ++run) {
      const Series y = daily(480, 0.5, rng);
      const Forecast f = SeasonalLeastSquares{.intervals = kind}.fit(y.head(456)).forecast(24);
      for (std::size_t h = 0; h < 24; ++h, ++count) {
        inside80 += y[456 + h] > f.quantile(0.1, h) && y[456 + h] < f.quantile(0.9, h) ? 1U : 0U;
        inside95 += y[456 + h] > f.quantile(0.025, h) && y[456 + h] < f.quantile(0.975, h) ? 1U : 0U;
      }
    }
    CAPTURE(static_cast<int>(kind));
    CHECK_THAT(static_cast<double>(inside80) / static_cast<double>(count), WithinAbs(0.8, 0.05));
    CHECK_THAT(static_cast<double>(inside95) / static_cast<double>(count), WithinAbs(0.95, 0.03));
  }
}

TEST_CASE("idle hours stay idle, busy hours keep their spread, and the model beats seasonal baselines") {
  Rng rng{5};
  const Series y = demand(21, rng);
  const SeasonalLeastSquares model{.transform = Transform::sqrt(), .clamp_at_zero = true};
  const auto run = rolling_origin(model, y, 14 * 24, 24, 6);
  for (std::size_t k = 0; k < run.origins.size(); ++k) {
    for (std::size_t h = 0; h < 24; ++h) {
      CHECK(run.forecasts[k].quantile(0.025, h) >= 0);
      const double shape = std::max(0.0, wave(static_cast<double>(run.origins[k] + h) - 10, 24));
      if (shape == 0) CHECK(run.forecasts[k].quantile(0.5, h) < 20);
    }
  }
  const Accuracy ours = accuracy(run, 24), day = accuracy(rolling_origin(SeasonalNaive{24}, y, 14 * 24, 24, 6), 24);
  const Accuracy naive = accuracy(rolling_origin(Naive{}, y, 14 * 24, 24, 6), 24);
  CHECK(ours.failed == 0);
  CHECK(ours.pinball < 0.8 * day.pinball);
  CHECK(ours.pinball < 0.5 * naive.pinball);
  CHECK(ours.coverage[3] > 0.85);
}

TEST_CASE("variances of few observations are drawn together only when they are alike") {
  Rng rng{6};
  std::vector<double> alike, different;
  for (std::size_t t = 0; t < 24 * 10; ++t) {
    alike.push_back(rng.normal());
    different.push_back((t % 24 < 8 ? 0.01 : 5.0) * rng.normal());
  }
  const std::vector<double> weights(alike.size(), 1.0);
  const auto a = forecast::detail::phase_scales(alike, weights, 24), b = forecast::detail::phase_scales(different, weights, 24);
  const auto [low, high] = std::minmax_element(a.begin(), a.end());
  CHECK(*high / *low < 1.6);
  CHECK(*std::min_element(b.begin() + 8, b.end()) > 5 * *std::max_element(b.begin(), b.begin() + 8));
  CHECK_THAT(forecast::detail::digamma(1), WithinAbs(-0.5772156649015329, 1e-9));
  CHECK_THAT(forecast::detail::trigamma(1), WithinRel(std::numbers::pi * std::numbers::pi / 6, 1e-8));
  CHECK_THAT(forecast::detail::inverse_trigamma(forecast::detail::trigamma(3.7)), WithinRel(3.7, 1e-6));
}

TEST_CASE("missing values are skipped and cost little") {
  Rng rng{7};
  Series y = daily(456, 0.5, rng);
  const Forecast full = SeasonalLeastSquares{}.fit(y).forecast(24);
  for (std::size_t t = 5; t < 456; t += 11) y.values[t] = missing;
  for (std::size_t t = 100; t < 130; ++t) y.values[t] = missing;
  y.values[455] = missing;
  const auto fit = SeasonalLeastSquares{}.fit(y);
  REQUIRE(ok(fit.status));
  const Forecast f = fit.forecast(24);
  for (std::size_t h = 0; h < 24; ++h) CHECK_THAT(f.mean[h], WithinAbs(full.mean[h], 4));
}

TEST_CASE("the same history gives the same forecast, and a half-life forgets") {
  Rng rng{8};
  Series y = daily(456, 0.3, rng);
  CHECK(SeasonalLeastSquares{}.fit(y).forecast(24).quantiles == SeasonalLeastSquares{}.fit(y).forecast(24).quantiles);
  for (std::size_t t = 0; t < 228; ++t) y.values[t] += 40 * wave(static_cast<double>(t), 24);
  const double remembered = SeasonalLeastSquares{}.fit(y).forecast(24).mean[6];
  const double forgotten = SeasonalLeastSquares{.half_life = 48}.fit(y).forecast(24).mean[6];
  CHECK(std::abs(forgotten - 120) < std::abs(remembered - 120));
}

TEST_CASE("real demand, prices, carbon intensity and temperature are forecast better than by yesterday") {
  const std::vector<std::pair<std::string, std::size_t>> columns{{"inference_demand.csv", 1},
                                                                 {"inference_demand.csv", 2},
                                                                 {"price_usd_per_mwh.csv", 2},
                                                                 {"carbon_g_per_kwh.csv", 2},
                                                                 {"temperature_c.csv", 3}};
  for (const auto& [file, index] : columns) {
    const auto y = week(file, index);
    if (!y) {
      WARN("shared data absent");
      return;
    }
    SeasonalLeastSquares model;
    if (file == "inference_demand.csv") {
      model.transform = Transform::sqrt();
      model.clamp_at_zero = true;
    }
    const Accuracy ours = accuracy(rolling_origin(model, *y, 168, 24, 8), 24);
    const Accuracy day = accuracy(rolling_origin(SeasonalNaive{24}, *y, 168, 24, 8), 24);
    CAPTURE(file, index, ours.pinball, day.pinball);
    CHECK(ours.failed == 0);
    CHECK(ours.pinball < day.pinball);
  }
}

TEST_CASE("a season or a lag that the history does not carry is left out") {
  Rng rng{9};
  const auto fit = SeasonalLeastSquares{.seasons = {{24, 12, 4}, {168, 3, 1}}}.fit(daily(200, 0.5, rng));
  CHECK(fit.state.seasons.size() == 1);
  CHECK(fit.lags() == std::vector<std::size_t>{1, 2});
  const auto tiny = SeasonalLeastSquares{}.fit(Series{{}, units::h, {1, 2, 4, 3}});
  CHECK(ok(tiny.status));
  CHECK(tiny.state.seasons.empty());
  CHECK(std::isfinite(tiny.forecast(30).quantile(0.99, 29)));
}
