// X'X of tall matrices whose rows are produced block by block: the pass that Cholesky QR and covariances are made of.
//
// Rows are shared out in kSlots fixed ranges; a range goes in blocks that stay in the second-level cache, and each block is
// handed to `step`, which may centre or multiply it on the way. Sums run in T over one block and in double over the blocks,
// and the slots are added in order: the bits do not depend on the number of threads, and float32 data lose nothing to long
// sums. For n <= kSmallProduct columns; cost m n^2 flops (the upper triangle alone), one pass over the rows.
#pragma once

#include <algorithm>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/matrices/product.hpp"
#include "mmlcore/matrices/product_small.hpp"

namespace mmlcore {

inline constexpr index_t kSlots = 64;

// How many ranges gram_of_rows shares m rows out in, none of them short, since each has sums of its own to be cleared and
// added (2810 x 74, float32, ranges of 128 rows: 500 to 610 us, of 500: 380). Who keeps something for each slot asks here.
inline index_t gram_slots(index_t m, index_t run) { return std::clamp<index_t>(m / std::max<index_t>(run, 256), 1, kSlots); }

// product_small with its knowledge of triangles where it is the faster way, else the large product.
template <class T>
void product_part(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> c, ProductPart part) {
  if (c.cols <= kSmallProduct) {
    product_small<T>(a, b, c, part);
  } else {
    product_serial<T>(a, b, c);
  }
}

// step(slot, first_row, rows) returns a view of these rows, `block` of them at most, row by row contiguous; sums in T run
// over `run` rows. `gram` receives the upper triangle.
template <class T, class Step>
void gram_of_rows(index_t m, index_t n, index_t block, index_t run, double* gram, Step&& step) {
  const index_t slots = gram_slots(m, run);
  Buffer<double> partial(slots * n * n);
  parallel_tasks(slots, [&](index_t slot) {
    Buffer<T> product(n * n);
    double* sum = partial.data() + slot * n * n;
    const index_t end = m * (slot + 1) / slots;
    std::fill(sum, sum + n * n, 0.0);
    for (index_t i = m * slot / slots; i < end; i += block) {
      const MatrixView<const T> rows = step(slot, i, std::min(block, end - i));
      for (index_t k = 0; k < rows.rows; k += run) {
        const MatrixView<const T> part = rows.block(k, 0, std::min(run, rows.rows - k), n);
        product_part<T>(part.transposed(), part, c_order(product.data(), n, n), ProductPart::upper_result);
        for (index_t r = 0; r < n; ++r) {
          for (index_t c = r; c < n; ++c) sum[r * n + c] += product[r * n + c];
        }
      }
    }
  });
  std::copy_n(partial.data(), n * n, gram);
  for (index_t slot = 1; slot < slots; ++slot) {
    for (index_t k = 0; k < n * n; ++k) gram[k] += partial[slot * n * n + k];
  }
}

template <class T, class Step>
void gram_of_rows(index_t m, index_t n, index_t block, double* gram, Step&& step) {
  gram_of_rows<T>(m, n, block, block, gram, step);
}

}  // namespace mmlcore
