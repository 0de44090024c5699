#pragma once
/// @file
/// Survival by cost and diversity with feasible and infeasible subpopulations, as in hybrid genetic search.

#include <algorithm>
#include <cstddef>
#include <limits>
#include <numeric>
#include <span>
#include <vector>

#include "kilter/genetic/operators.hpp"
#include "kilter/genetic/options.hpp"
#include "kilter/genetic/population.hpp"

namespace kilter::genetic {

/// The weight of violations, led so that a wanted share of the children is feasible (Vidal et al. 2012, section 4.3: too few,
/// × 1.2; too many, × 0.85).
class AdaptivePenalty {
 public:
  explicit AdaptivePenalty(const DiverseOptions& options = {}) : options_(options), weight_(options.weight) {}

  [[nodiscard]] double weight() const { return weight_; }
  [[nodiscard]] std::size_t seen() const { return seen_; }
  [[nodiscard]] std::size_t feasible() const { return feasible_; }

  /// Cost with the weighted violation.
  [[nodiscard]] double penalised(const Evaluation& e) const {
    return e.violation > 0 ? detail::number(e.cost + weight_ * e.violation) : e.cost;
  }

  /// Notes a child; every `DiverseOptions::interval` of them the weight changes unless their share is within 0.05 of the target.
  void note(const Evaluation& child) {
    ++seen_;
    feasible_ += child.violation > 0 ? 0U : 1U;
    if (seen_ < options_.interval) return;
    const double share = static_cast<double>(feasible_) / static_cast<double>(seen_);
    if (share < options_.target - 0.05) weight_ *= options_.raise;
    if (share > options_.target + 0.05) weight_ *= options_.lower;
    weight_ = std::clamp(weight_, 1e-100, 1e100);
    seen_ = feasible_ = 0;
  }

  /// Overwrites what was learnt, as when a search is resumed.
  void restore(double weight, std::size_t seen, std::size_t feasible) {
    require(weight > 0 && weight <= 1e100, "weight", weight, "must be positive and finite");
    require(feasible <= seen && seen < options_.interval, "seen", seen, "must be below the interval and not below the feasible");
    weight_ = weight;
    seen_ = seen;
    feasible_ = feasible;
  }

 private:
  DiverseOptions options_;
  double weight_;
  std::size_t seen_ = 0, feasible_ = 0;
};

/// Keeps two subpopulations, feasible and infeasible. When one of them reaches `minimum` + `surplus`, it is cut back to `minimum`:
/// clones go first, then those of worst biased fitness, rank by penalised cost + (1 − elite/n) × rank by contribution to diversity,
/// the mean distance to the `closest` nearest (Vidal et al. 2012, eq. 4 and algorithm 2).
///
/// Keeps the distances of all pairs, O((minimum + surplus)²) doubles: for populations of tens to a few thousand.
template <Breedable P>
class DiverseSurvivors {
 public:
  using Gene = GeneOf<P>;

  DiverseSurvivors(const P& problem, std::size_t minimum, std::size_t surplus, std::size_t elite, std::size_t closest)
      : problem_(&problem), minimum_(minimum), surplus_(surplus), elite_(elite), closest_(closest) {
    capacity_ = 2 * (minimum + surplus) + 1;
    distance_.resize(capacity_ * capacity_);
    biased_.resize(capacity_);
    for (auto* v : {&contribution_, &reach_, &cost_}) v->resize(capacity_);
    for (auto* v : {&stale_, &twin_}) v->resize(capacity_);
    for (auto* v : {&group_, &order_}) v->reserve(capacity_);
    near_.reserve(closest + 1);
  }

  /// How many rows a population may come to hold.
  [[nodiscard]] std::size_t capacity() const { return capacity_; }
  /// Biased fitness of each individual within its subpopulation, in [0, 2], as of the last `refresh`: less is better.
  [[nodiscard]] std::span<const double> biased() const { return biased_; }

  /// Computes all distances anew. O(n²) distances.
  void rebuild(Population<Gene>& population) {
    population.reserve(capacity_);
    for (std::size_t i = 0; i < population.size(); ++i) measure(population, i);
  }

  /// Adds row `j` of `children` to `population` and cuts its subpopulation back when that is full. O(n) distances, and O(n²) steps
  /// now and then.
  void insert(Population<Gene>& population, const Population<Gene>& children, std::size_t j, const AdaptivePenalty& penalty) {
    const std::size_t i = population.size();
    population.resize(i + 1);
    population.copy(i, children, j);
    measure(population, i);
    const bool feasible = !(population.violation(i) > 0);
    if (count(population, feasible) >= minimum_ + surplus_) trim(population, feasible, penalty);
  }

  /// Computes the biased fitness of all. O(n²).
  void refresh(const Population<Gene>& population, const AdaptivePenalty& penalty) {
    for (const bool feasible : {true, false}) bias(population, feasible, penalty);
  }

 private:
  [[nodiscard]] double& at(std::size_t i, std::size_t j) { return distance_[i * capacity_ + j]; }

