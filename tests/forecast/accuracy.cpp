#include "kilter/forecast/accuracy.hpp"

#include <map>
#include <sstream>

#include "../../bench/suites/forecast/readers.hpp"
#include "catch.hpp"
#include "data.hpp"
#include "kilter/forecast/baseline.hpp"

using namespace kilter;
using namespace kilter::forecast;
using kilter::test::WithinAbs;
using kilter::test::WithinRel;

static_assert(Forecaster<Naive2>);

namespace {

/// A benchmark set: where its halves lie, its season and its horizon, and the file of what R got.
struct Set {
  std::string train, test, results, forecasts;
  std::size_t season, horizon;
};

const std::vector<Set> sets{
    {"m4/Weekly-train.csv", "m4/Weekly-test.csv", "bench_Weekly.csv", "fc_Weekly.csv", 1, 13},
    {"m3/quarterly-train.csv", "m3/quarterly-test.csv", "bench_QUARTERLY.csv", "fc_QUARTERLY.csv", 4, 8},
    {"m3/monthly-train.csv", "m3/monthly-test.csv", "bench_MONTHLY.csv", "fc_MONTHLY.csv", 12, 18},
    {"m4/Hourly-train.csv", "m4/Hourly-test.csv", "bench_Hourly.csv", "fc_Hourly.csv", 24, 48},
    {"m4/Hourly-train.csv", "m4/Hourly-test.csv", "bench_Hourly_fast.csv", "", 24, 48},
};

const std::string data = std::string{KILTER_SHARED_DATA} + "/forecasting/";

std::map<std::string, bench::Task> tasks(const Set& set) {
  std::size_t unknown = 0;
  std::map<std::string, bench::Task> out;
  const auto train = bench::read_series(data + set.train), test = bench::read_series(data + set.test);
  for (auto& task : bench::pair_up(train, test, set.horizon, {}, set.test, unknown)) out[task.id] = task;
  return out;
}

/// Rows of a reference file as name → value; nothing when it is absent.
std::vector<std::map<std::string, std::string>> reference(const std::string& name) {
  std::vector<std::map<std::string, std::string>> out;
  std::ifstream in(data + "refs/" + name);
  if (!in) return out;
  for (telemetry::CsvReader csv(in, name); csv.next();) {
    out.emplace_back();
    for (std::size_t i = 0; i < csv.size(); ++i) out.back()[csv.names()[i]] = csv[i];
  }
  return out;
}

double number(const std::string& text) { return telemetry::parse_number(text).value_or(missing); }

}  // namespace

TEST_CASE("OWA is 1 for Naive2 itself, and the mean of the two ratios") {
  CHECK(owa(13.564, 1.912, 13.564, 1.912) == 1);
  // The published totals of the M4 competition: its winner, and the combination that served as a benchmark.
  CHECK_THAT(owa(11.374, 1.536, 13.564, 1.912), WithinAbs(0.821, 5e-4));
  CHECK_THAT(owa(12.555, 1.663, 13.564, 1.912), WithinAbs(0.898, 5e-4));
  CHECK(std::isnan(owa(1, 1, 0, 1)));
  CHECK(std::isnan(owa(1, missing, 1, 1)));
}

TEST_CASE("Naive2 gives back a product of a level and a season exactly") {
  const std::vector<double> season{1.5, 0.5, 0.75, 1.25};
  Series y{{}, units::h, {}};
  for (std::size_t t = 0; t < 22; ++t) y.values.push_back(80 * season[t % 4]);
  const auto fit = Naive2{4}.fit(y);
  REQUIRE(fit.factors.size() == 4);
  const Forecast f = fit.forecast(9);
  for (std::size_t h = 0; h < 9; ++h) CHECK_THAT(f.mean[h], WithinRel(80 * season[(22 + h) % 4], 1e-13));
  y.values[21] *= 1.1;  // the level of the last value carries on to every phase
  const Forecast raised = Naive2{4}.fit(y).forecast(4);
  CHECK_THAT(raised.mean[1] / raised.mean[0], WithinRel(1.25 / 0.75, 0.02));
  CHECK_THAT(raised.mean[0], WithinRel(80 * 0.75 * 1.1, 0.03));
}

