#pragma once
/// @file
/// Counters, gauges and histograms, and the text that Prometheus scrapes.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/text.hpp"
#include "kilter/monitor/text.hpp"

namespace kilter::monitor {

/// One `name="value"` pair of a metric.
struct Label {
  std::string name;
  std::string value;

  friend auto operator<=>(const Label&, const Label&) = default;
};
using Labels = std::vector<Label>;

enum class MetricKind : std::uint8_t { counter, gauge, histogram };

[[nodiscard]] constexpr std::string_view name(MetricKind kind) {
  return kind == MetricKind::counter ? "counter" : kind == MetricKind::gauge ? "gauge" : "histogram";
}

/// A handle of a value that only grows. Valid for the registry that made it and for that registry's copies.
struct Counter {
  std::size_t index = 0;
};
/// A handle of a value that goes up and down.
struct Gauge {
  std::size_t index = 0;
};
/// A handle of a distribution counted in buckets.
struct Histogram {
  std::size_t index = 0;
};

/// `count` upper bounds `start, start + width, …`.
[[nodiscard]] inline std::vector<double> linear_buckets(double start, double width, std::size_t count) {
  require(width > 0 && std::isfinite(width), "width", width, "must be finite and positive");
  std::vector<double> bounds(count);
  for (std::size_t i = 0; i < count; ++i) bounds[i] = start + width * static_cast<double>(i);
  return bounds;
}

/// `count` upper bounds `start, start · factor, start · factor², …`.
[[nodiscard]] inline std::vector<double> exponential_buckets(double start, double factor, std::size_t count) {
  require(start > 0 && std::isfinite(start), "start", start, "must be finite and positive");
  require(factor > 1 && std::isfinite(factor), "factor", factor, "must be finite and above 1");
  std::vector<double> bounds(count);
  for (std::size_t i = 0; i < count; ++i) bounds[i] = i == 0 ? start : bounds[i - 1] * factor;
  return bounds;
}

namespace detail {

/// Data model of Prometheus: a metric name is [a-zA-Z_:][a-zA-Z0-9_:]*, a label name the same without the colon.
inline bool is_metric_name(std::string_view name, bool colon) {
  const auto letter = [colon](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (colon && c == ':');
  };
  const auto part = [letter](char c) { return letter(c) || (c >= '0' && c <= '9'); };
  return !name.empty() && letter(name[0]) && std::all_of(name.begin(), name.end(), part);
}

inline std::string escape_prometheus(std::string_view text, bool quotes) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || (quotes && c == '"')) out += '\\';
    out += c;
  }
  return out;
}

/// As Go reads it: NaN, +Inf, -Inf; whole numbers without an exponent; else the shortest text of the same double.
inline std::string prometheus_number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  const bool whole = std::abs(value) < 1e15 && value == std::floor(value) && !(value == 0 && std::signbit(value));
  return whole ? fixed(value, 0) : kilter::to_string(value);
}

struct BucketRange {
  std::size_t first = 0;
  std::size_t count = 0;
};

}  // namespace detail

/// The metrics of one program or one run: a value, copied and compared with others as such; there is no global one.
///
/// Registering costs a search and may allocate; an update through a handle is an index into an array (and, for a histogram, a
/// binary search of its bounds). Thread-compatible: updates from several threads need a registry each or a lock.
class Registry {
 public:
  struct Sample {
    Labels labels;
    std::size_t index = 0;
  };
  /// All metrics of one name: sorted by name in the registry, samples sorted by their labels.
  struct Family {
    std::string name;
    std::string help;
    MetricKind kind = MetricKind::gauge;
    std::vector<double> bounds;
    std::vector<Sample> samples;
  };

