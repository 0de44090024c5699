#include "kilter/monitor/svg.hpp"

#include <set>
#include <sstream>

#include "catch.hpp"
#include "kilter/core/rng.hpp"
#include "xml.hpp"

using namespace kilter;
using namespace kilter::monitor;
using kilter::test::Element;
using kilter::test::read_xml;
using kilter::test::WithinAbs;

static_assert(Chart<LineChart> && Chart<StackedArea> && Chart<Gantt> && Chart<Scatter> && Chart<Bars> && Chart<Heatmap>);

namespace layout = kilter::monitor::detail;

namespace {

const Time monday = *parse_time("2025-06-02T00:00:00Z");

Frame frame(std::string title = "Title") { return {.title = std::move(title), .x_label = "x, s", .y_label = "y, W"}; }

Series random_series(Rng& rng, std::size_t n) {
  Series out{monday, units::h, {}};
  for (std::size_t i = 0; i < n; ++i) out.values.push_back(50 + 10 * rng.normal());
  return out;
}

std::vector<double> numbers(const std::string& text) {
  std::istringstream in(text);
  std::vector<double> out;
  for (double v = 0; in >> v;) out.push_back(v);
  return out;
}

std::vector<std::pair<char, std::vector<double>>> commands(const std::string& d) {
  std::vector<std::pair<char, std::vector<double>>> out;
  for (std::size_t at = 0; at < d.size();) {
    const std::size_t end = d.find_first_of("MLHVhvlZ", at + 1);
    out.emplace_back(d[at], numbers(d.substr(at + 1, end == std::string::npos ? end : end - at - 1)));
    at = end == std::string::npos ? d.size() : end;
  }
  return out;
}

/// Turns pixels of a drawn chart back into values, by what the chart says about its own axes.
struct Reader {
  std::vector<double> box, x, y;
  explicit Reader(const Element& svg)
      : box(numbers(svg.attributes.at("data-box"))),
        x(numbers(svg.attributes.at("data-x"))),
        y(numbers(svg.attributes.at("data-y"))) {}
  [[nodiscard]] double x_value(double pixel) const { return x[0] + (pixel - box[0]) / box[2] * (x[1] - x[0]); }
  [[nodiscard]] double y_value(double pixel) const { return y[1] - (pixel - box[1]) / box[3] * (y[1] - y[0]); }
};

/// What every chart owes.
Element checked(const std::string& svg) {
  const Element root = read_xml(svg);
  CHECK(root.name == "svg");
  CHECK(root.attributes.at("role") == "img");
  CHECK_FALSE(root.attributes.at("aria-label").empty());
  REQUIRE_FALSE(root.children.empty());
  CHECK(root.children[0].name == "title");
  CHECK(root.children[0].text == root.attributes.at("aria-label"));
  for (const char* word : {"nan", "inf", "e+", "e-0"}) {
    for (const auto* e : root.with("d")) CHECK(e->attributes.at("d").find(word) == std::string::npos);
    for (const auto* e : root.with("x")) CHECK(e->attributes.at("x").find(word) == std::string::npos);
  }
  return root;
}

std::set<std::string> texts(const Element& root) {
  std::set<std::string> out;
  for (const auto* e : root.all("text")) out.insert(e->text);
  return out;
}

}  // namespace

TEST_CASE("a line is drawn where its values are") {
  Rng rng{1};
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Rng stream = rng.split(seed);
    const double scale = std::pow(10, stream.uniform(-6, 9));
    std::vector<double> x, y;
    for (int i = 0; i < 50; ++i) {
      x.push_back(i * 3.5 - 20);
      y.push_back(scale * stream.normal());
    }
    const Element svg = checked(LineChart{frame()}.line("a", x, y).svg());
    const Reader read{svg};
    const auto drawn = commands(svg.with("data-name").at(0)->attributes.at("d"));
    REQUIRE(drawn.size() == x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
      CHECK_THAT(read.x_value(drawn[i].second[0]), WithinAbs(x[i], 0.006 * (read.x[1] - read.x[0]) / read.box[2]));
      CHECK_THAT(read.y_value(drawn[i].second[1]), WithinAbs(y[i], 0.006 * (read.y[1] - read.y[0]) / read.box[3]));
    }
  }
}

