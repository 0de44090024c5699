#include "kilter/genetic/weighted.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "catch.hpp"
#include "refused.hpp"
#include "toys.hpp"

using namespace kilter;
using namespace kilter::genetic;
using namespace kilter::test;

namespace {

/// x² and (x − 2)² (Schaffer 1985).
struct Schaffer : Sphere {
  static constexpr std::size_t objective_count = 2;
  Schaffer() : Sphere{1} {}
  void objectives(Row x, std::span<double> out) const {
    out[0] = x[0] * x[0];
    out[1] = (x[0] - 2) * (x[0] - 2);
  }
};

/// Ones to the left, then zeros to the right, of a string of bits: the second is free once the first is settled.
struct Halves : OneMax {
  std::size_t objective_count() const { return 2; }
  void objectives(Row x, std::span<double> out) const {
    out[0] = out[1] = 0;
    for (std::size_t i = 0; i < x.size(); ++i) out[i < x.size() / 2 ? 0 : 1] += i < x.size() / 2 ? 1 - x[i] : x[i];
    out[1] += 0.1 * (static_cast<double>(x.size()) / 2 - out[0]);  // in conflict
  }
};

/// Both the tardiness of an order and how far it is from the identity, by an encoding.
struct Orders : WeightedTardiness {
  using WeightedTardiness::WeightedTardiness;
  static constexpr std::size_t objective_count = 2;
  void objectives(std::span<const std::uint16_t> order, std::span<double> out) const {
    out[0] = WeightedTardiness::cost(order);
    out[1] = 0;
    for (std::size_t i = 0; i < order.size(); ++i) out[1] += std::abs(static_cast<double>(order[i]) - static_cast<double>(i));
  }
};

static_assert(MultiObjective<Schaffer> && MultiObjective<Halves> && MultiObjective<Orders>);
static_assert(Problem<Weighted<Schaffer>> && Problem<Bounded<Halves>> && Problem<Weighted<Orders>>);
static_assert(crossover_count<Weighted<Orders>>() == 5 && HasEncoding<Weighted<Orders>> && !HasEncoding<Weighted<Schaffer>>);

const Options search{.population = 60, .generations = 150, .mutation_rate = 0.5};

}  // namespace

TEST_CASE("a weighted sum finds its minimum") {
  const Schaffer problem;
  for (const double w : {0.1, 0.5, 0.8}) {
    const auto result = minimise(Weighted(problem, {w, 1 - w}), search);
    CHECK_THAT(result.best[0], WithinAbs(2 * (1 - w), 0.02));  // w 2x + (1 − w) 2 (x − 2) = 0
  }
  const Orders orders(20);
  const auto tidy = minimise(Weighted(orders, {0, 1}), {.population = 60, .generations = 400, .mutation_rate = 0.5, .target = 0});
  CHECK(tidy.cost == 0);
  CHECK(tidy.best.front() == 0);
}

TEST_CASE("limits bound the other objectives") {
  const Schaffer problem;
  const double none = std::numeric_limits<double>::infinity();
  const auto result = minimise(Bounded(problem, 1, {0.25, none}), search);
  CHECK(result.violation == 0);
  CHECK_THAT(result.best[0], WithinAbs(0.5, 0.01));
  const auto impossible = minimise(Bounded(problem, 1, {-1, none}), search);
  CHECK_THAT(impossible.violation, WithinAbs(1, 1e-3));
}

TEST_CASE("objectives in order of importance") {
  const Halves problem;
  const auto result = lexicographic(problem, {.search = search});
  REQUIRE(result.objectives.size() == 2);
  CHECK(result.objectives[0] == 0);
  CHECK_THAT(result.objectives[1], WithinAbs(3, 1e-9));
  const auto turned = lexicographic(problem, {.search = search, .order = {1, 0}});
  CHECK_THAT(turned.objectives[1], WithinAbs(0, 1e-9));  // zeros to the right, none to the left
  CHECK(turned.objectives[0] == 30);
  CHECK(turned.evaluations > 120);
  const auto threads = lexicographic(problem, {.search = search}, {}, Threads{2});
  CHECK(threads.best == result.best);
}

TEST_CASE("a tolerance gives the later objectives room") {
  const Schaffer problem;
  const std::vector<std::vector<double>> start{{1.0}};
  const auto strict = lexicographic(problem, {.search = search, .order = {1, 0}}, start);
  CHECK_THAT(strict.best[0], WithinAbs(2, 0.05));
  CHECK(lexicographic(problem, {.search = search, .order = {0}}).objectives.size() == 2);
}

TEST_CASE("nonsense is refused") {
  const Schaffer problem;
  CHECK_REFUSED(Weighted(problem, {1}), "weights = 1");
  CHECK_REFUSED(Weighted(problem, {1, -1}), "weight = -1");
  CHECK_REFUSED(Bounded(problem, 2, {1, 1}), "objective = 2");
  CHECK_REFUSED(Bounded(problem, 0, {1}), "limits = 1");
  CHECK_REFUSED(Bounded(problem, 0, {1, std::nan("")}), "limit = nan");
  LexicographicOptions twice, absent, negative;
  twice.order = {0, 0};
  absent.order = {2};
  negative.tolerance = -1;
  CHECK_REFUSED(lexicographic(problem, twice), "order = 0");
  CHECK_REFUSED(lexicographic(problem, absent), "order = 2");
  CHECK_REFUSED(lexicographic(problem, negative), "tolerance = -1");
}