TEST_CASE("Naive2 is the naive forecast where there is no season to be sure of") {
  Rng rng{1};
  Series y{{}, units::h, {}};
  std::size_t seasonal = 0;
  for (int run = 0; run < 1000; ++run) {
    y.values.clear();
    for (int t = 0; t < 60; ++t) y.values.push_back(100 + rng.normal());
    seasonal += Naive2{12}.fit(y).factors.size() > 1 ? 1U : 0U;
  }
  CHECK(seasonal > 20);  // a test at 90 %, conservative at a lag that is long for the series
  CHECK(seasonal < 130);
  CHECK(Naive2{1}.fit(y).forecast(3).quantiles == Naive{}.fit(y).forecast(3).quantiles);
  CHECK(Naive2{21}.fit(y).factors == std::vector<double>{1});  // less than three periods
  Series around_zero{{}, units::h, {}};
  for (int t = 0; t < 60; ++t) around_zero.values.push_back(t % 4 < 2 ? -1 : 1);
  CHECK(Naive2{4}.fit(around_zero).factors == std::vector<double>{1});  // no multiplicative season
  CHECK(ok(Naive2{4}.fit(around_zero).status));
  CHECK(Naive2{4}.fit(Series{}).status == Status::infeasible);
  CHECK_THROWS_AS(Naive2{0}.fit(y), std::invalid_argument);
}

TEST_CASE("Naive2 steps over missing values, and its paths follow its forecast") {
  Rng rng{2};
  Series y{{}, units::h, {}};
  for (std::size_t t = 0; t < 96; ++t) y.values.push_back(static_cast<double>(t % 12 + 1) * (10 + 0.02 * rng.normal()));
  Series gaps = y;
  for (double& v : gaps.values) v = rng.bernoulli(0.03) ? missing : v;
  const auto fit = Naive2{12}.fit(gaps);
  const Forecast f = fit.forecast(24);
  REQUIRE(fit.factors.size() == 12);
  for (std::size_t h = 0; h < 24; ++h) CHECK_THAT(f.mean[h], WithinRel(10 * (static_cast<double>(h % 12) + 1), 0.05));
  const Forecast drawn = pointwise(fit.simulate(24, 10000, rng));
  for (std::size_t h = 0; h < 24; ++h) {
    const double deviation = f.quantile(normal_cdf(1), h) - f.mean[h];
    CHECK_THAT((drawn.quantile(0.9, h) - f.quantile(0.9, h)) / deviation, WithinAbs(0, 0.1));
  }
}

TEST_CASE("baselines score on M3 and M4 to the digits R printed") {
  for (const Set& set : sets) {
    const auto rows = reference(set.results);
    if (rows.empty()) {
      WARN("no reference " << set.results);
      continue;
    }
    const auto all = tasks(set);
    std::size_t compared = 0;
    for (const auto& row : rows) {
      const auto task = all.find(row.at("id"));
      const std::string& method = row.at("method");
      if (task == all.end() || (method != "naive2" && method != "snaive" && method != "snaive24")) continue;
      const Series& y = task->second.train;
      const auto mean = method == "naive2" ? Naive2{set.season}.fit(y).forecast(set.horizon)
                                           : SeasonalNaive{set.season}.fit(y).forecast(set.horizon);
      CHECK_THAT(smape(task->second.test, mean.mean), WithinAbs(number(row.at("smape")), 6e-6));
      CHECK_THAT(mase(task->second.test, mean.mean, y.values, set.season), WithinAbs(number(row.at("mase")), 6e-6));
      ++compared;
    }
    CHECK(compared > 5);
  }
}

