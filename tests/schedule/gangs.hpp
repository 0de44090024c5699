#pragma once
// Gang problems for the tests.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>

#include "catch.hpp"
#include "kilter/core/rng.hpp"
#include "kilter/schedule/problem.hpp"
#include "kilter/schedule/schedule.hpp"

namespace kilter::test {

using schedule::Pool;
using schedule::Problem;
using schedule::Task;

inline Task gang(double hours, int gpus, double release_hours = 0) {
  return {.release = release_hours * units::h, .work = hours * units::h, .gpus = gpus};
}

inline Problem one_pool(int gpus) {
  Problem problem;
  problem.pools.push_back({.name = "a", .capacity = {gpus}});
  problem.wait_price = 1 * units::usd / units::h;
  return problem;
}

/// Several pools with capacities and prices that vary; some tasks too large, some with due dates, some released later.
inline Problem random_problem(std::size_t tasks, std::size_t pools, std::size_t steps, std::uint64_t seed) {
  Rng rng{seed};
  Problem problem;
  problem.step = rng.bernoulli(0.5) ? units::h : 900 * units::s;
  problem.wait_price = rng.bernoulli(0.3) ? Rate{} : Rate{rng.uniform(0, 3e-4)};
  problem.tardiness_price = Rate{rng.uniform(0, 2e-3)};
  for (std::size_t p = 0; p < pools; ++p) {
    Pool pool{.name = "pool " + std::to_string(p), .speed = rng.uniform(0.5, 2), .capacity = {}, .cost_rate = {}};
    for (std::size_t k = 0; k < steps; ++k) {
      pool.capacity.push_back(rng.bernoulli(0.1) ? 0 : static_cast<int>(rng.index(24)));
      pool.cost_rate.push_back(rng.uniform(-0.1, 1) / 1000);
    }
    problem.pools.push_back(pool);
  }
  for (std::size_t i = 0; i < tasks; ++i) {
    Task task{.id = 1000 + i, .release = Seconds{rng.uniform(-3600, 7200)}, .work = Seconds{rng.lognormal(8, 1)}};
    task.gpus = 1 << rng.index(6);
    if (rng.bernoulli(0.5)) task.due = task.release + task.work * rng.uniform(0.5, 4);
    task.weight = rng.uniform(0, 3);
    problem.tasks.push_back(task);
  }
  return problem;
}

inline void require_valid(const Problem& problem, const schedule::Schedule& schedule) {
  for (const auto& line : schedule::validate(problem, schedule)) FAIL_CHECK(line);
}

/// `cost` + `penalty` for each task left out: one number to compare schedules by.
inline double ranked(const schedule::Schedule& schedule) {
  return schedule.total.base() + 1e9 * static_cast<double>(schedule.unplaced);
}

}  // namespace kilter::test
