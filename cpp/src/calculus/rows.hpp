// Functions that are sums over rows of data, and how the axis of rows is followed through a graph.
//
// A loss f(w) = sum_i h(x_i'w, y_i) of N rows x_i reads its data for the products x_i'w, and its gradient reads them again
// for sum_i h' x_i. Operation after operation, each of these goes through all rows before the next one starts; data that do
// not fit the caches come from memory each time, and so does every array of N numbers between. But row i needs nothing of
// the other rows: a block of B rows can go through all operations while it stays in the caches. Then memory is read once,
// and the blocks can be shared out between threads.
//
// So the axis of rows is followed. Of the operations' arrays [N][...] some have it as an axis, with `outer` numbers before
// it and `inner` numbers behind it:
//
//   RowForm(outer, inner)    number (o, n, i) of [outer][N][inner] is at (o N + n) inner + i.
//
// Data are (1, columns), a product X w is (1, 1), its tangents in k directions are (k, 1), a transposed X is (columns, 1).
// Other arrays are "whole": w itself, and every sum over the rows. Each operation has a rule that says of which form its
// result is, given those of its operands, and what it is for B rows in place of N:
//
//   elementwise            operands of the result's form, or repeated along leading axes: with fewer outer numbers, or whole
//   and
//                          the same for every row
//   sum, repetition        before or behind the axis: the form changes. Along the axis: a sum is whole, a repetition of what
//   is
//                          whole has the form
//   products A B           rows of A, or columns of B: of the result. Along both, as in X'r: a sum over the rows, whole
//   picked, placed         where the index moves by `inner` from a row to the next: columns, transposes, new axes. The rule
//   is
//                          found from the index itself
//   concatenation          along the outer axis
//
// What has no rule is done as a whole, when its operands are there as a whole.
//
// Levels. A pass over the rows computes all that needs no sum over the same rows; sums are there when it ends. What needs
// them is in the next pass: a softmax over classes takes one pass, a variance two. A node of level L with a form is computed
// in pass L, a whole one before pass L. Nodes with a form that a later level reads, or that are results, are stored as a
// whole.
//
// Every rule moves indices exactly. Sums are those of blocks, added in the order of the rows: see passes.hpp.
#pragma once

#include <optional>
#include <vector>

#include "mmlcore/calculus/graph.hpp"

namespace mmlcore::calculus {

struct RowForm {
  std::int32_t outer = 0, inner = 0;

  explicit operator bool() const { return outer > 0; }  // else: whole
  bool operator==(const RowForm&) const = default;
};

// How a node is computed for some rows.
struct RowRule {
  RowForm form;                   // of the result; none: a sum over rows
  std::vector<RowForm> operands;  // as they are read; none: whole
  std::int32_t dims[3] = {0, 0, 0};
  bool per_row[3] = {false, false, false};  // dims that are for one row
  // Gathers and scatters whose index goes over rows: the places o inner + i of the first row, for each number of a row on
  // the side that is written in order, of form `ordered`.
  std::vector<std::int32_t> places;
  RowForm ordered;
};

struct RowPlan {
  index_t rows = 0;                          // 0: there is no axis worth following
  bool products = false;                     // there are some along the axis
  std::vector<char> needed;                  // nodes that the outputs are made of
  std::vector<std::optional<RowRule>> rule;  // of nodes that passes compute
  std::vector<std::int32_t> level;
  std::vector<char> stored;  // nodes with a form that are wanted as a whole

  RowForm form(Id id) const { return rule[id] ? rule[id]->form : RowForm{}; }
};

// Whether there are so many numbers that it may pay.
bool worth_following(const Graph& graph);

RowPlan follow_rows(const Graph& graph, const std::vector<Id>& outputs);

}  // namespace mmlcore::calculus
