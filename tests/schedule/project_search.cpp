#include <algorithm>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <numeric>
#include <sstream>
#include <string>

#include "catch.hpp"
#include "kilter/schedule/project_scheduler.hpp"
#include "project.hpp"
#include "refused.hpp"

using namespace kilter::schedule;
using namespace kilter::test;
using kilter::Budget;
using kilter::Duration;
using kilter::Progress;
using kilter::Rng;
using kilter::Status;
using kilter::Threads;

namespace {

void require_right(const Project& project, const ProjectSchedule& schedule) {
  for (const auto& line : validate(project, schedule)) FAIL_CHECK(project.name << ": " << line);
}

/// The shortest makespan by trying all modes and all orders, one unit of time after the other; the largest `Time` when there is
/// none.
class BruteForce {
 public:
  explicit BruteForce(const Project& project) : project_(project), mode_(project.activities.size(), 0) {}

  Time run() {
    modes(0);
    return best_;
  }

 private:
  const ProjectMode& mode(std::size_t j) const { return project_.activities[j].modes[mode_[j]]; }

  void modes(std::size_t j) {
    if (j < mode_.size()) {
      for (mode_[j] = 0; mode_[j] < project_.activities[j].modes.size(); ++mode_[j]) modes(j + 1);
      return;
    }
    for (std::size_t r = 0; r < project_.nonrenewable.size(); ++r) {
      int used = 0;
      for (std::size_t i = 0; i < mode_.size(); ++i) used += mode(i).demand[project_.renewable.size() + r];
      if (used > project_.nonrenewable[r]) return;
    }
    std::vector<std::size_t> order(mode_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    do generate(order);
    while (std::next_permutation(order.begin(), order.end()));
  }

  void generate(const std::vector<std::size_t>& order) {
    std::vector<Time> finish(mode_.size(), -1);
    std::map<std::pair<Time, std::size_t>, int> used;
    Time makespan = 0;
    for (const std::size_t j : order) {
      Time start = 0;
      for (std::size_t i = 0; i < mode_.size(); ++i) {
        const auto& next = project_.activities[i].successors;
        if (std::find(next.begin(), next.end(), j) == next.end()) continue;
        if (finish[i] < 0) return;
        start = std::max(start, finish[i]);
      }
      const auto fits = [&] {
        for (std::size_t r = 0; r < project_.renewable.size(); ++r) {
          for (Time t = start; t < start + mode(j).duration; ++t) {
            if (used[{t, r}] + mode(j).demand[r] > project_.renewable[r]) return false;
          }
        }
        return true;
      };
      while (!fits()) {
        if (++start > 1000) return;
      }
      finish[j] = start + mode(j).duration;
      for (std::size_t r = 0; r < project_.renewable.size(); ++r) {
        for (Time t = start; t < finish[j]; ++t) used[{t, r}] += mode(j).demand[r];
      }
      makespan = std::max(makespan, finish[j]);
    }
    best_ = std::min(best_, makespan);
  }

  const Project& project_;
  std::vector<std::size_t> mode_;
  Time best_ = std::numeric_limits<Time>::max();
};

Project hard(std::size_t activities = 40, std::size_t modes = 1, std::uint64_t seed = 3) {
  return random_project({.activities = activities,
                         .complexity = 1.8,
                         .factor = 0.75,
                         .strength = 0.1,
                         .nonrenewables = modes > 1 ? std::size_t{2} : 0,
                         .modes = modes},
                        seed);
}

bool same(const ProjectSchedule& a, const ProjectSchedule& b) {
  return a.status == b.status && a.start == b.start && a.mode == b.mode && a.makespan == b.makespan && a.bound == b.bound &&
         a.iterations == b.iterations && a.generations == b.generations;
}

}  // namespace

TEST_CASE("tiny projects are solved as by trying everything") {
  std::size_t impossible = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    ProjectShape shape{.activities = 1 + seed % 6, .complexity = 1.2, .factor = 0.7, .strength = 0.2};
    shape.renewables = 1 + seed % 2;
    shape.modes = 1 + seed % 2;
    shape.nonrenewables = seed % 2 == 0 ? 0 : 1;
    Project project = random_project(shape, seed);
    if (seed % 7 == 0) project.activities[0].modes[0].duration = 0;
    if (seed % 5 == 0 && shape.nonrenewables > 0) project.nonrenewable[0] = project.nonrenewable[0] * 2 / 3;
    const Time optimum = BruteForce{project}.run();
    const ProjectSchedule schedule = ProjectScheduler{{.iterations = 2000}}.schedule(project);
    require_right(project, schedule);
    if (optimum == std::numeric_limits<Time>::max()) {
      ++impossible;
      CHECK(schedule.status == Status::infeasible);
      CHECK_FALSE(schedule.reason.empty());
      continue;
    }
    CHECK(schedule.makespan == optimum);
    CHECK(schedule.bound <= optimum);
  }
  CHECK(impossible > 0);
}

