#include "matrix_general.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>
#include <vector>

#include "matrix_stacks.hpp"
#include "matrix_terms.hpp"
#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/errors.hpp"
#include "mmlcore/eigen/general_pairs.hpp"
#include "mmlcore/elimination/lu.hpp"

namespace mmlcore::calculus {
namespace {

// W = V^-1 as a real matrix of twice the size, [Re, -Im; Im, Re].
bool invert(index_t n, const std::complex<double>* v, double* re, double* im) {
  std::vector<double> whole(4 * n * n), unit(2 * n * n, 0.0), found(2 * n * n);
  for (index_t i = 0; i < n; ++i) {
    for (index_t j = 0; j < n; ++j) {
      const std::complex<double> x = v[i * n + j];
      whole[i * 2 * n + j] = whole[(n + i) * 2 * n + n + j] = x.real();
      whole[(n + i) * 2 * n + j] = x.imag(), whole[i * 2 * n + n + j] = -x.imag();
    }
    unit[i * n + i] = 1;
  }
  const auto solved =
      try_solve<double>(c_order<const double>(whole.data(), 2 * n, 2 * n), c_order<const double>(unit.data(), 2 * n, n),
                        c_order(found.data(), 2 * n, n), false);
  if (solved.solved != Solved::yes) return false;
  std::copy_n(found.data(), n * n, re);
  std::copy_n(found.data() + n * n, n * n, im);
  return true;
}

// Whether rounding of a matrix of that size, in units `unit`, could make two of the values one.
bool meet(index_t n, const std::complex<double>* w, const std::complex<double>* v, const double* re, const double* im,
          double unit) {
  double largest = 0;
  std::vector<double> condition(n, 0.0);
  for (index_t i = 0; i < n; ++i) {
    double column = 0, row = 0;
    for (index_t j = 0; j < n; ++j) {
      column += std::norm(v[j * n + i]);
      row += re[i * n + j] * re[i * n + j] + im[i * n + j] * im[i * n + j];
    }
    condition[i] = std::sqrt(column) * std::sqrt(row);
    largest = std::max(largest, std::abs(w[i]));
  }
  for (index_t i = 0; i < n; ++i) {
    for (index_t j = 0; j < i; ++j) {
      const double least = 8 * static_cast<double>(n) * unit * largest * std::max(condition[i], condition[j]);
      if (!(std::abs(w[i] - w[j]) > least)) return true;
    }
  }
  return false;
}

// Pairs of nodes, complex matrices of n rows.
struct Pair {
  Id re = kNone, im = kNone;
};

struct General : MatrixTerms {
  General(Graph& graph, Id eig, index_t rows) : MatrixTerms{graph}, n(rows), id(eig), v(at(eig, 0)), w(at(eig, 1)) {}

  Pair values(Id of, index_t size) const { return {part(of, size, 0, n), part(of, size, n, n)}; }
  Pair at(Id of, index_t which) const {  // V, W
    const index_t size = general_size(n), start = 2 * n + which * 2 * n * n;
    return {part(of, size, start, n * n), part(of, size, start + n * n, n * n)};
  }
  Pair times(Pair x, Pair y, int transposed = 0) const {
    return {subtract(product(x.re, y.re, n, n, n, transposed), product(x.im, y.im, n, n, n, transposed)),
            add(product(x.re, y.im, n, n, n, transposed), product(x.im, y.re, n, n, n, transposed))};
  }
  Pair each(Pair x, Pair y) const {
    const auto by = [&](Id a, Id b) { return MatrixTerms::times(a, b); };
    return {subtract(by(x.re, y.re), by(x.im, y.im)), add(by(x.re, y.im), by(x.im, y.re))};
  }
  Pair conj(Pair x) const { return {x.re, negative(x.im)}; }
  Pair plus(Pair x, Pair y) const { return {add(x.re, y.re), add(x.im, y.im)}; }
  Pair minus(Pair x, Pair y) const { return {subtract(x.re, y.re), subtract(x.im, y.im)}; }

