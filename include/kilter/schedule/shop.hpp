#pragma once
/// @file
/// Job shop and flexible job shop: the instance, the schedule, and `validate`, which recomputes everything.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/status.hpp"
#include "kilter/schedule/time.hpp"

namespace kilter::schedule {

/// One way to run an operation: on `machine` (from 0) for `duration` ≥ 0.
struct Alternative {
  std::uint32_t machine = 0;
  Time duration = 0;
};

/// One step of a job: runs without a break on one of its alternatives' machines, each of which is named once.
struct Operation {
  std::vector<Alternative> alternatives;
};

/// Operations that run one after the other. A job may visit a machine more than once.
struct ShopJob {
  std::vector<Operation> operations;
};

/// A flexible job shop: each machine runs one operation at a time. A job shop is the case of one alternative per operation.
struct Shop {
  std::string name;
  std::size_t machines = 0;
  std::vector<ShopJob> jobs;
};

/// A schedule of a shop. Operations are numbered job by job.
struct ShopSchedule {
  Status status = Status::feasible;
  std::vector<std::uint32_t> machine;  ///< per operation, the machine it runs on
  std::vector<Time> start;             ///< per operation, when it begins
  Time makespan = 0;                   ///< when the last operation ends; 0 for a shop without operations
  Time bound = 0;                      ///< no schedule is shorter than this
  std::size_t iterations = 0;          ///< moves of the tabu search
  std::size_t evaluations = 0;         ///< moves whose makespan was estimated
  double seconds_to_best = 0;          ///< when the best was found; 0 unless the budget has a time limit
};

/// The number of operations of all jobs.
[[nodiscard]] inline std::size_t operation_count(const Shop& shop) {
  std::size_t count = 0;
  for (const ShopJob& job : shop.jobs) count += job.operations.size();
  return count;
}

/// The sum of the longest durations of all operations must stay below this, so that the search may count in 32 bits.
inline constexpr Time shop_time_limit = Time{1} << 30;

namespace detail {

/// "job 3 operation 2", counted from 0.
inline std::string shop_place(std::size_t job, std::size_t operation) {
  return "job " + std::to_string(job) + " operation " + std::to_string(operation);
}

/// Checks one operation and returns its longest duration.
inline Time shop_check_operation(const Shop& shop, std::size_t job, std::size_t k) {
  const auto& alternatives = shop.jobs[job].operations[k].alternatives;
  const auto named = [&](const char* what) { return shop_place(job, k) + ' ' + what; };
  require(!alternatives.empty(), named("alternatives"), alternatives.size(), "must have at least one machine");
  Time longest = 0;
  for (std::size_t a = 0; a < alternatives.size(); ++a) {
    const auto [machine, duration] = alternatives[a];
    require(machine < shop.machines, named("machine"), machine, "must be less than the number of machines");
    require(duration >= 0, named("duration"), duration, "must not be negative");
    require(duration < shop_time_limit, named("duration"), duration, "must be less than 2^30");
    for (std::size_t b = 0; b < a; ++b) {
      require(alternatives[b].machine != machine, named("machine"), machine, "is named twice");
    }
    longest = std::max(longest, duration);
  }
  return longest;
}

}  // namespace detail

/// Throws `std::invalid_argument` unless every operation has a machine, machines exist and are named once per operation, durations
/// are not negative, and the longest durations sum to less than `shop_time_limit`. Jobs without operations and shops without jobs
/// are fine. O(operations × alternatives²).
inline void check(const Shop& shop) {
  require(shop.machines < (std::size_t{1} << 24), "machines", shop.machines, "must be less than 2^24");
  require(operation_count(shop) < (std::size_t{1} << 24), "operations", operation_count(shop), "must be less than 2^24");
  Time sum = 0;
  for (std::size_t j = 0; j < shop.jobs.size(); ++j) {
    for (std::size_t k = 0; k < shop.jobs[j].operations.size(); ++k) {
      sum += detail::shop_check_operation(shop, j, k);
      require(sum < shop_time_limit, "sum of durations", sum, "must be less than 2^30");
    }
  }
}

namespace detail {

/// The duration of an operation on a machine, −1 where it may not run there.
inline Time shop_duration(const Operation& operation, std::uint32_t machine) {
  for (const Alternative& a : operation.alternatives) {
    if (a.machine == machine) return a.duration;
  }
  return -1;
}

/// One operation as it lies on its machine.
struct ShopInterval {
  Time start = 0;
  Time end = 0;
  std::size_t operation = 0;
  std::string place;
};

/// What is wrong with the operations as such; fills `machines` with what runs on each.
inline void shop_validate_jobs(const Shop& shop, const ShopSchedule& schedule, std::vector<std::vector<ShopInterval>>& machines,
                               Time& last, std::vector<std::string>& wrong) {
  std::size_t i = 0;
  for (std::size_t j = 0; j < shop.jobs.size(); ++j) {
    Time ready = 0;
    for (std::size_t k = 0; k < shop.jobs[j].operations.size(); ++k, ++i) {
      const std::string place = shop_place(j, k);
      const std::uint32_t machine = schedule.machine[i];
      const Time duration = shop_duration(shop.jobs[j].operations[k], machine), start = schedule.start[i];
      if (machine >= shop.machines || duration < 0) {
        wrong.push_back(place + " may not run on machine " + std::to_string(machine));
        continue;
      }
      if (start < 0 || start > shop_time_limit) wrong.push_back(place + " starts at " + std::to_string(start));
      if (start < ready) wrong.push_back(place + " starts at " + std::to_string(start) + " before " + std::to_string(ready));
      if (start < 0 || start > shop_time_limit) continue;  // its end might overflow
      ready = start + duration;
      last = std::max(last, ready);
      machines[machine].push_back({start, ready, i, place});
    }
  }
}

}  // namespace detail

/// What is wrong with a schedule, recomputed from the shop alone: sizes, machines, the order within jobs, overlaps on machines, the
/// makespan and the bound; empty when it is right. An operation of no duration may not lie inside another one. O(N log N) for N
/// operations. Throws `std::invalid_argument` for an invalid shop.
[[nodiscard]] inline std::vector<std::string> validate(const Shop& shop, const ShopSchedule& schedule) {
  check(shop);
  const std::size_t n = operation_count(shop);
  if (schedule.machine.size() != n) return {"machine has " + std::to_string(schedule.machine.size()) + " entries"};
  if (schedule.start.size() != n) return {"start has " + std::to_string(schedule.start.size()) + " entries"};
  std::vector<std::string> wrong;
  std::vector<std::vector<detail::ShopInterval>> machines(shop.machines);
  Time last = 0;
  detail::shop_validate_jobs(shop, schedule, machines, last, wrong);
  for (auto& line : machines) {
    std::sort(line.begin(), line.end(), [](const auto& a, const auto& b) {
      return std::pair{a.start, a.end} < std::pair{b.start, b.end};
    });
    for (std::size_t i = 1; i < line.size(); ++i) {
      if (line[i].start < line[i - 1].end) wrong.push_back(line[i].place + " overlaps " + line[i - 1].place);
    }
  }
  if (schedule.makespan != last)
    wrong.push_back("makespan is " + std::to_string(last) + ", not " + std::to_string(schedule.makespan));
  if (schedule.bound > last) wrong.push_back("bound " + std::to_string(schedule.bound) + " exceeds the makespan");
  return wrong;
}

}  // namespace kilter::schedule
