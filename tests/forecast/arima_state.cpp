#include "kilter/forecast/arima_state.hpp"

#include <Eigen/Cholesky>

#include "catch.hpp"
#include "data.hpp"
#include "kilter/forecast/arima.hpp"

using namespace kilter;
using namespace kilter::forecast;
using kilter::test::WithinAbs;
using kilter::test::WithinRel;
namespace inside = kilter::forecast::detail;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

Index as_index(std::size_t i) { return static_cast<Index>(i); }

/// The covariance of n values of the stationary part under unit shocks: a long band of responses times its transpose.
MatrixXd covariance(const inside::ArimaModel& model, std::size_t n, std::size_t shocks = 600) {
  const ArimaOrder& o = model.order;
  std::vector<double> psi(shocks, 0.0);
  psi[0] = 1;
  const double* c = model.coefficients.data();
  const auto multiply = [&](const double* a, std::size_t terms, std::size_t lag) {
    for (std::size_t t = shocks; t-- > 0;) {
      for (std::size_t k = 1; k <= terms && k * lag <= t; ++k) psi[t] += a[k - 1] * psi[t - k * lag];
    }
  };
  const auto divide = [&](const double* a, std::size_t terms, std::size_t lag) {
    for (std::size_t t = 0; t < shocks; ++t) {
      for (std::size_t k = 1; k <= terms && k * lag <= t; ++k) psi[t] += a[k - 1] * psi[t - k * lag];
    }
  };
  multiply(c + o.p, o.q, 1);
  multiply(c + o.p + o.q + o.seasonal_p, o.seasonal_q, o.period);
  divide(c, o.p, 1);
  divide(c + o.p + o.q, o.seasonal_p, o.period);
  MatrixXd band = MatrixXd::Zero(as_index(n), as_index(n + shocks));
  for (std::size_t t = 0; t < n; ++t) {
    for (std::size_t k = 0; k < shocks; ++k) band(as_index(t), as_index(t + shocks - k)) = psi[k];
  }
  return band * band.transpose();
}

struct Conditional {
  VectorXd mean;
  MatrixXd covariance;  // in units of the variance of the shocks
};

/// The distribution of the last `horizon` of n + horizon values given those of the first n that are observed, by the precision of
/// all of them: flat over levels before the first differences and, where wanted, over the constant and the slopes of regressors
/// (columns of `x`, n + horizon rows).
Conditional dense(const inside::ArimaModel& model, const std::vector<double>& y, std::size_t horizon, const Regressors& x = {},
                  bool uncertain = false) {
  const std::size_t n = y.size(), all = n + horizon, d = model.order.differences(), k = x.columns();
  const std::vector<double> polynomial = inside::difference_polynomial(model.order);
  MatrixXd difference = MatrixXd::Zero(as_index(all - d), as_index(all));
  for (std::size_t t = 0; t < all - d; ++t) {
    for (std::size_t j = 0; j < polynomial.size(); ++j) difference(as_index(t), as_index(t + d - j)) = polynomial[j];
  }
  // The shocks' side of things: differences of y, less the constant, less those of the regression.
  const std::size_t fixed = (model.constant ? 1 : 0) + k;
  MatrixXd design(as_index(all - d), as_index(all + fixed));
  design.leftCols(as_index(all)) = difference;
  if (model.constant) design.col(as_index(all)).setConstant(-1);
  for (std::size_t j = 0; j < k; ++j) {
    design.col(as_index(all + fixed - k + j)) = -difference * Eigen::Map<const VectorXd>(x.column(j), as_index(all));
  }
  const Eigen::LLT<MatrixXd> llt(covariance(model, all - d));
  const MatrixXd white = llt.matrixL().solve(design);
  VectorXd known = VectorXd::Zero(as_index(all + fixed));
  std::vector<Index> unknown;
  for (std::size_t t = 0; t < all; ++t) {
    if (t < n && !std::isnan(y[t])) {
      known[as_index(t)] = y[t];
    } else {
      unknown.push_back(as_index(t));
    }
  }
  const std::size_t levels = unknown.size();
  for (std::size_t j = 0; j < fixed; ++j) {
    const Index at = as_index(all + j);
    if (uncertain) {
      unknown.push_back(at);
    } else {
      known[at] = j == 0 && model.constant ? model.mean : model.beta[j - (model.constant ? 1 : 0)];
    }
  }
  MatrixXd a(white.rows(), as_index(unknown.size()));
  for (std::size_t j = 0; j < unknown.size(); ++j) a.col(as_index(j)) = white.col(unknown[j]);
  const MatrixXd inverse = (a.transpose() * a).ldlt().solve(MatrixXd::Identity(a.cols(), a.cols()));
  const VectorXd solved = -inverse * (a.transpose() * (white * known));
  const Index first = as_index(levels - horizon), h = as_index(horizon);
  return {solved.segment(first, h), inverse.block(first, first, h, h)};
}

