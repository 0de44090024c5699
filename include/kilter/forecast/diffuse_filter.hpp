#pragma once
/// @file
/// The exact diffuse Kalman filter of a seasonal ARIMA with missing values (Koopman 1997; Durbin and Koopman 2012, chapter 5).

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include "kilter/forecast/arma_kernel.hpp"
#include "kilter/forecast/dense.hpp"

namespace kilter::forecast::detail {

/// A symmetric matrix by the rows of its lower triangle, one after the other.
class Triangle {
 public:
  void assign(std::size_t size) { values_.assign(size * (size + 1) / 2, 0.0); }
  /// Entries 0 … i of row i.
  [[nodiscard]] double* row(std::size_t i) { return values_.data() + i * (i + 1) / 2; }
  [[nodiscard]] const double* row(std::size_t i) const { return values_.data() + i * (i + 1) / 2; }

  /// out += factor × row i of the whole matrix, up to `extent`.
  void add_row(std::size_t i, double factor, double* out, std::size_t extent) const {
    add_scaled(out, factor, row(i), i + 1);
    const double* below = row(i) + i;
    for (std::size_t j = i + 1; j < extent; ++j) out[j] += factor * *(below += j);
  }
  /// Row and column i.
  void put_row(std::size_t i, const double* in, std::size_t extent) {
    std::copy(in, in + i + 1, row(i));
    double* below = row(i) + i;
    for (std::size_t j = i + 1; j < extent; ++j) *(below += j) = in[j];
  }

 private:
  std::vector<double> values_{};
};

/// The filter of y with δ(B) y = x, x a stationary ARMA, of which any values may be missing; the first D = d + m·seasonal_d have no
/// distribution of their own (a flat prior). Its state is the next w = max(degrees) + 1 values of x, and those of the last D levels
/// that were missing: the others are known. The covariance of the x is that of the values themselves, shocks included, so that it
/// begins as the Toeplitz matrix of the autocovariances, and a step shifts a ring: the matrix stays where it is, one row is
/// replaced. An observation takes a matrix of rank one off it. What is unknown without bound is kept as a factor, B Bᵀ = P∞, with a
/// row for each missing level and a column for each direction that no observation has resolved yet. Variances are in units of that
/// of the shocks.
///
/// With u the missing levels among the last D: a value costs O((w + u)²), a missing one O((w + u) × terms of the polynomials), a
/// stream O(w + u); memory is O((w + u)² + n × streams). Buffers are kept between calls.
class DiffuseFilter {
 public:
  void prepare(const ArimaOrder& order) {
    models_.prepare(order);
    difference_ = Terms{difference_polynomial(order)};
    differences_ = order.differences();
    lagged_.resize(difference_.lag.size());
    window_ = std::max(order.ar_degree(), order.ma_degree()) + 1;
  }

  /// Coefficients in the order ar, ma, seasonal ar, seasonal ma and in the usual signs (see `ArmaModels::set`).
  void set(std::span<const double> coefficients) { models_.set(0, coefficients); }

  /// Stream 0 is the series before differencing, with `missing` values; the others are regressors, also before differencing and
  /// without gaps, which see the same gains. (For a constant of the differenced series: a regressor whose difference is 1.)
  void run(const ArmaStreams& levels) {
    begin(levels);
    for (std::size_t t = 0; t < levels.length && models_.valid(0); ++t) {
      if (t < differences_) {
        take_first(levels, t);
      } else {
        step(levels, t);
      }
    }
  }

  /// Innovations over their deviations, of the observed values that resolve no diffuse direction, oldest first: `rows()` of them.
  /// How many they are depends on which values are missing, and not on the coefficients (as long as they are stationary).
  [[nodiscard]] std::size_t rows() const { return rows_; }
  [[nodiscard]] const double* out(std::size_t stream) const { return out_.data() + stream * length_; }
  /// The sum of the logarithms of their variances, and of the diffuse parts of the variances of the values that resolve a
  /// direction: log L = −½ (rows log 2πσ² + log_variances + Σ out² / σ²), the marginal likelihood.
  [[nodiscard]] double log_variances(std::size_t /*lane*/ = 0) const { return log_sum_; }
  /// False where the autoregression is not stationary, or so near to it that rounding has spoilt the variances: the
  /// innovations mean nothing then.
  [[nodiscard]] bool valid(std::size_t /*lane*/ = 0) const { return valid_; }
  /// Directions of the first D values that no observation has resolved, such as a phase of the season that was never seen.
  [[nodiscard]] std::size_t unresolved() const { return rank_; }

