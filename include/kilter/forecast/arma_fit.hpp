#pragma once
/// @file
/// The inside of `Arima`: starting values and the search for the largest likelihood.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "kilter/core/status.hpp"
#include "kilter/forecast/arma_likelihood.hpp"
#include "kilter/forecast/dense.hpp"

namespace kilter::forecast::detail {

/// Where a search ended.
struct ArmaOptimum {
  Status status = Status::iteration_limit;
  std::vector<double> u{};  ///< angles, see `ArmaAngles`
  ArmaValue value{};
  std::size_t iterations = 0;
};

/// How far a search goes: at most so many iterations of each method; settled when a step gains less than this part of the deviance.
struct SearchLimits {
  std::size_t iterations = 100;
  double tolerance = 1e-11;
  bool polish_only = false;
};

/// Searches over the angles of one problem after another, in buffers of its own.
class ArmaSearch {
 public:
  ArmaLikelihood likelihood{};

  /// Levenberg (1944) and Marquardt (1963) on the residuals whose squares add up to the deviance, with the damping rule of Nielsen
  /// (1999); where that does not settle, quasi-Newton steps on the logarithm of the deviance, unless only a polish is wanted.
  ArmaOptimum minimise(const ArmaProblem& problem, std::vector<double> start, const SearchLimits& limits) {
    likelihood.prepare(problem);
    tolerance_ = limits.tolerance;
    ArmaOptimum out{Status::iteration_limit, std::move(start), {}, 0};
    residuals_.resize(likelihood.length());
    trial_residuals_.resize(likelihood.length());
    out.value = likelihood.at(out.u, residuals_);
    if (!std::isfinite(out.value.deviance)) return out.status = Status::numerical_failure, out;
    if (out.u.empty() || !(out.value.deviance > 0)) return out.status = Status::feasible, out;
    levenberg_marquardt(out, limits.iterations);
    if (!ok(out.status) && !limits.polish_only) quasi_newton(out, limits.iterations);
    return out;
  }

  /// Of the two ends of searches of one problem the likelier one, in `best`. A new end that looks likelier is looked at once more
  /// by the filter of whole covariances: near the edges the recursion can see peaks where there are none.
  void keep_better(const ArmaProblem& problem, ArmaOptimum end, ArmaOptimum& best) {
    constexpr std::size_t most_reach = 512;  // beyond, the whole covariance is out of proportion
    const std::size_t reach = std::max(problem.order.ar_degree(), problem.order.ma_degree());
    if (!best.u.empty() && !(end.value.deviance < best.value.deviance)) return;
    if (!problem.conditional && !end.u.empty() && reach <= most_reach) {
      likelihood.prepare(problem);
      const ArmaValue seen = likelihood.recheck(end.u);
      const bool same = std::abs(std::log(seen.deviance / end.value.deviance)) * static_cast<double>(seen.rows) < 1e-3;
      if (!same) end.value = seen;
    }
    if (best.u.empty() || end.value.deviance < best.value.deviance) best = std::move(end);
  }

  /// Residuals and their derivatives by the angles, column by column, at a point.
  ArmaValue linearise(const ArmaProblem& problem, std::span<const double> u, std::vector<double>& jacobian) {
    likelihood.prepare(problem);
    residuals_.resize(likelihood.length());
    jacobian.resize(u.size() * likelihood.length());
    const ArmaValue value = likelihood.at(u, residuals_);
    likelihood.jacobian(u, residuals_, jacobian);
    return value;
  }

 private:
  /// Jᵀ J and Jᵀ r.
  void normal_equations(std::size_t k) {
    const std::size_t n = likelihood.length();
    matrix_ = Columns(k, k);
    gradient_.resize(k);
    for (std::size_t i = 0; i < k; ++i) {
      gradient_[i] = dot(jacobian_.data() + i * n, residuals_.data(), n);
      for (std::size_t j = 0; j <= i; ++j) {
        matrix_(i, j) = matrix_(j, i) = dot(jacobian_.data() + i * n, jacobian_.data() + j * n, n);
      }
    }
  }

  void levenberg_marquardt(ArmaOptimum& at, std::size_t limit) {
    const std::size_t k = at.u.size(), n = likelihood.length();
    jacobian_.resize(k * n);
    double damping = 1e-3;
    for (; at.iterations < limit; ++at.iterations) {
      likelihood.jacobian(at.u, residuals_, jacobian_);
      normal_equations(k);
      const double before = at.value.deviance;
      if (!damped_step(at, damping)) {
        // No step goes down: an optimum where a slope is next to nothing, trouble elsewhere.
        if (relative_slope(before) < 1e-6 || (damping <= 1 && predicted_gain() <= tolerance_ * before))
          at.status = Status::feasible;
        return;
      }
      if (before - at.value.deviance <= tolerance_ * before && damping <= 1) {
        at.status = Status::feasible;
        return;
      }
    }
  }

  /// The largest cosine between the residuals and a column of the Jacobian.
  [[nodiscard]] double relative_slope(double deviance) const {
    double largest = 0;
    for (std::size_t k = 0; k < gradient_.size(); ++k) {
      if (matrix_(k, k) > 0) largest = std::max(largest, std::abs(gradient_[k]) / std::sqrt(matrix_(k, k) * deviance));
    }
    return largest;
  }

