#pragma once
// Problems for the tests: gangs on pools, and random ones with everything in them.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>

#include "catch.hpp"
#include "kilter/core/rng.hpp"
#include "kilter/schedule/gang.hpp"
#include "kilter/schedule/problem.hpp"
#include "kilter/schedule/schedule.hpp"
#include "kilter/schedule/validate.hpp"

namespace kilter::test {

using schedule::Gang;
using schedule::Mode;
using schedule::Problem;
using schedule::Resource;
using schedule::Task;

/// Adds a gang to the problem and returns it.
inline Task& add_gang(Problem& problem, double hours, int gpus, double release_hours = 0) {
  problem.tasks.push_back(
      schedule::gang({.release = release_hours * units::h, .work = hours * units::h, .gpus = gpus}, problem.resources));
  return problem.tasks.back();
}

inline Resource pool(std::string name, std::vector<int> capacity, double speed = 1) {
  Resource out;
  out.name = std::move(name);
  out.capacity = std::move(capacity);
  out.speed = speed;
  return out;
}

inline Problem one_pool(int gpus) {
  Problem problem;
  problem.resources.push_back(pool("a", {gpus}));
  problem.objective.wait = 1 * units::usd / units::h;
  return problem;
}

inline Problem one_pool(int gpus, std::initializer_list<std::pair<double, int>> gangs) {
  Problem problem = one_pool(gpus);
  for (const auto& [hours, count] : gangs) add_gang(problem, hours, count);
  return problem;
}

/// Several pools with capacities and prices that vary; some tasks too large, some with due dates, some released later.
inline Problem random_problem(std::size_t tasks, std::size_t pools, std::size_t steps, std::uint64_t seed) {
  Rng rng{seed};
  Problem problem;
  problem.step = rng.bernoulli(0.5) ? units::h : 900 * units::s;
  problem.objective.wait = rng.bernoulli(0.3) ? Rate{} : Rate{rng.uniform(0, 3e-4)};
  problem.objective.tardiness = Rate{rng.uniform(0, 2e-3)};
  for (std::size_t p = 0; p < pools; ++p) {
    Resource resource = pool("pool " + std::to_string(p), {}, rng.uniform(0.5, 2));
    for (std::size_t k = 0; k < steps; ++k) {
      resource.capacity.push_back(rng.bernoulli(0.1) ? 0 : static_cast<int>(rng.index(24)));
      resource.rent.push_back(Rate{rng.uniform(-0.1, 1) / 1000});
    }
    problem.resources.push_back(resource);
  }
  for (std::size_t i = 0; i < tasks; ++i) {
    Gang gang{.id = 1000 + i, .release = Seconds{rng.uniform(-3600, 7200)}, .work = Seconds{rng.lognormal(8, 1)}};
    gang.gpus = 1 << rng.index(6);
    if (rng.bernoulli(0.5)) gang.due = gang.release + gang.work * rng.uniform(0.5, 4);
    gang.weight = rng.uniform(0, 3);
    problem.tasks.push_back(schedule::gang(gang, problem.resources));
  }
  return problem;
}

/// Everything at once: several demands, precedence with lags and transfers, set-ups, reservoirs, deadlines, pinned and running
/// tasks, energy, prices and carbon.
inline Problem full_problem(std::size_t tasks, std::uint64_t seed) {
  Rng rng{seed};
  Problem problem;
  problem.step = 600 * units::s;
  auto& o = problem.objective;
  o = {Rate{rng.uniform(0, 0.1)},      Rate{rng.uniform(0, 0.01)},     Rate{rng.uniform(0, 0.001)}, Rate{rng.uniform(0, 0.001)}, 1,
       0.02 * units::usd / units::kWh, 0.1 * units::usd / units::kgCO2};
  for (std::size_t r = 0; r < 4; ++r) {
    Resource resource = pool("r" + std::to_string(r), {}, rng.uniform(0.5, 2));
    for (std::size_t k = 0; k < 1 + rng.index(12); ++k) {
      resource.capacity.push_back(r == 0 ? 1 : 4 + static_cast<int>(rng.index(12)));
      resource.rent.push_back(Rate{rng.uniform(-1e-4, 1e-3)});
      resource.price.push_back(rng.uniform(-20, 200) * units::usd / units::MWh);
      resource.carbon.push_back(rng.uniform(20, 600) * units::gCO2 / units::kWh);
    }
    if (r == 0) resource.setup = {{Seconds{0}, Seconds{300}}, {Seconds{500}, Seconds{10}}};
    problem.resources.push_back(resource);
  }
  problem.reservoirs.push_back({"tokens", 2.2 * static_cast<double>(tasks)});
  for (std::uint32_t i = 0; i < tasks; ++i) {
    Task task;
    task.id = 10 + i;
    task.release = Seconds{rng.uniform(-1000, 3000)};
    if (rng.bernoulli(0.5)) task.due = Seconds{rng.uniform(0, 20000)};
    if (rng.bernoulli(0.15)) task.deadline = Seconds{rng.uniform(5000, 60000)};
    task.weight = rng.uniform(0, 3);
    task.size = rng.uniform(0.5, 4);
    task.family = static_cast<std::uint32_t>(rng.index(2));
    for (std::size_t m = 0; m < 1 + rng.index(3); ++m) {
      Mode mode;
      mode.duration = rng.bernoulli(0.05) ? Seconds{} : Seconds{rng.uniform(60, 4000)};
      const std::size_t first = rng.index(4), second = rng.index(4);
      mode.demands.push_back(
          {static_cast<std::uint32_t>(first), first == 0 ? 1 : 1 + static_cast<int>(rng.index(6)), Watts{rng.uniform(0, 5000)}});
      if (second != first && rng.bernoulli(0.5)) {
        mode.demands.push_back({static_cast<std::uint32_t>(second), second == 0 ? 1 : 1 + static_cast<int>(rng.index(4)), Watts{}});
      }
      if (rng.bernoulli(0.7)) mode.consumptions.push_back({0, rng.uniform(0, 4)});
      mode.charge = Dollars{rng.uniform(0, 0.5)};
      task.modes.push_back(mode);
    }
    for (std::uint32_t p = 0; p < i; ++p) {
      if (rng.bernoulli(1.2 / static_cast<double>(tasks)))
        task.predecessors.push_back({p, Seconds{rng.uniform(-100, 400)}, Seconds{rng.uniform(0, 600)}});
    }
    if (task.predecessors.empty() && rng.bernoulli(0.1)) {
      task.running = schedule::Running{0, Seconds{rng.uniform(-900, 0)}, rng.uniform(), Seconds{rng.uniform(0, 200)}, Dollars{0.3}};
    } else if (task.predecessors.empty() && rng.bernoulli(0.05)) {
      task.pinned = schedule::Pin{0, Seconds{rng.uniform(-500, 5000)}};
    }
    problem.tasks.push_back(task);
  }
  return problem;
}

/// Rigid gangs on 512 GPUs that come over six days, most of them small and short; power is dear in the evening. For money: the
/// energy, rent while a GPU is held, and lateness.
inline Problem cluster_gangs(std::size_t count, std::uint64_t seed) {
  Rng rng{seed};
  Problem problem;
  problem.objective.tardiness = 0.5 * units::usd / units::h;
  Resource gpus = pool("gpus", {512});
  gpus.power = 0.7 * units::kW;
  for (int k = 0; k < 10 * 24; ++k) {
    const double evening = std::sin(2 * 3.14159265358979 * (k % 24 - 11) / 24);
    gpus.price.push_back((110 + 70 * evening + rng.normal(0, 8)) * units::usd / units::MWh);
  }
  problem.resources.push_back(gpus);
  for (std::size_t i = 0; i < count; ++i) {
    Gang gang{.id = i, .release = Seconds{rng.uniform(0, 144 * 3600)}, .work = Seconds{3600 * rng.lognormal(0.9, 0.9)}};
    gang.gpus = 1 << std::min(rng.index(8), rng.index(9));
    gang.due = gang.release + gang.work * rng.uniform(1.2, 4) + 2 * units::h;
    gang.weight = rng.bernoulli(0.2) ? 3 : 1;
    problem.tasks.push_back(schedule::gang(gang, problem.resources));
  }
  return problem;
}

inline void require_valid(const Problem& problem, const schedule::Schedule& schedule) {
  for (const auto& line : schedule::validate(problem, schedule)) FAIL_CHECK(line);
}

/// The total + `penalty` for each task left out: one number to compare schedules by.
inline double ranked(const schedule::Schedule& schedule) {
  return schedule.measures.total.base() + 1e9 * static_cast<double>(schedule.measures.unplaced);
}

}  // namespace kilter::test
