#include "arrays.hpp"
#include "mmlcore/eigen/jacobi.hpp"
#include "mmlcore/eigen/symmetric_top.hpp"
#include "module.hpp"

namespace mmlcore::bindings {

void bind_eigen(py::module_& m) {
  m.def(
      "symmetric_top",
      [](const py::array& a, py::array_t<double>& values, py::array_t<double>& vectors) {
        const auto va = matrix_view<const double>(a, "a");
        const auto out = matrix_view<double>(vectors, "vectors");
        double* to = values.mutable_data();
        return without_gil([&] { return symmetric_top(va, to, out); });
      },
      py::arg("a"), py::arg("values"), py::arg("vectors"),
      "Fills values (k,) and vectors (n, k) with the largest eigenpairs of a; returns the largest relative residual.");
  m.def(
      "jacobi",
      [](const py::array& a, py::array& values, py::array& vectors) {
        by_dtype(vectors, [&](auto zero) {
          using T = decltype(zero);
          const auto va = matrix_batch<const T>(a, "A");
          const auto out = matrix_batch<T>(vectors, "vectors");
          T* to = data_of<T>(values);
          without_gil([&] { jacobi<T>(va, to, out); });
        });
      },
      py::arg("a"), py::arg("values"), py::arg("vectors"),
      "All eigenpairs of a stack of symmetric matrices of up to 16 rows; values (..., n) contiguous.");
}

}  // namespace mmlcore::bindings
