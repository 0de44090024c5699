#include "kilter/telemetry/synthetic.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <numeric>

#include "support.hpp"

using namespace kilter;
using namespace kilter::telemetry;
using kilter::test::contains;
using kilter::test::misuse;
using kilter::test::WithinAbs;
using kilter::test::WithinRel;

namespace draws = kilter::telemetry::detail;

namespace {

double mean(const std::vector<double>& v) { return std::accumulate(v.begin(), v.end(), 0.0) / static_cast<double>(v.size()); }

double variance(const std::vector<double>& v) {
  const double m = mean(v);
  double sum = 0;
  for (const double x : v) sum += (x - m) * (x - m);
  return sum / static_cast<double>(v.size());
}

std::vector<double> drawn(std::size_t n, const std::function<double()>& draw) {
  std::vector<double> out(n);
  for (double& v : out) v = draw();
  return out;
}

bool same_jobs(const std::vector<JobRecord>& a, const std::vector<JobRecord>& b, std::size_t count) {
  if (a.size() < count || b.size() < count) return false;
  return std::equal(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(count), b.begin(), [](const auto& x, const auto& y) {
    return x.id == y.id && x.submit == y.submit && x.duration == y.duration && x.gpus == y.gpus && x.group == y.group;
  });
}

bool same_demand(const Workload& a, const Workload& b) {
  return a.requests.values == b.requests.values && a.gpu_seconds.values == b.gpu_seconds.values;
}

bool same_site(const SiteSignals& a, const SiteSignals& b) {
  return a.price.values == b.price.values && a.carbon.values == b.carbon.values && a.temperature.values == b.temperature.values;
}

/// The mean over the hours of the workload for which `wanted` holds.
double mean_where(const Series& series, const std::function<bool(Time)>& wanted) {
  std::vector<double> chosen;
  for (std::size_t t = 0; t < series.size(); ++t) {
    if (wanted(series.time(t))) chosen.push_back(series[t]);
  }
  return mean(chosen);
}

}  // namespace

TEST_CASE("draws: gamma variables have their moments") {
  Rng rng(1);
  const std::size_t n = 40'000;
  for (const double shape : {0.2, 1.0, 3.5, 400.0}) {
    const auto v = drawn(n, [&] { return draws::draw_gamma(rng, shape); });
    CHECK_THAT(mean(v), WithinAbs(shape, 5 * std::sqrt(shape / static_cast<double>(n))));
    CHECK_THAT(variance(v), WithinRel(shape, 0.12));
  }
}

