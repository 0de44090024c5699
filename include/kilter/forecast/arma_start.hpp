#pragma once
/// @file
/// Where the search of an ARMA begins: Hannan and Rissanen's regression, the conditional optimum, and the best of several ends.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "kilter/core/status.hpp"
#include "kilter/forecast/arma_fit.hpp"
#include "kilter/forecast/dense.hpp"

namespace kilter::forecast::detail {

/// What a long autoregression leaves of x, by Yule and Walker's equations (Levinson's recursion); the first `order` values are 0.
inline std::vector<double> long_ar_residuals(std::span<const double> x, std::size_t order) {
  const std::size_t n = x.size();
  std::vector<double> gamma(order + 1), a(order, 0.0), last(order, 0.0);
  for (std::size_t k = 0; k <= order; ++k) gamma[k] = dot(x.data(), x.data() + k, n - k);
  double variance = gamma[0];
  for (std::size_t i = 0; i < order && variance > 1e-12 * gamma[0]; ++i) {
    double sum = gamma[i + 1];
    for (std::size_t j = 0; j < i; ++j) sum -= a[j] * gamma[i - j];
    last = a;
    a[i] = sum / variance;
    for (std::size_t j = 0; j < i; ++j) a[j] = last[j] - a[i] * last[i - 1 - j];
    variance *= 1 - a[i] * a[i];
  }
  std::vector<double> out(n, 0.0);
  std::reverse(a.begin(), a.end());
  for (std::size_t t = order; t < n; ++t) out[t] = x[t] - dot(a.data(), x.data() + (t - order), order);
  return out;
}

/// Lags of one kind in Hannan and Rissanen's regression: 1 … count, and the seasons.
inline std::vector<std::size_t> factor_lags(std::size_t count, std::size_t seasonal, std::size_t period) {
  std::vector<std::size_t> lags;
  for (std::size_t k = 1; k <= count; ++k) lags.push_back(k);
  for (std::size_t k = 1; k <= seasonal; ++k) lags.push_back(k * period);
  return lags;
}

/// Hannan and Rissanen (1982): the residuals of a long autoregression stand for the shocks in one regression of x on lags of both;
/// cross products of seasonal factors are left out. Coefficients in the order ar, ma, seasonal ar, seasonal ma; zeros where the
/// series is too short for it.
inline std::vector<double> hannan_rissanen(const ArimaOrder& o, std::span<const double> x) {
  const std::size_t n = x.size(), k = o.coefficients();
  std::vector<double> out(k, 0.0);
  const std::vector<std::size_t> ar = factor_lags(o.p, o.seasonal_p, o.period), ma = factor_lags(o.q, o.seasonal_q, o.period);
  const bool seasonal = o.seasonal_p + o.seasonal_q > 0;
  const std::size_t wanted = o.p + o.q + 8 + (seasonal ? o.period : 0);
  const std::size_t order = ma.empty() ? 0 : std::min(wanted, n / 4);
  const std::size_t first = std::max(order + o.ma_degree(), o.ar_degree());
  if (k == 0 || first + 2 * k + 4 > n) return out;
  const std::vector<double> shocks = long_ar_residuals(x, order);
  std::vector<const double*> columns;
  for (const std::size_t lag : ar) columns.push_back(x.data() + (first - lag));
  for (const std::size_t lag : ma) columns.push_back(shocks.data() + (first - lag));
  Columns matrix(k, k);
  std::vector<double> b(k);
  for (std::size_t i = 0; i < k; ++i) {
    b[i] = dot(columns[i], x.data() + first, n - first);
    for (std::size_t j = 0; j <= i; ++j) matrix(i, j) = dot(columns[i], columns[j], n - first);
    matrix(i, i) *= 1 + 1e-9;
  }
  if (!solve_positive(std::move(matrix), b)) return out;
  const auto part = [&](std::size_t to, std::size_t from, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) out[to + i] = b[from + i];
  };
  part(0, 0, o.p);
  part(o.p, ar.size(), o.q);
  part(o.p + o.q, o.p, o.seasonal_p);
  part(o.p + o.q + o.seasonal_p, ar.size() + o.q, o.seasonal_q);
  return out;
}

/// Hannan and Rissanen's angles for x less its ordinary regression.
inline std::vector<double> hannan_rissanen_start(ArmaSearch& search, ArmaProblem& problem) {
  const std::vector<double> zeros(problem.order.coefficients(), 0.0);
  ArmaStreams levels = std::exchange(problem.levels, {});
  search.likelihood.prepare(problem);
  std::vector<double> x(search.likelihood.length());
  search.likelihood.at(zeros, x);
  problem.levels = std::move(levels);
  return ArmaAngles{problem.order}.angles(hannan_rissanen(problem.order, x));
}

