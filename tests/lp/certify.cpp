#include "kilter/lp/certify.hpp"

#include <chrono>
#include <cmath>
#include <cstdio>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <vector>

#include "catch.hpp"
#include "kilter/lp/mps.hpp"
#include "planning_program.hpp"
#include "random_program.hpp"

using namespace kilter;
using namespace kilter::lp;

namespace {

using enum VariableStatus;

mpq_class exact(double value, Reading reading = Reading::binary) {
  return lp::detail::Powers(reading).value(lp::detail::read_exactly(value, reading));
}

/// Checks an optimum the slow way: every bound, every sign, and that both objectives are the same number.
void check_optimum(const Model& model, const Certification& found, Reading reading) {
  const auto read = [&](double value) { return exact(value, reading); };
  REQUIRE(found.primal.size() == static_cast<std::size_t>(model.columns()));
  REQUIRE(found.dual.size() == static_cast<std::size_t>(model.rows()));
  mpq_class primal = read(model.objective_constant()), dual = primal;
  bool feasible = true;
  const auto condition = [&](const mpq_class& value, const mpq_class& d, double lower, double upper) {
    feasible = feasible && (std::isinf(lower) || value >= read(lower)) && (std::isinf(upper) || value <= read(upper));
    if (sgn(d) == 0) return;
    const double bound = sgn(d) > 0 ? lower : upper;
    feasible = feasible && std::isfinite(bound);
    if (std::isfinite(bound)) dual += d * read(bound);
  };
  std::vector<mpq_class> reduced;
  for (int j = 0; j < model.columns(); ++j) reduced.push_back(read(model.cost(j)));
  for (int i = 0; i < model.rows(); ++i) {
    mpq_class activity = 0;
    for (const Term& term : model.row(i)) {
      const auto j = static_cast<std::size_t>(term.column);
      activity += read(term.coefficient) * found.primal[j];
      reduced[j] -= read(term.coefficient) * found.dual[static_cast<std::size_t>(i)];
    }
    condition(activity, found.dual[static_cast<std::size_t>(i)], model.row_lower(i), model.row_upper(i));
  }
  for (int j = 0; j < model.columns(); ++j) {
    const auto k = static_cast<std::size_t>(j);
    primal += read(model.cost(j)) * found.primal[k];
    condition(found.primal[k], reduced[k], model.lower(j), model.upper(j));
  }
  CHECK(feasible);
  CHECK(primal == found.objective);
  CHECK(dual == found.objective);
}

Model wyndor() {  // Hillier and Lieberman
  Model model;
  const Variable x = model.add_variable(), y = model.add_variable();
  model.add(1 * x <= 4);
  model.add(2 * y <= 12);
  model.add(3 * x + 2 * y <= 18);
  model.minimise(-3 * x - 5 * y + 1);
  return model;
}

std::string unpack(const std::string& path) {
  std::string text;
  std::FILE* pipe = popen(("gzip -dc '" + path + "' 2>/dev/null").c_str(), "r");
  if (pipe == nullptr) return text;
  char block[4096];
  for (std::size_t count = 0; (count = std::fread(block, 1, sizeof block, pipe)) > 0;) text.append(block, count);
  pclose(pipe);
  return text;
}

}  // namespace

TEST_CASE("exact numbers are read from doubles") {
  CHECK(exact(0.75) == mpq_class(3, 4));
  CHECK(exact(0.1) == mpq_class("3602879701896397/36028797018963968"));
  CHECK(exact(0.1, Reading::decimal) == mpq_class(1, 10));
  CHECK(exact(-12.5e-3, Reading::decimal) == mpq_class(-1, 80));
  CHECK(exact(1e22, Reading::decimal) == mpq_class("10000000000000000000000"));
  CHECK(exact(1e23, Reading::decimal) == mpq_class("100000000000000000000000"));
  CHECK(exact(1e23) != exact(1e23, Reading::decimal));
  CHECK(exact(5e-324) == mpq_class(mpz_class(1), mpz_class(1) << 1074));
  CHECK(exact(123456789012345678.0, Reading::decimal) == mpq_class("123456789012345680"));
  CHECK(exact(0) == 0);
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Rng rng{seed};
    const double value = std::ldexp(rng.normal(), static_cast<int>(rng.index(200)) - 100);
    CHECK(exact(value).get_d() == value);
    const mpq_class apart = abs(exact(value, Reading::decimal) - exact(value));
    CHECK(apart.get_d() <= std::abs(value) * 1.2e-16);
  }
}

