#include "kilter/core/time.hpp"

#include <limits>
#include <stdexcept>
#include <string>

#include "catch.hpp"
#include "kilter/core/rng.hpp"

using namespace kilter;
using namespace kilter::units;

TEST_CASE("known moments have their known count of seconds") {
  CHECK(parse_time("1970-01-01T00:00:00Z") == Time{0});
  CHECK(parse_time("1969-12-31T23:59:59Z") == Time{-1});
  CHECK(parse_time("2000-03-01T00:00:00Z") == Time{951868800});
  CHECK(parse_time("2001-09-09T01:46:40Z") == Time{1000000000});
  CHECK(parse_time("2038-01-19T03:14:08Z") == Time{2147483648});
  CHECK(parse_time("2023-11-14T22:13:20Z") == Time{1700000000});
  CHECK(parse_time("1901-12-13T20:45:52Z") == Time{-2147483648});
  CHECK(parse_time("0000-03-01T00:00:00Z") == Time{-719468LL * 86400});
}

TEST_CASE("known dates fall on their known weekdays") {
  const auto weekday = [](const char* text) { return parse_time(text).value().day_of_week(); };
  CHECK(weekday("1970-01-01T12:00:00Z") == 3);  // Thursday
  CHECK(weekday("1969-07-20T20:17:40Z") == 6);  // Sunday: the moon landing
  CHECK(weekday("1752-09-14T00:00:00Z") == 3);  // Thursday: first day of the Gregorian calendar in Britain
  CHECK(weekday("1900-01-01T00:00:00Z") == 0);  // Monday
  CHECK(weekday("2000-01-01T23:59:59Z") == 5);  // Saturday
  CHECK(weekday("2024-02-29T00:00:00Z") == 3);  // Thursday
  CHECK(weekday("2026-01-01T00:00:00Z") == 3);  // Thursday
  CHECK(weekday("2100-01-01T00:00:00Z") == 4);  // Friday
}

