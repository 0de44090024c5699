#pragma once
/// @file
/// What a capacity plan is made from: the outlook for each hour, and how its goods are weighed against each other.

#include <cstddef>
#include <vector>

#include "kilter/cluster/fleet.hpp"
#include "kilter/cluster/service.hpp"
#include "kilter/core/contract.hpp"
#include "kilter/core/units.hpp"

namespace kilter::plan {

/// What one hour is expected to bring. Vectors go by site or by pool of the fleet; work is in reference GPU-hours.
struct HourOutlook {
  double demand = 0;                      ///< mean demand of the service, in busy reference GPUs
  double capacity = 0;                    ///< demand to be ready for (a quantile of its forecast), in reference GPUs
  std::vector<Price> price{};             ///< by site
  std::vector<CarbonIntensity> carbon{};  ///< by site
  std::vector<double> celsius{};          ///< by site, outside temperature
  std::vector<Watts> power_cap{};         ///< by site, for the whole facility
  std::vector<int> gpus{};                ///< by pool, GPUs in working order
  std::vector<int> committed{};           ///< by pool, GPUs held by gangs that are running and cannot be stopped
  double training_arrivals = 0;           ///< training work that becomes available
  double training_due = 0;                ///< training work whose last moment to be done is this hour
};

/// What a plan weighs: everything in money.
struct Preferences {
  CarbonPrice carbon_price = 0.1 * units::usd / units::kgCO2;  ///< charged on each gram emitted
  Rate shortfall = 4 * units::usd / units::h;   ///< credit owed for demand not served, each reference GPU for an hour
  Rate waiting = 0.01 * units::usd / units::h;  ///< each reference GPU-hour of training work that waits for an hour
  Rate lateness = 1 * units::usd / units::h;    ///< the same once it is past its last moment; each GPU of a gang for each hour late
  Rate gang_waiting = 0.05 * units::usd / units::h;  ///< each GPU that a gang asked for, for each hour in which it waits
  Rate overload = 10 * units::usd / units::h;        ///< each kW above a power cap: only where committed work leaves no choice
};

/// A capacity plan to be made; the lists must outlive the call only.
struct CapacityProblem {
  cluster::Fleet fleet{};
  std::vector<cluster::ServingOption> options{};
  double quality_floor = 0;
  double backlog = 0;  ///< training work that is waiting or running at the start
  std::vector<HourOutlook> hours{};
  Preferences preferences{};
};

/// Throws `std::invalid_argument` naming the first thing that does not fit together.
inline void check(const CapacityProblem& problem) {
  const std::size_t sites = problem.fleet.sites.size();
  const std::size_t pools = problem.fleet.pools.size();
  require(!problem.hours.empty(), "hours", 0, "must not be empty");
  require(!problem.options.empty(), "options", 0, "must not be empty: no variant fits any GPU");
  require(problem.backlog >= 0, "backlog", problem.backlog, "must not be negative");
  for (const auto& option : problem.options) require(option.pool < pools, "option.pool", option.pool, "must be one of the pools");
  for (const auto& pool : problem.fleet.pools) require(pool.site < sites, "pool.site", pool.site, "must be one of the sites");
  for (const auto& hour : problem.hours) {
    require(
        hour.price.size() == sites && hour.carbon.size() == sites && hour.celsius.size() == sites && hour.power_cap.size() == sites,
        "hour.price", hour.price.size(), "price, carbon, celsius and power_cap must have one value for each site");
    require(hour.gpus.size() == pools && hour.committed.size() == pools, "hour.gpus", hour.gpus.size(),
            "gpus and committed must have one value for each pool");
    require(hour.demand >= 0 && hour.capacity >= 0, "hour.demand", hour.demand, "demand and capacity must not be negative");
    require(hour.training_arrivals >= 0, "hour.training_arrivals", hour.training_arrivals, "must not be negative");
    require(hour.training_due >= 0, "hour.training_due", hour.training_due, "must not be negative");
    for (std::size_t p = 0; p < pools; ++p) {
      require(hour.committed[p] >= 0 && hour.committed[p] <= hour.gpus[p], "hour.committed", hour.committed[p],
              "must lie between 0 and the GPUs of the pool");
    }
  }
}

}  // namespace kilter::plan
