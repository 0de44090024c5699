#pragma once
/// @file
/// The results as numbers: the table on the terminal, result.json, and CSV files.

#include <filesystem>
#include <ostream>
#include <string>

#include "kilter/telemetry/workload.hpp"
#include "policies.hpp"
#include "scenario.hpp"

namespace week {

/// What the week was made from, for the record.
struct Source {
  std::string name;  ///< the data folder's name, or "synthetic"
  double scale = 1;
  std::uint64_t seed = 1;
  double quantile = 0.9;
  kilter::telemetry::Repairs repairs{};
};

/// How much dearer than the oracle, in percent of the oracle's total.
double gap_to_oracle(const WeekResult& result, const PolicyResult& policy);

void print_table(std::ostream& out, const WeekResult& result);

/// Writes result.json, hours.csv, jobs.csv, plans.csv, events.csv and metrics.prom; throws std::runtime_error naming a file that
/// cannot be written.
void write_results(const std::filesystem::path& folder, const Source& source, const Scenario& scenario, const WeekResult& result);

}  // namespace week
