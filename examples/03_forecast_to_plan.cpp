// Two components composed: a quantile of tomorrow's demand becomes the right-hand side of the program that buys its capacity.
#include <cstdio>

#include "kilter/kilter.hpp"

using namespace kilter;

int main() {
  const Series demand = telemetry::synthetic_workload().gpu_seconds;  // by hour; yours comes from telemetry::read_series_csv
  const auto tomorrow = forecast::SeasonalLeastSquares{.clamp_at_zero = true}.fit(demand).forecast(24);

  lp::Model plan;
  const auto reserved = plan.add_variable(0, lp::infinity, 24 * 1.10);  // GPUs all day, 1.10 USD an hour each
  for (std::size_t hour = 0; hour < 24; ++hour) {
    const auto rented = plan.add_variable(0, lp::infinity, 2.50);  // GPUs for this hour
    plan.add(reserved + rented >= tomorrow.quantile(0.9, hour) / 3600);
  }
  const auto best = lp::solve(plan);
  std::printf("Reserve %.0f GPUs for the day and rent the rest by the hour: %.0f USD\n\n", best.primal[0], best.objective);

  std::printf("hour (UTC)   expected   90 %% quantile   rented   one more GPU costs\n");
  for (std::size_t hour = 0; hour < 24; ++hour) {
    std::printf("%02d:00 %14.1f %15.1f %8.1f %11.2f USD\n", tomorrow.mean_series().time(hour).hour_of_day(),
                tomorrow.mean[hour] / 3600, tomorrow.quantile(0.9, hour) / 3600, best.primal[hour + 1], best.dual[hour]);
  }
  return ok(best.status) ? 0 : 1;
}
