#pragma once
/// @file
/// The drawing of what stands around the marks of a chart: title, legend, axes and grid. See `svg.hpp` for the charts.

#include <algorithm>
#include <array>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kilter/monitor/svg_axis.hpp"

namespace kilter::monitor::detail {

/// From data to pixels.
struct Plot {
  double left = 0, top = 0, width = 1, height = 1;
  double x_low = 0, x_high = 1, y_low = 0, y_high = 1;

  [[nodiscard]] double x(double v) const { return left + (v - x_low) / (x_high - x_low) * width; }
  [[nodiscard]] double y(double v) const { return top + (y_high - v) / (y_high - y_low) * height; }
  [[nodiscard]] double right() const { return left + width; }
  [[nodiscard]] double bottom() const { return top + height; }
};

/// A vertical line with a name: an event on a time axis.
struct Mark {
  double at = 0;
  std::string label;
};
/// A horizontal line with a name: a limit.
struct Level {
  double at = 0;
  std::string label;
};

inline std::string fill(std::string_view color, std::string_view more = {}) {
  return " style=\"fill:" + std::string{color} + std::string{more} + "\"";
}
inline std::string stroke(std::string_view color, double width, std::string_view more = {}) {
  return " style=\"fill:none;stroke:" + std::string{color} + ";stroke-width:" + coordinate(width) + std::string{more} + "\"";
}

/// One chart while it is drawn: makes room for title, legend and labels, then takes the marks. The order of calls is the order of
/// painting.
class Sheet {
 public:
  struct Ask {
    double plot_height = 260;  ///< when the frame does not say how high the whole is
    double left = 0;           ///< room for labels of the caller's own on the left; 0: room for the y ticks
    double right = 14;
    bool y_axis = true;
    std::string scale_text{};  ///< a ramp in the legend, with what it counts
    Range scale{};
  };

  Sheet(const Frame& frame, std::string_view kind, std::vector<LegendItem> legend, Range x, Range y, Ask ask)
      : frame_(frame), ask_(std::move(ask)), kind_(kind), time_(frame.x_scale == XScale::time || frame.x_scale == XScale::elapsed) {
    const double legend_bottom = draw_legend(std::move(legend));
    plot_.top = legend_bottom + (frame.y_label.empty() ? 8 : 24);
    // Whether days have a row of their own hardly depends on the exact width, which is not known before the height.
    const bool days = time_ && !TimeTicks(x, frame.x_scale, frame.width - 60).ticks().days.empty();
    const double below = 22 + (days ? 15 : 0) + (x_text().empty() ? 0 : 16);
    plot_.height = frame.height > 0 ? std::max(40.0, frame.height - plot_.top - below) : ask_.plot_height;
    height_ = plot_.bottom() + below;
    if (ask_.y_axis) set_y(y);
    plot_.left = ask_.left > 0 ? ask_.left : y_labels_width() + 10;
    plot_.width = frame.width - plot_.left - ask_.right;
    set_x(x);
  }

  [[nodiscard]] const Plot& plot() const { return plot_; }
  void add(std::string_view text) { body_ += text; }

  /// Horizontal lines and their values, and the name of the y axis above them.
  void draw_y_axis() {
    body_ += "<g" + stroke(grid, 1) + ">";
    for (const auto& tick : y_.labels) body_ += line_element(plot_.left, plot_.y(tick.at), plot_.right(), plot_.y(tick.at));
    body_ += "</g><g text-anchor=\"end\"" + fill(muted) + ">";
    for (const auto& tick : y_.labels) body_ += text_element(plot_.left - 8, plot_.y(tick.at) + 3.5, tick.label);
    body_ += "</g>";
    draw_y_label();
  }
  void draw_y_label() {
    if (!frame_.y_label.empty()) body_ += text_element(0, plot_.top - 11, frame_.y_label, fill(muted));
  }

