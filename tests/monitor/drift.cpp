#include "kilter/monitor/drift.hpp"

#include <array>
#include <limits>
#include <vector>

#include "catch.hpp"
#include "kilter/core/rng.hpp"

using namespace kilter;
using namespace kilter::monitor;
using kilter::test::WithinAbs;
using kilter::test::WithinRel;

static_assert(DriftDetector<PageHinkley> && DriftDetector<Cusum> && DriftDetector<CoverageMonitor>);

namespace {

/// Observations until the alarm, at most `limit`; the mean is `shift` from observation `from` on.
template <class D>
std::size_t run_length(D& detector, Rng& rng, std::size_t limit, double shift = 0, std::size_t from = 0) {
  for (std::size_t i = 0; i < limit; ++i) {
    if (detector.add(rng.normal(i >= from ? shift : 0, 1))) return i + 1;
  }
  return limit;
}

double mean_run_length(CusumOptions options, double shift, int runs, std::uint64_t seed) {
  double sum = 0;
  for (int r = 0; r < runs; ++r) {
    Rng rng = Rng{seed}.split(static_cast<std::uint64_t>(r));
    Cusum cusum{options};
    sum += static_cast<double>(run_length(cusum, rng, 1000000, shift));
  }
  return sum / runs;
}

}  // namespace

TEST_CASE("the run length of a CUSUM agrees with published tables") {
  // Montgomery, table 9.3 (k = 1/2): the average run length by shift for h = 4 and h = 5.
  const std::vector<std::array<double, 3>> table = {{0, 168, 465},     {0.25, 74.2, 139}, {0.5, 26.6, 38.0}, {0.75, 13.3, 17.0},
                                                    {1.0, 8.38, 10.4}, {1.5, 4.75, 5.75}, {2.0, 3.34, 4.01}};
  for (const auto& [shift, h4, h5] : table) {
    CHECK_THAT(cusum_run_length(0.5, 4, shift), WithinRel(h4, 0.04));
    CHECK_THAT(cusum_run_length(0.5, 5, shift), WithinRel(h5, 0.04));
  }
  for (const double arl : {50.0, 465.0, 1e4, 1e8})
    CHECK_THAT(cusum_run_length(0.25, cusum_threshold(0.25, arl)), WithinRel(arl, 1e-9));
}

TEST_CASE("a CUSUM raises false alarms as seldom as designed and finds shifts as fast") {
  const double h = cusum_threshold(0.5, 200);
  CHECK_THAT(mean_run_length({.threshold = h}, 0, 500, 1), WithinRel(200, 0.15));
  CHECK_THAT(mean_run_length({.threshold = 5}, 1, 500, 2), WithinRel(10.4, 0.1));
  CHECK_THAT(mean_run_length({.threshold = 5}, -1, 500, 3), WithinRel(10.4, 0.1));
  // Standardising: the same run length in other units.
  double sum = 0;
  for (int r = 0; r < 300; ++r) {
    Rng rng = Rng{4}.split(static_cast<std::uint64_t>(r));
    Cusum cusum{{.mean = 500, .deviation = 20}};
    std::size_t n = 1;
    while (!cusum.add(rng.normal(520, 20))) ++n;
    sum += static_cast<double>(n);
  }
  CHECK_THAT(sum / 300, WithinRel(10.4, 0.1));
}

TEST_CASE("a CUSUM learns from a warm-up and points at the change") {
  Rng rng{5};
  int found = 0;
  for (std::uint64_t r = 0; r < 50; ++r) {
    Rng stream = rng.split(r);
    Cusum cusum{{.threshold = 8, .warm_up = 200}};
    bool early = false;
    for (int i = 0; i < 400; ++i) early |= cusum.add(stream.normal(70, 3));
    if (early) continue;
    std::size_t delay = 1;
    while (!cusum.add(stream.normal(76, 3)) && delay < 1000) ++delay;
    CHECK(delay <= 30);
    const auto point = static_cast<double>(cusum.state().change_point);
    found += std::abs(point - 400) <= 5 ? 1 : 0;
    CHECK(cusum.add(70));  // on until reset
    cusum.reset();
    CHECK_FALSE(cusum.state().drifted);
    CHECK(cusum.state().count == 0);
  }
  CHECK(found >= 40);
  Cusum constant{{.warm_up = 5}};
  for (int i = 0; i < 20; ++i) CHECK_FALSE(constant.add(3));
  CHECK(constant.add(3.1));
}

