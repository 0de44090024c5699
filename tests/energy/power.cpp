#include "kilter/energy/power.hpp"

#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "catch.hpp"
#include "kilter/core/rng.hpp"
#include "refused.hpp"

using namespace kilter;
using namespace kilter::energy;
using kilter::test::WithinAbs;
using kilter::test::WithinRel;

namespace {
struct Square {
  Watts power(double u) const { return Watts{100 + 100 * u * u}; }
};
static_assert(PowerModel<LinearPower> && PowerModel<FanPower> && PowerModel<CurvePower> && PowerModel<Square>);
static_assert(!PowerModel<PiecewiseLinear>);

std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> out;
  std::stringstream in{line};
  for (std::string field; std::getline(in, field, ',');) out.push_back(field);
  return out;
}
}  // namespace

TEST_CASE("power models meet their closed forms") {
  const LinearPower linear{.idle = 100 * units::W, .peak = 400 * units::W};
  CHECK(linear.power(0) == 100 * units::W);
  CHECK(linear.power(1) == 400 * units::W);
  CHECK(linear.power(0.5) == 250 * units::W);
  const FanPower fan{.idle = 100 * units::W, .peak = 400 * units::W};
  CHECK(fan.power(0) == 100 * units::W);
  CHECK(fan.power(1) == 400 * units::W);
  CHECK_THAT(fan.power(0.5).base(), WithinRel(100 + 300 * (1 - std::pow(0.5, 1.4)), 1e-14));
  CHECK(fan.power(0.5) > linear.power(0.5));
  CHECK_THAT((FanPower{.idle = 1 * units::W, .peak = 9 * units::W, .r = 1}.power(0.3).base()), WithinRel(1 + 8 * 0.3, 1e-14));
  CHECK(CurvePower{PiecewiseLinear{{{0, 50}, {1, 150}}}}.power(0.25) == 75 * units::W);
}

TEST_CASE("power models refuse a utilisation outside 0 to 1") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const double u : {-0.01, 1.01, nan}) {
    CHECK_REFUSED((LinearPower{}.power(u)), "utilisation");
    CHECK_REFUSED((FanPower{}.power(u)), "utilisation");
    CHECK_REFUSED((CurvePower{}.power(u)), "utilisation");
  }
  CHECK_REFUSED(((FanPower{.r = 0}.power(0.5))), "r = 0");
}

TEST_CASE("a linearised model agrees at its knots, and keeps the model's shape") {
  const auto convex = linearise(Square{}, 8);
  CHECK(convex.is_convex());
  CHECK(convex.knots().size() == 9);
  for (int i = 0; i <= 8; ++i) CHECK_THAT(convex.value(i / 8.0), WithinRel(Square{}.power(i / 8.0).base(), 1e-14));
  // Between knots a chord of 100 u^2 lies above by at most 100 (1/8)^2 / 4.
  for (double u = 0; u <= 1; u += 0.01) {
    const double gap = convex.value(u) - Square{}.power(u).base();
    CHECK(gap >= -1e-12);
    CHECK(gap <= 100.0 / 64 / 4 + 1e-12);
  }
  CHECK(linearise(FanPower{.idle = 100 * units::W, .peak = 300 * units::W}, 10).is_concave());
  CHECK_REFUSED((linearise(Square{}, 0)), "segments");
}

TEST_CASE("a power limit slows down, more the lower it is") {
  CHECK_THAT(power_cap_speed(1), WithinRel(1.0, 1e-12));
  CHECK(power_cap_speed(1.5) == power_cap_speed(1));
  double last = 1 + 1e-12;
  for (double x = 1; x >= 0.5; x -= 0.01) {
    const double speed = power_cap_speed(x);
    CHECK(speed <= last);
    CHECK(speed > 0);
    // A device at its limit draws x of its power, so work must not cost more energy than without a limit.
    CHECK(speed >= x);
    last = speed;
  }
  CHECK_REFUSED((power_cap_speed(0.3)), "cap_fraction = 0.3");
  CHECK_THROWS_AS(power_cap_speed(std::numeric_limits<double>::quiet_NaN()), std::invalid_argument);
  const PowerLevel level = power_level(700 * units::W, 0.8);
  CHECK_THAT(level.cap.base(), WithinRel(560.0, 1e-12));
  CHECK(level.speed == power_cap_speed(0.8));
  CHECK_REFUSED((power_level(Watts{0}, 0.8)), "unlimited");
}

TEST_CASE("the fit recovers the curve that made the data, also among outliers") {
  Rng rng{3};
  for (int round = 0; round < 20; ++round) {
    const double b = rng.uniform(-0.5, 0.5), c = rng.uniform(0.3, 0.6);
    std::vector<CapObservation> data;
    for (int i = 0; i < 60; ++i) {
      const double x = rng.uniform(0.5, 0.99);
      data.push_back({x, 1 - b - c + b / x + c / (x * x)});
    }
    const auto clean = fit_power_cap(data);
    CHECK_THAT(clean.curve.b, WithinAbs(b, 1e-8));
    CHECK_THAT(clean.curve.c, WithinAbs(c, 1e-8));
    CHECK(clean.mean_error < 1e-10);
    CHECK(clean.observations == 60);
    for (std::size_t i = 0; i < 4; ++i) data[i].relative_time *= 3;
    const auto robust = fit_power_cap(data);
    const auto plain = fit_power_cap(data, {.huber = 1e9});
    CHECK(robust.median_error < 0.05);
    CHECK(robust.median_error < plain.median_error);
  }
}

