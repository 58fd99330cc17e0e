#include "mmlcore/singular/singular_values.hpp"

#include <algorithm>
#include <atomic>

#include "load_lanes.hpp"
#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/singular/jacobi_svd.hpp"

namespace mmlcore {
namespace {

using Vec = Simd<double>::Vec;
constexpr index_t W = Simd<double>::width;

// W matrices from item `first` on.
template <class T>
bool group(const MatrixBatch<const T>& a, index_t first, double* values, int* powers, Vec* memory) {
  const index_t m = std::max(a.item.rows, a.item.cols), n = std::min(a.item.rows, a.item.cols);
  const LaneColumns x{memory, n, m}, rows{memory + n * m, n, n};
  int power[W];
  if (!load_lanes(a, first, x, power)) return false;
  triangularize_lanes(x);
  for (index_t i = 0; i < n; ++i) {
    for (index_t j = 0; j < n; ++j) rows[i][j] = j < i ? Vec{} : x[j][i];
  }
  Vec squares[kLaneSide];
  rotate_lanes(rows, nullptr, squares, kLeastLength);
  const index_t used = std::min(W, a.count() - first);
  if (powers) std::copy(power, power + used, powers + first);
  for (index_t j = 0; j < n; ++j) {
    const Vec length = square_root(squares[j]);
    for (index_t lane = 0; lane < used; ++lane) values[(first + lane) * n + j] = length[lane];
  }
  return true;
}

}  // namespace

template <class T>
bool scaled_singular_values(const MatrixBatch<const T>& a, double* values, int* powers) {
  int unused = 0;
  const index_t m = std::max(a.item.rows, a.item.cols), n = std::min(a.item.rows, a.item.cols);
  if (a.count() == 1) return jacobi_svd<T>(a[0], values, powers ? powers : &unused, nullptr, nullptr);
  const bool lanes = n <= kLaneSide;
  const index_t step = lanes ? W : 1;
  std::atomic<bool> fine{true};
  parallel_ranges((a.count() + step - 1) / step, 2000 / (m * n * n) + 1, [&](index_t begin, index_t end) {
    Buffer<Vec> memory(lanes ? n * (m + n) : 0);
    int power = 0;
    for (index_t g = begin; g < end && fine; ++g) {
      const bool done = lanes ? group(a, g * W, values, powers, memory.data())
                              : jacobi_svd<T>(a[g], values + g * n, powers ? powers + g : &power, nullptr, nullptr);
      if (!done) fine.store(false, std::memory_order_relaxed);
    }
  });
  return fine;
}

template bool scaled_singular_values<float>(const MatrixBatch<const float>&, double*, int*);
template bool scaled_singular_values<double>(const MatrixBatch<const double>&, double*, int*);

}  // namespace mmlcore
