#include "kilter/lp/model.hpp"

#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "catch.hpp"

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
