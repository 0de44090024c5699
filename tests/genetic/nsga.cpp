// NSGA-II and NSGA-III: the front door `pareto`, and the fronts of ZDT and DTLZ against their analytic hypervolumes.
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <limits>
#include <stop_token>
#include <string>
#include <vector>

#include "catch.hpp"
#include "kilter/genetic/benchmark_problems.hpp"
#include "kilter/genetic/hypervolume.hpp"
#include "kilter/genetic/integer_vector.hpp"
#include "kilter/genetic/nsga3.hpp"
#include "kilter/genetic/pareto_search.hpp"
#include "refused.hpp"

using kilter::Inline;
using kilter::Progress;
using kilter::Rng;
using kilter::Status;
using kilter::Threads;
using namespace kilter::genetic;
using kilter::test::WithinAbs;

static_assert(MultiObjective<Zdt> && MultiObjective<Dtlz> && Problem<OneMax> && Problem<Sphere>);

namespace {

/// Choose things of least weight and most value: weight against lost value, at most `limit` things.
struct Knapsack {
  static constexpr std::size_t objective_count = 2;
  BitString bits{16};
  std::size_t limit = 16;
  std::atomic<std::size_t>* calls = nullptr;

  const BitString& encoding() const { return bits; }
  static double weight(std::size_t i) { return static_cast<double>((i * 7 + 3) % 11 + 1); }
  static double value(std::size_t i) { return static_cast<double>((i * 5 + 2) % 13 + 1); }

  double objectives(std::span<const std::uint8_t> g, std::span<double> out) const {
    if (calls != nullptr) ++*calls;
    std::size_t count = 0;
    out[0] = out[1] = 0;
    for (std::size_t i = 0; i < g.size(); ++i) {
      count += g[i];
      out[g[i] != 0 ? 0 : 1] += g[i] != 0 ? weight(i) : value(i);
    }
    return count > limit ? static_cast<double>(count - limit) : 0;
  }
};

/// All non-dominated pairs by trying everything.
std::vector<double> all_of(const Knapsack& p) {
  std::vector<double> rows;
  for (unsigned set = 0; set < 1U << 16; ++set) {
    std::vector<std::uint8_t> g(16);
    for (std::size_t i = 0; i < 16; ++i) g[i] = set >> i & 1U;
    std::array<double, 2> out{};
    if (p.objectives(g, out) > 0) continue;
    rows.insert(rows.end(), out.begin(), out.end());
  }
  std::vector<double> front;
  for (const auto i : non_dominated(rows, 2)) {
    if (!front.empty() && front[front.size() - 2] == rows[2 * i] && front.back() == rows[2 * i + 1]) continue;
    front.insert(front.end(), {rows[2 * i], rows[2 * i + 1]});
  }
  return front;
}

template <class P>
double volume(const P& problem, const ParetoOptions& options, double reference) {
  const auto result = pareto(problem, options);
  CHECK(result.status == Status::feasible);
  return hypervolume(result.values, std::vector<double>(objective_count(problem), reference));
}

/// The limit of a problem from the shared table; 0 where the folder is not there.
double limit_of(const std::string& name) {
  std::ifstream file(std::string{KILTER_SHARED_DATA} + "/scheduling/moo/moo_reference_hv.csv");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind(name + ",", 0) == 0) return std::stod(line.substr(line.rfind(',') + 1));
  }
  return 0;
}

template <class A, class B>
bool same(const A& a, const B& b) {
  return a.status == b.status && a.front == b.front && a.values == b.values && a.population == b.population &&
         a.generations == b.generations && a.evaluations == b.evaluations;
}

}  // namespace

TEST_CASE("Das-Dennis points lie on the simplex, each once") {
  CHECK(das_dennis(2, 2) == std::vector<double>{0, 1, 0.5, 0.5, 1, 0});
  CHECK(das_dennis_count(3, 12) == 91);
  CHECK(das_dennis_count(10, 3) == 220);
  CHECK(reference_points(3, 100).size() == 3 * 91);
  CHECK(reference_points(1, 10) == std::vector<double>{1});
  for (std::size_t m = 1; m <= 5; ++m) {
    const auto points = das_dennis(m, 4);
    CHECK(points.size() == m * das_dennis_count(m, 4));
    for (std::size_t i = 0; i < points.size(); i += m) {
      double sum = 0;
      for (std::size_t j = 0; j < m; ++j) sum += points[i + j];
      CHECK_THAT(sum, WithinAbs(1.0, 1e-12));
    }
  }
  CHECK_REFUSED(das_dennis(0, 1), "objectives = 0");
  CHECK_REFUSED(das_dennis(2, 0), "divisions = 0");
}

