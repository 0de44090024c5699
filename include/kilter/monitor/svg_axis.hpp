#pragma once
/// @file
/// What the charts share: frame, scales, ticks of numbers and of time, legend, axes. See `svg.hpp` for the charts.

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/text.hpp"
#include "kilter/core/time.hpp"
#include "kilter/monitor/text.hpp"

namespace kilter::monitor {

/// What the x axis counts.
enum class XScale : std::uint8_t {
  automatic,  ///< `time` when the first data added is a `Series`, `number` otherwise
  number,     ///< plain numbers
  time,       ///< seconds since 1970-01-01T00:00:00Z, shown as dates and hours in UTC
  elapsed,    ///< seconds since the beginning, shown as days and hours
};

/// What every chart has around its marks. The title must not be empty; the caption says what to see and stands below the chart.
struct Frame {
  std::string title{};
  std::string caption{};
  std::string x_label{};  ///< with the unit; on a time axis it has a default
  std::string y_label{};  ///< with the unit
  double width = 1060;    ///< of the view box; the page scales it
  double height = 0;      ///< 0: what suits the kind of chart
  XScale x_scale = XScale::automatic;
  bool y_from_zero = true;  ///< the y axis includes 0
};

/// A moment as the x value of a chart on a time axis.
[[nodiscard]] inline double x_of(Time time) { return static_cast<double>(time.unix_seconds); }

namespace detail {

/// Okabe and Ito's palette ("Color Universal Design", 2008), told apart with every common kind of colour vision; the page may
/// override each by its CSS variable, as it does for dark mode.
inline constexpr std::array<std::string_view, 8> palette = {"#0072b2", "#e69f00", "#009e73", "#d55e00",
                                                            "#cc79a7", "#56b4e9", "#5f6b76", "#f0e442"};
/// Which of them need dark text on top.
inline constexpr std::array<bool, 8> light = {false, true, false, false, true, true, false, true};

inline std::string color(std::size_t i) {
  i %= palette.size();
  return "var(--kilter-c" + std::to_string(i) + "," + std::string{palette[i]} + ")";
}
inline constexpr std::string_view ink = "var(--kilter-ink,#1b1f24)", muted = "var(--kilter-muted,#5c6570)",
                                  grid = "var(--kilter-grid,#e6e8eb)", rule = "var(--kilter-rule,#9aa3ad)",
                                  paper = "var(--kilter-paper,#ffffff)", alarm = "var(--kilter-bad,#b3261e)";

/// Values beyond this cannot be laid out without overflow and count as missing.
inline bool usable(double v) { return std::abs(v) < 1e300; }

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  void include(double v) {
    if (!usable(v)) return;
    low = std::min(low, v);
    high = std::max(high, v);
  }
  void include(const std::vector<double>& values) {
    for (const double v : values) include(v);
  }
  [[nodiscard]] bool empty() const { return low > high; }
  /// The same range, made wide enough to be divided into steps.
  [[nodiscard]] Range widened() const {
    const double size = std::max(std::abs(low), std::abs(high));
    if (high - low > 1e-9 * size) return *this;
    if (size == 0) return {0, 1};
    return {low - size / 10, high + size / 10};
  }
};

struct Tick {
  double at = 0;
  std::string label{};
};
/// `labels` are the first row below the axis; `days` the second, each standing in the middle of its day; `strong` are lines.
struct Ticks {
  double low = 0, high = 1;
  std::vector<Tick> labels{};
  std::vector<Tick> days{};
  std::vector<double> strong{};
};

/// A step of 1, 2, 2.5 or 5 times a power of ten that divides `range` into about `count` parts (Heckbert, "Nice numbers for graph
/// labels", Graphics Gems 1990).
inline double nice_step(double range, double count) {
  const double raw = range / count, magnitude = std::pow(10, std::floor(std::log10(raw)));
  for (const double step : {1.0, 2.0, 2.5, 5.0}) {
    if (step * magnitude >= raw * 0.999) return step * magnitude;
  }
  return 10 * magnitude;
}

/// How the ticks of one axis are printed: all with the same decimals and, when they are large, the same suffix.
class TickText {
 public:
  TickText(double low, double high, double step) {
    const double size = std::max(std::abs(low), std::abs(high));
    if (size >= 2e9)
      set(1e9, "G");
    else if (size >= 2e6)
      set(1e6, "M");
    else if (size >= 1e5)
      set(1e3, "k");
    const auto needs_more = [unit = step / scale_](int decimals) {
      const double shifted = unit * std::pow(10, decimals);
      return std::abs(shifted - std::round(shifted)) > 1e-6 * shifted;
    };
    while (decimals_ < 7 && needs_more(decimals_)) ++decimals_;
    plain_ = decimals_ < 7 && size / scale_ < 1e7;
    digits_ = 2 + static_cast<int>(std::ceil(std::log10(std::max(1.0, size / step))));
  }
  [[nodiscard]] std::string operator()(double v) const {
    if (!plain_) return significant(v);
    return format_number(v / scale_, decimals_) + (v == 0 ? "" : suffix_);
  }

