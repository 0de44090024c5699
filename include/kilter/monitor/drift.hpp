#pragma once
/// @file
/// Has the world changed? Sequential detectors of a shift in a mean, and a test of whether forecast quantiles still cover.

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "kilter/core/contract.hpp"

namespace kilter::monitor {

/// What a detector knows after the observations so far.
struct DriftState {
  bool drifted = false;          ///< the alarm is on
  double statistic = 0;          ///< what is compared with the threshold
  std::size_t count = 0;         ///< observations used (missing ones are not)
  std::size_t change_point = 0;  ///< observations before the estimated change; meaningful when `drifted`
};

/// A detector that takes one observation at a time.
template <class D>
concept DriftDetector = requires(D& detector, const D& fixed, double x) {
  { detector.add(x) } -> std::same_as<bool>;
  { fixed.state() } -> std::convertible_to<DriftState>;
  detector.reset();
};

enum class Direction : std::uint8_t { increase, decrease, both };

struct PageHinkleyOptions {
  double delta = 0.5;                 ///< change that does not matter, in the units of the observations
  double threshold = 50;              ///< alarm level, in the units of the observations
  std::size_t min_observations = 30;  ///< no alarm before so many
  Direction direction = Direction::both;
};

/// The Page–Hinkley test: alarm when the sum of deviations from the running mean has risen more than a threshold above its minimum.
///
/// Page, "Continuous inspection schemes", Biometrika 41 (1954) 100–115; Hinkley, "Inference about the change-point from cumulative
/// sum tests", Biometrika 58 (1971) 509–523. With m_t = Σ (x_i − x̄_i − δ), the alarm for an increase is m_t − min m > λ. A shift by
/// s is found after about λ / (s − δ) observations. The alarm stays on until `reset`. O(1) per observation.
class PageHinkley {
 public:
  explicit PageHinkley(PageHinkleyOptions options = {}) : options_(options) {
    require(options.delta >= 0 && std::isfinite(options.delta), "delta", options.delta, "must be finite and not negative");
    require(options.threshold > 0 && std::isfinite(options.threshold), "threshold", options.threshold,
            "must be finite and positive");
  }

  /// Takes one observation; true when the alarm is on afterwards. Values that are not finite are skipped.
  bool add(double x) {
    if (!std::isfinite(x)) return state_.drifted;
    ++state_.count;
    mean_ += (x - mean_) / static_cast<double>(state_.count);
    if (state_.drifted) return true;
    up_.add(x - mean_ - options_.delta, state_.count);
    down_.add(mean_ - x - options_.delta, state_.count);
    const bool rising = options_.direction != Direction::decrease, falling = options_.direction != Direction::increase;
    const Side& worst = !falling || (rising && up_.excess >= down_.excess) ? up_ : down_;
    state_.statistic = worst.excess;
    state_.change_point = worst.lowest_at;
    state_.drifted = state_.count >= options_.min_observations && worst.excess > options_.threshold;
    return state_.drifted;
  }

  [[nodiscard]] DriftState state() const { return state_; }
  /// The mean of the observations since the start or the last reset.
  [[nodiscard]] double mean() const { return mean_; }
  void reset() { *this = PageHinkley{options_}; }

 private:
  /// m − min m, kept as a walk reflected at 0, so that it does not lose digits however long it runs.
  struct Side {
    double excess = 0;
    std::size_t lowest_at = 0;

    void add(double step, std::size_t count) {
      excess += step;
      if (excess > 0) return;
      excess = 0;
      lowest_at = count;
    }
  };

