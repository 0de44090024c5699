#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <vector>

#include "catch.hpp"
#include "kilter/genetic/island.hpp"
#include "kilter/genetic/minimise.hpp"
#include "toys.hpp"

using namespace kilter;
using namespace kilter::genetic;
using namespace kilter::test;

namespace {

Options islands(std::size_t count) {
  Options options{.population = 20, .generations = 37, .mutation_rate = 0.4, .seed = 5};
  options.islands = count;
  return options;
}

}  // namespace

TEST_CASE("islands give the same result at any number of threads") {
  const WeightedTardiness problem(30);
  for (const auto survival : {Survival::generational, Survival::steady_state, Survival::diverse}) {
    for (const std::size_t count : {2U, 3U, 5U}) {
      Options options = islands(count);
      options.survival = survival;
      const auto one = minimise(problem, options);
      CHECK(one.generations == 37);
      for (const unsigned threads : {1U, 2U, 3U, 7U}) {
        const auto other = minimise(problem, options, {}, Threads{threads});
        CHECK(one.best == other.best);
        CHECK(one.cost == other.cost);
        CHECK(one.evaluations == other.evaluations);
        CHECK(one.population == other.population);
      }
    }
  }
}

TEST_CASE("islands differ from one another, and what they return is true") {
  const WeightedTardiness problem(30);
  Options options = islands(4);
  options.migration_interval = 1000;
  Archipelago archipelago(problem, options);
  archipelago.begin();
  for (std::size_t i = 1; i < 4; ++i) CHECK(archipelago.island(0).best() != archipelago.island(i).best());
  archipelago.advance();
  const auto result = archipelago.result(Status::feasible);
  CHECK(result.generations == 37);
  CHECK(result.population.size() == 80);
  CHECK(result.population.front() == result.best);
  CHECK(problem.cost(result.best) == result.cost);
  double last = 0;
  for (const auto& genome : result.population) {
    CHECK(problem.cost(genome) >= last);
    last = problem.cost(genome);
  }
  std::size_t evaluations = 0;
  for (std::size_t i = 0; i < 4; ++i) evaluations += archipelago.island(i).search().evaluations;
  CHECK(result.evaluations == evaluations);
}

TEST_CASE("migrants go round the ring") {
  const WeightedTardiness problem(30);
  Options options = islands(3);
  options.migration_interval = 1;
  options.migrants = 1;
  // Island 1 begins with a genome that is far better than random ones.
  const auto good = minimise(problem, {.population = 60, .generations = 200, .mutation_rate = 0.5}).best;
  const std::vector<std::vector<std::uint16_t>> start(1, good);
  Archipelago archipelago(problem, options);
  archipelago.begin(start);
  const double best = problem.cost(good);
  CHECK(archipelago.island(0).search().best == best);
  CHECK(archipelago.island(1).search().best > best);
  archipelago.advance();
  CHECK(archipelago.island(1).search().best <= best);
  CHECK(archipelago.island(2).search().best > best);
  archipelago.advance();
  CHECK(archipelago.island(2).search().best <= best);
}

TEST_CASE("start genomes are dealt out, and never lost") {
  const WeightedTardiness problem(30);
  const auto first = minimise(problem, islands(3));
  Options again = islands(3);
  again.seed = 99;
  again.generations = 5;
  CHECK(minimise(problem, again, first.population).cost <= first.cost);
}

TEST_CASE("target, stall, evaluations and budget end islands") {
  const OneMax problem;
  Options options = islands(2);
  options.target = 25;
  const auto reached = minimise(problem, options);
  CHECK(reached.cost <= 25);
  CHECK(reached.generations < 37);
  options = islands(2);
  options.generations = 100000;
  options.evaluations = 2000;
  const auto counted = minimise(problem, options);
  CHECK(counted.evaluations >= 2000);
  CHECK(counted.evaluations < 2000 + 2 * 20 * 10);
  options.evaluations = 0;
  options.stall_generations = 30;
  CHECK(minimise(problem, options).generations < 1000);
  std::stop_source source;
  source.request_stop();
  options.budget.stop = source.get_token();
  const auto stopped = minimise(problem, options, {}, Threads{2});
  CHECK(stopped.status == Status::cancelled);
  CHECK(stopped.evaluations == 2);  // the first genome of each island
  options.budget = {.time_limit = Duration{0.02}};
  options.stall_generations = 0;
  const auto limited = minimise(problem, options, {}, Threads{2});
  CHECK(limited.status == Status::time_limit);
  CHECK(problem.cost(limited.best) == limited.cost);
}
