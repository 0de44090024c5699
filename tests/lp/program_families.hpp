#pragma once
/// Random programs of the shapes that users bring, of a few dozen to a few hundred rows: all feasible, most with many ties.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "kilter/core/rng.hpp"
#include "kilter/lp/model.hpp"

namespace kilter::lp::test {

namespace families {

inline double whole(Rng& rng, int below) { return static_cast<double>(rng.index(static_cast<std::size_t>(below))); }
inline int between(Rng& rng, int low, int high) {
  return low + static_cast<int>(rng.index(static_cast<std::size_t>(high - low + 1)));
}
inline int pick(Rng& rng, int count) { return static_cast<int>(rng.index(static_cast<std::size_t>(count))); }

}  // namespace families

/// Sources to sinks at whole costs, some routes capped.
inline Model transport_program(Rng& rng) {
  using namespace families;
  Model model;
  const int sources = between(rng, 8, 20), sinks = between(rng, 8, 20);
  std::vector<double> demand;
  double total = 0;
  for (int t = 0; t < sinks; ++t) total += demand.emplace_back(1 + whole(rng, 20));
  for (int k = 0; k < sources * sinks; ++k) {
    model.add_column(1 + whole(rng, 20), 0, rng.bernoulli(0.2) ? demand[static_cast<std::size_t>(k % sinks)] : infinity);
  }
  for (int s = 0; s < sources; ++s) {
    std::vector<Term> terms;
    for (int t = 0; t < sinks; ++t) terms.push_back({s * sinks + t, 1});
    model.add_row(terms, -infinity, std::ceil(1.5 * total / sources));
  }
  for (int t = 0; t < sinks; ++t) {
    std::vector<Term> terms;
    for (int s = 0; s < sources; ++s) terms.push_back({s * sinks + t, 1});
    model.add_row(terms, demand[static_cast<std::size_t>(t)], demand[static_cast<std::size_t>(t)]);
  }
  return model;
}

/// The relaxation of a set cover: every row asks for one of a few columns.
inline Model cover_program(Rng& rng) {
  using namespace families;
  Model model;
  const int n = between(rng, 60, 200), m = between(rng, 40, 150);
  for (int j = 0; j < n; ++j) model.add_column(1 + whole(rng, 3), 0, 1);
  for (int i = 0; i < m; ++i) {
    std::vector<char> in(static_cast<std::size_t>(n));
    std::vector<Term> terms;
    for (int k = between(rng, 2, 9); k > 0; --k) {
      const int j = pick(rng, n);
      if (in[static_cast<std::size_t>(j)]++ == 0) terms.push_back({j, 1});
    }
    model.add_row(terms, 1, infinity);
  }
  return model;
}

/// Max-min fairness: jobs on machines of a few kinds, each at its own speed; the slowest job is to be as fast as can be.
inline Model fairness_program(Rng& rng) {
  using namespace families;
  Model model;
  const int jobs = between(rng, 20, 60), kinds = 3, floor = model.add_column(-1, -infinity, infinity);
  std::vector<std::vector<Term>> machines(kinds);
  for (int j = 0; j < jobs; ++j) {
    std::vector<Term> speed, share;
    for (auto& machine : machines) {
      const int x = model.add_column(0, 0, infinity);
      speed.push_back({x, rng.uniform(0.1, 10)});
      share.push_back({x, 1});
      machine.push_back({x, std::exp2(whole(rng, 4))});
    }
    speed.push_back({floor, -1});
    model.add_row(speed, 0, infinity);
    model.add_row(share, -infinity, 1);
  }
  for (const auto& machine : machines) model.add_row(machine, -infinity, jobs / 3.0);
  return model;
}

/// Periods in which each is linked to the last by equations and inequalities around a point of which half is zero.
inline Model staircase_program(Rng& rng) {
  Model model;
  const int periods = families::between(rng, 6, 14);
  constexpr int n = 10, m = 8;
  std::vector<double> x;
  for (int k = 0; k < periods * n; ++k) {
    x.push_back(rng.bernoulli(0.5) ? 0 : rng.uniform(0, 5));
    model.add_column(rng.uniform(0, 2), 0, infinity);
  }
  for (int k = 0; k < periods * m; ++k) {
    std::vector<Term> terms;
    double activity = 0;
    const int first = k / m * n;
    for (int j = std::max(0, first - n); j < first + n; ++j) {
      if (!rng.bernoulli(j < first ? 0.3 : 0.5)) continue;
      terms.push_back({j, rng.normal()});
      activity += terms.back().coefficient * x[static_cast<std::size_t>(j)];
    }
    model.add_row(terms, k % m < 3 ? activity : -infinity, k % m < 3 || rng.bernoulli(0.5) ? activity : activity + 1);
  }
  return model;
}

/// Every coefficient is there; the optimum is put at a vertex by complementary slackness.
inline Model dense_program(Rng& rng) {
  using namespace families;
  Model model;
  const int n = between(rng, 40, 90), m = between(rng, 30, 70);
  std::vector<double> x, cost(static_cast<std::size_t>(n));
  for (int j = 0; j < n; ++j) {
    x.push_back(rng.bernoulli(0.5) ? 0 : rng.uniform(0, 2));
    model.add_column(0, 0, rng.bernoulli(0.3) ? 4 : infinity);
  }
  for (int i = 0; i < m; ++i) {
    std::vector<Term> terms;
    const double price = rng.bernoulli(0.5) ? 0 : rng.uniform();
    double activity = 0;
    for (int j = 0; j < n; ++j) {
      terms.push_back({j, rng.normal()});
      activity += terms.back().coefficient * x[static_cast<std::size_t>(j)];
      cost[static_cast<std::size_t>(j)] += price * terms.back().coefficient;
    }
    model.add_row(terms, activity, price > 0 ? activity : activity + 1);
  }
  for (int j = 0; j < n; ++j)
    model.set_cost(j, cost[static_cast<std::size_t>(j)] + (x[static_cast<std::size_t>(j)] == 0 ? rng.uniform() : 0));
  return model;
}

/// A flow with bounds on every arc and a few rows across it.
inline Model side_constrained_flow(Rng& rng) {
  using namespace families;
  Model model;
  const int nodes = between(rng, 30, 80);
  std::vector<std::vector<Term>> balance(static_cast<std::size_t>(nodes)), side(6);
  std::vector<double> supply(static_cast<std::size_t>(nodes));
  for (int k = 0; k < 4 * nodes; ++k) {
    const auto from = rng.index(balance.size()), to = rng.index(balance.size());
    if (from == to) continue;
    const double flow = whole(rng, 4);
    const int arc = model.add_column(whole(rng, 10), 0, flow + whole(rng, 5));
    balance[from].push_back({arc, 1});
    balance[to].push_back({arc, -1});
    supply[from] += flow;
    supply[to] -= flow;
    if (rng.bernoulli(0.5)) side[rng.index(side.size())].push_back({arc, 1 + whole(rng, 3)});
  }
  for (std::size_t i = 0; i < balance.size(); ++i) model.add_row(balance[i], supply[i], supply[i]);
  for (const auto& terms : side) {
    double most = 0;
    for (const Term& term : terms) most += 3 * term.coefficient;
    model.add_row(terms, -infinity, most);
  }
  return model;
}

/// Packing: positive coefficients, a few capacities, many columns.
inline Model packing_program(Rng& rng) {
  using namespace families;
  Model model;
  const int n = between(rng, 200, 500), m = between(rng, 15, 50);
  for (int j = 0; j < n; ++j) model.add_column(-1 - whole(rng, 20), 0, rng.bernoulli(0.5) ? 1 : infinity);
  std::vector<Term> all;
  for (int j = 0; j < n; ++j) all.push_back({j, 1});
  model.add_row(all, -infinity, n / 3.0);
  for (int i = 0; i < m; ++i) {
    std::vector<Term> terms;
    for (int j = 0; j < n; ++j) {
      if (rng.bernoulli(0.08)) terms.push_back({j, 1 + whole(rng, 5)});
    }
    model.add_row(terms, -infinity, 10 + whole(rng, 50));
  }
  return model;
}

/// Many rows on few columns, a fifth of them through the origin.
inline Model tall_program(Rng& rng) {
  using namespace families;
  Model model;
  const int n = between(rng, 10, 25), m = between(rng, 200, 500);
  for (int j = 0; j < n; ++j) model.add_column(rng.normal(), -10, 10);
  for (int i = 0; i < m; ++i) {
    std::vector<Term> terms;
    for (int j = 0; j < n; ++j) {
      if (rng.bernoulli(0.3)) terms.push_back({j, rng.normal()});
    }
    model.add_row(terms, -infinity, rng.bernoulli(0.2) ? 0 : 1 + whole(rng, 5));
  }
  return model;
}

/// A cone cut by one equation: every vertex is degenerate.
inline Model cone_program(Rng& rng) {
  using namespace families;
  Model model;
  const int n = between(rng, 40, 100), m = between(rng, 30, 80);
  std::vector<Term> sum;
  for (int j = 0; j < n; ++j) sum.push_back({model.add_column(rng.normal(), 0, infinity), 1});
  for (int i = 0; i < m; ++i) {
    std::vector<Term> terms;
    for (int j = 0; j < n; ++j) {
      if (rng.bernoulli(0.05)) terms.push_back({j, whole(rng, 5) - 3});
    }
    model.add_row(terms, -infinity, 0);
  }
  model.add_row(sum, 1, 1);
  return model;
}

struct Family {
  const char* name;
  Model (*make)(Rng&);
};
inline constexpr Family all_families[] = {
    {"transport", transport_program}, {"cover", cover_program}, {"fairness", fairness_program},
    {"staircase", staircase_program}, {"dense", dense_program}, {"flow", side_constrained_flow},
    {"packing", packing_program},     {"tall", tall_program},   {"cone", cone_program},
};

}  // namespace kilter::lp::test
