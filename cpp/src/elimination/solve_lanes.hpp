// The elimination of solve_batch.hpp for one element type; solve_lanes_f32.cpp and the others instantiate it.
#pragma once

#include <array>
#include <string>
#include <utility>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/errors.hpp"
#include "mmlcore/core/first_failure.hpp"
#include "mmlcore/core/lanes.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/elimination/equilibrate.hpp"
#include "mmlcore/elimination/lu.hpp"
#include "mmlcore/elimination/solve_batch.hpp"

namespace mmlcore {
namespace lanes {

template <Number T>
using LaneMask = typename Simd<RealPart<T>>::Mask;

// One step of the elimination, of W systems at once. The row of the largest entry is known lane by lane, so while a column
// is in registers the pivot row is collected by selects, row K is put where it came from, and the elimination is done: the
// exchange of rows costs two selects an element and no pass of its own. K is a constant, so every loop over rows unrolls.
// `swapped` tells the lanes with an odd number of exchanges.
template <Number T, int N, int K>
inline void eliminate_column(LaneNumber<T>* a, LaneNumber<T>* b, index_t cols, LaneNumber<T>* inverse,
                             LaneMask<T>& swapped) {
  using Vec = LaneNumber<T>;
  using Mask = LaneMask<T>;
  auto best = lane_size<T>(a[K * N + K]);
  Mask row = K - Mask{};
#pragma GCC unroll 16
  for (int i = K + 1; i < N; ++i) {
    const auto size = lane_size<T>(a[i * N + K]);
    const Mask larger = size > best;
    best = larger ? size : best;
    row = larger ? i - Mask{} : row;
  }
  swapped ^= row != K;
  // Exchanges rows within one column x[i * stride], i >= K, and returns the pivot row's entry.
  const auto exchange = [&](Vec* x, index_t stride, auto&& update) {
    const Vec top = x[K * stride];
    Vec pivot = top;
#pragma GCC unroll 16
    for (int i = K + 1; i < N; ++i) pivot = lane_choose<T>(row == i, x[i * stride], pivot);
    x[K * stride] = pivot;
#pragma GCC unroll 16
    for (int i = K + 1; i < N; ++i) update(i, x[i * stride], lane_choose<T>(row == i, top, x[i * stride]), pivot);
  };
  Vec factor[N];
  exchange(a + K, N, [&](int i, Vec&, Vec x, Vec) { factor[i] = x; });
  const Vec pivot = a[K * N + K];
  inverse[K] = lane_inverse<T>(pivot);
#pragma GCC unroll 16
  for (int i = K + 1; i < N; ++i) factor[i] *= inverse[K];
  const auto eliminate_row = [&](int i, Vec& at, Vec x, Vec from) { at = x - factor[i] * from; };
  for (int j = K + 1; j < N; ++j) exchange(a + j, N, eliminate_row);
  for (index_t c = 0; c < cols; ++c) exchange(b + c, cols, eliminate_row);
}

// x[K] of one right side, when those behind it are known: substitution.hpp with constants for bounds, so that it unrolls.
template <Number T, int N, int K>
inline void substitute(const LaneNumber<T>* a, LaneNumber<T>* b, index_t cols, const LaneNumber<T>* inverse) {
  LaneNumber<T> x = b[K * cols];
#pragma GCC unroll 16
  for (int j = K + 1; j < N; ++j) x -= a[K * N + j] * b[j * cols];
  b[K * cols] = x * inverse[K];
}

// Solves W systems at once in place of b (N x cols vectors), calling between(K) before step K.
template <Number T, int N, class F, int... K>
inline void eliminate(LaneNumber<T>* a, LaneNumber<T>* b, index_t cols, LaneMask<T>& swapped, F&& between,
                      std::integer_sequence<int, K...>) {
  LaneNumber<T> inverse[N];
  ((between(K), eliminate_column<T, N, K>(a, b, cols, inverse, swapped)), ...);
  for (index_t c = 0; c < cols; ++c) (substitute<T, N, N - 1 - K>(a, b + c, cols, inverse), ...);
}

// The lanes whose pivots, on the diagonal of a factored matrix, are not comfortable (equilibrate.hpp), alone or together.
// Two rows may differ as they like: after the first pivot there is nothing left to choose from. Of complex pivots the
// squares have to be comfortable.
template <Number T, int N>
inline LaneMask<T> odd_pivots(const LaneNumber<T>* a) {
  using R = RealPart<T>;
  using S = Simd<R>;
  constexpr R widest = Complex<T> ? kWidestPivots<R> * kWidestPivots<R> : kWidestPivots<R>;
  typename S::Vec least = lane_size<T>(a[0]), most = least;
#pragma GCC unroll 16
  for (int k = 1; k < N; ++k) {
    const auto size = lane_size<T>(a[k * N + k]);
    least = size < least ? size : least;
    most = size > most ? size : most;
  }
  auto fine = (least > S::splat(kLeastPivot<R>)) & (most <= S::splat(kMostPivot<R>));
  if constexpr (N > 2) fine &= most <= S::splat(widest) * least;
  return ~fine;
}

template <Number T>
void report(const LaneMask<T>& bad, index_t first, int used, Solved kind, FirstFailure<Solved>& failures) {
  for (int lane = 0; lane < used; ++lane) {
    if (bad[lane]) return failures.record(first + lane, kind);
  }
}

// Lanes with an odd pivot or a result that overflowed: the kernel for one matrix scales, or finds out what is wrong.
template <Number T>
void solve_again(const MatrixBatch<const T>& a, const MatrixBatch<const T>& b, const MatrixBatch<T>& x, index_t first,
                 const LaneMask<T>& lanes, FirstFailure<Solved>& failures) {
  for (index_t l = 0; l < LaneGroup<T>::W && first + l < x.count(); ++l) {
    if (!lanes[l]) continue;
    const Outcome outcome = try_solve<T>(a[first + l], b[first + l], x[first + l], false);
    if (outcome.solved != Solved::yes) failures.record(first + l, outcome.solved);
  }
}

template <Number T, int N>
void solve_group(const MatrixBatch<const T>& a, const MatrixBatch<const T>& b, const MatrixBatch<T>& x, index_t first,
                 LaneNumber<T>* work, FirstFailure<Solved>& failures) {
  const index_t cols = b.item.cols;
  LaneNumber<T> matrix[N * N];
  const LaneGroup<const T> from(a, first);
  load_lanes<T>(from, matrix);
  load_lanes<T>(LaneGroup<const T>(b, first), work);
  const auto bad_matrix = not_finite<T>(matrix, N * N), bad_side = not_finite<T>(work, N * cols);
  LaneMask<T> swapped{};
  eliminate<T, N>(
      matrix, work, cols, swapped, [&](int k) { from.prefetch(k, N); }, std::make_integer_sequence<int, N>{});
  const auto odd = odd_pivots<T, N>(matrix) | not_finite<T>(work, N * cols);
  store_lanes<T>(LaneGroup<T>(x, first), work);
  if (Simd<RealPart<T>>::any(bad_matrix | bad_side | odd)) [[unlikely]] {
    // The lowest item counts, and for one item the first cause.
    report<T>(bad_matrix, first, from.used, Solved::matrix_not_finite, failures);
    report<T>(bad_side, first, from.used, Solved::side_not_finite, failures);
    solve_again<T>(a, b, x, first, odd & ~(bad_matrix | bad_side), failures);
  }
}

[[noreturn]] inline void raise(const FirstFailure<Solved>& failures, index_t count) {
  const std::string item = of_item(count == 1 ? -1 : failures.item());
  switch (failures.kind()) {
    case Solved::matrix_not_finite:
      throw DomainError("A: contains NaN or infinity" + item + ".");
    case Solved::side_not_finite:
      throw DomainError("b: contains NaN or infinity" + item + ".");
    case Solved::singular:
      throw SingularMatrix("A: singular matrix" + item + ": elimination finds no pivot.");
    default:
      throw SingularMatrix("A: singular to working precision" + item + ": the solution overflows.");
  }
}

template <Number T, int N>
void solve_stack(const MatrixBatch<const T>& a, const MatrixBatch<const T>& b, const MatrixBatch<T>& x) {
  constexpr index_t W = LaneGroup<T>::W;
  const index_t groups = (x.count() + W - 1) / W;
  FirstFailure<Solved> failures;
  parallel_ranges(groups, std::max<index_t>(1, 4000 / (N * N * (N + b.item.cols))), [&](index_t begin, index_t end) {
    Buffer<LaneNumber<T>> work(N * b.item.cols);
    for (index_t g = begin; g < end; ++g) solve_group<T, N>(a, b, x, g * W, work.data(), failures);
  });
  if (failures.any()) raise(failures, x.count());
}

template <Number T, int... N>
void dispatch(std::integer_sequence<int, N...>, const MatrixBatch<const T>& a, const MatrixBatch<const T>& b,
              const MatrixBatch<T>& x) {
  using Fn = void (*)(const MatrixBatch<const T>&, const MatrixBatch<const T>&, const MatrixBatch<T>&);
  static constexpr std::array<Fn, sizeof...(N)> table{&solve_stack<T, N + 1>...};
  table[a.item.rows - 1](a, b, x);
}

}  // namespace lanes

template <Number T>
void solve_lanes(const MatrixBatch<const T>& a, const MatrixBatch<const T>& b, const MatrixBatch<T>& x) {
  lanes::dispatch<T>(std::make_integer_sequence<int, lane_order<T>>{}, a, b, x);
}

}  // namespace mmlcore
