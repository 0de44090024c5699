#pragma once
/// @file
/// The inside of `SeasonalLeastSquares`: what it has learnt, its regressors, and what it would have forecast from every origin.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <vector>

#include "kilter/core/series.hpp"
#include "kilter/forecast/dense.hpp"
#include "kilter/forecast/residual_ar.hpp"

namespace kilter::forecast {

/// One cycle: `harmonics` pairs of sine and cosine (at most half a period of them) of a period counted in steps of the series, not
/// necessarily a whole number. `prior` is how large the coefficient of the first harmonic is expected to be, in standard deviations
/// of the series; that of harmonic k is expected to be k times smaller. Infinity means no expectation.
struct Season {
  double period = 24;
  std::size_t harmonics = 12;
  double prior = 4;
};

enum class Trend : std::uint8_t {
  none,    ///< a constant level, from which the residuals may stay away for long
  linear,  ///< a straight line
  damped,  ///< a straight line whose slope fades by the factor `damping` in each step after the end of the history
};

namespace detail {

/// The model lives on the scale z = (transform(y) − centre) / spread and reads z(t) = profile(t) + scale(t) (rest(t) + u(t)): the
/// profile is a constant and the first season, the rest are the other seasons and the trend, `scale` is how much that phase of the
/// first season varies, and u is an autoregression. Divided by `scale` it is a linear regression with errors of even size.
struct SeasonalState {
  std::vector<Season> seasons{};
  Trend trend = Trend::none;
  double damping = 1;
  std::size_t n = 0;
  double centre = 0;
  double spread = 1;
  std::vector<double> scale{1.0};  ///< by phase
  std::vector<double> values{};    ///< z / scale of the history; `missing` where it is
  std::vector<double> errors{};    ///< u of the history; `missing` where it is
  std::vector<double> weights{};
  std::vector<double> coefficients{};
  Columns covariance_root{};      ///< of the coefficients, in units of `sigma`
  Columns filtered{};             ///< regressors after the autoregression is taken out: column t belongs to step t
  std::vector<double> penalty{};  ///< the ridge row of each coefficient
  SparseAr ar{};
  double sigma = 1;  ///< deviation of the innovations of u

  [[nodiscard]] std::size_t columns() const {
    std::size_t count = trend == Trend::none ? 1 : 2;
    for (const Season& s : seasons) count += 2 * s.harmonics;
    return count;
  }

  [[nodiscard]] double scale_at(std::size_t t) const { return scale[t % scale.size()]; }

  /// Distance along the trend, in histories: the last observed step is 0.
  [[nodiscard]] double trend_at(std::size_t t) const {
    const double ahead = static_cast<double>(t) - static_cast<double>(n - 1);
    const auto length = static_cast<double>(n);
    if (ahead <= 0 || trend == Trend::linear || damping == 1) return ahead / length;
    return damping * (1 - std::pow(damping, ahead)) / (1 - damping) / length;
  }

  /// Regressors of `values` at `t`: the constant and the first season over scale, then the other seasons, then the trend. Harmonics
  /// by the angle sum formulas.
  void fill_row(std::size_t t, double* row) const {
    const double inverse = 1 / scale_at(t);
    std::size_t column = 0;
    row[column++] = inverse;
    for (std::size_t k = 0; k < seasons.size(); ++k) {
      const double size = k == 0 ? inverse : 1;
      const double angle = 2 * std::numbers::pi * std::fmod(static_cast<double>(t), seasons[k].period) / seasons[k].period;
      const double c = std::cos(angle), s = std::sin(angle);
      double ck = c, sk = s;
      for (std::size_t harmonic = 0; harmonic < seasons[k].harmonics; ++harmonic) {
        row[column++] = size * ck;
        row[column++] = size * sk;
        const double next = ck * c - sk * s;
        sk = sk * c + ck * s;
        ck = next;
      }
    }
    if (trend != Trend::none) row[column] = trend_at(t);
  }

  /// The variance that uncertain coefficients give to the fit at `row`, in units of sigma².
  [[nodiscard]] double leverage(const double* row) const {
    double sum = 0;
    for (std::size_t k = 0; k < covariance_root.cols(); ++k) {
      const double part = dot(covariance_root.column(k), row, covariance_root.rows());
      sum += part * part;
    }
    return sum;
  }
};

/// Errors of forecasts from every origin: `square[h]` and `count[h]` by horizon, `errors` with their horizons.
struct OriginErrors {
  std::size_t origins = 0;
  std::vector<double> square{};
  std::vector<std::size_t> count{};
  std::vector<double> errors{};
  std::vector<std::size_t> horizons{};
};

/// Recursive least squares: coefficients from the values seen so far, one at a time (Plackett 1950), starting from the penalty.
class RecursiveCoefficients {
 public:
  explicit RecursiveCoefficients(const std::vector<double>& penalty)
      : covariance_(penalty.size(), penalty.size()), coefficients_(penalty.size(), 0.0), gain_(penalty.size()) {
    for (std::size_t k = 0; k < penalty.size(); ++k) covariance_(k, k) = 1 / std::pow(std::max(penalty[k], 1e-3), 2);
  }

  [[nodiscard]] double predict(const double* row) const { return dot(row, coefficients_.data(), coefficients_.size()); }

  void add(const double* row, double target, double weight) {
    const std::size_t k = coefficients_.size();
    for (std::size_t j = 0; j < k; ++j) gain_[j] = dot(covariance_.column(j), row, k);
    const double size = 1 / weight + dot(row, gain_.data(), k);
    add_scaled(coefficients_.data(), (target - predict(row)) / size, gain_.data(), k);
    for (std::size_t j = 0; j < k; ++j) add_scaled(covariance_.column(j), -gain_[j] / size, gain_.data(), k);
  }

 private:
  Columns covariance_;
  std::vector<double> coefficients_, gain_;
};

/// What forecasts from each origin in the last two thirds of the history would have missed, each with coefficients learnt from the
/// values before that origin only; the autoregression and the scales are those of the whole history. O(n columns² + n horizon
/// columns).
inline OriginErrors origin_errors(const SeasonalState& state, std::size_t horizon) {
  OriginErrors out{0, std::vector<double>(horizon, 0.0), std::vector<std::size_t>(horizon, 0), {}, {}};
  RecursiveCoefficients recursive{state.penalty};
  std::vector<double> path = state.values;
  for (std::size_t origin = 0; origin < state.n; ++origin) {
    const bool counts = origin >= state.n / 3;
    out.origins += counts ? 1U : 0U;
    for (std::size_t h = 0; counts && h < horizon && origin + h < state.n; ++h) {
      const std::size_t t = origin + h;
      if (std::isnan(state.values[t])) continue;
      path[t] = state.ar.predict(path, t) + recursive.predict(state.filtered.column(t));
      const double error = state.values[t] - path[t];
      out.square[h] += error * error;
      ++out.count[h];
      out.errors.push_back(error);
      out.horizons.push_back(h);
    }
    for (std::size_t t = origin; t < std::min(origin + horizon, state.n); ++t) path[t] = state.values[t];
    if (std::isnan(state.values[origin]) || !(state.weights[origin] > 0)) continue;
    const double target = state.values[origin] - state.ar.predict(state.values, origin);
    recursive.add(state.filtered.column(origin), target, state.weights[origin]);
  }
  return out;
}

}  // namespace detail

}  // namespace kilter::forecast
