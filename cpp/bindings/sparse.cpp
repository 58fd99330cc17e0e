// Sparse matrices of SciPy, read in place.
#include <algorithm>
#include <cstdint>

#include "arrays.hpp"
#include "mmlcore/matrices/sparse_gram.hpp"
#include "mmlcore/matrices/sparse_product.hpp"
#include "module.hpp"

namespace mmlcore::bindings::sparse_py {
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

// Whether starts ascend from 0 to at most `entries`, and all indices before the last start lie within `size`.
template <class Index>
bool is_sound(const std::int64_t* start, index_t slices, const Index* index, index_t entries, index_t size) {
  bool fine = start[0] == 0 && start[slices] <= entries;
  for (index_t i = 0; i < slices; ++i) fine &= start[i] <= start[i + 1];
  if (!fine) return false;
  for (index_t k = 0; k < start[slices]; ++k) fine &= index[k] >= 0 && index[k] < size;
  return fine;
}

// The starts of a compressed matrix, a copy of them, which is what was looked at: another thread may write to the others.
// None for what is damaged or has arrays of another kind.
py::object own_starts(const py::array& start, const py::array& index, index_t entries, index_t slices, index_t size) {
  const auto plain = [](const py::array& x) {
    return x.ndim() == 1 && (holds<std::int32_t>(x) || holds<std::int64_t>(x)) &&
           (x.flags() & (py::array::c_style | py::detail::npy_api::NPY_ARRAY_ALIGNED_)) ==
               (py::array::c_style | py::detail::npy_api::NPY_ARRAY_ALIGNED_);
  };
  if (!plain(start) || !plain(index) || start.size() != slices + 1) return py::none();
  py::array_t<std::int64_t> own(slices + 1);
  std::int64_t* const to = own.mutable_data();
  if (start.itemsize() == 4) {
    std::copy_n(static_cast<const std::int32_t*>(start.data()), slices + 1, to);
  } else {
    std::copy_n(static_cast<const std::int64_t*>(start.data()), slices + 1, to);
  }
  const index_t count = std::min<index_t>(entries, index.size());
  const auto look = [&] {
    return index.itemsize() == 4 ? is_sound(to, slices, static_cast<const std::int32_t*>(index.data()), count, size)
                                 : is_sound(to, slices, static_cast<const std::int64_t*>(index.data()), count, size);
  };
  const bool fine = slices + count < 4096 ? look() : without_gil(look);
  return fine ? py::object(own) : py::object(py::none());
}

}  // namespace

void bind(py::module_& m) {
  m.def("own_starts", own_starts, py::arg("start"), py::arg("index"), py::arg("entries"), py::arg("slices"), py::arg("size"),
        "A copy of the starts of a compressed sparse matrix; None unless they and the indices are of one.");
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

}  // namespace mmlcore::bindings::sparse_py
