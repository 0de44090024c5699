#include "kilter/forecast/box_cox.hpp"

#include <string>

#include "catch.hpp"
#include "data.hpp"
#include "kilter/forecast/least_squares.hpp"

using namespace kilter;
using namespace kilter::forecast;
using kilter::test::WithinAbs;
using kilter::test::WithinRel;

namespace {

/// A line and a season plus normal noise, seen through the inverse of Box and Cox's transform.
std::vector<double> power_series(double lambda, std::size_t n, std::size_t period, Rng& rng) {
  std::vector<double> out;
  for (std::size_t i = 0; i < n; ++i) {
    const double season = std::sin(6.283185307179586 * static_cast<double>(i) / static_cast<double>(period));
    const double z = 10 + 0.02 * static_cast<double>(i) + season + 0.5 * rng.normal();
    out.push_back(Transform::box_cox(lambda).inverse(z));
  }
  return out;
}

/// Coefficient of variation of deviation/mean^(1 − λ) over blocks, straight from the definition.
double variation(const std::vector<double>& x, std::size_t block, double lambda) {
  std::vector<double> ratios;
  for (std::size_t b = x.size() % block; b < x.size(); b += block) {
    double mean = 0, square = 0;
    for (std::size_t i = 0; i < block; ++i) mean += x[b + i] / static_cast<double>(block);
    for (std::size_t i = 0; i < block; ++i) square += (x[b + i] - mean) * (x[b + i] - mean);
    ratios.push_back(std::sqrt(square / static_cast<double>(block - 1)) / std::pow(mean, 1 - lambda));
  }
  double mean = 0, square = 0;
  for (const double r : ratios) mean += r / static_cast<double>(ratios.size());
  for (const double r : ratios) square += (r - mean) * (r - mean);
  return std::sqrt(square / static_cast<double>(ratios.size() - 1)) / mean;
}

/// Profile log-likelihood by QR on a constant, a line and dummies.
double likelihood(const std::vector<double>& x, std::size_t period, double lambda) {
  const auto n = static_cast<Eigen::Index>(x.size());
  Eigen::MatrixXd design = Eigen::MatrixXd::Zero(n, static_cast<Eigen::Index>(period) + 1);
  Eigen::VectorXd target(n);
  double logs = 0;
  for (Eigen::Index i = 0; i < n; ++i) {
    design(i, i % static_cast<Eigen::Index>(period)) = 1;
    design(i, static_cast<Eigen::Index>(period)) = static_cast<double>(i);
    target[i] = Transform::box_cox(lambda).forward(x[static_cast<std::size_t>(i)]);
    logs += std::log(x[static_cast<std::size_t>(i)]);
  }
  return -0.5 * static_cast<double>(n) * std::log(least_squares(design, target).residual_sum) + (lambda - 1) * logs;
}

}  // namespace

TEST_CASE("both exponents are the best of their criteria, computed a second way") {
  Rng rng{41};
  for (const double lambda : {0.0, 0.3, 0.8}) {
    for (const std::size_t period : {1U, 4U, 12U}) {
      const std::vector<double> x = power_series(lambda, 100, period, rng);
      const double g = box_cox_by_guerrero(x, period).lambda, l = box_cox_by_likelihood(x, period).lambda;
      const std::size_t block = period == 1 ? 2 : period;
      for (double other = -1; other <= 2; other += 0.0625) {
        CHECK(variation(x, block, g) <= variation(x, block, other) * (1 + 1e-9));
        CHECK(likelihood(x, period, l) >= likelihood(x, period, other) - 1e-7);
      }
    }
  }
}

TEST_CASE("the exponent behind simulated series is found") {
  Rng rng{42};
  for (const double lambda : {-0.5, 0.0, 0.5, 1.0}) {
    std::vector<double> x;
    // A wide range of levels, which is what tells the exponent.
    for (std::size_t i = 0; i < 600; ++i) {
      const double level = 1 + static_cast<double>(i) / 60, z = Transform::box_cox(lambda).forward(level);
      x.push_back(Transform::box_cox(lambda).inverse(z + 0.02 * rng.normal()));
    }
    CHECK_THAT(box_cox_by_guerrero(x, 12).lambda, WithinAbs(lambda, 0.5));
    std::vector<double> straight;
    for (std::size_t i = 0; i < 600; ++i) {
      const double z = Transform::box_cox(lambda).forward(2) + 0.001 * static_cast<double>(i) + 0.02 * rng.normal();
      straight.push_back(Transform::box_cox(lambda).inverse(z));
    }
    CHECK_THAT(box_cox_by_likelihood(straight).lambda, WithinAbs(lambda, 0.2));
  }
}

