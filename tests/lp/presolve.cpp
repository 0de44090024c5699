#include "kilter/lp/presolve.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "catch.hpp"
#include "kilter/lp/mps.hpp"
#include "kilter/lp/solve.hpp"
#include "planning_program.hpp"
#include "presolve_programs.hpp"
#include "random_program.hpp"

using namespace kilter;
using namespace kilter::lp;
using kilter::lp::detail::Presolve;
using kilter::lp::detail::Reduction;

namespace {

Options plainly() {
  Options options;
  options.presolve = Presolving::off;
  return options;
}

std::ptrdiff_t basics(const Basis& basis) {
  return std::ranges::count(basis.columns, VariableStatus::basic) + std::ranges::count(basis.rows, VariableStatus::basic);
}

struct Trip {
  std::string complaint;  // empty: all is well
  Presolve::Outcome outcome = Presolve::Outcome::unchanged;
  std::size_t iterations = 0;  // from the restored basis
};

std::string name_of(Status status) { return std::string{name(status)}; }

/// What is wrong with the way there and back of an optimal program.
std::string complain(const Model& model, const Solution& direct, const Presolve& presolve, const Solution& small, Trip& trip) {
  Solution full;
  presolve.restore(small, full);
  if (basics(full.basis) != model.rows()) return "the restored basis has the wrong size";
  if (small.status != Status::optimal) return {};
  const Residuals residuals = verify(model, full);
  if (residuals.primal > 1e-7) return "primal residual " + std::to_string(residuals.primal);
  if (residuals.dual > 1e-7) return "dual residual " + std::to_string(residuals.dual);
  if (residuals.complementarity > 1e-7) return "complementarity " + std::to_string(residuals.complementarity);
  if (residuals.gap > 1e-7) return "gap " + std::to_string(residuals.gap);
  if (std::abs(full.objective - direct.objective) > 1e-7 * (1 + std::abs(direct.objective))) return "another objective";
  const Solution again = solve(model, plainly(), &full.basis);
  trip.iterations = again.iterations;
  if (again.status != Status::optimal) return "the restored basis leads to " + name_of(again.status);
  return {};
}

/// Presolve, solve, restore, against a direct solve.
Trip travel(const Model& model) {
  Trip trip;
  const Solution direct = solve(model, plainly());
  Presolve presolve(model);
  trip.outcome = presolve.run(Stopwatch(Budget{}), 1e-7);
  const bool has_optimum = direct.status == Status::optimal;
  switch (trip.outcome) {
    case Presolve::Outcome::unchanged: return trip;
    case Presolve::Outcome::infeasible:
      if (direct.status != Status::infeasible) trip.complaint = "claimed infeasible, is " + name_of(direct.status);
      return trip;
    case Presolve::Outcome::unbounded_or_infeasible:
      if (has_optimum) trip.complaint = "claimed unbounded or infeasible, is " + name_of(direct.status);
      return trip;
    case Presolve::Outcome::reduced: break;
  }
  const Solution small = solve(presolve.reduced(), plainly());
  if ((small.status == Status::optimal) != has_optimum) {
    trip.complaint = "reduced " + name_of(small.status) + ", direct " + name_of(direct.status);
  } else {
    trip.complaint = complain(model, direct, presolve, small, trip);
  }
  return trip;
}

/// How often a rule fires on a program that makes it all the way there and back.
int fires(const Model& model, Reduction kind) {
  const Trip trip = travel(model);
  CHECK(trip.complaint == "");
  CHECK(trip.iterations == 0);
  Presolve presolve(model);
  static_cast<void>(presolve.run(Stopwatch(Budget{}), 1e-7));
  return presolve.count(kind);
}

/// Two rows over three boxed columns that no rule reduces: something for the others to hang on.
struct Core {
  Model model;
  Variable x, y, z;

  Core() {
    x = model.add_variable(0, 4, -3);
    y = model.add_variable(0, 5, -2);
    z = model.add_variable(0, 6, -4);
    model.add(2 * x + y + 3 * z <= 12);
    model.add(x + 3 * y + 2 * z <= 13);
  }
};

template <class Generate>
void travel_many(int programs, std::uint64_t first_seed, Generate&& generate, int least_optimal) {
  int reduced = 0, moved = 0;
  for (int k = 0; k < programs; ++k) {
    const std::uint64_t seed = first_seed + static_cast<std::uint64_t>(k);
    Rng rng{seed};
    const Trip trip = travel(generate(rng));
    INFO("seed " << seed);
    REQUIRE(trip.complaint == "");
    reduced += trip.outcome == Presolve::Outcome::reduced ? 1 : 0;
    moved += trip.iterations > 0 ? 1 : 0;
  }
  CHECK(reduced > least_optimal);
  CHECK(moved <= programs / 200);  // the restored basis is optimal but for rounding
}

}  // namespace

