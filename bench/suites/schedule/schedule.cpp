/// schedule: job shops, flexible job shops, projects and pipeline steps in benchmark files, scheduled and checked against what is
/// best known. `--help` says how.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>

#include "../common.hpp"
#include "instances.hpp"
#include "kilter/core/executor.hpp"
#include "kilter/core/status.hpp"
#include "kilter/schedule/pipeline_baseline.hpp"
#include "kilter/schedule/pipeline_scheduler.hpp"
#include "kilter/schedule/pipeline_validate.hpp"
#include "kilter/schedule/project_scheduler.hpp"
#include "kilter/schedule/shop_search.hpp"
#include "pipeline_instances.hpp"
#include "report.hpp"

namespace {

using namespace kilter;

struct Arguments {
  std::vector<std::string> files, best;
  std::string format, seeds = "1", out;
  bench::Choice choice;
  double seconds = 60;
  std::size_t iterations = 0;
  unsigned threads = std::max(1U, std::thread::hardware_concurrency());
  bool stop_at_bound = false;
};

void describe(CLI::App& app, Arguments& a) {
  app.add_option("FILE", a.files, "Files of one instance, or of many, each begun by a line `instance NAME`")->required();
  app.add_option("--format", a.format,
                 "What they hold: job shops, flexible job shops, projects, projects with modes, pipeline steps")
      ->check(CLI::IsMember({"jsp", "fjsp", "rcpsp", "mrcpsp", "pipeline"}))
      ->required();
  app.add_option("--best", a.best,
                 "CSV of what is best known, with columns name, best_known_lb, best_known_ub; several times for several")
      ->allow_extra_args(false);
  app.add_option("--seconds", a.seconds, "Time limit of each instance; 0: none, with --iterations")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--iterations", a.iterations, "Limit of the search's iterations for each instance; 0: none")
      ->capture_default_str();
  app.add_option("--seed,--seeds", a.seeds, "Seeds, as 3, 1-3 or 1,5-7: a row for each")->capture_default_str();
  app.add_option("--threads", a.threads, "Threads of each search")->check(CLI::Range(1, 1024))->capture_default_str();
  app.add_option("--only", a.choice.only, "Only the instances of these names, with commas between")
      ->delimiter(',')
      ->allow_extra_args(false);
  app.add_option("--every", a.choice.every, "Of the instances only every so-many-th, beginning with the first")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  app.add_flag("--stop-at-bound", a.stop_at_bound,
               "End an instance when its best known lower bound is reached: nothing better exists");
  app.add_option("--out", a.out, "Write the rows to this CSV file instead of the output");
  app.footer(
      "Of a pipeline that is in no table the best known is the shortest of GPipe, 1F1B, interleaved and zero-bubble that fits. "
      "Seconds are wall seconds. Ends with 1 when a schedule is not valid, is missing, or contradicts what is known.");
}

bool has_schedule(const schedule::ShopSchedule&) { return true; }
bool has_schedule(const schedule::ProjectSchedule& found) { return found.reason.empty(); }
bool has_schedule(const schedule::PipelineSchedule& found) { return found.reason.empty(); }

template <class Instance>
bench::BestKnown best_known(const Instance& instance, const bench::BestTable& table) {
  return table.find(instance.name);
}
/// Of a pipeline that is in no table the shortest known schedule that fits its memory: GPipe, 1F1B, interleaved, zero-bubble.
bench::BestKnown best_known(const schedule::Pipeline& pipeline, const bench::BestTable& table) {
  bench::BestKnown known = table.find(pipeline.name);
  if (!std::isnan(known.upper)) return known;
  for (const schedule::PipelineRule rule : schedule::pipeline_rules) {
    if (!inapplicable(pipeline, rule).empty()) continue;
    const schedule::PipelineSchedule step = baseline(pipeline, rule);
    if (fits(pipeline, step)) known.upper = std::fmin(known.upper, static_cast<double>(step.makespan));
  }
  return known;
}

/// Nothing, or what speaks against a schedule: what `validate` says, and what cannot be if the best known values are right.
template <class Instance, class Schedule>
std::string what_is_wrong(const Instance& instance, const Schedule& found, const bench::BestKnown& known, bench::Row& row) {
  const std::vector<std::string> faults = validate(instance, found);
  row.valid = !faults.empty() ? "no" : has_schedule(found) ? "yes" : "none";
  if (!faults.empty()) return "not valid: " + faults.front();
  if (row.valid == "none") return std::isnan(known.upper) ? "" : "no schedule, but one is known";
  if (row.objective < known.lower) return "shorter than the known bound of " + to_string(known.lower);
  if (row.bound > known.upper) return "its bound contradicts the known schedule of " + to_string(known.upper);
  return "";
}

template <class Scheduler, class Options, class Instance>
bench::Row run_one(const Arguments& a, const Instance& instance, const bench::BestKnown& known, std::uint64_t seed) {
  Options options;
  if (a.seconds > 0) options.budget.time_limit = Duration{a.seconds};
  options.seed = seed;
  options.iterations = a.iterations;
  if (a.stop_at_bound && !std::isnan(known.lower)) options.target = static_cast<schedule::Time>(known.lower);
  const auto begin = std::chrono::steady_clock::now();
  const auto found = Scheduler{options}.schedule(instance, {}, Threads{a.threads});
  bench::Row row;
  row.name = instance.name;
  row.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  row.iterations = found.iterations;
  row.seconds_to_best = found.seconds_to_best;
  row.status = name(found.status);
  row.seed = seed;
  row.best_known = known.upper;
  if (has_schedule(found)) {
    row.objective = static_cast<double>(found.makespan);
    row.bound = static_cast<double>(found.bound);
    row.gap_percent = bench::gap_percent(row.objective, known.upper);
  }
  row.wrong = what_is_wrong(instance, found, known, row);
  return row;
}

template <class Scheduler, class Options, class Read>
int run_set(const Arguments& a, Read read) {
  bench::BestTable best;
  for (const std::string& file : a.best) best.read(file);
  const auto seeds = bench::parse_seeds(a.seeds);
  const auto instances = bench::read_chosen(a.files, a.choice, read);
  bench::Sink sink(a.out);
  bench::write_header(sink.stream());
  std::vector<bench::Row> rows;
  for (const auto& instance : instances) {
    for (const std::uint64_t seed : seeds) {
      rows.push_back(run_one<Scheduler, Options>(a, instance, best_known(instance, best), seed));
      bench::write_row(sink.stream(), rows.back());
      if (!rows.back().wrong.empty()) std::cerr << "schedule: " << instance.name << ": " << rows.back().wrong << '\n';
    }
  }
  bench::write_summary(std::cout, rows);
  return std::all_of(rows.begin(), rows.end(), [](const bench::Row& row) { return row.wrong.empty(); }) ? 0 : 1;
}

int run(const Arguments& a) {
  using namespace kilter::schedule;
  if (a.seconds == 0 && a.iterations == 0) throw std::invalid_argument("--seconds 0 needs --iterations: the search would not end");
  if (a.format == "jsp") return run_set<ShopScheduler, ShopOptions>(a, read_job_shop);
  if (a.format == "fjsp") return run_set<ShopScheduler, ShopOptions>(a, read_flexible_job_shop);
  if (a.format == "rcpsp") return run_set<ProjectScheduler, ProjectOptions>(a, bench::read_single_mode);
  if (a.format == "mrcpsp") return run_set<ProjectScheduler, ProjectOptions>(a, bench::read_modes);
  return run_set<PipelineScheduler, PipelineOptions>(a, bench::read_pipeline);
}

}  // namespace

int main(int argc, char** argv) {
  return kilter::bench::run_program<Arguments>("schedule", "Benchmark sets of scheduling: searched, timed, checked", argc, argv,
                                               describe, run);
}