TEST_CASE("the fit refuses what it cannot use") {
  const std::vector<CapObservation> one{{0.6, 1.5}, {0.6, 1.4}};
  CHECK_REFUSED((fit_power_cap(one)), "two different power limits");
  CHECK_REFUSED((fit_power_cap({})), "observations = 0");
  const std::vector<CapObservation> negative{{0.6, -1}, {0.8, 1.4}};
  CHECK_REFUSED((fit_power_cap(negative)), "relative_time = -1");
  const std::vector<CapObservation> zero{{0, 1}, {0.8, 1.4}};
  CHECK_REFUSED((fit_power_cap(zero)), "cap_fraction = 0");
}

namespace {
struct Measured {
  std::string workload;
  CapObservation observation;
};

/// Zeus's table of one card: each (data set, network, batch, optimizer) against itself at the card's highest limit.
void read_zeus(const std::string& card, double highest, std::vector<Measured>& out) {
  std::ifstream in{std::string{KILTER_SHARED_DATA} + "/energy/zeus_nsdi23/summary_power_" + card + ".csv"};
  std::string line;
  std::getline(in, line);
  std::map<std::string, std::map<double, std::pair<double, double>>> rows;
  while (std::getline(in, line)) {
    const auto f = split(line);
    if (f.size() < 7 || f[5].empty() || f[6].empty()) continue;
    rows[f[0] + "," + f[1] + "," + f[2] + "," + f[3]][std::stod(f[4])] = {std::stod(f[5]), std::stod(f[6])};
  }
  for (const auto& [key, limits] : rows) {
    const auto top = limits.find(highest);
    if (top == limits.end()) continue;
    for (const auto& [limit, measured] : limits) {
      if (limit < highest)
        out.push_back({key.substr(0, key.find(',')), {limit / top->second.second, measured.first / top->second.first}});
    }
  }
}

double mean_error(const PowerCapCurve& curve, const std::vector<CapObservation>& data) {
  double sum = 0;
  std::size_t n = 0;
  for (const auto& o : data) {
    if (o.cap_fraction < 0.5 || o.cap_fraction > 0.995) continue;
    sum += std::abs(1 / curve.speed(o.cap_fraction) / o.relative_time - 1);
    ++n;
  }
  return n == 0 ? 0 : sum / static_cast<double>(n);
}
}  // namespace

TEST_CASE("the default power-cap curve is the fit of the published measurements, and predicts workloads it has not seen") {
  std::vector<Measured> all;
  read_zeus("v100", 250, all);
  read_zeus("a40", 300, all);
  if (all.empty()) {
    WARN("no shared data: skipped");
    return;
  }
  const auto part = [&](auto&& keep) {
    std::vector<CapObservation> out;
    for (const auto& m : all) {
      if (keep(m)) out.push_back(m.observation);
    }
    return out;
  };
  const auto fit = fit_power_cap(part([](const Measured&) { return true; }));
  CHECK(fit.observations == 329);
  CHECK_THAT(fit.curve.a, WithinAbs(PowerCapCurve{}.a, 2e-3));
  CHECK_THAT(fit.curve.b, WithinAbs(PowerCapCurve{}.b, 2e-3));
  CHECK_THAT(fit.curve.c, WithinAbs(PowerCapCurve{}.c, 2e-3));
  CHECK(fit.median_error < 0.04);

  double held_out = 0, ignoring = 0;
  std::size_t workloads = 0;
  for (const std::string w : {"cifar100", "imagenet", "librispeech", "sentiment140", "squad"}) {
    const auto rest = fit_power_cap(part([&](const Measured& m) { return m.workload != w; }));
    const auto unseen = part([&](const Measured& m) { return m.workload == w; });
    REQUIRE_FALSE(unseen.empty());
    held_out += mean_error(rest.curve, unseen);
    ignoring += mean_error({.a = 1, .b = 0, .c = 0}, unseen);
    ++workloads;
  }
  CHECK(held_out / static_cast<double>(workloads) < 0.10);
  CHECK(held_out < 0.6 * ignoring);
}

TEST_CASE("measured servers: a curve of five knots beats the line on the points between them") {
  std::ifstream in{std::string{KILTER_SHARED_DATA} + "/energy/specpower/specpower_11level_watts.csv"};
  if (!in) {
    WARN("no shared data: skipped");
    return;
  }
  std::string line;
  std::getline(in, line);
  double curve_error = 0, line_error = 0;
  int points = 0;
  while (std::getline(in, line)) {
    const auto f = split(line);
    REQUIRE(f.size() == 14);
    const auto watts = [&](std::size_t level) { return std::stod(f[3 + level]); };
    const CurvePower curve{PiecewiseLinear{{{0, watts(0)}, {0.2, watts(2)}, {0.5, watts(5)}, {0.8, watts(8)}, {1, watts(10)}}}};
    const LinearPower straight{.idle = Watts{watts(0)}, .peak = Watts{watts(10)}};
    for (const std::size_t level : {1U, 3U, 4U, 6U, 7U, 9U}) {
      const double u = static_cast<double>(level) / 10;
      const double e = std::abs(curve.power(u).base() / watts(level) - 1);
      curve_error += e;
      ++points;
      line_error += std::abs(straight.power(u).base() / watts(level) - 1);
    }
  }
  CHECK(curve_error / points < 0.03);
  CHECK(curve_error < 0.6 * line_error);
}
