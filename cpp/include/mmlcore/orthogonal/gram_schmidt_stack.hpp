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
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/core/views.hpp"
#include "mmlcore/orthogonal/gram_schmidt.hpp"
#include "mmlcore/orthogonal/qr.hpp"

namespace mmlcore {

inline constexpr index_t kStackFrom = 8;  // items

// norms: count x n, what the columns added; 0 for those that depend on earlier ones.
template <class T>
void gram_schmidt_stack(const MatrixBatch<const T>& a, const MatrixBatch<T>& q, T* norms, double rtol) {
  const index_t m = a.item.rows, n = a.item.cols, count = a.count();
  bool lanes = count >= kStackFrom && n > 0 && n <= m && m <= kQrLanes;
  constexpr double most = static_cast<double>(std::numeric_limits<T>::max()) / kQrLanes;
  for (index_t i = 0; i < count && lanes; ++i) lanes = largest_size(a[i]) <= most;  // NaN is not
  if (!lanes) {
    parallel_tasks(count, [&](index_t i) { gram_schmidt<T>(a[i], q[i], norms + i * n, rtol); });
    return;
  }
  Buffer<T> memory(count * n * n);
  MatrixBatch<T> r{c_order(memory.data(), n, n), {}};
  r.batch.push(count, n * n);
  qr<T>(a, q, r);
  const T clear = static_cast<T>(16 * rtol);
  parallel_ranges(count, 4096 / (n * n) + 1, [&](index_t first, index_t last) {
    for (index_t i = first; i < last; ++i) {
      const T* const factor = memory.data() + i * n * n;
      bool independent = true;
      for (index_t j = 0; j < n; ++j) {
        T squares = 0;
        for (index_t k = 0; k <= j; ++k) squares += factor[k * n + j] * factor[k * n + j];
        const T own = norms[i * n + j] = factor[j * (n + 1)];
        independent &= own > clear * std::sqrt(squares);  // NaN, and squares beyond the range, are not
      }
      if (!independent) gram_schmidt<T>(a[i], q[i], norms + i * n, rtol);
    }
  });
}

}  // namespace mmlcore