TEST_CASE("the Page-Hinkley test is the walk its definition says") {
  Rng rng{6};
  PageHinkley test{{.delta = 0.1, .threshold = 1e9}};
  double sum = 0, up = 0, down = 0, lowest_up = 0, lowest_down = 0;
  for (int n = 1; n <= 500; ++n) {
    const double x = rng.normal(3, 2);
    sum += x;
    up += x - sum / n - 0.1;
    down += sum / n - x - 0.1;
    lowest_up = std::min(lowest_up, up);
    lowest_down = std::min(lowest_down, down);
    test.add(x);
    REQUIRE_THAT(test.state().statistic, WithinAbs(std::max(up - lowest_up, down - lowest_down), 1e-9));
  }
  CHECK_THAT(test.mean(), WithinRel(sum / 500, 1e-12));
}

TEST_CASE("the Page-Hinkley test finds a shift in time and seldom sees one where there is none") {
  // With a mean that is known well it is a CUSUM of slack δ/σ and threshold λ/σ, so Siegmund's run length tells the false alarms.
  int alarms = 0;
  const int runs = 200;
  const std::size_t length = 2000;
  for (std::uint64_t r = 0; r < runs; ++r) {
    Rng rng = Rng{7}.split(r);
    PageHinkley test{{.delta = 0.5, .threshold = 7}};
    alarms += run_length(test, rng, length) < length ? 1 : 0;
  }
  const double designed = 1 - std::exp(-static_cast<double>(length) / cusum_run_length(0.5, 7));
  CHECK_THAT(alarms / static_cast<double>(runs), WithinAbs(designed, 0.1));

  for (const double shift : {2.0, -2.0}) {
    int near = 0;
    for (std::uint64_t r = 0; r < 50; ++r) {
      Rng rng = Rng{8}.split(r);
      PageHinkley test{{.delta = 0.5, .threshold = 20}};
      const std::size_t at = run_length(test, rng, 2000, shift, 1000);
      REQUIRE(test.state().drifted);
      CHECK(at > 1000);
      CHECK(at <= 1000 + 2 * 14);  // λ / (s − δ) = 13.3
      near += std::abs(static_cast<double>(test.state().change_point) - 1000) <= 10 ? 1 : 0;
    }
    CHECK(near >= 42);
  }
  Rng rng{9};
  PageHinkley rising{{.threshold = 10, .direction = Direction::increase}},
      falling{{.threshold = 10, .direction = Direction::decrease}};
  for (int i = 0; i < 400; ++i) {
    const double x = rng.normal(i < 200 ? 0 : 3, 1);
    rising.add(x);
    CHECK_FALSE(falling.add(x));
  }
  CHECK(rising.state().drifted);
}

TEST_CASE("the binomial distribution agrees with sums of exact terms") {
  CHECK_THAT(binomial_cdf(2, 4, 0.5), WithinRel(11.0 / 16, 1e-14));
  CHECK_THAT(binomial_cdf(0, 10, 0.1), WithinRel(std::pow(0.9, 10), 1e-13));
  CHECK(binomial_cdf(10, 10, 0.3) == 1);
  CHECK_THAT(binomial_test(8, 10, 0.5), WithinRel(2 * 56.0 / 1024, 1e-12));
  CHECK(binomial_test(5, 10, 0.5) == 1);
  // The lower tail by the recurrence of the mass function in long double, from the exact first term.
  long double mass = std::pow(0.1L, 168), sum = mass;
  for (int k = 0; k < 140; ++k) sum += mass *= 9.0L * static_cast<long double>(168 - k) / static_cast<long double>(k + 1);
  CHECK_THAT(binomial_test(140, 168, 0.9), WithinRel(static_cast<double>(2 * sum), 1e-9));
  for (std::size_t k = 0; k < 50; ++k) CHECK_THAT(binomial_cdf(k, 50, 0.3) + binomial_cdf(49 - k, 50, 0.7), WithinAbs(1, 1e-12));
}

