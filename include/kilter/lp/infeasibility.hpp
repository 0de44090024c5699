#pragma once
/// @file
/// Why is a program infeasible, and what would repair it? An irreducible infeasible subsystem and the cheapest repair.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/progress.hpp"
#include "kilter/core/status.hpp"
#include "kilter/lp/model.hpp"
#include "kilter/lp/options.hpp"
#include "kilter/lp/solution.hpp"
#include "kilter/lp/solve.hpp"

namespace kilter::lp {

enum class Side : std::uint8_t { lower, upper };

/// One side of a row or one bound of a column.
struct BoundReference {
  int index = 0;
  Side side = Side::lower;

  friend bool operator==(const BoundReference&, const BoundReference&) = default;
};

/// Bounds that contradict each other. Of `status` `infeasible`: `rows` and `columns` together cannot be satisfied, which `ray`
/// proves, and `irreducible` says that without any one of them they can (false where numerical trouble left one undecided).
/// `optimal`: the program is feasible, and `primal` shows it. A limit or a stop: `irreducible` is false and the members left so
/// far, if any, still contradict each other.
struct InfeasibleSubsystem {
  Status status = Status::numerical_failure;
  bool irreducible = false;
  std::vector<BoundReference> rows{}, columns{};
  std::vector<double> ray{};  ///< a multiplier per row of the model (Farkas), zero outside `rows`
  Certificate proof{};        ///< of `ray`, on the model with all other bounds taken away
  std::vector<double> primal{};

  [[nodiscard]] std::size_t size() const { return rows.size() + columns.size(); }
};

/// What a unit of violation costs, per bound; an empty vector means 1 for all, infinity that the bound may not be touched.
struct RepairWeights {
  std::vector<double> row_lower{}, row_upper{}, column_lower{}, column_upper{};
};

/// The cheapest repair. Of `status` `optimal`: each bound gives way by the amount under its name (all zero where the program is
/// feasible), `total` is the weighted sum, and `primal` satisfies `repaired`. `multipliers` prove that no repair is cheaper:
/// `repair_bound(model, weights, multipliers)` recomputes `bound`, which is `total` up to rounding. Of `infeasible`: the bounds
/// that may not be touched contradict each other, `ray` is the proof.
struct Repair {
  Status status = Status::numerical_failure;
  double total = 0, bound = 0;
  std::vector<double> row_lower{}, row_upper{}, column_lower{}, column_upper{};
  std::vector<double> primal{}, multipliers{}, ray{};
  Model repaired{};
};

namespace detail {

/// The remaining part of a budget, for the next of several solves.
class Allowance {
 public:
  explicit Allowance(Options options)
      : options_(std::move(options)), limited_(options_.budget.time_limit != Duration::max()), watch_(options_.budget) {
    if (limited_) start_ = std::chrono::steady_clock::now();
  }
  [[nodiscard]] const Stopwatch& stopwatch() const { return watch_; }
  [[nodiscard]] Options options() const {
    Options rest = options_;
    if (limited_) {
      const Duration spent = std::chrono::steady_clock::now() - start_;
      rest.budget.time_limit = std::max(Duration(0), options_.budget.time_limit - spent);
    }
    return rest;
  }

 private:
  Options options_;
  bool limited_;
  Stopwatch watch_;
  std::chrono::steady_clock::time_point start_{};
};

/// Shrinks a set of contradicting bounds. The program it works on has the rows and columns of the suspects only and no costs; the
/// bounds of all but the members under test are taken away, and each solve starts from the basis of the last.
class DeletionFilter {
 public:
  DeletionFilter(const Model& model, std::vector<double> ray, double rounding, const Allowance& allowance)
      : model_(model), allowance_(allowance), ray_(std::move(ray)), rounding_(rounding) {
    suspect();
    build();
  }

  InfeasibleSubsystem run() {
    InfeasibleSubsystem out;
    out.irreducible = filter();
    out.ray = ray_;
    out.proof = proves_infeasible(only_members(), out.ray);
    out.status = out.proof.holds() ? stop_ : Status::numerical_failure;
    out.irreducible = out.irreducible && out.proof.holds();
    for (const Member& member : members_) (member.row ? out.rows : out.columns).push_back(member.bound);
    return out;
  }

 private:
  struct Member {
    bool row = false;
    BoundReference bound{};
    bool necessary = false;

    [[nodiscard]] bool same(const Member& other) const { return row == other.row && bound == other.bound; }
  };

