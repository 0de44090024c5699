#include "report.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "kilter/core/text.hpp"
#include "kilter/monitor/report.hpp"

namespace week {

using namespace kilter;
using monitor::Better;

namespace {

double usd(Dollars d) { return d.in(units::usd); }

/// One value of each planned hour of a policy as a series in calendar time.
template <class Value>
Series hourly(const Scenario& scenario, const PolicyResult& policy, const Value& value) {
  Series out{scenario.world.sites.front().price.time(scenario.first), 1 * units::h, {}};
  for (const auto& hour : policy.run.hours) out.values.push_back(value(hour));
  return out;
}

Time moment(const Scenario& scenario, Seconds since_start) { return scenario.world.sites.front().price.start + since_start; }

template <class Chart>
void mark_surprises(Chart& chart, const Scenario& scenario) {
  const auto& surprises = scenario.world.surprises;
  for (const auto& e : surprises.racks) chart.mark(monitor::x_of(moment(scenario, e.start)), "rack fails");
  for (const auto& e : surprises.prices) chart.mark(monitor::x_of(moment(scenario, e.start)), "price spike");
  for (const auto& e : surprises.caps) chart.mark(monitor::x_of(moment(scenario, e.start)), "power cap cut");
}

double percent(double part, double whole) { return whole > 0 ? 100 * part / whole : 0; }

std::string change(double value, double against) {
  const double difference = percent(value - against, against);
  return (difference > 0 ? "+" : "") + fixed(difference, 1) + " % against reactive";
}

monitor::Tone tone(double value, double against) { return value <= against ? monitor::Tone::good : monitor::Tone::warn; }

/// What the figures say of the interval planner, whichever way they came out.
std::string verdict(const WeekResult& result) {
  const auto& interval = result.policy("interval").summary;
  const auto& reactive = result.policy("reactive").summary;
  const auto& fixed_peak = result.policy("static").summary;
  const auto word = [](double a, double b) { return a < b ? "less" : a > b ? "more" : "as much"; };
  return "The interval planner pays " +
         fixed(std::abs(percent(usd(interval.total() - reactive.total()), usd(reactive.total()))), 1) + " % " +
         word(usd(interval.total()), usd(reactive.total())) + " than reactive scaling and " +
         fixed(std::abs(percent(usd(interval.total() - fixed_peak.total()), usd(fixed_peak.total()))), 1) + " % " +
         word(usd(interval.total()), usd(fixed_peak.total())) +
         " than static provisioning, credits for missed demand included; its bill alone is " +
         fixed(std::abs(percent(usd(interval.bill() - reactive.bill()), usd(reactive.bill()))), 1) + " % " +
         word(usd(interval.bill()), usd(reactive.bill())) + " than reactive's. It misses " +
         fixed(percent(interval.missed, interval.demand), 2) + " % of the demand where reactive misses " +
         fixed(percent(reactive.missed, reactive.demand), 2) + " %. A planner that knew the future would have paid " +
         fixed(gap_to_oracle(result, result.policy("interval")) / (1 + gap_to_oracle(result, result.policy("interval")) / 100), 1) +
         " % less: that is the price of not knowing.";
}

void headline(monitor::Flow& flow, const WeekResult& result) {
  const auto& interval = result.policy("interval").summary;
  const auto& reactive = result.policy("reactive").summary;
  flow.facts({{"Total cost", "$ " + monitor::format_number(usd(interval.total()), 0),
               change(usd(interval.total()), usd(reactive.total())), tone(usd(interval.total()), usd(reactive.total()))},
              {"Demand missed", fixed(percent(interval.missed, interval.demand), 2) + " %",
               change(interval.missed, reactive.missed), tone(interval.missed, reactive.missed)},
              {"Carbon", fixed(interval.carbon.in(units::tCO2), 2) + " t", change(interval.carbon.base(), reactive.carbon.base()),
               tone(interval.carbon.base(), reactive.carbon.base())},
              {"Gap to the oracle", fixed(gap_to_oracle(result, result.policy("interval")), 1) + " %",
               "reactive: " + fixed(gap_to_oracle(result, result.policy("reactive")), 1) + " %", monitor::Tone::plain}});
  flow.paragraph(verdict(result));
  monitor::Table table{"The week under each policy",
                       {{"policy"},
                        {"total", "USD", 0, Better::low},
                        {"bill", "USD", 0},
                        {"energy", "kWh", 0, Better::low},
                        {"CO2", "kg", 0, Better::low},
                        {"missed", "%", 2, Better::low},
                        {"SLO", "h", 0, Better::low},
                        {"p95 wait", "h", 2, Better::low},
                        {"late", "", 0, Better::low},
                        {"use", "%", 0, Better::high},
                        {"re-plans", "", 0},
                        {"gap", "%", 1}}};
  for (const auto& p : result.policies) {
    const auto& s = p.summary;
    table.row({p.name, usd(s.total()), usd(s.bill()), s.facility_energy.in(units::kWh), s.carbon.in(units::kgCO2),
               percent(s.missed, s.demand), s.missed_hours, s.p95_wait.in(units::h), s.late, 100 * s.utilisation, p.replans,
               gap_to_oracle(result, p)});
    if (p.name == "interval") table.highlight(table.size() - 1);
  }
  table.note(
      "Bill: energy, depreciation of the GPUs held, a charge of 0.10 USD per kg CO2, and the training work still owed at the end. "
      "Total: the bill and credits of 4 USD for each reference GPU-hour of demand that found no capacity. Missed: share of the "
      "demand. SLO: hours in which over 1 % of the demand was missed. Wait: of training jobs, from submission to start. Late: jobs "
      "past their deadline. Use: busy GPUs over those switched on. Gap: how much more than the oracle's total.");
  flow.table(table);
  std::vector<std::string> descriptions;
  for (const auto& p : result.policies) descriptions.push_back(p.name + ": " + p.description + ".");
  flow.list(descriptions);
}

void settings(monitor::Flow& flow, const WeekResult& result) {
  monitor::Scatter chart{
      {.title = "What each policy pays for what it misses",
       .caption = "Each dot is the whole week under one setting: reactive scaling at target utilisations from 100 % to 30 %, "
                  "the interval planner at quantiles from 0.5 to 0.98. Lower left is better; the bill is without credits.",
       .x_label = "demand missed, %",
       .y_label = "bill, USD",
       .y_from_zero = false}};
  const auto add = [&](const simulate::Summary& s, const std::string& label, const std::string& group, bool chosen) {
    chart.point({.x = percent(s.missed, s.demand), .y = usd(s.bill()), .label = label, .group = group, .chosen = chosen});
  };
  for (const auto& s : result.settings) {
    add(s.summary, s.family == "reactive" ? fixed(100 * s.value, 0) + " %" : "q " + fixed(s.value, 2), s.family, false);
  }
  for (const auto& p : result.policies) {
    if (p.name != "static") add(p.summary, p.name, p.name, p.name == "interval");
  }
  chart.pareto(Better::low, Better::low);
  flow.chart(chart);
}

void components(monitor::Flow& flow, const WeekResult& result) {
  monitor::Table table{"What the total is made of, USD",
                       {{"policy"},
                        {"energy", "", 0},
                        {"GPUs", "", 0},
                        {"carbon charge", "", 0},
                        {"work still owed", "", 0},
                        {"credits", "", 0},
                        {"held", "GPU-h", 0},
                        {"training done", "ref. GPU-h", 0},
                        {"quality", "", 4}}};
  for (const auto& p : result.policies) {
    const auto& s = p.summary;
    table.row({p.name, usd(s.energy), usd(s.capital), usd(s.carbon_charge), usd(s.backlog), usd(s.credits), s.gpu_hours,
               s.training_work, s.quality});
  }
  flow.table(table);
}

void forecasts(monitor::Flow& flow, const Scenario& scenario, const WeekResult& result) {
  Series low, low2, high, high2, mean;
  for (Series* s : {&low, &low2, &high, &high2, &mean}) s->start = moment(scenario, static_cast<double>(scenario.first) * units::h);
  for (const auto& day : result.day_ahead) {
    for (std::size_t h = 0; h < 24; ++h) {
      low.values.push_back(day.demand.quantile(0.05, h));
      low2.values.push_back(day.demand.quantile(0.2, h));
      high2.values.push_back(day.demand.quantile(0.8, h));
      high.values.push_back(day.demand.quantile(0.95, h));
      mean.values.push_back(day.demand.mean[h]);
    }
  }
  const Series truth = hourly(scenario, result.policy("interval"), [](const auto& h) { return h.demand; });
  std::size_t inside = 0;
  for (std::size_t i = 0; i < truth.size(); ++i) inside += truth[i] >= low[i] && truth[i] <= high[i] ? 1U : 0U;
  monitor::LineChart chart{
      {.title = "Demand: the forecast made at each midnight, and what came",
       .caption = "Bands hold 60 % and 90 % of what the forecast thought possible; " +
                  fixed(percent(static_cast<double>(inside), static_cast<double>(truth.size())), 0) +
                  " % of the hours came inside the wider one. The loop forecasts anew each hour; shown are the forecasts "
                  "a day ahead, the hardest.",
       .y_label = "busy reference GPUs"}};
  chart.band("90 %", low, high).band("60 %", low2, high2).line("forecast", mean).line("came", truth);
  flow.chart(chart);
}

/// What the service would get if it had every GPU, each with its fastest variant.
double fleet_limit(const simulate::World& world) {
  double total = 0;
  for (std::size_t p = 0; p < world.fleet.pools.size(); ++p) {
    double fastest = 0;
    for (const auto& option : world.options) fastest = option.pool == p ? std::max(fastest, option.speed) : fastest;
    total += fastest * world.fleet.pools[p].gpus();
  }
  return total;
}

void capacity(monitor::Flow& flow, const Scenario& scenario, const WeekResult& result) {
  const auto capacity_of = [&](const char* name) {
    return hourly(scenario, result.policy(name), [](const auto& h) { return h.capacity; });
  };
  monitor::LineChart chart{
      {.title = "Capacity held for the service against its demand",
       .caption =
           "The planner's capacity rises before the demand does; reactive scaling follows an hour behind. The dashed line is "
           "what the whole fleet could serve; what is below it and not held trains or is switched off.",
       .y_label = "reference GPUs"}};
  chart.line("interval planner", capacity_of("interval"), {.step = true})
      .line("reactive", capacity_of("reactive"), {.step = true, .dashed = true})
      .line("demand", hourly(scenario, result.policy("interval"), [](const auto& h) { return h.demand; }), {.step = true});
  chart.level(fleet_limit(scenario.world), "all of the fleet");
  mark_surprises(chart, scenario);
  flow.chart(chart);
}

void power(monitor::Flow& flow, const Scenario& scenario, const WeekResult& result) {
  monitor::StackedArea chart{
      {.title = "Power drawn by site under the cap, interval planner",
       .caption = "Whole facilities, cooling and losses included. The cap line is the sum of the sites' caps.",
       .y_label = "kW"}};
  const auto& policy = result.policy("interval");
  for (std::size_t s = 0; s < scenario.world.fleet.sites.size(); ++s) {
    chart.layer(scenario.world.fleet.sites[s].name,
                hourly(scenario, policy, [s](const auto& h) { return h.sites[s].facility.in(units::kWh); }));
  }
  chart.cap("cap", hourly(scenario, policy, [](const auto& h) {
              double cap = 0;
              for (const auto& site : h.sites) cap += site.mean_cap.in(units::kW);
              return cap;
            }));
  mark_surprises(chart, scenario);
  flow.chart(chart);
}

void gangs(monitor::Flow& flow, const Scenario& scenario, const WeekResult& result) {
  const auto& world = scenario.world;
  const auto& run = result.policy("interval").run;
  const Seconds begin = static_cast<double>(scenario.first) * units::h;
  constexpr int smallest = 4;
  monitor::Gantt chart{
      {.title = "Training gangs of " + std::to_string(smallest) + " GPUs or more, interval planner",
       .caption = "One bar a gang, as high as its GPUs; a marked end is a gang that a failing rack stopped and that started "
                  "again from its checkpoint. Point at a bar for its story.",
       .y_label = "GPUs by pool",
       .x_scale = monitor::XScale::time}};
  for (const auto& pool : world.fleet.pools) chart.lane(pool.name, static_cast<std::size_t>(pool.gpus()));
  const auto add = [&](std::size_t j, std::size_t pool, Seconds start, Seconds end, bool killed) {
    const auto& job = world.jobs[j];
    if (job.gpus < smallest || end <= begin || (end - std::max(start, begin)) < 600 * units::s) return;
    const Seconds wait = run.end.outcomes[j].first_start - job.submit;
    chart.bar({.lane = pool,
               .start = monitor::x_of(moment(scenario, std::max(start, begin))),
               .end = monitor::x_of(moment(scenario, end)),
               .units = static_cast<std::size_t>(job.gpus),
               .group = job.gpus >= 16  ? "16 GPUs and more"
                        : job.gpus >= 8 ? "8 to 15 GPUs"
                                        : "4 to 7 GPUs",
               .tooltip = "job " + std::to_string(job.id) + ": " + std::to_string(job.gpus) + " GPUs, waited " +
                          fixed(wait.in(units::h), 1) + " h, " + fixed((end - start).in(units::h), 1) + " h on " +
                          world.fleet.pools[pool].name + (killed ? ", stopped by a failure" : ""),
               .interrupted = killed});
  };
  for (const auto& stay : run.end.stays) add(stay.job, stay.pool, stay.start, stay.end, stay.killed);
  for (const auto& r : run.end.running) add(r.job, r.pool, r.started, run.end.now, false);
  for (const auto& failure : world.surprises.racks) {
    chart.event(
        {.at = monitor::x_of(moment(scenario, failure.start)), .label = "rack fails", .lane = failure.pool, .failure = true});
  }
  flow.chart(chart);
}

void trade_off(monitor::Flow& flow, const WeekResult& result) {
  monitor::Scatter chart{
      {.title = "Cost, carbon and quality of the service's first day",
       .caption =
           "The day's capacity plan solved for three quality floors (what the second-best variant gives, halfway, the best) and "
           "carbon prices from 0 to 1 USD/kg, which the labels tell. Dollars are energy and GPUs, without any carbon charge.",
       .x_label = "energy and GPUs, USD",
       .y_label = "kg CO2",
       .y_from_zero = false}};
  for (const auto& t : result.trade_offs) {
    chart.point({.x = t.dollars,
                 .y = t.kilograms,
                 .label = fixed(t.carbon_price, 1) + " USD/kg",
                 .group = "quality at least " + fixed(t.quality_floor, 4)});
  }
  chart.pareto(Better::low, Better::low);
  flow.chart(chart);
}

void shadow_prices(monitor::Flow& flow, const Scenario& scenario, const WeekResult& result) {
  const auto& policy = result.policy("interval");
  const auto series = [&](const auto& value) {
    Series out{moment(scenario, static_cast<double>(scenario.first) * units::h), 1 * units::h, {}};
    for (const auto& r : policy.journal) out.values.push_back(value(r));
    return out;
  };
  monitor::LineChart capacity_price{
      {.title = "What one more reference GPU of capacity would have cost in each hour",
       .caption = "The dual value of the plan's demand row. Where it stands high, capacity was dear or scarce.",
       .y_label = "USD per GPU-hour"}};
  capacity_price.line("capacity", series([](const auto& r) { return r.served_price; }), {.step = true});
  mark_surprises(capacity_price, scenario);
  flow.chart(capacity_price);
  monitor::LineChart power_price{
      {.title = "What one more kilowatt under each power cap would have saved",
       .caption = "Zero where the cap does not bind. A site with a high line is where a larger connection would pay.",
       .y_label = "USD per kWh"}};
  for (std::size_t s = 0; s < scenario.world.fleet.sites.size(); ++s) {
    power_price.line(scenario.world.fleet.sites[s].name, series([s](const auto& r) { return r.power_price[s]; }), {.step = true});
  }
  mark_surprises(power_price, scenario);
  flow.chart(power_price);
}

void log(monitor::Flow& flow, const Scenario& scenario, const PolicyResult& policy) {
  std::vector<monitor::LogEntry> entries;
  for (const auto& e : policy.events) {
    const std::string when = to_string(moment(scenario, static_cast<double>(e.hour) * units::h));
    const bool moved = e.changed.rfind("nothing", 0) != 0;
    entries.push_back({when.substr(5, 5) + " " + when.substr(11, 5), "Saw: " + e.saw + ".",
                       "Changed: " + e.changed + ". Why: " + e.why + ".", moved ? monitor::Tone::warn : monitor::Tone::plain});
  }
  if (entries.empty()) flow.paragraph("Nothing came that the forecasts had not thought possible.");
  flow.timeline(entries);
}

void serving(monitor::Flow& flow, const Scenario& scenario) {
  const auto& world = scenario.world;
  monitor::Table variants{"Model variants, as measured by kilter's own quantiser on its reference network",
                          {{"variant"},
                           {"bytes per weight", "", 3},
                           {"model", "GiB", 1},
                           {"relative weight error", "", 4},
                           {"quality", "agreement", 4},
                           {"speed-up at batch 1", "", 2},
                           {"speed-up at batch 8", "", 2}}};
  for (const auto& v : world.service.variants) {
    variants.row({v.name, v.bytes_per_weight, world.service.parameters * v.bytes_per_weight / (1 << 30), v.relative_error,
                  v.quality, compress::speedup(v, 1), compress::speedup(v, 8)});
  }
  variants.note("Speed-ups are published figures for FP8 and INT4-AWQ on an H200 (ModelOpt); the rest is measured.");
  flow.table(variants);
  monitor::Table pools{"The fleet, sized from the history, and what one GPU of each pool serves at full power",
                       {{"pool"},
                        {"GPUs", "", 0},
                        {"variant"},
                        {"batch", "", 0},
                        {"speed", "reference GPUs", 2},
                        {"power", "W", 0},
                        {"energy", "J per reference GPU-second", 0}}};
  for (const auto& o : world.options) {
    if (o.level != 0) continue;
    const auto& pool = world.fleet.pools[o.pool];
    const double watts = cluster::gpu_power(pool.type, o.cap, 1).in(units::W);
    pools.row({pool.name, pool.gpus(), world.service.variants[o.variant].name, o.batch, o.speed, watts, watts / o.speed});
  }
  flow.table(pools);
}

void assumptions(monitor::Flow& flow, const Source& source, const Scenario& scenario) {
  const auto& surprises = scenario.world.surprises;
  flow.list(
      {"A reference GPU is an A100-80GB running the fp16 model; demand is counted in them.",
       "The fleet holds 1.25 times the history's peak demand (" + fixed(scenario.history_peak, 0) +
           " reference GPUs) plus the 95 % quantile of its busy training GPUs (" + fixed(scenario.history_training, 0) +
           "); sites may draw a share of what all of it could draw at once.",
       "Every policy decides once an hour from what was measured before it, and starts from the same state: the history played "
       "under "
       "reactive scaling.",
       "A job's limit is the next step of a usual ladder above its length; planners see limits, not lengths. Its deadline is half "
       "of "
       "its limit, plus 12 hours by default, after the earliest possible end at its limit.",
       "Planners are told nothing of the surprises: a rack fails for " + fixed(surprises.racks.front().duration.in(units::h), 0) +
           " h, a price is " + fixed(surprises.prices.front().factor, 0) + " times its own for " +
           fixed(surprises.prices.front().duration.in(units::h), 0) + " h, a power cap falls to " +
           fixed(100 * surprises.caps.front().fraction, 0) + " % for " + fixed(surprises.caps.front().duration.in(units::h), 0) +
           " h.",
       "All policies serve with variants whose mean quality meets the floor; those without a planner run the fastest such variant.",
       "The oracle is the same planner with perfect forecasts for 24 hours, no proof of an optimum.",
       "Input: " + source.name + ", demand × " + to_string(source.scale) + ", seed " + std::to_string(source.seed) + ", " +
           std::to_string(source.repairs.filled) + " values repaired."});
}

}  // namespace

void write_report(const std::filesystem::path& file, const Source& source, const Scenario& scenario, const WeekResult& result) {
  const Time start = moment(scenario, static_cast<double>(scenario.first) * units::h);
  monitor::Page page{"A week in the life of an AI data centre",
                     std::to_string(scenario.world.fleet.gpus()) + " GPUs at " + std::to_string(scenario.world.fleet.sites.size()) +
                         " sites, seven days from " + to_string(start).substr(0, 10) + ", planned hour by hour"};
  headline(page.intro(), result);
  auto& money = page.section("Where the money goes");
  settings(money, result);
  components(money, result);
  forecasts(page.section("What was forecast"), scenario, result);
  auto& done = page.section("What was planned and done");
  capacity(done, scenario, result);
  power(done, scenario, result);
  gangs(done, scenario, result);
  trade_off(page.section("Cost, carbon, quality"), result);
  shadow_prices(page.section("What limits were worth"), scenario, result);
  log(page.section("What the loop saw and changed"), scenario, result.policy("interval"));
  serving(page.section("The service and the fleet"), scenario);
  assumptions(page.section("What this rests on"), source, scenario);
  page.footer("Made by kilter's example week from " + source.name + ", seed " + std::to_string(source.seed) +
              ". The same numbers are in result.json and the CSV files beside this page.");
  std::ofstream out{file, std::ios::binary};
  page.write(out);
  out.flush();
  if (!out) throw std::runtime_error(file.string() + ": cannot be written");
}

}  // namespace week
