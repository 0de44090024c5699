// A policy of your own runs a small data centre for three days, beside static provisioning and reactive scaling.
#include <algorithm>
#include <cstddef>
#include <cstdio>

#include "kilter/cluster/device.hpp"
#include "kilter/cluster/service.hpp"
#include "kilter/compress/profile.hpp"
#include "kilter/simulate/run.hpp"
#include "kilter/telemetry/synthetic.hpp"

using namespace kilter;
using namespace kilter::units;

/// One site with three racks of A100s and one of H100s, a service, and training jobs from the synthetic workload.
simulate::World make_world() {
  auto workload = telemetry::synthetic_workload(
      {.seed = 5, .days = 6, .busy_gpus = 40, .training_gpus = 25, .training = {.gang_weights = {8, 4, 2, 2, 1, 1}}});
  simulate::World world;
  world.fleet.sites = {{workload.sites[0].name, {.fixed = 3 * kW}, 200 * kW}};
  const cluster::GpuType a100 = cluster::gpu_type("A100-80GB"), h100 = cluster::gpu_type("H100-80GB");
  world.fleet.pools = {{"A100", 0, a100, 1, 3, 32, {{a100.peak, 1}}},
                       {"H100", 0, h100, cluster::relative_speed(h100, a100), 1, 32, {{h100.peak, 1}}}};
  world.service.variants =
      compress::profile_variants(compress::reference_network(), compress::standard_variants(), {.inputs = 1024});
  world.options = cluster::serving_options(world.fleet, world.service);
  for (const double seconds : workload.gpu_seconds.values) world.demand.push_back(seconds / 3600);
  world.sites = {workload.sites[0]};
  for (const auto& job : workload.jobs) {
    const Seconds limit = cluster::usual_limit(job.duration);
    world.jobs.push_back({job.id, job.submit, job.duration, limit, job.gpus, job.submit + 2 * limit + 6 * h, job.group});
  }
  simulate::check(world);
  return world;
}

/// Yours: ready for what was asked for an hour ago and for what was asked for at this time yesterday, with a margin; idle GPUs off.
struct Yesterday {
  double margin = 1.15;

  simulate::Decision decide(const simulate::Observation& seen) const {
    double expected = seen.demand.back();
    if (seen.hour >= 24) expected = std::max(expected, seen.demand[seen.hour - 24]);
    auto decision =
        simulate::usual_decision(seen.world, simulate::spread_serving(seen.world, margin * expected, seen.gpus), seen.gpus);
    decision.idle_off = true;
    return decision;
  }
};
static_assert(simulate::Policy<Yesterday>);

template <simulate::Policy P>
void play(const char* name, const simulate::World& world, P policy) {
  const auto run = simulate::run_policy(world, simulate::initial_state(world, 72), 72, 144, policy);
  const auto sum = simulate::summarise(world, run, {}, 0.4 * usd);
  std::printf("%-18s %8.0f %9.0f %9.0f %9.0f %9.1f %10zu of %zu %8.1f h\n", name, sum.total().in(usd), sum.energy.in(usd),
              sum.capital.in(usd), sum.credits.in(usd), 100 * sum.missed / sum.demand, sum.finished, sum.jobs, sum.p95_wait.in(h));
}

int main() {
  const simulate::World world = make_world();
  std::printf("policy             total USD   energy   capital   credits  missed %%   jobs finished   95 %% wait\n");
  play("static peak", world, simulate::StaticPeak{});
  play("reactive", world, simulate::Reactive{});
  play("yesterday (yours)", world, Yesterday{});
  return 0;
}
