#pragma once
/// @file
/// Permutations as genomes: random ones, crossovers and mutations, each O(n) and without allocation once its memory is there.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/rng.hpp"

namespace kilter::genetic {

/// An order of 0, …, n − 1, each once.
using Permutation = std::vector<std::uint32_t>;

/// Scratch memory of the crossovers: grows to n once and is then only written to. What it holds between calls means nothing.
struct PermutationScratch {
  std::vector<std::uint32_t> position;
};

/// 0, 1, …, n − 1.
[[nodiscard]] inline Permutation identity_permutation(std::size_t n) {
  Permutation p(n);
  std::iota(p.begin(), p.end(), std::uint32_t{0});
  return p;
}

/// A permutation drawn uniformly (Fisher–Yates).
[[nodiscard]] inline Permutation random_permutation(std::size_t n, Rng& rng) {
  Permutation p = identity_permutation(n);
  rng.shuffle(std::span{p});
  return p;
}

/// True when `p` holds each of 0, …, p.size() − 1 once.
[[nodiscard]] inline bool is_permutation(std::span<const std::uint32_t> p) {
  std::vector<char> seen(p.size(), 0);
  for (const std::uint32_t v : p) {
    if (v >= p.size() || seen[v] != 0) return false;
    seen[v] = 1;
  }
  return true;
}

namespace detail {

/// The positions [first, last) of a genome.
struct Cut {
  std::size_t first;
  std::size_t last;
  [[nodiscard]] bool holds(std::size_t i) const { return i - first < last - first; }
};

/// A cut of at least one position, both ends drawn uniformly.
inline Cut random_cut(std::size_t n, Rng& rng) {
  const std::size_t i = rng.index(n), j = rng.index(n);
  return {std::min(i, j), std::max(i, j) + 1};
}

/// Two different positions.
inline std::pair<std::size_t, std::size_t> two_positions(std::size_t n, Rng& rng) {
  const std::size_t i = rng.index(n), j = rng.index(n - 1);
  return {i, j < i ? j : j + 1};
}

inline void prepare(const Permutation& a, const Permutation& b, Permutation& child, PermutationScratch& scratch) {
  require(a.size() == b.size(), "parents", b.size(), "must have the same length");
  child.resize(a.size());
  scratch.position.resize(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) scratch.position[a[i]] = static_cast<std::uint32_t>(i);
}

/// The cut of `a` kept; from the cut's end on, and around, the rest of `b` in the order of `b`, read from the cut's end on.
inline void order_crossover(const Permutation& a, const Permutation& b, Permutation& child, Cut cut, PermutationScratch& scratch) {
  prepare(a, b, child, scratch);
  const std::size_t n = a.size();
  std::copy(a.begin() + static_cast<std::ptrdiff_t>(cut.first), a.begin() + static_cast<std::ptrdiff_t>(cut.last),
            child.begin() + static_cast<std::ptrdiff_t>(cut.first));
  std::size_t write = cut.last == n ? 0 : cut.last;
  const auto take = [&](std::size_t from, std::size_t to) {
    for (std::size_t read = from; read < to; ++read) {
      if (cut.holds(scratch.position[b[read]])) continue;
      child[write] = b[read];
      if (++write == n) write = 0;
    }
  };
  take(cut.last, n);
  take(0, cut.last);
}

/// The cut of `a` kept; the other places filled from the left with the rest of `b` in the order of `b`.
inline void linear_order_crossover(const Permutation& a, const Permutation& b, Permutation& child, Cut cut,
                                   PermutationScratch& scratch) {
  prepare(a, b, child, scratch);
  std::size_t write = cut.first == 0 ? cut.last : 0;
  for (const std::uint32_t gene : b) {
    if (cut.holds(scratch.position[gene])) continue;
    child[write] = gene;
    if (++write == cut.first) write = cut.last;
  }
  std::copy(a.begin() + static_cast<std::ptrdiff_t>(cut.first), a.begin() + static_cast<std::ptrdiff_t>(cut.last),
            child.begin() + static_cast<std::ptrdiff_t>(cut.first));
}

/// The cut of `a` kept; elsewhere the gene of `b`, or, where the cut has it already, what the mapping a ↔ b of the cut leads to.
inline void partially_mapped_crossover(const Permutation& a, const Permutation& b, Permutation& child, Cut cut,
                                       PermutationScratch& scratch) {
  prepare(a, b, child, scratch);
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (cut.holds(i)) {
      child[i] = a[i];
      continue;
    }
    std::uint32_t gene = b[i];
    while (cut.holds(scratch.position[gene])) gene = b[scratch.position[gene]];
    child[i] = gene;
  }
}

}  // namespace detail

