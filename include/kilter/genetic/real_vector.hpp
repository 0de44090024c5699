#pragma once
/// @file
/// `RealVector`: reals between bounds, with SBX and polynomial mutation; `RandomKeys`: orders by sorting numbers from [0, 1).

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/rng.hpp"
#include "kilter/genetic/discrete_crossover.hpp"
#include "kilter/genetic/mutation.hpp"

namespace kilter::genetic {

namespace detail {

/// x^(1/(eta + 1)) for x ≥ 0.
inline double spread_root(double x, double inverse) { return std::exp(std::log(x) * inverse); }

/// x^−(eta + 1) for x ≥ 1: by squaring where the exponent is a whole number, as it mostly is.
inline double spread_power(double x, double exponent) {
  if (x > 1e6) return 0;  // below 1e-6 of 2 from exponent 1 on: the bound is too far away to be felt
  const double whole = std::floor(exponent);
  if (whole != exponent || whole > 64) return std::pow(x, -exponent);
  double result = 1;
  for (auto k = static_cast<unsigned>(whole); k != 0; k >>= 1U) {
    if ((k & 1U) != 0) result *= x;
    x *= x;
  }
  return 1 / result;
}

/// The spread factor of SBX whose mass beyond the bound, `room` away from the nearer parent in units of half the parents' distance
/// (`room` = 1 + 2 · distance to the bound / distance of the parents), is cut off and given to the rest.
inline double sbx_spread(double u, double room, double eta) {
  const double alpha = 2 - spread_power(room, eta + 1);
  const double inverse = 1 / (eta + 1), mass = u * alpha;
  return mass <= 1 ? spread_root(mass, inverse) : spread_root(1 / (2 - mass), inverse);
}

/// The change of polynomial mutation, as a share of the range: `below` and `above` are the shares of the range on either side.
inline double polynomial_step(double u, double below, double above, double eta) {
  const double inverse = 1 / (eta + 1);
  if (u < 0.5) return spread_root(2 * u + (1 - 2 * u) * std::pow(1 - below, eta + 1), inverse) - 1;
  return 1 - spread_root(2 * (1 - u) + (2 * u - 1) * std::pow(1 - above, eta + 1), inverse);
}

}  // namespace detail

/// Simulated binary crossover of two numbers, SBX (Deb, Agrawal 1995, "Simulated binary crossover for continuous search space",
/// eqs. 9–11; within bounds as in Deb 2000): one of the two children, whose mean with the other is that of the parents; the larger
/// `eta` ≥ 0, the nearer to the parents. Never outside [lower, upper] when the parents are not.
inline double sbx_gene(double a, double b, double lower, double upper, double eta, Rng& rng) {
  const double low = std::min(a, b), high = std::max(a, b), width = high - low;
  const double u = rng.uniform();
  if (!(width > 1e-14)) return a;
  const bool to_low = (rng() >> 63U) != 0;
  const double room = 1 + 2 * (to_low ? low - lower : upper - high) / width;
  const double half = 0.5 * detail::sbx_spread(u, room, eta) * width, mean = 0.5 * (low + high);
  return std::clamp(to_low ? mean - half : mean + half, lower, upper);
}

/// Polynomial mutation of a number (Deb, Goyal 1996, "A combined genetic adaptive search (GeneAS) for engineering design"; within
/// bounds as in NSGA-II's program): the larger `eta` ≥ 0, the smaller the step. Stays within [lower, upper].
inline double polynomial_gene(double x, double lower, double upper, double eta, Rng& rng) {
  const double range = upper - lower;
  const double u = rng.uniform();
  if (!(range > 0)) return x;
  return std::clamp(x + range * detail::polynomial_step(u, (x - lower) / range, (upper - x) / range, eta), lower, upper);
}

/// The parameters of the operators of `RealVector`. Indices ≥ 0, rates in [0, 1].
struct RealOptions {
  double crossover_eta = 15;    ///< distribution index of SBX
  double crossover_rate = 0.5;  ///< how often SBX crosses a gene; else it is that of the first parent
  double mutation_eta = 20;     ///< distribution index of polynomial mutation
  double mutations = 1;         ///< how many genes a mutation changes in the mean
  double blend = 0.5;           ///< α of BLX-α
};

/// Reals with a lower and an upper bound each: an `Encoding` whose crossovers are 0 SBX, 1 BLX-α (Eshelman, Schaffer 1993), 2
/// uniform and whose mutations are 0 polynomial, 1 one gene drawn anew.
class RealVector {
 public:
  using Gene = double;
  struct Workspace {};
  static constexpr std::size_t crossover_count = 3;
  static constexpr std::size_t mutation_count = 2;

