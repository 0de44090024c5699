#pragma once
/// @file
/// A population of schedules under deterministic crowding: each pair of parents has two children, and a child takes the place of
/// the parent that it resembles more when it is no worse.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "kilter/core/executor.hpp"
#include "kilter/core/progress.hpp"
#include "kilter/core/rng.hpp"
#include "kilter/schedule/project_encoding.hpp"
#include "kilter/schedule/project_modes.hpp"

namespace kilter::schedule::detail {

/// Rows of orders, modes and finish times in flat arrays.
class ProjectRows {
 public:
  ProjectRows() = default;
  ProjectRows(std::size_t rows, std::size_t n) : n_(n), order_(rows * n), mode_(rows * n), finish_(rows * n), cost_(rows) {}

  [[nodiscard]] std::size_t size() const { return cost_.size(); }
  [[nodiscard]] ProjectRow row(std::size_t i) {
    return {std::span{order_}.subspan(i * n_, n_), std::span{mode_}.subspan(i * n_, n_), std::span{finish_}.subspan(i * n_, n_)};
  }
  [[nodiscard]] std::int64_t& cost(std::size_t i) { return cost_[i]; }
  [[nodiscard]] std::span<const std::int64_t> costs() const { return cost_; }

  void copy(std::size_t from, ProjectRows& to, std::size_t at) {
    const ProjectRow a = row(from), b = to.row(at);
    std::copy(a.order.begin(), a.order.end(), b.order.begin());
    std::copy(a.mode.begin(), a.mode.end(), b.mode.begin());
    std::copy(a.finish.begin(), a.finish.end(), b.finish.begin());
    to.cost(at) = cost(from);
  }

 private:
  std::size_t n_ = 0;
  std::vector<std::uint32_t> order_, mode_;
  std::vector<std::int32_t> finish_;
  std::vector<std::int64_t> cost_;
};

/// How children are made.
struct ProjectBreeding {
  double mutation = 0;     ///< expected moves of activities a child
  double mode_change = 0;  ///< probability of each activity to change its mode at random
  double mode_choice = 0;  ///< probability of each activity to choose its mode while a schedule is generated
};

/// One worker's memory: makes genomes and evaluates them.
template <class Profile>
class ProjectLane {
 public:
  ProjectLane(const ProjectData& data, Profile profile, const ProjectBreeding& breeding)
      : data_(&data), breeding_(breeding), generator_(data, std::move(profile)), encoding_(data) {}

  /// A genome from nothing: sampled with a bias of 0 … 3, by the serial or the parallel scheme.
  std::int64_t create(const ProjectRow& row, Rng& rng) {
    encoding_.sample(row.order, static_cast<int>(rng.index(4)), rng);
    encoding_.sample_modes(row.mode, rng);
    if (data_->nonrenewables > 0) project_repair(*data_, generator_, row.mode, rng);
    if (rng.bernoulli(0.5)) generator_.settle(row, generator_.parallel(0, row));
    return evaluate(row, rng);
  }

  /// A child of two, in its first parent's likeness. One that is longer than `limit` at once is not improved and cannot survive.
  std::int64_t breed(const ProjectRow& mother, const ProjectRow& father, const ProjectRow& child, Rng& rng, std::int64_t limit) {
    encoding_.two_point(mother, father, child, rng);
    const auto whole = static_cast<std::size_t>(breeding_.mutation);
    const std::size_t moves = whole + (rng.bernoulli(breeding_.mutation - static_cast<double>(whole)) ? 1 : 0);
    encoding_.mutate(child, moves, breeding_.mode_change, rng);
    return evaluate(child, rng, limit);
  }

