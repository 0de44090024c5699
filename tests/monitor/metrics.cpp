#include "kilter/monitor/metrics.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <set>
#include <sstream>

#include "catch.hpp"
#include "kilter/core/rng.hpp"

using namespace kilter;
using namespace kilter::monitor;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();

std::string exposition(const Registry& registry) {
  std::ostringstream out;
  write_prometheus(out, registry);
  return out.str();
}

struct ParsedSample {
  std::string name;
  std::vector<std::pair<std::string, std::string>> labels;
  double value = 0;
};

/// A reader of the text format 0.0.4 written against its grammar, without looking at the writer.
class Parser {
 public:
  std::vector<ParsedSample> samples;
  std::map<std::string, std::string> types, helps;

  explicit Parser(const std::string& text) : text_(text) {
    REQUIRE((text_.empty() || text_.back() == '\n'));
    while (at_ < text_.size()) line();
  }

 private:
  [[nodiscard]] bool peek(char c) const { return at_ < text_.size() && text_[at_] == c; }
  void expect(char c) {
    REQUIRE(peek(c));
    ++at_;
  }
  std::string identifier(const std::string& more) {
    std::string out;
    while (at_ < text_.size() &&
           (std::isalnum(static_cast<unsigned char>(text_[at_])) != 0 || more.find(text_[at_]) != std::string::npos)) {
      out += text_[at_++];
    }
    REQUIRE_FALSE(out.empty());
    REQUIRE(std::isdigit(static_cast<unsigned char>(out[0])) == 0);
    return out;
  }
  std::string rest() {
    const std::size_t end = text_.find('\n', at_);
    std::string out = text_.substr(at_, end - at_);
    at_ = end;
    return out;
  }
  std::string unescape(const std::string& raw, bool quotes) {
    std::string out;
    for (std::size_t i = 0; i < raw.size(); ++i) {
      if (raw[i] != '\\') {
        REQUIRE((!quotes || raw[i] != '"'));
        out += raw[i];
        continue;
      }
      REQUIRE(i + 1 < raw.size());
      const char next = raw[++i];
      REQUIRE((next == '\\' || next == 'n' || (quotes && next == '"')));
      out += next == 'n' ? '\n' : next;
    }
    return out;
  }
  void line() {
    if (text_.compare(at_, 7, "# HELP ") == 0) {
      at_ += 7;
      const std::string name = identifier("_:");
      expect(' ');
      REQUIRE(helps.emplace(name, unescape(rest(), false)).second);
    } else if (text_.compare(at_, 7, "# TYPE ") == 0) {
      at_ += 7;
      const std::string name = identifier("_:");
      expect(' ');
      for (const auto& sample : samples) REQUIRE(sample.name != name);
      REQUIRE(types.emplace(name, rest()).second);
    } else {
      sample();
    }
    expect('\n');
  }
  void sample() {
    ParsedSample out{identifier("_:"), {}, 0};
    if (peek('{')) {
      ++at_;
      while (!peek('}')) {
        const std::string name = identifier("_");
        expect('=');
        expect('"');
        std::string raw;
        while (!peek('"')) {
          if (peek('\\')) raw += text_[at_++];
          raw += text_[at_++];
        }
        expect('"');
        out.labels.emplace_back(name, unescape(raw, true));
        if (!peek('}')) expect(',');
      }
      expect('}');
    }
    expect(' ');
    const std::string number = rest();
    char* end = nullptr;
    out.value = std::strtod(number.c_str(), &end);
    REQUIRE(*end == '\0');
    if (std::isinf(out.value)) REQUIRE((number == "+Inf" || number == "-Inf"));
    if (std::isnan(out.value)) REQUIRE(number == "NaN");
    samples.push_back(out);
  }

  const std::string& text_;
  std::size_t at_ = 0;
};

Registry sample_registry() {
  Registry registry;
  const auto jobs = registry.counter("kilter_jobs_total", "Jobs that ended.", {{"state", "done"}, {"pool", "h100"}});
  registry.add(jobs, 41);
  registry.add(jobs);
  const auto forecast = registry.gauge("kilter_demand_gpus", "Demand forecast.", {{"bound", "upper"}});
  registry.set(forecast, 512.25);
  registry.add(forecast, -0.25);
  const auto wait = registry.histogram("kilter_wait_seconds", "Waiting time.", {1, 10, 100}, {{"queue", "a \"b\" \\ c\nd"}});
  for (const double v : {0.5, 1.0, 1.5, 99.0, 1e9}) registry.observe(wait, v);
  return registry;
}

}  // namespace

