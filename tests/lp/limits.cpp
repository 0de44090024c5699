#include <chrono>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <stop_token>
#include <string>
#include <vector>

#include "catch.hpp"
#include "checks.hpp"
#include "kilter/lp/solve.hpp"
#include "planning_program.hpp"
#include "program_families.hpp"
#include "random_program.hpp"

using namespace kilter;
using namespace kilter::lp;
using kilter::lp::test::check_same;
using kilter::lp::test::check_usable;
using kilter::test::WithinRel;

namespace {

/// Every way through the code: both methods, each with both phases, with presolve and without.
std::vector<Options> all_ways() {
  std::vector<Options> out;
  for (const Method method : {Method::automatic, Method::dual, Method::primal}) {
    for (const Presolving presolve : {Presolving::off, Presolving::on}) {
      Options options;
      options.method = method;
      options.presolve = presolve;
      out.push_back(options);
    }
  }
  return out;
}

/// One program of each family, one without limit and one without a feasible point.
std::vector<Model> programs() {
  std::vector<Model> out;
  for (const auto& family : lp::test::all_families) {
    Rng rng{7};
    out.push_back(family.make(rng));
  }
  Rng rng{8};
  Model open = lp::test::dense_program(rng);
  for (int i = 0; i < open.rows(); ++i) open.set_row_bounds(i, -infinity, std::abs(open.row_upper(i)));
  for (int j = 0; j < open.columns(); ++j) open.set_column_bounds(j, 0, infinity);
  open.add_column(-1, 0, infinity);
  out.push_back(open);
  Model torn = lp::test::side_constrained_flow(rng);
  torn.set_row_bounds(0, torn.row_lower(0) + 1, torn.row_upper(0) + 1);  // what flows in does not flow out
  out.push_back(torn);
  return out;
}

}  // namespace

TEST_CASE("a limit on iterations ends a solve anywhere with an honest answer and a basis to go on from") {
  int limited = 0;
  for (const Model& model : programs()) {
    for (const Options& options : all_ways()) {
      const Solution full = solve(model, options);
      REQUIRE(full.status != Status::numerical_failure);
      for (const std::size_t limit : {std::size_t{0}, std::size_t{1}, std::size_t{2}, std::size_t{7}, full.iterations / 3,
                                      2 * full.iterations / 3, full.iterations - (full.iterations > 0 ? 1 : 0), full.iterations}) {
        INFO("limit " << limit << " of " << full.iterations);
        Options some = options;
        some.iteration_limit = limit;
        const Solution part = solve(model, some);
        CHECK(part.iterations <= limit);
        if (part.status != Status::iteration_limit) {
          check_same(part, full);
          continue;
        }
        ++limited;
        check_usable(model, part);
        Options rest = options;
        rest.presolve = Presolving::automatic;
        check_same(solve(model, rest, &part.basis), full);
      }
    }
  }
  CHECK(limited > 300);
}

TEST_CASE("a solve in slices by a live solver ends as one in a single piece") {
  for (const Model& model : programs()) {
    for (const Method method : {Method::automatic, Method::dual, Method::primal}) {
      Solver solver;
      solver.options.method = method;
      const Solution full = solve(model, solver.options);
      solver.options.iteration_limit = 25;
      std::size_t slices = 0, iterations = 0;
      Status status = Status::iteration_limit;
      for (; status == Status::iteration_limit && slices < 2000; ++slices) {
        const Solution& part = solver.solve(model);
        status = part.status;
        iterations += part.iterations;
      }
      CHECK(iterations <= 10 * full.iterations + 500);
      check_same(solver.solve(model), full);
    }
  }
}

TEST_CASE("a time limit of nothing, and one that runs out on the way") {
  for (const Model& model : programs()) {
    for (Options options : all_ways()) {
      const Solution full = solve(model, options);
      options.budget.time_limit = Duration(0);
      const Solution none = solve(model, options);
      if (none.status == Status::time_limit) {
        check_usable(model, none);
      } else {
        CHECK(none.iterations == 0);
        check_same(none, full);
      }
      for (const double seconds : {1e-5, 1e-4}) {
        options.budget.time_limit = Duration(seconds);
        const Solution part = solve(model, options);
        check_usable(model, part);
        if (part.status != Status::time_limit) check_same(part, full);
      }
    }
  }
}

TEST_CASE("a stop asked for beforehand, and one asked for by the observer at any call") {
  int cancelled = 0;
  for (const Model& model : programs()) {
    for (const Options& options : all_ways()) {
      std::size_t calls = 0;
      const Solution full = solve(model, options, nullptr, [&](const Progress&) { ++calls; });
      for (std::size_t stop_at = 0; stop_at <= std::min<std::size_t>(calls, 4); ++stop_at) {
        std::stop_source source;
        Options stoppable = options;
        stoppable.budget.stop = source.get_token();
        if (stop_at == 0) source.request_stop();
        std::size_t seen = 0, at = 0;
        const Solution part = solve(model, stoppable, nullptr, [&](const Progress& progress) {
          if (++seen == stop_at) source.request_stop();
          if (seen == stop_at) at = progress.iteration;
        });
        INFO("stopped at call " << stop_at << " of " << calls);
        if (part.status != Status::cancelled) {
          // The end was nearer than the next look at the token.
          check_same(part, full);
          CHECK(part.iterations <= at + 32);
          continue;
        }
        ++cancelled;
        check_usable(model, part);
        CHECK(part.iterations <= at + 32);
        check_same(solve(model, {}, &part.basis), full);
      }
    }
  }
  CHECK(cancelled > 60);
}

TEST_CASE("an observer sees the iterations rise and changes nothing") {
  for (const Model& model : programs()) {
    for (const Options& options : all_ways()) {
      std::size_t calls = 0, last = 0;
      bool rising = true, finite = true;
      const Solution watched = solve(model, options, nullptr, [&](const Progress& progress) {
        ++calls;
        rising = rising && progress.iteration >= last;
        last = progress.iteration;
        finite = finite && std::isfinite(progress.best);
      });
      CHECK(rising);
      CHECK(finite);
      CHECK(last <= watched.iterations);
      const Solution alone = solve(model, options);
      CHECK(watched.primal == alone.primal);
      CHECK(watched.iterations == alone.iterations);
    }
  }
}
