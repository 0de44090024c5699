#include "kilter/genetic/hypervolume.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "catch.hpp"
#include "kilter/core/rng.hpp"
#include "refused.hpp"

using kilter::Rng;
using namespace kilter::genetic;
using kilter::test::WithinAbs;
using kilter::test::WithinRel;

namespace {

/// By inclusion and exclusion over all subsets, O(2^n m n).
double by_subsets(const std::vector<double>& rows, const std::vector<double>& reference) {
  const std::size_t m = reference.size(), n = rows.size() / m;
  double sum = 0;
  for (unsigned subset = 1; subset < (1U << n); ++subset) {
    double box = 1;
    for (std::size_t j = 0; j < m; ++j) {
      double worst = -1e300;
      for (std::size_t i = 0; i < n; ++i) {
        if ((subset >> i & 1U) != 0) worst = std::max(worst, rows[i * m + j]);
      }
      box *= std::max(0.0, reference[j] - worst);
    }
    sum += std::popcount(subset) % 2 == 1 ? box : -box;
  }
  return sum;
}

}  // namespace

TEST_CASE("hypervolumes by hand") {
  CHECK(hypervolume(std::vector<double>{2, 1, 5}, std::vector<double>{4}) == 3);
  CHECK(hypervolume(std::vector<double>{1, 3, 2, 2, 3, 1}, std::vector<double>{4, 4}) == 6);
  CHECK(hypervolume(std::vector<double>{0, 0, 0}, std::vector<double>{2, 3, 4}) == 24);
  CHECK(hypervolume(std::vector<double>{0, 1, 1, 1, 0, 1, 1, 1, 0}, std::vector<double>{2, 2, 2}) == 4);
  CHECK(hypervolume(std::vector<double>{0, 0, 0, 0, 0}, std::vector<double>{1, 2, 3, 4, 5}) == 120);
  CHECK(hypervolume({}, std::vector<double>{1, 2}) == 0);
}

TEST_CASE("hypervolume is that by inclusion and exclusion, from one to six objectives") {
  Rng rng{61};
  for (std::size_t m = 1; m <= 6; ++m) {
    for (int round = 0; round < 60; ++round) {
      const std::size_t n = rng.index(11);
      std::vector<double> rows(n * m);
      for (double& x : rows) x = round % 2 == 0 ? rng.uniform(-0.2, 1.3) : static_cast<double>(rng.index(5)) / 4;
      const std::vector<double> reference(m, 1.1);
      const double expected = by_subsets(rows, reference);
      CHECK_THAT(hypervolume(rows, reference), WithinAbs(expected, 1e-11));
      const auto adds = hypervolume_contributions(rows, reference);
      for (std::size_t i = 0; i < n; ++i) {
        std::vector<double> without = rows;
        without.erase(without.begin() + static_cast<std::ptrdiff_t>(i * m),
                      without.begin() + static_cast<std::ptrdiff_t>((i + 1) * m));
        CHECK_THAT(adds[i], WithinAbs(expected - by_subsets(without, reference), 1e-11));
      }
    }
  }
}

TEST_CASE("many points: the order and doubles do not matter, and a linear front has its area") {
  Rng rng{62};
  std::vector<double> line;
  constexpr std::size_t n = 1000;
  for (std::size_t i = 0; i <= n; ++i) {
    line.push_back(static_cast<double>(i) / n);
    line.push_back(1 - static_cast<double>(i) / n);
  }
  // Steps under a line of slope −1 to (1, 1): half the square less half a step's width.
  CHECK_THAT(hypervolume(line, std::vector<double>{1, 1}), WithinRel(0.5 - 0.5 / n, 1e-12));
  for (std::size_t m = 2; m <= 5; ++m) {
    std::vector<double> rows(60 * m);
    for (double& x : rows) x = rng.uniform();
    const std::vector<double> reference(m, 1);
    const double volume = hypervolume(rows, reference);
    std::vector<double> turned;
    for (std::size_t i = 60; i-- > 0;) {
      for (int twice = 0; twice < 2; ++twice)
        turned.insert(turned.end(), rows.begin() + static_cast<std::ptrdiff_t>(i * m),
                      rows.begin() + static_cast<std::ptrdiff_t>((i + 1) * m));
    }
    CHECK_THAT(hypervolume(turned, reference), WithinRel(volume, 1e-12));
  }
}

TEST_CASE("points that are not below the reference add nothing") {
  const std::vector<double> reference{1, 1};
  constexpr double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(hypervolume(std::vector<double>{1, 0, 0, 1, inf, 0, nan, 0, 0.5, 0.5}, reference) == 0.25);
  CHECK(hypervolume_contributions(std::vector<double>{1, 0, 0.5, 0.5, 0.5, 0.5, 0.6, 0.7}, reference) == std::vector<double>(4, 0));
  CHECK_REFUSED(hypervolume(std::vector<double>(3), reference), "rows = 3");
  CHECK_REFUSED(hypervolume(std::vector<double>(3), {}), "reference = 0");
}
