#include "kilter/genetic/evolution.hpp"

#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <vector>

#include "catch.hpp"
#include "kilter/genetic/minimise.hpp"
#include "refused.hpp"
#include "toys.hpp"

using namespace kilter;
using namespace kilter::genetic;
using namespace kilter::test;

TEST_CASE("an evolution advanced by hand is minimise") {
  const WeightedTardiness problem(25);
  const Options options{.population = 30, .generations = 20, .seed = 3};
  Evolution evolution(problem, options);
  CHECK(evolution.begin());
  for (int g = 0; g < 20; ++g) CHECK(evolution.advance());
  const auto by_hand = evolution.result(Status::feasible), by_call = minimise(problem, options);
  CHECK(by_hand.best == by_call.best);
  CHECK(by_hand.cost == by_call.cost);
  CHECK(by_hand.population == by_call.population);
  CHECK(by_hand.evaluations == by_call.evaluations);
  CHECK(evolution.search().generation == 20);
  CHECK(evolution.best() == by_call.best);
  CHECK(evolution.population().size() == 30);
}

TEST_CASE("run ends where its criterion says, and goes on") {
  const WeightedTardiness problem(25);
  Evolution evolution(problem, {.population = 30});
  evolution.begin();
  CHECK(run(evolution, Generations{5}) == Status::feasible);
  CHECK(evolution.search().generation == 5);
  CHECK(run(evolution, Generations{12} | Target{0}, Threads{2}) == Status::feasible);
  CHECK(evolution.search().generation == 12);
  CHECK(evolution.result(Status::feasible).best == minimise(problem, {.population = 30, .generations = 12}).best);
}

TEST_CASE("what was not begun cannot advance") {
  const OneMax problem;
  Evolution evolution(problem, {.population = 4});
  CHECK_REFUSED(evolution.advance(), "advance = 0");
  CHECK_REFUSED(Evolution(problem, {.population = 0}), "population = 0");
}

TEST_CASE("a cut first generation can be gone on with") {
  struct Stopping : OneMax {
    std::stop_source* source = nullptr;
    mutable std::size_t calls = 0;
    double cost(Row x) const {
      if (++calls == 3) source->request_stop();
      return OneMax::cost(x);
    }
  };
  std::stop_source source;
  Stopping problem;
  problem.source = &source;
  Options options{.population = 10, .elite = 5};
  options.budget.stop = source.get_token();
  Evolution evolution(problem, options);
  CHECK_FALSE(evolution.begin());
  CHECK(evolution.population().size() == 3);
  CHECK_FALSE(evolution.advance());  // the token is still set
  CHECK(evolution.check_budget() == Status::cancelled);
  CHECK(evolution.search().evaluations == 3);

  EvolutionState<std::uint8_t> few = evolution.state();
  options.budget = {};
  Evolution next(problem, options);
  next.resume(few);
  for (int g = 0; g < 20; ++g) CHECK(next.advance());
  CHECK(next.population().size() == 10);
  CHECK(next.search().best <= few.search.best);
}

TEST_CASE("migrants replace the worst, not the better ones, and not twice") {
  const OneMax problem{.n = 8};
  for (const auto survival : {Survival::generational, Survival::diverse}) {
    Options options{.population = 6};
    options.survival = survival;
    Evolution evolution(problem, options);
    evolution.begin();
    Population<std::uint8_t> arrivals(2, 8);
    for (auto& gene : arrivals.row(0)) gene = 1;
    for (auto& gene : arrivals.row(1)) gene = 1;
    arrivals[0].cost = arrivals[1].cost = 0;
    evolution.receive(arrivals);
    CHECK(evolution.search().best == 0);
    CHECK(evolution.best() == std::vector<std::uint8_t>(8, 1));
    const auto result = evolution.result(Status::feasible);
    CHECK(result.population.front() == evolution.best());
    CHECK(result.population[1] != evolution.best());
    Population<std::uint8_t> best(3, 8);
    evolution.send(best);
    CHECK(best.cost(0) == 0);
    CHECK(best.cost(1) <= best.cost(2));
  }
}

TEST_CASE("a state of the wrong size is refused") {
  const OneMax problem{.n = 8}, other{.n = 9};
  Evolution evolution(problem, {.population = 6}), larger(other, {.population = 6}), fewer(problem, {.population = 5});
  evolution.begin();
  CHECK_REFUSED(larger.resume(evolution.state()), "genome_size = 8");
  CHECK_REFUSED(fewer.resume(evolution.state()), "population = 6");
}
