#include <chrono>
#include <cmath>
#include <stdexcept>
#include <stop_token>
#include <vector>

#include "catch.hpp"
#include "checks.hpp"
#include "kilter/lp/solve.hpp"
#include "planning_program.hpp"
#include "random_program.hpp"

using namespace kilter;
using namespace kilter::lp;
using kilter::lp::test::check_proof;
using kilter::test::WithinAbs;
using kilter::test::WithinRel;

static_assert(LpSolver<Simplex>);

namespace {

void expect_optimal(const Model& model, double objective) {
  const Solution solution = solve(model);
  REQUIRE(solution.status == Status::optimal);
  CHECK_THAT(solution.objective, WithinAbs(objective, 1e-8 * (1 + std::abs(objective))));
  check_proof(model, solution);
}

/// All methods, with and without perturbation, scaling and presolve.
std::vector<Options> every_way() {
  std::vector<Options> out;
  for (const Method method : {Method::automatic, Method::dual, Method::primal, Method::network}) {
    for (int k = 0; k < 8; ++k) {
      Options options;
      options.method = method;
      options.perturb = k % 2 == 0;
      options.scale = k / 2 % 2 == 0;
      options.presolve = k / 4 == 0 ? Presolving::off : Presolving::on;
      out.push_back(options);
    }
  }
  return out;
}

void expect_every_way(const Model& model, double objective) {
  for (const Options& options : every_way()) {
    const Solution solution = solve(model, options);
    INFO("method " << static_cast<int>(options.method) << ", perturb " << options.perturb << ", scale " << options.scale);
    REQUIRE(solution.status == Status::optimal);
    CHECK_THAT(solution.objective, WithinAbs(objective, 1e-8 * (1 + std::abs(objective))));
    CHECK(solution.iterations <= static_cast<std::size_t>(20 * (model.rows() + model.columns())));
    check_proof(model, solution);
  }
}

/// Maximise the last coordinate of a cube so bent that some rules visit all of its 2^n vertices.
Model klee_minty_program(int n) {
  Model model;
  for (int j = 1; j <= n; ++j) model.add_column(-std::exp2(n - j), 0, infinity);
  for (int i = 1; i <= n; ++i) {
    std::vector<Term> terms = {{i - 1, 1}};
    for (int j = 1; j < i; ++j) terms.push_back({j - 1, std::exp2(i - j + 1)});
    model.add_row(terms, -infinity, std::pow(5.0, i));
  }
  return model;
}

/// Two rows whose columns lie on a circle; `w` says how far they are drawn apart. The optimum is 0.
Model hoffman_program(double w) {
  const double angle = 2 * std::acos(-1.0) / 5, c = std::cos(angle), c2 = std::cos(2 * angle), s = std::sin(angle);
  const double t = std::tan(angle) * s / w, t2 = std::tan(angle) * std::sin(2 * angle) / w;
  const double first[] = {c, -w * c, c2, -2 * w * c * c, c2, 2 * w * c * c, c, w * c};
  const double second[] = {t, c, t2, c2, -t2, c2, -t, c};
  const double cost[] = {-(1 - c) / c, w, 0, 2 * w, 4 * s * s, -2 * w * c2, 4 * s * s, w * (1 - 2 * c)};
  Model model;
  std::vector<Term> a, b;
  for (int j = 0; j < 8; ++j) {
    model.add_column(cost[j], 0, infinity);
    a.push_back({j, first[j]});
    b.push_back({j, second[j]});
  }
  model.add_row(a, -infinity, 0);
  model.add_row(b, -infinity, 0);
  return model;
}

}  // namespace

