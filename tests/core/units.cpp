#include "kilter/core/units.hpp"

#include "catch.hpp"

using namespace kilter;
using namespace kilter::units;

TEST_CASE("power times time is energy, and energy has a price and a footprint") {
  const Joules energy = 700 * W * (0.5 * h);
  CHECK_THAT(energy.in(kWh), Catch::Matchers::WithinRel(0.35, 1e-15));
  const Dollars cost = energy * (0.12 * usd / kWh);
  CHECK_THAT(cost.in(usd), Catch::Matchers::WithinRel(0.042, 1e-15));
  const GramsCO2 carbon = energy * (400 * gCO2 / kWh);
  CHECK_THAT(carbon.in(gCO2), Catch::Matchers::WithinRel(140, 1e-15));
}

TEST_CASE("a ratio of like quantities is a number") {
  const double ratio = 3 * kWh / (6 * kWh);
  CHECK(ratio == 0.5);
  CHECK(2 * h > 119 * min);
}

template <class A, class B>
concept Addable = requires(A a, B b) {
  a + b;
};
static_assert(Addable<Watts, Watts>);
static_assert(!Addable<Watts, Joules>, "quantities of different dimension must not add");
static_assert(!std::is_convertible_v<Watts, double>, "a quantity with a dimension is not a number");
static_assert(sizeof(Watts) == sizeof(double));
