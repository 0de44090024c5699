#include "kilter/genetic/diversity.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "catch.hpp"
#include "kilter/genetic/minimise.hpp"
#include "refused.hpp"
#include "toys.hpp"

using namespace kilter;
using namespace kilter::genetic;
using namespace kilter::test;

namespace {

/// One real gene; the cost is its square, and below 1 it is not allowed.
struct Line {
  using Gene = double;
  std::size_t genome_size() const { return 1; }
  void random(std::span<double> x, Rng& rng) const { x[0] = rng.uniform(-10, 10); }
  Evaluation cost(std::span<const double> x) const { return {x[0] * x[0], std::max(0.0, 1 - x[0])}; }
  void crossover(std::span<const double> a, std::span<const double> b, std::span<double> c, Rng& rng) const {
    c[0] = a[0] + rng.uniform(-0.3, 1.3) * (b[0] - a[0]);
  }
  void mutate(std::span<double> x, Rng& rng) const { x[0] += rng.normal(0, 0.1); }
  double distance(std::span<const double> a, std::span<const double> b) const { return std::abs(a[0] - b[0]); }
};

/// Biased fitness straight from its definition.
std::vector<double> biased(const Population<double>& population, double weight, std::size_t elite, std::size_t closest) {
  const std::size_t n = population.size();
  std::vector<double> out(n);
  for (std::size_t i = 0; i < n; ++i) {
    std::vector<std::size_t> group;
    for (std::size_t k = 0; k < n; ++k) {
      if ((population.violation(k) > 0) == (population.violation(i) > 0)) group.push_back(k);
    }
    const auto cost = [&](std::size_t k) { return population.cost(k) + weight * population.violation(k); };
    const auto contribution = [&](std::size_t k) {
      std::vector<double> near;
      for (const std::size_t other : group) {
        if (other != k) near.push_back(std::abs(population.row(k)[0] - population.row(other)[0]));
      }
      std::sort(near.begin(), near.end());
      near.resize(std::min(near.size(), closest));
      double sum = 0;
      for (const double d : near) sum += d;
      return near.empty() ? 0 : sum / static_cast<double>(near.size());
    };
    double better = 0, farther = 0;
    for (const std::size_t k : group) {
      better += cost(k) < cost(i) || (cost(k) == cost(i) && k < i) ? 1 : 0;
      const double mine = contribution(i), other = contribution(k);
      farther += other > mine || (other == mine && k < i) ? 1 : 0;
    }
    const auto m = static_cast<double>(group.size());
    const double share = m <= static_cast<double>(elite) ? 0 : 1 - static_cast<double>(elite) / m;
    out[i] = m < 2 ? 0 : (better + share * farther) / (m - 1);
  }
  return out;
}

}  // namespace

TEST_CASE("biased fitness is kept right while genomes come and go") {
  const Line line;
  Rng rng{3};
  const AdaptivePenalty penalty(DiverseOptions{.weight = 2});
  DiverseSurvivors<Line> survivors(line, 6, 5, 2, 3);
  Population<double> population(0, 1), child(1, 1);
  survivors.rebuild(population);
  for (int round = 0; round < 300; ++round) {
    line.random(child.row(0), rng);
    child[0] = line.cost(child.row(0));
    survivors.insert(population, child, 0, penalty);
    survivors.refresh(population, penalty);
    const auto expected = biased(population, 2, 2, 3);
    for (std::size_t i = 0; i < population.size(); ++i) REQUIRE_THAT(survivors.biased()[i], WithinAbs(expected[i], 1e-12));
    for (const bool feasible : {false, true}) {
      const auto worth = population.evaluations();
      const auto n = std::count_if(worth.begin(), worth.end(), [&](const Evaluation& e) { return (e.violation > 0) != feasible; });
      CHECK(n < 11);
    }
  }
  CHECK(population.size() >= 12);
}

TEST_CASE("clones go first, but never the last of them") {
  const Line line;
  const AdaptivePenalty penalty;
  DiverseSurvivors<Line> survivors(line, 3, 3, 1, 2);
  Population<double> population(0, 1), child(1, 1);
  for (const double x : {2.0, 2.0, 2.0, 5.0, 7.0, 9.0}) {
    child.row(0)[0] = x;
    child[0] = line.cost(child.row(0));
    survivors.insert(population, child, 0, penalty);
  }
  REQUIRE(population.size() == 3);
  std::vector<double> left(population.genes().begin(), population.genes().end());
  std::sort(left.begin(), left.end());
  CHECK(left[0] == 2);
  CHECK(left[1] >= 5);
}

TEST_CASE("the penalty follows the share of feasible children") {
  AdaptivePenalty penalty(DiverseOptions{.weight = 10, .interval = 10});
  const Evaluation good{1, 0}, bad{1, 3};
  CHECK(penalty.penalised(good) == 1);
  CHECK(penalty.penalised(bad) == 31);
  for (int i = 0; i < 10; ++i) penalty.note(bad);
  CHECK(penalty.weight() == 12);
  for (int i = 0; i < 10; ++i) penalty.note(good);
  CHECK_THAT(penalty.weight(), WithinRel(12 * 0.85, 1e-12));
  const double before = penalty.weight();
  for (int i = 0; i < 10; ++i) penalty.note(i < 2 ? good : bad);  // the target
  CHECK(penalty.weight() == before);
  penalty.restore(5, 3, 2);
  CHECK(penalty.weight() == 5);
  CHECK_REFUSED(penalty.restore(0, 0, 0), "weight = 0");
  CHECK_REFUSED(penalty.restore(1, 10, 0), "seen = 10");
  CHECK_REFUSED(penalty.restore(1, 2, 3), "seen = 2");
}

TEST_CASE("the search walks along the edge of what is allowed") {
  const auto result = minimise(Line{}, {.population = 10, .generations = 200, .mutation_rate = 0.5, .survival = Survival::diverse});
  CHECK(result.violation == 0);
  CHECK_THAT(result.cost, WithinAbs(1, 0.01));
  const bool both = std::any_of(result.population.begin(), result.population.end(), [](const auto& x) { return x[0] < 1; });
  CHECK(both);  // infeasible ones are kept beside
}

TEST_CASE("the knapsack is filled to the optimum with an infeasible subpopulation") {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    const Knapsack sack(14, seed);
    Options options{.population = 25, .generations = 300, .mutation_rate = 0.5};
    options.survival = Survival::diverse;
    const auto result = minimise(sack, options);
    CHECK(result.violation == 0);
    CHECK(result.cost == sack.optimum());
  }
}