TEST_CASE("a textbook program with its shadow prices") {
  // Profit 3 x + 5 y; plants: x <= 4, 2 y <= 12, 3 x + 2 y <= 18 (Hillier and Lieberman): (2, 6), 36, prices 0, 3/2, 1.
  Model model;
  const Variable x = model.add_variable(), y = model.add_variable();
  model.add(1 * x <= 4);
  model.add(2 * y <= 12);
  model.add(3 * x + 2 * y <= 18);
  model.minimise(-3 * x - 5 * y + 1);
  const Solution solution = solve(model);
  REQUIRE(solution.status == Status::optimal);
  CHECK_THAT(solution.objective, WithinRel(-35.0, 1e-12));
  CHECK_THAT(solution.primal[0], WithinRel(2.0, 1e-12));
  CHECK_THAT(solution.primal[1], WithinRel(6.0, 1e-12));
  CHECK_THAT(solution.dual[0], WithinAbs(0.0, 1e-12));
  CHECK_THAT(solution.dual[1], WithinRel(-1.5, 1e-12));
  CHECK_THAT(solution.dual[2], WithinRel(-1.0, 1e-12));
  CHECK_THAT(solution.row_activity[2], WithinRel(18.0, 1e-12));
  CHECK_THAT(solution.reduced_cost[0], WithinAbs(0.0, 1e-12));
  CHECK(solution.basis.rows[0] == VariableStatus::basic);
  CHECK(solution.basis.rows[1] == VariableStatus::at_upper);
  check_proof(model, solution);
}

TEST_CASE("a diet: the cheapest mix, from a basis that is not feasible") {
  Model model;
  const Variable bread = model.add_variable(0, 10, 0.05), milk = model.add_variable(0, 10, 0.08),
                 corn = model.add_variable(0, 10, 0.18);
  model.add(65 * bread + 90 * milk + 72 * corn >= 2000);
  model.add(500 * milk + 107 * corn >= 5000);
  model.add(500 * milk + 107 * corn <= 50000);
  model.add(65 * bread + 90 * milk + 72 * corn <= 2250);
  // Milk is the cheapest source of both; all ten portions, then bread, then corn.
  expect_optimal(model, 0.05 * 10 + 0.08 * 10 + 0.18 * (2000 - 650 - 900) / 72.0);
}

TEST_CASE("programs on which the textbook rule cycles end, by every method, with perturbation and without") {
  SECTION("Beale 1955") {
    Model model;
    const Variable a = model.add_variable(), b = model.add_variable(), c = model.add_variable(), d = model.add_variable();
    model.add(0.25 * a - 60 * b - 0.04 * c + 9 * d <= 0);
    model.add(0.5 * a - 90 * b - 0.02 * c + 3 * d <= 0);
    model.add(1 * c <= 1);
    model.minimise(-0.75 * a + 150 * b - 0.02 * c + 6 * d);
    expect_every_way(model, -0.05);
  }
  SECTION("Marshall and Suurballe 1969") {
    Model model;
    const Variable a = model.add_variable(), b = model.add_variable(), c = model.add_variable();
    model.add(0.6 * a - 6.4 * b + 4.8 * c <= 0);
    model.add(0.2 * a - 1.8 * b + 0.6 * c <= 0);
    model.add(0.4 * a - 1.6 * b + 0.2 * c <= 0);
    model.add(1 * b <= 1);
    model.minimise(-0.4 * a - 0.4 * b + 1.8 * c);
    expect_every_way(model, -2);
  }
  SECTION("Kuhn (Balinski and Tucker 1969), which without its last row has no limit") {
    Model model;
    const Variable a = model.add_variable(), b = model.add_variable(), c = model.add_variable(), d = model.add_variable();
    model.add(-2 * a - 9 * b + c + 9 * d <= 0);
    model.add(a / 3 + b - c / 3 - 2 * d <= 0);
    model.minimise(-2 * a - 3 * b + c + 12 * d);
    for (const Options& options : every_way()) {
      const Solution solution = solve(model, options);
      CHECK(solution.status == Status::unbounded);
      check_proof(model, solution);
    }
    model.add(2 * a + 3 * b - c - 12 * d <= 2);
    expect_every_way(model, -2);
  }
  SECTION("Chvatal 1983") {
    Model model;
    const Variable a = model.add_variable(), b = model.add_variable(), c = model.add_variable(), d = model.add_variable();
    model.add(0.5 * a - 5.5 * b - 2.5 * c + 9 * d <= 0);
    model.add(0.5 * a - 1.5 * b - 0.5 * c + d <= 0);
    model.add(1 * a <= 1);
    model.minimise(-10 * a + 57 * b + 9 * c + 24 * d);
    expect_every_way(model, -1);
  }
  SECTION("Hoffman 1953: a circle of ten bases") { expect_every_way(hoffman_program(5), 0); }
  SECTION("Klee and Minty 1972") {
    for (int n = 2; n <= 10; ++n) expect_every_way(klee_minty_program(n), -std::pow(5.0, n));
  }
  SECTION("an assignment problem, all ties") {
    Model model;
    constexpr int n = 12;
    for (int k = 0; k < n * n; ++k) model.add_column((k / n + k % n) % 3 == 0 ? 1 : 2, 0, infinity);
    for (int i = 0; i < n; ++i) {
      std::vector<Term> row, column;
      for (int j = 0; j < n; ++j) {
        row.push_back({i * n + j, 1});
        column.push_back({j * n + i, 1});
      }
      model.add_row(row, 1, 1);
      model.add_row(column, 1, 1);
    }
    expect_every_way(model, n);
  }
  SECTION("a cube cut off at every corner: hundreds of degenerate rows through one vertex") {
    Model model;
    constexpr int n = 8;
    for (int j = 0; j < n; ++j) model.add_column(-1 - 0.01 * j, 0, 1);
    for (int subset = 1; subset < 1 << n; ++subset) {
      std::vector<Term> terms;
      for (int j = 0; j < n; ++j) {
        if ((subset >> j & 1) != 0) terms.push_back({j, 1});
      }
      model.add_row(terms, -infinity, static_cast<double>(terms.size()));
    }
    expect_every_way(model, -n - 0.01 * n * (n - 1) / 2);
  }
}

