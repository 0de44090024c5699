#pragma once
/// @file
/// `GeneticScheduler`: searches orders and modes of tasks, begun from list rules and from the last call's order.

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
#include "kilter/schedule/backfill.hpp"
#include "kilter/schedule/check.hpp"
#include "kilter/schedule/decode.hpp"
#include "kilter/schedule/descent.hpp"
#include "kilter/schedule/list.hpp"
#include "kilter/schedule/problem.hpp"
#include "kilter/schedule/schedule.hpp"

namespace kilter::schedule {

/// The order `before` of an earlier problem carried over to a later one by `Task::id`: tasks known from then keep their relative
/// order, the new ones follow by release. O(n log n). Throws `std::invalid_argument` unless `order` is a permutation of the earlier
/// tasks.
[[nodiscard]] inline Order carry_over(const Problem& before, std::span<const std::uint32_t> order, const Problem& now) {
  require(order.size() == before.tasks.size() && genetic::is_permutation(order), "order", order.size(), "must hold each task once");
  std::unordered_map<std::size_t, std::size_t> rank;
  for (std::size_t i = 0; i < order.size(); ++i) rank.emplace(before.tasks[order[i]].id, i);
  const auto key = [&](std::uint32_t i) {
    const auto found = rank.find(now.tasks[i].id);
    return found == rank.end() ? order.size() : found->second;
  };
  Order out = order_by(now, Rule::fifo);
  std::stable_sort(out.begin(), out.end(), [&](std::uint32_t a, std::uint32_t b) { return key(a) < key(b); });
  return out;
}

/// Whether the modes of tasks are searched beside their order.
enum class ModeGenes : std::uint8_t {
  automatic,  ///< where some task has several modes and there are predecessors, reservoirs or a price of the makespan
  off,        ///< the decoder takes the mode of least own cost
  on,         ///< where some task has several modes
};

/// A genetic search over the orders that the `Decoder` turns into schedules, after the activity lists of Hartmann (1998, "A
/// competitive genetic algorithm for resource-constrained project scheduling"), with linear order crossover, begun from the list
/// rules, from the order of EASY backfilling and from given orders, and ended by a descent from the best order; where there are
/// predecessors each order is improved forward and backward (`justify`). With mode genes
/// after the same author's mode assignments (2001, "Project scheduling with multiple modes: a genetic algorithm").
///
/// Never worse than the decoded list rules, EASY backfilling and the given orders, unless the budget ends it while they are looked
/// at. Up to six tasks are searched whole where the decoder chooses the modes. Ends at once when the lower bound is met: then
/// `status` is `optimal`.
struct GeneticScheduler {
  /// `population` is raised where there are more orders to begin from; `target` is raised to the lower bound.
  genetic::Options options{.population = 24, .generations = 25, .tournament = 2, .mutation_rate = 0.5, .stall_generations = 10};
  double improvement = 0.25;   ///< decodes spent on the final descent, as a share of those spent before it; ≥ 0
  std::size_t lookahead = 64;  ///< as `DecodeOptions::lookahead`
  ModeGenes modes = ModeGenes::automatic;

  /// The best schedule found; `order` in it starts the next call. `start` holds permutations of the tasks. `status` is `optimal`,
  /// `feasible`, `infeasible`, `time_limit` or `cancelled`. The same at any number of threads. The observer is shown the
  /// generations of the search with USD as `best` and `bound` 0. Throws `std::invalid_argument` for an invalid problem, options or
  /// start.
  template <Executor Ex = Inline, Observer O = Silent>
  Schedule schedule(const Problem& problem, std::span<const Order> start = {}, const Ex& executor = {}, O&& observer = {}) const {
    check_arguments(problem, start);
    const Stopwatch clock(options.budget);
    const Decoder decoder(problem, {.lookahead = lookahead});
    const std::vector<std::uint32_t> mode_counts = counts_of_modes(problem);
    const detail::OrderProblem search{decoder, mode_counts, decoder.model().has_precedence()};
    const double target = std::max(options.target, decoder.least_cost());
    detail::Incumbent best{begin_with(order_by(problem, Rule::fifo), search)};
    auto workspace = search.make_workspace();
    best.cost = search.cost(best.genome, workspace);
    best.evaluations = 1;
    Schedule easy;
    if (decoder.size() > 1 && best.cost > target) {
      easy = EasyScheduler{}.schedule(problem);
      if (decoder.size() <= small && mode_counts.empty()) {
        detail::try_all_orders(search, target, clock, best);
      } else {
        evolve(search, begin(problem, start, easy, search), target, best, executor, observer);
        if (best.status == Status::feasible) {
          const auto moves = static_cast<std::size_t>(improvement * static_cast<double>(best.evaluations));
          detail::descend(search, moves, Rng{options.seed}.split(~std::uint64_t{0}), target, clock, best);
        }
      }
    }
    return finish(problem, search, best, std::move(easy));
  }

