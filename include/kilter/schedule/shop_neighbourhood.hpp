#pragma once
/// @file
/// Moves of the job shop's tabu search: N7 on the blocks of a critical path, another machine for a critical operation, whether a
/// move is feasible, and the estimate of the makespan after it.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "kilter/core/rng.hpp"
#include "kilter/schedule/shop_graph.hpp"

namespace kilter::schedule::detail {

/// No move yet, or none that is worth an exact estimate.
inline constexpr std::int32_t shop_no_estimate = std::numeric_limits<std::int32_t>::max();
/// `ShopMove::choice` of a move on the machine it is on.
inline constexpr std::uint32_t shop_same_machine = std::numeric_limits<std::uint32_t>::max();

/// The node in slot `from` goes right behind slot `to` (`from < to`) or right before it (`from > to`) of its machine; or it takes
/// its alternative `choice` and goes before slot `to` of that machine.
struct ShopMove {
  std::uint32_t from = 0;
  std::uint32_t to = 0;
  std::uint32_t choice = shop_same_machine;
};

/// Consecutive slots of one machine that a critical path passes through.
struct ShopBlock {
  std::uint32_t first = 0;
  std::uint32_t last = 0;
};

/// Whether the node in slot `from` may go behind the one in slot `to`: no path leads from its job successor s to that one, v. Such
/// a path would mean tail(s) ≥ duration(s) + tail(v) and head(v) ≥ end(s). Admits all moves that the conditions of Balas and
/// Vazacopoulos (1998, "Guided local search with shifting bottleneck for job shop scheduling", propositions 2.2 and 2.3) admit, and
/// is right also for durations of 0 and for jobs that return to a machine.
inline bool shop_may_move_later(const ShopGraph& graph, std::uint32_t from, std::uint32_t to) {
  const std::uint32_t u = graph.slots()[from], v = graph.slots()[to];
  const ShopNode &s = graph[u + 1], &target = graph[v];
  if (v == u + 1) return false;
  return s.tail < target.tail + s.duration || target.end - target.duration < s.end;
}

/// Whether the node in slot `from` may go before the one in slot `to`: the mirror image of `shop_may_move_later`.
inline bool shop_may_move_earlier(const ShopGraph& graph, std::uint32_t from, std::uint32_t to) {
  const std::uint32_t v = graph.slots()[from], u = graph.slots()[to];
  const ShopNode &p = graph[v - 1], &target = graph[u];
  if (u == v - 1) return false;
  return p.end < target.end + p.duration || target.tail - target.duration < p.tail;
}

/// Whether `u` may go between `x` and `y`, neighbours on another machine (0 for none).
inline bool shop_may_insert(const ShopGraph& graph, std::uint32_t u, std::uint32_t x, std::uint32_t y) {
  const ShopNode &s = graph[u + 1], &p = graph[u - 1], &before = graph[x], &after = graph[y];
  const bool behind = x == 0 || (x != u + 1 && (s.tail < before.tail + s.duration || before.end - before.duration < s.end));
  const bool ahead = y == 0 || (y != u - 1 && (p.end < after.end + p.duration || after.tail - after.duration < p.tail));
  return behind && ahead;
}

/// Estimates makespans after moves; keeps the scratch that this needs.
class ShopEstimate {
 public:
  explicit ShopEstimate(const ShopData& data) : head_(data.slots, 0) {}

  /// The longest path through the moved nodes with old heads before and old tails behind them (Taillard 1994, "Parallel taboo
  /// search techniques for the job shop scheduling problem"; Balas and Vazacopoulos 1998). For neighbours it is exact for the paths
  /// through both nodes, so a lower bound on the new makespan. Anything above `cutoff` may be returned once it is exceeded. O(k)
  /// for a move over k slots.
  std::int32_t later(const ShopGraph& graph, std::uint32_t from, std::uint32_t to, std::int32_t cutoff) {
    const ShopNode* const nodes = graph.nodes();
    const std::uint32_t* const slots = graph.slots();
    const std::uint32_t u = slots[from];
    std::int32_t end = nodes[slots[from - 1]].end;
    for (std::uint32_t s = from + 1; s <= to; ++s) {
      const ShopNode* const x = nodes + slots[s];
      head_[s] = std::max(x[-1].end, end);
      end = head_[s] + x->duration;
    }
    std::int32_t tail = std::max(nodes[u + 1].tail, nodes[slots[to + 1]].tail) + nodes[u].duration;
    std::int32_t longest = std::max(nodes[u - 1].end, end) + tail;
    for (std::uint32_t s = to; s > from && longest <= cutoff; --s) {
      const ShopNode* const x = nodes + slots[s];
      tail = std::max(x[1].tail, tail) + x->duration;
      longest = std::max(longest, head_[s] + tail);
    }
    return longest;
  }

