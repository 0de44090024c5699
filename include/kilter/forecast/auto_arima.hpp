#pragma once
/// @file
/// `AutoArima`: the order of a seasonal ARIMA model chosen from the data (Hyndman and Khandakar 2008, "Automatic time series
/// forecasting: the forecast package for R", section 3).

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/series.hpp"
#include "kilter/core/status.hpp"
#include "kilter/forecast/arima.hpp"
#include "kilter/forecast/residual_ar.hpp"
#include "kilter/forecast/unit_root.hpp"

namespace kilter::forecast {

/// What is smallest at the order that is chosen.
enum class Criterion : std::uint8_t { aicc, aic, bic };

/// Let the data decide.
inline constexpr std::size_t automatic_order = std::numeric_limits<std::size_t>::max();

/// Chooses the order of an ARIMA model and fits it.
///
/// Seasonal and ordinary differences by tests (`seasonal_differences`, `ordinary_differences`); a constant is tried where at most one
/// difference is taken. The search walks from a few simple models to the best of their neighbours, one coefficient more or less, as
/// long as that lowers the criterion; `stepwise = false` goes through all orders with at most `max_coefficients` instead. Where a
/// likelihood is cheap every model is fitted by it; on long series with long lags models are ranked by the likelihood at their
/// conditional optimum first. The best `refit` of them are then fitted exactly from several starts, and the best of those is taken.
/// A model with a root of any of its polynomials within `root_limit` of the unit circle is not taken: it is a difference, or two
/// factors that cancel, in disguise.
///
/// A constant series gets a constant for a model. `Status::infeasible` when no model has 3 observations more than coefficients.
/// Throws as `Arima` does.
struct AutoArima {
  std::size_t period = 1;
  std::size_t max_p = 5, max_q = 5, max_seasonal_p = 2, max_seasonal_q = 2;
  std::size_t d = automatic_order, seasonal_d = automatic_order;
  OrdinaryDifferenceOptions ordinary{};
  /// The KPSS statistic of the differences beyond which they are differenced again. On short series a second difference makes
  /// forecasts run away along the last slope far more often than it is right; 0 leaves it to the test alone.
  double second_difference = 1;
  SeasonalDifferenceOptions seasonal{};
  Criterion criterion = Criterion::aicc;
  bool allow_constant = true;
  bool stepwise = true;
  std::size_t max_coefficients = 6;  ///< of the full search
  std::size_t max_models = 100;      ///< of the stepwise search
  std::size_t refit = 4;
  double root_limit = 1.01;
  Transform transform{};
  Features features{};
  bool parameter_uncertainty = true;
  std::vector<double> levels = default_levels();

  [[nodiscard]] FittedArima fit(const Series& history) const { return fit(history, regressors(features, history)); }
  /// With regressors of the caller's, one row a value of the history (they take the place of `features`), all of them finite.
  [[nodiscard]] FittedArima fit(const Series& history, const Regressors& x) const;
};

namespace detail {

/// A model that was tried.
struct ArimaCandidate {
  ArimaOrder order{};
  bool constant = false;
  double criterion = std::numeric_limits<double>::infinity();
  std::vector<double> u{};
  bool expanded = false;  ///< its neighbours were tried
};

/// True when every root of 1 − a₁z − … lies further out than `limit`.
inline bool roots_beyond(std::span<const double> a, double sign, double limit) {
  std::vector<double> scaled;
  double power = 1;
  for (const double v : a) scaled.push_back(sign * v * (power *= limit));
  return is_stationary(std::move(scaled));
}

/// The search over orders of one series.
class OrderSearch {
 public:
  OrderSearch(const AutoArima& options, const Arima& model, std::vector<double> y, const Regressors& x, ArimaFitter& fitter)
      : options_(options), model_(model), fitter_(fitter) {
    const std::size_t n = y.size();
    for (const bool constant : {false, true}) designs_[constant ? 1 : 0] = make_design(model.order, constant, y, x);
    // More lags than a third of the series are not looked for.
    most_ = model.order;
    most_.p = std::min(options.max_p, n / 3);
    most_.q = std::min(options.max_q, n / 3);
    most_.seasonal_p = options.period > 1 ? std::min(options.max_seasonal_p, n / 3 / options.period) : 0;
    most_.seasonal_q = options.period > 1 ? std::min(options.max_seasonal_q, n / 3 / options.period) : 0;
    with_constant_ = options.allow_constant && model.order.d + model.order.seasonal_d <= 1;
    const std::size_t reach = std::max<std::size_t>({most_.ar_degree(), most_.ma_degree(), 1});
    conditional_first_ = reach > 16 && designs_[0].problem.data.length * reach > 10'000;
  }

