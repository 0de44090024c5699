#pragma once
/// @file
/// `ProjectScheduler`: short schedules of projects by a population with forward–backward improvement.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "kilter/core/executor.hpp"
#include "kilter/core/progress.hpp"
#include "kilter/schedule/project.hpp"
#include "kilter/schedule/project_bound.hpp"
#include "kilter/schedule/project_population.hpp"

namespace kilter::schedule {

/// How `ProjectScheduler` searches, and for how long.
struct ProjectOptions {
  Budget budget{};
  std::uint64_t seed = 1;
  Time target = std::numeric_limits<Time>::min();  ///< stop when the makespan is not above this; the default never stops
  std::size_t iterations = 0;                      ///< schedules to generate, seen to once a generation; 0: no limit
  std::size_t population = 0;                      ///< members, at least 2 and even; 0: chosen by the size of the project
  std::size_t stall = 40;                          ///< generations without progress of any member before a new population; ≥ 1
  double mutation = 0.5;                           ///< expected moves of activities in a child; ≥ 0
  double mode_change = 0.03;                       ///< probability of an activity to change its mode at random; 0 … 1
  double mode_choice = 0;  ///< probability of an activity to choose its mode while a schedule is generated; 0 … 1
};

/// Throws `std::invalid_argument` naming the first option out of its range.
inline void check(const ProjectOptions& options) {
  require(options.population % 2 == 0, "population", options.population, "must be even");
  require(options.population <= (std::size_t{1} << 20), "population", options.population, "must be at most 2^20");
  require(options.stall > 0, "stall", options.stall, "must be at least 1");
  require(options.mutation >= 0 && options.mutation <= 1e6, "mutation", options.mutation, "must lie in 0 … 1e6");
  const auto probability = [](double p) { return p >= 0 && p <= 1; };
  require(probability(options.mode_change), "mode_change", options.mode_change, "must lie in 0 … 1");
  require(probability(options.mode_choice), "mode_choice", options.mode_choice, "must lie in 0 … 1");
}

namespace detail {

/// The search over one project: populations one after the other, the best kept.
template <class Profile, Executor E, Observer O>
class ProjectSearch {
 public:
  ProjectSearch(const ProjectData& data, const Profile& profile, const ProjectOptions& options, const E& executor, O& observer)
      : data_(data),
        options_(options),
        executor_(executor),
        observer_(observer),
        watch_(options.budget),
        timed_(options.budget.time_limit != Duration::max()),
        population_(data, profile, {options.mutation, data.multi ? options.mode_change : 0, data.multi ? options.mode_choice : 0},
                    members(options), lanes),
        best_(1, data.size),
        pool_(population_.members(), data.size) {
    if (timed_) began_ = std::chrono::steady_clock::now();
    best_.cost(0) = Population::nothing;
  }

  /// A genome to begin with; those beyond the population are left out.
  void warm(const ProjectRow& row) {
    if (given_ == population_.members()) return;
    const ProjectRow to = population_.rows().row(given_);
    std::copy(row.order.begin(), row.order.end(), to.order.begin());
    std::copy(row.mode.begin(), row.mode.end(), to.mode.begin());
    Rng rng = Rng{options_.seed}.split(given_);
    population_.rows().cost(given_) = population_.lane(0).adopt(to, rng);
    ++given_;
  }

  /// Populations one after the other, each until it makes no progress. After `rounds_to_merge` new ones comes one of the best
  /// members of all these, whose best members are in turn among those of the next such.
  Status run(std::int32_t bound, ProjectSchedule& out) {
    bound_ = bound;
    const Rng root{options_.seed};
    Status status = Status::feasible;
    for (std::size_t round = 0; status == Status::feasible; ++round) {
      if (pooled_ + share() > pool_.size()) {
        for (std::size_t i = 0; i < pooled_; ++i) pool_.copy(i, population_.rows(), i);
        given_ = std::exchange(pooled_, 0);
      }
      status = evolve(root.split(round + 1), out);
      if (status == Status::feasible) population_.elite(share(), pool_, pooled_);
      pooled_ += share();
      given_ = 0;
      out.restarts = round;
    }
    out.iterations = population_.passes();
    return status;
  }

  [[nodiscard]] ProjectRow best() { return best_.row(0); }
  [[nodiscard]] std::int64_t cost() { return best_.cost(0); }