  /// The counter `name{labels}`: made at 0 the first time, the same one afterwards. Throws `std::invalid_argument` for a name or
  /// label Prometheus does not allow, and for a name that is already used with another kind or help text.
  Counter counter(std::string_view name, std::string_view help, Labels labels = {}) {
    return {scalar(name, help, MetricKind::counter, std::move(labels))};
  }
  /// The gauge `name{labels}`, as `counter`.
  Gauge gauge(std::string_view name, std::string_view help, Labels labels = {}) {
    return {scalar(name, help, MetricKind::gauge, std::move(labels))};
  }
  /// The histogram `name{labels}` with the given upper bounds (strictly increasing and finite; the bucket +Inf is added), as
  /// `counter`.
  Histogram histogram(std::string_view name, std::string_view help, std::vector<double> bounds, Labels labels = {}) {
    require(std::all_of(bounds.begin(), bounds.end(), [](double b) { return std::isfinite(b); }), "bounds", name, "must be finite");
    require(std::adjacent_find(bounds.begin(), bounds.end(), [](double a, double b) { return a >= b; }) == bounds.end(), "bounds",
            name, "must increase strictly");
    labels = checked(std::move(labels), MetricKind::histogram);
    auto& family = family_of(name, help, MetricKind::histogram, std::move(bounds));
    const std::size_t made = distributions_.size();
    const std::size_t index = sample_of(family, std::move(labels), made);
    if (index == made) {
      distributions_.push_back({{bounds_.size(), family.bounds.size()}, counts_.size(), 0.0});
      bounds_.insert(bounds_.end(), family.bounds.begin(), family.bounds.end());
      counts_.resize(counts_.size() + family.bounds.size() + 1);
    }
    return {index};
  }

  /// Adds to a counter; a negative or NaN amount is refused.
  void add(Counter counter, double amount = 1) {
    require(amount >= 0, "amount", amount, "must not be negative, for a counter only grows");
    at(counter.index) += amount;
  }
  void add(Gauge gauge, double amount) { at(gauge.index) += amount; }
  void set(Gauge gauge, double value) { at(gauge.index) = value; }
  /// Counts `value` in the first bucket whose bound is not below it; NaN counts above every bound and makes the sum NaN.
  void observe(Histogram histogram, double value) {
    require(histogram.index < distributions_.size(), "histogram", histogram.index, "is not a handle of this registry");
    auto& d = distributions_[histogram.index];
    const auto begin = bounds_.begin() + static_cast<std::ptrdiff_t>(d.bounds.first);
    const auto end = begin + static_cast<std::ptrdiff_t>(d.bounds.count);
    const auto bucket = std::isnan(value) ? end : std::lower_bound(begin, end, value);
    ++counts_[d.first_count + static_cast<std::size_t>(bucket - begin)];
    d.sum += value;
  }

  [[nodiscard]] double value(Counter counter) const { return scalar_at(counter.index); }
  [[nodiscard]] double value(Gauge gauge) const { return scalar_at(gauge.index); }
  [[nodiscard]] double sum(Histogram histogram) const { return distribution_at(histogram.index).sum; }
  /// How many values were observed.
  [[nodiscard]] std::uint64_t count(Histogram histogram) const {
    const auto all = cumulative(histogram);
    return all.back();
  }
  /// Values at or below each bound; the last entry is the bucket +Inf.
  [[nodiscard]] std::vector<std::uint64_t> cumulative(Histogram histogram) const {
    const auto& d = distribution_at(histogram.index);
    std::vector<std::uint64_t> out(d.bounds.count + 1);
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = total += counts_[d.first_count + i];
    return out;
  }

  [[nodiscard]] const std::vector<Family>& families() const { return families_; }

 private:
  struct Distribution {
    detail::BucketRange bounds;
    std::size_t first_count = 0;
    double sum = 0;
  };

  double& at(std::size_t index) {
    require(index < scalars_.size(), "metric", index, "is not a handle of this registry");
    return scalars_[index];
  }
  [[nodiscard]] double scalar_at(std::size_t index) const {
    require(index < scalars_.size(), "metric", index, "is not a handle of this registry");
    return scalars_[index];
  }
  [[nodiscard]] const Distribution& distribution_at(std::size_t index) const {
    require(index < distributions_.size(), "histogram", index, "is not a handle of this registry");
    return distributions_[index];
  }

  std::size_t scalar(std::string_view name, std::string_view help, MetricKind kind, Labels labels) {
    labels = checked(std::move(labels), kind);
    const std::size_t index = sample_of(family_of(name, help, kind, {}), std::move(labels), scalars_.size());
    if (index == scalars_.size()) scalars_.push_back(0);
    return index;
  }

  Family& family_of(std::string_view name, std::string_view help, MetricKind kind, std::vector<double> bounds) {
    require(detail::is_metric_name(name, true), "name", name, "must match [a-zA-Z_:][a-zA-Z0-9_:]*");
    require(detail::is_utf8(help), "help", name, "must be UTF-8");
    auto place =
        std::lower_bound(families_.begin(), families_.end(), name, [](const Family& f, std::string_view n) { return f.name < n; });
    if (place == families_.end() || place->name != name) {
      require_free(name, kind);
      return *families_.insert(place, Family{std::string{name}, std::string{help}, kind, std::move(bounds), {}});
    }
    require(place->kind == kind, "name", name, "is already a " + std::string{monitor::name(place->kind)});
    require(place->help == help, "help", help, "must be the same for all metrics of one name");
    require(place->bounds == bounds, "bounds", name, "must be the same for all metrics of one name");
    return *place;
  }