  /// The mirror image of `later`.
  std::int32_t earlier(const ShopGraph& graph, std::uint32_t from, std::uint32_t to, std::int32_t cutoff) {
    const ShopNode* const nodes = graph.nodes();
    const std::uint32_t* const slots = graph.slots();
    const std::uint32_t v = slots[from];
    std::int32_t tail = nodes[slots[from + 1]].tail;
    for (std::uint32_t s = from; s-- > to;) {
      const ShopNode* const x = nodes + slots[s];
      head_[s] = std::max(x[1].tail, tail);
      tail = head_[s] + x->duration;
    }
    std::int32_t end = std::max(nodes[v - 1].end, nodes[slots[to - 1]].end) + nodes[v].duration;
    std::int32_t longest = std::max(nodes[v + 1].tail, tail) + end;
    for (std::uint32_t s = to; s < from && longest <= cutoff; ++s) {
      const ShopNode* const x = nodes + slots[s];
      end = std::max(x[-1].end, end) + x->duration;
      longest = std::max(longest, head_[s] + end);
    }
    return longest;
  }

  /// The path through `u` when it takes `duration` between `x` and `y` on another machine.
  static std::int32_t insertion(const ShopGraph& graph, std::uint32_t u, std::int32_t duration, std::uint32_t x, std::uint32_t y) {
    return std::max(graph[u - 1].end, graph[x].end) + duration + std::max(graph[u + 1].tail, graph[y].tail);
  }

 private:
  std::vector<std::int32_t> head_;  ///< of each slot: new heads (`later`) or new tails without the duration (`earlier`)
};

/// The blocks of two nodes or more of a random critical path, and where asked for its nodes. O(jobs + length).
template <bool Nodes>
void shop_critical_path(const ShopGraph& graph, Rng& rng, std::vector<ShopBlock>& blocks, std::vector<std::uint32_t>& path) {
  blocks.clear();
  if constexpr (Nodes) path.clear();
  std::uint32_t at = 0;
  std::size_t ties = 0;
  for (const std::uint32_t i : graph.data().first) {
    if (graph[i].tail == graph.makespan() && (++ties == 1 || rng.index(ties) == 0)) at = i;
  }
  if (at == 0) return;
  ShopBlock block{graph[at].slot, graph[at].slot};
  while (true) {
    const ShopNode& node = graph[at];
    if constexpr (Nodes) path.push_back(at);
    const std::int32_t rest = node.tail - node.duration;
    if (rest == 0) break;
    const bool machine = graph[node.after].tail == rest;
    if (machine && (graph[at + 1].tail != rest || at + 1 == node.after || (rng() >> 63) != 0)) {
      at = node.after;
      ++block.last;
    } else {
      ++at;
      if (block.last > block.first) blocks.push_back(block);
      block = {graph[at].slot, graph[at].slot};
    }
  }
  if (block.last > block.first) blocks.push_back(block);
}

/// Calls `f(move)` for each feasible move of N7 on a block (Zhang, Li, Guan and Rao 2007, "A tabu search algorithm with a new
/// neighborhood structure for the job shop scheduling problem"): each node behind the last or before the first, and the first and
/// the last into the inside; each new sequence once.
template <class F>
void shop_visit_block(const ShopGraph& graph, ShopBlock block, F&& f) {
  const auto [first, last] = block;
  const auto later = [&](std::uint32_t from, std::uint32_t to) {
    if (shop_may_move_later(graph, from, to)) f(ShopMove{from, to});
  };
  const auto earlier = [&](std::uint32_t from, std::uint32_t to) {
    if (shop_may_move_earlier(graph, from, to)) f(ShopMove{from, to});
  };
  for (std::uint32_t s = first; s < last; ++s) later(s, last);
  for (std::uint32_t s = first + 2; s <= last; ++s) earlier(s, first);
  for (std::uint32_t s = first + 1; s < last; ++s) later(first, s);
  for (std::uint32_t s = first + 1; s + 1 < last; ++s) earlier(last, s);
}

/// The first of 0 … n − 1 for which `holds`, which then holds for all behind it; `n` where there is none. O(log n).
template <class Holds>
std::uint32_t shop_first(std::uint32_t n, Holds&& holds) {
  std::uint32_t first = 0;
  while (n > 0) {
    const std::uint32_t half = n / 2;
    if (holds(first + half)) {
      n = half;
    } else {
      first += half + 1;
      n -= half + 1;
    }
  }
  return first;
}

/// The longest path of the graph without one node, for each node of a path. Whatever avoids a node of rank r crosses from ranks
/// below r to ranks above it by one arc (a, d), and neither head(a) nor tail(d) depends on that node: the longest path without it
/// is the maximum of end(a) + tail(d) over the arcs that cross, one per job and machine.
class ShopWithout {
 public:
  explicit ShopWithout(const ShopData& data) : job_(data.jobs, 0), machine_(data.machines, 0) {}

