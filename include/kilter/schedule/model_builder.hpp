#pragma once
/// @file
/// Flattens a problem into a `Model`: order of precedence, windows of each task, choices with their costs and bounds.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "kilter/schedule/model.hpp"
#include "kilter/schedule/problem.hpp"
#include "kilter/schedule/profile.hpp"

namespace kilter::schedule::detail {

/// Fills in a model step by step. `lookahead` turns are kept per task and mode, in order of time; the bounds count all of them.
class ModelBuilder {
 public:
  ModelBuilder(const Problem& problem, std::size_t lookahead, bool priced, Model& model)
      : problem_(problem), lookahead_(lookahead), priced_(priced), model_(model), finish_(problem.tasks.size(), 0) {}

  void build() {
    const std::size_t n = problem_.tasks.size();
    model_.tasks.resize(n);
    model_.base = Profile(problem_, n);
    model_.makespan_rate = problem_.objective.makespan.base();
    for (const Reservoir& reservoir : problem_.reservoirs) model_.reservoir.push_back(reservoir.amount);
    model_.least_use.assign(n * model_.reservoir.size(), 0);
    std::size_t modes = 0;
    for (const Task& task : problem_.tasks) modes += task.modes.size() + 1;
    model_.choices.reserve(modes);
    add_sequences();
    for (std::size_t i = 0; i < n; ++i) add_task(i);
    add_arcs();
    sort_topologically();
    tighten_wishes();
    pin();
    for (const std::uint32_t i : model_.topological) add_choices(i);
    check_reservoirs();
    set_penalty();
    model_.simple = is_simple();
  }

 private:
  void add_sequences() {
    model_.sequence_of.assign(problem_.resources.size(), nothing);
    for (std::size_t r = 0; r < problem_.resources.size(); ++r) {
      const auto& setup = problem_.resources[r].setup;
      if (setup.empty()) continue;
      model_.sequence_of[r] = static_cast<std::uint32_t>(model_.sequences.size());
      model_.sequences.emplace_back().reserve(problem_.tasks.size());
      auto& rows = model_.setup.emplace_back();
      for (const auto& row : setup) {
        auto& times = rows.emplace_back();
        for (const Seconds t : row) times.push_back(t.base());
      }
    }
  }

  void add_task(std::size_t i) {
    const Task& task = problem_.tasks[i];
    const Objective& o = problem_.objective;
    TaskData& data = model_.tasks[i];
    data = {};
    data.release = task.release.base();
    data.earliest = std::max(0.0, data.release);
    data.due = task.due.base();
    data.deadline = data.wish = task.deadline.base();
    data.late_rate = o.tardiness.base() * task.size * task.weight;
    data.wait_rate = o.wait.base() * task.size + o.flow.base() * task.size * task.weight;
    data.family = task.family;
    data.pinned = task.pinned.has_value();
  }

  /// The arcs of each task to those before and after it, one list behind the other.
  void add_arcs() {
    const std::size_t n = model_.size();
    std::vector<std::uint32_t> count(n + 1, 0);
    for (std::size_t i = 0; i < n; ++i) {
      TaskData& data = model_.tasks[i];
      data.first_before = static_cast<std::uint32_t>(model_.before.size());
      for (const Predecessor& p : problem_.tasks[i].predecessors) {
        model_.before.push_back({p.task, p.lag.base(), p.transfer.base()});
        data.transfers = data.transfers || p.transfer.base() > 0;
        ++count[p.task + 1];
      }
      data.last_before = static_cast<std::uint32_t>(model_.before.size());
    }
    for (std::size_t i = 0; i < n; ++i) {
      count[i + 1] += count[i];
      model_.tasks[i].first_after = model_.tasks[i].last_after = count[i];
    }
    model_.after.resize(model_.before.size());
    for (std::size_t i = 0; i < n; ++i) {
      for (const FlatArc& arc : model_.before_of(model_.tasks[i])) {
        model_.after[model_.tasks[arc.task].last_after++] = {static_cast<std::uint32_t>(i), arc.lag, arc.transfer};
      }
    }
  }

