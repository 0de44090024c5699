// R's arima(), re-optimised to the last digit, and statsmodels' exact likelihood at R's coefficients, on series of R.

#include <cstdio>
#include <map>
#include <optional>

#include "catch.hpp"
#include "data.hpp"
#include "kilter/forecast/arima.hpp"

using namespace kilter;
using namespace kilter::forecast;
using kilter::test::WithinAbs;
namespace inside = kilter::forecast::detail;

namespace {

/// A line of the reference files: a series, whether its logarithm is taken, and a model.
struct Reference {
  std::string series{}, transform{}, spec{};
  ArimaOrder order{};
  int constant = 0;  // 1: a mean, 2: a drift

  explicit Reference(const std::vector<std::string>& row) : series(row[0]), transform(row[1]), spec(row[2]) {
    const int read = std::sscanf(spec.c_str(), "(%zu %zu %zu)(%zu %zu %zu)[%zu]c%d", &order.p, &order.d, &order.q,
                                 &order.seasonal_p, &order.seasonal_d, &order.seasonal_q, &order.period, &constant);
    REQUIRE(read == 8);
  }
  [[nodiscard]] std::string key() const { return series + "," + transform + "," + spec; }
  [[nodiscard]] bool differenced() const { return order.differences() > 0; }

  [[nodiscard]] std::optional<Series> read() const {
    const auto rows = test::read_csv("forecasting/classics/" + series + ".csv");
    if (!rows) return std::nullopt;
    Series y;
    y.values = test::column(*rows, 1);
    for (double& v : y.values) v = transform == "log" ? std::log(v) : v;
    return y;
  }
  [[nodiscard]] FittedArima fit(const Series& y) const {
    return Arima{.order = order, .constant = constant == 0 ? Constant::none : Constant::included, .parameter_uncertainty = false}
        .fit(y);
  }
};

struct Golden {
  Reference reference;
  double r = 0, exact = 0;  // log-likelihoods
};

/// Empty where the data are absent.
std::vector<Golden> golden() {
  std::vector<Golden> out;
  const auto rows = test::read_csv("forecasting/refs/arima_golden.csv");
  if (!rows) WARN("shared data absent");
  for (std::size_t i = 0; rows && i < rows->size(); ++i) {
    const auto& row = (*rows)[i];
    out.push_back({Reference{row}, std::stod(row[6]), std::stod(row[10])});
  }
  return out;
}

/// Coefficients by name for each model.
std::map<std::string, std::map<std::string, double>> coefficients() {
  std::map<std::string, std::map<std::string, double>> out;
  const auto rows = test::read_csv("forecasting/refs/arima_coefs.csv");
  for (std::size_t i = 0; rows && i < rows->size(); ++i) {
    const auto& row = (*rows)[i];
    if (row[3] == "ML-tight") out[row[0] + "," + row[1] + "," + row[2]][row[4]] = std::stod(row[5]);
  }
  return out;
}

/// Mean and standard error of each horizon for each model.
std::map<std::string, std::map<std::size_t, std::pair<double, double>>> forecasts() {
  std::map<std::string, std::map<std::size_t, std::pair<double, double>>> out;
  const auto rows = test::read_csv("forecasting/refs/arima_forecasts.csv");
  for (std::size_t i = 0; rows && i < rows->size(); ++i) {
    const auto& row = (*rows)[i];
    if (row[3] == "ML-tight") {
      out[row[0] + "," + row[1] + "," + row[2]][std::stoul(row[4])] = {std::stod(row[5]), std::stod(row[6])};
    }
  }
  return out;
}

}  // namespace

