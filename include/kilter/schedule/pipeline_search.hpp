#pragma once
/// @file
/// Betters a pipeline's step: simulated annealing over the devices' words with moves on the critical path, and rebuilding of the
/// rest of a step from a moment on.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "kilter/core/rng.hpp"
#include "kilter/schedule/pipeline_greedy.hpp"
#include "kilter/schedule/pipeline_timing.hpp"

namespace kilter::schedule::detail {

/// One searcher. What it does depends on its stream of random numbers alone.
class PipelineLane {
 public:
  PipelineLane(const PipelineLetters& letters, Rng rng)
      : p_(letters), rng_(rng), now_(letters), trial_(letters), builder_(letters), count_(letters.letters()) {
    Time sum = 0;
    for (const Time t : letters.duration) sum += t;
    unit_ = std::max(static_cast<double>(sum) / static_cast<double>(letters.letters()), 1e-9);
  }

  [[nodiscard]] Time cost() const { return cost_; }
  [[nodiscard]] const PipelineWords& words() const { return words_; }
  [[nodiscard]] Time best_cost() const { return best_cost_; }
  [[nodiscard]] const PipelineWords& best() const { return best_; }
  [[nodiscard]] std::size_t evaluations() const { return evaluations_; }

  /// Goes on from other words, which must fit and must not be dead ends.
  void restart(const PipelineWords& words) {
    words_ = words;
    cost_ = now_.run(words_);
    ++evaluations_;
    stale_ = true;
    note();
  }

  /// Builds `count` steps by rules drawn at random, the first of them by the plain ones, and goes on from the best.
  void build(std::size_t count, bool plain) {
    Time best = std::numeric_limits<Time>::max();
    for (std::size_t i = 0; i < count; ++i) {
      const PipelineStyle style = plain && i == 0 ? plain_style() : random_style();
      if (!builder_.run(style, rng_, draft_)) continue;
      const Time cost = trial_.run(draft_, best);
      ++evaluations_;
      if (cost < 0 || cost >= best) continue;
      best = cost;
      kept_ = draft_;
    }
    if (best == std::numeric_limits<Time>::max()) return;
    restart(kept_);
  }

  /// Anneals for so many moves, from warm to cold, and ends early once `target` is reached.
  void anneal(std::size_t moves, double warm, double cold, Time target, const auto& stopped) {
    const double cooling = std::pow(cold / warm, 1 / static_cast<double>(std::max<std::size_t>(moves, 1)));
    double heat = warm * unit_;
    for (std::size_t i = 0; i < moves && best_cost_ > target; ++i, heat *= cooling) {
      if (i % 256 == 255 && stopped()) return;
      const Time limit = cost_ + static_cast<Time>(-heat * std::log(1 - rng_.uniform()));
      if (rng_.index(64) == 0) {
        rebuild(limit);
      } else {
        move(limit);
      }
    }
  }

 private:
  [[nodiscard]] PipelineStyle plain_style() const { return {.depth = pipeline_depths(p_, 1)}; }
  PipelineStyle random_style() {
    PipelineStyle style{.depth = pipeline_depths(p_, rng_.uniform(0.3, 3)), .deep_first = rng_.bernoulli(0.5)};
    for (Time& wait : style.wait) wait = rng_.bernoulli(0.5) ? 0 : static_cast<Time>(rng_.uniform() * unit_ * 1.2);
    style.whim = rng_.bernoulli(0.5) ? 0 : rng_.uniform(0, 0.1);
    return style;
  }

  void note() {
    if (cost_ >= best_cost_) return;
    best_cost_ = cost_;
    best_ = words_;
  }
  void accept(Time cost) {
    std::swap(now_, trial_);
    cost_ = cost;
    stale_ = true;
    note();
  }

  /// Keeps what begins before a moment and builds the rest anew.
  void rebuild(Time limit) {
    const Time moment = static_cast<Time>(rng_.uniform() * static_cast<double>(cost_));
    draft_ = words_;
    if (!builder_.run(random_style(), rng_, draft_, &now_, moment)) return;
    const Time cost = trial_.run(draft_, limit);
    ++evaluations_;
    if (cost < 0) return;
    std::swap(words_, draft_);
    accept(cost);
  }

