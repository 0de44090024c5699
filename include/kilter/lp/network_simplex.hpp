#pragma once
/// @file
/// The primal network simplex method on a strongly feasible spanning tree.

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "kilter/core/progress.hpp"
#include "kilter/core/status.hpp"
#include "kilter/lp/network_arcs.hpp"
#include "kilter/lp/network_data.hpp"
#include "kilter/lp/network_forest.hpp"
#include "kilter/lp/network_tree.hpp"
#include "kilter/lp/solution.hpp"

namespace kilter::lp::detail {

struct NetworkLimits {
  const Stopwatch& stopwatch;
  std::size_t iterations = static_cast<std::size_t>(-1);
  double primal_tolerance = 1e-7, dual_tolerance = 1e-7;
};

/// The method on one network (Dantzig 1951; Cunningham 1976, "A network simplex method", for the strongly feasible tree, whose
/// every node can send something to the root and which therefore does not cycle).
///
/// A node that no arc joins to the tree hangs from the root by an artificial arc. Three phases: the costs with a moderate weight on
/// flow over artificial arcs, raised a few times, which mostly ends feasible; where it does not, the least artificial flow, with
/// potentials of small integers, which decides feasibility whatever the magnitudes; then the costs alone.
///
/// With `grounded`, the last node of the network is the root: it takes and gives what is left over, and has no supply of its own.
class NetworkSimplex {
 public:
  NetworkSimplex(const Network& network, const NetworkLimits& limits, bool grounded)
      : network_(network), limits_(limits), grounded_(grounded), nodes_(network.nodes() - (grounded ? 1 : 0)), arcs_(network) {
    potential_.assign(at(nodes_) + 1, 0.0);
    block_ = std::max(10, static_cast<int>(1.5 * std::sqrt(static_cast<double>(arcs_.count()))));
    stall_limit_ = 20 * (at(nodes_) + at(arcs_.count())) + 1000;
  }

  /// From the tree of basic arcs in `start` where there is one, else from artificial arcs alone. `watch` is shown the iterations
  /// and the cost of the flow over the arcs of the network.
  template <class Watch>
  Status run(std::span<const VariableStatus> start, Watch& watch) {
    plant(start);
    Status status = run_weighted(watch);
    if (status == Status::infeasible) status = run_feasibility(watch);
    if (status == Status::feasible) status = run_costs(watch);
    return status;
  }

  [[nodiscard]] std::size_t iterations() const { return iterations_; }
  [[nodiscard]] const WorkingArcs& arcs() const { return arcs_; }
  [[nodiscard]] const FlowTree& tree() const { return tree_; }
  /// The arc that entered without limit, or that is a loop of negative cost; −1 where there is none.
  [[nodiscard]] int unbounded_arc() const { return unbounded_arc_; }

  /// The price of one more unit at each node, against the root. Of an infeasible network that of the phase that proved it.
  [[nodiscard]] std::vector<double> prices() const {
    std::vector<double> price(at(network_.nodes()));
    for (int v = 0; v < network_.nodes(); ++v) price[at(v)] = potential_[at(tree_.root())] - potential_[at(v)];
    return price;
  }

  /// The flow of every arc, worked out afresh from the nonbasic arcs and the supplies; what artificial arcs carry is left out.
  [[nodiscard]] std::vector<double> flows() const {
    std::vector<double> flow = arcs_.resting_flows();
    for (int v = 0; v < nodes_; ++v) {
      if (tree_[v].arc >= 0) flow[at(arcs_.facts(tree_[v].arc).original)] = 0;
    }
    std::vector<double> excess(network_.supplies().begin(), network_.supplies().end());
    excess.resize(at(nodes_) + 1);
    const ArcColumns columns(network_);
    for (std::size_t a = 0; a < columns.count; ++a) {
      excess[columns.from(a)] -= flow[a];
      excess[columns.to(a)] += flow[a];
    }
    for (int v = tree_.previous(tree_.root()); v != tree_.root(); v = tree_.previous(v)) {
      excess[at(tree_[v].parent)] += excess[at(v)];
      if (tree_[v].arc < 0) continue;
      const int a = arcs_.facts(tree_[v].arc).original;
      flow[at(a)] = columns.source[a] == v ? excess[at(v)] : 0.0 - excess[at(v)];
    }
    return flow;
  }

