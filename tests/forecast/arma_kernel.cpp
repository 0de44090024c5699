#include "kilter/forecast/arma_kernel.hpp"

#include <complex>

#include <Eigen/Cholesky>

#include "catch.hpp"
#include "data.hpp"
#include "kilter/forecast/arima_design.hpp"
#include "kilter/forecast/arma_likelihood.hpp"
#include "kilter/forecast/residual_ar.hpp"

using namespace kilter;
using namespace kilter::forecast;
using kilter::test::WithinAbs;
using kilter::test::WithinRel;
namespace inside = kilter::forecast::detail;
using Coefficients = std::vector<double>;

namespace {

/// a with 1 − a₁z − … = Π (1 − r z) over random inverse roots r, real or in conjugate pairs, of magnitude below `largest`.
Coefficients factor(std::size_t count, double largest, Rng& rng) {
  std::vector<std::complex<double>> polynomial{1.0};
  const auto apply = [&polynomial](std::complex<double> root) {
    polynomial.push_back(0);
    for (std::size_t k = polynomial.size(); k-- > 1;) polynomial[k] -= root * polynomial[k - 1];
  };
  for (; count >= 2; count -= 2) {
    const std::complex<double> root = std::polar(largest * rng.uniform(), rng.uniform(0, 3.1));
    apply(root);
    apply(std::conj(root));
  }
  if (count == 1) apply(largest * rng.uniform(-1, 1));
  Coefficients out;
  for (std::size_t k = 1; k < polynomial.size(); ++k) out.push_back(-polynomial[k].real());
  return out;
}

ArimaOrder random_order(Rng& rng) { return {rng.index(4), 0, rng.index(4), rng.index(3), 0, rng.index(3), 2 + rng.index(5)}; }

/// a with 1 − a₁z − a₂z² − a₃z³ of a pair of inverse roots at this angle and a real one, all of this magnitude.
Coefficients third_order(double size, double angle, double sign) {
  const double b1 = 2 * size * std::cos(angle), b2 = -size * size, r = sign * size;
  return {b1 + r, b2 - b1 * r, -b2 * r};
}

/// Stationary and invertible coefficients in the order ar, ma, seasonal ar, seasonal ma.
Coefficients random_coefficients(const ArimaOrder& o, double largest, Rng& rng) {
  Coefficients out;
  const auto add = [&](std::size_t count, double sign) {
    for (const double a : factor(count, largest, rng)) out.push_back(sign * a);
  };
  add(o.p, 1);
  add(o.q, -1);
  add(o.seasonal_p, 1);
  add(o.seasonal_q, -1);
  return out;
}

/// What one shock does to the `count` values from its own on, factor after factor.
std::vector<double> response(const ArimaOrder& o, const Coefficients& c, std::size_t count) {
  std::vector<double> x(count, 0.0);
  x[0] = 1;
  const auto multiply = [&](std::size_t at, std::size_t terms, std::size_t lag) {
    for (std::size_t t = count; t-- > 0;) {
      for (std::size_t k = 1; k <= terms && k * lag <= t; ++k) x[t] += c[at + k - 1] * x[t - k * lag];
    }
  };
  const auto divide = [&](std::size_t at, std::size_t terms, std::size_t lag) {
    for (std::size_t t = 0; t < count; ++t) {
      for (std::size_t k = 1; k <= terms && k * lag <= t; ++k) x[t] += c[at + k - 1] * x[t - k * lag];
    }
  };
  multiply(o.p, o.q, 1);
  multiply(o.p + o.q + o.seasonal_p, o.seasonal_q, o.period);
  divide(0, o.p, 1);
  divide(o.p + o.q, o.seasonal_p, o.period);
  return x;
}

/// The covariance of n values under unit shocks, by the sum over the last `shocks` of them.
Eigen::MatrixXd covariance(const ArimaOrder& o, const Coefficients& c, std::size_t n, std::size_t shocks) {
  const std::vector<double> psi = response(o, c, shocks + n);
  const auto size = static_cast<Eigen::Index>(n);
  Eigen::MatrixXd out(size, size);
  for (std::size_t lag = 0; lag < n; ++lag) {
    const double gamma = inside::dot(psi.data(), psi.data() + lag, shocks);
    for (Eigen::Index t = static_cast<Eigen::Index>(lag); t < size; ++t) {
      out(t, t - static_cast<Eigen::Index>(lag)) = out(t - static_cast<Eigen::Index>(lag), t) = gamma;
    }
  }
  return out;
}

Eigen::VectorXd vector_of(const std::vector<double>& v) {
  return Eigen::Map<const Eigen::VectorXd>(v.data(), static_cast<Eigen::Index>(v.size()));
}

double log_determinant(const Eigen::LLT<Eigen::MatrixXd>& factor) {
  return 2 * Eigen::MatrixXd(factor.matrixL()).diagonal().array().log().sum();
}

std::vector<double> noise(std::size_t n, Rng& rng) {
  std::vector<double> out(n);
  for (double& v : out) v = rng.normal();
  return out;
}

/// The standardised innovations and the logarithm of the determinant against Cholesky's factor of the covariance.
void check_exact(const ArimaOrder& o, const Coefficients& c, std::size_t n, std::size_t shocks, double tolerance, Rng& rng) {
  const std::vector<double> x = noise(n, rng);
  inside::ArmaKernel<1> kernel;
  kernel.prepare(o);
  kernel.set(0, c);
  kernel.run_exact({n, x});
  REQUIRE(kernel.valid(0));
  const Eigen::LLT<Eigen::MatrixXd> llt(covariance(o, c, n, shocks));
  REQUIRE(llt.info() == Eigen::Success);
  const Eigen::VectorXd expected = llt.matrixL().solve(vector_of(x));
  CAPTURE(to_string(o), c);
  CHECK_THAT(kernel.log_variances(0), WithinAbs(log_determinant(llt), tolerance * static_cast<double>(n)));
  for (std::size_t t = 0; t < n; ++t) {
    const double e = expected[static_cast<Eigen::Index>(t)];
    REQUIRE_THAT(kernel.out(0, t, 0), WithinAbs(e, tolerance * (1 + std::abs(e))));
  }
}

}  // namespace

