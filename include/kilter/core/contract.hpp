#pragma once
/// @file
/// How misuse is refused: `require` throws `std::invalid_argument` naming the argument, its value and what was wanted.
/// With exceptions switched off (`-fno-exceptions`) a broken contract ends the program instead.

#include <charconv>
#include <cmath>
#include <concepts>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>

#if defined(__cpp_exceptions) && __cpp_exceptions
#define KILTER_THROW(exception) throw exception
#else
#define KILTER_THROW(exception) ::kilter::detail::die((exception).what())
#endif

namespace kilter {

namespace detail {

[[noreturn]] inline void die(const char* what) {
  std::fputs(what, stderr);
  std::fputc('\n', stderr);
  std::abort();
}

/// A number as text: the shortest form that reads back as the same double, independent of the locale.
inline std::string to_text(double value) {
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  return {buffer, end};
}
template <std::integral I>
std::string to_text(I value) {
  return std::to_string(value);
}
inline std::string to_text(std::string_view value) {
  std::string out{"'"};
  out += value;
  return out += '\'';
}

}  // namespace detail

/// Throws `std::invalid_argument("<argument> = <value>: <wanted>")` unless `condition` holds.
template <class Value>
constexpr void require(bool condition, std::string_view argument, const Value& value, std::string_view wanted) {
  if (!condition) {
    KILTER_THROW(std::invalid_argument(std::string{argument} + " = " + detail::to_text(value) + ": " + std::string{wanted}));
  }
}

/// Throws unless `value` is finite.
inline void require_finite(std::string_view argument, double value) {
  require(std::isfinite(value), argument, value, "must be finite");
}

}  // namespace kilter
