#include "kilter/lp/infeasibility.hpp"

#include <chrono>
#include <cmath>
#include <stop_token>
#include <vector>

#include "catch.hpp"
#include "kilter/lp/solve.hpp"
#include "planning_program.hpp"
#include "random_program.hpp"
#include "refused.hpp"

using namespace kilter;
using namespace kilter::lp;
using kilter::test::WithinAbs;

namespace {

/// The model with the bounds of the subsystem only, all but the one at `without`.
Model members_only(const Model& model, const InfeasibleSubsystem& found, std::size_t without) {
  Model out = model;
  for (int j = 0; j < out.columns(); ++j) {
    out.set_cost(j, 0);
    out.set_column_bounds(j, -infinity, infinity);
  }
  for (int i = 0; i < out.rows(); ++i) out.set_row_bounds(i, -infinity, infinity);
  for (std::size_t k = 0; k < found.size(); ++k) {
    if (k == without) continue;
    const bool row = k < found.rows.size();
    const BoundReference bound = row ? found.rows[k] : found.columns[k - found.rows.size()];
    const int i = bound.index;
    if (row && bound.side == Side::lower) out.set_row_bounds(i, model.row_lower(i), out.row_upper(i));
    if (row && bound.side == Side::upper) out.set_row_bounds(i, out.row_lower(i), model.row_upper(i));
    if (!row && bound.side == Side::lower) out.set_column_bounds(i, model.lower(i), out.upper(i));
    if (!row && bound.side == Side::upper) out.set_column_bounds(i, out.lower(i), model.upper(i));
  }
  return out;
}

void check_irreducible(const Model& model, const InfeasibleSubsystem& found) {
  REQUIRE(found.status == Status::infeasible);
  CHECK(found.irreducible);
  CHECK(found.proof.holds());
  CHECK(found.size() > 0);
  const Model all = members_only(model, found, found.size());
  CHECK(proves_infeasible(all, found.ray).holds());
  CHECK(solve(all).status == Status::infeasible);
  for (std::size_t k = 0; k < found.size(); ++k) CHECK(solve(members_only(model, found, k)).status == Status::optimal);
}

/// The elastic program written the long way, each bound a row with a slack of its own.
double cheapest(const Model& model, double row_weight, double column_weight) {
  Model elastic;
  for (int j = 0; j < model.columns(); ++j) elastic.add_column(0, -infinity, infinity);
  const auto soften = [&](std::vector<Term> terms, double lower, double upper, double weight) {
    if (std::isfinite(lower)) {
      auto with = terms;
      with.push_back({elastic.add_column(weight, 0, infinity), 1});
      elastic.add_row(with, lower, infinity);
    }
    if (std::isfinite(upper)) {
      terms.push_back({elastic.add_column(weight, 0, infinity), -1});
      elastic.add_row(terms, -infinity, upper);
    }
  };
  for (int j = 0; j < model.columns(); ++j) soften({{j, 1.0}}, model.lower(j), model.upper(j), column_weight);
  for (int i = 0; i < model.rows(); ++i) {
    const auto row = model.row(i);
    soften({row.begin(), row.end()}, model.row_lower(i), model.row_upper(i), row_weight);
  }
  const Solution solution = solve(elastic);
  REQUIRE(solution.status == Status::optimal);
  return solution.objective;
}

}  // namespace

TEST_CASE("infeasible subsystem: three rows that contradict each other among those that do not") {
  Model model;
  const Variable x = model.add_variable(), y = model.add_variable(), z = model.add_variable(0, 3);
  model.add(x + y + z <= 10);
  model.add(x - y >= 2);
  model.add(x + z <= 4);
  model.add(y >= 3);
  const InfeasibleSubsystem found = irreducible_infeasible_subsystem(model);
  check_irreducible(model, found);
  // y >= 3 and x >= y + 2 ask for x >= 5, x + z <= 4 and z >= 0 for x <= 4.
  CHECK(found.rows == std::vector<BoundReference>{{1, Side::lower}, {2, Side::upper}, {3, Side::lower}});
  CHECK(found.columns == std::vector<BoundReference>{{z.column, Side::lower}});
}

