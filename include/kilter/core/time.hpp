#pragma once
/// @file
/// `Time`: a moment in UTC, counted in whole seconds from 1970-01-01T00:00:00Z, with ISO 8601 text.

#include <charconv>
#include <cmath>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "kilter/core/contract.hpp"
#include "kilter/core/units.hpp"

namespace kilter {

/// A moment in UTC. `Time + Seconds` rounds to the nearest second and throws `std::invalid_argument` unless the seconds are finite
/// and fit in 62 bits.
struct Time {
  std::int64_t unix_seconds = 0;

  friend constexpr auto operator<=>(Time, Time) = default;
  friend constexpr Seconds operator-(Time a, Time b) { return Seconds{static_cast<double>(a.unix_seconds - b.unix_seconds)}; }
  friend Time operator+(Time t, Seconds d) { return {t.unix_seconds + whole(d)}; }
  friend Time operator-(Time t, Seconds d) { return {t.unix_seconds - whole(d)}; }

  /// Hour of the day in UTC, 0 … 23.
  [[nodiscard]] constexpr int hour_of_day() const { return static_cast<int>(floor_mod(unix_seconds, 86400) / 3600); }
  /// Day of the week in UTC, Monday = 0 … Sunday = 6 (1970-01-01 was a Thursday).
  [[nodiscard]] constexpr int day_of_week() const {
    return static_cast<int>(floor_mod((unix_seconds - floor_mod(unix_seconds, 86400)) / 86400 + 3, 7));
  }

 private:
  static std::int64_t whole(Seconds d) {
    require(std::abs(d.base()) < 0x1p62, "duration", d.base(), "must be finite and below 2^62 s");
    return std::llround(d.base());
  }
  static constexpr std::int64_t floor_mod(std::int64_t a, std::int64_t b) { return ((a % b) + b) % b; }
};

namespace detail {

/// Days from 1970-01-01 of a proleptic Gregorian date, and back (Hinnant, "chrono-Compatible Low-Level Date Algorithms").
constexpr std::int64_t days_from_civil(std::int64_t y, unsigned m, unsigned d) {
  y -= m <= 2 ? 1 : 0;
  const std::int64_t era = (y >= 0 ? y : y - 399) / 400;
  const auto yoe = static_cast<unsigned>(y - era * 400);
  const unsigned doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
  const unsigned doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
  return era * 146097 + static_cast<std::int64_t>(doe) - 719468;
}

struct CivilDate {
  std::int64_t year;
  unsigned month;
  unsigned day;
};

constexpr CivilDate civil_from_days(std::int64_t z) {
  z += 719468;
  const std::int64_t era = (z >= 0 ? z : z - 146096) / 146097;
  const auto doe = static_cast<unsigned>(z - era * 146097);
  const unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  const unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const unsigned mp = (5 * doy + 2) / 153;
  const unsigned m = mp < 10 ? mp + 3 : mp - 9;
  return {static_cast<std::int64_t>(yoe) + era * 400 + (m <= 2 ? 1 : 0), m, doy - (153 * mp + 2) / 5 + 1};
}

constexpr unsigned days_in_month(std::int64_t y, unsigned m) {
  constexpr unsigned days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
  return m == 2 && leap ? 29 : days[m - 1];
}

inline std::optional<unsigned> digits(std::string_view text, std::size_t at, std::size_t count) {
  unsigned value = 0;
  if (at + count > text.size()) return std::nullopt;
  for (std::size_t i = at; i < at + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + static_cast<unsigned>(text[i] - '0');
  }
  return value;
}

/// Appends `value ≥ 0` with at least `width` digits.
inline void append_number(std::string& out, std::int64_t value, std::size_t width) {
  char buffer[20];
  const auto count = static_cast<std::size_t>(std::to_chars(buffer, buffer + sizeof buffer, value).ptr - buffer);
  if (count < width) out.append(width - count, '0');
  out.append(buffer, count);
}

}  // namespace detail

/// Reads `YYYY-MM-DDThh:mm:ssZ` (or a space for the `T`, and without the `Z`); nothing if the text is anything else or no real
/// date.
[[nodiscard]] inline std::optional<Time> parse_time(std::string_view text) {
  if (text.size() == 20 && text.back() == 'Z') text.remove_suffix(1);
  if (text.size() != 19 || text[4] != '-' || text[7] != '-' || (text[10] != 'T' && text[10] != ' ') || text[13] != ':' ||
      text[16] != ':') {
    return std::nullopt;
  }
  const auto year = detail::digits(text, 0, 4), month = detail::digits(text, 5, 2), day = detail::digits(text, 8, 2);
  const auto hour = detail::digits(text, 11, 2), minute = detail::digits(text, 14, 2), second = detail::digits(text, 17, 2);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  if (*month < 1 || *month > 12 || *day < 1 || *day > detail::days_in_month(*year, *month)) return std::nullopt;
  if (*hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  return Time{detail::days_from_civil(*year, *month, *day) * 86400 + *hour * 3600 + *minute * 60 + *second};
}

/// Writes `YYYY-MM-DDThh:mm:ssZ`; years before 0 and after 9999 with a sign or more digits, which `parse_time` does not read.
[[nodiscard]] inline std::string to_string(Time time) {
  const std::int64_t in_day = ((time.unix_seconds % 86400) + 86400) % 86400;
  const auto date = detail::civil_from_days((time.unix_seconds - in_day) / 86400);
  std::string out;
  out.reserve(20);
  if (date.year < 0) out += '-';
  detail::append_number(out, std::abs(date.year), 4);
  const std::int64_t parts[] = {date.month, date.day, in_day / 3600, in_day / 60 % 60, in_day % 60};
  for (std::size_t i = 0; i < 5; ++i) {
    out += "--T::"[i];
    detail::append_number(out, parts[i], 2);
  }
  out += 'Z';
  return out;
}

}  // namespace kilter
