#include <stop_token>
#include <string>
#include <vector>

#include "catch.hpp"
#include "kilter/schedule/pipeline_scheduler.hpp"
#include "pipeline.hpp"
#include "refused.hpp"

using namespace kilter;
using namespace kilter::schedule;
using namespace kilter::test;
namespace inner = kilter::schedule::detail;

namespace {

/// Small enough for tests, on any machine the same.
PipelineOptions quick(std::size_t iterations = 40000, std::uint64_t seed = 1) {
  return {.seed = seed, .iterations = iterations, .lanes = 4, .builds = 32, .moves = 2000};
}

/// The best known rule that fits; the longest time where none does.
Time best_baseline(const Pipeline& pipeline) {
  Time best = std::numeric_limits<Time>::max();
  for (const PipelineRule rule : pipeline_rules) {
    if (!inapplicable(pipeline, rule).empty()) continue;
    const auto s = baseline(pipeline, rule);
    if (fits(pipeline, s)) best = std::min(best, s.makespan);
  }
  return best;
}

/// Memory for half of what 1F1B holds: nothing found meets the bound, so the search goes on until it is ended.
Pipeline scarce() { return uniform_pipeline(6, 14, {10, 13, 9, 4, 3}, 13, 2); }

bool same(const PipelineSchedule& a, const PipelineSchedule& b) {
  if (a.steps.size() != b.steps.size() || a.makespan != b.makespan || a.iterations != b.iterations) return false;
  if (a.evaluations != b.evaluations || a.status != b.status) return false;
  for (std::size_t d = 0; d < a.steps.size(); ++d) {
    for (std::size_t i = 0; i < a.steps[d].size(); ++i) {
      const PipelineStep &x = a.steps[d][i], &y = b.steps[d][i];
      if (x.microbatch != y.microbatch || x.chunk != y.chunk || x.kind != y.kind || x.start != y.start) return false;
    }
  }
  return true;
}

}  // namespace

TEST_CASE("found steps are valid, above the bound and never worse than a known rule that fits") {
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    CAPTURE(seed);
    const Pipeline pipeline = random_pipeline(5, 8, 3, seed);
    const auto found = PipelineScheduler{quick(4000, seed)}.schedule(pipeline);
    REQUIRE(found.reason.empty());
    require_valid(pipeline, found);
    CHECK(found.bound <= found.makespan);
    CHECK(found.makespan <= best_baseline(pipeline));
    CHECK((found.status == Status::optimal) == (found.bound == found.makespan));
  }
}

TEST_CASE("tiny steps are as short as can be") {
  std::size_t tried = 0, optimal = 0;
  for (std::uint64_t seed = 1; seed <= 120; ++seed) {
    CAPTURE(seed);
    Pipeline pipeline = random_pipeline(3, 3, 2, seed);
    pipeline.barrier = true;
    if (pipeline.parts.size() * pipeline.microbatches > 6) continue;
    const auto found = PipelineScheduler{quick(20000)}.schedule(pipeline);
    require_valid(pipeline, found);
    const Time shortest = BruteForce{pipeline}.run(found.makespan);
    ++tried;
    optimal += shortest == found.makespan ? 1U : 0U;
    CHECK(shortest == found.makespan);
    CHECK(found.bound <= shortest);
  }
  CHECK(tried >= 40);
  CHECK(optimal == tried);
}

TEST_CASE("the memory of 1F1B is enough for the bubble of ZB-H1 or less") {
  for (const std::size_t p : {2UL, 4UL, 8UL}) {
    CAPTURE(p);
    Pipeline pipeline = uniform_pipeline(p, 3 * p, {10, 10, 10, 2, 1}, static_cast<PipelineMemory>(2 * p));
    const auto found = PipelineScheduler{quick()}.schedule(pipeline);
    require_valid(pipeline, found);
    CHECK(found.makespan <= baseline(pipeline, PipelineRule::zero_bubble_h1).makespan);
    CHECK(found.status == Status::optimal);
    // Times of a measured kind (forward : input : weights as in Qi et al. 2023, table 3).
    pipeline.parts.assign(p, {18, 18, 14, 3, 2});
    pipeline.memory_limit.assign(p, static_cast<PipelineMemory>(3 * p));
    const auto uneven = PipelineScheduler{quick()}.schedule(pipeline);
    require_valid(pipeline, uneven);
    CHECK(uneven.makespan <= baseline(pipeline, PipelineRule::zero_bubble_h1).makespan);
    CHECK(uneven.makespan < baseline(pipeline, PipelineRule::one_f_one_b).makespan);
  }
}

