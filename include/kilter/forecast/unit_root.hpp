#pragma once
/// @file
/// Tests for unit roots, ordinary and seasonal, and how often a series should be differenced before an ARMA model is fitted.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/series.hpp"
#include "kilter/core/status.hpp"
#include "kilter/forecast/dense.hpp"
#include "kilter/forecast/stl.hpp"

namespace kilter::forecast {

/// What a test allows the series to vary around.
enum class Around : std::uint8_t { level, trend };

/// The lags of a test chosen by its own rule.
inline constexpr std::size_t automatic_lags = std::numeric_limits<std::size_t>::max();

/// The outcome of a test.
struct [[nodiscard]] UnitRootTest {
  Status status = Status::infeasible;  ///< `optimal`; `infeasible` for a series that is too short or constant
  double statistic = missing;
  double critical = missing;  ///< at 5 %
  double p_value = missing;   ///< between 1 % and 10 %, where the tables end; `missing` for OCSB
  std::size_t lags = 0;
  std::size_t observations = 0;  ///< that entered the statistic
};

namespace detail {

/// A value of a table that rises in `x`, by straight lines; the ends are carried outward.
template <std::size_t N>
double interpolate(const std::array<double, N>& x, const std::array<double, N>& y, double at) {
  if (!(at > x.front())) return y.front();
  for (std::size_t i = 1; i < N; ++i) {
    if (at <= x[i]) return y[i - 1] + (y[i] - y[i - 1]) * (at - x[i - 1]) / (x[i] - x[i - 1]);
  }
  return y.back();
}

/// The values that are not missing, closed up. Throws on an infinite one.
inline std::vector<double> observed(std::span<const double> values) {
  std::vector<double> out;
  out.reserve(values.size());
  for (const double v : values) {
    require(!std::isinf(v), "value", v, "must not be infinite");
    if (!std::isnan(v)) out.push_back(v);
  }
  return out;
}

/// What rounding leaves of a constant after a few differences of values as large as these.
inline double rounding_of(std::span<const double> values) {
  double largest = 0;
  for (const double v : values) largest = std::max(largest, std::abs(v));
  return 1e-12 * largest;
}

/// True when no two values differ by more than `slack`.
inline bool is_constant(std::span<const double> values, double slack) {
  if (values.empty()) return true;
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  return *high - *low <= slack;
}

inline void difference(std::vector<double>& values, std::size_t lag) {
  for (std::size_t i = 0; i + lag < values.size(); ++i) values[i] = values[i + lag] - values[i];
  values.resize(values.size() - std::min(lag, values.size()));
}

inline double mean_of(std::span<const double> values) {
  double sum = 0;
  for (const double v : values) sum += v;
  return sum / static_cast<double>(values.size());
}

/// Takes the mean, or the least-squares line, out of the values.
inline void centre(std::vector<double>& values, Around around) {
  const double mean = mean_of(values), middle = 0.5 * (static_cast<double>(values.size()) - 1);
  double product = 0, square = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double place = static_cast<double>(i) - middle;
    product += place * (values[i] - mean);
    square += place * place;
  }
  const double slope = around == Around::trend && square > 0 ? product / square : 0;
  for (std::size_t i = 0; i < values.size(); ++i) values[i] -= mean + slope * (static_cast<double>(i) - middle);
}

/// Σ of the squared running sums, over n².
inline double partial_sum_square(std::span<const double> values) {
  double sum = 0, square = 0;
  for (const double v : values) {
    sum += v;
    square += sum * sum;
  }
  const auto n = static_cast<double>(values.size());
  return square / (n * n);
}

/// Variance of the long run by Bartlett's weights 1 − k/(lags + 1) (Newey and West 1987).
inline double long_run_variance(std::span<const double> values, std::size_t lags) {
  const std::size_t n = values.size();
  double sum = dot(values.data(), values.data(), n);
  for (std::size_t k = 1; k <= lags && k < n; ++k) {
    const double weight = 1 - static_cast<double>(k) / static_cast<double>(lags + 1);
    sum += 2 * weight * dot(values.data(), values.data() + k, n - k);
  }
  return sum / static_cast<double>(n);
}

/// The regression of a target on columns of which one is tested, built up column by column by modified Gram–Schmidt: what is left
/// of the target and of the tested column gives t and the residual sum at each stage.
class TestedRegression {
 public:
  TestedRegression(Columns columns, std::vector<double> tested, std::vector<double> target)
      : columns_(std::move(columns)), tested_(std::move(tested)), target_(std::move(target)), length_(columns_.cols()) {
    for (std::size_t j = 0; j < columns_.cols(); ++j) length_[j] = length(columns_.column(j), rows());
    tested_length_ = length(tested_.data(), rows());
    target_length_ = length(target_.data(), rows());
  }

