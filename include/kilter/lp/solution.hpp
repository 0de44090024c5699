#pragma once
/// @file
/// `Solution`: the answer of a solver and what proves it; `verify` recomputes the proof on the model.

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/status.hpp"
#include "kilter/lp/model.hpp"

namespace kilter::lp {

/// Where a column, or the activity of a row, stands in a basis.
enum class VariableStatus : std::uint8_t {
  basic,          ///< its value follows from the others
  at_lower,       ///< nonbasic at its lower bound (fixed ones too)
  at_upper,       ///< nonbasic at its upper bound
  free_nonbasic,  ///< nonbasic at zero, without bounds
};

/// A starting point for the simplex method: one status per column and per row.
struct Basis {
  std::vector<VariableStatus> columns{};
  std::vector<VariableStatus> rows{};

  friend bool operator==(const Basis&, const Basis&) = default;
};

/// How far an answer is from satisfying the optimality conditions of the model as it was given, without any scaling.
///
/// Of an `optimal` answer: `primal` is the largest violation of a bound or row bound; `dual` the largest reduced cost or shadow
/// price whose sign asks for a bound that is infinite; `complementarity` the largest product of a reduced cost (shadow price) and
/// the distance from the bound it belongs to, over 1 + |objective|; `gap` is |primal objective − dual objective| / (1 + |primal
/// objective|). Of an `infeasible` or `unbounded` answer: `dual` or `primal` is the violation of its ray, and `gap` is 0 when the
/// ray proves the status and 1 when it does not. Of any other answer only `primal` is meaningful.
struct Residuals {
  double primal = 0;
  double dual = 0;
  double complementarity = 0;
  double gap = 0;
};

/// The answer of a solver. `status` says which of the other members mean something:
/// `optimal`: all but `ray`; `infeasible`: `ray`; `unbounded`: `primal` (a feasible point) and `ray`;
/// limits and `cancelled`: the last point, not necessarily feasible (`residuals.primal` says how far), and `basis` to go on from.
struct Solution {
  Status status = Status::numerical_failure;
  double objective = 0;
  std::vector<double> primal{};        ///< value of each column
  std::vector<double> row_activity{};  ///< A x
  std::vector<double> dual{};          ///< shadow price of each row: change of the objective per unit of its active bound
  std::vector<double> reduced_cost{};  ///< cost − A' dual, of each column
  Basis basis{};
  std::size_t iterations = 0;
  Residuals residuals{};
  /// Infeasible: a multiplier per row whose combination of the rows contradicts the bounds (Farkas). Unbounded: a direction, one
  /// entry per column, along which the objective falls without limit.
  std::vector<double> ray{};
};

/// A solver: `solve(model)` and `solve(model, &basis)` give a `Solution`.
template <class S>
concept LpSolver = requires(const S& solver, const Model& model, const Basis* start) {
  { solver.solve(model) } -> std::same_as<Solution>;
  { solver.solve(model, start) } -> std::same_as<Solution>;
};

/// What a ray proves. `margin` > 0 is the proof; `violation` is the largest rounding that had to be overlooked, relative to the
/// ray.
struct Certificate {
  double margin = 0;
  double violation = 0;