 private:
  static constexpr std::size_t none = std::numeric_limits<std::size_t>::max();
  /// What is less than this part of the longest row of B so far is rounding. Rows are only added up and turned by reflections, so
  /// their errors stay around 1e-15 of it as long as what is 0 is made exactly 0.
  static constexpr double tolerance = 1e-11;

  void begin(const ArmaStreams& in) {
    length_ = in.length;
    streams_ = in.count();
    rows_ = head_ = rank_ = 0;
    log_sum_ = 0;
    largest_ = 1;
    out_.resize(streams_ * length_);
    models_.start(start_, 0);
    valid_ = models_.valid(0);
    shock_covariances();
    const std::size_t most = most_missing(in);
    extent_ = window_;
    covariance_.assign(window_ + most);
    for (std::size_t i = 0; i < window_; ++i) {
      for (std::size_t j = 0; j <= i; ++j) covariance_.row(i)[j] = i == j ? start_.variance[0] : start_.gain[i - j - 1];
    }
    row_.assign(window_ + most, 0.0);
    gain_.assign(window_ + most, 0.0);
    ahead_.assign(streams_ * window_, 0.0);
    past_.assign(streams_ * differences_, 0.0);
    slot_.assign(differences_, none);
    place_.assign(most, none);
    const auto first = in.stream(0);
    columns_ = static_cast<std::size_t>(
        std::count_if(first, first + std::min(differences_, length_), [](double y) { return std::isnan(y); }));
    diffuse_.assign(most * columns_, 0.0);
    spread_.assign(columns_, 0.0);
  }

  /// The largest number of missing values among D successive ones.
  [[nodiscard]] std::size_t most_missing(const ArmaStreams& in) const {
    std::size_t now = 0, most = 0;
    for (std::size_t t = 0; t < in.length && differences_ > 0; ++t) {
      now += std::isnan(in.stream(0)[t]) ? 1U : 0U;
      now -= t >= differences_ && std::isnan(in.stream(0)[t - differences_]) ? 1U : 0U;
      most = std::max(most, now);
    }
    return most;
  }

  /// Covariances of the moving average of a value with the values j = 0, 1, … before it: Σ_{k ≥ j} θ_k ψ_{k − j}.
  void shock_covariances() {
    const auto &ar_lags = models_.ar_lags(), &ma_lags = models_.ma_lags();
    const std::size_t degree = models_.order().ma_degree();
    psi_.assign(degree + 1, 0.0);
    psi_[0] = 1;
    for (std::size_t k = 0; k < ma_lags.size(); ++k) psi_[ma_lags[k]] = -models_.ma()[k];
    for (std::size_t i = 1; i <= degree; ++i) {
      for (std::size_t k = 0; k < ar_lags.size() && ar_lags[k] <= i; ++k) psi_[i] += models_.ar()[k] * psi_[i - ar_lags[k]];
    }
    shocks_.assign(psi_.begin(), psi_.end());
    std::fill(shocks_.begin() + 1, shocks_.end(), 0.0);
    for (std::size_t k = 0; k < ma_lags.size(); ++k) {
      for (std::size_t j = 0; j <= ma_lags[k]; ++j) shocks_[j] -= models_.ma()[k] * psi_[ma_lags[k] - j];
    }
  }

  /// Where the x of `ahead` steps on lies.
  [[nodiscard]] std::size_t ring(std::size_t ahead) const {
    const std::size_t at = head_ + ahead;
    return at < window_ ? at : at - window_;
  }
  [[nodiscard]] double* diffuse_row(std::size_t slot) { return diffuse_.data() + (slot - window_) * columns_; }

  /// One of the first D values: known, or a direction of its own.
  void take_first(const ArmaStreams& in, std::size_t t) {
    if (std::isnan(in.stream(0)[t])) {
      diffuse_row(occupy(t))[rank_++] = 1;
    } else {
      for (std::size_t s = 0; s < streams_; ++s) past_[s * differences_ + t] = in.stream(s)[t];
    }
  }

