#pragma once
/// @file
/// `Gantt`: who runs where and when, as inline SVG.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/time.hpp"
#include "kilter/monitor/svg_sheet.hpp"

namespace kilter::monitor {

/// One run of one job. `start` and `end` are x values of the chart: `x_of(Time)` on a time axis, seconds on an elapsed one.
struct GanttBar {
  std::size_t lane = 0;  ///< what `Gantt::lane` returned
  double start = 0;
  double end = 0;
  std::size_t units = 1;     ///< of the lane's units that it takes: its GPUs
  std::string group{};       ///< gives the colour and a place in the legend
  std::string label{};       ///< written on the bar where it fits
  std::string tooltip{};     ///< shown on hovering
  bool interrupted = false;  ///< it was preempted or failed: the end is marked
};

/// Something that happened: in one lane, or (without a lane) to all.
struct GanttEvent {
  double at = 0;
  std::string label{};
  std::optional<std::size_t> lane{};
  bool failure = false;
};

/// Lanes (pools, nodes) of one or more units, with a bar for each run as high as the units it takes. Within a lane bars are laid on
/// units that are free, in one piece where possible; a lane that is given more than it has grows, so that nothing is hidden.
class Gantt {
 public:
  explicit Gantt(Frame frame) : frame_(std::move(frame)) {
    detail::require_frame(frame_, false);
    detail::settle(frame_, XScale::elapsed);
  }

  /// Adds a lane below the others and returns its index.
  std::size_t lane(std::string name, std::size_t units = 1) {
    require(units > 0 && units <= 1000000, "units", units, "must be between 1 and 1,000,000");
    lanes_.push_back({std::move(name), units});
    return lanes_.size() - 1;
  }
  Gantt& bar(GanttBar bar) {
    require(bar.lane < lanes_.size(), "lane", bar.lane, "is not a lane of this chart");
    require(detail::usable(bar.start) && detail::usable(bar.end) && bar.start <= bar.end, "start", bar.start,
            "must be finite and not after the end");
    require(bar.units > 0 && bar.units <= 1000000, "units", bar.units, "must be between 1 and 1,000,000");
    bars_.push_back(std::move(bar));
    return *this;
  }
  Gantt& event(GanttEvent event) {
    require_finite("at", event.at);
    require(!event.lane || *event.lane < lanes_.size(), "lane", event.lane.value_or(0), "is not a lane of this chart");
    events_.push_back(std::move(event));
    return *this;
  }
  Gantt& event(Time at, std::string label) { return event({.at = x_of(at), .label = std::move(label)}); }

  [[nodiscard]] const Frame& frame() const { return frame_; }

  /// The chart as one `<svg>` element. O(bars · (log bars + units of a lane)).
  [[nodiscard]] std::string svg() const {
    if (bars_.empty()) return detail::empty_figure(frame_, "gantt");
    detail::Range x;
    for (const auto& bar : bars_) {
      x.include(bar.start);
      x.include(bar.end);
    }
    for (const auto& event : events_) x.include(event.at);
    const auto pieces = pack();
    const auto groups = group_names();
    detail::Sheet sheet(frame_, "gantt", legend(groups), x, {},
                        {.plot_height = natural_height(pieces.units), .left = names_width() + 10, .y_axis = false});
    const auto places = layout(pieces.units, sheet.plot());
    sheet.draw_y_label();
    draw_lanes(sheet, places);
    sheet.draw_x_grid();
    draw_bars(sheet, places, pieces, groups);
    draw_events(sheet, places);
    sheet.draw_x_axis();
    return sheet.close();
  }

 private:
  struct Lane {
    std::string name;
    std::size_t units;
  };
  /// A part of a bar on neighbouring units.
  struct Piece {
    std::size_t bar, first, count;
  };
  struct Packing {
    std::vector<Piece> pieces;
    std::vector<std::size_t> units;
  };
  /// Where a lane stands on the sheet.
  struct Place {
    double top, unit;
    std::size_t units;
    [[nodiscard]] double height() const { return unit * static_cast<double>(units); }
  };
  static constexpr double gap_ = 8;

