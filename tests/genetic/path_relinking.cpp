#include "kilter/genetic/path_relinking.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "catch.hpp"
#include "kilter/genetic/minimise.hpp"
#include "refused.hpp"
#include "toys.hpp"

using namespace kilter;
using namespace kilter::genetic;
using namespace kilter::test;

namespace {

template <class G>
std::size_t differences(const std::vector<G>& a, const std::vector<G>& b) {
  std::size_t n = 0;
  for (std::size_t i = 0; i < a.size(); ++i) n += a[i] != b[i] ? 1U : 0U;
  return n;
}

}  // namespace

TEST_CASE("exchanges lead from any order to any other and keep the genes") {
  Rng rng{3};
  for (std::size_t n = 0; n < 40; ++n) {
    // With repetition: a third as many jobs as places.
    std::vector<std::uint8_t> a(n), guide;
    for (std::size_t i = 0; i < n; ++i) a[i] = static_cast<std::uint8_t>(i / 3);
    guide = a;
    rng.shuffle(std::span(a));
    rng.shuffle(std::span(guide));
    std::size_t steps = 0;
    for (std::size_t left = differences(a, guide); left > 0; ++steps) {
      std::vector<std::uint8_t> sorted = a, genes = guide;
      REQUIRE(swap_toward(std::span(a), std::span<const std::uint8_t>(guide), rng));
      REQUIRE(differences(a, guide) < left);
      left = differences(a, guide);
      std::sort(sorted.begin(), sorted.end());
      std::sort(genes.begin(), genes.end());
      CHECK(sorted == genes);
    }
    CHECK(steps <= (n == 0 ? 0 : n - 1));
    CHECK_FALSE(swap_toward(std::span(a), std::span<const std::uint8_t>(guide), rng));
    CHECK(a == guide);
  }
}

TEST_CASE("copies lead from any vector to any other, one gene a step") {
  Rng rng{4};
  std::vector<int> a{1, 2, 3, 4, 5};
  const std::vector<int> guide{9, 2, 8, 7, 6};
  for (std::size_t left = 4; left > 0; --left) {
    CHECK(differences(a, guide) == left);
    CHECK(copy_toward(std::span(a), std::span(guide), rng));
  }
  CHECK_FALSE(copy_toward(std::span(a), std::span(guide), rng));
  CHECK(a == guide);
}

TEST_CASE("orders that do not hold the same genes end the walk") {
  Rng rng{4};
  std::vector<int> a{1, 1, 1};
  const std::vector<int> guide{2, 2, 2};
  CHECK_FALSE(swap_toward(std::span(a), std::span(guide), rng));
  CHECK(a == std::vector<int>{1, 1, 1});
}

TEST_CASE("relinking stops in the middle of the path") {
  const WeightedTardiness problem(40);
  auto scratch = make_scratch(problem);
  const Operators<WeightedTardiness> operators(problem, scratch);
  Rng rng{6};
  std::vector<std::uint16_t> a(40), b(40), child(40);
  for (int round = 0; round < 200; ++round) {
    operators.random(a, rng);
    operators.random(b, rng);
    const std::size_t length = relink<WeightedTardiness>(operators, a, b, child, rng);
    CHECK(is_permutation<std::uint16_t>(child));
    CHECK(length >= differences(a, b) / 2);
    CHECK(length < 40);
    CHECK(differences(child, a) >= length / 5);
    CHECK(differences(child, b) >= length / 5);
    CHECK(differences(child, b) < differences(a, b));
  }
  CHECK(relink<WeightedTardiness>(operators, a, a, child, rng) == 0);
  CHECK(child == a);
}

TEST_CASE("the best genome on a path is the best of those walked over") {
  const WeightedTardiness problem(30);
  auto scratch = make_scratch(problem);
  const Operators<WeightedTardiness> operators(problem, scratch);
  Rng rng{8};
  std::vector<std::uint16_t> a(30), b(30);
  operators.random(a, rng);
  operators.random(b, rng);
  const auto found = best_on_path<WeightedTardiness>(problem, a, b, Rng{2});
  CHECK(found.evaluation.cost == problem.cost(found.genome));
  std::vector<std::uint16_t> at = a;
  Rng walk{2};
  double best = std::numeric_limits<double>::infinity();
  std::size_t steps = 0;
  while (operators.approach(at, b, walk) && at != b) {
    best = std::min(best, problem.cost(at));
    ++steps;
  }
  CHECK(found.evaluation.cost == best);
  CHECK(found.evaluations == steps);
  const auto nothing = best_on_path<WeightedTardiness>(problem, a, a, Rng{2});
  CHECK(nothing.step == 0);
  CHECK(nothing.genome == a);
  CHECK(nothing.evaluation.cost == problem.cost(a));
  const std::vector<std::uint16_t> wrong(7);
  CHECK_REFUSED(best_on_path<WeightedTardiness>(problem, wrong, a, Rng{2}), "from = 7");
  CHECK_REFUSED(best_on_path<WeightedTardiness>(problem, a, wrong, Rng{2}), "guide = 7");
}

TEST_CASE("a search may relink instead of crossing") {
  Options options{.population = 40, .generations = 60, .mutation_rate = 0.5};
  options.relinking_rate = 1;
  const Tour tour{.n = 12};
  const auto one = minimise(tour, options), two = minimise(tour, options, {}, Threads{2});
  CHECK(one.best == two.best);
  CHECK(one.cost < 1.5 * tour.shortest());
}