MatrixXd covariance_of(const inside::GaussianPath& path) {
  const Index h = as_index(path.mean.size());
  const Eigen::Map<const MatrixXd> columns(path.columns.data(), h, as_index(path.columns.size()) / h);
  return columns * columns.transpose();
}

void check_same(const inside::GaussianPath& path, const Conditional& expected, double tolerance) {
  const MatrixXd found = covariance_of(path);
  for (Index h = 0; h < expected.mean.size(); ++h) {
    const double deviation = std::sqrt(expected.covariance(h, h));
    REQUIRE_THAT(path.mean[static_cast<std::size_t>(h)], WithinAbs(expected.mean[h], tolerance * (1 + deviation)));
    for (Index i = 0; i <= h; ++i) {
      const double scale = deviation * std::sqrt(expected.covariance(i, i));
      REQUIRE_THAT(found(h, i), WithinAbs(expected.covariance(h, i), tolerance * scale));
    }
  }
}

inside::ArimaModel random_model(Rng& rng, bool constant, std::size_t period = 0) {
  inside::ArimaModel model;
  model.order = {
      rng.index(3), rng.index(2), rng.index(3), rng.index(2), rng.index(2), rng.index(2), period > 0 ? period : 2 + rng.index(4)};
  const std::size_t k = model.order.coefficients();
  std::vector<double> u(k), work(k);
  for (double& v : u) v = rng.uniform(-0.9, 0.9);
  model.coefficients.resize(k);
  inside::ArmaAngles{model.order}.coefficients(u, model.coefficients, work);
  model.sigma2 = 1;
  model.constant = constant;
  model.mean = constant ? rng.normal() : 0;
  return model;
}

/// Steps of a random walk, whatever the model: likelihoods do not matter here, only what is expected.
std::vector<double> levels(std::size_t n, Rng& rng) {
  std::vector<double> out(n);
  double level = 10;
  for (double& v : out) v = (level += rng.normal());
  return out;
}

}  // namespace

TEST_CASE("what a state expects is the conditional distribution given the past") {
  Rng rng{1};
  for (int run = 0; run < 60; ++run) {
    const inside::ArimaModel model = random_model(rng, rng.bernoulli(0.5));
    const std::size_t n = model.order.differences() + 1 + rng.index(40);
    const std::vector<double> y = levels(n, rng);
    inside::ArimaState state{model};
    for (std::size_t t = 0; t < n; ++t) {
      const Innovation innovation = state.append(y[t]);
      if (t < model.order.differences()) {
        CHECK(std::isnan(innovation.value));
      } else if (t + 4 > n) {
        const Conditional one = dense(model, {y.begin(), y.begin() + static_cast<std::ptrdiff_t>(t)}, 1);
        CHECK_THAT(innovation.value, WithinAbs(y[t] - one.mean[0], 1e-7));
        CHECK_THAT(innovation.variance, WithinRel(one.covariance(0, 0), 1e-7));
      }
    }
    CHECK(state.count() == n);
    CAPTURE(to_string(model.order), n);
    check_same(state.path(12), dense(model, y, 12), 1e-6);
  }
}

