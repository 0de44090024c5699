#pragma once
/// @file
/// `Archipelago`: islands that evolve side by side and send their best round a ring.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "kilter/core/executor.hpp"
#include "kilter/core/rng.hpp"
#include "kilter/core/status.hpp"
#include "kilter/genetic/evolution.hpp"
#include "kilter/genetic/options.hpp"
#include "kilter/genetic/population.hpp"
#include "kilter/genetic/problem.hpp"
#include "kilter/genetic/stop.hpp"

namespace kilter::genetic {

/// `Options::islands` evolutions, each with random streams of its own, run by an executor for `migration_interval` generations at a
/// time; then the `migrants` best of each go to the next one of the ring, where they replace worse ones (the stepping-stone model:
/// Cantú-Paz 2000, "Efficient and Accurate Parallel Genetic Algorithms"). Migrants are gathered before any of them arrives, so the
/// result is the same at any number of threads. An island that has reached the target waits for the others. The problem must
/// outlive the archipelago.
template <Problem P>
class Archipelago {
 public:
  using Gene = GeneOf<P>;
  using Genome = std::vector<Gene>;

  /// Throws `std::invalid_argument` for options out of range.
  Archipelago(const P& problem, const Options& options) : options_(options) {
    check(options);
    islands_.reserve(options.islands);
    for (std::size_t i = 0; i < options.islands; ++i) {
      Options own = options;
      own.seed = island_seed(options.seed, i);
      islands_.emplace_back(problem, own);
    }
    ships_.assign(options.islands, Population<Gene>(options.migrants, genome_size(problem)));
    whole_.assign(options.islands, 1);
  }
  Archipelago(P&&, const Options&) = delete;

  [[nodiscard]] const Options& options() const { return options_; }
  [[nodiscard]] std::size_t size() const { return islands_.size(); }
  [[nodiscard]] const Evolution<P>& island(std::size_t i) const { return islands_[i]; }
  /// For checkpoints.
  [[nodiscard]] Evolution<P>& island(std::size_t i) { return islands_[i]; }
  [[nodiscard]] Status check_budget() const { return islands_[0].check_budget(); }
  [[nodiscard]] const Genome& best() const { return islands_[leader()].best(); }

  /// The most generations and the fewest stalled ones of any island, the evaluations of all, the best of all.
  [[nodiscard]] SearchState search() const {
    SearchState out = islands_[leader()].search();
    out.evaluations = 0;
    for (const auto& island : islands_) {
      const SearchState& s = island.search();
      out.evaluations += s.evaluations;
      out.generation = std::max(out.generation, s.generation);
      out.stalled = std::min(out.stalled, s.stalled);
    }
    return out;
  }

  /// Begins each island; start genome k goes to island k mod `islands`. False when the budget cut it short.
  template <Executor Ex = Inline>
  bool begin(std::span<const Genome> start = {}, const Ex& executor = {}) {
    std::vector<std::vector<Genome>> parts(islands_.size());
    for (std::size_t k = 0; k < start.size(); ++k) parts[k % islands_.size()].push_back(start[k]);
    executor.for_each_index(islands_.size(), [&](std::size_t i) { whole_[i] = islands_[i].begin(parts[i]) ? 1 : 0; });
    return all_whole();
  }

  /// `migration_interval` generations on, then a migration; fewer where the generations of the options end. False when the budget
  /// cut it short: then there is no migration, and each island stands at its last whole generation.
  template <Executor Ex = Inline>
  bool advance(const Ex& executor = {}) {
    executor.for_each_index(islands_.size(), [&](std::size_t i) { whole_[i] = advance_island(islands_[i]) ? 1 : 0; });
    if (!all_whole()) return false;
    const std::size_t n = islands_.size();
    for (std::size_t i = 0; i < n; ++i) {
      ships_[i].resize(options_.migrants);
      islands_[i].send(ships_[i]);
    }
    for (std::size_t i = 0; i < n && n > 1; ++i) islands_[(i + 1) % n].receive(ships_[i]);
    return true;
  }

  /// What was found, with the populations of all islands together, best first.
  [[nodiscard]] Result<Gene> result(Status status) const {
    const SearchState s = search();
    Result<Gene> out{status, best(), s.best, s.violation, s.generation, s.evaluations, {}};
    std::vector<std::pair<std::size_t, std::size_t>> members;
    for (std::size_t i = 0; i < islands_.size(); ++i) {
      for (std::size_t k = 0; k < islands_[i].population().size(); ++k) members.emplace_back(i, k);
    }
    const auto worth = [&](const auto& m) { return islands_[m.first].population()[m.second]; };
    std::stable_sort(members.begin(), members.end(), [&](const auto& a, const auto& b) { return better(worth(a), worth(b)); });
    for (const auto& m : members) {
      const auto row = islands_[m.first].population().row(m.second);
      out.population.emplace_back(row.begin(), row.end());
    }
    return out;
  }

 private:
  [[nodiscard]] static std::uint64_t island_seed(std::uint64_t seed, std::size_t i) {
    Rng stream = Rng{seed}.split(~static_cast<std::uint64_t>(i));
    return stream();
  }

  [[nodiscard]] std::size_t leader() const {
    std::size_t best = 0;
    const auto worth = [&](std::size_t i) { return Evaluation{islands_[i].search().best, islands_[i].search().violation}; };
    for (std::size_t i = 1; i < islands_.size(); ++i) {
      if (better(worth(i), worth(best))) best = i;
    }
    return best;
  }

  [[nodiscard]] bool all_whole() const {
    return std::all_of(whole_.begin(), whole_.end(), [](char w) { return w != 0; });
  }

  bool advance_island(Evolution<P>& island) const {
    const Target target{options_.target};
    for (std::size_t k = 0; k < options_.migration_interval; ++k) {
      if (island.search().generation >= options_.generations || target(island.search())) return true;
      if (!island.advance()) return false;
    }
    return true;
  }

  Options options_;
  std::vector<Evolution<P>> islands_;
  std::vector<Population<Gene>> ships_;
  std::vector<char> whole_;
};

}  // namespace kilter::genetic
