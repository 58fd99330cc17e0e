#define MMLCORE_IMPORTS_NUMPY
#include "module.hpp"

#include "numpy_api.hpp"

PYBIND11_MODULE(MMLCORE_MODULE, m, pybind11::mod_gil_not_used()) {
  using namespace mmlcore::bindings;
  m.doc() = "The compiled kernels of mmlcore, for one instruction level. Private: use the functions of mmlcore.";
  if (PyArray_ImportNumPyAPI() != 0) throw pybind11::error_already_set();
  bind_core(m);
  bind_results(m);
  bind_vectors(m);
  bind_neighbors(m);
  bind_metric(m);
  bind_matrices(m);
  bind_einsum(m);
  bind_elementary(m);
  bind_images(m);
  bind_elimination(m);
  bind_orthogonal(m);
  bind_eigen(m);
  bind_singular(m);
  bind_complex_singular(m);
  bind_complex_eigen(m);
  bind_classify(m);
  bind_general_eigen(m);
  bind_stats(m);
  bind_moments(m);
  bind_order(m);
  bind_graph(m);
  bind_python_graphs(m);
  bind_row_block(m);
  bind_edge_text(m);
  bind_sparse(m);
  bind_calculus(m);
  bind_call_program(m);
  bind_traced_doors(m);
  bind_finite_difference(m);
  bind_optimize(m);
  bind_regressions(m);
  bind_neural(m);
  bind_decomposition(m);
}
