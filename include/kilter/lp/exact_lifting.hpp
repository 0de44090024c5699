#pragma once
/// @file
/// p-adic lifting of a sparse system of equations in whole numbers. Needs GMP.

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <gmpxx.h>

#include "kilter/lp/exact_lu.hpp"
#include "kilter/lp/exact_number.hpp"

namespace kilter::lp::detail {

/// A sparse matrix of whole numbers by lines. An entry is a sum of pieces value * 2^(64 limb); nearly all have one piece.
struct IntegerMatrix {
  std::vector<int> start{0}, index{};
  std::vector<std::int64_t> value{};
  std::vector<int> limb{};

  void push(int i, mpz_class entry) {
    for (int l = 0; sgn(entry) != 0; ++l) {
      // Balanced pieces: the lowest word as a signed number, then the rest.
      const auto low = static_cast<std::int64_t>(lowest_word(entry));
      entry -= to_integer(low);
      mpz_fdiv_q_2exp(entry.get_mpz_t(), entry.get_mpz_t(), 64);
      if (low != 0) push_piece(i, low, l);
    }
  }
  void push_piece(int i, std::int64_t piece, int l) {
    index.push_back(i);
    value.push_back(piece);
    limb.push_back(l);
  }
  void close() { start.push_back(static_cast<int>(index.size())); }
  [[nodiscard]] int lines() const { return static_cast<int>(start.size()) - 1; }

  [[nodiscard]] IntegerMatrix transposed(int size) const {
    IntegerMatrix out;
    out.start.assign(static_cast<std::size_t>(size) + 1, 0);
    out.index.resize(index.size());
    out.value.resize(value.size());
    out.limb.resize(limb.size());
    for (const int i : index) ++out.start[static_cast<std::size_t>(i) + 1];
    for (std::size_t i = 0; i < static_cast<std::size_t>(size); ++i) out.start[i + 1] += out.start[i];
    std::vector<int> next(out.start.begin(), out.start.end() - 1);
    for (std::size_t line = 0; line + 1 < start.size(); ++line) {
      for (auto k = static_cast<std::size_t>(start[line]); k < static_cast<std::size_t>(start[line + 1]); ++k) {
        const auto place = static_cast<std::size_t>(next[static_cast<std::size_t>(index[k])]++);
        out.index[place] = static_cast<int>(line);
        out.value[place] = value[k];
        out.limb[place] = limb[k];
      }
    }
    return out;
  }

  [[nodiscard]] ModularMatrix modulo(const Field& field) const {
    const std::uint64_t shift = field.enter(field.one());  // 2^64 in Montgomery's form
    ModularMatrix out;
    for (std::size_t line = 0; line + 1 < start.size(); ++line) {
      for (auto k = static_cast<std::size_t>(start[line]); k < static_cast<std::size_t>(start[line + 1]); ++k) {
        std::uint64_t entry = field.enter(value[k]);
        for (int l = 0; l < limb[k]; ++l) entry = field.multiply(entry, shift);
        if (out.index.size() > static_cast<std::size_t>(out.start.back()) && out.index.back() == index[k]) {
          out.value.back() = field.add(out.value.back(), entry);
        } else {
          out.push(index[k], entry);
        }
      }
      out.close();
    }
    return out;
  }

  /// A power of two above the sum of the magnitudes of any line: its exponent.
  [[nodiscard]] std::size_t norm_bits() const {
    std::size_t most = 0;
    for (std::size_t line = 0; line + 1 < start.size(); ++line) {
      std::size_t largest = 0;
      for (auto k = static_cast<std::size_t>(start[line]); k < static_cast<std::size_t>(start[line + 1]); ++k) {
        const auto size = static_cast<std::uint64_t>(value[k] < 0 ? -(value[k] + 1) : value[k]);
        largest = std::max(largest, static_cast<std::size_t>(64 * limb[k]) + static_cast<std::size_t>(std::bit_width(size)) + 1);
      }
      const auto count = static_cast<std::uint64_t>(start[line + 1] - start[line]);
      most = std::max(most, largest + static_cast<std::size_t>(std::bit_width(count)));
    }
    return most;
  }

