#include "kilter/genetic/checkpoint.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "catch.hpp"
#include "kilter/genetic/minimise.hpp"
#include "refused.hpp"
#include "toys.hpp"

using namespace kilter;
using namespace kilter::genetic;
using namespace kilter::test;

namespace {

template <class S>
std::string saved(const S& search) {
  std::ostringstream out;
  save(search, out);
  return out.str();
}

template <class S>
void restore(S& search, const std::string& bytes) {
  std::istringstream in(bytes);
  load(search, in);
}

template <class P>
void check_resumes(const P& problem, Options options, std::size_t before, std::size_t after) {
  const auto go = [](auto& evolution, std::size_t generations) {
    for (std::size_t g = 0; g < generations; ++g) evolution.advance();
  };
  Evolution whole(problem, options), first(problem, options), second(problem, options);
  whole.begin();
  go(whole, before + after);
  first.begin();
  go(first, before);
  const std::string bytes = saved(first);
  restore(second, bytes);
  CHECK(saved(second) == bytes);
  go(second, after);
  CHECK(saved(second) == saved(whole));
  const auto a = whole.result(Status::feasible), b = second.result(Status::feasible);
  CHECK(a.best == b.best);
  CHECK(a.cost == b.cost);
  CHECK(a.evaluations == b.evaluations);
  CHECK(a.population == b.population);
}

}  // namespace

TEST_CASE("a resumed search is the one that was never interrupted") {
  for (const auto survival : {Survival::generational, Survival::steady_state, Survival::crowding, Survival::diverse}) {
    for (const auto operators : {OperatorChoice::first, OperatorChoice::matching, OperatorChoice::pursuit}) {
      Options options{.population = 20, .mutation_rate = 0.5, .seed = 7};
      options.survival = survival;
      options.operators = operators;
      check_resumes(WeightedTardiness(20), options, 13, 29);
    }
    Options options{.population = 15, .mutation_rate = 0.5};
    options.survival = survival;
    options.diverse.interval = 37;
    check_resumes(Knapsack{}, options, 8, 21);
    check_resumes(Sphere{}, options, 0, 5);
  }
}

TEST_CASE("islands are resumed as well") {
  const WeightedTardiness problem(20);
  Options options{.population = 12, .generations = 1000};
  options.islands = 3;
  options.migration_interval = 4;
  Archipelago whole(problem, options), first(problem, options), second(problem, options);
  whole.begin();
  for (int k = 0; k < 7; ++k) whole.advance();
  first.begin();
  for (int k = 0; k < 3; ++k) first.advance();
  restore(second, saved(first));
  for (int k = 0; k < 4; ++k) second.advance(Threads{2});
  CHECK(saved(whole) == saved(second));
  CHECK(whole.result(Status::feasible).population == second.result(Status::feasible).population);
}

TEST_CASE("every truncated and every damaged checkpoint is refused, and changes nothing") {
  const WeightedTardiness problem(6);
  const Options options{.population = 4};
  Evolution evolution(problem, options), target(problem, options);
  evolution.begin();
  evolution.advance();
  target.begin();
  const std::string good = saved(evolution), before = saved(target);
  for (std::size_t n = 0; n < good.size(); ++n) CHECK_THROWS_AS(restore(target, good.substr(0, n)), ParseError);
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0x41);
    CHECK_THROWS_AS(restore(target, bad), ParseError);
  }
  CHECK(saved(target) == before);
  restore(target, good);
  CHECK(saved(target) == good);
}

TEST_CASE("damage that the checksum covers up is refused or harmless") {
  const WeightedTardiness problem(6);
  Options options{.population = 4};
  options.survival = Survival::diverse;
  Evolution evolution(problem, options);
  evolution.begin();
  evolution.advance();
  const std::string good = saved(evolution);
  Rng rng{9};
  std::size_t refused = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string body = good.substr(24, good.size() - 32);
    const std::size_t changes = 1 + rng.index(3);
    for (std::size_t k = 0; k < changes; ++k) body[rng.index(body.size())] = static_cast<char>(rng.index(256));
    if (rng.bernoulli(0.2)) body.resize(rng.index(body.size()));
    genetic::detail::CheckpointWriter head, tail;
    head.whole(1);
    head.whole(body.size());
    tail.whole(genetic::detail::checksum(body));
    Evolution target(problem, options);
    try {
      restore(target, good.substr(0, 8) + head.bytes() + body + tail.bytes());
      for (const auto& genome : target.result(Status::feasible).population) {
        REQUIRE(problem.encoding().check(std::span<const std::uint16_t>(genome)));
      }
      target.advance();
    } catch (const ParseError&) {
      ++refused;
    } catch (const std::invalid_argument&) {
      ++refused;
    }
  }
  CHECK(refused > 1000);
}

TEST_CASE("a checkpoint of another search is refused by name") {
  const WeightedTardiness problem(6), longer(7);
  const Options options{.population = 4, .seed = 3};
  Evolution evolution(problem, options);
  CHECK_REFUSED(saved(evolution), "begun");
  evolution.begin();
  const std::string bytes = saved(evolution);
  const auto refuses = [&](Options other, const char* text) {
    Evolution target(problem, other);
    CHECK_REFUSED(restore(target, bytes), text);
  };
  refuses({.population = 5, .seed = 3}, "population = 5");
  refuses({.population = 4, .seed = 4}, "seed = 4");
  refuses({.population = 4, .seed = 3, .survival = Survival::crowding}, "survival = 2");
  Evolution other(longer, options);
  CHECK_THROWS_AS(restore(other, bytes), ParseError);
  const Sphere sphere{6};
  Evolution reals(sphere, options);
  CHECK_REFUSED(restore(reals, bytes), "gene size = 8");
  Options two = options;
  two.islands = 2;
  two.migrants = 1;
  Archipelago archipelago(problem, two);
  CHECK_REFUSED(restore(archipelago, bytes), "islands = 2");
  try {
    restore(evolution, "nonsense");
    FAIL("was read");
  } catch (const ParseError& error) {
    CHECK(std::string(error.what()) == "checkpoint: byte 0: is no checkpoint of kilter");
  }
}
