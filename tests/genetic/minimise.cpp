#include "kilter/genetic/minimise.hpp"

#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <stdexcept>
#include <stop_token>
#include <vector>

#include "catch.hpp"
#include "kilter/genetic/job_repetition.hpp"
#include "kilter/genetic/permutation.hpp"
#include "refused.hpp"
#include "toys.hpp"

using kilter::Inline;
using kilter::Progress;
using kilter::Rng;
using kilter::Status;
using kilter::Threads;
using namespace kilter::genetic;
using namespace kilter::test;

namespace {

static_assert(Problem<Sphere> && Problem<OneMax> && Problem<Tour> && Problem<ImprovedTour>);
static_assert(Problem<WeightedTardiness> && Problem<Knapsack> && Problem<SmallShop>);
static_assert(Encoding<Permutation<>> && Encoding<JobRepetition<std::uint8_t>>);
static_assert(!HasWorkspace<Sphere> && HasWorkspace<Tour> && HasEncoding<Tour> && !HasEncoding<Sphere>);
static_assert(!Problem<int> && !Problem<std::vector<int>> && !MultiObjective<Sphere>);
static_assert(crossover_count<Sphere>() == 1 && crossover_count<WeightedTardiness>() == 5 && mutation_count<Tour>() == 1);

struct NoMutation {
  using Gene = int;
  std::size_t genome_size() const { return 1; }
  void random(std::span<int>, Rng&) const {}
  double cost(std::span<const int>) const { return 0; }
  void crossover(std::span<const int>, std::span<const int>, std::span<int>, Rng&) const {}
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
  CHECK(bits.best == std::vector<std::uint8_t>(60, 1));
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
  int scratch = 0;
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
  const std::vector<Order> start{identity_permutation(40)};
  const auto warm = minimise(tour, {.population = 8, .generations = 3}, start);
  CHECK_THAT(warm.cost, WithinAbs(tour.shortest(), 1e-9));
  CHECK(minimise(tour, {.population = 8, .generations = 3}).cost > 2 * warm.cost);
  const auto first = minimise(tour, {.population = 8, .generations = 4});
  CHECK(minimise(tour, {.population = 8, .generations = 4, .seed = 9}, first.population).cost <= first.cost);
}

TEST_CASE("stall, no generations, populations of one") {
  struct Flat : Sphere {
    double cost(Row) const { return 1; }
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
    double cost(Row x) const { return x[0] < 0 ? std::nan("") : x[0]; }
  };
  const auto result = minimise(Holes{}, {.population = 40, .generations = 20});
  CHECK(result.cost >= 0);
  CHECK(result.cost < 1);
  struct Nothing : Sphere {
    double cost(Row) const { return std::nan(""); }
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
  CHECK(message({.rank_pressure = 1}).starts_with("rank_pressure = 1"));
  CHECK(message({.repair_rate = -0.5}).starts_with("repair_rate = -0.5"));
  CHECK(message({.relinking_rate = 2}).starts_with("relinking_rate = 2"));
  CHECK(message({.relinking_rate = 0.5}).starts_with("relinking_rate = 0.5: needs"));
  CHECK(message({.diverse = {.weight = 0}}).starts_with("diverse.weight = 0"));
  CHECK(message({.diverse = {.target = 1.5}}).starts_with("diverse.target = 1.5"));
  CHECK(message({.diverse = {.raise = 0.5}}).starts_with("diverse.raise = 0.5"));
  CHECK(message({.diverse = {.lower = 0}}).starts_with("diverse.lower = 0"));
  CHECK(message({.diverse = {.interval = 0}}).starts_with("diverse.interval = 0"));
  CHECK(message({.diverse = {.closest = 0}}).starts_with("diverse.closest = 0"));
  CHECK(message({.islands = 0}).starts_with("islands = 0"));
  CHECK(message({.islands = 2, .migration_interval = 0}).starts_with("migration_interval = 0"));
  CHECK(message({.population = 3, .islands = 2, .migrants = 3}).starts_with("migrants = 3"));
  CHECK(message({}).empty());
}

TEST_CASE("an encoding and a cost are a problem") {
  struct Sort {
    Permutation<std::uint8_t> orders{20};
    const auto& encoding() const { return orders; }
    double cost(std::span<const std::uint8_t> order) const {
      double sum = 0;
      for (std::size_t i = 0; i < order.size(); ++i) sum += std::abs(static_cast<double>(order[i]) - static_cast<double>(i));
      return sum;
    }
  };
  CHECK(minimise(Sort{}, {.population = 200, .generations = 300, .mutation_rate = 0.5, .target = 0}).cost == 0);
}

TEST_CASE("violations come before costs") {
  const Knapsack sack(12);
  const auto result = minimise(sack, {.population = 60, .generations = 80});
  CHECK(result.violation == 0);
  CHECK(result.cost == sack.optimum());
  const Evaluation best = sack.cost(result.best);
  CHECK(best == Evaluation{result.cost, 0});
  double last = 0;
  for (const auto& genome : result.population) {
    CHECK(sack.cost(genome).violation >= last);
    last = sack.cost(genome).violation;
  }
  struct Hopeless : Knapsack {
    Hopeless() : Knapsack(12) {}
    Evaluation cost(Row x) const { return {0, 1 + Knapsack::cost(x).violation}; }
  };
  const auto hopeless = minimise(Hopeless(), {.population = 10, .generations = 10, .target = 100});
  CHECK(hopeless.violation == 1);
  CHECK(hopeless.generations == 10);  // an infeasible genome never meets the target
}

TEST_CASE("empty genomes, and start genomes of the wrong size or kind") {
  const auto nothing = minimise(WeightedTardiness(0), {.population = 4, .generations = 3});
  CHECK(nothing.best.empty());
  CHECK(nothing.cost == 0);
  CHECK(nothing.evaluations == 4);
  const std::vector<Order> wrong_size{{0, 1}}, wrong_kind{Order(12, 0)};
  CHECK_REFUSED(minimise(Tour{}, {}, wrong_size), "start = 2");
  CHECK_REFUSED(minimise(Tour{}, {}, wrong_kind), "valid in the encoding");
}

TEST_CASE("an exception of the problem reaches the caller") {
  struct Throws : Sphere {
    double cost(Row) const { throw std::runtime_error("no"); }
  };
  CHECK_THROWS_AS(minimise(Throws{}), std::runtime_error);
  CHECK_THROWS_AS(minimise(Throws{}, {}, {}, Threads{2}), std::runtime_error);
}
