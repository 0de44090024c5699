#pragma once
/// @file
/// Student's t and χ²: distribution functions, tails and the quantile of t.

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "kilter/core/contract.hpp"
#include "kilter/forecast/normal.hpp"

namespace kilter::forecast {

namespace detail {

/// log Γ(a + 1) less Stirling's (a + ½) log a − a + ½ log 2π, for a > 0: up to a = 15 by the recurrence, then the series (DLMF
/// 5.11.1). Unlike `lgamma` it touches no global and loses no digits at large a.
inline double stirling_error(double a) {
  double sum = 0;
  for (; a < 15; a += 1) sum += (a + 0.5) * std::log1p(1 / a) - 1;
  const double y = 1 / (a * a);
  return sum + (1.0 / 12 - y * (1.0 / 360 - y * (1.0 / 1260 - y * (1.0 / 1680 - y / 1188)))) / a;
}

/// a log(a/m) + m − a ≥ 0 without cancellation where a is near m (Loader 2000, "Fast and accurate computation of binomial
/// probabilities", section 3): with v = (a − m)/(a + m), log(a/m) is 2 atanh v.
inline double deviance(double a, double m) {
  const double v = (a - m) / (a + m);
  if (std::abs(v) > 0.1) return a * std::log(a / m) + m - a;
  double power = 2 * a * v, sum = (a - m) * v;
  for (int k = 3; std::abs(power) > 1e-18 * sum && k < 60; k += 2) {
    power *= v * v;
    sum += power / k;
  }
  return sum;
}

/// x^a e^(−x) / Γ(a + 1).
inline double gamma_prefactor(double a, double x) {
  return std::exp(-deviance(a, x) - stirling_error(a)) / std::sqrt(2 * std::numbers::pi * a);
}

/// Tails of the gamma distribution of shape a at x; they sum to 1.
struct Tails {
  double lower = 0;
  double upper = 1;
};

/// The continued fraction 1 / (x + 1 − a − 1(1 − a) / (x + 3 − a − 2(2 − a) / …)) of the upper incomplete gamma function (DLMF
/// 8.9.2, even part), by Lentz's method.
inline double gamma_fraction(double a, double x) {
  constexpr double tiny = 1e-300;
  double b = x + 1 - a, c = 1 / tiny, d = 1 / b, value = d;
  for (int k = 1; k < 100000; ++k) {
    const double step = k * (a - k);
    b += 2;
    d = 1 / (b + step * d);
    c = b + step / c;
    value *= c * d;
    if (std::abs(c * d - 1) < 1e-16) break;
  }
  return value;
}

/// Regularised incomplete gamma functions P(a, x) and Q(a, x) for a > 0: series (DLMF 8.7.1) below x = a + 1, continued fraction
/// above. O(√a) steps.
inline Tails gamma_tails(double a, double x) {
  if (!(x > 0)) return {};
  if (x == std::numeric_limits<double>::infinity()) return {1, 0};
  const double prefactor = gamma_prefactor(a, x);
  if (x >= a + 1) {
    const double upper = std::min(1.0, prefactor * a * gamma_fraction(a, x));
    return {1 - upper, upper};
  }
  double term = 1, sum = 1;
  for (double k = a + 1; term > 1e-17 * sum; k += 1) {
    term *= x / k;
    sum += term;
  }
  const double lower = std::min(1.0, prefactor * sum);
  return {lower, 1 - lower};
}

/// The continued fraction of the incomplete beta function (DLMF 8.17.22), by Lentz's method; for x < (a + 1)/(a + b + 2).
inline double beta_fraction(double x, double a, double b) {
  constexpr double tiny = 1e-300;
  double c = 1, d = 1 / (1 - (a + b) * x / (a + 1)), value = d;
  const auto advance = [&](double step) {
    d = 1 + step * d;
    d = 1 / (std::abs(d) < tiny ? tiny : d);
    c = 1 + step / c;
    c = std::abs(c) < tiny ? tiny : c;
    value *= c * d;
    return std::abs(c * d - 1);
  };
  for (int k = 1; k < 10000; ++k) {
    advance(k * (b - k) * x / ((a + 2 * k - 1) * (a + 2 * k)));
    if (advance(-(a + k) * (a + b + k) * x / ((a + 2 * k) * (a + 2 * k + 1))) < 1e-16) break;
  }
  return value;
}

/// x^a y^b / B(a, b) with y = 1 − x given as well, so that neither loses digits.
inline double beta_prefactor(double x, double y, double a, double b) {
  const double sum = a + b;
  const double shape = stirling_error(sum) - stirling_error(a) - stirling_error(b);
  return std::sqrt(a * b / (2 * std::numbers::pi * sum)) * std::exp(shape - deviance(a, sum * x) - deviance(b, sum * y));
}

/// The normal score with the tail of Student's t from w = √((ν − ½) log(1 + t²/ν)): the expansion in 1/(48 (ν − ½)²) of Hill (1970,
/// "Algorithm 395"). The first term left out, about 0.3 w¹¹/(48 ν²)³, is below rounding for ν > 1000 and w² < 0.02 ν.
inline double student_score(double w, double freedom) {
  const double b = 48 * (freedom - 0.5) * (freedom - 0.5);
  const double s = w * w;
  return w + w * (s + 3) / b - w * (855 + s * (240 + s * (33 + s * 4))) / (10 * b * b);
}

/// P(T > t) for t ≥ 0: half of I_x(ν/2, ½) at x = ν/(ν + t²) (DLMF 8.17.1; Abramowitz and Stegun 26.7.1), or through the normal
/// score where the fraction would take long.
inline double student_tail(double t, double freedom) {
  if (t == std::numeric_limits<double>::infinity()) return 0;
  if (freedom == std::numeric_limits<double>::infinity()) return normal_cdf(-t);
  if (t == 0) return 0.5;
  const double a = freedom / 2, ratio = t / freedom * t;
  const double square = (freedom - 0.5) * std::log1p(ratio);
  if (freedom > 1000 && square < 0.02 * freedom) return normal_cdf(-student_score(std::sqrt(square), freedom));
  const double x = 1 / (1 + ratio), y = 1 / (1 + 1 / ratio);
  const double prefactor = 0.5 * beta_prefactor(x, y, a, 0.5);
  if (x < (a + 1) / (a + 2.5)) return prefactor / a * beta_fraction(x, a, 0.5);
  return 0.5 - prefactor / 0.5 * beta_fraction(y, 0.5, a);
}

inline void require_freedom(double freedom) { require(freedom > 0, "freedom", freedom, "must be positive"); }

}  // namespace detail

/// Density of Student's t with `freedom` > 0 degrees of freedom (any real number; infinite: the normal).
[[nodiscard]] inline double student_t_density(double t, double freedom) {
  detail::require_freedom(freedom);
  if (freedom == std::numeric_limits<double>::infinity()) return normal_density(t);
  const double a = freedom / 2;
  // Γ(a + ½)/Γ(a) through Stirling's errors, which are what is left of it at large a.
  const double shape = detail::stirling_error(a + 0.5) - detail::stirling_error(a) + a * std::log1p(0.5 / a) - 0.5;
  return std::exp(shape - (a + 0.5) * std::log1p(t / freedom * t)) / std::sqrt(2 * std::numbers::pi);
}

/// P(T ≤ t) for Student's t, the lighter tail to about 1e-13 of itself. Throws unless `freedom` > 0. A few dozen steps of a
/// continued fraction, or an expansion around the normal at many degrees of freedom.
[[nodiscard]] inline double student_t_cdf(double t, double freedom) {
  detail::require_freedom(freedom);
  return t > 0 ? 1 - detail::student_tail(t, freedom) : detail::student_tail(-t, freedom);
}

/// The t with P(T ≤ t) = `p`; ±infinity at 0 and 1. Throws unless 0 ≤ p ≤ 1 and `freedom` > 0.
/// Wallace's (1959) normal approximation turned round, polished by Newton's method for the logarithm of the tail as a function of
/// log t, which is nearly a line far out; two to four steps.
[[nodiscard]] inline double student_t_quantile(double p, double freedom) {
  detail::require_freedom(freedom);
  const double score = normal_quantile(p);
  if (!std::isfinite(score) || score == 0 || freedom == std::numeric_limits<double>::infinity()) return score;
  const double tail = p < 0.5 ? p : 1 - p;
  const double stretch = (8 * freedom + 3) / (8 * freedom + 1);
  const double exponent = std::min(score * score / freedom * stretch * stretch, 600.0);
  double t = std::sqrt(freedom * std::expm1(exponent));
  for (int step = 0; step < 40; ++step) {
    const double mass = detail::student_tail(t, freedom);
    if (!(mass > 0)) break;
    const double slope = t * student_t_density(t, freedom) / mass;
    const double change = std::clamp(std::log1p((mass - tail) / tail) / slope, -20.0, 20.0);
    t *= std::exp(change);
    if (std::abs(change) < 1e-8) break;
  }
  return p < 0.5 ? -t : t;
}

/// P(X ≤ x) for χ² with `freedom` > 0 degrees of freedom (any real number); 0 for x ≤ 0. Throws unless `freedom` is positive and
/// finite. O(√freedom).
[[nodiscard]] inline double chi_square_cdf(double x, double freedom) {
  require(freedom > 0 && std::isfinite(freedom), "freedom", freedom, "must be positive and finite");
  return std::isnan(x) ? x : detail::gamma_tails(freedom / 2, x / 2).lower;
}

/// P(X > x) for χ², accurate where it is small. Throws unless `freedom` is positive and finite. O(√freedom).
[[nodiscard]] inline double chi_square_tail(double x, double freedom) {
  require(freedom > 0 && std::isfinite(freedom), "freedom", freedom, "must be positive and finite");
  return std::isnan(x) ? x : detail::gamma_tails(freedom / 2, x / 2).upper;
}

}  // namespace kilter::forecast
