#include "kilter/forecast/arima.hpp"

#include "catch.hpp"
#include "data.hpp"
#include "kilter/forecast/baseline.hpp"
#include "kilter/forecast/diagnostics.hpp"
#include "kilter/forecast/least_squares.hpp"
#include "refused.hpp"

using namespace kilter;
using namespace kilter::forecast;
using kilter::test::WithinAbs;
using kilter::test::WithinRel;
namespace inside = kilter::forecast::detail;

static_assert(Forecaster<Arima>);

namespace {

Series series(std::vector<double> values) { return {{}, units::h, std::move(values)}; }

Series simulated(const std::vector<double>& ar, const std::vector<double>& ma, std::size_t n, Rng& rng) {
  return series(test::simulate_arma(ar, ma, n, rng));
}

/// 1 at t = 1, 2 at t = 2 …
std::vector<double> line(std::size_t n) {
  std::vector<double> out(n);
  for (std::size_t t = 0; t < n; ++t) out[t] = static_cast<double>(t + 1);
  return out;
}

/// The half width of the interval at a level over the score of that level: the deviation of the forecast.
double deviation_of(const FittedArima& fit, const Forecast& f, std::size_t h) {
  return (f.quantiles[f.quantiles.size() - f.horizon() + h] - f.mean[h]) / fit.scores.back();
}

struct Share {
  std::size_t hits = 0, count = 0;
  void add(bool hit) {
    hits += hit ? 1U : 0U;
    ++count;
  }
  [[nodiscard]] double value() const { return static_cast<double>(hits) / static_cast<double>(count); }
  /// Four standard errors of the share when p is true.
  [[nodiscard]] double allowed(double p) const { return 4 * std::sqrt(p * (1 - p) / static_cast<double>(count)); }
};

}  // namespace

TEST_CASE("true coefficients lie within two standard errors as often as they should") {
  struct Case {
    std::vector<double> ar, ma;
  };
  // 95.4 % of a normal; two points are left to what n = 300 is short of infinity.
  for (const Case& c : {Case{{0.7}, {}}, Case{{1.2, -0.5}, {}}, Case{{}, {0.6}}, Case{{}, {-0.4, 0.3}}, Case{{0.8}, {-0.3}}}) {
    Rng rng{4};
    Share within, mean;
    double variance = 0;
    const std::size_t p = c.ar.size(), q = c.ma.size();
    for (int run = 0; run < 150; ++run) {
      Series y = simulated(c.ar, c.ma, 300, rng);
      for (double& v : y.values) v = 50 + 3 * v;
      const FittedArima fit = Arima{.order = {p, 0, q}}.fit(y);
      REQUIRE(ok(fit.status));
      REQUIRE(fit.standard_errors.size() == p + q + 1);
      for (std::size_t k = 0; k < p; ++k) within.add(std::abs(fit.ar[k] - c.ar[k]) < 2 * fit.standard_errors[k]);
      for (std::size_t k = 0; k < q; ++k) within.add(std::abs(fit.ma[k] - c.ma[k]) < 2 * fit.standard_errors[p + k]);
      mean.add(std::abs(fit.mean - 50) < 2 * fit.standard_errors.back());
      variance += fit.sigma2 / 150;
    }
    CAPTURE(p, q);
    CHECK_THAT(within.value(), WithinAbs(0.954, within.allowed(0.954) + 0.02));
    CHECK_THAT(mean.value(), WithinAbs(0.954, mean.allowed(0.954) + 0.02));
    CHECK_THAT(variance, WithinRel(9, 0.03));
  }
}

TEST_CASE("a seasonal model is recovered, and its residuals are white") {
  Rng rng{5};
  const std::size_t n = 2000;
  std::vector<double> y(n, 0.0), e(n);
  for (std::size_t t = 0; t < n; ++t) {
    e[t] = rng.normal();
    y[t] = e[t];
    if (t > 13) y[t] += 0.5 * y[t - 1] + 0.6 * y[t - 12] - 0.3 * y[t - 13] + 0.4 * e[t - 1] + 0.5 * e[t - 12] + 0.2 * e[t - 13];
  }
  const FittedArima fit = Arima{.order = {1, 0, 1, 1, 0, 1, 12}}.fit(series(y));
  REQUIRE(ok(fit.status));
  CHECK(std::abs(fit.ar[0] - 0.5) < 3 * fit.standard_errors[0]);
  CHECK(std::abs(fit.ma[0] - 0.4) < 3 * fit.standard_errors[1]);
  CHECK(std::abs(fit.seasonal_ar[0] - 0.6) < 3 * fit.standard_errors[2]);
  CHECK(std::abs(fit.seasonal_ma[0] - 0.5) < 3 * fit.standard_errors[3]);
  for (std::size_t k = 0; k < 4; ++k) CHECK(fit.standard_errors[k] < 0.08);
  CHECK(ljung_box(fit.residuals, 36, 4).p_value > 1e-3);
  CHECK(ljung_box(y, 36, 4).p_value < 1e-6);
}

