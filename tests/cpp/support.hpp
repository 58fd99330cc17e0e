// What the tests of several chapters need: matrices of random numbers in Eigen, seen by kernels as views.
#pragma once

#include <Eigen/Dense>
#include <algorithm>
#include <limits>
#include <random>
#include <utility>
#include <vector>

#include "mmlcore/core/views.hpp"

namespace mmlcore::test {

template <class T>
using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

template <class T>
inline constexpr T kUnit = std::numeric_limits<T>::epsilon() / 2;

template <class T>
Matrix<T> random_matrix(index_t m, index_t n, unsigned seed = 0) {
  std::mt19937_64 bits(seed);
  std::normal_distribution<double> normal;
  Matrix<T> a(m, n);
  for (index_t i = 0; i < m; ++i) {
    for (index_t j = 0; j < n; ++j) a(i, j) = static_cast<T>(normal(bits));
  }
  return a;
}

template <class T>
MatrixView<T> view(Matrix<T>& a) {
  return c_order(a.data(), a.rows(), a.cols());
}
template <class T>
MatrixView<const T> view(const Matrix<T>& a) {
  return c_order(a.data(), a.rows(), a.cols());
}

// A stack of `count` matrices m x n that follow one another.
template <class T>
MatrixBatch<T> stack(T* data, index_t count, index_t m, index_t n) {
  MatrixBatch<T> result{c_order(data, m, n), {}};
  result.batch.push(count, m * n);
  return result;
}

}  // namespace mmlcore::test
