#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "catch.hpp"
#include "checks.hpp"
#include "kilter/lp/solve.hpp"
#include "random_program.hpp"

using namespace kilter;
using namespace kilter::lp;
using kilter::lp::test::check_proof;
using kilter::lp::test::check_same;
using kilter::test::WithinAbs;
using kilter::test::WithinRel;

namespace {

constexpr double no_number = std::numeric_limits<double>::quiet_NaN();

/// The message of the error that `act` throws; empty where it throws none.
template <class F>
std::string complaint(F&& act) {
  try {
    act();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return {};
}

/// Nothing is claimed that the numbers do not bear out, whatever the numbers.
void check_honest(const Model& model, const Solution& solution) {
  CHECK(solution.iterations < 5000);
  CHECK(lp::test::basics(solution.basis) == model.rows());
  if (solution.status == Status::infeasible) CHECK(proves_infeasible(model, solution.ray).holds());
  if (solution.status == Status::unbounded) CHECK(proves_unbounded(model, solution.ray).holds());
  if (solution.status != Status::optimal) return;
  CHECK(std::isfinite(solution.objective));
  CHECK(lp::test::all_finite(solution.primal));
  CHECK(lp::test::all_finite(solution.dual));
  const double x = std::max(lp::detail::largest_magnitude(solution.primal), lp::detail::largest_magnitude(solution.row_activity));
  const double y = std::max(lp::detail::largest_magnitude(solution.dual), lp::detail::largest_magnitude(solution.reduced_cost));
  CHECK(solution.residuals.primal <= 1e-6 * (1 + x));
  CHECK(solution.residuals.dual <= 1e-6 * (1 + y));
}

constexpr double absurd[] = {1e30, 1e-30, 1e300, 1e-300, 1e100, 1e15, 1e-12, 1e12, 1e-15, 1.7e308, 5e-324, 1e20, 1e18};

}  // namespace

TEST_CASE("a model refuses what is no number, and bounds that cross, by name, and stays as it was") {
  Model model;
  const Variable x = model.add_variable(0, 1, 1), y = model.add_variable(0, 1, 2);
  model.add(x + y >= 1);
  const auto all_as_before = [&] {
    return model.rows() == 1 && model.columns() == 2 && model.nonzeros() == 2 && solve(model).objective == 1;
  };
  for (const double bad : {no_number, infinity, -infinity}) {
    CHECK(complaint([&] { model.set_cost(0, bad); }).find("cost") != std::string::npos);
    CHECK(complaint([&] { model.set_coefficient(0, 1, bad); }).find("coefficient") != std::string::npos);
    CHECK(complaint([&] { model.add_row({{0, 1}, {1, bad}}, 0, 1); }).find("coefficient") != std::string::npos);
    CHECK(complaint([&] { model.set_row(0, {{0, 1}, {1, bad}}); }).find("coefficient") != std::string::npos);
    CHECK(complaint([&] { model.set_objective_constant(bad); }).find("constant") != std::string::npos);
  }
  CHECK(complaint([&] { model.set_column_bounds(0, 2, 1); }).find("lower = 2") != std::string::npos);
  CHECK(complaint([&] { model.set_column_bounds(0, infinity, infinity); }).find("lower = inf") != std::string::npos);
  CHECK(complaint([&] { model.set_column_bounds(0, no_number, 1); }).find("lower") != std::string::npos);
  CHECK(complaint([&] { model.set_column_bounds(0, 0, no_number); }).find("upper") != std::string::npos);
  CHECK(complaint([&] { model.set_row_bounds(0, 2, 1); }).find("row lower") != std::string::npos);
  CHECK(complaint([&] { model.add_row({{0, 1}}, 0, -infinity); }).find("row upper") != std::string::npos);
  CHECK(complaint([&] { model.add_row({{2, 1}}, 0, 1); }).find("column = 2") != std::string::npos);
  CHECK(complaint([&] { model.set_cost(-1, 1); }).find("column = -1") != std::string::npos);
  CHECK(complaint([&] { model.delete_rows({0, 0}); }).find("only once") != std::string::npos);
  CHECK(complaint([&] { model.delete_columns({0, 5}); }).find("column = 5") != std::string::npos);
  CHECK(complaint([&] { model.add_column(1, 0, 1, {{0, 1}, {0, 2}}); }).find("only once") != std::string::npos);
  CHECK(complaint([&] { model.add_column(1, 0, 1, {{0, 1}, {7, 2}}); }).find("row or column of the model") != std::string::npos);
  CHECK(all_as_before());
}

TEST_CASE("tolerances out of range are refused by name, in every door") {
  Model model;
  model.add_column(1, 0, 1);
  for (const double bad : {0.0, -1e-7, 0.02, no_number, infinity}) {
    Options options;
    options.primal_tolerance = bad;
    CHECK(complaint([&] { (void)solve(model, options); }).find("primal_tolerance") != std::string::npos);
    CHECK(complaint([&] { (void)Simplex{options}.solve(model); }).find("primal_tolerance") != std::string::npos);
    options = {};
    options.dual_tolerance = bad;
    Solver solver(options);
    CHECK(complaint([&] { (void)solver.solve(model); }).find("dual_tolerance") != std::string::npos);
    solver.options = {};
    CHECK(solver.solve(model).status == Status::optimal);
  }
}

TEST_CASE("absurd numbers strewn into small programs end in an honest status") {
  int decided = 0;
  for (std::uint64_t seed = 0; seed < 1500; ++seed) {
    Rng rng{seed};
    Model model = lp::test::random_program(rng, 8, 7);
    const auto number = [&] { return (rng.bernoulli(0.5) ? 1 : -1) * absurd[rng.index(std::size(absurd))]; };
    const auto pick = [&](int count) { return static_cast<int>(rng.index(static_cast<std::size_t>(count))); };
    for (std::size_t k = 1 + rng.index(4); k > 0; --k) {
      const double a = number(), b = number();
      const int j = pick(model.columns());
      switch (model.rows() == 0 ? rng.index(2) : rng.index(4)) {
        case 0: model.set_cost(j, a); break;
        case 1: model.set_column_bounds(j, std::min(a, b), std::max(a, b)); break;
        case 2: model.set_coefficient(pick(model.rows()), j, a); break;
        default: model.set_row_bounds(pick(model.rows()), std::min(a, b), std::max(a, b));
      }
    }
    INFO("seed " << seed);
    Options options;
    options.iteration_limit = 5000;
    options.method = static_cast<Method>(seed % 3);
    options.presolve = static_cast<Presolving>(seed / 3 % 3);
    const Solution solution = solve(model, options);
    check_honest(model, solution);
    decided += solution.status != Status::numerical_failure ? 1 : 0;
  }
  CHECK(decided > 1000);
}

TEST_CASE("bounds of 1e20 and 1e30 that are never reached change nothing") {
  for (const double far : {1e9, 1e20, 1e30}) {
    Model model;
    const Variable x = model.add_variable(-far, far, -1), y = model.add_variable(0, far, -1), z = model.add_variable(-far, 3, -2);
    model.add(x + y <= 4);
    model.add(x - 2 * y >= -2);
    model.add_row({{x.column, 1}, {z.column, 1}}, -far, far);
    const Solution solution = solve(model);
    INFO("bounds of " << far);
    REQUIRE(solution.status == Status::optimal);
    CHECK_THAT(solution.objective, WithinRel(-10.0, 1e-9));
    CHECK(solution.residuals.primal < 1e-9);
  }
}

TEST_CASE("coefficients from 1e-12 to 1e12 are solved where the units alone are to blame") {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    Rng rng{seed};
    const Model nice = lp::test::random_program(rng);
    const Model ugly = lp::test::rescaled(nice, rng, 6);
    const Solution a = solve(nice), b = solve(ugly);
    INFO("seed " << seed);
    // A bound met to 1e-7 means something else in other units: only what has a margin must agree.
    if (a.status == Status::optimal) {
      REQUIRE(name(b.status) == name(a.status));
      CHECK(std::abs(a.objective - b.objective) <= 1e-5 * (1 + std::abs(a.objective)));
    }
    if (b.status == Status::infeasible) CHECK(proves_infeasible(ugly, b.ray).holds());
    if (b.status == Status::unbounded) CHECK(proves_unbounded(ugly, b.ray).holds());
  }
}

