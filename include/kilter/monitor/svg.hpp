#pragma once
/// @file
/// Charts as inline SVG without any dependency: `LineChart`, `StackedArea`, `Gantt`, `Scatter`, `Bars`, `Heatmap`.
///
/// Each is made from a `Frame` (title, caption, axis labels), takes its data through chained calls and gives one `<svg>` element by
/// `svg()`: the same text for the same data, on any machine. Colours are those of Okabe and Ito and can be told apart with every
/// common kind of colour vision; each is a CSS variable with a fallback, so a chart can stand alone and follows the dark mode of a
/// page that sets the variables (as `Page` does). A chart without data says "no data" and carries `data-empty="true"`.

#include <concepts>
#include <string>

#include "kilter/monitor/svg_bars.hpp"
#include "kilter/monitor/svg_gantt.hpp"
#include "kilter/monitor/svg_line.hpp"
#include "kilter/monitor/svg_scatter.hpp"

namespace kilter::monitor {

/// Anything with a frame that draws itself as one `<svg>` element.
template <class C>
concept Chart = requires(const C& chart) {
  { chart.frame() } -> std::convertible_to<const Frame&>;
  { chart.svg() } -> std::convertible_to<std::string>;
};

}  // namespace kilter::monitor
