#pragma once
/// @file
/// `check`: what a problem must not be.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/units.hpp"
#include "kilter/schedule/problem.hpp"

namespace kilter::schedule {

namespace detail {

/// Largest amount of a demand and value of a capacity.
inline constexpr int largest_amount = 1 << 30;

[[nodiscard]] inline std::string member_name(const char* what, std::size_t i, const char* member) {
  return std::string{what} + "[" + std::to_string(i) + "]." + member;
}
[[nodiscard]] inline bool is_price(double x) { return std::isfinite(x) && x >= 0; }
[[nodiscard]] inline bool is_positive(double x) { return std::isfinite(x) && x > 0; }

template <class Quantities>
void require_all_finite(const std::string& name, const Quantities& values) {
  for (const auto& value : values) require_finite(name, value.base());
}

inline void check_setup(const Problem& problem, std::size_t r) {
  const Resource& resource = problem.resources[r];
  const auto name = [r] { return member_name("resources", r, "setup"); };
  if (resource.setup.empty()) return;
  for (const int c : resource.capacity) {
    require(c <= 1, member_name("resources", r, "capacity"), c, "must be at most 1 where set-ups are");
  }
  for (const auto& row : resource.setup) {
    require(row.size() == resource.setup.size(), name(), row.size(), "must be a square");
    for (const Seconds t : row) require(is_price(t.base()), name(), t.base(), "must be finite, not negative");
  }
  for (const Task& task : problem.tasks) {
    require(task.family < resource.setup.size(), name(), resource.setup.size(), "must have a row for each family of a task");
  }
}

inline void check_resource(const Problem& problem, std::size_t r) {
  const Resource& resource = problem.resources[r];
  const auto name = [r](const char* member) { return member_name("resources", r, member); };
  require(is_positive(resource.speed), name("speed"), resource.speed, "must be finite and above 0");
  require(is_price(resource.power.base()), name("power"), resource.power.base(), "must be finite, not negative");
  require(!resource.capacity.empty(), name("capacity"), resource.capacity.size(), "must hold at least one value");
  for (const int c : resource.capacity) {
    if (c < 0 || c > largest_amount) require(false, name("capacity"), c, "must lie in 0 … 2^30");
  }
  require_all_finite(name("rent"), resource.rent);
  require_all_finite(name("price"), resource.price);
  for (const CarbonIntensity c : resource.carbon) {
    if (!is_price(c.base())) require(false, name("carbon"), c.base(), "must be finite, not negative");
  }
  check_setup(problem, r);
}

/// What `check_mode` asks, without the names: most modes are as they should be, and texts are dear.
[[nodiscard]] inline bool is_valid(const Problem& problem, const Mode& mode) {
  bool valid = is_price(mode.duration.base()) && std::isfinite(mode.charge.base());
  for (std::size_t d = 0; d < mode.demands.size(); ++d) {
    const Demand& demand = mode.demands[d];
    valid = valid && demand.resource < problem.resources.size() && demand.amount > 0 && demand.amount <= largest_amount &&
            is_price(demand.power.base());
    for (std::size_t e = 0; e < d; ++e) valid = valid && mode.demands[e].resource != demand.resource;
  }
  for (std::size_t c = 0; c < mode.consumptions.size(); ++c) {
    const Consumption& use = mode.consumptions[c];
    valid = valid && use.reservoir < problem.reservoirs.size() && is_price(use.amount);
    for (std::size_t e = 0; e < c; ++e) valid = valid && mode.consumptions[e].reservoir != use.reservoir;
  }
  return valid;
}

inline void check_mode(const Problem& problem, std::size_t i, std::size_t m) {
  const Mode& mode = problem.tasks[i].modes[m];
  if (is_valid(problem, mode)) return;
  const auto name = [i, m](const char* member) {
    return member_name("tasks", i, "") + "modes[" + std::to_string(m) + "]." + member;
  };
  require(is_price(mode.duration.base()), name("duration"), mode.duration.base(), "must be finite, not negative");
  require_finite(name("charge"), mode.charge.base());
  for (std::size_t d = 0; d < mode.demands.size(); ++d) {
    const Demand& demand = mode.demands[d];
    require(demand.resource < problem.resources.size(), name("demands.resource"), demand.resource, "must be one of the resources");
    require(demand.amount > 0 && demand.amount <= largest_amount, name("demands.amount"), demand.amount, "must lie in 1 … 2^30");
    require(is_price(demand.power.base()), name("demands.power"), demand.power.base(), "must be finite, not negative");
    for (std::size_t e = 0; e < d; ++e) {
      require(mode.demands[e].resource != demand.resource, name("demands.resource"), demand.resource, "must be there only once");
    }
  }
  for (std::size_t c = 0; c < mode.consumptions.size(); ++c) {
    const Consumption& use = mode.consumptions[c];
    require(use.reservoir < problem.reservoirs.size(), name("consumptions.reservoir"), use.reservoir,
            "must be one of the reservoirs");
    require(is_price(use.amount), name("consumptions.amount"), use.amount, "must be finite, not negative");
    for (std::size_t e = 0; e < c; ++e) {
      require(mode.consumptions[e].reservoir != use.reservoir, name("consumptions.reservoir"), use.reservoir,
              "must be there only once");
    }
  }
}

inline void check_fixed(const Task& task, std::size_t i) {
  const auto name = [i](const char* member) { return member_name("tasks", i, member); };
  if (task.pinned) {
    require(task.pinned->mode < task.modes.size(), name("pinned.mode"), task.pinned->mode, "must be one of the modes");
    require_finite(name("pinned.start"), task.pinned->start.base());
  }
  if (!task.running) return;
  const Running& running = *task.running;
  require(!task.pinned, name("running.mode"), running.mode, "must not be there together with pinned");
  require(running.mode < task.modes.size(), name("running.mode"), running.mode, "must be one of the modes");
  require(std::isfinite(running.start.base()) && running.start.base() <= 0, name("running.start"), running.start.base(),
          "must be finite, not after 0");
  require(running.kept >= 0 && running.kept <= 1, name("running.kept"), running.kept, "must lie in [0, 1]");
  require(is_price(running.restart_time.base()), name("running.restart_time"), running.restart_time.base(),
          "must be finite, not negative");
  require_finite(name("running.restart_cost"), running.restart_cost.base());
}

inline void check_task(const Problem& problem, std::size_t i) {
  const Task& task = problem.tasks[i];
  const auto name = [i](const char* member) { return member_name("tasks", i, member); };
  require_finite(name("release"), task.release.base());
  require(task.due > -never, name("due"), task.due.base(), "must be a time or `never`");
  require(task.deadline > -never, name("deadline"), task.deadline.base(), "must be a time or `never`");
  require(is_price(task.weight), name("weight"), task.weight, "must be finite, not negative");
  require(is_price(task.size), name("size"), task.size, "must be finite, not negative");
  for (const Predecessor& p : task.predecessors) {
    if (p.task < problem.tasks.size() && std::isfinite(p.lag.base()) && is_price(p.transfer.base())) continue;
    require(p.task < problem.tasks.size(), name("predecessors.task"), p.task, "must be one of the tasks");
    require_finite(name("predecessors.lag"), p.lag.base());
    require(is_price(p.transfer.base()), name("predecessors.transfer"), p.transfer.base(), "must be finite, not negative");
  }
  check_fixed(task, i);
  for (std::size_t m = 0; m < task.modes.size(); ++m) check_mode(problem, i, m);
}

/// A cycle of predecessors, each task before the next and the first one again at the end; empty where there is none. O(n + arcs).
[[nodiscard]] inline std::vector<std::uint32_t> precedence_cycle(const Problem& problem) {
  struct Step {
    std::uint32_t task;
    std::size_t next;
  };
  std::vector<char> state(problem.tasks.size(), 0);  // 1: on the path, 2: done
  std::vector<Step> path;
  for (std::uint32_t root = 0; root < problem.tasks.size(); ++root) {
    if (state[root] == 0) path.push_back({root, 0});
    while (!path.empty()) {
      Step& top = path.back();
      state[top.task] = 1;
      const auto& before = problem.tasks[top.task].predecessors;
      if (top.next == before.size()) {
        state[top.task] = 2;
        path.pop_back();
        continue;
      }
      const std::uint32_t p = before[top.next++].task;
      if (state[p] == 0) path.push_back({p, 0});
      if (state[p] != 1) continue;
      std::vector<std::uint32_t> cycle{p};
      for (std::size_t k = path.size(); k-- > 0;) {
        cycle.push_back(path[k].task);
        if (path[k].task == p) break;
      }
      // The path goes from a task to one before it, so read from its end it goes forward in time.
      return cycle;
    }
  }
  return {};
}

inline void check_objective(const Objective& o) {
  const auto price = [](const char* member, double x) { require(is_price(x), member, x, "must be finite, not negative"); };
  price("objective.makespan", o.makespan.base());
  price("objective.tardiness", o.tardiness.base());
  price("objective.flow", o.flow.base());
  price("objective.wait", o.wait.base());
  price("objective.cost", o.cost);
  price("objective.energy", o.energy.base());
  price("objective.carbon", o.carbon.base());
}

}  // namespace detail

/// Throws `std::invalid_argument` naming the first value that breaks what `Problem` and its parts say (not finite, negative, out of
/// range), or the cycle of predecessors, task by task. Tasks that fit nowhere are no fault of this kind: see `obstacles`.
/// O(size of the problem).
inline void check(const Problem& problem) {
  require(detail::is_positive(problem.step.base()), "step", problem.step.base(), "must be finite and above 0");
  detail::check_objective(problem.objective);
  for (std::size_t r = 0; r < problem.resources.size(); ++r) detail::check_resource(problem, r);
  for (std::size_t r = 0; r < problem.reservoirs.size(); ++r) {
    const double amount = problem.reservoirs[r].amount;
    require(detail::is_price(amount), detail::member_name("reservoirs", r, "amount"), amount, "must be finite, not negative");
  }
  for (std::size_t i = 0; i < problem.tasks.size(); ++i) detail::check_task(problem, i);
  std::string cycle;
  for (const std::uint32_t i : detail::precedence_cycle(problem)) cycle += (cycle.empty() ? "" : " -> ") + std::to_string(i);
  require(cycle.empty(), "predecessors", std::string_view{cycle}, "must not go round in a cycle");
}

}  // namespace kilter::schedule
