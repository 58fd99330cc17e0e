#define MMLCORE_IMPORTS_NUMPY
#include "module.hpp"

#include "arrays.hpp"
#include "numpy_api.hpp"

PYBIND11_MODULE(MMLCORE_MODULE, m, pybind11::mod_gil_not_used()) {
  using namespace mmlcore::bindings;
  m.doc() = "The compiled kernels of mmlcore, for one instruction level. Private: use the functions of mmlcore.";
  if (PyArray_ImportNumPyAPI() != 0) throw pybind11::error_already_set();
  pybind11::detail::npy_api::get();  // now, not within the first call: 0.5 ms
  core_py::bind(m);
  bind_results(m);
  vectors_py::bind(m);
  neighbors_py::bind(m);
  metric_py::bind(m);
  metric_lengths_py::bind(m);
  matrices_py::bind(m);
  einsum_py::bind(m);
  elementary_py::bind(m);
  images_py::bind(m);
  elimination_py::bind(m);
  orthogonal_py::bind(m);
  eigen_py::bind(m);
  singular_py::bind(m);
  complex_singular_py::bind(m);
  complex_eigen_py::bind(m);
  classify_py::bind(m);
  general_eigen_py::bind(m);
  stats_py::bind(m);
  moments_py::bind(m);
  order_py::bind(m);
  graph_py::bind(m);
  python_graphs_py::bind(m);
  row_block_py::bind(m);
  edge_text_py::bind(m);
  sparse_py::bind(m);
  calculus_py::bind(m);
  bind_call_program(m);
  traced_doors_py::bind(m);
  finite_difference_py::bind(m);
  optimize_py::bind(m);
  regressions_py::bind(m);
  neural_py::bind(m);
  decomposition_py::bind(m);
}