  void step(const ArmaStreams& in, std::size_t t) {
    for (std::size_t k = 0; k < lagged_.size(); ++k) lagged_[k] = (t - difference_.lag[k]) % differences_;
    const double variance = expect();
    const double spread = settle(spread_.data());
    const bool observed = !std::isnan(in.stream(0)[t]);
    if (observed && spread > 0) {
      resolve(in, t, variance, spread);
    } else if (observed) {
      learn(in, t, variance);
    }
    remember(in, t, observed, variance);
    extend();
  }

  /// The covariance of the next level with the state in `row_`, its diffuse loadings in `spread_`; returns its variance.
  double expect() {
    std::fill_n(row_.begin(), extent_, 0.0);
    std::fill_n(spread_.begin(), rank_, 0.0);
    covariance_.add_row(head_, 1, row_.data(), extent_);
    for (std::size_t k = 0; k < difference_.lag.size(); ++k) {
      const std::size_t slot = slot_[lagged_[k]];
      if (slot == none) continue;
      covariance_.add_row(slot, -difference_.value[k], row_.data(), extent_);
      add_scaled(spread_.data(), -difference_.value[k], diffuse_row(slot), rank_);
    }
    double variance = row_[head_];
    for (std::size_t k = 0; k < difference_.lag.size(); ++k) {
      const std::size_t slot = slot_[lagged_[k]];
      if (slot != none) variance -= difference_.value[k] * row_[slot];
    }
    return variance;
  }

  /// What is expected of the next level of a stream.
  [[nodiscard]] double expected(std::size_t s) const {
    double sum = ahead_[s * window_ + head_];
    const double* past = past_.data() + s * differences_;
    for (std::size_t k = 0; k < difference_.lag.size(); ++k) sum -= difference_.value[k] * past[lagged_[k]];
    return sum;
  }

  /// Moves the missing levels of a stream by the gain.
  void correct_past(std::size_t s, double error) {
    for (std::size_t i = window_; i < extent_; ++i) {
      if (place_[i - window_] != none) past_[s * differences_ + place_[i - window_]] += gain_[i] * error;
    }
  }

  /// An ordinary observation. Its own shock alone has variance 1: what is less has lost its digits.
  void learn(const ArmaStreams& in, std::size_t t, double variance) {
    valid_ = valid_ && variance > 1 - 1e-3;
    variance = std::max(1.0, variance);
    const double inverse = 1 / std::sqrt(variance);
    for (std::size_t i = 0; i < extent_; ++i) gain_[i] = row_[i] * inverse;
    for (std::size_t s = 0; s < streams_; ++s) {
      const double error = (in.stream(s)[t] - expected(s)) * inverse;
      out_[s * length_ + rows_] = error;
      add_scaled(ahead_.data() + s * window_, error, gain_.data(), window_);
      correct_past(s, error);
    }
    for (std::size_t i = 0; i < extent_; ++i) {
      if (gain_[i] != 0) add_scaled(covariance_.row(i), -gain_[i], gain_.data(), i + 1);
    }
    log_sum_ += std::log(variance);
    ++rows_;
  }

  /// An observation that resolves a diffuse direction (Durbin and Koopman 2012, section 5.2): its gain is K = P∞ z / F∞, and with
  /// g = P z the covariance loses K gᵀ + g Kᵀ − K Kᵀ F. A reflection turns the direction into the last column of B, which is
  /// dropped.
  void resolve(const ArmaStreams& in, std::size_t t, double variance, double spread) {
    for (std::size_t i = window_; i < extent_; ++i) {
      gain_[i] = dot(diffuse_row(i), spread_.data(), rank_) / (spread * spread);
    }
    for (std::size_t s = 0; s < streams_; ++s) correct_past(s, in.stream(s)[t] - expected(s));
    for (std::size_t i = window_; i < extent_; ++i) row_[i] -= 0.5 * variance * gain_[i];
    for (std::size_t i = window_; i < extent_; ++i) {
      double* row = covariance_.row(i);
      add_scaled(row, -gain_[i], row_.data(), i + 1);
      add_scaled(row + window_, -row_[i], gain_.data() + window_, i + 1 - window_);
    }
    log_sum_ += 2 * std::log(spread);
    double& last = spread_[rank_ - 1];
    last += std::copysign(spread, last);
    const double size = 2 / dot(spread_.data(), spread_.data(), rank_);
    for (std::size_t i = window_; i < extent_; ++i) {
      double* row = diffuse_row(i);
      add_scaled(row, -size * dot(row, spread_.data(), rank_), spread_.data(), rank_);
    }
    --rank_;
    for (std::size_t i = window_; i < extent_; ++i) settle(diffuse_row(i));
  }