  /// Lets the next column in; one that depends on those before it (to ten digits) changes nothing.
  void add_column() {
    const std::size_t j = used_++;
    double* column = columns_.column(j);
    const double square = dot(column, column, rows());
    if (!(std::sqrt(square) > 1e-10 * length_[j])) return;
    ++rank_;
    const auto sweep = [&](double* y) { add_scaled(y, -dot(column, y, rows()) / square, column, rows()); };
    for (std::size_t k = used_; k < columns_.cols(); ++k) sweep(columns_.column(k));
    sweep(tested_.data());
    sweep(target_.data());
  }

  [[nodiscard]] std::size_t rows() const { return target_.size(); }
  /// Coefficients so far, the tested one included.
  [[nodiscard]] std::size_t coefficients() const { return rank_ + 1; }
  /// True when there are more rows than coefficients and the tested column is none of the others.
  [[nodiscard]] bool defined() const { return rows() > coefficients() && length(tested_.data(), rows()) > 1e-10 * tested_length_; }
  /// Sum of squared residuals; 0 when it is no more than rounding.
  [[nodiscard]] double residual_sum() const {
    const double explained = dot(tested_.data(), target_.data(), rows()) / length(tested_.data(), rows());
    const double left = dot(target_.data(), target_.data(), rows()) - explained * explained;
    return left > 1e-20 * target_length_ * target_length_ ? left : 0;
  }
  /// t of the tested coefficient; 0 without any residual.
  [[nodiscard]] double t_value() const {
    const double sum = residual_sum();
    if (!(sum > 0)) return 0;
    const double variance = sum / static_cast<double>(rows() - coefficients());
    return dot(tested_.data(), target_.data(), rows()) / (length(tested_.data(), rows()) * std::sqrt(variance));
  }
  /// Akaike's criterion up to a constant.
  [[nodiscard]] double aic() const {
    const auto n = static_cast<double>(rows());
    return n * std::log(residual_sum() / n) + 2 * static_cast<double>(coefficients());
  }

 private:
  Columns columns_;
  std::vector<double> tested_, target_, length_;
  double tested_length_ = 0, target_length_ = 0;
  std::size_t used_ = 0, rank_ = 0;
};

/// The regression of Dickey and Fuller (1979): Δy on a constant, a line perhaps, `lags` earlier Δy, and y one step before.
inline TestedRegression dickey_fuller_regression(std::span<const double> y, Around around, std::size_t lags) {
  const std::size_t fixed = around == Around::trend ? 2 : 1, rows = y.size() - 1 - lags;
  Columns columns(rows, fixed + lags);
  std::vector<double> tested(rows), target(rows);
  for (std::size_t i = 0; i < rows; ++i) {
    const std::size_t t = i + 1 + lags;
    columns(i, 0) = 1;
    if (fixed == 2) columns(i, 1) = static_cast<double>(i);
    for (std::size_t k = 1; k <= lags; ++k) columns(i, fixed + k - 1) = y[t - k] - y[t - k - 1];
    tested[i] = y[t - 1];
    target[i] = y[t] - y[t - 1];
  }
  TestedRegression out(std::move(columns), std::move(tested), std::move(target));
  for (std::size_t k = 0; k < fixed; ++k) out.add_column();
  return out;
}

/// The lags of least AIC up to `most`, all compared on the same rows.
inline std::size_t dickey_fuller_lags(std::span<const double> y, Around around, std::size_t most) {
  TestedRegression regression = dickey_fuller_regression(y, around, most);
  std::size_t best = 0;
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t lags = 0; lags <= most; ++lags) {
    if (lags > 0) regression.add_column();
    if (!regression.defined()) break;
    const double value = regression.aic();
    if (value < least) {
      least = value;
      best = lags;
    }
  }
  return best;
}

/// Critical values of τ at 1, 5 and 10 % for n observations: MacKinnon (2010), "Critical values for cointegration tests", table 2,
/// one variable: b₀ + b₁/n + b₂/n² + b₃/n³.
inline std::array<double, 3> mackinnon(Around around, std::size_t n) {
  using Surface = std::array<std::array<double, 4>, 3>;
  constexpr Surface level{
      {{-3.43035, -6.5393, -16.786, -79.433}, {-2.86154, -2.8903, -4.234, -40.040}, {-2.56677, -1.5384, -2.809, 0}}};
  constexpr Surface trend{
      {{-3.95877, -9.0531, -28.428, -134.155}, {-3.41049, -4.3904, -9.036, -45.374}, {-3.12705, -2.5856, -3.925, -22.380}}};
  const Surface& table = around == Around::trend ? trend : level;
  const double x = 1 / static_cast<double>(n);
  std::array<double, 3> out{};
  for (std::size_t k = 0; k < 3; ++k) out[k] = table[k][0] + x * (table[k][1] + x * (table[k][2] + x * table[k][3]));
  return out;
}

