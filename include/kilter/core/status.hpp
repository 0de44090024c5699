#pragma once
/// @file
/// `Status`: how a long operation ended. Outcomes are values; only misuse throws.

#include <cstdint>
#include <string_view>

namespace kilter {

enum class Status : std::uint8_t {
  optimal,            ///< proven best
  feasible,           ///< a valid answer without a proof that it is best; a fit that converged
  infeasible,         ///< proven that no answer exists
  unbounded,          ///< proven that the objective has no limit
  time_limit,         ///< stopped by the time limit; the best so far is returned
  iteration_limit,    ///< stopped by the limit on iterations; the best so far is returned
  cancelled,          ///< stopped by the `std::stop_token`; the best so far is returned
  numerical_failure,  ///< the arithmetic could not be trusted; nothing else is claimed
};

[[nodiscard]] constexpr std::string_view name(Status status) {
  switch (status) {
    case Status::optimal: return "optimal";
    case Status::feasible: return "feasible";
    case Status::infeasible: return "infeasible";
    case Status::unbounded: return "unbounded";
    case Status::time_limit: return "time limit";
    case Status::iteration_limit: return "iteration limit";
    case Status::cancelled: return "cancelled";
    case Status::numerical_failure: return "numerical failure";
  }
  return "unknown";
}

/// True when the result carries an answer that was finished on its own terms.
[[nodiscard]] constexpr bool ok(Status status) { return status == Status::optimal || status == Status::feasible; }

}  // namespace kilter
