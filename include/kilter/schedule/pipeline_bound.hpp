#pragma once
/// @file
/// How short a pipeline's step can be at best: what each device has to do, wait for and hold.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "kilter/schedule/pipeline.hpp"
#include "kilter/schedule/pipeline_timing.hpp"

namespace kilter::schedule::detail {

/// Bounds of one device. Time is counted from the device's first forward pass; `head_` before and `tail_` after belong to others.
class PipelineDeviceBound {
 public:
  PipelineDeviceBound(const PipelineLetters& letters, std::size_t device)
      : p_(letters), d_(device), m_(static_cast<Time>(letters.microbatches)) {
    const std::size_t first = part(0), last = part(p_.chunks - 1);
    for (std::size_t k = 0; k < first; ++k) head_ += p_.duration[3 * k] + p_.lag[3 * (k + 1)];
    for (std::size_t k = first; k-- > 0;) tail_ += p_.lag[3 * k + 1] + p_.duration[3 * k + 1];
    tail_ = std::max(tail_ + p_.duration[2], p_.duration[3 * first + 2]);
    if (!p_.barrier) {
      head_ = 0;
      tail_ = p_.duration[3 * first + 2];
    }
    for (std::size_t k = first; k < last; ++k) round_ += p_.duration[3 * k] + p_.lag[3 * (k + 1)];
    round_ += p_.duration[3 * last] + trip(last);  // until the first gradient can arrive
    for (std::size_t c = 0; c < p_.chunks; ++c) {
      for (std::size_t kind = 0; kind < 3; ++kind) work_[kind] += m_ * p_.duration[3 * part(c) + kind];
    }
  }

  [[nodiscard]] Time value() const {
    const Time ready = std::max<Time>(0, round_ - most(0));  // not even forward passes fill the wait for the first gradient
    const Time late = std::max<Time>(0, work_[2] - most(2));
    const Time all = head_ + ready + work_[0] + work_[1] + work_[2];
    const Time chain = head_ + ready + work_[0] + work_[1] + late + tail_;
    return std::max({all, chain, p_.chunks == 1 ? slots() : energy()});
  }

 private:
  [[nodiscard]] std::size_t part(std::size_t chunk) const { return p_.own_letters(d_)[3 * chunk] / 3; }
  [[nodiscard]] PipelineMemory activation(std::size_t part) const { return p_.rise[3 * part]; }
  [[nodiscard]] PipelineMemory weight_gradient(std::size_t part) const { return -p_.change[3 * part + 2]; }

  /// From the end of a part's forward pass to its gradient's arrival.
  [[nodiscard]] Time trip(std::size_t part) const {
    Time sum = 0;
    for (std::size_t k = part + 1; k < p_.letters() / 3; ++k) {
      sum += p_.lag[3 * k] + p_.duration[3 * k] + p_.duration[3 * k + 1] + p_.lag[3 * (k - 1) + 1];
    }
    return sum;
  }

  /// The longest time of forward passes (0) whose activations, or of weights' gradients (2) whose remains fit at once: the linear
  /// relaxation, by time per memory.
  [[nodiscard]] Time most(std::size_t kind) const {
    struct Item {
      Time time;
      PipelineMemory memory;
    };
    std::vector<Item> items;
    for (std::size_t c = 0; c < p_.chunks; ++c) {
      items.push_back({p_.duration[3 * part(c) + kind], kind == 0 ? activation(part(c)) : weight_gradient(part(c))});
    }
    std::sort(items.begin(), items.end(), [](const Item& a, const Item& b) { return a.time * b.memory > b.time * a.memory; });
    PipelineMemory left = p_.limit[d_];
    Time sum = 0;
    for (const Item& item : items) {
      const Time fit = item.memory == 0 ? m_ : std::min<Time>(m_, left / item.memory);
      sum += fit * item.time;
      left -= fit * item.memory;
      if (fit == m_) continue;
      if (p_.chunks > 1) {  // the next one by its share, rounded up
        sum += static_cast<Time>(static_cast<double>(item.time) * static_cast<double>(left) / static_cast<double>(item.memory)) + 1;
      }
      break;
    }
    return sum;
  }

  /// One chunk: at most K micro-batches are held at once, so the K-th next begins only when one has come back. Where one more does
  /// not fit beside what is kept for the weights' gradient, that too has to be done.
  [[nodiscard]] Time slots() const {
    const std::size_t k = part(0);
    const PipelineMemory a = activation(k), g = weight_gradient(k);
    const PipelineMemory limit = p_.limit[d_] - std::max<PipelineMemory>(0, g - a);
    if (a == 0 || limit / a >= m_) return 0;
    const Time slots = limit / a;
    const Time turns = (m_ + slots - 1) / slots, before = (m_ - 1) % slots;
    const Time out = p_.duration[3 * k] + trip(k) + p_.duration[3 * k + 1];
    const Time hold = out + (slots * a + g > p_.limit[d_] ? p_.duration[3 * k + 2] : 0);
    return head_ + before * p_.duration[3 * k] + (turns - 1) * hold + out + tail_;
  }

  /// Several chunks: memory × time that all micro-batches need, over the memory there is.
  [[nodiscard]] Time energy() const {
    if (p_.limit[d_] == std::numeric_limits<PipelineMemory>::max() || p_.limit[d_] == 0) return 0;
    double sum = 0;
    for (std::size_t c = 0; c < p_.chunks; ++c) {
      const std::size_t k = part(c);
      sum += static_cast<double>(activation(k)) * static_cast<double>(p_.duration[3 * k] + trip(k) + p_.duration[3 * k + 1]);
    }
    const double time = sum * static_cast<double>(m_) / static_cast<double>(p_.limit[d_]);
    return head_ + static_cast<Time>(time * (1 - 1e-12)) + tail_;
  }

  const PipelineLetters& p_;
  std::size_t d_;
  Time m_, head_ = 0, tail_ = 0, round_ = 0;
  Time work_[3] = {0, 0, 0};
};

/// No schedule has a smaller makespan. O(parts²).
inline Time pipeline_bound(const PipelineLetters& letters) {
  Time bound = 0;
  for (std::size_t d = 0; d < letters.devices; ++d) bound = std::max(bound, PipelineDeviceBound{letters, d}.value());
  return bound;
}

}  // namespace kilter::schedule::detail
