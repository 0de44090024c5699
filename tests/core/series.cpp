#include "kilter/core/series.hpp"

#include <stdexcept>

#include "catch.hpp"

using namespace kilter;
using namespace kilter::units;
using Catch::Matchers::Message;

namespace {
const Series hourly{parse_time("2024-02-28T22:00:00Z").value(), 1 * h, {1, 2, missing, 4, 5}};
}

TEST_CASE("a series knows when each of its values was") {
  CHECK(hourly.size() == 5);
  CHECK_FALSE(hourly.empty());
  CHECK(hourly[3] == 4);
  CHECK(to_string(hourly.time(0)) == "2024-02-28T22:00:00Z");
  CHECK(to_string(hourly.time(3)) == "2024-02-29T01:00:00Z");
  CHECK(to_string(hourly.end()) == "2024-02-29T03:00:00Z");
}

TEST_CASE("a step that is no whole second does not drift") {
  const Series series{Time{0}, 1.0 / 3 * s, std::vector<double>(3'000'000)};
  CHECK(series.end() == Time{1'000'000});
  CHECK(series.time(4) == Time{1});
}

TEST_CASE("a series without values is empty and begins where it ends") {
  const Series none{.start = Time{60}};
  CHECK(none.empty());
  CHECK(none.end() == Time{60});
  CHECK(none.step == 1 * h);
  CHECK(none.head(0).empty());
  CHECK(none.tail(0).start == Time{60});
  CHECK_THROWS_AS(none.head(1), std::invalid_argument);
}

TEST_CASE("a slice keeps the moments of its values") {
  const Series middle = hourly.slice(1, 3);
  CHECK(middle.size() == 3);
  CHECK(middle[0] == 2);
  CHECK(std::isnan(middle[1]));
  CHECK(middle[2] == 4);
  CHECK(middle.start == hourly.time(1));
  CHECK(middle.step == hourly.step);
  CHECK(hourly.slice(5, 0).start == hourly.end());
}

TEST_CASE("head and tail meet at every cut") {
  for (std::size_t cut = 0; cut <= hourly.size(); ++cut) {
    const Series head = hourly.head(cut);
    const Series tail = hourly.tail(hourly.size() - cut);
    REQUIRE(head.end() == tail.start);
    REQUIRE(head.size() + tail.size() == hourly.size());
    for (std::size_t i = 0; i < tail.size(); ++i) REQUIRE(tail.time(i) == hourly.time(cut + i));
  }
}

TEST_CASE("a part that does not lie inside is refused by name") {
  CHECK_THROWS_MATCHES(hourly.slice(6, 0), std::invalid_argument, Message("first = 6: must not be past the end of the series"));
  CHECK_THROWS_MATCHES(hourly.slice(3, 3), std::invalid_argument, Message("count = 3: must end inside the series"));
  CHECK_THROWS_AS(hourly.slice(1, static_cast<std::size_t>(-1)), std::invalid_argument);
  CHECK_THROWS_MATCHES(hourly.tail(6), std::invalid_argument, Message("count = 6: must not exceed the size of the series"));
}

TEST_CASE("missing values are counted") {
  CHECK(count_missing(hourly.values) == 1);
  CHECK(count_missing({}) == 0);
  CHECK(std::isnan(missing));
  const std::vector<double> extreme{HUGE_VAL, -HUGE_VAL, 0.0, missing, -missing};
  CHECK(count_missing(extreme) == 2);
}