TEST_CASE("missing values break a line, and a value alone is a dot") {
  const std::vector<double> x = {0, 1, 2, 3, 4, 5, 6, 7},
                            y = {1, 2, missing, 4, missing, std::numeric_limits<double>::infinity(), 7, 8};
  const Element svg = checked(LineChart{frame()}.line("a", x, y).svg());
  const std::string d = svg.with("data-name").at(0)->attributes.at("d");
  CHECK(std::count(d.begin(), d.end(), 'M') == 3);
  CHECK(std::count(d.begin(), d.end(), 'L') == 2);
  CHECK(d.find("h0") != std::string::npos);
}

TEST_CASE("a step line holds each value until the next, and the last to the end of the series") {
  const Series series{monday, units::h, {1, 3, 3, 2}};
  const Element svg = checked(LineChart{frame()}.line("a", series, {.step = true}).svg());
  const Reader read{svg};
  const auto drawn = commands(svg.with("data-name").at(0)->attributes.at("d"));
  std::string order;
  for (const auto& [letter, values] : drawn) order += letter;
  CHECK(order == "MHVHHVH");
  CHECK_THAT(read.x_value(drawn.back().second[0]), WithinAbs(x_of(monday + 4.0 * units::h), 10));
  CHECK_THAT(read.y_value(drawn[2].second[0]), WithinAbs(3, 0.01));
}

TEST_CASE("a long line is thinned to its outline and no extreme is lost") {
  Rng rng{2};
  std::vector<double> x, y;
  double level = 0;
  for (int i = 0; i < 50000; ++i) {
    x.push_back(i);
    y.push_back(level += rng.normal());
  }
  y[30000] = 2000;
  const layout::Curve curve{x, y};
  const auto kept = layout::thin(curve, 0, x.size(), {0, 49999}, 500);
  CHECK(kept.size() <= 2004);
  CHECK(std::is_sorted(kept.begin(), kept.end()));
  // Second method: the lowest and highest of each column, by brute force over all points and over the kept ones.
  std::vector<layout::Range> all(501), some(501);
  for (std::size_t i = 0; i < x.size(); ++i) all[static_cast<std::size_t>(x[i] / 49999 * 500)].include(y[i]);
  for (const std::size_t i : kept) some[static_cast<std::size_t>(x[i] / 49999 * 500)].include(y[i]);
  for (std::size_t c = 0; c <= 500; ++c) {
    CHECK(all[c].low == some[c].low);
    CHECK(all[c].high == some[c].high);
  }
  const Element svg = checked(LineChart{frame()}.line("a", x, y).svg());
  CHECK(commands(svg.with("data-name").at(0)->attributes.at("d")).size() <= 2004);
  CHECK(checked(LineChart{frame()}.band("b", x, y, y).svg()).all("path").size() > 2);
}

TEST_CASE("layers are stacked: the top edge of each is the sum up to it") {
  Rng rng{3};
  const auto a = random_series(rng, 24), b = random_series(rng, 24), cap = random_series(rng, 24);
  const Element svg = checked(StackedArea{frame(), false}.layer("a", a).layer("b", b).cap("cap", cap).svg());
  const Reader read{svg};
  const auto layers = svg.with("data-layer");
  REQUIRE(layers.size() == 2);
  const auto lower = commands(layers[0]->attributes.at("d")), upper = commands(layers[1]->attributes.at("d"));
  REQUIRE(upper.size() == 49);
  for (std::size_t i = 0; i < 24; ++i) {
    CHECK_THAT(read.y_value(lower[i].second[1]), WithinAbs(a[i], 0.01));
    CHECK_THAT(read.y_value(upper[i].second[1]), WithinAbs(a[i] + b[i], 0.01));
    CHECK_THAT(read.y_value(upper[47 - i].second[1]), WithinAbs(a[i], 0.01));
  }
  // A gap in one layer is a gap in all, and steps close on both sides of it.
  auto holed = b;
  holed.values[10] = missing;
  for (const bool step : {false, true}) {
    const Element gap = checked(StackedArea{frame(), step}.layer("a", a).layer("b", holed).svg());
    for (const auto* layer : gap.with("data-layer")) {
      const std::string d = layer->attributes.at("d");
      CHECK(std::count(d.begin(), d.end(), 'M') == 2);
      CHECK(std::count(d.begin(), d.end(), 'Z') == 2);
    }
  }
  CHECK_THROWS_AS(StackedArea{frame()}.layer("a", {0, 1}, {1, -1}), std::invalid_argument);
  CHECK_THROWS_AS(StackedArea{frame()}.layer("a", {0, 1}, {1, 1}).layer("b", {0, 2}, {1, 1}), std::invalid_argument);
}

