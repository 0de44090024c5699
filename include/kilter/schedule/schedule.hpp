#pragma once
/// @file
/// `Schedule`: in which mode and when each task runs, and what that amounts to.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "kilter/core/status.hpp"
#include "kilter/core/units.hpp"
#include "kilter/schedule/problem.hpp"

namespace kilter::schedule {

/// No such mode or resource: those of a task that could not be placed.
inline constexpr std::size_t npos = std::numeric_limits<std::size_t>::max();

/// Task `task` (an index into `Problem::tasks`) runs in mode `mode` from `start` to `finish`; `mode == npos`: nowhere.
struct Assignment {
  std::size_t task = 0;
  std::size_t mode = npos;
  Seconds start{};
  Seconds finish{};

  [[nodiscard]] bool placed() const { return mode != npos; }
};

/// What a schedule amounts to, of its placed tasks alone. Money and carbon of tasks that are running count from 0 on.
struct Measures {
  std::size_t unplaced = 0;
  Seconds makespan{};   ///< the last finish, at least 0
  Seconds tardiness{};  ///< Σ size × weight × time after the due date
  Seconds flow{};       ///< Σ size × weight × time between release and finish
  Seconds wait{};       ///< Σ size × time between release and start
  Joules energy{};
  Dollars cost{};  ///< rent, energy, charges and restarts
  GramsCO2 carbon{};
  Dollars total{};  ///< all of it weighed by the objective
};

/// The answer to a `Problem`: assignment `i` is that of task `i`. `status` is `optimal` only where `measures.total` meets `bound`,
/// `infeasible` where it is proven that no schedule places every task (then those that can be are placed).
struct [[nodiscard]] Schedule {
  Status status = Status::feasible;
  std::vector<Assignment> assignments{};
  Measures measures{};
  Dollars bound{-std::numeric_limits<double>::infinity()};  ///< no schedule with all placeable tasks costs less; where computed
  std::vector<std::uint32_t> order{};                       ///< the order of tasks that was decoded: start the next search from it
  std::vector<std::uint32_t> modes{};                       ///< by task 1 + the mode that was asked for, 0: any; empty: any for all
  std::size_t evaluations = 0;                              ///< how many orders were decoded
};

/// The first resource of the task's mode, or `npos`: the pool of a gang.
[[nodiscard]] inline std::size_t resource_of(const Problem& problem, const Assignment& a) {
  if (!a.placed() || problem.tasks[a.task].modes[a.mode].demands.empty()) return npos;
  return problem.tasks[a.task].modes[a.mode].demands.front().resource;
}

/// True when `a` leaves fewer tasks out than `b`, or as many at a lower total.
[[nodiscard]] inline bool better(const Measures& a, const Measures& b) {
  return a.unplaced != b.unplaced ? a.unplaced < b.unplaced : a.total < b.total;
}
[[nodiscard]] inline bool better(const Schedule& a, const Schedule& b) { return better(a.measures, b.measures); }

/// Anything that makes a `Schedule` of a `Problem`.
template <class S>
concept Scheduler = requires(const S& scheduler, const Problem& problem) {
  { scheduler.schedule(problem) } -> std::convertible_to<Schedule>;
};

}  // namespace kilter::schedule
