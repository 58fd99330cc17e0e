#include "mmlcore/orthogonal/tall_triangle.hpp"

#include <algorithm>
#include <cmath>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/core/scaled_copy.hpp"
#include "mmlcore/orthogonal/blocked_qr.hpp"

namespace mmlcore {

template <class T>
void tall_triangle(MatrixView<const T> a, int power, MatrixView<double> r) {
  const index_t m = a.rows, n = a.cols;
  MMLCORE_ASSERT(n >= 1 && n <= m && r.rows == n && r.cols == n);
  constexpr index_t cached = index_t{1} << 15;  // numbers of a block
  const index_t blocks = std::max<index_t>(1, m / std::max<index_t>(4 * n, cached / n));
  const index_t tall = padded_stride<double>(blocks > 1 ? blocks * n : m);
  Buffer<double> top(tall * n);
  const MatrixView<double> triangles = f_order(top.data(), blocks > 1 ? blocks * n : m, n, tall);
  if (blocks == 1) {
    scaled_copy<T>(a, power, triangles);
  } else {
    parallel_tasks(blocks, [&](index_t b) {
      const index_t begin = m * b / blocks, rows = m * (b + 1) / blocks - begin, stride = padded_stride<double>(rows);
      Buffer<double> memory(stride * n);
      const MatrixView<double> block = f_order(memory.data(), rows, n, stride);
      scaled_copy<T>(a.block(begin, 0, rows, n), power, block);
      blocked_r(block);
      for (index_t j = 0; j < n; ++j) std::copy_n(&block(0, j), n, &triangles(b * n, j));
    });
  }
  blocked_r(triangles);
  for (index_t j = 0; j < n; ++j) {
    for (index_t i = 0; i < n; ++i) r(i, j) = triangles(i, j);
  }
}

template void tall_triangle<float>(MatrixView<const float>, int, MatrixView<double>);
template void tall_triangle<double>(MatrixView<const double>, int, MatrixView<double>);

}  // namespace mmlcore
