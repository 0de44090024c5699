#pragma once
/// @file
/// Who lives on: generational with elites, steady state, crowding. (By diversity: see diversity.hpp.)

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "kilter/genetic/breeding.hpp"
#include "kilter/genetic/operators.hpp"
#include "kilter/genetic/population.hpp"
#include "kilter/genetic/problem.hpp"

namespace kilter::genetic {

/// True when some member of `population` is the same genome as row `j` of `children`. O(n): genomes are compared only where they
/// are worth the same.
template <class G>
[[nodiscard]] bool has_clone(const Population<G>& population, const Population<G>& children, std::size_t j) {
  const auto worth = population.evaluations();
  const double cost = children.cost(j);
  constexpr std::size_t block = 16;  // looked at without a branch between them
  for (std::size_t first = 0; first < worth.size(); first += block) {
    const std::size_t last = std::min(first + block, worth.size());
    unsigned hits = 0;
    for (std::size_t i = first; i < last; ++i) hits += worth[i].cost == cost ? 1U : 0U;
    for (std::size_t i = first; hits != 0 && i < last; ++i) {
      if (worth[i] == children[j] && population.same(i, children, j)) return true;
    }
  }
  return false;
}

/// Generational survival (Holland 1975; elites: De Jong 1975): the rows `elite`, …, size − 1 of `children` with the first `elite`
/// of `order` in front become the population. O(elite) copies and a swap.
template <class G>
void replace_generation(Population<G>& population, Population<G>& children, std::span<const std::size_t> order, std::size_t elite) {
  for (std::size_t i = 0; i < elite; ++i) children.copy(i, population, order[i]);
  population.swap(children);
}

/// Steady-state survival (Whitley 1989, "The GENITOR algorithm"): each child in turn replaces the worst unless it is worse than
/// that one or a clone of a member. O(log n + n) per child, no genome moves.
class SteadyState {
 public:
  /// `lineage[j].copied` children are clones of a parent and are passed over.
  template <class G>
  void operator()(Population<G>& population, const Population<G>& children, std::span<const Lineage> lineage) {
    const auto before = [&](std::size_t a, std::size_t b) { return ranks_before(population, a, b); };
    rank(population, 0, heap_);
    std::make_heap(heap_.begin(), heap_.end(), before);  // the worst on top
    for (std::size_t j = 0; j < lineage.size(); ++j) {
      const std::size_t worst = heap_.front();
      if (lineage[j].copied || better(population[worst], children[j]) || has_clone(population, children, j)) continue;
      std::pop_heap(heap_.begin(), heap_.end(), before);
      population.copy(worst, children, j);
      std::push_heap(heap_.begin(), heap_.end(), before);
    }
  }

 private:
  std::vector<std::size_t> heap_;
};

/// Crowding (Mahfoud 1995, "Niching methods for genetic algorithms", deterministic crowding): each child in turn competes with the
/// nearer of its two parents and takes its place unless it is worse, or a clone of a member. Equally good ones are let in so that
/// plateaus are crossed.
template <Breedable P>
void crowd(const P& problem, Population<GeneOf<P>>& population, const Population<GeneOf<P>>& children,
           std::span<const Lineage> lineage) {
  for (std::size_t j = 0; j < lineage.size(); ++j) {
    const Lineage& from = lineage[j];
    if (from.copied) continue;
    std::size_t place = from.mother;
    if (from.father != from.mother) {
      const double mother = distance(problem, population.row(from.mother), children.row(j));
      const double father = distance(problem, population.row(from.father), children.row(j));
      if (father < mother) place = from.father;
    }
    if (!better(population[place], children[j]) && !has_clone(population, children, j)) population.copy(place, children, j);
  }
}

}  // namespace kilter::genetic
