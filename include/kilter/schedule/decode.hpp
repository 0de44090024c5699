#pragma once
/// @file
/// Serial schedule generation for gangs: an order of the tasks becomes a schedule.

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/genetic/permutation.hpp"
#include "kilter/schedule/costs.hpp"
#include "kilter/schedule/problem.hpp"
#include "kilter/schedule/profile.hpp"
#include "kilter/schedule/schedule.hpp"

namespace kilter::schedule {

/// Where the decoder puts the task whose turn it is.
enum class Placement : std::uint8_t {
  least_cost,       ///< pool and start of least own cost: GPUs + tardiness + waiting; then the earliest finish
  earliest_finish,  ///< blind to prices: the pool on which it finishes first, as early as it can; then the least own cost
};

/// How a `Decoder` works.
struct DecodeOptions {
  Placement placement = Placement::least_cost;
  std::size_t lookahead = 64;  ///< how many later starts at changes of price are considered per task and pool
};

/// Turns orders of tasks into schedules by the serial generation scheme (Kolisch 1996, "Serial and parallel resource-constrained
/// project scheduling methods revisited") on pools whose free GPUs and prices vary: each task in turn is put where it fits best
/// among those already there, and never moves again.
///
/// Later starts are considered where the price makes delay pay: where it falls at the start or rises at the finish, and the last
/// start in time. A task is left out only when it fits no pool at any time beside those before it. Holds what it needs of the
/// problem.
class Decoder {
 public:
  /// Scratch memory of one decode at a time; made by `make_workspace`.
  struct Workspace {
    detail::Profile profile;
  };

  /// Throws `std::invalid_argument` when the problem is not valid. O(tasks × pools × price changes).
  explicit Decoder(const Problem& problem, const DecodeOptions& options = {})
      : table_(checked(problem), options.lookahead), base_(problem, problem.tasks.size()), placement_(options.placement) {}

  /// How many tasks an order has.
  [[nodiscard]] std::size_t size() const { return table_.size(); }
  [[nodiscard]] Workspace make_workspace() const { return {base_}; }

  /// The total cost in USD of the schedule that `order` gives, plus `penalty()` for each task left out. `order` must be a
  /// permutation of the tasks, which is not checked here. Does not allocate. O(tasks × pools × breakpoints), mostly far less.
  [[nodiscard]] double cost(std::span<const std::uint32_t> order, Workspace& workspace) const {
    double sum = 0;
    run(order, workspace, [&](std::uint32_t, const Place& place) { sum += place.pool == npos ? table_.penalty() : place.total; });
    return sum;
  }

  /// The assignments that `order` gives. Throws `std::invalid_argument` unless it is a permutation of the tasks.
  [[nodiscard]] std::vector<Assignment> assignments(std::span<const std::uint32_t> order, Workspace& workspace) const {
    require(order.size() == size(), "order", order.size(), "must have one entry per task");
    require(genetic::is_permutation(order), "order", order.size(), "must hold each task once");
    std::vector<Assignment> out(size());
    run(order, workspace, [&](std::uint32_t task, const Place& place) {
      out[task] = {task, place.pool, {}, {}};
      if (place.pool != npos) out[task] = {task, place.pool, Seconds{place.slot.start}, Seconds{place.finish}};
    });
    return out;
  }

  /// What `cost` counts for a task left out: more than any schedule of all tasks costs.
  [[nodiscard]] double penalty() const { return table_.penalty(); }
  /// No schedule of all the tasks that fit some pool costs less than this: each where and when it would be alone.
  [[nodiscard]] Dollars bound() const { return Dollars{table_.bound()}; }
  /// `cost` is never less than this but for rounding, which is allowed for: an order that meets it is optimal.
  [[nodiscard]] double least_cost() const { return table_.least_cost(); }

 private:
  struct Place {
    std::size_t pool = npos;
    detail::Slot slot{};
    double finish = detail::infinite;
    double total = detail::infinite;
  };

  static const Problem& checked(const Problem& problem) {
    check(problem);
    return problem;
  }

