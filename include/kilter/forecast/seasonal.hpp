#pragma once
/// @file
/// `SeasonalLeastSquares`: several seasons, trend and autocorrelated residuals by penalised least squares, with intervals that
/// follow the season. Made for a few weeks of hourly data: demand, prices, carbon intensity, temperature.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/series.hpp"
#include "kilter/core/status.hpp"
#include "kilter/forecast/dense.hpp"
#include "kilter/forecast/forecast.hpp"
#include "kilter/forecast/phase_scale.hpp"
#include "kilter/forecast/residual_ar.hpp"
#include "kilter/forecast/seasonal_state.hpp"
#include "kilter/forecast/transform.hpp"

namespace kilter::forecast {

enum class Intervals : std::uint8_t {
  gaussian,   ///< normal around the mean on the transformed scale
  empirical,  ///< shaped like the model's own errors from every origin in the history, scaled by horizon
};

/// A fitted `SeasonalLeastSquares`.
struct FittedSeasonal {
  Status status = Status::infeasible;
  Transform transform{};
  Intervals intervals = Intervals::empirical;
  bool clamp_at_zero = false;
  std::vector<double> levels = default_levels();
  Time start{};
  Seconds step = units::h;
  detail::SeasonalState state{};

  /// The lags of the residual autoregression that the history allowed, and their coefficients.
  [[nodiscard]] const std::vector<std::size_t>& lags() const { return state.ar.lags; }
  [[nodiscard]] const std::vector<double>& autoregression() const { return state.ar.coefficients; }

  /// Mean and quantiles of the next `horizon` steps; `missing` when the fit failed. Throws at horizon 0.
  [[nodiscard]] Forecast forecast(std::size_t horizon) const;
};

/// Regression on seasons and trend with an autoregression of the residuals, fitted by iterated generalised least squares (Cochrane
/// and Orcutt 1949) with ridge penalties from the priors, in a form in which everything but the profile of the first season is
/// proportional to how much that phase of it varies: what a quiet weekend takes from the busy hours it does not take from the
/// idle ones. Periods, lags and half-life count steps of the series.
///
/// The defaults are for hourly values. A week is covered by the residual a week ago (lag 168) rather than by harmonics, which take
/// more history to be estimated well. A season that the history does not cover twice, and a lag that leaves fewer than 72 pairs, is
/// left out. Missing values are skipped. `Status::infeasible` with fewer than 3 values or no spread of time. Throws when an option
/// or a value is out of its range, or a value outside of the domain of the transform. O(n columns²): about a millisecond for 19
/// days.
struct SeasonalLeastSquares {
  std::vector<Season> seasons = {{24, 12, 4}};
  Trend trend = Trend::none;
  double trend_prior = 0.3;                     ///< expected change over the history, in standard deviations of the series
  double damping = 0.98;                        ///< of `Trend::damped`
  double half_life = 0;                         ///< steps after which a value counts half; 0: all count the same
  std::vector<std::size_t> lags = {1, 2, 168};  ///< of the residual autoregression, ascending; may be empty
  double persistence = 0.9;                     ///< first guess of the autocorrelation at lag 1, from which the iteration starts
  double lag_prior = 10;                        ///< observations by which autoregressive coefficients are drawn to 0
  bool scale_by_phase = true;                   ///< false: all phases of the first season vary alike
  int passes = 2;                               ///< of estimating the autoregression after the regression
  Transform transform{};
  Intervals intervals = Intervals::empirical;
  bool clamp_at_zero = false;  ///< for quantities that cannot be negative
  std::vector<double> levels = default_levels();

  [[nodiscard]] FittedSeasonal fit(const Series& history) const;
};

namespace detail {

inline void check_options(const SeasonalLeastSquares& o) {
  for (const Season& s : o.seasons) {
    require(s.period >= 2 && std::isfinite(s.period), "seasons.period", s.period, "must be at least 2 steps");
    require(s.prior > 0, "seasons.prior", s.prior, "must be positive");
  }
  std::size_t last = 0;
  for (const std::size_t lag : o.lags) {
    require(lag > last, "lags", lag, "must be positive and ascend");
    last = lag;
  }
  require(o.trend_prior > 0, "trend_prior", o.trend_prior, "must be positive");
  require(o.damping > 0 && o.damping <= 1, "damping", o.damping, "must lie in (0, 1]");
  require(o.half_life >= 0 && std::isfinite(o.half_life), "half_life", o.half_life, "must be finite and not negative");
  require(o.persistence >= 0 && o.persistence < 1, "persistence", o.persistence, "must lie in [0, 1)");
  require(o.lag_prior >= 0 && std::isfinite(o.lag_prior), "lag_prior", o.lag_prior, "must be finite and not negative");
  require(o.passes >= 1 && o.passes <= 100, "passes", o.passes, "must lie between 1 and 100");
  check_levels(o.levels);
}

/// Fits a `SeasonalState` to standardised values.
class SeasonalFitter {
 public:
  SeasonalFitter(const SeasonalLeastSquares& options, const std::vector<double>& z, SeasonalState& state)
      : options_(options), z_(z), state_(state) {
    state_.weights.assign(z.size(), 1.0);
    if (options.half_life <= 0) return;
    for (std::size_t t = 0; t < z.size(); ++t) {
      state_.weights[t] = std::exp2(-static_cast<double>(z.size() - 1 - t) / options.half_life);
    }
  }

