#include "kilter/lp/mps.hpp"

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "catch.hpp"
#include "checks.hpp"
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

namespace {

/// A file around these sections.
MpsProgram with(const std::string& rows_to_end, MpsFormat format = MpsFormat::free) {
  return parse_mps("NAME\nROWS\n N  C\n" + rows_to_end + "ENDATA\n", "f", format);
}
const std::string one_row = " L  R\nCOLUMNS\n    X  C  1  R  2\n    Y  C  1\n";

std::string complaint(const std::string& rows_to_end, MpsFormat format = MpsFormat::free) {
  try {
    static_cast<void>(with(rows_to_end, format));
  } catch (const ParseError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("the names of right-hand sides, ranges and bounds may be left out") {
  const std::string cards = "RHS\n    R  4  C  -3\nRANGES\n    R  1\nBOUNDS\n UP X  5\n FR Y\n LO X  -1\n";
  const MpsProgram program = with(one_row + cards);
  CHECK(program.model.row_upper(0) == 4);
  CHECK(program.model.row_lower(0) == 3);
  CHECK(program.model.objective_constant() == 3);
  CHECK(program.model.upper(0) == 5);
  CHECK(program.model.lower(0) == -1);
  CHECK(program.model.lower(1) == -infinity);
  // One-letter names and a value where none is needed.
  CHECK(with(one_row + "BOUNDS\n FR B Y\n MI X 0\n PL B X 0\n").model.lower(0) == -infinity);
  CHECK(with(one_row + "BOUNDS\n FR Y 7\n").model.upper(1) == infinity);
  const MpsProgram card = with(
      " L  R\nCOLUMNS\n    X         C                  1.0   R                  2.0\nRHS\n"
      "              R                  4.0\nBOUNDS\n UP           X                  9.0\n",
      MpsFormat::fixed);
  CHECK(card.model.row_upper(0) == 4);
  CHECK(card.model.upper(0) == 9);
}

TEST_CASE("of several sets the first is read and the others are counted") {
  const MpsProgram program = with(one_row + "RHS\n    A  R  4\n    B  R  5\nBOUNDS\n UP A X 1\n UP B X 2\n UP X 3\n UP B Y 2\n");
  CHECK(program.model.row_upper(0) == 4);
  CHECK(program.model.upper(0) == 3);  // a card without a name belongs to the first set
  CHECK(program.model.upper(1) == infinity);
  CHECK(program.skipped_cards == 3);
  CHECK(says(complaint(one_row + "RHS\n    A  R  4\n    B  Q  5\n"), "f:10:8: unknown row 'Q'"));  // yet they must make sense
}

TEST_CASE("every kind of bound means what it should in MPS files") {
  const auto bounds = [](const std::string& cards) {
    const MpsProgram program = with(one_row + "BOUNDS\n" + cards);
    return std::vector<double>{program.model.lower(0), program.model.upper(0), program.integer[0] ? 1.0 : 0.0};
  };
  const double inf = infinity;
  CHECK(bounds("") == std::vector<double>{0, inf, 0});
  CHECK(bounds(" UP B X 4\n") == std::vector<double>{0, 4, 0});
  CHECK(bounds(" UP B X -4\n") == std::vector<double>{-inf, -4, 0});
  CHECK(bounds(" UP B X 0\n") == std::vector<double>{0, 0, 0});
  CHECK(bounds(" UP B X -0.0\n") == std::vector<double>{0, 0, 0});
  CHECK(bounds(" LO B X -9\n UP B X -4\n") == std::vector<double>{-9, -4, 0});
  CHECK(bounds(" UP B X -4\n LO B X -9\n") == std::vector<double>{-9, -4, 0});
  CHECK(bounds(" LO B X 4\n") == std::vector<double>{4, inf, 0});
  CHECK(bounds(" FX B X -4\n") == std::vector<double>{-4, -4, 0});
  CHECK(bounds(" FR B X\n") == std::vector<double>{-inf, inf, 0});
  CHECK(bounds(" MI B X\n") == std::vector<double>{-inf, inf, 0});
  CHECK(bounds(" UP B X 4\n MI B X\n") == std::vector<double>{-inf, 4, 0});
  CHECK(bounds(" UP B X 4\n PL B X\n") == std::vector<double>{0, inf, 0});
  CHECK(bounds(" BV B X\n") == std::vector<double>{0, 1, 1});
  CHECK(bounds(" LI B X 2\n") == std::vector<double>{2, inf, 1});
  CHECK(bounds(" UI B X 2\n") == std::vector<double>{0, 2, 1});
  CHECK(bounds(" UP B X 1e30\n LO B X -1e31\n") == std::vector<double>{-inf, inf, 0});
  CHECK(bounds(" UP B X Inf\n LO B X -Infinity\n") == std::vector<double>{-inf, inf, 0});
  CHECK(says(complaint(one_row + "BOUNDS\n LO B X 0\n UP B X -4\n"), "", "bounds of column 'X' cross"));
  CHECK(says(complaint(one_row + "BOUNDS\n SC B X 4\n"), "f:9:2: 'SC'", "semi-continuous"));
  CHECK(says(complaint(one_row + "BOUNDS\n LO B X 1e30\n"), "", "cross"));
  CHECK(says(complaint(one_row + "BOUNDS\n UP B X\n"), "f:9:5: unknown column 'B'"));
  CHECK(says(complaint(one_row + "BOUNDS\n UP X\n"), "f:9: a bound needs"));
  CHECK(says(complaint(one_row + "BOUNDS\n UP B X 1 2\n"), "f:9: a bound needs"));
}

TEST_CASE("integer columns without a bound lie between 0 and 1") {
  const std::string columns = " L  R\nCOLUMNS\n    M 'MARKER' 'INTORG'\n    X  R  1\n    Y  R  1\n    M 'MARKER' 'INTEND'\n";
  const MpsProgram program = with(columns + "    Z  R  1\nBOUNDS\n LO B Y 0\n");
  CHECK(program.model.upper(0) == 1);
  CHECK(program.model.upper(1) == infinity);
  CHECK(program.model.upper(2) == infinity);
  CHECK(program.integer == std::vector<bool>{true, true, false});
  CHECK(says(complaint(" L  R\nCOLUMNS\n    M 'MARKER' 'SOSORG'\n"), "f:6:16:", "'SOSORG'"));
}

TEST_CASE("ranges and right-hand sides follow the kind of the row") {
  const auto sides = [](const std::string& kind, const std::string& cards) {
    const Model model = with(" " + kind + "  R\nCOLUMNS\n    X  C  1  R  2\n" + cards).model;
    return std::vector<double>{model.row_lower(0), model.row_upper(0)};
  };
  const double inf = infinity;
  const std::string rhs = "RHS\n    S  R  10\n";
  for (const char* range : {"3", "-3"}) {
    const std::string cards = rhs + "RANGES\n    S  R  " + range + "\n";
    CHECK(sides("L", cards) == std::vector<double>{7, 10});
    CHECK(sides("G", cards) == std::vector<double>{10, 13});
  }
  CHECK(sides("E", rhs + "RANGES\n    S  R  3\n") == std::vector<double>{10, 13});
  CHECK(sides("E", rhs + "RANGES\n    S  R  -3\n") == std::vector<double>{7, 10});
  CHECK(sides("E", rhs + "RANGES\n    S  R  0\n") == std::vector<double>{10, 10});
  CHECK(sides("E", "RANGES\n    S  R  3\n" + rhs) == std::vector<double>{10, 13});  // in either order
  CHECK(sides("L", rhs + "RANGES\n    S  R  1e30\n") == std::vector<double>{-inf, 10});
  CHECK(sides("L", rhs + "RANGES\n    S  C  3\n") == std::vector<double>{-inf, 10});  // of the objective: no meaning
  CHECK(sides("L", "RHS\n    S  R  1e30\n") == std::vector<double>{-inf, inf});
  CHECK(sides("G", "RHS\n    S  R  -1e30\n") == std::vector<double>{-inf, inf});
  CHECK(sides("g", "") == std::vector<double>{0, inf});
  CHECK(sides("L", rhs + "    S  R  11\n") == std::vector<double>{-inf, 11});  // the last card counts
  for (const char* kind : {"L", "G", "E"}) {
    const std::string value = kind[0] == 'L' ? "-1e30" : "1e30";
    CHECK(says(complaint(" " + std::string{kind} + "  R\nCOLUMNS\n    X  R  2\nRHS\n    S  R  " + value + "\n"),
               "f:8:11:", "below 1e30"));
  }
  CHECK(says(complaint(" L  R\nCOLUMNS\n    X  R  2\nRHS\n    S  R  1e30\nRANGES\n    S  R  5\n"), "", "row 'R'"));
}

TEST_CASE("the sense and the name of the objective are read in every spelling") {
  const auto read = [](const std::string& head) {
    return parse_mps(head + "ROWS\n N  A\n N  B\n L  R\nCOLUMNS\n    X  A  1  B  2\n    X  R  1\nRHS\n    S  A  -5\nENDATA\n");
  };
  for (const char* head : {"OBJSENSE\n    MAX\n", "OBJSENSE MAX\n", "OBJSENSE\n MAXIMIZE\n", "OBJSENSE Maximise\n"}) {
    const MpsProgram program = read(head);
    CHECK(program.maximise);
    CHECK(program.model.cost(0) == -1);
    CHECK(program.model.objective_constant() == -5);
  }
  for (const char* head : {"", "OBJSENSE\n    MIN\n", "OBJSENSE MINIMIZE\n", "OBJSENSE minimise\n", "OBJSENSE\n"}) {
    const MpsProgram program = read(head);
    CHECK_FALSE(program.maximise);
    CHECK(program.model.cost(0) == 1);
    CHECK(program.model.objective_constant() == 5);
    CHECK(program.objective_name == "A");
  }
  for (const char* head : {"OBJNAME\n    B\n", "OBJNAME B\n"}) {
    CHECK(read(head).model.cost(0) == 2);
    CHECK(read(head).objective_name == "B");
    CHECK(read(head).model.objective_constant() == 0);
  }
  CHECK_THROWS_AS(read("OBJNAME Q\n"), ParseError);
  CHECK_THROWS_AS(read("OBJSENSE SIDEWAYS\n"), ParseError);
}

TEST_CASE("lines may end as they like, and numbers be written as in Fortran") {
  std::string text;
  for (const char c : sample) text += c == '\n' ? std::string{" \t\r\n\r\n"} : std::string{c};
  CHECK(parse_mps(text).model.row_upper(2) == 7);
  text = sample;
  text.replace(text.find("ENDATA\n"), 7, "ENDATA");
  CHECK(parse_mps(text).model.columns() == 3);
  CHECK(parse_mps(text + "\nwhat follows is nobody's business").model.columns() == 3);
  CHECK(parse_mps("NAME\tT\nROWS\n\tN\tC\nCOLUMNS\n\tX\tC\t1\nENDATA\n").model.cost(0) == 1);
  for (const char* number : {"15", "+15", "15.", "1.5e1", "1.5E+01", "1.5d1", "1.5D+01", "150e-1", ".15e2"})
    CHECK(with(" L  R\nCOLUMNS\n    X  R  " + std::string{number} + "\n").model.coefficient(0, 0) == 15);
  for (const char* number :
       {"", "+", "-", ".", "e1", "1e", "1d", "+-1", "--1", "1.2.3", "0x1", "nan", "1e400", "1e-400", "1,5", "inf", "1e30"})
    CHECK_FALSE(complaint(" L  R\nCOLUMNS\n    X  R  " + std::string{number} + "\n").empty());
  CHECK(with(" L  R\nCOLUMNS\n    X  R  -0.0\n").model.nonzeros() == 0);
  CHECK(with(" L  R\nCOLUMNS\n    X  R  1e-30\n").model.coefficient(0, 0) == 1e-30);
}

TEST_CASE("cards may hold comments and long numbers, but fields must not run into each other") {
  const auto card = [](const std::string& line) { return with(" L  R\nCOLUMNS\n" + line + "\n", MpsFormat::fixed).model; };
  CHECK(card("    X         R                  1.0   $ a comment").coefficient(0, 0) == 1);
  CHECK(card("    X         R         0.33333333333333331").coefficient(0, 0) == 1.0 / 3);
  CHECK(card("    X         C         0.3333333333333    R         -1.2345678901234567e-123").coefficient(0, 0) ==
        -1.2345678901234567e-123);
  CHECK(card("    X         R                  1.0                                    00000123").coefficient(0, 0) == 1);
  CHECK(says(complaint(" L  R\nCOLUMNS\n    X         R         -1.2345678901234567e-123  C  1\n", MpsFormat::fixed),
             "f:6:40:", "runs into"));
  CHECK(says(complaint(" L  R\nCOLUMNS\n              R         1\n", MpsFormat::fixed), "f:6:", "needs a name"));
}

TEST_CASE("of the errors in the two formats the one further down is told") {
  const std::string text = "NAME\nROWS\n N  C\n L  ROW ONE\nCOLUMNS\n    X         ROW TWO            1.0\nENDATA\n";
  const auto message = [&](MpsFormat format) {
    try {
      static_cast<void>(parse_mps(text, "f", format));
    } catch (const ParseError& error) {
      return std::string{error.what()};
    }
    return std::string{};
  };
  CHECK(says(message(MpsFormat::free), "f:4:"));
  CHECK(message(MpsFormat::automatic) == "f:6:15: unknown row 'ROW TWO'");
}

TEST_CASE("the same column twice, entries twice and stray lines are refused in MPS files") {
  CHECK(says(complaint(" L  R\nCOLUMNS\n    X  R  1\n    Y  R  1\n    X  C  1\n"), "f:8:5: 'X'", "not the last one"));
  CHECK(says(complaint(" L  R\nCOLUMNS\n    X  R  1  R  2\n"), "f:6:14: 'R'", "already"));
  CHECK(says(complaint(" L  R\nCOLUMNS\n    X  R\n"), "f:6: a column needs"));
  CHECK(says(complaint(" L  R\nCOLUMNS\n    X  R  1  C\n"), "f:6: a column needs"));
  CHECK(says(complaint(" L  R S\n"), "f:4: a row needs"));
  CHECK(says(complaint(" LE R\n"), "f:4: a row needs"));
  CHECK(says(complaint("RHS\n    S  C\n"), "f:5:5: unknown row 'S'"));
  CHECK(says(complaint("RHS\n    S  C  1  C  2  C  3\n"), "f:5: one or two pairs"));
  CHECK(says(complaint("QUADOBJ\n"), "f:4:1: unknown section 'QUADOBJ'"));
  CHECK(says(where("NAME\n    X\nENDATA\n"), "f:2:1|", "outside of a section"));
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
