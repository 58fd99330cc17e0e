#include "mmlcore/elimination/complex_lu.hpp"

#include <algorithm>

#include "mmlcore/core/careful_length.hpp"
#include "mmlcore/core/maps.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/elimination/eliminate_rows.hpp"

namespace mmlcore {
namespace {

constexpr index_t kComplexPanel = 16;          // columns that are eliminated one by one
constexpr index_t kStripe = index_t{1} << 18;  // products of a task

// The row, from k on, of the largest entry of column k: the first of equals.
template <Complex T>
index_t pivot_of(const MatrixView<T>& a, index_t k) {
  index_t p = k;
  RealPart<T> most = -1;
  for (index_t i = k; i < a.rows; ++i) {
    const RealPart<T> squares = std::norm(a(i, k));
    if (squares > most) {
      most = squares;
      p = i;
    }
  }
  return comfortable(most) ? p : pivot_row(a, k, k);
}

template <Complex T>
void panel(MatrixView<T> a, index_t* pivots) {
  const index_t m = a.rows, n = a.cols;
  for (index_t k = 0; k < std::min(m, n); ++k) {
    const index_t p = pivots[k] = pivot_of(a, k);
    if (p != k) exchange_rows(a, p, k, 0);
    const T pivot = a(k, k);
    if (pivot == T{0}) continue;
    const T inverse = T{1} / pivot;
    const bool plain = comfortable(std::norm(inverse)) && comfortable(std::norm(pivot));
    for (index_t i = k + 1; i < m; ++i) {
      const T factor = a(i, k) = plain ? times(a(i, k), inverse) : a(i, k) / pivot;
      if (factor != T{0}) add_row(a, i, k, -factor, k + 1);
    }
  }
}

}  // namespace

template <Complex T>
void complex_lu(MatrixView<T> a, index_t* pivots) {
  const index_t m = a.rows, n = a.cols;
  if (a.empty()) return;
  if (n <= kComplexPanel) return panel(a, pivots);
  const index_t half = std::min(m, (n / 2 + kComplexPanel - 1) / kComplexPanel * kComplexPanel);
  const auto left = a.block(0, 0, m, half), right = a.block(0, half, m, n - half);
  complex_lu<T>(left, pivots);
  const auto exchange = [](const MatrixView<T>& rows, const index_t* places, index_t count) {
    for (index_t k = 0; k < count; ++k) {
      if (places[k] != k) exchange_rows(rows, k, places[k], 0);
    }
  };
  exchange(right, pivots, half);
  auto above = rows_map(right.block(0, 0, half, n - half));
  rows_map(left.block(0, 0, half, half)).template triangularView<Eigen::UnitLower>().solveInPlace(above);
  if (m == half) return;
  const auto below = a.block(half, 0, m - half, half), rest = a.block(half, half, m - half, n - half);
  // Stripes of rows for the threads, and for Ctrl-C between them.
  parallel_ranges(rest.rows, kStripe / (half * rest.cols) + 16, [&](index_t first, index_t last) {
    rows_map(rest.block(first, 0, last - first, rest.cols)).noalias() -=
        rows_map(below.block(first, 0, last - first, half)) * above;
  });
  complex_lu<T>(rest, pivots + half);
  const index_t count = std::min(m - half, n - half);
  exchange(below, pivots + half, count);
  for (index_t k = 0; k < count; ++k) pivots[half + k] += half;
}

template void complex_lu<std::complex<float>>(MatrixView<std::complex<float>>, index_t*);
template void complex_lu<std::complex<double>>(MatrixView<std::complex<double>>, index_t*);

}  // namespace mmlcore
