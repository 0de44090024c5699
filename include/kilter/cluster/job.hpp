#pragma once
/// @file
/// Training jobs: rigid gangs that hold all their GPUs from start to finish and may wait until a deadline.

#include <array>
#include <cstddef>
#include <string>

#include "kilter/core/units.hpp"

namespace kilter::cluster {

/// A training job. Times are counted from the start of the calendar; `duration` and `limit` are for a GPU of speed 1.
struct Job {
  std::size_t id = 0;
  Seconds submit{};
  Seconds duration{};  ///< what it really takes; a scheduler must not look at it
  Seconds limit{};     ///< what its owner asked for: at least `duration`
  int gpus = 1;
  Seconds deadline{};
  std::string group{};
};

/// The wall-clock limit an owner would pick for a job of this length: the next step of a usual ladder (5 min … 28 days), or the
/// duration itself beyond it. For traces that give durations and no limits.
[[nodiscard]] inline Seconds usual_limit(Seconds duration) {
  using namespace units;
  constexpr std::array<Seconds, 13> ladder{5 * min, 15 * min, 30 * min, 1 * h,   2 * h,   4 * h,   8 * h,
                                           16 * h,  1 * day,  2 * day,  4 * day, 7 * day, 28 * day};
  for (const Seconds step : ladder) {
    if (duration <= step) return step;
  }
  return duration;
}

}  // namespace kilter::cluster