TEST_CASE("certify: a textbook optimum, with its exact vertex and prices") {
  const Model model = wyndor();
  const Certification found = certify(model, solve(model), {.values = true});
  REQUIRE(found.verdict == Verdict::optimal);
  CHECK(found.rounds == 0);
  CHECK(found.objective == -35);
  CHECK(found.primal == std::vector<mpq_class>{2, 6});
  CHECK(found.dual == std::vector<mpq_class>{0, mpq_class(-3, 2), -1});
  check_optimum(model, found, Reading::binary);
}

TEST_CASE("certify: a wrong basis is refused, and the variable to blame named") {
  const Model model = wyndor();
  SECTION("not optimal: the slack basis, whose best column pays 5") {
    const Certification found = certify(model, Basis{{at_lower, at_lower}, {basic, basic, basic}});
    CHECK(found.verdict == Verdict::dual_violation);
    CHECK(found.dual_violation.index == 1);
    CHECK_FALSE(found.dual_violation.row);
    CHECK(found.dual_violation.amount == 5);
    CHECK(found.primal_violation.index == -1);
    CHECK(found.objective == 1);
  }
  SECTION("not feasible: x and y from the first two rows break the third by 6") {
    const Certification found = certify(model, Basis{{basic, basic}, {at_upper, at_upper, basic}});
    CHECK(found.verdict == Verdict::primal_violation);
    CHECK(found.primal_violation.row);
    CHECK(found.primal_violation.index == 2);
    CHECK(found.primal_violation.amount == 6);
  }
  SECTION("singular") {
    Model twice;
    const Variable a = twice.add_variable(), b = twice.add_variable(), c = twice.add_variable();
    twice.add(a + 2 * b + c == 1);
    twice.add(3 * a + 6 * b - c == 1);
    const Certification found = certify(twice, Basis{{basic, basic, at_lower}, {at_lower, at_lower}});
    CHECK(found.verdict == Verdict::singular);
    CHECK(found.culprit.index >= 0);
    CHECK(found.culprit.index <= 1);
  }
  SECTION("no basis at all") {
    CHECK(certify(model, Basis{}).verdict == Verdict::not_a_basis);
    CHECK(certify(model, Basis{{basic, basic}, {basic, basic, at_upper}}).verdict == Verdict::not_a_basis);
    const Certification found = certify(model, Basis{{at_upper, basic}, {basic, at_upper, basic}});
    CHECK(found.verdict == Verdict::not_a_basis);
    CHECK(found.culprit.index == 0);  // it has no upper bound
  }
}

TEST_CASE("certify: what a tolerance hides is found and mended") {
  Model model;
  const double tiny_cost = -1e-9;
  model.add_column(tiny_cost, 0, 1);
  model.add_column(1, 0, 1);
  model.add_row({{0, 1.0}, {1, 1.0}}, 0, 1);
  const Basis near{{at_lower, at_lower}, {basic}};
  Solution claimed;  // optimal, for a solver with a tolerance of 1e-7
  claimed.status = Status::optimal;
  claimed.basis = near;
  const Certification strict = certify(model, near);
  CHECK(strict.verdict == Verdict::dual_violation);
  CHECK(strict.dual_violation.index == 0);
  CHECK(strict.dual_violation.amount == -exact(tiny_cost));
  const Certification mended = certify(model, claimed, {.values = true});
  REQUIRE(mended.verdict == Verdict::optimal);
  CHECK(mended.rounds >= 1);
  CHECK(mended.objective == exact(tiny_cost));
  CHECK(certify(model, mended.basis).verdict == Verdict::optimal);
  check_optimum(model, mended, Reading::binary);
}

