#include "kilter/lp/model.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "kilter/core/rng.hpp"

using namespace kilter;
using namespace kilter::lp;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// What an `std::invalid_argument` says, or nothing when none is thrown.
template <class F>
std::string refusal(F&& f) {
  try {
    f();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

Model two_by_two() {
  Model model;
  model.add_column(1, 0, 4, "x");
  model.add_column(-2, -infinity, 5, "y");
  model.add_row(std::vector<Term>{{0, 1}, {1, 3}}, -infinity, 7, "cap");
  model.add_row(std::vector<Term>{{1, -1}}, 2, 2, "fix");
  return model;
}

/// Every number of the model, in order.
std::vector<double> fingerprint(const Model& model) {
  std::vector<double> all = {static_cast<double>(model.columns()), static_cast<double>(model.rows()), model.objective_constant()};
  for (int j = 0; j < model.columns(); ++j) all.insert(all.end(), {model.cost(j), model.lower(j), model.upper(j)});
  for (int i = 0; i < model.rows(); ++i) {
    all.insert(all.end(), {model.row_lower(i), model.row_upper(i)});
    for (const Term& term : model.row(i)) all.insert(all.end(), {static_cast<double>(term.column), term.coefficient});
  }
  return all;
}

}  // namespace

TEST_CASE("a model keeps what it is given") {
  const Model model = two_by_two();
  CHECK(model.columns() == 2);
  CHECK(model.rows() == 2);
  CHECK(model.nonzeros() == 3);
  CHECK(model.name(1) == "y");
  CHECK(model.row_name(0) == "cap");
  CHECK(model.upper(0) == 4);
  CHECK(model.lower(1) == -infinity);
  CHECK(model.row_lower(1) == 2);
  const SparseColumns matrix = model.assemble();
  CHECK(matrix.start == std::vector<int>{0, 1, 3});
  CHECK(matrix.row == std::vector<int>{0, 0, 1});
  CHECK(matrix.value == std::vector<double>{1, 3, -1});
}

TEST_CASE("terms of the same column are summed and zeros dropped") {
  Model model;
  for (int j = 0; j < 3; ++j) model.add_column(0, 0, 1);
  model.add_row(std::vector<Term>{{2, 1}, {0, 2}, {2, 4}, {1, 3}, {1, -3}}, 0, 1);
  const auto row = model.row(0);
  REQUIRE(row.size() == 2);
  CHECK(row[0].column == 2);
  CHECK(row[0].coefficient == 5);
  CHECK(row[1].column == 0);
  // The same holds for the next row: nothing of the first is remembered.
  model.add_row(std::vector<Term>{{2, 1}}, 0, 1);
  CHECK(model.row(1)[0].coefficient == 1);
}

TEST_CASE("misuse is refused by name and leaves the model as it was") {
  Model model = two_by_two();
  const std::vector<double> before = fingerprint(model);
  const auto row = [&](std::vector<Term> terms, double lower, double upper) {
    return refusal([&] { model.add_row(terms, lower, upper); });
  };
  CHECK(says(refusal([&] { model.add_column(not_a_number, 0, 1); }), "cost = nan"));
  CHECK(says(refusal([&] { model.add_column(infinity, 0, 1); }), "cost = inf"));
  CHECK(says(refusal([&] { model.add_column(0, 2, 1); }), "lower = 2"));
  CHECK(says(refusal([&] { model.add_column(0, not_a_number, 1); }), "lower = nan"));
  CHECK(says(refusal([&] { model.add_column(0, 0, not_a_number); }), "upper = nan"));
  CHECK(says(refusal([&] { model.add_column(0, infinity, infinity); }), "lower = inf"));
  CHECK(says(refusal([&] { model.add_column(0, -infinity, -infinity); }), "upper = -inf"));
  CHECK(says(row({{2, 1}}, 0, 1), "column = 2"));
  CHECK(says(row({{-1, 1}}, 0, 1), "column = -1"));
  CHECK(says(row({{0, 1}, {1, infinity}}, 0, 1), "coefficient = inf"));
  CHECK(says(row({{0, 1}, {1, not_a_number}}, 0, 1), "coefficient = nan"));
  CHECK(says(row({{0, 1e308}, {0, 1e308}}, 0, 1), "sum of the coefficients"));
  CHECK(says(row({{0, 1}}, 3, 1), "row lower = 3"));
  CHECK(says(refusal([&] { model.set_cost(5, 1); }), "column = 5"));
  CHECK(says(refusal([&] { model.set_cost(0, not_a_number); }), "cost = nan"));
  CHECK(says(refusal([&] { model.set_column_bounds(0, 1, 0); }), "lower = 1"));
  CHECK(says(refusal([&] { model.set_row_bounds(2, 0, 1); }), "row = 2"));
  CHECK(says(refusal([&] { model.set_row_bounds(0, 1, not_a_number); }), "row upper = nan"));
  CHECK(says(refusal([&] { model.set_objective_constant(infinity); }), "objective constant = inf"));
  CHECK(says(refusal([&] { static_cast<void>(model.cost(2)); }), "column = 2"));
  CHECK(says(refusal([&] { static_cast<void>(model.row(-1)); }), "row = -1"));
  CHECK(says(refusal([&] { model.minimise(Variable{0} + not_a_number); }), "objective constant = nan"));
  CHECK(says(refusal([&] { model.minimise(2 * Variable{7}); }), "column = 7"));
  CHECK(fingerprint(model) == before);
}

TEST_CASE("expressions become rows and objectives") {
  Model model;
  const Variable x = model.add_variable(0, 10, 0, "x"), y = model.add_variable();
  CHECK(model.lower(y.column) == 0);
  CHECK(model.upper(y.column) == infinity);

  const int row = model.add(2 * x + y - 1 <= 4 - x);
  CHECK(model.row_upper(row) == 5);
  CHECK(model.row_lower(row) == -infinity);
  CHECK(model.row(row)[0].coefficient == 3);
  CHECK(model.row(row)[1].coefficient == 1);

  CHECK(model.row_lower(model.add(x >= y)) == 0);
  const int equation = model.add(x / 2 - y == 3, "equation");
  CHECK(model.row_lower(equation) == 3);
  CHECK(model.row_upper(equation) == 3);
  CHECK(model.row(equation)[0].coefficient == 0.5);
  CHECK(model.row_name(equation) == "equation");

  model.minimise(3 * x - 2 * (y - x) + 7);
  CHECK(model.cost(0) == 5);
  CHECK(model.cost(1) == -2);
  CHECK(model.objective_constant() == 7);
  Expression twice = x + 1;
  twice += twice;
  model.minimise(-twice);
  CHECK(model.cost(0) == -2);
  CHECK(model.cost(1) == 0);
  CHECK(model.objective_constant() == -2);
}

TEST_CASE("expressions divide, grow in place and lie between two numbers") {
  Model model;
  const Variable x = model.add_variable(), y = model.add_variable();
  Expression sum;
  for (int k = 0; k < 3; ++k) sum.add(k, x).add(1, y);
  sum /= 3;
  const int row = model.add(between(1, sum + 1, 5));
  CHECK(model.row_lower(row) == 0);
  CHECK(model.row_upper(row) == 4);
  CHECK(model.coefficient(row, 0) == 1.0 / 3 + 2.0 / 3);
  CHECK(model.coefficient(row, 1) == 1);
  CHECK_FALSE(refusal([&] { model.add(x / 0.0 <= 1); }).empty());
  CHECK(model.rows() == 1);
}

namespace {

/// A model in the plainest form: what every edit should amount to.
struct Mirror {
  struct Column {
    double cost, lower, upper;
    std::string name;
    std::uint64_t id;
  };
  struct Row {
    double lower, upper;
    std::string name;
    std::uint64_t id;
    std::vector<Term> terms;
  };
  std::vector<Column> columns;
  std::vector<Row> rows;

  void set(int row, int column, double value) {
    auto& terms = rows[static_cast<std::size_t>(row)].terms;
    const auto found = std::find_if(terms.begin(), terms.end(), [column](const Term& t) { return t.column == column; });
    if (found != terms.end() && value == 0) terms.erase(found);
    if (found != terms.end() && value != 0) found->coefficient = value;
    if (found == terms.end() && value != 0) terms.push_back({column, value});
  }
  void erase_column(int column) {
    columns.erase(columns.begin() + column);
    for (Row& row : rows) {
      std::erase_if(row.terms, [column](const Term& t) { return t.column == column; });
      for (Term& t : row.terms) t.column -= t.column > column ? 1 : 0;
    }
  }
};

void compare(const Model& model, const Mirror& mirror) {
  REQUIRE(model.columns() == static_cast<int>(mirror.columns.size()));
  REQUIRE(model.rows() == static_cast<int>(mirror.rows.size()));
  REQUIRE(model.row_starts().size() == mirror.rows.size() + 1);
  bool same = model.row_starts().front() == 0 && model.row_starts().back() == model.terms().size();
  for (int j = 0; j < model.columns(); ++j) {
    const auto& column = mirror.columns[static_cast<std::size_t>(j)];
    same = same && model.cost(j) == column.cost && model.lower(j) == column.lower && model.upper(j) == column.upper &&
           model.name(j) == column.name && model.column_ids()[static_cast<std::size_t>(j)] == column.id;
  }
  for (int i = 0; i < model.rows(); ++i) {
    const auto& row = mirror.rows[static_cast<std::size_t>(i)];
    const auto terms = model.row(i);
    same = same && model.row_lower(i) == row.lower && model.row_upper(i) == row.upper && model.row_name(i) == row.name &&
           model.row_ids()[static_cast<std::size_t>(i)] == row.id && terms.size() == row.terms.size() &&
           std::equal(terms.begin(), terms.end(), row.terms.begin(),
                      [](const Term& a, const Term& b) { return a.column == b.column && a.coefficient == b.coefficient; });
  }
  CHECK(same);
}

int pick(Rng& rng, int count) { return static_cast<int>(rng.index(static_cast<std::size_t>(count))); }
std::string maybe_name(Rng& rng) { return rng.bernoulli(0.3) ? "n" + std::to_string(rng.index(1000)) : ""; }

std::vector<int> some_of(Rng& rng, int count) {
  std::vector<int> all;
  for (int k = 0; k < count; ++k) {
    if (rng.bernoulli(0.2)) all.insert(all.begin() + pick(rng, static_cast<int>(all.size()) + 1), k);
  }
  return all;
}

/// Random coefficients of distinct indices, a zero among them now and then.
std::vector<std::pair<int, double>> random_entries(Rng& rng, int count) {
  std::vector<std::pair<int, double>> entries;
  for (int k = 0; k < count; ++k) {
    if (rng.bernoulli(0.4)) entries.emplace_back(k, rng.bernoulli(0.1) ? 0.0 : rng.normal());
  }
  return entries;
}

void edit(Model& model, Mirror& mirror, Rng& rng) {
  const int n = model.columns(), m = model.rows();
  switch (rng.index(9)) {
    case 0: {
      const double cost = rng.normal();
      std::string name = maybe_name(rng);
      model.add_column(cost, -1, 1, name);
      mirror.columns.push_back({cost, -1, 1, name, model.column_ids().back()});
      break;
    }
    case 1: {  // with entries
      const auto given = random_entries(rng, m);
      std::vector<Entry> entries;
      for (const auto& [row, value] : given) entries.push_back({row, value});
      std::reverse(entries.begin(), entries.end());
      const int j = model.add_column(1, 0, infinity, entries);
      mirror.columns.push_back({1, 0, infinity, "", model.column_ids().back()});
      for (const auto& [row, value] : given) mirror.set(row, j, value);
      break;
    }
    case 2: {  // several at once
      SparseColumns matrix{.start = {0}, .row = {}, .value = {}};
      const std::size_t count = rng.index(4);
      for (std::size_t k = 0; k < count; ++k) {
        mirror.columns.push_back({static_cast<double>(k), 0, 9, "", 0});
        for (const auto& [row, value] : random_entries(rng, m)) {
          matrix.row.push_back(row);
          matrix.value.push_back(value);
          mirror.set(row, n + static_cast<int>(k), value);
        }
        matrix.start.push_back(static_cast<int>(matrix.row.size()));
      }
      const std::vector<double> costs = {0, 1, 2, 3}, lowers(4, 0.0), uppers(4, 9.0);
      CHECK(model.add_columns({costs.data(), count}, {lowers.data(), count}, {uppers.data(), count}, matrix) == n);
      for (std::size_t k = 0; k < count; ++k)
        mirror.columns[static_cast<std::size_t>(n) + k].id = model.column_ids()[static_cast<std::size_t>(n) + k];
      break;
    }
    case 3: {
      std::vector<Term> terms, kept;
      for (const auto& [column, value] : random_entries(rng, n)) {
        terms.push_back({column, value});
        if (value != 0) kept.push_back({column, value});
      }
      std::string name = maybe_name(rng);
      model.add_row(terms, -2, 2, name);
      mirror.rows.push_back({-2, 2, name, model.row_ids().back(), kept});
      break;
    }
    case 4: {
      if (m == 0) break;
      const int i = pick(rng, m);
      std::vector<Term> terms, kept;
      for (const auto& [column, value] : random_entries(rng, n)) {
        terms.push_back({column, value});
        if (value != 0) kept.push_back({column, value});
      }
      model.set_row(i, terms);
      mirror.rows[static_cast<std::size_t>(i)].terms = kept;
      break;
    }
    case 5: {
      for (int k = 0; k < 4 && m > 0 && n > 0; ++k) {
        const int i = pick(rng, m), j = pick(rng, n);
        const double value = rng.bernoulli(0.4) ? 0 : rng.normal();
        model.set_coefficient(i, j, value);
        mirror.set(i, j, value);
        CHECK(model.coefficient(i, j) == value);
      }
      break;
    }
    case 6: {
      std::vector<int> rows = some_of(rng, m);
      model.delete_rows(rows);
      std::sort(rows.rbegin(), rows.rend());
      for (const int i : rows) mirror.rows.erase(mirror.rows.begin() + i);
      break;
    }
    case 7: {
      std::vector<int> columns = some_of(rng, n);
      model.delete_columns(columns);
      std::sort(columns.rbegin(), columns.rend());
      for (const int j : columns) mirror.erase_column(j);
      break;
    }
    default: {
      if (n > 0) {
        const int j = pick(rng, n);
        auto& column = mirror.columns[static_cast<std::size_t>(j)];
        column.name = maybe_name(rng);
        column.lower = -7;
        model.set_name(j, column.name);
        model.set_column_bounds(j, column.lower, column.upper);
      }
      if (m > 0) {
        const int i = pick(rng, m);
        auto& row = mirror.rows[static_cast<std::size_t>(i)];
        row.name = maybe_name(rng);
        row.upper = 8;
        model.set_row_name(i, row.name);
        model.set_row_bounds(i, row.lower, row.upper);
      }
    }
  }
}

}  // namespace

TEST_CASE("any sequence of edits leaves what it should") {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    Rng rng{seed};
    Model model;
    Mirror mirror;
    std::uint64_t last_row = 0, last_column = 0;
    for (int step = 0; step < 150; ++step) {
      edit(model, mirror, rng);
      INFO("seed " << seed << ", step " << step);
      compare(model, mirror);
      // Ids rise, and a new one is above all that ever were.
      const auto rows = model.row_ids(), columns = model.column_ids();
      CHECK(std::adjacent_find(rows.begin(), rows.end(), std::greater_equal<>{}) == rows.end());
      CHECK(std::adjacent_find(columns.begin(), columns.end(), std::greater_equal<>{}) == columns.end());
      Model next = model;
      next.add_column(0, 0, 1);
      next.add_row(std::vector<Term>{}, 0, 1);
      CHECK(next.column_ids().back() >= last_column);
      CHECK(next.row_ids().back() >= last_row);
      last_column = next.column_ids().back();
      last_row = next.row_ids().back();
    }
  }
}

