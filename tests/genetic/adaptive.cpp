#include "kilter/genetic/adaptive.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numeric>
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

/// Operator k succeeds with probability `chance[k]`; what is learnt after `rounds` generations of 50 children.
OperatorRates learnt(OperatorChoice choice, const std::array<double, 3>& chance, int rounds) {
  OperatorRates rates(3, choice);
  Rng rng{5};
  for (int r = 0; r < rounds; ++r) {
    for (int i = 0; i < 50; ++i) {
      const std::size_t k = rates.choose(rng);
      rates.credit(k, rng.bernoulli(chance[k]));
    }
    rates.update();
    const auto p = rates.probabilities();
    CHECK_THAT(std::accumulate(p.begin(), p.end(), 0.0), WithinAbs(1, 1e-12));
    for (const double x : p) CHECK(x >= 0.2 / 3 - 1e-12);
  }
  return rates;
}

/// Two crossovers: number 0 keeps the worse bits, number 1 the better ones.
struct TwoCrossovers : OneMax {
  static constexpr std::size_t crossover_count = 2;
  mutable std::array<std::size_t, 2> used{};
  int make_workspace() const { return 0; }
  void crossover(std::size_t k, Row a, Row b, std::span<Gene> child, Rng& rng, int&) const {
    ++used[k];
    for (std::size_t i = 0; i < a.size(); ++i) {
      const bool low = rng.bernoulli(0.8);
      child[i] = (k == 0) == low ? std::min(a[i], b[i]) : std::max(a[i], b[i]);
    }
  }
};

}  // namespace

TEST_CASE("probability matching follows the success of the operators") {
  const auto rates = learnt(OperatorChoice::matching, {0.1, 0.4, 0.2}, 200);
  const auto p = rates.probabilities();
  CHECK(p[1] > p[2]);
  CHECK(p[2] > p[0]);
  CHECK_THAT(p[1] / p[0], WithinAbs(3, 1));  // (0.2/3 + 0.8 · 4/7) / (0.2/3 + 0.8 · 1/7) = 2.9
}

TEST_CASE("adaptive pursuit bets on the best operator") {
  const auto rates = learnt(OperatorChoice::pursuit, {0.1, 0.4, 0.2}, 200);
  CHECK(rates.probabilities()[1] > 0.8);
}

TEST_CASE("without success nothing is learnt") {
  for (const auto choice : {OperatorChoice::matching, OperatorChoice::pursuit}) {
    const auto rates = learnt(choice, {0, 0, 0}, 20);
    for (const double p : rates.probabilities()) CHECK(p == 1.0 / 3);
  }
}

TEST_CASE("the fixed choices") {
  Rng rng{2};
  const OperatorRates first(4, OperatorChoice::first), uniform(4, OperatorChoice::uniform);
  std::array<int, 4> counts{};
  for (int i = 0; i < 4000; ++i) {
    CHECK(first.choose(rng) == 0);
    ++counts[uniform.choose(rng)];
  }
  for (const int count : counts) CHECK(std::abs(count - 1000) < 150);
}

TEST_CASE("rates are restored, and nonsense is refused") {
  OperatorRates rates(2, OperatorChoice::pursuit);
  const std::vector<double> q{0.25, 1}, p{0.1, 0.9}, one{1}, negative{-0.1, 1};
  rates.restore(q, p);
  CHECK(rates.probabilities()[1] == 0.9);
  CHECK(rates.qualities()[0] == 0.25);
  CHECK_REFUSED(rates.restore(one, p), "qualities = 1");
  CHECK_REFUSED(rates.restore(q, one), "probabilities = 1");
  CHECK_REFUSED(rates.restore(negative, p), "quality = -0.1");
  CHECK_REFUSED(rates.restore(q, negative), "probability = -0.1");
  CHECK_REFUSED(OperatorRates(0), "count = 0");
}

TEST_CASE("a search learns which crossover is good, the same at any number of threads") {
  for (const auto choice : {OperatorChoice::matching, OperatorChoice::pursuit}) {
    const Options options{.population = 40, .generations = 40, .operators = choice};
    const TwoCrossovers problem{{.n = 200}};
    const auto result = minimise(problem, options);
    CHECK(problem.used[1] > problem.used[0]);
    const WeightedTardiness orders(30);
    const auto one = minimise(orders, options), three = minimise(orders, options, {}, Threads{3});
    CHECK(one.best == three.best);
    CHECK(one.population == three.population);
    CHECK(result.cost < 40);
  }
}
