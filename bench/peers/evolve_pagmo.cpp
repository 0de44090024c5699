/// evolve_pagmo: pagmo's nsga2 and sga on the problems and in the rows of the program `evolve`; job shops by random keys, as
/// pagmo's genes are reals. Build: g++ -O3 -std=c++20 -I include -isystem /usr/include/eigen3 evolve_pagmo.cpp -lpagmo -ltbb
/// -lboost_serialization -pthread
/// evolve_pagmo [--problem LIST] [--file JSP] [--population N] [--evaluations E] [--seed S] [--repeat R] [--out CSV]

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <pagmo/algorithm.hpp>
#include <pagmo/algorithms/nsga2.hpp>
#include <pagmo/algorithms/sga.hpp>
#include <pagmo/population.hpp>
#include <pagmo/problem.hpp>
#include <pagmo/problems/dtlz.hpp>
#include <pagmo/problems/zdt.hpp>

#include "../suites/common.hpp"
#include "../suites/schedule/evolve_problems.hpp"
#include "kilter/genetic/hypervolume.hpp"
#include "kilter/genetic/permutation.hpp"
#include "kilter/genetic/real_vector.hpp"
#include "kilter/schedule/read_shop.hpp"

namespace {

using namespace kilter;

struct Arguments {
  std::vector<std::string> problems{"zdt1"};
  std::string file, out;
  std::size_t population = 100, evaluations = 100000, repeat = 1;
  unsigned seed = 1;
};

void describe(CLI::App& app, Arguments& a) {
  app.add_option("--problem", a.problems, "zdt1 … zdt4, zdt6, dtlz1 … dtlz7, sphereN, shopNxM, or an instance of --file")
      ->delimiter(',');
  app.add_option("--file", a.file, "Job shops");
  app.add_option("--population", a.population, "A multiple of four, at least eight");
  app.add_option("--evaluations", a.evaluations, "Generations are as many as reach them");
  app.add_option("--seed", a.seed, "Seed of the first run");
  app.add_option("--repeat", a.repeat, "Runs of each problem, each with the next seed");
  app.add_option("--out", a.out, "Write the rows to this CSV file instead of the output");
}

struct SphereProblem {
  std::size_t size = 1;
  [[nodiscard]] pagmo::vector_double fitness(const pagmo::vector_double& x) const {
    double sum = 0;
    for (const double v : x) sum += v * v;
    return {sum};
  }
  [[nodiscard]] std::pair<pagmo::vector_double, pagmo::vector_double> get_bounds() const {
    return {pagmo::vector_double(size, -5.12), pagmo::vector_double(size, 5.12)};
  }
};

/// The keys sort the places of the job row 0 0 … 0 1 1 …, which is then decoded as in `evolve`.
struct ShopProblem {
  std::vector<bench::ShopOrder> order;  // pagmo asks for a default constructor
  std::vector<std::uint8_t> jobs;

  [[nodiscard]] pagmo::vector_double fitness(const pagmo::vector_double& x) const {
    thread_local std::vector<std::uint32_t> places;
    thread_local std::vector<std::uint8_t> genome;
    thread_local bench::ShopOrder::Workspace ws;
    places.resize(x.size());
    genome.resize(x.size());
    genetic::order_of_keys(x, places);
    for (std::size_t i = 0; i < x.size(); ++i) genome[i] = jobs[places[i]];
    return {order.front().cost(genome, ws)};
  }
  [[nodiscard]] std::pair<pagmo::vector_double, pagmo::vector_double> get_bounds() const {
    return {pagmo::vector_double(jobs.size(), 0), pagmo::vector_double(jobs.size(), 1)};
  }
};

ShopProblem shop_problem(const schedule::Shop& shop) {
  ShopProblem out;
  out.order.emplace_back(shop);
  for (std::size_t j = 0; j < shop.jobs.size(); ++j)
    out.jobs.insert(out.jobs.end(), shop.jobs[j].operations.size(), static_cast<std::uint8_t>(j));
  return out;
}

schedule::Shop find_shop(const Arguments& a, const std::string& name) {
  std::size_t jobs = 0, machines = 0;
  if (bench::shop_size(name, jobs, machines)) return bench::random_shop(jobs, machines, 1);
  for (schedule::Shop& shop : schedule::read_job_shop(bench::read_file(a.file), a.file)) {
    if (shop.name == name) return std::move(shop);
  }
  throw std::invalid_argument("--problem " + name + ": no such instance");
}

pagmo::problem make_problem(const Arguments& a, const std::string& name, bench::FrontLimit& limit) {
  std::size_t n = 0;
  if (bench::numbered(name, "sphere", n)) return pagmo::problem{SphereProblem{n}};
  if (bench::numbered(name, "zdt", n)) {
    limit = bench::zdt_limit(static_cast<int>(n));
    return pagmo::problem{pagmo::zdt(static_cast<unsigned>(n), n < 4 ? 30U : 10U)};
  }
  if (bench::numbered(name, "dtlz", n)) {
    limit = bench::dtlz_limit(static_cast<int>(n));
    return pagmo::problem{pagmo::dtlz(static_cast<unsigned>(n), n == 1 ? 7U : n == 7 ? 22U : 12U, 3U)};
  }
  return pagmo::problem{shop_problem(find_shop(a, name))};
}

bench::EvolveRow run_one(const Arguments& a, const std::string& name, unsigned seed) {
  bench::FrontLimit limit;
  const pagmo::problem problem = make_problem(a, name, limit);
  const auto generations = static_cast<unsigned>(a.evaluations / a.population);
  const bool several = problem.get_nobj() > 1;
  pagmo::algorithm algorithm =
      several ? pagmo::algorithm{pagmo::nsga2(generations, 0.9, 15.0, 1.0 / static_cast<double>(problem.get_nx()), 20.0, seed)}
              : pagmo::algorithm{pagmo::sga(generations, 0.9, 1.0, 0.02, 1.0, 2U, "exponential", "polynomial", "tournament", seed)};
  bench::EvolveRow row;
  row.problem = name;
  row.algorithm = several ? "pagmo nsga2" : "pagmo sga";
  row.seed = seed;
  row.generations = generations;
  const auto start = std::chrono::steady_clock::now();
  pagmo::population population{problem, a.population, seed};
  population = algorithm.evolve(population);
  row.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  row.evaluations = static_cast<std::size_t>(population.get_problem().get_fevals());
  if (several) {
    std::vector<double> rows;
    for (const auto& f : population.get_f()) rows.insert(rows.end(), f.begin(), f.end());
    row.front = genetic::non_dominated(rows, problem.get_nobj()).size();
    row.value = genetic::hypervolume(rows, limit.reference);
    row.limit = limit.hypervolume;
  } else {
    row.front = 1;
    row.value = population.champion_f()[0];
  }
  return row;
}

int run(const Arguments& a) {
  bench::Sink sink(a.out);
  bench::write_evolve_header(sink.stream());
  for (const std::string& problem : a.problems) {
    for (unsigned k = 0; k < a.repeat; ++k)
      bench::write_evolve_row(sink.stream(), run_one(a, problem, a.seed + k), a.population, 1, 1);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return bench::run_program<Arguments>("evolve_pagmo", "pagmo on the problems of evolve", argc, argv, describe, run);
}
