#include "mmlcore/vectors/metric_distances.hpp"

#include <atomic>
#include <cmath>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/careful_length.hpp"
#include "mmlcore/core/copy.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/core/simd.hpp"

namespace mmlcore {
namespace {

// Squares of the lengths of L'(x - y) for one x and the points in `columns`, `stride` of them apart.
template <class T>
void squares_to(const VectorView<const T>& x, const T* columns, index_t stride, const T* upper, T* squares) {
  using V = Simd<T>;
  using Vec = typename V::Vec;
  const index_t d = x.size;
  Vec gap[kMetricSize];
  for (index_t j = 0; j < stride; j += V::width) {
    for (index_t c = 0; c < d; ++c) gap[c] = V::load(columns + c * stride + j) - x[c];
    Vec total{};
    index_t k = 0;
    for (; k + 4 <= d; k += 4) {  // four rows of L' at a time: each gap is loaded once for them
      Vec image[4] = {};
      for (index_t c = k; c < d; ++c) {
        for (index_t r = 0; r < 4; ++r) image[r] += gap[c] * upper[(k + r) * d + c];
      }
      for (index_t r = 0; r < 4; ++r) total += image[r] * image[r];
    }
    for (; k < d; ++k) {
      Vec image{};
      for (index_t c = k; c < d; ++c) image += gap[c] * upper[k * d + c];
      total += image * image;
    }
    V::store(squares + j, total);
  }
}

template <class T>
bool same(const VectorView<const T>& x, const VectorView<const T>& y) {
  for (index_t c = 0; c < x.size; ++c) {
    if (x[c] != y[c]) return false;
  }
  return true;
}

}  // namespace

template <class T>
bool metric_distances(const MatrixView<const T>& x, const MatrixView<const T>& y, const T* lower, bool squared,
                      const MatrixView<T>& out) {
  if (x.rows > y.rows) return metric_distances<T>(y, x, lower, squared, out.transposed());
  constexpr index_t W = Simd<T>::width;
  const index_t n = x.rows, m = y.rows, d = x.cols, stride = (m + W - 1) / W * W;
  Buffer<T> numbers(stride * d + d * d);
  T *const columns = numbers.data(), *const upper = columns + stride * d;
  copy<T>(y, MatrixView<T>{columns, m, d, 1, stride});
  for (index_t c = 0; c < d; ++c) {
    for (index_t j = m; j < stride; ++j) columns[c * stride + j] = columns[c * stride + m - 1];
    for (index_t k = 0; k < d; ++k) upper[k * d + c] = lower[c * d + k];
  }
  std::atomic<bool> fine{true};
  parallel_ranges(n, (index_t{1} << 17) / (m * d * d + 1) + 1, [&](index_t first, index_t last) {
    Buffer<T> squares(stride);
    bool good = true;
    for (index_t i = first; i < last; ++i) {
      squares_to<T>(x.row(i), columns, stride, upper, squares.data());
      for (index_t j = 0; j < m; ++j) {
        const T square = squares[j];
        good &= comfortable(square) || (square == 0 && same<T>(x.row(i), y.row(j)));
        out(i, j) = squared ? square : std::sqrt(square);
      }
    }
    if (!good) fine.store(false, std::memory_order_relaxed);
  });
  return fine;
}

template bool metric_distances<float>(const MatrixView<const float>&, const MatrixView<const float>&, const float*, bool,
                                      const MatrixView<float>&);
template bool metric_distances<double>(const MatrixView<const double>&, const MatrixView<const double>&, const double*, bool,
                                       const MatrixView<double>&);

}  // namespace mmlcore
