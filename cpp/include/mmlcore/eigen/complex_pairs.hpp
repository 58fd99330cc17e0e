// Eigenvalues and eigenvectors of general complex matrices, one or a stack, a matrix a thread.
//
// As general_pairs.hpp does with real ones: rows and columns balanced by powers of two; the Hessenberg form
// (complex_hessenberg.hpp) and the Schur form T of that (complex_schur.hpp), which is triangular here. Its eigenvectors come
// row by row, from the last one up, all vectors side by side: with x_kk = 1,
//
//   x_ik = -(sum over j > i of t_ij x_jk) / (t_ii - t_kk),
//
// (Golub and Van Loan, "Matrix computations", 2013, 7.6.4), differences below rounding being replaced by that. Q Z X, and
// A V for the residuals, are products of real matrices (back_transformation.hpp says how).
//
// complex64 from 12 rows on goes by float32, unless rows and columns differ so that balancing would scale them, or residuals
// are not at rounding level then: such a matrix is done in float64, as smaller ones are.
//
// Cost: some 60 n^3 operations for the values, 130 n^3 with vectors.
#pragma once

#include <complex>

#include "mmlcore/core/numbers.hpp"
#include "mmlcore/core/views.hpp"
#include "mmlcore/eigen/general_pairs.hpp"

namespace mmlcore {

inline constexpr index_t kComplexOrder = 300;

// values (count x n), contiguous; vectors: columns of length 1, the leading entry real and positive (core/signs.hpp), or
// null. poor (count), or null: true for items that are not found, or not sharp; without it the first that is not found ends
// the search. Not `balanced`, errors are in the units of A, rounding errors of the largest entry: vectors are always sharp
// then, but small values have no digits.
template <Complex C>
GeneralPairs complex_pairs(const MatrixBatch<const C>& a, C* values, C* vectors, bool* poor = nullptr, bool balanced = true);

extern template GeneralPairs complex_pairs<std::complex<float>>(const MatrixBatch<const std::complex<float>>&,
                                                                std::complex<float>*, std::complex<float>*, bool*, bool);
extern template GeneralPairs complex_pairs<std::complex<double>>(const MatrixBatch<const std::complex<double>>&,
                                                                 std::complex<double>*, std::complex<double>*, bool*, bool);

}  // namespace mmlcore
