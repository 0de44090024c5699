#pragma once
/// A small data centre with round numbers: two sites, three pools, constant signals. Each GPU draws 200 W idle and 600 W busy with
/// its host, costs 1 USD for an hour, and a site meters 1 kW and 1.25 times what its machines draw.

#include <cstddef>
#include <string>
#include <vector>

#include "kilter/cluster/fleet.hpp"
#include "kilter/cluster/job.hpp"
#include "kilter/cluster/service.hpp"
#include "kilter/core/rng.hpp"
#include "kilter/core/units.hpp"
#include "kilter/simulate/state.hpp"
#include "kilter/simulate/world.hpp"

namespace kilter::test {

inline constexpr double fixed_kw = 1, slope = 1.25, idle_kw = 0.2, busy_kw = 0.6;

inline cluster::GpuType round_gpu() {
  using namespace units;
  return {"round", 80, 100, 1000, 100 * W, 500 * W, 100 * W, 1 * usd / h};
}

/// Levels: 500 W at full speed, 300 W at three quarters of it.
inline cluster::Pool round_pool(std::string name, std::size_t site, double speed, int racks, int gpus_per_rack) {
  return {std::move(name), site, round_gpu(), speed, racks, gpus_per_rack, {{500 * units::W, 1}, {300 * units::W, 0.75}}};
}

inline cluster::Site round_site(std::string name) {
  energy::Facility facility;
  facility.fixed = fixed_kw * units::kW;
  facility.proportional = slope - 1;
  facility.cooling = energy::PiecewiseLinear{};
  return {std::move(name), facility, 1 * units::MW};
}

/// Site north: 8 GPUs of speed 2 and 12 of speed 1 in racks of 4. Site south: 16 of speed 1 in racks of 8. No cap binds.
inline cluster::Fleet small_fleet() {
  return {{round_site("north"), round_site("south")},
          {round_pool("north fast", 0, 2, 2, 4), round_pool("north slow", 0, 1, 3, 4), round_pool("south", 1, 1, 2, 8)}};
}

inline compress::VariantProfile variant(std::string name, double bytes_per_weight, double quality, double speedup) {
  compress::VariantProfile v;
  v.name = std::move(name);
  v.bytes_per_weight = bytes_per_weight;
  v.quality = quality;
  v.batch = {{1, speedup}};
  return v;
}

/// fp16 of quality 1 and int4 of quality 0.9, which serves 1.5 times as much; both fit at the largest batch.
inline cluster::Service small_service() {
  cluster::Service service;
  service.parameters = 8.0 * 1024 * 1024 * 1024;
  service.activation_gib_per_request = 1;
  service.quality_floor = 0.95;
  service.variants = {variant("fp16", 2, 1, 1), variant("int4", 0.5, 0.9, 1.5)};
  return service;
}

inline Series constant(std::size_t hours, double value) {
  return {Time{1700006400}, 1 * units::h, std::vector<double>(hours, value)};
}

/// Demand of 6 reference GPUs, electricity at 100 USD/MWh and 200 g/kWh, 20 degrees, no jobs, no surprises.
inline simulate::World small_world(std::size_t hours = 24) {
  simulate::World world;
  world.fleet = small_fleet();
  world.service = small_service();
  world.options = cluster::serving_options(world.fleet, world.service);
  world.demand.assign(hours, 6);
  for (const auto& site : world.fleet.sites) {
    world.sites.push_back({site.name, constant(hours, 100), constant(hours, 200), constant(hours, 20)});
  }
  return world;
}

/// Times in hours; the limit is the duration and the deadline a day after the submission unless given.
inline cluster::Job make_job(std::size_t id, double submit, double duration, int gpus, double limit = 0, double deadline = 0) {
  using units::h;
  return {id, submit * h, duration * h, (limit > 0 ? limit : duration) * h, gpus, (deadline > 0 ? deadline : submit + 24) * h, "g"};
}

/// Nothing serves; gangs may have everything at full power; what nobody holds is off.
inline simulate::Decision train_only(const simulate::World& world) {
  simulate::Decision decision;
  decision.serving.assign(world.options.size(), 0);
  for (const auto& pool : world.fleet.pools) {
    decision.training.push_back(pool.gpus());
    decision.training_power.push_back({pool.type.peak, 1});
  }
  decision.idle_off = true;
  return decision;
}

/// The serving option of that pool, variant and level; there must be one.
inline std::size_t option_of(const std::vector<cluster::ServingOption>& options, std::size_t pool, std::size_t variant,
                             std::size_t level) {
  for (std::size_t o = 0; o < options.size(); ++o) {
    if (options[o].pool == pool && options[o].variant == variant && options[o].level == level) return o;
  }
  KILTER_THROW(std::invalid_argument("no such option"));
}

/// Changing demand and signals, jobs of up to 16 GPUs, racks that fail and caps that are cut at odd minutes.
inline simulate::World random_world(Rng& rng, std::size_t hours = 48, std::size_t jobs = 60) {
  using namespace units;
  simulate::World world = small_world(hours);
  const auto span = static_cast<double>(hours);
  for (auto& demand : world.demand) demand = rng.uniform(0, 20);
  for (auto& site : world.sites) {
    for (auto& v : site.price.values) v = rng.uniform(-10, 150);
    for (auto& v : site.carbon.values) v = rng.uniform(50, 500);
    for (auto& v : site.temperature.values) v = rng.uniform(-5, 35);
  }
  double submit = 0;
  for (std::size_t j = 0; j < jobs; ++j) {
    submit += rng.exponential(0.7 * span / static_cast<double>(jobs));
    const double duration = rng.lognormal(0, 1.2);
    const int gpus = 1 << rng.index(5);
    world.jobs.push_back(make_job(j, submit, duration, gpus, duration * rng.uniform(1, 3)));
  }
  for (int i = 0; i < 5; ++i) {
    const std::size_t pool = rng.index(3);
    const int rack = static_cast<int>(rng.index(static_cast<std::size_t>(world.fleet.pools[pool].racks)));
    world.surprises.racks.push_back({pool, rack, rng.uniform(0, span) * h + 0.5 * s, rng.uniform(0.3, 8) * h});
  }
  world.fleet.sites[0].power_cap = 14 * kW;
  world.fleet.sites[1].power_cap = 12 * kW;
  for (int i = 0; i < 3; ++i) {
    world.surprises.caps.push_back(
        {rng.index(2), rng.uniform(0.3, 0.9), rng.uniform(0, span) * h + 0.5 * s, rng.uniform(0.5, 6) * h});
  }
  return world;
}

}  // namespace kilter::test
