#pragma once
/// @file
/// What the primal and the dual simplex method share: the basis and its factors, working costs and bounds, values and reduced
/// costs.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "kilter/core/progress.hpp"
#include "kilter/core/rng.hpp"
#include "kilter/lp/array.hpp"
#include "kilter/lp/lu.hpp"
#include "kilter/lp/options.hpp"
#include "kilter/lp/problem.hpp"
#include "kilter/lp/solution.hpp"

namespace kilter::lp {

namespace detail {

/// How a method ended.
enum class Outcome : std::uint8_t {
  done,        ///< primal (dual method) or dual (primal method) feasible
  infeasible,  ///< `ray_row` holds the row of multipliers that proves it
  unbounded,   ///< `entering` rises or falls without limit
  stopped,     ///< by a limit or by the stop token: `stop_status`
  trouble,     ///< no trustworthy pivot
};

/// Refers to an observer without knowing its type, so that the methods need not be templates.
class Watcher {
 public:
  template <class O>
  explicit Watcher(O& observer)
      : object_(const_cast<void*>(static_cast<const void*>(&observer))),  // NOLINT: cast back to O* before use
        call_([](void* object, const Progress& progress) { (*static_cast<O*>(object))(progress); }) {}
  void operator()(const Progress& progress) const { call_(object_, progress); }

 private:
  void* object_;
  void (*call_)(void*, const Progress&);
};

struct Tableau {
  const Problem& problem;
  const Options& options;
  int m, n, size;

  Array<int> head;                   ///< variable of each position
  Array<int> where;                  ///< position of each variable, −1 when nonbasic
  Array<VariableStatus> status;      ///< of each variable
  Array<double> cost, lower, upper;  ///< working copies: perturbed, shifted
  Array<double> x, d;                ///< values and reduced costs of all variables
  Lu lu;
  double threshold = 0.1;         ///< of the pivots of the factors; raised after trouble
  SparseVector rho, alpha, work;  ///< row of B^-1, entering column, and one to spare
  Array<double> row;              ///< pivot row, of all variables
  Array<int> row_index;           ///< where it is not zero
  Rng rng;

  std::size_t iterations = 0;
  Status stop_status = Status::feasible;
  bool costs_changed = false, bounds_changed = false;
  int entering = -1;
  double direction = 0;  ///< of the entering variable when unbounded, of the leaving one when infeasible

  Tableau(const Problem& p, const Options& o)
      : problem(p), options(o), m(p.m), n(p.n), size(p.size()), cost(p.cost), lower(p.lower), upper(p.upper), rng(o.seed) {
    x.assign(size, 0.0);
    d.assign(size, 0.0);
    row.assign(size, 0.0);
    rho.reset(m);
    alpha.reset(m);
    work.reset(m);
  }

  [[nodiscard]] bool is_basic(int j) const { return where[j] >= 0; }
  [[nodiscard]] bool is_fixed(int j) const { return lower[j] == upper[j]; }

  // ---- basis

  /// Starts from `start`, repaired where it does not fit the model, or from the basis of all row activities.
  void set_basis(const Basis* start) {
    const bool fits = start != nullptr && start->columns.size() == static_cast<std::size_t>(n) &&
                      start->rows.size() == static_cast<std::size_t>(m);
    status.assign(size, VariableStatus::at_lower);
    where.assign(size, -1);
    head.clear();
    for (int j = 0; j < size; ++j) {
      const bool logical = problem.is_logical(j);
      VariableStatus wanted = logical ? VariableStatus::basic : VariableStatus::at_lower;
      if (fits) wanted = logical ? start->rows[static_cast<std::size_t>(j - n)] : start->columns[static_cast<std::size_t>(j)];
      if (wanted == VariableStatus::basic && head.size() < m) {
        make_basic(j);
      } else {
        make_nonbasic(j, wanted);
      }
    }
    for (int i = 0; i < m && head.size() < m; ++i) {
      if (!is_basic(n + i)) make_basic(n + i);
    }
  }

  /// Puts a variable on the wanted bound, or on the nearest to zero that it has.
  void make_nonbasic(int j, VariableStatus wanted) {
    where[j] = -1;
    const bool has_lower = lower[j] > -infinity, has_upper = upper[j] < infinity;
    if (!has_lower && !has_upper) {
      status[j] = VariableStatus::free_nonbasic;
      x[j] = 0;
      return;
    }
    bool at_upper = wanted == VariableStatus::at_upper;
    if (wanted != VariableStatus::at_upper && wanted != VariableStatus::at_lower)
      at_upper = std::abs(upper[j]) < std::abs(lower[j]);
    if (is_fixed(j)) at_upper = false;
    at_upper = has_upper && (at_upper || !has_lower);
    status[j] = at_upper ? VariableStatus::at_upper : VariableStatus::at_lower;
    x[j] = at_upper ? upper[j] : lower[j];
  }

  /// Fresh factors. Variables thrown out of a singular basis become nonbasic.
  void refactor() {
    const Array<int> before = head;
    const int repaired = lu.factor(problem, head, threshold);
    if (repaired > 0) {
      for (const int j : before) where[j] = -1;
    }
    for (int p = 0; p < m; ++p) {
      where[head[p]] = p;
      status[head[p]] = VariableStatus::basic;
    }
    if (repaired == 0) return;
    for (const int j : before) {
      if (!is_basic(j)) make_nonbasic(j, VariableStatus::basic);
    }
  }

