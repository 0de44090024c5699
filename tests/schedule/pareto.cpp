#include "kilter/schedule/pareto.hpp"

#include <stdexcept>

#include "catch.hpp"
#include "gangs.hpp"

using namespace kilter;
using namespace kilter::schedule;
using namespace kilter::test;

namespace {

/// Moldable gangs: more GPUs make them faster and cost more energy, and power is cheap later.
Problem moldable() {
  Problem problem;
  Resource gpus = pool("gpus", {16});
  gpus.power = 0.7 * units::kW;
  for (int k = 0; k < 24; ++k) gpus.price.push_back((k < 8 ? 150.0 : 60.0) * units::usd / units::MWh);
  problem.resources = {gpus};
  const std::vector<int> counts{2, 4, 8};
  for (std::size_t i = 0; i < 10; ++i) {
    const Gang gang{.id = i, .work = (1.0 + static_cast<double>(i % 4)) * units::h, .gpus = 4};
    problem.tasks.push_back(moldable_gang(gang, counts, 0.15, problem.resources));
  }
  return problem;
}

}  // namespace

TEST_CASE("a Pareto set: valid schedules, none dominated, from fast to cheap, the same at any number of threads") {
  const Problem problem = moldable();
  const ParetoSetOptions options{.search = {.population = 40, .generations = 20}};
  const ParetoSet set = pareto(problem, options);
  REQUIRE(set.schedules.size() > 8);
  REQUIRE(set.values.size() == 3 * set.schedules.size());
  for (std::size_t i = 0; i < set.schedules.size(); ++i) {
    require_valid(problem, set.schedules[i]);
    CHECK(set.schedules[i].measures.unplaced == 0);
    CHECK(set.values[3 * i] == set.schedules[i].measures.flow.base());
    CHECK(set.values[3 * i + 1] == set.schedules[i].measures.energy.base());
    CHECK(set.values[3 * i + 2] == set.schedules[i].measures.cost.base());
    for (std::size_t j = 0; j < set.schedules.size(); ++j) {
      bool dominated = j != i;
      for (std::size_t g = 0; g < 3; ++g) dominated = dominated && set.values[3 * j + g] <= set.values[3 * i + g];
      CHECK_FALSE(dominated);
    }
  }
  double fastest = 1e18, slowest = 0, cheapest = 1e18, dearest = 0;
  for (const Schedule& s : set.schedules) {
    fastest = std::min(fastest, s.measures.flow.base());
    slowest = std::max(slowest, s.measures.flow.base());
    cheapest = std::min(cheapest, s.measures.cost.base());
    dearest = std::max(dearest, s.measures.cost.base());
  }
  CHECK(slowest > 2 * fastest);
  CHECK(dearest > 1.5 * cheapest);
  const ParetoSet again = pareto(problem, options, Threads{3});
  CHECK(again.values == set.values);
  CHECK(again.evaluations == set.evaluations);
}

TEST_CASE("Pareto sets of one goal, of impossible problems, and nonsense") {
  Problem problem = moldable();
  ParetoSetOptions options{.goals = {Goal::energy}, .search = {.population = 20, .generations = 5}};
  const ParetoSet least = pareto(problem, options);
  REQUIRE(least.schedules.size() == 1);
  for (const auto& a : least.schedules[0].assignments) CHECK(a.mode == 0);  // the fewest GPUs
  options.goals = {};
  CHECK_THROWS_AS(pareto(problem, options), std::invalid_argument);
  options.goals = {Goal::cost, Goal::cost};
  CHECK_THROWS_AS(pareto(problem, options), std::invalid_argument);
  options.goals = {Goal::makespan, Goal::tardiness, Goal::wait, Goal::carbon};
  CHECK(pareto(problem, options).schedules.size() >= 1);
  add_gang(problem, 1, 17);
  CHECK(pareto(problem, options).status == Status::infeasible);
}