  /// Kahn's algorithm, by index where there is a choice of nothing better.
  void sort_topologically() {
    const std::size_t n = model_.size();
    std::vector<std::uint32_t> open(n);
    for (std::uint32_t i = 0; i < n; ++i) {
      open[i] = model_.tasks[i].last_before - model_.tasks[i].first_before;
      if (open[i] == 0) model_.topological.push_back(i);
    }
    for (std::size_t k = 0; k < model_.topological.size(); ++k) {
      for (const FlatArc& arc : model_.after_of(model_.tasks[model_.topological[k]])) {
        if (--open[arc.task] == 0) model_.topological.push_back(arc.task);
      }
    }
  }

  [[nodiscard]] double shortest(std::size_t i) const {
    double least = infinite;
    const Task& task = problem_.tasks[i];
    for (std::size_t m = 0; m < task.modes.size(); ++m) {
      least = std::min({least, task.modes[m].duration.base(), duration_of(task, m, never).base()});
    }
    return least;
  }

  /// A wish leaves room for what has to follow.
  void tighten_wishes() {
    for (std::size_t k = model_.size(); k-- > 0;) {
      const std::uint32_t i = model_.topological[k];
      const Task& task = problem_.tasks[i];
      if (task.modes.empty()) continue;
      const double latest_start = task.pinned ? task.pinned->start.base() : model_.tasks[i].wish - shortest(i);
      for (const FlatArc& arc : model_.before_of(model_.tasks[i])) {
        double& wish = model_.tasks[arc.task].wish;
        wish = std::min(wish, latest_start - arc.lag);
      }
    }
  }

  /// Pinned tasks take their place before all others; one that does not fit beside those before it is hopeless.
  void pin() {
    for (std::size_t i = 0; i < model_.size(); ++i) {
      const Task& task = problem_.tasks[i];
      if (!task.pinned) continue;
      const Choice choice = make_choice(i, task.pinned->mode, true, task.pinned->start.base());
      const double finish = choice.fixed + choice.duration;
      const bool fits = finish <= model_.tasks[i].deadline + slack(finish) && model_.can_stay(model_.base, choice) &&
                        setup_fits(choice, model_.tasks[i].family, finish);
      pinned_fits_.push_back(fits ? 1 : 0);
      if (!fits) continue;
      model_.reserve(model_.base, choice, {choice.fixed, 0}, finish);
      for_each_sequence(choice, [&](std::uint32_t s) { insert_stay(model_.sequences[s], {choice.fixed, finish, task.family}); });
    }
  }

 public:
  static void insert_stay(std::vector<Stay>& sequence, const Stay& stay) {
    if (!(stay.finish > stay.start)) return;
    const auto at =
        std::upper_bound(sequence.begin(), sequence.end(), stay.start, [](double t, const Stay& s) { return t < s.start; });
    sequence.insert(at, stay);
  }

 private:
  template <class F>
  void for_each_sequence(const Choice& choice, F&& f) const {
    if (!choice.setup) return;
    const auto look = [&](std::uint32_t r) {
      if (model_.sequence_of[r] != nothing) f(model_.sequence_of[r]);
    };
    look(choice.resource);
    for (std::uint32_t d = choice.first_more; d < choice.last_more; ++d) look(model_.more[d].resource);
  }

  [[nodiscard]] bool setup_fits(const Choice& choice, std::uint32_t family, double finish) const {
    bool fits = true;
    for_each_sequence(choice, [&](std::uint32_t s) {
      for (const Stay& other : model_.sequences[s]) {
        const double gap = other.start <= choice.fixed ? choice.fixed - other.finish - model_.setup[s][other.family][family]
                                                       : other.start - finish - model_.setup[s][family][other.family];
        fits = fits && gap >= -slack(finish);
      }
    });
    return fits;
  }

