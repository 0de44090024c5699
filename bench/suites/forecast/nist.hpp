#pragma once
/// NIST's certified linear regressions (Statistical Reference Datasets): how many digits of each least squares gets right.

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iomanip>
#include <ostream>
#include <string>
#include <vector>

#include <Eigen/Core>

#include "kilter/core/text.hpp"
#include "kilter/forecast/least_squares.hpp"
#include "kilter/telemetry/csv.hpp"
#include "readers.hpp"

namespace kilter::bench {

/// The certified values of one dataset.
struct Certified {
  std::string dataset, level;
  bool intercept = false;
  std::vector<double> estimates, errors;
  double residual_deviation = 0;
};

inline std::vector<Certified> read_certified(const std::string& file) {
  std::ifstream in = open(file);
  std::vector<Certified> out;
  telemetry::CsvReader csv(in, file);
  const auto dataset = csv.column("dataset"), level = csv.column("level"), parameter = csv.column("parameter"),
             estimate = csv.column("estimate"), error = csv.column("std_error"), deviation = csv.column("residual_sd");
  while (csv.next()) {
    if (out.empty() || out.back().dataset != csv[dataset]) {
      out.push_back({std::string{csv[dataset]}, std::string{csv[level]}, csv[parameter] == "B0", {}, {}, csv.number(deviation)});
    }
    out.back().estimates.push_back(csv.number(estimate));
    out.back().errors.push_back(csv.number(error));
  }
  return out;
}

/// The response and the design matrix: the columns of the file, or the powers of its one column where more parameters are
/// certified.
inline forecast::LeastSquaresFit fit_certified(const Certified& certified, const std::string& file) {
  std::ifstream in = open(file);
  std::vector<std::vector<double>> rows;
  for (telemetry::CsvReader csv(in, file); csv.next();) {
    rows.emplace_back();
    for (std::size_t j = 0; j < csv.size(); ++j) rows.back().push_back(csv.number(j));
  }
  const auto n = static_cast<Eigen::Index>(rows.size()), p = static_cast<Eigen::Index>(certified.estimates.size());
  const Eigen::Index shift = certified.intercept ? 1 : 0;
  Eigen::MatrixXd design = Eigen::MatrixXd::Ones(n, p);
  Eigen::VectorXd target(n);
  for (Eigen::Index i = 0; i < n; ++i) {
    const std::vector<double>& row = rows[static_cast<std::size_t>(i)];
    target[i] = row[0];
    for (Eigen::Index j = shift; j < p; ++j) {
      design(i, j) =
          row.size() == 2 ? std::pow(row[1], static_cast<double>(j - shift + 1)) : row.at(static_cast<std::size_t>(j - shift + 1));
    }
  }
  return forecast::least_squares(design, target);
}

/// Correct decimal digits: −log10 of the relative error, of the absolute one where the certified value is 0; between 0 and 15.
inline double digits(double estimate, double certified) {
  if (std::isnan(estimate)) return 0;
  const double error = std::abs(estimate - certified) / (certified == 0 ? 1 : std::abs(certified));
  return error == 0 ? 15 : std::clamp(-std::log10(error), 0.0, 15.0);
}

inline double least_digits(const Eigen::VectorXd& estimates, const std::vector<double>& certified) {
  double least = 15;
  for (std::size_t j = 0; j < certified.size(); ++j) {
    least = std::min(least, digits(estimates[static_cast<Eigen::Index>(j)], certified[j]));
  }
  return least;
}

/// A row a dataset: the digits of its worst coefficient, its worst standard error, and of the residual deviation.
inline void write_nist(std::ostream& out, const std::string& folder) {
  out << "dataset    level    parameters  rank  digits: coefficients  errors  residual\n";
  for (const Certified& c : read_certified(folder + "/certified.csv")) {
    const auto fit = fit_certified(c, folder + "/" + c.dataset + ".csv");
    out << std::left << std::setw(11) << c.dataset << std::setw(8) << c.level << std::right << std::setw(11) << c.estimates.size()
        << std::setw(6) << fit.rank << std::setw(22) << fixed(least_digits(fit.coefficients, c.estimates), 1) << std::setw(8)
        << fixed(least_digits(fit.standard_errors, c.errors), 1) << std::setw(10)
        << fixed(digits(std::sqrt(fit.residual_variance), c.residual_deviation), 1) << '\n';
  }
}

}  // namespace kilter::bench
