#pragma once
/// @file
/// `RecursiveLeastSquares`: linear regression that takes one row after another and may forget old ones.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/series.hpp"
#include "kilter/forecast/dense.hpp"
#include "kilter/forecast/linear_prediction.hpp"

namespace kilter::forecast {

struct RecursiveOptions {
  /// A row that is n steps old has weight forgettingⁿ; 1 forgets nothing. In (0, 1].
  double forgetting = 1;
  /// What is known of each coefficient at least, as a share of what one row with the largest regressor seen so far would tell. It
  /// draws towards where the coefficient started, and never fades.
  double prior = 1e-6;
};

/// Minimises Σ λⁿ⁻ᵗ w_t (y_t − x_tᵀ b)² over b at each step n, where λ is the forgetting: exponentially weighted least squares,
/// updated in O(columns²) by a row (recursive least squares, Plackett 1950).
///
/// It keeps the triangle R of the QR factorisation with RᵀR = Σ λⁿ⁻ᵗ w x xᵀ and turns each new row into it by Givens rotations (the
/// square-root information filter; Golub and Van Loan, 4th edition, 6.5.2). Unlike the update of a covariance matrix this cannot
/// lose positivity, and with λ < 1 old rounding errors fade like old rows.
///
/// *Wind-up.* Directions in which no row points are forgotten with nothing learnt, and without a guard their variance would grow
/// like λ⁻ⁿ until a small disturbance threw the coefficients anywhere. Therefore each coefficient has a prior of the weight
/// π = `prior` · (largest w x² seen; one row at most doubles it), which fades with the rows, and is brought back to π for one
/// coefficient at each step, in turn: of the prior of every coefficient there is always between λᵏ π and π, k being the number of
/// columns (after `from` a batch, once k steps are over). That bounds the variance by the residual variance over λᵏ π, and
/// unexcited coefficients go back slowly to where they started.
class RecursiveLeastSquares {
 public:
  /// Starts from nothing: all coefficients 0, with the prior alone. Throws when `columns` is 0 or an option out of range.
  explicit RecursiveLeastSquares(std::size_t columns, const RecursiveOptions& options = {})
      : options_(options),
        triangle_(columns, columns),
        right_(columns),
        start_(columns),
        largest_(columns),
        held_(columns),
        coefficients_(columns),
        row_(columns) {
    require(columns > 0, "columns", columns, "must be positive");
    require(options.forgetting > 0 && options.forgetting <= 1, "options.forgetting", options.forgetting, "must lie in (0, 1]");
    require(options.prior > 0 && options.prior <= 1, "options.prior", options.prior, "must lie in (0, 1]");
  }

  /// Goes on from a batch, a `LeastSquaresFit`: its rows (and its ridge) count as if they had all come in the last step, and its
  /// coefficients are where the prior draws to. When it has an intercept, that is column 0 here: rows begin with 1. Throws as
  /// above. O(columns³).
  template <class Fit>
  [[nodiscard]] static RecursiveLeastSquares from(const Fit& fit, const RecursiveOptions& options = {}) {
    RecursiveLeastSquares out{static_cast<std::size_t>(fit.coefficients.size()), options};
    out.load(fit);
    return out;
  }

  [[nodiscard]] std::size_t columns() const { return right_.size(); }

  /// Learns from a row. A step whose target or one of whose regressors is missing, or whose weight is 0, ages what is known and
  /// adds nothing. Throws when the length differs or a magnitude exceeds 1e100. O(columns²); the first row that has a column is
  /// O(columns³).
  void append(std::span<const double> row, double target, double weight = 1) {
    require(weight >= 0 && weight <= largest_size, "weight", weight, "must lie between 0 and 1e100");
    require(!(std::abs(target) > largest_size), "target", target, "must be missing or at most 1e100 in magnitude");
    const bool known = check(row) && !std::isnan(target) && weight > 0;
    fade();
    if (known) note_size(row, weight);
    restore_prior();
    if (known) {
      const double root = std::sqrt(weight);
      for (std::size_t j = 0; j < columns(); ++j) row_[j] = root * row[j];
      rotate(root * target, 0);
      sum_of_weights_ += 1;
      sum_of_squared_weights_ += 1;
    }
    solve();
  }

