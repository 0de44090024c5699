#include "kilter/forecast/auto_arima.hpp"

#include "catch.hpp"
#include "data.hpp"
#include "kilter/forecast/baseline.hpp"
#include "kilter/forecast/fit_all.hpp"
#include "refused.hpp"

using namespace kilter;
using namespace kilter::forecast;
using kilter::test::WithinAbs;
using kilter::test::WithinRel;

static_assert(Forecaster<AutoArima>);

namespace {

Series series(std::vector<double> values) { return {{}, units::h, std::move(values)}; }

std::vector<double> summed(std::vector<double> x, std::size_t lag) {
  for (std::size_t t = lag; t < x.size(); ++t) x[t] += x[t - lag];
  return x;
}

/// The share of `runs` simulated series for whose fit `right` holds.
template <class Simulate, class Right>
double share(int runs, const AutoArima& model, Simulate simulate, Right right) {
  int hits = 0;
  for (int run = 0; run < runs; ++run) {
    Rng rng{static_cast<std::uint64_t>(run) + 1};
    const FittedArima fit = model.fit(series(simulate(rng)));
    REQUIRE(fit.usable());
    hits += right(fit) ? 1 : 0;
  }
  return static_cast<double>(hits) / runs;
}

/// A finite forecast with quantiles in order, or an honest status.
void check_honest(const FittedArima& fit, std::size_t horizon = 20) {
  const Forecast f = fit.forecast(horizon);
  REQUIRE(f.horizon() == horizon);
  if (!fit.usable()) {
    CHECK(std::isnan(f.mean[0]));
    return;
  }
  for (std::size_t h = 0; h < horizon; ++h) {
    REQUIRE(std::isfinite(f.mean[h]));
    for (std::size_t l = 0; l < f.levels.size(); ++l) {
      REQUIRE(std::isfinite(f.quantiles[l * horizon + h]));
      if (l > 0) REQUIRE(f.quantiles[l * horizon + h] >= f.quantiles[(l - 1) * horizon + h]);
    }
  }
}

std::vector<double> seasonal(std::size_t n, std::size_t period, Rng& rng) {
  std::vector<double> out = test::simulate_arma({0.5}, {}, n, rng);
  for (std::size_t t = 0; t < n; ++t) {
    out[t] += 100 + 8 * std::sin(2 * std::numbers::pi * static_cast<double>(t) / static_cast<double>(period)) +
              0.05 * static_cast<double>(t);
  }
  return out;
}

}  // namespace

TEST_CASE("the orders of simulated models are found in most runs") {
  // A model with one coefficient too many passes AICc with a chance of about 1 in 6 for each way to have one more (χ² > 2), BIC at
  // n = 300 with 1 in 60 (χ² > 5.7); tests of a unit root err in 1 of 20 without correlation, in 1 of 8 with 0.6. The bounds leave
  // room for both.
  const AutoArima aicc{}, bic{.criterion = Criterion::bic};
  const auto ar1 = [](Rng& rng) { return test::simulate_arma({0.6}, {}, 300, rng); };
  const auto is = [](ArimaOrder order) { return [order](const FittedArima& fit) { return fit.order == order; }; };
  CHECK(share(40, bic, ar1, is({1, 0, 0})) >= 0.65);
  CHECK(share(40, aicc, ar1, is({1, 0, 0})) >= 0.4);
  CHECK(share(
            40, bic, [](Rng& rng) { return test::simulate_arma({}, {0.7}, 300, rng); }, is({0, 0, 1})) >= 0.8);
  CHECK(share(
            40, bic,
            [](Rng& rng) {
              return test::simulate_arma({1.1, -0.6}, {}, 300, rng);
            },
            is({2, 0, 0})) >= 0.8);
  CHECK(share(
            40, bic, [](Rng& rng) { return test::simulate_arma({}, {}, 300, rng); }, is({0, 0, 0})) >= 0.8);
  CHECK(share(
            40, bic, [](Rng& rng) { return summed(test::simulate_arma({}, {}, 300, rng), 1); }, is({0, 1, 0})) >= 0.8);
  CHECK(share(
            40, aicc, [](Rng& rng) { return summed(test::simulate_arma({}, {}, 300, rng), 1); },
            [](const FittedArima& fit) { return fit.order.d == 1; }) >= 0.85);
  const AutoArima monthly{.period = 12, .criterion = Criterion::bic};
  const auto airline = [](Rng& rng) {
    std::vector<double> ma(13, 0.0);
    ma[0] = -0.4;
    ma[11] = -0.5;
    ma[12] = 0.2;
    return summed(summed(test::simulate_arma({}, ma, 240, rng), 12), 1);
  };
  CHECK(share(15, monthly, airline, [](const FittedArima& fit) { return fit.order.seasonal_d == 1 && fit.order.d == 1; }) >= 0.8);
  CHECK(share(15, monthly, airline, is({0, 1, 1, 0, 1, 1, 12})) >= 0.6);
  CHECK(share(
            15, monthly, [](Rng& rng) { return test::simulate_arma({0.5}, {}, 240, rng); },
            [](const FittedArima& fit) { return fit.order.seasonal_d == 0 && fit.order.seasonal_p + fit.order.seasonal_q == 0; }) >=
        0.8);
}

