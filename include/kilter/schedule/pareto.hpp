#pragma once
/// @file
/// `pareto`: schedules none of which is better than another in every goal: time, energy, cost, carbon.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/executor.hpp"
#include "kilter/core/progress.hpp"
#include "kilter/core/status.hpp"
#include "kilter/genetic/pareto_search.hpp"
#include "kilter/schedule/check.hpp"
#include "kilter/schedule/decode.hpp"
#include "kilter/schedule/descent.hpp"
#include "kilter/schedule/list.hpp"
#include "kilter/schedule/measure.hpp"
#include "kilter/schedule/problem.hpp"
#include "kilter/schedule/schedule.hpp"

namespace kilter::schedule {

/// A measure to be small.
enum class Goal : std::uint8_t { makespan, tardiness, flow, wait, energy, cost, carbon };

/// The measure in its base unit (s, J, USD, g).
[[nodiscard]] inline double value(const Measures& m, Goal goal) {
  switch (goal) {
    case Goal::makespan: return m.makespan.base();
    case Goal::tardiness: return m.tardiness.base();
    case Goal::flow: return m.flow.base();
    case Goal::wait: return m.wait.base();
    case Goal::energy: return m.energy.base();
    case Goal::cost: return m.cost.base();
    case Goal::carbon: return m.carbon.base();
  }
  return 0;
}

/// How `pareto` searches.
struct ParetoSetOptions {
  std::vector<Goal> goals{Goal::flow, Goal::energy, Goal::cost};  ///< at least one, each once
  genetic::ParetoOptions search{.population = 60, .generations = 60};
  std::size_t lookahead = 64;  ///< as `DecodeOptions::lookahead`
};

/// What `pareto` found: `values` holds one row per schedule, one column per goal, in base units. `status` is `infeasible` when it
/// is proven that no schedule places every task, or none was found that does; then there are no schedules.
struct [[nodiscard]] ParetoSet {
  Status status = Status::feasible;
  std::vector<Schedule> schedules{};
  std::vector<double> values{};
  std::size_t evaluations = 0;
};

namespace detail {

/// The objective that weighs `goals` by `weights`.
[[nodiscard]] inline Objective weighted_objective(std::span<const Goal> goals, std::span<const double> weights) {
  Objective o{.cost = 0};
  for (std::size_t g = 0; g < goals.size(); ++g) {
    const double w = weights[g];
    switch (goals[g]) {
      case Goal::makespan: o.makespan = Rate{w}; break;
      case Goal::tardiness: o.tardiness = Rate{w}; break;
      case Goal::flow: o.flow = Rate{w}; break;
      case Goal::wait: o.wait = Rate{w}; break;
      case Goal::energy: o.energy = Price{w}; break;
      case Goal::cost: o.cost = w; break;
      case Goal::carbon: o.carbon = CarbonPrice{w}; break;
    }
  }
  return o;
}

/// Directions of weights that sum to one: each goal nearly alone, pairs of them in quarters, and all alike.
[[nodiscard]] inline std::vector<std::vector<double>> weight_directions(std::size_t goals) {
  std::vector<std::vector<double>> out;
  const double least = 0.01;
  for (std::size_t a = 0; a < goals; ++a) {
    out.emplace_back(goals, least)[a] = 1;
    for (std::size_t b = 0; b < a; ++b) {
      for (const double part : {0.25, 0.5, 0.75}) {
        auto& weights = out.emplace_back(goals, least);
        weights[a] = part;
        weights[b] = 1 - part;
      }
    }
  }
  out.emplace_back(goals, 1.0 / static_cast<double>(goals));
  return out;
}

/// A genome is an order, modes, and which of several decoders, each with weights of its own, turns them into a schedule.
struct GoalProblem {
  using Gene = std::uint32_t;
  struct Workspace {
    std::vector<Decoder::Workspace> decode{};
    genetic::PermutationScratch scratch{};
    std::vector<Assignment> assignments{};
  };

  const Problem& problem;
  std::span<const Goal> goals;
  std::vector<Decoder> decoders{};
  std::vector<std::uint32_t> mode_counts{};

  [[nodiscard]] std::size_t tasks() const { return problem.tasks.size(); }
  [[nodiscard]] std::size_t genome_size() const { return 2 * tasks() + 1; }
  [[nodiscard]] std::size_t objective_count() const { return goals.size(); }
  [[nodiscard]] Workspace make_workspace() const {
    Workspace w;
    for (const Decoder& decoder : decoders) w.decode.push_back(decoder.make_workspace());
    w.assignments.resize(tasks());
    return w;
  }
  [[nodiscard]] OrderProblem orders() const { return {decoders.front(), mode_counts, false}; }

