/// Weights per second quantised and dequantised, halves converted, and a whole profile.
#include <benchmark/benchmark.h>

#include "kilter/compress/profile.hpp"
#include "kilter/compress/quantise.hpp"

using namespace kilter;
using namespace kilter::compress;

namespace {

Tensor gaussian(std::size_t rows, std::size_t cols) {
  Rng rng{1};
  Tensor t = make_tensor(rows, cols);
  for (float& v : t.values) v = static_cast<float>(rng.normal());
  return t;
}

void count_weights(benchmark::State& state, const Tensor& t) {
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(t.size()));
}

QuantizeOptions options(const benchmark::State& state) {
  return {.bits = static_cast<int>(state.range(0)),
          .group = static_cast<std::size_t>(state.range(1)),
          .symmetric = state.range(2) != 0};
}

void quantise_weights(benchmark::State& state) {
  const Tensor t = gaussian(512, 1024);
  for (auto _ : state) benchmark::DoNotOptimize(quantise(t, options(state)));
  count_weights(state, t);
}

void dequantise_weights(benchmark::State& state) {
  const Tensor t = gaussian(512, 1024);
  const auto q = quantise(t, options(state));
  for (auto _ : state) benchmark::DoNotOptimize(dequantise(q));
  count_weights(state, t);
}

void halves(benchmark::State& state) {
  const Tensor t = gaussian(512, 1024);
  for (auto _ : state) benchmark::DoNotOptimize(round_to_half(t));
  count_weights(state, t);
}

void profile(benchmark::State& state) {
  const Network network = reference_network();
  const auto specs = standard_variants();
  for (auto _ : state) benchmark::DoNotOptimize(profile_variants(network, specs));
}

void grids(benchmark::internal::Benchmark* b) {
  b->ArgNames({"bits", "group", "symmetric"});
  for (const int bits : {8, 4, 3}) b->Args({bits, 128, 1});
  b->Args({8, 32, 1})->Args({4, 32, 1})->Args({8, 128, 0})->Args({4, 128, 0});
}

BENCHMARK(quantise_weights)->Apply(grids);
BENCHMARK(dequantise_weights)->Apply(grids);
BENCHMARK(halves);
BENCHMARK(profile)->Unit(benchmark::kMillisecond);

}  // namespace
