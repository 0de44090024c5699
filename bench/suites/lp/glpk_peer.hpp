#pragma once
/// GLPK on the same program: `glp_simplex` alone is timed, with its presolver and its primal method, its fastest in general.

#include <algorithm>
#include <chrono>
#include <cmath>

#include <glpk.h>

#include "clock.hpp"
#include "kilter/core/status.hpp"
#include "kilter/lp/glpk.hpp"
#include "kilter/lp/model.hpp"
#include "report.hpp"

namespace kilter::bench {

/// Fills in `peer_objective` and `peer_seconds`; the latter stays unknown where GLPK comes to no end within the limit (0: none).
inline void run_glpk(const lp::Model& model, double time_limit, std::size_t repeats, Row& row) {
  glp_term_out(GLP_OFF);
  const auto problem = lp::detail::to_glpk(model);
  glp_smcp parameters;
  glp_init_smcp(&parameters);
  parameters.msg_lev = GLP_MSG_OFF;
  parameters.presolve = GLP_ON;
  if (time_limit > 0) parameters.tm_lim = static_cast<int>(std::min(std::ceil(1e3 * time_limit), 2e9));
  int code = 0;
  // The presolver starts from nothing each time, so that one problem can be solved again and again.
  const double seconds = best_seconds(repeats, [&] { code = glp_simplex(problem.get(), &parameters); });
  const Status status = lp::detail::status_from_glpk(problem.get(), code);
  if (status == Status::optimal) row.peer_objective = glp_get_obj_val(problem.get());
  if (status == Status::optimal || status == Status::infeasible || status == Status::unbounded) row.peer_seconds = seconds;
}

}  // namespace kilter::bench
