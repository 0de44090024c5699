#include "kilter/forecast/least_squares.hpp"

#include <array>

#include <Eigen/Dense>

#include "catch.hpp"
#include "data.hpp"

using namespace kilter;
using namespace kilter::forecast;
using kilter::test::WithinAbs;
using kilter::test::WithinRel;

namespace {

Eigen::MatrixXd random_matrix(Eigen::Index rows, Eigen::Index cols, Rng& rng) {
  Eigen::MatrixXd out(rows, cols);
  for (Eigen::Index j = 0; j < cols; ++j) {
    for (Eigen::Index i = 0; i < rows; ++i) out(i, j) = rng.normal();
  }
  return out;
}

struct Certified {
  std::vector<double> estimate, error;
  double sigma = 0;
};

Certified certified(const std::vector<std::vector<std::string>>& rows, const std::string& name) {
  Certified out;
  for (const auto& row : rows) {
    if (row[0] != name) continue;
    out.estimate.push_back(std::stod(row[5]));
    out.error.push_back(std::stod(row[6]));
    out.sigma = std::stod(row[7]);
  }
  return out;
}

/// Columns 1, x, x², … or the given regressors with or without a constant.
Eigen::MatrixXd nist_design(const std::vector<std::vector<std::string>>& rows, std::size_t parameters, bool polynomial,
                            bool constant) {
  Eigen::MatrixXd x(static_cast<Eigen::Index>(rows.size()), static_cast<Eigen::Index>(parameters));
  for (Eigen::Index i = 0; i < x.rows(); ++i) {
    long double power = 1;
    for (Eigen::Index j = 0; j < x.cols(); ++j) {
      const auto& row = rows[static_cast<std::size_t>(i)];
      if (polynomial) {
        x(i, j) = static_cast<double>(power);
        power *= static_cast<long double>(std::stod(row[1]));
      } else {
        x(i, j) = constant && j == 0 ? 1 : std::stod(row[static_cast<std::size_t>(j) + (constant ? 0 : 1)]);
      }
    }
  }
  return x;
}

/// −log₁₀ of the relative error, or of the absolute one where the truth is 0; at most 16.
double correct_digits(double value, double truth) {
  const double error = std::abs(value - truth) / (truth == 0 ? 1 : std::abs(truth));
  return error > 0 ? std::min(16.0, -std::log10(error)) : 16;
}

}  // namespace

TEST_CASE("the solution satisfies the normal equations on random problems") {
  Rng rng{1};
  for (int run = 0; run < 200; ++run) {
    const auto cols = static_cast<Eigen::Index>(1 + rng.index(8)), rows = cols + static_cast<Eigen::Index>(1 + rng.index(40));
    Eigen::MatrixXd x = random_matrix(rows, cols, rng);
    for (Eigen::Index j = 0; j < cols; ++j) x.col(j) *= std::pow(10.0, rng.uniform(-8, 8));
    const Eigen::VectorXd y = random_matrix(rows, 1, rng).col(0);
    const auto fit = least_squares(x, y);
    REQUIRE(fit.status == Status::optimal);
    REQUIRE(fit.rank == static_cast<std::size_t>(cols));
    for (Eigen::Index j = 0; j < cols; ++j) {
      CHECK_THAT(x.col(j).normalized().dot(y - x * fit.coefficients), WithinAbs(0, 1e-12 * y.norm()));
    }
    CHECK_THAT(fit.residual_variance,
               WithinRel((y - x * fit.coefficients).squaredNorm() / static_cast<double>(rows - cols), 1e-10));
    const Eigen::MatrixXd identity = x.transpose() * x * fit.covariance_root * fit.covariance_root.transpose();
    for (Eigen::Index j = 0; j < cols; ++j) CHECK_THAT(identity(j, j), WithinRel(1, 1e-6));
  }
}

TEST_CASE("a line has its textbook errors and prediction") {
  const std::vector<double> xs{1, 2, 3, 4, 5}, ys{2.1, 3.9, 6.2, 7.8, 10.1};
  Eigen::MatrixXd x(5, 2);
  Eigen::VectorXd y(5);
  double sxx = 0, sxy = 0, my = 0;
  for (Eigen::Index i = 0; i < 5; ++i) {
    x.row(i) << 1, xs[static_cast<std::size_t>(i)];
    y[i] = ys[static_cast<std::size_t>(i)];
    my += y[i] / 5;
    sxx += (x(i, 1) - 3) * (x(i, 1) - 3);
    sxy += (x(i, 1) - 3) * y[i];
  }
  const auto fit = least_squares(x, y);
  CHECK_THAT(fit.coefficients[1], WithinRel(sxy / sxx, 1e-14));
  CHECK_THAT(fit.coefficients[0], WithinRel(my - 3 * sxy / sxx, 1e-13));
  CHECK_THAT(fit.standard_errors[1], WithinRel(std::sqrt(fit.residual_variance / sxx), 1e-13));
  Eigen::VectorXd row(2);
  row << 1, 7;
  const LinearPrediction p = fit.predict(row);
  CHECK_THAT(p.standard_error, WithinRel(std::sqrt(fit.residual_variance * (0.2 + 16 / sxx)), 1e-13));
  CHECK_THAT(p.deviation, WithinRel(std::sqrt(fit.residual_variance * (1.2 + 16 / sxx)), 1e-13));
}

