#pragma once
/// @file
/// Capacity over time as a linear program: GPUs by site, type, model variant and power level for every hour of the horizon, with
/// training work as a storage that may be emptied when power is cheap and clean.
///
/// For hour h, serving options o (a pool, a variant, a power level), training by pool p and level l:
///
///     minimise   Σ cost(o,h) n(o,h) + cost(p,l,h) y(p,l,h) + shortfall u(h) + waiting (b(h) + c(h)) + lateness c(h) + overload
///     v(s,h) demand     Σ_o speed(o) n(o,h) + u(h) ≥ capacity(h) quality    Σ_o speed(o) (quality(o) − floor) n(o,h) ≥ 0 pool Σ_{o
///     in p} n(o,h) + Σ_l y(p,l,h) ≤ gpus(p,h) committed  Σ_l y(p,l,h) ≥ committed(p,h) power      Σ watts(o,h) n(o,h) + Σ
///     watts(p,l,h) y(p,l,h) − v(s,h) ≤ cap(s,h) − fixed(s)     (watts with cooling and losses)
///                v(s,h) ≤ what the committed GPUs draw at their lowest level above that
///     storage    b(h) + c(h) − b(h−1) − c(h−1) + Σ speed(p,l) y(p,l,h) ≥ arrivals(h),   b(h) ≤ what need not be done by then
///
/// The last hour's storage also costs what the work would cost in an average hour, so that nothing is put off without a gain.
/// The columns and rows of an hour stand together, so that the basis of one plan, moved by an hour, starts the next.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

#include "kilter/core/status.hpp"
#include "kilter/core/units.hpp"
#include "kilter/lp/model.hpp"
#include "kilter/lp/solution.hpp"
#include "kilter/lp/solve.hpp"
#include "kilter/plan/outlook.hpp"

namespace kilter::plan {

/// What the plan does in one hour, and what its limits are worth.
struct HourPlan {
  std::vector<double> serving{};                ///< GPUs, by serving option
  std::vector<std::vector<double>> training{};  ///< GPUs, by pool and power level
  double shortfall = 0;                         ///< reference GPUs of the wanted capacity that are not provided
  double backlog = 0;                           ///< training work left at the end of the hour, reference GPU-hours
  Rate demand_price{};                          ///< what one more reference GPU of capacity would cost
  std::vector<Rate> power_price{};              ///< by site: what one more kW under the cap would save
  std::vector<Rate> gpu_price{};                ///< by pool: what one more GPU would save
};

struct CapacityPlan {
  Status status = Status::numerical_failure;
  std::vector<HourPlan> hours{};
  Dollars objective{};
  std::size_t iterations = 0;
  lp::Residuals residuals{};
  lp::Basis basis{};
};

namespace detail {

/// Builds the program and reads plans out of its solutions; all offsets are known here and nowhere else.
class CapacityProgram {
 public:
  explicit CapacityProgram(const CapacityProblem& problem) : problem_(problem), value_of_work_(average_work_cost()) {
    for (const auto& pool : fleet().pools) {
      level_offset_.push_back(levels_);
      levels_ += pool.levels.size();
    }
    double available = problem.backlog;
    double due = 0;
    for (std::size_t h = 0; h < problem.hours.size(); ++h) {
      available += problem.hours[h].training_arrivals;
      due += problem.hours[h].training_due;
      add_columns(h, std::max(0.0, available - due));
      add_rows(h);
    }
  }

  [[nodiscard]] const lp::Model& model() const { return model_; }

  [[nodiscard]] CapacityPlan read(const lp::Solution& solution) const {
    CapacityPlan plan{solution.status, {}, Dollars{solution.objective}, solution.iterations, solution.residuals, solution.basis};
    if (solution.status != Status::optimal) return plan;
    for (std::size_t h = 0; h < problem_.hours.size(); ++h) plan.hours.push_back(read_hour(solution, h));
    return plan;
  }

  /// The basis of a plan made an hour ago as a start for this one: each hour takes the state of the hour after it.
  [[nodiscard]] lp::Basis shifted(lp::Basis basis) const {
    const std::size_t hours = problem_.hours.size();
    if (basis.columns.size() != columns_per_hour() * hours || basis.rows.size() != rows_per_hour() * hours) return {};
    const auto shift = [](auto& states, std::size_t block) {
      std::copy(states.begin() + static_cast<std::ptrdiff_t>(block), states.end(), states.begin());
    };
    shift(basis.columns, columns_per_hour());
    shift(basis.rows, rows_per_hour());
    return basis;
  }

