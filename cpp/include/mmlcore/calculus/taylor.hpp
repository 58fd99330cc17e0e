// Taylor arithmetic: a function's expansion along a curve, as further nodes of its graph.
//
// Put x(t) = x_0 + x_1 t + x_2 t^2 + ... into the function; every operation turns the coefficients of its operands into
// those of its result, up to the order wanted:
//
//   v = a b:       v_k = sum_j a_j b_{k-j}                                  (Cauchy's product)
//   v = a / b:     v_k = (a_k - sum_{j>0} b_j v_{k-j}) / b_0                (from v b = a)
//   v = phi(u):    v' = phi'(u) u', so  k v_k = sum_{j>0} j u_j h_{k-j}     where h = phi'(u),
//
// and h is made of series that are known up to k - 1 when v_k is due: exp has h = v, tan h = 1 + v^2, log h = 1/u, arctan
// h = 1 / (1 + u^2), sin and cos each other. With x_1 = 1 and all else zero these are the Taylor coefficients f^(k)(x_0) /
// k!, exact to rounding: no step size, no symbolic growth. Cost: k^2 / 2 multiplications for each product or function.
//
// Source: A. Griewank, A. Walther, "Evaluating Derivatives", 2nd ed. (2008), section 13.2, tables 13.1 and 13.2.
#pragma once

#include <vector>

#include "mmlcore/calculus/graph.hpp"

namespace mmlcore::calculus {

using Series = std::vector<Id>;  // coefficients 0 ... order; kNone: zero wherever the point

// Series of `outputs` where node of[i] has the series curves[i] (whose coefficient 0 is the node itself).
std::vector<Series> taylor(Graph& graph, const std::vector<Id>& outputs, const std::vector<Id>& of,
                           const std::vector<Series>& curves);

}  // namespace mmlcore::calculus