TEST_CASE("missing values inside and at the end leave the conditional distribution given what was observed") {
  Rng rng{2};
  for (int run = 0; run < 80; ++run) {
    const inside::ArimaModel model = random_model(rng, rng.bernoulli(0.5));
    const std::size_t d = model.order.differences(), n = d + 5 + rng.index(40);
    std::vector<double> y = levels(n, rng);
    for (std::size_t t = d; t < n; ++t) {
      if (rng.bernoulli(0.25)) y[t] = missing;
    }
    const std::size_t tail = rng.index(6);
    for (std::size_t t = n - std::min(tail, n - d); t < n; ++t) y[t] = missing;
    inside::ArimaState state{model};
    for (std::size_t t = 0; t < n; ++t) {
      const Innovation innovation = state.append(y[t]);
      CHECK(std::isnan(innovation.value) == (t < d || std::isnan(y[t])));
      if (t >= d && !std::isnan(y[t]) && t % 5 == 0) {
        const Conditional one = dense(model, {y.begin(), y.begin() + static_cast<std::ptrdiff_t>(t)}, 1);
        CHECK_THAT(innovation.value, WithinAbs(y[t] - one.mean[0], 1e-6));
        CHECK_THAT(innovation.variance, WithinRel(one.covariance(0, 0), 1e-6));
      }
    }
    CAPTURE(to_string(model.order), n);
    check_same(state.path(10), dense(model, y, 10), 1e-6);
  }
}

TEST_CASE("a gap longer than the season is bridged") {
  Rng rng{3};
  for (const std::size_t gap : {20U, 40U, 60U}) {
    inside::ArimaModel model;
    model.order = {0, 1, 1, 0, 1, 1, 12};
    model.coefficients = {-0.4, -0.6};
    model.sigma2 = 1;
    std::vector<double> y = levels(60 + gap + 5, rng);
    for (std::size_t t = 60; t < 60 + gap; ++t) y[t] = missing;
    for (const bool ends_in_it : {true, false}) {
      if (ends_in_it) y.resize(60 + gap);
      inside::ArimaState state{model};
      for (const double v : y) state.append(v);
      CAPTURE(gap, ends_in_it);
      // Only so many missing values are told apart; those before are taken as they were expected.
      const Conditional expected = dense(model, y, 24);
      const inside::GaussianPath path = state.path(24);
      if (gap <= 40) check_same(path, expected, 1e-6);
      const std::vector<double> deviation = path.deviation(1);
      for (Index h = 0; h < 24; ++h) {
        const double size = std::sqrt(expected.covariance(h, h));
        CHECK_THAT(path.mean[static_cast<std::size_t>(h)], WithinAbs(expected.mean[h], 0.05 * size));
        CHECK_THAT(deviation[static_cast<std::size_t>(h)], WithinRel(size, 0.03));
      }
    }
  }
}

TEST_CASE("after a gap the mean of an autoregression is as uncertain as it should be") {
  inside::ArimaModel model;
  model.order = {1, 0, 0};
  model.coefficients = {0.95};
  model.sigma2 = 1;
  model.constant = true;
  model.beta_root = inside::Columns(1, 1);
  model.beta_root(0, 0) = 2;
  inside::ArimaState state{model};
  for (int t = 0; t < 100; ++t) state.append(std::sin(t));
  for (std::size_t gap = 0; gap < 30; ++gap) {
    const double f = std::pow(0.95, static_cast<double>(gap + 1));
    const double expected = (1 - f * f) / (1 - 0.95 * 0.95) + 4 * (1 - f) * (1 - f);
    CAPTURE(gap);
    CHECK_THAT(std::pow(state.path(1).deviation(1)[0], 2), WithinRel(expected, 1e-6));
    state.append(missing);
  }
}

