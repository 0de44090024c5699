#include "catch.hpp"
#include "data.hpp"
#include "kilter/forecast/arima.hpp"
#include "kilter/forecast/auto_arima.hpp"
#include "kilter/forecast/baseline.hpp"
#include "kilter/forecast/seasonal.hpp"

using namespace kilter;
using namespace kilter::forecast;

namespace {

Series series(std::vector<double> values) { return {{}, units::h, std::move(values)}; }

/// An honest status, and with a good one a finite forecast with quantiles in order.
template <Forecaster M>
void check_honest(const M& model, const Series& y) {
  const auto fit = model.fit(y);
  const Forecast f = fit.forecast(30);
  REQUIRE(f.horizon() == 30);
  REQUIRE(f.quantiles.size() == 30 * f.levels.size());
  if (!ok(fit.status) && fit.status != Status::iteration_limit) {
    CHECK(std::isnan(f.mean[0]));
    return;
  }
  for (std::size_t i = 0; i < 30; ++i) {
    REQUIRE(std::isfinite(f.mean[i]));
    for (std::size_t l = 0; l < f.levels.size(); ++l) {
      REQUIRE(std::isfinite(f.quantiles[l * 30 + i]));
      if (l > 0) REQUIRE(f.quantiles[l * 30 + i] >= f.quantiles[(l - 1) * 30 + i]);
    }
  }
}

void check_all(const Series& y) {
  check_honest(Naive{}, y);
  check_honest(SeasonalNaive{24}, y);
  check_honest(Drift{}, y);
  check_honest(Mean{}, y);
  check_honest(SeasonalLeastSquares{}, y);
  check_honest(SeasonalLeastSquares{.seasons = {{24, 3, 1}, {7, 3, 1}}, .trend = Trend::linear, .half_life = 5, .lags = {1, 2, 3}},
               y);
  check_honest(SeasonalLeastSquares{.intervals = Intervals::gaussian}, y);
  check_honest(Arima{.order = {1, 1, 1}}, y);
  check_honest(Arima{.order = {2, 0, 2}}, y);
  check_honest(Arima{.order = {1, 0, 1, 1, 1, 1, 6}}, y);
  check_honest(Arima{.order = {0, 2, 2}, .constant = Constant::included}, y);
}

/// Every kind of ARIMA: seasonal, conditional, many coefficients, differences that leave little, chosen orders.
void check_arima(const Series& y, std::size_t period) {
  check_honest(Arima{}, y);
  check_honest(Arima{.order = {3, 0, 3}}, y);
  check_honest(Arima{.order = {2, 1, 1, 0, 1, 1, 12}}, y);
  check_honest(Arima{.order = {1, 0, 1, 1, 0, 1, 4}, .constant = Constant::none}, y);
  check_honest(Arima{.order = {0, 0, 0, 2, 2, 0, 7}}, y);
  check_honest(Arima{.order = {2, 0, 2}, .method = ArimaMethod::conditional_sum_of_squares}, y);
  check_honest(Arima{.order = {1, 1, 1, 1, 0, 0, 4}, .method = ArimaMethod::conditional_sum_of_squares}, y);
  check_honest(AutoArima{.period = period}, y);
}

/// A value of a hostile series of one of several kinds.
double hostile(std::size_t kind, std::size_t t, Rng& rng) {
  const auto at = static_cast<double>(t);
  switch (kind) {
    case 0: return rng.bernoulli(0.5) ? missing : rng.normal();
    case 1: return rng.bernoulli(0.05) ? 1e139 * rng.normal() : 0;
    case 2: return std::exp(0.3 * at);
    case 3: return rng.bernoulli(0.9) ? 0 : rng.pareto(1, 0.3);
    case 4: return 1e12 + 1e-5 * rng.normal();
    case 5: return t % 2 == 0 ? 1 : -1;
    case 6: return 1e-300 * rng.normal();
    case 7: return at * at * at;
    case 8: return t < 40 ? missing : 3;
    case 9: return t == 17 ? 1e100 : 1;
    default: return std::numeric_limits<double>::denorm_min() * static_cast<double>(rng.index(5));
  }
}

}  // namespace

TEST_CASE("degenerate series get a forecast or an honest status") {
  check_all(series({}));
  check_all(series({1}));
  check_all(series({1, 2}));
  check_all(series({1, 2, 3}));
  for (std::size_t n = 0; n <= 12; ++n) {
    std::vector<double> values(n, 4.0);
    check_arima(series(values), 1);
    for (std::size_t t = 0; t < n; t += 2) values[t] = missing;
    check_arima(series(values), 4);
    for (std::size_t t = 0; t < n; ++t) values[t] = static_cast<double>(t * t % 7);
    check_arima(series(values), 4);
  }
  check_arima(series(std::vector<double>(100, 0.0)), 12);
  check_arima(series(std::vector<double>(100, missing)), 12);
  check_all(series(std::vector<double>(100, 5.0)));
  check_all(series(std::vector<double>(100, 0.0)));
  check_all(series(std::vector<double>(100, missing)));
  check_all(series(std::vector<double>(23, 1.5)));
  CHECK(SeasonalNaive{24}.fit(series(std::vector<double>(23, 1.5))).status == Status::infeasible);
  CHECK(Naive{}.fit(series({})).status == Status::infeasible);
  CHECK(SeasonalLeastSquares{}.fit(series(std::vector<double>(100, missing))).status == Status::infeasible);
  const Forecast constant = SeasonalLeastSquares{}.fit(series(std::vector<double>(100, 5.0))).forecast(3);
  CHECK(constant.mean[2] == 5);
  CHECK(constant.quantile(0.99, 2) == 5);
}

