#pragma once
/// Forecasts of whole sets of series, their scores, and the table of them.

#include <algorithm>
#include <iomanip>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include <sys/resource.h>
#include <time.h>

#include "kilter/core/executor.hpp"
#include "kilter/core/text.hpp"
#include "kilter/forecast/accuracy.hpp"
#include "kilter/telemetry/csv.hpp"
#include "models.hpp"
#include "readers.hpp"

namespace kilter::bench {

/// CPU seconds of the calling thread so far.
inline double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// The most memory this process has held, in MiB.
inline double peak_memory() {
  rusage use{};
  getrusage(RUSAGE_SELF, &use);
  return static_cast<double>(use.ru_maxrss) / 1024;
}

/// What one model did on one series.
struct Score {
  std::string id, model, order;
  double smape = missing, mase = missing, coverage = missing, msis = missing, seconds = missing;
  Status status = Status::infeasible;
};

inline Score score(const AnyModel& model, const Task& task, std::size_t season) {
  const double begin = thread_seconds();
  const AnyFitted fit = model.fit(task.train);
  const forecast::Forecast f = fit.forecast(task.test.size());
  Score out{.id = task.id, .model = model.name, .order = fit.order, .seconds = thread_seconds() - begin, .status = fit.status};
  const auto lower = f.quantile_series(.025).values, upper = f.quantile_series(.975).values;
  out.smape = forecast::smape(task.test, f.mean);
  out.mase = forecast::mase(task.test, f.mean, task.train.values, season);
  out.coverage = forecast::coverage(task.test, lower, upper);
  out.msis = forecast::msis(task.test, lower, upper, task.train.values, season);
  return out;
}

/// All models on all tasks, task by task within each model.
inline std::vector<Score> evaluate(const std::vector<AnyModel>& models, const std::vector<Task>& tasks, std::size_t season,
                                   unsigned threads) {
  std::vector<Score> out(models.size() * tasks.size());
  Threads{threads}.for_each_index(
      out.size(), [&](std::size_t i) { out[i] = score(models[i / tasks.size()], tasks[i % tasks.size()], season); });
  return out;
}

inline std::string number(double value, int decimals) { return std::isnan(value) ? "NA" : fixed(value, decimals); }

inline void write_rows(std::ostream& out, const std::vector<Score>& scores) {
  out << "id,model,order,smape,mase,coverage95,msis95,cpu_s,status\n";
  for (const Score& s : scores) {
    out << telemetry::csv_cell(s.id) << ',' << telemetry::csv_cell(s.model) << ',' << telemetry::csv_cell(s.order) << ','
        << number(s.smape, 5) << ',' << number(s.mase, 5) << ',' << number(s.coverage, 4) << ',' << number(s.msis, 4) << ','
        << number(s.seconds, 6) << ',' << name(s.status) << '\n';
  }
}

/// The averages of one model over its series. `owa` is relative to Naive2 on those series on which both have a score.
struct Summary {
  std::string model;
  std::size_t series = 0, failed = 0;
  double smape = missing, mase = missing, owa = missing, coverage = missing, msis = missing;
  double mean_seconds = missing, median_seconds = missing, largest_seconds = missing;
};

inline Summary summarise(const std::string& model, std::span<const Score> scores, std::span<const Score> naive2) {
  using forecast::detail::RunningMean;
  RunningMean smape, mase, coverage, msis, seconds, smape2, mase2, shared_smape, shared_mase;
  std::vector<double> times;
  Summary out{.model = model, .series = scores.size()};
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const Score& s = scores[i];
    if (!ok(s.status) && std::isnan(s.smape)) ++out.failed;
    smape.add(s.smape);
    mase.add(s.mase);
    coverage.add(s.coverage);
    msis.add(s.msis);
    seconds.add(s.seconds);
    times.push_back(s.seconds);
    if (std::isnan(s.smape + s.mase + naive2[i].smape + naive2[i].mase)) continue;
    shared_smape.add(s.smape);
    shared_mase.add(s.mase);
    smape2.add(naive2[i].smape);
    mase2.add(naive2[i].mase);
  }
  std::sort(times.begin(), times.end());
  out.smape = smape.value();
  out.mase = mase.value();
  out.owa = forecast::owa(shared_smape.value(), shared_mase.value(), smape2.value(), mase2.value());
  out.coverage = coverage.value();
  out.msis = msis.value();
  out.mean_seconds = seconds.value();
  out.median_seconds = 0.5 * (times[(times.size() - 1) / 2] + times[times.size() / 2]);
  out.largest_seconds = times.back();
  return out;
}

inline void write_summary(std::ostream& out, const std::vector<Summary>& rows) {
  std::size_t width = 25;
  for (const Summary& s : rows) width = std::max(width, s.model.size());
  out << std::left << std::setw(static_cast<int>(width)) << "model" << std::right << std::setw(8) << "series" << std::setw(8)
      << "failed" << std::setw(9) << "sMAPE" << std::setw(9) << "MASE" << std::setw(8) << "OWA" << std::setw(9) << "cover95"
      << std::setw(10) << "MSIS" << std::setw(12) << "CPU s mean" << std::setw(11) << "median" << std::setw(11) << "max" << '\n';
  for (const Summary& s : rows) {
    out << std::left << std::setw(static_cast<int>(width)) << s.model << std::right << std::setw(8) << s.series << std::setw(8)
        << s.failed << std::setw(9) << number(s.smape, 3) << std::setw(9) << number(s.mase, 3) << std::setw(8) << number(s.owa, 3)
        << std::setw(9) << number(s.coverage, 3) << std::setw(10) << number(s.msis, 3) << std::setw(12) << number(s.mean_seconds, 6)
        << std::setw(11) << number(s.median_seconds, 6) << std::setw(11) << number(s.largest_seconds, 6) << '\n';
  }
}

}  // namespace kilter::bench
