#include "kilter/forecast/stl.hpp"

#include "catch.hpp"
#include "data.hpp"

using namespace kilter;
using namespace kilter::forecast;
using kilter::test::WithinAbs;
using kilter::test::WithinRel;

namespace {

std::vector<double> waves(std::size_t n, std::size_t period, Rng& rng) {
  std::vector<double> out(n);
  for (std::size_t i = 0; i < n; ++i) {
    const double phase = 6.283185307179586 * static_cast<double>(i) / static_cast<double>(period);
    out[i] = 20 + 0.1 * static_cast<double>(i) + 5 * std::sin(phase) + 2 * std::cos(2 * phase) + rng.normal();
  }
  return out;
}

/// One row of a decomposition by R's stl().
struct Row {
  std::size_t at;
  double seasonal, trend, remainder;
};

void check_rows(const Decomposition& parts, const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    INFO("observation " << row.at);
    CHECK_THAT(parts.seasonal[row.at - 1], WithinAbs(row.seasonal, 1e-10));
    CHECK_THAT(parts.trend[row.at - 1], WithinAbs(row.trend, 1e-10));
    CHECK_THAT(parts.remainder[row.at - 1], WithinAbs(row.remainder, 1e-10));
  }
}

}  // namespace

TEST_CASE("a line and a fixed season are taken apart without remainder") {
  std::vector<double> x;
  const std::vector<double> season{3, -1, -4, 2};
  for (std::size_t i = 0; i < 41; ++i) x.push_back(7 - 0.25 * static_cast<double>(i) + season[i % 4]);
  for (const StlOptions& options : {StlOptions{.inner_iterations = 200}, StlOptions{.seasonal_window = 0, .inner_iterations = 200},
                                    StlOptions{.seasonal_degree = 1, .inner_iterations = 200},
                                    StlOptions{.inner_iterations = 200, .seasonal_jump = 3, .trend_jump = 4}}) {
    const Decomposition parts = stl(x, 4, options);
    REQUIRE(parts.status == Status::optimal);
    for (std::size_t i = 0; i < x.size(); ++i) {
      CHECK_THAT(parts.seasonal[i], WithinAbs(season[i % 4], 1e-9));
      CHECK_THAT(parts.remainder[i], WithinAbs(0, 1e-9));
    }
  }
}

TEST_CASE("the parts add up, move with level and unit, and a periodic season repeats") {
  Rng rng{7};
  for (const std::size_t period : {2U, 5U, 12U, 24U}) {
    const std::vector<double> x = waves(7 * period + 3, period, rng);
    std::vector<double> y = x;
    for (double& v : y) v = 1000 - 3 * v;
    for (const StlOptions& options : {StlOptions{}, StlOptions{.seasonal_window = 0, .robust_iterations = 2}}) {
      const Decomposition a = stl(x, period, options), b = stl(y, period, options);
      for (std::size_t i = 0; i < x.size(); ++i) {
        CHECK_THAT(a.seasonal[i] + a.trend[i] + a.remainder[i], WithinAbs(x[i], 1e-11));
        CHECK_THAT(b.seasonal[i], WithinAbs(-3 * a.seasonal[i], 1e-8));
        CHECK_THAT(b.trend[i], WithinAbs(1000 - 3 * a.trend[i], 1e-8));
        if (options.seasonal_window == 0 && i >= period) CHECK(a.seasonal[i] == a.seasonal[i - period]);
      }
    }
  }
}

TEST_CASE("fits at every k-th point stay near the exact ones") {
  Rng rng{8};
  const std::vector<double> x = waves(300, 24, rng);
  const Decomposition exact = stl(x, 24), quick = stl(x, 24, {.seasonal_jump = 2, .trend_jump = 5, .low_pass_jump = 3});
  double largest = 0;
  for (std::size_t i = 0; i < x.size(); ++i) largest = std::max(largest, std::abs(exact.trend[i] - quick.trend[i]));
  CHECK(largest > 0);
  CHECK(largest < 0.1);
}

TEST_CASE("robust weights see an outlier and keep it out of the trend") {
  Rng rng{9};
  std::vector<double> x = waves(121, 12, rng);
  const Decomposition clean = stl(x, 12, {.robust_iterations = 5});
  x[60] += 100;
  const Decomposition plain = stl(x, 12), robust = stl(x, 12, {.robust_iterations = 5});
  CHECK(robust.weights[60] == 0);
  CHECK(plain.weights[60] == 1);
  CHECK(std::abs(plain.trend[60] - clean.trend[60]) > 3);
  CHECK(std::abs(robust.trend[60] - clean.trend[60]) < 0.5);
}

