#pragma once
/// @file
/// STL, the decomposition of a series into season, trend and remainder by local regression (Cleveland, Cleveland, McRae and
/// Terpenning 1990, "STL: A seasonal-trend decomposition procedure based on loess", Journal of Official Statistics 6).

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/series.hpp"
#include "kilter/core/status.hpp"
#include "kilter/forecast/dense.hpp"

namespace kilter::forecast {

/// Windows count observations (of one phase for the season) and are odd.
struct StlOptions {
  std::size_t seasonal_window = 11;  ///< at least 3; 0 for a season that never changes (one value a phase)
  std::size_t trend_window = 0;      ///< 0: the next odd number from 1.5 period / (1 − 1.5 / seasonal_window)
  std::size_t low_pass_window = 0;   ///< 0: the period, made odd
  int seasonal_degree = 0;           ///< of the local polynomial: 0 or 1
  int trend_degree = 1;
  int low_pass_degree = 1;
  int inner_iterations = 2;
  int robust_iterations = 0;  ///< rounds of bisquare weights against outliers; 15 with one inner iteration is the paper's choice
  /// Local fits are made at every k-th point and joined by straight lines; 1 fits at all points.
  std::size_t seasonal_jump = 1;
  std::size_t trend_jump = 1;
  std::size_t low_pass_jump = 1;
};

/// A series as `seasonal` + `trend` + `remainder`, each of the length of the series.
struct [[nodiscard]] Decomposition {
  Status status = Status::infeasible;  ///< `optimal`; `infeasible` without two full periods and one value more: all is `missing`
  std::vector<double> seasonal{};
  std::vector<double> trend{};
  std::vector<double> remainder{};  ///< `missing` where the series is
  std::vector<double> weights{};    ///< of robustness, in [0, 1]; 1 without robust iterations
};

namespace detail {

/// The values with gaps bridged by straight lines, and the ends carried outward; all missing stays so.
inline std::vector<double> interpolated(std::span<const double> values) {
  std::vector<double> out(values.begin(), values.end());
  const std::size_t n = out.size();
  for (std::size_t i = 0, last = n; i < n; ++i) {
    if (std::isnan(values[i])) continue;
    for (std::size_t k = last == n ? 0 : last + 1; k < i; ++k) {
      const double share = last == n ? 1 : static_cast<double>(k - last) / static_cast<double>(i - last);
      out[k] = last == n ? values[i] : values[last] + share * (values[i] - values[last]);
    }
    last = i;
  }
  for (std::size_t k = 1; k < n; ++k) {
    if (std::isnan(out[k])) out[k] = out[k - 1];
  }
  return out;
}

/// True with two full periods and one value more.
inline bool has_two_periods(std::size_t size, std::size_t period) { return size > period && size - period > period; }

/// Settings of one smoother.
struct LoessOptions {
  std::size_t window = 3;
  int degree = 0;
  std::size_t jump = 1;
};

/// Loess on `size` equidistant points (Cleveland 1979; section 2 of the paper): a polynomial of degree 0 or 1 by tricube weights
/// over the `window` nearest points. Away from the ends and without robustness weights it is a fixed moving average, kept as
/// `kernel_`.
class Loess {
 public:
  Loess(const LoessOptions& options, std::size_t size)
      : options_(options), size_(size), count_(std::min(options.window, size)), kernel_(count_), weights_(count_) {
    const std::size_t half = options_.window / 2;
    has_interior_ = options_.window <= size_;
    if (!has_interior_) return;
    tricube(static_cast<double>(half), kernel_);
    double sum = 0;
    for (const double w : kernel_) sum += w;
    for (double& w : kernel_) w /= sum;
  }

  /// Smooths `y` into `out`. `robustness` is null or one weight a point.
  void smooth(const double* y, const double* robustness, double* out) {
    const std::size_t last = size_ - 1;
    std::size_t at = 0;
    out[0] = this->at(y, robustness, 0);
    while (at < last) {
      const std::size_t next = std::min(at + options_.jump, last);
      out[next] = this->at(y, robustness, static_cast<std::ptrdiff_t>(next));
      const double slope = (out[next] - out[at]) / static_cast<double>(next - at);
      for (std::size_t i = at + 1; i < next; ++i) out[i] = out[at] + slope * static_cast<double>(i - at);
      at = next;
    }
  }

