// The elimination of solve_batch.hpp for one element type; solve_lanes_f32.cpp and _f64.cpp instantiate it.
#pragma once

#include <array>
#include <string>
#include <utility>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/errors.hpp"
#include "mmlcore/core/first_failure.hpp"
#include "mmlcore/core/lanes.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/elimination/solve_batch.hpp"

namespace mmlcore {
namespace lanes {

enum class Failure { matrix_not_finite, right_side_not_finite, singular, overflow };

// Solves W systems at once in place of b (N x cols vectors). Returns the lanes that met an exactly zero pivot.
//
// Step k, column by column: the row of the largest entry is known lane by lane (`row`), so while a column is in registers
// the pivot row is collected by selects, row k is put where it came from, and the elimination is done. The exchange of rows
// thus costs two selects an element and no pass of its own.
template <class T, int N>
typename Simd<T>::Mask eliminate(typename Simd<T>::Vec* a, typename Simd<T>::Vec* b, index_t cols) {
  using S = Simd<T>;
  using Vec = typename S::Vec;
  using Mask = typename S::Mask;
  Mask singular{};
  for (int k = 0; k < N; ++k) {
    Vec best = S::abs(a[k * N + k]);
    Mask row = k - Mask{};
    for (int i = k + 1; i < N; ++i) {
      const Vec size = S::abs(a[i * N + k]);
      const Mask larger = size > best;
      best = larger ? size : best;
      row = larger ? i - Mask{} : row;
    }
    Vec factor[N];
    // Exchanges within one column x[i * stride], i >= k, and returns the pivot row's entry.
    auto exchange = [&](Vec* x, index_t stride, auto&& update) {
      const Vec top = x[k * stride];
      Vec pivot = top;
#pragma GCC unroll 16
      for (int i = k + 1; i < N; ++i) pivot = row == i ? x[i * stride] : pivot;
      x[k * stride] = pivot;
#pragma GCC unroll 16
      for (int i = k + 1; i < N; ++i) update(i, x[i * stride], row == i ? top : x[i * stride], pivot);
    };
    Vec inverse{};
    exchange(a + k, N, [&](int i, Vec&, Vec x, Vec pivot) {
      if (i == k + 1) inverse = 1 / pivot;
      factor[i] = x * inverse;
    });
    singular |= a[k * N + k] == 0;
    const auto eliminate_row = [&](int i, Vec& at, Vec x, Vec pivot) { at = x - factor[i] * pivot; };
    for (int j = k + 1; j < N; ++j) exchange(a + j, N, eliminate_row);
    for (index_t c = 0; c < cols; ++c) exchange(b + c, cols, eliminate_row);
  }
  for (int i = N - 1; i >= 0; --i) {
    for (index_t c = 0; c < cols; ++c) {
      Vec x = b[i * cols + c];
      for (int j = i + 1; j < N; ++j) x -= a[i * N + j] * b[j * cols + c];
      b[i * cols + c] = x / a[i * N + i];
    }
  }
  return singular;
}

template <class T>
void report(const typename Simd<T>::Mask& bad, index_t first, int used, Failure kind, FirstFailure<Failure>& failures) {
  for (int lane = 0; lane < used; ++lane) {
    if (bad[lane]) return failures.record(first + lane, kind);
  }
}

// NaN in a lane of the sum of x * 0 tells that one of its x is not finite.
template <class T>
typename Simd<T>::Mask not_finite(const typename Simd<T>::Vec* x, index_t size) {
  typename Simd<T>::Vec sum{};
  for (index_t i = 0; i < size; ++i) sum += x[i] * 0;
  return sum != 0;
}

template <class T, int N>
void solve_group(const MatrixBatch<const T>& a, const MatrixBatch<const T>& b, const MatrixBatch<T>& x, index_t first,
                 typename Simd<T>::Vec* work, FirstFailure<Failure>& failures) {
  using S = Simd<T>;
  const index_t cols = b.item.cols;
  typename S::Vec matrix[N * N];
  const LaneGroup<const T> from(a, first);
  load_lanes<T>(from, matrix);
  from.prefetch_next();
  load_lanes<T>(LaneGroup<const T>(b, first), work);
  const auto bad_matrix = not_finite<T>(matrix, N * N), bad_side = not_finite<T>(work, N * cols);
  const auto singular = eliminate<T, N>(matrix, work, cols);
  const auto overflow = not_finite<T>(work, N * cols);
  if (S::any(bad_matrix | bad_side | singular | overflow)) [[unlikely]] {
    // The lowest item counts, and for one item the first cause.
    report<T>(bad_matrix, first, from.used, Failure::matrix_not_finite, failures);
    report<T>(bad_side, first, from.used, Failure::right_side_not_finite, failures);
    report<T>(singular, first, from.used, Failure::singular, failures);
    report<T>(overflow, first, from.used, Failure::overflow, failures);
  }
  store_lanes<T>(LaneGroup<T>(x, first), work);
}

[[noreturn]] inline void raise(const FirstFailure<Failure>& failures, index_t count) {
  const std::string item = count == 1 ? "" : " (matrix " + std::to_string(failures.item()) + " of the batch)";
  switch (failures.kind()) {
    case Failure::matrix_not_finite:
      throw DomainError("A: contains NaN or infinity" + item + ".");
    case Failure::right_side_not_finite:
      throw DomainError("b: contains NaN or infinity" + item + ".");
    case Failure::singular:
      throw SingularMatrix("A: singular matrix" + item + ": elimination finds no pivot.");
    default:
      throw SingularMatrix("A: singular to working precision" + item + ": the solution overflows.");
  }
}

template <class T, int N>
void solve_stack(const MatrixBatch<const T>& a, const MatrixBatch<const T>& b, const MatrixBatch<T>& x) {
  constexpr index_t W = Simd<T>::width;
  const index_t groups = (x.count() + W - 1) / W;
  FirstFailure<Failure> failures;
  parallel_ranges(groups, std::max<index_t>(1, 4000 / (N * N * (N + b.item.cols))), [&](index_t begin, index_t end) {
    Buffer<typename Simd<T>::Vec> work(N * b.item.cols);
    for (index_t g = begin; g < end; ++g) solve_group<T, N>(a, b, x, g * W, work.data(), failures);
  });
  if (failures.any()) raise(failures, x.count());
}

template <class T, int... N>
void dispatch(std::integer_sequence<int, N...>, const MatrixBatch<const T>& a, const MatrixBatch<const T>& b,
              const MatrixBatch<T>& x) {
  using Fn = void (*)(const MatrixBatch<const T>&, const MatrixBatch<const T>&, const MatrixBatch<T>&);
  static constexpr std::array<Fn, sizeof...(N)> table{&solve_stack<T, N + 1>...};
  table[a.item.rows - 1](a, b, x);
}

}  // namespace lanes

template <class T>
void solve_lanes(const MatrixBatch<const T>& a, const MatrixBatch<const T>& b, const MatrixBatch<T>& x) {
  lanes::dispatch<T>(std::make_integer_sequence<int, kLaneOrder>{}, a, b, x);
}

}  // namespace mmlcore
