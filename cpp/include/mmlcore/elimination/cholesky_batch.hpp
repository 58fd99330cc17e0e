// Cholesky's factors A = L L' of symmetric positive definite matrices, rows contiguous, one of any size or a stack.
//
// Small ones of a stack go one matrix a lane (cholesky_small). One matrix is cut in two halves of columns,
//
//   factor [A11; A21] = [L11; L21] L11'               (recursion)
//   A22 := A22 - L21 L21'                             (one product, its lower triangle alone: nearly all the work)
//   factor A22                                        (recursion)
//
// down to panels of kCholeskyPanel columns. These are factored in a copy whose columns are contiguous: each four columns are
// brought up to date with all before them by one register tile (the left-looking variant: a column is stored once), the
// corner of four rows by cholesky_small, and the rows below are solved with it while they are in registers. Rows below a
// panel do not know of one another, so chunks of them are shared out between the threads; the tiles of the product too.
//
// No square leaves the range: sums of l_ik l_jk are at most sqrt(a_ii a_jj) in size. Where a diagonal entry is so small that
// products vanish, rows and columns are scaled by powers of two, D A D, which changes no digit: D L are the factors.
//
// Backward error: L L' = A + E with |e_ij| <= (n + 1) u sqrt(a_ii a_jj) (Higham, "Accuracy and stability of numerical
// algorithms", 2nd ed., theorem 10.5). Cost: n^3 / 3 flops.
#pragma once

#include "mmlcore/core/views.hpp"

namespace mmlcore {

inline constexpr index_t kCholeskyLanes = 32;  // rows of matrices of a stack in lanes, at most
inline constexpr index_t kCholeskyPanel = 32;

// The first item of a stack that has no factor, and why: row -1 for NaN or infinity, else where the pivot is not positive.
struct NoFactor {
  index_t item = -1;  // none
  index_t row = -1;
};

// L in place of the lower triangle of `a`, whose rows are contiguous. -1, or the row whose pivot is not positive; `a` then
// holds anything. What lies above the diagonal is neither read nor written.
template <class T>
index_t cholesky_rows(MatrixView<T> a, bool parallel);

// l[i] l[i]' = a[i], zeros above; only the lower triangles are read. `l` contiguous in rows, apart from `a`.
template <class T>
NoFactor cholesky_batch(const MatrixBatch<const T>& a, const MatrixBatch<T>& l);

extern template index_t cholesky_rows<float>(MatrixView<float>, bool);
extern template index_t cholesky_rows<double>(MatrixView<double>, bool);
extern template NoFactor cholesky_batch<float>(const MatrixBatch<const float>&, const MatrixBatch<float>&);
extern template NoFactor cholesky_batch<double>(const MatrixBatch<const double>&, const MatrixBatch<double>&);

}  // namespace mmlcore
