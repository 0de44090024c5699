#pragma once
/// @file
/// Schedule generation: an order of the tasks becomes a schedule, by the serial scheme or by that of parametrised delay.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/genetic/permutation.hpp"
#include "kilter/schedule/check.hpp"
#include "kilter/schedule/measure.hpp"
#include "kilter/schedule/model.hpp"
#include "kilter/schedule/model_builder.hpp"
#include "kilter/schedule/placer.hpp"
#include "kilter/schedule/problem.hpp"
#include "kilter/schedule/schedule.hpp"

namespace kilter::schedule {

/// Where the decoder puts the task whose turn it is.
enum class Placement : std::uint8_t {
  least_cost,       ///< mode and start of least own cost; then the earliest finish
  earliest_finish,  ///< blind to prices: the mode in which it finishes first, as early as it can; then the least own cost
};

/// Whose turn it is.
enum class Scheme : std::uint8_t {
  serial,    ///< the next of the order, those before it in precedence first: active schedules where it finishes as early as it can
  parallel,  ///< the first in order of those that can start within `delay` of the earliest start, as early as it can
};

/// How a `Decoder` works.
struct DecodeOptions {
  Placement placement = Placement::least_cost;  ///< of the serial scheme; the parallel one is blind to prices
  Scheme scheme = Scheme::serial;
  double delay = 0;            ///< in [0, 1]; 0: non-delay schedules, 1: active ones
  std::size_t lookahead = 64;  ///< how many later starts at changes of price are considered per task and mode
};

/// Turns orders of tasks into schedules (Kolisch 1996, "Serial and parallel resource-constrained project scheduling methods
/// revisited") on resources whose capacity and prices vary. Serial: each task in turn is put where it fits best among those already
/// there, and never moves again. Parallel: of the tasks whose predecessors are placed, those count whose earliest start S lies in
/// [S*, S* + δ (F* − S*)], S* and F* being the earliest start and finish of all (Bierwirth, Mattfeld 1999, "Production scheduling
/// and rescheduling with genetic algorithms", the hybrid of non-delay and active schedules); of these the first in order starts.
///
/// Later starts are considered where the price makes delay pay: where it falls at the start or rises at the finish, and the last
/// start in time. A task is left out only when it fits nowhere beside those before it, or one of its predecessors is left out.
/// Holds what it needs of the problem.
class Decoder {
 public:
  /// Scratch memory of one decode at a time; made by `make_workspace`.
  struct Workspace {
    detail::PlacerState state{};
    std::vector<char> done{};
    std::vector<std::uint32_t> stack{};
    std::vector<std::uint32_t> missing{};
    std::vector<detail::Place> places{};
  };

  /// Throws `std::invalid_argument` when the problem or an option is not valid. O(tasks × modes × price changes).
  explicit Decoder(const Problem& problem, const DecodeOptions& options = {})
      : model_(detail::make_model(checked(problem), options.lookahead)), options_(options) {
    require(options.delay >= 0 && options.delay <= 1, "delay", options.delay, "must lie in [0, 1]");
  }

  /// How many tasks an order has.
  [[nodiscard]] std::size_t size() const { return model_.size(); }
  [[nodiscard]] Workspace make_workspace() const {
    Workspace w;
    w.state = detail::Placer{model_}.make_state();
    w.done.assign(size(), 0);
    w.stack.reserve(size());
    w.missing.assign(size(), 0);
    w.places.resize(size());
    return w;
  }

  /// The total in USD of the schedule that `order` gives, plus `penalty()` for each task left out. `order` must be a permutation of
  /// the tasks, which is not checked here; `modes` holds by task 1 + the mode to use, or 0 for any, or is empty. Does not allocate.
  /// O(tasks × modes × breakpoints), mostly far less.
  [[nodiscard]] double cost(std::span<const std::uint32_t> order, std::span<const std::uint32_t> modes,
                            Workspace& workspace) const {
    double sum = 0;
    run(order, modes, workspace, [&](std::uint32_t i, const detail::Place& place) {
      // Without what the last finish counts, which is added once.
      sum += place.choice == nullptr ? model_.penalty : own_total(i, place);
    });
    return sum + model_.makespan_rate * workspace.state.makespan;
  }
  [[nodiscard]] double cost(std::span<const std::uint32_t> order, Workspace& workspace) const { return cost(order, {}, workspace); }

