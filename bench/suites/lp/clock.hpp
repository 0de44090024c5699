#pragma once
/// Timing on one thread, also of what takes microseconds.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

#include <time.h>

namespace kilter::bench {

/// CPU seconds of the calling thread so far: other programs on the machine are not counted.
inline double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// CPU seconds of one call of `run`, the best of `repeats` measurements. What is too short for the clock (some count in steps of a
/// millisecond) is called as often in each measurement as it takes to fill 4 ms; what takes over ten seconds is measured once.
template <class F>
double best_seconds(std::size_t repeats, F&& run) {
  constexpr double enough = 4e-3, long_enough = 10;
  double best = std::numeric_limits<double>::infinity();
  std::size_t calls = 1;
  for (std::size_t done = 0; done < std::max<std::size_t>(repeats, 1);) {
    const double begin = thread_seconds();
    for (std::size_t k = 0; k < calls; ++k) run();
    const double taken = thread_seconds() - begin;
    if (taken < enough && calls < 1000000) {
      const double factor = taken <= 0 ? 8 : std::min(1.2 * enough / taken, 64.0);
      calls = static_cast<std::size_t>(std::ceil(factor * static_cast<double>(calls)));
      continue;
    }
    best = std::min(best, taken / static_cast<double>(calls));
    done = taken > long_enough ? repeats : done + 1;
  }
  return best;
}

}  // namespace kilter::bench
