#include "kilter/genetic/minimise.hpp"

#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <new>
#include <stdexcept>
#include <stop_token>
#include <vector>

#include "catch.hpp"
#include "kilter/genetic/permutation.hpp"

using kilter::Inline;
using kilter::Progress;
using kilter::Rng;
using kilter::Silent;
using kilter::Status;
using kilter::Threads;
using namespace kilter::genetic;
using kilter::test::WithinAbs;

namespace {

struct Sphere {
  using Genome = std::vector<double>;
  std::size_t n = 5;

  Genome random(Rng& rng) const {
    Genome x(n);
    for (auto& v : x) v = rng.uniform(-5, 5);
    return x;
  }
  double cost(const Genome& x) const {
    double sum = 0;
    for (const double v : x) sum += v * v;
    return sum;
  }
  void crossover(const Genome& a, const Genome& b, Genome& child, Rng& rng) const {
    child.resize(a.size());
    for (std::size_t i = 0; i < a.size(); ++i) child[i] = a[i] + rng.uniform(-0.25, 1.25) * (b[i] - a[i]);
  }
  void mutate(Genome& x, Rng& rng) const { x[rng.index(x.size())] += rng.normal(0, 0.1); }
};

struct OneMax {
  using Genome = std::vector<char>;
  std::size_t n = 60;

  Genome random(Rng& rng) const {
    Genome x(n);
    for (auto& v : x) v = rng.bernoulli(0.5) ? 1 : 0;
    return x;
  }
  double cost(const Genome& x) const {
    double zeros = 0;
    for (const char v : x) zeros += v == 0 ? 1 : 0;
    return zeros;
  }
  void crossover(const Genome& a, const Genome& b, Genome& child, Rng& rng) const {
    child.resize(a.size());
    for (std::size_t i = 0; i < a.size(); ++i) child[i] = rng.bernoulli(0.5) ? a[i] : b[i];
  }
  void mutate(Genome& x, Rng& rng) const {
    char& v = x[rng.index(x.size())];
    v = v == 0 ? 1 : 0;
  }
};

/// Cities on a circle: the shortest tour goes round it. Uses a workspace, and counts what it is asked.
struct Tour {
  using Genome = Permutation;
  std::size_t n = 12;
  mutable std::atomic<std::size_t>* calls = nullptr;

  double distance(std::uint32_t i, std::uint32_t j) const {
    const double angle = 2 * std::acos(-1.0) / static_cast<double>(n);
    return 2 * std::abs(std::sin(angle * (static_cast<double>(i) - static_cast<double>(j)) / 2));
  }
  double shortest() const { return static_cast<double>(n) * distance(0, 1); }

  PermutationScratch make_workspace() const { return {}; }
  Genome random(Rng& rng) const { return random_permutation(n, rng); }
  double cost(const Genome& tour, PermutationScratch&) const {
    if (calls != nullptr) ++*calls;
    double sum = distance(tour.back(), tour.front());
    for (std::size_t i = 0; i + 1 < n; ++i) sum += distance(tour[i], tour[i + 1]);
    return sum;
  }
  void crossover(const Genome& a, const Genome& b, Genome& child, Rng& rng, PermutationScratch& scratch) const {
    order_crossover(a, b, child, rng, scratch);
  }
  void mutate(Genome& tour, Rng& rng) const { inversion_mutation(tour, rng); }
};

/// The same with 2-opt as local search.
struct ImprovedTour : Tour {
  void improve(Genome& tour, Rng&, PermutationScratch&) const {
    for (bool better = true; better;) {
      better = false;
      for (std::size_t i = 0; i + 1 < n; ++i) {
        for (std::size_t j = i + 1; j < n; ++j) better = improve_pair(tour, i, j) || better;
      }
    }
  }
  bool improve_pair(Genome& tour, std::size_t i, std::size_t j) const {
    const std::uint32_t before = tour[(i + n - 1) % n], after = tour[(j + 1) % n];
    if (before == tour[j]) return false;
    const double gain = distance(before, tour[i]) + distance(tour[j], after) - distance(before, tour[j]) - distance(tour[i], after);
    if (gain <= 1e-9) return false;
    std::reverse(tour.begin() + static_cast<std::ptrdiff_t>(i), tour.begin() + static_cast<std::ptrdiff_t>(j) + 1);
    return true;
  }
};

static_assert(Problem<Sphere> && Problem<OneMax> && Problem<Tour> && Problem<ImprovedTour>);
static_assert(!HasWorkspace<Sphere> && HasWorkspace<Tour>);
static_assert(!Problem<int> && !Problem<std::vector<int>>);

struct NoMutation {
  using Genome = int;
  int random(Rng&) const { return 0; }
  double cost(int) const { return 0; }
  void crossover(int, int, int&, Rng&) const {}
};
static_assert(!Problem<NoMutation>);

template <class G>
void check_equal(const Result<G>& a, const Result<G>& b) {
  CHECK(a.status == b.status);
  CHECK(a.best == b.best);
  CHECK(a.cost == b.cost);
  CHECK(a.generations == b.generations);
  CHECK(a.evaluations == b.evaluations);
  CHECK(a.population == b.population);
}

}  // namespace