TEST_CASE("the constant is the mean of the differenced series") {
  Rng rng{6};
  Series y;
  double level = 100;
  for (int t = 0; t < 120; ++t) y.values.push_back((level += rng.normal(0.5, 1)) + rng.normal());
  const auto mean_of = [](const std::vector<double>& w) {
    double sum = 0;
    for (const double v : w) sum += v / static_cast<double>(w.size());
    return sum;
  };
  const auto differences = [&y](std::size_t lag) {
    std::vector<double> w;
    for (std::size_t t = lag; t < y.size(); ++t) w.push_back(y[t] - y[t - lag]);
    return w;
  };
  CHECK_THAT(Arima{}.fit(y).mean, WithinRel(mean_of(y.values), 1e-12));
  CHECK_THAT((Arima{.order = {0, 1, 0}, .constant = Constant::included}.fit(y).mean), WithinRel(mean_of(differences(1)), 1e-10));
  const FittedArima seasonal = Arima{.order = {0, 0, 0, 0, 1, 0, 6}, .constant = Constant::included}.fit(y);
  CHECK_THAT(seasonal.mean, WithinRel(mean_of(differences(6)), 1e-10));
  CHECK_THAT(seasonal.forecast(13).mean[12], WithinRel(y[114] + 3 * seasonal.mean, 1e-10));
  CHECK(Arima{}.fit(y).constant);
  CHECK_FALSE(Arima{.order = {0, 1, 0}}.fit(y).constant);
  CHECK_FALSE(Arima{.constant = Constant::none}.fit(y).constant);
  CHECK(Arima{.constant = Constant::none}.fit(y).forecast(3).mean[2] == 0);
}

TEST_CASE("special cases are the baselines and exponential smoothing") {
  Rng rng{6};
  Series y;
  double level = 100;
  for (int t = 0; t < 120; ++t) y.values.push_back((level += rng.normal(0.5, 1)) + rng.normal());
  SECTION("(0,1,0) is the random walk, with a constant the drift line") {
    const FittedArima fit = Arima{.order = {0, 1, 0}}.fit(y);
    const auto naive = Naive{}.fit(y);
    const Forecast a = fit.forecast(5), b = naive.forecast(5);
    for (std::size_t h = 0; h < 5; ++h) {
      CHECK_THAT(a.mean[h], WithinRel(b.mean[h], 1e-12));
      CHECK_THAT(deviation_of(fit, a, h), WithinRel(naive.sigma * std::sqrt(static_cast<double>(h + 1)), 1e-10));
    }
    const FittedArima drift = Arima{.order = {0, 1, 0}, .constant = Constant::included}.fit(y);
    CHECK_THAT(drift.mean, WithinRel(Drift{}.fit(y).drift, 1e-9));
    const Forecast c = drift.forecast(7);
    CHECK_THAT(c.mean[6], WithinRel(Drift{}.fit(y).forecast(7).mean[6], 1e-10));
    CHECK_THAT(deviation_of(drift, c, 6), WithinRel(std::sqrt(drift.sigma2 * (7 + 49.0 / 119)), 1e-9));
  }
  SECTION("(0,0,0)(0,1,0) is the seasonal random walk") {
    const FittedArima fit = Arima{.order = {0, 0, 0, 0, 1, 0, 6}}.fit(y);
    const Forecast a = fit.forecast(20), b = SeasonalNaive{6}.fit(y).forecast(20);
    for (std::size_t h = 0; h < 20; ++h) {
      CHECK_THAT(a.mean[h], WithinRel(b.mean[h], 1e-12));
      CHECK_THAT(deviation_of(fit, a, h), WithinRel(std::sqrt(fit.sigma2 * static_cast<double>(h / 6 + 1)), 1e-10));
    }
  }
  SECTION("(0,1,1) is simple exponential smoothing with alpha = 1 + theta") {
    const FittedArima fit = Arima{.order = {0, 1, 1}, .parameter_uncertainty = false}.fit(y);
    double smooth = y[0];
    for (std::size_t t = 1; t < y.size(); ++t) smooth += (1 + fit.ma[0]) * (y[t] - smooth);
    const Forecast f = fit.forecast(4);
    for (const double v : f.mean) CHECK_THAT(v, WithinRel(smooth, 1e-10));
    const double alpha = 1 + fit.ma[0];
    CHECK_THAT(std::pow(deviation_of(fit, f, 3), 2), WithinRel(fit.sigma2 * (1 + 3 * alpha * alpha), 1e-8));
  }
  SECTION("(1,0,0): the mean decays and the variance adds up geometrically") {
    const FittedArima fit = Arima{.order = {1, 0, 0}, .parameter_uncertainty = false}.fit(y);
    const Forecast f = fit.forecast(10);
    const double phi = fit.ar[0];
    CHECK_THAT(f.mean[9], WithinRel(fit.mean + std::pow(phi, 10) * (y.values.back() - fit.mean), 1e-9));
    CHECK_THAT(std::pow(deviation_of(fit, f, 9), 2), WithinRel(fit.sigma2 * (1 - std::pow(phi, 20)) / (1 - phi * phi), 1e-8));
  }
  SECTION("(0,0,0): the mean, as uncertain as in any textbook") {
    const FittedArima fit = Arima{}.fit(y);
    CHECK_THAT(fit.standard_errors[0], WithinRel(std::sqrt(fit.sigma2 / 120), 1e-10));
    CHECK_THAT(deviation_of(fit, fit.forecast(3), 2), WithinRel(std::sqrt(fit.sigma2 * (1 + 1.0 / 120)), 1e-10));
    CHECK(fit.freedom == 119);
  }
}

