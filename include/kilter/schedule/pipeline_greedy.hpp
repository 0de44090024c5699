#pragma once
/// @file
/// Builds a pipeline's step from its start to its end by rules with a few free parameters.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "kilter/core/rng.hpp"
#include "kilter/schedule/pipeline.hpp"
#include "kilter/schedule/pipeline_timing.hpp"

namespace kilter::schedule::detail {

/// What the builder is free in.
struct PipelineStyle {
  std::vector<std::uint32_t> depth{};  ///< per device, the most micro-batches begun and not yet back
  Time wait[3] = {0, 0, 0};  ///< how long a device waits for what is about to arrive (a forward pass, a gradient) rather than do
                             ///< something less urgent; [2] is how much longer it waits before it fills in a weight's gradient
  bool deep_first = true;    ///< later chunks' forward passes first
  double whim = 0;           ///< how often the second choice is taken
};

/// Chooses, over and over, the earliest thing that a device can do; where several are as early, the gradient of an input before a
/// forward pass before the gradient of weights (as the automatic schedules of Qi et al. 2023, section 3.1). Memory is given as a
/// banker does (Dijkstra 1965): only while every micro-batch begun could still be ended, the oldest first.
class PipelineBuilder {
 public:
  explicit PipelineBuilder(const PipelineLetters& letters)
      : p_(letters), count_(letters.letters()), held_(letters.devices), free_(letters.devices), at_(letters.devices) {
    end_.resize(letters.letters() * letters.microbatches);
    claim_.assign(letters.devices, 0);
    for (std::size_t d = 0; d < p_.devices; ++d) {
      for (std::size_t c = 0; c < p_.chunks; ++c) {
        const std::uint32_t* own = p_.own_letters(d) + 3 * c;
        claim_[d] += p_.rise[own[0]] + p_.rise[own[1]];
      }
    }
  }

  /// Words that fit; false where the rules came to a dead end, which only memory can bring about. What `kept` has timed of `words`
  /// to begin before `moment` stays.
  bool run(const PipelineStyle& style, Rng& rng, PipelineWords& words, const PipelineTimer* kept = nullptr, Time moment = 0) {
    words.resize(p_.size());
    std::fill(count_.begin(), count_.end(), 0U);
    std::fill(held_.begin(), held_.end(), PipelineMemory{0});
    std::fill(free_.begin(), free_.end(), Time{0});
    std::size_t done = 0;
    for (std::size_t d = 0; d < p_.devices; ++d) {
      at_[d] = d * p_.row();
      for (; kept != nullptr && at_[d] < (d + 1) * p_.row() && kept->start(at_[d]) < moment; ++done) {
        put(d, {words[at_[d]], kept->start(at_[d])}, words);
      }
    }
    choices_.assign(p_.devices, {});
    for (std::size_t d = 0; d < p_.devices; ++d) choices_[d] = choose(d, style, rng);
    for (; done < p_.size(); ++done) {
      std::size_t best = 0;
      for (std::size_t d = 1; d < p_.devices; ++d) {
        if (choices_[d].start < choices_[best].start) best = d;
      }
      if (choices_[best].letter == pipeline_none) return false;
      const std::uint32_t letter = choices_[best].letter;
      put(best, choices_[best], words);
      choices_[best] = choose(best, style, rng);
      for (const std::uint32_t next : {letter + 3, letter - 3, letter + 1}) refresh(best, next, letter, style, rng);
    }
    return true;
  }

 private:
  struct Choice {
    std::uint32_t letter = pipeline_none;
    Time start = std::numeric_limits<Time>::max();
  };

  /// What waits for a letter may change the choice of its device.
  void refresh(std::size_t done, std::uint32_t next, std::uint32_t letter, const PipelineStyle& style, Rng& rng) {
    if (next >= p_.letters() || p_.predecessor[next] != letter || p_.device[next] == done) return;
    choices_[p_.device[next]] = choose(p_.device[next], style, rng);
  }

  void put(std::size_t d, Choice choice, PipelineWords& words) {
    words[at_[d]++] = choice.letter;
    free_[d] = choice.start + p_.duration[choice.letter];
    end_[choice.letter * p_.microbatches + count_[choice.letter]++] = free_[d];
    held_[d] += p_.change[choice.letter];
  }

