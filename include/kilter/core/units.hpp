#pragma once
/// @file
/// Quantities with dimensions checked at compile time: time, energy, money and carbon.
///
/// `700 * units::W * (0.5 * units::h)` is `Joules`; times `0.12 * units::usd / units::kWh` it is `Dollars`; times
/// `400 * units::gCO2 / units::kWh` it is `GramsCO2`. A quantity stores one double in base units (s, J, USD, g CO2), so it costs
/// what a double costs. Kernels take `.in(unit)` once at their edge and work on plain doubles inside.

#include <compare>

namespace kilter {

/// Exponents of the base quantities. Power is energy per time, a price is money per energy, and so on.
struct Dim {
  int time = 0;
  int energy = 0;
  int money = 0;
  int carbon = 0;

  friend constexpr Dim operator+(Dim a, Dim b) {
    return {a.time + b.time, a.energy + b.energy, a.money + b.money, a.carbon + b.carbon};
  }
  friend constexpr Dim operator-(Dim a, Dim b) {
    return {a.time - b.time, a.energy - b.energy, a.money - b.money, a.carbon - b.carbon};
  }
  friend constexpr bool operator==(Dim, Dim) = default;
};

/// A double that knows its dimension. Only a dimensionless one converts to `double` by itself.
template <Dim D>
class Quantity {
 public:
  static constexpr Dim dim = D;

  constexpr Quantity() = default;
  /// From a value in base units (s, J, USD, g CO2 and their products).
  explicit constexpr Quantity(double base_value) : base_(base_value) {}

  constexpr operator double() const  // NOLINT(google-explicit-constructor): a ratio is a number
      requires(D == Dim{}) {
    return base_;
  }

  /// The value in base units.
  [[nodiscard]] constexpr double base() const { return base_; }
  /// The value counted in `unit`: `energy.in(units::kWh)`.
  [[nodiscard]] constexpr double in(Quantity unit) const { return base_ / unit.base_; }

  constexpr Quantity& operator+=(Quantity other) {
    base_ += other.base_;
    return *this;
  }
  constexpr Quantity& operator-=(Quantity other) {
    base_ -= other.base_;
    return *this;
  }
  constexpr Quantity& operator*=(double factor) {
    base_ *= factor;
    return *this;
  }
  constexpr Quantity& operator/=(double divisor) {
    base_ /= divisor;
    return *this;
  }

  friend constexpr Quantity operator+(Quantity a, Quantity b) { return Quantity{a.base_ + b.base_}; }
  friend constexpr Quantity operator-(Quantity a, Quantity b) { return Quantity{a.base_ - b.base_}; }
  friend constexpr Quantity operator-(Quantity a) { return Quantity{-a.base_}; }
  // Only with a dimension: a ratio converts to a number by itself, and `2 * ratio` would be ambiguous.
  friend constexpr Quantity operator*(double k, Quantity a) requires(D != Dim{}) { return Quantity{k * a.base_}; }
  friend constexpr Quantity operator*(Quantity a, double k) requires(D != Dim{}) { return Quantity{a.base_ * k}; }
  friend constexpr Quantity operator/(Quantity a, double k) requires(D != Dim{}) { return Quantity{a.base_ / k}; }
  friend constexpr auto operator<=>(Quantity, Quantity) = default;

 private:
  double base_ = 0;
};

template <Dim A, Dim B>
constexpr Quantity<A + B> operator*(Quantity<A> a, Quantity<B> b) {
  return Quantity<A + B>{a.base() * b.base()};
}
template <Dim A, Dim B>
constexpr Quantity<A - B> operator/(Quantity<A> a, Quantity<B> b) {
  return Quantity<A - B>{a.base() / b.base()};
}
template <Dim A>
constexpr Quantity<Dim{} - A> operator/(double k, Quantity<A> a) requires(A != Dim{}) {
  return Quantity<Dim{} - A>{k / a.base()};
}

using Seconds = Quantity<Dim{.time = 1}>;
using Joules = Quantity<Dim{.energy = 1}>;
using Watts = Quantity<Dim{.time = -1, .energy = 1}>;
using Dollars = Quantity<Dim{.money = 1}>;
using GramsCO2 = Quantity<Dim{.carbon = 1}>;
/// Money per energy, as an electricity price.
using Price = Quantity<Dim{.energy = -1, .money = 1}>;
/// Money per time, as the hourly rate of a device.
using Rate = Quantity<Dim{.time = -1, .money = 1}>;
/// Carbon per energy, as the intensity of a grid.
using CarbonIntensity = Quantity<Dim{.energy = -1, .carbon = 1}>;
/// Money per carbon, as a carbon charge.
using CarbonPrice = Quantity<Dim{.money = 1, .carbon = -1}>;

namespace units {
inline constexpr Seconds s{1}, min{60}, h{3600}, day{86400};
inline constexpr Joules J{1}, kJ{1e3}, MJ{1e6}, Wh{3.6e3}, kWh{3.6e6}, MWh{3.6e9};
inline constexpr Watts W{1}, kW{1e3}, MW{1e6};
inline constexpr Dollars usd{1};
inline constexpr GramsCO2 gCO2{1}, kgCO2{1e3}, tCO2{1e6};
}  // namespace units

}  // namespace kilter
