#pragma once
/// @file
/// `IntegerVector`: genomes that choose one of a number of alternatives at each place, as assignments and modes do.

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/rng.hpp"
#include "kilter/genetic/discrete_crossover.hpp"
#include "kilter/genetic/permutation.hpp"

namespace kilter::genetic {

/// An integer from 0, …, `alternatives[i]` − 1 at place i: an `Encoding` whose crossovers are 0 uniform, 1 two points, 2 one point
/// and whose mutations are 0 another value at one random place, 1 a step up or down at one place, 2 another value at each place
/// with probability 1/n. Only places with a choice are mutated.
template <std::unsigned_integral G = std::uint16_t>
class IntegerVector {
 public:
  using Gene = G;
  struct Workspace {};
  static constexpr std::size_t crossover_count = 3;
  static constexpr std::size_t mutation_count = 3;

  /// Throws `std::invalid_argument` for a place without an alternative or with more than the gene type counts.
  explicit IntegerVector(std::vector<std::uint32_t> alternatives) : alternatives_(std::move(alternatives)) {
    for (std::size_t i = 0; i < alternatives_.size(); ++i) {
      require(alternatives_[i] > 0, "alternatives", alternatives_[i], "must be positive");
      require(alternatives_[i] - 1 <= std::numeric_limits<G>::max(), "alternatives", alternatives_[i],
              "must be countable with the gene type");
      if (alternatives_[i] > 1) free_.push_back(static_cast<std::uint32_t>(i));
    }
  }
  /// `size` places with the same number of alternatives.
  IntegerVector(std::size_t size, std::size_t alternatives)
      : IntegerVector(std::vector<std::uint32_t>(size, static_cast<std::uint32_t>(alternatives))) {}

  [[nodiscard]] std::size_t size() const { return alternatives_.size(); }
  [[nodiscard]] std::uint32_t alternatives(std::size_t place) const { return alternatives_[place]; }
  [[nodiscard]] Workspace make_workspace() const { return {}; }

  /// Uniform over all genomes.
  void random(std::span<G> genome, Rng& rng, Workspace&) const {
    for (std::size_t i = 0; i < genome.size(); ++i) genome[i] = static_cast<G>(rng.index(alternatives_[i]));
  }

  /// The crossover numbered `k`; see the class.
  void crossover(std::size_t k, std::span<const G> a, std::span<const G> b, std::span<G> child, Rng& rng, Workspace&) const {
    switch (k) {
      case 0: return uniform_crossover(a, b, child, rng);
      case 1: return two_point_crossover(a, b, child, rng);
      default: return one_point_crossover(a, b, child, rng);
    }
  }
  /// Uniform.
  void crossover(std::span<const G> a, std::span<const G> b, std::span<G> child, Rng& rng, Workspace&) const {
    uniform_crossover(a, b, child, rng);
  }

  /// The mutation numbered `k`; see the class.
  void mutate(std::size_t k, std::span<G> genome, Rng& rng, Workspace& ws) const {
    if (free_.empty()) return;
    if (k == 0) return mutate(genome, rng, ws);
    if (k == 1) return creep(genome, rng);
    const auto n = free_.size();
    detail::for_each_hit(n, 1 / static_cast<double>(n), rng, [&](std::size_t i) { redraw(genome, free_[i], rng); });
  }
  /// Another value at one place.
  void mutate(std::span<G> genome, Rng& rng, Workspace&) const {
    if (!free_.empty()) redraw(genome, free_[rng.index(free_.size())], rng);
  }

  /// The share of places that differ, in [0, 1].
  [[nodiscard]] double distance(std::span<const G> a, std::span<const G> b) const { return detail::hamming(a, b); }

  /// True when each gene names an alternative of its place.
  [[nodiscard]] bool check(std::span<const G> genome) const {
    return std::equal(genome.begin(), genome.end(), alternatives_.begin(), alternatives_.end(),
                      [](G gene, std::uint32_t count) { return gene < count; });
  }

 private:
  /// One of the other values, each equally likely.
  void redraw(std::span<G> genome, std::size_t i, Rng& rng) const {
    const auto value = static_cast<G>(rng.index(alternatives_[i] - 1));
    genome[i] = static_cast<G>(value + (value >= genome[i] ? 1 : 0));
  }

  /// One up or one down by a coin; the other way at an end.
  void creep(std::span<G> genome, Rng& rng) const {
    const std::size_t i = free_[rng.index(free_.size())];
    const bool up = genome[i] == 0 || (genome[i] + 1U < alternatives_[i] && (rng() >> 63U) != 0);
    genome[i] = static_cast<G>(up ? genome[i] + 1 : genome[i] - 1);
  }

  std::vector<std::uint32_t> alternatives_;
  std::vector<std::uint32_t> free_;  ///< places with at least two alternatives
};

/// Which machine, node or agent each thing goes to.
template <std::unsigned_integral G = std::uint16_t>
using AssignmentVector = IntegerVector<G>;
/// Which mode each task runs in.
template <std::unsigned_integral G = std::uint16_t>
using ModeVector = IntegerVector<G>;

}  // namespace kilter::genetic
