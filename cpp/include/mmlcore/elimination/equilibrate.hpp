// Rows and columns of a matrix brought near 1 by powers of two: for matrices that elimination cannot take as they are.
//
// Elimination multiplies and adds entries, so it may overflow or vanish on the way to a result that does neither:
// diag(1e100, 1e-250) has no common scale. The scaled matrix a_ij 2^-(r_i + c_j) has entries up to 1, and a largest entry in
// [0.5, 1) in every row and column that is not zero. Scaling by powers of two rounds nothing, and only numbers 2^1074 times
// smaller than the largest of their row or column vanish. The exponents are found in whole numbers, rows and columns in
// turn, before any number is changed: a row of 1e300 and 1e-300 loses nothing when its columns are scaled as well.
//
// Many scalings do so, and not each is good to eliminate with: 1e10 in two rows of one column is a matter of the column, and
// rows brought near 1 first become alike up to 1e-10, so that a pivot from a third row swallows what tells them apart.
// `matched` moves the exponents on until n entries, one in each row and column, lie near 1: the assignment of largest
// product (Olschowka and Neumaier, "A new pivoting strategy for Gaussian elimination", Linear Algebra Appl. 240, 1996; Duff
// and Koster, SIAM J. Matrix Anal. Appl. 22, 2001), whose dual variables the exponents are. No term of the determinant is
// then larger than the one on those entries, so that rounding is small beside the terms, whatever the units of rows and
// columns.
//
// Kernels eliminate first and look at the pivots afterwards: an overflow anywhere in the elimination becomes infinity or NaN
// in a later pivot (infinity times a factor of zero is NaN), and numbers that vanished matter only beside a tiny pivot. So
// `comfortable` pivots prove that nothing was lost, and all others send the matrix here. So do pivots whose sizes differ by
// more than the reciprocal of a rounding: where rows have such units, what rounding leaves of a zero in a large row may be
// larger than all of a small row, and be taken for a pivot.
//
// Cost: some 8 n^2 operations on exponents, and one pass; `matched` n^2 for each row that the first look leaves without an
// entry (3 of 100 in random matrices), and where a large matrix leaves very many it is not sought.
#pragma once

#include <algorithm>
#include <climits>
#include <cmath>
#include <limits>
#include <vector>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/numbers.hpp"
#include "mmlcore/elimination/match.hpp"

namespace mmlcore {

// A pivot at which neither overflow nor underflow can have cost digits, nor does its inverse.
template <Real T>
inline constexpr T kLeastPivot = sizeof(T) == 8 ? T(0x1p-900) : T(0x1p-90f);
template <Real T>
inline constexpr T kMostPivot = sizeof(T) == 8 ? T(0x1p1000) : T(0x1p120f);
// The largest ratio of two pivots that need no second look.
template <Real T>
inline constexpr T kWidestPivots = sizeof(T) == 8 ? T(0x1p45) : T(0x1p20f);

// Whether all pivots that were added are comfortable, together too.
template <Real T>
class PivotRange {
 public:
  void add(T pivot) {
    const T size = std::abs(pivot);
    all_ &= size > kLeastPivot<T> && size <= kMostPivot<T>;  // false for NaN
    least_ = std::min(least_, size);
    most_ = std::max(most_, size);
  }
  bool comfortable() const { return all_ && most_ <= kWidestPivots<T> * least_; }

