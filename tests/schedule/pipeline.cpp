#include "kilter/schedule/pipeline.hpp"

#include <string>
#include <vector>

#include "catch.hpp"
#include "kilter/schedule/pipeline_baseline.hpp"
#include "kilter/schedule/pipeline_validate.hpp"
#include "pipeline.hpp"
#include "refused.hpp"

using namespace kilter;
using namespace kilter::schedule;
using namespace kilter::test;
using Catch::Matchers::WithinAbs;

namespace {

Pipeline even(std::size_t stages, std::size_t microbatches, std::size_t chunks = 1) {
  Pipeline out = uniform_pipeline(stages, microbatches, {10, 10, 10, 2, 1});
  out.chunks = chunks;
  out.parts.assign(stages * chunks, out.parts[0]);
  return out;
}

/// The makespan beyond the work of a device, in units of 10 per stage but one.
double fill(const Pipeline& pipeline, const PipelineSchedule& s) {
  const auto work = static_cast<double>(busy_time(pipeline)) / static_cast<double>(pipeline.stages);
  return (static_cast<double>(s.makespan) - work) / (10 * static_cast<double>(pipeline.stages - 1));
}

}  // namespace

TEST_CASE("the known schedules have the bubbles of their papers") {
  for (const std::size_t p : {2UL, 4UL, 8UL}) {
    for (const std::size_t m : {2 * p, 3 * p, 8 * p}) {
      CAPTURE(p, m);
      const Pipeline pipeline = even(p, m);
      const auto published = static_cast<double>(p - 1) / static_cast<double>(m + p - 1);
      for (const PipelineRule rule : pipeline_rules) {
        if (inapplicable(pipeline, rule).empty()) require_valid(pipeline, baseline(pipeline, rule));
      }
      // Huang et al. 2019, section 2.3; Narayanan et al. 2021, section 2.2: (p − 1)(tF + tB) over all.
      CHECK_THAT(baseline(pipeline, PipelineRule::gpipe).bubble, WithinAbs(published, 1e-12));
      CHECK_THAT(baseline(pipeline, PipelineRule::one_f_one_b).bubble, WithinAbs(published, 1e-12));
      CHECK(fill(pipeline, baseline(pipeline, PipelineRule::one_f_one_b)) == 3);
      // Qi et al. 2023, table 2: (p − 1)(tF + tB − tW).
      CHECK(fill(pipeline, baseline(pipeline, PipelineRule::zero_bubble_h1)) == 1);
      // Narayanan et al. 2021, section 2.2: v chunks divide the bubble by v.
      const Pipeline two = even(p, m, 2), four = even(p, m, 4);
      require_valid(four, baseline(four, PipelineRule::interleaved));
      CHECK(fill(two, baseline(two, PipelineRule::interleaved)) == 3);
      CHECK(fill(four, baseline(four, PipelineRule::interleaved)) == 3);
      CHECK(busy_time(four) == 4 * busy_time(pipeline));
    }
  }
}

TEST_CASE("ZB-H2 has no bubble where steps follow without a barrier") {
  for (const std::size_t p : {2UL, 4UL, 8UL}) {
    Pipeline pipeline = even(p, 3 * p);
    const auto with = baseline(pipeline, PipelineRule::zero_bubble_h2);
    CHECK(fill(pipeline, with) == 1);  // the last device has to wait for its first micro-batch
    pipeline.barrier = false;
    const auto without = baseline(pipeline, PipelineRule::zero_bubble_h2);
    require_valid(pipeline, without);
    CHECK(without.bubble == 0);
    CHECK(fill(pipeline, baseline(pipeline, PipelineRule::zero_bubble_h1)) == 1);
    CHECK(fill(pipeline, baseline(pipeline, PipelineRule::one_f_one_b)) == 3);
  }
}

