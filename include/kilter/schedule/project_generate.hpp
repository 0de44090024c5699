#pragma once
/// @file
/// Schedule generation schemes: an order of the activities becomes a schedule, forward or backward in time, and a schedule the
/// order that the next pass improves it by.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "kilter/core/rng.hpp"
#include "kilter/schedule/project_profile.hpp"

namespace kilter::schedule::detail {

/// A schedule in the making, as views of flat arrays: an order that respects precedence, the (numbered through) mode of each
/// activity, and the times at which they finish, seen in the direction of the last pass.
struct ProjectRow {
  std::span<std::uint32_t> order{}, mode{};
  std::span<std::int32_t> finish{};
};

/// Sorts orders by times in O(n + makespan), or O(n log n) where times are long. Stable.
class ProjectSorter {
 public:
  /// `order` becomes `source` sorted by `key`, which lie in [0, last]. The two must not overlap.
  template <class Key>
  void sort(std::span<const std::uint32_t> source, std::span<std::uint32_t> order, std::int32_t last, Key key) {
    if (static_cast<std::size_t>(last) > 16 * source.size() + 64) return compare(source, order, key);
    count_.assign(static_cast<std::size_t>(last) + 2, 0);
    for (const std::uint32_t j : source) ++count_[static_cast<std::size_t>(key(j)) + 1];
    std::partial_sum(count_.begin(), count_.end(), count_.begin());
    for (const std::uint32_t j : source) order[count_[static_cast<std::size_t>(key(j))]++] = j;
  }

 private:
  template <class Key>
  void compare(std::span<const std::uint32_t> source, std::span<std::uint32_t> order, Key key) {
    keyed_.clear();
    for (std::size_t k = 0; k < source.size(); ++k) {
      keyed_.push_back(static_cast<std::uint64_t>(key(source[k])) << 32 | static_cast<std::uint64_t>(k));
    }
    std::sort(keyed_.begin(), keyed_.end());
    for (std::size_t k = 0; k < source.size(); ++k) order[k] = source[keyed_[k] & 0xffffffffU];
  }

  std::vector<std::uint32_t> count_;
  std::vector<std::uint64_t> keyed_;
};

/// Generates schedules of one project; holds the memory for that and allocates nothing once it is warm.
///
/// Direction 0 is forward: each activity starts as early as it can. Direction 1 is the mirror image, with successors for
/// predecessors and time counted back from the end. `rows.finish` is always in the direction of the pass that wrote it.
template <class Profile>
class ProjectGenerator {
 public:
  ProjectGenerator(const ProjectData& data, Profile profile)
      : data_(&data), profile_(std::move(profile)), other_(data.size), left_(data.nonrenewables) {}

  /// The serial scheme (Kelley 1963; Kolisch 1996): one activity after the other, each at its earliest start that precedence and
  /// what is left of the resources allow. Returns the makespan. The schedule is active: no activity alone can start earlier.
  std::int32_t serial(std::size_t direction, const ProjectRow& row) {
    ++passes_;
    profile_.reset();
    const ProjectLinks& links = data_->links[direction];
    std::int32_t makespan = 0;
    for (const std::uint32_t j : row.order) {
      std::int32_t start = ready(links, j, row.finish);
      const std::uint32_t k = row.mode[j];
      const std::int32_t duration = data_->duration[k];
      if (duration > 0) {
        const std::uint64_t* need = data_->packed_of(k);
        start = profile_.fit(start, duration, need);
        profile_.take(start, duration, need);
      }
      row.finish[j] = start + duration;
      makespan = std::max(makespan, row.finish[j]);
    }
    return makespan;
  }

  /// The serial scheme that may change modes on its way: with probability `rate` an activity takes the mode in which it finishes
  /// first, of those that overdraw the non-renewable resources no more than now (after Van Peteghem and Vanhoucke 2010).
  std::int32_t serial_choosing(std::size_t direction, const ProjectRow& row, double rate, Rng& rng) {
    ++passes_;
    profile_.reset();
    leave(row.mode);
    const ProjectLinks& links = data_->links[direction];
    std::int32_t makespan = 0;
    for (const std::uint32_t j : row.order) {
      const std::int32_t from = ready(links, j, row.finish);
      std::uint32_t best = row.mode[j];
      std::int32_t start = fit(from, best);
      if (data_->modes(j) > 1 && rng.bernoulli(rate)) {
        const std::uint32_t old = best;
        for (std::uint32_t k = data_->mode_first[j]; k < data_->mode_first[j + 1]; ++k) {
          if (k == old || from + data_->duration[k] >= start + data_->duration[best] || !affordable(old, k)) continue;
          const std::int32_t s = fit(from, k);
          if (s + data_->duration[k] < start + data_->duration[best]) start = s, best = k;
        }
        if (best != old) exchange(row.mode[j], best);
      }
      if (data_->duration[best] > 0) profile_.take(start, data_->duration[best], data_->packed_of(best));
      row.finish[j] = start + data_->duration[best];
      makespan = std::max(makespan, row.finish[j]);
    }
    return makespan;
  }

