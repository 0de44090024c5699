#include "kilter/schedule/shop_tabu.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "catch.hpp"
#include "kilter/schedule/shop_neighbourhood.hpp"
#include "kilter/schedule/shop_population.hpp"
#include "shop_instances.hpp"

using namespace kilter;
using namespace kilter::schedule;
using namespace kilter::schedule::detail;
using namespace kilter::test;

namespace {

ShopOrder random_order(const ShopData& data, Rng& rng) {
  ShopOrder out;
  ShopRandomOrder{data}(out, rng);
  return out;
}

/// All moves of the neighbourhood around one random critical path, with their estimates.
struct Moves {
  std::vector<ShopMove> moves;
  std::vector<std::int32_t> estimates;

  Moves(const ShopGraph& graph, Rng& rng) {
    std::vector<ShopBlock> blocks;
    std::vector<std::uint32_t> path;
    shop_critical_path<true>(graph, rng, blocks, path);
    ShopEstimate estimate(graph.data());
    const auto add = [&](const ShopMove& move, std::int32_t value) {
      moves.push_back(move);
      estimates.push_back(value);
    };
    for (const ShopBlock block : blocks) {
      shop_visit_block(graph, block, [&](const ShopMove& m) {
        add(m, m.from < m.to ? estimate.later(graph, m.from, m.to, shop_no_estimate)
                             : estimate.earlier(graph, m.from, m.to, shop_no_estimate));
      });
    }
    std::vector<std::int32_t> without;
    ShopWithout{graph.data()}(graph, path, without);
    for (std::size_t k = 0; k < path.size(); ++k) shop_visit_machines(graph, path[k], without[k], rng, add);
  }
};

bool same(const ShopGraph& a, const ShopGraph& b) {
  bool equal = a.makespan() == b.makespan();
  for (std::uint32_t i = 0; i < a.data().nodes; ++i) {
    const ShopNode &x = a[i], &y = b[i];
    equal = equal && x.end == y.end && x.tail == y.tail && x.duration == y.duration && x.before == y.before && x.after == y.after &&
            x.slot == y.slot && x.machine == y.machine;
  }
  return equal;
}

/// Whether every node comes after what it waits for, so that there is no cycle.
bool sorted(const ShopGraph& graph) {
  for (std::uint32_t r = 0; r < graph.topology().size(); ++r) {
    const std::uint32_t i = graph.topology()[r];
    if (graph[i].rank != r) return false;
    if (graph[i].before != 0 && graph[graph[i].before].rank >= r) return false;
    if (graph.data().job[i - 1] == graph.data().job[i] && i > graph.data().first.front() && graph[i - 1].slot != 0 &&
        graph[i - 1].rank >= r) {
      return false;
    }
  }
  return true;
}

std::vector<RandomShop> kinds() {
  return {{.jobs = 6, .machines = 5},
          {.jobs = 12, .machines = 3, .longest = 99},
          {.jobs = 6, .machines = 5, .longest = 3, .shortest = 0},
          {.jobs = 6, .machines = 4, .longest = 5, .shortest = 0, .flexibility = 0, .revisits = true},
          {.jobs = 6, .machines = 5, .longest = 30, .shortest = 1, .flexibility = 0.4},
          {.jobs = 6, .machines = 4, .longest = 4, .shortest = 0, .flexibility = 0.3, .revisits = true},
          {.jobs = 5, .machines = 4, .longest = 0, .shortest = 0, .flexibility = 0.3}};
}

}  // namespace

TEST_CASE("after thousands of random moves the graph equals one built anew, without a cycle") {
  for (const RandomShop& kind : kinds()) {
    const Shop shop = random_shop(kind, 7);
    const ShopData data(shop);
    ShopGraph graph(data), anew(data);
    Rng rng{3};
    ShopOrder order = random_order(data, rng);
    graph.load(order);
    for (std::size_t k = 0; k < 2000; ++k) {
      const Moves all(graph, rng);
      if (all.moves.empty()) {
        graph.load(random_order(data, rng));
        continue;
      }
      shop_apply(graph, all.moves[rng.index(all.moves.size())]);
      graph.store(order);
      anew.load(order);
      REQUIRE(sorted(graph));
      REQUIRE(same(graph, anew));
    }
  }
}

TEST_CASE("a swap of neighbours: the estimate is a lower bound, and exact when it does not fall below the old makespan") {
  std::size_t exact = 0;
  for (const RandomShop& kind : kinds()) {
    const ShopData data(random_shop(kind, 11));
    ShopGraph graph(data);
    Rng rng{5};
    graph.load(random_order(data, rng));
    for (std::size_t k = 0; k < 1000; ++k) {
      const Moves all(graph, rng);
      if (all.moves.empty()) break;
      const std::size_t i = rng.index(all.moves.size());
      const ShopMove move = all.moves[i];
      const std::int32_t before = graph.makespan();
      shop_apply(graph, move);
      if (move.choice != shop_same_machine || (move.from + 1 != move.to && move.to + 1 != move.from)) continue;
      REQUIRE(all.estimates[i] <= graph.makespan());
      REQUIRE(graph.makespan() <= std::max(before, all.estimates[i]));
      if (all.estimates[i] >= before) ++exact;
    }
  }
  CHECK(exact > 100);
}

