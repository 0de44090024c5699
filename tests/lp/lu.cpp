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
Problem random_problem(Rng& rng, int m, int n, double density) {
  Model model;
  for (int j = 0; j < n; ++j) model.add_column(0, 0, 1);
  for (int i = 0; i < m; ++i) {
    std::vector<Term> terms;
    for (int j = 0; j < n; ++j) {
      if (rng.bernoulli(density)) terms.push_back({j, rng.bernoulli(0.5) ? 1.0 : rng.normal()});
    }
    model.add_row(terms, 0, 1);
  }
  return Problem(model, false);
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
  for (int i = 0; i < m; ++i) v.value[i] = rng.bernoulli(0.3) ? rng.normal() : 0;
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

void check_solves(Rng& rng, const Problem& problem, const Lu& lu, const Array<int>& head) {
  const SparseVector b = random_vector(rng, problem.m);
  SparseVector x = b, y = b;
  lu.ftran(x);
  lu.btran(y);
  CHECK(column_error(problem, head, x, b) < 1e-9);
  CHECK(row_error(problem, head, y, b) < 1e-9);
}

}  // namespace

TEST_CASE("factors of random bases solve, singular ones after repair") {
  int repairs = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    Rng rng{seed};
    const int m = 1 + static_cast<int>(rng.index(40));
    const Problem problem = random_problem(rng, m, 2 * m, rng.uniform(0.02, 0.5));
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
    if (repaired == 0) check_solves(rng, problem, lu, head);
  }
  CHECK(repairs > 20);
}

TEST_CASE("product-form updates follow exchanges of columns") {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    Rng rng{seed};
    const int m = 5 + static_cast<int>(rng.index(30));
    const Problem problem = random_problem(rng, m, 3 * m, 0.2);
    Array<int> head;
    for (int i = 0; i < m; ++i) head.push_back(problem.n + i);
    Lu lu;
    REQUIRE(lu.factor(problem, head) == 0);
    for (int step = 0; step < 40; ++step) {
      const int q = static_cast<int>(rng.index(static_cast<std::size_t>(problem.n)));
      if (std::find(head.begin(), head.end(), q) != head.end()) continue;
      SparseVector alpha;
      alpha.reset(m);
      problem.add_column(q, 1, alpha.value);
      lu.ftran(alpha);
      int p = -1;
      for (const int i : alpha.index) {
        if (p < 0 || std::abs(alpha.value[i]) > std::abs(alpha.value[p])) p = i;
      }
      if (p < 0 || std::abs(alpha.value[p]) < 0.1) continue;
      lu.update(alpha, p);
      head[p] = q;
      check_solves(rng, problem, lu, head);
    }
    CHECK(lu.updates() > 0);
  }
}

TEST_CASE("a basis of twice the same column or of an empty one is repaired") {
  Model model;
  model.add_column(0, 0, 1);
  model.add_column(0, 0, 1);
  model.add_column(0, 0, 1);  // empty
  model.add_row(std::vector<Term>{{0, 1}, {1, 2}}, 0, 1);
  model.add_row(std::vector<Term>{{0, 3}, {1, 6}}, 0, 1);
  const Problem problem(model, false);
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
