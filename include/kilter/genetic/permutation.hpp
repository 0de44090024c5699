#pragma once
/// @file
/// Permutations as genomes: `Order`, random ones, and the encoding `Permutation` with its crossovers and mutations.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/rng.hpp"
#include "kilter/genetic/mutation.hpp"
#include "kilter/genetic/permutation_crossover.hpp"
#include "kilter/genetic/precedence_crossover.hpp"

namespace kilter::genetic {

/// An order of 0, …, n − 1, each once.
using Order = std::vector<std::uint32_t>;

/// 0, 1, …, n − 1.
[[nodiscard]] inline Order identity_permutation(std::size_t n) {
  Order p(n);
  std::iota(p.begin(), p.end(), std::uint32_t{0});
  return p;
}

/// Overwrites `p` with a permutation of 0, …, p.size() − 1 drawn uniformly (Fisher–Yates).
template <std::unsigned_integral G>
void random_permutation(std::span<G> p, Rng& rng) {
  std::iota(p.begin(), p.end(), G{0});
  rng.shuffle(p);
}

/// A permutation drawn uniformly (Fisher–Yates).
[[nodiscard]] inline Order random_permutation(std::size_t n, Rng& rng) {
  Order p(n);
  random_permutation(std::span{p}, rng);
  return p;
}

/// True when `p` holds each of 0, …, p.size() − 1 once.
template <std::unsigned_integral G>
[[nodiscard]] bool is_permutation(std::span<const G> p) {
  std::vector<char> seen(p.size(), 0);
  for (const G v : p) {
    if (v >= p.size() || seen[v] != 0) return false;
    seen[v] = 1;
  }
  return true;
}
[[nodiscard]] inline bool is_permutation(std::span<const std::uint32_t> p) { return is_permutation<std::uint32_t>(p); }

namespace detail {

/// The share of places at which two rows differ, in [0, 1].
template <class G>
[[nodiscard]] double hamming(std::span<const G> a, std::span<const G> b) {
  check_lengths(a.size(), b.size(), a.size());
  std::size_t different = 0;
  for (std::size_t i = 0; i < a.size(); ++i) different += a[i] != b[i] ? 1U : 0U;
  return a.empty() ? 0 : static_cast<double>(different) / static_cast<double>(a.size());
}

/// Swap, insert or inversion for `k` = 0, 1, 2.
template <class G>
void sequence_mutation(std::size_t k, std::span<G> genome, Rng& rng) {
  switch (k) {
    case 0: return swap_mutation(genome, rng);
    case 1: return insert_mutation(genome, rng);
    default: return inversion_mutation(genome, rng);
  }
}

}  // namespace detail

/// The scratch memory of `Permutation`.
struct PermutationWorkspace : PermutationScratch, PrecedenceScratch {};

/// The encoding of an order of `size` things: an `Encoding` whose crossovers are 0 OX, 1 LOX, 2 PMX, 3 CX, 4 PPX and whose
/// mutations are 0 swap, 1 insert, 2 inversion.
///
/// `G` may be as small as the size allows: short genes make long populations cheap. Throws `std::invalid_argument` when the genes
/// cannot number `size` things.
template <std::unsigned_integral G = std::uint32_t>
class Permutation {
 public:
  using Gene = G;
  static constexpr std::size_t crossover_count = 5;
  static constexpr std::size_t mutation_count = 3;

  explicit Permutation(std::size_t size) : size_(size) {
    require(size == 0 || size - 1 <= std::numeric_limits<G>::max(), "size", size, "must be countable with the gene type");
  }

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] PermutationWorkspace make_workspace() const { return {}; }

  /// Uniform over all orders.
  void random(std::span<G> genome, Rng& rng, PermutationWorkspace&) const { random_permutation(genome, rng); }

  /// The crossover numbered `k`; see the class.
  void crossover(std::size_t k, std::span<const G> a, std::span<const G> b, std::span<G> child, Rng& rng,
                 PermutationWorkspace& ws) const {
    switch (k) {
      case 0: return order_crossover(a, b, child, rng, ws);
      case 1: return linear_order_crossover(a, b, child, rng, ws);
      case 2: return partially_mapped_crossover(a, b, child, rng, ws);
      case 3: return cycle_crossover(a, b, child, rng, ws);
      default: return precedence_preservative_crossover(a, b, child, size_, rng, ws);
    }
  }
  /// OX.
  void crossover(std::span<const G> a, std::span<const G> b, std::span<G> child, Rng& rng, PermutationWorkspace& ws) const {
    order_crossover(a, b, child, rng, ws);
  }

  /// The mutation numbered `k`; see the class.
  void mutate(std::size_t k, std::span<G> genome, Rng& rng, PermutationWorkspace&) const {
    detail::sequence_mutation(k, genome, rng);
  }
  /// Swap.
  void mutate(std::span<G> genome, Rng& rng, PermutationWorkspace&) const { swap_mutation(genome, rng); }

  /// The share of places that differ, in [0, 1].
  [[nodiscard]] double distance(std::span<const G> a, std::span<const G> b) const { return detail::hamming(a, b); }

  /// True when the genome is an order of `size()` things.
  [[nodiscard]] bool check(std::span<const G> genome) const { return genome.size() == size_ && is_permutation<G>(genome); }

 private:
  std::size_t size_;
};

}  // namespace kilter::genetic
