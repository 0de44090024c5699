#pragma once
/// Steps of pipelines in text: `stages microbatches chunks placement link_time barrier` (placement 0: loop, 1: wave; barrier 0 or
/// 1), a line of the devices' memory limits (−1: none, then for all), and a line a part of the model: `forward backward_input
/// backward_weight activation weight_gradient`. Files of many instances, comments and errors as of job shops.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include "kilter/schedule/pipeline.hpp"
#include "kilter/schedule/read_text.hpp"

namespace kilter::bench {

inline void read_memory_limits(schedule::detail::ReadText& in, schedule::Pipeline& pipeline) {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  in.begin_row("the line of memory limits");
  for (std::size_t d = 0; d < pipeline.stages; ++d) {
    const std::int64_t limit = in.number("a memory limit", -1, most);
    if (d > 0 && (limit < 0) != pipeline.memory_limit.empty()) in.fail("a memory limit is -1 on all devices or on none");
    if (limit >= 0) pipeline.memory_limit.push_back(limit);
  }
  in.end_row("the memory limits, one per stage");
}

inline schedule::Pipeline read_one_pipeline(schedule::detail::ReadText& in) {
  constexpr std::int64_t most = (std::int64_t{1} << 31) - 1;
  schedule::Pipeline out;
  out.stages = in.count("the number of stages");
  out.microbatches = static_cast<std::size_t>(in.number("the number of micro-batches", 1, 1 << 24));
  out.chunks = in.count("the number of chunks");
  out.placement = static_cast<schedule::PipelinePlacement>(in.number("the placement", 0, 1));
  out.link_time = in.number("the link time", 0, most);
  out.barrier = in.number("the barrier", 0, 1) == 1;
  in.end_row("the line `stages microbatches chunks placement link_time barrier`");
  read_memory_limits(in, out);
  for (std::size_t k = 0; k < out.stages * out.chunks; ++k) {
    in.begin_row("the line of a part");
    schedule::PipelineStage part;
    part.forward = in.number("the forward time", 0, most);
    part.backward_input = in.number("the time of the input's gradient", 0, most);
    part.backward_weight = in.number("the time of the weights' gradient", 0, most);
    part.activation = in.number("the activations' memory", 0, most);
    part.weight_gradient = in.number("the memory for the weights' gradient", 0, most);
    in.end_row("a part, which has five numbers");
    out.parts.push_back(part);
  }
  in.end_instance();
  return out;
}

/// The pipelines of a text. Throws `ParseError` with line and column for what is not in the format.
inline std::vector<schedule::Pipeline> read_pipeline(std::string_view text, std::string_view file) {
  return schedule::detail::read_instances<schedule::Pipeline>(text, file, read_one_pipeline);
}

}  // namespace kilter::bench
