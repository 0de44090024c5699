#include "kilter/telemetry/resample.hpp"

#include <numeric>

#include "support.hpp"

using namespace kilter;
using namespace kilter::telemetry;
using kilter::test::contains;
using kilter::test::misuse;
using kilter::test::WithinAbs;
using kilter::test::WithinRel;

namespace {

Series hourly(std::vector<double> values) { return {Time{3600}, units::h, std::move(values)}; }

double sum(const Series& s) { return std::accumulate(s.values.begin(), s.values.end(), 0.0); }

Series random_series(std::size_t size, Rng& rng) {
  Series out = hourly({});
  for (std::size_t i = 0; i < size; ++i) out.values.push_back(rng.uniform(-5, 10));
  return out;
}

}  // namespace

TEST_CASE("resample: joined intervals say what their kind says") {
  const Series s = hourly({1, 5, 3, 2, 2, 2});
  const Seconds step = 3 * units::h;
  CHECK(resample(s, step, Aggregate::mean).values == std::vector<double>{3, 2});
  CHECK(resample(s, step, Aggregate::sum).values == std::vector<double>{9, 6});
  CHECK(resample(s, step, Aggregate::max).values == std::vector<double>{5, 2});
  CHECK(resample(s, step, Aggregate::last).values == std::vector<double>{3, 2});
  CHECK(resample(s, step, Aggregate::sum).start == s.start);
  CHECK(resample(s, step, Aggregate::sum).step == step);
  CHECK(resample(hourly({-3, -1}), 2 * units::h, Aggregate::max).values == std::vector<double>{-1});
}

TEST_CASE("resample: a missing part or an unfinished interval makes the whole missing") {
  const Series out = resample(hourly({1, missing, 1, 1, 1}), 2 * units::h, Aggregate::sum);
  REQUIRE(out.size() == 3);
  CHECK(std::isnan(out[0]));
  CHECK(out[1] == 2);
  CHECK(std::isnan(out[2]));
  for (const auto kind : {Aggregate::mean, Aggregate::max, Aggregate::last}) {
    CHECK(count_missing(resample(hourly({missing, 1, 1, missing}), 2 * units::h, kind).values) == 2);
  }
}

TEST_CASE("resample: totals and means survive, down and up, and a round trip gives the series back") {
  Rng rng(8);
  for (int round = 0; round < 200; ++round) {
    const std::size_t parts = 1 + rng.index(12);
    const Series s = random_series(parts * (1 + rng.index(20)), rng);
    const Seconds coarse = s.step * static_cast<double>(parts);
    const Seconds fine = s.step / static_cast<double>(parts);
    CHECK_THAT(sum(resample(s, coarse, Aggregate::sum)), WithinAbs(sum(s), 1e-10));
    CHECK_THAT(sum(resample(s, fine, Aggregate::sum)), WithinAbs(sum(s), 1e-10));
    const auto n = static_cast<double>(s.size());
    const Series joined = resample(s, coarse, Aggregate::mean), split = resample(s, fine, Aggregate::mean);
    CHECK_THAT(sum(joined) / static_cast<double>(joined.size()), WithinAbs(sum(s) / n, 1e-11));
    CHECK_THAT(sum(split) / static_cast<double>(split.size()), WithinAbs(sum(s) / n, 1e-11));
    for (const auto kind : {Aggregate::mean, Aggregate::sum, Aggregate::max, Aggregate::last}) {
      const Series back = resample(resample(s, fine, kind), s.step, kind);
      REQUIRE(back.size() == s.size());
      for (std::size_t i = 0; i < s.size(); ++i) REQUIRE_THAT(back[i], WithinAbs(s[i], 1e-12));
    }
    const Series peak = resample(s, coarse, Aggregate::max), mean = resample(s, coarse, Aggregate::mean);
    for (std::size_t i = 0; i < peak.size(); ++i) REQUIRE(peak[i] >= mean[i] - 1e-12);
  }
}

