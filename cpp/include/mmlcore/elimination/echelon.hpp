// Row echelon forms of a stack of matrices of any shape, real or complex.
//
// Column by column, the largest entry among the rows left becomes the pivot (partial pivoting), unless all of them are at
// most `rtol` times the largest row sum of absolute values, and then they are set to zero and the next column is tried; what
// is below a pivot is eliminated. The reduced form divides each pivot row by its pivot and eliminates above it as well: it
// is unique, and its rows span the row space.
//
// The steps are the elementary row operations that lead from A to the result, in order: applied to A they give it, up to
// rounding and the entries set to zero.
//
// Cost: m n min(m, n) operations.
#pragma once

#include <complex>
#include <vector>

#include "mmlcore/core/views.hpp"

namespace mmlcore {

struct RowStep {
  enum Kind { swap, scale, add } kind;  // rows i and j; row i by factor; factor times row j to row i
  index_t i, j;
  std::complex<double> factor;
};

struct EchelonResult {
  index_t rank = 0, swaps = 0;
};

// Brings `a` (row-major, unit column stride) to echelon form in place. pivots[k]: the column of pivot k, for k < rank.
// `polls`: for Ctrl-C; only outside of regions.
template <class T>
EchelonResult row_echelon(MatrixView<T> a, bool reduced, double rtol, index_t* pivots, std::vector<RowStep>* steps,
                          bool polls);

}  // namespace mmlcore
