#pragma once
/// @file
/// Small dense kernels of this room on plain arrays: they compile in no time, and everything here is tall and narrow.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

namespace kilter::forecast::detail {

/// A matrix stored by columns.
class Columns {
 public:
  Columns() = default;
  Columns(std::size_t rows, std::size_t cols) : rows_(rows), cols_(cols), data_(rows * cols, 0.0) {}

  [[nodiscard]] std::size_t rows() const { return rows_; }
  [[nodiscard]] std::size_t cols() const { return cols_; }
  [[nodiscard]] double* column(std::size_t j) { return data_.data() + j * rows_; }
  [[nodiscard]] const double* column(std::size_t j) const { return data_.data() + j * rows_; }
  double& operator()(std::size_t i, std::size_t j) { return data_[j * rows_ + i]; }
  double operator()(std::size_t i, std::size_t j) const { return data_[j * rows_ + i]; }

 private:
  std::size_t rows_ = 0, cols_ = 0;
  std::vector<double> data_{};
};

/// Σ a b over `n`, in four interleaved sums so that additions do not wait for each other.
inline double dot(const double* a, const double* b, std::size_t n) {
  double s0 = 0, s1 = 0, s2 = 0, s3 = 0;
  std::size_t i = 0;
  for (; i + 4 <= n; i += 4) {
    s0 += a[i] * b[i];
    s1 += a[i + 1] * b[i + 1];
    s2 += a[i + 2] * b[i + 2];
    s3 += a[i + 3] * b[i + 3];
  }
  for (; i < n; ++i) s0 += a[i] * b[i];
  return (s0 + s1) + (s2 + s3);
}

/// y += factor x over `n`.
inline void add_scaled(double* y, double factor, const double* x, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) y[i] += factor * x[i];
}

/// The length of a vector of `n`, scaled by its largest entry so that squares neither overflow nor vanish.
inline double length(const double* x, std::size_t n) {
  double largest = 0;
  for (std::size_t i = 0; i < n; ++i) largest = std::max(largest, std::abs(x[i]));
  if (!(largest > 0)) return 0;
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += (x[i] / largest) * (x[i] / largest);
  return largest * std::sqrt(sum);
}

/// Cholesky's factor L with A = L Lᵀ in the place of the lower triangle of A; false when A is not positive definite.
inline bool cholesky(Columns& a) {
  const std::size_t n = a.rows();
  for (std::size_t j = 0; j < n; ++j) {
    for (std::size_t k = 0; k < j; ++k) add_scaled(a.column(j) + j, -a(j, k), a.column(k) + j, n - j);
    if (!(a(j, j) > 0) || !std::isfinite(a(j, j))) return false;
    const double root = std::sqrt(a(j, j));
    for (std::size_t i = j; i < n; ++i) a(i, j) /= root;
  }
  return true;
}

/// Solves the symmetric positive definite system A x = b by Cholesky's method, reading the lower triangle and leaving x in `b`;
/// false when A is not positive definite.
inline bool solve_positive(Columns a, std::vector<double>& b) {
  if (!cholesky(a)) return false;
  const std::size_t n = a.rows();
  for (std::size_t j = 0; j < n; ++j) {
    b[j] /= a(j, j);
    add_scaled(b.data() + j + 1, -b[j], a.column(j) + j + 1, n - j - 1);
  }
  for (std::size_t j = n; j-- > 0;) b[j] = (b[j] - dot(a.column(j) + j + 1, b.data() + j + 1, n - j - 1)) / a(j, j);
  return true;
}

/// Householder QR with column pivoting of a column-scaled matrix (Businger and Golub 1965; Golub and Van Loan, 4th edition, 5.4.2).
/// Scaling each column to length 1 makes the rank decision independent of the units of the regressors.
class PivotedQr {
 public:
  /// A column counts as dependent when what is left of it after those before it is at most `tolerance` of its length.
  PivotedQr(Columns matrix, double tolerance) : qr_(std::move(matrix)), scale_(qr_.cols()), order_(qr_.cols()) {
    for (std::size_t j = 0; j < qr_.cols(); ++j) {
      order_[j] = j;
      scale_[j] = length(qr_.column(j), qr_.rows());
      for (std::size_t i = 0; i < qr_.rows() && scale_[j] > 0; ++i) qr_(i, j) /= scale_[j];
    }
    factor(tolerance);
  }

