#pragma once
/// @file
/// HEFT: list scheduling of a task graph on unlike machines with communication.

#include <cstddef>
#include <vector>

#include "kilter/schedule/check.hpp"
#include "kilter/schedule/decode.hpp"
#include "kilter/schedule/list.hpp"
#include "kilter/schedule/problem.hpp"
#include "kilter/schedule/schedule.hpp"

namespace kilter::schedule {

/// The upward rank of each task in seconds: its mean duration over its modes, and the longest of lag + transfer + rank of those
/// after it (Topcuoglu, Hariri, Wu 2002, "Performance-effective and low-complexity task scheduling for heterogeneous computing",
/// eq. 8). The problem must be valid. O(modes + arcs).
[[nodiscard]] inline std::vector<double> upward_ranks(const Problem& problem) {
  const auto mean = [&](std::size_t i) {
    const auto& modes = problem.tasks[i].modes;
    double sum = 0;
    for (const Mode& mode : modes) sum += mode.duration.base();
    return modes.empty() ? 0 : sum / static_cast<double>(modes.size());
  };
  return detail::tails(problem, mean, [](const Predecessor& p) { return (p.lag + p.transfer).base(); });
}

/// Heterogeneous earliest finish time (Topcuoglu, Hariri, Wu 2002, section 4.1): tasks by upward rank, the highest first, each in
/// the mode and the gap where it finishes first. Machines are resources of capacity 1, the modes of a task its durations on each of
/// them, communication the `transfer` of its predecessors. O(n² × modes). Throws `std::invalid_argument` for an invalid problem.
struct HeftScheduler {
  [[nodiscard]] Schedule schedule(const Problem& problem) const {
    check(problem);
    std::vector<double> key = upward_ranks(problem);
    for (double& k : key) k = -k;
    return decode(problem, detail::order_by_key(problem, key), {.placement = Placement::earliest_finish});
  }
};

}  // namespace kilter::schedule
