#pragma once
/// @file
/// Lower bounds on the makespan of a shop: the longest job, and each machine by itself.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <queue>
#include <utility>
#include <vector>

#include "kilter/schedule/shop.hpp"

namespace kilter::schedule::detail {

/// An operation as one machine sees it: not before `head`, and `tail` follows its end.
struct ShopOneMachine {
  Time head = 0;
  Time duration = 0;
  Time tail = 0;
};

/// The makespan of Jackson's preemptive schedule, the least that one machine needs when operations may be interrupted: always runs
/// what is ready and has the longest tail (Carlier and Pinson 1989). O(n log n).
inline Time shop_preemptive_bound(std::vector<ShopOneMachine> operations) {
  std::sort(operations.begin(), operations.end(), [](const auto& a, const auto& b) { return a.head < b.head; });
  std::priority_queue<std::pair<Time, Time>> ready;  // tail, time still to run
  Time now = 0, bound = 0;
  for (std::size_t i = 0; i < operations.size() || !ready.empty();) {
    if (ready.empty()) now = std::max(now, operations[i].head);
    for (; i < operations.size() && operations[i].head <= now; ++i) ready.emplace(operations[i].tail, operations[i].duration);
    const auto [tail, left] = ready.top();
    ready.pop();
    const Time until = i < operations.size() ? operations[i].head : now + left;
    const Time run = std::min(left, until - now);
    now += run;
    bound = std::max(bound, now + tail);
    if (left > run) ready.emplace(tail, left - run);
  }
  return bound;
}

/// The shortest duration of an operation.
inline Time shop_shortest(const Operation& operation) {
  Time shortest = operation.alternatives.front().duration;
  for (const Alternative& a : operation.alternatives) shortest = std::min(shortest, a.duration);
  return shortest;
}

/// The operations that can run on no more than one machine, by machine, and the longest job; durations are the shortest ones.
inline Time shop_collect(const Shop& shop, std::vector<std::vector<ShopOneMachine>>& machines) {
  Time longest = 0;
  for (const ShopJob& job : shop.jobs) {
    Time total = 0, head = 0;
    for (const Operation& operation : job.operations) total += shop_shortest(operation);
    for (const Operation& operation : job.operations) {
      const Time duration = shop_shortest(operation);
      const std::uint32_t machine = operation.alternatives.front().machine;
      if (operation.alternatives.size() == 1) machines[machine].push_back({head, duration, total - head - duration});
      head += duration;
    }
    longest = std::max(longest, total);
  }
  return longest;
}

/// ⌈work / machines⌉ over all operations at their shortest, on all machines together.
inline Time shop_load_bound(const Shop& shop) {
  Time work = 0;
  for (const ShopJob& job : shop.jobs) {
    for (const Operation& operation : job.operations) work += shop_shortest(operation);
  }
  const auto machines = static_cast<Time>(shop.machines);
  return machines == 0 ? 0 : (work + machines - 1) / machines;
}

}  // namespace kilter::schedule::detail

namespace kilter::schedule {

/// A lower bound on the makespan: the longest job, the work shared among all machines, and for each machine Jackson's preemptive
/// schedule of the operations that must run there, with what precedes and follows them in their jobs as heads and tails.
/// O(N log N). Throws `std::invalid_argument` for an invalid shop.
[[nodiscard]] inline Time makespan_bound(const Shop& shop) {
  check(shop);
  std::vector<std::vector<detail::ShopOneMachine>> machines(shop.machines);
  Time bound = std::max(detail::shop_collect(shop, machines), detail::shop_load_bound(shop));
  for (auto& machine : machines) bound = std::max(bound, detail::shop_preemptive_bound(std::move(machine)));
  return bound;
}

}  // namespace kilter::schedule