TEST_CASE("bounds of every kind") {
  SECTION("no rows: each column goes to its cheaper bound") {
    Model model;
    model.add_column(1, -2, 3);
    model.add_column(-1, -2, 3);
    model.add_column(0, -infinity, infinity);
    model.add_column(5, 1, 1);
    expect_optimal(model, -2 - 3 + 5);
    model.add_column(1, -infinity, 0);
    CHECK(solve(model).status == Status::unbounded);
    check_proof(model, solve(model));
  }
  SECTION("no columns") {
    Model model;
    model.add_row({}, -1, 1);
    expect_optimal(model, 0);
    model.add_row({}, 1, 2);
    const Solution solution = solve(model);
    CHECK(solution.status == Status::infeasible);
    check_proof(model, solution);
  }
  SECTION("nothing at all") { expect_optimal(Model{}, 0); }
  SECTION("free, fixed and boxed columns, a range and an equation") {
    Model model;
    const Variable x = model.add_variable(-infinity, infinity), y = model.add_variable(2, 2), z = model.add_variable(-1, 1);
    model.add(x + y + z == 4);
    model.add_row(std::vector<Term>{{x.column, 1}, {z.column, -1}}, 1.5, 2.5);
    model.minimise(x + 2 * y - 3 * z);
    // x + z = 2 and 1.5 <= x − z <= 2.5; z as large as it may: z = 0.25, x = 1.75.
    expect_optimal(model, 1.75 + 4 - 0.75);
  }
  SECTION("repeated and redundant rows") {
    Model model;
    const Variable x = model.add_variable(), y = model.add_variable();
    for (int k = 0; k < 5; ++k) model.add(x + y == 3);
    for (int k = 1; k < 5; ++k) model.add(k * x + k * y >= 3.0 * k);
    model.add_row({}, -1, 1);
    model.minimise(2 * x + y);
    expect_optimal(model, 3);
  }
}