TEST_CASE("the terms of a row may come from the model itself") {
  Model model = two_by_two();
  for (int k = 0; k < 20; ++k) model.add_row(model.row(0), -infinity, k);
  for (int i = 2; i < model.rows(); ++i) CHECK(model.row(i)[1].coefficient == 3);
  model.set_row(1, model.row(0));
  CHECK(model.coefficient(1, 0) == 1);
  CHECK(model.coefficient(1, 1) == 3);
  CHECK(model.coefficient(0, 1) == 3);
  const int first = model.add_columns(model.costs(), model.lowers(), model.uppers(), model.assemble());
  CHECK(first == 2);
  CHECK(model.cost(3) == -2);
  CHECK(model.coefficient(5, 3) == 3);
}

TEST_CASE("deleted columns and rows do not give their ids away") {
  Model model = two_by_two();
  const std::uint64_t kept = model.column_ids()[0], gone = model.column_ids()[1];
  model.delete_column(1);
  CHECK(model.column_ids().size() == 1);
  CHECK(model.column_ids()[0] == kept);
  CHECK(model.row(1).empty());
  model.add_column(0, 0, 1);
  CHECK(model.column_ids()[1] > gone);
  const std::uint64_t row = model.row_ids()[1];
  model.delete_row(0);
  CHECK(model.row_ids()[0] == row);
  CHECK(model.row_name(0) == "fix");
}

