#pragma once
/// @file
/// `AllocationMatrix`: how many replicas of each job run on each node, with capacities that every genome respects.

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/rng.hpp"
#include "kilter/genetic/discrete_crossover.hpp"
#include "kilter/genetic/permutation.hpp"

namespace kilter::genetic {

/// What an `AllocationMatrix` allocates.
struct AllocationLimits {
  std::vector<std::uint32_t> capacity;  ///< per node: devices it has
  std::vector<std::uint32_t> demand;    ///< per job: devices a replica takes, ≥ 1
  std::vector<std::uint32_t> replicas;  ///< per job: how many replicas it may have on all nodes together; empty: any number
};

/// The replicas of jobs (rows) on nodes (columns), row after row: the genome of Pollux (Qiao et al. 2021, "Pollux: co-adaptive
/// cluster scheduling for goodput-optimized deep learning", section 4.2). Each operator ends with a repair, so that no node is
/// overfull and no job has more replicas than it may: an `Encoding` whose crossovers are 0 by rows (a job's row from either
/// parent), 1 by columns (a node's column from either parent) and whose mutations are 0 one cell drawn anew, 1 a job moved from one
/// node to another, 2 two jobs' rows exchanged, 3 a job taken off. Each costs O(jobs · nodes) and allocates nothing once its memory
/// is there.
template <std::unsigned_integral G = std::uint16_t>
class AllocationMatrix {
 public:
  using Gene = G;
  struct Workspace {
    std::vector<std::uint32_t> order;  ///< the jobs in the order in which they are served
  };
  static constexpr std::size_t crossover_count = 2;
  static constexpr std::size_t mutation_count = 4;

  /// Throws `std::invalid_argument` for a demand of zero, a number of limits that does not fit, or a capacity that the gene type
  /// cannot count.
  explicit AllocationMatrix(AllocationLimits limits) : limits_(std::move(limits)) {
    require(limits_.replicas.empty() || limits_.replicas.size() == jobs(), "replicas", limits_.replicas.size(),
            "must be none or as many as jobs");
    for (const std::uint32_t demand : limits_.demand) require(demand > 0, "demand", demand, "must be positive");
    for (const std::uint32_t capacity : limits_.capacity) {
      require(capacity <= std::numeric_limits<G>::max(), "capacity", capacity, "must be countable with the gene type");
    }
  }

  [[nodiscard]] std::size_t jobs() const { return limits_.demand.size(); }
  [[nodiscard]] std::size_t nodes() const { return limits_.capacity.size(); }
  [[nodiscard]] std::size_t size() const { return jobs() * nodes(); }
  [[nodiscard]] Workspace make_workspace() const { return {}; }

  /// The row of job `j`: its replicas per node.
  template <class Cell>
  [[nodiscard]] std::span<Cell> row(std::span<Cell> genome, std::size_t j) const {
    return genome.subspan(j * nodes(), nodes());
  }

  /// Each job on about two random nodes with random numbers of replicas, then repaired: sparse, as allocations are.
  void random(std::span<G> genome, Rng& rng, Workspace& ws) const {
    std::fill(genome.begin(), genome.end(), G{0});
    if (genome.empty()) return;
    const double rate = std::min(1.0, 2 / static_cast<double>(nodes()));
    for (std::size_t j = 0; j < jobs(); ++j) {
      detail::for_each_hit(nodes(), rate, rng, [&](std::size_t n) { row(genome, j)[n] = draw(j, n, rng); });
    }
    repair(genome, rng, ws);
  }

  /// The crossover numbered `k`; see the class.
  void crossover(std::size_t k, std::span<const G> a, std::span<const G> b, std::span<G> child, Rng& rng, Workspace& ws) const {
    detail::check_lengths(a.size(), b.size(), child.size());
    if (k == 0) {
      for (std::size_t j = 0; j < jobs(); ++j) {
        const auto from = row(rng.bernoulli(0.5) ? a : b, j);
        std::copy(from.begin(), from.end(), row(child, j).begin());
      }
    } else {
      for (std::size_t n = 0; n < nodes(); ++n) {
        const G* const from = rng.bernoulli(0.5) ? a.data() : b.data();
        for (std::size_t i = n; i < child.size(); i += nodes()) child[i] = from[i];
      }
    }
    repair(child, rng, ws);
  }
  /// By rows.
  void crossover(std::span<const G> a, std::span<const G> b, std::span<G> child, Rng& rng, Workspace& ws) const {
    crossover(0, a, b, child, rng, ws);
  }

