#pragma once
/// @file
/// `LinearPrediction`: what a linear regression says about one row of regressors, with intervals at any level.

#include <cmath>
#include <limits>

#include "kilter/core/contract.hpp"
#include "kilter/core/series.hpp"
#include "kilter/forecast/distribution.hpp"

namespace kilter::forecast {

/// From `lower` to `upper`; `missing` where nothing can be said.
struct Interval {
  double lower = missing;
  double upper = missing;
};

/// A prediction: the expected value, the standard error of that expectation, and the deviation of a new observation around it, both
/// estimated with `freedom` degrees of freedom (infinite: normal intervals).
struct LinearPrediction {
  double mean = missing;
  double standard_error = missing;
  double deviation = missing;
  double freedom = std::numeric_limits<double>::infinity();

  /// The confidence interval of the expected value at `level` (0.95 …), by Student's t. `missing` when no degree of freedom is
  /// left. Throws unless 0 < level < 1.
  [[nodiscard]] Interval confidence(double level) const { return around(standard_error, level); }

  /// The interval that holds a new observation with probability `level`, by Student's t; see `confidence`.
  [[nodiscard]] Interval interval(double level) const { return around(deviation, level); }

 private:
  [[nodiscard]] Interval around(double error, double level) const {
    require(level > 0 && level < 1, "level", level, "must lie between 0 and 1");
    if (!(freedom > 0) || std::isnan(error)) return {};
    const double reach = error * student_t_quantile(0.5 + 0.5 * level, freedom);
    return {mean - reach, mean + reach};
  }
};

}  // namespace kilter::forecast
