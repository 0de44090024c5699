#pragma once
/// @file
/// The order in which the devices of a pipeline do things, as words over letters, and how long a step then takes.
///
/// All micro-batches are alike, so what counts is which letter (part of the model and kind) a device does next: the k-th time it is
/// done is for the k-th micro-batch. No schedule is lost by that: where letters are done in another order of micro-batches, the
/// k-th start of a letter still comes after the k-th end of what it waits for, and memory depends on counts alone.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "kilter/schedule/pipeline.hpp"

namespace kilter::schedule::detail {

inline constexpr std::uint32_t pipeline_none = std::numeric_limits<std::uint32_t>::max();

/// The letters of a pipeline, in flat arrays: letter 3·part + kind. `fused` makes the gradient of a part's input leave only when
/// the gradient of its weights is there too, as frameworks do that do not split the backward pass.
struct PipelineLetters {
  std::size_t devices = 0, microbatches = 0, chunks = 0;
  bool barrier = true;
  std::vector<Time> duration{}, lag{};
  std::vector<std::uint32_t> predecessor{};  ///< the letter waited for; `pipeline_none` for the first
  std::vector<std::uint32_t> device{};
  std::vector<PipelineMemory> rise{}, change{};  ///< memory taken at the start; held more after the end
  std::vector<PipelineMemory> limit{};           ///< per device
  std::vector<std::uint32_t> own{};              ///< per device, its letters by chunk and kind

  [[nodiscard]] std::size_t letters() const { return duration.size(); }
  [[nodiscard]] std::size_t row() const { return 3 * chunks * microbatches; }  ///< of a device's word
  [[nodiscard]] std::size_t size() const { return devices * row(); }
  [[nodiscard]] const std::uint32_t* own_letters(std::size_t d) const { return own.data() + d * 3 * chunks; }
};

/// What letter 3·part + kind waits for.
inline std::uint32_t pipeline_predecessor(std::size_t parts, std::size_t part, std::size_t kind, bool fused) {
  if (kind == 0) return part == 0 ? pipeline_none : static_cast<std::uint32_t>(3 * (part - 1));
  if (kind == 2) return static_cast<std::uint32_t>(3 * part + 1);
  return static_cast<std::uint32_t>(part + 1 == parts ? 3 * part : 3 * (part + 1) + (fused ? 2 : 1));
}

inline PipelineLetters pipeline_letters(const Pipeline& pipeline, bool fused = false) {
  PipelineLetters out{
      .devices = pipeline.stages, .microbatches = pipeline.microbatches, .chunks = pipeline.chunks, .barrier = pipeline.barrier};
  const std::size_t parts = pipeline.parts.size();
  for (std::size_t part = 0; part < parts; ++part) {
    const PipelineStage& stage = pipeline.parts[part];
    const auto device = static_cast<std::uint32_t>(pipeline_device(pipeline, part));
    for (std::size_t kind = 0; kind < 3; ++kind) {
      const std::uint32_t before = pipeline_predecessor(parts, part, kind, fused);
      const bool sent = before != pipeline_none && pipeline_device(pipeline, before / 3) != device;
      out.duration.push_back(duration(stage, static_cast<PipelineKind>(kind)));
      out.predecessor.push_back(before);
      out.lag.push_back(sent ? pipeline.link_time : 0);
      out.device.push_back(device);
    }
    const PipelineMemory change = stage.weight_gradient - stage.activation;
    out.rise.insert(out.rise.end(), {stage.activation, std::max<PipelineMemory>(0, change), 0});
    out.change.insert(out.change.end(), {stage.activation, change, -stage.weight_gradient});
  }
  out.limit = pipeline.memory_limit;
  if (out.limit.empty()) out.limit.assign(pipeline.stages, std::numeric_limits<PipelineMemory>::max());
  for (std::size_t d = 0; d < pipeline.stages; ++d) {
    for (std::size_t c = 0; c < pipeline.chunks; ++c) {
      for (std::size_t kind = 0; kind < 3; ++kind) {
        out.own.push_back(static_cast<std::uint32_t>(3 * pipeline_part(pipeline, d, c) + kind));
      }
    }
  }
  return out;
}

/// A word per device, one after another in a flat row.
using PipelineWords = std::vector<std::uint32_t>;

/// Times words: every letter as early as its device and what it waits for let it. Reused from word to word without allocation.
class PipelineTimer {
 public:
  explicit PipelineTimer(const PipelineLetters& letters)
      : letters_(&letters),
        count_(letters.letters()),
        at_(letters.devices),
        free_(letters.devices),
        left_(letters.devices),
        start_(letters.size()),
        where_(letters.size()),
        rank_(letters.size()) {
    work_.assign(letters.devices, 0);
    for (std::size_t l = 0; l < letters.letters(); ++l) {
      work_[letters.device[l]] += letters.duration[l] * static_cast<Time>(letters.microbatches);
    }
  }

