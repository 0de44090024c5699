#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <stop_token>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "checks.hpp"
#include "kilter/lp/solve.hpp"
#include "planning_program.hpp"
#include "program_families.hpp"
#include "random_program.hpp"

using namespace kilter;
using namespace kilter::lp;
using kilter::lp::test::check_proof;
using kilter::lp::test::check_same;
using kilter::lp::test::Interval;
using kilter::test::WithinAbs;
using kilter::test::WithinRel;

namespace {

/// Random edits of a model. Gentle ones set bounds only around the point `x`, which so stays feasible; the others do anything.
class Editor {
 public:
  Editor(Model& model, Rng& rng, bool gentle) : model_(model), rng_(rng), gentle_(gentle), x_(columns()) {}

  void edit() {
    x_.resize(columns());
    switch (rng_.index(model_.columns() == 0 || model_.rows() == 0 ? 2 : 13)) {
      case 0: return add_row();
      case 1: return add_column();
      case 2: return delete_some(false);
      case 3: return delete_some(true);
      case 4: return fix(column());
      case 5: return set_coefficient(row(), column(), 0);
      case 6: return set_coefficient(row(), column(), value());
      case 7: return bound_row(row());
      case 8: return mirror(column());
      case 9: return renew_costs();
      case 10: return renew_row(row());
      case 11: return change_cost(column());
      default: return bound_column(column());
    }
  }

 private:
  [[nodiscard]] std::size_t columns() const { return static_cast<std::size_t>(model_.columns()); }
  int column() { return static_cast<int>(rng_.index(columns())); }
  int row() { return static_cast<int>(rng_.index(static_cast<std::size_t>(model_.rows()))); }
  double value() { return static_cast<double>(rng_.index(9)) - 4; }
  Interval interval(double inside) {
    return lp::test::interval_around(rng_, gentle_ ? inside : value(), std::abs(value()), std::abs(value()));
  }
  double& at(int j) { return x_[static_cast<std::size_t>(j)]; }
  double activity(std::span<const Term> terms) {
    double sum = 0;
    for (const Term& term : terms) sum += term.coefficient * at(term.column);
    return sum;
  }
  std::vector<Term> terms() {
    std::vector<Term> out;
    for (int j = 0; j < model_.columns(); ++j) {
      if (rng_.bernoulli(0.4)) out.push_back({j, value()});
    }
    return out;
  }

  void add_row() {
    if (model_.rows() >= 20) return;
    const std::vector<Term> added = terms();
    const Interval range = interval(activity(added));
    model_.add_row(added, range.lower, range.upper);
  }
  void add_column() {
    if (model_.columns() >= 25) return;
    std::vector<Entry> entries;
    for (int i = 0; i < model_.rows(); ++i) {
      if (rng_.bernoulli(0.4)) entries.push_back({i, value()});
    }
    const Interval box = interval(0);
    model_.add_column(std::abs(value()), box.lower, box.upper, entries);
    x_.push_back(0);
  }
  /// Now and then all of them.
  void delete_some(bool columns) {
    const double rate = rng_.bernoulli(0.1) ? 1 : 0.15;
    std::vector<int> doomed;
    std::vector<double> left;
    for (int k = 0; k < (columns ? model_.columns() : model_.rows()); ++k) {
      if (rng_.bernoulli(rate)) {
        doomed.push_back(k);
      } else if (columns) {
        left.push_back(at(k));
      }
    }
    if (!columns) return model_.delete_rows(doomed);
    model_.delete_columns(doomed);
    x_ = std::move(left);
    for (int i = 0; i < model_.rows() && gentle_; ++i) widen(i);
  }
  void widen(int i) {
    const double a = activity(model_.row(i));
    model_.set_row_bounds(i, std::min(a, model_.row_lower(i)), std::max(a, model_.row_upper(i)));
  }
  void fix(int j) {
    const double at_value = gentle_ ? at(j) : value();
    model_.set_column_bounds(j, at_value, at_value);
  }
  void set_coefficient(int i, int j, double to) {
    model_.set_coefficient(i, j, to);
    bound_row(i);
  }
  void bound_row(int i) {
    const Interval range = interval(activity(model_.row(i)));
    model_.set_row_bounds(i, range.lower, range.upper);
  }
  void bound_column(int j) {
    const Interval box = interval(at(j));
    model_.set_column_bounds(j, box.lower, box.upper);
  }
  /// Bounds cross zero, or change sides.
  void mirror(int j) {
    if (gentle_) return bound_column(j);
    model_.set_column_bounds(j, -model_.upper(j), -model_.lower(j));
  }
  void renew_costs() {
    std::vector<double> costs(columns());
    for (int i = 0; i < model_.rows(); ++i) {
      const double y = value();
      for (const Term& term : model_.row(i)) costs[static_cast<std::size_t>(term.column)] += y * term.coefficient;
    }
    model_.set_costs(costs);
  }
  void renew_row(int i) {
    model_.set_row(i, terms());
    bound_row(i);
  }
  void change_cost(int j) {
    const double c = model_.cost(j) + value();
    model_.set_cost(j, gentle_ && model_.lower(j) > -infinity && model_.upper(j) == infinity ? std::abs(c) : c);
  }