 private:
  void set(double scale, const char* suffix) {
    scale_ = scale;
    suffix_ = suffix;
  }
  [[nodiscard]] std::string significant(double v) const {
    std::array<char, 40> buffer{};
    return {buffer.data(), std::to_chars(buffer.data(), buffer.data() + buffer.size(), v, std::chars_format::general, digits_).ptr};
  }

  double scale_ = 1;
  const char* suffix_ = "";
  int decimals_ = 0, digits_ = 6;
  bool plain_ = true;
};

/// Ticks that enclose the range.
inline Ticks number_ticks(Range range, double count) {
  range = range.widened();
  const double step = nice_step(range.high - range.low, count);
  const double first = std::floor(range.low / step + 1e-9), last = std::ceil(range.high / step - 1e-9);
  Ticks out{.low = first * step, .high = last * step};
  const TickText text(out.low, out.high, step);
  for (double i = first; i <= last && out.labels.size() < 64; ++i) out.labels.push_back({i * step, text(i * step)});
  return out;
}

inline std::string two_digits(std::int64_t v) { return (v < 10 ? "0" : "") + std::to_string(v); }

inline std::string date_text(std::int64_t day, bool weekday, bool year) {
  constexpr std::array<const char*, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  constexpr std::array<const char*, 7> names = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
  const auto date = kilter::detail::civil_from_days(day);
  std::string out = weekday ? std::string{names[static_cast<std::size_t>(Time{day * 86400}.day_of_week())]} + " " : "";
  out += std::to_string(date.day) + " " + months[date.month - 1];
  return year ? out + " " + std::to_string(date.year) : out;
}

/// Ticks of a time axis `pixels` wide: hours in the first row and days in the second while a day is wide enough, days alone
/// otherwise.
class TimeTicks {
 public:
  TimeTicks(Range range, XScale scale, double pixels) : range_(range), elapsed_(scale == XScale::elapsed) {
    if (range_.high - range_.low < 1) range_.high = range_.low + 1;
    per_second_ = pixels / (range_.high - range_.low);
  }

  [[nodiscard]] Ticks ticks() const {
    Ticks out{.low = range_.low, .high = range_.high};
    if (per_second_ * day >= 100) {  // room for two hours a day
      add_hours(out);
      add_days(out);
    } else {
      add_dates(out);
    }
    return out;
  }

 private:
  static constexpr double day = 86400;

  void add_hours(Ticks& out) const {
    constexpr std::array<double, 17> steps = {1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200};
    const auto wide = std::find_if(steps.begin(), steps.end(), [&](double s) { return s * per_second_ >= 49.9; });
    const double step = wide == steps.end() ? 43200 : *wide;
    for (double t = std::ceil(range_.low / step) * step; t <= range_.high && out.labels.size() < 512; t += step) {
      out.labels.push_back({t, hour_text(t, step)});
    }
  }
  void add_days(Ticks& out) const {
    const bool one = elapsed_ && range_.low >= 0 && range_.high <= day;
    for (double d = std::floor(range_.low / day); d * day <= range_.high; ++d) {
      const double from = std::max(range_.low, d * day), to = std::min(range_.high, (d + 1) * day);
      if (d * day >= range_.low) out.strong.push_back(d * day);
      const std::string text = day_text(d, false);
      if (!one && (to - from) * per_second_ > text_width(text, 11) + 6) out.days.push_back({(from + to) / 2, text});
    }
  }
  void add_dates(Ticks& out) const {
    const bool year = !elapsed_ && range_.high - range_.low > 300 * day;
    constexpr std::array<double, 12> steps = {1, 2, 7, 14, 28, 61, 91, 182, 365, 730, 1826, 3653};
    const auto wide = std::find_if(steps.begin(), steps.end(), [&](double s) { return s * day * per_second_ >= (year ? 90 : 56); });
    const double step = (wide == steps.end() ? std::ceil(90 / per_second_ / day / 3653) * 3653 : *wide) * day;
    if (year && step >= 365 * day) return add_years(out, std::llround(step / day / 365.25));
    const double origin = elapsed_ ? 0 : std::ceil(range_.low / day) * day;
    for (double t = origin; t <= range_.high && out.labels.size() < 512; t += step) {
      out.labels.push_back({t, day_text(std::floor(t / day), year)});
      out.strong.push_back(t);
    }
  }
  /// The first of January of each `by`-th year.
  void add_years(Ticks& out, std::int64_t by) const {
    std::int64_t y = kilter::detail::civil_from_days(static_cast<std::int64_t>(std::floor((range_.low - 1) / day))).year + 1;
    for (y += ((-y) % by + by) % by; out.labels.size() < 512; y += by) {
      const double t = static_cast<double>(kilter::detail::days_from_civil(y, 1, 1)) * day;
      if (t > range_.high) return;
      out.labels.push_back({t, std::to_string(y)});
      out.strong.push_back(t);
    }
  }
  [[nodiscard]] std::string day_text(double d, bool year) const {
    if (elapsed_) return "day " + std::to_string(static_cast<std::int64_t>(d) + 1);
    return date_text(static_cast<std::int64_t>(d), per_second_ * day > 80, year);
  }
  [[nodiscard]] static std::string hour_text(double t, double step) {
    const auto in_day = static_cast<std::int64_t>(std::llround(t - std::floor(t / day) * day)) % 86400;
    const std::string text = two_digits(in_day / 3600) + ":" + two_digits(in_day / 60 % 60);
    return step < 60 ? text + ":" + two_digits(in_day % 60) : text;
  }

