#pragma once
/// Small random networks of every kind, and the linear program that each one is.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "kilter/core/rng.hpp"
#include "kilter/lp/model.hpp"
#include "kilter/lp/network_data.hpp"

namespace kilter::lp::test {

/// Parallel arcs, loops, unconnected parts, arcs of no capacity, bounds of either sign or none, costs of either sign; whole or real
/// data; supplies that some flow serves, or as they come.
inline Network random_network(Rng& rng, std::size_t most_nodes = 12, std::size_t most_arcs = 40) {
  const int n = 1 + static_cast<int>(rng.index(most_nodes)), m = static_cast<int>(rng.index(most_arcs));
  const bool whole = rng.bernoulli(0.6), served = rng.bernoulli(0.7), dear = rng.bernoulli(0.6);
  const auto value = [&] { return whole ? static_cast<double>(rng.index(9)) : rng.uniform(0, 8); };
  Network network(n);
  std::vector<double> supply(static_cast<std::size_t>(n));
  for (int a = 0; a < m; ++a) {
    const auto s = rng.index(supply.size()), t = rng.index(supply.size());
    const double flow = value(), below = rng.bernoulli(0.5) ? flow : value(), above = value();
    double lower = flow - below, upper = flow + above;
    const std::size_t kind = rng.index(12);
    if (kind == 0) lower = -infinity;
    if (kind == 1) lower = -infinity, upper = infinity;
    if (kind <= 4) upper = infinity;
    if (kind == 5) lower = upper = flow;
    network.add_arc(static_cast<int>(s), static_cast<int>(t), lower, upper, dear ? value() : value() - 3);
    supply[s] += flow;
    supply[t] -= flow;
  }
  for (int v = 0; v < n; ++v)
    network.set_supply(v, served ? supply[static_cast<std::size_t>(v)] : rng.bernoulli(0.5) ? value() - 4 : 0);
  return network;
}

/// The program of a network, each row by a multiplier of its own.
inline Model program_of(const Network& network, const std::vector<double>& multiplier) {
  Model model;
  std::vector<std::vector<Term>> rows(static_cast<std::size_t>(network.nodes()));
  for (int a = 0; a < network.arcs(); ++a) {
    model.add_column(network.cost(a), network.lower(a), network.upper(a));
    if (network.source(a) == network.target(a)) continue;
    const auto s = static_cast<std::size_t>(network.source(a)), t = static_cast<std::size_t>(network.target(a));
    rows[s].push_back({a, multiplier[s]});
    rows[t].push_back({a, -multiplier[t]});
  }
  for (std::size_t v = 0; v < rows.size(); ++v) {
    const double b = multiplier[v] * network.supplies()[v];
    model.add_row(rows[v], b, b);
  }
  return model;
}
inline Model program_of(const Network& network) {
  return program_of(network, std::vector<double>(static_cast<std::size_t>(network.nodes()), 1.0));
}

}  // namespace kilter::lp::test
