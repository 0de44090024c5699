#pragma once
/// @file
/// The loop: sense, forecast, plan, schedule, act, check, again. `Controller` is a `simulate::Policy`; in a real data centre the
/// same object is asked each hour with what was measured.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/text.hpp"
#include "kilter/core/units.hpp"
#include "kilter/loop/journal.hpp"
#include "kilter/loop/signals.hpp"
#include "kilter/loop/training.hpp"
#include "kilter/lp/solve.hpp"
#include "kilter/monitor/drift.hpp"
#include "kilter/plan/capacity.hpp"
#include "kilter/schedule/gang.hpp"
#include "kilter/schedule/genetic.hpp"
#include "kilter/schedule/list.hpp"
#include "kilter/simulate/policy.hpp"

namespace kilter::loop {

struct ControllerOptions {
  std::size_t horizon = 24;              ///< hours planned ahead
  std::optional<double> quantile = 0.9;  ///< of demand to be ready for; none: plan for the mean
  double learning_rate = 0.01;           ///< of the adaptive level (Gibbs, Candès 2021); 0 keeps the quantile as it is
  bool foresight = false;                ///< an oracle: knows jobs, failures and power caps in advance
  std::size_t largest_schedule = 150;    ///< gangs that are scheduled at once; those behind wait
  plan::Preferences preferences{};
  schedule::GeneticScheduler scheduler{.options = {.population = 24, .generations = 25, .stall_generations = 8}};
};

/// Plans each hour from a source of signals. `Solver` is any `lp::LpSolver`.
template <SignalSource Source, lp::LpSolver Solver = lp::Simplex>
class Controller {
 public:
  explicit Controller(Source source, ControllerOptions options = {}, Solver solver = {})
      : source_(std::move(source)),
        options_(std::move(options)),
        solver_(std::move(solver)),
        training_(options_.foresight),
        level_(options_.quantile.value_or(0.5)) {
    require(options_.horizon > 0, "horizon", options_.horizon, "must be positive");
    require(level_ > 0 && level_ < 1, "quantile", level_, "must lie between 0 and 1");
    require(options_.learning_rate >= 0, "learning_rate", options_.learning_rate, "must not be negative");
  }

  simulate::Decision decide(const simulate::Observation& seen) {
    training_.learn(seen.world, seen.state);
    const Signals signals = source_.at(seen.hour);
    require_horizon(seen, signals);
    const std::vector<Event> surprises = sense(seen);
    const plan::CapacityProblem problem = outlook(seen, signals);
    const plan::CapacityPlan plan = plan::plan_capacity(problem, solver_, previous_.basis);
    require(plan.status == Status::optimal, "capacity plan", name(plan.status), "the program must be solved to optimality");
    simulate::Decision decision = act(seen, problem, plan);
    check(seen, signals, problem, plan, surprises);
    last_signals_ = signals;
    last_gpus_ = seen.gpus;
    last_caps_ = seen.power_cap;
    previous_ = plan;
    return decision;
  }

  /// Moves the level after an hour was seen: up when demand was above the capacity planned for, down a little when it was not, so
  /// that in the long run the wanted share is covered. Each hour counts by its capacity over the last day's largest, at most fully:
  /// covering the nights, when there is next to nothing to miss, must not pay for missing by day.
  void learn(const simulate::HourRecord& hour) {
    if (!options_.quantile || options_.learning_rate == 0 || journal_.empty()) return;
    double largest = 0;
    for (std::size_t i = journal_.size() - std::min<std::size_t>(24, journal_.size()); i < journal_.size(); ++i) {
      largest = std::max(largest, journal_[i].capacity);
    }
    const double above = hour.demand > journal_.back().capacity ? 1 : 0;
    const double weight = largest > 0 ? journal_.back().capacity / largest : 0;
    level_ = std::clamp(level_ + options_.learning_rate * weight * (above - (1 - *options_.quantile)),
                        std::min(0.5, *options_.quantile), std::max(0.99, *options_.quantile));
  }

  [[nodiscard]] const std::vector<PlanRecord>& journal() const { return journal_; }
  [[nodiscard]] const std::vector<Event>& events() const { return events_; }
  /// The last problem and plan, for a closer look.
  [[nodiscard]] const plan::CapacityPlan& last_plan() const { return previous_; }
  [[nodiscard]] std::size_t replans() const {
    return static_cast<std::size_t>(
        std::count_if(journal_.begin(), journal_.end(), [](const PlanRecord& r) { return r.replanned; }));
  }

