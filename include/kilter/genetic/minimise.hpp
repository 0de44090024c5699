#pragma once
/// @file
/// `minimise`: a generational genetic algorithm with elites over any `Problem`, the same at any number of threads.

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/executor.hpp"
#include "kilter/core/progress.hpp"
#include "kilter/core/rng.hpp"
#include "kilter/core/status.hpp"
#include "kilter/genetic/problem.hpp"

namespace kilter::genetic {

/// How `minimise` searches. `population` ≥ 1, `elite` < `population`, `tournament` ≥ 1, rates in [0, 1].
struct Options {
  std::size_t population = 64;
  std::size_t generations = 100;
  std::size_t elite = 2;        ///< how many of the best pass into the next generation unchanged
  std::size_t tournament = 3;   ///< a parent is the best of so many drawn uniformly
  double crossover_rate = 0.9;  ///< how often a child has two parents; else it is a copy of one
  double mutation_rate = 0.2;   ///< how often a child is mutated
  std::uint64_t seed = 1;
  std::size_t stall_generations = 0;  ///< end after so many generations without a better best; 0: never
  Budget budget{};                    ///< looked at before each evaluation; a generation cut short is dropped
  double target = -std::numeric_limits<double>::infinity();  ///< end as soon as the best cost is at or below this
};

/// What `minimise` found. `status` is `feasible` when it ended on its own terms (generations, stall, target), else `time_limit` or
/// `cancelled`. `population` is the last one, best first: the next call can start from it.
template <class Genome>
struct [[nodiscard]] Result {
  Status status = Status::feasible;
  Genome best{};
  double cost = std::numeric_limits<double>::infinity();
  std::size_t generations = 0;
  std::size_t evaluations = 0;  ///< calls of `cost`; a child equal to a parent is not evaluated again
  std::vector<Genome> population{};
};

namespace detail {

inline void check(const Options& o) {
  require(o.population > 0, "population", o.population, "must be positive");
  require(o.elite < o.population, "elite", o.elite, "must be below the population");
  require(o.tournament > 0, "tournament", o.tournament, "must be positive");
  require(o.crossover_rate >= 0 && o.crossover_rate <= 1, "crossover_rate", o.crossover_rate, "must lie in [0, 1]");
  require(o.mutation_rate >= 0 && o.mutation_rate <= 1, "mutation_rate", o.mutation_rate, "must lie in [0, 1]");
}

/// The two populations and the work on them. Each individual of each generation has a random stream of its own and reads only the
/// generation before, so neither the order of the work nor the cut into lanes matters.
template <Problem P, Executor Ex>
class Evolution {
 public:
  using Genome = typename P::Genome;

  Evolution(const P& problem, const Options& options, const Ex& executor)
      : problem_(problem), options_(options), executor_(executor), clock_(options.budget), root_(options.seed) {
    const std::size_t count = std::same_as<Ex, Inline> ? 1 : std::min<std::size_t>(options.population, 16);
    for (std::size_t i = 0; i < count; ++i) lanes_.push_back({detail::make_workspace(problem)});
    costs_.assign(options.population, std::numeric_limits<double>::infinity());
    next_costs_ = costs_;
    rank_.resize(options.population);
  }

  [[nodiscard]] Status check_budget() const { return clock_.check(); }
  [[nodiscard]] double best_cost() const { return best_cost_; }

  /// Makes and evaluates the first generation; false when it was cut short. The first genome is always evaluated.
  bool begin(std::span<const Genome> start) {
    population_.resize(options_.population);
    std::vector<char> done(options_.population, 0);
    const bool whole = for_each(true, [&](std::size_t i, Lane& lane) {
      Rng rng = root_.split(i);
      population_[i] = i < start.size() ? start[i] : Genome(problem_.random(rng));
      finish(population_[i], costs_[i], rng, lane);
      done[i] = 1;
    });
    if (!whole) keep(done);
    next_ = population_;
    note_best();
    return whole;
  }

  /// One generation on; false when it was cut short and therefore dropped.
  bool advance(std::size_t generation) {
    rank(options_.elite);
    const bool whole = for_each(false, [&](std::size_t i, Lane& lane) {
      if (i < options_.elite) {
        next_[i] = population_[rank_[i]];
        next_costs_[i] = costs_[rank_[i]];
      } else {
        breed(i, root_.split(generation * options_.population + i), lane);
      }
    });
    if (!whole) return false;
    population_.swap(next_);
    costs_.swap(next_costs_);
    return true;
  }

  /// True when the population holds a better genome than any before it.
  bool note_best() {
    const auto i = static_cast<std::size_t>(std::min_element(costs_.begin(), costs_.end()) - costs_.begin());
    const bool better = costs_[i] < best_cost_;
    if (better || !has_best_) {
      best_ = population_[i];
      best_cost_ = costs_[i];
      has_best_ = true;
    }
    return better;
  }

  Result<Genome> result(Status status, std::size_t generations) {
    Result<Genome> out{status, std::move(best_), best_cost_, generations, 0, {}};
    for (const Lane& lane : lanes_) out.evaluations += lane.evaluations;
    rank(population_.size());
    for (std::size_t i = 0; i < population_.size(); ++i) out.population.push_back(std::move(population_[rank_[i]]));
    return out;
  }