  /// The mutation numbered `k`; see the class.
  void mutate(std::size_t k, std::span<G> genome, Rng& rng, Workspace& ws) const {
    if (genome.empty()) return;
    const std::size_t j = rng.index(jobs()), n = rng.index(nodes());
    const auto cells = row(genome, j);
    switch (k) {
      case 0: cells[n] = draw(j, n, rng); break;
      case 1: std::swap(cells[n], cells[rng.index(nodes())]); break;
      case 2: std::swap_ranges(cells.begin(), cells.end(), row(genome, other(j, rng)).begin()); break;
      default: std::fill(cells.begin(), cells.end(), G{0});
    }
    repair(genome, rng, ws);
  }
  /// One cell drawn anew.
  void mutate(std::span<G> genome, Rng& rng, Workspace& ws) const { mutate(0, genome, rng, ws); }

  /// Takes replicas away until every limit holds: first from jobs with too many, from a random node on, then from overfull nodes,
  /// whose jobs are served in a random order. Leaves a genome that keeps the limits as it is.
  void repair(std::span<G> genome, Rng& rng, Workspace& ws) const {
    if (genome.empty()) return;
    if (!limits_.replicas.empty()) trim_rows(genome, rng);
    if (std::none_of(limits_.capacity.begin(), limits_.capacity.end(),
                     [&, n = std::size_t{0}](std::uint32_t c) mutable { return used(genome, n++) > c; })) {
      return;
    }
    ws.order.resize(jobs());
    std::iota(ws.order.begin(), ws.order.end(), std::uint32_t{0});
    rng.shuffle(std::span{ws.order});
    for (std::size_t n = 0; n < nodes(); ++n) trim_column(genome, n, ws.order);
  }

  /// The share of cells that differ, in [0, 1].
  [[nodiscard]] double distance(std::span<const G> a, std::span<const G> b) const { return detail::hamming(a, b); }

  /// True when no limit is broken.
  [[nodiscard]] bool check(std::span<const G> genome) const {
    if (genome.size() != size()) return false;
    for (std::size_t n = 0; n < nodes(); ++n) {
      if (used(genome, n) > limits_.capacity[n]) return false;
    }
    for (std::size_t j = 0; j < limits_.replicas.size(); ++j) {
      if (replicas(genome, j) > limits_.replicas[j]) return false;
    }
    return true;
  }

  /// The devices taken on node `n`.
  [[nodiscard]] std::uint64_t used(std::span<const G> genome, std::size_t n) const {
    std::uint64_t sum = 0;
    for (std::size_t j = 0; j < jobs(); ++j) sum += std::uint64_t{genome[j * nodes() + n]} * limits_.demand[j];
    return sum;
  }

  /// The replicas of job `j` on all nodes.
  [[nodiscard]] std::uint64_t replicas(std::span<const G> genome, std::size_t j) const {
    const auto cells = row(genome, j);
    return std::accumulate(cells.begin(), cells.end(), std::uint64_t{0});
  }

 private:
  /// A number of replicas that the node could hold if it were empty.
  G draw(std::size_t j, std::size_t n, Rng& rng) const {
    return static_cast<G>(rng.index(limits_.capacity[n] / limits_.demand[j] + std::size_t{1}));
  }

  std::size_t other(std::size_t j, Rng& rng) const {
    if (jobs() < 2) return j;
    const std::size_t k = rng.index(jobs() - 1);
    return k < j ? k : k + 1;
  }

  void trim_rows(std::span<G> genome, Rng& rng) const {
    for (std::size_t j = 0; j < jobs(); ++j) {
      const std::uint64_t count = replicas(genome, j);
      if (count <= limits_.replicas[j]) continue;
      std::uint64_t over = count - limits_.replicas[j];
      const auto cells = row(genome, j);
      for (std::size_t n = rng.index(nodes()); over > 0; n = n + 1 == nodes() ? 0 : n + 1) {
        const std::uint64_t cut = std::min<std::uint64_t>(over, cells[n]);
        cells[n] = static_cast<G>(cells[n] - cut);
        over -= cut;
      }
    }
  }

  void trim_column(std::span<G> genome, std::size_t n, std::span<const std::uint32_t> order) const {
    std::uint32_t free = limits_.capacity[n];
    for (const std::uint32_t j : order) {
      G& cell = genome[j * nodes() + n];
      cell = static_cast<G>(std::min<std::uint32_t>(cell, free / limits_.demand[j]));
      free -= cell * limits_.demand[j];
    }
  }

  AllocationLimits limits_;
};

}  // namespace kilter::genetic