TEST_CASE("stepwise search ends near the best of all orders") {
  double lost = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Rng rng{seed};
    const Series y = series(test::simulate_arma({0.8, -0.3}, {0.5}, 120, rng));
    const FittedArima quick = AutoArima{}.fit(y), full = AutoArima{.stepwise = false}.fit(y);
    REQUIRE((quick.usable() && full.usable()));
    if (quick.order.d == full.order.d) {
      CHECK(full.aicc < quick.aicc + 1e-3);
      lost += (quick.aicc - full.aicc) / 10;
    }
  }
  CHECK(lost < 1);
}

TEST_CASE("the full search takes the order whose criterion is smallest") {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    Rng rng{seed};
    const Series y = series(test::simulate_arma({0.6, 0.2}, {0.4}, 60, rng));
    for (const Criterion criterion : {Criterion::aic, Criterion::aicc, Criterion::bic}) {
      const auto value = [criterion](const FittedArima& fit) {
        return criterion == Criterion::aic ? fit.aic : (criterion == Criterion::bic ? fit.bic : fit.aicc);
      };
      const AutoArima model{.max_p = 3, .max_q = 2, .d = 0, .criterion = criterion, .stepwise = false, .root_limit = 1};
      double smallest = std::numeric_limits<double>::infinity();
      for (std::size_t p = 0; p <= 3; ++p) {
        for (std::size_t q = 0; q <= 2; ++q) {
          for (const Constant constant : {Constant::none, Constant::included}) {
            const FittedArima fit = Arima{.order = {p, 0, q}, .constant = constant}.fit(y);
            // On the edge of invertibility a model is not taken.
            const auto invertible = [](std::vector<double> a) {
              for (double& v : a) v = -v * 0.9999;
              return forecast::detail::is_stationary(std::move(a));
            };
            if (invertible(fit.ma)) smallest = std::min(smallest, value(fit));
          }
        }
      }
      CAPTURE(seed, static_cast<int>(criterion));
      CHECK_THAT(value(model.fit(y)), WithinAbs(smallest, 0.01));
    }
  }
}

TEST_CASE("what is chosen is what Arima fits at that order, within the limits") {
  Rng rng{2};
  const Series y = series(seasonal(120, 12, rng));
  const AutoArima model{.period = 12, .max_p = 2, .max_q = 1, .max_seasonal_p = 1, .max_seasonal_q = 1, .d = 0, .seasonal_d = 1};
  const FittedArima fit = model.fit(y);
  REQUIRE(ok(fit.status));
  CHECK(fit.order.p <= 2);
  CHECK(fit.order.q <= 1);
  CHECK(fit.order.seasonal_p <= 1);
  CHECK(fit.order.seasonal_q <= 1);
  CHECK(fit.order.d == 0);
  CHECK(fit.order.seasonal_d == 1);
  CHECK(fit.order.period == 12);
  const FittedArima same = Arima{.order = fit.order, .constant = fit.constant ? Constant::included : Constant::none}.fit(y);
  CHECK_THAT(fit.log_likelihood, WithinAbs(same.log_likelihood, 0.1));
  CHECK_FALSE(AutoArima{.period = 12, .allow_constant = false}.fit(y).constant);
  const auto most = AutoArima{.period = 12, .max_p = 0, .max_q = 0, .max_seasonal_p = 0, .max_seasonal_q = 0}.fit(y);
  CHECK(most.order.coefficients() == 0);
}

