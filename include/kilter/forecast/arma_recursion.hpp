#pragma once
/// @file
/// The Chandrasekhar recursion of a stationary seasonal ARMA: one step of its Kalman filter in O(r), without a covariance matrix
/// (Morf, Sidhu and Kailath 1974; Kailath, Sayed and Hassibi 2000, chapter 11). Several models go side by side in lanes.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

namespace kilter::forecast::detail {

template <std::size_t Lanes>
using Lane = std::array<double, Lanes>;

/// The filter of `Lanes` models of one order. Its state is what is expected of the next r = `reach` values; the gain is the
/// covariance of those with the innovation, the increment says how the gain changes from step to step, and `variance` is that of
/// the innovation, in units of the variance of the shocks. Vectors lie lane by lane.
template <std::size_t Lanes>
struct ArmaRecursion {
  std::size_t reach = 1;
  std::vector<std::size_t> ar_lags{};
  std::vector<double> ar{};  ///< the autoregressive polynomial's terms, predicting: x = Σ ar x + …
  std::vector<double> gain{}, increment{};
  std::vector<double> state{};  ///< stream after stream
  Lane<Lanes> variance{};
  Lane<Lanes> least{};  ///< the least variance that rounding has made: well below 1 it has spoilt the filter

  [[nodiscard]] double* stream(std::size_t s) { return state.data() + s * reach * Lanes; }
  [[nodiscard]] const double* stream(std::size_t s) const { return state.data() + s * reach * Lanes; }

  /// Takes a stream on by its innovation over the variance.
  void advance(double* a, const Lane<Lanes>& v) const {
    Lane<Lanes> last;
    beyond(a, last);
    shift(a, gain.data(), v);
    const std::size_t end = (reach - 1) * Lanes;
    for (std::size_t l = 0; l < Lanes; ++l) a[end + l] = last[l] + gain[end + l] * v[l];
  }

  /// Takes gain, increment and variance on, after the streams.
  void rotate() {
    Lane<Lanes> turn, last;
    for (std::size_t l = 0; l < Lanes; ++l) turn[l] = increment[l] / variance[l];
    beyond(increment.data(), last);
    // The variance falls towards that of the shocks; rounding may not take it below.
    for (std::size_t l = 0; l < Lanes; ++l) {
      const double next = variance[l] - increment[l] * turn[l];
      least[l] = std::min(least[l], next);
      variance[l] = std::max(1.0, next);
    }
    // A filter that is kept goes on with the gain of before.
    if (Lanes == 1 && !sound(0)) return;
    turn_all(increment.data(), gain.data(), turn);
    const std::size_t end = (reach - 1) * Lanes;
    for (std::size_t l = 0; l < Lanes; ++l) {
      const double c = gain[end + l];
      increment[end + l] = last[l] - c * turn[l];
      gain[end + l] = c - turn[l] * last[l];
    }
  }

  /// False once rounding has taken the variance of an innovation below that of its own shock, which is 1.
  [[nodiscard]] bool sound(std::size_t lane) const { return least[lane] > 1 - 1e-3; }

  /// The increments are so small that every later gain is this one: they enter it only as products of two.
  [[nodiscard]] bool steady() const {
    Lane<Lanes> sum{};
    for (std::size_t i = 0; i < reach * Lanes; i += Lanes) {
      for (std::size_t l = 0; l < Lanes; ++l) sum[l] += increment[i + l] * increment[i + l];
    }
    return *std::max_element(sum.begin(), sum.end()) < 1e-17;
  }

  /// What the autoregression expects of the value after the last of a state.
  void beyond(const double* a, Lane<Lanes>& sum) const {
    sum.fill(0);
    for (std::size_t k = 0; k < ar_lags.size(); ++k) {
      const double* past = a + (reach - ar_lags[k]) * Lanes;
      for (std::size_t l = 0; l < Lanes; ++l) sum[l] += ar[k * Lanes + l] * past[l];
    }
  }

 private:
  /// a[i] = a[i + 1] + c[i] v for all but the last.
  void shift(double* __restrict a, const double* __restrict c, const Lane<Lanes>& v) const {
    const std::size_t count = (reach - 1) * Lanes;
    for (std::size_t i = 0; i < count; i += Lanes) {
      for (std::size_t l = 0; l < Lanes; ++l) a[i + l] = a[i + Lanes + l] + c[i + l] * v[l];
    }
  }

  /// The hyperbolic rotation of increment and gain for all but the last.
  void turn_all(double* __restrict b, double* __restrict c, const Lane<Lanes>& turn) const {
    const std::size_t count = (reach - 1) * Lanes;
    for (std::size_t i = 0; i < count; i += Lanes) {
      for (std::size_t l = 0; l < Lanes; ++l) {
        const double old = b[i + Lanes + l], g = c[i + l];
        b[i + l] = old - g * turn[l];
        c[i + l] = g - turn[l] * old;
      }
    }
  }
};

}  // namespace kilter::forecast::detail
