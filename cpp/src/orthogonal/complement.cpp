#include "mmlcore/orthogonal/complement.hpp"

#include <cmath>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/careful_length.hpp"
#include "mmlcore/core/copy.hpp"
#include "mmlcore/core/dot.hpp"
#include "mmlcore/orthogonal/blocked_qr.hpp"

namespace mmlcore {

template <class T>
bool complement(MatrixView<const T> a, double rtol, MatrixView<T> to) {
  const index_t m = a.rows, n = a.cols, ld = padded_stride<T>(m);
  Buffer<T> storage(ld * n);
  const MatrixView<T> r = f_order(storage.data(), m, n, ld);
  if (!copy_finite<T>(a, r)) return false;
  for (index_t j = 0; j < n; ++j) {
    const T squares = dot<T>(&r(0, j), &r(0, j), m);
    if (!comfortable(squares)) return false;
  }
  blocked_complement<T>(r, to);
  for (index_t j = 0; j < n; ++j) {
    const T own = r(j, j), squares = dot<T>(&r(0, j), &r(0, j), j + 1);
    if (!(std::abs(own) > 2 * static_cast<T>(rtol) * std::sqrt(squares))) return false;
  }
  return true;
}

template bool complement<float>(MatrixView<const float>, double, MatrixView<float>);
template bool complement<double>(MatrixView<const double>, double, MatrixView<double>);

}  // namespace mmlcore
