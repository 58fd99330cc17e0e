// Registered with the other kernels of the chapter (optimize.cpp).
#pragma once

#include <pybind11/pybind11.h>

namespace mmlcore::bindings {

void bind_once(pybind11::module_& m);

}  // namespace mmlcore::bindings
