#pragma once
/// @file
/// Projects: activities with modes, precedence, and limited resources (the resource-constrained project scheduling problem, RCPSP,
/// and its multi-mode form, MRCPSP); what makes one well formed, and what makes a schedule of one right.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/status.hpp"
#include "kilter/schedule/time.hpp"

namespace kilter::schedule {

/// One way to carry out an activity: how long it takes and what it needs.
struct ProjectMode {
  Time duration = 0;          ///< ≥ 0
  std::vector<int> demand{};  ///< ≥ 0: of each renewable resource while it runs, then of each non-renewable one once
};

/// Something to be done without a break, in one of its modes; its successors start when it has finished or later.
struct Activity {
  std::vector<ProjectMode> modes{};
  std::vector<std::uint32_t> successors{};
};

/// Activities that share resources. A renewable resource has as much in every moment; of a non-renewable one that is all there is.
/// The dummy activities by which instances mark source and sink are ordinary ones of duration 0 and need not be there.
struct Project {
  std::string name{};
  std::vector<int> renewable{};     ///< capacities ≥ 0
  std::vector<int> nonrenewable{};  ///< capacities ≥ 0
  std::vector<Activity> activities{};
};

/// When each activity starts and in which mode, and how that was found.
struct ProjectSchedule {
  Status status = Status::feasible;
  std::vector<std::uint32_t> mode{};  ///< of each activity; empty when no schedule was found
  std::vector<Time> start{};          ///< of each activity; empty when no schedule was found
  Time makespan = 0;                  ///< when the last activity finishes
  Time bound = 0;                     ///< no schedule is shorter
  std::size_t iterations = 0;         ///< schedules generated: passes of a generation scheme
  std::size_t generations = 0;        ///< of the population, over all restarts
  std::size_t restarts = 0;           ///< times the search began with a new population
  double seconds_to_best = 0;         ///< measured when there is a time limit, 0 otherwise
  std::string reason{};               ///< why there is no schedule; empty when there is one
};

namespace detail {

inline std::string project_place(std::size_t activity, const char* member) {
  return "activities[" + std::to_string(activity) + "]." + member;
}

/// The activities in an order in which each comes after those it waits for; fewer than there are when a cycle is among them.
/// Of those that may come next the one with the lowest number comes first in time of becoming ready (Kahn 1962). O(n + arcs).
inline std::vector<std::uint32_t> project_topological_order(const Project& project) {
  const std::size_t n = project.activities.size();
  std::vector<std::uint32_t> waits(n, 0), order;
  order.reserve(n);
  for (const Activity& a : project.activities) {
    for (const std::uint32_t s : a.successors) ++waits[s];
  }
  for (std::uint32_t j = 0; j < n; ++j) {
    if (waits[j] == 0) order.push_back(j);
  }
  for (std::size_t k = 0; k < order.size(); ++k) {
    for (const std::uint32_t s : project.activities[order[k]].successors) {
      if (--waits[s] == 0) order.push_back(s);
    }
  }
  return order;
}

/// A cycle of the precedence relation as `2 -> 5 -> 2`. There must be one: `order` holds the activities that lie on none and
/// behind none.
inline std::string project_cycle(const Project& project, const std::vector<std::uint32_t>& order) {
  const std::size_t n = project.activities.size();
  std::vector<char> done(n, 0);
  for (const std::uint32_t j : order) done[j] = 1;
  // Each activity left waits for another one that is left: walk backwards until one comes twice.
  std::vector<std::uint32_t> before(n, 0), walk;
  std::uint32_t at = 0;
  for (std::uint32_t j = 0; j < n; ++j) {
    if (done[j] != 0) continue;
    at = j;
    for (const std::uint32_t s : project.activities[j].successors) before[s] = j;
  }
  at = before[at];
  std::vector<std::size_t> seen(n, 0);
  for (; seen[at] == 0; at = before[at]) {
    walk.push_back(at);
    seen[at] = walk.size();
  }
  std::string text = std::to_string(at);
  for (std::size_t k = walk.size(); k-- > seen[at] - 1;) text += " -> " + std::to_string(walk[k]);
  return text;
}

inline void check_activity(const Project& project, std::size_t j) {
  const Activity& activity = project.activities[j];
  const std::size_t resources = project.renewable.size() + project.nonrenewable.size();
  require(!activity.modes.empty(), project_place(j, "modes"), activity.modes.size(), "must hold at least one mode");
  for (const ProjectMode& mode : activity.modes) {
    require(mode.duration >= 0, project_place(j, "modes.duration"), mode.duration, "must not be negative");
    require(mode.duration < (Time{1} << 30), project_place(j, "modes.duration"), mode.duration, "must be less than 2^30");
    require(mode.demand.size() == resources, project_place(j, "modes.demand"), mode.demand.size(),
            "must hold one value for each resource");
    for (const int d : mode.demand) require(d >= 0, project_place(j, "modes.demand"), d, "must not be negative");
  }
  for (const std::uint32_t s : activity.successors) {
    require(s < project.activities.size(), project_place(j, "successors"), s, "must be the number of an activity");
  }
}

}  // namespace detail

/// Throws `std::invalid_argument` naming the first value that breaks what is said above: a negative number, a demand missing, an
/// activity without modes, a successor that does not exist, longest durations that sum to 2^30 or more, a cycle (named as
/// `2 -> 5 -> 2`). A demand above the capacity is no error: a project may have no schedule. O(size of the project).
inline void check(const Project& project) {
  for (const int c : project.renewable) require(c >= 0, "renewable", c, "must not be negative");
  for (const int c : project.nonrenewable) require(c >= 0, "nonrenewable", c, "must not be negative");
  require(project.activities.size() < (std::size_t{1} << 24), "activities", project.activities.size(), "must be fewer than 2^24");
  Time horizon = 0;
  for (std::size_t j = 0; j < project.activities.size(); ++j) {
    detail::check_activity(project, j);
    Time longest = 0;
    for (const ProjectMode& mode : project.activities[j].modes) longest = std::max(longest, mode.duration);
    horizon += longest;
  }
  require(horizon < (Time{1} << 30), "activities", horizon, "the longest durations must sum to less than 2^30");
  const auto order = detail::project_topological_order(project);
  if (order.size() < project.activities.size()) {
    require(false, "successors", detail::project_cycle(project, order), "must not hold a cycle");
  }
}

namespace detail {

/// Collects what is wrong with a schedule, one line each.
struct ProjectFindings {
  const Project& project;
  const ProjectSchedule& schedule;
  std::vector<std::string> lines{};

