// A complex matrix times a vector, each number of the matrix read once.
//
// Complex numbers that follow one another are real ones, re, im, re, im ..., so the sums can be made of them where they lie:
//
//   rows      y_i = a w + i a x, the sums of a row on v with the sign of each second number changed, w, and on v with the
//             numbers of each pair exchanged, x: two real inner products, of a group of rows at a time;
//   columns   y += v_j a_j: short ones as s += Re(v_j) a_j, t += Im(v_j) a_j and at the end y = s + i t, long ones with the
//             numbers of each pair exchanged for i a_j, so that memory holds one sum.
//
// Two products of a real matrix and a vector read it twice, and rows of few numbers fill no vector: with AVX2 20,000 x 5
// complex128 took 200 us in rows (numpy 101) and 281 in columns (73), 1000 x 1000 in columns 3700 (830).
// Error: as of the plain formula.
#pragma once

#include "mmlcore/core/numbers.hpp"

namespace mmlcore {

// y (m, any stride) = A v; A lies in rows or in columns, y is no part of A or v.
template <Complex T>
void complex_matrix_vector(const MatrixView<const T>& a, const VectorView<const T>& v, const VectorView<T>& y);

extern template void complex_matrix_vector<std::complex<float>>(const MatrixView<const std::complex<float>>&,
                                                                const VectorView<const std::complex<float>>&,
                                                                const VectorView<std::complex<float>>&);
extern template void complex_matrix_vector<std::complex<double>>(const MatrixView<const std::complex<double>>&,
                                                                 const VectorView<const std::complex<double>>&,
                                                                 const VectorView<std::complex<double>>&);

}  // namespace mmlcore
