#pragma once
/// @file
/// The arcs of a network as the network simplex method works on them.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "kilter/lp/expression.hpp"
#include "kilter/lp/network_data.hpp"
#include "kilter/lp/solution.hpp"

namespace kilter::lp::detail {

/// What the search for an entering arc reads of an arc. Its flow counts from the bound at which the arc stands: an arc at its upper
/// bound is turned round, with the opposite cost, so that every nonbasic arc may only rise, and no state need be read.
struct PricedArc {
  int source = 0, target = 0;
  double cost = 0;
};

/// What a pivot reads of an arc besides.
struct ArcFacts {
  double capacity = 0;
  int original = 0;
  bool turned = false;  ///< stands for what the flow lacks of the upper bound
  bool basic = false;
  bool free = false;  ///< one half of an arc without bounds: once basic it never leaves
};

/// The arcs that may change: without loops and arcs of no capacity, which stand at a bound for good; arcs without bounds count
/// twice, once each way.
class WorkingArcs {
 public:
  /// Neighbours in the order of the network often lie near each other in it too; a block of arcs to search should not, so they are
  /// laid out in strides.
  explicit WorkingArcs(const Network& network) : columns_(network) {
    const int count = network.arcs(), stride = std::max(1, static_cast<int>(std::sqrt(static_cast<double>(count))));
    priced_.reserve(static_cast<std::size_t>(count));
    facts_.reserve(static_cast<std::size_t>(count));
    for (int first = 0; first < stride; ++first) {
      for (int a = first; a < count; a += stride) load(a);
    }
  }

  [[nodiscard]] int count() const { return static_cast<int>(priced_.size()); }
  [[nodiscard]] const PricedArc* data() const { return priced_.data(); }
  [[nodiscard]] const PricedArc& priced(int e) const { return priced_[static_cast<std::size_t>(e)]; }
  [[nodiscard]] ArcFacts& facts(int e) { return facts_[static_cast<std::size_t>(e)]; }
  [[nodiscard]] const ArcFacts& facts(int e) const { return facts_[static_cast<std::size_t>(e)]; }
  [[nodiscard]] double largest_cost() const { return largest_cost_; }
  /// A loop on which the cost falls without limit, −1 where there is none; and whether its flow is to rise (1) or fall (−1).
  [[nodiscard]] int unbounded_loop() const { return unbounded_loop_; }
  [[nodiscard]] double loop_direction() const { return columns_.cost[unbounded_loop_] < 0 ? 1 : -1; }

  void turn(int e) {
    PricedArc& arc = priced_[static_cast<std::size_t>(e)];
    std::swap(arc.source, arc.target);
    arc.cost = 0.0 - arc.cost;
    facts(e).turned = !facts(e).turned;
  }

  /// To the bounds of nonbasic arcs that `status` says.
  void restore(std::span<const VariableStatus> status) {
    for (int e = 0; e < count(); ++e) {
      const ArcFacts& arc = facts(e);
      const VariableStatus wanted = status[static_cast<std::size_t>(arc.original)];
      if (arc.capacity == infinity || wanted == VariableStatus::basic) continue;
      if ((wanted == VariableStatus::at_upper) != arc.turned) turn(e);
    }
  }

  void forget_costs() {
    for (PricedArc& arc : priced_) arc.cost = 0;
  }
  void recall_costs() {
    for (int e = 0; e < count(); ++e) {
      const double cost = columns_.cost[facts(e).original];
      priced_[static_cast<std::size_t>(e)].cost = facts(e).turned ? 0.0 - cost : cost;
    }
  }

  /// The flow of every arc at the bound at which it stands, of basic arcs as well.
  [[nodiscard]] std::vector<double> resting_flows() const {
    std::vector<double> flow(columns_.count);
    for (std::size_t a = 0; a < flow.size(); ++a) flow[a] = resting_flow(a);
    for (const ArcFacts& arc : facts_) {
      if (arc.turned && !arc.free) flow[static_cast<std::size_t>(arc.original)] = columns_.upper[arc.original];
    }
    return flow;
  }
  /// Takes these flows out of the supplies; the largest of them.
  double subtract_bounds(std::vector<double>& excess) const {
    const std::vector<double> flow = resting_flows();
    for (std::size_t a = 0; a < flow.size(); ++a) {
      excess[columns_.from(a)] -= flow[a];
      excess[columns_.to(a)] += flow[a];
    }
    return largest_magnitude(flow);
  }

  /// Where each arc stands.
  [[nodiscard]] std::vector<VariableStatus> statuses() const {
    std::vector<VariableStatus> status(columns_.count);
    for (std::size_t a = 0; a < status.size(); ++a) {
      const double lower = columns_.lower[a];
      status[a] = lower == -infinity && columns_.upper[a] == infinity ? VariableStatus::free_nonbasic
                  : resting_flow(a) == lower                          ? VariableStatus::at_lower
                                                                      : VariableStatus::at_upper;
    }
    for (const ArcFacts& arc : facts_) {
      VariableStatus& to = status[static_cast<std::size_t>(arc.original)];
      if (arc.basic) {
        to = VariableStatus::basic;
      } else if (!arc.free) {
        to = arc.turned ? VariableStatus::at_upper : VariableStatus::at_lower;
      }
    }
    return status;
  }

 private:
  void load(int a) {
    const auto k = static_cast<std::size_t>(a);
    const int source = columns_.source[k], target = columns_.target[k];
    const double lower = columns_.lower[k], upper = columns_.upper[k], cost = columns_.cost[k];
    const bool below = lower != -infinity, above = upper != infinity;
    if (source == target) {
      if ((cost < 0 && !above) || (cost > 0 && !below)) unbounded_loop_ = a;
      return;
    }
    if (lower == upper) return;
    if (below || !above) push({source, target, cost}, above ? upper - lower : infinity, a, false, !below && !above);
    if (!below) push({target, source, 0.0 - cost}, infinity, a, true, !above);
    largest_cost_ = std::max(largest_cost_, std::abs(cost));
  }
  void push(const PricedArc& arc, double capacity, int original, bool turned, bool free) {
    priced_.push_back(arc);
    facts_.push_back({capacity, original, turned, false, free});
  }

  /// Of a loop the cheaper bound that is finite; of every other arc the lower bound, else the upper one, else 0.
  [[nodiscard]] double resting_flow(std::size_t a) const {
    const double lower = columns_.lower[a], upper = columns_.upper[a];
    if (columns_.source[a] == columns_.target[a] && columns_.cost[a] < 0 && upper != infinity) return upper;
    return lower != -infinity ? lower : upper != infinity ? upper : 0.0;
  }

  ArcColumns columns_;
  std::vector<PricedArc> priced_;
  std::vector<ArcFacts> facts_;
  double largest_cost_ = 0;
  int unbounded_loop_ = -1;
};

}  // namespace kilter::lp::detail
