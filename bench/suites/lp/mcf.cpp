/// mcf: minimum cost flows in DIMACS files, solved by the network simplex method. `--help` says how.

#include <algorithm>
#include <cstddef>
#include <iostream>
#include <ostream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "../common.hpp"
#include "clock.hpp"
#include "files.hpp"
#include "kilter/lp/dimacs.hpp"
#include "kilter/lp/network.hpp"
#include "report.hpp"

namespace {

using namespace kilter;

const std::vector<std::string> endings{".min", ".min.gz", ".asn", ".asn.gz"};

struct Arguments {
  std::vector<std::string> places, optimal;
  std::string out;
  double time_limit = 0;
  std::size_t repeat = 1;
  bool verify = false;
};

void describe(CLI::App& app, Arguments& a) {
  app.add_option("places", a.places, "DIMACS files (.min, .asn, also .gz), or folders of them")->required();
  app.add_option("--optimal", a.optimal, "CSV of known optima, with columns name and optimal_cost; several times for several");
  app.add_option("--time-limit", a.time_limit, "Seconds for each instance")->check(CLI::PositiveNumber);
  app.add_option("--repeat", a.repeat, "Measurements of which the best counts")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  app.add_flag("--verify", a.verify,
               "Work the proof of every answer out again on the network; what it does not show is not solved");
  app.add_option("--out", a.out, "Write the rows to this CSV file instead of the output");
}

void print_header(std::ostream& out) {
  out << "name,nodes,arcs,status,objective,relative_error,primal_residual,dual_residual,iterations,seconds\n";
}

void print_row(std::ostream& out, const bench::Row& r) {
  out << telemetry::csv_cell(r.name) << ',' << r.rows << ',' << r.columns << ',' << r.status << ',' << bench::cell(r.objective)
      << ',' << bench::cell(r.relative_error) << ',' << bench::cell(r.primal_residual) << ',' << bench::cell(r.dual_residual) << ','
      << r.iterations << ',' << bench::seconds_cell(r.seconds) << std::endl;
}

/// Whether the proof of an answer holds on the network itself.
bool is_proven(const lp::Network& network, const lp::FlowSolution& solution) {
  const lp::Residuals found = lp::verify(network, solution);
  return found.primal <= 1e-6 && found.dual <= 1e-6 && found.complementarity <= 1e-9 && found.gap <= 1e-9;
}

bench::Row solve_file(const std::string& file, const Arguments& a, const bench::References& references) {
  const lp::Network network = lp::parse_dimacs(bench::read_text(file), file);
  lp::FlowOptions options;
  if (a.time_limit > 0) options.budget.time_limit = Duration{a.time_limit};
  lp::FlowSolution solution;
  bench::Row row;
  row.seconds = bench::best_seconds(a.repeat, [&] { solution = lp::min_cost_flow(network, options); });
  row.name = bench::stem(file, endings);
  row.rows = network.nodes();
  row.columns = network.arcs();
  row.status = name(solution.status);
  row.iterations = solution.iterations;
  row.primal_residual = solution.residuals.primal;
  row.dual_residual = solution.residuals.dual;
  row.solved = ok(solution.status) || solution.status == Status::infeasible || solution.status == Status::unbounded;
  if (ok(solution.status)) row.objective = solution.objective;
  if (const bench::Reference* known = references.find(file, row.name); known != nullptr) {
    if (known->optimum && ok(solution.status)) row.relative_error = bench::relative_error(row.objective, 0, *known->optimum);
    if (known->optimum) row.solved = row.solved && row.relative_error <= 1e-9;
    if (!known->status.empty()) row.solved = row.solved && row.status == known->status;
  }
  if (a.verify && row.solved) row.solved = is_proven(network, solution);
  return row;
}

/// 0 when every instance was solved, 1 when one was not.
int run(const Arguments& a) {
  bench::References references;
  for (const std::string& file : a.optimal) references.read(file);
  bench::Sink sink(a.out);
  print_header(sink.stream());
  std::vector<bench::Row> rows;
  for (const std::string& file : bench::list_files(a.places, endings)) {
    rows.push_back(solve_file(file, a, references));
    print_row(sink.stream(), rows.back());
  }
  bench::write_summary(std::cout, rows);
  const bool all = std::all_of(rows.begin(), rows.end(), [](const bench::Row& r) { return r.solved; });
  return all ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  return kilter::bench::run_program<Arguments>("mcf", "Minimum cost flows: solved by the network simplex method, timed and checked",
                                               argc, argv, describe, run);
}
