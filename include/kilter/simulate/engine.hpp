#pragma once
/// @file
/// The simulated data centre: plays one hour of the world under a decision, event by event.
///
/// Between events everything is constant: gangs progress at their pool's speed, the service serves the lesser of demand and
/// capacity, and each site draws power through its facility model. Events are arrivals, planned starts, completions, failing and
/// repaired racks, and changes of a power cap. A site that would exceed its cap slows all of its GPUs down by the same share of
/// their dynamic power.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/units.hpp"
#include "kilter/energy/power.hpp"
#include "kilter/simulate/dispatch.hpp"
#include "kilter/simulate/state.hpp"
#include "kilter/simulate/world.hpp"

namespace kilter::simulate {

namespace detail {

/// Speed left to a GPU that may draw only `share` of its dynamic power: the fitted curve down to its lowest point, a straight line
/// below.
inline double throttled_speed(double share) {
  const energy::PowerCapCurve curve{};
  if (share >= 1) return 1;
  if (share >= curve.lowest) return curve.speed(share);
  return curve.speed(curve.lowest) * std::max(share, 0.0) / curve.lowest;
}

/// What is constant between two events.
struct Rates {
  std::vector<double> training_speed{};  ///< by pool, of a gang
  std::vector<double> training_gpus{};   ///< by pool
  std::vector<Watts> it{};               ///< by site
  std::vector<Watts> facility{};         ///< by site
  double capacity = 0;                   ///< reference GPUs
  double served = 0;
  double quality = 0;  ///< × served
  double held = 0;
  double busy = 0;
  Rate capital{};
  bool throttled = false;
  bool overloaded = false;
};

class Hour {
 public:
  Hour(const World& world, State& state, std::size_t hour, const Decision& decision)
      : world_(world),
        state_(state),
        decision_(decision),
        start_(static_cast<double>(hour) * units::h),
        end_(start_ + 1 * units::h) {
    record_.hour = hour;
    record_.demand = world.demand[hour];
    record_.sites.resize(world.fleet.sites.size());
    record_.serving_gpus.assign(world.fleet.pools.size(), 0);
    record_.training_by_pool.assign(world.fleet.pools.size(), 0);
    for (std::size_t o = 0; o < world.options.size(); ++o) record_.serving_gpus[world.options[o].pool] += decision.serving[o];
  }

  HourRecord play() {
    state_.now = start_;
    while (state_.now < end_) {
      complete();
      kill_failed();
      submit();
      Room room{world_, state_, decision_, state_.now};
      record_.started += Dispatcher{world_, state_, decision_, room, state_.now}.run();
      const Rates rates = current_rates(room);
      const Seconds next = next_event(rates);
      integrate(rates, next - state_.now);
      state_.now = next;
    }
    complete();
    record_.queued = state_.queue.size();
    return record_;
  }

 private:
  /// Work that is shorter than this counts as done: it absorbs the rounding of repeated subtraction.
  static constexpr Seconds done_{1e-6};

  void kill_failed() {
    const auto hit = [&](const RunningJob& run) {
      return std::any_of(run.racks.begin(), run.racks.end(),
                         [&](const auto& part) { return !world_.rack_works(run.pool, part.first, state_.now); });
    };
    std::vector<std::size_t> back;
    for (const auto& run : state_.running) {
      if (!hit(run)) continue;
      restart_from_checkpoint(run);
      back.push_back(run.job);
    }
    if (back.empty()) return;
    std::erase_if(state_.running, hit);
    state_.queue.insert(state_.queue.begin(), back.begin(), back.end());
    record_.killed += static_cast<int>(back.size());
  }

  /// A gang saves its state after each hour on its GPUs; what it did since is lost.
  void restart_from_checkpoint(const RunningJob& run) {
    auto& outcome = state_.outcomes[run.job];
    outcome.left = run.saved;
    ++outcome.restarts;
    state_.stays.push_back({run.job, run.pool, run.started, state_.now, true});
  }

  void complete() {
    for (const auto& run : state_.running) {
      if (run.remaining > done_) continue;
      state_.outcomes[run.job].finish = state_.now;
      state_.stays.push_back({run.job, run.pool, run.started, state_.now, false});
      ++record_.finished;
    }
    std::erase_if(state_.running, [](const RunningJob& run) { return run.remaining <= done_; });
  }

  void submit() {
    while (state_.next_arrival < world_.jobs.size() && world_.jobs[state_.next_arrival].submit <= state_.now) {
      state_.queue.push_back(state_.next_arrival++);
    }
  }