/// Order crossover, OX (Davis 1985, "Applying adaptive algorithms to epistatic domains"): a random cut keeps its place from `a`,
/// the rest follows the cyclic order of `b`. Throws `std::invalid_argument` when the lengths differ.
inline void order_crossover(const Permutation& a, const Permutation& b, Permutation& child, Rng& rng, PermutationScratch& scratch) {
  const auto cut = a.empty() ? detail::Cut{0, 0} : detail::random_cut(a.size(), rng);
  detail::order_crossover(a, b, child, cut, scratch);
}

/// Linear order crossover, LOX (Falkenauer, Bouffouix 1991, "A genetic algorithm for job shop"): a random cut keeps its place from
/// `a`, the rest follows the order of `b` from the left; made for sequences with a beginning and an end. Throws as above.
inline void linear_order_crossover(const Permutation& a, const Permutation& b, Permutation& child, Rng& rng,
                                   PermutationScratch& scratch) {
  const auto cut = a.empty() ? detail::Cut{0, 0} : detail::random_cut(a.size(), rng);
  detail::linear_order_crossover(a, b, child, cut, scratch);
}

/// Partially mapped crossover, PMX (Goldberg, Lingle 1985, "Alleles, loci and the traveling salesman problem"): a random cut keeps
/// its place from `a`, and as many of the other places as can be keep the gene of `b`. Throws as above.
inline void partially_mapped_crossover(const Permutation& a, const Permutation& b, Permutation& child, Rng& rng,
                                       PermutationScratch& scratch) {
  const auto cut = a.empty() ? detail::Cut{0, 0} : detail::random_cut(a.size(), rng);
  detail::partially_mapped_crossover(a, b, child, cut, scratch);
}

/// Cycle crossover, CX (Oliver, Smith, Holland 1987, "A study of permutation crossover operators"): the cycles of a → b are taken
/// in turn from `a` and from `b`, so each place keeps the gene of one of the parents; a coin says which parent is first. Throws as
/// above.
inline void cycle_crossover(const Permutation& a, const Permutation& b, Permutation& child, Rng& rng, PermutationScratch& scratch) {
  detail::prepare(a, b, child, scratch);
  constexpr std::uint32_t done = ~std::uint32_t{0};
  bool from_a = (rng() >> 63) != 0;
  for (std::size_t first = 0; first < a.size(); ++first) {
    if (scratch.position[a[first]] == done) continue;
    for (std::size_t i = first; scratch.position[a[i]] != done;) {
      scratch.position[a[i]] = done;
      child[i] = from_a ? a[i] : b[i];
      const std::uint32_t next = scratch.position[b[i]];
      if (next == done) break;
      i = next;
    }
    from_a = !from_a;
  }
}

/// The crossovers with scratch memory of their own, allocated in each call.
inline void order_crossover(const Permutation& a, const Permutation& b, Permutation& child, Rng& rng) {
  PermutationScratch scratch;
  order_crossover(a, b, child, rng, scratch);
}
inline void linear_order_crossover(const Permutation& a, const Permutation& b, Permutation& child, Rng& rng) {
  PermutationScratch scratch;
  linear_order_crossover(a, b, child, rng, scratch);
}
inline void partially_mapped_crossover(const Permutation& a, const Permutation& b, Permutation& child, Rng& rng) {
  PermutationScratch scratch;
  partially_mapped_crossover(a, b, child, rng, scratch);
}
inline void cycle_crossover(const Permutation& a, const Permutation& b, Permutation& child, Rng& rng) {
  PermutationScratch scratch;
  cycle_crossover(a, b, child, rng, scratch);
}

/// Exchanges the genes of two different places; nothing below two genes.
inline void swap_mutation(Permutation& p, Rng& rng) {
  if (p.size() < 2) return;
  const auto [i, j] = detail::two_positions(p.size(), rng);
  std::swap(p[i], p[j]);
}

/// Takes one gene out and puts it in at another place; the others keep their order. Nothing below two genes.
inline void insert_mutation(Permutation& p, Rng& rng) {
  if (p.size() < 2) return;
  const auto [from, to] = detail::two_positions(p.size(), rng);
  const auto at = [&p](std::size_t i) { return p.begin() + static_cast<std::ptrdiff_t>(i); };
  if (from < to) {
    std::rotate(at(from), at(from + 1), at(to + 1));
  } else {
    std::rotate(at(to), at(from), at(from + 1));
  }
}

/// Turns the genes between two different places, both included, around. Nothing below two genes.
inline void inversion_mutation(Permutation& p, Rng& rng) {
  if (p.size() < 2) return;
  const auto [i, j] = detail::two_positions(p.size(), rng);
  std::reverse(p.begin() + static_cast<std::ptrdiff_t>(std::min(i, j)),
               p.begin() + static_cast<std::ptrdiff_t>(std::max(i, j)) + 1);
}

}  // namespace kilter::genetic
