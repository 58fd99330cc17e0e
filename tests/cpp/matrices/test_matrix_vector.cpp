#include <doctest/doctest.h>

#include "mmlcore/core/parallel.hpp"
#include "mmlcore/core/simd.hpp"
#include "mmlcore/matrices/matrix_vector.hpp"
#include "support.hpp"

namespace mmlcore {
namespace {

TEST_SUITE_BEGIN("matrices");

// |y - A x| <= (n + 2) u |A| |x|, in rows, in columns, transposed, with gaps; the same bits for one thread and two.
TEST_CASE_TEMPLATE("a matrix times a vector, whatever their strides", T, float, double) {
  for (const auto& [m, n] :
       {std::pair<index_t, index_t>{1, 1}, {3, 5}, {8, 17}, {100, 31}, {33, 5000}, {5000, 40}, {600, 700}}) {
    const test::Matrix<T> whole = test::random_matrix<T>(2 * m, 2 * n, 7);
    const MatrixView<const T> all = test::view(whole);
    const test::Matrix<T> rows = whole.topLeftCorner(m, n);
    const test::Matrix<T> columns = rows.transpose();
    const test::Matrix<T> x = test::random_matrix<T>(2 * n, 1, 8);
    const MatrixView<const T> apart{all.data, m, n, 2 * all.row_stride, 2};
    for (const auto& a : {test::view(rows), test::view(columns).transposed(), apart}) {
      for (const index_t stride : {1, 2}) {
        test::Matrix<T> y(2 * m, 1), again(2 * m, 1);
        const VectorView<const T> from{x.data(), n, stride};
        set_thread_override(2);
        matrix_vector<T>(a, from, VectorView<T>{y.data(), m, stride});
        set_thread_override(1);
        matrix_vector<T>(a, from, VectorView<T>{again.data(), m, stride});
        set_thread_override(0);
        for (index_t i = 0; i < m; ++i) {
          double right = 0, room = 0;
          for (index_t j = 0; j < n; ++j) {
            const double term = static_cast<double>(a(i, j)) * static_cast<double>(from[j]);
            right += term;
            room += std::abs(term);
          }
          CHECK(std::abs(y(i * stride, 0) - right) <= static_cast<double>(n + 2) * test::kUnit<T> * room);
          CHECK(y(i * stride, 0) == again(i * stride, 0));
        }
      }
    }
  }
}

// Rows up to four vectors and one more, in columns that touch or that lie apart: sums that stay in registers, whole vectors
// and parts of one. Nothing behind the last row is written.
TEST_CASE_TEMPLATE("few rows of columns", T, float, double) {
  constexpr index_t W = Simd<T>::width;
  for (index_t m = 1; m <= 4 * W + 1; ++m) {
    for (const index_t n : {W - 1, W, 3 * W + 1, index_t{434}}) {
      for (const index_t gap : {0, 3}) {
        const test::Matrix<T> numbers = test::random_matrix<T>(n, m + gap, 5);
        const MatrixView<const T> a{numbers.data(), m, n, 1, m + gap};
        const test::Matrix<T> x = test::random_matrix<T>(n, 1, 6);
        std::vector<T> y(static_cast<std::size_t>(m + W), T{-7});
        matrix_vector<T>(a, VectorView<const T>{x.data(), n, 1}, VectorView<T>{y.data(), m, 1});
        for (index_t i = 0; i < m; ++i) {
          double right = 0, room = 0;
          for (index_t j = 0; j < n; ++j) {
            const double term = static_cast<double>(a(i, j)) * static_cast<double>(x(j, 0));
            right += term;
            room += std::abs(term);
          }
          CHECK(std::abs(y[static_cast<std::size_t>(i)] - right) <= static_cast<double>(n + 2) * test::kUnit<T> * room);
        }
        for (index_t i = m; i < m + W; ++i) CHECK(y[static_cast<std::size_t>(i)] == T{-7});
      }
    }
  }
}

TEST_SUITE_END();

}  // namespace
}  // namespace mmlcore
