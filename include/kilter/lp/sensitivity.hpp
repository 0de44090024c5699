#pragma once
/// @file
/// Sensitivity of an optimum: how far each cost and each bound may move, alone, before the optimal basis changes.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/progress.hpp"
#include "kilter/core/status.hpp"
#include "kilter/lp/lu.hpp"
#include "kilter/lp/model.hpp"
#include "kilter/lp/problem.hpp"
#include "kilter/lp/solution.hpp"

namespace kilter::lp {

/// The interval in which one number of the model may move, all others kept, while the basis stays optimal, and the objective at
/// its ends. In between the objective is linear: along a bound its slope is the shadow price or reduced cost, along a cost the
/// value of the column. An infinite end has the limit as its objective.
struct Range {
  double lower = -infinity, upper = infinity;
  double objective_at_lower = 0, objective_at_upper = 0;
};

/// The two bounds of a column or of a row. Where they are equal they move together, and both ranges say the same
/// (a point, where the variable is basic). A bound that is
/// infinite, or at which the variable does not stand, may come as near as the value is.
struct BoundRanges {
  Range lower{}, upper{};
};

/// All ranges of an optimum. When `status` is not `optimal` a limit or a stop ended the work, and only the first entries are there.
struct Sensitivity {
  Status status = Status::optimal;
  std::vector<BoundRanges> column_bounds{}, row_bounds{};
  std::vector<Range> costs{};
};

namespace detail {

/// Solves with a basis: the one place where ranging touches the factors of the engine. Positions are 0 … rows − 1; variable
/// n + i is the activity of row i, with column −e_i.
class BasisInverse {
 public:
  BasisInverse(const Model& model, const Basis& basis) {
    problem_.load(model, false);
    for (int j = 0; j < problem_.size(); ++j) {
      const auto status =
          j < problem_.n ? basis.columns[static_cast<std::size_t>(j)] : basis.rows[static_cast<std::size_t>(j - problem_.n)];
      if (status == VariableStatus::basic) head_.push_back(j);
    }
    valid_ = head_.size() == problem_.m && lu_.factor(problem_, head_) == 0;
    work_.reset(problem_.m);
  }
  [[nodiscard]] bool valid() const { return valid_; }
  [[nodiscard]] int variable(int position) const { return head_[position]; }

  /// y += factor * column j of [A −I].
  void add_column(int j, double factor, std::vector<double>& y) const {
    if (problem_.is_logical(j)) {
      y[static_cast<std::size_t>(j - problem_.n)] -= factor;
      return;
    }
    for (int k = problem_.col_start[j]; k < problem_.col_start[j + 1]; ++k)
      y[static_cast<std::size_t>(problem_.col_row[k])] += factor * problem_.col_value[k];
  }
  /// B x = b: from rows to positions.
  void ftran(std::vector<double>& b) {
    exchange(b);
    lu_.ftran(work_, density_);
    exchange(b);
  }
  /// B' y = c: from positions to rows.
  void btran(std::vector<double>& c) {
    exchange(c);
    lu_.btran(work_, density_);
    exchange(c);
  }

 private:
  void exchange(std::vector<double>& values) {
    for (std::size_t i = 0; i < values.size(); ++i) std::swap(values[i], work_.value[static_cast<int>(i)]);
    work_.gather();
  }

  Problem problem_;
  Lu lu_;
  Array<int> head_;
  SparseVector work_;
  Density density_;
  bool valid_ = false;
};

}  // namespace detail

/// Ranges one by one, for those who want only some. Holds a factor of the basis and a reference to the model, which must outlive it
/// unchanged.
///
/// Ranges are those of the basis (Dantzig 1963, section 12-4; Gal 1979): at a degenerate vertex, or where the dual optimum is not
/// unique, another optimal basis may have wider ones, and a range may be a single point on one side. Inside a range the shadow
/// prices hold all the same. Changes of pivots smaller than `pivot_tolerance` are taken for rounding.
class Ranging {
 public:
  /// Throws `std::invalid_argument` where the basis is not one of the model, is singular, or is not optimal within `tolerance`
  /// (relative to 1 + |bound|, 1 + |cost|). One factorisation and O(nonzeros).
  Ranging(const Model& model, const Basis& basis, double tolerance = 1e-6)
      : model_(model), basis_(checked(model, basis)), inverse_(model, basis), n_(model.columns()), m_(model.rows()) {
    require(inverse_.valid(), "basis", std::string_view{"singular"}, "must be regular, with one basic variable per row");
    compute_values();
    compute_prices();
    require_optimal(tolerance);
  }

  [[nodiscard]] double objective() const { return objective_; }

