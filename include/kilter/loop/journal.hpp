#pragma once
/// @file
/// The loop's journal: for each hour what was planned and at which prices, and for each surprise what was seen, changed, and why.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include "kilter/core/text.hpp"
#include "kilter/core/units.hpp"
#include "kilter/plan/capacity.hpp"

namespace kilter::loop {

/// Something outside of what was expected, and what the new plan does about it.
struct Event {
  std::size_t hour = 0;
  std::string saw{};
  std::string changed{};
  std::string why{};
};

/// One hour's plan as it was made at its start.
struct PlanRecord {
  std::size_t hour = 0;
  double demand_mean = 0;             ///< forecast for this hour
  double demand_low = 0;              ///< 5 % quantile
  double demand_high = 0;             ///< 95 % quantile
  double level = 0;                   ///< the quantile planned for
  double capacity = 0;                ///< that quantile, in reference GPUs
  double served_price = 0;            ///< shadow price of capacity, USD per reference GPU-hour
  std::vector<double> power_price{};  ///< by site, USD per kWh of cap
  std::vector<double> gpu_price{};    ///< by pool, USD per GPU-hour
  double backlog = 0;                 ///< training work left after the last hour of the horizon
  std::size_t lp_iterations = 0;
  double lp_residual = 0;      ///< largest primal or dual residual of the program
  std::size_t tasks = 0;       ///< gangs scheduled
  double schedule_cost = 0;    ///< USD, of the genetic schedule
  double schedule_energy = 0;  ///< kWh that its GPUs draw
  double schedule_carbon = 0;  ///< kg of CO2 of the facility's energy for them
  double list_cost = 0;        ///< USD, of the first-come-first-served order on the same problem
  bool replanned = false;      ///< a surprise changed the plan
};

/// GPUs planned for serving and training by pool, summed over the first hours of a plan: what a change is measured on.
[[nodiscard]] inline std::vector<double> gpus_by_pool(const plan::CapacityProblem& problem, const plan::CapacityPlan& plan,
                                                      std::size_t first, std::size_t count) {
  std::vector<double> gpus(problem.fleet.pools.size(), 0);
  for (std::size_t h = first; h < std::min(first + count, plan.hours.size()); ++h) {
    for (std::size_t o = 0; o < problem.options.size(); ++o) gpus[problem.options[o].pool] += plan.hours[h].serving[o];
    for (std::size_t p = 0; p < gpus.size(); ++p) {
      for (const double level : plan.hours[h].training[p]) gpus[p] += level;
    }
  }
  return gpus;
}

/// The differences between two plans in words, pools that change by under 1 GPU on average left out: "A: +12 GPUs, B: -8 GPUs".
[[nodiscard]] inline std::string describe_change(const cluster::Fleet& fleet, const std::vector<double>& before,
                                                 const std::vector<double>& after, double hours) {
  std::string text;
  for (std::size_t p = 0; p < fleet.pools.size(); ++p) {
    const double change = (after[p] - before[p]) / hours;
    if (std::abs(change) < 1) continue;
    text += (text.empty() ? "" : ", ") + fleet.pools[p].name + ": " + (change > 0 ? "+" : "") + fixed(change, 0) + " GPUs";
  }
  return text;
}

}  // namespace kilter::loop
