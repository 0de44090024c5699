#include "kilter/lp/network.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <stop_token>
#include <vector>

#include "catch.hpp"
#include "kilter/core/rng.hpp"
#include "kilter/lp/glpk.hpp"
#include "kilter/lp/solve.hpp"
#include "random_network.hpp"

using namespace kilter;
using namespace kilter::lp;
using kilter::lp::test::program_of;
using kilter::lp::test::random_network;
using kilter::test::WithinAbs;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// Everything an answer must satisfy by itself.
void check_flow(const Network& network, const FlowSolution& solution) {
  const Residuals found = verify(network, solution);
  CHECK(found.primal <= 1e-7);
  CHECK(found.dual <= 1e-7);
  CHECK(found.complementarity <= 1e-7);
  CHECK(found.gap <= 1e-9);
  CHECK(found.gap == solution.residuals.gap);
  REQUIRE(solution.basis.size() == static_cast<std::size_t>(network.arcs()));
  CHECK(std::count(solution.basis.begin(), solution.basis.end(), VariableStatus::basic) < std::max(network.nodes(), 1));
  for (int a = 0; a < network.arcs(); ++a) {
    const auto k = static_cast<std::size_t>(a);
    if (solution.basis[k] == VariableStatus::at_lower) CHECK(solution.flow[k] == network.lower(a));
    if (solution.basis[k] == VariableStatus::at_upper) CHECK(solution.flow[k] == network.upper(a));
    if (solution.basis[k] == VariableStatus::free_nonbasic) CHECK(solution.flow[k] == 0);
  }
  if (solution.status == Status::infeasible) CHECK(proves_infeasible(network, solution.cut).holds());
  if (solution.status == Status::unbounded) CHECK(proves_unbounded(network, solution.ray).holds());
  CHECK(solution.cut.empty() == (solution.status != Status::infeasible));
  CHECK(solution.ray.empty() == (solution.status != Status::unbounded));
}

void check_same(const FlowSolution& a, const FlowSolution& b) {
  REQUIRE(a.status == b.status);
  if (a.status == Status::optimal) CHECK_THAT(a.objective, WithinAbs(b.objective, 1e-8 * (1 + std::abs(b.objective))));
}

void edit(Network& network, Rng& rng) {
  const auto pick = [&](int count) { return static_cast<int>(rng.index(static_cast<std::size_t>(count))); };
  const std::size_t kind = rng.index(4);
  if (kind == 0) {
    const int v = pick(network.nodes()), w = pick(network.nodes());
    network.set_supply(v, network.supply(v) + 1);
    network.set_supply(w, network.supply(w) - 1);
  } else if (network.arcs() > 0 && kind == 1) {
    network.set_cost(pick(network.arcs()), static_cast<double>(rng.index(9)) - 1);
  } else if (network.arcs() > 0) {
    const double lower = static_cast<double>(rng.index(3)) - 1;
    network.set_bounds(pick(network.arcs()), lower, kind == 2 ? infinity : lower + static_cast<double>(rng.index(6)));
  }
}

}  // namespace

TEST_CASE("flow: a small network has the answer worked out by hand") {
  Network network(4);
  network.set_supply(0, 4);
  network.set_supply(3, -4);
  network.add_arc(0, 1, 0, 4, 2);
  network.add_arc(0, 2, 0, 2, 2);
  network.add_arc(1, 2, 0, 2, 1);
  network.add_arc(1, 3, 0, 3, 3);
  network.add_arc(2, 3, 0, 5, 1);
  const FlowSolution solution = min_cost_flow(network);
  REQUIRE(solution.status == Status::optimal);
  CHECK(solution.objective == 14);
  CHECK(solution.flow == std::vector<double>{2, 2, 2, 0, 4});
  CHECK(solution.potential[0] - solution.potential[3] == 4);
  CHECK(reduced_cost(network, solution.potential, 3) == 1);
  CHECK(reduced_cost(network, solution.potential, 1) == -1);
  check_flow(network, solution);
}

