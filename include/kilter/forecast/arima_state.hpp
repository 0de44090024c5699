#pragma once
/// @file
/// `ArimaState`: what a fitted ARIMA model knows of the past: enough to take the next value in O(r) and to forecast, in bounded
/// memory.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "kilter/core/series.hpp"
#include "kilter/forecast/arima_track.hpp"
#include "kilter/forecast/arma_models.hpp"
#include "kilter/forecast/dense.hpp"

namespace kilter::forecast {

/// How far a value was from what was expected of it one step before, and the variance of that difference; both `missing` where the
/// value was missing or the model had not seen enough to expect anything.
struct Innovation {
  double value = missing;
  double variance = missing;
};

namespace detail {

/// The model whose state is kept, in the units of the transformed series.
struct ArimaModel {
  ArimaOrder order{};
  std::vector<double> coefficients{};  ///< ar, ma, seasonal ar, seasonal ma
  double sigma2 = 0;                   ///< variance of the shocks
  bool constant = false;
  double mean = 0;                           ///< of the differenced series
  std::vector<double> beta{};                ///< of the regressors
  Columns beta_root{};                       ///< F with Var(mean, beta) = σ² F Fᵀ; the constant first, where there is one
  std::vector<std::vector<double>> moved{};  ///< coefficients moved along a direction, `moved_by` of its deviation
  double moved_by = 1;
};

/// What is expected of the steps to come: a mean, and a root of the covariance in units of σ: columns of the length of the mean.
struct GaussianPath {
  std::vector<double> mean{};
  std::vector<double> columns{};  ///< column after column

  [[nodiscard]] std::vector<double> deviation(double sigma) const {
    const std::size_t n = mean.size();
    std::vector<double> out(n, 0.0);
    for (std::size_t i = 0; i < columns.size(); ++i) out[i % n] += columns[i] * columns[i];
    for (double& v : out) v = sigma * std::sqrt(v);
    return out;
  }
};

/// The differenced series, filtered up to the end of the past. The streams of the first track are the series less its regression,
/// the constant and the regressors; those of recent missing values come after them. Tracks with moved coefficients filter the
/// series alone: how far their forecasts differ is what uncertain coefficients do to the forecast.
class ArimaState {
 public:
  ArimaState() = default;

  explicit ArimaState(ArimaModel model)
      : model_(std::move(model)), polynomial_(difference_polynomial(model_.order)), difference_(polynomial_) {
    ArmaModels<1> models;
    models.prepare(model_.order);
    models.set(0, model_.coefficients);
    tracks_.emplace_back(models, fixed());
    for (const std::vector<double>& moved : model_.moved) {
      models.set(0, moved);
      tracks_.emplace_back(models, 1);
    }
    past_.assign(fixed() * order().differences(), 0.0);
  }

  [[nodiscard]] const ArimaOrder& order() const { return model_.order; }
  [[nodiscard]] const ArimaModel& model() const { return model_; }
  /// Values taken so far, missing ones included.
  [[nodiscard]] std::size_t count() const { return count_; }

  /// False when numbers have grown out of range.
  [[nodiscard]] bool finite() const {
    const auto all = [](const std::vector<double>& v) {
      return std::all_of(v.begin(), v.end(), [](double x) { return std::isfinite(x); });
    };
    bool out = all(past_) && all(model_.beta) && std::isfinite(model_.mean);
    for (const ArimaTrack& track : tracks_) out = out && all(track.filter().state) && all(track.filter().gain);
    return out;
  }

  /// Takes the next value and its row of regressors; `missing` is allowed once the differences are filled. O(r (1 + coefficients +
  /// regressors + recent missing values)).
  Innovation append(double y, std::span<const double> row = {}) {
    double level = y;
    for (std::size_t j = 0; j < model_.beta.size(); ++j) level -= model_.beta[j] * row[j];
    if (count_ < order().differences()) {
      require(!std::isnan(y), "y", y, "must be observed as long as the differences are being filled");
      remember(level, row);
      return {};
    }
    const bool observed = !std::isnan(level);
    if (!observed && age_.size() >= most_pulses()) drop_pulse(0);
    if (!observed) level = tracks_[0].expected(0) + model_.mean - apply_difference(0);
    difference_inputs(level, row);
    const ArimaTrack::Step step = tracks_[0].take(first_inputs(fixed()), observed, !steady_);
    for (std::size_t k = 1; k < tracks_.size(); ++k) tracks_[k].take(first_inputs(1), observed, !steady_);
    if (!observed) age_.push_back(0);
    steady_ = steady_ || (count_ % 8 == 0 && tracks_[0].steady());
    remember(level, row);
    settle();
    if (!observed) return {};
    return {step.error, step.variance * model_.sigma2};
  }