  /// The range of a cost. Nonbasic columns O(1); basic ones one solve with the basis and O(nonzeros).
  [[nodiscard]] Range cost(int column) {
    const double c = model_.cost(column), value = x_[at(column)];
    double down = -infinity, up = infinity;
    if (status(column) == VariableStatus::basic) {
      std::tie(down, up) = basic_cost(column);
    } else if (!is_fixed(column)) {
      const double slack = d_[at(column)];
      if (status(column) != VariableStatus::at_upper) down = -std::max(0.0, slack);
      if (status(column) != VariableStatus::at_lower) up = std::max(0.0, -slack);
    }
    return {c + down, c + up, objective_ + product(down, value), objective_ + product(up, value)};
  }
  /// The ranges of the bounds of a column; one solve with the basis where it stands at one of them.
  [[nodiscard]] BoundRanges column_bounds(int column) { return bounds(column, model_.lower(column), model_.upper(column)); }
  /// The ranges of the bounds of a row (the right-hand side of an equation is both).
  [[nodiscard]] BoundRanges row_bounds(int row) { return bounds(n_ + row, model_.row_lower(row), model_.row_upper(row)); }

 private:
  static constexpr double pivot_tolerance = 1e-11;

  static std::size_t at(int i) { return static_cast<std::size_t>(i); }
  static const Basis& checked(const Model& model, const Basis& basis) {
    detail::check_size("basis.columns", basis.columns.size(), model.columns());
    detail::check_size("basis.rows", basis.rows.size(), model.rows());
    return basis;
  }
  /// 0 times infinity is 0 here: what does not matter does not matter however far it moves.
  static double product(double a, double b) { return a == 0 || b == 0 ? 0 : a * b; }

  [[nodiscard]] VariableStatus status(int j) const { return j < n_ ? basis_.columns[at(j)] : basis_.rows[at(j - n_)]; }
  [[nodiscard]] double lower(int j) const { return j < n_ ? model_.lowers()[at(j)] : model_.row_lowers()[at(j - n_)]; }
  [[nodiscard]] double upper(int j) const { return j < n_ ? model_.uppers()[at(j)] : model_.row_uppers()[at(j - n_)]; }
  [[nodiscard]] bool is_fixed(int j) const { return lower(j) == upper(j); }

  /// Nonbasic variables at their bounds, x_B = −B^-1 N x_N with a step of refinement.
  void compute_values() {
    x_.assign(at(n_ + m_), 0.0);
    for (int j = 0; j < n_ + m_; ++j) {
      if (status(j) == VariableStatus::at_lower) x_[at(j)] = lower(j);
      if (status(j) == VariableStatus::at_upper) x_[at(j)] = upper(j);
      require(std::isfinite(x_[at(j)]), "basis", x_[at(j)], "must put nonbasic variables at finite bounds");
    }
    for (int pass = 0; pass < 2; ++pass) {
      std::vector<double> rest(at(m_));
      for (int j = 0; j < n_ + m_; ++j) {
        if (x_[at(j)] != 0) inverse_.add_column(j, -x_[at(j)], rest);
      }
      inverse_.ftran(rest);
      for (int p = 0; p < m_; ++p) x_[at(inverse_.variable(p))] += rest[at(p)];
    }
    objective_ = model_.objective_constant();
    for (int j = 0; j < n_; ++j) objective_ += model_.costs()[at(j)] * x_[at(j)];
  }
  /// d = c − [A −I]'y, where y solves B'y = c_B, with a step of refinement.
  void compute_prices() {
    std::vector<double> y(at(m_)), d;
    for (int pass = 0; pass < 2; ++pass) {
      d = reduced_costs(y);
      std::vector<double> rest(at(m_));
      for (int p = 0; p < m_; ++p) rest[at(p)] = d[at(inverse_.variable(p))];
      inverse_.btran(rest);
      for (int i = 0; i < m_; ++i) y[at(i)] += rest[at(i)];
    }
    d_ = reduced_costs(y);
    for (int p = 0; p < m_; ++p) d_[at(inverse_.variable(p))] = 0;
  }
  [[nodiscard]] std::vector<double> reduced_costs(const std::vector<double>& y) const {
    std::vector<double> d(model_.costs().begin(), model_.costs().end());
    d.insert(d.end(), y.begin(), y.end());
    for (int i = 0; i < m_; ++i) {
      if (y[at(i)] == 0) continue;
      for (const Term& term : model_.row(i)) d[at(term.column)] -= y[at(i)] * term.coefficient;
    }
    return d;
  }
  void require_optimal(double tolerance) const {
    for (int j = 0; j < n_ + m_; ++j) {
      const double value = x_[at(j)], outside = detail::outside(value, lower(j), upper(j));
      require(outside <= tolerance * (1 + std::abs(value)), "basis", value,
              "must be primal feasible: a value is out of its bounds");
      const double d = d_[at(j)], scale = 1 + (j < n_ ? std::abs(model_.costs()[at(j)]) : std::abs(d));
      const bool wrong = (status(j) != VariableStatus::at_upper && d < -tolerance * scale) ||
                         (status(j) != VariableStatus::at_lower && d > tolerance * scale);
      require(!wrong || is_fixed(j), "basis", d, "must be dual feasible: a reduced cost has the wrong sign");
    }
  }

  [[nodiscard]] int position(int j) const {
    int p = 0;
    while (inverse_.variable(p) != j) ++p;
    return p;
  }

