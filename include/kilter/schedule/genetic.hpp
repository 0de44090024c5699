#pragma once
/// @file
/// `GeneticScheduler`: searches orders of gangs, begun from list rules and from the last call's order.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/executor.hpp"
#include "kilter/core/progress.hpp"
#include "kilter/core/rng.hpp"
#include "kilter/core/status.hpp"
#include "kilter/genetic/minimise.hpp"
#include "kilter/genetic/permutation.hpp"
#include "kilter/schedule/decode.hpp"
#include "kilter/schedule/list.hpp"
#include "kilter/schedule/problem.hpp"
#include "kilter/schedule/schedule.hpp"

namespace kilter::schedule {

using genetic::Permutation;

/// The order `before` of an earlier problem carried over to a later one by `Task::id`: tasks known from then keep their relative
/// order, the new ones follow by release. O(n log n). Throws `std::invalid_argument` unless `order` is a permutation of the earlier
/// tasks.
[[nodiscard]] inline Permutation carry_over(const Problem& before, std::span<const std::uint32_t> order, const Problem& now) {
  require(order.size() == before.tasks.size() && genetic::is_permutation(order), "order", order.size(), "must hold each task once");
  std::unordered_map<std::size_t, std::size_t> rank;
  for (std::size_t i = 0; i < order.size(); ++i) rank.emplace(before.tasks[order[i]].id, i);
  const auto key = [&](std::uint32_t i) {
    const auto found = rank.find(now.tasks[i].id);
    return found == rank.end() ? order.size() : found->second;
  };
  Permutation out = order_by(now, Rule::fifo);
  std::stable_sort(out.begin(), out.end(), [&](std::uint32_t a, std::uint32_t b) { return key(a) < key(b); });
  return out;
}

namespace detail {

/// Orders of gangs as a `genetic::Problem`.
struct OrderProblem {
  using Genome = Permutation;
  struct Workspace {
    Decoder::Workspace decode;
    genetic::PermutationScratch scratch;
  };

  const Decoder& decoder;

  [[nodiscard]] Workspace make_workspace() const { return {decoder.make_workspace(), {}}; }
  [[nodiscard]] Permutation random(Rng& rng) const { return genetic::random_permutation(decoder.size(), rng); }
  [[nodiscard]] double cost(const Permutation& order, Workspace& w) const { return decoder.cost(order, w.decode); }
  void crossover(const Permutation& a, const Permutation& b, Permutation& child, Rng& rng, Workspace& w) const {
    genetic::linear_order_crossover(a, b, child, rng, w.scratch);
  }
  void mutate(Permutation& order, Rng& rng) const {
    if (rng.bernoulli(0.5)) {
      genetic::insert_mutation(order, rng);
    } else {
      genetic::swap_mutation(order, rng);
    }
  }
};

/// The best order so far, what it costs, and what finding it took.
struct Incumbent {
  Permutation order;
  double cost = infinite;
  std::size_t evaluations = 0;
  Status status = Status::feasible;
};

/// All orders of a few tasks, in lexicographic order.
inline void try_all_orders(const Decoder& decoder, double target, const Stopwatch& clock, Incumbent& best) {
  Permutation order = genetic::identity_permutation(decoder.size());
  auto workspace = decoder.make_workspace();
  do {
    best.status = clock.check();
    if (best.status != Status::feasible) return;
    const double cost = decoder.cost(order, workspace);
    ++best.evaluations;
    if (cost < best.cost) {
      best.order = order;
      best.cost = cost;
    }
  } while (best.cost > target && std::next_permutation(order.begin(), order.end()));
}

/// `moves` random insertions and swaps, kept when they do not make the order dearer.
inline void polish(const Decoder& decoder, std::size_t moves, Rng rng, double target, const Stopwatch& clock, Incumbent& best) {
  const OrderProblem problem{decoder};
  auto workspace = decoder.make_workspace();
  Permutation trial;
  for (std::size_t k = 0; k < moves && best.cost > target; ++k) {
    best.status = clock.check();
    if (best.status != Status::feasible) return;
    trial = best.order;
    problem.mutate(trial, rng);
    const double cost = decoder.cost(trial, workspace);
    ++best.evaluations;
    if (cost <= best.cost) {
      best.order.swap(trial);
      best.cost = cost;
    }
  }
}

}  // namespace detail

/// A genetic search over the orders that the `Decoder` turns into schedules, after the activity lists of Hartmann (1998, "A
/// competitive genetic algorithm for resource-constrained project scheduling"), with linear order crossover, begun from the list
/// rules, from the order of EASY backfilling and from given orders, and ended by a descent from the best order.
///
/// Never worse than the decoded list rules, EASY backfilling and the given orders, unless the budget ends it while they are looked
/// at. Up to six tasks are searched whole. Ends at once when the lower bound is met: then `status` is `optimal`.
struct GeneticScheduler {
  /// `population` is raised where there are more orders to begin from; `target` is raised to the lower bound.
  genetic::Options options{.population = 24, .generations = 25, .tournament = 2, .mutation_rate = 0.5, .stall_generations = 10};
  double improvement = 0.25;   ///< decodes spent on the final descent, as a share of those spent before it; ≥ 0
  std::size_t lookahead = 64;  ///< as `DecodeOptions::lookahead`