TEST_CASE("ticks enclose the range in round, even steps") {
  Rng rng{4};
  for (int i = 0; i < 2000; ++i) {
    const double low = rng.normal() * std::pow(10, rng.uniform(-12, 12)), width = std::pow(10, rng.uniform(-12, 12));
    const auto ticks = layout::number_ticks({low, low + width}, 6);
    REQUIRE(ticks.labels.size() >= 2);
    REQUIRE(ticks.labels.size() <= 15);
    const double step = ticks.labels[1].at - ticks.labels[0].at;
    CHECK(ticks.low <= low + 1e-6 * step);
    CHECK(ticks.high >= low + width - 1e-6 * step);
    CHECK(step > 0);
    std::set<std::string> distinct;
    for (const auto& tick : ticks.labels) distinct.insert(tick.label);
    CHECK(distinct.size() == ticks.labels.size());
  }
  const auto labels = [](double low, double high) {
    std::string out;
    for (const auto& tick : layout::number_ticks({low, high}, 5).labels) out += tick.label + " ";
    return out;
  };
  CHECK(labels(0, 1) == "0.0 0.2 0.4 0.6 0.8 1.0 ");
  CHECK(labels(-3, 12) == "\u22125 0 5 10 15 ");
  CHECK(labels(0, 5e6) == "0 1M 2M 3M 4M 5M ");
  CHECK(labels(0, 2000) == "0 500 1,000 1,500 2,000 ");
  CHECK(labels(7, 7) == "6.0 6.5 7.0 7.5 8.0 ");
}

TEST_CASE("a time axis shows hours and days") {
  Rng rng{5};
  const auto week = texts(checked(LineChart{frame()}.line("a", random_series(rng, 168)).svg()));
  for (const char* text : {"00:00", "12:00", "Mon 2 Jun", "Thu 5 Jun", "Sun 8 Jun"}) CHECK(week.count(text) == 1);
  CHECK(week.count("06:00") == 0);
  const auto day = texts(checked(LineChart{frame()}.line("a", random_series(rng, 24)).svg()));
  for (const char* text : {"06:00", "Mon 2 Jun"}) CHECK(day.count(text) == 1);
  const auto quarter = texts(checked(LineChart{frame()}.line("a", random_series(rng, 24 * 90)).svg()));
  for (const char* text : {"2 Jun", "16 Jun"}) CHECK(quarter.count(text) == 1);
  Frame elapsed{.title = "t", .y_label = "y", .x_scale = XScale::elapsed};
  const auto two_days = texts(checked(LineChart{elapsed}.line("a", {0, 2 * 86400.0}, {1, 2}).svg()));
  for (const char* text : {"06:00", "day 1", "day 2", "time since the start"}) CHECK(two_days.count(text) == 1);
  // Any span gives some labels and not too many of them.
  for (double span = 1; span < 1e10; span *= 1.7) {
    const auto ticks = layout::TimeTicks({x_of(monday), x_of(monday) + span}, XScale::time, 1000).ticks();
    CHECK(ticks.labels.size() <= 21);
    if (span >= 2) CHECK(ticks.labels.size() >= 2);
  }
}

TEST_CASE("a time axis of years has its ticks on the first of January") {
  const Time start = *parse_time("1949-01-01T00:00:00Z");
  const auto ticks = layout::TimeTicks({x_of(start), x_of(start) + 9 * 365.25 * 86400}, XScale::time, 1000).ticks();
  REQUIRE(ticks.labels.size() == 10);
  for (std::size_t k = 0; k < ticks.labels.size(); ++k) {
    const std::string year = std::to_string(1949 + k);
    CHECK(ticks.labels[k].label == year);
    CHECK(ticks.labels[k].at == x_of(*parse_time(year + "-01-01T00:00:00Z")));
  }
  // Where every year is too many, every second; over a century every twentieth, on round ones.
  const auto twelve = layout::TimeTicks({x_of(start), x_of(start) + 12 * 365.25 * 86400}, XScale::time, 1000).ticks();
  REQUIRE(twelve.labels.size() == 6);
  CHECK(twelve.labels.front().label == "1950");
  CHECK(twelve.labels.back().label == "1960");
  const auto wide = layout::TimeTicks({x_of(start), x_of(start) + 120 * 365.25 * 86400}, XScale::time, 1000).ticks();
  REQUIRE(wide.labels.size() == 6);
  for (const auto& tick : wide.labels) CHECK(tick.label.back() == '0');
}

