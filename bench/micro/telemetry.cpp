#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "kilter/telemetry/csv.hpp"
#include "kilter/telemetry/jobs_csv.hpp"
#include "kilter/telemetry/resample.hpp"
#include "kilter/telemetry/series_csv.hpp"
#include "kilter/telemetry/synthetic.hpp"

namespace {

using namespace kilter;
using namespace kilter::telemetry;

/// Eight columns of measurements, one row a minute, a month long: about 4 MB.
std::string series_text() {
  Rng rng(1);
  SeriesTable table;
  for (int c = 0; c < 8; ++c) {
    table.names.push_back("series " + std::to_string(c));
    table.columns.push_back({Time{1731974400}, units::min, std::vector<double>(30 * 1440)});
    for (double& v : table.columns.back().values) v = static_cast<double>(rng.index(1'000'000)) / 100;
  }
  std::ostringstream out;
  write_series_csv(out, table);
  return out.str();
}

std::string jobs_text() {
  std::ostringstream out;
  write_jobs_csv(out, synthetic_workload({.days = 60, .sites = {}}).jobs);
  return out.str();
}

void set_bytes(benchmark::State& state, const std::string& text) {
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(text.size()));
}

void csv_cells(benchmark::State& state) {
  const std::string text = series_text();
  for (auto _ : state) {
    std::istringstream in(text);
    CsvReader csv(in, "bench");
    std::size_t bytes = 0;
    while (csv.next()) bytes += csv[1].size();
    benchmark::DoNotOptimize(bytes);
  }
  set_bytes(state, text);
}
BENCHMARK(csv_cells)->Unit(benchmark::kMillisecond);

void csv_series(benchmark::State& state) {
  const std::string text = series_text();
  for (auto _ : state) {
    std::istringstream in(text);
    benchmark::DoNotOptimize(read_series_csv(in, "bench"));
  }
  set_bytes(state, text);
}
BENCHMARK(csv_series)->Unit(benchmark::kMillisecond);

void csv_jobs(benchmark::State& state) {
  const std::string text = jobs_text();
  for (auto _ : state) {
    std::istringstream in(text);
    benchmark::DoNotOptimize(read_jobs_csv(in, "bench"));
  }
  set_bytes(state, text);
}
BENCHMARK(csv_jobs)->Unit(benchmark::kMillisecond);

void fill_seasonal_gaps(benchmark::State& state) {
  Rng rng(2);
  Series series{{}, units::min, std::vector<double>(30 * 1440)};
  for (double& v : series.values) v = rng.bernoulli(0.1) ? missing : rng.uniform();
  for (auto _ : state) benchmark::DoNotOptimize(fill_gaps(series, GapFill::seasonal, 1440));
}
BENCHMARK(fill_seasonal_gaps)->Unit(benchmark::kMicrosecond);

/// The 19 days of the default, at its demand and at a thousand times that.
void synthetic_week(benchmark::State& state) {
  const SyntheticOptions options{.busy_gpus = static_cast<double>(state.range(0))};
  for (auto _ : state) benchmark::DoNotOptimize(synthetic_workload(options));
}
BENCHMARK(synthetic_week)->Arg(90)->Arg(90'000)->Unit(benchmark::kMillisecond);

}  // namespace
