#pragma once
/// @file
/// Stopping and watching a long operation: `Budget` says how long it may take, `Progress` is what an observer sees.

#include <chrono>
#include <concepts>
#include <cstddef>
#include <stop_token>

#include "kilter/core/status.hpp"

namespace kilter {

using Duration = std::chrono::duration<double>;

/// What an observer is shown. `best` and `bound` mean what the operation says; 0 where it has none.
struct Progress {
  std::size_t iteration = 0;
  double best = 0;
  double bound = 0;
};

/// Watches a long operation. The default, `Silent`, does nothing and costs nothing.
template <class O>
concept Observer = std::invocable<O&, const Progress&>;

struct Silent {
  constexpr void operator()(const Progress&) const {}
};

/// How long an operation may go on. Without a time limit the clock is never read, so results do not depend on the machine.
struct Budget {
  Duration time_limit = Duration::max();
  std::stop_token stop{};
};

/// Runs a budget down: made when the operation starts, asked from time to time.
class Stopwatch {
 public:
  explicit Stopwatch(const Budget& budget)
      : stop_(budget.stop), limited_(budget.time_limit != Duration::max()), limit_(budget.time_limit) {
    if (limited_) start_ = std::chrono::steady_clock::now();
  }

  /// `Status::cancelled` or `Status::time_limit` once the operation has to end, `Status::feasible` while it may go on.
  [[nodiscard]] Status check() const {
    if (stop_.stop_requested()) return Status::cancelled;
    if (limited_ && std::chrono::steady_clock::now() - start_ >= limit_) return Status::time_limit;
    return Status::feasible;
  }

 private:
  std::stop_token stop_;
  bool limited_;
  Duration limit_;
  std::chrono::steady_clock::time_point start_{};
};

}  // namespace kilter
