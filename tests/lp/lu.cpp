#include "kilter/lp/lu.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "catch.hpp"
#include "kilter/core/rng.hpp"

using namespace kilter::lp;
using namespace kilter::lp::detail;
using kilter::Rng;

namespace {

/// m rows, n columns, `density` of the entries drawn from a few sizes.
void random_problem(Rng& rng, int m, int n, double density, Problem& problem) {
  Model model;
  for (int j = 0; j < n; ++j) model.add_column(0, 0, 1);
  for (int i = 0; i < m; ++i) {
    std::vector<Term> terms;
    for (int j = 0; j < n; ++j) {
      if (rng.bernoulli(density)) terms.push_back({j, rng.bernoulli(0.5) ? 1.0 : rng.normal()});
    }
    model.add_row(terms, 0, 1);
  }
  problem.load(model, false);
}

Array<int> random_head(Rng& rng, const Problem& problem) {
  std::vector<int> variables;
  for (int j = 0; j < problem.size(); ++j) variables.push_back(j);
  rng.shuffle(std::span<int>{variables});
  Array<int> head;
  for (int p = 0; p < problem.m; ++p) head.push_back(variables[static_cast<std::size_t>(p)]);
  return head;
}

SparseVector random_vector(Rng& rng, int m) {
  SparseVector v;
  v.reset(m);
  const double density = rng.bernoulli(0.5) ? 0.3 : 2.0 / m;
  for (int i = 0; i < m; ++i) {
    if (rng.bernoulli(density)) v.set(i, rng.normal());
  }
  return v;
}

/// max |B x − b| over max(1, |x|), by the columns in `head`.
double column_error(const Problem& problem, const Array<int>& head, const SparseVector& x, const SparseVector& b) {
  Array<double> rest = b.value;
  double size = 1, error = 0;
  for (int p = 0; p < problem.m; ++p) {
    problem.add_column(head[p], -x.value[p], rest);
    size = std::max(size, std::abs(x.value[p]));
  }
  for (const double r : rest) error = std::max(error, std::abs(r));
  return error / size;
}
double row_error(const Problem& problem, const Array<int>& head, const SparseVector& y, const SparseVector& c) {
  double size = 1, error = 0;
  for (int p = 0; p < problem.m; ++p) size = std::max(size, std::abs(y.value[p]));
  for (int p = 0; p < problem.m; ++p) error = std::max(error, std::abs(problem.dot(head[p], y.value) - c.value[p]));
  return error / size;
}

/// The list of a vector holds its nonzeros, each once.
void check_list(const SparseVector& v) {
  std::vector<int> places(v.index().begin(), v.index().end());
  std::sort(places.begin(), places.end());
  CHECK(std::adjacent_find(places.begin(), places.end()) == places.end());
  for (int i = 0; i < v.size(); ++i) {
    if (v.value[i] != 0) CHECK(std::binary_search(places.begin(), places.end(), i));
  }
}

/// Both ways to solve: by sweeps, and by searching the pattern first.
void check_solves(Rng& rng, const Problem& problem, Lu& lu, const Array<int>& head) {
  for (const double expected : {0.0, 1.0}) {
    Density density{expected};
    const SparseVector b = random_vector(rng, problem.m);
    SparseVector x = b, y = b;
    lu.ftran(x, density);
    density.mean = expected;
    lu.btran(y, density);
    CHECK(column_error(problem, head, x, b) < 1e-9);
    CHECK(row_error(problem, head, y, b) < 1e-9);
    check_list(x);
    check_list(y);
  }
}

}  // namespace

