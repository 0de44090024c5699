#include "kilter/forecast/recursive_least_squares.hpp"

#include <array>

#include "catch.hpp"
#include "kilter/core/rng.hpp"
#include "kilter/forecast/least_squares.hpp"
#include "refused.hpp"

using namespace kilter;
using namespace kilter::forecast;
using kilter::test::WithinAbs;
using kilter::test::WithinRel;

namespace {

using Row = std::vector<double>;

/// Rows as a batch, for the second method.
struct Batch {
  std::vector<Row> rows{};
  Row target{}, weight{};

  void add(const Row& row, double y, double w) {
    rows.push_back(row);
    target.push_back(y);
    weight.push_back(w);
  }

  [[nodiscard]] LeastSquaresFit fit(double forgetting) const {
    const auto n = static_cast<Eigen::Index>(rows.size());
    Eigen::MatrixXd x(n, static_cast<Eigen::Index>(rows[0].size()));
    Eigen::VectorXd y(n), w(n);
    for (Eigen::Index i = 0; i < n; ++i) {
      const auto at = static_cast<std::size_t>(i);
      for (Eigen::Index j = 0; j < x.cols(); ++j) x(i, j) = rows[at][static_cast<std::size_t>(j)];
      y[i] = target[at];
      w[i] = weight[at] * std::pow(forgetting, static_cast<double>(n - 1 - i));
    }
    return weighted_least_squares(x, y, w);
  }
};

Row random_row(std::size_t columns, Rng& rng) {
  Row row{1};
  while (row.size() < columns) row.push_back(rng.normal());
  return row;
}

double times(const Row& a, const Row& b) {
  double sum = 0;
  for (std::size_t j = 0; j < a.size(); ++j) sum += a[j] * b[j];
  return sum;
}

}  // namespace

TEST_CASE("at every step it is the batch solution with geometric weights") {
  Rng rng{1};
  for (int run = 0; run < 100; ++run) {
    const std::size_t columns = 1 + rng.index(6), rows = columns + 1 + rng.index(60);
    const double forgetting = rng.bernoulli(0.3) ? 1 : rng.uniform(0.8, 1);
    RecursiveLeastSquares online{columns, {.forgetting = forgetting, .prior = 1e-14}};
    Batch batch;
    for (std::size_t t = 0; t < rows; ++t) {
      const Row row = random_row(columns, rng);
      const double y = rng.bernoulli(0.1) ? missing : rng.normal(), w = rng.bernoulli(0.1) ? 0 : rng.uniform(0.1, 5);
      batch.add(row, y, w);
      online.append(row, y, w);
    }
    const auto fit = batch.fit(forgetting);
    if (fit.freedom < 2) continue;
    for (std::size_t j = 0; j < columns; ++j) {
      const auto at = static_cast<Eigen::Index>(j);
      CHECK_THAT(online.coefficients()[j], WithinAbs(fit.coefficients[at], 1e-8));
      CHECK_THAT(online.standard_errors()[j] / std::sqrt(online.residual_variance()),
                 WithinRel(fit.standard_errors[at] / std::sqrt(fit.residual_variance), 1e-7));
    }
    CHECK_THAT(online.residual_sum(), WithinRel(fit.residual_sum, 1e-7));
  }
}

TEST_CASE("without forgetting errors and intervals are those of the batch") {
  Rng rng{2};
  RecursiveLeastSquares online{4, {.prior = 1e-14}};
  Batch batch;
  for (int t = 0; t < 50; ++t) {
    const Row row = random_row(4, rng);
    batch.add(row, rng.normal(), 1);
    online.append(row, batch.target.back());
  }
  const auto fit = batch.fit(1);
  const Row at{1, 0.5, -2, 3};
  const LinearPrediction a = online.predict(at), b = fit.predict(Eigen::Map<const Eigen::VectorXd>(at.data(), 4));
  CHECK(a.freedom == 46);
  CHECK_THAT(a.mean, WithinAbs(b.mean, 1e-9));
  CHECK_THAT(a.standard_error, WithinRel(b.standard_error, 1e-9));
  CHECK_THAT(a.interval(0.9).upper, WithinRel(b.interval(0.9).upper, 1e-9));
}

