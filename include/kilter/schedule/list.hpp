#pragma once
/// @file
/// List rules: what a scheduler has to beat, and where the searches begin.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

#include "kilter/genetic/permutation.hpp"
#include "kilter/schedule/check.hpp"
#include "kilter/schedule/decode.hpp"
#include "kilter/schedule/problem.hpp"
#include "kilter/schedule/schedule.hpp"

namespace kilter::schedule {

/// An order of the tasks 0, …, n − 1, each once.
using genetic::Order;

/// Orders of the tasks; equals go by release, then by index.
enum class Rule : std::uint8_t {
  fifo,                     ///< by release
  shortest_first,           ///< by the duration of the shortest mode (SPT)
  weighted_shortest_first,  ///< by that duration over weight × size (WSPT, Smith 1956)
  largest_area_first,       ///< by that duration × size, the largest first
  earliest_due_date,        ///< by due date or deadline, those without one last (EDD, Jackson 1955)
  longest_path,             ///< by the length of the longest path to the end, the longest first
};

/// All rules.
inline constexpr std::array<Rule, 6> rules{
    Rule::fifo,        Rule::shortest_first, Rule::weighted_shortest_first, Rule::largest_area_first, Rule::earliest_due_date,
    Rule::longest_path};

namespace detail {

[[nodiscard]] inline double shortest_duration(const Task& task) {
  double least = task.modes.empty() ? 0 : infinite;
  for (const Mode& mode : task.modes) least = std::min(least, mode.duration.base());
  return least;
}

/// Length of the longest path from the start of each task to the end of the last one after it; `length(i)` is that of task i
/// itself and `gap(arc)` that of a predecessor's arc. The tasks must have no cycle. O(n + arcs).
template <class Length, class Gap>
[[nodiscard]] std::vector<double> tails(const Problem& problem, const Length& length, const Gap& gap) {
  const std::size_t n = problem.tasks.size();
  std::vector<double> tail(n);
  std::vector<std::size_t> open(n, 0);
  std::vector<std::uint32_t> ready;
  for (const Task& task : problem.tasks) {
    for (const Predecessor& p : task.predecessors) ++open[p.task];
  }
  for (std::uint32_t i = 0; i < n; ++i) {
    tail[i] = length(i);
    if (open[i] == 0) ready.push_back(i);
  }
  for (std::size_t k = 0; k < ready.size(); ++k) {
    for (const Predecessor& p : problem.tasks[ready[k]].predecessors) {
      tail[p.task] = std::max(tail[p.task], length(p.task) + gap(p) + tail[ready[k]]);
      if (--open[p.task] == 0) ready.push_back(p.task);
    }
  }
  return tail;
}

/// 0, 1, …, n − 1 sorted by key, equal ones by release and index.
[[nodiscard]] inline Order order_by_key(const Problem& problem, const std::vector<double>& key) {
  Order order(problem.tasks.size());
  std::iota(order.begin(), order.end(), std::uint32_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return key[a] != key[b] ? key[a] < key[b] : problem.tasks[a].release < problem.tasks[b].release;
  });
  return order;
}

}  // namespace detail

/// The tasks in the order of the rule; precedence is left to the decoder. The problem must be valid. O(n log n + arcs).
[[nodiscard]] inline Order order_by(const Problem& problem, Rule rule) {
  const auto duration = [&](std::size_t i) { return detail::shortest_duration(problem.tasks[i]); };
  std::vector<double> key(problem.tasks.size());
  for (std::size_t i = 0; i < key.size(); ++i) {
    const Task& task = problem.tasks[i];
    switch (rule) {
      case Rule::fifo: key[i] = task.release.base(); break;
      case Rule::shortest_first: key[i] = duration(i); break;
      case Rule::weighted_shortest_first: {
        const double weight = task.weight * task.size;
        key[i] = weight > 0 ? duration(i) / weight : detail::infinite;
        break;
      }
      case Rule::largest_area_first: key[i] = -duration(i) * task.size; break;
      case Rule::earliest_due_date: key[i] = std::min(task.due, task.deadline).base(); break;
      case Rule::longest_path: break;
    }
  }
  if (rule == Rule::longest_path) {
    key = detail::tails(problem, duration, [](const Predecessor& p) { return p.lag.base(); });
    for (double& k : key) k = -k;
  }
  return detail::order_by_key(problem, key);
}

/// Decodes the order of one rule. As it stands (FIFO, earliest finish) this is conservative backfilling (Mu'alem, Feitelson 2001,
/// "Utilization, predictability, workloads, and user runtime estimates in scheduling the IBM SP2 with backfilling"): each task in
/// turn gets the earliest place that delays none before it.
struct ListScheduler {
  Rule rule = Rule::fifo;
  Placement placement = Placement::earliest_finish;
  Scheme scheme = Scheme::serial;
  double delay = 0;  ///< as `DecodeOptions::delay`

  /// Throws `std::invalid_argument` when the problem or the delay is not valid.
  [[nodiscard]] Schedule schedule(const Problem& problem) const {
    check(problem);
    return decode(problem, order_by(problem, rule), {.placement = placement, .scheme = scheme, .delay = delay});
  }
};

}  // namespace kilter::schedule
