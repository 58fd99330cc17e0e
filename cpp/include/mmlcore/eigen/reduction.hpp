// The tridiagonal form of a symmetric matrix that the caches hold, float32 in its own arithmetic.
//
// As in tridiagonal.hpp, row k from the last one up is mapped by a reflection H_k = I - tau v v' on a multiple of the unit
// vector before the diagonal, and the update from both sides is A - v w' - w v'. Here nothing is cut into large panels: what
// counts below some 300 rows is how often the triangle goes through the registers. A step needs two things of it, the update
// by the pairs (v, w) that are pending, and the product A v with the next vector; both are done in one pass, R rows at a
// time: number a_rc serves in y_r by v_c and in y_c by v_r, and its row's share of the sum stays in a register.
//
//   for each group of R rows, for each vector of columns c up to the diagonal:
//     a_r -= v_r w_c + w_r v_c  (for each pending pair);   sum_r += a_r v_c;   y_c += a_r v_r
//
// Updates are made in pairs, by every second pass; the pass between reads only, and corrects its product by the pair that is
// pending. From the last row up, the active part always starts at element 0: no head is left over at any step. The squares
// of the part that a reflection makes vanish are summed apart from the number that stays: no cancellation.
#pragma once

#include "mmlcore/core/views.hpp"

namespace mmlcore {

// The rows of a matrix whose numbers behind the n-th are memory of its own: whole vectors may be read and written.
template <class T>
struct PaddedRows {
  T* data = nullptr;
  index_t stride = 0;
  T* row(index_t i) const { return data + i * stride; }
  operator PaddedRows<const T>() const { return {data, stride}; }
};

// Rows of a matrix from which on a step of a reduction takes long enough for a look at Ctrl-C, which is 25 ns.
inline constexpr index_t kPolledOrder = 224;

// Numbers between two rows of n: whole vectors, one of them spare, never near a multiple of a large power of two.
template <class T>
index_t padded_rows(index_t n);

// How many rows of a buffer belong to a matrix of n, and how many numbers of scratch reduce() needs.
constexpr index_t rows_held(index_t n) { return n + 8; }
template <class T>
index_t reduction_scratch(index_t n);

// `a`: rows_held(n) rows, finite, its lower triangle is read and spoilt; entries near 1 at most. T = d on the diagonal, e[i]
// between i and i + 1 (e[n-1] = 0). Row k of `v` holds the vector of H_k in its first k elements and zeros behind it, up to
// a whole vector at least; tau[0] = 0. Cost 4/3 n^3 flops.
template <class T>
void reduce(index_t n, PaddedRows<T> a, PaddedRows<T> v, T* tau, T* d, T* e, T* scratch);

extern template index_t padded_rows<float>(index_t);
extern template index_t padded_rows<double>(index_t);
extern template index_t reduction_scratch<float>(index_t);
extern template index_t reduction_scratch<double>(index_t);
extern template void reduce<float>(index_t, PaddedRows<float>, PaddedRows<float>, float*, float*, float*, float*);
extern template void reduce<double>(index_t, PaddedRows<double>, PaddedRows<double>, double*, double*, double*, double*);

}  // namespace mmlcore
