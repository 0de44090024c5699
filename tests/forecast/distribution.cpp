#include "kilter/forecast/distribution.hpp"

#include <vector>

#include "catch.hpp"

using namespace kilter;
using namespace kilter::forecast;
using kilter::test::WithinAbs;
using kilter::test::WithinRel;

TEST_CASE("Student's t has its closed forms at 1, 2 and 4 degrees of freedom") {
  for (const double t : {-300.0, -7.0, -2.0, -0.3, -1e-5, 0.0, 0.01, 1.0, 3.0, 50.0}) {
    CHECK_THAT(student_t_cdf(t, 1), WithinAbs(0.5 + std::atan(t) / std::numbers::pi, 1e-15));
    CHECK_THAT(student_t_cdf(t, 2), WithinAbs(0.5 + t / (2 * std::sqrt(2 + t * t)), 1e-15));
    const double u = t / std::sqrt(4 + t * t);  // Abramowitz and Stegun 26.7.4
    CHECK_THAT(student_t_cdf(t, 4), WithinAbs(0.5 + u * (1 + 2 / (4 + t * t)) / 2, 1e-15));
    CHECK_THAT(student_t_density(t, 1), WithinRel(1 / (std::numbers::pi * (1 + t * t)), 1e-14));
  }
  CHECK_THAT(student_t_quantile(0.9, 2), WithinRel(0.8 / std::sqrt(2 * 0.9 * 0.1), 1e-14));
  CHECK_THAT(student_t_quantile(1e-6, 1), WithinRel(-1 / std::tan(std::numbers::pi * 1e-6), 1e-13));
  CHECK(student_t_cdf(std::numeric_limits<double>::infinity(), 3) == 1);
  CHECK(student_t_cdf(-std::numeric_limits<double>::infinity(), 3e3) == 0);
  CHECK(std::isnan(student_t_cdf(std::nan(""), 3)));
}

TEST_CASE("Student's t agrees with R's pt") {
  struct Known {
    double t, freedom, value;
  };
  for (const Known& k : std::vector<Known>{{-5, 0.29999999999999999, 0.21543553057681838},
                                           {-1.5, 1.5, 0.15499737061139984},
                                           {-2.2000000000000002, 3, 0.057585975988235352},
                                           {-12, 7, 3.1791551890925472e-06},
                                           {-1, 30, 0.16265430771301492},
                                           {-5, 100, 1.225086706751898e-06},
                                           {-0.10000000000000001, 999, 0.46018219454235565},
                                           {-12, 1001, 2.1525645025800186e-31},
                                           {-1.8999999999999999, 1001, 0.028860135739834827},
                                           {-38, 5000, 4.0933499102212971e-278},
                                           {0.69999999999999996, 10000, 0.7580282059099418},
                                           {-5, 1000000, 2.8669989354453676e-07},
                                           {2, 1000000, 0.97724973307434038}}) {
    INFO(k.t << " at " << k.freedom);
    CHECK_THAT(student_t_cdf(k.t, k.freedom), WithinRel(k.value, 1e-12));
  }
  // By quadrature of the density in 40 digits.
  CHECK_THAT(student_t_cdf(-12, 1e9), WithinRel(1.7764914488705718e-33, 1e-12));
}

TEST_CASE("quantiles of t are undone by its distribution function") {
  for (const double freedom : {0.5, 1.0, 1.3, 3.0, 8.0, 40.0, 300.0, 1000.0, 1001.0, 2e4, 1e6, 1e12}) {
    for (const double p : {1e-6, 1e-4, 0.01, 0.2, 0.4999, 0.500001, 0.7, 0.975, 0.9999, 1 - 1e-6}) {
      INFO(p << " at " << freedom);
      CHECK_THAT(student_t_cdf(student_t_quantile(p, freedom), freedom), WithinRel(p, 1e-12));
    }
    CHECK(student_t_quantile(0.25, freedom) == -student_t_quantile(0.75, freedom));
    CHECK(student_t_quantile(0.5, freedom) == 0);
    CHECK(student_t_quantile(1, freedom) == std::numeric_limits<double>::infinity());
  }
  CHECK(student_t_quantile(0.9, std::numeric_limits<double>::infinity()) == normal_quantile(0.9));
  CHECK_THAT(student_t_quantile(0.975, 1e12), WithinRel(normal_quantile(0.975), 1e-11));
}

TEST_CASE("the density of t is the slope of its distribution function") {
  for (const double freedom : {0.7, 2.5, 60.0, 1e4}) {
    for (const double t : {-4.0, -0.5, 0.3, 2.0}) {
      const double slope = (student_t_cdf(t + 1e-5, freedom) - student_t_cdf(t - 1e-5, freedom)) / 2e-5;
      CHECK_THAT(student_t_density(t, freedom), WithinRel(slope, 1e-7));
    }
  }
}

TEST_CASE("chi-square has its closed form at two degrees of freedom") {
  for (const double x : {1e-9, 0.1, 1.0, 3.9, 4.1, 20.0, 300.0}) {
    CHECK_THAT(chi_square_tail(x, 2), WithinRel(std::exp(-x / 2), 1e-13));
    CHECK_THAT(chi_square_cdf(x, 1), WithinRel(std::erf(std::sqrt(x / 2)), 1e-13));
  }
  CHECK(chi_square_cdf(-1, 3) == 0);
  CHECK(chi_square_tail(std::numeric_limits<double>::infinity(), 3) == 0);
}

TEST_CASE("chi-square agrees with R's pchisq in both tails") {
  struct Known {
    double x, freedom, lower, upper;
  };
  for (const Known& k : std::vector<Known>{{0.089999999999999997, 0.29999999999999999, 0.6691987112261002, 0.33080128877389986},
                                           {4, 1, 0.95449973610364158, 0.045500263896358473},
                                           {1.1100000000000001, 3.7000000000000002, 0.13540657896578526, 0.86459342103421477},
                                           {10.199999999999999, 10, 0.5768745855814007, 0.4231254144185993},
                                           {36, 24, 0.9451125755118106, 0.054887424488189424},
                                           {900, 1000, 0.010717238091289742, 0.98928276190871023},
                                           {1500, 1000, 1, 1.0454640385979652e-22},
                                           {102000, 100000, 0.99999558806074496, 4.411939255120309e-06},
                                           {1000000, 1000000, 0.50018806319660547, 0.49981193680339453}}) {
    INFO(k.x << " at " << k.freedom);
    CHECK_THAT(chi_square_cdf(k.x, k.freedom), WithinRel(k.lower, 1e-12));
    CHECK_THAT(chi_square_tail(k.x, k.freedom), WithinRel(k.upper, 1e-12));
  }
}

TEST_CASE("impossible degrees of freedom and probabilities are refused") {
  CHECK_THROWS_AS(student_t_cdf(1, 0), std::invalid_argument);
  CHECK_THROWS_AS(student_t_quantile(0.5, -1), std::invalid_argument);
  CHECK_THROWS_AS(student_t_quantile(1.5, 3), std::invalid_argument);
  CHECK_THROWS_AS(chi_square_cdf(1, 0), std::invalid_argument);
  CHECK_THROWS_AS(chi_square_tail(1, std::nan("")), std::invalid_argument);
}
