#include "kilter/plan/capacity.hpp"

#include <cmath>
#include <numeric>
#include <stdexcept>

#include "catch.hpp"
#include "problems.hpp"

using namespace kilter;
using namespace kilter::plan;
using kilter::test::flat_problem;
using kilter::test::option_of;
using kilter::test::random_problem;
using kilter::test::WithinAbs;
using kilter::test::WithinRel;

namespace {

constexpr Rate per_hour = units::usd / units::h;
// A busy GPU meters 0.6 kW × 1.25 at 0.1 USD/kWh and depreciates by 1 USD.
constexpr double busy_cost = 1 + 0.6 * 1.25 * 0.1;
constexpr double busy_metered = 0.6 * 1.25;

double sum(const std::vector<double>& values) { return std::accumulate(values.begin(), values.end(), 0.0); }

double trained(const CapacityProblem& problem, const HourPlan& hour) {
  double work = 0;
  for (std::size_t p = 0; p < hour.training.size(); ++p) {
    for (std::size_t l = 0; l < hour.training[p].size(); ++l) {
      work += problem.fleet.pools[p].speed * problem.fleet.pools[p].levels[l].speed * hour.training[p][l];
    }
  }
  return work;
}

double capacity(const CapacityProblem& problem, const HourPlan& hour) {
  double total = 0;
  for (std::size_t o = 0; o < problem.options.size(); ++o) total += problem.options[o].speed * hour.serving[o];
  return total;
}

/// Metered kW of a site above its fixed part.
double metered(const CapacityProblem& problem, const CapacityPlan& plan, std::size_t h, std::size_t site) {
  const auto& outlook = problem.hours[h];
  const double load = outlook.capacity > 0 ? std::clamp(outlook.demand / outlook.capacity, 0.05, 1.0) : 1.0;
  double kw = 0;
  for (std::size_t o = 0; o < problem.options.size(); ++o) {
    const auto& pool = problem.fleet.pools[problem.options[o].pool];
    if (pool.site != site) continue;
    const double dynamic = (problem.options[o].cap - pool.type.idle).in(units::kW);
    kw += plan.hours[h].serving[o] * (test::idle_kw + dynamic * load);
  }
  for (std::size_t p = 0; p < problem.fleet.pools.size(); ++p) {
    const auto& pool = problem.fleet.pools[p];
    if (pool.site != site) continue;
    for (std::size_t l = 0; l < pool.levels.size(); ++l) {
      kw += plan.hours[h].training[p][l] * (pool.type.host + pool.levels[l].cap).in(units::kW);
    }
  }
  return kw * test::slope;
}

/// One site with ten like GPUs of speed 1 at one level, fp16 alone.
CapacityProblem one_pool(double wanted) {
  CapacityProblem problem;
  problem.fleet.sites = {test::round_site("only")};
  problem.fleet.pools = {test::round_pool("only", 0, 1, 1, 10)};
  problem.fleet.pools[0].levels.resize(1);
  auto service = test::small_service();
  service.variants.resize(1);
  problem.options = cluster::serving_options(problem.fleet, service);
  problem.hours = {test::flat_hour(problem.fleet, wanted)};
  problem.preferences = test::plain_preferences();
  return problem;
}

/// The same with a second, dearer site: power there is at 300 USD/MWh.
CapacityProblem two_sites(double wanted) {
  CapacityProblem problem = one_pool(wanted);
  problem.fleet.sites.push_back(test::round_site("dear"));
  problem.fleet.pools.push_back(test::round_pool("dear", 1, 1, 1, 10));
  problem.fleet.pools[1].levels.resize(1);
  auto service = test::small_service();
  service.variants.resize(1);
  problem.options = cluster::serving_options(problem.fleet, service);
  problem.hours = {test::flat_hour(problem.fleet, wanted)};
  problem.hours[0].price[1] = 300 * units::usd / units::MWh;
  return problem;
}

}  // namespace

