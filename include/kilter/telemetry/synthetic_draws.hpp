#pragma once
/// @file
/// Draws and processes that the synthetic workload is made of.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>

#include "kilter/core/rng.hpp"

namespace kilter::telemetry::detail {

/// Gamma with the given shape and scale 1 (Marsaglia, Tsang 2000, "A simple method for generating gamma variables"; shapes under 1
/// by their boost, section 6).
inline double draw_gamma(Rng& rng, double shape) {
  if (shape < 1) {
    const double boost = std::pow(1 - rng.uniform(), 1 / shape);
    return draw_gamma(rng, shape + 1) * boost;
  }
  const double d = shape - 1.0 / 3;
  const double c = 1 / std::sqrt(9 * d);
  for (;;) {
    const double x = rng.normal();
    const double root = 1 + c * x;
    if (root <= 0) continue;
    const double v = root * root * root;
    if (std::log(1 - rng.uniform()) < x * x / 2 + d - d * v + d * std::log(v)) return d * v;
  }
}

/// The standard normal distribution function.
inline double normal_below(double z) { return std::erfc(-z / std::numbers::sqrt2) / 2; }

/// A lognormal kept to [low, high].
struct BoundedLognormal {
  double log_median = 0;
  double log_deviation = 1;
  double low = 0;
  double high = 1;

  /// exp(μ + σ²/2) [Φ(b − σ) − Φ(a − σ)] / [Φ(b) − Φ(a)], with a and b the standardised logarithms of the bounds.
  [[nodiscard]] double mean() const {
    const double a = (std::log(low) - log_median) / log_deviation;
    const double b = (std::log(high) - log_median) / log_deviation;
    const double part = (normal_below(b - log_deviation) - normal_below(a - log_deviation)) / (normal_below(b) - normal_below(a));
    return std::exp(log_median + log_deviation * log_deviation / 2) * part;
  }
  /// By rejection. With the median within the bounds, high ≥ 2 low and σ ≤ 10, at least one draw in eighty is kept, whatever the
  /// rest.
  double draw(Rng& rng) const {
    for (;;) {
      const double value = rng.lognormal(log_median, log_deviation);
      if (value >= low && value <= high) return value;
    }
  }
};

/// A stationary Gaussian autoregression of order one with mean 0: x' = φ x + √(1 − φ²) σ ε.
class Autoregression {
 public:
  Autoregression(double persistence, double deviation, const Rng& rng)
      : rng_(rng), persistence_(persistence), deviation_(deviation), state_(deviation * rng_.normal()) {}

  double next() {
    const double now = state_;
    state_ = persistence_ * state_ + std::sqrt(1 - persistence_ * persistence_) * deviation_ * rng_.normal();
    return now;
  }
  /// exp(x − σ²/2): a positive factor with mean 1.
  double next_factor() { return std::exp(next() - deviation_ * deviation_ / 2); }

 private:
  Rng rng_;
  double persistence_;
  double deviation_;
  double state_;
};

/// Calm or burst, a Markov chain from hour to hour that starts in its stationary state; the factor has mean 1
/// (a Markov-modulated Poisson process when it multiplies a rate; Fischer, Meier-Hellstern 1993).
class Bursts {
 public:
  Bursts(double enter, double leave, double factor, const Rng& rng) : rng_(rng), enter_(enter), leave_(leave), factor_(factor) {
    const double share = enter > 0 ? enter / (enter + leave) : 0;
    calm_factor_ = (1 - share * factor) / (1 - share);
    bursting_ = rng_.bernoulli(share);
  }
  [[nodiscard]] double calm_factor() const { return calm_factor_; }

  double next_factor() {
    const double now = bursting_ ? factor_ : calm_factor_;
    bursting_ = bursting_ ? !rng_.bernoulli(leave_) : rng_.bernoulli(enter_);
    return now;
  }

 private:
  Rng rng_;
  double enter_;
  double leave_;
  double factor_;
  double calm_factor_ = 1;
  bool bursting_ = false;
};

/// The distance between two hours of the day around the clock, 0 … 12.
inline double hours_apart(double a, double b) {
  const double d = std::fmod(std::abs(a - b), 24.0);
  return std::min(d, 24 - d);
}

/// exp(−½ (distance / width)²) around the clock.
inline double bump(double hour, double centre, double width) {
  const double z = hours_apart(hour, centre) / width;
  return std::exp(-z * z / 2);
}

}  // namespace kilter::telemetry::detail