TEST_CASE("the text is exactly what the format asks for") {
  CHECK(exposition(sample_registry()) ==
        "# HELP kilter_demand_gpus Demand forecast.\n"
        "# TYPE kilter_demand_gpus gauge\n"
        "kilter_demand_gpus{bound=\"upper\"} 512\n"
        "# HELP kilter_jobs_total Jobs that ended.\n"
        "# TYPE kilter_jobs_total counter\n"
        "kilter_jobs_total{pool=\"h100\",state=\"done\"} 42\n"
        "# HELP kilter_wait_seconds Waiting time.\n"
        "# TYPE kilter_wait_seconds histogram\n"
        "kilter_wait_seconds_bucket{queue=\"a \\\"b\\\" \\\\ c\\nd\",le=\"1\"} 2\n"
        "kilter_wait_seconds_bucket{queue=\"a \\\"b\\\" \\\\ c\\nd\",le=\"10\"} 3\n"
        "kilter_wait_seconds_bucket{queue=\"a \\\"b\\\" \\\\ c\\nd\",le=\"100\"} 4\n"
        "kilter_wait_seconds_bucket{queue=\"a \\\"b\\\" \\\\ c\\nd\",le=\"+Inf\"} 5\n"
        "kilter_wait_seconds_sum{queue=\"a \\\"b\\\" \\\\ c\\nd\"} 1000000102\n"
        "kilter_wait_seconds_count{queue=\"a \\\"b\\\" \\\\ c\\nd\"} 5\n");
  CHECK(exposition(Registry{}).empty());
}

TEST_CASE("every value and every label comes back through a parser of the grammar") {
  Rng rng{11};
  const std::string letters = "ab\"\\\n{}=, #\xC3\xA9\xE2\x82\xAC";
  Registry registry;
  std::map<std::string, double> expected;
  const std::vector<double> specials = {0, -0.0, 1, -1, 0.1, 1e300, -1e-300, 5e-324, 123456789012345678.0, inf, -inf, 1.0 / 3};
  for (int i = 0; i < 300; ++i) {
    std::string value = std::to_string(i);
    for (std::size_t k = rng.index(8); k > 0; --k) value += letters.substr(rng.index(10), 1);
    const double number = rng.bernoulli(0.5) ? specials[rng.index(specials.size())] : rng.normal(0, 1e6);
    registry.set(registry.gauge("m", "a \\ help\nwith \"lines\"", {{"l", value}}), number);
    expected[value] = number;
  }
  const std::string text = exposition(registry);
  const Parser parsed{text};
  CHECK(parsed.helps.at("m") == "a \\ help\nwith \"lines\"");
  REQUIRE(parsed.samples.size() == expected.size());
  for (const auto& sample : parsed.samples) CHECK(sample.value == expected.at(sample.labels.at(0).second));

  Registry missing_value;
  missing_value.set(missing_value.gauge("n", ""), std::nan(""));
  const std::string nan_text = exposition(missing_value);
  CHECK(nan_text == "# TYPE n gauge\nn NaN\n");
  CHECK(std::isnan(Parser{nan_text}.samples.at(0).value));
}

TEST_CASE("a histogram agrees with counting by hand") {
  Rng rng{3};
  Registry registry;
  const auto bounds = exponential_buckets(0.01, 2, 12);
  const auto handle = registry.histogram("h", "", bounds);
  std::vector<double> values;
  for (int i = 0; i < 2000; ++i) values.push_back(i % 7 == 0 ? bounds[rng.index(12)] : rng.exponential(1));
  for (const double v : values) registry.observe(handle, v);
  const auto cumulative = registry.cumulative(handle);
  REQUIRE(cumulative.size() == 13);
  double sum = 0;
  for (const double v : values) sum += v;
  for (std::size_t b = 0; b < bounds.size(); ++b) {
    CHECK(cumulative[b] ==
          static_cast<std::uint64_t>(std::count_if(values.begin(), values.end(), [&](double v) { return v <= bounds[b]; })));
  }
  CHECK(registry.count(handle) == 2000);
  CHECK(registry.sum(handle) == sum);
  registry.observe(handle, std::nan(""));
  registry.observe(handle, inf);
  CHECK(registry.count(handle) == 2002);
  CHECK(registry.cumulative(handle)[11] == cumulative[11]);
  CHECK(std::isnan(registry.sum(handle)));
  CHECK(linear_buckets(1, 2, 3) == std::vector<double>{1, 3, 5});
}

