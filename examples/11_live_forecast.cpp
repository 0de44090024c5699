// A model that lives on: values come hour by hour, some are missing, the world changes, and the model notices and learns anew.
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <numbers>

#include "kilter/core/rng.hpp"
#include "kilter/core/time.hpp"
#include "kilter/forecast/online_arima.hpp"

using namespace kilter;

constexpr std::size_t known = 21 * 24, change = 30 * 24, hours = 42 * 24;  // when the live part, the change and the end come
constexpr std::size_t gap = 26 * 24 + 9, gap_end = gap + 6;

/// Busy GPUs by hour for six weeks: a daily cycle and noise that lasts for hours. After 30 days a team moves in: 80 GPUs more.
Series demand() {
  Series out{*parse_time("2025-03-03T00:00:00Z"), units::h, {}};
  Rng rng{5};
  double noise = 0;
  for (std::size_t t = 0; t < hours; ++t) {
    noise = 0.7 * noise + rng.normal(0, 8);
    out.values.push_back((t < change ? 200 : 280) + 60 * std::sin(2 * std::numbers::pi * (static_cast<double>(t) - 9) / 24) +
                         noise);
  }
  return out;
}

void show(const char* what, const forecast::Forecast& day) {
  std::printf("%s  %-24s", to_string(day.start).c_str(), what);
  for (std::size_t h = 0; h < 24; h += 23)
    std::printf("%7.0f (%3.0f … %3.0f)", day.mean[h], day.quantile(0.05, h), day.quantile(0.95, h));
  std::printf("\n");
}

int main() {
  const Series series = demand(), history = series.head(known);
  // The cycle of the day is a regression on sines, and what is left an ARMA(1, 1) around it.
  const forecast::Arima model{.order = {.p = 1, .q = 1}, .features = {.fourier = {{24, 2}}}};
  forecast::FittedArima kept = model.fit(history);
  forecast::OnlineArima live{kept, history};

  std::printf("forecast made at      after                     next hour (90 %%)   in 24 hours (90 %%)\n");
  double live_error = 0, kept_error = 0;
  for (std::size_t t = known; t < hours; ++t) {
    const std::size_t refits = live.refits();
    const double value = t >= gap && t < gap_end ? missing : series[t];
    live.append(value);
    kept.append(value);
    if (t + 1 == gap) show("a complete record", live.forecast(24));
    if (t + 1 == gap_end) show("six missing values", live.forecast(24));
    if (t + 1 == change) show("two more days", live.forecast(24));
    if (live.refits() > refits) {
      std::printf("%s  a change is noticed: %zu hours of it were seen\n", to_string(series.time(t + 1)).c_str(), t + 1 - change);
      show("  and learnt from", live.forecast(24));
      show("  if it were not", kept.forecast(24));
    }
    if (t >= change && t + 24 < hours) {
      live_error += std::abs(live.forecast(24).mean[23] - series[t + 24]);
      kept_error += std::abs(kept.forecast(24).mean[23] - series[t + 24]);
    }
  }
  const auto count = static_cast<double>(hours - 24 - change);
  std::printf("\nMean absolute error since the change, 24 hours ahead: %.1f GPUs; %.1f had the model never been fitted again\n",
              live_error / count, kept_error / count);
  return 0;
}
