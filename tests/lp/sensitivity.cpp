#include "kilter/lp/sensitivity.hpp"

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
using kilter::test::WithinRel;

namespace {

Model wyndor() {  // Hillier and Lieberman
  Model model;
  const Variable x = model.add_variable(), y = model.add_variable();
  model.add(1 * x <= 4);
  model.add(2 * y <= 12);
  model.add(3 * x + 2 * y <= 18);
  model.minimise(-3 * x - 5 * y);
  return model;
}

/// The optimum after `edit`, or NaN where there is none.
template <class Edit>
double optimum_after(Model model, Edit&& edit) {
  edit(model);
  const Solution solution = solve(model);
  return solution.status == Status::optimal ? solution.objective : std::nan("");
}

struct Tally {
  int inside = 0, outside = 0, changed = 0;
};

/// At both ends and in the middle of a range the optimum is what the range says; the optimum is convex in a bound and concave in a
/// cost (`sense` 1 and −1), so beyond an end it is on the same side of the line or has ceased to exist.
template <class Set>
void check_range(const Model& model, const Range& range, double value, double objective, double slope, int sense, Set&& set,
                 Tally& tally) {
  CHECK(range.lower <= value + 1e-9 * (1 + std::abs(value)));
  CHECK(range.upper >= value - 1e-9 * (1 + std::abs(value)));
  const auto line = [&](double at) { return objective + slope * (at - value); };
  const auto tolerance = [](double expected) { return 1e-6 * (1 + std::abs(expected)); };
  for (const bool up : {false, true}) {
    const double end = up ? range.upper : range.lower, there = up ? range.objective_at_upper : range.objective_at_lower;
    if (std::isinf(end)) {
      const double far = value + (up ? 5 : -5);
      const double found = optimum_after(model, [&](Model& m) { set(m, far); });
      CHECK_THAT(found, WithinAbs(line(far), tolerance(line(far))));
      continue;
    }
    CHECK_THAT(there, WithinAbs(line(end), tolerance(there)));
    for (const double at : {end, (end + value) / 2}) {
      const double found = optimum_after(model, [&](Model& m) { set(m, at); });
      if (std::isnan(found)) continue;  // at the very end rounding may decide
      CHECK_THAT(found, WithinAbs(line(at), tolerance(line(at))));
      ++tally.inside;
    }
    const double beyond = end + (up ? 0.5 : -0.5);
    const double found = optimum_after(model, [&](Model& m) { set(m, beyond); });
    ++tally.outside;
    if (std::isnan(found)) {
      ++tally.changed;
      continue;
    }
    CHECK(sense * (found - line(beyond)) >= -tolerance(found));
    tally.changed += std::abs(found - line(beyond)) > tolerance(found) ? 1 : 0;
  }
}

void check_all(const Model& model, const Solution& solution, Tally& tally) {
  const Sensitivity found = sensitivity(model, solution);
  REQUIRE(found.status == Status::optimal);
  REQUIRE(found.costs.size() == static_cast<std::size_t>(model.columns()));
  REQUIRE(found.row_bounds.size() == static_cast<std::size_t>(model.rows()));
  for (int j = 0; j < model.columns(); ++j) {
    const auto k = static_cast<std::size_t>(j);
    INFO("column " << j);
    check_range(
        model, found.costs[k], model.cost(j), solution.objective, solution.primal[k], -1,
        [&](Model& m, double c) { m.set_cost(j, c); }, tally);
    const double lower = model.lower(j), upper = model.upper(j), d = solution.reduced_cost[k];
    if (lower == upper) {
      check_range(
          model, found.column_bounds[k].lower, lower, solution.objective, d, 1,
          [&](Model& m, double at) { m.set_column_bounds(j, at, at); }, tally);
    } else if (solution.basis.columns[k] == VariableStatus::at_lower) {
      CHECK(found.column_bounds[k].lower.upper <= upper);
      check_range(
          model, found.column_bounds[k].lower, lower, solution.objective, d, 1,
          [&](Model& m, double at) { m.set_column_bounds(j, at, std::max(at, upper)); }, tally);
    } else if (solution.basis.columns[k] == VariableStatus::at_upper) {
      CHECK(found.column_bounds[k].upper.lower >= lower);
      check_range(
          model, found.column_bounds[k].upper, upper, solution.objective, d, 1,
          [&](Model& m, double at) { m.set_column_bounds(j, std::min(at, lower), at); }, tally);
    }
  }
  for (int i = 0; i < model.rows(); ++i) {
    const auto k = static_cast<std::size_t>(i);
    INFO("row " << i);
    const double lower = model.row_lower(i), upper = model.row_upper(i), y = solution.dual[k];
    if (lower == upper) {
      check_range(
          model, found.row_bounds[k].lower, lower, solution.objective, y, 1,
          [&](Model& m, double at) { m.set_row_bounds(i, at, at); }, tally);
    } else if (solution.basis.rows[k] == VariableStatus::at_lower) {
      check_range(
          model, found.row_bounds[k].lower, lower, solution.objective, y, 1,
          [&](Model& m, double at) { m.set_row_bounds(i, at, std::max(at, upper)); }, tally);
    } else if (solution.basis.rows[k] == VariableStatus::at_upper) {
      check_range(
          model, found.row_bounds[k].upper, upper, solution.objective, y, 1,
          [&](Model& m, double at) { m.set_row_bounds(i, std::min(at, lower), at); }, tally);
    }
  }
}

}  // namespace

