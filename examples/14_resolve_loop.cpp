// A scheduler's loop: the same program every five minutes, each time a little different. The solver lives on and starts where it
// ended, so most rounds take a handful of pivots. Jobs come and go: rows and columns are added and deleted between the rounds.
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <vector>

#include "kilter/core/rng.hpp"
#include "kilter/lp/model.hpp"
#include "kilter/lp/solve.hpp"

using namespace kilter;

constexpr int kinds = 4, rounds = 12;
constexpr double gpus[kinds] = {96, 256, 192, 64};

/// A job asks for at most so many GPUs, runs at a speed of its own on each kind, and is worth so much per unit of speed.
void add_job(lp::Model& model, Rng& rng) {
  std::vector<lp::Term> all;
  const double worth = rng.uniform(1, 3), most = rng.uniform(4, 24);
  for (int kind = 0; kind < kinds; ++kind) {
    const double speed = rng.uniform(0.5, 1) * (kinds - kind);
    const lp::Entry entries[] = {{.row = kind, .coefficient = 1}};  // it uses up GPUs of its kind
    all.push_back({.column = model.add_column(-worth * speed, 0, lp::infinity, entries), .coefficient = 1});
  }
  model.add_row(all, -lp::infinity, most);
}

/// The job of that row goes, with its columns.
void delete_job(lp::Model& model, int row) {
  std::vector<int> columns;
  for (const lp::Term& term : model.row(row)) columns.push_back(term.column);
  model.delete_row(row);
  model.delete_columns(columns);
}

int main() {
  Rng rng{4};
  lp::Model model;
  for (const double available : gpus) model.add_row({}, -lp::infinity, available);
  for (int job = 0; job < 120; ++job) add_job(model, rng);

  lp::Solver solver;
  std::printf("round  jobs   worth per hour   pivots   from nothing     time\n");
  for (int round = 0; round < rounds; ++round) {
    if (round > 0) {  // three jobs have ended, two or so have come, a rack of each kind may be down, and worths have moved
      for (int k = 0; k < 3; ++k)
        delete_job(model, kinds + static_cast<int>(rng.index(static_cast<std::size_t>(model.rows() - kinds))));
      for (int k = 0; k < 2 + round % 3; ++k) add_job(model, rng);
      for (int kind = 0; kind < kinds; ++kind)
        model.set_row_bounds(kind, -lp::infinity, gpus[kind] - 8 * (rng.bernoulli(0.3) ? 1 : 0));
      for (int k = 0; k < 5; ++k) {
        const int column = static_cast<int>(rng.index(static_cast<std::size_t>(model.columns())));
        model.set_cost(column, model.cost(column) * rng.uniform(0.95, 1.05));
      }
    }
    const auto begin = std::chrono::steady_clock::now();
    const lp::Solution& now = solver.solve(model);
    const double ms = 1e3 * std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    const lp::Solution cold = lp::solve(model);
    const bool same = now.status == Status::optimal && std::abs(now.objective - cold.objective) <= 1e-9 * std::abs(cold.objective);
    std::printf("%5d  %4d  %15.2f  %7zu  %13zu  %6.3f ms%s\n", round, model.rows() - kinds, -now.objective, now.iterations,
                cold.iterations, ms, same ? "" : "  WRONG");
  }
  return 0;
}
