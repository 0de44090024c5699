#pragma once
/// @file
/// What the loop expects of the training jobs: how long they take, how much work comes, when it is due.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <vector>

#include "kilter/core/units.hpp"
#include "kilter/simulate/policy.hpp"

namespace kilter::loop {

/// Expected durations: for each limit the mean part of it that finished jobs have used. With `exact` it looks at the true durations
/// and arrivals instead, for an oracle.
class TrainingOutlook {
 public:
  explicit TrainingOutlook(bool exact = false) : exact_(exact) {}

  /// Takes in the jobs that have finished since the last call.
  void learn(const simulate::World& world, const simulate::State& state) {
    for (; seen_stays_ < state.stays.size(); ++seen_stays_) {
      const auto& stay = state.stays[seen_stays_];
      if (stay.killed) continue;
      const auto& job = world.jobs[stay.job];
      auto& use = use_[job.limit.base()];
      use.sum += job.duration / job.limit;
      use.count += 1;
    }
  }

  /// Expected length on GPUs of speed 1, from its first start to its end.
  [[nodiscard]] Seconds duration(const cluster::Job& job) const {
    if (exact_) return job.duration;
    const auto found = use_.find(job.limit.base());
    const double part = found == use_.end() ? prior_ : (prior_ + found->second.sum) / (1 + found->second.count);
    return job.limit * part;
  }

  /// Expected time left to a queued job; what it did before its last checkpoint is known.
  [[nodiscard]] Seconds left(const simulate::World& world, const simulate::State& state, std::size_t j) const {
    const auto& job = world.jobs[j];
    const Seconds saved = state.outcomes[j].left;
    const Seconds done = saved.base() >= 0 ? job.duration - saved : Seconds{};
    return exact_ ? job.duration - done : after(job, done);
  }

  /// Expected time left to a running gang on GPUs of speed 1.
  [[nodiscard]] Seconds left(const simulate::World& world, const simulate::RunningJob& run) const {
    const auto& job = world.jobs[run.job];
    return exact_ ? run.remaining : after(job, job.duration - run.remaining);
  }

  /// Work expected to be submitted in each of the next hours, in reference GPU-hours: the mean of the last week.
  [[nodiscard]] std::vector<double> arrivals(const simulate::World& world, const simulate::State& state, Seconds now,
                                             std::size_t horizon) const {
    if (exact_) return true_arrivals(world, state, now, horizon);
    const Seconds week = std::min(now, 168 * units::h);
    double work = 0;
    for (std::size_t j = state.next_arrival; j-- > 0 && world.jobs[j].submit >= now - week;) {
      work += duration(world.jobs[j]).in(units::h)*world.jobs[j].gpus;
    }
    return std::vector<double>(horizon, week.base() > 0 ? work / week.in(units::h) : 0);
  }

 private:
  struct Use {
    double sum = 0;
    double count = 0;
  };
  /// Before anything was seen a job is taken to use half of its limit.
  static constexpr double prior_ = 0.5;

  /// A job that has outlived its expectation is taken to need a fifth of what its limit leaves.
  [[nodiscard]] Seconds after(const cluster::Job& job, Seconds done) const {
    const Seconds expected = duration(job) - done;
    const Seconds rest = (job.limit - done) * 0.2;
    return std::max({expected, rest, 1 * units::s});
  }

  [[nodiscard]] static std::vector<double> true_arrivals(const simulate::World& world, const simulate::State& state, Seconds now,
                                                         std::size_t horizon) {
    std::vector<double> work(horizon, 0);
    for (std::size_t j = state.next_arrival; j < world.jobs.size(); ++j) {
      const auto hour = static_cast<std::size_t>((world.jobs[j].submit - now).in(units::h));
      if (hour >= horizon) break;
      work[hour] += world.jobs[j].duration.in(units::h)*world.jobs[j].gpus;
    }
    return work;
  }

  bool exact_;
  std::size_t seen_stays_ = 0;
  std::map<double, Use> use_;
};

}  // namespace kilter::loop
