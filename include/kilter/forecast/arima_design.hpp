#pragma once
/// @file
/// The inside of `Arima`: from a series with gaps and regressors to the stationary problem that is searched, and back.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/series.hpp"
#include "kilter/forecast/arma_likelihood.hpp"
#include "kilter/forecast/dense.hpp"
#include "kilter/forecast/features.hpp"

namespace kilter::forecast::detail {

/// Fills what is missing between others on the line through the nearest values `stride` apart in phase, or else the nearest at all.
inline void fill_gaps(std::vector<double>& y, std::size_t stride) {
  const std::vector<double> seen = y;
  bool left = false;
  for (std::size_t t = 0; t < y.size(); ++t) {
    if (!std::isnan(seen[t])) continue;
    std::size_t before = t, after = t;
    while (before >= stride && std::isnan(seen[before])) before -= stride;
    while (after + stride < y.size() && std::isnan(seen[after])) after += stride;
    if (std::isnan(seen[before]) || std::isnan(seen[after])) {
      y[t] = std::isnan(seen[before]) ? seen[after] : seen[before];
    } else {
      y[t] = seen[before] + (seen[after] - seen[before]) * static_cast<double>(t - before) / static_cast<double>(after - before);
    }
    left = left || std::isnan(y[t]);
  }
  if (left && stride > 1) fill_gaps(y, 1);
}

/// The stretch from the first to the last observed value.
struct Stretch {
  std::size_t first = 0, end = 0;
};

inline Stretch observed_stretch(std::span<const double> y) {
  Stretch out{0, y.size()};
  while (out.first < out.end && std::isnan(y[out.first])) ++out.first;
  while (out.end > out.first && std::isnan(y[out.end - 1])) --out.end;
  return out;
}

/// The series after differencing, appended to `out`.
inline void append_differenced(const Terms& difference, std::size_t differences, std::span<const double> y,
                               std::vector<double>& out) {
  for (std::size_t t = differences; t < y.size(); ++t) out.push_back(y[t] + difference.apply(y, t));
}

/// A series of given differences whose first values are 0, appended to `out`.
inline void append_levels(const Terms& difference, std::size_t differences, std::span<const double> x, std::vector<double>& out) {
  const std::size_t first = out.size();
  out.resize(first + differences, 0.0);
  for (std::size_t t = 0; t < x.size(); ++t) {
    out.push_back(x[t] - difference.apply(std::span{out}.subspan(first), t + differences));
  }
}

/// A problem in standard units, and what leads back from it: x = centre + scale × what is searched, where the regressors' columns
/// (the constant first) are combinations of orthonormal ones: X = Q R.
struct ArimaDesign {
  ArmaProblem problem{};
  double centre = 0, scale = 1;
  std::size_t gaps = 0;            ///< missing values between the others
  std::vector<double> triangle{};  ///< R, row-major, columns × columns; a row of a dropped column is 0
  std::size_t columns = 0;
  std::vector<std::size_t> dropped{};  ///< columns that are combinations of those before them
};

/// A column shorter than this cannot be scaled to length 1 without trouble.
inline constexpr double least_length = 1e-140;

/// Orthonormalises columns one after the other, twice each, and notes those that have next to nothing of their own.
inline void orthonormalise(std::span<double> values, std::size_t rows, ArimaDesign& design) {
  const std::size_t k = design.columns;
  design.triangle.assign(k * k, 0.0);
  for (std::size_t j = 0; j < k; ++j) {
    double* column = values.data() + j * rows;
    const double before = length(column, rows);
    for (int pass = 0; pass < 2; ++pass) {
      for (std::size_t i = 0; i < j; ++i) {
        const double share = dot(values.data() + i * rows, column, rows);
        design.triangle[i * k + j] += share;
        add_scaled(column, -share, values.data() + i * rows, rows);
      }
    }
    const double rest = length(column, rows);
    if (!(rest > 1e-9 * before) || rest < least_length) {
      design.dropped.push_back(j);
      std::fill_n(column, rows, 0.0);
      continue;
    }
    design.triangle[j * k + j] = rest;
    for (std::size_t t = 0; t < rows; ++t) column[t] /= rest;
  }
}

/// Coefficients of the columns themselves from those of the orthonormal ones, in place.
inline void from_orthonormal(const ArimaDesign& design, std::span<double> b) {
  const std::size_t k = design.columns;
  for (std::size_t j = k; j-- > 0;) {
    const double pivot = design.triangle[j * k + j];
    for (std::size_t i = j + 1; i < k; ++i) b[j] -= design.triangle[j * k + i] * b[i];
    b[j] = pivot > 0 ? b[j] / pivot : 0;
  }
}

/// `y` begins and ends with an observed value; `x` has one row a value of `y`.
inline ArimaDesign make_design(const ArimaOrder& order, bool constant, std::vector<double> y, const Regressors& x) {
  ArimaDesign out;
  const std::size_t d = order.differences();
  const Terms difference{difference_polynomial(order)};
  std::vector<std::size_t> gaps;
  for (std::size_t t = 0; t < y.size(); ++t) {
    if (std::isnan(y[t])) gaps.push_back(t);
  }
  if (!gaps.empty()) fill_gaps(y, order.seasonal_d > 0 ? order.period : 1);
  out.problem.order = order;
  out.gaps = gaps.size();
  // A pulse costs O(n r), the filter of whole covariances O(n r²) once: measured, they break even here at any n.
  const std::size_t reach = std::max(order.ar_degree(), order.ma_degree());
  const bool filtered = gaps.size() > 8 + reach / 2;
  std::vector<std::size_t> pulses = gaps;
  if (filtered) std::erase_if(pulses, [d](std::size_t t) { return t >= d; });
  out.problem.flat = pulses.size();
  out.problem.data.length = y.size() - d;
  std::vector<double>& values = out.problem.data.values;
  append_differenced(difference, d, y, values);
  const std::size_t n = values.size();
  // Counted from the first value, so that the mean of equal values is exactly that value.
  for (std::size_t t = 0; t < n && constant; ++t) out.centre += (values[t] - values[0]) / static_cast<double>(n);
  if (constant) out.centre += values[0];
  double square = 0;
  for (const double v : values) square += (v - out.centre) * (v - out.centre);
  const double rms = std::sqrt(square / static_cast<double>(n));
  // What differs from its mean by rounding alone does not differ from it.
  const bool varies = rms > 1e-14 * std::abs(out.centre);
  out.scale = varies ? rms : 1;
  for (double& v : values) v = varies ? (v - out.centre) / out.scale : 0;
  const std::vector<double> polynomial = difference_polynomial(order);
  for (const std::size_t gap : pulses) {
    for (std::size_t t = 0; t < n; ++t) {
      const std::size_t at = t + d;
      values.push_back(at >= gap && at - gap < polynomial.size() ? polynomial[at - gap] : 0);
    }
  }
  const std::size_t first = values.size();
  values.insert(values.end(), constant ? n : 0, 1.0);
  for (std::size_t j = 0; j < x.columns(); ++j) append_differenced(difference, d, {x.column(j), x.rows}, values);
  out.columns = x.columns() + (constant ? 1 : 0);
  orthonormalise(std::span{values}.subspan(first), n, out);
  if (filtered) {
    ArmaStreams& levels = out.problem.levels;
    levels.length = y.size();
    for (std::size_t s = 0; s < out.problem.data.count(); ++s) {
      append_levels(difference, d, {out.problem.data.stream(s), n}, levels.values);
    }
    for (const std::size_t gap : gaps) {
      if (gap >= d) levels.values[gap] = missing;
    }
  }
  return out;
}

}  // namespace kilter::forecast::detail
