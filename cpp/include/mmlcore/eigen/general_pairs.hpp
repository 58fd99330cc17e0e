// Eigenvalues and eigenvectors of general real matrices of small and medium size, one or a stack: up to kGeneralLanes rows a
// matrix of a stack in each lane (general_lanes.hpp), others a matrix a thread.
//
// Rows and columns are first scaled by powers of two, D^-1 A D, until their lengths are alike (B. N. Parlett, C. Reinsch,
// "Balancing a matrix for calculation of eigenvalues and eigenvectors", Numer. Math. 13, 1969): rounding errors are then
// relative to the units that the eigenvalues have. Then Hessenberg form, QR iteration with double shifts, and vectors by
// back substitution: one matrix takes the steps of the lanes as a problem of one lane (core/twin_lanes.hpp, Lone), with Q'
// in rows, so that the compiler turns two of the three rotations of a step by whole vectors. 1.4 to 2 times as fast as
// Eigen's EigenSolver, and 1.5 to 2 times as fast as LAPACK to 100 rows; where residuals are larger than they should be, or
// the iteration does not end, EigenSolver has its turn.
//
// In float64 for float32 too. Cost: some 25 n^3 flops with vectors, 10 n^3 without.
#pragma once

#include <complex>

#include "mmlcore/core/views.hpp"

namespace mmlcore {

inline constexpr index_t kGeneralOrder = 128;

struct GeneralPairs {
  bool found = false;  // all finite, and the iterations converged
  bool real = true;    // all eigenvalues
  bool sharp = true;   // residuals at rounding level: |A v - value v| <= 16 n u |A| in every entry
};

// values (count x n), contiguous; vectors: columns of length 1, the leading entry real and positive (core/signs.hpp), or
// null. poor (count), or null: true for items that are not found, or not sharp; without it the first that is not found ends
// the search.
template <class T>
GeneralPairs general_pairs(const MatrixBatch<const T>& a, std::complex<T>* values, std::complex<T>* vectors,
                           bool* poor = nullptr);

extern template GeneralPairs general_pairs<float>(const MatrixBatch<const float>&, std::complex<float>*,
                                                  std::complex<float>*, bool*);
extern template GeneralPairs general_pairs<double>(const MatrixBatch<const double>&, std::complex<double>*,
                                                   std::complex<double>*, bool*);

}  // namespace mmlcore
