#pragma once
/// Shops for tests: a published one, and random ones.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include "catch.hpp"
#include "kilter/core/rng.hpp"
#include "kilter/schedule/shop.hpp"

namespace kilter::test {

/// The 6 × 6 instance of Fisher and Thompson (1963): (machine, duration) per operation; the optimum is 55.
inline schedule::Shop fisher_thompson_6() {
  constexpr std::uint32_t table[6][12] = {{2, 1, 0, 3, 1, 6, 3, 7, 5, 3, 4, 6}, {1, 8, 2, 5, 4, 10, 5, 10, 0, 10, 3, 4},
                                          {2, 5, 3, 4, 5, 8, 0, 9, 1, 1, 4, 7}, {1, 5, 0, 5, 2, 5, 3, 3, 4, 8, 5, 9},
                                          {2, 9, 1, 3, 4, 5, 5, 4, 0, 3, 3, 1}, {1, 3, 3, 3, 5, 9, 0, 10, 4, 4, 2, 1}};
  schedule::Shop shop{.name = "ft06", .machines = 6, .jobs = {}};
  for (const auto& row : table) {
    schedule::ShopJob job;
    for (std::size_t k = 0; k < 12; k += 2) job.operations.push_back({{{row[k], schedule::Time{row[k + 1]}}}});
    shop.jobs.push_back(job);
  }
  return shop;
}

struct RandomShop {
  std::size_t jobs = 5, machines = 4;
  std::size_t longest = 20;  ///< durations are uniform on shortest … longest
  std::size_t shortest = 1;
  double flexibility = 0;  ///< chance of each further machine for an operation
  bool revisits = false;   ///< operations draw their machines freely, so jobs return to machines
};

inline schedule::Shop random_shop(const RandomShop& wanted, std::uint64_t seed) {
  Rng rng{seed};
  schedule::Shop shop{.name = "random", .machines = wanted.machines, .jobs = {}};
  std::vector<std::uint32_t> machines(wanted.machines);
  std::iota(machines.begin(), machines.end(), 0U);
  const auto duration = [&] {
    return static_cast<schedule::Time>(wanted.shortest + rng.index(wanted.longest - wanted.shortest + 1));
  };
  for (std::size_t j = 0; j < wanted.jobs; ++j) {
    rng.shuffle(std::span(machines));
    schedule::ShopJob job;
    for (std::size_t k = 0; k < wanted.machines; ++k) {
      const std::uint32_t first = wanted.revisits ? static_cast<std::uint32_t>(rng.index(wanted.machines)) : machines[k];
      schedule::Operation operation{{{first, duration()}}};
      for (std::uint32_t m = 0; m < wanted.machines; ++m) {
        if (m != first && rng.bernoulli(wanted.flexibility)) operation.alternatives.push_back({m, duration()});
      }
      job.operations.push_back(operation);
    }
    shop.jobs.push_back(job);
  }
  return shop;
}

inline void require_right(const schedule::Shop& shop, const schedule::ShopSchedule& s) {
  const auto wrong = validate(shop, s);
  if (!wrong.empty()) UNSCOPED_INFO(wrong.front());
  REQUIRE(wrong.empty());
}

/// The least makespan, by trying every order of the jobs' steps and every machine.
class EveryShopSchedule {
 public:
  explicit EveryShopSchedule(const schedule::Shop& shop)
      : shop_(shop), next_(shop.jobs.size(), 0), job_(shop.jobs.size(), 0), machine_(shop.machines, 0) {}

  schedule::Time best() {
    extend(0);
    return best_;
  }

 private:
  void extend(schedule::Time makespan) {
    if (makespan >= best_) return;
    bool done = true;
    for (std::size_t j = 0; j < next_.size(); ++j) {
      if (next_[j] == shop_.jobs[j].operations.size()) continue;
      done = false;
      for (const auto& [m, duration] : shop_.jobs[j].operations[next_[j]].alternatives) {
        const schedule::Time job = job_[j], machine = machine_[m];
        job_[j] = machine_[m] = std::max(job, machine) + duration;
        ++next_[j];
        extend(std::max(makespan, job_[j]));
        --next_[j];
        job_[j] = job;
        machine_[m] = machine;
      }
    }
    if (done) best_ = makespan;
  }

  const schedule::Shop& shop_;
  std::vector<std::size_t> next_;
  std::vector<schedule::Time> job_, machine_;
  schedule::Time best_ = schedule::shop_time_limit;
};

}  // namespace kilter::test
