#include "kilter/forecast/features.hpp"

#include <array>

#include "catch.hpp"
#include "kilter/core/rng.hpp"
#include "kilter/forecast/least_squares.hpp"
#include "refused.hpp"

using namespace kilter;
using namespace kilter::forecast;
using kilter::test::WithinAbs;
using kilter::test::WithinRel;

namespace {

const Time monday = *parse_time("2024-01-01T00:00:00Z");

double value(const Regressors& x, const std::string& name, std::size_t i) {
  const auto at = std::find(x.names.begin(), x.names.end(), name);
  REQUIRE(at != x.names.end());
  return x.column(static_cast<std::size_t>(at - x.names.begin()))[i];
}

Features everything() {
  return {.trend = 2,
          .fourier = {{24, 3}, {168, 8}, {365.25, 2}},
          .hour_of_day = true,
          .day_of_week = true,
          .month = true,
          .events = {{"launch", monday + 30 * units::h, monday + 40 * units::h}}};
}

}  // namespace

TEST_CASE("regressors are refused by name when they do not fit") {
  Regressors x;
  x.add("a", std::array{1.0, missing, 3.0});
  CHECK(x.rows == 3);
  CHECK_REFUSED(x.add("a", std::array{1.0, 2.0, 3.0}), "'a'");
  CHECK_THROWS_AS(x.add("b", std::array{1.0}), std::invalid_argument);
  CHECK_REFUSED(x.add("b", std::array{1.0, 2.0, -std::numeric_limits<double>::infinity()}), "b = ");
  CHECK_THROWS_AS(x.add("", std::array{1.0, 2.0, 3.0}), std::invalid_argument);
  CHECK_THROWS_AS(x.column(1), std::invalid_argument);
  CHECK(x.columns() == 1);
  CHECK_THROWS_AS(x.slice(2, 2), std::invalid_argument);
  Regressors y;
  y.add("c", std::array{4.0, 5.0, 6.0});
  x.add(y);
  CHECK(x.slice(1, 2).column(1)[1] == 6);
  CHECK_THROWS_AS(x.add(y), std::invalid_argument);
}

TEST_CASE("history and future are two stretches of the same functions of time") {
  Rng rng{1};
  for (int run = 0; run < 50; ++run) {
    Series history{monday + static_cast<double>(rng.index(100000)) * units::min,
                   static_cast<double>(1 + rng.index(7200)) * units::s, std::vector<double>(1 + rng.index(200))};
    const std::size_t horizon = 1 + rng.index(100);
    const Regressors all = regressors(everything(), history.start, history.step, history.size() + horizon, history.start);
    const Regressors past = regressors(everything(), history), future = future_regressors(everything(), history, horizon);
    REQUIRE(past.names == all.names);
    REQUIRE(future.names == all.names);
    for (std::size_t j = 0; j < all.columns(); ++j) {
      for (std::size_t i = 0; i < history.size(); ++i) CHECK(past.column(j)[i] == all.column(j)[i]);
      for (std::size_t i = 0; i < horizon; ++i) {
        CHECK_THAT(future.column(j)[i], WithinAbs(all.column(j)[history.size() + i], 1e-12));
      }
    }
  }
}

TEST_CASE("trend and Fourier pairs have their closed form") {
  const Regressors x = regressors({.trend = 3, .fourier = {{12, 6}, {365.25, 1}}}, monday, units::h, 40, monday - 5 * units::h);
  CHECK(x.columns() == 3 + 11 + 2);
  for (std::size_t i = 0; i < 40; ++i) {
    const double t = static_cast<double>(i) + 5;
    CHECK_THAT(value(x, "trend", i), WithinRel(t / 1000, 1e-15));
    CHECK_THAT(value(x, "trend^3", i), WithinRel(std::pow(t / 1000, 3), 1e-14));
    CHECK_THAT(value(x, "sin 2/12", i), WithinAbs(std::sin(2 * std::numbers::pi * 2 * t / 12), 1e-13));
    CHECK_THAT(value(x, "cos 6/12", i), WithinAbs(static_cast<int>(t) % 2 == 0 ? 1 : -1, 1e-13));
    CHECK_THAT(value(x, "sin 1/365.25", i), WithinAbs(std::sin(2 * std::numbers::pi * t / 365.25), 1e-13));
  }
  CHECK(std::find(x.names.begin(), x.names.end(), "sin 6/12") == x.names.end());
}

TEST_CASE("Fourier pairs are orthogonal over whole periods and far from the origin") {
  const Regressors x = regressors({.fourier = {{24, 12}}}, monday, units::h, 48, monday - 24e9 * units::h);
  CHECK(x.columns() == 23);
  for (std::size_t a = 0; a < x.columns(); ++a) {
    for (std::size_t b = 0; b <= a; ++b) {
      double sum = 0;
      for (std::size_t i = 0; i < 48; ++i) sum += x.column(a)[i] * x.column(b)[i];
      CHECK_THAT(sum, WithinAbs(a != b ? 0 : x.names[a] == "cos 12/24" ? 48 : 24, 1e-10));
    }
  }
}

TEST_CASE("a frequency that two seasons share is there once and the columns are of full rank") {
  const Regressors x = regressors({.trend = 1, .fourier = {{24, 3}, {168, 8}}}, monday, units::h, 500, monday);
  CHECK(x.columns() == 1 + 6 + 14);
  CHECK(std::find(x.names.begin(), x.names.end(), "sin 7/168") == x.names.end());
  const auto fit = least_squares(x, std::vector<double>(500, 1.0), {.intercept = true});
  CHECK(fit.rank == x.columns() + 1);
}