TEST_CASE("certify: a program that is infeasible by less than any tolerance") {
  Model model;
  model.add_column(1, 0, 1);
  model.add_row({{0, 1.0}}, 1 + 1e-12, infinity);
  const Solution solution = solve(model);
  if (solution.status == Status::optimal) {
    const Certification found = certify(model, solution);
    REQUIRE(found.verdict == Verdict::infeasible);
    CHECK(exact_infeasibility(model, found.ray).has_value());
  } else {
    CHECK(certify(model, solution).verdict == Verdict::infeasible);
  }
}

TEST_CASE("certify: decimals that make a row redundant need not do so in binary") {
  Model model;
  model.add_column(1, 0, infinity);
  model.add_column(2, 0, infinity);
  model.add_row({{0, 0.1}, {1, 0.2}}, 0.3, 0.3);
  model.add_row({{0, 0.3}, {1, 0.6}}, 0.9, 0.9);
  const Solution solution = solve(model);
  REQUIRE(solution.status == Status::optimal);
  const Certification decimal = certify(model, solution, {.reading = Reading::decimal, .values = true});
  REQUIRE(decimal.verdict == Verdict::optimal);
  CHECK(decimal.objective == 3);
  check_optimum(model, decimal, Reading::decimal);
  const Certification binary = certify(model, solution);
  REQUIRE(binary.verdict == Verdict::infeasible);
  CHECK(exact_infeasibility(model, binary.ray).has_value());
}

TEST_CASE("certify: costs that cancel in decimals need not do so in binary") {
  Model model;  // moving (3, −1) changes neither the row nor, in decimals, the cost
  model.add_column(0.1, -infinity, infinity);
  model.add_column(0.3, -infinity, infinity);
  model.add_row({{0, 1.0}, {1, 3.0}}, 1, infinity);
  const Solution solution = solve(model);
  REQUIRE(solution.status == Status::optimal);
  const Certification decimal = certify(model, solution, {.reading = Reading::decimal});
  CHECK(decimal.verdict == Verdict::optimal);
  CHECK(decimal.objective == mpq_class(1, 10));
  const Certification binary = certify(model, solution, {.values = true});
  REQUIRE(binary.verdict == Verdict::unbounded);
  CHECK(exact_descent(model, binary.ray).has_value());
  CHECK(binary.primal[0] + 3 * binary.primal[1] >= 1);
}

TEST_CASE("certify: numbers that are hopeless in doubles") {
  SECTION("Hilbert's matrix, as rounded") {
    for (int n = 2; n <= 24; n += 2) {
      Model model;
      for (int j = 0; j < n; ++j) model.add_column(1, -infinity, infinity);
      Basis all{std::vector<VariableStatus>(static_cast<std::size_t>(n), basic),
                std::vector<VariableStatus>(static_cast<std::size_t>(n), at_lower)};
      for (int i = 0; i < n; ++i) {
        std::vector<Term> terms;
        for (int j = 0; j < n; ++j) terms.push_back({j, 1.0 / (i + j + 1)});
        model.add_row(terms, 1, 1);
      }
      const Certification found = certify(model, all, {.values = true});
      REQUIRE(found.verdict == Verdict::optimal);
      check_optimum(model, found, Reading::binary);
    }
  }
  SECTION("1e30 beside 1e-30") {
    Model model;
    model.add_column(1e-30, 0, infinity);
    model.add_column(1e30, 0, infinity);
    model.add_row({{0, 1e30}, {1, 1e-30}}, 1e-30, infinity);
    model.add_row({{0, 1e-30}, {1, 1e30}}, 1e30, infinity);
    for (const Reading reading : {Reading::binary, Reading::decimal}) {
      const Certification found = certify(model, Basis{{at_lower, basic}, {basic, at_lower}}, {.reading = reading, .values = true});
      CHECK(found.verdict == Verdict::optimal);
      CHECK(found.objective == exact(1e30, reading));
    }
  }
  SECTION("a chain whose last value has hundreds of digits") {
    Model model;
    constexpr int n = 60;
    for (int j = 0; j < n; ++j) model.add_column(j == n - 1 ? 1 : 0, 0, infinity);
    model.add_row({{0, 7.0}}, 1, 1);
    for (int i = 1; i < n; ++i) model.add_row({{i, 7.0}, {i - 1, -3.0}}, 1, 1);
    Basis all{std::vector<VariableStatus>(n, basic), std::vector<VariableStatus>(n, at_lower)};
    const Certification found = certify(model, all, {.values = true});
    REQUIRE(found.verdict == Verdict::optimal);
    mpq_class x = 0;
    for (int j = 0; j < n; ++j) x = (3 * x + 1) / 7;
    CHECK(found.objective == x);
  }
}