TEST_CASE("the constant and the slopes of regressors are as uncertain as generalised least squares leaves them") {
  const bool gaps = GENERATE(false, true);
  Rng rng{4};
  for (int run = 0; run < 20; ++run) {
    const ArimaOrder o{rng.index(2), rng.index(2), rng.index(2), 0, rng.index(2), rng.index(2), 4};
    const std::size_t n = 60, horizon = 8;
    Series y;
    y.values = test::simulate_arma({0.5}, {0.3}, n, rng);
    for (std::size_t t = 1; t < n && o.d > 0; ++t) y.values[t] += y.values[t - 1];
    for (std::size_t t = o.differences() + 1; t < n && gaps; ++t)
      y.values[t] = rng.bernoulli(0.1) || t > 56 ? missing : y.values[t];
    Regressors x;
    for (std::size_t j = 0; j < 1 + rng.index(2); ++j) {
      std::vector<double> column(n + horizon);
      for (double& v : column) v = 5 + rng.normal();
      x.add("x" + std::to_string(j), column);
    }
    for (std::size_t t = 0; t < n; ++t) y.values[t] += 3 * x.column(0)[t];
    const bool constant = o.d + o.seasonal_d < 2;
    const FittedArima fit = Arima{.order = o, .constant = constant ? Constant::included : Constant::none}.fit(y, x.slice(0, n));
    REQUIRE(fit.usable());
    inside::ArimaModel model = fit.state.model();
    model.moved.clear();
    inside::ArimaState state{model};
    std::vector<double> row(x.columns());
    const auto row_at = [&](std::size_t t) {
      for (std::size_t j = 0; j < row.size(); ++j) row[j] = x.column(j)[t];
    };
    for (std::size_t t = 0; t < n; ++t) {
      row_at(t);
      state.append(y[t], row);
    }
    std::vector<double> rows;
    for (std::size_t t = n; t < n + horizon; ++t) {
      row_at(t);
      rows.insert(rows.end(), row.begin(), row.end());
    }
    CAPTURE(to_string(o), gaps, run, fit.ar, fit.ma, fit.seasonal_ma);
    check_same(state.path(horizon, rows), dense(model, y.values, horizon, x, true), 2e-5);
    const Forecast f = fit.forecast(horizon, x.slice(n, horizon));
    for (std::size_t h = 0; h < horizon; ++h) CHECK_THAT(f.mean[h], WithinAbs(state.path(horizon, rows).mean[h], 1e-9));
  }
}

TEST_CASE("values missing among those that fill the differences are bridged as well") {
  Rng rng{8};
  for (const ArimaOrder& o : {ArimaOrder{1, 1, 0, 0, 1, 1, 12}, ArimaOrder{0, 0, 1, 0, 1, 0, 6}, ArimaOrder{1, 2, 1}}) {
    Series y;
    y.values = levels(80, rng);
    for (const std::size_t t : {1U, 4U, 5U, 11U, 40U}) y.values[t] = missing;
    const FittedArima fit = Arima{.order = o, .parameter_uncertainty = false}.fit(y);
    REQUIRE(ok(fit.status));
    const Conditional expected = dense(fit.state.model(), y.values, 24);
    const inside::GaussianPath path = fit.state.path(24);
    const std::vector<double> deviation = path.deviation(1);
    CAPTURE(to_string(o));
    for (Index h = 0; h < 24; ++h) {
      const double size = std::sqrt(expected.covariance(h, h));
      CHECK_THAT(path.mean[static_cast<std::size_t>(h)], WithinAbs(expected.mean[h], 1e-4 * size));
      CHECK_THAT(deviation[static_cast<std::size_t>(h)], WithinRel(size, 0.02));
    }
  }
}

TEST_CASE("filters with moved coefficients expect what a state with those coefficients would") {
  Rng rng{5};
  for (int run = 0; run < 20; ++run) {
    inside::ArimaModel model = random_model(rng, true);
    if (model.coefficients.empty()) continue;
    inside::ArimaModel other = model;
    for (double& c : other.coefficients) c *= 0.9;
    model.moved = {other.coefficients};
    model.moved_by = 0.5;
    model.sigma2 = 4;
    inside::ArimaState state{model}, moved{other};
    for (const double v : levels(60, rng)) {
      state.append(v);
      moved.append(v);
    }
    const inside::GaussianPath a = state.path(6), b = moved.path(6);
    for (std::size_t h = 0; h < 6; ++h) CHECK_THAT(a.columns[h], WithinAbs((b.mean[h] - a.mean[h]) / (0.5 * 2), 1e-6));
  }
}

