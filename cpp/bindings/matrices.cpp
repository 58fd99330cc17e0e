#include <pybind11/pybind11.h>

#include "arrays.hpp"
#include "mmlcore/matrices/product.hpp"
#include "module.hpp"

namespace mmlcore::bindings {

void bind_matrices(py::module_& m) {
  m.def(
      "matmul",
      [](const py::array& a, const py::array& b, py::array& out) {
        by_dtype(out, [&](auto zero) {
          using T = decltype(zero);
          const auto va = matrix_view<const T>(a, "a"), vb = matrix_view<const T>(b, "b");
          const auto vc = matrix_view<T>(out, "out");
          without_gil([&] { product<T>(va, vb, vc); });
        });
      },
      py::arg("a"), py::arg("b"), py::arg("out"), "out = a b.");
}

}  // namespace mmlcore::bindings
