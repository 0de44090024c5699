#pragma once
/// @file
/// A sharper lower bound on the makespan of a shop: makespans are refuted by propagating time windows.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "kilter/schedule/shop.hpp"
#include "kilter/schedule/shop_bound.hpp"

namespace kilter::schedule::detail {

/// When an operation may run: not before `head`, ended by `latest`.
struct ShopWindow {
  Time head = 0;
  Time latest = 0;
  Time duration = 0;
};

/// Edge finding on one machine (Carlier and Pinson 1989; the rule as in Vilím 2004: where a set and one more operation could not
/// all end by the set's latest end, that one comes behind the whole set). O(n²).
class ShopEdgeFinder {
 public:
  /// Raises heads; false when the windows cannot be met.
  bool raise(std::vector<ShopWindow>& tasks) {
    by_head_.resize(tasks.size());
    for (std::size_t i = 0; i < tasks.size(); ++i) by_head_[i] = i;
    std::sort(by_head_.begin(), by_head_.end(), [&](std::size_t a, std::size_t b) {
      return std::pair{tasks[a].head, a} < std::pair{tasks[b].head, b};
    });
    raised_.assign(tasks.size(), std::numeric_limits<Time>::min());
    for (const ShopWindow& last : tasks) {
      if (!sweep(tasks, last.latest)) return false;
    }
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      tasks[i].head = std::max(tasks[i].head, raised_[i]);
      if (tasks[i].head + tasks[i].duration > tasks[i].latest) return false;
    }
    return true;
  }

 private:
  /// The set of all that must end by `latest`, against each of the others.
  bool sweep(const std::vector<ShopWindow>& tasks, Time latest) {
    Time work = 0, end = std::numeric_limits<Time>::min() / 2;  // of the set, from the last head down
    after_.resize(tasks.size());
    for (std::size_t k = tasks.size(); k-- > 0;) {
      const ShopWindow& task = tasks[by_head_[k]];
      if (task.latest <= latest) {
        work += task.duration;
        end = std::max(end, task.head + work);
      }
      after_[k] = {work, end};
    }
    if (end > latest) return false;
    Time before = std::numeric_limits<Time>::min() / 2;  // the set's end as far as it begins with a head up to here
    for (std::size_t k = 0; k < tasks.size(); ++k) {
      const ShopWindow& task = tasks[by_head_[k]];
      if (task.latest <= latest) {
        before = std::max(before, task.head + after_[k].first);
      } else {
        const Time joint = std::max({before + task.duration, task.head + task.duration + after_[k].first, after_[k].second});
        if (joint > latest) raised_[by_head_[k]] = std::max(raised_[by_head_[k]], end);
      }
    }
    return true;
  }

  std::vector<std::size_t> by_head_;
  std::vector<Time> raised_;
  std::vector<std::pair<Time, Time>> after_;
};

/// The windows of all operations under an assumed makespan.
class ShopWindows {
 public:
  explicit ShopWindows(const Shop& shop) : machines_(shop.machines) {
    for (const ShopJob& job : shop.jobs) {
      first_.push_back(windows_.size());
      for (const Operation& operation : job.operations) {
        if (operation.alternatives.size() == 1) machines_[operation.alternatives.front().machine].push_back(windows_.size());
        windows_.push_back({0, 0, shop_shortest(operation)});
      }
    }
    first_.push_back(windows_.size());
  }

  /// Whether no schedule is as short as `makespan`: O(machines × n²) per pass, and where there are few operations each window's
  /// ends are also tried. True is a proof, false is not.
  [[nodiscard]] bool refutes(Time makespan) {
    for (ShopWindow& w : windows_) {
      w.head = 0;
      w.latest = makespan;
    }
    trials_ = 0;
    if (!propagate()) return true;
    return windows_.size() <= small && !shave();
  }

 private:
  static constexpr std::size_t small = 64;
  static constexpr std::size_t most_trials = 4000;

  /// Runs all rules until nothing changes; false on a contradiction.
  bool propagate() {
    do {
      changed_ = false;
      if (!pass_jobs()) return false;
      for (const auto& machine : machines_) {
        if (machine.size() > 1 && !pass_machine(machine)) return false;
      }
    } while (changed_);
    return true;
  }

