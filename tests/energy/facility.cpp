#include "kilter/energy/facility.hpp"

#include "catch.hpp"
#include "kilter/core/rng.hpp"
#include "refused.hpp"

using namespace kilter;
using namespace kilter::energy;
using kilter::test::WithinAbs;
using kilter::test::WithinRel;

TEST_CASE("facility power by hand") {
  const Facility f{.fixed = 10 * units::kW, .proportional = 0.05, .cooling = PiecewiseLinear{{{0, 0.1}, {10, 0.1}, {30, 0.3}}}};
  // At 20 C cooling takes 0.2 of (10 kW + 1.05 * 100 kW) = 23 kW.
  CHECK_THAT(facility_power(f, 100 * units::kW, 20).in(units::kW), WithinRel(138.0, 1e-12));
  CHECK_THAT(facility_power(f, 100 * units::kW, -20).in(units::kW), WithinRel(115 * 1.1, 1e-12));
  CHECK_THAT(facility_power(f, Watts{0}, 20).in(units::kW), WithinRel(12.0, 1e-12));
  CHECK_THAT(pue(f, 100 * units::kW, 20), WithinRel(1.38, 1e-12));
  const AffinePower affine = f.at(20);
  CHECK_THAT(affine.fixed.in(units::kW), WithinRel(12.0, 1e-12));
  CHECK_THAT(affine.slope, WithinRel(1.05 * 1.2, 1e-12));
}

TEST_CASE("facility power is affine in the load, and PUE at least 1, falling in load and rising in temperature") {
  Rng rng{5};
  for (int round = 0; round < 500; ++round) {
    const Facility f{.fixed = Watts{rng.uniform(0, 1e5)}, .proportional = rng.uniform(0, 0.3)};
    const double celsius = rng.uniform(-30, 55);
    const Watts a{rng.uniform(1, 1e6)}, b{rng.uniform(1, 1e6)};
    const double t = rng.uniform();
    const Watts mixed = facility_power(f, a * t + b * (1 - t), celsius);
    const Watts mix = facility_power(f, a, celsius) * t + facility_power(f, b, celsius) * (1 - t);
    CHECK_THAT(mixed.base(), WithinRel(mix.base(), 1e-12));
    CHECK(f.at(celsius)(a) == facility_power(f, a, celsius));
    CHECK(pue(f, a, celsius) >= 1);
    CHECK(pue(f, std::min(a, b), celsius) >= pue(f, std::max(a, b), celsius) - 1e-12);
  }
}

TEST_CASE("the economiser is free below its limit and rises above it") {
  const auto cooling = economiser_cooling();
  CHECK(cooling.value(-20) == 0.03);
  CHECK(cooling.value(22) == 0.03);
  // At 34 C and above everything is mechanical: COP 5 - 0.1 * 9.
  CHECK_THAT(cooling.value(34), WithinRel(0.03 + 1 / 4.1, 1e-12));
  CHECK_THAT(cooling.value(28), WithinRel(0.03 + 0.5 / 4.7, 1e-12));
  double last = 0;
  for (double celsius = -10; celsius <= 60; celsius += 0.25) {
    CHECK(cooling.value(celsius) >= last);
    last = cooling.value(celsius);
  }
  CHECK_THAT(economiser_cooling({.lowest_cop = 4.5}).value(60), WithinRel(0.03 + 1 / 4.5, 1e-12));
}

TEST_CASE("plain outside air meets its two points") {
  const auto cooling = air_side_cooling();
  CHECK_THAT(cooling.value(-3.9), WithinAbs(0.05, 1e-15));
  CHECK_THAT(cooling.value(10), WithinAbs(0.10, 1e-15));
  CHECK_THAT(cooling.value(20), WithinAbs(0.0036 * 20 + 0.064, 1e-3));
  CHECK(cooling.value(-30) == 0.05);
}

TEST_CASE("the default hall at 20 C lies among published PUEs of economised halls") {
  // Lei and Masanet, Energy 2020, 117556, at 20 C: air side with adiabatic cooling 1.075, water side 1.089, sea water 1.114.
  const double at_20 = pue(Facility{}, 1 * units::MW, 20);
  CHECK(at_20 > 1.0747);
  CHECK(at_20 < 1.1141);
}

TEST_CASE("facilities refuse what makes no sense") {
  const Facility f{};
  CHECK_REFUSED((facility_power(f, Watts{-1}, 20)), "it = -1");
  CHECK_REFUSED((pue(f, Watts{0}, 20)), "it = 0");
  CHECK_REFUSED((facility_power(f, Watts{1}, std::numeric_limits<double>::quiet_NaN())), "celsius");
  CHECK_REFUSED(((Facility{.fixed = Watts{-1}}.at(20))), "fixed");
  CHECK_REFUSED(((Facility{.proportional = -0.1}.at(20))), "proportional");
  CHECK_REFUSED(((Facility{.cooling = PiecewiseLinear{{{0, -1}}}}.at(20))), "cooling");
  CHECK_REFUSED((economiser_cooling({.fans = -1})), "fans");
  CHECK_REFUSED((economiser_cooling({.exhaust_celsius = 20})), "exhaust_celsius");
  CHECK_REFUSED((economiser_cooling({.cop = 1})), "cop");
}
