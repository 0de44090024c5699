#pragma once
/// @file
/// Tabu search on one shop schedule: best move of a random critical path that does not bring a forbidden sequence back.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "kilter/core/progress.hpp"
#include "kilter/core/rng.hpp"
#include "kilter/schedule/shop_graph.hpp"
#include "kilter/schedule/shop_neighbourhood.hpp"

namespace kilter::schedule::detail {

/// What is forbidden until when: one node before another on a machine, kept by node and the other's job, and a node on one of its
/// alternatives.
class ShopTabuList {
 public:
  explicit ShopTabuList(const ShopData& data)
      : data_(&data),
        jobs_(data.jobs),
        pairs_(data.nodes * data.jobs, 0),
        choices_(data.flexible ? data.choice_machine.size() : 0, 0) {}

  void clear() {
    std::fill(pairs_.begin(), pairs_.end(), 0);
    std::fill(choices_.begin(), choices_.end(), 0);
  }

  /// Whether the move would bring back more forbidden pairs than not, or a forbidden alternative.
  [[nodiscard]] bool forbids(const ShopGraph& graph, const ShopMove& move, std::int32_t now) const {
    const std::uint32_t* const slots = graph.slots();
    const std::uint32_t u = slots[move.from];
    if (move.choice != shop_same_machine) return choices_[data_->choice_begin[u] + move.choice] > now;
    std::int32_t balance = 0;
    for (std::uint32_t s = move.from; s < move.to; ++s) balance += pairs_[pair(slots[s + 1], u)] > now ? 1 : -1;
    for (std::uint32_t s = move.from; s > move.to; --s) balance += pairs_[pair(u, slots[s - 1])] > now ? 1 : -1;
    return balance >= 0;
  }

  /// Forbids what the move, not yet made, is about to change.
  void forbid(const ShopGraph& graph, const ShopMove& move, std::int32_t until) {
    const std::uint32_t* const slots = graph.slots();
    const std::uint32_t u = slots[move.from];
    if (move.choice != shop_same_machine) {
      choices_[data_->choice_begin[u] + graph.choices()[u]] = until;
      return;
    }
    for (std::uint32_t s = move.from; s < move.to; ++s) pairs_[pair(u, slots[s + 1])] = until;
    for (std::uint32_t s = move.from; s > move.to; --s) pairs_[pair(slots[s - 1], u)] = until;
  }

 private:
  [[nodiscard]] std::size_t pair(std::uint32_t before, std::uint32_t after) const {
    return std::size_t{before} * jobs_ + data_->job[after];
  }

  const ShopData* data_;
  std::size_t jobs_;
  std::vector<std::int32_t> pairs_;    ///< by node and job
  std::vector<std::int32_t> choices_;  ///< by alternative
};

/// When a tabu search ends.
struct ShopTabuLimits {
  std::size_t iterations = 0;  ///< at most so many moves
  std::size_t stall = 0;       ///< and so many since the last improvement
  std::int32_t target = 0;     ///< or when the makespan is no longer than this
};

/// What a tabu search did.
struct ShopTabuReport {
  std::size_t iterations = 0;
  std::size_t evaluations = 0;
  Status status = Status::feasible;
};

/// The tabu search of TS/PR (Peng, Lü and Cheng 2015, "A tabu search/path relinking algorithm to solve the job shop scheduling
/// problem", after Zhang et al. 2008) with pairs of nodes in its list: the pairs a move reverses are forbidden for L to L(1 +
/// spread) iterations, L = 10 + jobs/machines, and a move is forbidden when at least half of the pairs it would bring back are,
/// unless it is estimated to beat the best. Ties are broken at random. Where every move is forbidden, a random one is made.
template <bool Flexible>
class ShopTabuSearch {
 public:
  explicit ShopTabuSearch(const ShopData& data) : graph_(data), estimate_(data), tabu_(data), without_(data) {
    const std::size_t jobs = data.first.size(), machines = std::max<std::size_t>(data.machines, 1);
    tenure_ = 10 + jobs / machines;
    spread_ = jobs <= 2 * machines ? tenure_ * 2 / 5 : tenure_ / 2;
  }