/// The regression of Osborn, Chui, Smith and Birchenhall (1988) on rows from `first` on: ΔΔₘx on its own lags, on Δₘx one step
/// before and on Δx one period before, both filtered by the autoregression of ΔΔₘx. The last is the tested one.
class SeasonalRegression {
 public:
  SeasonalRegression(std::span<const double> x, std::size_t period, std::size_t lags, std::size_t first)
      : x_(x), period_(period), lags_(lags), first_(first) {}

  [[nodiscard]] TestedRegression build() const {
    const std::size_t rows = x_.size() - first_;
    Columns columns(rows, lags_ + 1);
    std::vector<double> tested(rows), target(rows);
    for (std::size_t i = 0; i < rows; ++i) target[i] = both(first_ + i);
    for (std::size_t k = 1; k <= lags_; ++k) {
      for (std::size_t i = 0; i < rows; ++i) columns(i, k - 1) = both(first_ + i - k);
    }
    const std::vector<double> filter = autoregression(columns, target);
    for (std::size_t i = 0; i < rows; ++i) {
      const std::size_t t = first_ + i;
      for (std::size_t k = 0; k <= lags_; ++k) {
        columns(i, lags_) += filter[k] * seasonal(t - 1 - k);
        tested[i] += filter[k] * step(t - period_ - k);
      }
    }
    TestedRegression out(std::move(columns), std::move(tested), std::move(target));
    for (std::size_t k = 0; k <= lags_; ++k) out.add_column();
    return out;
  }

 private:
  [[nodiscard]] double step(std::size_t t) const { return x_[t] - x_[t - 1]; }
  [[nodiscard]] double seasonal(std::size_t t) const { return x_[t] - x_[t - period_]; }
  [[nodiscard]] double both(std::size_t t) const { return seasonal(t) - seasonal(t - 1); }

  /// 1 and the negated coefficients of the target on its lags, which are the first columns.
  [[nodiscard]] std::vector<double> autoregression(const Columns& columns, const std::vector<double>& target) const {
    std::vector<double> filter(lags_ + 1, 1.0);
    if (lags_ == 0) return filter;
    Columns lagged(target.size(), lags_);
    std::copy(columns.column(0), columns.column(0) + target.size() * lags_, lagged.column(0));
    const DenseFit fit = dense_least_squares(lagged, target);
    for (std::size_t k = 0; k < lags_; ++k) filter[k + 1] = -fit.coefficients[k];
    return filter;
  }

  std::span<const double> x_;
  std::size_t period_, lags_, first_;
};

/// The lags of least AIC among 0 … `most`, all compared on the same rows.
inline std::size_t seasonal_lags(std::span<const double> x, std::size_t period, std::size_t most) {
  std::size_t best = 0;
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t lags = 0; lags <= most; ++lags) {
    const TestedRegression regression = SeasonalRegression(x, period, lags, period + 1 + most).build();
    if (!regression.defined() || !(regression.aic() < least)) continue;
    least = regression.aic();
    best = lags;
  }
  return best;
}

/// Fits at every tenth of each window, as R does: exact ones move the strength by up to 0.02.
inline StlOptions quick_stl(std::size_t period, std::size_t size) {
  StlOptions out;
  out.seasonal_jump = (out.seasonal_window + 9) / 10;
  out.trend_jump = (trend_window(out, period, size) + 9) / 10;
  out.low_pass_jump = (low_pass_window(out, period) + 9) / 10;
  return out;
}

}  // namespace detail

