/// Damaged MPS files are read or refused with a `ParseError`, never worse. More rounds: -DKILTER_FUZZ_ROUNDS=1000000.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "kilter/core/rng.hpp"
#include "kilter/lp/mps.hpp"
#include "kilter/lp/mps_write.hpp"
#include "random_program.hpp"

#ifndef KILTER_FUZZ_ROUNDS
#define KILTER_FUZZ_ROUNDS 20000
#endif

using namespace kilter;
using namespace kilter::lp;

namespace {

const std::string everything = R"(* every section and kind of bound
NAME          SAMPLE
OBJSENSE
    MAX
OBJNAME
    COST
ROWS
 N  EXTRA
 N  COST
 L  LIM1
 G  LIM2
 E  MYEQN
 E  BACK
COLUMNS
    X         COST               1.0   LIM1               1.0
    X         LIM2               1.0   EXTRA              9.0
    MARKER                 'MARKER'                 'INTORG'
    Y         COST               2.0   LIM1              1.d0
    Y         MYEQN             -1.0
    MARKER                 'MARKER'                 'INTEND'
    Z         COST              -1.0   MYEQN              1.0
    Z         BACK               1.0
    U         BACK               .5e1
    V         BACK               2
    W         LIM2               -0
RHS
    RHS       COST             -10.0   LIM1               4.0
    RHS       LIM2               1.0   MYEQN              7.0
    RHS2      LIM2               1.0
RANGES
    RNG       LIM1               2.5   LIM2               3.0
    RNG       MYEQN             -1.0   BACK               2.0
BOUNDS
 UP BND       X                  4.0
 LO BND       Y                 -1.0
 UP BND       Y                  1.0
 UP BND       Z                 -2.0
 FR BND       U
 BV BND       V
 MI BND       W
 PL BND       W
 FX BND       X                  1.0
 UI BND       Y                  7
 LI BND       Y                  2
ENDATA
)";

/// What a careless program may put where a number, a name or a section should be.
constexpr std::string_view absurd[] = {"1e30",
                                       "-1e30",
                                       "1e-30",
                                       "1e308",
                                       "1e309",
                                       "1e-400",
                                       "nan",
                                       "inf",
                                       "-inf",
                                       "infinity",
                                       "0x10",
                                       "--1",
                                       "+-1",
                                       "1d+5",
                                       "1e",
                                       "e5",
                                       "1.2.3",
                                       ".",
                                       "-",
                                       "+",
                                       "9999999999999999999999999999999999999999",
                                       "0.00000000000000000000000000000000000000000001",
                                       "1,5",
                                       "'MARKER'",
                                       "'INTORG'",
                                       "'INTEND'",
                                       "ROWS",
                                       "COLUMNS",
                                       "RHS",
                                       "ENDATA",
                                       "BOUNDS",
                                       "RANGES",
                                       "SC",
                                       "MAX",
                                       "OBJSENSE",
                                       "",
                                       " ",
                                       "$",
                                       "*",
                                       "\t",
                                       "\r",
                                       "\r\n",
                                       "\n",
                                       "\n ",
                                       "COST",
                                       "LIM1",
                                       "X",
                                       "BND"};

std::string valid_file(Rng& rng) {
  if (rng.bernoulli(0.5)) return everything;
  MpsProgram program{.model = lp::test::random_program(rng, 6, 5), .maximise = rng.bernoulli(0.3)};
  for (int j = 0; j < program.model.columns(); ++j) program.integer.push_back(rng.bernoulli(0.2));
  std::ostringstream out;
  write_mps(out, program, {.format = rng.bernoulli(0.5) ? MpsFormat::free : MpsFormat::fixed});
  return out.str();
}

struct Piece {
  std::size_t begin, length;
};
/// A random line with its end.
Piece line(const std::string& text, Rng& rng) {
  const std::size_t at = rng.index(text.size());
  const std::size_t before = at == 0 ? std::string::npos : text.rfind('\n', at - 1);
  const std::size_t begin = before == std::string::npos ? 0 : before + 1;
  return {begin, std::min(text.find('\n', begin), text.size() - 1) + 1 - begin};
}
/// A random word.
Piece word(const std::string& text, Rng& rng) {
  constexpr std::string_view blanks = " \t\r\n";
  const std::size_t begin = std::min(text.find_first_not_of(blanks, rng.index(text.size())), text.size());
  return {begin, std::min(text.find_first_of(blanks, begin), text.size()) - begin};
}

void damage(std::string& text, Rng& rng) {
  const Piece l = line(text, rng), w = word(text, rng);
  const std::size_t at = rng.index(text.size());
  switch (rng.index(10)) {
    case 0: text[at] = static_cast<char>(rng.index(256)); break;
    case 1: text[at] = static_cast<char>(static_cast<unsigned char>(text[at]) ^ (1U << rng.index(8))); break;
    case 2: text.erase(l.begin, l.length); break;
    case 3: text.insert(l.begin, text.substr(l.begin, l.length)); break;
    case 4: text.insert(line(text, rng).begin, text.substr(l.begin, l.length)); break;
    case 5: text.resize(at); break;
    case 6:
    case 7: text.replace(w.begin, w.length, absurd[rng.index(std::size(absurd))]); break;
    case 8: text.insert(at, absurd[rng.index(std::size(absurd))]); break;
    default: text.replace(w.begin, w.length, text.substr(at, 1 + rng.index(12)));
  }
}

bool sound(const MpsProgram& program) {
  const Model& model = program.model;
  bool sound = program.integer.size() == static_cast<std::size_t>(model.columns()) && std::isfinite(model.objective_constant());
  for (int j = 0; j < model.columns(); ++j)
    sound = sound && std::isfinite(model.cost(j)) && model.lower(j) <= model.upper(j) && !model.name(j).empty();
  for (int i = 0; i < model.rows(); ++i) sound = sound && model.row_lower(i) <= model.row_upper(i);
  for (const Term& term : model.terms()) sound = sound && std::isfinite(term.coefficient) && term.coefficient != 0;
  return sound;
}

}  // namespace

TEST_CASE("damaged MPS files are read or refused, never worse") {
  int refused = 0, read = 0;
  for (std::uint64_t seed = 0; seed < KILTER_FUZZ_ROUNDS; ++seed) {
    Rng rng{seed};
    std::string text = valid_file(rng);
    for (std::size_t k = 1 + rng.index(3); k > 0 && !text.empty(); --k) damage(text, rng);
    constexpr MpsFormat formats[] = {MpsFormat::automatic, MpsFormat::free, MpsFormat::fixed};
    try {
      const MpsProgram program = parse_mps(text, "f", formats[rng.index(3)]);
      ++read;
      if (!sound(program)) FAIL_CHECK("seed " << seed);
    } catch (const ParseError& error) {
      ++refused;
      if (error.where().file != "f") FAIL_CHECK("seed " << seed);
    }
  }
  CHECK(refused > KILTER_FUZZ_ROUNDS / 4);
  CHECK(read > KILTER_FUZZ_ROUNDS / 20);
}

TEST_CASE("files of noise are refused") {
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    Rng rng{seed};
    std::string text;
    for (std::size_t k = rng.index(200); k > 0; --k) text += static_cast<char>(rng.index(256));
    CHECK_THROWS_AS(parse_mps(text), ParseError);
  }
}
