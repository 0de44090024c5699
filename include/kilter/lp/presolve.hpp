#pragma once
/// @file
/// `Presolve`: a smaller program with the same optimum, and the way back to a basic optimal solution of the original.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "kilter/core/progress.hpp"
#include "kilter/lp/array.hpp"
#include "kilter/lp/model.hpp"
#include "kilter/lp/postsolve.hpp"
#include "kilter/lp/presolve_aggregate.hpp"
#include "kilter/lp/presolve_bounds.hpp"
#include "kilter/lp/presolve_dual.hpp"
#include "kilter/lp/presolve_parallel.hpp"
#include "kilter/lp/presolve_rules.hpp"
#include "kilter/lp/presolve_state.hpp"
#include "kilter/lp/solution.hpp"

namespace kilter::lp::detail {

/// Reduces a program by the rules of Andersen, Andersen 1995 and their successors, from the cheapest to the dearest, again while
/// they find something. Work is counted in entries looked at, never by the clock, so the same program gives the same reductions;
/// it is a few dozen times the entries of the program at most, and about a dozen as a rule.
///
/// What it says of infeasible and unbounded programs are claims without a proof. The model must outlive the object.
class Presolve {
 public:
  enum class Outcome : std::uint8_t {
    unchanged,               // too little to gain: solve the original
    reduced,                 // solve `reduced()`, then `restore`
    infeasible,              // a claim
    unbounded_or_infeasible  // a claim
  };

  /// Is the program so small that it is solved in the time that looking at it takes (tens of microseconds)?
  [[nodiscard]] static bool too_small(const Model& model) {
    return model.rows() + model.columns() + static_cast<double>(model.nonzeros()) < 400;
  }

  explicit Presolve(const Model& model) : model_(&model), state_(model) {}

  /// `tolerance`: by how much bounds must contradict one another for a claim. Once the budget is used up the result is `unchanged`.
  Outcome run(const Stopwatch& stopwatch, double tolerance) {
    state_.tolerance = tolerance;
    if (!reduce(stopwatch)) return Outcome::unchanged;
    if (state_.infeasible) return Outcome::infeasible;
    if (state_.unbounded) return Outcome::unbounded_or_infeasible;
    if (!worthwhile()) return Outcome::unchanged;
    return build() ? Outcome::reduced : Outcome::unchanged;
  }

  /// The smaller program; it has no names.
  [[nodiscard]] const Model& reduced() const { return reduced_; }

  /// How often a kind of reduction was made.
  [[nodiscard]] int count(Reduction kind) const { return state_.post.count(kind); }
  /// Entries looked at.
  [[nodiscard]] long long work() const { return state_.work; }

  /// From a solution of `reduced()` to one of the original: of an optimal one all but the residuals, of any other the point and a
  /// basis to go on from. A basic solution becomes a basic one. O(entries of the original and of what was kept).
  void restore(const Solution& reduced, Solution& full) const {
    BasicPoint point = spread(reduced);
    state_.post.restore(point);
    finish(point, full);
    full.status = reduced.status;
    full.iterations = reduced.iterations;
    full.ray.clear();
  }

 private:
  static constexpr int most_rounds = 10;
  static constexpr long long work_in_all = 60, work_of_a_rule = 8;  // times the size of the program
  static constexpr double again = 0.1;     // share of the lines that a round must remove for another one to be tried
  static constexpr double promise = 0.02;  // share that the first rules must remove from a wide program for the others to be tried
  /// Share of rows, columns and entries that must go. The way back costs about as much as a few percent of a solve; on every other
  /// instance of Netlib, Kennington and the cluster set, in the order of their names, the mean of presolve and solve together was
  /// flat from 1 % to 5 % and worse on either side, and so it was on the other half.
  static constexpr double least_gain = 0.04;

  /// False once the budget is used up.
  bool reduce(const Stopwatch& stopwatch) {
    PresolveState& s = state_;
    for (int i = 0; i < s.matrix.rows(); ++i) s.row_queue.push(i);
    for (int j = 0; j < s.matrix.columns(); ++j) s.column_queue.push(j);
    const long long size = model_->rows() + model_->columns() + static_cast<long long>(model_->nonzeros());
    LineRules lines(s);
    Aggregation aggregation(s);
    PriceRules prices(s);
    ParallelLines parallel(s);
    ImpliedBounds bounds(s);
    lines.run(work_in_all * size);
    // A program much wider than tall is solved in few iterations, each of which looks at some of its columns only, so that a pass
    // over all of it is not cheap: the dearer rules are for those where the first ones found something.
    const bool wide = static_cast<double>(model_->nonzeros()) > 100.0 * model_->rows();
    const int all = model_->rows() + model_->columns();
    if (wide && !s.stopped() && all - s.lines_left() <= promise * all) return true;
    const auto then = [&](auto&& rule) {
      const long long left = work_in_all * size - s.work;
      if (s.stopped() || left <= 0) return;
      rule(s.work + std::min(left, work_of_a_rule * size));
      lines.run(work_in_all * size);
    };
    for (int round = 0; round < most_rounds && !s.stopped(); ++round) {
      if (stopwatch.check() != Status::feasible) return false;
      const int before = s.lines_left();
      then([&](long long limit) { aggregation.doubletons(limit); });
      then([&](long long limit) { aggregation.implied_free(limit); });
      then([&](long long limit) { prices.run(limit); });
      then([&](long long limit) { parallel.rows(limit); });
      then([&](long long limit) { parallel.columns(limit); });
      then([&](long long limit) { bounds.run(limit); });
      if (before - s.lines_left() <= again * before) break;
    }
    return true;
  }