  [[nodiscard]] Choice choose(std::size_t d, const PipelineStyle& style, Rng& rng) const {
    Choice best, second;
    Time best_key = std::numeric_limits<Time>::max(), second_key = best_key;
    for (std::uint32_t i = 0; i < 3 * p_.chunks; ++i) {
      const std::uint32_t chunk = i / 3, kind = i % 3;
      const std::uint32_t letter = p_.own_letters(d)[3 * (style.deep_first ? p_.chunks - 1 - chunk : chunk) + kind];
      const Time start = ready(d, letter);
      if (start < 0 || !allowed(d, letter, style)) continue;
      // Urgency as if it could start so much earlier; ties go to backward passes.
      const Time key = 4 * (start - (kind == 2 ? -style.wait[2] : style.wait[kind])) + (kind == 1 ? 0 : kind == 0 ? 1 : 2);
      if (key < best_key) {
        second = best;
        second_key = best_key;
        best = {letter, start};
        best_key = key;
      } else if (key < second_key) {
        second = {letter, start};
        second_key = key;
      }
    }
    return style.whim > 0 && second.letter != pipeline_none && rng.bernoulli(style.whim) ? second : best;
  }

  /// The earliest start; −1 while it is not known.
  [[nodiscard]] Time ready(std::size_t d, std::uint32_t letter) const {
    const std::uint32_t k = count_[letter], before = p_.predecessor[letter];
    if (k == p_.microbatches) return -1;
    if (before == pipeline_none) return free_[d];
    if (count_[before] <= k) return -1;
    return std::max(free_[d], end_[before * p_.microbatches + k] + p_.lag[letter]);
  }

  [[nodiscard]] bool allowed(std::size_t d, std::uint32_t letter, const PipelineStyle& style) const {
    const std::uint32_t* own = p_.own_letters(d);
    if (letter == own[0] && count_[own[0]] - count_[own[1]] >= style.depth[d]) return false;
    if (p_.rise[letter] == 0) return true;
    if (p_.limit[d] == std::numeric_limits<PipelineMemory>::max()) return true;
    const PipelineMemory after = held_[d] + p_.rise[letter];
    if (after > p_.limit[d]) return false;
    return after + claim_[d] <= p_.limit[d] || safe(d, letter);
  }

  /// Whether all micro-batches begun could be ended, one after another, once the letter is done.
  [[nodiscard]] bool safe(std::size_t d, std::uint32_t letter) const {
    const std::uint32_t* own = p_.own_letters(d);
    const auto done = [&](std::uint32_t l) { return count_[l] + (l == letter ? 1U : 0U); };
    PipelineMemory held = held_[d] + p_.change[letter];
    for (std::uint32_t j = done(own[2]); j < done(own[0]); ++j) {
      for (std::size_t c = 0; c < p_.chunks; ++c) {
        if (done(own[3 * c]) > j) continue;
        held += p_.rise[own[3 * c]];
        if (held > p_.limit[d]) return false;
      }
      for (std::size_t c = p_.chunks; c-- > 0;) {
        if (done(own[3 * c + 1]) <= j) {
          if (held + p_.rise[own[3 * c + 1]] > p_.limit[d]) return false;
          held += p_.change[own[3 * c + 1]];
        }
        if (done(own[3 * c + 2]) <= j) held += p_.change[own[3 * c + 2]];
      }
    }
    return true;
  }

  const PipelineLetters& p_;
  std::vector<std::uint32_t> count_;
  std::vector<PipelineMemory> held_, claim_;
  std::vector<Time> free_, end_;
  std::vector<std::size_t> at_;
  std::vector<Choice> choices_;
};

/// How many micro-batches a device has to have begun to be busy until the first comes back, `reach` times over.
inline std::vector<std::uint32_t> pipeline_depths(const PipelineLetters& letters, double reach) {
  std::vector<std::uint32_t> out;
  double cycle = 1;
  for (std::size_t d = 0; d < letters.devices; ++d) {
    double sum = 0;
    for (std::size_t i = 0; i < 3 * letters.chunks; ++i) sum += static_cast<double>(letters.duration[letters.own_letters(d)[i]]);
    cycle = std::max(cycle, sum);
  }
  for (std::size_t d = 0; d < letters.devices; ++d) {
    double trip = 0;
    for (std::size_t k = letters.own_letters(d)[0] / 3 + 1; k < letters.letters() / 3; ++k) {
      trip += static_cast<double>(letters.lag[3 * k] + letters.duration[3 * k] + letters.duration[3 * k + 1] +
                                  letters.lag[3 * (k - 1) + 1]);
    }
    const double depth = std::min(1 + reach * trip / cycle, static_cast<double>(letters.microbatches));
    out.push_back(static_cast<std::uint32_t>(depth + 0.999));
  }
  return out;
}

}  // namespace kilter::schedule::detail