TEST_CASE("near-singular programs end honestly, and nearly always with a proof") {
  int failures = 0, programs = 0;
  for (std::uint64_t seed = 0; seed < 1200; ++seed) {
    Rng rng{seed};
    INFO("seed " << seed);
    const double noise = std::pow(10.0, -4 - static_cast<double>(seed % 8));
    const Model model = lp::test::random_program(lp::test::Kind::dependent, rng, 12, 10, noise);
    Options options;
    options.method = static_cast<Method>(seed % 3);
    const Solution solution = solve(model, options);
    ++programs;
    CHECK(solution.iterations < 3000);
    lp::test::check_usable(model, solution);
    if (solution.status == Status::numerical_failure) {
      ++failures;
      continue;
    }
    // Values and prices reach the inverse of the noise: residuals are to be small beside them.
    const double size = 1 + std::max(lp::detail::largest_magnitude(solution.primal), lp::detail::largest_magnitude(solution.dual));
    CHECK(solution.residuals.primal <= 2e-7 * size);
    CHECK(solution.residuals.dual <= 2e-7 * size);
    if (solution.status == Status::infeasible) CHECK(proves_infeasible(model, solution.ray).holds());
    if (solution.status == Status::unbounded) CHECK(proves_unbounded(model, solution.ray).holds());
  }
  CHECK(100 * failures <= programs);
}

