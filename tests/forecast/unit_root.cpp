#include "kilter/forecast/unit_root.hpp"

#include <string>

#include "catch.hpp"
#include "data.hpp"
#include "kilter/forecast/least_squares.hpp"

using namespace kilter;
using namespace kilter::forecast;
using kilter::test::WithinAbs;
using kilter::test::WithinRel;

namespace {

std::vector<double> noise(std::size_t n, Rng& rng) {
  std::vector<double> out(n);
  for (double& v : out) v = rng.normal();
  return out;
}

/// Sums at a lag, the inverse of a difference.
std::vector<double> integrate(std::vector<double> x, std::size_t lag) {
  for (std::size_t i = lag; i < x.size(); ++i) x[i] += x[i - lag];
  return x;
}

/// τ of the Dickey–Fuller regression by the QR of least_squares.hpp.
double tau_by_qr(const std::vector<double>& y, bool trend, std::size_t lags) {
  const std::size_t rows = y.size() - 1 - lags, columns = (trend ? 3U : 2U) + lags;
  Eigen::MatrixXd x(static_cast<Eigen::Index>(rows), static_cast<Eigen::Index>(columns));
  Eigen::VectorXd target(static_cast<Eigen::Index>(rows));
  for (std::size_t i = 0; i < rows; ++i) {
    const auto row = static_cast<Eigen::Index>(i);
    const std::size_t t = i + 1 + lags;
    target[row] = y[t] - y[t - 1];
    x(row, 0) = y[t - 1];
    x(row, 1) = 1;
    if (trend) x(row, 2) = static_cast<double>(t);
    for (std::size_t k = 1; k <= lags; ++k) {
      x(row, static_cast<Eigen::Index>(columns - k)) = y[t - k] - y[t - k - 1];
    }
  }
  const auto fit = least_squares(x, target);
  return fit.coefficients[0] / fit.standard_errors[0];
}

}  // namespace

TEST_CASE("KPSS of a few values is what the formula gives by hand") {
  // Residuals −1, 1, −1, 1 of mean 2: partial sums −1, 0, −1, 0; Σ/n² = 2/16; variance 1 at lag 0, 1 + 2·½·(−3/4) at lag 1.
  const std::vector<double> x{1, 3, 1, 3};
  CHECK_THAT(kpss(x, Around::level, 0).statistic, WithinRel(0.125, 1e-14));
  CHECK_THAT(kpss(x, Around::level, 1).statistic, WithinRel(0.5, 1e-14));
  CHECK(kpss(x, Around::level, 0).p_value == 0.10);
  CHECK_THAT(kpss(x, Around::level, 1).p_value, WithinRel(0.05 - 0.025 * (0.5 - 0.463) / (0.574 - 0.463), 1e-13));
  const std::vector<double> line{0, 1, 2, 3, 4, 5};
  CHECK(kpss(line, Around::trend).status == Status::infeasible);
  CHECK(kpss(line, Around::level).critical == 0.463);
}

TEST_CASE("the Dickey-Fuller statistic is the t value of a least-squares fit") {
  Rng rng{21};
  for (int run = 0; run < 60; ++run) {
    std::vector<double> y = noise(15 + rng.index(100), rng);
    if (run % 2 == 0) y = integrate(y, 1);
    for (double& v : y) v = 1e4 + v;
    const std::size_t lags = rng.index(5);
    CHECK_THAT(adf(y, Around::level, lags).statistic, WithinRel(tau_by_qr(y, false, lags), 1e-7));
    CHECK_THAT(adf(y, Around::trend, lags).statistic, WithinRel(tau_by_qr(y, true, lags), 1e-7));
  }
}

