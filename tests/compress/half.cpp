#include "kilter/compress/half.hpp"

#include <cmath>
#include <limits>

#include "catch.hpp"
#include "kilter/core/rng.hpp"

using namespace kilter;
using namespace kilter::compress;

namespace {
/// The value of a half from the definition in IEEE 754, in double arithmetic.
double by_definition(unsigned half) {
  const double sign = (half & 0x8000U) != 0 ? -1 : 1;
  const int exponent = static_cast<int>((half >> 10) & 31U);
  const double fraction = static_cast<double>(half & 1023U) / 1024;
  if (exponent == 31) return sign * std::numeric_limits<double>::infinity();
  return exponent == 0 ? sign * std::ldexp(fraction, -14) : sign * std::ldexp(1 + fraction, exponent - 15);
}
bool is_nan(unsigned half) { return (half & 0x7fffU) > 0x7c00U; }
float bits(std::uint32_t b) { return std::bit_cast<float>(b); }
}  // namespace

TEST_CASE("all 65536 halves: exact to float, and back to the same bits") {
  std::size_t wrong = 0;
  for (unsigned h = 0; h < 65536; ++h) {
    const auto half = static_cast<std::uint16_t>(h);
    const float value = from_half(half);
    if (is_nan(h)) {
      // A NaN keeps sign and payload; a signalling one comes back quiet.
      wrong += !std::isnan(value) || to_half(value) != (h | 0x200U) ? 1U : 0U;
    } else {
      wrong +=
          static_cast<double>(value) != by_definition(h) || std::signbit(value) != (h >> 15 != 0) || to_half(value) != h ? 1U : 0U;
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("between any two neighbouring halves: nearest, and ties to even") {
  std::size_t wrong = 0;
  for (unsigned h = 0; h < 0x7bff; ++h) {
    const double low = by_definition(h), high = by_definition(h + 1), middle = (low + high) / 2;
    const auto even = static_cast<std::uint16_t>(h % 2 == 0 ? h : h + 1);
    const auto m = static_cast<float>(middle);  // exact: one more bit than a half has
    wrong += to_half(m) != even ? 1U : 0U;
    wrong += to_half(-m) != (even | 0x8000U) ? 1U : 0U;
    wrong += to_half(std::nextafter(m, 0.0F)) != h ? 1U : 0U;
    wrong += to_half(std::nextafter(m, 1e9F)) != h + 1 ? 1U : 0U;
  }
  CHECK(wrong == 0);
}

TEST_CASE("overflow, infinity, tiny floats and zero") {
  const float inf = std::numeric_limits<float>::infinity();
  CHECK(to_half(65504.0F) == 0x7bff);
  CHECK(to_half(std::nextafter(65520.0F, 0.0F)) == 0x7bff);
  CHECK(to_half(65520.0F) == 0x7c00);
  CHECK(to_half(3e38F) == 0x7c00);
  CHECK(to_half(inf) == 0x7c00);
  CHECK(to_half(-inf) == 0xfc00);
  CHECK(to_half(0.0F) == 0);
  CHECK(to_half(-0.0F) == 0x8000);
  CHECK(to_half(std::numeric_limits<float>::denorm_min()) == 0);
  CHECK(to_half(-std::numeric_limits<float>::min()) == 0x8000);
  CHECK(is_nan(to_half(std::numeric_limits<float>::quiet_NaN())));
  CHECK(is_nan(to_half(bits(0x7f800001U))));  // payload only in the bits that are dropped
  static_assert(to_half(1.0F) == 0x3c00 && from_half(0x3c00) == 1.0F);
}

TEST_CASE("random floats go to the nearest half") {
  Rng rng{1};
  std::size_t wrong = 0;
  for (int i = 0; i < 200000; ++i) {
    const float value = bits(static_cast<std::uint32_t>(rng()));
    if (!std::isfinite(value) || std::abs(value) >= 65520.0F) continue;
    const auto half = to_half(value);
    const double distance = std::abs(by_definition(half) - static_cast<double>(value));
    // No neighbour in the bits is closer.
    for (const unsigned other : {half + 1U, half - 1U}) {
      if ((other & 0x7fffU) < 0x7c00U)
        wrong += std::abs(by_definition(other & 0xffffU) - static_cast<double>(value)) < distance ? 1U : 0U;
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("a tensor rounded to halves") {
  const Tensor t{1, 3, {1.0F, 1.0F / 3, 1e-9F}};
  const Tensor r = round_to_half(t);
  CHECK(r.values[0] == 1.0F);
  CHECK(r.values[1] == from_half(to_half(1.0F / 3)));
  CHECK(r.values[2] == 0.0F);
  CHECK(round_to_half(Tensor{}).values.empty());
}