  /// Fills `longest` for the nodes in `path`, which lie in topological order; nodes with one alternative are passed over. O(N +
  /// path length × (jobs + machines)).
  void operator()(const ShopGraph& graph, std::span<const std::uint32_t> path, std::vector<std::int32_t>& longest) {
    const ShopData& data = graph.data();
    for (const std::uint32_t i : data.first) job_[data.job[i]] = graph[i].tail;
    for (std::size_t m = 0; m < machine_.size(); ++m) machine_[m] = graph[graph.slots()[data.base[m]]].tail;
    longest.clear();
    std::uint32_t rank = 0;
    for (const std::uint32_t u : path) {
      for (; rank < graph[u].rank; ++rank) pass(graph, graph.topology()[rank]);
      longest.push_back(data.choice_begin[u + 1] - data.choice_begin[u] > 1 ? crossing(graph, u) : 0);
    }
  }

 private:
  void pass(const ShopGraph& graph, std::uint32_t i) {
    const ShopNode& node = graph[i];
    job_[graph.data().job[i]] = node.end + graph[i + 1].tail;
    machine_[node.machine] = node.end + graph[node.after].tail;
  }
  /// The maximum over the arcs that cross at `u`, whose own job goes through it and whose machine closes behind it.
  std::int32_t crossing(const ShopGraph& graph, std::uint32_t u) {
    const ShopNode& node = graph[u];
    job_[graph.data().job[u]] = 0;
    machine_[node.machine] = graph[node.before].end + graph[node.after].tail;
    return std::max(*std::max_element(job_.begin(), job_.end()), *std::max_element(machine_.begin(), machine_.end()));
  }

  std::vector<std::int32_t> job_, machine_;  ///< the arc that crosses at the rank reached
};

/// Calls `f(move, estimate)` for the best insertion of `u` on each of its other machines, among those that can be best: behind all
/// nodes that end before its job predecessor does, before all whose tail is no longer than its job successor's (Mastrolilli and
/// Gambardella 2000, "Effective neighbourhood functions for the flexible job shop problem", with heads and tails of the whole
/// graph). `without` is the longest path without `u`; the estimate is an upper bound on the new makespan, exact where `u` keeps its
/// place in the topological order.
template <class F>
void shop_visit_machines(const ShopGraph& graph, std::uint32_t u, std::int32_t without, Rng& rng, F&& f) {
  const ShopData& data = graph.data();
  const std::uint32_t begin = data.choice_begin[u], count = data.choice_begin[u + 1] - begin;
  const std::int32_t end = graph[u - 1].end, tail = graph[u + 1].tail;
  for (std::uint32_t c = 0; c < count; ++c) {
    const std::uint32_t machine = data.choice_machine[begin + c];
    if (machine == graph[u].machine) continue;
    const auto sequence = graph.sequence(machine);
    const auto size = static_cast<std::uint32_t>(sequence.size());
    std::uint32_t low = shop_first(size, [&](std::uint32_t k) { return graph[sequence[k]].end > end; });
    std::uint32_t high = shop_first(size, [&](std::uint32_t k) { return graph[sequence[k]].tail <= tail; });
    if (low > high) {  // any place in between costs nothing; some may be infeasible
      const std::int32_t head = end - graph[u - 1].duration;
      while (high < low && graph[sequence[high]].end <= head) ++high;
      low = high;
    }
    std::int32_t best = shop_no_estimate;
    std::uint32_t at = 0;
    std::size_t ties = 0;
    for (std::uint32_t k = low; k <= high; ++k) {
      const std::uint32_t x = k > 0 ? sequence[k - 1] : 0, y = k < size ? sequence[k] : 0;
      const std::int32_t through = ShopEstimate::insertion(graph, u, data.choice_duration[begin + c], x, y);
      if (through > best || !shop_may_insert(graph, u, x, y)) continue;
      if (through < best) ties = 0;
      best = through;
      if (++ties == 1 || rng.index(ties) == 0) at = k;
    }
    if (ties > 0) f(ShopMove{graph[u].slot, data.base[machine] + at, c}, std::max(without, best));
  }
}

/// By how much the sum of squared machine loads grows when `u` takes its alternative `choice` on another machine.
inline std::int64_t shop_load_change(const ShopGraph& graph, std::uint32_t u, std::uint32_t choice) {
  const ShopData& data = graph.data();
  const std::uint32_t a = data.choice_begin[u] + choice;
  const std::int64_t added = data.choice_duration[a], removed = graph[u].duration;
  const std::int64_t target = graph.load(data.choice_machine[a]), source = graph.load(graph[u].machine);
  return added * (2 * target + added) - removed * (2 * source - removed);
}

/// Carries a move out.
inline void shop_apply(ShopGraph& graph, const ShopMove& move) {
  if (move.choice != shop_same_machine) {
    graph.reassign(graph.slots()[move.from], move.choice, move.to);
  } else if (move.from < move.to) {
    graph.move_later(move.from, move.to);
  } else {
    graph.move_earlier(move.from, move.to);
  }
}

}  // namespace kilter::schedule::detail