TEST_CASE("exponents of the classics agree with R's BoxCox.lambda") {
  struct Known {
    std::string name;
    std::size_t period;
    double guerrero, likelihood;
  };
  // forecast 8.20: Guerrero by Brent's method to about 1e-4; the likelihood on a grid of 0.05.
  for (const Known& k : std::vector<Known>{{"AirPassengers", 12, -0.29472, 0.2},
                                           {"nottem", 12, 0.04214, 1.45},
                                           {"UKgas", 4, -0.44570, -0.4},
                                           {"co2", 12, -0.03432, -1},
                                           {"wineind", 12, -0.46541, 0.35},
                                           {"lynx", 1, 0.15218, 0.15},
                                           {"LakeHuron", 1, 2, 2},
                                           {"WWWusage", 1, 0.35963, 0.5}}) {
    const auto rows = test::read_csv("forecasting/classics/" + k.name + ".csv");
    if (!rows) {
      WARN("shared data absent");
      return;
    }
    INFO(k.name);
    CHECK_THAT(box_cox_by_guerrero(test::column(*rows, 1), k.period).lambda, WithinAbs(k.guerrero, 1e-4));
    CHECK_THAT(box_cox_by_likelihood(test::column(*rows, 1), k.period).lambda, WithinAbs(k.likelihood, 0.025001));
  }
}

TEST_CASE("exponents do not depend on the unit and survive gaps") {
  Rng rng{43};
  std::vector<double> x = power_series(0.2, 90, 12, rng), y = x;
  for (double& v : y) v *= 1e120;
  CHECK_THAT(box_cox_by_guerrero(x, 12).lambda, WithinAbs(box_cox_by_guerrero(y, 12).lambda, 1e-5));
  CHECK_THAT(box_cox_by_likelihood(x, 12).lambda, WithinAbs(box_cox_by_likelihood(y, 12).lambda, 1e-5));
  x[3] = x[40] = x[89] = missing;
  CHECK_THAT(box_cox_by_guerrero(x, 12).lambda, WithinAbs(box_cox_by_guerrero(y, 12).lambda, 0.5));
  CHECK_THAT(box_cox_by_likelihood(x, 12).lambda, WithinAbs(box_cox_by_likelihood(y, 12).lambda, 0.3));
  const BoxCoxOptions narrow{.lower = 0.9, .upper = 1.1};
  CHECK(box_cox_by_likelihood(x, 12, narrow).lambda >= 0.9);
  CHECK(box_cox_by_guerrero(x, 12, narrow).lambda <= 1.1);
}

TEST_CASE("without variation or values the exponent is 1, and values that are not positive are refused") {
  const std::vector<double> flat(40, 3.0), nothing(40, missing);
  for (const auto& x : {flat, nothing, std::vector<double>{}, std::vector<double>{1, 2, 3}}) {
    for (const std::size_t period : {std::size_t{1}, std::size_t{12}, std::numeric_limits<std::size_t>::max()}) {
      CHECK(box_cox_by_guerrero(x, period).lambda == 1);
      CHECK(box_cox_by_likelihood(x, period).lambda == 1);
      CHECK(box_cox_by_likelihood(x, period).kind == Transform::Kind::box_cox);
    }
  }
  CHECK_THROWS_AS(box_cox_by_guerrero(std::vector<double>{1, 0, 2}), std::invalid_argument);
  CHECK_THROWS_AS(box_cox_by_likelihood(std::vector<double>{1, -2, 2}), std::invalid_argument);
  CHECK_THROWS_AS(box_cox_by_likelihood(flat, 0), std::invalid_argument);
  CHECK_THROWS_AS(box_cox_by_guerrero(flat, 1, {.lower = 1, .upper = 1}), std::invalid_argument);
}