TEST_CASE("columns and rows are found by name") {
  Model model = two_by_two();
  CHECK(model.find_column("y") == 1);
  CHECK(model.find_row("cap") == 0);
  CHECK_FALSE(model.find_row("y").has_value());
  model.add_column(0, 0, 1);
  CHECK_FALSE(model.find_column("").has_value());
  model.set_name(2, "z");
  CHECK(model.find_column("z") == 2);
  model.delete_column(0);
  CHECK(model.find_column("z") == 1);
  CHECK_FALSE(model.find_column("x").has_value());
}

TEST_CASE("a whole program at once is what it is piece by piece") {
  const ModelArrays arrays{.costs = {1, -2},
                           .lowers = {0, -infinity},
                           .uppers = {4, 5},
                           .row_lowers = {-infinity, 2},
                           .row_uppers = {7, 2},
                           .objective_constant = 3,
                           .names = {"x", "y"},
                           .row_names = {"cap", "fix"}};
  Model expected = two_by_two();
  expected.set_objective_constant(3);
  const SparseColumns columns{.start = {0, 2, 4}, .row = {0, 1, 1, 0}, .value = {1, 0, -1, 3}};
  const SparseRows rows{.start = {0, 2, 4}, .column = {0, 1, 1, 0}, .value = {1, 3, -1, 0}};
  for (const Model& model : {Model::from_columns(arrays, columns), Model::from_rows(arrays, rows)}) {
    CHECK(fingerprint(model) == fingerprint(expected));
    CHECK(model.name(1) == "y");
    CHECK(model.row_name(1) == "fix");
    CHECK(model.column_ids().size() == 2);
    CHECK(model.row_ids()[0] < model.row_ids()[1]);
    Model more = model;  // and it can be edited like any other
    more.add_row({{0, 1}, {1, 1}, {0, 1}}, 0, 1);
    CHECK(more.coefficient(2, 0) == 2);
  }
  const Model defaults =
      Model::from_columns({.costs = {1, 1}, .row_uppers = {5}}, {.start = {0, 1, 2}, .row = {0, 0}, .value = {1, 2}});
  CHECK(defaults.lower(1) == 0);
  CHECK(defaults.upper(1) == infinity);
  CHECK(defaults.row_lower(0) == -infinity);
  CHECK(defaults.row_upper(0) == 5);
  CHECK(Model::from_columns({}, {.start = {0}, .row = {}, .value = {}}).columns() == 0);
}

