#pragma once
/// @file
/// `Bars` and `Heatmap`: values of categories, as inline SVG.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/monitor/svg_sheet.hpp"

namespace kilter::monitor {

struct BarsStyle {
  bool values = true;  ///< write the value at the end of each bar
  int decimals = -1;   ///< of the written values; -1: about three digits that matter
  std::string unit{};  ///< written after each value
};

/// Horizontal bars: one row a category, one bar a series in it. Values may be negative; a missing one (NaN) says so.
class Bars {
 public:
  /// `frame.x_label` names the quantity; `frame.y_label` may name the categories.
  Bars(Frame frame, std::vector<std::string> categories, BarsStyle style = {})
      : frame_(std::move(frame)), categories_(std::move(categories)), style_(std::move(style)) {
    detail::require_frame(frame_, false);
    require(!frame_.x_label.empty(), "x_label", frame_.title, "must not be empty: name the quantity and its unit");
    detail::settle(frame_, XScale::number);
  }

  /// Values in the order of the categories.
  Bars& series(std::string name, std::vector<double> values) {
    require(values.size() == categories_.size(), "values", name, "must have one entry for each category");
    series_.push_back({std::move(name), std::move(values)});
    return *this;
  }
  /// Draws the other categories paler. Meant for charts of one series.
  Bars& highlight(std::size_t category) {
    require(category < categories_.size(), "category", category, "is not a category of this chart");
    highlight_ = category;
    return *this;
  }
  /// A vertical dashed line: a limit.
  Bars& level(double x, std::string label) {
    require_finite("level", x);
    levels_.push_back({x, std::move(label)});
    return *this;
  }

  [[nodiscard]] const Frame& frame() const { return frame_; }

  /// The chart as one `<svg>` element.
  [[nodiscard]] std::string svg() const {
    detail::Range x;
    for (const auto& series : series_) x.include(series.values);
    if (x.empty()) return detail::empty_figure(frame_, "bars");
    x.include(0);
    for (const auto& level : levels_) x.include(level.at);
    const auto rows = static_cast<double>(categories_.size()), bars = static_cast<double>(series_.size());
    const double row = std::max(26.0, bars * 16 + 12);
    detail::Sheet sheet(frame_, "bars", legend(), x, {},
                        {.plot_height = rows * row + (levels_.empty() ? 0 : 18),
                         .left = names_width() + 10,
                         .right = style_.values ? 16 + value_width() : 14,
                         .y_axis = false});
    sheet.draw_x_grid();
    sheet.draw_y_label();
    draw_bars(sheet);
    sheet.draw_marks(levels_);
    draw_values(sheet);
    sheet.draw_x_axis();
    return sheet.close();
  }

 private:
  struct Row {
    std::string name;
    std::vector<double> values;
  };

  [[nodiscard]] std::string value_text(double v) const {
    if (std::isnan(v)) return "no value";
    return (style_.decimals < 0 ? format_short(v) : format_number(v, style_.decimals)) +
           (style_.unit.empty() ? "" : " " + style_.unit);
  }
  [[nodiscard]] double value_width() const {
    double width = 0;
    for (const auto& series : series_) {
      for (const double v : series.values) width = std::max(width, text_width(value_text(v), 11));
    }
    return width;
  }
  [[nodiscard]] double names_width() const {
    double width = 30;
    for (const auto& name : categories_) width = std::max(width, text_width(name, 12));
    return std::min(width, frame_.width / 3);
  }
  [[nodiscard]] std::vector<detail::LegendItem> legend() const {
    std::vector<detail::LegendItem> items;
    for (std::size_t s = 0; s < series_.size() && series_.size() > 1; ++s) {
      items.push_back({series_[s].name, detail::color(s), detail::Key::box});
    }
    return items;
  }

  /// The top and the height of the bar of a category in a series.
  [[nodiscard]] std::pair<double, double> bar_place(const detail::Plot& plot, std::size_t c, std::size_t s) const {
    const double offset = levels_.empty() ? 0 : 18, bars = static_cast<double>(series_.size());
    const double row = (plot.height - offset) / static_cast<double>(categories_.size());
    const double height = std::min(22.0, (row - 8) / bars);
    const double middle = plot.top + offset + row * (static_cast<double>(c) + 0.5);
    return {middle + height * (static_cast<double>(s) - bars / 2), height};
  }

  void draw_bars(detail::Sheet& sheet) const {
    const auto& plot = sheet.plot();
    sheet.add("<g class=\"marks\">");
    for (std::size_t c = 0; c < categories_.size(); ++c) {
      for (std::size_t s = 0; s < series_.size(); ++s) draw_bar(sheet, c, s);
    }
    sheet.add("</g>" + detail::line_element(plot.x(0), plot.top, plot.x(0), plot.bottom(), detail::stroke(detail::rule, 1)));
    for (std::size_t c = 0; c < categories_.size(); ++c) {
      const auto [first, height] = bar_place(plot, c, 0);
      const double middle = first + height * static_cast<double>(series_.size()) / 2;
      const std::string weight = highlight_ == c ? " font-weight=\"600\"" : "";
      sheet.add(detail::text_element(plot.left - 8, middle + 4, categories_[c],
                                     " text-anchor=\"end\" font-size=\"12\"" + weight + detail::fill(detail::ink)));
    }
  }
  void draw_bar(detail::Sheet& sheet, std::size_t c, std::size_t s) const {
    const double v = series_[s].values[c];
    if (!detail::usable(v)) return;
    const auto [y, height] = bar_place(sheet.plot(), c, s);
    const double zero = sheet.plot().x(0), end = sheet.plot().x(v);
    const bool pale = highlight_ && highlight_ != c;
    sheet.add(detail::rectangle(std::min(zero, end), y + 1, std::max(0.5, std::abs(end - zero)), height - 2,
                                " rx=\"1.5\"" + detail::fill(detail::color(s), pale ? ";fill-opacity:.45" : ""),
                                categories_[c] + ", " + series_[s].name + ": " + value_text(v)));
  }
  /// Each beyond the end of its bar; a negative bar carries its value on the other side of zero, where there is room.
  void draw_values(detail::Sheet& sheet) const {
    for (std::size_t c = 0; c < categories_.size() && style_.values; ++c) {
      for (std::size_t s = 0; s < series_.size(); ++s) {
        const double v = series_[s].values[c];
        const auto [y, height] = bar_place(sheet.plot(), c, s);
        const double end = detail::usable(v) ? std::max(0.0, v) : 0;
        sheet.draw_halo_text(sheet.plot().x(end) + 6, y + height / 2 + 3.8, value_text(v), detail::muted);
      }
    }
  }