  /// Generates forward, backward, forward (Tormos and Lova 2001) and leaves the last schedule and its order in `row`. The cost is
  /// the makespan; above all of these, by how much the non-renewable resources are overdrawn.
  std::int64_t evaluate(const ProjectRow& row, Rng& rng, std::int64_t limit = hopeless) {
    std::int64_t excess = 0;
    if (data_->nonrenewables > 0) excess = project_repair(*data_, generator_, row.mode, rng);
    std::int32_t makespan = pass(0, row, rng);
    if (makespan > limit) return hopeless;
    generator_.turn(row, makespan);
    makespan = pass(1, row, rng);
    generator_.turn(row, makespan);
    makespan = pass(0, row, rng);
    generator_.settle(row, makespan);
    if (excess > 0) excess = generator_.excess(row.mode);
    return excess > 0 ? data_->horizon + excess : makespan;
  }

  /// As `evaluate`, but modes that can be had stay as they are: the cost is no more than that of the schedule the row comes from.
  std::int64_t adopt(const ProjectRow& row, Rng& rng) {
    const double choice = std::exchange(breeding_.mode_choice, 0);
    const std::int64_t cost = evaluate(row, rng);
    breeding_.mode_choice = choice;
    return cost;
  }

  /// The cost of what is no schedule at all: above that of any.
  static constexpr std::int64_t hopeless = std::numeric_limits<std::int64_t>::max() / 4;

  [[nodiscard]] std::size_t passes() const { return generator_.passes(); }

 private:
  std::int32_t pass(std::size_t direction, const ProjectRow& row, Rng& rng) {
    if (data_->multi && breeding_.mode_choice > 0) return generator_.serial_choosing(direction, row, breeding_.mode_choice, rng);
    return generator_.serial(direction, row);
  }

  const ProjectData* data_;
  ProjectBreeding breeding_;
  ProjectGenerator<Profile> generator_;
  ProjectEncoding encoding_;
};

/// Deterministic crowding (Mahfoud 1995): in each generation all members are paired at random. The pairs do not touch each other,
/// so lanes work on them side by side, and each pair has a random stream of its own: the result does not depend on the lanes.
template <class Profile>
class ProjectPopulation {
 public:
  ProjectPopulation(const ProjectData& data, const Profile& profile, const ProjectBreeding& breeding, std::size_t members,
                    std::size_t lanes)
      : data_(&data), members_(members), rows_(2 * members, data.size), pairing_(members) {
    for (std::size_t l = 0; l < lanes; ++l) lanes_.emplace_back(data, profile, breeding);
    std::iota(pairing_.begin(), pairing_.end(), std::uint32_t{0});
  }

  /// Fills the members from number `given` on with new genomes; the first `given` are kept.
  template <Executor E>
  void create(std::size_t given, const Rng& rng, const E& executor, const Stopwatch& watch) {
    spread(
        executor, members_, watch,
        [&](ProjectLane<Profile>& lane, std::size_t i) {
          if (i < given) return;
          Rng own = rng.split(i);
          rows_.cost(i) = nothing;
          rows_.cost(i) = lane.create(rows_.row(i), own);
        },
        given);
  }

  /// One generation. Cut short when `watch` says so.
  template <Executor E>
  void breed(const Rng& rng, const E& executor, const Stopwatch& watch) {
    Rng own = rng.split(~std::uint64_t{0});
    own.shuffle(std::span{pairing_});
    spread(executor, members_ / 2, watch, [&](ProjectLane<Profile>& lane, std::size_t i) {
      Rng pair = rng.split(i);
      compete(lane, pairing_[2 * i], pairing_[2 * i + 1], pair);
    });
  }

  static constexpr std::int64_t nothing = ProjectLane<Profile>::hopeless;