  /// Vertical lines at days (or at every tick of a number axis).
  void draw_x_grid() {
    body_ += "<g" + stroke(grid, 1) + ">";
    for (const double at : x_.strong) body_ += line_element(plot_.x(at), plot_.top, plot_.x(at), plot_.bottom());
    body_ += "</g>";
  }
  void draw_x_axis() {
    body_ += "<g" + stroke(rule, 1) + ">" + line_element(plot_.left, plot_.bottom(), plot_.right(), plot_.bottom());
    for (const auto& tick : x_.labels)
      body_ += line_element(plot_.x(tick.at), plot_.bottom(), plot_.x(tick.at), plot_.bottom() + 4);
    body_ += "</g><g text-anchor=\"middle\"" + fill(muted) + ">";
    draw_tick_texts(x_.labels, plot_.bottom() + 16);
    draw_tick_texts(x_.days, plot_.bottom() + 31);
    body_ += "</g>";
    if (const std::string text = x_text(); !text.empty()) {
      body_ += text_element(plot_.right(), height_ - 4, text, " text-anchor=\"end\"" + fill(muted));
    }
  }

  /// Vertical dashed lines with their names on up to four lines of text, so that near ones stay readable.
  void draw_marks(std::vector<Mark> marks) {
    std::stable_sort(marks.begin(), marks.end(), [](const Mark& a, const Mark& b) { return a.at < b.at; });
    std::array<double, 4> used{};
    used.fill(-1e9);
    for (const auto& mark : marks) {
      body_ +=
          line_element(plot_.x(mark.at), plot_.top, plot_.x(mark.at), plot_.bottom(), stroke(muted, 1, ";stroke-dasharray:3 3"));
    }
    for (const auto& mark : marks) {
      const double x = plot_.x(mark.at), width = text_width(mark.label, 11);
      const bool flip = x + 4 + width > plot_.right();
      const double from = flip ? x - 4 - width : x + 4;
      const auto row = std::find_if(used.begin(), used.end(), [from](double end) { return end < from - 4; });
      const double y = plot_.top + 10 + 13 * static_cast<double>(std::min<std::ptrdiff_t>(row - used.begin(), 3));
      if (row != used.end()) {
        *row = from + width;
        draw_halo_text(from, y, mark.label, ink);
      }
    }
  }
  void draw_levels(const std::vector<Level>& levels) {
    for (const auto& level : levels) {
      const double y = plot_.y(level.at);
      body_ += line_element(plot_.left, y, plot_.right(), y, stroke(ink, 1.25, ";stroke-dasharray:6 4"));
      draw_halo_text(plot_.right() - 4, y - 5, level.label, ink, " text-anchor=\"end\"");
    }
  }
  /// Text with a rim of the colour of the paper, readable on top of lines.
  void draw_halo_text(double x, double y, std::string_view text, std::string_view color, std::string_view more = {}) {
    const std::string rim = ";stroke:" + std::string{paper} + ";stroke-width:3;paint-order:stroke;stroke-linejoin:round";
    body_ += text_element(x, y, text, fill(color, rim) + std::string{more});
  }

  [[nodiscard]] std::string close() const { return open_svg(frame_, kind_, height_, hover_attributes()) + body_ + "</svg>"; }

 private:
  [[nodiscard]] std::string x_text() const {
    if (!frame_.x_label.empty()) return frame_.x_label;
    return frame_.x_scale == XScale::time ? "time in UTC" : frame_.x_scale == XScale::elapsed ? "time since the start" : "";
  }

  void set_y(Range range) {
    if (frame_.y_from_zero) range.include(0);
    y_ = number_ticks(range, std::clamp(plot_.height / 48, 2.0, 8.0));
    plot_.y_low = y_.low;
    plot_.y_high = y_.high;
  }
  void set_x(Range range) {
    if (time_) {
      x_ = TimeTicks(range, frame_.x_scale, plot_.width).ticks();
    } else {
      x_ = number_ticks(range, std::clamp(plot_.width / 90, 2.0, 12.0));
      for (const auto& tick : x_.labels) x_.strong.push_back(tick.at);
    }
    plot_.x_low = x_.low;
    plot_.x_high = x_.high;
  }
  [[nodiscard]] double y_labels_width() const {
    double width = 18;
    for (const auto& tick : y_.labels) width = std::max(width, text_width(tick.label, 11));
    return width;
  }