TEST_CASE("presolve leaves alone what it cannot reduce") {
  const Core core;
  Presolve presolve(core.model);
  CHECK(presolve.run(Stopwatch(Budget{}), 1e-7) == Presolve::Outcome::unchanged);
  CHECK(travel(Model{}).complaint == "");
}

TEST_CASE("presolve: rules on single rows and columns") {
  Core core;
  Model& model = core.model;
  const Variable x = core.x, y = core.y, z = core.z;
  SECTION("fixed columns") {
    const Variable f = model.add_variable(2, 2, 5);
    model.add(x + y - 2 * f <= 1);
    CHECK(fires(model, Reduction::fixed_column) == 1);
  }
  SECTION("empty columns of every kind of bound, and empty rows") {
    model.add_variable(-1, infinity, 1);
    model.add_variable(-infinity, 3, -1);
    model.add_variable(-infinity, infinity, 0);
    model.add_variable(-infinity, 7, 0);
    model.add_row({}, -1, 0);
    CHECK(fires(model, Reduction::fixed_column) == 4);
    CHECK(fires(model, Reduction::redundant_row) == 1);
  }
  SECTION("singleton rows, on either side and of either sign") {
    model.add(-2 * x >= -3);
    model.add(3 * z <= 4);
    model.add(1 * y >= 1);
    CHECK(fires(model, Reduction::singleton_row) == 3);
  }
  SECTION("a singleton equation") {
    model.add(4 * y == 6);
    CHECK(fires(model, Reduction::singleton_row) == 1);
  }
  SECTION("redundant rows") {
    model.add(x + y + z <= 15);
    model.add(x - y >= -5);
    CHECK(fires(model, Reduction::redundant_row) == 2);
  }
  SECTION("a row that others make redundant") {
    model.add(2 * x + 3 * z <= 20.5);  // 26 by the bounds, 20 with z <= 4 from the first row
    CHECK(fires(model, Reduction::redundant_row) == 1);
  }
  SECTION("forcing rows at either bound") {
    const Variable a = model.add_variable(1, 2, -1), b = model.add_variable(-3, -1, 1);
    model.add(a - 2 * b + x <= 3);
    CHECK(fires(model, Reduction::forcing_row) == 1);
    Core other;
    const Variable c = other.model.add_variable(1, 2, 1);
    other.model.add(c + other.x == 6);
    CHECK(fires(other.model, Reduction::forcing_row) == 1);
  }
  SECTION("slacks without a cost, in equations and in ranges") {
    const Variable s = model.add_variable(0, 2), t = model.add_variable(-infinity, 1);
    model.add(x + y + s == 5);
    model.add_row({{x.column, 1}, {z.column, 2}, {t.column, -1}}, 2, 9);
    CHECK(fires(model, Reduction::absorbed_column) >= 2);
  }
  SECTION("a free column with a cost takes its equation along") {
    const Variable f = model.add_variable(-infinity, infinity, 2);
    model.add(x + y + 2 * z - f == 1);
    CHECK(fires(model, Reduction::absorbed_column) == 1);
  }
  SECTION("a column whose wish only a row stops: the largest of some, the usual max-min") {
    const Variable top = model.add_variable(-infinity, infinity, 10);
    model.add(x + y + 2 * z - top <= 0);
    CHECK(fires(model, Reduction::binding_row) == 1);
  }
}

TEST_CASE("presolve: rules on equations") {
  Core core;
  Model& model = core.model;
  SECTION("doubletons, with bounds that come from the column that goes") {
    const Variable a = model.add_variable(-1, 2, 1), b = model.add_variable(-9, 9, 1);
    model.add(2 * a + b == 3);
    model.add(a + 3 * b + core.x + core.y >= 2);
    model.add(core.x + core.z + a <= 7);
    CHECK(fires(model, Reduction::doubleton) == 1);
  }
  SECTION("a chain of doubletons") {
    Variable last = core.x;
    for (int k = 0; k < 10; ++k) {
      const Variable next = model.add_variable(-1000, 1000, k % 3 - 1);
      model.add(next - 1.5 * last == k);
      model.add(next + core.y + core.z >= -50.0 + k);
      last = next;
    }
    CHECK(fires(model, Reduction::doubleton) + fires(model, Reduction::absorbed_column) >= 10);
  }
  SECTION("an implied free column") {
    const Variable f = model.add_variable(-100, 100, 1);
    model.add(f + core.x - 2 * core.y + core.z == 3);
    model.add(2 * f + core.x + core.y >= -1);
    model.add(core.x + core.y >= 1);
    CHECK(fires(model, Reduction::substituted) == 1);
  }
  SECTION("small pivots are left alone") {
    const Variable f = model.add_variable(-infinity, infinity, 1);
    model.add(1e-5 * f + core.x - 2 * core.y + core.z == 3);
    model.add(2 * f + core.x + core.y >= -1);
    CHECK(fires(model, Reduction::substituted) == 0);
  }
}

