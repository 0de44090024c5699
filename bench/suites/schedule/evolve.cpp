/// evolve: how fast the genetic engine evaluates, and how near it comes to what is known: job shops, OneMax and the sphere by one
/// objective, ZDT and DTLZ by several. `--help` says how.

#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "../common.hpp"
#include "evolve_problems.hpp"
#include "kilter/core/executor.hpp"
#include "kilter/core/status.hpp"
#include "kilter/genetic/benchmark_problems.hpp"
#include "kilter/genetic/hypervolume.hpp"
#include "kilter/genetic/minimise.hpp"
#include "kilter/genetic/pareto_search.hpp"
#include "kilter/schedule/read_shop.hpp"

namespace {

using namespace kilter;

struct Arguments {
  std::vector<std::string> problems{"zdt1"};
  std::string file, algorithm = "auto", out;
  std::size_t population = 100, evaluations = 100000, islands = 1, repeat = 1;
  double crossover_rate = -1, mutation_rate = -1, eta = 15;
  std::uint64_t seed = 1;
  unsigned threads = 1;
};

void describe(CLI::App& app, Arguments& a) {
  app.add_option("--problem", a.problems,
                 "Problems, with commas between: onemaxN, sphereN, shopNxM (a random job shop of N jobs), zdt1 … zdt4, zdt6, "
                 "dtlz1 … dtlz7, or an instance of --file")
      ->delimiter(',')
      ->capture_default_str();
  app.add_option("--file", a.file, "Job shops, one or many, each begun by a line `instance NAME`");
  app.add_option("--algorithm", a.algorithm, "auto: minimise for one objective, nsga2 for two, nsga3 for three")
      ->check(CLI::IsMember({"auto", "minimise", "nsga2", "nsga3"}))
      ->capture_default_str();
  app.add_option("--population", a.population, "Genomes of a population")->check(CLI::Range(1, 10000000))->capture_default_str();
  app.add_option("--evaluations", a.evaluations, "The generation that reaches so many is the last, in all")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--crossover-rate", a.crossover_rate, "Default: 0.9; nsga3: 1");
  app.add_option("--mutation-rate", a.mutation_rate, "Default: 0.2 for job shops, else 1, of which vectors mutate one gene in n");
  app.add_option("--eta", a.eta, "Distribution index of SBX")->check(CLI::NonNegativeNumber)->capture_default_str();
  app.add_option("--threads", a.threads, "Threads of each search")->check(CLI::Range(1, 1024))->capture_default_str();
  app.add_option("--islands", a.islands, "Populations side by side, for one objective")
      ->check(CLI::Range(1, 65536))
      ->capture_default_str();
  app.add_option("--seed", a.seed, "Seed of the first run")->capture_default_str();
  app.add_option("--repeat", a.repeat, "Runs of each problem, each with the next seed")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  app.add_option("--out", a.out, "Write the rows to this CSV file instead of the output");
  app.footer(
      "value is the least cost, or the hypervolume of the front found; limit the optimum or the hypervolume of the whole front "
      "where "
      "it is known; ratio is value / limit. Seconds are wall seconds of the search alone.");
}

/// Calls `f` with the executor that was asked for.
template <class F>
auto with_executor(const Arguments& a, F&& f) {
  return a.threads == 1 ? f(Inline{}) : f(Threads{a.threads});
}

template <class F>
auto timed(bench::EvolveRow& row, F&& f) {
  const auto start = std::chrono::steady_clock::now();
  auto result = f();
  row.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  row.generations = result.generations;
  row.evaluations = result.evaluations;
  return result;
}

template <class P>
void run_single(const Arguments& a, const P& problem, double mutation_rate, bench::EvolveRow& row) {
  if (a.algorithm != "auto" && a.algorithm != "minimise") throw std::invalid_argument(row.problem + " has one objective");
  row.algorithm = "minimise";
  genetic::Options options;
  options.population = a.population;
  options.elite = a.population > 2 ? 2 : 0;
  options.generations = std::numeric_limits<std::size_t>::max();
  options.evaluations = a.evaluations;
  options.islands = a.islands;
  options.migrants = a.population > 2 ? 2 : 0;
  options.seed = row.seed;
  options.crossover_rate = a.crossover_rate >= 0 ? a.crossover_rate : 0.9;
  options.mutation_rate = a.mutation_rate >= 0 ? a.mutation_rate : mutation_rate;
  const auto result = timed(row, [&] {
    return with_executor(a, [&](const auto& executor) { return genetic::minimise(problem, options, {}, executor); });
  });
  row.front = 1;
  row.value = result.cost;
}

template <class P>
void run_pareto(const Arguments& a, const P& problem, const bench::FrontLimit& limit, bench::EvolveRow& row) {
  if (a.algorithm == "minimise") throw std::invalid_argument(row.problem + " has several objectives");
  if (a.islands != 1) throw std::invalid_argument("--islands: only for one objective");
  const bool third = a.algorithm == "nsga3" || (a.algorithm == "auto" && genetic::objective_count(problem) > 2);
  row.algorithm = third ? "nsga3" : "nsga2";
  genetic::ParetoOptions options;
  options.algorithm = third ? genetic::ParetoAlgorithm::nsga3 : genetic::ParetoAlgorithm::nsga2;
  options.population = a.population;
  options.generations = std::numeric_limits<std::size_t>::max();
  options.evaluations = a.evaluations;
  options.seed = row.seed;
  options.crossover_rate = a.crossover_rate >= 0 ? a.crossover_rate : third ? 1 : 0.9;
  options.mutation_rate = a.mutation_rate >= 0 ? a.mutation_rate : 1;
  const auto result = timed(
      row, [&] { return with_executor(a, [&](const auto& executor) { return genetic::pareto(problem, options, {}, executor); }); });
  row.front = result.front.size();
  row.value = genetic::hypervolume(result.values, limit.reference);
  row.limit = limit.hypervolume;
}

schedule::Shop find_shop(const Arguments& a, const std::string& name) {
  if (a.file.empty())
    throw std::invalid_argument("--problem " + name + ": neither a known problem nor is there a --file to look in");
  for (schedule::Shop& shop : schedule::read_job_shop(bench::read_file(a.file), a.file)) {
    if (shop.name == name) return std::move(shop);
  }
  throw std::invalid_argument("--problem " + name + ": no such instance in " + a.file);
}

void run_one(const Arguments& a, bench::EvolveRow& row) {
  std::size_t n = 0, m = 0;
  const genetic::RealOptions reals{.crossover_eta = a.eta};
  if (bench::numbered(row.problem, "onemax", n)) {
    run_single(a, genetic::OneMax(n), 1, row);
  } else if (bench::numbered(row.problem, "sphere", n)) {
    run_single(a, genetic::Sphere(n), 1, row);
  } else if (bench::numbered(row.problem, "zdt", n)) {
    const genetic::Zdt problem(static_cast<int>(n), 0, reals);
    run_pareto(a, problem, bench::zdt_limit(static_cast<int>(n)), row);
  } else if (bench::numbered(row.problem, "dtlz", n)) {
    const genetic::Dtlz problem(static_cast<int>(n), 3, 0, reals);
    run_pareto(a, problem, bench::dtlz_limit(static_cast<int>(n)), row);
  } else {
    const auto shop = bench::shop_size(row.problem, n, m) ? bench::random_shop(n, m, 1) : find_shop(a, row.problem);
    run_single(a, bench::ShopOrder(shop), 0.2, row);
  }
}

int run(const Arguments& a) {
  bench::Sink sink(a.out);
  bool header = false;
  for (const std::string& problem : a.problems) {
    for (std::size_t k = 0; k < a.repeat; ++k) {
      bench::EvolveRow row;
      row.problem = problem;
      row.seed = a.seed + k;
      run_one(a, row);
      if (!header) bench::write_evolve_header(sink.stream());
      header = true;
      bench::write_evolve_row(sink.stream(), row, a.population, a.islands, a.threads);
    }
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return bench::run_program<Arguments>("evolve", "The speed of the genetic engine, and fronts of several objectives", argc, argv,
                                       describe, run);
}