TEST_CASE("constant and linear series, short ones and such without values") {
  for (const std::size_t period : {1U, 4U, 12U}) {
    const AutoArima model{.period = period};
    CAPTURE(period);
    const Forecast flat = model.fit(series(std::vector<double>(50, 7.0))).forecast(30);
    for (const double v : flat.mean) REQUIRE_THAT(v, WithinRel(7, 1e-14));
    for (const double v : flat.quantiles) REQUIRE_THAT(v, WithinRel(7, 1e-14));
    for (const double level : {0.1, 1e-8, 1e12, 0.3}) {
      const FittedArima fit = model.fit(series(std::vector<double>(37, level)));
      REQUIRE(fit.usable());
      CHECK_THAT(fit.forecast(9).mean[8], WithinRel(level, 1e-12));
    }
    std::vector<double> line;
    for (int t = 0; t < 60; ++t) line.push_back(3 + 0.1 * t);
    const FittedArima linear = model.fit(series(line));
    REQUIRE(linear.usable());
    for (std::size_t h = 0; h < 30; ++h)
      CHECK_THAT(linear.forecast(30).mean[h], WithinRel(3 + 0.1 * static_cast<double>(60 + h), 1e-6));
    CHECK_FALSE(model.fit(series({})).usable());
    CHECK_FALSE(model.fit(series(std::vector<double>(40, missing))).usable());
    for (std::size_t n = 0; n <= 14; ++n) {
      Rng rng{n};
      std::vector<double> noise, gaps, ramp;
      for (std::size_t t = 0; t < n; ++t) {
        noise.push_back(rng.normal());
        gaps.push_back(rng.bernoulli(0.4) ? missing : rng.normal());
        ramp.push_back(static_cast<double>(t));
      }
      CAPTURE(n);
      check_honest(model.fit(series(noise)));
      check_honest(model.fit(series(gaps)));
      check_honest(model.fit(series(ramp)));
      check_honest(model.fit(series(std::vector<double>(n, 2.5))));
      if (n >= 6) CHECK(model.fit(series(noise)).usable());
    }
  }
}

TEST_CASE("intermittent series, periods longer than the series, series with one spike") {
  Rng rng{3};
  std::vector<double> demand, spike(60, 0.0);
  for (int t = 0; t < 120; ++t) demand.push_back(rng.bernoulli(0.1) ? static_cast<double>(rng.poisson(4)) : 0);
  spike[30] = 1e6;
  for (const std::size_t period : {1U, 7U, 24U, 500U}) {
    const AutoArima model{.period = period};
    CAPTURE(period);
    for (const auto& y : {demand, spike, test::simulate_arma({0.5}, {}, 40, rng)}) {
      const FittedArima fit = model.fit(series(y));
      CHECK(fit.usable());
      check_honest(fit, 40);
      if (period == 500) CHECK_FALSE(fit.order.seasonal());
    }
  }
}

TEST_CASE("a series in other units gets the same model in those units") {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    Rng rng{seed};
    const std::size_t period = seed % 2 == 0 ? 12 : 1;
    const std::vector<double> y = seed % 2 == 0 ? seasonal(100, 12, rng) : summed(test::simulate_arma({0.4}, {0.3}, 100, rng), 1);
    const AutoArima model{.period = period};
    const FittedArima a = model.fit(series(y));
    REQUIRE(a.usable());
    const Forecast f = a.forecast(10);
    for (const auto& [offset, factor] :
         {std::pair{0.0, 1e-8}, std::pair{0.0, 1e12}, std::pair{-500.0, 7.0}, std::pair{0.0, -1.0}}) {
      std::vector<double> scaled;
      for (const double v : y) scaled.push_back(offset + factor * v);
      const FittedArima b = model.fit(series(scaled));
      CAPTURE(seed, offset, factor, to_string(a.order), to_string(b.order));
      CHECK(b.order == a.order);
      CHECK(b.constant == a.constant);
      const Forecast g = b.forecast(10);
      for (std::size_t h = 0; h < 10; ++h) {
        const double spread = f.quantile(0.9, h) - f.mean[h];
        CHECK_THAT((g.mean[h] - offset) / factor, WithinAbs(f.mean[h], 1e-3 * spread));
        CHECK_THAT((g.quantile(0.9, h) - g.mean[h]) / std::abs(factor), WithinRel(spread, 1e-3));
      }
    }
  }
}

TEST_CASE("the choice is the same twice, and at any number of threads") {
  std::vector<Series> many;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    Rng rng{seed};
    many.push_back(series(seasonal(60 + 5 * seed, 4, rng)));
  }
  const AutoArima model{.period = 4};
  const auto alone = fit_all(model, many), together = fit_all(model, many, Threads{4});
  for (std::size_t i = 0; i < many.size(); ++i) {
    CHECK(together[i].order == alone[i].order);
    CHECK(together[i].forecast(8).quantiles == alone[i].forecast(8).quantiles);
    CHECK(model.fit(many[i]).forecast(8).quantiles == alone[i].forecast(8).quantiles);
  }
}