 private:
  static constexpr std::size_t small = 6;

  void check_arguments(const Problem& problem, std::span<const Order> start) const {
    check(problem);
    genetic::check(options);
    require(improvement >= 0 && improvement <= 1e6, "improvement", improvement, "must lie in [0, 1e6]");
    for (const Order& order : start) {
      require(order.size() == problem.tasks.size(), "start", order.size(), "must have one entry per task");
      require(genetic::is_permutation(order), "start", order.size(), "must hold each task once");
    }
  }

  /// By task, or nothing where modes are left to the decoder.
  [[nodiscard]] std::vector<std::uint32_t> counts_of_modes(const Problem& problem) const {
    std::vector<std::uint32_t> counts;
    bool several = false, entangled = !problem.reservoirs.empty() || problem.objective.makespan.base() > 0;
    for (const Task& task : problem.tasks) {
      counts.push_back(static_cast<std::uint32_t>(task.modes.size()));
      several = several || task.modes.size() > 1;
      entangled = entangled || !task.predecessors.empty();
    }
    const bool wanted = modes == ModeGenes::on || (modes == ModeGenes::automatic && entangled);
    if (!several || !wanted) counts.clear();
    return counts;
  }

  /// The order, and any mode for each task.
  [[nodiscard]] static std::vector<std::uint32_t> begin_with(Order order, const detail::OrderProblem& search) {
    order.resize(search.genome_size(), 0);
    return order;
  }

  /// What the first generation begins with: list rules, EASY, and what the user gave.
  [[nodiscard]] static std::vector<std::vector<std::uint32_t>> begin(const Problem& problem, std::span<const Order> start,
                                                                     const Schedule& easy, const detail::OrderProblem& search) {
    std::vector<std::vector<std::uint32_t>> out;
    for (const Rule rule : rules) out.push_back(begin_with(order_by(problem, rule), search));
    out.push_back(begin_with(easy.order, search));
    for (const Order& order : start) out.push_back(begin_with(order, search));
    return out;
  }

  template <Executor Ex, Observer O>
  void evolve(const detail::OrderProblem& problem, const std::vector<std::vector<std::uint32_t>>& start, double target,
              detail::Incumbent& best, const Ex& executor, O& observer) const {
    genetic::Options search = options;
    search.population = std::max(search.population, start.size());
    search.target = target;
    auto found = genetic::minimise(problem, search, start, executor, observer);
    best.evaluations += found.evaluations;
    best.status = found.status;
    if (found.cost < best.cost) {
      best.genome = std::move(found.best);
      best.cost = found.cost;
    }
  }

  [[nodiscard]] static Schedule finish(const Problem& problem, const detail::OrderProblem& search, const detail::Incumbent& best,
                                       Schedule easy) {
    const std::span<const std::uint32_t> genome(best.genome);
    auto workspace = search.decoder.make_workspace();
    Schedule out = decode(problem, search.decoder, genome.first(search.tasks()), genome.subspan(search.tasks()), workspace);
    if (!easy.assignments.empty() && better(easy, out)) {
      easy.bound = out.bound;
      out = std::move(easy);
    }
    out.evaluations = best.evaluations;
    const double cost = out.measures.total.base() + search.decoder.penalty() * static_cast<double>(out.measures.unplaced);
    out.status = cost <= search.decoder.least_cost() ? Status::optimal : best.status;
    if (search.decoder.infeasible() && ok(out.status)) out.status = Status::infeasible;
    return out;
  }
};

}  // namespace kilter::schedule