  [[nodiscard]] bool holds(double tolerance = 1e-9) const { return margin > 0 && violation <= tolerance; }
};

namespace detail {

inline void check_size(std::string_view argument, std::size_t size, int wanted) {
  require(size == static_cast<std::size_t>(wanted), argument, size, "must have one entry per row or column of the model");
}

/// A' multipliers, and per column the sum of the magnitudes added up, which tells rounding from substance.
struct Combination {
  std::vector<double> value;
  std::vector<double> magnitude;
};

inline void combine_rows(const Model& model, std::span<const double> multiplier, Combination& result) {
  const auto n = static_cast<std::size_t>(model.columns());
  result.value.assign(n, 0.0);
  result.magnitude.assign(n, 0.0);
  for (int i = 0; i < model.rows(); ++i) {
    const double y = multiplier[static_cast<std::size_t>(i)];
    if (y == 0) continue;
    for (const Term& term : model.row(i)) {
      const auto j = static_cast<std::size_t>(term.column);
      result.value[j] += y * term.coefficient;
      result.magnitude[j] += std::abs(y * term.coefficient);
    }
  }
}

inline void activities(const Model& model, std::span<const double> x, std::vector<double>& activity) {
  activity.resize(static_cast<std::size_t>(model.rows()));
  for (int i = 0; i < model.rows(); ++i) {
    double sum = 0;
    for (const Term& term : model.row(i)) sum += term.coefficient * x[static_cast<std::size_t>(term.column)];
    activity[static_cast<std::size_t>(i)] = sum;
  }
}

/// How far a value lies outside its bounds; without limit when it is not a number.
inline double outside(double value, double lower, double upper) {
  return std::isnan(value) ? infinity : std::max({0.0, lower - value, value - upper});
}

/// Residuals, and the largest of them relative to the numbers that they are differences of.
struct Conditions {
  Residuals residuals;
  double relative = 0;
  double dual_objective = 0;
};

/// The part of the optimality conditions that concerns one variable with value `x` and reduced cost `d`, which were summed up from
/// terms of the sizes given.
inline void add_conditions(double x, double x_size, double d, double d_size, double lower, double upper, Conditions& out) {
  const double violation = outside(x, lower, upper);
  out.residuals.primal = std::max(out.residuals.primal, violation);
  out.relative = std::max(out.relative, violation / (1 + x_size));
  if (d == 0) return;
  if (std::isnan(d)) out.relative = out.residuals.dual = infinity;
  const double bound = d > 0 ? lower : upper;
  if (std::isinf(bound)) {
    out.residuals.dual = std::max(out.residuals.dual, std::abs(d));
    out.relative = std::max(out.relative, std::abs(d) / (1 + d_size));
  } else {
    out.residuals.complementarity = std::max(out.residuals.complementarity, std::abs(d * (x - bound)));
    out.dual_objective += d * bound;
  }
}

/// A sum that knows how much of it may be rounding.
struct CarefulSum {
  double value = 0, magnitude = 0;

