// A matrix with contiguous rows: itself where it has them, its copy where not.
#pragma once

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/copy.hpp"
#include "mmlcore/core/views.hpp"

namespace mmlcore {

// `kept` holds the copy, and has to live as long as the view.
template <class T>
MatrixView<const T> in_rows(MatrixView<const T> x, Buffer<T>& kept) {
  if (x.col_stride == 1) return x;
  kept = Buffer<T>(x.rows * x.cols);
  const MatrixView<T> copied = c_order(kept.data(), x.rows, x.cols);
  copy<T>(x, copied);
  return copied;
}

}  // namespace mmlcore