  Range range_;
  bool elapsed_;
  double per_second_ = 1;
};

enum class Key : std::uint8_t { line, dashed, box, dot, cross };
struct LegendItem {
  std::string name;
  std::string color;
  Key key = Key::line;
  double opacity = 1;
};

/// An attribute ` name="value"` with a coordinate.
inline std::string attribute(std::string_view name, double value) {
  return " " + std::string{name} + "=\"" + coordinate(value) + "\"";
}

inline std::string line_element(double x1, double y1, double x2, double y2, std::string_view more = {}) {
  return "<path d=\"M" + coordinate(x1) + " " + coordinate(y1) + "L" + coordinate(x2) + " " + coordinate(y2) + "\"" +
         std::string{more} + "/>";
}

inline std::string text_element(double x, double y, std::string_view text, std::string_view more = {}) {
  return "<text" + attribute("x", x) + attribute("y", y) + std::string{more} + ">" + escape_xml(text) + "</text>";
}

inline std::string rectangle(double x, double y, double width, double height, std::string_view more = {},
                             std::string_view title = {}) {
  std::string out = "<rect" + attribute("x", x) + attribute("y", y) + attribute("width", width) + attribute("height", height);
  out += more;
  return title.empty() ? out + "/>" : out + "><title>" + escape_xml(title) + "</title></rect>";
}

/// The opening tag with title: what a screen reader announces and what a browser shows on hovering.
inline std::string open_svg(const Frame& frame, std::string_view kind, double height, std::string_view more = {}) {
  const std::string title = escape_xml(frame.title);
  return "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"kilter-chart\" data-kind=\"" + std::string{kind} + "\" viewBox=\"0 0 " +
         coordinate(frame.width) + " " + coordinate(height) + "\" width=\"" + coordinate(frame.width) + "\" height=\"" +
         coordinate(height) + "\" role=\"img\" aria-label=\"" + title + "\"" + std::string{more} +
         " font-family=\"system-ui,-apple-system,'Segoe UI',Roboto,sans-serif\" font-size=\"11\" "
         "style=\"font-variant-numeric:tabular-nums\">"
         "<title>" +
         title + "</title>" +
         text_element(0, 16, frame.title, " font-size=\"15\" font-weight=\"600\" style=\"fill:" + std::string{ink} + "\"");
}

/// A chart without data says so.
inline std::string empty_figure(const Frame& frame, std::string_view kind) {
  return open_svg(frame, kind, 120, " data-empty=\"true\"") +
         text_element(frame.width / 2, 72, "no data",
                      " text-anchor=\"middle\" font-size=\"14\" style=\"fill:" + std::string{muted} + "\"") +
         "</svg>";
}

inline void require_frame(const Frame& frame, bool y_label) {
  require(!frame.title.empty(), "title", frame.title, "must not be empty");
  require(!y_label || !frame.y_label.empty(), "y_label", frame.title, "must not be empty: name the quantity and its unit");
  require(frame.width >= 200 && frame.width <= 1e5, "width", frame.width, "must be between 200 and 100,000");
  require(frame.height == 0 || (frame.height >= 100 && frame.height <= 1e5), "height", frame.height,
          "must be 0 or between 100 and 100,000");
}

/// Decides the scale of an axis that was left open.
inline void settle(Frame& frame, XScale scale) {
  if (frame.x_scale == XScale::automatic) frame.x_scale = scale;
}

/// A ramp for a third value, `t` from 0 to 1: the stops of viridis (van der Walt, Smith 2015), even in brightness for every common
/// kind of colour vision.
inline std::string ramp(double t) {
  constexpr std::array<std::array<double, 3>, 6> stops = {
      {{68, 1, 84}, {65, 68, 135}, {42, 120, 142}, {34, 168, 132}, {122, 209, 81}, {253, 231, 37}}};
  t = std::clamp(t, 0.0, 1.0) * 5;
  const auto i = std::min<std::size_t>(4, static_cast<std::size_t>(t));
  const double f = t - static_cast<double>(i);
  std::string out = "#";
  for (std::size_t c = 0; c < 3; ++c) {
    const auto value = static_cast<unsigned>(std::lround(stops[i][c] + f * (stops[i + 1][c] - stops[i][c])));
    out += "0123456789abcdef"[value / 16];
    out += "0123456789abcdef"[value % 16];
  }
  return out;
}

}  // namespace detail
}  // namespace kilter::monitor
