#pragma once
/// @file
/// What a population of shop schedules needs: random active schedules, distances, and paths from one schedule to another.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "kilter/core/rng.hpp"
#include "kilter/schedule/shop_graph.hpp"

namespace kilter::schedule::detail {

/// Random active schedules (Giffler and Thompson 1960): among the operations that could begin on the machine that can end an
/// operation first, before it does, any one goes next. Operations are put on machines one by one in a random order, each where it
/// ends the least load.
class ShopRandomOrder {
 public:
  explicit ShopRandomOrder(const ShopData& data) : data_(&data) {}

  /// O(N (jobs + alternatives)).
  void operator()(ShopOrder& to, Rng& rng) {
    choose_machines(to, rng);
    next_.assign(data_->first.begin(), data_->first.end());
    job_ready_.assign(next_.size(), 0);
    machine_ready_.assign(data_->machines, 0);
    to.order.clear();
    while (to.order.size() < data_->operations) {
      const std::size_t j = draw(to, rng);
      const std::uint32_t i = next_[j]++;
      const std::uint32_t a = alternative(to, i);
      const std::int32_t end = start(j, a) + data_->choice_duration[a];
      job_ready_[j] = machine_ready_[data_->choice_machine[a]] = end;
      to.order.push_back(i);
    }
  }

 private:
  [[nodiscard]] std::uint32_t alternative(const ShopOrder& order, std::uint32_t i) const {
    return data_->choice_begin[i] + (order.choice.empty() ? 0 : order.choice[i]);
  }
  [[nodiscard]] std::int32_t start(std::size_t j, std::uint32_t a) const {
    return std::max(job_ready_[j], machine_ready_[data_->choice_machine[a]]);
  }

  void choose_machines(ShopOrder& to, Rng& rng) {
    to.choice.clear();
    if (!data_->flexible) return;
    to.choice.assign(data_->nodes, 0);
    machine_ready_.assign(data_->machines, 0);
    next_.assign(data_->node.begin(), data_->node.end());
    rng.shuffle(std::span(next_));
    for (const std::uint32_t i : next_) {
      std::uint32_t best = data_->choice_begin[i];
      for (std::uint32_t a = best + 1; a < data_->choice_begin[i + 1]; ++a) {
        if (load(a) < load(best)) best = a;
      }
      machine_ready_[data_->choice_machine[best]] = load(best);
      to.choice[i] = best - data_->choice_begin[i];
    }
  }
  [[nodiscard]] std::int32_t load(std::uint32_t a) const {
    return machine_ready_[data_->choice_machine[a]] + data_->choice_duration[a];
  }

  /// A random job of the conflict set.
  std::size_t draw(const ShopOrder& order, Rng& rng) {
    std::int32_t earliest = std::numeric_limits<std::int32_t>::max();
    std::uint32_t machine = 0;
    for (std::size_t j = 0; j < next_.size(); ++j) {
      if (next_[j] > data_->last[j]) continue;
      const std::uint32_t a = alternative(order, next_[j]);
      const std::int32_t end = start(j, a) + data_->choice_duration[a];
      if (end < earliest) {
        earliest = end;
        machine = data_->choice_machine[a];
      }
    }
    std::size_t chosen = 0, ties = 0;
    for (std::size_t j = 0; j < next_.size(); ++j) {
      if (next_[j] > data_->last[j]) continue;
      const std::uint32_t a = alternative(order, next_[j]);
      if (data_->choice_machine[a] != machine || start(j, a) > earliest) continue;
      if (start(j, a) == earliest && data_->choice_duration[a] > 0 && ties > 0) continue;
      if (++ties == 1 || rng.index(ties) == 0) chosen = j;
    }
    return chosen;
  }

