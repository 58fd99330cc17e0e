// Each chapter registers its kernels by one function; module.cpp is the table of contents.
#pragma once

#include <pybind11/pybind11.h>

namespace mmlcore::bindings {

void bind_core(pybind11::module_& m);
void bind_results(pybind11::module_& m);
void bind_vectors(pybind11::module_& m);
void bind_neighbors(pybind11::module_& m);
void bind_metric(pybind11::module_& m);
void bind_matrices(pybind11::module_& m);
void bind_einsum(pybind11::module_& m);
void bind_elementary(pybind11::module_& m);
void bind_images(pybind11::module_& m);
void bind_elimination(pybind11::module_& m);
void bind_singular(pybind11::module_& m);
void bind_complex_singular(pybind11::module_& m);
void bind_complex_eigen(pybind11::module_& m);
void bind_classify(pybind11::module_& m);
void bind_decomposition(pybind11::module_& m);
void bind_orthogonal(pybind11::module_& m);
void bind_eigen(pybind11::module_& m);
void bind_general_eigen(pybind11::module_& m);
void bind_stats(pybind11::module_& m);
void bind_moments(pybind11::module_& m);
void bind_order(pybind11::module_& m);
void bind_graph(pybind11::module_& m);
void bind_python_graphs(pybind11::module_& m);
void bind_row_block(pybind11::module_& m);
void bind_edge_text(pybind11::module_& m);
void bind_sparse(pybind11::module_& m);
void bind_calculus(pybind11::module_& m);
void bind_call_program(pybind11::module_& m);
void bind_traced_doors(pybind11::module_& m);
void bind_finite_difference(pybind11::module_& m);
void bind_optimize(pybind11::module_& m);
void bind_regressions(pybind11::module_& m);
void bind_neural(pybind11::module_& m);

}  // namespace mmlcore::bindings