  /// The parallel scheme (Kelley 1963; Kolisch 1996): at each moment at which something finishes, whatever may start and fits
  /// does so, in the given order. The schedule is non-delay. Returns the makespan. O(n · moments).
  std::int32_t parallel(std::size_t direction, const ProjectRow& row) {
    ++passes_;
    profile_.reset();
    const ProjectLinks& links = data_->links[direction];
    waiting_.assign(row.order.begin(), row.order.end());
    std::fill(row.finish.begin(), row.finish.end(), unscheduled);
    std::int32_t makespan = 0;
    for (std::int32_t now = 0; !waiting_.empty(); now = next_finish(row.finish, now)) {
      std::size_t kept = 0;
      for (const std::uint32_t j : waiting_) {
        if (!start_now(links, j, row, now))
          waiting_[kept++] = j;
        else
          makespan = std::max(makespan, row.finish[j]);
      }
      waiting_.resize(kept);
    }
    return makespan;
  }

  /// The order for a pass in the other direction: what finishes last goes first (justification: Valls, Ballestín, Quintanilla
  /// 2005, "Justification and RCPSP"). A serial pass in that order gives no longer a schedule.
  void turn(const ProjectRow& row, std::int32_t makespan) {
    std::copy(row.order.rbegin(), row.order.rend(), other_.begin());
    sorter_.sort(std::span<const std::uint32_t>{other_}, row.order, makespan,
                 [&](std::uint32_t j) { return makespan - row.finish[j]; });
  }

  /// The order by start times, of which a serial pass in the same direction gives no longer a schedule.
  void settle(const ProjectRow& row, std::int32_t makespan) {
    std::copy(row.order.begin(), row.order.end(), other_.begin());
    sorter_.sort(std::span<const std::uint32_t>{other_}, row.order, makespan,
                 [&](std::uint32_t j) { return row.finish[j] - data_->duration[row.mode[j]]; });
  }

  /// By how much the modes overdraw the non-renewable resources, summed over these; 0 when they can be had.
  [[nodiscard]] std::int64_t excess(std::span<const std::uint32_t> mode) {
    leave(mode);
    return std::accumulate(left_.begin(), left_.end(), std::int64_t{0},
                           [](std::int64_t sum, std::int64_t left) { return sum + std::max<std::int64_t>(0, -left); });
  }

  /// What each non-renewable resource has left (negative: is short of) after the last `excess` or `exchange`.
  [[nodiscard]] std::span<const std::int64_t> left() const { return left_; }
  /// The change of `excess` when mode `now` becomes mode `then`. O(resources).
  [[nodiscard]] std::int64_t excess_change(std::uint32_t now, std::uint32_t then) const {
    std::int64_t change = 0;
    for (std::size_t r = 0; r < left_.size(); ++r) {
      const std::int64_t after = left_[r] + data_->usage_of(now)[r] - data_->usage_of(then)[r];
      change += std::max<std::int64_t>(0, -after) - std::max<std::int64_t>(0, -left_[r]);
    }
    return change;
  }
  /// Sets a mode and keeps `left` up to date.
  void exchange(std::uint32_t& mode, std::uint32_t then) {
    for (std::size_t r = 0; r < left_.size(); ++r) left_[r] += data_->usage_of(mode)[r] - data_->usage_of(then)[r];
    mode = then;
  }

  /// Schedules generated so far.
  [[nodiscard]] std::size_t passes() const { return passes_; }

 private:
  static constexpr std::int32_t unscheduled = std::numeric_limits<std::int32_t>::max();

  [[nodiscard]] static std::int32_t ready(const ProjectLinks& links, std::uint32_t j, std::span<const std::int32_t> finish) {
    std::int32_t from = 0;
    for (const std::uint32_t p : links.of(j)) from = std::max(from, finish[p]);
    return from;
  }

  [[nodiscard]] std::int32_t fit(std::int32_t from, std::uint32_t k) const {
    return data_->duration[k] > 0 ? profile_.fit(from, data_->duration[k], data_->packed_of(k)) : from;
  }

  void leave(std::span<const std::uint32_t> mode) {
    std::copy(data_->stock.begin(), data_->stock.end(), left_.begin());
    if (left_.empty()) return;
    for (const std::uint32_t k : mode) {
      for (std::size_t r = 0; r < left_.size(); ++r) left_[r] -= data_->usage_of(k)[r];
    }
  }

  /// Whether mode `then` instead of `now` overdraws nothing more than it is.
  [[nodiscard]] bool affordable(std::uint32_t now, std::uint32_t then) const {
    for (std::size_t r = 0; r < left_.size(); ++r) {
      const std::int64_t more = std::int64_t{data_->usage_of(then)[r]} - data_->usage_of(now)[r];
      if (more > 0 && more > left_[r]) return false;
    }
    return true;
  }

  bool start_now(const ProjectLinks& links, std::uint32_t j, const ProjectRow& row, std::int32_t now) {
    if (ready(links, j, row.finish) > now) return false;
    const std::uint32_t k = row.mode[j];
    const std::int32_t duration = data_->duration[k];
    if (duration > 0) {
      if (!profile_.fits(now, duration, data_->packed_of(k))) return false;
      profile_.take(now, duration, data_->packed_of(k));
    }
    row.finish[j] = now + duration;
    return true;
  }

  [[nodiscard]] static std::int32_t next_finish(std::span<const std::int32_t> finish, std::int32_t now) {
    std::int32_t next = unscheduled;
    for (const std::int32_t f : finish) next = f > now && f < next ? f : next;
    return next;
  }

  const ProjectData* data_;
  Profile profile_;
  std::vector<std::uint32_t> other_, waiting_;
  std::vector<std::int64_t> left_;
  ProjectSorter sorter_;
  std::size_t passes_ = 0;
};

}  // namespace kilter::schedule::detail