  /// A histogram `x` also writes `x_bucket`, `x_sum` and `x_count`: no other metric may have those names.
  void require_free(std::string_view name, MetricKind kind) const {
    for (const std::string_view suffix : {"_bucket", "_sum", "_count"}) {
      for (const auto& family : families_) {
        const bool theirs = family.kind == MetricKind::histogram && family.name + std::string{suffix} == name;
        const bool ours = kind == MetricKind::histogram && std::string{name} + std::string{suffix} == family.name;
        require(!theirs && !ours, "name", name, "collides with a series of the histogram of that name");
      }
    }
  }

  /// Sorted by name, once they are known to be allowed. Done before anything is registered, so that a refusal changes nothing.
  static Labels checked(Labels labels, MetricKind kind) {
    std::sort(labels.begin(), labels.end());
    for (std::size_t i = 0; i < labels.size(); ++i) {
      const auto& label = labels[i];
      require(detail::is_metric_name(label.name, false), "label", label.name, "must match [a-zA-Z_][a-zA-Z0-9_]*");
      require(!label.name.starts_with("__"), "label", label.name, "must not begin with two underscores");
      require(kind != MetricKind::histogram || label.name != "le", "label", label.name,
              "is reserved for the buckets of a histogram");
      require(detail::is_utf8(label.value), "label", label.name, "must have a value in UTF-8");
      require(i == 0 || labels[i - 1].name != label.name, "label", label.name, "must not be given twice");
    }
    return labels;
  }

  static std::size_t sample_of(Family& family, Labels labels, std::size_t next) {
    const auto place = std::lower_bound(family.samples.begin(), family.samples.end(), labels,
                                        [](const Sample& s, const Labels& l) { return s.labels < l; });
    if (place != family.samples.end() && place->labels == labels) return place->index;
    return family.samples.insert(place, Sample{std::move(labels), next})->index;
  }

  std::vector<Family> families_;
  std::vector<double> scalars_;
  std::vector<Distribution> distributions_;
  std::vector<double> bounds_;
  std::vector<std::uint64_t> counts_;
};

namespace detail {

inline void write_sample(std::ostream& out, std::string_view name, std::string_view suffix, const Labels& labels,
                         std::string_view le, std::string_view value) {
  out << name << suffix;
  if (!labels.empty() || !le.empty()) {
    char separator = '{';
    for (const auto& label : labels) {
      out << separator << label.name << "=\"" << escape_prometheus(label.value, true) << '"';
      separator = ',';
    }
    if (!le.empty()) out << separator << "le=\"" << le << '"';
    out << '}';
  }
  out << ' ' << value << '\n';
}

inline void write_histogram(std::ostream& out, const Registry& registry, const Registry::Family& family,
                            const Registry::Sample& sample) {
  const Histogram handle{sample.index};
  const auto cumulative = registry.cumulative(handle);
  for (std::size_t i = 0; i < cumulative.size(); ++i) {
    const std::string le = i < family.bounds.size() ? prometheus_number(family.bounds[i]) : "+Inf";
    write_sample(out, family.name, "_bucket", sample.labels, le, std::to_string(cumulative[i]));
  }
  write_sample(out, family.name, "_sum", sample.labels, {}, prometheus_number(registry.sum(handle)));
  write_sample(out, family.name, "_count", sample.labels, {}, std::to_string(cumulative.back()));
}

}  // namespace detail

/// Writes every metric in the Prometheus text exposition format 0.0.4 (serve it as `text/plain; version=0.0.4; charset=utf-8`).
/// The order is that of names, then of labels: it does not depend on the order of registration.
inline void write_prometheus(std::ostream& out, const Registry& registry) {
  for (const auto& family : registry.families()) {
    if (!family.help.empty()) out << "# HELP " << family.name << ' ' << detail::escape_prometheus(family.help, false) << '\n';
    out << "# TYPE " << family.name << ' ' << name(family.kind) << '\n';
    for (const auto& sample : family.samples) {
      if (family.kind == MetricKind::histogram) {
        detail::write_histogram(out, registry, family, sample);
      } else {
        detail::write_sample(out, family.name, {}, sample.labels, {},
                             detail::prometheus_number(registry.value(Gauge{sample.index})));
      }
    }
  }
}

}  // namespace kilter::monitor
