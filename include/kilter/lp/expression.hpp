#pragma once
/// @file
/// Linear expressions and constraints over the columns of a model: `2 * x + y <= 4`.

#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

namespace kilter::lp {

/// The bound that is not there.
inline constexpr double infinity = std::numeric_limits<double>::infinity();

/// One coefficient of a row.
struct Term {
  int column = 0;
  double coefficient = 0;
};

/// One coefficient of a column.
struct Entry {
  int row = 0;
  double coefficient = 0;
};

/// A column of a model, for use in expressions. A value: it holds the index alone, and so means another column once one before it
/// has been deleted.
struct Variable {
  int column = 0;
};

/// A sum of terms and a constant. The same column may occur more than once; a model adds such terms up.
struct Expression {
  std::vector<Term> terms{};
  double constant = 0;

  Expression() = default;
  Expression(double value) : constant(value) {}  // NOLINT(google-explicit-constructor): a number is an expression
  Expression(Variable x)
      : terms{{.column = x.column, .coefficient = 1}} {}  // NOLINT(google-explicit-constructor): so is a variable

  /// Adds `coefficient * x` without making an expression of it first: for long sums in a loop.
  Expression& add(double coefficient, Variable x) {
    terms.push_back({.column = x.column, .coefficient = coefficient});
    return *this;
  }

  Expression& operator+=(const Expression& other) { return add_multiple(other, 1); }
  Expression& operator-=(const Expression& other) { return add_multiple(other, -1); }
  Expression& operator*=(double factor) {
    for (Term& term : terms) term.coefficient *= factor;
    constant *= factor;
    return *this;
  }
  Expression& operator/=(double divisor) {
    for (Term& term : terms) term.coefficient /= divisor;
    constant /= divisor;
    return *this;
  }

 private:
  Expression& add_multiple(const Expression& other, double factor) {
    const auto count = other.terms.size();  // by index: `e += e` is allowed
    for (std::size_t k = 0; k < count; ++k) {
      const Term term = other.terms[k];
      terms.push_back({.column = term.column, .coefficient = factor * term.coefficient});
    }
    constant += factor * other.constant;
    return *this;
  }
};

[[nodiscard]] inline Expression operator+(Expression a, const Expression& b) { return std::move(a += b); }
[[nodiscard]] inline Expression operator-(Expression a, const Expression& b) { return std::move(a -= b); }
[[nodiscard]] inline Expression operator-(Expression a) { return std::move(a *= -1); }
[[nodiscard]] inline Expression operator*(double factor, Expression a) { return std::move(a *= factor); }
[[nodiscard]] inline Expression operator*(Expression a, double factor) { return std::move(a *= factor); }
[[nodiscard]] inline Expression operator/(Expression a, double divisor) { return std::move(a /= divisor); }

/// `lower <= terms <= upper`, with the constants already moved to the bounds.
struct Constraint {
  std::vector<Term> terms{};
  double lower = -infinity;
  double upper = infinity;
};

namespace detail {
inline Constraint constrain(Expression a, const Expression& b, bool from_below, bool from_above) {
  a -= b;
  const double right = 0.0 - a.constant;
  return {.terms = std::move(a.terms), .lower = from_below ? right : -infinity, .upper = from_above ? right : infinity};
}
}  // namespace detail

[[nodiscard]] inline Constraint operator<=(Expression a, const Expression& b) {
  return detail::constrain(std::move(a), b, false, true);
}
[[nodiscard]] inline Constraint operator>=(Expression a, const Expression& b) {
  return detail::constrain(std::move(a), b, true, false);
}
[[nodiscard]] inline Constraint operator==(Expression a, const Expression& b) {
  return detail::constrain(std::move(a), b, true, true);
}
/// `lower <= x <= upper` as one row.
[[nodiscard]] inline Constraint between(double lower, Expression x, double upper) {
  return {.terms = std::move(x.terms), .lower = lower - x.constant, .upper = upper - x.constant};
}

}  // namespace kilter::lp
