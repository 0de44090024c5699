// Random worlds under random decisions, integrated a second time from what the gangs did.
#include <algorithm>
#include <set>

#include "catch.hpp"
#include "play.hpp"

using namespace kilter;
using namespace kilter::simulate;
using kilter::test::random_decision;
using kilter::test::random_world;
using kilter::test::WithinAbs;
using kilter::test::WithinRel;

namespace {

constexpr std::size_t hours = 48;

struct Story {
  World world;
  std::vector<Decision> decisions;
  std::vector<HourRecord> records;
  State end;
  std::vector<Stay> stays;  ///< with those that go on at the end
};

/// Each job in exactly one place.
void check_places(const World& world, const State& state) {
  std::vector<int> seen(world.jobs.size());
  for (const auto j : state.queue) ++seen[j];
  for (const auto& run : state.running) ++seen[run.job];
  for (std::size_t j = 0; j < world.jobs.size(); ++j) {
    seen[j] += state.outcomes[j].finished() ? 1 : 0;
    REQUIRE(seen[j] == (j < state.next_arrival ? 1 : 0));
    if (j < state.next_arrival) REQUIRE(world.jobs[j].submit <= state.now);
  }
}

/// No rack holds more than it has, and no gang more or less than it asked for.
void check_racks(const World& world, const State& state) {
  std::vector<std::vector<int>> held;
  for (const auto& pool : world.fleet.pools) held.emplace_back(static_cast<std::size_t>(pool.racks));
  for (const auto& run : state.running) {
    int gpus = 0;
    for (const auto& [rack, count] : run.racks) {
      REQUIRE(count > 0);
      held[run.pool].at(static_cast<std::size_t>(rack)) += count;
      gpus += count;
    }
    REQUIRE(gpus == world.jobs[run.job].gpus);
  }
  for (std::size_t p = 0; p < held.size(); ++p) {
    for (const int gpus : held[p]) REQUIRE(gpus <= world.fleet.pools[p].gpus_per_rack);
  }
}

Story tell(std::uint64_t seed) {
  Rng rng{seed};
  Story story{random_world(rng, hours), {}, {}, {}, {}};
  check(story.world);
  story.end = initial_state(story.world);
  for (std::size_t h = 0; h < hours; ++h) {
    story.decisions.push_back(random_decision(rng, story.world, story.end, h));
    story.records.push_back(play_hour(story.world, story.end, h, story.decisions.back()));
    check_places(story.world, story.end);
    check_racks(story.world, story.end);
    REQUIRE(story.records.back().queued == story.end.queue.size());
  }
  story.stays = story.end.stays;
  for (const auto& run : story.end.running) story.stays.push_back({run.job, run.pool, run.started, story.end.now, false});
  return story;
}

/// What one stretch without events is, worked out from the stays.
struct Stretch {
  double capacity = 0, missed = 0, it[2] = {}, facility[2] = {}, held = 0, busy = 0, work = 0;
  double gang_speed[3] = {};
  bool throttled = false;
};

Stretch stretch_at(const Story& story, std::size_t hour, double at) {
  const World& world = story.world;
  const Decision& decision = story.decisions[hour];
  const Seconds now = at * units::h;
  Stretch out;
  int gangs[3] = {}, working[3] = {}, left[3] = {};
  for (const auto& stay : story.stays) {
    if (stay.start <= now && now < stay.end) gangs[stay.pool] += world.jobs[stay.job].gpus;
  }
  for (std::size_t p = 0; p < 3; ++p) {
    working[p] = world.working_gpus(p, now);
    REQUIRE(gangs[p] <= working[p]);
    left[p] = working[p] - gangs[p];
  }
  std::vector<int> serving(world.options.size());
  double full = 0;
  for (std::size_t o = 0; o < serving.size(); ++o) {
    int& free = left[world.options[o].pool];
    serving[o] = std::min(free, decision.serving[o]);
    free -= serving[o];
    full += serving[o] * world.options[o].speed;
  }
  const double load = full > 0 ? std::min(1.0, world.demand[hour] / full) : 0;
  double share[2] = {1, 1};
  for (std::size_t s = 0; s < 2; ++s) {
    double base = 0, dynamic = 0;
    for (std::size_t p = 0; p < 3; ++p) {
      if (world.fleet.pools[p].site != s) continue;
      const int idle = left[p];
      const int on = decision.idle_off ? working[p] - idle : working[p];
      base += 0.2 * on;
      dynamic += gangs[p] * (decision.training_power[p].cap.in(units::kW)-0.1);
      out.held += on;
      out.busy += gangs[p];
    }
    for (std::size_t o = 0; o < serving.size(); ++o) {
      if (world.fleet.pools[world.options[o].pool].site == s)
        dynamic += serving[o] * load * (world.options[o].cap.in(units::kW)-0.1);
    }
    const double room = (world.power_cap(s, now).in(units::kW)-test::fixed_kw) / test::slope;
    if (base + dynamic > room && dynamic > 0) {
      share[s] = std::clamp((room - base) / dynamic, 0.0, 1.0);
      out.throttled = true;
    }
    out.it[s] = base + dynamic * share[s];
    out.facility[s] = test::fixed_kw + test::slope * out.it[s];
  }
  for (std::size_t o = 0; o < serving.size(); ++o) {
    out.capacity += serving[o] * world.options[o].speed * test::slowed(share[world.fleet.pools[world.options[o].pool].site]);
    out.busy += serving[o] * load;
  }
  out.missed = world.demand[hour] - std::min(world.demand[hour], out.capacity);
  for (std::size_t p = 0; p < 3; ++p) {
    const auto& pool = world.fleet.pools[p];
    out.gang_speed[p] = pool.speed * decision.training_power[p].speed * test::slowed(share[pool.site]);
    out.work += gangs[p] * out.gang_speed[p];
  }
  return out;
}

/// The moments of an hour between which nothing changes, in hours.
std::vector<double> moments(const Story& story, std::size_t hour) {
  const auto begin = static_cast<double>(hour);
  std::set<double> all{begin, begin + 1};
  const auto add = [&](Seconds at) {
    if (at.in(units::h) > begin && at.in(units::h) < begin + 1) all.insert(at.in(units::h));
  };
  for (const auto& stay : story.stays) add(stay.start), add(stay.end);
  for (const auto& failure : story.world.surprises.racks) add(failure.start), add(failure.start + failure.duration);
  for (const auto& cut : story.world.surprises.caps) add(cut.start), add(cut.start + cut.duration);
  return {all.begin(), all.end()};
}

}  // namespace