  /// Throws `std::invalid_argument` unless the bounds are finite, equally many and in order, and the options in range.
  RealVector(std::vector<double> lower, std::vector<double> upper, const RealOptions& options = {})
      : lower_(std::move(lower)), upper_(std::move(upper)), options_(options) {
    require(lower_.size() == upper_.size(), "upper", upper_.size(), "must be as many as lower");
    for (std::size_t i = 0; i < lower_.size(); ++i) {
      require_finite("lower", lower_[i]);
      require_finite("upper", upper_[i]);
      require(lower_[i] <= upper_[i], "lower", lower_[i], "must not exceed upper");
    }
    require(options.crossover_eta >= 0, "crossover_eta", options.crossover_eta, "must not be negative");
    require(options.mutation_eta >= 0, "mutation_eta", options.mutation_eta, "must not be negative");
    require(options.crossover_rate >= 0 && options.crossover_rate <= 1, "crossover_rate", options.crossover_rate,
            "must lie in [0, 1]");
    require(options.mutations >= 0, "mutations", options.mutations, "must not be negative");
    require(options.blend >= 0, "blend", options.blend, "must not be negative");
  }
  /// `size` reals with the same bounds.
  RealVector(std::size_t size, double lower, double upper, const RealOptions& options = {})
      : RealVector(std::vector<double>(size, lower), std::vector<double>(size, upper), options) {}

  [[nodiscard]] std::size_t size() const { return lower_.size(); }
  [[nodiscard]] std::span<const double> lower() const { return lower_; }
  [[nodiscard]] std::span<const double> upper() const { return upper_; }
  [[nodiscard]] Workspace make_workspace() const { return {}; }

  /// Uniform in the box.
  void random(std::span<double> genome, Rng& rng, Workspace&) const {
    for (std::size_t i = 0; i < genome.size(); ++i) genome[i] = rng.uniform(lower_[i], upper_[i]);
  }

  /// The crossover numbered `k`; see the class.
  void crossover(std::size_t k, std::span<const double> a, std::span<const double> b, std::span<double> child, Rng& rng,
                 Workspace& ws) const {
    switch (k) {
      case 0: return crossover(a, b, child, rng, ws);
      case 1: return blend(a, b, child, rng);
      default: return uniform_crossover(a, b, child, rng);
    }
  }
  /// SBX, gene by gene.
  void crossover(std::span<const double> a, std::span<const double> b, std::span<double> child, Rng& rng, Workspace&) const {
    detail::check_lengths(a.size(), b.size(), child.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
      child[i] =
          rng.uniform() < options_.crossover_rate ? sbx_gene(a[i], b[i], lower_[i], upper_[i], options_.crossover_eta, rng) : a[i];
    }
  }

  /// The mutation numbered `k`; see the class.
  void mutate(std::size_t k, std::span<double> genome, Rng& rng, Workspace& ws) const {
    if (k == 0) return mutate(genome, rng, ws);
    if (genome.empty()) return;
    const std::size_t i = rng.index(genome.size());
    genome[i] = rng.uniform(lower_[i], upper_[i]);
  }
  /// Polynomial, each gene with probability `mutations`/n.
  void mutate(std::span<double> genome, Rng& rng, Workspace&) const {
    const double rate = genome.empty() ? 0 : std::min(1.0, options_.mutations / static_cast<double>(genome.size()));
    detail::for_each_hit(genome.size(), rate, rng, [&](std::size_t i) {
      genome[i] = polynomial_gene(genome[i], lower_[i], upper_[i], options_.mutation_eta, rng);
    });
  }

  /// The mean over the genes of their difference as a share of their range, in [0, 1].
  [[nodiscard]] double distance(std::span<const double> a, std::span<const double> b) const {
    detail::check_lengths(a.size(), b.size(), lower_.size());
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (upper_[i] > lower_[i]) sum += std::abs(a[i] - b[i]) / (upper_[i] - lower_[i]);
    }
    return a.empty() ? 0 : sum / static_cast<double>(a.size());
  }

