#pragma once
/// @file
/// GLPK as an `LpSolver`, for comparison. The only header that includes glpk.h; GLPK is under the GPL and is never needed by the
/// rest.

#include <algorithm>
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
  bool scale = true;                            ///< geometric scaling, rounded to powers of two
  int iteration_limit = 0;                      ///< 0: none
  std::chrono::duration<double> time_limit{0};  ///< 0: none; rounded up to milliseconds
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

// GLPK's variables are the rows 1 … m and then the columns m + 1 … m + n; its system is row_i − a_i x = 0.

/// The multipliers y of the rows in B'y = c, for costs `c` of the basic variables in the order of the basis.
inline std::vector<double> glpk_multipliers(glp_prob* problem, std::vector<double> costs) {
  glp_btran(problem, costs.data());
  return {costs.begin() + 1, costs.end()};
}

/// From the basis in which the simplex method stopped: the multipliers of the sum of all infeasibilities, which prove something
/// where the primal method stopped, or those of the one row at which the dual method stopped. Empty where neither is a proof.
inline std::vector<double> glpk_farkas_ray(glp_prob* problem, const Model& model, const Solution& solution) {
  const int m = model.rows();
  if (m == 0 || (!glp_bf_exists(problem) && glp_factorize(problem) != 0)) return {};
  std::vector<double> all(static_cast<std::size_t>(m) + 1), one(all);
  const int blocking = glp_get_unbnd_ray(problem);
  for (int k = 1; k <= m; ++k) {
    const int variable = glp_get_bhead(problem, k);
    const bool is_row = variable <= m;
    const int index = is_row ? variable - 1 : variable - m - 1;
    const double value = (is_row ? solution.row_activity : solution.primal)[static_cast<std::size_t>(index)];
    const double lower = is_row ? model.row_lower(index) : model.lower(index);
    const double upper = is_row ? model.row_upper(index) : model.upper(index);
    const auto slot = static_cast<std::size_t>(k);
    if (value < lower - 1e-9 * (1 + std::abs(lower))) all[slot] = -1;
    if (value > upper + 1e-9 * (1 + std::abs(upper))) all[slot] = 1;
    one[slot] = variable == blocking ? 1 : 0;
  }
  for (const auto& costs : {one, all}) {
    std::vector<double> ray = glpk_multipliers(problem, costs);
    for (int turn = 0; turn < 2; ++turn) {
      if (proves_infeasible(model, ray).holds()) return ray;
      for (double& y : ray) y = -y;
    }
  }
  return {};
}

/// The direction of the column of the tableau at which the primal method stopped; empty where it proves nothing.
inline std::vector<double> glpk_primal_ray(glp_prob* problem, const Model& model) {
  const int m = model.rows(), n = model.columns(), entering = glp_get_unbnd_ray(problem);
  if (entering == 0 || (!glp_bf_exists(problem) && glp_factorize(problem) != 0)) return {};
  std::vector<double> ray(static_cast<std::size_t>(n));
  const auto set = [&](int variable, double value) {
    if (variable > m) ray[static_cast<std::size_t>(variable - m - 1)] = value;
  };
  const bool basic = (entering <= m ? glp_get_row_stat(problem, entering) : glp_get_col_stat(problem, entering - m)) == GLP_BS;
  if (basic) return {};
  std::vector<int> index(static_cast<std::size_t>(m) + 1);
  std::vector<double> value(index.size());
  const int count = glp_eval_tab_col(problem, entering, index.data(), value.data());
  set(entering, 1);
  for (std::size_t k = 1; k <= static_cast<std::size_t>(count); ++k) set(index[k], value[k]);
  for (int turn = 0; turn < 2; ++turn) {
    if (proves_unbounded(model, ray).holds()) return ray;
    for (double& t : ray) t = -t;
  }
  return {};
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
  if (status == Status::infeasible) solution.ray = glpk_farkas_ray(problem, model, solution);
  if (status == Status::unbounded) solution.ray = glpk_primal_ray(problem, model);
  if (status == Status::optimal || !solution.ray.empty()) solution.residuals = verify(model, solution);
  return solution;
}

/// Nothing of GLPK's is printed while this lives.
class GlpkSilence {
 public:
  GlpkSilence() : before_(glp_term_out(GLP_OFF)) {}
  ~GlpkSilence() { glp_term_out(before_); }
  GlpkSilence(const GlpkSilence&) = delete;
  GlpkSilence& operator=(const GlpkSilence&) = delete;

 private:
  int before_;
};

}  // namespace detail

/// GLPK's simplex method as an `LpSolver`.
///
/// GLPK keeps its state per thread, and what a thread has made must be freed by it; each call makes and frees its own problem, so
/// that a `Glpk` may be used from any thread, but a thread that has used it keeps GLPK's environment until `glp_free_env`.
/// Rays are worked out from GLPK's last basis and handed on only where `proves_infeasible` or `proves_unbounded` holds: they are
/// missing where its presolver decided, and where the basis proves nothing. Its own allocations end the program when memory runs
/// out.
struct Glpk {
  GlpkOptions options{};

  /// Throws `std::invalid_argument` for a `start` of another shape; a singular one is replaced by the slack basis.
  [[nodiscard]] Solution solve(const Model& model, const Basis* start = nullptr) const {
    if (start != nullptr) {
      detail::check_size("start->columns", start->columns.size(), model.columns());
      detail::check_size("start->rows", start->rows.size(), model.rows());
    }
    const detail::GlpkSilence silence;
    const auto problem = detail::to_glpk(model);
    if (options.scale) glp_scale_prob(problem.get(), GLP_SF_GM | GLP_SF_EQ | GLP_SF_2N | GLP_SF_SKIP);
    if (start != nullptr) detail::set_glpk_basis(problem.get(), model, *start);
    int code = run(problem.get(), options.dual);
    if (code == GLP_EBADB || code == GLP_ESING || code == GLP_ECOND) {
      glp_std_basis(problem.get());
      code = run(problem.get(), options.dual);
    }
    if (options.dual && code == 0 && stopped_short(problem.get())) code = run(problem.get(), false);
    return detail::read_glpk(problem.get(), model, detail::status_from_glpk(problem.get(), code));
  }

 private:
  /// The dual method ends without a verdict, or without a direction, where no basis is dual feasible.
  static bool stopped_short(glp_prob* problem) {
    const int status = glp_get_status(problem);
    return status == GLP_UNDEF || status == GLP_INFEAS || status == GLP_FEAS ||
           (status == GLP_UNBND && glp_get_unbnd_ray(problem) == 0);
  }
  int run(glp_prob* problem, bool dual) const {
    glp_smcp parameters;
    glp_init_smcp(&parameters);
    parameters.msg_lev = GLP_MSG_OFF;
    parameters.presolve = options.presolve ? GLP_ON : GLP_OFF;
    parameters.meth = dual ? GLP_DUALP : GLP_PRIMAL;
    if (options.iteration_limit > 0) parameters.it_lim = options.iteration_limit;
    const double milliseconds = std::ceil(1e3 * options.time_limit.count());
    if (milliseconds > 0) parameters.tm_lim = static_cast<int>(std::min(milliseconds, 2e9));
    return glp_simplex(problem, &parameters);
  }
};

}  // namespace kilter::lp
