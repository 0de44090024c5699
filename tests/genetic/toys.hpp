#pragma once
// Small problems for the tests of the genetic engine.
#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kilter/core/rng.hpp"
#include "kilter/genetic/job_repetition.hpp"
#include "kilter/genetic/path_relinking.hpp"
#include "kilter/genetic/permutation.hpp"
#include "kilter/genetic/problem.hpp"

namespace kilter::test {

/// Sum of squares of reals, all operators its own.
struct Sphere {
  using Gene = double;
  using Genome = std::vector<double>;
  using Row = std::span<const double>;
  std::size_t n = 5;

  std::size_t genome_size() const { return n; }
  void random(std::span<double> x, Rng& rng) const {
    for (auto& v : x) v = rng.uniform(-5, 5);
  }
  double cost(Row x) const {
    double sum = 0;
    for (const double v : x) sum += v * v;
    return sum;
  }
  void crossover(Row a, Row b, std::span<double> child, Rng& rng) const {
    for (std::size_t i = 0; i < a.size(); ++i) child[i] = a[i] + rng.uniform(-0.25, 1.25) * (b[i] - a[i]);
  }
  void mutate(std::span<double> x, Rng& rng) const { x[rng.index(x.size())] += rng.normal(0, 0.1); }
};

/// Zeros among bits.
struct OneMax {
  using Gene = std::uint8_t;
  using Row = std::span<const Gene>;
  std::size_t n = 60;

  std::size_t genome_size() const { return n; }
  void random(std::span<Gene> x, Rng& rng) const {
    for (auto& v : x) v = rng.bernoulli(0.5) ? 1 : 0;
  }
  double cost(Row x) const { return static_cast<double>(std::count(x.begin(), x.end(), Gene{0})); }
  void crossover(Row a, Row b, std::span<Gene> child, Rng& rng) const {
    for (std::size_t i = 0; i < a.size(); ++i) child[i] = rng.bernoulli(0.5) ? a[i] : b[i];
  }
  void mutate(std::span<Gene> x, Rng& rng) const { x[rng.index(x.size())] ^= 1U; }
};

/// Cities on a circle: the shortest tour goes round it. Has an encoding and a workspace, and counts what it is asked.
struct Tour {
  using Row = std::span<const std::uint32_t>;
  std::size_t n = 12;
  mutable std::atomic<std::size_t>* calls = nullptr;

  double length(std::uint32_t i, std::uint32_t j) const {
    const double angle = 2 * std::acos(-1.0) / static_cast<double>(n);
    return 2 * std::abs(std::sin(angle * (static_cast<double>(i) - static_cast<double>(j)) / 2));
  }
  double shortest() const { return static_cast<double>(n) * length(0, 1); }

  genetic::Permutation<> encoding() const { return genetic::Permutation<>(n); }
  int make_workspace() const { return 0; }
  double cost(Row tour, int& used) const {
    ++used;
    if (calls != nullptr) ++*calls;
    double sum = length(tour.back(), tour.front());
    for (std::size_t i = 0; i + 1 < n; ++i) sum += length(tour[i], tour[i + 1]);
    return sum;
  }
  void mutate(std::span<std::uint32_t> tour, Rng& rng) const { genetic::inversion_mutation(tour, rng); }
  bool approach(std::span<std::uint32_t> tour, Row guide, Rng& rng) const { return genetic::swap_toward(tour, guide, rng); }
};

/// The same with 2-opt as local search.
struct ImprovedTour : Tour {
  void improve(std::span<std::uint32_t> tour, Rng&) const {
    for (bool better = true; better;) {
      better = false;
      for (std::size_t i = 0; i + 1 < n; ++i) {
        for (std::size_t j = i + 1; j < n; ++j) better = improve_pair(tour, i, j) || better;
      }
    }
  }
  bool improve_pair(std::span<std::uint32_t> tour, std::size_t i, std::size_t j) const {
    const std::uint32_t before = tour[(i + n - 1) % n], after = tour[(j + 1) % n];
    if (before == tour[j]) return false;
    const double gain = length(before, tour[i]) + length(tour[j], after) - length(before, tour[j]) - length(tour[i], after);
    if (gain <= 1e-9) return false;
    std::reverse(tour.begin() + static_cast<std::ptrdiff_t>(i), tour.begin() + static_cast<std::ptrdiff_t>(j) + 1);
    return true;
  }
};

/// Total weighted tardiness on one machine: nothing but an encoding and a cost, with all crossovers and mutations of orders.
struct WeightedTardiness {
  std::vector<double> work, due, weight;
  genetic::Permutation<std::uint16_t> orders;

