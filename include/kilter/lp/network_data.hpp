#pragma once
/// @file
/// `Network`: nodes with supplies, and arcs with bounds and costs between them.

#include <cmath>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/lp/expression.hpp"

namespace kilter::lp {

/// A directed network for minimum cost flow: what leaves a node less what enters it must equal its supply (negative: demand), and
/// the flow of each arc lies between its bounds, which may be infinite and of either sign. Parallel arcs and loops are allowed.
///
/// A value type, stored flat. Every edit is checked before it is made: NaN, crossed bounds, infinite costs or supplies and indices
/// out of range throw `std::invalid_argument` naming the argument, and leave the network as it was.
class Network {
 public:
  Network() = default;
  /// A network of `nodes` nodes without supply.
  explicit Network(int nodes) { add_nodes(nodes); }

  /// Adds a node and returns its index.
  int add_node(double supply = 0) {
    require_finite("supply", supply);
    supply_.push_back(supply);
    return nodes() - 1;
  }
  /// Adds `count` nodes without supply and returns the index of the first.
  int add_nodes(int count) {
    require(count >= 0, "count", count, "must not be negative");
    supply_.resize(supply_.size() + static_cast<std::size_t>(count));
    return nodes() - count;
  }
  /// Adds an arc from `source` to `target` and returns its index; `cost` is per unit of flow.
  int add_arc(int source, int target, double lower, double upper, double cost) {
    check_node("source", source);
    check_node("target", target);
    check_bounds(lower, upper);
    require_finite("cost", cost);
    source_.push_back(source);
    target_.push_back(target);
    lower_.push_back(lower);
    upper_.push_back(upper);
    cost_.push_back(cost);
    return arcs() - 1;
  }
  /// Room for so many nodes and arcs.
  void reserve(int nodes, int arcs) {
    require(nodes >= 0, "nodes", nodes, "must not be negative");
    require(arcs >= 0, "arcs", arcs, "must not be negative");
    supply_.reserve(static_cast<std::size_t>(nodes));
    source_.reserve(static_cast<std::size_t>(arcs));
    target_.reserve(static_cast<std::size_t>(arcs));
    for (auto* values : {&lower_, &upper_, &cost_}) values->reserve(static_cast<std::size_t>(arcs));
  }

  void set_supply(int node, double supply) {
    check_node("node", node);
    require_finite("supply", supply);
    supply_[static_cast<std::size_t>(node)] = supply;
  }
  void set_cost(int arc, double cost) {
    check_arc(arc);
    require_finite("cost", cost);
    cost_[static_cast<std::size_t>(arc)] = cost;
  }
  void set_bounds(int arc, double lower, double upper) {
    check_arc(arc);
    check_bounds(lower, upper);
    lower_[static_cast<std::size_t>(arc)] = lower;
    upper_[static_cast<std::size_t>(arc)] = upper;
  }

  [[nodiscard]] int nodes() const noexcept { return static_cast<int>(supply_.size()); }
  [[nodiscard]] int arcs() const noexcept { return static_cast<int>(source_.size()); }

  [[nodiscard]] double supply(int node) const { return supply_[check_node("node", node)]; }
  [[nodiscard]] int source(int arc) const { return source_[check_arc(arc)]; }
  [[nodiscard]] int target(int arc) const { return target_[check_arc(arc)]; }
  [[nodiscard]] double lower(int arc) const { return lower_[check_arc(arc)]; }
  [[nodiscard]] double upper(int arc) const { return upper_[check_arc(arc)]; }
  [[nodiscard]] double cost(int arc) const { return cost_[check_arc(arc)]; }

  /// The same for all nodes or arcs at once.
  [[nodiscard]] std::span<const double> supplies() const noexcept { return supply_; }
  [[nodiscard]] std::span<const int> sources() const noexcept { return source_; }
  [[nodiscard]] std::span<const int> targets() const noexcept { return target_; }
  [[nodiscard]] std::span<const double> lowers() const noexcept { return lower_; }
  [[nodiscard]] std::span<const double> uppers() const noexcept { return upper_; }
  [[nodiscard]] std::span<const double> costs() const noexcept { return cost_; }

 private:
  std::size_t check_node(std::string_view argument, int node) const {
    require(node >= 0 && node < nodes(), argument, node, "must be a node of the network");
    return static_cast<std::size_t>(node);
  }
  std::size_t check_arc(int arc) const {
    require(arc >= 0 && arc < arcs(), "arc", arc, "must be an arc of the network");
    return static_cast<std::size_t>(arc);
  }
  static void check_bounds(double lower, double upper) {
    require(!std::isnan(lower) && lower < infinity, "lower", lower, "must be finite or minus infinity");
    require(!std::isnan(upper) && upper > -infinity, "upper", upper, "must be finite or plus infinity");
    require(lower <= upper, "lower", lower, "must not exceed the upper bound");
  }

  std::vector<double> supply_;
  std::vector<int> source_, target_;
  std::vector<double> lower_, upper_, cost_;
};

namespace detail {

/// The arcs of a network by columns, for kernels: no index is checked.
struct ArcColumns {
  explicit ArcColumns(const Network& network)
      : count(network.sources().size()),
        source(network.sources().data()),
        target(network.targets().data()),
        lower(network.lowers().data()),
        upper(network.uppers().data()),
        cost(network.costs().data()) {}

  std::size_t count;
  const int *source, *target;
  const double *lower, *upper, *cost;

  [[nodiscard]] std::size_t from(std::size_t a) const { return static_cast<std::size_t>(source[a]); }
  [[nodiscard]] std::size_t to(std::size_t a) const { return static_cast<std::size_t>(target[a]); }
};

}  // namespace detail

}  // namespace kilter::lp