TEST_CASE("an autoregression by conditional sum of squares is the regression on lags") {
  Rng rng{5};
  const Series y = simulated({0.5, 0.2}, {}, 200, rng);
  const FittedArima fit = Arima{.order = {2, 0, 0}, .method = ArimaMethod::conditional_sum_of_squares}.fit(y);
  Eigen::MatrixXd x(198, 3);
  Eigen::VectorXd target(198);
  for (Eigen::Index t = 0; t < 198; ++t) {
    const auto at = static_cast<std::size_t>(t);
    x.row(t) << 1, y[at + 1], y[at];
    target[t] = y[at + 2];
  }
  const auto regression = least_squares(x, target);
  CHECK_THAT(fit.ar[0], WithinAbs(regression.coefficients[1], 1e-5));
  CHECK_THAT(fit.ar[1], WithinAbs(regression.coefficients[2], 1e-5));
  CHECK_THAT(fit.sum_of_squares, WithinRel(regression.residual_sum, 1e-9));
  CHECK(fit.observations == 198);
  // Least squares divides by 195, maximum likelihood's information by 198.
  CHECK_THAT(fit.standard_errors[0], WithinRel(regression.standard_errors[1] * std::sqrt(195.0 / 198), 2e-3));
}

TEST_CASE("criteria follow from the log-likelihood") {
  Rng rng{7};
  const Series y = simulated({0.5}, {0.3}, 90, rng);
  Regressors x;
  std::vector<double> column(90);
  for (double& v : column) v = rng.normal();
  x.add("x", column);
  const FittedArima fit = Arima{.order = {1, 1, 1}, .constant = Constant::included}.fit(y, x);
  REQUIRE(ok(fit.status));
  CHECK(fit.observations == 89);
  CHECK(fit.parameters() == 4);
  const double k = 5, n = 89;
  CHECK_THAT(fit.aic, WithinRel(-2 * fit.log_likelihood + 2 * k, 1e-12));
  CHECK_THAT(fit.aicc, WithinRel(fit.aic + 2 * k * (k + 1) / (n - k - 1), 1e-12));
  CHECK_THAT(fit.bic, WithinRel(-2 * fit.log_likelihood + k * std::log(n), 1e-12));
  CHECK_THAT(fit.sigma2, WithinRel(fit.sum_of_squares / (n - 4), 1e-12));
  // White noise has its likelihood in closed form.
  const FittedArima noise = Arima{}.fit(y);
  double square = 0;
  for (const double v : y.values) square += (v - noise.mean) * (v - noise.mean);
  CHECK_THAT(noise.sum_of_squares, WithinRel(square, 1e-10));
  CHECK_THAT(noise.log_likelihood, WithinRel(-45 * (std::log(2 * std::numbers::pi * square / 90) + 1), 1e-10));
}

TEST_CASE("fitted values and residuals make up the series") {
  Rng rng{8};
  for (const ArimaMethod method : {ArimaMethod::maximum_likelihood, ArimaMethod::conditional_sum_of_squares}) {
    Series y = simulated({0.6}, {0.4}, 200, rng);
    for (std::size_t t = 12; t < 200; ++t) y.values[t] += y.values[t - 12];
    const FittedArima fit = Arima{.order = {1, 0, 1, 0, 1, 1, 12}, .method = method}.fit(y);
    REQUIRE(ok(fit.status));
    REQUIRE(fit.residuals.size() == 200);
    double square = 0;
    for (std::size_t t = 0; t < 200; ++t) {
      CHECK(std::isnan(fit.residuals[t]) == (t < 12));
      CHECK(std::isnan(fit.fitted_values()[t]) == (t < 12));
      if (t < 12) continue;
      square += fit.residuals[t] * fit.residuals[t];
      // The filter settles: late innovations are not scaled.
      if (t > 150) CHECK_THAT(y[t] - fit.fitted_values()[t], WithinAbs(fit.residuals[t], 1e-3));
      // Each is the forecast of a model that has seen only what came before.
      if (t == 100) {
        inside::ArimaState state{fit.state.model()};
        for (std::size_t s = 0; s < t; ++s) state.append(y[s]);
        CHECK_THAT(fit.fitted_values()[t], WithinAbs(state.path(1).mean[0], 1e-9));
      }
    }
    if (method == ArimaMethod::maximum_likelihood) CHECK_THAT(square, WithinRel(fit.sum_of_squares, 1e-6));
  }
}