TEST_CASE("the order of registration does not show, and the same name gives the same metric") {
  const auto make = [](bool backwards) {
    Registry registry;
    std::vector<int> order = {0, 1, 2, 3, 4, 5};
    if (backwards) std::reverse(order.begin(), order.end());
    for (const int i : order) {
      const std::string family = i % 2 == 0 ? "a" : "b";
      Labels labels = {{"x", std::to_string(i)}, {"k", "v"}};
      if (backwards) std::swap(labels[0], labels[1]);
      registry.set(registry.gauge(family, "help", labels), i);
    }
    return exposition(registry);
  };
  CHECK(make(false) == make(true));

  Registry registry;
  const auto a = registry.counter("c", "help", {{"x", "1"}});
  const auto b = registry.counter("c", "help", {{"x", "1"}});
  CHECK(a.index == b.index);
  CHECK(registry.counter("c", "help", {{"x", "2"}}).index != a.index);
  registry.add(a, 2);
  const Registry copy = registry;
  registry.add(a, 1);
  CHECK(copy.value(a) == 2);
  CHECK(registry.value(b) == 3);
}

TEST_CASE("what Prometheus would refuse is refused, and nothing is half registered") {
  Registry registry;
  const auto gauge = registry.gauge("ok:name_1", "help");
  const std::string before = exposition(registry);
  for (const std::string name : {"", "1a", "a-b", "a b", "\xC3\xA9"})
    CHECK_THROWS_AS(registry.gauge(name, ""), std::invalid_argument);
  for (const std::string name : {"", "1a", "a:b", "__a", "a-b"})
    CHECK_THROWS_AS(registry.gauge("g", "", {{name, "v"}}), std::invalid_argument);
  CHECK_THROWS_AS(registry.gauge("g", "", {{"a", "1"}, {"a", "2"}}), std::invalid_argument);
  CHECK_THROWS_AS(registry.gauge("g", "", {{"a", "\xff"}}), std::invalid_argument);
  CHECK_THROWS_AS(registry.gauge("g", "\xc0\xaf"), std::invalid_argument);
  CHECK_THROWS_AS(registry.counter("ok:name_1", "help"), std::invalid_argument);
  CHECK_THROWS_AS(registry.gauge("ok:name_1", "another help"), std::invalid_argument);
  CHECK_THROWS_AS(registry.histogram("h", "", {1, 1}), std::invalid_argument);
  CHECK_THROWS_AS(registry.histogram("h", "", {1, inf}), std::invalid_argument);
  CHECK_THROWS_AS(registry.histogram("h", "", {1}, {{"le", "1"}}), std::invalid_argument);
  CHECK_THROWS_AS(registry.histogram("ok:name_1", "help", {1}), std::invalid_argument);
  CHECK(exposition(registry) == before);
  registry.set(gauge, 1);

  const auto histogram = registry.histogram("h", "", {1, 2});
  CHECK_THROWS_AS(registry.counter("h_count", ""), std::invalid_argument);
  CHECK_THROWS_AS(registry.histogram("h", "", {1, 3}, {{"x", "1"}}), std::invalid_argument);
  const auto counter = registry.counter("x_sum", "");
  CHECK_THROWS_AS(registry.histogram("x", "", {1}), std::invalid_argument);
  CHECK_THROWS_AS(registry.add(counter, -1), std::invalid_argument);
  CHECK_THROWS_AS(registry.add(counter, std::nan("")), std::invalid_argument);
  CHECK_THROWS_AS(registry.set(Gauge{99}, 1), std::invalid_argument);
  CHECK_THROWS_AS(registry.observe(Histogram{histogram.index + 1}, 1), std::invalid_argument);
  CHECK_THROWS_AS(exponential_buckets(1, 1, 3), std::invalid_argument);
  CHECK_THROWS_WITH(registry.gauge("a-b", ""), Catch::Matchers::Contains("name = 'a-b'"));
}

TEST_CASE("promtool accepts the text") {
  if (std::system("command -v promtool >/dev/null 2>&1") != 0) {
    WARN("promtool is not installed: skipped");
    return;
  }
  const auto file = std::filesystem::temp_directory_path() / "kilter_monitor_metrics.txt";
  std::ofstream(file) << exposition(sample_registry());
  CHECK(std::system(("promtool check metrics < '" + file.string() + "'").c_str()) == 0);
  std::ofstream(file) << "# TYPE a gauge\na{b=\"1} 2\n";
  CHECK(std::system(("promtool check metrics < '" + file.string() + "' >/dev/null 2>&1").c_str()) != 0);
  std::filesystem::remove(file);
}
