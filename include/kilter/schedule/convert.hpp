#pragma once
/// @file
/// Job shops and projects as problems, and problems as job shops and projects where they are of that shape.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "kilter/schedule/check.hpp"
#include "kilter/schedule/problem.hpp"
#include "kilter/schedule/project.hpp"
#include "kilter/schedule/shop.hpp"
#include "kilter/schedule/time.hpp"

namespace kilter::schedule {

/// The shop as a problem: its operations, job by job, as tasks on resources of capacity 1; a time unit is a second, and the
/// makespan counts a dollar per second. Throws as `check(shop)`.
[[nodiscard]] inline Problem to_problem(const Shop& shop) {
  check(shop);
  Problem problem;
  problem.objective = {.makespan = Rate{1}, .cost = 0};
  problem.resources.resize(shop.machines);
  for (const ShopJob& job : shop.jobs) {
    for (std::size_t k = 0; k < job.operations.size(); ++k) {
      Task task;
      task.id = problem.tasks.size();
      for (const Alternative& a : job.operations[k].alternatives) {
        task.modes.push_back({Seconds{static_cast<double>(a.duration)}, {{a.machine, 1}}});
      }
      if (k > 0) task.predecessors.push_back({static_cast<std::uint32_t>(problem.tasks.size() - 1)});
      problem.tasks.push_back(std::move(task));
    }
  }
  return problem;
}

/// The project as a problem: its activities as tasks, its non-renewable resources as reservoirs; a time unit is a second, and the
/// makespan counts a dollar per second. Throws as `check(project)`.
[[nodiscard]] inline Problem to_problem(const Project& project) {
  check(project);
  Problem problem;
  problem.objective = {.makespan = Rate{1}, .cost = 0};
  const std::size_t renewables = project.renewable.size();
  for (const int capacity : project.renewable) problem.resources.push_back({.capacity = {capacity}});
  for (const int amount : project.nonrenewable) problem.reservoirs.push_back({{}, static_cast<double>(amount)});
  problem.tasks.resize(project.activities.size());
  for (std::uint32_t i = 0; i < project.activities.size(); ++i) {
    problem.tasks[i].id = i;
    for (const ProjectMode& from : project.activities[i].modes) {
      Mode& mode = problem.tasks[i].modes.emplace_back();
      mode.duration = Seconds{static_cast<double>(from.duration)};
      for (std::uint32_t r = 0; r < from.demand.size(); ++r) {
        if (from.demand[r] == 0) continue;
        if (r < renewables) {
          mode.demands.push_back({r, from.demand[r]});
        } else {
          mode.consumptions.push_back({static_cast<std::uint32_t>(r - renewables), static_cast<double>(from.demand[r])});
        }
      }
    }
    for (const std::uint32_t s : project.activities[i].successors) problem.tasks[s].predecessors.push_back({i});
  }
  return problem;
}

namespace detail {

[[nodiscard]] inline bool is_whole(double x) { return x >= 0 && x < 1e9 && x == std::floor(x); }

/// True where nothing but the makespan counts and nothing but whole seconds, constant capacities and plain precedence is there.
[[nodiscard]] inline bool is_plain(const Problem& problem) {
  const Objective& o = problem.objective;
  bool plain = o.makespan.base() > 0 && o.tardiness.base() == 0 && o.flow.base() == 0 && o.wait.base() == 0 && o.cost == 0 &&
               o.energy.base() == 0 && o.carbon.base() == 0;
  for (const Resource& r : problem.resources) {
    for (const int c : r.capacity) plain = plain && c == r.capacity.front();
    plain = plain && r.setup.empty();
  }
  for (const Reservoir& r : problem.reservoirs) plain = plain && is_whole(r.amount);
  for (const Task& task : problem.tasks) {
    plain = plain && task.release.base() <= 0 && task.deadline == never && !task.pinned && !task.running && !task.modes.empty();
    for (const Predecessor& p : task.predecessors) plain = plain && p.lag.base() == 0 && p.transfer.base() == 0;
    for (const Mode& mode : task.modes) {
      plain = plain && is_whole(mode.duration.base());
      for (const Consumption& use : mode.consumptions) plain = plain && is_whole(use.amount);
    }
  }
  return plain;
}

/// A shop made of a problem, and the task of each of its operations.
struct ShopOfProblem {
  Shop shop{};
  std::vector<std::uint32_t> task{};
};

[[nodiscard]] inline bool fits_shop(const Problem& problem) {
  bool fits = problem.reservoirs.empty();
  for (const Resource& r : problem.resources) fits = fits && r.capacity.front() == 1;
  for (const Task& task : problem.tasks) {
    fits = fits && task.predecessors.size() <= 1;
    for (const Mode& mode : task.modes) fits = fits && mode.demands.size() == 1 && mode.demands.front().amount == 1;
    for (std::size_t m = 0; fits && m < task.modes.size(); ++m) {
      for (std::size_t k = 0; k < m; ++k) fits = fits && task.modes[k].demands[0].resource != task.modes[m].demands[0].resource;
    }
  }
  return fits;
}

/// The problem as a shop, where its tasks are chains on machines of capacity 1 and only the makespan counts.
[[nodiscard]] inline std::optional<ShopOfProblem> as_shop(const Problem& problem) {
  if (problem.tasks.empty() || !is_plain(problem) || !fits_shop(problem)) return std::nullopt;
  const std::size_t n = problem.tasks.size();
  std::vector<std::uint32_t> next(n, std::numeric_limits<std::uint32_t>::max());
  double sum = 0;
  for (std::uint32_t i = 0; i < n; ++i) {
    double longest = 0;
    for (const Mode& mode : problem.tasks[i].modes) longest = std::max(longest, mode.duration.base());
    sum += longest;
    if (problem.tasks[i].predecessors.empty()) continue;
    std::uint32_t& after = next[problem.tasks[i].predecessors.front().task];
    if (after < n) return std::nullopt;
    after = i;
  }
  if (sum >= static_cast<double>(shop_time_limit)) return std::nullopt;
  ShopOfProblem out;
  out.shop.machines = problem.resources.size();
  for (std::uint32_t first = 0; first < n; ++first) {
    if (!problem.tasks[first].predecessors.empty()) continue;
    ShopJob& job = out.shop.jobs.emplace_back();
    for (std::uint32_t i = first; i < n; i = next[i]) {
      Operation& operation = job.operations.emplace_back();
      for (const Mode& mode : problem.tasks[i].modes) {
        operation.alternatives.push_back({mode.demands.front().resource, static_cast<Time>(mode.duration.base())});
      }
      out.task.push_back(i);
    }
  }
  return out;
}

/// The problem as a project, where only the makespan counts; activity i is task i.
[[nodiscard]] inline std::optional<Project> as_project(const Problem& problem) {
  if (problem.tasks.empty() || !is_plain(problem)) return std::nullopt;
  Project out;
  for (const Resource& r : problem.resources) out.renewable.push_back(r.capacity.front());
  for (const Reservoir& r : problem.reservoirs) out.nonrenewable.push_back(static_cast<int>(r.amount));
  out.activities.resize(problem.tasks.size());
  for (std::uint32_t i = 0; i < problem.tasks.size(); ++i) {
    for (const Mode& from : problem.tasks[i].modes) {
      ProjectMode& mode = out.activities[i].modes.emplace_back();
      mode.duration = static_cast<Time>(from.duration.base());
      mode.demand.assign(out.renewable.size() + out.nonrenewable.size(), 0);
      for (const Demand& d : from.demands) mode.demand[d.resource] = mode.duration > 0 ? d.amount : 0;
      for (const Consumption& use : from.consumptions)
        mode.demand[out.renewable.size() + use.reservoir] = static_cast<int>(use.amount);
    }
    for (const Predecessor& p : problem.tasks[i].predecessors) out.activities[p.task].successors.push_back(i);
  }
  return out;
}

}  // namespace detail

}  // namespace kilter::schedule
