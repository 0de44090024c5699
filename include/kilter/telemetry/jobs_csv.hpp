#pragma once
/// @file
/// Training jobs from and to CSV: when each was submitted, how long it runs, on how many GPUs at once.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <istream>
#include <limits>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/error.hpp"
#include "kilter/core/text.hpp"
#include "kilter/core/units.hpp"
#include "kilter/telemetry/csv.hpp"

namespace kilter::telemetry {

/// One job of a trace: a gang that needs all its GPUs at the same time.
struct JobRecord {
  std::size_t id = 0;  ///< its row in the file or its rank among the generated ones, from 0
  Seconds submit{};    ///< from the start of the calendar
  Seconds duration{};  ///< on the GPUs asked for
  int gpus = 1;
  std::string group{};  ///< the team or virtual cluster it belongs to

  /// What it asks of a cluster.
  [[nodiscard]] double gpu_seconds() const { return duration.base() * gpus; }
};

/// Jobs in the order of their submission.
struct JobTable {
  std::vector<JobRecord> jobs{};
  std::size_t reordered = 0;  ///< jobs that stood behind a later one in the file
};

/// How `read_jobs_csv` reads.
struct JobsCsvOptions {
  bool sort_unordered = false;                               ///< sort by submission (stable) and count, rather than refuse
  Seconds horizon{std::numeric_limits<double>::infinity()};  ///< submissions at or after it are refused
  int max_gpus = 1 << 20;                                    ///< larger gangs are refused
  Seconds max_duration = 3650 * units::day;                  ///< longer jobs are refused
  CsvOptions csv{};
};

namespace detail {

struct JobColumns {
  std::size_t submit, duration, gpus, group;
};

inline JobRecord read_job(const CsvReader& csv, const JobColumns& at, const JobsCsvOptions& options) {
  const double submit = csv.number(at.submit);
  if (submit < 0) csv.refuse(at.submit, shown(csv[at.submit]) + " is negative");
  if (submit >= options.horizon.base()) {
    csv.refuse(at.submit,
               shown(csv[at.submit]) + " is not before the end of the calendar, " + to_string(options.horizon.base()) + " s");
  }
  const double duration = csv.number(at.duration);
  if (!(duration > 0)) csv.refuse(at.duration, shown(csv[at.duration]) + " is not positive");
  if (duration > options.max_duration.base()) {
    csv.refuse(at.duration, shown(csv[at.duration]) + " is longer than " + to_string(options.max_duration.base()) + " s");
  }
  const std::int64_t gpus = csv.whole_number(at.gpus);
  if (gpus < 1 || gpus > options.max_gpus) {
    csv.refuse(at.gpus, shown(csv[at.gpus]) + " is not between 1 and " + std::to_string(options.max_gpus));
  }
  return {0, Seconds{submit}, Seconds{duration}, static_cast<int>(gpus), std::string{csv[at.group]}};
}

}  // namespace detail

/// Reads the columns `submit_s`, `duration_s`, `gpus` and `virtual_cluster`, in any order; other columns are ignored.
///
/// Refused with a `ParseError` naming line and field: a missing column, anything that is no finite number, a negative submission or
/// one at or past the horizon, a duration that is not positive (a job of no length would hold a gang for no time: drop it from the
/// trace if it means nothing), GPUs that are no whole number from 1 to `max_gpus`, and a submission before that of the row above,
/// unless sorting is asked for. A file with a header and no rows is a table of no jobs. O(bytes), plus a stable sort where it is
/// needed.
[[nodiscard]] inline JobTable read_jobs_csv(std::istream& in, const std::string& file, const JobsCsvOptions& options = {}) {
  CsvOptions csv_options = options.csv;
  csv_options.header = true;
  CsvReader csv(in, file, csv_options);
  const detail::JobColumns at{csv.column("submit_s"), csv.column("duration_s"), csv.column("gpus"), csv.column("virtual_cluster")};
  JobTable table;
  Seconds latest{};
  while (csv.next()) {
    JobRecord job = detail::read_job(csv, at, options);
    job.id = table.jobs.size();
    if (job.submit < latest) {
      if (!options.sort_unordered) csv.refuse(at.submit, detail::shown(csv[at.submit]) + " is earlier than a job above it");
      ++table.reordered;
    }
    latest = std::max(latest, job.submit);
    table.jobs.push_back(std::move(job));
  }
  if (table.reordered > 0) {
    std::stable_sort(table.jobs.begin(), table.jobs.end(), [](const auto& a, const auto& b) { return a.submit < b.submit; });
  }
  return table;
}

/// Writes what `read_jobs_csv` reads, in the order given.
inline void write_jobs_csv(std::ostream& out, const std::vector<JobRecord>& jobs) {
  out << "submit_s,duration_s,gpus,virtual_cluster\n";
  for (const JobRecord& job : jobs) {
    out << to_string(job.submit.base()) + "," + to_string(job.duration.base()) + "," + std::to_string(job.gpus) + "," +
               csv_cell(job.group) + "\n";
  }
}

}  // namespace kilter::telemetry