TEST_CASE("an empty project and one of nothing but zero durations end at 0") {
  const ProjectSchedule none = ProjectScheduler{}.schedule(Project{});
  CHECK(none.status == Status::optimal);
  CHECK(none.makespan == 0);
  CHECK(validate(Project{}, none).empty());
  const Project zero{.renewable = {1}, .activities = {{{{0, {5}}}, {1}}, {{{0, {1}}}, {}}}};
  const ProjectSchedule schedule = ProjectScheduler{}.schedule(zero);
  require_right(zero, schedule);
  CHECK(schedule.status == Status::optimal);
  CHECK(schedule.makespan == 0);
}

TEST_CASE("what fits in no mode, or in no choice of modes, is infeasible and says why") {
  const Project large{.renewable = {2}, .activities = {{{{1, {1}}}, {}}, {{{1, {3}}, {2, {4}}}, {}}}};
  ProjectSchedule schedule = ProjectScheduler{}.schedule(large);
  CHECK(schedule.status == Status::infeasible);
  CHECK(schedule.reason == "activity 1 fits in no mode");
  CHECK(schedule.start.empty());
  // Each activity is cheap in one of two resources only; there is enough of each for one of them, but not for both.
  Project scarce{.renewable = {}, .nonrenewable = {5, 5}, .activities = {}};
  for (int j = 0; j < 3; ++j) scarce.activities.push_back({{{1, {4, 0}}, {1, {0, 4}}}, {}});
  schedule = ProjectScheduler{}.schedule(scarce);
  CHECK(schedule.status == Status::infeasible);
  CHECK(schedule.reason == "no choice of modes keeps within the non-renewable resources");
  CHECK(validate(scarce, schedule).empty());
}