 private:
  // ---- sense: what came otherwise than expected -------------------------------------------------------------------------------

  [[nodiscard]] std::vector<Event> sense(const simulate::Observation& seen) {
    std::vector<Event> events;
    if (!last_signals_) return events;
    const auto add = [&](std::string saw, std::string why) { events.push_back({seen.hour, std::move(saw), {}, std::move(why)}); };
    sense_demand(seen, add);
    sense_drift(seen, add);
    for (std::size_t s = 0; s < seen.world.sites.size(); ++s) sense_price(seen, s, add);
    for (std::size_t p = 0; p < seen.gpus.size(); ++p) {
      const int change = seen.gpus[p] - last_gpus_[p];
      if (change == 0) continue;
      add(seen.world.fleet.pools[p].name + (change < 0 ? " lost " : " regained ") + std::to_string(std::abs(change)) + " GPUs",
          change < 0 ? "a rack failed: its gangs start again from their checkpoints and its load moves" : "a rack is back");
    }
    for (std::size_t s = 0; s < seen.power_cap.size(); ++s) {
      if (seen.power_cap[s] == last_caps_[s]) continue;
      add("power cap of " + seen.world.fleet.sites[s].name + " is " + fixed(seen.power_cap[s].in(units::kW), 0) + " kW, was " +
              fixed(last_caps_[s].in(units::kW), 0) + " kW",
          "work moves to where power is left");
    }
    return events;
  }

  template <class Add>
  void sense_demand(const simulate::Observation& seen, const Add& add) const {
    const double demand = seen.demand.back();
    const double high = last_signals_->demand.quantile(0.99, 0), low = last_signals_->demand.quantile(0.01, 0);
    if (last_signals_->demand.levels.size() < 2) return;
    if (demand > high) {
      add("demand of " + fixed(demand, 0) + " reference GPUs, above the 99 % quantile of " + fixed(high, 0),
          "the forecast follows the last errors, and the level planned for rises");
    } else if (demand < low) {
      add("demand of " + fixed(demand, 0) + " reference GPUs, below the 1 % quantile of " + fixed(low, 0),
          "the forecast follows the last errors, and capacity is released");
    }
  }

  /// Says once when the one-hour forecasts' 90 % quantile stops covering what it should, and once when it does again.
  template <class Add>
  void sense_drift(const simulate::Observation& seen, const Add& add) {
    if (last_signals_->demand.levels.size() < 2) return;
    const bool before = coverage_.state().drifted;
    const bool now = coverage_.add(seen.demand.back(), last_signals_->demand.quantile(0.9, 0));
    if (now == before) return;
    add("the 90 % quantile covered " + fixed(100 * coverage_.coverage(), 0) + " % of the last " + std::to_string(coverage_.size()) +
            " hours",
        now ? "the forecasts have drifted: the level planned for makes up for it" : "the forecasts cover again what they should");
  }

  template <class Add>
  void sense_price(const simulate::Observation& seen, std::size_t s, const Add& add) const {
    const auto& expected = last_signals_->price[s];
    if (expected.levels.size() < 2) return;
    const double price = seen.world.sites[s].price[seen.hour - 1];
    if (price <= expected.quantile(0.99, 0)) return;
    add("price at " + seen.world.fleet.sites[s].name + " of " + fixed(price, 0) + " USD/MWh, above the 99 % quantile of " +
            fixed(expected.quantile(0.99, 0), 0),
        "work that may wait or move leaves the dear site");
  }

  void require_horizon(const simulate::Observation& seen, const Signals& signals) const {
    const std::size_t sites = seen.world.fleet.sites.size();
    require(signals.price.size() == sites && signals.carbon.size() == sites && signals.temperature.size() == sites, "signals.price",
            signals.price.size(), "price, carbon and temperature must be one for each site");
    const auto long_enough = [&](const forecast::Forecast& f) {
      require(f.horizon() >= options_.horizon, "signals", f.horizon(), "must reach as far as the horizon");
    };
    long_enough(signals.demand);
    for (const auto* each : {&signals.price, &signals.carbon, &signals.temperature}) {
      for (const auto& f : *each) long_enough(f);
    }
  }

