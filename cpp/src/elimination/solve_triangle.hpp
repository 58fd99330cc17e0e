// The steps of triangular.hpp. Private to triangular_f32.cpp and triangular_f64.cpp: Eigen's solution of many sides takes
// long to compile, so each type has a file.
#pragma once

#include <algorithm>

#include "mmlcore/core/dot.hpp"
#include "mmlcore/core/maps.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/elimination/triangular.hpp"

namespace mmlcore {
namespace {

constexpr index_t kSides = 128;  // columns of a task: the same for every number of threads, and so the bits

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

// Many right sides: Eigen's solution in place, the columns shared out between the threads.
template <class T, bool Upper>
void solve_many(MatrixView<const T> t, MatrixView<T> b, bool parallel) {
  const auto columns = [&](index_t task) {
    const index_t first = task * kSides;
    auto x = rows_map(b.block(0, first, b.rows, std::min(kSides, b.cols - first)));
    rows_map(t).template triangularView<Upper ? Eigen::Upper : Eigen::UnitLower>().solveInPlace(x);
  };
  const bool large = static_cast<double>(b.rows) * b.rows * b.cols > 1e6;
  parallel_tasks((b.cols + kSides - 1) / kSides, parallel && large ? num_threads() : 1, columns);
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

}  // namespace mmlcore