TEST_CASE("psi weights are those of shocks through all factors and differences") {
  inside::ArimaModel model;
  model.order = {1, 1, 1, 0, 1, 1, 4};
  model.coefficients = {0.5, 0.4, -0.6};
  const std::vector<double> psi = inside::ArimaState{model}.psi(12);
  std::vector<double> y(12, 0.0);
  for (std::size_t t = 0; t < 12; ++t) {
    // (1 − 0.5 B)(1 − B)(1 − B⁴) y = (1 + 0.4 B)(1 − 0.6 B⁴) e with a single shock at 0
    const std::vector<double> ma{1, 0.4, 0, 0, -0.6, -0.24};
    const std::vector<double> ar{1, -1.5, 0.5, 0, -1, 1.5, -0.5};
    y[t] = t < ma.size() ? ma[t] : 0;
    for (std::size_t k = 1; k < ar.size() && k <= t; ++k) y[t] -= ar[k] * y[t - k];
    CHECK_THAT(psi[t], WithinAbs(y[t], 1e-12));
  }
}

TEST_CASE("appending to a fit is fitting no more, and forecasts as if the history had been longer") {
  Rng rng{6};
  Series y;
  y.values = test::simulate_arma({0.6}, {0.3}, 300, rng);
  for (std::size_t t = 12; t < 300; ++t) y.values[t] += y.values[t - 12];
  FittedArima fit = Arima{.order = {1, 0, 1, 0, 1, 1, 12}}.fit(y.head(200));
  const FittedArima before = fit;
  inside::ArimaState rebuilt{fit.state.model()};
  for (std::size_t t = 0; t < 300; ++t) {
    const double value = t % 17 == 16 ? missing : y[t];
    if (t >= 200) {
      const Innovation innovation = fit.append(value);
      CHECK(std::isnan(innovation.value) == std::isnan(value));
    }
    rebuilt.append(t < 200 ? y[t] : value);
  }
  CHECK(fit.start == y.end());
  CHECK(fit.ar == before.ar);
  CHECK(fit.residuals.size() == 200);
  const Forecast f = fit.forecast(24);
  CHECK(f.start == y.end());
  const inside::GaussianPath path = rebuilt.path(24);
  const std::vector<double> deviation = path.deviation(std::sqrt(fit.sigma2));
  for (std::size_t h = 0; h < 24; ++h) {
    CHECK_THAT(f.mean[h], WithinAbs(path.mean[h], 1e-9));
    CHECK_THAT(f.quantile(0.95, h), WithinAbs(path.mean[h] + fit.scores[12] * deviation[h], 1e-9));
  }
  CHECK_THROWS_AS(fit.append(std::numeric_limits<double>::infinity()), std::invalid_argument);
  CHECK_THROWS_AS(fit.append(1e200), std::invalid_argument);
  CHECK_THAT(fit.forecast(1).mean[0], WithinAbs(f.mean[0], 0));
  FittedArima hopeless = Arima{.order = {1, 0, 0}}.fit(Series{{}, units::h, {1, 2}});
  CHECK_THROWS_AS(hopeless.append(1), std::invalid_argument);
}

TEST_CASE("a hundred thousand values with gaps pass through and leave a forecast like that of the last few hundred") {
  // Memory or time that grew with what has passed would make this quadratic.
  Rng rng{7};
  inside::ArimaModel model;
  model.order = {1, 0, 1, 0, 1, 1, 24};
  model.coefficients = {0.7, 0.2, -0.6};
  model.sigma2 = 1;
  model.moved = {{0.65, 0.2, -0.6}, {0.7, 0.3, -0.6}, {0.7, 0.2, -0.5}};
  inside::ArimaState all{model}, last{model};
  const std::size_t n = 100'000, recent = 2000;
  for (std::size_t t = 0; t < n; ++t) {
    double v = std::sin(static_cast<double>(t) * 0.2617993877991494) + 0.3 * rng.normal();
    if (t > 26 && rng.bernoulli(0.1)) v = missing;
    if (t > n - recent && t < n - recent + 26) v = 0.1;
    all.append(v);
    if (t > n - recent) last.append(v);
  }
  const inside::GaussianPath a = all.path(48), b = last.path(48);
  const std::vector<double> deviation_a = a.deviation(1), deviation_b = b.deviation(1);
  for (std::size_t h = 0; h < 48; ++h) {
    CHECK_THAT(a.mean[h], WithinAbs(b.mean[h], 1e-4));
    CHECK_THAT(deviation_a[h], WithinRel(deviation_b[h], 1e-4));
  }
}
