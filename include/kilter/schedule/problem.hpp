#pragma once
/// @file
/// What is to be scheduled: tasks with modes, resources whose capacity, rent, price and carbon vary over time, and what counts.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "kilter/core/units.hpp"

namespace kilter::schedule {

/// No such moment: the due date of a task that has none.
inline constexpr Seconds never{std::numeric_limits<double>::infinity()};

/// What a mode holds of a renewable resource from start to finish.
struct Demand {
  std::uint32_t resource = 0;  ///< an index into `Problem::resources`; at most once in a mode
  int amount = 1;              ///< units of it, at least 1
  Watts power{};               ///< that all of them together draw; paid for at the price of the resource
};

/// What a mode uses up of a reservoir, once.
struct Consumption {
  std::uint32_t reservoir = 0;  ///< an index into `Problem::reservoirs`; at most once in a mode
  double amount = 0;            ///< not negative
};

/// One way to do a task: without a break, for `duration` ≥ 0, on all of its demands at once. Nothing is held for no time.
struct Mode {
  Seconds duration{};
  std::vector<Demand> demands{};
  std::vector<Consumption> consumptions{};
  Dollars charge{};  ///< for choosing it, once
};

/// A task that has to finish first: start ≥ its finish + `lag`, + `transfer` where the first resources of the two modes differ.
struct Predecessor {
  std::uint32_t task = 0;
  Seconds lag{};       ///< finite; below 0: the two may overlap by so much
  Seconds transfer{};  ///< not negative
};

/// Where and when a task has to be.
struct Pin {
  std::uint32_t mode = 0;
  Seconds start{};  ///< may lie before the plan: it is running
};

/// Where and since when a task is running. It stays there, or it starts again elsewhere or later from what it had saved: then it
/// takes (1 − `kept`) × duration of the new mode + `restart_time`, and `restart_cost`.
struct Running {
  std::uint32_t mode = 0;
  Seconds start{};  ///< at or before 0
  double kept = 0;  ///< part of its work that is saved, in [0, 1]
  Seconds restart_time{};
  Dollars restart_cost{};
};

/// Something to be done once, in one of its modes.
struct Task {
  std::size_t id = 0;        ///< the user's own name for it; `carry_over` goes by it
  Seconds release{};         ///< may lie before the plan: it has been waiting since then
  Seconds due = never;       ///< finishing later is tardiness
  Seconds deadline = never;  ///< it must not finish later
  double weight = 1;         ///< of its tardiness and its flow time
  double size = 1;           ///< multiplies its tardiness, flow time and waiting: the GPUs of a gang
  std::uint32_t family = 0;  ///< row and column of the set-up times
  std::vector<Mode> modes{};
  std::vector<Predecessor> predecessors{};
  std::optional<Pin> pinned{};
  std::optional<Running> running{};
};

/// Interchangeable units, each of them held by one task at a time. Of the calendars the last value holds for ever after.
struct Resource {
  std::string name{};
  double speed = 1;                           ///< of a unit, above 0: what `gang` divides work by
  Watts power{};                              ///< drawn by a unit at work: what `gang` gives to its modes
  std::vector<int> capacity{1};               ///< units that are there in each step; not empty
  std::vector<Rate> rent{};                   ///< per unit and time in each step, may be negative; empty: nothing
  std::vector<Price> price{};                 ///< of the energy in each step, may be negative; empty: nothing
  std::vector<CarbonIntensity> carbon{};      ///< of the energy in each step; empty: nothing
  std::vector<std::vector<Seconds>> setup{};  ///< [family before][family after], between neighbours on a resource of capacity ≤ 1
};

/// What can be used up once.
struct Reservoir {
  std::string name{};
  double amount = 0;
};

/// What a schedule is judged by, all in money. Late, flow and wait time count each task's `size`; late and flow its `weight` too.
struct Objective {
  Rate makespan{};       ///< per second until the last task has finished
  Rate tardiness{};      ///< per second after the due date
  Rate flow{};           ///< per second between release and finish
  Rate wait{};           ///< per second between release and start
  double cost = 1;       ///< per dollar paid for rent, energy, charges and restarts
  Price energy{};        ///< per joule, beside its price
  CarbonPrice carbon{};  ///< per gram emitted
};

/// Tasks, what they run on, and what counts. All times are from the start of the plan; nothing new starts before it.
struct Problem {
  Seconds step = units::h;  ///< of the calendars
  std::vector<Resource> resources{};
  std::vector<Reservoir> reservoirs{};
  std::vector<Task> tasks{};
  Objective objective{};
};

namespace detail {

/// Value of step `k` of a vector whose last value holds for ever after; 0 where there is none.
template <class T>
[[nodiscard]] T step_value(const std::vector<T>& values, std::size_t k) {
  if (values.empty()) return T{};
  return k < values.size() ? values[k] : values.back();
}

}  // namespace detail

/// How long `task` takes in `mode` when it starts at `start`: less than the mode says where it is running and is moved.
[[nodiscard]] inline Seconds duration_of(const Task& task, std::size_t mode, Seconds start) {
  const Seconds whole = task.modes[mode].duration;
  if (!task.running || (task.running->mode == mode && task.running->start == start)) return whole;
  return whole * (1 - task.running->kept) + task.running->restart_time;
}

}  // namespace kilter::schedule
