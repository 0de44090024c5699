#pragma once
/// @file
/// Starting gangs inside the simulation: rack by rack placement, planned starts, EASY backfilling and at-once starts.

#include <algorithm>
#include <cstddef>
#include <limits>
#include <vector>

#include "kilter/simulate/state.hpp"
#include "kilter/simulate/world.hpp"

namespace kilter::simulate::detail {

/// Free GPUs at one moment, by pool and rack, and how many of them gangs may take.
class Room {
 public:
  Room(const World& world, const State& state, const Decision& decision, Seconds now) {
    for (std::size_t p = 0; p < world.fleet.pools.size(); ++p) {
      const auto& pool = world.fleet.pools[p];
      std::vector<int> racks(static_cast<std::size_t>(pool.racks), 0);
      for (int r = 0; r < pool.racks; ++r) {
        if (world.rack_works(p, r, now)) racks[static_cast<std::size_t>(r)] = pool.gpus_per_rack;
      }
      racks_.push_back(std::move(racks));
      serving_.push_back(0);
      used_.push_back(0);
    }
    for (std::size_t o = 0; o < world.options.size(); ++o) serving_[world.options[o].pool] += decision.serving[o];
    for (const auto& run : state.running) take(run);
    limit_ = decision.training;
  }

  /// GPUs that a gang could take in this pool now.
  [[nodiscard]] int free(std::size_t pool) const {
    int idle = -serving_[pool];
    for (const int rack : racks_[pool]) idle += rack;
    return std::max(0, std::min(idle, limit_[pool] - used_[pool]));
  }
  [[nodiscard]] int used(std::size_t pool) const { return used_[pool]; }
  /// GPUs in working order that no gang holds.
  [[nodiscard]] int unheld(std::size_t pool) const {
    int idle = 0;
    for (const int rack : racks_[pool]) idle += rack;
    return idle;
  }

  /// Places a gang: into the fullest rack that holds it whole, else across racks, emptiest first.
  [[nodiscard]] std::vector<std::pair<int, int>> place(std::size_t pool, int gpus) {
    auto& racks = racks_[pool];
    std::vector<std::pair<int, int>> placement;
    const auto add = [&](std::size_t rack, int count) {
      placement.emplace_back(static_cast<int>(rack), count);
      racks[rack] -= count;
    };
    std::size_t best = racks.size();
    for (std::size_t r = 0; r < racks.size(); ++r) {
      if (racks[r] >= gpus && (best == racks.size() || racks[r] < racks[best])) best = r;
    }
    used_[pool] += gpus;
    if (best < racks.size()) {
      add(best, gpus);
      return placement;
    }
    for (int left = gpus; left > 0;) {
      const auto widest = static_cast<std::size_t>(std::max_element(racks.begin(), racks.end()) - racks.begin());
      const int count = std::min(left, racks[widest]);
      add(widest, count);
      left -= count;
    }
    return placement;
  }

 private:
  void take(const RunningJob& run) {
    for (const auto& [rack, count] : run.racks) racks_[run.pool][static_cast<std::size_t>(rack)] -= count;
    for (const auto& [rack, count] : run.racks) used_[run.pool] += count;
  }

  std::vector<std::vector<int>> racks_;
  std::vector<int> serving_;
  std::vector<int> used_;
  std::vector<int> limit_;
};

/// Starts gangs at one moment; `room` and `state` follow.
class Dispatcher {
 public:
  Dispatcher(const World& world, State& state, const Decision& decision, Room& room, Seconds now)
      : world_(world), state_(state), decision_(decision), room_(room), now_(now) {}

  /// Starts all that may start now; returns how many.
  int run() {
    int count = planned();
    for (std::size_t p = 0; p < world_.fleet.pools.size(); ++p) promised_.push_back(promised(p));
    count += decision_.dispatch == Dispatch::easy ? easy() : at_once();
    return count;
  }

 private:
  [[nodiscard]] const cluster::Job& job(std::size_t j) const { return world_.jobs[j]; }
  [[nodiscard]] Seconds left(std::size_t j) const {
    const Seconds saved = state_.outcomes[j].left;
    return saved.base() >= 0 ? saved : job(j).duration;
  }
  [[nodiscard]] bool queued(std::size_t j) const {
    return std::find(state_.queue.begin(), state_.queue.end(), j) != state_.queue.end();
  }

