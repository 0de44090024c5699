#pragma once
/// @file
/// Test problems with known answers for trying an engine: OneMax, sphere, ZDT and DTLZ.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <span>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/genetic/bit_string.hpp"
#include "kilter/genetic/real_vector.hpp"

namespace kilter::genetic {

/// The number of zeros in a string of bits; 0 where all are one.
class OneMax {
 public:
  explicit OneMax(std::size_t size) : encoding_(size) {}
  [[nodiscard]] const BitString& encoding() const { return encoding_; }
  [[nodiscard]] double cost(std::span<const std::uint8_t> bits) const {
    std::size_t ones = 0;
    for (const std::uint8_t bit : bits) ones += bit;
    return static_cast<double>(bits.size() - ones);
  }

 private:
  BitString encoding_;
};

/// The sum of squares over [−5.12, 5.12]^n; 0 in the origin.
class Sphere {
 public:
  explicit Sphere(std::size_t size) : encoding_(size, -5.12, 5.12) {}
  [[nodiscard]] const RealVector& encoding() const { return encoding_; }
  [[nodiscard]] double cost(std::span<const double> x) const {
    double sum = 0;
    for (const double v : x) sum += v * v;
    return sum;
  }

 private:
  RealVector encoding_;
};

/// ZDT1, 2, 3, 4 and 6: two objectives over reals (Zitzler, Deb, Thiele 2000, "Comparison of multiobjective evolutionary
/// algorithms: empirical results", eqs. 7–10 and 12).
class Zdt {
 public:
  static constexpr std::size_t objective_count = 2;

  /// `number` 1, 2, 3, 4 or 6; 0 `variables`: as published (30, 30, 30, 10, 10). Throws `std::invalid_argument` otherwise or for
  /// one variable.
  explicit Zdt(int number, std::size_t variables = 0, const RealOptions& options = {})
      : number_(number), encoding_(box(number, variables, options)) {}

  [[nodiscard]] const RealVector& encoding() const { return encoding_; }

  void objectives(std::span<const double> x, std::span<double> out) const {
    const double first = number_ == 6 ? first_of_6(x[0]) : x[0], g = tail(x);
    out[0] = first;
    out[1] = g * shape(first, g);
  }

 private:
  static RealVector box(int number, std::size_t variables, const RealOptions& options) {
    require((number >= 1 && number <= 4) || number == 6, "number", number, "must be 1, 2, 3, 4 or 6");
    require(variables != 1, "variables", variables, "must be at least 2");
    const std::size_t n = variables != 0 ? variables : number < 4 ? 30 : 10;
    std::vector<double> lower(n, number == 4 ? -5.0 : 0.0), upper(n, number == 4 ? 5.0 : 1.0);
    lower[0] = 0;
    upper[0] = 1;
    return RealVector(std::move(lower), std::move(upper), options);
  }

  static double first_of_6(double x) {
    const double s = std::sin(6 * std::numbers::pi * x);
    return 1 - std::exp(-4 * x) * s * s * s * s * s * s;
  }

  [[nodiscard]] double tail(std::span<const double> x) const {
    double sum = 0;
    if (number_ == 4) {
      for (const double v : x.subspan(1)) sum += v * v - 10 * std::cos(4 * std::numbers::pi * v);
      return 1 + 10 * static_cast<double>(x.size() - 1) + sum;
    }
    for (const double v : x.subspan(1)) sum += v;
    const double mean = sum / static_cast<double>(x.size() - 1);
    return 1 + 9 * (number_ == 6 ? std::sqrt(std::sqrt(mean)) : mean);
  }

  [[nodiscard]] double shape(double first, double g) const {
    const double share = first / g;
    if (number_ == 2 || number_ == 6) return 1 - share * share;
    const double root = 1 - std::sqrt(share);
    return number_ == 3 ? root - share * std::sin(10 * std::numbers::pi * first) : root;
  }

