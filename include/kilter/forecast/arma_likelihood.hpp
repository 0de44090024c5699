#pragma once
/// @file
/// The concentrated likelihood of a regression with ARMA errors: the scale of the shocks and the coefficients of the regressors are
/// solved for, and what is left is written as a sum of squares.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>
#include <span>
#include <vector>

#include "kilter/forecast/arma_kernel.hpp"
#include "kilter/forecast/diffuse_filter.hpp"

namespace kilter::forecast::detail {

/// A stationary series to explain: x = X β + ARMA. Stream 0 of `data` is x, the others are the columns of X. The first `flat`
/// columns are unit pulses where values are missing: their coefficients, how wrong the filled-in values are, are integrated out
/// under a flat prior, which gives the exact likelihood of what was observed (Gómez, Maravall and Peña 1999).
struct ArmaProblem {
  ArimaOrder order{};
  ArmaStreams data{};
  std::size_t flat = 0;
  /// Where many values are missing: the streams before differencing, for `DiffuseFilter`; only the missing values that fill the
  /// differences have pulses then, and conditional runs take the others as filled in.
  ArmaStreams levels{};
  bool conditional = false;

  [[nodiscard]] bool filtered() const { return levels.length > 0 && !conditional; }
  [[nodiscard]] std::size_t first() const { return conditional ? std::min(order.ar_degree(), data.length) : 0; }
};

/// Autoregressive coefficients from partial autocorrelations (Durbin–Levinson; Monahan 1984), in place; `work` has the same size.
inline void from_partial(std::span<double> phi, std::span<double> work) {
  for (std::size_t k = 1; k < phi.size(); ++k) {
    std::copy_n(phi.begin(), k, work.begin());
    for (std::size_t i = 0; i < k; ++i) phi[i] = work[i] - phi[k] * work[k - 1 - i];
  }
}

/// The way back, by stepping down; each is held within ±`limit`, which draws a model that is not stationary inside.
inline std::vector<double> to_partial(std::vector<double> phi, double limit) {
  std::vector<double> next;
  for (std::size_t k = phi.size(); k-- > 0;) {
    const double r = std::isnan(phi[k]) ? 0 : std::clamp(phi[k], -limit, limit);
    next = phi;
    for (std::size_t i = 0; i < k; ++i) next[i] = (phi[i] + r * phi[k - 1 - i]) / (1 - r * r);
    next[k] = r;
    phi.swap(next);
  }
  return phi;
}

/// Searches go over angles u, one a coefficient: sin u is a partial autocorrelation of its factor, so that every point is
/// stationary and invertible, and the edge of invertibility, where many optima lie, is a finite place (u = ±π/2) with a flat slope.
struct ArmaAngles {
  ArimaOrder order{};

  /// An autoregression stays this far inside of the edge, where its variance is infinite.
  static constexpr double ar_limit = 1 - 1e-8;

  /// Coefficients in the order ar, ma, seasonal ar, seasonal ma; `out` has the size of `u`, `work` too.
  void coefficients(std::span<const double> u, std::span<double> out, std::span<double> work) const {
    std::size_t at = 0;
    const auto factor = [&](std::size_t count, bool moving_average) {
      for (std::size_t k = at; k < at + count; ++k) out[k] = moving_average ? std::sin(u[k]) : ar_limit * std::sin(u[k]);
      from_partial(out.subspan(at, count), work);
      for (std::size_t k = at; k < at + count && moving_average; ++k) out[k] = -out[k];
      at += count;
    };
    factor(order.p, false);
    factor(order.q, true);
    factor(order.seasonal_p, false);
    factor(order.seasonal_q, true);
  }

  /// Angles whose model is the given one, or one drawn inside of the edge to partial autocorrelations of at most `limit`.
  [[nodiscard]] std::vector<double> angles(std::span<const double> coefficients, double limit = 0.95) const {
    std::vector<double> u;
    const auto factor = [&](std::size_t count, double sign) {
      std::vector<double> part(coefficients.begin() + static_cast<std::ptrdiff_t>(u.size()),
                               coefficients.begin() + static_cast<std::ptrdiff_t>(u.size() + count));
      for (double& v : part) v *= sign;
      for (const double r : to_partial(std::move(part), limit)) u.push_back(std::asin(r));
    };
    factor(order.p, 1);
    factor(order.q, -1);
    factor(order.seasonal_p, 1);
    factor(order.seasonal_q, -1);
    return u;
  }
};

/// The likelihood at one point: `deviance` is Σ r² of the residuals r, scaled such that log L = −rows/2 (log(2π deviance/rows) +
/// 1).
struct ArmaValue {
  double deviance = std::numeric_limits<double>::infinity();
  double sum_of_squares = std::numeric_limits<double>::infinity();  ///< of the standardised innovations
  std::size_t rows = 0;                                             ///< observations that count

