// The equations of a curve: a model traced for one point, f(x; theta), its derivatives by the parameters, and data.
//
// One pass over the data makes values and derivatives in blocks, weights them, and sums up products or absorbs rows: no
// Jacobian is ever stored. Long data are cut into groups of fixed size, which threads take as they come and which are
// combined in their order: the same bits for any number of threads.
#pragma once

#include <memory>

#include "mmlcore/calculus/block_evaluator.hpp"
#include "mmlcore/optimize/least_squares.hpp"

namespace mmlcore::optimize {

struct CurveData {
  index_t points = 0, predictors = 1;
  const double* x = nullptr;  // predictors rows of `points` numbers, one after the other
  const double* y = nullptr;
  const double* weight = nullptr;  // 1 / sigma; zero leaves a point out; null: 1
  Loss loss = Loss::Linear;
  double loss_scale = 1;
};

// `program`: arguments x (predictors numbers) and each parameter, results f and its derivatives by each parameter.
std::unique_ptr<Equations> curve_equations(const calculus::Program& program, const CurveData& data);

// Rescales r and the p columns of J (count numbers each, weights included) for a loss; returns the sum of losses.
double apply_loss(Loss loss, double scale, double* const* columns, index_t parameters, index_t count);

}  // namespace mmlcore::optimize
