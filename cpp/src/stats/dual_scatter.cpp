#include "mmlcore/stats/dual_scatter.hpp"

#include "centre_rows.hpp"
#include "mmlcore/matrices/gram.hpp"
#include "packed_scatter.hpp"

namespace mmlcore {

template <class T>
void dual_scatter(MatrixView<const T> x, double* mean, double* low, double* inner) {
  const index_t n = x.rows, d = x.cols;
  const MatrixView<const T> features = x.transposed();
  const auto centred = [&](index_t first, index_t rows, Buffer<T>& scratch) -> MatrixView<const T> {
    if (scratch.size() < rows * n) scratch = Buffer<T>(rows * n);
    const MatrixView<T> out = c_order(scratch.data(), rows, n);
    centre_rows<T>(features.block(first, 0, rows, n), out, mean + first, low + first);
    return out;
  };
  if (n <= kSmallProduct) {
    gram_of_rows<T>(d, n, kFlush, inner, [&](index_t, index_t first, index_t rows) {
      thread_local Buffer<T> scratch;
      return centred(first, rows, scratch);
    });
  } else {
    Buffer<T> no_shift(n);
    Buffer<double> sums(n);  // of each point over the features: of no use here
    std::fill(no_shift.begin(), no_shift.end(), T{0});
    packed_scatter<T>(d, n, centred, no_shift.data(), nullptr, inner, sums.data());
  }
  for (index_t i = 0; i < n; ++i) {
    for (index_t j = i + 1; j < n; ++j) inner[j * n + i] = inner[i * n + j];
  }
}

template void dual_scatter<float>(MatrixView<const float>, double*, double*, double*);
template void dual_scatter<double>(MatrixView<const double>, double*, double*, double*);

}  // namespace mmlcore
