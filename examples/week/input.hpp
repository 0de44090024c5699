#pragma once
/// @file
/// Reads a folder of telemetry for the main job: demand, jobs and the surroundings of the sites.

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/error.hpp"
#include "kilter/core/text.hpp"
#include "kilter/core/units.hpp"
#include "kilter/telemetry/jobs_csv.hpp"
#include "kilter/telemetry/resample.hpp"
#include "kilter/telemetry/series_csv.hpp"
#include "kilter/telemetry/workload.hpp"

namespace week {

namespace telemetry = kilter::telemetry;

namespace detail {

inline constexpr std::size_t fewest_hours = 8 * 24;  // a day to learn from and seven to plan
inline constexpr const char* demand_file = "inference_demand.csv";
inline constexpr const char* price_file = "price_usd_per_mwh.csv";

[[noreturn]] inline void refuse(const std::string& file, const std::string& message, std::size_t line = 0) {
  KILTER_THROW(kilter::ParseError(kilter::Position{file, line, 0}, message));
}

inline std::ifstream open(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) refuse(path.string(), "no such file");
  if (std::filesystem::is_directory(path, error)) refuse(path.string(), "is a folder, and a file is wanted");
  std::ifstream in(path, std::ios::binary);
  if (!in) refuse(path.string(), "cannot be opened");
  return in;
}

/// Reads one file of hourly series and fills what is missing, counting it.
inline telemetry::SeriesTable read_hourly(const std::filesystem::path& path, std::vector<std::string> required, bool allow_negative,
                                          telemetry::GapFill fill) {
  auto in = open(path);
  const std::string file = path.string();
  auto table = telemetry::read_series_csv(in, file,
                                          {.required = std::move(required),
                                           .allow_negative = allow_negative,
                                           .largest = 1e12,
                                           .max_gap = 24,
                                           .step = kilter::units::h});
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    auto& series = table.columns[c];
    if (kilter::count_missing(series.values) == series.size()) refuse(file, table.names[c] + ": every value is missing", 1);
    auto result = telemetry::fill_gaps(series, fill, 24);
    series = std::move(result.series);
    table.repairs.filled += result.filled;
  }
  return table;
}

inline std::string span_text(const kilter::Series& series) {
  return std::to_string(series.size()) + " hours from " + to_string(series.start);
}

inline void check_calendar(const std::filesystem::path& path, const telemetry::SeriesTable& table, const kilter::Series& demand) {
  const auto& series = table.columns.front();
  if (series.start != demand.start || series.size() != demand.size()) {
    refuse(path.string(), "time: covers " + span_text(series) + ", but " + demand_file + " covers " + span_text(demand));
  }
}

/// Reads one file of the sites' surroundings; its columns must be the sites, in any order.
inline telemetry::SeriesTable read_sites(const std::filesystem::path& path, const std::vector<std::string>& sites,
                                         bool allow_negative, telemetry::GapFill fill, const kilter::Series& demand) {
  auto table = read_hourly(path, sites, allow_negative, fill);
  if (table.columns.empty()) refuse(path.string(), "no column for a site beside 'time'", 1);
  for (const auto& name : table.names) {
    const bool known = sites.empty() || std::find(sites.begin(), sites.end(), name) != sites.end();
    if (!known) refuse(path.string(), "column '" + name + "' is no site of " + price_file, 1);
  }
  check_calendar(path, table, demand);
  return table;
}

}  // namespace detail

/// Reads `inference_demand.csv` (time, requests, gpu_seconds), `jobs.csv` (submit_s, duration_s, gpus, virtual_cluster),
/// `price_usd_per_mwh.csv`, `carbon_g_per_kwh.csv` and `temperature_c.csv` (time and one column for each site), all hourly.
///
/// Up to 24 absent hours in a row and missing values are repaired and counted: demand, price and carbon by the mean of the same
/// hour on the nearest days before and after (`GapFill::seasonal`, 24), temperature on a line between its neighbours. A
/// `kilter::ParseError` names the file, and the line and field where there is one, for everything else: a missing folder or file,
/// sites that differ between the files, calendars that differ, fewer than eight days, a job submitted after the end.
[[nodiscard]] inline telemetry::Workload read_folder(const std::filesystem::path& folder) {
  using telemetry::GapFill;
  std::error_code error;
  if (!std::filesystem::exists(folder, error)) detail::refuse(folder.string(), "no such folder");
  if (!std::filesystem::is_directory(folder, error)) detail::refuse(folder.string(), "is not a folder");

  auto demand = detail::read_hourly(folder / detail::demand_file, {"requests", "gpu_seconds"}, false, GapFill::seasonal);
  telemetry::Workload out;
  out.requests = demand.column("requests");
  out.gpu_seconds = demand.column("gpu_seconds");
  if (out.requests.size() < detail::fewest_hours) {
    detail::refuse((folder / detail::demand_file).string(), "covers " + detail::span_text(out.requests) + "; at least " +
                                                                std::to_string(detail::fewest_hours) +
                                                                " are needed (a day of history and seven to plan)");
  }
  const kilter::Seconds horizon = out.requests.end() - out.requests.start;
  auto job_stream = detail::open(folder / "jobs.csv");
  out.jobs = telemetry::read_jobs_csv(job_stream, (folder / "jobs.csv").string(), {.horizon = horizon}).jobs;

  const auto price = detail::read_sites(folder / detail::price_file, {}, true, GapFill::seasonal, out.requests);
  const auto carbon = detail::read_sites(folder / "carbon_g_per_kwh.csv", price.names, false, GapFill::seasonal, out.requests);
  const auto temperature = detail::read_sites(folder / "temperature_c.csv", price.names, true, GapFill::linear, out.requests);
  for (const auto& name : price.names)
    out.sites.push_back({name, price.column(name), carbon.column(name), temperature.column(name)});
  out.repairs += demand.repairs;
  for (const auto* table : {&price, &carbon, &temperature}) out.repairs += table->repairs;
  telemetry::check(out);
  return out;
}

}  // namespace week