TEST_CASE("each day for eleven centuries follows from the one before") {
  // A calendar kept by hand, day by day, is the second method.
  std::int64_t number = parse_time("1500-01-01T00:00:00Z").value().unix_seconds / 86400;
  int weekday = 0;  // 1500-01-01 in the proleptic Gregorian calendar is a Monday
  for (int year = 1500; year < 2600; ++year) {
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    const int lengths[] = {31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    for (int month = 1; month <= 12; ++month) {
      for (int d = 1; d <= lengths[month - 1]; ++d, ++number, weekday = (weekday + 1) % 7) {
        char text[40];
        std::snprintf(text, sizeof text, "%04d-%02d-%02dT06:07:08Z", year, month, d);
        const Time time{number * 86400 + 6 * 3600 + 7 * 60 + 8};
        REQUIRE(to_string(time) == text);
        REQUIRE(parse_time(text) == time);
        REQUIRE(time.day_of_week() == weekday);
        REQUIRE(time.hour_of_day() == 6);
      }
    }
  }
}

TEST_CASE("any second of the years 0 to 9999 survives being written and read") {
  Rng rng{11};
  const auto first = parse_time("0000-01-01T00:00:00Z").value().unix_seconds;
  const auto last = parse_time("9999-12-31T23:59:59Z").value().unix_seconds;
  CHECK(to_string(Time{first}) == "0000-01-01T00:00:00Z");
  CHECK(to_string(Time{last}) == "9999-12-31T23:59:59Z");
  for (int i = 0; i < 20000; ++i) {
    const Time time{first + static_cast<std::int64_t>(rng.index(static_cast<std::size_t>(last - first + 1)))};
    REQUIRE(parse_time(to_string(time)) == time);
  }
}

TEST_CASE("years outside of four digits are written so that they cannot be mistaken") {
  const auto first = parse_time("0000-01-01T00:00:00Z").value().unix_seconds;
  const auto last = parse_time("9999-12-31T23:59:59Z").value().unix_seconds;
  CHECK(to_string(Time{first - 1}) == "-0001-12-31T23:59:59Z");
  CHECK(to_string(Time{last + 1}) == "10000-01-01T00:00:00Z");
  CHECK_FALSE(parse_time(to_string(Time{first - 1})));
  CHECK_FALSE(parse_time(to_string(Time{last + 1})));
}

TEST_CASE("a space for the T and a missing Z are accepted") {
  const Time time = parse_time("2024-02-29T12:34:56Z").value();
  CHECK(parse_time("2024-02-29 12:34:56") == time);
  CHECK(parse_time("2024-02-29T12:34:56") == time);
  CHECK(parse_time("2024-02-29 12:34:56Z") == time);
}

TEST_CASE("a text that is no time, or no real date, is refused") {
  const std::string text = GENERATE(
      as<std::string>{}, "", "Z", "2024", "2024-02-30T00:00:00Z", "2023-02-29T00:00:00Z", "1900-02-29T00:00:00Z",
      "2024-04-31T00:00:00Z", "2024-00-01T00:00:00Z", "2024-13-01T00:00:00Z", "2024-01-00T00:00:00Z", "2024-01-32T00:00:00Z",
      "2024-01-01T24:00:00Z", "2024-01-01T00:60:00Z", "2024-01-01T00:00:60Z", "2024-01-01T00:00:00z", "2024-01-01t00:00:00Z",
      "2024-1-01T00:00:00Z", "2024-01-01T00:00:00+00:00", " 2024-01-01T00:00:00", "2024-01-01T00:00:00 ", "2024/01/01T00:00:00Z",
      "2024-01-01T00.00.00Z", "-024-01-01T00:00:00Z", "+024-01-01T00:00:00Z", "2024-01-01T0a:00:00Z", "2024-01-01T00:00:00ZZ",
      "20240101T000000Z", "2024-01-01", "1700000000", "2024-01-01T 1:00:00Z", "2024-01-01T00:00:0\0Z", "２０２４-01-01T00:00:00Z");
  INFO(text);
  CHECK_FALSE(parse_time(text));
}

TEST_CASE("leap days exist every four years, but not in three centuries of four") {
  for (int year = 1600; year <= 2400; ++year) {
    const bool leap = year % 400 == 0 || (year % 4 == 0 && year % 100 != 0);
    REQUIRE(parse_time(std::to_string(year) + "-02-29T00:00:00Z").has_value() == leap);
  }
}

TEST_CASE("moments and durations add up, rounded to the second") {
  const Time noon = parse_time("2024-02-28T12:00:00Z").value();
  CHECK(to_string(noon + 1 * day) == "2024-02-29T12:00:00Z");
  CHECK(to_string(noon - 28 * day) == "2024-01-31T12:00:00Z");
  CHECK((noon + 90 * min) - noon == 1.5 * h);
  CHECK(noon - (noon + 1 * h) == -1 * h);
  CHECK(noon + 0.4 * s == noon);
  CHECK((noon + 0.6 * s).unix_seconds == noon.unix_seconds + 1);
  CHECK((noon - 0.6 * s).unix_seconds == noon.unix_seconds - 1);
  CHECK(noon < noon + 1 * s);
}

TEST_CASE("the hour and the day are right before 1970 too") {
  CHECK(Time{-1}.hour_of_day() == 23);
  CHECK(Time{-1}.day_of_week() == 2);
  CHECK(Time{-86400}.hour_of_day() == 0);
  CHECK(Time{-86401}.day_of_week() == 1);
}

TEST_CASE("a duration that is no number of seconds is refused") {
  const double bad = GENERATE(std::numeric_limits<double>::quiet_NaN(), HUGE_VAL, -HUGE_VAL, 1e19);
  CHECK_THROWS_AS(Time{0} + Seconds{bad}, std::invalid_argument);
  CHECK_THROWS_AS(Time{0} - Seconds{bad}, std::invalid_argument);
}

static_assert(Time{3600 * 5}.hour_of_day() == 5);
static_assert(Time{0}.day_of_week() == 3);
