#pragma once
/// @file
/// How parents are drawn: tournament and linear ranking.

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "kilter/core/contract.hpp"
#include "kilter/core/rng.hpp"

namespace kilter::genetic {

/// The best of `size` individuals drawn uniformly with replacement (Goldberg, Deb 1991, "A comparative analysis of selection
/// schemes used in genetic algorithms"). O(size).
struct Tournament {
  std::size_t size = 2;

  /// An index below `n`; `before(i, j)` says that i is better than j.
  template <class Before>
  [[nodiscard]] std::size_t operator()(std::size_t n, const Before& before, Rng& rng) const {
    std::size_t best = rng.index(n);
    for (std::size_t k = 1; k < size; ++k) {
      const std::size_t other = rng.index(n);
      if (before(other, best)) best = other;
    }
    return best;
  }
};

/// Linear ranking: rank r = 0 (best), …, n − 1 has density proportional to s − 2(s − 1) r/n, so that the best has about s children
/// where the mean is one; inverted in closed form (Whitley 1989, "The GENITOR algorithm and selection pressure", eq. 1). O(1).
struct LinearRank {
  double pressure = 1.7;  ///< s, in (1, 2]

  /// A rank below `n`.
  [[nodiscard]] std::size_t operator()(std::size_t n, Rng& rng) const {
    const double s = pressure, u = rng.uniform();
    const double share = (s - std::sqrt(s * s - 4 * (s - 1) * u)) / (2 * (s - 1));
    return std::min(static_cast<std::size_t>(std::max(share, 0.0) * static_cast<double>(n)), n - 1);
  }
};

}  // namespace kilter::genetic