  bool pass_jobs() {
    for (std::size_t j = 0; j + 1 < first_.size(); ++j) {
      for (std::size_t i = first_[j] + 1; i < first_[j + 1]; ++i) {
        windows_[i].head = std::max(windows_[i].head, windows_[i - 1].head + windows_[i - 1].duration);
      }
      for (std::size_t i = first_[j + 1]; i-- > first_[j] + 1;) {
        windows_[i - 1].latest = std::min(windows_[i - 1].latest, windows_[i].latest - windows_[i].duration);
      }
    }
    return std::all_of(windows_.begin(), windows_.end(), [](const ShopWindow& w) { return w.head + w.duration <= w.latest; });
  }

  bool pass_machine(const std::vector<std::size_t>& machine) {
    tasks_.clear();
    for (const std::size_t i : machine) tasks_.push_back(windows_[i]);
    if (!finder_.raise(tasks_)) return false;
    for (ShopWindow& t : tasks_) t = {-t.latest, -t.head, t.duration};
    if (!finder_.raise(tasks_)) return false;
    for (std::size_t k = 0; k < machine.size(); ++k) {
      ShopWindow& w = windows_[machine[k]];
      changed_ = changed_ || w.head != -tasks_[k].latest || w.latest != -tasks_[k].head;
      w.head = -tasks_[k].latest;
      w.latest = -tasks_[k].head;
    }
    return true;
  }

  /// Shaving (Martin and Shmoys 1996): the early and the late half of each window are assumed in turn; what is refuted is cut off.
  bool shave() {
    bool cut = true;
    while (cut) {
      cut = false;
      for (std::size_t i = 0; i < windows_.size(); ++i) {
        for (const bool early : {true, false}) {
          while (trials_ < most_trials && refutes_half(i, early)) {
            cut = true;
            if (!propagate()) return false;
          }
        }
      }
    }
    return true;
  }

  /// Tries part of a window; where that is refuted, cuts it off and returns true.
  bool refutes_half(std::size_t i, bool early) {
    const ShopWindow w = windows_[i];
    const Time slack = w.latest - w.head - w.duration;
    for (Time part = slack / 2;; part /= 4) {
      saved_ = windows_;
      ++trials_;
      if (early) {
        windows_[i].latest = w.head + w.duration + part;
      } else {
        windows_[i].head = w.latest - w.duration - part;
      }
      const bool possible = propagate();
      windows_.swap(saved_);
      if (!possible) {
        if (early) {
          windows_[i].head = w.head + part + 1;
        } else {
          windows_[i].latest = w.latest - part - 1;
        }
        return true;
      }
      if (part == 0) return false;
    }
  }

  std::vector<ShopWindow> windows_, tasks_, saved_;
  std::vector<std::size_t> first_;  ///< of each job, its first operation; one more at the end
  std::vector<std::vector<std::size_t>> machines_;
  ShopEdgeFinder finder_;
  bool changed_ = false;
  std::size_t trials_ = 0;
};

}  // namespace kilter::schedule::detail

namespace kilter::schedule {

/// The lower bound `makespan_bound` raised as far as propagation refutes makespans: job precedence and edge finding on each machine
/// until nothing changes, and shaving for shops of up to 64 operations. Looks no further than `upper`, a makespan that is known to
/// be possible. A few dozen propagations of O(machines × n²) each for n operations per machine. Throws `std::invalid_argument` for
/// an invalid shop.
[[nodiscard]] inline Time destructive_bound(const Shop& shop, Time upper = shop_time_limit) {
  Time low = makespan_bound(shop), step = 1;  // everything below `low` is impossible
  detail::ShopWindows windows(shop);
  while (low < upper && windows.refutes(std::min(low + step - 1, upper - 1))) {
    low = std::min(low + step, upper);
    step *= 2;
  }
  Time high = std::min(low + step - 1, upper);  // not refuted
  while (low < high) {
    const Time middle = low + (high - low) / 2;
    if (windows.refutes(middle)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

}  // namespace kilter::schedule
