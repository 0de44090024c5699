// What the concepts and contracts of core refuse. Built once for each value of WRONG; 0 is the control.
#include <cstddef>
#include <cstdint>
#include <string>

#include "kilter/core/executor.hpp"
#include "kilter/core/progress.hpp"
#include "kilter/core/rng.hpp"
#include "kilter/core/series.hpp"

using namespace kilter;

struct Serial {
  void for_each_index(std::size_t n, auto&& f) const {
    for (std::size_t i = 0; i < n; ++i) f(i);
  }
};
struct NoLoop {};

void run(const Executor auto& executor) {
  executor.for_each_index(1, [](std::size_t) {});
}
void watch(Observer auto observer) { observer(Progress{}); }
void take_generator(Rng) {}
Time moment{3600};

void right() {
  run(Serial{});
  run(Inline{});
  watch(Silent{});
  watch([](const Progress&) {});
  take_generator(Rng{7});
  static_assert(Rng{7}.index(1) == 0);
  moment = moment + 1 * units::h;
}

void wrong() {
#if WRONG == 1  // an executor without a loop
  run(NoLoop{});
#endif
#if WRONG == 2  // an observer that takes no progress
  watch([](const std::string&) {});
#endif
#if WRONG == 3  // a number as a generator
  take_generator(7);
#endif
#if WRONG == 4  // a moment plus a number
  moment = moment + 3600.0;
#endif
#if WRONG == 5  // a moment plus a moment
  moment = moment + moment;
#endif
#if WRONG == 6  // a broken contract in a constant
  static_assert(Rng{7}.index(0) == 0);
#endif
#if WRONG == 7  // a loop over something that takes no index
  Inline{}.for_each_index(3, [](const std::string&) {});
#endif
}