TEST_CASE("flow: thousands of random networks end as the simplex method and GLPK end") {
  int counts[3] = {};
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    INFO("seed " << seed);
    Rng rng{seed};
    const Network network = random_network(rng);
    const Model model = program_of(network);
    const FlowSolution ours = min_cost_flow(network);
    check_flow(network, ours);
    const Solution theirs = seed % 2 == 0 ? solve(model, {.method = Method::dual}) : Glpk{}.solve(model);
    if (theirs.status == Status::numerical_failure || theirs.status == Status::feasible) continue;
    REQUIRE(ours.status == theirs.status);
    if (ours.status == Status::optimal) {
      CHECK_THAT(ours.objective, WithinAbs(theirs.objective, 1e-7 * (1 + std::abs(theirs.objective))));
    }
    counts[ours.status == Status::optimal ? 0 : ours.status == Status::infeasible ? 1 : 2]++;
  }
  CHECK(counts[0] > 800);
  CHECK(counts[1] > 400);
  CHECK(counts[2] > 100);
}

TEST_CASE("flow: larger networks end as GLPK ends, and whole data give whole flows") {
  for (std::uint64_t seed = 0; seed < 25; ++seed) {
    INFO("seed " << seed);
    Rng rng{seed + 5000};
    Network network(60);
    for (int a = 0; a < 400; ++a) {
      const double capacity = static_cast<double>(rng.index(30));
      network.add_arc(static_cast<int>(rng.index(60)), static_cast<int>(rng.index(60)), 0, capacity,
                      static_cast<double>(rng.index(100)));
    }
    for (int k = 0; k < 12; ++k) {
      const double units = static_cast<double>(rng.index(9));
      const int from = static_cast<int>(rng.index(60)), to = static_cast<int>(rng.index(60));
      network.set_supply(from, network.supply(from) + units);
      network.set_supply(to, network.supply(to) - units);
    }
    const FlowSolution ours = min_cost_flow(network);
    const Solution theirs = Glpk{}.solve(program_of(network));
    check_flow(network, ours);
    REQUIRE(ours.status == theirs.status);
    if (ours.status != Status::optimal) continue;
    CHECK(ours.objective == std::round(theirs.objective));
    CHECK(std::all_of(ours.flow.begin(), ours.flow.end(), [](double x) { return x == std::round(x); }));
    CHECK(ours.residuals.gap == 0);
    CHECK(ours.residuals.complementarity == 0);
  }
}

TEST_CASE("flow: magnitudes far apart neither hide what is infeasible nor make it up") {
  for (const double unit : {1e-6, 1.0, 1e9}) {
    for (const double price : {1e-9, 1.0, 1e12}) {
      INFO("unit " << unit << ", price " << price);
      Network network(3);
      network.set_supply(0, 3 * unit);
      network.set_supply(2, -3 * unit);
      network.add_arc(0, 1, 0, 2 * unit, price);
      network.add_arc(1, 2, 0, infinity, price);
      FlowSolution solution = min_cost_flow(network);
      CHECK(solution.status == Status::infeasible);
      CHECK(solution.cut == std::vector<bool>{true, false, false});
      network.add_arc(0, 2, 0, unit, 1e6 * price);
      solution = min_cost_flow(network);
      REQUIRE(solution.status == Status::optimal);
      CHECK_THAT(solution.objective / (unit * price), WithinAbs(4 + 1e6, 1e-6));
    }
  }
}

TEST_CASE("flow: supplies that do not add up, unconnected parts and cuts are proven infeasible") {
  Network network(3);
  network.set_supply(0, 1);
  network.add_arc(0, 1, 0, infinity, 1);
  FlowSolution solution = min_cost_flow(network);
  REQUIRE(solution.status == Status::infeasible);
  CHECK(proves_infeasible(network, solution.cut).margin == 1);
  network.set_supply(0, -1);
  solution = min_cost_flow(network);
  REQUIRE(solution.status == Status::infeasible);
  CHECK(proves_infeasible(network, solution.cut).margin == 1);
  network.set_supply(2, 1);
  CHECK(min_cost_flow(network).status == Status::infeasible);
  network.add_arc(2, 1, 3, 4, 1);  // at least three units must come back from node 1
  network.add_arc(1, 2, 0, 1, 1);
  solution = min_cost_flow(network);
  REQUIRE(solution.status == Status::infeasible);
  check_flow(network, solution);
  CHECK_FALSE(proves_infeasible(network, std::vector<bool>(3)).holds());
  CHECK_THROWS_AS(proves_infeasible(network, std::vector<bool>(2)), std::invalid_argument);
}

