#pragma once
/// @file
/// Random numbers that do not depend on the standard library: own engine, own distributions, one stream per task. Integers,
/// uniforms and shuffles are the same bit for bit everywhere; the other distributions as far as the platform's `log`, `exp` and
/// `cos` agree.

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <span>
#include <utility>

#include "kilter/core/contract.hpp"

namespace kilter {

namespace detail {
/// splitmix64 (Steele, Lea, Flood 2014): one step of a 64-bit mixing counter; used to seed and to split.
constexpr std::uint64_t splitmix64(std::uint64_t& state) {
  std::uint64_t z = (state += 0x9e3779b97f4a7c15ULL);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

/// ln of the Poisson probability of `k`: as it stands below 10, above by Stirling's series around k, which loses no digits however
/// large the mean is. (`std::lgamma` would write a global.)
inline double log_poisson(double k, double mean) {
  constexpr double factorial[] = {1, 1, 2, 6, 24, 120, 720, 5040, 40320, 362880};
  if (k < 10) return k * std::log(mean) - mean - std::log(factorial[static_cast<int>(k)]);
  const double excess = (mean - k) / k;
  const double square = 1 / (k * k);
  const double series = (1.0 / 12 - square * (1.0 / 360 - square * (1.0 / 1260 - square / 1680))) / k;
  return k * (std::log1p(excess) - excess) - 0.5 * std::log(2 * std::numbers::pi * k) - series;
}
}  // namespace detail

/// xoshiro256++ (Blackman, Vigna 2021, "Scrambled linear pseudorandom number generators"), a `std::uniform_random_bit_generator`.
///
/// `split(i)` gives an independent stream for task `i` that depends only on the seed and `i`, never on how far this engine has been
/// used: results are the same at any number of threads.
class Rng {
 public:
  using result_type = std::uint64_t;

  explicit constexpr Rng(std::uint64_t seed = 1) : seed_(seed) {
    for (auto& word : state_) word = detail::splitmix64(seed);
  }

  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return ~result_type{0}; }

