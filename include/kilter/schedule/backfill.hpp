#pragma once
/// @file
/// EASY backfilling.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "kilter/schedule/check.hpp"
#include "kilter/schedule/list.hpp"
#include "kilter/schedule/measure.hpp"
#include "kilter/schedule/model.hpp"
#include "kilter/schedule/placer.hpp"
#include "kilter/schedule/problem.hpp"
#include "kilter/schedule/schedule.hpp"

namespace kilter::schedule {

namespace detail {

/// The event loop of EASY. Time goes from one release or breakpoint to the next; running tasks are in the profile, queued ones not.
class Easy {
 public:
  explicit Easy(const Problem& problem)
      : model_(make_model(problem, 0, false)),
        placer_(model_),
        state_(placer_.make_state()),
        assignments_(problem.tasks.size()),
        promised_(problem.tasks.size(), infinite),
        missing_(problem.tasks.size(), 0),
        rank_(problem.tasks.size(), 0) {
    placer_.reset(state_);
    const Order order = order_by(problem, Rule::fifo);
    for (std::uint32_t k = 0; k < order.size(); ++k) rank_[order[k]] = k;
    for (std::size_t i = 0; i < assignments_.size(); ++i) {
      assignments_[i].task = i;
      missing_[i] = model_.tasks[i].last_before - model_.tasks[i].first_before;
    }
    for (const std::uint32_t i : model_.topological) {
      if (model_.tasks[i].first_before == model_.tasks[i].last_before) arrive(i);
    }
  }
  Easy(const Easy&) = delete;
  Easy& operator=(const Easy&) = delete;

  void run() {
    double now = 0;
    while (!coming_.empty() || !queue_.empty()) {
      while (!coming_.empty() && coming_.back().first <= now) admit();
      if (!queue_.empty()) start_heads(now);
      if (!queue_.empty()) backfill(now);
      now = next_event(now);
      if (now == infinite) break;
    }
  }

  [[nodiscard]] const std::vector<Assignment>& assignments() const { return assignments_; }
  /// The start that each task was promised when it became the head of the queue; infinite if it never was.
  [[nodiscard]] const std::vector<double>& promised() const { return promised_; }
  [[nodiscard]] bool infeasible() const { return model_.hopeless > 0 || model_.overdrawn; }

 private:
  /// All before it are placed: pinned and running tasks stay where they are if they can, the others come when they are ready.
  void arrive(std::uint32_t i) {
    const TaskData& task = model_.tasks[i];
    for (std::uint32_t c = task.first_choice; c < task.last_choice; ++c) {
      const Choice& choice = model_.choices[c];
      if (!choice.stays || !placer_.is_wanted(state_, task, c, 0)) continue;
      const Slot slot = placer_.find<false>(state_, task, choice, 0);
      if (slot.start < infinite) return start(i, {&choice, slot, slot.start + choice.duration, 0});
    }
    double ready = placer_.ready_at(state_, task);
    for (std::uint32_t c = task.first_choice; task.transfers && c < task.last_choice; ++c) {
      ready = std::max(ready, placer_.ready_for(state_, task, model_.choices[c]));
    }
    if (ready == infinite || task.first_choice == task.last_choice) return;  // it can never be done
    const std::pair<double, std::uint32_t> entry{ready, rank_[i]};
    const auto later = [&](const auto& a, const auto& b) {
      return a.first != b.first ? a.first > b.first : rank_[a.second] > b.second;
    };
    const auto at = std::lower_bound(coming_.begin(), coming_.end(), entry, later);
    coming_.insert(at, {ready, i});
  }

  void admit() {
    queue_.push_back(coming_.back().second);
    coming_.pop_back();
  }

  /// The earliest start over all choices; of equal ones the earliest finish.
  [[nodiscard]] Place earliest(std::uint32_t i, double now) const {
    const TaskData& task = model_.tasks[i];
    Place best;
    for (std::uint32_t c = task.first_choice; c < task.last_choice; ++c) {
      const Choice& choice = model_.choices[c];
      if (choice.stays || !placer_.is_wanted(state_, task, c, 0)) continue;
      const Slot slot = placer_.find<false>(state_, task, choice, now);
      const double finish = slot.start + choice.duration;
      if (!(finish < infinite) || finish > task.deadline + slack(finish)) continue;
      if (slot.start < best.slot.start || (slot.start == best.slot.start && finish < best.finish))
        best = {&choice, slot, finish, 0};
    }
    return best;
  }

  void start(std::uint32_t i, const Place& place) {
    placer_.put(state_, i, place);
    state_.finish[i] = place.finish;
    state_.where[i] = place.choice->resource;
    assignments_[i] = {i, place.choice->mode, Seconds{place.slot.start}, Seconds{place.finish}};
    for (const FlatArc& arc : model_.after_of(model_.tasks[i])) {
      if (--missing_[arc.task] == 0) arrive(arc.task);
    }
  }