  void start(std::size_t j, std::size_t pool) {
    auto& outcome = state_.outcomes[j];
    if (!outcome.started()) outcome.first_start = now_;
    outcome.pool = pool;
    state_.running.push_back({j, pool, now_, left(j), room_.place(pool, job(j).gpus), left(j)});
  }
  template <class Started>
  void leave_queue(const Started& started) {
    std::erase_if(state_.queue, started);
  }

  int planned() {
    std::vector<std::size_t> gone;
    for (const auto& plan : decision_.starts) {
      if (plan.at > now_ || room_.free(plan.pool) < job(plan.job).gpus || !queued(plan.job)) continue;
      if (std::find(gone.begin(), gone.end(), plan.job) != gone.end()) continue;
      start(plan.job, plan.pool);
      gone.push_back(plan.job);
    }
    leave_queue([&](std::size_t j) { return std::find(gone.begin(), gone.end(), j) != gone.end(); });
    return static_cast<int>(gone.size());
  }

  [[nodiscard]] bool is_planned(std::size_t j) const {
    return std::any_of(decision_.starts.begin(), decision_.starts.end(), [&](const PlannedStart& s) { return s.job == j; });
  }
  /// GPUs of a pool that planned starts of this hour still wait for.
  [[nodiscard]] int promised(std::size_t pool) const {
    int total = 0;
    for (const auto& plan : decision_.starts) {
      if (plan.pool == pool && queued(plan.job)) total += job(plan.job).gpus;
    }
    return total;
  }

  /// GPUs that a gang without a plan may take now.
  [[nodiscard]] int open(std::size_t pool) const { return std::max(0, room_.free(pool) - promised_[pool]); }
  [[nodiscard]] Seconds limit_on(std::size_t j, std::size_t pool) const {
    return job(j).limit / (world_.fleet.pools[pool].speed * decision_.training_power[pool].speed);
  }

  int at_once() {
    int count = 0;
    leave_queue([&](std::size_t j) {
      if (job(j).limit > decision_.short_job || is_planned(j)) return false;
      for (const std::size_t p : decision_.pool_order) {
        if (open(p) < job(j).gpus) continue;
        start(j, p);
        ++count;
        return true;
      }
      return false;
    });
    return count;
  }

  /// When the pool will have room for `gpus` more if every gang runs to its limit, and how many GPUs are then left over.
  struct Reservation {
    std::size_t pool = none;
    Seconds at{std::numeric_limits<double>::infinity()};
    int spare = 0;
  };
  [[nodiscard]] Reservation reserve(std::size_t pool, int gpus) const {
    std::vector<std::pair<Seconds, int>> ends;
    for (const auto& run : state_.running) {
      if (run.pool != pool) continue;
      ends.emplace_back(std::max(now_, run.started + limit_on(run.job, pool)), job(run.job).gpus);
    }
    std::sort(ends.begin(), ends.end());
    int free = open(pool);
    for (const auto& [end, count] : ends) {
      free += count;
      if (free >= gpus) return {pool, end, free - gpus};
    }
    return {};
  }

  int easy() {
    int count = 0;
    Reservation head;
    bool blocked = false;
    leave_queue([&](std::size_t j) {
      if (is_planned(j)) return false;
      const std::size_t pool = roomiest(j, head);
      if (pool != none) {
        start(j, pool);
        ++count;
        if (pool == head.pool) head = reserve(head.pool, head_gpus_);
        return true;
      }
      if (!blocked) {
        blocked = true;
        head_gpus_ = job(j).gpus;
        for (std::size_t p = 0; p < world_.fleet.pools.size(); ++p) {
          const Reservation candidate = reserve(p, head_gpus_);
          if (candidate.at < head.at) head = candidate;
        }
      }
      return false;
    });
    return count;
  }

  /// The pool with the most free GPUs in which `j` may start without delaying the reserved head of the queue.
  [[nodiscard]] std::size_t roomiest(std::size_t j, const Reservation& head) const {
    std::size_t best = none;
    int most = 0;
    for (std::size_t p = 0; p < world_.fleet.pools.size(); ++p) {
      const int free = open(p);
      if (free < job(j).gpus || free <= most) continue;
      const Seconds end = now_ + limit_on(j, p);
      if (p == head.pool && end > head.at && job(j).gpus > head.spare) continue;
      best = p;
      most = free;
    }
    return best;
  }

  const World& world_;
  State& state_;
  const Decision& decision_;
  Room& room_;
  Seconds now_;
  std::vector<int> promised_;  ///< by pool
  int head_gpus_ = 0;
};

}  // namespace kilter::simulate::detail