  int number_;
  RealVector encoding_;
};

/// DTLZ1 to 7: any number of objectives over reals from [0, 1] (Deb, Thiele, Laumanns, Zitzler 2005, "Scalable test problems for
/// evolutionary multiobjective optimization").
class Dtlz {
 public:
  /// `number` 1 … 7, `objectives` ≥ 2; 0 `variables`: objectives + k − 1 with k = 5 (DTLZ1), 20 (DTLZ7) or 10. Throws
  /// `std::invalid_argument` otherwise or for fewer variables than objectives.
  explicit Dtlz(int number, std::size_t objectives = 3, std::size_t variables = 0, const RealOptions& options = {})
      : number_(number), m_(objectives), encoding_(size(number, objectives, variables), 0.0, 1.0, options) {}

  [[nodiscard]] std::size_t objective_count() const { return m_; }
  [[nodiscard]] const RealVector& encoding() const { return encoding_; }

  void objectives(std::span<const double> x, std::span<double> out) const {
    const auto rest = x.subspan(m_ - 1);
    if (number_ == 7) return seventh(x, rest, out);
    const double g = number_ == 1 || number_ == 3 ? rugged(rest) : number_ == 6 ? steep(rest) : smooth(rest);
    if (number_ == 1) return plane(x, g, out);
    sphere(x, g, out);
  }

 private:
  static std::size_t size(int number, std::size_t objectives, std::size_t variables) {
    require(number >= 1 && number <= 7, "number", number, "must be 1 … 7");
    require(objectives >= 2, "objectives", objectives, "must be at least 2");
    require(variables == 0 || variables >= objectives, "variables", variables, "must not be fewer than objectives");
    const std::size_t k = number == 1 ? 5 : number == 7 ? 20 : 10;
    return variables != 0 ? variables : objectives + k - 1;
  }

  static double rugged(std::span<const double> rest) {
    double sum = 0;
    for (const double v : rest) sum += (v - 0.5) * (v - 0.5) - std::cos(20 * std::numbers::pi * (v - 0.5));
    return 100 * (static_cast<double>(rest.size()) + sum);
  }
  static double smooth(std::span<const double> rest) {
    double sum = 0;
    for (const double v : rest) sum += (v - 0.5) * (v - 0.5);
    return sum;
  }
  static double steep(std::span<const double> rest) {
    double sum = 0;
    for (const double v : rest) sum += std::pow(v, 0.1);
    return sum;
  }

  void plane(std::span<const double> x, double g, std::span<double> out) const {
    double product = 0.5 * (1 + g);
    for (std::size_t i = m_ - 1; i > 0; --i) {
      out[i] = product * (1 - x[m_ - 1 - i]);
      product *= x[m_ - 1 - i];
    }
    out[0] = product;
  }

  void sphere(std::span<const double> x, double g, std::span<double> out) const {
    double product = 1 + g;
    for (std::size_t i = m_ - 1; i > 0; --i) {
      const double angle = angle_of(x[m_ - 1 - i], m_ - 1 - i, g);
      out[i] = product * std::sin(angle);
      product *= std::cos(angle);
    }
    out[0] = product;
  }

  /// The angle of a variable: bent towards 0 in DTLZ4, towards the middle in DTLZ5 and 6, whose fronts are curves.
  [[nodiscard]] double angle_of(double v, std::size_t i, double g) const {
    constexpr double quarter = std::numbers::pi / 2;
    if (number_ == 4) return quarter * std::pow(v, 100);
    if (number_ >= 5 && i > 0) return quarter * (1 + 2 * g * v) / (2 * (1 + g));
    return quarter * v;
  }

  void seventh(std::span<const double> x, std::span<const double> rest, std::span<double> out) const {
    double sum = 0;
    for (const double v : rest) sum += v;
    const double g = 1 + 9 * sum / static_cast<double>(rest.size());
    double h = static_cast<double>(m_);
    for (std::size_t i = 0; i + 1 < m_; ++i) {
      out[i] = x[i];
      h -= x[i] / (1 + g) * (1 + std::sin(3 * std::numbers::pi * x[i]));
    }
    out[m_ - 1] = (1 + g) * h;
  }

  int number_;
  std::size_t m_;
  RealVector encoding_;
};

}  // namespace kilter::genetic
