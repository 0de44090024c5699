#pragma once
/// @file
/// `Paths`: possible futures drawn from a model, and what needs whole futures and not one step at a time: the band that holds all
/// of a path, the peak, the total.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/series.hpp"
#include "kilter/forecast/forecast.hpp"
#include "kilter/forecast/transform.hpp"

namespace kilter::forecast {

/// `count` futures of `horizon` steps that begin at `start`, path by path: step `h` of path `k` is `values[k * horizon + h]`. A
/// model that could not be fitted gives `missing` everywhere.
struct Paths {
  Time start{};
  Seconds step = units::h;
  std::size_t horizon = 0;
  std::size_t count = 0;
  std::vector<double> values{};

  /// Path `k`; throws unless `k` < count.
  [[nodiscard]] std::span<const double> path(std::size_t k) const {
    require(k < count, "k", k, "must be less than the number of paths");
    return std::span{values}.subspan(k * horizon, horizon);
  }
};

/// A lower and an upper value for each step, in the unit of the series.
struct Band {
  Time start{};
  Seconds step = units::h;
  std::vector<double> lower{}, upper{};

  [[nodiscard]] Series lower_series() const { return {start, step, lower}; }
  [[nodiscard]] Series upper_series() const { return {start, step, upper}; }

  /// Whether no step of `path` lies outside; throws unless the lengths are equal.
  [[nodiscard]] bool contains(std::span<const double> path) const {
    require(path.size() == lower.size(), "path.size()", path.size(), "must equal the length of the band");
    for (std::size_t h = 0; h < path.size(); ++h) {
      if (!(path[h] >= lower[h] && path[h] <= upper[h])) return false;
    }
    return true;
  }
};

namespace detail {

/// Throws unless there is a path and as many values as stated.
inline void check_paths(const Paths& paths) {
  require(paths.horizon > 0, "paths.horizon", paths.horizon, "must be positive");
  require(paths.count > 0, "paths.count", paths.count, "must be positive");
  require(paths.values.size() == paths.horizon * paths.count, "paths.values.size()", paths.values.size(),
          "must be horizon times count");
}

inline void check_level(double level) { require(level > 0 && level < 1, "level", level, "must lie between 0 and 1"); }

/// Room for `count` paths, all `missing`; throws when either number is 0.
inline Paths missing_paths(Time start, Seconds step, std::size_t horizon, std::size_t count) {
  Paths out{start, step, horizon, count, std::vector<double>(horizon * count, missing)};
  check_paths(out);
  return out;
}

/// The quantile of ascending values, linear between order statistics (Hyndman and Fan 1996, definition 7).
inline double sorted_quantile(std::span<const double> sorted, double level) {
  const double at = level * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  if (below + 1 >= sorted.size()) return sorted.back();
  return sorted[below] + (at - static_cast<double>(below)) * (sorted[below + 1] - sorted[below]);
}

/// Sorts; values among which one is missing become `missing` throughout, since they have no order.
inline void sort_or_miss(std::vector<double>& values) {
  if (count_missing(values) > 0) {
    std::fill(values.begin(), values.end(), missing);
  } else {
    std::sort(values.begin(), values.end());
  }
}

/// The quantile at `level` of `reduce(path)` over all paths.
template <class Reduce>
double path_quantile(const Paths& paths, double level, Reduce reduce) {
  check_paths(paths);
  check_level(level);
  std::vector<double> reduced;
  for (std::size_t k = 0; k < paths.count; ++k) {
    reduced.push_back(count_missing(paths.path(k)) > 0 ? missing : reduce(paths.path(k)));
  }
  sort_or_miss(reduced);
  return sorted_quantile(reduced, level);
}

/// Mean and standard deviation of one step over all paths.
struct StepMoments {
  double mean = 0, deviation = 0;
};

inline StepMoments step_moments(const Paths& paths, std::size_t h) {
  const auto count = static_cast<double>(paths.count);
  double sum = 0, square = 0;
  for (std::size_t k = 0; k < paths.count; ++k) sum += paths.values[k * paths.horizon + h];
  const double mean = sum / count;
  for (std::size_t k = 0; k < paths.count; ++k) square += std::pow(paths.values[k * paths.horizon + h] - mean, 2);
  return {mean, std::sqrt(square / count)};
}

}  // namespace detail

/// A joint band: a share `level` of whole paths lies inside at every step, where pointwise intervals of the same level hold far
/// fewer. Each step's mean ± one common factor times that step's standard deviation, the factor being the `level` quantile of the
/// largest standardised deviation along a path: the sup-t band (Montiel Olea and Plagborg-Møller 2019, algorithm 1; Wolf and
/// Wunderli 2015 for forecast paths). The ⌈level (count + 1)⌉-th smallest is taken, so that one more path from the same model lies
/// inside with a probability of about `level` and no less; take some hundreds of paths and more for a level near 1. The band is
/// symmetric on the scale of `transform`: give that of the model where the quantity is skewed. `missing` where the paths are.
/// Throws unless 0 < level < 1 and there is a path. O(horizon count).
[[nodiscard]] inline Band simultaneous_band(Paths paths, double level, const Transform& transform = {}) {
  detail::check_paths(paths);
  detail::check_level(level);
  paths.values = detail::forward(transform, paths.values);
  std::vector<detail::StepMoments> moments;
  for (std::size_t h = 0; h < paths.horizon; ++h) moments.push_back(detail::step_moments(paths, h));
  std::vector<double> largest(paths.count, 0.0);
  for (std::size_t i = 0; i < paths.values.size(); ++i) {
    const auto [mean, deviation] = moments[i % paths.horizon];
    double& so_far = largest[i / paths.horizon];
    if (std::isnan(deviation)) so_far = missing;
    if (deviation > 0) so_far = std::max(so_far, std::abs(paths.values[i] - mean) / deviation);
  }
  detail::sort_or_miss(largest);
  const auto rank = static_cast<std::size_t>(std::ceil(level * static_cast<double>(paths.count + 1)));
  const double factor = largest[std::clamp(rank, std::size_t{1}, paths.count) - 1];
  Band out{paths.start, paths.step, {}, {}};
  for (const auto& [mean, deviation] : moments) {
    out.lower.push_back(transform.inverse(mean - factor * deviation));
    out.upper.push_back(transform.inverse(mean + factor * deviation));
  }
  return out;
}

/// The quantile at `level` of the largest value along a path: what a capacity must be to suffice over the whole horizon with that
/// probability. `missing` when a path is. Throws unless 0 < level < 1 and there is a path. O(count (horizon + log count)).
[[nodiscard]] inline double peak(const Paths& paths, double level) {
  return detail::path_quantile(paths, level,
                               [](std::span<const double> path) { return *std::max_element(path.begin(), path.end()); });
}

/// The quantile at `level` of the sum along a path: the energy, the tokens, the cost of the whole horizon. As `peak` otherwise.
[[nodiscard]] inline double total(const Paths& paths, double level) {
  return detail::path_quantile(paths, level, [](std::span<const double> path) {
    double sum = 0;
    for (const double v : path) sum += v;
    return sum;
  });
}

/// The mean and the quantiles at `levels` (ascending) of each step over the paths, step by step. Quantiles are linear between order
/// statistics. Throws unless there is a path and the levels ascend between 0 and 1. O(horizon count log count).
[[nodiscard]] inline Forecast pointwise(const Paths& paths, std::vector<double> levels = default_levels()) {
  detail::check_paths(paths);
  detail::check_levels(levels);
  Forecast out{paths.start, paths.step, {}, std::move(levels), {}};
  out.quantiles.resize(out.levels.size() * paths.horizon);
  std::vector<double> column(paths.count);
  for (std::size_t h = 0; h < paths.horizon; ++h) {
    for (std::size_t k = 0; k < paths.count; ++k) column[k] = paths.values[k * paths.horizon + h];
    out.mean.push_back(detail::step_moments(paths, h).mean);
    detail::sort_or_miss(column);
    for (std::size_t l = 0; l < out.levels.size(); ++l) {
      out.quantiles[l * paths.horizon + h] = detail::sorted_quantile(column, out.levels[l]);
    }
  }
  return out;
}

}  // namespace kilter::forecast
