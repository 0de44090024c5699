#pragma once
/// @file
/// `LineChart` and `StackedArea`: values over time, as inline SVG.

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/series.hpp"
#include "kilter/monitor/svg_sheet.hpp"

namespace kilter::monitor {

struct LineStyle {
  std::optional<std::size_t> color{};  ///< of the palette; the next free one by default
  double width = 1.75;
  bool step = false;  ///< a value holds until the next one, as a capacity does
  bool dashed = false;
};

struct BandStyle {
  std::optional<std::size_t> color{};
  double opacity = 0.18;  ///< bands of one colour laid over each other grow darker: a fan
};

namespace detail {

/// One line's points; x does not decrease.
struct Curve {
  std::vector<double> x, y;
};

inline void require_curve(std::string_view name, const std::vector<double>& x, std::size_t values) {
  require(x.size() == values, "x", name, "must have as many entries as there are values");
  for (std::size_t i = 0; i < x.size(); ++i) {
    require(usable(x[i]), "x", x[i], "must be finite");
    require(i == 0 || x[i - 1] <= x[i], "x", x[i], "must not decrease");
  }
}

inline std::vector<double> x_values(const Series& series) {
  std::vector<double> x(series.size());
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = x_of(series.start) + series.step.in(units::s) * static_cast<double>(i);
  return x;
}

/// The points of `[first, last)` that a line `columns` wide can show: of each column the first, the lowest, the highest and the
/// last. Drawn at that width the line is the same (Jugel et al., "M4: a visualization-oriented time series data aggregation", PVLDB
/// 7 (2014)).
inline std::vector<std::size_t> thin(const Curve& curve, std::size_t first, std::size_t last, Range x, std::size_t columns) {
  std::vector<std::size_t> kept;
  const auto column = [&](std::size_t i) {
    return std::floor((curve.x[i] - x.low) / (x.high - x.low) * static_cast<double>(columns));
  };
  for (std::size_t from = first; from < last;) {
    std::size_t to = from, low = from, high = from;
    for (; to < last && column(to) == column(from); ++to) {
      if (curve.y[to] < curve.y[low]) low = to;
      if (curve.y[to] > curve.y[high]) high = to;
    }
    for (const std::size_t i : {from, std::min(low, high), std::max(low, high), to - 1}) {
      if (kept.empty() || kept.back() != i) kept.push_back(i);
    }
    from = to;
  }
  return kept;
}

inline constexpr std::size_t most_points = 2000;

/// Calls `f(indices)` for each run of points without a missing value, thinned when the whole curve has too many.
template <class F>
void for_each_run(const Curve& curve, F&& f) {
  const std::size_t n = curve.x.size();
  const bool long_curve = n > most_points && curve.x.back() > curve.x.front();
  std::vector<std::size_t> run;
  for (std::size_t i = 0; i < n; ++i) {
    if (!usable(curve.y[i])) continue;
    std::size_t end = i;
    while (end < n && usable(curve.y[end])) ++end;
    if (long_curve) {
      run = thin(curve, i, end, {curve.x.front(), curve.x.back()}, most_points / 4);
    } else {
      run.clear();
      for (std::size_t k = i; k < end; ++k) run.push_back(k);
    }
    f(run);
    i = end;
  }
}

/// Path data through the given points; a lone point becomes a dot of the line's own width. In steps, a run that ends in a gap holds
/// its last value until the gap's first x.
inline std::string path_data(const Plot& plot, const Curve& curve, std::span<const std::size_t> run, bool step, bool move = true) {
  std::string d;
  double last_y = 0;
  for (std::size_t k = 0; k < run.size(); ++k) {
    const double x = plot.x(curve.x[run[k]]), y = plot.y(curve.y[run[k]]);
    if (k == 0) {
      d += (move ? "M" : "L") + coordinate(x) + " " + coordinate(y);
    } else if (step) {
      d += "H" + coordinate(x) + (y == last_y ? "" : "V" + coordinate(y));
    } else {
      d += "L" + coordinate(x) + " " + coordinate(y);
    }
    last_y = y;
  }
  if (step && !run.empty() && run.back() + 1 < curve.x.size()) d += "H" + coordinate(plot.x(curve.x[run.back() + 1]));
  return run.size() == 1 && d.find('H') == std::string::npos ? d + "h0" : d;
}

/// The area between two curves on the same x, run by run where both have values.
inline std::string band_data(const Plot& plot, const std::vector<double>& x, const std::vector<double>& lower,
                             const std::vector<double>& upper, bool step) {
  Curve low{x, lower}, high{x, upper};
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (!usable(lower[i]) || !usable(upper[i])) low.y[i] = high.y[i] = missing;
  }
  std::vector<std::string> floors;
  for_each_run(low, [&](const std::vector<std::size_t>& run) {
    std::vector<std::size_t> back(run.rbegin(), run.rend());
    if (!step) return floors.push_back(path_data(plot, low, back, false, false));
    // Backwards a step goes down before it goes left.
    const double end = back.front() + 1 < x.size() ? x[back.front() + 1] : x[back.front()];
    std::string d = "L" + coordinate(plot.x(end)) + " " + coordinate(plot.y(low.y[back.front()]));
    for (std::size_t k = 0; k < back.size(); ++k) {
      d += "H" + coordinate(plot.x(x[back[k]]));
      if (k + 1 < back.size()) d += "V" + coordinate(plot.y(low.y[back[k + 1]]));
    }
    floors.push_back(std::move(d));
  });
  std::string out;
  std::size_t i = 0;
  for_each_run(high, [&](const std::vector<std::size_t>& run) { out += path_data(plot, high, run, step) + floors[i++] + "Z"; });
  return out;
}

inline std::string line_path(const Plot& plot, const Curve& curve, std::string_view name, std::string_view color,
                             const LineStyle& style) {
  std::string d;
  for_each_run(curve, [&](const std::vector<std::size_t>& run) { d += path_data(plot, curve, run, style.step); });
  std::string more = ";stroke-linejoin:round;stroke-linecap:round";
  if (style.dashed) more += ";stroke-dasharray:6 4";
  return "<path data-name=\"" + escape_xml(name) + "\"" + (style.step ? " data-step=\"1\"" : "") + " d=\"" + d + "\"" +
         stroke(color, style.width, more) + "/>";
}

/// A step curve of a series also shows the last interval: its value holds until the end of the series.
inline Curve curve_of(const Series& series, bool step) {
  Curve curve{x_values(series), series.values};
  if (step && !series.empty()) {
    curve.x.push_back(x_of(series.end()));
    curve.y.push_back(series.values.back());
  }
  return curve;
}

}  // namespace detail

