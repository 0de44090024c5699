#pragma once
/// @file
/// Service level objectives: how much of the error budget is left and how fast it burns.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/time.hpp"
#include "kilter/core/units.hpp"

namespace kilter::monitor {

struct SloOptions {
  double target = 0.99;                   ///< share of events that must be good
  Seconds window = 28.0 * units::day;     ///< over which the target holds
  Seconds resolution = 5.0 * units::min;  ///< events are counted in bins this long
};

/// What a window shows.
struct SloState {
  double good = 0;         ///< good events in the window
  double total = 0;        ///< all events in the window
  double attained = 0;     ///< good / total; NaN without events
  double budget_left = 1;  ///< share of the window's error budget not used up; negative when the objective is missed
  double burn_rate = 0;    ///< share of bad events over the share allowed: 1 uses the budget up exactly
  bool met = true;         ///< attained ≥ target
};

/// An alert on two windows: the long one says that it matters, the short one that it still goes on.
struct BurnAlert {
  Seconds long_window = 1.0 * units::h;
  Seconds short_window = 5.0 * units::min;
  double burn_rate = 14.4;  ///< uses up 2 % of a 30-day budget in an hour
};

/// Counts good and bad events in time bins over a moving window that ends with the newest bin.
///
/// Budgets, burn rates and alerts on several windows follow Beyer et al., "The Site Reliability Workbook" (2018), ch. 5. Times need
/// not be in order; what is older than the window is left out. Memory: window / resolution bins. `add` is O(1), a query O(bins
/// asked).
class SloMonitor {
 public:
  explicit SloMonitor(SloOptions options = {}) : options_(options) {
    require(options.target > 0 && options.target < 1, "target", options.target, "must lie between 0 and 1");
    const double bin = options.resolution.in(units::s), window = options.window.in(units::s);
    require(bin >= 1 && bin == std::floor(bin), "resolution", bin, "must be a whole number of seconds");
    require(window >= bin && window / bin <= 1e7, "window", window, "must hold between one and ten million bins");
    bin_ = static_cast<std::int64_t>(bin);
    bins_.resize(static_cast<std::size_t>(std::ceil(window / bin)));
  }

  /// Counts `total` events at `at`, of which `good` were good. Throws unless 0 ≤ good ≤ total and both are finite.
  void add(Time at, double good, double total) {
    require(std::isfinite(total) && total >= 0, "total", total, "must be finite and not negative");
    require(good >= 0 && good <= total, "good", good, "must lie between 0 and the total");
    const std::int64_t index = bin_of(at);
    if (!started_) newest_ = index;
    started_ = true;
    advance(index);
    if (newest_ - index >= size()) return;
    auto& bin = slot(index);
    bin.good += good;
    bin.total += total;
  }
  /// Counts one event.
  void add(Time at, bool good) { add(at, good ? 1 : 0, 1); }

  /// Moves the end of the window to `now` without an event, so that old ones leave it.
  void advance_to(Time now) {
    if (started_) advance(bin_of(now));
  }

  /// What the whole window shows.
  [[nodiscard]] SloState state() const { return state(options_.window); }
  /// What the newest part of the window shows, in whole bins; `over` is cut to the window.
  [[nodiscard]] SloState state(Seconds over) const {
    const Bin sum = sum_over(over);
    SloState out{.good = sum.good, .total = sum.total, .attained = std::numeric_limits<double>::quiet_NaN()};
    if (sum.total <= 0) return out;
    out.attained = sum.good / sum.total;
    out.burn_rate = (sum.total - sum.good) / sum.total / (1 - options_.target);
    out.budget_left = 1 - out.burn_rate;
    out.met = out.attained >= options_.target;
    return out;
  }
  /// The burn rate over the newest `over`; 0 without events.
  [[nodiscard]] double burn_rate(Seconds over) const { return state(over).burn_rate; }
  /// True when both windows burn at least at the alert's rate.
  [[nodiscard]] bool alert(const BurnAlert& rule) const {
    return burn_rate(rule.long_window) >= rule.burn_rate && burn_rate(rule.short_window) >= rule.burn_rate;
  }

  void reset() {
    std::fill(bins_.begin(), bins_.end(), Bin{});
    started_ = false;
  }

 private:
  struct Bin {
    double good = 0;
    double total = 0;
  };

  [[nodiscard]] std::int64_t size() const { return static_cast<std::int64_t>(bins_.size()); }
  [[nodiscard]] std::int64_t bin_of(Time at) const {
    const std::int64_t quotient = at.unix_seconds / bin_;
    return quotient - (at.unix_seconds % bin_ < 0 ? 1 : 0);
  }
  [[nodiscard]] std::size_t place(std::int64_t index) const {
    return static_cast<std::size_t>(((index % size()) + size()) % size());
  }
  Bin& slot(std::int64_t index) { return bins_[place(index)]; }

  void advance(std::int64_t index) {
    if (index <= newest_) return;
    const std::int64_t fresh = std::min(index - newest_, size());
    for (std::int64_t i = 0; i < fresh; ++i) slot(index - i) = {};
    newest_ = index;
  }

  [[nodiscard]] Bin sum_over(Seconds over) const {
    require(over.base() > 0, "over", over.in(units::s), "must be positive");
    const double bins = std::min(std::ceil(over.in(units::s) / static_cast<double>(bin_)), static_cast<double>(size()));
    Bin sum;
    for (std::int64_t i = 0; started_ && i < static_cast<std::int64_t>(bins); ++i) {
      const auto& bin = bins_[place(newest_ - i)];
      sum.good += bin.good;
      sum.total += bin.total;
    }
    return sum;
  }

  SloOptions options_;
  std::int64_t bin_ = 1;
  std::vector<Bin> bins_;
  std::int64_t newest_ = 0;
  bool started_ = false;
};

}  // namespace kilter::monitor
