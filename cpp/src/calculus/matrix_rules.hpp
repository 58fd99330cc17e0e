// Derivatives of linear algebra, as nodes: tangents, adjoints and series of each operation on stacks of matrices.
//
// Where a factorization is defined by equations between matrices, as A = L L', the k-th coefficients of the series satisfy
//
//   A_k = L_0 L_k' + L_k L_0' + (terms of lower order),
//
// linear equations for L_k, the same for every k; a tangent is the first coefficient. So one rule, `coefficient`, serves
// both. With F_ij = 1 / (w_j - w_i), o the product by elements, tril the lower triangle with half its diagonal, and R for
// what is known (Giles, "Collected matrix derivative results for forward and reverse mode AD", 2008; Walter and Lehmann,
// "Algorithmic differentiation of linear algebra functions", 2010; Golub and Pereyra, 1973, of the pseudo-inverse):
//
//   X = A^-1          X_k = -X R,                   R = sum of A_j X_(k-j), j > 0           A' = -X' X^ X'
//   A X = B           X_k = A^-1 (B_k - R)                                                 B' = A'^-1 X^, A' = -B' X'
//   log |det A|       the trace of A^-1 A_1                                                A' = A'^-1 times the weight
//   A = L L'          L_k = L tril(L^-1 R L'^-1),   R = A_k - sum of L_j L_(k-j)'           A' = L'^-1 tril(L' L^) L^-1
//   A = V W V'        V_k = V (F o R + D), W_k = diag R,  R = sum of V' A_j V C_(k-j) - C_(k-j) W_j, C = V' V_k
//   A = Q R           Q_k, R_k from the triangle below the diagonal of Q' A_k R^-1
//
// (^: the adjoint of the result.) Repeated eigenvalues or singular values: derivatives of the values alone are those of any
// basis, right for functions that treat them alike; those of vectors, and so second derivatives, do not exist there, and the
// operation Apart says so by an error.
#pragma once

#include <utility>
#include <vector>

#include "mmlcore/calculus/graph.hpp"

namespace mmlcore::calculus {

// Whether the second operand takes part in derivatives; else it is known from the first.
constexpr bool has_partial(Op op) { return !is_matrix(op) || op == Op::Solve; }

index_t item_count(const Graph& graph, const Node& v);

// The tangent in `copies` directions of node id, whose operands have tangents da and db, or kNone.
Id matrix_tangent(Graph& graph, Id id, Id da, Id db, index_t copies);

// What w, `copies` times the size of node id, gives its operands, of `copies` times their sizes.
std::pair<Id, Id> matrix_adjoints(Graph& graph, Id id, Id w, index_t copies, bool first, bool second);

// Coefficients of node id from those of its operands.
std::vector<Id> matrix_series(Graph& graph, Id id, const std::vector<Id>& a, const std::vector<Id>& b);

}  // namespace mmlcore::calculus