  /// The fit at position `x`, which may lie outside of the points. Where all weights vanish, the nearest point itself.
  double at(const double* y, const double* robustness, std::ptrdiff_t x) {
    const auto slack = static_cast<std::ptrdiff_t>(size_ - count_);
    const std::ptrdiff_t centred = x - static_cast<std::ptrdiff_t>(options_.window / 2);
    const auto left = static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(centred, 0, slack));
    const bool interior = has_interior_ && centred == static_cast<std::ptrdiff_t>(left);
    if (interior && robustness == nullptr) return dot(kernel_.data(), y + left, count_);
    const double place = static_cast<double>(x - static_cast<std::ptrdiff_t>(left));
    if (interior) {
      weights_ = kernel_;
    } else {
      tricube(place, weights_);
    }
    for (std::size_t i = 0; i < count_ && robustness != nullptr; ++i) weights_[i] *= robustness[left + i];
    if (!tilt(place)) return y[std::clamp<std::ptrdiff_t>(x, 0, static_cast<std::ptrdiff_t>(size_) - 1)];
    return dot(weights_.data(), y + left, count_);
  }

 private:
  /// Tricube weights of the points of a window for a fit at `place` of it. A window wider than the series widens the bandwidth by
  /// half of what is lacking.
  void tricube(double place, std::vector<double>& out) const {
    const std::size_t lacking = options_.window > size_ ? (options_.window - size_) / 2 : 0;
    const double reach = std::max(place, static_cast<double>(count_ - 1) - place) + static_cast<double>(lacking);
    for (std::size_t i = 0; i < count_; ++i) {
      const double u = std::abs(static_cast<double>(i) - place) / reach;
      const double v = 1 - u * u * u;
      out[i] = u <= 0.001 || !(reach > 0) ? 1 : u <= 0.999 ? v * v * v : 0;
    }
  }

  /// Turns weights into the coefficients with which a local line (or constant) at `place` is read off; false when all are 0.
  bool tilt(double place) {
    double sum = 0, centre = 0, square = 0;
    for (std::size_t i = 0; i < count_; ++i) sum += weights_[i];
    if (!(sum > 0)) return false;
    for (std::size_t i = 0; i < count_; ++i) centre += (weights_[i] /= sum) * static_cast<double>(i);
    if (options_.degree == 0) return true;
    for (std::size_t i = 0; i < count_; ++i) {
      const double distance = static_cast<double>(i) - centre;
      square += weights_[i] * distance * distance;
    }
    if (!(std::sqrt(square) > 0.001 * static_cast<double>(size_ - 1))) return true;
    const double slope = (place - centre) / square;
    for (std::size_t i = 0; i < count_; ++i) weights_[i] *= 1 + slope * (static_cast<double>(i) - centre);
    return true;
  }