  /// The circulation along which the cost falls without limit, after `unbounded`.
  [[nodiscard]] std::vector<double> ray() const {
    std::vector<double> direction(at(network_.arcs()));
    if (unbounded_arc_ < 0) {
      direction[at(arcs_.unbounded_loop())] = arcs_.loop_direction();
      return direction;
    }
    const auto add = [&](int e, bool along) {
      const ArcFacts& facts = arcs_.facts(e);
      direction[at(facts.original)] += along == facts.turned ? -1 : 1;
    };
    add(unbounded_arc_, true);
    int u = arcs_.priced(unbounded_arc_).source, v = arcs_.priced(unbounded_arc_).target;
    while (u != v) {
      const bool climb_source = tree_[u].size < tree_[v].size;
      int& end = climb_source ? u : v;
      add(tree_[end].arc, (arcs_.priced(tree_[end].arc).source == end) != climb_source);
      end = tree_[end].parent;
    }
    return direction;
  }

 private:
  static constexpr std::size_t at(int index) { return static_cast<std::size_t>(index); }

  // ---- the first tree

  /// Everything on artificial arcs, or as much of `start` as is a forest and strongly feasible. O(nodes + arcs).
  void plant(std::span<const VariableStatus> start) {
    tree_.reset(nodes_);
    std::vector<double> excess(network_.supplies().begin(), network_.supplies().end());
    excess.resize(at(nodes_) + 1);
    if (!start.empty()) arcs_.restore(start);
    largest_flow_ = std::max(largest_magnitude(excess), arcs_.subtract_bounds(excess));
    if (!start.empty()) {
      const double rounding = 1e-13 * largest_flow_;
      const std::vector<int> order = StartForest(arcs_, tree_, start, rounding).grow(excess);
      for (std::size_t k = order.size(); k-- > 0;) settle(order[k], excess, rounding);
    } else {
      for (int v = 0; v < nodes_; ++v) hang(v, excess[at(v)]);
    }
    tree_.thread();
    weight_ = arcs_.largest_cost() > 0 ? arcs_.largest_cost() : 1;
  }

  /// Sends the excess of a node to its parent where that is strongly feasible; else the arc leaves at the nearest bound, and an
  /// artificial arc takes what remains.
  void settle(int v, std::vector<double>& excess, double rounding) {
    if (v == tree_.root()) return;
    const int e = tree_[v].arc, parent = tree_[v].parent;
    double& b = excess[at(v)];
    if (e < 0) return hang(v, b);
    const bool upward = arcs_.priced(e).source == v;
    const double capacity = arcs_.facts(e).capacity, flow = snap(upward ? b : 0.0 - b, capacity, rounding);
    if (arcs_.facts(e).free) {
      set_tree_arc(v, e, infinity, infinity);
    } else if (flow >= 0 && flow <= capacity && (upward ? flow < capacity : flow > 0)) {
      set_tree_arc(v, e, upward ? capacity - flow : flow, upward ? flow : capacity - flow);
    } else {
      const double sent = flow >= capacity ? capacity : 0.0;
      if (sent > 0) arcs_.turn(e);
      excess[at(parent)] += upward ? sent : -sent;
      b -= upward ? sent : -sent;
      tree_[v].parent = tree_.root();
      tree_[v].arc = -1;
      return hang(v, b);
    }
    excess[at(parent)] += b;
  }
  void set_tree_arc(int v, int e, double up, double down) {
    tree_[v].up = up;
    tree_[v].down = down;
    arcs_.facts(e).basic = true;
  }
  void hang(int v, double excess) {
    tree_[v].up = excess >= 0 ? infinity : -excess;
    tree_[v].down = excess >= 0 ? excess : infinity;
  }

  // ---- the phases

  /// `feasible` when nothing flows over artificial arcs at the optimum, `infeasible` when something still does.
  template <class Watch>
  Status run_weighted(Watch& watch) {
    const double enough = 4 * (static_cast<double>(nodes_) + 1) * weight_;
    for (;; weight_ *= 4) {
      set_artificial_costs(grounded_ ? weight_ : 0.0, weight_);
      const Status status = iterate(watch);
      if (status == Status::unbounded) return Status::infeasible;
      if (status != Status::optimal) return status;
      if (is_feasible()) return Status::feasible;
      if (weight_ > enough) return Status::infeasible;
    }
  }
  template <class Watch>
  Status run_feasibility(Watch& watch) {
    arcs_.forget_costs();
    set_artificial_costs(grounded_ ? 1.0 : 0.0, 1.0);
    tolerance_ = 0.5;  // potentials are whole numbers here
    const Status status = iterate(watch);
    if (status != Status::optimal) return status == Status::unbounded ? Status::numerical_failure : status;
    if (!is_feasible()) return Status::infeasible;
    arcs_.recall_costs();
    return Status::feasible;
  }
  /// Artificial arcs are empty and stay so: without a ground all point to the root, to which nothing else leads; with one they have
  /// no capacity.
  template <class Watch>
  Status run_costs(Watch& watch) {
    for (int v = 0; v < nodes_; ++v) {
      if (tree_[v].arc >= 0) continue;
      tree_[v].up = grounded_ ? 0.0 : infinity;
      tree_[v].down = 0;
    }
    for (int round = 0; round < 10; ++round) {
      set_artificial_costs(0, 0);
      const std::size_t before = iterations_;
      const Status status = iterate(watch);
      if (status != Status::optimal) return status;
      if (iterations_ == before) return arcs_.unbounded_loop() >= 0 ? Status::unbounded : Status::optimal;
    }
    return Status::numerical_failure;
  }

