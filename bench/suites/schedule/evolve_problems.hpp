#pragma once
/// What the program `evolve` searches: a job shop as a permutation with repetition, and what is known of the fronts of ZDT and
/// DTLZ.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <ostream>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "../common.hpp"
#include "kilter/core/contract.hpp"
#include "kilter/core/rng.hpp"
#include "kilter/genetic/job_repetition.hpp"
#include "kilter/schedule/shop.hpp"

namespace kilter::bench {

/// One run of a search: what it took and what it found.
struct EvolveRow {
  std::string problem, algorithm;
  std::uint64_t seed = 0;
  std::size_t generations = 0, evaluations = 0, front = 0;
  double seconds = 0, value = 0, limit = unknown;
};

inline void write_evolve_header(std::ostream& out) {
  out << "problem,algorithm,population,islands,threads,seed,generations,evaluations,seconds,evaluations_per_second,front,value,"
         "limit,"
         "ratio\n";
}

inline void write_evolve_row(std::ostream& out, const EvolveRow& r, std::size_t population, std::size_t islands, unsigned threads) {
  const double rate = r.seconds > 0 ? static_cast<double>(r.evaluations) / r.seconds : unknown;
  const double ratio = r.limit > 0 ? r.value / r.limit : unknown;
  out << r.problem << ',' << r.algorithm << ',' << population << ',' << islands << ',' << threads << ',' << r.seed << ','
      << r.generations << ',' << r.evaluations << ',' << cell(r.seconds, 4) << ',' << cell(rate, 0) << ',' << r.front << ','
      << cell(r.value) << ',' << cell(r.limit) << ',' << cell(ratio, 5) << std::endl;
}

/// The number after `prefix` in a name; false where the name is not of that kind.
inline bool numbered(const std::string& name, const std::string& prefix, std::size_t& number) {
  if (name.rfind(prefix, 0) != 0 || name.size() == prefix.size() || name.size() > prefix.size() + 7) return false;
  if (name.find_first_not_of("0123456789", prefix.size()) != std::string::npos) return false;
  number = std::stoul(name.substr(prefix.size()));
  return true;
}

/// N and M of a random shop "shopNxM".
inline bool shop_size(const std::string& name, std::size_t& jobs, std::size_t& machines) {
  const std::size_t x = name.find('x');
  return x != std::string::npos && numbered(name.substr(0, x), "shop", jobs) && numbered(name.substr(x), "x", machines);
}

/// A job shop whose genome is decoded semi-actively: each operation starts as soon as its job and its machine are free. The cost is
/// the makespan.
class ShopOrder {
 public:
  using Gene = std::uint8_t;
  struct Workspace {
    std::vector<std::uint32_t> next;  ///< per job: the operation to come
    std::vector<std::int64_t> job_free, machine_free;
  };

  /// Throws `std::invalid_argument` for an operation with a choice of machines or more jobs than a byte counts.
  explicit ShopOrder(const schedule::Shop& shop) : machines_(shop.machines), encoding_(counts(shop)) {
    for (const schedule::ShopJob& job : shop.jobs) {
      first_.push_back(static_cast<std::uint32_t>(operations_.size()));
      for (const schedule::Operation& operation : job.operations) {
        require(operation.alternatives.size() == 1, "alternatives", operation.alternatives.size(), "must be one per operation");
        operations_.push_back({operation.alternatives[0].machine, operation.alternatives[0].duration});
      }
    }
  }

  [[nodiscard]] const genetic::JobRepetition<Gene>& encoding() const { return encoding_; }
  [[nodiscard]] Workspace make_workspace() const { return {}; }

  [[nodiscard]] double cost(std::span<const Gene> genome, Workspace& ws) const {
    ws.next.assign(first_.begin(), first_.end());
    ws.job_free.assign(first_.size(), 0);
    ws.machine_free.assign(machines_, 0);
    std::int64_t makespan = 0;
    for (const Gene job : genome) {
      const Step& step = operations_[ws.next[job]++];
      const std::int64_t end = std::max(ws.job_free[job], ws.machine_free[step.machine]) + step.duration;
      ws.job_free[job] = ws.machine_free[step.machine] = end;
      makespan = std::max(makespan, end);
    }
    return static_cast<double>(makespan);
  }