  /// Gives each bar the lowest free units of its lane, in order of start, in one piece if there is one.
  [[nodiscard]] Packing pack() const {
    Packing out;
    std::vector<std::vector<double>> busy_until;
    for (const auto& lane : lanes_) busy_until.emplace_back(lane.units, -detail::Range{}.low);
    std::vector<std::size_t> order(bars_.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return bars_[a].start < bars_[b].start; });
    for (const std::size_t i : order) place(i, busy_until[bars_[i].lane], out.pieces);
    for (const auto& lane : busy_until) out.units.push_back(lane.size());
    return out;
  }
  void place(std::size_t index, std::vector<double>& busy_until, std::vector<Piece>& pieces) const {
    const auto& bar = bars_[index];
    const double tolerance = 1e-9 * (1 + std::abs(bar.start));
    const auto free = [&](std::size_t u) { return busy_until[u] <= bar.start + tolerance; };
    std::size_t first = 0, run = 0;
    for (std::size_t u = 0; u < busy_until.size() && run < bar.units; ++u) {
      run = free(u) ? run + 1 : 0;
      first = u + 1 - run;
    }
    if (run < bar.units) first = 0;
    std::size_t left = bar.units;
    for (std::size_t u = first; left > 0; ++u) {
      if (u == busy_until.size()) busy_until.push_back(bar.start);
      if (!free(u)) continue;
      busy_until[u] = bar.end;
      --left;
      auto* last = pieces.empty() ? nullptr : &pieces.back();
      if (last != nullptr && last->bar == index && last->first + last->count == u)
        ++last->count;
      else
        pieces.push_back({index, u, 1});
    }
  }

  /// Groups in order of first appearance.
  [[nodiscard]] std::vector<std::string> group_names() const {
    std::vector<std::string> names;
    for (const auto& bar : bars_) {
      if (std::find(names.begin(), names.end(), bar.group) == names.end()) names.push_back(bar.group);
    }
    return names;
  }
  [[nodiscard]] std::vector<detail::LegendItem> legend(const std::vector<std::string>& groups) const {
    std::vector<detail::LegendItem> items;
    for (std::size_t g = 0; g < groups.size(); ++g) {
      if (!groups[g].empty()) items.push_back({groups[g], detail::color(g), detail::Key::box});
    }
    const auto interrupted = std::any_of(bars_.begin(), bars_.end(), [](const GanttBar& b) { return b.interrupted; });
    const auto failed = std::any_of(events_.begin(), events_.end(), [](const GanttEvent& e) { return e.failure; });
    if (interrupted) items.push_back({"interrupted", std::string{detail::alarm}, detail::Key::line});
    if (failed) items.push_back({"failure", std::string{detail::alarm}, detail::Key::cross});
    return items;
  }

  [[nodiscard]] double names_width() const {
    double width = 30;
    for (const auto& lane : lanes_) width = std::max(width, text_width(lane.name, 12));
    return std::min(width, frame_.width / 3);
  }
  static std::size_t total(const std::vector<std::size_t>& units) {
    std::size_t sum = 0;
    for (const std::size_t u : units) sum += u;
    return sum;
  }
  [[nodiscard]] double natural_height(const std::vector<std::size_t>& units) const {
    const auto all = static_cast<double>(total(units));
    return gap_ * static_cast<double>(units.size()) + all * std::clamp(420 / all, 1.0, 18.0);
  }
  [[nodiscard]] std::vector<Place> layout(const std::vector<std::size_t>& units, const detail::Plot& plot) const {
    const double free = std::max(plot.height / 2, plot.height - gap_ * static_cast<double>(units.size()));
    const double gap = (plot.height - free) / static_cast<double>(units.size());
    const double unit = free / static_cast<double>(total(units));
    std::vector<Place> places;
    double top = plot.top + gap / 2;
    for (const std::size_t u : units) {
      places.push_back({top, unit, u});
      top += unit * static_cast<double>(u) + gap;
    }
    return places;
  }