  /// Without costs and turns. Appends its further demands to the model.
  [[nodiscard]] Choice make_choice(std::size_t i, std::size_t m, bool stays, double fixed) {
    const Task& task = problem_.tasks[i];
    const Mode& mode = task.modes[m];
    Choice choice;
    choice.mode = static_cast<std::uint32_t>(m);
    choice.stays = stays;
    choice.fixed = fixed;
    choice.duration = stays ? mode.duration.base() : duration_of(task, m, never).base();
    choice.resource = nothing;
    choice.first_more = static_cast<std::uint32_t>(model_.more.size());
    for (const Demand& demand : mode.demands) {
      const std::uint32_t curve = model_.curves.index(problem_, demand);
      choice.setup = choice.setup || model_.sequence_of[demand.resource] != nothing;
      if (choice.resource == nothing) {
        choice.resource = demand.resource;
        choice.amount = demand.amount;
        choice.curve = curve;
      } else {
        model_.more.push_back({demand.resource, curve, demand.amount});
      }
    }
    choice.last_more = static_cast<std::uint32_t>(model_.more.size());
    const Objective& o = problem_.objective;
    const Dollars restart = task.running && !stays ? task.running->restart_cost : Dollars{};
    choice.constant = o.cost * (mode.charge + restart).base();
    if (stays) {
      choice.constant += cost_of_staying(task, choice);
    } else {
      choice.constant += o.flow.base() * task.size * task.weight * choice.duration;
    }
    return choice;
  }

  [[nodiscard]] double cost_of_staying(const Task& task, const Choice& choice) const {
    const Objective& o = problem_.objective;
    const double start = choice.fixed, finish = start + choice.duration, weight = task.size * task.weight;
    return model_.run(choice, std::max(0.0, start), std::max(0.0, finish)) +
           o.tardiness.base() * weight * std::max(0.0, finish - task.due.base()) +
           o.flow.base() * weight * std::max(0.0, finish - task.release.base()) +
           o.wait.base() * task.size * std::max(0.0, start - task.release.base());
  }

  /// In topological order: what is before it is known.
  void add_choices(std::uint32_t i) {
    const Task& task = problem_.tasks[i];
    TaskData& data = model_.tasks[i];
    bool possible = true;
    for (const FlatArc& arc : model_.before_of(data)) {
      possible = possible && finish_[arc.task] < infinite;
      data.earliest = std::max(data.earliest, finish_[arc.task] + arc.lag);
    }
    data.first_choice = static_cast<std::uint32_t>(model_.choices.size());
    finish_[i] = infinite;
    if (possible && task.pinned) add_pinned(i);
    if (possible && task.running) add_choice(i, task.running->mode, true, task.running->start.base());
    for (std::size_t m = 0; possible && !task.pinned && m < task.modes.size(); ++m) add_choice(i, m, false, 0);
    data.last_choice = static_cast<std::uint32_t>(model_.choices.size());
    finish_choices(i);
  }

  void add_pinned(std::uint32_t i) {
    std::size_t before = 0;
    for (std::uint32_t k = 0; k < i; ++k) before += problem_.tasks[k].pinned ? 1U : 0U;
    if (pinned_fits_[before] == 0) return;
    for (const FlatArc& arc : model_.before_of(model_.tasks[i])) {
      const double start = problem_.tasks[i].pinned->start.base();
      if (finish_[arc.task] + arc.lag > start + slack(start)) return;
    }
    add_choice(i, problem_.tasks[i].pinned->mode, true, problem_.tasks[i].pinned->start.base());
  }

  /// Kept only where it fits beside the pinned tasks, in time.
  void add_choice(std::uint32_t i, std::size_t m, bool stays, double fixed) {
    const TaskData& data = model_.tasks[i];
    Choice choice = make_choice(i, m, stays, fixed);
    double start = fixed;
    if (!stays) {
      start = model_.earliest(model_.base, choice, data.earliest).start;
    } else if (!data.pinned && !model_.can_stay(model_.base, choice)) {
      start = infinite;
    }
    const double finish = start + choice.duration;
    if (!(finish < infinite) || finish > data.deadline + slack(finish) || !reservoirs_hold(i, m)) {
      model_.more.resize(choice.first_more);
      return;
    }
    finish_[i] = std::min(finish_[i], finish);
    if (priced_) price(data, choice, start);
    model_.choices.push_back(choice);
    for (std::size_t r = 0; r < model_.reservoir.size(); ++r) model_.use.push_back(use_of(i, m, r));
  }

