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

namespace kilter::lp::detail {

/// How a method ended.
enum class Outcome : std::uint8_t {
  slow,        ///< beyond the number of pivots after which another method should try
  done,        ///< primal (dual method) or dual (primal method) feasible
  infeasible,  ///< `Tableau::ray` holds the multipliers that prove it
  unbounded,   ///< `entering` rises or falls without limit
  stopped,     ///< by a limit or by the stop token: `stop_status`
  trouble,     ///< no trustworthy pivot, or no progress
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

/// What ends a run from outside, who watches it, and how many pivots were made before it.
struct Control {
  const Stopwatch& stopwatch;
  const Watcher& watch;
  std::size_t iterations = 0;
};

struct Tableau {
  const Problem& problem;
  Options options;
  int m = 0, n = 0, size = 0;

  Array<int> head;                   ///< variable of each position
  Array<int> where;                  ///< position of each variable, −1 when nonbasic
  Array<VariableStatus> status;      ///< of each variable
  Array<double> cost, lower, upper;  ///< working copies: perturbed, shifted
  Array<double> x, d;                ///< values and reduced costs of all variables
  PricingRows rows;
  Lu lu;
  double threshold = 0.1;         ///< of the pivots of the factors; raised after trouble
  SparseVector rho, alpha, work;  ///< row of B^-1, entering column, and one to spare
  SparseVector row;               ///< pivot row, of all variables
  Density rho_density, alpha_density, work_density;
  Rng rng{1};

  std::size_t iterations = 0;
  Status stop_status = Status::feasible;
  bool costs_changed = false, bounds_changed = false;
  bool factored = false;  ///< the factors are those of `head`
  int entering = -1;
  double direction = 0;  ///< of the entering variable when unbounded, of the leaving one when infeasible

  explicit Tableau(const Problem& p) : problem(p) {}

  /// Takes the costs, bounds and, where `matrix` says so, the shape of the problem.
  void load(const Options& o, bool matrix) {
    options = o;
    rng = Rng{o.seed};
    cost = problem.cost;
    lower = problem.lower;
    upper = problem.upper;
    costs_changed = bounds_changed = false;
    iterations = 0;
    stop_status = Status::feasible;
    if (!matrix) return;
    m = problem.m;
    n = problem.n;
    size = problem.size();
    x.assign(size, 0.0);
    d.assign(size, 0.0);
    row.reset(size);
    rho.reset(m);
    alpha.reset(m);
    work.reset(m);
    rows.load(problem);
    factored = false;
    threshold = 0.1;
  }

  [[nodiscard]] bool is_basic(int j) const { return where[j] >= 0; }
  [[nodiscard]] bool is_fixed(int j) const { return lower[j] == upper[j]; }

  // ---- basis

  /// Starts from the wanted statuses, repaired where they do not make a basis.
  template <class Wanted>
  void set_basis(const Wanted& wanted) {
    status.assign(size, VariableStatus::at_lower);
    where.assign(size, -1);
    head.clear();
    head.reserve(m);
    for (int j = 0; j < size; ++j) {
      const VariableStatus s = wanted(j);
      if (s == VariableStatus::basic && head.size() < m) {
        make_basic(j);
      } else {
        make_nonbasic(j, s);
      }
    }
    for (int i = 0; i < m && head.size() < m; ++i) {
      if (!is_basic(n + i)) make_basic(n + i);
    }
    factored = false;
  }
  /// Puts nonbasic variables back on bounds that may have moved.
  void settle() {
    for (int j = 0; j < size; ++j) {
      if (!is_basic(j)) make_nonbasic(j, status[j]);
    }
  }

  /// Puts a variable on the wanted bound, or on the nearest to zero that it has.
  void make_nonbasic(int j, VariableStatus wanted) {
    where[j] = -1;
    if (!problem.is_logical(j)) rows.set_active(problem, j, !is_fixed(j));
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
    const int repaired = lu.factor(problem, head, threshold);
    if (repaired > 0) std::fill(where.begin(), where.end(), -1);
    for (int p = 0; p < m; ++p) {
      where[head[p]] = p;
      if (repaired > 0 && !problem.is_logical(head[p])) rows.set_active(problem, head[p], false);
    }
    if (repaired > 0) {
      for (int j = 0; j < size; ++j) {
        if (!is_basic(j) && status[j] == VariableStatus::basic) make_nonbasic(j, VariableStatus::basic);
      }
      for (const int j : head) status[j] = VariableStatus::basic;
    }
    factored = true;
  }

