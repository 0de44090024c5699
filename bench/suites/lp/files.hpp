#pragma once
/// The files of a run: folders searched, `.gz` unpacked, and what is known of their answers.

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <zlib.h>

#include "kilter/core/error.hpp"
#include "kilter/telemetry/csv.hpp"

namespace kilter::bench {

inline const std::vector<std::string> mps_endings{".mps", ".mps.gz", ".MPS", ".MPS.gz"};

/// The whole text of a file, unpacked where it is packed by gzip. Throws `ParseError` when it cannot be read.
inline std::string read_text(const std::string& file) {
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> in(gzopen(file.c_str(), "rb"), gzclose);
  if (!in || std::filesystem::is_directory(file)) throw ParseError({file, 0, 0}, "cannot be read");
  std::string text;
  std::array<char, 65536> block;
  int count = 0;
  while ((count = gzread(in.get(), block.data(), static_cast<unsigned>(block.size()))) > 0) {
    text.append(block.data(), static_cast<std::size_t>(count));
  }
  int code = 0;
  const char* message = gzerror(in.get(), &code);
  if (count < 0 || code != Z_OK) throw ParseError({file, 0, 0}, std::string{"cannot be unpacked: "} + message);
  return text;
}

inline bool ends_with_any(std::string_view name, const std::vector<std::string>& endings) {
  return std::any_of(endings.begin(), endings.end(), [&](const std::string& ending) { return name.ends_with(ending); });
}

/// The files named, and those with one of the `endings` in the folders named, in the order of their names.
inline std::vector<std::string> list_files(const std::vector<std::string>& places, const std::vector<std::string>& endings) {
  std::vector<std::string> out;
  for (const std::string& place : places) {
    if (!std::filesystem::is_directory(place)) {
      out.push_back(place);
      continue;
    }
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(place)) {
      if (ends_with_any(entry.path().filename().string(), endings)) found.push_back(entry.path().string());
    }
    if (found.empty()) throw ParseError({place, 0, 0}, "no " + endings.front() + " files in this folder");
    std::sort(found.begin(), found.end());
    out.insert(out.end(), found.begin(), found.end());
  }
  return out;
}

/// A file's name without its folder and its endings.
inline std::string stem(const std::string& file, const std::vector<std::string>& endings) {
  std::string name = std::filesystem::path(file).filename().string();
  for (const std::string& ending : endings) {
    if (name.ends_with(ending)) return name.substr(0, name.size() - ending.size());
  }
  return name;
}

/// What is known of an instance: its optimum, or that it has none. `status` is empty where the table does not say.
struct Reference {
  std::string name;
  std::filesystem::path folder;
  std::string status;
  std::optional<double> optimum;
};

/// Tables of known answers: CSV files with a column `name` and one of `lp_relaxation`, `exact_optimal`, `optimal_min`, `optimal`,
/// `optimal_cost` (the first of these that is there) or `status`. A row whose `kind` is MIP has no optimum for a linear program.
class References {
 public:
  void read(const std::string& file) {
    std::ifstream in(file);
    telemetry::CsvReader csv(in, file);
    const auto find = [&](std::string_view column) -> std::optional<std::size_t> {
      const auto at = std::find(csv.names().begin(), csv.names().end(), column);
      if (at == csv.names().end()) return std::nullopt;
      return static_cast<std::size_t>(at - csv.names().begin());
    };
    const std::size_t name = csv.column("name");
    const auto status = find("status"), kind = find("kind");
    std::optional<std::size_t> optimum;
    for (const char* column : {"lp_relaxation", "exact_optimal", "optimal_min", "optimal", "optimal_cost"}) {
      if (!optimum) optimum = find(column);
    }
    if (!optimum && !status) throw ParseError({file, 1, 0}, "neither a column of optima nor one of statuses");
    while (csv.next()) {
      Reference row{std::string{csv[name]}, std::filesystem::weakly_canonical(file).parent_path(), {}, {}};
      if (status) row.status = csv[*status];
      if (optimum && !(kind && csv[*kind] == "MIP")) row.optimum = telemetry::parse_number(csv[*optimum]);
      if (row.optimum || !row.status.empty()) rows_.push_back(std::move(row));
    }
  }

  /// The row of an instance; of several with its name the one from the table in the instance's folder, else the first.
  [[nodiscard]] const Reference* find(const std::string& file, const std::string& name) const {
    const auto folder = std::filesystem::weakly_canonical(file).parent_path();
    const Reference* found = nullptr;
    for (const Reference& row : rows_) {
      if (row.name == name && (found == nullptr || (found->folder != folder && row.folder == folder))) found = &row;
    }
    return found;
  }

 private:
  std::vector<Reference> rows_;
};

}  // namespace kilter::bench