  /// The next `horizon` steps given their rows of regressors (row after row).
  [[nodiscard]] GaussianPath path(std::size_t horizon, std::span<const double> rows = {}) const {
    GaussianPath out;
    out.mean = expected(tracks_[0], horizon);
    const double unit = model_.moved_by * std::sqrt(model_.sigma2);
    for (std::size_t k = 1; k < tracks_.size(); ++k) {
      const std::vector<double> other = expected(tracks_[k], horizon);
      for (std::size_t h = 0; h < horizon; ++h) out.columns.push_back(unit > 0 ? (other[h] - out.mean[h]) / unit : 0);
    }
    add_regression(out, horizon, rows);
    add_missing(out, horizon);
    add_shocks(out, horizon);
    return out;
  }

  /// ψ₀ … ψ_{horizon−1} of the integrated model: the weight of a shock k steps ago (Box and Jenkins, section 5.2).
  [[nodiscard]] std::vector<double> psi(std::size_t horizon) const {
    ArmaModels<1> models;
    models.prepare(order());
    models.set(0, model_.coefficients);
    std::vector<double> out(horizon, 0.0);
    for (std::size_t h = 0; h < horizon; ++h) {
      double sum = h == 0 ? 1 : 0;
      for (std::size_t k = 0; k < models.ma_lags().size(); ++k) sum -= models.ma_lags()[k] == h ? models.ma()[k] : 0;
      for (std::size_t k = 0; k < models.ar_lags().size() && models.ar_lags()[k] <= h; ++k) {
        sum += models.ar()[k] * out[h - models.ar_lags()[k]];
      }
      out[h] = sum;
    }
    integrate(out, {});
    return out;
  }

 private:
  /// Missing values that are told apart. Older ones act on what is to come through later ones alone, but for what a slow
  /// autoregression keeps of them.
  [[nodiscard]] std::size_t most_pulses() const { return 48 + order().differences() + tracks_[0].filter().reach; }

  /// Fixed streams of the first track.
  [[nodiscard]] std::size_t fixed() const { return regressor(0) + model_.beta.size(); }
  [[nodiscard]] std::size_t regressor(std::size_t j) const { return 1 + (model_.constant ? 1 : 0) + j; }

  /// Σ c_k u[t − k] of a fixed stream's past; the past is a ring whose oldest value is at `head_`.
  [[nodiscard]] double apply_difference(std::size_t s) const {
    const std::size_t d = order().differences();
    const double* ring = past_.data() + s * d;
    double sum = 0;
    for (std::size_t k = 0; k < difference_.lag.size(); ++k) {
      const std::size_t at = head_ + d - difference_.lag[k];
      sum += difference_.value[k] * ring[at >= d ? at - d : at];
    }
    return sum;
  }

  /// Into `inputs_`: the fixed streams of the first track, then the pulses, which all tracks have.
  void difference_inputs(double level, std::span<const double> row) {
    inputs_.clear();
    inputs_.push_back(level + apply_difference(0) - model_.mean);
    if (model_.constant) inputs_.push_back(1);
    for (std::size_t j = 0; j < model_.beta.size(); ++j) inputs_.push_back(row[j] + apply_difference(regressor(j)));
    for (const std::size_t age : age_) inputs_.push_back(age < polynomial_.size() ? polynomial_[age] : 0);
  }

  /// The inputs of a track with `count` fixed streams: those, then the pulses.
  std::span<const double> first_inputs(std::size_t count) {
    if (count == fixed()) return inputs_;
    track_inputs_.assign(inputs_.begin(), inputs_.begin() + static_cast<std::ptrdiff_t>(count));
    track_inputs_.insert(track_inputs_.end(), inputs_.begin() + static_cast<std::ptrdiff_t>(fixed()), inputs_.end());
    return track_inputs_;
  }

