#pragma once
/// @file
/// From telemetry to a world: the fleet and its power caps, the service and its variants, the jobs and their deadlines, the
/// surprises. The fleet is sized from the history alone.

#include <cstddef>
#include <string>
#include <vector>

#include "kilter/compress/profile.hpp"
#include "kilter/simulate/world.hpp"
#include "kilter/telemetry/workload.hpp"

namespace week {

inline constexpr std::size_t planned_hours = 168;

struct ScenarioOptions {
  double power_cap = 0.8;       ///< of what a site would draw with every GPU at its peak
  double quality_floor = 0.98;  ///< mean agreement with the full-precision model
  double slack_hours = 12;      ///< a job may wait this long, and half of its limit longer
  std::string jobs_file;        ///< that the jobs were read from, for messages; empty for a synthetic week
};

struct Scenario {
  kilter::simulate::World world;
  std::size_t first = 0;  ///< first planned hour
  kilter::Dollars
      work_price{};             ///< of a reference GPU-hour of training at the history's mean prices: what is owed at the end costs
  double history_peak = 0;      ///< reference GPUs
  double history_training = 0;  ///< 95 % quantile of busy training GPUs in the trace
};

/// Throws `std::invalid_argument` naming the option that does not fit, and `kilter::ParseError` for a job larger than every pool.
Scenario make_scenario(const kilter::telemetry::Workload& workload, const ScenarioOptions& options);

}  // namespace week
