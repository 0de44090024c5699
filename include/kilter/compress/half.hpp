#pragma once
/// @file
/// IEEE 754 binary16 in software: exact both ways, rounding to nearest, ties to even; branch-free enough to vectorise.

#include <bit>
#include <cstddef>
#include <cstdint>

#include "kilter/compress/tensor.hpp"

namespace kilter::compress {

/// The largest finite half.
inline constexpr float largest_half = 65504.0F;

/// The bits of the half nearest to `value` (ties to even). From 65520 on it is infinity; a NaN stays one, keeps its sign and the
/// upper bits of its payload, and becomes quiet.
[[nodiscard]] constexpr std::uint16_t to_half(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = (bits >> 16) & 0x8000U;
  const std::uint32_t magnitude = bits & 0x7fffffffU;
  // Normal: move the exponent bias from 127 to 15 and round away 13 bits; the carry runs into the exponent, as it should.
  const std::uint32_t rebased = magnitude - (112U << 23);
  const std::uint32_t normal = (rebased + 0xfffU + ((rebased >> 13) & 1U)) >> 13;
  // Subnormal: adding 0.5 lines the last bit kept up with the last bit of the sum, so the addition itself rounds.
  const float shifted = std::bit_cast<float>(magnitude) + 0.5F;
  const std::uint32_t subnormal = std::bit_cast<std::uint32_t>(shifted) - std::bit_cast<std::uint32_t>(0.5F);
  const std::uint32_t special = magnitude > 0x7f800000U ? 0x7e00U | ((magnitude >> 13) & 0x3ffU) : 0x7c00U;
  std::uint32_t half = magnitude < (113U << 23) ? subnormal : normal;
  half = magnitude >= 0x477ff000U ? special : half;
  return static_cast<std::uint16_t>(sign | half);
}

/// The float that a half stands for, exactly.
[[nodiscard]] constexpr float from_half(std::uint16_t half) {
  const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000U) << 16;
  const std::uint32_t magnitude = static_cast<std::uint32_t>(half & 0x7fffU) << 13;
  // Read as a float the exponent is 112 too small; multiplying by 2^112 puts that right for subnormals too.
  const float scaled = std::bit_cast<float>(magnitude) * 0x1p112F;
  const std::uint32_t finite = std::bit_cast<std::uint32_t>(scaled);
  const std::uint32_t special = magnitude | 0x7f800000U;
  return std::bit_cast<float>(sign | (magnitude >= 0x0f800000U ? special : finite));
}

/// Each value rounded to half precision and back: what storing weights as fp16 does to them.
[[nodiscard]] inline Tensor round_to_half(TensorView tensor) {
  Tensor out = make_tensor(tensor.rows, tensor.cols);
  for (std::size_t i = 0; i < tensor.size(); ++i) out.values[i] = from_half(to_half(tensor.data[i]));
  return out;
}

}  // namespace kilter::compress