TEST_CASE("whole weights are repeated rows, and missing targets are left out") {
  Rng rng{2};
  const Eigen::MatrixXd x = random_matrix(12, 3, rng);
  Eigen::VectorXd y = random_matrix(12, 1, rng).col(0), w(12);
  Eigen::MatrixXd repeated(0, 3);
  Eigen::VectorXd target(0);
  y[4] = missing;
  for (Eigen::Index i = 0; i < 12; ++i) {
    w[i] = static_cast<double>(rng.index(4));
    for (int k = 0; k < static_cast<int>(w[i]) && i != 4; ++k) {
      repeated.conservativeResize(repeated.rows() + 1, 3);
      repeated.row(repeated.rows() - 1) = x.row(i);
      target.conservativeResize(target.size() + 1);
      target[target.size() - 1] = y[i];
    }
  }
  const auto a = weighted_least_squares(x, y, w);
  const auto b = least_squares(repeated, target);
  for (Eigen::Index j = 0; j < 3; ++j) CHECK_THAT(a.coefficients[j], WithinRel(b.coefficients[j], 1e-11));
  CHECK_THAT(a.residual_sum, WithinRel(b.residual_sum, 1e-11));
  CHECK(std::isnan(a.residuals[4]));
}

TEST_CASE("collinear columns are named and the prediction does not suffer") {
  Rng rng{3};
  Eigen::MatrixXd x = random_matrix(30, 5, rng);
  x.col(3) = 1e6 * (x.col(0) - 2 * x.col(1));
  x.col(4).setZero();
  const Eigen::VectorXd y = random_matrix(30, 1, rng).col(0);
  const auto fit = least_squares(x, y, {.names = {"a", "b", "c", "d", "zero"}});
  CHECK(fit.rank == 3);
  REQUIRE(fit.dropped.size() == 2);
  CHECK(fit.dropped[0] != 2);
  CHECK(fit.dropped_names[1] == "zero");
  CHECK(std::isnan(fit.standard_errors[4]));
  CHECK(fit.coefficients[4] == 0);
  const auto plain = least_squares(x.leftCols(3), y);
  CHECK_THAT(fit.residual_sum, WithinRel(plain.residual_sum, 1e-10));
  CHECK_THAT(fit.predict(x.row(3).transpose()).mean, WithinAbs(plain.predict(x.row(3).head(3).transpose()).mean, 1e-9));
}

TEST_CASE("least squares refuses what it cannot use and says when nothing is there") {
  const Eigen::MatrixXd x = Eigen::MatrixXd::Ones(3, 1);
  Eigen::VectorXd y = Eigen::VectorXd::Ones(3);
  CHECK_THROWS_AS(least_squares(x, Eigen::VectorXd::Ones(2)), std::invalid_argument);
  CHECK_THROWS_AS(least_squares(x, y, {.names = {"a", "b"}}), std::invalid_argument);
  CHECK_THROWS_AS(weighted_least_squares(x, y, -y), std::invalid_argument);
  y[0] = std::numeric_limits<double>::infinity();
  CHECK_THROWS_AS(least_squares(x, y), std::invalid_argument);
  CHECK(least_squares(Eigen::MatrixXd::Zero(3, 2), Eigen::VectorXd::Ones(3)).status == Status::infeasible);
  CHECK(least_squares(x, Eigen::VectorXd::Constant(3, missing)).status == Status::infeasible);
  CHECK(least_squares(x, Eigen::Vector3d(1, 2, 1e200)).status == Status::numerical_failure);
  const auto exact = least_squares(Eigen::MatrixXd::Identity(2, 2), Eigen::VectorXd::Ones(2));
  CHECK(ok(exact.status));
  CHECK(std::isnan(exact.residual_variance));
}

