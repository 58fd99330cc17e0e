#include "mmlcore/orthogonal/orthogonalize.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/dot.hpp"
#include "mmlcore/core/lane_arithmetic.hpp"
#include "mmlcore/core/parallel.hpp"

namespace mmlcore {
namespace {

constexpr index_t kBlock = 4096;  // columns: a block of v stays in the first-level cache, and reads of a row are long

constexpr int kTogether = 8;      // rows: 64 of 100,000 take 3.3 to 5.4 ms
constexpr double kSlight = 1e-4;  // share of the square of a length that may be taken away without a second pass

// to[i] = rows(i, first ... first + n) v, four rows at a time: their reads from memory overlap.
void products(MatrixView<const double> rows, index_t first, index_t n, const double* v, double* to) {
  using S = Simd<double>;
  constexpr index_t W = S::width, step = 2 * W;
  const index_t whole = n - n % step;
  index_t i = 0;
  for (; i + 4 <= rows.rows; i += 4) {
    const double* row[4];
    S::Vec sums[4][2] = {};
    for (int r = 0; r < 4; ++r) row[r] = &rows(i + r, first);
    for (index_t j = 0; j < whole; j += step) {
      const S::Vec low = S::load(v + j), high = S::load(v + j + W);
#pragma GCC unroll 4
      for (int r = 0; r < 4; ++r) {
        sums[r][0] += S::load(row[r] + j) * low;
        sums[r][1] += S::load(row[r] + j + W) * high;
      }
    }
    for (int r = 0; r < 4; ++r)
      to[i + r] = lane_sum<double>(sums[r][0] + sums[r][1]) + dot(row[r] + whole, v + whole, n - whole);
  }
  for (; i < rows.rows; ++i) to[i] = dot(&rows(i, first), v, n);
}

// v[0 ... n) -= sum of h[i] rows(i, first ... first + n), kTogether rows at a time.
void subtract(MatrixView<const double> rows, index_t first, index_t n, const double* h, double* v) {
  using S = Simd<double>;
  constexpr index_t W = S::width;
  const index_t whole = n - n % W;
  index_t i = 0;
  for (; i + kTogether <= rows.rows; i += kTogether) {
    const double* row[kTogether];
    for (int r = 0; r < kTogether; ++r) row[r] = &rows(i + r, first);
    for (index_t j = 0; j < whole; j += W) {
      S::Vec sum = S::load(v + j), more{};
#pragma GCC unroll 8
      for (int r = 0; r < kTogether; r += 2) {
        sum -= h[i + r] * S::load(row[r] + j);
        more += h[i + r + 1] * S::load(row[r + 1] + j);
      }
      S::store(v + j, sum - more);
    }
    for (index_t j = whole; j < n; ++j) {
      for (int r = 0; r < kTogether; ++r) v[j] -= h[i + r] * row[r][j];
    }
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
      products(rows, first, size, v + first, part.data() + g * m);
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
