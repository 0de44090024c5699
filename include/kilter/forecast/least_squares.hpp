#pragma once
/// @file
/// Linear least squares by a rank-revealing QR: coefficients, what had to be dropped, standard errors, predictions.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <Eigen/Core>

#include "kilter/core/contract.hpp"
#include "kilter/core/series.hpp"
#include "kilter/core/status.hpp"

namespace kilter::forecast {

struct LeastSquaresOptions {
  /// A column counts as dependent on those before it when what is left of it, relative to its own length, is at most this;
  /// 0 means max(rows, columns) times the rounding unit.
  double rank_tolerance = 0;
  /// Steps of iterative refinement with sums in extended precision; 0 saves about a third of the time.
  int refinements = 2;
  /// Names of the columns for the report; empty or one a column.
  std::vector<std::string> names{};
};

/// A prediction: the expected value, the standard error of that expectation, and the deviation of a new observation around it.
struct LinearPrediction {
  double mean = missing;
  double standard_error = missing;
  double deviation = missing;
};

/// The result of `least_squares`. Dropped columns have coefficient 0 and standard error `missing`.
struct [[nodiscard]] LeastSquaresFit {
  Status status = Status::infeasible;  ///< `optimal`, or `infeasible` when no row or no column carries information
  Eigen::VectorXd coefficients{};
  Eigen::VectorXd standard_errors{};
  Eigen::VectorXd residuals{};        ///< one a row, unweighted; `missing` where the row was skipped
  Eigen::MatrixXd covariance_root{};  ///< F with (XᵀWX)⁻¹ = F Fᵀ on the kept columns, rows of dropped ones 0
  std::size_t rank = 0;
  std::size_t rows = 0;                ///< rows that were used
  std::vector<std::size_t> dropped{};  ///< collinear columns, ascending
  std::vector<std::string> dropped_names{};
  double residual_sum = missing;       ///< weighted sum of squared residuals
  double residual_variance = missing;  ///< that sum over rows − rank; `missing` when nothing is left over

  /// The prediction at one row of regressors, for an observation of weight `weight`. Throws when the length differs. O(columns²).
  [[nodiscard]] LinearPrediction predict(const Eigen::Ref<const Eigen::VectorXd>& row, double weight = 1) const {
    require(row.size() == coefficients.size(), "row.size()", row.size(), "must equal the number of columns");
    require(weight > 0, "weight", weight, "must be positive");
    const double variance = residual_variance * (covariance_root.transpose() * row).squaredNorm();
    return {row.dot(coefficients), std::sqrt(variance), std::sqrt(variance + residual_variance / weight)};
  }
};

namespace detail {

/// Householder QR with column pivoting of a column-scaled matrix (Businger and Golub 1965; Golub and Van Loan, 4th edition, 5.4.2).
/// Scaling each column to length 1 makes the rank decision independent of the units of the regressors.
class PivotedQr {
 public:
  PivotedQr(Eigen::MatrixXd matrix, double tolerance) : qr_(std::move(matrix)) {
    const Eigen::Index n = qr_.cols();
    scale_.resize(n);
    order_.resize(static_cast<std::size_t>(n));
    for (Eigen::Index j = 0; j < n; ++j) {
      order_[static_cast<std::size_t>(j)] = j;
      const double largest = qr_.rows() == 0 ? 0 : qr_.col(j).cwiseAbs().maxCoeff();
      scale_[j] = largest > 0 ? largest * (qr_.col(j) / largest).norm() : 0;
      if (scale_[j] > 0) qr_.col(j) /= scale_[j];
    }
    factor(tolerance);
  }

  [[nodiscard]] Eigen::Index rank() const { return rank_; }
  /// The original index of the column at pivot position `k`.
  [[nodiscard]] Eigen::Index column(Eigen::Index k) const { return order_[static_cast<std::size_t>(k)]; }