  [[nodiscard]] Rates current_rates(const Room& room) const {
    const auto& fleet = world_.fleet;
    Rates rates;
    rates.training_speed.assign(fleet.pools.size(), 0);
    rates.training_gpus.assign(fleet.pools.size(), 0);
    rates.it.assign(fleet.sites.size(), Watts{});
    rates.facility.assign(fleet.sites.size(), Watts{});
    const std::vector<int> serving = serving_now(room);
    const double full = capacity_of(serving, {});
    const double load = full > 0 ? std::min(1.0, record_.demand / full) : 0;
    const std::vector<double> share = shares(room, serving, load, rates);
    rates.capacity = capacity_of(serving, share);
    rates.served = std::min(record_.demand, rates.capacity);
    for (std::size_t o = 0; o < serving.size(); ++o) {
      const auto& option = world_.options[o];
      const auto& pool = fleet.pools[option.pool];
      const double speed = serving[o] * option.speed * throttled_speed(share[pool.site]);
      if (rates.capacity > 0) rates.quality += rates.served * speed / rates.capacity * option.quality;
      rates.held += serving[o];
      rates.busy += serving[o] * load;
      rates.capital += pool.type.capital * serving[o];
    }
    for (std::size_t p = 0; p < fleet.pools.size(); ++p) {
      rates.training_gpus[p] = room.used(p);
      rates.training_speed[p] =
          fleet.pools[p].speed * decision_.training_power[p].speed * throttled_speed(share[fleet.pools[p].site]);
      rates.held += room.used(p);
      rates.busy += room.used(p);
      rates.capital += fleet.pools[p].type.capital * room.used(p);
    }
    return rates;
  }

  /// The decided serving GPUs as far as working GPUs that no gang holds allow.
  [[nodiscard]] std::vector<int> serving_now(const Room& room) const {
    std::vector<int> left;
    for (std::size_t p = 0; p < world_.fleet.pools.size(); ++p) left.push_back(room.unheld(p));
    std::vector<int> serving;
    for (std::size_t o = 0; o < world_.options.size(); ++o) {
      int& free = left[world_.options[o].pool];
      serving.push_back(std::min(decision_.serving[o], free));
      free -= serving.back();
    }
    return serving;
  }

  [[nodiscard]] double capacity_of(const std::vector<int>& serving, const std::vector<double>& share) const {
    double total = 0;
    for (std::size_t o = 0; o < serving.size(); ++o) {
      const std::size_t site = world_.fleet.pools[world_.options[o].pool].site;
      total += serving[o] * world_.options[o].speed * (share.empty() ? 1 : throttled_speed(share[site]));
    }
    return total;
  }

  /// By site: the share of dynamic power that the cap leaves; fills in the power that results.
  std::vector<double> shares(const Room& room, const std::vector<int>& serving, double load, Rates& rates) const {
    const auto& fleet = world_.fleet;
    std::vector<Watts> base(fleet.sites.size()), dynamic(fleet.sites.size());
    std::vector<int> held(fleet.pools.size());
    for (std::size_t o = 0; o < serving.size(); ++o) {
      const auto& pool = fleet.pools[world_.options[o].pool];
      held[world_.options[o].pool] += serving[o];
      dynamic[pool.site] +=
          (cluster::gpu_power(pool.type, world_.options[o].cap, load) - cluster::gpu_power(pool.type, {}, 0)) * serving[o];
    }
    for (std::size_t p = 0; p < fleet.pools.size(); ++p) {
      const auto& pool = fleet.pools[p];
      const int gangs = room.used(p);
      held[p] += gangs;
      const int on = decision_.idle_off ? held[p] : room.unheld(p) + gangs;
      rates.held += on - held[p];
      base[pool.site] += cluster::gpu_power(pool.type, {}, 0) * on;
      dynamic[pool.site] +=
          (cluster::gpu_power(pool.type, decision_.training_power[p].cap, 1) - cluster::gpu_power(pool.type, {}, 0)) * gangs;
    }
    std::vector<double> share(fleet.sites.size(), 1);
    for (std::size_t s = 0; s < fleet.sites.size(); ++s) {
      const auto facility = fleet.sites[s].facility.at(world_.sites[s].temperature[record_.hour]);
      const Watts room_for_it = (world_.power_cap(s, state_.now) - facility.fixed) / facility.slope;
      if (base[s] + dynamic[s] > room_for_it && dynamic[s].base() > 0) {
        share[s] = std::clamp<double>((room_for_it - base[s]) / dynamic[s], 0, 1);
        rates.throttled = true;
      }
      rates.it[s] = base[s] + dynamic[s] * share[s];
      rates.facility[s] = facility(rates.it[s]);
      rates.overloaded = rates.overloaded || rates.it[s] > room_for_it * (1 + 1e-9);
    }
    return share;
  }

  [[nodiscard]] Seconds next_event(const Rates& rates) const {
    Seconds next = std::min(end_, world_.next_surprise(state_.now));
    if (state_.next_arrival < world_.jobs.size()) next = std::min(next, world_.jobs[state_.next_arrival].submit);
    for (const auto& plan : decision_.starts) {
      if (plan.at > state_.now) next = std::min(next, plan.at);
    }
    for (const auto& run : state_.running) {
      const double speed = rates.training_speed[run.pool];
      if (speed > 0) next = std::min(next, state_.now + std::max(run.remaining, done_) / speed);
    }
    return next;
  }