  Frame frame_;
  std::vector<std::string> categories_;
  BarsStyle style_;
  std::vector<Row> series_;
  std::optional<std::size_t> highlight_;
  std::vector<detail::Mark> levels_;
};

/// A matrix of values as shades; missing ones (NaN) are left blank.
class Heatmap {
 public:
  /// `values` row by row; `value_label` says what the shades mean, with the unit.
  Heatmap(Frame frame, std::vector<std::string> rows, std::vector<std::string> columns, std::vector<double> values,
          std::string value_label)
      : frame_(std::move(frame)),
        rows_(std::move(rows)),
        columns_(std::move(columns)),
        values_(std::move(values)),
        value_label_(std::move(value_label)) {
    detail::require_frame(frame_, false);
    require(values_.size() == rows_.size() * columns_.size(), "values", values_.size(), "must be rows times columns many");
    require(!value_label_.empty(), "value_label", value_label_, "must not be empty");
    detail::settle(frame_, XScale::number);
  }

  [[nodiscard]] const Frame& frame() const { return frame_; }

  /// The chart as one `<svg>` element.
  [[nodiscard]] std::string svg() const {
    detail::Range shades;
    shades.include(values_);
    if (shades.empty()) return detail::empty_figure(frame_, "heatmap");
    double left = 30;
    for (const auto& name : rows_) left = std::max(left, text_width(name, 12));
    const auto rows = static_cast<double>(rows_.size()), columns = static_cast<double>(columns_.size());
    detail::Sheet sheet(frame_, "heatmap", {}, {0, columns}, {},
                        {.plot_height = rows * std::clamp(420 / rows, 6.0, 24.0),
                         .left = std::min(left, frame_.width / 3) + 10,
                         .y_axis = false,
                         .scale_text = value_label_,
                         .scale = shades});
    sheet.draw_y_label();
    draw_cells(sheet, shades);
    draw_names(sheet);
    return sheet.close();
  }

 private:
  /// Cells share the width evenly, whatever round number the axis would end at.
  [[nodiscard]] double column_width(const detail::Plot& plot) const { return plot.width / static_cast<double>(columns_.size()); }

  void draw_cells(detail::Sheet& sheet, detail::Range shades) const {
    const auto& plot = sheet.plot();
    const double width = column_width(plot), height = plot.height / static_cast<double>(rows_.size());
    const double spread = shades.high > shades.low ? shades.high - shades.low : 1, gap = std::min(width, height) > 8 ? 1 : 0;
    sheet.add("<g class=\"marks\">");
    for (std::size_t i = 0; i < values_.size(); ++i) {
      if (!detail::usable(values_[i])) continue;
      const std::size_t r = i / columns_.size(), c = i % columns_.size();
      sheet.add(detail::rectangle(plot.left + width * static_cast<double>(c), plot.top + height * static_cast<double>(r),
                                  width - gap, height - gap, " fill=\"" + detail::ramp((values_[i] - shades.low) / spread) + "\"",
                                  rows_[r] + ", " + columns_[c] + ": " + format_short(values_[i])));
    }
    sheet.add("</g>");
  }
  void draw_names(detail::Sheet& sheet) const {
    const auto& plot = sheet.plot();
    const double width = column_width(plot), height = plot.height / static_cast<double>(rows_.size());
    const std::size_t skip_rows = static_cast<std::size_t>(std::ceil(13 / height));
    for (std::size_t r = 0; r < rows_.size(); r += skip_rows) {
      sheet.add(detail::text_element(plot.left - 8, plot.top + height * (static_cast<double>(r) + 0.5) + 4, rows_[r],
                                     " text-anchor=\"end\" font-size=\"12\"" + detail::fill(detail::ink)));
    }
    double widest = 1;
    for (const auto& name : columns_) widest = std::max(widest, text_width(name, 11) + 6);
    const auto skip = static_cast<std::size_t>(std::ceil(widest / width));
    for (std::size_t c = 0; c < columns_.size(); c += skip) {
      sheet.add(detail::text_element(plot.left + width * (static_cast<double>(c) + 0.5), plot.bottom() + 15, columns_[c],
                                     " text-anchor=\"middle\"" + detail::fill(detail::muted)));
    }
    if (!frame_.x_label.empty()) {
      sheet.add(detail::text_element(plot.right(), plot.bottom() + 32, frame_.x_label,
                                     " text-anchor=\"end\"" + detail::fill(detail::muted)));
    }
  }

  Frame frame_;
  std::vector<std::string> rows_, columns_;
  std::vector<double> values_;
  std::string value_label_;
};

}  // namespace kilter::monitor
