/// lp: linear programs in MPS files, solved, timed, checked against known answers and against a peer. `--help` says how.

#include <chrono>
#include <cmath>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

#include "../common.hpp"
#include "clock.hpp"
#include "files.hpp"
#include "kilter/core/error.hpp"
#include "kilter/core/status.hpp"
#include "kilter/lp/mps.hpp"
#include "kilter/lp/options.hpp"
#include "kilter/lp/solution.hpp"
#include "kilter/lp/solve.hpp"
#include "proof.hpp"
#include "report.hpp"
#include "resolve.hpp"
#include "subsystem.hpp"
#ifdef KILTER_HAVE_GLPK
#include "glpk_peer.hpp"
#endif
#ifdef KILTER_HAVE_GMP
#include "exact.hpp"
#endif

namespace {

using namespace kilter;

struct Arguments {
  std::vector<std::string> places, tables;
  std::string method = "auto", presolve = "auto", peer, out;
  double time_limit = 0, error_limit = 1e-9;
  std::size_t repeat = 3, resolve = 0;
  bool verify = false, certify = false, subsystems = false;
};

void describe(CLI::App& app, Arguments& a) {
  app.add_option("FILE", a.places, "MPS files, packed by gzip or not, and folders of them")->required();
  app.add_option("--method", a.method, "Which algorithm")
      ->check(CLI::IsMember({"auto", "primal", "dual", "network"}))
      ->capture_default_str();
  app.add_option("--presolve", a.presolve, "Whether programs are reduced first")
      ->check(CLI::IsMember({"on", "off", "auto"}))
      ->capture_default_str();
  app.add_option("--peer", a.peer, "Another solver on the same programs in the same run")->check(CLI::IsMember({"glpk"}));
  app.add_option("--optimal", a.tables,
                 "CSV files of known answers: column name, and optimal, exact_optimal, optimal_min, lp_relaxation or status. A "
                 "reference may leave out the objective's constant: the nearer of both readings counts")
      ->allow_extra_args(false);
  app.add_option("--error-limit", a.error_limit, "Largest relative error of an objective against its reference")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--time-limit", a.time_limit, "Seconds for each solve; 0: none")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--repeat", a.repeat, "Measurements of each solve, of which the best counts")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_flag("--certify", a.certify,
               "Prove every answer in exact arithmetic, on the decimals of the file: columns certified, "
               "certify_seconds, exact_objective");
  app.add_flag("--iis", a.subsystems,
               "Find an irreducible infeasible subsystem of what is infeasible: columns iis_rows, iis_bounds, "
               "iis_seconds");
  app.add_flag("--verify", a.verify, "Recompute every proof on the program as it was given, and say which do not hold");
  app.add_option(
         "--resolve", a.resolve,
         "Instead: so many re-solves after small changes of rows, of columns and of costs, from the last answer and from nothing")
      ->check(CLI::Range(1, 1000000));
  app.add_option("--out", a.out, "Write the rows to this CSV file instead of the output");
  app.footer("Seconds are CPU seconds of the solve alone. Ends with 1 when an instance was not solved, or not rightly.");
}

lp::Options options_of(const Arguments& a) {
  lp::Options options;
  if (a.time_limit > 0) options.budget.time_limit = Duration{a.time_limit};
  if (a.method == "primal") options.method = lp::Method::primal;
  if (a.method == "dual") options.method = lp::Method::dual;
  if (a.method == "network") options.method = lp::Method::network;
  if (a.presolve == "on") options.presolve = lp::Presolving::on;
  if (a.presolve == "off") options.presolve = lp::Presolving::off;
  return options;
}

bool finished(Status status) { return status == Status::optimal || status == Status::infeasible || status == Status::unbounded; }

/// Nothing, or what speaks against an answer.
std::string what_is_wrong(const Arguments& a, const lp::Model& model, const lp::Solution& solution, const bench::Reference* known,
                          double error) {
  if (!finished(solution.status)) return "not solved: " + std::string{name(solution.status)};
  const std::string expected = known == nullptr ? "" : !known->status.empty() ? known->status : "optimal";
  if (!expected.empty() && expected != name(solution.status)) return "is known to be " + expected;
  if (error > a.error_limit) return "objective off by " + to_string(error) + ", relative";
  const std::string unproven = a.verify ? bench::why_unproven(model, solution) : "";
  return unproven.empty() ? "" : "proof does not hold: " + unproven;
}

lp::MpsProgram read(const std::string& file) { return lp::parse_mps(bench::read_text(file), file); }

