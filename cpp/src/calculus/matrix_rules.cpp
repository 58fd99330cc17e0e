#include "matrix_rules.hpp"

#include <algorithm>

#include "matrix_general.hpp"
#include "matrix_steps.hpp"
#include "matrix_terms.hpp"
#include "mmlcore/core/errors.hpp"

namespace mmlcore::calculus {
namespace {

using Coefficients = std::vector<Id>;

class MatrixRule : MatrixTerms {
 public:
  MatrixRule(Graph& graph, Id id)
      : MatrixTerms{graph}, id_(id), v(graph[id]), m(v.dims[0]), n(v.dims[1]), p(std::min(m, n)) {}

  // Number k of the result's coefficients, from 0 ... k of the operands' and 0 ... k - 1 of its own.
  Id coefficient(int k, const Coefficients& a, const Coefficients& b, const Coefficients& own) const {
    switch (v.op) {
      case Op::Solve: {
        Id rest = b.empty() ? kNone : b[k];
        for (int j = 1; j <= k; ++j) rest = subtract(rest, product(masked(a[j]), own[k - j], m, m, n, v.aux & 1));
        return solved(v.a, rest, m, n, v.aux);
      }
      case Op::Inverse:
        return inverse_coefficient(k, a, own);
      case Op::Determinant:
        return determinant_coefficient(k, a, own);
      case Op::Cofactor:
        only_first(k);
        return cofactor_slope(a[1]);
      case Op::Cholesky: {
        Id rest = a[k];
        for (int j = 1; j < k; ++j) rest = subtract(rest, product(own[j], own[k - j], m, m, m, 2));
        const Id half = transposed(solved(id_, rest, m, m, 2), m, m);
        return product(id_, lower(solved(id_, half, m, m, 2), m, 0.5), m, m, m);
      }
      case Op::Eigh:
        return eigh_coefficient(k, a, own);
      case Op::EighValues: {
        if (k == 1) return diagonal(turned(a[1], vectors(v.b)), m);
        Coefficients pairs{v.b};
        const MatrixRule whole(g, v.b);
        for (int j = 1; j <= k; ++j) pairs.push_back(whole.coefficient(j, a, {}, pairs));
        return part(pairs[k], m + m * m, 0, m);
      }
      case Op::Svd:
        only_first(k);
        return svd_tangent(a[1]);
      case Op::SvdValues:
        only_first(k);
        return diagonal(product(product(left(v.b), a[1], p, m, n, 1), right(v.b), p, n, p, 2), p);
      case Op::Qr:
        return qr_coefficient(k, a, own);
      case Op::Pinv:
        only_first(k);
        return pinv_tangent(a[1]);
      case Op::Eigvals: {
        only_first(k);
        return part(general_tangent(g, general(), m, a[1]), general_size(m), 0, 2 * m);
      }
      case Op::Eig:
        only_first(k);
        return general_tangent(g, id_, m, a[1]);
      default:  // Apart
        return a[k];
    }
  }

  std::pair<Id, Id> adjoints(Id w) const {
    switch (v.op) {
      case Op::Solve: {
        const Id b = solved(v.a, w, m, n, v.aux ^ 1);
        const Id a = v.aux & 1 ? product(id_, b, m, n, m, 2) : product(b, id_, m, n, m, 2);
        return {negative(masked(a)), b};
      }
      case Op::Inverse:
        return {negative(product(product(id_, w, m, m, m, 1), id_, m, m, m, 2)), kNone};
      case Op::Determinant:
        if (v.aux == 2) return {kNone, kNone};
        return {by_item(v.aux == 1 ? transposed(inverse(), m, m) : g.matrices(Op::Cofactor, v.a, kNone, m, m, 0), w), kNone};
      case Op::Cofactor:
        return {cofactor_slope(w), kNone};
      case Op::Cholesky: {
        const Id half = lower(product(id_, w, m, m, m, 1), m, 0.5);
        const Id once = transposed(solved(id_, half, m, m, 3), m, m);
        return {symmetric(transposed(solved(id_, once, m, m, 3), m, m)), kNone};
      }
      case Op::Eigh: {
        const Id own = vectors(id_);
        const Id inner = times(gaps(apart(eigenvalues(), m, 0), m), product(own, part(w, m + m * m, m, m * m), m, m, m, 1));
        const Id on = on_diagonal(part(w, m + m * m, 0, m), m);
        return {symmetric(turned_back(add(inner, on), own)), kNone};
      }
      case Op::EighValues:
        return {turned_back(on_diagonal(w, m), vectors(v.b)), kNone};
      case Op::Svd:
        return {svd_adjoint(w), kNone};
      case Op::SvdValues:
        return {product(by_columns(left(v.b), w, m, p), right(v.b), m, p, n), kNone};
      case Op::Qr:
        return {qr_adjoint(w), kNone};
      case Op::Pinv: {
        const Id x = id_, t = transposed(w, n, m);
        const Id n1 = product(product(left_rest(), t, m, m, n), product(x, x, n, m, n, 2), m, n, n);
        const Id n2 = product(product(x, x, m, n, m, 1), product(t, right_rest(), m, n, n), m, m, n);
        const Id n0 = product(product(x, w, m, n, m, 1), x, m, m, n, 2);
        return {add(negative(n0), add(n1, n2)), kNone};
      }
      case Op::Eigvals:
        return {general_adjoint(g, general(), m, w, true), kNone};
      case Op::Eig:
        return {general_adjoint(g, id_, m, w, false), kNone};
      default:  // Apart
        return {w, kNone};
    }
  }

