// One product, by the way that fits its shape.
#include <algorithm>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/copy.hpp"
#include "mmlcore/core/in_rows.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/core/simd.hpp"
#include "mmlcore/matrices/matrix_vector.hpp"
#include "mmlcore/matrices/product.hpp"
#include "mmlcore/matrices/product_small.hpp"
#include "mmlcore/matrices/product_tall.hpp"

namespace mmlcore {
namespace {

// The columns of C up to which a product is computed turned where A's columns are contiguous.
template <class T>
inline constexpr index_t kTurnedColumns = Simd<T>::width / 2;

// By a copy of B in rows, which costs a share 1 / rows of the product; false, and nothing done, for other shapes.
template <class T>
bool product_of_copy(const MatrixView<const T>& a, const MatrixView<const T>& b, const MatrixView<T>& c) {
  if (a.rows < 2 || !is_unpacked_product(a, b, c)) return false;
  product_in_blocks<T>(a, b, c, num_threads());
  return true;
}

// C' = B' A' where A's columns are contiguous and C has few, which would leave most of each vector empty, or where C is
// less to turn than B (240 x 119 times 119 x 2: 0.5 of the time), some rows of C at a time, which stay in the cache until
// they are turned; false, and nothing done, for other shapes.
template <class T>
bool product_of_turned(const MatrixView<const T>& a, const MatrixView<const T>& b, const MatrixView<T>& c) {
  constexpr index_t W = Simd<T>::width, kept = index_t{1} << 15, worth = 100'000;
  const index_t m = c.rows, n = c.cols;
  if (a.row_stride != 1 || a.col_stride == 1 || m < 2 * W || n < 2) return false;
  const bool few = n <= kTurnedColumns<T> && lies_in_rows(c) && a.cols <= kTallDepth;
  const bool smaller =
      !lies_in_rows(b) && m < a.cols && m <= 2 * Panels<T>::kWidth && is_unpacked_product(b.transposed(), a.transposed(), c);
  if (!few && !smaller) return false;
  const index_t together = std::clamp<index_t>(kept / std::max<index_t>(a.cols, 1) / W, 8, 64) * W;
  const index_t blocks = (m + together - 1) / together;
  parallel_tasks(blocks, m * n * a.cols < worth ? 1 : num_threads(), [&](index_t task) {
    const index_t i = task * together, rows = std::min(together, m - i);
    Buffer<T> memory(rows * n);
    const MatrixView<T> turned = c_order(memory.data(), n, rows);
    product_small<T>(b.transposed(), a.block(i, 0, rows, a.cols).transposed(), turned);
    copy<T>(MatrixView<const T>(turned).transposed(), c.block(i, 0, rows, n));
  });
  return true;
}

// Few rows of A and a B whose columns are contiguous: C' = B' A', a tall product whose rows lie where B's columns do; false,
// and nothing done, for other shapes.
template <class T>
bool product_of_columns(const MatrixView<const T>& a, const MatrixView<const T>& b, const MatrixView<T>& c) {
  constexpr index_t least = 16;  // rows of B' for which it pays
  if (a.rows < 2 || a.rows > kTileRows || b.row_stride != 1 || lies_in_rows(b) || b.cols < least || a.cols == 0)
    return false;
  if (2 * a.rows > kTileRows && a.cols > kTallDepth) return false;  // the copy of A' would leave the cache
  Buffer<T> memory(b.cols * a.rows);
  const MatrixView<T> turned = c_order(memory.data(), b.cols, a.rows);
  product_tall<T>(b.transposed(), a.transposed(), turned);
  copy<T>(MatrixView<const T>(turned).transposed(), c);
  return true;
}

}  // namespace

template <class T>
void product_single(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> c) {
  if (product_of_vector<T>(a, b, c) || product_of_few_vectors<T>(a, b, c)) return;
  if (product_of_turned<T>(a, b, c)) return;
  if (is_tall_product(a, b, c)) return product_tall<T>(a, b, c);
  if (lies_in_rows(b) && is_unpacked_product(a, b, c)) return product_in_blocks<T>(a, b, c, num_threads());
  if (product_of_columns<T>(a, b, c) || product_of_copy<T>(a, b, c)) return;
  product<T>(a, b, c);
}

template <class T>
void product_upper(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> c) {
  constexpr index_t alone = index_t{1} << 24;  // multiplications of which one thread sooner does half than two do all
  if (a.rows * a.cols * b.cols > alone || !is_unpacked_product(a, b, c)) return product_single<T>(a, b, c);
  Buffer<T> kept;
  product_small<T>(a, lies_in_rows(b) ? b : in_rows<T>(b, kept), c, ProductPart::upper_result);
}

template void product_upper<float>(MatrixView<const float>, MatrixView<const float>, MatrixView<float>);
template void product_upper<double>(MatrixView<const double>, MatrixView<const double>, MatrixView<double>);
template void product_single<float>(MatrixView<const float>, MatrixView<const float>, MatrixView<float>);
template void product_single<double>(MatrixView<const double>, MatrixView<const double>, MatrixView<double>);

}  // namespace mmlcore
