#include "kilter/lp/sparse.hpp"

#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include <Eigen/Core>
#include <Eigen/SparseCore>

#include "catch.hpp"
#include "kilter/core/rng.hpp"

using namespace kilter;
using namespace kilter::lp;

namespace {

template <class F>
std::string refusal(F&& f) {
  try {
    f();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

/// The same matrix in storage of another kind, with an explicit zero, and not compressed.
template <class Matrix>
Matrix stored(const Eigen::MatrixXd& dense) {
  Matrix matrix(dense.rows(), dense.cols());
  for (Eigen::Index i = 0; i < dense.rows(); ++i) {
    for (Eigen::Index j = 0; j < dense.cols(); ++j) {
      if (dense(i, j) != 0 || (i + j) % 5 == 0) matrix.coeffRef(i, j) = dense(i, j);
    }
  }
  return matrix;
}

Eigen::MatrixXd random_matrix(Rng& rng, Eigen::Index rows, Eigen::Index columns) {
  Eigen::MatrixXd dense = Eigen::MatrixXd::Zero(rows, columns);
  for (double& value : dense.reshaped()) value = rng.bernoulli(0.4) ? rng.normal() : 0.0;
  return dense;
}

template <class Matrix>
void check(bool compressed) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Rng rng{seed};
    const auto m = static_cast<Eigen::Index>(rng.index(6)), n = static_cast<Eigen::Index>(rng.index(7));
    const Eigen::MatrixXd dense = random_matrix(rng, m, n);
    Matrix matrix = stored<Matrix>(dense);
    if (compressed) matrix.makeCompressed();
    const Eigen::VectorXd costs = Eigen::VectorXd::LinSpaced(n, 1, 2), low = Eigen::VectorXd::Constant(m, -1),
                          high = Eigen::VectorXd::Constant(m, infinity);
    const Model model = make_model(costs, matrix, low, high);
    REQUIRE(model.rows() == m);
    REQUIRE(model.columns() == n);
    CHECK(model.nonzeros() == static_cast<std::size_t>((dense.array() != 0).count()));
    for (int i = 0; i < model.rows(); ++i) {
      CHECK(model.row_lower(i) == -1);
      for (int j = 0; j < model.columns(); ++j) CHECK(model.coefficient(i, j) == dense(i, j));
    }
    CHECK(Eigen::MatrixXd(to_eigen(model)) == dense);
  }
}

}  // namespace

TEST_CASE("programs come from Eigen's sparse matrices of every storage") {
  for (const bool compressed : {false, true}) {
    check<Eigen::SparseMatrix<double>>(compressed);
    check<Eigen::SparseMatrix<double, Eigen::RowMajor>>(compressed);
    check<Eigen::SparseMatrix<double, Eigen::ColMajor, std::ptrdiff_t>>(compressed);
    check<Eigen::SparseMatrix<double, Eigen::RowMajor, short>>(compressed);
  }
}

TEST_CASE("bounds come with the matrix, and what does not fit is refused by name") {
  Eigen::SparseMatrix<double> matrix(2, 3);
  matrix.insert(0, 0) = 1;
  matrix.insert(1, 2) = 2;
  const Eigen::Vector3d costs{1, 2, 3}, lowers{0, -1, -infinity}, uppers{infinity, 1, 5};
  const Eigen::Vector2d row_lowers{0, -infinity}, row_uppers{0, 4};
  const Model model = make_model(costs, matrix, row_lowers, row_uppers, lowers, uppers);
  CHECK(model.lower(1) == -1);
  CHECK(model.upper(2) == 5);
  CHECK(model.row_upper(1) == 4);
  const auto complaint = [&](const Eigen::VectorXd& c, const Eigen::VectorXd& rl, const Eigen::VectorXd& ru,
                             const Eigen::VectorXd& l, const Eigen::VectorXd& u) {
    return refusal([&] { static_cast<void>(make_model(c, matrix, rl, ru, l, u)); });
  };
  CHECK(complaint(row_lowers, row_lowers, row_uppers, lowers, uppers).starts_with("costs = 2"));
  CHECK(complaint(costs, costs, row_uppers, lowers, uppers).starts_with("row_lowers = 3"));
  CHECK(complaint(costs, row_lowers, costs, lowers, uppers).starts_with("row_uppers = 3"));
  CHECK(complaint(costs, row_lowers, row_uppers, row_lowers, uppers).starts_with("lowers = 2"));
  CHECK(complaint(costs, row_lowers, row_uppers, lowers, row_uppers).starts_with("uppers = 2"));
  CHECK(complaint(costs, row_lowers, row_uppers, uppers, lowers).starts_with("lowers[0] = inf"));
  matrix.coeffRef(0, 0) = std::numeric_limits<double>::quiet_NaN();
  CHECK(complaint(costs, row_lowers, row_uppers, lowers, uppers).starts_with("matrix.value[0] = nan"));
}
