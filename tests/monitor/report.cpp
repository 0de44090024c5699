#include "kilter/monitor/report.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "catch.hpp"
#include "kilter/core/rng.hpp"
#include "xml.hpp"

#if defined(__unix__)
#include <sys/wait.h>
#endif

using namespace kilter;
using namespace kilter::monitor;

namespace {

std::string html(const Page& page) {
  std::ostringstream out;
  page.write(out);
  return out.str();
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

/// A page with one chart of each kind.
Page full_page() {
  Rng rng{1};
  const Time start = *parse_time("2025-06-02T00:00:00Z");
  Series series{start, units::h, {}}, above = series, below = series;
  for (int i = 0; i < 72; ++i) {
    series.values.push_back(50 + 5 * rng.normal());
    above.values.push_back(60);
    below.values.push_back(40);
  }
  Page page{"A test of <everything> & more", "one of each"};
  page.intro().facts({{.label = "Cost", .value = "$ 12", .note = "less than before", .tone = Tone::good}});
  auto& charts = page.section("Charts");
  charts.chart(LineChart{{.title = "Line", .caption = "It stays inside.", .y_label = "kW"}}
                   .band("90 %", below, above)
                   .line("load", series)
                   .mark(start, "go"));
  charts.chart(StackedArea{{.title = "Stack", .y_label = "kW"}}.layer("a", series).layer("b", above).cap("cap", above));
  Gantt gantt{{.title = "Gantt"}};
  gantt.lane("pool", 4);
  gantt.bar({.start = 0, .end = 3600, .units = 3, .group = "g", .label = "job 1", .tooltip = "job 1"});
  charts.chart(gantt);
  charts.chart(Scatter{{.title = "Scatter", .x_label = "$", .y_label = "kg"}}
                   .point({.x = 1, .y = 2})
                   .point({.x = 2, .y = 1})
                   .pareto(Better::low, Better::low));
  charts.chart(Bars{{.title = "Bars", .x_label = "$"}, {"a", "b"}}.series("s", {1, 2}));
  charts.chart(Heatmap{{.title = "Heat"}, {"a", "b"}, {"c", "d"}, {1, 2, 3, 4}, "%"});
  auto& rest = page.section("Rest");
  rest.heading("Lists").paragraph("A < B").list({"one", "two"}).code("x = 1\ny = 2");
  rest.timeline({{"00:00", "start"}, {"14:00", "cap cut", "420 to 300 kW", Tone::warn}});
  Flow inside;
  inside.table(Table{"T", {{.name = "a"}}}.row({1}));
  rest.details("More", inside);
  page.footer("seed 1");
  return page;
}

std::filesystem::path written(const std::string& name, const std::string& text) {
  const auto file = std::filesystem::temp_directory_path() / ("kilter_monitor_" + name + ".html");
  std::ofstream(file) << text;
  return file;
}

/// The exit code of scripts/check-report on a page, and what it printed.
std::pair<int, std::string> check_report(const std::string& name, const std::string& text, const std::string& more = {}) {
  const auto file = written(name, text);
  const auto log = std::filesystem::path{file}.replace_extension(".log");
  const std::string command =
      std::string{KILTER_SOURCE_DIR} + "/scripts/check-report '" + file.string() + "' " + more + " >'" + log.string() + "' 2>&1";
  const int status = std::system(command.c_str());
  std::ostringstream printed;
  printed << std::ifstream(log).rdbuf();
  std::filesystem::remove(file);
  std::filesystem::remove(log);
#if defined(__unix__)
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, printed.str()};
#else
  return {status, printed.str()};
#endif
}

bool browser_and_python() {
  const bool here =
      std::system("(command -v chromium || command -v google-chrome) >/dev/null 2>&1 && command -v python3 >/dev/null 2>&1") == 0;
  if (!here) WARN("Chromium or Python 3 is not installed: skipped");
  return here;
}

}  // namespace