TEST_CASE("the prior is a ridge towards the start") {
  // All regressors are 1 or −1, so that the largest square is 1 and the prior exactly what was asked for.
  Rng rng{3};
  RecursiveLeastSquares online{3, {.prior = 0.5}};
  Eigen::MatrixXd x = Eigen::MatrixXd::Zero(23, 3);
  Eigen::VectorXd y = Eigen::VectorXd::Zero(23);
  for (Eigen::Index t = 0; t < 20; ++t) {
    for (Eigen::Index j = 0; j < 3; ++j) x(t, j) = rng.bernoulli(0.5) ? 1 : -1;
    y[t] = rng.normal();
    online.append(std::array{x(t, 0), x(t, 1), x(t, 2)}, y[t]);
  }
  x.bottomRows(3).diagonal().setConstant(std::sqrt(0.5));
  const auto fit = least_squares(x, y);
  for (std::size_t j = 0; j < 3; ++j) {
    CHECK_THAT(online.coefficients()[j], WithinAbs(fit.coefficients[static_cast<Eigen::Index>(j)], 1e-13));
  }
  CHECK_THAT(online.residual_sum(), WithinRel(fit.residuals.head(20).squaredNorm(), 1e-12));
}

TEST_CASE("it goes on from a batch as if it had seen the rows") {
  Rng rng{4};
  for (int run = 0; run < 50; ++run) {
    const std::size_t columns = 1 + rng.index(5);
    const double forgetting = run % 2 == 0 ? 1 : 0.97;
    Batch batch;
    for (std::size_t t = 0; t < 30; ++t) batch.add(random_row(columns, rng), rng.normal(), 1);
    auto online = RecursiveLeastSquares::from(batch.fit(1), {.forgetting = forgetting, .prior = 1e-14});
    CHECK_THAT(online.residual_sum(), WithinRel(batch.fit(1).residual_sum, 1e-10));
    for (int t = 0; t < 20; ++t) {
      const Row row = random_row(columns, rng);
      for (double& w : batch.weight) w *= forgetting;
      batch.add(row, rng.normal(), 1);
      online.append(row, batch.target.back());
    }
    const auto fit = batch.fit(1);
    for (std::size_t j = 0; j < columns; ++j) {
      CHECK_THAT(online.coefficients()[j], WithinAbs(fit.coefficients[static_cast<Eigen::Index>(j)], 1e-9));
    }
    CHECK_THAT(online.residual_sum(), WithinRel(fit.residual_sum, 1e-9));
    if (forgetting == 1) CHECK_THAT(online.residual_variance(), WithinRel(fit.residual_variance, 1e-9));
  }
}

TEST_CASE("a batch with a collinear column and a constant is gone on from") {
  Rng rng{5};
  Eigen::MatrixXd x(40, 3);
  Eigen::VectorXd y(40);
  for (Eigen::Index i = 0; i < 40; ++i) {
    x(i, 0) = rng.normal();
    x(i, 1) = 2 * x(i, 0);
    x(i, 2) = rng.normal();
    y[i] = 1 + 2 * x(i, 0) + 3 * x(i, 2) + 0.1 * rng.normal();
  }
  const auto fit = least_squares(x, y, {.intercept = true});
  REQUIRE(fit.rank == 3);
  auto online = RecursiveLeastSquares::from(fit);
  for (Eigen::Index j = 0; j < 4; ++j) {
    CHECK_THAT(online.coefficients()[static_cast<std::size_t>(j)], WithinAbs(fit.coefficients[j], 1e-12));
  }
  online.append(std::array{1.0, 1.0, 2.0, 1.0}, 6);
  CHECK_THAT(online.predict(std::array{1.0, 1.0, 2.0, 1.0}).mean, WithinAbs(6, 0.1));
  const auto nothing = RecursiveLeastSquares::from(least_squares(Eigen::MatrixXd::Zero(3, 2), Eigen::VectorXd::Ones(3)));
  CHECK(nothing.coefficients() == Row{0, 0});
}

TEST_CASE("the residual variance is unbiased under forgetting") {
  Rng rng{6};
  for (const double forgetting : {0.9, 0.97, 1.0}) {
    double sum = 0;
    const int runs = 3000;
    for (int run = 0; run < runs; ++run) {
      RecursiveLeastSquares online{4, {.forgetting = forgetting}};
      for (int t = 0; t < 60; ++t) {
        const Row row = random_row(4, rng);
        online.append(row, times(row, {10, 1, -2, 3}) + 2 * rng.normal());
      }
      sum += online.residual_variance() / runs;
    }
    CHECK_THAT(sum, WithinRel(4, 0.03));
  }
}

