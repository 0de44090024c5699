#include "kilter/forecast/robust.hpp"

#include <array>

#include "catch.hpp"
#include "kilter/core/rng.hpp"
#include "refused.hpp"

using namespace kilter;
using namespace kilter::forecast;
using kilter::test::WithinAbs;
using kilter::test::WithinRel;

namespace {

struct Problem {
  Eigen::MatrixXd x{};
  Eigen::VectorXd y{};
};

/// y = 1 + 2 a − b + noise.
Problem random_problem(Eigen::Index rows, Rng& rng) {
  Problem p{Eigen::MatrixXd(rows, 2), Eigen::VectorXd(rows)};
  for (Eigen::Index i = 0; i < rows; ++i) {
    p.x(i, 0) = rng.normal();
    p.x(i, 1) = rng.normal();
    p.y[i] = 1 + 2 * p.x(i, 0) - p.x(i, 1) + rng.normal();
  }
  return p;
}

/// The stack losses of an ammonia plant (Brownlee 1965): air flow, water temperature, acid concentration, loss.
Regressors stack_losses(std::vector<double>& loss) {
  loss = {42, 37, 37, 28, 18, 18, 19, 20, 15, 14, 14, 13, 11, 12, 8, 7, 8, 8, 9, 15, 15};
  Regressors x;
  x.add("air", std::array{80., 80., 75., 62., 62., 62., 62., 62., 58., 58., 58., 58., 58., 58., 50., 50., 50., 50., 50., 56., 70.});
  x.add("water",
        std::array{27., 27., 25., 24., 22., 23., 24., 24., 23., 18., 18., 17., 18., 19., 18., 18., 19., 19., 20., 20., 20.});
  x.add("acid",
        std::array{89., 88., 90., 87., 87., 87., 93., 93., 87., 80., 89., 88., 82., 93., 89., 86., 72., 79., 80., 82., 91.});
  return x;
}

}  // namespace

TEST_CASE("Huber's regression of the stack losses has its published values") {
  // Venables and Ripley, Modern Applied Statistics with S, 4th edition, 6.5, and the help page of their `rlm`. Their errors divide
  // the variance of ψ' by n − 1 where Huber's formula has n, hence the wider tolerance.
  std::vector<double> loss;
  const Regressors x = stack_losses(loss);
  const auto fit = huber_regression(x, loss, {.intercept = true});
  REQUIRE(fit.status == Status::feasible);
  const double coefficients[] = {-41.0265, 0.8294, 0.9261, -0.1278}, errors[] = {9.8073, 0.1112, 0.3034, 0.1289};
  for (Eigen::Index j = 0; j < 4; ++j) {
    CHECK_THAT(fit.linear.coefficients[j], WithinAbs(coefficients[j], 1.5e-4 * (j == 0 ? 10 : 1)));
    CHECK_THAT(fit.linear.standard_errors[j], WithinRel(errors[j], 0.01));
  }
  CHECK_THAT(fit.scale, WithinAbs(2.4407, 2e-4));
}

TEST_CASE("at an infinite threshold it is least squares") {
  Rng rng{1};
  for (int run = 0; run < 50; ++run) {
    const Problem p = random_problem(20, rng);
    const auto plain = least_squares(p.x, p.y, {.intercept = true});
    const auto fit = huber_regression(p.x, p.y, {.threshold = std::numeric_limits<double>::infinity(), .intercept = true});
    CHECK(fit.status == Status::feasible);
    CHECK((fit.linear.coefficients - plain.coefficients).norm() < 1e-13);
    CHECK((fit.linear.standard_errors - plain.standard_errors).norm() < 1e-13);
    CHECK((fit.linear.residuals - plain.residuals).norm() < 1e-12);
    CHECK(fit.weights.minCoeff() == 1);
  }
}

TEST_CASE("at the solution the bounded residuals are orthogonal to the regressors, at the scale of the residuals") {
  Rng rng{2};
  for (int run = 0; run < 100; ++run) {
    Problem p = random_problem(15 + static_cast<Eigen::Index>(rng.index(60)), rng);
    for (Eigen::Index i = 0; i < p.y.size(); ++i) p.y[i] += rng.bernoulli(0.1) ? rng.uniform(-50, 50) : 0;
    const auto fit = huber_regression(p.x, p.y, {.intercept = true});
    REQUIRE(fit.status == Status::feasible);
    const Eigen::VectorXd psi = (fit.weights.array() * fit.linear.residuals.array()).matrix();
    CHECK(psi.cwiseAbs().maxCoeff() <= 1.345 * fit.scale * (1 + 1e-12));
    CHECK_THAT(psi.sum(), WithinAbs(0, 1e-5 * fit.scale));
    CHECK((p.x.transpose() * psi).cwiseAbs().maxCoeff() < 1e-5 * fit.scale);
    std::vector<double> size(fit.linear.residuals.data(), fit.linear.residuals.data() + p.y.size());
    for (double& r : size) r = std::abs(r);
    std::sort(size.begin(), size.end());
    const double median = 0.5 * (size[size.size() / 2] + size[(size.size() - 1) / 2]);
    CHECK_THAT(fit.scale, WithinRel(median / 0.6744897501960817, 1e-6));
  }
}