  PageHinkleyOptions options_;
  DriftState state_{};
  double mean_ = 0;
  Side up_{}, down_{};
};

/// The average run length of a two-sided standardised CUSUM of slack `k` and threshold `h` when the mean has moved by `shift`
/// deviations; `shift` = 0 gives the mean time between false alarms.
///
/// Siegmund's approximation, "Sequential Analysis" (1985), eq. 2.55 with the correction h + 1.166 for discrete time:
/// ARL = (e^{−2Δb} + 2Δb − 1) / (2Δ²), Δ = ±shift − k; both sides add as 1/ARL = 1/ARL⁺ + 1/ARL⁻. Within a few per cent for k ≥
/// 0.25.
[[nodiscard]] inline double cusum_run_length(double k, double h, double shift = 0) {
  const auto one_sided = [b = h + 1.166](double drift) {
    if (std::abs(drift) < 1e-6) return b * b;
    return (std::exp(-2 * drift * b) + 2 * drift * b - 1) / (2 * drift * drift);
  };
  return 1 / (1 / one_sided(shift - k) + 1 / one_sided(-shift - k));
}

/// The threshold at which a two-sided CUSUM of slack `k` raises a false alarm once in `run_length` observations on average.
[[nodiscard]] inline double cusum_threshold(double k, double run_length) {
  require(k > 0 && std::isfinite(k), "k", k, "must be finite and positive");
  require(run_length >= 2 && run_length <= 1e12, "run_length", run_length, "must be between 2 and 1e12");
  double low = 0, high = 1;
  while (cusum_run_length(k, high) < run_length) high *= 2;
  for (int i = 0; i < 80; ++i) {
    const double middle = (low + high) / 2;
    (cusum_run_length(k, middle) < run_length ? low : high) = middle;
  }
  return high;
}

struct CusumOptions {
  double mean = 0;          ///< of the observations while all is well
  double deviation = 1;     ///< their standard deviation
  double slack = 0.5;       ///< k: half the shift to find fastest, in deviations
  double threshold = 5;     ///< h: alarm level, in deviations; see `cusum_threshold`
  std::size_t warm_up = 0;  ///< when not 0, mean and deviation are estimated from the first so many observations
};

/// The two-sided tabular CUSUM of standardised observations: S⁺ = max(0, S⁺ + z − k), S⁻ = max(0, S⁻ − z − k), alarm above h.
///
/// Page 1954, as above; Montgomery, "Introduction to Statistical Quality Control", ch. 9. The alarm stays on until `reset`; `reset`
/// also forgets what a warm-up has learned. O(1) per observation.
class Cusum {
 public:
  explicit Cusum(CusumOptions options = {}) : options_(options), mean_(options.mean), deviation_(options.deviation) {
    require_finite("mean", options.mean);
    require(options.deviation > 0 && std::isfinite(options.deviation), "deviation", options.deviation,
            "must be finite and positive");
    require(options.slack >= 0 && std::isfinite(options.slack), "slack", options.slack, "must be finite and not negative");
    require(options.threshold > 0 && std::isfinite(options.threshold), "threshold", options.threshold,
            "must be finite and positive");
    require(options.warm_up != 1, "warm_up", options.warm_up, "must be 0 or at least 2 to estimate a deviation");
  }

  /// Takes one observation; true when the alarm is on afterwards. Values that are not finite are skipped.
  bool add(double x) {
    if (!std::isfinite(x) || state_.drifted) return state_.drifted;
    ++state_.count;
    if (state_.count <= options_.warm_up) return learn(x);
    const double z = (x - mean_) / deviation_;
    up_.add(z - options_.slack, state_.count);
    down_.add(-z - options_.slack, state_.count);
    const Side& worst = up_.sum >= down_.sum ? up_ : down_;
    state_.statistic = worst.sum;
    state_.change_point = worst.zero_at;
    return state_.drifted = worst.sum > options_.threshold;
  }

  [[nodiscard]] DriftState state() const { return state_; }
  [[nodiscard]] double upper() const { return up_.sum; }
  [[nodiscard]] double lower() const { return down_.sum; }
  void reset() { *this = Cusum{options_}; }

 private:
  struct Side {
    double sum = 0;
    std::size_t zero_at = 0;

    void add(double step, std::size_t count) {
      sum = std::max(0.0, sum + step);
      if (sum <= 0) zero_at = count;
    }
  };

  /// Welford's running mean and sum of squares. A constant warm-up gives the smallest deviation that can be divided by.
  bool learn(double x) {
    if (state_.count == 1) mean_ = squares_ = 0;
    const double before = x - mean_;
    mean_ += before / static_cast<double>(state_.count);
    squares_ += before * (x - mean_);
    up_.zero_at = down_.zero_at = state_.count;
    if (state_.count == options_.warm_up) {
      deviation_ =
          std::max(std::sqrt(squares_ / static_cast<double>(options_.warm_up - 1)), 1e-12 * std::max(1.0, std::abs(mean_)));
    }
    return false;
  }

