#pragma once
/// @file
/// Linear programs that are networks: found by their structure, solved by the network simplex method.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "kilter/core/progress.hpp"
#include "kilter/core/status.hpp"
#include "kilter/lp/model.hpp"
#include "kilter/lp/network_data.hpp"
#include "kilter/lp/network_simplex.hpp"
#include "kilter/lp/options.hpp"
#include "kilter/lp/solution.hpp"

namespace kilter::lp::detail {

/// The two entries of a column, row −1 where there are fewer.
struct ColumnEnds {
  int row[2] = {-1, -1};
  double coefficient[2] = {0, 0};
};

/// How a program is a network: multipliers of its rows that leave every column with one entry, or with two opposite ones. A row is
/// a node then, a column an arc, and what enters a row by its bounds comes from a ground node.
struct NetworkStructure {
  std::vector<ColumnEnds> columns;
  std::vector<double> multiplier;  ///< of each row, of either sign
};

/// The ends of all columns, unless one has a third entry. Stops at the first.
inline std::optional<std::vector<ColumnEnds>> column_ends(const Model& model) {
  std::vector<ColumnEnds> ends(static_cast<std::size_t>(model.columns()));
  for (int i = 0; i < model.rows(); ++i) {
    for (const Term& term : model.row(i)) {
      ColumnEnds& end = ends[static_cast<std::size_t>(term.column)];
      const int k = end.row[0] < 0 ? 0 : 1;
      if (end.row[k] >= 0) return std::nullopt;
      end.row[k] = i;
      end.coefficient[k] = term.coefficient;
    }
  }
  return ends;
}

/// Multiplies row after row, breadth first: the multiplier of one end of a column gives that of the other, and every further column
/// between the two must agree with it up to rounding. O(rows + nonzeros); a program that is no network mostly ends it early.
inline std::optional<NetworkStructure> find_network(const Model& model) {
  auto ends = column_ends(model);
  if (!ends) return std::nullopt;
  NetworkStructure network{std::move(*ends), std::vector<double>(static_cast<std::size_t>(model.rows()))};
  constexpr double rounding = 4 * std::numeric_limits<double>::epsilon();
  std::vector<int> queue;
  for (int first = 0; first < model.rows(); ++first) {
    if (network.multiplier[static_cast<std::size_t>(first)] != 0) continue;
    network.multiplier[static_cast<std::size_t>(first)] = 1;
    queue.assign(1, first);
    for (std::size_t k = 0; k < queue.size(); ++k) {
      const int i = queue[k];
      const double here = network.multiplier[static_cast<std::size_t>(i)];
      for (const Term& term : model.row(i)) {
        const ColumnEnds& end = network.columns[static_cast<std::size_t>(term.column)];
        const int far = end.row[0] == i ? 1 : 0, other = end.row[far];
        if (other < 0) continue;
        double& there = network.multiplier[static_cast<std::size_t>(other)];
        if (there == 0) {
          there = -here * term.coefficient / end.coefficient[far];
          queue.push_back(other);
        }
        const double left = here * term.coefficient, right = there * end.coefficient[far];
        if (!(std::abs(left + right) <= rounding * std::abs(left)) || !std::isnormal(left)) return std::nullopt;
      }
    }
  }
  return network;
}

/// A program as a network with a ground, and the way back.
class NetworkProgram {
 public:
  NetworkProgram(const Model& model, NetworkStructure structure)
      : model_(model), structure_(std::move(structure)), ground_(model.rows()), scale_(static_cast<std::size_t>(model.columns())) {
    network_.reserve(model.rows() + 1, model.columns() + model.rows());
    network_.add_nodes(model.rows() + 1);
    for (int j = 0; j < model.columns(); ++j) add_column(j);
    slack_.assign(static_cast<std::size_t>(model.rows()), -1);
    for (int i = 0; i < model.rows(); ++i) add_row(i);
  }

  [[nodiscard]] const Network& network() const { return network_; }

