#pragma once
/// @file
/// A problem flattened for the decoders: for each task and mode what it costs as a function of its start, and bounds of it.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "kilter/schedule/check.hpp"
#include "kilter/schedule/costs.hpp"
#include "kilter/schedule/problem.hpp"
#include "kilter/schedule/profile.hpp"

namespace kilter::schedule::detail {

inline constexpr std::uint32_t nothing = ~std::uint32_t{0};

/// A start at which the own cost of a task may have a local minimum, that cost, and the least of the costs from here on.
struct Turn {
  double start;
  double total;
  double least_from_here;
};

/// What a choice holds beside its first demand.
struct FlatDemand {
  std::uint32_t resource;
  std::uint32_t curve;
  int amount;
};

/// A mode of a task, or that it stays where it is. `ideal` bounds its own cost from below, whatever else runs.
struct Choice {
  double ideal = 0;
  double least_run = 0;  ///< bounds what it costs without lateness and waiting
  double duration = 0;
  double constant = 0;         ///< charge, restart, and what flow time counts beside waiting; all of it where it stays
  std::uint32_t resource = 0;  ///< of its first demand; `nothing`: it has none
  int amount = 0;
  std::uint32_t curve = 0;
  std::uint32_t first_turn = 0, last_turn = 0;
  std::uint32_t first_more = 0, last_more = 0;
  std::uint32_t mode = 0;
  bool stays = false;  ///< starts at `fixed` or not at all
  bool setup = false;  ///< some resource of it has set-up times
  double fixed = 0;
};

/// One task, its prices multiplied out. Rates are USD per second.
struct TaskData {
  double release;   ///< as given
  double earliest;  ///< it cannot start before
  double due;
  double deadline;
  double wish;  ///< finishing later leaves too little time for what follows
  double late_rate;
  double wait_rate;  ///< of waiting and of flow time
  std::uint32_t first_choice, last_choice;
  std::uint32_t first_before, last_before;
  std::uint32_t first_after, last_after;
  std::uint32_t family;
  bool pinned;
  bool transfers;  ///< some predecessor's lag depends on where the two run
};

struct FlatArc {
  std::uint32_t task;
  double lag;
  double transfer;
};

/// A task on a resource with set-up times.
struct Stay {
  double start, finish;
  std::uint32_t family;
};

/// Room for rounding where two times are compared.
[[nodiscard]] inline double slack(double t) { return 5e-7 + 5e-13 * std::abs(t); }

/// The own cost of a task as a function of its start is piecewise linear: it turns upwards only where a rate falls at its start,
/// where a rate rises at its finish, and where it begins to be late. So a start that is best under a given occupation is the
/// earliest feasible one, or one of these turns, or the end of an interval of feasible starts (which the decoders leave out).
struct Model {
  CurveSet curves{};
  std::vector<TaskData> tasks{};
  std::vector<Choice> choices{};
  std::vector<Turn> turns{};
  std::vector<FlatDemand> more{};
  std::vector<FlatArc> before{}, after{};
  std::vector<std::uint32_t> topological{};
  Profile base{};                                         ///< with the pinned tasks
  std::vector<std::uint32_t> sequence_of{};               ///< by resource: which sequence, or `nothing`
  std::vector<std::vector<Stay>> sequences{};             ///< of the resources with set-up times, with the pinned tasks
  std::vector<std::vector<std::vector<double>>> setup{};  ///< by sequence
  std::vector<double> reservoir{};                        ///< amounts
  std::vector<double> use{};                              ///< by choice and reservoir
  std::vector<double> least_use{};                        ///< by task and reservoir
  double makespan_rate = 0;
  double penalty = 1;  ///< more than the whole schedule can cost or earn: what leaving a task out counts
  double bound = 0;    ///< no schedule with every task that can be placed costs less
  double bound_size = 0;
  double last_finish = 0;  ///< nothing can be finished before
  std::size_t hopeless = 0;
  bool overdrawn = false;  ///< some reservoir is too small for all tasks
  bool simple = false;     ///< each choice is one demand on one resource, and tasks meet nowhere else

