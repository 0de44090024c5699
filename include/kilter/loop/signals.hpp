#pragma once
/// @file
/// What the loop expects of the outside: forecasts of demand, price, carbon and temperature, made hour by hour from what was known.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/executor.hpp"
#include "kilter/core/series.hpp"
#include "kilter/forecast/baseline.hpp"
#include "kilter/forecast/forecast.hpp"
#include "kilter/simulate/world.hpp"

namespace kilter::loop {

/// Forecasts for the hours that follow; the vectors go by site.
struct Signals {
  forecast::Forecast demand{};
  std::vector<forecast::Forecast> price{};        ///< USD per MWh
  std::vector<forecast::Forecast> carbon{};       ///< g CO2 per kWh
  std::vector<forecast::Forecast> temperature{};  ///< Celsius
};

/// Anything that gives the signals as they are expected at the start of an hour.
template <class S>
concept SignalSource = requires(const S& source, std::size_t hour) {
  { source.at(hour) } -> std::convertible_to<Signals>;
};

/// The demand of the world as a series in time.
[[nodiscard]] inline Series demand_series(const simulate::World& world) {
  const Time start = world.sites.empty() ? Time{} : world.sites.front().price.start;
  return {start, 1 * units::h, world.demand};
}

namespace detail {

/// Fits `model` and forecasts; a history that the model cannot use gives the seasonal naive forecast instead, or the naive one, or
/// the only value.
template <forecast::Forecaster Model>
forecast::Forecast expect(const Model& model, const Series& history, std::size_t horizon) {
  const auto fitted = model.fit(history);
  if (ok(fitted.status)) return fitted.forecast(horizon);
  const auto seasonal = forecast::SeasonalNaive{.period = 24}.fit(history);
  if (ok(seasonal.status)) return seasonal.forecast(horizon);
  const auto naive = forecast::Naive{}.fit(history);
  if (ok(naive.status)) return naive.forecast(horizon);
  const auto last = std::find_if(history.values.rbegin(), history.values.rend(), [](double v) { return !std::isnan(v); });
  require(last != history.values.rend(), "history", history.size(), "must hold at least one observed value");
  return forecast::gaussian_forecast(history.end(), history.step, std::vector<double>(horizon, *last),
                                     std::vector<double>(horizon, 0));
}

}  // namespace detail

/// Forecasts made at the start of each hour in a span, all from the hours before it.
class RollingSignals {
 public:
  /// Fits `demand_model` to the demand and `outside_model` to the prices, carbon intensities and temperatures, anew at each of the
  /// hours [first, last). The hours are shared among the executor's threads.
  template <forecast::Forecaster DemandModel, forecast::Forecaster OutsideModel, Executor Ex = Inline>
  RollingSignals(const simulate::World& world, std::size_t first, std::size_t last, std::size_t horizon,
                 const DemandModel& demand_model, const OutsideModel& outside_model, const Ex& executor = {})
      : first_(first) {
    require(first > 0 && first <= last && last <= world.hours(), "first", first, "must leave a history and lie before last");
    signals_.resize(last - first);
    const Series demand = demand_series(world);
    executor.for_each_index(signals_.size(), [&](std::size_t i) {
      const std::size_t now = first + i;
      signals_[i].demand = forecast::nonnegative(detail::expect(demand_model, demand.head(now), horizon));
      for (const auto& site : world.sites) {
        signals_[i].price.push_back(detail::expect(outside_model, site.price.head(now), horizon));
        signals_[i].carbon.push_back(forecast::nonnegative(detail::expect(outside_model, site.carbon.head(now), horizon)));
        signals_[i].temperature.push_back(detail::expect(outside_model, site.temperature.head(now), horizon));
      }
    });
  }

  [[nodiscard]] const Signals& at(std::size_t hour) const {
    require(hour >= first_ && hour - first_ < signals_.size(), "hour", hour, "must be one of the hours that were forecast");
    return signals_[hour - first_];
  }

 private:
  std::size_t first_;
  std::vector<Signals> signals_;
};

/// A source that belongs to somebody else and outlives this: several controllers may share one set of forecasts.
template <SignalSource Source>
class Borrowed {
 public:
  explicit Borrowed(const Source& source) : source_(&source) {}
  explicit Borrowed(const Source&&) = delete;  // a temporary would not outlive this
  [[nodiscard]] decltype(auto) at(std::size_t hour) const { return source_->at(hour); }

 private:
  const Source* source_;
};

/// The true future; beyond the last hour of the world the day before is repeated.
class PerfectSignals {
 public:
  PerfectSignals(const simulate::World& world, std::size_t horizon) : world_(&world), horizon_(horizon) {
    require(world.hours() > 0, "world.hours()", world.hours(), "must not be 0");
  }

  [[nodiscard]] Signals at(std::size_t hour) const {
    Signals signals;
    signals.demand = exact(demand_series(*world_), hour);
    for (const auto& site : world_->sites) {
      signals.price.push_back(exact(site.price, hour));
      signals.carbon.push_back(exact(site.carbon, hour));
      signals.temperature.push_back(exact(site.temperature, hour));
    }
    return signals;
  }

 private:
  [[nodiscard]] forecast::Forecast exact(const Series& truth, std::size_t hour) const {
    forecast::Forecast certain{truth.time(hour), truth.step, {}, {0.5}, {}};
    for (std::size_t i = hour; i < hour + horizon_; ++i) {
      std::size_t at = i;
      while (at >= truth.size()) at -= std::min<std::size_t>(24, at);
      certain.mean.push_back(truth[at]);
    }
    certain.quantiles = certain.mean;
    return certain;
  }

  const simulate::World* world_;
  std::size_t horizon_;
};

/// Another source's signals with the demand replaced by the last hour's at a target utilisation: what a reactive scaler expects.
template <SignalSource Source>
class PersistentDemand {
 public:
  PersistentDemand(const simulate::World& world, const Source& source, double target_utilisation = 0.7)
      : world_(&world), source_(&source), target_(target_utilisation) {
    require(target_ > 0 && target_ <= 1, "target_utilisation", target_, "must lie between 0 and 1");
  }
  PersistentDemand(const simulate::World&, const Source&&, double = 0.7) = delete;  // as above

  [[nodiscard]] Signals at(std::size_t hour) const {
    Signals signals = source_->at(hour);
    const double last = hour > 0 ? world_->demand[hour - 1] : 0;
    signals.demand.levels = {0.5};
    signals.demand.mean.assign(signals.demand.mean.size(), last / target_);
    signals.demand.quantiles = signals.demand.mean;
    return signals;
  }

 private:
  const simulate::World* world_;
  const Source* source_;
  double target_;
};

}  // namespace kilter::loop
