// Columns made orthonormal in order, for a stack of matrices.
//
// Where columns are independent, Gram-Schmidt's Q is that of A = Q R with a positive diagonal, which stacks of small
// matrices have a kernel for with a matrix in each lane (qr.hpp); r_jj is what column j adds. Items of which an r_jj is not
// clearly above the bound for dependence go through gram_schmidt.hpp by themselves, as do all of larger matrices, one a
// thread.
//
// 33 matrices of 12 x 11 take 148 us one by one, 31 so.
#pragma once

#include <cmath>
#include <limits>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/finite.hpp"
#include "mmlcore/core/first_failure.hpp"
#include "mmlcore/core/numbers.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/core/views.hpp"
#include "mmlcore/orthogonal/complex_qr.hpp"
#include "mmlcore/orthogonal/gram_schmidt.hpp"
#include "mmlcore/orthogonal/qr.hpp"

namespace mmlcore {

inline constexpr index_t kStackFrom = 8;  // items

// Whether every r_jj of a factor R is clearly above the bound for dependence; `norms` receives them.
template <Number T>
bool clearly_independent(const MatrixView<T>& r, double rtol, RealPart<T>* norms) {
  const auto clear = static_cast<RealPart<T>>(16 * rtol);
  bool independent = true;
  for (index_t j = 0; j < r.cols; ++j) {
    RealPart<T> squares = 0;
    for (index_t k = 0; k <= j; ++k) squares += std::real(times(conjugate(r(k, j)), r(k, j)));
    norms[j] = std::real(r(j, j));
    independent &= norms[j] > clear * std::sqrt(squares);  // NaN, and squares beyond the range, are not
  }
  return independent;
}

// norms: count x n, what the columns added; 0 for those that depend on earlier ones.
template <Real T>
void gram_schmidt_stack(const MatrixBatch<const T>& a, const MatrixBatch<T>& q, T* norms, double rtol) {
  const index_t m = a.item.rows, n = a.item.cols, count = a.count();
  bool lanes = count >= kStackFrom && n > 0 && n <= m && m <= kQrLanes;
  constexpr double most = static_cast<double>(std::numeric_limits<T>::max()) / kQrLanes;
  for (index_t i = 0; i < count && lanes; ++i) lanes = largest_size(a[i]) <= most;  // NaN is not
  if (!lanes) {
    each_finite(count, [&](index_t i) { gram_schmidt<T>(a[i], q[i], norms + i * n, rtol); });
    return;
  }
  Buffer<T> memory(count * n * n);
  MatrixBatch<T> r{c_order(memory.data(), n, n), {}};
  r.batch.push(count, n * n);
  qr<T>(a, q, r);
  parallel_ranges(count, 4096 / (n * n) + 1, [&](index_t first, index_t last) {
    for (index_t i = first; i < last; ++i) {
      if (!clearly_independent<T>(r[i], rtol, norms + i * n)) gram_schmidt<T>(a[i], q[i], norms + i * n, rtol);
    }
  });
}

// Complex matrices one by one.
template <Complex T>
void gram_schmidt_stack(const MatrixBatch<const T>& a, const MatrixBatch<T>& q, RealPart<T>* norms, double rtol) {
  const index_t m = a.item.rows, n = a.item.cols;
  each_finite(a.count(), [&](index_t i) {
    if (n > 0 && n <= m && m * n <= kComplexEntries) {
      Buffer<T> memory(n * n);
      const MatrixView<T> r = c_order(memory.data(), n, n);
      if (complex_qr<T>(a[i], q[i], r) && clearly_independent<T>(r, rtol, norms + i * n)) return;
    }
    gram_schmidt<T>(a[i], q[i], norms + i * n, rtol);
  });
}

}  // namespace mmlcore
