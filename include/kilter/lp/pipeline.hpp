#pragma once
/// @file
/// The way of a program through network simplex, presolve and simplex to an answer with its proof.

#include <cstddef>
#include <vector>

#include "kilter/lp/driver.hpp"
#include "kilter/lp/model.hpp"
#include "kilter/lp/network_structure.hpp"
#include "kilter/lp/options.hpp"
#include "kilter/lp/presolve.hpp"
#include "kilter/lp/solution.hpp"

namespace kilter::lp::detail {

/// Continues from `start` on the model itself, with so many iterations behind it.
inline void go_on(const Model& model, const Options& options, const Basis& start, std::size_t iterations, const Control& control,
                  Driver& driver, Solution& solution) {
  driver.solve(model, options, &start, false, {control.stopwatch, control.watch, iterations}, solution);
}

/// Looks for the ray of a program that is believed to be infeasible. Without costs every basis is dual feasible, and the dual
/// method goes straight for it. Where the belief was wrong, goes on to the optimum from the feasible basis that it found.
inline void seek_infeasibility(const Model& model, const Options& options, const Basis* start, std::size_t iterations,
                               const Control& control, Driver& driver, Solution& solution) {
  Model plain = model;
  plain.set_costs(std::vector<double>(model.costs().size()));
  driver.solve(plain, options, start, false, {control.stopwatch, control.watch, iterations}, solution);
  if (solution.status == Status::optimal || solution.status == Status::numerical_failure) {
    const Basis feasible = solution.basis;
    return go_on(model, options, feasible, solution.iterations, control, driver, solution);
  }
  solution.objective = model.objective_constant();
  for (std::size_t j = 0; j < solution.primal.size(); ++j) solution.objective += model.costs()[j] * solution.primal[j];
}

/// Solves the reduced program and, from the basis that its answer means for the original, the original: for an optimum that costs
/// one factorisation and the proof, for the other outcomes it finds the ray. False when there is nothing to reduce.
inline bool solve_reduced(const Model& model, const Options& options, const Control& control, Driver& driver, Solution& solution) {
  if (options.presolve == Presolving::automatic && Presolve::too_small(model)) return false;
  Presolve presolve(model);
  const auto outcome = presolve.run(control.stopwatch, options.primal_tolerance);
  if (outcome == Presolve::Outcome::infeasible) {
    seek_infeasibility(model, options, nullptr, 0, control, driver, solution);
    return true;
  }
  if (outcome != Presolve::Outcome::reduced) return false;
  Driver().solve(presolve.reduced(), options, nullptr, false, control, solution);
  Solution full;
  presolve.restore(solution, full);
  if (solution.status == Status::infeasible) {
    seek_infeasibility(model, options, &full.basis, solution.iterations, control, driver, solution);
  } else {
    go_on(model, options, full.basis, solution.iterations, control, driver, solution);
  }
  return true;
}

/// A solve that has no live state to go on from; leaves one in `driver`, unless the program is a network.
inline void solve_afresh(const Model& model, const Options& options, const Basis* start, const Control& control, Driver& driver,
                         Solution& solution) {
  // From a basis the simplex method goes on exactly where it ended; the network method may have to hang up parts of its tree anew.
  if (options.method == Method::network || (options.method == Method::automatic && start == nullptr)) {
    if (auto flow = solve_as_network(model, options, start, control.stopwatch, control.watch)) {
      solution = *std::move(flow);
      return;
    }
  }
  const bool wanted = options.presolve == Presolving::on || (options.presolve == Presolving::automatic && start == nullptr);
  if (wanted && solve_reduced(model, options, control, driver, solution)) return;
  driver.solve(model, options, start, false, control, solution);
}

}  // namespace kilter::lp::detail
