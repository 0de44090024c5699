// Watches a service: metrics as Prometheus scrapes them, an error budget, and alarms when the world no longer fits the forecast.
#include <cstddef>
#include <cstdio>
#include <iostream>

#include "kilter/core/rng.hpp"
#include "kilter/core/time.hpp"
#include "kilter/monitor/drift.hpp"
#include "kilter/monitor/metrics.hpp"
#include "kilter/monitor/slo.hpp"

using namespace kilter;

int main() {
  constexpr std::size_t hours = 400, shift = 250;  // from then on demand is one deviation higher than forecast
  monitor::Registry registry;
  const auto served = registry.counter("requests_total", "Requests answered.", {{"site", "north"}});
  const auto error = registry.gauge("forecast_error_gpus", "Observed less forecast demand.");
  const auto latency = registry.histogram("latency_seconds", "Time to answer.", monitor::exponential_buckets(0.25, 2, 5));

  monitor::Cusum cusum{{.threshold = monitor::cusum_threshold(0.5, 5000), .warm_up = 100}};
  monitor::PageHinkley page_hinkley{{.delta = 2, .threshold = 100}};
  monitor::CoverageMonitor coverage{{.level = 0.9, .window = 72}};
  monitor::SloMonitor slo{{.target = 0.99}};
  std::size_t alarm[3] = {};

  Rng rng{3};
  const Time start = *parse_time("2025-01-06T00:00:00Z");
  for (std::size_t hour = 0; hour < hours; ++hour) {
    const double residual = rng.normal(hour < shift ? 0 : 6, 6);  // GPUs
    const double seconds = rng.lognormal(-0.5 + 0.03 * residual, 0.5);
    const auto requests = static_cast<double>(rng.poisson(900));
    registry.add(served, requests);
    registry.set(error, residual);
    registry.observe(latency, seconds);
    slo.add(start + static_cast<double>(hour) * units::h, requests - (residual > 9 ? 0.05 * requests : 0), requests);
    // 7.69 GPUs above the mean is the 90 % quantile that the forecast promised.
    const bool on[] = {cusum.add(residual), page_hinkley.add(residual), coverage.add(residual, 7.69)};
    for (std::size_t i = 0; i < 3; ++i) alarm[i] = on[i] && alarm[i] == 0 ? hour : alarm[i];
  }

  monitor::write_prometheus(std::cout, registry);
  std::cout << std::flush;
  std::printf("\nDemand shifted in hour %zu. Drift was detected\n", shift);
  std::printf("  by CUSUM         in hour %zu, with the change put at hour %zu\n", alarm[0], cusum.state().change_point);
  std::printf("  by Page-Hinkley  in hour %zu, with the change put at hour %zu\n", alarm[1], page_hinkley.state().change_point);
  std::printf("  by coverage      in hour %zu, at the end %.0f %% of the last 72 hours below the 90 %% quantile\n", alarm[2],
              100 * coverage.coverage());
  const monitor::SloState budget = slo.state();
  std::printf(
      "Objective 99 %%: %.2f %% attained, %.0f %% of the error budget left, burning at %.1f times the pace of the last days\n",
      100 * budget.attained, 100 * budget.budget_left, slo.burn_rate(3 * units::day));
  return 0;
}