  [[nodiscard]] double use_of(std::uint32_t i, std::size_t m, std::size_t r) const {
    for (const Consumption& use : problem_.tasks[i].modes[m].consumptions) {
      if (use.reservoir == r) return use.amount;
    }
    return 0;
  }
  [[nodiscard]] bool reservoirs_hold(std::uint32_t i, std::size_t m) const {
    for (const Consumption& use : problem_.tasks[i].modes[m].consumptions) {
      if (use.amount > model_.reservoir[use.reservoir]) return false;
    }
    return true;
  }

  /// Turns, bounds and costs of a choice that cannot start before `start`.
  void price(const TaskData& task, Choice& choice, double start) {
    choice.first_turn = static_cast<std::uint32_t>(model_.turns.size());
    const auto run = [&](double from) { return choice.constant + model_.run(choice, from, from + choice.duration); };
    if (!choice.stays) collect_turns(task, choice, start);
    choice.ideal = model_.total(task, choice, start);
    choice.least_run = choice.stays ? choice.constant : run(start);
    for (std::size_t t = choice.first_turn; t < model_.turns.size(); ++t) {
      Turn& turn = model_.turns[t];
      turn.total = model_.total(task, choice, turn.start);
      choice.ideal = std::min(choice.ideal, turn.total);
      choice.least_run = std::min(choice.least_run, run(turn.start));
    }
    model_.turns.resize(std::min(model_.turns.size(), choice.first_turn + lookahead_));
    double least = infinite;
    for (std::size_t t = model_.turns.size(); t-- > choice.first_turn;) {
      least = std::min(least, model_.turns[t].total);
      model_.turns[t].least_from_here = least;
    }
    choice.last_turn = static_cast<std::uint32_t>(model_.turns.size());
  }

  /// Appends the turns after the earliest start, in order of time.
  void collect_turns(const TaskData& task, const Choice& choice, double earliest) {
    auto& turns = model_.turns;
    bool varies = false;
    const auto add = [&](double start) {
      if (start > earliest) turns.push_back({start, 0, 0});
    };
    const auto look = [&](const RateCurve& curve) {
      for (const double t : curve.falls) add(t);
      for (const double t : curve.rises) add(t - choice.duration);
      varies = varies || curve.rate.size() > 1;
    };
    if (choice.resource != nothing) look(model_.curves[choice.curve]);
    for (std::uint32_t d = choice.first_more; d < choice.last_more; ++d) look(model_.curves[model_.more[d].curve]);
    if (varies && task.late_rate > 0 && task.due < infinite) add(task.due - choice.duration);
    std::sort(turns.begin() + choice.first_turn, turns.end(), [](const Turn& a, const Turn& b) { return a.start < b.start; });
  }

  /// Sorts the choices of a task by their ideal cost and adds it to the bounds.
  void finish_choices(std::uint32_t i) {
    const TaskData& data = model_.tasks[i];
    if (data.first_choice == data.last_choice) {
      ++model_.hopeless;
      return;
    }
    sort_choices(data);
    const double ideal = model_.choices[data.first_choice].ideal;
    model_.bound += ideal;
    model_.bound_size += std::abs(ideal);
    model_.last_finish = std::max(model_.last_finish, finish_[i]);
    const std::size_t reservoirs = model_.reservoir.size();
    for (std::size_t r = 0; r < reservoirs; ++r) {
      double least = infinite;
      for (std::size_t c = data.first_choice; c < data.last_choice; ++c) least = std::min(least, model_.use[c * reservoirs + r]);
      model_.least_use[i * reservoirs + r] = least;
    }
  }

  void sort_choices(const TaskData& data) {
    const auto less = [](const Choice& a, const Choice& b) { return a.ideal != b.ideal ? a.ideal < b.ideal : a.mode < b.mode; };
    const std::size_t reservoirs = model_.reservoir.size();
    for (std::size_t c = data.first_choice + 1; c < data.last_choice; ++c) {  // by insertion: the uses go along
      for (std::size_t k = c; k > data.first_choice && less(model_.choices[k], model_.choices[k - 1]); --k) {
        std::swap(model_.choices[k], model_.choices[k - 1]);
        for (std::size_t r = 0; r < reservoirs; ++r)
          std::swap(model_.use[k * reservoirs + r], model_.use[(k - 1) * reservoirs + r]);
      }
    }
  }