  /// Is the smaller program worth the way back?
  [[nodiscard]] bool worthwhile() const {
    long long entries = 0;
    for (int i = 0; i < state_.matrix.rows(); ++i) entries += state_.matrix.row_alive(i) ? state_.matrix.row_count(i) : 0;
    const double before = model_->rows() + model_->columns() + static_cast<double>(model_->nonzeros());
    const double after = state_.lines_left() + static_cast<double>(entries);
    return after < (1 - least_gain) * before;
  }

  // ---- the smaller program

  static bool is_valid(const ModelArrays& arrays, const SparseRows& rows) {
    const auto finite = [](const std::vector<double>& values) {
      return std::all_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); });
    };
    const auto ordered = [](const std::vector<double>& lower, const std::vector<double>& upper) {
      for (std::size_t k = 0; k < lower.size(); ++k) {
        if (!(lower[k] <= upper[k]) || lower[k] == infinity || upper[k] == -infinity) return false;
      }
      return true;
    };
    return finite(arrays.costs) && finite(rows.value) && std::isfinite(arrays.objective_constant) &&
           ordered(arrays.lowers, arrays.uppers) && ordered(arrays.row_lowers, arrays.row_uppers);
  }
  /// False where the numbers of the reduced program have overflowed.
  bool build() {
    place_.assign(model_->columns(), -1);
    ModelArrays arrays;
    arrays.objective_constant = state_.objective_constant();
    for (int j = 0; j < state_.matrix.columns(); ++j) {
      if (!state_.matrix.column_alive(j)) continue;
      place_[j] = static_cast<int>(arrays.costs.size());
      arrays.costs.push_back(state_.cost[j]);
      arrays.lowers.push_back(state_.lower[j]);
      arrays.uppers.push_back(state_.upper[j]);
    }
    SparseRows rows{.start = {0}, .column = {}, .value = {}};
    for (int i = 0; i < state_.matrix.rows(); ++i) {
      if (!state_.matrix.row_alive(i)) continue;
      arrays.row_lowers.push_back(state_.row_lower[i]);
      arrays.row_uppers.push_back(state_.row_upper[i]);
      const LineView line = state_.row(i);
      for (int k = 0; k < line.size; ++k) rows.column.push_back(place_[line.index[k]]);
      rows.value.insert(rows.value.end(), line.value, line.value + line.size);
      rows.start.push_back(static_cast<int>(rows.column.size()));
    }
    if (!is_valid(arrays, rows)) return false;
    reduced_ = Model::from_rows(std::move(arrays), rows);
    return true;
  }

  // ---- the way back

  /// The answer in the places of the original; what it lacks is zero and at rest.
  [[nodiscard]] BasicPoint spread(const Solution& reduced) const {
    const int m = model_->rows(), n = model_->columns();
    BasicPoint p{Array<double>(n), Array<double>(n), Array<double>(m), Array<VariableStatus>(n), Array<VariableStatus>(m)};
    const auto value = [](const std::vector<double>& from, std::size_t k) { return k < from.size() ? from[k] : 0.0; };
    std::size_t k = 0;
    for (int j = 0; j < n; ++j) {
      if (!state_.matrix.column_alive(j)) continue;
      p.x[j] = value(reduced.primal, k);
      p.d[j] = value(reduced.reduced_cost, k);
      p.column[j] = k < reduced.basis.columns.size() ? reduced.basis.columns[k] : resting(state_.lower[j], state_.upper[j]);
      ++k;
    }
    k = 0;
    for (int i = 0; i < m; ++i) {
      if (!state_.matrix.row_alive(i)) continue;
      p.y[i] = value(reduced.dual, k);
      p.row[i] = k < reduced.basis.rows.size() ? reduced.basis.rows[k] : VariableStatus::basic;
      ++k;
    }
    return p;
  }
  static VariableStatus resting(double lower, double upper) {
    if (std::isfinite(lower)) return VariableStatus::at_lower;
    return std::isfinite(upper) ? VariableStatus::at_upper : VariableStatus::free_nonbasic;
  }

  /// Nonbasic columns go exactly to their bounds; activities, reduced costs and objective are those of the original.
  void finish(const BasicPoint& p, Solution& full) const {
    const auto n = static_cast<std::size_t>(model_->columns()), m = static_cast<std::size_t>(model_->rows());
    full.primal.assign(p.x.begin(), p.x.end());
    full.dual.assign(p.y.begin(), p.y.end());
    full.basis.columns.assign(p.column.begin(), p.column.end());
    full.basis.rows.assign(p.row.begin(), p.row.end());
    full.reduced_cost.assign(model_->costs().begin(), model_->costs().end());
    full.row_activity.assign(m, 0.0);
    full.objective = model_->objective_constant();
    for (std::size_t j = 0; j < n; ++j) {
      const VariableStatus status = full.basis.columns[j];
      const double lower = model_->lowers()[j], upper = model_->uppers()[j];
      if (status == VariableStatus::at_lower && std::isfinite(lower)) full.primal[j] = lower;
      if (status == VariableStatus::at_upper && std::isfinite(upper)) full.primal[j] = upper;
      full.objective += model_->costs()[j] * full.primal[j];
    }
    for (std::size_t i = 0; i < m; ++i) {
      double sum = 0;
      for (const Term& term : model_->row(static_cast<int>(i))) {
        const auto j = static_cast<std::size_t>(term.column);
        sum += term.coefficient * full.primal[j];
        full.reduced_cost[j] -= term.coefficient * full.dual[i];
      }
      full.row_activity[i] = sum;
    }
  }

  const Model* model_;
  PresolveState state_;
  Model reduced_;
  Array<int> place_;  // of each column in the smaller program
};

}  // namespace kilter::lp::detail