  /// The bounds that give the ray its margin. Entries that are rounding are no members; that nothing is missing is seen at the end,
  /// when the ray must prove the members alone to be contradictory.
  void suspect() {
    combine_rows(model_, ray_, combination_);
    const double largest = largest_magnitude(ray_);
    members_.clear();
    for (int i = 0; i < model_.rows(); ++i) {
      double& y = ray_[static_cast<std::size_t>(i)];
      if (std::abs(y) <= rounding_ * largest) y = 0;
      if (y != 0) members_.push_back({true, {i, y > 0 ? Side::lower : Side::upper}});
    }
    for (int j = 0; j < model_.columns(); ++j) {
      const auto k = static_cast<std::size_t>(j);
      const double g = combination_.value[k], bound = g > 0 ? model_.upper(j) : model_.lower(j);
      if (std::abs(g) > std::max(rounding_, 1e-14) * combination_.magnitude[k] && std::isfinite(bound))
        members_.push_back({false, {j, g > 0 ? Side::upper : Side::lower}});
    }
  }

  void build() {
    std::vector<Term> terms;
    const auto column = [&](int j) {
      const auto [found, is_new] = columns_.try_emplace(j, program_.columns());
      if (is_new) program_.add_column(0, -infinity, infinity);
      return found->second;
    };
    for (const Member& member : members_) {
      const int k = member.bound.index;
      if (!member.row) {
        column(k);
      } else if (rows_.try_emplace(k, program_.rows()).second) {
        terms.clear();
        for (const Term& term : model_.row(k)) terms.push_back({column(term.column), term.coefficient});
        program_.add_row(terms, -infinity, infinity);
      }
    }
  }

  /// Removes one suspect after another; those without which the rest is feasible stay (Chinneck, Dravnieks 1991). Whenever the rest
  /// is infeasible, only the support of its new ray remains (Gleeson, Ryan 1990). False when stopped, or where a member could not
  /// be decided on.
  bool filter() {
    bool irreducible = true;
    for (std::size_t k = 0; k < members_.size();) {
      if (members_[k].necessary) {
        ++k;
        continue;
      }
      std::vector<Member> rest = members_;
      rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(k));
      const Solution& solution = solve(rest);
      if (solution.status == Status::infeasible) {
        shrink(rest, solution.ray);
        k = 0;
        continue;
      }
      const bool decided = solution.status == Status::optimal;
      if (!decided && solution.status != Status::numerical_failure) {
        stop_ = solution.status;
        return false;
      }
      irreducible = irreducible && decided;
      members_[k++].necessary = true;  // or not known to be superfluous
    }
    return irreducible;
  }

  /// Keeps those of `rest` that the ray needs, and what is known of them: what was necessary for more is necessary for less.
  void shrink(const std::vector<Member>& rest, const std::vector<double>& ray) {
    std::fill(ray_.begin(), ray_.end(), 0.0);
    for (const auto& [row, place] : rows_) ray_[static_cast<std::size_t>(row)] = ray[static_cast<std::size_t>(place)];
    suspect();
    std::vector<Member> found;
    for (const Member& old : rest) {
      if (std::any_of(members_.begin(), members_.end(), [&](const Member& m) { return m.same(old); })) found.push_back(old);
    }
    members_ = std::move(found);
  }

  const Solution& solve(const std::vector<Member>& members) {
    for (int j = 0; j < program_.columns(); ++j) program_.set_column_bounds(j, -infinity, infinity);
    for (int i = 0; i < program_.rows(); ++i) program_.set_row_bounds(i, -infinity, infinity);
    for (const Member& member : members) {
      const int k = member.bound.index;
      restore(program_, member, member.row ? rows_.at(k) : columns_.at(k));
    }
    solver_.options = allowance_.options();
    const Solution& warm = solver_.solve(program_);
    if (warm.status != Status::numerical_failure) return warm;
    solver_.forget();
    return solver_.solve(program_);
  }

  /// Gives `program`, in which the row or column has index `k`, the bound of the member.
  void restore(Model& program, const Member& member, int k) const {
    const int i = member.bound.index;
    const bool lower = member.bound.side == Side::lower;
    if (member.row) {
      program.set_row_bounds(k, lower ? model_.row_lower(i) : program.row_lower(k),
                             lower ? program.row_upper(k) : model_.row_upper(i));
    } else {
      program.set_column_bounds(k, lower ? model_.lower(i) : program.lower(k), lower ? program.upper(k) : model_.upper(i));
    }
  }
  [[nodiscard]] Model only_members() const {
    Model out = model_;
    for (int j = 0; j < out.columns(); ++j) out.set_column_bounds(j, -infinity, infinity);
    for (int i = 0; i < out.rows(); ++i) out.set_row_bounds(i, -infinity, infinity);
    for (const Member& member : members_) restore(out, member, member.bound.index);
    return out;
  }

  const Model& model_;
  const Allowance& allowance_;
  std::vector<double> ray_;
  double rounding_;
  Combination combination_;
  std::vector<Member> members_;
  Model program_;
  Solver solver_;
  std::map<int, int> rows_, columns_;  // of the model, to those of the program
  Status stop_ = Status::infeasible;
};

}  // namespace detail