  /// One step that lowers the deviance, with the damping raised until there is one. No angle turns further than half a radian.
  bool damped_step(ArmaOptimum& at, double& damping) {
    const std::size_t k = at.u.size();
    double raise = 2;
    for (int attempt = 0; attempt < 20; ++attempt, damping *= raise, raise *= 2) {
      Columns damped = matrix_;
      step_.resize(k);
      double largest = 0;
      for (std::size_t i = 0; i < k; ++i) largest = std::max(largest, matrix_(i, i));
      for (std::size_t i = 0; i < k; ++i) {
        damped(i, i) += damping * matrix_(i, i) + 1e-10 * largest + std::numeric_limits<double>::min();
        step_[i] = -gradient_[i];
      }
      if (!solve_positive(std::move(damped), step_)) continue;
      double longest = 0;
      for (const double s : step_) longest = std::max(longest, std::abs(s));
      if (longest > 0.5) {
        for (double& s : step_) s *= 0.5 / longest;
      }
      // What the model itself does not promise is not worth a likelihood.
      if (predicted_gain() <= 0.1 * tolerance_ * at.value.deviance) return false;
      trial_.resize(k);
      for (std::size_t i = 0; i < k; ++i) trial_[i] = at.u[i] + step_[i];
      const ArmaValue value = likelihood.at(trial_, trial_residuals_);
      if (!(value.deviance < at.value.deviance)) continue;
      const double ratio = (at.value.deviance - value.deviance) / std::max(predicted_gain(), 1e-300);
      damping = std::max(1e-9, damping * std::clamp(1 - std::pow(2 * ratio - 1, 3), 0.1, 2.0));
      at.u = trial_;
      at.value = value;
      residuals_.swap(trial_residuals_);
      return true;
    }
    return false;
  }

  /// What the linear model promises of the step.
  [[nodiscard]] double predicted_gain() const {
    double gain = 0;
    for (std::size_t i = 0; i < step_.size(); ++i) {
      double product = 0;
      for (std::size_t j = 0; j < step_.size(); ++j) product += matrix_(i, j) * step_[j];
      gain -= step_[i] * (2 * gradient_[i] + product);
    }
    return gain;
  }

  double objective(std::span<const double> u) { return std::log(likelihood.at(u).deviance); }

  void slope_of(const std::vector<double>& u, std::vector<double>& slope) {
    slope.resize(u.size());
    for (std::size_t i = 0; i < u.size(); ++i) {
      trial_ = u;
      trial_[i] = u[i] + 1e-5;
      const double up = objective(trial_);
      trial_[i] = u[i] - 1e-5;
      const double down = objective(trial_);
      slope[i] = std::isfinite(up) && std::isfinite(down) ? (up - down) / 2e-5 : 0;
    }
  }

  /// Broyden, Fletcher, Goldfarb and Shanno with central differences and a backtracking line search (Nocedal and Wright 2006,
  /// algorithm 6.1).
  void quasi_newton(ArmaOptimum& at, std::size_t limit) {
    const std::size_t k = at.u.size();
    std::vector<double> slope, next, direction(k), change(k), product(k);
    Columns inverse(k, k);
    for (std::size_t i = 0; i < k; ++i) inverse(i, i) = 1;
    slope_of(at.u, slope);
    double value = std::log(at.value.deviance);
    for (std::size_t round = 0; round < limit; ++round, ++at.iterations) {
      double descent = 0;
      for (std::size_t i = 0; i < k; ++i) {
        direction[i] = -dot(inverse.column(i), slope.data(), k);
        descent += direction[i] * slope[i];
      }
      if (!(descent < 0)) break;
      const double gained = line_search(at, direction, descent, value);
      value -= gained;
      if (gained <= tolerance_) {
        at.status = Status::feasible;
        break;
      }
      slope_of(at.u, next);
      for (std::size_t i = 0; i < k; ++i) change[i] = next[i] - slope[i];
      update_inverse(inverse, step_, change, product);
      slope = next;
    }
    at.value = likelihood.at(at.u, residuals_);
    if (!ok(at.status)) {
      double largest = 0;
      for (const double s : slope) largest = std::max(largest, std::abs(s));
      if (largest < 1e-5) at.status = Status::feasible;
    }
  }

  /// Halves the step until Armijo's condition holds; moves there, leaves the step in `step_` and returns what was gained.
  double line_search(ArmaOptimum& at, const std::vector<double>& direction, double descent, double value) {
    double longest = 0;
    for (const double d : direction) longest = std::max(longest, std::abs(d));
    double length = longest > 0.5 ? 0.5 / longest : 1;
    std::vector<double> moved(at.u.size());
    step_.assign(at.u.size(), 0.0);
    for (int halving = 0; halving < 40; ++halving, length *= 0.5) {
      for (std::size_t i = 0; i < moved.size(); ++i) moved[i] = at.u[i] + length * direction[i];
      const double trial = objective(moved);
      if (!(trial <= value + 1e-4 * length * descent)) continue;
      for (std::size_t i = 0; i < moved.size(); ++i) step_[i] = moved[i] - at.u[i];
      at.u = moved;
      return value - trial;
    }
    return 0;
  }

  static void update_inverse(Columns& inverse, const std::vector<double>& s, const std::vector<double>& y,
                             std::vector<double>& product) {
    const std::size_t k = s.size();
    const double curvature = dot(s.data(), y.data(), k);
    if (!(curvature > 1e-14)) return;
    for (std::size_t i = 0; i < k; ++i) product[i] = dot(inverse.column(i), y.data(), k);
    const double scale = (1 + dot(y.data(), product.data(), k) / curvature) / curvature;
    for (std::size_t j = 0; j < k; ++j) {
      for (std::size_t i = 0; i < k; ++i) {
        inverse(i, j) += scale * s[i] * s[j] - (product[i] * s[j] + s[i] * product[j]) / curvature;
      }
    }
  }

  double tolerance_ = 1e-11;
  std::vector<double> residuals_{}, trial_residuals_{}, jacobian_{}, gradient_{}, step_{}, trial_{};
  Columns matrix_{};
};

}  // namespace kilter::forecast::detail
