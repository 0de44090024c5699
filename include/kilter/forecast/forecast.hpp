#pragma once
/// @file
/// `Forecast`: the mean and the quantiles of what is to come; `Forecaster`: the shape of every model that makes one.

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/series.hpp"
#include "kilter/core/status.hpp"
#include "kilter/forecast/normal.hpp"

namespace kilter::forecast {

/// The probability levels at which models store quantiles unless told otherwise.
[[nodiscard]] inline std::vector<double> default_levels() {
  return {.01, .025, .05, .1, .2, .3, .4, .5, .6, .7, .8, .9, .95, .975, .99};
}

/// What is expected of the `horizon()` intervals that begin at `start`, `start + step`, …: the mean of each, and its quantiles at
/// the probabilities `levels` (ascending), row-major: `quantiles[l * horizon() + i]` is level `l` of interval `i`. A model that
/// could not be fitted gives `missing` everywhere.
struct Forecast {
  Time start{};
  Seconds step = units::h;
  std::vector<double> mean{};
  std::vector<double> levels{};
  std::vector<double> quantiles{};

  [[nodiscard]] std::size_t horizon() const { return mean.size(); }

  /// The quantile at `level` of interval `i`: linear in the standard normal score between the stored levels, so exact for a
  /// Gaussian forecast; outside of the stored levels the nearest one. Throws unless 0 < level < 1, `i` < horizon and some level is
  /// stored.
  [[nodiscard]] double quantile(double level, std::size_t i) const {
    require(level > 0 && level < 1, "level", level, "must lie between 0 and 1");
    require(i < horizon(), "i", i, "must be less than the horizon");
    require(!levels.empty(), "levels", levels.size(), "the forecast must store a level");
    const auto upper = static_cast<std::size_t>(std::lower_bound(levels.begin(), levels.end(), level) - levels.begin());
    if (upper == levels.size()) return quantiles[(upper - 1) * horizon() + i];
    if (upper == 0 || levels[upper] == level) return quantiles[upper * horizon() + i];
    const double low = quantiles[(upper - 1) * horizon() + i], high = quantiles[upper * horizon() + i];
    const double z0 = normal_quantile(levels[upper - 1]), z1 = normal_quantile(levels[upper]);
    return low + (high - low) * (normal_quantile(level) - z0) / (z1 - z0);
  }

  [[nodiscard]] Series mean_series() const { return {start, step, mean}; }

  /// The quantile at `level` of every interval; see `quantile`.
  [[nodiscard]] Series quantile_series(double level) const {
    Series out{start, step, std::vector<double>(horizon())};
    for (std::size_t i = 0; i < horizon(); ++i) out.values[i] = quantile(level, i);
    return out;
  }
};

/// A model: `fit` learns from a series and returns a fitted object with a `status` and `forecast(horizon)`. Anything of that shape
/// is a forecaster; `Naive` is the smallest one here.
template <class M>
concept Forecaster = requires(const M& model, const Series& history, std::size_t horizon) {
  { model.fit(history).status } -> std::convertible_to<Status>;
  { model.fit(history).forecast(horizon) } -> std::same_as<Forecast>;
};

/// The forecast with its mean and all its quantiles raised to 0 where they lie below.
[[nodiscard]] inline Forecast nonnegative(Forecast forecast) {
  for (double& v : forecast.mean) v = v < 0 ? 0 : v;
  for (double& v : forecast.quantiles) v = v < 0 ? 0 : v;
  return forecast;
}

/// A forecast from the mean and the deviation of each interval whose quantile at `levels[l]` is mean + `scores[l]` deviations.
/// Throws when the lengths differ.
[[nodiscard]] inline Forecast scaled_forecast(Time start, Seconds step, std::vector<double> mean, std::span<const double> deviation,
                                              std::vector<double> levels, std::span<const double> scores) {
  require(mean.size() == deviation.size(), "deviation.size()", deviation.size(), "must equal the length of the mean");
  require(levels.size() == scores.size(), "scores.size()", scores.size(), "must equal the number of levels");
  Forecast out{start, step, std::move(mean), std::move(levels), {}};
  out.quantiles.reserve(out.levels.size() * out.horizon());
  for (const double score : scores) {
    for (std::size_t i = 0; i < out.horizon(); ++i) out.quantiles.push_back(out.mean[i] + score * deviation[i]);
  }
  return out;
}

/// The standard normal quantiles of the levels.
[[nodiscard]] inline std::vector<double> normal_scores(std::span<const double> levels) {
  std::vector<double> out;
  for (const double level : levels) out.push_back(normal_quantile(level));
  return out;
}

/// A Gaussian forecast from the mean and the standard deviation of each interval. Throws when the lengths differ.
[[nodiscard]] inline Forecast gaussian_forecast(Time start, Seconds step, std::vector<double> mean,
                                                std::span<const double> deviation, std::vector<double> levels = default_levels()) {
  const std::vector<double> scores = normal_scores(levels);
  return scaled_forecast(start, step, std::move(mean), deviation, std::move(levels), scores);
}

namespace detail {

/// The largest magnitude that a model accepts: sums of squares of such values stay finite.
inline constexpr double largest_value = 1e140;

/// Throws unless every value is missing or of reasonable size, and the step positive.
inline void check_history(const Series& history) {
  require(history.step.base() > 0 && std::isfinite(history.step.base()), "history.step", history.step.base(), "must be positive");
  for (const double v : history.values) {
    require(std::isnan(v) || std::abs(v) <= largest_value, "history value", v, "must be missing or at most 1e140 in magnitude");
  }
}

/// Throws unless the levels ascend strictly between 0 and 1.
inline void check_levels(std::span<const double> levels) {
  require(!levels.empty(), "levels.size()", levels.size(), "must not be empty");
  double last = 0;
  for (const double level : levels) {
    require(level > last && level < 1, "level", level, "levels must ascend between 0 and 1");
    last = level;
  }
}

/// Throws unless the horizon is positive.
inline void check_horizon(std::size_t horizon) { require(horizon > 0, "horizon", horizon, "must be positive"); }

/// The forecast of a model that could not be fitted.
inline Forecast missing_forecast(Time start, Seconds step, std::size_t horizon, std::vector<double> levels) {
  const std::size_t count = levels.size() * horizon;
  return {start, step, std::vector<double>(horizon, missing), std::move(levels), std::vector<double>(count, missing)};
}

}  // namespace detail

}  // namespace kilter::forecast
