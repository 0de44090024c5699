#pragma once
/// @file
/// `fit_all`: one model, many series, over an `Executor`.

#include <concepts>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "kilter/core/executor.hpp"
#include "kilter/core/series.hpp"
#include "kilter/forecast/forecast.hpp"

namespace kilter::forecast {

/// `model.fit(series[i])` for every i, in the order of the series, one task a series: the same at any number of threads, since no
/// fit sees another. `fit` must be safe to call from several threads at once, as it is for every model here. An exception of a fit
/// is thrown again as the executor does it; nothing is returned then. The time is that of the fits.
template <Forecaster M, Executor E = Inline>
[[nodiscard]] auto fit_all(const M& model, std::span<const Series> series, const E& executor = {}) {
  using Fitted = decltype(model.fit(std::declval<const Series&>()));
  static_assert(std::default_initializable<Fitted> && std::movable<Fitted>, "a fitted object can be made empty and moved");
  std::vector<Fitted> out(series.size());
  executor.for_each_index(series.size(), [&](std::size_t i) { out[i] = model.fit(series[i]); });
  return out;
}

}  // namespace kilter::forecast
