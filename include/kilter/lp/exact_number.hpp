#pragma once
/// @file
/// Doubles as exact numbers: a whole mantissa times a power of two or ten. Needs GMP.

#include <bit>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <gmpxx.h>

namespace kilter::lp {

/// Which exact number a double of the model stands for.
enum class Reading : std::uint8_t {
  binary,   ///< itself: a whole number times a power of two
  decimal,  ///< the shortest decimal that reads back as the same double: 0.1 is one tenth. What a file with at most 15 digits said.
};

namespace detail {

/// mantissa * base^exponent, where the base is that of the reading.
struct ScaledInteger {
  std::int64_t mantissa = 0;
  int exponent = 0;
};

inline ScaledInteger read_binary(double value) {
  if (value == 0) return {};
  int exponent = 0;
  const double fraction = std::frexp(value, &exponent);
  const auto mantissa = static_cast<std::int64_t>(std::ldexp(fraction, 53));
  const int zeros = std::countr_zero(static_cast<std::uint64_t>(mantissa));
  return {mantissa / (std::int64_t{1} << zeros), exponent - 53 + zeros};
}

inline ScaledInteger without_trailing_zeros(ScaledInteger number) {
  while (number.mantissa != 0 && number.mantissa % 10 == 0) {
    number.mantissa /= 10;
    ++number.exponent;
  }
  return number;
}

inline ScaledInteger read_decimal(double value) {
  if (std::abs(value) < 1e15 && std::trunc(value) == value) return without_trailing_zeros({static_cast<std::int64_t>(value), 0});
  char text[40];
  const char* const end = std::to_chars(text, text + sizeof text, value, std::chars_format::scientific).ptr;
  std::int64_t mantissa = 0;
  int exponent = 0;
  const char* at = text + (text[0] == '-' ? 1 : 0);
  for (bool fraction = false; at != end && *at != 'e'; ++at) {
    if (*at == '.') {
      fraction = true;
      continue;
    }
    mantissa = 10 * mantissa + (*at - '0');
    exponent -= fraction ? 1 : 0;
  }
  int power = 0;
  at += at[1] == '+' ? 2 : 1;  // past "e" and a plus sign, which from_chars does not take
  std::from_chars(at, end, power);
  return without_trailing_zeros({value < 0 ? -mantissa : mantissa, exponent + power});
}

inline ScaledInteger read_exactly(double value, Reading reading) {
  return reading == Reading::binary ? read_binary(value) : read_decimal(value);
}

inline std::size_t bits(const mpz_class& value) { return sgn(value) == 0 ? 0 : mpz_sizeinbase(value.get_mpz_t(), 2); }

inline mpz_class to_integer(std::int64_t value) {
  static_assert(sizeof(long) >= sizeof(std::int64_t), "GMP's signed interface takes a long");
  return mpz_class{static_cast<long>(value)};
}

/// Powers of the base, made once.
class Powers {
 public:
  explicit Powers(Reading reading) : binary_(reading == Reading::binary) {}

  /// value *= base^exponent, exponent >= 0.
  void raise(mpz_class& value, int exponent) {
    if (exponent == 0) return;
    if (binary_) {
      mpz_mul_2exp(value.get_mpz_t(), value.get_mpz_t(), static_cast<mp_bitcnt_t>(exponent));
    } else {
      value *= ten(exponent);
    }
  }
  /// numerator / denominator * base^exponent, reduced.
  [[nodiscard]] mpq_class fraction(mpz_class numerator, int exponent, mpz_class denominator) {
    if (exponent >= 0) {
      raise(numerator, exponent);
    } else {
      raise(denominator, -exponent);
    }
    mpq_class result{numerator, denominator};
    result.canonicalize();
    return result;
  }
  [[nodiscard]] mpq_class value(const ScaledInteger& number) {
    return fraction(to_integer(number.mantissa), number.exponent, mpz_class{1});
  }

 private:
  const mpz_class& ten(int exponent) {
    while (tens_.size() <= static_cast<std::size_t>(exponent)) tens_.push_back(tens_.back() * 10);
    return tens_[static_cast<std::size_t>(exponent)];
  }

  bool binary_;
  std::vector<mpz_class> tens_ = {mpz_class{1}};
};

}  // namespace detail
}  // namespace kilter::lp