 private:
  /// The entry modulo 2^64.
  static std::uint64_t lowest_word(const mpz_class& entry) {
    static_assert(sizeof(mp_limb_t) == sizeof(std::uint64_t), "GMP must have words of 64 bits");
    const auto word = static_cast<std::uint64_t>(mpz_getlimbn(entry.get_mpz_t(), 0));
    return sgn(entry) < 0 ? std::uint64_t{0} - word : word;
  }
};

/// The digits of x in K x = b, base p: K x_t = r_t modulo p, r_{t+1} = (r_t − K x_t) / p (Dixon 1982). Digits lie between −p/2 and
/// p/2, so that those of a whole number end. A residual never exceeds the sum of the magnitudes of a row by much: it is kept in
/// `width` words of two's complement, and arithmetic that overflows them on the way is right at the end.
class Lifting {
 public:
  /// `rows` is K by rows (or K' by rows, that is K by columns, with `transposed`).
  Lifting(const Field& field, const IntegerMatrix& rows, ModularLu& lu, bool transposed, const std::vector<mpz_class>& b)
      : field_(field), rows_(rows), lu_(lu), transposed_(transposed), size_(b.size()) {
    std::size_t most = rows.norm_bits();
    for (const mpz_class& value : b) most = std::max(most, bits(value));
    width_ = (most + 2) / 64 + 1;
    width_ = std::max<std::size_t>(2, width_);
    residual_.assign(size_ * width_, 0);
    for (std::size_t i = 0; i < size_; ++i) {
      IntegerMatrix pieces;
      pieces.push(0, b[i]);
      for (std::size_t k = 0; k < pieces.value.size(); ++k)
        add(&residual_[i * width_], pieces.value[k], static_cast<std::size_t>(pieces.limb[k]));
    }
    reduced_.resize(size_);
    digit_.resize(size_);
  }

  [[nodiscard]] std::size_t count() const { return count_; }
  /// True when all further digits are zero.
  [[nodiscard]] bool ended() const { return ended_; }

  void step() {
    ended_ = std::all_of(residual_.begin(), residual_.end(), [](std::uint64_t word) { return word == 0; });
    if (ended_) return;
    for (std::size_t i = 0; i < size_; ++i) reduced_[i] = remainder(&residual_[i * width_]);
    if (transposed_) {
      lu_.solve_transposed(field_, reduced_, digit_);
    } else {
      lu_.solve(field_, reduced_, digit_);
    }
    const std::uint64_t half = field_.prime() / 2;
    for (const std::uint64_t digit : digit_)
      digits_.push_back(static_cast<std::int64_t>(digit) - static_cast<std::int64_t>(digit > half ? field_.prime() : 0));
    if (width_ == 2) {
      update_two_words();
    } else {
      update();
    }
    ++count_;
  }

  /// Component `j` modulo p^count, between −p^count / 2 and p^count / 2.
  void component(std::size_t j, mpz_class& out) {
    while ((std::size_t{leaf} << power_.size()) < count_) {
      mpz_class next;
      if (power_.empty()) {
        mpz_ui_pow_ui(next.get_mpz_t(), static_cast<unsigned long>(field_.prime()), leaf);
      } else {
        next = power_.back() * power_.back();
      }
      power_.push_back(std::move(next));
    }
    combine(j, 0, count_, power_.size(), out);
  }

 private:
  static constexpr std::size_t leaf = 16;

  /// sum of digits from..to times p^(place − from), halves joined by powers p^(leaf 2^k).
  void combine(std::size_t j, std::size_t from, std::size_t to, std::size_t level, mpz_class& out) {
    if (level == 0) {
      out = 0;
      for (std::size_t t = to; t-- > from;) {
        mpz_mul_ui(out.get_mpz_t(), out.get_mpz_t(), static_cast<unsigned long>(field_.prime()));
        out += static_cast<long>(digits_[t * size_ + j]);
      }
      return;
    }
    const std::size_t middle = std::min(to, from + (std::size_t{leaf} << (level - 1)));
    combine(j, from, middle, level - 1, out);
    if (middle == to) return;
    mpz_class high;
    combine(j, middle, to, level - 1, high);
    out += high * power_[level - 1];
  }

  /// A residual modulo p.
  [[nodiscard]] std::uint64_t remainder(const std::uint64_t* words) const {
    const bool negative = static_cast<std::int64_t>(words[width_ - 1]) < 0;
    std::uint64_t sum = 0;
    for (std::size_t l = width_; l-- > 0;) {  // Horner, base 2^64; of a negative number, on its complement
      const std::uint64_t word = negative ? ~words[l] : words[l];
      sum = sum == 0 ? word % field_.prime() : field_.add(field_.enter(sum), word % field_.prime());
    }
    return negative ? field_.negate(field_.add(sum, 1)) : sum;
  }