  void remember(double level, std::span<const double> row) {
    const std::size_t d = order().differences();
    if (d > 0) {
      past_[head_] = level;
      for (std::size_t j = 0; j < model_.beta.size(); ++j) past_[regressor(j) * d + head_] = row[j];
      head_ = head_ + 1 == d ? 0 : head_ + 1;
    }
    for (std::size_t& age : age_) ++age;
    ++count_;
  }

  /// Takes pulses whose trace has died away as known.
  void settle() {
    for (std::size_t i = age_.size(); i-- > 0;) {
      if (age_[i] >= polynomial_.size() && tracks_[0].trace(i) < 1e-9) drop_pulse(i);
    }
  }

  void drop_pulse(std::size_t i) {
    const std::size_t d = order().differences();
    for (std::size_t s = 0; s < fixed() && age_[i] > 0 && age_[i] <= d; ++s) {
      past_[s * d + (head_ + d - age_[i]) % d] -= tracks_[0].delta(i, s);
    }
    for (ArimaTrack& track : tracks_) track.drop(i);
    age_.erase(age_.begin() + static_cast<std::ptrdiff_t>(i));
  }

  /// The past of a fixed stream, oldest first.
  [[nodiscard]] std::vector<double> past(std::size_t s) const {
    const std::size_t d = order().differences();
    std::vector<double> out(d);
    for (std::size_t i = 0; i < d; ++i) out[i] = past_[s * d + (head_ + i) % d];
    return out;
  }
  [[nodiscard]] std::vector<double> pulse_past(std::size_t i) const {
    std::vector<double> out(order().differences(), 0.0);
    if (age_[i] > 0 && age_[i] <= out.size()) out[out.size() - age_[i]] = 1;
    return out;
  }

  /// What a state expects of the next steps.
  [[nodiscard]] static std::vector<double> extend(const ArmaRecursion<1>& filter, std::span<const double> state,
                                                  std::size_t horizon) {
    std::vector<double> out(state.begin(), state.begin() + static_cast<std::ptrdiff_t>(std::min(state.size(), horizon)));
    for (std::size_t h = out.size(); h < horizon; ++h) {
      double sum = 0;
      for (std::size_t k = 0; k < filter.ar_lags.size(); ++k) sum += filter.ar[k] * out[h - filter.ar_lags[k]];
      out.push_back(sum);
    }
    return out;
  }

  /// Undoes the differences in place, given the values before (none: zeros).
  void integrate(std::span<double> w, std::span<const double> before) const {
    for (std::size_t h = 0; h < w.size(); ++h) {
      for (std::size_t k = 0; k < difference_.lag.size(); ++k) {
        const std::size_t lag = difference_.lag[k];
        if (lag <= h) {
          w[h] -= difference_.value[k] * w[h - lag];
        } else if (!before.empty()) {
          w[h] -= difference_.value[k] * before[before.size() + h - lag];
        }
      }
    }
  }

  /// The levels that a stream's state and past lead to.
  [[nodiscard]] std::vector<double> levels(const ArimaTrack& track, std::size_t stream, double mean, std::span<const double> before,
                                           std::size_t horizon) const {
    const ArmaRecursion<1>& filter = track.filter();
    std::vector<double> out = extend(filter, {filter.stream(stream), filter.reach}, horizon);
    for (double& v : out) v += mean;
    integrate(out, before);
    return out;
  }

  /// Takes δ times the levels of each pulse off a stream's levels.
  void take_pulses(const ArimaTrack& track, std::size_t stream, std::size_t pulse_stream, std::span<double> out) const {
    for (std::size_t i = 0; i < age_.size(); ++i) {
      const std::vector<double> pulse = levels(track, pulse_stream + i, 0, pulse_past(i), out.size());
      add_scaled(out.data(), -track.delta(i, stream), pulse.data(), out.size());
    }
  }

  /// The expected levels by one of the tracks, the regression not yet added.
  [[nodiscard]] std::vector<double> expected(const ArimaTrack& track, std::size_t horizon) const {
    std::vector<double> out = levels(track, 0, model_.mean, past(0), horizon);
    take_pulses(track, 0, &track == tracks_.data() ? fixed() : 1, out);
    return out;
  }

