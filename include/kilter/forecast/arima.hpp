#pragma once
/// @file
/// `Arima`: seasonal autoregressive integrated moving averages with regressors and missing values, by exact maximum likelihood (Box
/// and Jenkins 1970; Harvey 1989).

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/rng.hpp"
#include "kilter/core/series.hpp"
#include "kilter/core/status.hpp"
#include "kilter/forecast/arima_design.hpp"
#include "kilter/forecast/arima_state.hpp"
#include "kilter/forecast/arma_start.hpp"
#include "kilter/forecast/arma_uncertainty.hpp"
#include "kilter/forecast/distribution.hpp"
#include "kilter/forecast/features.hpp"
#include "kilter/forecast/forecast.hpp"
#include "kilter/forecast/paths.hpp"
#include "kilter/forecast/transform.hpp"

namespace kilter::forecast {

/// Whether the differenced series has a mean of its own: a level without differencing, a drift with one difference.
enum class Constant : std::uint8_t {
  automatic,  ///< included when nothing is differenced
  none,
  included,
};

enum class ArimaMethod : std::uint8_t {
  maximum_likelihood,          ///< the exact Gaussian likelihood of the differenced series
  conditional_sum_of_squares,  ///< given the first values and no shocks before them: faster, and less exact near the edges
};

/// Where the shocks of simulated paths come from.
enum class Shocks : std::uint8_t {
  gaussian,   ///< Student t with the degrees of freedom of the fit, nearly normal
  empirical,  ///< drawn from the residuals with replacement
};

/// An estimate of a fitted model.
struct Coefficient {
  std::string name{};  ///< "ar1", "ma1", "sar1", "sma1", "mean", or the name of a regressor
  double value = 0;
  double standard_error = missing;
};

/// A fitted `Arima`. Coefficients in their usual signs: (1 − φ₁B − …)(1 − Φ₁Bᵐ − …)(w − μ − βᵀ∇x) = (1 + θ₁B + …)(1 + Θ₁Bᵐ + …) e,
/// where w is the differenced, transformed series.
struct FittedArima {
  Status status = Status::infeasible;
  ArimaOrder order{};
  bool constant = false;
  std::vector<double> ar{}, ma{}, seasonal_ar{}, seasonal_ma{};
  double mean = 0;                           ///< μ, of the differenced series; 0 without a constant
  std::vector<std::string> regressors{};     ///< names
  std::vector<double> regression{};          ///< β, one a regressor; 0 where it was dropped
  std::vector<std::string> dropped_names{};  ///< regressors that are combinations of those before them (and of the constant)
  std::vector<double> standard_errors{};     ///< ar, ma, seasonal ar, seasonal ma, mean, β; `missing` where the data say nothing
  double sigma2 = missing;                   ///< variance of the shocks: sum of squares over observations less coefficients
  double sum_of_squares = missing;           ///< of the standardised innovations
  double log_likelihood = missing;           ///< Gaussian, of the differenced, transformed series
  double aic = missing, aicc = missing, bic = missing;  ///< the variance of the shocks counts as a coefficient
  std::size_t observations = 0;                         ///< differenced values that count
  std::size_t iterations = 0;
  std::vector<double>
      residuals{};  ///< standardised innovations times σ, one a value of the history, transformed; `missing` where none
  std::vector<double> fitted{};  ///< what was expected one step before, transformed
  Transform transform{};
  Features features{};
  std::vector<double> levels = default_levels();
  std::vector<double> scores{};  ///< Student t quantiles of the levels
  double freedom = 1;            ///< observations less coefficients
  bool parameter_uncertainty = true;
  Time origin{};  ///< where the history started
  Time start{};   ///< where forecasts start
  Seconds step = units::h;
  detail::ArimaState state{};

