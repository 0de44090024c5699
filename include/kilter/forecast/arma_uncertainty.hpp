#pragma once
/// @file
/// How uncertain the coefficients of an ARMA are: standard errors, and the directions in which they may be wrong.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include "kilter/core/series.hpp"
#include "kilter/forecast/arma_fit.hpp"
#include "kilter/forecast/arma_models.hpp"
#include "kilter/forecast/dense.hpp"

namespace kilter::forecast::detail {

/// Standard errors of the coefficients (ar, ma, seasonal ar, seasonal ma) from the observed information, by second differences of
/// the log-likelihood with steps of `h`; `missing` where it has no peak, as on the edge of invertibility.
inline std::vector<double> coefficient_errors(ArmaSearch& search, const ArmaProblem& problem, const std::vector<double>& at,
                                              double h) {
  const std::size_t k = at.size();
  search.likelihood.prepare(problem);
  std::vector<double> moved(at);
  const auto value = [&](std::size_t i, double by, std::size_t j, double also) {
    moved = at;
    moved[i] += by;
    moved[j] += also;
    return -search.likelihood.at_coefficients(moved).log_likelihood();
  };
  Columns information(k, k);
  for (std::size_t i = 0; i < k; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      const double sum = value(i, h, j, h) - value(i, h, j, -h) - value(i, -h, j, h) + value(i, -h, j, -h);
      information(i, j) = information(j, i) = sum / (4 * h * h);
    }
  }
  std::vector<double> out(k, missing);
  for (std::size_t j = 0; j < k; ++j) {
    std::vector<double> unit(k, 0.0);
    unit[j] = 1;
    if (!solve_positive(information, unit)) return std::vector<double>(k, missing);
    out[j] = std::sqrt(unit[j]);
  }
  return out;
}

/// The same with steps that stay inside: near the edge of stationarity smaller ones.
inline std::vector<double> coefficient_errors(ArmaSearch& search, const ArmaProblem& problem, const std::vector<double>& at) {
  std::vector<double> out;
  for (const double h : {1e-3, 1e-4, 1e-5}) {
    out = coefficient_errors(search, problem, at, h);
    if (std::none_of(out.begin(), out.end(), [](double e) { return std::isnan(e); })) break;
  }
  return out;
}

/// The precision of the angles: that of the linearised residuals, at least what the likelihood loses over a third of a radian (on
/// the edge of invertibility the slope is flat but the likelihood is not), and that of a prior of one radian, beyond which an angle
/// comes round again.
inline Columns angle_precision(ArmaSearch& search, const ArmaProblem& problem, const ArmaOptimum& at, double freedom) {
  const std::size_t k = at.u.size();
  std::vector<double> jacobian;
  const double deviance = search.linearise(problem, at.u, jacobian).deviance;
  const std::size_t n = search.likelihood.length();
  Columns out(k, k);
  for (std::size_t i = 0; i < k; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      out(i, j) = out(j, i) = dot(jacobian.data() + i * n, jacobian.data() + j * n, n) * freedom / deviance;
    }
  }
  constexpr double reach = 1.0 / 3;
  std::vector<double> moved(at.u);
  for (std::size_t i = 0; i < k; ++i) {
    double least = std::numeric_limits<double>::infinity();
    for (const double by : {-reach, reach}) {
      moved[i] = at.u[i] + by;
      least = std::min(least, freedom * std::log(search.likelihood.at(moved).deviance / deviance) / (reach * reach));
    }
    moved[i] = at.u[i];
    if (std::isfinite(least)) out(i, i) = std::max(out(i, i), least);
    out(i, i) += 1;
  }
  return out;
}

/// Coefficients moved from the optimum by `by` deviations along each of k directions that together make up the covariance of the
/// angles.
inline std::vector<std::vector<double>> moved_coefficients(ArmaSearch& search, const ArmaProblem& problem, const ArmaOptimum& at,
                                                           double freedom, double by) {
  const std::size_t k = at.u.size();
  std::vector<std::vector<double>> out;
  if (k == 0 || !(at.value.deviance > 0)) return out;
  Columns lower = angle_precision(search, problem, at, freedom);
  if (!cholesky(lower)) return out;
  ArmaModels<1> models;
  ArmaRecursion<1> filter;
  models.prepare(problem.order);
  std::vector<double> u(k), coefficients(k), work(k);
  for (std::size_t c = 0; c < k; ++c) {
    // Column c of the inverse transpose of the factor.
    std::vector<double> direction(k, 0.0);
    direction[c] = 1;
    for (std::size_t j = c + 1; j-- > 0;) {
      direction[j] = (direction[j] - dot(lower.column(j) + j + 1, direction.data() + j + 1, k - j - 1)) / lower(j, j);
    }
    // Where one way leads to the edge of stationarity the other does not.
    for (const double way : {by, -by}) {
      for (std::size_t j = 0; j < k; ++j) u[j] = at.u[j] + way * direction[j];
      ArmaAngles{problem.order}.coefficients(u, coefficients, work);
      models.set(0, coefficients);
      models.start(filter, 0);
      if (!models.valid(0)) continue;
      out.push_back(coefficients);
      break;
    }
  }
  return out;
}

}  // namespace kilter::forecast::detail