TEST_CASE("charts without data say so") {
  const std::vector<std::string> empty = {LineChart{frame()}.svg(),
                                          LineChart{frame()}.line("a", {0, 1}, {missing, missing}).level(3, "limit").svg(),
                                          LineChart{frame()}.line("a", Series{}, {.step = true}).svg(),
                                          StackedArea{frame()}.svg(),
                                          StackedArea{frame()}.layer("a", {0}, {missing}).svg(),
                                          Gantt{frame()}.svg(),
                                          Scatter{frame()}.svg(),
                                          Scatter{frame()}.point({.x = missing, .y = 1}).svg(),
                                          Bars{frame(), {}}.svg(),
                                          Bars{frame(), {"a"}}.series("s", {missing}).svg(),
                                          Heatmap{frame(), {}, {}, {}, "v"}.svg()};
  for (const auto& svg : empty) {
    const Element root = checked(svg);
    CHECK(root.attributes.at("data-empty") == "true");
    CHECK(texts(root).count("no data") == 1);
  }
  CHECK(checked(LineChart{frame()}.line("a", {0}, {1}).svg()).attributes.count("data-empty") == 0);
}

TEST_CASE("every text is escaped") {
  const std::string nasty = "<b>\"&'</b>\x01\xff \u20ac";
  const std::string shown = "<b>\"&'</b>\uFFFD\uFFFD \u20ac";
  Frame f{.title = nasty, .x_label = nasty, .y_label = nasty};
  Gantt gantt{f};
  gantt.lane(nasty, 4);
  gantt.bar({.start = 0, .end = 9, .units = 4, .group = nasty, .label = nasty, .tooltip = nasty, .interrupted = true});
  gantt.event({.at = 1, .label = nasty, .lane = 0, .failure = true}).event({.at = 2, .label = nasty});
  const std::vector<std::string> charts = {
      LineChart{f}.line(nasty, {0, 1}, {1, 2}).band(nasty, {0, 1}, {0, 1}, {2, 3}).level(1, nasty).mark(0.5, nasty).svg(),
      StackedArea{f}.layer(nasty, {0, 1}, {1, 2}).cap(nasty, {0, 1}, {3, 3}).svg(),
      gantt.svg(),
      Scatter{f}
          .point({.x = 1, .y = 2, .label = nasty, .group = nasty, .size = 2})
          .size_label(nasty)
          .pareto(Better::low, Better::low, nasty)
          .svg(),
      Bars{f, {nasty}, {.unit = nasty}}.series(nasty, {1}).series(nasty, {2}).level(1, nasty).svg(),
      Heatmap{f, {nasty}, {nasty}, {1}, nasty}.svg(),
      LineChart{f}.svg()};
  for (const auto& svg : charts) {
    const Element root = checked(svg);
    CHECK(root.children[0].text == shown);
    CHECK(root.all("b").empty());
  }
  CHECK(escape_xml("\xF0\x9F\x98\x80\xE2\x82") == "\xF0\x9F\x98\x80\uFFFD\uFFFD");
  CHECK(escape_xml("\xED\xA0\x80\xC0\xAF") == "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD");
}

TEST_CASE("numbers for people") {
  CHECK(format_number(1234567.891, 2) == "1,234,567.89");
  CHECK(format_number(-999.5, 0) == "\u22121,000");
  CHECK(format_number(-0.001, 2) == "0.00");
  CHECK(format_number(missing, 2) == "\u2013");
  CHECK(format_number(100, 0) == "100");
  CHECK(format_short(0) == "0");
  CHECK(format_short(0.01234) == "0.0123");
  CHECK(format_short(4.321) == "4.32");
  CHECK(format_short(99.96) == "100");
  CHECK(format_short(-12345.6) == "\u221212,346");
  CHECK(layout::coordinate(-0.001) == "0");
  CHECK(layout::coordinate(10.5) == "10.5");
}