TEST_CASE("a whole program at once is refused by name") {
  const auto build = [](ModelArrays arrays, SparseColumns matrix) {
    return refusal([&] { static_cast<void>(Model::from_columns(std::move(arrays), matrix)); });
  };
  const SparseColumns good{.start = {0, 1, 2}, .row = {0, 0}, .value = {1, 2}};
  const ModelArrays two{.costs = {1, 1}, .row_uppers = {5}};
  CHECK(build(two, good).empty());
  CHECK(says(build({.costs = {1, not_a_number}, .row_uppers = {5}}, good), "costs[1] = nan"));
  CHECK(says(build({.costs = {1, 1}, .lowers = {0}, .row_uppers = {5}}, good), "lowers = 1"));
  CHECK(says(build({.costs = {1, 1}, .uppers = {0, -1}, .row_uppers = {5}}, good), "lowers[1] = 0"));
  CHECK(says(build({.costs = {1, 1}, .row_lowers = {6}, .row_uppers = {5}}, good), "row_lowers[0] = 6"));
  CHECK(says(build({.costs = {1, 1}, .row_lowers = {0, 1}, .row_uppers = {5}}, good), "row_uppers = 1"));
  CHECK(says(build({.costs = {1, 1}, .row_uppers = {5}, .objective_constant = infinity}, good), "objective constant = inf"));
  CHECK(says(build({.costs = {1, 1}, .row_uppers = {5}, .names = {"x"}}, good), "names = 1"));
  CHECK(says(build({.costs = {1}, .row_uppers = {5}}, good), "matrix.start = 3"));
  CHECK(says(build(two, {.start = {0, 2, 2}, .row = {0, 0}, .value = {1, 2}}), "matrix index[1] = 0"));
  CHECK(says(build(two, {.start = {0, 1, 2}, .row = {0, 1}, .value = {1, 2}}), "matrix index[1] = 1"));
  CHECK(says(build(two, {.start = {0, 1, 2}, .row = {0, -1}, .value = {1, 2}}), "matrix index[1] = -1"));
  CHECK(says(build(two, {.start = {0, 1, 2}, .row = {0, 0}, .value = {1, infinity}}), "matrix.value[1] = inf"));
  CHECK(says(build(two, {.start = {0, 1, 2}, .row = {0, 0}, .value = {1}}), "matrix.value = 1"));
  CHECK(says(build(two, {.start = {0, 3, 2}, .row = {0, 0}, .value = {1, 1}}), "matrix"));
  CHECK(says(build(two, {.start = {0, -1, 2}, .row = {0, 0}, .value = {1, 1}}), "matrix.start[1] = -1"));
  CHECK(says(build(two, {.start = {1, 1, 2}, .row = {0, 0}, .value = {1, 1}}), "matrix.start = 1"));
  CHECK(says(build(two, {.start = {0, 1, 9}, .row = {0, 0}, .value = {1, 1}}), "matrix.start = 9"));
  CHECK(says(build(two, {}), "matrix.start = 0"));
}

