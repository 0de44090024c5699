#pragma once
/// @file
/// `Workload`: what is asked of a data centre and what its sites' grids and weather do meanwhile; the whole pipeline starts from
/// it.

#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/series.hpp"
#include "kilter/core/time.hpp"
#include "kilter/telemetry/jobs_csv.hpp"
#include "kilter/telemetry/series_csv.hpp"

namespace kilter::telemetry {

/// What surrounds one site.
struct SiteSignals {
  std::string name{};
  Series price{};        ///< of electricity, USD per MWh; may be negative
  Series carbon{};       ///< of electricity, g CO2 per kWh
  Series temperature{};  ///< outside, °C
};

/// Demand and surroundings on one calendar. Jobs count their submission from the start of it.
struct Workload {
  Series requests{};     ///< of the inference service, in each step
  Series gpu_seconds{};  ///< the work of these requests on the reference GPU
  std::vector<JobRecord> jobs{};
  std::vector<SiteSignals> sites{};
  Repairs repairs{};  ///< what had to be mended when it was read
};

namespace detail {

inline void check_calendar(std::string_view which, const Series& series, const Series& reference) {
  const std::string argument{which};
  require(series.start == reference.start, argument + ".start", std::string_view{to_string(series.start)},
          "must be that of requests, " + to_string(reference.start));
  require(series.step == reference.step, argument + ".step", series.step.base(),
          "must be that of requests, " + to_string(reference.step.base()));
  require(series.size() == reference.size(), argument + ".size", series.size(),
          "must be that of requests, " + std::to_string(reference.size()));
}

inline void check_values(std::string_view which, const Series& series, bool allow_negative) {
  for (std::size_t i = 0; i < series.size(); ++i) {
    const bool good = std::isfinite(series[i]) && (allow_negative || series[i] >= 0);
    if (good) continue;  // builds the argument's name only where it is wanted
    require(good, std::string{which} + "[" + std::to_string(i) + "]", series[i],
            allow_negative ? "must be finite" : "must be finite and not negative");
  }
}

inline void check_jobs(const std::vector<JobRecord>& jobs) {
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    const JobRecord& job = jobs[i];
    const auto which = [&](const char* field) { return "jobs[" + std::to_string(i) + "]." + field; };
    const double submit = job.submit.base(), duration = job.duration.base();
    if (!(std::isfinite(submit) && submit >= 0)) require(false, which("submit"), submit, "must be finite and not negative");
    if (i > 0 && job.submit < jobs[i - 1].submit) require(false, which("submit"), submit, "must not be before the job ahead of it");
    if (!(std::isfinite(duration) && duration > 0)) require(false, which("duration"), duration, "must be finite and positive");
    if (job.gpus < 1) require(false, which("gpus"), job.gpus, "must be positive");
  }
}

}  // namespace detail

/// Throws `std::invalid_argument`, naming what is wrong, unless every series has the calendar of `requests` and only finite values
/// (price and temperature may be negative, the rest not) and the jobs are valid and in the order of submission. O(values + jobs).
inline void check(const Workload& workload) {
  const Series& reference = workload.requests;
  require(!reference.empty(), "requests.size", reference.size(), "must not be 0");
  require(reference.step.base() > 0, "requests.step", reference.step.base(), "must be positive");
  const auto checked = [&](const std::string& which, const Series& series, bool allow_negative) {
    detail::check_calendar(which, series, reference);
    detail::check_values(which, series, allow_negative);
  };
  checked("requests", workload.requests, false);
  checked("gpu_seconds", workload.gpu_seconds, false);
  for (const SiteSignals& site : workload.sites) {
    checked("sites['" + site.name + "'].price", site.price, true);
    checked("sites['" + site.name + "'].carbon", site.carbon, false);
    checked("sites['" + site.name + "'].temperature", site.temperature, true);
  }
  detail::check_jobs(workload.jobs);
}

/// The workload with `factor` times the inference demand (requests and their GPU-seconds); jobs and sites stay.
[[nodiscard]] inline Workload scaled(Workload workload, double factor) {
  require(factor > 0 && std::isfinite(factor), "factor", factor, "must be positive and finite");
  for (double& v : workload.requests.values) v *= factor;
  for (double& v : workload.gpu_seconds.values) v *= factor;
  return workload;
}

}  // namespace kilter::telemetry
