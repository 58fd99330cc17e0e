#include "mmlcore/elimination/triangular.hpp"

#include <algorithm>

#include "mmlcore/core/dot.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/core/simd.hpp"
#include "mmlcore/matrices/product.hpp"

namespace mmlcore {
namespace {

constexpr index_t kBlock = 8;

template <class T>
void multiply_into(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> c, bool parallel) {
  if (parallel) {
    product<T>(a, b, c, T{-1}, T{1});
  } else {
    product_serial<T>(a, b, c, T{-1}, T{1});
  }
}

// x[rows] -= A x[cols], the rows shared out between the threads.
template <class T>
void subtract_product(MatrixView<const T> a, const T* x, T* y, bool parallel) {
  auto range = [&](index_t begin, index_t end) {
    for (index_t i = begin; i < end; ++i) y[i] -= dot(a.data + i * a.row_stride, x, a.cols);
  };
  const index_t grain = std::max<index_t>(1, 40000 / std::max<index_t>(a.cols, 1));
  if (parallel && a.rows > grain) {
    parallel_ranges(a.rows, grain, range);
  } else {
    range(0, a.rows);
  }
}

// One diagonal block of at most kBlock rows, forward (lower, unit diagonal) or backward (upper), on W columns in registers.
template <class T, bool Upper>
void solve_block(MatrixView<const T> t, MatrixView<T> b) {
  using S = Simd<T>;
  using Vec = typename S::Vec;
  const index_t n = t.rows;
  T coeff[kBlock][kBlock];
  for (index_t i = 0; i < n; ++i) {
    for (index_t j = 0; j < n; ++j) coeff[i][j] = (Upper ? j > i : j < i) ? t(i, j) : T{0};
  }
  auto sweep = [&](auto load, auto store) {
    Vec x[kBlock];
    for (index_t s = 0; s < n; ++s) {
      const index_t i = Upper ? n - 1 - s : s;
      Vec v = load(i);
      for (index_t r = 0; r < s; ++r) {
        const index_t j = Upper ? n - 1 - r : r;
        v -= S::splat(coeff[i][j]) * x[j];
      }
      // Division, not multiplication by the inverse: the last bit of a quotient is the right one.
      x[i] = Upper ? v / S::splat(t(i, i)) : v;
      store(i, x[i]);
    }
  };
  index_t j = 0;
  for (; j + S::width <= b.cols; j += S::width) {
    sweep([&](index_t i) { return S::load(&b(i, j)); }, [&](index_t i, Vec v) { S::store(&b(i, j), v); });
  }
  if (const index_t rest = b.cols - j; rest > 0) {
    sweep(
        [&](index_t i) {
          Vec v{};
          for (index_t k = 0; k < rest; ++k) v[k] = b(i, j + k);
          return v;
        },
        [&](index_t i, Vec v) {
          for (index_t k = 0; k < rest; ++k) b(i, j + k) = v[k];
        });
  }
}

template <class T, bool Upper>
void solve_many(MatrixView<const T> t, MatrixView<T> b, bool parallel) {
  const index_t n = t.rows;
  if (n <= kBlock) return solve_block<T, Upper>(t, b);
  const index_t half = (n / 2 + kBlock - 1) / kBlock * kBlock;
  const auto b1 = b.block(0, 0, half, b.cols), b2 = b.block(half, 0, n - half, b.cols);
  const auto t1 = t.block(0, 0, half, half), t2 = t.block(half, half, n - half, n - half);
  if constexpr (Upper) {
    solve_many<T, Upper>(t2, b2, parallel);
    multiply_into<T>(t.block(0, half, half, n - half), b2, b1, parallel);
    solve_many<T, Upper>(t1, b1, parallel);
  } else {
    solve_many<T, Upper>(t1, b1, parallel);
    multiply_into<T>(t.block(half, 0, n - half, half), b1, b2, parallel);
    solve_many<T, Upper>(t2, b2, parallel);
  }
}

// One contiguous right side: blocks of 64 rows, the block by dot products, then one product with all rows behind it.
template <class T, bool Upper>
void solve_vector(MatrixView<const T> t, T* x, bool parallel) {
  constexpr index_t block = 64;
  const index_t n = t.rows;
  for (index_t done = 0; done < n; done += block) {
    const index_t size = std::min(block, n - done);
    const index_t first = Upper ? n - done - size : done;
    for (index_t s = 0; s < size; ++s) {
      const index_t i = Upper ? first + size - 1 - s : first + s;
      if constexpr (Upper) {
        x[i] = (x[i] - dot(&t(i, i) + 1, x + i + 1, s)) / t(i, i);
      } else {
        x[i] -= dot(&t(i, first), x + first, s);
      }
    }
    if constexpr (Upper) {
      subtract_product<T>(t.block(0, first, first, size), x + first, x, parallel);
    } else {
      subtract_product<T>(t.block(first + size, first, n - first - size, size), x + first, x + first + size, parallel);
    }
  }
}

template <class T, bool Upper>
void solve_triangle(MatrixView<const T> t, MatrixView<T> b, bool parallel) {
  if (b.empty()) return;
  if (b.cols == 1 && b.row_stride == 1) return solve_vector<T, Upper>(t, b.data, parallel);
  solve_many<T, Upper>(t, b, parallel);
}

}  // namespace

template <class T>
void solve_unit_lower(MatrixView<const T> l, MatrixView<T> b, bool parallel) {
  solve_triangle<T, false>(l, b, parallel);
}

template <class T>
void solve_upper(MatrixView<const T> u, MatrixView<T> b, bool parallel) {
  solve_triangle<T, true>(u, b, parallel);
}

template void solve_unit_lower<float>(MatrixView<const float>, MatrixView<float>, bool);
template void solve_unit_lower<double>(MatrixView<const double>, MatrixView<double>, bool);
template void solve_upper<float>(MatrixView<const float>, MatrixView<float>, bool);
template void solve_upper<double>(MatrixView<const double>, MatrixView<double>, bool);

}  // namespace mmlcore