/// Lines over time or over a number, with interval bands, limits and events. Missing values (NaN) break a line; lines of more than
/// 2,000 points are thinned without a visible change.
class LineChart {
 public:
  explicit LineChart(Frame frame) : frame_(std::move(frame)) { detail::require_frame(frame_, true); }

  /// A line through `(x[i], y[i])`; x must not decrease.
  LineChart& line(std::string name, std::vector<double> x, std::vector<double> y, LineStyle style = {}) {
    detail::require_curve(name, x, y.size());
    detail::settle(frame_, XScale::number);
    lines_.push_back({std::move(name), {std::move(x), std::move(y)}, style.color.value_or(next_color_), style});
    if (!style.color) ++next_color_;
    return *this;
  }
  template <std::same_as<Series> S>
  LineChart& line(std::string name, const S& series, LineStyle style = {}) {
    detail::settle(frame_, XScale::time);
    auto curve = detail::curve_of(series, style.step);
    return line(std::move(name), std::move(curve.x), std::move(curve.y), style);
  }

  /// The area between `lower` and `upper`, behind all lines. Its colour is by default that of the next line: add a forecast's
  /// bands, widest first, and then its line.
  LineChart& band(std::string name, std::vector<double> x, std::vector<double> lower, std::vector<double> upper,
                  BandStyle style = {}) {
    detail::require_curve(name, x, lower.size());
    detail::require_curve(name, x, upper.size());
    detail::settle(frame_, XScale::number);
    bands_.push_back({std::move(name), std::move(x), std::move(lower), std::move(upper), style.color.value_or(next_color_), style});
    return *this;
  }
  /// As above; throws unless both series have the same start, step and size.
  template <std::same_as<Series> S>
  LineChart& band(std::string name, const S& lower, const S& upper, BandStyle style = {}) {
    require(lower.start == upper.start && lower.step == upper.step && lower.size() == upper.size(), "upper", name,
            "must have the start, step and size of lower");
    detail::settle(frame_, XScale::time);
    return band(std::move(name), detail::x_values(lower), lower.values, upper.values, style);
  }