  /// The best candidates, best first; empty when none could be fitted.
  std::vector<ArimaCandidate> run() {
    if (options_.stepwise) {
      start();
      climb();
    } else {
      try_all();
    }
    rank();
    refine();
    return std::move(tried_);
  }

 private:
  void start() {
    const std::size_t sp = std::min<std::size_t>(1, most_.seasonal_p), sq = std::min<std::size_t>(1, most_.seasonal_q);
    const std::size_t p = std::min<std::size_t>(2, most_.p), q = std::min<std::size_t>(2, most_.q);
    const std::size_t one_p = std::min<std::size_t>(1, most_.p), one_q = std::min<std::size_t>(1, most_.q);
    try_order(0, 0, 0, 0, with_constant_, nullptr);
    try_order(one_p, 0, sp, 0, with_constant_, nullptr);
    try_order(0, one_q, 0, sq, with_constant_, nullptr);
    try_order(p, q, sp, sq, with_constant_, nullptr);
    if (with_constant_) try_order(0, 0, 0, 0, false, nullptr);
  }

  /// From the best model so far to the best of its neighbours, until none is better.
  void climb() {
    while (tried_.size() < options_.max_models) {
      auto best = std::min_element(tried_.begin(), tried_.end(), better);
      if (best == tried_.end() || best->expanded || !std::isfinite(best->criterion)) return;
      best->expanded = true;
      neighbours(*best);
    }
  }

  void neighbours(ArimaCandidate from) {
    constexpr int steps[][2] = {{-1, 0}, {0, -1}, {1, 0}, {0, 1}, {-1, -1}, {-1, 1}, {1, -1}, {1, 1}};
    const auto moved = [](std::size_t count, int by) { return static_cast<std::size_t>(static_cast<long>(count) + by); };
    for (const auto& step : steps) {
      const ArimaOrder& o = from.order;
      try_order(o.p, o.q, moved(o.seasonal_p, step[0]), moved(o.seasonal_q, step[1]), from.constant, &from);
      try_order(moved(o.p, step[0]), moved(o.q, step[1]), o.seasonal_p, o.seasonal_q, from.constant, &from);
    }
    if (with_constant_) try_order(from.order.p, from.order.q, from.order.seasonal_p, from.order.seasonal_q, !from.constant, &from);
  }

  void try_all() {
    for (std::size_t sp = 0; sp <= most_.seasonal_p; ++sp) {
      for (std::size_t sq = 0; sq <= most_.seasonal_q; ++sq) {
        for (std::size_t p = 0; p <= most_.p; ++p) {
          for (std::size_t q = 0; q <= most_.q && p + q + sp + sq <= options_.max_coefficients; ++q) {
            for (int constant = 0; constant <= (with_constant_ ? 1 : 0); ++constant) try_order(p, q, sp, sq, constant != 0, nullptr);
          }
        }
      }
    }
  }

  /// Fits a model that is within the limits and was not tried before. The start is the neighbour it was reached from, a new
  /// coefficient being 0, or Hannan and Rissanen's.
  void try_order(std::size_t p, std::size_t q, std::size_t sp, std::size_t sq, bool constant, const ArimaCandidate* from) {
    if (p > most_.p || q > most_.q || sp > most_.seasonal_p || sq > most_.seasonal_q) return;
    ArimaCandidate next{model_.order, constant};
    next.order.p = p;
    next.order.q = q;
    next.order.seasonal_p = sp;
    next.order.seasonal_q = sq;
    for (const ArimaCandidate& known : tried_) {
      if (known.order == next.order && known.constant == constant) return;
    }
    evaluate(next, from);
    tried_.push_back(std::move(next));
  }

  [[nodiscard]] std::size_t parameters(const ArimaCandidate& c) const {
    const ArimaDesign& design = designs_[c.constant ? 1 : 0];
    return c.order.coefficients() + design.columns - design.dropped.size();
  }

