#pragma once
/// @file
/// Lower bounds of the makespan of a project.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "kilter/schedule/project_data.hpp"

namespace kilter::schedule::detail {

/// The work on each resource (least over the modes) over its capacity. O(modes · resources).
inline std::int32_t project_work_bound(const ProjectData& data) {
  std::int64_t bound = 0;
  const std::size_t resources = data.capacity.size();
  for (std::size_t r = 0; r < resources; ++r) {
    std::int64_t work = 0;
    for (std::size_t j = 0; j < data.size; ++j) {
      std::int64_t least = std::numeric_limits<std::int64_t>::max();
      for (std::uint32_t k = data.mode_first[j]; k < data.mode_first[j + 1]; ++k) {
        least = std::min(least, std::int64_t{data.duration[k]} * data.demand[k * resources + r]);
      }
      work += least;
    }
    if (data.capacity[r] > 0) bound = std::max(bound, (work + data.capacity[r] - 1) / data.capacity[r]);
  }
  return static_cast<std::int32_t>(bound);
}

inline std::int32_t project_bound(const ProjectData& data) { return std::max(data.critical_path(), project_work_bound(data)); }

}  // namespace kilter::schedule::detail
