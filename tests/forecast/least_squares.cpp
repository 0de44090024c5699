#include "kilter/forecast/least_squares.hpp"

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
  struct Set {
    std::string name;
    bool polynomial, constant;
    double digits, error_digits;
  };
  const std::vector<Set> sets{{"norris", true, true, 12, 11},   {"pontius", true, true, 11, 10},  {"noint1", false, false, 14, 13},
                              {"noint2", false, false, 14, 13}, {"longley", false, true, 11, 11}, {"filip", true, true, 7, 7},
                              {"wampler1", true, true, 9, 0},   {"wampler2", true, true, 12, 0},  {"wampler3", true, true, 9, 10},
                              {"wampler4", true, true, 9, 10},  {"wampler5", true, true, 7, 10}};
  for (const Set& set : sets) {
    const auto rows = test::read_csv("forecasting/nist/" + set.name + ".csv");
    REQUIRE(rows);
    const Certified truth = certified(*values, set.name);
    const Eigen::MatrixXd x = nist_design(*rows, truth.estimate.size(), set.polynomial, set.constant);
    const std::vector<double> y = test::column(*rows, 0);
    const auto fit = least_squares(x, Eigen::Map<const Eigen::VectorXd>(y.data(), static_cast<Eigen::Index>(y.size())));
    CHECK(fit.rank == truth.estimate.size());
    for (std::size_t j = 0; j < truth.estimate.size(); ++j) {
      INFO(set.name << " B" << j);
      const auto at = static_cast<Eigen::Index>(j);
      CHECK_THAT(fit.coefficients[at], WithinRel(truth.estimate[j], std::pow(10, -set.digits)));
      if (set.error_digits > 0) CHECK_THAT(fit.standard_errors[at], WithinRel(truth.error[j], std::pow(10, -set.error_digits)));
    }
  }
}