  void evaluate(ArimaCandidate& c, const ArimaCandidate* from) {
    ArmaProblem& problem = designs_[c.constant ? 1 : 0].problem;
    problem.order = c.order;
    if (problem.data.length < problem.flat + parameters(c) + 3) return;
    std::vector<std::vector<double>> starts{hannan_rissanen_start(fitter_.search, problem)};
    if (from != nullptr) starts.push_back(inherited(*from, c.order));
    problem.conditional = conditional_first_ && c.order.ar_degree() + parameters(c) + 3 <= problem.data.length;
    ArmaOptimum best = best_end(problem, {best_start(problem, starts)}, 40, false);
    if (std::exchange(problem.conditional, false)) {
      // Near the edges the conditional optimum is far from the exact one: a few exact steps from it, or from the neighbour.
      for (double& u : best.u) u = std::asin(0.98 * std::sin(u));
      starts.front() = std::move(best.u);
      best = best_end(problem, {best_start(problem, starts)}, 3, true);
    }
    judge(c, std::move(best));
  }

  ArmaOptimum best_end(const ArmaProblem& problem, const std::vector<std::vector<double>>& starts, std::size_t limit, bool polish_only) {
    ArmaOptimum best;
    for (const std::vector<double>& start : starts) {
      ArmaOptimum end = fitter_.search.minimise(problem, start, limit, polish_only);
      if (end.value.deviance < best.value.deviance || best.u.empty()) best = std::move(end);
      if (start.empty()) break;
    }
    return best;
  }

  std::vector<double> best_start(const ArmaProblem& problem, const std::vector<std::vector<double>>& starts) {
    std::size_t best = 0;
    double least = std::numeric_limits<double>::infinity();
    fitter_.search.likelihood.prepare(problem);
    for (std::size_t k = 0; k < starts.size(); ++k) {
      const double deviance = fitter_.search.likelihood.at(starts[k]).deviance;
      if (deviance < least) least = deviance, best = k;
    }
    return starts[best];
  }

  /// The neighbour's angles; a coefficient that it has not is 0.
  [[nodiscard]] static std::vector<double> inherited(const ArimaCandidate& from, const ArimaOrder& to) {
    std::vector<double> u;
    std::size_t at = 0;
    const auto take = [&](std::size_t had, std::size_t wanted) {
      for (std::size_t k = 0; k < wanted; ++k) u.push_back(k < had ? 0.9 * from.u[at + k] : 0.05);
      at += had;
    };
    take(from.order.p, to.p);
    take(from.order.q, to.q);
    take(from.order.seasonal_p, to.seasonal_p);
    take(from.order.seasonal_q, to.seasonal_q);
    return u;
  }

  /// Criterion and roots of a model at its optimum.
  void judge(ArimaCandidate& c, ArmaOptimum best) const {
    const ArimaDesign& design = designs_[c.constant ? 1 : 0];
    c.u = std::move(best.u);
    c.criterion = std::numeric_limits<double>::infinity();
    if (!std::isfinite(best.value.deviance)) return;
    if (!acceptable(c)) return;
    const auto n = static_cast<double>(best.value.rows), k = static_cast<double>(parameters(c) + 1);
    const double deviance = -2 * (best.value.log_likelihood() - n * std::log(design.scale));
    switch (options_.criterion) {
      case Criterion::aic: c.criterion = deviance + 2 * k; break;
      case Criterion::bic: c.criterion = deviance + k * std::log(n); break;
      case Criterion::aicc: c.criterion = n > k + 1 ? deviance + 2 * k * n / (n - k - 1) : std::numeric_limits<double>::infinity();
    }
  }

  [[nodiscard]] bool acceptable(const ArimaCandidate& c) const {
    std::vector<double> coefficients(c.u.size()), work(c.u.size());
    ArmaAngles{c.order}.coefficients(c.u, coefficients, work);
    std::span<const double> rest{coefficients};
    const auto beyond = [&](std::size_t count, double sign) {
      const bool result = roots_beyond(rest.first(count), sign, options_.root_limit);
      rest = rest.subspan(count);
      return result;
    };
    const bool p = beyond(c.order.p, 1), q = beyond(c.order.q, -1);
    const bool sp = beyond(c.order.seasonal_p, 1), sq = beyond(c.order.seasonal_q, -1);
    return p && q && sp && sq;
  }

  static bool better(const ArimaCandidate& a, const ArimaCandidate& b) { return a.criterion < b.criterion; }