  /// How many coefficients were estimated, the variance of the shocks not among them.
  [[nodiscard]] std::size_t parameters() const {
    return order.coefficients() + (constant ? 1 : 0) + regression.size() - dropped_names.size();
  }
  /// Whether there is a model to forecast with.
  [[nodiscard]] bool usable() const { return status != Status::infeasible && status != Status::numerical_failure; }

  /// All estimates with their names, in the order of `standard_errors`.
  [[nodiscard]] std::vector<Coefficient> coefficients() const {
    std::vector<Coefficient> out;
    const auto add = [&](std::string name, double value) {
      const double error = out.size() < standard_errors.size() ? standard_errors[out.size()] : missing;
      out.push_back({std::move(name), value, error});
    };
    const auto add_part = [&](const char* name, const std::vector<double>& part) {
      for (std::size_t k = 0; k < part.size(); ++k) add(name + std::to_string(k + 1), part[k]);
    };
    add_part("ar", ar);
    add_part("ma", ma);
    add_part("sar", seasonal_ar);
    add_part("sma", seasonal_ma);
    if (constant) add("mean", mean);
    for (std::size_t j = 0; j < regression.size(); ++j) add(regressors[j], regression[j]);
    return out;
  }

  /// What was expected of each value of the history one step before, on the scale of the series (the median under a transform);
  /// `missing` for the first values, which only fill the differences.
  [[nodiscard]] std::vector<double> fitted_values() const {
    std::vector<double> out(fitted);
    for (double& v : out) v = std::isnan(v) ? missing : transform.inverse(v);
    return out;
  }

  /// Mean and quantiles of the next `horizon` steps: exact variances of the model, wider by what the uncertainty of its
  /// coefficients adds, with Student t quantiles. `missing` when the fit failed. Throws at horizon 0, and when there were
  /// regressors.
  [[nodiscard]] Forecast forecast(std::size_t horizon) const { return forecast(horizon, future_features(horizon)); }
  /// The same with the regressors of those steps, in the order of the fit. Throws when they do not fit.
  [[nodiscard]] Forecast forecast(std::size_t horizon, const Regressors& future) const {
    detail::check_horizon(horizon);
    if (!usable()) return detail::missing_forecast(start, step, horizon, levels);
    detail::GaussianPath path = state.path(horizon, rows_of(future, horizon));
    const std::vector<double> deviation = path.deviation(std::sqrt(sigma2));
    return back_transform(transform, start, step, std::move(path.mean), deviation, levels, scores);
  }

  /// `count` paths of the next `horizon` steps, for joint bands and peaks; the uncertainty of the coefficients is in them. Throws
  /// as `forecast` does. O(count horizon²).
  [[nodiscard]] Paths simulate(std::size_t horizon, std::size_t count, Rng& rng, Shocks shocks = Shocks::gaussian) const {
    return simulate(horizon, count, rng, future_features(horizon), shocks);
  }
  [[nodiscard]] Paths simulate(std::size_t horizon, std::size_t count, Rng& rng, const Regressors& future,
                               Shocks shocks = Shocks::gaussian) const;

  /// Takes the next value without a new fit: forecasts then start after it. `missing` is allowed. Returns its innovation on the
  /// transformed scale. Residuals and criteria stay those of the fit, so memory does not grow. Throws when the fit failed or the
  /// value lies outside of the domain of the transform. O(r), r the longest lag, times (1 + coefficients + regressors).
  Innovation append(double value) { return append(value, future_features(1)); }
  /// The same with the row of regressors of that value.
  Innovation append(double value, const Regressors& row) {
    require(usable(), "status", name(status), "a model that was not fitted takes no values");
    const std::vector<double> z = detail::forward(transform, {&value, 1});
    require(std::isnan(value) || std::abs(value) <= detail::largest_value, "value", value, "must be missing or at most 1e140");
    const Innovation out = state.append(z[0], rows_of(row, 1));
    start = start + step;
    return out;
  }

