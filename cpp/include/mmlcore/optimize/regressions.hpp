// Many linear regressions y = X b + c at once: of a stack of data sets, of the rows of each label, of each window of rows.
//
// One algorithm ends all three. Let the columns of (X, y), less their means where there is a constant, be eliminated one
// after the other,
//
//   X = Q U,  U a unit upper triangle,  Q'Q = diag(a),     y = Q t + rest,
//   b = U^-1 t,     chi2 = |rest|^2,     (X'X)^-1 = U^-1 diag(1/a) U^-T;
//
// W problems at a time, one in each SIMD lane (line_lanes.hpp). What differs is where U, a and t come from.
//
// * A stack, up to kMostLaneColumns columns and kMostLaneNumbers numbers a problem: modified Gram-Schmidt on the rows
//   themselves, y as the last column, which is as stable as a QR decomposition (A. Bjorck, "Solving linear least squares
//   problems by Gram-Schmidt orthogonalization", BIT 7, 1967). Up to five columns and without sigma, sums of products about
//   the first row come first, in one pass, and Gram-Schmidt where one lane of them is not certified. Larger ones:
//   linear_fit, one a thread. 100,000 of 20 x 3, one thread: 8.2 ms, of which reading takes 2.5 (core/read_ahead.hpp) and
//   writing the results one; Gram-Schmidt in lanes with its lines prefetched took 12.4, numpy's loop 1200.
// * Groups: a counting sort puts the rows of a label together; their products, less the first row of the group, are summed
//   in registers while the row is read, once. U U' then follows from the sums of products (Cholesky).
// * Windows: nothing is ever subtracted. Rows are cut into blocks as long as a window, so that a window is the end of one
//   block and the beginning of the next; sums over ends come from a run backwards, those over beginnings from a run
//   forwards (M. van Herk, "A fast algorithm for local minimum and maximum filters", Pattern Recognit. Lett. 13, 1992, for
//   sums). All are less the row at the border, which every window of the block holds, so that an outlier is in the sums of
//   its own windows alone: what updating and downdating needs a certificate for is exact by construction.
//
// Sums of products keep their digits while the smallest eigenvalue of the correlations is above 1e-4, more than 1e-6 of the
// variance of y is left, and the first row is no outlier of its group; each problem is certified for that, and else fitted
// from its rows by linear_fit. What that does not take either (dependent columns, constants, NaN, ends of the range, as many
// unknowns as rows) is marked, and others see to it.
//
// Cost: n d^2 flops, one pass over the data; d^2 flops a window, whatever its length.
#pragma once

#include <cstdint>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/views.hpp"

namespace mmlcore::optimize {

inline constexpr index_t kMostLaneColumns = 16;
inline constexpr index_t kMostLaneNumbers = index_t{1} << 12;

// What is told of `count` problems with d columns; all arrays contiguous.
struct Regressions {
  double* coefficients;  // (count, d)
  double* constant;      // (count,)
  double* covariance;    // (count, side, side), side = d + 1 with a constant
  double *chi2, *dof, *r2;
  std::int32_t* status;  // 1 where all of this holds; 0 where somebody has to look at the problem
};

// x is a stack of (n, d), y and sigma (null: none) stacks of (n, 1), of as many items.
template <class T>
void regress_stack(const MatrixBatch<const T>& x, const MatrixBatch<const T>& y, const MatrixBatch<const double>* sigma,
                   bool constant, const Regressions& out);

// Row i belongs to group code[i] in [0, groups).
template <class T>
void regress_groups(MatrixView<const T> x, VectorView<const T> y, const double* sigma, const std::int32_t* code,
                    index_t groups, bool constant, const Regressions& out);

// Problem i has the rows i ... i + window - 1.
template <class T>
void regress_windows(MatrixView<const T> x, VectorView<const T> y, const double* sigma, index_t window, bool constant,
                     const Regressions& out);

// Numbers integers in the order of their values: code[i] < code[j] where label[i] < label[j]. False where they are spread
// too widely for a table; else `used` has the different ones.
class IntegerCodes {
 public:
  IntegerCodes(const std::int64_t* label, index_t count);
  bool narrow() const { return narrow_; }
  index_t groups() const { return groups_; }
  void write(std::int32_t* code, std::int64_t* used) const;

 private:
  template <class F>
  void each_part(index_t parts, F&& f) const;

  const std::int64_t* label_;
  index_t count_, groups_ = 0;
  std::int64_t least_ = 0;
  Buffer<std::int32_t> number_;  // of each integer from the least to the largest; -1: there is none
  bool narrow_ = true;
};

}  // namespace mmlcore::optimize
