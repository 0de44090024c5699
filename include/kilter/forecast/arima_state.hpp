#pragma once
/// @file
/// `ArimaState`: what a fitted ARIMA model knows of the past: enough to take the next value in O(r) and to forecast, in bounded memory.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "kilter/core/series.hpp"
#include "kilter/forecast/arma_recursion.hpp"
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
  double mean = 0;                                 ///< of the differenced series
  std::vector<double> beta{};                      ///< of the regressors
  Columns beta_root{};                             ///< F with Var(mean, beta) = σ² F Fᵀ; the constant first, where there is one
  std::vector<std::vector<double>> moved{};        ///< coefficients moved along a direction, `moved_by` of its deviation
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

/// The filter of the differenced series at the end of the past. Stream 0 is the series less its regression, then come the constant
/// and the regressors, then unit pulses at recent missing values: what stands there is a guess, and how wrong it was, δ, is learnt
/// from the values after it (the filter of a series with missing values in which each adds one to the rank of the covariance).
/// Filters with moved coefficients run beside it; how far their forecasts differ is what uncertain coefficients do to the forecast.
class ArimaState {
 public:
  ArimaState() = default;

  explicit ArimaState(ArimaModel model)
      : model_(std::move(model)), polynomial_(difference_polynomial(model_.order)), difference_(polynomial_) {
    ArmaModels<1> models;
    models.prepare(model_.order);
    models.set(0, model_.coefficients);
    models.start(filter_, fixed_streams());
    for (const std::vector<double>& moved : model_.moved) {
      models.set(0, moved);
      models.start(moved_.emplace_back(), 1);
    }
    past_.assign(fixed_streams() * order().differences(), 0.0);
  }

  [[nodiscard]] const ArimaOrder& order() const { return model_.order; }
  [[nodiscard]] const ArimaModel& model() const { return model_; }
  /// Values taken so far, missing ones included.
  [[nodiscard]] std::size_t count() const { return count_; }

  /// Takes the next value and its row of regressors; `missing` is allowed once the differences are filled. O(r (1 + coefficients +
  /// regressors + recent missing values)).
  Innovation append(double y, std::span<const double> row = {}) {
    double level = y;
    for (std::size_t j = 0; j < model_.beta.size(); ++j) level -= model_.beta[j] * row[j];
    if (count_ < order().differences()) {
      remember(level, row);
      return {};
    }
    Innovation out;
    const double variance = filter_.variance[0];
    difference_inputs(level, row);
    const bool observed = !std::isnan(level);
    if (!observed) inputs_[0] = filter_.stream(0)[0];
    for (std::size_t s = 0; s < streams(); ++s) errors_[s] = inputs_[s] - filter_.stream(s)[0];
    if (observed) {
      out = learn(variance);
    } else {
      add_pulse(variance);
      level = inputs_[0] + model_.mean - apply_difference(0);
    }
    advance(variance);
    remember(level, row);
    settle();
    return out;
  }

