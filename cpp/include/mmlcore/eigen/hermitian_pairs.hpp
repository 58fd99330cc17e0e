// All eigenpairs of a Hermitian matrix of medium size, or its eigenvalues alone, in the type's own arithmetic, as
// symmetric_pairs.hpp has those of symmetric ones: the tridiagonal form (hermitian_reduction.hpp), which is real but for
// phases, divide and conquer in real numbers (divide_and_conquer.hpp), and the way back (back_transformation.hpp).
//
// Scaled by a power of two, so that the largest part of an entry lies in [1/2, 1). Imaginary parts of the diagonal count as
// zero.
//
// Cost: 16/3 n^3 operations for the values; 8 n^3 more for the way back of vectors, and up to 4/3 n^3 for their merges.
#pragma once

#include <complex>

#include "mmlcore/core/numbers.hpp"
#include "mmlcore/core/views.hpp"

namespace mmlcore {

inline constexpr index_t kHermitianOrder = 1000;

// values (n), ascending; vectors: columns of length 1, the leading entry real and positive (core/signs.hpp). Reads the lower
// triangle of `a`. False for NaN, infinity, eigenvalues beyond the range, or no convergence.
template <Complex C>
bool hermitian_pairs(const MatrixView<const C>& a, RealPart<C>* values, const MatrixView<C>& vectors);

template <Complex C>
bool hermitian_values(const MatrixView<const C>& a, RealPart<C>* values);

#define MMLCORE_EXTERN(C)                                                                                  \
  extern template bool hermitian_pairs<C>(const MatrixView<const C>&, RealPart<C>*, const MatrixView<C>&); \
  extern template bool hermitian_values<C>(const MatrixView<const C>&, RealPart<C>*)
MMLCORE_EXTERN(std::complex<float>);
MMLCORE_EXTERN(std::complex<double>);
#undef MMLCORE_EXTERN

}  // namespace mmlcore