  /// A horizontal dashed line: a limit.
  LineChart& level(double y, std::string label) {
    require_finite("level", y);
    levels_.push_back({y, std::move(label)});
    return *this;
  }
  /// A vertical dashed line: an event.
  LineChart& mark(double x, std::string label) {
    require_finite("mark", x);
    marks_.push_back({x, std::move(label)});
    return *this;
  }
  LineChart& mark(Time at, std::string label) { return mark(x_of(at), std::move(label)); }

  [[nodiscard]] const Frame& frame() const { return frame_; }

  /// The chart as one `<svg>` element.
  [[nodiscard]] std::string svg() const {
    const auto [x, y] = ranges();
    if (x.empty() || y.empty()) return detail::empty_figure(frame_, "line");
    detail::Sheet sheet(frame_, "line", legend(), x, y, {});
    sheet.draw_x_grid();
    sheet.draw_y_axis();
    sheet.add("<g class=\"marks\">");
    for (const auto& band : bands_) {
      sheet.add("<path d=\"" + detail::band_data(sheet.plot(), band.x, band.lower, band.upper, false) + "\"" +
                detail::fill(detail::color(band.color), ";fill-opacity:" + detail::coordinate(band.style.opacity)) + "/>");
    }
    for (const auto& line : lines_) {
      sheet.add(detail::line_path(sheet.plot(), line.curve, line.name, detail::color(line.color), line.style));
    }
    sheet.add("</g>");
    sheet.draw_levels(levels_);
    sheet.draw_marks(marks_);
    sheet.draw_x_axis();
    return sheet.close();
  }

 private:
  struct Line {
    std::string name;
    detail::Curve curve;
    std::size_t color;
    LineStyle style;
  };
  struct Band {
    std::string name;
    std::vector<double> x, lower, upper;
    std::size_t color;
    BandStyle style;
  };

  [[nodiscard]] std::pair<detail::Range, detail::Range> ranges() const {
    detail::Range x, y;
    for (const auto& line : lines_) {
      x.include(line.curve.x);
      y.include(line.curve.y);
    }
    for (const auto& band : bands_) {
      x.include(band.x);
      y.include(band.lower);
      y.include(band.upper);
    }
    if (y.empty()) return {x, y};
    for (const auto& level : levels_) y.include(level.at);
    for (const auto& mark : marks_) x.include(mark.at);
    return {x, y};
  }

  [[nodiscard]] std::vector<detail::LegendItem> legend() const {
    std::vector<detail::LegendItem> items;
    for (const auto& line : lines_) {
      items.push_back({line.name, detail::color(line.color), line.style.dashed ? detail::Key::dashed : detail::Key::line});
    }
    for (std::size_t i = 0; i < bands_.size(); ++i) {
      double clear = 1;  // what shines through this band and those of its colour below it
      for (std::size_t j = 0; j <= i; ++j) {
        if (bands_[j].color == bands_[i].color) clear *= 1 - bands_[j].style.opacity;
      }
      items.push_back({bands_[i].name, detail::color(bands_[i].color), detail::Key::box, 1 - clear});
    }
    return items;
  }

  Frame frame_;
  std::vector<Line> lines_;
  std::vector<Band> bands_;
  std::vector<detail::Level> levels_;
  std::vector<detail::Mark> marks_;
  std::size_t next_color_ = 0;
};

/// Layers on top of each other over a common time axis, with an optional cap line above them. Layers may not be negative; where one
/// layer is missing (NaN) all of them are, for their sum is not known.
class StackedArea {
 public:
  explicit StackedArea(Frame frame, bool step = true) : frame_(std::move(frame)), step_(step) {
    detail::require_frame(frame_, true);
  }

