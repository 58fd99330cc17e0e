// Stacks of products of order 2, 3 and 4: one product in each SIMD lane (core/lanes.hpp). Such a product is over before a
// loop over its rows has started; in lanes it is n^3 multiply-adds of whole vectors, and the stack runs at the speed of
// memory.
#include <algorithm>

#include "mmlcore/core/lanes.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/matrices/product_small.hpp"

namespace mmlcore {
namespace {

template <class T, int N>
void multiply_group(const MatrixBatch<const T>& a, const MatrixBatch<const T>& b, const MatrixBatch<T>& c, index_t first) {
  using Vec = typename Simd<T>::Vec;
  Vec x[N * N], y[N * N], z[N * N];
  const LaneGroup<const T> from_a(a, first), from_b(b, first);
  load_lanes<T>(from_a, x);
  load_lanes<T>(from_b, y);
  from_a.prefetch();
  from_b.prefetch();
  for (int i = 0; i < N; ++i) {
    for (int j = 0; j < N; ++j) {
      Vec sum = x[i * N] * y[j];
      for (int k = 1; k < N; ++k) sum += x[i * N + k] * y[k * N + j];
      z[i * N + j] = sum;
    }
  }
  store_lanes<T>(LaneGroup<T>(c, first), z);
}

template <class T, int N>
void multiply_stack(const MatrixBatch<const T>& a, const MatrixBatch<const T>& b, const MatrixBatch<T>& c) {
  constexpr index_t W = Simd<T>::width;
  parallel_ranges((c.count() + W - 1) / W, 256, [&](index_t begin, index_t end) {
    for (index_t g = begin; g < end; ++g) multiply_group<T, N>(a, b, c, g * W);
  });
}

}  // namespace

template <class T>
bool product_lanes(const MatrixBatch<const T>& a, const MatrixBatch<const T>& b, const MatrixBatch<T>& c) {
  const index_t n = c.item.rows;
  if (c.item.cols != n || a.item.cols != n || c.count() < Simd<T>::width) return false;
  switch (n) {
    case 2:
      multiply_stack<T, 2>(a, b, c);
      return true;
    case 3:
      multiply_stack<T, 3>(a, b, c);
      return true;
    case 4:
      multiply_stack<T, 4>(a, b, c);
      return true;
    default:
      return false;
  }
}

template bool product_lanes<float>(const MatrixBatch<const float>&, const MatrixBatch<const float>&,
                                   const MatrixBatch<float>&);
template bool product_lanes<double>(const MatrixBatch<const double>&, const MatrixBatch<const double>&,
                                    const MatrixBatch<double>&);

}  // namespace mmlcore