  /// The prediction at one row for an observation of weight `weight`: `missing` when a regressor is, and without errors while there
  /// are no more rows than columns or a column is used that was never seen. Throws when the length differs. O(columns²).
  [[nodiscard]] LinearPrediction predict(std::span<const double> row, double weight = 1) const {
    require(weight > 0, "weight", weight, "must be positive");
    if (!check(row)) return {missing, missing, missing, freedom()};
    const double mean = detail::dot(row.data(), coefficients_.data(), columns());
    const double variance = residual_variance() * relative_variance(row);
    return {mean, std::sqrt(variance), std::sqrt(variance + residual_variance() / weight), freedom()};
  }

  [[nodiscard]] const std::vector<double>& coefficients() const { return coefficients_; }

  /// The standard error of each coefficient; `missing` as in `predict`. O(columns³).
  [[nodiscard]] std::vector<double> standard_errors() const {
    std::vector<double> out(columns()), unit(columns(), 0.0);
    for (std::size_t j = 0; j < columns(); ++j) {
      unit[j] = 1;
      out[j] = std::sqrt(residual_variance() * relative_variance(unit));
      unit[j] = 0;
    }
    return out;
  }

  /// Σ λⁿ⁻ᵗ w_t (y_t − x_tᵀ b)² at the present coefficients. O(columns).
  [[nodiscard]] double residual_sum() const {
    double sum = criterion_;
    for (std::size_t j = 0; j < columns(); ++j) sum -= held_[j] * (coefficients_[j] - start_[j]) * (coefficients_[j] - start_[j]);
    return std::max(0.0, sum);
  }

  /// The number of rows of equal weight that would tell as much, (Σ λⁿ⁻ᵗ)² / Σ λ²⁽ⁿ⁻ᵗ⁾ (Kish 1965): n, or at most (1 + λ)/(1 − λ).
  [[nodiscard]] double equivalent_rows() const {
    return sum_of_squared_weights_ > 0 ? sum_of_weights_ / sum_of_squared_weights_ * sum_of_weights_ : 0;
  }

  /// Degrees of freedom: the equivalent rows less the columns seen, at least 0.
  [[nodiscard]] double freedom() const { return std::max(0.0, equivalent_rows() - static_cast<double>(seen())); }

  /// The variance of a row of weight 1, such that it is unbiased when coefficients and regressors are steady; `missing` without a
  /// degree of freedom.
  [[nodiscard]] double residual_variance() const {
    if (!(freedom() > 0)) return missing;
    return residual_sum() * (sum_of_weights_ / sum_of_squared_weights_) / freedom();
  }

 private:
  static constexpr double largest_size = 1e100;  ///< squares times weights stay finite

  /// True when all regressors are known.
  [[nodiscard]] bool check(std::span<const double> row) const {
    require(row.size() == columns(), "row.size()", row.size(), "must equal the number of columns");
    bool known = true;
    for (const double v : row) {
      require(!(std::abs(v) > largest_size), "row value", v, "must be missing or at most 1e100 in magnitude");
      known = known && !std::isnan(v);
    }
    return known;
  }

  [[nodiscard]] std::size_t seen() const {
    return columns() - static_cast<std::size_t>(std::count(largest_.begin(), largest_.end(), 0.0));
  }

  /// Everything is one step older.
  void fade() {
    const double root = std::sqrt(options_.forgetting);
    for (std::size_t j = 0; j < columns(); ++j) {
      for (std::size_t i = 0; i <= j; ++i) triangle_(i, j) *= root;
      right_[j] *= root;
      held_[j] *= options_.forgetting;
    }
    criterion_ *= options_.forgetting;
    sum_of_weights_ *= options_.forgetting;
    sum_of_squared_weights_ *= options_.forgetting * options_.forgetting;
  }

  /// Keeps the largest square of each column, which one wild row may at most double, and gives a column that is seen for the first
  /// time its prior.
  void note_size(std::span<const double> row, double weight) {
    for (std::size_t j = 0; j < columns(); ++j) {
      const bool first = !(largest_[j] > 0);
      const double square = weight * row[j] * row[j];
      largest_[j] = first ? square : std::clamp(square, largest_[j], 2 * largest_[j]);
      if (first) top_up(j);
    }
  }

  void restore_prior() {
    top_up(turn_);
    turn_ = (turn_ + 1) % columns();
  }

  /// Brings the prior of coefficient `j` back to its full weight: a row that says that it is where it started.
  void top_up(std::size_t j) {
    const double lacking = options_.prior * largest_[j] - held_[j];
    if (!(lacking > 0)) return;
    held_[j] += lacking;
    std::fill(row_.begin(), row_.end(), 0.0);
    row_[j] = std::sqrt(lacking);
    rotate(row_[j] * start_[j], j);
  }