/// The test of Kwiatkowski, Phillips, Schmidt and Shin (1992), whose null is that the series is stationary around a level or a
/// trend: large values speak for a unit root. `lags` of Bartlett's window: by default ⌊3√n/13⌋. The p-value is read from the
/// paper's table 1 by straight lines. Missing values are left out and the rest closed up; fewer than 3 values, or a constant, are
/// `infeasible`. Throws when a value is infinite. O(n · lags).
inline UnitRootTest kpss(std::span<const double> values, Around around = Around::level, std::size_t lags = automatic_lags) {
  constexpr std::array<double, 4> level{0.347, 0.463, 0.574, 0.739}, trend{0.119, 0.146, 0.176, 0.216};
  constexpr std::array<double, 4> mass{0.10, 0.05, 0.025, 0.01};
  std::vector<double> residuals = detail::observed(values);
  const auto n = static_cast<double>(residuals.size());
  const double slack = detail::rounding_of(residuals);
  detail::centre(residuals, around);
  if (residuals.size() < 3 || detail::is_constant(residuals, slack)) return {};
  UnitRootTest out{.observations = residuals.size()};
  out.lags = lags == automatic_lags ? static_cast<std::size_t>(3 * std::sqrt(n) / 13) : lags;
  const double variance = detail::long_run_variance(residuals, out.lags);
  if (!(variance > 0)) return {};
  const auto& table = around == Around::level ? level : trend;
  out.status = Status::optimal;
  out.statistic = detail::partial_sum_square(residuals) / variance;
  out.critical = table[1];
  out.p_value = detail::interpolate(table, mass, out.statistic);
  return out;
}

/// The augmented test of Dickey and Fuller (1979; Said and Dickey 1984), whose null is a unit root: τ far below 0 speaks against
/// it. `lags` differences enter the regression: by default the number of least AIC up to Schwert's (1989) ⌊12 (n/100)^¼⌋. Critical
/// values by MacKinnon's (2010) response surface; the p-value by straight lines between them. Missing values are left out and the
/// rest closed up. A constant, or too few values for the regression, is `infeasible`; a series that it fits without error has τ =
/// 0. Throws when a value is infinite. O(n · lags²).
inline UnitRootTest adf(std::span<const double> values, Around around = Around::level, std::size_t lags = automatic_lags) {
  const std::vector<double> y = detail::observed(values);
  const std::size_t n = y.size(), fixed = around == Around::trend ? 2 : 1;
  if (n < fixed + 4 || detail::is_constant(y, detail::rounding_of(y))) return {};
  const std::size_t room = (n - fixed - 3) / 2;  // leaves one row more than coefficients
  if (lags == automatic_lags) {
    const auto schwert = static_cast<std::size_t>(12 * std::pow(static_cast<double>(n) / 100, 0.25));
    lags = detail::dickey_fuller_lags(y, around, std::min(schwert, room));
  }
  if (lags > room) return {};
  detail::TestedRegression regression = detail::dickey_fuller_regression(y, around, lags);
  for (std::size_t k = 0; k < lags; ++k) regression.add_column();
  if (!regression.defined()) return {};
  const auto table = detail::mackinnon(around, regression.rows());
  UnitRootTest out{.status = Status::optimal, .statistic = regression.t_value(), .critical = table[1]};
  out.p_value = detail::interpolate(table, std::array{0.01, 0.05, 0.10}, out.statistic);
  out.lags = lags;
  out.observations = regression.rows();
  return out;
}

/// The test of Osborn, Chui, Smith and Birchenhall (1988), whose null is a seasonal unit root: a statistic (t of the seasonal
/// coefficient) above `critical` keeps it. `lags` of the autoregression: by default the number of least AIC among 0 … 3. The
/// critical value at 5 % is the smooth function of log period that R's forecast fitted to simulated ones. Missing values are
/// bridged by straight lines; a series too short for the regression or constant is `infeasible`. Throws when the period is below 2
/// or a value is infinite. O(n · lags²).
inline UnitRootTest ocsb(std::span<const double> values, std::size_t period, std::size_t lags = automatic_lags) {
  require(period >= 2, "period", period, "must be at least 2");
  for (const double v : values) require(!std::isinf(v), "value", v, "must not be infinite");
  const std::vector<double> x = detail::interpolated(values);
  const std::size_t n = x.size(), most = lags == automatic_lags ? 3 : lags;
  if (count_missing(x) > 0 || n < period || n - period < 2 * most + 5 || detail::is_constant(x, detail::rounding_of(x))) return {};
  if (lags == automatic_lags) lags = detail::seasonal_lags(x, period, most);
  const detail::TestedRegression regression = detail::SeasonalRegression(x, period, lags, period + 1 + lags).build();
  if (!regression.defined()) return {};
  const double place = std::log(static_cast<double>(period)) - 0.7656451;
  UnitRootTest out{.status = Status::optimal, .statistic = regression.t_value()};
  out.critical = -0.2937411 * std::exp(place * (-0.2850853 - 0.05983644 * place)) - 1.652202;
  out.lags = lags;
  out.observations = regression.rows();
  return out;
}

