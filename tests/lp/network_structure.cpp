#include "kilter/lp/network_structure.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <stop_token>
#include <vector>

#include "catch.hpp"
#include "checks.hpp"
#include "kilter/core/rng.hpp"
#include "kilter/lp/glpk.hpp"
#include "kilter/lp/solve.hpp"
#include "random_network.hpp"
#include "random_program.hpp"

using namespace kilter;
using namespace kilter::lp;
using kilter::lp::test::check_proof;
using kilter::test::WithinAbs;

namespace {

std::optional<Solution> network_solution(const Model& model, const Basis* start = nullptr, const Options& options = {}) {
  const Stopwatch stopwatch(options.budget);
  Silent watch;
  return lp::detail::solve_as_network(model, options, start, stopwatch, watch);
}

/// A program that is a network in disguise: rows multiplied, columns scaled, inequalities, ranges, free rows, columns of one entry
/// and of none.
Model disguised(Rng& rng, std::size_t most_rows = 10, std::size_t most_columns = 30) {
  const std::vector<double> factors = {1, -1, 2, -2, 0.7, -4, 3, 49};
  const std::size_t kinds = rng.bernoulli(0.5) ? 2 : factors.size();
  const int rows = 1 + static_cast<int>(rng.index(most_rows)), columns = static_cast<int>(rng.index(most_columns));
  const bool feasible = rng.bernoulli(0.8), whole = rng.bernoulli(0.7), dear = rng.bernoulli(0.6);
  const auto value = [&] { return whole ? static_cast<double>(rng.index(9)) - 4 : rng.normal(0, 3); };
  std::vector<double> multiplier, activity(static_cast<std::size_t>(rows));
  std::vector<std::vector<Term>> terms(static_cast<std::size_t>(rows));
  for (int i = 0; i < rows; ++i) multiplier.push_back(factors[rng.index(kinds)]);
  Model model;
  model.set_objective_constant(7);
  for (int j = 0; j < columns; ++j) {
    const double x = value(), scale = rng.bernoulli(0.5) ? 1 : 0.25;
    const auto box = lp::test::interval_around(rng, x, std::abs(value()), std::abs(value()));
    model.add_column(dear && box.lower > -infinity ? std::abs(value()) : value(), box.lower, box.upper);
    const auto add = [&](std::size_t i, double sign) {
      terms[i].push_back({j, sign * scale * multiplier[i]});
      activity[i] += terms[i].back().coefficient * x;
    };
    const std::size_t s = rng.index(terms.size()), t = rng.index(terms.size());
    if (rng.bernoulli(0.05)) continue;
    add(s, 1);
    if (t != s) add(t, -1);
  }
  for (std::size_t i = 0; i < terms.size(); ++i) {
    const auto range = lp::test::interval_around(rng, feasible ? activity[i] : value(), std::abs(value()), std::abs(value()));
    model.add_row(terms[i], range.lower, range.upper);
  }
  return model;
}

int basics(const Basis& basis) {
  const auto count = [](const auto& part) { return std::count(part.begin(), part.end(), VariableStatus::basic); };
  return static_cast<int>(count(basis.columns) + count(basis.rows));
}

void check_network_answer(const Model& model, const Solution& solution) {
  check_proof(model, solution);
  CHECK(basics(solution.basis) == model.rows());
  CHECK(solution.row_activity.size() == static_cast<std::size_t>(model.rows()));
  CHECK(solution.reduced_cost.size() == static_cast<std::size_t>(model.columns()));
}

}  // namespace

TEST_CASE("network structure: thousands of networks in disguise end as the simplex method and GLPK end") {
  int counts[3] = {};
  for (std::uint64_t seed = 0; seed < 4000; ++seed) {
    INFO("seed " << seed);
    Rng rng{seed};
    const Model model = disguised(rng);
    const auto ours = network_solution(model);
    REQUIRE(ours);
    check_network_answer(model, *ours);
    const Solution theirs = seed % 2 == 0 ? solve(model, {.method = Method::dual}) : Glpk{}.solve(model);
    if (theirs.status == Status::numerical_failure || theirs.status == Status::feasible) continue;
    REQUIRE(ours->status == theirs.status);
    if (ours->status == Status::optimal) {
      CHECK_THAT(ours->objective, WithinAbs(theirs.objective, 1e-7 * (1 + std::abs(theirs.objective))));
      // The tree is an optimal basis of the program: no method has anything left to do with it.
      CHECK(Glpk{}.solve(model, &ours->basis).iterations == 0);
      CHECK(solve(model, {.method = Method::primal, .presolve = Presolving::off}, &ours->basis).iterations == 0);
    }
    counts[ours->status == Status::optimal ? 0 : ours->status == Status::infeasible ? 1 : 2]++;
  }
  CHECK(counts[0] > 1000);
  CHECK(counts[1] > 200);
  CHECK(counts[2] > 300);
}

