#pragma once
/// @file
/// Text for people and files: shortest round-trip numbers, fixed decimals, both independent of the locale.

#include <charconv>
#include <concepts>
#include <string>

#include "kilter/core/contract.hpp"

namespace kilter {

/// The shortest text that reads back as the same double.
[[nodiscard]] inline std::string to_string(double value) { return detail::to_text(value); }

/// `value` with exactly `decimals` digits after the point.
[[nodiscard]] inline std::string fixed(double value, int decimals) {
  char buffer[512];
  const auto result = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed, decimals);
  return result.ec == std::errc{} ? std::string{buffer, result.ptr} : to_string(value);
}

}  // namespace kilter
