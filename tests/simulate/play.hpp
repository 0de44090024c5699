#pragma once
/// Plays small worlds for the tests.

#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

#include "kilter/energy/power.hpp"
#include "kilter/simulate/engine.hpp"
#include "kilter/simulate/run.hpp"
#include "world.hpp"

namespace kilter::test {

/// The same decision each hour from an empty start; the records, and the state at the end.
struct Played {
  std::vector<simulate::HourRecord> hours;
  simulate::State end;

  [[nodiscard]] double start(std::size_t job) const { return end.outcomes[job].first_start.in(units::h); }
  [[nodiscard]] double finish(std::size_t job) const { return end.outcomes[job].finish.in(units::h); }
};

inline Played play(const simulate::World& world, const simulate::Decision& decision, std::size_t hours) {
  simulate::check(world);
  Played played{{}, simulate::initial_state(world)};
  for (std::size_t h = 0; h < hours; ++h) played.hours.push_back(simulate::play_hour(world, played.end, h, decision));
  return played;
}

/// Gangs run in `pool` alone.
inline simulate::Decision only_pool(const simulate::World& world, std::size_t pool) {
  auto decision = train_only(world);
  for (std::size_t p = 0; p < decision.training.size(); ++p) {
    if (p != pool) decision.training[p] = 0;
  }
  return decision;
}

/// Speed at a share of the dynamic power, written down again.
inline double slowed(double share) {
  const energy::PowerCapCurve curve{};
  const auto fitted = [&](double x) { return 1 / (curve.a + curve.b / x + curve.c / (x * x)); };
  if (share >= 1) return 1;
  return share >= 0.5 ? fitted(share) : fitted(0.5) * share / 0.5;
}

/// A decision without sense: anything that is allowed.
inline simulate::Decision random_decision(Rng& rng, const simulate::World& world, const simulate::State& state, std::size_t hour) {
  auto decision = train_only(world);
  for (std::size_t o = 0; o < decision.serving.size(); ++o) {
    if (rng.bernoulli(0.3)) decision.serving[o] = static_cast<int>(rng.index(7));
  }
  for (std::size_t p = 0; p < decision.training.size(); ++p) {
    const auto& pool = world.fleet.pools[p];
    decision.training[p] = static_cast<int>(rng.index(static_cast<std::size_t>(pool.gpus()) + 1));
    const auto& level = pool.levels[rng.index(pool.levels.size())];
    decision.training_power[p] = {level.cap, level.speed};
  }
  for (const std::size_t j : state.queue) {
    if (rng.bernoulli(0.4)) {
      decision.starts.push_back({j, rng.index(3), (static_cast<double>(hour) + rng.uniform()) * units::h});
    }
  }
  decision.dispatch = rng.bernoulli(0.5) ? simulate::Dispatch::easy : simulate::Dispatch::at_once;
  decision.short_job = rng.uniform(0, 4) * units::h;
  decision.pool_order = {0, 1, 2};
  rng.shuffle(std::span{decision.pool_order});
  decision.idle_off = rng.bernoulli(0.5);
  return decision;
}

inline bool same(const simulate::HourRecord& a, const simulate::HourRecord& b) {
  bool equal = a.hour == b.hour && a.demand == b.demand && a.capacity == b.capacity && a.missed == b.missed &&
               a.quality == b.quality && a.training_work == b.training_work && a.training_gpu_hours == b.training_gpu_hours &&
               a.held_gpu_hours == b.held_gpu_hours && a.busy_gpu_hours == b.busy_gpu_hours && a.capital == b.capital &&
               a.throttled == b.throttled && a.overloaded == b.overloaded && a.started == b.started && a.finished == b.finished &&
               a.killed == b.killed && a.queued == b.queued && a.sites.size() == b.sites.size() &&
               a.serving_gpus == b.serving_gpus && a.training_by_pool == b.training_by_pool;
  for (std::size_t s = 0; equal && s < a.sites.size(); ++s) {
    equal = a.sites[s].it == b.sites[s].it && a.sites[s].facility == b.sites[s].facility && a.sites[s].peak == b.sites[s].peak &&
            a.sites[s].mean_cap == b.sites[s].mean_cap && a.sites[s].energy_cost == b.sites[s].energy_cost &&
            a.sites[s].carbon == b.sites[s].carbon;
  }
  return equal;
}

}  // namespace kilter::test
