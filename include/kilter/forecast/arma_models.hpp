#pragma once
/// @file
/// Seasonal ARMA models multiplied out, and their autocovariances, from which their filters start.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "kilter/forecast/arima_order.hpp"
#include "kilter/forecast/arma_recursion.hpp"
#include "kilter/forecast/double_double.hpp"

namespace kilter::forecast::detail {

/// The polynomials of `Lanes` models of one order. Both predict: x = Σ ar x + e − Σ ma e; so the moving average has its usual sign
/// turned.
template <std::size_t Lanes>
struct ArmaPolynomials {
  ArimaOrder order{};
  std::vector<std::size_t> ar_lags{}, ma_lags{};
  std::vector<double> ar{}, ma{};  ///< lane by lane

  void prepare(const ArimaOrder& wanted) {
    order = wanted;
    ar_lags = product_lags(order.p, order.seasonal_p, order.period);
    ma_lags = product_lags(order.q, order.seasonal_q, order.period);
    ar.assign(ar_lags.size() * Lanes, 0.0);
    ma.assign(ma_lags.size() * Lanes, 0.0);
  }

  /// The coefficients of one lane, in the order ar, ma, seasonal ar, seasonal ma and in the usual signs (see `FittedArima`).
  void set(std::size_t lane, std::span<const double> coefficients) {
    const double* a = coefficients.data();
    const double *m = a + order.p, *sa = m + order.q, *sm = sa + order.seasonal_p;
    expand(lane, {a, order.p}, {sa, order.seasonal_p}, 1, ar_lags, ar);
    expand(lane, {m, order.q}, {sm, order.seasonal_q}, -1, ma_lags, ma);
  }

 private:
  /// 1 − Σ out Bˡᵃᵍ = (1 − sign Σ a B)(1 − sign Σ s Bᵐ).
  void expand(std::size_t lane, std::span<const double> a, std::span<const double> s, double sign,
              const std::vector<std::size_t>& lags, std::vector<double>& out) const {
    for (std::size_t k = 0; k < lags.size(); ++k) out[k * Lanes + lane] = 0;
    const auto add = [&](std::size_t lag, double value) {
      const auto at = std::lower_bound(lags.begin(), lags.end(), lag) - lags.begin();
      out[static_cast<std::size_t>(at) * Lanes + lane] += value;
    };
    for (std::size_t i = 0; i < a.size(); ++i) add(i + 1, sign * a[i]);
    for (std::size_t j = 0; j < s.size(); ++j) {
      add((j + 1) * order.period, sign * s[j]);
      for (std::size_t i = 0; i < a.size(); ++i) add((j + 1) * order.period + i + 1, -a[i] * s[j]);
    }
  }
};

/// The autocovariances of `Lanes` models, computed in numbers of type `T`. Buffers are kept between calls.
template <std::size_t Lanes, class T>
class ArmaCovariances {
 public:
  using Row = std::array<T, Lanes>;

  /// Prepares autocovariances 0 … `most`.
  void compute(const ArmaPolynomials<Lanes>& models, std::size_t most) {
    models_ = &models;
    stationary_.fill(true);
    ar_autocovariances(most + models.order.ma_degree());
    ma_products();
  }

  [[nodiscard]] bool stationary(std::size_t lane) const { return stationary_[lane]; }
  /// The variance of the autoregressive part, driven by unit shocks.
  [[nodiscard]] double ar_variance(std::size_t lane) const { return static_cast<double>(gamma_[lane]); }

  /// Autocovariance `k` of the whole process, in each lane.
  void at(std::size_t k, double* out) const {
    Row sum{};
    for (std::size_t j = 0; j < product_lags_.size(); ++j) {
      const std::size_t lag = product_lags_[j];
      const T* c = products_.data() + j * Lanes;
      const T* near = gamma_.data() + (k > lag ? k - lag : lag - k) * Lanes;
      const T* far = gamma_.data() + (k + lag) * Lanes;
      for (std::size_t l = 0; l < Lanes; ++l) sum[l] += c[l] * (lag == 0 ? near[l] : near[l] + far[l]);
    }
    for (std::size_t l = 0; l < Lanes; ++l) out[l] = static_cast<double>(sum[l]);
  }

