#pragma once
/// @file
/// Free units of each resource over time, as flat sorted arrays: what the decoders search and fill.

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "kilter/schedule/problem.hpp"

namespace kilter::schedule::detail {

inline constexpr double infinite = std::numeric_limits<double>::infinity();

/// Where a task fits: from `start` on, which lies in segment `segment` of the resource. `start` is infinite when it fits nowhere.
struct Slot {
  double start = infinite;
  std::size_t segment = 0;
};

/// The index of the last of [0, count) whose time is at or before `t`, found without branches; 0 when there is none.
[[nodiscard]] inline std::size_t last_at_or_before(const double* time, std::size_t count, double t) {
  const double* first = time;
  while (count > 1) {
    const std::size_t half = count / 2;
    first += first[half] <= t ? half : 0;
    count -= half;
  }
  return static_cast<std::size_t>(first - time);
}

/// Resource `p` has `size_[p]` segments; segment `i` goes from its `time` to that of segment `i + 1`, the last one for ever, and
/// has `free` units all through. Every resource owns `stride_` entries of the flat arrays, enough for two more breakpoints per
/// reservation. Per resource and level `l`, `open` is a segment before which fewer than 2^l units are free; since reservations only
/// take, that stays so, and a search for 2^l units or more begins there.
class Profile {
 public:
  Profile() = default;
  Profile(const Problem& problem, std::size_t reservations) {
    std::size_t longest = 1;
    for (const Resource& resource : problem.resources) longest = std::max(longest, resource.capacity.size());
    levels_ = level_of(largest_demand(problem)) + 1;
    stride_ = longest + 2 * reservations + 1;
    time_.assign(stride_ * problem.resources.size(), infinite);
    free_.assign(stride_ * problem.resources.size(), 0);
    for (std::size_t p = 0; p < problem.resources.size(); ++p) add_resource(problem.resources[p], problem.step.base(), p);
  }

  /// Becomes `base` again, which this is a copy of, without allocating.
  void reset(const Profile& base) {
    for (std::size_t p = 0; p < size_.size(); ++p) {
      const auto first = static_cast<std::ptrdiff_t>(p * stride_), last = first + static_cast<std::ptrdiff_t>(base.size_[p]);
      std::copy(base.time_.begin() + first, base.time_.begin() + last + 1, time_.begin() + first);
      std::copy(base.free_.begin() + first, base.free_.begin() + last, free_.begin() + first);
      size_[p] = base.size_[p];
    }
    std::copy(base.open_.begin(), base.open_.end(), open_.begin());
  }

  /// A moment before which `units` are never free from `from` on: a cheap bound of what `earliest` returns.
  [[nodiscard]] double not_before(std::size_t resource, double from, int units) const {
    return std::max(from, time_[resource * stride_ + open_[resource * levels_ + level_of(units)]]);
  }

  /// The earliest start, not before `from` ≥ 0, at which `units` are free for `duration`. O(segments).
  [[nodiscard]] Slot earliest(std::size_t resource, double from, int units, double duration) const {
    const double* time = time_.data() + resource * stride_;
    const int* free = free_.data() + resource * stride_;
    const std::size_t size = size_[resource];
    std::size_t i = segment_at(resource, from, level_of(units));
    double start = std::max(from, time[i]);
    for (std::size_t j = i;; ++j) {
      if (free[j] < units) {
        do {
          if (++j == size) return {};
        } while (free[j] < units);
        i = j;
        start = time[j];
      }
      if (start + duration <= time[j + 1]) return {start, i};
    }
  }

  /// The fewest units that are free at any moment of [from, to), which must not be empty.
  [[nodiscard]] int least_free(std::size_t resource, double from, double to) const {
    const double* time = time_.data() + resource * stride_;
    std::size_t i = last_at_or_before(time, size_[resource], from);
    int least = std::numeric_limits<int>::max();
    for (; i < size_[resource] && time[i] < to; ++i) least = std::min(least, free_[resource * stride_ + i]);
    return least;
  }

  /// The latest start, not before `from` ≥ 0, at which `units` are free for `duration` and that ends by `to`; -1 where there is
  /// none.
  [[nodiscard]] double latest(std::size_t resource, double from, double to, int units, double duration) const {
    const double* time = time_.data() + resource * stride_;
    const int* free = free_.data() + resource * stride_;
    if (!(to - duration >= from)) return -1;
    std::size_t j = last_at_or_before(time, size_[resource], to);
    double finish = to;
    for (;; --j) {
      if (free[j] < units) {
        finish = std::min(finish, time[j]);
      } else if (finish - duration >= time[j]) {
        return finish - duration >= from ? finish - duration : -1;
      }
      if (j == 0 || finish - duration < from) return -1;
    }
  }

