#pragma once
/// @file
/// Several objectives as one: `Weighted` sums them, `Bounded` minimises one below limits of the others, `lexicographic` takes them
/// in order of importance.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/executor.hpp"
#include "kilter/core/progress.hpp"
#include "kilter/core/rng.hpp"
#include "kilter/core/status.hpp"
#include "kilter/genetic/minimise.hpp"
#include "kilter/genetic/operators.hpp"
#include "kilter/genetic/options.hpp"
#include "kilter/genetic/problem.hpp"

namespace kilter::genetic {

namespace detail {

/// The genomes and operators of a problem of several objectives, for adaptors that give it a cost. The problem must outlive it.
template <MultiObjective P>
class Adapted {
 public:
  using Gene = GeneOf<P>;
  using Row = std::span<const Gene>;
  static constexpr std::size_t crossover_count = genetic::crossover_count<P>();
  static constexpr std::size_t mutation_count = genetic::mutation_count<P>();

  struct Workspace {
    Scratch<P> scratch;
    std::vector<double> values;
  };

  explicit Adapted(const P& problem) : problem_(&problem) {}

  [[nodiscard]] Workspace make_workspace() const {
    return {make_scratch(*problem_), std::vector<double>(objective_count(*problem_))};
  }
  [[nodiscard]] std::size_t genome_size() const { return genetic::genome_size(*problem_); }
  [[nodiscard]] decltype(auto) encoding() const requires HasEncoding<P> { return problem_->encoding(); }
  void random(std::span<Gene> g, Rng& rng, Workspace& w) const { on(w).random(g, rng); }
  void crossover(std::size_t k, Row a, Row b, std::span<Gene> child, Rng& rng, Workspace& w) const {
    on(w).crossover(k, a, b, child, rng);
  }
  void mutate(std::size_t k, std::span<Gene> g, Rng& rng, Workspace& w) const { on(w).mutate(k, g, rng); }
  void repair(std::span<Gene> g, Rng& rng, Workspace& w) const { on(w).repair(g, rng); }
  void improve(std::span<Gene> g, Rng& rng, Workspace& w) const { on(w).improve(g, rng); }
  bool approach(std::span<Gene> g, Row guide, Rng& rng, Workspace& w) const requires approaches<P> {
    return on(w).approach(g, guide, rng);
  }
  [[nodiscard]] double distance(Row a, Row b) const { return genetic::distance(*problem_, a, b); }

  /// The objectives of a genome, in the workspace.
  std::span<const double> values(Row g, Workspace& w) const {
    on(w).objectives(g, w.values);
    return w.values;
  }

 private:
  [[nodiscard]] Operators<P> on(Workspace& w) const { return Operators<P>(*problem_, w.scratch); }
  const P* problem_;
};

}  // namespace detail

/// A problem of several objectives as one whose cost is their weighted sum. Its minima are Pareto optimal where all weights are
/// positive, but reach only the convex part of the front (Ehrgott 2005, "Multicriteria Optimization", chapter 3). The problem must
/// outlive it. Throws `std::invalid_argument` unless there is one finite weight ≥ 0 per objective.
template <MultiObjective P>
class Weighted : public detail::Adapted<P> {
 public:
  using Base = detail::Adapted<P>;

  Weighted(const P& problem, std::vector<double> weights) : Base(problem), weights_(std::move(weights)) {
    require(weights_.size() == objective_count(problem), "weights", weights_.size(), "must have one entry per objective");
    for (const double w : weights_) require(w >= 0 && std::isfinite(w), "weight", w, "must be finite and not negative");
  }

  [[nodiscard]] double cost(std::span<const GeneOf<P>> g, typename Base::Workspace& w) const {
    const auto values = this->values(g, w);
    double sum = 0;
    for (std::size_t k = 0; k < values.size(); ++k) sum += weights_[k] == 0 ? 0 : weights_[k] * values[k];
    return sum;
  }