TEST_CASE("another machine: the estimate is an upper bound, mostly exact") {
  std::size_t moves = 0, exact = 0;
  for (const RandomShop& kind : kinds()) {
    const ShopData data(random_shop(kind, 12));
    ShopGraph graph(data);
    Rng rng{5};
    graph.load(random_order(data, rng));
    for (std::size_t k = 0; k < 1000; ++k) {
      const Moves all(graph, rng);
      if (all.moves.empty()) break;
      const std::size_t i = rng.index(all.moves.size());
      shop_apply(graph, all.moves[i]);
      if (all.moves[i].choice == shop_same_machine) continue;
      REQUIRE(graph.makespan() <= all.estimates[i]);
      ++moves;
      if (graph.makespan() == all.estimates[i]) ++exact;
    }
  }
  CHECK(moves > 500);
  CHECK(10 * exact > 8 * moves);
}

TEST_CASE("a cut-off estimate is the estimate or above the cut-off") {
  const ShopData data(random_shop({.jobs = 12, .machines = 3, .longest = 99}, 2));
  ShopGraph graph(data);
  Rng rng{5};
  graph.load(random_order(data, rng));
  ShopEstimate estimate(data);
  for (std::size_t k = 0; k < 200; ++k) {
    const Moves all(graph, rng);
    REQUIRE_FALSE(all.moves.empty());
    for (std::size_t i = 0; i < all.moves.size(); ++i) {
      const auto [from, to, choice] = all.moves[i];
      const std::int32_t cutoff = all.estimates[i] - 3 + static_cast<std::int32_t>(rng.index(7));
      const std::int32_t cut = from < to ? estimate.later(graph, from, to, cutoff) : estimate.earlier(graph, from, to, cutoff);
      CHECK((cut == all.estimates[i] || (cut > cutoff && all.estimates[i] > cutoff)));
    }
    shop_apply(graph, all.moves[rng.index(all.moves.size())]);
  }
}

TEST_CASE("every move of a block makes another sequence") {
  const ShopData data(random_shop({.jobs = 7, .machines = 1}, 1));
  ShopGraph graph(data);
  Rng rng{1};
  const ShopOrder order = random_order(data, rng);
  graph.load(order);
  const Moves all(graph, rng);
  // 7 nodes: 6 behind the last, 5 more before the first, 5 more into the inside from the left, 4 from the right.
  CHECK(all.moves.size() == 20);
  std::vector<std::vector<std::uint32_t>> sequences;
  for (const ShopMove& move : all.moves) {
    graph.load(order);
    shop_apply(graph, move);
    const auto line = graph.sequence(0);
    sequences.emplace_back(line.begin(), line.end());
  }
  std::sort(sequences.begin(), sequences.end());
  CHECK(std::adjacent_find(sequences.begin(), sequences.end()) == sequences.end());
}

TEST_CASE("tabu search never loses the best, and finds the optimum of a small shop") {
  const Shop shop = fisher_thompson_6();
  const ShopData data(shop);
  ShopTabuSearch<false> search(data);
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    Rng rng{seed};
    ShopOrder order = random_order(data, rng);
    std::vector<std::int32_t> seen;
    const Stopwatch clock{Budget{}};
    const auto report = search.run(order, {20000, 20000, 55}, rng, clock, [&](std::int32_t makespan) { seen.push_back(makespan); });
    CHECK(order.makespan == 55);
    CHECK(std::is_sorted(seen.rbegin(), seen.rend()));
    CHECK(report.iterations <= 20000);
    ShopGraph graph(data);
    graph.load(order);
    CHECK(graph.makespan() == order.makespan);
  }
}

TEST_CASE("a path between two schedules gets nearer to its end step by step and arrives") {
  for (const RandomShop& kind : kinds()) {
    const ShopData data(random_shop(kind, 4));
    Rng rng{9};
    const ShopOrder a = random_order(data, rng), b = random_order(data, rng);
    ShopPath path(data), measure(data);
    CHECK(measure.distance(a, a) == 0);
    path.begin(a, b, 1.0, rng);
    std::size_t last = path.length();
    CHECK(measure.distance(path.at(), b) == last);
    ShopGraph graph(data);
    while (last > 0) {
      path.walk(1, rng);
      const std::size_t now = measure.distance(path.at(), b);
      CHECK(now + 1 == last);
      graph.load(path.at());
      REQUIRE(sorted(graph));
      last = now;
    }
  }
}
