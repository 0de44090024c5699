#pragma once
/// @file
/// One training step of a pipeline-parallel model as a small shop: the instance, its schedule, and `validate`, which recomputes
/// everything.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/status.hpp"
#include "kilter/core/text.hpp"
#include "kilter/schedule/time.hpp"

namespace kilter::schedule {

/// Memory in whole steps of whatever unit the instance is written in.
using PipelineMemory = std::int64_t;

/// What a device does for one micro-batch and one chunk of the model: the forward pass, the gradient of its input, the gradient of
/// its weights (Qi, Wan, Huang and Lin 2023, "Zero bubble pipeline parallelism", section 2).
enum class PipelineKind : std::uint8_t { forward, backward_input, backward_weight };

/// Where the chunks of a device lie in the model: `loop`: chunk c of device d is part c·p + d (Narayanan et al. 2021); `wave`: odd
/// chunks run from the last device to the first, so that the model's last part lies beside its first (Qi et al. 2024).
enum class PipelinePlacement : std::uint8_t { loop, wave };

/// One part of the model. A framework that does not split the backward pass has all of it in `backward_input`.
struct PipelineStage {
  Time forward = 1;                    ///< per micro-batch, ≥ 0, < 2^31; so are the next two
  Time backward_input = 1;             ///< what the part before waits for
  Time backward_weight = 1;            ///< any time after `backward_input`
  PipelineMemory activation = 1;       ///< held from the start of `forward` to the end of `backward_input`
  PipelineMemory weight_gradient = 1;  ///< held from the start of `backward_input` to the end of `backward_weight`; shared with
                                       ///< `activation` while both are held: a device needs the larger of the two
};

/// One step: `microbatches` alike go forward through all parts of the model, in order, and back. Part k lies on device
/// `pipeline_device(…, k)`; a device does one thing at a time.
struct Pipeline {
  std::string name{};
  std::size_t stages = 0;  ///< devices
  std::size_t microbatches = 0;
  std::size_t chunks = 1;  ///< parts of the model on each device (virtual stages)
  PipelinePlacement placement = PipelinePlacement::loop;
  std::vector<PipelineStage> parts{};          ///< stages × chunks, in the order of the model
  Time link_time = 0;                          ///< from one device to another: a delay that keeps neither of them busy
  std::vector<PipelineMemory> memory_limit{};  ///< per device, without what is held anyway; empty: no limit
  bool barrier = true;                         ///< all devices wait for the last before the next step begins (see `makespan`)
};

/// What a device does at `start`.
struct PipelineStep {
  std::uint32_t microbatch = 0;
  std::uint32_t chunk = 0;  ///< of the device
  PipelineKind kind = PipelineKind::forward;
  Time start = 0;
};

/// A schedule of one step.
struct PipelineSchedule {
  Status status = Status::feasible;
  std::string reason{};                            ///< why there is none; empty when there is one
  std::vector<std::vector<PipelineStep>> steps{};  ///< per device, in the order in which it does them
  Time makespan = 0;  ///< with a barrier, when the last device ends; without, the longest time from a device's first start to its
                      ///< last end: steps may follow each other at this interval
  Time bound = 0;     ///< no schedule has a smaller makespan
  double bubble = 0;  ///< 1 − busy time of all devices ÷ (stages × makespan); 0 where the makespan is
  std::vector<PipelineMemory> peak_memory{};  ///< per device
  std::size_t iterations = 0;                 ///< moves of the search
  std::size_t evaluations = 0;                ///< orders that were timed
  double seconds_to_best = 0;                 ///< when the best was found; 0 unless the budget has a time limit
};

/// A pipeline of parts that are all alike, with the same memory limit on each device; a negative limit means none.
[[nodiscard]] inline Pipeline uniform_pipeline(std::size_t stages, std::size_t microbatches, const PipelineStage& part = {},
                                               PipelineMemory memory_limit = -1, Time link_time = 0) {
  Pipeline out{.stages = stages, .microbatches = microbatches, .link_time = link_time};
  out.parts.assign(stages, part);
  if (memory_limit >= 0) out.memory_limit.assign(stages, memory_limit);
  return out;
}

/// The device that holds part `part` of the model.
[[nodiscard]] inline std::size_t pipeline_device(const Pipeline& pipeline, std::size_t part) {
  const std::size_t chunk = part / pipeline.stages, place = part % pipeline.stages;
  return pipeline.placement == PipelinePlacement::wave && chunk % 2 == 1 ? pipeline.stages - 1 - place : place;
}

/// The part of the model that is chunk `chunk` of device `device`.
[[nodiscard]] inline std::size_t pipeline_part(const Pipeline& pipeline, std::size_t device, std::size_t chunk) {
  const bool back = pipeline.placement == PipelinePlacement::wave && chunk % 2 == 1;
  return chunk * pipeline.stages + (back ? pipeline.stages - 1 - device : device);
}

/// How long a part takes for one micro-batch.
[[nodiscard]] inline Time duration(const PipelineStage& part, PipelineKind kind) {
  switch (kind) {
    case PipelineKind::forward: return part.forward;
    case PipelineKind::backward_input: return part.backward_input;
    case PipelineKind::backward_weight: break;
  }
  return part.backward_weight;
}

namespace detail {

inline constexpr Time pipeline_limit = Time{1} << 31;

inline void pipeline_check_part(const PipelineStage& part, std::size_t k) {
  const auto one = [&](const char* what, std::int64_t value) {
    const std::string named = "part " + std::to_string(k) + ' ' + what;
    require(value >= 0, named, value, "must not be negative");
    require(value < pipeline_limit, named, value, "must be less than 2^31");
  };
  one("forward", part.forward);
  one("backward_input", part.backward_input);
  one("backward_weight", part.backward_weight);
  one("activation", part.activation);
  one("weight_gradient", part.weight_gradient);
}

}  // namespace detail

/// Throws `std::invalid_argument` unless there is a device, a micro-batch and a chunk, every part is given, times and memory lie in
/// 0 … 2^31 − 1, limits are not negative, and there are fewer than 2^24 things to do. O(parts).
inline void check(const Pipeline& pipeline) {
  constexpr std::size_t most = std::size_t{1} << 24;
  const auto count = [&](const char* what, std::size_t value) {
    require(value > 0, what, value, "must be positive");
    require(value < most, what, value, "must be less than 2^24");
  };
  count("stages", pipeline.stages);
  count("microbatches", pipeline.microbatches);
  count("chunks", pipeline.chunks);
  const std::size_t parts = pipeline.stages * pipeline.chunks;
  require(parts < most && parts * pipeline.microbatches * 3 < most, "stages × chunks × microbatches × 3",
          static_cast<double>(parts) * static_cast<double>(pipeline.microbatches) * 3, "must be less than 2^24");
  require(pipeline.parts.size() == parts, "parts", pipeline.parts.size(), "must have stages × chunks entries");
  for (std::size_t k = 0; k < parts; ++k) detail::pipeline_check_part(pipeline.parts[k], k);
  require(pipeline.link_time >= 0, "link_time", pipeline.link_time, "must not be negative");
  require(pipeline.link_time < detail::pipeline_limit, "link_time", pipeline.link_time, "must be less than 2^31");
  const auto& limits = pipeline.memory_limit;
  require(limits.empty() || limits.size() == pipeline.stages, "memory_limit", limits.size(),
          "must have an entry per stage or none");
  for (std::size_t d = 0; d < limits.size(); ++d) {
    require(limits[d] >= 0, "memory_limit of device " + std::to_string(d), limits[d], "must not be negative");
  }
}

/// Why there is no schedule: the first device that cannot hold even one micro-batch on its way through all of its chunks; empty
/// where there is one. One micro-batch after another always fits where each fits alone, so this is exact. O(parts).
[[nodiscard]] inline std::string infeasibility(const Pipeline& pipeline) {
  for (std::size_t d = 0; d < pipeline.memory_limit.size(); ++d) {
    PipelineMemory held = 0, most = 0;
    for (std::size_t c = 0; c < pipeline.chunks; ++c) {
      const PipelineStage& part = pipeline.parts[pipeline_part(pipeline, d, c)];
      most = std::max(most, held + std::max(part.activation, part.weight_gradient));
      held += part.activation;
    }
    if (most > pipeline.memory_limit[d]) {
      return "device " + std::to_string(d) + " needs " + std::to_string(most) + " for one micro-batch, its memory_limit is " +
             std::to_string(pipeline.memory_limit[d]);
    }
  }
  return {};
}

/// The time for which the devices are busy, all together.
[[nodiscard]] inline Time busy_time(const Pipeline& pipeline) {
  Time sum = 0;
  for (const PipelineStage& part : pipeline.parts) sum += part.forward + part.backward_input + part.backward_weight;
  return sum * static_cast<Time>(pipeline.microbatches);
}

/// The share of the devices' time in which they wait: 1 − busy ÷ (stages × makespan); 0 where the makespan is.
[[nodiscard]] inline double bubble_fraction(const Pipeline& pipeline, Time makespan) {
  if (makespan <= 0) return 0;
  return 1 - static_cast<double>(busy_time(pipeline)) / (static_cast<double>(pipeline.stages) * static_cast<double>(makespan));
}

/// Whether a schedule keeps every device within its memory limit.
[[nodiscard]] inline bool fits(const Pipeline& pipeline, const PipelineSchedule& schedule) {
  for (std::size_t d = 0; d < pipeline.memory_limit.size() && d < schedule.peak_memory.size(); ++d) {
    if (schedule.peak_memory[d] > pipeline.memory_limit[d]) return false;
  }
  return true;
}

}  // namespace kilter::schedule
