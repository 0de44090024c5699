#pragma once
/// @file
/// What a schedule amounts to, straight from the definitions: makespan, tardiness, flow and wait time, energy, cost, carbon.

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "kilter/core/units.hpp"
#include "kilter/schedule/problem.hpp"
#include "kilter/schedule/schedule.hpp"

namespace kilter::schedule {

namespace detail {

/// ∫ of a calendar from `from` ≥ 0 to `to`, step by step: O(steps).
template <class Q>
[[nodiscard]] auto calendar_integral(const std::vector<Q>& values, Seconds step, Seconds from, Seconds to) {
  decltype(Q{} * Seconds{}) sum{};
  const std::size_t varying = values.empty() ? 0 : values.size() - 1;
  for (std::size_t k = 0; k < varying; ++k) {
    const Seconds first = std::max(from, step * static_cast<double>(k)), last = std::min(to, step * static_cast<double>(k + 1));
    if (last > first) sum += values[k] * (last - first);
  }
  const Seconds tail = std::max(from, step * static_cast<double>(varying));
  return to > tail ? sum + step_value(values, varying) * (to - tail) : sum;
}

/// True where a task that is running was started again.
[[nodiscard]] inline bool is_moved(const Task& task, const Assignment& a) {
  return task.running && (task.running->mode != a.mode || task.running->start != a.start);
}

/// Adds what one placed task amounts to, all but the total.
inline void add_measures(const Problem& problem, const Assignment& a, Measures& sums) {
  const Task& task = problem.tasks[a.task];
  const Mode& mode = task.modes[a.mode];
  const Seconds zero{}, from = std::max(zero, a.start), to = std::max(zero, a.finish);
  for (const Demand& demand : mode.demands) {
    const Resource& resource = problem.resources[demand.resource];
    sums.energy += demand.power * (to - from);
    sums.cost += calendar_integral(resource.rent, problem.step, from, to) * static_cast<double>(demand.amount);
    sums.cost += demand.power * calendar_integral(resource.price, problem.step, from, to);
    sums.carbon += demand.power * calendar_integral(resource.carbon, problem.step, from, to);
  }
  sums.cost += mode.charge;
  if (is_moved(task, a)) sums.cost += task.running->restart_cost;
  sums.makespan = std::max(sums.makespan, a.finish);
  sums.tardiness += std::max(zero, a.finish - task.due) * (task.size * task.weight);
  sums.flow += std::max(zero, a.finish - task.release) * (task.size * task.weight);
  sums.wait += std::max(zero, a.start - task.release) * task.size;
}

/// The measures weighed by the objective.
[[nodiscard]] inline Dollars weigh(const Objective& o, const Measures& m) {
  return o.makespan * m.makespan + o.tardiness * m.tardiness + o.flow * m.flow + o.wait * m.wait + m.cost * o.cost +
         o.energy * m.energy + o.carbon * m.carbon;
}

}  // namespace detail

/// Recomputes all measures of the assignments, which must name tasks and modes that exist. O(tasks × demands × steps).
[[nodiscard]] inline Measures measure(const Problem& problem, std::span<const Assignment> assignments) {
  Measures sums;
  for (const Assignment& a : assignments) {
    if (a.placed()) {
      detail::add_measures(problem, a, sums);
    } else {
      ++sums.unplaced;
    }
  }
  sums.total = detail::weigh(problem.objective, sums);
  return sums;
}

}  // namespace kilter::schedule
