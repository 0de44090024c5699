#include "kilter/forecast/fit_all.hpp"

#include "catch.hpp"
#include "data.hpp"
#include "kilter/forecast/arima.hpp"
#include "kilter/forecast/baseline.hpp"

using namespace kilter;
using namespace kilter::forecast;

namespace {

std::vector<Series> many(std::size_t count) {
  std::vector<Series> out;
  const Rng rng{1};
  for (std::size_t i = 0; i < count; ++i) {
    Rng own = rng.split(i);
    out.push_back({Time{static_cast<std::int64_t>(i) * 3600}, units::h, test::simulate_arma({.6}, {.3}, 40 + i, own)});
  }
  return out;
}

}  // namespace

TEST_CASE("many series are fitted in order, with the same bits at any number of threads") {
  const std::vector<Series> series = many(30);
  const Arima model{.order = {.p = 1, .q = 1}};
  const auto alone = fit_all(model, series);
  REQUIRE(alone.size() == 30);
  for (const unsigned threads : {1U, 2U, 5U, 64U}) {
    const auto fits = fit_all(model, series, Threads{threads});
    REQUIRE(fits.size() == 30);
    for (std::size_t i = 0; i < 30; ++i) {
      CHECK(fits[i].ar == model.fit(series[i]).ar);
      CHECK(fits[i].sigma2 == alone[i].sigma2);
      CHECK(fits[i].forecast(5).quantiles == alone[i].forecast(5).quantiles);
      CHECK(fits[i].start == series[i].end());
    }
  }
}

TEST_CASE("no series give no fits, a hopeless one a status and not an end to the others") {
  CHECK(fit_all(Naive{}, {}).empty());
  std::vector<Series> series = many(3);
  series[1].values.assign(50, missing);
  const auto fits = fit_all(Naive{}, series, Threads{2});
  CHECK(ok(fits[0].status));
  CHECK(fits[1].status == Status::infeasible);
  CHECK(ok(fits[2].status));
}

TEST_CASE("misuse inside of a fit reaches the caller at any number of threads") {
  std::vector<Series> series = many(4);
  series[2].values[7] = 1e300;
  CHECK_THROWS_AS(fit_all(Naive{}, series), std::invalid_argument);
  CHECK_THROWS_AS(fit_all(Naive{}, series, Threads{3}), std::invalid_argument);
}