TEST_CASE("infeasible subsystem: a ray with members to spare is cut down") {
  Model model;
  for (int j = 0; j < 3; ++j) model.add_column(0, 0, 1);
  model.add_row({{0, 1.0}}, 2, infinity);
  model.add_row({{1, 1.0}}, 2, infinity);
  model.add_row({{2, 1.0}}, -infinity, 1);
  Solution solution;
  solution.status = Status::infeasible;
  solution.ray = {1, 1, -0.5};  // proves it, but two contradictions and a row that has no part in either
  REQUIRE(proves_infeasible(model, solution.ray).holds());
  const InfeasibleSubsystem found = irreducible_infeasible_subsystem(model, solution);
  check_irreducible(model, found);
  CHECK(found.size() == 2);
}

TEST_CASE("infeasible subsystem: hundreds of random programs") {
  int infeasible = 0, largest = 0;
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    Rng rng{seed};
    INFO("seed " << seed);
    const Model model = lp::test::random_program(rng);
    const Solution solution = solve(model);
    if (solution.status != Status::infeasible) continue;
    ++infeasible;
    const InfeasibleSubsystem found = irreducible_infeasible_subsystem(model, solution);
    check_irreducible(model, found);
    largest = std::max(largest, static_cast<int>(found.size()));
  }
  CHECK(infeasible > 150);
  CHECK(largest > 4);
}

TEST_CASE("infeasible subsystem: feasible programs, limits and misuse") {
  Model model = lp::test::planning_program(1, 0, {.hours = 4});
  const InfeasibleSubsystem none = irreducible_infeasible_subsystem(model);
  CHECK(none.status == Status::optimal);
  CHECK(none.size() == 0);
  Solution point;
  point.status = Status::feasible;
  point.primal = none.primal;
  CHECK(verify(model, point).primal <= 1e-6);
  CHECK_REFUSED(irreducible_infeasible_subsystem(model, solve(model)), "must be infeasible");
  const int x = model.add_column(0, 0, 1);
  model.add_row({{x, 1.0}}, 2, infinity);
  const Solution infeasible = solve(model);
  REQUIRE(infeasible.status == Status::infeasible);
  std::stop_source source;
  source.request_stop();
  Options options;
  options.budget.stop = source.get_token();
  CHECK(irreducible_infeasible_subsystem(model, options).status == Status::cancelled);
  const InfeasibleSubsystem part = irreducible_infeasible_subsystem(model, infeasible, options);
  CHECK(part.status == Status::cancelled);
  CHECK_FALSE(part.irreducible);
  CHECK(part.proof.holds());  // what is left still contradicts itself
}