  /// ψ₀ … ψ_{horizon−1} of the integrated model: the weight of a shock k steps ago.
  [[nodiscard]] std::vector<double> psi(std::size_t horizon) const { return state.psi(horizon); }

 private:
  [[nodiscard]] Regressors future_features(std::size_t horizon) const {
    return kilter::forecast::regressors(features, start, step, horizon, origin);
  }
  /// Row after row, as the state takes them.
  [[nodiscard]] std::vector<double> rows_of(const Regressors& future, std::size_t horizon) const;
};

/// ARIMA(p,d,q)(P,D,Q)[period], with regressors as the mean that the errors vary around.
///
/// The likelihood is exact and takes O(n r); the variance of the shocks and all regression coefficients are solved for, the others
/// searched from several starts by Levenberg–Marquardt in stationary and invertible parameters. Missing values between others are
/// integrated out exactly; at the front they are cut off, and forecasts reach over a gap at the end. `Status::infeasible` when
/// fewer than 3 observations more than coefficients are left, `Status::iteration_limit` when the best end had not converged. Throws
/// when an option or a value is out of its range, or a value outside of the domain of the transform.
struct Arima {
  ArimaOrder order{};
  Constant constant = Constant::automatic;
  Transform transform{};
  ArimaMethod method = ArimaMethod::maximum_likelihood;
  Features features{};                ///< regressors that are functions of time
  bool parameter_uncertainty = true;  ///< intervals allow for the estimation of the coefficients
  std::size_t iteration_limit = 100;  ///< from each start
  std::vector<double> levels = default_levels();

  [[nodiscard]] FittedArima fit(const Series& history) const { return fit(history, regressors(features, history)); }
  /// With regressors of the caller's, one row a value of the history (they take the place of `features`), all of them finite.
  [[nodiscard]] FittedArima fit(const Series& history, const Regressors& x) const;

  /// The log-likelihood of the history at given coefficients (ar, ma, seasonal ar, seasonal ma), with the constant, the regression
  /// and the variance of the shocks that are best for them: what `fit` maximises. −infinity where the autoregression is not
  /// stationary, `missing` when the history is too short. Throws as `fit` does, and when there are not as many coefficients as the
  /// order has. O(n r).
  [[nodiscard]] double log_likelihood(const Series& history, std::span<const double> coefficients) const;
};

namespace detail {

/// Fits one series after another in buffers of its own; what `Arima` and `AutoArima` share.
class ArimaFitter {
 public:
  ArmaSearch search{};

  /// Fits `model`; a `start` (angles) takes the place of the search for starts.
  FittedArima fit(const Arima& model, const Series& history, const Regressors& x, const std::vector<double>* start = nullptr) {
    check(model, history, x);
    FittedArima out = describe(model, history, x);
    const std::vector<double> y = forward(model.transform, history.values);
    const Stretch stretch = observed_stretch(y);
    out.residuals.assign(y.size(), missing);
    out.fitted.assign(y.size(), missing);
    ArimaDesign design = pose(model, y, x, stretch, out.constant);
    if (!enough(design, out)) return out;
    ArmaOptimum best = optimum(model, design, start);
    report(model, design, best, out);
    replay(y, x, stretch, design, out);
    return out;
  }

  /// See `Arima::log_likelihood`.
  double log_likelihood(const Arima& model, const Series& history, const Regressors& x, std::span<const double> coefficients) {
    check(model, history, x);
    const std::vector<double> y = forward(model.transform, history.values);
    const ArimaDesign design = pose(model, y, x, observed_stretch(y), describe(model, history, x).constant);
    if (design.problem.data.length <= design.problem.first()) return missing;
    search.likelihood.prepare(design.problem);
    const ArmaValue value = search.likelihood.at_coefficients(coefficients);
    if (!std::isfinite(value.deviance)) return -std::numeric_limits<double>::infinity();
    return value.log_likelihood() - static_cast<double>(value.rows) * std::log(design.scale);
  }

