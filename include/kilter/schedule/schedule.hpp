#pragma once
/// @file
/// `Schedule`: where and when each gang runs and what that costs; `validate` recomputes all of it from the problem.

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "kilter/core/status.hpp"
#include "kilter/core/text.hpp"
#include "kilter/core/units.hpp"
#include "kilter/schedule/problem.hpp"

namespace kilter::schedule {

/// No such pool: the pool of a task that could not be placed.
inline constexpr std::size_t npos = std::numeric_limits<std::size_t>::max();

/// Task `task` (an index into `Problem::tasks`) runs on pool `pool` from `start` to `finish`; `pool == npos`: nowhere.
struct Assignment {
  std::size_t task = 0;
  std::size_t pool = npos;
  Seconds start{};
  Seconds finish{};
};

/// The answer to a `Problem`: assignment `i` is that of task `i`. `total` = `cost` + `tardiness_cost` + `wait_cost`, all of placed
/// tasks alone: compare schedules by `unplaced` first (`better`).
struct [[nodiscard]] Schedule {
  Status status = Status::feasible;  ///< `optimal` only when `total` meets `bound`
  std::vector<Assignment> assignments{};
  Dollars cost{};            ///< of the GPUs while they run
  Dollars tardiness_cost{};  ///< of finishing after the due date
  Dollars wait_cost{};       ///< of starting after the release
  Dollars total{};
  std::size_t unplaced = 0;
  Dollars bound{-std::numeric_limits<double>::infinity()};  ///< no schedule with all these tasks placed costs less; where computed
  std::vector<std::uint32_t> order{};                       ///< the order of tasks that was decoded: start the next search from it
  std::size_t evaluations = 0;                              ///< how many orders were decoded
};

/// True when `a` leaves fewer tasks out than `b`, or as many at less cost.
[[nodiscard]] inline bool better(const Schedule& a, const Schedule& b) {
  return a.unplaced != b.unplaced ? a.unplaced < b.unplaced : a.total < b.total;
}

/// Anything that makes a `Schedule` of a `Problem`.
template <class S>
concept Scheduler = requires(const S& scheduler, const Problem& problem) {
  { scheduler.schedule(problem) } -> std::convertible_to<Schedule>;
};

namespace detail {

/// Value of step `k` of a vector whose last value holds for ever after; 0 where there is none.
template <class T>
[[nodiscard]] T step_value(const std::vector<T>& values, std::size_t k) {
  return values.empty() ? T{} : values[std::min(k, values.size() - 1)];
}

[[nodiscard]] inline double duration_on(const Task& task, const Pool& pool) { return task.work.base() / pool.speed; }

/// ∫ rate dt, step by step.
[[nodiscard]] inline double rate_integral(const Pool& pool, double step, double from, double to) {
  double sum = 0;
  const std::size_t varying = pool.cost_rate.empty() ? 0 : pool.cost_rate.size() - 1;
  for (std::size_t k = 0; k < varying; ++k) {
    const double first = std::max(from, step * static_cast<double>(k)), last = std::min(to, step * static_cast<double>(k + 1));
    if (last > first) sum += pool.cost_rate[k] * (last - first);
  }
  const double tail = std::max(from, step * static_cast<double>(varying));
  return to > tail ? sum + step_value(pool.cost_rate, varying) * (to - tail) : sum;
}

/// What the task costs where it is: fills in three sums of USD.
inline void add_costs(const Problem& problem, const Assignment& a, Schedule& sums) {
  const Task& task = problem.tasks[a.task];
  const double gpus = task.gpus;
  sums.cost += Dollars{gpus * rate_integral(problem.pools[a.pool], problem.step.base(), a.start.base(), a.finish.base())};
  sums.tardiness_cost += problem.tardiness_price * std::max(Seconds{0}, a.finish - task.due) * (gpus * task.weight);
  sums.wait_cost += problem.wait_price * (a.start - task.release) * gpus;
}

/// Sets the sums of `schedule` from its assignments.
inline void add_up(const Problem& problem, Schedule& schedule) {
  schedule.cost = schedule.tardiness_cost = schedule.wait_cost = Dollars{};
  schedule.unplaced = 0;
  for (const Assignment& a : schedule.assignments) {
    if (a.pool == npos) {
      ++schedule.unplaced;
    } else {
      add_costs(problem, a, schedule);
    }
  }
  schedule.total = schedule.cost + schedule.tardiness_cost + schedule.wait_cost;
}

/// Times differ when they are further apart than this many seconds.
inline constexpr double time_tolerance = 1e-6;

inline std::string seconds_text(Seconds t) { return to_string(t.base()) + " s"; }

inline void validate_assignment(const Problem& problem, const Assignment& a, std::vector<std::string>& out) {
  const Task& task = problem.tasks[a.task];
  const std::string name = "task " + std::to_string(a.task);
  if (!std::isfinite(a.start.base()) || !std::isfinite(a.finish.base())) {
    out.push_back(name + " runs from " + seconds_text(a.start) + " to " + seconds_text(a.finish));
    return;
  }
  const double earliest = std::max(0.0, task.release.base());
  if (a.start.base() < earliest - time_tolerance) {
    out.push_back(name + " starts at " + seconds_text(a.start) + ", before it can at " + seconds_text(Seconds{earliest}));
  }
  const double finish = a.start.base() + duration_on(task, problem.pools[a.pool]);
  if (std::abs(a.finish.base() - finish) > time_tolerance + 1e-12 * std::abs(finish)) {
    out.push_back(name + " finishes at " + seconds_text(a.finish) + " and not at " + seconds_text(Seconds{finish}));
  }
}

/// A sweep over the starts, finishes and step boundaries of one pool.
inline void validate_capacity(const Problem& problem, const Schedule& schedule, std::size_t p, std::vector<std::string>& out) {
  struct Event {
    double time;
    long long gpus;
  };
  const Pool& pool = problem.pools[p];
  const double step = problem.step.base();
  std::vector<Event> events;
  for (std::size_t k = 0; k < pool.capacity.size(); ++k) events.push_back({step * static_cast<double>(k), 0});
  for (const Assignment& a : schedule.assignments) {
    if (a.pool != p || a.task >= problem.tasks.size()) continue;
    events.push_back({a.start.base(), problem.tasks[a.task].gpus});
    events.push_back({a.finish.base(), -static_cast<long long>(problem.tasks[a.task].gpus)});
  }
  std::sort(events.begin(), events.end(), [](const Event& a, const Event& b) { return a.time < b.time; });
  long long used = 0;
  for (std::size_t i = 0; i + 1 < events.size(); ++i) {
    used += events[i].gpus;
    if (!(events[i + 1].time - events[i].time > time_tolerance)) continue;
    const double middle = std::max(0.0, (events[i].time + events[i + 1].time) / 2);
    const int free = step_value(pool.capacity, static_cast<std::size_t>(std::min(middle / step, 1e15)));
    if (used > free) {
      out.push_back("pool " + std::to_string(p) + " runs " + std::to_string(used) + " GPUs from " +
                    seconds_text(Seconds{events[i].time}) + " and has " + std::to_string(free));
    }
  }
}

inline void validate_sum(const char* what, Dollars given, Dollars recomputed, double scale, std::vector<std::string>& out) {
  if (std::abs((given - recomputed).base()) <= 1e-9 * scale + 1e-9) return;
  out.push_back(std::string{what} + " is " + to_string(given.base()) + " USD and not " + to_string(recomputed.base()) + " USD");
}

}  // namespace detail

/// Recomputes everything: each task once, on a pool that exists, not before its release, as long as its work takes there, never
/// more GPUs than are free, and all sums. Returns what is wrong in words, one line each; empty: the schedule is what it says it is.
/// O(n log n) per pool. Throws `std::invalid_argument` when the problem itself is not valid.
[[nodiscard]] inline std::vector<std::string> validate(const Problem& problem, const Schedule& schedule) {
  check(problem);
  std::vector<std::string> out;
  std::vector<int> seen(problem.tasks.size(), 0);
  Schedule sums;
  for (const Assignment& a : schedule.assignments) {
    if (a.task >= problem.tasks.size() || (a.pool != npos && a.pool >= problem.pools.size())) {
      out.push_back("there is no task " + std::to_string(a.task) + " or no pool " + std::to_string(a.pool));
      continue;
    }
    ++seen[a.task];
    sums.assignments.push_back(a);
    if (a.pool != npos) detail::validate_assignment(problem, a, out);
  }
  for (std::size_t i = 0; i < seen.size(); ++i) {
    if (seen[i] != 1) out.push_back("task " + std::to_string(i) + " is assigned " + std::to_string(seen[i]) + " times");
  }
  if (!out.empty()) return out;
  for (std::size_t p = 0; p < problem.pools.size(); ++p) detail::validate_capacity(problem, schedule, p, out);
  detail::add_up(problem, sums);
  const double scale = std::abs(sums.cost.base()) + sums.tardiness_cost.base() + std::abs(sums.wait_cost.base());
  detail::validate_sum("cost", schedule.cost, sums.cost, scale, out);
  detail::validate_sum("tardiness_cost", schedule.tardiness_cost, sums.tardiness_cost, scale, out);
  detail::validate_sum("wait_cost", schedule.wait_cost, sums.wait_cost, scale, out);
  detail::validate_sum("total", schedule.total, sums.total, scale, out);
  if (schedule.unplaced != sums.unplaced) {
    out.push_back("unplaced is " + std::to_string(schedule.unplaced) + " and not " + std::to_string(sums.unplaced));
  }
  return out;
}

}  // namespace kilter::schedule
