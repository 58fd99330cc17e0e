// Eigenvalues of general real matrices: what Eigvals and Eig compute, and their derivatives.
//
// With A V = V diag(w), W = V^-1 and P = W A_1 V, all complex, F_ij = 1 / (w_j - w_i) beside the diagonal and 0 on it
// (Giles 2008, section 3.1; P. Lancaster, "On eigenvalues of matrices dependent on a parameter", Numer. Math. 6, 1964):
//
//   w_1 = diag P,   V_1 = V (F o P),   W_1 = -(F o P) W,
//
// where V keeps its lengths to first order, which the values do not see: v_i and row i of W only meet in products. Adjoints,
// for the real inner product <X, Y> = Re tr(X^H Y) and with weights w^, V^, W^, of a real matrix:
//
//   A^ = Re(W^H (diag w^ + conj(F) o (V^H V^ - W^ W^H)) V^H).
//
// Complex numbers are pairs of nodes. Eigvals gives the values alone, also where two are the same; its derivatives ask for
// Eig, [w, V, W] with real parts before imaginary ones, which says by an error where two values are the same to rounding:
// within what a perturbation of rounding's size moves them, that is n u |A| times their condition |v_i| |row i of W|.
#pragma once

#include "matrix_steps.hpp"
#include "mmlcore/calculus/graph.hpp"

namespace mmlcore::calculus {

// Numbers of Eig for n rows.
constexpr index_t general_size(index_t n) { return 2 * n + 4 * n * n; }

// Of n x n matrices one after the other: [w], or [w, V, W].
template <class T>
void general_pairs_of(index_t n, index_t items, bool vectors, const T* a, T* out);

// The tangent of a node Eig along d, tangents of its operand.
Id general_tangent(Graph& graph, Id eig, index_t n, Id d);

// What weights give the matrices: `values_only` of the values (2 n numbers), else of all that the node Eig gives.
Id general_adjoint(Graph& graph, Id eig, index_t n, Id weights, bool values_only);

}  // namespace mmlcore::calculus