TEST_CASE("standardised innovations are the series through the inverse of Cholesky's factor of its covariance") {
  Rng rng{1};
  for (int run = 0; run < 150; ++run) {
    const ArimaOrder o = random_order(rng);
    check_exact(o, random_coefficients(o, 0.9, rng), 1 + rng.index(80), 1500, 1e-9, rng);
  }
}

TEST_CASE("roots near and on the unit circle keep the likelihood exact") {
  Rng rng{2};
  SECTION("autoregressions with roots of magnitude up to 0.998") {
    for (int run = 0; run < 20; ++run) {
      const ArimaOrder o{1 + rng.index(2), 0, rng.index(3), rng.index(2), 0, rng.index(2), 4};
      check_exact(o, random_coefficients(o, 0.998, rng), 50, 40'000, 1e-7, rng);
    }
  }
  SECTION("a cycle and an alternation that hardly decay, with a moving average near them") {
    for (int run = 0; run < 10; ++run) {
      const double angle = rng.uniform(0.3, 2.8);
      Coefficients c = third_order(1 - 1e-4, angle, -1);
      for (const double b : third_order(rng.uniform(0.9, 0.9999), angle + 0.1, -1)) c.push_back(-b);
      check_exact({3, 0, 3}, c, 40, 200'000, 1e-6, rng);
    }
  }
  SECTION("moving averages on the circle") {
    check_exact({0, 0, 1}, {-1}, 100, 5, 1e-9, rng);
    check_exact({0, 0, 1}, {1}, 100, 5, 1e-9, rng);
    check_exact({0, 0, 2}, {0, 1}, 100, 5, 1e-9, rng);
    check_exact({0, 0, 2}, {-2, 1}, 60, 5, 1e-6, rng);  // a double root
    check_exact({0, 0, 1, 0, 0, 1, 12}, {-1, -1}, 100, 20, 1e-9, rng);
    check_exact({1, 0, 1, 1, 0, 1, 4}, {0.7, -1, 0.6, -1}, 100, 500, 1e-9, rng);
  }
  SECTION("a first-order autoregression up to the edge has its closed form") {
    for (const double phi : {0.999999, inside::ArmaAngles::ar_limit, -inside::ArmaAngles::ar_limit}) {
      const std::vector<double> x = noise(30, rng);
      inside::ArmaKernel<1> kernel;
      kernel.prepare({1, 0, 0});
      kernel.set(0, Coefficients{phi});
      kernel.run_exact({30, x});
      CHECK_THAT(kernel.log_variances(0), WithinRel(-std::log((1 - phi) * (1 + phi)), 1e-8));
      CHECK_THAT(kernel.out(0, 0, 0), WithinAbs(x[0] * std::sqrt((1 - phi) * (1 + phi)), 1e-10));
      for (std::size_t t = 1; t < 30; ++t) CHECK_THAT(kernel.out(0, t, 0), WithinAbs(x[t] - phi * x[t - 1], 1e-7));
    }
  }
}

TEST_CASE("autoregressions with several roots near the edge have their likelihood in closed form") {
  // The second method: partial autocorrelations give the predictors and error variances of all orders directly.
  Rng rng{12};
  for (int run = 0; run < 200; ++run) {
    const std::size_t p = 2 + rng.index(4), n = 100;
    std::vector<double> u(p), x(n);
    // Closer than this, the coefficients as doubles no longer say what the model is.
    for (double close = 9; close > 8;) {
      close = 0;
      for (double& v : u) {
        const double digits = rng.uniform(0.5, 5);
        close += digits;
        v = std::asin((rng.bernoulli(0.5) ? 1 : -1) * (1 - std::pow(10, -digits)));
      }
    }
    for (std::size_t t = 0; t < n; ++t) x[t] = 100 * std::sin(0.5 * static_cast<double>(t)) + rng.normal();
    const inside::ArmaProblem problem{{p, 0, 0}, {n, x}};
    inside::ArmaLikelihood likelihood;
    likelihood.prepare(problem);
    const inside::ArmaValue value = likelihood.at(u);
    double sum = 0, logs = 0, log_variance = 0;
    std::vector<double> partial, work(p);
    for (const double v : u) partial.push_back(inside::ArmaAngles::ar_limit * std::sin(v));
    for (const double r : partial) log_variance -= std::log((1 - r) * (1 + r));
    for (std::size_t t = 0; t < n; ++t) {
      const std::size_t order = std::min(t, p);
      std::vector<double> phi(partial.begin(), partial.begin() + static_cast<std::ptrdiff_t>(order));
      inside::from_partial(phi, work);
      double e = x[t];
      for (std::size_t k = 0; k < order; ++k) e -= phi[k] * x[t - 1 - k];
      sum += e * e / std::exp(log_variance);
      logs += log_variance;
      if (order < p) log_variance += std::log((1 - partial[order]) * (1 + partial[order]));
    }
    const double expected = -0.5 * 100 * (std::log(2 * std::numbers::pi * sum / 100) + 1) - 0.5 * logs;
    CAPTURE(partial);
    CHECK_THAT(value.log_likelihood(), WithinAbs(expected, 5e-5));
  }
}

TEST_CASE("factors that cancel leave the likelihood as it was") {
  Rng rng{13};
  for (int run = 0; run < 40; ++run) {
    const double size = 1 - std::pow(10, rng.uniform(-4, -1)), angle = rng.uniform(0.2, 2.9), a = 0.6;
    const double b1 = 2 * size * std::cos(angle), b2 = -size * size;
    std::vector<double> x(100);
    for (std::size_t t = 0; t < 100; ++t) x[t] = 10 * std::sin(angle * static_cast<double>(t)) + rng.normal();
    inside::ArmaLikelihood likelihood;
    const inside::ArmaProblem lean{{1, 0, 0}, {100, x}}, rich{{3, 0, 2}, {100, x}};
    likelihood.prepare(lean);
    const double expected = likelihood.at_coefficients(Coefficients{a}).log_likelihood();
    likelihood.prepare(rich);
    const Coefficients c{a + b1, b2 - a * b1, -a * b2, -b1, -b2};
    CAPTURE(c);
    CHECK_THAT(likelihood.at_coefficients(c).log_likelihood(), WithinAbs(expected, 1e-5));
  }
}

TEST_CASE("the switch to the steady filter changes nothing") {
  Rng rng{3};
  for (int run = 0; run < 10; ++run) {
    const ArimaOrder o = random_order(rng);
    const Coefficients c = random_coefficients(o, 0.97, rng);
    const std::size_t n = 3000;
    const std::vector<double> x = noise(n, rng);
    inside::ArmaKernel<1> kernel;
    kernel.prepare(o);
    kernel.set(0, c);
    kernel.run_exact({n, x});
    inside::ArmaModels<1> models;
    models.prepare(o);
    models.set(0, c);
    inside::ArmaRecursion<1> filter;
    models.start(filter, 1);
    double logs = 0, worst = 0;
    for (std::size_t t = 0; t < n; ++t) {
      const double e = x[t] - filter.stream(0)[0];
      logs += std::log(filter.variance[0]);
      worst = std::max(worst, std::abs(kernel.out(0, t, 0) - e / std::sqrt(filter.variance[0])));
      filter.advance(filter.stream(0), {e / filter.variance[0]});
      filter.rotate();
    }
    CAPTURE(to_string(o), c);
    CHECK(worst < 1e-7);
    CHECK_THAT(kernel.log_variances(0), WithinAbs(logs, 1e-8));
  }
}

TEST_CASE("models side by side are filtered as each would be alone") {
  Rng rng{4};
  for (int run = 0; run < 20; ++run) {
    const ArimaOrder o = random_order(rng);
    const std::size_t n = 200;
    const inside::ArmaStreams in{n, noise(2 * n, rng)};
    inside::ArmaKernel<1> one;
    inside::ArmaKernel<4> four;
    inside::ArmaKernel<8> eight;
    one.prepare(o);
    four.prepare(o);
    eight.prepare(o);
    std::vector<Coefficients> c;
    for (std::size_t l = 0; l < 8; ++l) {
      c.push_back(random_coefficients(o, 0.95, rng));
      eight.set(l, c[l]);
      if (l < 4) four.set(l, c[l]);
    }
    for (const bool exact : {true, false}) {
      exact ? four.run_exact(in) : four.run_conditional(in);
      exact ? eight.run_exact(in) : eight.run_conditional(in);
      double worst = 0;
      for (std::size_t l = 0; l < 8; ++l) {
        one.set(0, c[l]);
        exact ? one.run_exact(in) : one.run_conditional(in);
        for (std::size_t s = 0; s < 2; ++s) {
          for (std::size_t t = 0; t < n; ++t) {
            worst = std::max(worst, std::abs(eight.out(s, t, l) - one.out(s, t, 0)));
            if (l < 4) worst = std::max(worst, std::abs(four.out(s, t, l) - one.out(s, t, 0)));
          }
        }
        if (exact) CHECK_THAT(eight.log_variances(l), WithinAbs(one.log_variances(0), 1e-9));
      }
      CAPTURE(to_string(o), exact);
      CHECK(worst < 1e-7);  // lanes switch to the steady filter together, so some later than alone
    }
  }
}

TEST_CASE("conditional residuals agree with their definition") {
  Rng rng{5};
  for (int run = 0; run < 100; ++run) {
    const ArimaOrder o = random_order(rng);
    const Coefficients c = random_coefficients(o, 0.9, rng);
    const std::size_t n = 60, m = o.period;
    const std::vector<double> x = noise(n, rng);
    inside::ArmaKernel<1> kernel;
    kernel.prepare(o);
    kernel.set(0, c);
    kernel.run_conditional({n, x});
    std::vector<double> e(n, 0.0);
    const auto at = [&c](std::size_t first, std::size_t k, double sign) { return k == 0 ? 1 : sign * c[first + k - 1]; };
    for (std::size_t t = 0; t < n; ++t) {
      if (t >= o.ar_degree()) {
        for (std::size_t i = 0; i <= o.p; ++i) {
          for (std::size_t j = 0; j <= o.seasonal_p; ++j) e[t] += at(0, i, -1) * at(o.p + o.q, j, -1) * x[t - i - j * m];
        }
        for (std::size_t i = 0; i <= o.q; ++i) {
          for (std::size_t j = 0; j <= o.seasonal_q; ++j) {
            if (i + j == 0 || i + j * m > t) continue;
            e[t] -= at(o.p, i, 1) * at(o.p + o.q + o.seasonal_p, j, 1) * e[t - i - j * m];
          }
        }
      }
      REQUIRE_THAT(kernel.out(0, t, 0), WithinAbs(e[t], 1e-10 * (1 + std::abs(e[t]))));
    }
  }
}

TEST_CASE("an autoregression that is not stationary is called so and disturbs no other") {
  const ArimaOrder o{2, 0, 1, 1, 0, 0, 4};
  Rng rng{6};
  const std::vector<double> x = noise(50, rng);
  const Coefficients good{0.5, 0.2, 0.3, 0.4};
  inside::ArmaKernel<1> alone;
  alone.prepare(o);
  alone.set(0, good);
  alone.run_exact({50, x});
  for (const Coefficients& bad : {Coefficients{1, 0, 0.3, 0.4},
                                  {0.5, 0.6, 0.3, 0.4},
                                  {0.5, 0.2, 0.3, 1},
                                  {0.5, 0.2, 0.3, -1.2},
                                  {missing, 0.2, 0.3, 0.4},
                                  {1e200, 0, 0, 0}}) {
    inside::ArmaKernel<4> kernel;
    kernel.prepare(o);
    for (std::size_t l = 0; l < 4; ++l) kernel.set(l, l == 2 ? bad : good);
    kernel.run_exact({50, x});
    CHECK_FALSE(kernel.valid(2));
    for (const std::size_t l : {0U, 1U, 3U}) {
      CHECK(kernel.valid(l));
      CHECK_THAT(kernel.out(0, 49, l), WithinAbs(alone.out(0, 49, 0), 1e-12));
    }
    inside::ArmaLikelihood likelihood;
    const inside::ArmaProblem problem{o, {50, x}};
    likelihood.prepare(problem);
    CHECK(std::isinf(likelihood.at_coefficients(bad).deviance));
  }
}

TEST_CASE("the likelihood of a regression with ARMA errors is that of generalised least squares") {
  Rng rng{7};
  for (int run = 0; run < 40; ++run) {
    const ArimaOrder o = random_order(rng);
    const Coefficients c = random_coefficients(o, 0.9, rng);
    const std::size_t n = 60, k = 1 + rng.index(4);
    const inside::ArmaProblem problem{o, {n, noise((k + 1) * n, rng)}};
    inside::ArmaLikelihood likelihood;
    likelihood.prepare(problem);
    std::vector<double> residuals(n);
    const inside::ArmaValue value = likelihood.at_coefficients(c, residuals);
    const Eigen::LLT<Eigen::MatrixXd> llt(covariance(o, c, n, 1500));
    const Eigen::Map<const Eigen::MatrixXd> all(problem.data.values.data(), static_cast<Eigen::Index>(n),
                                                static_cast<Eigen::Index>(k + 1));
    const Eigen::MatrixXd white = llt.matrixL().solve(all);
    const Eigen::MatrixXd x = white.rightCols(static_cast<Eigen::Index>(k));
    const Eigen::VectorXd beta = (x.transpose() * x).ldlt().solve(x.transpose() * white.col(0));
    const double sum = (white.col(0) - x * beta).squaredNorm();
    const double expected = -0.5 * static_cast<double>(n) * (std::log(2 * std::numbers::pi * sum / static_cast<double>(n)) + 1) -
                            0.5 * log_determinant(llt);
    CHECK_THAT(value.sum_of_squares, WithinRel(sum, 1e-9));
    CHECK_THAT(value.log_likelihood(), WithinAbs(expected, 1e-8));
    CHECK_THAT(vector_of(residuals).squaredNorm(), WithinRel(value.deviance, 1e-10));
    for (std::size_t j = 0; j < k; ++j) CHECK_THAT(likelihood.beta()[j], WithinAbs(beta[static_cast<Eigen::Index>(j)], 1e-8));
  }
}

TEST_CASE("with missing values the likelihood is the density of what was observed") {
  // The second method: the covariance of the changes from one observed value to the next (or of the values themselves), regressors
  // by generalised least squares.
  Rng rng{8};
  for (int run = 0; run < 60; ++run) {
    ArimaOrder o = random_order(rng);
    o.d = rng.index(2);
    const Coefficients c = random_coefficients(o, 0.85, rng);
    const std::size_t n = 60, columns = rng.index(3);
    std::vector<double> y = noise(n, rng);
    for (std::size_t t = 1; t < n && o.d > 0; ++t) y[t] += y[t - 1];
    for (std::size_t t = 1; t + 1 < n; ++t) y[t] = rng.bernoulli(0.2) ? missing : 100 + 3 * y[t];
    y[0] = 100;
    y[n - 1] = 101;
    Regressors x;
    for (std::size_t j = 0; j < columns; ++j) x.add("x" + std::to_string(j), noise(n, rng));

    const inside::ArimaDesign design = inside::make_design(o, o.d == 0, y, x);
    inside::ArmaLikelihood likelihood;
    likelihood.prepare(design.problem);
    const inside::ArmaValue value = likelihood.at_coefficients(c);
    const double found = value.log_likelihood() - static_cast<double>(value.rows) * std::log(design.scale);

    std::vector<std::size_t> seen;
    for (std::size_t t = 0; t < n; ++t) {
      if (!std::isnan(y[t])) seen.push_back(t);
    }
    const auto size = static_cast<Eigen::Index>(n - o.d), rows = static_cast<Eigen::Index>(seen.size() - o.d);
    Eigen::MatrixXd pick = Eigen::MatrixXd::Zero(rows, size), streams(rows, static_cast<Eigen::Index>(columns + 2));
    for (Eigen::Index i = 0; i < rows; ++i) {
      const std::size_t from = seen[static_cast<std::size_t>(i)], to = o.d == 0 ? from : seen[static_cast<std::size_t>(i) + 1];
      for (std::size_t t = from; t < to + 1 - o.d; ++t) pick(i, static_cast<Eigen::Index>(t)) = 1;
      const auto change = [&](const double* v) { return o.d == 0 ? v[to] : v[to] - v[from]; };
      streams(i, 0) = change(y.data());
      streams(i, 1) = o.d == 0 ? 1 : 0;
      for (std::size_t j = 0; j < columns; ++j) streams(i, static_cast<Eigen::Index>(j + 2)) = change(x.column(j));
    }
    const Eigen::LLT<Eigen::MatrixXd> llt(pick * covariance(o, c, n - o.d, 1000) * pick.transpose());
    const Eigen::MatrixXd white = llt.matrixL().solve(streams);
    const Eigen::Index skip = o.d == 0 ? 1 : 2;
    const Eigen::MatrixXd regression = white.rightCols(white.cols() - skip);
    Eigen::VectorXd rest = white.col(0);
    if (regression.cols() > 0)
      rest -= regression * (regression.transpose() * regression).ldlt().solve(regression.transpose() * rest);
    const auto count = static_cast<double>(rows);
    const double expected =
        -0.5 * count * (std::log(2 * std::numbers::pi * rest.squaredNorm() / count) + 1) - 0.5 * log_determinant(llt);
    CAPTURE(to_string(o), c, columns);
    CHECK(value.rows == static_cast<std::size_t>(rows));
    CHECK_THAT(found, WithinAbs(expected, 1e-6));
  }
}

TEST_CASE("partial autocorrelations make stationary models and come back") {
  Rng rng{9};
  for (int run = 0; run < 200; ++run) {
    std::vector<double> partial(1 + rng.index(6));
    for (double& r : partial) r = rng.uniform(-0.95, 0.95);
    std::vector<double> phi = partial, work(phi.size());
    inside::from_partial(phi, work);
    CHECK(inside::is_stationary(phi));
    const std::vector<double> back = inside::to_partial(phi, 0.99);
    for (std::size_t k = 0; k < partial.size(); ++k) CHECK_THAT(back[k], WithinAbs(partial[k], 1e-6));
  }
  std::vector<double> ar2{0.5, -0.4}, work(2);
  inside::from_partial(ar2, work);
  CHECK_THAT(ar2[0], WithinRel(0.5 * 1.4, 1e-15));
  CHECK_FALSE(inside::is_stationary({1.0}));
  CHECK_FALSE(inside::is_stationary({0.5, 0.6}));
  CHECK(inside::is_stationary({1.2, -0.5}));
}

TEST_CASE("angles lead to coefficients and back, and draw models from outside of the edge inside") {
  Rng rng{10};
  for (int run = 0; run < 200; ++run) {
    const ArimaOrder o = random_order(rng);
    const std::size_t k = o.coefficients();
    const Coefficients c = random_coefficients(o, 0.8, rng);
    const inside::ArmaAngles angles{o};
    const std::vector<double> u = angles.angles(c, 1 - 1e-9);
    REQUIRE(u.size() == k);
    Coefficients back(k), work(k);
    angles.coefficients(u, back, work);
    for (std::size_t i = 0; i < k; ++i) CHECK_THAT(back[i], WithinAbs(c[i], 1e-6));

    Coefficients wild(k);
    for (double& v : wild) v = rng.bernoulli(0.05) ? missing : 3 * rng.normal();
    const std::vector<double> drawn = angles.angles(wild, 0.9);
    for (const double a : drawn) REQUIRE(std::abs(std::sin(a)) <= 0.9 + 1e-12);
    angles.coefficients(drawn, back, work);
    CHECK(inside::is_stationary({back.begin(), back.begin() + static_cast<std::ptrdiff_t>(o.p)}));
  }
}

TEST_CASE("derivatives of the residuals agree with central differences") {
  Rng rng{11};
  for (int run = 0; run < 40; ++run) {
    const ArimaOrder o = random_order(rng);
    const std::size_t n = 50, k = o.coefficients(), streams = 1 + rng.index(3);
    inside::ArmaProblem problem{o, {n, noise(streams * n, rng)}};
    problem.conditional = rng.bernoulli(0.3);
    inside::ArmaLikelihood likelihood;
    likelihood.prepare(problem);
    const std::size_t rows = likelihood.length();
    std::vector<double> u(k), r(rows), up(rows), down(rows), jacobian(k * rows);
    for (double& v : u) v = rng.uniform(-0.8, 0.8);
    likelihood.at(u, r);
    likelihood.jacobian(u, r, jacobian);
    CAPTURE(to_string(o), problem.conditional);
    for (std::size_t j = 0; j < k; ++j) {
      const double h = 1e-5;
      std::vector<double> moved = u;
      moved[j] = u[j] + h;
      likelihood.at(moved, up);
      moved[j] = u[j] - h;
      likelihood.at(moved, down);
      double size = 0, wrong = 0;
      for (std::size_t t = 0; t < rows; ++t) {
        const double slope = (up[t] - down[t]) / (2 * h);
        size += slope * slope;
        wrong += std::pow(jacobian[j * rows + t] - slope, 2);
      }
      CHECK(std::sqrt(wrong) < 1e-4 * (1 + std::sqrt(size)));
    }
  }
}

TEST_CASE("sums of two doubles keep twice the digits") {
  using inside::DoubleDouble;
  Rng rng{44};
  for (int run = 0; run < 1000; ++run) {
    const double x = rng.uniform(0.1, 10), y = rng.uniform(0.1, 10);
    const DoubleDouble a{x}, b{y}, quotient = a / b, rest = quotient * b - a;
    CHECK(std::abs(static_cast<double>(rest)) < 1e-30 * x);
    // (a + tiny) − a is tiny, where a double would have lost it.
    const DoubleDouble tiny{1e-20 * y};
    CHECK_THAT(static_cast<double>((a + tiny) - a), WithinRel(1e-20 * y, 1e-10));
    CHECK(static_cast<double>((a - b) + (b - a)) == 0);
  }
}
