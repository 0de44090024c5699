#pragma once
/// @file
/// Path relinking: walks from one genome toward another, step by step, and stops on the way.

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/rng.hpp"
#include "kilter/genetic/operators.hpp"
#include "kilter/genetic/population.hpp"
#include "kilter/genetic/problem.hpp"

namespace kilter::genetic {

/// One step of an order toward `guide` by an exchange: a random place that differs gets the guide's gene, which comes from another
/// place that differs. Works for permutations with and without repetition that hold the same genes; false when they are equal.
/// Each step settles at least one place, so at most n − 1 are needed. O(n).
template <class G>
bool swap_toward(std::span<G> genome, std::span<const G> guide, Rng& rng) {
  const std::size_t n = genome.size();
  if (n == 0) return false;
  std::size_t i = rng.index(n);
  for (std::size_t tries = 0; detail::same_gene(genome[i], guide[i]); ++tries) {
    if (tries == n) return false;
    if (++i == n) i = 0;
  }
  for (std::size_t k = 1; k < n; ++k) {
    const std::size_t j = i + k < n ? i + k : i + k - n;
    if (detail::same_gene(genome[j], guide[i]) && !detail::same_gene(genome[j], guide[j])) {
      std::swap(genome[i], genome[j]);
      return true;
    }
  }
  return false;  // the two do not hold the same genes
}

/// One step of a vector toward `guide`: a random gene that differs is copied; false when they are equal. O(n).
template <class G>
bool copy_toward(std::span<G> genome, std::span<const G> guide, Rng& rng) {
  const std::size_t n = genome.size();
  if (n == 0) return false;
  std::size_t i = rng.index(n);
  for (std::size_t tries = 0; detail::same_gene(genome[i], guide[i]); ++tries) {
    if (tries == n) return false;
    if (++i == n) i = 0;
  }
  genome[i] = guide[i];
  return true;
}

/// Overwrites `child` with a genome on a random path from `from` to `guide`, at a step drawn uniformly between a fifth and four
/// fifths of the path, and returns the length of the path in steps: near to neither end, as Peng, Lü, Cheng 2015 ("A tabu
/// search/path relinking algorithm to solve the job shop scheduling problem", section 2.5) choose theirs. Paths of fewer than two
/// steps give `from`. The path is walked twice, once to measure it. At most 4 n steps are taken.
template <class P>
std::size_t relink(const Operators<P>& operators, std::span<const GeneOf<P>> from, std::span<const GeneOf<P>> guide,
                   std::span<GeneOf<P>> child, Rng& rng) requires detail::approaches<P> {
  const Rng path = rng.split(rng());
  const std::size_t limit = 4 * from.size();
  std::copy(from.begin(), from.end(), child.begin());
  Rng walk = path;
  std::size_t length = 0;
  while (length < limit && operators.approach(child, guide, walk)) ++length;
  std::copy(from.begin(), from.end(), child.begin());
  if (length < 2) return length;
  const std::size_t margin = std::max<std::size_t>(1, length / 5);
  const std::size_t stop = margin + rng.index(length - 2 * margin + 1);
  walk = path;
  for (std::size_t k = 0; k < stop; ++k) operators.approach(child, guide, walk);
  return length;
}

/// What `best_on_path` found: the best genome strictly between the two ends, and how many steps it is from the first.
template <class Gene>
struct [[nodiscard]] Relinked {
  std::vector<Gene> genome{};
  Evaluation evaluation{};
  std::size_t step = 0;         ///< 0: there is nothing between the ends, and `genome` is the first of them
  std::size_t evaluations = 0;  ///< calls of `cost`
};

/// Walks from `from` to `guide`, evaluates each genome on the way and returns the best (Glover 1997, "Tabu search and adaptive
/// memory programming"; Glover, Laguna, Martí 2000, "Fundamentals of scatter search and path relinking"). At most 4 n steps, each
/// with one evaluation. Throws `std::invalid_argument` unless both have the problem's genome size.
template <Problem P>
Relinked<GeneOf<P>> best_on_path(const P& problem, std::span<const GeneOf<P>> from, std::span<const GeneOf<P>> guide,
                                 Rng rng) requires detail::approaches<P> {
  require(from.size() == genome_size(problem), "from", from.size(), "must have the problem's genome size");
  require(guide.size() == from.size(), "guide", guide.size(), "must have the problem's genome size");
  auto scratch = make_scratch(problem);
  const Operators<P> operators(problem, scratch);
  Relinked<GeneOf<P>> out;
  out.genome.assign(from.begin(), from.end());
  std::vector<GeneOf<P>> at = out.genome;
  for (std::size_t step = 1; step <= 4 * from.size() && operators.approach(at, guide, rng); ++step) {
    if (detail::same_genome(std::span<const GeneOf<P>>(at), guide)) break;
    const Evaluation e = operators.evaluate(at);
    ++out.evaluations;
    if (out.step != 0 && !better(e, out.evaluation)) continue;
    out.genome = at;
    out.evaluation = e;
    out.step = step;
  }
  if (out.step == 0) out.evaluation = operators.evaluate(from), ++out.evaluations;
  return out;
}

}  // namespace kilter::genetic