  /// The profile alone gives the scales; then the whole regression and the autoregression by turns.
  void run() {
    if (options_.scale_by_phase && !state_.seasons.empty()) fit_scales();
    if (!options_.lags.empty() && options_.persistence > 0) {
      state_.ar = {{1}, {options_.persistence}};
      state_.sigma = std::sqrt(1 - options_.persistence * options_.persistence);
    }
    solve();
    for (int pass = 0; pass < options_.passes; ++pass) {
      state_.ar = fit_residual_ar(state_.errors, state_.weights, options_.lags, options_.lag_prior, 72);
      state_.sigma = innovation_deviation();
      solve();
    }
    state_.sigma = innovation_deviation();
  }

 private:
  void fit_scales() {
    const std::vector<Season> seasons = std::exchange(state_.seasons, {state_.seasons.front()});
    const Trend trend = std::exchange(state_.trend, Trend::none);
    solve();
    const auto phases = static_cast<std::size_t>(std::llround(state_.seasons.front().period));
    state_.scale = phase_scales(state_.errors, state_.weights, phases);
    state_.seasons = seasons;
    state_.trend = trend;
  }

  /// Regressors and values after the autoregression is taken out; a missing past is left out of both.
  [[nodiscard]] std::vector<double> filter(const Columns& rows) {
    std::vector<double> target = state_.values;
    state_.filtered = rows;
    for (std::size_t t = 0; t < z_.size(); ++t) {
      for (std::size_t k = 0; k < state_.ar.lags.size() && state_.ar.lags[k] <= t; ++k) {
        const std::size_t past = t - state_.ar.lags[k];
        if (std::isnan(state_.values[past])) continue;
        target[t] -= state_.ar.coefficients[k] * state_.values[past];
        add_scaled(state_.filtered.column(t), -state_.ar.coefficients[k], rows.column(past), rows.rows());
      }
    }
    return target;
  }

  /// Ridge rows: the expected size of a coefficient is that of one innovation over its row.
  void find_penalty() {
    double square = 0;
    for (const double s : state_.scale) square += s * s;
    const double typical = std::sqrt(square / static_cast<double>(state_.scale.size()));
    state_.penalty.assign(state_.columns(), 0.0);
    std::size_t column = 1;
    for (std::size_t j = 0; j < state_.seasons.size(); ++j) {
      const double prior = state_.seasons[j].prior / (j == 0 ? 1 : typical);
      for (std::size_t h = 1; h <= state_.seasons[j].harmonics; ++h, column += 2) {
        state_.penalty[column] = state_.penalty[column + 1] = state_.sigma * static_cast<double>(h) / prior;
      }
    }
    if (state_.trend != Trend::none) state_.penalty[column] = state_.sigma * typical / options_.trend_prior;
  }

  void solve() {
    Columns rows(state_.columns(), z_.size());
    state_.values.resize(z_.size());
    for (std::size_t t = 0; t < z_.size(); ++t) {
      state_.fill_row(t, rows.column(t));
      state_.values[t] = z_[t] / state_.scale_at(t);
    }
    const std::vector<double> target = filter(rows);
    find_penalty();
    DenseFit fit = penalised(target);
    state_.coefficients = std::move(fit.coefficients);
    state_.covariance_root = std::move(fit.covariance_root);
    state_.errors.resize(z_.size());
    for (std::size_t t = 0; t < z_.size(); ++t) {
      state_.errors[t] = state_.values[t] - dot(rows.column(t), state_.coefficients.data(), rows.rows());
    }
  }

