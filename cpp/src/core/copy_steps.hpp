// Copies of numbers with gaps between them on one side or both (copy_steps.cpp).
#pragma once

#include "mmlcore/core/views.hpp"

namespace mmlcore::detail {

// Whether all are finite, or `any` will do.
template <class T>
bool copy_steps(MatrixView<const T> from, MatrixView<T> to, bool any);

}  // namespace mmlcore::detail
