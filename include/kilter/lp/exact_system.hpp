#pragma once
/// @file
/// Exact solution of a sparse square system in whole numbers. Needs GMP.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <gmpxx.h>

#include "kilter/core/progress.hpp"
#include "kilter/core/status.hpp"
#include "kilter/lp/exact_lifting.hpp"
#include "kilter/lp/exact_lu.hpp"
#include "kilter/lp/exact_number.hpp"

namespace kilter::lp::detail {

/// A vector of fractions, most of which share a denominator; not in lowest terms. Denominator 0 of the table is 1.
struct ExactVector {
  std::vector<mpz_class> numerator;
  std::vector<int> which;  // of the denominators
  std::vector<mpz_class> denominator = {mpz_class{1}};

  explicit ExactVector(std::size_t size = 0) : numerator(size), which(size, 0) {}
};

/// A sum of numbers mantissa * base^exponent * fraction, the fractions with denominators from a table.
class ExactSum {
 public:
  ExactSum(Powers& powers, const std::vector<mpz_class>& denominators) : powers_(powers), denominators_(denominators) {}

  void clear() { used_ = 0; }
  void add(std::int64_t mantissa, int exponent, const mpz_class& numerator, int which) {
    if (mantissa == 0 || sgn(numerator) == 0) return;
    Part& part = find(which, exponent);
    if (exponent < part.exponent) {
      powers_.raise(part.sum, part.exponent - exponent);
      part.exponent = exponent;
    }
    const auto magnitude = static_cast<unsigned long>(mantissa < 0 ? -mantissa : mantissa);
    const mpz_class* factor = &numerator;
    if (exponent > part.exponent) {
      term_ = numerator;
      powers_.raise(term_, exponent - part.exponent);
      factor = &term_;
    }
    (mantissa < 0 ? mpz_submul_ui : mpz_addmul_ui)(part.sum.get_mpz_t(), factor->get_mpz_t(), magnitude);
  }
  /// Adds a plain number.
  void add(const ScaledInteger& number, int sign = 1) { add(sign * number.mantissa, number.exponent, unit_, 0); }

  [[nodiscard]] int sign() {
    combine();
    return sgn(numerator_);
  }
  [[nodiscard]] bool is_zero() { return sign() == 0; }
  [[nodiscard]] mpq_class value() {
    combine();
    return powers_.fraction(numerator_, exponent_, denominator_);
  }
  /// The sum times 2^shift, to nearly the last bit of a double.
  [[nodiscard]] double to_double(int shift = 0) {
    combine();
    powers_.raise(exponent_ >= 0 ? numerator_ : denominator_, std::abs(exponent_));
    long above = 0, below = 0;
    const double top = mpz_get_d_2exp(&above, numerator_.get_mpz_t()), bottom = mpz_get_d_2exp(&below, denominator_.get_mpz_t());
    return std::ldexp(top / bottom, static_cast<int>(std::clamp(above - below + shift, -4000L, 4000L)));
  }
  /// The sum of whole numbers (denominator 1) as numerator * base^exponent.
  std::pair<mpz_class, int> whole() {
    combine();
    return {numerator_, exponent_};
  }

 private:
  struct Part {
    int which = 0, exponent = 0;
    mpz_class sum;
  };

  Part& find(int which, int exponent) {
    for (std::size_t k = 0; k < used_; ++k) {
      if (parts_[k].which == which) return parts_[k];
    }
    if (used_ == parts_.size()) parts_.emplace_back();
    Part& part = parts_[used_++];
    part.which = which;
    part.exponent = exponent;
    part.sum = 0;
    return part;
  }

  /// One fraction numerator * base^exponent / denominator.
  void combine() {
    numerator_ = 0;
    denominator_ = 1;
    exponent_ = 0;
    for (std::size_t k = 0; k < used_; ++k) exponent_ = k == 0 ? parts_[k].exponent : std::min(exponent_, parts_[k].exponent);
    for (std::size_t k = 0; k < used_; ++k) {
      if (sgn(parts_[k].sum) == 0) continue;
      term_ = parts_[k].sum;
      powers_.raise(term_, parts_[k].exponent - exponent_);
      const mpz_class& other = denominators_[static_cast<std::size_t>(parts_[k].which)];
      if (denominator_ == other) {
        numerator_ += term_;
      } else if (denominator_ == 1) {
        numerator_ = numerator_ * other + term_;
        denominator_ = other;
      } else if (other == 1) {
        numerator_ += term_ * denominator_;
      } else {
        join(other);
      }
    }
  }
  void join(const mpz_class& other) {
    mpz_class common;
    mpz_lcm(common.get_mpz_t(), denominator_.get_mpz_t(), other.get_mpz_t());
    numerator_ = numerator_ * (common / denominator_) + term_ * (common / other);
    denominator_ = common;
  }

