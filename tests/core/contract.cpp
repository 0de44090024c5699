#include "kilter/core/contract.hpp"

#include <limits>
#include <stdexcept>
#include <string>

#include "catch.hpp"
#include "kilter/core/error.hpp"

using namespace kilter;
using Catch::Matchers::Message;

TEST_CASE("a broken contract names the argument, its value and what was wanted") {
  CHECK_NOTHROW(require(true, "horizon", 0, "must be positive"));
  CHECK_THROWS_MATCHES(require(false, "horizon", 0, "must be positive"), std::invalid_argument,
                       Message("horizon = 0: must be positive"));
  CHECK_THROWS_MATCHES(require(false, "count", -3L, "must not be negative"), std::invalid_argument,
                       Message("count = -3: must not be negative"));
  CHECK_THROWS_MATCHES(require(false, "size", std::numeric_limits<std::size_t>::max(), "is too large"), std::invalid_argument,
                       Message("size = 18446744073709551615: is too large"));
  CHECK_THROWS_MATCHES(require(false, "alpha", 0.1, "must exceed 1"), std::invalid_argument, Message("alpha = 0.1: must exceed 1"));
  CHECK_THROWS_MATCHES(require(false, "name", std::string{"x y"}, "is unknown"), std::invalid_argument,
                       Message("name = 'x y': is unknown"));
  CHECK_THROWS_MATCHES(require(false, "name", "lit", "is unknown"), std::invalid_argument, Message("name = 'lit': is unknown"));
}

TEST_CASE("only finite numbers pass require_finite") {
  CHECK_NOTHROW(require_finite("x", 0));
  CHECK_NOTHROW(require_finite("x", -std::numeric_limits<double>::max()));
  CHECK_THROWS_MATCHES(require_finite("x", std::nan("")), std::invalid_argument, Message("x = nan: must be finite"));
  CHECK_THROWS_MATCHES(require_finite("x", -HUGE_VAL), std::invalid_argument, Message("x = -inf: must be finite"));
}

// A contract that holds costs nothing at compile time either: it may stand in constant expressions.
static_assert([] {
  require(true, "n", 1, "must be positive");
  return true;
}());

TEST_CASE("a position is written as far as it is known") {
  CHECK(Position{"jobs.csv", 3, 14}.text() == "jobs.csv:3:14");
  CHECK(Position{"jobs.csv", 3}.text() == "jobs.csv:3");
  CHECK(Position{"jobs.csv"}.text() == "jobs.csv");
  CHECK(Position{"jobs.csv", 0, 14}.text() == "jobs.csv");
  CHECK(Position{"", 3, 14}.text() == "input:3:14");
  CHECK(Position{}.text() == "input");
}

TEST_CASE("a parse error says where and what, and survives being copied") {
  const auto read = [] { KILTER_THROW((ParseError{{"week/price.csv", 7, 12}, "'cheap' is not a number"})); };
  CHECK_THROWS_MATCHES(read(), ParseError, Message("week/price.csv:7:12: 'cheap' is not a number"));
  CHECK_THROWS_AS(read(), std::runtime_error);
  try {
    read();
  } catch (const ParseError& error) {
    const ParseError copy = error;
    CHECK(copy.where().file == "week/price.csv");
    CHECK(copy.where().line == 7);
    CHECK(copy.where().column == 12);
    CHECK(std::string{copy.what()} == error.what());
  }
}