TEST_CASE("reference point survival keeps one per line where there is one per line") {
  // Points exactly on the lines of a plane, and behind each a worse one: the plane's survive.
  const auto lines = das_dennis(3, 4);
  std::vector<double> rows;
  for (const double scale : {1.0, 1.5}) {
    for (const double x : lines) rows.push_back(2 + 3 * scale * x);
  }
  ReferencePointSurvival survival(lines, 3);
  Rng rng{1};
  survival(rows, 3, {}, 15, rng);
  std::vector<std::uint32_t> kept(survival.kept().begin(), survival.kept().end());
  std::sort(kept.begin(), kept.end());
  for (std::uint32_t i = 0; i < 15; ++i) CHECK(kept[i] == i);
  // A front of three near each line, to be cut to one each.
  rows.clear();
  for (const double bend : {0.0, 0.01, 0.02}) {
    for (std::size_t i = 0; i < lines.size(); i += 3) {
      rows.insert(rows.end(),
                  {lines[i] + bend * (lines[i + 1] > 0 ? 1 : 0), lines[i + 1] - bend * (lines[i + 1] > 0 ? 1 : 0), lines[i + 2]});
    }
  }
  ReferencePointSurvival again(lines, 3);
  again(rows, 3, {}, 15, rng);
  CHECK(again.kept().size() == 15);
  std::array<int, 15> per_line{};
  for (const auto r : again.kept()) ++per_line[r % 15];
  CHECK(std::count(per_line.begin(), per_line.end(), 1) == 15);
  CHECK_REFUSED(ReferencePointSurvival({}, 3), "points = 0");
  CHECK_REFUSED(ReferencePointSurvival({0, 0}, 2), "points = 0");
  CHECK_REFUSED(ReferencePointSurvival({-1, 2}, 2), "points = -1");
}

TEST_CASE("pareto finds the whole front of a small knapsack, constrained or not") {
  for (const std::size_t limit : {std::size_t{16}, std::size_t{5}}) {
    Knapsack p;
    p.limit = limit;
    const auto expected = all_of(p);
    const auto result = pareto(p, {.population = 150, .generations = 200, .seed = 3});
    CHECK(result.status == Status::feasible);
    CHECK(result.objectives == 2);
    CHECK(result.values == expected);
    CHECK(result.front.size() * 2 == result.values.size());
    for (std::size_t i = 0; i < result.front.size(); ++i) {
      std::array<double, 2> out{};
      CHECK(p.objectives(result.front[i], out) == 0);
      CHECK((out[0] == result.values[2 * i] && out[1] == result.values[2 * i + 1]));
    }
    const auto third = pareto(p, {.algorithm = ParetoAlgorithm::nsga3, .population = 100, .generations = 100, .archive = 200});
    CHECK(hypervolume(third.values, std::vector<double>{120, 120}) > 0.98 * hypervolume(expected, std::vector<double>{120, 120}));
  }
}

TEST_CASE("the result depends on nothing but problem, options and start") {
  for (const auto algorithm : {ParetoAlgorithm::nsga2, ParetoAlgorithm::nsga3}) {
    const Dtlz p(2);
    const ParetoOptions options{
        .algorithm = algorithm, .population = 60, .generations = 20, .all_operators = true, .archive = 40, .seed = 9};
    const auto once = pareto(p, options);
    CHECK(same(once, pareto(p, options)));
    CHECK(same(once, pareto(p, options, {}, Threads{1})));
    CHECK(same(once, pareto(p, options, {}, Threads{2})));
    CHECK(same(once, pareto(p, options, {}, Threads{3})));
    auto other = options;
    other.seed = 10;
    CHECK_FALSE(same(once, pareto(p, other)));
  }
}