/// The names of the columns that were asked for.
std::string extra_columns(const Arguments& a) {
  return std::string{a.subsystems ? ",iis_rows,iis_bounds,iis_seconds" : ""} +
         (a.certify ? ",certified,certify_seconds,exact_objective" : "");
}

/// Fills in those columns; nothing, or what was not found.
std::string prove_more(const Arguments& a, const lp::MpsProgram& program, const lp::Solution& solution, bench::Row& row) {
  std::string missing;
  if (a.subsystems && !bench::subsystem_row(program.model, solution, options_of(a), row)) missing = "no irreducible subsystem";
#ifdef KILTER_HAVE_GMP
  if (a.certify && !bench::certify_row(program.model, solution, a.time_limit, program.maximise ? -1 : 1, row)) {
    missing = "not proven exactly: " + row.extra[row.extra.size() - 3];
  }
#endif
  return missing;
}

bench::Row run_one(const Arguments& a, const std::string& file, const bench::References& references) {
  const lp::MpsProgram program = read(file);
  const lp::Model& model = program.model;
  const lp::Options options = options_of(a);
  lp::Solution solution;
  bench::Row row;
  row.name = bench::stem(file, bench::mps_endings);
  row.rows = model.rows();
  row.columns = model.columns();
  row.nonzeros = model.nonzeros();
  row.seconds = bench::best_seconds(a.repeat, [&] { solution = lp::solve(model, options); });
  row.status = name(solution.status);
  row.iterations = solution.iterations;
  const bench::Reference* known = references.find(file, row.name);
  if (finished(solution.status)) {
    const lp::Residuals residuals = lp::verify(model, solution);
    row.primal_residual = residuals.primal;
    row.dual_residual = residuals.dual;
  }
  if (solution.status == Status::optimal) {
    const double sense = program.maximise ? -1 : 1;
    row.objective = sense * solution.objective;
    if (known != nullptr && known->optimum) {
      row.relative_error = bench::relative_error(row.objective, sense * model.objective_constant(), *known->optimum);
    }
  }
  std::string wrong = what_is_wrong(a, model, solution, known, row.relative_error);
  const std::string unproven = prove_more(a, program, solution, row);
  if (wrong.empty()) wrong = unproven;
  row.solved = wrong.empty();
  if (!row.solved) std::cerr << "lp: " << row.name << ": " << wrong << '\n';
#ifdef KILTER_HAVE_GLPK
  if (a.peer == "glpk") {
    bench::run_glpk(model, a.time_limit, a.repeat, row);
    if (program.maximise) row.peer_objective = -row.peer_objective;
  }
#endif
  return row;
}

int run_resolves(const Arguments& a) {
  bench::Sink sink(a.out);
  bench::write_resolve_header(sink.stream());
  std::vector<bench::Resolved> rows;
  bool same = true;
  for (const std::string& file : bench::list_files(a.places, bench::mps_endings)) {
    const std::string instance = bench::stem(file, bench::mps_endings);
    for (const bench::Resolved& row : bench::resolve(instance, read(file).model, options_of(a), a.resolve)) {
      bench::write_resolved(sink.stream(), row);
      rows.push_back(row);
      if (row.difference <= a.error_limit) continue;
      same = false;
      std::cerr << "lp: " << instance << ": changes of " << name(row.change)
                << ": other answers than from nothing, relative difference " << to_string(row.difference) << '\n';
    }
  }
  bench::write_resolve_summary(std::cout, rows);
  return same ? 0 : 1;
}

int run(const Arguments& a) {
#ifndef KILTER_HAVE_GLPK
  if (!a.peer.empty()) throw std::invalid_argument("this program was built without GLPK");
#endif
#ifndef KILTER_HAVE_GMP
  if (a.certify) throw std::invalid_argument("this program was built without GMP");
#endif
  if (a.resolve > 0) return run_resolves(a);
  const auto files = bench::list_files(a.places, bench::mps_endings);
  bench::References references;
  for (const std::string& table : a.tables) references.read(table);
  bench::Sink sink(a.out);
  bench::write_header(sink.stream(), extra_columns(a));
  std::vector<bench::Row> rows;
  bool all = true;
  for (const std::string& file : files) {
    rows.push_back(run_one(a, file, references));
    bench::write_row(sink.stream(), rows.back());
    all = all && rows.back().solved;
  }
  bench::write_summary(std::cout, rows);
  bench::write_certify_summary(std::cout, rows);
  return all ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  return kilter::bench::run_program<Arguments>("lp", "Linear programs in MPS files: solved, timed, checked", argc, argv, describe,
                                               run);
}
