#pragma once
/// ARIMA fits whose answers are known: R's, re-optimised, and those at which R fails.

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iomanip>
#include <limits>
#include <map>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "evaluate.hpp"
#include "kilter/core/error.hpp"
#include "kilter/core/text.hpp"
#include "kilter/forecast/arima.hpp"
#include "kilter/forecast/normal.hpp"
#include "kilter/telemetry/csv.hpp"
#include "readers.hpp"

namespace kilter::bench {

/// One model of one series, as the reference files name it: `(2 1 1)(0 1 1)[12]c0`, where c0 is no constant, c1 a mean, c2 a drift.
struct Case {
  std::string series, transform, spec;

  friend auto operator<=>(const Case&, const Case&) = default;
};

/// Reads rows that begin with a case; `use(case, csv)` is called for each of them, those of another method than `method` left out.
template <class Use>
void read_cases(const std::string& file, std::string_view method, Use use) {
  std::ifstream in = open(file);
  telemetry::CsvReader csv(in, file);
  const auto series = csv.column("series"), transform = csv.column("transform"), spec = csv.column("spec");
  const auto of = method.empty() ? series : csv.column("method");
  while (csv.next()) {
    if (!method.empty() && csv[of] != method) continue;
    use(Case{std::string{csv[series]}, std::string{csv[transform]}, std::string{csv[spec]}}, csv);
  }
}

/// The model that a case names; throws when it cannot be read.
inline forecast::Arima model_of(const Case& c) {
  std::vector<std::size_t> numbers;
  for (std::size_t i = 0; i < c.spec.size(); ++i) {
    if (c.spec[i] < '0' || c.spec[i] > '9') continue;
    const bool begins = i == 0 || c.spec[i - 1] < '0' || c.spec[i - 1] > '9';
    if (begins) numbers.push_back(0);
    numbers.back() = numbers.back() * 10 + static_cast<std::size_t>(c.spec[i] - '0');
  }
  require(numbers.size() == 8, "spec", std::string_view{c.spec}, "must look like (2 1 1)(0 1 1)[12]c0");
  const std::size_t* v = numbers.data();
  return {.order = {v[0], v[1], v[2], v[3], v[4], v[5], v[6]},
          .constant = v[7] == 0 ? forecast::Constant::none : forecast::Constant::included};
}

/// The values of a case in `folder`, on the scale on which R saw them.
inline Series series_of(const Case& c, const std::string& folder) {
  const std::string file = folder + "/" + c.series + ".csv";
  std::ifstream in = open(file);
  telemetry::CsvReader csv(in, file);
  Series out;
  for (const auto value = csv.column("value"); csv.next();) {
    const double y = means_missing(csv[value]) ? missing : csv.number(value);
    out.values.push_back(c.transform == "log" ? std::log(y) : y);
  }
  return out;
}

/// What R found for one case: coefficients (ar, ma, seasonal ar, seasonal ma, constant) and forecasts with their standard errors.
struct Reference {
  std::vector<double> coefficients, mean, error;
};

/// The references of `arima_coefs.csv` and `arima_forecasts.csv` in `folder`.
inline std::map<Case, Reference> read_references(const std::string& folder) {
  std::map<Case, Reference> out;
  read_cases(folder + "arima_coefs.csv", "ML-tight", [&](const Case& c, const telemetry::CsvReader& csv) {
    out[c].coefficients.push_back(csv.number(csv.column("value")));
  });
  read_cases(folder + "arima_forecasts.csv", "ML-tight", [&](const Case& c, const telemetry::CsvReader& csv) {
    out[c].mean.push_back(csv.number(csv.column("mean")));
    out[c].error.push_back(csv.number(csv.column("se")));
  });
  return out;
}

/// How a fit compares with R's: the log-likelihood at R's coefficients and at ours, less R's; and the largest relative differences
/// of forecasts (relative to the mean or, where that is larger, the standard error) and of standard errors over the horizons.
struct Comparison {
  Case which;
  std::string status;
  bool differenced = false;
  double there = missing, gain = missing, mean = missing, error = missing, seconds = missing;
};

/// R's standard errors are those of the shocks alone, with the variance that maximises the likelihood; so are these.
inline void compare_forecasts(const forecast::FittedArima& fit, const Reference& reference, Comparison& out) {
  const double sigma = std::sqrt(fit.sum_of_squares / static_cast<double>(fit.observations));
  const auto path = fit.state.path(reference.mean.size());
  const auto deviation = path.deviation(sigma);
  out.mean = out.error = 0;
  for (std::size_t h = 0; h < deviation.size(); ++h) {
    const double error = reference.error[h], size = std::max(std::abs(reference.mean[h]), error);
    out.mean = std::max(out.mean, std::abs(path.mean[h] - reference.mean[h]) / size);
    out.error = std::max(out.error, std::abs(deviation[h] - error) / error);
  }
}

inline Comparison compare(const Case& c, double log_likelihood, const Reference& reference, const std::string& folder) {
  forecast::Arima model = model_of(c);
  model.parameter_uncertainty = false;
  const Series history = series_of(c, folder);
  const double begin = thread_seconds();
  const auto fit = model.fit(history);
  Comparison out{.which = c, .status = std::string{name(fit.status)}, .differenced = model.order.differences() > 0};
  out.seconds = thread_seconds() - begin;
  out.gain = fit.log_likelihood - log_likelihood;
  if (reference.coefficients.size() >= model.order.coefficients()) {
    const std::span coefficients{reference.coefficients};
    out.there = model.log_likelihood(history, coefficients.first(model.order.coefficients())) - log_likelihood;
  }
  if (!reference.mean.empty()) compare_forecasts(fit, reference, out);
  return out;
}

inline std::string exponent(double value) {
  if (std::isnan(value)) return "NA";
  char text[32];
  std::snprintf(text, sizeof text, "%.2e", value);
  return text;
}

inline void write_comparisons(std::ostream& out, const std::vector<Comparison>& rows) {
  out << "series,transform,spec,status,loglik_difference_there,loglik_gain,forecast_difference,error_difference,cpu_s\n";
  for (const Comparison& r : rows) {
    out << r.which.series << ',' << r.which.transform << ',' << r.which.spec << ',' << r.status << ',' << exponent(r.there) << ','
        << exponent(r.gain) << ',' << exponent(r.mean) << ',' << exponent(r.error) << ',' << fixed(r.seconds, 6) << '\n';
  }
}

/// The worst of everything. Forecasts are compared where both ended in the same optimum: another one has other forecasts.
inline void summarise(std::ostream& out, const std::vector<Comparison>& rows) {
  std::size_t below = 0, above = 0, same = 0, failed = 0;
  double undifferenced = 0, differenced = 0, printed = 0, least = 0, mean = 0, error = 0, seconds = 0;
  for (const Comparison& r : rows) {
    double& there = r.differenced ? differenced : undifferenced;
    const double gain = std::isnan(r.there) ? missing : r.gain - r.there;
    failed += std::isnan(r.gain) ? 1U : 0U;
    if (std::abs(r.there) > there) there = std::abs(r.there);
    if (r.gain < printed) printed = r.gain;
    if (gain < least) least = gain;
    below += gain < -1e-3 ? 1U : 0U;
    above += gain > 1e-3 ? 1U : 0U;
    seconds += r.seconds;
    if (!(std::abs(gain) <= 1e-6)) continue;
    ++same;
    mean = std::max(mean, r.mean);
    error = std::max(error, r.error);
  }
  out << "fits " << rows.size() << ", failed " << failed << '\n'
      << "log-likelihood at R's coefficients less R's: at most " << exponent(undifferenced) << " (undifferenced), "
      << exponent(differenced) << " (differenced)\n"
      << "after our own optimisation: less what R's coefficients give at least " << exponent(least) << ", below by more than 1e-3 "
      << below << ", above by more than 1e-3 " << above << "; less what R printed at least " << exponent(printed) << '\n'
      << "of the " << same << " that end where R ends: forecasts differ by at most " << exponent(mean) << ", standard errors by "
      << exponent(error) << " (relative)\nCPU s per fit: mean " << fixed(seconds / static_cast<double>(rows.size()), 6) << '\n';
}

/// The folder of a file, with a slash at its end.
inline std::string folder_of(const std::string& file) {
  const auto slash = file.rfind('/');
  return slash == std::string::npos ? "" : file.substr(0, slash + 1);
}

/// Fits every case of `file` to the series in `folder` and sets it beside R's; R's coefficients and forecasts lie beside `file`.
inline void run_golden(std::ostream& out, std::ostream& rows, const std::string& file, const std::string& folder) {
  const auto references = read_references(folder_of(file));
  std::vector<Comparison> all;
  read_cases(file, "", [&](const Case& c, const telemetry::CsvReader& csv) {
    const auto found = references.find(c);
    all.push_back(compare(c, csv.number(csv.column("loglik")), found == references.end() ? Reference{} : found->second, folder));
  });
  write_comparisons(rows, all);
  summarise(out, all);
}

/// Whether a case can be fitted, to a finite forecast.
inline bool fits(const forecast::FittedArima& fit) {
  const auto finite = [](double q) { return std::isfinite(q); };
  const auto f = fit.forecast(24);
  return ok(fit.status) && std::all_of(f.quantiles.begin(), f.quantiles.end(), finite);
}

/// Fits every case at which R fails, by likelihood or by sum of squares as R was asked to (its three ways to a likelihood are one
/// here).
inline void run_failures(std::ostream& out, std::ostream& rows, const std::string& file, const std::string& folder) {
  std::map<std::pair<Case, bool>, std::string> cases;
  read_cases(file, "", [&](const Case& c, const telemetry::CsvReader& csv) {
    const std::string method{csv[csv.column("method")]};
    std::string& methods = cases[{c, method == "CSS"}];
    methods += (methods.empty() ? "" : " ") + method;
  });
  std::size_t fitted = 0;
  rows << "series,transform,spec,failed_in_r,status,loglik\n";
  for (const auto& [key, methods] : cases) {
    const auto& [c, conditional] = key;
    forecast::Arima model = model_of(c);
    if (conditional) model.method = forecast::ArimaMethod::conditional_sum_of_squares;
    const auto fit = model.fit(series_of(c, folder));
    fitted += fits(fit) ? 1U : 0U;
    rows << c.series << ',' << c.transform << ',' << c.spec << ',' << methods << ',' << name(fit.status) << ','
         << number(fit.log_likelihood, 4) << '\n';
  }
  out << "fits at which R fails " << cases.size() << ", fitted " << fitted << '\n';
}

}  // namespace kilter::bench
