#pragma once
/// @file
/// What is free of the renewable resources over time, packed (`ProjectLanes`): a word per unit of time where durations are short,
/// segments where they are long.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "kilter/schedule/project_data.hpp"

namespace kilter::schedule::detail {

/// Packed amounts of one moment. `Words` is the number of words, or 0 where it is known only at run time.
template <std::size_t Words>
struct ProjectPacking {
  explicit ProjectPacking(const ProjectLanes& lanes) : guard(lanes.guard), capacity(lanes.capacity) {}

  [[nodiscard]] std::size_t words() const { return Words == 0 ? guard.size() : Words; }
  [[nodiscard]] bool holds(const std::uint64_t* free, const std::uint64_t* need) const {
    if constexpr (Words == 1) return ((free[0] - need[0]) & guard[0]) == guard[0];
    std::uint64_t missing = 0;
    for (std::size_t w = 0; w < words(); ++w) missing |= ~(free[w] - need[w]) & guard[w];
    return missing == 0;
  }
  void take(std::uint64_t* free, const std::uint64_t* need) const {
    for (std::size_t w = 0; w < words(); ++w) free[w] -= need[w];
  }

  std::vector<std::uint64_t> guard, capacity;
};

/// A word (or more) for each unit of time. Searching and taking are O(units looked at).
template <std::size_t Words>
class ProjectUnitProfile {
 public:
  ProjectUnitProfile(const ProjectLanes& lanes, std::int32_t horizon)
      : packing_(lanes), free_((static_cast<std::size_t>(horizon) + 1) * packing_.words()) {
    used_ = horizon;
    reset();
  }

  /// Everything is free again.
  void reset() {
    const std::size_t words = packing_.words();
    const std::size_t end = static_cast<std::size_t>(used_) * words;
    if constexpr (Words == 1) {
      std::fill_n(free_.data(), end, packing_.capacity[0]);
    } else {
      for (std::size_t i = 0; i < end; i += words) std::copy_n(packing_.capacity.data(), words, free_.data() + i);
    }
    used_ = 0;
  }

  /// The earliest start ≥ `from` of `duration` > 0 units in which `need` is free. Looks at a window from its end: what does not
  /// fit there moves the window behind it.
  [[nodiscard]] std::int32_t fit(std::int32_t from, std::int32_t duration, const std::uint64_t* need) const {
    if (from >= used_) return from;
    const std::size_t words = packing_.words();
    const std::uint64_t* free = free_.data();
    std::int32_t start = from;
    for (std::int32_t t = start + duration - 1; t >= start; --t) {
      if (packing_.holds(free + static_cast<std::size_t>(t) * words, need)) continue;
      start = t + 1;
      t = start + duration;
    }
    return start;
  }

  /// Takes `need` in `duration` units from `start`.
  void take(std::int32_t start, std::int32_t duration, const std::uint64_t* need) {
    const std::size_t words = packing_.words();
    std::uint64_t* free = free_.data() + static_cast<std::size_t>(start) * words;
    for (std::int32_t i = 0; i < duration; ++i, free += words) packing_.take(free, need);
    used_ = std::max(used_, start + duration);
  }

  /// Whether `need` is free in [start, start + duration).
  [[nodiscard]] bool fits(std::int32_t start, std::int32_t duration, const std::uint64_t* need) const {
    return fit(start, duration, need) == start;
  }

 private:
  ProjectPacking<Words> packing_;
  std::vector<std::uint64_t> free_;
  std::int32_t used_ = 0;
};

/// Segments between breakpoints; the last one never ends. Searching is O(segments), taking O(segments moved).
template <std::size_t Words>
class ProjectSegmentProfile {
 public:
  ProjectSegmentProfile(const ProjectLanes& lanes, std::size_t activities) : packing_(lanes) {
    time_.reserve(2 * activities + 2);
    free_.reserve((2 * activities + 1) * packing_.words());
    reset();
  }

  void reset() {
    time_.assign({0, std::numeric_limits<std::int32_t>::max()});
    free_.assign(packing_.capacity.begin(), packing_.capacity.end());
  }

  [[nodiscard]] std::int32_t fit(std::int32_t from, std::int32_t duration, const std::uint64_t* need) const {
    const std::size_t words = packing_.words();
    std::int32_t start = from;
    for (std::size_t i = segment(from); time_[i] < start + duration; ++i) {
      if (!packing_.holds(free_.data() + i * words, need)) start = time_[i + 1];
    }
    return start;
  }

  void take(std::int32_t start, std::int32_t duration, const std::uint64_t* need) {
    const std::size_t words = packing_.words();
    std::size_t i = cut(segment(start), start);
    for (; time_[i + 1] <= start + duration; ++i) packing_.take(free_.data() + i * words, need);
    if (time_[i] >= start + duration) return;
    cut(i, start + duration);
    packing_.take(free_.data() + i * words, need);
  }

  [[nodiscard]] bool fits(std::int32_t start, std::int32_t duration, const std::uint64_t* need) const {
    return fit(start, duration, need) == start;
  }

 private:
  [[nodiscard]] std::size_t segment(std::int32_t t) const {
    return static_cast<std::size_t>(std::upper_bound(time_.begin(), time_.end() - 1, t) - time_.begin()) - 1;
  }

  /// Makes `t` a breakpoint within segment `i` and returns the segment that begins there.
  std::size_t cut(std::size_t i, std::int32_t t) {
    if (time_[i] == t) return i;
    const auto words = static_cast<std::ptrdiff_t>(packing_.words());
    const auto at = static_cast<std::ptrdiff_t>(i);
    time_.insert(time_.begin() + at + 1, t);
    free_.resize(free_.size() + packing_.words());
    std::copy_backward(free_.begin() + at * words, free_.end() - words, free_.end());
    return i + 1;
  }

  ProjectPacking<Words> packing_;
  std::vector<std::int32_t> time_;
  std::vector<std::uint64_t> free_;
};

}  // namespace kilter::schedule::detail
