#pragma once
/// @file
/// Minimum cost flow: `min_cost_flow(network)` gives flows, node prices, a tree to go on from, and what proves the answer.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/progress.hpp"
#include "kilter/core/status.hpp"
#include "kilter/lp/network_data.hpp"
#include "kilter/lp/network_simplex.hpp"
#include "kilter/lp/solution.hpp"

namespace kilter::lp {

/// What a minimum cost flow computation may do.
struct FlowOptions {
  Budget budget{};                                             ///< time limit and stop token
  std::size_t iteration_limit = static_cast<std::size_t>(-1);  ///< pivots
  double primal_tolerance = 1e-7;  ///< supply that may stay unserved; less where all supplies are below 1
  double dual_tolerance = 1e-7;    ///< how far a reduced cost may have the wrong sign; less where all costs are small
};

/// Where each arc stands: the basic arcs form a forest, the others are at a bound (or at 0, without bounds).
using FlowBasis = std::vector<VariableStatus>;

/// The answer of `min_cost_flow`. `optimal`: all but `cut` and `ray`; `infeasible`: `cut`; `unbounded`: `flow` (feasible) and
/// `ray`; limits and `cancelled`: the flow reached, not necessarily conserved (`residuals.primal` says how far). `basis` is always
/// there to go on from.
struct FlowSolution {
  Status status = Status::numerical_failure;
  double objective = 0;
  std::vector<double> flow{};       ///< of each arc
  std::vector<double> potential{};  ///< of each node: what one more unit of supply there would cost; one constant may be added
  FlowBasis basis{};
  std::size_t iterations = 0;
  Residuals residuals{};
  std::vector<bool> cut{};    ///< infeasible: the nodes of a set that has more supply than can leave it, or less than must
  std::vector<double> ray{};  ///< unbounded: a circulation of ±1 and 0 per arc along which the cost falls without limit
};

/// The reduced cost of an arc under node prices: cost − price of the source + price of the target.
[[nodiscard]] inline double reduced_cost(const Network& network, std::span<const double> potential, int arc) {
  require(potential.size() == static_cast<std::size_t>(network.nodes()), "potential", potential.size(),
          "must have one entry per node");
  return network.cost(arc) - potential[static_cast<std::size_t>(network.source(arc))] +
         potential[static_cast<std::size_t>(network.target(arc))];
}

/// Does the node set `cut` prove that no flow exists? `margin` is by how much its supply exceeds what can leave it, or falls short
/// of what must; a margin within rounding of the numbers added up counts as none. O(nodes + arcs).
[[nodiscard]] inline Certificate proves_infeasible(const Network& network, const std::vector<bool>& cut) {
  require(cut.size() == static_cast<std::size_t>(network.nodes()), "cut", cut.size(), "must have one entry per node");
  double supply = 0, magnitude = 0, most = 0, least = 0;
  const auto add = [&](double& sum, double value) {
    sum += value;
    magnitude += std::isfinite(value) ? std::abs(value) : 0.0;
  };
  for (std::size_t v = 0; v < cut.size(); ++v) {
    if (cut[v]) add(supply, network.supplies()[v]);
  }
  const detail::ArcColumns arcs(network);
  for (std::size_t a = 0; a < arcs.count; ++a) {
    const bool from = cut[arcs.from(a)], to = cut[arcs.to(a)];
    if (from == to) continue;
    add(most, from ? arcs.upper[a] : -arcs.lower[a]);
    add(least, from ? arcs.lower[a] : -arcs.upper[a]);
  }
  const double margin = std::max(supply - most, least - supply);
  const double rounding = 8 * std::numeric_limits<double>::epsilon() * magnitude;
  return {.margin = margin > rounding ? margin : std::min(margin, 0.0)};
}

/// Does `ray`, one entry per arc, prove that the cost has no limit once a flow exists? `margin` is the fall of the cost, and
/// `violation` what is lost at a node or runs into a bound, per unit of the largest entry. O(nodes + arcs).
[[nodiscard]] inline Certificate proves_unbounded(const Network& network, std::span<const double> ray) {
  require(ray.size() == static_cast<std::size_t>(network.arcs()), "ray", ray.size(), "must have one entry per arc");
  const double largest = detail::largest_magnitude(ray);
  if (!(largest > 0) || !std::isfinite(largest)) return {};
  std::vector<double> balance(static_cast<std::size_t>(network.nodes()));
  Certificate result;
  double cost = 0;
  const detail::ArcColumns arcs(network);
  for (std::size_t a = 0; a < arcs.count; ++a) {
    const double speed = ray[a];
    cost += arcs.cost[a] * speed;
    balance[arcs.from(a)] += speed;
    balance[arcs.to(a)] -= speed;
    if ((speed > 0 && std::isfinite(arcs.upper[a])) || (speed < 0 && std::isfinite(arcs.lower[a]))) {
      result.violation = std::max(result.violation, std::abs(speed) / largest);
    }
  }
  result.violation = std::max(result.violation, detail::largest_magnitude(balance) / largest);
  result.margin = -cost / largest;
  return result;
}

namespace detail {

inline Residuals verify_flow(const Network& network, std::span<const double> flow, std::span<const double> potential) {
  Conditions out;
  const bool has_dual = !potential.empty();
  std::vector<double> left(network.supplies().begin(), network.supplies().end());
  double objective = 0;
  const ArcColumns arcs(network);
  for (std::size_t a = 0; a < arcs.count; ++a) {
    const double x = flow[a];
    objective += arcs.cost[a] * x;
    left[arcs.from(a)] -= x;
    left[arcs.to(a)] += x;
    const double d = has_dual ? arcs.cost[a] - potential[arcs.from(a)] + potential[arcs.to(a)] : 0.0;
    add_conditions(x, std::abs(x), d, std::abs(d), arcs.lower[a], arcs.upper[a], out);
  }
  for (std::size_t v = 0; v < potential.size(); ++v) out.dual_objective += network.supplies()[v] * potential[v];
  Residuals& residuals = out.residuals;
  residuals.primal = std::max(residuals.primal, largest_magnitude(left));
  residuals.complementarity /= 1 + std::abs(objective);
  residuals.gap = has_dual ? std::abs(objective - out.dual_objective) / (1 + std::abs(objective)) : 0.0;
  return residuals;
}

}  // namespace detail

/// Recomputes the residuals of `solution` from its `flow`, `potential`, `cut` and `ray` alone, on the network as it is: `primal` is
/// the largest supply not served or bound not kept, `dual` the largest reduced cost that asks for a bound that is infinite; as of
/// a linear program otherwise. O(nodes + arcs).
[[nodiscard]] inline Residuals verify(const Network& network, const FlowSolution& solution) {
  if (solution.status == Status::infeasible) return {.gap = proves_infeasible(network, solution.cut).holds() ? 0.0 : 1.0};
  require(solution.flow.size() == static_cast<std::size_t>(network.arcs()), "solution.flow", solution.flow.size(),
          "must have one entry per arc");
  if (solution.status == Status::unbounded) {
    const Certificate certificate = proves_unbounded(network, solution.ray);
    const double primal = detail::verify_flow(network, solution.flow, {}).primal;
    return {.primal = std::max(primal, certificate.violation), .gap = certificate.holds() ? 0.0 : 1.0};
  }
  require(solution.potential.size() == static_cast<std::size_t>(network.nodes()), "solution.potential", solution.potential.size(),
          "must have one entry per node");
  return detail::verify_flow(network, solution.flow,
                             solution.status == Status::optimal ? solution.potential : std::span<const double>{});
}

namespace detail {

/// The nodes that artificial supply cannot leave, or those that it cannot reach: whichever proves more.
inline std::vector<bool> violated_cut(const Network& network, const std::vector<double>& price) {
  std::vector<bool> cut(price.size()), rest(price.size());
  for (std::size_t v = 0; v < price.size(); ++v) {
    cut[v] = price[v] > -0.5;
    rest[v] = !cut[v];
  }
  return proves_infeasible(network, cut).margin >= proves_infeasible(network, rest).margin ? cut : rest;
}

inline FlowSolution read_flow(const Network& network, const NetworkSimplex& simplex, Status status) {
  FlowSolution solution;
  solution.status = status;
  solution.iterations = simplex.iterations();
  solution.basis = simplex.arcs().statuses();
  solution.flow = simplex.flows();
  solution.potential = simplex.prices();
  for (std::size_t a = 0; a < solution.flow.size(); ++a) solution.objective += network.costs()[a] * solution.flow[a];
  if (status == Status::infeasible) solution.cut = violated_cut(network, solution.potential);
  if (status == Status::unbounded) solution.ray = simplex.ray();
  solution.residuals = verify(network, solution);
  const bool proven = (status != Status::infeasible && status != Status::unbounded) || solution.residuals.gap == 0;
  if (!proven) solution.status = Status::numerical_failure;
  return solution;
}

inline void check_flow_options(const FlowOptions& options) {
  require(options.primal_tolerance > 0 && options.primal_tolerance <= 1e-2, "primal_tolerance", options.primal_tolerance,
          "must be in (0, 0.01]");
  require(options.dual_tolerance > 0 && options.dual_tolerance <= 1e-2, "dual_tolerance", options.dual_tolerance,
          "must be in (0, 0.01]");
}

}  // namespace detail

/// The cheapest flow that serves all supplies within the bounds, by the primal network simplex method.
///
/// `start` may be the basis of an earlier answer on a network with the same arcs, whatever bounds, costs and supplies have become:
/// what of it is no longer feasible is left out. Whole data give whole flows and prices, without rounding up to 2^53. The observer
/// is shown iterations and cost every 1024 pivots. Infeasible and unbounded networks come with a proof, checked before it is given.
/// Throws `std::invalid_argument` for tolerances outside (0, 0.01] and a `start` of another size. The same input gives the same
/// answer bit for bit. A pivot costs O(√arcs + length of a cycle + nodes of a subtree).
template <class O = Silent>
requires Observer<O>
[[nodiscard]] FlowSolution min_cost_flow(const Network& network, const FlowOptions& options = {}, const FlowBasis* start = nullptr,
                                         O&& observer = Silent{}) {
  detail::check_flow_options(options);
  if (start != nullptr) {
    require(start->size() == static_cast<std::size_t>(network.arcs()), "start", start->size(), "must have one entry per arc");
  }
  const Stopwatch stopwatch(options.budget);
  detail::NetworkSimplex simplex(network, {stopwatch, options.iteration_limit, options.primal_tolerance, options.dual_tolerance},
                                 false);
  const Status status =
      simplex.run(start != nullptr ? std::span<const VariableStatus>{*start} : std::span<const VariableStatus>{}, observer);
  return detail::read_flow(network, simplex, status);
}

}  // namespace kilter::lp
