#include "mmlcore/eigen/back_transformation.hpp"

#include <algorithm>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/eigen/rank_one_merge.hpp"
#include "mmlcore/eigen/row_product.hpp"

namespace mmlcore {
namespace {

constexpr index_t kMostReflections = 16;

// Reflections of a block: each one more is one more row of T, and one more multiply-add for each number of Z that is loaded.
index_t block_size(index_t n) { return n < 64 ? 4 : n < 150 ? 8 : kMostReflections; }

// -T of the `count` reflections from `first` on, in rows of `count`.
template <class T>
void block_factor(PaddedRows<const T> v, const T* tau, index_t first, index_t count, T* factor) {
  using S = Simd<T>;
  for (index_t i = 0; i < count; ++i) {
    const T* const own = v.row(first + i);
    T along[kMostReflections] = {};
    for (index_t l = 0; l < i; ++l) {
      const T* const other = v.row(first + l);
      typename S::Vec sum{};
      for (index_t c = 0; c < first + l; c += S::width) sum += S::load(own + c) * S::load(other + c);
      along[l] = lane_sum<T>(sum);
    }
    T* const row = factor + i * count;
    const T scale = tau[first + i];
    for (index_t l = 0; l < i; ++l) {
      T sum = 0;
      for (index_t q = l; q < i; ++q) sum += along[q] * factor[q * count + l];
      row[l] = -scale * sum;
    }
    row[i] = -scale;
    for (index_t l = i + 1; l < count; ++l) row[l] = 0;
  }
}

}  // namespace

template <class T>
void back_transform(index_t n, PaddedRows<const T> v, const T* tau, PaddedRows<T> z, index_t columns) {
  constexpr index_t strip = 3 * Simd<T>::width;
  const index_t block = block_size(n);
  Buffer<T> factors(n * block);
  for (index_t first = 1; first < n; first += block) {
    block_factor(v, tau, first, std::min(block, n - first), factors.data() + (first - 1) * block);
  }
  const int threads = n >= kThreadedOrder ? num_threads() : 1;
  each_task((columns + strip - 1) / strip, threads, [&](index_t task) {
    Buffer<T> memory(2 * block * strip);
    const PaddedRows<T> along{memory.data(), strip}, turned{memory.data() + block * strip, strip};
    const index_t left = task * strip, width = std::min(strip, columns - left);
    const PaddedRows<T> part{z.data + left, z.stride};
    for (index_t first = 1; first < n; first += block) {
      const index_t count = std::min(block, n - first), rows = first + count - 1;
      const T* const reflections = v.row(first);
      row_product<T, Into::set>({reflections, count, rows, v.stride, 1}, part, along, width);
      row_product<T, Into::set>(c_order<const T>(factors.data() + (first - 1) * block, count, count), along, turned, width);
      row_product<T, Into::add>({reflections, rows, count, 1, v.stride}, turned, part, width);
    }
  });
}

template void back_transform<float>(index_t, PaddedRows<const float>, const float*, PaddedRows<float>, index_t);
template void back_transform<double>(index_t, PaddedRows<const double>, const double*, PaddedRows<double>, index_t);

}  // namespace mmlcore
