#pragma once
/// @file
/// The Chandrasekhar recursion of a stationary seasonal ARMA: one step of its Kalman filter in O(r), without a covariance matrix
/// (Morf, Sidhu and Kailath 1974; Kailath, Sayed and Hassibi 2000, chapter 11). Several models go side by side in lanes.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "kilter/forecast/arima_order.hpp"

namespace kilter::forecast::detail {

template <std::size_t Lanes>
using Lane = std::array<double, Lanes>;

/// The filter of `Lanes` models of one order. Its state is what is expected of the next r = `reach` values; the gain is the
/// covariance of those with the innovation, the increment says how the gain changes from step to step, and `variance` is that of the
/// innovation, in units of the variance of the shocks. Vectors lie lane by lane.
template <std::size_t Lanes>
struct ArmaRecursion {
  std::size_t reach = 1;
  std::vector<std::size_t> ar_lags{};
  std::vector<double> ar{};  ///< the autoregressive polynomial's terms, predicting: x = Σ ar x + …
  std::vector<double> gain{}, increment{};
  std::vector<double> state{};  ///< stream after stream
  Lane<Lanes> variance{};

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
    for (std::size_t l = 0; l < Lanes; ++l) variance[l] = std::max(1.0, variance[l] - increment[l] * turn[l]);
    turn_all(increment.data(), gain.data(), turn);
    const std::size_t end = (reach - 1) * Lanes;
    for (std::size_t l = 0; l < Lanes; ++l) {
      const double c = gain[end + l];
      increment[end + l] = last[l] - c * turn[l];
      gain[end + l] = c - turn[l] * last[l];
    }
  }

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

/// Coefficients of `Lanes` models of one order, multiplied out, and their autocovariances. Buffers are kept between calls.
template <std::size_t Lanes>
class ArmaModels {
 public:
  /// The shape of the models; buffers grow to what it needs.
  void prepare(const ArimaOrder& order) {
    if (prepared_ && order == order_) return;
    order_ = order;
    prepared_ = true;
    ar_lags_ = product_lags(order.p, order.seasonal_p, order.period);
    ma_lags_ = product_lags(order.q, order.seasonal_q, order.period);
    ar_.assign(ar_lags_.size() * Lanes, 0.0);
    ma_.assign(ma_lags_.size() * Lanes, 0.0);
  }

  /// The coefficients of one lane, in the order ar, ma, seasonal ar, seasonal ma and in the usual signs (see `FittedArima`).
  void set(std::size_t lane, std::span<const double> coefficients) {
    const double* a = coefficients.data();
    const double *m = a + order_.p, *sa = m + order_.q, *sm = sa + order_.seasonal_p;
    expand(lane, {a, order_.p}, {sa, order_.seasonal_p}, 1, ar_lags_, ar_);
    expand(lane, {m, order_.q}, {sm, order_.seasonal_q}, -1, ma_lags_, ma_);
  }

  [[nodiscard]] const ArimaOrder& order() const { return order_; }
  /// Terms that predict, lane by lane: x = Σ ar x + e − Σ ma e.
  [[nodiscard]] const std::vector<std::size_t>& ar_lags() const { return ar_lags_; }
  [[nodiscard]] const std::vector<std::size_t>& ma_lags() const { return ma_lags_; }
  [[nodiscard]] const std::vector<double>& ar() const { return ar_; }
  [[nodiscard]] const std::vector<double>& ma() const { return ma_; }
  /// False where the autoregression turned out not to be stationary.
  [[nodiscard]] bool valid(std::size_t lane) const { return valid_[lane]; }