TEST_CASE("flow: cycles and loops of negative cost without capacity are unbounded, with a capacity they are full") {
  Network network(3);
  network.add_arc(0, 1, 0, infinity, 1);
  network.add_arc(1, 2, 0, infinity, -3);
  const int back = network.add_arc(2, 0, 0, infinity, 1);
  FlowSolution solution = min_cost_flow(network);
  REQUIRE(solution.status == Status::unbounded);
  CHECK(solution.ray == std::vector<double>{1, 1, 1});
  CHECK(proves_unbounded(network, solution.ray).margin == 1);
  network.set_bounds(back, 0, 5);
  solution = min_cost_flow(network);
  REQUIRE(solution.status == Status::optimal);
  CHECK(solution.objective == -5);
  const int loop = network.add_arc(1, 1, -2, 7, -1);
  solution = min_cost_flow(network);
  CHECK(solution.objective == -12);
  check_flow(network, solution);
  network.set_bounds(loop, -2, infinity);
  solution = min_cost_flow(network);
  REQUIRE(solution.status == Status::unbounded);
  check_flow(network, solution);
  network.set_supply(0, 1);  // an infeasible network is not unbounded
  CHECK(min_cost_flow(network).status == Status::infeasible);
  CHECK_THROWS_AS(proves_unbounded(network, std::vector<double>(2)), std::invalid_argument);
}

TEST_CASE("flow: empty networks, lone nodes and networks without arcs") {
  CHECK(min_cost_flow(Network{}).status == Status::optimal);
  CHECK(min_cost_flow(Network(5)).status == Status::optimal);
  Network network(1);
  network.set_supply(0, 2);
  CHECK(min_cost_flow(network).status == Status::infeasible);
  network.set_supply(0, 0);
  network.add_arc(0, 0, -1, 1, 0);
  CHECK(min_cost_flow(network).objective == 0);
}

TEST_CASE("flow: after any edit an answer goes on from the last tree to that of a cold start") {
  std::size_t warm = 0, cold = 0;
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    Rng rng{seed + 300};
    Network network = random_network(rng, 30, 120);
    FlowSolution last = min_cost_flow(network);
    CHECK(min_cost_flow(network, {}, &last.basis).iterations <= (last.status == Status::optimal ? 3U : last.iterations + 50));
    for (int round = 0; round < 10; ++round) {
      INFO("seed " << seed << ", round " << round);
      edit(network, rng);
      const FlowSolution fresh = min_cost_flow(network);
      last = min_cost_flow(network, {}, &last.basis);
      check_flow(network, last);
      check_same(last, fresh);
      warm += last.iterations;
      cold += fresh.iterations;
    }
  }
  CHECK(2 * warm < cold);
}

TEST_CASE("flow: any statuses whatever may be the start") {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    INFO("seed " << seed);
    Rng rng{seed + 900};
    const Network network = random_network(rng);
    FlowBasis start(static_cast<std::size_t>(network.arcs()));
    for (VariableStatus& status : start) status = static_cast<VariableStatus>(rng.index(4));
    const FlowSolution solution = min_cost_flow(network, {}, &start);
    check_flow(network, solution);
    check_same(solution, min_cost_flow(network));
  }
}