  template <class F>
  void run(std::span<const std::uint32_t> order, Workspace& workspace, F&& each) const {
    detail::Profile& profile = workspace.profile;
    profile.reset(base_);
    for (const std::uint32_t i : order) {
      const detail::TaskData& task = table_.task(i);
      const Place place = placement_ == Placement::least_cost ? cheapest(profile, task) : earliest(profile, task);
      if (place.pool != npos) profile.reserve(place.pool, place.slot, place.finish, task.count);
      each(i, place);
    }
  }

  /// Pools in order of what the task would cost on them alone, until the next one cannot be better.
  [[nodiscard]] Place cheapest(const detail::Profile& profile, const detail::TaskData& task) const {
    Place best;
    for (std::size_t c = task.first_choice; c < task.last_choice; ++c) {
      const detail::Choice& choice = table_.choice(c);
      if (choice.ideal > best.total) break;
      const double soonest = profile.not_before(choice.pool, task.earliest, task.count);
      if (detail::CostTable::bound_from(task, choice, soonest) > best.total) continue;
      const detail::Slot slot = profile.earliest(choice.pool, task.earliest, task.count, choice.duration);
      if (slot.start == detail::infinite) continue;
      offer(task, choice, slot, best);
      delay(profile, task, choice, slot.start, best);
    }
    return best;
  }

  /// The later starts at which the price turns, as long as one of them can still be better.
  void delay(const detail::Profile& profile, const detail::TaskData& task, const detail::Choice& choice, double after,
             Place& best) const {
    for (std::size_t t = choice.first_turn; t < choice.last_turn; ++t) {
      const detail::Turn& turn = table_.turn(t);
      if (turn.least_from_here >= best.total) return;
      if (turn.start <= after || turn.total >= best.total) continue;
      const detail::Slot slot = profile.earliest(choice.pool, turn.start, task.count, choice.duration);
      if (slot.start == detail::infinite) return;
      offer(task, choice, slot, best);
      after = slot.start;
    }
  }

  void offer(const detail::TaskData& task, const detail::Choice& choice, detail::Slot slot, Place& best) const {
    const double total = table_.total(task, choice, slot.start);
    const double finish = slot.start + choice.duration;
    if (total < best.total ||
        (total == best.total && (finish < best.finish || (finish == best.finish && choice.pool < best.pool)))) {
      best = {choice.pool, slot, finish, total};
    }
  }

  [[nodiscard]] Place earliest(const detail::Profile& profile, const detail::TaskData& task) const {
    Place best;
    for (std::size_t c = task.first_choice; c < task.last_choice; ++c) {
      const detail::Choice& choice = table_.choice(c);
      const detail::Slot slot = profile.earliest(choice.pool, task.earliest, task.count, choice.duration);
      const double finish = slot.start + choice.duration;
      if (slot.start < detail::infinite && finish < best.finish) {
        best = {choice.pool, slot, finish, table_.total(task, choice, slot.start)};
      }
    }
    return best;
  }

  detail::CostTable table_;
  detail::Profile base_;
  Placement placement_;
};

namespace detail {

inline Schedule schedule_of(const Problem& problem, const Decoder& decoder, std::span<const std::uint32_t> order,
                            Decoder::Workspace& workspace) {
  Schedule out;
  out.assignments = decoder.assignments(order, workspace);
  out.order.assign(order.begin(), order.end());
  out.evaluations = 1;
  out.bound = decoder.bound();
  add_up(problem, out);
  return out;
}

}  // namespace detail

/// The schedule that `order` gives, with its costs. Throws `std::invalid_argument` for an invalid problem or order.
[[nodiscard]] inline Schedule decode(const Problem& problem, std::span<const std::uint32_t> order,
                                     const DecodeOptions& options = {}) {
  const Decoder decoder(problem, options);
  auto workspace = decoder.make_workspace();
  return detail::schedule_of(problem, decoder, order, workspace);
}

}  // namespace kilter::schedule
