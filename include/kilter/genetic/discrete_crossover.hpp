#pragma once
/// @file
/// Crossovers that take each gene from one of the parents at its own place: uniform, parameterised uniform, one and two points; and
/// the walk over the places that a mutation of a given rate hits. Gene types are free; O(n), nothing is allocated.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "kilter/core/rng.hpp"
#include "kilter/genetic/permutation_crossover.hpp"

namespace kilter::genetic {

namespace detail {

/// Eight coins (the low bits of `coins`) as eight bytes of 0x00 or 0xff.
constexpr std::uint64_t byte_mask(std::uint64_t coins) {
  const std::uint64_t bits = ((coins & 0xffU) * 0x0101010101010101ULL) & 0x8040201008040201ULL;
  return (((bits + 0x7f7f7f7f7f7f7f7fULL) & 0x8080808080808080ULL) >> 7U) * 0xffU;
}

/// Eight one-byte genes from `a` or `b` by the low eight bits of `coins`; which coin reaches which byte is the byte order's affair
/// on big-endian machines alone.
template <class G>
void mix_bytes(const G* a, const G* b, G* child, std::uint64_t coins) {
  std::uint64_t x = 0, y = 0;
  std::memcpy(&x, a, sizeof x);
  std::memcpy(&y, b, sizeof x);
  x ^= (x ^ y) & byte_mask(coins);
  std::memcpy(child, &x, sizeof x);
}

/// Uniform crossover of one-byte genes, eight at a time.
template <class G>
void uniform_bytes(const G* a, const G* b, G* child, std::size_t n, Rng& rng) {
  std::uint64_t coins = 0;
  std::size_t i = 0;
  for (; i + 8 <= n; i += 8, coins >>= 8U) {
    if (i % 64 == 0) coins = rng();
    mix_bytes(a + i, b + i, child + i, coins);
  }
  if (i == n) return;
  if (i % 64 == 0) coins = rng();
  for (; i < n; ++i, coins >>= 1U) child[i] = (coins & 1U) != 0 ? b[i] : a[i];
}

/// Calls `hit(i)` for each place below `n`, each with probability `rate` on its own, skipping from hit to hit with geometric
/// distances: as many draws as hits. `rate` in [0, 1].
template <class F>
void for_each_hit(std::size_t n, double rate, Rng& rng, F&& hit) {
  if (!(rate > 0)) return;
  const double scale = rate < 1 ? 1 / std::log1p(-rate) : 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double skip = scale * std::log1p(-rng.uniform());
    if (skip >= static_cast<double>(n - i)) return;
    i += static_cast<std::size_t>(skip);
    hit(i);
  }
}

/// The places of the cut from `b`, the others from `a`.
template <class G>
void copy_parts(std::span<const G> a, std::span<const G> b, std::span<G> child, Cut from_b) {
  std::copy(a.begin(), a.end(), child.begin());
  const auto first = static_cast<std::ptrdiff_t>(from_b.first), last = static_cast<std::ptrdiff_t>(from_b.last);
  std::copy(b.begin() + first, b.begin() + last, child.begin() + first);
}

}  // namespace detail

/// Uniform crossover (Syswerda 1989, "Uniform crossover in genetic algorithms"): each gene from `a` or `b` by the toss of a coin.
/// `child` must not overlap the parents. Throws `std::invalid_argument` when the lengths differ.
template <class G>
void uniform_crossover(std::span<const G> a, std::span<const G> b, std::span<G> child, Rng& rng) {
  detail::check_lengths(a.size(), b.size(), child.size());
  if constexpr (sizeof(G) == 1) {
    detail::uniform_bytes(a.data(), b.data(), child.data(), a.size(), rng);
  } else {
    const G* const parent[2] = {a.data(), b.data()};
    std::uint64_t coins = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (i % 64 == 0) coins = rng();
      child[i] = parent[coins & 1U][i];
      coins >>= 1U;
    }
  }
}

/// Parameterised uniform crossover (Spears, De Jong 1991, "On the virtues of parameterized uniform crossover"): each gene from `a`
/// with probability `share_of_a`, else from `b`. Else as `uniform_crossover`.
template <class G>
void biased_uniform_crossover(std::span<const G> a, std::span<const G> b, std::span<G> child, double share_of_a, Rng& rng) {
  detail::check_lengths(a.size(), b.size(), child.size());
  const G* const parent[2] = {a.data(), b.data()};
  for (std::size_t i = 0; i < a.size(); ++i) child[i] = parent[rng.uniform() < share_of_a ? 0 : 1][i];
}

/// One-point crossover (Holland 1975, "Adaptation in Natural and Artificial Systems"): the genes before a random point from `a`,
/// the others from `b`; each has at least one where there are two. Else as `uniform_crossover`.
template <class G>
void one_point_crossover(std::span<const G> a, std::span<const G> b, std::span<G> child, Rng& rng) {
  detail::check_lengths(a.size(), b.size(), child.size());
  const std::size_t n = a.size();
  detail::copy_parts(a, b, child, {n < 2 ? n : 1 + rng.index(n - 1), n});
}

/// Two-point crossover (De Jong 1975, "An analysis of the behavior of a class of genetic adaptive systems"): the genes between two
/// random places, both included, from `b`, the others from `a`. Else as `uniform_crossover`.
template <class G>
void two_point_crossover(std::span<const G> a, std::span<const G> b, std::span<G> child, Rng& rng) {
  detail::check_lengths(a.size(), b.size(), child.size());
  detail::copy_parts(a, b, child, detail::random_cut(a.size(), rng));
}

}  // namespace kilter::genetic