TEST_CASE("coverage of calibrated quantiles alarms as often as the test's exact size says") {
  const CoverageOptions options{.level = 0.9, .window = 100, .significance = 0.05};
  double size = 0;
  for (std::size_t k = 0; k <= 100; ++k) {
    const double mass = binomial_cdf(k, 100, 0.9) - (k == 0 ? 0 : binomial_cdf(k - 1, 100, 0.9));
    if (binomial_test(k, 100, 0.9) < 0.05) size += mass;
  }
  CHECK(size <= 0.05);
  CoverageMonitor monitor{options};
  Rng rng{10};
  double alarms = 0;
  const int n = 200000;
  for (int i = 0; i < n; ++i) alarms += monitor.add(rng.uniform(), 0.9) ? 1 : 0;
  CHECK_THAT(alarms / n, WithinAbs(size, 0.01));
}

TEST_CASE("coverage finds quantiles that are too low or too high, and forgives when they are right again") {
  for (const double true_level : {0.7, 0.995}) {
    CoverageMonitor monitor{{.level = 0.9, .window = 168}};
    Rng rng{11};
    for (int i = 0; i < 168; ++i) monitor.add(rng.uniform(), 0.9);
    bool alarm = false;
    for (int i = 0; i < 168; ++i) alarm = monitor.add(rng.uniform(), true_level);
    CHECK(alarm);
    CHECK(monitor.p_value() < 0.01);
    for (int i = 0; i < 168; ++i) alarm = monitor.add(rng.uniform(), 0.9);
    CHECK_FALSE(alarm);
  }
  CoverageMonitor interval{{.level = 0.5, .window = 10}};
  for (int i = 0; i < 10; ++i) interval.add(i, 0, 4);
  CHECK(interval.coverage() == 0.5);
  CHECK(interval.size() == 10);
  // The limits are exactly where the test turns.
  CoverageMonitor monitor{{.level = 0.8, .window = 60, .significance = 0.05}};
  CHECK(binomial_test(monitor.fewest(), 60, 0.8) >= 0.05);
  CHECK(binomial_test(monitor.fewest() - 1, 60, 0.8) < 0.05);
  CHECK(binomial_test(monitor.most(), 60, 0.8) >= 0.05);
  CHECK(binomial_test(monitor.most() + 1, 60, 0.8) < 0.05);
}

TEST_CASE("missing observations are skipped and bad options refused") {
  PageHinkley page;
  Cusum cusum;
  CoverageMonitor coverage;
  const double nan = std::nan("");
  CHECK_FALSE(page.add(nan));
  CHECK_FALSE(cusum.add(std::numeric_limits<double>::infinity()));
  CHECK_FALSE(coverage.add(1, nan));
  CHECK_FALSE(coverage.add(nan, 1, 2));
  CHECK(page.state().count + cusum.state().count + coverage.state().count == 0);
  CHECK_THROWS_AS(PageHinkley({.threshold = 0}), std::invalid_argument);
  CHECK_THROWS_AS(PageHinkley({.delta = -1}), std::invalid_argument);
  CHECK_THROWS_AS(Cusum({.deviation = 0}), std::invalid_argument);
  CHECK_THROWS_AS(Cusum({.threshold = nan}), std::invalid_argument);
  CHECK_THROWS_AS(Cusum({.warm_up = 1}), std::invalid_argument);
  CHECK_THROWS_AS(CoverageMonitor({.level = 1}), std::invalid_argument);
  CHECK_THROWS_AS(CoverageMonitor({.window = 0}), std::invalid_argument);
  CHECK_THROWS_AS(cusum_threshold(0, 100), std::invalid_argument);
  CHECK_THROWS_AS(binomial_test(3, 2, 0.5), std::invalid_argument);
}
