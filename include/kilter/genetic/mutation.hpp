#pragma once
/// @file
/// Mutations of sequences of any gene type: swap, insert, inversion. They rearrange a genome in place and allocate nothing.

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>

#include "kilter/core/rng.hpp"

namespace kilter::genetic {

namespace detail {

/// Two different positions below `n`, each ordered pair equally likely; `n` ≥ 2.
inline std::pair<std::size_t, std::size_t> two_positions(std::size_t n, Rng& rng) {
  const std::size_t i = rng.index(n), j = rng.index(n - 1);
  return {i, j < i ? j : j + 1};
}

/// Takes the gene at `from` out and puts it in at `to`; those between move up by one.
template <class G>
void move_gene(std::span<G> genome, std::size_t from, std::size_t to) {
  const G gene = genome[from];
  const auto at = [&](std::size_t i) { return genome.begin() + static_cast<std::ptrdiff_t>(i); };
  if (from < to) {
    std::copy(at(from + 1), at(to + 1), at(from));
  } else {
    std::copy_backward(at(to), at(from), at(from + 1));
  }
  genome[to] = gene;
}

}  // namespace detail

/// Exchanges the genes of two different places, O(1); nothing below two genes.
template <class G>
void swap_mutation(std::span<G> genome, Rng& rng) {
  if (genome.size() < 2) return;
  const auto [i, j] = detail::two_positions(genome.size(), rng);
  std::swap(genome[i], genome[j]);
}

/// Takes one gene out and puts it in at another place, O(n); the others keep their order. Nothing below two genes.
template <class G>
void insert_mutation(std::span<G> genome, Rng& rng) {
  if (genome.size() < 2) return;
  const auto [from, to] = detail::two_positions(genome.size(), rng);
  detail::move_gene(genome, from, to);
}

/// Turns the genes between two different places, both included, around, O(n). Nothing below two genes.
template <class G>
void inversion_mutation(std::span<G> genome, Rng& rng) {
  if (genome.size() < 2) return;
  const auto [i, j] = detail::two_positions(genome.size(), rng);
  const auto first = static_cast<std::ptrdiff_t>(std::min(i, j)), last = static_cast<std::ptrdiff_t>(std::max(i, j));
  std::reverse(genome.begin() + first, genome.begin() + last + 1);
}

}  // namespace kilter::genetic