  /// Throws when an option, a value or a regressor is out of its range.
  static void check(const Arima& model, const Series& history, const Regressors& x) {
    check_history(history);
    check_levels(model.levels);
    check_order(model.order);
    check_regressors(x);
    require(x.rows == history.size(), "regressors.rows", x.rows, "must equal the length of the history");
    for (std::size_t j = 0; j < x.columns(); ++j) {
      for (std::size_t t = 0; t < x.rows; ++t) {
        const double v = x.column(j)[t];
        require(std::isfinite(v) && std::abs(v) <= largest_value, "regressor " + x.names[j], v, "must be finite");
      }
    }
  }

  static std::vector<double> slice(const std::vector<double>& y, Stretch part) {
    return {y.begin() + static_cast<std::ptrdiff_t>(part.first), y.begin() + static_cast<std::ptrdiff_t>(part.end)};
  }

 private:
  static FittedArima describe(const Arima& model, const Series& history, const Regressors& x) {
    const bool level = model.constant == Constant::automatic && model.order.d + model.order.seasonal_d == 0;
    FittedArima out{.order = model.order, .constant = level || model.constant == Constant::included};
    out.regressors = x.names;
    out.regression.assign(x.columns(), 0.0);
    out.transform = model.transform;
    out.features = model.features;
    out.levels = model.levels;
    out.parameter_uncertainty = model.parameter_uncertainty;
    out.origin = history.start;
    out.start = history.end();
    out.step = history.step;
    return out;
  }

  /// The stationary problem; an empty one where differencing leaves nothing.
  static ArimaDesign pose(const Arima& model, const std::vector<double>& y, const Regressors& x, Stretch stretch, bool constant) {
    const std::size_t inside = stretch.end - stretch.first;
    if (inside <= model.order.differences()) return {};
    ArimaDesign design = make_design(model.order, constant, slice(y, stretch), x.slice(stretch.first, inside));
    design.problem.conditional = model.method == ArimaMethod::conditional_sum_of_squares;
    return design;
  }

  /// Notes what was dropped; whether enough observations are left for the coefficients.
  static bool enough(const ArimaDesign& design, FittedArima& out) {
    for (const std::size_t j : design.dropped) out.dropped_names.push_back(out.regressors[j - (out.constant ? 1 : 0)]);
    const std::size_t spent = design.gaps + design.problem.first();
    const ArimaOrder& order = design.problem.order;
    const std::size_t reach = std::max(order.ar_degree(), order.ma_degree());
    return design.problem.data.length >= spent + out.parameters() + 3 && design.problem.data.length > reach;
  }

  ArmaOptimum optimum(const Arima& model, ArimaDesign& design, const std::vector<double>* start) {
    if (start != nullptr) return search.minimise(design.problem, *start, {.iterations = model.iteration_limit});
    if (!design.problem.conditional) return exact_optimum(search, design.problem, model.iteration_limit);
    ArmaOptimum best =
        conditional_optimum(search, design.problem, hannan_rissanen_start(search, design.problem), model.iteration_limit);
    draw_inside(model.order, best.u);
    search.likelihood.prepare(design.problem);
    best.value = search.likelihood.at(best.u);
    return best;
  }

