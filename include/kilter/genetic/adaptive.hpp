#pragma once
/// @file
/// `OperatorRates`: which of several operators to use, learnt from how often their children are better than their parents.

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/rng.hpp"
#include "kilter/genetic/options.hpp"

namespace kilter::genetic {

/// Probabilities of `count` operators. `matching` makes them proportional to the operators' quality (probability matching, Goldberg
/// 1990); `pursuit` moves them toward the one of greatest quality (adaptive pursuit: Thierens 2005, "An adaptive pursuit strategy
/// for allocating operator probabilities", eqs. 1–4). Each keeps a fifth of an equal share. Deterministic: credit is a sum and is
/// only looked at in `update`.
class OperatorRates {
 public:
  explicit OperatorRates(std::size_t count = 1, OperatorChoice choice = OperatorChoice::uniform)
      : choice_(choice),
        quality_(count, 1),
        probability_(count, 1.0 / static_cast<double>(count)),
        used_(count),
        succeeded_(count) {
    require(count > 0, "count", count, "must be positive");
  }

  [[nodiscard]] std::size_t size() const { return quality_.size(); }
  [[nodiscard]] std::span<const double> probabilities() const { return probability_; }
  [[nodiscard]] std::span<const double> qualities() const { return quality_; }

  /// Draws an operator; draws no random number where there is nothing to choose. O(count).
  [[nodiscard]] std::size_t choose(Rng& rng) const {
    const std::size_t n = size();
    if (n == 1 || choice_ == OperatorChoice::first) return 0;
    if (choice_ == OperatorChoice::uniform) return rng.index(n);
    double left = rng.uniform();
    for (std::size_t k = 0; k + 1 < n; ++k) {
      left -= probability_[k];
      if (left < 0) return k;
    }
    return n - 1;
  }

  /// Notes that operator `k` made a child that is better than its parents, or not.
  void credit(std::size_t k, bool success) {
    ++used_[k];
    succeeded_[k] += success ? 1U : 0U;
  }

  /// Learns from the credit since the last update, and forgets it. Nothing changes where no child was better than its parents.
  void update() {
    double most = 0;
    for (std::size_t k = 0; k < size(); ++k) most = std::max(most, share(k));
    if (most > 0) {
      for (std::size_t k = 0; k < size(); ++k) {
        if (used_[k] != 0) quality_[k] += learning * (share(k) / most - quality_[k]);
      }
      if (choice_ == OperatorChoice::matching) match();
      if (choice_ == OperatorChoice::pursuit) pursue();
    }
    std::fill(used_.begin(), used_.end(), std::size_t{0});
    std::fill(succeeded_.begin(), succeeded_.end(), std::size_t{0});
  }

  /// Overwrites what was learnt, as when a search is resumed. Throws `std::invalid_argument` unless both have `size()` entries, the
  /// qualities in [0, 1] and the probabilities in [0, 1].
  void restore(std::span<const double> qualities, std::span<const double> probabilities) {
    require(qualities.size() == size(), "qualities", qualities.size(), "must have one entry per operator");
    require(probabilities.size() == size(), "probabilities", probabilities.size(), "must have one entry per operator");
    for (const double q : qualities) require(q >= 0 && q <= 1, "quality", q, "must lie in [0, 1]");
    for (const double p : probabilities) require(p >= 0 && p <= 1, "probability", p, "must lie in [0, 1]");
    std::copy(qualities.begin(), qualities.end(), quality_.begin());
    std::copy(probabilities.begin(), probabilities.end(), probability_.begin());
  }

 private:
  static constexpr double learning = 0.2;  ///< one update stands for a whole generation of children

  [[nodiscard]] double share(std::size_t k) const {
    return used_[k] == 0 ? 0 : static_cast<double>(succeeded_[k]) / static_cast<double>(used_[k]);
  }
  [[nodiscard]] double least() const { return 0.2 / static_cast<double>(size()); }

  void match() {
    double sum = 0;
    for (const double q : quality_) sum += q;
    const double free = 1 - least() * static_cast<double>(size());
    for (std::size_t k = 0; k < size(); ++k) probability_[k] = least() + free * quality_[k] / sum;
  }
  void pursue() {
    const auto best = static_cast<std::size_t>(std::max_element(quality_.begin(), quality_.end()) - quality_.begin());
    const double most = 1 - least() * static_cast<double>(size() - 1);
    for (std::size_t k = 0; k < size(); ++k) probability_[k] += learning * ((k == best ? most : least()) - probability_[k]);
  }

  OperatorChoice choice_;
  std::vector<double> quality_, probability_;
  std::vector<std::size_t> used_, succeeded_;
};

}  // namespace kilter::genetic
