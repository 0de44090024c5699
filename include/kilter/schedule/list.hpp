#pragma once
/// @file
/// List rules and EASY backfilling: what a scheduler has to beat, and where the genetic search begins.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "kilter/genetic/permutation.hpp"
#include "kilter/schedule/decode.hpp"
#include "kilter/schedule/problem.hpp"
#include "kilter/schedule/profile.hpp"
#include "kilter/schedule/schedule.hpp"

namespace kilter::schedule {

/// Orders of the tasks; equals go by release, then by index.
enum class Rule : std::uint8_t {
  fifo,                ///< by release
  shortest_first,      ///< by work
  largest_area_first,  ///< by work × GPUs, the largest first
  earliest_due_date,   ///< by due date, those without one last
};

/// All rules.
inline constexpr std::array<Rule, 4> rules{Rule::fifo, Rule::shortest_first, Rule::largest_area_first, Rule::earliest_due_date};

/// The tasks in the order of the rule. O(n log n).
[[nodiscard]] inline genetic::Permutation order_by(const Problem& problem, Rule rule) {
  const auto key = [&](std::uint32_t i) {
    const Task& task = problem.tasks[i];
    switch (rule) {
      case Rule::shortest_first: return task.work.base();
      case Rule::largest_area_first: return -task.work.base() * task.gpus;
      case Rule::earliest_due_date: return task.due.base();
      case Rule::fifo: break;
    }
    return task.release.base();
  };
  genetic::Permutation order = genetic::identity_permutation(problem.tasks.size());
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    const double x = key(a), y = key(b);
    return x != y ? x < y : problem.tasks[a].release < problem.tasks[b].release;
  });
  return order;
}

/// Decodes the order of one rule. With `Rule::fifo` and `Placement::earliest_finish` this is conservative backfilling (Mu'alem,
/// Feitelson 2001, "Utilization, predictability, workloads, and user runtime estimates in scheduling the IBM SP2 with
/// backfilling"): each task in turn gets the earliest place that delays none before it.
struct ListScheduler {
  Rule rule = Rule::fifo;
  Placement placement = Placement::earliest_finish;

  /// Throws `std::invalid_argument` when the problem is not valid.
  [[nodiscard]] Schedule schedule(const Problem& problem) const {
    check(problem);
    return decode(problem, order_by(problem, rule), {.placement = placement});
  }
};

namespace detail {

/// The event loop of EASY. Time goes from one release or breakpoint to the next; running tasks are in the profile, queued ones not.
class Easy {
 public:
  explicit Easy(const Problem& problem)
      : problem_(problem),
        profile_(problem, problem.tasks.size()),
        order_(order_by(problem, Rule::fifo)),
        assignments_(problem.tasks.size()),
        promised_(problem.tasks.size(), infinite) {
    for (std::size_t i = 0; i < assignments_.size(); ++i) assignments_[i].task = i;
  }

  void run() {
    double now = 0;
    while (admitted_ < order_.size() || !queue_.empty()) {
      for (; admitted_ < order_.size() && release(order_[admitted_]) <= now; ++admitted_) queue_.push_back(order_[admitted_]);
      start_heads(now);
      if (!queue_.empty()) backfill(now);
      now = next_event(now);
    }
  }

  [[nodiscard]] const std::vector<Assignment>& assignments() const { return assignments_; }
  /// The start that each task was promised when it became the head of the queue; infinite if it never was.
  [[nodiscard]] const std::vector<double>& promised() const { return promised_; }

 private:
  struct Spot {
    std::size_t pool = npos;
    Slot slot{};
    double finish = infinite;
  };

  [[nodiscard]] double release(std::uint32_t task) const { return problem_.tasks[task].release.base(); }

  /// The earliest start over all pools; of equal ones the earliest finish.
  [[nodiscard]] Spot earliest(std::uint32_t i, double now) const {
    Spot best;
    for (std::size_t p = 0; p < problem_.pools.size(); ++p) {
      const double duration = duration_on(problem_.tasks[i], problem_.pools[p]);
      const Slot slot = profile_.earliest(p, now, problem_.tasks[i].gpus, duration);
      const double finish = slot.start + duration;
      if (slot.start < best.slot.start || (slot.start < infinite && slot.start == best.slot.start && finish < best.finish)) {
        best = {p, slot, finish};
      }
    }
    return best;
  }