TEST_CASE("bars of a schedule that fits do not overlap and are as high as their units") {
  for (std::uint64_t seed = 0; seed < 15; ++seed) {
    Rng rng = Rng{6}.split(seed);
    constexpr std::size_t capacity = 16;
    Gantt gantt{{.title = "t", .x_scale = XScale::elapsed}};
    gantt.lane("pool", capacity);
    std::vector<double> free_at(capacity, 0.0);
    std::vector<std::size_t> wanted;
    for (int j = 0; j < 60; ++j) {
      const std::size_t need = 1 + rng.index(8);
      std::sort(free_at.begin(), free_at.end());
      const double start = free_at[need - 1], end = start + rng.uniform(600, 9000);
      std::fill(free_at.begin(), free_at.begin() + static_cast<std::ptrdiff_t>(need), end);
      gantt.bar({.start = start, .end = end, .units = need, .group = "g", .tooltip = std::to_string(j)});
      wanted.push_back(need);
    }
    const Element svg = checked(gantt.svg());
    std::vector<const Element*> bars, lanes;
    for (const auto* r : svg.all("rect")) (r->children.empty() ? lanes : bars).push_back(r);
    const Element* lane = lanes.back();
    const double unit = lane->number("height") / capacity;  // the lane did not have to grow
    std::map<std::string, double> units;
    for (const auto* a : bars) {
      CHECK(a->number("y") >= lane->number("y") - 0.01);
      CHECK(a->number("y") + a->number("height") <= lane->number("y") + lane->number("height") + 0.01);
      units[a->children[0].text] += std::round((a->number("height") + 0.25) / unit);
      for (const auto* b : bars) {
        const bool apart = a->number("x") + a->number("width") <= b->number("x") + 0.02 ||
                           b->number("x") + b->number("width") <= a->number("x") + 0.02 ||
                           a->number("y") + a->number("height") <= b->number("y") + 0.02 ||
                           b->number("y") + b->number("height") <= a->number("y") + 0.02;
        CHECK((a == b || apart));
      }
    }
    for (std::size_t j = 0; j < wanted.size(); ++j) CHECK(units[std::to_string(j)] == static_cast<double>(wanted[j]));
  }
}

TEST_CASE("a lane that is given too much grows instead of hiding a bar") {
  Gantt gantt{{.title = "t"}};
  const auto a = gantt.lane("a"), b = gantt.lane("b");
  for (int i = 0; i < 3; ++i) gantt.bar({.lane = a, .start = 0, .end = 10, .tooltip = "x"});
  gantt.bar({.lane = b, .start = 0, .end = 10, .tooltip = "x"});
  const Element svg = checked(gantt.svg());
  std::vector<const Element*> lanes;
  for (const auto* r : svg.all("rect")) {
    if (r->children.empty() && r->attributes.count("rx") == 0) lanes.push_back(r);
  }
  REQUIRE(lanes.size() == 2);
  CHECK_THAT(lanes[0]->number("height"), WithinAbs(3 * lanes[1]->number("height"), 0.05));
  CHECK_THROWS_AS(gantt.bar({.lane = 2}), std::invalid_argument);
  CHECK_THROWS_AS(gantt.bar({.start = 2, .end = 1}), std::invalid_argument);
  CHECK_THROWS_AS(gantt.bar({.units = 0}), std::invalid_argument);
  CHECK_THROWS_AS(gantt.event({.at = missing}), std::invalid_argument);
}

TEST_CASE("the Pareto front is what no point beats") {
  Rng rng{7};
  for (int round = 0; round < 200; ++round) {
    std::vector<ScatterPoint> points;
    for (std::size_t i = 1 + rng.index(40); i > 0; --i) {
      points.push_back(
          {.x = static_cast<double>(rng.index(12)), .y = rng.bernoulli(0.05) ? missing : static_cast<double>(rng.index(12))});
    }
    for (const Better bx : {Better::low, Better::high}) {
      for (const Better by : {Better::low, Better::high}) {
        const double sx = bx == Better::low ? 1 : -1, sy = by == Better::low ? 1 : -1;
        std::set<std::pair<double, double>> expected, got;
        for (const auto& p : points) {
          const bool beaten = std::any_of(points.begin(), points.end(), [&](const ScatterPoint& q) {
            return sx * q.x <= sx * p.x && sy * q.y <= sy * p.y && (q.x != p.x || q.y != p.y);
          });
          if (!std::isnan(p.y) && !beaten) expected.insert({p.x, p.y});
        }
        const auto front = pareto_front(points, bx, by);
        for (const std::size_t i : front) got.insert({points[i].x, points[i].y});
        CHECK(got == expected);
        CHECK(front.size() == expected.size());
        CHECK(std::is_sorted(front.begin(), front.end(), [&](std::size_t a, std::size_t b) { return points[a].x < points[b].x; }));
      }
    }
  }
}