  Powers& powers_;
  const std::vector<mpz_class>& denominators_;
  std::vector<Part> parts_;
  std::size_t used_ = 0;
  mpz_class term_, numerator_, denominator_ = 1;
  const mpz_class unit_ = 1;
  int exponent_ = 0;
};

/// Rational reconstruction of a whole vector from its digits, with what is known of one component used for the next.
class Reconstruction {
 public:
  explicit Reconstruction(std::size_t size) : out_(size), known_(size, 0) {}

  /// Whether every component has a fraction small enough to be believed. Components once found are kept.
  bool attempt(Lifting& lifting, const Field& field) {
    mpz_ui_pow_ui(modulus_.get_mpz_t(), static_cast<unsigned long>(field.prime()), lifting.count());
    const std::size_t size = bits(modulus_);
    most_ = size > margin ? size - margin : 0;
    for (std::size_t k = 0; k < known_.size(); ++k) {
      const std::size_t j = (first_ + k) % known_.size();
      if (known_[j] != 0) continue;
      lifting.component(j, value_);
      if (lifting.ended()) {
        out_.numerator[j] = value_;
        out_.which[j] = 0;
      } else if (!find(j)) {
        first_ = j;
        return false;
      }
      known_[j] = 1;
    }
    return true;
  }
  void forget() { std::fill(known_.begin(), known_.end(), char{0}); }
  [[nodiscard]] ExactVector& result() { return out_; }

 private:
  /// How many bits a fraction must be shorter than chance would make it.
  static constexpr std::size_t margin = 61;

  bool find(std::size_t j) {
    const mpz_class& guess = out_.denominator[static_cast<std::size_t>(last_)];
    scaled_ = value_ * guess;
    mpz_fdiv_r(scaled_.get_mpz_t(), scaled_.get_mpz_t(), modulus_.get_mpz_t());
    if (2 * scaled_ > modulus_) scaled_ -= modulus_;
    const std::size_t spent = bits(guess);
    if (spent < most_ && reconstruct(scaled_, modulus_, most_ - spent + 1, out_.numerator[j], factor_)) {
      if (factor_ != 1) {
        factor_ *= guess;
        reduce(out_.numerator[j]);
      }
    } else {
      if (last_ == 0 || !reconstruct(value_, modulus_, most_, out_.numerator[j], factor_)) return false;
      name(factor_);
    }
    out_.which[j] = last_;
    return true;
  }
  /// numerator / factor_ in lowest terms; its denominator becomes the guess for the next component.
  void reduce(mpz_class& numerator) {
    const mpz_class common = gcd(numerator, factor_);
    numerator /= common;
    name(factor_ / common);
  }
  void name(const mpz_class& denominator) {
    if (denominator == 1) {
      last_ = 0;
      return;
    }
    last_ = static_cast<int>(out_.denominator.size());
    out_.denominator.push_back(denominator);
  }

  ExactVector out_;
  std::vector<char> known_;
  std::size_t first_ = 0, most_ = 0;
  int last_ = 0;
  mpz_class modulus_, value_, scaled_, factor_;
};

/// A square matrix of whole numbers, ready to be solved with exactly: a sparse LU modulo a prime of 61 bits, p-adic lifting
/// (Dixon 1982) and rational reconstruction, for bases of linear programs the fastest of the known ways (Cook, Steffy 2011).
class ExactSystem {
 public:
  /// By columns, column `j` holding entries of rows below `columns.lines()`.
  explicit ExactSystem(IntegerMatrix columns)
      : columns_(std::move(columns)), rows_(columns_.transposed(columns_.lines())), size_(columns_.lines()) {}

  [[nodiscard]] int size() const { return size_; }

  /// False when the matrix is singular modulo two different primes.
  bool factor() {
    for (int attempt = 0; attempt < 2; ++attempt) {
      field_ = Field(prime(attempt));
      if (lu_.factor(field_, columns_.modulo(field_))) return true;
    }
    return false;
  }

  /// Solves K x = b, or K' x = b. `check(x)` decides by substitution whether a candidate is the solution; while it is not, more
  /// digits are made. `Status::optimal`, or why it ended before.
  template <class Check>
  Status solve(const std::vector<mpz_class>& b, bool transposed, const Stopwatch& stopwatch, Check&& check) {
    Lifting lifting(field_, transposed ? columns_ : rows_, lu_, transposed, b);
    Reconstruction reconstruction(b.size());
    const std::size_t limit = digit_limit(b, transposed);
    for (std::size_t goal = 2;; goal = std::max(goal + 1, goal * 4 / 3)) {
      while (lifting.count() < goal && !lifting.ended()) {
        lifting.step();
        if (const Status status = stopwatch.check(); status != Status::feasible) return status;
      }
      if (reconstruction.attempt(lifting, field_)) {
        if (check(reconstruction.result())) return Status::optimal;
        reconstruction.forget();
      }
      if (lifting.ended() || lifting.count() > limit) return Status::numerical_failure;
    }
  }

