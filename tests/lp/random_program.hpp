#pragma once
/// Small random programs of every kind: integers with ties or reals, free, fixed, boxed and one-sided columns, equations, ranges,
/// empty, repeated and parallel rows; feasible by construction or as it comes.

#include <algorithm>
#include <cmath>
#include <vector>

#include "kilter/core/rng.hpp"
#include "kilter/lp/model.hpp"

namespace kilter::lp::test {

struct Interval {
  double lower, upper;
};

/// A random interval that holds `inside`.
inline Interval interval_around(Rng& rng, double inside, double below, double above) {
  switch (rng.index(6)) {
    case 0: return {-infinity, inside + above};
    case 1: return {inside - below, infinity};
    case 2: return {inside, inside};
    case 3: return {-infinity, infinity};
    case 4: return {inside, inside + above};
    default: return {inside - below, inside + above};
  }
}

inline Model random_program(Rng& rng, int most_columns = 12, int most_rows = 10) {
  Model model;
  const int n = 1 + static_cast<int>(rng.index(static_cast<std::size_t>(most_columns)));
  const int m = static_cast<int>(rng.index(static_cast<std::size_t>(most_rows)));
  const bool whole = rng.bernoulli(0.6), feasible = rng.bernoulli(0.7);
  const auto value = [&] { return whole ? static_cast<double>(rng.index(9)) - 4 : rng.normal(0, 2); };
  std::vector<double> x, cost(static_cast<std::size_t>(n));
  for (int j = 0; j < n; ++j) {
    x.push_back(value());
    const Interval box = interval_around(rng, x.back(), std::abs(value()), std::abs(value()));
    model.add_column(0, box.lower, box.upper);
  }
  for (int i = 0; i < m; ++i) {
    std::vector<Term> terms;
    const double density = rng.uniform(0, 1);
    double activity = 0;
    for (int j = 0; j < n; ++j) {
      if (!rng.bernoulli(density)) continue;
      terms.push_back({j, value()});
      activity += terms.back().coefficient * x[static_cast<std::size_t>(j)];
    }
    const Interval range = interval_around(rng, feasible ? activity : value(), std::abs(value()), std::abs(value()));
    model.add_row(terms, range.lower, range.upper);
    if (rng.bernoulli(0.1)) model.add_row(terms, range.lower, range.upper);
    // Costs that are mostly a combination of rows make optima likelier than unbounded programs.
    const double multiplier = value();
    for (const Term& term : terms) cost[static_cast<std::size_t>(term.column)] += multiplier * term.coefficient;
  }
  for (int j = 0; j < n; ++j) {
    double c = rng.bernoulli(0.3) ? value() : 0;
    if (model.lower(j) > -infinity) c = std::abs(c);
    model.set_cost(j, cost[static_cast<std::size_t>(j)] + c);
  }
  return model;
}

/// One random change of a cost, a bound or a row bound.
inline void random_edit(Model& model, Rng& rng) {
  const auto pick = [&](int count) { return static_cast<int>(rng.index(static_cast<std::size_t>(count))); };
  const std::size_t kind = rng.index(3);
  if (kind == 0) {
    const int j = pick(model.columns());
    model.set_cost(j, model.cost(j) + rng.normal());
  } else if (kind == 1) {
    const int j = pick(model.columns());
    const Interval box = interval_around(rng, rng.normal(), 1, 2);
    model.set_column_bounds(j, box.lower, box.upper);
  } else if (model.rows() > 0) {
    const int i = pick(model.rows());
    const double shift = rng.normal();
    model.set_row_bounds(i, model.row_lower(i) + shift, model.row_upper(i) + shift);
  }
}

}  // namespace kilter::lp::test
