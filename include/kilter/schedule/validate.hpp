#pragma once
/// @file
/// `validate`: recomputes a schedule from its problem and says in words what is wrong.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "kilter/core/text.hpp"
#include "kilter/core/units.hpp"
#include "kilter/schedule/check.hpp"
#include "kilter/schedule/measure.hpp"
#include "kilter/schedule/problem.hpp"
#include "kilter/schedule/schedule.hpp"

namespace kilter::schedule {

namespace detail {

/// Times differ when they are further apart than this.
[[nodiscard]] inline double time_tolerance(double t) { return 1e-6 + 1e-12 * std::abs(t); }
/// True when `a` is before `b` by more than rounding.
[[nodiscard]] inline bool is_before(Seconds a, Seconds b) { return a.base() < b.base() - time_tolerance(b.base()); }

inline std::string seconds_text(Seconds t) { return to_string(t.base()) + " s"; }

/// Collects faults of the assignments, which name tasks and modes that exist, each task once.
class Validation {
 public:
  Validation(const Problem& problem, std::vector<std::string>& out) : problem_(problem), out_(out), of_(problem.tasks.size()) {}

  void add(const Assignment& a) { of_[a.task] = a; }

  void run() {
    for (const Assignment& a : of_) {
      if (!a.placed()) continue;
      if (!std::isfinite(a.start.base()) || !std::isfinite(a.finish.base())) {
        say(a, "runs from " + seconds_text(a.start) + " to " + seconds_text(a.finish));
        return;
      }
      time(a);
      precedence(a);
    }
    for (std::size_t r = 0; r < problem_.resources.size(); ++r) {
      capacity(r);
      setups(r);
    }
    reservoirs();
  }

 private:
  void say(const Assignment& a, const std::string& what) { out_.push_back("task " + std::to_string(a.task) + " " + what); }
  [[nodiscard]] std::string name(std::size_t r) const { return "resource " + std::to_string(r); }

  void time(const Assignment& a) {
    const Task& task = problem_.tasks[a.task];
    if (task.pinned &&
        (task.pinned->mode != a.mode || std::abs((task.pinned->start - a.start).base()) > time_tolerance(a.start.base()))) {
      say(a, "is not where it is pinned");
    }
    const bool fixed = task.pinned || (task.running && !is_moved(task, a));
    const Seconds earliest = std::max(Seconds{}, task.release);
    if (!fixed && is_before(a.start, earliest)) {
      say(a, "starts at " + seconds_text(a.start) + ", before it can at " + seconds_text(earliest));
    }
    const Seconds finish = a.start + duration_of(task, a.mode, a.start);
    if (std::abs((a.finish - finish).base()) > time_tolerance(finish.base())) {
      say(a, "finishes at " + seconds_text(a.finish) + " and not at " + seconds_text(finish));
    }
    if (is_before(task.deadline, a.finish)) {
      say(a, "finishes at " + seconds_text(a.finish) + ", after its deadline of " + seconds_text(task.deadline));
    }
  }

  void precedence(const Assignment& a) {
    for (const Predecessor& p : problem_.tasks[a.task].predecessors) {
      const Assignment& before = of_[p.task];
      if (!before.placed()) {
        say(a, "runs, and task " + std::to_string(p.task) + " before it does not");
        continue;
      }
      const bool elsewhere = resource_of(problem_, before) != resource_of(problem_, a);
      const Seconds ready = before.finish + p.lag + (elsewhere ? p.transfer : Seconds{});
      if (is_before(a.start, ready)) {
        say(a,
            "starts at " + seconds_text(a.start) + ", and task " + std::to_string(p.task) + " lets it at " + seconds_text(ready));
      }
    }
  }

  [[nodiscard]] const Demand* demand_on(const Assignment& a, std::size_t r) const {
    if (!a.placed() || !(a.finish > a.start)) return nullptr;
    for (const Demand& demand : problem_.tasks[a.task].modes[a.mode].demands) {
      if (demand.resource == r) return &demand;
    }
    return nullptr;
  }

  /// A sweep over starts, finishes and step boundaries.
  void capacity(std::size_t r) {
    const Resource& resource = problem_.resources[r];
    const double step = problem_.step.base();
    std::vector<std::pair<double, long long>> events;
    for (std::size_t k = 0; k < resource.capacity.size(); ++k) events.emplace_back(step * static_cast<double>(k), 0);
    for (const Assignment& a : of_) {
      const Demand* demand = demand_on(a, r);
      if (demand == nullptr || !(a.finish.base() > 0)) continue;
      events.emplace_back(std::max(0.0, a.start.base()), demand->amount);
      events.emplace_back(a.finish.base(), -static_cast<long long>(demand->amount));
    }
    std::sort(events.begin(), events.end());
    long long used = 0;
    for (std::size_t i = 0; i + 1 < events.size(); ++i) {
      used += events[i].second;
      if (!(events[i + 1].first - events[i].first > time_tolerance(events[i].first))) continue;
      const double middle = (events[i].first + events[i + 1].first) / 2;
      const int free = step_value(resource.capacity, static_cast<std::size_t>(std::min(middle / step, 1e15)));
      if (used <= free) continue;
      out_.push_back(name(r) + " runs " + std::to_string(used) + " units from " + seconds_text(Seconds{events[i].first}) +
                     " and has " + std::to_string(free));
    }
  }

