#pragma once
/// Small readers of the shared data, and simulated series, for the tests of this room.

#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "kilter/core/rng.hpp"
#include "kilter/core/series.hpp"

namespace kilter::test {

/// The rows of a comma-separated file without its header, quotes removed, commas inside of quotes kept; nothing when it is absent.
inline std::optional<std::vector<std::vector<std::string>>> read_csv(const std::string& path) {
  std::ifstream in(std::string{KILTER_SHARED_DATA} + "/" + path);
  if (!in) return std::nullopt;
  std::vector<std::vector<std::string>> rows;
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line)) {
    std::vector<std::string> row(1);
    bool quoted = false;
    for (const char c : line) {
      if (c == '"') {
        quoted = !quoted;
      } else if (c == ',' && !quoted) {
        row.emplace_back();
      } else if (c != '\r') {
        row.back() += c;
      }
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

/// A column of numbers; anything that is not a number is missing.
inline std::vector<double> column(const std::vector<std::vector<std::string>>& rows, std::size_t index) {
  std::vector<double> out;
  for (const auto& row : rows) {
    char* end = nullptr;
    const double value = std::strtod(row.at(index).c_str(), &end);
    out.push_back(end == row.at(index).c_str() || row.at(index) == "NA" ? missing : value);
  }
  return out;
}

/// An ARMA series with unit shocks after a long run-in: x = Σ ar x + e + Σ ma e.
inline std::vector<double> simulate_arma(const std::vector<double>& ar, const std::vector<double>& ma, std::size_t n, Rng& rng) {
  const std::size_t burn = 500;
  std::vector<double> x(n + burn, 0.0), e(n + burn, 0.0);
  for (std::size_t t = 0; t < n + burn; ++t) {
    e[t] = x[t] = rng.normal();
    for (std::size_t k = 0; k < ar.size() && k < t; ++k) x[t] += ar[k] * x[t - 1 - k];
    for (std::size_t k = 0; k < ma.size() && k < t; ++k) x[t] += ma[k] * e[t - 1 - k];
  }
  return {x.begin() + burn, x.end()};
}

}  // namespace kilter::test