  /// The assignments that `order` gives. Throws `std::invalid_argument` unless it is a permutation of the tasks and `modes` is
  /// empty or has one entry per task.
  [[nodiscard]] std::vector<Assignment> assignments(std::span<const std::uint32_t> order, std::span<const std::uint32_t> modes,
                                                    Workspace& workspace) const {
    require(order.size() == size(), "order", order.size(), "must have one entry per task");
    require(genetic::is_permutation(order), "order", order.size(), "must hold each task once");
    require(modes.empty() || modes.size() == size(), "modes", modes.size(), "must have one entry per task");
    std::vector<Assignment> out(size());
    assign(order, modes, workspace, out);
    return out;
  }
  /// The same without a look at the order and without allocation: `out` has one entry per task.
  void assign(std::span<const std::uint32_t> order, std::span<const std::uint32_t> modes, Workspace& workspace,
              std::span<Assignment> out) const {
    run(order, modes, workspace, [&](std::uint32_t task, const detail::Place& place) {
      out[task] = {task, npos, {}, {}};
      if (place.choice != nullptr) out[task] = {task, place.choice->mode, Seconds{place.slot.start}, Seconds{place.finish}};
    });
  }
  [[nodiscard]] std::vector<Assignment> assignments(std::span<const std::uint32_t> order, Workspace& workspace) const {
    return assignments(order, {}, workspace);
  }

  /// What `cost` counts for a task left out: more than any schedule of all tasks costs.
  [[nodiscard]] double penalty() const { return model_.penalty; }
  /// No schedule of all the tasks that can be placed costs less than this: each where and when it would be alone.
  [[nodiscard]] Dollars bound() const { return Dollars{model_.bound}; }
  /// `cost` is never less than this but for rounding, which is allowed for: an order that meets it is optimal.
  [[nodiscard]] double least_cost() const {
    const double unavoidable = model_.penalty * static_cast<double>(model_.hopeless);
    return model_.bound + unavoidable + 1e-12 * (model_.bound_size + unavoidable);
  }
  /// True where no schedule places every task: one of them fits nowhere in its window even alone, or a reservoir is too small.
  [[nodiscard]] bool infeasible() const { return model_.hopeless > 0 || model_.overdrawn; }

  /// The flattened problem.
  [[nodiscard]] const detail::Model& model() const { return model_; }

 private:
  static const Problem& checked(const Problem& problem) {
    check(problem);
    return problem;
  }

  [[nodiscard]] double own_total(std::uint32_t i, const detail::Place& place) const {
    if (model_.makespan_rate == 0) return place.total;
    return model_.total(model_.tasks[i], *place.choice, place.slot.start);
  }

  template <class F>
  void run(std::span<const std::uint32_t> order, std::span<const std::uint32_t> modes, Workspace& w, F&& each) const {
    const detail::Placer placer{model_};
    placer.reset(w.state);
    const auto wanted = [&](std::uint32_t i) { return modes.empty() ? 0U : modes[i]; };
    if (options_.scheme == Scheme::parallel) {
      run_parallel(order, wanted, w, each);
    } else if (options_.placement == Placement::earliest_finish) {
      in_order(order, w, [&](std::uint32_t i) {
        const detail::Place place = placer.earliest(w.state, i, wanted(i));
        placer.put(w.state, i, place);
        each(i, place);
      });
    } else if (model_.simple) {
      for (const std::uint32_t i : order) {
        const detail::Place place = placer.cheapest<true>(w.state, i, wanted(i));
        if (place.choice != nullptr)
          w.state.profile.reserve(place.choice->resource, place.slot, place.finish, place.choice->amount);
        each(i, place);
      }
    } else {
      in_order(order, w, [&](std::uint32_t i) {
        const detail::Place place = placer.cheapest<false>(w.state, i, wanted(i));
        placer.put(w.state, i, place);
        each(i, place);
      });
    }
  }

  /// Calls `f` for each task of the order, the tasks before it in precedence first.
  template <class F>
  void in_order(std::span<const std::uint32_t> order, Workspace& w, F&& f) const {
    if (!model_.has_precedence()) {
      for (const std::uint32_t i : order) f(i);
      return;
    }
    std::fill(w.done.begin(), w.done.end(), char{0});
    for (const std::uint32_t root : order) {
      if (w.done[root] != 0) continue;
      w.stack.push_back(root);
      while (!w.stack.empty()) {
        const std::uint32_t i = w.stack.back();
        const std::uint32_t first = first_missing(i, w);
        if (first != detail::nothing) {
          w.stack.push_back(first);
          continue;
        }
        w.stack.pop_back();
        w.done[i] = 1;
        f(i);
      }
    }
  }