TEST_CASE("certify: random programs of every kind") {
  int optimal = 0, infeasible = 0, unbounded = 0, other = 0;
  for (std::uint64_t seed = 0; seed < 700; ++seed) {
    Rng rng{seed};
    INFO("seed " << seed);
    const Model model = lp::test::random_program(rng, seed % 20 == 0 ? 40 : 12, seed % 20 == 0 ? 40 : 10);
    const Solution solution = solve(model);
    for (const Reading reading : {Reading::binary, Reading::decimal}) {
      const Certification found = certify(model, solution, {.reading = reading, .values = true});
      switch (found.verdict) {
        case Verdict::optimal:
          CHECK(solution.status == Status::optimal);
          CHECK(std::abs(found.objective.get_d() - solution.objective) <= 1e-7 * (1 + std::abs(solution.objective)));
          check_optimum(model, found, reading);
          ++optimal;
          break;
        case Verdict::infeasible:
          CHECK(exact_infeasibility(model, found.ray, reading).has_value());
          // In doubles a program of reals may look optimal by a hair: repeated rows, columns that cancel.
          ++infeasible;
          break;
        case Verdict::unbounded:
          CHECK(exact_descent(model, found.ray, reading).has_value());
          CHECK(found.primal.size() == static_cast<std::size_t>(model.columns()));
          ++unbounded;
          break;
        default: ++other; CHECK(name(found.verdict) == "proven");
      }
    }
  }
  CHECK(optimal > 400);
  CHECK(infeasible > 50);
  CHECK(unbounded > 50);
  CHECK(other == 0);
}

TEST_CASE("certify: rays full of rounding are made exact, rays that prove nothing are not") {
  Model model;  // x/3 + y/7 >= 1 and x/3 + y/7 <= 1/2, times numbers that no binary fraction cancels
  model.add_column(0, -infinity, infinity);
  model.add_column(0, -infinity, infinity);
  model.add_row({{0, 3.0}, {1, 0.7}}, 10, infinity);
  model.add_row({{0, 9.0}, {1, 2.1}}, -infinity, 20);
  Solution solution = solve(model);
  REQUIRE(solution.status == Status::infeasible);
  CHECK(certify(model, solution, {.reading = Reading::decimal}).verdict == Verdict::infeasible);
  solution.ray = {1 / 3.0, -1 / 9.0};
  const Certification found = certify(model, solution, {.reading = Reading::decimal});
  REQUIRE(found.verdict == Verdict::infeasible);
  CHECK(*exact_infeasibility(model, found.ray, Reading::decimal) > 0);
  CHECK(found.ray[0] + 3 * found.ray[1] == 0);
  solution.ray = {1, 1};
  CHECK_FALSE(exact_infeasibility(model, {1, 1}, Reading::decimal).has_value());
  Model feasible = model;
  feasible.set_row_bounds(1, -infinity, 40);
  solution.ray = {1 / 3.0, -1 / 9.0};
  const Certification none = certify(feasible, solution, {.reading = Reading::decimal});
  CHECK(none.verdict == Verdict::unproven);
  CHECK(none.ray.empty());
  CHECK_THROWS_AS(exact_infeasibility(model, {1}), std::invalid_argument);
  solution.ray = {1};
  CHECK_THROWS_AS(certify(model, solution), std::invalid_argument);
}

