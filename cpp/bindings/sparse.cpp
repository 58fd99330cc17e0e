// Sparse matrices of SciPy, read in place.
#include <cstdint>

#include "arrays.hpp"
#include "mmlcore/matrices/sparse_gram.hpp"
#include "mmlcore/matrices/sparse_product.hpp"
#include "module.hpp"

namespace mmlcore::bindings {
namespace {

template <class Index, class T>
Csr<Index, T> rows_of(index_t rows, const py::array& start, const py::array& column, const py::array& value) {
  const index_t entries = value.size();
  require<Index>(start, 1, "start");
  require<Index>(column, 1, "column");
  const Csr<Index, T> a{rows, static_cast<const Index*>(start.data()), static_cast<const Index*>(column.data()),
                        static_cast<const T*>(value.data())};
  if (start.size() != rows + 1 || column.size() != entries || a.start[0] != 0 || a.start[rows] != entries)
    throw DomainError("an internal call came with a sparse matrix that is none");
  return a;
}

// Calls f with the matrix, for the widths that its arrays have.
template <class F>
void with_rows(index_t rows, const py::array& start, const py::array& column, const py::array& value, F&& f) {
  by_dtype(value, [&](auto zero) {
    using T = decltype(zero);
    if (start.itemsize() == 4) {
      f(rows_of<std::int32_t, T>(rows, start, column, value));
    } else {
      f(rows_of<std::int64_t, T>(rows, start, column, value));
    }
  });
}

}  // namespace

void bind_sparse(py::module_& m) {
  m.def(
      "sparse_product",
      [](const py::array& start, const py::array& column, const py::array& value, const py::array_t<double>& x,
         py::array_t<double>& out) {
        const double* from = x.data();
        double* to = out.mutable_data();
        with_rows(out.size(), start, column, value,
                  [&](const auto& a) { without_gil([&] { sparse_product(a, from, to); }); });
      },
      py::arg("start"), py::arg("column"), py::arg("value"), py::arg("x"), py::arg("out"),
      "out = A x; the caller has checked that starts ascend and that x has every column.");
  m.def(
      "sparse_gram",
      [](const py::array& start, const py::array& column, const py::array& value, const py::array_t<double>& left,
         const py::array& right, const py::array_t<double>& v, py::array_t<double>& out) {
        const auto vr = vector_view<const double>(right, "right");
        const double *pl = left.data(), *pv = v.data();
        double* to = out.mutable_data();
        with_rows(left.size(), start, column, value,
                  [&](const auto& a) { without_gil([&] { sparse_gram(a, pl, vr, pv, to); }); });
      },
      py::arg("start"), py::arg("column"), py::arg("value"), py::arg("left"), py::arg("right"), py::arg("v"), py::arg("out"),
      "out = B'B v with B = A - left right', all vectors contiguous; checked as before.");
}

}  // namespace mmlcore::bindings