  void add(double term, double size) {
    value += term;
    magnitude += size;
  }
  /// A lower limit of its size below zero.
  [[nodiscard]] double below_zero() const { return -value - 1e-14 * magnitude; }
};

/// Adds the largest value that `multiplier * t` takes for t in [lower, upper]; an infinite one becomes a violation relative to
/// `scale`. `magnitude` is what the multiplier was summed up from.
inline void add_supremum(double multiplier, double magnitude, double scale, double lower, double upper, CarefulSum& sum,
                         double& violation) {
  if (multiplier == 0) return;
  const double bound = multiplier > 0 ? upper : lower;
  if (std::isinf(bound)) {
    violation = std::max(violation, std::abs(multiplier) / scale);
  } else {
    sum.add(multiplier * bound, magnitude * std::abs(bound));
  }
}

inline double largest_magnitude(std::span<const double> values) {
  double largest = 0;
  for (const double v : values) largest = std::max(largest, std::abs(v));
  return largest;
}

}  // namespace detail

/// Does the Farkas multiplier `ray` (one per row) prove that no x satisfies the model? With g = A' ray, every feasible x and its
/// activities s have g'x = ray's; `margin` is the amount by which the largest g'x over the column bounds stays below the smallest
/// ray's over the row bounds, divided by the largest multiplier. O(nonzeros).
[[nodiscard]] inline Certificate proves_infeasible(const Model& model, std::span<const double> ray) {
  detail::check_size("ray", ray.size(), model.rows());
  const double largest = detail::largest_magnitude(ray);
  if (!(largest > 0) || !std::isfinite(largest)) return {};
  detail::Combination combination;
  detail::combine_rows(model, ray, combination);
  Certificate result;
  detail::CarefulSum supremum;
  for (int i = 0; i < model.rows(); ++i) {
    const double y = ray[static_cast<std::size_t>(i)];
    detail::add_supremum(-y, std::abs(y), largest, model.row_lower(i), model.row_upper(i), supremum, result.violation);
  }
  for (int j = 0; j < model.columns(); ++j) {
    const auto k = static_cast<std::size_t>(j);
    detail::add_supremum(combination.value[k], combination.magnitude[k], combination.magnitude[k], model.lower(j), model.upper(j),
                         supremum, result.violation);
  }
  result.margin = supremum.below_zero() / largest;
  return result;
}

/// Does the direction `ray` (one entry per column) prove that the objective of a feasible model has no limit? `margin` is the fall
/// of the objective per unit of the largest entry; `violation` is how fast, per unit of it, some bound is approached. O(nonzeros).
[[nodiscard]] inline Certificate proves_unbounded(const Model& model, std::span<const double> ray) {
  detail::check_size("ray", ray.size(), model.columns());
  const double largest = detail::largest_magnitude(ray);
  if (!(largest > 0) || !std::isfinite(largest)) return {};
  Certificate result;
  detail::CarefulSum cost;
  const auto approach = [&](double speed, double magnitude, double lower, double upper) {
    if ((speed < 0 && std::isfinite(lower)) || (speed > 0 && std::isfinite(upper))) {
      result.violation = std::max(result.violation, std::abs(speed) / magnitude);
    }
  };
  for (int j = 0; j < model.columns(); ++j) {
    const double t = ray[static_cast<std::size_t>(j)];
    cost.add(model.cost(j) * t, std::abs(model.cost(j) * t));
    approach(t, largest, model.lower(j), model.upper(j));
  }
  for (int i = 0; i < model.rows(); ++i) {
    double speed = 0, magnitude = 0;
    for (const Term& term : model.row(i)) {
      const double part = term.coefficient * ray[static_cast<std::size_t>(term.column)];
      speed += part;
      magnitude += std::abs(part);
    }
    approach(speed, magnitude, model.row_lower(i), model.row_upper(i));
  }
  result.margin = cost.below_zero() / largest;
  return result;
}

namespace detail {

/// Work space of `verify`.
struct Verification {
  Combination combination;
  std::vector<double> activity;
  double relative = 0;  ///< of the last point: the largest residual relative to the terms it was summed up from
};

inline Residuals verify_point(const Model& model, std::span<const double> x, std::span<const double> y, Verification& work) {
  const bool has_dual = y.size() == static_cast<std::size_t>(model.rows());
  if (has_dual) combine_rows(model, y, work.combination);
  work.activity.resize(static_cast<std::size_t>(model.rows()));
  Conditions out;
  double objective = model.objective_constant();
  out.dual_objective = objective;
  for (int j = 0; j < model.columns(); ++j) {
    const auto k = static_cast<std::size_t>(j);
    objective += model.costs()[k] * x[k];
    const double d_size = has_dual ? std::abs(model.costs()[k]) + work.combination.magnitude[k] : 0.0;
    double d = has_dual ? model.costs()[k] - work.combination.value[k] : 0.0;
    // What is left of a difference of equals is no price; times a bound of 1e18 it would look like one.
    if (std::abs(d) <= 1e-14 * d_size) d = 0;
    add_conditions(x[k], std::abs(x[k]), d, d_size, model.lowers()[k], model.uppers()[k], out);
  }
  for (int i = 0; i < model.rows(); ++i) {
    const auto k = static_cast<std::size_t>(i);
    double activity = 0, size = 0;
    for (const Term& term : model.row(i)) {
      const double part = term.coefficient * x[static_cast<std::size_t>(term.column)];
      activity += part;
      size += std::abs(part);
    }
    work.activity[k] = activity;
    const double d = has_dual ? y[k] : 0.0;
    add_conditions(activity, size, d, std::abs(d), model.row_lowers()[k], model.row_uppers()[k], out);
  }
  out.residuals.complementarity /= 1 + std::abs(objective);
  out.residuals.gap = has_dual ? std::abs(objective - out.dual_objective) / (1 + std::abs(objective)) : 0.0;
  work.relative = std::isfinite(objective) && std::isfinite(out.residuals.gap) ? out.relative : infinity;
  return out.residuals;
}

inline Residuals verify(const Model& model, const Solution& solution, Verification& work) {
  if (solution.status == Status::infeasible) {
    const Certificate certificate = proves_infeasible(model, solution.ray);
    return {.dual = certificate.violation, .gap = certificate.holds() ? 0.0 : 1.0};
  }
  check_size("solution.primal", solution.primal.size(), model.columns());
  if (solution.status == Status::unbounded) {
    const Certificate certificate = proves_unbounded(model, solution.ray);
    const double primal = verify_point(model, solution.primal, {}, work).primal;
    return {.primal = std::max(primal, certificate.violation), .gap = certificate.holds() ? 0.0 : 1.0};
  }
  if (solution.status == Status::optimal) check_size("solution.dual", solution.dual.size(), model.rows());
  return verify_point(model, solution.primal, solution.dual, work);
}

}  // namespace detail

/// Recomputes the residuals of `solution` from its `primal`, `dual` and `ray` alone, on the model as it is. O(nonzeros).
[[nodiscard]] inline Residuals verify(const Model& model, const Solution& solution) {
  detail::Verification work;
  return detail::verify(model, solution, work);
}

}  // namespace kilter::lp
