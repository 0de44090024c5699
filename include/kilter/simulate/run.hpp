#pragma once
/// @file
/// Runs a policy over a span of hours and sums up what it cost and what it served.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "kilter/core/progress.hpp"
#include "kilter/core/units.hpp"
#include "kilter/simulate/engine.hpp"
#include "kilter/simulate/policy.hpp"

namespace kilter::simulate {

/// The hours [first, last) as they came, and the state they ended in.
struct Run {
  Status status = Status::feasible;
  std::size_t first = 0;
  std::vector<HourRecord> hours{};
  State end{};
};

/// Sums over a run. "Missed" is demand of the service that found no capacity; jobs are those submitted in the run.
struct Summary {
  Dollars energy{}, capital{}, carbon_charge{}, credits{};
  Dollars backlog{};  ///< training work left at the end, at one price for all policies: what was put off is not a saving
  Joules facility_energy{};
  GramsCO2 carbon{};
  double demand = 0;             ///< reference GPU-hours
  double missed = 0;             ///< reference GPU-hours
  std::size_t missed_hours = 0;  ///< hours in which more than 1 % of the demand was missed
  double quality = 0;
  double training_work = 0;  ///< reference GPU-hours
  Seconds median_wait{}, p95_wait{};
  std::size_t jobs = 0, finished = 0, late = 0, restarts = 0;
  double utilisation = 0;
  double gpu_hours = 0;
  Seconds throttled{}, overloaded{};

  /// What has to be paid: energy, GPUs, carbon, and the work that is still owed.
  [[nodiscard]] Dollars bill() const { return energy + capital + carbon_charge + backlog; }
  /// The bill and the credits for demand that was not served.
  [[nodiscard]] Dollars total() const { return bill() + credits; }
};

struct SummaryPrices {
  CarbonPrice carbon = 0.1 * units::usd / units::kgCO2;
  Rate credit = 4 * units::usd / units::h;  ///< for each reference GPU-hour of demand that was missed
};

/// Plays hours [first, last) from `state` under `policy`; `watch` sees the hour (iteration) after each.
template <Policy P, Observer O = Silent>
[[nodiscard]] Run run_policy(const World& world, State state, std::size_t first, std::size_t last, P& policy,
                             const Budget& budget = {}, O&& watch = {}) {
  require(first <= last && last <= world.hours(), "last", last, "must not be before first or after the world's hours");
  Run run{Status::feasible, first, {}, {}};
  const Stopwatch stopwatch{budget};
  for (std::size_t hour = first; hour < last && ok(run.status); ++hour) {
    const Decision decision = policy.decide(observe(world, state, hour));
    run.hours.push_back(play_hour(world, state, hour, decision));
    if constexpr (requires { policy.learn(run.hours.back()); }) policy.learn(run.hours.back());
    watch(Progress{hour - first + 1, run.hours.back().missed, 0});
    run.status = stopwatch.check();
  }
  run.end = std::move(state);
  return run;
}

namespace detail {

inline Seconds quantile_of(std::vector<double> sorted_in_place, double level) {
  if (sorted_in_place.empty()) return {};
  std::sort(sorted_in_place.begin(), sorted_in_place.end());
  const auto rank = static_cast<std::size_t>(std::ceil(level * static_cast<double>(sorted_in_place.size())));
  return Seconds{sorted_in_place[std::max<std::size_t>(rank, 1) - 1]};
}

inline void sum_hours(Summary& sum, const Run& run) {
  double busy = 0;
  for (const auto& hour : run.hours) {
    for (const auto& site : hour.sites) {
      sum.energy += site.energy_cost;
      sum.facility_energy += site.facility;
      sum.carbon += site.carbon;
    }
    sum.capital += hour.capital;
    sum.demand += hour.demand;
    sum.missed += hour.missed;
    if (hour.missed > 0.01 * hour.demand) ++sum.missed_hours;
    sum.quality += hour.quality;
    sum.training_work += hour.training_work;
    sum.gpu_hours += hour.held_gpu_hours;
    sum.throttled += hour.throttled;
    sum.overloaded += hour.overloaded;
    busy += hour.busy_gpu_hours;
  }
  sum.utilisation = sum.gpu_hours > 0 ? busy / sum.gpu_hours : 0;
  if (sum.demand > sum.missed) sum.quality /= sum.demand - sum.missed;
}

inline void sum_jobs(Summary& sum, const World& world, const Run& run) {
  const Seconds begin = static_cast<double>(run.first) * units::h;
  std::vector<double> waits;
  for (std::size_t j = 0; j < run.end.next_arrival; ++j) {
    const auto& job = world.jobs[j];
    const auto& outcome = run.end.outcomes[j];
    if (job.submit < begin) continue;
    ++sum.jobs;
    waits.push_back(((outcome.started() ? outcome.first_start : run.end.now) - job.submit).base());
    sum.finished += outcome.finished() ? 1U : 0U;
    sum.late += (outcome.finished() ? outcome.finish : run.end.now) > job.deadline ? 1U : 0U;
    sum.restarts += static_cast<std::size_t>(outcome.restarts);
  }
  sum.median_wait = quantile_of(waits, 0.5);
  sum.p95_wait = quantile_of(std::move(waits), 0.95);
}

}  // namespace detail

/// Training work that is submitted and not done, in reference GPU-hours.
[[nodiscard]] inline double work_left(const World& world, const State& state) {
  double left = 0;
  for (const auto& run : state.running) left += run.remaining.in(units::h)*world.jobs[run.job].gpus;
  for (const std::size_t j : state.queue) {
    const Seconds saved = state.outcomes[j].left;
    left += (saved.base() >= 0 ? saved : world.jobs[j].duration).in(units::h)*world.jobs[j].gpus;
  }
  return left;
}

/// Sums a run up. The training work left at its end is charged at `work_price`, the same for every policy that is compared.
[[nodiscard]] inline Summary summarise(const World& world, const Run& run, const SummaryPrices& prices, Dollars work_price) {
  Summary sum;
  detail::sum_hours(sum, run);
  detail::sum_jobs(sum, world, run);
  sum.carbon_charge = sum.carbon * prices.carbon;
  sum.credits = prices.credit * (sum.missed * units::h);
  sum.backlog = work_price * work_left(world, run.end);
  return sum;
}

}  // namespace kilter::simulate
