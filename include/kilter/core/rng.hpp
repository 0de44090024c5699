#pragma once
/// @file
/// Random numbers that are the same on every platform: own engine, own distributions, one stream per task.

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
  /// Uniform on [low, high).
  constexpr double uniform(double low, double high) { return low + (high - low) * uniform(); }

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
  double normal(double mean, double deviation) { return mean + deviation * normal(); }

  /// Exponential with the given mean.
  double exponential(double mean) { return -mean * std::log(1 - uniform()); }

  /// Lognormal: `exp` of a normal with the given mean and deviation.
  double lognormal(double log_mean, double log_deviation) { return std::exp(normal(log_mean, log_deviation)); }

  /// Pareto with scale `minimum` and shape `alpha` (heavy tail; infinite variance for alpha ≤ 2).
  double pareto(double minimum, double alpha) { return minimum * std::pow(1 - uniform(), -1 / alpha); }

  /// Poisson: Knuth's product for small means, halved means added for large ones (exact, O(mean)).
  std::size_t poisson(double mean) {
    require(mean >= 0 && std::isfinite(mean), "mean", mean, "must be finite and not negative");
    std::size_t count = 0;
    for (; mean > 30; mean -= 30) count += poisson_small(30);
    return count + poisson_small(mean);
  }

  /// Fisher–Yates.
  template <class T>
  constexpr void shuffle(std::span<T> items) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[index(i)]);
  }

 private:
  static constexpr std::uint64_t multiply(std::uint64_t a, std::uint64_t b, std::uint64_t& low) {
    const std::uint64_t a0 = a & 0xffffffffU, a1 = a >> 32, b0 = b & 0xffffffffU, b1 = b >> 32;
    const std::uint64_t mid = a1 * b0 + ((a0 * b0) >> 32);
    const std::uint64_t mid2 = a0 * b1 + (mid & 0xffffffffU);
    low = a * b;
    return a1 * b1 + (mid >> 32) + (mid2 >> 32);
  }

  std::size_t poisson_small(double mean) {
    const double limit = std::exp(-mean);
    std::size_t count = 0;
    for (double product = uniform(); product > limit; product *= uniform()) ++count;
    return count;
  }

  std::array<std::uint64_t, 4> state_{};
  std::uint64_t seed_ = 0;
};

}  // namespace kilter