  void measure(const Population<Gene>& population, std::size_t i) {
    for (std::size_t k = 0; k < i; ++k) {
      const double d = distance(*problem_, population.row(i), population.row(k));
      at(i, k) = at(k, i) = d;
      if (d <= reach_[k]) stale_[k] = 1;
    }
    at(i, i) = 0;
    stale_[i] = 1;
  }

  [[nodiscard]] static std::size_t count(const Population<Gene>& population, bool feasible) {
    std::size_t n = 0;
    for (const Evaluation& e : population.evaluations()) n += !(e.violation > 0) == feasible ? 1U : 0U;
    return n;
  }

  /// The mean distance of `i` to the nearest of the group, the distance of the last of those, and whether there is a clone.
  void contribute(std::size_t i) {
    near_.clear();
    for (const std::size_t k : group_) {
      const double d = at(i, k);
      if (k == i || (near_.size() == closest_ && d >= near_.back())) continue;
      if (near_.size() == closest_) near_.pop_back();
      near_.insert(std::upper_bound(near_.begin(), near_.end(), d), d);
    }
    double sum = 0;
    for (const double d : near_) sum += d;
    contribution_[i] = near_.empty() ? 0 : sum / static_cast<double>(near_.size());
    reach_[i] = near_.size() < closest_ ? std::numeric_limits<double>::infinity() : near_.back();
    twin_[i] = !near_.empty() && !(near_.front() > 0) ? 1 : 0;
    stale_[i] = 0;
  }

  /// True when `i` is a clone of a member that ranks before it.
  [[nodiscard]] bool superfluous(std::size_t i) {
    return twin_[i] != 0 && std::any_of(group_.begin(), group_.end(), [&](std::size_t k) {
             return k != i && !(at(i, k) > 0) && (cost_[k] != cost_[i] ? cost_[k] < cost_[i] : k < i);
           });
  }

  /// Biased fitness of a subpopulation, whose members are left in `group_`; clones get 2 more.
  void bias(const Population<Gene>& population, bool feasible, const AdaptivePenalty& penalty) {
    group_.clear();
    for (std::size_t i = 0; i < population.size(); ++i) {
      if (!(population.violation(i) > 0) == feasible) group_.push_back(i);
    }
    const std::size_t n = group_.size();
    for (const std::size_t i : group_) {
      cost_[i] = penalty.penalised(population[i]);
      if (stale_[i] != 0) contribute(i);
    }
    for (const std::size_t i : group_) biased_[i] = superfluous(i) ? 2 : 0;
    const double scale = n < 2 ? 0 : 1 / static_cast<double>(n - 1);
    const double share = n <= elite_ ? 0 : 1 - static_cast<double>(elite_) / static_cast<double>(n);
    order_ = group_;
    std::sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) {
      return contribution_[a] != contribution_[b] ? contribution_[a] > contribution_[b] : a < b;
    });
    for (std::size_t r = 0; r < n; ++r) biased_[order_[r]] += share * scale * static_cast<double>(r);
    std::sort(order_.begin(), order_.end(),
              [&](std::size_t a, std::size_t b) { return cost_[a] != cost_[b] ? cost_[a] < cost_[b] : a < b; });
    for (std::size_t r = 0; r < n; ++r) biased_[order_[r]] += scale * static_cast<double>(r);
  }

  /// Cuts a subpopulation back to `minimum_`. Small ones are ranked again after each removal, larger ones after a thirty-second.
  void trim(Population<Gene>& population, bool feasible, const AdaptivePenalty& penalty) {
    const std::size_t chunk = 1 + surplus_ / 64;
    for (std::size_t n = count(population, feasible); n > minimum_;) {
      bias(population, feasible, penalty);
      const std::size_t going = std::min(chunk, n - minimum_);
      std::partial_sort(group_.begin(), group_.begin() + static_cast<std::ptrdiff_t>(going), group_.end(),
                        [&](std::size_t a, std::size_t b) { return biased_[a] != biased_[b] ? biased_[a] > biased_[b] : a > b; });
      group_.resize(going);
      std::sort(group_.rbegin(), group_.rend());  // highest index first, so that the last row never is one still to go
      for (const std::size_t i : group_) remove(population, i);
      n -= going;
    }
  }

  /// Moves the last individual into the place of `i`.
  void remove(Population<Gene>& population, std::size_t i) {
    const std::size_t last = population.size() - 1;
    for (std::size_t k = 0; k <= last; ++k) {
      if (at(i, k) <= reach_[k]) stale_[k] = 1;
    }
    if (i != last) {
      population.copy(i, population, last);
      for (std::size_t k = 0; k < last; ++k) at(i, k) = at(k, i) = k == i ? 0 : at(last, k);
      contribution_[i] = contribution_[last];
      reach_[i] = reach_[last];
      twin_[i] = twin_[last];
      stale_[i] = stale_[last];
    }
    population.resize(last);
  }

  const P* problem_;
  std::size_t minimum_, surplus_, elite_, closest_, capacity_ = 0;
  std::vector<double> distance_, biased_, contribution_, reach_, cost_, near_;
  std::vector<char> stale_, twin_;
  std::vector<std::size_t> group_, order_;
};

}  // namespace kilter::genetic
