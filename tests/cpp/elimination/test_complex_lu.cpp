#include <doctest/doctest.h>

#include <complex>
#include <utility>
#include <vector>

#include "mmlcore/core/maps.hpp"
#include "mmlcore/elimination/complex_lu.hpp"
#include "support.hpp"

namespace mmlcore {
namespace {

TEST_SUITE_BEGIN("elimination");

TEST_CASE_TEMPLATE("LU of complex matrices: P A = L U, no multiplier beyond 1, singular ones too", R, float, double) {
  using T = std::complex<R>;
  for (const auto& [m, n] :
       {std::pair<index_t, index_t>{1, 1}, {3, 3}, {5, 2}, {2, 5}, {16, 16}, {33, 40}, {70, 45}, {90, 90}}) {
    for (const bool low : {false, true}) {
      test::Matrix<T> a(m, n);
      a.real() = test::random_matrix<R>(m, n, 1);
      a.imag() = test::random_matrix<R>(m, n, 2);
      if (low && n > 1) a.col(n - 1) = a.col(0) * T(0, 2);
      const index_t p = std::min(m, n);
      test::Matrix<T> found = a, rows = a;
      std::vector<index_t> pivots(p);
      complex_lu<T>(test::view(found), pivots.data());
      for (index_t k = 0; k < p; ++k) {
        REQUIRE(pivots[k] >= k);
        rows.row(k).swap(rows.row(pivots[k]));
      }
      const test::Matrix<T> lower = found.leftCols(p).template triangularView<Eigen::UnitLower>();
      const test::Matrix<T> upper = found.topRows(p).template triangularView<Eigen::Upper>();
      CHECK(lower.cwiseAbs().maxCoeff() <= 1 + 8 * test::kUnit<R>);
      const auto room = static_cast<double>(20 * (p + 2) * test::kUnit<R>);
      CHECK((lower * upper - rows).norm() <= room * lower.norm() * upper.norm());
    }
  }
}

TEST_SUITE_END();

}  // namespace
}  // namespace mmlcore