TEST_CASE("the bubble falls below that of 1F1B at every memory limit that lets it") {
  const std::size_t p = 4, m = 12;
  const Time one_f_one_b = baseline(uniform_pipeline(p, m, {10, 10, 10, 2, 1}), PipelineRule::one_f_one_b).makespan;
  Time before = std::numeric_limits<Time>::max();
  for (PipelineMemory limit = 2; limit <= 16; ++limit) {
    CAPTURE(limit);
    const Pipeline pipeline = uniform_pipeline(p, m, {10, 10, 10, 2, 1}, limit);
    const auto found = PipelineScheduler{quick()}.schedule(pipeline);
    require_valid(pipeline, found);
    CHECK(found.makespan <= before);  // more memory never hurts
    before = found.makespan;
    CHECK((found.makespan < one_f_one_b || found.bound >= one_f_one_b));
  }
}

TEST_CASE("without a barrier and with the memory of ZB-H2 there is no bubble") {
  for (const std::size_t p : {2UL, 4UL, 6UL}) {
    CAPTURE(p);
    Pipeline pipeline = uniform_pipeline(p, 3 * p, {10, 10, 10, 2, 1}, static_cast<PipelineMemory>(2 * (2 * p - 1)));
    pipeline.barrier = false;
    const auto found = PipelineScheduler{quick()}.schedule(pipeline);
    require_valid(pipeline, found);
    CHECK(found.bubble == 0);
    CHECK(found.status == Status::optimal);
  }
}

TEST_CASE("any number of threads finds the same step") {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    Pipeline pipeline = scarce();
    pipeline.barrier = seed != 4;
    const PipelineScheduler scheduler{quick(24000, seed)};
    const auto one = scheduler.schedule(pipeline);
    CHECK(one.status == Status::iteration_limit);
    CHECK(one.iterations == 24000);
    CHECK(same(one, scheduler.schedule(pipeline, {}, Threads{2})));
    CHECK(same(one, scheduler.schedule(pipeline, {}, Threads{3})));
  }
}

TEST_CASE("a start is never made worse, and may be of another memory limit") {
  Pipeline pipeline = uniform_pipeline(6, 18, {9, 12, 7, 3, 2}, 18, 1);
  pipeline.parts[2].forward = 13;
  const auto good = PipelineScheduler{quick(80000)}.schedule(pipeline);
  const auto again = PipelineScheduler{quick(1)}.schedule(pipeline, {&good, 1});
  CHECK(again.makespan <= good.makespan);
  pipeline.memory_limit.assign(6, 9);
  const auto less = PipelineScheduler{quick()}.schedule(pipeline, {&good, 1});
  require_valid(pipeline, less);

  PipelineSchedule bad = good;
  bad.steps.pop_back();
  CHECK_REFUSED(PipelineScheduler{}.schedule(pipeline, {&bad, 1}), "start 0 steps = 5");
  bad = good;
  bad.steps[1].pop_back();
  CHECK_REFUSED(PipelineScheduler{}.schedule(pipeline, {&bad, 1}), "start 0 steps of device 1 = 53");
  bad = good;
  bad.steps[1][0].chunk = 1;
  CHECK_REFUSED(PipelineScheduler{}.schedule(pipeline, {&bad, 1}), "start 0 chunk = 1");
  bad = good;
  bad.steps[1][0].kind = PipelineKind::backward_weight;
  CHECK_REFUSED(PipelineScheduler{}.schedule(pipeline, {&bad, 1}), "everything once");
}

TEST_CASE("budgets, targets and observers of a pipeline's search") {
  const Pipeline pipeline = scarce();
  std::stop_source source;
  auto options = quick(0);
  options.budget.stop = source.get_token();
  std::size_t rounds = 0;
  const auto cancelled = PipelineScheduler{options}.schedule(pipeline, {}, Inline{}, [&](const Progress&) {
    if (++rounds == 3) source.request_stop();
  });
  require_valid(pipeline, cancelled);
  CHECK(cancelled.status == Status::cancelled);
  CHECK(cancelled.iterations == 2 * 4 * 2000);

  options = quick(0);
  options.budget.time_limit = Duration{0};
  const auto late = PipelineScheduler{options}.schedule(pipeline);
  require_valid(pipeline, late);
  CHECK(late.status == Status::time_limit);
  options.budget.time_limit = Duration{0.05};
  const auto timed = PipelineScheduler{options}.schedule(pipeline);
  CHECK(timed.status == Status::time_limit);
  CHECK(timed.seconds_to_best > 0);

  options = quick(0);
  options.patience = 2;
  const auto patient = PipelineScheduler{options}.schedule(pipeline);
  CHECK(patient.status == Status::feasible);
  CHECK(patient.iterations >= 2 * 4 * 2000);
  options.target = patient.makespan;
  const auto content = PipelineScheduler{options}.schedule(pipeline);
  CHECK(content.makespan <= options.target);
  CHECK(content.iterations <= patient.iterations);

  std::vector<Progress> seen;
  const auto found =
      PipelineScheduler{quick(20000)}.schedule(pipeline, {}, Inline{}, [&](const Progress& p) { seen.push_back(p); });
  REQUIRE(seen.size() == 4);  // before the search and after each round
  CHECK(seen.back().best == static_cast<double>(found.makespan));
  CHECK(seen.back().bound == static_cast<double>(found.bound));
  for (std::size_t i = 1; i < seen.size(); ++i) CHECK(seen[i].best <= seen[i - 1].best);
  CHECK(found.seconds_to_best == 0);
}

