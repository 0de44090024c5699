#pragma once
/// @file
/// `Scatter`: trade-offs as points, with the front of those that nothing beats, as inline SVG.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/series.hpp"
#include "kilter/monitor/svg_sheet.hpp"

namespace kilter::monitor {

struct ScatterPoint {
  double x = 0;
  double y = 0;
  std::string label{};     ///< written beside the point where there is room, and shown on hovering
  std::string group{};     ///< gives the colour, unless there is a shade
  double size = missing;   ///< a third value as the area of the point
  double shade = missing;  ///< a third value as a colour of a ramp
  bool chosen = false;     ///< drawn with a ring
};

/// The indices of the points that no other point beats in both coordinates, by rising x. Of equal points the first is kept; points
/// that are not finite are left out. O(n log n).
[[nodiscard]] inline std::vector<std::size_t> pareto_front(const std::vector<ScatterPoint>& points, Better x, Better y) {
  require(x != Better::none && y != Better::none, "better", static_cast<int>(Better::none), "must be low or high");
  const double sx = x == Better::low ? 1 : -1, sy = y == Better::low ? 1 : -1;
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (detail::usable(points[i].x) && detail::usable(points[i].y)) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::pair{sx * points[a].x, sy * points[a].y} < std::pair{sx * points[b].x, sy * points[b].y};
  });
  std::vector<std::size_t> front;
  for (const std::size_t i : order) {
    if (front.empty() || sy * points[i].y < sy * points[front.back()].y) front.push_back(i);
  }
  if (x == Better::high) std::reverse(front.begin(), front.end());
  return front;
}

/// Points with labels, groups, a third value as size or shade, and the Pareto front as the stairs that bound what is beaten.
class Scatter {
 public:
  explicit Scatter(Frame frame) : frame_(std::move(frame)) {
    detail::require_frame(frame_, true);
    require(!frame_.x_label.empty(), "x_label", frame_.title, "must not be empty: name the quantity and its unit");
    detail::settle(frame_, XScale::number);
  }

  Scatter& point(ScatterPoint point) {
    points_.push_back(std::move(point));
    return *this;
  }
  /// Draws the front of all points in the given directions.
  Scatter& pareto(Better x, Better y, std::string name = "Pareto front") {
    require(x != Better::none && y != Better::none, "better", name, "must be low or high");
    front_ = Front{x, y, std::move(name)};
    return *this;
  }
  /// What the areas of the points mean, with the unit.
  Scatter& size_label(std::string text) {
    size_label_ = std::move(text);
    return *this;
  }
  /// What the colours of the ramp mean, with the unit.
  Scatter& shade_label(std::string text) {
    shade_label_ = std::move(text);
    return *this;
  }

  [[nodiscard]] const Frame& frame() const { return frame_; }

  /// The chart as one `<svg>` element. Points that are not finite are left out.
  [[nodiscard]] std::string svg() const {
    detail::Range x, y, shades, sizes;
    for (const auto& p : points_) {
      if (!drawn(p)) continue;
      x.include(p.x);
      y.include(p.y);
      shades.include(p.shade);
      sizes.include(p.size);
    }
    if (x.empty()) return detail::empty_figure(frame_, "scatter");
    const auto groups = group_names();
    detail::Sheet sheet(frame_, "scatter", legend(groups), padded(x), padded(y),
                        {.plot_height = 380, .scale_text = shades.empty() ? "" : shade_label_, .scale = shades});
    sheet.draw_x_grid();
    sheet.draw_y_axis();
    sheet.draw_x_axis();
    draw_front(sheet);
    const auto dots = draw_points(sheet, groups, shades, sizes);
    draw_labels(sheet, dots);
    return sheet.close();
  }

