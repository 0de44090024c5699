#pragma once
/// @file
/// Where the task whose turn it is goes, beside those that are placed: the earliest or the cheapest of its modes and starts.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "kilter/schedule/model.hpp"
#include "kilter/schedule/model_builder.hpp"
#include "kilter/schedule/profile.hpp"

namespace kilter::schedule::detail {

/// A place for a task: which choice, where, and what it counts; `choice == nullptr`: none.
struct Place {
  const Choice* choice = nullptr;
  Slot slot{};
  double finish = infinite;
  double total = infinite;
};

/// What is placed so far. Made once, reset without allocation.
struct PlacerState {
  Profile profile{};
  std::vector<double> finish{};        ///< by task; infinite: not placed
  std::vector<std::uint32_t> where{};  ///< by task, its first resource
  std::vector<std::vector<Stay>> sequences{};
  std::vector<double> left{};   ///< by reservoir
  std::vector<double> spare{};  ///< left beyond what the tasks to come need at least
  double makespan = 0;
};

class Placer {
 public:
  explicit Placer(const Model& model) : model_(model) {}

  [[nodiscard]] PlacerState make_state() const {
    PlacerState state;
    state.profile = model_.base;
    state.finish.assign(model_.size(), infinite);
    state.where.assign(model_.size(), nothing);
    state.sequences = model_.sequences;
    for (auto& sequence : state.sequences) sequence.reserve(model_.size());
    state.left = state.spare = model_.reservoir;
    return state;
  }

  void reset(PlacerState& state) const {
    state.profile.reset(model_.base);
    if (model_.simple) return;
    state.makespan = 0;
    std::fill(state.finish.begin(), state.finish.end(), infinite);
    for (std::size_t s = 0; s < state.sequences.size(); ++s) {
      state.sequences[s].assign(model_.sequences[s].begin(), model_.sequences[s].end());
    }
    const std::size_t reservoirs = model_.reservoir.size();
    for (std::size_t r = 0; r < reservoirs; ++r) {
      state.left[r] = state.spare[r] = model_.reservoir[r];
      for (std::size_t i = 0; i < model_.size(); ++i) state.spare[r] -= model_.least_use[i * reservoirs + r];
    }
  }

  /// The place of least own cost, then of the earliest finish. `wanted`: 1 + the mode, or 0 for any.
  template <bool Simple>
  [[nodiscard]] Place cheapest(const PlacerState& state, std::uint32_t i, std::uint32_t wanted) const {
    const TaskData& task = model_.tasks[i];
    Place best;
    if constexpr (Simple) {
      cheapest_until<true>(state, task, wanted, task.earliest, infinite, best);
    } else {
      const double ready = ready_at(state, task);
      if (ready == infinite) return best;
      cheapest_until<false>(state, task, wanted, ready, task.wish, best);
      if (best.choice == nullptr && task.wish < task.deadline) {
        cheapest_until<false>(state, task, wanted, ready, task.deadline, best);
      }
    }
    return best;
  }

  /// The place where it finishes first, blind to prices; then the least own cost.
  [[nodiscard]] Place earliest(const PlacerState& state, std::uint32_t i, std::uint32_t wanted) const {
    const TaskData& task = model_.tasks[i];
    Place best;
    const double ready = model_.simple ? task.earliest : ready_at(state, task);
    if (ready == infinite) return best;
    for (std::uint32_t c = task.first_choice; c < task.last_choice; ++c) {
      const Choice& choice = model_.choices[c];
      if (!is_wanted(state, task, c, wanted)) continue;
      const double from = task.transfers ? ready_for(state, task, choice) : ready;
      const Slot slot = find<false>(state, task, choice, from);
      const double finish = slot.start + choice.duration;
      if (!(finish < infinite) || finish > best.finish || finish > task.deadline + slack(finish)) continue;
      const double total = model_.total(task, choice, slot.start);
      if (finish < best.finish || total < best.total) best = {&choice, slot, finish, total};
    }
    return best;
  }

  /// The place in the same choice that ends last, by `to`, and starts not before `from`; for resources without set-up times.
  [[nodiscard]] double latest(const PlacerState& state, const Choice& choice, double from, double to) const {
    if (choice.resource == nothing || choice.duration <= 0) return to - choice.duration;
    double finish = to;
    for (bool moved = true; moved;) {
      moved = false;
      const auto ask = [&](std::uint32_t resource, int amount) {
        const double start = state.profile.latest(resource, from, finish, amount, choice.duration);
        if (start < 0) return false;
        moved = moved || start + choice.duration < finish - slack(finish);
        finish = std::min(finish, start + choice.duration);
        return true;
      };
      if (!ask(choice.resource, choice.amount)) return -1;
      for (std::uint32_t d = choice.first_more; d < choice.last_more; ++d) {
        if (!ask(model_.more[d].resource, model_.more[d].amount)) return -1;
      }
    }
    return finish - choice.duration;
  }

