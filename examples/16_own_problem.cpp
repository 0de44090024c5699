// One's own problem through the genetic engine: servers on a ring network. Services that talk should be near.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <span>
#include <vector>

#include "kilter/genetic/minimise.hpp"
#include "kilter/genetic/permutation.hpp"

using namespace kilter;

/// Forty services on the places of a ring, each with a few partners: the cost is how many hops apart partners are. That is all the
/// engine needs: an encoding, which brings the operators, and a cost.
struct Ring {
  std::vector<std::vector<std::size_t>> partners;

  genetic::Permutation<> encoding() const { return genetic::Permutation<>(partners.size()); }
  double cost(std::span<const std::uint32_t> place) const {  // place[s]: where service s is
    double sum = 0;
    for (std::size_t g = 0; g < partners.size(); ++g) {
      for (const std::size_t f : partners[g]) {
        const double apart = std::abs(static_cast<double>(place[g]) - static_cast<double>(place[f]));
        sum += std::min(apart, static_cast<double>(partners.size()) - apart);
      }
    }
    return sum;
  }
};

int main() {
  Ring ring;
  ring.partners.resize(40);
  Rng rng{1};
  for (std::size_t g = 0; g < 40; ++g) ring.partners[g] = {(g * 7 + 7) % 40, (g * 7 + 3) % 40, rng.index(40)};

  const genetic::Options options{.population = 100, .generations = 2000, .mutation_rate = 0.5, .stall_generations = 200};
  const auto result = genetic::minimise(ring, options);
  std::printf("hops between partners: %.0f after %zu generations, %.2f on average\n", result.cost, result.generations,
              result.cost / 120);
  std::printf("the same on four islands: %.0f\n",
              genetic::minimise(ring, {.population = 100, .generations = 2000, .mutation_rate = 0.5, .islands = 4}).cost);
  return 0;
}