 private:
  /// Reflection coefficients of each lane by stepping down (Schur and Cohn); a lane that is not stationary is marked and stilled.
  void step_down(std::size_t degree) {
    work_.assign((degree + 1) * Lanes, T{0});
    next_.assign((degree + 1) * Lanes, T{0});
    reflection_.assign(degree * Lanes, T{0});
    for (std::size_t k = 0; k < models_->ar_lags.size(); ++k) {
      for (std::size_t l = 0; l < Lanes; ++l) work_[(models_->ar_lags[k] - 1) * Lanes + l] = T{models_->ar[k * Lanes + l]};
    }
    for (std::size_t i = degree; i > 0; --i) {
      Row turn, divisor;
      for (std::size_t l = 0; l < Lanes; ++l) {
        const T r = work_[(i - 1) * Lanes + l];
        if (!(std::abs(static_cast<double>(r)) < 1)) stationary_[l] = false;
        turn[l] = stationary_[l] ? r : T{0};
        divisor[l] = T{1} / (T{1} - turn[l] * turn[l]);
        reflection_[(i - 1) * Lanes + l] = turn[l];
      }
      const T* a = work_.data();
      T* b = next_.data();
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
    const std::size_t degree = models_->order.ar_degree();
    step_down(degree);
    gamma_.assign((count + 1) * Lanes, T{0});
    Row variance;
    variance.fill(T{1});
    for (std::size_t i = 0; i < degree; ++i) {
      const T* r = reflection_.data() + i * Lanes;
      for (std::size_t l = 0; l < Lanes; ++l) variance[l] = variance[l] / (T{1} - r[l] * r[l]);
    }
    for (std::size_t l = 0; l < Lanes; ++l) gamma_[l] = variance[l];
    for (std::size_t i = 1; i <= degree && i <= count; ++i) step_up(i, variance);
    for (std::size_t i = degree + 1; i <= count; ++i) {
      for (std::size_t k = 0; k < models_->ar_lags.size(); ++k) {
        const T* past = gamma_.data() + (i - models_->ar_lags[k]) * Lanes;
        for (std::size_t l = 0; l < Lanes; ++l) gamma_[i * Lanes + l] += T{models_->ar[k * Lanes + l]} * past[l];
      }
    }
  }

  /// From the predictor of order i − 1 (in `work_`) and its error variance: autocovariance i and the predictor of order i.
  void step_up(std::size_t i, Row& variance) {
    const T* a = work_.data();
    const T* r = reflection_.data() + (i - 1) * Lanes;
    T* b = next_.data();
    Row sum;
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
      variance[l] = variance[l] * (T{1} - r[l] * r[l]);
    }
    work_.swap(next_);
  }

  /// Products of the moving average with itself: c[j] = Σ θ_i θ_{i+j}, non-zero at few lags.
  void ma_products() {
    const std::size_t terms = models_->ma_lags.size() + 1;
    product_lags_.clear();
    for (std::size_t i = 0; i < terms; ++i) {
      for (std::size_t j = i; j < terms; ++j) product_lags_.push_back(ma_lag(j) - ma_lag(i));
    }
    std::sort(product_lags_.begin(), product_lags_.end());
    product_lags_.erase(std::unique(product_lags_.begin(), product_lags_.end()), product_lags_.end());
    products_.assign(product_lags_.size() * Lanes, T{0});
    for (std::size_t i = 0; i < terms; ++i) {
      for (std::size_t j = i; j < terms; ++j) {
        const std::size_t lag = ma_lag(j) - ma_lag(i);
        const auto at = std::lower_bound(product_lags_.begin(), product_lags_.end(), lag) - product_lags_.begin();
        T* c = products_.data() + static_cast<std::size_t>(at) * Lanes;
        for (std::size_t l = 0; l < Lanes; ++l) c[l] += ma_value(i, l) * ma_value(j, l);
      }
    }
  }
  [[nodiscard]] std::size_t ma_lag(std::size_t k) const { return k == 0 ? 0 : models_->ma_lags[k - 1]; }
  [[nodiscard]] T ma_value(std::size_t k, std::size_t l) const { return k == 0 ? T{1} : T{-models_->ma[(k - 1) * Lanes + l]}; }

