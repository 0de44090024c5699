#pragma once
/// @file
/// `PipelineScheduler`: finds a short step of a pipeline within its memory limits.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/executor.hpp"
#include "kilter/core/progress.hpp"
#include "kilter/core/rng.hpp"
#include "kilter/core/status.hpp"
#include "kilter/schedule/pipeline.hpp"
#include "kilter/schedule/pipeline_baseline.hpp"
#include "kilter/schedule/pipeline_bound.hpp"
#include "kilter/schedule/pipeline_search.hpp"
#include "kilter/schedule/pipeline_timing.hpp"

namespace kilter::schedule {

/// How a pipeline's step is searched for.
struct PipelineOptions {
  Budget budget{};
  std::uint64_t seed = 1;
  Time target = 0;             ///< stop once the makespan is no longer
  std::size_t iterations = 0;  ///< limit of moves over all searchers, to within a round; 0: none
  std::size_t patience = 0;    ///< rounds without a better step after which to stop; 0: 12 where neither time nor iterations are
                               ///< limited, else none
  std::size_t lanes = 8;       ///< searchers side by side
  std::size_t builds = 64;     ///< steps built by rules before each searcher begins
  std::size_t moves = 4000;    ///< of a searcher in a round
  double warm = 0.5;           ///< the temperature at which a round begins, in mean durations
  double cold = 0.02;          ///< and ends
};

/// Throws `std::invalid_argument` unless every member makes sense.
inline void check(const PipelineOptions& options) {
  require(options.budget.time_limit >= Duration::zero(), "time_limit", options.budget.time_limit.count(), "must not be negative");
  require(options.target >= 0, "target", options.target, "must not be negative");
  require(options.lanes > 0 && options.lanes <= 4096, "lanes", options.lanes, "must lie in 1 … 4096");
  require(options.builds > 0, "builds", options.builds, "must be positive");
  require(options.moves > 0, "moves", options.moves, "must be positive");
  require(options.cold > 0 && std::isfinite(options.cold), "cold", options.cold, "must be positive and finite");
  require(options.warm >= options.cold && std::isfinite(options.warm), "warm", options.warm, "must be finite and not below cold");
}

namespace detail {

/// One micro-batch after another: fits whenever anything does.
inline PipelineWords pipeline_sequential(const PipelineLetters& letters) {
  PipelineWords out;
  for (std::size_t d = 0; d < letters.devices; ++d) {
    const std::uint32_t* own = letters.own_letters(d);
    for (std::size_t j = 0; j < letters.microbatches; ++j) {
      for (std::size_t c = 0; c < letters.chunks; ++c) out.push_back(own[3 * c]);
      for (std::size_t c = letters.chunks; c-- > 0;) out.insert(out.end(), {own[3 * c + 1], own[3 * c + 2]});
    }
  }
  return out;
}

/// The words of a schedule that was given to start from. Throws unless it is one of this pipeline.
inline PipelineWords pipeline_given(const Pipeline& pipeline, const PipelineLetters& letters, const PipelineSchedule& given,
                                    std::size_t index) {
  const std::string name = "start " + std::to_string(index);
  require(given.steps.size() == letters.devices, name + " steps", given.steps.size(), "must have an entry per stage");
  std::vector<std::size_t> count(letters.letters(), 0);
  for (std::size_t d = 0; d < letters.devices; ++d) {
    require(given.steps[d].size() == letters.row(), name + " steps of device " + std::to_string(d), given.steps[d].size(),
            "must be stages' chunks × microbatches × 3");
    for (const PipelineStep& step : given.steps[d]) {
      require(step.chunk < letters.chunks, name + " chunk", step.chunk, "must be less than chunks");
      require(step.kind <= PipelineKind::backward_weight, name + " kind", static_cast<unsigned>(step.kind), "must be a kind");
      ++count[3 * pipeline_part(pipeline, d, step.chunk) + static_cast<std::size_t>(step.kind)];
    }
  }
  for (const std::size_t n : count) require(n == letters.microbatches, name, n, "must do everything once per micro-batch");
  return pipeline_words(pipeline, given);
}

/// A run of the scheduler.
class PipelineRun {
 public:
  PipelineRun(const Pipeline& pipeline, const PipelineOptions& options)
      : pipeline_(pipeline),
        options_(options),
        letters_(pipeline_letters(pipeline)),
        watch_(options.budget),
        begin_(timed() ? std::chrono::steady_clock::now() : std::chrono::steady_clock::time_point{}),
        bound_(pipeline_bound(letters_)),
        goal_(std::max(bound_, options.target)),
        patience_(options.patience > 0 || timed() || options.iterations > 0 ? options.patience : 12) {
    Rng rng{options.seed};
    for (std::size_t i = 0; i < options.lanes; ++i) lanes_.emplace_back(letters_, rng.split(i));
  }

  template <class E, class O>
  PipelineSchedule run(std::span<const PipelineSchedule> start, const E& executor, O& observer) {
    starts(start);
    executor.for_each_index(lanes_.size(), [&](std::size_t i) { begin_lane(i); });
    collect();
    report(observer, 0);
    for (std::size_t round = 1, quiet = 0; proceed(quiet); ++round) {
      share(round);
      executor.for_each_index(lanes_.size(), [&](std::size_t i) {
        lanes_[i].anneal(options_.moves, options_.warm, options_.cold, goal_, [&] { return watch_.check() != Status::feasible; });
      });
      iterations_ += lanes_.size() * options_.moves;
      quiet = collect() ? 0 : quiet + 1;
      report(observer, round);
    }
    return result();
  }