  constexpr result_type operator()() {
    const std::uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  /// The stream of task `stream` under this seed.
  [[nodiscard]] constexpr Rng split(std::uint64_t stream) const {
    std::uint64_t mix = seed_;
    const std::uint64_t a = detail::splitmix64(mix);
    mix = stream ^ 0xd1342543de82ef95ULL;
    return Rng{a ^ detail::splitmix64(mix)};
  }

  /// Uniform on [0, 1) with 53 random bits.
  constexpr double uniform() { return static_cast<double>((*this)() >> 11) * 0x1.0p-53; }
  /// Uniform on [low, high); `low` itself where the two are equal.
  constexpr double uniform(double low, double high) {
    require(low <= high, "low", low, "must not exceed high");
    const double x = low + (high - low) * uniform();
    return x < high ? x : low;  // the sum may round up to high
  }

  /// Uniform on {0, …, n − 1} without bias (Lemire 2019, nearly divisionless); `n` must not be 0.
  constexpr std::size_t index(std::size_t n) {
    require(n > 0, "n", n, "must be positive");
    const auto bound = static_cast<std::uint64_t>(n);
    std::uint64_t low = 0;
    std::uint64_t high = multiply((*this)(), bound, low);
    if (low < bound) {
      const std::uint64_t threshold = (0 - bound) % bound;
      while (low < threshold) high = multiply((*this)(), bound, low);
    }
    return static_cast<std::size_t>(high);
  }

  /// True with probability `p`.
  constexpr bool bernoulli(double p) { return uniform() < p; }

  /// Standard normal (Box–Muller; both values are used by drawing two uniforms for each one, so no state is kept).
  double normal() {
    const double radius = std::sqrt(-2 * std::log(1 - uniform()));
    return radius * std::cos(2 * std::numbers::pi * uniform());
  }
  double normal(double mean, double deviation) {
    require(deviation >= 0, "deviation", deviation, "must not be negative");
    return mean + deviation * normal();
  }

  /// Exponential with the given mean.
  double exponential(double mean) {
    require(mean >= 0, "mean", mean, "must not be negative");
    return -mean * std::log(1 - uniform());
  }

  /// Gamma of the given shape and scale 1 (Marsaglia and Tsang 2000). Throws unless the shape is positive.
  double gamma(double shape) {
    require(shape > 0, "shape", shape, "must be positive");
    if (shape < 1) return gamma(shape + 1) * std::pow(1 - uniform(), 1 / shape);
    const double d = shape - 1.0 / 3, c = 1 / std::sqrt(9 * d);
    while (true) {
      const double x = normal(), root = 1 + c * x;
      if (root <= 0) continue;
      const double v = root * root * root;
      if (std::log(1 - uniform()) < 0.5 * x * x + d * (1 - v + std::log(v))) return d * v;
    }
  }

  /// Lognormal: `exp` of a normal with the given mean and deviation.
  double lognormal(double log_mean, double log_deviation) { return std::exp(normal(log_mean, log_deviation)); }

  /// Pareto with scale `minimum` and shape `alpha` (heavy tail; infinite variance for alpha ≤ 2).
  double pareto(double minimum, double alpha) {
    require(minimum > 0, "minimum", minimum, "must be positive");
    require(alpha > 0, "alpha", alpha, "must be positive");
    return minimum * std::pow(1 - uniform(), -1 / alpha);
  }

  /// Poisson: Knuth's product up to a mean of 10, transformed rejection above (Hörmann 1993, algorithm PTRS); O(1) in the mean.
  std::size_t poisson(double mean) {
    require(mean >= 0 && mean <= 1e15, "mean", mean, "must lie in 0 … 1e15");
    return mean < 10 ? poisson_small(mean) : poisson_large(mean);
  }

  /// Fisher–Yates.
  template <class T, std::size_t Extent>
  constexpr void shuffle(std::span<T, Extent> items) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[index(i)]);
  }

 private:
  /// The upper half of the product a b; the lower half goes to `low`.
  static constexpr std::uint64_t multiply(std::uint64_t a, std::uint64_t b, std::uint64_t& low) {
#ifdef __SIZEOF_INT128__
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(a) * b;
    low = static_cast<std::uint64_t>(product);
    return static_cast<std::uint64_t>(product >> 64);
#else
    const std::uint64_t a0 = a & 0xffffffffU, a1 = a >> 32, b0 = b & 0xffffffffU, b1 = b >> 32;
    const std::uint64_t mid = a1 * b0 + ((a0 * b0) >> 32);
    const std::uint64_t mid2 = a0 * b1 + (mid & 0xffffffffU);
    low = a * b;
    return a1 * b1 + (mid >> 32) + (mid2 >> 32);
#endif
  }

  std::size_t poisson_small(double mean) {
    const double limit = std::exp(-mean);
    std::size_t count = 0;
    for (double product = uniform(); product > limit; product *= uniform()) ++count;
    return count;
  }

  std::size_t poisson_large(double mean) {
    const double b = 0.931 + 2.53 * std::sqrt(mean);
    const double a = -0.059 + 0.02483 * b;
    const double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
    const double inside = 0.9277 - 3.6224 / (b - 2);
    while (true) {
      const double u = uniform() - 0.5;
      const double v = 1 - uniform();
      const double room = 0.5 - std::abs(u);
      const double k = std::floor((2 * a / room + b) * u + mean + 0.43);
      if (room >= 0.07 && v <= inside) return static_cast<std::size_t>(k);
      if (!(k >= 0) || (room < 0.013 && v > room)) continue;
      const double hat = std::log(v * inverse_alpha / (a / (room * room) + b));
      if (hat <= detail::log_poisson(k, mean)) return static_cast<std::size_t>(k);
    }
  }

  std::array<std::uint64_t, 4> state_{};
  std::uint64_t seed_ = 0;
};

}  // namespace kilter
