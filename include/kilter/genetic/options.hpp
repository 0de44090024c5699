#pragma once
/// @file
/// How the engine searches, and what it returns.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/progress.hpp"
#include "kilter/core/status.hpp"

namespace kilter::genetic {

/// How parents are drawn.
enum class Selection : std::uint8_t {
  tournament,  ///< the best of `Options::tournament` drawn uniformly
  rank,        ///< linear ranking with `Options::rank_pressure`
};

/// Who lives on.
enum class Survival : std::uint8_t {
  generational,  ///< the children replace all but `Options::elite` of the best
  steady_state,  ///< each child replaces the worst when it is not worse; clones are refused
  crowding,      ///< each child replaces the parent nearest to it when it is not worse; clones are refused
  diverse,       ///< feasible and infeasible subpopulations, biased fitness, adaptive penalty (hybrid genetic search)
};

/// How one of several crossovers or mutations is chosen.
enum class OperatorChoice : std::uint8_t {
  first,     ///< always number 0
  uniform,   ///< each equally often
  matching,  ///< in proportion to its credit
  pursuit,   ///< mostly the one of greatest credit
};

/// The adaptive penalty and biased fitness of `Survival::diverse` (Vidal, Crainic, Gendreau, Lahrichi, Rei 2012, "A hybrid genetic
/// algorithm for multidepot and periodic vehicle routing problems", sections 4.3 and 4.5).
struct DiverseOptions {
  double weight = 1;           ///< of the violation in the penalised cost, at the beginning; > 0
  double target = 0.2;         ///< wanted share of feasible children, in [0, 1]
  double raise = 1.2;          ///< factor of the weight when there are too few; ≥ 1
  double lower = 0.85;         ///< factor of the weight when there are too many; in (0, 1]
  std::size_t interval = 100;  ///< children between changes of the weight; positive
  std::size_t closest = 5;     ///< neighbours in a genome's contribution to diversity; positive
};

/// How `minimise` searches. `population` ≥ 1, `elite` < `population`, `tournament` ≥ 1, rates in [0, 1].
struct Options {
  std::size_t population = 64;
  std::size_t generations = 100;
  std::size_t elite = 2;        ///< how many of the best pass into the next generation unchanged, or are safe from diversity
  std::size_t tournament = 3;   ///< a parent is the best of so many drawn uniformly
  double crossover_rate = 0.9;  ///< how often a child has two parents; else it is a copy of one
  double mutation_rate = 0.2;   ///< how often a child is mutated
  std::uint64_t seed = 1;
  std::size_t stall_generations = 0;  ///< end after so many generations without a better best; 0: never
  Budget budget{};                    ///< looked at before each evaluation; a generation cut short is dropped
  double target = -std::numeric_limits<double>::infinity();  ///< end as soon as a feasible genome's cost is at or below this
  std::size_t evaluations = 0;                               ///< end after the generation in which so many are reached; 0: never
  Selection selection = Selection::tournament;
  double rank_pressure = 1.7;  ///< how many children the best has on average, in (1, 2]
  Survival survival = Survival::generational;
  std::size_t offspring = 0;  ///< children per generation but for `generational`; 0: an eighth of the population (`diverse`: 8/5)
  OperatorChoice operators = OperatorChoice::first;
  double repair_rate = 1;     ///< how often a new genome is repaired, where the problem can
  double relinking_rate = 0;  ///< how often two parents are joined by path relinking instead of a crossover
  DiverseOptions diverse{};
  std::size_t islands = 1;              ///< populations of the above size that evolve side by side
  std::size_t migration_interval = 10;  ///< generations between migrations, and between looks at the criteria of all islands
  std::size_t migrants = 2;             ///< how many of the best go to the next island of the ring; < `population`
};

/// What `minimise` found. `status` is `feasible` when it ended on its own terms (generations, evaluations, stall, target), else
/// `time_limit` or `cancelled`. `population` is the last one, best first: the next call can start from it.
template <class Gene>
struct [[nodiscard]] Result {
  Status status = Status::feasible;
  std::vector<Gene> best{};
  double cost = std::numeric_limits<double>::infinity();
  double violation = 0;
  std::size_t generations = 0;
  std::size_t evaluations = 0;  ///< calls of `cost`; a child equal to a parent is not evaluated again
  std::vector<std::vector<Gene>> population{};
};

/// Throws `std::invalid_argument` naming the first option that is out of range.
inline void check(const Options& o) {
  const auto rate = [](double value, const char* name) { require(value >= 0 && value <= 1, name, value, "must lie in [0, 1]"); };
  require(o.population > 0, "population", o.population, "must be positive");
  require(o.population < std::numeric_limits<std::uint32_t>::max() / 4, "population", o.population, "is too large");
  require(o.elite < o.population, "elite", o.elite, "must be below the population");
  require(o.tournament > 0, "tournament", o.tournament, "must be positive");
  rate(o.crossover_rate, "crossover_rate");
  rate(o.mutation_rate, "mutation_rate");
  rate(o.repair_rate, "repair_rate");
  rate(o.relinking_rate, "relinking_rate");
  require(o.rank_pressure > 1 && o.rank_pressure <= 2, "rank_pressure", o.rank_pressure, "must lie in (1, 2]");
  require(o.offspring < std::numeric_limits<std::uint32_t>::max() / 4, "offspring", o.offspring, "is too large");
  require(o.diverse.weight > 0 && o.diverse.weight < 1e100, "diverse.weight", o.diverse.weight, "must be positive and finite");
  rate(o.diverse.target, "diverse.target");
  require(o.diverse.raise >= 1 && o.diverse.raise < 1e6, "diverse.raise", o.diverse.raise, "must lie in [1, 1e6)");
  require(o.diverse.lower > 0 && o.diverse.lower <= 1, "diverse.lower", o.diverse.lower, "must lie in (0, 1]");
  require(o.diverse.interval > 0, "diverse.interval", o.diverse.interval, "must be positive");
  require(o.diverse.closest > 0, "diverse.closest", o.diverse.closest, "must be positive");
  require(o.islands > 0 && o.islands <= 65536, "islands", o.islands, "must lie in 1 … 65536");
  require(o.migration_interval > 0, "migration_interval", o.migration_interval, "must be positive");
  require(o.islands == 1 || o.migrants < o.population, "migrants", o.migrants, "must be below the population");
}

}  // namespace kilter::genetic