  [[nodiscard]] bool is_feasible() const {
    const double tolerance = std::max(limits_.primal_tolerance * std::min(1.0, largest_flow_), 1e-13 * largest_flow_);
    for (int v = 0; v < nodes_; ++v) {
      if (tree_[v].arc < 0 && std::min(tree_[v].up, tree_[v].down) > tolerance) return false;
    }
    return true;
  }

  /// Potentials afresh, with these costs of artificial arcs to and from the root; and the tolerance that their rounding needs.
  void set_artificial_costs(double up, double down) {
    potential_[at(tree_.root())] = 0;
    double largest = 0;
    for (int v = tree_.next(tree_.root()); v != tree_.root(); v = tree_.next(v)) {
      const TreeNode& node = tree_[v];
      double step = node.up == infinity ? -up : down;
      if (node.arc >= 0) step = arcs_.priced(node.arc).source == v ? -arcs_.priced(node.arc).cost : arcs_.priced(node.arc).cost;
      potential_[at(v)] = potential_[at(node.parent)] + step;
      largest = std::max(largest, std::abs(potential_[at(v)]));
    }
    const double rounding = 16 * std::numeric_limits<double>::epsilon() * (largest + arcs_.largest_cost());
    tolerance_ = std::max(std::min(limits_.dual_tolerance, 1e-10 * arcs_.largest_cost()), rounding);
    kept_ = 0;
  }

  // ---- pivots

  template <class Watch>
  Status iterate(Watch& watch) {
    std::size_t stalled = 0;
    unbounded_arc_ = -1;
    for (int e = price(); e >= 0; e = stalled > stall_limit_ ? price_first() : price()) {
      if (arcs_.facts(e).basic) {  // its reduced cost is rounding alone
        tolerance_ *= 2;
        if (!std::isfinite(tolerance_)) return Status::numerical_failure;
        continue;
      }
      if (iterations_ >= limits_.iterations) return Status::iteration_limit;
      if (iterations_ % 32 == 0) {
        const Status status = limits_.stopwatch.check();
        if (status != Status::feasible) return status;
      }
      if (++iterations_ % 1024 == 0) show(watch);
      const double moved = pivot(e);
      if (moved == infinity) {
        unbounded_arc_ = e;
        return Status::unbounded;
      }
      stalled = moved > 1e-14 * largest_flow_ ? 0 : stalled + 1;
      if (stalled > 4 * stall_limit_) return Status::numerical_failure;
    }
    return Status::optimal;
  }

  /// What an observer sees costs a pass over the arcs, so it is worked out only where one looks.
  template <class Watch>
  void show(Watch& watch) const {
    if constexpr (!std::same_as<std::remove_const_t<Watch>, Silent>) {
      const std::vector<double> flow = flows();
      double cost = 0;
      for (std::size_t a = 0; a < flow.size(); ++a) cost += network_.costs()[a] * flow[a];
      watch(Progress{.iteration = iterations_, .best = cost});
    }
  }

  [[nodiscard]] double reduced_cost(int e) const {
    const PricedArc& arc = arcs_.priced(e);
    return arc.cost + potential_[at(arc.source)] - potential_[at(arc.target)];
  }

  /// The most negative reduced cost among the arcs kept from earlier searches and the next block; of the blocks after it, of the
  /// first that has any. What was best for a while during a search is kept for the next ones.
  int price() {
    const int count = arcs_.count();
    const PricedArc* const arcs = arcs_.data();
    const double* const p = potential_.data();
    double best = -tolerance_;
    int pick = reprice(best);
    for (int scanned = 0; scanned < count;) {
      const int end = std::min(next_ + block_, count);
      for (int e = next_; e < end; ++e) {
        const double d = arcs[e].cost + p[arcs[e].source] - p[arcs[e].target];
        if (d < best) [[unlikely]] {
          if (pick >= 0) keep(pick);
          best = d;
          pick = e;
        }
      }
      scanned += end - next_;
      next_ = end == count ? 0 : end;
      if (pick >= 0) break;
    }
    return pick;
  }
  int reprice(double& best) {
    int pick = -1;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < kept_; ++i) {
      const int e = candidates_[i];
      const double d = reduced_cost(e);
      if (d >= -tolerance_) continue;
      if (d < best) {
        best = d;
        std::swap(pick, candidates_[i]);
      }
      if (candidates_[i] >= 0) candidates_[kept++] = candidates_[i];
    }
    kept_ = kept;
    return pick;
  }
  void keep(int e) {
    if (kept_ < candidates_.size()) {
      candidates_[kept_++] = e;
    } else {
      oldest_ = (oldest_ + 1) % candidates_.size();
      candidates_[oldest_] = e;
    }
  }
  /// The first arc that may enter: with trees that are not strongly feasible, or by rounding, the best one might go in a circle.
  [[nodiscard]] int price_first() const {
    for (int e = 0; e < arcs_.count(); ++e) {
      if (reduced_cost(e) < -tolerance_) return e;
    }
    return -1;
  }