  /// A basis of the program as one of the network; without one, that of the slacks.
  [[nodiscard]] std::vector<VariableStatus> start(const Basis* basis) const {
    std::vector<VariableStatus> status(static_cast<std::size_t>(network_.arcs()), VariableStatus::at_lower);
    if (basis != nullptr && (basis->columns.size() != scale_.size() || basis->rows.size() != slack_.size())) basis = nullptr;
    if (basis != nullptr) std::copy(basis->columns.begin(), basis->columns.end(), status.begin());
    for (std::size_t i = 0; i < slack_.size(); ++i) {
      if (slack_[i] < 0) continue;
      status[static_cast<std::size_t>(slack_[i])] = basis != nullptr ? turned(i, basis->rows[i]) : VariableStatus::basic;
    }
    return status;
  }

  /// The answer on the program itself; none where its proof does not hold there.
  [[nodiscard]] std::optional<Solution> read(const NetworkSimplex& simplex, Status status, const Options& options) const {
    Solution solution;
    solution.status = status;
    solution.iterations = simplex.iterations();
    read_basis(simplex, solution);
    read_primal(simplex, solution);
    read_dual(simplex, solution);
    if (status == Status::infeasible) solution.ray = solution.dual;
    if (status == Status::unbounded) read_ray(simplex, solution);
    solution.residuals = verify(model_, solution);
    return holds(solution, options) ? std::optional<Solution>{std::move(solution)} : std::nullopt;
  }

 private:
  static std::size_t at(int index) { return static_cast<std::size_t>(index); }

  /// The scaled column: its entries become ±1, its flow the value times their size.
  void add_column(int j) {
    const ColumnEnds& end = structure_.columns[at(j)];
    const double first = end.row[0] < 0 ? 1.0 : end.coefficient[0] * structure_.multiplier[at(end.row[0])];
    const double scale = std::abs(first);
    int source = end.row[0] < 0 ? ground_ : end.row[0], target = end.row[1] < 0 ? ground_ : end.row[1];
    if (first < 0) std::swap(source, target);
    scale_[at(j)] = scale;
    network_.add_arc(source, target, model_.lowers()[at(j)] * scale, model_.uppers()[at(j)] * scale, model_.costs()[at(j)] / scale);
  }
  /// An equation asks for a supply; any other row lets its activity in from the ground.
  void add_row(int i) {
    const double q = structure_.multiplier[at(i)];
    double lower = q * model_.row_lowers()[at(i)], upper = q * model_.row_uppers()[at(i)];
    if (q < 0) std::swap(lower, upper);
    if (lower == upper) {
      network_.set_supply(i, lower);
    } else {
      slack_[at(i)] = network_.add_arc(ground_, i, lower, upper, 0);
    }
  }

  /// The status of a row, or of its arc, whose bounds change places where the multiplier is negative.
  [[nodiscard]] VariableStatus turned(std::size_t i, VariableStatus status) const {
    if (structure_.multiplier[i] > 0) return status;
    if (status == VariableStatus::at_lower) return VariableStatus::at_upper;
    return status == VariableStatus::at_upper ? VariableStatus::at_lower : status;
  }

