// Each file registers its functions by one, bind, in a namespace that bears its name: several files may be compiled as one
// (cmake/Isa.cmake). module.cpp is the table of contents.
#pragma once

#include <pybind11/pybind11.h>

#define MMLCORE_BINDS(file)          \
  namespace file##_py {              \
    void bind(pybind11::module_& m); \
  }

namespace mmlcore::bindings {

MMLCORE_BINDS(core)
void bind_results(pybind11::module_& m);
MMLCORE_BINDS(vectors)
MMLCORE_BINDS(neighbors)
MMLCORE_BINDS(metric)
MMLCORE_BINDS(metric_lengths)
MMLCORE_BINDS(matrices)
MMLCORE_BINDS(einsum)
MMLCORE_BINDS(elementary)
MMLCORE_BINDS(images)
MMLCORE_BINDS(elimination)
MMLCORE_BINDS(singular)
MMLCORE_BINDS(complex_singular)
MMLCORE_BINDS(complex_eigen)
MMLCORE_BINDS(classify)
MMLCORE_BINDS(decomposition)
MMLCORE_BINDS(orthogonal)
MMLCORE_BINDS(eigen)
MMLCORE_BINDS(general_eigen)
MMLCORE_BINDS(stats)
MMLCORE_BINDS(moments)
MMLCORE_BINDS(order)
MMLCORE_BINDS(graph)
MMLCORE_BINDS(python_graphs)
MMLCORE_BINDS(row_block)
MMLCORE_BINDS(edge_text)
MMLCORE_BINDS(sparse)
MMLCORE_BINDS(calculus)
void bind_call_program(pybind11::module_& m);
MMLCORE_BINDS(traced_doors)
MMLCORE_BINDS(finite_difference)
MMLCORE_BINDS(optimize)
MMLCORE_BINDS(regressions)
MMLCORE_BINDS(neural)

}  // namespace mmlcore::bindings