  [[nodiscard]] std::size_t rank() const { return rank_; }
  /// The original index of the column at pivot position `k`.
  [[nodiscard]] std::size_t original(std::size_t k) const { return order_[k]; }

  /// Solves r + X b = f, Xᵀ r = g on the kept columns, where dropped ones have coefficient 0. With g = 0 that is least squares.
  void solve(std::vector<double> f, const std::vector<double>& g, std::vector<double>& b, std::vector<double>& r) const {
    for (std::size_t k = 0; k < rank_; ++k) reflect(k, f.data());
    std::vector<double> y(rank_), z(rank_);
    for (std::size_t k = 0; k < rank_; ++k) {
      z[k] = (g[order_[k]] / scale_[order_[k]] - dot(qr_.column(k), z.data(), k)) / diagonal_[k];
      y[k] = f[k] - z[k];
    }
    b.assign(qr_.cols(), 0.0);
    back_substitute(y, rank_);
    for (std::size_t k = 0; k < rank_; ++k) b[order_[k]] = y[k] / scale_[order_[k]];
    r = std::move(f);
    std::copy(z.begin(), z.end(), r.begin());
    for (std::size_t k = rank_; k-- > 0;) reflect(k, r.data());
  }

  /// F with (XᵀX)⁻¹ = F Fᵀ: the inverse of R by columns, rows back in their original order and scale.
  [[nodiscard]] Columns covariance_root() const {
    Columns out(qr_.cols(), rank_);
    for (std::size_t j = 0; j < rank_; ++j) {
      std::vector<double> inverse(j + 1, 0.0);
      inverse[j] = 1;
      back_substitute(inverse, j + 1);
      for (std::size_t k = 0; k <= j; ++k) out(order_[k], j) = inverse[k] / scale_[order_[k]];
    }
    return out;
  }

 private:
  void factor(double tolerance) {
    std::vector<double> left(qr_.cols()), exact;
    for (std::size_t j = 0; j < qr_.cols(); ++j) left[j] = dot(qr_.column(j), qr_.column(j), qr_.rows());
    exact = left;
    for (const std::size_t steps = std::min(qr_.rows(), qr_.cols()); rank_ < steps; ++rank_) {
      const std::size_t pivot = choose(left, exact);
      if (length(qr_.column(pivot) + rank_, qr_.rows() - rank_) <= tolerance) return;
      swap(rank_, pivot, left, exact);
      make_reflection(rank_, left);
    }
  }

  /// The column with the most left. Squared lengths are downdated; one that has shrunk so far that the downdate has lost its digits
  /// is computed again (Drmač and Bujanović 2008).
  [[nodiscard]] std::size_t choose(std::vector<double>& left, std::vector<double>& exact) const {
    std::size_t best = rank_;
    for (std::size_t j = rank_; j < qr_.cols(); ++j) {
      const double* rest = qr_.column(j) + rank_;
      if (left[j] <= 1e-7 * exact[j]) left[j] = exact[j] = dot(rest, rest, qr_.rows() - rank_);
      if (left[j] > left[best]) best = j;
    }
    return best;
  }

  void swap(std::size_t a, std::size_t b, std::vector<double>& left, std::vector<double>& exact) {
    if (a == b) return;
    std::swap_ranges(qr_.column(a), qr_.column(a) + qr_.rows(), qr_.column(b));
    std::swap(left[a], left[b]);
    std::swap(exact[a], exact[b]);
    std::swap(order_[a], order_[b]);
  }

  /// I − τ (1, v)(1, v)ᵀ of step `k`, stored below the diagonal, applied to a vector of all rows.
  void reflect(std::size_t k, double* y) const {
    const std::size_t below = qr_.rows() - k - 1;
    const double* v = qr_.column(k) + k + 1;
    const double size = tau_[k] * (y[k] + dot(v, y + k + 1, below));
    y[k] -= size;
    add_scaled(y + k + 1, -size, v, below);
  }