  /// Weighted least squares on the observed rows with the penalty below them.
  [[nodiscard]] DenseFit penalised(const std::vector<double>& target) const {
    const std::size_t n = z_.size(), k = state_.columns();
    Columns design(n + k, k);
    std::vector<double> y(n + k, 0.0);
    for (std::size_t t = 0; t < n; ++t) {
      if (std::isnan(target[t])) continue;
      const double root = std::sqrt(state_.weights[t]);
      const double* row = state_.filtered.column(t);
      y[t] = root * target[t];
      for (std::size_t j = 0; j < k; ++j) design(t, j) = root * row[j];
    }
    for (std::size_t j = 0; j < k; ++j) design(n + j, j) = state_.penalty[j];
    return dense_least_squares(design, y);
  }

  /// Root of the weighted mean square of the innovations, over the weight less the effective number of coefficients (the trace of
  /// the hat matrix). 1 when all innovations are 0, so that penalties keep their meaning.
  [[nodiscard]] double innovation_deviation() const {
    double square = 0, total = 0, spent = 0;
    for (std::size_t t = 0; t < z_.size(); ++t) {
      const double e = state_.errors[t] - state_.ar.predict(state_.errors, t);
      if (std::isnan(e)) continue;
      square += state_.weights[t] * e * e;
      total += state_.weights[t];
      spent += state_.weights[t] * state_.leverage(state_.filtered.column(t));
    }
    return square > 0 ? std::sqrt(square / std::max(total - spent, 0.25 * total)) : 0;
  }