  /// The next `horizon` steps given their rows of regressors (row after row).
  [[nodiscard]] GaussianPath path(std::size_t horizon, std::span<const double> rows = {}) const {
    GaussianPath out;
    out.mean = expected(filter_, horizon);
    const double unit = model_.moved_by * std::sqrt(model_.sigma2);
    for (const auto& moved : moved_) {
      const std::vector<double> other = expected(moved, horizon);
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
  /// More missing values than this are not told apart: the oldest is then taken as it is expected.
  static constexpr std::size_t most_pulses = 48;

  [[nodiscard]] std::size_t fixed_streams() const { return 1 + (model_.constant ? 1 : 0) + model_.beta.size(); }
  [[nodiscard]] std::size_t streams() const { return fixed_streams() + age_.size(); }
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

  void difference_inputs(double level, std::span<const double> row) {
    inputs_.resize(streams());
    errors_.resize(streams());
    inputs_[0] = level + apply_difference(0) - model_.mean;
    if (model_.constant) inputs_[1] = 1;
    for (std::size_t j = 0; j < model_.beta.size(); ++j) inputs_[regressor(j)] = row[j] + apply_difference(regressor(j));
    for (std::size_t i = 0; i < age_.size(); ++i) inputs_[fixed_streams() + i] = age_[i] < polynomial_.size() ? polynomial_[age_[i]] : 0;
  }

  /// P e over the pulses.
  void spread_errors() {
    const std::size_t k = age_.size(), first = fixed_streams();
    spread_.assign(k, 0.0);
    for (std::size_t i = 0; i < k; ++i) add_scaled(spread_.data(), errors_[first + i], covariance_.data() + i * k, k);
  }

  /// What the innovation says of the pulses: one step of recursive least squares.
  Innovation learn(double variance) {
    const std::size_t k = age_.size(), first = fixed_streams();
    spread_errors();
    double size = variance, error = errors_[0];
    for (std::size_t i = 0; i < k; ++i) {
      size += errors_[first + i] * spread_[i];
      error -= delta_[i] * errors_[first + i];
    }
    for (std::size_t i = 0; i < k; ++i) {
      delta_[i] += spread_[i] * error / size;
      for (std::size_t j = 0; j < k; ++j) covariance_[i * k + j] -= spread_[i] * spread_[j] / size;
    }
    return {error, size * model_.sigma2};
  }

  /// The value stands as stream 0 expected it; its error is that of the expectation.
  void add_pulse(double variance) {
    if (age_.size() >= most_pulses) drop_pulse(0);
    const std::size_t k = age_.size(), first = fixed_streams();
    errors_.resize(streams());
    inputs_.resize(streams());
    spread_errors();
    double size = variance, mean = 0;
    std::vector<double> next((k + 1) * (k + 1));
    for (std::size_t i = 0; i < k; ++i) {
      size += errors_[first + i] * spread_[i];
      mean -= delta_[i] * errors_[first + i];
      next[i * (k + 1) + k] = next[k * (k + 1) + i] = -spread_[i];
      for (std::size_t j = 0; j < k; ++j) next[i * (k + 1) + j] = covariance_[i * k + j];
    }
    next.back() = size;
    covariance_ = std::move(next);
    delta_.push_back(mean);
    age_.push_back(0);
    filter_.state.resize(streams() * filter_.reach, 0.0);
    for (auto& moved : moved_) moved.state.resize((age_.size() + 1) * moved.reach, 0.0);
    inputs_.push_back(1);
    errors_.push_back(1);
  }

  void advance(double variance) {
    for (std::size_t s = 0; s < streams(); ++s) filter_.advance(filter_.stream(s), {errors_[s] / variance});
    const bool look = count_ % 8 == 0;
    if (!steady_) {
      filter_.rotate();
      steady_ = look && filter_.steady();
    }
    for (auto& moved : moved_) {
      for (std::size_t s = 0; s <= age_.size(); ++s) {
        double* a = moved.stream(s);
        const double input = inputs_[s == 0 ? 0 : fixed_streams() + s - 1];
        moved.advance(a, {(input - a[0]) / moved.variance[0]});
      }
      if (!steady_) moved.rotate();
    }
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
      if (age_[i] < polynomial_.size()) continue;
      const double* a = filter_.stream(fixed_streams() + i);
      double largest = 0;
      for (std::size_t k = 0; k < filter_.reach; ++k) largest = std::max(largest, std::abs(a[k]));
      if (largest < 1e-9) drop_pulse(i);
    }
  }

  /// Takes δ of one pulse for known: corrects stream 0 and forgets the pulse.
  void drop_pulse(std::size_t i) {
    const std::size_t k = age_.size(), s = fixed_streams() + i, reach = filter_.reach, d = order().differences();
    const auto drop_stream = [&](ArmaRecursion<1>& filter, std::size_t stream) {
      add_scaled(filter.stream(0), -delta_[i], filter.stream(stream), reach);
      const auto begin = filter.state.begin() + static_cast<std::ptrdiff_t>(stream * reach);
      filter.state.erase(begin, begin + static_cast<std::ptrdiff_t>(reach));
    };
    drop_stream(filter_, s);
    for (auto& moved : moved_) drop_stream(moved, 1 + i);
    if (age_[i] > 0 && age_[i] <= d) past_[(head_ + d - age_[i]) % d] -= delta_[i];
    std::vector<double> next;
    for (std::size_t a = 0; a < k; ++a) {
      for (std::size_t b = 0; b < k && a != i; ++b) {
        if (b != i) next.push_back(covariance_[a * k + b]);
      }
    }
    covariance_ = std::move(next);
    const auto at = static_cast<std::ptrdiff_t>(i);
    delta_.erase(delta_.begin() + at);
    age_.erase(age_.begin() + at);
    if (s < errors_.size()) errors_.erase(errors_.begin() + static_cast<std::ptrdiff_t>(s));
    if (s < inputs_.size()) inputs_.erase(inputs_.begin() + static_cast<std::ptrdiff_t>(s));
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
  [[nodiscard]] static std::vector<double> extend(const ArmaRecursion<1>& filter, std::span<const double> state, std::size_t horizon) {
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

  /// The expected levels by this filter or a moved one, pulses taken out, the regression not yet added.
  [[nodiscard]] std::vector<double> expected(const ArmaRecursion<1>& filter, std::size_t horizon) const {
    std::vector<double> state(filter.stream(0), filter.stream(0) + filter.reach), before = past(0);
    const std::size_t first = &filter == &filter_ ? fixed_streams() : 1;
    for (std::size_t i = 0; i < age_.size(); ++i) {
      add_scaled(state.data(), -delta_[i], filter.stream(first + i), filter.reach);
      if (age_[i] > 0 && age_[i] <= before.size()) before[before.size() - age_[i]] -= delta_[i];
    }
    std::vector<double> out = extend(filter, state, horizon);
    for (double& v : out) v += model_.mean;
    integrate(out, before);
    return out;
  }

  /// Adds the regression to the mean, and a column for each of its uncertain coefficients.
  void add_regression(GaussianPath& out, std::size_t horizon, std::span<const double> rows) const {
    const std::size_t k = model_.beta.size();
    std::vector<double> slopes;
    for (std::size_t s = 1; s < fixed_streams(); ++s) {
      const bool constant = model_.constant && s == 1;
      std::vector<double> w = extend(filter_, {filter_.stream(s), filter_.reach}, horizon);
      if (constant) {
        for (double& v : w) v = 1 - v;
        integrate(w, {});
      } else {
        const std::size_t j = s - regressor(0);
        integrate(w, past(s));
        for (std::size_t h = 0; h < horizon; ++h) {
          out.mean[h] += model_.beta[j] * rows[h * k + j];
          w[h] = rows[h * k + j] - w[h];
        }
      }
      slopes.insert(slopes.end(), w.begin(), w.end());
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
    std::vector<double> slopes, root(covariance_);
    for (std::size_t i = 0; i < k; ++i) {
      std::vector<double> w = extend(filter_, {filter_.stream(fixed_streams() + i), filter_.reach}, horizon);
      integrate(w, pulse_past(i));
      slopes.insert(slopes.end(), w.begin(), w.end());
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
    ArmaRecursion<1> filter = filter_;
    bool steady = steady_;
    std::vector<double> weights;
    for (std::size_t j = 0; j < horizon; ++j) {
      if (j == 0 || !steady) {
        weights = shock_weights(filter, horizon - j);
        filter.rotate();
        steady = steady || (j % 8 == 7 && filter.steady());
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
  ArmaRecursion<1> filter_{};
  std::vector<ArmaRecursion<1>> moved_{};
  std::vector<double> past_{};
  std::size_t head_ = 0, count_ = 0;
  bool steady_ = false;
  std::vector<std::size_t> age_{};
  std::vector<double> delta_{}, covariance_{};
  std::vector<double> inputs_{}, errors_{}, spread_{};  // of the value being taken
};

}  // namespace detail

}  // namespace kilter::forecast