  explicit WeightedTardiness(std::size_t n, std::uint64_t seed = 1) : orders(n) {
    Rng rng{seed};
    for (std::size_t i = 0; i < n; ++i) {
      work.push_back(static_cast<double>(1 + rng.index(99)));
      due.push_back(static_cast<double>(rng.index(25 * n)));
      weight.push_back(static_cast<double>(1 + rng.index(10)));
    }
  }
  const auto& encoding() const { return orders; }
  double cost(std::span<const std::uint16_t> order) const {
    double time = 0, sum = 0;
    for (const auto i : order) {
      time += work[i];
      sum += weight[i] * std::max(0.0, time - due[i]);
    }
    return sum;
  }
  bool approach(std::span<std::uint16_t> order, std::span<const std::uint16_t> guide, Rng& rng) const {
    return genetic::swap_toward(order, guide, rng);
  }
};

/// A knapsack whose overload is a violation.
struct Knapsack : OneMax {
  std::vector<double> value, weight;
  double capacity = 0;

  explicit Knapsack(std::size_t items = 16, std::uint64_t seed = 1) : OneMax{items} {
    Rng rng{seed};
    for (std::size_t i = 0; i < items; ++i) {
      weight.push_back(static_cast<double>(1 + rng.index(50)));
      value.push_back(weight.back() + static_cast<double>(rng.index(20)));
      capacity += weight.back() / 2;
    }
  }
  genetic::Evaluation cost(Row x) const {
    double worth = 0, load = 0;
    for (std::size_t i = 0; i < n; ++i) {
      worth += x[i] * value[i];
      load += x[i] * weight[i];
    }
    return {-worth, std::max(0.0, load - capacity)};
  }
  /// The best of all subsets.
  double optimum() const {
    std::vector<std::uint8_t> x(n);
    double best = 0;
    for (std::size_t bits = 0; bits < (std::size_t{1} << n); ++bits) {
      for (std::size_t i = 0; i < n; ++i) x[i] = (bits >> i) & 1U;
      const genetic::Evaluation e = cost(x);
      if (e.violation <= 0) best = std::min(best, e.cost);
    }
    return best;
  }
};

/// A job shop of random routes and durations, decoded semi-actively from a permutation with repetition.
struct SmallShop {
  std::size_t jobs = 4, machines = 3;
  std::vector<std::size_t> machine;
  std::vector<double> duration;
  genetic::JobRepetition<std::uint8_t> sequences;

  SmallShop(std::size_t n, std::size_t m, std::uint64_t seed) : jobs(n), machines(m), sequences(n, m) {
    Rng rng{seed};
    std::vector<std::size_t> route(m);
    for (std::size_t j = 0; j < n; ++j) {
      for (std::size_t k = 0; k < m; ++k) route[k] = k;
      rng.shuffle(std::span(route));
      machine.insert(machine.end(), route.begin(), route.end());
      for (std::size_t k = 0; k < m; ++k) duration.push_back(static_cast<double>(1 + rng.index(99)));
    }
  }
  struct Scratch {
    std::vector<double> job, machine;
    std::vector<std::size_t> next;
  };
  Scratch make_workspace() const { return {}; }
  const auto& encoding() const { return sequences; }
  double cost(std::span<const std::uint8_t> sequence, Scratch& s) const {
    s.job.assign(jobs, 0);
    s.machine.assign(machines, 0);
    s.next.assign(jobs, 0);
    double makespan = 0;
    for (const auto j : sequence) {
      const std::size_t o = j * machines + s.next[j]++;
      const double finish = std::max(s.job[j], s.machine[machine[o]]) + duration[o];
      s.job[j] = s.machine[machine[o]] = finish;
      makespan = std::max(makespan, finish);
    }
    return makespan;
  }
};

}  // namespace kilter::test
