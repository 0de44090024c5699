#include "kilter/energy/cost.hpp"

#include <fstream>
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
const Time monday = *parse_time("2024-12-02T00:00:00Z");
const Price cent = 0.01 * units::usd / units::kWh;

static_assert(PriceSignal<Tariff> && IntensitySignal<CarbonSignal> && IntensitySignal<ConstantCarbon>);
static_assert(!PriceSignal<CarbonSignal>);

Series random_series(Rng& rng, Time start, Seconds step, std::size_t n, double low, double high) {
  Series s{start, step, {}};
  for (std::size_t i = 0; i < n; ++i) s.values.push_back(rng.uniform(low, high));
  return s;
}

/// The second method: adds one second after the other.
Bill by_seconds(const Series& power, const Tariff& tariff, const CarbonSignal& carbon) {
  Bill bill;
  for (std::size_t i = 0; i < power.size(); ++i) {
    for (Time t = power.time(i); t < power.time(i + 1); t.unix_seconds += 1) {
      const Joules e = Watts{power[i]} * Seconds{1};
      bill += {e, e * tariff.price(t), e * carbon.intensity(t)};
    }
  }
  return bill;
}
}  // namespace

TEST_CASE("a bill by hand: two hours of 10 kW across a price change") {
  const Tariff tariff = Tariff::spot({monday, units::h, {100, 50, -20}});
  const CarbonSignal carbon{{monday, 30 * units::min, {400, 200, 100, 100, 0, 0}}};
  const Series power{monday + 30 * units::min, units::h, {10e3, 10e3}};
  const Bill bill = accumulate(power, tariff, carbon);
  CHECK_THAT(bill.energy.in(units::kWh), WithinRel(20.0, 1e-12));
  // 5 kWh at 0.1, 10 kWh at 0.05, 5 kWh at -0.02; 5 kWh at 200, 10 at 100, 5 at 0.
  CHECK_THAT(bill.money.base(), WithinRel(0.5 + 0.5 - 0.1, 1e-12));
  CHECK_THAT(bill.carbon.base(), WithinRel(2000.0, 1e-12));
}

TEST_CASE("peak hours by hand, also in another time zone") {
  const PeakHours contract{.off_peak = 10 * cent, .peak = 30 * cent, .peak_from = 8, .peak_until = 20};
  const Tariff utc = Tariff::time_of_use(contract), berlin = Tariff::time_of_use(contract, units::h);
  CHECK(utc.price(monday + 7.999 * units::h) == 10 * cent);
  CHECK(utc.price(monday + 8 * units::h) == 30 * cent);
  CHECK(utc.price(monday + 20 * units::h) == 10 * cent);
  CHECK(berlin.price(monday + 7 * units::h) == 30 * cent);
  CHECK(berlin.price(monday + 19 * units::h) == 10 * cent);
  CHECK(utc.price(monday + 5 * units::day + 12 * units::h) == 10 * cent);
  CHECK(Tariff::time_of_use(PeakHours{.peak = 30 * cent, .weekends = true}).price(monday + 132 * units::h) == 30 * cent);
  // A weekday of 1 kW: 12 h at each price.
  const Bill day = accumulate(1 * units::kW, monday, units::day, utc, ConstantCarbon{});
  CHECK_THAT(day.money.base(), WithinRel(12 * 0.1 + 12 * 0.3, 1e-12));
  // A week: 60 peak hours and 108 others, in any zone.
  for (const double hours : {0.0, 5.5, -8.0}) {
    const Tariff zone = Tariff::time_of_use(contract, hours * units::h);
    const Bill week = accumulate(1 * units::kW, monday, 7 * units::day, zone, ConstantCarbon{});
    CHECK_THAT(week.money.base(), WithinRel(60 * 0.3 + 108 * 0.1, 1e-12));
  }
}

TEST_CASE("next_change is later, and nothing changes before it") {
  Rng rng{2};
  WeekPrices week;
  for (auto& day : week.price) {
    for (Price& p : day) p = rng.uniform(0, 0.4) * units::usd / units::kWh;
  }
  const Tariff tariffs[] = {Tariff::flat(cent), Tariff::time_of_use(week, 5.5 * units::h),
                            Tariff::spot(random_series(rng, monday, 15 * units::min, 96, -50, 300), cent)};
  for (const Tariff& tariff : tariffs) {
    for (int i = 0; i < 500; ++i) {
      const Time t = monday + rng.uniform(0, 86399) * units::s;
      const Time change = tariff.next_change(t);
      REQUIRE(change > t);
      if (change == never) continue;
      const Time just_before{change.unix_seconds - 1};
      CHECK(tariff.price(t) == tariff.price(just_before));
    }
  }
  // Before 1970 the hours of the day still start on the hour.
  CHECK(tariffs[1].next_change(Time{-1}) == Time{1800});
  CHECK(tariffs[1].next_change(Time{-1801}) == Time{-1800});
}