TEST_CASE("network structure: assignment and transportation programs are networks") {
  Rng rng{3};
  Model model;
  std::vector<std::vector<Term>> rows(40);
  for (std::size_t i = 0; i < 20; ++i) {
    for (std::size_t j = 0; j < 20; ++j) {
      const int x = model.add_column(static_cast<double>(rng.index(50)), 0, infinity);
      rows[i].push_back({x, 1});
      rows[20 + j].push_back({x, 1});
    }
  }
  for (const auto& row : rows) model.add_row(row, 1, 1);
  const auto solution = network_solution(model);
  REQUIRE(solution);
  REQUIRE(solution->status == Status::optimal);
  check_network_answer(model, *solution);
  CHECK(std::all_of(solution->primal.begin(), solution->primal.end(), [](double x) { return x == 0 || x == 1; }));
  CHECK_THAT(solution->objective, WithinAbs(Glpk{}.solve(model).objective, 1e-9));
}

TEST_CASE("network structure: what is no network is not taken for one") {
  const auto is_network = [](const std::vector<std::vector<Term>>& rows) {
    Model model;
    for (int j = 0; j < 4; ++j) model.add_column(0, 0, 1);
    for (const auto& row : rows) model.add_row(row, 0, 1);
    return lp::detail::find_network(model).has_value();
  };
  CHECK(is_network({}));
  CHECK(is_network({{{0, 1}, {1, 1}}, {{0, 1}, {1, 1}}}));
  CHECK(is_network({{{0, 1}, {1, 2}}, {{0, 3}, {1, 6}}}));
  CHECK_FALSE(is_network({{{0, 1}, {1, 1}}, {{0, 1}, {1, -1}}}));                   // signs that no multiplier mends
  CHECK_FALSE(is_network({{{0, 1}, {1, 1}}, {{0, 1}, {1, 2}}}));                    // sizes likewise
  CHECK_FALSE(is_network({{{0, 1}}, {{0, 1}}, {{0, 1}}}));                          // three entries
  CHECK_FALSE(is_network({{{0, 1}, {2, 1}}, {{0, 1}, {1, 1}}, {{1, 1}, {2, 1}}}));  // an odd circle of equal signs
  CHECK(is_network({{{0, 1}, {2, 1}}, {{0, 1}, {1, -1}}, {{1, 1}, {2, 1}}}));       // mended by one minus
  CHECK_FALSE(is_network({{{0, 1e-300}, {1, 1}}, {{0, 1e300}, {1, 1}}}));           // multipliers that cannot be held
  int networks = 0;
  for (std::uint64_t seed = 0; seed < 500; ++seed) {  // random programs: whatever is taken for a network must be solved right
    INFO("seed " << seed);
    Rng rng{seed};
    const Model model = lp::test::random_program(rng, 6, 3);
    const auto ours = network_solution(model);
    if (!ours) continue;
    ++networks;
    const Solution theirs = solve(model, {.method = Method::dual});
    REQUIRE(ours->status == theirs.status);
    check_network_answer(model, *ours);
    if (ours->status == Status::optimal) {
      CHECK_THAT(ours->objective, WithinAbs(theirs.objective, 1e-7 * (1 + std::abs(theirs.objective))));
    }
  }
  CHECK(networks > 50);
}

TEST_CASE("network structure: after any edit an answer goes on from the last basis, its own or the simplex method's") {
  std::size_t warm = 0, cold = 0;
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    Rng rng{seed + 70};
    Model model = disguised(rng, 20, 80);
    if (model.columns() == 0) continue;
    Basis basis = seed % 2 == 0 ? network_solution(model)->basis : solve(model, {.method = Method::dual}).basis;
    for (int round = 0; round < 6; ++round) {
      INFO("seed " << seed << ", round " << round);
      lp::test::random_edit(model, rng);
      const auto fresh = network_solution(model), next = network_solution(model, &basis);
      REQUIRE(fresh);
      REQUIRE(next);
      REQUIRE(next->status == fresh->status);
      check_network_answer(model, *next);
      if (next->status == Status::optimal) {
        CHECK_THAT(next->objective, WithinAbs(fresh->objective, 1e-7 * (1 + std::abs(fresh->objective))));
      }
      warm += next->iterations;
      cold += fresh->iterations;
      basis = next->basis;
    }
  }
  CHECK(warm < cold);
}

TEST_CASE("network structure: limits and stops are told as they are") {
  Rng rng{11};
  Model model;
  std::vector<std::vector<Term>> rows(60);
  for (int j = 0; j < 600; ++j) {
    model.add_column(static_cast<double>(rng.index(100)), 0, infinity);
    rows[rng.index(30)].push_back({j, 1});
    rows[30 + rng.index(30)].push_back({j, 1});
  }
  for (const auto& row : rows) model.add_row(row, 1, 1);
  const auto part = network_solution(model, nullptr, {.iteration_limit = 20});
  REQUIRE(part);
  CHECK(part->status == Status::iteration_limit);
  CHECK(part->iterations == 20);
  CHECK(part->residuals.primal > 0);
  CHECK(basics(part->basis) == model.rows());
  std::stop_source source;
  source.request_stop();
  const auto stopped = network_solution(model, nullptr, {.budget = {.stop = source.get_token()}});
  REQUIRE(stopped);
  CHECK(stopped->status == Status::cancelled);
}
