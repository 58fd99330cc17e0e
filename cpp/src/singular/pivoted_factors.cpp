#include "mmlcore/singular/pivoted_factors.hpp"

#include <algorithm>
#include <cmath>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/errors.hpp"
#include "mmlcore/orthogonal/complex_qr.hpp"
#include "mmlcore/orthogonal/gram_schmidt.hpp"
#include "pivoted_qr.hpp"

namespace mmlcore {
namespace {

// The power of two of the largest part of an entry; false where one is not finite.
template <Number T>
bool largest_power(const MatrixView<const T>& a, int& power) {
  RealPart<T> top = 0, check = 0;
  for (index_t i = 0; i < a.rows; ++i) {
    for (index_t j = 0; j < a.cols; ++j) {
      check += nothing(a(i, j));
      top = std::max(top, largest_part(a(i, j)));
    }
  }
  std::frexp(top, &power);
  return check == 0;
}

template <Real T>
void factor(const MatrixView<const T>& a, int power, const MatrixView<T>& q, const MatrixView<T>& r, std::int64_t* order) {
  constexpr index_t W = Simd<T>::width;
  const index_t m = a.rows, n = a.cols, p = std::min(m, n), length = vectors_of<T>(m), wanted = (q.cols + W - 1) / W * W;
  Buffer<typename Simd<T>::Vec> memory((n + W + wanted) * length);
  const WholeColumns<T> x{memory.data(), n, length}, y{memory.data() + (n + W) * length, wanted, length};
  WholeColumns<T>{memory.data(), n + W + wanted, length}.clear();
  for (index_t j = 0; j < n; ++j) {
    for (index_t i = 0; i < m; ++i) x.at(i, j) = std::ldexp(a(i, j), -power);
  }
  const PivotedQr<T> qr(x, true);
  for (index_t i = 0; i < r.rows; ++i) {
    const bool counts = i < std::min(qr.rank(), p), turned = counts && qr.diagonal(i) < 0;
    for (index_t j = 0; j < n; ++j) {
      const T entry = !counts || j < i ? T{0} : j == i ? qr.diagonal(i) : x.at(i, j);
      r(i, j) = turned ? -entry : entry;
    }
  }
  for (index_t j = 0; j < n; ++j) order[j] = qr.source(j);
  for (index_t j = 0; j < q.cols; ++j) y.at(j, j) = j < qr.rank() && qr.diagonal(j) < 0 ? T{-1} : T{1};
  qr.apply(y);
  for (index_t j = 0; j < q.cols; ++j) {
    for (index_t i = 0; i < m; ++i) q(i, j) = y.at(i, j);
  }
}

}  // namespace

template <Number T>
bool pivoted_factors(const MatrixView<const T>& a, const MatrixView<T>& q, const MatrixView<T>& r, std::int64_t* order) {
  int power = 0;
  if (!largest_power(a, power)) return false;
  if constexpr (Complex<T>) {
    pivoted_complex_qr<T>(a, power, q, r, order);
  } else {
    factor(a, power, q, r, order);
  }
  for (index_t i = 0; i < r.rows; ++i) {
    for (index_t j = i; j < r.cols; ++j) r(i, j) = entry_of_r(times_power(r(i, j), power));
  }
  return true;
}

#define MMLCORE_INSTANTIATE(T) \
  template bool pivoted_factors<T>(const MatrixView<const T>&, const MatrixView<T>&, const MatrixView<T>&, std::int64_t*)
MMLCORE_INSTANTIATE(float);
MMLCORE_INSTANTIATE(double);
MMLCORE_INSTANTIATE(std::complex<float>);
MMLCORE_INSTANTIATE(std::complex<double>);

}  // namespace mmlcore