  /// A column that is a combination of the others, found after `factor` has failed; −1 where none could be proven.
  [[nodiscard]] int dependent_column(const Stopwatch& stopwatch) {
    const std::vector<int> rows = lu_.pivot_rows(), columns = lu_.pivot_columns();
    std::vector<int> place(static_cast<std::size_t>(size_), -1);
    for (std::size_t k = 0; k < rows.size(); ++k) place[static_cast<std::size_t>(rows[k])] = static_cast<int>(k);
    std::vector<char> pivotal(static_cast<std::size_t>(size_), 0);
    for (const int j : columns) pivotal[static_cast<std::size_t>(j)] = 1;
    const int dependent = static_cast<int>(std::find(pivotal.begin(), pivotal.end(), char{0}) - pivotal.begin());
    IntegerMatrix inner;
    for (const int j : columns) {
      for (auto k = begin(j); k < end(j); ++k) {
        const int i = place[static_cast<std::size_t>(columns_.index[k])];
        if (i >= 0) inner.push_piece(i, columns_.value[k], columns_.limb[k]);
      }
      inner.close();
    }
    std::vector<mpz_class> b(rows.size());
    for (auto k = begin(dependent); k < end(dependent); ++k) {
      const int i = place[static_cast<std::size_t>(columns_.index[k])];
      if (i >= 0) b[static_cast<std::size_t>(i)] += piece(k);
    }
    ExactSystem system(std::move(inner));
    if (!system.factor()) return -1;
    const auto combines = [&](const ExactVector& x) { return is_combination(columns, x, dependent); };
    return system.solve(b, false, stopwatch, combines) == Status::optimal ? dependent : -1;
  }

 private:
  static std::uint64_t prime(int attempt) {
    constexpr std::uint64_t mersenne = (std::uint64_t{1} << 61) - 1;
    if (attempt == 0) return mersenne;
    mpz_class next = static_cast<unsigned long>(mersenne / 3 * 2 + static_cast<std::uint64_t>(attempt));
    mpz_nextprime(next.get_mpz_t(), next.get_mpz_t());
    return static_cast<std::uint64_t>(next.get_ui());
  }

  [[nodiscard]] std::size_t begin(int column) const {
    return static_cast<std::size_t>(columns_.start[static_cast<std::size_t>(column)]);
  }
  [[nodiscard]] std::size_t end(int column) const { return begin(column + 1); }
  [[nodiscard]] mpz_class piece(std::size_t k) const {
    mpz_class value = to_integer(columns_.value[k]);
    mpz_mul_2exp(value.get_mpz_t(), value.get_mpz_t(), static_cast<mp_bitcnt_t>(64 * columns_.limb[k]));
    return value;
  }

  /// Whether the columns times x give column `dependent`, in all rows.
  [[nodiscard]] bool is_combination(const std::vector<int>& columns, const ExactVector& x, int dependent) const {
    std::vector<mpq_class> rest(static_cast<std::size_t>(size_));
    for (auto k = begin(dependent); k < end(dependent); ++k) rest[static_cast<std::size_t>(columns_.index[k])] -= piece(k);
    for (std::size_t c = 0; c < columns.size(); ++c) {
      mpq_class factor{x.numerator[c], x.denominator[static_cast<std::size_t>(x.which[c])]};
      factor.canonicalize();
      if (sgn(factor) == 0) continue;
      for (auto k = begin(columns[c]); k < end(columns[c]); ++k)
        rest[static_cast<std::size_t>(columns_.index[k])] += factor * piece(k);
    }
    return std::all_of(rest.begin(), rest.end(), [](const mpq_class& value) { return sgn(value) == 0; });
  }

  /// By Cramer's rule and Hadamard's bound numerators and denominators have no more bits than this many digits hold twice over.
  [[nodiscard]] std::size_t digit_limit(const std::vector<mpz_class>& b, bool transposed) const {
    std::size_t most = 0;
    for (const mpz_class& value : b) most = std::max(most, bits(value));
    const std::size_t norm = (transposed ? columns_ : rows_).norm_bits();
    return (2 * (norm + 8) * (b.size() + 1) + most) / 60 + 16;
  }

  IntegerMatrix columns_, rows_;
  int size_;
  Field field_{(std::uint64_t{1} << 61) - 1};
  ModularLu lu_;
};

}  // namespace kilter::lp::detail
