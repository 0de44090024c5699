#pragma once
/// @file
/// Baselines with their intervals and paths: the last value, the last season, the drift line and the mean
/// (Hyndman and Athanasopoulos, "Forecasting: Principles and Practice", 3rd edition, sections 5.2 and 5.5); M4's `Naive2`.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/rng.hpp"
#include "kilter/core/series.hpp"
#include "kilter/core/status.hpp"
#include "kilter/forecast/forecast.hpp"
#include "kilter/forecast/paths.hpp"

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

  /// `count` paths with the distribution of `forecast`: every step adds a shock of deviation σ to the value one period before, and
  /// each path has a drift of its own where the drift was estimated, with its error σ/√(T − 1). Throws at horizon or count 0.
  [[nodiscard]] Paths simulate(std::size_t horizon, std::size_t count, Rng& rng) const {
    Paths out = detail::missing_paths(start, step, horizon, count);
    if (!ok(status)) return out;
    const double drift_error = drift_estimated ? sigma / std::sqrt(static_cast<double>(observations - 1)) : 0;
    for (std::size_t k = 0; k < count; ++k) {
      double* path = out.values.data() + k * horizon;
      const double slope = drift_estimated ? rng.normal(drift, drift_error) : drift;
      for (std::size_t i = 0; i < horizon; ++i) {
        const double steps = i < period ? static_cast<double>(1 + age[i]) : 1;
        const double before = i < period ? last[i] : path[i - period];
        path[i] = before + steps * slope + rng.normal(0, sigma * std::sqrt(steps));
      }
    }
    return out;
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

  /// `count` paths with the distribution of `forecast`: the error σ/√T of the mean is drawn once a path, a shock of deviation σ at
  /// each step. Throws at horizon or count 0.
  [[nodiscard]] Paths simulate(std::size_t horizon, std::size_t count, Rng& rng) const {
    Paths out = detail::missing_paths(start, step, horizon, count);
    if (!ok(status)) return out;
    for (std::size_t k = 0; k < count; ++k) {
      const double level = rng.normal(mean, sigma / std::sqrt(static_cast<double>(observations)));
      for (std::size_t i = 0; i < horizon; ++i) out.values[k * horizon + i] = rng.normal(level, sigma);
    }
    return out;
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

/// A fitted `Naive2`: a random walk of the seasonally adjusted series, and the factors that put the season back.
struct FittedNaive2 {
  Status status = Status::infeasible;
  FittedWalk walk{};
  std::vector<double> factors = {1};  ///< of the steps to come, one period; a single 1 without a season

  /// The forecast of the walk, mean and quantiles times the factor of their phase. Throws at horizon 0.
  [[nodiscard]] Forecast forecast(std::size_t horizon) const {
    Forecast out = walk.forecast(horizon);
    for (std::size_t i = 0; i < horizon; ++i) out.mean[i] *= factors[i % factors.size()];
    for (std::size_t i = 0; i < out.quantiles.size(); ++i) out.quantiles[i] *= factors[i % horizon % factors.size()];
    return out;
  }

  /// `count` paths with the distribution of `forecast`. Throws at horizon or count 0.
  [[nodiscard]] Paths simulate(std::size_t horizon, std::size_t count, Rng& rng) const {
    Paths out = walk.simulate(horizon, count, rng);
    for (std::size_t i = 0; i < out.values.size(); ++i) out.values[i] *= factors[i % horizon % factors.size()];
    return out;
  }
};

namespace detail {

/// Whether the autocorrelation at lag `period` differs from 0 at 90 %, by Bartlett's variance (1 + 2 Σ_{k<period} r_k²)/n; never
/// with less than three periods. Pairs with a missing value are left out.
inline bool seasonal_at_90(std::span<const double> y, std::size_t period) {
  if (period < 2 || y.size() / 3 < period) return false;
  double sum = 0, observed = 0;
  for (const double v : y) {
    if (std::isnan(v)) continue;
    sum += v;
    ++observed;
  }
  const auto product = [&, mean = sum / observed](std::size_t lag) {
    double out = 0;
    for (std::size_t t = lag; t < y.size(); ++t) {
      const double pair = (y[t] - mean) * (y[t - lag] - mean);
      out += std::isnan(pair) ? 0 : pair;
    }
    return out;
  };
  const double variance = product(0);
  double squares = 0;
  for (std::size_t lag = 1; lag < period; ++lag) squares += std::pow(product(lag) / variance, 2);
  return std::abs(product(period) / variance) > 1.645 * std::sqrt((1 + 2 * squares) / observed);
}

/// The moving average over one period around `t`, with half weights at the ends of an even one; `missing` at the ends of the
/// series.
inline double centred_average(std::span<const double> y, std::size_t period, std::size_t t) {
  const std::size_t half = period / 2;
  if (t < half || t + half >= y.size()) return missing;
  double sum = 0;
  for (std::size_t i = t - half; i <= t + half; ++i) sum += y[i];
  if (period % 2 == 0) sum -= 0.5 * (y[t - half] + y[t + half]);
  return sum / static_cast<double>(period);
}

/// The seasonal factor of each phase, counted from the first value, with mean 1: means over the ratios to the moving average.
/// Nothing unless all are positive and finite.
inline std::vector<double> seasonal_factors(std::span<const double> y, std::size_t period) {
  std::vector<double> sums(period, 0.0), counts(period, 0.0);
  for (std::size_t t = 0; t < y.size(); ++t) {
    const double ratio = y[t] / centred_average(y, period, t);
    if (std::isnan(ratio)) continue;
    sums[t % period] += ratio;
    ++counts[t % period];
  }
  double mean = 0;
  for (std::size_t p = 0; p < period; ++p) mean += (sums[p] /= counts[p]) / static_cast<double>(period);
  for (double& factor : sums) {
    factor /= mean;
    if (!(factor > 0 && std::isfinite(factor))) return {};
  }
  return sums;
}

}  // namespace detail

/// The reference of the M4 competition, relative to which `owa` is measured (Makridakis, Spiliotis, Assimakopoulos 2020): `Naive`
/// on the seasonally adjusted series, the season put back. The season is taken out by classical multiplicative decomposition
/// (centred moving averages), and only where the autocorrelation at lag `period` is significant at 90 %, three periods are there
/// and all factors are positive. Missing values are skipped; status as `Naive`. Throws at period 0. O(n period).
struct Naive2 {
  std::size_t period = 24;
  std::vector<double> levels = default_levels();

  [[nodiscard]] FittedNaive2 fit(const Series& history) const {
    require(period > 0, "period", period, "must be positive");
    detail::check_history(history);
    std::vector<double> factors;
    if (detail::seasonal_at_90(history.values, period)) factors = detail::seasonal_factors(history.values, period);
    if (factors.empty()) factors = {1};
    Series adjusted = history;
    for (std::size_t t = 0; t < adjusted.size(); ++t) adjusted.values[t] /= factors[t % factors.size()];
    std::rotate(factors.begin(), factors.begin() + static_cast<std::ptrdiff_t>(history.size() % factors.size()), factors.end());
    FittedNaive2 out{.walk = Naive{levels}.fit(adjusted), .factors = std::move(factors)};
    out.status = out.walk.status;
    return out;
  }
};

}  // namespace kilter::forecast