  /// Labels in the middle below their ticks, but never over the edge of the sheet.
  void draw_tick_texts(const std::vector<Tick>& ticks, double y) {
    for (const auto& tick : ticks) {
      const double half = text_width(tick.label, 11) / 2 + 1;
      body_ += text_element(std::clamp(plot_.x(tick.at), half, std::max(half, frame_.width - half)), y, tick.label);
    }
  }

  /// Rows of keys and names below the title; returns where they end.
  double draw_legend(std::vector<LegendItem> items) {
    double x = 0, y = 38;
    body_ += "<g" + fill(muted) + " font-size=\"12\">";
    for (const auto& item : items) {
      const double width = 24 + text_width(item.name, 12) + 18;
      if (x > 0 && x + width > frame_.width) {
        x = 0;
        y += 18;
      }
      draw_key(item, x, y - 4);
      body_ += text_element(x + 24, y, item.name);
      x += width;
    }
    if (!ask_.scale_text.empty()) draw_scale(x, y, items.empty());
    body_ += "</g>";
    return items.empty() && ask_.scale_text.empty() ? 24 : y + 6;
  }
  void draw_key(const LegendItem& item, double x, double y) {
    const std::string opacity = item.opacity < 1 ? ";opacity:" + coordinate(item.opacity) : "";
    switch (item.key) {
      case Key::line: body_ += line_element(x, y, x + 18, y, stroke(item.color, 2.5)); break;
      case Key::dashed: body_ += line_element(x, y, x + 18, y, stroke(item.color, 2, ";stroke-dasharray:5 3")); break;
      case Key::box: body_ += rectangle(x + 2, y - 5.5, 14, 11, " rx=\"2\"" + fill(item.color, opacity)); break;
      case Key::dot: body_ += "<circle" + attribute("cx", x + 9) + attribute("cy", y) + " r=\"5\"" + fill(item.color) + "/>"; break;
      case Key::cross:
        body_ += "<path d=\"M" + coordinate(x + 5) + " " + coordinate(y - 4) + "l8 8m0-8l-8 8\"" + stroke(item.color, 2) + "/>";
        break;
    }
  }
  void draw_scale(double x, double y, bool alone) {
    const double from = (alone ? 0 : x + 6) + text_width(ask_.scale_text, 12) + 8;
    body_ += text_element(alone ? 0 : x + 6, y, ask_.scale_text);
    const std::string low = format_short(ask_.scale.low), high = format_short(ask_.scale.high);
    const double start = from + text_width(low, 12) + 6;
    body_ += text_element(from, y, low);
    for (int i = 0; i < 24; ++i) body_ += rectangle(start + 5 * i, y - 9, 5.3, 10, " fill=\"" + ramp(i / 23.0) + "\"");
    body_ += text_element(start + 126, y, high);
  }

  /// What the read-out on the page needs to turn pixels back into values.
  [[nodiscard]] std::string hover_attributes() const {
    const auto list = [](std::initializer_list<double> values) {
      std::string out;
      for (const double v : values) out += (out.empty() ? "" : " ") + kilter::to_string(v);
      return out;
    };
    if (!ask_.y_axis) return {};
    const char* scale = frame_.x_scale == XScale::time ? "time" : frame_.x_scale == XScale::elapsed ? "elapsed" : "number";
    return " data-box=\"" + coordinate(plot_.left) + " " + coordinate(plot_.top) + " " + coordinate(plot_.width) + " " +
           coordinate(plot_.height) + "\" data-x=\"" + list({plot_.x_low, plot_.x_high}) + "\" data-y=\"" +
           list({plot_.y_low, plot_.y_high}) + "\" data-scale=\"" + scale + "\"";
  }

  const Frame& frame_;
  Ask ask_;
  std::string_view kind_;
  bool time_;
  Plot plot_{};
  Ticks x_{}, y_{};
  double height_ = 0;
  std::string body_;
};

}  // namespace kilter::monitor::detail
