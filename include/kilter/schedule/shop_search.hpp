#pragma once
/// @file
/// `ShopScheduler`: a population of schedules with tabu search and path relinking, for job shops and flexible job shops.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/executor.hpp"
#include "kilter/core/progress.hpp"
#include "kilter/core/rng.hpp"
#include "kilter/core/status.hpp"
#include "kilter/schedule/shop.hpp"
#include "kilter/schedule/shop_graph.hpp"
#include "kilter/schedule/shop_population.hpp"
#include "kilter/schedule/shop_proof.hpp"
#include "kilter/schedule/shop_tabu.hpp"

namespace kilter::schedule {

/// How a shop is searched.
struct ShopOptions {
  Budget budget{};
  std::uint64_t seed = 1;
  /// Ends when the makespan is no longer than this.
  Time target = 0;
  /// Tabu moves at most; 0: no limit where the budget has a time limit, a million otherwise.
  std::size_t iterations = 0;
  std::size_t population = 30;      ///< schedules kept; ≥ 2
  std::size_t round = 16;           ///< searches that run side by side between two looks at the population; ≥ 1
  std::size_t stall = 4000;         ///< a tabu search ends after so many moves without improvement; ≥ 1
  std::size_t path_candidates = 5;  ///< schedules tried on a path between two parents; ≥ 1
  std::size_t path_stall = 500;     ///< moves of each one's short tabu search; ≥ 1
  std::size_t patience = 60;        ///< children refused in a row until the population begins anew; ≥ 1
};

}  // namespace kilter::schedule

namespace kilter::schedule::detail {

/// The times of a schedule, read off its order.
inline void shop_times(const ShopData& data, const ShopOrder& from, ShopSchedule& to) {
  ShopGraph graph(data);
  graph.load(from);
  to.machine.clear();
  to.start.clear();
  for (const std::uint32_t i : data.node) {
    to.machine.push_back(graph[i].machine);
    to.start.push_back(graph[i].end - graph[i].duration);
  }
  to.makespan = graph.makespan();
}

/// A valid schedule as an order: by start, then end, then number.
inline ShopOrder shop_order(const Shop& shop, const ShopData& data, const ShopSchedule& schedule) {
  std::vector<std::tuple<Time, Time, std::uint32_t>> keys;
  ShopOrder out;
  if (data.flexible) out.choice.assign(data.nodes, 0);
  std::size_t k = 0;
  for (const ShopJob& job : shop.jobs) {
    for (const Operation& operation : job.operations) {
      std::uint32_t choice = 0;
      while (operation.alternatives[choice].machine != schedule.machine[k]) ++choice;
      if (data.flexible) out.choice[data.node[k]] = choice;
      const Time start = schedule.start[k];
      keys.emplace_back(start, start + operation.alternatives[choice].duration, data.node[k]);
      ++k;
    }
  }
  std::sort(keys.begin(), keys.end());
  for (const auto& key : keys) out.order.push_back(std::get<2>(key));
  return out;
}

/// What one search of a round made.
struct ShopChild {
  ShopOrder order;
  std::size_t iterations = 0;
  std::size_t evaluations = 0;
  double seconds = 0;  ///< when its best was found
  Status status = Status::feasible;
};

/// Ends a search of a round also when one before it has reached the target: what comes behind that one is not looked at.
struct ShopStop {
  const Stopwatch& clock;
  const std::atomic<std::size_t>& winner;
  std::size_t index = 0;

  [[nodiscard]] Status check() const { return winner.load(std::memory_order_relaxed) < index ? Status::cancelled : clock.check(); }
};

/// One place of a round with all that a search needs, made once.
template <bool Flexible>
struct ShopLane {
  ShopTabuSearch<Flexible> tabu;
  ShopRandomOrder random;
  ShopPath path;
  ShopOrder trial;
  ShopChild child;

  explicit ShopLane(const ShopData& data) : tabu(data), random(data), path(data) {}
};

/// The population and its rounds. Searches of one round are independent of each other and are merged in their order, so that the
/// result is the same at any number of threads.
template <bool Flexible>
class ShopEvolution {
 public:
  ShopEvolution(const ShopData& data, const ShopOptions& options, Time bound)
      : data_(&data), options_(&options), clock_(options.budget), path_(data), random_(options.seed) {
    timed_ = options.budget.time_limit != Duration::max();
    if (timed_) begin_ = std::chrono::steady_clock::now();
    bound_ = bound;
    target_ = static_cast<std::int32_t>(std::clamp(options.target, bound, shop_time_limit));
    limit_ = options.iterations != 0 ? options.iterations : timed_ ? std::numeric_limits<std::size_t>::max() : 1'000'000;
    best_.makespan = std::numeric_limits<std::int32_t>::max();
  }