TEST_CASE("edits of the matrix are refused by name and leave the model as it was") {
  Model model = two_by_two();
  const std::vector<double> before = fingerprint(model);
  const std::vector<double> one = {1}, three = {1, 1, 1}, two = {1, not_a_number};
  const auto column = [&](std::vector<Entry> entries) { return refusal([&] { model.add_column(0, 0, 1, entries); }); };
  CHECK(says(column({{0, 1}, {2, 1}}), "matrix index[1] = 2"));
  CHECK(says(column({{0, 1}, {1, 1}, {0, 1}}), "matrix index[2] = 0"));
  CHECK(says(column({{0, not_a_number}}), "matrix.value[0] = nan"));
  CHECK(says(refusal([&] { model.set_coefficient(0, 2, 1); }), "column = 2"));
  CHECK(says(refusal([&] { model.set_coefficient(-1, 0, 1); }), "row = -1"));
  CHECK(says(refusal([&] { model.set_coefficient(0, 0, infinity); }), "coefficient = inf"));
  CHECK(says(refusal([&] { static_cast<void>(model.coefficient(0, 9)); }), "column = 9"));
  CHECK(says(refusal([&] { model.set_row(0, {{0, 1e308}, {1, 1}, {0, 1e308}}); }), "sum of the coefficients"));
  CHECK(says(refusal([&] { model.set_row(7, {}); }), "row = 7"));
  CHECK(says(refusal([&] { model.delete_rows({0, 2}); }), "row = 2"));
  CHECK(says(refusal([&] { model.delete_rows({1, 0, 1}); }), "row = 1: must be given only once"));
  CHECK(says(refusal([&] { model.delete_columns({1, 1}); }), "column = 1: must be given only once"));
  CHECK(says(refusal([&] { model.delete_column(-1); }), "column = -1"));
  CHECK(says(refusal([&] { model.set_costs(three); }), "costs = 3"));
  CHECK(says(refusal([&] { model.set_costs(two); }), "costs[1] = nan"));
  CHECK(says(refusal([&] { model.set_column_bounds(one, two); }), "lowers = 1"));
  CHECK(says(refusal([&] { model.set_row_bounds(two, two); }), "row_lowers[1] = nan"));
  CHECK(says(refusal([&] { model.set_name(2, "a"); }), "column = 2"));
  CHECK(says(refusal([&] { model.set_row_name(2, "a"); }), "row = 2"));
  CHECK(says(refusal([&] { model.add_rows(one, three, {.start = {0, 0}, .column = {}, .value = {}}); }), "row_uppers = 3"));
  CHECK(says(refusal([&] { model.add_rows(one, one, {.start = {0, 2}, .column = {0, 0}, .value = {1, 1}}); }), "only once"));
  CHECK(fingerprint(model) == before);
  model.set_coefficient(1, 1, 0);
  model.set_coefficient(1, 1, -1);
  model.set_costs(std::vector<double>{1, -2});
  CHECK(fingerprint(model) == before);
}