 private:
  using Population = ProjectPopulation<Profile>;
  static constexpr std::size_t lanes = 16, usual_members = 300, rounds_to_merge = 4;

  static std::size_t members(const ProjectOptions& options) {
    const std::size_t wanted = options.population > 0 ? options.population : usual_members;
    if (options.iterations == 0) return wanted;
    return std::min(wanted, std::max<std::size_t>(2, options.iterations / 12 * 2));  // leave time to recombine them
  }

  /// What a population leaves to the pool.
  [[nodiscard]] std::size_t share() const { return std::max<std::size_t>(1, population_.members() / rounds_to_merge); }

  /// One population from its `given_` first members on.
  Status evolve(const Rng& rng, ProjectSchedule& out) {
    for (std::size_t i = given_; i < population_.members(); ++i) population_.rows().cost(i) = Population::nothing;
    population_.create(given_, rng.split(0), executor_, watch_);
    Status status = look(out);
    std::int64_t total = population_.total();
    for (std::size_t g = 1, calm = 0; status == Status::feasible && calm < options_.stall; ++g) {
      population_.breed(rng.split(g), executor_, watch_);
      ++out.generations;
      status = look(out);
      const std::int64_t now = population_.total();
      calm = now < total ? 0 : calm + 1;
      total = now;
    }
    return status;
  }

  /// Notes the best member and says whether to go on.
  Status look(ProjectSchedule& out) {
    const std::size_t at = population_.best();
    if (population_.rows().cost(at) < best_.cost(0)) {
      population_.rows().copy(at, best_, 0);
      if (timed_) out.seconds_to_best = Duration(std::chrono::steady_clock::now() - began_).count();
    }
    const std::int64_t best = best_.cost(0), unit = data_.unit;
    observer_(Progress{out.generations, static_cast<double>(best * unit), static_cast<double>(bound_ * unit)});
    if (best <= bound_) return Status::optimal;
    if (best <= data_.horizon && best * unit <= options_.target) return Status::iteration_limit;
    if (options_.iterations > 0 && population_.passes() >= options_.iterations) return Status::iteration_limit;
    return watch_.check();
  }

  const ProjectData& data_;
  const ProjectOptions& options_;
  const E& executor_;
  O& observer_;
  Stopwatch watch_;
  bool timed_;
  std::chrono::steady_clock::time_point began_{};
  Population population_;
  ProjectRows best_, pool_;
  std::size_t given_ = 0, pooled_ = 0;
  std::int32_t bound_ = 0;
};

/// The order of latest finish times (longest way to the end first) that respects precedence: a priority rule to begin with.
inline std::vector<std::uint32_t> project_priority_order(const ProjectData& data) {
  std::vector<std::uint32_t> order = data.topological;
  const auto way = [&](std::uint32_t j) { return data.head[1][j] + data.shortest[j]; };
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return way(a) > way(b); });
  return order;
}

/// A schedule given to begin with as order and modes. A mode that was left out as inefficient becomes one that replaces it.
class ProjectWarmStart {
 public:
  ProjectWarmStart(const Project& project, const ProjectData& data, const ProjectSchedule& given)
      : order_(data.topological), mode_(data.size) {
    require(given.start.size() == data.size, "start", given.start.size(), "must hold a schedule of this project");
    require(given.mode.size() == data.size, "start", given.mode.size(), "must hold a schedule of this project");
    for (std::size_t j = 0; j < data.size; ++j) {
      require(given.mode[j] < project.activities[j].modes.size(), "start", given.mode[j], "must be a mode of its activity");
      mode_[j] = kept(project, data, j, given.mode[j]);
    }
    std::stable_sort(order_.begin(), order_.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return given.start[a] < given.start[b]; });
  }
  [[nodiscard]] ProjectRow row() { return {order_, mode_, {}}; }

 private:
  /// The mode itself or, of those that are left, one no longer that needs no more; the first one if there is none.
  static std::uint32_t kept(const Project& project, const ProjectData& data, std::size_t j, std::uint32_t mode) {
    const auto& modes = project.activities[j].modes;
    std::uint32_t best = data.mode_first[j];
    int rank = 0;
    for (std::uint32_t k = data.mode_first[j]; k < data.mode_first[j + 1]; ++k) {
      const ProjectMode& other = modes[data.mode_original[k]];
      const bool no_more =
          std::equal(other.demand.begin(), other.demand.end(), modes[mode].demand.begin(), [](int a, int b) { return a <= b; });
      const int now = data.mode_original[k] == mode ? 2 : no_more && other.duration <= modes[mode].duration ? 1 : 0;
      if (now > rank) best = k, rank = now;
    }
    return best;
  }

  std::vector<std::uint32_t> order_, mode_;
};

}  // namespace detail

