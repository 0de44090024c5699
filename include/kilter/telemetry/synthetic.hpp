#pragma once
/// @file
/// A made-up workload that has what real ones have: daily and weekly cycles, growth, bursts, silent nights, heavy-tailed training
/// gangs, duck-curve prices and carbon; the same for the same seed (on platforms whose `log`, `exp` and `cos` agree).

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <string>
#include <string_view>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/rng.hpp"
#include "kilter/core/series.hpp"
#include "kilter/core/time.hpp"
#include "kilter/core/units.hpp"
#include "kilter/telemetry/synthetic_draws.hpp"
#include "kilter/telemetry/workload.hpp"

namespace kilter::telemetry {

/// The inference service. In hour t, with h the middle of the hour of the day and w the day of the week (UTC):
///
///     requests(t) ~ Poisson(λ(t)),   gpu_seconds(t) = the sum of that many gamma service times (a compound Poisson process)
///     λ(t) = 3600 busy_gpus / gpu_seconds_per_request × day(h) week(w) (1 + growth_per_week)^(t / 168) burst(t) noise(t)
///     day(h) ∝ max(0, cos(2π (h − peak_hour) / 24) + cos(π quiet_hours / 24)): exactly 0 for `quiet_hours` around its trough
///     week(w) ∝ 1 on Monday to Friday, `weekend` on Saturday and Sunday
///
/// `day` and `week` have mean 1 over their period, `burst` (a Markov chain, calm or burst) and `noise` (the exponential of an
/// autoregression) have expectation 1, so the expected number of busy GPUs is `busy_gpus` before growth.
struct SyntheticInference {
  double gpu_seconds_per_request = 28;  ///< mean service time on the reference GPU
  double service_variation = 0.8;       ///< coefficient of variation of the service time
  double peak_hour = 20;                ///< UTC
  double quiet_hours = 8;               ///< 0 … 20
  double weekend = 0.5;
  double growth_per_week = 0.15;
  double burst_enter = 0.02;  ///< probability that a calm hour is followed by a burst
  double burst_leave = 0.4;   ///< probability that a burst ends after an hour
  double burst_factor = 2.2;  ///< demand in a burst over its expectation
  double noise = 0.15;        ///< deviation of the logarithm
  double noise_persistence = 0.6;
};

/// The training jobs. Submissions are a Poisson process whose rate in an hour is
///
///     rate(t) = training_gpus / E[gpus × duration] × (1 + day_amplitude cos(2π (h − peak_hour) / 24)) × week(w)
///
/// uniform within the hour, so that by Little's law `training_gpus` GPUs are busy on average once the first jobs have had time to
/// end. A gang has 2^k GPUs with probability ∝ `gang_weights[k]`; its duration is lognormal, kept to [shortest, longest], with a
/// median of `median × gpus^duration_exponent`; its group is i with probability ∝ 1 / (i + 1).
struct SyntheticTraining {
  std::array<double, 8> gang_weights{0.58, 0.12, 0.12, 0.12, 0.035, 0.015, 0.007, 0.003};
  Seconds median{1200};
  double log_deviation = 2.0;
  double duration_exponent = 0.15;
  Seconds shortest = units::min;
  Seconds longest = 4 * units::day;
  double peak_hour = 15;
  double day_amplitude = 0.5;
  double weekend = 0.6;
  std::size_t groups = 12;
};

/// One site. With h the local time (UTC + utc_offset_hours), b(c, w) = exp(−½ ((h − c) / w)²) around the clock:
///
///     duck(h, dip, peak) ∝ 1 − dip b(12.5, 2.5) + peak b(19.5, 2)                                              (mean 1 over the
///     day) price(t)  = price × duck(h, price_dip, price_peak) × week(w) × noise(t) × spike(t) carbon(t) = carbon × duck(h,
///     carbon_dip, carbon_peak) × noise(t) temperature(t) = temperature + temperature_swing cos(2π (h − 15) / 24) + weather(t)
///
/// The noises are exponentials of autoregressions with expectation 1; a spike comes with `spike_probability` in an hour and
/// multiplies the price by a Pareto variable (minimum 2, shape 2.5, at most 10), otherwise by 1. Prices are never negative. `price`
/// is the mean before spikes.
struct SyntheticSite {
  std::string name{};
  double utc_offset_hours = 0;
  double price = 60;  ///< USD per MWh
  double price_dip = 0.5;
  double price_peak = 0.7;
  double price_weekend = 0.85;
  double price_noise = 0.2;
  double spike_probability = 0.004;
  double carbon = 300;  ///< g per kWh
  double carbon_dip = 0.4;
  double carbon_peak = 0.2;
  double carbon_noise = 0.08;
  double temperature = 12;       ///< °C
  double temperature_swing = 5;  ///< °C
  double weather = 3;            ///< °C, deviation
};

/// Three sites nine hours apart: a sunny one with a deep duck, a windy one with a cheap but nervous market, a cool one with dear
/// power.
[[nodiscard]] inline std::vector<SyntheticSite> synthetic_sites() {
  return {{.name = "coast",
           .utc_offset_hours = -8,
           .price = 75,
           .price_dip = 0.65,
           .carbon = 240,
           .carbon_dip = 0.55,
           .temperature = 13},
          {.name = "plains",
           .utc_offset_hours = -6,
           .price = 45,
           .price_dip = 0.35,
           .price_noise = 0.4,
           .spike_probability = 0.012,
           .carbon = 340,
           .carbon_noise = 0.15,
           .temperature = 16,
           .temperature_swing = 7},
          {.name = "north",
           .utc_offset_hours = 1,
           .price = 110,
           .price_dip = 0.25,
           .carbon = 420,
           .carbon_dip = 0.2,
           .temperature = 4}};
}

/// What `synthetic_workload` makes.
struct SyntheticOptions {
  std::uint64_t seed = 1;
  std::size_t days = 19;
  Time start{1731974400};      ///< 2024-11-19T00:00:00Z; must be a full hour
  double busy_gpus = 90;       ///< mean busy GPUs of the inference service, before growth
  double training_gpus = 300;  ///< mean busy GPUs of the training jobs
  SyntheticInference inference{};
  SyntheticTraining training{};
  std::vector<SyntheticSite> sites = synthetic_sites();
};

namespace detail {

/// One stream of random numbers for each part, so that a change to one part leaves the others as they were.
enum Stream : std::uint64_t {
  requests_stream,
  service_stream,
  burst_stream,
  noise_stream,
  arrival_stream,
  job_stream,
  first_site_stream
};
enum SiteStream : std::uint64_t { price_stream, spike_stream, carbon_stream, weather_stream };

inline void check_share(std::string_view name, double value) {
  require(value >= 0 && value <= 1, name, value, "must be between 0 and 1");
}
inline void check_positive(std::string_view name, double value) {
  require(value > 0 && std::isfinite(value), name, value, "must be positive and finite");
}
inline void check_not_negative(std::string_view name, double value) {
  require(value >= 0 && std::isfinite(value), name, value, "must be finite and not negative");
}

inline void check(const SyntheticInference& o) {
  check_positive("inference.gpu_seconds_per_request", o.gpu_seconds_per_request);
  check_positive("inference.service_variation", o.service_variation);
  require_finite("inference.peak_hour", o.peak_hour);
  require(o.quiet_hours >= 0 && o.quiet_hours <= 20, "inference.quiet_hours", o.quiet_hours, "must be between 0 and 20");
  check_not_negative("inference.weekend", o.weekend);
  require(o.growth_per_week > -1 && std::isfinite(o.growth_per_week), "inference.growth_per_week", o.growth_per_week,
          "must be finite and above -1");
  check_share("inference.burst_enter", o.burst_enter);
  require(o.burst_leave > 0 && o.burst_leave <= 1, "inference.burst_leave", o.burst_leave, "must be above 0 and at most 1");
  check_not_negative("inference.burst_factor", o.burst_factor);
  const double calm = Bursts(o.burst_enter, o.burst_leave, o.burst_factor, Rng{}).calm_factor();
  require(calm >= 0, "inference.burst_factor", o.burst_factor, "must leave something for calm hours");
  check_not_negative("inference.noise", o.noise);
  check_share("inference.noise_persistence", o.noise_persistence);
}

inline void check(const SyntheticTraining& o) {
  double total = 0;
  for (const double weight : o.gang_weights) {
    check_not_negative("training.gang_weights", weight);
    total += weight;
  }
  check_positive("training.gang_weights (sum)", total);
  check_positive("training.shortest", o.shortest.base());
  require(o.longest >= 2 * o.shortest && std::isfinite(o.longest.base()), "training.longest", o.longest.base(),
          "must be finite and at least twice training.shortest");
  require(o.log_deviation > 0 && o.log_deviation <= 10, "training.log_deviation", o.log_deviation,
          "must be above 0 and at most 10");
  require_finite("training.duration_exponent", o.duration_exponent);
  for (std::size_t k = 0; k < o.gang_weights.size(); ++k) {
    const Seconds median = o.median * std::pow(2.0, o.duration_exponent * static_cast<double>(k));
    require(median >= o.shortest && median <= o.longest, "training.median", median.base(),
            "must be within the bounds for every gang");
  }
  require_finite("training.peak_hour", o.peak_hour);
  check_share("training.day_amplitude", o.day_amplitude);
  check_not_negative("training.weekend", o.weekend);
  require(o.groups > 0, "training.groups", o.groups, "must be positive");
}

inline void check(const SyntheticSite& o) {
  const auto name = [&](const char* field) { return "sites['" + o.name + "']." + field; };
  require(std::abs(o.utc_offset_hours) <= 14, name("utc_offset_hours"), o.utc_offset_hours, "must be between -14 and 14");
  check_not_negative(name("price"), o.price);
  check_share(name("price_dip"), o.price_dip);
  check_not_negative(name("price_peak"), o.price_peak);
  check_not_negative(name("price_weekend"), o.price_weekend);
  check_not_negative(name("price_noise"), o.price_noise);
  check_share(name("spike_probability"), o.spike_probability);
  check_not_negative(name("carbon"), o.carbon);
  check_share(name("carbon_dip"), o.carbon_dip);
  check_not_negative(name("carbon_peak"), o.carbon_peak);
  check_not_negative(name("carbon_noise"), o.carbon_noise);
  require_finite(name("temperature"), o.temperature);
  require_finite(name("temperature_swing"), o.temperature_swing);
  check_not_negative(name("weather"), o.weather);
}

inline void check(const SyntheticOptions& o) {
  require(o.days > 0 && o.days <= 36525, "days", o.days, "must be between 1 and 36525");
  require(o.start.unix_seconds % 3600 == 0, "start", o.start.unix_seconds, "must be a full hour");
  check_not_negative("busy_gpus", o.busy_gpus);
  require(o.busy_gpus <= 1e9, "busy_gpus", o.busy_gpus, "must be at most 1e9");
  check_not_negative("training_gpus", o.training_gpus);
  require(o.training_gpus <= 1e7, "training_gpus", o.training_gpus, "must be at most 1e7");
  check(o.inference);
  check(o.training);
  for (const SyntheticSite& site : o.sites) check(site);
}

/// The middle of the hour of the day that begins at `time`, as local time.
inline double middle_of_hour(Time time, double utc_offset_hours = 0) {
  return std::fmod(time.hour_of_day() + 0.5 + utc_offset_hours + 48, 24.0);
}

/// 1 on working days and `weekend` on Saturday and Sunday, scaled to mean 1 over the week.
inline double week_factor(Time time, double weekend) { return (time.day_of_week() >= 5 ? weekend : 1) * 7 / (5 + 2 * weekend); }

/// A profile of the day as 24 factors with mean 1, from its values at the middle of each hour.
template <class Profile>
std::vector<double> day_profile(const Profile& profile) {
  std::vector<double> factors(24);
  double sum = 0;
  for (std::size_t h = 0; h < 24; ++h) sum += factors[h] = profile(static_cast<double>(h) + 0.5);
  for (double& f : factors) f *= sum > 0 ? 24 / sum : 0;
  return factors;
}

inline double factor_at(const std::vector<double>& profile, Time time, double utc_offset_hours = 0) {
  return profile[static_cast<std::size_t>(middle_of_hour(time, utc_offset_hours))];
}

inline Series hourly(Time start, std::size_t hours) { return {start, units::h, std::vector<double>(hours)}; }

inline std::vector<double> inference_day(const SyntheticInference& o) {
  const double level = std::cos(std::numbers::pi * o.quiet_hours / 24);
  return day_profile([&](double hour) {
    const double value = std::cos(2 * std::numbers::pi * (hour - o.peak_hour) / 24) + level;
    return value > 1e-12 ? value : 0;
  });
}

inline void make_demand(const SyntheticOptions& options, const Rng& root, Workload& out) {
  const SyntheticInference& o = options.inference;
  Rng counts = root.split(requests_stream);
  Rng sizes = root.split(service_stream);
  Bursts bursts(o.burst_enter, o.burst_leave, o.burst_factor, root.split(burst_stream));
  Autoregression noise(o.noise_persistence, o.noise, root.split(noise_stream));
  const auto day = inference_day(o);
  const double shape =
      1 / (o.service_variation * o.service_variation);  // of one gamma service time; the sum of n has shape n × shape
  const double base = 3600 * options.busy_gpus / o.gpu_seconds_per_request;
  for (std::size_t t = 0; t < out.requests.size(); ++t) {
    const Time time = out.requests.time(t);
    const double growth = std::pow(1 + o.growth_per_week, static_cast<double>(t) / 168);
    const double rate =
        base * factor_at(day, time) * week_factor(time, o.weekend) * growth * bursts.next_factor() * noise.next_factor();
    const auto requests = static_cast<double>(counts.poisson(rate));
    out.requests.values[t] = requests;
    out.gpu_seconds.values[t] = requests > 0 ? draw_gamma(sizes, requests * shape) * o.gpu_seconds_per_request / shape : 0;
  }
}

/// The sizes and durations of gangs and the groups they belong to.
class JobMix {
 public:
  explicit JobMix(const SyntheticTraining& o) {
    double total = 0;
    for (const double weight : o.gang_weights) total += weight;
    for (std::size_t k = 0; k < o.gang_weights.size(); ++k) {
      const double gpus = std::ldexp(1.0, static_cast<int>(k));
      const double median = o.median.base() * std::pow(gpus, o.duration_exponent);
      durations_.push_back({std::log(median), o.log_deviation, o.shortest.base(), o.longest.base()});
      gang_shares_.push_back(o.gang_weights[k] / total);
      mean_gpu_seconds_ += gang_shares_.back() * gpus * durations_.back().mean();
    }
    for (std::size_t i = 0; i < o.groups; ++i) group_weights_.push_back(1 / static_cast<double>(i + 1));
  }
  [[nodiscard]] double mean_gpu_seconds() const { return mean_gpu_seconds_; }

