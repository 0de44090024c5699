#pragma once
/// @file
/// Gangs as tasks: rigid ones, one mode for each pool of GPUs, and moldable ones, one mode for each pool and number of GPUs.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/units.hpp"
#include "kilter/schedule/problem.hpp"

namespace kilter::schedule {

/// A training job that runs on `gpus` GPUs of one pool, all at once and without a break, for `work / speed` of that pool.
struct Gang {
  std::size_t id = 0;   ///< the user's own name for it
  Seconds release{};    ///< may lie before the plan: it has been waiting since then
  Seconds work{};       ///< duration on `gpus` GPUs of speed 1; above 0
  int gpus = 1;         ///< at least 1
  Seconds due = never;  ///< finishing later is tardiness
  double weight = 1;    ///< of its tardiness
  Seconds deadline = never;
};

namespace detail {

inline Task gang_without_modes(const Gang& gang) {
  require(std::isfinite(gang.work.base()) && gang.work.base() > 0, "work", gang.work.base(), "must be finite and above 0");
  require(gang.gpus > 0, "gpus", gang.gpus, "must be at least 1");
  Task task;
  task.id = gang.id;
  task.release = gang.release;
  task.due = gang.due;
  task.deadline = gang.deadline;
  task.weight = gang.weight;
  task.size = gang.gpus;
  return task;
}

inline Mode gang_mode(const Resource& pool, std::size_t p, Seconds work, int gpus) {
  Mode mode;
  mode.duration = work / pool.speed;
  mode.demands.push_back({static_cast<std::uint32_t>(p), gpus, pool.power * gpus});
  return mode;
}

}  // namespace detail

/// The gang as a task with mode `p` for pool `p`; its size is its GPUs. Throws `std::invalid_argument` for work or GPUs not above
/// 0.
[[nodiscard]] inline Task gang(const Gang& gang, std::span<const Resource> pools) {
  Task task = detail::gang_without_modes(gang);
  task.modes.reserve(pools.size());
  for (std::size_t p = 0; p < pools.size(); ++p) task.modes.push_back(detail::gang_mode(pools[p], p, gang.work, gang.gpus));
  return task;
}

/// The gang on any of `counts` GPUs of any pool: mode `c × pools + p` is `counts[c]` GPUs of pool `p`. On n GPUs the part
/// `serial` of its work at one GPU takes as long as ever and the rest an n-th (Amdahl 1967, "Validity of the single processor
/// approach to achieving large scale computing capabilities"). Throws as above, and for `serial` outside of [0, 1].
[[nodiscard]] inline Task moldable_gang(const Gang& gang, std::span<const int> counts, double serial,
                                        std::span<const Resource> pools) {
  require(serial >= 0 && serial <= 1, "serial", serial, "must lie in [0, 1]");
  Task task = detail::gang_without_modes(gang);
  const auto time_on = [serial](int gpus) { return serial + (1 - serial) / gpus; };
  for (const int count : counts) {
    require(count > 0, "counts", count, "must be at least 1");
    const Seconds work = gang.work * (time_on(count) / time_on(gang.gpus));
    for (std::size_t p = 0; p < pools.size(); ++p) task.modes.push_back(detail::gang_mode(pools[p], p, work, count));
  }
  return task;
}

}  // namespace kilter::schedule
