#include "mmlcore/matrices/rotations.hpp"

#include <algorithm>
#include <atomic>

#include "mmlcore/core/elementary/single.hpp"
#include "mmlcore/core/elementary/trigonometric.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/core/simd.hpp"
#include "mmlcore/matrices/transforms.hpp"

namespace mmlcore {
namespace {

constexpr index_t kAtOnce = 64;  // angles

// Calls make(first, n, angles) for parts of the stack, `angles` being a copy followed by zeros; false if one of them is not
// finite or `make` says so.
template <class T, class Make>
bool each_part(const MatrixBatch<const T>& angles, index_t count, Make&& make) {
  std::atomic<bool> fine{true};
  parallel_ranges(count, 2048, [&](index_t first, index_t last) {
    alignas(64) T part[kAtOnce];
    for (index_t i = first; i < last; i += kAtOnce) {
      const index_t n = std::min(kAtOnce, last - i);
      T check = 0;
      for (index_t k = 0; k < n; ++k) check += (part[k] = angles.item.data[angles.batch.offset(i + k)]) * 0;
      std::fill(part + n, part + kAtOnce, T{0});
      if (check != 0 || !make(i, n, part)) fine = false;
    }
  });
  return fine;
}

}  // namespace

template <class T>
bool rotations(const MatrixBatch<const T>& angles, index_t count, T* to) {
  if (count == 1) return rotation(angles.item.data[0], to);
  using S = Simd<T>;
  return each_part<T>(angles, count, [to](index_t i, index_t n, const T* part) {
    alignas(64) T sine[kAtOnce], cosine[kAtOnce];
    for (index_t k = 0; k < n; k += S::width) {
      const auto both = elementary::sin_and_cos(S::load(part + k));
      S::store(sine + k, both.sin);
      S::store(cosine + k, both.cos);
    }
    for (index_t k = 0; k < n; ++k) {
      T* const at = to + 4 * (i + k);
      at[0] = at[3] = cosine[k];
      at[1] = -sine[k], at[2] = sine[k];
    }
    return true;
  });
}

template <class T>
bool rotations3d(const MatrixBatch<const T>& axes, const MatrixBatch<const T>& angles, index_t count, T* to) {
  using S = Simd<T>;
  const auto axis = [&](index_t i) {
    return VectorView<const T>{axes.item.data + axes.batch.offset(i), 3, axes.item.col_stride};
  };
  if (count == 1) return rotation3d(axis(0), angles.item.data[0], to);
  return each_part<T>(angles, count, [&](index_t i, index_t n, const T* part) {
    alignas(64) T sine[kAtOnce], half[kAtOnce];
    for (index_t k = 0; k < n; k += S::width) {
      S::store(sine + k, elementary::sin(S::load(part + k)));
      S::store(half + k, elementary::sin(S::load(part + k) / 2));
    }
    bool fine = true;
    for (index_t k = 0; k < n; ++k) fine &= turn_about(axis(i + k), sine[k], half[k], to + 9 * (i + k));
    return fine;
  });
}

template bool rotations<float>(const MatrixBatch<const float>&, index_t, float*);
template bool rotations<double>(const MatrixBatch<const double>&, index_t, double*);
template bool rotations3d<float>(const MatrixBatch<const float>&, const MatrixBatch<const float>&, index_t, float*);
template bool rotations3d<double>(const MatrixBatch<const double>&, const MatrixBatch<const double>&, index_t, double*);

}  // namespace mmlcore