TEST_CASE("a warm start is taken up, and more of it than fits is left out") {
  const Zdt p(1);
  const auto first = pareto(p, {.population = 40, .generations = 60});
  const auto none = pareto(p, {.population = 40, .generations = 0}, first.population);
  CHECK(none.values == first.values);
  const auto on = pareto(p, {.population = 40, .generations = 20}, first.population);
  const std::vector<double> reference{1.1, 1.1};
  CHECK(hypervolume(on.values, reference) > hypervolume(first.values, reference) - 1e-3);
  CHECK(pareto(p, {.population = 5, .generations = 0}, first.population).population.size() == 5);
  const std::vector<std::vector<double>> wrong{{0.5}};
  CHECK_REFUSED(pareto(p, {.population = 5}, wrong), "start = 1");
}

TEST_CASE("evaluations are counted as they are made, and their limit ends the search") {
  std::atomic<std::size_t> calls = 0;
  Knapsack p;
  p.calls = &calls;
  const auto result = pareto(p, {.population = 30, .generations = 10000, .evaluations = 500});
  CHECK(result.evaluations == calls);
  CHECK(result.evaluations >= 500);
  CHECK(result.evaluations < 530);
}

TEST_CASE("pareto ends by time and by request, with what it has") {
  const Zdt p(1);
  std::stop_source stop;
  std::size_t seen = 0;
  const auto cancelled = pareto(p, {.population = 20, .generations = 1000, .budget = {.stop = stop.get_token()}}, {}, Inline{},
                                [&](const Progress& progress) {
                                  seen = progress.iteration;
                                  CHECK((progress.best >= 1 && progress.best <= 20));
                                  if (progress.iteration == 7) stop.request_stop();
                                });
  CHECK(cancelled.status == Status::cancelled);
  CHECK(cancelled.generations == 7);
  CHECK(seen == 7);
  CHECK(pareto(p, {.population = 20, .generations = 7}).population == cancelled.population);
  const auto late = pareto(p, {.population = 20, .budget = {.time_limit = std::chrono::seconds{0}}});
  CHECK(late.status == Status::time_limit);
  CHECK(late.evaluations == 1);
  CHECK(late.front.size() == 1);
}

TEST_CASE("nothing feasible is said to be so") {
  struct Never : Knapsack {
    double objectives(std::span<const std::uint8_t> g, std::span<double> out) const { return 1 + Knapsack::objectives(g, out); }
  };
  const auto result = pareto(Never{}, {.population = 10, .generations = 5});
  CHECK(result.status == Status::infeasible);
  CHECK(result.front.empty());
  CHECK(result.population.size() == 10);
}

TEST_CASE("odd problems: one objective, one individual, no gene, not a number") {
  struct One {
    static constexpr std::size_t objective_count() { return 1; }
    RealVector box{3, -1.0, 1.0};
    const RealVector& encoding() const { return box; }
    void objectives(std::span<const double> x, std::span<double> out) const { out[0] = x[0] * x[0] + x[1] * x[1] + x[2] * x[2]; }
  };
  for (const auto algorithm : {ParetoAlgorithm::nsga2, ParetoAlgorithm::nsga3}) {
    const auto one = pareto(One{}, {.algorithm = algorithm, .population = 40, .generations = 80});
    REQUIRE(one.values.size() == 1);
    CHECK(one.values[0] < 1e-3);
    CHECK(pareto(One{}, {.algorithm = algorithm, .population = 1, .generations = 5}).front.size() == 1);
    struct Strange : One {
      static constexpr std::size_t objective_count() { return 2; }
      void objectives(std::span<const double> x, std::span<double> out) const {
        out[0] = x[0] > 0 ? std::numeric_limits<double>::quiet_NaN() : -std::numeric_limits<double>::infinity();
        out[1] = x[1];
      }
    };
    const auto strange = pareto(Strange{}, {.algorithm = algorithm, .population = 20, .generations = 10});
    CHECK_FALSE(strange.front.empty());
    CHECK_FALSE(std::any_of(strange.values.begin(), strange.values.end(), [](double x) { return std::isnan(x); }));
  }
  struct Empty {
    static constexpr std::size_t objective_count() { return 2; }
    RealVector box{0, 0.0, 1.0};
    const RealVector& encoding() const { return box; }
    void objectives(std::span<const double>, std::span<double> out) const { out[0] = out[1] = 1; }
  };
  CHECK(pareto(Empty{}, {.population = 4, .generations = 3}).values == std::vector<double>{1, 1});
}

