#pragma once
/// @file
/// `JobRepetition`: the encoding of job shops by permutations with repetition.

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
#include "kilter/genetic/permutation.hpp"
#include "kilter/genetic/precedence_crossover.hpp"

namespace kilter::genetic {

namespace detail {

/// Exchanges two genes of which the second is the first different one from a random place on; nothing where all are equal.
template <class G>
void swap_different(std::span<G> genome, Rng& rng) {
  if (genome.size() < 2) return;
  const std::size_t i = rng.index(genome.size());
  std::size_t j = rng.index(genome.size());
  for (std::size_t tries = 0; genome[j] == genome[i]; ++tries) {
    if (tries == genome.size()) return;
    if (++j == genome.size()) j = 0;
  }
  std::swap(genome[i], genome[j]);
}

}  // namespace detail

/// Permutation with repetition (Bierwirth 1995, "A generalized permutation approach to job shop scheduling with genetic
/// algorithms"): job j stands once for each of its operations, and its k-th place means its k-th operation, so that every genome
/// is a feasible order. An `Encoding` whose crossovers are 0 JOX, 1 POX, 2 PPX and whose mutations are 0 swap (of two different
/// jobs), 1 insert, 2 inversion.
template <std::unsigned_integral G = std::uint16_t>
class JobRepetition {
 public:
  using Gene = G;
  static constexpr std::size_t crossover_count = 3;
  static constexpr std::size_t mutation_count = 3;

  /// `operations[j]` places for job j. Throws `std::invalid_argument` when the genes cannot number the jobs.
  explicit JobRepetition(std::vector<std::uint32_t> operations) : operations_(std::move(operations)) {
    require(operations_.empty() || operations_.size() - 1 <= std::numeric_limits<G>::max(), "operations", operations_.size(),
            "must be countable with the gene type");
    for (const std::uint32_t count : operations_) size_ += count;
  }
  /// `jobs` jobs of `operations` operations each.
  JobRepetition(std::size_t jobs, std::size_t operations)
      : JobRepetition(std::vector<std::uint32_t>(jobs, static_cast<std::uint32_t>(operations))) {}

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t jobs() const { return operations_.size(); }
  [[nodiscard]] PrecedenceScratch make_workspace() const { return {}; }

  /// Uniform over all genomes.
  void random(std::span<G> genome, Rng& rng, PrecedenceScratch&) const {
    std::size_t i = 0;
    for (std::size_t j = 0; j < operations_.size(); ++j) {
      for (std::uint32_t k = 0; k < operations_[j]; ++k) genome[i++] = static_cast<G>(j);
    }
    rng.shuffle(genome);
  }

  /// The crossover numbered `k`; see the class.
  void crossover(std::size_t k, std::span<const G> a, std::span<const G> b, std::span<G> child, Rng& rng,
                 PrecedenceScratch& ws) const {
    switch (k) {
      case 0: return job_order_crossover(a, b, child, jobs(), rng, ws);
      case 1: return precedence_order_crossover(a, b, child, jobs(), rng, ws);
      default: return precedence_preservative_crossover(a, b, child, jobs(), rng, ws);
    }
  }
  /// JOX.
  void crossover(std::span<const G> a, std::span<const G> b, std::span<G> child, Rng& rng, PrecedenceScratch& ws) const {
    job_order_crossover(a, b, child, jobs(), rng, ws);
  }

  /// The mutation numbered `k`; see the class.
  void mutate(std::size_t k, std::span<G> genome, Rng& rng, PrecedenceScratch&) const {
    if (k == 0) return detail::swap_different(genome, rng);
    detail::sequence_mutation(k, genome, rng);
  }
  /// Swap.
  void mutate(std::span<G> genome, Rng& rng, PrecedenceScratch&) const { detail::swap_different(genome, rng); }

  /// The share of places that differ, in [0, 1].
  [[nodiscard]] double distance(std::span<const G> a, std::span<const G> b) const { return detail::hamming(a, b); }

  /// True when each job stands as often as it has operations.
  [[nodiscard]] bool check(std::span<const G> genome) const {
    if (genome.size() != size_) return false;
    std::vector<std::uint32_t> left = operations_;
    return std::all_of(genome.begin(), genome.end(), [&](G j) { return j < left.size() && left[j]-- > 0; });
  }

 private:
  std::vector<std::uint32_t> operations_;
  std::size_t size_ = 0;
};

}  // namespace kilter::genetic