  LoessOptions options_;
  std::size_t size_, count_;
  bool has_interior_ = false;
  std::vector<double> kernel_, weights_;
};

/// Means of `width` neighbours: `size` values become size − width + 1. By a running sum.
inline void moving_average(const double* in, std::size_t size, std::size_t width, double* out) {
  double sum = 0;
  for (std::size_t i = 0; i < width; ++i) sum += in[i];
  out[0] = sum / static_cast<double>(width);
  for (std::size_t i = width; i < size; ++i) {
    sum += in[i] - in[i - width];
    out[i - width + 1] = sum / static_cast<double>(width);
  }
}

/// Of a season that never changes: ten times the series, which gives equal weights but for a few parts in 10⁵.
inline std::size_t seasonal_window(const StlOptions& options, std::size_t size) {
  return options.seasonal_window == 0 ? 10 * size + 1 : options.seasonal_window;
}

inline std::size_t low_pass_window(const StlOptions& options, std::size_t period) {
  return options.low_pass_window == 0 ? period | 1U : options.low_pass_window;
}

/// Section 3.4 of the paper: the least window whose trend does not compete with the season.
inline std::size_t trend_window(const StlOptions& options, std::size_t period, std::size_t size) {
  if (options.trend_window != 0) return options.trend_window;
  const double window = 1.5 * static_cast<double>(period) / (1 - 1.5 / static_cast<double>(seasonal_window(options, size)));
  return static_cast<std::size_t>(std::ceil(window)) | 1U;
}

/// The state of a decomposition while it is iterated.
class StlWork {
 public:
  StlWork(std::vector<double> values, std::size_t period, const StlOptions& options)
      : y_(std::move(values)),
        period_(period),
        season_long_(seasonal(options), y_.size() / period + 1),
        season_short_(seasonal(options), y_.size() / period),
        low_pass_({low_pass_window(options, period), options.low_pass_degree, options.low_pass_jump}, y_.size()),
        trend_loess_({trend_window(options, period, y_.size()), options.trend_degree, options.trend_jump}, y_.size()),
        trend_(y_.size(), 0.0),
        seasonal_(y_.size(), 0.0),
        work_(y_.size()),
        cycle_(y_.size() + 2 * period),
        average_(y_.size() + 2 * period) {}

  /// One pass of the inner loop (section 2.2 of the paper).
  void iterate() {
    const std::size_t n = y_.size(), m = period_;
    const double* weights = robustness_.empty() ? nullptr : robustness_.data();
    for (std::size_t i = 0; i < n; ++i) work_[i] = y_[i] - trend_[i];
    smooth_phases();
    moving_average(cycle_.data(), n + 2 * m, m, average_.data());
    moving_average(average_.data(), n + m + 1, m, low_.data());
    moving_average(low_.data(), n + 2, 3, average_.data());
    low_pass_.smooth(average_.data(), nullptr, low_.data());
    for (std::size_t i = 0; i < n; ++i) seasonal_[i] = cycle_[m + i] - low_[i];
    for (std::size_t i = 0; i < n; ++i) work_[i] = y_[i] - seasonal_[i];
    trend_loess_.smooth(work_.data(), weights, trend_.data());
  }

  /// Bisquare weights of the remainder over six times its median size (section 2.4).
  void reweigh() {
    const std::size_t n = y_.size();
    for (std::size_t i = 0; i < n; ++i) work_[i] = std::abs(y_[i] - trend_[i] - seasonal_[i]);
    robustness_ = work_;
    const auto middle = robustness_.begin() + static_cast<std::ptrdiff_t>(n / 2);
    std::nth_element(robustness_.begin(), middle, robustness_.end());
    const double median = n % 2 == 1 ? *middle : 0.5 * (*middle + *std::max_element(robustness_.begin(), middle));
    for (std::size_t i = 0; i < n; ++i) {
      const double u = work_[i] / (6 * median);
      robustness_[i] = work_[i] <= 0.006 * median ? 1 : u <= 0.999 ? (1 - u * u) * (1 - u * u) : 0;
    }
  }

  /// One value a phase: its mean.
  void make_periodic() {
    for (std::size_t phase = 0; phase < period_; ++phase) {
      double sum = 0, count = 0;
      for (std::size_t i = phase; i < y_.size(); i += period_, count += 1) sum += seasonal_[i];
      for (std::size_t i = phase; i < y_.size(); i += period_) seasonal_[i] = sum / count;
    }
  }

  [[nodiscard]] Decomposition result(std::span<const double> values) {
    Decomposition out{.status = Status::optimal, .seasonal = std::move(seasonal_), .trend = std::move(trend_)};
    for (std::size_t i = 0; i < values.size(); ++i) work_[i] = values[i] - out.seasonal[i] - out.trend[i];
    out.remainder = std::move(work_);
    out.weights = robustness_.empty() ? std::vector<double>(values.size(), 1.0) : std::move(robustness_);
    return out;
  }

 private:
  [[nodiscard]] LoessOptions seasonal(const StlOptions& options) const {
    const bool periodic = options.seasonal_window == 0;
    return {seasonal_window(options, y_.size()), periodic ? 0 : options.seasonal_degree, options.seasonal_jump};
  }

