#pragma once
/// @file
/// The page that a person reads: what was forecast, planned and done, what it cost under each policy, and why.

#include <filesystem>

#include "output.hpp"
#include "policies.hpp"
#include "scenario.hpp"

namespace week {

/// Writes one self-contained HTML page.
void write_report(const std::filesystem::path& file, const Source& source, const Scenario& scenario, const WeekResult& result);

}  // namespace week