TEST_CASE("statistics of the classics agree with R's urca and forecast") {
  struct Known {
    std::string name;
    std::size_t period;
    double level, trend, adf1, adf3, strength, ocsb1, ocsb3;
    std::size_t seasonal, ordinary;
  };
  // ur.kpss(use.lag = trunc(3 sqrt(n)/13)), ur.df(lags = 1, "drift"), ur.df(lags = 3, "trend"), the strength behind nsdiffs,
  // ocsb.test(maxlag = 1 and 3), and the differences nsdiffs and ndiffs take; forecast 8.20, urca 1.3-3.
  const std::vector<Known> all{
      {"AirPassengers", 12, 4.34228679711, 0.102642288341, -2.34502730895, -6.9358211363, 0.94067249031, 2.77772685139,
       2.72406204339, 1, 1},
      {"nottem", 12, 0.0318164406825, 0.00800410828846, -9.34295213486, -16.1446744128, 0.953424493243, -4.03673239763,
       -2.97337885333, 1, 0},
      {"UKgas", 4, 3.30819596733, 0.310027834871, -5.87257149309, -1.703189427, 0.983094782557, 2.78641063399, 2.317155223, 1, 1},
      {"co2", 12, 9.34016140027, 1.09545648168, -1.77990844185, -7.68005117358, 0.989771591222, -1.792129188, -1.67683665089, 1, 1},
      {"austres", 4, 3.04459996348, 0.710395526256, 1.33207902119, -2.09825306143, 0.324800287903, -6.05254299609, -5.63222700681,
       0, 2},
      {"ldeaths", 12, 0.277917401099, 0.0307841284668, -4.5178041322, -6.93589099806, 0.888293322752, -3.07100587162,
       -2.07129506425, 1, 0},
      {"lynx", 1, 0.0694650820944, 0.0369939336408, -7.86291209946, -7.04190170996, 0, 0, 0, 0, 0},
      {"LakeHuron", 1, 1.22121856939, 0.235539008845, -3.89766838437, -2.99433073707, 0, 0, 0, 0, 1},
      {"WWWusage", 1, 0.721974318082, 0.317646192729, -2.2221666762, -2.64274771915, 0, 0, 0, 0, 1}};
  for (const Known& k : all) {
    const auto rows = test::read_csv("forecasting/classics/" + k.name + ".csv");
    if (!rows) {
      WARN("shared data absent");
      return;
    }
    INFO(k.name);
    std::vector<double> x = test::column(*rows, 1);
    CHECK_THAT(kpss(x).statistic, WithinRel(k.level, 1e-10));
    CHECK_THAT(kpss(x, Around::trend).statistic, WithinRel(k.trend, 1e-10));
    CHECK_THAT(adf(x, Around::level, 1).statistic, WithinRel(k.adf1, 1e-10));
    CHECK_THAT(adf(x, Around::trend, 3).statistic, WithinRel(k.adf3, 1e-10));
    if (k.period > 1) {
      CHECK_THAT(seasonal_strength(x, k.period), WithinRel(k.strength, 1e-10));
      CHECK_THAT(ocsb(x, k.period, 1).statistic, WithinRel(k.ocsb1, 1e-9));
      CHECK_THAT(ocsb(x, k.period, 3).statistic, WithinRel(k.ocsb3, 1e-9));
    }
    CHECK(seasonal_differences(x, k.period) == k.seasonal);
    if (k.seasonal == 1) forecast::detail::difference(x, k.period);
    CHECK(ordinary_differences(x) == k.ordinary);
  }
}

TEST_CASE("differences taken of M3 series are R's") {
  const auto rows = test::read_csv("forecasting/m3/quarterly-train.csv");
  if (!rows) {
    WARN("shared data absent");
    return;
  }
  // nsdiffs and then ndiffs of forecast 8.20, with series near the threshold of the strength or of KPSS.
  struct Known {
    std::string id;
    std::size_t seasonal, ordinary;
  };
  std::size_t found = 0;
  for (const Known& k : std::vector<Known>{{"N0823", 0, 1},
                                           {"N0818", 1, 0},
                                           {"N1280", 1, 0},
                                           {"N0696", 0, 0},
                                           {"N0648", 0, 2},
                                           {"N0653", 1, 1},
                                           {"N0651", 0, 0},
                                           {"N0667", 1, 0}}) {
    for (const auto& row : *rows) {
      if (row[0] != k.id) continue;
      ++found;
      INFO(k.id);
      std::vector<double> x;
      for (std::size_t i = 3; i < row.size(); ++i) x.push_back(std::stod(row[i]));
      CHECK(seasonal_differences(x, 4) == k.seasonal);
      if (k.seasonal == 1) forecast::detail::difference(x, 4);
      CHECK(ordinary_differences(x) == k.ordinary);
    }
  }
  CHECK(found == 8);
}

TEST_CASE("critical values keep their size on simulated series") {
  Rng rng{22};
  const int runs = 2000;
  int stationary = 0, walk = 0, trending = 0, seasonal = 0;
  for (int run = 0; run < runs; ++run) {
    const std::vector<double> white = noise(120, rng), random_walk = integrate(noise(120, rng), 1);
    const UnitRootTest a = kpss(white, Around::level, 0), b = adf(random_walk, Around::level, 0);
    const UnitRootTest c = adf(random_walk, Around::trend, 0), d = ocsb(integrate(integrate(noise(140, rng), 1), 12), 12, 0);
    stationary += a.statistic > a.critical ? 1 : 0;
    walk += b.statistic < b.critical ? 1 : 0;
    trending += c.statistic < c.critical ? 1 : 0;
    seasonal += d.statistic < d.critical ? 1 : 0;
  }
  // 5 % of 2000 with four standard errors of 10; the critical value of OCSB is of series without the ordinary root.
  CHECK(std::abs(stationary - 100) < 40);
  CHECK(std::abs(walk - 100) < 40);
  CHECK(std::abs(trending - 100) < 40);
  CHECK(seasonal < 200);
}

