#pragma once
/// @file
/// `ParetoArchive`: the non-dominated of all that it was shown, bounded on request.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/genetic/hypervolume.hpp"
#include "kilter/genetic/pareto.hpp"

namespace kilter::genetic {

/// What an archive keeps.
struct ArchiveOptions {
  std::size_t capacity = 0;  ///< at most so many; 0: all
  std::vector<double>
      epsilon{};  ///< per objective, > 0: one member per box of these sides, none whose box is dominated; empty: off
  std::vector<double> reference{};  ///< drop who adds least hypervolume below it; empty: drop who has the least crowding distance
};

/// Keeps genomes that no other it was shown dominates. Over capacity it drops the one of least crowding distance (Deb et al. 2002)
/// or of least hypervolume (Knowles, Corne, Fleischer 2003, "Bounded archiving using the Lebesgue measure"); with `epsilon` it
/// keeps an ε-approximation whose size is bounded by the boxes (Laumanns, Thiele, Deb, Zitzler 2002, "Combining convergence and
/// diversity in evolutionary multiobjective optimization"). `insert` costs O(n m), over capacity a crowding distance or n
/// hypervolumes more.
template <class Gene>
class ParetoArchive {
 public:
  /// Throws `std::invalid_argument` for no objective, or an epsilon or reference that does not fit.
  ParetoArchive(std::size_t genome_size, std::size_t objectives, ArchiveOptions options = {})
      : length_(genome_size), m_(objectives), options_(std::move(options)) {
    require(m_ > 0, "objectives", m_, "must be positive");
    require(options_.epsilon.empty() || options_.epsilon.size() == m_, "epsilon", options_.epsilon.size(),
            "must be none or as many as objectives");
    require(options_.reference.empty() || options_.reference.size() == m_, "reference", options_.reference.size(),
            "must be none or as many as objectives");
    for (const double e : options_.epsilon) require(e > 0 && std::isfinite(e), "epsilon", e, "must be positive and finite");
  }

  [[nodiscard]] std::size_t size() const { return values_.size() / m_; }
  [[nodiscard]] std::span<const Gene> genome(std::size_t i) const { return {genes_.data() + i * length_, length_}; }
  [[nodiscard]] std::span<const double> values(std::size_t i) const { return {values_.data() + i * m_, m_}; }
  /// The objectives of all members, row after row.
  [[nodiscard]] std::span<const double> values() const { return values_; }

  /// Offers a genome; true when it is a member afterwards. Refused is who is dominated by a member or equals one in its objectives,
  /// and who is not a number somewhere. Throws `std::invalid_argument` for sizes that do not fit.
  bool insert(std::span<const Gene> genome, std::span<const double> values) {
    require(genome.size() == length_, "genome", genome.size(), "must have the archive's size");
    require(values.size() == m_, "values", values.size(), "must be as many as objectives");
    for (const double v : values) {
      if (std::isnan(v)) return false;
    }
    for (std::size_t i = 0; i < size(); ++i) {
      if (keeps_out(this->values(i), values)) return false;
    }
    drop([&](std::size_t i) { return keeps_out(values, this->values(i)); });
    genes_.insert(genes_.end(), genome.begin(), genome.end());
    values_.insert(values_.end(), values.begin(), values.end());
    if (options_.capacity == 0 || size() <= options_.capacity) return true;
    const std::size_t least = weakest();
    const bool member = least + 1 != size();
    drop([&](std::size_t i) { return i == least; });
    return member;
  }

 private:
  /// True when `a` as a member leaves no room for `b`.
  [[nodiscard]] bool keeps_out(std::span<const double> a, std::span<const double> b) const {
    if (options_.epsilon.empty()) return nowhere_worse(a, b);
    bool better = false;
    for (std::size_t j = 0; j < m_; ++j) {
      const double x = std::floor(a[j] / options_.epsilon[j]), y = std::floor(b[j] / options_.epsilon[j]);
      if (x > y) return false;
      better = better || x < y;
    }
    return better || nowhere_worse(a, b) || (!nowhere_worse(b, a) && corner_distance(a) <= corner_distance(b));
  }

  [[nodiscard]] static bool nowhere_worse(std::span<const double> a, std::span<const double> b) {
    return std::equal(a.begin(), a.end(), b.begin(), [](double x, double y) { return x <= y; });
  }

  /// The squared distance to the lower corner of the box, in sides of the box.
  [[nodiscard]] double corner_distance(std::span<const double> a) const {
    double sum = 0;
    for (std::size_t j = 0; j < m_; ++j) {
      const double share = a[j] / options_.epsilon[j], inside = share - std::floor(share);
      sum += inside * inside;
    }
    return sum;
  }

  /// The member that adds least; of equals the one that came last.
  [[nodiscard]] std::size_t weakest() {
    if (options_.reference.empty()) {
      order_.resize(size());
      std::iota(order_.begin(), order_.end(), std::uint32_t{0});
      worth_.resize(size());
      crowding_(values_, m_, order_, worth_);
    } else {
      worth_ = hypervolume_contributions(values_, options_.reference);
    }
    std::size_t least = 0;
    for (std::size_t i = 1; i < worth_.size(); ++i) {
      if (worth_[i] <= worth_[least]) least = i;
    }
    return least;
  }

  template <class F>
  void drop(F&& goes) {
    std::size_t kept = 0;
    for (std::size_t i = 0, n = size(); i < n; ++i) {
      if (goes(i)) continue;
      if (kept != i) {
        std::copy_n(genes_.begin() + static_cast<std::ptrdiff_t>(i * length_), length_,
                    genes_.begin() + static_cast<std::ptrdiff_t>(kept * length_));
        std::copy_n(values_.begin() + static_cast<std::ptrdiff_t>(i * m_), m_,
                    values_.begin() + static_cast<std::ptrdiff_t>(kept * m_));
      }
      ++kept;
    }
    genes_.resize(kept * length_);
    values_.resize(kept * m_);
  }

  std::size_t length_, m_;
  ArchiveOptions options_;
  std::vector<Gene> genes_;
  std::vector<double> values_, worth_;
  std::vector<std::uint32_t> order_;
  CrowdingDistance crowding_;
};

}  // namespace kilter::genetic