  const SeasonalLeastSquares& options_;
  const std::vector<double>& z_;
  SeasonalState& state_;
};

/// Centres and scales `z` in place; false when fewer than 3 values are there.
inline bool standardise(std::vector<double>& z, SeasonalState& state) {
  double sum = 0, square = 0;
  std::size_t count = 0;
  for (const double v : z) {
    if (std::isnan(v)) continue;
    sum += v;
    ++count;
  }
  if (count < 3) return false;
  state.centre = sum / static_cast<double>(count);
  for (const double v : z) square += std::isnan(v) ? 0 : (v - state.centre) * (v - state.centre);
  const double spread = std::sqrt(square / static_cast<double>(count));
  state.spread = spread > 1e-14 * std::abs(state.centre) ? spread : 0;
  for (double& v : z) v = std::isnan(v) ? missing : state.spread > 0 ? (v - state.centre) / state.spread : 0;
  return true;
}

/// Errors over their deviation in order, and the deviation by horizon.
struct ErrorShape {
  std::vector<double> deviation{};
  std::vector<double> sorted{};
  double seasons = std::numeric_limits<double>::infinity();  ///< how many independent stretches the errors stand for
};

/// Deviations of u over the horizon from the model: shocks add up through ψ, and coefficients are uncertain.
inline std::vector<double> model_deviation(const SeasonalState& state, std::size_t horizon) {
  const std::vector<double> psi = psi_weights(state.ar, horizon);
  std::vector<double> row(state.columns());
  std::vector<double> out(horizon);
  double shocks = 0;
  for (std::size_t h = 0; h < horizon; ++h) {
    shocks += psi[h] * psi[h];
    state.fill_row(state.n + h, row.data());
    out[h] = state.sigma * std::sqrt(shocks + state.leverage(row.data()));
  }
  return out;
}

/// Horizons with at least 48 errors take their deviation from them, the others from the model. With fewer than 100 errors the shape
/// is left Gaussian.
inline ErrorShape error_shape(const SeasonalState& state, std::size_t horizon, Intervals intervals) {
  ErrorShape out{model_deviation(state, horizon), {}};
  if (intervals == Intervals::gaussian) return out;
  const OriginErrors errors = origin_errors(state, horizon);
  if (errors.errors.size() < 100) return out;
  for (std::size_t h = 0; h < horizon; ++h) {
    if (errors.count[h] >= 48) out.deviation[h] = std::sqrt(errors.square[h] / static_cast<double>(errors.count[h]));
  }
  out.sorted.reserve(errors.errors.size());
  for (std::size_t k = 0; k < errors.errors.size(); ++k) {
    const double deviation = out.deviation[errors.horizons[k]];
    out.sorted.push_back(deviation > 0 ? errors.errors[k] / deviation : 0);
  }
  std::sort(out.sorted.begin(), out.sorted.end());
  const double period = state.seasons.empty() ? static_cast<double>(horizon) : state.seasons.front().period;
  out.seasons = std::max(2.0, static_cast<double>(errors.origins) / period);
  return out;
}

/// The sorted error at `level`, linear between neighbours.
inline double sorted_quantile(const std::vector<double>& sorted, double level) {
  const double at = level * static_cast<double>(sorted.size() - 1);
  const auto low = static_cast<std::size_t>(at);
  const std::size_t high = std::min(low + 1, sorted.size() - 1);
  return sorted[low] + (at - static_cast<double>(low)) * (sorted[high] - sorted[low]);
}

/// The score at `level` of what `shape` says, farther from the median by as much as Student's t with `seasons` degrees of freedom
/// is wider than the normal (the expansion of Abramowitz and Stegun 26.7.5): the deviations come from that many independent
/// stretches only.
inline double shape_quantile(const ErrorShape& shape, double level) {
  const double z = normal_quantile(level);
  const double v = shape.seasons, z2 = z * z;
  const double widening = 1 + (z2 + 1) / (4 * v) + ((5 * z2 + 16) * z2 + 3) / (96 * v * v);
  const double median = sorted_quantile(shape.sorted, 0.5);
  return median + widening * (sorted_quantile(shape.sorted, level) - median);
}

/// The mean of the original series as the mean of the transformed-back errors (Duan 1983, "Smearing estimate"), by 200 of them.
inline double smeared_mean(const FittedSeasonal& fit, const ErrorShape& shape, double centre, double deviation) {
  double sum = 0;
  constexpr std::size_t points = 200;
  for (std::size_t k = 0; k < points; ++k) {
    const double error = shape.sorted[(2 * k + 1) * shape.sorted.size() / (2 * points)];
    const double value = fit.transform.inverse(centre + deviation * error);
    sum += std::min(fit.clamp_at_zero ? std::max(value, 0.0) : value, 1e290);
  }
  return sum / static_cast<double>(points);
}

inline Forecast empirical_forecast(const FittedSeasonal& fit, const ErrorShape& shape, const std::vector<double>& centre,
                                   const std::vector<double>& deviation) {
  Forecast out{fit.start, fit.step, {}, fit.levels, {}};
  for (std::size_t h = 0; h < centre.size(); ++h) out.mean.push_back(smeared_mean(fit, shape, centre[h], deviation[h]));
  for (const double level : fit.levels) {
    const double score = shape_quantile(shape, level);
    for (std::size_t h = 0; h < centre.size(); ++h)
      out.quantiles.push_back(fit.transform.inverse(centre[h] + deviation[h] * score));
  }
  return out;
}

}  // namespace detail

inline FittedSeasonal SeasonalLeastSquares::fit(const Series& history) const {
  detail::check_history(history);
  detail::check_options(*this);
  FittedSeasonal out{Status::infeasible, transform, intervals, clamp_at_zero, levels, history.end(), history.step, {}};
  std::vector<double> z = detail::forward(transform, history.values);
  detail::SeasonalState& state = out.state;
  state.n = z.size();
  state.trend = trend;
  state.damping = damping;
  if (!detail::standardise(z, state)) return out;
  for (Season season : seasons) {
    if (2 * season.period > static_cast<double>(z.size())) continue;
    season.harmonics = std::min(season.harmonics, static_cast<std::size_t>(season.period / 2));
    state.seasons.push_back(season);
  }
  detail::SeasonalFitter{*this, z, state}.run();
  bool finite = std::isfinite(state.sigma);
  for (const double b : state.coefficients) finite = finite && std::isfinite(b);
  out.status = finite ? Status::feasible : Status::numerical_failure;
  return out;
}

inline Forecast FittedSeasonal::forecast(std::size_t horizon) const {
  detail::check_horizon(horizon);
  if (!ok(status)) return detail::missing_forecast(start, step, horizon, levels);
  const detail::ErrorShape shape = detail::error_shape(state, horizon, intervals);
  std::vector<double> u = state.errors;
  std::vector<double> centre(horizon), deviation(horizon);
  std::vector<double> row(state.columns());
  for (std::size_t h = 0; h < horizon; ++h) {
    u.push_back(state.ar.predict(u, state.n + h));
    state.fill_row(state.n + h, row.data());
    const double size = state.spread * state.scale_at(state.n + h);
    centre[h] = state.centre + size * (detail::dot(row.data(), state.coefficients.data(), row.size()) + u.back());
    deviation[h] = size * shape.deviation[h];
  }
  Forecast out = shape.sorted.empty() ? back_transform(transform, start, step, std::move(centre), deviation, levels)
                                      : detail::empirical_forecast(*this, shape, centre, deviation);
  return clamp_at_zero ? nonnegative(std::move(out)) : out;
}

}  // namespace kilter::forecast
