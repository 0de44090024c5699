#include "kilter/genetic/stop.hpp"

#include <cstddef>
#include <optional>
#include <stop_token>
#include <vector>

#include "catch.hpp"
#include "kilter/genetic/minimise.hpp"
#include "toys.hpp"

using namespace kilter;
using namespace kilter::genetic;
using namespace kilter::test;

static_assert(StopCriterion<Never> && StopCriterion<Generations> && StopCriterion<Evaluations> && StopCriterion<Stall>);
static_assert(StopCriterion<Target> && StopCriterion<Cancelled> && StopCriterion<TimeLimit> && StopCriterion<AnyOf<Never, Stall>>);
static_assert(!StopCriterion<int>);

namespace {
/// Ends at the n-th time it is asked: a criterion of one's own with a state.
struct Asked {
  std::size_t left;
  std::optional<Status> operator()(const SearchState&) {
    return left-- == 0 ? std::optional{Status::iteration_limit} : std::nullopt;
  }
};
}  // namespace

TEST_CASE("each criterion ends where it says") {
  const SearchState state{.generation = 10, .evaluations = 500, .stalled = 3, .best = 4.5};
  CHECK_FALSE(Never{}(state));
  CHECK(Generations{10}(state) == Status::feasible);
  CHECK_FALSE(Generations{11}(state));
  CHECK(Evaluations{500}(state) == Status::feasible);
  CHECK_FALSE(Evaluations{501}(state));
  CHECK(Stall{3}(state) == Status::feasible);
  CHECK_FALSE(Stall{4}(state));
  CHECK_FALSE(Stall{0}(state));
  CHECK(Target{4.5}(state) == Status::feasible);
  CHECK_FALSE(Target{4.4}(state));
  CHECK_FALSE(Target{9}({.best = 1, .violation = 0.1}));
  std::stop_source source;
  const Cancelled cancelled{source.get_token()};
  CHECK_FALSE(cancelled(state));
  source.request_stop();
  CHECK(cancelled(state) == Status::cancelled);
  TimeLimit at_once{Duration{0}}, later{Duration{1e6}};
  CHECK(at_once(state) == Status::time_limit);
  CHECK_FALSE(later(state));
}

TEST_CASE("criteria combine, and the first that ends gives the status") {
  const SearchState state{.generation = 10, .stalled = 3};
  auto none = Generations{11} | Stall{4} | Target{-1};
  CHECK_FALSE(none(state));
  auto both = any_of(Asked{0}, Generations{1});
  CHECK(both(state) == Status::iteration_limit);
  auto third = Generations{100} | Asked{2};
  CHECK_FALSE(third(state));
  CHECK_FALSE(third(state));
  CHECK(third(state) == Status::iteration_limit);
}

TEST_CASE("criteria end a search") {
  const auto with = [](auto stop) {
    return minimise(OneMax{}, {.population = 20, .generations = 1000, .mutation_rate = 0.5}, {}, Inline{}, Silent{}, stop);
  };
  CHECK(with(Generations{7}).generations == 7);
  const auto counted = with(Evaluations{200});
  CHECK(counted.evaluations >= 200);
  CHECK(counted.evaluations < 220);
  CHECK(with(Target{5} | Generations{900}).cost <= 5);
  CHECK(with(Stall{30}).generations < 1000);
  const auto own = with(Asked{4} | Never{});
  CHECK(own.generations == 4);
  CHECK(own.status == Status::iteration_limit);
  CHECK(with(TimeLimit{Duration{0}}).status == Status::time_limit);
  std::stop_source source;
  source.request_stop();
  CHECK(with(Cancelled{source.get_token()}).status == Status::cancelled);
  CHECK(minimise(OneMax{}, {.population = 20, .generations = 1000, .evaluations = 100}).evaluations < 120);
}