TEST_CASE("gross errors in a tenth of the rows hardly move it") {
  Rng rng{3};
  double least = 0, robust = 0;
  for (int run = 0; run < 50; ++run) {
    Problem p = random_problem(200, rng);
    const auto clean = least_squares(p.x, p.y, {.intercept = true});
    for (Eigen::Index i = 0; i < 20; ++i) p.y[i] += 1000;
    const auto fit = huber_regression(p.x, p.y, {.intercept = true});
    REQUIRE(fit.status == Status::feasible);
    robust += (fit.linear.coefficients - clean.coefficients).norm() / 50;
    least += (least_squares(p.x, p.y, {.intercept = true}).coefficients - clean.coefficients).norm() / 50;
    CHECK(fit.weights.head(20).maxCoeff() < 0.01);
    CHECK(fit.weights.tail(180).mean() > 0.9);
    CHECK_THAT(fit.scale, WithinRel(1.1, 0.4));
  }
  CHECK(robust < 0.4);
  CHECK(least > 90);
}

TEST_CASE("its standard errors and intervals are right where the errors are normal, and it loses a twentieth of the precision") {
  Rng rng{4};
  double squares = 0, claimed = 0, plain_squares = 0;
  int inside = 0;
  const int runs = 4000;
  for (int run = 0; run < runs; ++run) {
    const Problem p = random_problem(50, rng);
    const auto fit = huber_regression(p.x, p.y, {.tolerance = 1e-4, .intercept = true});
    squares += std::pow(fit.linear.coefficients[1] - 2, 2) / runs;
    claimed += std::pow(fit.linear.standard_errors[1], 2) / runs;
    plain_squares += std::pow(least_squares(p.x, p.y, {.intercept = true}).coefficients[1] - 2, 2) / runs;
    const Interval interval = fit.predict(Eigen::Vector2d(0, 0)).interval(0.9);
    const double seen = 1 + rng.normal();
    inside += interval.lower < seen && seen < interval.upper ? 1 : 0;
  }
  CHECK_THAT(claimed / squares, WithinAbs(1, 0.1));
  CHECK_THAT(plain_squares / squares, WithinAbs(0.95, 0.03));
  CHECK_THAT(static_cast<double>(inside) / runs, WithinAbs(0.9, 0.03));
}

TEST_CASE("when most rows lie on a line it finds the line") {
  Eigen::MatrixXd x(20, 1);
  Eigen::VectorXd y(20);
  for (Eigen::Index i = 0; i < 20; ++i) {
    x(i, 0) = static_cast<double>(i);
    y[i] = 3 + 2 * x(i, 0) + (i % 7 == 3 ? 100 : 0);
  }
  const auto fit = huber_regression(x, y, {.intercept = true});
  CHECK(fit.status == Status::feasible);
  CHECK_THAT(fit.linear.coefficients[0], WithinAbs(3, 1e-6));
  CHECK_THAT(fit.linear.coefficients[1], WithinAbs(2, 1e-6));
  for (Eigen::Index i = 0; i < 20; ++i) y[i] = 3 + 2 * x(i, 0);
  CHECK(huber_regression(x, y, {.intercept = true}).status == Status::feasible);
  CHECK(huber_regression(x, Eigen::VectorXd::Zero(20), {.intercept = true}).linear.coefficients.norm() == 0);
}

TEST_CASE("what the robust regression cannot use is skipped, named or refused") {
  Rng rng{5};
  Problem p = random_problem(30, rng);
  Regressors x;
  x.add("a", {p.x.col(0).data(), 30});
  x.add("b", {p.x.col(1).data(), 30});
  const Eigen::VectorXd twice = 2 * p.x.col(0);
  x.add("twice a", {twice.data(), 30});
  p.y[3] = missing;
  p.y[4] = 1e6;
  const auto fit = huber_regression(x, {p.y.data(), 30}, {.intercept = true});
  CHECK(fit.status == Status::feasible);
  CHECK(fit.linear.dropped_names.size() == 1);
  CHECK(fit.linear.coefficients[static_cast<Eigen::Index>(fit.linear.dropped[0])] == 0);
  CHECK(std::isnan(fit.weights[3]));
  CHECK(fit.weights[4] < 1e-5);
  const auto slope = [&](const HuberFit& f) {
    return f.predict(Eigen::Vector3d(1, 0, 2)).mean - f.predict(Eigen::Vector3d(0, 0, 0)).mean;
  };
  CHECK_THAT(slope(fit), WithinAbs(2, 0.8));
  CHECK(huber_regression(Eigen::MatrixXd::Zero(3, 1), Eigen::VectorXd::Ones(3)).status == Status::infeasible);
  CHECK(huber_regression(p.x, p.y, {.tolerance = 1e-300, .iteration_limit = 3}).status == Status::iteration_limit);
  CHECK_REFUSED(huber_regression(p.x, p.y, {.threshold = 0}), "threshold");
  CHECK_REFUSED(huber_regression(p.x, p.y, {.threshold = missing}), "threshold");
  CHECK_REFUSED(huber_regression(p.x, p.y, {.tolerance = 0}), "tolerance");
  CHECK_REFUSED(huber_regression(p.x, p.y, {.iteration_limit = 0}), "iteration_limit");
  CHECK_REFUSED(huber_regression(p.x, p.y.head(3)), "target.size()");
  CHECK_REFUSED(huber_regression(p.x, p.y, {.names = {"a"}}), "names");
}