  /// words += piece 2^(64 limb).
  void add(std::uint64_t* words, int128 piece, std::size_t limb) const {
    const std::uint64_t sign = piece < 0 ? ~std::uint64_t{0} : 0;
    const auto parts = static_cast<uint128>(piece);
    uint128 carry = 0;
    for (std::size_t l = limb; l < width_; ++l) {
      const std::uint64_t word = l == limb       ? static_cast<std::uint64_t>(parts)
                                 : l == limb + 1 ? static_cast<std::uint64_t>(parts >> 64)
                                                 : sign;
      carry += uint128{words[l]} + word;
      words[l] = static_cast<std::uint64_t>(carry);
      carry >>= 64;
    }
  }
  /// words /= p, which divides them; modulo 2^(64 width), from the low end (Jebelean 1993).
  void divide(std::uint64_t* words) const {
    std::uint64_t borrow = 0;
    for (std::size_t l = 0; l < width_; ++l) {
      const std::uint64_t word = words[l] - borrow;
      const std::uint64_t borrowed = words[l] < borrow ? 1 : 0;
      const std::uint64_t quotient = word * field_.word_inverse();
      words[l] = quotient;
      borrow = borrowed + static_cast<std::uint64_t>(uint128{quotient} * field_.prime() >> 64);
    }
  }

  void update() {
    const std::int64_t* const digit = &digits_[count_ * size_];
    for (std::size_t i = 0; i < size_; ++i) {
      std::uint64_t* const words = &residual_[i * width_];
      for (auto k = static_cast<std::size_t>(rows_.start[i]); k < static_cast<std::size_t>(rows_.start[i + 1]); ++k)
        add(words, -(int128{rows_.value[k]} * digit[rows_.index[k]]), static_cast<std::size_t>(rows_.limb[k]));
      divide(words);
    }
  }
  void update_two_words() {
    const std::int64_t* const digit = &digits_[count_ * size_];
    for (std::size_t i = 0; i < size_; ++i) {
      std::uint64_t* const words = &residual_[i * 2];
      uint128 sum = uint128{words[1]} << 64 | words[0];
      for (auto k = static_cast<std::size_t>(rows_.start[i]); k < static_cast<std::size_t>(rows_.start[i + 1]); ++k) {
        const auto product = static_cast<uint128>(int128{rows_.value[k]} * digit[rows_.index[k]]);
        sum -= rows_.limb[k] == 0 ? product : product << 64;
      }
      words[0] = static_cast<std::uint64_t>(sum);
      words[1] = static_cast<std::uint64_t>(sum >> 64);
      divide(words);
    }
  }

  const Field& field_;
  const IntegerMatrix& rows_;
  ModularLu& lu_;
  bool transposed_, ended_ = false;
  std::size_t size_, width_ = 2, count_ = 0;
  std::vector<std::uint64_t> residual_, reduced_, digit_;
  std::vector<std::int64_t> digits_;  // count x size
  std::vector<mpz_class> power_;      // p^(leaf 2^k)
};

/// The fraction numerator / denominator = u modulo `modulus` whose sizes add up to at most `most` bits; false when Euclid's
/// algorithm meets none (Wang, Guy, Davenport 1982).
inline bool reconstruct(const mpz_class& u, const mpz_class& modulus, std::size_t most, mpz_class& numerator,
                        mpz_class& denominator) {
  mpz_class before = modulus, factor_before = 0, quotient, spare;
  numerator = abs(u);
  denominator = 1;
  while (bits(numerator) + bits(denominator) > most) {
    if (bits(denominator) > most / 2 + 64 || sgn(numerator) == 0) return false;
    mpz_tdiv_qr(quotient.get_mpz_t(), spare.get_mpz_t(), before.get_mpz_t(), numerator.get_mpz_t());
    mpz_swap(before.get_mpz_t(), numerator.get_mpz_t());
    mpz_swap(numerator.get_mpz_t(), spare.get_mpz_t());
    mpz_submul(factor_before.get_mpz_t(), quotient.get_mpz_t(), denominator.get_mpz_t());
    mpz_swap(factor_before.get_mpz_t(), denominator.get_mpz_t());
  }
  if (sgn(denominator) < 0) {
    numerator = -numerator;
    denominator = -denominator;
  }
  if (sgn(u) < 0) numerator = -numerator;
  return true;
}

}  // namespace kilter::lp::detail