  /// The makespan; −1 where letters wait for each other in a circle, or where it is seen that the makespan exceeds `limit`.
  Time run(const PipelineWords& words, Time limit = std::numeric_limits<Time>::max()) {
    begin();
    if (!forward(words, letters_->barrier ? limit : std::numeric_limits<Time>::max())) return -1;
    const Time last = *std::max_element(free_.begin(), free_.end());
    if (letters_->barrier) return last;
    const Time span = settle(words);
    return span <= limit ? span : -1;
  }

  [[nodiscard]] Time start(std::size_t position) const { return start_[position]; }
  [[nodiscard]] Time end(std::size_t position, const PipelineWords& words) const {
    return start_[position] + letters_->duration[words[position]];
  }
  /// Where the `k`-th of a letter stands.
  [[nodiscard]] std::uint32_t where(std::uint32_t letter, std::size_t k) const {
    return where_[letter * letters_->microbatches + k];
  }
  /// For which micro-batch the letter at a position is done.
  [[nodiscard]] std::uint32_t rank(std::size_t position) const { return rank_[position]; }
  /// When a device has done everything.
  [[nodiscard]] Time finish(std::size_t device) const { return free_[device]; }

 private:
  void begin() {
    std::fill(count_.begin(), count_.end(), 0U);
    std::fill(free_.begin(), free_.end(), Time{0});
    for (std::size_t d = 0; d < at_.size(); ++d) at_[d] = d * letters_->row();
    left_ = work_;
  }

  /// Sweeps over the devices, down and up in turn because forward passes go down and backward passes up, each going on until it has
  /// to wait.
  bool forward(const PipelineWords& words, Time limit) {
    const std::size_t devices = letters_->devices;
    std::size_t done = 0;
    for (bool down = true;; down = !down) {
      const std::size_t before = done;
      for (std::size_t i = 0; i < devices; ++i) {
        const std::size_t moved = advance(words, down ? i : devices - 1 - i, limit);
        if (moved == npos_) return false;
        done += moved;
      }
      if (done == letters_->size()) return true;
      if (done == before) return false;
    }
  }

  std::size_t advance(const PipelineWords& words, std::size_t d, Time limit) {
    const PipelineLetters& p = *letters_;
    const std::size_t m = p.microbatches, begin = at_[d], last = (d + 1) * p.row();
    std::size_t at = begin;
    Time free = free_[d], left = left_[d];
    for (; at < last; ++at) {
      const std::uint32_t letter = words[at], before = p.predecessor[letter];
      const std::uint32_t k = count_[letter];
      Time start = free;
      if (before != pipeline_none) {
        if (count_[before] <= k) break;
        const std::uint32_t from = where_[before * m + k];
        start = std::max(start, start_[from] + p.duration[before] + p.lag[letter]);
      }
      start_[at] = start;
      where_[letter * m + k] = static_cast<std::uint32_t>(at);
      rank_[at] = k;
      count_[letter] = k + 1;
      if (start + left > limit) return npos_;
      free = start + p.duration[letter];
      left -= p.duration[letter];
    }
    at_[d] = at;
    free_[d] = free;
    left_[d] = left;
    return at - begin;
  }

  /// Without a barrier: starts every device as late as the ends allow, and returns the longest span. The ends stay as they are.
  Time settle(const PipelineWords& words) {
    const PipelineLetters& p = *letters_;
    const std::size_t row = p.row();
    const std::vector<Time> ends = free_;
    std::vector<Time> latest(p.devices);
    late_.resize(p.size());
    back(words, ends);
    Time span = 0;
    for (std::size_t d = 0; d < p.devices; ++d) {
      latest[d] = late_[d * row];
      span = std::max(span, ends[d] - latest[d]);
    }
    begin();
    free_ = latest;
    forward(words, std::numeric_limits<Time>::max());
    return span;
  }

