#pragma once
/// @file
/// `Series`: values at a constant step in time. NaN means that the value is missing.

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/time.hpp"
#include "kilter/core/units.hpp"

namespace kilter {

/// The value of a missing observation.
inline constexpr double missing = std::numeric_limits<double>::quiet_NaN();

/// Values at `start, start + step, start + 2 step, …`; value `i` stands for the interval that begins at `time(i)`.
struct Series {
  Time start{};
  Seconds step = units::h;
  std::vector<double> values{};

  [[nodiscard]] std::size_t size() const { return values.size(); }
  [[nodiscard]] bool empty() const { return values.empty(); }
  [[nodiscard]] double operator[](std::size_t i) const { return values[i]; }
  [[nodiscard]] Time time(std::size_t i) const { return start + step * static_cast<double>(i); }
  /// The end of the last interval: where a forecast begins.
  [[nodiscard]] Time end() const { return time(values.size()); }

  /// The part `[first, first + count)`; throws `std::invalid_argument` when it does not lie inside.
  [[nodiscard]] Series slice(std::size_t first, std::size_t count) const {
    require(first <= size(), "first", first, "must not be past the end of the series");
    require(count <= size() - first, "count", count, "must end inside the series");
    const auto begin = values.begin() + static_cast<std::ptrdiff_t>(first);
    return {time(first), step, std::vector<double>(begin, begin + static_cast<std::ptrdiff_t>(count))};
  }
  [[nodiscard]] Series head(std::size_t count) const { return slice(0, count); }
  [[nodiscard]] Series tail(std::size_t count) const {
    require(count <= size(), "count", count, "must not exceed the size of the series");
    return slice(size() - count, count);
  }
};

/// How many values are missing.
[[nodiscard]] inline std::size_t count_missing(std::span<const double> values) {
  std::size_t count = 0;
  for (const double v : values) count += std::isnan(v) ? 1U : 0U;
  return count;
}

}  // namespace kilter