TEST_CASE("certified digits of the NIST linear sets") {
  const auto values = test::read_csv("forecasting/nist/certified.csv");
  if (!values) {
    WARN("shared data absent");
    return;
  }
  // The least digits of all estimates, of all standard errors, and of the residual deviation. Filip is limited by the rounding of
  // x² … x¹⁰ before the fit; Wampler1 and 2 fit exactly, so that errors and deviation are 0 to as many digits.
  struct Set {
    std::string name;
    bool polynomial, constant;
    double digits, error_digits, deviation_digits;
  };
  const std::vector<Set> sets{
      {"norris", true, true, 13, 13, 13},   {"pontius", true, true, 13, 13, 13},  {"noint1", false, false, 14, 14, 14},
      {"noint2", false, false, 14, 14, 14}, {"longley", false, true, 13, 12, 14}, {"filip", true, true, 7, 7, 9},
      {"wampler1", true, true, 12, 12, 12}, {"wampler2", true, true, 12, 14, 14}, {"wampler3", true, true, 12, 13, 14},
      {"wampler4", true, true, 12, 13, 14}, {"wampler5", true, true, 12, 13, 14}};
  for (const Set& set : sets) {
    const auto rows = test::read_csv("forecasting/nist/" + set.name + ".csv");
    REQUIRE(rows);
    const Certified truth = certified(*values, set.name);
    const Eigen::MatrixXd x = nist_design(*rows, truth.estimate.size(), set.polynomial, set.constant);
    const std::vector<double> y = test::column(*rows, 0);
    const auto fit = least_squares(x, Eigen::Map<const Eigen::VectorXd>(y.data(), static_cast<Eigen::Index>(y.size())));
    REQUIRE(fit.rank == truth.estimate.size());
    double digits = 16, error_digits = 16;
    for (std::size_t j = 0; j < truth.estimate.size(); ++j) {
      digits = std::min(digits, correct_digits(fit.coefficients[static_cast<Eigen::Index>(j)], truth.estimate[j]));
      error_digits = std::min(error_digits, correct_digits(fit.standard_errors[static_cast<Eigen::Index>(j)], truth.error[j]));
    }
    INFO(set.name);
    CHECK(digits >= set.digits);
    CHECK(error_digits >= set.error_digits);
    CHECK(correct_digits(std::sqrt(fit.residual_variance), truth.sigma) >= set.deviation_digits);
  }
}

TEST_CASE("intervals are Student's t around the line") {
  // Five points on 1 … 5: three degrees of freedom, whose 97.5 % point is 3.182446 (Fisher and Yates, table III).
  Regressors x;
  x.add("x", std::array{1.0, 2.0, 3.0, 4.0, 5.0});
  const auto fit = least_squares(x, std::array{2.1, 3.9, 6.2, 7.8, 10.1}, {.intercept = true});
  CHECK(fit.freedom == 3);
  const LinearPrediction p = fit.predict(Eigen::VectorXd::Constant(1, 7));
  CHECK_THAT(p.interval(0.95).upper - p.mean, WithinRel(3.182446 * p.deviation, 1e-6));
  CHECK_THAT(p.mean - p.confidence(0.95).lower, WithinRel(3.182446 * p.standard_error, 1e-6));
  CHECK_THAT(fit.predict(x)[2].standard_error, WithinRel(std::sqrt(fit.residual_variance / 5), 1e-13));
  CHECK_THROWS_AS(p.interval(1), std::invalid_argument);
  const auto exact = least_squares(x, std::array{missing, missing, missing, 1.0, 2.0}, {.intercept = true});
  CHECK(std::isnan(exact.predict(Eigen::VectorXd::Ones(1)).interval(0.5).lower));
  CHECK_THAT(exact.predict(Eigen::VectorXd::Ones(1)).mean, WithinRel(-2, 1e-13));
}

TEST_CASE("prediction intervals cover as often as they say") {
  Rng rng{11};
  int inside = 0, mean_inside = 0;
  const int runs = 20000;
  for (int run = 0; run < runs; ++run) {
    const Eigen::MatrixXd x = random_matrix(8, 2, rng);
    const Eigen::VectorXd y = (2 + 3 * x.col(0).array() - x.col(1).array()).matrix() + random_matrix(8, 1, rng).col(0);
    const auto fit = least_squares(x, y, {.refinements = 0, .intercept = true});
    const Eigen::VectorXd at = random_matrix(2, 1, rng).col(0);
    const double truth = 2 + 3 * at[0] - at[1], seen = truth + rng.normal();
    const LinearPrediction p = fit.predict(at);
    const Interval all = p.interval(0.8), middle = p.confidence(0.8);
    inside += all.lower < seen && seen < all.upper ? 1 : 0;
    mean_inside += middle.lower < truth && truth < middle.upper ? 1 : 0;
  }
  CHECK_THAT(static_cast<double>(inside) / runs, WithinAbs(0.8, 0.012));  // four standard errors
  CHECK_THAT(static_cast<double>(mean_inside) / runs, WithinAbs(0.8, 0.012));
}

