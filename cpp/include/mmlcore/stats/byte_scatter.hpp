// Mean and scatter matrix of bytes, as images are stored: exact, and without a copy in floating point.
//
// Products of bytes are whole numbers, so sums of them need no shift and lose nothing:
//
//   m S = m sum(x x') - (sum x)(sum x)',
//
// the formula that cancels in floating point, is here computed in integers and rounded once, at the end.
//
// Processors multiply small integers faster than floats, several to an element of a vector of 32-bit sums: pairs of 16-bit
// numbers (all levels), or four unsigned bytes with four signed ones where they have VNNI. For the signed ones 128 is
// taken away, which is given back by sum x_i (x_j - 128) = sum x_i x_j - 128 sum x_i.
//
// Cost: m d^2 / 2 multiplications, one pass over the data in any memory order, scratch 8 d^2 bytes and some blocks.
#pragma once

#include <cstdint>

#include "mmlcore/core/views.hpp"

namespace mmlcore {

// mean (d,) and scatter (d, d), symmetric, of the rows of x, at least one.
void byte_scatter(MatrixView<const std::uint8_t> x, double* mean, double* scatter);

}  // namespace mmlcore