TEST_CASE("hostile series never give a forecast that is not finite") {
  for (std::size_t seed = 0; seed < 66; ++seed) {
    Rng rng{seed};
    Series y;
    const std::size_t n = 20 + rng.index(150);
    for (std::size_t t = 0; t < n; ++t) y.values.push_back(hostile(seed % 11, t, rng));
    CAPTURE(seed);
    check_all(y);
  }
}

TEST_CASE("ARIMA models of hostile series, whole and with gaps, give a finite forecast or an honest status") {
  for (std::size_t seed = 0; seed < 66; ++seed) {
    Rng rng{1000 + seed};
    Series y, gaps;
    const std::size_t n = 20 + rng.index(100);
    for (std::size_t t = 0; t < n; ++t) {
      y.values.push_back(hostile(seed % 11, t, rng));
      gaps.values.push_back(rng.bernoulli(0.1) ? missing : y[t]);
    }
    constexpr std::size_t periods[] = {1, 4, 12};
    CAPTURE(seed);
    check_arima(y, periods[seed % 3]);
    check_arima(gaps, periods[seed % 3]);
  }
}

TEST_CASE("hostile regressors and hostile values appended leave a finite forecast or an honest status") {
  for (std::size_t seed = 0; seed < 44; ++seed) {
    Rng rng{2000 + seed};
    Series y;
    Regressors x;
    const std::size_t n = 40 + rng.index(40);
    for (std::size_t t = 0; t < n; ++t) y.values.push_back(rng.normal());
    for (std::size_t j = 0; j < 3; ++j) {
      std::vector<double> column(n);
      for (std::size_t t = 0; t < n; ++t) column[t] = hostile((seed + 3 * j) % 11, t, rng);
      for (double& v : column) v = std::isnan(v) ? 0 : v;
      x.add("x" + std::to_string(j), column);
    }
    CAPTURE(seed);
    FittedArima fit = Arima{.order = {1, seed % 2, 1}}.fit(y, x);
    if (!fit.usable()) {
      CHECK(std::isnan(fit.forecast(5, x.slice(0, 5)).mean[0]));
      continue;
    }
    for (std::size_t t = 0; t < 20; ++t) fit.append(hostile(seed % 11, t, rng), x.slice(t, 1));
    const Forecast f = fit.forecast(5, x.slice(0, 5));
    for (const double v : f.mean) CHECK(std::isfinite(v));
    for (const double v : f.quantiles) CHECK(std::isfinite(v));
  }
}

TEST_CASE("transforms of hostile series stay finite") {
  for (std::size_t seed = 0; seed < 40; ++seed) {
    Rng rng{seed};
    Series y;
    for (std::size_t t = 0; t < 60 + rng.index(60); ++t) y.values.push_back(std::abs(hostile(seed % 11, t, rng)) + 1e-3);
    CAPTURE(seed);
    for (const Transform t :
         {Transform::log1p(), Transform::sqrt(), Transform::box_cox(0), Transform::box_cox(-1), Transform::box_cox(0.3)}) {
      check_honest(SeasonalLeastSquares{.transform = t}, y);
      check_honest(Arima{.order = {1, 1, 1}, .transform = t}, y);
      if (seed < 11) check_honest(AutoArima{.period = 4, .transform = t}, y);
    }
  }
}

TEST_CASE("misuse is refused by name") {
  const Series good = series(std::vector<double>(100, 1.0));
  const double inf = std::numeric_limits<double>::infinity();
  const auto message = [](auto&& call) -> std::string {
    try {
      call();
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "nothing was thrown";
  };
  using Catch::Matchers::Contains;
  CHECK_THAT(message([&] { (void)Naive{}.fit(series({1, inf})); }), Contains("history value = inf"));
  CHECK_THAT(message([&] { (void)Arima{}.fit(series({1, 1e200})); }), Contains("history value = 1e+200"));
  CHECK_THAT(message([&] { (void)Naive{}.fit(good).forecast(0); }), Contains("horizon = 0"));
  CHECK_THAT(message([&] { (void)SeasonalLeastSquares{}.fit(good).forecast(0); }), Contains("horizon = 0"));
  CHECK_THAT(message([&] { (void)SeasonalNaive{0}.fit(good); }), Contains("period = 0"));
  CHECK_THAT(message([&] {
               (void)Arima{.transform = Transform::box_cox(0)}.fit(series({1, -2, 3}));
             }),
             Contains("history value = -2"));
  CHECK_THAT(message([&] {
               (void)SeasonalLeastSquares{.transform = Transform::log1p()}.fit(series({1, -1, 3}));
             }),
             Contains("= -1"));
  CHECK_THAT(message([&] { (void)SeasonalLeastSquares{.seasons = {{1, 1, 1}}}.fit(good); }), Contains("seasons.period = 1"));
  CHECK_THAT(message([&] { (void)SeasonalLeastSquares{.lags = {2, 1}}.fit(good); }), Contains("lags = 1"));
  CHECK_THAT(message([&] { (void)SeasonalLeastSquares{.half_life = -1}.fit(good); }), Contains("half_life = -1"));
  CHECK_THAT(message([&] { (void)Naive{.levels = {0.5, 0.5}}.fit(good); }), Contains("level = 0.5"));
  CHECK_THAT(message([&] { (void)Naive{.levels = {}}.fit(good); }), Contains("levels"));
  Series still = good;
  still.step = Seconds{0};
  CHECK_THAT(message([&] { (void)Mean{}.fit(still); }), Contains("history.step = 0"));
}