  void report(const Arima& model, ArimaDesign& design, const ArmaOptimum& best, FittedArima& out) {
    out.status = best.status;
    out.iterations = best.iterations;
    out.observations = best.value.rows;
    const std::size_t k = model.order.coefficients();
    std::vector<double> coefficients(k), work(k);
    ArmaAngles{model.order}.coefficients(best.u, coefficients, work);
    auto from = coefficients.begin();
    for (const auto& [part, count] :
         {std::pair{&out.ar, model.order.p}, std::pair{&out.ma, model.order.q}, std::pair{&out.seasonal_ar, model.order.seasonal_p},
          std::pair{&out.seasonal_ma, model.order.seasonal_q}}) {
      part->assign(from, from + static_cast<std::ptrdiff_t>(count));
      from += static_cast<std::ptrdiff_t>(count);
    }
    out.freedom = std::max(1.0, static_cast<double>(out.observations) - static_cast<double>(out.parameters()));
    out.sum_of_squares = best.value.sum_of_squares * design.scale * design.scale;
    out.sigma2 = out.sum_of_squares / out.freedom;
    for (const double level : out.levels) out.scores.push_back(student_t_quantile(level, out.freedom));
    criteria(best, design.scale, out);
    const std::vector<double> errors = coefficient_errors(search, design.problem, coefficients);
    out.standard_errors.assign(errors.begin(), errors.end());
    ArimaModel state{model.order, coefficients, out.sigma2, out.constant};
    search.likelihood.prepare(design.problem);
    search.likelihood.at_coefficients(coefficients);
    regression(design, out, state);
    if (!model.parameter_uncertainty) {
      state.beta_root = {};
    } else {
      state.moved_by = 0.5;
      state.moved = moved_coefficients(search, design.problem, best, out.freedom, state.moved_by);
    }
    out.state = ArimaState{std::move(state)};
  }

  static void criteria(const ArmaOptimum& best, double scale, FittedArima& out) {
    const auto n = static_cast<double>(out.observations), k = static_cast<double>(out.parameters() + 1);
    out.log_likelihood = best.value.log_likelihood() - n * std::log(scale);
    out.aic = -2 * out.log_likelihood + 2 * k;
    out.aicc = n > k + 1 ? out.aic + 2 * k * (k + 1) / (n - k - 1) : std::numeric_limits<double>::infinity();
    out.bic = -2 * out.log_likelihood + k * std::log(n);
  }

  /// Regression coefficients in the units of the series, their errors and a root of their covariance.
  void regression(const ArimaDesign& design, FittedArima& out, ArimaModel& state) const {
    const std::size_t k = design.columns, flat = design.problem.flat, all = flat + k;
    const std::vector<double>& solved = search.likelihood.beta();
    std::vector<double> b(solved.begin() + static_cast<std::ptrdiff_t>(flat), solved.end());
    from_orthonormal(design, b);
    for (double& v : b) v *= design.scale;
    state.beta_root = Columns(k, k);
    for (std::size_t c = 0; c < k; ++c) {
      // Column c of the inverse transpose of the factor's last block, carried back to the columns themselves.
      const std::vector<double>& factor = search.likelihood.factor();
      std::vector<double> column(k, 0.0);
      for (std::size_t j = c + 1; j-- > 0;) {
        double sum = j == c ? 1 : 0;
        for (std::size_t i = j + 1; i <= c; ++i) sum -= factor[(flat + i) * all + flat + j] * column[i];
        const double pivot = factor[(flat + j) * all + flat + j];
        column[j] = pivot > 0 ? sum / pivot : 0;
      }
      from_orthonormal(design, column);
      for (std::size_t j = 0; j < k; ++j) state.beta_root(j, c) = column[j];
    }
    for (std::size_t j = 0; j < k; ++j) {
      double square = 0;
      for (std::size_t c = 0; c < k; ++c) square += state.beta_root(j, c) * state.beta_root(j, c);
      out.standard_errors.push_back(square > 0 ? std::sqrt(out.sigma2) * std::sqrt(square) : missing);
    }
    if (out.constant) out.mean = state.mean = design.centre + b[0];
    std::copy(b.begin() + (out.constant ? 1 : 0), b.end(), out.regression.begin());
    state.beta = out.regression;
  }