 private:
  [[nodiscard]] const cluster::Fleet& fleet() const { return problem_.fleet; }
  [[nodiscard]] std::size_t sites() const { return fleet().sites.size(); }
  [[nodiscard]] std::size_t pools() const { return fleet().pools.size(); }
  [[nodiscard]] std::size_t options() const { return problem_.options.size(); }

  // Columns of an hour: n by option, y by pool and level, u, b, c, v by site.
  [[nodiscard]] std::size_t columns_per_hour() const { return options() + levels_ + 3 + sites(); }
  [[nodiscard]] int column(std::size_t h, std::size_t within) const { return static_cast<int>(h * columns_per_hour() + within); }
  [[nodiscard]] std::size_t training_at(std::size_t pool, std::size_t level) const {
    return options() + level_offset_[pool] + level;
  }
  [[nodiscard]] std::size_t shortfall_at() const { return options() + levels_; }
  [[nodiscard]] std::size_t backlog_at() const { return shortfall_at() + 1; }
  [[nodiscard]] std::size_t late_at() const { return shortfall_at() + 2; }
  [[nodiscard]] std::size_t overload_at(std::size_t site) const { return shortfall_at() + 3 + site; }

  // Rows of an hour: demand, quality, storage, pool and committed by pool, power by site.
  [[nodiscard]] std::size_t rows_per_hour() const { return 3 + 2 * pools() + sites(); }
  [[nodiscard]] std::size_t row(std::size_t h, std::size_t within) const { return h * rows_per_hour() + within; }

  [[nodiscard]] double facility_slope(std::size_t site, const HourOutlook& hour) const {
    return fleet().sites[site].facility.at(hour.celsius[site]).slope;
  }
  /// Facility power in kW of one GPU of a pool.
  [[nodiscard]] double kilowatts(std::size_t pool, Watts cap, double utilisation, const HourOutlook& hour) const {
    const auto& p = fleet().pools[pool];
    return cluster::gpu_power(p.type, cap, utilisation).in(units::kW)*facility_slope(p.site, hour);
  }
  /// USD for an hour of one GPU that draws that much.
  [[nodiscard]] double hourly_cost(std::size_t pool, double kw, const HourOutlook& hour) const {
    const auto& p = fleet().pools[pool];
    const double price = hour.price[p.site].in(units::usd / units::kWh);
    const double carbon = (hour.carbon[p.site] * problem_.preferences.carbon_price).in(units::usd / units::kWh);
    return p.type.capital.in(units::usd / units::h) + kw * (price + carbon);
  }
  [[nodiscard]] static double utilisation(const HourOutlook& hour) {
    return hour.capacity > 0 ? std::clamp(hour.demand / hour.capacity, 0.05, 1.0) : 1.0;
  }

  /// Mean cost of a reference GPU-hour of training over all hours and pools, at full power.
  [[nodiscard]] double average_work_cost() const {
    double cost = 0, work = 0;
    for (const auto& hour : problem_.hours) {
      for (std::size_t p = 0; p < pools(); ++p) {
        const auto& pool = fleet().pools[p];
        cost += hour.gpus[p] * hourly_cost(p, kilowatts(p, pool.type.peak, 1, hour), hour);
        work += hour.gpus[p] * pool.speed;
      }
    }
    return work > 0 ? cost / work : 0;
  }

  void add_columns(std::size_t h, double may_wait) {
    const HourOutlook& hour = problem_.hours[h];
    const Preferences& prefer = problem_.preferences;
    const double per_hour = 1;
    for (const auto& o : problem_.options) {
      const double kw = kilowatts(o.pool, o.cap, utilisation(hour), hour);
      model_.add_column(hourly_cost(o.pool, kw, hour), 0, hour.gpus[o.pool]);
    }
    for (std::size_t p = 0; p < pools(); ++p) {
      for (const auto& level : fleet().pools[p].levels) {
        model_.add_column(hourly_cost(p, kilowatts(p, level.cap, 1, hour), hour), 0, hour.gpus[p]);
      }
    }
    const auto usd = [&](Rate rate) { return rate.in(units::usd / units::h) * per_hour; };
    const double tail = h + 1 == problem_.hours.size() ? value_of_work_ : 0;
    model_.add_column(usd(prefer.shortfall), 0, lp::infinity);
    model_.add_column(usd(prefer.waiting) + tail, 0, may_wait);
    model_.add_column(usd(prefer.waiting) + usd(prefer.lateness) + tail, 0, lp::infinity);
    for (std::size_t s = 0; s < sites(); ++s) model_.add_column(usd(prefer.overload), 0, unavoidable_overload(s, hour));
  }