  /// Searches until something ends it; `start` are orders to begin with.
  template <Executor Ex, Observer O>
  Status run(std::vector<ShopOrder> start, const Ex& executor, O& observer) {
    for (std::size_t i = 0; i < options_->round; ++i) lanes_.emplace_back(*data_);
    lanes_.front().random(best_, random_);
    price(best_);
    for (ShopOrder& order : start) {
      price(order);
      if (order.makespan < best_.makespan) best_ = order;
    }
    given_ = std::move(start);
    Status status = Status::feasible;
    while (status == Status::feasible && best_.makespan > target_) {
      status = next_round(executor);
      observer(Progress{iterations_, static_cast<double>(best_.makespan), static_cast<double>(bound_)});
    }
    return status;
  }

  [[nodiscard]] const ShopOrder& best() const { return best_; }
  [[nodiscard]] std::size_t iterations() const { return iterations_; }
  [[nodiscard]] std::size_t evaluations() const { return evaluations_; }
  [[nodiscard]] double seconds_to_best() const { return seconds_to_best_; }

 private:
  void price(ShopOrder& order) {
    ShopGraph graph(*data_);
    graph.load(order);
    order.makespan = graph.makespan();
  }

  [[nodiscard]] double seconds() const {
    return timed_ ? std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count() : 0;
  }

  template <Executor Ex>
  Status next_round(const Ex& executor) {
    if (iterations_ >= limit_) return Status::iteration_limit;
    const bool filling = people_.size() < options_->population;
    const std::size_t left = limit_ - iterations_;
    std::size_t count = std::min(options_->round, left);
    if (filling) count = std::min(count, options_->population - people_.size());
    const std::size_t allowance = left / count;
    std::atomic<std::size_t> winner{std::numeric_limits<std::size_t>::max()};
    executor.for_each_index(count, [&, this](std::size_t i) {
      Rng rng = random_.split(searches_ + i);
      search(lanes_[i], filling, people_.size() + i, allowance, rng, ShopStop{clock_, winner, i});
      if (lanes_[i].child.order.makespan > target_) return;
      std::size_t seen = winner.load();
      while (i < seen && !winner.compare_exchange_weak(seen, i)) {
      }
    });
    searches_ += count;
    return merge(count, filling);
  }

  /// One search: a new schedule, or a child of two parents.
  void search(ShopLane<Flexible>& lane, bool filling, std::size_t place, std::size_t allowance, Rng& rng, const ShopStop& stop) {
    ShopChild& child = lane.child;
    child.iterations = child.evaluations = 0;
    child.seconds = 0;
    child.status = Status::feasible;
    child.order.makespan = std::numeric_limits<std::int32_t>::max();
    if (filling && place == 0 && begun_anew_) {
      child.order = best_;  // kept as it is
      return;
    }
    if (!filling) {
      relink(lane, allowance, rng, stop);
    } else if (place < given_.size()) {
      child.order = given_[place];
    } else {
      lane.random(child.order, rng);
    }
    improve(lane, child.order, options_->stall, allowance, rng, stop);
  }

  /// Leaves the best of some schedules on the path between two parents in the child, each after a short tabu search.
  void relink(ShopLane<Flexible>& lane, std::size_t allowance, Rng& rng, const ShopStop& stop) {
    const std::size_t a = rng.index(people_.size());
    std::size_t b = rng.index(people_.size() - 1);
    if (b >= a) ++b;
    ShopPath& path = lane.path;
    path.begin(people_[a], people_[b], rng.uniform(0.3, 0.7), rng);
    const std::size_t candidates = options_->path_candidates, margin = path.length() / 5;
    path.walk(margin, rng);
    for (std::size_t k = 0; k < candidates; ++k) {
      if (k > 0) path.walk((path.length() - 2 * margin) / (candidates - 1), rng);
      lane.trial = path.at();
      improve(lane, lane.trial, options_->path_stall, allowance, rng, stop);
      if (lane.trial.makespan < lane.child.order.makespan) std::swap(lane.trial, lane.child.order);
    }
  }

  void improve(ShopLane<Flexible>& lane, ShopOrder& order, std::size_t stall, std::size_t allowance, Rng& rng,
               const ShopStop& stop) {
    ShopChild& child = lane.child;
    const std::size_t left = allowance - std::min(allowance, child.iterations);
    std::int32_t known = best_.makespan;
    const auto improved = [&, this](std::int32_t makespan) {
      if (makespan >= known) return;
      known = makespan;
      child.seconds = seconds();
    };
    const ShopTabuReport report = lane.tabu.run(order, {left, stall, target_}, rng, stop, improved);
    child.iterations += report.iterations;
    child.evaluations += report.evaluations;
    if (report.status != Status::feasible) child.status = report.status;
  }

