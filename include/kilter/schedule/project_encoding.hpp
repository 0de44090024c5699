#pragma once
/// @file
/// Orders of activities that respect precedence, with a mode each, as genomes: sampling, crossover, mutation, distance.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <utility>
#include <vector>

#include "kilter/core/rng.hpp"
#include "kilter/schedule/project_generate.hpp"

namespace kilter::schedule::detail {

/// Draws and recombines genomes of one project; allocates nothing after construction.
class ProjectEncoding {
 public:
  explicit ProjectEncoding(const ProjectData& data)
      : data_(&data), taken_(data.size), waits_(data.size), eligible_(data.size), weight_(data.size), position_(data.size) {}

  /// An order drawn by regret-biased random sampling (Drexl 1991) with the latest finish times as priorities: of the activities
  /// that may come next one is drawn with probability proportional to (regret + 1)^`bias`. O(n · activities that may come next).
  void sample(std::span<std::uint32_t> order, int bias, Rng& rng) {
    std::size_t count = 0;
    for (std::uint32_t j = 0; j < data_->size; ++j) {
      waits_[j] = static_cast<std::uint32_t>(data_->links[0].of(j).size());
      if (waits_[j] == 0) eligible_[count++] = j;
    }
    for (std::size_t k = 0; k < data_->size; ++k) {
      const std::size_t at = draw({eligible_.data(), count}, bias, rng);
      const std::uint32_t j = order[k] = eligible_[at];
      eligible_[at] = eligible_[--count];
      for (const std::uint32_t s : data_->links[1].of(j)) {
        if (--waits_[s] == 0) eligible_[count++] = s;
      }
    }
  }

  /// A mode for each activity: any, or (with probability a half for the whole genome) with a liking for short ones.
  void sample_modes(std::span<std::uint32_t> mode, Rng& rng) const {
    const bool short_ones = rng.bernoulli(0.5);
    for (std::size_t j = 0; j < data_->size; ++j) {
      const std::size_t n = data_->modes(j);
      mode[j] = data_->mode_first[j] + static_cast<std::uint32_t>(n > 1 ? rng.index(n) : 0);
      if (!short_ones || n == 1) continue;
      const auto other = data_->mode_first[j] + static_cast<std::uint32_t>(rng.index(n));
      if (data_->duration[other] < data_->duration[mode[j]]) mode[j] = other;
    }
  }

  /// Two-point crossover of orders (Hartmann 1998): the positions before the first cut are the mother's, those up to the second
  /// one hold what the father has first of the rest, the others what the mother has. Between the
  /// cuts lie a quarter to three quarters of all (Debels and Vanhoucke 2007). A mode comes from the parent that its
  /// activity comes from. Respects precedence. O(n).
  void two_point(const ProjectRow& mother, const ProjectRow& father, const ProjectRow& child, Rng& rng) {
    const std::size_t least = data_->size / 4, length = least + rng.index(data_->size / 2 + 1);
    const std::size_t a = rng.index(data_->size - length + 1), b = a + length;
    std::fill(taken_.begin(), taken_.end(), char{0});
    std::size_t at = 0;
    const auto copy = [&](const ProjectRow& from, std::size_t until) {
      for (const std::uint32_t j : from.order) {
        if (at == until) break;
        if (taken_[j] != 0) continue;
        taken_[j] = 1;
        child.order[at++] = j;
        child.mode[j] = from.mode[j];
      }
    };
    copy(mother, a);
    copy(father, b);
    copy(mother, data_->size);
  }

  /// Moves an activity to a place drawn uniformly between its neighbours in precedence, `moves` times; changes modes at random
  /// with probability `mode_rate` each. O(n) a move.
  void mutate(const ProjectRow& row, std::size_t moves, double mode_rate, Rng& rng) {
    const std::size_t n = data_->size;
    for (std::size_t m = 0; m < moves && n > 1; ++m) move(row.order, rng.index(n), rng);
    if (!data_->multi || mode_rate <= 0) return;
    for (std::size_t j = 0; j < n; ++j) {
      const std::size_t modes = data_->modes(j);
      if (modes > 1 && rng.bernoulli(mode_rate)) row.mode[j] = data_->mode_first[j] + static_cast<std::uint32_t>(rng.index(modes));
    }
  }

  /// Sum of the differences of finish times, and `mode_weight` for each other mode. O(n).
  [[nodiscard]] static std::int64_t distance(const ProjectRow& a, const ProjectRow& b, std::int64_t mode_weight) {
    std::int64_t sum = 0;
    for (std::size_t j = 0; j < a.finish.size(); ++j) sum += std::abs(a.finish[j] - b.finish[j]);
    if (mode_weight == 0) return sum;
    std::int64_t other = 0;
    for (std::size_t j = 0; j < a.mode.size(); ++j) other += a.mode[j] != b.mode[j] ? 1 : 0;
    return sum + mode_weight * other;
  }

 private:
  /// The place of one of `eligible`.
  std::size_t draw(std::span<const std::uint32_t> eligible, int bias, Rng& rng) {
    if (bias == 0 || eligible.size() == 1) return rng.index(eligible.size());
    const auto tail = [&](std::uint32_t j) { return data_->head[1][j]; };
    std::int32_t least = tail(eligible[0]);
    for (const std::uint32_t j : eligible) least = std::min(least, tail(j));
    double sum = 0;
    for (std::size_t i = 0; i < eligible.size(); ++i) {
      const double regret = tail(eligible[i]) - least + 1;
      double weight = regret;
      for (int e = 1; e < bias; ++e) weight *= regret;
      weight_[i] = sum += weight;
    }
    const double point = rng.uniform() * sum;
    std::size_t i = 0;
    while (i + 1 < eligible.size() && weight_[i] <= point) ++i;
    return i;
  }

  /// Moves what is at `from` to a place between its last predecessor and its first successor.
  void move(std::span<std::uint32_t> order, std::size_t from, Rng& rng) {
    const std::uint32_t j = order[from];
    for (std::size_t k = 0; k < order.size(); ++k) position_[order[k]] = static_cast<std::uint32_t>(k);
    std::size_t low = 0, high = order.size() - 1;
    for (const std::uint32_t p : data_->links[0].of(j)) low = std::max<std::size_t>(low, position_[p] + 1);
    for (const std::uint32_t s : data_->links[1].of(j)) high = std::min<std::size_t>(high, position_[s] - 1);
    const std::size_t to = low + rng.index(high - low + 1);
    const auto at = [&](std::size_t k) { return order.begin() + static_cast<std::ptrdiff_t>(k); };
    if (to < from) std::rotate(at(to), at(from), at(from + 1));
    if (to > from) std::rotate(at(from), at(from + 1), at(to + 1));
  }

  const ProjectData* data_;
  std::vector<char> taken_;
  std::vector<std::uint32_t> waits_, eligible_;
  std::vector<double> weight_;
  std::vector<std::uint32_t> position_;
};

}  // namespace kilter::schedule::detail