TEST_CASE("a basis of any size and content is taken for what it is worth") {
  Rng rng{3};
  Model model;
  while (solve(model).status != Status::optimal || model.rows() < 5) model = lp::test::random_program(rng);
  const Solution cold = solve(model);
  const auto n = cold.basis.columns.size(), m = cold.basis.rows.size();
  using enum VariableStatus;
  const auto agrees = [&](const Basis& start) {
    const Solution solution = solve(model, {}, &start);
    check_same(solution, cold);
    check_proof(model, solution);
  };
  agrees({});
  agrees({std::vector<VariableStatus>(n + 1, basic), std::vector<VariableStatus>(m, basic)});
  agrees({std::vector<VariableStatus>(n, basic), std::vector<VariableStatus>(m + 3, at_lower)});
  agrees({std::vector<VariableStatus>(n, at_lower), {}});
  for (const VariableStatus all : {basic, at_lower, at_upper, free_nonbasic}) {
    agrees({std::vector<VariableStatus>(n, all), std::vector<VariableStatus>(m, all)});
    agrees({std::vector<VariableStatus>(n, all), std::vector<VariableStatus>(m, basic)});
    agrees({std::vector<VariableStatus>(n, basic), std::vector<VariableStatus>(m, all)});
  }
  for (int k = 0; k < 200; ++k) {
    Basis random = cold.basis;
    for (auto& status : random.columns) status = static_cast<VariableStatus>(rng.index(4));
    for (auto& status : random.rows) status = static_cast<VariableStatus>(rng.index(4));
    agrees(random);
  }
}

TEST_CASE("a singular start is repaired") {
  // Columns 0 to 3 are multiples of each other, column 4 is empty: no two of them make a basis.
  Model model;
  for (int j = 0; j < 4; ++j) model.add_column(1 + j, 0, 10);
  model.add_column(-1, 0, 2);
  for (int i = 1; i <= 4; ++i) model.add_row({{0, 1.0 * i}, {1, 2.0 * i}, {2, -1.0 * i}, {3, 3.0 * i}}, i, 20);
  using enum VariableStatus;
  const Basis singular{{basic, basic, basic, basic, at_lower}, {at_lower, at_lower, at_lower, at_lower}};
  const Basis empty_column{{at_lower, at_lower, at_lower, basic, basic}, {basic, basic, at_lower, at_lower}};
  for (const Basis* start : {&singular, &empty_column}) {
    const Solution solution = solve(model, {}, start);
    check_same(solution, solve(model));
    check_proof(model, solution);
    CHECK_THAT(solution.objective, WithinAbs(1 - 2, 1e-9));
  }
}
