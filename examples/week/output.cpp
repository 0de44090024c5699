#include "output.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <functional>
#include <iomanip>
#include <sstream>
#include <stdexcept>

#include <nlohmann/json.hpp>

#include "kilter/core/text.hpp"
#include "kilter/core/time.hpp"
#include "kilter/monitor/metrics.hpp"

namespace week {

using namespace kilter;
using Json = nlohmann::ordered_json;

namespace {

double usd(Dollars d) { return d.in(units::usd); }

Json summary_json(const WeekResult& result, const PolicyResult& policy) {
  const auto& s = policy.summary;
  return {{"name", policy.name},
          {"description", policy.description},
          {"total_usd", usd(s.total())},
          {"bill_usd", usd(s.bill())},
          {"energy_usd", usd(s.energy)},
          {"capital_usd", usd(s.capital)},
          {"carbon_usd", usd(s.carbon_charge)},
          {"backlog_usd", usd(s.backlog)},
          {"slo_credits_usd", usd(s.credits)},
          {"gap_to_oracle_percent", gap_to_oracle(result, policy)},
          {"facility_kwh", s.facility_energy.in(units::kWh)},
          {"carbon_kg", s.carbon.in(units::kgCO2)},
          {"demand_gpu_hours", s.demand},
          {"missed_gpu_hours", s.missed},
          {"slo_missed_hours", s.missed_hours},
          {"mean_quality", s.quality},
          {"training_gpu_hours", s.training_work},
          {"jobs", s.jobs},
          {"jobs_finished", s.finished},
          {"jobs_late", s.late},
          {"restarts", s.restarts},
          {"median_wait_s", s.median_wait.base()},
          {"p95_wait_s", s.p95_wait.base()},
          {"gpu_utilisation", s.utilisation},
          {"held_gpu_hours", s.gpu_hours},
          {"throttled_h", s.throttled.in(units::h)},
          {"overloaded_h", s.overloaded.in(units::h)},
          {"replans", policy.replans}};
}

Json fleet_json(const Scenario& scenario) {
  Json pools = Json::array();
  for (const auto& pool : scenario.world.fleet.pools) {
    pools.push_back({{"name", pool.name}, {"gpu", pool.type.name}, {"gpus", pool.gpus()}, {"speed", pool.speed}});
  }
  Json sites = Json::array();
  for (const auto& site : scenario.world.fleet.sites) {
    sites.push_back({{"name", site.name}, {"power_cap_kw", site.power_cap.in(units::kW)}});
  }
  Json variants = Json::array();
  for (const auto& v : scenario.world.service.variants) {
    variants.push_back({{"name", v.name},
                        {"bits", v.bits},
                        {"bytes_per_weight", v.bytes_per_weight},
                        {"relative_error", v.relative_error},
                        {"quality", v.quality}});
  }
  return {{"sites", sites}, {"pools", pools}, {"variants", variants}};
}

Json hours_json(const PolicyResult& policy) {
  Json demand = Json::array(), capacity = Json::array(), missed = Json::array(), energy = Json::array(), cost = Json::array();
  for (const auto& hour : policy.run.hours) {
    Joules drawn{};
    Dollars dollars = hour.capital;
    for (const auto& site : hour.sites) {
      drawn += site.facility;
      dollars += site.energy_cost;
    }
    demand.push_back(hour.demand);
    capacity.push_back(hour.capacity);
    missed.push_back(hour.missed);
    energy.push_back(drawn.in(units::kWh));
    cost.push_back(usd(dollars));
  }
  return {
      {"demand", demand}, {"capacity", capacity}, {"missed", missed}, {"facility_kwh", energy}, {"energy_and_capital_usd", cost}};
}

Json events_json(const PolicyResult& policy) {
  Json events = Json::array();
  for (const auto& e : policy.events) events.push_back({{"hour", e.hour}, {"saw", e.saw}, {"changed", e.changed}, {"why", e.why}});
  return events;
}

Json result_json(const Source& source, const Scenario& scenario, const WeekResult& result) {
  Json json{{"source",
             {{"data", source.name},
              {"scale", source.scale},
              {"seed", source.seed},
              {"quantile", source.quantile},
              {"gaps_repaired", source.repairs.gaps},
              {"missing_values", source.repairs.missing_values},
              {"values_filled", source.repairs.filled}}},
            {"first_hour", scenario.first},
            {"start", to_string(scenario.world.sites.front().price.time(scenario.first))},
            {"fleet", fleet_json(scenario)}};
  json["policies"] = Json::array();
  for (const auto& policy : result.policies) {
    Json entry = summary_json(result, policy);
    entry["hours"] = hours_json(policy);
    entry["events"] = events_json(policy);
    json["policies"].push_back(std::move(entry));
  }
  json["trade_offs"] = Json::array();
  for (const auto& t : result.trade_offs) {
    json["trade_offs"].push_back({{"carbon_price_usd_per_kg", t.carbon_price},
                                  {"quality_floor", t.quality_floor},
                                  {"usd", t.dollars},
                                  {"kg_co2", t.kilograms},
                                  {"quality", t.quality}});
  }
  json["settings"] = Json::array();
  for (const auto& s : result.settings) {
    json["settings"].push_back({{"family", s.family},
                                {"value", s.value},
                                {"bill_usd", usd(s.summary.bill())},
                                {"total_usd", usd(s.summary.total())},
                                {"missed_gpu_hours", s.summary.missed},
                                {"slo_missed_hours", s.summary.missed_hours},
                                {"carbon_kg", s.summary.carbon.in(units::kgCO2)}});
  }
  return json;
}

void write_file(const std::filesystem::path& path, const std::function<void(std::ostream&)>& write) {
  std::ofstream out{path, std::ios::binary};
  write(out);
  out.flush();
  if (!out) throw std::runtime_error(path.string() + ": cannot be written");
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + "\"";
}

void write_hours(std::ostream& out, const Scenario& scenario, const WeekResult& result) {
  out << "policy,hour,demand_gpus,capacity_gpus,missed_gpu_hours,training_gpu_hours,held_gpu_hours,busy_gpu_hours,queued";
  for (const auto& site : scenario.world.fleet.sites) {
    out << ',' << site.name << "_kwh," << site.name << "_cap_kw," << site.name << "_usd," << site.name << "_kg";
  }
  out << '\n';
  for (const auto& policy : result.policies) {
    for (const auto& h : policy.run.hours) {
      out << policy.name << ',' << h.hour << ',' << to_string(h.demand) << ',' << to_string(h.capacity) << ','
          << to_string(h.missed) << ',' << to_string(h.training_gpu_hours) << ',' << to_string(h.held_gpu_hours) << ','
          << to_string(h.busy_gpu_hours) << ',' << h.queued;
      for (const auto& s : h.sites) {
        out << ',' << to_string(s.facility.in(units::kWh)) << ',' << to_string(s.mean_cap.in(units::kW)) << ','
            << to_string(usd(s.energy_cost)) << ',' << to_string(s.carbon.in(units::kgCO2));
      }
      out << '\n';
    }
  }
}

void write_jobs(std::ostream& out, const Scenario& scenario, const WeekResult& result) {
  out << "policy,job,submit_s,start_s,finish_s,gpus,pool,restarts,late\n";
  for (const auto& policy : result.policies) {
    for (std::size_t j = 0; j < policy.run.end.next_arrival; ++j) {
      const auto& job = scenario.world.jobs[j];
      const auto& outcome = policy.run.end.outcomes[j];
      if (job.submit < static_cast<double>(scenario.first) * units::h) continue;
      out << policy.name << ',' << job.id << ',' << to_string(job.submit.base()) << ','
          << (outcome.started() ? to_string(outcome.first_start.base()) : "") << ','
          << (outcome.finished() ? to_string(outcome.finish.base()) : "") << ',' << job.gpus << ','
          << (outcome.pool == simulate::none ? "" : quoted(scenario.world.fleet.pools[outcome.pool].name)) << ','
          << outcome.restarts << ',' << ((outcome.finished() ? outcome.finish : policy.run.end.now) > job.deadline ? 1 : 0) << '\n';
    }
  }
}

void write_plans(std::ostream& out, const WeekResult& result) {
  out << "policy,hour,forecast_mean,forecast_p05,forecast_p95,level,planned_capacity,usd_per_reference_gpu_hour,lp_iterations,"
         "lp_residual,gangs,schedule_usd,fifo_usd,replanned\n";
  for (const auto& policy : result.policies) {
    for (const auto& r : policy.journal) {
      out << policy.name << ',' << r.hour << ',' << to_string(r.demand_mean) << ',' << to_string(r.demand_low) << ','
          << to_string(r.demand_high) << ',' << to_string(r.level) << ',' << to_string(r.capacity) << ','
          << to_string(r.served_price) << ',' << r.lp_iterations << ',' << to_string(r.lp_residual) << ',' << r.tasks << ','
          << to_string(r.schedule_cost) << ',' << to_string(r.list_cost) << ',' << (r.replanned ? 1 : 0) << '\n';
    }
  }
}

void write_events(std::ostream& out, const WeekResult& result) {
  out << "policy,hour,saw,changed,why\n";
  for (const auto& policy : result.policies) {
    for (const auto& e : policy.events) {
      out << policy.name << ',' << e.hour << ',' << quoted(e.saw) << ',' << quoted(e.changed) << ',' << quoted(e.why) << '\n';
    }
  }
}

/// The headline in Prometheus' text format, as a node exporter's textfile collector picks it up.
void write_metrics(std::ostream& out, const WeekResult& result) {
  monitor::Registry registry;
  for (const auto& policy : result.policies) {
    const auto& s = policy.summary;
    const monitor::Labels labels{{"policy", policy.name}};
    const auto set = [&](const char* name, const char* help, double value) {
      registry.set(registry.gauge(name, help, labels), value);
    };
    set("kilter_week_cost_dollars", "Bill and credits of the simulated week", usd(s.total()));
    set("kilter_week_energy_kilowatt_hours", "Energy drawn by the facilities", s.facility_energy.in(units::kWh));
    set("kilter_week_carbon_kilograms", "Carbon emitted", s.carbon.in(units::kgCO2));
    set("kilter_week_demand_missed_ratio", "Share of the demand that found no capacity", s.demand > 0 ? s.missed / s.demand : 0);
    set("kilter_week_wait_p95_seconds", "95 % quantile of the training jobs' wait", s.p95_wait.base());
    set("kilter_week_gpu_utilisation_ratio", "Busy GPUs over those switched on", s.utilisation);
  }
  monitor::write_prometheus(out, registry);
}

}  // namespace

double gap_to_oracle(const WeekResult& result, const PolicyResult& policy) {
  const double oracle = usd(result.policy("oracle").summary.total());
  return oracle > 0 ? 100 * (usd(policy.summary.total()) / oracle - 1) : 0;
}

void print_table(std::ostream& out, const WeekResult& result) {
  out << "policy      total USD   bill USD  credits USD      kWh   kg CO2  missed GPU-h  missed %  SLO hours  p95 wait h  late jobs"
         "  GPU use  re-plans  gap to oracle\n";
  for (const auto& policy : result.policies) {
    const auto& s = policy.summary;
    out << std::left << std::setw(10) << policy.name << std::right << std::setw(11) << fixed(usd(s.total()), 0) << std::setw(11)
        << fixed(usd(s.bill()), 0) << std::setw(13) << fixed(usd(s.credits), 0) << std::setw(9)
        << fixed(s.facility_energy.in(units::kWh), 0) << std::setw(9) << fixed(s.carbon.in(units::kgCO2), 0) << std::setw(14)
        << fixed(s.missed, 0) << std::setw(10) << fixed(s.demand > 0 ? 100 * s.missed / s.demand : 0, 2) << std::setw(11)
        << s.missed_hours << std::setw(12) << fixed(s.p95_wait.in(units::h), 2) << std::setw(11) << s.late << std::setw(8)
        << fixed(100 * s.utilisation, 0) << '%' << std::setw(10) << policy.replans << std::setw(14)
        << fixed(gap_to_oracle(result, policy), 1) << "%\n";
  }
}

void write_results(const std::filesystem::path& folder, const Source& source, const Scenario& scenario, const WeekResult& result) {
  write_file(folder / "result.json", [&](std::ostream& out) { out << result_json(source, scenario, result).dump(1) << '\n'; });
  write_file(folder / "hours.csv", [&](std::ostream& out) { write_hours(out, scenario, result); });
  write_file(folder / "jobs.csv", [&](std::ostream& out) { write_jobs(out, scenario, result); });
  write_file(folder / "plans.csv", [&](std::ostream& out) { write_plans(out, result); });
  write_file(folder / "metrics.prom", [&](std::ostream& out) { write_metrics(out, result); });
  write_file(folder / "events.csv", [&](std::ostream& out) { write_events(out, result); });
}

}  // namespace week