TEST_CASE("repair: the cheapest in the weights given") {
  Model model;
  const Variable x = model.add_variable(0, 10);
  model.add(x >= 8, "demand");
  model.add(2 * x <= 10, "power");
  SECTION("all alike: the row that moves twice as far gives way, or rather the other") {
    const Repair repair = cheapest_repair(model);
    REQUIRE(repair.status == Status::optimal);
    CHECK_THAT(repair.total, WithinAbs(3, 1e-12));
    CHECK_THAT(repair.row_lower[0], WithinAbs(3, 1e-12));
    CHECK(repair.row_upper[1] == 0);
    CHECK(repair.repaired.row_lower(0) == repair.primal[0]);
    CHECK(solve(repair.repaired).status == Status::optimal);
  }
  SECTION("demand is dear") {
    const Repair repair = cheapest_repair(model, {.row_lower = {10, 1}});
    CHECK_THAT(repair.total, WithinAbs(6, 1e-12));
    CHECK_THAT(repair.row_upper[1], WithinAbs(6, 1e-12));
  }
  SECTION("power may not be touched") {
    const Repair repair = cheapest_repair(model, {.row_lower = {10, 1}, .row_upper = {1, infinity}});
    CHECK_THAT(repair.total, WithinAbs(30, 1e-12));
    CHECK(repair.row_upper[1] == 0);
  }
  SECTION("nothing may be touched") {
    const std::vector<double> never{infinity, infinity};
    const Repair repair = cheapest_repair(model, {never, never, {infinity}, {infinity}});
    REQUIRE(repair.status == Status::infeasible);
    CHECK(proves_infeasible(model, repair.ray).holds());
  }
  SECTION("a column bound gives way") {
    model.set_column_bounds(0, 0, 1);
    const Repair repair = cheapest_repair(model, {.row_lower = {infinity, 1}, .row_upper = {1, infinity}});
    CHECK(repair.status == Status::infeasible);
    const Repair other = cheapest_repair(model, {.row_lower = {infinity, 1}, .row_upper = {1, 0.25}});
    REQUIRE(other.status == Status::optimal);
    CHECK_THAT(other.column_upper[0], WithinAbs(7, 1e-12));
    CHECK_THAT(other.total, WithinAbs(7 + 0.25 * 6, 1e-12));
    CHECK(other.repaired.upper(0) == other.primal[0]);
  }
  SECTION("misuse") {
    CHECK_REFUSED(cheapest_repair(model, {.row_lower = {-1, 1}}), "row_lower");
    CHECK_REFUSED(cheapest_repair(model, {.column_upper = {std::nan("")}}), "column_upper");
    CHECK_REFUSED(cheapest_repair(model, {.row_upper = {1}}), "row_upper");
  }
}

TEST_CASE("repair: random programs, against the elastic program written out") {
  int infeasible = 0;
  for (std::uint64_t seed = 0; seed < 800; ++seed) {
    Rng rng{seed};
    INFO("seed " << seed);
    const Model model = lp::test::random_program(rng);
    const auto m = static_cast<std::size_t>(model.rows()), n = static_cast<std::size_t>(model.columns());
    const double row_weight = 1 + static_cast<double>(rng.index(3)), column_weight = 1 + static_cast<double>(rng.index(3));
    const RepairWeights weights{std::vector<double>(m, row_weight), std::vector<double>(m, row_weight),
                                std::vector<double>(n, column_weight), std::vector<double>(n, column_weight)};
    const Repair repair = cheapest_repair(model, weights);
    REQUIRE(repair.status == Status::optimal);
    CHECK_THAT(repair.total, WithinAbs(cheapest(model, row_weight, column_weight), 1e-7 * (1 + repair.total)));
    // The proof: no repair is cheaper.
    const Certificate bound = repair_bound(model, weights, repair.multipliers);
    CHECK(bound.violation <= 1e-9);
    CHECK_THAT(bound.margin, WithinAbs(repair.total, 1e-7 * (1 + repair.total)));
    CHECK(repair.bound == bound.margin);
    Solution point;
    point.status = Status::feasible;
    point.primal = repair.primal;
    CHECK(verify(repair.repaired, point).primal <= 1e-7);
    if (repair.total < 1e-7) continue;
    ++infeasible;
    CHECK(proves_infeasible(model, repair.multipliers).margin > 0);  // the same multipliers prove that a repair is needed
  }
  CHECK(infeasible > 40);
}

TEST_CASE("repair: a feasible program needs none, and limits are honoured") {
  const Model model = lp::test::planning_program(2, 0, {.hours = 4});
  const Repair repair = cheapest_repair(model);
  REQUIRE(repair.status == Status::optimal);
  CHECK(repair.total == 0);
  Options options;
  options.budget.time_limit = std::chrono::duration<double>(0);
  CHECK(cheapest_repair(model, {}, options).status == Status::time_limit);
}