  /// Solves r + X b = f, Xᵀ r = g on the kept columns, where dropped ones have coefficient 0. With g = 0 that is least squares.
  void solve(Eigen::VectorXd f, const Eigen::VectorXd& g, Eigen::VectorXd& b, Eigen::VectorXd& r) const {
    for (Eigen::Index k = 0; k < rank_; ++k) reflect_vector(k, f);
    Eigen::VectorXd z(rank_);
    for (Eigen::Index k = 0; k < rank_; ++k) {
      z[k] = (g[column(k)] / scale_[column(k)] - qr_.col(k).head(k).dot(z.head(k))) / diagonal_[k];
    }
    Eigen::VectorXd y = f.head(rank_) - z;
    for (Eigen::Index k = rank_ - 1; k >= 0; --k) {
      y[k] /= diagonal_[k];
      y.head(k).noalias() -= y[k] * qr_.col(k).head(k);
    }
    b = Eigen::VectorXd::Zero(qr_.cols());
    for (Eigen::Index k = 0; k < rank_; ++k) b[column(k)] = y[k] / scale_[column(k)];
    r = std::move(f);
    r.head(rank_) = z;
    for (Eigen::Index k = rank_ - 1; k >= 0; --k) reflect_vector(k, r);
  }

  /// F with (XᵀX)⁻¹ = F Fᵀ: the inverse of R by columns, rows back in their original order and scale.
  [[nodiscard]] Eigen::MatrixXd covariance_root() const {
    Eigen::MatrixXd out = Eigen::MatrixXd::Zero(qr_.cols(), rank_);
    Eigen::VectorXd inverse(rank_);
    for (Eigen::Index j = 0; j < rank_; ++j) {
      inverse.setZero();
      inverse[j] = 1;
      for (Eigen::Index k = j; k >= 0; --k) {
        inverse[k] /= diagonal_[k];
        inverse.head(k).noalias() -= inverse[k] * qr_.col(k).head(k);
      }
      for (Eigen::Index k = 0; k <= j; ++k) out(column(k), j) = inverse[k] / scale_[column(k)];
    }
    return out;
  }

 private:
  void factor(double tolerance) {
    const Eigen::Index m = qr_.rows(), n = qr_.cols(), steps = std::min(m, n);
    tau_ = Eigen::VectorXd::Zero(steps);
    diagonal_ = Eigen::VectorXd::Zero(steps);
    Eigen::VectorXd left(n);
    for (Eigen::Index j = 0; j < n; ++j) left[j] = qr_.col(j).squaredNorm();
    Eigen::VectorXd exact = left;
    for (; rank_ < steps; ++rank_) {
      const Eigen::Index pivot = choose(left, exact);
      if (pivot < 0 || qr_.col(pivot).tail(m - rank_).norm() <= tolerance) return;
      swap(rank_, pivot, left, exact);
      reflect(rank_, left);
    }
  }

  /// The column with the most left. Norms are downdated; one that has shrunk so far that the downdate has lost its digits is
  /// computed again (LAPACK Working Note 176, Drmač and Bujanović 2008).
  [[nodiscard]] Eigen::Index choose(Eigen::VectorXd& left, Eigen::VectorXd& exact) const {
    Eigen::Index best = -1;
    for (Eigen::Index j = rank_; j < qr_.cols(); ++j) {
      if (left[j] <= 1e-7 * exact[j]) left[j] = exact[j] = qr_.col(j).tail(qr_.rows() - rank_).squaredNorm();
      if (left[j] > 0 && (best < 0 || left[j] > left[best])) best = j;
    }
    return best;
  }

  void swap(Eigen::Index a, Eigen::Index b, Eigen::VectorXd& left, Eigen::VectorXd& exact) {
    if (a == b) return;
    qr_.col(a).swap(qr_.col(b));
    std::swap(left[a], left[b]);
    std::swap(exact[a], exact[b]);
    std::swap(order_[static_cast<std::size_t>(a)], order_[static_cast<std::size_t>(b)]);
  }

  void reflect_vector(Eigen::Index k, Eigen::VectorXd& y) const {
    const auto v = qr_.col(k).tail(qr_.rows() - k - 1);
    auto rest = y.tail(qr_.rows() - k - 1);
    const double factor = tau_[k] * (y[k] + v.dot(rest));
    y[k] -= factor;
    rest.noalias() -= factor * v;
  }

