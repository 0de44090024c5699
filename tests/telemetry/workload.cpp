#include "kilter/telemetry/workload.hpp"

#include <functional>

#include "kilter/telemetry/synthetic.hpp"
#include "support.hpp"

using namespace kilter;
using namespace kilter::telemetry;
using kilter::test::contains;
using kilter::test::misuse;

TEST_CASE("workload: what does not fit together is named") {
  const Workload good = synthetic_workload({.days = 2});
  check(good);
  const auto complaint = [&](const std::function<void(Workload&)>& spoil) {
    Workload bad = good;
    spoil(bad);
    return misuse([&] { check(bad); });
  };
  CHECK(complaint([](Workload& w) { w.requests = {}; }) == "requests.size = 0: must not be 0");
  CHECK(complaint([](Workload& w) { w.requests.step = Seconds{}; }) == "requests.step = 0: must be positive");
  CHECK(complaint([](Workload& w) { w.gpu_seconds.values.pop_back(); }) == "gpu_seconds.size = 47: must be that of requests, 48");
  CHECK(complaint([](Workload& w) { w.sites[1].carbon.start = Time{0}; }) ==
        "sites['plains'].carbon.start = '1970-01-01T00:00:00Z': must be that of requests, 2024-11-19T00:00:00Z");
  CHECK(complaint([](Workload& w) { w.sites[2].temperature.step = units::min; }) ==
        "sites['north'].temperature.step = 60: must be that of requests, 3600");
  CHECK(complaint([](Workload& w) { w.requests.values[7] = missing; }) == "requests[7] = nan: must be finite and not negative");
  CHECK(complaint([](Workload& w) { w.gpu_seconds.values[3] = -1; }) == "gpu_seconds[3] = -1: must be finite and not negative");
  CHECK(complaint([](Workload& w) { w.sites[0].price.values[0] = 1 / 0.0; }) == "sites['coast'].price[0] = inf: must be finite");
  CHECK(complaint([](Workload& w) { w.sites[0].price.values[0] = -40; }).empty());
  CHECK(complaint([](Workload& w) { w.sites[0].carbon.values[0] = -40; }) ==
        "sites['coast'].carbon[0] = -40: must be finite and not negative");
  CHECK(complaint([](Workload& w) { w.jobs[4].gpus = 0; }) == "jobs[4].gpus = 0: must be positive");
  CHECK(complaint([](Workload& w) { w.jobs[4].duration = Seconds{}; }) == "jobs[4].duration = 0: must be finite and positive");
  CHECK(complaint([](Workload& w) { w.jobs[0].submit = Seconds{-1}; }) == "jobs[0].submit = -1: must be finite and not negative");
  CHECK(
      contains(complaint([](Workload& w) { std::swap(w.jobs.front(), w.jobs.back()); }), "must not be before the job ahead of it"));
}

TEST_CASE("workload: scaling multiplies the demand and leaves the rest") {
  const Workload w = synthetic_workload({.days = 2});
  const Workload doubled = scaled(w, 2);
  for (std::size_t i = 0; i < w.requests.size(); ++i) {
    REQUIRE(doubled.requests[i] == 2 * w.requests[i]);
    REQUIRE(doubled.gpu_seconds[i] == 2 * w.gpu_seconds[i]);
  }
  CHECK(doubled.jobs.size() == w.jobs.size());
  CHECK(doubled.sites[0].price.values == w.sites[0].price.values);
  CHECK(contains(misuse([&] { static_cast<void>(scaled(w, 0)); }), "factor = 0"));
  CHECK(contains(misuse([&] { static_cast<void>(scaled(w, missing)); }), "factor = nan"));
}

TEST_CASE("workload: repairs add up") {
  Repairs total{1, 2, 3};
  total += {10, 20, 30};
  CHECK(total == Repairs{11, 22, 33});
}