TEST_CASE("one hour on one pool costs what the hand says, and so do its shadow prices") {
  const auto plan = plan_capacity(one_pool(4));
  REQUIRE(plan.status == Status::optimal);
  REQUIRE(plan.hours.size() == 1);
  const auto& hour = plan.hours[0];
  CHECK_THAT(hour.serving[0], WithinRel(4.0, 1e-9));
  CHECK_THAT(plan.objective.in(units::usd), WithinRel(4 * busy_cost, 1e-9));
  CHECK_THAT(hour.demand_price.in(per_hour), WithinRel(busy_cost, 1e-9));
  CHECK_THAT(hour.gpu_price[0].in(per_hour), WithinAbs(0, 1e-9));
  CHECK_THAT(hour.power_price[0].in(per_hour), WithinAbs(0, 1e-9));
  CHECK(hour.shortfall == 0);
  CHECK(hour.backlog == 0);
  CHECK(plan.residuals.primal < 1e-9);
  CHECK(plan.residuals.dual < 1e-9);
}

TEST_CASE("beyond the last GPU demand is owed a credit, and a GPU is worth what it saves of it") {
  const auto plan = plan_capacity(one_pool(13));
  REQUIRE(plan.status == Status::optimal);
  CHECK_THAT(plan.hours[0].shortfall, WithinRel(3.0, 1e-9));
  CHECK_THAT(plan.objective.in(units::usd), WithinRel(10 * busy_cost + 3 * 4, 1e-9));
  CHECK_THAT(plan.hours[0].demand_price.in(per_hour), WithinRel(4.0, 1e-9));
  // The limit stands twice, as a row of the pool and as bounds of its columns, so the row's price may be any part of it.
  CHECK(plan.hours[0].gpu_price[0].in(per_hour) >= -1e-9);
  CHECK(plan.hours[0].gpu_price[0].in(per_hour) <= 4 - busy_cost + 1e-9);
}

TEST_CASE("carbon costs its price") {
  auto problem = one_pool(4);
  problem.preferences.carbon_price = 0.1 * units::usd / units::kgCO2;
  CHECK_THAT(plan_capacity(problem).objective.in(units::usd), WithinRel(4 * (busy_cost + busy_metered * 0.2 * 0.1), 1e-9));
}

TEST_CASE("a power cap moves load to the dear site, and one more kW is worth the difference") {
  auto problem = two_sites(6);
  const double wanted_cap = 1 + 4 * busy_metered;  // the fixed kW and four GPUs
  problem.hours[0].power_cap[0] = wanted_cap * units::kW;
  const auto plan = plan_capacity(problem);
  REQUIRE(plan.status == Status::optimal);
  CHECK_THAT(plan.hours[0].serving[0], WithinRel(4.0, 1e-9));
  CHECK_THAT(plan.hours[0].serving[1], WithinRel(2.0, 1e-9));
  CHECK_THAT(plan.hours[0].power_price[0].in(per_hour), WithinRel(0.2, 1e-9));  // 300 − 100 USD/MWh for each kWh moved
  CHECK_THAT(plan.hours[0].power_price[1].in(per_hour), WithinAbs(0, 1e-9));
  problem.hours[0].power_cap[0] += 1 * units::kW;
  const double saved = (plan.objective - plan_capacity(problem).objective).in(units::usd);
  CHECK_THAT(saved, WithinRel(plan.hours[0].power_price[0].in(per_hour), 1e-9));
}

TEST_CASE("shadow prices of power are what one more kW saves, between one kW less and one more") {
  int binding = 0;
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    INFO("seed " << seed);
    const auto problem = random_problem(seed, 4);
    const auto plan = plan_capacity(problem);
    REQUIRE(plan.status == Status::optimal);
    for (std::size_t s = 0; s < 2; ++s) {
      const auto shifted = [&](double kw) {
        auto other = problem;
        other.hours[1].power_cap[s] += kw * units::kW;
        return plan_capacity(other).objective.in(units::usd);
      };
      const double step = 1e-4, price = plan.hours[1].power_price[s].in(per_hour), here = plan.objective.in(units::usd);
      if ((problem.hours[1].power_cap[s]).in(units::kW) < 2) continue;  // no room for machines at all
      const double more = (here - shifted(step)) / step, less = (shifted(-step) - here) / step;
      // The objective is convex in the cap: its slope lies between those on both sides.
      CHECK(price >= more - 1e-5 * (1 + std::abs(price)));
      CHECK(price <= less + 1e-5 * (1 + std::abs(price)));
      binding += price > 1e-6 ? 1 : 0;
    }
  }
  CHECK(binding >= 5);
}

