#pragma once
/// @file
/// `validate` of a pipeline's schedule: every time, order and byte recomputed from the instance alone.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/schedule/pipeline.hpp"

namespace kilter::schedule {

namespace detail {

/// "forward of micro-batch 3 in part 2".
inline std::string pipeline_place(std::size_t part, std::size_t microbatch, PipelineKind kind) {
  constexpr const char* names[] = {"forward", "backward_input", "backward_weight"};
  return std::string{names[static_cast<std::size_t>(kind)]} + " of micro-batch " + std::to_string(microbatch) + " in part " +
         std::to_string(part);
}

/// Recomputes a schedule. Shares nothing with the search.
class PipelineValidation {
 public:
  PipelineValidation(const Pipeline& pipeline, const PipelineSchedule& schedule) : pipeline_(pipeline), schedule_(schedule) {}

  std::vector<std::string> run() {
    if (schedule_.steps.empty() && !schedule_.reason.empty()) {
      if (infeasibility(pipeline_).empty()) wrong_.push_back("there is a schedule, though it says: " + schedule_.reason);
      return std::move(wrong_);
    }
    if (schedule_.steps.size() != pipeline_.stages) return {"steps has " + std::to_string(schedule_.steps.size()) + " devices"};
    start_.assign(pipeline_.parts.size() * pipeline_.microbatches * 3, -1);
    for (std::size_t d = 0; d < pipeline_.stages; ++d) device(d);
    if (!wrong_.empty()) return std::move(wrong_);  // times and memory would be those of something else
    for (std::size_t part = 0; part < pipeline_.parts.size(); ++part) {
      for (std::size_t j = 0; j < pipeline_.microbatches; ++j) precedence(part, j);
    }
    for (std::size_t d = 0; d < pipeline_.stages; ++d) memory(d);
    totals();
    return std::move(wrong_);
  }

 private:
  Time& start(std::size_t part, std::size_t j, PipelineKind kind) {
    return start_[(part * pipeline_.microbatches + j) * 3 + static_cast<std::size_t>(kind)];
  }
  Time end(std::size_t part, std::size_t j, PipelineKind kind) {
    return start(part, j, kind) + duration(pipeline_.parts[part], kind);
  }

  /// Everything once, one after the other.
  void device(std::size_t d) {
    Time free = 0, first = 0;
    for (const PipelineStep& step : schedule_.steps[d]) {
      if (step.chunk >= pipeline_.chunks || step.microbatch >= pipeline_.microbatches ||
          step.kind > PipelineKind::backward_weight) {
        wrong_.push_back("device " + std::to_string(d) + " does what there is not");
        return;
      }
      const std::size_t part = pipeline_part(pipeline_, d, step.chunk);
      const std::string place = pipeline_place(part, step.microbatch, step.kind);
      if (start(part, step.microbatch, step.kind) >= 0) wrong_.push_back(place + " is done twice");
      if (step.start < free)
        wrong_.push_back(place + " starts at " + std::to_string(step.start) + " before " + std::to_string(free));
      if (step.start < 0 || step.start > Time{1} << 60) return;  // its end might overflow
      start(part, step.microbatch, step.kind) = step.start;
      if (&step == &schedule_.steps[d].front()) first = step.start;
      free = end(part, step.microbatch, step.kind);
    }
    last_ = std::max(last_, free);
    span_ = std::max(span_, free - first);
    if (schedule_.steps[d].size() != pipeline_.chunks * pipeline_.microbatches * 3) {
      wrong_.push_back("device " + std::to_string(d) + " does " + std::to_string(schedule_.steps[d].size()) + " things, not " +
                       std::to_string(pipeline_.chunks * pipeline_.microbatches * 3));
    }
  }

  void after(std::size_t part, std::size_t j, PipelineKind kind, std::size_t other, PipelineKind before) {
    const bool sent = pipeline_device(pipeline_, part) != pipeline_device(pipeline_, other);
    const Time ready = end(other, j, before) + (sent ? pipeline_.link_time : 0);
    if (start(part, j, kind) >= ready) return;
    wrong_.push_back(pipeline_place(part, j, kind) + " starts at " + std::to_string(start(part, j, kind)) + ", but " +
                     pipeline_place(other, j, before) + " arrives at " + std::to_string(ready));
  }
  void precedence(std::size_t part, std::size_t j) {
    using enum PipelineKind;
    if (part > 0) after(part, j, forward, part - 1, forward);
    after(part, j, backward_input, part, forward);
    if (part + 1 < pipeline_.parts.size()) after(part, j, backward_input, part + 1, backward_input);
    after(part, j, backward_weight, part, backward_input);
  }

  /// What a device holds changes only when it starts or ends something, and it does one thing at a time.
  void memory(std::size_t d) {
    PipelineMemory held = 0, peak = 0;
    for (const PipelineStep& step : schedule_.steps[d]) {
      const PipelineStage& part = pipeline_.parts[pipeline_part(pipeline_, d, step.chunk)];
      switch (step.kind) {
        case PipelineKind::forward:
          held += part.activation;
          peak = std::max(peak, held);
          break;
        case PipelineKind::backward_input:
          peak = std::max(peak, held - part.activation + std::max(part.activation, part.weight_gradient));
          held += part.weight_gradient - part.activation;
          break;
        case PipelineKind::backward_weight: held -= part.weight_gradient; break;
      }
    }
    const std::string device = "device " + std::to_string(d);
    if (!pipeline_.memory_limit.empty() && peak > pipeline_.memory_limit[d]) {
      wrong_.push_back(device + " needs " + std::to_string(peak) + ", its memory_limit is " +
                       std::to_string(pipeline_.memory_limit[d]));
    }
    if (schedule_.peak_memory.size() != pipeline_.stages || schedule_.peak_memory[d] != peak) {
      wrong_.push_back("peak_memory of " + device + " is " + std::to_string(peak));
    }
  }

  void totals() {
    const Time makespan = pipeline_.barrier ? last_ : span_;
    if (schedule_.makespan != makespan) {
      wrong_.push_back("makespan is " + std::to_string(makespan) + ", not " + std::to_string(schedule_.makespan));
    }
    if (schedule_.bound > makespan) wrong_.push_back("bound " + std::to_string(schedule_.bound) + " exceeds the makespan");
    const double bubble = bubble_fraction(pipeline_, makespan);
    if (!(std::abs(schedule_.bubble - bubble) <= 1e-12)) {
      wrong_.push_back("bubble is " + to_string(bubble) + ", not " + to_string(schedule_.bubble));
    }
  }

  const Pipeline& pipeline_;
  const PipelineSchedule& schedule_;
  std::vector<Time> start_;  ///< per part, micro-batch and kind
  Time last_ = 0, span_ = 0;
  std::vector<std::string> wrong_;
};

}  // namespace detail

/// What is wrong with a schedule, recomputed from the pipeline alone: that each device does everything once and one thing at a
/// time, what waits for what, the memory held at every moment, makespan, bubble, peaks and bound; empty when it is right, and for a
/// reason why there is no schedule when there is none. O(stages × chunks × microbatches). Throws `std::invalid_argument` for an
/// invalid pipeline.
[[nodiscard]] inline std::vector<std::string> validate(const Pipeline& pipeline, const PipelineSchedule& schedule) {
  check(pipeline);
  return detail::PipelineValidation{pipeline, schedule}.run();
}

}  // namespace kilter::schedule