  void check_reservoirs() {
    const std::size_t reservoirs = model_.reservoir.size();
    for (std::size_t r = 0; r < reservoirs; ++r) {
      double least = 0;
      for (std::size_t i = 0; i < model_.size(); ++i) least += model_.least_use[i * reservoirs + r];
      model_.overdrawn = model_.overdrawn || least > model_.reservoir[r] * (1 + 1e-12) + 1e-12;
    }
    model_.bound += model_.makespan_rate * model_.last_finish;
    model_.bound_size += model_.makespan_rate * model_.last_finish;
  }

  [[nodiscard]] bool is_simple() const {
    if (!model_.before.empty() || !model_.reservoir.empty() || !model_.sequences.empty() || model_.makespan_rate > 0) return false;
    return std::all_of(model_.tasks.begin(), model_.tasks.end(),
                       [](const TaskData& t) { return !t.pinned && t.deadline == infinite; }) &&
           std::all_of(model_.choices.begin(), model_.choices.end(), [](const Choice& c) {
             return c.resource != nothing && c.first_more == c.last_more && c.duration > 0 && !c.stays;
           });
  }

  /// Twice the largest sum of own costs that any order of the tasks could lead to.
  void set_penalty() {
    double horizon = 0, setup = 0;
    for (const Resource& resource : problem_.resources) {
      horizon = std::max(horizon, problem_.step.base() * static_cast<double>(resource.capacity.size()));
      for (const auto& row : resource.setup) {
        for (const Seconds t : row) setup = std::max(setup, t.base());
      }
    }
    for (const RateCurve& curve : model_.curves.all()) {
      horizon = std::max(horizon, problem_.step.base() * static_cast<double>(curve.rate.size()));
    }
    for (const TaskData& task : model_.tasks) {
      for (const double t : {task.release, task.due}) horizon = std::max(horizon, t < infinite ? t : 0.0);
    }
    for (const TaskData& task : model_.tasks) {
      for (std::size_t c = task.first_choice; c < task.last_choice; ++c) horizon = std::max(horizon, fixed_end(model_.choices[c]));
    }
    for (const TaskData& task : model_.tasks) horizon += longest(task) + 2 * setup;
    for (const FlatArc& arc : model_.before) horizon += std::abs(arc.lag) + arc.transfer;
    double sum = model_.makespan_rate * horizon;
    for (const TaskData& task : model_.tasks) {
      sum += dearest(task) + task.late_rate * (horizon + std::max(0.0, -task.due)) +
             task.wait_rate * (horizon + std::max(0.0, -task.release));
    }
    model_.penalty = 2 * sum + 1;
  }

  [[nodiscard]] static double fixed_end(const Choice& choice) { return choice.stays ? choice.fixed + choice.duration : 0; }
  [[nodiscard]] double longest(const TaskData& task) const {
    double duration = 0;
    for (std::size_t c = task.first_choice; c < task.last_choice; ++c) duration = std::max(duration, model_.choices[c].duration);
    return duration;
  }
  [[nodiscard]] double dearest(const TaskData& task) const {
    double most = 0;
    const auto largest = [&](std::uint32_t curve) { return model_.curves[curve].largest; };
    for (std::size_t c = task.first_choice; c < task.last_choice; ++c) {
      const Choice& choice = model_.choices[c];
      double rate = choice.resource == nothing ? 0 : choice.amount * largest(choice.curve);
      for (std::uint32_t d = choice.first_more; d < choice.last_more; ++d)
        rate += model_.more[d].amount * largest(model_.more[d].curve);
      most = std::max(most, std::abs(choice.constant) + rate * choice.duration);
    }
    return most;
  }

  const Problem& problem_;
  std::size_t lookahead_;
  bool priced_;
  Model& model_;
  std::vector<double> finish_;  ///< the earliest of each task; infinite: it can never be done
  std::vector<char> pinned_fits_;
};

/// The problem, which must be valid, flattened; not `priced`: without costs and bounds. O(tasks × modes × changes of price).
[[nodiscard]] inline Model make_model(const Problem& problem, std::size_t lookahead, bool priced = true) {
  Model model;
  ModelBuilder(problem, lookahead, priced, model).build();
  return model;
}

}  // namespace kilter::schedule::detail
