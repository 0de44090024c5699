#include "kilter/schedule/project_generate.hpp"

#include <numeric>

#include "catch.hpp"
#include "kilter/schedule/project_bound.hpp"
#include "kilter/schedule/project_encoding.hpp"
#include "kilter/schedule/project_modes.hpp"
#include "project.hpp"

using namespace kilter;
using namespace kilter::schedule;
using namespace kilter::schedule::detail;
using namespace kilter::test;

namespace {

ProjectData compile(const Project& project) {
  const ProjectReduction reduction{project};
  REQUIRE(reduction.reason().empty());
  return project_data(project, reduction);
}

/// A genome with memory of its own.
struct Genome {
  explicit Genome(const ProjectData& data) : order(data.topological), mode(data.size), finish(data.size, 0) {
    std::copy(data.mode_first.begin(), data.mode_first.end() - 1, mode.begin());
  }
  [[nodiscard]] ProjectRow row() { return {order, mode, finish}; }
  std::vector<std::uint32_t> order, mode;
  std::vector<std::int32_t> finish;
};

ProjectSchedule schedule_of(const ProjectData& data, const Genome& genome, std::int32_t makespan, bool backward = false) {
  ProjectSchedule out;
  out.makespan = makespan * data.unit;
  for (std::size_t j = 0; j < data.size; ++j) {
    const std::int32_t start = backward ? makespan - genome.finish[j] : genome.finish[j] - data.duration[genome.mode[j]];
    out.mode.push_back(data.mode_original[genome.mode[j]]);
    out.start.push_back(start * data.unit);
  }
  return out;
}

bool precedes(const ProjectData& data, const std::vector<std::uint32_t>& order) {
  std::vector<std::size_t> position(data.size, data.size);
  for (std::size_t k = 0; k < order.size(); ++k) position[order[k]] = k;
  for (std::uint32_t j = 0; j < data.size; ++j) {
    if (position[j] == data.size) return false;
    for (const auto s : data.links[1].of(j)) {
      if (position[s] <= position[j]) return false;
    }
  }
  return true;
}

/// Whether moving one activity to an earlier start alone gives a valid schedule.
bool can_shift_left(const Project& project, ProjectSchedule schedule) {
  schedule.bound = 0;
  for (std::size_t j = 0; j < project.activities.size(); ++j) {
    const Time old = schedule.start[j];
    for (Time t = 0; t < old; ++t) {
      schedule.start[j] = t;
      schedule.makespan = 0;
      for (std::size_t i = 0; i < schedule.start.size(); ++i) {
        schedule.makespan = std::max(schedule.makespan, schedule.start[i] + project.activities[i].modes[schedule.mode[i]].duration);
      }
      if (validate(project, schedule).empty()) return true;
    }
    schedule.start[j] = old;
  }
  return false;
}

Project sometimes_long(std::uint64_t seed) {
  ProjectShape shape{
      .activities = 5 + seed % 25, .complexity = 1.5, .factor = 0.7, .strength = 0.1 * static_cast<double>(seed % 5)};
  shape.renewables = 1 + seed % 9;
  Project project = random_project(shape, seed);
  if (seed % 3 == 0) project.activities[seed % shape.activities].modes[0].duration = 0;
  return project;
}

}  // namespace

TEST_CASE("lanes hold what they are given") {
  const ProjectLanes lanes = project_lanes(std::vector<int>{1, 1000, std::numeric_limits<int>::max(), 30, 7, 0});
  CHECK(lanes.words == 1);
  const ProjectLanes two = project_lanes(std::vector<int>{std::numeric_limits<int>::max(), 1, std::numeric_limits<int>::max()});
  CHECK(two.words == 2);
  CHECK(two.word == std::vector<std::uint32_t>{0, 0, 1});
  CHECK(project_lanes({}).words == 1);
}