TEST_CASE("minimise finds the minimum of the sphere, of OneMax and of a small tour") {
  CHECK(minimise(Sphere{}, {.population = 100, .generations = 200}).cost < 1e-3);
  const auto bits = minimise(OneMax{}, {.population = 100, .generations = 150, .target = 0});
  CHECK(bits.cost == 0);
  CHECK(bits.best == std::vector<char>(60, 1));
  CHECK(bits.generations < 150);  // the target ended it
  const Tour tour;
  CHECK_THAT(minimise(tour, {.population = 100, .generations = 150}).cost, WithinAbs(tour.shortest(), 1e-9));
}

TEST_CASE("local search is found by its shape and used") {
  const ImprovedTour improved{{.n = 30}};
  const Options options{.population = 10, .generations = 5};
  const auto with = minimise(improved, options);
  const auto sans = minimise(Tour{.n = 30}, options);
  CHECK(with.cost < sans.cost);
  CHECK_THAT(with.cost, WithinAbs(improved.shortest(), 1e-9));
}

TEST_CASE("the result is the same at any number of threads, and differs by seed") {
  const Options options{.population = 37, .generations = 15, .seed = 4};
  for (const unsigned count : {1U, 2U, 5U}) {
    check_equal(minimise(Tour{}, options), minimise(Tour{}, options, {}, Threads{count}));
    check_equal(minimise(Sphere{}, options), minimise(Sphere{}, options, {}, Threads{count}));
  }
  Options other = options;
  other.seed = 5;
  CHECK(minimise(Sphere{}, options).best != minimise(Sphere{}, other).best);
}

TEST_CASE("what the result says is true") {
  std::atomic<std::size_t> calls = 0;
  const Tour tour{.n = 12, .calls = &calls};
  const auto result = minimise(tour, {.population = 20, .generations = 12});
  CHECK(result.status == Status::feasible);
  CHECK(result.generations == 12);
  CHECK(result.evaluations == calls);
  CHECK(result.evaluations <= 20 + 12 * 18);
  REQUIRE(result.population.size() == 20);
  PermutationScratch scratch;
  CHECK(tour.cost(result.best, scratch) == result.cost);
  double last = result.cost;
  for (const auto& genome : result.population) {
    CHECK(is_permutation(genome));
    const double cost = tour.cost(genome, scratch);
    CHECK(cost >= last);
    last = cost;
  }
  CHECK(result.population.front() == result.best);
}

TEST_CASE("the best never gets worse, with elites and without") {
  for (const std::size_t elite : {std::size_t{0}, std::size_t{3}}) {
    std::vector<double> seen;
    const auto watch = [&](const Progress& progress) {
      CHECK(progress.iteration == seen.size());
      seen.push_back(progress.best);
    };
    const auto result = minimise(Sphere{}, {.population = 15, .generations = 30, .elite = elite}, {}, Inline{}, watch);
    REQUIRE(seen.size() == 31);
    CHECK(std::is_sorted(seen.rbegin(), seen.rend()));
    CHECK(seen.back() == result.cost);
  }
}

