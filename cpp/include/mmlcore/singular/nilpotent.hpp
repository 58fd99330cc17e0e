// Whether some power of a matrix is zero. Eigenvalues do not tell: those of a nilpotent matrix are known to eps^(1/n) only.
// What costs little is asked first:
//
//   pattern       without a cycle of entries the coordinates have an order in which the matrix is strictly triangular
//   traces        of A and of A^2 are zero, up to those of a perturbation E, |E| <= n tol |A|, and of the products with it
//   null spaces   A maps the orthogonal complement V of its null space to V'A V beside what falls into the null space; A is
//                 nilpotent if V'A V is. The null spaces are taken off in turn, by singular values, until nothing is left,
//                 or none is null (G. H. Golub, J. H. Wilkinson, "Ill-conditioned eigensystems and the computation of the
//                 Jordan canonical form", SIAM Rev. 18, 1976, section 10)
//
// Cost: n^2 operations for the pattern and the traces, some 20 n^3 for each null space.
#pragma once

#include "mmlcore/core/views.hpp"

namespace mmlcore {

// Whether the pattern of entries has no cycle: the matrix is nilpotent then, whatever its numbers are.
bool has_no_cycle(MatrixView<const double> a);

// Of a square matrix, not empty, of entries of some size near 1. False where LAPACK has to see to it.
bool is_nilpotent(MatrixView<const double> a, double tol, bool* nilpotent);

}  // namespace mmlcore
