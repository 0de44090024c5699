#pragma once
/// The models that can be asked for by name, behind one type.

#include <algorithm>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/forecast/accuracy.hpp"
#include "kilter/forecast/arima.hpp"
#include "kilter/forecast/auto_arima.hpp"
#include "kilter/forecast/baseline.hpp"
#include "kilter/forecast/seasonal.hpp"

namespace kilter::bench {

/// What any fitted model here can do.
struct AnyFitted {
  Status status = Status::infeasible;
  std::string order;
  std::function<forecast::Forecast(std::size_t)> forecast;
};

/// Any model, with the name under which it was asked for. It is a `Forecaster`.
struct AnyModel {
  std::string name;
  std::function<AnyFitted(const Series&)> fit;
};

static_assert(forecast::Forecaster<AnyModel>);

inline std::string order_of(const forecast::FittedArima& fit) { return to_string(fit.order); }
inline std::string order_of(const forecast::FittedNaive2& fit) { return fit.factors.size() > 1 ? "seasonal" : ""; }
template <class Fitted>
std::string order_of(const Fitted&) {
  return "";
}

template <forecast::Forecaster M>
AnyModel any_model(std::string name, M model) {
  return {std::move(name), [model = std::move(model)](const Series& history) {
            auto fit = model.fit(history);
            AnyFitted out{fit.status, order_of(fit), {}};
            out.forecast = [fit = std::move(fit)](std::size_t horizon) { return fit.forecast(horizon); };
            return out;
          }};
}

/// "(p,d,q)(P,D,Q)" with the given period; the second part may be left out. Throws for anything else.
inline forecast::ArimaOrder parse_order(std::string_view text, std::size_t period) {
  std::vector<std::size_t> numbers;
  std::string shape;
  for (std::size_t i = 0; i < text.size();) {
    const auto digits = std::min(text.find_first_not_of("0123456789", i), text.size()) - i;
    if (digits > 0 && digits < 4) numbers.push_back(static_cast<std::size_t>(std::stoul(std::string{text.substr(i, digits)})));
    shape += digits > 0 ? '0' : text[i];
    i += std::max<std::size_t>(digits, 1);
  }
  require((shape == "(0,0,0)" && numbers.size() == 3) || (shape == "(0,0,0)(0,0,0)" && numbers.size() == 6), "order", text,
          "must be (p,d,q) or (p,d,q)(P,D,Q)");
  numbers.resize(6, 0);
  return {numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5], period};
}

inline forecast::SeasonalLeastSquares seasonal_least_squares(std::size_t season) {
  forecast::SeasonalLeastSquares out{.seasons = {}, .lags = {1, 2, 7 * season}};
  if (season > 1) out.seasons.push_back({static_cast<double>(season), std::min<std::size_t>(season / 2, 12), 4});
  return out;
}

/// Those among which `best` chooses; of equally good ones the first is taken.
inline std::vector<AnyModel> candidates(std::size_t season) {
  return {
      any_model("auto_arima", forecast::AutoArima{.period = season}),
      any_model("seasonal_naive", forecast::SeasonalNaive{season}),
      any_model("naive2", forecast::Naive2{season}),
      any_model("naive", forecast::Naive{}),
      any_model("drift", forecast::Drift{}),
      any_model("mean", forecast::Mean{}),
  };
}

/// The first of up to three origins, a horizon apart, of which the last leaves one horizon; each has two seasons and ten values
/// before it. 0 where there is none.
inline std::size_t first_origin(std::size_t size, std::size_t season, std::size_t horizon) {
  const std::size_t least = 2 * season + 10;
  if (size < least + horizon) return 0;
  return size - horizon * std::min<std::size_t>(3, (size - least) / horizon);
}

/// The candidate with the least MASE from rolling origins within the history, fitted to all of it; the first one for a history too
/// short to tell.
inline AnyModel best_model(std::size_t season, std::size_t horizon) {
  return {"best", [=, models = candidates(season)](const Series& history) {
            const std::size_t first = first_origin(history.size(), season, horizon);
            std::size_t chosen = 0;
            double least = std::numeric_limits<double>::infinity();
            for (std::size_t i = 0; i < models.size() && first > 0; ++i) {
              const auto run = forecast::rolling_origin(models[i], history, first, horizon, horizon);
              const auto measured = forecast::accuracy(run, season, {}, {.5});
              if (measured.failed > 0 || !(measured.mase < least)) continue;
              least = measured.mase;
              chosen = i;
            }
            AnyFitted out = models[chosen].fit(history);
            out.order = models[chosen].name + (out.order.empty() ? "" : " " + out.order);
            return out;
          }};
}

/// The model called `name`; throws naming it when there is none.
inline AnyModel make_model(const std::string& name, std::size_t season, std::size_t horizon) {
  if (name.starts_with("arima:")) return any_model(name, forecast::Arima{.order = parse_order(name.substr(6), season)});
  if (name == "best") return best_model(season, horizon);
  if (name == "seasonal_least_squares") return any_model(name, seasonal_least_squares(season));
  for (AnyModel& model : candidates(season)) {
    if (model.name == name) return model;
  }
  require(false, "model", std::string_view{name},
          "must be auto_arima, arima:(p,d,q)(P,D,Q), seasonal_naive, naive, naive2, drift, mean, seasonal_least_squares or best");
  return {};
}

/// A list of names with commas between them; those inside of parentheses do not count.
inline std::vector<std::string> split_names(std::string_view text) {
  std::vector<std::string> out(1);
  int depth = 0;
  for (const char c : text) {
    depth += c == '(' ? 1 : c == ')' ? -1 : 0;
    if (c == ',' && depth == 0) {
      out.emplace_back();
    } else if (c != ' ') {
      out.back() += c;
    }
  }
  return out;
}

}  // namespace kilter::bench