  /// Adds the regression to the mean, and a column for each of its uncertain coefficients.
  void add_regression(GaussianPath& out, std::size_t horizon, std::span<const double> rows) const {
    const std::size_t k = model_.beta.size();
    const ArimaTrack& track = tracks_[0];
    std::vector<double> slopes;
    for (std::size_t j = 0; j < k; ++j) {
      for (std::size_t h = 0; h < horizon; ++h) out.mean[h] += model_.beta[j] * rows[h * k + j];
    }
    for (std::size_t s = 1; s < fixed() && model_.beta_root.cols() > 0; ++s) {
      // What is expected of the regressor, less the regressor itself; a constant's levels count from its last.
      const bool constant = model_.constant && s == 1;
      std::vector<double> slope = levels(track, s, constant ? -1 : 0, constant ? std::vector<double>{} : past(s), horizon);
      take_pulses(track, s, fixed(), slope);
      for (std::size_t h = 0; h < horizon && !constant; ++h) slope[h] -= rows[h * k + s - regressor(0)];
      slopes.insert(slopes.end(), slope.begin(), slope.end());
    }
    for (std::size_t c = 0; c < model_.beta_root.cols(); ++c) {
      std::vector<double> column(horizon, 0.0);
      for (std::size_t j = 0; j < model_.beta_root.rows(); ++j) {
        add_scaled(column.data(), model_.beta_root(j, c), slopes.data() + j * horizon, horizon);
      }
      out.columns.insert(out.columns.end(), column.begin(), column.end());
    }
  }

  /// A column for each direction in which recent missing values are uncertain.
  void add_missing(GaussianPath& out, std::size_t horizon) const {
    const std::size_t k = age_.size();
    std::vector<double> slopes, root(tracks_[0].covariance());
    for (std::size_t i = 0; i < k; ++i) {
      const std::vector<double> pulse = levels(tracks_[0], fixed() + i, 0, pulse_past(i), horizon);
      slopes.insert(slopes.end(), pulse.begin(), pulse.end());
    }
    for (std::size_t j = 0; j < k; ++j) {
      for (std::size_t i = j; i < k; ++i) {
        double sum = root[i * k + j];
        for (std::size_t l = 0; l < j; ++l) sum -= root[i * k + l] * root[j * k + l];
        root[i * k + j] = i == j ? std::sqrt(std::max(sum, 0.0)) : (root[j * k + j] > 0 ? sum / root[j * k + j] : 0);
      }
      std::vector<double> column(horizon, 0.0);
      for (std::size_t i = j; i < k; ++i) add_scaled(column.data(), root[i * k + j], slopes.data() + i * horizon, horizon);
      out.columns.insert(out.columns.end(), column.begin(), column.end());
    }
  }

  /// A column for the shock of each step to come: its deviation times its weights in the steps after it.
  void add_shocks(GaussianPath& out, std::size_t horizon) const {
    ArmaRecursion<1> filter = tracks_[0].filter();
    bool steady = steady_;
    std::vector<double> weights;
    for (std::size_t j = 0; j < horizon; ++j) {
      if (j == 0 || !steady) {
        weights = shock_weights(filter, horizon - j);
        filter.rotate();
        steady = steady || !filter.sound(0) || (j % 8 == 7 && filter.steady());
      }
      out.columns.insert(out.columns.end(), j, 0.0);
      out.columns.insert(out.columns.end(), weights.begin(), weights.begin() + static_cast<std::ptrdiff_t>(horizon - j));
    }
  }

  [[nodiscard]] std::vector<double> shock_weights(const ArmaRecursion<1>& filter, std::size_t horizon) const {
    std::vector<double> response(filter.reach + 1, 1.0);
    for (std::size_t i = 0; i < filter.reach; ++i) response[i + 1] = filter.gain[i] / filter.variance[0];
    std::vector<double> out = extend(filter, response, horizon);
    integrate(out, {});
    for (double& v : out) v *= std::sqrt(filter.variance[0]);
    return out;
  }

  ArimaModel model_{};
  std::vector<double> polynomial_{1.0};
  Terms difference_{};
  std::vector<ArimaTrack> tracks_{};  ///< of the coefficients, then of moved ones
  std::vector<std::size_t> age_{};    ///< of the pulses
  std::vector<double> past_{};        ///< the last levels of the fixed streams, a ring each
  std::size_t head_ = 0, count_ = 0;
  bool steady_ = false;
  std::vector<double> inputs_{}, track_inputs_{};  // of the value being taken
};

}  // namespace detail

}  // namespace kilter::forecast
