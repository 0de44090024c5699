#include "kilter/lp/lp_format.hpp"

#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "catch.hpp"

using namespace kilter::lp;

namespace {

std::string written(const MpsProgram& program) {
  std::ostringstream out;
  write_lp(out, program);
  return out.str();
}

}  // namespace

TEST_CASE("a program in LP format looks as it should") {
  MpsProgram program{.integer = {false, true, false, false}, .maximise = true};
  Model& model = program.model;
  model.add_column(1.5, -infinity, -2, "x");
  model.add_column(0, 0, infinity, "free");  // a word of the format
  model.add_column(-2, -infinity, infinity, "two words");
  model.add_column(0.1, -3, infinity, "x");  // again
  model.add_row({{0, 1}, {1, 0.1}}, -infinity, 7, "cap");
  model.add_row({{2, -1}}, 1, 3);
  model.add_row(std::vector<Term>{}, 0, 0, "2nd");
  model.add_row({{3, 1e-30}}, -1, infinity, "low");
  model.set_objective_constant(4);
  CHECK(written(program) == R"(Maximize
 obj: - 1.5 x + 2 x3 - 0.1 x4 - 4 one
Subject To
 cap: + 1 x + 0.1 x2 <= 7
 r2: - 1 x3 - 1 range_2 = 0
 r3: + 0 x = 0
 low: + 1e-30 x4 >= -1
Bounds
 -inf <= x <= -2
 x3 free
 x4 >= -3
 1 <= range_2 <= 3
 one = 1
Generals
 x2
End
)");
}

TEST_CASE("programs without columns, costs or rows can be written in LP format") {
  Model model;
  CHECK(written({.model = model}) == "Minimize\n obj: + 0 one\nSubject To\nBounds\n one = 1\nEnd\n");
  model.add_column(0, 0, 5, "one");
  CHECK(written({.model = model}) == "Minimize\n obj: + 0 one\nSubject To\nBounds\n 0 <= one <= 5\nEnd\n");
  model.set_objective_constant(-1);
  CHECK(written({.model = model}) == "Minimize\n obj: - 1 one_\nSubject To\nBounds\n 0 <= one <= 5\n one_ = 1\nEnd\n");
}

TEST_CASE("long rows are broken and names are made legal in LP format") {
  Model model;
  for (const char* name : {"", ".a", "1a", "e1", "E", "a-b", "a+b", "a:b", "a*b", "INF", "St", "x1", "ok_.~1", "a'b"})
    model.add_column(1, 0, 1, name);
  std::vector<Term> terms;
  for (int j = 0; j < model.columns(); ++j) terms.push_back({j, 1});
  model.add_row(terms, -infinity, 1, "obj");  // the name of the objective
  const std::string text = written({.model = model});
  CHECK(text.find(" r1: + 1 x1_ + 1 x2 + 1 x3 + 1 x4 + 1 x5 + 1 x6 + 1 x7 + 1 x8\n"
                  "      + 1 x9 + 1 x10 + 1 x11 + 1 x1 + 1 ok_.~1 + 1 x14 <= 1\n") != std::string::npos);
  MpsProgram wrong{.model = model, .integer = {true}};
  CHECK_THROWS_AS(written(wrong), std::invalid_argument);
}