/// How much of what is not trend is season, from 0 (nothing) to 1: max(0, 1 − var(remainder)/var(season + remainder)) of an STL
/// decomposition with a seasonal window of 11, fitted at every tenth of each window and joined by lines (Wang, Smith and Hyndman
/// 2006, "Characteristic-based clustering for time series data"). 0 for a series without two full periods and one value more,
/// without values, or without anything but trend. Missing values are bridged for the decomposition and left out of the variances.
/// Throws when the period is below 2 or a value is infinite. O(n).
[[nodiscard]] inline double seasonal_strength(std::span<const double> values, std::size_t period) {
  require(period >= 2, "period", period, "must be at least 2");
  const double slack = detail::rounding_of(detail::observed(values));
  if (!detail::has_two_periods(values.size(), period)) return 0;
  const Decomposition parts = stl(values, period, detail::quick_stl(period, values.size()));
  std::vector<double> remainder, detrended;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isnan(values[i])) continue;
    remainder.push_back(parts.remainder[i]);
    detrended.push_back(parts.remainder[i] + parts.seasonal[i]);
  }
  if (detail::is_constant(detrended, slack)) return 0;
  detail::centre(remainder, Around::level);
  detail::centre(detrended, Around::level);
  const double noise = detail::dot(remainder.data(), remainder.data(), remainder.size());
  return std::max(0.0, 1 - noise / detail::dot(detrended.data(), detrended.data(), detrended.size()));
}

/// How `seasonal_differences` decides.
struct SeasonalDifferenceOptions {
  enum class Test : std::uint8_t { strength, ocsb };

  Test test = Test::strength;
  double threshold = 0.64;  ///< of the strength, above which a difference is taken (Hyndman and Khandakar's later choice, in R)
  std::size_t most = 1;
};

/// How often a series of seasonal period `period` should be differenced at that lag. 0 for periods below 2, for series without two
/// full periods and one value more, for constant ones and for ones without values; none is taken that leaves less than such a
/// series to a further one. Missing values are bridged by straight lines. Throws when a value is infinite. O(n).
[[nodiscard]] inline std::size_t seasonal_differences(std::span<const double> values, std::size_t period,
                                                      const SeasonalDifferenceOptions& options = {}) {
  const std::vector<double> seen = detail::observed(values);
  const double slack = detail::rounding_of(seen);
  if (period < 2 || detail::is_constant(seen, slack)) return 0;
  std::vector<double> x = options.most > 1 ? detail::interpolated(values) : std::vector<double>(values.begin(), values.end());
  std::size_t taken = 0;
  while (taken < options.most && detail::has_two_periods(x.size(), period)) {
    if (taken > 0 && detail::is_constant(x, slack)) break;
    if (options.test == SeasonalDifferenceOptions::Test::strength) {
      if (!(seasonal_strength(x, period) > options.threshold)) break;
    } else {
      const UnitRootTest test = ocsb(x, period);
      if (!(test.statistic > test.critical)) break;
    }
    ++taken;
    detail::difference(x, period);
  }
  return taken;
}

/// How `ordinary_differences` decides.
struct OrdinaryDifferenceOptions {
  enum class Test : std::uint8_t { kpss, adf };

  Test test = Test::kpss;
  Around around = Around::level;
  std::size_t lags = automatic_lags;  ///< of the test
  double level = 0.05;                ///< of the test, between 1 % and 10 %
  std::size_t most = 2;
};

/// How often a series should be differenced: as long as KPSS rejects stationarity, or ADF does not reject a unit root, at `level`
/// (Hyndman and Khandakar 2008, section 3.1). Stops at a constant, and where the test is undefined (fewer than 3 values for KPSS).
/// Missing values are left out and the rest closed up. Throws when a value is infinite or the level is not in the tables. O(n).
[[nodiscard]] inline std::size_t ordinary_differences(std::span<const double> values,
                                                      const OrdinaryDifferenceOptions& options = {}) {
  require(options.level >= 0.01 && options.level <= 0.10, "options.level", options.level, "must be between 0.01 and 0.10");
  std::vector<double> x = detail::observed(values);
  const double slack = detail::rounding_of(x);
  std::size_t taken = 0;
  for (; taken < options.most && !detail::is_constant(x, slack); ++taken) {
    const bool stationary = options.test == OrdinaryDifferenceOptions::Test::kpss;
    const UnitRootTest test = stationary ? kpss(x, options.around, options.lags) : adf(x, options.around, options.lags);
    if (!ok(test.status)) break;
    if (stationary ? !(test.p_value < options.level) : !(test.p_value > options.level)) break;
    detail::difference(x, 1);
  }
  return taken;
}

}  // namespace kilter::forecast