  /// Moves one letter of a device's word to another place.
  void move(Time limit) {
    if (stale_ || ++refused_ % 32 == 0) trace();
    if (critical_.empty()) return;
    const std::size_t from = critical_[rng_.index(critical_.size())];
    const std::size_t to = destination(from);
    if (to == from) return;
    shift(from, to);
    Time cost = -1;
    if (row_fits(from / p_.row())) {
      cost = trial_.run(words_, limit);
      ++evaluations_;
    }
    if (cost < 0) {
      shift(to, from);
    } else {
      accept(cost);
    }
  }

  void shift(std::size_t from, std::size_t to) {
    const auto at = [&](std::size_t i) { return words_.begin() + static_cast<std::ptrdiff_t>(i); };
    if (from < to) {
      std::rotate(at(from), at(from) + 1, at(to) + 1);
    } else {
      std::rotate(at(to), at(from), at(from) + 1);
    }
  }

  /// Over the next letter that is another one, or out of the critical block and perhaps some places further.
  std::size_t destination(std::size_t from) {
    const std::size_t first = from / p_.row() * p_.row(), last = first + p_.row() - 1;
    const bool right = rng_.bernoulli(0.5), near = rng_.bernoulli(0.5);
    std::size_t to = from, further = near ? 0 : rng_.index(6);
    bool left_block = near;
    while (right ? to < last : to > first) {
      const std::size_t next = right ? to + 1 : to - 1;
      const bool other = words_[next] != words_[from];
      const std::size_t earlier = right ? to : next;
      left_block = left_block || now_.end(earlier, words_) < now_.start(earlier + 1);
      to = next;
      if (!other) continue;
      if (near) break;
      if (left_block && further-- == 0) break;
    }
    return to;
  }

  /// Whether a device's word keeps the order of kinds and the memory limit.
  bool row_fits(std::size_t d) {
    for (std::size_t i = 0; i < 3 * p_.chunks; ++i) count_[p_.own_letters(d)[i]] = 0;
    PipelineMemory held = 0;
    for (std::size_t i = d * p_.row(); i < (d + 1) * p_.row(); ++i) {
      const std::uint32_t letter = words_[i];
      if (held + p_.rise[letter] > p_.limit[d]) return false;
      held += p_.change[letter];
      if (letter % 3 != 0 && count_[letter - 1] <= count_[letter]) return false;
      ++count_[letter];
    }
    return true;
  }

  /// A critical path, chosen at random where there are several: the positions on it that have a neighbour on their device there.
  void trace() {
    stale_ = false;
    critical_.clear();
    std::size_t at = last();
    while (true) {
      const std::size_t first = at / p_.row() * p_.row();
      const std::uint32_t letter = words_[at], before = p_.predecessor[letter];
      const bool device = at > first && now_.end(at - 1, words_) == now_.start(at);
      std::size_t chain = at;
      if (before != pipeline_none) {
        const std::size_t from = now_.where(before, now_.rank(at));
        if (now_.end(from, words_) + p_.lag[letter] == now_.start(at)) chain = from;
      }
      if (!device && chain == at) break;
      if (device && (chain == at || rng_.bernoulli(0.5))) {
        if (critical_.empty() || critical_.back() != at) critical_.push_back(at);
        critical_.push_back(--at);
      } else {
        at = chain;
      }
    }
    if (!p_.barrier) {  // its own word holds it up as well
      for (std::size_t i = 0; i < p_.row(); ++i) critical_.push_back(last_device_ * p_.row() + i);
    }
  }

  /// The last position of the device that decides the makespan.
  std::size_t last() {
    Time most = -1;
    std::size_t ties = 0;
    for (std::size_t d = 0; d < p_.devices; ++d) {
      const Time span = now_.finish(d) - (p_.barrier ? 0 : now_.start(d * p_.row()));
      ties = span == most ? ties + 1 : 1;
      if (span < most || (span == most && rng_.index(ties) != 0)) continue;
      most = span;
      last_device_ = d;
    }
    return (last_device_ + 1) * p_.row() - 1;
  }

  const PipelineLetters& p_;
  Rng rng_;
  PipelineTimer now_, trial_;
  PipelineBuilder builder_;
  PipelineWords words_, best_, draft_, kept_;
  Time cost_ = std::numeric_limits<Time>::max(), best_cost_ = cost_;
  double unit_ = 1;
  std::vector<std::size_t> critical_;
  std::vector<std::uint32_t> count_;
  std::size_t last_device_ = 0, refused_ = 0, evaluations_ = 0;
  bool stale_ = true;
};

}  // namespace kilter::schedule::detail
