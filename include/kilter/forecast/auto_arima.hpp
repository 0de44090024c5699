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
#include "kilter/core/progress.hpp"
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
/// Seasonal and ordinary differences by tests (`seasonal_differences`, `ordinary_differences`); a constant is tried where at most
/// one difference is taken. The search walks from a few simple models to the best of their neighbours, one coefficient more or
/// less, as long as that lowers the criterion; `stepwise = false` goes through all orders with at most `max_coefficients` instead.
/// Where a likelihood is cheap every model is fitted by it; on long series with long lags models are ranked by the likelihood at
/// their conditional optimum first. The best `refit` of them are then fitted exactly from several starts, and the best of those is
/// taken. A model with a root of any of its polynomials within `root_limit` of the unit circle is not taken: it is a difference, or
/// two factors that cancel, in disguise.
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
  Budget budget{};  ///< of the search: when it is spent, the best model so far is fitted and the status says why
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
      : options_(options), model_(model), fitter_(fitter), watch_(options.budget) {
    const std::size_t n = y.size();
    for (const bool constant : {false, true}) {
      full_[constant ? 1 : 0] = make_design(model.order, constant, y, x);
      designs_[constant ? 1 : 0] = x.columns() > 0 ? without_columns(full_[constant ? 1 : 0]) : full_[constant ? 1 : 0];
    }
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

  /// `feasible`, or why the search ended early.
  [[nodiscard]] Status ended() const { return ended_; }

 private:
  /// The problem of what ordinary least squares leaves: with regressors, orders are looked for there, at a cost that does not
  /// depend on how many they are; the best few are then fitted with them.
  ArimaDesign without_columns(ArimaDesign design) {
    ArmaProblem& problem = design.problem;
    problem.levels = {};
    fitter_.search.likelihood.prepare(problem);
    std::vector<double> rest(fitter_.search.likelihood.length());
    fitter_.search.likelihood.at({}, rest);
    problem.data.values = std::move(rest);
    problem.flat = 0;
    return design;
  }

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
    while (tried_.size() < options_.max_models && ok(ended_)) {
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
            for (int constant = 0; constant <= (with_constant_ ? 1 : 0); ++constant)
              try_order(p, q, sp, sq, constant != 0, nullptr);
          }
        }
      }
    }
  }

  /// Fits a model that is within the limits and was not tried before. The start is the neighbour it was reached from, a new
  /// coefficient being 0, or Hannan and Rissanen's.
  void try_order(std::size_t p, std::size_t q, std::size_t sp, std::size_t sq, bool constant, const ArimaCandidate* from) {
    if (p > most_.p || q > most_.q || sp > most_.seasonal_p || sq > most_.seasonal_q) return;
    // The first model is always fitted, so that there is one.
    if (!tried_.empty() && ok(ended_)) ended_ = watch_.check();
    if (!ok(ended_)) return;
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
    ArimaDesign& design = designs_[c.constant ? 1 : 0];
    ArmaProblem& problem = design.problem;
    problem.order = c.order;
    if (problem.data.length < design.gaps + parameters(c) + 3) return;
    std::vector<std::vector<double>> starts{hannan_rissanen_start(fitter_.search, problem)};
    if (from != nullptr) starts.push_back(inherited(*from, c.order));
    problem.conditional = conditional_first_ && c.order.ar_degree() + parameters(c) + 3 <= problem.data.length;
    // Criteria are compared to far less than what this leaves undecided.
    constexpr double tolerance = 1e-8;
    ArmaSearch& search = fitter_.search;
    ArmaOptimum best =
        search.minimise(problem, best_start(problem, starts), {.iterations = 40, .tolerance = tolerance, .polish_only = true});
    if (std::exchange(problem.conditional, false)) {
      // Near the edges the conditional optimum is far from the exact one: a few exact steps from it, or from the neighbour.
      for (double& u : best.u) u = std::asin(0.98 * std::sin(u));
      starts.front() = std::move(best.u);
      best = search.minimise(problem, best_start(problem, starts), {.iterations = 3, .tolerance = tolerance, .polish_only = true});
    }
    judge(c, std::move(best));
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
    return beyond(c.order.p, 1) && beyond(c.order.q, -1) && beyond(c.order.seasonal_p, 1);
  }

  static bool better(const ArimaCandidate& a, const ArimaCandidate& b) { return a.criterion < b.criterion; }

  void rank() {
    std::stable_sort(tried_.begin(), tried_.end(), better);
    while (!tried_.empty() && !std::isfinite(tried_.back().criterion)) tried_.pop_back();
  }

  /// The best few, fitted exactly from several starts. One whose exact optimum lies too near to a unit root makes room for the
  /// next; where that befalls all that are looked at, they stay as they were found.
  void refine() {
    std::vector<ArimaCandidate> kept;
    const std::size_t wanted = std::max<std::size_t>(options_.refit, 1);
    for (std::size_t i = 0; i < std::min(tried_.size(), 4 * wanted) && kept.size() < wanted && ok(ended_); ++i) {
      ArimaCandidate c = refined(tried_[i]);
      if (std::isfinite(c.criterion)) kept.push_back(std::move(c));
    }
    if (kept.empty()) return;
    tried_ = std::move(kept);
    rank();
  }

  ArimaCandidate refined(const ArimaCandidate& found) {
    ArmaProblem& problem = full_[found.constant ? 1 : 0].problem;
    problem.order = found.order;
    std::vector<std::vector<double>> starts{found.u};
    if (!conditional_first_) {
      for (auto& start : scattered_starts(fitter_.search, problem, 24, 2)) starts.push_back(std::move(start));
    }
    ArmaOptimum best;
    for (const auto& start : starts)
      fitter_.search.keep_better(problem, fitter_.search.minimise(problem, start, {.iterations = 60}), best);
    ArimaCandidate out = found;
    judge(out, std::move(best));
    // A higher peak of the likelihood may lie where roots cancel; the one found before is then kept.
    return std::isfinite(out.criterion) || conditional_first_ ? out : found;
  }

  const AutoArima& options_;
  const Arima& model_;
  ArimaFitter& fitter_;
  ArimaDesign full_[2]{}, designs_[2]{};  ///< without and with a constant: all there is, and what is searched
  ArimaOrder most_{};
  bool with_constant_ = false, conditional_first_ = false;
  Stopwatch watch_;
  Status ended_ = Status::feasible;
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

