// A thousand hourly series: their order chosen on a sample, all fitted over threads, one more hour taken in, a day forecast for
// each.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <numbers>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "kilter/core/executor.hpp"
#include "kilter/core/rng.hpp"
#include "kilter/forecast/accuracy.hpp"
#include "kilter/forecast/auto_arima.hpp"
#include "kilter/forecast/fit_all.hpp"

using namespace kilter;

constexpr std::size_t known = 28 * 24;

/// Demand of one service in GPUs: its own size, daily cycle, busiest hour, and noise that lasts for its own while.
Series service(std::uint64_t id) {
  Rng rng = Rng{1}.split(id);
  const double size = rng.lognormal(4, 1), swing = rng.uniform(0.1, 0.6), busiest = rng.uniform(0, 24);
  const double persistence = rng.uniform(0.3, 0.9), roughness = rng.uniform(0.02, 0.1);
  Series out;
  double noise = 0;
  for (std::size_t t = 0; t < known + 25; ++t) {
    noise = persistence * noise + rng.normal(0, roughness);
    out.values.push_back(size * (1 + swing * std::cos(2 * std::numbers::pi * (static_cast<double>(t) - busiest) / 24) + noise));
  }
  return out;
}

/// Seconds that `work` takes.
template <class Work>
double seconds(Work work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

int main(int argc, char** argv) {
  const std::size_t count = argc > 1 ? std::max(1UL, std::strtoul(argv[1], nullptr, 10)) : 1000;
  const std::size_t sample = std::min<std::size_t>(count, 20);
  std::vector<Series> all, past;
  for (std::uint64_t id = 0; id < count; ++id) {
    all.push_back(service(id));
    past.push_back(all.back().head(known));
  }
  const Threads threads{std::max(1U, std::thread::hardware_concurrency())};

  std::vector<forecast::FittedArima> fits;
  const std::span<const Series> some = std::span{past}.first(sample);
  const double choosing = seconds([&] { fits = forecast::fit_all(forecast::AutoArima{.period = 24}, some, threads); });
  std::map<std::string, std::vector<forecast::ArimaOrder>> votes;
  for (const auto& fit : fits) votes[to_string(fit.order)].push_back(fit.order);
  const auto fewer = [](const auto& a, const auto& b) { return a.second.size() < b.second.size(); };
  const auto& [name, orders] = *std::max_element(votes.begin(), votes.end(), fewer);
  std::printf("%zu different orders chosen for %zu series; %zu times ARIMA%s, which all %zu get\n\n", votes.size(), sample,
              orders.size(), name.c_str(), count);

  const forecast::Arima model{.order = orders.front()};
  const double fitting = seconds([&] { fits = forecast::fit_all(model, past, threads); });
  const double appending = seconds([&] { threads.for_each_index(count, [&](std::size_t i) { fits[i].append(all[i][known]); }); });
  std::vector<forecast::Forecast> days(count);
  const double ahead = seconds([&] { threads.for_each_index(count, [&](std::size_t i) { days[i] = fits[i].forecast(24); }); });

  const auto row = [](const char* what, double time, std::size_t n) {
    std::printf("%-34s %8.3f s %12.4f ms\n", what, time, 1e3 * time / static_cast<double>(n));
  };
  std::printf("on %u threads                             all       a series\n", threads.count);
  row("choose an order (of the sample)", choosing, sample);
  row("fit four weeks", fitting, count);
  row("take in one more hour", appending, count);
  row("forecast 24 hours", ahead, count);

  double inside = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const Series low = days[i].quantile_series(0.025), high = days[i].quantile_series(0.975);
    inside += forecast::coverage(all[i].tail(24).values, low.values, high.values) / static_cast<double>(count);
  }
  const auto good = std::count_if(fits.begin(), fits.end(), [](const auto& fit) { return ok(fit.status); });
  std::printf("\n%td fits converged. %.1f %% of the true next day lie inside of the 95 %% intervals.\n", good, 100 * inside);
  return 0;
}
