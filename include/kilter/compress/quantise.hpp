#pragma once
/// @file
/// Group quantisation by rounding to nearest: integers of 2 to 8 bits, a half-precision scale for each group, packed.

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "kilter/compress/half.hpp"
#include "kilter/compress/pack.hpp"
#include "kilter/compress/tensor.hpp"
#include "kilter/core/contract.hpp"
#include "kilter/core/executor.hpp"

namespace kilter::compress {

/// `QuantizeOptions::group` for one group a row.
inline constexpr std::size_t whole_row = 0;

/// How to quantise.
struct QuantizeOptions {
  int bits = 8;             ///< 2 to 8
  std::size_t group = 128;  ///< weights that share a scale: any number, or `whole_row`; the last group of a row may be shorter
  bool symmetric = true;    ///< codes around 0; otherwise an integer zero point for each group
};

/// A quantised matrix: weight = scale (code - zero), where `zero` is `2^(bits-1) - 1` in the symmetric case.
///
/// Codes of a row are packed without gaps and a row begins on a byte. Scales are halves, row after row, group after group; so are
/// the zero points, one byte each, of which there are none in the symmetric case.
struct QuantizedTensor {
  std::size_t rows = 0;
  std::size_t cols = 0;
  QuantizeOptions options{};
  std::vector<std::uint8_t> codes{};
  std::vector<std::uint16_t> scales{};
  std::vector<std::uint8_t> zeros{};

  /// The bytes that are held: codes, scales and zero points.
  [[nodiscard]] std::size_t bytes() const { return codes.size() + 2 * scales.size() + zeros.size(); }
  /// Bits held per weight, scales and zero points counted; 0 for an empty matrix.
  [[nodiscard]] double bits_per_weight() const {
    return rows * cols == 0 ? 0 : 8 * static_cast<double>(bytes()) / static_cast<double>(rows * cols);
  }
  [[nodiscard]] std::size_t group_size() const { return options.group == whole_row ? cols : std::min(options.group, cols); }
  [[nodiscard]] std::size_t groups_per_row() const { return cols == 0 ? 0 : (cols + group_size() - 1) / group_size(); }
  [[nodiscard]] std::size_t row_bytes() const { return detail::packed_bytes(cols, options.bits); }

