#pragma once
/// @file
/// `Population`: genomes as rows of one flat vector, with what they are worth.

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstring>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "kilter/genetic/problem.hpp"

namespace kilter::genetic {

namespace detail {

/// Equality of genes: their own where they have one, else that of their bytes.
template <class G>
[[nodiscard]] bool same_gene(const G& a, const G& b) {
  if constexpr (std::equality_comparable<G>) {
    return a == b;
  } else {
    return std::memcmp(&a, &b, sizeof(G)) == 0;
  }
}

/// Equality of rows of one length; integers are compared as bytes.
template <class G>
[[nodiscard]] bool same_genome(std::span<const G> a, std::span<const G> b) {
  if constexpr (std::integral<G>) {
    return a.empty() || std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
  } else {
    return std::equal(a.begin(), a.end(), b.begin(), [](const G& x, const G& y) { return same_gene(x, y); });
  }
}

}  // namespace detail

/// `size()` genomes of `genome_size()` genes each in one vector, row by row. Rows keep their place; nothing is allocated but by
/// `resize` beyond what was reserved.
template <class G>
class Population {
 public:
  Population() = default;
  Population(std::size_t size, std::size_t genome_size)
      : genome_size_(genome_size), genes_(size * genome_size), evaluations_(size) {}

  [[nodiscard]] std::size_t size() const { return evaluations_.size(); }
  [[nodiscard]] std::size_t genome_size() const { return genome_size_; }

  [[nodiscard]] std::span<G> row(std::size_t i) { return {genes_.data() + i * genome_size_, genome_size_}; }
  [[nodiscard]] std::span<const G> row(std::size_t i) const { return {genes_.data() + i * genome_size_, genome_size_}; }
  [[nodiscard]] Evaluation& operator[](std::size_t i) { return evaluations_[i]; }
  [[nodiscard]] const Evaluation& operator[](std::size_t i) const { return evaluations_[i]; }
  [[nodiscard]] double cost(std::size_t i) const { return evaluations_[i].cost; }
  [[nodiscard]] double violation(std::size_t i) const { return evaluations_[i].violation; }

  /// All rows one after the other, and what they are worth.
  [[nodiscard]] std::span<G> genes() { return genes_; }
  [[nodiscard]] std::span<const G> genes() const { return genes_; }
  [[nodiscard]] std::span<Evaluation> evaluations() { return evaluations_; }
  [[nodiscard]] std::span<const Evaluation> evaluations() const { return evaluations_; }

  void reserve(std::size_t size) {
    genes_.reserve(size * genome_size_);
    evaluations_.reserve(size);
  }
  void resize(std::size_t size) {
    genes_.resize(size * genome_size_);
    evaluations_.resize(size);
  }

  /// Overwrites row `i` with row `j` of `other`, which has genomes of the same size.
  void copy(std::size_t i, const Population& other, std::size_t j) {
    const auto from = other.row(j);
    std::copy(from.begin(), from.end(), row(i).begin());
    evaluations_[i] = other.evaluations_[j];
  }

  /// True when rows `i` here and `j` of `other` are the same genome.
  [[nodiscard]] bool same(std::size_t i, const Population& other, std::size_t j) const {
    return detail::same_genome(row(i), other.row(j));
  }

  void swap(Population& other) noexcept {
    std::swap(genome_size_, other.genome_size_);
    genes_.swap(other.genes_);
    evaluations_.swap(other.evaluations_);
  }

 private:
  std::size_t genome_size_ = 0;
  std::vector<G> genes_;
  std::vector<Evaluation> evaluations_;
};

/// True when individual `i` ranks before `j`: the better one, of equals the one of lower index.
template <class G>
[[nodiscard]] bool ranks_before(const Population<G>& population, std::size_t i, std::size_t j) {
  const Evaluation &a = population[i], &b = population[j];
  if (a.violation != b.violation) return a.violation < b.violation;
  return a.cost != b.cost ? a.cost < b.cost : i < j;
}

/// Overwrites `order` with the indices of `population`, the best `count` of them in front in order. O(n log count), no allocation
/// once `order` has grown.
template <class G>
void rank(const Population<G>& population, std::size_t count, std::vector<std::size_t>& order) {
  order.resize(population.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto middle = order.begin() + static_cast<std::ptrdiff_t>(std::min(count, order.size()));
  std::partial_sort(order.begin(), middle, order.end(),
                    [&](std::size_t i, std::size_t j) { return ranks_before(population, i, j); });
}

}  // namespace kilter::genetic