 private:
  void only_first(int k) const {
    if (k > 1) {
      throw DomainError(
          "f: Taylor series of order 2 and more are not computed of svd, pinv, lstsq, eigvals and cofactors; nest "
          "`derivative` instead.");
    }
  }

  // What counts of a triangle.
  Id masked(Id x) const {
    if (!(v.aux & 10)) return x;
    const bool below = v.aux & 2;
    return times(x, mask(m, m, [=](index_t i, index_t j) { return below ? i >= j : i <= j; }));
  }
  Id symmetric(Id x) const { return x == kNone ? x : g.scale(g.add(x, transposed(x, m, m)), 0.5); }
  // A number for each matrix.
  Id by_item(Id x, Id w) const { return times(x, g.tile(w, g.size(w), m * m, 1)); }
  Id general() const { return g.matrices(Op::Eig, v.a, kNone, m, m, 0); }
  Id inverse() const { return g.matrices(Op::Inverse, v.a, kNone, m, m, 0); }
  Id trace_of(Id x, Id y) const {  // of X' Y
    const Id both = times(x, y);
    return both == kNone ? both : g.sum(both, g.size(both) / (m * m), m * m, 1);
  }

  Id inverse_coefficient(int k, const Coefficients& a, const Coefficients& own) const {
    Id sum = kNone;
    for (int j = 1; j <= k; ++j) sum = add(sum, product(a[j], own[k - j], m, m, m));
    return negative(product(own[0], sum, m, m, m));
  }

  Id determinant_coefficient(int k, const Coefficients& a, const Coefficients& own) const {
    if (v.aux == 2) return kNone;
    if (k == 1 && v.aux != 1) return trace_of(g.matrices(Op::Cofactor, v.a, kNone, m, m, 0), a[1]);
    Coefficients inverses{inverse()};
    for (int j = 1; j < k; ++j) inverses.push_back(inverse_coefficient(j, a, inverses));
    const auto logarithm = [&](int j) {  // times j
      Id sum = kNone;
      for (int i = 1; i <= j; ++i) {
        const Id term = trace_of(transposed(inverses[j - i], m, m), a[i]);
        if (term != kNone) sum = add(sum, g.scale(term, i));
      }
      return sum;
    };
    Id sum = kNone;
    if (v.aux == 1) {
      sum = logarithm(k);
    } else {
      for (int j = 1; j <= k; ++j) sum = add(sum, times(logarithm(j), own[k - j]));
    }
    return sum == kNone ? sum : g.scale(sum, 1.0 / k);
  }

  // (<C, D> C - C D' C) / det A: what is left of C = det(A) A'^-1 along D, or of a weight D. Where A is singular to rounding
  // this would be 0 / 0; it is NaN there, which no zero absorbs.
  Id cofactor_slope(Id d) const {
    if (d == kNone) return d;
    const Graph::Sweep off(g, false);
    const Id det = g.matrices(Op::Determinant, v.a, kNone, m, m, 0, 3);
    const Id turned = product(product(id_, d, m, m, m, 2), id_, m, m, m);
    return by_item(subtract(by_item(id_, trace_of(id_, d)), turned), g.divide(g.constant(1.0), det));
  }

  // Eigenvectors and values of a symmetric matrix.
  Id vectors(Id pairs) const { return part(pairs, m + m * m, m, m * m); }
  Id eigenvalues() const { return g.matrices(Op::EighValues, v.a, id_, m, m, 0); }
  Id turned(Id x, Id own) const { return product(product(own, x, m, m, m, 1), own, m, m, m); }
  Id turned_back(Id x, Id own) const { return product(product(own, x, m, m, m), own, m, m, m, 2); }