 private:
  struct Front {
    Better x, y;
    std::string name;
  };
  struct Box {
    double left, top, right, bottom;
    [[nodiscard]] bool meets(const Box& other) const {
      return left < other.right && other.left < right && top < other.bottom && other.top < bottom;
    }
  };
  struct Dot {
    double x, y, radius;
    std::size_t point;
    [[nodiscard]] Box box() const { return {x - radius, y - radius, x + radius, y + radius}; }
  };

  static bool drawn(const ScatterPoint& p) { return detail::usable(p.x) && detail::usable(p.y); }
  /// Room on both sides, so that no point sits on the frame.
  static detail::Range padded(detail::Range r) {
    const double pad = 0.03 * (r.high - r.low);
    const bool keep_zero = r.low >= 0 && r.low - pad < 0;
    return {keep_zero ? r.low : r.low - pad, r.high + pad};
  }

  [[nodiscard]] std::vector<std::string> group_names() const {
    std::vector<std::string> names;
    for (const auto& p : points_) {
      if (std::find(names.begin(), names.end(), p.group) == names.end()) names.push_back(p.group);
    }
    return names;
  }
  [[nodiscard]] std::vector<detail::LegendItem> legend(const std::vector<std::string>& groups) const {
    std::vector<detail::LegendItem> items;
    const bool shaded = std::any_of(points_.begin(), points_.end(), [](const ScatterPoint& p) { return detail::usable(p.shade); });
    for (std::size_t g = 0; g < groups.size() && !shaded; ++g) {
      if (!groups[g].empty()) items.push_back({groups[g], detail::color(g), detail::Key::dot});
    }
    if (front_) items.push_back({front_->name, std::string{detail::muted}, detail::Key::line});
    if (!size_label_.empty()) items.push_back({"area: " + size_label_, std::string{detail::rule}, detail::Key::dot});
    return items;
  }

  /// The corners of the front's stairs. Between two neighbours the corner is the point that is as bad as both: what lies beyond is
  /// beaten.
  [[nodiscard]] std::vector<std::pair<double, double>> stairs(const detail::Plot& plot) const {
    std::vector<std::pair<double, double>> out;
    if (!front_) return out;
    for (const std::size_t i : pareto_front(points_, front_->x, front_->y)) {
      const double x = plot.x(points_[i].x), y = plot.y(points_[i].y);
      if (!out.empty()) out.push_back(front_->x == Better::low ? std::pair{x, out.back().second} : std::pair{out.back().first, y});
      out.emplace_back(x, y);
    }
    return out;
  }
  /// The same as boxes that labels keep off.
  [[nodiscard]] std::vector<Box> front_boxes(const detail::Plot& plot) const {
    const auto corners = stairs(plot);
    std::vector<Box> out;
    for (std::size_t k = 1; k < corners.size(); ++k) {
      const auto [x1, y1] = corners[k - 1];
      const auto [x2, y2] = corners[k];
      out.push_back({std::min(x1, x2) - 1, std::min(y1, y2) - 1, std::max(x1, x2) + 1, std::max(y1, y2) + 1});
    }
    return out;
  }

  void draw_front(detail::Sheet& sheet) const {
    if (!front_) return;
    std::string d;
    for (const auto& [x, y] : stairs(sheet.plot()))
      d += (d.empty() ? "M" : "L") + detail::coordinate(x) + " " + detail::coordinate(y);
    sheet.add("<path class=\"front\" d=\"" + d + "\"" + detail::stroke(detail::muted, 1.5, ";stroke-linejoin:round") + "/>");
  }

