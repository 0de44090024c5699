#pragma once
/// @file
/// `OnlineArima`: a fitted ARIMA model that lives on: it takes values as they come, notices when they no longer fit, and then
/// learns anew from the recent past.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/series.hpp"
#include "kilter/core/status.hpp"
#include "kilter/forecast/arima.hpp"

namespace kilter::forecast {

struct OnlineOptions {
  std::size_t window = 2000;         ///< values kept to learn from
  std::size_t refit_every = 0;       ///< values; 0: only when something has changed, or when asked to
  bool refit_on_drift = true;        ///< otherwise `drifted` only says so
  double false_alarm_every = 20000;  ///< values between alarms when nothing has changed, at least
  double shift = 1;                  ///< of the mean of the innovations that is looked for, in deviations
  double spread = 1.5;               ///< factor of the deviation of the innovations that is looked for
  std::size_t least = 0;  ///< values to learn from after a change; 0: three times what the model's lags reach, and 30 more
};

namespace detail {

/// Cumulative sums of log-likelihood ratios of standardised innovations against a shift up or down and a wider spread (Page 1954).
/// A threshold of log γ gives at least γ values between false alarms of each (Lorden 1971). Innovations count as at most four
/// deviations, so that no single outlier is a change.
struct InnovationCusum {
  double up = 0, down = 0, wide = 0;
  std::size_t since_up = 0, since_down = 0, since_wide = 0;  ///< values since the sum was last 0: the change's estimated age

  void add(double score, double shift, double spread) {
    const double z = std::clamp(score, -4.0, 4.0);
    move(up, since_up, shift * z - 0.5 * shift * shift);
    move(down, since_down, -shift * z - 0.5 * shift * shift);
    move(wide, since_wide, 0.5 * z * z * (1 - 1 / (spread * spread)) - std::log(spread));
  }
  [[nodiscard]] double largest() const { return std::max({up, down, wide}); }
  [[nodiscard]] std::size_t age() const { return largest() == up ? since_up : (largest() == down ? since_down : since_wide); }

 private:
  static void move(double& sum, std::size_t& since, double ratio) {
    sum = std::max(0.0, sum + ratio);
    since = sum > 0 ? since + 1 : 0;
  }
};

}  // namespace detail

/// Keeps a fitted model up to date. `append` is O(r) but for the values at which the model is fitted anew: when the cumulative sums
/// of its innovations say that something has changed, each `refit_every` values, or on `refit()`. A new fit starts from the old
/// coefficients; after a change it looks only at the values since the change, but at least `least`, and again when there are as
/// many. A fit that fails leaves the old model. Regressors can be `features` only. Memory is bounded by the window and the longest
/// lag.
class OnlineArima {
 public:
  /// Goes on from `fit`, which was fitted to `history`. Throws when the fit failed or is not of this history, when it has
  /// regressors other than features, or when an option is out of its range.
  OnlineArima(FittedArima fit, const Series& history, OnlineOptions options = {})
      : options_(options), fit_(std::move(fit)), window_(history) {
    require(fit_.usable(), "fit.status", name(fit_.status), "must be that of a model that was fitted");
    require(fit_.residuals.size() == history.size(), "history.size()", history.size(), "must be that of the series of the fit");
    const std::size_t known = regressors(fit_.features, history.head(0)).columns();
    require(fit_.regression.size() == known, "fit.regression.size()", fit_.regression.size(), "must be that of the features");
    require(options_.false_alarm_every > 1, "options.false_alarm_every", options_.false_alarm_every, "must be more than 1");
    require(options_.shift > 0, "options.shift", options_.shift, "must be positive");
    require(options_.spread > 1, "options.spread", options_.spread, "must be more than 1");
    const ArimaOrder& o = fit_.order;
    const std::size_t reach = o.differences() + std::max(o.ar_degree(), o.ma_degree());
    if (options_.least == 0) options_.least = 3 * reach + 30;
    require(options_.window >= options_.least, "options.window", options_.window, "must be at least options.least");
    shorten(options_.window);
  }

  /// Takes the next value, `missing` allowed; returns its innovation under the model so far. Throws when it lies outside of the
  /// domain of the transform.
  Innovation append(double value) {
    const Innovation out = fit_.append(value);
    window_.values.push_back(value);
    if (window_.size() >= 2 * options_.window) shorten(options_.window);
    ++since_fit_;
    if (!std::isnan(out.value) && out.variance > 0) {
      cusum_.add(out.value / std::sqrt(out.variance), options_.shift, options_.spread);
    }
    if (change_age_ > 0) ++change_age_;
    const bool changed = cusum_.largest() > std::log(3 * options_.false_alarm_every);
    drifted_ = drifted_ || changed;
    if (changed && options_.refit_on_drift) {
      learn_since(cusum_.age());
    } else if (change_age_ >= options_.least) {
      learn_since(change_age_);
    } else if (options_.refit_every > 0 && since_fit_ >= options_.refit_every) {
      refit();
    }
    return out;
  }

  [[nodiscard]] Forecast forecast(std::size_t horizon) const { return fit_.forecast(horizon); }
  [[nodiscard]] Paths simulate(std::size_t horizon, std::size_t count, Rng& rng) const {
    return fit_.simulate(horizon, count, rng);
  }

  /// Fits the model to the window, from the coefficients of now; returns how that ended. The old model stays unless the new one is
  /// usable.
  Status refit() {
    if (window_.size() > options_.window) shorten(options_.window);
    Arima model{.order = fit_.order,
                .constant = fit_.constant ? Constant::included : Constant::none,
                .transform = fit_.transform,
                .features = fit_.features,
                .parameter_uncertainty = fit_.parameter_uncertainty,
                .levels = fit_.levels};
    const std::vector<double> start = detail::ArmaAngles{fit_.order}.angles(fit_.state.model().coefficients, 0.99);
    const Regressors x = regressors(fit_.features, window_.start, window_.step, window_.size(), fit_.origin);
    detail::ArimaFitter fitter;
    FittedArima next = fitter.fit(model, window_, x, &start);
    const Status status = next.status;
    next.origin = fit_.origin;
    if (next.usable()) fit_ = std::move(next);
    cusum_ = {};
    drifted_ = false;
    since_fit_ = 0;
    ++refits_;
    return status;
  }

  [[nodiscard]] const FittedArima& model() const { return fit_; }
  /// A change was noticed and the model not fitted since.
  [[nodiscard]] bool drifted() const { return drifted_; }
  [[nodiscard]] std::size_t refits() const { return refits_; }
  /// The values kept to learn from: at most twice `options.window`.
  [[nodiscard]] const Series& window() const { return window_; }

 private:
  /// Fits to the values since a change; while they are fewer than `least`, to these and some before, and once more when they are as
  /// many, since a model of both sides of a change is one of neither.
  void learn_since(std::size_t age) {
    change_age_ = age < options_.least ? age : 0;
    shorten(std::max(age, options_.least));
    refit();
  }

  /// Forgets all but the last `count` values.
  void shorten(std::size_t count) {
    if (window_.size() > count) window_ = window_.tail(count);
  }

  OnlineOptions options_;
  FittedArima fit_;
  Series window_;
  detail::InnovationCusum cusum_{};
  bool drifted_ = false;
  std::size_t since_fit_ = 0, refits_ = 0;
  std::size_t change_age_ = 0;  ///< values since a change that was learnt from too few of them; 0: none
};

}  // namespace kilter::forecast