/// Shrinks the bounds that the ray of an infeasible `solution` combines until each is necessary: a subsystem that is irreducible,
/// if not the smallest. The ray of a simplex basis has nearly always few members to spare; each member costs one warm solve of a
/// program with the members' rows. Throws `std::invalid_argument` unless `solution` is infeasible with a ray.
[[nodiscard]] inline InfeasibleSubsystem irreducible_infeasible_subsystem(const Model& model, const Solution& solution,
                                                                          const Options& options = {}) {
  require(solution.status == Status::infeasible, "solution.status", name(solution.status), "must be infeasible");
  detail::check_size("solution.ray", solution.ray.size(), model.rows());
  const detail::Allowance allowance(options);
  InfeasibleSubsystem found = detail::DeletionFilter(model, solution.ray, 1e-11, allowance).run();
  if (found.status != Status::numerical_failure) return found;
  return detail::DeletionFilter(model, solution.ray, 0, allowance).run();
}

/// Solves `model`, without its costs, and shrinks what contradicts itself; `status` is `optimal` where the program is feasible.
[[nodiscard]] inline InfeasibleSubsystem irreducible_infeasible_subsystem(const Model& model, const Options& options = {}) {
  const detail::Allowance allowance(options);
  Model feasibility = model;
  for (int j = 0; j < model.columns(); ++j) feasibility.set_cost(j, 0);
  Solution solution = solve(feasibility, options);
  if (solution.status == Status::infeasible) return irreducible_infeasible_subsystem(model, solution, allowance.options());
  InfeasibleSubsystem out;
  out.status = solution.status;
  if (solution.status == Status::optimal) out.primal = std::move(solution.primal);
  return out;
}

namespace detail {

inline void check_weights(std::string_view argument, const std::vector<double>& weights, int wanted) {
  if (weights.empty()) return;
  check_size(argument, weights.size(), wanted);
  for (const double w : weights) require(w >= 0, argument, w, "must not be negative or NaN");
}
inline void check_weights(const Model& model, const RepairWeights& weights) {
  check_weights("row_lower", weights.row_lower, model.rows());
  check_weights("row_upper", weights.row_upper, model.rows());
  check_weights("column_lower", weights.column_lower, model.columns());
  check_weights("column_upper", weights.column_upper, model.columns());
}
inline double weight(const std::vector<double>& weights, int k) {
  return weights.empty() ? 1.0 : weights[static_cast<std::size_t>(k)];
}

/// The elastic program (Brown, Graves 1975): each bound that may be touched gets a column of what it gives way by, at its weight.
/// A bound of a column is loosened by copies of the column, so the rows stay those of the model.
class Elastic {
 public:
  Elastic(const Model& model, const RepairWeights& weights) : model_(model), weights_(weights) {
    for (int j = 0; j < model.columns(); ++j) program_.add_column(0, model.lower(j), model.upper(j));
    below_.assign(static_cast<std::size_t>(model.columns()), -1);
    above_ = below_;
    for (int j = 0; j < model.columns(); ++j) {
      below_[static_cast<std::size_t>(j)] = give(model.lower(j), weight(weights.column_lower, j));
      above_[static_cast<std::size_t>(j)] = give(model.upper(j), weight(weights.column_upper, j));
    }
    for (int i = 0; i < model.rows(); ++i) add_row(i);
  }

  Repair repair(const Options& options) const {
    Repair out;
    Solution solution = lp::solve(program_, options);
    out.status = solution.status;
    if (solution.status == Status::infeasible) out.ray = std::move(solution.ray);
    if (solution.status != Status::optimal) return out;
    out.multipliers = std::move(solution.dual);
    extract(solution.primal, out);
    return out;
  }

 private:
  int give(double bound, double w) { return std::isfinite(bound) && std::isfinite(w) ? program_.add_column(w, 0, infinity) : -1; }
  void add_row(int i) {
    std::vector<Term> terms;
    for (const Term& term : model_.row(i)) {
      const auto j = static_cast<std::size_t>(term.column);
      terms.push_back(term);
      if (below_[j] >= 0) terms.push_back({below_[j], -term.coefficient});
      if (above_[j] >= 0) terms.push_back({above_[j], term.coefficient});
    }
    row_below_.push_back(give(model_.row_lower(i), weight(weights_.row_lower, i)));
    row_above_.push_back(give(model_.row_upper(i), weight(weights_.row_upper, i)));
    if (row_below_.back() >= 0) terms.push_back({row_below_.back(), 1});
    if (row_above_.back() >= 0) terms.push_back({row_above_.back(), -1});
    program_.add_row(terms, model_.row_lower(i), model_.row_upper(i));
  }