  // ---- forecast and plan -----------------------------------------------------------------------------------------------------

  [[nodiscard]] plan::CapacityProblem outlook(const simulate::Observation& seen, const Signals& signals) const {
    const auto& world = seen.world;
    plan::CapacityProblem problem{world.fleet, world.options, world.service.quality_floor, 0, {}, options_.preferences};
    const Seconds now = static_cast<double>(seen.hour) * units::h;
    const auto arrivals = training_.arrivals(world, seen.state, now, options_.horizon);
    for (std::size_t h = 0; h < options_.horizon; ++h) {
      problem.hours.push_back(hour_outlook(seen, signals, h));
      problem.hours.back().training_arrivals = arrivals[h];
    }
    for (const auto& run : seen.state.running) commit(seen, run, problem);
    for (const std::size_t j : seen.state.queue) {
      const double work = training_.left(world, seen.state, j).in(units::h)*world.jobs[j].gpus;
      problem.backlog += work;
      const double due = std::max(0.0, (world.jobs[j].deadline - now).in(units::h));
      if (due < static_cast<double>(options_.horizon)) problem.hours[static_cast<std::size_t>(due)].training_due += work;
    }
    for (std::size_t p = 0; p < world.fleet.pools.size(); ++p) {
      for (auto& hour : problem.hours) hour.committed[p] = std::min(hour.committed[p], hour.gpus[p]);
    }
    return problem;
  }

  [[nodiscard]] plan::HourOutlook hour_outlook(const simulate::Observation& seen, const Signals& signals, std::size_t h) const {
    const auto& world = seen.world;
    const std::size_t hour = std::min(seen.hour + h, world.hours() - 1);
    plan::HourOutlook out;
    out.demand = std::max(0.0, signals.demand.mean[h]);
    out.capacity = options_.quantile ? std::max(0.0, signals.demand.quantile(level_, h)) : out.demand;
    for (std::size_t s = 0; s < world.sites.size(); ++s) {
      out.price.push_back(signals.price[s].mean[h] * units::usd / units::MWh);
      out.carbon.push_back(std::max(0.0, signals.carbon[s].mean[h]) * units::gCO2 / units::kWh);
      out.celsius.push_back(signals.temperature[s].mean[h]);
      out.power_cap.push_back(options_.foresight ? world.power_cap(s, middle_of(hour)) : seen.power_cap[s]);
    }
    out.gpus = seen.gpus;
    for (std::size_t p = 0; options_.foresight && p < out.gpus.size(); ++p) out.gpus[p] = world.working_gpus(p, middle_of(hour));
    out.committed.assign(out.gpus.size(), 0);
    return out;
  }
  [[nodiscard]] static Seconds middle_of(std::size_t hour) { return (static_cast<double>(hour) + 0.5) * units::h; }

  void commit(const simulate::Observation& seen, const simulate::RunningJob& run, plan::CapacityProblem& problem) const {
    const Seconds left = training_.left(seen.world, run);
    const int gpus = seen.world.jobs[run.job].gpus;
    const double hours = left.in(units::h) / seen.world.fleet.pools[run.pool].speed;
    for (std::size_t h = 0; h < problem.hours.size() && static_cast<double>(h) < hours; ++h)
      problem.hours[h].committed[run.pool] += gpus;
    problem.backlog += left.in(units::h)*gpus;
  }

  // ---- schedule and act ------------------------------------------------------------------------------------------------------

  [[nodiscard]] simulate::Decision act(const simulate::Observation& seen, const plan::CapacityProblem& problem,
                                       const plan::CapacityPlan& plan) {
    simulate::Decision decision;
    std::vector<int> limit(problem.fleet.pools.size());
    for (std::size_t p = 0; p < limit.size(); ++p) limit[p] = problem.hours[0].gpus[p] - problem.hours[0].committed[p];
    decision.serving = plan::whole_gpus(plan.hours[0], problem.options, limit, problem.quality_floor);
    for (std::size_t p = 0; p < limit.size(); ++p) decision.training_power.push_back(training_power(problem, plan, p));
    const schedule::Problem gangs = gang_problem(seen, problem, plan, decision);
    for (std::size_t p = 0; p < limit.size(); ++p) {
      decision.training.push_back(gangs.resources[p].capacity[0] + problem.hours[0].committed[p]);
    }
    schedule_gangs(seen, gangs, decision);
    serve_with_the_rest(seen, problem, decision);
    decision.dispatch = simulate::Dispatch::at_once;
    decision.pool_order = cheapest_first(gangs);
    decision.idle_off = true;
    return decision;
  }

