#include "mmlcore/elimination/basis.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/careful_length.hpp"
#include "mmlcore/core/copy.hpp"
#include "mmlcore/core/errors.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/elimination/equilibrate.hpp"
#include "mmlcore/elimination/lu.hpp"
#include "mmlcore/elimination/random_sides.hpp"
#include "mmlcore/elimination/solve_batch.hpp"
#include "mmlcore/elimination/solve_small.hpp"
#include "mmlcore/matrices/product_small.hpp"

namespace mmlcore {
namespace {

constexpr index_t kParallelOrder = 64;  // of a system that is worth threads
constexpr index_t kBlock = 256;         // vectors that are solved for together

// The largest square of a column of D^-1 X, or the sum of all, for X = B^-1 Z; infinity where squares leave the range.
struct Squares {
  double most = 0, sum = 0;
};

template <Real T>
Squares scaled_squares(MatrixView<const T> b, MatrixView<const T> x) {
  const index_t n = b.rows, k = x.cols;
  Buffer<double> lengths(n), squares(k);
  std::fill(lengths.begin(), lengths.end(), 0.0);
  std::fill(squares.begin(), squares.end(), 0.0);
  for (index_t i = 0; i < n; ++i) {
    for (index_t j = 0; j < n; ++j) lengths[j] += static_cast<double>(b(i, j)) * static_cast<double>(b(i, j));
  }
  Squares found;
  for (index_t i = 0; i < n; ++i) {
    if (!comfortable(lengths[i])) return {HUGE_VAL, HUGE_VAL};
    for (index_t j = 0; j < k; ++j) squares[j] += lengths[i] * (static_cast<double>(x(i, j)) * static_cast<double>(x(i, j)));
  }
  for (const double square : squares) {
    found.most = std::max(found.most, square);
    found.sum += square;
  }
  return found;
}

// With the eight or sixteen solutions of the probes, else with the inverse. Twice of what is asked for: all is rounded.
template <Real T>
bool independent(MatrixView<const T> b, double rtol, MatrixView<const T> lu, const index_t* pivots,
                 MatrixView<const T> probes) {
  const index_t n = b.rows;
  const double limit = 4 * rtol * rtol * static_cast<double>(n);
  if (scaled_squares<T>(b, probes).most * limit < kLeastShare<T> * kLeastShare<T>) return true;
  Buffer<T> memory(n * n);
  const MatrixView<T> inverse = c_order(memory.data(), n, n);
  std::fill(memory.begin(), memory.end(), T{0});
  for (index_t i = 0; i < n; ++i) inverse(i, i) = 1;
  lu_solve<T>(lu, pivots, inverse, n >= kParallelOrder);
  return scaled_squares<T>(b, inverse).sum * limit < 1;
}

// One vector, with B^-1 itself at hand.
template <Real T>
bool few_coordinates(VectorView<const T> x, MatrixView<const T> b, double rtol, T* to) {
  const index_t n = b.rows;
  T identity[kSmallColumns * kSmallColumns] = {}, inverse[kSmallColumns * kSmallColumns];
  for (index_t i = 0; i < n; ++i) identity[i * (n + 1)] = 1;
  if (!solve_small<T>(b, c_order<const T>(identity, n, n), inverse)) return false;
  T longest = 0, squares = 0;
  for (index_t j = 0; j < n; ++j) {
    T column = 0;
    for (index_t i = 0; i < n; ++i) column += b(i, j) * b(i, j);
    longest = std::max(longest, column);
  }
  for (index_t i = 0; i < n * n; ++i) squares += inverse[i] * inverse[i];
  const T least = 4 * static_cast<T>(rtol);  // the inverse is rounded
  if (!comfortable(longest) || !comfortable(squares)) return false;
  if (!(static_cast<T>(n) * longest * squares * least * least < 1)) return false;
  return solve_small<T>(b, MatrixView<const T>{x.data, n, 1, x.stride, 0}, to);
}

}  // namespace

template <class T>
bool coordinates(const MatrixBatch<const T>& x, MatrixView<const T> b, double rtol, T* to) {
  if (x.count() == 1 && b.rows <= kSmallColumns && few_coordinates<T>(x[0].row(0), b, rtol, to)) return true;
  const index_t n = b.rows, count = x.count(), ld = padded_stride<T>(n);
  Buffer<T> storage(ld * n);
  Buffer<index_t> pivots(n);
  const MatrixView<T> lu{storage.data(), n, n, ld, 1};
  if (!copy_finite<T>(b, lu)) return false;
  lu_factor<T>(lu, pivots.data(), n >= kParallelOrder);
  if (!comfortable_pivots<T>(lu)) return false;
  const index_t blocks = (count + kBlock - 1) / kBlock;
  std::atomic<bool> fine{true};
  parallel_tasks(std::max<index_t>(blocks, 1), [&](index_t block) {
    const index_t first = block * kBlock, size = std::min(kBlock, count - first), probes = block == 0 ? kRandomSides<T> : 0;
    Buffer<T> memory(n * (size + probes));
    const MatrixView<T> sides = c_order(memory.data(), n, size + probes);
    for (index_t c = 0; c < size; ++c) {
      const VectorView<const T> from = x[first + c].row(0);
      for (index_t i = 0; i < n; ++i) sides(i, c) = from[i];
    }
    if (probes > 0) fill_random_sides<T>(sides.block(0, size, n, probes));
    lu_solve<T>(lu, pivots.data(), sides, blocks == 1 && n >= kParallelOrder);
    if (probes > 0 && !independent<T>(b, rtol, lu, pivots.data(), sides.block(0, size, n, probes))) fine = false;
    T check = 0;
    for (index_t c = 0; c < size; ++c) {
      for (index_t i = 0; i < n; ++i) check += (to[(first + c) * n + i] = sides(i, c)) * 0;
    }
    if (check != 0) fine = false;
  });
  return fine;
}

template <class T>
bool change_basis(const MatrixBatch<const T>& a, const MatrixBatch<const T>& b, const MatrixBatch<T>& to) {
  const index_t n = b.item.rows, count = to.count();
  Buffer<T> memory(count * n * n);
  MatrixBatch<T> products{c_order(memory.data(), n, n), {}};
  products.batch.push(count, n * n);
  const MatrixBatch<const T> right{products.item, products.batch};
  if (count == 1) {
    product_single<T>(a[0], b[0], products.item);
    if (n <= kSmallColumns && solve_small<T>(b[0], right.item, to.item.data)) return true;
    return try_solve<T>(b[0], right.item, to.item, n >= kParallelOrder).solved == Solved::yes;
  }
  product_batch<T>(a, b, products);
  try {
    solve_batch<T>(b, right, to);
  } catch (const DomainError&) {
    return false;
  } catch (const SingularMatrix&) {
    return false;
  }
  return true;
}

template bool coordinates<float>(const MatrixBatch<const float>&, MatrixView<const float>, double, float*);
template bool coordinates<double>(const MatrixBatch<const double>&, MatrixView<const double>, double, double*);
template bool change_basis<float>(const MatrixBatch<const float>&, const MatrixBatch<const float>&,
                                  const MatrixBatch<float>&);
template bool change_basis<double>(const MatrixBatch<const double>&, const MatrixBatch<const double>&,
                                   const MatrixBatch<double>&);

}  // namespace mmlcore