  Id eigh_coefficient(int k, const Coefficients& a, const Coefficients& own) const {
    const Id basis = vectors(id_);
    Coefficients c{kNone}, w{kNone};  // from 1 on
    for (int j = 1; j < k; ++j) {
      c.push_back(product(basis, vectors(own[j]), m, m, m, 1));
      w.push_back(part(own[j], m + m * m, 0, m));
    }
    Id rest = turned(a[k], basis), square = kNone;
    for (int j = 1; j < k; ++j) {
      rest = add(rest, product(turned(a[j], basis), c[k - j], m, m, m));
      if (w[j] != kNone) rest = subtract(rest, by_columns(c[k - j], w[j], m, m));
      square = add(square, product(c[j], c[k - j], m, m, m, 1));
    }
    if (rest == kNone) return kNone;
    Id change = times(gaps(apart(eigenvalues(), m, 0), m), rest);
    if (square != kNone) change = add(change, g.scale(on_diagonal(diagonal(square, m), m), -0.5));
    const Id values = diagonal(rest, m), turned_vectors = product(basis, change, m, m, m);
    return joined({values, turned_vectors}, {m, m * m}, g.size(values) / m);
  }

  // U (m, p), s (p), V' (p, n).
  index_t svd_size() const { return (m + n + 1) * p; }
  Id left(Id whole) const { return part(whole, svd_size(), 0, m * p); }
  Id right(Id whole) const { return part(whole, svd_size(), (m + 1) * p, p * n); }
  Id singular_values() const { return apart(g.matrices(Op::SvdValues, v.a, id_, m, n, 0), p, m == n ? 0 : 1); }
  Id svd_gaps(Id s) const { return gaps(g.unary(Op::Square, s), p); }
  // X - U U' X of X (m, p), and the same of V.
  Id beside(Id x, Id basis, index_t rows) const {
    return subtract(x, product(basis, product(basis, x, p, rows, p, 1), rows, p, p));
  }

  Id svd_tangent(Id d) const {
    if (d == kNone) return d;
    const Id u = left(id_), vt = right(id_), s = singular_values(), f = svd_gaps(s);
    const Id vectors_right = transposed(vt, p, n);
    const Id inner = product(product(u, d, p, m, n, 1), vt, p, n, p, 2), inner_t = transposed(inner, p, p);
    Id du = product(u, times(f, add(by_columns(inner, s, p, p), by_rows(inner_t, s, p, p))), m, p, p);
    Id dv = product(vectors_right, times(f, add(by_rows(inner, s, p, p), by_columns(inner_t, s, p, p))), n, p, p);
    const Id inverse = m == n ? kNone : g.unary(Op::Reciprocal, s);
    if (m > p) du = add(du, by_columns(beside(product(d, vectors_right, m, n, p), u, m), inverse, m, p));
    if (n > p) dv = add(dv, by_columns(beside(product(d, u, n, m, p, 1), vectors_right, n), inverse, n, p));
    const Id ds = diagonal(inner, p);
    return joined({du, ds, transposed(dv, n, p)}, {m * p, p, p * n}, g.size(ds) / p);
  }

  Id svd_adjoint(Id w) const {
    const Id u = left(id_), vt = right(id_), s = singular_values(), f = svd_gaps(s), vectors_right = transposed(vt, p, n);
    const Id wu = left(w), ws = part(w, svd_size(), m * p, p), wv = transposed(right(w), p, n);
    const auto turning = [&](Id basis, Id weight, index_t rows) {
      const Id x = product(basis, weight, p, rows, p, 1);
      return times(f, subtract(x, transposed(x, p, p)));
    };
    Id inner = add(by_columns(turning(u, wu, m), s, p, p), by_rows(turning(vectors_right, wv, n), s, p, p));
    inner = add(inner, on_diagonal(ws, p));
    Id result = product(product(u, inner, m, p, p), vt, m, p, n);
    const Id inverse = m == n ? kNone : g.unary(Op::Reciprocal, s);
    if (m > p) result = add(result, product(by_columns(beside(wu, u, m), inverse, m, p), vt, m, p, n));
    if (n > p) result = add(result, product(u, by_columns(beside(wv, vectors_right, n), inverse, n, p), m, p, n, 2));
    return result;
  }

  // Q (m, n), R (n, n).
  Id orthonormal(Id whole) const { return part(whole, m * n + n * n, 0, m * n); }
  Id triangle(Id whole) const { return part(whole, m * n + n * n, m * n, n * n); }

