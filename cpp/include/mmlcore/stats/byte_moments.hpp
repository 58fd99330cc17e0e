// Means and sums of squared deviations of each column of bytes, as images are stored: exact, and without a copy in floating
// point.
//
// Sums of bytes and of their squares are whole numbers, so m q - d^2, which cancels in floating point, is here computed in
// integers and rounded once: d = sum x, q = sum x^2, squares = (m q - d^2) / m. Sums of some rows run in 32 bits, as many to
// a vector as there are.
//
// Cost: one reading of the data, a byte for an element.
#pragma once

#include <cstdint>

#include "mmlcore/core/views.hpp"

namespace mmlcore {

// mean (cols) and, unless null, squares (cols) of the rows of x, at least one; fewer than 2^31 rows.
void byte_moments(MatrixView<const std::uint8_t> x, double* mean, double* squares);

}  // namespace mmlcore
