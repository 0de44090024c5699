// A model of your own in place of kilter's: anything with the shape of a Forecaster is evaluated and used like the built-in ones.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <numeric>
#include <vector>

#include "kilter/forecast/accuracy.hpp"
#include "kilter/forecast/baseline.hpp"
#include "kilter/forecast/seasonal.hpp"
#include "kilter/telemetry/synthetic.hpp"

using namespace kilter;

/// The values of the same hour of the last days are the distribution of that hour. For histories without missing values.
struct SameHour {
  std::size_t period = 24, days = 14;

  struct Fitted {
    Status status = Status::infeasible;
    Time start{};
    Seconds step{};
    std::vector<std::vector<double>> seen{};  ///< by hour of the forecast, sorted

    [[nodiscard]] forecast::Forecast forecast(std::size_t horizon) const {
      forecast::Forecast out{start, step, std::vector<double>(horizon), forecast::default_levels(), {}};
      for (std::size_t i = 0; i < horizon; ++i) {
        const auto& values = seen[i % seen.size()];
        out.mean[i] = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
      }
      for (const double level : out.levels) {
        for (std::size_t i = 0; i < horizon; ++i) {
          const auto& values = seen[i % seen.size()];
          out.quantiles.push_back(values[static_cast<std::size_t>(std::lround(level * static_cast<double>(values.size() - 1)))]);
        }
      }
      return out;
    }
  };

  [[nodiscard]] Fitted fit(const Series& history) const {
    Fitted fitted{Status::feasible, history.end(), history.step, std::vector<std::vector<double>>(period)};
    const std::size_t used = std::min(days * period, history.size() / period * period);
    for (std::size_t i = 0; i < used; ++i) fitted.seen[i % period].push_back(history[history.size() - used + i]);
    for (auto& values : fitted.seen) std::sort(values.begin(), values.end());
    if (used == 0) fitted = {Status::infeasible, history.end(), history.step, {{missing}}};
    return fitted;
  }
};
static_assert(forecast::Forecaster<SameHour>);

template <forecast::Forecaster M>
void compare(const char* name, const M& model, const Series& series) {
  const auto run = forecast::rolling_origin(model, series, 14 * 24, 24, 6);
  const auto a = forecast::accuracy(run, 24);
  std::printf("%-24s %8.2f %8.3f %10.2f %12.0f %%\n", name, a.mae, a.mase, a.pinball, 100 * a.coverage[2]);
}

int main() {
  Series demand = telemetry::synthetic_workload({.days = 28, .training_gpus = 0}).gpu_seconds;
  for (double& v : demand.values) v /= 3600;
  std::printf("24 hours ahead, every 6 hours for two weeks, in busy GPUs\n\n");
  std::printf("model                         MAE     MASE    pinball   90 %% coverage\n");
  compare("SameHour (yours)", SameHour{}, demand);
  compare("SeasonalNaive", forecast::SeasonalNaive{.period = 24}, demand);
  compare("SeasonalLeastSquares", forecast::SeasonalLeastSquares{.clamp_at_zero = true}, demand);
  return 0;
}
