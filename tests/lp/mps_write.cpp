#include "kilter/lp/mps_write.hpp"

#include <cmath>
#include <cstdint>
#include <limits>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "catch.hpp"
#include "kilter/core/rng.hpp"
#include "random_program.hpp"

using namespace kilter;
using namespace kilter::lp;

namespace {

std::string written(const MpsProgram& program, const MpsWriteOptions& options = {}) {
  std::ostringstream out;
  write_mps(out, program, options);
  return out.str();
}

template <class F>
std::string refusal(F&& f) {
  try {
    f();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// Any double there is below 1e30 in size, of all magnitudes.
double any_number(Rng& rng) {
  const double exponent = rng.uniform(-300, 29);
  return (rng.bernoulli(0.5) ? 1 : -1) * rng.uniform(1, 9.9) * std::pow(10.0, exponent);
}

/// Every kind of column and row, with numbers that need all their digits.
MpsProgram random_file(Rng& rng) {
  MpsProgram program;
  program.name = "RANDOM";
  program.maximise = rng.bernoulli(0.3);
  program.objective_name = rng.bernoulli(0.5) ? "GOAL" : "COST";
  const int n = 1 + static_cast<int>(rng.index(8)), m = static_cast<int>(rng.index(8));
  const auto number = [&] { return rng.bernoulli(0.3) ? any_number(rng) : static_cast<double>(rng.index(7)) - 3; };
  Model& model = program.model;
  for (int j = 0; j < n; ++j) {
    const double a = number(), b = number();
    const lp::test::Interval box[] = {{0, infinity},    {-infinity, infinity},           {-infinity, a}, {a, infinity}, {a, a},
                                      {0, std::abs(a)}, {std::min(a, b), std::max(a, b)}};
    const auto& [lower, upper] = box[rng.index(7)];
    model.add_column(number(), lower, upper, rng.bernoulli(0.8) ? "x" + std::to_string(j) : "");
    program.integer.push_back(rng.bernoulli(0.2));
  }
  for (int i = 0; i < m; ++i) {
    std::vector<Term> terms;
    for (int j = 0; j < n; ++j) {
      if (rng.bernoulli(0.5)) terms.push_back({j, number()});
    }
    const double a = number(), b = number();
    const lp::test::Interval side[] = {
        {-infinity, infinity}, {-infinity, a}, {a, infinity}, {a, a}, {std::min(a, b), std::max(a, b)}};
    const auto& [lower, upper] = side[rng.index(5)];
    model.add_row(terms, lower, upper, rng.bernoulli(0.8) ? "r" + std::to_string(i) : "");
  }
  if (rng.bernoulli(0.5)) model.set_objective_constant(number());
  return program;
}

/// The same double, but for the sign of zero.
bool same(double a, double b) { return a == b; }
/// A side of a range may be off by rounding where no range leads to it.
bool nearly(double a, double b, double scale) {
  return a == b || std::abs(a - b) <= 2 * std::numeric_limits<double>::epsilon() * scale;
}

struct Difference {
  int columns = 0, rows = 0, ranges = 0, rounded = 0;
};

void compare(const MpsProgram& a, const MpsProgram& b, Difference& difference) {
  const Model &x = a.model, &y = b.model;
  REQUIRE(x.columns() == y.columns());
  REQUIRE(x.rows() == y.rows());
  CHECK(a.maximise == b.maximise);
  CHECK(a.objective_name == b.objective_name);
  CHECK(a.integer == b.integer);
  CHECK(same(x.objective_constant(), y.objective_constant()));
  for (int j = 0; j < x.columns(); ++j) {
    const bool equal = same(x.cost(j), y.cost(j)) && same(x.lower(j), y.lower(j)) && same(x.upper(j), y.upper(j)) &&
                       (x.name(j).empty() || x.name(j) == y.name(j));
    difference.columns += equal ? 0 : 1;
  }
  for (int i = 0; i < x.rows(); ++i) {
    const auto s = x.row(i), t = y.row(i);
    bool equal = s.size() == t.size() && (x.row_name(i).empty() || x.row_name(i) == y.row_name(i));
    for (std::size_t k = 0; k < s.size() && equal; ++k) equal = s[k].column == t[k].column && s[k].coefficient == t[k].coefficient;
    const double lower = x.row_lower(i), upper = x.row_upper(i);
    const bool range = std::isfinite(lower) && std::isfinite(upper) && lower != upper;
    const double scale = range ? std::max(std::abs(lower), std::abs(upper)) : 0;
    equal = equal && nearly(lower, y.row_lower(i), scale) && nearly(upper, y.row_upper(i), scale);
    difference.rows += equal ? 0 : 1;
    difference.ranges += range ? 1 : 0;
    difference.rounded += range && (lower != y.row_lower(i) || upper != y.row_upper(i)) ? 1 : 0;
  }
}

}  // namespace

TEST_CASE("what is written in MPS format reads as the same program") {
  for (const MpsFormat format : {MpsFormat::free, MpsFormat::fixed}) {
    Difference difference;
    for (std::uint64_t seed = 0; seed < 3000; ++seed) {
      Rng rng{seed};
      const MpsProgram program = random_file(rng);
      const std::string text = written(program, {.format = format});
      INFO("seed " << seed << "\n" << text);
      compare(program, parse_mps(text, "written", format), difference);
    }
    CHECK(difference.columns == 0);
    CHECK(difference.rows == 0);
    CHECK(difference.ranges > 1000);
    CHECK(difference.rounded < difference.ranges / 10);
  }
}

TEST_CASE("ranges of everyday numbers come back to the last digit") {
  Rng rng{5};
  for (int k = 0; k < 2000; ++k) {
    const double a = std::round(rng.uniform(0, 1e5)) / 100, b = a + std::round(rng.uniform(1, 1e5)) / 100;
    Model model;
    model.add_row(std::vector<Term>{}, a, b);
    std::ostringstream out;
    write_mps(out, model);
    const MpsProgram back = parse_mps(out.str());
    REQUIRE(back.model.row_lower(0) == a);
    REQUIRE(back.model.row_upper(0) == b);
  }
}

TEST_CASE("an MPS file looks as it should") {
  MpsProgram program{.name = "two words", .integer = {false, true}, .maximise = true};
  Model& model = program.model;
  model.add_column(1.5, -infinity, -2, "x");
  model.add_column(0, 0, infinity, "y");
  model.add_row({{0, 1}, {1, 0.1}}, -infinity, 7, "cap");
  model.add_row(std::vector<Term>{}, 1, 3);
  model.add_row({{1, 1}}, -infinity, infinity);
  model.set_objective_constant(4);
  CHECK(written(program) == R"(NAME          two_words
OBJSENSE
    MAX
ROWS
 N  COST
 L  cap
 L  R2
 G  R3
COLUMNS
    x         COST      -1.5
    x         cap       1
    MARKER                 'MARKER'                 'INTORG'
    y         cap       0.1
    y         R3        1
    MARKER                 'MARKER'                 'INTEND'
RHS
    RHS       COST      4
    RHS       cap       7
    RHS       R2        3
    RHS       R3        -1e+30
RANGES
    RNG       R2        2
BOUNDS
 MI BND       x
 UP BND       x         -2
 PL BND       y
ENDATA
)");
}

TEST_CASE("names that MPS cannot hold are refused, or made up on request") {
  const auto with_name = [](const std::string& name, const MpsWriteOptions& options) {
    Model model;
    model.add_column(1, 0, 1, name);
    model.add_column(1, 0, 1, "other");
    std::ostringstream out;
    const std::string complaint = refusal([&] { write_mps(out, model, options); });
    CHECK(complaint.empty() == !out.str().empty());
    return complaint;
  };
  CHECK(says(with_name("a b", {}), "name = 'a b'"));
  CHECK(says(with_name("a\tb", {}), "control"));
  CHECK(says(with_name("a\nb", {.format = MpsFormat::fixed}), "control"));
  CHECK(says(with_name("other", {}), "twice"));
  CHECK(says(with_name("ninechars", {.format = MpsFormat::fixed}), "8 characters"));
  CHECK(says(with_name(" a", {.format = MpsFormat::fixed}), "space"));
  CHECK(says(with_name("$a", {.format = MpsFormat::fixed}), "dollar"));
  CHECK(with_name("a b", {.format = MpsFormat::fixed}).empty());
  CHECK(with_name("a much longer name of many words", {.generate_names = true}).empty());
  CHECK(with_name("ninechars", {}).empty());

  // Generated names are unlike those that are there; so is that of the objective.
  Model model;
  model.add_column(1, 0, 1);
  model.add_column(2, 0, 1, "C1");
  model.add_row({{0, 1}, {1, 1}}, 0, 1, "COST");
  std::ostringstream out;
  write_mps(out, model);
  const MpsProgram back = parse_mps(out.str());
  CHECK(back.model.name(0) == "C1_");
  CHECK(back.model.cost(1) == 2);
  CHECK(back.model.row_name(0) == "COST");
}

TEST_CASE("names with spaces survive fixed format") {
  Model model;
  model.add_column(1, 0, 1, "a b");
  model.add_column(1.0 / 3, -1e-17, 1, "c  d");
  model.add_row({{0, 1}, {1, -2.0 / 3}}, -1.0 / 7, 1, "row one");
  std::ostringstream out;
  write_mps(out, model, {.format = MpsFormat::fixed});
  for (const MpsFormat format : {MpsFormat::fixed, MpsFormat::automatic}) {
    const Model back = parse_mps(out.str(), "f", format).model;
    CHECK(back.name(1) == "c  d");
    CHECK(back.row_name(0) == "row one");
    CHECK(back.cost(1) == 1.0 / 3);
    CHECK(back.lower(1) == -1e-17);
    CHECK(back.coefficient(0, 1) == -2.0 / 3);
    CHECK(back.row_lower(0) == -1.0 / 7);
  }
}

TEST_CASE("numbers that MPS cannot tell from infinity are refused") {
  const auto with = [](double cost, double coefficient, double upper, double side) {
    Model model;
    model.add_column(cost, 0, upper);
    model.add_row({{0, coefficient}}, -infinity, side);
    std::ostringstream out;
    return refusal([&] { write_mps(out, model); });
  };
  CHECK(with(1, 1, infinity, infinity).empty());
  CHECK(with(9e29, -9e29, 9e29, 9e29).empty());
  CHECK(says(with(1e30, 1, 1, 1), "cost = 1e+30"));
  CHECK(says(with(1, -1e30, 1, 1), "coefficient = -1e+30"));
  CHECK(says(with(1, 1, 1e31, 1), "upper = 1e+31"));
  CHECK(says(with(1, 1, 1, 1e99), "row upper = 1e+99"));
  MpsProgram program;
  program.integer = {true};
  CHECK(says(refusal([&] { static_cast<void>(written(program)); }), "integer = 1"));
}