  /// Exchanges the variable at position `p` for `q`; `alpha` must hold the column of `q`, and `rho` the row of `p`.
  void exchange(int p, int q, VariableStatus leaving_status) {
    const int leaving = head[p];
    lu.update(p, alpha.value[p]);
    head[p] = q;
    where[q] = p;
    status[q] = VariableStatus::basic;
    where[leaving] = -1;
    status[leaving] = leaving_status;
    if (!problem.is_logical(q)) rows.set_active(problem, q, false);
    if (!problem.is_logical(leaving)) rows.set_active(problem, leaving, !is_fixed(leaving));
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
    Density dense{1};
    work.clear();
    for (int p = 0; p < m; ++p) work.value[p] = cost[head[p]];
    work.gather();
    lu.btran(work, dense);
    if (refine) {
      rho.clear();
      for (int p = 0; p < m; ++p) rho.value[p] = cost[head[p]] - problem.dot(head[p], work.value);
      rho.gather();
      lu.btran(rho, dense);
      for (const int i : rho.index()) work.value[i] += rho.value[i];
      work.gather();
    }
    for (int j = 0; j < size; ++j) d[j] = is_basic(j) ? 0 : cost[j] - problem.dot(j, work.value);
    work.clear();
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
  /// Working bounds of the first phase of the dual method: what is finite becomes 0, what is not becomes 1, or 1000 on both sides.
  void box_bounds() {
    for (int j = 0; j < size; ++j) {
      const bool has_lower = problem.lower[j] > -infinity, has_upper = problem.upper[j] < infinity;
      const double reach = has_lower || has_upper ? 1 : 1000;
      lower[j] = has_lower ? 0 : -reach;
      upper[j] = has_upper ? 0 : reach;
    }
    bounds_changed = true;
    settle();
  }
  void restore_bounds() {
    if (!bounds_changed) return;
    lower = problem.lower;
    upper = problem.upper;
    bounds_changed = false;
    settle();
  }

  // ---- rows and columns of the tableau

  /// rho = B^-T e_p.
  void compute_rho(int p) {
    rho.clear();
    rho.set(p, 1);
    lu.btran(rho, rho_density, true);
  }
  /// alpha = B^-1 a_q.
  void compute_alpha(int q) {
    alpha.clear();
    problem.add_column(q, 1, alpha);
    lu.ftran(alpha, alpha_density, true);
  }
  /// row = rho' [A −I] on the nonbasic variables that may move.
  void compute_row() { price(rho, row); }
  /// out = y' [A −I] on the nonbasic variables that may move.
  void price(const SparseVector& y, SparseVector& out) {
    out.clear();
    double entries = 0;
    for (const int i : y.index()) entries += rows.end(i) - rows.begin(i);
    if (3 * entries < n) {
      price_sparse(y, out);
    } else if (y.count > 0.35 * m) {
      price_columns(y, out);
    } else {
      price_rows(y, out);
    }
    for (const int i : y.index()) {
      const int j = n + i;
      if (!is_basic(j) && !is_fixed(j)) out.set(j, -y.value[i]);
    }
  }

  // ---- limits

  /// Far more pivots than any run that gets somewhere.
  [[nodiscard]] std::size_t patience() const { return 200 + 20 * static_cast<std::size_t>(size); }

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
    if (!problem.is_logical(j)) rows.set_active(problem, j, false);
  }
  /// Few entries: the list is kept while they are added up.
  void price_sparse(const SparseVector& y, SparseVector& out) const {
    const int* const column = rows.column();
    const double* const value = rows.value();
    for (const int i : y.index()) {
      const double t = y.value[i];
      for (int k = rows.begin(i); k < rows.end(i); ++k) out.add(column[k], t * value[k]);
    }
    out.prune();
  }
  void price_rows(const SparseVector& y, SparseVector& out) const {
    const int* const column = rows.column();
    const double* const value = rows.value();
    double* const r = out.value.data();
    for (const int i : y.index()) {
      const double t = y.value[i];
      for (int k = rows.begin(i), end = rows.end(i); k < end; ++k) r[column[k]] += t * value[k];
    }
    for (int j = 0; j < n; ++j) {
      if (r[j] == 0) continue;
      if (std::abs(r[j]) < tiny) {
        r[j] = 0;
      } else {
        out.place[out.count++] = j;
      }
    }
  }
  void price_columns(const SparseVector& y, SparseVector& out) const {
    for (int j = 0; j < n; ++j) {
      if (!rows.is_active(j)) continue;
      const double v = problem.dot(j, y.value);
      if (std::abs(v) >= tiny) out.set(j, v);
    }
  }
  void add_primal_correction() {
    Density dense{1};
    work.clear();
    for (int j = 0; j < size; ++j) {
      if (x[j] != 0) problem.add_column(j, -x[j], work.value);
    }
    work.gather();
    lu.ftran(work, dense);
    for (const int p : work.index()) x[head[p]] += work.value[p];
    work.clear();
  }
};

}  // namespace kilter::lp::detail