TEST_CASE("a constant may be fitted without a column for it") {
  Rng rng{12};
  for (int run = 0; run < 50; ++run) {
    const Eigen::MatrixXd x = random_matrix(20, 3, rng);
    const Eigen::VectorXd y = random_matrix(20, 1, rng).col(0);
    Eigen::MatrixXd with(20, 4);
    with << Eigen::VectorXd::Ones(20), x;
    const auto a = least_squares(x, y, {.intercept = true}), b = least_squares(with, y);
    CHECK((a.coefficients - b.coefficients).norm() < 1e-13);
    CHECK((a.standard_errors - b.standard_errors).norm() < 1e-13);
    CHECK_THAT(a.predict(x.row(1).transpose()).deviation, WithinRel(b.predict(with.row(1).transpose()).deviation, 1e-12));
  }
  const auto constant = least_squares(Eigen::MatrixXd(3, 0), Eigen::Vector3d(1, 2, 6), {.intercept = true});
  CHECK_THAT(constant.coefficients[0], WithinRel(3, 1e-14));
  CHECK_THAT(constant.standard_errors[0], WithinRel(std::sqrt(7.0 / 3), 1e-14));
}

TEST_CASE("rows with a missing regressor are left out") {
  Rng rng{13};
  Eigen::MatrixXd x = random_matrix(30, 3, rng);
  Eigen::VectorXd y = random_matrix(30, 1, rng).col(0);
  const Eigen::MatrixXd rest = x.bottomRows(28);
  const auto clean = least_squares(rest, y.tail(28));
  x(0, 2) = missing;
  y[1] = missing;
  const auto fit = least_squares(x, y);
  CHECK(fit.rows == 28);
  CHECK((fit.coefficients - clean.coefficients).norm() < 1e-13);
  CHECK(std::isnan(fit.residuals[0]));
  CHECK_THAT(fit.residuals[2], WithinAbs(clean.residuals[0], 1e-13));
  CHECK(std::isnan(fit.predict(x.row(0).transpose()).mean));
  x(3, 1) = std::numeric_limits<double>::infinity();
  CHECK_THROWS_AS(least_squares(x, y), std::invalid_argument);
}

TEST_CASE("the ridge solves its normal equations in correlation form") {
  Rng rng{14};
  for (int run = 0; run < 100; ++run) {
    const Eigen::Index n = 25, k = 4;
    Eigen::MatrixXd x = random_matrix(n, k, rng);
    x.col(1) += 5 * x.col(0);
    const Eigen::VectorXd y = random_matrix(n, 1, rng).col(0);
    Eigen::VectorXd w(n);
    for (Eigen::Index i = 0; i < n; ++i) w[i] = rng.uniform(0.5, 3);
    const double ridge = std::pow(10, rng.uniform(-4, 2));
    const auto fit = weighted_least_squares(x, y, w, {.intercept = true, .ridge = ridge});
    // By hand: about weighted means, with the penalty on the diagonal.
    const Eigen::RowVectorXd middle = w.transpose() * x / w.sum();
    const Eigen::MatrixXd c = x.rowwise() - middle;
    const Eigen::VectorXd target = (y.array() - w.dot(y) / w.sum()).matrix();
    Eigen::MatrixXd gram = c.transpose() * w.asDiagonal() * c;
    const Eigen::MatrixXd plain = gram;
    gram.diagonal() *= 1 + ridge;
    const Eigen::VectorXd b = gram.ldlt().solve(c.transpose() * w.asDiagonal() * target);
    CHECK((fit.coefficients.tail(k) - b).norm() < 1e-10 * b.norm());
    CHECK_THAT(fit.coefficients[0], WithinAbs(w.dot(y) / w.sum() - middle.dot(b), 1e-11));
    CHECK_THAT(fit.effective_parameters, WithinRel(1 + gram.ldlt().solve(plain).trace(), 1e-10));
    const double sum = (target - c * b).dot(w.asDiagonal() * (target - c * b));
    CHECK_THAT(fit.residual_sum, WithinRel(sum, 1e-10));
    CHECK_THAT(fit.residual_variance, WithinRel(sum / fit.freedom, 1e-10));
    CHECK_THAT(fit.gcv, WithinRel(n * sum / (fit.freedom * fit.freedom), 1e-10));
    // A change of units changes coefficients and nothing else.
    Eigen::MatrixXd scaled = x;
    scaled.col(2) = scaled.col(2) * 1e6 + Eigen::VectorXd::Constant(n, 3e6);
    const auto other = weighted_least_squares(scaled, y, w, {.intercept = true, .ridge = ridge});
    CHECK_THAT(other.coefficients[3] * 1e6, WithinRel(fit.coefficients[3], 1e-9));
    CHECK_THAT(other.residual_sum, WithinRel(fit.residual_sum, 1e-10));
  }
}