  /// With c_j + t, d_k becomes d_k − t alpha_k, alpha the row of j: the ratio test of the dual simplex method, both ways.
  std::pair<double, double> basic_cost(int column) {
    std::vector<double> rho(at(m_));
    rho[at(position(column))] = 1;
    inverse_.btran(rho);
    row_.assign(at(n_), 0.0);
    double down = -infinity, up = infinity;
    const auto limit = [&](int k, double alpha) {
      if (std::abs(alpha) <= pivot_tolerance || status(k) == VariableStatus::basic || is_fixed(k)) return;
      const bool may_rise = status(k) != VariableStatus::at_upper, may_fall = status(k) != VariableStatus::at_lower;
      const double slack = std::abs(d_[at(k)]) / std::abs(alpha);
      if (may_rise) (alpha > 0 ? up : down) = alpha > 0 ? std::min(up, slack) : std::max(down, -slack);
      if (may_fall) (alpha < 0 ? up : down) = alpha < 0 ? std::min(up, slack) : std::max(down, -slack);
    };
    for (int i = 0; i < m_; ++i) {
      if (rho[at(i)] == 0) continue;
      for (const Term& term : model_.row(i)) row_[at(term.column)] += rho[at(i)] * term.coefficient;
      limit(n_ + i, -rho[at(i)]);
    }
    for (int k = 0; k < n_; ++k) limit(k, row_[at(k)]);
    return {down, up};
  }

  BoundRanges bounds(int j, double lower_bound, double upper_bound) {
    const double value = x_[at(j)];
    // A bound at which the variable does not stand may come as near as its value, and costs nothing.
    BoundRanges out{{-infinity, std::max(value, lower_bound), objective_, objective_},
                    {std::min(value, upper_bound), infinity, objective_, objective_}};
    const VariableStatus stand = status(j);
    if (stand == VariableStatus::basic && is_fixed(j)) out.lower = out.upper = {lower_bound, lower_bound, objective_, objective_};
    if (stand == VariableStatus::basic || stand == VariableStatus::free_nonbasic) return out;
    auto [down, up] = step_limits(j);
    const bool at_lower = stand == VariableStatus::at_lower, fixed = is_fixed(j);
    if (!fixed && at_lower) up = std::min(up, upper_bound - value);
    if (!fixed && !at_lower) down = std::max(down, lower_bound - value);
    const double price = d_[at(j)];
    Range moving{value + down, value + up, objective_ + product(price, down), objective_ + product(price, up)};
    if (!fixed)
      (at_lower ? moving.upper : moving.lower) =
          at_lower ? std::min(moving.upper, upper_bound) : std::max(moving.lower, lower_bound);
    if (fixed || at_lower) out.lower = moving;
    if (fixed || !at_lower) out.upper = moving;
    return out;
  }
  /// When j moves by t, x_B moves by −alpha t: the ratio test of the primal simplex method, both ways.
  std::pair<double, double> step_limits(int j) {
    std::vector<double> alpha(at(m_));
    inverse_.add_column(j, 1, alpha);
    inverse_.ftran(alpha);
    double down = -infinity, up = infinity;
    for (int p = 0; p < m_; ++p) {
      const double speed = -alpha[at(p)];
      if (std::abs(speed) <= pivot_tolerance) continue;
      const int k = inverse_.variable(p);
      const double to_lower = std::max(0.0, x_[at(k)] - lower(k)) / std::abs(speed);
      const double to_upper = std::max(0.0, upper(k) - x_[at(k)]) / std::abs(speed);
      up = std::min(up, speed > 0 ? to_upper : to_lower);
      down = std::max(down, speed > 0 ? -to_lower : -to_upper);
    }
    return {down, up};
  }

  const Model& model_;
  const Basis basis_;
  detail::BasisInverse inverse_;
  int n_, m_;
  double objective_ = 0;
  std::vector<double> x_, d_, row_;
};

/// All ranges of an optimal solution: of every bound and every cost. O(rows (nonzeros + solve)), for the costs of basic columns.
/// Throws `std::invalid_argument` unless `solution` is optimal and its basis is one of the model.
[[nodiscard]] inline Sensitivity sensitivity(const Model& model, const Solution& solution, const Budget& budget = {}) {
  require(solution.status == Status::optimal, "solution.status", name(solution.status), "must be optimal");
  const Stopwatch stopwatch(budget);
  Ranging ranging(model, solution.basis);
  Sensitivity out;
  const auto stopped = [&] {
    const Status status = stopwatch.check();
    if (status != Status::feasible) out.status = status;
    return status != Status::feasible;
  };
  for (int i = 0; i < model.rows() && !stopped(); ++i) out.row_bounds.push_back(ranging.row_bounds(i));
  for (int j = 0; j < model.columns() && !stopped(); ++j) out.column_bounds.push_back(ranging.column_bounds(j));
  for (int j = 0; j < model.columns() && !stopped(); ++j) out.costs.push_back(ranging.cost(j));
  return out;
}

}  // namespace kilter::lp
