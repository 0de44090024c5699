#pragma once
/// @file
/// When to end a search: small criteria, combined with `|` or `any_of`.

#include <chrono>
#include <concepts>
#include <cstddef>
#include <limits>
#include <optional>
#include <stop_token>
#include <tuple>
#include <utility>

#include "kilter/core/progress.hpp"
#include "kilter/core/status.hpp"

namespace kilter::genetic {

/// How far a search has come.
struct SearchState {
  std::size_t generation = 0;   ///< generations done
  std::size_t evaluations = 0;  ///< calls of `cost`
  std::size_t stalled = 0;      ///< generations since the best became better
  double best = std::numeric_limits<double>::infinity();
  double violation = 0;  ///< of the best
};

/// Says whether a search is to end, and with what `Status`; nothing while it may go on. Asked between generations (with islands:
/// between migrations), so it may keep a state of its own.
template <class S>
concept StopCriterion = std::copy_constructible<S> && requires(S& s, const SearchState& state) {
  { s(state) } -> std::same_as<std::optional<Status>>;
};

namespace detail {
inline std::optional<Status> ends(bool reached) { return reached ? std::optional{Status::feasible} : std::nullopt; }
}  // namespace detail

/// Never ends.
struct Never {
  std::optional<Status> operator()(const SearchState&) const { return std::nullopt; }
};
/// Ends after so many generations.
struct Generations {
  std::size_t count;
  std::optional<Status> operator()(const SearchState& s) const { return detail::ends(s.generation >= count); }
};
/// Ends after the generation in which so many evaluations are reached.
struct Evaluations {
  std::size_t count;
  std::optional<Status> operator()(const SearchState& s) const { return detail::ends(s.evaluations >= count); }
};
/// Ends after so many generations without a better best; 0: never.
struct Stall {
  std::size_t generations;
  std::optional<Status> operator()(const SearchState& s) const {
    return detail::ends(generations != 0 && s.stalled >= generations);
  }
};
/// Ends when the best is feasible and costs no more than this.
struct Target {
  double cost;
  std::optional<Status> operator()(const SearchState& s) const { return detail::ends(s.violation <= 0 && s.best <= cost); }
};
/// Ends when a stop is requested, as `Status::cancelled`.
struct Cancelled {
  std::stop_token token;
  std::optional<Status> operator()(const SearchState&) const {
    return token.stop_requested() ? std::optional{Status::cancelled} : std::nullopt;
  }
};
/// Ends so long after it was first asked, as `Status::time_limit`.
struct TimeLimit {
  explicit TimeLimit(Duration limit) : limit_(limit) {}
  std::optional<Status> operator()(const SearchState&) {
    const auto now = std::chrono::steady_clock::now();
    if (!start_) start_ = now;
    return now - *start_ >= limit_ ? std::optional{Status::time_limit} : std::nullopt;
  }

 private:
  Duration limit_;
  std::optional<std::chrono::steady_clock::time_point> start_;
};

/// Ends as soon as one of several criteria does, with the status of the first of them.
template <StopCriterion... S>
class AnyOf {
 public:
  explicit AnyOf(S... criteria) : criteria_(std::move(criteria)...) {}

  std::optional<Status> operator()(const SearchState& state) {
    return std::apply(
        [&](S&... criterion) {
          std::optional<Status> out;
          // Each is asked every time: a criterion may count or start its clock when asked.
          static_cast<void>(std::initializer_list<int>{(first(out, criterion(state)), 0)...});
          return out;
        },
        criteria_);
  }

 private:
  static void first(std::optional<Status>& out, std::optional<Status> status) {
    if (!out) out = status;
  }
  std::tuple<S...> criteria_;
};

/// `criteria` combined: the search ends as soon as one of them says so.
template <StopCriterion... S>
[[nodiscard]] AnyOf<S...> any_of(S... criteria) {
  return AnyOf<S...>(std::move(criteria)...);
}

/// `any_of(a, b)`.
template <StopCriterion A, StopCriterion B>
[[nodiscard]] AnyOf<A, B> operator|(A a, B b) {
  return AnyOf<A, B>(std::move(a), std::move(b));
}

}  // namespace kilter::genetic