  // conj(d) / |d|^2 of d = w_j - w_i; 1 stands for d on the diagonal.
  Pair gaps_of(Pair x) const {
    const auto difference = [&](Id y) { return g.subtract(g.tile(y, g.size(y) / n, n, n), g.tile(y, g.size(y), n, 1)); };
    const Id re = g.add(difference(x.re), identity(n)), im = difference(x.im), size = g.binary(Op::Hypot, re, im);
    const Id beside = mask(n, n, [](index_t i, index_t j) { return i != j; });
    const auto over = [&](Id y) { return g.multiply(beside, g.divide(g.divide(y, size), size)); };
    return {over(re), negative(over(im))};
  }

  const index_t n;
  const Id id;
  const Pair v, w;
};

}  // namespace

template <class T>
void general_pairs_of(index_t n, index_t items, bool vectors, const T* a, T* out) {
  const index_t size = vectors ? general_size(n) : 2 * n;
  std::vector<double> matrix(n * n), re(n * n), im(n * n);
  std::vector<std::complex<double>> w(n), v(n * n);
  for (index_t q = 0; q < items; ++q, a += n * n, out += size) {
    std::copy_n(a, n * n, matrix.data());
    bool found = std::all_of(matrix.begin(), matrix.end(), [](double x) { return std::isfinite(x); });
    found = found && general_pairs<double>({c_order<const double>(matrix.data(), n, n), {}}, w.data(), v.data()).found;
    if (!found) {
      std::fill(out, out + size, kNaN<T>);
      continue;
    }
    for (index_t i = 0; i < n; ++i) out[i] = static_cast<T>(w[i].real()), out[n + i] = static_cast<T>(w[i].imag());
    if (!vectors) continue;
    const double unit = std::numeric_limits<T>::epsilon();
    if (!invert(n, v.data(), re.data(), im.data()) || meet(n, w.data(), v.data(), re.data(), im.data(), unit)) {
      throw DomainError(
          "f: two eigenvalues of a matrix are the same to rounding, where they have no derivative; add what keeps them "
          "apart, "
          "or use eigvalsh if the matrix is symmetric.");
    }
    T* to = out + 2 * n;
    for (index_t i = 0; i < n * n; ++i) {
      to[i] = static_cast<T>(v[i].real()), to[n * n + i] = static_cast<T>(v[i].imag());
      to[2 * n * n + i] = static_cast<T>(re[i]), to[3 * n * n + i] = static_cast<T>(im[i]);
    }
  }
}

template void general_pairs_of<float>(index_t, index_t, bool, const float*, float*);
template void general_pairs_of<double>(index_t, index_t, bool, const double*, double*);

Id general_tangent(Graph& graph, Id eig, index_t n, Id d) {
  if (d == kNone) return d;
  const General t(graph, eig, n);
  const Pair p = t.times(t.times(t.w, {d, kNone}), t.v);
  const Pair q = t.each(t.gaps_of(t.values(eig, general_size(n))), p);
  const Pair dv = t.times(t.v, q), dw = t.times(q, t.w);
  const index_t items = graph.size(p.re) / (n * n), all = n * n;
  return t.joined({t.diagonal(p.re, n), t.diagonal(p.im, n), dv.re, dv.im, t.negative(dw.re), t.negative(dw.im)},
                  {n, n, all, all, all, all}, items);
}

Id general_adjoint(Graph& graph, Id eig, index_t n, Id weights, bool values_only) {
  if (weights == kNone) return weights;
  const General t(graph, eig, n);
  const Pair own = t.values(weights, values_only ? 2 * n : general_size(n));
  Pair inner{t.on_diagonal(own.re, n), t.on_diagonal(own.im, n)};
  if (!values_only) {
    const Pair turning = t.minus(t.times(t.conj(t.v), t.at(weights, 0), 1), t.times(t.at(weights, 1), t.conj(t.w), 2));
    inner = t.plus(inner, t.each(t.conj(t.gaps_of(t.values(eig, general_size(n)))), turning));
  }
  return t.times(t.times(t.conj(t.w), inner, 1), t.conj(t.v), 2).re;
}

}  // namespace mmlcore::calculus