TEST_CASE("infeasible programs come with a proof") {
  Model model;
  const Variable x = model.add_variable(0, 1), y = model.add_variable(0, 1), z = model.add_variable();
  model.add(x + y - z >= 3);
  model.minimise(-1 * z);
  const Solution solution = solve(model);
  REQUIRE(solution.status == Status::infeasible);
  check_proof(model, solution);
  // A multiplier that proves nothing is found out.
  CHECK_FALSE(proves_infeasible(model, std::vector<double>{-1.0}).holds());
  CHECK_FALSE(proves_infeasible(model, std::vector<double>{0.0}).holds());
  CHECK_THROWS_AS(proves_infeasible(model, std::vector<double>{1, 2}), std::invalid_argument);
  model.set_row_bounds(0, 2, infinity);
  CHECK_FALSE(proves_infeasible(model, solution.ray).holds());
}

TEST_CASE("unbounded programs come with a feasible point and a direction") {
  Model model;
  const Variable x = model.add_variable(), y = model.add_variable();
  model.add(x - y <= 1);
  model.add(x + y >= 5);
  model.minimise(-1 * x);
  const Solution solution = solve(model);
  REQUIRE(solution.status == Status::unbounded);
  check_proof(model, solution);
  CHECK_FALSE(proves_unbounded(model, std::vector<double>{1, 0}).holds());
  CHECK_FALSE(proves_unbounded(model, std::vector<double>{0, 1}).holds());
}

TEST_CASE("verify finds what is wrong with an answer") {
  const Model model = lp::test::planning_program(1, 0, {.hours = 4});
  const Solution good = solve(model);
  REQUIRE(good.status == Status::optimal);
  Solution bad = good;
  bad.primal[0] -= 1;
  CHECK(verify(model, bad).primal > 0.5);
  bad = good;
  bad.dual[0] += 1e3;
  CHECK(verify(model, bad).dual + verify(model, bad).gap > 1e-3);
  bad = good;
  bad.dual.assign(bad.dual.size(), 0.0);
  CHECK(verify(model, bad).gap > 0.5);
  bad.dual.pop_back();
  CHECK_THROWS_AS(verify(model, bad), std::invalid_argument);
}

TEST_CASE("shadow prices are what a change of the right-hand side costs") {
  Model model = lp::test::planning_program(5, 0, {.hours = 6});
  const Solution before = solve(model);
  REQUIRE(before.status == Status::optimal);
  int moved = 0;
  for (int i = 0; i < model.rows(); i += 3) {
    if (before.basis.rows[static_cast<std::size_t>(i)] == VariableStatus::basic) continue;
    constexpr double step = 1e-4;
    const double lower = model.row_lower(i), upper = model.row_upper(i);
    const auto objective = [&](double by) {
      model.set_row_bounds(i, lower + by, upper + by);
      return solve(model, {}, &before.basis).objective;
    };
    const double right = (objective(step) - before.objective) / step, left = (before.objective - objective(-step)) / step;
    model.set_row_bounds(i, lower, upper);
    // The optimum is convex in the right-hand side: the price lies between its two slopes.
    const double price = before.dual[static_cast<std::size_t>(i)];
    CHECK(price >= left - 1e-5 * (1 + std::abs(price)));
    CHECK(price <= right + 1e-5 * (1 + std::abs(price)));
    moved += std::abs(price) > 1e-3 ? 1 : 0;
  }
  CHECK(moved > 5);
}

TEST_CASE("badly scaled programs are solved on their own terms") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Rng rng{seed};
    const Model nice = lp::test::planning_program(seed, 0, {.hours = 3, .demands = 3, .pools = 2, .variants = 2, .deferrable = 2});
    Model ugly;
    std::vector<double> unit;
    for (int j = 0; j < nice.columns(); ++j) {
      unit.push_back(std::pow(10.0, rng.uniform(-4, 4)));
      ugly.add_column(nice.cost(j) / unit.back(), nice.lower(j) * unit.back(), nice.upper(j) * unit.back());
    }
    for (int i = 0; i < nice.rows(); ++i) {
      const double factor = std::pow(10.0, rng.uniform(-3, 3));
      std::vector<Term> terms;
      for (const Term& term : nice.row(i)) {
        terms.push_back({term.column, factor * term.coefficient / unit[static_cast<std::size_t>(term.column)]});
      }
      ugly.add_row(terms, factor * nice.row_lower(i), factor * nice.row_upper(i));
    }
    const Solution a = solve(nice), b = solve(ugly);
    REQUIRE(a.status == Status::optimal);
    REQUIRE(b.status == Status::optimal);
    CHECK_THAT(b.objective, WithinRel(a.objective, 1e-7));
    CHECK(b.residuals.gap < 1e-7);
  }
}