  void integrate(const Rates& rates, Seconds step) {
    const double hours = step.in(units::h);
    record_.capacity += rates.capacity * hours;
    record_.missed += (record_.demand - rates.served) * hours;
    record_.quality += rates.quality * hours;
    record_.held_gpu_hours += rates.held * hours;
    record_.busy_gpu_hours += rates.busy * hours;
    record_.capital += rates.capital * step;
    if (rates.throttled) record_.throttled += step;
    if (rates.overloaded) record_.overloaded += step;
    for (std::size_t p = 0; p < rates.training_gpus.size(); ++p) {
      record_.training_by_pool[p] += rates.training_gpus[p] * hours;
      record_.training_gpu_hours += rates.training_gpus[p] * hours;
      record_.training_work += rates.training_gpus[p] * rates.training_speed[p] * hours;
    }
    for (auto& run : state_.running) advance(run, rates.training_speed[run.pool], step);
    for (std::size_t s = 0; s < record_.sites.size(); ++s) integrate_site(s, rates, step);
  }

  /// Work goes on, and is saved at each full hour since the start; an hour missed by rounding alone counts as full.
  void advance(RunningJob& run, double speed, Seconds step) const {
    const Seconds before = state_.now - run.started;
    const Seconds checkpoint = std::floor((before + step).in(units::h) + 1e-9) * units::h;
    if (checkpoint > before) run.saved = run.remaining - std::min(step, checkpoint - before) * speed;
    run.remaining -= step * speed;
  }

  void integrate_site(std::size_t s, const Rates& rates, Seconds step) {
    auto& site = record_.sites[s];
    const Joules energy = rates.facility[s] * step;
    site.it += rates.it[s] * step;
    site.facility += energy;
    site.peak = std::max(site.peak, rates.facility[s]);
    site.mean_cap += world_.power_cap(s, state_.now) * (step / (1 * units::h));
    site.energy_cost += energy * (world_.sites[s].price[record_.hour] * (units::usd / units::MWh));
    site.carbon += energy * (world_.sites[s].carbon[record_.hour] * (units::gCO2 / units::kWh));
  }

  const World& world_;
  State& state_;
  const Decision& decision_;
  Seconds start_;
  Seconds end_;
  HourRecord record_;
};

}  // namespace detail

/// Throws `std::invalid_argument` naming the first part of the decision that does not fit the world.
inline void check(const Decision& decision, const World& world) {
  const std::size_t pools = world.fleet.pools.size();
  require(decision.serving.size() == world.options.size(), "decision.serving", decision.serving.size(),
          "must be one for each option");
  require(decision.training.size() == pools, "decision.training", decision.training.size(), "must be one for each pool");
  require(decision.training_power.size() == pools, "decision.training_power", decision.training_power.size(),
          "must be one for each pool");
  for (const int gpus : decision.serving) require(gpus >= 0, "decision.serving", gpus, "must not be negative");
  for (const int gpus : decision.training) require(gpus >= 0, "decision.training", gpus, "must not be negative");
  for (const auto& power : decision.training_power) {
    require(power.speed > 0 && power.speed <= 1 + 1e-9, "decision.training_power.speed", power.speed, "must lie in (0, 1]");
    require(power.cap.base() >= 0, "decision.training_power.cap", power.cap.base(), "must not be negative");
  }
  for (const auto& start : decision.starts) {
    require(start.job < world.jobs.size() && start.pool < pools, "decision.starts", start.job,
            "must name a job and a pool that exist");
  }
  for (const std::size_t pool : decision.pool_order) require(pool < pools, "decision.pool_order", pool, "must be a pool");
}

/// The state at the start of `hour` with nothing running and nothing queued; jobs submitted before are left out.
[[nodiscard]] inline State initial_state(const World& world, std::size_t hour = 0) {
  State state;
  state.now = static_cast<double>(hour) * units::h;
  state.outcomes.resize(world.jobs.size());
  while (state.next_arrival < world.jobs.size() && world.jobs[state.next_arrival].submit < state.now) ++state.next_arrival;
  return state;
}

/// Plays `hour` under `decision` from `state`, which moves on to the end of the hour. O(events × gangs).
[[nodiscard]] inline HourRecord play_hour(const World& world, State& state, std::size_t hour, const Decision& decision) {
  require(hour < world.hours(), "hour", hour, "must be one of the world's hours");
  require(state.outcomes.size() == world.jobs.size(), "state.outcomes", state.outcomes.size(), "must be one for each job");
  require(std::abs(state.now.in(units::h) - static_cast<double>(hour)) < 1e-9, "hour", hour,
          "must be the one that follows the state");
  check(decision, world);
  return detail::Hour{world, state, hour, decision}.play();
}

}  // namespace kilter::simulate
