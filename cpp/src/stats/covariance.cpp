#include "mmlcore/stats/covariance.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>

#include "mmlcore/core/copy.hpp"
#include "mmlcore/matrices/gram.hpp"
#include "mmlcore/matrices/product_tiles.hpp"

namespace mmlcore {
namespace {

constexpr index_t kSampleRows = 256;

// The mean of up to kSampleRows rows, evenly spaced. What is not finite is left out: the pass itself reports it.
template <class T>
void provisional_mean(MatrixView<const T> x, T* shift) {
  const index_t rows = std::min(x.rows, kSampleRows);
  for (index_t j = 0; j < x.cols; ++j) {
    double sum = 0;
    for (index_t r = 0; r < rows; ++r) sum += x(x.rows * r / rows, j);
    const T mean = static_cast<T>(sum / static_cast<double>(rows));
    shift[j] = std::isfinite(mean) ? mean : T{0};
  }
}

// out = root * (x - shift) for a block of rows, row by row contiguous; sums[j] += root^2 (x - shift).
template <class T>
void centre_block(MatrixView<const T> x, const T* shift, const double* roots, MatrixView<T> out, double* sums, T* column) {
  const index_t n = x.cols;
  if (x.col_stride != 1) {
    copy<T>(x, out);
    x = out;
  }
  std::fill(column, column + n, T{0});
  for (index_t i = 0; i < x.rows; ++i) {
    const T* in = &x(i, 0);
    T* to = &out(i, 0);
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

// S and d for few columns: blocks multiplied where they lie.
template <class T>
void narrow_pass(MatrixView<const T> x, const T* shift, const double* roots, double* s, double* d) {
  const index_t n = x.cols, slots = std::clamp<index_t>(x.rows / kFlush, 1, kSlots);
  Buffer<double> sums(slots * n);
  std::fill(sums.begin(), sums.end(), 0.0);
  gram_of_rows<T>(x.rows, n, kFlush, s, [&](index_t slot, index_t i, index_t rows) -> MatrixView<const T> {
    thread_local Buffer<T> block;
    if (block.size() < (kFlush + 1) * n) block = Buffer<T>((kFlush + 1) * n);
    const MatrixView<T> centred = c_order(block.data(), rows, n);
    centre_block<T>(x.block(i, 0, rows, n), shift, roots ? roots + i : nullptr, centred, sums.data() + slot * n,
                    block.data() + kFlush * n);
    return centred;
  });
  std::fill(d, d + n, 0.0);
  for (index_t slot = 0; slot < slots; ++slot) {
    for (index_t j = 0; j < n; ++j) d[j] += sums[slot * n + j];
  }
}

// tile (strip of A by strip of B, both packed) added to the double matrix s, n columns, at (i, j). Runs of kFlush rows are
// summed in registers, runs in a tile of T, and the tile is added in double: two short sums in T instead of one long one.
template <class T, int MV>
void add_product(index_t depth, const T* a, const T* b, double* s, index_t n, index_t i, index_t j) {
  using Shape = gemm::Shape<T>;
  constexpr int M = MV * Shape::W, N = Shape::N;
  const index_t rows = std::min<index_t>(M, n - i), cols = std::min<index_t>(N, n - j);
  // Column-major below the diagonal is row-major above it.
  for (index_t c = 0; c < cols; ++c) {
    for (index_t r = 0; r < rows; r += 8) __builtin_prefetch(s + (j + c) * n + i + r, 1);
  }
  alignas(64) T tile[M * N];
  for (index_t k = 0; k < depth; k += kFlush) {
    gemm::Micro<T, MV, N> micro;
    micro.run(std::min(kFlush, depth - k), a + k * M, M, b + k * N, N, 1);
    micro.store(tile, M, T{1}, k == 0 ? T{0} : T{1});
  }
  for (index_t c = 0; c < cols; ++c) {
    double* to = s + (j + c) * n + i;
    if (rows == M) {
      for (index_t r = 0; r < M; ++r) to[r] += tile[c * M + r];
    } else {
      for (index_t r = 0; r < rows; ++r) to[r] += tile[c * M + r];
    }
  }
}

// Strips of N columns, each k by k, from contiguous rows: constant sizes make the copies single moves.
template <class T>
void pack_columns(MatrixView<const T> rows, T* out) {
  constexpr index_t N = gemm::Shape<T>::N;
  const index_t whole = rows.cols / N, rest = rows.cols - whole * N;
  for (index_t k = 0; k < rows.rows; ++k) {
    const T* from = &rows(k, 0);
    for (index_t p = 0; p < whole; ++p) std::memcpy(out + (p * rows.rows + k) * N, from + p * N, sizeof(T) * N);
    if (rest > 0) {
      T* last = out + (whole * rows.rows + k) * N;
      std::fill(last, last + N, T{0});
      std::copy(from + whole * N, from + rows.cols, last);
    }
  }
}

// S and d for many columns. A slice of rows is centred and packed by strips of columns, then the tiles on and below the
// diagonal (in column-major order) are shared out.
template <class T>
void wide_pass(MatrixView<const T> x, const T* shift, const double* roots, double* s, double* d) {
  using Shape = gemm::Shape<T>;
  constexpr index_t M = Shape::M, N = Shape::N, W = Shape::W, depth = 4 * kFlush, slice = 4 * depth;
  const index_t n = x.cols, a_strips = (n + M - 1) / M, b_strips = (n + N - 1) / N;
  const index_t rows_max = std::min(slice, x.rows);
  Buffer<T> centred(rows_max * n), pa(rows_max * a_strips * M), pb(rows_max * b_strips * N);
  constexpr index_t groups = slice / depth;
  Buffer<double> sums(groups * n);
  std::fill(s, s + n * n, 0.0);
  std::fill(d, d + n, 0.0);
  for (index_t first = 0; first < x.rows; first += slice) {
    const index_t rows = std::min(slice, x.rows - first), parts = (rows + depth - 1) / depth;
    std::fill(sums.begin(), sums.end(), 0.0);
    parallel_tasks(parts, [&](index_t g) {
      const index_t k = g * depth, size = std::min(depth, rows - k);
      Buffer<T> column(n);
      const MatrixView<T> block = c_order(centred.data() + k * n, size, n);
      centre_block<T>(x.block(first + k, 0, size, n), shift, roots ? roots + first + k : nullptr, block, sums.data() + g * n,
                      column.data());
      T *to_a = pa.data() + k * a_strips * M, *to_b = pb.data() + k * b_strips * N;
      for (index_t p = 0; p < a_strips; ++p) {
        const index_t width = std::min(M, n - p * M);
        gemm::pack_strip<T>(block.block(0, p * M, size, width).transposed(), gemm::strip_width<T>(width),
                            to_a + p * M * size);
      }
      pack_columns<T>(block, to_b);
    });
    for (index_t g = 0; g < parts; ++g) {
      for (index_t j = 0; j < n; ++j) d[j] += sums[g * n + j];
    }
    // Row strips from the last (shortest in tiles) to the first would do as well: tasks are taken as threads get free.
    parallel_tasks(a_strips, [&](index_t task) {
      const index_t p = a_strips - 1 - task, i = p * M;
      const int width = gemm::strip_width<T>(std::min(M, n - i));
      const index_t last = std::min(b_strips, (i + width + N - 1) / N);
      for (index_t g = 0; g < parts; ++g) {
        const index_t k = g * depth, size = std::min(depth, rows - k);
        const T *a = pa.data() + k * a_strips * M + i * size, *b = pb.data() + k * b_strips * N;
        for (index_t q = 0; q < last; ++q) {
          switch (width / W) {
            case 1:
              add_product<T, 1>(size, a, b + q * N * size, s, n, i, q * N);
              break;
            case 2:
              add_product<T, 2>(size, a, b + q * N * size, s, n, i, q * N);
              break;
            default:
              add_product<T, 3>(size, a, b + q * N * size, s, n, i, q * N);
          }
        }
      }
    });
  }
}

}  // namespace

template <class T>
void scatter(MatrixView<const T> x, const double* roots, Moments& moments) {
  const index_t m = x.rows, n = x.cols;
  double *s = moments.scatter, *mean = moments.mean;
  moments.weight = static_cast<double>(m);
  if (roots) {
    moments.weight = 0;
    for (index_t i = 0; i < m; ++i) moments.weight += roots[i] * roots[i];
  }
  Buffer<T> shift(n);
  Buffer<double> d(n);
  provisional_mean(x, shift.data());
  for (int pass = 0; pass < 2; ++pass) {
    if (n <= kSmallProduct) {
      narrow_pass<T>(x, shift.data(), roots, s, d.data());
    } else {
      wide_pass<T>(x, shift.data(), roots, s, d.data());
    }
    bool misled = false;
    for (index_t j = 0; j < n; ++j) {
      const double drift = d[j] * d[j] / moments.weight;
      misled |= drift > 0.99 * s[j * n + j] && drift > 0 && std::isfinite(s[j * n + j]);
    }
    if (!misled || pass == 1) break;
    for (index_t j = 0; j < n; ++j) shift[j] = static_cast<T>(shift[j] + d[j] / moments.weight);
  }
  for (index_t i = 0; i < n; ++i) {
    for (index_t j = i; j < n; ++j) {
      const double value = s[i * n + j] - d[i] * (d[j] / moments.weight);
      s[i * n + j] = s[j * n + i] = i == j ? std::max(value, 0 * value) : value;
    }
  }
  for (index_t j = 0; j < n; ++j) mean[j] = shift[j] + d[j] / moments.weight;
}

template <class T>
bool centred_product(MatrixView<const T> x, const T* mean, MatrixView<const T> w, MatrixView<T> out) {
  const index_t n = x.cols,
                block = std::max<index_t>(64, (index_t{1} << 19) / (std::max<index_t>(n, 1) * index_t{sizeof(T)}));
  std::atomic<bool> finite{true};
  parallel_tasks((x.rows + block - 1) / block, [&](index_t task) {
    const index_t first = task * block, rows = std::min(block, x.rows - first);
    Buffer<T> buffer(rows * n);
    const MatrixView<T> centred = c_order(buffer.data(), rows, n);
    if (!copy_finite<T>(x.block(first, 0, rows, n), centred)) finite = false;
    for (index_t i = 0; i < rows; ++i) {
      T* row = &centred(i, 0);
      for (index_t j = 0; j < n; ++j) row[j] -= mean[j];
    }
    product_serial<T>(centred, w, out.block(first, 0, rows, out.cols));
  });
  return finite;
}

template void scatter<float>(MatrixView<const float>, const double*, Moments&);
template void scatter<double>(MatrixView<const double>, const double*, Moments&);
template bool centred_product<float>(MatrixView<const float>, const float*, MatrixView<const float>, MatrixView<float>);
template bool centred_product<double>(MatrixView<const double>, const double*, MatrixView<const double>, MatrixView<double>);

}  // namespace mmlcore
