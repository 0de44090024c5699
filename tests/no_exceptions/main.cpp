// Built with -fno-exceptions: everything compiles and works. With an argument it breaks a contract, which must end the program.
#include <atomic>
#include <cstdio>

#include <kilter/kilter.hpp>

int main(int count, char**) {
  const kilter::Series series{.values = {1, 2, kilter::missing}};
  if (count > 1) return static_cast<int>(series.slice(0, 5).size());

  std::atomic<std::size_t> sum = 0;
  kilter::Threads{2}.for_each_index(100, [&](std::size_t i) { sum += i; });
  const bool right = sum == 4950 && kilter::count_missing(series.values) == 1 && !kilter::parse_time("yesterday");
  std::puts(right ? "right" : "wrong");
  return right ? 0 : 1;
}
