#pragma once
/// Exact proofs of answers, by GMP.

#include <sstream>
#include <string>

#include <gmpxx.h>

#include "clock.hpp"
#include "kilter/lp/certify.hpp"
#include "report.hpp"

namespace kilter::bench {

/// A rational number to thirty digits.
inline std::string thirty_digits(const mpq_class& value) {
  std::ostringstream out;
  out.precision(30);
  out << mpf_class(value, 256);
  return out.str();
}

/// Fills in `certified`, `certify_seconds` and `exact_objective`; whether the answer was proven. The numbers are read as the
/// decimals that stand in the file. `sense` is −1 for a program to be maximised.
inline bool certify_row(const lp::Model& model, const lp::Solution& solution, double time_limit, int sense, Row& row) {
  lp::CertifyOptions options{.reading = lp::Reading::decimal};
  if (time_limit > 0) options.budget.time_limit = Duration{time_limit};
  lp::Certification proof;
  row.certify_seconds = best_seconds(1, [&] { proof = lp::certify(model, solution, options); });
  const bool proven = (proof.verdict == lp::Verdict::optimal && solution.status == Status::optimal) ||
                      (proof.verdict == lp::Verdict::infeasible && solution.status == Status::infeasible) ||
                      (proof.verdict == lp::Verdict::unbounded && solution.status == Status::unbounded);
  row.extra.push_back(std::string{name(proof.verdict)} + (proof.rounds > 0 ? ", mended" : ""));
  row.extra.back() = telemetry::csv_cell(row.extra.back());
  row.extra.push_back(seconds_cell(row.certify_seconds));
  const mpq_class objective = sense < 0 ? mpq_class(-proof.objective) : proof.objective;
  row.extra.push_back(proof.verdict == lp::Verdict::optimal ? thirty_digits(objective) : "NA");
  return proven;
}

}  // namespace kilter::bench