TEST_CASE("slopes of regressors are recovered, with standard errors, under errors that are correlated") {
  Rng rng{9};
  Share within;
  for (int run = 0; run < 100; ++run) {
    const std::size_t n = 200, d = run % 2 == 0 ? 0 : 1;
    Series y = simulated({0.6}, {0.3}, n, rng);
    for (std::size_t t = 1; t < n && d > 0; ++t) y.values[t] += y.values[t - 1];
    Regressors x;
    for (const char* name : {"weather", "event"}) {
      std::vector<double> column(n);
      for (double& v : column) v = rng.normal();
      x.add(name, column);
    }
    for (std::size_t t = 0; t < n; ++t) y.values[t] += 4 * x.column(0)[t] - 2 * x.column(1)[t];
    const FittedArima fit = Arima{.order = {1, d, 1}}.fit(y, x);
    REQUIRE(ok(fit.status));
    REQUIRE(fit.regressors == std::vector<std::string>{"weather", "event"});
    CHECK(fit.dropped_names.empty());
    const std::size_t at = fit.standard_errors.size() - 2;
    CHECK(at == (d == 0 ? 3U : 2U));
    within.add(std::abs(fit.regression[0] - 4) < 2 * fit.standard_errors[at]);
    within.add(std::abs(fit.regression[1] + 2) < 2 * fit.standard_errors[at + 1]);
    CHECK(fit.standard_errors[at] < 0.15);
  }
  CHECK_THAT(within.value(), WithinAbs(0.954, within.allowed(0.954) + 0.01));
}

TEST_CASE("regressors that say nothing of their own are named and left out") {
  Rng rng{10};
  const std::size_t n = 100;
  const Series y = simulated({0.5}, {}, n, rng);
  std::vector<double> a(n), b(n), sum(n);
  for (std::size_t t = 0; t < n; ++t) {
    a[t] = 1e6 * rng.normal();
    b[t] = rng.normal();
    sum[t] = 3 * a[t] - 2e6 * b[t];
  }
  Regressors x;
  x.add("a", a);
  x.add("ones", std::vector<double>(n, 7.0));
  x.add("b", b);
  x.add("sum", sum);
  x.add("zeros", std::vector<double>(n, 0.0));
  x.add("line", line(n));
  const FittedArima fit = Arima{.order = {1, 0, 0}}.fit(y, x);
  REQUIRE(ok(fit.status));
  CHECK(fit.dropped_names == std::vector<std::string>{"ones", "sum", "zeros"});
  CHECK(fit.regression[1] == 0);
  CHECK(fit.regression[3] == 0);
  CHECK(std::isnan(fit.standard_errors[2 + 3]));
  CHECK(fit.parameters() == 1 + 1 + 3);
  Regressors lean;
  lean.add("a", a);
  lean.add("b", b);
  lean.add("line", line(n));
  const FittedArima same = Arima{.order = {1, 0, 0}}.fit(y, lean);
  CHECK_THAT(fit.log_likelihood, WithinAbs(same.log_likelihood, 1e-6));
  CHECK_THAT(fit.regression[2], WithinRel(same.regression[1], 1e-6));
  const Forecast f = fit.forecast(1, x.slice(0, 1)), g = same.forecast(1, lean.slice(0, 1));
  CHECK_THAT(f.mean[0], WithinRel(g.mean[0], 1e-6));
  CHECK_THAT(f.quantiles[0], WithinRel(g.quantiles[0], 1e-6));

  SECTION("without a constant of the model a constant column is one") {
    CHECK(Arima{.order = {1, 0, 0}, .constant = Constant::none}.fit(y, x).dropped_names ==
          std::vector<std::string>{"sum", "zeros"});
  }
  SECTION("differencing takes a constant, and a line is a drift") {
    const FittedArima drift = Arima{.order = {1, 1, 0}, .constant = Constant::included}.fit(y, x);
    CHECK(drift.dropped_names == std::vector<std::string>{"ones", "sum", "zeros", "line"});
    const FittedArima lines = Arima{.order = {1, 1, 0}}.fit(y, x);
    CHECK(lines.dropped_names == std::vector<std::string>{"ones", "sum", "zeros"});
    CHECK_THAT(lines.regression.back(), WithinAbs(drift.mean, 1e-6));
  }
}