  /// The length of a row of B; one that is nothing but rounding becomes exactly 0.
  double settle(double* row) {
    const double size = rank_ > 0 ? std::sqrt(dot(row, row, rank_)) : 0;
    largest_ = std::max(largest_, size);
    if (size > tolerance * largest_) return size;
    std::fill_n(row, rank_, 0.0);
    return 0;
  }

  /// Puts the level into the register, in the place of the one D before.
  void remember(const ArmaStreams& in, std::size_t t, bool observed, double variance) {
    if (differences_ == 0) return;
    const std::size_t at = t % differences_;
    for (std::size_t s = 0; s < streams_; ++s) {
      past_[s * differences_ + at] = observed ? in.stream(s)[t] : expected(s);
    }
    if (slot_[at] != none) leave(slot_[at]);
    if (observed) return;
    const std::size_t slot = occupy(at);
    row_[slot] = variance;
    covariance_.put_row(slot, row_.data(), extent_);
    std::copy_n(spread_.data(), rank_, diffuse_row(slot));
  }

  /// The first free slot, for the level at a place of the register.
  std::size_t occupy(std::size_t at) {
    const auto index = static_cast<std::size_t>(std::find(place_.begin(), place_.end(), none) - place_.begin());
    place_[index] = at;
    slot_[at] = window_ + index;
    extent_ = std::max(extent_, slot_[at] + 1);
    return slot_[at];
  }

  /// Forgets a missing level. Its rows stay, true but of no use, until the slot is taken again.
  void leave(std::size_t slot) {
    slot_[place_[slot - window_]] = none;
    place_[slot - window_] = none;
    while (extent_ > window_ && place_[extent_ - 1 - window_] == none) --extent_;
  }

  /// Replaces the x just passed by the one after the last; all shocks in its moving average are still to come.
  void extend() {
    const auto& lags = models_.ar_lags();
    const auto& ar = models_.ar();
    std::fill_n(row_.begin(), extent_, 0.0);
    for (std::size_t k = 0; k < lags.size(); ++k) covariance_.add_row(ring(window_ - lags[k]), ar[k], row_.data(), extent_);
    for (std::size_t j = 1; j < shocks_.size(); ++j) row_[ring(window_ - j)] += shocks_[j];
    double variance = shocks_[0];
    for (std::size_t k = 0; k < lags.size(); ++k) variance += ar[k] * row_[ring(window_ - lags[k])];
    row_[head_] = variance;
    covariance_.put_row(head_, row_.data(), extent_);
    for (std::size_t s = 0; s < streams_; ++s) {
      double* x = ahead_.data() + s * window_;
      double sum = 0;
      for (std::size_t k = 0; k < lags.size(); ++k) sum += ar[k] * x[ring(window_ - lags[k])];
      x[head_] = sum;
    }
    head_ = ring(1);
  }

  ArmaModels<1> models_{};
  ArmaRecursion<1> start_{};
  Terms difference_{};
  std::size_t differences_ = 0, window_ = 1;
  std::size_t length_ = 0, streams_ = 0, rows_ = 0;
  std::size_t head_ = 0;                ///< where the x of the current step lies in the ring
  std::size_t extent_ = 0;              ///< slots in use
  std::size_t rank_ = 0, columns_ = 0;  ///< columns of B in use, and stored
  double log_sum_ = 0, largest_ = 1;
  bool valid_ = false;
  Triangle covariance_{};          ///< slots: the ring of x, then the missing levels
  std::vector<double> diffuse_{};  ///< B, row-major
  std::vector<double> row_{}, gain_{}, spread_{};
  std::vector<double> ahead_{}, past_{};  ///< what is expected of the x, and the known or expected levels, stream after stream
  std::vector<std::size_t> slot_{}, place_{}, lagged_{};  ///< of a place in the register of levels, and back; of the lags of δ
  std::vector<double> psi_{}, shocks_{}, out_{};
};

}  // namespace kilter::forecast::detail
