#pragma once
/// @file
/// Crossovers that keep precedence, for permutations with repetition (job j stands once for each of its operations): JOX, POX and
/// PPX. Each is O(n + jobs) and allocates nothing once its memory is there. A permutation is the case of one operation per job.

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/rng.hpp"
#include "kilter/genetic/permutation_crossover.hpp"

namespace kilter::genetic {

/// Scratch memory of the crossovers: grows to n and to the number of jobs once, and is then only written to.
struct PrecedenceScratch {
  std::vector<std::uint32_t> rest;   ///< genes
  std::vector<std::uint8_t> moves;   ///< per job: 0 where it keeps its places, 1 where it fills the gaps
  std::vector<std::uint32_t> taken;  ///< per job, three times: in the child, passed in `a`, passed in `b`
};

namespace detail {

template <class Vector>
void grow(Vector& v, std::size_t size) {
  if (v.size() < size) v.resize(size);
}

/// Tosses a coin for each job, 64 coins a draw.
inline void keep_by_coins(std::size_t jobs, Rng& rng, PrecedenceScratch& scratch) {
  grow(scratch.moves, jobs);
  std::uint64_t coins = 0;
  for (std::size_t j = 0; j < jobs; ++j) {
    if (j % 64 == 0) coins = rng();
    scratch.moves[j] = static_cast<std::uint8_t>(coins & 1U);
    coins >>= 1U;
  }
}

/// Lets a uniformly drawn set of jobs keep their places; its size is drawn uniformly from 1, …, jobs − 1 (1 where there is one
/// job). Knuth's selection sampling, The Art of Computer Programming 2, algorithm S.
inline void keep_subset(std::size_t jobs, Rng& rng, PrecedenceScratch& scratch) {
  grow(scratch.moves, jobs);
  std::size_t wanted = jobs < 2 ? jobs : 1 + rng.index(jobs - 1);
  for (std::size_t j = 0; j < jobs; ++j) {
    const bool keep = rng.index(jobs - j) < wanted;
    scratch.moves[j] = keep ? 0 : 1;
    wanted -= keep ? 1U : 0U;
  }
}

/// The jobs that do not move stand where they stand in `a`, the others fill the gaps in the order of `b`. No branch depends on a
/// gene: which job moves is a coin, and mispredicted branches would cost more than all the rest.
template <class G>
void keep_places(std::span<const G> a, std::span<const G> b, std::span<G> child, PrecedenceScratch& scratch) {
  check_lengths(a.size(), b.size(), child.size());
  grow(scratch.rest, a.size() + 1);
  const std::uint8_t* const moves = scratch.moves.data();
  std::uint32_t* const rest = scratch.rest.data();
  std::size_t count = 0;
  for (const G gene : b) {
    rest[count] = gene;
    count += moves[gene];
  }
  std::size_t read = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const std::uint32_t gene = a[i], gap = moves[gene];
    child[i] = static_cast<G>(gene ^ ((gene ^ rest[read]) & (0U - gap)));
    read += gap;
  }
}

}  // namespace detail

/// Job-based order crossover, JOX (Ono, Yamamura, Kobayashi 1996, "A genetic algorithm for job-shop scheduling problems using
/// job-based order crossover"), on a permutation with repetition: each job keeps its places from `a` by the toss of a coin; the
/// others fill the gaps in the order of `b`.
///
/// Both parents must hold each of the jobs 0, …, jobs − 1 equally often; `child` must not overlap them. Throws
/// `std::invalid_argument` when the lengths differ. Called with containers, the gene is named: `job_order_crossover<G>(…)`.
template <std::unsigned_integral G>
void job_order_crossover(std::span<const G> a, std::span<const G> b, std::span<G> child, std::size_t jobs, Rng& rng,
                         PrecedenceScratch& scratch) {
  detail::keep_by_coins(jobs, rng, scratch);
  detail::keep_places(a, b, child, scratch);
}

/// Precedence operation crossover, POX (Zhang, Rao, Li 2008, "An effective hybrid genetic algorithm for the job shop scheduling
/// problem"; first Zhang 2005): as `job_order_crossover`, but the jobs that keep their places are a random set whose size is drawn
/// first, from 1 to jobs − 1, so that one job alone is as likely as half of them.
template <std::unsigned_integral G>
void precedence_order_crossover(std::span<const G> a, std::span<const G> b, std::span<G> child, std::size_t jobs, Rng& rng,
                                PrecedenceScratch& scratch) {
  detail::keep_subset(jobs, rng, scratch);
  detail::keep_places(a, b, child, scratch);
}

/// Precedence preservative crossover, PPX (Bierwirth, Mattfeld, Kopfer 1996, "On permutation representations for scheduling
/// problems"): place by place a coin says which parent gives its leftmost operation that the child does not have yet; whatever
/// precedes in both parents therefore precedes in the child. Else as `job_order_crossover`.
template <std::unsigned_integral G>
void precedence_preservative_crossover(std::span<const G> a, std::span<const G> b, std::span<G> child, std::size_t jobs, Rng& rng,
                                       PrecedenceScratch& scratch) {
  detail::check_lengths(a.size(), b.size(), child.size());
  scratch.taken.assign(3 * jobs, 0);
  std::uint32_t* const taken = scratch.taken.data();
  const G* const parent[2] = {a.data(), b.data()};
  std::uint32_t* const passed[2] = {taken + jobs, taken + 2 * jobs};
  std::size_t read[2] = {0, 0};
  std::uint64_t coins = 0;
  for (std::size_t i = 0; i < child.size(); ++i) {
    if (i % 64 == 0) coins = rng();
    const std::size_t side = coins & 1U;
    coins >>= 1U;
    G gene = parent[side][read[side]++];
    while (passed[side][gene] < taken[gene]) {  // this operation came from the other parent already
      ++passed[side][gene];
      gene = parent[side][read[side]++];
    }
    ++passed[side][gene];
    ++taken[gene];
    child[i] = gene;
  }
}

}  // namespace kilter::genetic