TEST_CASE("limits end a solve with an honest status and a basis to go on from") {
  const Model model = lp::test::planning_program(2, 0);
  const Solution full = solve(model);
  REQUIRE(full.status == Status::optimal);
  REQUIRE(full.iterations > 100);
  SECTION("iterations") {
    Options options;
    options.iteration_limit = 50;
    const Solution part = solve(model, options);
    CHECK(part.status == Status::iteration_limit);
    CHECK(part.iterations == 50);
    CHECK(part.residuals.primal == verify(model, part).primal);
    const Solution rest = solve(model, {}, &part.basis);
    CHECK(rest.status == Status::optimal);
    CHECK(rest.iterations < full.iterations + 100);
    CHECK_THAT(rest.objective, WithinRel(full.objective, 1e-9));
  }
  SECTION("time") {
    Options options;
    options.budget.time_limit = std::chrono::duration<double>(0);
    CHECK(solve(model, options).status == Status::time_limit);
  }
  SECTION("a stop asked for beforehand, and one asked for on the way") {
    std::stop_source source;
    Options options;
    options.budget.stop = source.get_token();
    int calls = 0;
    const auto stop = [&](const Progress&) {
      if (++calls == 2) source.request_stop();
    };
    const Solution part = solve(model, options, nullptr, stop);
    CHECK(part.status == Status::cancelled);
    CHECK(part.iterations > 0);
    CHECK(part.iterations < full.iterations);
    CHECK(solve(model, options).status == Status::cancelled);
    CHECK(solve(model, options).iterations == 0);
  }
}

TEST_CASE("a starting basis of any kind is accepted") {
  const Model model = lp::test::planning_program(4, 0, {.hours = 5});
  const Solution cold = solve(model);
  REQUIRE(cold.status == Status::optimal);
  CHECK(solve(model, {}, &cold.basis).iterations == 0);
  const auto n = cold.basis.columns.size(), m = cold.basis.rows.size();
  using enum VariableStatus;
  const auto solves = [&](const Basis& start) {
    const Solution solution = solve(model, {}, &start);
    CHECK(solution.status == Status::optimal);
    CHECK_THAT(solution.objective, WithinRel(cold.objective, 1e-9));
  };
  solves(Basis{std::vector<VariableStatus>(n, basic), std::vector<VariableStatus>(m, basic)});
  solves(Basis{std::vector<VariableStatus>(n, at_upper), std::vector<VariableStatus>(m, at_upper)});
  solves(Basis{std::vector<VariableStatus>(n, free_nonbasic), std::vector<VariableStatus>(m, free_nonbasic)});
  solves(Basis{std::vector<VariableStatus>(n, basic), std::vector<VariableStatus>(m, at_lower)});
  solves(Basis{});
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Rng rng{seed};
    Basis random = cold.basis;
    for (auto& status : random.columns) status = static_cast<VariableStatus>(rng.index(4));
    for (auto& status : random.rows) status = static_cast<VariableStatus>(rng.index(4));
    solves(random);
  }
}

TEST_CASE("options out of range are refused") {
  Options options;
  options.primal_tolerance = 0;
  CHECK_THROWS_AS(solve(Model{}, options), std::invalid_argument);
  options.primal_tolerance = 1e-7;
  options.dual_tolerance = std::nan("");
  CHECK_THROWS_AS(solve(Model{}, options), std::invalid_argument);
}

TEST_CASE("the same program gives the same answer bit for bit") {
  const Model model = lp::test::planning_program(6, 3);
  const Solution a = solve(model), b = Simplex{}.solve(model);
  CHECK(a.primal == b.primal);
  CHECK(a.dual == b.dual);
  CHECK(a.basis == b.basis);
  CHECK(a.iterations == b.iterations);
}
