// Eigenvalues and eigenvectors of general real matrices of up to kGeneralLanes rows, a matrix in each lane.
//
// What general_pairs.hpp does with one matrix, all lanes do at once:
//
//   balance by powers of two, D^-1 A D            rounds until no lane has a row and a column that differ eightfold
//   Hessenberg form by reflections                Q' A Q, zeros below the diagonal next to the main one
//   QR steps with double shifts                   until each lane falls into blocks of one and two rows
//   blocks of two to their standard form          a real pair becomes triangular, a complex one gets equal diagonal entries
//   vectors by back substitution                  from the last column to the first, in complex numbers
//
// (G. H. Golub, C. F. Van Loan, "Matrix computations", 2013, sections 7.4 to 7.6; J. G. F. Francis, "The QR transformation",
// Comput. J. 4, 1961). Lanes fall apart at different times. Each lane has its own window lo ... hi, rows that are not split
// yet; a step runs over the hull of all windows, and outside its own window a lane's reflections are the identity. A lane
// that is done has an empty window and waits: the sketch that refilled lanes from queues gained for values alone, a tenth to
// a third, and lost with vectors.
//
// The steps of a lane wait for one another, root and quotient after each column: two vectors of lanes at a time
// (core/twin_lanes.hpp) fill the gaps. Two rows have a formula: the roots of a quadratic, without cancellation.
//
// Backward error of the values some ten units of |A|. Vectors are checked as those of general_pairs.hpp are, |A v - value v|
// <= 16 n u |A|, and lanes that fail, or do not converge, are told. Cost: some 25 n^3 flops with vectors, 10 n^3 without.
#pragma once

#include "mmlcore/core/twin_lanes.hpp"
#include "mmlcore/core/views.hpp"

namespace mmlcore {

inline constexpr index_t kGeneralLanes = 16;  // rows, at most
inline constexpr index_t kGeneralTwins = 8;   // rows up to which two vectors of lanes go together

// Whether a stack of so many matrices goes in lanes.
constexpr bool in_general_lanes(index_t n, index_t count) { return count > 1 && n >= 2 && n <= kGeneralLanes; }

// One group of lanes. `a`: n x n, row by row, largest entries in [1/2, 1) or zero; it is overwritten where no vectors are
// wanted. values: n pairs of real and imaginary parts. vectors: n x n such pairs, columns of length 1 whose leading entry is
// real and positive, or null. `leading`: which share of the largest entry may lead; `bound`: of residuals, over the largest
// entry. `work`: 2 n^2 + 6 n + 1 numbers. Returns the lanes where something is not as it should be.
template <class V>
typename LaneTraits<V>::Mask general_lanes(index_t n, V* a, V* values, V* vectors, double leading, double bound, V* work);

extern template LaneTraits<Lone>::Mask general_lanes<Lone>(index_t, Lone*, Lone*, Lone*, double, double, Lone*);
extern template LaneTraits<Twin>::Mask general_lanes<Twin>(index_t, Twin*, Twin*, Twin*, double, double, Twin*);
extern template LaneTraits<lane::Vec>::Mask general_lanes<lane::Vec>(index_t, lane::Vec*, lane::Vec*, lane::Vec*, double,
                                                                     double, lane::Vec*);

}  // namespace mmlcore
