#pragma once
/// @file
/// Crossovers of permutations over rows of genes: OX, LOX, PMX and CX, each O(n) and without allocation once its memory is there.

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/rng.hpp"

namespace kilter::genetic {

/// Scratch memory of the crossovers: grows to n once and is then only written to. What it holds between calls means nothing.
struct PermutationScratch {
  std::vector<std::uint32_t> position;
  std::vector<std::uint32_t> rest;
};

namespace detail {

/// The positions [first, last) of a genome.
struct Cut {
  std::size_t first;
  std::size_t last;
  [[nodiscard]] bool holds(std::size_t i) const { return i - first < last - first; }
};

/// A cut of at least one position, both ends drawn uniformly; the empty cut of an empty genome.
inline Cut random_cut(std::size_t n, Rng& rng) {
  if (n == 0) return {0, 0};
  const std::size_t i = rng.index(n), j = rng.index(n);
  return {std::min(i, j), std::max(i, j) + 1};
}

/// Refuses rows of different lengths.
inline void check_lengths(std::size_t a, std::size_t b, std::size_t child) {
  require(a == b, "parents", b, "must have the same length");
  require(a == child, "child", child, "must have the length of its parents");
}

/// Notes where each gene of `a` stands.
template <class G>
void locate(std::span<const G> a, std::span<const G> b, std::span<G> child, PermutationScratch& scratch) {
  check_lengths(a.size(), b.size(), child.size());
  if (scratch.position.size() < a.size()) {
    scratch.position.resize(a.size());
    scratch.rest.resize(a.size() + 1);  // one more, so that a gene left out can be written and overwritten without a branch
  }
  for (std::size_t i = 0; i < a.size(); ++i) scratch.position[a[i]] = static_cast<std::uint32_t>(i);
}

/// The genes of `b` outside the cut of `a`, read from place `from` on and around, to `scratch.rest`.
template <class G>
void collect_rest(std::span<const G> b, std::size_t from, Cut cut, PermutationScratch& scratch) {
  const std::uint32_t* const position = scratch.position.data();
  std::uint32_t* const rest = scratch.rest.data();
  std::size_t count = 0;
  const auto take = [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) {
      rest[count] = b[i];
      count += cut.holds(position[b[i]]) ? 0U : 1U;
    }
  };
  take(from, b.size());
  take(0, from);
}

/// Writes the cut of `a`, then `scratch.rest` to the other places from place `from` on and around.
template <class G>
void fill_around_cut(std::span<const G> a, std::span<G> child, std::size_t from, Cut cut, const PermutationScratch& scratch) {
  for (std::size_t i = cut.first; i < cut.last; ++i) child[i] = a[i];
  const std::uint32_t* rest = scratch.rest.data();
  if (from != 0) {
    for (std::size_t i = from; i < child.size(); ++i) child[i] = static_cast<G>(*rest++);
    for (std::size_t i = 0; i < cut.first; ++i) child[i] = static_cast<G>(*rest++);
  } else {
    for (std::size_t i = 0; i < cut.first; ++i) child[i] = static_cast<G>(*rest++);
    for (std::size_t i = cut.last; i < child.size(); ++i) child[i] = static_cast<G>(*rest++);
  }
}

/// The cut of `a` kept; from the cut's end on, and around, the rest of `b` in the order of `b`, read from the cut's end on.
template <class G>
void order_crossover(std::span<const G> a, std::span<const G> b, std::span<G> child, Cut cut, PermutationScratch& scratch) {
  locate(a, b, child, scratch);
  collect_rest(b, cut.last, cut, scratch);
  fill_around_cut(a, child, cut.last, cut, scratch);
}

/// The cut of `a` kept; the other places filled from the left with the rest of `b` in the order of `b`.
template <class G>
void linear_order_crossover(std::span<const G> a, std::span<const G> b, std::span<G> child, Cut cut, PermutationScratch& scratch) {
  locate(a, b, child, scratch);
  collect_rest(b, 0, cut, scratch);
  fill_around_cut(a, child, 0, cut, scratch);
}

/// The cut of `a` kept; elsewhere the gene of `b`, or, where the cut has it already, what the mapping a ↔ b of the cut leads to.
/// The chains of that mapping are disjoint, so that all of them together cost O(n).
template <class G>
void partially_mapped_crossover(std::span<const G> a, std::span<const G> b, std::span<G> child, Cut cut,
                                PermutationScratch& scratch) {
  locate(a, b, child, scratch);
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (cut.holds(i)) {
      child[i] = a[i];
      continue;
    }
    G gene = b[i];
    while (cut.holds(scratch.position[gene])) gene = b[scratch.position[gene]];
    child[i] = gene;
  }
}

}  // namespace detail

/// Order crossover, OX (Davis 1985, "Applying adaptive algorithms to epistatic domains"): a random cut keeps its place from `a`,
/// the rest follows the cyclic order of `b`. `child` must not overlap the parents, which must be permutations of 0, …, n − 1.
/// Throws `std::invalid_argument` when the lengths differ. Called with containers, the gene is named: `order_crossover<G>(…)`.
template <std::unsigned_integral G>
void order_crossover(std::span<const G> a, std::span<const G> b, std::span<G> child, Rng& rng, PermutationScratch& scratch) {
  detail::order_crossover(a, b, child, detail::random_cut(a.size(), rng), scratch);
}

/// Linear order crossover, LOX (Falkenauer, Bouffouix 1991, "A genetic algorithm for job shop"): a random cut keeps its place from
/// `a`, the rest follows the order of `b` from the left; made for sequences with a beginning and an end. Else as `order_crossover`.
template <std::unsigned_integral G>
void linear_order_crossover(std::span<const G> a, std::span<const G> b, std::span<G> child, Rng& rng, PermutationScratch& scratch) {
  detail::linear_order_crossover(a, b, child, detail::random_cut(a.size(), rng), scratch);
}

/// Partially mapped crossover, PMX (Goldberg, Lingle 1985, "Alleles, loci and the traveling salesman problem"): a random cut keeps
/// its place from `a`, and as many of the other places as can be keep the gene of `b`. Else as `order_crossover`.
template <std::unsigned_integral G>
void partially_mapped_crossover(std::span<const G> a, std::span<const G> b, std::span<G> child, Rng& rng,
                                PermutationScratch& scratch) {
  detail::partially_mapped_crossover(a, b, child, detail::random_cut(a.size(), rng), scratch);
}

/// Cycle crossover, CX (Oliver, Smith, Holland 1987, "A study of permutation crossover operators"): the cycles of a → b are taken
/// in turn from `a` and from `b`, so each place keeps the gene of one of the parents; a coin says which parent is first. Else as
/// `order_crossover`.
template <std::unsigned_integral G>
void cycle_crossover(std::span<const G> a, std::span<const G> b, std::span<G> child, Rng& rng, PermutationScratch& scratch) {
  detail::locate(a, b, child, scratch);
  constexpr std::uint32_t done = ~std::uint32_t{0};
  bool from_a = (rng() >> 63) != 0;
  for (std::size_t first = 0; first < a.size(); ++first) {
    if (scratch.position[a[first]] == done) continue;
    for (std::size_t i = first;;) {
      scratch.position[a[i]] = done;
      child[i] = from_a ? a[i] : b[i];
      const std::uint32_t next = scratch.position[b[i]];
      if (next == done) break;
      i = next;
    }
    from_a = !from_a;
  }
}

}  // namespace kilter::genetic