TEST_CASE("a warm start is used, and never lost") {
  const Tour tour{.n = 40};
  const std::vector<Permutation> start{identity_permutation(40)};
  const auto warm = minimise(tour, {.population = 8, .generations = 3}, start);
  CHECK_THAT(warm.cost, WithinAbs(tour.shortest(), 1e-9));
  CHECK(minimise(tour, {.population = 8, .generations = 3}).cost > 2 * warm.cost);
  const auto first = minimise(tour, {.population = 8, .generations = 4});
  CHECK(minimise(tour, {.population = 8, .generations = 4, .seed = 9}, first.population).cost <= first.cost);
}

TEST_CASE("stall, no generations, populations of one") {
  struct Flat : Sphere {
    double cost(const Genome&) const { return 1; }
  };
  const auto stalled = minimise(Flat{}, {.population = 6, .generations = 50, .stall_generations = 4});
  CHECK(stalled.generations == 4);
  CHECK(stalled.status == Status::feasible);
  const auto none = minimise(Sphere{}, {.population = 6, .generations = 0});
  CHECK(none.generations == 0);
  CHECK(none.evaluations == 6);
  const auto one = minimise(Sphere{}, {.population = 1, .generations = 20, .elite = 0, .mutation_rate = 1});
  CHECK(one.population.size() == 1);
}

TEST_CASE("costs that are not numbers count as infinite") {
  struct Holes : Sphere {
    double cost(const Genome& x) const { return x[0] < 0 ? std::nan("") : x[0]; }
  };
  const auto result = minimise(Holes{}, {.population = 40, .generations = 20});
  CHECK(result.cost >= 0);
  CHECK(result.cost < 1);
  struct Nothing : Sphere {
    double cost(const Genome&) const { return std::nan(""); }
  };
  const auto nothing = minimise(Nothing{}, {.population = 5, .generations = 3});
  CHECK(nothing.cost == std::numeric_limits<double>::infinity());
  CHECK(nothing.best.size() == 5);
}

TEST_CASE("a stop token and a time limit end the search with the best so far") {
  std::stop_source source;
  source.request_stop();
  for (const bool threads : {false, true}) {
    const Options options{.population = 50, .generations = 100, .budget = {.stop = source.get_token()}};
    const auto stopped = threads ? minimise(Sphere{}, options, {}, Threads{2}) : minimise(Sphere{}, options);
    CHECK(stopped.status == Status::cancelled);
    CHECK(stopped.evaluations >= 1);
    CHECK(stopped.evaluations == stopped.population.size());
    CHECK(Sphere{}.cost(stopped.best) == stopped.cost);
  }

  std::stop_source later;
  const auto watch = [&](const Progress& progress) {
    if (progress.iteration == 3) later.request_stop();
  };
  const auto third = minimise(Sphere{}, {.population = 8, .budget = {.stop = later.get_token()}}, {}, Inline{}, watch);
  CHECK(third.status == Status::cancelled);
  CHECK(third.generations == 3);

  const auto limited =
      minimise(Sphere{}, {.population = 10, .generations = 1U << 30, .budget = {.time_limit = kilter::Duration{0.02}}});
  CHECK(limited.status == Status::time_limit);
  CHECK(limited.generations > 0);
}

TEST_CASE("options out of range are refused by name") {
  const auto message = [](const Options& options) -> std::string {
    try {
      static_cast<void>(minimise(Sphere{}, options));
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return {};
  };
  CHECK(message({.population = 0}).starts_with("population = 0"));
  CHECK(message({.population = 2, .elite = 2}).starts_with("elite = 2"));
  CHECK(message({.tournament = 0}).starts_with("tournament = 0"));
  CHECK(message({.crossover_rate = 1.5}).starts_with("crossover_rate = 1.5"));
  CHECK(message({.mutation_rate = std::nan("")}).starts_with("mutation_rate = nan"));
  CHECK(message({}).empty());
}

TEST_CASE("an exception of the problem reaches the caller") {
  struct Throws : Sphere {
    double cost(const Genome&) const { throw std::runtime_error("no"); }
  };
  CHECK_THROWS_AS(minimise(Throws{}), std::runtime_error);
  CHECK_THROWS_AS(minimise(Throws{}, {}, {}, Threads{2}), std::runtime_error);
}