  std::vector<Dot> draw_points(detail::Sheet& sheet, const std::vector<std::string>& groups, detail::Range shades,
                               detail::Range sizes) const {
    std::vector<Dot> dots;
    sheet.add("<g class=\"marks\"" + detail::stroke(detail::paper, 1) + ">");
    for (std::size_t i = 0; i < points_.size(); ++i) {
      const auto& p = points_[i];
      if (!drawn(p)) continue;
      const double share = sizes.high > 0 && detail::usable(p.size) ? std::sqrt(std::max(0.0, p.size / sizes.high)) : 0;
      const Dot dot{sheet.plot().x(p.x), sheet.plot().y(p.y), sizes.empty() ? 5.5 : std::max(2.5, 16 * share), i};
      dots.push_back(dot);
      const auto g = static_cast<std::size_t>(std::find(groups.begin(), groups.end(), p.group) - groups.begin());
      const double spread = shades.high > shades.low ? shades.high - shades.low : 1;
      const std::string color = detail::usable(p.shade) ? detail::ramp((p.shade - shades.low) / spread) : detail::color(g);
      const std::string place = detail::attribute("cx", dot.x) + detail::attribute("cy", dot.y);
      if (p.chosen) {
        sheet.add("<circle" + place + detail::attribute("r", dot.radius + 4) + detail::stroke(detail::ink, 1.75) + "/>");
      }
      sheet.add("<circle" + place + detail::attribute("r", dot.radius) + detail::fill(color, ";fill-opacity:.9") + "><title>" +
                escape_xml(tooltip(p)) + "</title></circle>");
    }
    sheet.add("</g>");
    return dots;
  }
  [[nodiscard]] std::string tooltip(const ScatterPoint& p) const {
    std::string text = p.label.empty() ? p.group : p.label;
    if (!text.empty()) text += "\n";
    text += frame_.x_label + ": " + format_short(p.x) + "\n" + frame_.y_label + ": " + format_short(p.y);
    if (detail::usable(p.shade)) text += "\n" + shade_label_ + ": " + format_short(p.shade);
    if (detail::usable(p.size)) text += "\n" + size_label_ + ": " + format_short(p.size);
    return text;
  }

  /// Puts each label at the first of eight places around its point where it meets no point and no label; else leaves it to
  /// hovering.
  void draw_labels(detail::Sheet& sheet, const std::vector<Dot>& dots) const {
    std::vector<Box> taken = front_boxes(sheet.plot());
    for (const auto& dot : dots) taken.push_back(dot.box());
    const Box page{sheet.plot().left, sheet.plot().top - 4, frame_.width, sheet.plot().bottom() + 2};
    for (const bool chosen : {true, false}) {
      for (const auto& dot : dots) {
        const auto& p = points_[dot.point];
        if (p.label.empty() || p.chosen != chosen) continue;
        const auto box = free_place(dot, text_width(p.label, 11), page, taken, chosen ? 5 : 1);
        if (!box) continue;
        taken.push_back(*box);
        sheet.draw_halo_text(box->left, box->bottom - 3, p.label, detail::ink,
                             chosen ? " font-weight=\"600\" pointer-events=\"none\"" : " pointer-events=\"none\"");
      }
    }
  }
  static std::optional<Box> free_place(const Dot& dot, double width, const Box& page, const std::vector<Box>& taken, double ring) {
    const double gap = dot.radius + 3 + ring, height = 13, slant = 0.7 * gap;
    const std::array<std::pair<double, double>, 8> corners = {{{gap, -height / 2},
                                                               {-gap - width, -height / 2},
                                                               {-width / 2, -gap - height},
                                                               {-width / 2, gap},
                                                               {slant, -slant - height},
                                                               {slant, slant},
                                                               {-slant - width, -slant - height},
                                                               {-slant - width, slant}}};
    for (const auto& [dx, dy] : corners) {
      const Box box{dot.x + dx, dot.y + dy, dot.x + dx + width, dot.y + dy + height};
      const bool inside = box.left >= page.left && box.right <= page.right && box.top >= page.top && box.bottom <= page.bottom;
      if (inside && std::none_of(taken.begin(), taken.end(), [&](const Box& other) { return other.meets(box); })) return box;
    }
    return std::nullopt;
  }

  Frame frame_;
  std::vector<ScatterPoint> points_;
  std::optional<Front> front_;
  std::string size_label_, shade_label_;
};

}  // namespace kilter::monitor
