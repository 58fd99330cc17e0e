// The BLAS libraries of this process (mmlcore/core/shared_blas.hpp), for mmlcore.core.shared.
#pragma once

#include <pybind11/pybind11.h>

namespace mmlcore::bindings {

void bind_shared_blas(pybind11::module_& m);

}  // namespace mmlcore::bindings