TEST_CASE("a bill agrees with adding up seconds, whatever the steps") {
  Rng rng{9};
  for (int round = 0; round < 30; ++round) {
    const Series price = random_series(rng, monday, Seconds{static_cast<double>(60 + rng.index(4000))}, 100, -50, 300);
    const Series grams = random_series(rng, monday, Seconds{static_cast<double>(60 + rng.index(4000))}, 100, 0, 600);
    const Seconds step{static_cast<double>(1 + rng.index(500))};
    const Series power = random_series(rng, monday + Seconds{static_cast<double>(rng.index(500))}, step, 10, 0, 1e5);
    const Tariff tariff = Tariff::spot(price, cent);
    const CarbonSignal carbon{grams};
    const Bill fast = accumulate(power, tariff, carbon), slow = by_seconds(power, tariff, carbon);
    CHECK_THAT(fast.energy.base(), WithinRel(slow.energy.base(), 1e-11));
    CHECK_THAT(fast.money.base(), WithinRel(slow.money.base(), 1e-9) || WithinAbs(slow.money.base(), 1e-9));
    CHECK_THAT(fast.carbon.base(), WithinRel(slow.carbon.base(), 1e-11));
  }
}

TEST_CASE("bills add up: energy is conserved under cutting, also with steps that are no whole seconds") {
  Rng rng{4};
  const Tariff tariff = Tariff::spot(random_series(rng, monday, units::h, 48, -50, 300));
  const CarbonSignal carbon{random_series(rng, monday, 30 * units::min, 96, 0, 600)};
  const Series power = random_series(rng, monday, Seconds{0.25}, 40000, 0, 1e5);
  double sum = 0;
  for (const double p : power.values) sum += p * 0.25;
  const Bill whole = accumulate(power, tariff, carbon);
  CHECK_THAT(whole.energy.base(), WithinRel(sum, 1e-12));
  const Bill parts = accumulate(power.head(12000), tariff, carbon) + accumulate(power.slice(12000, 28000), tariff, carbon);
  CHECK_THAT(parts.energy.base(), WithinRel(whole.energy.base(), 1e-12));
  CHECK_THAT(parts.money.base(), WithinRel(whole.money.base(), 1e-9));
  CHECK_THAT(parts.carbon.base(), WithinRel(whole.carbon.base(), 1e-12));
  // At one price everywhere money is price times energy.
  const Bill flat = accumulate(power, Tariff::flat(cent), ConstantCarbon{400 * units::gCO2 / units::kWh});
  CHECK_THAT(flat.money.base(), WithinRel((flat.energy * cent).base(), 1e-11));
  CHECK_THAT(flat.carbon.base(), WithinRel(flat.energy.in(units::kWh)*400, 1e-11));
}

TEST_CASE("mean price and intensity over an interval") {
  const Tariff tariff = Tariff::spot({monday, units::h, {100, 50, 20}});
  CHECK_THAT(mean_price(tariff, monday + 45 * units::min, units::h).in(units::usd / units::MWh), WithinRel(62.5, 1e-12));
  const CarbonSignal carbon{{monday, units::h, {100, 500}}};
  CHECK_THAT(mean_intensity(carbon, monday, 2 * units::h).in(units::gCO2 / units::kWh), WithinRel(300.0, 1e-12));
  CHECK_REFUSED((mean_price(tariff, monday, Seconds{0})), "length");
  CHECK_REFUSED((mean_intensity(carbon, monday, Seconds{-1})), "length");
}

TEST_CASE("nothing costs nothing") {
  const CarbonSignal carbon{{monday, units::h, {100}}};
  CHECK(accumulate(Series{monday, units::h, {}}, Tariff::flat(cent), carbon) == Bill{});
  CHECK(accumulate(1 * units::kW, monday, Seconds{0}, Tariff::flat(cent), carbon) == Bill{});
  CHECK(accumulate(Series{monday, units::h, {0}}, Tariff::flat(cent), carbon) == Bill{});
}

