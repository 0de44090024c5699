#pragma once
/// @file
/// Forward-backward improvement: a schedule is pushed to the right, task by task, and back to the left in the order that this
/// gives.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kilter/schedule/decode.hpp"
#include "kilter/schedule/model.hpp"
#include "kilter/schedule/placer.hpp"
#include "kilter/schedule/schedule.hpp"

namespace kilter::schedule {

/// Scratch memory of `justify`; made by `make_justification`.
struct Justification {
  std::vector<Assignment> assignments{};
  std::vector<double> right{};  ///< by task: its start once pushed to the right
  std::vector<std::uint32_t> order{};
  std::vector<std::uint32_t> trial{};
};

/// Memory for orders of `tasks` tasks.
[[nodiscard]] inline Justification make_justification(std::size_t tasks) {
  return {std::vector<Assignment>(tasks), std::vector<double>(tasks), std::vector<std::uint32_t>(tasks),
          std::vector<std::uint32_t>(tasks)};
}

namespace detail {

/// The choice that an assignment stands for; nullptr where it is not placed.
[[nodiscard]] inline const Choice* choice_of(const Model& model, const Assignment& a) {
  const TaskData& task = model.tasks[a.task];
  for (std::uint32_t c = task.first_choice; a.placed() && c < task.last_choice; ++c) {
    const Choice& choice = model.choices[c];
    if (choice.mode == a.mode && (!choice.stays || choice.fixed == a.start.base())) return &choice;
  }
  return nullptr;
}

/// Pushes each placed task to the right as far as those after it and the last finish allow, the last to finish first.
inline void push_right(const Model& model, const Placer& placer, PlacerState& state, Justification& j) {
  placer.reset(state);
  double last = 0;
  for (const Assignment& a : j.assignments) last = std::max(last, a.placed() ? a.finish.base() : 0.0);
  std::sort(j.order.begin(), j.order.end(), [&](std::uint32_t a, std::uint32_t b) {
    const Seconds x = j.assignments[a].finish, y = j.assignments[b].finish;
    return x != y ? x > y : a < b;
  });
  for (const std::uint32_t i : j.order) {
    const Assignment& a = j.assignments[i];
    const Choice* choice = choice_of(model, a);
    j.right[i] = choice == nullptr ? infinite : a.start.base();
    if (choice == nullptr || choice->stays) continue;
    double to = last;
    for (const FlatArc& arc : model.after_of(model.tasks[i])) {
      if (j.assignments[arc.task].placed()) to = std::min(to, j.right[arc.task] - arc.lag);
    }
    const double start = placer.latest(state, *choice, model.tasks[i].earliest, to);
    if (start < a.start.base()) continue;  // a longer lag, or rounding: it keeps its place in the order
    j.right[i] = start;
    Place place{choice, {start, 0}, start + choice->duration, 0};
    placer.refresh(state, place);
    model.reserve(state.profile, *choice, place.slot, place.finish);
  }
}

}  // namespace detail

/// Pushes the schedule of `order` to the right and decodes the order of the starts that this gives, again and again while that is
/// better (Tormos, Lova 2001, "A competitive heuristic solution technique for resource-constrained project scheduling"; as double
/// justification in Valls, Ballestín, Quintanilla 2005, "Justification and RCPSP: a technique that pays"). Overwrites `order` with
/// the best and returns what `Decoder::cost` says of it: never more than `cost`, which must be that of the order given. Not for
/// set-up times, where it changes nothing. Does not allocate.
inline double justify(const Decoder& decoder, std::span<std::uint32_t> order, std::span<const std::uint32_t> modes, double cost,
                      Decoder::Workspace& workspace, Justification& j) {
  const detail::Model& model = decoder.model();
  if (!model.sequences.empty() || order.size() < 2) return cost;
  const detail::Placer placer{model};
  while (true) {
    decoder.assign(order, modes, workspace, j.assignments);
    std::copy(order.begin(), order.end(), j.order.begin());
    detail::push_right(model, placer, workspace.state, j);
    std::copy(order.begin(), order.end(), j.trial.begin());
    std::sort(j.trial.begin(), j.trial.end(),
              [&](std::uint32_t a, std::uint32_t b) { return j.right[a] != j.right[b] ? j.right[a] < j.right[b] : a < b; });
    const double found = decoder.cost(j.trial, modes, workspace);
    if (!(found < cost)) return cost;
    cost = found;
    std::copy(j.trial.begin(), j.trial.end(), order.begin());
  }
}

}  // namespace kilter::schedule
