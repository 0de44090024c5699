#pragma once
// Projects for the tests and the benchmarks: small ones by hand, and random ones in the manner of ProGen.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "kilter/core/rng.hpp"
#include "kilter/schedule/project.hpp"

namespace kilter::test {

/// What a random project looks like (Kolisch, Sprecher, Drexl 1995): arcs per activity, share of the resources that an activity
/// needs, and how scarce these are (0: as scarce as can be, 1: never short).
struct ProjectShape {
  std::size_t activities = 30;
  double complexity = 1.8;
  double factor = 0.5;
  double strength = 0.2;
  std::size_t renewables = 4;
  std::size_t nonrenewables = 0;
  std::size_t modes = 1;
  double stock_strength = 0.3;
};

/// The most of renewable `r` that the schedule of earliest starts (first modes) needs at once.
inline int peak_demand(const schedule::Project& project, std::size_t r) {
  const auto order = schedule::detail::project_topological_order(project);
  std::vector<schedule::Time> start(project.activities.size(), 0);
  std::vector<int> used;
  for (const auto j : order) {
    const auto& mode = project.activities[j].modes[0];
    const auto finish = static_cast<std::size_t>(start[j] + mode.duration);
    used.resize(std::max(used.size(), finish + 1), 0);
    for (auto t = static_cast<std::size_t>(start[j]); t < finish; ++t) used[t] += mode.demand[r];
    for (const auto s : project.activities[j].successors) start[s] = std::max(start[s], start[j] + mode.duration);
  }
  return used.empty() ? 0 : *std::max_element(used.begin(), used.end());
}

/// Durations and demands U{1, …, 10}, each demand 0 with probability 1 − factor; modes by falling speed.
inline schedule::Project random_project(const ProjectShape& shape, std::uint64_t seed) {
  Rng rng{seed};
  schedule::Project project;
  project.name = "random " + std::to_string(seed);
  const std::size_t n = shape.activities, resources = shape.renewables + shape.nonrenewables;
  project.activities.resize(n);
  for (auto& activity : project.activities) {
    std::vector<schedule::Time> durations;
    std::vector<std::vector<int>> demands(resources);
    for (std::size_t m = 0; m < shape.modes; ++m) durations.push_back(1 + static_cast<schedule::Time>(rng.index(10)));
    std::sort(durations.begin(), durations.end());
    for (std::size_t r = 0; r < resources; ++r) {
      for (std::size_t m = 0; m < shape.modes; ++m) {
        demands[r].push_back(rng.bernoulli(shape.factor) ? 1 + static_cast<int>(rng.index(10)) : 0);
      }
    }
    for (std::size_t m = 0; m < shape.modes; ++m) {
      schedule::ProjectMode mode{durations[m], {}};
      for (std::size_t r = 0; r < resources; ++r) mode.demand.push_back(demands[r][m]);
      activity.modes.push_back(mode);
    }
  }
  // Everything but the first tenth waits for something not far before it; further arcs until there are enough.
  const std::size_t sources = std::max<std::size_t>(1, n / 10), reach = std::max<std::size_t>(2, n / 2);
  const auto link = [&](std::size_t j) {
    const std::size_t first = j > reach ? j - reach : 0;
    auto& successors = project.activities[first + rng.index(j - first)].successors;
    const auto to = static_cast<std::uint32_t>(j);
    if (std::find(successors.begin(), successors.end(), to) == successors.end()) successors.push_back(to);
  };
  for (std::size_t j = sources; j < n; ++j) link(j);
  const auto more = static_cast<std::size_t>(std::max(0.0, (shape.complexity - 1) * static_cast<double>(n)));
  for (std::size_t a = 0; a < more && n > sources; ++a) link(sources + rng.index(n - sources));
  project.renewable.assign(shape.renewables, 0);
  for (std::size_t r = 0; r < shape.renewables; ++r) {
    int least = 0;
    for (const auto& activity : project.activities) {
      int most = 0;
      for (const auto& mode : activity.modes) most = std::max(most, mode.demand[r]);
      least = std::max(least, most);
    }
    const int peak = std::max(least, peak_demand(project, r));
    project.renewable[r] = least + static_cast<int>(std::lround(shape.strength * (peak - least)));
  }
  for (std::size_t r = shape.renewables; r < resources; ++r) {
    int least = 0, most = 0;
    for (const auto& activity : project.activities) {
      const auto needs = [&](const schedule::ProjectMode& a, const schedule::ProjectMode& b) { return a.demand[r] < b.demand[r]; };
      const auto [low, high] = std::minmax_element(activity.modes.begin(), activity.modes.end(), needs);
      least += low->demand[r];
      most += high->demand[r];
    }
    project.nonrenewable.push_back(least + static_cast<int>(std::lround(shape.stock_strength * (most - least))));
  }
  return project;
}

}  // namespace kilter::test
