/// One likelihood, one fit, one search; one value taken in and one day forecast; tests, decomposition and least squares beside
/// them.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "kilter/core/rng.hpp"
#include "kilter/forecast/arma_kernel.hpp"
#include "kilter/forecast/auto_arima.hpp"
#include "kilter/forecast/least_squares.hpp"
#include "kilter/forecast/recursive_least_squares.hpp"
#include "kilter/forecast/seasonal.hpp"
#include "kilter/forecast/stl.hpp"
#include "kilter/forecast/unit_root.hpp"

using namespace kilter;
using namespace kilter::forecast;
using namespace kilter::forecast::detail;

namespace {

/// Hourly demand with idle nights.
Series idle_nights(std::size_t hours) {
  Rng rng{1};
  Series out;
  for (std::size_t t = 0; t < hours; ++t) {
    const double shape = std::max(0.0, std::sin(2 * std::numbers::pi * static_cast<double>(t) / 24));
    out.values.push_back(1000 * shape * std::exp(0.3 * rng.normal()));
  }
  return out;
}

/// A level that wanders, a season that drifts, and noise that persists; the next one of its kind for each `id`.
Series seasonal(std::size_t n, std::size_t period, std::uint64_t id) {
  Rng rng = Rng{1}.split(id);
  std::vector<double> season;
  for (std::size_t k = 0; k < period; ++k) {
    season.push_back(30 * std::sin(2 * std::numbers::pi * static_cast<double>(k) / static_cast<double>(period)));
  }
  Series out;
  double level = 200, noise = 0;
  for (std::size_t t = 0; t < n; ++t) {
    level += rng.normal(0, 0.5);
    noise = 0.6 * noise + rng.normal(0, 4);
    season[t % period] += rng.normal(0, 2);
    out.values.push_back(level + season[t % period] + noise);
  }
  return out;
}

std::vector<Series> seasonal_series(std::size_t count, std::size_t n, std::size_t period) {
  std::vector<Series> out;
  for (std::uint64_t id = 0; id < count; ++id) out.push_back(seasonal(n, period, id));
  return out;
}

/// Time over `count`, beside the time of all.
void each(benchmark::State& state, const char* what, std::size_t count) {
  state.counters[what] = benchmark::Counter(static_cast<double>(state.iterations()) * static_cast<double>(count),
                                            benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

/// A model and the length of the differenced series that it is a model of.
struct LikelihoodCase {
  std::size_t n;
  ArimaOrder order;
  std::vector<double> coefficients;
};

const LikelihoodCase& likelihood_case(const benchmark::State& state) {
  static const std::vector<LikelihoodCase> cases = {
      {131, {0, 1, 1, 0, 1, 1, 12}, {-0.4, -0.56}},
      {676, {2, 0, 2, 1, 1, 1, 24}, {0.5, 0.2, 0.1, 0.1, 0.1, -0.7}},
      {676, {2, 0, 2, 2, 1, 2, 24}, {0.5, 0.2, 0.1, 0.1, 0.1, 0.05, -0.5, -0.1}},
      {1848, {2, 0, 2, 1, 1, 1, 168}, {0.5, 0.2, 0.1, 0.1, 0.1, -0.5}},
      {1848, {0, 1, 2, 0, 1, 1, 168}, {-0.4, -0.1, -0.6}},
  };
  return cases[static_cast<std::size_t>(state.range(0))];
}

/// `Lanes` likelihoods from their coefficients to their logarithm.
template <std::size_t Lanes, bool Exact>
void likelihood(benchmark::State& state) {
  const LikelihoodCase& c = likelihood_case(state);
  ArmaStreams in{c.n, {}};
  Rng rng{1};
  for (std::size_t t = 0; t < c.n; ++t) in.values.push_back(rng.normal());
  ArmaKernel<Lanes> kernel;
  kernel.prepare(c.order);
  for (auto _ : state) {
    for (std::size_t l = 0; l < Lanes; ++l) kernel.set(l, c.coefficients);
    if constexpr (Exact) {
      kernel.run_exact(in);
    } else {
      kernel.run_conditional(in);
    }
    std::array<double, Lanes> squares{};
    const double* e = kernel.out(0);
    for (std::size_t i = 0; i < c.n * Lanes; ++i) squares[i % Lanes] += e[i] * e[i];
    for (std::size_t l = 0; l < Lanes; ++l) {
      const auto n = static_cast<double>(c.n);
      const double logs = Exact ? kernel.log_variances(l) : 0;
      benchmark::DoNotOptimize(-0.5 * (n * std::log(2 * std::numbers::pi * squares[l] / n) + n + logs));
    }
  }
  state.SetLabel(to_string(c.order) + " n=" + std::to_string(c.n));
}
BENCHMARK_TEMPLATE(likelihood, 1, true)->Name("exact_likelihood")->DenseRange(0, 4)->Unit(benchmark::kMicrosecond);
BENCHMARK_TEMPLATE(likelihood, 8, true)->Name("exact_likelihood_8_lanes")->DenseRange(0, 4)->Unit(benchmark::kMicrosecond);
BENCHMARK_TEMPLATE(likelihood, 1, false)->Name("conditional_sum")->DenseRange(0, 4)->Unit(benchmark::kMicrosecond);

/// Of (1,0,1)(0,1,1): n and period are the arguments. Ten series.
void arima_fit(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0)), period = static_cast<std::size_t>(state.range(1));
  const std::vector<Series> all = seasonal_series(10, n, period);
  const Arima model{.order = {1, 0, 1, 0, 1, 1, period}};
  for (auto _ : state) {
    for (const Series& y : all) benchmark::DoNotOptimize(model.fit(y));
  }
  each(state, "per_series", all.size());
}
BENCHMARK(arima_fit)->Args({40, 4})->Args({120, 12})->Args({700, 24})->Unit(benchmark::kMillisecond);

/// n and period are the arguments. Ten series.
void auto_arima_search(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0)), period = static_cast<std::size_t>(state.range(1));
  const std::vector<Series> all = seasonal_series(10, n, period);
  const AutoArima model{.period = period};
  for (auto _ : state) {
    for (const Series& y : all) benchmark::DoNotOptimize(model.fit(y));
  }
  each(state, "per_series", all.size());
}
BENCHMARK(auto_arima_search)->Args({40, 4})->Args({120, 12})->Args({700, 24})->Unit(benchmark::kMillisecond);

