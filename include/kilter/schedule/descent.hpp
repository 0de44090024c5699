#pragma once
/// @file
/// Orders and modes as genomes, and the small searches around the genetic one: all orders of a few tasks, and a random descent.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "kilter/core/progress.hpp"
#include "kilter/core/rng.hpp"
#include "kilter/core/status.hpp"
#include "kilter/genetic/mutation.hpp"
#include "kilter/genetic/permutation.hpp"
#include "kilter/genetic/permutation_crossover.hpp"
#include "kilter/schedule/decode.hpp"
#include "kilter/schedule/justify.hpp"
#include "kilter/schedule/list.hpp"

namespace kilter::schedule::detail {

/// A genome is an order of the n tasks, and, with mode genes, for each task 1 + the mode to use or 0 for whichever fits best.
struct OrderProblem {
  using Gene = std::uint32_t;
  struct Workspace {
    Decoder::Workspace decode{};
    genetic::PermutationScratch scratch{};
    Justification justification{};
  };

  const Decoder& decoder;
  std::span<const std::uint32_t> mode_counts{};  ///< by task; empty: without mode genes
  bool justified = false;                        ///< each new genome is improved forward and backward

  [[nodiscard]] std::size_t tasks() const { return decoder.size(); }
  [[nodiscard]] std::size_t genome_size() const { return decoder.size() + mode_counts.size(); }
  [[nodiscard]] Workspace make_workspace() const { return {decoder.make_workspace(), {}, make_justification(tasks())}; }

  void random(std::span<Gene> genome, Rng& rng) const {
    genetic::random_permutation(genome.first(tasks()), rng);
    const auto modes = genome.subspan(tasks());
    for (std::size_t i = 0; i < modes.size(); ++i) modes[i] = random_mode(i, rng);
  }
  [[nodiscard]] double cost(std::span<const Gene> genome, Workspace& w) const {
    return decoder.cost(genome.first(tasks()), genome.subspan(tasks()), w.decode);
  }
  void improve(std::span<Gene> genome, Rng&, Workspace& w) const {
    if (justified) justify(decoder, genome.first(tasks()), genome.subspan(tasks()), cost(genome, w), w.decode, w.justification);
  }
  /// Linear order crossover; each mode from one of the two.
  void crossover(std::span<const Gene> a, std::span<const Gene> b, std::span<Gene> child, Rng& rng, Workspace& w) const {
    const std::size_t n = tasks();
    genetic::linear_order_crossover<Gene>(a.first(n), b.first(n), child.first(n), rng, w.scratch);
    for (std::size_t i = n; i < a.size(); ++i) child[i] = rng.bernoulli(0.5) ? a[i] : b[i];
  }
  /// Moves or swaps a task, or changes a mode.
  void mutate(std::span<Gene> genome, Rng& rng) const {
    const auto order = genome.first(tasks());
    const auto modes = genome.subspan(tasks());
    if (!modes.empty() && rng.bernoulli(0.5)) {
      const std::size_t i = rng.index(modes.size());
      modes[i] = random_mode(i, rng);
    } else if (rng.bernoulli(0.5)) {
      genetic::insert_mutation(order, rng);
    } else {
      genetic::swap_mutation(order, rng);
    }
  }

 private:
  [[nodiscard]] std::uint32_t random_mode(std::size_t i, Rng& rng) const {
    return mode_counts[i] < 2 || rng.bernoulli(0.5) ? 0 : 1 + static_cast<std::uint32_t>(rng.index(mode_counts[i]));
  }
};

/// The best genome so far, what it costs, and what finding it took.
struct Incumbent {
  std::vector<std::uint32_t> genome{};
  double cost = infinite;
  std::size_t evaluations = 0;
  Status status = Status::feasible;
};

/// All orders of a few tasks, in lexicographic order, modes as the decoder likes.
inline void try_all_orders(const OrderProblem& problem, double target, const Stopwatch& clock, Incumbent& best) {
  std::vector<std::uint32_t> genome(problem.genome_size(), 0);
  const auto first = genome.begin(), last = first + static_cast<std::ptrdiff_t>(problem.tasks());
  for (std::uint32_t i = 0; i < problem.tasks(); ++i) genome[i] = i;
  auto workspace = problem.make_workspace();
  do {
    best.status = clock.check();
    if (best.status != Status::feasible) return;
    const double cost = problem.cost(genome, workspace);
    ++best.evaluations;
    if (cost < best.cost) {
      best.genome = genome;
      best.cost = cost;
    }
  } while (best.cost > target && std::next_permutation(first, last));
}

/// `moves` random mutations, kept when they do not make the schedule dearer.
inline void descend(const OrderProblem& problem, std::size_t moves, Rng rng, double target, const Stopwatch& clock,
                    Incumbent& best) {
  auto workspace = problem.make_workspace();
  std::vector<std::uint32_t> trial(best.genome);
  for (std::size_t k = 0; k < moves && best.cost > target; ++k) {
    best.status = clock.check();
    if (best.status != Status::feasible) return;
    std::copy(best.genome.begin(), best.genome.end(), trial.begin());
    problem.mutate(trial, rng);
    const double cost = problem.cost(trial, workspace);
    ++best.evaluations;
    if (cost <= best.cost) {
      best.genome.swap(trial);
      best.cost = cost;
    }
  }
}

}  // namespace kilter::schedule::detail