TEST_CASE("profiles of units and of segments agree with counting") {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    Rng rng{seed};
    const std::vector<int> capacity = {5, 9, 1 << 30, 1 << 30};
    const ProjectLanes lanes = project_lanes(capacity);
    ProjectUnitProfile<0> units{lanes, 400};
    ProjectSegmentProfile<0> segments{lanes, 40};
    std::vector<std::vector<int>> used(capacity.size(), std::vector<int>(400, 0));
    for (int i = 0; i < 30; ++i) {
      std::vector<int> need;
      std::vector<std::uint64_t> packed(lanes.words, 0);
      for (std::size_t r = 0; r < capacity.size(); ++r) {
        need.push_back(static_cast<int>(rng.index(static_cast<std::size_t>(capacity[r]) + 1)));
        packed[lanes.word[r]] |= static_cast<std::uint64_t>(need[r]) << lanes.shift[r];
      }
      const auto from = static_cast<std::int32_t>(rng.index(30)), duration = static_cast<std::int32_t>(1 + rng.index(9));
      std::int32_t start = from;
      const auto fits = [&](std::int32_t s) {
        for (std::size_t r = 0; r < capacity.size(); ++r) {
          for (std::int32_t t = s; t < s + duration; ++t) {
            if (capacity[r] - used[r][static_cast<std::size_t>(t)] < need[r]) return false;
          }
        }
        return true;
      };
      while (!fits(start)) ++start;
      REQUIRE(units.fit(from, duration, packed.data()) == start);
      REQUIRE(segments.fit(from, duration, packed.data()) == start);
      units.take(start, duration, packed.data());
      segments.take(start, duration, packed.data());
      for (std::size_t r = 0; r < capacity.size(); ++r) {
        for (std::int32_t t = start; t < start + duration; ++t) used[r][static_cast<std::size_t>(t)] += need[r];
      }
    }
  }
}

TEST_CASE("the serial scheme gives valid and active schedules, the parallel one valid ones") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const Project project = sometimes_long(seed);
    const ProjectData data = compile(project);
    ProjectGenerator<ProjectUnitProfile<0>> generator{data, {data.lanes, data.horizon}};
    ProjectGenerator<ProjectSegmentProfile<0>> segments{data, {data.lanes, data.size}};
    ProjectEncoding encoding{data};
    Rng rng{seed};
    Genome genome{data};
    for (int bias = 0; bias < 4; ++bias) {
      encoding.sample(genome.order, bias, rng);
      REQUIRE(precedes(data, genome.order));
      const std::int32_t makespan = generator.serial(0, genome.row());
      const ProjectSchedule schedule = schedule_of(data, genome, makespan);
      REQUIRE(validate(project, schedule).empty());
      REQUIRE_FALSE(can_shift_left(project, schedule));
      REQUIRE(makespan >= project_bound(data));
      const auto finish = genome.finish;
      REQUIRE(segments.serial(0, genome.row()) == makespan);
      REQUIRE(genome.finish == finish);
      const std::int32_t other = generator.parallel(0, genome.row());
      REQUIRE(validate(project, schedule_of(data, genome, other)).empty());
      generator.settle(genome.row(), other);
      REQUIRE(precedes(data, genome.order));
      REQUIRE(generator.serial(0, genome.row()) <= other);
    }
  }
}

TEST_CASE("forward-backward improvement never makes a schedule longer") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    const Project project = sometimes_long(seed);
    const ProjectData data = compile(project);
    ProjectGenerator<ProjectUnitProfile<0>> generator{data, {data.lanes, data.horizon}};
    ProjectEncoding encoding{data};
    Rng rng{seed};
    Genome genome{data};
    encoding.sample(genome.order, 0, rng);
    std::int32_t last = generator.serial(0, genome.row());
    for (std::size_t pass = 1; pass < 6; ++pass) {
      generator.turn(genome.row(), last);
      auto forward = genome.order;
      if (pass % 2 == 1) std::reverse(forward.begin(), forward.end());
      REQUIRE(precedes(data, forward));
      const std::int32_t now = generator.serial(pass % 2, genome.row());
      REQUIRE(now <= last);
      REQUIRE(validate(project, schedule_of(data, genome, now, pass % 2 == 1)).empty());
      last = now;
    }
  }
}

