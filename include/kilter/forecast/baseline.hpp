#pragma once
/// @file
/// Baselines with their intervals: the last value, the last season, the drift line and the mean
/// (Hyndman and Athanasopoulos, "Forecasting: Principles and Practice", 3rd edition, sections 5.2 and 5.5).

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/series.hpp"
#include "kilter/core/status.hpp"
#include "kilter/forecast/forecast.hpp"

namespace kilter::forecast {

/// A fitted random walk, seasonal random walk or drift line. `sigma` is the deviation of one step.
struct FittedWalk {
  Status status = Status::infeasible;
  double sigma = missing;
  double drift = 0;              ///< per step
  bool drift_estimated = false;  ///< its error then widens the intervals
  std::size_t period = 1;
  std::size_t observations = 0;    ///< from the first to the last value, for the error of the drift
  std::vector<double> last{};      ///< the last value of each phase, in the order of the forecast
  std::vector<std::size_t> age{};  ///< how many periods before its first forecast that value was seen, less one
  Time start{};
  Seconds step = units::h;
  std::vector<double> levels = default_levels();

  /// Deviations: σ√k after k periods (Naive: k = h), and σ√(h(1 + h/(T − 1))) for the drift line. Throws at horizon 0.
  [[nodiscard]] Forecast forecast(std::size_t horizon) const {
    detail::check_horizon(horizon);
    if (!ok(status)) return detail::missing_forecast(start, step, horizon, levels);
    std::vector<double> mean(horizon), deviation(horizon);
    for (std::size_t i = 0; i < horizon; ++i) {
      const auto steps = static_cast<double>(i / period + 1 + age[i % period]);
      const double line = drift_estimated ? 1 + steps / static_cast<double>(observations - 1) : 1;
      mean[i] = last[i % period] + steps * drift;
      deviation[i] = sigma * std::sqrt(steps * line);
    }
    return gaussian_forecast(start, step, std::move(mean), deviation, levels);
  }
};

namespace detail {

/// Sums over neighbouring observed values of one phase: a gap of g periods has g times the variance of one.
struct WalkSums {
  double square = 0;
  std::size_t pairs = 0;
};

inline void add_phase(const Series& history, std::size_t phase, FittedWalk& fit, WalkSums& sums) {
  const std::size_t n = history.size(), m = fit.period;
  const std::size_t first = (n + phase) % m;
  std::size_t seen = n;
  for (std::size_t i = first; i < n; i += m) {
    if (std::isnan(history[i])) continue;
    if (seen != n) {
      const auto gap = static_cast<double>((i - seen) / m);
      const double step = history[i] - history[seen] - gap * fit.drift;
      sums.square += step * step / gap;
      ++sums.pairs;
    }
    seen = i;
  }
  if (seen == n) return;
  fit.last.push_back(history[seen]);
  fit.age.push_back((n + phase - seen) / m - 1);
}

inline FittedWalk fit_walk(const Series& history, std::size_t period, std::vector<double> levels, bool with_drift) {
  check_history(history);
  check_levels(levels);
  require(period > 0, "period", period, "must be positive");
  FittedWalk fit{.period = period, .start = history.end(), .step = history.step, .levels = std::move(levels)};
  fit.drift_estimated = with_drift;
  if (period >= history.size()) return fit;
  if (with_drift) {
    const auto observed = [](double v) { return !std::isnan(v); };
    const auto first = std::find_if(history.values.begin(), history.values.end(), observed);
    const auto last = std::find_if(history.values.rbegin(), history.values.rend(), observed);
    if (first == history.values.end()) return fit;
    fit.observations = static_cast<std::size_t>(last.base() - first);
    if (fit.observations < 3) return fit;
    fit.drift = (*last - *first) / static_cast<double>(fit.observations - 1);
  }
  WalkSums sums;
  for (std::size_t phase = 0; phase < period; ++phase) add_phase(history, phase, fit, sums);
  const std::size_t spent = with_drift ? 1 : 0;
  if (fit.last.size() < period || sums.pairs <= spent) return fit;
  fit.sigma = std::sqrt(sums.square / static_cast<double>(sums.pairs - spent));
  fit.status = Status::feasible;
  return fit;
}

}  // namespace detail

/// Every value to come is the last one: a random walk, deviation σ√h. Missing values widen the step across them. Needs two observed
/// values, otherwise `Status::infeasible`. O(n).
struct Naive {
  std::vector<double> levels = default_levels();
  [[nodiscard]] FittedWalk fit(const Series& history) const { return detail::fit_walk(history, 1, levels, false); }
};

/// Every value to come is the last one of the same phase: a seasonal random walk, deviation σ√k with k = ⌈h / period⌉. Needs every
/// phase observed and one of them twice, otherwise `Status::infeasible`. O(n).
struct SeasonalNaive {
  std::size_t period = 24;
  std::vector<double> levels = default_levels();
  [[nodiscard]] FittedWalk fit(const Series& history) const { return detail::fit_walk(history, period, levels, false); }
};

/// The line through the first and the last value goes on: deviation σ√(h(1 + h/(T − 1))). Needs three intervals between the first
/// and the last value, two of whose neighbours are observed, otherwise `Status::infeasible`. O(n).
struct Drift {
  std::vector<double> levels = default_levels();
  [[nodiscard]] FittedWalk fit(const Series& history) const { return detail::fit_walk(history, 1, levels, true); }
};

/// A fitted `Mean`.
struct FittedMean {
  Status status = Status::infeasible;
  double mean = missing;
  double sigma = missing;
  std::size_t observations = 0;
  Time start{};
  Seconds step = units::h;
  std::vector<double> levels = default_levels();

  /// Deviation σ√(1 + 1/T) at every horizon. Throws at horizon 0.
  [[nodiscard]] Forecast forecast(std::size_t horizon) const {
    detail::check_horizon(horizon);
    if (!ok(status)) return detail::missing_forecast(start, step, horizon, levels);
    const std::vector<double> deviation(horizon, sigma * std::sqrt(1 + 1 / static_cast<double>(observations)));
    return gaussian_forecast(start, step, std::vector<double>(horizon, mean), deviation, levels);
  }
};

/// Every value to come is the mean of the past. Needs two observed values, otherwise `Status::infeasible`. O(n).
struct Mean {
  std::vector<double> levels = default_levels();

  [[nodiscard]] FittedMean fit(const Series& history) const {
    detail::check_history(history);
    detail::check_levels(levels);
    FittedMean fit{.start = history.end(), .step = history.step, .levels = levels};
    double sum = 0;
    for (const double v : history.values) {
      if (std::isnan(v)) continue;
      sum += v;
      ++fit.observations;
    }
    if (fit.observations < 2) return fit;
    fit.mean = sum / static_cast<double>(fit.observations);
    double square = 0;
    for (const double v : history.values) square += std::isnan(v) ? 0 : (v - fit.mean) * (v - fit.mean);
    fit.sigma = std::sqrt(square / static_cast<double>(fit.observations - 1));
    fit.status = Status::feasible;
    return fit;
  }
};

}  // namespace kilter::forecast