  /// kW left under the cap for what depends on the load.
  [[nodiscard]] double power_room(std::size_t site, const HourOutlook& hour) const {
    const Watts fixed = fleet().sites[site].facility.at(hour.celsius[site]).fixed;
    return std::max(0.0, (hour.power_cap[site] - fixed).in(units::kW));
  }
  /// kW by which committed gangs exceed the cap even at their lowest level. Without this limit a credit for demand that is dearer
  /// than the overload it needs would buy it.
  [[nodiscard]] double unavoidable_overload(std::size_t site, const HourOutlook& hour) const {
    double least = 0;
    for (std::size_t p = 0; p < pools(); ++p) {
      const auto& pool = fleet().pools[p];
      if (pool.site != site) continue;
      double lowest = lp::infinity;
      for (const auto& level : pool.levels) lowest = std::min(lowest, kilowatts(p, level.cap, 1, hour));
      least += hour.committed[p] > 0 ? hour.committed[p] * lowest : 0;
    }
    return std::max(0.0, least * (1 + 1e-9) - power_room(site, hour));
  }

  void add_rows(std::size_t h) {
    const HourOutlook& hour = problem_.hours[h];
    std::vector<lp::Term> demand, quality, storage;
    std::vector<std::vector<lp::Term>> pool_terms(pools()), committed(pools()), power(sites());
    for (std::size_t o = 0; o < options(); ++o) {
      const auto& option = problem_.options[o];
      demand.push_back({column(h, o), option.speed});
      quality.push_back({column(h, o), option.speed * (option.quality - problem_.quality_floor)});
      pool_terms[option.pool].push_back({column(h, o), 1});
      power[fleet().pools[option.pool].site].push_back({column(h, o), kilowatts(option.pool, option.cap, utilisation(hour), hour)});
    }
    for (std::size_t p = 0; p < pools(); ++p) {
      const auto& pool = fleet().pools[p];
      for (std::size_t l = 0; l < pool.levels.size(); ++l) {
        const int y = column(h, training_at(p, l));
        storage.push_back({y, pool.speed * pool.levels[l].speed});
        pool_terms[p].push_back({y, 1});
        committed[p].push_back({y, 1});
        power[pool.site].push_back({y, kilowatts(p, pool.levels[l].cap, 1, hour)});
      }
    }
    demand.push_back({column(h, shortfall_at()), 1});
    for (const std::size_t at : {backlog_at(), late_at()}) {
      storage.push_back({column(h, at), 1});
      if (h > 0) storage.push_back({column(h - 1, at), -1});
    }
    model_.add_row(demand, hour.capacity, lp::infinity);
    model_.add_row(quality, 0, lp::infinity);
    model_.add_row(storage, hour.training_arrivals + (h == 0 ? problem_.backlog : 0), lp::infinity);
    for (std::size_t p = 0; p < pools(); ++p) model_.add_row(pool_terms[p], -lp::infinity, hour.gpus[p]);
    for (std::size_t p = 0; p < pools(); ++p) model_.add_row(committed[p], hour.committed[p], lp::infinity);
    for (std::size_t s = 0; s < sites(); ++s) {
      power[s].push_back({column(h, overload_at(s)), -1});
      model_.add_row(power[s], -lp::infinity, power_room(s, hour));
    }
  }

  [[nodiscard]] HourPlan read_hour(const lp::Solution& solution, std::size_t h) const {
    const auto value = [&](std::size_t within) {
      return std::max(0.0, solution.primal[static_cast<std::size_t>(column(h, within))]);
    };
    const auto dual = [&](std::size_t within) { return solution.dual[row(h, within)] * units::usd / units::h; };
    HourPlan plan;
    for (std::size_t o = 0; o < options(); ++o) plan.serving.push_back(value(o));
    for (std::size_t p = 0; p < pools(); ++p) {
      std::vector<double> levels;
      for (std::size_t l = 0; l < fleet().pools[p].levels.size(); ++l) levels.push_back(value(training_at(p, l)));
      plan.training.push_back(std::move(levels));
      plan.gpu_price.push_back(Rate{} - dual(3 + p));
    }
    plan.shortfall = value(shortfall_at());
    plan.backlog = value(backlog_at()) + value(late_at());
    plan.demand_price = dual(0);
    for (std::size_t s = 0; s < sites(); ++s) plan.power_price.push_back(Rate{} - dual(3 + 2 * pools() + s));
    return plan;
  }

