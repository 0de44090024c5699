#include "kilter/lp/mps.hpp"

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "catch.hpp"
#include "checks.hpp"
#include "kilter/core/rng.hpp"
#include "kilter/lp/solve.hpp"

using namespace kilter;
using namespace kilter::lp;
using kilter::test::WithinRel;

namespace {

const std::string sample = R"(* a comment
NAME          SAMPLE
ROWS
 N  COST
 L  LIM1
 G  LIM2
 E  MYEQN
 E  BACK
 N  EXTRA
COLUMNS
    X         COST               1.0   LIM1               1.0
    X         LIM2               1.0   EXTRA              9.0
    MARKER                 'MARKER'                 'INTORG'
    Y         COST               2.0   LIM1               1.0
    Y         MYEQN             -1.0
    MARKER                 'MARKER'                 'INTEND'
    Z         COST              -1.0   MYEQN              1.0
    Z         BACK               1d0
RHS
    RHS       COST             -10.0   LIM1               4.0
    RHS       LIM2               1.0   MYEQN              7.0
RANGES
    RNG       LIM1               2.5   LIM2               3.0
    RNG       MYEQN             -1.0   BACK               2.0
BOUNDS
 UP BND       X                  4.0
 LO BND       Y                 -1.0
 UP BND       Y                  1.0
 UP BND       Z                 -2.0
ENDATA
)";

/// The position in a parse error, as `line:column`.
std::string where(const std::string& text) {
  try {
    static_cast<void>(parse_mps(text, "f", MpsFormat::free));
  } catch (const ParseError& error) {
    return error.where().text() + "|" + error.what();
  }
  return "";
}

bool says(const std::string& text, const std::string& start, const std::string& part = "") {
  return !text.empty() && text.starts_with(start) && text.find(part) != std::string::npos;
}

std::string replaced(const std::string& from, const std::string& to) {
  std::string text = sample;
  text.replace(text.find(from), from.size(), to);
  return text;
}

std::string unpack(const std::string& path) {
  std::string text;
  const std::string command = "gzip -dc '" + path + "'";
  std::FILE* pipe = popen(command.c_str(), "r");
  char buffer[4096];
  for (std::size_t count = 1; pipe != nullptr && (count = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;)
    text.append(buffer, count);
  if (pipe != nullptr) pclose(pipe);
  return text;
}

}  // namespace

TEST_CASE("every section of an MPS file means what it should") {
  for (const MpsFormat format : {MpsFormat::automatic, MpsFormat::free, MpsFormat::fixed}) {
    const MpsProgram program = parse_mps(sample, "sample", format);
    const Model& model = program.model;
    CHECK(program.name == "SAMPLE");
    REQUIRE(model.columns() == 3);
    REQUIRE(model.rows() == 4);
    CHECK(program.integer == std::vector<bool>{false, true, false});
    CHECK(model.objective_constant() == 10);
    CHECK(model.name(2) == "Z");
    CHECK(model.row_name(3) == "BACK");
    CHECK(model.cost(1) == 2);
    CHECK(model.row_lower(0) == 1.5);
    CHECK(model.row_upper(0) == 4);
    CHECK(model.row_lower(1) == 1);
    CHECK(model.row_upper(1) == 4);
    CHECK(model.row_lower(2) == 6);
    CHECK(model.row_upper(2) == 7);
    CHECK(model.row_lower(3) == 0);
    CHECK(model.row_upper(3) == 2);
    CHECK(model.upper(0) == 4);
    CHECK(model.lower(1) == -1);
    CHECK(model.lower(2) == -infinity);
    CHECK(model.upper(2) == -2);
  }
  const MpsProgram maximised = parse_mps(replaced("ROWS\n", "OBJSENSE\n    MAX\nROWS\n"));
  CHECK(maximised.maximise);
  CHECK(maximised.model.cost(1) == -2);
  CHECK(maximised.model.objective_constant() == -10);
  std::istringstream stream(sample);
  CHECK(read_mps(stream).model.columns() == 3);
}

TEST_CASE("names with spaces are read in fixed format") {
  const std::string text = R"(NAME
ROWS
 N  COST
 L  ROW ONE
COLUMNS
    A B       COST               1.0   ROW ONE            2.0
RHS
    RHS       ROW ONE            4.0
BOUNDS
 MI BND       A B
ENDATA
)";
  const MpsProgram program = parse_mps(text);
  REQUIRE(program.model.columns() == 1);
  CHECK(program.model.name(0) == "A B");
  CHECK(program.model.row_name(0) == "ROW ONE");
  CHECK(program.model.lower(0) == -infinity);
}

