#include <numeric>

#include "catch.hpp"
#include "kilter/plan/capacity.hpp"
#include "problems.hpp"

using namespace kilter;
using namespace kilter::plan;
using kilter::test::random_problem;

namespace {

double worth(const std::vector<cluster::ServingOption>& options, const std::vector<double>& gpus) {
  double total = 0;
  for (std::size_t o = 0; o < options.size(); ++o) total += options[o].speed * gpus[o];
  return total;
}
double worth(const std::vector<cluster::ServingOption>& options, const std::vector<int>& gpus) {
  return worth(options, std::vector<double>(gpus.begin(), gpus.end()));
}

std::vector<int> by_pool(const std::vector<cluster::ServingOption>& options, const std::vector<int>& gpus) {
  std::vector<int> total(3);
  for (std::size_t o = 0; o < options.size(); ++o) total[options[o].pool] += gpus[o];
  return total;
}

}  // namespace

TEST_CASE("whole GPUs never exceed what the pools may give, and reach the plan's capacity where there is room") {
  std::size_t roomy = 0, tight = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const auto problem = random_problem(seed);
    const auto plan = plan_capacity(problem);
    REQUIRE(plan.status == Status::optimal);
    for (std::size_t h = 0; h < problem.hours.size(); ++h) {
      INFO("seed " << seed << ", hour " << h);
      std::vector<int> limit(3);
      for (std::size_t p = 0; p < 3; ++p) limit[p] = problem.hours[h].gpus[p] - problem.hours[h].committed[p];
      const auto whole = whole_gpus(plan.hours[h], problem.options, limit);
      const auto used = by_pool(problem.options, whole);
      bool room = true;
      for (std::size_t p = 0; p < 3; ++p) {
        REQUIRE(used[p] <= limit[p]);
        room = room && used[p] < limit[p];
      }
      for (const int gpus : whole) REQUIRE(gpus >= 0);
      const double wanted = worth(problem.options, plan.hours[h].serving), got = worth(problem.options, whole);
      if (room) {
        REQUIRE(got >= wanted - 1e-5);
        // The last GPU was needed; the fastest is worth 3.
        REQUIRE(got <= wanted + 3.1);
      }
      ++(room ? roomy : tight);
    }
  }
  CHECK(roomy > 100);
  CHECK(tight > 10);
}

TEST_CASE("a whole plan stays as it is") {
  const auto options = cluster::serving_options(test::small_fleet(), test::small_service());
  HourPlan plan;
  plan.serving.assign(options.size(), 0);
  plan.serving[0] = 3;
  plan.serving[5] = 2 - 1e-9;  // rounding of the solver
  const auto whole = whole_gpus(plan, options, {8, 12, 16});
  CHECK(whole[0] == 3);
  CHECK(whole[5] == 2);
  CHECK(std::accumulate(whole.begin(), whole.end(), 0) == 5);
}

TEST_CASE("the largest parts are rounded up first and only as many as are needed") {
  const auto options = cluster::serving_options(test::small_fleet(), test::small_service());
  const std::size_t a = test::option_of(options, 1, 0, 0), b = test::option_of(options, 2, 0, 0);  // both of speed 1
  HourPlan plan;
  plan.serving.assign(options.size(), 0);
  plan.serving[a] = 2.3;
  plan.serving[b] = 4.7;
  const auto whole = whole_gpus(plan, options, {8, 12, 16});
  CHECK(whole[a] == 2);
  CHECK(whole[b] == 5);
}

TEST_CASE("what one pool cannot give is given by another that has room") {
  const auto options = cluster::serving_options(test::small_fleet(), test::small_service());
  const std::size_t a = test::option_of(options, 1, 0, 0), b = test::option_of(options, 2, 0, 0);
  HourPlan plan;
  plan.serving.assign(options.size(), 0);
  plan.serving[a] = 6;
  plan.serving[b] = 2;
  // Three of the first pool's GPUs are gone since the plan was made; the other pool could serve all of it.
  const auto whole = whole_gpus(plan, options, {8, 3, 16});
  CHECK(by_pool(options, whole)[1] <= 3);
  CHECK(worth(options, whole) >= 8 - 1e-9);
  const auto none = whole_gpus(plan, options, {0, -2, 0});
  CHECK(std::accumulate(none.begin(), none.end(), 0) == 0);
}
