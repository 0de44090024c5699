#include <sstream>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "kilter/core/rng.hpp"
#include "kilter/monitor/drift.hpp"
#include "kilter/monitor/metrics.hpp"
#include "kilter/monitor/report.hpp"
#include "kilter/monitor/slo.hpp"

namespace {

using namespace kilter;
using namespace kilter::monitor;

std::vector<double> normals(std::size_t n) {
  Rng rng{1};
  std::vector<double> out(n);
  for (double& v : out) v = rng.normal();
  return out;
}

void counter_add(benchmark::State& state) {
  Registry registry;
  const auto counter = registry.counter("c", "help", {{"pool", "h100"}});
  for (auto _ : state) registry.add(counter);
  benchmark::DoNotOptimize(registry.value(counter));
}
BENCHMARK(counter_add);

void histogram_observe(benchmark::State& state) {
  Registry registry;
  const auto histogram = registry.histogram("h", "help", exponential_buckets(0.001, 2, 20));
  const auto values = normals(1024);
  std::size_t i = 0;
  for (auto _ : state) registry.observe(histogram, values[i++ % 1024]);
  benchmark::DoNotOptimize(registry.sum(histogram));
}
BENCHMARK(histogram_observe);

void exposition(benchmark::State& state) {
  Registry registry;
  for (int i = 0; i < state.range(0); ++i) registry.set(registry.gauge("g", "help", {{"node", std::to_string(i)}}), i * 0.1);
  for (auto _ : state) {
    std::ostringstream out;
    write_prometheus(out, registry);
    benchmark::DoNotOptimize(out.str().size());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(exposition)->Arg(1000)->Arg(10000);

template <class D>
void detector_add(benchmark::State& state) {
  const auto values = normals(1024);
  D detector;
  std::size_t i = 0;
  for (auto _ : state) {
    if (detector.add(values[i++ % 1024])) detector.reset();
  }
}
BENCHMARK_TEMPLATE(detector_add, PageHinkley);
BENCHMARK_TEMPLATE(detector_add, Cusum);
BENCHMARK_TEMPLATE(detector_add, CoverageMonitor);

void slo_state(benchmark::State& state) {
  SloMonitor slo;
  for (int i = 0; i < 8064; ++i) slo.add(Time{i * 300}, 99, 100);
  for (auto _ : state) benchmark::DoNotOptimize(slo.state().burn_rate);
}
BENCHMARK(slo_state);

void line_chart(benchmark::State& state) {
  auto y = normals(static_cast<std::size_t>(state.range(0)));
  std::vector<double> x(y.size());
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<double>(i);
  const LineChart chart = LineChart{{.title = "t", .y_label = "y"}}.line("a", x, y);
  for (auto _ : state) benchmark::DoNotOptimize(chart.svg().size());
}
BENCHMARK(line_chart)->Arg(168)->Arg(100000)->Unit(benchmark::kMicrosecond);

void gantt(benchmark::State& state) {
  Gantt chart{{.title = "t"}};
  chart.lane("pool", 512);
  Rng rng{2};
  for (int i = 0; i < state.range(0); ++i) {
    const double start = rng.uniform(0, 6e5);
    chart.bar({.start = start, .end = start + 3600, .units = 1 + rng.index(8), .group = "g", .tooltip = "job"});
  }
  for (auto _ : state) benchmark::DoNotOptimize(chart.svg().size());
}
BENCHMARK(gantt)->Arg(1000)->Arg(10000)->Unit(benchmark::kMillisecond);

}  // namespace