/// Draws a model whose autoregression is on the edge of stationarity, which a conditional sum of squares does not mind, inside as
/// far as a filter needs.
inline void draw_inside(const ArimaOrder& order, std::vector<double>& u) {
  ArmaModels<1> models;
  ArmaRecursion<1> filter;
  models.prepare(order);
  std::vector<double> coefficients(u.size()), work(u.size());
  for (double shrink = 1e-8; shrink < 1; shrink *= 4) {
    ArmaAngles{order}.coefficients(u, coefficients, work);
    models.set(0, coefficients);
    models.start(filter, 0);
    if (models.valid(0)) return;
    for (double& v : u) v = std::asin((1 - shrink) * std::sin(v));
  }
}

/// The smallest conditional sum of squares, from two starts; infinite where too few residuals would be left.
inline ArmaOptimum conditional_optimum(ArmaSearch& search, ArmaProblem& problem, const std::vector<double>& start,
                                       std::size_t limit) {
  const bool exact = !std::exchange(problem.conditional, true);
  const std::size_t least = problem.order.coefficients() + problem.data.count() + 2;
  ArmaOptimum best;
  if (problem.order.ar_degree() + least <= problem.data.length) {
    for (const std::vector<double>& u : {start, std::vector<double>(start.size(), 0.0)}) {
      ArmaOptimum end = search.minimise(problem, u, {.iterations = limit});
      end.iterations += best.iterations;
      if (end.value.deviance < best.value.deviance || best.u.empty()) best = std::move(end);
    }
  }
  problem.conditional = !exact;
  return best;
}

/// Number `index` of the Halton sequence in base `base` (Halton 1960): points that fill (0, 1) evenly.
inline double halton(std::size_t index, std::size_t base) {
  double result = 0, part = 1;
  for (; index > 0; index /= base) {
    part /= static_cast<double>(base);
    result += part * static_cast<double>(index % base);
  }
  return result;
}

/// The `keep` points with the largest likelihoods among `count` that fill the space of partial autocorrelations within ±0.95.
inline std::vector<std::vector<double>> scattered_starts(ArmaSearch& search, const ArmaProblem& problem, std::size_t count,
                                                         std::size_t keep) {
  constexpr std::size_t primes[] = {2, 3, 5, 7, 11, 13, 17, 19};
  const std::size_t k = problem.order.coefficients();
  std::vector<std::pair<double, std::vector<double>>> points;
  search.likelihood.prepare(problem);
  for (std::size_t i = 1; i <= count && k > 0; ++i) {
    std::vector<double> u(k, 0.0);
    for (std::size_t j = 0; j < std::min(k, std::size(primes)); ++j) u[j] = std::asin(0.95 * (2 * halton(i, primes[j]) - 1));
    const double deviance = search.likelihood.at(u).deviance;
    points.emplace_back(deviance, std::move(u));
  }
  const std::size_t kept = std::min(keep, points.size());
  std::partial_sort(points.begin(), points.begin() + static_cast<std::ptrdiff_t>(kept), points.end());
  std::vector<std::vector<double>> out;
  for (std::size_t i = 0; i < kept; ++i) out.push_back(std::move(points[i].second));
  return out;
}

/// The largest likelihood found from several starts: the conditional optimum, Hannan and Rissanen's, white noise, and the best of
/// scattered points. Likelihoods of mixed and seasonal models have several peaks, and any one start leaves some models on a lower
/// one.
inline ArmaOptimum exact_optimum(ArmaSearch& search, ArmaProblem& problem, std::size_t limit, std::size_t scattered = 64) {
  const std::vector<double> zeros(problem.order.coefficients(), 0.0);
  if (zeros.empty()) return search.minimise(problem, zeros, {.iterations = limit});
  std::vector<std::vector<double>> starts{hannan_rissanen_start(search, problem), zeros};
  ArmaOptimum conditional = conditional_optimum(search, problem, starts[0], limit);
  if (!conditional.u.empty()) {
    for (double& u : conditional.u) u = std::asin(0.98 * std::sin(u));
    starts.push_back(conditional.u);
  }
  for (auto& start : scattered_starts(search, problem, scattered, 4)) starts.push_back(std::move(start));
  ArmaOptimum best;
  std::size_t iterations = conditional.iterations;
  for (const std::vector<double>& start : starts) {
    ArmaOptimum end = search.minimise(problem, start, {.iterations = limit});
    iterations += end.iterations;
    search.keep_better(problem, std::move(end), best);
  }
  best.iterations = iterations;
  return best;
}

}  // namespace kilter::forecast::detail