  /// Givens rotations of `row_`, which is 0 before column `first`, and its target into the triangle; what is left of the target is
  /// the part that no coefficients explain, whose square is what the criterion at its least grows by.
  void rotate(double target, std::size_t first) {
    for (std::size_t i = first; i < columns(); ++i) {
      if (row_[i] == 0) continue;
      const double radius = std::hypot(triangle_(i, i), row_[i]);
      const double c = triangle_(i, i) / radius, s = row_[i] / radius;
      triangle_(i, i) = radius;
      for (std::size_t j = i + 1; j < columns(); ++j) {
        const double above = triangle_(i, j);
        triangle_(i, j) = c * above + s * row_[j];
        row_[j] = c * row_[j] - s * above;
      }
      const double above = right_[i];
      right_[i] = c * above + s * target;
      target = c * target - s * above;
    }
    criterion_ += target * target;
  }

  /// R b = right; a coefficient that nothing is known of stays where it started.
  void solve() {
    std::vector<double>& b = coefficients_;
    b = right_;
    for (std::size_t k = columns(); k-- > 0;) {
      b[k] = triangle_(k, k) > 0 ? b[k] / triangle_(k, k) : start_[k];
      detail::add_scaled(b.data(), -b[k], triangle_.column(k), k);
    }
  }

  /// xᵀ (RᵀR)⁻¹ x; `missing` when x points where nothing is known.
  [[nodiscard]] double relative_variance(std::span<const double> x) const {
    std::vector<double> v(columns());
    for (std::size_t j = 0; j < columns(); ++j) {
      const double rest = x[j] - detail::dot(triangle_.column(j), v.data(), j);
      if (rest == 0) continue;
      if (!(triangle_(j, j) > 0)) return missing;
      v[j] = rest / triangle_(j, j);
    }
    return detail::dot(v.data(), v.data(), columns());
  }

  /// With (XᵀX)⁻¹ = F Fᵀ, the rows of F⁻¹ tell as much as those of X.
  template <class Fit>
  void load(const Fit& fit) {
    std::vector<std::size_t> kept;
    for (std::size_t j = 0; j < columns(); ++j) {
      start_[j] = fit.coefficients[static_cast<std::ptrdiff_t>(j)];
      if (std::find(fit.dropped.begin(), fit.dropped.end(), j) == fit.dropped.end()) kept.push_back(j);
    }
    detail::Columns root(kept.size(), kept.size());
    for (std::size_t i = 0; i < kept.size(); ++i) {
      for (std::size_t k = 0; k < kept.size(); ++k) {
        root(i, k) = fit.covariance_root(static_cast<std::ptrdiff_t>(kept[i]), static_cast<std::ptrdiff_t>(k));
      }
    }
    const auto rows = static_cast<double>(fit.rows);
    load_inverse(root, kept, rows);
    criterion_ += rows > 0 ? fit.residual_sum : 0;
    sum_of_weights_ = sum_of_squared_weights_ = rows;
    solve();
  }

  void load_inverse(const detail::Columns& root, const std::vector<std::size_t>& kept, double rows) {
    const detail::PivotedQr qr{root, 0};
    detail::Columns inverse(kept.size(), kept.size());
    std::vector<double> unit(kept.size(), 0.0), column, rest;
    const std::vector<double> zeros(kept.size(), 0.0);
    for (std::size_t j = 0; j < kept.size(); ++j) {
      unit[j] = 1;
      qr.solve(unit, zeros, column, rest);
      unit[j] = 0;
      std::copy(column.begin(), column.end(), inverse.column(j));
      largest_[kept[j]] = detail::dot(column.data(), column.data(), kept.size()) / rows;
    }
    for (std::size_t i = 0; i < kept.size(); ++i) {
      double target = 0;
      std::fill(row_.begin(), row_.end(), 0.0);
      for (std::size_t j = 0; j < kept.size(); ++j) {
        row_[kept[j]] = inverse(i, j);
        target += inverse(i, j) * start_[kept[j]];
      }
      rotate(target, 0);
    }
  }

  RecursiveOptions options_;
  detail::Columns triangle_;
  std::vector<double> right_;    ///< R b
  std::vector<double> start_;    ///< where the prior draws each coefficient to
  std::vector<double> largest_;  ///< the largest w x² of each column
  std::vector<double> held_;     ///< what is left of its prior
  std::vector<double> coefficients_, row_;
  double criterion_ = 0;  ///< the residual sum plus what the prior costs, at the present coefficients
  double sum_of_weights_ = 0, sum_of_squared_weights_ = 0;
  std::size_t turn_ = 0;
};

}  // namespace kilter::forecast
