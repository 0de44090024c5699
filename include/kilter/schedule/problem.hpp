#pragma once
/// @file
/// Rigid gangs on pools of interchangeable GPUs over time: what is to be scheduled, and what it costs to be late or to wait.

#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/units.hpp"

namespace kilter::schedule {

/// No such moment: the due date of a task that has none.
inline constexpr Seconds never{std::numeric_limits<double>::infinity()};

/// A gang: runs on `gpus` GPUs of one pool, all at once and without a break, for `work / speed` of that pool.
struct Task {
  std::size_t id = 0;   ///< the user's own name for it; not looked at here
  Seconds release{};    ///< may lie before the plan: it has been waiting since then
  Seconds work{};       ///< duration on a pool of speed 1; above 0
  int gpus = 1;         ///< at least 1
  Seconds due = never;  ///< finishing later is tardiness
  double weight = 1;    ///< of its tardiness
};

/// Interchangeable GPUs, as many as are free in each step of the plan. Of both vectors the last value holds for ever after.
struct Pool {
  std::string name{};
  double speed = 1;                 ///< above 0
  std::vector<int> capacity{};      ///< free GPUs in each step; not empty
  std::vector<double> cost_rate{};  ///< USD per GPU-second in each step, may be negative; empty: nothing
};

/// Tasks, pools, and the prices that turn delay into money. All times count from the start of the plan; nothing starts before it.
struct Problem {
  Seconds step = units::h;
  std::vector<Pool> pools{};
  std::vector<Task> tasks{};
  Rate tardiness_price{};  ///< per GPU and second after the due date, times the weight of the task
  Rate wait_price{};       ///< per GPU and second between release and start
};

/// Throws `std::invalid_argument` naming the first value that breaks what is said above (not finite, negative, zero, empty).
inline void check(const Problem& problem) {
  const auto at = [](const char* what, std::size_t i, const char* member) {
    return std::string{what} + "[" + std::to_string(i) + "]." + member;
  };
  const auto positive = [](double x) { return std::isfinite(x) && x > 0; };
  const auto price = [](double x) { return std::isfinite(x) && x >= 0; };
  require(positive(problem.step.base()), "step", problem.step.base(), "must be finite and above 0");
  require(price(problem.tardiness_price.base()), "tardiness_price", problem.tardiness_price.base(), "must be finite, not negative");
  require(price(problem.wait_price.base()), "wait_price", problem.wait_price.base(), "must be finite, not negative");
  for (std::size_t i = 0; i < problem.pools.size(); ++i) {
    const Pool& pool = problem.pools[i];
    require(positive(pool.speed), at("pools", i, "speed"), pool.speed, "must be finite and above 0");
    require(!pool.capacity.empty(), at("pools", i, "capacity"), pool.capacity.size(), "must hold at least one value");
    for (const int c : pool.capacity) require(c >= 0, at("pools", i, "capacity"), c, "must not be negative");
    for (const double rate : pool.cost_rate) require_finite(at("pools", i, "cost_rate"), rate);
  }
  for (std::size_t i = 0; i < problem.tasks.size(); ++i) {
    const Task& task = problem.tasks[i];
    require(std::isfinite(task.release.base()), at("tasks", i, "release"), task.release.base(), "must be finite");
    require(positive(task.work.base()), at("tasks", i, "work"), task.work.base(), "must be finite and above 0");
    require(task.gpus > 0, at("tasks", i, "gpus"), task.gpus, "must be at least 1");
    require(task.due > -never, at("tasks", i, "due"), task.due.base(), "must be a time or `never`");
    require(price(task.weight), at("tasks", i, "weight"), task.weight, "must be finite, not negative");
  }
}

}  // namespace kilter::schedule
