#include "mmlcore/matrices/product.hpp"

#include "mmlcore/core/copy.hpp"
#include "mmlcore/matrices/product_small.hpp"
#include "mmlcore/matrices/product_tiles.hpp"

namespace mmlcore {
namespace gemm {

template <Real T>
void pack_strip(MatrixView<const T> a, int width, T* out) {
  MMLCORE_ASSERT(a.rows <= width);
  copy<T>(a, f_order(out, a.rows, a.cols, width));
  for (index_t k = 0; k < a.cols && a.rows < width; ++k) std::fill(out + k * width + a.rows, out + (k + 1) * width, T{0});
}

template <Real T>
void packed_tile(int width, index_t depth, const T* a, const T* b, MatrixView<T> c, T alpha, T beta) {
  switch (width / Shape<T>::W) {
    case 1:
      return packed_tile_of<T, 1>(depth, a, b, c, alpha, beta);
    case 2:
      return packed_tile_of<T, 2>(depth, a, b, c, alpha, beta);
    default:
      return packed_tile_of<T, 3>(depth, a, b, c, alpha, beta);
  }
}

namespace {

constexpr index_t kChunk = 4032;  // rows of A, columns of B packed at once: a multiple of every micro-tile
constexpr index_t kTileStrips = 8;
// Numbers of C up to which operands as they lie are faster than packed ones (product_small.hpp): an update of 400 x 400 by
// 64 columns takes 0.9 of the time, one of 50 x 50 by 16 half of it, one of 800 x 800 1.15 times as long.
constexpr index_t kUnpacked = index_t{1} << 18;

index_t ceil_div(index_t a, index_t b) { return (a + b - 1) / b; }

// One slice: C chunk (m x n) += A (m x depth) B (depth x n), operands packed into `pa`, `pb`.
template <Real T>
void multiply_slice(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> c, T alpha, T beta, T* pa, T* pb,
                    bool pack_b, int threads) {
  using S = Shape<T>;
  const index_t a_strips = ceil_div(c.rows, S::M), b_strips = ceil_div(c.cols, S::N), depth = a.cols;
  const index_t packs = a_strips + (pack_b ? b_strips : 0);
  const index_t group = threads == 1 ? packs : std::max<index_t>(ceil_div(packs, 4 * threads), 4);
  parallel_tasks(ceil_div(packs, group), threads, [&](index_t task) {
    for (index_t p = task * group; p < std::min(packs, (task + 1) * group); ++p) {
      if (p < a_strips) {
        const index_t i = p * S::M, rows = std::min<index_t>(S::M, c.rows - i);
        pack_strip<T>(a.block(i, 0, rows, depth), strip_width<T>(rows), pa + i * depth);
      } else {
        const index_t j = (p - a_strips) * S::N, cols = std::min<index_t>(S::N, c.cols - j);
        pack_strip<T>(b.block(0, j, depth, cols).transposed(), S::N, pb + j * depth);
      }
    }
  });

  // Tiles: up to kTileStrips strips of A (half the second-level cache), cut along N until no thread waits long for the
  // last one. Neighbours in the order share their strips of A.
  const index_t i_tiles = ceil_div(a_strips, kTileStrips), i_step = ceil_div(a_strips, i_tiles);
  const index_t wanted = threads == 1 ? 1 : ceil_div(16 * threads, i_tiles);
  index_t j_tiles = std::clamp<index_t>(wanted, 1, std::max<index_t>(b_strips / 4, 1));
  // Few tiles are as many for every thread.
  if (i_tiles == 1 && j_tiles > threads && j_tiles < 4 * threads) j_tiles = j_tiles / threads * threads;
  const index_t j_step = ceil_div(b_strips, j_tiles);
  parallel_tasks(i_tiles * j_tiles, threads, [&](index_t task) {
    const index_t i0 = task / j_tiles * i_step, i1 = std::min(a_strips, i0 + i_step);
    const index_t j0 = task % j_tiles * j_step, j1 = std::min(b_strips, j0 + j_step);
    for (index_t js = j0; js < j1; ++js) {
      const index_t j = js * S::N, cols = std::min<index_t>(S::N, c.cols - j);
      for (index_t is = i0; is < i1; ++is) {
        const index_t i = is * S::M, rows = std::min<index_t>(S::M, c.rows - i);
        packed_tile<T>(strip_width<T>(rows), depth, pa + i * depth, pb + j * depth, c.block(i, j, rows, cols), alpha, beta);
      }
    }
  });
}

template <Real T>
void multiply(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> c, T alpha, T beta, int threads) {
  MMLCORE_ASSERT(a.rows == c.rows && b.cols == c.cols && a.cols == b.rows);
  using S = Shape<T>;
  if (c.empty()) return;
  if (c.rows * c.cols <= kUnpacked) {
    if (c.col_stride == 1 && lies_in_rows(b) && is_unpacked_product(a, b, c))
      return product_in_blocks<T>(a, b, c, threads, alpha, beta);
    const MatrixView<const T> left = b.transposed(), right = a.transposed();
    if (c.row_stride == 1 && lies_in_rows(right) && is_unpacked_product(left, right, c.transposed()))
      return product_in_blocks<T>(left, right, c.transposed(), threads, alpha, beta);
  }
  if (c.row_stride != 1 && c.col_stride == 1) {
    const MatrixView<const T> left = b.transposed();
    b = a.transposed();
    a = left;
    c = c.transposed();
  }
  if (a.cols == 0) return product_in_blocks<T>(a, b, c, 1, alpha, beta);  // a sum of nothing
  if (2.0 * c.rows * c.cols * a.cols < 1e5) threads = 1;  // a region costs as much as a hundred thousand flops
  const index_t depth = std::min<index_t>(a.cols, S::depth);
  const index_t m = std::min(c.rows, kChunk), n = std::min(c.cols, kChunk);
  Buffer<T> pa(depth * ceil_div(m, S::M) * S::M), pb(depth * ceil_div(n, S::N) * S::N);
  for (index_t j = 0; j < c.cols; j += kChunk) {
    const index_t cols = std::min(kChunk, c.cols - j);
    for (index_t k = 0; k < a.cols; k += depth) {
      const index_t d = std::min(depth, a.cols - k);
      for (index_t i = 0; i < c.rows; i += kChunk) {
        const index_t rows = std::min(kChunk, c.rows - i);
        multiply_slice<T>(a.block(i, k, rows, d), b.block(k, j, d, cols), c.block(i, j, rows, cols), alpha,
                          k == 0 ? beta : T{1}, pa.data(), pb.data(), i == 0, threads);
      }
    }
  }
}

}  // namespace

template void pack_strip<float>(MatrixView<const float>, int, float*);
template void pack_strip<double>(MatrixView<const double>, int, double*);
template void packed_tile<float>(int, index_t, const float*, const float*, MatrixView<float>, float, float);
template void packed_tile<double>(int, index_t, const double*, const double*, MatrixView<double>, double, double);

}  // namespace gemm

template <Real T>
void product(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> c, T alpha, T beta) {
  gemm::multiply<T>(a, b, c, alpha, beta, num_threads());
}

template <Real T>
void product_serial(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> c, T alpha, T beta) {
  gemm::multiply<T>(a, b, c, alpha, beta, 1);
}

template void product<float>(MatrixView<const float>, MatrixView<const float>, MatrixView<float>, float, float);
template void product<double>(MatrixView<const double>, MatrixView<const double>, MatrixView<double>, double, double);
template void product_serial<float>(MatrixView<const float>, MatrixView<const float>, MatrixView<float>, float, float);
template void product_serial<double>(MatrixView<const double>, MatrixView<const double>, MatrixView<double>, double, double);

}  // namespace mmlcore