TEST_CASE("forgetting follows coefficients that change") {
  Rng rng{7};
  RecursiveLeastSquares forgets{2, {.forgetting = 0.95}}, keeps{2};
  for (int t = 0; t < 1000; ++t) {
    const Row row = random_row(2, rng);
    const double y = (t < 500 ? 1 : 5) * row[1] + 0.1 * rng.normal();
    forgets.append(row, y);
    keeps.append(row, y);
  }
  CHECK_THAT(forgets.coefficients()[1], WithinAbs(5, 0.1));
  CHECK_THAT(keeps.coefficients()[1], WithinAbs(3, 0.5));
  CHECK_THAT(forgets.equivalent_rows(), WithinRel(1.95 / 0.05, 1e-10));
}

TEST_CASE("a million updates stay finite, positive and right") {
  Rng rng{8};
  const Row truth{3, -1, 2, 0.5};
  const double forgetting = 0.98, prior = 1e-6;
  RecursiveLeastSquares online{4, {.forgetting = forgetting, .prior = prior}};
  Batch recent;
  for (int t = 0; t < 1000000; ++t) {
    Row row = random_row(4, rng);
    row[2] = row[1] + 1e-4 * row[2];             // nearly collinear
    if (t / 10000 % 3 == 1) row = {1, 1, 1, 0};  // long stretches without excitation
    const double y = times(row, truth) + 0.01 * rng.normal();
    online.append(row, t % 17 == 0 ? missing : y);
    if (t % 9973 == 0 && t > 100) {
      for (const double e : online.standard_errors()) REQUIRE((std::isfinite(e) && e > 0));
      for (const double b : online.coefficients()) REQUIRE(std::isfinite(b));
      REQUIRE(online.predict(row).deviation > 0);
      REQUIRE_THAT(online.predict(row).mean, WithinAbs(times(row, truth), 0.05));
    }
    if (t >= 1000000 - 1500) recent.add(row, t % 17 == 0 ? missing : y, 1);
  }
  // What is older than 1,500 rows has weight 0.98¹⁵⁰⁰ = 7e-14; the directions that are seen agree with the batch, those
  // of the near copy as far as the prior on their difference lets them.
  const auto fit = recent.fit(forgetting);
  CHECK_THAT(online.coefficients()[0], WithinAbs(fit.coefficients[0], 1e-4));
  CHECK_THAT(online.coefficients()[3], WithinAbs(fit.coefficients[3], 1e-4));
  CHECK_THAT(online.coefficients()[1] + online.coefficients()[2], WithinAbs(fit.coefficients[1] + fit.coefficients[2], 1e-3));
}

TEST_CASE("rows that excite nothing do not wind the variance up") {
  Rng rng{9};
  const double forgetting = 0.95, prior = 1e-4;
  RecursiveLeastSquares online{3, {.forgetting = forgetting, .prior = prior}};
  Batch batch;
  for (int t = 0; t < 200; ++t) {
    Row row{1, rng.bernoulli(0.5) ? 1.0 : -1.0, rng.bernoulli(0.5) ? 1.0 : -1.0};
    online.append(row, times(row, {10, 2, -3}) + rng.normal());
  }
  for (int t = 0; t < 100000; ++t) online.append(Row{1, 0, 0}, 10 + rng.normal());
  const double bound = 1 / std::sqrt(std::pow(forgetting, 3) * prior);
  for (const double error : online.standard_errors()) {
    CHECK(error <= bound * std::sqrt(online.residual_variance()));
    CHECK(error > 0);
  }
  CHECK_THAT(online.coefficients()[0], WithinAbs(10, 1));
  CHECK_THAT(online.coefficients()[1], WithinAbs(0, 1e-6));  // back where it started
  // A row that hardly points in a forgotten direction moves its coefficient by no more than the error over 2 √prior.
  const double before = online.coefficients()[1], error = 5;
  online.append(Row{0, 0.01, 0}, 0.01 * before + error);
  CHECK(std::abs(online.coefficients()[1] - before) <= error * bound / 2 * (1 + 1e-9));
  // Kept to the batch coefficients when it goes on from one.
  for (int t = 0; t < 100; ++t) {
    const Row row = random_row(3, rng);
    batch.add(row, times(row, {10, 2, -3}), 1);
  }
  auto warm = RecursiveLeastSquares::from(batch.fit(1), {.forgetting = forgetting, .prior = prior});
  for (int t = 0; t < 10000; ++t) warm.append(Row{1, 0, 0}, 10 + rng.normal());
  CHECK_THAT(warm.coefficients()[1], WithinAbs(2, 1e-6));
  CHECK_THAT(warm.coefficients()[2], WithinAbs(-3, 1e-6));
}