  [[nodiscard]] const ShopGraph& graph() const { return graph_; }

  /// Searches from `solution` and leaves the best found in it. `improved()` is called after each improvement.
  template <class Stop, class Improved>
  ShopTabuReport run(ShopOrder& solution, const ShopTabuLimits& limits, Rng& rng, const Stop& stop, Improved&& improved) {
    graph_.load(solution);
    graph_.store(solution);
    tabu_.clear();
    ShopTabuReport report;
    evaluations_ = 0;
    for (std::size_t last = 0; report.iterations < limits.iterations && report.iterations - last < limits.stall;) {
      if (solution.makespan <= limits.target) break;
      if (report.iterations % 64 == 0 && (report.status = stop.check()) != Status::feasible) break;
      now_ = static_cast<std::int32_t>(++report.iterations);
      if (!step(solution.makespan, rng)) break;
      if (graph_.makespan() < solution.makespan) {
        graph_.store(solution);
        last = report.iterations;
        improved(solution.makespan);
      }
    }
    report.evaluations = evaluations_;
    return report;
  }

 private:
  /// Makes one move; false where there is none, which proves the schedule optimal for a job shop.
  bool step(std::int32_t best, Rng& rng) {
    shop_critical_path<Flexible>(graph_, rng, blocks_, path_);
    chosen_estimate_ = shop_no_estimate;
    ties_ = 0;
    moves_.clear();
    for (const ShopBlock block : blocks_) {
      shop_visit_block(graph_, block, [&](const ShopMove& move) {
        const std::int32_t value = move.from < move.to ? estimate_.later(graph_, move.from, move.to, chosen_estimate_)
                                                       : estimate_.earlier(graph_, move.from, move.to, chosen_estimate_);
        consider(move, value, best, rng);
      });
    }
    if constexpr (Flexible) {
      without_(graph_, path_, longest_without_);
      for (std::size_t k = 0; k < path_.size(); ++k) {
        shop_visit_machines(graph_, path_[k], longest_without_[k], rng,
                            [&](const ShopMove& move, std::int32_t value) { consider(move, value, best, rng); });
      }
    }
    evaluations_ += moves_.size();
    if (moves_.empty()) return false;
    if (chosen_estimate_ == shop_no_estimate) chosen_ = moves_[rng.index(moves_.size())];
    tabu_.forbid(graph_, chosen_, now_ + static_cast<std::int32_t>(tenure_ + rng.index(spread_ + 1)));
    shop_apply(graph_, chosen_);
    return true;
  }

  void consider(const ShopMove& move, std::int32_t value, std::int32_t best, Rng& rng) {
    moves_.push_back(move);
    if (value > chosen_estimate_) return;
    std::int64_t load = 0;
    if constexpr (Flexible) {
      if (move.choice != shop_same_machine) load = shop_load_change(graph_, graph_.slots()[move.from], move.choice);
      if (value == chosen_estimate_ && load > chosen_load_) return;
    }
    if (value >= best && tabu_.forbids(graph_, move, now_)) return;
    if (value < chosen_estimate_ || load < chosen_load_) ties_ = 0;
    chosen_estimate_ = value;
    chosen_load_ = load;
    if (++ties_ == 1 || rng.index(ties_) == 0) chosen_ = move;
  }

  ShopGraph graph_;
  ShopEstimate estimate_;
  ShopTabuList tabu_;
  ShopWithout without_;
  std::vector<std::int32_t> longest_without_;
  std::vector<ShopBlock> blocks_;
  std::vector<std::uint32_t> path_;
  std::vector<ShopMove> moves_;
  ShopMove chosen_{};
  std::int32_t chosen_estimate_ = shop_no_estimate;
  std::int64_t chosen_load_ = 0;
  std::size_t ties_ = 0, tenure_ = 0, spread_ = 0, evaluations_ = 0;
  std::int32_t now_ = 0;
};

}  // namespace kilter::schedule::detail