  /// One Householder reflection I − τ (1, v)(1, v)ᵀ, stored below the diagonal and applied to the columns on the right.
  void reflect(Eigen::Index k, Eigen::VectorXd& left) {
    const Eigen::Index below = qr_.rows() - k - 1;
    const double head = qr_(k, k);
    const double norm = std::copysign(qr_.col(k).tail(below + 1).norm(), head);
    tau_[k] = (head + norm) / norm;
    diagonal_[k] = -norm;
    qr_.col(k).tail(below) /= head + norm;
    const auto v = qr_.col(k).tail(below);
    for (Eigen::Index j = k + 1; j < qr_.cols(); ++j) {
      auto rest = qr_.col(j).tail(below);
      const double factor = tau_[k] * (qr_(k, j) + v.dot(rest));
      qr_(k, j) -= factor;
      rest.noalias() -= factor * v;
      left[j] = std::max(0.0, left[j] - qr_(k, j) * qr_(k, j));
    }
  }

  Eigen::MatrixXd qr_;
  Eigen::VectorXd scale_{}, tau_{}, diagonal_{};
  std::vector<Eigen::Index> order_{};
  Eigen::Index rank_ = 0;
};

/// The rows that count, multiplied by the roots of their weights.
struct WeightedRows {
  Eigen::MatrixXd design{};
  Eigen::VectorXd target{};
  std::vector<Eigen::Index> index{};
};

inline WeightedRows weigh(const Eigen::Ref<const Eigen::MatrixXd>& design, const Eigen::Ref<const Eigen::VectorXd>& target,
                          const Eigen::Ref<const Eigen::VectorXd>& weights) {
  WeightedRows out;
  for (Eigen::Index i = 0; i < target.size(); ++i) {
    require(weights[i] >= 0 && std::isfinite(weights[i]), "weight", weights[i], "must be finite and not negative");
    require(!std::isinf(target[i]), "target", target[i], "must be finite or missing");
    if (weights[i] > 0 && !std::isnan(target[i])) out.index.push_back(i);
  }
  const auto rows = static_cast<Eigen::Index>(out.index.size());
  out.design.resize(rows, design.cols());
  out.target.resize(rows);
  for (Eigen::Index k = 0; k < rows; ++k) {
    const Eigen::Index i = out.index[static_cast<std::size_t>(k)];
    const double root = std::sqrt(weights[i]);
    out.design.row(k) = root * design.row(i);
    out.target[k] = root * target[i];
  }
  for (Eigen::Index j = 0; j < design.cols(); ++j) {
    for (Eigen::Index k = 0; k < rows; ++k) require_finite("design value", out.design(k, j));
  }
  return out;
}

/// y − r − X b and −Xᵀ r with sums in extended precision.
inline void augmented_residuals(const WeightedRows& rows, const Eigen::VectorXd& b, const Eigen::VectorXd& r, Eigen::VectorXd& f,
                                Eigen::VectorXd& g) {
  using Extended = long double;
  const Eigen::MatrixXd& x = rows.design;
  std::vector<Extended> sum(static_cast<std::size_t>(x.rows()));
  for (Eigen::Index i = 0; i < x.rows(); ++i) sum[static_cast<std::size_t>(i)] = Extended{rows.target[i]} - Extended{r[i]};
  for (Eigen::Index j = 0; j < x.cols(); ++j) {
    Extended dot = 0;
    for (Eigen::Index i = 0; i < x.rows(); ++i) {
      sum[static_cast<std::size_t>(i)] -= Extended{x(i, j)} * Extended{b[j]};
      dot -= Extended{x(i, j)} * Extended{r[i]};
    }
    g[j] = static_cast<double>(dot);
  }
  for (Eigen::Index i = 0; i < x.rows(); ++i) f[i] = static_cast<double>(sum[static_cast<std::size_t>(i)]);
}

/// Least squares with refinement of coefficients and residuals together (Björck 1967): without the residuals, a large one spoils
/// the coefficients by its size times the square of the condition number.
inline void solve_refined(const PivotedQr& qr, const WeightedRows& rows, int refinements, Eigen::VectorXd& b, Eigen::VectorXd& r) {
  Eigen::VectorXd g = Eigen::VectorXd::Zero(rows.design.cols());
  qr.solve(rows.target, g, b, r);
  Eigen::VectorXd f(rows.target.size()), step, change;
  for (int k = 0; k < refinements; ++k) {
    augmented_residuals(rows, b, r, f, g);
    qr.solve(f, g, step, change);
    b += step;
    r += change;
  }
}

inline void report_rank(const PivotedQr& qr, const LeastSquaresOptions& options, LeastSquaresFit& fit) {
  fit.rank = static_cast<std::size_t>(qr.rank());
  for (Eigen::Index k = qr.rank(); k < fit.coefficients.size(); ++k) fit.dropped.push_back(static_cast<std::size_t>(qr.column(k)));
  std::sort(fit.dropped.begin(), fit.dropped.end());
  if (options.names.empty()) return;
  for (const std::size_t j : fit.dropped) fit.dropped_names.push_back(options.names[j]);
}

inline void report_errors(const WeightedRows& rows, const Eigen::VectorXd& residuals, LeastSquaresFit& fit) {
  fit.residual_sum = residuals.squaredNorm();
  const auto left_over = static_cast<double>(rows.index.size()) - static_cast<double>(fit.rank);
  fit.residual_variance = left_over > 0 ? fit.residual_sum / left_over : missing;
  for (Eigen::Index j = 0; j < fit.coefficients.size(); ++j) {
    fit.standard_errors[j] = std::sqrt(fit.residual_variance) * fit.covariance_root.row(j).norm();
  }
  for (const std::size_t j : fit.dropped) fit.standard_errors[static_cast<Eigen::Index>(j)] = missing;
}

}  // namespace detail

/// Minimises Σ wᵢ (yᵢ − xᵢᵀ b)² over b: weighted least squares with known relative weights (the variance of row i is σ²/wᵢ).
///
/// `design` is rows × columns; rows whose target is missing or whose weight is 0 are skipped. Columns are scaled to length 1,
/// collinear ones are found by column-pivoted Householder QR and reported by index and name; the solution is refined with residuals
/// in extended precision. Throws when lengths differ or a value is not finite. O(rows · columns²).
inline LeastSquaresFit weighted_least_squares(const Eigen::Ref<const Eigen::MatrixXd>& design,
                                              const Eigen::Ref<const Eigen::VectorXd>& target,
                                              const Eigen::Ref<const Eigen::VectorXd>& weights,
                                              const LeastSquaresOptions& options = {}) {
  require(design.rows() == target.size(), "target.size()", target.size(), "must equal the number of rows");
  require(design.rows() == weights.size(), "weights.size()", weights.size(), "must equal the number of rows");
  require(options.names.empty() || options.names.size() == static_cast<std::size_t>(design.cols()), "options.names.size()",
          options.names.size(), "must be 0 or the number of columns");
  require(options.rank_tolerance >= 0, "options.rank_tolerance", options.rank_tolerance, "must not be negative");
  const detail::WeightedRows rows = detail::weigh(design, target, weights);
  const double tolerance = options.rank_tolerance > 0 ? options.rank_tolerance
                                                      : static_cast<double>(std::max(design.rows(), design.cols())) *
                                                            std::numeric_limits<double>::epsilon();
  const detail::PivotedQr qr{rows.design, tolerance};
  LeastSquaresFit fit;
  Eigen::VectorXd residuals;
  detail::solve_refined(qr, rows, options.refinements, fit.coefficients, residuals);
  fit.standard_errors = Eigen::VectorXd::Constant(design.cols(), missing);
  fit.residuals = Eigen::VectorXd::Constant(design.rows(), missing);
  fit.rows = rows.index.size();
  detail::report_rank(qr, options, fit);
  if (fit.rank == 0) return fit;
  fit.covariance_root = qr.covariance_root();
  detail::report_errors(rows, residuals, fit);
  for (std::size_t k = 0; k < rows.index.size(); ++k) {
    fit.residuals[rows.index[k]] = residuals[static_cast<Eigen::Index>(k)] / std::sqrt(weights[rows.index[k]]);
  }
  fit.status = Status::optimal;
  return fit;
}

/// Ordinary least squares: `weighted_least_squares` with all weights 1.
inline LeastSquaresFit least_squares(const Eigen::Ref<const Eigen::MatrixXd>& design,
                                     const Eigen::Ref<const Eigen::VectorXd>& target, const LeastSquaresOptions& options = {}) {
  return weighted_least_squares(design, target, Eigen::VectorXd::Ones(design.rows()), options);
}

}  // namespace kilter::forecast
