// What the units forbid. Built once for each value of WRONG; 0 is the control, in which everything is right.
#include "kilter/core/units.hpp"

using namespace kilter;
using namespace kilter::units;

double take_number(double x) { return x; }
Watts take_power(Watts x) { return x; }
Joules energy = 2 * kWh;

// A ratio is a number to whole numbers too.
static_assert(2 * (kWh / Wh) == 2000 && (kWh / Wh) / 2 == 500 && 2000 / (kWh / Wh) == 2.0);

void right() {
  energy = 700 * W * (0.5 * h);
  energy += 3 * kJ;
  const Dollars paid = energy * (0.12 * usd / kWh);
  const double ratio = energy / (1 * kWh);
  static_cast<void>(take_number(paid / usd) + take_number(ratio));
  static_cast<void>(take_power(energy / h));
  static_cast<void>(energy < 1 * kWh);
}

void wrong() {
#if WRONG == 1  // power plus energy
  energy = 1 * kWh + 1 * kW;
#endif
#if WRONG == 2  // energy assigned from power
  energy = 5 * kW;
#endif
#if WRONG == 3  // power as a plain number
  take_number(5 * kW);
#endif
#if WRONG == 4  // a plain number as power
  take_power(5.0);
#endif
#if WRONG == 5  // power compared with energy
  static_cast<void>(energy < 1 * kW);
#endif
#if WRONG == 6  // energy plus a number
  energy += 1.0;
#endif
#if WRONG == 7  // carbon price taken for a price of energy
  const Dollars paid = energy * (0.1 * usd / kgCO2);
#endif
#if WRONG == 8  // energy counted in units of power
  static_cast<void>(energy.in(kW));
#endif
#if WRONG == 9  // energy equal to a number
  static_cast<void>(energy == 1.0);
#endif
#if WRONG == 10  // money initialised from carbon
  const Dollars paid{2 * gCO2};
#endif
}
