// Newton's iteration for systems of one to kTiny equations, one in each lane of an evaluator: see newton.hpp.
//
// Each lane is at its own stage: a pass evaluates values and Jacobians at the trial points of all lanes once; then masks
// take steps, halve them, or end a lane, which takes the next start at once. Those of which no part of a step helps have
// their try without safeguards in lanes as well. What is not plain (a small pivot, numbers that are not finite, a change of
// sign at a pole) is left to the longer way, from its start.
#pragma once

#include <vector>

#include "mmlcore/calculus/program.hpp"
#include "mmlcore/optimize/newton.hpp"

namespace mmlcore::optimize {

inline constexpr index_t kTiny = 4;           // unknowns that are eliminated in place
inline constexpr double kSmallPivot = 1e-10;  // beside its row
inline constexpr int kHalvings = 40;
inline constexpr double kBlur = 1e-7;           // a step that rounding errors of f make up, relative to x
inline constexpr double kLeastDecrease = 1e-4;  // of |f|, in parts of the step
// Sums of squares beyond these have lost digits, or all of them: f in units of 1e-200 seemed to be zero.
inline constexpr double kLeastSquares = 1e-280, kMostSquares = 1e300;

// Starts begin ... end - 1 on this thread. `both` gives n values and then the Jacobian, row by row. Appends those that are
// left to `hard`.
void newton_in_lanes(const calculus::Program& both, index_t n, const double* start, index_t begin, index_t end,
                     const NewtonOptions& options, Roots& found, std::vector<index_t>& hard);

}  // namespace mmlcore::optimize
