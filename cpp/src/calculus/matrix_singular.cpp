#include <cmath>
#include <cstdint>
#include <vector>

#include "matrix_stacks.hpp"
#include "mmlcore/core/buffer.hpp"
#include "mmlcore/elimination/determinant.hpp"
#include "mmlcore/singular/svd.hpp"

namespace mmlcore::calculus {
namespace {

// U, s and V' of one after the other.
template <class T>
struct Decompositions {
  Decompositions(const T* a, index_t items, index_t m, index_t n)
      : p(std::min(m, n)), left(items * m * p), values(items * p), right(items * p * n) {
    const auto from = stack<const T>(a, items, m, n, m * n);
    const auto u = stack<T>(left.data(), items, m, p, m * p), v = stack<T>(right.data(), items, p, n, p * n);
    each_or_nan<T>(
        items, values.data(), p, [&] { return svd<T>(from, u, values.data(), v); },
        [&](index_t i) {
          return svd<T>({from[i], {}}, {u[i], {}}, values.data() + i * p, {v[i], {}});
        });
  }
  index_t p;
  Buffer<T> left, values, right;
};

}  // namespace

template <class T>
void determinant(const MatrixStep& step, index_t items, const T* a, T* out) {
  const index_t n = step.m;
  Buffer<std::int64_t> powers(items);
  std::fill(powers.begin(), powers.end(), std::int64_t{0});
  const auto from = stack<const T>(a, items, n, n, n * n);
  each_or_nan<T>(
      items, out, 1, [&] { return determinants<T>(from, out, powers.data()), true; },
      [&](index_t i) { return mmlcore::determinant<T>(from[i], false, out[i], powers[i]); });
  for (index_t i = 0; i < items; ++i) {
    const double mantissa = static_cast<double>(out[i]);
    if (step.aux == 1) {
      out[i] = static_cast<T>(std::log(std::abs(mantissa)) + static_cast<double>(powers[i]) * std::log(2.0));
    } else if (step.aux == 2) {
      out[i] = out[i] == out[i] ? static_cast<T>((out[i] > 0) - (out[i] < 0)) : out[i];
    } else {
      const auto power = static_cast<int>(std::clamp<std::int64_t>(powers[i], -100000, 100000));
      out[i] = static_cast<T>(std::ldexp(mantissa, power));
    }
  }
  if (step.aux != 3) return;
  const Decompositions<T> d(a, items, n, n);
  for (index_t i = 0; i < items; ++i) {
    const T *s = d.values.data() + i * n, eps = std::numeric_limits<T>::epsilon();
    if (!(s[n - 1] > 8 * static_cast<T>(n) * eps * s[0])) out[i] = kNaN<T>;
  }
}

template <class T>
void cofactor(index_t n, index_t items, const T* a, T* out) {
  const Decompositions<T> d(a, items, n, n);
  Buffer<T> signs(2 * items);
  determinant<T>({Op::Determinant, 2, n, n, 0}, items, d.left.data(), signs.data());
  determinant<T>({Op::Determinant, 2, n, n, 0}, items, d.right.data(), signs.data() + items);
  std::vector<T> product(n);
  for (index_t i = 0; i < items; ++i) {
    const T *u = d.left.data() + i * n * n, *s = d.values.data() + i * n, *v = d.right.data() + i * n * n;
    for (index_t j = 0; j < n; ++j) {
      product[j] = signs[i] * signs[items + i];
      for (index_t l = 0; l < n; ++l) product[j] *= l == j ? T{1} : s[l];
    }
    for (index_t r = 0; r < n; ++r) {
      for (index_t c = 0; c < n; ++c) {
        T sum = 0;
        for (index_t j = 0; j < n; ++j) sum += u[r * n + j] * product[j] * v[j * n + c];
        out[i * n * n + r * n + c] = sum;
      }
    }
  }
}

template <class T>
void singular(index_t m, index_t n, index_t items, const T* a, T* out) {
  const Decompositions<T> d(a, items, m, n);
  const index_t p = d.p;
  for (index_t i = 0; i < items; ++i) {
    if (!(d.values[i * p] == d.values[i * p])) {
      out = std::fill_n(out, (m + n + 1) * p, kNaN<T>);
      continue;
    }
    out = std::copy_n(d.left.data() + i * m * p, m * p, out);
    out = std::copy_n(d.values.data() + i * p, p, out);
    out = std::copy_n(d.right.data() + i * p * n, p * n, out);
  }
}

template <class T>
void pseudo_inverse(index_t m, index_t n, index_t items, const T* a, const StackOperand<T>& least, T* out) {
  const Decompositions<T> d(a, items, m, n);
  const index_t p = d.p;
  for (index_t i = 0; i < items; ++i, out += m * n) {
    const T *u = d.left.data() + i * m * p, *s = d.values.data() + i * p, *v = d.right.data() + i * p * n;
    if (!(s[0] == s[0])) {
      std::fill_n(out, m * n, kNaN<T>);
      continue;
    }
    std::fill_n(out, m * n, T{0});
    for (index_t j = 0; j < p; ++j) {
      if (!(s[j] > least.data[0] * s[0])) continue;
      for (index_t r = 0; r < n; ++r) {
        const T factor = v[j * n + r] / s[j];
        for (index_t c = 0; c < m; ++c) out[r * m + c] += factor * u[c * p + j];
      }
    }
  }
}

#define INSTANTIATE(T)                                                    \
  template void determinant<T>(const MatrixStep&, index_t, const T*, T*); \
  template void cofactor<T>(index_t, index_t, const T*, T*);              \
  template void singular<T>(index_t, index_t, index_t, const T*, T*);     \
  template void pseudo_inverse<T>(index_t, index_t, index_t, const T*, const StackOperand<T>&, T*);
INSTANTIATE(float)
INSTANTIATE(double)
#undef INSTANTIATE

}  // namespace mmlcore::calculus
