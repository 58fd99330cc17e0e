#include "mmlcore/elimination/solve_padded.hpp"

#include <algorithm>
#include <cmath>

#include "mmlcore/core/copy.hpp"
#include "mmlcore/core/simd.hpp"
#include "mmlcore/elimination/equilibrate.hpp"

namespace mmlcore {
namespace {

// to += factor from, in whole vectors.
template <class T>
[[gnu::always_inline]] inline void add(T factor, const T* from, T* to, index_t size) {
  using S = Simd<T>;
  for (index_t j = 0; j < size; j += S::width) S::store(to + j, S::load(to + j) + factor * S::load(from + j));
}

// False where a column has no pivot.
template <class T>
bool eliminate(T* m, index_t n, index_t stride) {
  constexpr index_t W = Simd<T>::width;
  for (index_t k = 0; k < n; ++k) {
    T* const column = m + k;
    index_t p = k;
    T most = std::abs(column[k * stride]);
    for (index_t i = k + 1; i < n; ++i) {
      const T size = std::abs(column[i * stride]);
      if (size > most) most = size, p = i;
    }
    if (!(most > 0)) return false;
    T* const top = m + k * stride;
    if (p != k) std::swap_ranges(top + k / W * W, top + stride, m + p * stride + k / W * W);
    const T pivot = column[k * stride];
    const index_t first = (k + 1) / W * W;
    for (index_t i = k + 1; i < n; ++i) {
      const T factor = column[i * stride] / pivot;
      if (factor != 0) add(-factor, top + first, m + i * stride + first, stride - first);
    }
  }
  return true;
}

}  // namespace

template <Real T>
bool solve_padded(MatrixView<const T> a, MatrixView<const T> b, T* x) {
  using S = Simd<T>;
  constexpr index_t W = S::width;
  const index_t n = a.rows, k = b.cols, left = (n + W - 1) / W * W, right = (k + W - 1) / W * W, stride = left + right;
  alignas(64) T m[kPaddedOrder * (kPaddedOrder + kPaddedSides)];
  for (index_t i = 0; i < n; ++i) {
    std::fill(m + i * stride + n, m + i * stride + left, T{0});
    std::fill(m + i * stride + left + k, m + (i + 1) * stride, T{0});
  }
  const MatrixView<T> square{m, n, n, stride, 1}, sides{m + left, n, k, stride, 1};
  const bool finite = copy_finite<T>(a, square);
  if (!copy_finite<T>(b, sides) || !finite || !eliminate(m, n, stride) || !comfortable_pivots<T>(square)) return false;
  T check = 0;
  for (index_t i = n; i-- > 0;) {
    T* const row = m + i * stride + left;
    for (index_t j = i + 1; j < n; ++j) add(-square(i, j), m + j * stride + left, row, right);
    typename S::Vec sums{};
    for (index_t c = 0; c < right; c += W) {
      const typename S::Vec found = S::load(row + c) / square(i, i);
      S::store(row + c, found);
      sums += found * 0;
    }
    check += S::sum(sums);
    std::copy_n(row, k, x + i * k);
  }
  return check == 0;
}

template bool solve_padded<float>(MatrixView<const float>, MatrixView<const float>, float*);
template bool solve_padded<double>(MatrixView<const double>, MatrixView<const double>, double*);

}  // namespace mmlcore