  [[nodiscard]] std::size_t members() const { return members_; }
  [[nodiscard]] ProjectRows& rows() { return rows_; }
  [[nodiscard]] ProjectLane<Profile>& lane(std::size_t l) { return lanes_[l]; }
  /// Copies the `count` best members to `to` from row `at` on; of equal ones those of low number.
  void elite(std::size_t count, ProjectRows& to, std::size_t at) {
    std::vector<std::uint32_t> rank(members_);
    std::iota(rank.begin(), rank.end(), std::uint32_t{0});
    std::stable_sort(rank.begin(), rank.end(), [&](std::uint32_t a, std::uint32_t b) { return rows_.cost(a) < rows_.cost(b); });
    for (std::size_t i = 0; i < count; ++i) rows_.copy(rank[i], to, at + i);
  }
  [[nodiscard]] std::size_t best() const {
    const auto costs = rows_.costs().first(members_);
    return static_cast<std::size_t>(std::min_element(costs.begin(), costs.end()) - costs.begin());
  }
  /// Sum of the costs: falls as long as there is progress anywhere. What no schedule costs counts as less, so that nothing
  /// overflows.
  [[nodiscard]] std::int64_t total() const {
    constexpr std::int64_t much = std::int64_t{1} << 40;
    std::int64_t sum = 0;
    for (const std::int64_t cost : rows_.costs().first(members_)) sum += std::min(cost, much);
    return sum;
  }
  [[nodiscard]] std::size_t passes() const {
    std::size_t sum = 0;
    for (const auto& lane : lanes_) sum += lane.passes();
    return sum;
  }

 private:
  /// f(lane, i) for i in [first, count), lane l taking l, l + lanes, …
  template <Executor E, class F>
  void spread(const E& executor, std::size_t count, const Stopwatch& watch, const F& f, std::size_t first = 0) {
    executor.for_each_index(lanes_.size(), [&](std::size_t l) {
      for (std::size_t i = first + l; i < count; i += lanes_.size()) {
        if (watch.check() != Status::feasible) return;
        f(lanes_[l], i);
      }
    });
  }

  void compete(ProjectLane<Profile>& lane, std::size_t a, std::size_t b, Rng& rng) {
    const std::size_t c = members_ + a, d = members_ + b;
    const ProjectRow mother = rows_.row(a), father = rows_.row(b), son = rows_.row(c), daughter = rows_.row(d);
    const std::int64_t worse = std::max(rows_.cost(a), rows_.cost(b)), limit = worse + worse / hope;
    rows_.cost(c) = lane.breed(mother, father, son, rng, limit);
    rows_.cost(d) = lane.breed(father, mother, daughter, rng, limit);
    const std::int64_t weight = data_->multi ? mode_weight : 0;
    const auto apart = [&](const ProjectRow& x, const ProjectRow& y) { return ProjectEncoding::distance(x, y, weight); };
    const bool crossed = apart(son, father) + apart(daughter, mother) < apart(son, mother) + apart(daughter, father);
    replace(crossed ? b : a, crossed ? a : b, c);
    replace(crossed ? a : b, crossed ? b : a, d);
  }

  /// The child takes the place of `parent` when it is no worse and a copy of neither parent.
  void replace(std::size_t parent, std::size_t other, std::size_t child) {
    if (rows_.cost(child) > rows_.cost(parent)) return;
    const ProjectRow row = rows_.row(child);
    if (same(row, rows_.row(parent)) || same(row, rows_.row(other))) return;
    rows_.copy(child, rows_, parent);
  }
  [[nodiscard]] static bool same(const ProjectRow& x, const ProjectRow& y) {
    return std::equal(x.finish.begin(), x.finish.end(), y.finish.begin()) &&
           std::equal(x.mode.begin(), x.mode.end(), y.mode.begin());
  }

  static constexpr std::int64_t mode_weight = 4;  ///< of one other mode, in units of finish times
  static constexpr std::int64_t hope = 12;        ///< a child that much (a twelfth) longer than both parents is not improved

  const ProjectData* data_;
  std::size_t members_;
  ProjectRows rows_;
  std::vector<std::uint32_t> pairing_;
  std::vector<ProjectLane<Profile>> lanes_;
};

}  // namespace kilter::schedule::detail