TEST_CASE("presolve: rules on prices") {
  Core core;
  Model& model = core.model;
  SECTION("a dominated column") {
    const Variable d = model.add_variable(1, 9, 2);
    model.add(core.x + core.z + 2 * d <= 20);
    CHECK(fires(model, Reduction::fixed_column) >= 1);
  }
  SECTION("dominated because another column limits the price") {
    // y_2 >= −1 because of the slack at cost 1, so the column that earns 0.5 at that price is not worth it.
    const Variable slack = model.add_variable(0, infinity, 1), d = model.add_variable(0, 9, 1.5);
    model.add(core.x + core.y - slack + d <= 3);
    model.add(core.x + core.z + d >= 1);
    CHECK(travel(model).complaint == "");
  }
  SECTION("a price of sure sign") {
    const Variable big = model.add_variable(0, infinity, -5), other = model.add_variable(0, 3, 1);
    model.add(big + core.x + other <= 8);
    model.add(big - core.y + 2 * other >= -4);
    CHECK(fires(model, Reduction::binding_row) >= 1);
  }
}

TEST_CASE("presolve: multiples of rows and columns") {
  Core core;
  Model& model = core.model;
  SECTION("rows") {
    model.add(-4 * core.x - 2 * core.y - 6 * core.z >= -23);
    model.add(1 * core.x + 3 * core.y + 2 * core.z >= 1);
    CHECK(fires(model, Reduction::parallel_row) == 2);
  }
  SECTION("columns with the same cost and other bounds, of either sign") {
    model = Model{};
    const Variable x = model.add_variable(0, 1, -3), y = model.add_variable(-1, 2, -6), z = model.add_variable(-3, 1, 3);
    const Variable other = model.add_variable(0, 3, -1);
    model.add(x + 2 * y - z + other <= 5);
    model.add(x + 2 * y - z - 2 * other <= 4);
    CHECK(fires(model, Reduction::parallel_column) == 2);
  }
  SECTION("a column that a cheaper copy dominates") {
    const Variable a = model.add_variable(0, infinity, 1), b = model.add_variable(0, infinity, 3);
    model.add(core.x + core.y + a + b >= 6);
    model.add(core.x - core.z + 2 * a + 2 * b >= 1);
    CHECK(fires(model, Reduction::fixed_column) >= 1);
  }
}

TEST_CASE("presolve: claims of infeasible and unbounded programs") {
  Core core;
  Presolve::Outcome wanted = Presolve::Outcome::infeasible;
  SECTION("bounds and a row") { core.model.add(core.x + core.y >= 10); }
  SECTION("an empty row") { core.model.add_row({}, 1, 2); }
  SECTION("two parallel rows") {
    core.model.add(core.x - core.y >= 2);
    core.model.add(2 * core.x - 2 * core.y <= 3);
  }
  SECTION("an empty column") {
    core.model.add_variable(0, infinity, -1);
    wanted = Presolve::Outcome::unbounded_or_infeasible;
  }
  const Trip trip = travel(core.model);
  CHECK(trip.complaint == "");
  CHECK(trip.outcome == wanted);
}

TEST_CASE("presolve: programs of every kind come back optimal and basic") {
  travel_many(
      6000, 1, [](Rng& rng) { return lp::test::random_program(rng); }, 3000);
}
TEST_CASE("presolve: programs that provoke its rules come back optimal and basic") {
  const auto upto = [](Rng& rng, std::size_t most) { return 1 + static_cast<int>(rng.index(most)); };
  travel_many(
      4000, 1, [&](Rng& rng) { return lp::test::featured_program(rng, upto(rng, 5), upto(rng, 8)); }, 3000);
  travel_many(
      1000, 1, [&](Rng& rng) { return lp::test::featured_program(rng, upto(rng, 20), upto(rng, 30)); }, 700);
}
TEST_CASE("presolve: larger programs come back optimal and basic") {
  travel_many(
      150, 1, [](Rng& rng) { return lp::test::random_program(rng, 40, 40); }, 20);
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const Trip trip = travel(lp::test::planning_program(seed, 0, {.hours = 6}));
    CHECK(trip.complaint == "");
    CHECK(trip.iterations == 0);
  }
}