  void start(std::uint32_t i, const Spot& spot) {
    profile_.reserve(spot.pool, spot.slot, spot.finish, problem_.tasks[i].gpus);
    assignments_[i] = {i, spot.pool, Seconds{spot.slot.start}, Seconds{spot.finish}};
  }

  /// Starts tasks from the front for as long as they fit now; the first that does not is the head and keeps `head_`.
  void start_heads(double now) {
    std::size_t done = 0;
    for (; done < queue_.size(); ++done) {
      head_ = earliest(queue_[done], now);
      if (head_.pool == npos) continue;  // fits nowhere, and more running tasks will not change that
      promised_[queue_[done]] = std::min(promised_[queue_[done]], head_.slot.start);
      if (head_.slot.start > now) break;
      start(queue_[done], head_);
    }
    queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(done));
  }

  /// Starts what fits now beside the reservation of the head.
  void backfill(double now) {
    std::size_t kept = 1;
    for (std::size_t q = 1; q < queue_.size(); ++q) {
      const Spot spot = spot_now(queue_[q], now);
      if (spot.pool == npos) {
        queue_[kept++] = queue_[q];
      } else {
        start(queue_[q], spot);
      }
    }
    queue_.resize(kept);
  }

  [[nodiscard]] Spot spot_now(std::uint32_t i, double now) const {
    Spot best;
    const int gpus = problem_.tasks[i].gpus;
    for (std::size_t p = 0; p < problem_.pools.size(); ++p) {
      const double duration = duration_on(problem_.tasks[i], problem_.pools[p]), finish = now + duration;
      if (finish >= best.finish) continue;
      const Slot slot = profile_.earliest(p, now, gpus, duration);
      if (slot.start == now && (p != head_.pool || leaves_head(now, finish, gpus))) best = {p, slot, finish};
    }
    return best;
  }

  [[nodiscard]] bool leaves_head(double now, double finish, int gpus) const {
    const double from = std::max(now, head_.slot.start), to = std::min(finish, head_.finish);
    return !(from < to) || profile_.least_free(head_.pool, from, to) >= gpus + problem_.tasks[queue_.front()].gpus;
  }

  [[nodiscard]] double next_event(double now) const {
    double next = admitted_ < order_.size() ? release(order_[admitted_]) : infinite;
    if (!queue_.empty()) {
      for (std::size_t p = 0; p < problem_.pools.size(); ++p) next = std::min(next, profile_.next_breakpoint(p, now));
    }
    return next;
  }

  const Problem& problem_;
  Profile profile_;
  genetic::Permutation order_;
  std::vector<Assignment> assignments_;
  std::vector<double> promised_;
  std::vector<std::uint32_t> queue_;
  std::size_t admitted_ = 0;
  Spot head_;
};

}  // namespace detail

/// EASY backfilling (Lifka 1995, "The ANL/IBM SP scheduling system"): first come first served, each as soon as it fits; the head of
/// the queue has a reservation at its earliest start, and others may overtake it where they do not move that. Blind to prices;
/// durations are exact. Of several pools the one with the earliest start is taken, then the one with the earliest finish.
struct EasyScheduler {
  /// O(events × queue × pools × breakpoints). Throws `std::invalid_argument` when the problem is not valid.
  [[nodiscard]] Schedule schedule(const Problem& problem) const {
    check(problem);
    detail::Easy easy(problem);
    easy.run();
    Schedule out;
    out.assignments = easy.assignments();
    out.order = genetic::identity_permutation(out.assignments.size());
    const auto key = [&](std::uint32_t i) { return out.assignments[i].pool == npos ? never : out.assignments[i].start; };
    std::stable_sort(out.order.begin(), out.order.end(), [&](std::uint32_t a, std::uint32_t b) { return key(a) < key(b); });
    detail::add_up(problem, out);
    return out;
  }
};

}  // namespace kilter::schedule
