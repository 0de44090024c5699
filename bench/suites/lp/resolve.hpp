#pragma once
/// Re-solves after small changes: what they cost from the last answer, and what they cost from nothing.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <ostream>
#include <string>
#include <vector>

#include "clock.hpp"
#include "kilter/core/status.hpp"
#include "kilter/lp/model.hpp"
#include "kilter/lp/options.hpp"
#include "kilter/lp/solution.hpp"
#include "kilter/lp/solve.hpp"
#include "report.hpp"

namespace kilter::bench {

/// What is changed: five bounds of rows, five upper bounds of columns or five costs, by up to 1 % of what they were at first.
enum class Change { rows, columns, costs };
constexpr Change changes[] = {Change::rows, Change::columns, Change::costs};

inline const char* name(Change change) { return change == Change::rows ? "rows" : change == Change::columns ? "columns" : "costs"; }

/// Makes the same changes as bench/peers/lp_highs.py: the generator is Knuth's linear congruential one, which any language can do.
class Changer {
 public:
  Changer(const lp::Model& model, Change change) : first_(model), change_(change) {
    if (change == Change::rows) find_rows();
    if (change == Change::columns) find_columns();
    for (int j = 0; change == Change::costs && j < model.columns(); ++j) {
      if (model.cost(j) != 0) places_.push_back(j);
    }
  }

  [[nodiscard]] bool possible() const { return !places_.empty(); }

  void next(lp::Model& model) {
    for (int k = 0; k < 5; ++k) {
      const int place = places_[static_cast<std::size_t>(uniform() * static_cast<double>(places_.size()))];
      edit(model, place, 1 + 0.01 * (2 * uniform() - 1));
    }
  }

 private:
  /// Inequalities if there are any, since a changed equation may leave nothing feasible.
  void find_rows() {
    std::vector<int> equations;
    for (int i = 0; i < first_.rows(); ++i) {
      const double lower = first_.row_lower(i), upper = first_.row_upper(i);
      const bool changes_something = (std::isfinite(lower) && lower != 0) || (std::isfinite(upper) && upper != 0);
      if (changes_something) (lower == upper ? equations : places_).push_back(i);
    }
    if (places_.empty()) places_ = equations;
  }
  void find_columns() {
    for (int j = 0; j < first_.columns(); ++j) {
      if (std::isfinite(first_.upper(j)) && first_.upper(j) > std::max(first_.lower(j), 0.0)) places_.push_back(j);
    }
  }

  void edit(lp::Model& model, int place, double factor) const {
    if (change_ == Change::rows) {
      model.set_row_bounds(place, factor * first_.row_lower(place), factor * first_.row_upper(place));
    } else if (change_ == Change::columns) {
      const double lower = first_.lower(place);
      model.set_column_bounds(place, lower, std::max(lower, factor * first_.upper(place)));
    } else {
      model.set_cost(place, factor * first_.cost(place));
    }
  }

  double uniform() {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return static_cast<double>(state_ >> 11U) * 0x1p-53;
  }

  lp::Model first_;
  Change change_;
  std::vector<int> places_;
  std::uint64_t state_ = 1;
};

/// One kind of change on one instance; seconds and iterations are means over the rounds.
struct Resolved {
  std::string name;
  Change change{};
  std::size_t rounds = 0, optimal = 0;
  double cold_seconds = 0, warm_seconds = 0, cold_iterations = 0, warm_iterations = 0;
  double difference =
      0;  ///< largest relative difference of an objective from that of the cold solve; infinite where a status differs
  double objectives = 0;  ///< sum of all objectives, to be compared with a peer's
};

struct Answer {
  Status status{};
  double objective = 0;
  std::size_t iterations = 0;
};

/// All rounds at once, changes included: a re-solve may be too short for the clock.
template <class Solve>
std::vector<Answer> play(const lp::Model& first, Change change, std::size_t rounds, double& seconds, Solve&& solve) {
  lp::Model model = first;
  Changer changer(first, change);
  std::vector<Answer> answers(rounds);
  const double begin = thread_seconds();
  for (Answer& answer : answers) {
    changer.next(model);
    const lp::Solution& solution = solve(model);
    answer = {solution.status, solution.objective, solution.iterations};
  }
  seconds = (thread_seconds() - begin) / static_cast<double>(rounds);
  return answers;
}

inline void compare(const std::vector<Answer>& warm, const std::vector<Answer>& cold, Resolved& out) {
  const auto rounds = static_cast<double>(warm.size());
  for (std::size_t k = 0; k < warm.size(); ++k) {
    out.warm_iterations += static_cast<double>(warm[k].iterations) / rounds;
    out.cold_iterations += static_cast<double>(cold[k].iterations) / rounds;
    if (warm[k].status != cold[k].status) out.difference = std::numeric_limits<double>::infinity();
    if (warm[k].status != Status::optimal || cold[k].status != Status::optimal) continue;
    ++out.optimal;
    out.objectives += warm[k].objective;
    const double scale = cold[k].objective == 0 ? 1 : std::abs(cold[k].objective);
    out.difference = std::max(out.difference, std::abs(warm[k].objective - cold[k].objective) / scale);
  }
}

/// The rows of one instance; a kind of change for which it has no place is left out.
inline std::vector<Resolved> resolve(const std::string& name, const lp::Model& model, const lp::Options& options,
                                     std::size_t rounds) {
  std::vector<Resolved> out;
  for (const Change change : changes) {
    if (!Changer(model, change).possible()) continue;
    Resolved row{.name = name, .change = change, .rounds = rounds};
    lp::Solver solver;
    solver.options = options;
    (void)solver.solve(model);
    const auto warm = play(model, change, rounds, row.warm_seconds,
                           [&](const lp::Model& changed) -> const lp::Solution& { return solver.solve(changed); });
    lp::Solution solution;
    const auto cold = play(model, change, rounds, row.cold_seconds,
                           [&](const lp::Model& changed) -> const lp::Solution& { return solution = lp::solve(changed, options); });
    compare(warm, cold, row);
    out.push_back(row);
  }
  return out;
}

inline void write_resolve_header(std::ostream& out) {
  out << "name,change,rounds,optimal,cold_seconds,warm_seconds,ratio,cold_iterations,warm_iterations,difference,objectives\n";
}

inline void write_resolved(std::ostream& out, const Resolved& r) {
  out << telemetry::csv_cell(r.name) << ',' << name(r.change) << ',' << r.rounds << ',' << r.optimal << ','
      << seconds_cell(r.cold_seconds) << ',' << seconds_cell(r.warm_seconds) << ',' << fixed(r.cold_seconds / r.warm_seconds, 2)
      << ',' << fixed(r.cold_iterations, 1) << ',' << fixed(r.warm_iterations, 1) << ',' << cell(r.difference) << ','
      << cell(r.objectives) << std::endl;
}

inline void write_resolve_summary(std::ostream& out, const std::vector<Resolved>& rows) {
  for (const Change change : changes) {
    double sum = 0;
    std::size_t count = 0;
    for (const Resolved& r : rows) {
      if (r.change != change) continue;
      sum += std::log(r.cold_seconds / r.warm_seconds);
      ++count;
    }
    if (count == 0) continue;
    out << "re-solves after changes of " << name(change) << ": " << fixed(std::exp(sum / static_cast<double>(count)), 2)
        << " times as fast as from nothing, geometric mean of " << count << '\n';
  }
}

}  // namespace kilter::bench
