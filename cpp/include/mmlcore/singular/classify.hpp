// The classes that a square matrix belongs to, all questions in one call: what python/mmlcore/matrices/_classify.py says, in
// float64 also for float32. It stands here, behind singular values and eigenvalues, since it asks for both.
//
// What costs little is asked first, and answers most:
//
//   entries          |a_ij - e_ij| <= tol for the E that the class has: one pass of the matrix brought near 1
//   triangles        rows and columns brought near 1 by powers of two (equilibrate.hpp), which moves no zero
//   A'A = I          the columns' squares first, the product only where all are 1
//   A^2 = A, I       in coordinates that a diagonal similarity balanced, b_ij = a_ij 2^(s_j - s_i) (B. N. Parlett, C.
//   Reinsch,
//                    "Balancing a matrix for calculation of eigenvalues and eigenvectors", Numer. Math. 13, 1969); the
//                    diagonal of the square first, which no scaling changes
//   definite         the ends of the spectrum (symmetric_pairs.hpp), for symmetric matrices alone
//   singular         an LU decomposition of the equilibrated matrix (tell_singular.hpp), singular values for what it leaves
//                    open
//   nilpotent        for singular matrices alone (nilpotent.hpp)
//
// A difference counts as zero where no NaN says otherwise: comparisons are written such that NaN fails them.
//
// Cost: of a matrix of no special form some 40 n^2 operations and 2/3 n^3; up to 30 n^3 for others, n times that for those
// that are nilpotent or nearly so.
#pragma once

#include "mmlcore/core/views.hpp"

namespace mmlcore {

// Bits, in the order of the names in cpp/bindings/classify.cpp.
enum MatrixClass : unsigned {
  kZero = 1u << 0,
  kIdentity = 1u << 1,
  kDiagonal = 1u << 2,
  kUpperTriangular = 1u << 3,
  kLowerTriangular = 1u << 4,
  kSymmetric = 1u << 5,
  kSkewSymmetric = 1u << 6,
  kOrthogonal = 1u << 7,
  kPermutation = 1u << 8,
  kIdempotent = 1u << 9,
  kInvolutory = 1u << 10,
  kNilpotent = 1u << 11,
  kPositiveDefinite = 1u << 12,
  kPositiveSemidefinite = 1u << 13,
  kSingular = 1u << 14,
  kInvertible = 1u << 15,
};
inline constexpr int kMatrixClasses = 16;

inline constexpr index_t kClassifyOrder = 1000;  // rows, at most

// The classes of a square matrix of 1 to kClassifyOrder rows. False for NaN and infinity, and where LAPACK has to see to it:
// more than kMediumOrder rows that are symmetric, more than kValuesSide whose singular values decide, or numbers that leave
// the range.
template <class T>
bool classify(const MatrixView<const T>& a, double rtol, unsigned* classes);

extern template bool classify<float>(const MatrixView<const float>&, double, unsigned*);
extern template bool classify<double>(const MatrixView<const double>&, double, unsigned*);

}  // namespace mmlcore
