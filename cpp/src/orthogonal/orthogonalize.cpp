#include "mmlcore/orthogonal/orthogonalize.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/dot.hpp"
#include "mmlcore/core/parallel.hpp"

namespace mmlcore {
namespace {

constexpr index_t kBlock = 2048;  // columns: a block of v stays in the first-level cache

constexpr double kSlight = 1e-4;  // share of the square of a length that may be taken away without a second pass

// v[0 ... n) -= sum of h[i] rows(i, first ... first + n), four rows at a time.
void subtract(MatrixView<const double> rows, index_t first, index_t n, const double* h, double* v) {
  index_t i = 0;
  for (; i + 4 <= rows.rows; i += 4) {
    const double *a = &rows(i, first), *b = &rows(i + 1, first), *c = &rows(i + 2, first), *d = &rows(i + 3, first);
    const double ha = h[i], hb = h[i + 1], hc = h[i + 2], hd = h[i + 3];
    for (index_t j = 0; j < n; ++j) v[j] -= (ha * a[j] + hb * b[j]) + (hc * c[j] + hd * d[j]);
  }
  for (; i < rows.rows; ++i) {
    const double* a = &rows(i, first);
    for (index_t j = 0; j < n; ++j) v[j] -= h[i] * a[j];
  }
}

}  // namespace

double orthogonalize(MatrixView<const double> rows, double* v) {
  MMLCORE_ASSERT(rows.empty() || rows.col_stride == 1);
  const index_t m = rows.rows, n = rows.cols, blocks = (n + kBlock - 1) / kBlock;
  Buffer<double> part(blocks * m), h(m), squares(blocks);
  const auto pass = [&] {  // gives back the squares of the lengths of what was taken away and of what is left
    parallel_tasks(blocks, [&](index_t g) {
      const index_t first = g * kBlock, size = std::min(kBlock, n - first);
      double* const to = part.data() + g * m;
      for (index_t i = 0; i < m; ++i) to[i] = dot(&rows(i, first), v + first, size);
    });
    std::fill(h.begin(), h.end(), 0.0);
    double taken = 0, left = 0;
    for (index_t g = 0; g < blocks; ++g) {
      for (index_t i = 0; i < m; ++i) h[i] += part[g * m + i];
    }
    for (const double x : h) taken += x * x;
    parallel_tasks(blocks, [&](index_t g) {
      const index_t first = g * kBlock, size = std::min(kBlock, n - first);
      subtract(rows, first, size, h.data(), v + first);
      squares[g] = dot(v + first, v + first, size);
    });
    for (const double square : squares) left += square;
    return std::pair{taken, left};
  };
  auto [taken, left] = pass();
  if (!(taken <= kSlight * left)) left = pass().second;
  return std::sqrt(left);
}

}  // namespace mmlcore