  /// A filter before the first value, with `streams` empty streams: the gain is then the covariance of the next values with the
  /// first, and the first increment is the same.
  void start(ArmaRecursion<Lanes>& filter, std::size_t streams) {
    valid_.fill(true);
    filter.reach = std::max<std::size_t>({order_.ar_degree(), order_.ma_degree(), 1});
    filter.ar_lags = ar_lags_;
    filter.ar = ar_;
    ar_autocovariances(filter.reach + order_.ma_degree());
    ma_products();
    filter.gain.resize(filter.reach * Lanes);
    autocovariance(0, filter.variance.data());
    for (std::size_t i = 0; i < filter.reach; ++i) autocovariance(i + 1, filter.gain.data() + i * Lanes);
    filter.increment = filter.gain;
    filter.state.assign(streams * filter.reach * Lanes, 0.0);
  }

 private:
  void expand(std::size_t lane, std::span<const double> a, std::span<const double> s, double sign,
              const std::vector<std::size_t>& lags, std::vector<double>& out) const {
    for (std::size_t k = 0; k < lags.size(); ++k) out[k * Lanes + lane] = 0;
    const auto add = [&](std::size_t lag, double value) {
      const auto at = std::lower_bound(lags.begin(), lags.end(), lag) - lags.begin();
      out[static_cast<std::size_t>(at) * Lanes + lane] += value;
    };
    for (std::size_t i = 0; i < a.size(); ++i) add(i + 1, a[i]);
    for (std::size_t j = 0; j < s.size(); ++j) {
      add((j + 1) * order_.period, s[j]);
      for (std::size_t i = 0; i < a.size(); ++i) add((j + 1) * order_.period + i + 1, -sign * a[i] * s[j]);
    }
    // The moving average is kept with its sign turned, so that both polynomials predict: x = Σ ar x + e − Σ ma e.
    for (std::size_t k = 0; k < lags.size() && sign < 0; ++k) out[k * Lanes + lane] = -out[k * Lanes + lane];
  }

  /// Reflection coefficients of each lane by stepping down (Schur and Cohn); a lane that is not stationary is marked and stilled.
  void step_down(std::size_t degree) {
    work_.assign((degree + 1) * Lanes, 0.0);
    next_.assign((degree + 1) * Lanes, 0.0);
    reflection_.assign(degree * Lanes, 0.0);
    for (std::size_t k = 0; k < ar_lags_.size(); ++k) {
      for (std::size_t l = 0; l < Lanes; ++l) work_[(ar_lags_[k] - 1) * Lanes + l] = ar_[k * Lanes + l];
    }
    for (std::size_t i = degree; i > 0; --i) {
      Lane<Lanes> turn, divisor;
      for (std::size_t l = 0; l < Lanes; ++l) {
        const double r = work_[(i - 1) * Lanes + l];
        if (!(std::abs(r) < 1)) valid_[l] = false;
        turn[l] = valid_[l] ? r : 0;
        divisor[l] = 1 / (1 - turn[l] * turn[l]);
        reflection_[(i - 1) * Lanes + l] = turn[l];
      }
      const double* a = work_.data();
      double* b = next_.data();
      for (std::size_t j = 0; j + 1 < i; ++j) {
        for (std::size_t l = 0; l < Lanes; ++l) {
          b[j * Lanes + l] = (a[j * Lanes + l] + turn[l] * a[(i - 2 - j) * Lanes + l]) * divisor[l];
        }
      }
      work_.swap(next_);
    }
  }

  /// Autocovariances 0 … count of the autoregression driven by unit shocks: Levinson's recursion forward, then the lags themselves.
  void ar_autocovariances(std::size_t count) {
    const std::size_t degree = order_.ar_degree();
    step_down(degree);
    gamma_.assign((count + 1) * Lanes, 0.0);
    Lane<Lanes> variance;
    variance.fill(1);
    for (std::size_t i = 0; i < degree; ++i) {
      for (std::size_t l = 0; l < Lanes; ++l) variance[l] /= 1 - reflection_[i * Lanes + l] * reflection_[i * Lanes + l];
    }
    for (std::size_t l = 0; l < Lanes; ++l) gamma_[l] = variance[l];
    for (std::size_t i = 1; i <= degree && i <= count; ++i) step_up(i, variance);
    for (std::size_t i = degree + 1; i <= count; ++i) {
      for (std::size_t k = 0; k < ar_lags_.size(); ++k) {
        for (std::size_t l = 0; l < Lanes; ++l) {
          gamma_[i * Lanes + l] += ar_[k * Lanes + l] * gamma_[(i - ar_lags_[k]) * Lanes + l];
        }
      }
    }
  }