  const ArmaPolynomials<Lanes>* models_ = nullptr;
  std::vector<std::size_t> product_lags_{};
  std::vector<T> products_{}, work_{}, next_{}, reflection_{}, gamma_{};
  std::array<bool, Lanes> stationary_{};
};

/// `Lanes` models of one order, and the filters that start from them. Buffers are kept between calls.
template <std::size_t Lanes>
class ArmaModels {
 public:
  /// The shape of the models; buffers grow to what it needs.
  void prepare(const ArimaOrder& order) {
    if (prepared_ && order == polynomials_.order) return;
    polynomials_.prepare(order);
    prepared_ = true;
  }
  /// See `ArmaPolynomials::set`.
  void set(std::size_t lane, std::span<const double> coefficients) { polynomials_.set(lane, coefficients); }

  [[nodiscard]] const ArimaOrder& order() const { return polynomials_.order; }
  [[nodiscard]] const std::vector<std::size_t>& ar_lags() const { return polynomials_.ar_lags; }
  [[nodiscard]] const std::vector<std::size_t>& ma_lags() const { return polynomials_.ma_lags; }
  [[nodiscard]] const std::vector<double>& ar() const { return polynomials_.ar; }
  [[nodiscard]] const std::vector<double>& ma() const { return polynomials_.ma; }
  /// False where the autoregression turned out not to be stationary, or so nearly not that its filter would be rounding alone.
  [[nodiscard]] bool valid(std::size_t lane) const { return valid_[lane]; }

  /// A filter before the first value, with `streams` empty streams: the gain is then the covariance of the next values with the
  /// first, and the first increment is the same.
  void start(ArmaRecursion<Lanes>& filter, std::size_t streams) {
    filter.reach = std::max<std::size_t>({order().ar_degree(), order().ma_degree(), 1});
    filter.ar_lags = polynomials_.ar_lags;
    filter.ar = polynomials_.ar;
    filter.least.fill(1);
    quick_.compute(polynomials_, filter.reach);
    filter.gain.resize(filter.reach * Lanes);
    quick_.at(0, filter.variance.data());
    for (std::size_t i = 0; i < filter.reach; ++i) quick_.at(i + 1, filter.gain.data() + i * Lanes);
    for (std::size_t l = 0; l < Lanes; ++l) {
      valid_[l] = quick_.stationary(l);
      if (valid_[l] && quick_.ar_variance(l) > delicate) start_carefully(filter, l);
      valid_[l] = valid_[l] && filter.variance[l] < hopeless;
    }
    filter.increment = filter.gain;
    filter.state.assign(streams * filter.reach * Lanes, 0.0);
  }

 private:
  /// Stepping down and up loses about as many digits as the variance of the autoregression has: above this it is done in twice as
  /// many. (Measured: up to 86 nats were lost near the unit circle in doubles, in a likelihood of 588.)
  static constexpr double delicate = 1e4;
  /// The recursion itself, in doubles, is off by some 1e-5 nats at 1e7 and 1e-2 at 1e11.
  static constexpr double hopeless = 1e10;

  void start_carefully(ArmaRecursion<Lanes>& filter, std::size_t lane) {
    one_.order = order();
    one_.ar_lags = polynomials_.ar_lags;
    one_.ma_lags = polynomials_.ma_lags;
    one_.ar.resize(one_.ar_lags.size());
    one_.ma.resize(one_.ma_lags.size());
    for (std::size_t k = 0; k < one_.ar.size(); ++k) one_.ar[k] = polynomials_.ar[k * Lanes + lane];
    for (std::size_t k = 0; k < one_.ma.size(); ++k) one_.ma[k] = polynomials_.ma[k * Lanes + lane];
    careful_.compute(one_, filter.reach);
    valid_[lane] = careful_.stationary(0);
    careful_.at(0, &filter.variance[lane]);
    for (std::size_t i = 0; i < filter.reach; ++i) careful_.at(i + 1, &filter.gain[i * Lanes + lane]);
  }

  bool prepared_ = false;
  ArmaPolynomials<Lanes> polynomials_{};
  ArmaPolynomials<1> one_{};
  ArmaCovariances<Lanes, double> quick_{};
  ArmaCovariances<1, DoubleDouble> careful_{};
  std::array<bool, Lanes> valid_{};
};

}  // namespace kilter::forecast::detail