  /// The next layer from below; all layers must have the same x.
  StackedArea& layer(std::string name, std::vector<double> x, std::vector<double> values) {
    detail::require_curve(name, x, values.size());
    require(names_.empty() || x == x_, "x", name, "must be the same for all layers");
    for (const double v : values) require(!(v < 0), "layer", v, "must not be negative");
    detail::settle(frame_, XScale::number);
    x_ = std::move(x);
    if (tops_.empty()) tops_.emplace_back(x_.size(), 0.0);
    tops_.push_back(tops_.back());
    for (std::size_t i = 0; i < x_.size(); ++i) tops_.back()[i] += values[i];
    names_.push_back(std::move(name));
    return *this;
  }
  template <std::same_as<Series> S>
  StackedArea& layer(std::string name, const S& series) {
    detail::settle(frame_, XScale::time);
    auto curve = detail::curve_of(series, step_);
    return layer(std::move(name), std::move(curve.x), std::move(curve.y));
  }

  /// A line above the stack that it should stay below.
  StackedArea& cap(std::string name, std::vector<double> x, std::vector<double> values) {
    detail::require_curve(name, x, values.size());
    detail::settle(frame_, XScale::number);
    cap_name_ = std::move(name);
    cap_ = {std::move(x), std::move(values)};
    return *this;
  }
  template <std::same_as<Series> S>
  StackedArea& cap(std::string name, const S& series) {
    detail::settle(frame_, XScale::time);
    auto curve = detail::curve_of(series, step_);
    return cap(std::move(name), std::move(curve.x), std::move(curve.y));
  }
  StackedArea& mark(double x, std::string label) {
    require_finite("mark", x);
    marks_.push_back({x, std::move(label)});
    return *this;
  }
  StackedArea& mark(Time at, std::string label) { return mark(x_of(at), std::move(label)); }

  [[nodiscard]] const Frame& frame() const { return frame_; }

  /// The chart as one `<svg>` element.
  [[nodiscard]] std::string svg() const {
    detail::Range x, y;
    if (!tops_.empty()) y.include(tops_.back());
    if (y.empty()) return detail::empty_figure(frame_, "stack");
    x.include(x_);
    x.include(cap_.x);
    y.include(0);
    y.include(cap_.y);
    for (const auto& mark : marks_) x.include(mark.at);
    detail::Sheet sheet(frame_, "stack", legend(), x, y, {});
    sheet.draw_x_grid();
    sheet.draw_y_axis();
    draw_layers(sheet);
    sheet.draw_marks(marks_);
    sheet.draw_x_axis();
    return sheet.close();
  }

 private:
  void draw_layers(detail::Sheet& sheet) const {
    sheet.add("<g class=\"marks\">");
    std::vector<double> floor = tops_.front();
    for (std::size_t i = 0; i < floor.size(); ++i) floor[i] = tops_.back()[i] >= 0 ? 0 : missing;
    for (std::size_t k = 0; k < names_.size(); ++k) {
      auto top = tops_[k + 1];
      for (std::size_t i = 0; i < top.size(); ++i) top[i] = std::isnan(floor[i]) ? missing : top[i];
      sheet.add("<path data-layer=\"" + escape_xml(names_[k]) + "\" d=\"" + detail::band_data(sheet.plot(), x_, floor, top, step_) +
                "\"" +
                detail::fill(detail::color(k), ";fill-opacity:.85;stroke:" + std::string{detail::paper} + ";stroke-width:.75") +
                "/>");
      floor = std::move(top);
    }
    if (!cap_.x.empty()) sheet.add(detail::line_path(sheet.plot(), cap_, cap_name_, detail::ink, {.width = 2, .step = step_}));
    sheet.add("</g>");
  }

  [[nodiscard]] std::vector<detail::LegendItem> legend() const {
    std::vector<detail::LegendItem> items;
    if (!cap_.x.empty()) items.push_back({cap_name_, std::string{detail::ink}, detail::Key::line});
    for (std::size_t k = names_.size(); k-- > 0;) items.push_back({names_[k], detail::color(k), detail::Key::box});
    return items;
  }

  Frame frame_;
  bool step_;
  std::vector<double> x_;
  std::vector<std::vector<double>> tops_;
  std::vector<std::string> names_;
  std::string cap_name_;
  detail::Curve cap_;
  std::vector<detail::Mark> marks_;
};

}  // namespace kilter::monitor