  Model& model_;
  Rng& rng_;
  bool gentle_;
  std::vector<double> x_;
};

/// A model around the point 0 pulled into its box.
void admit(Model& model) {
  for (int j = 0; j < model.columns(); ++j) {
    model.set_column_bounds(j, std::min(0.0, model.lower(j)), std::max(0.0, model.upper(j)));
  }
  for (int i = 0; i < model.rows(); ++i) {
    model.set_row_bounds(i, std::min(0.0, model.row_lower(i)), std::max(0.0, model.row_upper(i)));
  }
}

void check_live(Solver& solver, const Model& model) {
  const Solution& live = solver.solve(model);
  check_same(live, solve(model, solver.options));
  check_proof(model, live);
}

struct Tally {
  int optimal = 0, infeasible = 0, unbounded = 0;
  std::size_t live = 0, cold = 0;

  void add(const Solution& warm, const Solution& fresh) {
    optimal += warm.status == Status::optimal ? 1 : 0;
    infeasible += warm.status == Status::infeasible ? 1 : 0;
    unbounded += warm.status == Status::unbounded ? 1 : 0;
    live += warm.iterations;
    cold += fresh.iterations;
  }
};

}  // namespace

TEST_CASE("a live solver says after any edit what a fresh solve says") {
  Tally tally;
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    Rng rng{seed};
    Model model = lp::test::random_program(rng);
    const bool gentle = seed % 3 != 0;
    if (gentle) admit(model);
    Solver solver;
    solver.options.method = static_cast<Method>(rng.index(3));
    solver.options.scale = rng.bernoulli(0.8);
    Editor editor(model, rng, gentle);
    for (int step = 0; step < 40; ++step) {
      INFO("seed " << seed << ", step " << step);
      for (std::size_t k = rng.index(2) + 1; k > 0; --k) editor.edit();
      const Solution& live = solver.solve(model);
      const Solution fresh = solve(model, solver.options);
      check_same(live, fresh);
      check_proof(model, live);
      tally.add(live, fresh);
    }
  }
  CHECK(tally.optimal > 2000);
  CHECK(tally.infeasible > 500);
  CHECK(tally.unbounded > 500);
  CHECK(2 * tally.live < tally.cold);
}

TEST_CASE("a live solver that is copied, moved, stopped, limited or told otherwise in between goes on all the same") {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    Rng rng{seed + 1000};
    Model model = lp::test::random_program(rng);
    admit(model);
    Solver solver, kept;
    Editor editor(model, rng, true);
    for (int step = 0; step < 40; ++step) {
      INFO("seed " << seed << ", step " << step);
      editor.edit();
      switch (rng.index(10)) {
        case 0: kept = solver; break;
        case 1: solver = kept; break;
        case 2: solver = Solver(std::move(solver)); break;
        case 3: solver.forget(); break;
        case 4: solver.options.scale = !solver.options.scale; break;
        case 5: solver.options.method = static_cast<Method>(rng.index(4)); break;
        case 6: solver.options.presolve = static_cast<Presolving>(rng.index(3)); break;
        case 7: {
          solver.options.iteration_limit = rng.index(4);
          const Solution& part = solver.solve(model);
          CHECK(part.iterations <= solver.options.iteration_limit);
          lp::test::check_usable(model, part);
          solver.options.iteration_limit = Options{}.iteration_limit;
          break;
        }
        case 8: {
          std::stop_source source;
          source.request_stop();
          solver.options.budget.stop = source.get_token();
          (void)solver.solve(model);
          solver.options.budget = {};
          break;
        }
        default: {
          Rng other{seed + 100 * static_cast<std::uint64_t>(step)};
          check_live(solver, lp::test::random_program(other));
        }
      }
      check_live(solver, model);
      check_live(kept, model);
    }
  }
}

