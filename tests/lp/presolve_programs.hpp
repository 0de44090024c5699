#pragma once
/// Random programs that provoke the rules of presolve: chains of doubletons, forcing and redundant rows, multiples of rows and
/// columns with other bounds, slacks with and without cost, implied free columns, columns that others dominate.

#include <algorithm>
#include <cmath>
#include <vector>

#include "kilter/core/rng.hpp"
#include "kilter/lp/model.hpp"
#include "random_program.hpp"

namespace kilter::lp::test {

/// A dense program under construction, around a point that stays feasible.
struct Draft {
  Rng& rng;
  bool whole;
  std::vector<double> x{}, cost{}, lower{}, upper{}, row_lower{}, row_upper{};
  std::vector<std::vector<double>> row{};

  double value() { return whole ? static_cast<double>(rng.index(9)) - 4 : rng.normal(0, 2); }
  double nonzero() {
    double v = value();
    while (std::abs(v) < 0.2) v = value();
    return v;
  }
  std::size_t pick() { return rng.index(x.size()); }
  std::size_t pick_row() { return rng.index(row.size()); }

  std::size_t column(Interval box, double at, double c) {
    x.push_back(at);
    lower.push_back(box.lower);
    upper.push_back(box.upper);
    cost.push_back(c);
    for (auto& r : row) r.push_back(0);
    return x.size() - 1;
  }
  std::size_t column() {
    const double at = value();
    return column(interval_around(rng, at, std::abs(value()), std::abs(value())), at, 0);
  }
  double activity(const std::vector<double>& r) const {
    double sum = 0;
    for (std::size_t j = 0; j < x.size(); ++j) sum += r[j] * x[j];
    return sum;
  }
  void add(const std::vector<double>& r, Interval range) {
    row.push_back(r);
    row_lower.push_back(range.lower);
    row_upper.push_back(range.upper);
  }
  std::vector<double> some(double density) {
    std::vector<double> r(x.size(), 0.0);
    for (double& v : r) {
      if (rng.bernoulli(density)) v = value();
    }
    return r;
  }
  void any_row() {
    const auto r = some(rng.uniform(0, 0.6));
    add(r, interval_around(rng, activity(r), std::abs(value()), std::abs(value())));
  }
  void doubleton() {
    const std::size_t j = pick(), k = rng.bernoulli(0.5) ? pick() : column();
    if (j == k) return;
    std::vector<double> r(x.size(), 0.0);
    r[j] = nonzero();
    r[k] = nonzero();
    add(r, {activity(r), activity(r)});
  }
  void singleton() {
    std::vector<double> r(x.size(), 0.0);
    r[pick()] = nonzero();
    add(r, interval_around(rng, activity(r), std::abs(value()), std::abs(value())));
  }
  /// Moves some columns to a bound and asks for no less than they have there; or for something that always holds.
  void forcing(bool redundant) {
    std::vector<double> r(x.size(), 0.0);
    double least = 0;
    for (int k = 0; k < 3; ++k) {
      const std::size_t j = pick();
      if (r[j] != 0 || (std::isinf(lower[j]) && std::isinf(upper[j]))) continue;
      const bool low = std::isfinite(lower[j]);
      r[j] = (low ? 1 : -1) * std::abs(nonzero());
      least += r[j] * (low ? lower[j] : upper[j]);
      if (!redundant) shift(j, low ? lower[j] : upper[j]);
    }
    if (redundant) return add(r, {least - std::abs(value()), infinity});
    rng.bernoulli(0.5) ? add(r, {-infinity, least}) : add(r, {least, least});
  }
  /// The feasible point moves, the ranges of the rows with it.
  void shift(std::size_t j, double to) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      row_lower[i] += row[i][j] * (to - x[j]);
      row_upper[i] += row[i][j] * (to - x[j]);
    }
    x[j] = to;
  }
  void parallel_row() {
    if (row.empty()) return;
    auto r = row[pick_row()];
    const double scale = nonzero();
    for (double& v : r) v *= scale;
    add(r, interval_around(rng, activity(r), std::abs(value()), std::abs(value())));
  }
  void parallel_column() {
    const std::size_t j = pick();
    const double scale = rng.bernoulli(0.3) ? -1 : nonzero(), at = value();
    const std::size_t k = column(interval_around(rng, at, std::abs(value()), std::abs(value())), at, 0);
    copies.push_back({j, k, scale});
    for (std::size_t i = 0; i < row.size(); ++i) {
      row[i][k] = scale * row[i][j];
      row_lower[i] += row[i][k] * at;
      row_upper[i] += row[i][k] * at;
    }
  }
  void slack(bool costly) {
    if (row.empty()) return;
    const std::size_t i = pick_row(), j = column();
    if (costly) cost[j] = value();
    row[i][j] = nonzero();
    row_lower[i] += row[i][j] * x[j];
    row_upper[i] += row[i][j] * x[j];
  }
  /// A column with wide bounds in an equation of boxed ones, and in another row.
  void implied_free() {
    std::vector<double> r(x.size(), 0.0);
    for (int k = 0; k < 3; ++k) {
      const std::size_t j = pick();
      if (std::isfinite(lower[j]) && std::isfinite(upper[j])) r[j] = nonzero();
    }
    const std::size_t k = column({-1e3, 1e3}, value(), 0);
    r.push_back(nonzero());
    if (!row.empty()) {
      const std::size_t i = pick_row();
      row[i][k] = nonzero();
      row_lower[i] += row[i][k] * x[k];
      row_upper[i] += row[i][k] * x[k];
    }
    add(r, {activity(r), activity(r)});
  }

  struct Copy {
    std::size_t original, copy;
    double scale;
  };
  std::vector<Copy> copies{};

  void one_step() {
    switch (rng.index(10)) {
      case 0: return any_row();
      case 1: return doubleton();
      case 2: return singleton();
      case 3: return forcing(false);
      case 4: return forcing(true);
      case 5: return parallel_row();
      case 6: return parallel_column();
      case 7: return slack(false);
      case 8: return slack(true);
      default: return implied_free();
    }
  }

  /// Costs that prices with the right signs explain, so that most programs have an optimum, often with ties.
  void price() {
    for (std::size_t i = 0; i < row.size(); ++i) {
      double y = rng.bernoulli(0.5) ? value() : 0;
      if (std::isinf(row_lower[i])) y = -std::abs(y);
      if (std::isinf(row_upper[i])) y = std::isinf(row_lower[i]) ? 0 : std::abs(y);
      for (std::size_t j = 0; j < x.size(); ++j) cost[j] += y * row[i][j];
    }
    for (std::size_t j = 0; j < x.size(); ++j) {
      double d = rng.bernoulli(0.5) ? value() : 0;
      if (std::isinf(lower[j])) d = -std::abs(d);
      if (std::isinf(upper[j])) d = std::isinf(lower[j]) ? 0 : std::abs(d);
      cost[j] += d;
    }
    for (const Copy& c : copies) {
      if (rng.bernoulli(0.7)) cost[c.copy] = c.scale * cost[c.original];
    }
  }

  [[nodiscard]] Model model() const {
    Model m;
    for (std::size_t j = 0; j < x.size(); ++j) m.add_column(cost[j], lower[j], upper[j]);
    std::vector<Term> terms;
    for (std::size_t i = 0; i < row.size(); ++i) {
      terms.clear();
      for (std::size_t j = 0; j < x.size(); ++j) {
        if (row[i][j] != 0) terms.push_back({static_cast<int>(j), row[i][j]});
      }
      m.add_row(terms, row_lower[i], row_upper[i]);
    }
    m.set_objective_constant(1);
    return m;
  }
};

/// A program of `steps` random features on some `columns` columns.
inline Model featured_program(Rng& rng, int columns, int steps) {
  Draft draft{rng, rng.bernoulli(0.5)};
  for (int j = 0; j < columns; ++j) draft.column();
  const int kind = static_cast<int>(rng.index(4));
  for (int k = 0; k < steps; ++k) {
    if (kind == 0) {
      draft.any_row();
      draft.one_step();
    } else if (kind == 1 && k % 2 == 0) {
      draft.doubleton();
    } else {
      draft.one_step();
    }
  }
  draft.price();
  return draft.model();
}

}  // namespace kilter::lp::test