 private:
  struct Lane {
    Workspace<P> workspace;
    std::size_t evaluations = 0;
    bool cut = false;
  };

  /// Calls `f(i, lane)` for each individual, a block of them per lane; false when the budget ended it.
  template <class F>
  bool for_each(bool always_first, F&& f) {
    const std::size_t n = options_.population;
    executor_.for_each_index(lanes_.size(), [&](std::size_t l) {
      Lane& lane = lanes_[l];
      const std::size_t last = n * (l + 1) / lanes_.size();
      for (std::size_t i = n * l / lanes_.size(); i < last; ++i) {
        lane.cut = !(always_first && i == 0) && clock_.check() != Status::feasible;
        if (lane.cut) return;
        f(i, lane);
      }
    });
    return std::none_of(lanes_.begin(), lanes_.end(), [](const Lane& lane) { return lane.cut; });
  }

  void breed(std::size_t i, Rng rng, Lane& lane) {
    const std::size_t a = select(rng);
    std::size_t b = a;
    Genome& child = next_[i];
    if (rng.bernoulli(options_.crossover_rate)) {
      b = select(rng);
      detail::crossover(problem_, population_[a], population_[b], child, rng, lane.workspace);
    } else {
      child = population_[a];
    }
    if (rng.bernoulli(options_.mutation_rate)) detail::mutate(problem_, child, rng, lane.workspace);
    if (inherits(child, a, next_costs_[i]) || inherits(child, b, next_costs_[i])) return;
    finish(child, next_costs_[i], rng, lane);
  }

  /// Takes the parent's cost over when the child is the parent again.
  bool inherits(const Genome& child, std::size_t parent, double& cost) const {
    if constexpr (std::equality_comparable<Genome>) {
      if (child == population_[parent]) {
        cost = costs_[parent];
        return true;
      }
    }
    return false;
  }

  void finish(Genome& genome, double& cost, Rng& rng, Lane& lane) {
    detail::improve(problem_, genome, rng, lane.workspace);
    cost = detail::cost(problem_, genome, lane.workspace);
    if (std::isnan(cost)) cost = std::numeric_limits<double>::infinity();
    ++lane.evaluations;
  }

  std::size_t select(Rng& rng) const {
    std::size_t best = rng.index(population_.size());
    for (std::size_t k = 1; k < options_.tournament; ++k) {
      const std::size_t other = rng.index(population_.size());
      if (costs_[other] < costs_[best]) best = other;
    }
    return best;
  }

  /// The best `count` individuals in front of `rank_`, equal ones by index.
  void rank(std::size_t count) {
    rank_.resize(population_.size());
    std::iota(rank_.begin(), rank_.end(), std::size_t{0});
    std::partial_sort(rank_.begin(), rank_.begin() + static_cast<std::ptrdiff_t>(std::min(count, rank_.size())), rank_.end(),
                      [this](std::size_t a, std::size_t b) { return costs_[a] != costs_[b] ? costs_[a] < costs_[b] : a < b; });
  }

  /// Drops the genomes that the budget did not allow to evaluate.
  void keep(const std::vector<char>& done) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < done.size(); ++i) {
      if (done[i] == 0) continue;
      if (kept != i) population_[kept] = std::move(population_[i]);
      costs_[kept++] = costs_[i];
    }
    population_.resize(kept);
    costs_.resize(kept);
  }

  const P& problem_;
  const Options& options_;
  const Ex& executor_;
  Stopwatch clock_;
  Rng root_;
  std::vector<Lane> lanes_;
  std::vector<Genome> population_, next_;
  std::vector<double> costs_, next_costs_;
  std::vector<std::size_t> rank_;
  Genome best_{};
  double best_cost_ = std::numeric_limits<double>::infinity();
  bool has_best_ = false;
};

}  // namespace detail

/// Searches for a genome of least cost: tournament selection, crossover, mutation, local search where the problem has one, and
/// elites that pass unchanged (a generational algorithm after Goldberg 1989, "Genetic Algorithms in Search, Optimization and
/// Machine Learning").
///
/// `start` gives the first genomes of the first generation (those beyond `population` are left out); the rest is random. The result
/// depends on problem, options and start alone, not on the executor, unless the budget ends the search. Nothing is allocated in a
/// generation but by the problem itself. The observer sees the number of generations done and the best cost, before each generation
/// and at the end. Throws `std::invalid_argument` for options out of range.
template <Problem P, Executor Ex = Inline, Observer O = Silent>
Result<typename P::Genome> minimise(const P& problem, const Options& options = {}, std::span<const typename P::Genome> start = {},
                                    const Ex& executor = {}, O&& observer = {}) {
  detail::check(options);
  detail::Evolution<P, Ex> evolution(problem, options, executor);
  std::size_t generation = 0, stalled = 0;
  bool whole = evolution.begin(start);
  observer(Progress{generation, evolution.best_cost(), 0});
  while (whole && generation < options.generations && evolution.best_cost() > options.target) {
    if (options.stall_generations != 0 && stalled >= options.stall_generations) break;
    whole = evolution.advance(generation + 1);
    if (!whole) break;
    ++generation;
    stalled = evolution.note_best() ? 0 : stalled + 1;
    observer(Progress{generation, evolution.best_cost(), 0});
  }
  return evolution.result(whole ? Status::feasible : evolution.check_budget(), generation);
}

}  // namespace kilter::genetic
