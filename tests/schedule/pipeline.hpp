#pragma once
// Pipelines for the tests, and the shortest step of tiny ones by trying everything.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "catch.hpp"
#include "kilter/core/rng.hpp"
#include "kilter/schedule/pipeline_validate.hpp"

namespace kilter::test {

/// Between one stage and `stages`, uneven or not, with links, chunks, both placements, and memory for one to all micro-batches.
inline schedule::Pipeline random_pipeline(std::size_t stages, std::size_t microbatches, std::size_t chunks, std::uint64_t seed) {
  Rng rng{seed};
  const auto draw = [&](std::size_t low, std::size_t high) { return static_cast<std::int64_t>(low + rng.index(high - low + 1)); };
  schedule::Pipeline out{.name = "random " + std::to_string(seed),
                         .stages = 1 + rng.index(stages),
                         .microbatches = 1 + rng.index(microbatches),
                         .chunks = 1 + rng.index(chunks)};
  if (rng.bernoulli(0.5)) out.placement = schedule::PipelinePlacement::wave;
  out.link_time = draw(0, 3);
  out.barrier = rng.bernoulli(0.7);
  const bool even = rng.bernoulli(0.4);
  for (std::size_t k = 0; k < out.stages * out.chunks; ++k) {
    out.parts.push_back(even && k > 0 ? out.parts[0]
                                      : schedule::PipelineStage{draw(0, 9), draw(1, 9), draw(0, 9), draw(1, 4), draw(0, 5)});
  }
  if (rng.bernoulli(0.2)) return out;
  for (std::size_t d = 0; d < out.stages; ++d) {
    schedule::PipelineMemory one = 0;
    for (std::size_t c = 0; c < out.chunks; ++c) {
      const auto& part = out.parts[schedule::pipeline_part(out, d, c)];
      one += std::max(part.activation, part.weight_gradient);
    }
    out.memory_limit.push_back(one * draw(1, out.microbatches + 1));
  }
  return out;
}

/// Valid, with what is wrong as the message.
inline void require_valid(const schedule::Pipeline& pipeline, const schedule::PipelineSchedule& found) {
  for (const auto& fault : schedule::validate(pipeline, found)) FAIL(pipeline.name << ": " << fault);
}

/// The least makespan of a tiny pipeline with a barrier, by depth-first search over everything that could be begun next in order of
/// time: each device either does one of what is ready or waits for it. Shares nothing with the library's search.
class BruteForce {
 public:
  explicit BruteForce(const schedule::Pipeline& pipeline) : p_(pipeline), parts_(pipeline.parts.size()) {
    end_.assign(parts_ * p_.microbatches * 3, unset);
    free_.assign(p_.stages, 0);
    held_.assign(p_.stages, 0);
  }
  /// Looks for makespans below `upper` alone; `upper` where there are none.
  schedule::Time run(schedule::Time upper = std::numeric_limits<schedule::Time>::max()) {
    best_ = upper;
    extend(0, 0);
    return best_;
  }

 private:
  static constexpr schedule::Time unset = -1;
  schedule::Time& end(std::size_t part, std::size_t j, std::size_t kind) { return end_[(part * p_.microbatches + j) * 3 + kind]; }

  /// The earliest start; −1 while something it waits for is not there.
  schedule::Time ready(std::size_t part, std::size_t j, std::size_t kind) {
    const std::size_t d = schedule::pipeline_device(p_, part);
    schedule::Time at = free_[d];
    bool known = true;
    const auto wait = [&](std::size_t other, std::size_t before) {
      const schedule::Time t = end(other, j, before);
      known = known && t != unset;
      at = std::max(at, t + (schedule::pipeline_device(p_, other) == d ? 0 : p_.link_time));
    };
    if (kind == 0 && part > 0) wait(part - 1, 0);
    if (kind == 1) wait(part, 0);
    if (kind == 1 && part + 1 < parts_) wait(part + 1, 1);
    if (kind == 2) wait(part, 1);
    return known ? at : unset;
  }

  /// Schedules one more thing, none before `moment`: every schedule of earliest starts is reached in the order of its starts.
  void extend(std::size_t done, schedule::Time moment) {
    if (done == end_.size()) {
      best_ = std::min(best_, *std::max_element(free_.begin(), free_.end()));
      return;
    }
    for (std::size_t part = 0; part < parts_; ++part) {
      for (std::size_t kind = 0; kind < 3; ++kind) {
        std::size_t j = 0;  // micro-batches are alike: the first that has not
        while (j < p_.microbatches && end(part, j, kind) != unset) ++j;
        if (j < p_.microbatches) attempt(part, j, kind, done, moment);
      }
    }
  }
  void attempt(std::size_t part, std::size_t j, std::size_t kind, std::size_t done, schedule::Time moment) {
    const schedule::Time start = ready(part, j, kind);
    const std::size_t d = schedule::pipeline_device(p_, part);
    const auto& stage = p_.parts[part];
    if (start == unset || start < moment || start + rest(d) >= best_) return;
    const auto change = kind == 0   ? stage.activation
                        : kind == 1 ? stage.weight_gradient - stage.activation
                                    : -stage.weight_gradient;
    if (!p_.memory_limit.empty() && held_[d] + std::max<std::int64_t>(change, 0) > p_.memory_limit[d]) return;
    const schedule::Time free = free_[d];
    free_[d] = end(part, j, kind) = start + schedule::duration(stage, static_cast<schedule::PipelineKind>(kind));
    held_[d] += change;
    extend(done + 1, start);
    held_[d] -= change;
    free_[d] = free;
    end(part, j, kind) = unset;
  }
  /// What a device has still to do.
  schedule::Time rest(std::size_t d) {
    schedule::Time sum = 0;
    for (std::size_t c = 0; c < p_.chunks; ++c) {
      const std::size_t part = schedule::pipeline_part(p_, d, c);
      for (std::size_t j = 0; j < p_.microbatches; ++j) {
        for (std::size_t kind = 0; kind < 3; ++kind) {
          if (end(part, j, kind) == unset) sum += schedule::duration(p_.parts[part], static_cast<schedule::PipelineKind>(kind));
        }
      }
    }
    return sum;
  }

  const schedule::Pipeline& p_;
  std::size_t parts_;
  std::vector<schedule::Time> end_, free_;
  std::vector<schedule::PipelineMemory> held_;
  schedule::Time best_ = std::numeric_limits<schedule::Time>::max();
};

}  // namespace kilter::test