  /// True when each gene lies within its bounds.
  [[nodiscard]] bool check(std::span<const double> genome) const {
    if (genome.size() != size()) return false;
    for (std::size_t i = 0; i < genome.size(); ++i) {
      if (!(genome[i] >= lower_[i] && genome[i] <= upper_[i])) return false;
    }
    return true;
  }

 private:
  /// BLX-α: uniform on the parents' interval, widened by α of its width on either side, cut off at the bounds.
  void blend(std::span<const double> a, std::span<const double> b, std::span<double> child, Rng& rng) const {
    detail::check_lengths(a.size(), b.size(), child.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
      const double at = (1 + 2 * options_.blend) * rng.uniform() - options_.blend;
      child[i] = std::clamp(a[i] + at * (b[i] - a[i]), lower_[i], upper_[i]);
    }
  }

  std::vector<double> lower_, upper_;
  RealOptions options_;
};

/// The order that sorts `keys`, equal keys by index, in O(n log n) without allocation (Bean 1994, "Genetic algorithms and random
/// keys for sequencing and optimization"). Throws `std::invalid_argument` when the lengths differ; keys must not be NaN.
inline void order_of_keys(std::span<const double> keys, std::span<std::uint32_t> order) {
  require(keys.size() == order.size(), "order", order.size(), "must have the length of the keys");
  std::iota(order.begin(), order.end(), std::uint32_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::uint32_t i, std::uint32_t j) { return keys[i] != keys[j] ? keys[i] < keys[j] : i < j; });
}

/// Keys from [0, 1), which a problem decodes as it likes, mostly by `order_of_keys`: an `Encoding` whose crossovers are 0 biased
/// uniform (a gene comes from the first parent with probability `share`; Gonçalves, Resende 2011, "Biased random-key genetic
/// algorithms"), 1 uniform, 2 two points and whose mutations are 0 one key drawn anew, 1 two keys exchanged. Throws
/// `std::invalid_argument` unless `share` lies in [0, 1].
class RandomKeys {
 public:
  using Gene = double;
  struct Workspace {};
  static constexpr std::size_t crossover_count = 3;
  static constexpr std::size_t mutation_count = 2;

  explicit RandomKeys(std::size_t size, double share = 0.7) : size_(size), share_(share) {
    require(share >= 0 && share <= 1, "share", share, "must lie in [0, 1]");
  }

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] Workspace make_workspace() const { return {}; }

  /// Uniform keys.
  void random(std::span<double> genome, Rng& rng, Workspace&) const {
    for (double& key : genome) key = rng.uniform();
  }

  /// The crossover numbered `k`; see the class.
  void crossover(std::size_t k, std::span<const double> a, std::span<const double> b, std::span<double> child, Rng& rng,
                 Workspace& ws) const {
    switch (k) {
      case 0: return crossover(a, b, child, rng, ws);
      case 1: return uniform_crossover(a, b, child, rng);
      default: return two_point_crossover(a, b, child, rng);
    }
  }
  /// Biased uniform.
  void crossover(std::span<const double> a, std::span<const double> b, std::span<double> child, Rng& rng, Workspace&) const {
    biased_uniform_crossover(a, b, child, share_, rng);
  }

  /// The mutation numbered `k`; see the class.
  void mutate(std::size_t k, std::span<double> genome, Rng& rng, Workspace& ws) const {
    if (k == 0) return mutate(genome, rng, ws);
    swap_mutation(genome, rng);
  }
  /// One key drawn anew.
  void mutate(std::span<double> genome, Rng& rng, Workspace&) const {
    if (!genome.empty()) genome[rng.index(genome.size())] = rng.uniform();
  }

  /// The mean difference of the keys, in [0, 1].
  [[nodiscard]] double distance(std::span<const double> a, std::span<const double> b) const {
    detail::check_lengths(a.size(), b.size(), a.size());
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += std::abs(a[i] - b[i]);
    return a.empty() ? 0 : sum / static_cast<double>(a.size());
  }

  /// True when the genome holds `size()` numbers of [0, 1).
  [[nodiscard]] bool check(std::span<const double> genome) const {
    return genome.size() == size_ && std::all_of(genome.begin(), genome.end(), [](double key) { return key >= 0 && key < 1; });
  }

 private:
  std::size_t size_;
  double share_;
};

}  // namespace kilter::genetic