TEST_CASE("nobody serves above a power cap, however large the credit") {
  auto problem = one_pool(10);
  problem.hours[0].power_cap[0] = (1 + 4 * busy_metered) * units::kW;
  problem.preferences.shortfall = 40 * per_hour;  // dearer than the overload that four more GPUs would make
  const auto plan = plan_capacity(problem);
  REQUIRE(plan.status == Status::optimal);
  CHECK_THAT(metered(problem, plan, 0, 0), WithinRel(4 * busy_metered, 1e-9));
  CHECK_THAT(plan.hours[0].shortfall, WithinRel(6.0, 1e-9));
}

TEST_CASE("no random plan draws more than the cap unless committed gangs do at their lowest level") {
  int committed_above = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    auto problem = random_problem(seed);
    problem.preferences.shortfall = 30 * per_hour;
    const auto plan = plan_capacity(problem);
    REQUIRE(plan.status == Status::optimal);
    for (std::size_t h = 0; h < problem.hours.size(); ++h) {
      for (std::size_t s = 0; s < 2; ++s) {
        INFO("seed " << seed << ", hour " << h << ", site " << s);
        double least = 0;
        for (std::size_t p = 0; p < 3; ++p) {
          if (problem.fleet.pools[p].site == s) least += problem.hours[h].committed[p] * 0.4 * test::slope;
        }
        const double room = std::max(0.0, problem.hours[h].power_cap[s].in(units::kW)-test::fixed_kw);
        CHECK(metered(problem, plan, h, s) <= std::max(room, least) + 1e-6);
        committed_above += least > room ? 1 : 0;
      }
    }
  }
  CHECK(committed_above > 0);
}

TEST_CASE("committed gangs above the cap overload it and leave the plan solvable") {
  auto problem = one_pool(2);
  problem.fleet.pools[0].levels.push_back({300 * units::W, 0.75});
  problem.hours[0].committed[0] = 6;
  problem.hours[0].power_cap[0] = (1 + 2 * 0.4 * test::slope) * units::kW;  // two GPUs at the lower level
  const auto plan = plan_capacity(problem);
  REQUIRE(plan.status == Status::optimal);
  CHECK_THAT(plan.hours[0].training[0][1], WithinRel(6.0, 1e-9));
  CHECK_THAT(plan.hours[0].training[0][0], WithinAbs(0, 1e-9));
  CHECK_THAT(plan.hours[0].shortfall, WithinRel(2.0, 1e-9));
  CHECK_THAT(plan.objective.in(units::usd),
             WithinRel(6 * (1 + 0.4 * test::slope * 0.1) + 2 * 4 + 10 * 4 * 0.4 * test::slope, 1e-9));
}

TEST_CASE("the quality floor mixes variants exactly to the floor") {
  auto problem = one_pool(9);
  problem.options = cluster::serving_options(problem.fleet, test::small_service());
  problem.quality_floor = 0.95;
  const auto plan = plan_capacity(problem);
  REQUIRE(plan.status == Status::optimal);
  const std::size_t fp16 = option_of(problem.options, 0, 0, 0), int4 = option_of(problem.options, 0, 1, 0);
  // Half of the work by each: 4.5 GPUs of fp16 and 3 of int4, which is 1.5 times as fast.
  CHECK_THAT(plan.hours[0].serving[fp16], WithinRel(4.5, 1e-9));
  CHECK_THAT(plan.hours[0].serving[int4], WithinRel(3.0, 1e-9));
  problem.quality_floor = 0.9;
  const auto cheap = plan_capacity(problem);
  CHECK_THAT(cheap.hours[0].serving[int4], WithinRel(6.0, 1e-9));
  problem.quality_floor = 1;
  CHECK_THAT(plan_capacity(problem).hours[0].serving[fp16], WithinRel(9.0, 1e-9));
  CHECK(cheap.objective < plan.objective);
}