  /// The best schedule found; `order` in it starts the next call. `start` holds permutations of the tasks. `status` is `optimal`,
  /// `feasible`, `time_limit` or `cancelled`. The same at any number of threads. The observer is shown the generations of the
  /// search with USD as `best` and `bound` 0. Throws `std::invalid_argument` for an invalid problem, options or start.
  template <Executor Ex = Inline, Observer O = Silent>
  Schedule schedule(const Problem& problem, std::span<const Permutation> start = {}, const Ex& executor = {},
                    O&& observer = {}) const {
    check_arguments(problem, start);
    const Stopwatch clock(options.budget);
    const Decoder decoder(problem, {.lookahead = lookahead});
    auto workspace = decoder.make_workspace();
    const double target = std::max(options.target, decoder.least_cost());
    detail::Incumbent best{order_by(problem, Rule::fifo)};
    best.cost = decoder.cost(best.order, workspace);
    best.evaluations = 1;
    Schedule easy;
    if (decoder.size() > 1 && best.cost > target) {
      easy = EasyScheduler{}.schedule(problem);
      if (decoder.size() <= small) {
        detail::try_all_orders(decoder, target, clock, best);
      } else {
        evolve(decoder, begin(problem, start, easy), target, best, executor, observer);
        if (best.status == Status::feasible) {
          const auto moves = static_cast<std::size_t>(improvement * static_cast<double>(best.evaluations));
          detail::polish(decoder, moves, Rng{options.seed}.split(~std::uint64_t{0}), target, clock, best);
        }
      }
    }
    return finish(problem, decoder, best, std::move(easy));
  }

 private:
  static constexpr std::size_t small = 6;

  void check_arguments(const Problem& problem, std::span<const Permutation> start) const {
    check(problem);
    genetic::detail::check(options);
    require(improvement >= 0 && improvement <= 1e6, "improvement", improvement, "must lie in [0, 1e6]");
    for (const Permutation& order : start) {
      require(order.size() == problem.tasks.size(), "start", order.size(), "must have one entry per task");
      require(genetic::is_permutation(order), "start", order.size(), "must hold each task once");
    }
  }

  /// What the first generation begins with: list rules, EASY, and what the user gave.
  [[nodiscard]] static std::vector<Permutation> begin(const Problem& problem, std::span<const Permutation> start,
                                                      const Schedule& easy) {
    std::vector<Permutation> out;
    for (const Rule rule : rules) out.push_back(order_by(problem, rule));
    out.push_back(easy.order);
    out.insert(out.end(), start.begin(), start.end());
    return out;
  }

  template <Executor Ex, Observer O>
  void evolve(const Decoder& decoder, const std::vector<Permutation>& start, double target, detail::Incumbent& best,
              const Ex& executor, O& observer) const {
    genetic::Options search = options;
    search.population = std::max(search.population, start.size());
    search.target = target;
    auto found = genetic::minimise(detail::OrderProblem{decoder}, search, start, executor, observer);
    best.evaluations += found.evaluations;
    best.status = found.status;
    if (found.cost < best.cost) {
      best.order = std::move(found.best);
      best.cost = found.cost;
    }
  }

  [[nodiscard]] static Schedule finish(const Problem& problem, const Decoder& decoder, const detail::Incumbent& best,
                                       Schedule easy) {
    auto workspace = decoder.make_workspace();
    Schedule out = detail::schedule_of(problem, decoder, best.order, workspace);
    if (!easy.assignments.empty() && better(easy, out)) {
      easy.bound = out.bound;
      out = std::move(easy);
    }
    out.evaluations = best.evaluations;
    const double cost = out.total.base() + decoder.penalty() * static_cast<double>(out.unplaced);
    out.status = cost <= decoder.least_cost() ? Status::optimal : best.status;
    return out;
  }
};

}  // namespace kilter::schedule