  [[nodiscard]] const ProjectMode& mode(std::size_t j) const { return project.activities[j].modes[schedule.mode[j]]; }
  [[nodiscard]] Time finish(std::size_t j) const { return schedule.start[j] + mode(j).duration; }
  [[nodiscard]] static std::string named(std::size_t j) { return "activity " + std::to_string(j); }

  /// Whether sizes and modes are right, without which nothing else can be said.
  bool shape() {
    const std::size_t n = project.activities.size();
    if (schedule.start.size() != n) lines.push_back(std::to_string(schedule.start.size()) + " starts for " + std::to_string(n));
    if (schedule.mode.size() != n) lines.push_back(std::to_string(schedule.mode.size()) + " modes for " + std::to_string(n));
    for (std::size_t j = 0; j < std::min(n, schedule.mode.size()); ++j) {
      if (schedule.mode[j] >= project.activities[j].modes.size()) lines.push_back(named(j) + " has no such mode");
    }
    return lines.empty();
  }

  void precedence() {
    for (std::size_t j = 0; j < project.activities.size(); ++j) {
      if (schedule.start[j] < 0) lines.push_back(named(j) + " starts before 0");
      for (const std::uint32_t s : project.activities[j].successors) {
        if (schedule.start[s] < finish(j)) lines.push_back(named(s) + " starts before " + named(j) + " has finished");
      }
    }
  }

  void renewable(std::size_t r) {
    std::vector<std::pair<Time, std::int64_t>> change;  // at one moment what is given back comes before what is taken
    for (std::size_t j = 0; j < project.activities.size(); ++j) {
      if (mode(j).duration == 0) continue;
      change.emplace_back(schedule.start[j], mode(j).demand[r]);
      change.emplace_back(finish(j), -std::int64_t{mode(j).demand[r]});
    }
    std::sort(change.begin(), change.end());
    std::int64_t used = 0;
    for (const auto& [time, amount] : change) {
      used += amount;
      if (used <= project.renewable[r]) continue;
      lines.push_back("renewable resource " + std::to_string(r) + " is overdrawn at " + std::to_string(time));
      return;
    }
  }

  void nonrenewable(std::size_t r) {
    std::int64_t used = 0;
    for (std::size_t j = 0; j < project.activities.size(); ++j) used += mode(j).demand[project.renewable.size() + r];
    if (used > project.nonrenewable[r]) lines.push_back("non-renewable resource " + std::to_string(r) + " is overdrawn");
  }

  void claims() {
    Time makespan = 0;
    for (std::size_t j = 0; j < project.activities.size(); ++j) makespan = std::max(makespan, finish(j));
    if (makespan != schedule.makespan) lines.push_back("makespan is " + std::to_string(makespan));
    if (schedule.bound > makespan) lines.push_back("bound exceeds the makespan");
    if (schedule.status == Status::optimal && schedule.bound < makespan) lines.push_back("optimal without a bound that proves it");
    if (schedule.status == Status::infeasible) lines.push_back("infeasible, with a schedule");
  }
};

}  // namespace detail

/// What is wrong with a schedule of `project`, one line each, everything recomputed; empty when nothing is. A zero duration takes
/// no renewable resource. A result without a schedule (no starts, no modes, and a reason) is right as such. O(n log n) a resource.
[[nodiscard]] inline std::vector<std::string> validate(const Project& project, const ProjectSchedule& schedule) {
  check(project);
  if (schedule.start.empty() && schedule.mode.empty() && !schedule.reason.empty()) return {};
  detail::ProjectFindings findings{project, schedule};
  if (!findings.shape()) return findings.lines;
  findings.precedence();
  for (std::size_t r = 0; r < project.renewable.size(); ++r) findings.renewable(r);
  for (std::size_t r = 0; r < project.nonrenewable.size(); ++r) findings.nonrenewable(r);
  findings.claims();
  return std::move(findings.lines);
}

}  // namespace kilter::schedule