TEST_CASE("energy, money, carbon, demand and work are what the gangs' stays add up to") {
  double killed = 0, throttled = 0, finished = 0;
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    const Story story = tell(seed);
    std::vector<double> progress(story.world.jobs.size());
    for (std::size_t hour = 0; hour < hours; ++hour) {
      INFO("seed " << seed << ", hour " << hour);
      const auto& record = story.records[hour];
      double it[2] = {}, facility[2] = {}, missed = 0, capacity = 0, held = 0, busy = 0, work = 0, slow = 0;
      const auto cuts = moments(story, hour);
      for (std::size_t i = 0; i + 1 < cuts.size(); ++i) {
        const double length = cuts[i + 1] - cuts[i], middle = (cuts[i] + cuts[i + 1]) / 2;
        const Stretch now = stretch_at(story, hour, middle);
        for (std::size_t s = 0; s < 2; ++s) {
          it[s] += now.it[s] * length;
          facility[s] += now.facility[s] * length;
        }
        missed += now.missed * length;
        capacity += now.capacity * length;
        held += now.held * length;
        busy += now.busy * length;
        work += now.work * length;
        slow += now.throttled ? length : 0;
        for (const auto& stay : story.stays) {
          if (stay.start.in(units::h) < middle && middle < stay.end.in(units::h)) {
            progress[stay.job] += now.gang_speed[stay.pool] * length;
          }
        }
      }
      for (std::size_t s = 0; s < 2; ++s) {
        CHECK_THAT(record.sites[s].it.in(units::kWh), WithinAbs(it[s], 1e-6));
        CHECK_THAT(record.sites[s].facility.in(units::kWh), WithinAbs(facility[s], 1e-6));
        CHECK_THAT(record.sites[s].energy_cost.in(units::usd),
                   WithinAbs(facility[s] * story.world.sites[s].price[hour] / 1000, 1e-6));
        CHECK_THAT(record.sites[s].carbon.in(units::gCO2), WithinAbs(facility[s] * story.world.sites[s].carbon[hour], 1e-3));
      }
      CHECK_THAT(record.missed, WithinAbs(missed, 1e-6));
      CHECK_THAT(record.capacity, WithinAbs(capacity, 1e-6));
      CHECK_THAT(record.held_gpu_hours, WithinAbs(held, 1e-6));
      CHECK_THAT(record.busy_gpu_hours, WithinAbs(busy, 1e-6));
      CHECK_THAT(record.training_work, WithinAbs(work, 1e-6));
      CHECK_THAT(record.throttled.in(units::h), WithinAbs(slow, 1e-6));
      throttled += slow;
      killed += record.killed;
    }
    for (std::size_t j = 0; j < story.world.jobs.size(); ++j) {
      const auto& outcome = story.end.outcomes[j];
      if (!outcome.finished()) continue;
      INFO("seed " << seed << ", job " << j);
      const double duration = story.world.jobs[j].duration.in(units::h);
      // What restarts lose is work done twice; without one, a job does its duration exactly.
      if (outcome.restarts == 0) CHECK_THAT(progress[j], WithinAbs(duration, 1e-6));
      CHECK(progress[j] >= duration - 1e-6);
      CHECK(progress[j] <= duration + 2.0 * outcome.restarts + 1e-6);  // at most an hour each, at speed 2
      CHECK(outcome.first_start >= story.world.jobs[j].submit);
      ++finished;
    }
  }
  CHECK(killed > 5);
  CHECK(throttled > 5);
  CHECK(finished > 100);
}

TEST_CASE("the same decisions on a copied state give the same records bit for bit") {
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    const Story story = tell(seed), again = tell(seed);
    for (std::size_t h = 0; h < hours; ++h) REQUIRE(test::same(story.records[h], again.records[h]));
    State state = initial_state(story.world);
    for (std::size_t h = 0; h < hours; ++h) {
      State copy = state;
      const auto first = play_hour(story.world, copy, h, story.decisions[h]);
      const auto second = play_hour(story.world, state, h, story.decisions[h]);
      REQUIRE(test::same(first, second));
      REQUIRE(test::same(first, story.records[h]));
      REQUIRE(copy.queue == state.queue);
      REQUIRE(copy.running.size() == state.running.size());
    }
  }
}

TEST_CASE("stays of a job do not overlap and belong to its restarts") {
  const Story story = tell(3);
  for (std::size_t j = 0; j < story.world.jobs.size(); ++j) {
    std::vector<Stay> mine;
    for (const auto& stay : story.stays) {
      if (stay.job == j) mine.push_back(stay);
    }
    int killed = 0;
    for (std::size_t i = 0; i < mine.size(); ++i) {
      CHECK(mine[i].start <= mine[i].end);
      if (i > 0) CHECK(mine[i].start >= mine[i - 1].end);
      killed += mine[i].killed ? 1 : 0;
    }
    CHECK(killed == story.end.outcomes[j].restarts);
  }
}