  [[nodiscard]] double log_likelihood() const {
    const auto n = static_cast<double>(rows);
    return -0.5 * n * (std::log(2 * std::numbers::pi * deviance / n) + 1);
  }
};

/// Evaluates likelihoods of one problem after another in buffers of its own.
class ArmaLikelihood {
 public:
  void prepare(const ArmaProblem&& problem) = delete;  // it is looked at again and again
  void prepare(const ArmaProblem& problem) {
    problem_ = &problem;
    columns_ = problem.data.count() - 1;
    beta_.assign(columns_, 0.0);
    if (problem.filtered()) {
      filter_.prepare(problem.order);
      coefficients_.assign(problem.order.coefficients(), 0.0);
      filter_.set(coefficients_);
      filter_.run(problem.levels);
    }
    length_ = problem.filtered() ? filter_.rows() : problem.data.length - problem.first();
    one_.prepare(problem.order);
    coefficients_.resize(std::max<std::size_t>(problem.order.coefficients(), 1));
    work_.resize(coefficients_.size());
  }

  [[nodiscard]] const ArmaProblem& problem() const { return *problem_; }
  [[nodiscard]] std::size_t length() const { return length_; }

  /// At angles `u`; `residuals` (of `length()`), where wanted, receives r. Leaves the coefficients of the regressors in `beta()`.
  ArmaValue at(std::span<const double> u, std::span<double> residuals = {}) {
    ArmaAngles{problem_->order}.coefficients(u, {coefficients_.data(), u.size()}, work_);
    return at_coefficients({coefficients_.data(), u.size()}, residuals);
  }
  /// The same at coefficients, which may also lie outside of what angles reach.
  ArmaValue at_coefficients(std::span<const double> coefficients, std::span<double> residuals = {}) {
    if (problem_->filtered()) {
      filter_.set(coefficients);
      filter_.run(problem_->levels);
      if (columns_ > 0) gram<1>(filter_);
      return reduce<1>(filter_, 0, residuals);
    }
    one_.set(0, coefficients);
    run(one_);
    return reduce<1>(one_, 0, residuals);
  }

  /// The same by the filter that keeps a whole covariance: slower, O(n r²), but right much nearer to the edges, where the
  /// recursion's differences cancel. Not for conditional problems.
  ArmaValue recheck(std::span<const double> u) {
    if (problem_->filtered()) return at(u);
    ArmaAngles{problem_->order}.coefficients(u, {coefficients_.data(), u.size()}, work_);
    ArimaOrder stationary = problem_->order;
    stationary.d = stationary.seasonal_d = 0;
    filter_.prepare(stationary);
    filter_.set({coefficients_.data(), u.size()});
    filter_.run(problem_->data);
    if (columns_ > 0) gram<1>(filter_);
    return reduce<1>(filter_, 0, {});
  }

  /// Forward differences of the residuals by each angle, column after column of `length()`; several points share a pass.
  void jacobian(std::span<const double> u, std::span<const double> residuals, std::span<double> out) {
    for (std::size_t first = 0; first < u.size();) {
      const std::size_t left = u.size() - first;
      if (problem_->filtered()) {
        difference(u, first++, residuals, out);
      } else if (left > 4) {
        eight_.prepare(problem_->order);
        first += differences(eight_, u, first, residuals, out);
      } else {
        four_.prepare(problem_->order);
        first += differences(four_, u, first, residuals, out);
      }
    }
  }

  /// Generalised least squares coefficients of the last point, 0 for columns that say nothing.
  [[nodiscard]] const std::vector<double>& beta() const { return beta_; }
  /// Lower Cholesky factor of XᵀΣ⁻¹X at the last point, row-major; the diagonal is 0 for columns that say nothing.
  [[nodiscard]] const std::vector<double>& factor() const { return cholesky_; }
  static constexpr double step = 1e-7;  ///< of the forward differences: about the root of the rounding unit

 private:
  template <std::size_t Lanes>
  void run(ArmaKernel<Lanes>& kernel) {
    if (problem_->conditional) {
      kernel.run_conditional(problem_->data);
    } else {
      kernel.run_exact(problem_->data);
    }
    if (columns_ > 0) gram<Lanes>(kernel);
  }

  /// Inner products of all streams in all lanes.
  template <std::size_t Lanes, class Filter>
  void gram(const Filter& kernel) {
    const std::size_t size = columns_ + 1;
    gram_.assign(size * size * Lanes, 0.0);
    for (std::size_t a = 0; a < size; ++a) {
      for (std::size_t b = 0; b <= a; ++b) {
        const double *x = kernel.out(a), *y = kernel.out(b);
        std::array<double, Lanes> sum{};
        for (std::size_t t = problem_->first(), end = t + length(); t < end; ++t) {
          for (std::size_t l = 0; l < Lanes; ++l) sum[l] += x[t * Lanes + l] * y[t * Lanes + l];
        }
        std::copy(sum.begin(), sum.end(), gram_.begin() + static_cast<std::ptrdiff_t>((a * size + b) * Lanes));
      }
    }
  }

