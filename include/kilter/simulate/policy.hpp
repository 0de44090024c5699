#pragma once
/// @file
/// `Policy`: what decides each hour, and what it may look at; the two policies that people run today.

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/units.hpp"
#include "kilter/simulate/state.hpp"
#include "kilter/simulate/world.hpp"

namespace kilter::simulate {

/// What is known at the start of an hour: all that was measured before it, and how things stand. Of the world a policy may use what
/// does not lie in the future: the fleet, the options and the submitted jobs without their durations.
struct Observation {
  const World& world;
  const State& state;
  std::size_t hour = 0;
  std::span<const double> demand{};  ///< of the hours before
  std::vector<int> gpus{};           ///< by pool, in working order now
  std::vector<Watts> power_cap{};    ///< by site, now
};

[[nodiscard]] inline Observation observe(const World& world, const State& state, std::size_t hour) {
  const Seconds now = static_cast<double>(hour) * units::h;
  Observation seen{world, state, hour, std::span{world.demand}.first(hour), {}, {}};
  for (std::size_t p = 0; p < world.fleet.pools.size(); ++p) seen.gpus.push_back(world.working_gpus(p, now));
  for (std::size_t s = 0; s < world.fleet.sites.size(); ++s) seen.power_cap.push_back(world.power_cap(s, now));
  return seen;
}

/// Decides an hour from what is known at its start.
template <class P>
concept Policy = requires(P& policy, const Observation& seen) {
  { policy.decide(seen) } -> std::same_as<Decision>;
};

/// The one variant and full power that an operator without a planner would run everywhere: of the options at the highest power
/// level of each pool whose quality meets the floor, the fastest. One option index by pool (`none` where nothing fits).
[[nodiscard]] inline std::vector<std::size_t> usual_options(const World& world) {
  std::vector<std::size_t> best(world.fleet.pools.size(), none);
  for (std::size_t o = 0; o < world.options.size(); ++o) {
    const auto& option = world.options[o];
    if (option.quality < world.service.quality_floor) continue;
    auto& current = best[option.pool];
    if (current == none || option.speed > world.options[current].speed) current = o;
  }
  return best;
}

/// Serving GPUs for `capacity` reference GPUs, spread over the pools by size, without a look at prices.
[[nodiscard]] inline std::vector<int> spread_serving(const World& world, double capacity, const std::vector<int>& gpus) {
  const auto options = usual_options(world);
  double available = 0;
  for (std::size_t p = 0; p < options.size(); ++p) {
    if (options[p] != none) available += gpus[p] * world.options[options[p]].speed;
  }
  const double share = available > 0 ? std::min(1.0, capacity / available) : 0;
  std::vector<int> serving(world.options.size(), 0);
  for (std::size_t p = 0; p < options.size(); ++p) {
    if (options[p] != none) serving[options[p]] = std::min(gpus[p], static_cast<int>(std::ceil(gpus[p] * share)));
  }
  return serving;
}

/// Gangs may have what serving leaves, at full power, first come first served.
[[nodiscard]] inline Decision usual_decision(const World& world, std::vector<int> serving, const std::vector<int>& gpus) {
  Decision decision;
  decision.training = gpus;
  for (std::size_t o = 0; o < serving.size(); ++o) decision.training[world.options[o].pool] -= serving[o];
  for (const auto& pool : world.fleet.pools) decision.training_power.push_back({pool.type.peak, 1});
  decision.serving = std::move(serving);
  return decision;
}

/// Static provisioning: the capacity of the highest demand seen before the first decision, with a margin, all the time; everything
/// stays switched on.
class StaticPeak {
 public:
  explicit StaticPeak(double margin = 1.2) : margin_(margin) { require(margin > 0, "margin", margin, "must be positive"); }

  Decision decide(const Observation& seen) {
    if (capacity_ < 0) {
      capacity_ = seen.demand.empty() ? 0 : margin_ * *std::max_element(seen.demand.begin(), seen.demand.end());
    }
    return usual_decision(seen.world, spread_serving(seen.world, capacity_, seen.gpus), seen.gpus);
  }

 private:
  double margin_;
  double capacity_ = -1;
};

/// Reactive scaling with head-room: the last hour's demand at a target utilisation, as the autoscalers of Kubernetes do it (0.7 is
/// the default target of Knative's), with a floor; switches off what nobody holds.
class Reactive {
 public:
  explicit Reactive(double target_utilisation = 0.7, double floor = 4) : target_(target_utilisation), floor_(floor) {
    require(target_ > 0 && target_ <= 1, "target_utilisation", target_, "must lie between 0 and 1");
  }

  Decision decide(const Observation& seen) {
    const double last = seen.demand.empty() ? 0 : seen.demand.back();
    auto decision = usual_decision(seen.world, spread_serving(seen.world, std::max(floor_, last / target_), seen.gpus), seen.gpus);
    decision.idle_off = true;
    return decision;
  }

 private:
  double target_;
  double floor_;
};

}  // namespace kilter::simulate