  /// A tree has as many arcs as the program has rows; an artificial one is the activity of the row where it hangs.
  void read_basis(const NetworkSimplex& simplex, Solution& solution) const {
    std::vector<VariableStatus> status = simplex.arcs().statuses();
    solution.basis.rows.assign(slack_.size(), VariableStatus::at_lower);
    for (std::size_t i = 0; i < slack_.size(); ++i) {
      if (slack_[i] >= 0) solution.basis.rows[i] = turned(i, status[at(slack_[i])]);
      if (simplex.tree()[static_cast<int>(i)].arc < 0) solution.basis.rows[i] = VariableStatus::basic;
    }
    status.resize(scale_.size());
    solution.basis.columns = std::move(status);
  }
  void read_primal(const NetworkSimplex& simplex, Solution& solution) const {
    solution.primal = simplex.flows();
    solution.primal.resize(scale_.size());
    solution.objective = model_.objective_constant();
    const auto lower = model_.lowers(), upper = model_.uppers(), cost = model_.costs();
    for (std::size_t j = 0; j < scale_.size(); ++j) {
      double& x = solution.primal[j];
      const VariableStatus status = solution.basis.columns[j];
      x = status == VariableStatus::at_lower ? lower[j] : status == VariableStatus::at_upper ? upper[j] : x / scale_[j];
      solution.objective += cost[j] * x;
    }
    activities(model_, solution.primal, solution.row_activity);
  }
  void read_dual(const NetworkSimplex& simplex, Solution& solution) const {
    solution.dual = simplex.prices();
    solution.dual.resize(slack_.size());
    for (std::size_t i = 0; i < slack_.size(); ++i) solution.dual[i] *= structure_.multiplier[i];
    Combination combination;
    combine_rows(model_, solution.dual, combination);
    solution.reduced_cost = std::move(combination.value);
    const auto cost = model_.costs();
    for (std::size_t j = 0; j < scale_.size(); ++j) {
      double& d = solution.reduced_cost[j];
      d = solution.basis.columns[j] == VariableStatus::basic ? 0.0 : cost[j] - d;
    }
  }
  void read_ray(const NetworkSimplex& simplex, Solution& solution) const {
    solution.ray = simplex.ray();
    solution.ray.resize(scale_.size());
    for (std::size_t j = 0; j < scale_.size(); ++j) solution.ray[j] /= scale_[j];
  }

  static bool holds(const Solution& solution, const Options& options) {
    if (solution.status == Status::infeasible) return solution.residuals.gap == 0;
    if (solution.status == Status::unbounded) {
      return solution.residuals.gap == 0 && solution.residuals.primal <= options.primal_tolerance;
    }
    if (solution.status == Status::optimal) {
      return solution.residuals.primal <= options.primal_tolerance && solution.residuals.dual <= options.dual_tolerance &&
             solution.residuals.gap <= 1e-6 && std::isfinite(solution.objective);
    }
    return solution.status != Status::numerical_failure;
  }

  const Model& model_;
  NetworkStructure structure_;
  Network network_{};
  int ground_;
  std::vector<double> scale_;  ///< of each column: flow = scale × value
  std::vector<int> slack_;     ///< arc of each row, −1 of an equation
};

/// True when no product of a number of the model and a multiplier can overflow, nor the price of a path.
inline bool is_moderate(const Model& model, const NetworkStructure& structure) {
  const auto moderate = [](double v) { return std::abs(v) < 1e100 || std::isinf(v); };
  const auto all = [&](std::span<const double> values) { return std::all_of(values.begin(), values.end(), moderate); };
  const auto tame = [](double v) { return std::abs(v) > 1e-50 && std::abs(v) < 1e50; };
  return all(model.costs()) && all(model.lowers()) && all(model.uppers()) && all(model.row_lowers()) && all(model.row_uppers()) &&
         std::all_of(structure.multiplier.begin(), structure.multiplier.end(), tame) &&
         std::all_of(model.terms().begin(), model.terms().end(), [&](const Term& term) { return tame(term.coefficient); });
}

/// Solves a program that is a network, up to multipliers of its rows and columns, by the network simplex method, from `start` where
/// one is given. Nothing where it is none, or where the answer would not stand its own proof; `watch` is shown iterations and
/// objective without the constant.
template <class Watch>
[[nodiscard]] std::optional<Solution> solve_as_network(const Model& model, const Options& options, const Basis* start,
                                                       const Stopwatch& stopwatch, Watch& watch) {
  auto structure = find_network(model);
  if (!structure || !is_moderate(model, *structure)) return std::nullopt;
  const NetworkProgram program(model, std::move(*structure));
  NetworkSimplex simplex(program.network(), {stopwatch, options.iteration_limit, options.primal_tolerance, options.dual_tolerance},
                         true);
  const Status status = simplex.run(program.start(start), watch);
  return program.read(simplex, status, options);
}

}  // namespace kilter::lp::detail
