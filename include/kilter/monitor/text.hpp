#pragma once
/// @file
/// Text for reports and exporters: UTF-8, escaping for XML, numbers for people, how wide a text will be.

#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "kilter/core/contract.hpp"
#include "kilter/core/text.hpp"

namespace kilter::monitor {

/// Which values of a quantity are better.
enum class Better : std::uint8_t { none, low, high };

namespace detail {

/// Bytes of the well-formed UTF-8 sequence (RFC 3629) that starts at `at`; 0 if there is none.
inline std::size_t utf8_sequence(std::string_view text, std::size_t at) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(text[i])); };
  const unsigned lead = byte(at);
  if (lead < 0x80) return 1;
  const std::size_t length = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
  if (length == 0 || at + length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xc0U) != 0x80) return 0;
  }
  const unsigned next = byte(at + 1);
  const bool overlong = (lead == 0xe0 && next < 0xa0) || (lead == 0xf0 && next < 0x90);
  const bool outside = (lead == 0xed && next >= 0xa0) || (lead == 0xf4 && next >= 0x90);
  return overlong || outside ? 0 : length;
}

inline bool is_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_sequence(text, at);
    if (length == 0) return false;
    at += length;
  }
  return true;
}

/// What XML does not allow, by any escape: control characters other than tab, line feed and carriage return, and U+FFFE, U+FFFF.
inline bool is_xml(std::string_view sequence) {
  const auto c = static_cast<unsigned char>(sequence[0]);
  if (sequence.size() == 1) return (c >= 0x20 && c != 0x7f) || c == '\t' || c == '\n' || c == '\r';
  return sequence != "\xEF\xBF\xBE" && sequence != "\xEF\xBF\xBF";
}

inline std::string_view xml_entity(char c) {
  switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    default: return {};
  }
}

/// A coordinate: at most two decimals, no trailing zeros, never "-0".
inline std::string coordinate(double value) {
  std::string text = fixed(value, 2);
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

/// A width in em, on the wide side of common sans-serif fonts, so that what is laid out by it does not overlap.
inline double character_width(unsigned char c) {
  constexpr std::string_view narrow = " !'(),./:;I[]`fijlrt|";
  constexpr std::string_view wide = "%@MWmw";
  if (narrow.find(static_cast<char>(c)) != std::string_view::npos) return 0.37;
  if (wide.find(static_cast<char>(c)) != std::string_view::npos) return 0.94;
  return c >= 'A' && c <= 'Z' ? 0.71 : 0.62;
}

}  // namespace detail

/// `text` ready to stand in XML or HTML, as content or inside a quoted attribute. What is not UTF-8 or not allowed in XML becomes
/// U+FFFD. O(size).
[[nodiscard]] inline std::string escape_xml(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = detail::utf8_sequence(text, at);
    const std::string_view sequence = text.substr(at, length);
    if (length == 0 || !detail::is_xml(sequence)) {
      out += "\xEF\xBF\xBD";
    } else if (const auto entity = detail::xml_entity(sequence[0]); !entity.empty()) {
      out += entity;
    } else {
      out += sequence;
    }
    at += length == 0 ? 1 : length;
  }
  return out;
}

/// A number for people: `decimals` digits after the point, thousands apart by commas, a real minus sign; an en dash when missing.
[[nodiscard]] inline std::string format_number(double value, int decimals) {
  if (std::isnan(value)) return "\u2013";
  if (std::isinf(value)) return value > 0 ? "\u221e" : "\u2212\u221e";
  if (std::abs(value) >= 1e15) return kilter::to_string(value);
  std::string digits = fixed(std::abs(value), decimals);
  const bool negative = value < 0 && digits.find_first_of("123456789") != std::string::npos;
  const std::size_t point = digits.find('.');
  for (std::size_t at = point == std::string::npos ? digits.size() : point; at > 3;) digits.insert(at -= 3, 1, ',');
  std::string out = negative ? "\u2212" : "";
  return out += digits;
}

/// A number for people with about three digits that matter: `12,346`, `4.32`, `0.0123`.
[[nodiscard]] inline std::string format_short(double value) {
  const double size = std::abs(value);
  if (!std::isfinite(value) || size == 0) return format_number(value, 0);
  if (size < 1e-4) return kilter::to_string(value);
  return format_number(value, size >= 99.95 ? 0 : size >= 9.995 ? 1 : size >= 0.9995 ? 2 : 3 + static_cast<int>(-std::log10(size)));
}

/// About how wide `text` will be in pixels at `font_size`.
[[nodiscard]] inline double text_width(std::string_view text, double font_size) {
  double em = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xc0U) != 0x80) em += detail::character_width(byte);
  }
  return em * font_size;
}

}  // namespace kilter::monitor
