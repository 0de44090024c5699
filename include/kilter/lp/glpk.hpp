#pragma once
/// @file
/// GLPK as an `LpSolver`, for comparison. The only header that includes glpk.h; GLPK is under the GPL and is never needed by the
/// rest.

#include <chrono>
#include <cmath>
#include <cstddef>
#include <memory>
#include <vector>

#include <glpk.h>

#include "kilter/core/contract.hpp"
#include "kilter/core/status.hpp"
#include "kilter/lp/model.hpp"
#include "kilter/lp/solution.hpp"

namespace kilter::lp {

/// Options of GLPK's simplex method.
struct GlpkOptions {
  bool presolve = false;                        ///< gives no basis or ray when it finds the program infeasible itself
  bool dual = false;                            ///< dual method first, primal when it fails
  int iteration_limit = 0;                      ///< 0: none
  std::chrono::duration<double> time_limit{0};  ///< 0: none
};

namespace detail {

struct GlpkDelete {
  void operator()(glp_prob* problem) const { glp_delete_prob(problem); }
};
using GlpkProblem = std::unique_ptr<glp_prob, GlpkDelete>;

inline int glpk_bound_kind(double lower, double upper) {
  if (lower == upper) return GLP_FX;
  if (std::isinf(lower)) return std::isinf(upper) ? GLP_FR : GLP_UP;
  return std::isinf(upper) ? GLP_LO : GLP_DB;
}
inline double finite_or_zero(double value) { return std::isfinite(value) ? value : 0.0; }

inline GlpkProblem to_glpk(const Model& model) {
  GlpkProblem problem(glp_create_prob());
  if (model.rows() > 0) glp_add_rows(problem.get(), model.rows());
  if (model.columns() > 0) glp_add_cols(problem.get(), model.columns());
  glp_set_obj_coef(problem.get(), 0, model.objective_constant());
  for (int j = 0; j < model.columns(); ++j) {
    const double lower = model.lower(j), upper = model.upper(j);
    glp_set_obj_coef(problem.get(), j + 1, model.cost(j));
    glp_set_col_bnds(problem.get(), j + 1, glpk_bound_kind(lower, upper), finite_or_zero(lower), finite_or_zero(upper));
  }
  std::vector<int> index;
  std::vector<double> value;
  for (int i = 0; i < model.rows(); ++i) {
    const double lower = model.row_lower(i), upper = model.row_upper(i);
    glp_set_row_bnds(problem.get(), i + 1, glpk_bound_kind(lower, upper), finite_or_zero(lower), finite_or_zero(upper));
    index.assign(1, 0);
    value.assign(1, 0);
    for (const Term& term : model.row(i)) {
      index.push_back(term.column + 1);
      value.push_back(term.coefficient);
    }
    glp_set_mat_row(problem.get(), i + 1, static_cast<int>(index.size()) - 1, index.data(), value.data());
  }
  return problem;
}

inline int to_glpk(VariableStatus status, double lower, double upper) {
  if (status == VariableStatus::basic) return GLP_BS;
  if (lower == upper) return GLP_NS;
  if (std::isinf(lower) && std::isinf(upper)) return GLP_NF;
  if (status == VariableStatus::at_upper ? std::isfinite(upper) : std::isinf(lower)) return GLP_NU;
  return GLP_NL;
}
inline VariableStatus from_glpk(int status) {
  switch (status) {
    case GLP_BS: return VariableStatus::basic;
    case GLP_NU: return VariableStatus::at_upper;
    case GLP_NF: return VariableStatus::free_nonbasic;
    default: return VariableStatus::at_lower;
  }
}

inline Status status_from_glpk(glp_prob* problem, int code) {
  if (code == GLP_ETMLIM) return Status::time_limit;
  if (code == GLP_EITLIM) return Status::iteration_limit;
  if (code == GLP_ENOPFS) return Status::infeasible;
  if (code == GLP_ENODFS) return Status::unbounded;
  switch (glp_get_status(problem)) {
    case GLP_OPT: return Status::optimal;
    case GLP_FEAS: return Status::feasible;
    case GLP_NOFEAS: return Status::infeasible;
    case GLP_UNBND: return Status::unbounded;
    default: return Status::numerical_failure;
  }
}

inline void set_glpk_basis(glp_prob* problem, const Model& model, const Basis& basis) {
  for (int j = 0; j < model.columns(); ++j) {
    glp_set_col_stat(problem, j + 1, to_glpk(basis.columns[static_cast<std::size_t>(j)], model.lower(j), model.upper(j)));
  }
  for (int i = 0; i < model.rows(); ++i) {
    glp_set_row_stat(problem, i + 1, to_glpk(basis.rows[static_cast<std::size_t>(i)], model.row_lower(i), model.row_upper(i)));
  }
}

inline Solution read_glpk(glp_prob* problem, const Model& model, Status status) {
  Solution solution;
  solution.status = status;
  solution.objective = glp_get_obj_val(problem);
  for (int j = 1; j <= model.columns(); ++j) {
    solution.primal.push_back(glp_get_col_prim(problem, j));
    solution.reduced_cost.push_back(glp_get_col_dual(problem, j));
    solution.basis.columns.push_back(from_glpk(glp_get_col_stat(problem, j)));
  }
  for (int i = 1; i <= model.rows(); ++i) {
    solution.row_activity.push_back(glp_get_row_prim(problem, i));
    solution.dual.push_back(glp_get_row_dual(problem, i));
    solution.basis.rows.push_back(from_glpk(glp_get_row_stat(problem, i)));
  }
  solution.iterations = static_cast<std::size_t>(glp_get_it_cnt(problem));
  if (status == Status::optimal) solution.residuals = verify(model, solution);
  return solution;
}

}  // namespace detail

/// GLPK's simplex method as an `LpSolver`. No rays are given. GLPK keeps state per thread; each call makes and frees its own
/// problem.
struct Glpk {
  GlpkOptions options{};

  [[nodiscard]] Solution solve(const Model& model, const Basis* start = nullptr) const {
    const int terminal = glp_term_out(GLP_OFF);
    const auto problem = detail::to_glpk(model);
    if (start != nullptr) {
      detail::check_size("start->columns", start->columns.size(), model.columns());
      detail::check_size("start->rows", start->rows.size(), model.rows());
      detail::set_glpk_basis(problem.get(), model, *start);
    }
    int code = run(problem.get());
    if (code == GLP_EBADB || code == GLP_ESING || code == GLP_ECOND) {
      glp_std_basis(problem.get());
      code = run(problem.get());
    }
    glp_term_out(terminal);
    return detail::read_glpk(problem.get(), model, detail::status_from_glpk(problem.get(), code));
  }

 private:
  int run(glp_prob* problem) const {
    glp_smcp parameters;
    glp_init_smcp(&parameters);
    parameters.msg_lev = GLP_MSG_OFF;
    parameters.presolve = options.presolve ? GLP_ON : GLP_OFF;
    parameters.meth = options.dual ? GLP_DUALP : GLP_PRIMAL;
    if (options.iteration_limit > 0) parameters.it_lim = options.iteration_limit;
    if (options.time_limit.count() > 0) parameters.tm_lim = static_cast<int>(std::ceil(1e3 * options.time_limit.count()));
    return glp_simplex(problem, &parameters);
  }
};

}  // namespace kilter::lp
