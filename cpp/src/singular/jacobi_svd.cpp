#include "mmlcore/singular/jacobi_svd.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/copy.hpp"
#include "mmlcore/eigen/symmetric_pairs.hpp"
#include "pivoted_qr.hpp"
#include "rotate_rounds.hpp"

namespace mmlcore {
namespace {

using Number = double;
using Columns = WholeColumns<Number>;
using Vec = Simd<Number>::Vec;
constexpr index_t W = Simd<Number>::width;
// Columns that are turned as they come: of more, the eigenvectors of their inner products are taken first.
constexpr index_t kDirect = 16;
// What rounding leaves of a column beside the longest: of numbers of T some thirtieth of a unit, and more of sums of them.
template <class T>
constexpr Number kNoise = Number{std::numeric_limits<T>::epsilon()} * (sizeof(T) == sizeof(Number) ? 4 : 0.25);

// Brings the largest entry to [1/2, 1) by a power of two. False where an entry is not finite.
bool scale(const Columns& x, int* power) {
  Vec top{}, check{};
  for (index_t e = 0; e < x.count * x.length; ++e) {
    const Vec size = Simd<Number>::abs(x.data[e]);
    check += size * 0.0;
    top = size > top ? size : top;
  }
  if (Simd<Number>::sum(check) != 0) return false;
  Number most = 0;
  for (index_t i = 0; i < W; ++i) most = std::max<Number>(most, top[i]);
  std::frexp(most, power);
  const Number half = std::ldexp(1.0, -(*power / 2)), rest = std::ldexp(1.0, -(*power - *power / 2));
  for (index_t e = 0; e < x.count * x.length; ++e) x.data[e] = x.data[e] * half * rest;
  return true;
}

template <class T>
void load(const MatrixView<const T>& a, const Columns& x) {
  const MatrixView<Number> to{reinterpret_cast<Number*>(x.data), a.rows, a.cols, 1, x.length * W};
  if constexpr (sizeof(T) == sizeof(Number)) {
    copy<Number>(a, to);
  } else {
    Buffer<T> numbers(a.rows * a.cols);
    const MatrixView<T> same{numbers.data(), a.rows, a.cols, 1, a.rows};
    copy<T>(a, same);
    for (index_t j = 0; j < a.cols; ++j) std::copy(&same(0, j), &same(0, j) + a.rows, &to(0, j));
  }
}

// X <- X V, `along` <- V, with the eigenvectors V of X'X: nearly orthogonal columns, the longest first.
bool prepare(const Columns& x, const Columns* along) {
  const index_t n = x.count;
  Buffer<Number> numbers(n + 2 * n * n);
  Buffer<Vec> memory(n * x.length);
  const Columns old{memory.data(), n, x.length};
  std::copy(x.data, x[n], old.data);
  const auto square = c_order<Number>(numbers.data() + n, n, n), vectors = c_order<Number>(&square(0, 0) + n * n, n, n);
  inner_products(x, square);
  if (!symmetric_pairs<Number>(MatrixView<const Number>(square.transposed()), numbers.data(), vectors)) return false;
  const MatrixView<Number> turns{&vectors(0, n - 1), n, n, n, -1};  // the columns, last to first
  product_part<Number>(MatrixView<const Number>(turns.transposed()), old.as_rows(), x.as_rows(), ProductPart::full);
  if (!along) return true;
  for (index_t j = 0; j < n; ++j) {
    for (index_t i = 0; i < n; ++i) along->at(i, j) = turns(i, j);
  }
  return true;
}

// Fills columns j >= `have` of an orthonormal set of columns of n numbers: those of Q, of the ones that are there, behind
// them.
void complete(const Columns& z, index_t have) {
  const index_t length = z.length, wanted = (z.count - have + W - 1) / W * W;
  Buffer<Vec> memory((have + W + wanted) * length);
  const Columns known{memory.data(), have, length}, more{known[have + W], wanted, length};
  Columns{memory.data(), have + W + wanted, length}.clear();
  std::copy(z.data, z[have], known.data);
  const PivotedQr<Number> qr(known, true);
  for (index_t j = have; j < z.count; ++j) more.at(j, j - have) = 1;
  qr.apply(more);
  std::copy(more.data, more[z.count - have], z[have]);
}

// Vectors of the shorter side: the rotated columns, brought to length 1, in the order of A's own.
template <class T>
void write_short(const Columns& rows, const PivotedQr<Number>& qr, const index_t* order, const Number* lengths,
                 const MatrixView<T>& to) {
  const index_t n = to.rows, count = to.cols, length = rows.length;
  Buffer<Vec> memory(count * length);
  const Columns z{memory.data(), count, length};
  index_t have = 0;
  for (; have < std::min(rows.count, count) && lengths[order[have]] > kLeastLength; ++have) {
    const Number scale = 1 / lengths[order[have]];
    for (index_t e = 0; e < length; ++e) z[have][e] = rows[order[have]][e] * scale;
  }
  if (have < count) complete(z, have);
  for (index_t j = 0; j < count; ++j) {
    for (index_t i = 0; i < n; ++i) to(qr.source(i), j) = static_cast<T>(z.at(i, j));
  }
}

// Vectors of the longer side: Q [W 0; 0 I].
template <class T>
void write_long(const Columns& turns, const PivotedQr<Number>& qr, const index_t* order, index_t length,
                const MatrixView<T>& to) {
  const index_t count = (to.cols + W - 1) / W * W, rank = turns.count;
  Buffer<Vec> memory(count * length);
  const Columns y{memory.data(), count, length};
  y.clear();
  for (index_t j = 0; j < to.cols; ++j) {
    if (j < rank) {
      std::copy(turns[order[j]], turns[order[j]] + turns.length, y[j]);
    } else {
      y.at(j, j) = 1;
    }
  }
  qr.apply(y);
  for (index_t j = 0; j < to.cols; ++j) {
    for (index_t i = 0; i < to.rows; ++i) to(i, j) = static_cast<T>(y.at(i, j));
  }
}

struct Centre {
  const Number *row = nullptr, *rest = nullptr;
};

// Less a row in two parts, one after the other: the first difference is exact near the mean.
void subtract(const Centre& centre, const MatrixView<Number>& a) {
  if (!centre.row) return;
  for (index_t j = 0; j < a.cols; ++j) {
    if (a.row_stride == 1) {
      Number* const x = &a(0, j);
      for (index_t i = 0; i < a.rows; ++i) x[i] = (x[i] - centre.row[j]) - centre.rest[j];
    } else {
      for (index_t i = 0; i < a.rows; ++i) a(i, j) = (a(i, j) - centre.row[j]) - centre.rest[j];
    }
  }
}

template <class T>
bool decompose(MatrixView<const T> a, const Centre& centre, double floor, double* values, int* power,
               const MatrixView<T>* left, const MatrixView<T>* right) {
  const bool wide = a.rows < a.cols;
  if (wide) {
    a = a.transposed();
    std::swap(left, right);
  }
  const index_t m = a.rows, n = a.cols;
  Buffer<Vec> memory((n + W) * vectors_of<Number>(m));
  const Columns x{memory.data(), n, vectors_of<Number>(m)};
  Columns{x.data, n + W, x.length}.clear();
  load(a, x);
  const MatrixView<Number> loaded{reinterpret_cast<Number*>(x.data), m, n, 1, x.length * W};
  subtract(centre, wide ? loaded.transposed() : loaded);
  if (!scale(x, power)) return false;
  // Of few columns, small singular values of a graded matrix have digits of their own: nothing is noise. Nor do float32
  // numbers, less a mean of float64, say how they were rounded.
  const Number noise = centre.row ? kNoise<Number> : kNoise<T>;
  const PivotedQr<Number> qr(x, left != nullptr, n > kDirect ? noise : 0, floor > 0 ? std::ldexp(floor, -*power) : 0);

  const index_t rank = qr.rank();
  Buffer<Vec> square((rank + 2) * (vectors_of<Number>(n) + vectors_of<Number>(rank)));
  const Columns rows{square.data(), rank, vectors_of<Number>(n)};
  const Columns turns{rows[rank + 2], rank, vectors_of<Number>(rank)};
  Columns{rows.data, rank + 2, rows.length}.clear();
  Columns{turns.data, rank + 2, turns.length}.clear();
  for (index_t i = 0; i < rank; ++i) {
    rows.at(i, i) = qr.diagonal(i);
    for (index_t j = i + 1; j < n; ++j) rows.at(j, i) = x.at(i, j);
    turns.at(i, i) = 1;
  }
  Buffer<Number> lengths(rank);
  Buffer<index_t> order(rank);
  const bool prepared = rank > kDirect && prepare(rows, left ? &turns : nullptr);
  if (!RotateRounds<Number>(rows, left ? &turns : nullptr, lengths.data(), kLeastLength).run(prepared)) return false;
  for (Number& length : lengths) length = std::sqrt(length);
  std::iota(order.begin(), order.end(), index_t{0});
  std::stable_sort(order.begin(), order.end(), [&](index_t i, index_t j) { return lengths[i] > lengths[j]; });
  for (index_t j = 0; j < n; ++j) values[j] = j < rank ? lengths[order[j]] : 0;
  if (right) write_short(rows, qr, order.data(), lengths.data(), *right);
  if (left) write_long(turns, qr, order.data(), x.length, *left);
  return true;
}

}  // namespace

template <class T>
bool jacobi_svd(MatrixView<const T> a, double* values, int* power, const MatrixView<T>* left, const MatrixView<T>* right,
                double floor) {
  return decompose<T>(a, {}, floor, values, power, left, right);
}

template <class T>
bool centred_svd(const MatrixView<const T>& a, const double* row, const double* rest, double* values, int* power,
                 const MatrixView<T>& right) {
  return decompose<T>(a, {row, rest}, 0, values, power, nullptr, &right);
}

template <class T>
bool right_singular_vectors(const MatrixView<const T>& a, double* values, const MatrixView<T>& right) {
  int power = 0;
  if (!jacobi_svd<T>(a, values, &power, nullptr, &right)) return false;
  for (index_t j = 0; j < a.cols; ++j) values[j] = j < a.rows ? std::ldexp(values[j], power) : 0;
  return true;
}

template bool jacobi_svd<float>(MatrixView<const float>, double*, int*, const MatrixView<float>*, const MatrixView<float>*,
                                double);
template bool jacobi_svd<double>(MatrixView<const double>, double*, int*, const MatrixView<double>*,
                                 const MatrixView<double>*, double);
template bool centred_svd<float>(const MatrixView<const float>&, const double*, const double*, double*, int*,
                                 const MatrixView<float>&);
template bool centred_svd<double>(const MatrixView<const double>&, const double*, const double*, double*, int*,
                                  const MatrixView<double>&);
template bool right_singular_vectors<float>(const MatrixView<const float>&, double*, const MatrixView<float>&);
template bool right_singular_vectors<double>(const MatrixView<const double>&, double*, const MatrixView<double>&);

}  // namespace mmlcore
