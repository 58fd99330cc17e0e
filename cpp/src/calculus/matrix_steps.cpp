#include "matrix_steps.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "matrix_general.hpp"
#include "matrix_stacks.hpp"
#include "mmlcore/calculus/graph.hpp"
#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/errors.hpp"
#include "mmlcore/eigen/jacobi.hpp"
#include "mmlcore/eigen/symmetric_pairs.hpp"
#include "mmlcore/elimination/cholesky_batch.hpp"
#include "mmlcore/elimination/lu.hpp"
#include "mmlcore/elimination/solve_batch.hpp"
#include "mmlcore/orthogonal/qr.hpp"

namespace mmlcore::calculus {
namespace {

template <class T>
void substitute(const MatrixView<const T>& t, bool lower, MatrixView<T> x) {
  const index_t n = t.rows;
  for (index_t step = 0; step < n; ++step) {
    const index_t i = lower ? step : n - 1 - step;
    T* row = &x(i, 0);
    for (index_t j = lower ? 0 : i + 1; j < (lower ? i : n); ++j) {
      const T factor = t(i, j);
      for (index_t c = 0; c < x.cols; ++c) row[c] -= factor * x(j, c);
    }
    for (index_t c = 0; c < x.cols; ++c) row[c] /= t(i, i);
  }
}

// Right sides of one matrix lie beside each other, so that it is factored once: those of all points if it is the same for
// all, those of all directions of a derivative.
template <class T>
void solve(const MatrixStep& step, index_t points, const StackOperand<T>& a, const StackOperand<T>& b,
           const StackResult<T>& out) {
  const index_t m = step.m, n = step.n, one = m * n, items = out.size / one, in_a = a.size / (m * m), in_b = b.size / one;
  const index_t own = a.same ? 1 : points, sides = (a.same ? points : 1) * (items / in_a), columns = sides * n;
  const index_t count = own * in_a;
  const bool plain = sides == 1 && in_b == items && !b.same;
  Buffer<T> right(plain ? 0 : count * m * columns), found(plain ? 0 : count * m * columns);
  // Item q of the result at point p is column block `side` of matrix `matrix`.
  const auto each = [&](auto&& f) {
    for (index_t p = 0; p < points; ++p) {
      for (index_t q = 0; q < items; ++q) {
        const index_t matrix = (a.same ? 0 : p * in_a) + q % in_a, side = (a.same ? p * (items / in_a) : 0) + q / in_a;
        f(p * items + q, (b.same ? 0 : p * in_b) + q % in_b, matrix * m * columns + side * n);
      }
    }
  };
  if (!plain) {
    each([&](index_t, index_t from, index_t to) {
      for (index_t i = 0; i < m; ++i) std::copy_n(b.data + from * one + i * n, n, right.data() + to + i * columns);
    });
  }
  const T* const rhs = plain ? b.data : right.data();
  T* const x = plain ? out.data : found.data();
  auto matrices = stack<const T>(a.data, count, m, m, m * m);
  if (step.aux & 1) matrices.item = matrices.item.transposed();
  const auto sides_of = stack<const T>(rhs, count, m, columns, m * columns);
  const auto results = stack<T>(x, count, m, columns, m * columns);
  if (step.aux & 10) {
    const bool lower = ((step.aux & 2) != 0) != ((step.aux & 1) != 0);
    std::copy_n(rhs, count * m * columns, x);
    for (index_t i = 0; i < count; ++i) substitute<T>(matrices[i], lower, results[i]);
  } else {
    each_or_nan<T>(
        count, x, m * columns, [&] { return solve_batch<T>(matrices, sides_of, results), true; },
        [&](index_t i) { return try_solve<T>(matrices[i], sides_of[i], results[i], false).solved == Solved::yes; });
  }
  if (!plain) {
    each([&](index_t to, index_t, index_t from) {
      for (index_t i = 0; i < m; ++i) std::copy_n(found.data() + from + i * columns, n, out.data + to * one + i * n);
    });
  }
}

template <class T>
void inverse(index_t n, index_t items, const T* a, T* out) {
  std::vector<T> unit(n * n, T{0});
  for (index_t i = 0; i < n; ++i) unit[i * (n + 1)] = 1;
  const auto from = stack<const T>(a, items, n, n, n * n), right = stack<const T>(unit.data(), items, n, n, 0);
  const auto to = stack<T>(out, items, n, n, n * n);
  each_or_nan<T>(
      items, out, n * n, [&] { return solve_batch<T>(from, right, to), true; },
      [&](index_t i) { return try_solve<T>(from[i], right[i], to[i], false).solved == Solved::yes; });
}

template <class T>
void cholesky(index_t n, index_t items, const T* a, T* out) {
  const auto from = stack<const T>(a, items, n, n, n * n);
  const auto to = stack<T>(out, items, n, n, n * n);
  each_or_nan<T>(
      items, out, n * n, [&] { return cholesky_batch<T>(from, to).item < 0; },
      [&](index_t i) {
        return cholesky_batch<T>({from[i], {}}, {to[i], {}}).item < 0;
      });
}

template <class T>
void eigh(index_t n, index_t items, const T* a, T* out) {
  const index_t size = n + n * n;
  const auto from = stack<const T>(a, items, n, n, n * n);
  const auto one = [&](index_t i) {
    const MatrixView<T> vectors = c_order(out + i * size + n, n, n);
    if (n > kJacobiOrder) return symmetric_pairs<T>(from[i], out + i * size, vectors);
    jacobi<T>({from[i], {}}, out + i * size, {vectors, {}});
    return true;
  };
  each_or_nan<T>(
      items, out, size,
      [&] {
        if (n > kJacobiOrder || items == 1) return false;
        Buffer<T> values(items * n);
        jacobi<T>(from, values.data(), stack<T>(out + n, items, n, n, size));
        for (index_t i = 0; i < items; ++i) std::copy_n(values.data() + i * n, n, out + i * size);
        return true;
      },
      one);
}

// Signs as LAPACK's reflections have them. With Q = (I - Y T Y') S the elimination of Q - S without pivots gives Y, where
// each s_j is chosen, at its step, against the sign of the entry below it (G. Ballard et al., "Reconstructing Householder
// vectors from TSQR", 2014); a column that is zero below the diagonal takes no reflection.
template <class T>
void point_as_lapack(index_t m, index_t n, T* q, T* r) {
  std::vector<T> work(q, q + m * n);
  for (index_t j = 0; j < n; ++j) {
    T* const pivot = work.data() + j * n;
    T below = 0;
    for (index_t i = j + 1; i < m; ++i) below = std::max(below, std::abs(work[i * n + j]));
    const T own = pivot[j] < 0 ? T{-1} : T{1}, s = below == 0 || j == m - 1 ? own : -own;
    pivot[j] -= s;
    if (pivot[j] != 0) {
      for (index_t i = j + 1; i < m; ++i) {
        const T factor = work[i * n + j] / pivot[j];
        for (index_t k = j + 1; k < n; ++k) work[i * n + k] -= factor * pivot[k];
      }
    }
    if (s > 0) continue;
    for (index_t i = 0; i < m; ++i) q[i * n + j] = -q[i * n + j];
    for (index_t k = j; k < n; ++k) r[j * n + k] = -r[j * n + k];
  }
}

template <class T>
void orthonormal(index_t m, index_t n, index_t items, const T* a, T* out) {
  const index_t size = m * n + n * n;
  const auto from = stack<const T>(a, items, m, n, m * n);
  const auto q = stack<T>(out, items, m, n, size), r = stack<T>(out + m * n, items, n, n, size);
  each_or_nan<T>(
      items, out, size, [&] { return qr<T>(from, q, r), true; },
      [&](index_t i) {
        return qr<T>({from[i], {}}, {q[i], {}}, {r[i], {}}), true;
      });
  for (index_t i = 0; i < items; ++i) point_as_lapack(m, n, out + i * size, out + i * size + m * n);
}

template <class T>
void check_apart(index_t k, std::int32_t aux, index_t items, const T* x) {
  for (index_t i = 0; i < items; ++i, x += k) {
    T largest = 0;
    for (index_t j = 0; j < k; ++j) largest = std::max(largest, std::abs(x[j]));
    const T least = 8 * static_cast<T>(k) * std::numeric_limits<T>::epsilon() * largest;
    for (index_t j = 0; j < k; ++j) {
      if (j > 0 && std::abs(x[j] - x[j - 1]) <= least) {
        throw DomainError(
            "f: two eigenvalues or singular values of a matrix are the same to rounding, and their vectors have no "
            "derivative; "
            "first derivatives of the values alone have one.");
      }
      if ((aux & 1) && std::abs(x[j]) <= least)
        throw DomainError("f: a matrix has not full rank, and its singular vectors have no derivative.");
    }
  }
}

}  // namespace

ItemSizes item_sizes(Op op, index_t m, index_t n, index_t k) {
  const index_t p = std::min(m, n);
  switch (op) {
    case Op::Solve:
      return {m * m, m * n, m * n};
    case Op::Determinant:
      return {m * m, 1, 1};
    case Op::Eigh:
      return {m * m, 1, m + m * m};
    case Op::EighValues:
      return {m * m, m + m * m, m};
    case Op::Svd:
      return {m * n, 1, (m + n + 1) * p};
    case Op::SvdValues:
      return {m * n, (m + n + 1) * p, p};
    case Op::Qr:
      return {m * n, 1, m * n + n * n};
    case Op::Pinv:
      return {m * n, 1, n * m};
    case Op::Apart:
      return {k, 1, k};
    case Op::Eigvals:
      return {m * m, 1, 2 * m};
    case Op::Eig:
      return {m * m, 1, general_size(m)};
    default:  // Inverse, Cofactor, Cholesky
      return {m * m, 1, m * m};
  }
}

template <class T>
void run_matrices(const MatrixStep& step, index_t points, const StackOperand<T>& a, const StackOperand<T>& b,
                  const StackResult<T>& out) {
  if (out.size == 0) return;
  if (step.op == Op::Solve) return solve(step, points, a, b, out);
  const ItemSizes sizes = item_sizes(step.op, step.m, step.n, step.k);
  const index_t items = a.same ? a.size / sizes.a : points * (a.size / sizes.a);
  switch (step.op) {
    case Op::Inverse:
      inverse(step.m, items, a.data, out.data);
      break;
    case Op::Determinant:
      determinant(step, items, a.data, out.data);
      break;
    case Op::Cofactor:
      cofactor(step.m, items, a.data, out.data);
      break;
    case Op::Cholesky:
      cholesky(step.m, items, a.data, out.data);
      break;
    case Op::Eigh:
      eigh(step.m, items, a.data, out.data);
      break;
    case Op::Svd:
      singular(step.m, step.n, items, a.data, out.data);
      break;
    case Op::EighValues:
    case Op::SvdValues: {
      const index_t skip = step.op == Op::SvdValues ? step.m * sizes.result : 0;
      for (index_t i = 0; i < items; ++i)
        std::copy_n(b.data + i * sizes.b + skip, sizes.result, out.data + i * sizes.result);
      break;
    }
    case Op::Qr:
      orthonormal(step.m, step.n, items, a.data, out.data);
      break;
    case Op::Pinv:
      pseudo_inverse(step.m, step.n, items, a.data, b, out.data);
      break;
    case Op::Eigvals:
    case Op::Eig:
      general_pairs_of(step.m, items, step.op == Op::Eig, a.data, out.data);
      break;
    default:  // Apart
      check_apart(step.k, step.aux, items, a.data);
      std::copy_n(a.data, items * step.k, out.data);
  }
  const index_t made = items * sizes.result;  // of a constant: the same for all points
  for (index_t done = made; done < points * out.size; done += made) std::copy_n(out.data, made, out.data + done);
}

template void run_matrices<float>(const MatrixStep&, index_t, const StackOperand<float>&, const StackOperand<float>&,
                                  const StackResult<float>&);
template void run_matrices<double>(const MatrixStep&, index_t, const StackOperand<double>&, const StackOperand<double>&,
                                   const StackResult<double>&);

}  // namespace mmlcore::calculus
