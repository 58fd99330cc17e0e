// QR of W small matrices at once (qr.hpp). Private to qr.cpp.
#pragma once

#include <cmath>
#include <limits>

#include "mmlcore/core/lane_algebra.hpp"
#include "mmlcore/core/lanes.hpp"
#include "mmlcore/orthogonal/qr.hpp"
#include "mmlcore/orthogonal/reflector.hpp"

namespace mmlcore {

// One group of lanes, m x n with n <= m <= kQrLanes. a: the matrices, overwritten by the vectors v below and on the
// diagonal, and by R above it; q: m x n. Returns the lanes that are not done.
template <class T>
typename Simd<T>::Mask qr_group(index_t m, index_t n, typename Simd<T>::Vec* a, typename Simd<T>::Vec* q,
                                typename Simd<T>::Vec* r) {
  using S = Simd<T>;
  using Vec = typename S::Vec;
  using Mask = typename S::Mask;
  const T least = std::sqrt(std::numeric_limits<T>::min()) / std::numeric_limits<T>::epsilon();
  const T most = std::sqrt(std::numeric_limits<T>::max()) / 1024;
  Mask odd{};
  Vec scale[kQrLanes], diagonal[kQrLanes];  // 2 / v'v, and r_kk with its sign
  for (index_t k = 0; k < n; ++k) {
    Vec squares{};
    for (index_t i = k; i < m; ++i) squares += a[i * n + k] * a[i * n + k];
    const Vec x = a[k * n + k];
    if (k + 1 == m) {  // a single number is a triangle as it is
      odd |= ~((S::abs(x) > least) & (S::abs(x) < most));
      scale[k] = Vec{};
      diagonal[k] = x;
      continue;
    }
    odd |= ~((squares > least * least) & (squares < most * most));  // NaN as well
    const Reflection<Vec> h = reflection<Vec>(x, square_root(squares));
    a[k * n + k] = h.head;
    scale[k] = h.scale;
    diagonal[k] = h.beta;
    const VectorView<const Vec> v{a + k * n + k, m - k, n};
    for (index_t j = k + 1; j < n; ++j) {
      const VectorView<Vec> x{a + k * n + j, m - k, n};
      axpy<Vec>(-h.scale * inner<Vec>(v, x), v, x);
    }
  }
  for (index_t i = 0; i < m * n; ++i) q[i] = Vec{};
  for (index_t k = n; k-- > 0;) {
    // Column k of Q is H_k e_k; the columns after it are multiplied by H_k.
    const Vec head = scale[k] * a[k * n + k];
    q[k * n + k] = 1 - head * a[k * n + k];
    for (index_t i = k + 1; i < m; ++i) q[i * n + k] = -head * a[i * n + k];
    const VectorView<const Vec> v{a + k * n + k, m - k, n}, tail{a + (k + 1) * n + k, m - k - 1, n};
    for (index_t j = k + 1; j < n; ++j) {  // zero in row k so far
      const Vec along = inner<Vec>(tail, VectorView<Vec>{q + (k + 1) * n + j, m - k - 1, n});
      axpy<Vec>(-scale[k] * along, v, VectorView<Vec>{q + k * n + j, m - k, n});
    }
  }
  // The diagonal of R positive: rows of R and columns of Q change sign together.
  for (index_t k = 0; k < n; ++k) {
    const Vec sign = diagonal[k] < 0 ? S::splat(-1) : S::splat(1);
    for (index_t j = 0; j < n; ++j) r[k * n + j] = j < k ? Vec{} : sign * (j == k ? diagonal[k] : a[k * n + j]);
    for (index_t i = 0; i < m; ++i) q[i * n + k] *= sign;
  }
  return odd;
}

}  // namespace mmlcore