TEST_CASE("resample: steps that do not fit are refused") {
  const Series s = hourly({1, 2});
  for (const double step : {0.0, -60.0, 5400.0, 2500.0, missing, 1 / 0.0}) {
    INFO(step);
    CHECK(contains(misuse([&] { static_cast<void>(resample(s, Seconds{step}, Aggregate::sum)); }), "step = "));
  }
  CHECK(contains(misuse([&] { static_cast<void>(resample({{}, Seconds{}, {1}}, units::h, Aggregate::sum)); }), "series.step = 0"));
  CHECK(resample(hourly({}), units::day, Aggregate::sum).empty());
}

TEST_CASE("fill gaps: each rule does what it says and counts") {
  const double x = missing;
  const auto filled = [](std::vector<double> values, GapFill rule, std::size_t period = 0) {
    return fill_gaps(hourly(std::move(values)), rule, period);
  };
  CHECK(filled({1, x, x, 4}, GapFill::linear).series.values == std::vector<double>{1, 2, 3, 4});
  CHECK(filled({x, 2, x}, GapFill::linear).series.values == std::vector<double>{2, 2, 2});
  CHECK(filled({1, x, x, 4}, GapFill::previous).series.values == std::vector<double>{1, 1, 1, 4});
  CHECK(filled({x, x, 4, x}, GapFill::previous).series.values == std::vector<double>{4, 4, 4, 4});
  CHECK(filled({x, 3, x}, GapFill::zero).series.values == std::vector<double>{0, 3, 0});
  CHECK(filled({x, x}, GapFill::zero).series.values == std::vector<double>{0, 0});
  CHECK(filled({1, 2, 3, x, 5, 6}, GapFill::seasonal, 2).series.values == std::vector<double>{1, 2, 3, 4, 5, 6});
  CHECK(filled({1, x, 3, x, 5, 7}, GapFill::seasonal, 2).series.values == std::vector<double>{1, 7, 3, 7, 5, 7});
  CHECK(filled({1, x, 3, x}, GapFill::seasonal, 2).series.values == std::vector<double>{1, 2, 3, 3});
  CHECK(filled({1, x, 3}, GapFill::seasonal, 100).series.values == std::vector<double>{1, 2, 3});
  CHECK(filled({1, x, x, 4}, GapFill::linear).filled == 2);
  CHECK(filled({1, 2}, GapFill::seasonal).filled == 0);
}

TEST_CASE("fill gaps: observed values stay, nothing is missing afterwards, and a pure season is restored") {
  Rng rng(21);
  for (int round = 0; round < 200; ++round) {
    const std::size_t period = 2 + rng.index(24);
    const Series pattern = random_series(period, rng);
    Series whole = hourly({}), holed = hourly({});
    for (std::size_t i = 0; i < period * 8; ++i) {
      whole.values.push_back(pattern[i % period]);
      holed.values.push_back(i >= period && rng.bernoulli(0.3) ? missing : whole[i]);
    }
    const auto seasonal = fill_gaps(holed, GapFill::seasonal, period);
    CHECK(seasonal.filled == count_missing(holed.values));
    for (std::size_t i = 0; i < whole.size(); ++i) REQUIRE_THAT(seasonal.series[i], WithinAbs(whole[i], 1e-13));
    for (const auto rule : {GapFill::linear, GapFill::previous, GapFill::zero}) {
      const auto out = fill_gaps(holed, rule).series;
      CHECK(count_missing(out.values) == 0);
      for (std::size_t i = 0; i < whole.size(); ++i) REQUIRE((std::isnan(holed[i]) || out[i] == holed[i]));
    }
  }
}

TEST_CASE("fill gaps: what cannot be filled is refused") {
  const Series nothing = hourly({missing, missing});
  for (const auto rule : {GapFill::linear, GapFill::previous, GapFill::seasonal}) {
    CHECK(contains(misuse([&] { static_cast<void>(fill_gaps(nothing, rule, 1)); }), "all of them are missing"));
  }
  CHECK(contains(misuse([&] { static_cast<void>(fill_gaps(hourly({1, missing}), GapFill::seasonal)); }), "period = 0"));
  CHECK(fill_gaps(hourly({}), GapFill::linear).filled == 0);
}