TEST_CASE("functions of time are known in the future, too") {
  Rng rng{11};
  Series y = simulated({0.5}, {}, 24 * 20, rng);
  y.start = Time{1'700'006'400};
  for (std::size_t t = 0; t < y.size(); ++t) {
    y.values[t] += 50 * std::sin(2 * std::numbers::pi * static_cast<double>(t) / 24) + 0.1 * static_cast<double>(t);
  }
  const Arima model{.order = {1, 0, 0}, .features = {.trend = 1, .fourier = {{24, 2}}}};
  const FittedArima fit = model.fit(y);
  REQUIRE(ok(fit.status));
  CHECK(fit.regressors.size() == 5);
  const Forecast f = fit.forecast(48);
  for (std::size_t h = 12; h < 48; ++h) {
    const auto t = static_cast<double>(y.size() + h);
    CHECK_THAT(f.mean[h], WithinAbs(50 * std::sin(2 * std::numbers::pi * t / 24) + 0.1 * t, 1.5));
  }
  const Forecast same = fit.forecast(48, future_regressors(model.features, y, 48));
  CHECK(same.mean == f.mean);
  FittedArima longer = fit;
  for (std::size_t h = 0; h < 5; ++h) longer.append(f.mean[h]);
  for (std::size_t h = 0; h < 40; ++h) CHECK_THAT(longer.forecast(40).mean[h], WithinAbs(f.mean[h + 5], 1e-6));
}

TEST_CASE("a transform sees the logarithm, and forecasts come back from it") {
  Rng rng{12};
  Series y = simulated({0.6}, {}, 150, rng), logs = y;
  for (std::size_t t = 0; t < 150; ++t) {
    logs.values[t] = 3 + 0.4 * y[t];
    y.values[t] = std::exp(logs[t]);
  }
  const FittedArima a = Arima{.order = {1, 0, 0}, .transform = Transform::box_cox(0)}.fit(y),
                    b = Arima{.order = {1, 0, 0}}.fit(logs);
  CHECK_THAT(a.ar[0], WithinAbs(b.ar[0], 1e-9));
  CHECK_THAT(a.log_likelihood, WithinAbs(b.log_likelihood, 1e-8));
  const Forecast f = a.forecast(10), g = b.forecast(10);
  for (std::size_t k = 0; k < f.quantiles.size(); ++k) CHECK_THAT(f.quantiles[k], WithinRel(std::exp(g.quantiles[k]), 1e-9));
  for (std::size_t h = 0; h < 10; ++h) {
    const double s = deviation_of(b, g, h);
    CHECK_THAT(f.mean[h], WithinRel(std::exp(g.mean[h] + 0.5 * s * s), 1e-9));
  }
  CHECK_THAT(a.fitted_values()[50], WithinRel(std::exp(b.fitted_values()[50]), 1e-9));
  Rng one{1}, two{1};
  const Paths p = a.simulate(3, 5, one), q = b.simulate(3, 5, two);
  for (std::size_t k = 0; k < 15; ++k) CHECK_THAT(p.values[k], WithinRel(std::exp(q.values[k]), 1e-9));
  CHECK_REFUSED((Arima{.transform = Transform::box_cox(0)}.fit(series({1, -2, 3, 4, 5}))), "history value = -2");
}

TEST_CASE("missing values at the ends are cut off in front and forecast over behind") {
  Rng rng{13};
  const Series y = simulated({0.8}, {0.3}, 120, rng);
  Series wide = y;
  wide.values.insert(wide.values.begin(), 7, missing);
  wide.values.insert(wide.values.end(), 5, missing);
  const FittedArima a = Arima{.order = {1, 0, 1}}.fit(y), b = Arima{.order = {1, 0, 1}}.fit(wide);
  REQUIRE(ok(b.status));
  CHECK(b.ar == a.ar);
  CHECK(b.log_likelihood == a.log_likelihood);
  CHECK(b.observations == 120);
  CHECK(b.residuals.size() == 132);
  CHECK(std::isnan(b.residuals[6]));
  CHECK(b.residuals[7] == a.residuals[0]);
  CHECK(std::isnan(b.residuals[127]));
  CHECK(b.start == wide.end());
  for (std::size_t h = 0; h < 6; ++h) {
    CHECK_THAT(b.forecast(6).mean[h], WithinAbs(a.forecast(11).mean[h + 5], 1e-9));
    CHECK_THAT(b.forecast(6).quantiles[h], WithinAbs(a.forecast(11).quantiles[h + 5], 1e-6));
  }
}

TEST_CASE("missing values inside cost information, and nothing else") {
  Rng rng{14};
  SECTION("an autoregression with some of its values") {
    Series y = simulated({0.8}, {}, 600, rng);
    const FittedArima full = Arima{.order = {1, 0, 0}}.fit(y);
    std::size_t gaps = 0;
    for (std::size_t t = 50; t < 550; t += 7, ++gaps) y.values[t] = missing;
    const FittedArima fit = Arima{.order = {1, 0, 0}}.fit(y);
    REQUIRE(ok(fit.status));
    CHECK(fit.observations == 600 - gaps);
    CHECK(std::isnan(fit.residuals[50]));
    CHECK(std::isnan(fit.fitted_values()[50]));
    CHECK_THAT(fit.ar[0], WithinAbs(full.ar[0], 0.04));
    CHECK_THAT(fit.sigma2, WithinRel(full.sigma2, 0.05));
  }
  SECTION("every second value of a first-order autoregression is one of its square") {
    Series y = simulated({0.8}, {}, 201, rng), half;
    for (std::size_t t = 0; t < 201; ++t) {
      if (t % 2 == 0) half.values.push_back(y[t]);
      if (t % 2 == 1) y.values[t] = missing;
    }
    const FittedArima a = Arima{.order = {1, 0, 0}}.fit(y), b = Arima{.order = {1, 0, 0}}.fit(half);
    CHECK_THAT(a.ar[0] * a.ar[0], WithinAbs(b.ar[0], 1e-4));
    CHECK_THAT(a.log_likelihood, WithinAbs(b.log_likelihood, 1e-6));
    CHECK_THAT(a.mean, WithinRel(b.mean, 1e-3));
    CHECK_THAT(a.forecast(4).mean[1], WithinAbs(b.forecast(2).mean[0], 1e-3));
  }
  SECTION("a random walk knows its variance from the steps across") {
    Series y = series({1, 2, missing, missing, 5, 4, missing, 6, 7, 9, missing, missing, missing, 13});
    double square = 0;
    std::size_t count = 0, last = 0;
    for (std::size_t t = 1; t < y.size(); ++t) {
      if (std::isnan(y[t])) continue;
      square += std::pow(y[t] - y[last], 2) / static_cast<double>(t - last);
      last = t;
      ++count;
    }
    const FittedArima fit = Arima{.order = {0, 1, 0}}.fit(y);
    REQUIRE(ok(fit.status));
    CHECK(fit.observations == count);
    CHECK_THAT(fit.sum_of_squares, WithinRel(square, 1e-9));
    CHECK_THAT(deviation_of(fit, fit.forecast(4), 3), WithinRel(2 * std::sqrt(fit.sigma2), 1e-9));
  }
  SECTION("among the first differences they are estimated") {
    Series y = simulated({0.5}, {}, 160, rng);
    for (std::size_t t = 0; t < 160; ++t) {
      y.values[t] = 0.2 * y[t] + 10 * std::sin(2 * std::numbers::pi * static_cast<double>(t) / 12) + 0.1 * static_cast<double>(t);
    }
    for (const std::size_t t : {1U, 5U, 6U, 11U, 80U}) y.values[t] = missing;
    const FittedArima fit = Arima{.order = {1, 1, 0, 0, 1, 1, 12}}.fit(y);
    REQUIRE(ok(fit.status));
    CHECK(fit.observations == 160 - 13 - 5);
    const Forecast f = fit.forecast(12);
    for (std::size_t h = 0; h < 12; ++h) {
      const auto t = static_cast<double>(160 + h);
      CHECK_THAT(f.mean[h], WithinAbs(10 * std::sin(2 * std::numbers::pi * t / 12) + 0.1 * t, 1.5));
    }
  }
}

TEST_CASE("simulated paths have the mean and the spread of the forecast") {
  Rng rng{15};
  Series y = simulated({0.7}, {0.2}, 150, rng);
  for (std::size_t t = 1; t < 150; ++t) y.values[t] += y.values[t - 1];
  const FittedArima fit = Arima{.order = {1, 1, 1}}.fit(y);
  const std::size_t horizon = 12, count = 20'000;
  const Forecast f = fit.forecast(horizon);
  for (const Shocks shocks : {Shocks::gaussian, Shocks::empirical}) {
    Rng own{3}, again{3};
    const Paths paths = fit.simulate(horizon, count, own, shocks);
    CHECK(paths.values == fit.simulate(horizon, count, again, shocks).values);
    CHECK(paths.start == f.start);
    for (std::size_t h = 0; h < horizon; ++h) {
      double sum = 0, square = 0;
      for (std::size_t k = 0; k < count; ++k) {
        const double v = paths.values[k * horizon + h] - f.mean[h];
        sum += v / static_cast<double>(count);
        square += v * v / static_cast<double>(count);
      }
      // A Student t has this much more variance than its scale; residuals have a mean of nearly 0 and a variance of nearly σ².
      const double t = shocks == Shocks::gaussian ? fit.freedom / (fit.freedom - 2) : 1;
      const double deviation = deviation_of(fit, f, h);
      CHECK_THAT(sum, WithinAbs(0, (shocks == Shocks::gaussian ? 0.03 : 0.5) * deviation));
      CHECK_THAT(square, WithinRel(t * deviation * deviation, shocks == Shocks::gaussian ? 0.05 : 0.15));
    }
  }
  Rng own{4};
  const Paths paths = fit.simulate(horizon, 4000, own);
  const Forecast points = pointwise(paths);
  const Band joint = simultaneous_band(paths, 0.9);
  std::size_t held = 0;
  for (std::size_t k = 0; k < paths.count; ++k) held += joint.contains(paths.path(k)) ? 1U : 0U;
  CHECK_THAT(static_cast<double>(held) / 4000, WithinAbs(0.9, 0.01));
  for (std::size_t h = 0; h < horizon; ++h) {
    CHECK(joint.lower[h] < f.quantile(0.05, h));
    CHECK(joint.upper[h] > f.quantile(0.95, h));
    CHECK_THAT(points.quantile(0.9, h), WithinAbs(f.quantile(0.9, h), 0.1 * deviation_of(fit, f, h)));
  }
}

TEST_CASE("uncertain coefficients widen intervals, by less the longer the series") {
  Rng rng{16};
  double last = 2;
  for (const std::size_t n : {30U, 120U, 2000U}) {
    const Series y = simulated({0.8}, {}, n, rng);
    const FittedArima with = Arima{.order = {1, 0, 0}}.fit(y),
                      without = Arima{.order = {1, 0, 0}, .parameter_uncertainty = false}.fit(y);
    CHECK(with.ar == without.ar);
    const Forecast a = with.forecast(10), b = without.forecast(10);
    CHECK(a.mean == b.mean);
    const double ratio = deviation_of(with, a, 9) / deviation_of(without, b, 9);
    CHECK(ratio > 1);
    CHECK(ratio < last);
    last = ratio;
    // Without it the variance is that of the shocks to come.
    double variance = 0;
    for (const double w : without.psi(10)) variance += w * w;
    CHECK_THAT(deviation_of(without, b, 9), WithinRel(std::sqrt(variance * without.sigma2), 1e-6));
  }
  CHECK(last < 1.005);
}

TEST_CASE("ARIMA intervals cover simulated series near their nominal rate") {
  Rng rng{9};
  for (const std::size_t n : {60U, 200U}) {
    Share eighty, ninety_five;
    for (int run = 0; run < 300; ++run) {
      const auto x = test::simulate_arma({0.6}, {0.4}, n + 12, rng);
      const Series y = series({x.begin(), x.begin() + static_cast<std::ptrdiff_t>(n)});
      const Forecast f = Arima{.order = {1, 0, 1}}.fit(y).forecast(12);
      for (std::size_t h = 0; h < 12; h += 4) {
        eighty.add(x[n + h] > f.quantile(0.1, h) && x[n + h] < f.quantile(0.9, h));
        ninety_five.add(x[n + h] > f.quantile(0.025, h) && x[n + h] < f.quantile(0.975, h));
      }
    }
    CAPTURE(n, eighty.value(), ninety_five.value());
    CHECK_THAT(eighty.value(), WithinAbs(0.8, 0.05));
    CHECK_THAT(ninety_five.value(), WithinAbs(0.95, 0.025));
  }
}

TEST_CASE("a series in other units gives the same model in those units") {
  Rng rng{10};
  const Series y = simulated({0.7}, {0.2}, 150, rng);
  const FittedArima a = Arima{.order = {1, 0, 1}}.fit(y);
  for (const auto& [offset, factor] :
       {std::pair{1e9, 1e6}, std::pair{0.0, 1e-120}, std::pair{-1e120, 1e118}, std::pair{5.0, -3.0}}) {
    Series scaled;
    for (const double v : y.values) scaled.values.push_back(offset + factor * v);
    const FittedArima b = Arima{.order = {1, 0, 1}}.fit(scaled);
    CAPTURE(offset, factor);
    CHECK_THAT(b.ar[0], WithinAbs(a.ar[0], 1e-5));
    CHECK_THAT(b.sigma2 / factor / factor, WithinRel(a.sigma2, 1e-6));
    CHECK_THAT(b.log_likelihood, WithinAbs(a.log_likelihood - 150 * std::log(std::abs(factor)), 1e-4));
    CHECK_THAT((b.forecast(3).mean[2] - offset) / factor, WithinAbs(a.forecast(3).mean[2], 1e-5));
  }
}

TEST_CASE("a stationary process is the same backwards, and so is its likelihood") {
  // Smooth and regular series put roots next to the unit circle, where rounding costs most.
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    Rng rng{seed};
    for (const bool cycle : {true, false}) {
      Series y;
      for (std::size_t t = 0; t < 200; ++t) {
        const auto at = static_cast<double>(t);
        y.values.push_back(cycle ? 100 * std::sin(2 * std::numbers::pi * at / 12) + 0.01 * rng.normal() : at * at + rng.normal());
      }
      std::vector<double> back(y.values.rbegin(), y.values.rend());
      for (const ArimaOrder& o : {ArimaOrder{2, 0, 2}, ArimaOrder{3, 0, 3}, ArimaOrder{2, 0, 1, 1, 0, 1, 12}}) {
        const FittedArima fit = Arima{.order = o, .constant = Constant::none}.fit(y);
        const inside::ArmaProblem problem{o, {200, back}};
        inside::ArmaLikelihood likelihood;
        likelihood.prepare(problem);
        CAPTURE(seed, cycle, to_string(o), fit.ar, fit.ma);
        CHECK_THAT(likelihood.at_coefficients(fit.state.model().coefficients).log_likelihood(),
                   WithinAbs(fit.log_likelihood, 0.05));
      }
    }
  }
}

