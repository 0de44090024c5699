#pragma once
/// @file
/// What really happens: the fleet, the jobs, the true signals and the surprises that a policy learns of only when they are there.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include "kilter/cluster/fleet.hpp"
#include "kilter/cluster/job.hpp"
#include "kilter/cluster/service.hpp"
#include "kilter/core/contract.hpp"
#include "kilter/core/series.hpp"
#include "kilter/core/units.hpp"
#include "kilter/telemetry/workload.hpp"

namespace kilter::simulate {

/// A rack that stops at `start` and is back after `duration`; gangs with a GPU in it stop with it.
struct RackFailure {
  std::size_t pool = 0;
  int rack = 0;
  Seconds start{};
  Seconds duration{};
};

/// A cut of a site's power cap to `fraction` of itself.
struct PowerCapCut {
  std::size_t site = 0;
  double fraction = 1;
  Seconds start{};
  Seconds duration{};
};

/// A multiple of a site's price for some hours.
struct PriceSpike {
  std::size_t site = 0;
  double factor = 1;
  Seconds start{};
  Seconds duration{};
};

struct Surprises {
  std::vector<RackFailure> racks{};
  std::vector<PowerCapCut> caps{};
  std::vector<PriceSpike> prices{};
};

template <class Event>
[[nodiscard]] constexpr bool active(const Event& event, Seconds now) {
  return now >= event.start && now < event.start + event.duration;
}

/// Everything that is true, hour by hour from the start of the calendar.
struct World {
  cluster::Fleet fleet{};
  cluster::Service service{};
  std::vector<cluster::ServingOption> options{};
  std::vector<cluster::Job> jobs{};  ///< by time of submission
  std::vector<double> demand{};      ///< busy reference GPUs of the service, by hour
  std::vector<telemetry::SiteSignals> sites{};
  Surprises surprises{};

  [[nodiscard]] std::size_t hours() const { return demand.size(); }

  /// What a site may draw at that moment.
  [[nodiscard]] Watts power_cap(std::size_t site, Seconds now) const {
    Watts cap = fleet.sites[site].power_cap;
    for (const auto& cut : surprises.caps) {
      if (cut.site == site && active(cut, now)) cap *= cut.fraction;
    }
    return cap;
  }
  [[nodiscard]] bool rack_works(std::size_t pool, int rack, Seconds now) const {
    return std::none_of(surprises.racks.begin(), surprises.racks.end(), [&](const RackFailure& failure) {
      return failure.pool == pool && failure.rack == rack && active(failure, now);
    });
  }
  [[nodiscard]] int working_gpus(std::size_t pool, Seconds now) const {
    int total = 0;
    for (int rack = 0; rack < fleet.pools[pool].racks; ++rack) {
      if (rack_works(pool, rack, now)) total += fleet.pools[pool].gpus_per_rack;
    }
    return total;
  }
  /// The first moment after `now` at which a rack or a power cap changes; infinite when none does.
  [[nodiscard]] Seconds next_surprise(Seconds now) const {
    Seconds next{std::numeric_limits<double>::infinity()};
    const auto look = [&](const auto& events) {
      for (const auto& event : events) {
        for (const Seconds at : {event.start, event.start + event.duration}) {
          if (at > now) next = std::min(next, at);
        }
      }
    };
    look(surprises.racks);
    look(surprises.caps);
    return next;
  }
};

/// Multiplies the true prices by the spikes; call it once when the world is made.
inline void apply_price_spikes(World& world) {
  for (const auto& spike : world.surprises.prices) {
    auto& price = world.sites[spike.site].price;
    for (std::size_t h = 0; h < price.size(); ++h) {
      if (active(spike, static_cast<double>(h) * units::h)) price.values[h] *= spike.factor;
    }
  }
}

namespace detail {

inline void check_signals(const World& world) {
  for (const double v : world.demand) require(std::isfinite(v) && v >= 0, "world.demand", v, "must be finite and not negative");
  for (const auto& site : world.sites) {
    for (const auto* series : {&site.price, &site.carbon, &site.temperature}) {
      for (const double v : series->values)
        require(std::isfinite(v), "world.sites", v, "must have no missing values (" + site.name + ")");
    }
  }
}

inline void check_surprises(const World& world) {
  const auto& [racks, caps, prices] = world.surprises;
  for (const auto& failure : racks) {
    require(failure.pool < world.fleet.pools.size() && failure.rack >= 0 && failure.rack < world.fleet.pools[failure.pool].racks,
            "surprises.racks", failure.rack, "must be a rack of a pool");
  }
  for (const auto& cut : caps) {
    require(cut.site < world.fleet.sites.size(), "surprises.caps", cut.site, "must be at one of the sites");
    require(cut.fraction >= 0, "surprises.caps", cut.fraction, "must not be negative");
  }
  for (const auto& spike : prices) {
    require(spike.site < world.fleet.sites.size(), "surprises.prices", spike.site, "must be at one of the sites");
  }
}

}  // namespace detail

/// Throws `std::invalid_argument` naming what does not fit: lengths, missing values, places that do not exist, order of jobs, a job
/// larger than every pool.
inline void check(const World& world) {
  cluster::check(world.fleet);
  require(!world.demand.empty(), "world.demand", 0, "must not be empty");
  require(world.sites.size() == world.fleet.sites.size(), "world.sites", world.sites.size(), "must be one for each site");
  for (const auto& site : world.sites) {
    require(site.price.size() >= world.hours() && site.carbon.size() >= world.hours() && site.temperature.size() >= world.hours(),
            "world.sites", site.price.size(), "price, carbon and temperature must cover the demand's hours (" + site.name + ")");
  }
  detail::check_signals(world);
  detail::check_surprises(world);
  for (const auto& option : world.options) {
    require(option.pool < world.fleet.pools.size(), "world.options", option.pool, "must be on one of the pools");
  }
  Seconds last{};
  for (const auto& job : world.jobs) {
    require(job.submit >= last, "job.submit", job.submit.base(), "jobs must be in the order of submission");
    require(job.gpus >= 1 && job.gpus <= world.fleet.largest_pool(), "job.gpus", job.gpus,
            "job " + std::to_string(job.id) + " is larger than the largest pool (" + std::to_string(world.fleet.largest_pool()) +
                " GPUs)");
    require(job.duration.base() >= 0 && job.limit >= job.duration, "job.duration", job.duration.base(),
            "must be between 0 and the job's limit");
    require(job.limit.base() > 0, "job.limit", job.limit.base(), "must be positive");
    require(!std::isnan(job.deadline.base()), "job.deadline", job.deadline.base(), "must be a time, or infinite");
    last = job.submit;
  }
}

}  // namespace kilter::simulate