TEST_CASE("the log-likelihood at R's coefficients is R's, and that of statsmodels where it is exact") {
  const auto all = golden();
  const auto named = coefficients();
  std::size_t compared = 0;
  for (const auto& [reference, r, exact] : all) {
    CAPTURE(reference.key());
    const auto found = named.find(reference.key());
    const auto y = reference.read();
    REQUIRE(y);
    if (found == named.end()) continue;
    ++compared;
    const auto value = [&](const std::string& name) {
      const auto at = found->second.find(name);
      return at == found->second.end() ? 0.0 : at->second;
    };
    std::vector<double> c, level = y->values, w;
    const auto add = [&](const std::string& name, std::size_t count) {
      for (std::size_t k = 1; k <= count; ++k) c.push_back(value(name + std::to_string(k)));
    };
    add("ar", reference.order.p);
    add("ma", reference.order.q);
    add("sar", reference.order.seasonal_p);
    add("sma", reference.order.seasonal_q);
    for (std::size_t t = 0; t < level.size(); ++t) level[t] -= value("intercept") + value("drift") * static_cast<double>(t + 1);
    const inside::Terms difference{inside::difference_polynomial(reference.order)};
    inside::append_differenced(difference, reference.order.differences(), level, w);
    const std::size_t n = w.size();
    const inside::ArmaProblem problem{reference.order, {n, std::move(w)}};
    inside::ArmaLikelihood likelihood;
    likelihood.prepare(problem);
    const double ours = likelihood.at_coefficients(c).log_likelihood();
    // R differences by states with a prior variance of a million, which costs it digits.
    CHECK_THAT(ours, WithinAbs(r, reference.differenced() ? 0.02 : 1e-6));
    CHECK_THAT(ours, WithinAbs(exact, 1e-6));
  }
  CHECK((all.empty() || compared > 100));
}

TEST_CASE("our own search never ends below R's optimum, and where it is the same one forecasts and standard errors are too") {
  const auto all = golden();
  const auto truth = forecasts();
  std::size_t compared = 0, near = 0;
  for (const auto& [reference, r, exact] : all) {
    CAPTURE(reference.key());
    const auto y = reference.read();
    REQUIRE(y);
    const FittedArima fit = reference.fit(*y);
    REQUIRE(ok(fit.status));
    CHECK(fit.log_likelihood > exact - 1e-3);
    CHECK(fit.log_likelihood > r - 1e-3 - (reference.differenced() ? 0.02 : 0));
    if (fit.log_likelihood > exact + 1e-3) continue;
    const auto found = truth.find(reference.key());
    if (found == truth.end()) continue;
    const inside::GaussianPath path = fit.state.path(24);
    // R's variance of the shocks is that of maximum likelihood.
    const auto deviation = path.deviation(std::sqrt(fit.sum_of_squares / static_cast<double>(fit.observations)));
    double worst = 0;
    for (const auto& [h, expected] : found->second) {
      worst = std::max(
          {worst, std::abs(path.mean[h - 1] - expected.first) / expected.second, std::abs(deviation[h - 1] / expected.second - 1)});
    }
    // With differences, R's own optimum is off by what its prior variance does.
    CHECK(worst < (reference.differenced() ? 4e-3 : 1e-4));
    ++compared;
    near += worst < 1e-4 ? 1U : 0U;
  }
  CAPTURE(compared, near);
  CHECK((all.empty() || compared > 100));
  CHECK(10 * near >= 9 * compared);
}

TEST_CASE("every fit that fails in R ends in a model") {
  const auto rows = test::read_csv("forecasting/refs/arima_failures.csv");
  if (!rows) WARN("shared data absent");
  std::map<std::string, bool> done;
  for (std::size_t i = 0; rows && i < rows->size(); ++i) {
    const Reference reference{(*rows)[i]};
    const bool conditional = (*rows)[i][3] == "CSS";
    CAPTURE(reference.key(), conditional);
    if (!done.try_emplace(reference.key() + (conditional ? " CSS" : ""), true).second) continue;
    const auto y = reference.read();
    REQUIRE(y);
    const Arima model{.order = reference.order,
                      .constant = reference.constant == 0 ? Constant::none : Constant::included,
                      .method = conditional ? ArimaMethod::conditional_sum_of_squares : ArimaMethod::maximum_likelihood};
    const FittedArima fit = model.fit(*y);
    CHECK(fit.usable());
    const Forecast f = fit.forecast(12);
    for (const double v : f.mean) CHECK(std::isfinite(v));
    for (const double v : f.quantiles) CHECK(std::isfinite(v));
  }
}
