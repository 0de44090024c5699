// Chooses an ARIMA model for a series and draws two years of forecast: intervals of each month, a joint band, what really came.
#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <fstream>

#include "kilter/core/rng.hpp"
#include "kilter/forecast/auto_arima.hpp"
#include "kilter/forecast/diagnostics.hpp"
#include "kilter/monitor/svg.hpp"

using namespace kilter;

/// Passengers of international airlines by month, 1949 to 1960, in thousands (Box and Jenkins 1970, series G).
Series airline() {
  return {*parse_time("1949-01-01T00:00:00Z"),
          365.25 / 12 * units::day,
          {112, 118, 132, 129, 121, 135, 148, 148, 136, 119, 104, 118, 115, 126, 141, 135, 125, 149, 170, 170, 158, 133, 114, 140,
           145, 150, 178, 163, 172, 178, 199, 199, 184, 162, 146, 166, 171, 180, 193, 181, 183, 218, 230, 242, 209, 191, 172, 194,
           196, 196, 236, 235, 229, 243, 264, 272, 237, 211, 180, 201, 204, 188, 235, 227, 234, 264, 302, 293, 259, 229, 203, 229,
           242, 233, 267, 269, 270, 315, 364, 347, 312, 274, 237, 278, 284, 277, 317, 313, 318, 374, 413, 405, 355, 306, 271, 306,
           315, 301, 356, 348, 355, 422, 465, 467, 404, 347, 305, 336, 340, 318, 362, 348, 363, 435, 491, 505, 404, 359, 310, 337,
           360, 342, 406, 396, 420, 472, 548, 559, 463, 407, 362, 405, 417, 391, 419, 461, 472, 535, 622, 606, 508, 461, 390, 432}};
}

int main(int argc, char** argv) {
  constexpr std::size_t months = 24;
  const Series series = airline(), history = series.head(series.size() - months), actual = series.tail(months);
  const auto fit = forecast::AutoArima{.period = 12, .transform = forecast::Transform::box_cox(0)}.fit(history);
  std::printf("ARIMA%s of the logarithms, AICc %.1f\n", to_string(fit.order).c_str(), fit.aicc);
  for (const forecast::Coefficient& c : fit.coefficients())
    std::printf("  %-5s %6.3f ± %.3f\n", c.name.c_str(), c.value, c.standard_error);
  std::printf("  Ljung–Box test of the residuals, 24 lags: p = %.2f\n\n",
              forecast::ljung_box(fit.residuals, 24, fit.order.coefficients()).p_value);

  const auto ahead = fit.forecast(months);
  const auto at = [&](double level) { return ahead.quantile_series(level); };
  Rng rng{1};
  const forecast::Paths paths = fit.simulate(months, 5000, rng);
  const forecast::Band joint = forecast::simultaneous_band(paths, 0.95, fit.transform);

  std::printf("month     mean   80 %% interval   95 %% interval   joint 95 %%   actual\n");
  for (std::size_t h = 0; h < months; ++h) {
    std::printf("%.7s %6.0f %7.0f … %3.0f %9.0f … %3.0f %7.0f … %3.0f %8.0f\n", to_string(actual.time(h) + units::day).c_str(),
                ahead.mean[h], at(.1)[h], at(.9)[h], at(.025)[h], at(.975)[h], joint.lower[h], joint.upper[h], actual[h]);
  }
  std::printf("\nThe busiest of the %zu months stays below %.0f with 95 %% probability; it was %.0f.\n", months,
              forecast::peak(paths, 0.95), *std::max_element(actual.values.begin(), actual.values.end()));

  const char* file = argc > 1 ? argv[1] : "arima_fan.svg";
  std::ofstream{file} << monitor::LineChart({.title = "Airline passengers: two years forecast from the ten before",
                                             .y_label = "thousand passengers a month",
                                             .height = 440,
                                             .y_from_zero = false})
                             .band("95 % of paths lie in here", joint.lower_series(), joint.upper_series(),
                                   {.color = 6, .opacity = 0.15})
                             .band("95 % of values, month by month", at(.025), at(.975), {.color = 0})
                             .band("80 %", at(.1), at(.9), {.color = 0})
                             .line("mean", ahead.mean_series(), {.color = 0})
                             .line("history", history.tail(60), {.color = 6})
                             .line("actual", actual, {.color = 3, .dashed = true})
                             .mark(ahead.start, "forecast from here")
                             .svg();
  std::printf("Drawn in %s\n", file);
  return ok(fit.status) ? 0 : 1;
}
