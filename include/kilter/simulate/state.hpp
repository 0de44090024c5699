#pragma once
/// @file
/// Where the simulated data centre stands, what a policy decides for the next hour, and what that hour brought. All plain values: a
/// state can be copied and played under another policy.

#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

#include "kilter/core/units.hpp"

namespace kilter::simulate {

inline constexpr std::size_t none = std::numeric_limits<std::size_t>::max();

/// A gang at work.
struct RunningJob {
  std::size_t job = 0;  ///< index into the world's jobs
  std::size_t pool = 0;
  Seconds started{};
  Seconds remaining{};                       ///< time left on GPUs of speed 1
  std::vector<std::pair<int, int>> racks{};  ///< (rack, GPUs in it)
  Seconds saved{};                           ///< time that was left at the last checkpoint
};

/// What became of a job.
struct JobOutcome {
  Seconds first_start{-1};
  Seconds finish{-1};
  std::size_t pool = none;
  Seconds left{-1};  ///< time left on GPUs of speed 1 at the last checkpoint; negative before the first kill
  int restarts = 0;

  [[nodiscard]] bool started() const { return first_start.base() >= 0; }
  [[nodiscard]] bool finished() const { return finish.base() >= 0; }
};

/// One unbroken stay of a gang on a pool, for the Gantt chart.
struct Stay {
  std::size_t job = 0;
  std::size_t pool = 0;
  Seconds start{};
  Seconds end{};
  bool killed = false;
};

struct State {
  Seconds now{};
  std::size_t next_arrival = 0;      ///< first job that has not been submitted yet
  std::vector<std::size_t> queue{};  ///< submitted and not running, in order of submission (restarts in front)
  std::vector<RunningJob> running{};
  std::vector<JobOutcome> outcomes{};  ///< by job
  std::vector<Stay> stays{};
};

/// The power limit of the training GPUs of a pool and the speed that it leaves them.
struct TrainingPower {
  Watts cap{};
  double speed = 1;
};

struct PlannedStart {
  std::size_t job = 0;
  std::size_t pool = 0;
  Seconds at{};
};

/// What starts jobs that no plan names.
enum class Dispatch {
  easy,     ///< first come first served with EASY backfilling, the usual rule (Lifka 1995)
  at_once,  ///< short jobs start at once on the first pool of `pool_order` with room beside the planned ones; the others wait for a
            ///< plan
};

/// A policy's decision for one hour.
struct Decision {
  std::vector<int> serving{};                   ///< GPUs for the service, by serving option
  std::vector<int> training{};                  ///< most GPUs that gangs may hold, by pool
  std::vector<TrainingPower> training_power{};  ///< by pool
  std::vector<PlannedStart> starts{};
  Dispatch dispatch = Dispatch::easy;
  Seconds short_job = 1 * units::h;       ///< for `at_once`: a limit up to this is short
  std::vector<std::size_t> pool_order{};  ///< for `at_once`: where to look first
  bool idle_off = false;                  ///< switch off GPUs that nobody holds
};

/// What one hour at one site drew and emitted.
struct SiteHour {
  Joules it{};
  Joules facility{};
  Watts mean_cap{};
  Watts peak{};
  Dollars energy_cost{};
  GramsCO2 carbon{};
};

/// What one hour brought. Work and capacity in reference GPU-hours.
struct HourRecord {
  std::size_t hour = 0;
  double demand = 0;
  double capacity = 0;
  double missed = 0;
  double quality = 0;  ///< summed over the demand served: divide by `demand - missed`
  double training_work = 0;
  double training_gpu_hours = 0;
  double held_gpu_hours = 0;  ///< GPUs that somebody holds or that idle switched on
  double busy_gpu_hours = 0;
  Dollars capital{};
  Seconds throttled{};   ///< time in which some site had to slow down to stay under its cap
  Seconds overloaded{};  ///< time in which a site was above its cap even so
  int started = 0;
  int finished = 0;
  int killed = 0;
  std::size_t queued = 0;  ///< at the end of the hour
  std::vector<SiteHour> sites{};
  std::vector<int> serving_gpus{};         ///< by pool, as decided
  std::vector<double> training_by_pool{};  ///< GPU-hours
};

}  // namespace kilter::simulate
