#pragma once
/// @file
/// The first tree of the network simplex method, from a basis.

#include <cmath>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "kilter/lp/network_arcs.hpp"
#include "kilter/lp/network_tree.hpp"
#include "kilter/lp/solution.hpp"

namespace kilter::lp::detail {

/// A flow that misses a bound by rounding is at it.
[[nodiscard]] inline double snap(double flow, double capacity, double rounding) {
  return std::abs(flow) <= rounding ? 0.0 : std::abs(flow - capacity) <= rounding ? capacity : flow;
}

/// The basic arcs at each node.
class Adjacency {
 public:
  Adjacency(const WorkingArcs& arcs, std::span<const VariableStatus> status, int nodes)
      : start_(static_cast<std::size_t>(nodes) + 1) {
    const auto each = [&](auto&& visit) {
      for (int e = 0; e < arcs.count(); ++e) {
        if (status[static_cast<std::size_t>(arcs.facts(e).original)] != VariableStatus::basic) continue;
        visit(arcs.priced(e).source, e);
        visit(arcs.priced(e).target, e);
      }
    };
    each([&](int v, int) { ++start_[static_cast<std::size_t>(v) + 1]; });
    for (std::size_t v = 1; v < start_.size(); ++v) start_[v] += start_[v - 1];
    arc_.resize(start_.back());
    std::vector<std::size_t> next(start_.begin(), start_.end() - 1);
    each([&](int v, int e) { arc_[next[static_cast<std::size_t>(v)]++] = e; });
  }
  [[nodiscard]] std::span<const int> arcs(int v) const {
    const auto k = static_cast<std::size_t>(v);
    return std::span<const int>{arc_}.subspan(start_[k], start_[k + 1] - start_[k]);
  }

 private:
  std::vector<std::size_t> start_;
  std::vector<int> arc_;
};

/// Gives the nodes of a tree their parents.
class StartForest {
 public:
  StartForest(const WorkingArcs& arcs, FlowTree& tree, std::span<const VariableStatus> start, double rounding)
      : arcs_(arcs), tree_(tree), nodes_(tree.root()), rounding_(rounding), adjacency_(arcs, start, tree.root() + 1) {}

  /// The forest of basic arcs, hung up where it is strongly feasible if there is such a node: where it was hung up when it was the
  /// tree of a solution. The order is such that parents come first.
  [[nodiscard]] std::vector<int> grow(std::vector<double> excess) {
    std::vector<int> tops;
    std::vector<int> order = spread({}, tops);
    for (std::size_t k = order.size(); k-- > 0;) {
      if (tree_[order[k]].arc >= 0) excess[at(tree_[order[k]].parent)] += excess[at(order[k])];
    }
    bool moved = false;
    for (int& top : tops) moved |= top != nodes_ && descend(excess, top);
    if (!moved) return order;
    tree_.reset(nodes_);
    std::vector<int> final_tops;
    return spread(tops, final_tops);
  }

 private:
  static constexpr std::size_t at(int index) { return static_cast<std::size_t>(index); }

  /// Gives every node a parent along basic arcs, breadth first from the root, then from `wanted`, then from every node not yet
  /// reached; what it started from goes to `tops`.
  std::vector<int> spread(const std::vector<int>& wanted, std::vector<int>& tops) {
    std::vector<int> order;
    std::vector<char> seen(at(nodes_) + 1);
    order.reserve(at(nodes_) + 1);
    const auto start_at = [&](int top) {
      if (std::exchange(seen[at(top)], char{1}) != 0) return;
      tops.push_back(top);
      order.push_back(top);
      for (std::size_t k = order.size() - 1; k < order.size(); ++k) {
        for (const int e : adjacency_.arcs(order[k])) {
          const int v = arcs_.priced(e).source == order[k] ? arcs_.priced(e).target : arcs_.priced(e).source;
          if (std::exchange(seen[at(v)], char{1}) != 0) continue;
          tree_[v].parent = order[k];
          tree_[v].arc = e;
          order.push_back(v);
        }
      }
    };
    start_at(nodes_);
    for (const int top : wanted) start_at(top);
    for (int top = 0; top < nodes_; ++top) start_at(top);
    return order;
  }

  /// From a top down to below the last arc over which nothing more can go up; `excess` is that of whole subtrees. Whether it moved.
  [[nodiscard]] bool descend(const std::vector<double>& excess, int& top) const {
    const int first = top;
    for (bool found = true; found;) {
      found = false;
      for (const int e : adjacency_.arcs(top)) {
        const bool upward = arcs_.priced(e).target == top;
        const int v = upward ? arcs_.priced(e).source : arcs_.priced(e).target;
        const ArcFacts& facts = arcs_.facts(e);
        if (tree_[v].parent != top || tree_[v].arc != e || facts.free) continue;
        const double flow = snap(upward ? excess[at(v)] : 0.0 - excess[at(v)], facts.capacity, rounding_);
        if (upward ? flow < facts.capacity : flow > 0) continue;
        top = v;
        found = true;
        break;
      }
    }
    return top != first;
  }

  const WorkingArcs& arcs_;
  FlowTree& tree_;
  int nodes_;
  double rounding_;
  Adjacency adjacency_;
};

}  // namespace kilter::lp::detail
