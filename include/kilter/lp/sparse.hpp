#pragma once
/// @file
/// Programs straight from `Eigen::SparseMatrix` and vectors. The only header of `lp` that includes Eigen.

#include <cstddef>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

#include <Eigen/Core>
#include <Eigen/SparseCore>

#include "kilter/core/contract.hpp"
#include "kilter/lp/model.hpp"

namespace kilter::lp {

namespace detail {

inline std::vector<double> to_vector(const Eigen::Ref<const Eigen::VectorXd>& values) {
  return {values.data(), values.data() + values.size()};
}

/// The arrays of the compressed form of `matrix`, whatever the form it is in; explicit zeros come along.
template <int Storage, class Index>
void copy_compressed(const Eigen::SparseMatrix<double, Storage, Index>& matrix, std::vector<int>& start, std::vector<int>& index,
                     std::vector<double>& value) {
  constexpr auto most = static_cast<Eigen::Index>(std::numeric_limits<int>::max());
  require(matrix.nonZeros() <= most && matrix.rows() <= most && matrix.cols() <= most, "matrix", matrix.nonZeros(),
          "must have fewer than 2^31 rows, columns and entries");
  start.reserve(static_cast<std::size_t>(matrix.outerSize()) + 1);
  index.reserve(static_cast<std::size_t>(matrix.nonZeros()));
  value.reserve(static_cast<std::size_t>(matrix.nonZeros()));
  start.push_back(0);
  for (Eigen::Index outer = 0; outer < matrix.outerSize(); ++outer) {
    for (typename Eigen::SparseMatrix<double, Storage, Index>::InnerIterator entry(matrix, outer); entry; ++entry) {
      index.push_back(static_cast<int>(entry.index()));
      value.push_back(entry.value());
    }
    start.push_back(static_cast<int>(index.size()));
  }
}

}  // namespace detail

/// Minimise costs'x subject to row_lowers <= matrix x <= row_uppers and lowers <= x <= uppers. The matrix may be stored by columns
/// or by rows, compressed or not, and is copied once; explicit zeros are dropped. Throws `std::invalid_argument`, naming the
/// argument, for lengths that do not agree, NaN, infinite entries and crossed bounds. O(rows + columns + entries).
template <int Storage, class Index>
[[nodiscard]] Model make_model(const Eigen::Ref<const Eigen::VectorXd>& costs,
                               const Eigen::SparseMatrix<double, Storage, Index>& matrix,
                               const Eigen::Ref<const Eigen::VectorXd>& row_lowers,
                               const Eigen::Ref<const Eigen::VectorXd>& row_uppers, const Eigen::Ref<const Eigen::VectorXd>& lowers,
                               const Eigen::Ref<const Eigen::VectorXd>& uppers) {
  const auto check = [](std::string_view argument, Eigen::Index size, Eigen::Index wanted, std::string_view what) {
    require(size == wanted, argument, size, what);
  };
  check("costs", costs.size(), matrix.cols(), "must have one entry per column of the matrix");
  check("lowers", lowers.size(), matrix.cols(), "must have one entry per column of the matrix");
  check("uppers", uppers.size(), matrix.cols(), "must have one entry per column of the matrix");
  check("row_lowers", row_lowers.size(), matrix.rows(), "must have one entry per row of the matrix");
  check("row_uppers", row_uppers.size(), matrix.rows(), "must have one entry per row of the matrix");
  ModelArrays arrays{.costs = detail::to_vector(costs),
                     .lowers = detail::to_vector(lowers),
                     .uppers = detail::to_vector(uppers),
                     .row_lowers = detail::to_vector(row_lowers),
                     .row_uppers = detail::to_vector(row_uppers)};
  if constexpr ((Storage & Eigen::RowMajorBit) != 0) {
    SparseRows rows;
    detail::copy_compressed(matrix, rows.start, rows.column, rows.value);
    return Model::from_rows(std::move(arrays), rows);
  } else {
    SparseColumns columns;
    detail::copy_compressed(matrix, columns.start, columns.row, columns.value);
    return Model::from_columns(std::move(arrays), columns);
  }
}
/// The same for columns that are at least 0 and have no upper bound.
template <int Storage, class Index>
[[nodiscard]] Model make_model(const Eigen::Ref<const Eigen::VectorXd>& costs,
                               const Eigen::SparseMatrix<double, Storage, Index>& matrix,
                               const Eigen::Ref<const Eigen::VectorXd>& row_lowers,
                               const Eigen::Ref<const Eigen::VectorXd>& row_uppers) {
  return make_model(costs, matrix, row_lowers, row_uppers, Eigen::VectorXd::Zero(matrix.cols()),
                    Eigen::VectorXd::Constant(matrix.cols(), infinity));
}

/// The matrix of a model, by columns. O(columns + nonzeros).
[[nodiscard]] inline Eigen::SparseMatrix<double> to_eigen(const Model& model) {
  const SparseColumns columns = model.assemble();
  return Eigen::Map<const Eigen::SparseMatrix<double>>(model.rows(), model.columns(),
                                                       static_cast<Eigen::Index>(columns.value.size()), columns.start.data(),
                                                       columns.row.data(), columns.value.data());
}

}  // namespace kilter::lp