TEST_CASE("the airline model on log passengers") {
  const auto rows = test::read_csv("forecasting/classics/AirPassengers.csv");
  if (!rows) {
    WARN("shared data absent");
    return;
  }
  const Series y = series(test::column(*rows, 1));
  const FittedArima fit = Arima{.order = {0, 1, 1, 0, 1, 1, 12}, .transform = Transform::box_cox(0)}.fit(y);
  REQUIRE(ok(fit.status));
  // Box and Jenkins' example as R prints it; standard errors 0.0896 and 0.0731, log-likelihood 244.70.
  CHECK_THAT(fit.ma[0], WithinAbs(-0.4018, 1e-4));
  CHECK_THAT(fit.seasonal_ma[0], WithinAbs(-0.5569, 1e-4));
  CHECK_THAT(fit.standard_errors[0], WithinAbs(0.0896, 2e-4));
  CHECK_THAT(fit.standard_errors[1], WithinAbs(0.0731, 2e-4));
  CHECK_THAT(fit.log_likelihood, WithinAbs(244.70, 0.01));
  CHECK_THAT(fit.sum_of_squares / 131, WithinRel(0.001348, 1e-3));
  const Forecast f = fit.forecast(24);
  CHECK_THAT(std::log(f.quantile(0.5, 0)), WithinAbs(6.11019, 1e-4));
  CHECK_THAT(std::log(f.quantile(0.5, 23)), WithinAbs(6.26428, 3e-3));
  CHECK(f.mean[23] > f.quantile(0.5, 23));
}