TEST_CASE("the measures of R's own forecasts and intervals are those that R printed") {
  for (const Set& set : sets) {
    std::map<std::pair<std::string, std::string>, std::vector<std::vector<double>>> columns;
    for (const auto& row : reference(set.forecasts.empty() ? "none" : set.forecasts)) {
      auto& into = columns[{row.at("id"), row.at("method")}];
      into.resize(4);
      std::size_t i = 0;
      for (const char* name : {"actual", "mean", "lo95", "hi95"}) into[i++].push_back(number(row.at(name)));
    }
    if (columns.empty()) {
      WARN("no reference forecasts for " << set.results);
      continue;
    }
    const auto all = tasks(set);
    std::size_t compared = 0;
    for (const auto& row : reference(set.results)) {
      const auto found = columns.find({row.at("id"), row.at("method")});
      const auto task = all.find(row.at("id"));
      if (found == columns.end() || task == all.end() || row.at("cover95") == "NA") continue;
      const auto& [actual, mean, lower, upper] = std::tie(found->second[0], found->second[1], found->second[2], found->second[3]);
      const auto& history = task->second.train.values;
      CHECK_THAT(smape(actual, mean), WithinAbs(number(row.at("smape")), 6e-6));
      CHECK_THAT(mase(actual, mean, history, set.season), WithinAbs(number(row.at("mase")), 6e-6));
      CHECK_THAT(coverage(actual, lower, upper), WithinAbs(number(row.at("cover95")), 6e-5));
      CHECK_THAT(msis(actual, lower, upper, history, set.season), WithinRel(number(row.at("msis95")), 1e-4));
      ++compared;
    }
    CHECK(compared > 5);
  }
}

TEST_CASE("the layouts of M3 and M4 are told apart by what is in them") {
  std::istringstream m4{"\"V1\",\"V2\",\"V3\",\"V4\"\r\n\"H1\",\"605\",\"586.5\",\"\"\r\nH2,3,NA,5\r\n"};
  const auto quoted = bench::read_series(m4, "m4.csv");
  REQUIRE(quoted.size() == 2);
  CHECK(quoted[0].id == "H1");
  CHECK(quoted[0].series.values == std::vector<double>{605, 586.5});
  CHECK(quoted[1].series.size() == 3);
  CHECK(std::isnan(quoted[1].series[1]));
  std::istringstream m3{"N0001,MICRO,1975:1,940.66,1084.86\n\nN0002,MICRO,1975:1,7\n"};
  const auto dated = bench::read_series(m3, "m3.csv");
  REQUIRE(dated.size() == 2);
  CHECK(dated[0].series.values == std::vector<double>{940.66, 1084.86});
  CHECK(dated[1].line == 3);
}

TEST_CASE("a bad file of series is refused with its line") {
  const auto message = [](const std::string& text) -> std::string {
    std::istringstream in{text};
    try {
      static_cast<void>(bench::read_series(in, "f.csv"));
    } catch (const ParseError& error) {
      return error.what();
    }
    return "accepted";
  };
  CHECK(message("A,1,2\nB,1,x7\n") == "f.csv:2:5: 'x7' is not a finite number");
  CHECK(message("A,1,2\nB,1,inf\n") == "f.csv:2:5: 'inf' is not a finite number");
  CHECK(message("A,1\nA,2\n") == "f.csv:2: series 'A' occurs twice");
  CHECK(message("A,1\nB,,NA\n") == "f.csv:2: series 'B' has no values");
  CHECK(message("A,1\n,2\n") == "f.csv:2:1: the series has no name");
  CHECK(message("V1,V2\n") == "f.csv: no series in it");
  std::istringstream train{"A,1,2\nB,3,4\n"}, test{"A,1,2\nB,3\n"}, other{"B,1,2\n"};
  const auto history = bench::read_series(train, "train"), truth = bench::read_series(test, "test");
  std::size_t unknown = 0;
  CHECK_THROWS_AS(bench::pair_up(history, truth, 2, {}, "test", unknown), ParseError);
  CHECK_THROWS_AS(bench::pair_up(history, bench::read_series(other, "o"), 2, {}, "o", unknown), ParseError);
  CHECK(bench::pair_up(history, truth, 2, {"A", "Z"}, "test", unknown).size() == 1);
  CHECK(unknown == 1);
}
