#include "kilter/cluster/fleet.hpp"

#include <cmath>
#include <stdexcept>

#include "catch.hpp"
#include "world.hpp"

using namespace kilter;
using namespace kilter::cluster;
using Catch::Matchers::Contains;
using kilter::test::WithinRel;

TEST_CASE("a fleet counts its GPUs") {
  const Fleet fleet = test::small_fleet();
  CHECK_NOTHROW(check(fleet));
  CHECK(fleet.gpus() == 8 + 12 + 16);
  CHECK(fleet.reference_gpus() == 2 * 8 + 12 + 16);
  CHECK(fleet.largest_pool() == 16);
  CHECK(Fleet{}.largest_pool() == 0);
}

TEST_CASE("a GPU draws its host and idle power always and the rest by its load") {
  using units::W;
  const GpuType type = test::round_gpu();
  CHECK(gpu_power(type, 500 * W, 0) == 200 * W);
  CHECK(gpu_power(type, 500 * W, 1) == 600 * W);
  CHECK(gpu_power(type, 500 * W, 0.5) == 400 * W);
  CHECK(gpu_power(type, 300 * W, 1) == 400 * W);
  CHECK(gpu_power(type, 20 * W, 1) == 200 * W);  // no limit makes it draw less than idle
  const Fleet fleet = test::small_fleet();
  CHECK_THAT(it_power(fleet, 0, false).in(units::kW), WithinRel(20 * test::idle_kw, 1e-12));
  CHECK_THAT(it_power(fleet, 0, true).in(units::kW), WithinRel(20 * test::busy_kw, 1e-12));
  CHECK_THAT(it_power(fleet, 1, true).in(units::kW), WithinRel(16 * test::busy_kw, 1e-12));
}

TEST_CASE("a power cap below idle power is refused with the site and both powers in kW") {
  Fleet fleet = test::small_fleet();
  // South idles at 1 + 1.25 × 16 × 0.2 = 5 kW.
  fleet.sites[1].power_cap = 5 * units::kW;
  CHECK_NOTHROW(check(fleet));
  fleet.sites[1].power_cap = 4.5 * units::kW;
  CHECK_THROWS_AS(check(fleet), std::invalid_argument);
  CHECK_THROWS_WITH(check(fleet), Contains("power_cap = 4.5") && Contains("kW at site south") && Contains("5 kW"));
  fleet.sites[1].power_cap = Watts{std::nan("")};
  CHECK_THROWS_WITH(check(fleet), Contains("south"));
}

TEST_CASE("a fleet that makes no sense is refused") {
  const auto refused = [](auto change, const char* what) {
    Fleet fleet = test::small_fleet();
    change(fleet);
    INFO(what);
    CHECK_THROWS_AS(check(fleet), std::invalid_argument);
    CHECK_THROWS_WITH(check(fleet), Contains(what));
  };
  refused([](Fleet& f) { f.sites.clear(); }, "fleet.sites");
  refused([](Fleet& f) { f.pools.clear(); }, "fleet.pools");
  refused([](Fleet& f) { f.pools[1].site = 2; }, "pool.site = 2");
  refused([](Fleet& f) { f.pools[1].racks = 0; }, "north slow");
  refused([](Fleet& f) { f.pools[1].gpus_per_rack = -4; }, "pool.gpus_per_rack = -4");
  refused([](Fleet& f) { f.pools[2].speed = 0; }, "pool.speed");
  refused([](Fleet& f) { f.pools[2].levels.clear(); }, "pool.levels");
  refused([](Fleet& f) { f.pools[0].type.peak = {}; }, "peak");
}

TEST_CASE("power levels that make no sense are refused") {
  const auto refused = [](energy::PowerLevel level) {
    Fleet fleet = test::small_fleet();
    fleet.pools[1].levels.push_back(level);
    CHECK_THROWS_WITH(check(fleet), Contains("north slow"));
  };
  refused({400 * units::W, 0});
  refused({400 * units::W, -0.5});
  refused({400 * units::W, std::nan("")});
  refused({Watts{std::nan("")}, 0.5});
  refused({-100 * units::W, 0.5});
}
