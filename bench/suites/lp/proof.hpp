#pragma once
/// Is an answer what it says it is? Recomputed from the model and the answer's vectors alone.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "kilter/core/status.hpp"
#include "kilter/core/text.hpp"
#include "kilter/lp/model.hpp"
#include "kilter/lp/solution.hpp"

namespace kilter::bench {

/// How large an answer's residuals may be: relative to 1 + the largest finite bound (primal) or cost (dual) of the model.
struct ProofLimits {
  double residual = 1e-7;
  double gap = 1e-8;
};

inline double largest_finite(std::span<const double> values) {
  double largest = 0;
  for (const double v : values) {
    if (std::isfinite(v)) largest = std::max(largest, std::abs(v));
  }
  return largest;
}

/// The largest relative difference between `claimed` and the sums it claims to be, each term of which was rounded.
inline double activity_error(const lp::Model& model, const lp::Solution& solution) {
  double worst = 0;
  for (int i = 0; i < model.rows(); ++i) {
    long double sum = 0, magnitude = 1;
    for (const lp::Term& term : model.row(i)) {
      const long double part = static_cast<long double>(term.coefficient) * solution.primal[static_cast<std::size_t>(term.column)];
      sum += part;
      magnitude += std::abs(part);
    }
    worst = std::max(worst, static_cast<double>(std::abs(sum - solution.row_activity[static_cast<std::size_t>(i)]) / magnitude));
  }
  return worst;
}

inline double objective_error(const lp::Model& model, const lp::Solution& solution) {
  long double sum = model.objective_constant(), magnitude = 1;
  for (int j = 0; j < model.columns(); ++j) {
    const long double part = static_cast<long double>(model.cost(j)) * solution.primal[static_cast<std::size_t>(j)];
    sum += part;
    magnitude += std::abs(part);
  }
  return static_cast<double>(std::abs(sum - solution.objective) / magnitude);
}

/// A basis has as many basic variables as the model has rows, and what is not basic stands at the bound that is claimed.
inline bool basis_fits(const lp::Model& model, const lp::Solution& solution, double tolerance) {
  int basic = 0;
  bool fits = true;
  const auto look = [&](lp::VariableStatus status, double value, double lower, double upper) {
    const double slack = tolerance * (1 + std::abs(value));
    if (status == lp::VariableStatus::basic) ++basic;
    if (status == lp::VariableStatus::at_lower) fits = fits && std::abs(value - lower) <= slack;
    if (status == lp::VariableStatus::at_upper) fits = fits && std::abs(value - upper) <= slack;
  };
  const auto& basis = solution.basis;
  if (basis.columns.size() != solution.primal.size() || basis.rows.size() != solution.row_activity.size()) return false;
  for (int j = 0; j < model.columns(); ++j) {
    look(basis.columns[static_cast<std::size_t>(j)], solution.primal[static_cast<std::size_t>(j)], model.lower(j), model.upper(j));
  }
  for (int i = 0; i < model.rows(); ++i) {
    const auto k = static_cast<std::size_t>(i);
    look(basis.rows[k], solution.row_activity[k], model.row_lower(i), model.row_upper(i));
  }
  return fits && basic == model.rows();
}

/// Nothing, or why the proof of an answer does not hold.
inline std::string why_unproven(const lp::Model& model, const lp::Solution& solution, const ProofLimits& limits = {}) {
  const auto over = [](const char* what, double value) { return std::string{what} + " " + to_string(value); };
  const lp::Residuals found = lp::verify(model, solution);
  if (solution.status == Status::infeasible) return found.gap == 0 ? "" : over("the ray proves nothing, violation", found.dual);
  if (solution.status == Status::unbounded && found.gap != 0) return over("the ray proves nothing, violation", found.primal);
  const double bounds = 1 + std::max({largest_finite(model.lowers()), largest_finite(model.uppers()),
                                      largest_finite(model.row_lowers()), largest_finite(model.row_uppers())});
  if (!(found.primal <= limits.residual * bounds)) return over("primal residual", found.primal);
  if (solution.status != Status::optimal) return "";
  if (!(found.dual <= limits.residual * (1 + largest_finite(model.costs())))) return over("dual residual", found.dual);
  if (!(found.gap <= limits.gap)) return over("gap", found.gap);
  if (!(objective_error(model, solution) <= 1e-12))
    return over("objective is not the cost of the point:", objective_error(model, solution));
  if (!(activity_error(model, solution) <= 1e-12)) return over("row activities are not A x:", activity_error(model, solution));
  return basis_fits(model, solution, 1e-6) ? "" : "the basis does not fit the point";
}

}  // namespace kilter::bench
