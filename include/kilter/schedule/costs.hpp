#pragma once
/// @file
/// What each task costs on each pool as a function of its start, flattened for the decoder.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "kilter/schedule/problem.hpp"
#include "kilter/schedule/profile.hpp"
#include "kilter/schedule/schedule.hpp"

namespace kilter::schedule::detail {

/// ∫ rate dt of one pool from 0, in O(1), and where its rate falls and rises.
struct RateCurve {
  double step = 1;
  double per_step = 1;
  std::vector<double> rate, sum;  ///< of step k, and up to its beginning; the last holds for ever after
  std::vector<double> falls, rises;

  RateCurve(const Pool& pool, double width) : step(width), per_step(1 / width), rate(pool.cost_rate) {
    if (rate.empty()) rate.push_back(0);
    while (rate.size() > 1 && rate[rate.size() - 2] == rate.back()) rate.pop_back();
    sum.assign(rate.size(), 0);
    for (std::size_t k = 1; k < rate.size(); ++k) {
      sum[k] = sum[k - 1] + rate[k - 1] * width;
      if (rate[k] < rate[k - 1]) falls.push_back(width * static_cast<double>(k));
      if (rate[k] > rate[k - 1]) rises.push_back(width * static_cast<double>(k));
    }
  }

  [[nodiscard]] double until(double t) const {
    const double last = static_cast<double>(rate.size() - 1);
    const auto k = static_cast<std::size_t>(std::min(t * per_step, last));
    return sum[k] + rate[k] * (t - step * static_cast<double>(k));
  }
};

/// A start at which the own cost of a task may have a local minimum, that cost, and the least of the costs from here on.
struct Turn {
  double start;
  double total;
  double least_from_here;
};

/// A pool that a task fits: `ideal` bounds its cost there from below, whatever else runs.
struct Choice {
  double ideal;
  double least_run;  ///< bounds what the GPUs alone cost
  double duration;
  std::uint32_t pool;
  std::uint32_t first_turn, last_turn;
};

/// One task, its prices multiplied out.
struct TaskData {
  double release;   ///< as given
  double earliest;  ///< the release, or the start of the plan
  double due;
  double gpus;
  double late_rate;  ///< USD per second
  double wait_rate;
  int count;
  std::uint32_t first_choice, last_choice;
};

/// The own cost of a task as a function of its start is piecewise linear: it turns upwards only where the rate falls at its start,
/// where the rate rises at its finish, and where it begins to be late. So a start that is best under a given occupation is the
/// earliest feasible one, or one of these turns, or the end of an interval of feasible starts (which the decoder leaves out).
class CostTable {
 public:
  /// The first `lookahead` turns are kept per task and pool, in order of time; the bounds count all of them.
  CostTable(const Problem& problem, std::size_t lookahead) {
    for (const Pool& pool : problem.pools) {
      curves_.emplace_back(pool, problem.step.base());
      largest_.push_back(*std::max_element(pool.capacity.begin(), pool.capacity.end()));
    }
    tasks_.reserve(problem.tasks.size());
    for (const Task& task : problem.tasks) add_task(problem, task, lookahead);
    set_penalty(problem);
  }

  [[nodiscard]] std::size_t size() const { return tasks_.size(); }
  [[nodiscard]] const TaskData& task(std::size_t i) const { return tasks_[i]; }
  [[nodiscard]] const Choice& choice(std::size_t i) const { return choices_[i]; }
  [[nodiscard]] const Turn& turn(std::size_t i) const { return turns_[i]; }
  /// More than the whole schedule can cost or earn: what leaving a task out counts.
  [[nodiscard]] double penalty() const { return penalty_; }
  /// Bounds the own cost of a task that starts at `start` or later.
  [[nodiscard]] static double bound_from(const TaskData& task, const Choice& choice, double start) {
    return choice.least_run + task.late_rate * std::max(0.0, start + choice.duration - task.due) +
           task.wait_rate * (start - task.release);
  }
  /// No schedule with every task that fits some pool placed costs less.
  [[nodiscard]] double bound() const { return bound_; }
  /// The bound with the penalty of each task that fits no pool, and an allowance for rounding.
  [[nodiscard]] double least_cost() const {
    const double unavoidable = penalty_ * static_cast<double>(hopeless_);
    return bound_ + unavoidable + 1e-12 * (bound_size_ + unavoidable);
  }

  /// The own cost in USD of a task that starts at `start` where `choice` says.
  [[nodiscard]] double total(const TaskData& task, const Choice& choice, double start) const {
    const RateCurve& curve = curves_[choice.pool];
    const double finish = start + choice.duration;
    return task.gpus * (curve.until(finish) - curve.until(start)) + task.late_rate * std::max(0.0, finish - task.due) +
           task.wait_rate * (start - task.release);
  }