  /// The plan counts training as work that may run anywhere; gangs may fit fewer GPUs than it left them. What no gang takes in this
  /// hour serves, cheapest first, where capacity is short.
  void serve_with_the_rest(const simulate::Observation& seen, const plan::CapacityProblem& problem,
                           simulate::Decision& decision) const {
    double short_of = problem.hours[0].capacity;
    for (std::size_t o = 0; o < problem.options.size(); ++o) short_of -= decision.serving[o] * problem.options[o].speed;
    std::vector<int> spare = decision.training;
    for (std::size_t p = 0; p < spare.size(); ++p) spare[p] -= problem.hours[0].committed[p];
    for (const auto& start : decision.starts) spare[start.pool] -= seen.world.jobs[start.job].gpus;
    std::vector<std::pair<double, std::size_t>> order;
    for (std::size_t o = 0; o < problem.options.size(); ++o) {
      const auto& option = problem.options[o];
      const auto& pool = problem.fleet.pools[option.pool];
      // Training was given no more power than this, so that the rest of the site stays under its cap.
      if (option.quality < problem.quality_floor || option.cap > decision.training_power[option.pool].cap) continue;
      const double kw = cluster::gpu_power(pool.type, option.cap, 1).in(units::kW);
      order.emplace_back(gpu_rate(problem, 0, option.pool, kw).base() / option.speed, o);
    }
    std::sort(order.begin(), order.end());
    for (const auto& [cost, o] : order) {
      const auto& option = problem.options[o];
      if (short_of <= 1e-6 || spare[option.pool] <= 0) continue;
      const double wanted = std::ceil(short_of / option.speed - 1e-9);
      const int count = wanted < spare[option.pool] ? static_cast<int>(wanted) : spare[option.pool];
      decision.serving[o] += count;
      decision.training[option.pool] -= count;
      spare[option.pool] -= count;
      short_of -= count * option.speed;
    }
  }

  /// The mean power limit and speed of the levels that the plan mixes on a pool in the first hour; full power where it trains
  /// nothing.
  [[nodiscard]] static simulate::TrainingPower training_power(const plan::CapacityProblem& problem, const plan::CapacityPlan& plan,
                                                              std::size_t p) {
    const auto& levels = problem.fleet.pools[p].levels;
    const auto& gpus = plan.hours[0].training[p];
    simulate::TrainingPower mix{Watts{}, 0};
    double total = 0;
    for (std::size_t l = 0; l < levels.size(); ++l) {
      total += gpus[l];
      mix.cap += levels[l].cap * gpus[l];
      mix.speed += levels[l].speed * gpus[l];
    }
    if (total < 1e-6) return {levels.front().cap, levels.front().speed};
    return {mix.cap / total, mix.speed / total};
  }

  /// Gangs that wait, onto what the plan leaves of each pool, hour by hour, for time, energy and money: a GPU depreciates while it
  /// is held and draws power at the price and carbon of its site. The plan's shadow prices are left out: the gangs compete for the
  /// capacity here, and would pay for each other twice.
  [[nodiscard]] schedule::Problem gang_problem(const simulate::Observation& seen, const plan::CapacityProblem& problem,
                                               const plan::CapacityPlan& plan, const simulate::Decision& decision) const {
    schedule::Problem gangs;
    gangs.objective.wait = options_.preferences.gang_waiting;
    gangs.objective.tardiness = options_.preferences.lateness;
    gangs.objective.carbon = options_.preferences.carbon_price;
    for (std::size_t p = 0; p < problem.fleet.pools.size(); ++p) {
      const auto& pool = problem.fleet.pools[p];
      const auto& power = decision.training_power[p];
      gangs.resources.push_back({.name = pool.name,
                                 .speed = pool.speed * power.speed,
                                 .power = cluster::gpu_power(pool.type, power.cap, 1),
                                 .capacity = {},
                                 .rent = {pool.type.capital}});
    }
    for (std::size_t h = 0; h < problem.hours.size(); ++h) leave(problem, plan, decision, h, gangs);
    for (auto& resource : gangs.resources) average_after_horizon(resource);
    add_gangs(seen, gangs);
    return gangs;
  }

