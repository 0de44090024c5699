// The electricity bill of a GPU pool over a day: power curve, cooling, time-of-use tariff, demand charge, carbon, and power caps.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <numbers>

#include "kilter/core/time.hpp"
#include "kilter/energy/carbon.hpp"
#include "kilter/energy/cost.hpp"
#include "kilter/energy/facility.hpp"
#include "kilter/energy/power.hpp"
#include "kilter/energy/tariff.hpp"

using namespace kilter;
using namespace kilter::units;

constexpr int gpus = 512;

/// A cycle of a day, 1 at hour `peak` and −1 half a day away.
double cycle(std::size_t hour, double peak) {
  return std::cos(2 * std::numbers::pi * (static_cast<double>(hour) + 0.5 - peak) / 24);
}

int main() {
  const Time midnight = *parse_time("2025-07-15T00:00:00Z");
  const auto tariff =
      energy::Tariff::time_of_use({.off_peak = 0.09 * usd / kWh, .peak = 0.24 * usd / kWh, .peak_from = 16, .peak_until = 21});
  Series grams{midnight, h, {}};  // of CO2 per kWh: cleanest at noon
  for (std::size_t hour = 0; hour < 24; ++hour) grams.values.push_back(320 - 130 * cycle(hour, 13));
  const energy::CarbonSignal carbon{grams};
  const energy::Facility hall{.fixed = 12 * kW};

  std::printf("power cap   speed   energy   mean PUE   highest   for energy   for demand   carbon\n");
  for (const double cap : {1.0, 0.8, 0.6}) {
    const energy::PowerLevel level = energy::power_level(700 * W, cap);  // of an H100: less power, a little less speed
    const energy::FanPower gpu{.idle = 70 * W, .peak = level.cap};
    Series meter{midnight, h, {}};
    Joules machines{};
    for (std::size_t hour = 0; hour < 24; ++hour) {
      const double load = 0.55 + 0.35 * cycle(hour, 17), celsius = 26 + 8 * cycle(hour, 16);
      const Watts it = (gpu.power(std::fmin(1, load / level.speed)) + 100 * W) * gpus;  // the same work under every cap
      machines += it * (1 * h);
      meter.values.push_back(energy::facility_power(hall, it, celsius).base());
    }
    const energy::Bill bill = energy::accumulate(meter, tariff, carbon);
    const Watts highest{*std::max_element(meter.values.begin(), meter.values.end())};
    const Dollars demand = energy::demand_charge(meter, 15 * usd / kW) / 30;  // a month's charge, by the day
    std::printf("%8.0f%% %7.2f %5.2f MWh %10.3f %6.0f kW %8.0f USD %8.0f USD %6.2f t\n", 100 * cap, level.speed,
                bill.energy.in(MWh), static_cast<double>(bill.energy / machines), highest.in(kW), bill.money.in(usd),
                demand.in(usd), bill.carbon.in(tCO2));
  }

  std::printf("\nWhen to run a job that draws 300 kW for three hours\n\n");
  for (const std::size_t start : {2U, 11U, 17U}) {
    const energy::Bill bill = energy::accumulate(300 * kW, grams.time(start), 3 * h, tariff, carbon);
    std::printf("  at %02zu:00   %6.2f USD   %6.1f kg CO2\n", start, bill.money.in(usd), bill.carbon.in(kgCO2));
  }
  return 0;
}