 private:
  bool all_ = true;
  T least_ = kMostPivot<T>, most_ = 0;
};

template <Number T>
bool comfortable_pivots(MatrixView<const T> lu) {
  PivotRange<RealPart<T>> range;
  for (index_t k = 0; k < lu.rows; ++k) range.add(std::abs(lu(k, k)));
  return lu.rows == 0 || range.comfortable();
}

// Exponents of rows and columns.
struct Equilibration {
  std::vector<int> rows, cols;
};

// Of the entries of a, by rows.
template <Number T>
Buffer<int> exponents_of(MatrixView<const T> a) {
  Buffer<int> found(a.rows * a.cols);
  for (index_t i = 0; i < a.rows; ++i) {
    for (index_t j = 0; j < a.cols; ++j) {
      found[i * a.cols + j] = a(i, j) == T{0} ? kNoExponent : std::ilogb(largest_part(a(i, j))) + 1;
    }
  }
  return found;
}

inline Equilibration equilibration(const Buffer<int>& exponents, index_t m, index_t n) {
  constexpr int none = kNoExponent;
  Equilibration e{std::vector<int>(m, 0), std::vector<int>(n, 0)};
  const auto raise = [&](int& own, const std::vector<int>& others, const int* x, index_t stride) {
    int most = none;
    for (index_t k = 0; k < static_cast<index_t>(others.size()); ++k) {
      if (x[k * stride] != none) most = std::max(most, x[k * stride] - own - others[k]);
    }
    if (most == none || most == 0) return false;
    own += most;
    return true;
  };
  bool changed = true;
  for (int round = 0; round < 8 && changed; ++round) {
    changed = false;
    for (index_t i = 0; i < m; ++i) changed |= raise(e.rows[i], e.cols, exponents.data() + i * n, 1);
    for (index_t j = 0; j < n; ++j) changed |= raise(e.cols[j], e.rows, exponents.data() + j, n);
  }
  return e;
}

// Whether the largest parts of all rows and of all columns that are not zero are of like size, and ordinary: scaling would
// change nothing then, and pivots that differ are the matrix's own. Singular matrices of ordinary numbers need no second
// elimination so (500 x 500 with a column of zeros: 29 ms with it, and with its matching, 4 without).
template <Number T>
bool in_one_unit(MatrixView<const T> a) {
  using R = RealPart<T>;
  constexpr R apart = sizeof(R) == 8 ? R(0x1p16) : R(0x1p8), most = sizeof(R) == 8 ? R(0x1p300) : R(0x1p40);
  constexpr R none = std::numeric_limits<R>::max();
  Buffer<R> tops(a.cols);
  std::fill(tops.begin(), tops.end(), R{0});
  R least = none, largest = 0;
  const auto add = [&](R top) {
    if (top > 0) least = std::min(least, top), largest = std::max(largest, top);
  };
  for (index_t i = 0; i < a.rows; ++i) {
    constexpr index_t lanes = 8;
    R row[lanes] = {};
    index_t j = 0;
    for (; j + lanes <= a.cols; j += lanes) {
      for (index_t l = 0; l < lanes; ++l) {
        const R size = largest_part(a(i, j + l));
        row[l] = size > row[l] ? size : row[l];
        tops[j + l] = size > tops[j + l] ? size : tops[j + l];
      }
    }
    for (; j < a.cols; ++j) {
      const R size = largest_part(a(i, j));
      row[0] = std::max(row[0], size);
      tops[j] = std::max(tops[j], size);
    }
    add(*std::max_element(row, row + lanes));
  }
  for (const R top : tops) add(top);
  return largest == 0 || (largest <= apart * least && largest <= most && least >= 1 / most);
}

template <Number T>
Equilibration equilibration(MatrixView<const T> a) {
  return equilibration(exponents_of(a), a.rows, a.cols);
}

// Whether seven of eight entries of each row and of each column lie near 1: then their units were all that differed, and
// some such entries are one in each row and column (by the theorem of P. Hall, "On representatives of subsets", J. London
// Math. Soc. 10, 1935). Of 100 random rows, each in a unit of its own, a determinant takes 230 us so, 830 with matching.
inline bool mostly_near_one(const Buffer<int>& exponents, const Equilibration& e) {
  constexpr int near = -8;
  const index_t m = static_cast<index_t>(e.rows.size()), n = static_cast<index_t>(e.cols.size());
  std::vector<int> in_column(n, 0);
  for (index_t i = 0; i < m; ++i) {
    const int* const x = exponents.data() + i * n;
    const int limit = near + e.rows[i];
    int in_row = 0;
    for (index_t j = 0; j < n; ++j) {
      const int one = x[j] != kNoExponent && x[j] >= limit + e.cols[j];
      in_row += one;
      in_column[j] += one;
    }
    if (8 * in_row < 7 * n) return false;
  }
  return std::all_of(in_column.begin(), in_column.end(), [&](int count) { return 8 * count >= 7 * m; });
}

// Of a square matrix whose units differ, with entries near 1 in places that are one in each row and column. As
// `equilibration` where there are none but zeros in such places, and where they take too long to find.
template <Number T>
Equilibration matched(MatrixView<const T> a) {
  const Buffer<int> exponents = exponents_of(a);
  Equilibration e = equilibration(exponents, a.rows, a.cols);
  if (mostly_near_one(exponents, e)) return e;
  return match(exponents.data(), e.rows, e.cols) ? e : equilibration(exponents, a.rows, a.cols);
}

// out_ij = a_ij 2^-(r_i + c_j).
template <Number T>
void scale_to(const Equilibration& e, MatrixView<const T> a, MatrixView<T> out) {
  for (index_t i = 0; i < a.rows; ++i) {
    for (index_t j = 0; j < a.cols; ++j) out(i, j) = times_power(a(i, j), -(e.rows[i] + e.cols[j]));
  }
}

}  // namespace mmlcore