  /// Takes `units` from [start, finish); both count from 0, and nothing is taken for no time.
  void reserve(std::size_t resource, double start, double finish, int units) {
    const double from = std::max(0.0, start);
    if (finish > from)
      reserve(resource, Slot{from, last_at_or_before(time_.data() + resource * stride_, size_[resource], from)}, finish, units);
  }

  /// Takes `units` from [slot.start, finish), which must not be empty.
  void reserve(std::size_t resource, Slot slot, double finish, int units) {
    double* time = time_.data() + resource * stride_;
    int* free = free_.data() + resource * stride_;
    std::size_t first = slot.segment;
    if (time[first] < slot.start) insert(resource, ++first, slot.start);
    std::size_t last = first;
    for (; time[last + 1] <= finish; ++last) free[last] -= units;
    if (time[last] < finish) {
      insert(resource, last + 1, finish);
      free[last] -= units;
    }
    update_open(resource);
  }

  /// The segment that holds `t` ≥ 0.
  [[nodiscard]] std::size_t segment_of(std::size_t resource, double t) const {
    return last_at_or_before(time_.data() + resource * stride_, size_[resource], t);
  }

  /// The first breakpoint of the resource after `t`; infinite when there is none.
  [[nodiscard]] double next_breakpoint(std::size_t resource, double t) const {
    const double* time = time_.data() + resource * stride_;
    return *std::upper_bound(time, time + size_[resource], t);
  }

 private:
  [[nodiscard]] static int largest_demand(const Problem& problem) {
    int largest = 1;
    for (const Task& task : problem.tasks) {
      for (const Mode& mode : task.modes) {
        for (const Demand& demand : mode.demands) largest = std::max(largest, demand.amount);
      }
    }
    return largest;
  }

  void add_resource(const Resource& resource, double step, std::size_t p) {
    std::size_t count = 0;
    for (std::size_t k = 0; k < resource.capacity.size(); ++k) {
      if (k > 0 && resource.capacity[k] == resource.capacity[k - 1]) continue;
      time_[p * stride_ + count] = step * static_cast<double>(k);
      free_[p * stride_ + count++] = resource.capacity[k];
    }
    size_.push_back(count);
    open_.resize(open_.size() + levels_, 0);
    update_open(p);
  }

  void update_open(std::size_t resource) {
    const int* free = free_.data() + resource * stride_;
    std::uint32_t* open = open_.data() + resource * levels_;
    for (std::size_t l = 0; l < levels_; ++l) {
      while (open[l] + 1 < size_[resource] && free[open[l]] < (1 << l)) ++open[l];
    }
  }

  [[nodiscard]] static std::size_t level_of(int units) {
    return static_cast<std::size_t>(std::bit_width(static_cast<unsigned>(units))) - 1;
  }

  /// The segment that holds `from`, or the first one of the level that is open, whichever is later.
  [[nodiscard]] std::size_t segment_at(std::size_t resource, double from, std::size_t level) const {
    const double* time = time_.data() + resource * stride_;
    const std::size_t open = open_[resource * levels_ + level];
    if (from < time[open + 1]) return open;
    return open + last_at_or_before(time + open, size_[resource] - open, from);
  }

  /// Cuts segment `at` − 1 in two at `when`.
  void insert(std::size_t resource, std::size_t at, double when) {
    double* time = time_.data() + resource * stride_;
    int* free = free_.data() + resource * stride_;
    const std::size_t size = size_[resource]++;
    std::copy_backward(time + at, time + size + 1, time + size + 2);
    std::copy_backward(free + at, free + size, free + size + 1);
    time[at] = when;
    free[at] = free[at - 1];
    std::uint32_t* open = open_.data() + resource * levels_;
    for (std::size_t l = 0; l < levels_; ++l) open[l] += open[l] >= at ? 1U : 0U;
  }

  std::size_t stride_ = 0;
  std::vector<double> time_;
  std::vector<int> free_;
  std::size_t levels_ = 1;
  std::vector<std::size_t> size_;
  std::vector<std::uint32_t> open_;
};

}  // namespace kilter::schedule::detail
