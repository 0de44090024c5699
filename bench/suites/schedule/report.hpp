#pragma once
/// Tables of what is best known, a row per instance and seed, and what all of them come to.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "../common.hpp"
#include "kilter/core/error.hpp"
#include "kilter/core/text.hpp"
#include "kilter/telemetry/csv.hpp"

namespace kilter::bench {

/// What is known of an instance: no schedule is shorter than `lower`, there is one of `upper`; `unknown` where the table is silent.
struct BestKnown {
  double lower = unknown, upper = unknown;
};

/// Tables of best known values: CSV files with the columns `name`, `best_known_lb` and `best_known_ub`.
class BestTable {
 public:
  void read(const std::string& file) {
    std::ifstream in(file);
    telemetry::CsvReader csv(in, file);
    const std::size_t name = csv.column("name"), lower = csv.column("best_known_lb"), upper = csv.column("best_known_ub");
    while (csv.next()) {
      const BestKnown row{number(csv, lower), number(csv, upper)};
      if (!rows_.emplace(std::string{csv[name]}, row).second) throw ParseError(csv.where(name), "this name is there already");
    }
  }
  [[nodiscard]] BestKnown find(const std::string& name) const {
    const auto at = rows_.find(name);
    return at == rows_.end() ? BestKnown{} : at->second;
  }

 private:
  static double number(const telemetry::CsvReader& csv, std::size_t column) {
    if (csv[column].empty()) return unknown;
    const auto value = telemetry::parse_number(csv[column]);
    if (!value) throw ParseError(csv.where(column), "'" + std::string{csv[column].substr(0, 40)} + "' is not a number");
    return *value;
  }

  std::unordered_map<std::string, BestKnown> rows_;
};

/// What a run says of one instance. `unknown` is written as NA.
struct Row {
  std::string name;
  double objective = unknown, best_known = unknown, gap_percent = unknown, seconds = unknown;
  std::size_t iterations = 0;
  double seconds_to_best = unknown;
  std::string valid = "none";  ///< yes, no, or none where there is no schedule
  double bound = unknown;
  std::string status;
  std::uint64_t seed = 0;
  std::string wrong{};  ///< what speaks against the row; empty when nothing does
};

/// (objective − best) / best in percent.
inline double gap_percent(double objective, double best) {
  if (best == 0) return objective == 0 ? 0 : unknown;
  return 100 * (objective - best) / best;
}

inline void write_header(std::ostream& out) {
  out << "name,objective,best_known,gap_percent,seconds,iterations,seconds_to_best,valid,bound,status,seed" << std::endl;
}

inline void write_row(std::ostream& out, const Row& r) {
  out << telemetry::csv_cell(r.name) << ',' << cell(r.objective) << ',' << cell(r.best_known) << ',' << cell(r.gap_percent, 4)
      << ',' << cell(r.seconds, 3) << ',' << r.iterations << ',' << cell(r.seconds_to_best, 3) << ',' << r.valid << ','
      << cell(r.bound) << ',' << r.status << ',' << r.seed
      << std::endl;  // rows appear as they are found: each takes as long as it may
}

/// The last line: the mean gap of the rows that have one.
inline void write_summary(std::ostream& out, std::span<const Row> rows) {
  double sum = 0;
  std::size_t count = 0, best = 0, without = 0;
  for (const Row& r : rows) {
    if (r.valid == "none") ++without;
    if (std::isnan(r.gap_percent)) continue;
    sum += r.gap_percent;
    ++count;
    if (r.gap_percent <= 0) ++best;
  }
  out << "mean gap " << (count == 0 ? "NA" : fixed(sum / static_cast<double>(count), 4) + " %") << " of " << count
      << ", best known reached on " << best;
  if (without > 0) out << ", no schedule on " << without;
  out << '\n';
}

}  // namespace kilter::bench
