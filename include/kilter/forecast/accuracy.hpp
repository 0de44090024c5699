#pragma once
/// @file
/// How good forecasts are: errors of points, quantiles and intervals, and evaluation from a rolling origin.
/// Pairs in which either value is missing are left out; a measure without any pair is `missing`.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/series.hpp"
#include "kilter/core/status.hpp"
#include "kilter/forecast/forecast.hpp"

namespace kilter::forecast {

namespace detail {

/// A mean that knows whether anything was added.
struct RunningMean {
  double sum = 0;
  std::size_t count = 0;

  void add(double value) {
    if (std::isnan(value)) return;
    sum += value;
    ++count;
  }
  [[nodiscard]] double value() const { return count == 0 ? missing : sum / static_cast<double>(count); }
};

template <class Loss>
double mean_loss(std::span<const double> actual, std::span<const double> predicted, Loss loss) {
  require(actual.size() == predicted.size(), "predicted.size()", predicted.size(), "must equal the length of the actual values");
  RunningMean mean;
  for (std::size_t i = 0; i < actual.size(); ++i) mean.add(loss(actual[i], predicted[i]));
  return mean.value();
}

}  // namespace detail

/// Mean absolute error, in the unit of the series.
[[nodiscard]] inline double mae(std::span<const double> actual, std::span<const double> predicted) {
  return detail::mean_loss(actual, predicted, [](double y, double f) { return std::abs(y - f); });
}

/// Root of the mean squared error, in the unit of the series.
[[nodiscard]] inline double rmse(std::span<const double> actual, std::span<const double> predicted) {
  return std::sqrt(detail::mean_loss(actual, predicted, [](double y, double f) { return (y - f) * (y - f); }));
}

/// Symmetric mean absolute percentage error as in the M4 competition (Makridakis, Spiliotis, Assimakopoulos 2020): the mean of
/// 200 |y − f| / (|y| + |f|), between 0 and 200; a pair of zeros counts as 0.
[[nodiscard]] inline double smape(std::span<const double> actual, std::span<const double> predicted) {
  return detail::mean_loss(actual, predicted, [](double y, double f) {
    const double size = std::abs(y) + std::abs(f);
    return size == 0 ? 0 : 200 * std::abs(y - f) / size;
  });
}

/// The mean absolute difference over one season within the history: what scaled errors are divided by (Hyndman and Koehler 2006).
/// `missing` when no pair is observed. Throws when the season is 0.
[[nodiscard]] inline double seasonal_scale(std::span<const double> history, std::size_t season) {
  require(season > 0, "season", season, "must be positive");
  detail::RunningMean mean;
  for (std::size_t i = season; i < history.size(); ++i) mean.add(std::abs(history[i] - history[i - season]));
  return mean.value();
}

/// Mean absolute scaled error: `mae` over `seasonal_scale`. `missing` when the scale is 0 or unknown.
[[nodiscard]] inline double mase(std::span<const double> actual, std::span<const double> predicted, std::span<const double> history,
                                 std::size_t season) {
  const double scale = seasonal_scale(history, season);
  return scale > 0 ? mae(actual, predicted) / scale : missing;
}

/// Overall weighted average of the M4 competition: the mean of sMAPE and MASE, each relative to that of `Naive2` on the same
/// series. With several series the arguments are averages over all of them (the ratio of averages, not the average of ratios).
/// `missing` when a measure is, or one of `Naive2` is 0.
[[nodiscard]] inline double owa(double smape, double mase, double naive2_smape, double naive2_mase) {
  return naive2_smape > 0 && naive2_mase > 0 ? 0.5 * (smape / naive2_smape + mase / naive2_mase) : missing;
}

/// Pinball (quantile) loss of `predicted` as the quantile at `level`: the mean of max(level (y − q), (level − 1)(y − q)).
[[nodiscard]] inline double pinball(std::span<const double> actual, std::span<const double> predicted, double level) {
  require(level > 0 && level < 1, "level", level, "must lie between 0 and 1");
  return detail::mean_loss(actual, predicted,
                           [level](double y, double q) { return y >= q ? level * (y - q) : (1 - level) * (q - y); });
}

/// The share of actual values inside of [lower, upper].
[[nodiscard]] inline double coverage(std::span<const double> actual, std::span<const double> lower, std::span<const double> upper) {
  require(actual.size() == lower.size(), "lower.size()", lower.size(), "must equal the length of the actual values");
  require(actual.size() == upper.size(), "upper.size()", upper.size(), "must equal the length of the actual values");
  detail::RunningMean mean;
  for (std::size_t i = 0; i < actual.size(); ++i) {
    if (std::isnan(actual[i]) || std::isnan(lower[i]) || std::isnan(upper[i])) continue;
    mean.add(actual[i] >= lower[i] && actual[i] <= upper[i] ? 1 : 0);
  }
  return mean.value();
}

/// Mean scaled interval score of the central interval that holds `1 − alpha` (Gneiting and Raftery 2007, scaled as in M4): width
/// plus 2/alpha times what lies outside, over `seasonal_scale`. `missing` when the scale is 0 or unknown.
[[nodiscard]] inline double msis(std::span<const double> actual, std::span<const double> lower, std::span<const double> upper,
                                 std::span<const double> history, std::size_t season, double alpha = 0.05) {
  require(alpha > 0 && alpha < 1, "alpha", alpha, "must lie between 0 and 1");
  require(actual.size() == lower.size(), "lower.size()", lower.size(), "must equal the length of the actual values");
  require(actual.size() == upper.size(), "upper.size()", upper.size(), "must equal the length of the actual values");
  detail::RunningMean mean;
  for (std::size_t i = 0; i < actual.size(); ++i) {
    const double y = actual[i];
    const double below = y < lower[i] ? lower[i] - y : 0, above = y > upper[i] ? y - upper[i] : 0;
    mean.add(std::isnan(y) ? missing : upper[i] - lower[i] + 2 / alpha * (below + above));
  }
  const double scale = seasonal_scale(history, season);
  return scale > 0 ? mean.value() / scale : missing;
}

/// What came out of a rolling origin: forecast `k` was made from the first `origins[k]` values, and `actual[k]` is what happened.
struct RollingOrigin {
  std::vector<std::size_t> origins{};
  std::vector<Forecast> forecasts{};
  std::vector<std::vector<double>> actual{};
  std::vector<Status> statuses{};
  std::vector<double> training{};  ///< the values before the first origin: they set the scale
};

/// Fits `model` on the first `first_origin` values, forecasts `horizon` intervals, moves on by `stride` values and does it again
/// while a whole horizon is left. Throws when the horizon or the stride is 0 or the first origin lies outside of the series.
template <Forecaster M>
[[nodiscard]] RollingOrigin rolling_origin(const M& model, const Series& series, std::size_t first_origin, std::size_t horizon,
                                           std::size_t stride = 1) {
  detail::check_horizon(horizon);
  require(stride > 0, "stride", stride, "must be positive");
  require(first_origin > 0 && first_origin <= series.size(), "first_origin", first_origin, "must lie inside of the series");
  RollingOrigin out;
  out.training = series.head(first_origin).values;
  for (std::size_t at = first_origin; at + horizon <= series.size(); at += stride) {
    const auto fit = model.fit(series.head(at));
    out.origins.push_back(at);
    out.statuses.push_back(fit.status);
    out.forecasts.push_back(fit.forecast(horizon));
    out.actual.push_back(series.slice(at, horizon).values);
  }
  return out;
}

/// Accuracy over all origins and horizons. `coverage[k]` is the share inside of the central interval of probability `intervals[k]`;
/// `pinball` is the mean over `levels` of the quantile losses; `msis` is that of the 95 % interval.
struct Accuracy {
  std::size_t pairs = 0;   ///< pairs of an actual value and a forecast
  std::size_t failed = 0;  ///< origins whose fit had a bad status
  double mae = missing;
  double rmse = missing;
  double smape = missing;
  double mase = missing;
  double pinball = missing;
  double msis = missing;
  std::vector<double> intervals{};
  std::vector<double> coverage{};
};

namespace detail {

/// All forecasts one after the other, seen through `pick(forecast, i)`.
template <class Pick>
std::vector<double> flatten(const RollingOrigin& run, Pick pick) {
  std::vector<double> out;
  for (const Forecast& forecast : run.forecasts) {
    for (std::size_t i = 0; i < forecast.horizon(); ++i) out.push_back(pick(forecast, i));
  }
  return out;
}

inline std::vector<double> flatten_quantile(const RollingOrigin& run, double level) {
  return flatten(run, [level](const Forecast& f, std::size_t i) { return f.quantile(level, i); });
}

}  // namespace detail

/// The measures of a rolling-origin run; errors are scaled by the mean absolute difference over `season` in the training values.
[[nodiscard]] inline Accuracy accuracy(const RollingOrigin& run, std::size_t season,
                                       std::vector<double> intervals = {.5, .8, .9, .95},
                                       const std::vector<double>& levels = default_levels()) {
  Accuracy out{.intervals = std::move(intervals)};
  std::vector<double> actual;
  for (const auto& part : run.actual) actual.insert(actual.end(), part.begin(), part.end());
  const auto mean = detail::flatten(run, [](const Forecast& f, std::size_t i) { return f.mean[i]; });
  for (std::size_t i = 0; i < actual.size(); ++i) out.pairs += std::isnan(actual[i]) || std::isnan(mean[i]) ? 0U : 1U;
  for (const Status status : run.statuses) out.failed += ok(status) ? 0U : 1U;
  out.mae = mae(actual, mean);
  out.rmse = rmse(actual, mean);
  out.smape = smape(actual, mean);
  out.mase = mase(actual, mean, run.training, season);
  detail::RunningMean loss;
  for (const double level : levels) loss.add(pinball(actual, detail::flatten_quantile(run, level), level));
  out.pinball = loss.value();
  for (const double p : out.intervals) {
    const auto lower = detail::flatten_quantile(run, (1 - p) / 2), upper = detail::flatten_quantile(run, (1 + p) / 2);
    out.coverage.push_back(coverage(actual, lower, upper));
  }
  out.msis = msis(actual, detail::flatten_quantile(run, 0.025), detail::flatten_quantile(run, 0.975), run.training, season);
  return out;
}

}  // namespace kilter::forecast