  CusumOptions options_;
  DriftState state_{};
  double mean_, deviation_, squares_ = 0;
  Side up_{}, down_{};
};

/// P(X ≤ hits) of a binomial with `n` trials of probability `p`, summed in logarithms. O(hits).
[[nodiscard]] inline double binomial_cdf(std::size_t hits, std::size_t n, double p) {
  require(p >= 0 && p <= 1, "p", p, "must be a probability");
  if (hits >= n || p <= 0) return 1;
  if (p >= 1) return 0;
  const double odds = std::log(p) - std::log1p(-p);
  double log_mass = static_cast<double>(n) * std::log1p(-p), sum = std::exp(log_mass);
  for (std::size_t k = 0; k < hits; ++k) {
    log_mass += odds + std::log(static_cast<double>(n - k)) - std::log(static_cast<double>(k + 1));
    sum += std::exp(log_mass);
  }
  return std::min(1.0, sum);
}

/// The exact two-sided p-value of `hits` in `n` trials of probability `p`: twice the smaller tail, at most 1. O(n).
[[nodiscard]] inline double binomial_test(std::size_t hits, std::size_t n, double p) {
  require(hits <= n, "hits", hits, "must not exceed the number of trials");
  // The upper tail is the lower tail of the misses: this keeps its digits when it is small.
  const double below = binomial_cdf(hits, n, p), above = binomial_cdf(n - hits, n, 1 - p);
  return std::min(1.0, 2 * std::min(below, above));
}

struct CoverageOptions {
  double level = 0.9;          ///< how often an observation should lie below the quantile (or inside the interval)
  std::size_t window = 168;    ///< observations looked at
  double significance = 0.01;  ///< of the test of one full window
};

/// Counts how often observations lie at or below a forecast quantile (or inside a forecast interval) and tests it against the
/// nominal level over a moving window.
///
/// The unconditional coverage test (Kupiec, "Techniques for verifying the accuracy of risk measurement models", 1995) in its exact
/// binomial form. It holds for independent hits, as of one-step forecasts; errors of forecasts several steps ahead come in runs, so
/// give it every h-th one. The test begins when the window is full, and the alarm goes off again when the window looks right again:
/// on calibrated forecasts the alarm is on for at most `significance` of the time. O(1) per observation.
class CoverageMonitor {
 public:
  explicit CoverageMonitor(CoverageOptions options = {}) : options_(options) {
    require(options.level > 0 && options.level < 1, "level", options.level, "must lie between 0 and 1");
    require(options.window > 0, "window", options.window, "must be positive");
    require(options.significance > 0 && options.significance < 1, "significance", options.significance, "must lie between 0 and 1");
    hits_.assign(options.window, 0);
    const auto fits = [&](std::size_t hits) {
      return binomial_test(hits, options_.window, options_.level) >= options_.significance;
    };
    const auto expected = static_cast<std::size_t>(std::llround(options.level * static_cast<double>(options.window)));
    fewest_ = most_ = expected;
    while (fewest_ > 0 && fits(fewest_ - 1)) --fewest_;
    while (most_ < options.window && fits(most_ + 1)) ++most_;
  }

  /// Takes an observation and the quantile forecast for it; true when the alarm is on. Skipped when either is missing.
  bool add(double observed, double quantile) { return add(quantile - observed); }
  /// The same for a central interval: a hit lies inside `[lower, upper]`.
  bool add(double observed, double lower, double upper) { return add(std::min(observed - lower, upper - observed)); }
  /// The same for a margin: a hit is one that is not negative.
  bool add(double margin) {
    if (std::isnan(margin)) return state_.drifted;
    auto& slot = hits_[state_.count % options_.window];
    const std::uint8_t hit = margin >= 0 ? 1 : 0;
    total_ = total_ + hit - slot;
    slot = hit;
    ++state_.count;
    state_.statistic = coverage();
    const bool full = state_.count >= options_.window;
    state_.drifted = full && (total_ < fewest_ || total_ > most_);
    state_.change_point = full ? state_.count - options_.window : 0;
    return state_.drifted;
  }

  [[nodiscard]] DriftState state() const { return state_; }
  /// The share of hits in the window; NaN before the first observation.
  [[nodiscard]] double coverage() const { return static_cast<double>(total_) / static_cast<double>(size()); }
  /// The p-value of the window as it is, full or not. O(window).
  [[nodiscard]] double p_value() const { return binomial_test(total_, size(), options_.level); }
  /// Observations in the window.
  [[nodiscard]] std::size_t size() const { return std::min(state_.count, options_.window); }
  /// The hits in a full window for which the alarm stays off: at least `fewest()`, at most `most()`.
  [[nodiscard]] std::size_t fewest() const { return fewest_; }
  [[nodiscard]] std::size_t most() const { return most_; }
  void reset() {
    std::fill(hits_.begin(), hits_.end(), std::uint8_t{0});
    total_ = 0;
    state_ = {};
  }

 private:
  CoverageOptions options_;
  std::vector<std::uint8_t> hits_;
  std::size_t total_ = 0, fewest_ = 0, most_ = 0;
  DriftState state_{};
};

}  // namespace kilter::monitor