  void add_gangs(const simulate::Observation& seen, schedule::Problem& gangs) const {
    const Seconds now = static_cast<double>(seen.hour) * units::h;
    const std::size_t count = std::min(seen.state.queue.size(), options_.largest_schedule);
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t j = seen.state.queue[i];
      const auto& job = seen.world.jobs[j];
      // A job may need all of its limit: it is due early enough for that.
      const Seconds margin = options_.foresight ? 10 * units::min : job.limit - training_.duration(job);
      const schedule::Gang gang{.id = j,
                                .release = job.submit - now,
                                .work = std::max(1 * units::s, training_.left(seen.world, seen.state, j)),
                                .gpus = job.gpus,
                                .due = job.deadline - margin - now};
      gangs.tasks.push_back(schedule::gang(gang, gangs.resources));
    }
  }

  /// Adds hour `h`: what serving and running gangs leave of each pool, as far as the site's power cap can feed it.
  void leave(const plan::CapacityProblem& problem, const plan::CapacityPlan& plan, const simulate::Decision& decision,
             std::size_t h, schedule::Problem& gangs) const {
    const auto& hour = problem.hours[h];
    const auto& fleet = problem.fleet;
    std::vector<double> serving(fleet.pools.size(), 0), room(fleet.sites.size()), wanted(fleet.sites.size(), 0);
    for (std::size_t s = 0; s < room.size(); ++s) {
      const auto facility = fleet.sites[s].facility.at(hour.celsius[s]);
      room[s] = (hour.power_cap[s] - facility.fixed).in(units::kW) / facility.slope;
    }
    for (std::size_t o = 0; o < problem.options.size(); ++o) {
      const auto& option = problem.options[o];
      const double gpus = h == 0 ? decision.serving[o] : plan.hours[h].serving[o];
      serving[option.pool] += gpus;
      room[fleet.pools[option.pool].site] -= gpus * cluster::gpu_power(fleet.pools[option.pool].type, option.cap, 1).in(units::kW);
    }
    std::vector<double> free(fleet.pools.size()), kw(fleet.pools.size());
    for (std::size_t p = 0; p < fleet.pools.size(); ++p) {
      kw[p] = gangs.resources[p].power.in(units::kW);
      free[p] = std::max(0.0, hour.gpus[p] - std::ceil(serving[p] - 1e-6) - hour.committed[p]);
      room[fleet.pools[p].site] -= hour.committed[p] * kw[p];
      wanted[fleet.pools[p].site] += free[p] * kw[p];
    }
    for (std::size_t p = 0; p < fleet.pools.size(); ++p) {
      const std::size_t s = fleet.pools[p].site;
      const double share = wanted[s] > 0 ? std::clamp(room[s] / wanted[s], 0.0, 1.0) : 1;
      const double slope = fleet.sites[s].facility.at(hour.celsius[s]).slope;  // what the facility draws for a watt of GPUs
      gangs.resources[p].capacity.push_back(static_cast<int>(free[p] * share + 1e-6));
      gangs.resources[p].price.push_back(hour.price[s] * slope);
      gangs.resources[p].carbon.push_back(hour.carbon[s] * slope);
    }
  }

  /// The last step of a pool holds for ever after: without a mean there, a cheap last hour would make every long gang wait for it.
  static void average_after_horizon(schedule::Resource& resource) {
    const auto add_mean = [](auto& values) {
      auto sum = values.front();
      for (std::size_t k = 1; k < values.size(); ++k) sum += values[k];
      values.push_back(sum / static_cast<double>(values.size()));
    };
    add_mean(resource.price);
    add_mean(resource.carbon);
    resource.capacity.push_back(resource.capacity.back());
  }

  [[nodiscard]] Rate gpu_rate(const plan::CapacityProblem& problem, std::size_t h, std::size_t p, double kw) const {
    const auto& pool = problem.fleet.pools[p];
    const auto& hour = problem.hours[h];
    const Watts facility = kw * units::kW * problem.fleet.sites[pool.site].facility.at(hour.celsius[pool.site]).slope;
    const Price energy = hour.price[pool.site] + hour.carbon[pool.site] * options_.preferences.carbon_price;
    return pool.type.capital + facility * energy;
  }