  const ShopData* data_;
  std::vector<std::uint32_t> next_;
  std::vector<std::int32_t> job_ready_, machine_ready_;
};

/// Walks from one schedule to another through feasible schedules: both are linear orders that agree with the jobs, and so is
/// everything that neighbouring swaps towards the other make of the first. (Peng, Lü and Cheng 2015 swap on machines and have to
/// repair; here there is nothing to repair.)
class ShopPath {
 public:
  explicit ShopPath(const ShopData& data)
      : data_(&data), rank_(data.nodes, 0), machine_(data.nodes, 0), sequence_(data.machines), where_(data.operations, 0) {}

  /// The number of pairs of operations that share a machine in `a` and are ordered differently in `b`, plus the number of
  /// operations on different machines. O(Σ sequence length²).
  std::size_t distance(const ShopOrder& a, const ShopOrder& b) {
    std::size_t different = 0;
    for (std::size_t i = 0; i < a.choice.size(); ++i) different += a.choice[i] != b.choice[i] ? 1U : 0U;
    take_guide(b);
    take_machines(a);
    return different + inversions(a);
  }

  /// Begins a path in `from` towards `to`; of the operations on different machines a share `switched` changes at once.
  void begin(const ShopOrder& from, const ShopOrder& to, double switched, Rng& rng) {
    at_ = from;
    for (std::size_t i = 0; i < at_.choice.size(); ++i) {
      if (at_.choice[i] != to.choice[i] && rng.bernoulli(switched)) at_.choice[i] = to.choice[i];
    }
    take_guide(to);
    take_machines(at_);
    length_ = inversions(at_);
    open_.clear();
    std::fill(where_.begin(), where_.end(), none);
    for (std::uint32_t r = 0; r + 1 < at_.order.size(); ++r) refresh(r);
  }

  /// Swaps on machines that the whole path has.
  [[nodiscard]] std::size_t length() const { return length_; }

  /// Walks until `steps` more pairs on machines are swapped, or the end is reached.
  void walk(std::size_t steps, Rng& rng) {
    while (steps > 0 && !open_.empty()) {
      const std::uint32_t r = open_[rng.index(open_.size())];
      std::uint32_t &a = at_.order[r], &b = at_.order[r + 1];
      if (machine_[a] == machine_[b]) --steps;
      std::swap(a, b);
      if (r > 0) refresh(r - 1);
      refresh(r);
      if (r + 2 < at_.order.size()) refresh(r + 1);
    }
  }

  /// Where the path has come to; its makespan is not known.
  [[nodiscard]] const ShopOrder& at() const { return at_; }

 private:
  static constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();

  void take_guide(const ShopOrder& to) {
    for (std::uint32_t r = 0; r < to.order.size(); ++r) rank_[to.order[r]] = r;
  }
  void take_machines(const ShopOrder& of) {
    for (const std::uint32_t i : of.order) {
      machine_[i] = data_->choice_machine[data_->choice_begin[i] + (of.choice.empty() ? 0 : of.choice[i])];
    }
  }
  std::size_t inversions(const ShopOrder& of) {
    for (auto& line : sequence_) line.clear();
    std::size_t count = 0;
    for (const std::uint32_t i : of.order) {
      auto& line = sequence_[machine_[i]];
      for (const std::uint32_t before : line) count += before > rank_[i] ? 1U : 0U;
      line.push_back(rank_[i]);
    }
    return count;
  }
  /// Notes whether the nodes at `r` and `r + 1` are still the wrong way round.
  void refresh(std::uint32_t r) {
    const bool wrong = rank_[at_.order[r]] > rank_[at_.order[r + 1]];
    if (wrong == (where_[r] != none)) return;
    if (wrong) {
      where_[r] = static_cast<std::uint32_t>(open_.size());
      open_.push_back(r);
    } else {
      open_[where_[r]] = open_.back();
      where_[open_.back()] = where_[r];
      open_.pop_back();
      where_[r] = none;
    }
  }

  const ShopData* data_;
  ShopOrder at_;
  std::vector<std::uint32_t> rank_, machine_;
  std::vector<std::vector<std::uint32_t>> sequence_;
  std::vector<std::uint32_t> open_, where_;  ///< ranks to swap at, and where in that list each is
  std::size_t length_ = 0;
};

}  // namespace kilter::schedule::detail