  /// Starts tasks from the front for as long as they fit now; the first that does not is the head and keeps `head_`.
  void start_heads(double now) {
    std::size_t done = 0;
    for (; done < queue_.size(); ++done) {
      const std::uint32_t i = queue_[done];
      head_ = earliest(i, now);
      if (head_.choice == nullptr) continue;  // fits nowhere, and more running tasks will not change that
      promised_[i] = std::min(promised_[i], head_.slot.start);
      if (head_.slot.start > now) break;
      start(i, head_);
    }
    queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(done));
  }

  /// Starts what fits now beside the reservation of the head.
  void backfill(double now) {
    std::size_t kept = 1;
    for (std::size_t q = 1; q < queue_.size(); ++q) {
      const Place place = place_now(queue_[q], now);
      if (place.choice == nullptr) {
        queue_[kept++] = queue_[q];
      } else {
        start(queue_[q], place);
      }
    }
    queue_.resize(kept);
  }

  [[nodiscard]] Place place_now(std::uint32_t i, double now) const {
    const TaskData& task = model_.tasks[i];
    Place best;
    for (std::uint32_t c = task.first_choice; c < task.last_choice; ++c) {
      const Choice& choice = model_.choices[c];
      const double finish = now + choice.duration;
      if (choice.stays || finish >= best.finish || finish > task.deadline + slack(finish)) continue;
      if (!placer_.is_wanted(state_, task, c, 0)) continue;
      const Slot slot = placer_.find<false>(state_, task, choice, now);
      if (slot.start == now && leaves_head(choice, now, finish)) best = {&choice, slot, finish, 0};
    }
    return best;
  }

  [[nodiscard]] bool leaves_head(const Choice& choice, double now, double finish) const {
    if (!placer_.shares_resource(choice, *head_.choice)) return true;
    if (choice.setup) return false;
    const double from = std::max(now, head_.slot.start), to = std::min(finish, head_.finish);
    if (!(from < to)) return true;
    const auto leaves = [&](std::uint32_t r, int amount) {
      const int wanted = amount_on(*head_.choice, r);
      return wanted == 0 || state_.profile.least_free(r, from, to) >= amount + wanted;
    };
    bool all = leaves(choice.resource, choice.amount);
    for (std::uint32_t d = choice.first_more; d < choice.last_more; ++d)
      all = all && leaves(model_.more[d].resource, model_.more[d].amount);
    return all;
  }

  [[nodiscard]] int amount_on(const Choice& choice, std::uint32_t r) const {
    if (choice.resource == r) return choice.amount;
    for (std::uint32_t d = choice.first_more; d < choice.last_more; ++d) {
      if (model_.more[d].resource == r) return model_.more[d].amount;
    }
    return 0;
  }

  [[nodiscard]] double next_event(double now) const {
    double next = coming_.empty() ? infinite : coming_.back().first;
    if (queue_.empty()) return next;
    for (std::size_t r = 0; r < model_.sequence_of.size(); ++r) next = std::min(next, state_.profile.next_breakpoint(r, now));
    if (head_.choice != nullptr && head_.slot.start > now)
      next = std::min(next, head_.slot.start);  // set-ups end between breakpoints
    return next;
  }

  Model model_;
  Placer placer_;
  PlacerState state_;
  std::vector<Assignment> assignments_;
  std::vector<double> promised_;
  std::vector<std::uint32_t> missing_, rank_;
  std::vector<std::pair<double, std::uint32_t>> coming_;  ///< ready time and task, the last one first
  std::vector<std::uint32_t> queue_;
  Place head_;
};

}  // namespace detail

/// EASY backfilling (Lifka 1995, "The ANL/IBM SP scheduling system"): first come first served, each as soon as it fits; the head of
/// the queue has a reservation at its earliest start, and others may overtake it where they do not move that. A task comes when it
/// is released and its predecessors have finished. Blind to prices; durations are exact. Of several modes the one with the earliest
/// start is taken, then the one with the earliest finish.
struct EasyScheduler {
  /// O(events × queue × modes × breakpoints). Throws `std::invalid_argument` when the problem is not valid.
  [[nodiscard]] Schedule schedule(const Problem& problem) const {
    check(problem);
    detail::Easy easy(problem);
    easy.run();
    Schedule out;
    out.assignments = easy.assignments();
    std::vector<double> start;
    for (const Assignment& a : out.assignments) start.push_back(a.placed() ? a.start.base() : detail::infinite);
    out.order.resize(start.size());
    for (std::uint32_t i = 0; i < start.size(); ++i) out.order[i] = i;
    std::stable_sort(out.order.begin(), out.order.end(), [&](std::uint32_t a, std::uint32_t b) { return start[a] < start[b]; });
    out.measures = measure(problem, out.assignments);
    if (easy.infeasible()) out.status = Status::infeasible;
    return out;
  }
};

}  // namespace kilter::schedule