TEST_CASE("factors of random bases solve, singular ones after repair") {
  int repairs = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    Rng rng{seed};
    const int m = 1 + static_cast<int>(rng.index(40));
    Problem problem;
    random_problem(rng, m, 2 * m, rng.uniform(0.02, 0.5), problem);
    Array<int> head = random_head(rng, problem);
    Lu lu;
    const int repaired = lu.factor(problem, head);
    repairs += repaired > 0 ? 1 : 0;
    std::vector<int> members(head.begin(), head.end());
    std::sort(members.begin(), members.end());
    CHECK(std::adjacent_find(members.begin(), members.end()) == members.end());
    Array<int> again = head;
    Lu second;
    CHECK(second.factor(problem, again) == 0);
    check_solves(rng, problem, second, again);
    check_solves(rng, problem, lu, head);
  }
  CHECK(repairs > 20);
}

TEST_CASE("Forrest-Tomlin updates follow exchanges of columns") {
  int updates = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    Rng rng{seed};
    const int m = 5 + static_cast<int>(rng.index(60));
    Problem problem;
    random_problem(rng, m, 3 * m, 6.0 / m, problem);
    Array<int> head;
    for (int i = 0; i < m; ++i) head.push_back(problem.n + i);
    Lu lu;
    REQUIRE(lu.factor(problem, head) == 0);
    const double sparse = rng.bernoulli(0.5) ? 0 : 1;
    for (int step = 0; step < 60; ++step) {
      const int q = static_cast<int>(rng.index(static_cast<std::size_t>(problem.n)));
      if (std::find(head.begin(), head.end(), q) != head.end()) continue;
      Density density{sparse};
      SparseVector alpha, rho;
      alpha.reset(m);
      rho.reset(m);
      problem.add_column(q, 1, alpha);
      lu.ftran(alpha, density, true);
      int p = -1;
      for (const int i : alpha.index()) {
        if (p < 0 || std::abs(alpha.value[i]) > std::abs(alpha.value[p])) p = i;
      }
      if (p < 0 || std::abs(alpha.value[p]) < 0.1) continue;
      rho.set(p, 1);
      density.mean = sparse;
      lu.btran(rho, density, true);
      CHECK(std::abs(problem.dot(q, rho.value) - alpha.value[p]) < 1e-9);
      lu.update(p, alpha.value[p]);
      head[p] = q;
      ++updates;
      check_solves(rng, problem, lu, head);
    }
    CHECK(lu.updates() > 0);
  }
  CHECK(updates > 1000);
}

TEST_CASE("pricing rows keep the entries of active columns in front") {
  Rng rng{7};
  Problem problem;
  random_problem(rng, 30, 60, 0.2, problem);
  PricingRows rows;
  rows.load(problem);
  for (int step = 0; step < 500; ++step) {
    rows.set_active(problem, static_cast<int>(rng.index(60)), rng.bernoulli(0.5));
    for (int i = 0; i < problem.m; ++i) {
      double sum = 0, wanted = 0;
      for (int k = rows.begin(i); k < rows.end(i); ++k) sum += rows.value()[k] * (1 + rows.column()[k]);
      for (int k = problem.row_start[i]; k < problem.row_start[i + 1]; ++k) {
        if (rows.is_active(problem.row_col[k])) wanted += problem.row_value[k] * (1 + problem.row_col[k]);
      }
      CHECK(std::abs(sum - wanted) < 1e-9);
    }
  }
}

TEST_CASE("a basis of twice the same column or of an empty one is repaired") {
  Model model;
  model.add_column(0, 0, 1);
  model.add_column(0, 0, 1);
  model.add_column(0, 0, 1);  // empty
  model.add_row(std::vector<Term>{{0, 1}, {1, 2}}, 0, 1);
  model.add_row(std::vector<Term>{{0, 3}, {1, 6}}, 0, 1);
  Problem problem;
  problem.load(model, false);
  Array<int> head;
  head.push_back(0);
  head.push_back(1);
  Lu lu;
  CHECK(lu.factor(problem, head) == 1);
  head[0] = 2;
  head[1] = 0;
  CHECK(lu.factor(problem, head) == 1);
  CHECK(std::count(head.begin(), head.end(), 0) == 1);
  CHECK(std::count(head.begin(), head.end(), 2) == 0);
}