 private:
  struct Step {
    std::uint32_t machine;
    std::int64_t duration;
  };

  static std::vector<std::uint32_t> counts(const schedule::Shop& shop) {
    std::vector<std::uint32_t> out;
    for (const schedule::ShopJob& job : shop.jobs) out.push_back(static_cast<std::uint32_t>(job.operations.size()));
    return out;
  }

  std::size_t machines_;
  genetic::JobRepetition<Gene> encoding_;
  std::vector<std::uint32_t> first_;
  std::vector<Step> operations_;
};

/// A random job shop in the manner of Taillard 1993, "Benchmarks for basic scheduling problems": durations U(1, 99), each job on
/// every machine once in a random order.
inline schedule::Shop random_shop(std::size_t jobs, std::size_t machines, std::uint64_t seed) {
  schedule::Shop shop;
  shop.machines = machines;
  Rng rng(seed);
  for (std::size_t j = 0; j < jobs; ++j) {
    std::vector<std::uint32_t> route(machines);
    for (std::size_t m = 0; m < machines; ++m) route[m] = static_cast<std::uint32_t>(m);
    rng.shuffle(std::span{route});
    schedule::ShopJob job;
    for (const std::uint32_t m : route) job.operations.push_back({{{m, static_cast<schedule::Time>(1 + rng.index(99))}}});
    shop.jobs.push_back(std::move(job));
  }
  return shop;
}

/// The reference point of a front's hypervolume and the hypervolume of the whole front, which a population approaches from below.
struct FrontLimit {
  std::vector<double> reference;
  double hypervolume = 0;
};

/// The integral from `from` to 1.1 of 1.1 − the least f so far, where f ends at 1: the hypervolume of a front f2 = f(f1).
template <class F>
double area_above(F&& f, double from) {
  constexpr int steps = 1000000;
  const double width = (1 - from) / steps;
  double least = f(from), sum = 0;
  for (int i = 0; i < steps; ++i) {
    const double left = least;
    least = std::min(least, f(from + (i + 1) * width));
    sum += width * (1.1 - 0.5 * (left + least));
  }
  return sum + 0.1 * (1.1 - least);
}

inline FrontLimit zdt_limit(int number) {
  constexpr double pi = std::numbers::pi;
  const std::vector<double> reference{1.1, 1.1};
  switch (number) {
    case 2: return {reference, area_above([](double x) { return 1 - x * x; }, 0)};
    case 3: return {reference, area_above([](double x) { return 1 - std::sqrt(x) - x * std::sin(10 * pi * x); }, 0)};
    case 6: return {reference, area_above([](double x) { return 1 - x * x; }, 0.2807753191)};  // the least f1 there is
    default: return {reference, area_above([](double x) { return 1 - std::sqrt(x); }, 0)};
  }
}

/// Three objectives. DTLZ1: a triangle; 2, 3, 4: an eighth of a ball; 5, 6: the curve f1 = f2 = cos θ / √2, f3 = sin θ, which
/// leaves f3 ≥ √(1 − 2 s²) below s = min(f1, f2); 7: f3 = 6 − b(f1) − b(f2) with b(t) = t (1 + sin 3πt).
inline FrontLimit dtlz_limit(int number) {
  constexpr double pi = std::numbers::pi;
  if (number == 1) return {{0.55, 0.55, 0.55}, 0.55 * 0.55 * 0.55 - 0.5 * 0.5 * 0.5 / 6};
  if (number < 5) return {{1.1, 1.1, 1.1}, 1.1 * 1.1 * 1.1 - pi / 6};
  if (number < 7) {
    constexpr int steps = 1000000;
    double sum = 0;
    for (int i = 0; i < steps; ++i) {
      const double s = 1.1 * (i + 0.5) / steps;
      sum += (1.1 - std::sqrt(std::max(0.0, 1 - 2 * s * s))) * 2 * (1.1 - s) * 1.1 / steps;
    }
    return {{1.1, 1.1, 1.1}, sum};
  }
  const double most =
      1.1 * 1.1 - area_above([](double t) { return -t * (1 + std::sin(3 * pi * t)); }, 0);  // −∫ of the most b so far
  return {{1.1, 1.1, 6.6}, 1.1 * 1.1 * 0.6 - 2 * 1.1 * most};
}

}  // namespace kilter::bench