  void rank() {
    std::stable_sort(tried_.begin(), tried_.end(), better);
    while (!tried_.empty() && !std::isfinite(tried_.back().criterion)) tried_.pop_back();
  }

  /// The best few, fitted exactly from several starts.
  void refine() {
    if (tried_.size() > options_.refit) tried_.resize(std::max<std::size_t>(options_.refit, 1));
    for (ArimaCandidate& c : tried_) {
      ArmaProblem& problem = designs_[c.constant ? 1 : 0].problem;
      problem.order = c.order;
      const ArimaCandidate before = c;
      std::vector<std::vector<double>> starts{c.u};
      if (!conditional_first_) {
        for (auto& start : scattered_starts(fitter_.search, problem, 24, 2)) starts.push_back(std::move(start));
      }
      ArmaOptimum best = best_end(problem, starts, 60, false);
      judge(c, std::move(best));
      // A higher peak of the likelihood may lie where roots cancel; the one found before is then kept.
      if (!std::isfinite(c.criterion) && !conditional_first_) c = before;
    }
    rank();
  }

  const AutoArima& options_;
  const Arima& model_;
  ArimaFitter& fitter_;
  ArimaDesign designs_[2]{};
  ArimaOrder most_{};
  bool with_constant_ = false, conditional_first_ = false;
  std::vector<ArimaCandidate> tried_{};
};

/// The series less its regression by ordinary least squares: what tests of unit roots look at.
inline std::vector<double> without_regression(ArimaFitter& fitter, const std::vector<double>& y, const Regressors& x) {
  if (x.columns() == 0) return y;
  const ArimaDesign design = make_design({}, true, y, x);
  fitter.search.likelihood.prepare(design.problem);
  std::vector<double> rest(y.size());
  fitter.search.likelihood.at({}, rest);
  for (std::size_t t = 0; t < y.size(); ++t) rest[t] = std::isnan(y[t]) ? missing : rest[t];
  return rest;
}

/// The differences that tests ask for; one that would leave too little is not taken.
inline ArimaOrder choose_differences(const AutoArima& options, std::vector<double> y) {
  ArimaOrder order{.period = options.period};
  const auto is_flat = [](const std::vector<double>& v) { return is_constant(observed(v), rounding_of(v)); };
  if (is_flat(y)) return order;
  order.seasonal_d = options.seasonal_d != automatic_order ? options.seasonal_d : seasonal_differences(y, options.period, options.seasonal);
  for (std::size_t k = 0; k < order.seasonal_d && y.size() > options.period; ++k) difference(y, options.period);
  if (options.d != automatic_order) {
    order.d = options.d;
  } else if (!is_flat(y)) {
    order.d = ordinary_differences(y, options.ordinary);
    difference(y, 1);
    if (order.d > 1 && kpss(observed(y)).statistic < options.second_difference) order.d = 1;
  }
  return order;
}

}  // namespace detail

inline FittedArima AutoArima::fit(const Series& history, const Regressors& x) const {
  detail::ArimaFitter fitter;
  Arima model{.order = {.period = period}, .constant = Constant::none, .transform = transform, .features = features,
              .parameter_uncertainty = parameter_uncertainty, .levels = levels};
  detail::ArimaFitter::check(model, history, x);
  require(period > 0, "period", period, "must be positive");
  const std::vector<double> y = detail::forward(transform, history.values);
  const detail::Stretch stretch = detail::observed_stretch(y);
  const std::vector<double> inside = detail::ArimaFitter::slice(y, stretch);
  const Regressors rows = x.slice(stretch.first, inside.size());
  model.order = detail::choose_differences(*this, detail::without_regression(fitter, inside, rows));
  std::vector<detail::ArimaCandidate> best;
  if (inside.size() > model.order.differences() + 3) best = detail::OrderSearch{*this, model, inside, rows, fitter}.run();
  if (best.empty()) {
    // Nothing varies, or there is next to nothing: a constant, or the drift of a line.
    const bool constant = allow_constant && model.order.d + model.order.seasonal_d <= 1;
    model.constant = constant ? Constant::included : Constant::none;
    return fitter.fit(model, history, x);
  }
  model.order = best.front().order;
  model.constant = best.front().constant ? Constant::included : Constant::none;
  return fitter.fit(model, history, x, &best.front().u);
}

}  // namespace kilter::forecast
