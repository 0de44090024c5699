/// Power, facility and bill evaluations per second.
#include <vector>

#include <benchmark/benchmark.h>

#include "kilter/core/rng.hpp"
#include "kilter/energy/cost.hpp"
#include "kilter/energy/facility.hpp"
#include "kilter/energy/power.hpp"

using namespace kilter;
using namespace kilter::energy;

namespace {

Series random_series(Time start, Seconds step, std::size_t n, double low, double high) {
  Rng rng{n};
  Series s{start, step, {}};
  for (std::size_t i = 0; i < n; ++i) s.values.push_back(rng.uniform(low, high));
  return s;
}

template <PowerModel M>
void evaluate(benchmark::State& state, const M& model) {
  const Series u = random_series({}, units::h, 1024, 0, 1);
  for (auto _ : state) {
    Watts sum{};
    for (const double x : u.values) sum += model.power(x);
    benchmark::DoNotOptimize(sum);
  }
  state.SetItemsProcessed(state.iterations() * 1024);
}

void linear_power(benchmark::State& state) { evaluate(state, LinearPower{100 * units::W, 400 * units::W}); }
void fan_power(benchmark::State& state) { evaluate(state, FanPower{100 * units::W, 400 * units::W}); }
void curve_power(benchmark::State& state) { evaluate(state, CurvePower{linearise(FanPower{100 * units::W, 400 * units::W}, 10)}); }

void power_caps(benchmark::State& state) {
  const Series caps = random_series({}, units::h, 1024, 0.5, 1);
  for (auto _ : state) {
    double sum = 0;
    for (const double x : caps.values) sum += power_cap_speed(x);
    benchmark::DoNotOptimize(sum);
  }
  state.SetItemsProcessed(state.iterations() * 1024);
}

void facility(benchmark::State& state) {
  const Facility hall{.fixed = 100 * units::kW};
  const Series celsius = random_series({}, units::h, 1024, -10, 40);
  for (auto _ : state) {
    Watts sum{};
    for (const double c : celsius.values) sum += facility_power(hall, 1 * units::MW, c);
    benchmark::DoNotOptimize(sum);
  }
  state.SetItemsProcessed(state.iterations() * 1024);
}

/// A year of power at `state.range(0)` seconds a step against hourly prices and half-hourly carbon.
void year_bill(benchmark::State& state) {
  const Seconds step{static_cast<double>(state.range(0))};
  const auto n = static_cast<std::size_t>(365 * units::day / step);
  const Series power = random_series({}, step, n, 1e5, 1e6);
  const Tariff tariff = Tariff::spot(random_series({}, units::h, 8760, -50, 300));
  const CarbonSignal carbon{random_series({}, 30 * units::min, 17520, 0, 600)};
  for (auto _ : state) benchmark::DoNotOptimize(accumulate(power, tariff, carbon));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(n));
}

BENCHMARK(linear_power);
BENCHMARK(fan_power);
BENCHMARK(curve_power);
BENCHMARK(power_caps);
BENCHMARK(facility);
BENCHMARK(year_bill)->Arg(3600)->Arg(300)->Unit(benchmark::kMicrosecond);

}  // namespace
