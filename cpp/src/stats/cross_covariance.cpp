#include "mmlcore/stats/cross_covariance.hpp"

#include <algorithm>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/matrices/product.hpp"
#include "mmlcore/matrices/product_small.hpp"
#include "mmlcore/stats/column_moments.hpp"

namespace mmlcore {
namespace {

constexpr index_t kRows = 128, kRanges = 16;
constexpr double kWork = 1 << 18;  // multiplications of a range, at least

// Rows first ... first + rows - 1 less the means, in the order of their memory.
template <class T>
MatrixView<const double> centred(const MatrixView<const T>& x, const double* mean, index_t first, index_t rows, double* to) {
  const index_t d = x.cols;
  if (x.col_stride == 1) {
    for (index_t i = 0; i < rows; ++i) {
      const T* const from = &x(first + i, 0);
      double* __restrict out = to + i * d;
      for (index_t j = 0; j < d; ++j) out[j] = static_cast<double>(from[j]) - mean[j];
    }
    return c_order<const double>(to, rows, d);
  }
  for (index_t j = 0; j < d; ++j) {
    const T* const from = &x(first, j);
    double* __restrict out = to + j * rows;
    if (x.row_stride == 1) {
      for (index_t i = 0; i < rows; ++i) out[i] = static_cast<double>(from[i]) - mean[j];
    } else {
      for (index_t i = 0; i < rows; ++i) out[i] = static_cast<double>(from[i * x.row_stride]) - mean[j];
    }
  }
  return c_order<const double>(to, d, rows).transposed();
}

}  // namespace

template <class T>
void cross_scatter(MatrixView<const T> x, MatrixView<const T> y, double* to, double* squares_x, double* squares_y) {
  const index_t n = x.rows, d = x.cols, e = y.cols;
  Buffer<double> means(d + e), low(std::max(d, e));
  double *const mean_x = means.data(), *const mean_y = mean_x + d;
  column_moments<T>(x, nullptr, mean_x, low.data(), squares_x);
  column_moments<T>(y, nullptr, mean_y, low.data(), squares_y);
  const double work = static_cast<double>(n) * static_cast<double>(d) * static_cast<double>(e);
  const index_t blocks = (n + kRows - 1) / kRows,
                ranges = std::clamp<index_t>(static_cast<index_t>(work / kWork), 1, std::min(blocks, kRanges));
  Buffer<double> parts(ranges * d * e);
  std::fill(parts.begin(), parts.end(), 0.0);
  parallel_tasks(ranges, [&](index_t range) {
    Buffer<double> memory(kRows * (d + e) + d * e);
    double *const a = memory.data(), *const b = a + kRows * d, *const product = b + kRows * e;
    double* const sums = parts.data() + range * d * e;
    for (index_t block = blocks * range / ranges; block < blocks * (range + 1) / ranges; ++block) {
      const index_t first = block * kRows, rows = std::min(kRows, n - first);
      const MatrixView<const double> left = centred(x, mean_x, first, rows, a).transposed();
      const MatrixView<const double> right = centred(y, mean_y, first, rows, b);
      if (std::max(d, e) > kSmallProduct) {
        product_serial<double>(left, right, c_order(sums, d, e), 1, 1);
        continue;
      }
      product_single<double>(left, right, c_order(product, d, e));
      for (index_t i = 0; i < d * e; ++i) sums[i] += product[i];
    }
  });
  std::copy_n(parts.data(), d * e, to);
  for (index_t range = 1; range < ranges; ++range) {
    for (index_t i = 0; i < d * e; ++i) to[i] += parts[range * d * e + i];
  }
}

template void cross_scatter<float>(MatrixView<const float>, MatrixView<const float>, double*, double*, double*);
template void cross_scatter<double>(MatrixView<const double>, MatrixView<const double>, double*, double*, double*);

}  // namespace mmlcore