  /// The latest starts that leave the ends of the devices as they are: positions in the opposite order of their starts.
  void back(const PipelineWords& words, const std::vector<Time>& ends) {
    const PipelineLetters& p = *letters_;
    const std::size_t m = p.microbatches, row = p.row();
    successor_.assign(p.letters(), pipeline_none);
    second_.assign(p.letters(), pipeline_none);
    for (std::uint32_t l = 0; l < p.letters(); ++l) {
      const std::uint32_t before = p.predecessor[l];
      if (before == pipeline_none) continue;
      (successor_[before] == pipeline_none ? successor_ : second_)[before] = l;
    }
    std::vector<std::uint32_t> left(p.letters(), static_cast<std::uint32_t>(m));
    std::vector<std::size_t> at(p.devices);
    for (std::size_t d = 0; d < p.devices; ++d) at[d] = (d + 1) * row;
    for (std::size_t done = 0; done < p.size();) {
      for (std::size_t d = 0; d < p.devices; ++d) {
        for (; at[d] > d * row; --at[d], ++done) {
          const std::size_t position = at[d] - 1;
          const std::uint32_t letter = words[position], k = left[letter] - 1;
          Time end = position + 1 == (d + 1) * row ? ends[d] : late_[position + 1];
          bool known = true;
          for (const std::uint32_t next : {successor_[letter], second_[letter]}) {
            if (next == pipeline_none) continue;
            known = known && left[next] <= k;
            if (known) end = std::min(end, late_[where_[next * m + k]] - p.lag[next]);
          }
          if (!known) break;
          late_[position] = end - p.duration[letter];
          left[letter] = k;
        }
      }
    }
  }

  static constexpr std::size_t npos_ = static_cast<std::size_t>(-1);

  const PipelineLetters* letters_;
  std::vector<std::uint32_t> count_;
  std::vector<std::size_t> at_;
  std::vector<Time> free_, left_, work_;
  std::vector<Time> start_;
  std::vector<std::uint32_t> where_;  ///< per letter and micro-batch, a position
  std::vector<std::uint32_t> rank_;   ///< per position
  std::vector<Time> late_;
  std::vector<std::uint32_t> successor_, second_;
};

/// Whether the words keep each device within its memory limit.
inline bool pipeline_fits(const PipelineLetters& letters, const PipelineWords& words) {
  for (std::size_t d = 0; d < letters.devices; ++d) {
    PipelineMemory held = 0;
    for (std::size_t i = d * letters.row(); i < (d + 1) * letters.row(); ++i) {
      if (held + letters.rise[words[i]] > letters.limit[d]) return false;
      held += letters.change[words[i]];
    }
  }
  return true;
}

/// The schedule that a timer has found for words.
inline PipelineSchedule pipeline_schedule(const Pipeline& pipeline, const PipelineLetters& letters, const PipelineWords& words,
                                          const PipelineTimer& timer, Time makespan) {
  PipelineSchedule out;
  out.makespan = makespan;
  out.bubble = bubble_fraction(pipeline, makespan);
  std::vector<std::uint32_t> count(letters.letters(), 0), chunk(letters.letters(), 0);
  for (std::size_t d = 0; d < letters.devices; ++d) {
    for (std::uint32_t i = 0; i < 3 * letters.chunks; ++i) chunk[letters.own_letters(d)[i]] = i / 3;
    out.steps.emplace_back();
    PipelineMemory held = 0, peak = 0;
    for (std::size_t i = d * letters.row(); i < (d + 1) * letters.row(); ++i) {
      const std::uint32_t letter = words[i];
      out.steps.back().push_back({count[letter]++, chunk[letter], static_cast<PipelineKind>(letter % 3), timer.start(i)});
      peak = std::max(peak, held + letters.rise[letter]);
      held += letters.change[letter];
    }
    out.peak_memory.push_back(peak);
  }
  return out;
}

/// The words of a schedule: what each device does, in order of its starts.
inline PipelineWords pipeline_words(const Pipeline& pipeline, const PipelineSchedule& schedule) {
  PipelineWords out;
  for (std::size_t d = 0; d < schedule.steps.size(); ++d) {
    for (const PipelineStep& step : schedule.steps[d]) {
      out.push_back(static_cast<std::uint32_t>(3 * pipeline_part(pipeline, d, step.chunk) + static_cast<std::size_t>(step.kind)));
    }
  }
  return out;
}

}  // namespace kilter::schedule::detail