TEST_CASE("orders and regressors that make no sense are refused, and too little data is infeasible") {
  Series y;
  for (int t = 0; t < 20; ++t) y.values.push_back(t % 3);
  CHECK_REFUSED((Arima{.order = {0, 0, 0, 1, 0, 0, 1}}.fit(y)), "order.period = 1");
  CHECK_REFUSED((Arima{.order = {0, 0, 0, 0, 0, 0, 0}}.fit(y)), "order.period = 0");
  CHECK_REFUSED((Arima{.order = {0, 4, 0}}.fit(y)), "order.d = 4");
  CHECK_REFUSED((Arima{.order = {1, 0, 0}}.fit(y).forecast(0)), "horizon = 0");
  CHECK_REFUSED((Arima{.order = {0, 0, 101}}.fit(y)), "order = 101");
  CHECK((Arima{.order = {0, 0, 0, 1, 1, 0, 18}}.fit(y).status == Status::infeasible));
  CHECK((Arima{.order = {0, 0, 0, 0, 0, 100, 1000}}.fit(y).status == Status::infeasible));
  CHECK(std::isnan(Arima{.order = {12, 0, 12}}.fit(y).forecast(2).mean[1]));
  CHECK((Arima{.order = {2, 0, 2}, .iteration_limit = 1}.fit(y).status == Status::iteration_limit));
  // Three observations more than coefficients.
  CHECK((Arima{.order = {1, 0, 0}}.fit(series({1, 3, 2, 5})).status == Status::infeasible));
  CHECK(Arima{.order = {1, 0, 0}}.fit(series({1, 3, 2, 5, 1})).usable());

  Regressors x;
  x.add("x", line(20));
  const FittedArima fit = Arima{}.fit(y, x);
  REQUIRE(ok(fit.status));
  CHECK_REFUSED(fit.forecast(3), "regressors.columns() = 0");
  CHECK_REFUSED(fit.forecast(3, x), "regressors.rows = 20");
  Regressors other, empty, hole, short_one;
  other.add("z", line(3));
  CHECK_REFUSED(fit.forecast(3, other), "regressor = 'z'");
  hole.add("x", std::vector<double>{1, missing, 3});
  CHECK_REFUSED(fit.forecast(3, hole), "regressor x = nan");
  short_one.add("x", line(19));
  CHECK_REFUSED(Arima{}.fit(y, short_one), "regressors.rows = 19");
  Regressors gap = x;
  gap.values[4] = missing;
  CHECK_REFUSED(Arima{}.fit(y, gap), "regressor x = nan");
  CHECK_REFUSED((Arima{.levels = {0.5, 0.1}}.fit(y)), "level");
  Rng rng{1};
  CHECK_REFUSED(fit.simulate(3, 0, rng, x.slice(0, 3)), "paths.count");
  CHECK_REFUSED(fit.simulate(0, 3, rng, x.slice(0, 0)), "paths.horizon");
}

