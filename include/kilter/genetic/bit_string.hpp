#pragma once
/// @file
/// `BitString`: genomes of zeros and ones, a byte each.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "kilter/core/contract.hpp"
#include "kilter/core/rng.hpp"
#include "kilter/genetic/discrete_crossover.hpp"
#include "kilter/genetic/permutation.hpp"

namespace kilter::genetic {

/// Turns each bit over with probability `rate`; as many random draws as bits turned. `rate` in [0, 1].
inline void flip_mutation(std::span<std::uint8_t> bits, double rate, Rng& rng) {
  detail::for_each_hit(bits.size(), rate, rng, [&](std::size_t i) { bits[i] ^= 1U; });
}

/// Strings of `size` bits: an `Encoding` whose crossovers are 0 uniform, 1 two points, 2 one point and whose mutations are
/// 0 each bit with probability `flips`/n, 1 exactly one bit. Throws `std::invalid_argument` for `flips` negative.
class BitString {
 public:
  using Gene = std::uint8_t;
  struct Workspace {};
  static constexpr std::size_t crossover_count = 3;
  static constexpr std::size_t mutation_count = 2;

  explicit BitString(std::size_t size, double flips = 1)
      : size_(size), rate_(size == 0 ? 0 : std::min(1.0, flips / static_cast<double>(size))) {
    require(flips >= 0, "flips", flips, "must not be negative");
  }

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] Workspace make_workspace() const { return {}; }

  /// Uniform over all strings.
  void random(std::span<Gene> genome, Rng& rng, Workspace&) const {
    std::uint64_t coins = 0;
    for (std::size_t i = 0; i < genome.size(); ++i) {
      if (i % 64 == 0) coins = rng();
      genome[i] = static_cast<Gene>(coins & 1U);
      coins >>= 1U;
    }
  }

  /// The crossover numbered `k`; see the class.
  void crossover(std::size_t k, std::span<const Gene> a, std::span<const Gene> b, std::span<Gene> child, Rng& rng,
                 Workspace&) const {
    switch (k) {
      case 0: return uniform_crossover(a, b, child, rng);
      case 1: return two_point_crossover(a, b, child, rng);
      default: return one_point_crossover(a, b, child, rng);
    }
  }
  /// Uniform.
  void crossover(std::span<const Gene> a, std::span<const Gene> b, std::span<Gene> child, Rng& rng, Workspace&) const {
    uniform_crossover(a, b, child, rng);
  }

  /// The mutation numbered `k`; see the class.
  void mutate(std::size_t k, std::span<Gene> genome, Rng& rng, Workspace& ws) const {
    if (k == 0) return mutate(genome, rng, ws);
    if (!genome.empty()) genome[rng.index(genome.size())] ^= 1U;
  }
  /// Each bit with probability `flips`/n.
  void mutate(std::span<Gene> genome, Rng& rng, Workspace&) const { flip_mutation(genome, rate_, rng); }

  /// The share of bits that differ, in [0, 1].
  [[nodiscard]] double distance(std::span<const Gene> a, std::span<const Gene> b) const { return detail::hamming(a, b); }

  /// True when the genome holds `size()` zeros and ones.
  [[nodiscard]] bool check(std::span<const Gene> genome) const {
    return genome.size() == size_ && std::all_of(genome.begin(), genome.end(), [](Gene bit) { return bit < 2; });
  }

 private:
  std::size_t size_;
  double rate_;
};

}  // namespace kilter::genetic