TEST_CASE("crossover and mutation respect precedence and keep each activity once") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const Project project = random_project({.activities = 1 + seed % 40, .modes = 1 + seed % 3}, seed);
    const ProjectData data = compile(project);
    ProjectEncoding encoding{data};
    Rng rng{seed};
    Genome a{data}, b{data}, child{data};
    for (int i = 0; i < 20; ++i) {
      encoding.sample(a.order, 0, rng);
      encoding.sample(b.order, 1, rng);
      encoding.sample_modes(a.mode, rng);
      encoding.sample_modes(b.mode, rng);
      encoding.two_point(a.row(), b.row(), child.row(), rng);
      REQUIRE(precedes(data, child.order));
      for (std::size_t j = 0; j < data.size; ++j) REQUIRE((child.mode[j] == a.mode[j] || child.mode[j] == b.mode[j]));
      encoding.mutate(child.row(), 3, 0.5, rng);
      REQUIRE(precedes(data, child.order));
      for (std::size_t j = 0; j < data.size; ++j) {
        REQUIRE(child.mode[j] >= data.mode_first[j]);
        REQUIRE(child.mode[j] < data.mode_first[j + 1]);
      }
    }
    encoding.two_point(a.row(), a.row(), child.row(), rng);
    REQUIRE(child.order == a.order);
    REQUIRE(ProjectEncoding::distance(a.row(), a.row(), 4) == 0);
  }
}

TEST_CASE("modes that can be in no shortest schedule are left out") {
  Project project{.renewable = {3, 100}, .nonrenewable = {5}, .activities = {}};
  project.activities.push_back({{{4, {1, 1, 1}}, {5, {1, 1, 1}}, {2, {4, 0, 0}}, {3, {1, 1, 5}}}, {}});
  project.activities.push_back({{{4, {2, 1, 1}}, {6, {1, 1, 0}}}, {}});
  const ProjectReduction reduction{project};
  CHECK(reduction.reason().empty());
  // Mode 1 is longer than 0 for nothing, 2 needs more than there is.
  CHECK(reduction.kept()[0] == std::vector<std::uint32_t>{0, 3});
  CHECK(reduction.kept()[1] == std::vector<std::uint32_t>{0, 1});
  CHECK_FALSE(reduction.binding(1));
  project.activities[1].modes[1].demand[2] = 1;
  // Now the other activity needs 1 at least, and 5 are too many.
  CHECK(ProjectReduction{project}.kept()[0] == std::vector<std::uint32_t>{0});
  project.nonrenewable[0] = 1;
  CHECK(ProjectReduction{project}.reason() == "non-renewable resource 0 is not enough");
  project.nonrenewable[0] = 5;
  for (auto& mode : project.activities[1].modes) mode.demand[0] = 4;
  CHECK(ProjectReduction{project}.reason() == "activity 1 fits in no mode");
}

TEST_CASE("the search for modes agrees with trying all, and repair with what it says") {
  std::size_t possible = 0, impossible = 0;
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    // Each activity has a mode that needs only the one resource, a mode that needs only the other, and one that needs a bit of
    // both.
    Rng draw{seed};
    Project project{.nonrenewable = {14, 14}};
    for (int j = 0; j < 6; ++j) {
      const auto amount = [&] { return 2 + static_cast<int>(draw.index(9)); };
      project.activities.push_back({{{1, {amount(), 0}}, {2, {0, amount()}}, {3, {amount() / 2, amount() / 2}}}, {}});
    }
    const ProjectReduction reduction{project};
    if (!reduction.reason().empty()) continue;
    const ProjectData data = project_data(project, reduction);
    if (data.nonrenewables == 0) continue;
    ProjectGenerator<ProjectUnitProfile<0>> generator{data, {data.lanes, data.horizon}};
    Genome genome{data};
    bool any = false;
    const auto all = [&](auto&& self, std::size_t j) -> void {
      if (j == data.size) {
        any |= generator.excess(genome.mode) == 0;
        return;
      }
      for (genome.mode[j] = data.mode_first[j]; genome.mode[j] < data.mode_first[j + 1]; ++genome.mode[j]) self(self, j + 1);
    };
    all(all, 0);
    (any ? possible : impossible) += 1;
    using Outcome = ProjectModeSearch::Outcome;
    REQUIRE(ProjectModeSearch{data}.run(genome.mode, 100'000) == (any ? Outcome::found : Outcome::none));
    if (any) REQUIRE(generator.excess(genome.mode) == 0);
    CHECK(ProjectModeSearch{data}.run(genome.mode, 1) == Outcome::unknown);
    Rng rng{seed};
    Genome random{data};
    ProjectEncoding{data}.sample_modes(random.mode, rng);
    const std::int64_t before = generator.excess(random.mode), left = project_repair(data, generator, random.mode, rng);
    REQUIRE(left <= before);
    REQUIRE(left == generator.excess(random.mode));
  }
  CHECK(possible > 20);
  CHECK(impossible > 0);
}
