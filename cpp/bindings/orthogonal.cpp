#include "arrays.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/orthogonal/gram_schmidt.hpp"
#include "mmlcore/orthogonal/orthogonalize.hpp"
#include "mmlcore/orthogonal/qr.hpp"
#include "module.hpp"

namespace mmlcore::bindings {

void bind_orthogonal(py::module_& m) {
  m.def(
      "gram_schmidt",
      [](const py::array& a, py::array& q, py::array& norms, double rtol) {
        by_dtype(q, [&](auto zero) {
          using T = decltype(zero);
          const auto va = matrix_batch<const T>(a, "A");
          const auto vq = matrix_batch<T>(q, "q");
          T* out = data_of<T>(norms);
          without_gil([&] {
            // A stack is shared out between the threads; a single matrix employs them all by itself.
            parallel_tasks(vq.count(), [&](index_t i) { gram_schmidt<T>(va[i], vq[i], out + i * va.item.cols, rtol); });
          });
        });
      },
      py::arg("a"), py::arg("q"), py::arg("norms"), py::arg("rtol"),
      "Columns of a orthonormalized in order into q; norms (..., n), contiguous: lengths of what they added.");
  m.def(
      "orthogonalize",
      [](const py::array& rows, py::array& v) {
        const auto vr = matrix_view<const double>(rows, "rows");
        double* pv = vector_view<double>(v, "v").data;
        return without_gil([&] { return orthogonalize(vr, pv); });
      },
      py::arg("rows"), py::arg("v"), "v, contiguous, made orthogonal to orthonormal rows in place; returns its length.");
  m.def(
      "qr",
      [](const py::array& a, py::array& q, py::array& r) {
        by_dtype(q, [&](auto zero) {
          using T = decltype(zero);
          const auto va = matrix_batch<const T>(a, "A");
          const auto vq = matrix_batch<T>(q, "q"), vr = matrix_batch<T>(r, "r");
          without_gil([&] { qr<T>(va, vq, vr); });
        });
      },
      py::arg("a"), py::arg("q"), py::arg("r"), "a = q r, the diagonal of r non-negative, for stacks of matrices.");
}

}  // namespace mmlcore::bindings