  /// From the predictor of order i − 1 (in `work_`) and its error variance: autocovariance i and the predictor of order i.
  void step_up(std::size_t i, Lane<Lanes>& variance) {
    const double* a = work_.data();
    const double* r = reflection_.data() + (i - 1) * Lanes;
    double* b = next_.data();
    Lane<Lanes> sum;
    for (std::size_t l = 0; l < Lanes; ++l) sum[l] = r[l] * variance[l];
    for (std::size_t j = 0; j + 1 < i; ++j) {
      for (std::size_t l = 0; l < Lanes; ++l) {
        sum[l] += a[j * Lanes + l] * gamma_[(i - 1 - j) * Lanes + l];
        b[j * Lanes + l] = a[j * Lanes + l] - r[l] * a[(i - 2 - j) * Lanes + l];
      }
    }
    for (std::size_t l = 0; l < Lanes; ++l) {
      gamma_[i * Lanes + l] = sum[l];
      b[(i - 1) * Lanes + l] = r[l];
      variance[l] *= 1 - r[l] * r[l];
    }
    work_.swap(next_);
  }

  /// Products of the moving average with itself: c[j] = Σ θ_i θ_{i+j}, non-zero at few lags.
  void ma_products() {
    const std::size_t terms = ma_lags_.size() + 1;
    product_lags_.clear();
    for (std::size_t i = 0; i < terms; ++i) {
      for (std::size_t j = i; j < terms; ++j) product_lags_.push_back(ma_lag(j) - ma_lag(i));
    }
    std::sort(product_lags_.begin(), product_lags_.end());
    product_lags_.erase(std::unique(product_lags_.begin(), product_lags_.end()), product_lags_.end());
    products_.assign(product_lags_.size() * Lanes, 0.0);
    for (std::size_t i = 0; i < terms; ++i) {
      for (std::size_t j = i; j < terms; ++j) {
        const std::size_t lag = ma_lag(j) - ma_lag(i);
        const auto at = std::lower_bound(product_lags_.begin(), product_lags_.end(), lag) - product_lags_.begin();
        double* c = products_.data() + static_cast<std::size_t>(at) * Lanes;
        for (std::size_t l = 0; l < Lanes; ++l) c[l] += ma_value(i, l) * ma_value(j, l);
      }
    }
  }
  [[nodiscard]] std::size_t ma_lag(std::size_t k) const { return k == 0 ? 0 : ma_lags_[k - 1]; }
  [[nodiscard]] double ma_value(std::size_t k, std::size_t l) const { return k == 0 ? 1 : -ma_[(k - 1) * Lanes + l]; }

  /// Autocovariance `k` of the whole process.
  void autocovariance(std::size_t k, double* out) const {
    Lane<Lanes> sum{};
    for (std::size_t j = 0; j < product_lags_.size(); ++j) {
      const std::size_t lag = product_lags_[j];
      const double* c = products_.data() + j * Lanes;
      const double* near = gamma_.data() + (k > lag ? k - lag : lag - k) * Lanes;
      const double* far = gamma_.data() + (k + lag) * Lanes;
      for (std::size_t l = 0; l < Lanes; ++l) sum[l] += c[l] * (lag == 0 ? near[l] : near[l] + far[l]);
    }
    for (std::size_t l = 0; l < Lanes; ++l) out[l] = sum[l];
  }

  ArimaOrder order_{};
  bool prepared_ = false;
  std::vector<std::size_t> ar_lags_{}, ma_lags_{}, product_lags_{};
  std::vector<double> ar_{}, ma_{}, products_{}, work_{}, next_{}, reflection_{}, gamma_{};
  std::array<bool, Lanes> valid_{};
};

}  // namespace kilter::forecast::detail
