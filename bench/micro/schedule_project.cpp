// Schedule generation for projects: one serial pass, one pass with a profile of segments, a generation of the population.

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <benchmark/benchmark.h>

#include "../../tests/schedule/project.hpp"
#include "kilter/schedule/project_scheduler.hpp"

namespace {

using namespace kilter;
using namespace kilter::schedule;
namespace d = kilter::schedule::detail;

Project usual(std::size_t activities, std::size_t modes = 1) {
  test::ProjectShape shape{.activities = activities, .complexity = 1.8, .factor = 0.75, .strength = 0.2, .modes = modes};
  if (modes > 1) shape.nonrenewables = shape.renewables = 2;
  return test::random_project(shape, 1);
}

template <class Profile, class Size>
void passes(benchmark::State& state, Size size) {
  const Project project = usual(static_cast<std::size_t>(state.range(0)));
  const d::ProjectData data = d::project_data(project, d::ProjectReduction{project});
  d::ProjectGenerator<Profile> generator{data, Profile{data.lanes, size(data)}};
  d::ProjectRows rows{1, data.size};
  const d::ProjectRow row = rows.row(0);
  std::copy(data.topological.begin(), data.topological.end(), row.order.begin());
  std::copy(data.mode_first.begin(), data.mode_first.end() - 1, row.mode.begin());
  std::size_t direction = 0;
  for (auto _ : state) {
    const auto makespan = generator.serial(direction, row);
    generator.turn(row, makespan);
    direction = 1 - direction;
  }
  state.SetItemsProcessed(state.iterations());
}

void pass_units(benchmark::State& state) {
  passes<d::ProjectUnitProfile<1>>(state, [](const d::ProjectData& data) { return data.horizon; });
}
void pass_segments(benchmark::State& state) {
  passes<d::ProjectSegmentProfile<0>>(state, [](const d::ProjectData& data) { return data.size; });
}

/// 20,000 schedules by the whole search; items are schedules.
void search(benchmark::State& state) {
  const Project project = usual(static_cast<std::size_t>(state.range(0)), static_cast<std::size_t>(state.range(1)));
  std::size_t made = 0;
  for (auto _ : state) made += ProjectScheduler{{.iterations = 20'000}}.schedule(project).iterations;
  state.SetItemsProcessed(static_cast<std::int64_t>(made));
}

BENCHMARK(pass_units)->Arg(30)->Arg(60)->Arg(120);
BENCHMARK(pass_segments)->Arg(30)->Arg(120);
BENCHMARK(search)->Args({30, 1})->Args({120, 1})->Args({50, 3})->Unit(benchmark::kMillisecond);

}  // namespace
