// A cluster's gangs for time, energy and cost: the schedules that nothing beats in all three, as a table and as a picture.
#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "kilter/core/rng.hpp"
#include "kilter/monitor/svg_scatter.hpp"
#include "kilter/schedule/gang.hpp"
#include "kilter/schedule/pareto.hpp"
#include "kilter/schedule/validate.hpp"

using namespace kilter;
using namespace kilter::units;

/// Twelve gangs that may take 2 to 16 GPUs of a fast pool or a thrifty one. Power is cheap at noon; a GPU is rented by the hour.
schedule::Problem make_problem() {
  schedule::Problem problem;
  problem.resources = {{.name = "fast", .speed = 2.0, .power = 0.9 * kW, .capacity = {32}, .rent = {2.2 * usd / h}},
                       {.name = "thrifty", .speed = 1.2, .power = 0.35 * kW, .capacity = {48}, .rent = {0.9 * usd / h}}};
  for (int hour = 0; hour < 24; ++hour) {
    const Price price = (hour >= 4 && hour < 9 ? 0.05 : 0.4) * usd / kWh;
    for (auto& pool : problem.resources) pool.price.push_back(price);
  }
  const std::vector<int> counts{2, 4, 8, 16};
  Rng rng{3};
  for (std::size_t id = 0; id < 12; ++id) {
    const schedule::Gang gang{.id = id, .release = rng.uniform(0, 3) * h, .work = rng.uniform(1, 6) * h, .gpus = 8};
    problem.tasks.push_back(schedule::moldable_gang(gang, counts, 0.05, problem.resources));
  }
  return problem;
}

int main(int argc, char** argv) {
  const schedule::Problem problem = make_problem();
  const schedule::ParetoSet set = schedule::pareto(problem, {.search = {.population = 100, .generations = 100}}, Threads{2});

  monitor::Scatter picture{{.title = "Twelve gangs: how long, for how much, with how much energy (bright: much)",
                            .x_label = "mean time from release to finish, hours",
                            .y_label = "cost, USD",
                            .y_from_zero = false}};
  std::printf("%zu schedules that no other beats; every sixth of them:\n   mean flow h      kWh      USD   makespan h\n",
              set.schedules.size());
  for (std::size_t i = 0; i < set.schedules.size(); ++i) {
    const auto& m = set.schedules[i].measures;
    const double gpus = 8 * 12;  // the flow time counts each gang's size
    picture.point({.x = m.flow.in(h) / gpus, .y = m.cost.in(usd), .shade = m.energy.in(kWh)});
    if (i % 6 == 0)
      std::printf("%14.2f %8.1f %8.2f %12.1f\n", m.flow.in(h) / gpus, m.energy.in(kWh), m.cost.in(usd), m.makespan.in(h));
    for (const auto& fault : schedule::validate(problem, set.schedules[i])) std::printf("  WRONG: %s\n", fault.c_str());
  }
  picture.pareto(monitor::Better::low, monitor::Better::low);
  const char* file = argc > 1 ? argv[1] : "gang_pareto.svg";
  std::ofstream{file} << picture.svg();
  std::printf("the picture is in %s: brighter points draw more energy\n", file);
  return 0;
}
