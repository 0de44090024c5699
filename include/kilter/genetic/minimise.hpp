#pragma once
/// @file
/// `minimise`: the front door of the engine, one call from a problem to its best genome.

#include <cstddef>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "kilter/core/executor.hpp"
#include "kilter/core/progress.hpp"
#include "kilter/core/status.hpp"
#include "kilter/genetic/evolution.hpp"
#include "kilter/genetic/island.hpp"
#include "kilter/genetic/options.hpp"
#include "kilter/genetic/problem.hpp"
#include "kilter/genetic/stop.hpp"

namespace kilter::genetic {

/// The criteria that `options` name.
[[nodiscard]] inline auto criteria(const Options& options) {
  constexpr auto all = ~std::size_t{0};
  return any_of(Target{options.target}, Generations{options.generations},
                Evaluations{options.evaluations == 0 ? all : options.evaluations}, Stall{options.stall_generations});
}

/// Lets an `Evolution` or `Archipelago` that has begun go on until `stop` ends it or the budget does, and says how it ended. The
/// observer sees the number of generations done and the best cost, before each generation (with islands: each migration) and at the
/// end.
template <class E, StopCriterion S, Executor Ex = Inline, Observer O = Silent>
Status run(E& evolution, S stop, const Ex& executor = {}, O&& observer = {}) {
  while (true) {
    const SearchState state = evolution.search();
    observer(Progress{state.generation, state.best, 0});
    if (const std::optional<Status> ended = stop(state)) return *ended;
    if (!evolution.advance(executor)) return evolution.check_budget();
  }
}

namespace detail {

template <class E, class Genome, class S, class Ex, class O>
auto search(E& evolution, std::span<const Genome> start, S stop, const Ex& executor, O& observer) {
  if (!evolution.begin(start, executor)) {
    observer(Progress{0, evolution.search().best, 0});
    return evolution.result(evolution.check_budget());
  }
  return evolution.result(run(evolution, std::move(stop), executor, observer));
}

}  // namespace detail

/// Searches for a genome of least cost: selection, crossover, mutation, local search where the problem has one, and survival as the
/// options say; by default a generational algorithm with elites after Goldberg 1989, "Genetic Algorithms in Search, Optimization
/// and Machine Learning". A genome with less violation is always better.
///
/// `start` gives the first genomes of the first generation (those beyond `population` are left out); the rest is random. The result
/// depends on problem, options and start alone, not on the executor, unless the budget or `stop` ends the search by the clock.
/// Nothing is allocated in a generation but by the problem and the executor. With `islands` > 1 the executor runs islands, else the
/// children of a generation. The observer sees the number of generations done and the best cost, before each generation (with
/// islands: each migration) and at the end. `stop` is asked as often, besides the criteria in the options. Throws
/// `std::invalid_argument` for options out of range and for start genomes of the wrong size.
template <Problem P, Executor Ex = Inline, Observer O = Silent, StopCriterion S = Never>
Result<GeneOf<P>> minimise(const P& problem, const Options& options = {}, std::span<const std::vector<GeneOf<P>>> start = {},
                           const Ex& executor = {}, O&& observer = {}, S stop = {}) {
  check(options);
  if (options.islands > 1) {
    Archipelago<P> archipelago(problem, options);
    return detail::search(archipelago, start, any_of(std::move(stop), criteria(options)), executor, observer);
  }
  Evolution<P> evolution(problem, options);
  return detail::search(evolution, start, any_of(std::move(stop), criteria(options)), executor, observer);
}

}  // namespace kilter::genetic
