#include "mmlcore/stats/covariance.hpp"

#include <algorithm>
#include <cmath>

#include "mmlcore/core/copy.hpp"
#include "mmlcore/core/dot.hpp"
#include "mmlcore/matrices/gram.hpp"
#include "narrow_scatter.hpp"
#include "packed_scatter.hpp"
#include "provisional_mean.hpp"

namespace mmlcore {
namespace {

// out = root * (x - shift) for a block of rows, row by row contiguous, with y as a last column if there is one;
// sums[j] += root^2 (x - shift).
template <class T>
void centre_block(MatrixView<const T> x, VectorView<const T> y, const T* shift, const double* roots, MatrixView<T> out,
                  double* sums, T* column) {
  const index_t n = x.cols;
  if (y.data) {
    T sum = 0;
    for (index_t i = 0; i < x.rows; ++i) {
      const T root = roots ? static_cast<T>(roots[i]) : T{1};
      out(i, n) = root * (y[i] - shift[n]);
      sum += root * out(i, n);
    }
    sums[n] += sum;
  }
  if (x.col_stride != 1) {
    const MatrixView<T> columns = out.block(0, 0, x.rows, n);
    copy<T>(x, columns);
    x = columns;
  }
  std::fill(column, column + n, T{0});
  for (index_t i = 0; i < x.rows; ++i) {
    const T* in = x.row(i).data;
    T* to = out.row(i).data;
    if (roots) {
      const T root = static_cast<T>(roots[i]);
      for (index_t j = 0; j < n; ++j) {
        to[j] = root * (in[j] - shift[j]);
        column[j] += root * to[j];
      }
    } else {
      for (index_t j = 0; j < n; ++j) {
        to[j] = in[j] - shift[j];
        column[j] += to[j];
      }
    }
  }
  for (index_t j = 0; j < n; ++j) sums[j] += column[j];
}

// S and d for few columns: blocks multiplied where they lie. Other memory orders than rows are read in longer blocks: 64
// rows of each column are too few to be fetched ahead (20,000 x 50 float32, Fortran order, AVX2: 2.7 to 3.2 ms by 64, 2.0 by
// 256).
template <class T>
void narrow_pass(MatrixView<const T> x, VectorView<const T> y, const T* shift, const double* roots, double* s, double* d) {
  const index_t n = x.cols + (y.data ? 1 : 0), block = (x.col_stride == 1 ? 1 : 4) * kFlush,
                slots = gram_slots(x.rows, kFlush);
  Buffer<double> sums(slots * n);
  std::fill(sums.begin(), sums.end(), 0.0);
  gram_of_rows<T>(x.rows, n, block, kFlush, s, [&](index_t slot, index_t i, index_t rows) -> MatrixView<const T> {
    thread_local Buffer<T> scratch;
    if (scratch.size() < (block + 1) * n) scratch = Buffer<T>((block + 1) * n);
    const MatrixView<T> centred = c_order(scratch.data(), rows, n);
    const VectorView<const T> part{y.data ? &y[i] : nullptr, rows, y.stride};
    centre_block<T>(x.block(i, 0, rows, x.cols), part, shift, roots ? roots + i : nullptr, centred, sums.data() + slot * n,
                    scratch.data() + block * n);
    return centred;
  });
  std::fill(d, d + n, 0.0);
  for (index_t slot = 0; slot < slots; ++slot) {
    for (index_t j = 0; j < n; ++j) d[j] += sums[slot * n + j];
  }
}

}  // namespace

template <class T>
void scatter(MatrixView<const T> x, VectorView<const T> y, Weights weights, Moments& moments) {
  const index_t m = x.rows, n = x.cols + (y.data ? 1 : 0);
  double *s = moments.scatter, *mean = moments.mean;
  const bool narrow = n <= kNarrowScatter;
  moments.weight = static_cast<double>(m);
  Buffer<double> held(weights.data && !narrow ? m : 0);
  const double* const roots = held.size() ? held.data() : nullptr;
  if (roots) {
    for (index_t i = 0; i < m; ++i) held[i] = weights.root(i);
    moments.weight = dot(roots, roots, m);
  }
  Buffer<T> shift(n);
  Buffer<double> d(n);
  provisional_mean(x, shift.data());
  if (y.data) provisional_mean(MatrixView<const T>{y.data, m, 1, y.stride, 1}, shift.data() + x.cols);
  const auto rows_of = [x, y, n](index_t first, index_t rows, Buffer<T>& scratch) -> MatrixView<const T> {
    const MatrixView<const T> block = x.block(first, 0, rows, x.cols);
    if (block.col_stride == 1 && !y.data) return block;
    scratch = Buffer<T>(rows * n);
    const MatrixView<T> both = c_order(scratch.data(), rows, n);
    copy<T>(block, both.block(0, 0, rows, x.cols));
    for (index_t i = 0; y.data && i < rows; ++i) both(i, x.cols) = y[first + i];
    return both;
  };
  for (int pass = 0; pass < 2; ++pass) {
    if (narrow) {
      moments.weight = narrow_scatter<T>(x, y, shift.data(), weights, s, d.data());
    } else if (n <= kSmallProduct) {
      narrow_pass<T>(x, y, shift.data(), roots, s, d.data());
    } else {
      packed_scatter<T>(m, n, rows_of, shift.data(), roots, s, d.data());
    }
    bool again = false;
    for (index_t j = 0; j < n; ++j) again |= misled(d[j], moments.weight, s[j * n + j]);
    if (!again || pass == 1) break;
    for (index_t j = 0; j < n; ++j) {
      if (std::isfinite(d[j])) shift[j] = static_cast<T>(shift[j] + d[j] / moments.weight);
    }
  }
  for (index_t i = 0; i < n; ++i) {
    for (index_t j = i; j < n; ++j) {
      const double value = s[i * n + j] - d[i] * (d[j] / moments.weight);
      s[i * n + j] = s[j * n + i] = i == j ? std::max(value, 0 * value) : value;
    }
  }
  for (index_t j = 0; j < n; ++j) set_mean(shift[j], d[j] / moments.weight, mean[j], moments.low[j]);
}

template void scatter<float>(MatrixView<const float>, VectorView<const float>, Weights, Moments&);
template void scatter<double>(MatrixView<const double>, VectorView<const double>, Weights, Moments&);

}  // namespace mmlcore