  void put(PlacerState& state, std::uint32_t i, const Place& place) const {
    const TaskData& task = model_.tasks[i];
    if (place.choice != nullptr && !task.pinned) model_.reserve(state.profile, *place.choice, place.slot, place.finish);
    if (model_.simple) return;
    take_reservoirs(state, i, place.choice);
    if (place.choice == nullptr) return;
    state.finish[i] = place.finish;
    state.where[i] = place.choice->resource;
    state.makespan = std::max(state.makespan, place.finish);
    if (!place.choice->setup || task.pinned) return;
    for_each_sequence(*place.choice, [&](std::uint32_t s) {
      ModelBuilder::insert_stay(state.sequences[s], {place.slot.start, place.finish, task.family});
      return true;
    });
  }

  /// A place found earlier and still free, as `put` needs it.
  void refresh(const PlacerState& state, Place& place) const {
    if (place.choice == nullptr || place.choice->stays || place.choice->resource == nothing) return;
    place.slot.segment = state.profile.segment_of(place.choice->resource, place.slot.start);
  }

  /// True where the second place is gone, or may be, once the first is taken.
  [[nodiscard]] bool collides(const Place& taken, const Place& place) const {
    if (place.choice == nullptr) return false;
    if (!model_.reservoir.empty()) return true;
    if (taken.choice == nullptr) return false;
    if (!place.choice->setup && !(taken.slot.start < place.finish && place.slot.start < taken.finish)) return false;
    return shares_resource(*taken.choice, *place.choice);
  }

  [[nodiscard]] bool shares_resource(const Choice& a, const Choice& b) const {
    if (a.resource == nothing || b.resource == nothing) return false;
    const auto holds = [&](std::uint32_t r) {
      if (b.resource == r) return true;
      for (std::uint32_t d = b.first_more; d < b.last_more; ++d) {
        if (model_.more[d].resource == r) return true;
      }
      return false;
    };
    if (holds(a.resource)) return true;
    for (std::uint32_t d = a.first_more; d < a.last_more; ++d) {
      if (holds(model_.more[d].resource)) return true;
    }
    return false;
  }

  /// When the predecessors let a task start, without transfers; infinite where one of them is not placed.
  [[nodiscard]] double ready_at(const PlacerState& state, const TaskData& task) const {
    double ready = task.earliest;
    for (const FlatArc& arc : model_.before_of(task)) ready = std::max(ready, state.finish[arc.task] + arc.lag);
    return ready;
  }

  [[nodiscard]] double ready_for(const PlacerState& state, const TaskData& task, const Choice& choice) const {
    double ready = task.earliest;
    for (const FlatArc& arc : model_.before_of(task)) {
      const double transfer = state.where[arc.task] == choice.resource ? 0 : arc.transfer;
      ready = std::max(ready, state.finish[arc.task] + arc.lag + transfer);
    }
    return ready;
  }

  /// The first slot of the choice at or after `from`, set-up times counted.
  template <bool Simple>
  [[nodiscard]] Slot find(const PlacerState& state, const TaskData& task, const Choice& choice, double from) const {
    if constexpr (Simple) return state.profile.earliest(choice.resource, from, choice.amount, choice.duration);
    if (choice.stays) return find_fixed(state, task, choice);
    Slot slot = model_.earliest(state.profile, choice, from);
    while (choice.setup && slot.start < infinite) {
      const double start = after_setup(state, task, choice, slot.start);
      if (start <= slot.start) break;
      slot = model_.earliest(state.profile, choice, start);
    }
    return slot;
  }

  /// True when the mode is asked for, or none is, and the reservoirs leave enough for the tasks to come.
  [[nodiscard]] bool is_wanted(const PlacerState& state, const TaskData& task, std::uint32_t c, std::uint32_t wanted) const {
    if (wanted != 0 && model_.choices[c].mode + 1 != wanted) return false;
    const std::size_t reservoirs = model_.reservoir.size();
    const auto i = static_cast<std::size_t>(&task - model_.tasks.data());
    for (std::size_t r = 0; r < reservoirs; ++r) {
      const double use = model_.use[c * reservoirs + r], room = 1e-9 * (1 + model_.reservoir[r]);
      if (use > state.left[r] + room || use - model_.least_use[i * reservoirs + r] > std::max(0.0, state.spare[r]) + room)
        return false;
    }
    return true;
  }

