#pragma once
/// @file
/// `MpsProgram`: a model and what else a file says of it.

#include <cstddef>
#include <string>
#include <vector>

#include "kilter/lp/model.hpp"

namespace kilter::lp {

/// A program read from, or to be written to, a file. A program to be maximised is stored with its costs and constant negated.
struct MpsProgram {
  std::string name{};
  Model model{};
  std::vector<bool> integer{};    ///< which columns must be integer; empty: none
  bool maximise = false;          ///< whether the file asks for the largest value
  std::string objective_name{};   ///< of the row that is the objective
  std::size_t skipped_cards = 0;  ///< cards of a second set of right-hand sides, ranges or bounds, which are not used
};

}  // namespace kilter::lp