  void setups(std::size_t r) {
    const auto& setup = problem_.resources[r].setup;
    if (setup.empty()) return;
    std::vector<const Assignment*> there;
    for (const Assignment& a : of_) {
      if (demand_on(a, r) != nullptr) there.push_back(&a);
    }
    std::sort(there.begin(), there.end(), [](const Assignment* a, const Assignment* b) { return a->start < b->start; });
    for (std::size_t i = 1; i < there.size(); ++i) {
      const Assignment &before = *there[i - 1], &after = *there[i];
      const Seconds time = setup[problem_.tasks[before.task].family][problem_.tasks[after.task].family];
      if (!is_before(after.start, before.finish + time)) continue;
      say(after, "starts at " + seconds_text(after.start) + ", and " + name(r) + " is set up after task " +
                     std::to_string(before.task) + " at " + seconds_text(before.finish + time));
    }
  }

  void reservoirs() {
    std::vector<double> used(problem_.reservoirs.size(), 0);
    for (const Assignment& a : of_) {
      if (!a.placed()) continue;
      for (const Consumption& use : problem_.tasks[a.task].modes[a.mode].consumptions) used[use.reservoir] += use.amount;
    }
    for (std::size_t r = 0; r < used.size(); ++r) {
      const double amount = problem_.reservoirs[r].amount;
      if (used[r] <= amount + 1e-9 * (1 + amount)) continue;
      out_.push_back("reservoir " + std::to_string(r) + " gives " + to_string(used[r]) + " and has " + to_string(amount));
    }
  }

  const Problem& problem_;
  std::vector<std::string>& out_;
  std::vector<Assignment> of_;
};

inline void validate_measure(const char* what, double given, double recomputed, double scale, std::vector<std::string>& out) {
  if (std::abs(given - recomputed) <= 1e-9 * (1 + scale)) return;
  out.push_back(std::string{what} + " is " + to_string(given) + " and not " + to_string(recomputed));
}

inline void validate_measures(const Problem& problem, const Measures& given, std::span<const Assignment> assignments,
                              std::vector<std::string>& out) {
  const Measures right = measure(problem, assignments);
  const auto compare = [&](const char* what, auto a, auto b) {
    validate_measure(what, a.base(), b.base(), std::abs(b.base()), out);
  };
  compare("makespan", given.makespan, right.makespan);
  compare("tardiness", given.tardiness, right.tardiness);
  compare("flow", given.flow, right.flow);
  compare("wait", given.wait, right.wait);
  compare("energy", given.energy, right.energy);
  compare("carbon", given.carbon, right.carbon);
  const double scale = std::abs(right.cost.base()) + std::abs(right.total.base());
  validate_measure("cost", given.cost.base(), right.cost.base(), scale, out);
  validate_measure("total", given.total.base(), right.total.base(), scale, out);
  if (given.unplaced != right.unplaced) {
    out.push_back("unplaced is " + std::to_string(given.unplaced) + " and not " + std::to_string(right.unplaced));
  }
}

}  // namespace detail

/// Recomputes everything: each task once, in a mode that it has, not before its release, where it is pinned, as long as it takes
/// there, done by its deadline, after its predecessors and set-ups; never more units than are there, no reservoir overdrawn, and
/// all measures. Returns what is wrong in words, one line each; empty: the schedule is what it says it is. O(n log n) per resource.
/// Throws `std::invalid_argument` when the problem itself is not valid.
[[nodiscard]] inline std::vector<std::string> validate(const Problem& problem, const Schedule& schedule) {
  check(problem);
  std::vector<std::string> out;
  std::vector<int> seen(problem.tasks.size(), 0);
  detail::Validation validation(problem, out);
  for (const Assignment& a : schedule.assignments) {
    if (a.task >= problem.tasks.size() || (a.placed() && a.mode >= problem.tasks[a.task].modes.size())) {
      out.push_back("there is no task " + std::to_string(a.task) + " with a mode " + std::to_string(a.mode));
      continue;
    }
    ++seen[a.task];
    validation.add(a);
  }
  for (std::size_t i = 0; i < seen.size(); ++i) {
    if (seen[i] != 1) out.push_back("task " + std::to_string(i) + " is assigned " + std::to_string(seen[i]) + " times");
  }
  if (!out.empty()) return out;
  validation.run();
  if (out.empty()) detail::validate_measures(problem, schedule.measures, schedule.assignments, out);
  return out;
}

}  // namespace kilter::schedule
