// Sparse matrices of SciPy, read in place.
#include <cstdint>

#include "arrays.hpp"
#include "mmlcore/matrices/sparse_product.hpp"
#include "module.hpp"

namespace mmlcore::bindings {
namespace {

template <class Index, class T>
void product(const py::array& start, const py::array& column, const py::array& value, const py::array_t<double>& x,
             py::array_t<double>& out) {
  const index_t rows = out.size(), entries = value.size();
  require<Index>(start, 1, "start");
  require<Index>(column, 1, "column");
  const SparseRows<Index, T> a{rows, static_cast<const Index*>(start.data()), static_cast<const Index*>(column.data()),
                               static_cast<const T*>(value.data())};
  if (start.size() != rows + 1 || column.size() != entries || a.start[0] != 0 || a.start[rows] != entries)
    throw DomainError("an internal call came with a sparse matrix that is none");
  const double* from = x.data();
  double* to = out.mutable_data();
  without_gil([&] { sparse_product(a, from, to); });
}

}  // namespace

void bind_sparse(py::module_& m) {
  m.def(
      "sparse_product",
      [](const py::array& start, const py::array& column, const py::array& value, const py::array_t<double>& x,
         py::array_t<double>& out) {
        by_dtype(value, [&](auto zero) {
          using T = decltype(zero);
          if (start.itemsize() == 4) {
            product<std::int32_t, T>(start, column, value, x, out);
          } else {
            product<std::int64_t, T>(start, column, value, x, out);
          }
        });
      },
      py::arg("start"), py::arg("column"), py::arg("value"), py::arg("x"), py::arg("out"),
      "out = A x; the caller has checked that starts ascend and that x has every column.");
}

}  // namespace mmlcore::bindings
