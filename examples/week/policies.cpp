#include "policies.hpp"

#include <algorithm>
#include <mutex>
#include <stdexcept>
#include <utility>

#include "kilter/core/executor.hpp"
#include "kilter/forecast/seasonal.hpp"
#include "kilter/loop/controller.hpp"
#include "kilter/simulate/policy.hpp"

namespace week {

using namespace kilter;

namespace {

constexpr std::size_t horizon = 24;

/// Counts hours played over all policies.
class Counter {
 public:
  Counter(std::size_t total, const std::function<void(std::size_t, std::size_t)>& report) : total_(total), report_(report) {}
  void add() {
    const std::scoped_lock lock{mutex_};
    report_(++done_, total_);
  }

 private:
  std::mutex mutex_;
  std::size_t done_ = 0;
  std::size_t total_;
  const std::function<void(std::size_t, std::size_t)>& report_;
};

struct Stage {
  const Scenario& scenario;
  const simulate::State& start;
  Counter& counter;

  template <simulate::Policy P>
  void play(P& policy, PolicyResult& result) const {
    const auto& world = scenario.world;
    result.run = simulate::run_policy(world, start, scenario.first, scenario.first + planned_hours, policy, {},
                                      [&](const Progress&) { counter.add(); });
    result.summary = simulate::summarise(world, result.run, {}, scenario.work_price);
    if constexpr (requires { policy.journal(); }) {
      result.planned = true;
      result.journal = policy.journal();
      result.events = policy.events();
      result.replans = policy.replans();
    }
  }

