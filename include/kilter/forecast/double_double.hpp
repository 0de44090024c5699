#pragma once
/// @file
/// `DoubleDouble`: numbers of 106 bits as unevaluated sums of two doubles (Dekker 1971; Knuth, volume 2, 4.2.2; Hida, Li and Bailey
/// 2001), for the few places where doubles lose everything.

#include <cmath>

namespace kilter::forecast::detail {

struct DoubleDouble {
  double high = 0;
  double low = 0;

  constexpr DoubleDouble() = default;
  explicit constexpr DoubleDouble(double value) : high(value) {}
  explicit constexpr operator double() const { return high + low; }

  friend DoubleDouble operator+(DoubleDouble a, DoubleDouble b) {
    const DoubleDouble s = two_sum(a.high, b.high), t = two_sum(a.low, b.low);
    const DoubleDouble first = quick_sum(s.high, s.low + t.high);
    return quick_sum(first.high, first.low + t.low);
  }
  friend DoubleDouble operator-(DoubleDouble a, DoubleDouble b) {
    b.high = -b.high;
    b.low = -b.low;
    return a + b;
  }
  friend DoubleDouble operator*(DoubleDouble a, DoubleDouble b) {
    const double product = a.high * b.high;
    const double error = std::fma(a.high, b.high, -product);
    return quick_sum(product, error + (a.high * b.low + a.low * b.high));
  }
  friend DoubleDouble operator/(DoubleDouble a, DoubleDouble b) {
    const double first = a.high / b.high;
    const DoubleDouble rest = a - b * DoubleDouble{first};
    const double second = rest.high / b.high;
    const double third = (rest - b * DoubleDouble{second}).high / b.high;
    return DoubleDouble{first} + DoubleDouble{second} + DoubleDouble{third};
  }
  DoubleDouble& operator+=(DoubleDouble b) { return *this = *this + b; }

 private:
  /// a + b exactly.
  static DoubleDouble two_sum(double a, double b) {
    DoubleDouble out{a + b};
    const double part = out.high - a;
    out.low = (a - (out.high - part)) + (b - part);
    return out;
  }
  /// a + b exactly for |a| ≥ |b|.
  static DoubleDouble quick_sum(double a, double b) {
    DoubleDouble out{a + b};
    out.low = b - (out.high - a);
    return out;
  }
};

}  // namespace kilter::forecast::detail