TEST_CASE("what cannot be read is refused with line and column") {
  CHECK(says(where(replaced(" L  LIM1", " Q  LIM1")), "f:5:2|"));
  CHECK(says(where(replaced(" G  LIM2", " G  LIM1")), "f:6:5|", "exists"));
  CHECK(says(where(replaced("X         LIM2", "X         NONE")), "f:12:15|", "'NONE'"));
  CHECK(says(where(replaced("-10.0", "-1x.0")), "f:20:32|", "not a number"));
  CHECK(says(where(replaced("-1.0\n    MARKER", " nan\n    MARKER")), "", "not a number"));
  CHECK(says(where(replaced("-1.0\n    MARKER", "1e99\n    MARKER")), "", "finite"));
  CHECK(says(where(replaced("X         LIM2", "X         LIM1")), "", "already"));
  CHECK(says(where(replaced("RANGES", "RINGES")), "f:22:1|", "RINGES"));
  CHECK(says(where(replaced(" UP BND       Z", " UQ BND       Z")), "", "'UQ'"));
  CHECK(says(where(replaced(" UP BND       Z", " UP BND       W")), "", "'W'"));
  CHECK(says(where(replaced("1.0\n UP BND       Z", "-3.\n UP BND       Z")), "", "cross"));
  CHECK(says(where(replaced("ENDATA\n", "")), "", "ENDATA"));
  CHECK(says(where(""), "", "ENDATA"));
  CHECK_THROWS_AS(parse_mps("   X\n"), ParseError);
}

TEST_CASE("a damaged file is refused or read, never worse") {
  int refused = 0;
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    Rng rng{seed};
    std::string text = sample;
    for (std::size_t k = 1 + rng.index(6); k > 0; --k) {
      const std::size_t at = rng.index(text.size());
      switch (rng.index(3)) {
        case 0: text[at] = static_cast<char>(rng.index(256)); break;
        case 1: text.erase(at, 1 + rng.index(10)); break;
        default: text.insert(at, text.substr(rng.index(text.size()), rng.index(30)));
      }
      if (text.empty()) break;
    }
    try {
      const MpsProgram program = parse_mps(text);
      CHECK(program.integer.size() == static_cast<std::size_t>(program.model.columns()));
    } catch (const ParseError&) {
      ++refused;
    }
  }
  CHECK(refused > 500);
}

TEST_CASE("small programs of the Netlib collection reach their exact optima") {
  const struct {
    const char* name;
    double optimal;
  } programs[] = {
      {"afiro", -0.46475314285714285714e3},  {"adlittle", 0.22549496316238038228e6},  {"sc50a", -0.64575077058564509026e2},
      {"kb2", -0.17499001299062057129e4},    {"blend", -0.30812149845828220173e2},    {"share2b", -0.41573224074141948654e3},
      {"lotfi", -0.25264706062e2},           {"stocfor1", -0.41131976219436406065e5}, {"recipe", -0.266616e3},
      {"scagr7", -0.23313898243309840000e7}, {"brandy", 0.15185098964881283835e4},    {"forplan", -0.66421896127220457481e3},
      {"scsd1", 0.86666666743333647292e1},   {"beaconfd", 0.335924858072e5},          {"grow7", -0.47787811814711502616e8}};
  const std::string folder = std::string{KILTER_SHARED_DATA} + "/lp/netlib/";
  if (!std::filesystem::exists(folder)) {
    WARN("skipped: " << folder << " is absent");
    return;
  }
  for (const auto& [name, optimal] : programs) {
    const MpsProgram program = parse_mps(unpack(folder + name + ".mps.gz"), name);
    const Solution solution = solve(program.model);
    INFO(name);
    REQUIRE(solution.status == Status::optimal);
    CHECK_THAT(solution.objective, WithinRel(optimal, 1e-9));
    lp::test::check_proof(program.model, solution);
  }
}

TEST_CASE("small programs of the infeasible collection are proven so") {
  const std::string folder = std::string{KILTER_SHARED_DATA} + "/lp/infeasible/";
  if (!std::filesystem::exists(folder)) {
    WARN("skipped: " << folder << " is absent");
    return;
  }
  for (const char* name :
       {"bgprtr", "chemcom", "ex72a", "forest6", "galenet", "itest2", "klein1", "klein2", "mondou2", "reactor", "woodinfe"}) {
    const MpsProgram program = parse_mps(unpack(folder + name + ".mps.gz"), name);
    const Solution solution = solve(program.model);
    INFO(name);
    CHECK(solution.status == Status::infeasible);
    lp::test::check_proof(program.model, solution);
  }
  const MpsProgram unbounded = parse_mps(unpack(folder + "gas11.mps.gz"), "gas11");
  const Solution solution = solve(unbounded.model);
  CHECK(solution.status == Status::unbounded);
  lp::test::check_proof(unbounded.model, solution, 1e-6);
}
