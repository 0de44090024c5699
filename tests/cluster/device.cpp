#include "kilter/cluster/device.hpp"

#include <cmath>
#include <limits>
#include <set>
#include <stdexcept>

#include "catch.hpp"
#include "kilter/cluster/job.hpp"
#include "world.hpp"

using namespace kilter;
using namespace kilter::cluster;
using Catch::Matchers::Contains;
using kilter::test::WithinRel;

TEST_CASE("every GPU of the catalogue makes sense and is found by its name") {
  std::set<std::string> names;
  for (const auto& type : catalogue()) {
    CHECK_NOTHROW(check(type));
    CHECK(names.insert(type.name).second);
    CHECK(gpu_type(type.name) == type);
    CHECK(type.capital.in(units::usd / units::h) > 0.1);
    CHECK(type.capital.in(units::usd / units::h) < 2);
    CHECK(type.host > Watts{});
  }
  CHECK(names.size() >= 3);
  CHECK_THROWS_WITH(gpu_type("H1000"), Contains("H1000"));
}

TEST_CASE("an H100 depreciates by its price over four years") {
  CHECK_THAT(gpu_type("H100-80GB").capital.in(units::usd / units::h), WithinRel(27000.0 / 35040, 1e-12));
}

TEST_CASE("relative speed is the geometric mean of the ends of the roofline") {
  GpuType a = test::round_gpu(), b = a;
  b.fp16_tflops *= 4;
  CHECK_THAT(relative_speed(b, a), WithinRel(2.0, 1e-14));
  b.bandwidth_gb_s *= 9;
  CHECK_THAT(relative_speed(b, a), WithinRel(6.0, 1e-14));
  for (const auto& x : catalogue()) {
    CHECK_THAT(relative_speed(x, x), WithinRel(1.0, 1e-14));
    for (const auto& y : catalogue()) {
      CHECK_THAT(relative_speed(x, y) * relative_speed(y, x), WithinRel(1.0, 1e-14));
      for (const auto& z : catalogue()) {
        CHECK_THAT(relative_speed(x, y) * relative_speed(y, z), WithinRel(relative_speed(x, z), 1e-14));
      }
    }
  }
  CHECK(relative_speed(gpu_type("H100-80GB"), gpu_type("A100-80GB")) > 1.5);
}

TEST_CASE("a GPU type that makes no sense is refused by the name of the field") {
  const auto refused = [](auto change, const char* field) {
    GpuType type = test::round_gpu();
    change(type);
    CHECK_THROWS_AS(check(type), std::invalid_argument);
    CHECK_THROWS_WITH(check(type), Contains(field) && Contains("round"));
  };
  refused([](GpuType& t) { t.memory_gib = 0; }, "memory_gib");
  refused([](GpuType& t) { t.fp16_tflops = -1; }, "fp16_tflops");
  refused([](GpuType& t) { t.bandwidth_gb_s = std::nan(""); }, "bandwidth_gb_s");
  refused([](GpuType& t) { t.idle = -1 * units::W; }, "idle");
  refused([](GpuType& t) { t.peak = t.idle; }, "peak");
  refused([](GpuType& t) { t.host = -1 * units::W; }, "host");
  refused([](GpuType& t) { t.capital = Rate{-1}; }, "capital");
}

TEST_CASE("limits climb a ladder and never lie below the duration") {
  using namespace units;
  CHECK(usual_limit(1 * s) == 5 * min);
  CHECK(usual_limit(5 * min) == 5 * min);
  CHECK(usual_limit(5 * min + 1 * s) == 15 * min);
  CHECK(usual_limit(59 * min) == 1 * h);
  CHECK(usual_limit(25 * h) == 2 * day);
  CHECK(usual_limit(28 * day) == 28 * day);
  CHECK(usual_limit(40 * day) == 40 * day);
  Rng rng{1};
  Seconds last{};
  std::vector<double> durations;
  for (int i = 0; i < 1000; ++i) durations.push_back(rng.lognormal(8, 3));
  std::sort(durations.begin(), durations.end());
  for (const double d : durations) {
    const Seconds limit = usual_limit(Seconds{d});
    REQUIRE(limit.base() >= d);
    REQUIRE(limit >= last);
    if (d > 300 && d < 28 * 86400) REQUIRE(limit.base() <= 4 * d);
    last = limit;
  }
}