/// How often a series is differenced, and whether anything varies after that.
struct Differencing {
  ArimaOrder order{};
  bool flat = false;
};

/// The differences that are asked for, or else those that tests ask for.
inline Differencing choose_differences(const AutoArima& options, std::vector<double> y) {
  Differencing out{{.period = options.period}, false};
  const auto is_flat = [&y] { return is_constant(observed(y), rounding_of(y)); };
  const bool flat = is_flat();
  if (options.seasonal_d != automatic_order) {
    out.order.seasonal_d = options.seasonal_d;
  } else if (!flat) {
    out.order.seasonal_d = seasonal_differences(y, options.period, options.seasonal);
  }
  const double rounding = rounding_of(y);
  for (std::size_t k = 0; k < out.order.seasonal_d; ++k) difference(y, options.period);
  if (options.d != automatic_order) {
    out.order.d = options.d;
  } else if (!is_constant(observed(y), rounding)) {
    out.order.d = ordinary_differences(y, options.ordinary);
    std::vector<double> once = y;
    difference(once, 1);
    if (out.order.d > 1 && kpss(observed(once)).statistic < options.second_difference) out.order.d = 1;
  }
  for (std::size_t k = 0; k < out.order.d; ++k) difference(y, 1);
  out.flat = is_constant(observed(y), rounding);
  return out;
}

}  // namespace detail

inline FittedArima AutoArima::fit(const Series& history, const Regressors& x) const {
  detail::ArimaFitter fitter;
  Arima model{.order = {.period = period},
              .constant = Constant::none,
              .transform = transform,
              .features = features,
              .parameter_uncertainty = parameter_uncertainty,
              .levels = levels};
  detail::ArimaFitter::check(model, history, x);
  require(period > 0, "period", period, "must be positive");
  require(root_limit >= 1, "root_limit", root_limit, "must be at least 1");
  require(refit > 0, "refit", refit, "must be positive");
  const std::vector<double> y = detail::forward(transform, history.values);
  const detail::Stretch stretch = detail::observed_stretch(y);
  const std::vector<double> inside = detail::ArimaFitter::slice(y, stretch);
  const Regressors rows = x.slice(stretch.first, inside.size());
  const detail::Differencing differencing = detail::choose_differences(*this, detail::without_regression(fitter, inside, rows));
  model.order = differencing.order;
  detail::check_order(model.order);
  std::vector<detail::ArimaCandidate> best;
  Status ended = Status::feasible;
  if (!differencing.flat && inside.size() > model.order.differences() + 3) {
    detail::OrderSearch search{*this, model, inside, rows, fitter};
    best = search.run();
    ended = search.ended();
  }
  if (best.empty()) {
    // Nothing varies, or there is next to nothing: a constant, or the drift of a line.
    const bool constant = allow_constant && model.order.d + model.order.seasonal_d <= 1;
    model.constant = constant ? Constant::included : Constant::none;
    return fitter.fit(model, history, x);
  }
  model.order = best.front().order;
  model.constant = best.front().constant ? Constant::included : Constant::none;
  FittedArima out = fitter.fit(model, history, x, &best.front().u);
  if (ok(out.status) && !ok(ended)) out.status = ended;
  return out;
}

}  // namespace kilter::forecast