  /// Exchanges the variable at position `p` for `q`; `alpha` must hold the column of `q`.
  void exchange(int p, int q, VariableStatus leaving_status) {
    const int leaving = head[p];
    lu.update(alpha, p);
    head[p] = q;
    where[q] = p;
    status[q] = VariableStatus::basic;
    where[leaving] = -1;
    status[leaving] = leaving_status;
  }

  // ---- values

  /// x_B = −B^-1 N x_N, with one step of refinement when asked for.
  void compute_primal(bool refine = false) {
    for (const int j : head) x[j] = 0;
    add_primal_correction();
    if (refine) add_primal_correction();
  }

  /// d = c − A'y with B'y = c_B, with one step of refinement when asked for.
  void compute_dual(bool refine = false) {
    SparseVector y;
    y.reset(m);
    for (int p = 0; p < m; ++p) y.value[p] = cost[head[p]];
    lu.btran(y);
    if (refine) {
      SparseVector rest;
      rest.reset(m);
      for (int p = 0; p < m; ++p) rest.value[p] = cost[head[p]] - problem.dot(head[p], y.value);
      lu.btran(rest);
      for (const int i : rest.index) y.value[i] += rest.value[i];
    }
    for (int j = 0; j < size; ++j) d[j] = is_basic(j) ? 0 : cost[j] - problem.dot(j, y.value);
  }

  [[nodiscard]] double violation(int j) const { return std::max({0.0, lower[j] - x[j], x[j] - upper[j]}); }

  /// How far the reduced cost of a nonbasic variable has the wrong sign.
  [[nodiscard]] double dual_violation(int j) const {
    if (is_basic(j) || is_fixed(j)) return 0;
    switch (status[j]) {
      case VariableStatus::at_lower: return std::max(0.0, -d[j]);
      case VariableStatus::at_upper: return std::max(0.0, d[j]);
      case VariableStatus::free_nonbasic: return std::abs(d[j]);
      case VariableStatus::basic: break;
    }
    return 0;
  }
  [[nodiscard]] bool primal_feasible() const {
    return std::all_of(head.begin(), head.end(), [&](int j) { return violation(j) <= options.primal_tolerance; });
  }
  [[nodiscard]] bool dual_feasible() const {
    for (int j = 0; j < size; ++j) {
      if (dual_violation(j) > options.dual_tolerance) return false;
    }
    return true;
  }

  void restore_costs() {
    if (costs_changed) cost = problem.cost;
    costs_changed = false;
  }
  void restore_bounds() {
    if (!bounds_changed) return;
    lower = problem.lower;
    upper = problem.upper;
    bounds_changed = false;
    for (int j = 0; j < size; ++j) {
      if (!is_basic(j)) make_nonbasic(j, status[j]);
    }
  }

  // ---- rows and columns of the tableau

  /// rho = B^-T e_p.
  void compute_rho(int p) {
    rho.clear();
    rho.value[p] = 1;
    lu.btran(rho);
  }
  /// alpha = B^-1 a_q.
  void compute_alpha(int q) {
    alpha.clear();
    problem.add_column(q, 1, alpha.value);
    lu.ftran(alpha);
  }
  /// row = rho' [A −I] on the nonbasic variables that may move.
  void compute_row() {
    for (const int j : row_index) row[j] = 0;
    row_index.clear();
    double* const r = row.data();
    const int* const column = problem.row_col.data();
    const double* const value = problem.row_value.data();
    for (const int i : rho.index) {
      const double t = rho.value[i];
      for (int k = problem.row_start[i]; k < problem.row_start[i + 1]; ++k) r[column[k]] += t * value[k];
    }
    row_index.resize(n + rho.index.size());
    int count = 0;
    for (int j = 0; j < n; ++j) {
      if (r[j] != 0 && keep_row_entry(j)) row_index[count++] = j;
    }
    for (const int i : rho.index) {
      r[n + i] = -rho.value[i];
      if (keep_row_entry(n + i)) row_index[count++] = n + i;
    }
    row_index.resize(count);
  }

  // ---- limits

  /// True when the solve has to end; `stop_status` then says why.
  bool must_stop(const Stopwatch& stopwatch) {
    if (iterations >= options.iteration_limit) {
      stop_status = Status::iteration_limit;
    } else if (iterations % 16 == 0) {
      stop_status = stopwatch.check();
    }
    return stop_status != Status::feasible;
  }

  [[nodiscard]] double objective() const {
    double sum = 0;
    for (int j = 0; j < n; ++j) sum += problem.cost[j] * x[j];
    return sum;
  }

 private:
  void make_basic(int j) {
    where[j] = head.size();
    status[j] = VariableStatus::basic;
    head.push_back(j);
  }
  /// False, and the entry cleared, for variables that cannot enter and for rounding.
  bool keep_row_entry(int j) {
    if (!is_basic(j) && !is_fixed(j) && std::abs(row[j]) >= tiny) return true;
    row[j] = 0;
    return false;
  }
  void add_primal_correction() {
    work.clear();
    for (int j = 0; j < size; ++j) {
      if (x[j] != 0) problem.add_column(j, -x[j], work.value);
    }
    lu.ftran(work);
    for (const int p : work.index) x[head[p]] += work.value[p];
    work.clear();
  }
};

}  // namespace detail
}  // namespace kilter::lp