TEST_CASE("draws: the mean of a bounded lognormal is the one computed") {
  Rng rng(3);
  for (const double deviation : {0.1, 1.0, 2.0, 4.0}) {
    const draws::BoundedLognormal law{std::log(1200.0), deviation, 60, 345'600};
    const auto v = drawn(100'000, [&] { return law.draw(rng); });
    CHECK_THAT(mean(v), WithinAbs(law.mean(), 5 * std::sqrt(variance(v) / 1e5)));
    CHECK(*std::min_element(v.begin(), v.end()) >= 60);
    CHECK(*std::max_element(v.begin(), v.end()) <= 345'600);
  }
}

TEST_CASE("draws: bursts and noise have expectation 1") {
  draws::Bursts bursts(0.02, 0.4, 2.2, Rng(4));
  CHECK_THAT(mean(drawn(400'000, [&] { return bursts.next_factor(); })), WithinAbs(1, 0.01));
  draws::Autoregression noise(0.6, 0.15, Rng(5));
  CHECK_THAT(mean(drawn(400'000, [&] { return noise.next_factor(); })), WithinAbs(1, 0.003));
  draws::Autoregression weather(0.9, 3, Rng(6));
  const auto v = drawn(400'000, [&] { return weather.next(); });
  CHECK_THAT(variance(v), WithinRel(9, 0.05));
  double lagged = 0;
  for (std::size_t i = 1; i < v.size(); ++i) lagged += v[i] * v[i - 1];
  CHECK_THAT(lagged / static_cast<double>(v.size()) / variance(v), WithinAbs(0.9, 0.01));
  draws::Bursts never(0, 0.4, 2.2, Rng(7));
  for (int i = 0; i < 100; ++i) REQUIRE(never.next_factor() == 1);
}

TEST_CASE("synthetic: it is valid, has the calendar asked for and the same seed makes the same") {
  const Workload w = synthetic_workload();
  check(w);
  CHECK(to_string(w.requests.start) == "2024-11-19T00:00:00Z");
  CHECK(w.requests.size() == 19 * 24);
  CHECK(w.sites.size() == 3);
  CHECK(w.repairs == Repairs{});
  const Workload again = synthetic_workload(), other = synthetic_workload({.seed = 2});
  CHECK(same_demand(w, again));
  CHECK(same_jobs(w.jobs, again.jobs, w.jobs.size()));
  CHECK_FALSE(same_demand(w, other));
  CHECK_FALSE(same_jobs(w.jobs, other.jobs, 10));
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(same_site(w.sites[i], again.sites[i]));
    CHECK_FALSE(w.sites[i].price.values == other.sites[i].price.values);
  }
}

TEST_CASE("synthetic: a change to one part leaves the others, and more days begin with the fewer") {
  const Workload w = synthetic_workload();
  const Workload busier = synthetic_workload({.busy_gpus = 500});
  CHECK_FALSE(same_demand(w, busier));
  CHECK(same_jobs(w.jobs, busier.jobs, w.jobs.size()));
  CHECK(same_site(w.sites[0], busier.sites[0]));

  const Workload trained = synthetic_workload({.training_gpus = 10});
  CHECK(same_demand(w, trained));
  CHECK(trained.jobs.size() < w.jobs.size() / 10);
  CHECK(same_site(w.sites[2], trained.sites[2]));

  SyntheticOptions options;
  options.sites[0].price_noise = 1;
  const Workload nervous = synthetic_workload(options);
  CHECK(same_demand(w, nervous));
  CHECK_FALSE(w.sites[0].price.values == nervous.sites[0].price.values);
  CHECK(w.sites[0].carbon.values == nervous.sites[0].carbon.values);
  CHECK(same_site(w.sites[1], nervous.sites[1]));

  const Workload longer = synthetic_workload({.days = 40});
  CHECK(longer.requests.head(w.requests.size()).values == w.requests.values);
  CHECK(longer.gpu_seconds.head(w.requests.size()).values == w.gpu_seconds.values);
  CHECK(same_jobs(w.jobs, longer.jobs, w.jobs.size()));
  CHECK(longer.sites[1].price.head(w.requests.size()).values == w.sites[1].price.values);
}

TEST_CASE("synthetic: the means asked for come out over a long time") {
  const Workload w = synthetic_workload({.days = 1400, .busy_gpus = 50, .training_gpus = 40, .inference = {.growth_per_week = 0}});
  CHECK_THAT(mean(w.gpu_seconds.values) / 3600, WithinRel(50, 0.03));
  CHECK_THAT(mean(w.gpu_seconds.values) / mean(w.requests.values), WithinRel(28, 0.001));
  double gpu_seconds = 0;
  for (const auto& job : w.jobs) gpu_seconds += job.gpu_seconds();
  CHECK_THAT(gpu_seconds / (1400 * 86400.0), WithinRel(40, 0.06));
  CHECK_THAT(mean(w.sites[2].carbon.values), WithinRel(420, 0.02));
  CHECK_THAT(mean(w.sites[2].temperature.values), WithinAbs(4, 0.6));
}

TEST_CASE("synthetic: demand sleeps at night, rests at weekends, grows and bursts") {
  const Workload w = synthetic_workload({.days = 70});
  std::size_t zero = 0;
  for (std::size_t t = 0; t < w.requests.size(); ++t) {
    const bool quiet = w.requests.time(t).hour_of_day() >= 4 && w.requests.time(t).hour_of_day() < 12;
    REQUIRE((w.requests[t] == 0) == quiet);
    REQUIRE((w.gpu_seconds[t] == 0) == quiet);
    REQUIRE(w.requests[t] == std::floor(w.requests[t]));
    zero += quiet ? 1U : 0U;
  }
  CHECK(zero == 70 * 8);
  const double work_days = mean_where(w.requests, [](Time t) { return t.day_of_week() < 5; });
  const double weekends = mean_where(w.requests, [](Time t) { return t.day_of_week() >= 5; });
  CHECK_THAT(weekends / work_days, WithinAbs(0.5, 0.06));
  CHECK_THAT(mean(w.requests.tail(168).values) / mean(w.requests.head(168).values), WithinRel(std::pow(1.15, 9), 0.25));
  const auto at = [&](int hour) { return mean_where(w.requests, [&](Time t) { return t.hour_of_day() == hour; }); };
  CHECK(at(19) > 2 * at(14));

  const Workload flat = synthetic_workload({.days = 70, .inference = {.growth_per_week = 0, .burst_enter = 0, .noise = 0}});
  const Workload bursty = synthetic_workload({.days = 70, .inference = {.growth_per_week = 0, .noise = 0}});
  const auto peak = [](const Workload& x) { return *std::max_element(x.requests.values.begin(), x.requests.values.end()); };
  CHECK(peak(bursty) > 1.8 * peak(flat));
}

TEST_CASE("synthetic: without noise the counts are Poisson about the rate of the formula") {
  const SyntheticOptions options{.days = 700, .busy_gpus = 0.5, .inference = {.growth_per_week = 0, .burst_enter = 0, .noise = 0}};
  const Workload w = synthetic_workload(options);
  std::vector<double> counts, sizes;
  for (std::size_t t = 0; t < w.requests.size(); ++t) {
    if (w.requests.time(t).hour_of_day() != 19 || w.requests.time(t).day_of_week() >= 5) continue;
    counts.push_back(w.requests[t]);
    sizes.push_back(w.gpu_seconds[t]);
  }
  double profile = 0, at_19 = 0;
  for (int h = 0; h < 24; ++h) {
    const double v = std::max(0.0, std::cos(2 * std::numbers::pi * (h + 0.5 - 20) / 24) + 0.5);
    profile += v / 24;
    if (h == 19) at_19 = v;
  }
  const double rate = 3600 * 0.5 / 28 * at_19 / profile * 7 / 6;
  CHECK_THAT(mean(counts), WithinRel(rate, 0.03));
  CHECK_THAT(variance(counts), WithinRel(rate, 0.25));
  CHECK_THAT(mean(sizes), WithinRel(28 * rate, 0.03));
  CHECK_THAT(variance(sizes), WithinRel(rate * 28 * 28 * (1 + 0.8 * 0.8), 0.25));
}

TEST_CASE("synthetic: gangs are powers of two, most of them small, with heavy tails and groups") {
  const Workload w = synthetic_workload({.days = 200});
  std::map<int, double> sizes;
  std::map<std::string, double> groups;
  std::vector<double> durations;
  double day = 0, night = 0;
  for (std::size_t i = 0; i < w.jobs.size(); ++i) {
    const JobRecord& job = w.jobs[i];
    REQUIRE(job.id == i);
    REQUIRE((i == 0 || w.jobs[i - 1].submit <= job.submit));
    REQUIRE((job.gpus & (job.gpus - 1)) == 0);
    REQUIRE(job.submit.base() < 200 * 86400.0);
    sizes[job.gpus] += 1;
    groups[job.group] += 1;
    durations.push_back(job.duration.base());
    const int hour = (w.requests.start + job.submit).hour_of_day();
    (hour >= 9 && hour < 21 ? day : night) += 1;
  }
  const auto n = static_cast<double>(w.jobs.size());
  const auto weights = SyntheticTraining{}.gang_weights;
  CHECK(sizes.size() == 8);
  for (std::size_t k = 0; k < 8; ++k) CHECK_THAT(sizes[1 << k] / n, WithinAbs(weights[k], 5 * std::sqrt(weights[k] / n)));
  CHECK(groups.size() == 12);
  CHECK_THAT(groups["group-1"] / groups["group-4"], WithinRel(4, 0.1));
  CHECK(day > 1.4 * night);
  std::sort(durations.begin(), durations.end());
  CHECK(durations.front() >= 60);
  CHECK(durations.back() <= 4 * 86400);
  CHECK(durations[durations.size() * 99 / 100] > 50 * durations[durations.size() / 2]);
}

TEST_CASE("synthetic: price and carbon dip at local noon, price peaks in the evening and rests at weekends") {
  const Workload w = synthetic_workload({.days = 140});
  const auto options = synthetic_sites();
  for (std::size_t i = 0; i < 3; ++i) {
    const SiteSignals& site = w.sites[i];
    const auto at = [&](const Series& s, int local) {
      const int utc = ((local - static_cast<int>(options[i].utc_offset_hours)) % 24 + 24) % 24;
      return mean_where(s, [&](Time t) { return t.hour_of_day() == utc; });
    };
    INFO(site.name);
    CHECK(at(site.price, 12) < 0.9 * at(site.price, 6));
    CHECK(at(site.price, 19) > 1.3 * at(site.price, 6));
    CHECK(at(site.carbon, 12) < 0.95 * at(site.carbon, 6));
    CHECK(at(site.temperature, 15) > at(site.temperature, 3) + 5);
    const auto local_day = [&](Time t) { return (t + options[i].utc_offset_hours * units::h).day_of_week(); };
    const double week_days = mean_where(site.price, [&](Time t) { return local_day(t) < 5; });
    CHECK(mean_where(site.price, [&](Time t) { return local_day(t) >= 5; }) < week_days);
    for (std::size_t t = 0; t < site.price.size(); ++t) REQUIRE((site.price[t] >= 0 && site.carbon[t] >= 0));
  }
  const auto& price = w.sites[1].price;
  CHECK(*std::max_element(price.values.begin(), price.values.end()) > 5 * mean(price.values));
}

TEST_CASE("synthetic: options out of range are refused by name") {
  const auto complaint = [](const std::function<void(SyntheticOptions&)>& spoil) {
    SyntheticOptions bad;
    spoil(bad);
    return misuse([&] { static_cast<void>(synthetic_workload(bad)); });
  };
  CHECK(contains(complaint([](auto& o) { o.days = 0; }), "days = 0"));
  CHECK(contains(complaint([](auto& o) { o.start = Time{1}; }), "start = 1"));
  CHECK(contains(complaint([](auto& o) { o.busy_gpus = -1; }), "busy_gpus = -1"));
  CHECK(contains(complaint([](auto& o) { o.training_gpus = missing; }), "training_gpus = nan"));
  CHECK(contains(complaint([](auto& o) { o.inference.quiet_hours = 24; }), "inference.quiet_hours = 24"));
  CHECK(contains(complaint([](auto& o) { o.inference.burst_factor = 100; }), "inference.burst_factor = 100"));
  CHECK(contains(complaint([](auto& o) { o.inference.burst_leave = 0; }), "inference.burst_leave = 0"));
  CHECK(contains(complaint([](auto& o) { o.training.gang_weights = {}; }), "training.gang_weights (sum) = 0"));
  CHECK(contains(complaint([](auto& o) { o.training.gang_weights = {1, -1}; }), "training.gang_weights = -1"));
  CHECK(contains(complaint([](auto& o) { o.training.median = Seconds{1}; }), "training.median = 1"));
  CHECK(contains(complaint([](auto& o) { o.training.longest = Seconds{100}; }), "training.longest = 100"));
  CHECK(contains(complaint([](auto& o) { o.training.groups = 0; }), "training.groups = 0"));
  CHECK(contains(complaint([](auto& o) { o.sites[1].price_dip = 2; }), "sites['plains'].price_dip = 2"));
  CHECK(contains(complaint([](auto& o) { o.sites[0].utc_offset_hours = 99; }), "sites['coast'].utc_offset_hours = 99"));
}

TEST_CASE("synthetic: nothing asked for is nothing made") {
  const Workload w = synthetic_workload({.days = 3, .busy_gpus = 0, .training_gpus = 0, .sites = {}});
  CHECK(mean(w.requests.values) == 0);
  CHECK(mean(w.gpu_seconds.values) == 0);
  CHECK(w.jobs.empty());
  CHECK(w.sites.empty());
  check(w);
}
