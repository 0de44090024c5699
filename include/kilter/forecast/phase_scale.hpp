#pragma once
/// @file
/// How much each phase of a season varies: variances of few observations each, drawn together as far as the data say that they are
/// alike (Smyth 2004, "Linear models and empirical Bayes methods …", section 6: a scaled inverse χ² prior fitted by the moments of
/// log s²).

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace kilter::forecast::detail {

/// Derivative of log Γ: recurrence up to 6, then the asymptotic series (Abramowitz and Stegun 6.3.5, 6.3.18); error below 1e-9.
inline double digamma(double x) {
  double sum = 0;
  for (; x < 6; x += 1) sum -= 1 / x;
  const double y = 1 / (x * x);
  return sum + std::log(x) - 0.5 / x - y * (1.0 / 12 - y * (1.0 / 120 - y * (1.0 / 252 - y / 240)));
}

/// Second derivative of log Γ (Abramowitz and Stegun 6.4.6, 6.4.12); error below 1e-8.
inline double trigamma(double x) {
  double sum = 0;
  for (; x < 6; x += 1) sum += 1 / (x * x);
  const double y = 1 / (x * x);
  return sum + 1 / x + y / 2 + y / x * (1.0 / 6 - y * (1.0 / 30 - y * (1.0 / 42 - y / 30)));
}

/// The x in [1e-4, 1e4] with trigamma(x) = value, by bisection on the logarithm (trigamma falls from +∞ to 0).
inline double inverse_trigamma(double value) {
  double low = 1e-4, high = 1e4;
  for (int step = 0; step < 50; ++step) {
    const double middle = std::sqrt(low * high);
    (trigamma(middle) > value ? low : high) = middle;
  }
  return std::sqrt(low * high);
}

/// Sum of weighted squares of a phase, and its degrees of freedom.
struct PhaseSum {
  double square = 0;
  double freedom = 0;
};

/// Prior of the variances: `freedom` observations of variance `variance`; many when the phases differ no more than by chance.
struct ScalePrior {
  double freedom = 1e3;
  double variance = 0;
};

inline ScalePrior fit_scale_prior(std::span<const PhaseSum> phases, double mean) {
  double sum = 0, square = 0, chance = 0, count = 0;
  for (const PhaseSum& p : phases) {
    if (p.freedom <= 0) continue;
    const double half = p.freedom / 2;
    const double value = std::log(std::max(p.square / p.freedom, 1e-4 * mean)) - digamma(half) + std::log(half);
    sum += value;
    square += value * value;
    chance += trigamma(half);
    count += 1;
  }
  if (count < 3) return {1e3, mean};
  const double centre = sum / count;
  const double excess = (square - count * centre * centre) / (count - 1) - chance / count;
  if (!(excess > 2e-3)) return {1e3, mean};
  const double half = inverse_trigamma(excess);
  return {2 * half, std::exp(centre + digamma(half) - std::log(half))};
}

/// Standard deviation of each phase: errors[t] belongs to phase t mod `phases`, one degree of freedom of each phase is spent on its
/// mean; none is taken below a tenth of the overall deviation. A single 1 when all errors are 0.
inline std::vector<double> phase_scales(std::span<const double> errors, std::span<const double> weights, std::size_t phases) {
  std::vector<PhaseSum> sums(phases);
  double total = 0, weight = 0;
  for (std::size_t t = 0; t < errors.size(); ++t) {
    if (std::isnan(errors[t])) continue;
    sums[t % phases].square += weights[t] * errors[t] * errors[t];
    sums[t % phases].freedom += weights[t];
    total += weights[t] * errors[t] * errors[t];
    weight += weights[t];
  }
  if (!(total > 0)) return {1.0};
  for (PhaseSum& p : sums) p.freedom = std::max(0.0, p.freedom - 1);
  const double mean = total / weight;
  const ScalePrior prior = fit_scale_prior(sums, mean);
  std::vector<double> out(phases);
  for (std::size_t p = 0; p < phases; ++p) {
    const double variance = (prior.freedom * prior.variance + sums[p].square) / (prior.freedom + sums[p].freedom);
    out[p] = std::sqrt(std::max(variance, 0.01 * mean));
  }
  return out;
}

}  // namespace kilter::forecast::detail