const Arima hourly{.order = {1, 0, 1, 0, 1, 1, 24}};

void append_one(benchmark::State& state) {
  FittedArima fit = hourly.fit(seasonal(672, 24, 0));
  const Series next = seasonal(1024, 24, 1);
  std::size_t t = 0;
  for (auto _ : state) benchmark::DoNotOptimize(fit.append(next[t++ % next.size()]));
}
BENCHMARK(append_one)->Unit(benchmark::kMicrosecond);

void forecast_24_hours(benchmark::State& state) {
  const FittedArima fit = hourly.fit(seasonal(672, 24, 0));
  for (auto _ : state) benchmark::DoNotOptimize(fit.forecast(24));
}
BENCHMARK(forecast_24_hours)->Unit(benchmark::kMicrosecond);

/// 10,000 series of four weeks: an hour is taken in, and a day forecast, for each. Their fits are copies of fifty.
void append_and_forecast_10000(benchmark::State& state) {
  std::vector<FittedArima> fits, all;
  for (const Series& y : seasonal_series(50, 672, 24)) fits.push_back(hourly.fit(y));
  for (std::size_t i = 0; i < 10'000; ++i) all.push_back(fits[i % fits.size()]);
  for (auto _ : state) {
    for (FittedArima& fit : all) {
      fit.append(200);
      benchmark::DoNotOptimize(fit.forecast(24));
    }
  }
  each(state, "per_series", all.size());
}
BENCHMARK(append_and_forecast_10000)->Unit(benchmark::kMillisecond);

void simulate_1000_days(benchmark::State& state) {
  const FittedArima fit = hourly.fit(seasonal(672, 24, 0));
  Rng rng{1};
  for (auto _ : state) benchmark::DoNotOptimize(fit.simulate(24, 1000, rng));
}
BENCHMARK(simulate_1000_days)->Unit(benchmark::kMillisecond);

/// The decisions before a search: seasonal strength (STL) and KPSS.
void choose_differences(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0)), period = static_cast<std::size_t>(state.range(1));
  const Series y = seasonal(n, period, 0);
  for (auto _ : state) {
    benchmark::DoNotOptimize(seasonal_differences(y.values, period));
    benchmark::DoNotOptimize(ordinary_differences(y.values));
  }
}
BENCHMARK(choose_differences)->Args({40, 4})->Args({120, 12})->Args({700, 24})->Unit(benchmark::kMicrosecond);

void stl_decomposition(benchmark::State& state) {
  const auto period = static_cast<std::size_t>(state.range(1));
  const Series y = seasonal(static_cast<std::size_t>(state.range(0)), period, 0);
  for (auto _ : state) benchmark::DoNotOptimize(stl(y.values, period));
}
BENCHMARK(stl_decomposition)->Args({120, 12})->Args({700, 24})->Args({1848, 168})->Unit(benchmark::kMicrosecond);

void least_squares_random(benchmark::State& state) {
  Rng rng{1};
  Eigen::MatrixXd x(state.range(0), state.range(1));
  Eigen::VectorXd y(state.range(0));
  for (Eigen::Index i = 0; i < x.rows(); ++i) {
    y[i] = rng.normal();
    for (Eigen::Index j = 0; j < x.cols(); ++j) x(i, j) = rng.normal();
  }
  for (auto _ : state) benchmark::DoNotOptimize(least_squares(x, y));
}
BENCHMARK(least_squares_random)->Args({100, 5})->Args({456, 30})->Unit(benchmark::kMicrosecond);

/// Columns are the argument.
void recursive_least_squares_append(benchmark::State& state) {
  const auto columns = static_cast<std::size_t>(state.range(0));
  Rng rng{1};
  std::vector<std::vector<double>> rows(256, std::vector<double>(columns));
  for (auto& row : rows) {
    for (double& v : row) v = rng.normal();
  }
  RecursiveLeastSquares fit{columns, {.forgetting = 0.99}};
  std::size_t t = 0;
  for (auto _ : state) {
    fit.append(rows[t++ % rows.size()], 1);
    benchmark::DoNotOptimize(fit.coefficients().data());
  }
}
BENCHMARK(recursive_least_squares_append)->Arg(5)->Arg(30)->Unit(benchmark::kMicrosecond);

void seasonal_fit_and_forecast(benchmark::State& state) {
  const Series y = idle_nights(static_cast<std::size_t>(state.range(0)));
  const SeasonalLeastSquares model{.transform = Transform::sqrt(), .clamp_at_zero = true};
  for (auto _ : state) benchmark::DoNotOptimize(model.fit(y).forecast(24));
}
BENCHMARK(seasonal_fit_and_forecast)->Arg(288)->Arg(456)->Unit(benchmark::kMillisecond);

}  // namespace
