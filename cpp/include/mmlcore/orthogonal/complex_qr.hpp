// A = Q R of one complex matrix, column by column (split_columns.hpp), from some thousand entries on by panels
// (blocked_complex_qr.hpp): Q = H_0 H_1 ... diag(phases),
// where the phases make the diagonal of R real and positive; or A P = Q R, where of what is left the longest column comes
// first, as in singular/pivoted_qr.hpp, its lengths taken anew in each step. Cost: 16 m n^2 - 16/3 n^3 real operations for
// both factors.
//
// Beside LAPACK's zgeqrf and zungqr in OpenBLAS, one thread with AVX2: 5 to 1.8 times as fast for 3 to 64 rows, 1.5 for 100
// to 200 (column by column 1.1 and 0.9), 1.3 for 300, 1.1 for 400.
#pragma once

#include <cstdint>

#include "mmlcore/core/numbers.hpp"

namespace mmlcore {

inline constexpr index_t kComplexEntries = 180'000;  // of a matrix, from which on LAPACK's products are faster

// q: m x p, or m x m for a square one; r: as many rows. False where squares leave the range, a column has nothing left, or
// a number is not finite: gram_schmidt.hpp's second route then looks closely. Nothing is empty.
template <Complex T>
bool complex_qr(const MatrixView<const T>& a, const MatrixView<T>& q, const MatrixView<T>& r);

// The same of A 2^-power with exchanges: column j of Q R is column order[j] of A. Columns of which nothing is left but what
// vanishes end it with rows of zeros; numbers have to be finite and near 1.
template <Complex T>
void pivoted_complex_qr(const MatrixView<const T>& a, int power, const MatrixView<T>& q, const MatrixView<T>& r,
                        std::int64_t* order);

#define MMLCORE_EXTERN(T)                                                                                                 \
  extern template bool complex_qr<T>(const MatrixView<const T>&, const MatrixView<T>&, const MatrixView<T>&);             \
  extern template void pivoted_complex_qr<T>(const MatrixView<const T>&, int, const MatrixView<T>&, const MatrixView<T>&, \
                                             std::int64_t*)
MMLCORE_EXTERN(std::complex<float>);
MMLCORE_EXTERN(std::complex<double>);
#undef MMLCORE_EXTERN

}  // namespace mmlcore