TEST_CASE("the known schedules hold as much as their papers say") {
  const std::size_t p = 4, m = 16;
  const Pipeline pipeline = even(p, m);
  const auto peak = [&](PipelineRule rule) { return baseline(pipeline, rule).peak_memory; };
  CHECK(peak(PipelineRule::gpipe) == std::vector<PipelineMemory>(p, 2 * m));          // all micro-batches
  CHECK(peak(PipelineRule::one_f_one_b) == std::vector<PipelineMemory>{8, 6, 4, 2});  // p − d of them
  CHECK(peak(PipelineRule::zero_bubble_h1)[0] == 8);                                  // no more than 1F1B
  for (const PipelineMemory held : peak(PipelineRule::zero_bubble_h1)) CHECK(held <= 8);
  CHECK(peak(PipelineRule::zero_bubble_h2)[0] == 2 * (2 * p - 1));  // 2p − 1
}

TEST_CASE("a step by hand: two stages, one micro-batch, a link") {
  Pipeline pipeline{.stages = 2, .microbatches = 1, .link_time = 5};
  pipeline.parts = {{1, 2, 3, 4, 6}, {10, 20, 30, 40, 10}};
  const auto s = baseline(pipeline, PipelineRule::zero_bubble_h1);
  require_valid(pipeline, s);
  REQUIRE(s.steps[0].size() == 3);
  CHECK(s.steps[1][0].start == 6);
  CHECK(s.steps[1][1].start == 16);
  CHECK(s.steps[0][1].start == 41);
  CHECK(s.makespan == 66);  // the second device ends its weights' gradient after the first
  CHECK(s.peak_memory == std::vector<PipelineMemory>{6, 40});
  CHECK_THAT(s.bubble, WithinAbs(1 - 66.0 / 132, 1e-12));
  CHECK(baseline(pipeline, PipelineRule::one_f_one_b).makespan == 76);  // the first waits for all of the second's backward pass
}

TEST_CASE("chunks lie in a loop or in a wave") {
  Pipeline pipeline = even(3, 3, 2);
  std::vector<std::size_t> devices;
  for (std::size_t k = 0; k < 6; ++k) devices.push_back(pipeline_device(pipeline, k));
  CHECK(devices == std::vector<std::size_t>{0, 1, 2, 0, 1, 2});
  pipeline.placement = PipelinePlacement::wave;
  for (std::size_t k = 0; k < 6; ++k) {
    devices[k] = pipeline_device(pipeline, k);
    CHECK(pipeline_part(pipeline, devices[k], k / 3) == k);
  }
  CHECK(devices == std::vector<std::size_t>{0, 1, 2, 2, 1, 0});
}

TEST_CASE("rules that say nothing about a pipeline are refused") {
  CHECK_REFUSED(baseline(even(3, 3, 2), PipelineRule::one_f_one_b), "'1F1B': is for one chunk");
  CHECK_REFUSED(baseline(even(3, 3, 2), PipelineRule::zero_bubble_h2), "'ZB-H2'");
  CHECK_REFUSED(baseline(even(3, 3), PipelineRule::interleaved), "several chunks");
  CHECK_REFUSED(baseline(even(3, 4, 2), PipelineRule::interleaved), "multiples of the stages");
  Pipeline wave = even(3, 3, 2);
  wave.placement = PipelinePlacement::wave;
  CHECK_REFUSED(baseline(wave, PipelineRule::interleaved), "chunks in a loop");
  CHECK(inapplicable(wave, PipelineRule::gpipe).empty());
}

