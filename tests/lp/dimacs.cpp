#include "kilter/lp/dimacs.hpp"

#include <algorithm>
#include <sstream>
#include <string>

#include "catch.hpp"
#include "kilter/core/rng.hpp"
#include "kilter/lp/network.hpp"
#include "random_network.hpp"

using namespace kilter;
using namespace kilter::lp;
using namespace std::string_literals;

namespace {

const std::string sample = R"(c a comment
p min 4 5

n 1 4
n 4 -4
a 1 2 0 4 2
a 1 3 0 2 2
a 2 3 0 2 1
a 2 4 0 3 3
a 3 4 0 -1 1
)";

std::string what(const std::string& text) {
  try {
    static_cast<void>(parse_dimacs(text, "f"));
  } catch (const ParseError& error) {
    return error.what();
  }
  return "";
}

std::string replaced(const std::string& from, const std::string& to) {
  std::string text = sample;
  return text.replace(text.find(from), from.size(), to);
}

bool same(const Network& a, const Network& b) {
  const auto equal = [](auto x, auto y) { return std::equal(x.begin(), x.end(), y.begin(), y.end()); };
  return equal(a.supplies(), b.supplies()) && equal(a.sources(), b.sources()) && equal(a.targets(), b.targets()) &&
         equal(a.lowers(), b.lowers()) && equal(a.uppers(), b.uppers()) && equal(a.costs(), b.costs());
}

}  // namespace

TEST_CASE("dimacs: a minimum cost flow file means what it should") {
  const Network network = parse_dimacs(sample);
  REQUIRE(network.nodes() == 4);
  REQUIRE(network.arcs() == 5);
  CHECK(network.supply(0) == 4);
  CHECK(network.supply(1) == 0);
  CHECK(network.target(2) == 2);
  CHECK(network.upper(3) == 3);
  CHECK(network.upper(4) == infinity);
  CHECK(min_cost_flow(network).objective == 14);
  std::istringstream stream(replaced("a 1 2 0 4 2\n", "a\t1 2  0 4 2\r\n"));
  CHECK(same(read_dimacs(stream), network));
  CHECK(parse_dimacs("p min 1 1\na 1 1 -inf 1e30 -2.5").upper(0) == infinity);
  CHECK(parse_dimacs("p min 1 1\na 1 1 -5 -2 0").upper(0) == -2);
  CHECK(parse_dimacs("p min 0 0").nodes() == 0);
}

TEST_CASE("dimacs: an assignment file gives a unit to each source and takes it from the others") {
  const Network network = parse_dimacs("p asn 4 3\nn 1\nn 2\na 1 3 5\na 2 3 1\na 2 4 9\n");
  const FlowSolution solution = min_cost_flow(network);
  REQUIRE(solution.status == Status::optimal);
  CHECK(solution.objective == 14);
}

TEST_CASE("dimacs: what is wrong is named with file, line and column") {
  CHECK(what("") == "f: there is no line `p min NODES ARCS`");
  CHECK(what("c only a comment\n").starts_with("f:1: there is no line"));
  CHECK(what("n 1 1\n").starts_with("f:1:1: a node before"));
  CHECK(what("a 1 1 0 0 0\n").starts_with("f:1:1: an arc before"));
  CHECK(what(replaced("p min", "p max")).starts_with("f:2:3: the kind of problem"));
  CHECK(what(replaced("4 5", "-4 5")).starts_with("f:2:7: the number of nodes must not be negative"));
  CHECK(what(replaced("4 5", "2000000000 5")).starts_with("f:2:7: more nodes than"));
  CHECK(what(replaced("4 5", "4 5 6")).starts_with("f:2:11: nothing more"));
  CHECK(what(replaced("4 5", "4")).starts_with("f:2:8: the number of arcs is missing"));
  CHECK(what(replaced("4 5", "4 6")).find("the file says 6 arcs and has 5") != std::string::npos);
  CHECK(what(replaced("4 5", "4 4")).starts_with("f:10:1: more arcs"));
  CHECK(what(replaced("n 1 4", "p min 1 1")).starts_with("f:4:1: a second line"));
  CHECK(what(replaced("n 1 4", "n 5 4")).starts_with("f:4:3: node 5 is not in 1 … 4"));
  CHECK(what(replaced("n 1 4", "n 4 4")).starts_with("f:5:3: node 4 is described twice"));
  CHECK(what(replaced("n 1 4", "n 1 nan")).starts_with("f:4:5: the supply must be finite"));
  CHECK(what(replaced("n 1 4", "n 1 x")).starts_with("f:4:5: the supply 'x' is not a number"));
  CHECK(what(replaced("a 1 2 0 4 2", "a 1 0 0 4 2")).starts_with("f:6:5: node 0"));
  CHECK(what(replaced("a 1 2 0 4 2", "a 1 2 9 4 2")).starts_with("f:6:9: the capacity is below"));
  CHECK(what(replaced("a 1 2 0 4 2", "a 1 2 0 -2 2")).starts_with("f:6:9: the capacity is below"));
  CHECK(what(replaced("a 1 2 0 4 2", "a 1 2 inf inf 2")).starts_with("f:6:7: the lower bound must be finite"));
  CHECK(what(replaced("a 1 2 0 4 2", "a 1 2 0 -inf 2")).starts_with("f:6:9: the capacity must be finite"));
  CHECK(what(replaced("a 1 2 0 4 2", "a 1 2 0 4 1e999")).starts_with("f:6:11: the cost '1e999'"));
  CHECK(what(replaced("a 1 2 0 4 2", "b 1 2 0 4 2")).starts_with("f:6:1: 'b' begins no line"));
}

TEST_CASE("dimacs: what is written reads back as the same network") {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    INFO("seed " << seed);
    Rng rng{seed};
    const Network network = lp::test::random_network(rng);
    std::ostringstream out;
    write_dimacs(out, network);
    CHECK(same(parse_dimacs(out.str()), network));
  }
}

TEST_CASE("dimacs: damaged files are read or refused, never worse") {
  const std::string letters = "0123456789-+.einf pnac\n\t\r\0x"s;
  std::size_t refused = 0;
  for (std::uint64_t seed = 0; seed < 4000; ++seed) {
    INFO("seed " << seed);
    Rng rng{seed};
    std::string text = sample;
    for (std::size_t k = 1 + rng.index(4); k > 0; --k) {
      const std::size_t at = rng.index(text.size());
      switch (rng.index(3)) {
        case 0: text[at] = letters[rng.index(letters.size())]; break;
        case 1: text.erase(at, 1 + rng.index(6)); break;
        default: text.insert(at, 1, letters[rng.index(letters.size())]);
      }
    }
    try {
      const Network network = parse_dimacs(text);
      CHECK(same(parse_dimacs(to_dimacs(network)), network));
    } catch (const ParseError& error) {
      CHECK(error.where().line <= 12);
      ++refused;
    }
  }
  CHECK(refused > 1000);
}