TEST_CASE("pipelines that cannot be, and options that make no sense") {
  const Pipeline small = uniform_pipeline(3, 4, {1, 1, 1, 5, 2}, 4);
  const auto none = PipelineScheduler{}.schedule(small);
  CHECK(none.status == Status::infeasible);
  CHECK(none.reason == "device 0 needs 5 for one micro-batch, its memory_limit is 4");
  CHECK(none.steps.empty());
  CHECK(validate(small, none).empty());
  CHECK_REFUSED(PipelineScheduler{}.schedule(Pipeline{}), "stages = 0");
  CHECK_REFUSED(PipelineScheduler{PipelineOptions{.lanes = 0}}, "lanes = 0");
  CHECK_REFUSED(PipelineScheduler{PipelineOptions{.builds = 0}}, "builds = 0");
  CHECK_REFUSED(PipelineScheduler{PipelineOptions{.moves = 0}}, "moves = 0");
  CHECK_REFUSED(PipelineScheduler{PipelineOptions{.warm = 0.001}}, "warm = 0.001");
  CHECK_REFUSED(PipelineScheduler{PipelineOptions{.cold = 0}}, "cold = 0");
  CHECK_REFUSED(PipelineScheduler{PipelineOptions{.target = -1}}, "target = -1");
}

TEST_CASE("pipelines at the edge") {
  Pipeline nothing = uniform_pipeline(2, 2, {0, 0, 0, 0, 0}, 0);
  const auto empty = PipelineScheduler{}.schedule(nothing);
  require_valid(nothing, empty);
  CHECK(empty.makespan == 0);
  CHECK(empty.bubble == 0);
  CHECK(empty.status == Status::optimal);
  const Pipeline one = uniform_pipeline(1, 5, {3, 4, 5, 1, 1}, 1);
  const auto alone = PipelineScheduler{}.schedule(one);
  CHECK(alone.makespan == 60);
  CHECK(alone.status == Status::optimal);
  const Pipeline whole = uniform_pipeline(4, 12, {10, 20, 0, 1, 0}, 4);  // a backward pass that is not split
  const auto unsplit = PipelineScheduler{quick()}.schedule(whole);
  require_valid(whole, unsplit);
  CHECK(unsplit.makespan == baseline(whole, PipelineRule::one_f_one_b).makespan);
}

TEST_CASE("words and schedules of a pipeline are the same thing") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    const Pipeline pipeline = random_pipeline(5, 6, 3, seed);
    const auto letters = inner::pipeline_letters(pipeline);
    inner::PipelineBuilder builder{letters};
    inner::PipelineWords words;
    inner::PipelineTimer timer{letters};
    Rng rng{seed};
    for (int i = 0; i < 10; ++i) {
      const inner::PipelineStyle style{.depth = inner::pipeline_depths(letters, rng.uniform(0.3, 3)),
                                       .wait = {static_cast<Time>(rng.index(5)), static_cast<Time>(rng.index(5)), 0},
                                       .deep_first = rng.bernoulli(0.5),
                                       .whim = 0.2};
      REQUIRE(builder.run(style, rng, words));
      CHECK(inner::pipeline_fits(letters, words));
      const Time makespan = timer.run(words);
      REQUIRE(makespan >= inner::pipeline_bound(letters));
      const auto schedule = inner::pipeline_schedule(pipeline, letters, words, timer, makespan);
      require_valid(pipeline, schedule);
      CHECK(inner::pipeline_words(pipeline, schedule) == words);
      CHECK(timer.run(words, makespan) == makespan);
      if (makespan > 0) CHECK(timer.run(words, makespan - 1) == -1);
    }
    const auto one = inner::pipeline_sequential(letters);
    CHECK(inner::pipeline_fits(letters, one));
    CHECK(timer.run(one) >= inner::pipeline_bound(letters));
  }
}
