// Forecasts a day of hourly demand with 90 % intervals, and counts how many hours of the day that really came lie inside.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <numbers>
#include <string>

#include "kilter/core/rng.hpp"
#include "kilter/core/series.hpp"
#include "kilter/core/time.hpp"
#include "kilter/forecast/accuracy.hpp"
#include "kilter/forecast/baseline.hpp"
#include "kilter/forecast/seasonal.hpp"

using namespace kilter;

/// Three weeks and a day of busy GPUs: a daily cycle with noise in proportion to it that persists for hours.
Series demand() {
  Series series{*parse_time("2025-03-03T00:00:00Z"), units::h, {}};
  Rng rng{7};
  double noise = 0;
  for (std::size_t hour = 0; hour < 22 * 24; ++hour) {
    const double level = 120 + 70 * std::sin(2 * std::numbers::pi * (static_cast<double>(hour % 24) - 8) / 24);
    noise = 0.7 * noise + rng.normal(0, 0.06);
    series.values.push_back(level * std::exp(noise));
  }
  return series;
}

int main() {
  const Series series = demand();
  const Series history = series.head(series.size() - 24), actual = series.tail(24);

  const auto fit = forecast::SeasonalLeastSquares{.clamp_at_zero = true}.fit(history);
  const forecast::Forecast day = fit.forecast(24);
  const Series low = day.quantile_series(0.05), high = day.quantile_series(0.95);

  std::printf("hour                   mean   90 %% interval   actual   . interval, o mean, # actual\n");
  for (std::size_t hour = 0; hour < 24; ++hour) {
    std::string line(64, ' ');
    const auto at = [](double value) { return static_cast<std::size_t>(std::min(value / 4, 63.0)); };
    for (std::size_t x = at(low[hour]); x <= at(high[hour]); ++x) line[x] = '.';
    line[at(day.mean[hour])] = 'o';
    line[at(actual[hour])] = '#';
    std::printf("%s %6.0f %6.0f … %4.0f %8.0f   %s\n", to_string(actual.time(hour)).c_str(), day.mean[hour], low[hour], high[hour],
                actual[hour], line.c_str());
  }

  const double inside = forecast::coverage(actual.values, low.values, high.values);
  std::printf("\nCoverage of the held-out day: %.0f of 24 hours inside the 90 %% interval (%.0f %%)\n", 24 * inside, 100 * inside);
  // One day says little: the same over the last week, a forecast from every sixth hour.
  const std::size_t first = series.size() - 8 * 24;
  const auto ours = forecast::accuracy(forecast::rolling_origin(forecast::SeasonalLeastSquares{}, series, first, 24, 6), 24);
  const auto naive = forecast::accuracy(forecast::rolling_origin(forecast::SeasonalNaive{.period = 24}, series, first, 24, 6), 24);
  std::printf(
      "Last week, 24 hours ahead: mean absolute error %.1f GPUs, coverage %.0f %% (same hour yesterday: %.1f GPUs, %.0f %%)\n",
      ours.mae, 100 * ours.coverage[2], naive.mae, 100 * naive.coverage[2]);
  return ok(fit.status) ? 0 : 1;
}