  void random(std::span<Gene> genome, Rng& rng) const {
    orders().random(genome.first(2 * tasks()), rng);
    genome.back() = static_cast<Gene>(rng.index(decoders.size()));
  }
  /// Linear order crossover; each mode and the decoder from one of the two.
  void crossover(std::span<const Gene> a, std::span<const Gene> b, std::span<Gene> child, Rng& rng, Workspace& w) const {
    const std::size_t n = tasks();
    genetic::linear_order_crossover<Gene>(a.first(n), b.first(n), child.first(n), rng, w.scratch);
    for (std::size_t i = n; i < a.size(); ++i) child[i] = rng.bernoulli(0.5) ? a[i] : b[i];
  }
  void mutate(std::span<Gene> genome, Rng& rng) const {
    if (rng.bernoulli(0.2)) {
      genome.back() = static_cast<Gene>(rng.index(decoders.size()));
    } else {
      orders().mutate(genome.first(2 * tasks()), rng);
    }
  }
  /// Fills in the goals and returns how many tasks are left out.
  [[nodiscard]] double objectives(std::span<const Gene> genome, std::span<double> out, Workspace& w) const {
    const std::size_t n = tasks(), d = genome.back();
    decoders[d].assign(genome.first(n), genome.subspan(n, n), w.decode[d], w.assignments);
    const Measures measures = measure(problem, w.assignments);
    for (std::size_t g = 0; g < goals.size(); ++g) out[g] = value(measures, goals[g]);
    return static_cast<double>(measures.unplaced);
  }
};

/// How far apart each goal is between the schedules that look at one goal alone, so that the weights are alike.
[[nodiscard]] inline std::vector<double> goal_ranges(const Problem& problem, std::span<const Goal> goals, std::size_t lookahead) {
  std::vector<double> low(goals.size(), infinite), high(goals.size(), -infinite);
  for (std::size_t alone = 0; alone < goals.size(); ++alone) {
    Problem single = problem;
    std::vector<double> weights(goals.size(), 0);
    weights[alone] = 1;
    single.objective = weighted_objective(goals, weights);
    const Schedule s = decode(single, order_by(single, Rule::fifo), {.lookahead = lookahead});
    for (std::size_t g = 0; g < goals.size(); ++g) {
      low[g] = std::min(low[g], value(s.measures, goals[g]));
      high[g] = std::max(high[g], value(s.measures, goals[g]));
    }
  }
  std::vector<double> out(goals.size());
  for (std::size_t g = 0; g < goals.size(); ++g) {
    const double size = std::max(std::abs(low[g]), std::abs(high[g]));
    out[g] = high[g] - low[g] > 1e-9 * size ? high[g] - low[g] : std::max(size, 1.0);
  }
  return out;
}

[[nodiscard]] inline GoalProblem make_goal_problem(const Problem& problem, std::span<const Goal> goals, std::size_t lookahead) {
  GoalProblem out{problem, goals, {}, {}};
  const std::vector<double> ranges = goal_ranges(problem, goals, lookahead);
  Problem weighted = problem;
  for (std::vector<double>& weights : weight_directions(goals.size())) {
    for (std::size_t g = 0; g < goals.size(); ++g) weights[g] /= ranges[g];
    weighted.objective = weighted_objective(goals, weights);
    out.decoders.emplace_back(weighted, DecodeOptions{.lookahead = lookahead});
  }
  for (const Task& task : problem.tasks) out.mode_counts.push_back(static_cast<std::uint32_t>(task.modes.size()));
  return out;
}

}  // namespace detail

/// Schedules none of which is better than another in every goal, by NSGA-II or III over orders, modes and the weights that the
/// decoder puts on the goals; begun from the list rules under each set of weights. Only schedules that place every task count. The
/// measures are those of `problem`, the objective in it is not used but for `total`. The same at any number of threads. Throws
/// `std::invalid_argument` for an invalid problem or options.
template <Executor Ex = Inline, Observer O = Silent>
[[nodiscard]] ParetoSet pareto(const Problem& problem, const ParetoSetOptions& options = {}, const Ex& executor = {},
                               O&& observer = {}) {
  check(problem);
  const std::span<const Goal> goals(options.goals);
  require(!goals.empty(), "goals", goals.size(), "must not be empty");
  for (std::size_t g = 0; g < goals.size(); ++g) {
    const bool once = std::count(goals.begin(), goals.end(), goals[g]) == 1;
    require(once, "goals", static_cast<int>(goals[g]), "must be there only once");
  }
  const detail::GoalProblem search = detail::make_goal_problem(problem, goals, options.lookahead);
  ParetoSet out;
  if (search.decoders.front().infeasible()) {
    out.status = Status::infeasible;
    return out;
  }
  std::vector<std::vector<std::uint32_t>> start;
  for (std::uint32_t d = 0; d < search.decoders.size(); ++d) {
    for (const Rule rule : rules) {
      start.push_back(order_by(problem, rule));
      start.back().resize(search.genome_size(), 0);
      start.back().back() = d;
    }
  }
  genetic::ParetoOptions chosen = options.search;
  chosen.population = std::max(chosen.population, start.size());
  const auto found = genetic::pareto(search, chosen, start, executor, observer);
  out.status = found.status;
  out.evaluations = found.evaluations;
  out.values = found.values;
  const std::size_t n = problem.tasks.size();
  for (const auto& genome : found.front) {
    const std::span<const std::uint32_t> genes(genome);
    const Decoder& decoder = search.decoders[genome.back()];
    auto workspace = decoder.make_workspace();
    out.schedules.push_back(decode(problem, decoder, genes.first(n), genes.subspan(n, n), workspace));
    out.schedules.back().bound = Dollars{-detail::infinite};
  }
  return out;
}

}  // namespace kilter::schedule
