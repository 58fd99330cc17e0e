#include "mmlcore/singular/small_values.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/parallel.hpp"
#include "rotate_columns.hpp"

namespace mmlcore {
namespace {

using Vec = Lanes::Vec;
constexpr index_t W = Lanes::width;

// Values: lengths below 1e-139 of the largest entry, whose squares leave the range, are zero. Vectors: a matrix with more
// columns than rows has columns that come to nothing, and each sweep takes only 1e-16 off them.
constexpr double kLeastValue = 1e-139, kLeastVector = 1e-60;

// The power of two that brings the largest entry to [1/2, 1), in two factors; false where an entry is not finite.
template <class T>
bool scale_of(const MatrixView<const T>& a, double (&factor)[2], int* taken = nullptr) {
  double top = 0, check = 0;
  for (index_t i = 0; i < a.rows; ++i) {
    for (index_t j = 0; j < a.cols; ++j) {
      const double x = a(i, j);
      check += x * 0;
      top = std::max(top, std::abs(x));
    }
  }
  if (check != 0) return false;
  int power = 0;
  std::frexp(top, &power);
  if (taken) *taken = power;
  factor[0] = std::ldexp(1.0, -(power / 2));
  factor[1] = std::ldexp(1.0, -(power - power / 2));
  return true;
}

index_t vectors_of(index_t entries) { return (entries + W - 1) / W; }

// Columns of `a`, scaled, in vectors along them.
template <class T>
bool load_columns(const MatrixView<const T>& a, const Columns<AlongColumn>& x, int* power = nullptr) {
  double factor[2];
  if (!scale_of(a, factor, power)) return false;
  for (index_t j = 0; j < a.cols; ++j) {
    x[j][x.length() - 1] = Vec{};
    for (index_t i = 0; i < a.rows; ++i) x.at(i, j) = static_cast<double>(a(i, j)) * factor[0] * factor[1];
  }
  return true;
}

template <class T>
bool one_matrix(MatrixView<const T> a, double* values) {
  if (a.rows < a.cols) a = a.transposed();
  const index_t m = a.rows, n = a.cols, length = vectors_of(m), side = vectors_of(n);
  Vec few[kSmallSide * (kSmallSide / W + 2) * 2];
  Buffer<Vec> many(n * (length + side) > index_t{sizeof(few) / sizeof(Vec)} ? n * (length + side) : 0);
  Vec* const memory = many.size() ? many.data() : few;
  const Columns<AlongColumn> x(memory, n, length), rows(memory + n * length, n, side);
  if (!load_columns(a, x)) return false;
  triangularize(x, m);
  for (index_t i = 0; i < n; ++i) {
    for (index_t e = 0; e < side; ++e) rows[i][e] = Vec{};
    for (index_t j = i; j < n; ++j) rows.at(j, i) = x.at(i, j);
  }
  rotate_columns<AlongColumn>(rows, nullptr, values, kLeastValue);
  for (index_t j = 0; j < n; ++j) values[j] = std::sqrt(values[j]);
  return true;
}

// W matrices from item `first` on; those behind the end of the stack repeat the last.
template <class T>
bool group(const MatrixBatch<const T>& a, index_t first, double* values, Vec* memory) {
  const bool wide = a.item.rows < a.item.cols;
  const index_t m = std::max(a.item.rows, a.item.cols), n = std::min(a.item.rows, a.item.cols);
  const Columns<AcrossLanes> x(memory, n, m), rows(memory + n * m, n, n);
  const index_t used = std::min(W, a.count() - first);
  for (index_t lane = 0; lane < W; ++lane) {
    const MatrixView<const T> item = a[first + std::min(lane, used - 1)];
    const MatrixView<const T> tall = wide ? item.transposed() : item;
    double factor[2];
    if (!scale_of(tall, factor)) return false;
    for (index_t j = 0; j < n; ++j) {
      for (index_t i = 0; i < m; ++i) x[j][i][lane] = static_cast<double>(tall(i, j)) * factor[0] * factor[1];
    }
  }
  triangularize(x, m);
  for (index_t i = 0; i < n; ++i) {
    for (index_t j = 0; j < n; ++j) rows[i][j] = j < i ? Vec{} : x[j][i];
  }
  Vec squares[kSmallSide];
  rotate_columns<AcrossLanes>(rows, nullptr, squares, kLeastValue);
  for (index_t j = 0; j < n; ++j) {
    const Vec length = square_root(squares[j]);
    for (index_t lane = 0; lane < used; ++lane) values[(first + lane) * n + j] = length[lane];
  }
  return true;
}

}  // namespace

template <class T>
bool scaled_singular_values(const MatrixBatch<const T>& a, double* values) {
  if (a.count() == 1) return one_matrix(a[0], values);
  const index_t m = std::max(a.item.rows, a.item.cols), n = std::min(a.item.rows, a.item.cols);
  std::atomic<bool> finite{true};
  parallel_ranges((a.count() + W - 1) / W, 2000 / (m * n * n) + 1, [&](index_t begin, index_t end) {
    Buffer<Vec> memory(n * (m + n));
    for (index_t g = begin; g < end; ++g) {
      if (!group(a, g * W, values, memory.data())) return finite.store(false, std::memory_order_relaxed);
    }
  });
  return finite;
}

template <class T>
bool right_singular_vectors(const MatrixView<const T>& a, double* values, const MatrixView<T>& right) {
  const index_t m = a.rows, n = a.cols, length = vectors_of(m), side = vectors_of(n);
  Buffer<Vec> memory(n * (length + 2 * side));
  Columns<AlongColumn> x(memory.data(), n, length);
  const Columns<AlongColumn> turns(memory.data() + n * length, n, side),
      factor(memory.data() + n * (length + side), n, side);
  int power = 0;
  if (!load_columns(a, x, &power)) return false;
  for (index_t j = 0; j < n; ++j) {
    for (index_t e = 0; e < side; ++e) turns[j][e] = factor[j][e] = Vec{};
    turns.at(j, j) = 1;
  }
  if (m > n) {  // R has the right singular vectors of A P
    triangularize(x, m, &turns);
    for (index_t j = 0; j < n; ++j) {
      for (index_t i = 0; i <= j; ++i) factor.at(i, j) = x.at(i, j);
    }
    x = factor;
  }
  rotate_columns<AlongColumn>(x, &turns, values, kLeastVector);
  for (index_t j = 0; j < n; ++j) {
    values[j] = std::ldexp(std::sqrt(values[j]), power);
    for (index_t i = 0; i < n; ++i) right(i, j) = static_cast<T>(turns.at(i, j));
  }
  return true;
}

template bool scaled_singular_values<float>(const MatrixBatch<const float>&, double*);
template bool scaled_singular_values<double>(const MatrixBatch<const double>&, double*);
template bool right_singular_vectors<float>(const MatrixView<const float>&, double*, const MatrixView<float>&);
template bool right_singular_vectors<double>(const MatrixView<const double>&, double*, const MatrixView<double>&);

}  // namespace mmlcore