TEST_CASE("work waits for the cheap hour exactly when the difference in price pays for waiting") {
  // A reference GPU-hour meters 0.75 kWh: 40 USD/MWh less saves 0.03 USD.
  for (const double waiting : {0.0, 0.02, 0.029, 0.031, 0.05}) {
    INFO("waiting " << waiting);
    auto problem = one_pool(0);
    problem.hours.assign(3, problem.hours[0]);
    problem.hours[1].price[0] = 60 * units::usd / units::MWh;
    problem.hours[0].training_arrivals = 5;
    problem.hours[2].training_due = 5;
    problem.preferences.waiting = waiting * per_hour;
    const auto plan = plan_capacity(problem);
    REQUIRE(plan.status == Status::optimal);
    const bool waits = waiting < 0.03;
    CHECK_THAT(trained(problem, plan.hours[0]), WithinAbs(waits ? 0 : 5, 1e-9));
    CHECK_THAT(trained(problem, plan.hours[1]), WithinAbs(waits ? 5 : 0, 1e-9));
    CHECK_THAT(plan.objective.in(units::usd), WithinRel(5 * (busy_cost - (waits ? 0.03 - waiting : 0)), 1e-9));
  }
}

TEST_CASE("a deadline forces work into the dear hour") {
  auto problem = one_pool(0);
  problem.hours.assign(3, problem.hours[0]);
  problem.hours[2].price[0] = 0 * units::usd / units::MWh;
  problem.backlog = 5;
  problem.hours[1].training_due = 3;
  const auto plan = plan_capacity(problem);
  REQUIRE(plan.status == Status::optimal);
  CHECK_THAT(trained(problem, plan.hours[0]) + trained(problem, plan.hours[1]), WithinRel(3.0, 1e-9));
  CHECK_THAT(trained(problem, plan.hours[2]), WithinRel(2.0, 1e-9));
}

TEST_CASE("work that cannot be done in time is late and is charged for each hour") {
  auto problem = one_pool(0);
  problem.hours.assign(2, problem.hours[0]);
  problem.backlog = 14;
  problem.hours[0].training_due = 14;
  const auto plan = plan_capacity(problem);
  REQUIRE(plan.status == Status::optimal);
  CHECK_THAT(plan.hours[0].backlog, WithinRel(4.0, 1e-9));
  CHECK_THAT(plan.hours[1].backlog, WithinAbs(0, 1e-9));
  CHECK_THAT(plan.objective.in(units::usd), WithinRel(14 * busy_cost + 4 * 1, 1e-9));
}

TEST_CASE("nothing is put off beyond the horizon without a gain") {
  auto problem = one_pool(0);
  problem.hours.assign(4, problem.hours[0]);
  problem.backlog = 8;
  problem.preferences.waiting = 1e-6 * per_hour;
  const auto plan = plan_capacity(problem);
  REQUIRE(plan.status == Status::optimal);
  CHECK_THAT(plan.hours.back().backlog, WithinAbs(0, 1e-9));
  CHECK_THAT(trained(problem, plan.hours[0]), WithinRel(8.0, 1e-9));
}

TEST_CASE("random plans keep every limit that they claim to keep") {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    INFO("seed " << seed);
    const auto problem = random_problem(seed);
    const auto plan = plan_capacity(problem);
    REQUIRE(plan.status == Status::optimal);
    CHECK(plan.residuals.primal < 1e-7);
    CHECK(plan.residuals.gap < 1e-7);
    double left = problem.backlog;
    for (std::size_t h = 0; h < problem.hours.size(); ++h) {
      const auto& hour = plan.hours[h];
      const auto& outlook = problem.hours[h];
      CHECK(capacity(problem, hour) + hour.shortfall >= outlook.capacity - 1e-6);
      std::vector<double> used(3);
      double quality = 0;
      for (std::size_t o = 0; o < problem.options.size(); ++o) {
        used[problem.options[o].pool] += hour.serving[o];
        quality += problem.options[o].speed * hour.serving[o] * (problem.options[o].quality - problem.quality_floor);
      }
      CHECK(quality >= -1e-6);
      for (std::size_t p = 0; p < 3; ++p) {
        const double gangs = sum(hour.training[p]);
        CHECK(used[p] + gangs <= outlook.gpus[p] + 1e-6);
        CHECK(gangs >= outlook.committed[p] - 1e-6);
      }
      left += outlook.training_arrivals - trained(problem, hour);
      CHECK(hour.backlog >= left - 1e-6);
      left = std::max(left, hour.backlog);
    }
  }
}