 private:
  std::vector<double> weights_;
};

/// A problem of several objectives as one that minimises a single one of them while the others stay below limits; the sum of what
/// they exceed them by is the violation (the ε-constraint method: Haimes, Lasdon, Wismer 1971). The problem must outlive it.
/// Throws `std::invalid_argument` unless `objective` is one, and there is one limit per objective (infinite: none; that of
/// `objective` itself is not looked at), none of them NaN.
template <MultiObjective P>
class Bounded : public detail::Adapted<P> {
 public:
  using Base = detail::Adapted<P>;

  Bounded(const P& problem, std::size_t objective, std::vector<double> limits)
      : Base(problem), objective_(objective), limits_(std::move(limits)) {
    require(objective < objective_count(problem), "objective", objective, "must be one of the problem's");
    require(limits_.size() == objective_count(problem), "limits", limits_.size(), "must have one entry per objective");
    for (const double limit : limits_) require(!std::isnan(limit), "limit", limit, "must be a number");
  }

  [[nodiscard]] Evaluation cost(std::span<const GeneOf<P>> g, typename Base::Workspace& w) const {
    const auto values = this->values(g, w);
    double over = 0;
    for (std::size_t k = 0; k < values.size(); ++k) {
      if (k != objective_ && values[k] > limits_[k]) over += values[k] - limits_[k];
    }
    return {values[objective_], over};
  }

 private:
  std::size_t objective_;
  std::vector<double> limits_;
};

/// How `lexicographic` searches.
struct LexicographicOptions {
  Options search{};                  ///< of each stage; `target` applies to the first, the budget to each
  std::vector<std::size_t> order{};  ///< objectives, the most important first; empty: in the problem's order
  double tolerance = 0;              ///< how much of itself an objective may give up for the later ones, ≥ 0
};

/// What `lexicographic` found: the genome, its objectives in the problem's order, and what it took.
template <class Gene>
struct [[nodiscard]] LexicographicResult {
  Status status = Status::feasible;
  std::vector<Gene> best{};
  std::vector<double> objectives{};
  std::size_t evaluations = 0;
};

/// Minimises the objectives one after the other, each in a search of its own begun from the last population, while the earlier ones
/// keep the values they reached (with the tolerance, as a share of their size). A budget that runs out ends it after the stage.
/// Throws as `minimise`, and for an order that names an objective twice or one that is not there.
template <MultiObjective P, Executor Ex = Inline, Observer O = Silent>
LexicographicResult<GeneOf<P>> lexicographic(const P& problem, const LexicographicOptions& options = {},
                                             std::span<const std::vector<GeneOf<P>>> start = {}, const Ex& executor = {},
                                             O&& observer = {}) {
  const std::size_t m = objective_count(problem);
  require(options.tolerance >= 0 && std::isfinite(options.tolerance), "tolerance", options.tolerance,
          "must be finite and not negative");
  std::vector<std::size_t> order = options.order;
  for (std::size_t k = 0; order.size() < m && options.order.empty(); ++k) order.push_back(k);
  std::vector<char> seen(m, 0);
  for (const std::size_t k : order) {
    require(k < m && seen[k] == 0, "order", k, "must name objectives of the problem, each at most once");
    seen[k] = 1;
  }
  LexicographicResult<GeneOf<P>> out;
  std::vector<double> limits(m, std::numeric_limits<double>::infinity());
  std::vector<std::vector<GeneOf<P>>> last(start.begin(), start.end());
  Options search = options.search;
  for (const std::size_t k : order) {
    const Bounded<P> stage(problem, k, limits);
    auto found = minimise(stage, search, last, executor, observer);
    out.evaluations += found.evaluations;
    out.best = found.best;
    out.status = found.status;
    limits[k] = found.cost + options.tolerance * std::abs(found.cost);
    search.target = -std::numeric_limits<double>::infinity();
    last = std::move(found.population);
    if (!ok(out.status)) break;
  }
  out.objectives.resize(m);
  auto scratch = make_scratch(problem);
  if (!order.empty()) Operators<P>(problem, scratch).objectives(out.best, out.objectives);
  return out;
}

}  // namespace kilter::genetic