  [[nodiscard]] std::uint32_t first_missing(std::uint32_t i, const Workspace& w) const {
    for (const detail::FlatArc& arc : model_.before_of(model_.tasks[i])) {
      if (w.done[arc.task] == 0) return arc.task;
    }
    return detail::nothing;
  }

  /// A place only gets worse as others are taken, so it is looked for again only where it is gone.
  template <class Wanted, class F>
  void run_parallel(std::span<const std::uint32_t> order, const Wanted& wanted, Workspace& w, F& each) const {
    const detail::Placer placer{model_};
    for (const std::uint32_t i : order) w.missing[i] = model_.tasks[i].last_before - model_.tasks[i].first_before;
    std::fill(w.done.begin(), w.done.end(), char{0});
    const auto open = [&](std::uint32_t i) { w.places[i] = placer.earliest(w.state, i, wanted(i)); };
    for (const std::uint32_t i : order) {
      if (w.missing[i] == 0) open(i);
    }
    for (std::size_t left = order.size(); left > 0; --left) {
      const std::uint32_t i = next_of(order, w);
      w.done[i] = 1;
      detail::Place place = w.places[i];
      placer.refresh(w.state, place);
      placer.put(w.state, i, place);
      each(i, place);
      for (const detail::FlatArc& arc : model_.after_of(model_.tasks[i])) {
        if (--w.missing[arc.task] == 0) open(arc.task);
      }
      for (const std::uint32_t j : order) {
        if (w.done[j] == 0 && w.missing[j] == 0 && placer.collides(place, w.places[j])) open(j);
      }
    }
  }

  /// The first in order of the tasks that can start early enough; those that fit nowhere come at once.
  [[nodiscard]] std::uint32_t next_of(std::span<const std::uint32_t> order, const Workspace& w) const {
    double start = detail::infinite, finish = detail::infinite;
    for (const std::uint32_t i : order) {
      if (w.done[i] != 0 || w.missing[i] != 0) continue;
      if (w.places[i].choice == nullptr) return i;
      start = std::min(start, w.places[i].slot.start);
      finish = std::min(finish, w.places[i].finish);
    }
    const double last = start + options_.delay * (finish - start);
    for (const std::uint32_t i : order) {
      if (w.done[i] == 0 && w.missing[i] == 0 && w.places[i].slot.start <= last) return i;
    }
    return order.front();
  }

  detail::Model model_;
  DecodeOptions options_;
};

/// The schedule that `order` and `modes` give, measured. Throws `std::invalid_argument` for an invalid problem, order or modes.
[[nodiscard]] inline Schedule decode(const Problem& problem, const Decoder& decoder, std::span<const std::uint32_t> order,
                                     std::span<const std::uint32_t> modes, Decoder::Workspace& workspace) {
  Schedule out;
  out.assignments = decoder.assignments(order, modes, workspace);
  out.order.assign(order.begin(), order.end());
  out.modes.assign(modes.begin(), modes.end());
  out.evaluations = 1;
  out.bound = decoder.bound();
  out.measures = measure(problem, out.assignments);
  if (decoder.infeasible()) out.status = Status::infeasible;
  return out;
}
[[nodiscard]] inline Schedule decode(const Problem& problem, std::span<const std::uint32_t> order,
                                     const DecodeOptions& options = {}, std::span<const std::uint32_t> modes = {}) {
  const Decoder decoder(problem, options);
  auto workspace = decoder.make_workspace();
  return decode(problem, decoder, order, modes, workspace);
}

/// What keeps tasks from ever being placed, in words, one line each: too large for every resource, too long for its window, a
/// reservoir too small. Empty: none is known. Throws `std::invalid_argument` when the problem is not valid.
[[nodiscard]] inline std::vector<std::string> obstacles(const Problem& problem) {
  const Decoder decoder(problem);
  const detail::Model& model = decoder.model();
  std::vector<std::string> out;
  for (std::size_t i = 0; i < model.size(); ++i) {
    const detail::TaskData& task = model.tasks[i];
    if (task.first_choice < task.last_choice) continue;
    std::string cause = problem.tasks[i].modes.empty() ? "has no mode" : "fits no resource within its window";
    for (const detail::FlatArc& arc : model.before_of(task)) {
      const detail::TaskData& before = model.tasks[arc.task];
      if (before.first_choice == before.last_choice) cause = "has to wait for task " + std::to_string(arc.task);
    }
    out.push_back("task " + std::to_string(i) + " " + cause);
  }
  if (model.overdrawn) out.push_back("a reservoir holds less than all tasks need at least");
  return out;
}

}  // namespace kilter::schedule
