// Derivatives of a graph, as further nodes of the same graph.
//
// Forward: a dual number x + dx e with e^2 = 0 carries a value and a derivative, and f(x + dx e) = f(x) + f'(x) dx e for
// every elementary f. So each operation v = f(a, b) passes on
//
//   dv = f_a(a, b) da + f_b(a, b) db,
//
// from the inputs to the outputs: the directional derivative of all outputs along one direction, for about the cost of the
// function. Directions travel together: the tangent of a node of size n is k copies of it, [direction][element].
//
// Reverse: the same chain rule read from the end. With w' = d(output)/dw ("adjoint"), each operation v = f(a, b) adds
//
//   a' += f_a(a, b) v',    b' += f_b(a, b) v',
//
// from the outputs to the inputs: the derivatives of one output with respect to all inputs, for a small multiple of
// the cost of the function, whatever their number (this is backpropagation). k outputs travel together in the same way.
//
// The reverse sweep is made of operations too, so forward over reverse gives Hessian times direction; with the unit
// vectors as directions, the Hessian. Zeros that do not depend on the point (kNone) take no operations.
//
// Where a function has no derivative: |x| and sign have 0 at 0, minimum and maximum share theirs at a tie, floor,
// ceil and comparisons have 0 everywhere. sqrt has infinity at 0; hypot, and the root of a sum of squares, have 0 at 0.
//
// Where the chain rule meets infinity. A factor of a product along the chain can be infinite, or no number, beside another
// one that is exactly zero: exp(800) in 1 / (1 + exp(x)), the root of the branch that `where` did not take, 1 / sqrt(0) in a
// standard deviation of equal numbers. What is exactly zero does not count there: 0 times anything is 0, 0 / 0 is 0.
// Programs first run without that rule, which costs nothing; points whose derivatives come out as NaN run again with it
// (runner.hpp). Nodes that belong to values, not to derivatives, keep the arithmetic of numpy.
//
// Source: A. Griewank, A. Walther, "Evaluating Derivatives", 2nd ed. (2008), chapters 3 (forward, reverse) and 5 (both).
#pragma once

#include <vector>

#include "mmlcore/calculus/graph.hpp"

namespace mmlcore::calculus {

// Tangents of `outputs` in k directions: each of size k times that of the output, or kNone. directions[i] is the tangent of
// node of[i], k times its size, or kNone.
std::vector<Id> forward(Graph& graph, const std::vector<Id>& outputs, const std::vector<Id>& of,
                        const std::vector<Id>& directions, index_t k);

// Adjoints of the nodes `of`, each k times their size or kNone, for k combinations of the outputs: weights[i], k times the
// size of outputs[i] or kNone.
std::vector<Id> reverse(Graph& graph, const std::vector<Id>& outputs, const std::vector<Id>& weights,
                        const std::vector<Id>& of, index_t k);

}  // namespace mmlcore::calculus