TEST_CASE("an observer that throws leaves a live solver fit for use") {
  const Model model = lp::test::planning_program(3, 0, {.hours = 8});
  Solver solver;
  int thrown = 0;
  for (int calls = 1; calls <= 3; ++calls) {
    int left = calls;
    try {
      (void)solver.solve(model, [&](const Progress&) {
        if (--left == 0) throw calls;
      });
    } catch (int) {
      ++thrown;
    }
  }
  CHECK(thrown > 0);
  check_live(solver, model);
}

TEST_CASE("a program emptied and filled again, infeasible and back, unbounded and back") {
  Solver solver;
  Model model;
  check_live(solver, model);
  const Variable x = model.add_variable(0, 4, -1), y = model.add_variable(0, 4, -2);
  check_live(solver, model);
  model.add(x + y <= 5);
  check_live(solver, model);
  CHECK_THAT(solver.solve(model).objective, WithinRel(-9.0, 1e-12));
  model.set_row_bounds(0, 9, infinity);
  CHECK(solver.solve(model).status == Status::infeasible);
  check_live(solver, model);
  model.set_row_bounds(0, 7, infinity);
  CHECK_THAT(solver.solve(model).objective, WithinRel(-12.0, 1e-12));
  model.set_column_bounds(1, 0, infinity);
  CHECK(solver.solve(model).status == Status::unbounded);
  check_live(solver, model);
  model.set_row_bounds(0, -infinity, 7);
  CHECK_THAT(solver.solve(model).objective, WithinRel(-14.0, 1e-12));
  model.delete_columns({0, 1});
  check_live(solver, model);
  model.delete_row(0);
  check_live(solver, model);
  CHECK(solver.solve(model).objective == 0);
  model.add_variable(1, 2, 3);
  CHECK_THAT(solver.solve(model).objective, WithinRel(3.0, 1e-12));
}

TEST_CASE("after a small edit a live solver needs few pivots") {
  Model model = lp::test::planning_program(11, 0);
  const std::size_t cold = solve(model, {.presolve = Presolving::off}).iterations;
  REQUIRE(cold > 200);
  Rng rng{5};
  const auto any = [&](int count) { return static_cast<int>(rng.index(static_cast<std::size_t>(count))); };
  const auto check_few = [&](auto&& edit, std::size_t share) {
    Solver solver;
    (void)solver.solve(model);
    std::size_t pivots = 0;
    constexpr std::size_t edits = 20;
    for (std::size_t k = 0; k < edits; ++k) {
      edit();
      const Solution& after = solver.solve(model);
      REQUIRE(after.status == Status::optimal);
      pivots += after.iterations;
    }
    CHECK(pivots * share < cold * edits);
  };
  SECTION("right-hand sides") {
    check_few([&] { model.set_row_bounds(0, model.row_lower(0) + 0.1, model.row_upper(0) + 0.1); }, 20);
  }
  SECTION("costs") {
    check_few(
        [&] {
          const int j = any(model.columns());
          model.set_cost(j, 1.01 * model.cost(j));
        },
        20);
  }
  SECTION("coefficients") {
    check_few(
        [&] {
          const int i = any(model.rows());
          const Term term = model.row(i).front();
          model.set_coefficient(i, term.column, 1.01 * term.coefficient);
        },
        10);
  }
  SECTION("rows and columns that come and go") {
    check_few(
        [&] {
          model.delete_column(any(model.columns() / 2) * 2);
          model.add_row({{any(model.columns()), 1}, {any(model.columns()), 1}}, -infinity, 1000);
        },
        10);
  }
}

TEST_CASE("the same sequence through two live solvers, and through a copy, gives the same answers bit for bit") {
  Rng rng{3};
  Model model = lp::test::random_program(rng, 25, 20);
  admit(model);
  Solver a, b;
  Editor editor(model, rng, true);
  for (int step = 0; step < 60; ++step) {
    editor.edit();
    const Solution &from_a = a.solve(model), &from_b = b.solve(model);
    CHECK(from_a.status == from_b.status);
    CHECK(from_a.primal == from_b.primal);
    CHECK(from_a.dual == from_b.dual);
    CHECK(from_a.ray == from_b.ray);
    CHECK(from_a.basis == from_b.basis);
    CHECK(from_a.iterations == from_b.iterations);
  }
}
