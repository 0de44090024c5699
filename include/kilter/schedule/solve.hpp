#pragma once
/// @file
/// `solve`: picks the search that fits the shape of a problem.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/executor.hpp"
#include "kilter/core/progress.hpp"
#include "kilter/core/status.hpp"
#include "kilter/schedule/check.hpp"
#include "kilter/schedule/convert.hpp"
#include "kilter/schedule/genetic.hpp"
#include "kilter/schedule/measure.hpp"
#include "kilter/schedule/problem.hpp"
#include "kilter/schedule/project_scheduler.hpp"
#include "kilter/schedule/schedule.hpp"
#include "kilter/schedule/shop_search.hpp"

namespace kilter::schedule {

/// Which search.
enum class Engine : std::uint8_t {
  automatic,  ///< the first that fits
  shop,       ///< chains on machines for the makespan: tabu search and path relinking
  project,    ///< constant capacities for the makespan: activity lists with forward-backward improvement
  general,    ///< anything: `GeneticScheduler`
};

/// How `solve` works.
struct SolveOptions {
  Budget budget{};
  std::uint64_t seed = 1;
  Engine engine = Engine::automatic;
  std::size_t iterations = 0;  ///< of the search for shops (moves) and projects (schedules); 0: 20,000 without a time limit
  GeneticScheduler general{};  ///< its seed and budget are those above
};

namespace detail {

/// Completes a schedule whose assignments are set.
inline void finish_solution(const Problem& problem, Status status, Time bound, Schedule& out) {
  out.status = status == Status::iteration_limit ? Status::feasible : status;
  out.measures = measure(problem, out.assignments);
  out.bound = problem.objective.makespan * Seconds{static_cast<double>(bound)};
  std::vector<double> start;
  for (const Assignment& a : out.assignments) start.push_back(a.placed() ? a.start.base() : infinite);
  out.order.resize(start.size());
  std::iota(out.order.begin(), out.order.end(), std::uint32_t{0});
  std::stable_sort(out.order.begin(), out.order.end(), [&](std::uint32_t a, std::uint32_t b) { return start[a] < start[b]; });
}

[[nodiscard]] inline Assignment assignment_of(const Problem& problem, std::size_t i, std::size_t mode, Time start) {
  const Seconds from{static_cast<double>(start)};
  return {i, mode, from, from + problem.tasks[i].modes[mode].duration};
}

[[nodiscard]] inline std::size_t solve_iterations(const SolveOptions& options) {
  if (options.iterations != 0 || options.budget.time_limit != Duration::max()) return options.iterations;
  return 20000;
}

template <class Ex, class O>
Schedule solve_shop(const Problem& problem, const ShopOfProblem& from, const SolveOptions& options, const Ex& executor,
                    O& observer) {
  ShopOptions search;
  search.budget = options.budget;
  search.seed = options.seed;
  search.iterations = solve_iterations(options);
  const ShopSchedule found = ShopScheduler{search}.schedule(from.shop, {}, executor, observer);
  Schedule out;
  out.assignments.resize(problem.tasks.size());
  for (std::size_t k = 0; k < from.task.size(); ++k) {
    const std::uint32_t i = from.task[k];
    const auto& modes = problem.tasks[i].modes;
    const auto mode =
        std::find_if(modes.begin(), modes.end(), [&](const Mode& m) { return m.demands[0].resource == found.machine[k]; });
    out.assignments[i] = assignment_of(problem, i, static_cast<std::size_t>(mode - modes.begin()), found.start[k]);
  }
  out.evaluations = found.evaluations;
  finish_solution(problem, found.status, found.bound, out);
  return out;
}

/// Nothing where the search found no schedule without proving that there is none.
template <class Ex, class O>
std::optional<Schedule> solve_project(const Problem& problem, const Project& project, const SolveOptions& options,
                                      const Ex& executor, O& observer) {
  ProjectOptions search;
  search.budget = options.budget;
  search.seed = options.seed;
  search.iterations = solve_iterations(options);
  const ProjectSchedule found = ProjectScheduler{search}.schedule(project, {}, executor, observer);
  if (found.start.size() != problem.tasks.size()) return std::nullopt;
  Schedule out;
  for (std::size_t i = 0; i < problem.tasks.size(); ++i) {
    out.assignments.push_back(assignment_of(problem, i, found.mode[i], found.start[i]));
  }
  out.evaluations = found.iterations;
  finish_solution(problem, found.status, found.bound, out);
  return out;
}

}  // namespace detail

/// The best schedule that the search for problems of this shape finds: a shop's, a project's or the general one. The observer sees
/// what that search shows it. Without a time limit the same at any number of threads. Throws `std::invalid_argument` for an invalid
/// problem or options, and where the engine asked for does not fit the problem.
template <Executor Ex = Inline, Observer O = Silent>
Schedule solve(const Problem& problem, const SolveOptions& options = {}, const Ex& executor = {}, O&& observer = {}) {
  check(problem);
  const auto may = [&](Engine engine) { return options.engine == engine || options.engine == Engine::automatic; };
  if (may(Engine::shop)) {
    if (const auto shop = detail::as_shop(problem)) return detail::solve_shop(problem, *shop, options, executor, observer);
    require(options.engine != Engine::shop, "engine", "shop", "must fit: chains on machines of capacity 1, for the makespan");
  }
  if (may(Engine::project)) {
    const auto project = detail::as_project(problem);
    require(project || options.engine != Engine::project, "engine", "project", "must fit: constant capacities, for the makespan");
    if (project) {
      if (auto out = detail::solve_project(problem, *project, options, executor, observer)) return *std::move(out);
    }
  }
  GeneticScheduler general = options.general;
  general.options.seed = options.seed;
  general.options.budget = options.budget;
  return general.schedule(problem, {}, executor, observer);
}

}  // namespace kilter::schedule
