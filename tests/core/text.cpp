#include "kilter/core/text.hpp"

#include <bit>
#include <cstdlib>
#include <limits>
#include <string>

#include "catch.hpp"
#include "kilter/core/rng.hpp"

using namespace kilter;
using limits = std::numeric_limits<double>;

TEST_CASE("to_string gives the shortest text of a double") {
  CHECK(to_string(0.1) == "0.1");
  CHECK(to_string(0.1 + 0.2) == "0.30000000000000004");
  CHECK(to_string(1e21) == "1e+21");
  CHECK(to_string(-0.0) == "-0");
  CHECK(to_string(100.0) == "100");
  CHECK(to_string(limits::infinity()) == "inf");
  CHECK(to_string(-limits::infinity()) == "-inf");
  CHECK(to_string(limits::quiet_NaN()) == "nan");
}

TEST_CASE("every double reads back from its text bit for bit") {
  Rng rng{7};
  for (int i = 0; i < 20000; ++i) {
    const auto value = std::bit_cast<double>(rng());
    if (!std::isfinite(value)) continue;
    const std::string text = to_string(value);
    REQUIRE(std::bit_cast<std::uint64_t>(std::strtod(text.c_str(), nullptr)) == std::bit_cast<std::uint64_t>(value));
    REQUIRE(text.size() <= 24);
  }
  for (const double value : {limits::min(), limits::denorm_min(), limits::max(), limits::lowest(), limits::epsilon()}) {
    CHECK(std::strtod(to_string(value).c_str(), nullptr) == value);
  }
}

TEST_CASE("fixed writes exactly the decimals asked for") {
  CHECK(fixed(3.14159, 2) == "3.14");
  CHECK(fixed(2.5, 0) == "2");  // a tie goes to the even digit
  CHECK(fixed(3.5, 0) == "4");
  CHECK(fixed(-1.005, 2) == "-1.00");  // the double lies above -1.005
  CHECK(fixed(1e15, 1) == "1000000000000000.0");
  CHECK(fixed(0, 3) == "0.000");
  CHECK(fixed(limits::quiet_NaN(), 2).find("nan") != std::string::npos);
  CHECK(fixed(-limits::infinity(), 2) == "-inf");
}

TEST_CASE("fixed writes no sign before a zero") {
  CHECK(fixed(-0.001, 2) == "0.00");
  CHECK(fixed(-0.0, 0) == "0");
  CHECK(fixed(-0.4, 0) == "0");
  CHECK(fixed(-0.006, 2) == "-0.01");
  CHECK(fixed(-10, 0) == "-10");
}

TEST_CASE("fixed takes the longest numbers and refuses impossible decimals") {
  const std::string longest = fixed(limits::lowest(), 100);
  CHECK(longest.size() == 1 + 309 + 1 + 100);
  CHECK(longest.substr(0, 6) == "-17976");
  CHECK(fixed(limits::denorm_min(), 100) == "0." + std::string(100, '0'));
  CHECK_THROWS_MATCHES(fixed(1, -1), std::invalid_argument, Catch::Matchers::Message("decimals = -1: must lie in 0 … 100"));
  CHECK_THROWS_AS(fixed(1, 101), std::invalid_argument);
}