  const CapacityProblem& problem_;
  double value_of_work_;
  std::vector<std::size_t> level_offset_;
  std::size_t levels_ = 0;
  lp::Model model_;
};

}  // namespace detail

/// Solves the plan with `solver`. `previous`, the basis of the plan made an hour earlier for the same fleet and options, is moved
/// on by an hour and makes the start warm; an empty one is fine. Throws `std::invalid_argument` when the problem does not fit
/// together.
template <lp::LpSolver Solver = lp::Simplex>
[[nodiscard]] CapacityPlan plan_capacity(const CapacityProblem& problem, const Solver& solver = {},
                                         const lp::Basis& previous = {}) {
  check(problem);
  const detail::CapacityProgram program{problem};
  const lp::Basis start = program.shifted(previous);
  return program.read(solver.solve(program.model(), start.columns.empty() ? nullptr : &start));
}

namespace detail {

/// Turns the GPUs of a plan into whole ones: counts, what the pools have left, and what is missing of capacity and of quality.
class Rounding {
 public:
  Rounding(const std::vector<double>& serving, const std::vector<cluster::ServingOption>& options, std::vector<int> left,
           double floor)
      : serving_(serving), options_(options), left_(std::move(left)), floor_(floor), whole_(options.size()) {
    for (std::size_t o = 0; o < options.size(); ++o) {
      add(o, std::min(static_cast<int>(std::floor(serving[o] + 1e-6)), std::max(0, left_[options[o].pool])));
      missing_ += serving[o] * options[o].speed;
      order_.push_back(o);
    }
    const auto part = [&](std::size_t o) { return serving_[o] - whole_[o]; };
    std::vector<double> parts;
    for (std::size_t o = 0; o < options.size(); ++o) parts.push_back(part(o));
    std::stable_sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) { return parts[a] > parts[b]; });
  }

  /// One more for each option with a part, the largest first; then whatever the plan uses, then whatever keeps the quality.
  void reach_capacity() {
    for (const std::size_t o : order_) {
      if (missing_ > 1e-6 && serving_[o] - whole_[o] > 1e-6 && left_[options_[o].pool] > 0) add(o, 1);
    }
    fill([&](std::size_t o) { return serving_[o] > 1e-6; });
    fill([&](std::size_t o) { return options_[o].quality >= floor_; });
  }

  /// Adds GPUs of good options where there is room, else in place of bad ones of the same pool, until the mean quality is at the
  /// floor.
  void reach_quality() {
    while (surplus_ < -1e-6) {
      const std::size_t good = best([&](std::size_t o) { return gain(o) > 0 && left_[options_[o].pool] > 0; });
      const std::size_t bad = best([&](std::size_t o) { return gain(o) < 0 && whole_[o] > 0; });
      if (good < options_.size()) {
        add(good, 1);
      } else {
        add(bad, -1);  // there is one: the surplus is negative
      }
    }
  }

  [[nodiscard]] std::vector<int> take() { return std::move(whole_); }

 private:
  [[nodiscard]] double gain(std::size_t o) const { return options_[o].speed * (options_[o].quality - floor_); }
  void add(std::size_t o, int count) {
    whole_[o] += count;
    left_[options_[o].pool] -= count;
    missing_ -= count * options_[o].speed;
    surplus_ += count * gain(o);
  }
  /// The allowed option that the plan uses most; the number of options when none is allowed.
  template <class Allowed>
  [[nodiscard]] std::size_t best(const Allowed& allowed) const {
    std::size_t found = options_.size();
    for (std::size_t o = 0; o < options_.size(); ++o) {
      if (allowed(o) && (found == options_.size() || serving_[o] > serving_[found])) found = o;
    }
    return found;
  }
  template <class Allowed>
  void fill(const Allowed& allowed) {
    while (missing_ > 1e-6) {
      const std::size_t o = best([&](std::size_t i) { return allowed(i) && left_[options_[i].pool] > 0; });
      if (o == options_.size()) return;
      add(o, 1);
    }
  }

  const std::vector<double>& serving_;
  const std::vector<cluster::ServingOption>& options_;
  std::vector<int> left_;
  double floor_;
  std::vector<int> whole_;
  std::vector<std::size_t> order_;
  double missing_ = 0;  ///< capacity of the plan less that of the whole GPUs
  double surplus_ = 0;  ///< capacity times quality above the floor
};

}  // namespace detail

/// Whole GPUs for an hour's serving, by option: the parts below one are given out, largest first, until the capacity that the plan
/// provides is reached again or the pools are full; then options of better quality are added or take the place of worse ones until
/// the mean quality is not below `quality_floor`. `limit` is what each pool may give.
[[nodiscard]] inline std::vector<int> whole_gpus(const HourPlan& plan, const std::vector<cluster::ServingOption>& options,
                                                 std::vector<int> limit, double quality_floor = 0) {
  detail::Rounding rounding{plan.serving, options, std::move(limit), quality_floor};
  rounding.reach_capacity();
  rounding.reach_quality();
  return rounding.take();
}

}  // namespace kilter::plan