TEST_CASE("one wild regressor does not become the measure of the prior") {
  Rng rng{10};
  RecursiveLeastSquares online{2, {.forgetting = 0.98}};
  for (int t = 0; t < 3000; ++t) {
    Row row = random_row(2, rng);
    if (t == 100) row[1] = 1e9;
    online.append(row, 1 + 2 * row[1] + 0.1 * rng.normal());
  }
  CHECK_THAT(online.coefficients()[1], WithinAbs(2, 0.1));
}

TEST_CASE("a step without an observation ages what is known and adds nothing") {
  RecursiveLeastSquares a{1, {.forgetting = 0.5, .prior = 1e-14}};
  a.append(Row{1}, 1);
  a.append(Row{1}, missing);
  a.append(Row{missing}, 7);
  a.append(Row{1}, 7, 0);
  a.append(Row{1}, 2);
  CHECK_THAT(a.coefficients()[0], WithinRel((2 + 1.0 / 16) / (1 + 1.0 / 16), 1e-10));
  for (int t = 0; t < 5000; ++t) a.append(Row{1}, missing);
  CHECK(std::isfinite(a.coefficients()[0]));
  CHECK(std::isnan(a.residual_variance()));
  a.append(Row{1}, 3);
  a.append(Row{1}, 3);
  CHECK_THAT(a.coefficients()[0], WithinRel(3, 1e-6));
}

TEST_CASE("before anything is known no error is claimed") {
  RecursiveLeastSquares a{2};
  CHECK(a.coefficients() == Row{0, 0});
  CHECK(a.freedom() == 0);
  CHECK(std::isnan(a.predict(Row{1, 1}).deviation));
  for (int t = 0; t < 5; ++t) a.append(Row{1, 0}, t);
  CHECK_THAT(a.coefficients()[0], WithinRel(2, 1e-5));
  CHECK(a.freedom() == 4);
  CHECK(a.predict(Row{1, 0}).standard_error > 0);
  CHECK(std::isnan(a.predict(Row{1, 1}).standard_error));  // column 1 was never seen
  CHECK(std::isnan(a.predict(Row{missing, 1}).mean));
}

TEST_CASE("values of any size that is let in keep it finite") {
  Rng rng{11};
  for (int run = 0; run < 200; ++run) {
    RecursiveLeastSquares a{3, {.forgetting = rng.uniform(0.01, 1), .prior = std::pow(10, rng.uniform(-20, 0))}};
    const auto wild = [&] {
      return rng.bernoulli(0.2) ? 0 : std::copysign(std::pow(10, rng.uniform(-100, 100)), rng.uniform() - 0.5);
    };
    for (int t = 0; t < 100; ++t) {
      a.append(Row{wild(), wild(), wild()}, wild(), std::abs(wild()));
      REQUIRE(a.residual_sum() >= 0);
      REQUIRE(std::isfinite(a.residual_sum()));
      for (const double b : a.coefficients()) REQUIRE_FALSE(std::isnan(b));
    }
  }
}

TEST_CASE("recursive least squares refuses what it cannot use") {
  CHECK_REFUSED(RecursiveLeastSquares{0}, "columns");
  CHECK_REFUSED((RecursiveLeastSquares{1, {.forgetting = 0}}), "forgetting");
  CHECK_REFUSED((RecursiveLeastSquares{1, {.forgetting = 1.01}}), "forgetting");
  CHECK_REFUSED((RecursiveLeastSquares{1, {.prior = 0}}), "prior");
  CHECK_REFUSED((RecursiveLeastSquares{1, {.prior = missing}}), "prior");
  RecursiveLeastSquares a{2};
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK_REFUSED(a.append(Row{1}, 1), "row.size()");
  CHECK_REFUSED(a.append(Row{1, infinity}, 1), "row value");
  CHECK_REFUSED(a.append(Row{1, 1}, infinity), "target");
  CHECK_REFUSED(a.append(Row{1, 1}, 1, -1), "weight");
  CHECK_REFUSED(a.append(Row{1, 1}, -1e101), "target");
  CHECK_REFUSED(a.predict(Row{1}), "row.size()");
  CHECK_REFUSED(a.predict(Row{1, 1}, 0), "weight");
  CHECK(a.freedom() == 0);
}
