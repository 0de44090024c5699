#pragma once
/// Why an infeasible instance is infeasible.

#include <string>

#include "clock.hpp"
#include "kilter/lp/infeasibility.hpp"
#include "report.hpp"

namespace kilter::bench {

/// Fills in `iis_rows`, `iis_bounds` and `iis_seconds`; false where no irreducible subsystem was found or its ray proves nothing.
inline bool subsystem_row(const lp::Model& model, const lp::Solution& solution, const lp::Options& options, Row& row) {
  if (solution.status != Status::infeasible) {
    row.extra.insert(row.extra.end(), 3, "NA");
    return true;
  }
  lp::InfeasibleSubsystem found;
  const double seconds = best_seconds(1, [&] { found = lp::irreducible_infeasible_subsystem(model, solution, options); });
  row.extra.push_back(std::to_string(found.rows.size()));
  row.extra.push_back(std::to_string(found.columns.size()));
  row.extra.push_back(seconds_cell(seconds));
  return found.status == Status::infeasible && found.irreducible && found.proof.holds();
}

}  // namespace kilter::bench