  void make_reflection(std::size_t k, std::vector<double>& left) {
    const double head = qr_(k, k);
    const double norm = std::copysign(length(qr_.column(k) + k, qr_.rows() - k), head);
    tau_.push_back((head + norm) / norm);
    diagonal_.push_back(-norm);
    for (std::size_t i = k + 1; i < qr_.rows(); ++i) qr_(i, k) /= head + norm;
    for (std::size_t j = k + 1; j < qr_.cols(); ++j) {
      reflect(k, qr_.column(j));
      left[j] = std::max(0.0, left[j] - qr_(k, j) * qr_(k, j));
    }
  }

  /// R x = y on the first `count` pivots, in place.
  void back_substitute(std::vector<double>& y, std::size_t count) const {
    for (std::size_t k = count; k-- > 0;) {
      y[k] /= diagonal_[k];
      add_scaled(y.data(), -y[k], qr_.column(k), k);
    }
  }

  Columns qr_;
  std::vector<double> scale_, tau_{}, diagonal_{};
  std::vector<std::size_t> order_;
  std::size_t rank_ = 0;
};

/// The least-squares solution of rows that are already weighted.
struct DenseFit {
  std::vector<double> coefficients{};
  std::vector<double> residuals{};
  Columns covariance_root{};           ///< F with (XᵀX)⁻¹ = F Fᵀ, rows of dropped columns 0
  std::vector<std::size_t> dropped{};  ///< ascending
  std::size_t rank = 0;
};

/// y − r − X b and −Xᵀ r with sums in extended precision.
inline void augmented_residuals(const Columns& x, const std::vector<double>& y, const DenseFit& fit, std::vector<double>& f,
                                std::vector<double>& g) {
  using Extended = long double;
  std::vector<Extended> sum(x.rows());
  for (std::size_t i = 0; i < x.rows(); ++i) sum[i] = Extended{y[i]} - Extended{fit.residuals[i]};
  for (std::size_t j = 0; j < x.cols(); ++j) {
    Extended product = 0;
    for (std::size_t i = 0; i < x.rows(); ++i) {
      sum[i] -= Extended{x(i, j)} * Extended{fit.coefficients[j]};
      product -= Extended{x(i, j)} * Extended{fit.residuals[i]};
    }
    g[j] = static_cast<double>(product);
  }
  for (std::size_t i = 0; i < x.rows(); ++i) f[i] = static_cast<double>(sum[i]);
}

/// Least squares by pivoted QR, with coefficients and residuals refined together (Björck 1967): without the residuals, a large one
/// spoils the coefficients by its size times the square of the condition number. Tolerance 0: max(rows, columns) rounding units.
inline DenseFit dense_least_squares(const Columns& x, const std::vector<double>& y, int refinements = 0, double tolerance = 0) {
  const double rounding = static_cast<double>(std::max(x.rows(), x.cols())) * std::numeric_limits<double>::epsilon();
  const PivotedQr qr{x, tolerance > 0 ? tolerance : rounding};
  DenseFit fit;
  std::vector<double> f(x.rows()), g(x.cols(), 0.0), step, change;
  qr.solve(y, g, fit.coefficients, fit.residuals);
  for (int k = 0; k < refinements; ++k) {
    augmented_residuals(x, y, fit, f, g);
    qr.solve(f, g, step, change);
    add_scaled(fit.coefficients.data(), 1, step.data(), step.size());
    add_scaled(fit.residuals.data(), 1, change.data(), change.size());
  }
  fit.rank = qr.rank();
  for (std::size_t k = qr.rank(); k < x.cols(); ++k) fit.dropped.push_back(qr.original(k));
  std::sort(fit.dropped.begin(), fit.dropped.end());
  fit.covariance_root = qr.covariance_root();
  return fit;
}

}  // namespace kilter::forecast::detail