TEST_CASE("integrated series are differenced as often as they were summed") {
  Rng rng{23};
  int right = 0, right_by_adf = 0, seasonal = 0, seasonal_by_ocsb = 0, none = 0;
  const int runs = 100;
  for (int run = 0; run < runs; ++run) {
    const std::size_t order = rng.index(3);
    std::vector<double> x = noise(200, rng);
    for (std::size_t k = 0; k < order; ++k) x = integrate(x, 1);
    right += ordinary_differences(x) == order ? 1 : 0;
    right_by_adf += ordinary_differences(x, {.test = OrdinaryDifferenceOptions::Test::adf}) == order ? 1 : 0;
    const std::vector<double> s = integrate(noise(200, rng), 12);
    seasonal += seasonal_differences(s, 12) == 1 ? 1 : 0;
    seasonal_by_ocsb += seasonal_differences(s, 12, {.test = SeasonalDifferenceOptions::Test::ocsb}) == 1 ? 1 : 0;
    none += seasonal_differences(noise(200, rng), 12) == 0 ? 1 : 0;
  }
  CHECK(right > 85);
  CHECK(right_by_adf > 85);
  CHECK(seasonal > 95);
  CHECK(seasonal_by_ocsb > 85);
  CHECK(none == runs);
}

TEST_CASE("decisions do not depend on level and unit, nor gaps on more than their values") {
  Rng rng{24};
  for (int run = 0; run < 50; ++run) {
    std::vector<double> x = integrate(noise(90, rng), run % 2 == 0 ? 1 : 4), y = x, gap;
    for (double& v : y) v = 5e3 - 1e-3 * v;
    CHECK(seasonal_differences(x, 4) == seasonal_differences(y, 4));
    CHECK(ordinary_differences(x) == ordinary_differences(y));
    CHECK_THAT(adf(x).statistic, WithinRel(adf(y).statistic, 1e-5));
    for (const double v : x) {
      gap.push_back(v);
      if (rng.uniform() < 0.2) gap.push_back(missing);
    }
    CHECK(kpss(gap).statistic == kpss(x).statistic);
    CHECK(adf(gap).statistic == adf(x).statistic);
  }
}

TEST_CASE("constant, short, empty and extreme series have an answer") {
  const double nan = missing;
  const std::vector<std::vector<double>> hostile{{},
                                                 {1},
                                                 {nan, nan, nan},
                                                 {1, 2},
                                                 {1, 2, 3},
                                                 std::vector<double>(60, 7.1),
                                                 std::vector<double>(60, 0.0),
                                                 {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1},
                                                 {1e140, -1e140, 1e140, 3e139, -1e140, 1e140, 2, 1e140, -1e140, 1e140, 1e100},
                                                 {1e-200, 2e-200, 1e-200, 3e-200, 1e-200, 5e-200, 1e-200, 3e-200, 1e-200, 1e-200},
                                                 {nan, 1, nan, nan, 4, nan, nan, nan, 2, nan, nan, 9, nan, nan, nan, nan}};
  for (const auto& x : hostile) {
    for (const std::size_t period : {std::size_t{0}, std::size_t{1}, std::size_t{2}, std::size_t{4}, std::size_t{12},
                                     std::numeric_limits<std::size_t>::max()}) {
      CHECK(seasonal_differences(x, period, {.most = 2}) <= 2);
      CHECK(seasonal_differences(x, period, {.test = SeasonalDifferenceOptions::Test::ocsb}) <= 1);
      if (period > 1) CHECK(seasonal_strength(x, period) <= 1);
    }
    CHECK(ordinary_differences(x) <= 2);
    CHECK(ordinary_differences(x, {.test = OrdinaryDifferenceOptions::Test::adf, .around = Around::trend}) <= 2);
  }
  CHECK(ordinary_differences(hostile[5]) == 0);
  CHECK(seasonal_differences(hostile[5], 12) == 0);
  std::vector<double> line, pattern;
  for (int i = 0; i < 50; ++i) {
    line.push_back(1e6 + 0.1 * i);
    pattern.push_back(i % 4);
  }
  CHECK(ordinary_differences(line) == 1);
  CHECK(ordinary_differences(line, {.test = OrdinaryDifferenceOptions::Test::adf}) == 1);
  CHECK(seasonal_differences(line, 4) == 0);
  CHECK(seasonal_differences(pattern, 4, {.most = 2}) == 1);
}

TEST_CASE("tests refuse what has no meaning") {
  const std::vector<double> x{1, 2, std::numeric_limits<double>::infinity(), 4, 5, 6, 7};
  CHECK_THROWS_AS(kpss(x), std::invalid_argument);
  CHECK_THROWS_AS(adf(x), std::invalid_argument);
  CHECK_THROWS_AS(ocsb(x, 2), std::invalid_argument);
  CHECK_THROWS_AS(ocsb(std::vector<double>{1, 2}, 1), std::invalid_argument);
  CHECK_THROWS_AS(seasonal_strength(std::vector<double>{1, 2}, 1), std::invalid_argument);
  CHECK_THROWS_AS(ordinary_differences(std::vector<double>{1, 2}, {.level = 0.2}), std::invalid_argument);
}