  /// Cholesky's factor of the regressors' part of the inner products; returns the logarithm of the determinant of the flat columns
  /// and counts those that are determined.
  double decompose(std::size_t lane, std::size_t lanes, std::size_t& determined) {
    const std::size_t size = columns_ + 1;
    cholesky_.assign(columns_ * columns_, 0.0);
    double log_determinant = 0;
    for (std::size_t j = 0; j < columns_; ++j) {
      double* row = cholesky_.data() + j * columns_;
      const double* in = gram_.data() + ((j + 1) * size + 1) * lanes + lane;
      for (std::size_t k = 0; k <= j; ++k) {
        const double* other = cholesky_.data() + k * columns_;
        double sum = in[k * lanes];
        for (std::size_t i = 0; i < k; ++i) sum -= row[i] * other[i];
        if (k < j) {
          row[k] = other[k] > 0 ? sum / other[k] : 0;
        } else {
          row[j] = sum > 1e-11 * in[j * lanes] ? std::sqrt(sum) : 0;
        }
      }
      if (j < problem_->flat && row[j] > 0) {
        log_determinant += 2 * std::log(row[j]);
        ++determined;
      }
    }
    return log_determinant;
  }

  void solve_beta(std::size_t lane, std::size_t lanes) {
    for (std::size_t j = 0; j < columns_; ++j) {
      const double* row = cholesky_.data() + j * columns_;
      double sum = gram_[(j + 1) * (columns_ + 1) * lanes + lane];
      for (std::size_t k = 0; k < j; ++k) sum -= row[k] * beta_[k];
      beta_[j] = row[j] > 0 ? sum / row[j] : 0;
    }
    for (std::size_t j = columns_; j-- > 0;) {
      for (std::size_t k = j + 1; k < columns_; ++k) beta_[j] -= cholesky_[k * columns_ + j] * beta_[k];
      const double pivot = cholesky_[j * columns_ + j];
      beta_[j] = pivot > 0 ? beta_[j] / pivot : 0;
    }
  }

  /// One lane to its value; residuals are written where wanted.
  template <std::size_t Lanes, class Filter>
  ArmaValue reduce(const Filter& kernel, std::size_t lane, std::span<double> residuals) {
    ArmaValue value;
    if (!problem_->conditional && !kernel.valid(lane)) return value;
    std::size_t determined = 0;
    double log_determinant = problem_->conditional ? 0 : kernel.log_variances(lane);
    if (columns_ > 0) {
      const double flat = decompose(lane, Lanes, determined);
      log_determinant += problem_->conditional ? 0 : flat;
      solve_beta(lane, Lanes);
    }
    value.rows = length() - determined;
    const double factor = std::exp(0.5 * log_determinant / static_cast<double>(value.rows));
    value.sum_of_squares = 0;
    const std::size_t first = problem_->first();
    for (std::size_t t = first; t < first + length(); ++t) {
      double e = kernel.out(0)[t * Lanes + lane];
      for (std::size_t j = 0; j < columns_; ++j) e -= beta_[j] * kernel.out(j + 1)[t * Lanes + lane];
      value.sum_of_squares += e * e;
      if (!residuals.empty()) residuals[t - first] = factor * e;
    }
    value.deviance = value.sum_of_squares * factor * factor;
    if (!std::isfinite(value.deviance)) return {};
    return value;
  }

  /// Up to `Lanes` columns of the Jacobian; returns how many.
  template <std::size_t Lanes>
  std::size_t differences(ArmaKernel<Lanes>& kernel, std::span<const double> u, std::size_t first,
                          std::span<const double> residuals, std::span<double> out) {
    const std::size_t count = std::min(Lanes, u.size() - first);
    std::vector<double>& moved = moved_;
    for (std::size_t l = 0; l < Lanes; ++l) {
      moved.assign(u.begin(), u.end());
      moved[first + std::min(l, count - 1)] += step;
      ArmaAngles{problem_->order}.coefficients(moved, {coefficients_.data(), u.size()}, work_);
      kernel.set(l, {coefficients_.data(), u.size()});
    }
    run(kernel);
    for (std::size_t l = 0; l < count; ++l) {
      const std::span<double> column = out.subspan((first + l) * length(), length());
      const ArmaValue value = reduce<Lanes>(kernel, l, column);
      for (std::size_t t = 0; t < column.size(); ++t) {
        column[t] = std::isfinite(value.deviance) ? (column[t] - residuals[t]) / step : 0;
      }
    }
    return count;
  }

  /// One column of the Jacobian by the filter.
  void difference(std::span<const double> u, std::size_t k, std::span<const double> residuals, std::span<double> out) {
    moved_.assign(u.begin(), u.end());
    moved_[k] += step;
    const std::span<double> column = out.subspan(k * length(), length());
    const ArmaValue value = at(moved_, column);
    for (std::size_t t = 0; t < column.size(); ++t) {
      column[t] = std::isfinite(value.deviance) ? (column[t] - residuals[t]) / step : 0;
    }
  }

  const ArmaProblem* problem_ = nullptr;
  DiffuseFilter filter_{};
  std::size_t columns_ = 0, length_ = 0;
  ArmaKernel<1> one_{};
  ArmaKernel<4> four_{};
  ArmaKernel<8> eight_{};
  std::vector<double> coefficients_{}, work_{}, moved_{}, gram_{}, cholesky_{}, beta_{};
};

}  // namespace kilter::forecast::detail
