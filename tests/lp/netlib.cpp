#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "catch.hpp"
#include "checks.hpp"
#include "kilter/lp/mps.hpp"
#include "kilter/lp/solve.hpp"

using namespace kilter;
using namespace kilter::lp;
using kilter::lp::test::check_same;

namespace {

using Record = std::map<std::string, std::string>;

std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> out;
  std::stringstream in(line);
  for (std::string field; std::getline(in, field, ',');) out.push_back(field);
  return out;
}

/// The records of a CSV file with a header, without quotes in the columns that matter here.
std::vector<Record> read_records(const std::string& path) {
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  const std::vector<std::string> header = split(line);
  std::vector<Record> out;
  while (std::getline(in, line)) {
    const std::vector<std::string> fields = split(line);
    Record& record = out.emplace_back();
    for (std::size_t k = 0; k < std::min(header.size(), fields.size()); ++k) record[header[k]] = fields[k];
  }
  return out;
}

std::string unpacked(const std::string& path) {
  std::string text;
  std::FILE* pipe = popen(("gzip -dc '" + path + "' 2>/dev/null").c_str(), "r");  // NOLINT(cert-env33-c)
  if (pipe == nullptr) return text;
  char block[65536];
  for (std::size_t got = 0; (got = std::fread(block, 1, sizeof block, pipe)) > 0;) text.append(block, got);
  pclose(pipe);
  return text;
}

struct Instance {
  std::string name;
  Model model;
  Record record;
};

/// The instances of a set with at most `most` nonzeros that are there; none, and a message, where the folder is absent.
std::vector<Instance> instances(const std::string& set, const std::string& table, double most) {
  const std::string folder = std::string{KILTER_SHARED_DATA} + "/lp/" + set + "/";
  std::vector<Instance> out;
  if (!std::filesystem::exists(folder + table)) {
    WARN("skipped: " << folder << table << " is absent");
    return out;
  }
  for (const Record& record : read_records(folder + table)) {
    const std::string path = folder + record.at("name") + ".mps.gz";
    if (!std::filesystem::exists(path) || std::stod(record.at("nonzeros")) > most) continue;
    const std::string text = unpacked(path);
    if (text.empty()) {
      WARN("skipped: " << path << " cannot be unpacked");
      continue;
    }
    out.push_back({record.at("name"), parse_mps(text, record.at("name")).model, record});
  }
  return out;
}

constexpr Method methods[] = {Method::automatic, Method::dual, Method::primal};

/// The optimum to nine digits, and residuals that are small beside the values and prices they are made of.
void check_optimum(const Model& model, const Solution& solution, double optimum) {
  REQUIRE(name(solution.status) == name(Status::optimal));
  CHECK(std::abs(solution.objective - optimum) <= 1e-9 * std::max(1.0, std::abs(optimum)));
  const double x = std::max(lp::detail::largest_magnitude(solution.primal), lp::detail::largest_magnitude(solution.row_activity));
  const double y = std::max(lp::detail::largest_magnitude(solution.dual), lp::detail::largest_magnitude(solution.reduced_cost));
  CHECK(solution.residuals.primal <= 1e-9 * (1 + x));
  CHECK(solution.residuals.dual <= 1e-9 * (1 + y));
  CHECK(solution.residuals.gap <= 1e-9);
  CHECK(solution.residuals.complementarity <= 1e-9);
  lp::test::check_usable(model, solution);
}

}  // namespace

TEST_CASE("Netlib: the small programs are solved to nine digits of their exact optima, by every method") {
  for (const auto& [label, model, record] : instances("netlib", "optimal.csv", 6000)) {
    double optimum = std::stod(record.at("optimal"));
    if (label == "e226") optimum += model.objective_constant();  // published without its constant
    for (const Method method : methods) {
      for (const Presolving presolve : {Presolving::on, Presolving::off}) {
        Options options;
        options.method = method;
        options.presolve = presolve;
        options.scale = presolve == Presolving::on || method != Method::automatic;
        INFO(label << ", method " << static_cast<int>(method) << ", presolve " << static_cast<int>(presolve));
        const Solution solution = solve(model, options);
        check_optimum(model, solution, optimum);
        CHECK(solve(model, {}, &solution.basis).iterations == 0);
      }
    }
  }
}

TEST_CASE("Netlib: infeasible programs are proven so, each by a ray that holds on the program as it was given") {
  for (const auto& [label, model, record] : instances("infeasible", "status.csv", 8000)) {
    for (const Method method : methods) {
      Options options;
      options.method = method;
      INFO(label << ", method " << static_cast<int>(method));
      const Solution solution = solve(model, options);
      REQUIRE(std::string{name(solution.status)} == record.at("status"));
      if (solution.status == Status::infeasible) CHECK(proves_infeasible(model, solution.ray).holds());
      if (solution.status == Status::unbounded) CHECK(proves_unbounded(model, solution.ray).holds());
      CHECK(solution.residuals.gap == 0);
      lp::test::check_usable(model, solution);
    }
  }
}

TEST_CASE("cluster plans are solved to nine digits by every method") {
  for (const auto& [label, model, record] : instances("cluster", "optimal.csv", 5000)) {
    if (record.at("kind") != "LP") continue;
    for (const Method method : methods) {
      Options options;
      options.method = method;
      INFO(label << ", method " << static_cast<int>(method));
      check_optimum(model, solve(model, options), std::stod(record.at("optimal_min")));
    }
  }
}

TEST_CASE("Netlib: bounds and costs that move and come back lead a live solver back to the same optimum") {
  for (auto& [label, model, record] : instances("netlib", "optimal.csv", 1500)) {
    Solver solver;
    const double optimum = solver.solve(model).objective;
    Rng rng{1};
    Model moved = model;
    for (int k = 0; k < 10; ++k) {
      INFO(label << ", move " << k);
      const int i = static_cast<int>(rng.index(static_cast<std::size_t>(moved.rows())));
      const int j = static_cast<int>(rng.index(static_cast<std::size_t>(moved.columns())));
      moved.set_row_bounds(i, 1.01 * moved.row_lower(i) - 0.1, 1.01 * moved.row_upper(i) + 0.1);
      moved.set_cost(j, moved.cost(j) + 0.1 * rng.normal());
      check_same(solver.solve(moved), solve(moved));
    }
    CHECK(std::abs(solver.solve(model).objective - optimum) <= 1e-9 * (1 + std::abs(optimum)));
  }
}