TEST_CASE("regressors are seen through, and missing values too") {
  Rng rng{5};
  const std::size_t n = 160;
  std::vector<double> y = test::simulate_arma({0.4}, {}, n, rng), column(n);
  for (double& v : column) v = rng.bernoulli(0.2) ? 1 : 0;
  for (std::size_t t = 0; t < n; ++t) y[t] += 20 + 15 * column[t];
  Regressors x, future;
  x.add("event", column);
  x.add("twice", std::vector<double>(n, 3.0));
  for (std::size_t t = 20; t < n; t += 23) y[t] = missing;
  const FittedArima fit = AutoArima{}.fit(series(y), x);
  REQUIRE(ok(fit.status));
  CHECK(fit.order.d == 0);
  CHECK_THAT(fit.regression[0], WithinAbs(15, 0.8));
  future.add("event", std::vector<double>{0, 1, 0});
  future.add("twice", std::vector<double>{3, 3, 3});
  const Forecast f = fit.forecast(3, future);
  CHECK(f.mean[1] - f.mean[2] > 12);
  check_honest(AutoArima{.features = {.trend = 1}}.fit(series(y)));
}

TEST_CASE("no root of what is chosen lies within the limit of the unit circle") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Rng rng{seed};
    const FittedArima fit = AutoArima{}.fit(series(test::simulate_arma({0.5}, {-0.4}, 50, rng)));
    REQUIRE(fit.usable());
    const auto beyond = [](std::vector<double> a, double sign) {
      double power = 1;
      for (double& v : a) v *= sign * (power *= 1.01);
      return forecast::detail::is_stationary(std::move(a));
    };
    CAPTURE(seed, to_string(fit.order), fit.ar, fit.ma);
    CHECK(beyond(fit.ar, 1));
    CHECK(beyond(fit.ma, -1));
  }
}

TEST_CASE("seasonal series are forecast better than by the last season") {
  double auto_error = 0, naive_error = 0;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    Rng rng{seed};
    const Series all = series(seasonal(132, 12, rng));
    const Forecast f = AutoArima{.period = 12}.fit(all.head(120)).forecast(12),
                   g = SeasonalNaive{12}.fit(all.head(120)).forecast(12);
    for (std::size_t h = 0; h < 12; ++h) {
      auto_error += std::abs(f.mean[h] - all[120 + h]);
      naive_error += std::abs(g.mean[h] - all[120 + h]);
    }
  }
  CHECK(auto_error < 0.85 * naive_error);
}

TEST_CASE("misuse of the automatic choice is refused by name") {
  const Series y = series(std::vector<double>(30, 1.0));
  CHECK_REFUSED((AutoArima{.period = 0}.fit(y)), "period = 0");
  CHECK_REFUSED(AutoArima{}.fit(series({1, std::numeric_limits<double>::infinity()})), "history value = inf");
  CHECK_REFUSED((AutoArima{.levels = {}}.fit(y)), "levels");
  CHECK_REFUSED((AutoArima{.d = 4}.fit(series({1, 3, 2, 5, 4, 6, 9, 7, 8, 12, 3, 4, 5, 1, 2}))), "order.d = 4");
  CHECK_REFUSED((AutoArima{.transform = Transform::box_cox(0)}.fit(series({1, 0, 2}))), "history value = 0");
  CHECK_REFUSED(AutoArima{}.fit(y).forecast(0), "horizon = 0");
}

TEST_CASE("a search that is stopped or out of time gives its best model and says why it ended") {
  Rng rng{43};
  const Series y = series(test::simulate_arma({0.7}, {0.4}, 200, rng));
  std::stop_source source;
  source.request_stop();
  const FittedArima stopped = AutoArima{.budget = {.stop = source.get_token()}}.fit(y);
  const FittedArima late = AutoArima{.budget = {.time_limit = Duration{0}}}.fit(y);
  CHECK(stopped.status == Status::cancelled);
  CHECK(late.status == Status::time_limit);
  for (const FittedArima& fit : {stopped, late}) {
    CHECK(fit.usable());
    CHECK(fit.order == ArimaOrder{});
    CHECK(std::isfinite(fit.forecast(3).mean[2]));
  }
  CHECK(AutoArima{.budget = {.time_limit = Duration{3600}}}.fit(y).order == AutoArima{}.fit(y).order);
  CHECK_REFUSED((AutoArima{.root_limit = 0.5}.fit(y)), "root_limit = 0.5");
  CHECK_REFUSED((AutoArima{.refit = 0}.fit(y)), "refit = 0");
}