TEST_CASE("flow: limits and stops say what they are and leave a basis to go on from") {
  Rng rng{4};
  Network network(200);
  for (int a = 0; a < 2000; ++a) {
    network.add_arc(static_cast<int>(rng.index(200)), static_cast<int>(rng.index(200)), 0, infinity,
                    static_cast<double>(rng.index(1000)));
  }
  for (int v = 0; v < 200; ++v) network.set_supply(v, v < 100 ? 1 : -1);
  const FlowSolution whole = min_cost_flow(network);
  REQUIRE(whole.status == Status::optimal);
  FlowSolution part = min_cost_flow(network, {.iteration_limit = 50});
  CHECK(part.status == Status::iteration_limit);
  CHECK(part.iterations == 50);
  for (int round = 0; round < 1000 && part.status != Status::optimal; ++round) {
    part = min_cost_flow(network, {.iteration_limit = 50}, &part.basis);
  }
  CHECK(part.objective == whole.objective);
  std::stop_source source;
  source.request_stop();
  const FlowSolution stopped = min_cost_flow(network, {.budget = {.stop = source.get_token()}});
  CHECK(stopped.status == Status::cancelled);
  CHECK(stopped.residuals.primal > 0);
  CHECK(min_cost_flow(network, {.budget = {.time_limit = Duration{0}}}).status == Status::time_limit);
}

TEST_CASE("flow: an observer sees iterations rise and changes nothing") {
  Rng rng{8};
  Network network(1500);
  for (int a = 0; a < 15000; ++a) {
    network.add_arc(static_cast<int>(rng.index(1500)), static_cast<int>(rng.index(1500)), 0, 3,
                    static_cast<double>(rng.index(1000)));
  }
  for (int v = 0; v < 1500; ++v) network.set_supply(v, v < 750 ? 1 : -1);
  std::size_t last = 0, calls = 0;
  const FlowSolution seen = min_cost_flow(network, {}, nullptr, [&](const Progress& progress) {
    CHECK(progress.iteration > last);
    last = progress.iteration;
    ++calls;
  });
  CHECK(calls == seen.iterations / 1024);
  CHECK(calls > 0);
  const FlowSolution unseen = min_cost_flow(network);
  CHECK(unseen.flow == seen.flow);
  CHECK(unseen.potential == seen.potential);
}

TEST_CASE("flow: misuse is refused by name and leaves the network as it was") {
  Network network(2);
  network.add_arc(0, 1, 0, 1, 1);
  CHECK_THROWS_AS(network.add_arc(0, 2, 0, 1, 1), std::invalid_argument);
  CHECK_THROWS_AS(network.add_arc(-1, 1, 0, 1, 1), std::invalid_argument);
  CHECK_THROWS_AS(network.add_arc(0, 1, 2, 1, 1), std::invalid_argument);
  CHECK_THROWS_AS(network.add_arc(0, 1, not_a_number, 1, 1), std::invalid_argument);
  CHECK_THROWS_AS(network.add_arc(0, 1, infinity, infinity, 1), std::invalid_argument);
  CHECK_THROWS_AS(network.add_arc(0, 1, -infinity, -infinity, 1), std::invalid_argument);
  CHECK_THROWS_AS(network.add_arc(0, 1, 0, 1, infinity), std::invalid_argument);
  CHECK_THROWS_AS(network.add_node(not_a_number), std::invalid_argument);
  CHECK_THROWS_AS(network.add_nodes(-1), std::invalid_argument);
  CHECK_THROWS_AS(network.set_supply(2, 1), std::invalid_argument);
  CHECK_THROWS_AS(network.set_cost(1, 1), std::invalid_argument);
  CHECK_THROWS_AS(network.set_bounds(0, 1, 0), std::invalid_argument);
  CHECK_THROWS_AS(network.reserve(-1, 0), std::invalid_argument);
  CHECK(network.nodes() == 2);
  CHECK(network.arcs() == 1);
  const FlowBasis wrong(2);
  CHECK_THROWS_AS(min_cost_flow(network, {}, &wrong), std::invalid_argument);
  CHECK_THROWS_AS(min_cost_flow(network, {.primal_tolerance = 0}), std::invalid_argument);
  CHECK_THROWS_AS(min_cost_flow(network, {.dual_tolerance = 1}), std::invalid_argument);
  CHECK_THROWS_AS(reduced_cost(network, std::vector<double>(1), 0), std::invalid_argument);
  CHECK_THROWS_AS(verify(network, FlowSolution{}), std::invalid_argument);
}