  void draw_lanes(detail::Sheet& sheet, const std::vector<Place>& places) const {
    const auto& plot = sheet.plot();
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
      const auto& place = places[i];
      sheet.add(detail::rectangle(plot.left, place.top, plot.width, place.height(), detail::fill("var(--kilter-soft,#f4f5f7)")));
      sheet.add(detail::text_element(plot.left - 8, place.top + place.height() / 2 + 4, lanes_[i].name,
                                     " text-anchor=\"end\" font-size=\"12\"" + detail::fill(detail::ink)));
    }
  }

  void draw_bars(detail::Sheet& sheet, const std::vector<Place>& places, const Packing& packing,
                 const std::vector<std::string>& groups) const {
    sheet.add("<g class=\"marks\">");
    std::vector<std::string> rectangles(groups.size()), labels(groups.size());
    std::string ends;
    for (const auto& piece : packing.pieces) {
      const auto& bar = bars_[piece.bar];
      const auto g = static_cast<std::size_t>(std::find(groups.begin(), groups.end(), bar.group) - groups.begin());
      const auto& place = places[bar.lane];
      const double x = sheet.plot().x(bar.start), width = std::max(0.6, sheet.plot().x(bar.end) - x);
      const double y = place.top + place.unit * static_cast<double>(piece.first),
                   height = place.unit * static_cast<double>(piece.count);
      const double inset = height > 6 ? 0.75 : height > 2.5 ? 0.25 : 0;
      rectangles[g] += detail::rectangle(x, y + inset, std::max(0.5, width - 0.6), height - 2 * inset,
                                         height > 6 && width > 6 ? " rx=\"2\"" : "", bar.tooltip);
      if (bar.interrupted) ends += detail::line_element(x + width - 1, y + inset, x + width - 1, y + height - inset);
      if (height >= 12 && width > text_width(bar.label, 10.5) + 8) {
        labels[g] += detail::text_element(x + 5, y + height / 2 + 3.7, bar.label);
      }
    }
    for (std::size_t g = 0; g < groups.size(); ++g) sheet.add("<g" + detail::fill(detail::color(g)) + ">" + rectangles[g] + "</g>");
    sheet.add("<g" + detail::stroke(detail::alarm, 2.5) + ">" + ends + "</g></g><g font-size=\"10.5\" pointer-events=\"none\">");
    for (std::size_t g = 0; g < groups.size(); ++g) {
      const bool dark = detail::light[g % detail::light.size()];
      sheet.add("<g fill=\"" + std::string{dark ? "#16191d" : "#ffffff"} + "\">" + labels[g] + "</g>");
    }
    sheet.add("</g>");
  }

  void draw_events(detail::Sheet& sheet, const std::vector<Place>& places) const {
    std::vector<detail::Mark> marks;
    for (const auto& event : events_) {
      if (!event.lane) {
        marks.push_back({event.at, event.label});
        continue;
      }
      const auto& place = places[*event.lane];
      const double x = sheet.plot().x(event.at), y = place.top + place.height() / 2;
      const std::string title = "<title>" + escape_xml(event.label) + "</title></path>";
      const std::string color{event.failure ? detail::alarm : detail::ink};
      const std::string shape = event.failure
                                    ? "M" + detail::coordinate(x - 5) + " " + detail::coordinate(y - 5) + "l10 10m0-10l-10 10"
                                    : "M" + detail::coordinate(x) + " " + detail::coordinate(y - 6) + "l5 6l-5 6l-5-6Z";
      sheet.add("<path d=\"" + shape + "\"" + detail::stroke(detail::paper, 5, ";stroke-linecap:round") + "/>");
      sheet.add("<path d=\"" + shape + "\"" + detail::stroke(color, 2.2, ";stroke-linecap:round") + ">" + title);
    }
    sheet.draw_marks(std::move(marks));
  }

  Frame frame_;
  std::vector<Lane> lanes_;
  std::vector<GanttBar> bars_;
  std::vector<GanttEvent> events_;
};

}  // namespace kilter::monitor