  /// Where the cycle that an entering arc closes is blocked.
  struct Block {
    double amount = 0;
    int cut = -1;  ///< below the leaving arc; −1: the entering arc itself
    int join = -1;
    bool target_side = false;
  };

  /// Climbs from both ends to where they meet. Of the arcs that block first, the last one along the cycle from `join` leaves.
  [[nodiscard]] Block find_block(const PricedArc& entering, double capacity) const {
    Block block{.amount = capacity};
    int u = entering.source, v = entering.target;
    while (u != v) {  // which side climbs cannot be foretold, so it is chosen without a branch
      const TreeNode &at_source = tree_[u], &at_target = tree_[v];
      const bool climb_source = at_source.size < at_target.size;
      const double room = climb_source ? at_source.down : at_target.up;
      if ((room < block.amount) | ((room == block.amount) & !climb_source)) [[unlikely]] {
        block.amount = room;
        block.target_side = !climb_source;
        block.cut = climb_source ? u : v;
      }
      const int above_source = at_source.parent, above_target = at_target.parent;
      u = climb_source ? above_source : u;
      v = climb_source ? v : above_target;
    }
    block.join = u;
    return block;
  }

  /// Lets an arc enter; how much flow that moves, infinity when nothing limits it.
  double pivot(int e) {
    const PricedArc entering = arcs_.priced(e);
    const ArcFacts facts = arcs_.facts(e);
    const Block block = find_block(entering, facts.capacity);
    const double amount = block.amount, d = reduced_cost(e);
    if (amount == infinity) return amount;
    if (amount > 0) send(entering, block);
    if (block.cut < 0) {
      arcs_.turn(e);
      return amount;
    }
    const int leaving = tree_[block.cut].arc, size = tree_[block.cut].size;
    if (leaving >= 0) {
      arcs_.facts(leaving).basic = false;
      if ((arcs_.priced(leaving).source == block.cut) == block.target_side) arcs_.turn(leaving);
    }
    arcs_.facts(e).basic = true;
    const double forward = facts.free ? infinity : facts.capacity - amount, back = facts.free ? infinity : amount;
    if (block.target_side) {
      tree_.move(block.cut, entering.target, entering.source, block.join, e, back, forward);
      shift(entering.target, size, d);
    } else {
      tree_.move(block.cut, entering.source, entering.target, block.join, e, forward, back);
      shift(entering.source, size, -d);
    }
    return amount;
  }
  void send(const PricedArc& entering, const Block& block) {
    for (int v = entering.source; v != block.join; v = tree_[v].parent) {
      tree_[v].down -= block.amount;
      tree_[v].up += block.amount;
    }
    for (int v = entering.target; v != block.join; v = tree_[v].parent) {
      tree_[v].up -= block.amount;
      tree_[v].down += block.amount;
    }
  }

  /// Adds to the potentials of a subtree, or the opposite to all others where these are fewer. The list is walked from both ends at
  /// once, as each step waits for the one before.
  void shift(int top, int size, double by) {
    int v = top, w = tree_[top].last;
    if (2 * size > nodes_ + 1) {
      v = tree_.next(std::exchange(w, tree_.previous(v)));
      size = nodes_ + 1 - size;
      by = -by;
    }
    double* const p = potential_.data();
    for (int half = size / 2; half > 0; --half) {
      p[v] += by;
      p[w] += by;
      v = tree_.next(v);
      w = tree_.previous(w);
    }
    if (size % 2 == 1) p[v] += by;
  }

  const Network& network_;
  NetworkLimits limits_;
  bool grounded_;
  int nodes_;
  WorkingArcs arcs_;
  FlowTree tree_;
  std::vector<double> potential_;  ///< reduced cost = cost + potential of the source − potential of the target
  std::array<int, 16> candidates_{};
  std::size_t kept_ = 0, oldest_ = 0, iterations_ = 0, stall_limit_ = 0;
  double weight_ = 1, tolerance_ = 0, largest_flow_ = 0;
  int block_ = 10, next_ = 0, unbounded_arc_ = -1;
};

}  // namespace kilter::lp::detail
