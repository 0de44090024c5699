/// One refresh of the hourly demand forecast, one ARIMA fit and one evaluation of its conditional sum of squares, least squares.
#include <cmath>
#include <numbers>

#include <benchmark/benchmark.h>

#include "kilter/core/rng.hpp"
#include "kilter/forecast/arima.hpp"
#include "kilter/forecast/least_squares.hpp"
#include "kilter/forecast/seasonal.hpp"

using namespace kilter;
using namespace kilter::forecast;

namespace {

/// Hourly demand with idle nights; with a floor, so that logarithms exist.
Series demand(std::size_t hours, double floor) {
  Rng rng{1};
  Series out;
  for (std::size_t t = 0; t < hours; ++t) {
    const double shape = std::max(0.0, std::sin(2 * std::numbers::pi * static_cast<double>(t) / 24));
    out.values.push_back(floor + 1000 * shape * std::exp(0.3 * rng.normal()));
  }
  return out;
}

void seasonal_fit_and_forecast(benchmark::State& state) {
  const Series y = demand(static_cast<std::size_t>(state.range(0)), 0);
  const SeasonalLeastSquares model{.transform = Transform::sqrt(), .clamp_at_zero = true};
  for (auto _ : state) benchmark::DoNotOptimize(model.fit(y).forecast(24));
}
BENCHMARK(seasonal_fit_and_forecast)->Arg(288)->Arg(456)->Unit(benchmark::kMillisecond);

void arima_fit(benchmark::State& state) {
  const auto period = static_cast<std::size_t>(state.range(1));
  const Series y = demand(static_cast<std::size_t>(state.range(0)), 10);
  const Arima model{.order = {1, 0, 1, 0, 1, 1, period}, .transform = Transform::box_cox(0)};
  for (auto _ : state) benchmark::DoNotOptimize(model.fit(y));
}
BENCHMARK(arima_fit)->Args({144, 12})->Args({456, 24})->Args({1848, 168})->Unit(benchmark::kMillisecond);

void conditional_sum_of_squares(benchmark::State& state) {
  const auto period = static_cast<std::size_t>(state.range(1));
  const Series y = demand(static_cast<std::size_t>(state.range(0)), 10);
  const ArimaOrder order{0, 1, 1, 0, 1, 1, period};
  const std::vector<char> filled(y.size(), 0);
  const auto problem = forecast::detail::make_problem(order, false, y.values, filled);
  const forecast::detail::ArmaCoefficients c{{}, {-0.4}, {}, {-0.6}, 0};
  for (auto _ : state) benchmark::DoNotOptimize(forecast::detail::sum_of_squares(forecast::detail::arma_residuals(problem, c)));
}
BENCHMARK(conditional_sum_of_squares)->Args({144, 12})->Args({676, 24})->Args({1848, 168})->Unit(benchmark::kMicrosecond);

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
BENCHMARK(least_squares_random)->Args({456, 30})->Unit(benchmark::kMillisecond);

}  // namespace
