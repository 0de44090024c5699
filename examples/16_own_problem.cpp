// One's own problem through the genetic engine: a wedding's tables. Guests who know each other should sit together.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <span>
#include <vector>

#include "kilter/genetic/minimise.hpp"
#include "kilter/genetic/permutation.hpp"

using namespace kilter;

/// Forty guests on a round table, each with a few friends: the cost is how far apart friends sit. That is all the engine needs:
/// an encoding, which brings the operators, and a cost.
struct RoundTable {
  std::vector<std::vector<std::size_t>> friends;

  genetic::Permutation<> encoding() const { return genetic::Permutation<>(friends.size()); }
  double cost(std::span<const std::uint32_t> seat) const {  // seat[g]: where guest g sits
    double sum = 0;
    for (std::size_t g = 0; g < friends.size(); ++g) {
      for (const std::size_t f : friends[g]) {
        const double apart = std::abs(static_cast<double>(seat[g]) - static_cast<double>(seat[f]));
        sum += std::min(apart, static_cast<double>(friends.size()) - apart);
      }
    }
    return sum;
  }
};

int main() {
  RoundTable table;
  table.friends.resize(40);
  Rng rng{1};
  for (std::size_t g = 0; g < 40; ++g) table.friends[g] = {(g * 7 + 7) % 40, (g * 7 + 3) % 40, rng.index(40)};

  const genetic::Options options{.population = 100, .generations = 2000, .mutation_rate = 0.5, .stall_generations = 200};
  const auto result = genetic::minimise(table, options);
  std::printf("distance between friends: %.0f after %zu generations, %.2f on average\n", result.cost, result.generations,
              result.cost / 120);
  std::printf("the same on four islands: %.0f\n",
              genetic::minimise(table, {.population = 100, .generations = 2000, .mutation_rate = 0.5, .islands = 4}).cost);
  return 0;
}
