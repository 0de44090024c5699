#pragma once
/// @file
/// Modes under non-renewable resources: repair of a choice that overdraws them, and a proof that there is none that does not.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>
#include <vector>

#include "kilter/core/rng.hpp"
#include "kilter/schedule/project_generate.hpp"

namespace kilter::schedule::detail {

/// Changes modes of activities drawn at random, each to the one that lowers the excess most (ties by draw), until nothing is
/// overdrawn or 4 n activities have been tried. Returns the excess that is left.
template <class Generator>
std::int64_t project_repair(const ProjectData& data, Generator& generator, std::span<std::uint32_t> mode, Rng& rng) {
  std::int64_t excess = generator.excess(mode);
  for (std::size_t tries = 4 * data.size; excess > 0 && tries > 0; --tries) {
    const std::size_t j = rng.index(data.size);
    std::uint32_t best = mode[j];
    std::int64_t gain = 0;
    for (std::uint32_t k = data.mode_first[j]; k < data.mode_first[j + 1]; ++k) {
      if (k == mode[j]) continue;
      const std::int64_t change = generator.excess_change(mode[j], k);
      if (change > gain || (change == gain && rng.bernoulli(0.5))) continue;
      best = k;
      gain = change;
    }
    generator.exchange(mode[j], best);
    excess += gain;
  }
  return excess;
}

/// Looks for modes that the non-renewable resources allow, depth first with what the rest needs at least as a bound.
class ProjectModeSearch {
 public:
  explicit ProjectModeSearch(const ProjectData& data)
      : data_(data), left_(data.stock), rest_((data.size + 1) * data.nonrenewables) {
    for (std::size_t j = data.size; j-- > 0;) {
      for (std::size_t r = 0; r < data.nonrenewables; ++r) {
        std::int64_t least = std::numeric_limits<std::int64_t>::max();
        for (std::uint32_t k = data.mode_first[j]; k < data.mode_first[j + 1]; ++k) {
          least = std::min<std::int64_t>(least, data.usage_of(k)[r]);
        }
        rest_[j * data.nonrenewables + r] = rest_[(j + 1) * data.nonrenewables + r] + least;
      }
    }
  }

  enum class Outcome : std::uint8_t { found, none, unknown };

  /// Fills `mode` when there is a choice. Gives up after `nodes` modes tried.
  Outcome run(std::span<std::uint32_t> mode, std::size_t nodes) {
    std::size_t j = 0;
    std::copy(data_.mode_first.begin(), data_.mode_first.end() - 1, mode.begin());
    // mode[j] is the next to try of activity j; those of the activities before it are taken, one less than what is noted.
    while (j < data_.size) {
      if (mode[j] == data_.mode_first[j + 1]) {
        if (j == 0) return Outcome::none;
        mode[j] = data_.mode_first[j];
        --j;
        change(mode[j]++, 1);
        continue;
      }
      if (nodes-- == 0) return Outcome::unknown;
      change(mode[j], -1);
      if (possible(j + 1)) {
        ++j;
      } else {
        change(mode[j]++, 1);
      }
    }
    return Outcome::found;
  }

 private:
  void change(std::uint32_t k, std::int64_t sign) {
    for (std::size_t r = 0; r < left_.size(); ++r) left_[r] += sign * data_.usage_of(k)[r];
  }
  [[nodiscard]] bool possible(std::size_t j) const {
    for (std::size_t r = 0; r < left_.size(); ++r) {
      if (left_[r] < rest_[j * left_.size() + r]) return false;
    }
    return true;
  }

  const ProjectData& data_;
  std::vector<std::int64_t> left_, rest_;
};

}  // namespace kilter::schedule::detail