  /// Each phase smoothed over the periods and extended by one period at both ends, woven into `cycle_`.
  void smooth_phases() {
    const std::size_t n = y_.size(), m = period_;
    const bool robust = !robustness_.empty();
    for (std::size_t phase = 0; phase < m; ++phase) {
      const std::size_t count = (n - phase + m - 1) / m;
      for (std::size_t k = 0; k < count; ++k) average_[k] = work_[phase + k * m];
      for (std::size_t k = 0; k < count && robust; ++k) phase_weights_[k] = robustness_[phase + k * m];
      const double* weights = robust ? phase_weights_.data() : nullptr;
      Loess& loess = count == n / m ? season_short_ : season_long_;
      double* out = low_.data();
      loess.smooth(average_.data(), weights, out + 1);
      out[0] = loess.at(average_.data(), weights, -1);
      out[count + 1] = loess.at(average_.data(), weights, static_cast<std::ptrdiff_t>(count));
      for (std::size_t k = 0; k < count + 2; ++k) cycle_[phase + k * m] = out[k];
    }
  }

  std::vector<double> y_;
  std::size_t period_;
  Loess season_long_, season_short_, low_pass_, trend_loess_;
  std::vector<double> trend_, seasonal_, work_, cycle_, average_;
  std::vector<double> low_ = std::vector<double>(average_.size());
  std::vector<double> phase_weights_ = std::vector<double>(y_.size());
  std::vector<double> robustness_{};
};

inline void check(const StlOptions& o) {
  const auto window = [](const char* name, std::size_t value, std::size_t least) {
    require(value == 0 || (value >= least && value % 2 == 1), name, value, "must be odd and at least 3, or 0");
  };
  window("options.seasonal_window", o.seasonal_window, 3);
  window("options.trend_window", o.trend_window, 3);
  window("options.low_pass_window", o.low_pass_window, 3);
  require(o.seasonal_degree == 0 || o.seasonal_degree == 1, "options.seasonal_degree", o.seasonal_degree, "must be 0 or 1");
  require(o.trend_degree == 0 || o.trend_degree == 1, "options.trend_degree", o.trend_degree, "must be 0 or 1");
  require(o.low_pass_degree == 0 || o.low_pass_degree == 1, "options.low_pass_degree", o.low_pass_degree, "must be 0 or 1");
  require(o.inner_iterations > 0, "options.inner_iterations", o.inner_iterations, "must be positive");
  require(o.robust_iterations >= 0, "options.robust_iterations", o.robust_iterations, "must not be negative");
  require(o.seasonal_jump > 0, "options.seasonal_jump", o.seasonal_jump, "must be positive");
  require(o.trend_jump > 0, "options.trend_jump", o.trend_jump, "must be positive");
  require(o.low_pass_jump > 0, "options.low_pass_jump", o.low_pass_jump, "must be positive");
}

}  // namespace detail

/// Decomposes `values` of seasonal period `period` ≥ 2. Missing values are bridged by straight lines for the fit, and the remainder
/// is missing there. Throws when the period is below 2, an option is impossible, or a value is infinite; a series that is too short
/// or has no value at all is a status. O(n · (seasonal + low-pass + trend window)) an iteration, less by the jumps.
inline Decomposition stl(std::span<const double> values, std::size_t period, const StlOptions& options = {}) {
  detail::check(options);
  require(period >= 2, "period", period, "must be at least 2");
  for (const double v : values) require(!std::isinf(v), "value", v, "must not be infinite");
  const std::size_t n = values.size();
  if (!detail::has_two_periods(n, period) || count_missing(values) == n) {
    const std::vector<double> nothing(n, missing);
    return {Status::infeasible, nothing, nothing, nothing, nothing};
  }
  detail::StlWork work(detail::interpolated(values), period, options);
  for (int round = 0; round <= options.robust_iterations; ++round) {
    if (round > 0) work.reweigh();
    for (int k = 0; k < options.inner_iterations; ++k) work.iterate();
  }
  if (options.seasonal_window == 0) work.make_periodic();
  return work.result(values);
}

}  // namespace kilter::forecast
