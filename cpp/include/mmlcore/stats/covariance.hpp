// Means and covariances of data, rows are points, in one pass and without cancellation.
//
// The textbook formula sum(x x') - n m m' loses all digits when the mean is large against the spread: at mean 1e8 and
// deviation 1, float64 keeps none. So a provisional mean s, the mean of some rows taken evenly from the whole data, is
// subtracted first (Chan, Golub, LeVeque, "Algorithms for computing the sample variance", Am. Stat. 37, 1983, eq. 1.7):
//
//   d = sum(x - s),   S = sum((x - s)(x - s)'),   mean = s + d / n,   scatter = S - d d' / n.
//
// The mean is returned in two parts, for who subtracts it from numbers far from zero: rounded once, it may be half a unit in
// the last place of such numbers away, which is a deviation where they differ by units in the last place.
//
// As s lies within a deviation of the mean, the last subtraction costs no more than a bit or two. When a sample misled (d d'
// / n takes most of S away in some column), the pass is repeated with the mean that was found.
//
// The subtraction happens while a block of rows is brought into the cache, so centring costs no pass of its own. A few
// columns are summed in registers (narrow_scatter.hpp); up to kSmallProduct a block is multiplied where it lies (gram.hpp);
// beyond, blocks are packed and the upper triangle of tiles is shared out between the threads. There float32 sums run over
// kFlush rows, a few such sums are added, and the rest is double: longer float32 sums of repeated values (pixels) drift.
// Every sum has a fixed order: same bits for every number of threads.
//
// Cost: n d^2 flops, one pass over the data in any memory order, scratch 8 d^2 bytes and some blocks.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "mmlcore/core/views.hpp"

namespace mmlcore {

inline constexpr index_t kFlush = 64;
inline constexpr index_t kNarrowScatter = 24;  // columns up to which everything is summed in registers, in double
// Below this mean square, or above its inverse, squares lose digits or sums of them overflow; of float32 data beyond
// kNarrowScatter columns, whose products are float32, below the other one. Who meets such a mean chooses units.
inline constexpr double kLeastSquare = 0x1p-960, kLeastSquareOfSingle = 0x1p-96;

// How much each row counts: w, or the standard deviation whose inverse square is w. NaN where it is neither.
struct Weights {
  enum class Kind { weight, deviation };
  const double* data = nullptr;  // null: all 1
  Kind kind = Kind::weight;

  double root(index_t i) const {
    const double value = data[i];
    if (kind == Kind::weight) return std::sqrt(value);  // of less than 0: NaN
    const double root = 1 / value;
    return root > 0 ? root : std::numeric_limits<double>::quiet_NaN();
  }
};

// Sums over n rows with weights w.
struct Moments {
  double* mean;     // (d,)
  double* low;      // (d,): what rounding took from the mean, so that mean + low is the mean to twice the digits
  double* scatter;  // (d, d), symmetric: sum of w (x - mean)(x - mean)'
  double weight;    // sum of w; set by the kernel
};

// `y`: one more column, after those of x, that lies elsewhere; null data: none.
// NaN or infinity in the data, or overflow of its squares, leaves entries of `scatter`'s diagonal that are not finite.
template <class T>
void scatter(MatrixView<const T> x, VectorView<const T> y, Weights weights, Moments& moments);

extern template void scatter<float>(MatrixView<const float>, VectorView<const float>, Weights, Moments&);
extern template void scatter<double>(MatrixView<const double>, VectorView<const double>, Weights, Moments&);

// The least and the largest number on the diagonal of a matrix (d, d); NaN for both if one is.
inline std::pair<double, double> range_of_diagonal(const MatrixView<const double>& matrix) {
  double least = std::numeric_limits<double>::infinity(), most = 0;
  for (index_t j = 0; j < matrix.rows; ++j) {
    const double x = matrix(j, j);
    if (std::isnan(x)) return {x, x};
    least = std::min(least, x);
    most = std::max(most, x);
  }
  return {least, most};
}

}  // namespace mmlcore