TEST_CASE("a table aligns numbers, marks the best and escapes texts") {
  Table table{"Costs <1>",
              {{.name = "policy"},
               {.name = "cost", .unit = "$", .decimals = 0, .better = Better::low},
               {.name = "use", .decimals = 1, .better = Better::high}}};
  table.row({"a & b", 1200.4, 10})
      .row({std::string{"c"}, 1100, missing})
      .row({"d", missing, 12.25f})
      .highlight_best(1)
      .note("a note");
  const auto root = test::read_xml(table.html().substr(0, table.html().size() - 1));
  const auto rows = root.all("tr");
  REQUIRE(rows.size() == 4);
  CHECK(rows[2]->attributes.at("class") == "best");
  CHECK(rows[1]->attributes.empty());
  CHECK(rows[1]->children[0].text == "a & b");
  CHECK(rows[1]->children[1].text == "1,200");
  CHECK(rows[1]->children[1].attributes.at("class") == "number");
  CHECK(rows[2]->children[1].children.at(0).text == "1,100");
  CHECK(rows[2]->children[2].text == "\u2013");
  CHECK(rows[3]->children[2].children.at(0).text == "12.2");
  CHECK(root.all("b").size() == 2);
  CHECK(root.all("h4").at(0)->text == "Costs <1>");
  CHECK_THROWS_AS(table.row({1}), std::invalid_argument);
  CHECK_THROWS_AS(table.highlight(3), std::invalid_argument);
  CHECK_THROWS_AS(table.highlight_best(0), std::invalid_argument);
  CHECK_THROWS_AS((Table{"t", {}}), std::invalid_argument);
  CHECK(Table{"t", {{.name = "a"}}}.html().find("no rows") != std::string::npos);
}

TEST_CASE("a page is whole in itself") {
  const std::string page = html(full_page());
  CHECK(page.rfind("<!DOCTYPE html>", 0) == 0);
  CHECK(count(page, "<svg") == 6);
  CHECK(count(page, "<h1>A test of &lt;everything&gt; &amp; more</h1>") == 1);
  CHECK(count(page, "<h2>") == 2);
  CHECK(count(page, "<a href=\"#s") == 2);
  CHECK(count(page, "id=\"s2\"") == 1);
  CHECK(count(page, "<figcaption>It stays inside.</figcaption>") == 1);
  CHECK(count(page, "A &lt; B") == 1);
  CHECK(count(page, "http") == 6);  // the namespace of each chart, and nothing else
  CHECK(count(page, "src=") == 0);
  CHECK(count(page, "@import") + count(page, "url(") == 0);
  CHECK(count(page, "prefers-color-scheme:dark") == 1);
  CHECK(page == html(full_page()));
  CHECK_THROWS_AS(Page{""}, std::invalid_argument);
  Page one{"t"};
  CHECK_THROWS_AS(one.section(""), std::invalid_argument);
  one.section("only");
  CHECK(count(html(one), "<nav") == 0);
}

TEST_CASE("a section stays where it is while others are added") {
  Page page{"t"};
  auto& first = page.section("first");
  for (int i = 0; i < 100; ++i) page.section("s" + std::to_string(i));
  first.paragraph("late");
  const std::string text = html(page);
  CHECK(text.find("late") < text.find("id=\"s2\""));
}

TEST_CASE("a browser finds nothing wrong with a page that has every kind of chart") {
  if (!browser_and_python()) return;
  const auto shot = std::filesystem::temp_directory_path() / "kilter_monitor_shot.png";
  std::filesystem::remove(shot);
  const auto [code, printed] = check_report("good", html(full_page()), "--shot '" + shot.string() + "' --size 800x600");
  INFO(printed);
  CHECK(code == 0);
  CHECK(printed.find("6 charts") != std::string::npos);
  CHECK(std::filesystem::exists(shot));
  std::filesystem::remove(shot);
}

TEST_CASE("the check fails on an error, an empty chart, something from elsewhere and a missing heading") {
  if (!browser_and_python()) return;
  Page empty{"t"};
  empty.section("s").chart(LineChart{{.title = "Nothing", .y_label = "y"}});
  const auto [empty_code, empty_text] = check_report("empty", html(empty));
  INFO(empty_text);
  CHECK(empty_code == 1);
  CHECK(empty_text.find("chart 1 (Nothing) has no data") != std::string::npos);

  std::string page = html(full_page());
  page.insert(
      page.find("</body>"),
      "<script>console.error('boom')</script><script>nosuch()</script><svg><g class=\"marks\"></g><path d=\"M0 0h9\"/></svg>"
      "<img alt=\"\" src=\"https://localhost:9/x.png\"><h3> </h3>");
  page.replace(page.find("<h1>"), 4, "<h2>");
  const auto [code, printed] = check_report("bad", page);
  INFO(printed);
  CHECK(code == 1);
  for (const char* part :
       {"boom", "nosuch", "chart 7 (without a title) has no drawn marks", "https://localhost:9/x.png", "h1", "empty h3"}) {
    INFO(part);
    CHECK(printed.find(part) != std::string::npos);
  }
}
