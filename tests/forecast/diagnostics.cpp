#include "kilter/forecast/diagnostics.hpp"

#include "catch.hpp"
#include "data.hpp"

using namespace kilter;
using namespace kilter::forecast;
using kilter::test::WithinAbs;
using kilter::test::WithinRel;

TEST_CASE("autocorrelations of four values by hand") {
  // Deviations −1.5, −0.5, 0.5, 1.5 with squares of sum 5.
  const std::vector<double> x{1, 2, 3, 4};
  const std::vector<double> r = autocorrelations(x, 5);
  CHECK(r[0] == 1);
  CHECK_THAT(r[1], WithinRel((0.75 - 0.25 + 0.75) / 5, 1e-14));
  CHECK_THAT(r[2], WithinRel((-0.75 - 0.75) / 5, 1e-14));
  CHECK_THAT(r[3], WithinRel(-2.25 / 5, 1e-14));
  CHECK(std::isnan(r[4]));
  const std::vector<double> p = partial_autocorrelations(x, 3);
  CHECK_THAT(p[1], WithinRel(r[1], 1e-14));
  CHECK_THAT(p[2], WithinRel((r[2] - r[1] * r[1]) / (1 - r[1] * r[1]), 1e-14));
  CHECK_THAT(ljung_box(x, 2).statistic, WithinRel(4 * 6 * (r[1] * r[1] / 3 + r[2] * r[2] / 2), 1e-13));
}

TEST_CASE("partial autocorrelations solve the equations of Yule and Walker") {
  Rng rng{31};
  const std::vector<double> x = test::simulate_arma({0.6, -0.3}, {0.4}, 150, rng);
  const std::size_t lags = 12;
  const std::vector<double> r = autocorrelations(x, lags), p = partial_autocorrelations(x, lags);
  std::vector<double> phi;
  for (std::size_t k = 1; k <= lags; ++k) {
    std::vector<double> next = phi;
    for (std::size_t j = 0; j < phi.size(); ++j) next[j] -= p[k] * phi[phi.size() - 1 - j];
    next.push_back(p[k]);
    phi = next;
    for (std::size_t i = 1; i <= k; ++i) {
      double sum = 0;
      for (std::size_t j = 1; j <= k; ++j) sum += phi[j - 1] * r[i > j ? i - j : j - i];
      CHECK_THAT(sum, WithinAbs(r[i], 1e-12));
    }
  }
}

TEST_CASE("diagnostics agree with R's acf, pacf, Box.test and jarque.bera.test") {
  const auto lynx = test::read_csv("forecasting/classics/lynx.csv"), huron = test::read_csv("forecasting/classics/LakeHuron.csv");
  const auto passengers = test::read_csv("forecasting/classics/AirPassengers.csv");
  const auto presidents = test::read_csv("forecasting/classics/presidents.csv");
  if (!lynx || !huron || !passengers || !presidents) {
    WARN("shared data absent");
    return;
  }
  const std::vector<double> r = autocorrelations(test::column(*lynx, 1), 12);
  CHECK_THAT(r[1], WithinRel(0.710818676081, 1e-11));
  CHECK_THAT(r[5], WithinRel(-0.502217581904, 1e-11));
  CHECK_THAT(r[10], WithinRel(0.513907277471, 1e-11));
  const std::vector<double> p = partial_autocorrelations(test::column(*lynx, 1), 12);
  CHECK_THAT(p[2], WithinRel(-0.5878918389326, 1e-11));
  CHECK_THAT(p[7], WithinRel(0.1188434136126, 1e-11));
  CHECK_THAT(p[12], WithinRel(-0.0397844977761, 1e-11));
  // acf(presidents, na.action = na.pass): pairs of which one is missing are left out.
  const std::vector<double> gaps = autocorrelations(test::column(*presidents, 1), 6);
  CHECK_THAT(gaps[1], WithinRel(0.7683746192538, 1e-11));
  CHECK_THAT(gaps[3], WithinRel(0.4836640200444, 1e-11));
  CHECK_THAT(gaps[6], WithinRel(0.1890057258658, 1e-11));
  const std::vector<double> x = test::column(*passengers, 1);
  std::vector<double> growth;
  for (std::size_t i = 1; i < x.size(); ++i) growth.push_back(std::log(x[i] / x[i - 1]));
  const ResidualTest test = ljung_box(growth, 5, 2);
  CHECK_THAT(test.statistic, WithinRel(27.8479384943, 1e-11));
  CHECK(test.freedom == 3);
  CHECK_THAT(test.p_value, WithinRel(3.90898697655e-06, 1e-9));
  CHECK_THAT(ljung_box(growth, 24, 2).statistic, WithinRel(321.528179555, 1e-11));
  CHECK_THAT(jarque_bera(test::column(*huron, 1)).statistic, WithinRel(1.343345328, 1e-9));
  CHECK_THAT(jarque_bera(test::column(*huron, 1)).p_value, WithinRel(0.510853377, 1e-8));
}

TEST_CASE("the tests keep their level on white noise, with and without gaps, and see what is there") {
  Rng rng{32};
  const int runs = 2000;
  int dependent = 0, dependent_with_gaps = 0, abnormal = 0, seen = 0;
  double mean = 0;
  for (int run = 0; run < runs; ++run) {
    std::vector<double> x(300);
    for (double& v : x) v = rng.normal();
    dependent += ljung_box(x, 10).p_value < 0.05 ? 1 : 0;
    abnormal += jarque_bera(x).p_value < 0.05 ? 1 : 0;
    for (double& v : x) v = rng.uniform() < 0.3 ? missing : v;
    const ResidualTest gaps = ljung_box(x, 10);
    dependent_with_gaps += gaps.p_value < 0.05 ? 1 : 0;
    mean += gaps.statistic / runs;
    seen += ljung_box(test::simulate_arma({0.4}, {}, 300, rng), 10).p_value < 0.01 ? 1 : 0;
  }
  CHECK(std::abs(dependent - 100) < 50);
  CHECK(std::abs(dependent_with_gaps - 100) < 50);
  CHECK_THAT(mean, WithinAbs(10, 0.5));
  CHECK(abnormal < 140);
  CHECK(abnormal > 40);
  CHECK(seen > 1980);
}

TEST_CASE("tests do not depend on the unit, and constant or short residuals have a status") {
  Rng rng{33};
  std::vector<double> x(50), y;
  for (double& v : x) v = rng.normal();
  for (const double v : x) y.push_back(1e130 * (3 - v));
  CHECK_THAT(ljung_box(x, 7).statistic, WithinRel(ljung_box(y, 7).statistic, 1e-10));
  CHECK_THAT(jarque_bera(x).statistic, WithinRel(jarque_bera(y).statistic, 1e-9));
  const std::vector<double> flat(30, 4.2), nothing(30, missing);
  for (const auto& z : {flat, nothing, std::vector<double>{}, std::vector<double>{1}}) {
    CHECK(ljung_box(z, 3).status == Status::infeasible);
    CHECK(jarque_bera(z).status == Status::infeasible);
    CHECK(std::isnan(autocorrelations(z, 2)[1]));
    CHECK(std::isnan(partial_autocorrelations(z, 2)[1]));
  }
  CHECK(ljung_box(x, 50).status == Status::infeasible);
  CHECK_THROWS_AS(ljung_box(x, 2, 2), std::invalid_argument);
  CHECK_THROWS_AS(jarque_bera(std::vector<double>{1, std::numeric_limits<double>::infinity()}), std::invalid_argument);
}
