#include "mmlcore/orthogonal/qr.hpp"

#include <algorithm>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/first_failure.hpp"
#include "mmlcore/core/maps.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/orthogonal/complex_qr.hpp"
#include "mmlcore/orthogonal/gram_schmidt.hpp"
#include "qr_lanes.hpp"

namespace mmlcore {
namespace {

// A small float32 matrix is factored in float64: at this size that takes no longer, and rounds once.
constexpr index_t kWide = 1024;

void one_in_double(MatrixView<const float> a, MatrixView<float> q, MatrixView<float> r) {
  const index_t m = a.rows, n = a.cols, p = q.cols;
  Buffer<double> storage(m * n + m * p + p * n);
  const MatrixView<double> wide = c_order(storage.data(), m, n), wide_q = c_order(wide.data + m * n, m, p),
                           wide_r = c_order(wide_q.data + m * p, p, n);
  map(wide) = map(a).cast<double>();
  householder_qr<double>(wide, wide_q, wide_r);
  map(q) = map(wide_q).cast<float>();
  map(r) = map(wide_r).cast<float>();
  for (index_t i = 0; i < p; ++i) {
    for (index_t j = i; j < n; ++j) entry_of_r(r(i, j));
  }
}

template <class T>
void one_real(MatrixView<const T> a, MatrixView<T> q, MatrixView<T> r) {
  if constexpr (sizeof(T) == 4) {
    if (a.rows * a.cols <= kWide) return one_in_double(a, q, r);
  }
  if (q.cols <= a.cols && a.rows >= 4 * a.cols && a.cols <= 512) {
    Buffer<T> norms(a.cols);
    if (cholesky_qr<T>(a, q, norms.data(), 0, &r)) return;
  }
  householder_qr<T>(a, q, r);
}

template <class T>
void one(MatrixView<const T> a, MatrixView<T> q, MatrixView<T> r) {
  if (a.empty()) return;
  if constexpr (Complex<T>) {
    if (!complex_qr<T>(a, q, r)) householder_qr<T>(a, q, r);
  } else {
    one_real<T>(a, q, r);
  }
}

template <class T>
void in_lanes(const MatrixBatch<const T>& a, const MatrixBatch<T>& q, const MatrixBatch<T>& r) {
  constexpr index_t W = Simd<T>::width;
  const index_t m = a.item.rows, n = a.item.cols;
  FirstFailure<bool> bad;
  parallel_ranges((a.count() + W - 1) / W, 4000 / (m * n * n) + 1, [&](index_t begin, index_t end) {
    Buffer<typename Simd<T>::Vec> matrix(m * n), left(m * n), right(n * n);
    for (index_t g = begin; g < end; ++g) {
      const LaneGroup<const T> from(a, g * W);
      load_lanes<T>(from, matrix.data());
      from.prefetch();
      const auto odd = qr_group<T>(m, n, matrix.data(), left.data(), right.data());
      store_lanes<T>(LaneGroup<T>(q, g * W), left.data());
      store_lanes<T>(LaneGroup<T>(r, g * W), right.data());
      if (!Simd<T>::any(odd)) continue;
      for (index_t l = 0; l < from.used; ++l) {
        if (!odd[l]) continue;
        try {
          one<T>(a[g * W + l], q[g * W + l], r[g * W + l]);
        } catch (const NotFinite&) {
          bad.record(g * W + l, true);
        }
      }
    }
  });
  if (bad.any()) throw NotFinite("A: contains NaN or infinity" + of_item(bad.item()) + ".");
}

}  // namespace

template <class T>
void qr(const MatrixBatch<const T>& a, const MatrixBatch<T>& q, const MatrixBatch<T>& r) {
  const index_t count = a.count();
  if constexpr (Real<T>) {
    if (count > 1 && q.item.cols == a.item.cols && a.item.cols >= 1 && a.item.cols <= a.item.rows && a.item.rows <= kQrLanes)
      return in_lanes<T>(a, q, r);
  }
  // A stack is shared out between the threads; a single matrix employs them all by itself.
  each_finite(count, [&](index_t i) { one<T>(a[i], q[i], r[i]); });
}

template void qr<std::complex<float>>(const MatrixBatch<const std::complex<float>>&, const MatrixBatch<std::complex<float>>&,
                                      const MatrixBatch<std::complex<float>>&);
template void qr<std::complex<double>>(const MatrixBatch<const std::complex<double>>&,
                                       const MatrixBatch<std::complex<double>>&, const MatrixBatch<std::complex<double>>&);
template void qr<float>(const MatrixBatch<const float>&, const MatrixBatch<float>&, const MatrixBatch<float>&);
template void qr<double>(const MatrixBatch<const double>&, const MatrixBatch<double>&, const MatrixBatch<double>&);

}  // namespace mmlcore