  template <loop::SignalSource Source>
  void plan(const Source& source, loop::ControllerOptions options, std::uint64_t seed, PolicyResult& result) const {
    options.horizon = horizon;
    options.scheduler.options.seed = seed;
    loop::Controller controller{source, std::move(options)};
    play(controller, result);
  }
};

/// Where every policy starts: the history played under reactive scaling, so that jobs are running and queued as they would be.
simulate::State warm_up(const Scenario& scenario) {
  simulate::Reactive reactive;
  return simulate::run_policy(scenario.world, simulate::initial_state(scenario.world), 0, scenario.first, reactive).end;
}

/// Energy and capital, carbon and mean quality of a capacity plan, recomputed from the plan and its outlook.
TradeOff measure(const plan::CapacityProblem& problem, const plan::CapacityPlan& plan) {
  TradeOff out;
  double served = 0;
  for (std::size_t hour = 0; hour < plan.hours.size(); ++hour) {
    const auto& outlook = problem.hours[hour];
    const double load = outlook.capacity > 0 ? std::clamp(outlook.demand / outlook.capacity, 0.05, 1.0) : 1.0;
    for (std::size_t o = 0; o < problem.options.size(); ++o) {
      const auto& option = problem.options[o];
      const auto& pool = problem.fleet.pools[option.pool];
      const double gpus = plan.hours[hour].serving[o];
      const Joules energy = cluster::gpu_power(pool.type, option.cap, load) * gpus * (1 * units::h) *
                            problem.fleet.sites[pool.site].facility.at(outlook.celsius[pool.site]).slope;
      out.dollars += (energy * outlook.price[pool.site] + pool.type.capital * gpus * (1 * units::h)).in(units::usd);
      out.kilograms += (energy * outlook.carbon[pool.site]).in(units::kgCO2);
      out.quality += gpus * option.speed * option.quality;
      served += gpus * option.speed;
    }
  }
  out.quality = served > 0 ? out.quality / served : 1;
  return out;
}

/// The service's first planned day at several carbon prices and quality floors, demand and signals as forecast.
std::vector<TradeOff> trade_offs(const Scenario& scenario, const loop::Signals& signals, double quantile) {
  const auto& world = scenario.world;
  plan::CapacityProblem problem{world.fleet, world.options, 0, 0, {}, {}};
  for (std::size_t hour = 0; hour < horizon; ++hour) {
    plan::HourOutlook out{std::max(0.0, signals.demand.mean[hour]),
                          std::max(0.0, signals.demand.quantile(quantile, hour)),
                          {},
                          {},
                          {},
                          {},
                          {},
                          {},
                          0,
                          0};
    for (std::size_t s = 0; s < world.sites.size(); ++s) {
      out.price.push_back(signals.price[s].mean[hour] * units::usd / units::MWh);
      out.carbon.push_back(signals.carbon[s].mean[hour] * units::gCO2 / units::kWh);
      out.celsius.push_back(signals.temperature[s].mean[hour]);
      out.power_cap.push_back(world.fleet.sites[s].power_cap);
    }
    for (const auto& pool : world.fleet.pools) out.gpus.push_back(pool.gpus());
    out.committed.assign(out.gpus.size(), 0);
    problem.hours.push_back(std::move(out));
  }
  // Floors that change something lie between the two best variants: below the second nobody has to serve the best.
  std::vector<double> qualities;
  for (const auto& variant : world.service.variants) qualities.push_back(variant.quality);
  std::sort(qualities.rbegin(), qualities.rend());
  const double best = qualities.front(), second = qualities[std::min<std::size_t>(1, qualities.size() - 1)];
  std::vector<TradeOff> points;
  for (const double floor : {second, (second + best) / 2, best}) {
    for (const double carbon_price : {0.0, 0.1, 0.2, 0.3, 0.5, 1.0}) {
      problem.quality_floor = floor;
      problem.preferences.carbon_price = carbon_price * units::usd / units::kgCO2;
      const auto plan = plan::plan_capacity(problem);
      if (plan.status != Status::optimal) continue;
      points.push_back(measure(problem, plan));
      points.back().carbon_price = carbon_price;
      points.back().quality_floor = problem.quality_floor;
    }
  }
  return points;
}

}  // namespace

const PolicyResult& WeekResult::policy(const std::string& name) const {
  for (const auto& result : policies) {
    if (result.name == name) return result;
  }
  throw std::invalid_argument("no policy named " + name);
}

WeekResult run_week(const Scenario& scenario, const RunOptions& options,
                    const std::function<void(std::size_t, std::size_t)>& progress) {
  const auto& world = scenario.world;
  const Threads threads{options.threads};
  const loop::RollingSignals rolling{
      world,
      scenario.first,
      scenario.first + planned_hours,
      horizon,
      forecast::SeasonalLeastSquares{.transform = forecast::Transform::sqrt(), .clamp_at_zero = true},
      forecast::SeasonalLeastSquares{},
      threads};
  const simulate::State start = warm_up(scenario);
  WeekResult week;
  week.policies = {
      {"static",
       "capacity for the history's peak + 20 % all week, everything switched on, gangs first come first served",
       false,
       {},
       {},
       {},
       {},
       0},
      {"reactive",
       "last hour's demand at 70 % utilisation, spread over the pools, gangs first come first served",
       false,
       {},
       {},
       {},
       {},
       0},
      {"placed",
       "reactive's demand estimate, but placed and scheduled by kilter: what planning saves without a forecast",
       true,
       {},
       {},
       {},
       {},
       0},
      {"point", "kilter with the forecast's mean", true, {}, {}, {}, {}, 0},
      {"interval", "kilter with a quantile of the forecast", true, {}, {}, {}, {}, 0},
      {"oracle", "kilter knowing demand, prices, weather, jobs and failures of the next 24 hours", true, {}, {}, {}, {}, 0},
  };
  for (const double target : {0.3, 0.4, 0.5, 0.6, 0.8, 0.9, 1.0}) week.settings.push_back({"reactive", target, {}});
  for (const double quantile : {0.5, 0.6, 0.7, 0.8, 0.95, 0.98}) week.settings.push_back({"interval", quantile, {}});
  Counter counter{(week.policies.size() + week.settings.size()) * planned_hours, progress};
  const Stage stage{scenario, start, counter};
  const loop::Borrowed shared{rolling};
  // The planners take longest: they go first, so that two threads end together.
  threads.for_each_index(week.policies.size(), [&](std::size_t i) {
    PolicyResult& result = week.policies[week.policies.size() - 1 - i];
    if (result.name == "static") {
      simulate::StaticPeak policy;
      stage.play(policy, result);
    } else if (result.name == "reactive") {
      simulate::Reactive policy;
      stage.play(policy, result);
    } else if (result.name == "placed") {
      stage.plan(loop::PersistentDemand{world, rolling}, {.quantile = std::nullopt}, options.seed, result);
    } else if (result.name == "point") {
      stage.plan(shared, {.quantile = std::nullopt}, options.seed, result);
    } else if (result.name == "interval") {
      stage.plan(shared, {.quantile = options.quantile}, options.seed, result);
    } else {
      stage.plan(loop::PerfectSignals{world, horizon}, {.quantile = std::nullopt, .foresight = true}, options.seed, result);
    }
  });
  threads.for_each_index(week.settings.size(), [&](std::size_t i) {
    Setting& setting = week.settings[week.settings.size() - 1 - i];
    PolicyResult result;
    if (setting.family == "reactive") {
      simulate::Reactive policy{setting.value};
      stage.play(policy, result);
    } else {
      stage.plan(shared, {.quantile = setting.value}, options.seed, result);
    }
    setting.summary = result.summary;
  });
  for (std::size_t hour = 0; hour < planned_hours; hour += 24) week.day_ahead.push_back(rolling.at(scenario.first + hour));
  week.trade_offs = trade_offs(scenario, week.day_ahead.front(), options.quantile);
  return week;
}

}  // namespace week