TEST_CASE("certify: plans") {
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    const Model model = lp::test::planning_program(seed, 0, {.hours = 6});
    const Solution solution = solve(model);
    REQUIRE(solution.status == Status::optimal);
    const Certification found = certify(model, solution, {.reading = Reading::decimal, .values = true});
    REQUIRE(found.verdict == Verdict::optimal);
    CHECK(std::abs(found.objective.get_d() - solution.objective) <= 1e-9 * std::abs(solution.objective));
    check_optimum(model, found, Reading::decimal);
  }
}

TEST_CASE("certify: a stop and a limit are honoured") {
  const Model model = lp::test::planning_program(1, 0, {.hours = 4});
  const Solution solution = solve(model);
  std::stop_source source;
  source.request_stop();
  const Certification cancelled = certify(model, solution, {.budget = {.stop = source.get_token()}});
  CHECK(cancelled.verdict == Verdict::unproven);
  CHECK(cancelled.status == Status::cancelled);
  const Certification late = certify(model, solution, {.budget = {.time_limit = std::chrono::seconds(0)}});
  CHECK(late.verdict == Verdict::unproven);
  CHECK(late.status == Status::time_limit);
}

TEST_CASE("certify: Netlib's optima to all the digits that are known") {
  const std::string folder = std::string(KILTER_SHARED_DATA) + "/lp/netlib/";
  const std::string table = [&] {
    std::string text;
    if (std::FILE* file = std::fopen((folder + "optimal.csv").c_str(), "r")) {
      char block[4096];
      for (std::size_t count = 0; (count = std::fread(block, 1, sizeof block, file)) > 0;) text.append(block, count);
      std::fclose(file);
    }
    return text;
  }();
  int seen = 0;
  for (const std::string program :
       {"afiro", "adlittle", "sc50a", "kb2", "share2b", "scagr7", "stocfor1", "blend", "boeing1", "stair"}) {
    const std::string text = unpack(folder + program + ".mps.gz");
    const std::size_t line = table.find("\n" + program + ",");
    if (text.empty() || line == std::string::npos) continue;
    INFO(program);
    ++seen;
    std::size_t from = line + 1;
    for (int comma = 0; comma < 4; ++comma) from = table.find(',', from) + 1;
    const std::string digits = table.substr(from, table.find(',', from) - from);
    // 0.ddd…e±k with 32 digits: a fraction that the exact objective must agree with to the last of them.
    const std::size_t point = digits.find('.'), e = digits.find('e');
    const mpz_class mantissa(digits.substr(0, point) + digits.substr(point + 1, e - point - 1), 10);
    const int power = std::stoi(digits.substr(e + 1)) - static_cast<int>(e - point - 1);
    mpz_class ten;
    mpz_ui_pow_ui(ten.get_mpz_t(), 10, static_cast<unsigned long>(std::abs(power)));
    const mpq_class published = power >= 0 ? mpq_class(mantissa * ten) : mpq_class(mantissa) / ten;
    const Model model = parse_mps(text, program).model;
    const Certification found = certify(model, solve(model), {.reading = Reading::decimal});
    REQUIRE(found.verdict == Verdict::optimal);
    CHECK(abs(found.objective - published) <=
          abs(published) * mpq_class(mpz_class(1), mpz_class("10000000000000000000000000000000")));
  }
  if (seen == 0) WARN("no data at " << folder);
}