TEST_CASE("presolve: every rule fires on the random programs") {
  std::vector<int> count(static_cast<std::size_t>(lp::detail::reduction_kinds));
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Rng rng{seed};
    const Model model = lp::test::featured_program(rng, 10, 15);
    Presolve presolve(model);
    static_cast<void>(presolve.run(Stopwatch(Budget{}), 1e-7));
    for (std::size_t k = 0; k < count.size(); ++k) count[k] += presolve.count(static_cast<Reduction>(k));
  }
  for (const int c : count) CHECK(c > 5);
}

TEST_CASE("presolve: the basis of a solve that was stopped can be gone on from") {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Rng rng{seed};
    const Model model = lp::test::featured_program(rng, 15, 30);
    Presolve presolve(model);
    if (presolve.run(Stopwatch(Budget{}), 1e-7) != Presolve::Outcome::reduced) continue;
    Options options = plainly();
    options.iteration_limit = 2;
    const Solution small = solve(presolve.reduced(), options);
    Solution full;
    presolve.restore(small, full);
    CHECK(full.status == small.status);
    if (small.basis.rows.size() != static_cast<std::size_t>(presolve.reduced().rows())) continue;
    CHECK(basics(full.basis) == model.rows());
    CHECK(solve(model, plainly(), &full.basis).status == solve(model, plainly()).status);
  }
}

TEST_CASE("presolve: same reductions every time, bounded work, and a budget") {
  const Model model = lp::test::planning_program(3, 0);
  Presolve first(model), second(model), late(model);
  CHECK(first.run(Stopwatch(Budget{}), 1e-7) == second.run(Stopwatch(Budget{}), 1e-7));
  CHECK(first.work() == second.work());
  CHECK(std::ranges::equal(first.reduced().costs(), second.reduced().costs()));
  Budget over;
  over.time_limit = std::chrono::duration<double>(0);
  CHECK(late.run(Stopwatch(over), 1e-7) == Presolve::Outcome::unchanged);
  // Few long rows, many parallel columns: every merge touches rows that are long.
  Model wide;
  for (int j = 0; j < 3000; ++j) wide.add_column(1 + j % 7, 0, 1 + j % 3);
  for (int i = 0; i < 10; ++i) {
    std::vector<Term> terms;
    for (int j = 0; j < 3000; ++j) terms.push_back({j, 1.0 + (j / 60 + i) % 5});
    wide.add_row(terms, 10, infinity);
  }
  Presolve presolve(wide);
  static_cast<void>(presolve.run(Stopwatch(Budget{}), 1e-7));
  CHECK(presolve.work() < 100 * static_cast<long long>(wide.nonzeros()));
  CHECK(travel(wide).complaint == "");
}

namespace {

std::string unpacked(const std::string& path) {
  std::string text;
  std::FILE* pipe = popen(("gzip -dc '" + path + "'").c_str(), "r");  // NOLINT(cert-env33-c)
  if (pipe == nullptr) return text;
  char buffer[65536];
  for (std::size_t got = 0; (got = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) text.append(buffer, got);
  pclose(pipe);
  return text;
}

}  // namespace

TEST_CASE("presolve: programs of the Netlib collection come back optimal and basic") {
  const std::string folder = std::string{KILTER_SHARED_DATA} + "/lp/netlib/";
  if (!std::filesystem::exists(folder)) {
    WARN("skipped: " << folder << " is absent");
    return;
  }
  for (const char* name : {"afiro",  "agg2",    "beaconfd", "blend",   "boeing1",  "bore3d",   "brandy",   "e226",
                           "finnis", "forplan", "ganges",   "lotfi",   "recipe",   "sc205",    "scagr25",  "scrs8",
                           "sctap1", "seba",    "shell",    "ship04s", "standata", "standmps", "stocfor1", "vtpbase"}) {
    INFO(name);
    const std::string path = folder + name + ".mps.gz";
    if (!std::filesystem::exists(path)) continue;
    const Trip trip = travel(parse_mps(unpacked(path), name).model);
    CHECK(trip.complaint == "");
    CHECK(trip.iterations == 0);
    CHECK(trip.outcome == Presolve::Outcome::reduced);
  }
}