TEST_CASE("demand charges count the highest window") {
  const DemandPrice price = 15 * units::usd / units::kW;
  const Series power{monday, 15 * units::min, {1000, 3000, 2500, 2500, 5000}};
  CHECK_THAT(demand_charge(power, price).base(), WithinRel(75.0, 1e-12));
  CHECK_THAT(demand_charge(power.head(4), price, 2).base(), WithinRel(2.5 * 15, 1e-12));
  CHECK_THAT(demand_charge(power, price, 2).base(), WithinRel(75.0, 1e-12));
  CHECK(demand_charge(power.head(0), price).base() == 0);
  CHECK_REFUSED((demand_charge(power, price, 0)), "window");
  CHECK_REFUSED((demand_charge({monday, units::h, {missing}}, price)), "power");
}

TEST_CASE("embodied carbon is spread evenly") {
  CHECK_THAT(embodied_carbon(150 * units::kgCO2, 365 * units::day).in(units::kgCO2), WithinRel(30.0, 1e-12));
  CHECK_REFUSED((embodied_carbon(GramsCO2{1}, Seconds{1}, Seconds{0})), "lifetime");
  CHECK_REFUSED((embodied_carbon(GramsCO2{1}, Seconds{-1})), "used");
}

TEST_CASE("signals refuse holes, and moments they do not know") {
  CHECK_REFUSED((Tariff::spot({monday, units::h, {1, missing}})), "usd_per_mwh");
  CHECK_REFUSED((Tariff::spot({monday, units::h, {}})), "empty");
  CHECK_REFUSED((Tariff::spot({monday, Seconds{0.5}, {1}})), "whole seconds");
  CHECK_REFUSED((Tariff::spot({monday, Seconds{missing}, {1}})), "whole seconds");
  CHECK_REFUSED((Tariff::flat(Price{missing})), "price");
  CHECK_REFUSED((Tariff::time_of_use(PeakHours{.peak_from = 25})), "peak_from = 25");
  CHECK_REFUSED((Tariff::time_of_use(PeakHours{.peak_from = 9, .peak_until = 8})), "peak_until = 8");
  CHECK_REFUSED((Tariff::time_of_use(PeakHours{}, 48 * units::h)), "utc_offset");
  CHECK_REFUSED((CarbonSignal({monday, units::h, {-1}})), "grams_per_kwh = -1");
  const CarbonSignal carbon{{monday, units::h, {100}}};
  CHECK_REFUSED((carbon.intensity(monday + units::h)), "'2024-12-02T01:00:00Z'");
  CHECK_REFUSED((carbon.intensity(monday - units::s)), "time");
  const Tariff flat = Tariff::flat(cent);
  CHECK_REFUSED((accumulate({monday, units::h, {1, 1}}, flat, carbon)), "time");
  CHECK_REFUSED((accumulate({monday, units::h, {missing}}, flat, carbon)), "power");
  CHECK_REFUSED((accumulate({monday, Seconds{-1}, {1}}, flat, carbon)), "step");
}

TEST_CASE("a real week: the bill of a constant megawatt is the mean of the market") {
  const auto column = [](const std::string& file) {
    std::ifstream in{std::string{KILTER_SHARED_DATA} + "/week/" + file};
    Series s;
    std::string line;
    std::getline(in, line);
    while (std::getline(in, line)) {
      if (s.empty()) s.start = parse_time(line.substr(0, 20)).value();
      s.values.push_back(std::stod(line.substr(21)));
    }
    return s;
  };
  const Series price = column("price_usd_per_mwh.csv"), grams = column("carbon_g_per_kwh.csv");
  if (price.empty()) {
    WARN("no shared data: skipped");
    return;
  }
  double dollars = 0, kilograms = 0;
  for (std::size_t i = 0; i < price.size(); ++i) dollars += price[i], kilograms += grams[i];
  const Bill bill = accumulate(1 * units::MW, price.start, price.end() - price.start, Tariff::spot(price), CarbonSignal{grams});
  CHECK_THAT(bill.energy.in(units::MWh), WithinRel(static_cast<double>(price.size()), 1e-12));
  CHECK_THAT(bill.money.base(), WithinRel(dollars, 1e-9));
  CHECK_THAT(bill.carbon.in(units::kgCO2), WithinRel(kilograms, 1e-9));
}