TEST_CASE("long durations and wide capacities take the general paths to the same result") {
  Project project = hard(25);
  const ProjectScheduler scheduler{{.iterations = 3000}};
  const ProjectSchedule plain = scheduler.schedule(project);
  Project wide = project;
  for (std::size_t r = 0; r < wide.renewable.size(); ++r) wide.renewable[r] *= 10'000'000;
  for (Activity& a : wide.activities) {
    for (int& d : a.modes[0].demand) d *= 10'000'000;
  }
  const ProjectSchedule packed = scheduler.schedule(wide);
  require_right(wide, packed);
  CHECK(packed.start == plain.start);
  Project scaled = project;  // the common divisor is taken out
  for (Activity& a : scaled.activities) a.modes[0].duration *= 100'000;
  CHECK(scheduler.schedule(scaled).makespan == plain.makespan * 100'000);
  for (Activity& a : scaled.activities) a.modes[0].duration += a.modes[0].duration / 100'000 % 2;
  const ProjectSchedule segments = scheduler.schedule(scaled);
  require_right(scaled, segments);
  CHECK(segments.makespan <= plain.makespan * 100'000 + 40);
  CHECK(segments.makespan >= plain.makespan * 100'000);
}

TEST_CASE("the same seed gives the same schedule at any number of threads") {
  for (const std::size_t modes : {std::size_t{1}, std::size_t{3}}) {
    const Project project = hard(40, modes);
    const ProjectScheduler scheduler{{.seed = 5, .iterations = 20'000, .population = 40, .stall = 5}};
    const ProjectSchedule one = scheduler.schedule(project);
    require_right(project, one);
    CHECK(one.restarts > 0);
    for (const unsigned threads : {1U, 2U, 3U}) CHECK(same(one, scheduler.schedule(project, {}, Threads{threads})));
    CHECK_FALSE(same(one, ProjectScheduler{{.seed = 6, .iterations = 20'000, .population = 40, .stall = 5}}.schedule(project)));
  }
}

TEST_CASE("a search ends at its limits with the best so far") {
  const Project project = hard(60);
  ProjectSchedule schedule = ProjectScheduler{{.budget = {.time_limit = Duration{0.05}}}}.schedule(project);
  CHECK(schedule.status == Status::time_limit);
  CHECK(schedule.seconds_to_best > 0);
  CHECK(schedule.seconds_to_best < 5);
  require_right(project, schedule);
  schedule = ProjectScheduler{{.budget = {.time_limit = Duration{0}}}}.schedule(project);
  CHECK(schedule.status == Status::time_limit);
  require_right(project, schedule);
  std::stop_source source;
  source.request_stop();
  schedule = ProjectScheduler{{.budget = {.stop = source.get_token()}}}.schedule(project);
  CHECK(schedule.status == Status::cancelled);
  CHECK(schedule.seconds_to_best == 0);
  require_right(project, schedule);
  schedule = ProjectScheduler{{.iterations = 1}}.schedule(project);
  CHECK(schedule.status == Status::iteration_limit);
  require_right(project, schedule);
  schedule = ProjectScheduler{{.target = 1'000'000}}.schedule(project);
  CHECK(schedule.status == Status::iteration_limit);
  require_right(project, schedule);
}

TEST_CASE("an observer sees the best fall, and may cancel") {
  const Project project = hard(60);
  std::stop_source source;
  std::size_t calls = 0;
  double last = std::numeric_limits<double>::infinity();
  const auto watch = [&](const Progress& p) {
    CHECK(p.best <= last);
    CHECK(p.bound <= p.best);
    last = p.best;
    if (++calls == 10) source.request_stop();
  };
  const auto schedule =
      ProjectScheduler{{.budget = {.stop = source.get_token()}, .population = 20}}.schedule(project, {}, {}, watch);
  CHECK(schedule.status == Status::cancelled);
  CHECK(calls == 10);
  CHECK(static_cast<double>(schedule.makespan) == last);
}

TEST_CASE("a schedule to begin with is never made worse") {
  for (const std::size_t modes : {std::size_t{1}, std::size_t{3}}) {
    const Project project = hard(50, modes);
    const std::vector<ProjectSchedule> good = {ProjectScheduler{{.seed = 2, .iterations = 30'000}}.schedule(project)};
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      const ProjectSchedule again = ProjectScheduler{{.seed = seed, .iterations = 1}}.schedule(project, good);
      require_right(project, again);
      CHECK(again.makespan <= good[0].makespan);
    }
  }
  const Project project = hard(20);
  CHECK_REFUSED(ProjectScheduler{}.schedule(project, std::vector<ProjectSchedule>(1)), "start = 0");
  ProjectSchedule other{.mode = std::vector<std::uint32_t>(20, 1), .start = std::vector<Time>(20, 0)};
  CHECK_REFUSED(ProjectScheduler{}.schedule(project, std::vector{other}), "start = 1: must be a mode");
}

TEST_CASE("options out of range are refused by name") {
  CHECK_REFUSED(ProjectScheduler{{.population = 3}}, "population = 3");
  CHECK_REFUSED(ProjectScheduler{{.stall = 0}}, "stall = 0");
  CHECK_REFUSED(ProjectScheduler{{.mutation = -1}}, "mutation = -1");
  CHECK_REFUSED(ProjectScheduler{{.mode_change = 2}}, "mode_change = 2");
  CHECK_REFUSED(ProjectScheduler{{.mode_choice = -0.5}}, "mode_choice = -0.5");
  Project cyclic{.activities = {{{{1, {}}}, {0}}}};
  CHECK_REFUSED(ProjectScheduler{}.schedule(cyclic), "cycle");
}

namespace {

/// The first `count` instances of every `stride`-th of a file of the data folder, read plainly (the library's readers have their
/// own tests); none when there is no such file.
std::vector<Project> instances(const std::string& file, bool multi, std::size_t stride) {
  std::ifstream in{std::string{KILTER_SHARED_DATA} + "/scheduling/" + file};
  std::vector<Project> all, picked;
  for (std::string word; in >> word;) {
    Project& p = all.emplace_back();
    std::size_t n = 0, renewables = 0, others = 0, links = 0;
    in >> p.name >> n >> renewables;
    if (multi) in >> others;
    p.renewable.resize(renewables);
    p.nonrenewable.resize(others);
    p.activities.resize(n);
    for (int& c : p.renewable) in >> c;
    for (int& c : p.nonrenewable) in >> c;
    for (Activity& a : p.activities) {
      std::size_t modes = 1;
      const auto read = [&](ProjectMode& mode) {
        mode.demand.resize(renewables + others);
        in >> mode.duration;
        for (int& d : mode.demand) in >> d;
      };
      if (multi) in >> modes;
      a.modes.resize(modes);
      if (!multi) read(a.modes[0]);
      in >> links;
      a.successors.resize(links);
      for (auto& s : a.successors) in >> s, --s;
      if (multi) std::for_each(a.modes.begin(), a.modes.end(), read);
    }
  }
  for (std::size_t i = 0; i < all.size(); i += stride) picked.push_back(all[i]);
  return picked;
}

/// Name to the best known lower and upper bound.
std::map<std::string, std::pair<Time, Time>> best_known(const std::string& file) {
  std::ifstream in{std::string{KILTER_SHARED_DATA} + "/scheduling/" + file};
  std::map<std::string, std::pair<Time, Time>> out;
  for (std::string line; std::getline(in, line);) {
    std::istringstream fields{line};
    std::string name, low, high;
    std::getline(fields, name, ',');
    std::getline(fields, low, ',');
    std::getline(fields, high, ',');
    if (name != "name") out[name] = {std::stoll(low), std::stoll(high)};
  }
  return out;
}

/// Mean gap to the best known, in percent.
double mean_gap(const std::string& set, bool multi, std::size_t stride, std::size_t iterations) {
  const auto projects = instances(set + ".txt", multi, stride);
  const auto known = best_known(set + "_bks.csv");
  double sum = 0;
  for (const Project& project : projects) {
    const auto [low, high] = known.at(project.name);
    const ProjectSchedule s = ProjectScheduler{{.target = high, .iterations = iterations}}.schedule(project);
    require_right(project, s);
    CHECK(s.makespan >= low);
    CHECK(s.bound <= high);
    sum += 100 * static_cast<double>(s.makespan - high) / static_cast<double>(high);
  }
  return projects.empty() ? 0 : sum / static_cast<double>(projects.size());
}

bool have(const std::string& file) { return std::filesystem::exists(std::string{KILTER_SHARED_DATA} + "/scheduling/" + file); }

}  // namespace

TEST_CASE("samples of the public sets come near the best known") {
  if (!have("rcpsp/j30.txt")) {
    WARN("no data folder: skipped");
    return;
  }
  CHECK(mean_gap("rcpsp/j30", false, 12, 200'000) < 0.3);
  CHECK(mean_gap("rcpsp/j60", false, 40, 20'000) < 1);
  CHECK(mean_gap("rcpsp/j120", false, 60, 20'000) < 4);
  CHECK(mean_gap("mrcpsp/mmlib50", true, 27, 20'000) < 12);
}
