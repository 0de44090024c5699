#pragma once
/// @file
/// The nouns of a data centre: sites with their power, pools of like GPUs in racks, and the fleet they make.

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "kilter/cluster/device.hpp"
#include "kilter/core/contract.hpp"
#include "kilter/core/units.hpp"
#include "kilter/energy/facility.hpp"
#include "kilter/energy/power.hpp"

namespace kilter::cluster {

/// A building with one grid connection.
struct Site {
  std::string name{};
  energy::Facility facility{};
  Watts power_cap{};  ///< what the facility (servers, cooling and losses) may draw
};

/// Like GPUs at one site; a gang runs inside one pool.
struct Pool {
  std::string name{};
  std::size_t site = 0;
  GpuType type{};
  double speed = 1;  ///< work done for each second, against the reference GPU
  int racks = 0;
  int gpus_per_rack = 32;
  std::vector<energy::PowerLevel> levels{};  ///< power limits to choose from, each with the speed it leaves; never empty

  [[nodiscard]] int gpus() const { return racks * gpus_per_rack; }
};

struct Fleet {
  std::vector<Site> sites{};
  std::vector<Pool> pools{};

  [[nodiscard]] int gpus() const {
    int total = 0;
    for (const auto& pool : pools) total += pool.gpus();
    return total;
  }
  /// The sum over all GPUs of their speed: how many reference GPUs the fleet is worth.
  [[nodiscard]] double reference_gpus() const {
    double total = 0;
    for (const auto& pool : pools) total += pool.gpus() * pool.speed;
    return total;
  }
  [[nodiscard]] int largest_pool() const {
    int largest = 0;
    for (const auto& pool : pools) largest = std::max(largest, pool.gpus());
    return largest;
  }
};

/// Power of one GPU with its host while it works at `utilisation` (0 … 1) under a power limit of `cap`.
[[nodiscard]] inline Watts gpu_power(const GpuType& type, Watts cap, double utilisation) {
  return type.host + type.idle + (std::max(cap, type.idle) - type.idle) * utilisation;
}

/// What the servers of a site draw when all of its GPUs are on and idle, or on and busy at their peak.
[[nodiscard]] inline Watts it_power(const Fleet& fleet, std::size_t site, bool busy) {
  Watts total{};
  for (const auto& pool : fleet.pools) {
    if (pool.site == site) total += gpu_power(pool.type, pool.type.peak, busy ? 1 : 0) * pool.gpus();
  }
  return total;
}

/// Throws `std::invalid_argument` naming what is wrong: no sites or pools, a pool at no site, without GPUs or power levels, or a
/// power cap below what the site draws when it idles at 20 degrees Celsius.
inline void check(const Fleet& fleet) {
  require(!fleet.sites.empty(), "fleet.sites", 0, "must not be empty");
  require(!fleet.pools.empty(), "fleet.pools", 0, "must not be empty");
  for (const auto& pool : fleet.pools) {
    check(pool.type);
    require(pool.site < fleet.sites.size(), "pool.site", pool.site, "must be one of the sites (" + pool.name + ")");
    require(pool.racks > 0, "pool.racks", pool.racks, "must be positive (" + pool.name + ")");
    require(pool.gpus_per_rack > 0, "pool.gpus_per_rack", pool.gpus_per_rack, "must be positive (" + pool.name + ")");
    require(pool.speed > 0, "pool.speed", pool.speed, "must be positive (" + pool.name + ")");
    require(!pool.levels.empty(), "pool.levels", 0, "must not be empty (" + pool.name + ")");
    for (const auto& level : pool.levels) {
      require(level.cap.base() >= 0, "level.cap", level.cap.base(), "must not be negative (" + pool.name + ")");
      require(level.speed > 0 && level.speed <= 1, "level.speed", level.speed, "must lie in (0, 1] (" + pool.name + ")");
    }
  }
  for (std::size_t s = 0; s < fleet.sites.size(); ++s) {
    const Site& site = fleet.sites[s];
    const Watts idle = energy::facility_power(site.facility, it_power(fleet, s, false), 20);
    require(site.power_cap >= idle, "power_cap", site.power_cap.in(units::kW),
            "kW at site " + site.name + " is below its idle power of " + detail::to_text(idle.in(units::kW)) + " kW");
  }
}

}  // namespace kilter::cluster