TEST_CASE("the calendar is that of UTC, as contrasts to the first class") {
  const Regressors x = regressors({.hour_of_day = true, .day_of_week = true, .month = true}, monday, units::h, 366 * 24, monday);
  CHECK(x.columns() == 23 + 6 + 11);
  std::vector<double> sums;
  for (std::size_t j = 0; j < x.columns(); ++j) {
    double sum = 0;
    for (std::size_t i = 0; i < x.rows; ++i) {
      REQUIRE((x.column(j)[i] == 0 || x.column(j)[i] == 1));
      sum += x.column(j)[i];
    }
    sums.push_back(sum);
  }
  CHECK(sums[0] == 366);              // each hour once a day
  CHECK(sums[23] == 24 * 53);         // 2024 begins on a Monday and ends on a Tuesday
  CHECK(sums[24] == 24 * 52);         // Wednesday
  CHECK(sums[29] == 24 * 29);         // February
  CHECK(value(x, "hour 1", 0) == 0);  // all contrasts are 0 in the first class
  CHECK(value(x, "hour 23", 23) == 1);
  CHECK(value(x, "Sunday", 6 * 24) == 1);
  CHECK(value(x, "December", 365 * 24) == 1);
  const Regressors w = regressors({.weekend = true}, monday, units::day, 14, monday);
  for (std::size_t i = 0; i < 14; ++i) CHECK(value(w, "weekend", i) == (i % 7 >= 5 ? 1 : 0));
  const Regressors before_1970 = regressors({.month = true}, Time{-1}, units::s, 2, Time{});
  CHECK(value(before_1970, "December", 0) == 1);
  CHECK(value(before_1970, "December", 1) == 0);
}

TEST_CASE("events are shares of the step, joined by name") {
  const auto at = [](double hours) { return monday + hours * units::h; };
  const Regressors x = regressors({.events = {{"launch", at(1), at(2.5)}, {"repair", at(0), at(0)}, {"launch", at(3.25), at(3.5)}}},
                                  monday, units::h, 5, monday);
  REQUIRE(x.names == std::vector<std::string>{"launch", "repair"});
  const double launch[] = {0, 1, 0.5, 0.25, 0};
  for (std::size_t i = 0; i < 5; ++i) {
    CHECK_THAT(value(x, "launch", i), WithinAbs(launch[i], 1e-15));
    CHECK(value(x, "repair", i) == 0);
  }
  const Regressors twice = regressors({.events = {{"a", at(0), at(1)}, {"a", at(0), at(1)}}}, monday, units::h, 1, monday);
  CHECK(value(twice, "a", 0) == 1);
}

TEST_CASE("features refuse what makes no sense") {
  const auto make = [](const Features& features) { return regressors(features, monday, units::h, 5, monday); };
  CHECK_REFUSED(make({.fourier = {{1.5, 1}}}), "fourier.period = 1.5");
  CHECK_REFUSED(make({.fourier = {{24, 13}}}), "fourier.harmonics = 13");
  CHECK_REFUSED(make({.fourier = {{std::nan(""), 1}}}), "fourier.period");
  CHECK_REFUSED(make({.day_of_week = true, .weekend = true}), "weekend");
  CHECK_REFUSED(make({.events = {{"backwards", monday + units::h, monday}}}), "backwards");
  CHECK_REFUSED(make({.events = {{"", monday, monday}}}), "name");
  CHECK_REFUSED(make({.trend = 1, .events = {{"trend", monday, monday}}}), "trend");
  CHECK_THROWS_AS(regressors({}, monday, Seconds{}, 5, monday), std::invalid_argument);
  CHECK(regressors({}, monday, units::h, 5, monday).columns() == 0);
  CHECK(regressors(everything(), monday, units::h, 0, monday).rows == 0);
}

TEST_CASE("lags are the past of the series, and regression on them finds an autoregression") {
  Series y;
  Rng rng{3};
  for (int i = 0; i < 4000; ++i) {
    const std::size_t n = y.size();
    y.values.push_back(2 + (n >= 1 ? 0.5 * y[n - 1] : 0) + (n >= 3 ? 0.3 * y[n - 3] : 0) + rng.normal());
  }
  const Regressors x = lagged(y, std::array<std::size_t, 2>{1, 3});
  CHECK(x.names == std::vector<std::string>{"lag 1", "lag 3"});
  CHECK(std::isnan(x.column(1)[2]));
  CHECK(x.column(1)[3] == y[0]);
  const auto fit = least_squares(x, y.values, {.intercept = true});
  CHECK(fit.rows == 3997);
  CHECK_THAT(fit.coefficients[1], WithinAbs(0.5, 0.05));
  CHECK_THAT(fit.coefficients[2], WithinAbs(0.3, 0.05));
  CHECK_THROWS_AS(lagged(y, std::array<std::size_t, 1>{0}), std::invalid_argument);
  CHECK_THROWS_AS(lagged(y, std::array<std::size_t, 2>{2, 2}), std::invalid_argument);
  CHECK(std::isnan(lagged(y.head(2), std::array<std::size_t, 1>{9}).column(0)[1]));
}
