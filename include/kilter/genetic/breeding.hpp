#pragma once
/// @file
/// How one child is made: crossover or path relinking of two parents, mutation, repair, local search, evaluation.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "kilter/core/rng.hpp"
#include "kilter/genetic/adaptive.hpp"
#include "kilter/genetic/operators.hpp"
#include "kilter/genetic/options.hpp"
#include "kilter/genetic/path_relinking.hpp"
#include "kilter/genetic/population.hpp"

namespace kilter::genetic {

/// Where a child comes from.
struct Lineage {
  static constexpr std::uint16_t none = 0xffff;
  std::uint32_t mother = 0, father = 0;  ///< rows of the population; the same where the child is a copy of one
  std::uint16_t crossover = none;        ///< the number of the crossover used
  std::uint16_t mutation = none;         ///< the number of the mutation used
  bool copied = false;                   ///< the child is one of its parents again, and was not evaluated
};

/// What a breeder reads: the parents' generation and the settings. All of it stays as it is while children are made.
template <Breedable P>
struct Nursery {
  const P& problem;
  const Options& options;
  const Population<GeneOf<P>>& parents;
  const OperatorRates& crossovers;
  const OperatorRates& mutations;
};

namespace detail {

/// Repairs, improves and evaluates a new genome.
template <Problem P>
Evaluation settle(const Operators<P>& operators, const Options& options, std::span<GeneOf<P>> genome, Rng& rng) {
  if (options.repair_rate >= 1 || rng.bernoulli(options.repair_rate)) operators.repair(genome, rng);
  operators.improve(genome, rng);
  return operators.evaluate(genome);
}

template <Problem P>
void join(const Nursery<P>& nursery, const Operators<P>& operators, std::span<GeneOf<P>> child, Lineage& lineage, Rng& rng) {
  const auto mother = nursery.parents.row(lineage.mother), father = nursery.parents.row(lineage.father);
  if constexpr (approaches<P>) {
    if (nursery.options.relinking_rate > 0 && rng.bernoulli(nursery.options.relinking_rate)) {
      relink(operators, mother, father, child, rng);
      return;
    }
  }
  const std::size_t k = nursery.crossovers.choose(rng);
  lineage.crossover = static_cast<std::uint16_t>(k);
  operators.crossover(k, mother, father, child, rng);
}

/// Makes row `i` of `children`; `select(rng)` draws a parent. True when it had to be evaluated.
template <Problem P, class Select>
bool breed(const Nursery<P>& nursery, const Operators<P>& operators, const Select& select, Population<GeneOf<P>>& children,
           std::size_t i, Lineage& lineage, Rng rng) {
  lineage = {};
  lineage.mother = lineage.father = static_cast<std::uint32_t>(select(rng));
  const auto child = children.row(i);
  if (rng.bernoulli(nursery.options.crossover_rate)) {
    lineage.father = static_cast<std::uint32_t>(select(rng));
    join(nursery, operators, child, lineage, rng);
  } else {
    const auto mother = nursery.parents.row(lineage.mother);
    std::copy(mother.begin(), mother.end(), child.begin());
  }
  if (rng.bernoulli(nursery.options.mutation_rate)) {
    const std::size_t k = nursery.mutations.choose(rng);
    lineage.mutation = static_cast<std::uint16_t>(k);
    operators.mutate(k, child, rng);
  }
  for (const std::uint32_t parent : {lineage.mother, lineage.father}) {
    if (!children.same(i, nursery.parents, parent)) continue;
    lineage.copied = true;
    children[i] = nursery.parents[parent];
    return false;
  }
  children[i] = settle(operators, nursery.options, child, rng);
  return true;
}

}  // namespace detail

}  // namespace kilter::genetic
