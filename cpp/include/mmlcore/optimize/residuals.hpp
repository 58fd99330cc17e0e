// Traced residuals r(theta) as equations of a least squares problem (least_squares.hpp): their values are one program, their
// Jacobian another, all of its entries or those that can be other than zero.
#pragma once

#include <memory>
#include <vector>

#include "mmlcore/calculus/program.hpp"
#include "mmlcore/optimize/curve.hpp"
#include "mmlcore/optimize/least_squares.hpp"

namespace mmlcore::optimize {

struct Residuals {
  const calculus::Program& values;  // theta (p) to residuals (m)
  const calculus::Program& slopes;  // theta (p) to the Jacobian (m, p), or to its entries
  Loss loss = Loss::Linear;
  double loss_scale = 1;
};

std::unique_ptr<Equations> traced_equations(const Residuals& residuals);

// Entry k stands in row rows[k], which ascend, and column columns[k]: the products of a row's entries are added where they
// belong, which takes the squares of their number and not p^2 a row.
std::unique_ptr<Equations> sparse_equations(const Residuals& residuals, const std::vector<index_t>& rows,
                                            std::vector<index_t> columns);

}  // namespace mmlcore::optimize
