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

// How many ranges gram_of_rows shares m rows out in: who keeps something for each slot asks here.
inline index_t gram_slots(index_t m, index_t block) { return std::clamp<index_t>(m / block, 1, kSlots); }

// product_small with its knowledge of triangles where it is the faster way, else the large product.
template <class T>
void product_part(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> c, ProductPart part) {
  if (c.cols <= kSmallProduct) {
    product_small<T>(a, b, c, part);
  } else {
    product_serial<T>(a, b, c);
  }
}

// step(slot, first_row, rows) returns a view of these rows, row by row contiguous. `gram` receives the upper triangle.
template <class T, class Step>
void gram_of_rows(index_t m, index_t n, index_t block, double* gram, Step&& step) {
  const index_t slots = gram_slots(m, block);
  Buffer<double> partial(slots * n * n);
  std::fill(partial.begin(), partial.end(), 0.0);
  parallel_tasks(slots, [&](index_t slot) {
    Buffer<T> product(n * n);
    double* sum = partial.data() + slot * n * n;
    const index_t end = m * (slot + 1) / slots;
    for (index_t i = m * slot / slots; i < end; i += block) {
      const MatrixView<const T> rows = step(slot, i, std::min(block, end - i));
      product_part<T>(rows.transposed(), rows, c_order(product.data(), n, n), ProductPart::upper_result);
      for (index_t r = 0; r < n; ++r) {
        for (index_t c = r; c < n; ++c) sum[r * n + c] += product[r * n + c];
      }
    }
  });
  std::fill(gram, gram + n * n, 0.0);
  for (index_t slot = 0; slot < slots; ++slot) {
    for (index_t k = 0; k < n * n; ++k) gram[k] += partial[slot * n * n + k];
  }
}

}  // namespace mmlcore
