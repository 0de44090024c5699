/// forecast: whole benchmark sets of series, scored; the likelihood references; NIST's regressions. `--help` says how.

#include <chrono>
#include <iostream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "../common.hpp"
#include "evaluate.hpp"
#include "golden.hpp"
#include "models.hpp"
#include "nist.hpp"
#include "readers.hpp"

namespace {

using namespace kilter;

struct Arguments {
  std::string train, test, ids, out, golden, failures, series, nist;
  std::vector<std::string> models{"auto_arima,naive2"};
  std::size_t season = 0, horizon = 0, limit = 0;
  unsigned threads = 1;
};

void describe(CLI::App& app, Arguments& a) {
  app.add_option("--train", a.train, "Training series in M4's or M3's layout, one a line");
  app.add_option("--test", a.test, "Their continuations");
  app.add_option("--season", a.season, "Seasonal period in steps; 1 for none")->check(CLI::Range(1, 1000000));
  app.add_option("--horizon", a.horizon, "Steps to forecast")->check(CLI::Range(1, 1000000));
  app.add_option(
         "--model", a.models,
         "auto_arima, arima:(p,d,q)(P,D,Q), seasonal_naive, naive, naive2, drift, mean, seasonal_least_squares, best; several "
         "with commas between")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->capture_default_str();
  app.add_option("--ids", a.ids, "Only the series named in this file, one a line");
  app.add_option("--limit", a.limit, "Only the first so many series");
  app.add_option("--threads", a.threads, "Series at a time; the forecasts do not depend on it")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  app.add_option("--out", a.out, "Write the rows to this CSV file instead of the output");
  app.add_option("--golden", a.golden, "Compare with R's fits in this file; arima_coefs.csv and arima_forecasts.csv lie beside it");
  app.add_option("--failures", a.failures, "Fit the models of this file, at which R fails");
  app.add_option("--series", a.series, "The folder of the series that --golden and --failures name");
  app.add_option("--nist", a.nist, "The folder of NIST's regressions and their certified.csv");
}

std::vector<bench::Task> read_tasks(const Arguments& a) {
  std::size_t unknown = 0;
  const auto ids = a.ids.empty() ? std::vector<std::string>{} : bench::read_ids(a.ids);
  auto tasks = bench::pair_up(bench::read_series(a.train), bench::read_series(a.test), a.horizon, ids, a.test, unknown);
  if (unknown > 0) std::cerr << "forecast: " << unknown << " names of " << a.ids << " are not in " << a.train << '\n';
  if (a.limit > 0 && tasks.size() > a.limit) tasks.resize(a.limit);
  if (tasks.empty()) throw ParseError({a.train, 0, 0}, "none of the series asked for is in it");
  return tasks;
}

std::vector<bench::AnyModel> read_models(const Arguments& a) {
  std::vector<bench::AnyModel> out;
  for (const std::string& list : a.models) {
    for (const std::string& name : bench::split_names(list)) out.push_back(bench::make_model(name, a.season, a.horizon));
  }
  return out;
}

void run_set(const Arguments& a) {
  const auto begin = std::chrono::steady_clock::now();
  const auto models = read_models(a);
  const auto tasks = read_tasks(a);
  bench::Sink rows(a.out);
  const auto scores = bench::evaluate(models, tasks, a.season, a.threads);
  const auto naive2 = bench::evaluate({bench::make_model("naive2", a.season, a.horizon)}, tasks, a.season, 1);
  bench::write_rows(rows.stream(), scores);
  std::vector<bench::Summary> table;
  for (std::size_t m = 0; m < models.size(); ++m) {
    table.push_back(bench::summarise(models[m].name, std::span{scores}.subspan(m * tasks.size(), tasks.size()), naive2));
  }
  bench::write_summary(std::cout, table);
  const double wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  std::cout << "wall " << fixed(wall, 2) << " s at " << a.threads << " threads, peak memory " << fixed(bench::peak_memory(), 0)
            << " MiB\n";
}

int run(const Arguments& a) {
  const bool reference = !a.golden.empty() || !a.failures.empty();
  if (reference && a.series.empty()) throw std::invalid_argument("--series is needed with --golden and --failures");
  if (!a.golden.empty()) bench::run_golden(std::cout, bench::Sink(a.out).stream(), a.golden, a.series);
  if (!a.failures.empty()) bench::run_failures(std::cout, bench::Sink(a.out).stream(), a.failures, a.series);
  if (!a.nist.empty()) bench::write_nist(std::cout, a.nist);
  if (reference || !a.nist.empty()) return 0;
  if (a.train.empty() || a.test.empty() || a.season == 0 || a.horizon == 0) {
    throw std::invalid_argument("--train, --test, --season and --horizon are needed (or --golden, --failures, --nist)");
  }
  run_set(a);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return kilter::bench::run_program<Arguments>("forecast", "Benchmark sets of series: forecasts, their scores and what they cost",
                                               argc, argv, describe, run);
}
