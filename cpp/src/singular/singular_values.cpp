#include "mmlcore/singular/singular_values.hpp"

#include <algorithm>
#include <atomic>

#include "bidiagonal_lanes.hpp"
#include "load_lanes.hpp"
#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/singular/bidiagonal_values.hpp"
#include "mmlcore/singular/jacobi_svd.hpp"

namespace mmlcore {
namespace {

using Vec = Simd<double>::Vec;
constexpr index_t W = Simd<double>::width;
constexpr index_t kTwinSide = 8;  // columns up to which two vectors of lanes go together

// A group of matrices from item `first` on. `memory`: n m + n n of V and n m vectors.
template <class V, class T, class Order>
bool group(Order n, const MatrixBatch<const T>& a, index_t first, double* values, int* powers, V* memory) {
  const index_t m = std::max(a.item.rows, a.item.cols);
  const LaneColumns<V> x{memory, n, m}, rows{memory + n * m, n, n};
  LaneScale scale[2];
  if (!load_scaled(a, first, x, reinterpret_cast<Vec*>(memory + n * (m + n)), scale)) return false;
  V* const work = memory + n * (m + n);  // what load_scaled needed is free again
  const bool even = n >= kBidiagonalSide && !graded(x, work), square = even && m == n;
  if (!square) {
    LaneReflections<V, kLaneSide> told;
    triangularize_lanes<V>(n, x, nullptr, told);
  }
  for (index_t i = 0; i < n; ++i) {
    for (index_t j = 0; j < n; ++j) rows[i][j] = j < i && !square ? V{} : x[j][i];
  }
  V squares[kLaneSide];
  if (even) {
    BidiagonalLanes<V>(n, rows.data, nullptr, nullptr, squares, work).run();
  } else {
    rotate_lanes<V>(n, rows, nullptr, squares, kLeastLength);
    for (index_t j = 0; j < n; ++j) squares[j] = lane::root(squares[j]);
  }
  sort_lanes(n, squares);
  for (int part = 0; part < LaneTraits<V>::vectors; ++part) {
    const index_t start = first + part * W, used = std::min(W, a.count() - start);
    for (index_t l = 0; l < used; ++l) {
      if (powers) powers[start + l] = static_cast<int>(scale[part].power[l]);
      for (index_t j = 0; j < n; ++j) values[(start + l) * n + j] = lane::part(squares[j], part)[l];
    }
  }
  return true;
}

template <class T>
bool any_group(const MatrixBatch<const T>& a, index_t first, double* values, int* powers, void* memory) {
  const index_t n = std::min(a.item.rows, a.item.cols);
  const auto twin = static_cast<Twin*>(memory);
  switch (n) {
    case 1:
      return group(std::integral_constant<index_t, 1>{}, a, first, values, powers, twin);
    case 2:
      return group(std::integral_constant<index_t, 2>{}, a, first, values, powers, twin);
    case 3:
      return group(std::integral_constant<index_t, 3>{}, a, first, values, powers, twin);
    case 4:
      return group(std::integral_constant<index_t, 4>{}, a, first, values, powers, twin);
    default:
      return n <= kTwinSide ? group(n, a, first, values, powers, twin)
                            : group(n, a, first, values, powers, static_cast<Vec*>(memory));
  }
}

template <class T>
bool one(const MatrixView<const T>& a, double* values, int* power) {
  const index_t m = std::max(a.rows, a.cols), n = std::min(a.rows, a.cols);
  const bool reflected = n > kRotatedSide || m > kValuesLength || (n >= kReflectedSide && rows_and_columns_alike<T>(a));
  if (reflected) return bidiagonal_values<T>(a, values, power);
  return jacobi_svd<T>(a, values, power, nullptr, nullptr);
}

}  // namespace

template <class T>
bool scaled_singular_values(const MatrixBatch<const T>& a, double* values, int* powers) {
  int unused = 0;
  const index_t m = std::max(a.item.rows, a.item.cols), n = std::min(a.item.rows, a.item.cols);
  if (a.count() == 1) return one<T>(a[0], values, powers ? powers : &unused);
  const bool lanes = n <= kLaneSide;
  const index_t step = !lanes ? 1 : n <= kTwinSide ? 2 * W : W;
  std::atomic<bool> fine{true};
  parallel_ranges((a.count() + step - 1) / step, 2000 / (m * n * n) + 1, [&](index_t begin, index_t end) {
    Buffer<Vec> memory(lanes ? 2 * n * (m + n) + n * m : 0);
    int power = 0;
    for (index_t g = begin; g < end && fine; ++g) {
      const bool done = lanes ? any_group(a, g * step, values, powers, memory.data())
                              : one<T>(a[g], values + g * n, powers ? powers + g : &power);
      if (!done) fine.store(false, std::memory_order_relaxed);
    }
  });
  return fine;
}

template bool scaled_singular_values<float>(const MatrixBatch<const float>&, double*, int*);
template bool scaled_singular_values<double>(const MatrixBatch<const double>&, double*, int*);

}  // namespace mmlcore