  void schedule_gangs(const simulate::Observation& seen, const schedule::Problem& gangs, simulate::Decision& decision) {
    record_ = PlanRecord{};
    record_.tasks = gangs.tasks.size();
    if (gangs.tasks.empty()) return;
    const std::vector<schedule::Order> start{schedule::carry_over(last_gangs_, last_order_, gangs)};
    schedule::GeneticScheduler scheduler = options_.scheduler;
    scheduler.options.seed += seen.hour;
    const schedule::Schedule schedule = scheduler.schedule(gangs, start);
    record_.schedule_cost = schedule.measures.total.in(units::usd);
    record_.schedule_energy = schedule.measures.energy.in(units::kWh);
    record_.schedule_carbon = schedule.measures.carbon.in(units::kgCO2);
    record_.list_cost = schedule::ListScheduler{.rule = schedule::Rule::fifo}.schedule(gangs).measures.total.in(units::usd);
    const Seconds now = static_cast<double>(seen.hour) * units::h;
    for (const auto task : schedule.order) {
      const auto& assignment = schedule.assignments[task];
      if (!assignment.placed() || assignment.start >= 1 * units::h) continue;
      decision.starts.push_back({gangs.tasks[task].id, schedule::resource_of(gangs, assignment), now + assignment.start});
    }
    std::stable_sort(decision.starts.begin(), decision.starts.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
    last_gangs_ = gangs;
    last_order_ = schedule.order;
  }

  [[nodiscard]] static std::vector<std::size_t> cheapest_first(const schedule::Problem& gangs) {
    std::vector<std::size_t> order(gangs.resources.size());
    for (std::size_t p = 0; p < order.size(); ++p) order[p] = p;
    const auto price = [&](std::size_t p) {
      const schedule::Resource& r = gangs.resources[p];
      return (r.rent[0] + r.power * (r.price[0] + r.carbon[0] * gangs.objective.carbon)).base() / r.speed;
    };
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return price(a) < price(b); });
    return order;
  }

  // ---- check: keep what was planned, and say what a surprise has changed
  // ---------------------------------------------------------

  void check(const simulate::Observation& seen, const Signals& signals, const plan::CapacityProblem& problem,
             const plan::CapacityPlan& plan, const std::vector<Event>& surprises) {
    const auto& first = plan.hours.front();
    record_.hour = seen.hour;
    record_.demand_mean = problem.hours[0].demand;
    record_.demand_low = signals.demand.quantile(0.05, 0);
    record_.demand_high = signals.demand.quantile(0.95, 0);
    record_.level = level_;
    record_.capacity = problem.hours[0].capacity;
    record_.served_price = first.demand_price.in(units::usd / units::h);
    for (const Rate price : first.power_price) record_.power_price.push_back(price.in(units::usd / units::h));
    for (const Rate price : first.gpu_price) record_.gpu_price.push_back(price.in(units::usd / units::h));
    record_.backlog = plan.hours.back().backlog;
    record_.lp_iterations = plan.iterations;
    record_.lp_residual = std::max(plan.residuals.primal, plan.residuals.dual);
    if (!surprises.empty() && !previous_.hours.empty()) {
      // What was planned an hour ago for the hours that both plans hold; of one hour alone, for the hour before.
      const std::size_t from = previous_.hours.size() > 1 ? 1 : 0;
      const std::size_t compared = std::min<std::size_t>(3, previous_.hours.size() - from);
      const std::string change = describe_change(problem.fleet, gpus_by_pool(problem, previous_, from, compared),
                                                 gpus_by_pool(problem, plan, 0, compared), static_cast<double>(compared));
      record_.replanned = !change.empty();
      for (Event event : surprises) {
        event.changed = change.empty() ? "nothing: the plan still fits" : change;
        events_.push_back(std::move(event));
      }
    }
    journal_.push_back(std::move(record_));
  }

  Source source_;
  ControllerOptions options_;
  Solver solver_;
  TrainingOutlook training_;
  double level_;
  monitor::CoverageMonitor coverage_{{.level = 0.9, .window = 48, .significance = 0.01}};
  plan::CapacityPlan previous_;
  std::optional<Signals> last_signals_;
  std::vector<int> last_gpus_;
  std::vector<Watts> last_caps_;
  schedule::Problem last_gangs_;
  schedule::Order last_order_;
  PlanRecord record_;
  std::vector<PlanRecord> journal_;
  std::vector<Event> events_;
};

}  // namespace kilter::loop