  /// What each bound gives way by is read off the point, so that the point satisfies the repaired model to the last bit wherever a
  /// bound may be touched.
  void extract(const std::vector<double>& x, Repair& out) const {
    const auto n = static_cast<std::size_t>(model_.columns());
    out.primal.assign(x.begin(), x.begin() + model_.columns());
    for (std::size_t j = 0; j < n; ++j) {
      if (below_[j] >= 0) out.primal[j] -= x[static_cast<std::size_t>(below_[j])];
      if (above_[j] >= 0) out.primal[j] += x[static_cast<std::size_t>(above_[j])];
    }
    out.repaired = model_;
    std::vector<double> activity;
    activities(model_, out.primal, activity);
    const auto yield = [&](double missing, int column, double bound, double w) {
      // Less than rounding of what was computed is no violation.
      const bool real = column >= 0 && x[static_cast<std::size_t>(column)] > 1e-12 * (1 + std::abs(bound));
      const double by = real ? std::max(0.0, missing) : 0.0;
      out.total += by == 0 ? 0 : by * w;
      return by;
    };
    for (int j = 0; j < model_.columns(); ++j) {
      const auto k = static_cast<std::size_t>(j);
      const double lower = model_.lower(j), upper = model_.upper(j), value = out.primal[k];
      out.column_lower.push_back(yield(lower - value, below_[k], lower, weight(weights_.column_lower, j)));
      out.column_upper.push_back(yield(value - upper, above_[k], upper, weight(weights_.column_upper, j)));
      out.repaired.set_column_bounds(j, out.column_lower.back() > 0 ? value : lower, out.column_upper.back() > 0 ? value : upper);
    }
    for (int i = 0; i < model_.rows(); ++i) {
      const auto k = static_cast<std::size_t>(i);
      const double lower = model_.row_lower(i), upper = model_.row_upper(i), value = activity[k];
      out.row_lower.push_back(yield(lower - value, row_below_[k], lower, weight(weights_.row_lower, i)));
      out.row_upper.push_back(yield(value - upper, row_above_[k], upper, weight(weights_.row_upper, i)));
      out.repaired.set_row_bounds(i, out.row_lower.back() > 0 ? value : lower, out.row_upper.back() > 0 ? value : upper);
    }
  }

  const Model& model_;
  const RepairWeights& weights_;
  Model program_;
  std::vector<int> below_, above_, row_below_, row_above_;
};

}  // namespace detail

/// What `multipliers` (one per row) prove of repairs: none costs less than `margin`. `violation` is by how much, relative to
/// 1 + weight, a multiplier exceeds the weight of its bound, or a column its own; a proof has next to none. With g = A' multipliers
/// every point x and what the bounds give way by, e, satisfy weights'e >= multipliers' row bounds − sup g'x over the column bounds:
/// the dual of the elastic program, and the same sum that proves infeasibility. O(nonzeros).
[[nodiscard]] inline Certificate repair_bound(const Model& model, const RepairWeights& weights,
                                              std::span<const double> multipliers) {
  detail::check_weights(model, weights);
  detail::check_size("multipliers", multipliers.size(), model.rows());
  Certificate out;
  double supremum = 0;
  const auto add = [&](double g, double lower, double upper, double lower_weight, double upper_weight) {
    if (g == 0) return;
    const double bound = g > 0 ? upper : lower, most = std::isinf(bound) ? 0 : g > 0 ? upper_weight : lower_weight;
    out.violation = std::max(out.violation, std::isinf(most) ? 0 : (std::abs(g) - most) / (1 + most));
    if (std::isfinite(bound)) supremum += g * bound;
  };
  detail::Combination combination;
  detail::combine_rows(model, multipliers, combination);
  for (int i = 0; i < model.rows(); ++i)
    add(-multipliers[static_cast<std::size_t>(i)], model.row_lower(i), model.row_upper(i), detail::weight(weights.row_lower, i),
        detail::weight(weights.row_upper, i));
  for (int j = 0; j < model.columns(); ++j)
    add(combination.value[static_cast<std::size_t>(j)], model.lower(j), model.upper(j), detail::weight(weights.column_lower, j),
        detail::weight(weights.column_upper, j));
  out.margin = -supremum;
  return out;
}

/// By how much must which bounds give way so that the program becomes feasible, at the least weighted sum? Costs play no part. One
/// solve of the elastic program: the rows of the model, and up to two columns more for each row and column. Throws
/// `std::invalid_argument` for weights that are negative, NaN or too few.
[[nodiscard]] inline Repair cheapest_repair(const Model& model, const RepairWeights& weights = {}, const Options& options = {}) {
  detail::check_weights(model, weights);
  Repair out = detail::Elastic(model, weights).repair(options);
  if (out.status == Status::optimal) out.bound = repair_bound(model, weights, out.multipliers).margin;
  return out;
}

}  // namespace kilter::lp
