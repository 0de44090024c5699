#include "kilter/schedule/project.hpp"

#include "catch.hpp"
#include "project.hpp"
#include "refused.hpp"

using namespace kilter::schedule;
using namespace kilter::test;
using kilter::Status;

namespace {

/// 0 (3 units, 2 of 4) before 2 (2 units, 3 of 4); 1 (2 units, 3 of 4) alone; 2 and 1 use one of two non-renewable units each.
Project small() {
  return {.name = "small",
          .renewable = {4},
          .nonrenewable = {2},
          .activities = {{{{3, {2, 0}}}, {2}}, {{{2, {3, 1}}, {9, {1, 0}}}, {}}, {{{2, {3, 1}}}, {}}}};
}

ProjectSchedule right() { return {.mode = {0, 0, 0}, .start = {0, 3, 5}, .makespan = 7, .bound = 5}; }

bool finds(const Project& project, const ProjectSchedule& schedule, std::string_view text) {
  for (const auto& line : validate(project, schedule)) {
    if (line.find(text) != std::string::npos) return true;
    UNSCOPED_INFO(line);
  }
  return false;
}

}  // namespace

TEST_CASE("a project that makes no sense is refused by name") {
  const auto broken = [](auto&& change) {
    Project project = small();
    change(project);
    return project;
  };
  CHECK_NOTHROW(check(small()));
  CHECK_NOTHROW(check(Project{}));
  CHECK_REFUSED(check(broken([](Project& p) { p.renewable[0] = -1; })), "renewable = -1");
  CHECK_REFUSED(check(broken([](Project& p) { p.nonrenewable[0] = -2; })), "nonrenewable = -2");
  CHECK_REFUSED(check(broken([](Project& p) { p.activities[1].modes.clear(); })), "activities[1].modes = 0");
  CHECK_REFUSED(check(broken([](Project& p) { p.activities[1].modes[1].duration = -3; })), "activities[1].modes.duration = -3");
  CHECK_REFUSED(check(broken([](Project& p) { p.activities[2].modes[0].demand[1] = -3; })), "activities[2].modes.demand = -3");
  CHECK_REFUSED(check(broken([](Project& p) { p.activities[2].modes[0].demand.pop_back(); })), "activities[2].modes.demand = 1");
  CHECK_REFUSED(check(broken([](Project& p) { p.activities[0].successors[0] = 3; })), "activities[0].successors = 3");
  CHECK_REFUSED(check(broken([](Project& p) { p.activities[0].modes[0].duration = Time{1} << 31; })), "must be less than 2^30");
  CHECK_REFUSED(check(broken([](Project& p) {
                  for (Activity& a : p.activities) a.modes[0].duration = Time{1} << 29;
                })),
                "sum to less than 2^30");
}

TEST_CASE("a cycle of the precedence relation is named") {
  Project project = small();
  project.activities[2].successors = {1};
  project.activities[1].successors = {2};
  CHECK_REFUSED(check(project), "successors = '1 -> 2 -> 1': must not hold a cycle");
  project.activities[1].successors = {0};
  CHECK_REFUSED(check(project), "must not hold a cycle");
  project = small();
  project.activities[1].successors = {1};
  CHECK_REFUSED(check(project), "'1 -> 1'");
  // What lies behind a cycle waits for ever too, but is not on it.
  project = small();
  project.activities.push_back({{{1, {0, 0}}}, {0}});
  project.activities[0].successors = {3, 2};
  CHECK_REFUSED(check(project), "'0 -> 3 -> 0'");
}

TEST_CASE("validate says what is wrong with a schedule") {
  const auto broken = [](auto&& change) {
    ProjectSchedule schedule = right();
    change(schedule);
    return schedule;
  };
  CHECK(validate(small(), right()).empty());
  CHECK(finds(small(), broken([](auto& s) { s.start.pop_back(); }), "2 starts for 3"));
  CHECK(finds(small(), broken([](auto& s) { s.mode.clear(); }), "0 modes for 3"));
  CHECK(finds(small(), broken([](auto& s) { s.mode[0] = 1; }), "activity 0 has no such mode"));
  CHECK(finds(small(), broken([](auto& s) { s.start[0] = -1; }), "activity 0 starts before 0"));
  CHECK(finds(small(), broken([](auto& s) { s.start = {3, 0, 5}; }), "activity 2 starts before activity 0 has finished"));
  CHECK(finds(small(), broken([](auto& s) { s.start[1] = 2; }), "renewable resource 0 is overdrawn at 2"));
  CHECK(finds(small(), broken([](auto& s) { s.start[1] = 4; }), "renewable resource 0 is overdrawn at 5"));
  CHECK(finds(small(), broken([](auto& s) { s.makespan = 8; }), "makespan is 7"));
  CHECK(finds(small(), broken([](auto& s) { s.bound = 8; }), "bound exceeds the makespan"));
  CHECK(finds(small(), broken([](auto& s) { s.status = Status::optimal; }), "optimal without a bound"));
  CHECK(finds(small(), broken([](auto& s) { s.status = Status::infeasible; }), "infeasible, with a schedule"));
  Project scarce = small();
  scarce.nonrenewable[0] = 1;
  CHECK(finds(scarce, right(), "non-renewable resource 0 is overdrawn"));
  CHECK(validate(Project{}, ProjectSchedule{}).empty());
  CHECK(finds(small(), ProjectSchedule{}, "0 starts for 3"));
  CHECK(validate(small(), {.status = Status::infeasible, .reason = "none"}).empty());
}

TEST_CASE("a zero duration takes nothing, and what ends makes room for what begins") {
  Project project{.renewable = {1}, .activities = {{{{2, {1}}}, {}}, {{{2, {1}}}, {}}, {{{0, {1}}}, {}}}};
  CHECK(validate(project, {.mode = {0, 0, 0}, .start = {0, 2, 1}, .makespan = 4}).empty());
  CHECK_FALSE(validate(project, {.mode = {0, 0, 0}, .start = {0, 1, 1}, .makespan = 3}).empty());
}

TEST_CASE("random projects are well formed") {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    const ProjectShape shape{.activities = 1 + seed % 40, .nonrenewables = seed % 3, .modes = 1 + seed % 3};
    CHECK_NOTHROW(check(random_project(shape, seed)));
  }
}
