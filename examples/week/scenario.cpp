#include "scenario.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "kilter/cluster/device.hpp"
#include "kilter/cluster/fleet.hpp"
#include "kilter/cluster/job.hpp"
#include "kilter/cluster/service.hpp"
#include "kilter/core/error.hpp"
#include "kilter/core/text.hpp"
#include "kilter/energy/facility.hpp"
#include "kilter/energy/power.hpp"

namespace week {

using namespace kilter;
using namespace kilter::units;

namespace {

/// The shape of the fleet before it is sized: each site a third of the work, two kinds of GPU each.
struct PoolShape {
  std::size_t site;
  const char* gpu;
  int racks;
};
constexpr PoolShape shape[] = {{0, "H100-80GB", 4}, {0, "L40S-48GB", 6}, {1, "A100-80GB", 10},
                               {1, "L40S-48GB", 4}, {2, "H100-80GB", 3}, {2, "A100-80GB", 6}};
constexpr int smallest_largest_pool = 4;  // racks, so that a gang of 128 GPUs has a home
constexpr double size_margin = 1.25;
constexpr double largest_fleet = 100000;  // reference GPUs: racks are simulated one by one

double busiest(const std::vector<double>& values, double level) {
  std::vector<double> sorted = values;
  std::sort(sorted.begin(), sorted.end());
  return sorted[static_cast<std::size_t>(level * static_cast<double>(sorted.size() - 1))];
}

/// Mean busy GPUs of the training trace in each hour, had every job run from its submission.
std::vector<double> trace_busy(const telemetry::Workload& workload, std::size_t hours) {
  std::vector<double> busy(hours, 0);
  for (const auto& job : workload.jobs) {
    const double from = job.submit.in(h), to = std::min((job.submit + job.duration).in(h), static_cast<double>(hours));
    for (auto hour = static_cast<std::size_t>(from); hour < hours && static_cast<double>(hour) < to; ++hour) {
      const auto begin = static_cast<double>(hour);
      busy[hour] += job.gpus * (std::min(to, begin + 1) - std::max(from, begin));
    }
  }
  return busy;
}

std::vector<energy::PowerLevel> levels_of(const cluster::GpuType& type) {
  std::vector<energy::PowerLevel> levels;
  for (const double fraction : {1.0, 0.8, 0.6}) levels.push_back(energy::power_level(type.peak, fraction));
  levels.front().speed = 1;
  return levels;
}

void set_power_cap(cluster::Fleet& fleet, std::size_t s, double fraction) {
  const Watts busy = cluster::it_power(fleet, s, true);
  auto& site = fleet.sites[s];
  site.facility.fixed = 0.03 * busy;
  site.power_cap = fraction * energy::facility_power(site.facility, busy, 20);
  const Watts idle = energy::facility_power(site.facility, cluster::it_power(fleet, s, false), 20);
  require(site.power_cap >= idle, "--power-cap", fraction,
          "gives site " + site.name + " " + fixed(site.power_cap.in(kW), 1) + " kW, which is below its idle power of " +
              fixed(idle.in(kW), 1) + " kW");
}

cluster::Fleet make_fleet(const telemetry::Workload& workload, double reference_gpus, double power_cap) {
  const cluster::GpuType reference = cluster::gpu_type("A100-80GB");
  cluster::Fleet fleet;
  for (const auto& site : workload.sites) fleet.sites.push_back({site.name, {}, {}});
  double shape_worth = 0;
  for (const auto& pool : shape) shape_worth += pool.racks * 32 * cluster::relative_speed(cluster::gpu_type(pool.gpu), reference);
  for (const auto& [site, gpu, racks] : shape) {
    const cluster::GpuType type = cluster::gpu_type(gpu);
    const std::string place = workload.sites[site % fleet.sites.size()].name;
    cluster::Pool pool{place + " " + type.name.substr(0, type.name.find('-')),
                       site % fleet.sites.size(),
                       type,
                       cluster::relative_speed(type, reference),
                       0,
                       32,
                       levels_of(type)};
    pool.racks = std::max(1, static_cast<int>(std::lround(racks * reference_gpus / shape_worth)));
    fleet.pools.push_back(std::move(pool));
  }
  auto& largest =
      *std::max_element(fleet.pools.begin(), fleet.pools.end(), [](const auto& a, const auto& b) { return a.racks < b.racks; });
  largest.racks = std::max(largest.racks, smallest_largest_pool);
  for (std::size_t s = 0; s < fleet.sites.size(); ++s) set_power_cap(fleet, s, power_cap);
  return fleet;
}

/// A gang that fits no pool would wait for ever: refused with its row.
void check_gangs(const telemetry::Workload& workload, const cluster::Fleet& fleet, const std::string& file) {
  for (const auto& job : workload.jobs) {
    if (job.gpus <= fleet.largest_pool()) continue;
    const std::string what = "gpus: " + std::to_string(job.gpus) + " is larger than the largest pool of the fleet, " +
                             std::to_string(fleet.largest_pool()) + " GPUs";
    throw ParseError({file.empty() ? "synthetic job" : file, job.id + (file.empty() ? 1 : 2), 0}, what);
  }
}

std::vector<cluster::Job> make_jobs(const telemetry::Workload& workload, double slack_hours) {
  std::vector<cluster::Job> jobs;
  for (const auto& record : workload.jobs) {
    const Seconds limit = cluster::usual_limit(record.duration);
    jobs.push_back({record.id, record.submit, record.duration, limit, record.gpus, record.submit + 1.5 * limit + slack_hours * h,
                    record.group});
  }
  return jobs;
}

double mean_of(const Series& series, std::size_t hours) {
  double sum = 0;
  for (std::size_t i = 0; i < hours; ++i) sum += series[i];
  return sum / static_cast<double>(hours);
}

std::size_t cheapest_site(const telemetry::Workload& workload, std::size_t history) {
  std::size_t best = 0;
  for (std::size_t s = 1; s < workload.sites.size(); ++s) {
    if (mean_of(workload.sites[s].price, history) < mean_of(workload.sites[best].price, history)) best = s;
  }
  return best;
}

/// A rack fails on the second day, the price of the cheapest site is six times its own on the third evening, and the same site's
/// power cap is cut to a half on the fourth afternoon: chosen to hurt where a planner would have put its work.
simulate::Surprises make_surprises(const cluster::Fleet& fleet, std::size_t cheap, std::size_t first) {
  const Seconds start = static_cast<double>(first) * h;
  std::size_t pool = fleet.pools.size();
  for (std::size_t p = 0; p < fleet.pools.size(); ++p) {
    if (fleet.pools[p].site == cheap && (pool == fleet.pools.size() || fleet.pools[p].racks > fleet.pools[pool].racks)) pool = p;
  }
  simulate::Surprises surprises;
  surprises.racks.push_back({pool, 0, start + 1 * day + 10 * h + 20 * units::min, 9 * h});
  surprises.prices.push_back({cheap, 6, start + 2 * day + 17 * h, 4 * h});
  surprises.caps.push_back({cheap, 0.5, start + 3 * day + 14 * h + 10 * units::min, 6 * h});
  return surprises;
}

/// Mean over the pools' work of what a reference GPU-hour of training costs at the history's mean price and carbon.
Dollars mean_work_price(const simulate::World& world, std::size_t history, CarbonPrice carbon_price) {
  Dollars cost{};
  double work = 0;
  for (const auto& pool : world.fleet.pools) {
    const auto& site = world.sites[pool.site];
    const Price energy = mean_of(site.price, history) * usd / MWh + mean_of(site.carbon, history) * gCO2 / kWh * carbon_price;
    const double slope = world.fleet.sites[pool.site].facility.at(mean_of(site.temperature, history)).slope;
    const Watts power = cluster::gpu_power(pool.type, pool.type.peak, 1) * slope;
    cost += (power * energy + pool.type.capital) * (1 * h) * pool.gpus();
    work += pool.gpus() * pool.speed;
  }
  return cost / work;
}

}  // namespace

Scenario make_scenario(const telemetry::Workload& workload, const ScenarioOptions& options) {
  telemetry::check(workload);
  require(options.power_cap > 0 && options.power_cap <= 1, "--power-cap", options.power_cap, "must lie in (0, 1]");
  require(options.quality_floor >= 0 && options.quality_floor <= 1, "--quality", options.quality_floor, "must lie in [0, 1]");
  require(options.slack_hours >= 0 && options.slack_hours <= 87600, "--slack-hours", options.slack_hours, "must lie in [0, 87600]");
  require(workload.gpu_seconds.size() >= planned_hours + 24, "hours", workload.gpu_seconds.size(),
          "must be at least a day of history and the week to be planned");
  Scenario scenario;
  auto& world = scenario.world;
  scenario.first = workload.gpu_seconds.size() - planned_hours;
  for (const double seconds : workload.gpu_seconds.values) world.demand.push_back(seconds / 3600);
  const std::vector<double> history(world.demand.begin(), world.demand.begin() + static_cast<std::ptrdiff_t>(scenario.first));
  scenario.history_peak = busiest(history, 1);
  scenario.history_training = busiest(trace_busy(workload, scenario.first), 0.95);
  const double reference_gpus = size_margin * (scenario.history_peak + scenario.history_training);
  require(reference_gpus <= largest_fleet, "gpu_seconds, --scale", reference_gpus,
          "is the fleet in reference GPUs that the history's peak demand and training ask for; at most " +
              to_string(largest_fleet) + " can be simulated");
  world.fleet = make_fleet(workload, reference_gpus, options.power_cap);
  check_gangs(workload, world.fleet, options.jobs_file);
  world.sites = workload.sites;
  world.jobs = make_jobs(workload, options.slack_hours);
  world.service.quality_floor = options.quality_floor;
  world.service.variants = compress::profile_variants(compress::reference_network(), compress::standard_variants());
  world.options = cluster::serving_options(world.fleet, world.service);
  world.surprises = make_surprises(world.fleet, cheapest_site(workload, scenario.first), scenario.first);
  simulate::apply_price_spikes(world);
  simulate::check(world);
  scenario.work_price = mean_work_price(world, scenario.first, 0.1 * usd / kgCO2);
  return scenario;
}

}  // namespace week