TEST_CASE("options of a Pareto search that are out of range are refused by name") {
  const Zdt p(1);
  CHECK_REFUSED(pareto(p, {.population = 0}), "population = 0");
  CHECK_REFUSED(pareto(p, {.crossover_rate = 1.5}), "crossover_rate = 1.5");
  CHECK_REFUSED(pareto(p, {.mutation_rate = -1}), "mutation_rate = -1");
  CHECK_REFUSED(pareto(p, {.algorithm = ParetoAlgorithm::nsga3, .reference_points = {1, 2, 3}}), "points = 3");
  CHECK_REFUSED(Zdt(5), "number = 5");
  CHECK_REFUSED(Zdt(1, 1), "variables = 1");
  CHECK_REFUSED(Dtlz(8), "number = 8");
  CHECK_REFUSED(Dtlz(1, 1), "objectives = 1");
  CHECK_REFUSED(Dtlz(1, 3, 2), "variables = 2");
}

TEST_CASE("test functions on their fronts") {
  std::vector<double> out(3);
  const auto at = [&](const auto& p, double head, double tail) {
    std::vector<double> x(p.encoding().size(), tail);
    x[0] = head;
    p.objectives(x, std::span{out}.first(objective_count(p)));
  };
  at(Zdt(1), 0.25, 0);
  CHECK_THAT(out[1], WithinAbs(0.5, 1e-12));
  at(Zdt(2), 0.5, 0);
  CHECK_THAT(out[1], WithinAbs(0.75, 1e-12));
  at(Zdt(3), 0.25, 0);
  CHECK_THAT(out[1], WithinAbs(1 - 0.5 - 0.25 * std::sin(2.5 * std::acos(-1.0)), 1e-12));
  at(Zdt(4), 0.25, 0);
  CHECK_THAT(out[1], WithinAbs(0.5, 1e-12));
  at(Zdt(6), 0.3, 0);
  CHECK_THAT(out[1], WithinAbs(1 - out[0] * out[0], 1e-12));
  at(Dtlz(1), 0.3, 0.5);
  CHECK_THAT(out[0] + out[1] + out[2], WithinAbs(0.5, 1e-12));
  for (const int k : {2, 3, 4, 5}) {
    at(Dtlz(k), 0.3, 0.5);
    CHECK_THAT(out[0] * out[0] + out[1] * out[1] + out[2] * out[2], WithinAbs(1.0, 1e-12));
  }
  at(Dtlz(6), 0.3, 0);
  CHECK_THAT(out[0] * out[0] + out[1] * out[1] + out[2] * out[2], WithinAbs(1.0, 1e-12));
  at(Dtlz(7), 0, 0);
  CHECK_THAT(out[2], WithinAbs(6.0, 1e-12));
}

TEST_CASE("the fronts of ZDT come within the analytic hypervolume") {
  if (limit_of("ZDT1") == 0) {
    WARN("no shared data: skipped");
    return;
  }
  for (const int k : {1, 2, 3, 4, 6}) {
    const double limit = limit_of("ZDT" + std::to_string(k));
    const double reached = volume(Zdt(k), {.population = 100, .generations = 500, .seed = 1}, 1.1);
    INFO("ZDT" << k << ": " << reached << " of " << limit);
    CHECK(reached < limit);
    CHECK(reached > 0.985 * limit);
  }
}

TEST_CASE("the fronts of DTLZ come within the analytic hypervolume") {
  if (limit_of("DTLZ1") == 0) {
    WARN("no shared data: skipped");
    return;
  }
  for (const int k : {1, 2, 3, 4}) {
    const double limit = limit_of("DTLZ" + std::to_string(k)), reference = k == 1 ? 0.55 : 1.1;
    const ParetoOptions options{.algorithm = ParetoAlgorithm::nsga3,
                                .population = 92,
                                .generations = k == 3 ? 1000U : 600U,
                                .crossover_rate = 1,
                                .seed = 2};
    const double reached = volume(Dtlz(k, 3, 0, {.crossover_eta = 30}), options, reference);
    INFO("DTLZ" << k << ": " << reached << " of " << limit);
    CHECK(reached < limit);
    CHECK(reached > 0.9 * limit);  // 91 points leave about a tenth uncovered
  }
}