 private:
  [[nodiscard]] bool timed() const { return options_.budget.time_limit != Duration::max(); }

  /// The best of what is known beforehand: given schedules that fit, baselines that fit, one micro-batch after another.
  void starts(std::span<const PipelineSchedule> given) {
    PipelineTimer timer{letters_};
    const auto offer = [&](const PipelineWords& words) {
      if (!pipeline_fits(letters_, words)) return;
      const Time cost = timer.run(words);
      if (cost < 0 || cost >= best_cost_) return;
      best_cost_ = cost;
      best_ = words;
    };
    offer(pipeline_sequential(letters_));
    for (const PipelineRule rule : pipeline_rules) {
      if (inapplicable(pipeline_, rule).empty()) offer(pipeline_rule_words(pipeline_, rule));
    }
    for (std::size_t i = 0; i < given.size(); ++i) offer(pipeline_given(pipeline_, letters_, given[i], i));
    mark();
  }

  void begin_lane(std::size_t i) {
    if (i == 0) lanes_[i].restart(best_);
    if (best_cost_ <= goal_ || watch_.check() != Status::feasible) return lanes_[i].restart(best_);
    lanes_[i].build(options_.builds, i == 0);
    if (lanes_[i].words().empty()) lanes_[i].restart(best_);
  }

  /// Takes the lanes' best, in their order; true when it is better than before.
  bool collect() {
    bool better = false;
    for (const PipelineLane& lane : lanes_) {
      if (lane.best_cost() >= best_cost_) continue;
      best_cost_ = lane.best_cost();
      best_ = lane.best();
      better = true;
    }
    if (better) mark();
    return better;
  }

  /// Every lane goes on from its own best; every few rounds the worst goes on from the best of all, and another begins anew.
  void share(std::size_t round) {
    std::size_t worst = 0;
    for (std::size_t i = 1; i < lanes_.size(); ++i) {
      if (lanes_[i].cost() >= lanes_[worst].cost()) worst = i;
    }
    if (round % 2 == 0) lanes_[worst].restart(best_);
  }

  [[nodiscard]] bool proceed(std::size_t quiet) {
    if (best_cost_ <= bound_) {
      status_ = Status::optimal;
    } else if (best_cost_ <= options_.target) {
      status_ = Status::feasible;
    } else if (const Status status = watch_.check(); status != Status::feasible) {
      status_ = status;
    } else if (options_.iterations > 0 && iterations_ >= options_.iterations) {
      status_ = Status::iteration_limit;
    } else {
      return patience_ == 0 || quiet < patience_;
    }
    return false;
  }

  void mark() {
    if (timed()) seconds_to_best_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
  }
  template <class O>
  void report(O& observer, std::size_t round) const {
    observer(Progress{.iteration = round, .best = static_cast<double>(best_cost_), .bound = static_cast<double>(bound_)});
  }

  PipelineSchedule result() const {
    PipelineTimer timer{letters_};
    const Time makespan = timer.run(best_);
    PipelineSchedule out = pipeline_schedule(pipeline_, letters_, best_, timer, makespan);
    out.status = status_;
    out.bound = bound_;
    out.iterations = iterations_;
    for (const PipelineLane& lane : lanes_) out.evaluations += lane.evaluations();
    out.seconds_to_best = seconds_to_best_;
    return out;
  }

  const Pipeline& pipeline_;
  const PipelineOptions& options_;
  PipelineLetters letters_;
  Stopwatch watch_;
  std::chrono::steady_clock::time_point begin_;
  Time bound_, goal_;
  std::size_t patience_;
  std::vector<PipelineLane> lanes_;
  PipelineWords best_;
  Time best_cost_ = std::numeric_limits<Time>::max();
  Status status_ = Status::feasible;
  std::size_t iterations_ = 0;
  double seconds_to_best_ = 0;
};

}  // namespace detail

/// Finds a short step within the memory limits: never longer than the best known rule that fits, nor than a schedule given to start
/// from that does. Steps built by rules with random parameters are annealed by moves on the critical path and by rebuilding their
/// rest, in searchers side by side that share the best. The same options give the same step at any number of threads unless time
/// ends the search. A move costs O(stages × chunks × microbatches).
class PipelineScheduler {
 public:
  PipelineScheduler() = default;
  explicit PipelineScheduler(PipelineOptions options) : options_(std::move(options)) { check(options_); }

  [[nodiscard]] const PipelineOptions& options() const { return options_; }

  /// The best step found. `Status::optimal` where it meets the bound; `Status::infeasible` with a `reason` where a device cannot
  /// hold one micro-batch. `start` may not fit the memory limits, but must be of this pipeline. The observer sees the makespan and
  /// its bound after each round. Throws `std::invalid_argument` for an invalid pipeline or start.
  template <Executor E = Inline, Observer O = Silent>
  [[nodiscard]] PipelineSchedule schedule(const Pipeline& pipeline, std::span<const PipelineSchedule> start = {},
                                          const E& executor = {}, O&& observer = {}) const {
    check(pipeline);
    if (std::string why = infeasibility(pipeline); !why.empty()) {
      PipelineSchedule out;
      out.status = Status::infeasible;
      out.reason = std::move(why);
      return out;
    }
    return detail::PipelineRun{pipeline, options_}.run(start, executor, observer);
  }

 private:
  PipelineOptions options_{};
};

}  // namespace kilter::schedule