TEST_CASE("labels of points do not overlap") {
  Rng rng{8};
  Scatter scatter{frame()};
  for (int i = 0; i < 120; ++i) scatter.point({.x = rng.normal(), .y = rng.normal(), .label = "point " + std::to_string(i)});
  const Element svg = checked(scatter.svg());
  std::vector<const Element*> labels;
  for (const auto* t : svg.all("text")) {
    if (t->text.rfind("point ", 0) == 0) labels.push_back(t);
  }
  CHECK(labels.size() > 40);
  for (const auto* a : labels) {
    for (const auto* b : labels) {
      const bool apart = std::abs(a->number("y") - b->number("y")) >= 12.9 ||
                         a->number("x") + text_width(a->text, 11) <= b->number("x") + 0.02 ||
                         b->number("x") + text_width(b->text, 11) <= a->number("x") + 0.02;
      CHECK((a == b || apart));
    }
  }
  CHECK(svg.all("circle").size() == 120);
}

TEST_CASE("bars and cells are as long and as many as the values") {
  const Element svg = checked(Bars{frame(), {"a", "b", "c"}}.series("s", {10, -5, missing}).series("t", {20, 0, 1}).svg());
  std::vector<double> widths;
  for (const auto* r : svg.all("rect")) {
    if (!r->children.empty()) widths.push_back(r->number("width"));
  }
  REQUIRE(widths.size() == 5);
  CHECK_THAT(widths[1] / widths[0], WithinAbs(2, 0.001));
  CHECK_THAT(widths[2] / widths[0], WithinAbs(0.5, 0.001));
  CHECK(texts(svg).count("no value") == 1);
  CHECK(texts(svg).count("\u22125.00") == 1);
  const Element map = checked(Heatmap{frame(), {"r", "q"}, {"a", "b", "c"}, {1, 2, 3, 4, missing, 6}, "v"}.svg());
  CHECK(map.all("rect").size() == 5 + 24);  // and the ramp of the legend
  CHECK(layout::ramp(0) == "#440154");
  CHECK(layout::ramp(1) == "#fde725");
}

TEST_CASE("the same data gives the same text, and misuse is refused") {
  Rng rng{9};
  const auto series = random_series(rng, 50);
  CHECK(LineChart{frame()}.line("a", series).svg() == LineChart{frame()}.line("a", series).svg());
  CHECK_THROWS_AS(LineChart{Frame{.y_label = "y"}}, std::invalid_argument);
  CHECK_THROWS_AS(LineChart{Frame{.title = "t"}}, std::invalid_argument);
  CHECK_THROWS_AS((Scatter{Frame{.title = "t", .y_label = "y"}}), std::invalid_argument);
  CHECK_THROWS_AS(LineChart{frame()}.line("a", {0, 1}, {1}), std::invalid_argument);
  CHECK_THROWS_AS(LineChart{frame()}.line("a", {1, 0}, {1, 1}), std::invalid_argument);
  CHECK_THROWS_AS(LineChart{frame()}.line("a", {missing}, {1}), std::invalid_argument);
  CHECK_THROWS_AS(LineChart{frame()}.mark(missing, "m"), std::invalid_argument);
  CHECK_THROWS_AS(LineChart{frame()}.band("b", series, series.head(3)), std::invalid_argument);
  CHECK_THROWS_AS((Bars{frame(), {"a"}}.series("s", {1, 2})), std::invalid_argument);
  CHECK_THROWS_AS((Heatmap{frame(), {"a"}, {"b"}, {1, 2}, "v"}), std::invalid_argument);
  CHECK_THROWS_AS(pareto_front({}, Better::none, Better::low), std::invalid_argument);
  CHECK_THROWS_AS(LineChart{(Frame{.title = "t", .y_label = "y", .width = 10})}, std::invalid_argument);
}
