#pragma once
/// @file
/// What a solve of a linear program may do.

#include <cstddef>
#include <cstdint>

#include "kilter/core/progress.hpp"

namespace kilter::lp {

/// Which algorithm solves the program.
enum class Method : std::uint8_t {
  automatic,  ///< chosen by the program: network where it is one, primal where the start is feasible, else dual
  primal,     ///< primal simplex
  dual,       ///< dual simplex
  network,    ///< network simplex where the program is a network (up to the signs of its rows), else as `automatic`
};

/// Whether a program is reduced before it is solved. `automatic` leaves small programs and small gains alone, and solves that have
/// a start; `on` reduces those too and makes no use of their start.
enum class Presolving : std::uint8_t { automatic, off, on };

/// What a solve may do. The defaults suit most programs.
struct Options {
  Budget budget{};                                             ///< time limit and stop token
  std::size_t iteration_limit = static_cast<std::size_t>(-1);  ///< pivots and bound flips of both methods together
  double primal_tolerance = 1e-7;                              ///< how far a value may lie outside its bounds
  double dual_tolerance = 1e-7;                                ///< how far a reduced cost may have the wrong sign
  bool scale = true;                                           ///< geometric scaling
  bool perturb = true;     ///< perturbation of costs (dual) and bounds (primal) against stalling
  std::uint64_t seed = 1;  ///< of the perturbation
  Method method = Method::automatic;
  Presolving presolve = Presolving::automatic;
};

}  // namespace kilter::lp