  /// Takes the whole history through the filter: residuals, and the state that forecasts start from. Missing values that fill the
  /// differences are taken as estimated, since no innovation could ever correct them.
  void replay(const std::vector<double>& y, const Regressors& x, Stretch stretch, const ArimaDesign& design, FittedArima& out) {
    const std::vector<double>& solved = search.likelihood.beta();
    std::vector<double> filled = slice(y, stretch), row(x.columns());
    fill_gaps(filled, out.order.seasonal_d > 0 ? out.order.period : 1);
    const double sigma = std::sqrt(out.sigma2);
    std::size_t gap = 0;
    for (std::size_t t = stretch.first; t < y.size(); ++t) {
      for (std::size_t j = 0; j < row.size(); ++j) row[j] = x.column(j)[t];
      double value = y[t];
      const std::size_t at = t - stretch.first;
      const bool hole = std::isnan(value) && t < stretch.end;
      if (hole && at < out.order.differences()) value = filled[at] - design.scale * solved[gap];
      gap += hole ? 1U : 0U;
      const Innovation innovation = out.state.append(value, row);
      if (std::isnan(innovation.value)) continue;
      out.fitted[t] = y[t] - innovation.value;
      out.residuals[t] = innovation.variance > 0 ? sigma * innovation.value / std::sqrt(innovation.variance) : 0;
    }
    if (!std::isfinite(out.sigma2) || !out.state.finite()) out.status = Status::numerical_failure;
  }
};

}  // namespace detail

inline FittedArima Arima::fit(const Series& history, const Regressors& x) const {
  detail::ArimaFitter fitter;
  return fitter.fit(*this, history, x);
}

inline double Arima::log_likelihood(const Series& history, std::span<const double> coefficients) const {
  const Regressors x = regressors(features, history);
  detail::ArimaFitter fitter;
  require(coefficients.size() == order.coefficients(), "coefficients.size()", coefficients.size(), "must be what the order has");
  return fitter.log_likelihood(*this, history, x, coefficients);
}

inline std::vector<double> FittedArima::rows_of(const Regressors& future, std::size_t horizon) const {
  require(future.columns() == regression.size(), "regressors.columns()", future.columns(),
          "must be as many as the model was fitted with");
  require(regression.empty() || future.rows == horizon, "regressors.rows", future.rows, "must equal the horizon");
  std::vector<double> out(horizon * regression.size());
  for (std::size_t j = 0; j < regression.size(); ++j) {
    require(future.names[j] == regressors[j], "regressor", future.names[j], "must be in the order of the fit");
    for (std::size_t h = 0; h < horizon; ++h) {
      const double v = future.column(j)[h];
      require_finite("regressor " + regressors[j], v);
      out[h * regression.size() + j] = v;
    }
  }
  return out;
}

inline Paths FittedArima::simulate(std::size_t horizon, std::size_t count, Rng& rng, const Regressors& future,
                                   Shocks shocks) const {
  Paths out = detail::missing_paths(start, step, horizon, count);
  if (!usable()) return out;
  const detail::GaussianPath path = state.path(horizon, rows_of(future, horizon));
  const std::size_t columns = path.columns.size() / horizon;
  std::vector<double> pool;
  for (const double r : residuals) {
    if (shocks == Shocks::empirical && !std::isnan(r)) pool.push_back(r);
  }
  const double sigma = std::sqrt(sigma2);
  for (std::size_t k = 0; k < count; ++k) {
    double* y = out.values.data() + k * horizon;
    std::copy(path.mean.begin(), path.mean.end(), y);
    const double spread = pool.empty() ? sigma * std::sqrt(freedom / (2 * rng.gamma(freedom / 2))) : sigma;
    for (std::size_t c = 0; c < columns; ++c) {
      // The last columns are the shocks themselves.
      const bool shock = c + horizon >= columns && !pool.empty();
      detail::add_scaled(y, shock ? pool[rng.index(pool.size())] : spread * rng.normal(), path.columns.data() + c * horizon,
                         horizon);
    }
    for (std::size_t h = 0; h < horizon; ++h) y[h] = transform.inverse(y[h]);
  }
  return out;
}

}  // namespace kilter::forecast
