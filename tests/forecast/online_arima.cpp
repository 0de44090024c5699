#include "kilter/forecast/online_arima.hpp"

#include "catch.hpp"
#include "data.hpp"
#include "refused.hpp"

using namespace kilter;
using namespace kilter::forecast;
using kilter::test::WithinAbs;
using kilter::test::WithinRel;

namespace {

Series series(std::vector<double> values) { return {{}, units::h, std::move(values)}; }

/// An autoregression around `level`.
std::vector<double> persistent(double level, std::size_t n, Rng& rng) {
  std::vector<double> x = test::simulate_arma({0.6}, {}, n, rng);
  for (double& v : x) v += level;
  return x;
}

}  // namespace

TEST_CASE("a live model forecasts what the same model forecasts after the same values") {
  Rng rng{1};
  const Series y = series(persistent(50, 300, rng));
  const FittedArima fit = Arima{.order = {1, 0, 0}}.fit(y.head(250));
  OnlineArima live{fit, y.head(250)};
  FittedArima by_hand = fit;
  for (std::size_t t = 250; t < 300; ++t) {
    const Innovation a = live.append(y[t]), b = by_hand.append(y[t]);
    CHECK(a.value == b.value);
  }
  const Forecast one = live.forecast(12), other = by_hand.forecast(12);
  CHECK(one.mean == other.mean);
  CHECK(one.quantiles == other.quantiles);
  CHECK(one.start == y.end());
  CHECK(live.refits() == 0);
  // The first step is φ (y − μ) + μ.
  CHECK_THAT(one.mean[0], WithinRel(fit.mean + fit.ar[0] * (y[299] - fit.mean), 1e-12));
}

TEST_CASE("a change of level is noticed soon and learnt, and steady series raise few alarms") {
  std::size_t alarms = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Rng rng{seed};
    const Series y = series(persistent(100, 400, rng));
    OnlineArima live{Arima{.order = {1, 0, 0}}.fit(y), y, {.window = 400, .refit_on_drift = false}};
    for (const double v : persistent(100, 2000, rng)) live.append(v);
    alarms += live.drifted() ? 1U : 0U;
    OnlineArima other{Arima{.order = {1, 0, 0}}.fit(y), y, {.window = 400}};
    std::size_t noticed = 0;
    const std::vector<double> after = persistent(112, 300, rng);
    for (std::size_t t = 0; t < after.size(); ++t) {
      other.append(after[t]);
      if (noticed == 0 && other.refits() > 0) noticed = t + 1;
    }
    CAPTURE(seed);
    CHECK(noticed > 0);
    CHECK(noticed < 40);
    CHECK_THAT(other.model().mean, WithinAbs(112, 3));
  }
  // Three sums with an alarm each 60,000 values at most, over 40,000 values; the model's own error adds a little.
  CHECK(alarms <= 4);
}

TEST_CASE("a wider spread is noticed, a single outlier is not") {
  Rng rng{7};
  const Series y = series(persistent(0, 500, rng));
  OnlineArima live{Arima{.order = {1, 0, 0}}.fit(y), y, {.refit_on_drift = false}};
  live.append(1000);
  CHECK_FALSE(live.drifted());
  OnlineArima other{Arima{.order = {1, 0, 0}}.fit(y), y, {.refit_on_drift = false}};
  for (const double v : persistent(0, 200, rng)) other.append(3 * v);
  CHECK(other.drifted());
  CHECK(other.refit() == Status::feasible);
  CHECK_FALSE(other.drifted());
}

TEST_CASE("a model is fitted anew on schedule, from the window alone") {
  Rng rng{3};
  const std::vector<double> all = persistent(10, 1200, rng);
  const Series y = series({all.begin(), all.begin() + 200});
  OnlineArima live{Arima{.order = {1, 0, 1}}.fit(y), y, {.window = 200, .refit_every = 100, .refit_on_drift = false}};
  for (std::size_t t = 200; t < all.size(); ++t) {
    live.append(all[t]);
    REQUIRE(live.window().size() < 400);
  }
  CHECK(live.refits() == 10);
  const Series tail = series(all).tail(200);
  const FittedArima fresh = Arima{.order = {1, 0, 1}}.fit(tail);
  CHECK_THAT(live.model().log_likelihood, WithinAbs(fresh.log_likelihood, 1e-3));
  CHECK(live.model().start == series(all).end());
}

TEST_CASE("a live model bridges gaps and keeps its features in step") {
  Rng rng{5};
  Series y;
  const auto value = [&](std::size_t t) {
    return 20 + 5 * std::sin(2 * std::numbers::pi * static_cast<double>(t) / 24) + 0.1 * rng.normal();
  };
  for (std::size_t t = 0; t < 240; ++t) y.values.push_back(value(t));
  const Arima model{.order = {1, 0, 0}, .features = {.fourier = {{24, 1}}}};
  OnlineArima live{model.fit(y), y, {.window = 240}};
  for (std::size_t t = 240; t < 300; ++t) live.append(t % 7 == 0 || t > 285 ? missing : value(t));
  const Forecast f = live.forecast(24);
  for (std::size_t h = 0; h < 24; ++h) {
    const double truth = 20 + 5 * std::sin(2 * std::numbers::pi * static_cast<double>(300 + h) / 24);
    CHECK_THAT(f.mean[h], WithinAbs(truth, 0.5));
  }
  CHECK(live.refit() == Status::feasible);
  CHECK_THAT(live.forecast(24).mean[6], WithinAbs(20 + 5 * std::sin(2 * std::numbers::pi * 306 / 24), 0.5));
}

TEST_CASE("a live model is refused by name when it cannot live") {
  Rng rng{2};
  const Series y = series(persistent(5, 100, rng));
  const FittedArima fit = Arima{.order = {1, 0, 0}}.fit(y);
  CHECK_REFUSED((OnlineArima{Arima{.order = {1, 0, 0}}.fit(series({1, 2})), series({1, 2})}), "fit.status");
  CHECK_REFUSED((OnlineArima{fit, y.head(50)}), "history.size()");
  CHECK_REFUSED((OnlineArima{fit, y, {.window = 10}}), "options.window");
  CHECK_REFUSED((OnlineArima{fit, y, {.spread = 1}}), "options.spread");
  Regressors x;
  x.add("load", std::vector<double>(y.values.begin(), y.values.end()));
  CHECK_REFUSED((OnlineArima{Arima{.order = {1, 0, 0}}.fit(series(persistent(1, 100, rng)), x), y}), "fit.regression");
  OnlineArima live{fit, y};
  CHECK_REFUSED(live.append(std::numeric_limits<double>::infinity()), "value");
}
