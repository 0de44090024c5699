#pragma once
/// Capacity problems for the tests and the benchmark: hand-made hours on the small fleet, random ones, and one of a usual size.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <string>
#include <utility>
#include <vector>

#include "../support/world.hpp"
#include "kilter/cluster/device.hpp"
#include "kilter/plan/outlook.hpp"

namespace kilter::test {

/// An hour on `fleet` that wants `capacity` and is sure to use it, at 100 USD/MWh and 200 g/kWh everywhere.
inline plan::HourOutlook flat_hour(const cluster::Fleet& fleet, double capacity) {
  using namespace units;
  plan::HourOutlook hour;
  hour.demand = hour.capacity = capacity;
  for (const auto& site : fleet.sites) {
    hour.price.push_back(100 * usd / MWh);
    hour.carbon.push_back(200 * gCO2 / kWh);
    hour.celsius.push_back(20);
    hour.power_cap.push_back(site.power_cap);
  }
  for (const auto& pool : fleet.pools) hour.gpus.push_back(pool.gpus());
  hour.committed.assign(hour.gpus.size(), 0);
  return hour;
}

/// Carbon costs nothing, waiting costs nothing: what is left is energy and capital.
inline plan::Preferences plain_preferences() {
  plan::Preferences prefer;
  prefer.carbon_price = {};
  prefer.waiting = {};
  return prefer;
}

inline plan::CapacityProblem flat_problem(std::size_t hours, double capacity) {
  plan::CapacityProblem problem;
  problem.fleet = small_fleet();
  problem.options = cluster::serving_options(problem.fleet, small_service());
  problem.quality_floor = 0.95;
  for (std::size_t h = 0; h < hours; ++h) problem.hours.push_back(flat_hour(problem.fleet, capacity));
  problem.preferences = plain_preferences();
  return problem;
}

/// Hours `first`, `first` + 1, … of an endless random world that depends on the seed alone; so two windows share their hours.
inline plan::CapacityProblem random_problem(std::uint64_t seed, std::size_t hours = 12, std::size_t first = 0) {
  using namespace units;
  plan::CapacityProblem problem = flat_problem(0, 0);
  problem.preferences = {};
  problem.fleet.sites[0].power_cap = 14 * kW;
  problem.fleet.sites[1].power_cap = 12 * kW;
  Rng start = Rng{seed}.split(~std::uint64_t{0});
  problem.quality_floor = start.uniform(0.88, 1);
  problem.backlog = start.uniform(0, 40);
  std::vector<int> committed;
  for (const auto& pool : problem.fleet.pools)
    committed.push_back(static_cast<int>(start.index(static_cast<std::size_t>(pool.gpus() / 2))));
  const std::size_t release = start.index(6);
  for (std::size_t h = first; h < first + hours; ++h) {
    Rng rng = Rng{seed}.split(h);
    plan::HourOutlook hour = flat_hour(problem.fleet, rng.uniform(0, 45));
    hour.demand = hour.capacity * rng.uniform(0.4, 1);
    for (std::size_t s = 0; s < 2; ++s) {
      hour.price[s] = rng.uniform(-20, 200) * usd / MWh;
      hour.carbon[s] = rng.uniform(0, 500) * gCO2 / kWh;
      hour.celsius[s] = rng.uniform(-10, 35);
      hour.power_cap[s] *= rng.bernoulli(0.2) ? rng.uniform(0.2, 1) : 1;
    }
    if (rng.bernoulli(0.2)) hour.gpus[rng.index(3)] -= 4;
    for (std::size_t p = 0; p < 3; ++p) hour.committed[p] = h < release ? std::min(committed[p], hour.gpus[p]) : 0;
    hour.training_arrivals = rng.bernoulli(0.5) ? rng.uniform(0, 20) : 0;
    hour.training_due = rng.bernoulli(0.5) ? rng.uniform(0, 15) : 0;
    problem.hours.push_back(std::move(hour));
  }
  return problem;
}

/// Three sites with two kinds of GPU each, three variants and three power levels: the program of one planned day.
inline plan::CapacityProblem usual_problem(std::size_t hours = 24, std::size_t first = 0) {
  using namespace units;
  struct Shape {
    std::size_t site;
    const char* gpu;
    int racks;
  };
  constexpr Shape shapes[] = {{0, "H100-80GB", 4}, {0, "L40S-48GB", 6}, {1, "A100-80GB", 10},
                              {1, "L40S-48GB", 4}, {2, "H100-80GB", 3}, {2, "A100-80GB", 6}};
  plan::CapacityProblem problem;
  problem.fleet.sites = {round_site("coast"), round_site("plains"), round_site("north")};
  for (const auto& [site, gpu, racks] : shapes) {
    const auto type = cluster::gpu_type(gpu);
    cluster::Pool pool{gpu, site, type, cluster::relative_speed(type, cluster::gpu_type("A100-80GB")), racks, 32, {}};
    for (const double fraction : {1.0, 0.8, 0.6}) pool.levels.push_back(energy::power_level(type.peak, fraction));
    problem.fleet.pools.push_back(std::move(pool));
  }
  for (auto& site : problem.fleet.sites) {
    const auto s = static_cast<std::size_t>(&site - problem.fleet.sites.data());
    site.facility.cooling = energy::economiser_cooling();
    site.power_cap = 0.8 * energy::facility_power(site.facility, cluster::it_power(problem.fleet, s, true), 20);
  }
  cluster::Service service;
  service.variants = {variant("fp16", 2, 0.999, 1), variant("int8", 1.02, 0.99, 1.31), variant("int4", 0.52, 0.93, 0.8)};
  problem.options = cluster::serving_options(problem.fleet, service);
  problem.quality_floor = 0.992;
  problem.backlog = 500;
  const double worth = problem.fleet.reference_gpus();
  for (std::size_t h = first; h < first + hours; ++h) {
    Rng rng = Rng{9}.split(h);
    const double day = std::cos(2 * std::numbers::pi * (static_cast<double>(h % 24) - 20) / 24);
    plan::HourOutlook hour = flat_hour(problem.fleet, worth * (0.3 + 0.2 * day + rng.uniform(0, 0.05)));
    hour.demand = 0.8 * hour.capacity;
    for (std::size_t s = 0; s < 3; ++s) {
      hour.price[s] = (60 + 30 * day + rng.uniform(0, 20)) * usd / MWh;
      hour.carbon[s] = rng.uniform(150, 450) * gCO2 / kWh;
      hour.celsius[s] = 15 + 5 * day;
    }
    hour.training_arrivals = worth * 0.3 * rng.uniform(0.5, 1.5);
    hour.training_due = worth * 0.25 * rng.uniform(0.5, 1.5);
    problem.hours.push_back(std::move(hour));
  }
  return problem;
}

}  // namespace kilter::test