TEST_CASE("the ridge goes from least squares to the mean") {
  Rng rng{15};
  const Eigen::MatrixXd x = random_matrix(40, 3, rng);
  const Eigen::VectorXd y = x.col(0) + random_matrix(40, 1, rng).col(0) + Eigen::VectorXd::Constant(40, 5);
  const auto plain = least_squares(x, y, {.intercept = true});
  const auto slight = least_squares(x, y, {.intercept = true, .ridge = 1e-12});
  CHECK((slight.coefficients - plain.coefficients).norm() < 1e-10);
  CHECK_THAT(slight.effective_parameters, WithinRel(4, 1e-10));
  const auto heavy = least_squares(x, y, {.intercept = true, .ridge = 1e12});
  CHECK_THAT(heavy.coefficients[0], WithinRel(y.mean(), 1e-10));
  CHECK(heavy.coefficients.tail(3).norm() < 1e-10);
  CHECK_THAT(heavy.effective_parameters, WithinRel(1, 1e-10));
  // One regressor without a constant: b / (1 + ridge).
  const auto one = least_squares(x.leftCols(1), y), half = least_squares(x.leftCols(1), y, {.ridge = 1});
  CHECK_THAT(half.coefficients[0], WithinRel(one.coefficients[0] / 2, 1e-13));
  // A copy of a column shares its coefficient, and nothing has to be dropped.
  Eigen::MatrixXd twice(40, 2);
  twice << x.col(0), x.col(0);
  const auto shared = least_squares(twice, y, {.intercept = true, .ridge = 0.01});
  CHECK(shared.dropped.empty());
  CHECK_THAT(shared.coefficients[1], WithinRel(shared.coefficients[2], 1e-10));
  CHECK_THROWS_AS(least_squares(x, y, {.ridge = -1}), std::invalid_argument);
  CHECK_THROWS_AS(least_squares(x, y, {.ridge = missing}), std::invalid_argument);
}

TEST_CASE("generalised cross-validation finds a ridge that predicts better where regressors are many and alike") {
  Rng rng{16};
  double plain_error = 0, ridge_error = 0;
  for (int run = 0; run < 40; ++run) {
    Eigen::MatrixXd x = random_matrix(60, 20, rng);
    for (Eigen::Index j = 1; j < 20; ++j) x.col(j) += 3 * x.col(0);
    const Eigen::VectorXd truth = x.rowwise().mean(), y = truth + random_matrix(60, 1, rng).col(0);
    const auto plain = least_squares(x.topRows(30), y.head(30));
    LeastSquaresFit best = plain;
    for (double ridge = 1e-4; ridge < 100; ridge *= 2) {
      const auto fit = least_squares(x.topRows(30), y.head(30), {.ridge = ridge});
      if (fit.gcv < best.gcv) best = fit;
    }
    plain_error += (x.bottomRows(30) * plain.coefficients - truth.tail(30)).squaredNorm();
    ridge_error += (x.bottomRows(30) * best.coefficients - truth.tail(30)).squaredNorm();
  }
  CHECK(ridge_error < 0.3 * plain_error);
}

TEST_CASE("named regressors are fitted without a matrix, and the collinear one is named") {
  Regressors x;
  x.add("load", std::array{1.0, 2.0, 4.0, 7.0, 3.0, 2.0});
  x.add("twice the load", std::array{2.0, 4.0, 8.0, 14.0, 6.0, 4.0});
  x.add("always", std::array{1.0, 1.0, 1.0, 1.0, 1.0, 1.0});
  const auto fit = least_squares(x, std::array{3.1, 5.0, 9.1, 15.2, 6.9, 5.1}, {.intercept = true});
  CHECK(fit.rank == 2);
  REQUIRE(fit.dropped_names.size() == 2);
  CHECK((fit.dropped_names[0] == "constant") != (fit.dropped_names[1] == "always"));
  CHECK_THAT(fit.predict(x)[3].mean, WithinAbs(15.2, 0.3));
  x.values.pop_back();
  CHECK_THROWS_AS(least_squares(x, std::array{3.1, 5.0, 9.1, 15.2, 6.9, 5.1}), std::invalid_argument);
}
