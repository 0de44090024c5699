// Schedules training gangs on two pools while power is dear in the evening: first come first served, EASY and a genetic search.
#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <string>

#include "kilter/core/rng.hpp"
#include "kilter/schedule/backfill.hpp"
#include "kilter/schedule/gang.hpp"
#include "kilter/schedule/genetic.hpp"
#include "kilter/schedule/list.hpp"
#include "kilter/schedule/validate.hpp"

using namespace kilter;
using namespace kilter::units;

schedule::Problem make_problem() {
  schedule::Problem problem{.objective = {.tardiness = 2 * usd / h, .wait = 0.02 * usd / h}};
  problem.resources = {{.name = "H100", .speed = 2.0, .power = 0.8 * kW, .capacity = {32}},
                       {.name = "A100", .speed = 1.0, .power = 0.5 * kW, .capacity = {64}}};
  for (int hour = 0; hour < 24; ++hour) {  // the evening peak is 4 to 9 hours away
    for (auto& pool : problem.resources) pool.price.push_back((hour >= 4 && hour < 9 ? 0.35 : 0.09) * usd / kWh);
  }
  Rng rng{9};
  for (std::size_t id = 0; id < 14; ++id) {
    const int gpus = 4 << rng.index(4);
    const Seconds release = rng.uniform(0, 5) * h, work = rng.uniform(1, 8) * h;
    problem.tasks.push_back(schedule::gang(
        {.id = id, .release = release, .work = work, .gpus = gpus, .due = release + 2 * work + 5 * h}, problem.resources));
  }
  return problem;
}

/// One line for each gang: the half hours in which it waits (.) and runs (the letter of its pool), under those of dear power ($).
void draw(const schedule::Problem& problem, const schedule::Schedule& plan) {
  std::printf("                   |        $$$$$$$$$$\n");
  for (const auto& a : plan.assignments) {
    const auto& task = problem.tasks[a.task];
    const auto slot = [](Seconds t) { return static_cast<std::size_t>(std::clamp(2 * t.in(h), 0.0, 48.0)); };
    std::string line(slot(a.finish) + 1, ' ');
    for (std::size_t i = slot(task.release); i < slot(a.start); ++i) line[i] = '.';
    const std::size_t pool = schedule::resource_of(problem, a);
    for (std::size_t i = slot(a.start); i < line.size(); ++i) line[i] = problem.resources[pool].name[0];
    std::printf("  gang %2zu, %2.0f GPUs |%s%s\n", a.task, task.size, line.c_str(), a.finish > task.due ? " late" : "");
  }
}

int main() {
  const schedule::Problem problem = make_problem();
  const schedule::Schedule plans[] = {schedule::ListScheduler{}.schedule(problem), schedule::EasyScheduler{}.schedule(problem),
                                      schedule::GeneticScheduler{}.schedule(problem)};
  const char* names[] = {"First come first served, backfilled", "EASY backfilling", "Genetic search"};
  for (std::size_t i = 0; i < 3; ++i) {
    const auto& plan = plans[i];
    const auto& m = plan.measures;
    std::printf("%s: %.2f USD = %.0f kWh for %.2f + lateness %.2f + waiting %.2f\n", names[i], m.total.in(usd), m.energy.in(kWh),
                m.cost.in(usd), (problem.objective.tardiness * m.tardiness).in(usd), (problem.objective.wait * m.wait).in(usd));
    draw(problem, plan);
    for (const auto& fault : schedule::validate(problem, plan)) std::printf("  WRONG: %s\n", fault.c_str());
  }
  std::printf("No schedule of these gangs costs less than %.2f USD\n", plans[2].bound.in(usd));
  return 0;
}