/// Searches for schedules of a project of least makespan.
class ProjectScheduler {
 public:
  ProjectScheduler() = default;
  explicit ProjectScheduler(ProjectOptions options) : options_(std::move(options)) { check(options_); }

  /// The best schedule found of `project`, and a lower bound of all of them. `start` holds schedules to begin with, which must be
  /// of this project (the result is no worse than the best of those that are valid). The observer sees, once a generation, its
  /// number, the best makespan and the bound.
  ///
  /// Statuses: `optimal` (the makespan meets the bound), `infeasible` (proven: no modes fit), `iteration_limit` (`iterations` or
  /// `target` reached), `time_limit`, `cancelled`. Where no modes were found that the non-renewable resources allow, though none of
  /// this proves that there are none, the schedule is empty and `reason` says so. Without a limit it may run for ever. Throws as
  /// `check(project)` does. The same options and seed give the same result at any number of threads, unless time ends the search.
  template <Executor E = Inline, Observer O = Silent>
  [[nodiscard]] ProjectSchedule schedule(const Project& project, std::span<const ProjectSchedule> start = {},
                                         const E& executor = {}, O&& observer = {}) const {
    check(project);
    ProjectSchedule out;
    const detail::ProjectReduction reduction{project};
    out.reason = reduction.reason();
    if (!out.reason.empty()) {
      out.status = Status::infeasible;
      return out;
    }
    const detail::ProjectData data = detail::project_data(project, reduction);
    if (data.size == 0) {
      out.status = Status::optimal;
      return out;
    }
    const detail::ProjectLanes& lanes = data.lanes;
    const bool short_ones = static_cast<std::size_t>(data.horizon) <= unit_profile_below * data.size;
    if (!short_ones) return run(project, data, detail::ProjectSegmentProfile<0>{lanes, data.size}, start, executor, observer);
    if (lanes.words > 1) return run(project, data, detail::ProjectUnitProfile<0>{lanes, data.horizon}, start, executor, observer);
    return run(project, data, detail::ProjectUnitProfile<1>{lanes, data.horizon}, start, executor, observer);
  }

 private:
  static constexpr std::size_t unit_profile_below = 40;      ///< mean of the longest durations up to which units are faster
  static constexpr std::size_t mode_search_nodes = 200'000;  ///< some milliseconds

  template <class Profile, Executor E, class O>
  ProjectSchedule run(const Project& project, const detail::ProjectData& data, const Profile& profile,
                      std::span<const ProjectSchedule> start, const E& executor, O& observer) const {
    ProjectSchedule out;
    std::vector<std::uint32_t> order = detail::project_priority_order(data),
                               mode(data.mode_first.begin(), data.mode_first.end() - 1);
    if (data.nonrenewables > 0) {
      using Outcome = detail::ProjectModeSearch::Outcome;
      const Outcome outcome = detail::ProjectModeSearch{data}.run(mode, mode_search_nodes);
      if (outcome == Outcome::none) {
        out.status = Status::infeasible;
        out.reason = "no choice of modes keeps within the non-renewable resources";
        return out;
      }
      if (outcome == Outcome::unknown) std::copy(data.mode_first.begin(), data.mode_first.end() - 1, mode.begin());
    }
    detail::ProjectSearch<Profile, E, O> search{data, profile, options_, executor, observer};
    for (const ProjectSchedule& given : start) search.warm(detail::ProjectWarmStart{project, data, given}.row());
    search.warm({order, mode, {}});
    const std::int32_t bound = detail::project_bound(data);
    out.status = search.run(bound, out);
    out.bound = bound * data.unit;
    if (search.cost() > data.horizon) {
      out.reason = "no choice of modes was found that keeps within the non-renewable resources";
      return out;
    }
    out.makespan = search.cost() * data.unit;
    for (std::size_t j = 0; j < data.size; ++j) {
      const std::uint32_t k = search.best().mode[j];
      out.mode.push_back(data.mode_original[k]);
      out.start.push_back((search.best().finish[j] - data.duration[k]) * data.unit);
    }
    return out;
  }

  ProjectOptions options_{};
};

}  // namespace kilter::schedule