  Id qr_coefficient(int k, const Coefficients& a, const Coefficients& own) const {
    const Id q = orthonormal(id_), r = triangle(id_);
    Id rest = a[k], overlap = kNone;  // of Q_j' Q_(k-j), whose sum with 2 sym(Q' Q_k) is zero
    for (int j = 1; j < k; ++j) {
      const Id own_q = orthonormal(own[j]), other = orthonormal(own[k - j]);
      rest = subtract(rest, product(own_q, triangle(own[k - j]), m, n, n));
      overlap = add(overlap, product(own_q, other, n, m, n, 1));
    }
    const Id inner = solved_from_right(r, product(q, rest, n, m, n, 1), n, n, 8);
    if (inner == kNone) return kNone;
    const Id half = overlap == kNone ? kNone : g.scale(overlap, -0.5);
    const Id below = lower(subtract(inner, half), n, 0);
    const Id upper = subtract(subtract(inner, half), subtract(below, transposed(below, n, n)));
    const Id dr = product(upper, r, n, n, n);
    const Id dq = solved_from_right(r, subtract(rest, product(q, dr, m, n, n)), m, n, 8);
    return joined({dq, dr}, {m * n, n * n}, g.size(dr) / (n * n));
  }

  Id qr_adjoint(Id w) const {
    const Id q = orthonormal(id_), r = triangle(id_), wq = orthonormal(w), wr = triangle(w);
    const Id inner = subtract(product(r, wr, n, n, n, 2), product(wq, q, n, m, n, 1));
    const Id below = lower(inner, n, 0), kept = add(lower(inner, n, 1), transposed(below, n, n));
    return solved_from_right(r, add(wq, product(q, kept, m, n, n)), m, n, 8 | 1);
  }

  // I - A X and I - X A of the pseudo-inverse X (n, m).
  Id left_rest() const { return subtract(identity(m), product(v.a, id_, m, n, m)); }
  Id right_rest() const { return subtract(identity(n), product(id_, v.a, n, m, n)); }
  Id pinv_tangent(Id d) const {
    if (d == kNone) return d;
    const Id x = id_;
    const Id first = product(product(x, d, n, m, n), x, n, n, m);
    const Id second = product(product(product(x, x, n, m, n, 2), d, n, n, m, 2), left_rest(), n, m, m);
    const Id third = product(product(right_rest(), d, n, n, m, 2), product(x, x, m, n, m, 1), n, m, m);
    return add(negative(first), add(second, third));
  }

  const Id id_;
  const Node v;
  const index_t m, n, p;
};

}  // namespace

index_t item_count(const Graph& g, const Node& v) {
  const index_t one = item_sizes(v.op, v.dims[0], v.dims[1], v.dims[2]).result;
  return one ? g.size(v.a) == 0 ? 0 : v.size / one : 0;
}

Id matrix_tangent(Graph& g, Id id, Id da, Id db, index_t copies) {
  const Node v = g[id];
  if (da == kNone && db == kNone) return kNone;
  // Operands of fewer items than the result are spread to them, so that directions stay outermost.
  const auto spread = [&](Id x, Id d) {
    if (d == kNone || v.op != Op::Solve) return d;
    const index_t size = g.size(x), items = item_count(g, v),
                  own = size / (x == v.a ? v.dims[0] * v.dims[0] : v.dims[0] * v.dims[1]);
    return items == own ? d : g.tile(d, copies, items / own, size);
  };
  const Id found =
      MatrixRule(g, id).coefficient(1, {v.a, spread(v.a, da)}, {v.b, v.b == kNone ? kNone : spread(v.b, db)}, {id});
  return found == kNone ? kNone : g.full(found, copies * v.size);
}

std::pair<Id, Id> matrix_adjoints(Graph& g, Id id, Id w, index_t copies, bool first, bool second) {
  const Node v = g[id];
  auto [a, b] = MatrixRule(g, id).adjoints(w);
  // Sums what came from every item that shares an operand.
  const auto summed = [&](Id d, Id x) {
    if (d == kNone) return d;
    const index_t size = g.size(x), parts = g.size(d) / (copies * size);
    return parts > 1 ? g.sum(d, copies, parts, size) : d;
  };
  return {first ? summed(a, v.a) : kNone, second && v.b != kNone ? summed(b, v.b) : kNone};
}

std::vector<Id> matrix_series(Graph& g, Id id, const std::vector<Id>& a, const std::vector<Id>& b) {
  const MatrixRule rule(g, id);
  std::vector<Id> own{id};
  for (std::size_t k = 1; k < a.size(); ++k) {
    const Id found = rule.coefficient(static_cast<int>(k), a, b, own);
    own.push_back(found == kNone ? kNone : g.full(found, g.size(id)));
  }
  return own;
}

}  // namespace mmlcore::calculus
