// Copies between matrices of any strides, each direction at memory speed: rows by rows where both sides are contiguous along
// a row, squares of vectors transposed in registers where one side runs along rows and the other along columns
// (cpp/src/core/copy.cpp), numbers with gaps a vector at a time (copy_steps.cpp). Their code is compiled there once, since
// most kernels copy something.
//
// `copy_finite` also tells whether every element is finite: it sums x * 0, which is NaN as soon as one x is infinite or NaN,
// so the test rides along in the pass that a kernel makes anyway.
#pragma once

#include "mmlcore/core/views.hpp"

namespace mmlcore {

template <class T>
void copy(MatrixView<const T> from, MatrixView<T> to);

// Returns false if any element is NaN or infinite; all is copied either way. `from` and `to` may be the same.
template <class T>
bool copy_finite(MatrixView<const T> from, MatrixView<T> to);

}  // namespace mmlcore