TEST_CASE("missing values are bridged, and missing in the remainder only") {
  Rng rng{10};
  std::vector<double> x = waves(60, 12, rng), bridged = x;
  x[0] = x[20] = x[21] = x[59] = missing;
  bridged[0] = x[1];
  bridged[59] = x[58];
  bridged[20] = x[19] + (x[22] - x[19]) / 3;
  bridged[21] = x[19] + (x[22] - x[19]) * 2 / 3;
  const Decomposition a = stl(x, 12), b = stl(bridged, 12);
  for (std::size_t i = 0; i < x.size(); ++i) {
    CHECK_THAT(a.trend[i], WithinAbs(b.trend[i], 1e-12));
    CHECK(std::isnan(a.remainder[i]) == std::isnan(x[i]));
  }
}

TEST_CASE("short and empty series have a status and impossible options are refused") {
  const std::vector<double> x(24, 1.0);
  CHECK(stl(x, 12).status == Status::infeasible);
  CHECK(stl({}, 12).status == Status::infeasible);
  CHECK(std::isnan(stl(x, 12).trend[3]));
  CHECK(stl(std::vector<double>(50, missing), 12).status == Status::infeasible);
  CHECK(stl(x, std::numeric_limits<std::size_t>::max()).status == Status::infeasible);
  CHECK_THAT(stl(x, 11).seasonal[5], WithinAbs(0, 1e-14));
  CHECK_THROWS_AS(stl(x, 1), std::invalid_argument);
  CHECK_THROWS_AS(stl(x, 4, {.seasonal_window = 8}), std::invalid_argument);
  CHECK_THROWS_AS(stl(x, 4, {.trend_window = 1}), std::invalid_argument);
  CHECK_THROWS_AS(stl(x, 4, {.trend_degree = 2}), std::invalid_argument);
  CHECK_THROWS_AS(stl(x, 4, {.inner_iterations = 0}), std::invalid_argument);
  CHECK_THROWS_AS(stl(x, 4, {.seasonal_jump = 0}), std::invalid_argument);
  CHECK_THROWS_AS(stl(std::vector<double>{1, 2, std::numeric_limits<double>::infinity(), 2, 4}, 2), std::invalid_argument);
}

TEST_CASE("decompositions of the classics agree with R's stl") {
  const auto nottem = test::read_csv("forecasting/classics/nottem.csv"), co2 = test::read_csv("forecasting/classics/co2.csv");
  const auto passengers = test::read_csv("forecasting/classics/AirPassengers.csv");
  if (!nottem || !co2 || !passengers) {
    WARN("shared data absent");
    return;
  }
  // R 4.2.2, stl(..., s.jump = 1, t.jump = 1, l.jump = 1) unless jumps are given.
  check_rows(stl(test::column(*nottem, 1), 12), {{1, -8.281596945814, 49.042944077500, -0.161347131686},
                                                 {100, -2.122641433050, 48.775534872378, 0.647106560672},
                                                 {240, -10.33384893278937, 48.97652708223962, -0.84267814945025}});
  std::vector<double> logs = test::column(*passengers, 1);
  for (double& v : logs) v = std::log(v);
  check_rows(stl(logs, 12, {.seasonal_window = 0}), {{1, -0.0916638156367, 4.8295520410681, -0.0193893541364},
                                                     {70, -0.0695247137626, 5.5156984507179, -0.0124517334011},
                                                     {144, -0.100540394633, 6.204588623258, -0.035622640381}});
  check_rows(stl(logs, 12, {.seasonal_degree = 1, .seasonal_jump = 2, .trend_jump = 3, .low_pass_jump = 2}),
             {{2, -0.0215561352296, 4.8097339370475, -0.0174931773523},
              {71, -0.218073097944298, 5.531089758349498, 0.000189318636587},
              {144, -0.12461852533522, 6.19198257845798, 0.00106153512135}});
  // robust = TRUE on the first 467 values: where n is even, R takes the median of the remainder from the wrong order statistics.
  std::vector<double> odd = test::column(*co2, 1);
  odd.resize(467);
  const Decomposition robust = stl(odd, 12, {.inner_iterations = 1, .robust_iterations = 15});
  check_rows(robust, {{1, -0.0900574668458, 315.1881980634117, 0.3218594034342},
                      {200, -1.2276037492230, 331.1537853003379, -0.0261815511149},
                      {467, -2.11952554862, 364.29563917846, 0.31388637016}});
  CHECK_THAT(robust.weights[0], WithinRel(0.654194949876, 1e-9));
}