TEST_CASE("sensitivity: the ranges of a textbook program") {
  const Model model = wyndor();
  const Solution solution = solve(model);
  REQUIRE(solution.status == Status::optimal);
  const Sensitivity found = sensitivity(model, solution);
  // Profits 0 <= c1 <= 7.5 and c2 >= 2; plants b1 >= 2, 6 <= b2 <= 18, 12 <= b3 <= 24.
  CHECK_THAT(found.costs[0].lower, WithinAbs(-7.5, 1e-12));
  CHECK_THAT(found.costs[0].upper, WithinAbs(0, 1e-12));
  CHECK(found.costs[1].lower == -infinity);
  CHECK_THAT(found.costs[1].upper, WithinAbs(-2, 1e-12));
  CHECK_THAT(found.costs[0].objective_at_lower, WithinAbs(-7.5 * 2 - 30, 1e-12));
  CHECK(found.costs[1].objective_at_lower == -infinity);
  CHECK_THAT(found.row_bounds[0].upper.lower, WithinAbs(2, 1e-12));
  CHECK(found.row_bounds[0].upper.upper == infinity);
  CHECK_THAT(found.row_bounds[1].upper.lower, WithinAbs(6, 1e-12));
  CHECK_THAT(found.row_bounds[1].upper.upper, WithinAbs(18, 1e-12));
  CHECK_THAT(found.row_bounds[2].upper.lower, WithinAbs(12, 1e-12));
  CHECK_THAT(found.row_bounds[2].upper.upper, WithinAbs(24, 1e-12));
  CHECK_THAT(found.row_bounds[1].upper.objective_at_upper, WithinAbs(-36 - 1.5 * 6, 1e-12));
  // Bounds at which nothing stands: x >= 0 may rise to 2; the plants' activities may be held up from below as far as they are.
  CHECK_THAT(found.column_bounds[0].lower.upper, WithinAbs(2, 1e-12));
  CHECK(found.column_bounds[0].lower.lower == -infinity);
  CHECK_THAT(found.column_bounds[1].upper.lower, WithinAbs(6, 1e-12));
  CHECK_THAT(found.row_bounds[2].lower.upper, WithinAbs(18, 1e-12));
}

TEST_CASE("sensitivity: at a degenerate vertex the ranges of the basis hold, one-sided though they may be") {
  Model model = wyndor();
  model.add_row({{0, 1.0}, {1, 1.0}}, -infinity, 8);  // through the optimum (2, 6)
  const Solution solution = solve(model);
  REQUIRE(solution.status == Status::optimal);
  Tally tally;
  check_all(model, solution, tally);
  CHECK(tally.inside > 0);
}

TEST_CASE("sensitivity: random programs, every range against new solves") {
  Tally tally;
  int programs = 0;
  for (std::uint64_t seed = 0; seed < 250; ++seed) {
    Rng rng{seed};
    INFO("seed " << seed);
    const Model model = lp::test::random_program(rng);
    const Solution solution = solve(model);
    if (solution.status != Status::optimal) continue;
    ++programs;
    check_all(model, solution, tally);
  }
  CHECK(programs > 80);
  CHECK(tally.inside > 500);
  // A range that ended too early would be found here: beyond most ends the optimum leaves the line.
  CHECK(tally.changed * 2 > tally.outside);
}

TEST_CASE("sensitivity: one range at a time agrees with all at once, and the objective is the solver's") {
  const Model model = lp::test::planning_program(3, 0, {.hours = 4});
  const Solution solution = solve(model);
  REQUIRE(solution.status == Status::optimal);
  Ranging ranging(model, solution.basis);
  CHECK_THAT(ranging.objective(), WithinRel(solution.objective, 1e-9));
  const Sensitivity all = sensitivity(model, solution);
  CHECK(ranging.cost(0).lower == all.costs[0].lower);
  CHECK(ranging.row_bounds(1).upper.upper == all.row_bounds[1].upper.upper);
  CHECK(ranging.column_bounds(2).lower.upper == all.column_bounds[2].lower.upper);
}

TEST_CASE("sensitivity: misuse and a stop") {
  using enum VariableStatus;
  const Model model = wyndor();
  Solution solution = solve(model);
  CHECK_REFUSED(Ranging(model, Basis{}), "basis.columns");
  CHECK_REFUSED(Ranging(model, Basis{{at_lower, at_lower}, {basic, basic, basic}}), "dual feasible");
  CHECK_REFUSED(Ranging(model, Basis{{basic, basic}, {at_upper, at_upper, basic}}), "primal feasible");
  CHECK_REFUSED(Ranging(model, Basis{{basic, basic}, {at_upper, basic, basic}}), "singular");
  CHECK_REFUSED(Ranging(model, Basis{{at_upper, basic}, {basic, at_upper, basic}}), "finite bounds");
  std::stop_source source;
  source.request_stop();
  const Sensitivity stopped = sensitivity(model, solution, {.stop = source.get_token()});
  CHECK(stopped.status == Status::cancelled);
  CHECK(stopped.costs.empty());
  solution.status = Status::time_limit;
  CHECK_REFUSED(sensitivity(model, solution), "must be optimal");
}
