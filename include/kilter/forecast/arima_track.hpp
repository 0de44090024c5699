#pragma once
/// @file
/// The inside of `ArimaState`: the filter of one set of coefficients, with what it has still to learn of recent missing values.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "kilter/forecast/arma_models.hpp"
#include "kilter/forecast/arma_recursion.hpp"
#include "kilter/forecast/dense.hpp"

namespace kilter::forecast::detail {

/// Filters some fixed streams (the series, and regressors) past missing values. At each of those the streams take some value, and a
/// unit pulse begins to run beside them; how far the value of a stream was off, δ, is learnt from the values after it, by recursive
/// least squares with one covariance P for all streams. That is the filter of a series with missing values, where each adds one to
/// the rank of the covariance (in units of the variance of the shocks).
class ArimaTrack {
 public:
  ArimaTrack() = default;
  ArimaTrack(ArmaModels<1>& models, std::size_t fixed) : fixed_(fixed) { models.start(filter_, fixed); }

  [[nodiscard]] std::size_t pulses() const { return pulses_; }
  [[nodiscard]] const ArmaRecursion<1>& filter() const { return filter_; }
  [[nodiscard]] double expected(std::size_t stream) const { return filter_.stream(stream)[0]; }
  /// δ of pulse `i` in a fixed stream.
  [[nodiscard]] double delta(std::size_t i, std::size_t stream) const { return delta_[i * fixed_ + stream]; }
  [[nodiscard]] const std::vector<double>& covariance() const { return covariance_; }

  /// An innovation of stream 0 and its variance.
  struct Step {
    double error = 0, variance = 1;
  };

  /// Takes the inputs of all streams, fixed ones first, of which stream 0 was observed or not. O(r streams + pulses²).
  Step take(std::span<const double> inputs, bool observed, bool rotate) {
    errors_.resize(fixed_ + pulses_);
    for (std::size_t s = 0; s < errors_.size(); ++s) errors_[s] = inputs[s] - filter_.stream(s)[0];
    const double variance = filter_.variance[0];
    const Step out = observed ? learn(variance) : add_pulse(variance);
    for (std::size_t s = 0; s < errors_.size(); ++s) filter_.advance(filter_.stream(s), {errors_[s] / variance});
    if (rotate) filter_.rotate();
    return out;
  }

  [[nodiscard]] bool steady() const { return filter_.steady() || !filter_.sound(0); }

  /// The largest trace that pulse `i` leaves in what is to come.
  [[nodiscard]] double trace(std::size_t i) const {
    const double* a = filter_.stream(fixed_ + i);
    double largest = 0;
    for (std::size_t k = 0; k < filter_.reach; ++k) largest = std::max(largest, std::abs(a[k]));
    return largest;
  }

  /// Takes δ of one pulse for known: corrects the fixed streams and forgets the pulse.
  void drop(std::size_t i) {
    const double* pulse = filter_.stream(fixed_ + i);
    for (std::size_t s = 0; s < fixed_; ++s) add_scaled(filter_.stream(s), -delta(i, s), pulse, filter_.reach);
    erase(filter_.state, (fixed_ + i) * filter_.reach, filter_.reach);
    erase(delta_, i * fixed_, fixed_);
    for (std::size_t row = pulses_; row-- > 0;) {
      if (row == i) {
        erase(covariance_, row * pulses_, pulses_);
      } else {
        erase(covariance_, row * pulses_ + i, 1);
      }
    }
    --pulses_;
  }

 private:
  static void erase(std::vector<double>& values, std::size_t first, std::size_t count) {
    const auto begin = values.begin() + static_cast<std::ptrdiff_t>(first);
    values.erase(begin, begin + static_cast<std::ptrdiff_t>(count));
  }

  /// P e over the pulses, and the variance of the innovation.
  double spread_errors(double variance) {
    spread_.assign(pulses_, 0.0);
    for (std::size_t i = 0; i < pulses_; ++i)
      add_scaled(spread_.data(), errors_[fixed_ + i], covariance_.data() + i * pulses_, pulses_);
    return variance + dot(spread_.data(), errors_.data() + fixed_, pulses_);
  }

  /// The innovation of a fixed stream, as far as the pulses are known.
  [[nodiscard]] double corrected(std::size_t s) const {
    double error = errors_[s];
    for (std::size_t i = 0; i < pulses_; ++i) error -= delta(i, s) * errors_[fixed_ + i];
    return error;
  }

  /// What an observed value says of the pulses.
  Step learn(double variance) {
    const double size = spread_errors(variance);
    const Step out{corrected(0), size};
    for (std::size_t s = 0; s < fixed_ && pulses_ > 0; ++s) {
      const double error = corrected(s) / size;
      for (std::size_t i = 0; i < pulses_; ++i) delta_[i * fixed_ + s] += spread_[i] * error;
    }
    for (std::size_t i = 0; i < pulses_; ++i) {
      add_scaled(covariance_.data() + i * pulses_, -spread_[i] / size, spread_.data(), pulses_);
    }
    return out;
  }

  /// A pulse whose δ is how far the inputs are from what was expected, as uncertain as that.
  Step add_pulse(double variance) {
    const double size = spread_errors(variance);
    std::vector<double> next((pulses_ + 1) * (pulses_ + 1));
    for (std::size_t i = 0; i < pulses_; ++i) {
      std::copy_n(covariance_.data() + i * pulses_, pulses_, next.data() + i * (pulses_ + 1));
      next[i * (pulses_ + 1) + pulses_] = next[pulses_ * (pulses_ + 1) + i] = -spread_[i];
    }
    next.back() = size;
    covariance_ = std::move(next);
    for (std::size_t s = 0; s < fixed_; ++s) delta_.push_back(corrected(s));
    ++pulses_;
    errors_.push_back(1);
    filter_.state.resize((fixed_ + pulses_) * filter_.reach, 0.0);
    return {0, size};
  }

  std::size_t fixed_ = 1, pulses_ = 0;
  ArmaRecursion<1> filter_{};
  std::vector<double> delta_{}, covariance_{};  ///< pulse by pulse; P, row-major
  std::vector<double> errors_{}, spread_{};     // of the step being taken
};

}  // namespace kilter::forecast::detail
