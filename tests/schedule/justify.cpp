#include "kilter/schedule/justify.hpp"

#include <algorithm>
#include <vector>

#include "catch.hpp"
#include "gangs.hpp"
#include "kilter/schedule/genetic.hpp"

using namespace kilter;
using namespace kilter::schedule;
using namespace kilter::test;

namespace {

/// Activities on two resources, with random precedence; only the makespan counts.
Problem project(std::size_t tasks, std::uint64_t seed, bool varying = false) {
  Rng rng{seed};
  Problem problem;
  problem.objective = {.makespan = Rate{1}, .cost = 0};
  problem.step = 10 * units::s;
  for (int r = 0; r < 2; ++r) {
    problem.resources.push_back(pool("r", {8}));
    for (int k = 0; varying && k < 5; ++k) problem.resources.back().capacity.push_back(6 + static_cast<int>(rng.index(5)));
  }
  for (std::uint32_t i = 0; i < tasks; ++i) {
    Task task;
    task.modes = {{Seconds{static_cast<double>(1 + rng.index(10))},
                   {{0, 1 + static_cast<int>(rng.index(5))}, {1, 1 + static_cast<int>(rng.index(5))}}}};
    for (std::uint32_t p = i > 6 ? i - 6 : 0; p < i; ++p) {
      if (rng.bernoulli(0.3)) task.predecessors.push_back({p});
    }
    problem.tasks.push_back(task);
  }
  return problem;
}

/// The shortest makespan by trying every order that is possible: serial generation of all orders reaches an optimum (Kolisch 1996).
double shortest(const Problem& problem) {
  Order order = genetic::identity_permutation(problem.tasks.size());
  double best = 1e18;
  do {
    best = std::min(best, decode(problem, order).measures.makespan.base());
  } while (std::next_permutation(order.begin(), order.end()));
  return best;
}

}  // namespace

TEST_CASE("forward-backward improvement never makes a schedule worse, mostly better, and says what it costs") {
  std::size_t better = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    const Problem problem = project(30, seed, seed % 3 == 0);
    const Decoder decoder(problem);
    auto workspace = decoder.make_workspace();
    auto memory = make_justification(30);
    Rng rng{seed};
    Order order = genetic::random_permutation(30, rng);
    const double before = decoder.cost(order, workspace);
    const double after = justify(decoder, order, {}, before, workspace, memory);
    CHECK(after <= before);
    CHECK(genetic::is_permutation(order));
    CHECK(decoder.cost(order, workspace) == after);
    require_valid(problem, decode(problem, order));
    better += after < before ? 1U : 0U;
  }
  CHECK(better > 30);
}

TEST_CASE("problems with everything in them are improved validly") {
  for (std::uint64_t seed = 1; seed <= 80; ++seed) {
    Problem problem = full_problem(2 + seed % 20, seed);
    for (Resource& resource : problem.resources) {
      if (seed % 2 == 0) resource.setup.clear();
    }
    const Decoder decoder(problem);
    auto workspace = decoder.make_workspace();
    auto memory = make_justification(problem.tasks.size());
    Rng rng{seed};
    Order order = genetic::random_permutation(problem.tasks.size(), rng);
    const double before = decoder.cost(order, workspace);
    CHECK(justify(decoder, order, {}, before, workspace, memory) <= before);
    require_valid(problem, decode(problem, order));
  }
}

TEST_CASE("tiny projects: the search finds the shortest makespan of all") {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    const Problem problem = project(7, seed);
    const double optimum = shortest(problem);
    const Schedule s = GeneticScheduler{}.schedule(problem);
    require_valid(problem, s);
    CHECK(s.measures.makespan.base() == optimum);
    CHECK(s.bound.base() <= optimum + 1e-9);
  }
}
