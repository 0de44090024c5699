#pragma once
/// @file
/// Text for people and files: shortest round-trip numbers, fixed decimals, both independent of the locale.

#include <charconv>
#include <cstddef>
#include <string>
#include <string_view>

#include "kilter/core/contract.hpp"

namespace kilter {

/// The shortest text that reads back as the same double.
[[nodiscard]] inline std::string to_string(double value) { return detail::to_text(value); }

/// `value` with exactly `decimals` digits after the point (0 … 100). What rounds to zero has no sign; "nan" and "inf" for what is
/// not finite.
[[nodiscard]] inline std::string fixed(double value, int decimals) {
  require(decimals >= 0 && decimals <= 100, "decimals", decimals, "must lie in 0 … 100");
  char buffer[416];  // sign, 309 digits, point, 100 digits
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed, decimals).ptr;
  const std::string_view text{buffer, static_cast<std::size_t>(end - buffer)};
  const bool negative_zero = text.front() == '-' && text.find_first_not_of("-0.") == std::string_view::npos;
  return std::string{negative_zero ? text.substr(1) : text};
}

}  // namespace kilter