TEST_CASE("estimates are listed with their names, in the order of their errors") {
  Rng rng{41};
  const Series y{{}, units::h, test::simulate_arma({0.5}, {0.3}, 240, rng)};
  Regressors x;
  std::vector<double> load(240);
  for (double& v : load) v = rng.normal();
  x.add("load", load);
  const FittedArima fit = Arima{.order = {1, 0, 1, 1, 0, 1, 12}}.fit(y, x);
  const std::vector<Coefficient> list = fit.coefficients();
  const std::vector<std::string> names{"ar1", "ma1", "sar1", "sma1", "mean", "load"};
  const std::vector<double> values{fit.ar[0], fit.ma[0], fit.seasonal_ar[0], fit.seasonal_ma[0], fit.mean, fit.regression[0]};
  REQUIRE(list.size() == names.size());
  REQUIRE(fit.standard_errors.size() == names.size());
  for (std::size_t k = 0; k < list.size(); ++k) {
    CHECK(list[k].name == names[k]);
    CHECK(list[k].value == values[k]);
    CHECK((list[k].standard_error == fit.standard_errors[k] || std::isnan(fit.standard_errors[k])));
  }
}

TEST_CASE("the likelihood at given coefficients is the one that the fit maximises") {
  Rng rng{42};
  const Series y{{}, units::h, test::simulate_arma({0.6}, {0.4}, 150, rng)};
  const Arima model{.order = {1, 0, 1}};
  const FittedArima fit = model.fit(y);
  const std::vector<double> best{fit.ar[0], fit.ma[0]};
  CHECK_THAT(model.log_likelihood(y, best), WithinAbs(fit.log_likelihood, 1e-9));
  for (const double step : {-0.05, 0.05}) {
    CHECK(model.log_likelihood(y, std::vector<double>{best[0] + step, best[1]}) < fit.log_likelihood);
    CHECK(model.log_likelihood(y, std::vector<double>{best[0], best[1] + step}) < fit.log_likelihood);
  }
  CHECK(model.log_likelihood(y, std::vector<double>{1.01, 0.2}) == -std::numeric_limits<double>::infinity());
  CHECK(std::isnan(Arima{.order = {0, 2, 0}}.log_likelihood(y.head(2), {})));
  CHECK_REFUSED(model.log_likelihood(y, std::vector<double>{0.5}), "coefficients.size() = 1");
}
