#pragma once
/// @file
/// The likelihood of a stationary seasonal ARMA in O(n r): the Chandrasekhar recursion until the filter is steady, then the
/// recursion of the residuals.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "kilter/forecast/arma_models.hpp"
#include "kilter/forecast/arma_recursion.hpp"

namespace kilter::forecast::detail {

/// What is filtered: differenced series of one length, shared by all lanes. Stream 0 is the series itself, the others are
/// regressors.
struct ArmaStreams {
  std::size_t length = 0;
  std::vector<double> values{};  ///< stream after stream

  [[nodiscard]] std::size_t count() const { return length == 0 ? 0 : values.size() / length; }
  [[nodiscard]] const double* stream(std::size_t s) const { return values.data() + s * length; }
  [[nodiscard]] double* stream(std::size_t s) { return values.data() + s * length; }
};

/// `Lanes` models of one order, each with its own coefficients, filter the same streams. Lanes make every inner loop a vector
/// operation even where the recursion itself has to wait for its own results: eight conditional residuals cost little more than
/// one.
template <std::size_t Lanes>
class ArmaKernel {
 public:
  void prepare(const ArimaOrder& order) { models_.prepare(order); }
  void set(std::size_t lane, std::span<const double> coefficients) { models_.set(lane, coefficients); }

  /// Exact: innovations over their deviations (relative to that of the shocks), and the sum of the logarithms of their variances.
  void run_exact(const ArmaStreams& in) {
    begin(in);
    models_.start(filter_, streams_);
    variance_.resize(length_ * Lanes);
    log_product_.fill(1);
    std::size_t t = 0;
    // Whether the filter is steady is looked at now and then; only past the reach do residuals have all their lags.
    for (; t < length_ && !(t >= filter_.reach && t % 4 == 0 && filter_.steady()); ++t) step(in, t);
    flush_logs();
    residuals(in, t);
    scale(t);
  }

  /// Conditional: residuals from the first value that has all its lags, 0 before (Box and Jenkins, chapter 7).
  void run_conditional(const ArmaStreams& in) {
    begin(in);
    const std::size_t first = std::min(models_.order().ar_degree(), length_);
    for (std::size_t s = 0; s < streams_; ++s) std::fill_n(out_.data() + s * length_ * Lanes, first * Lanes, 0.0);
    residuals(in, first);
  }

  /// Output `t` of a stream in a lane.
  [[nodiscard]] double out(std::size_t stream, std::size_t t, std::size_t lane) const {
    return out_[(stream * length_ + t) * Lanes + lane];
  }
  [[nodiscard]] const double* out(std::size_t stream) const { return out_.data() + stream * length_ * Lanes; }
  /// Of an exact run.
  [[nodiscard]] double log_variances(std::size_t lane) const { return log_sum_[lane]; }
  /// False where the autoregression is not stationary or rounding has spoilt the filter, after an exact run.
  [[nodiscard]] bool valid(std::size_t lane) const { return models_.valid(lane) && filter_.sound(lane); }

 private:
  void begin(const ArmaStreams& in) {
    length_ = in.length;
    streams_ = in.count();
    out_.resize(streams_ * length_ * Lanes);
    log_sum_.fill(0);
  }

  void step(const ArmaStreams& in, std::size_t t) {
    Lane<Lanes> inverse, v;
    for (std::size_t l = 0; l < Lanes; ++l) {
      variance_[t * Lanes + l] = filter_.variance[l];
      log_product_[l] *= filter_.variance[l];
      inverse[l] = 1 / filter_.variance[l];
    }
    if (t % 8 == 7) flush_logs();
    for (std::size_t s = 0; s < streams_; ++s) {
      double* a = filter_.stream(s);
      double* e = out_.data() + (s * length_ + t) * Lanes;
      for (std::size_t l = 0; l < Lanes; ++l) {
        e[l] = in.stream(s)[t] - a[l];
        v[l] = e[l] * inverse[l];
      }
      filter_.advance(a, v);
    }
    filter_.rotate();
  }

  /// A logarithm of a product of eight variances costs an eighth.
  void flush_logs() {
    for (std::size_t l = 0; l < Lanes; ++l) {
      log_sum_[l] += std::log(log_product_[l]);
      log_product_[l] = 1;
    }
  }

  /// The recursion of the residuals from `first` on, which has all its autoregressive lags; shocks before the start count as 0.
  void residuals(const ArmaStreams& in, std::size_t first) {
    const auto &ar_lags = models_.ar_lags(), &ma_lags = models_.ma_lags();
    const double *ar = models_.ar().data(), *ma = models_.ma().data();
    for (std::size_t s = 0; s < streams_; ++s) {
      const double* x = in.stream(s);
      double* e = out_.data() + s * length_ * Lanes;
      for (std::size_t t = first; t < length_; ++t) {
        Lane<Lanes> sum;
        sum.fill(x[t]);
        for (std::size_t k = 0; k < ar_lags.size(); ++k) {
          const double past = x[t - ar_lags[k]];
          for (std::size_t l = 0; l < Lanes; ++l) sum[l] -= ar[k * Lanes + l] * past;
        }
        for (std::size_t k = 0; k < ma_lags.size() && ma_lags[k] <= t; ++k) {
          const double* past = e + (t - ma_lags[k]) * Lanes;
          for (std::size_t l = 0; l < Lanes; ++l) sum[l] += ma[k * Lanes + l] * past[l];
        }
        for (std::size_t l = 0; l < Lanes; ++l) e[t * Lanes + l] = sum[l];
      }
    }
  }

  /// Divides the innovations before the switch by their deviations.
  void scale(std::size_t count) {
    for (std::size_t i = 0; i < count * Lanes; ++i) variance_[i] = 1 / std::sqrt(variance_[i]);
    for (std::size_t s = 0; s < streams_; ++s) {
      double* e = out_.data() + s * length_ * Lanes;
      for (std::size_t i = 0; i < count * Lanes; ++i) e[i] *= variance_[i];
    }
  }

  ArmaModels<Lanes> models_{};
  ArmaRecursion<Lanes> filter_{};
  std::size_t length_ = 0, streams_ = 0;
  std::vector<double> variance_{}, out_{};
  Lane<Lanes> log_product_{}, log_sum_{};
};

}  // namespace kilter::forecast::detail
