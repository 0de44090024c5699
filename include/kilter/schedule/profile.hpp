#pragma once
/// @file
/// Free GPUs of each pool over time, as flat sorted arrays: what the decoders search and fill.

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "kilter/schedule/problem.hpp"

namespace kilter::schedule::detail {

inline constexpr double infinite = std::numeric_limits<double>::infinity();

/// Where a gang fits: from `start` on, which lies in segment `segment` of the pool. `start` is infinite when it fits nowhere.
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

/// Pool `p` has `size_[p]` segments; segment `i` goes from its `time` to that of segment `i + 1`, the last one for ever, and has
/// `free` GPUs all through. Every pool owns `stride_` entries of the flat arrays, enough for two more breakpoints per reservation.
/// Per pool and level `l`, `open` is a segment before which fewer than 2^l GPUs are free; since reservations only take, that stays
/// so, and a search for 2^l GPUs or more begins there.
class Profile {
 public:
  Profile() = default;
  Profile(const Problem& problem, std::size_t reservations) {
    std::size_t longest = 1;
    for (const Pool& pool : problem.pools) longest = std::max(longest, pool.capacity.size());
    for (const Task& task : problem.tasks) levels_ = std::max(levels_, level_of(task.gpus) + 1);
    stride_ = longest + 2 * reservations + 1;
    time_.assign(stride_ * problem.pools.size(), infinite);
    free_.assign(stride_ * problem.pools.size(), 0);
    for (std::size_t p = 0; p < problem.pools.size(); ++p) add_pool(problem.pools[p], problem.step.base(), p);
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

  /// A moment before which `gpus` are never free from `from` on: a cheap bound of what `earliest` returns.
  [[nodiscard]] double not_before(std::size_t pool, double from, int gpus) const {
    return std::max(from, time_[pool * stride_ + open_[pool * levels_ + level_of(gpus)]]);
  }

  /// The earliest start, not before `from` ≥ 0, at which `gpus` are free for `duration`. O(segments).
  [[nodiscard]] Slot earliest(std::size_t pool, double from, int gpus, double duration) const {
    const double* time = time_.data() + pool * stride_;
    const int* free = free_.data() + pool * stride_;
    const std::size_t size = size_[pool];
    std::size_t i = segment_at(pool, from, level_of(gpus));
    double start = std::max(from, time[i]);
    for (std::size_t j = i;; ++j) {
      if (free[j] < gpus) {
        do {
          if (++j == size) return {};
        } while (free[j] < gpus);
        i = j;
        start = time[j];
      }
      if (start + duration <= time[j + 1]) return {start, i};
    }
  }

  /// The fewest GPUs that are free at any moment of [from, to), which must not be empty.
  [[nodiscard]] int least_free(std::size_t pool, double from, double to) const {
    const double* time = time_.data() + pool * stride_;
    std::size_t i = last_at_or_before(time, size_[pool], from);
    int least = std::numeric_limits<int>::max();
    for (; i < size_[pool] && time[i] < to; ++i) least = std::min(least, free_[pool * stride_ + i]);
    return least;
  }

  /// Takes `gpus` from [slot.start, finish).
  void reserve(std::size_t pool, Slot slot, double finish, int gpus) {
    double* time = time_.data() + pool * stride_;
    int* free = free_.data() + pool * stride_;
    std::size_t first = slot.segment;
    if (time[first] < slot.start) insert(pool, ++first, slot.start);
    std::size_t last = first;
    for (; time[last + 1] <= finish; ++last) free[last] -= gpus;
    if (time[last] < finish) {
      insert(pool, last + 1, finish);
      free[last] -= gpus;
    }
    update_open(pool);
  }

  /// The first breakpoint of the pool after `t`; infinite when there is none.
  [[nodiscard]] double next_breakpoint(std::size_t pool, double t) const {
    const double* time = time_.data() + pool * stride_;
    return *std::upper_bound(time, time + size_[pool], t);
  }

 private:
  void add_pool(const Pool& pool, double step, std::size_t p) {
    std::size_t count = 0;
    for (std::size_t k = 0; k < pool.capacity.size(); ++k) {
      if (k > 0 && pool.capacity[k] == pool.capacity[k - 1]) continue;
      time_[p * stride_ + count] = step * static_cast<double>(k);
      free_[p * stride_ + count++] = pool.capacity[k];
    }
    size_.push_back(count);
    open_.resize(open_.size() + levels_, 0);
    update_open(p);
  }

  void update_open(std::size_t pool) {
    const int* free = free_.data() + pool * stride_;
    std::uint32_t* open = open_.data() + pool * levels_;
    for (std::size_t l = 0; l < levels_; ++l) {
      while (open[l] + 1 < size_[pool] && free[open[l]] < (1 << l)) ++open[l];
    }
  }

  [[nodiscard]] static std::size_t level_of(int gpus) {
    return static_cast<std::size_t>(std::bit_width(static_cast<unsigned>(gpus))) - 1;
  }

  /// The segment that holds `from`, or the first one of the level that is open, whichever is later.
  [[nodiscard]] std::size_t segment_at(std::size_t pool, double from, std::size_t level) const {
    const double* time = time_.data() + pool * stride_;
    const std::size_t open = open_[pool * levels_ + level];
    if (from < time[open + 1]) return open;
    return open + last_at_or_before(time + open, size_[pool] - open, from);
  }

  /// Cuts segment `at` − 1 in two at `when`.
  void insert(std::size_t pool, std::size_t at, double when) {
    double* time = time_.data() + pool * stride_;
    int* free = free_.data() + pool * stride_;
    const std::size_t size = size_[pool]++;
    std::copy_backward(time + at, time + size + 1, time + size + 2);
    std::copy_backward(free + at, free + size, free + size + 1);
    time[at] = when;
    free[at] = free[at - 1];
    std::uint32_t* open = open_.data() + pool * levels_;
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
