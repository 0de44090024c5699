#pragma once
/// @file
/// The exponent of Box and Cox for a series: by Guerrero's method or by likelihood.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/series.hpp"
#include "kilter/forecast/transform.hpp"

namespace kilter::forecast {

/// The range in which λ is sought.
struct BoxCoxOptions {
  double lower = -1;
  double upper = 2;
};

namespace detail {

/// Logarithms of the values over their geometric mean, so that no power of them overflows before it must; missing ones stay.
inline std::vector<double> centred_logs(std::span<const double> values, const BoxCoxOptions& options) {
  require_finite("options.lower", options.lower);
  require_finite("options.upper", options.upper);
  require(options.lower < options.upper, "options.upper", options.upper, "must exceed options.lower");
  std::vector<double> out;
  double sum = 0, count = 0;
  for (const double v : values) {
    require(std::isnan(v) || (v > 0 && std::isfinite(v)), "value", v, "must be positive and finite for Box and Cox's transform");
    out.push_back(std::isnan(v) ? missing : std::log(v));
    if (std::isnan(v)) continue;
    sum += out.back();
    count += 1;
  }
  for (double& log : out) log -= sum / count;
  return out;
}

/// The least value of `function` on the interval: the best of 61 equidistant points, then golden sections around it. 1 when no
/// point gives a number.
template <class Function>
double best_lambda(const BoxCoxOptions& options, const Function& function) {
  constexpr int steps = 60;
  const double width = (options.upper - options.lower) / steps;
  double best = missing, least = std::numeric_limits<double>::infinity();
  for (int k = 0; k <= steps; ++k) {
    const double at = k == steps ? options.upper : options.lower + width * k, value = function(at);
    if (!(value < least)) continue;
    best = at;
    least = value;
  }
  if (std::isnan(best)) return 1;
  double low = std::max(options.lower, best - width), high = std::min(options.upper, best + width);
  const double golden = (std::sqrt(5.0) - 1) / 2;
  while (high - low > 1e-7) {
    const double left = high - golden * (high - low), right = low + golden * (high - low);
    if (function(left) <= function(right)) {
      high = right;
    } else {
      low = left;
    }
  }
  const double middle = 0.5 * (low + high);
  return function(middle) < least ? middle : best;
}

/// Mean and deviation (over count − 1) of what is not missing.
struct Moments {
  double mean = 0;
  double deviation = missing;
};

inline Moments moments(std::span<const double> values) {
  double sum = 0, count = 0, square = 0;
  for (const double v : values) {
    if (std::isnan(v)) continue;
    sum += v;
    count += 1;
  }
  const double mean = sum / count;
  for (const double v : values) square += std::isnan(v) ? 0 : (v - mean) * (v - mean);
  return {mean, count > 1 ? std::sqrt(square / (count - 1)) : missing};
}

/// Takes from each phase its mean over the observed values.
inline void centre_phases(std::vector<double>& values, std::size_t period) {
  for (std::size_t phase = 0; phase < std::min(period, values.size()); ++phase) {
    double sum = 0, count = 0;
    for (std::size_t i = phase; i < values.size(); i += period) {
      if (std::isnan(values[i])) continue;
      sum += values[i];
      count += 1;
    }
    for (std::size_t i = phase; i < values.size(); i += period) values[i] -= sum / count;
  }
}

/// Residual sum of a regression on one constant a phase and a line.
class TrendAndSeason {
 public:
  TrendAndSeason(std::span<const double> logs, std::size_t period) : period_(period), line_(logs.size()) {
    for (std::size_t i = 0; i < logs.size(); ++i) line_[i] = std::isnan(logs[i]) ? missing : static_cast<double>(i);
    centre_phases(line_, period_);
    for (const double v : line_) square_ += std::isnan(v) ? 0 : v * v;
  }

  [[nodiscard]] double residual_sum(std::vector<double> values) const {
    centre_phases(values, period_);
    double product = 0, sum = 0;
    for (std::size_t i = 0; i < values.size(); ++i) product += std::isnan(values[i]) ? 0 : values[i] * line_[i];
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (std::isnan(values[i])) continue;
      const double left = values[i] - (square_ > 0 ? product / square_ * line_[i] : 0);
      sum += left * left;
    }
    return sum;
  }

 private:
  std::size_t period_;
  std::vector<double> line_;
  double square_ = 0;
};

}  // namespace detail

/// Guerrero (1993), "Time-series analysis supported by power transformations": the λ for which deviation/mean^(1 − λ) of blocks of
/// one period (two values when `period` is 1) varies least, by its coefficient of variation. Blocks end with the series; missing
/// values are left out of them. λ = 1 without two blocks of two values or when nothing varies. Throws when a value is not positive,
/// or the range is empty. O(n), some 10² evaluations over the blocks.
[[nodiscard]] inline Transform box_cox_by_guerrero(std::span<const double> values, std::size_t period = 1,
                                                   const BoxCoxOptions& options = {}) {
  require(period > 0, "period", period, "must be positive");
  std::vector<double> scaled = detail::centred_logs(values, options);
  for (double& v : scaled) v = std::exp(v);
  const std::size_t block = std::max<std::size_t>(2, period), count = values.size() / block;
  std::vector<detail::Moments> blocks;
  for (std::size_t b = 0; b < count; ++b) {
    const auto m = detail::moments(std::span<const double>(scaled).subspan(scaled.size() - (count - b) * block, block));
    if (!std::isnan(m.deviation)) blocks.push_back(m);
  }
  std::vector<double> ratios(blocks.size());
  const auto variation = [&](double lambda) {
    for (std::size_t b = 0; b < blocks.size(); ++b) ratios[b] = blocks[b].deviation / std::pow(blocks[b].mean, 1 - lambda);
    const detail::Moments m = detail::moments(ratios);
    return m.deviation / m.mean;
  };
  return Transform::box_cox(detail::best_lambda(options, variation));
}

/// Box and Cox (1964): the λ of the largest profile likelihood for normal errors around a line and one level a phase of `period`,
/// −n/2 log of the residual sum of the transformed values over their geometric mean. λ = 1 when fewer than `period` + 3 values are
/// observed or the regression leaves nothing. Throws when a value is not positive, or the range is empty. O(n), some 10² times.
[[nodiscard]] inline Transform box_cox_by_likelihood(std::span<const double> values, std::size_t period = 1,
                                                     const BoxCoxOptions& options = {}) {
  require(period > 0, "period", period, "must be positive");
  const std::vector<double> logs = detail::centred_logs(values, options);
  const std::size_t count = logs.size() - count_missing(logs);
  if (count < 3 || count - 3 < period) return Transform::box_cox(1);
  const detail::TrendAndSeason regression(logs, period);
  const double slack = 1e-12;  // of relative deviations: rounding of the logarithms
  std::vector<double> transformed(logs.size());
  const auto loss = [&](double lambda) {
    for (std::size_t i = 0; i < logs.size(); ++i) transformed[i] = lambda == 0 ? logs[i] : std::expm1(lambda * logs[i]) / lambda;
    const double sum = regression.residual_sum(transformed);
    return sum > slack * slack * static_cast<double>(count) ? sum : missing;
  };
  return Transform::box_cox(detail::best_lambda(options, loss));
}

}  // namespace kilter::forecast
