#pragma once
/// @file
/// Who does the work: an `Executor` is a parameter, never a global, and the default works in the calling thread.

#include <atomic>
#include <concepts>
#include <cstddef>
#include <exception>
#include <thread>
#include <vector>

#include "kilter/core/contract.hpp"

namespace kilter {

/// Anything that calls `f(0), …, f(n − 1)`, each once, in any order, and returns when all are done.
template <class E>
concept Executor = requires(const E& executor, std::size_t n, void (*f)(std::size_t)) {
  executor.for_each_index(n, f);
};

/// Runs in the calling thread, in order.
struct Inline {
  template <std::invocable<std::size_t> F>
  void for_each_index(std::size_t n, F&& f) const {
    for (std::size_t i = 0; i < n; ++i) f(i);
  }
};

/// Runs on `count` threads made for the call. The exception of the lowest index among those that threw is thrown again in the
/// caller once all threads have ended.
struct Threads {
  unsigned count = 2;

  template <std::invocable<std::size_t> F>
  void for_each_index(std::size_t n, F&& f) const {
    require(count > 0, "count", count, "must be positive");
    if (count == 1 || n < 2) return Inline{}.for_each_index(n, f);
    std::vector<std::exception_ptr> failures(n);
    std::atomic<std::size_t> next = 0;
    const auto work = [&] {
      for (std::size_t i = next++; i < n; i = next++) run(f, i, failures[i]);
    };
    {
      std::vector<std::jthread> pool;
      for (unsigned t = 1; t < count && t < n; ++t) pool.emplace_back(work);
      work();
    }
    for (const auto& failure : failures) {
      if (failure) std::rethrow_exception(failure);
    }
  }

 private:
  template <class F>
  static void run(F& f, std::size_t i, std::exception_ptr& failure) {
#if defined(__cpp_exceptions) && __cpp_exceptions
    try {
      f(i);
    } catch (...) {
      failure = std::current_exception();
    }
#else
    static_cast<void>(failure);
    f(i);
#endif
  }
};

}  // namespace kilter
