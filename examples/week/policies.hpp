#pragma once
/// @file
/// Plays the same week under each policy and keeps what the report needs.

#include <functional>
#include <string>
#include <vector>

#include "kilter/loop/journal.hpp"
#include "kilter/loop/signals.hpp"
#include "kilter/simulate/run.hpp"
#include "scenario.hpp"

namespace week {

struct PolicyResult {
  std::string name;         ///< short, for tables and files
  std::string description;  ///< what it does
  bool planned = false;     ///< one of kilter's planners
  kilter::simulate::Run run;
  kilter::simulate::Summary summary;
  std::vector<kilter::loop::PlanRecord> journal;
  std::vector<kilter::loop::Event> events;
  std::size_t replans = 0;
};

/// A point of the trade-off between cost, carbon and quality over one day's plan.
struct TradeOff {
  double carbon_price = 0;  ///< USD per kg CO2 that the plan was told to count
  double quality_floor = 0;
  double dollars = 0;  ///< energy and capital, without any carbon charge
  double kilograms = 0;
  double quality = 0;
};

/// The whole week again under another setting: how cost and misses trade within a family of policies.
struct Setting {
  std::string family;  ///< "reactive" or "interval"
  double value = 0;    ///< target utilisation, or quantile
  kilter::simulate::Summary summary;
};

struct WeekResult {
  std::vector<PolicyResult> policies;            ///< static, reactive, placed, point, interval, oracle
  std::vector<kilter::loop::Signals> day_ahead;  ///< forecasts made at the first hour of each planned day
  std::vector<TradeOff> trade_offs;
  std::vector<Setting> settings;

  [[nodiscard]] const PolicyResult& policy(const std::string& name) const;
};

struct RunOptions {
  unsigned threads = 2;
  double quantile = 0.9;
  std::uint64_t seed = 1;
};

/// `progress(done, of)` is called as hours of all policies together are done, from any thread, one call at a time.
WeekResult run_week(const Scenario& scenario, const RunOptions& options,
                    const std::function<void(std::size_t, std::size_t)>& progress);

}  // namespace week
