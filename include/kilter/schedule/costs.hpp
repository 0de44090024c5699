#pragma once
/// @file
/// What holding a unit of a resource costs from one moment to another, in constant time.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "kilter/schedule/problem.hpp"

namespace kilter::schedule::detail {

/// ∫ rate dt from 0, in O(1), and where the rate falls and rises. Rates are USD per second.
struct RateCurve {
  double step = 1;
  double per_step = 1;
  std::vector<double> rate, sum;  ///< of step k, and up to its beginning; the last holds for ever after
  std::vector<double> falls, rises;
  double largest = 0;  ///< size of a rate

  RateCurve(std::vector<double> rates, double width) : step(width), per_step(1 / width), rate(std::move(rates)) {
    if (rate.empty()) rate.push_back(0);
    while (rate.size() > 1 && rate[rate.size() - 2] == rate.back()) rate.pop_back();
    for (const double r : rate) largest = std::max(largest, r < 0 ? -r : r);
    sum.assign(rate.size(), 0);
    for (std::size_t k = 1; k < rate.size(); ++k) {
      sum[k] = sum[k - 1] + rate[k - 1] * width;
      if (rate[k] < rate[k - 1]) falls.push_back(width * static_cast<double>(k));
      if (rate[k] > rate[k - 1]) rises.push_back(width * static_cast<double>(k));
    }
  }

  /// `t` ≥ 0.
  [[nodiscard]] double until(double t) const {
    const double last = static_cast<double>(rate.size() - 1);
    const auto k = static_cast<std::size_t>(std::min(t * per_step, last));
    return sum[k] + rate[k] * (t - step * static_cast<double>(k));
  }
};

/// Of a unit of `resource` that draws `power` watts: rent, energy and carbon as the objective weighs them.
[[nodiscard]] inline std::vector<double> unit_rates(const Problem& problem, const Resource& resource, double power) {
  const Objective& o = problem.objective;
  const std::size_t steps = std::max({resource.rent.size(), resource.price.size(), resource.carbon.size(), std::size_t{1}});
  std::vector<double> rates(steps);
  for (std::size_t k = 0; k < steps; ++k) {
    const double energy =
        o.cost * step_value(resource.price, k).base() + o.energy.base() + o.carbon.base() * step_value(resource.carbon, k).base();
    rates[k] = o.cost * step_value(resource.rent, k).base() + power * energy;
  }
  return rates;
}

/// The curves of a problem: one for each resource and power per unit that some demand has.
class CurveSet {
 public:
  /// The index of the curve of `demand`.
  std::uint32_t index(const Problem& problem, const Demand& demand) {
    const double power = demand.power.base() / demand.amount;
    const auto [found, is_new] = index_.try_emplace({demand.resource, power}, static_cast<std::uint32_t>(curves_.size()));
    if (is_new) curves_.emplace_back(unit_rates(problem, problem.resources[demand.resource], power), problem.step.base());
    return found->second;
  }
  [[nodiscard]] const RateCurve& operator[](std::size_t i) const { return curves_[i]; }
  [[nodiscard]] const std::vector<RateCurve>& all() const { return curves_; }

 private:
  std::map<std::pair<std::uint32_t, double>, std::uint32_t> index_;
  std::vector<RateCurve> curves_;
};

}  // namespace kilter::schedule::detail
