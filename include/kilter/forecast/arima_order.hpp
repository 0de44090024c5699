#pragma once
/// @file
/// `ArimaOrder`, and the lag polynomials of a seasonal model.

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "kilter/core/contract.hpp"

namespace kilter::forecast {

/// The order of an ARIMA(p,d,q)(P,D,Q)[period] model; `period` counts steps and matters only with a seasonal part.
struct ArimaOrder {
  std::size_t p = 0;
  std::size_t d = 0;
  std::size_t q = 0;
  std::size_t seasonal_p = 0;
  std::size_t seasonal_d = 0;
  std::size_t seasonal_q = 0;
  std::size_t period = 1;

  [[nodiscard]] std::size_t coefficients() const { return p + q + seasonal_p + seasonal_q; }
  /// Values that differencing takes.
  [[nodiscard]] std::size_t differences() const { return d + seasonal_d * period; }
  /// Degree of the autoregressive polynomial: the differenced values it needs before the first residual.
  [[nodiscard]] std::size_t ar_degree() const { return p + seasonal_p * period; }
  [[nodiscard]] std::size_t ma_degree() const { return q + seasonal_q * period; }
  [[nodiscard]] bool seasonal() const { return seasonal_p + seasonal_d + seasonal_q > 0; }

  friend bool operator==(const ArimaOrder&, const ArimaOrder&) = default;
};

/// "(2,1,1)(0,1,1)[12]"; the seasonal part only where there is one.
[[nodiscard]] inline std::string to_string(const ArimaOrder& o) {
  const auto triple = [](std::size_t a, std::size_t b, std::size_t c) {
    std::string text{"("};
    text += std::to_string(a);
    for (const std::size_t part : {b, c}) (text += ",") += std::to_string(part);
    return text += ")";
  };
  std::string out = triple(o.p, o.d, o.q);
  if (o.seasonal()) out += triple(o.seasonal_p, o.seasonal_d, o.seasonal_q) + "[" + std::to_string(o.period) + "]";
  return out;
}

namespace detail {

inline void check_order(const ArimaOrder& o) {
  require(o.period > 0, "order.period", o.period, "must be positive");
  require(!o.seasonal() || o.period > 1, "order.period", o.period, "must be at least 2 with a seasonal part");
  for (const std::size_t part : {o.p, o.q, o.seasonal_p, o.seasonal_q}) {
    require(part <= 100, "order", part, "must be at most 100");
  }
  require(o.d <= 3, "order.d", o.d, "must be at most 3");
  require(o.seasonal_d <= 2, "order.seasonal_d", o.seasonal_d, "must be at most 2");
  require(o.period <= 1'000'000, "order.period", o.period, "must be at most a million");
}

/// The lags of (1 + … B^count)(1 + … B^{seasonal period}) but for lag 0, ascending.
inline std::vector<std::size_t> product_lags(std::size_t count, std::size_t seasonal, std::size_t period) {
  std::vector<std::size_t> lags;
  for (std::size_t j = 0; j <= seasonal; ++j) {
    for (std::size_t i = 0; i <= count; ++i) lags.push_back(j * period + i);
  }
  std::sort(lags.begin(), lags.end());
  lags.erase(std::unique(lags.begin(), lags.end()), lags.end());
  lags.erase(lags.begin());
  return lags;
}

/// The coefficients (from lag 0) of (1 + sign Σ a[i] B^{i+1})(1 + sign Σ s[j] B^{(j+1) period}).
inline std::vector<double> product_polynomial(std::span<const double> a, std::span<const double> s, std::size_t period,
                                              double sign) {
  std::vector<double> out(a.size() + s.size() * period + 1, 0.0);
  for (std::size_t j = 0; j <= s.size(); ++j) {
    const double outer = j == 0 ? 1 : sign * s[j - 1];
    out[j * period] += outer;
    for (std::size_t i = 0; i < a.size(); ++i) out[j * period + i + 1] += outer * sign * a[i];
  }
  return out;
}

/// (1 − B)^d (1 − B^period)^D.
inline std::vector<double> difference_polynomial(const ArimaOrder& order) {
  std::vector<double> out{1.0};
  const auto apply = [&out](std::size_t lag) {
    out.resize(out.size() + lag, 0.0);
    for (std::size_t k = out.size(); k-- > lag;) out[k] -= out[k - lag];
  };
  for (std::size_t k = 0; k < order.d; ++k) apply(1);
  for (std::size_t k = 0; k < order.seasonal_d; ++k) apply(order.period);
  return out;
}

/// The non-zero terms of a polynomial but for its constant 1.
struct Terms {
  std::vector<std::size_t> lag{};
  std::vector<double> value{};

  Terms() = default;
  explicit Terms(std::span<const double> polynomial) {
    for (std::size_t k = 1; k < polynomial.size(); ++k) {
      if (polynomial[k] == 0) continue;
      lag.push_back(k);
      value.push_back(polynomial[k]);
    }
  }
  /// Σ value[k] series[t − lag[k]]; before the start counts as 0.
  [[nodiscard]] double apply(std::span<const double> series, std::size_t t) const {
    double sum = 0;
    for (std::size_t k = 0; k < lag.size() && lag[k] <= t; ++k) sum += value[k] * series[t - lag[k]];
    return sum;
  }
};

}  // namespace detail

}  // namespace kilter::forecast