TEST_CASE("invalid pipelines are refused by name") {
  CHECK_REFUSED(check(Pipeline{}), "stages = 0");
  CHECK_REFUSED(check(uniform_pipeline(2, 0)), "microbatches = 0");
  CHECK_REFUSED(check(uniform_pipeline(1 << 12, 1 << 12)), "2^24");
  Pipeline pipeline = even(2, 2);
  pipeline.chunks = 0;
  CHECK_REFUSED(check(pipeline), "chunks = 0");
  pipeline.chunks = 2;
  CHECK_REFUSED(check(pipeline), "parts = 2");
  pipeline = even(2, 2);
  pipeline.parts[1].backward_weight = -1;
  CHECK_REFUSED(check(pipeline), "part 1 backward_weight = -1");
  pipeline.parts[1].backward_weight = Time{1} << 31;
  CHECK_REFUSED(check(pipeline), "less than 2^31");
  pipeline = even(2, 2);
  pipeline.parts[0].activation = -3;
  CHECK_REFUSED(check(pipeline), "part 0 activation = -3");
  pipeline = even(2, 2);
  pipeline.link_time = -1;
  CHECK_REFUSED(check(pipeline), "link_time = -1");
  pipeline = even(2, 2);
  pipeline.memory_limit = {4};
  CHECK_REFUSED(check(pipeline), "memory_limit = 1");
  pipeline.memory_limit = {4, -4};
  CHECK_REFUSED(check(pipeline), "memory_limit of device 1 = -4");
}

TEST_CASE("memory for not even one micro-batch is found out") {
  Pipeline pipeline = even(2, 2, 2);
  CHECK(infeasibility(pipeline).empty());
  pipeline.memory_limit = {4, 3};  // both chunks' activations
  CHECK(infeasibility(pipeline) == "device 1 needs 4 for one micro-batch, its memory_limit is 3");
  pipeline.memory_limit = {4, 4};
  CHECK(infeasibility(pipeline).empty());
  pipeline.parts[2].weight_gradient = 3;  // the second chunk's remains while the first one's activation is held
  CHECK(infeasibility(pipeline) == "device 0 needs 5 for one micro-batch, its memory_limit is 4");
}

TEST_CASE("validate finds what is wrong") {
  Pipeline pipeline = even(3, 4);
  const PipelineSchedule right = baseline(pipeline, PipelineRule::zero_bubble_h1);
  REQUIRE(validate(pipeline, right).empty());
  const auto broken = [&](auto change, const std::string& text) {
    PipelineSchedule s = right;
    change(s);
    const auto faults = validate(pipeline, s);
    for (const auto& fault : faults) {
      if (fault.find(text) != std::string::npos) return true;
      UNSCOPED_INFO(fault);
    }
    return false;
  };
  CHECK(broken([](auto& s) { s.steps.pop_back(); }, "steps has 2 devices"));
  CHECK(broken([](auto& s) { s.steps[1].pop_back(); }, "device 1 does 11 things, not 12"));
  CHECK(broken([](auto& s) { s.steps[1][2] = s.steps[1][1]; }, "is done twice"));
  CHECK(broken([](auto& s) { s.steps[1][2].microbatch = 4; }, "does what there is not"));
  CHECK(broken([](auto& s) { s.steps[1][2].chunk = 1; }, "does what there is not"));
  CHECK(broken([](auto& s) { s.steps[0][1].start = 5; }, "forward of micro-batch 1 in part 0 starts at 5 before 10"));
  CHECK(broken([](auto& s) { s.steps[0][0].start = -1; }, "starts at -1"));
  CHECK(broken([](auto& s) { s.steps[1][0].start = 0; }, "but forward of micro-batch 0 in part 0 arrives at 10"));
  CHECK(broken([](auto& s) { s.steps[2][1].start -= 1; }, "backward_input of micro-batch 0 in part 2 starts"));
  CHECK(broken([](auto& s) { s.makespan += 1; }, "makespan is"));
  CHECK(broken([](auto& s) { s.bubble += 0.01; }, "bubble is"));
  CHECK(broken([](auto& s) { s.bound = s.makespan + 1; }, "exceeds the makespan"));
  CHECK(broken([](auto& s) { s.peak_memory[2] = 99; }, "peak_memory of device 2"));
  CHECK(broken([](auto& s) { s.peak_memory.clear(); }, "peak_memory of device 0"));
  CHECK(broken(
      [](auto& s) {
        s.steps.clear();
        s.reason = "none";
      },
      "there is a schedule"));
  pipeline.memory_limit = {6, 5, 3};
  CHECK(broken([](auto&) {}, "device 2 needs 4, its memory_limit is 3"));
  CHECK_FALSE(fits(pipeline, right));
}