  [[nodiscard]] std::size_t size() const { return tasks.size(); }
  [[nodiscard]] bool has_precedence() const { return !before.empty(); }
  [[nodiscard]] std::span<const FlatArc> before_of(const TaskData& t) const {
    return std::span{before}.subspan(t.first_before, t.last_before - t.first_before);
  }
  [[nodiscard]] std::span<const FlatArc> after_of(const TaskData& t) const {
    return std::span{after}.subspan(t.first_after, t.last_after - t.first_after);
  }

  /// Bounds the own cost of a task that starts at `start` or later.
  [[nodiscard]] static double bound_from(const TaskData& task, const Choice& choice, double start) {
    return choice.least_run + task.late_rate * std::max(0.0, start + choice.duration - task.due) +
           task.wait_rate * (start - task.release);
  }

  /// What the units of the choice cost from `start` on.
  [[nodiscard]] double run(const Choice& choice, double start, double finish) const {
    if (choice.resource == nothing) return 0;
    const RateCurve& curve = curves[choice.curve];
    double sum = choice.amount * (curve.until(finish) - curve.until(start));
    for (std::uint32_t d = choice.first_more; d < choice.last_more; ++d) {
      const RateCurve& other = curves[more[d].curve];
      sum += more[d].amount * (other.until(finish) - other.until(start));
    }
    return sum;
  }

  /// The own cost in USD of a task that starts at `start`; where it stays, that is all in the constant.
  [[nodiscard]] double total(const TaskData& task, const Choice& choice, double start) const {
    if (choice.stays) return choice.constant;
    const double finish = start + choice.duration;
    return choice.constant + run(choice, start, finish) + task.late_rate * std::max(0.0, finish - task.due) +
           task.wait_rate * (start - task.release);
  }

  /// The same where the model is simple.
  [[nodiscard]] double simple_total(const TaskData& task, const Choice& choice, double start) const {
    const double finish = start + choice.duration;
    const RateCurve& curve = curves[choice.curve];
    return choice.constant + choice.amount * (curve.until(finish) - curve.until(start)) +
           task.late_rate * std::max(0.0, finish - task.due) + task.wait_rate * (start - task.release);
  }

  /// The earliest start at or after `from` at which all units of the choice are free; infinite where there is none. The segment is
  /// that of the first demand.
  [[nodiscard]] Slot earliest(const Profile& profile, const Choice& choice, double from) const {
    if (choice.resource == nothing || choice.duration <= 0) return {from, 0};
    Slot slot = profile.earliest(choice.resource, from, choice.amount, choice.duration);
    for (std::uint32_t d = choice.first_more; d < choice.last_more && slot.start < infinite; ++d) {
      const Slot other = profile.earliest(more[d].resource, slot.start, more[d].amount, choice.duration);
      if (other.start <= slot.start) continue;
      if (other.start == infinite) return {};
      slot = profile.earliest(choice.resource, other.start, choice.amount, choice.duration);
      d = choice.first_more - 1;  // all of them again
    }
    return slot;
  }

  /// True where all units are free from `choice.fixed` on, as far as it lies in the plan.
  [[nodiscard]] bool can_stay(const Profile& profile, const Choice& choice) const {
    const double from = std::max(0.0, choice.fixed), to = choice.fixed + choice.duration;
    if (choice.resource == nothing || !(to > from)) return true;
    if (profile.least_free(choice.resource, from, to) < choice.amount) return false;
    for (std::uint32_t d = choice.first_more; d < choice.last_more; ++d) {
      if (profile.least_free(more[d].resource, from, to) < more[d].amount) return false;
    }
    return true;
  }

  void reserve(Profile& profile, const Choice& choice, const Slot& slot, double finish) const {
    if (choice.resource == nothing || choice.duration <= 0) return;
    if (choice.stays) {
      profile.reserve(choice.resource, slot.start, finish, choice.amount);
    } else {
      profile.reserve(choice.resource, slot, finish, choice.amount);
    }
    for (std::uint32_t d = choice.first_more; d < choice.last_more; ++d) {
      profile.reserve(more[d].resource, slot.start, finish, more[d].amount);
    }
  }
};

}  // namespace kilter::schedule::detail