 private:
  void add_task(const Problem& problem, const Task& task, std::size_t lookahead) {
    TaskData data{};
    data.release = task.release.base();
    data.earliest = std::max(0.0, data.release);
    data.due = task.due.base();
    data.gpus = task.gpus;
    data.late_rate = (problem.tardiness_price * (task.weight * data.gpus)).base();
    data.wait_rate = (problem.wait_price * data.gpus).base();
    data.count = task.gpus;
    data.first_choice = static_cast<std::uint32_t>(choices_.size());
    for (std::size_t p = 0; p < curves_.size(); ++p) {
      if (largest_[p] >= task.gpus) add_choice(data, p, duration_on(task, problem.pools[p]), lookahead);
    }
    data.last_choice = static_cast<std::uint32_t>(choices_.size());
    const auto first = choices_.begin() + data.first_choice;
    std::sort(first, choices_.end(),
              [](const Choice& a, const Choice& b) { return a.ideal != b.ideal ? a.ideal < b.ideal : a.pool < b.pool; });
    if (first == choices_.end()) {
      ++hopeless_;
    } else {
      bound_ += first->ideal;
      bound_size_ += std::abs(first->ideal);
    }
    tasks_.push_back(data);
  }

  void add_choice(const TaskData& task, std::size_t p, double duration, std::size_t lookahead) {
    Choice choice{0, 0, duration, static_cast<std::uint32_t>(p), static_cast<std::uint32_t>(turns_.size()), 0};
    collect_turns(task, choice);
    const RateCurve& curve = curves_[p];
    const auto run = [&](double start) { return task.gpus * (curve.until(start + duration) - curve.until(start)); };
    choice.ideal = total(task, choice, task.earliest);
    choice.least_run = run(task.earliest);
    for (std::size_t t = choice.first_turn; t < turns_.size(); ++t) {
      turns_[t].total = total(task, choice, turns_[t].start);
      choice.ideal = std::min(choice.ideal, turns_[t].total);
      choice.least_run = std::min(choice.least_run, run(turns_[t].start));
    }
    turns_.resize(std::min(turns_.size(), choice.first_turn + lookahead));
    double least = infinite;
    for (std::size_t t = turns_.size(); t-- > choice.first_turn;) {
      least = std::min(least, turns_[t].total);
      turns_[t].least_from_here = least;
    }
    choice.last_turn = static_cast<std::uint32_t>(turns_.size());
    choices_.push_back(choice);
  }

  /// Appends the turns after the earliest start, in order of time.
  void collect_turns(const TaskData& task, const Choice& choice) {
    const RateCurve& curve = curves_[choice.pool];
    const auto add = [&](double start) {
      if (start > task.earliest) turns_.push_back({start, 0, 0});
    };
    for (const double t : curve.falls) add(t);
    for (const double t : curve.rises) add(t - choice.duration);
    if (curve.rate.size() > 1 && task.late_rate > 0 && task.due < infinite) add(task.due - choice.duration);
    std::sort(turns_.begin() + choice.first_turn, turns_.end(), [](const Turn& a, const Turn& b) { return a.start < b.start; });
  }

  /// Twice the largest sum of own costs that any order of the tasks could lead to.
  void set_penalty(const Problem& problem) {
    double horizon = 0, rate = 0;
    for (std::size_t p = 0; p < curves_.size(); ++p) {
      const std::size_t steps = std::max(problem.pools[p].capacity.size(), curves_[p].rate.size());
      horizon = std::max(horizon, problem.step.base() * static_cast<double>(steps));
      for (const double r : curves_[p].rate) rate = std::max(rate, std::abs(r));
    }
    for (const TaskData& task : tasks_) horizon = std::max({horizon, task.earliest, task.due < infinite ? task.due : 0.0});
    for (const TaskData& task : tasks_) horizon += longest(task);
    double sum = 0;
    for (const TaskData& task : tasks_) {
      sum += task.gpus * rate * longest(task) + task.late_rate * (horizon + std::max(0.0, -task.due)) +
             task.wait_rate * (horizon + std::max(0.0, -task.release));
    }
    penalty_ = 2 * sum + 1;
  }

  [[nodiscard]] double longest(const TaskData& task) const {
    double duration = 0;
    for (std::size_t c = task.first_choice; c < task.last_choice; ++c) duration = std::max(duration, choices_[c].duration);
    return duration;
  }

  std::vector<RateCurve> curves_;
  std::vector<int> largest_;
  std::vector<TaskData> tasks_;
  std::vector<Choice> choices_;
  std::vector<Turn> turns_;
  double penalty_ = 1;
  double bound_ = 0, bound_size_ = 0;
  std::size_t hopeless_ = 0;
};

}  // namespace kilter::schedule::detail