 private:
  template <bool Simple>
  void cheapest_until(const PlacerState& state, const TaskData& task, std::uint32_t wanted, double ready, double limit,
                      Place& best) const {
    for (std::uint32_t c = task.first_choice; c < task.last_choice; ++c) {
      const Choice& choice = model_.choices[c];
      if (choice.ideal > best.total) break;
      if constexpr (Simple) {
        if (wanted != 0 && choice.mode + 1 != wanted) continue;
      } else {
        if (!is_wanted(state, task, c, wanted)) continue;
      }
      const double from = !Simple && task.transfers ? ready_for(state, task, choice) : ready;
      if ((Simple || (!choice.stays && choice.resource != nothing)) &&
          Model::bound_from(task, choice, state.profile.not_before(choice.resource, from, choice.amount)) > best.total) {
        continue;
      }
      const Slot slot = find<Simple>(state, task, choice, from);
      if (slot.start == infinite) continue;
      offer<Simple>(state, task, choice, slot, limit, best);
      delay<Simple>(state, task, choice, slot.start, limit, best);
    }
  }

  /// The later starts at which the price turns, as long as one of them can still be better.
  template <bool Simple>
  void delay(const PlacerState& state, const TaskData& task, const Choice& choice, double after, double limit, Place& best) const {
    for (std::uint32_t t = choice.first_turn; t < choice.last_turn; ++t) {
      const Turn& turn = model_.turns[t];
      if (turn.least_from_here >= best.total) return;
      if (turn.start <= after || turn.total >= best.total) continue;
      const Slot slot = find<Simple>(state, task, choice, turn.start);
      if (slot.start == infinite) return;
      offer<Simple>(state, task, choice, slot, limit, best);
      after = slot.start;
    }
  }

  template <bool Simple>
  void offer(const PlacerState& state, const TaskData& task, const Choice& choice, const Slot& slot, double limit,
             Place& best) const {
    double total = Simple ? model_.simple_total(task, choice, slot.start) : model_.total(task, choice, slot.start);
    const double finish = slot.start + choice.duration;
    if constexpr (!Simple) {
      if (finish > limit + slack(finish)) return;
      total += model_.makespan_rate * std::max(0.0, finish - state.makespan);
    }
    if (total < best.total ||
        (total == best.total && (finish < best.finish || (finish == best.finish && choice.mode < best.choice->mode)))) {
      best = {&choice, slot, finish, total};
    }
  }

  [[nodiscard]] Slot find_fixed(const PlacerState& state, const TaskData& task, const Choice& choice) const {
    for (const FlatArc& arc : model_.before_of(task)) {
      const double transfer = state.where[arc.task] == choice.resource ? 0 : arc.transfer;
      if (state.finish[arc.task] + arc.lag + transfer > choice.fixed + slack(choice.fixed)) return {};
    }
    if (task.pinned) return {choice.fixed, 0};
    if (!model_.can_stay(state.profile, choice)) return {};
    return choice.setup && after_setup(state, task, choice, choice.fixed) > choice.fixed ? Slot{} : Slot{choice.fixed, 0};
  }

  template <class F>
  void for_each_sequence(const Choice& choice, F&& f) const {
    if (model_.sequence_of[choice.resource] != nothing && !f(model_.sequence_of[choice.resource])) return;
    for (std::uint32_t d = choice.first_more; d < choice.last_more; ++d) {
      const std::uint32_t s = model_.sequence_of[model_.more[d].resource];
      if (s != nothing && !f(s)) return;
    }
  }

  /// `start`, or where it is in conflict with the set-up times of a neighbour, a later start to try.
  [[nodiscard]] double after_setup(const PlacerState& state, const TaskData& task, const Choice& choice, double start) const {
    if (choice.duration <= 0) return start;
    for_each_sequence(choice, [&](std::uint32_t s) {
      const auto& sequence = state.sequences[s];
      const auto next =
          std::upper_bound(sequence.begin(), sequence.end(), start, [](double t, const Stay& x) { return t < x.start; });
      if (next != sequence.begin()) {
        const Stay& last = *(next - 1);
        const double ready = last.finish + model_.setup[s][last.family][task.family];
        if (ready > start) {
          start = ready;
          return false;
        }
      }
      if (next != sequence.end() && start + choice.duration + model_.setup[s][task.family][next->family] > next->start) {
        start = next->finish + model_.setup[s][next->family][task.family];
        return false;
      }
      return true;
    });
    return start;
  }

  void take_reservoirs(PlacerState& state, std::uint32_t i, const Choice* choice) const {
    const std::size_t reservoirs = model_.reservoir.size();
    for (std::size_t r = 0; r < reservoirs; ++r) {
      const auto c = choice == nullptr ? std::size_t{0} : static_cast<std::size_t>(choice - model_.choices.data());
      const double use = choice == nullptr ? 0 : model_.use[c * reservoirs + r];
      state.left[r] -= use;
      state.spare[r] += model_.least_use[i * reservoirs + r] - use;
    }
  }

  const Model& model_;
};

}  // namespace kilter::schedule::detail
