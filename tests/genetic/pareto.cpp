#include "kilter/genetic/pareto.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "catch.hpp"
#include "kilter/core/rng.hpp"
#include "kilter/genetic/nsga2.hpp"
#include "refused.hpp"

using kilter::Rng;
using namespace kilter::genetic;
using kilter::test::WithinAbs;

namespace {

std::span<const double> row(const std::vector<double>& rows, std::size_t m, std::size_t i) {
  return std::span<const double>{rows}.subspan(i * m, m);
}

/// Deb's constrained dominance, as defined.
bool beats(const std::vector<double>& rows, const std::vector<double>& violations, std::size_t m, std::size_t a, std::size_t b) {
  if (violations.empty() || (violations[a] == 0 && violations[b] == 0)) return dominates(row(rows, m, a), row(rows, m, b));
  return violations[a] < violations[b];
}

/// Fronts by peeling, O(m n³).
std::vector<std::uint32_t> peel(const std::vector<double>& rows, const std::vector<double>& violations, std::size_t m) {
  const std::size_t n = rows.size() / m;
  std::vector<std::uint32_t> rank(n, ~0U);
  std::size_t done = 0;
  for (std::uint32_t k = 0; done < n; ++k) {
    std::vector<std::size_t> front;
    for (std::size_t i = 0; i < n; ++i) {
      bool free = rank[i] == ~0U;
      for (std::size_t j = 0; free && j < n; ++j) free = rank[j] != ~0U || !beats(rows, violations, m, j, i);
      if (free) front.push_back(i);
    }
    for (const std::size_t i : front) rank[i] = k;
    done += front.size();
  }
  return rank;
}

}  // namespace

TEST_CASE("dominance") {
  const std::vector<double> a{1, 2, 3}, b{1, 2, 4}, c{0, 3, 3};
  CHECK(dominates(a, b));
  CHECK_FALSE(dominates(b, a));
  CHECK_FALSE(dominates(a, a));
  CHECK_FALSE(dominates(a, c));
  CHECK_FALSE(dominates(c, a));
}

TEST_CASE("the non-dominated sort is that by peeling, for any number of objectives, ties and doubles included") {
  Rng rng{51};
  NonDominatedSort sort;
  for (std::size_t m = 1; m <= 6; ++m) {
    for (int round = 0; round < 150; ++round) {
      const std::size_t n = rng.index(45);
      std::vector<double> rows(n * m), violations(round % 3 == 0 ? n : 0);
      for (double& x : rows) x = round % 2 == 0 ? rng.uniform() : static_cast<double>(rng.index(4));
      for (double& v : violations) v = rng.bernoulli(0.4) ? static_cast<double>(rng.index(4)) : 0;
      sort(rows, m, violations);
      const auto expected = peel(rows, violations, m);
      REQUIRE(std::equal(expected.begin(), expected.end(), sort.rank().begin(), sort.rank().end()));
      std::size_t total = 0;
      for (std::size_t k = 0; k < sort.fronts(); ++k) {
        total += sort.front(k).size();
        for (const auto r : sort.front(k)) CHECK(sort.rank()[r] == k);
      }
      CHECK(total == n);
    }
  }
}

TEST_CASE("fronts come in lexicographic order") {
  const std::vector<double> rows{3, 0, 1, 2, 0, 3, 2, 1, 3, 3};
  CHECK(non_dominated(rows, 2) == std::vector<std::uint32_t>{2, 1, 3, 0});
  CHECK(non_dominated({}, 2).empty());
}

TEST_CASE("infinite objectives sort like any others") {
  constexpr double inf = std::numeric_limits<double>::infinity();
  const std::vector<double> rows{inf, inf, 0, inf, inf, 0, 0, 0};
  NonDominatedSort sort;
  sort(rows, 2);
  CHECK(std::vector<std::uint32_t>(sort.rank().begin(), sort.rank().end()) == std::vector<std::uint32_t>{2, 1, 1, 0});
}

TEST_CASE("the sort refuses sizes that do not fit") {
  NonDominatedSort sort;
  const std::vector<double> rows(6), violations(2);
  CHECK_REFUSED(sort(rows, 0), "objectives = 0");
  CHECK_REFUSED(sort(rows, 4), "rows = 6");
  CHECK_REFUSED(sort(rows, 2, violations), "violations = 2");
}

TEST_CASE("crowding distance by hand") {
  // Four on a line of slope −1 and 1/4, 1/2 between: gaps of the neighbours as shares of the ranges 4 and 4.
  const std::vector<double> rows{0, 4, 1, 3, 2, 2, 4, 0};
  const std::vector<std::uint32_t> front{0, 1, 2, 3};
  std::vector<double> distance(4);
  CrowdingDistance crowding;
  crowding(rows, 2, front, distance);
  CHECK(distance[0] == std::numeric_limits<double>::infinity());
  CHECK_THAT(distance[1], WithinAbs(1.0, 1e-15));
  CHECK_THAT(distance[2], WithinAbs(1.5, 1e-15));
  CHECK(distance[3] == std::numeric_limits<double>::infinity());
  const std::vector<double> flat{0, 1, 1, 1, 3, 1};  // the second objective says nothing
  crowding(flat, 2, std::span{front}.first(3), distance);
  CHECK_THAT(distance[1], WithinAbs(1.0, 1e-15));
}

TEST_CASE("pruning takes the most crowded one by one, as a search anew after each removal does") {
  Rng rng{52};
  for (int round = 0; round < 100; ++round) {
    const std::size_t m = 2 + rng.index(2), n = 3 + rng.index(25), keep = 2 * m + rng.index(n);
    if (keep >= n) continue;
    std::vector<double> rows;  // a front: points of a simplex
    for (std::size_t i = 0; i < n; ++i) {
      double left = 1;
      for (std::size_t j = 0; j + 1 < m; ++j) {
        rows.push_back(left * rng.uniform());
        left -= rows.back();
      }
      rows.push_back(left);
    }
    std::vector<std::uint32_t> naive(n);
    for (std::uint32_t i = 0; i < n; ++i) naive[i] = i;
    std::vector<double> ranges(m), distance(n);
    for (std::size_t j = 0; j < m; ++j) {
      double low = 1, high = 0;
      for (std::size_t i = 0; i < n; ++i) {
        low = std::min(low, rows[i * m + j]);
        high = std::max(high, rows[i * m + j]);
      }
      ranges[j] = high - low;
    }
    while (naive.size() > keep) {
      std::size_t worst = 0;
      double least = std::numeric_limits<double>::infinity();
      for (std::size_t k = 0; k < naive.size(); ++k) {
        double sum = 0;
        for (std::size_t j = 0; j < m; ++j) {
          double below = -1, above = 9;
          for (const auto other : naive) {
            const double x = rows[naive[k] * m + j], y = rows[other * m + j];
            if (other == naive[k]) continue;
            if (y <= x) below = std::max(below, y);
            if (y >= x) above = std::min(above, y);
          }
          sum += below < 0 || above > 8 ? std::numeric_limits<double>::infinity() : (above - below) / ranges[j];
        }
        if (sum < least) {
          least = sum;
          worst = k;
        }
      }
      naive.erase(naive.begin() + static_cast<std::ptrdiff_t>(worst));
    }
    CrowdingSurvival survival;
    survival(rows, m, {}, keep, rng);
    std::vector<std::uint32_t> kept(survival.kept().begin(), survival.kept().end());
    std::sort(kept.begin(), kept.end());
    CHECK(kept == naive);
  }
}