  /// Takes the searches of a round into the population, in their order.
  Status merge(std::size_t count, bool filling) {
    Status status = Status::feasible;
    for (std::size_t i = 0; i < count; ++i) {
      ShopChild& child = lanes_[i].child;
      iterations_ += std::max<std::size_t>(child.iterations, 1);
      evaluations_ += child.evaluations;
      if (child.status != Status::feasible) status = child.status;
      if (child.order.makespan < best_.makespan) {
        best_ = child.order;
        seconds_to_best_ = child.seconds;
        if (best_.makespan <= target_) return Status::feasible;
      }
      if (filling) {
        people_.push_back(child.order);
      } else {
        admit(child.order);
      }
    }
    if (refused_ >= options_->patience) begin_anew();
    return status;
  }

  /// Replaces the worst by a child that is no worse and not there yet.
  void admit(const ShopOrder& child) {
    std::size_t worst = 0;
    for (std::size_t i = 0; i < people_.size(); ++i) {
      if (people_[i].makespan > people_[worst].makespan) worst = i;
    }
    ++refused_;
    if (child.makespan > people_[worst].makespan) return;
    for (const ShopOrder& other : people_) {
      if (other.makespan == child.makespan && path_.distance(other, child) == 0) return;
    }
    if (child.makespan < people_[worst].makespan) refused_ = 0;
    people_[worst] = child;
  }

  void begin_anew() {
    people_.clear();
    given_.clear();
    refused_ = 0;
    begun_anew_ = true;
  }

  const ShopData* data_;
  const ShopOptions* options_;
  Stopwatch clock_;
  ShopPath path_;
  Rng random_;
  std::vector<ShopLane<Flexible>> lanes_;
  std::vector<ShopOrder> people_, given_;
  ShopOrder best_;
  Time bound_ = 0;
  std::int32_t target_ = 0;
  std::size_t limit_ = 0, iterations_ = 0, evaluations_ = 0, searches_ = 0, refused_ = 0;
  bool begun_anew_ = false, timed_ = false;
  double seconds_to_best_ = 0;
  std::chrono::steady_clock::time_point begin_{};
};

}  // namespace kilter::schedule::detail

namespace kilter::schedule {

/// Job shop and flexible job shop by tabu search and path relinking (Peng, Lü and Cheng 2015): a population of schedules; children
/// from paths between two of them, each improved by tabu search; the worst gives way, and when nothing new gets in for a while all
/// but the best begin anew.
struct ShopScheduler {
  ShopOptions options{};

  /// The best schedule found, never worse than those in `start`, which must be valid. `status` is `optimal` where the makespan
  /// meets the bound, `feasible` where it meets the target, else what ended the search. Without a time limit the result is the same
  /// at any number of threads. The observer is shown rounds: moves so far, makespan and bound. Throws `std::invalid_argument` for
  /// an invalid shop, options or start. Memory O(round × operations × jobs).
  template <Executor Ex = Inline, Observer O = Silent>
  [[nodiscard]] ShopSchedule schedule(const Shop& shop, std::span<const ShopSchedule> start = {}, const Ex& executor = {},
                                      O&& observer = {}) const {
    check_arguments(shop, start);
    const detail::ShopData data(shop);
    return data.flexible ? search<true>(shop, data, start, executor, observer)
                         : search<false>(shop, data, start, executor, observer);
  }

 private:
  void check_arguments(const Shop& shop, std::span<const ShopSchedule> start) const {
    check(shop);
    require(options.population >= 2, "population", options.population, "must be at least 2");
    require(options.round >= 1, "round", options.round, "must be positive");
    require(options.stall >= 1, "stall", options.stall, "must be positive");
    require(options.path_candidates >= 1, "path_candidates", options.path_candidates, "must be positive");
    require(options.path_stall >= 1, "path_stall", options.path_stall, "must be positive");
    require(options.patience >= 1, "patience", options.patience, "must be positive");
    require(options.budget.time_limit.count() >= 0, "time_limit", options.budget.time_limit.count(), "must not be negative");
    for (std::size_t i = 0; i < start.size(); ++i) {
      const auto wrong = validate(shop, start[i]);
      require(wrong.empty(), "start", i, wrong.empty() ? std::string_view{} : std::string_view{wrong.front()});
    }
  }

  template <bool Flexible, Executor Ex, Observer O>
  ShopSchedule search(const Shop& shop, const detail::ShopData& data, std::span<const ShopSchedule> start, const Ex& executor,
                      O& observer) const {
    ShopSchedule out;
    out.bound = destructive_bound(shop);
    std::vector<detail::ShopOrder> orders;
    for (const ShopSchedule& s : start) orders.push_back(detail::shop_order(shop, data, s));
    detail::ShopEvolution<Flexible> evolution(data, options, out.bound);
    out.status = evolution.run(std::move(orders), executor, observer);
    detail::shop_times(data, evolution.best(), out);
    if (out.makespan <= out.bound) out.status = Status::optimal;
    out.iterations = evolution.iterations();
    out.evaluations = evolution.evaluations();
    out.seconds_to_best = evolution.seconds_to_best();
    return out;
  }
};

}  // namespace kilter::schedule
