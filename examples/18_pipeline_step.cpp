// One training step of a pipeline-parallel model: the bubbles of the known schedules, of the one found, and its Gantt chart as SVG.
#include <cstddef>
#include <cstdio>
#include <fstream>
#include <string>

#include "kilter/core/executor.hpp"
#include "kilter/monitor/svg_gantt.hpp"
#include "kilter/schedule/pipeline_baseline.hpp"
#include "kilter/schedule/pipeline_scheduler.hpp"
#include "kilter/schedule/pipeline_validate.hpp"

using namespace kilter;

/// Eight devices with a transformer of uneven parts: the first has the embedding, the last the output layer. Times in 0.1 ms.
schedule::Pipeline make_pipeline(schedule::PipelineMemory gigabytes) {
  auto pipeline = schedule::uniform_pipeline(
      8, 16, {.forward = 110, .backward_input = 120, .backward_weight = 90, .activation = 6, .weight_gradient = 3}, gigabytes, 4);
  pipeline.parts.front().forward = 130;
  pipeline.parts.back() = {.forward = 150, .backward_input = 170, .backward_weight = 110, .activation = 7, .weight_gradient = 3};
  return pipeline;
}

std::string draw(const schedule::Pipeline& pipeline, const schedule::PipelineSchedule& step) {
  const char* kinds[] = {"forward", "gradient of input", "gradient of weights"};
  monitor::Gantt gantt{
      {.title = "One training step: 8 GPUs, 16 micro-batches", .x_label = "ms", .x_scale = monitor::XScale::number}};
  for (std::size_t d = 0; d < pipeline.stages; ++d) {
    const std::size_t lane = gantt.lane("GPU " + std::to_string(d));
    for (const auto& s : step.steps[d]) {
      const auto& part = pipeline.parts[schedule::pipeline_part(pipeline, d, s.chunk)];
      gantt.bar({.lane = lane,
                 .start = 0.1 * static_cast<double>(s.start),
                 .end = 0.1 * static_cast<double>(s.start + schedule::duration(part, s.kind)),
                 .group = kinds[static_cast<std::size_t>(s.kind)],
                 .label = std::to_string(s.microbatch)});
    }
  }
  return gantt.svg();
}

int main(int argc, char** argv) {
  auto pipeline = make_pipeline(48);
  for (const auto rule : schedule::pipeline_rules) {
    if (!schedule::inapplicable(pipeline, rule).empty()) continue;
    const auto step = schedule::baseline(pipeline, rule);
    std::printf("%-13s %6.1f ms, %4.1f %% bubble, up to %lld GB%s\n", std::string{name(rule)}.c_str(),
                0.1 * static_cast<double>(step.makespan), 100 * step.bubble, static_cast<long long>(step.peak_memory[0]),
                fits(pipeline, step) ? "" : ": does not fit into 48");
  }
  const char* file = argc > 1 ? argv[1] : "pipeline_step.svg";
  for (const schedule::PipelineMemory gigabytes : {24, 36, 48, 64}) {
    pipeline = make_pipeline(gigabytes);
    const auto step = schedule::PipelineScheduler{{.iterations = 200000}}.schedule(pipeline, {}, Threads{2});
    std::printf("found in %lld GB %5.1f ms, %4.1f %% bubble; no step is shorter than %.1f ms\n", static_cast<long long>(gigabytes),
                0.1 * static_cast<double>(step.makespan), 100 * step.bubble, 0.1 * static_cast<double>(step.bound));
    for (const auto& fault : schedule::validate(pipeline, step)) std::printf("  WRONG: %s\n", fault.c_str());
    if (gigabytes == 48) std::ofstream{file} << draw(pipeline, step);
  }
  std::printf("The step in 48 GB is drawn in %s\n", file);
  return 0;
}
