#pragma once
/// Small random programs of every kind: integers with ties or reals, free, fixed, boxed and one-sided columns, equations, ranges,
/// empty, repeated and parallel rows; feasible by construction or as it comes.

#include <algorithm>
#include <cmath>
#include <cstdint>
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

/// What a random program is made to be. `dependent`: rows and columns that are combinations of others, some up to noise as small as
/// `noise`. `contradictory`: one row is a combination of the others and denied by them, where they have bounds to do so.
enum class Kind : std::uint8_t { ties, equations, degenerate, parallel, mostly_free, boxed, dependent, contradictory };

inline constexpr Kind all_kinds[] = {Kind::ties,        Kind::equations, Kind::degenerate, Kind::parallel,
                                     Kind::mostly_free, Kind::boxed,     Kind::dependent,  Kind::contradictory};

/// A dense program under construction around the point `x`.
struct Sketch {
  Rng& rng;
  Kind kind;
  bool whole = true;
  std::vector<double> x{}, multiplier{};
  std::vector<std::vector<double>> row{};
  std::vector<Interval> box{}, range{};

  double value() {
    if (kind == Kind::ties) return static_cast<double>(rng.index(3)) - 1;
    return whole ? static_cast<double>(rng.index(9)) - 4 : rng.normal(0, 2);
  }
  double width() { return std::abs(value()); }
  Interval interval(double inside) { return interval_around(rng, inside, width(), width()); }
  [[nodiscard]] double activity(const std::vector<double>& r) const {
    double sum = 0;
    for (std::size_t j = 0; j < x.size(); ++j) sum += r[j] * x[j];
    return sum;
  }
};

inline void draw_matrix(Sketch& s, std::size_t n, std::size_t m) {
  const double density = s.rng.uniform(0.15, 1);
  s.row.assign(m, std::vector<double>(n));
  for (auto& r : s.row) {
    for (double& a : r) a = s.rng.bernoulli(density) ? s.value() : 0;
  }
  for (std::size_t j = 0; j < n; ++j) s.x.push_back(s.kind == Kind::degenerate ? 0 : s.value());
}

/// Overwrites some rows and columns with multiples of others, up to relative `noise` where that is not 0.
inline void copy_lines(Sketch& s, double noise) {
  const std::size_t n = s.x.size(), m = s.row.size();
  const auto copied = [&](double a, double factor) {
    return factor * a + (noise > 0 && s.rng.bernoulli(0.3) ? noise * s.rng.normal() : 0);
  };
  for (std::size_t k = 0; k < m / 2; ++k) {
    const auto& from = s.row[s.rng.index(m)];
    auto& to = s.row[s.rng.index(m)];
    const double factor = s.rng.bernoulli(0.5) ? 1 : s.value();
    for (std::size_t j = 0; j < n; ++j) to[j] = copied(from[j], factor);
  }
  for (std::size_t k = 0; k < n / 3; ++k) {
    const std::size_t from = s.rng.index(n), to = s.rng.index(n);
    const double factor = s.rng.bernoulli(0.5) ? 1 : s.value();
    for (auto& r : s.row) r[to] = copied(r[from], factor);
  }
}

inline Interval draw_box(Sketch& s, double x) {
  if (s.kind == Kind::boxed) return {x - s.width(), x + s.width()};
  if (s.kind == Kind::mostly_free && s.rng.bernoulli(0.7)) return {-infinity, infinity};
  return s.interval(x);
}

inline Interval draw_range(Sketch& s, double activity, bool feasible) {
  if (s.kind == Kind::degenerate)
    return s.rng.bernoulli(0.7) ? Interval{-infinity, 0} : Interval{0, s.rng.bernoulli(0.8) ? 0.0 : 1.0};
  const double inside = feasible ? activity : s.value();
  if (s.kind == Kind::equations && s.rng.bernoulli(0.8)) return {inside, inside};
  return s.interval(inside);
}

/// A row that the others deny: their combination with `multiplier` cannot reach what it asks for.
inline void contradict(Sketch& s) {
  std::vector<double> sum(s.x.size());
  double most = 0;
  for (std::size_t i = 0; i < s.row.size(); ++i) {
    const double y = s.multiplier[i];
    if (y == 0) continue;
    most += y * (y > 0 ? s.range[i].upper : s.range[i].lower);
    for (std::size_t j = 0; j < sum.size(); ++j) sum[j] += y * s.row[i][j];
  }
  if (!std::isfinite(most)) return;
  s.row.push_back(sum);
  s.range.push_back({most + std::pow(10.0, s.rng.uniform(-3, 1)), infinity});
  s.multiplier.push_back(0);
}

inline Model build(Sketch& s) {
  Model model;
  for (std::size_t j = 0; j < s.x.size(); ++j) {
    double cost = s.rng.bernoulli(0.4) ? s.value() : 0;
    if (s.box[j].lower > -infinity) cost = std::abs(cost);
    for (std::size_t i = 0; i < s.row.size(); ++i) cost += s.multiplier[i] * s.row[i][j];
    model.add_column(s.kind == Kind::degenerate ? -static_cast<double>(s.rng.index(4)) : cost, s.box[j].lower, s.box[j].upper);
  }
  for (std::size_t i = 0; i < s.row.size(); ++i) {
    std::vector<Term> terms;
    for (std::size_t j = 0; j < s.x.size(); ++j) {
      if (s.row[i][j] != 0) terms.push_back({static_cast<int>(j), s.row[i][j]});
    }
    model.add_row(terms, s.range[i].lower, s.range[i].upper);
  }
  return model;
}

/// A random program of one kind; three in four are feasible by construction.
inline Model random_program(Kind kind, Rng& rng, int most_columns = 12, int most_rows = 10, double noise = 1e-6) {
  Sketch s{.rng = rng, .kind = kind};
  s.whole = rng.bernoulli(0.5);
  const bool feasible = rng.bernoulli(0.75);
  draw_matrix(s, 1 + rng.index(static_cast<std::size_t>(most_columns)), rng.index(static_cast<std::size_t>(most_rows) + 1));
  if (kind == Kind::parallel) copy_lines(s, 0);
  if (kind == Kind::dependent) copy_lines(s, noise);
  for (const double x : s.x) s.box.push_back(draw_box(s, x));
  for (const auto& r : s.row) {
    s.range.push_back(draw_range(s, s.activity(r), feasible));
    s.multiplier.push_back(rng.bernoulli(0.7) ? s.value() : 0);
  }
  if (kind == Kind::contradictory) contradict(s);
  return build(s);
}

/// The same program in other units: columns and rows are scaled by up to 10^±`decades`; statuses and objectives stay.
inline Model rescaled(const Model& model, Rng& rng, double decades) {
  Model out;
  std::vector<double> unit;
  for (int j = 0; j < model.columns(); ++j) {
    const double u = unit.emplace_back(std::pow(10.0, rng.uniform(-decades, decades)));
    out.add_column(model.cost(j) / u, model.lower(j) * u, model.upper(j) * u);
  }
  for (int i = 0; i < model.rows(); ++i) {
    const double factor = std::pow(10.0, rng.uniform(-decades, decades));
    std::vector<Term> terms(model.row(i).begin(), model.row(i).end());
    for (Term& term : terms) term.coefficient *= factor / unit[static_cast<std::size_t>(term.column)];
    out.add_row(terms, factor * model.row_lower(i), factor * model.row_upper(i));
  }
  out.set_objective_constant(model.objective_constant());
  return out;
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
