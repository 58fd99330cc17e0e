// Stacks of matrices one after the other in memory, and the operations on them that need singular values or determinants.
#pragma once

#include <algorithm>
#include <limits>

#include "matrix_steps.hpp"
#include "mmlcore/core/errors.hpp"

namespace mmlcore::calculus {

template <class T>
constexpr T kNaN = std::numeric_limits<T>::quiet_NaN();

template <class T>
MatrixBatch<T> stack(T* data, index_t count, index_t m, index_t n, index_t step) {
  MatrixBatch<T> batch{c_order(data, m, n), {}};
  batch.batch.push(count, step);
  return batch;
}

// Calls `all` for the whole stack; where that throws or gives false, `one` for each item, whose results are NaN where it
// gives false too.
template <class T, class All, class One>
void each_or_nan(index_t items, T* out, index_t size, All&& all, One&& one) {
  const auto tried = [](auto&& f) {
    try {
      return f();
    } catch (const DomainError&) {
    } catch (const SingularMatrix&) {
    }
    return false;
  };
  if (tried(all)) return;
  for (index_t i = 0; i < items; ++i) {
    if (!tried([&] { return one(i); })) std::fill(out + i * size, out + (i + 1) * size, kNaN<T>);
  }
}

// The determinants of `items` matrices, or what step.aux says.
template <class T>
void determinant(const MatrixStep& step, index_t items, const T* a, T* out);

// det(A) A'^-1 = U diag(the products of all other values) V', times the sign of det U det V.
template <class T>
void cofactor(index_t n, index_t items, const T* a, T* out);

// [U, s, V'].
template <class T>
void singular(index_t m, index_t n, index_t items, const T* a, T* out);

// Singular values up to least[0] times the largest are zero.
template <class T>
void pseudo_inverse(index_t m, index_t n, index_t items, const T* a, const StackOperand<T>& least, T* out);

}  // namespace mmlcore::calculus
