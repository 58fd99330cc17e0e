#include "mmlcore/matrices/complex_vector.hpp"

#include <algorithm>
#include <utility>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/lane_arithmetic.hpp"
#include "mmlcore/core/lane_sums.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/core/part_of_vector.hpp"
#include "mmlcore/matrices/product_small.hpp"

namespace mmlcore {
namespace {

constexpr index_t kWork = index_t{1} << 15;  // multiplications that are worth a task

// v with the sign of every second number changed.
template <class R, int... L>
[[gnu::always_inline]] inline typename Simd<R>::Vec conjugated(typename Simd<R>::Vec v, std::integer_sequence<int, L...>) {
  return v * typename Simd<R>::Vec{(L % 2 ? R{-1} : R{1})...};
}

// Rows whose pairs of sums fill a vector.
template <class R>
constexpr index_t kGroup = std::max<index_t>(1, Simd<R>::width / 2);

// y = A v for G groups of rows of n real numbers, `stride` apart, of which the last may stand in for those that are missing.
template <class R, int G>
void sum_rows(const R* a, index_t stride, index_t rows, index_t n, const R* v, R* y) {
  using S = Simd<R>;
  using Vec = typename S::Vec;
  constexpr index_t W = S::width;
  constexpr int N = G * static_cast<int>(kGroup<R>);
  constexpr std::make_integer_sequence<int, S::width> lanes;
  const R* row[N];
#pragma GCC unroll 16
  for (int r = 0; r < N; ++r) row[r] = a + std::min<index_t>(r, rows - 1) * stride;
  Vec sums[2 * N] = {};
  const auto add = [&](index_t j, auto&& load) __attribute__((always_inline)) {
    const Vec by = load(v + j), across = detail::exchanged<S, 1>(by, lanes);
#pragma GCC unroll 16
    for (int r = 0; r < N; ++r) {
      const Vec numbers = load(row[r] + j);
      sums[2 * r] += numbers * by;
      sums[2 * r + 1] += numbers * across;
    }
  };
  index_t j = 0;
  for (; j + W <= n; j += W) add(j, S::load);
  if (j < n) {
    const PartOfVector<R> part(n - j);
    add(
        j, [&](const R* at) __attribute__((always_inline)) { return part.load(at); });
  }
#pragma GCC unroll 16
  for (int r = 0; r < N; ++r) sums[2 * r] = conjugated<R>(sums[2 * r], lanes);
  const auto store = [&](R * to) __attribute__((always_inline)) {
#pragma GCC unroll 4
    for (int g = 0; g < G; ++g) S::store(to + g * W, sums_of_lanes<R>(sums + g * W));
  };
  if (rows == N) return store(y);
  R found[2 * N];
  store(found);
  std::copy_n(found, 2 * rows, y);
}

template <class R>
void by_rows(const R* a, index_t stride, index_t m, index_t n, const R* v, R* y) {
  constexpr int groups = kGroup<R> >= 4 ? 1 : 4 / static_cast<int>(kGroup<R>);
  constexpr index_t rows = groups * kGroup<R>;
  parallel_ranges((m + rows - 1) / rows, kWork / (2 * rows * n + 1) + 1, [&](index_t first, index_t last) {
    const index_t end = std::min(last * rows, m);
    index_t i = first * rows;
    for (; i + rows <= end; i += rows) sum_rows<R, groups>(a + i * stride, stride, rows, n, v, y + 2 * i);
    for (; i < end; i += kGroup<R>) sum_rows<R, 1>(a + i * stride, stride, std::min(kGroup<R>, end - i), n, v, y + 2 * i);
  });
}

// y = s + i t.
template <class R>
void combine(const R* s, const R* t, index_t n, R* y) {
  for (index_t i = 0; i < n; i += 2) {
    y[i] = s[i] - t[i + 1];
    y[i + 1] = s[i + 1] + t[i];
  }
}

// Columns of n real numbers, up to V vectors: s and t in registers over the columns first to last - 1 of `count`.
template <class R, int V>
void short_columns(const R* a, index_t stride, index_t n, const R* v, index_t first, index_t last, index_t count, R* sums) {
  using S = Simd<R>;
  constexpr index_t W = S::width;
  constexpr int U = V <= 2 ? 2 : 1;  // columns at a time, that sums wait less for one another
  typename S::Vec s[U][V] = {}, t[U][V] = {};
  const PartOfVector<R> part(n - (V - 1) * W);
  const auto add = [&](int u, index_t j, auto&& load_last) __attribute__((always_inline)) {
    const auto re = S::splat(v[2 * j]), im = S::splat(v[2 * j + 1]);
    const R* const column = a + j * stride;
#pragma GCC unroll 4
    for (int k = 0; k < V; ++k) {
      const auto numbers = k + 1 < V ? S::load(column + k * W) : load_last(column + k * W);
      s[u][k] += numbers * re;
      t[u][k] += numbers * im;
    }
  };
  // What lies behind a column is read with it, up to the end of the last.
  const index_t behind = V * W - n, whole = stride < n ? first : std::min(last, count - (behind + stride - 1) / stride);
  index_t j = first;
  for (; j + U <= whole; j += U) {
#pragma GCC unroll 2
    for (int u = 0; u < U; ++u) add(u, j + u, S::load);
  }
  for (; j < last; ++j)
    add(
        0, j, [&](const R* at) __attribute__((always_inline)) { return part.load(at); });
#pragma GCC unroll 4
  for (int k = 0; k < V; ++k) {
    for (int u = 1; u < U; ++u) s[0][k] += s[u][k], t[0][k] += t[u][k];
    S::store(sums + k * W, s[0][k]);
    S::store(sums + (V + k) * W, t[0][k]);
  }
}

template <class R, int V>
void by_short_columns(const R* a, index_t stride, index_t n, index_t count, const R* v, R* y) {
  constexpr index_t size = 2 * V * Simd<R>::width;
  const index_t each = kWork / n + 1, tasks = std::clamp<index_t>(count / each, 1, 64);
  Buffer<R> sums(tasks * size);
  parallel_tasks(tasks, [&](index_t task) {
    short_columns<R, V>(a, stride, n, v, count * task / tasks, count * (task + 1) / tasks, count, sums.data() + task * size);
  });
  for (index_t task = 1; task < tasks; ++task) {
    for (index_t i = 0; i < size; ++i) sums[i] += sums[task * size + i];
  }
  combine(sums.data(), sums.data() + size / 2, n, y);
}

// y of a block of rows stays in the first-level cache, and goes through the registers once for several columns.
template <class R>
void by_columns(const R* a, index_t stride, index_t n, index_t count, const R* v, R* y) {
  using S = Simd<R>;
  constexpr index_t W = S::width, block = 8192 / index_t{sizeof(R)};
  constexpr int C = 4;
  constexpr std::make_integer_sequence<int, S::width> lanes;
  parallel_tasks((n + block - 1) / block, [&](index_t task) {
    alignas(64) R sums[block];
    const index_t first = task * block, size = std::min(block, n - first);
    std::fill_n(sums, (size + W - 1) / W * W, R{0});
    const PartOfVector<R> part(size % W ? size % W : W);
    const auto add = [&](index_t j, auto columns) __attribute__((always_inline)) {
      constexpr int K = decltype(columns)::value;
      typename S::Vec re[K], im[K];
      for (int c = 0; c < K; ++c) {
        re[c] = S::splat(v[2 * (j + c)]);
        im[c] = -conjugated<R>(S::splat(v[2 * (j + c) + 1]), lanes);  // -, +, -, +: i (x + i y) = -y + i x
      }
      const R* const column = a + j * stride + first;
      const auto step = [&](index_t i, auto&& load) __attribute__((always_inline)) {
        auto sum = S::load(sums + i);
#pragma GCC unroll 4
        for (int c = 0; c < K; ++c) {
          const auto numbers = load(column + c * stride + i);
          sum += numbers * re[c];
          sum += detail::exchanged<S, 1>(numbers, lanes) * im[c];
        }
        S::store(sums + i, sum);
      };
      index_t i = 0;
      for (; i + W <= size; i += W) step(i, S::load);
      if (i < size)
        step(
            i, [&](const R* at) __attribute__((always_inline)) { return part.load(at); });
    };
    index_t j = 0;
    for (; j + C <= count; j += C) add(j, std::integral_constant<int, C>{});
    for (; j < count; ++j) add(j, std::integral_constant<int, 1>{});
    std::copy_n(sums, size, y + first);
  });
}

}  // namespace

template <Complex T>
void complex_matrix_vector(const MatrixView<const T>& a, const VectorView<const T>& v, const VectorView<T>& y) {
  using R = RealPart<T>;
  constexpr index_t W = Simd<R>::width;
  const index_t m = a.rows, k = a.cols;
  const bool in_place = y.stride == 1, straight = v.stride == 1;
  Buffer<T> numbers((straight ? 0 : k) + (in_place ? 0 : m));
  for (index_t j = 0; !straight && j < k; ++j) numbers[j] = v[j];
  T* const result = in_place ? y.data : numbers.data() + (straight ? 0 : k);
  const R *const from = reinterpret_cast<const R*>(a.data), *const by = reinterpret_cast<const R*>(
                                                                straight ? v.data : numbers.data());
  R* const to = reinterpret_cast<R*>(result);
  if (a.row_stride != 1 || a.col_stride == 1) {
    MMLCORE_ASSERT(lies_in_rows(a));
    by_rows<R>(from, 2 * a.row_stride, m, 2 * k, by, to);
  } else {
    const index_t n = 2 * m, stride = 2 * a.col_stride, vectors = (n + W - 1) / W;
    vectors == 1   ? by_short_columns<R, 1>(from, stride, n, k, by, to)
    : vectors == 2 ? by_short_columns<R, 2>(from, stride, n, k, by, to)
    : vectors == 3 ? by_short_columns<R, 3>(from, stride, n, k, by, to)
    : vectors == 4 ? by_short_columns<R, 4>(from, stride, n, k, by, to)
                   : by_columns<R>(from, stride, n, k, by, to);
  }
  for (index_t i = 0; !in_place && i < m; ++i) y[i] = result[i];
}

template void complex_matrix_vector<std::complex<float>>(const MatrixView<const std::complex<float>>&,
                                                         const VectorView<const std::complex<float>>&,
                                                         const VectorView<std::complex<float>>&);
template void complex_matrix_vector<std::complex<double>>(const MatrixView<const std::complex<double>>&,
                                                          const VectorView<const std::complex<double>>&,
                                                          const VectorView<std::complex<double>>&);

}  // namespace mmlcore
