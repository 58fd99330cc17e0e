#include "mmlcore/eigen/symmetric_pairs.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/signs.hpp"
#include "mmlcore/eigen/tridiagonal.hpp"

namespace mmlcore {

template <class T>
bool symmetric_pairs(const MatrixView<const T>& a, T* values, const MatrixView<T>& vectors) {
  const index_t n = a.rows, stride = padded_stride<double>(n);
  Buffer<double> memory(n * stride);
  std::fill(memory.begin(), memory.end(), 0.0);
  double check = 0;
  for (index_t i = 0; i < n; ++i) {
    for (index_t j = 0; j <= i; ++j) check += (memory[i * stride + j] = a(i, j)) * 0;
  }
  if (check != 0) return false;
  const MatrixView<double> z{memory.data(), n, n, stride, 1};
  Tridiagonal t = tridiagonalize(z);
  std::fill(memory.begin(), memory.end(), 0.0);
  for (index_t i = 0; i < n; ++i) z(i, i) = 1;
  if (!ql_iteration(t, z)) return false;
  back_transform(t, z);
  std::vector<index_t> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), index_t{0});
  std::sort(order.begin(), order.end(), [&](index_t i, index_t j) { return t.diagonal[i] < t.diagonal[j]; });
  for (index_t j = 0; j < n; ++j) {
    const index_t from = order[static_cast<std::size_t>(j)];
    values[j] = static_cast<T>(t.diagonal[from] / t.scale);
    if (!std::isfinite(values[j])) return false;
    for (index_t i = 0; i < n; ++i) vectors(i, j) = static_cast<T>(z(from, i));
  }
  point_columns<T>(vectors);
  return true;
}

template bool symmetric_pairs<float>(const MatrixView<const float>&, float*, const MatrixView<float>&);
template bool symmetric_pairs<double>(const MatrixView<const double>&, double*, const MatrixView<double>&);

}  // namespace mmlcore
