#pragma once
/// A row per instance, and what all of them come to.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <ostream>
#include <string>
#include <vector>

#include "../common.hpp"
#include "kilter/core/text.hpp"
#include "kilter/telemetry/csv.hpp"

namespace kilter::bench {

/// What a run says of one instance. `unknown` is written as NA.
struct Row {
  std::string name;
  int rows = 0, columns = 0;
  std::size_t nonzeros = 0;
  std::string status;
  double objective = unknown, relative_error = unknown, primal_residual = unknown, dual_residual = unknown;
  std::size_t iterations = 0;
  double seconds = unknown, peer_objective = unknown, peer_seconds = unknown;
  double certify_seconds = unknown;
  std::vector<std::string> extra{};  ///< cells of the columns that were asked for
  bool solved = false;               ///< answered, and nothing known speaks against the answer
};

/// |objective − optimum| relative to the optimum. Some tables leave the constant of the objective out, as Netlib's does of e226:
/// the nearer of both readings counts.
inline double relative_error(double objective, double constant, double optimum) {
  const double scale = optimum == 0 ? 1 : std::abs(optimum);
  return std::min(std::abs(objective - optimum), std::abs(objective - constant - optimum)) / scale;
}

/// Seconds to a nanosecond: a clock gives no more.
inline std::string seconds_cell(double value) { return cell(value, 9); }

/// `extra`: names of the columns that were asked for, each with a comma before it.
inline void write_header(std::ostream& out, const std::string& extra = {}) {
  out << "name,rows,columns,nonzeros,status,objective,relative_error,primal_residual,dual_residual,iterations,seconds,"
         "peer_objective,peer_seconds"
      << extra << '\n';
}

inline void write_row(std::ostream& out, const Row& r) {
  out << telemetry::csv_cell(r.name) << ',' << r.rows << ',' << r.columns << ',' << r.nonzeros << ',' << r.status << ','
      << cell(r.objective) << ',' << cell(r.relative_error) << ',' << cell(r.primal_residual) << ',' << cell(r.dual_residual) << ','
      << r.iterations << ',' << seconds_cell(r.seconds) << ',' << cell(r.peer_objective) << ',' << seconds_cell(r.peer_seconds);
  for (const std::string& value : r.extra) out << ',' << value;
  out << std::endl;  // rows appear as they are found: some take minutes
}

/// exp(mean(log(t + shift))) − shift: the shift keeps the shortest times from deciding.
inline double shifted_mean(const std::vector<double>& times, double shift) {
  double sum = 0;
  for (const double t : times) sum += std::log(t + shift);
  return times.empty() ? unknown : std::exp(sum / static_cast<double>(times.size())) - shift;
}

inline std::string milliseconds(double seconds) { return std::isnan(seconds) ? "NA" : fixed(1e3 * seconds, 3) + " ms"; }

/// The last lines: how many were solved, their shifted geometric means, and where there is a peer the ratio to it on the instances
/// that both have finished.
inline void write_summary(std::ostream& out, const std::vector<Row>& rows) {
  std::vector<double> solved, ours, theirs;
  std::size_t faster = 0;
  double total = 0;
  for (const Row& r : rows) {
    if (!r.solved) continue;
    solved.push_back(r.seconds);
    total += r.seconds;
    if (std::isnan(r.peer_seconds)) continue;
    ours.push_back(r.seconds);
    theirs.push_back(r.peer_seconds);
    if (r.seconds < r.peer_seconds) ++faster;
  }
  out << "solved " << solved.size() << " of " << rows.size() << ", " << fixed(total, 3) << " s\n";
  for (const double shift : {10e-3, 1e-3}) {
    out << "shifted geometric mean, " << fixed(1e3 * shift, 0) << " ms: " << milliseconds(shifted_mean(solved, shift)) << '\n';
  }
  if (theirs.empty()) return;
  for (const double shift : {10e-3, 1e-3}) {
    const double a = shifted_mean(ours, shift), b = shifted_mean(theirs, shift);
    out << "ratio to the peer, " << fixed(1e3 * shift, 0) << " ms: " << fixed(a / b, 3) << " (" << milliseconds(a) << " to "
        << milliseconds(b) << ")\n";
  }
  out << "faster than the peer on " << faster << " of " << theirs.size() << '\n';
}

/// What the exact proofs cost, where there are any.
inline void write_certify_summary(std::ostream& out, const std::vector<Row>& rows) {
  double solve = 0, proof = 0, logs = 0, sum = 0;
  std::size_t count = 0;
  for (const Row& r : rows) {
    if (std::isnan(r.certify_seconds)) continue;
    solve += r.seconds;
    proof += r.certify_seconds;
    sum += r.certify_seconds / r.seconds;
    logs += std::log(r.certify_seconds / r.seconds);
    ++count;
  }
  if (count == 0) return;
  const auto n = static_cast<double>(count);
  out << "exact proofs: " << fixed(proof / solve, 2) << " times the solve in total, " << fixed(sum / n, 2) << " in the mean, "
      << fixed(std::exp(logs / n), 2) << " in the geometric mean, of " << count << '\n';
}

}  // namespace kilter::bench
