#include "kilter/cluster/service.hpp"

#include <cmath>
#include <stdexcept>

#include "catch.hpp"
#include "world.hpp"

using namespace kilter;
using namespace kilter::cluster;
using kilter::test::WithinRel;

namespace {

bool beats_or_equals(const ServingOption& b, const ServingOption& a) {
  return b.pool == a.pool && b.speed >= a.speed && b.cap <= a.cap && b.quality >= a.quality;
}

/// All that fit, undominated or not.
std::vector<ServingOption> all_options(const Fleet& fleet, const Service& service) {
  std::vector<ServingOption> all;
  for (std::size_t p = 0; p < fleet.pools.size(); ++p) {
    for (std::size_t v = 0; v < service.variants.size(); ++v) {
      const auto& pool = fleet.pools[p];
      const double weights = service.parameters * service.variants[v].bytes_per_weight / std::exp2(30);
      int batch = 0;
      while (batch < service.largest_batch && weights + (batch + 1) * service.activation_gib_per_request <= pool.type.memory_gib)
        ++batch;
      if (batch == 0) continue;
      const double half = service.half_batch, most = service.largest_batch;
      const double efficiency = batch / (batch + half) * (most + half) / most;
      for (std::size_t l = 0; l < pool.levels.size(); ++l) {
        const double speed = pool.speed * efficiency * compress::speedup(service.variants[v], batch) * pool.levels[l].speed;
        all.push_back({p, v, l, batch, speed, service.variants[v].quality, pool.levels[l].cap});
      }
    }
  }
  return all;
}

}  // namespace

TEST_CASE("memory limits the batch") {
  Service service = test::small_service();  // fp16: 16 GiB of weights, 1 GiB for each request
  GpuType type = test::round_gpu();
  CHECK(batch_in_memory(service, service.variants[0], type) == 8);
  type.memory_gib = 20.5;
  CHECK(batch_in_memory(service, service.variants[0], type) == 4);
  CHECK(batch_in_memory(service, service.variants[1], type) == 8);
  type.memory_gib = 16.9;
  CHECK(batch_in_memory(service, service.variants[0], type) == 0);
  type.memory_gib = 3;
  CHECK(batch_in_memory(service, service.variants[1], type) == 0);
}

TEST_CASE("a variant that does not fit a pool's memory is not served there") {
  Fleet fleet = test::small_fleet();
  fleet.pools[2].type.memory_gib = 12;
  for (const auto& option : serving_options(fleet, test::small_service())) {
    if (option.pool == 2) CHECK(option.variant == 1);
  }
  for (auto& pool : fleet.pools) pool.type.memory_gib = 1;
  CHECK(serving_options(fleet, test::small_service()).empty());
}

TEST_CASE("options of the small fleet are worth what the hand says") {
  const Fleet fleet = test::small_fleet();
  const auto options = serving_options(fleet, test::small_service());
  CHECK(options.size() == 12);  // 3 pools × 2 variants × 2 levels, none better than another in everything
  const auto& o = options[test::option_of(options, 0, 1, 1)];
  CHECK_THAT(o.speed, WithinRel(2 * 1.5 * 0.75, 1e-14));
  CHECK(o.quality == 0.9);
  CHECK(o.cap == 300 * units::W);
  CHECK(o.batch == 8);
}

TEST_CASE("a smaller batch serves less by the saturation of the batch") {
  Fleet fleet = test::small_fleet();
  fleet.pools[0].type.memory_gib = 17;  // one request beside the fp16 weights
  const auto options = serving_options(fleet, test::small_service());
  const auto& o = options[test::option_of(options, 0, 0, 0)];
  CHECK(o.batch == 1);
  CHECK_THAT(o.speed, WithinRel(2 * (1 / 1.5) / (8 / 8.5), 1e-14));
}

TEST_CASE("options that another beats in everything are left out, and no others") {
  Rng rng{3};
  std::size_t dropped = 0;
  for (int trial = 0; trial < 200; ++trial) {
    Fleet fleet = test::small_fleet();
    Service service = test::small_service();
    service.variants.clear();
    for (int v = 0; v < 4; ++v) {
      // Few values, so that equals are common.
      const auto pick = [&](double a, double b, double c) { return rng.index(3) == 0 ? a : rng.index(2) == 0 ? b : c; };
      service.variants.push_back(test::variant("v", pick(2, 1, 0.5), pick(1, 0.95, 0.9), pick(1, 1.25, 1.5)));
    }
    for (auto& pool : fleet.pools) pool.levels.push_back({400 * units::W, rng.uniform(0.7, 1.0)});
    const auto all = all_options(fleet, service), kept = serving_options(fleet, service);
    const auto count_same = [](const std::vector<ServingOption>& list, const ServingOption& o) {
      return std::count_if(list.begin(), list.end(), [&](const ServingOption& x) {
        return x.pool == o.pool && x.variant == o.variant && x.level == o.level && x.batch == o.batch &&
               std::abs(x.speed - o.speed) < 1e-12 && x.quality == o.quality && x.cap == o.cap;
      });
    };
    for (const auto& a : kept) {
      REQUIRE(count_same(all, a) == 1);
      for (const auto& b : kept) REQUIRE((&a == &b || !beats_or_equals(b, a)));
    }
    for (const auto& a : all) {
      const bool covered = std::any_of(kept.begin(), kept.end(), [&](const auto& b) {
        return beats_or_equals({b.pool, b.variant, b.level, b.batch, b.speed + 1e-12, b.quality, b.cap}, a);
      });
      REQUIRE(covered);
    }
    dropped += all.size() - kept.size();
  }
  CHECK(dropped > 500);
}

TEST_CASE("a service that makes no sense is refused") {
  const auto refused = [](auto change) {
    Service service = test::small_service();
    change(service);
    CHECK_THROWS_AS(serving_options(test::small_fleet(), service), std::invalid_argument);
  };
  refused([](Service& s) { s.activation_gib_per_request = 0; });
  refused([](Service& s) { s.activation_gib_per_request = std::nan(""); });
  refused([](Service& s) { s.parameters = -1; });
  refused([](Service& s) { s.largest_batch = 0; });
  refused([](Service& s) { s.half_batch = -1; });
  refused([](Service& s) { s.quality_floor = 1.5; });
  refused([](Service& s) { s.variants.front().quality = std::nan(""); });
}
