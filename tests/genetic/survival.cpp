#include "kilter/genetic/survival.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <vector>

#include "catch.hpp"
#include "kilter/genetic/minimise.hpp"
#include "kilter/genetic/selection.hpp"
#include "toys.hpp"

using namespace kilter;
using namespace kilter::genetic;
using namespace kilter::test;

namespace {

using Gene = std::uint8_t;

/// One genome per cost, of a single gene each.
Population<Gene> members(const std::vector<double>& costs) {
  Population<Gene> out(costs.size(), 1);
  for (std::size_t i = 0; i < costs.size(); ++i) {
    out[i].cost = costs[i];
    out.row(i)[0] = static_cast<Gene>(costs[i]);
  }
  return out;
}

std::vector<double> costs(const Population<Gene>& population) {
  std::vector<double> out;
  for (const Evaluation& e : population.evaluations()) out.push_back(e.cost);
  return out;
}

struct Line {
  using Gene = std::uint8_t;
  std::size_t genome_size() const { return 1; }
  void random(std::span<Gene>, Rng&) const {}
  double cost(std::span<const Gene>) const { return 0; }
  void crossover(std::span<const Gene>, std::span<const Gene>, std::span<Gene>, Rng&) const {}
  void mutate(std::span<Gene>, Rng&) const {}
  double distance(std::span<const Gene> a, std::span<const Gene> b) const { return std::abs(a[0] - b[0]); }
};

}  // namespace

TEST_CASE("elites pass and the children replace the rest") {
  auto population = members({5, 1, 4, 2});
  auto children = members({0, 0, 9, 8});
  std::vector<std::size_t> order;
  rank(population, 2, order);
  replace_generation(population, children, std::span<const std::size_t>(order), 2);
  CHECK(costs(population) == std::vector<double>{1, 2, 9, 8});
}

TEST_CASE("steady state replaces the worst, and refuses clones and worse children") {
  auto population = members({5, 1, 4, 9});
  const auto children = members({10, 3, 1, 4, 2});
  SteadyState{}(population, children, std::vector<Lineage>(5));
  CHECK(costs(population) == std::vector<double>{2, 1, 4, 3});
  auto equal = members({5, 5});
  equal.row(1)[0] = 77;
  auto other = members({5});
  other.row(0)[0] = 99;
  SteadyState{}(equal, other, std::vector<Lineage>(1));
  CHECK(equal.row(1)[0] == 99);  // equally good, but another genome
  std::vector<Lineage> copied(1);
  copied[0].copied = true;
  SteadyState{}(population, members({0}), copied);
  CHECK(costs(population) == std::vector<double>{2, 1, 4, 3});
}

TEST_CASE("crowding replaces the nearer parent unless the child is worse") {
  auto population = members({10, 50, 90});
  std::vector<Lineage> lineage(3);
  lineage[0].mother = 0;
  lineage[0].father = 2;  // 60 is nearer to 90
  lineage[1].mother = 1;
  lineage[1].father = 0;  // 40 is nearer to 50
  lineage[2].mother = lineage[2].father = 0;
  crowd(Line{}, population, members({60, 40, 12}), lineage);
  CHECK(costs(population) == std::vector<double>{10, 40, 60});
}

TEST_CASE("linear ranking prefers the better ones as it should") {
  Rng rng{3};
  for (const double pressure : {1.2, 1.7, 2.0}) {
    constexpr std::size_t n = 10;
    std::vector<double> count(n, 0);
    constexpr int draws = 200000;
    for (int i = 0; i < draws; ++i) count[LinearRank{pressure}(n, rng)] += 1;
    for (std::size_t r = 0; r < n; ++r) {
      // The density s − 2 (s − 1) x over [r, r + 1) / n.
      const double x = (static_cast<double>(r) + 0.5) / n;
      CHECK_THAT(count[r] / draws * n, WithinAbs(pressure - 2 * (pressure - 1) * x, 0.03));
    }
  }
  CHECK(LinearRank{2}(1, rng) == 0);
}

TEST_CASE("a tournament of k picks rank r as often as it should") {
  Rng rng{4};
  constexpr std::size_t n = 5;
  std::vector<double> count(n, 0);
  constexpr int draws = 100000;
  const auto before = [](std::size_t i, std::size_t j) { return i < j; };
  for (int i = 0; i < draws; ++i) count[Tournament{3}(n, before, rng)] += 1;
  for (std::size_t r = 0; r < n; ++r) {
    const double at_least = std::pow(1 - static_cast<double>(r) / n, 3), above = std::pow(1 - static_cast<double>(r + 1) / n, 3);
    CHECK_THAT(count[r] / draws, WithinAbs(at_least - above, 0.01));
  }
}

TEST_CASE("every survival finds the minimum, never loses the best and is the same at any number of threads") {
  const Tour tour{.n = 10};
  for (const auto survival : {Survival::generational, Survival::steady_state, Survival::crowding, Survival::diverse}) {
    for (const auto selection : {Selection::tournament, Selection::rank}) {
      Options options{.population = 30, .generations = 500, .mutation_rate = 0.5};
      options.survival = survival;
      options.selection = selection;
      double last = 1e9;
      const auto watch = [&](const Progress& progress) {
        CHECK(progress.best <= last);
        last = progress.best;
      };
      const auto one = minimise(tour, options, {}, Inline{}, watch);
      CAPTURE(static_cast<int>(survival), static_cast<int>(selection));
      CHECK_THAT(one.cost, WithinAbs(tour.shortest(), 1e-9));
      for (const unsigned threads : {2U, 3U}) {
        const auto other = minimise(tour, options, {}, Threads{threads});
        CHECK(one.best == other.best);
        CHECK(one.evaluations == other.evaluations);
        CHECK(one.population == other.population);
      }
    }
  }
}

TEST_CASE("steady state and crowding hold no genome twice once they began without") {
  for (const auto survival : {Survival::steady_state, Survival::crowding}) {
    Options options{.population = 40, .generations = 200, .mutation_rate = 0.3};
    options.survival = survival;
    const auto result = minimise(WeightedTardiness(30), options);
    const std::set<std::vector<std::uint16_t>> different(result.population.begin(), result.population.end());
    CHECK(different.size() == result.population.size());
  }
}
