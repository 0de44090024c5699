/// lp_clp: CLP on the files and in the rows of the program `lp`, read by kilter's reader so that both solve the same numbers.
/// lp_clp FILE|DIR... [--optimal CSV]... [--method dual|primal] [--presolve on|off] [--time-limit S] [--repeat N] [--out CSV]

#include <cmath>
#include <iostream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <coin/ClpSimplex.hpp>
#include <coin/ClpSolve.hpp>

#include "../suites/lp/clock.hpp"
#include "../suites/lp/files.hpp"
#include "../suites/lp/report.hpp"
#include "kilter/lp/mps.hpp"

namespace {

using namespace kilter;

struct Arguments {
  std::vector<std::string> places, tables;
  std::string method = "dual", presolve = "on", out;
  double time_limit = 0;
  std::size_t repeat = 3;
};

ClpSimplex to_clp(const lp::Model& model) {
  const lp::SparseColumns matrix = model.assemble();
  const std::vector<CoinBigIndex> start(matrix.start.begin(), matrix.start.end());
  const auto all = [](std::span<const double> values) {
    std::vector<double> out(values.begin(), values.end());
    for (double& v : out) v = std::isinf(v) ? std::copysign(COIN_DBL_MAX, v) : v;
    return out;
  };
  const auto lower = all(model.lowers()), upper = all(model.uppers()), cost = all(model.costs());
  const auto row_lower = all(model.row_lowers()), row_upper = all(model.row_uppers());
  ClpSimplex clp;
  clp.setLogLevel(0);
  clp.loadProblem(model.columns(), model.rows(), start.data(), matrix.row.data(), matrix.value.data(), lower.data(), upper.data(),
                  cost.data(), row_lower.data(), row_upper.data());
  clp.setObjectiveOffset(-model.objective_constant());
  return clp;
}

std::string status_of(const ClpSimplex& clp) {
  switch (clp.status()) {
    case 0: return "optimal";
    case 1: return "infeasible";
    case 2: return "unbounded";
    case 3: return "time limit";
    default: return "numerical failure";
  }
}

/// A copy is solved each time, so that every solve starts from nothing; copying is not timed.
double solve(const ClpSimplex& problem, const Arguments& a, ClpSimplex& solved) {
  ClpSolve options;
  options.setSolveType(a.method == "primal" ? ClpSolve::usePrimal : ClpSolve::useDual);
  options.setPresolveType(a.presolve == "on" ? ClpSolve::presolveOn : ClpSolve::presolveOff);
  double best = 1e300, spent = 0;
  std::size_t done = 0;
  const auto enough = [&] { return done >= a.repeat && (spent > 20e-3 || done >= 50 * a.repeat); };
  while (!enough() && !(done > 0 && spent > 10)) {
    solved = problem;
    solved.setLogLevel(0);  // assignment brings a message handler of its own
    if (a.time_limit > 0) solved.setMaximumSeconds(a.time_limit);
    const double begin = bench::thread_seconds();
    solved.initialSolve(options);
    const double taken = bench::thread_seconds() - begin;
    best = std::min(best, taken);
    spent += taken;
    ++done;
  }
  return best;
}

bench::Row run_one(const Arguments& a, const std::string& file, const bench::References& references) {
  const lp::MpsProgram program = lp::parse_mps(bench::read_text(file), file);
  const lp::Model& model = program.model;
  const ClpSimplex problem = to_clp(model);
  ClpSimplex solved;
  bench::Row row{bench::stem(file, bench::mps_endings), model.rows(), model.columns(), model.nonzeros(), {}};
  row.seconds = solve(problem, a, solved);
  row.status = status_of(solved);
  row.iterations = static_cast<std::size_t>(solved.numberIterations());
  const bench::Reference* known = references.find(file, row.name);
  const double sense = program.maximise ? -1 : 1;
  if (row.status == "optimal") {
    row.objective = sense * solved.objectiveValue();
    row.primal_residual = solved.largestPrimalError();
    row.dual_residual = solved.largestDualError();
    if (known != nullptr && known->optimum) {
      row.relative_error = bench::relative_error(row.objective, sense * model.objective_constant(), *known->optimum);
    }
  }
  row.solved = row.status == "optimal" || row.status == "infeasible" || row.status == "unbounded";
  return row;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"CLP on linear programs in MPS files"};
  Arguments a;
  app.add_option("FILE", a.places, "MPS files and folders of them")->required();
  app.add_option("--optimal", a.tables, "CSV files of known answers")->allow_extra_args(false);
  app.add_option("--method", a.method)->check(CLI::IsMember({"dual", "primal"}))->capture_default_str();
  app.add_option("--presolve", a.presolve)->check(CLI::IsMember({"on", "off"}))->capture_default_str();
  app.add_option("--time-limit", a.time_limit, "Seconds for each solve; 0: none");
  app.add_option("--repeat", a.repeat, "Measurements of each solve, of which the best counts")->capture_default_str();
  app.add_option("--out", a.out, "Write the rows to this CSV file");
  CLI11_PARSE(app, argc, argv);
  try {
    bench::References references;
    for (const std::string& table : a.tables) references.read(table);
    bench::Sink sink(a.out);
    bench::write_header(sink.stream());
    std::vector<bench::Row> rows;
    for (const std::string& file : bench::list_files(a.places, bench::mps_endings)) {
      rows.push_back(run_one(a, file, references));
      bench::write_row(sink.stream(), rows.back());
    }
    bench::write_summary(std::cout, rows);
  } catch (const std::exception& error) {
    std::cerr << "lp_clp: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