TEST_CASE("a start from the last plan's basis gives the same objective as one from nothing") {
  std::size_t cold_pivots = 0, warm_pivots = 0;
  for (std::uint64_t seed = 0; seed < 25; ++seed) {
    INFO("seed " << seed);
    lp::Basis basis;
    for (std::size_t first = 0; first < 4; ++first) {
      const auto problem = random_problem(seed, 12, first);
      const auto cold = plan_capacity(problem), warm = plan_capacity(problem, lp::Simplex{}, basis);
      REQUIRE(cold.status == Status::optimal);
      REQUIRE(warm.status == Status::optimal);
      CHECK_THAT(warm.objective.base(), WithinAbs(cold.objective.base(), 1e-7 * (1 + std::abs(cold.objective.base()))));
      if (first > 0) {
        cold_pivots += cold.iterations;
        warm_pivots += warm.iterations;
      }
      basis = warm.basis;
    }
  }
  CHECK(warm_pivots < cold_pivots);
}

TEST_CASE("a basis of another shape is passed over") {
  const auto problem = random_problem(1), longer = random_problem(1, 13);
  const double objective = plan_capacity(problem).objective.base();
  CHECK_THAT(plan_capacity(problem, lp::Simplex{}, plan_capacity(longer).basis).objective.base(), WithinRel(objective, 1e-9));
  lp::Basis rows_missing = plan_capacity(problem).basis;
  rows_missing.rows.clear();
  CHECK_THAT(plan_capacity(problem, lp::Simplex{}, rows_missing).objective.base(), WithinRel(objective, 1e-9));
}

TEST_CASE("the same problem gives the same plan bit for bit") {
  const auto problem = random_problem(5);
  const auto a = plan_capacity(problem), b = plan_capacity(problem);
  CHECK(a.objective == b.objective);
  for (std::size_t h = 0; h < a.hours.size(); ++h) {
    CHECK(a.hours[h].serving == b.hours[h].serving);
    CHECK(a.hours[h].training == b.hours[h].training);
  }
}

TEST_CASE("a problem that does not fit together is refused") {
  const auto refused = [](auto change) {
    CapacityProblem problem = flat_problem(2, 5);
    change(problem);
    CHECK_THROWS_AS(plan_capacity(problem), std::invalid_argument);
  };
  refused([](CapacityProblem& p) { p.hours.clear(); });
  refused([](CapacityProblem& p) { p.options.clear(); });
  refused([](CapacityProblem& p) { p.backlog = -1; });
  refused([](CapacityProblem& p) { p.hours[1].price.pop_back(); });
  refused([](CapacityProblem& p) { p.hours[1].power_cap.push_back({}); });
  refused([](CapacityProblem& p) { p.hours[1].gpus.pop_back(); });
  refused([](CapacityProblem& p) { p.hours[0].committed[0] = 9; });
  refused([](CapacityProblem& p) { p.hours[0].committed[0] = -1; });
  refused([](CapacityProblem& p) { p.hours[0].demand = std::nan(""); });
  refused([](CapacityProblem& p) { p.hours[0].price[0] = Price{std::nan("")}; });
  refused([](CapacityProblem& p) { p.hours[0].training_arrivals = std::nan(""); });
}

TEST_CASE("an option on a pool that does not exist and negative training work are refused") {
  CapacityProblem problem = flat_problem(2, 5);
  problem.options[0].pool = 3;
  CHECK_THROWS_AS(check(problem), std::invalid_argument);
  problem = flat_problem(2, 5);
  problem.hours[1].training_arrivals = -3;
  CHECK_THROWS_AS(check(problem), std::invalid_argument);
  problem = flat_problem(2, 5);
  problem.hours[1].training_due = std::nan("");
  CHECK_THROWS_AS(check(problem), std::invalid_argument);
}