  /// The step between codes of the group that holds column `c` of row `r`: no weight is off by more than half of it.
  [[nodiscard]] float step(std::size_t r, std::size_t c) const {
    return from_half(scales[r * groups_per_row() + c / group_size()]);
  }
};

namespace detail {

/// Float bits as a signed integer in the order of the numbers, so that minima and maxima vectorise; NaN ends up beyond infinity.
inline std::int32_t ordered(float value) {
  const auto bits = std::bit_cast<std::int32_t>(value);
  return bits ^ ((bits >> 31) & 0x7fffffff);
}
inline float from_ordered(std::int32_t key) { return std::bit_cast<float>(key ^ ((key >> 31) & 0x7fffffff)); }

struct Range {
  float low = 0;
  float high = 0;
};

/// The range of a group, stretched to hold 0.
inline Range range_of(const float* x, std::size_t n) {
  std::int32_t low = 0, high = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const std::int32_t key = ordered(x[i]);
    low = key < low ? key : low;
    high = key > high ? key : high;
  }
  return {from_ordered(low), from_ordered(high)};
}

/// The smallest half that covers `range` with `levels` steps. Rounding up keeps the ends of the range within half a step; it costs
/// at most one part in 1024 of the step. Refuses a range whose scale is beyond the halves.
inline std::uint16_t scale_for(double range, int levels) {
  const double exact = range / levels;
  require(exact <= static_cast<double>(largest_half), "largest weight", range, "must allow a half-precision scale");
  std::uint16_t half = to_half(static_cast<float>(exact));
  if (static_cast<double>(from_half(half)) < exact) ++half;
  return half;
}

/// Rounds `x inverse` to the nearest integer, ties to even, and adds `zero`: adding 1.5 * 2^23 leaves the integer in the low bits.
inline void encode(const float* x, std::size_t n, float inverse, int zero, int top, std::uint8_t* codes) {
  constexpr float magic = 12582912.0F;
  const std::int32_t offset = std::bit_cast<std::int32_t>(magic) - zero;
  for (std::size_t i = 0; i < n; ++i) {
    std::int32_t code = std::bit_cast<std::int32_t>(x[i] * inverse + magic) - offset;
    code = code < 0 ? 0 : code;
    code = code > top ? top : code;
    codes[i] = static_cast<std::uint8_t>(code);
  }
}

struct GroupGrid {
  std::uint16_t scale = 0;
  int zero = 0;
};

/// Scale and zero point of a group. Symmetric: the largest magnitude on the largest code. Affine: 0 is a code of its own (Jacob et
/// al., CVPR 2018, section 2.1), so zeros stay zeros.
inline GroupGrid grid_of(Range range, const QuantizeOptions& options) {
  const double low = static_cast<double>(range.low), high = static_cast<double>(range.high);
  if (options.symmetric) {
    const int zero = (1 << (options.bits - 1)) - 1;
    return {scale_for(std::max(-low, high), zero), zero};
  }
  const std::uint16_t scale = scale_for(high - low, (1 << options.bits) - 1);
  const double step = static_cast<double>(from_half(scale));
  return {scale, step == 0 ? 0 : static_cast<int>(std::lround(-low / step))};
}

inline void refuse_not_finite(std::span<const float> row, std::size_t r) {
  for (std::size_t c = 0; c < row.size(); ++c) {
    if (std::isfinite(row[c])) continue;
    const std::string name = "weight (" + std::to_string(r) + ", " + std::to_string(c) + ")";
    require(false, name, static_cast<double>(row[c]), "must be finite");
  }
}

/// Quantises row `r`; `buffer` has room for one code a column.
inline void quantise_row(TensorView tensor, std::size_t r, QuantizedTensor& out, std::uint8_t* buffer) {
  const std::span<const float> row = tensor.row(r);
  const std::size_t size = out.group_size(), groups = out.groups_per_row();
  const int top = (1 << out.options.bits) - 1;
  for (std::size_t g = 0; g < groups; ++g) {
    const std::size_t first = g * size, count = std::min(size, row.size() - first);
    const Range range = range_of(row.data() + first, count);
    if (!std::isfinite(range.low) || !std::isfinite(range.high)) refuse_not_finite(row, r);
    const GroupGrid grid = grid_of(range, out.options);
    const float step = from_half(grid.scale);
    encode(row.data() + first, count, step == 0 ? 0 : 1 / step, grid.zero, out.options.symmetric ? top - 1 : top, buffer + first);
    out.scales[r * groups + g] = grid.scale;
    if (!out.options.symmetric) out.zeros[r * groups + g] = static_cast<std::uint8_t>(grid.zero);
  }
  pack(buffer, row.size(), out.options.bits, out.codes.data() + r * out.row_bytes());
}

inline void dequantise_row(const QuantizedTensor& in, std::size_t r, std::span<float> out, std::uint8_t* buffer) {
  const std::size_t size = in.group_size(), groups = in.groups_per_row();
  unpack(in.codes.data() + r * in.row_bytes(), in.cols, in.options.bits, buffer);
  for (std::size_t g = 0; g < groups; ++g) {
    const std::size_t first = g * size, last = std::min(first + size, in.cols);
    const float step = from_half(in.scales[r * groups + g]);
    const int zero = in.options.symmetric ? (1 << (in.options.bits - 1)) - 1 : in.zeros[r * groups + g];
    for (std::size_t c = first; c < last; ++c) out[c] = step * static_cast<float>(buffer[c] - zero);
  }
}

/// Calls `f(row, buffer)` for each row, in blocks of rows large enough to be worth handing to an executor.
template <Executor E, class F>
void for_each_row(std::size_t rows, std::size_t cols, const E& executor, F&& f) {
  const std::size_t block = std::max<std::size_t>(1, (std::size_t{1} << 16) / std::max<std::size_t>(1, cols));
  executor.for_each_index((rows + block - 1) / block, [&](std::size_t b) {
    std::vector<std::uint8_t> buffer(cols);
    for (std::size_t r = b * block; r < std::min(rows, (b + 1) * block); ++r) f(r, buffer.data());
  });
}

inline void check(const QuantizedTensor& q) {
  require(q.options.bits >= 2 && q.options.bits <= 8, "bits", q.options.bits, "must be between 2 and 8");
  const std::size_t groups = q.rows * q.groups_per_row();
  require(q.codes.size() == q.rows * q.row_bytes(), "codes", q.codes.size(), "must hold every row");
  require(q.scales.size() == groups, "scales", q.scales.size(), "must hold one for each group");
  require(q.zeros.size() == (q.options.symmetric ? 0 : groups), "zeros", q.zeros.size(), "must hold one for each affine group");
}

}  // namespace detail

/// Quantises a matrix group by group, rounding to nearest with ties to even. Scales are rounded to halves before they are used, so
/// `dequantise` gives exactly what was chosen; no weight is off by more than half a step (plus 1e-5 of a step of arithmetic).
///
/// Refuses bits outside 2 to 8, weights that are NaN or infinite (naming row and column) and weights too large for a half-precision
/// scale. The result does not depend on the executor. O(rows cols).
template <Executor E = Inline>
[[nodiscard]] QuantizedTensor quantise(TensorView tensor, const QuantizeOptions& options = {}, const E& executor = {}) {
  require(options.bits >= 2 && options.bits <= 8, "bits", options.bits, "must be between 2 and 8");
  QuantizedTensor out{.rows = tensor.rows, .cols = tensor.cols, .options = options};
  out.codes.resize(out.rows * out.row_bytes());
  out.scales.resize(out.rows * out.groups_per_row());
  if (!options.symmetric) out.zeros.resize(out.scales.size());
  detail::for_each_row(out.rows, out.cols, executor,
                       [&](std::size_t r, std::uint8_t* buffer) { detail::quantise_row(tensor, r, out, buffer); });
  return out;
}

/// The matrix that a quantised one stands for; refuses one whose arrays do not fit its shape. O(rows cols).
template <Executor E = Inline>
[[nodiscard]] Tensor dequantise(const QuantizedTensor& quantized, const E& executor = {}) {
  detail::check(quantized);
  Tensor out = make_tensor(quantized.rows, quantized.cols);
  detail::for_each_row(out.rows, out.cols, executor,
                       [&](std::size_t r, std::uint8_t* buffer) { detail::dequantise_row(quantized, r, out.row(r), buffer); });
  return out;
}

}  // namespace kilter::compress