  [[nodiscard]] JobRecord draw(Rng rng, std::size_t id, Seconds submit) const {
    const std::size_t k = pick(rng, gang_shares_);
    const std::size_t group = pick(rng, group_weights_);
    const double duration = std::max(1.0, std::round(durations_[k].draw(rng)));
    return {id, submit, Seconds{duration}, 1 << k, "group-" + std::to_string(group + 1)};
  }

 private:
  static std::size_t pick(Rng& rng, const std::vector<double>& weights) {
    double total = 0;
    for (const double weight : weights) total += weight;
    double left = rng.uniform() * total;
    std::size_t last = 0;  // the last with a weight: where rounding ends up
    for (std::size_t i = 0; i < weights.size(); ++i) {
      if (weights[i] <= 0) continue;
      last = i;
      if (left < weights[i]) break;
      left -= weights[i];
    }
    return last;
  }

  std::vector<BoundedLognormal> durations_;
  std::vector<double> gang_shares_;
  std::vector<double> group_weights_;
  double mean_gpu_seconds_ = 0;
};

inline void make_jobs(const SyntheticOptions& options, const Rng& root, Workload& out) {
  const SyntheticTraining& o = options.training;
  const JobMix mix(o);
  const Rng jobs = root.split(job_stream);
  Rng arrivals = root.split(arrival_stream);
  const double base = 3600 * options.training_gpus / mix.mean_gpu_seconds();
  std::vector<double> seconds;
  for (std::size_t t = 0; t < out.requests.size(); ++t) {
    const Time time = out.requests.time(t);
    const double day = 1 + o.day_amplitude * std::cos(2 * std::numbers::pi * (middle_of_hour(time) - o.peak_hour) / 24);
    seconds.resize(arrivals.poisson(base * day * week_factor(time, o.weekend)));
    for (double& s : seconds) s = std::floor(arrivals.uniform(0, 3600));
    std::sort(seconds.begin(), seconds.end());
    for (const double s : seconds) {
      const std::size_t id = out.jobs.size();
      out.jobs.push_back(mix.draw(jobs.split(id), id, Seconds{static_cast<double>(t) * 3600 + s}));
    }
  }
}

inline std::vector<double> duck(double dip, double peak) {
  return day_profile([&](double hour) { return 1 - dip * bump(hour, 12.5, 2.5) + peak * bump(hour, 19.5, 2); });
}

inline SiteSignals make_site(const SyntheticSite& o, const Rng& rng, Time start, std::size_t hours) {
  SiteSignals site{o.name, hourly(start, hours), hourly(start, hours), hourly(start, hours)};
  const auto price_day = duck(o.price_dip, o.price_peak), carbon_day = duck(o.carbon_dip, o.carbon_peak);
  Autoregression price_noise(0.9, o.price_noise, rng.split(price_stream));
  Autoregression carbon_noise(0.95, o.carbon_noise, rng.split(carbon_stream));
  Autoregression weather(0.98, o.weather, rng.split(weather_stream));
  Rng spikes = rng.split(spike_stream);
  for (std::size_t t = 0; t < hours; ++t) {
    const Time time = site.price.time(t);
    const double offset = o.utc_offset_hours, hour = middle_of_hour(time, offset);
    const bool is_spike = spikes.bernoulli(o.spike_probability);
    const double height = std::min(spikes.pareto(2, 2.5), 10.0);
    const double level = o.price * factor_at(price_day, time, offset) * week_factor(time + offset * units::h, o.price_weekend);
    site.price.values[t] = level * price_noise.next_factor() * (is_spike ? height : 1);
    site.carbon.values[t] = o.carbon * factor_at(carbon_day, time, offset) * carbon_noise.next_factor();
    site.temperature.values[t] =
        o.temperature + o.temperature_swing * std::cos(2 * std::numbers::pi * (hour - 15) / 24) + weather.next();
  }
  return site;
}

}  // namespace detail

/// Makes a workload of `days` × 24 hours by the formulas beside `SyntheticInference`, `SyntheticTraining` and `SyntheticSite`.
///
/// Every part draws from a stream of its own and draws in the order of time: a change to one part leaves the others as they were,
/// and a longer workload begins with the shorter one. Throws `std::invalid_argument` naming an option out of range. O(hours + jobs)
/// whatever the demand.
[[nodiscard]] inline Workload synthetic_workload(const SyntheticOptions& options = {}) {
  detail::check(options);
  const std::size_t hours = options.days * 24;
  const Rng root(options.seed);
  Workload out;
  out.requests = out.gpu_seconds = detail::hourly(options.start, hours);
  detail::make_demand(options, root, out);
  detail::make_jobs(options, root, out);
  for (std::size_t i = 0; i < options.sites.size(); ++i) {
    out.sites.push_back(detail::make_site(options.sites[i], root.split(detail::first_site_stream + i), options.start, hours));
  }
  return out;
}

}  // namespace kilter::telemetry
