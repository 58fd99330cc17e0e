#include "arrays.hpp"
#include "fastcall.hpp"
#include "mmlcore/matrices/product.hpp"
#include "mmlcore/matrices/product_small.hpp"
#include "mmlcore/matrices/product_tall.hpp"
#include "mmlcore/matrices/resample.hpp"
#include "module.hpp"

namespace mmlcore::bindings {
namespace {

// Between so many multiplications the BLAS that numpy brings is as fast (python/mmlcore/matrices/_product.py, which repeats
// them).
constexpr double kLarge = kSmallProduct * kSmallProduct * kSmallProduct;
constexpr double kHuge = 2147483648.0;

PyObject* numpy_matmul = nullptr;

// Whether one axis is contiguous and the other runs forward.
template <class T>
bool blas_takes(const MatrixView<const T>& a) {
  return (a.row_stride == 1 || a.col_stride == 1) && a.row_stride > 0 && a.col_stride > 0;
}

// The product of two plain matrices: ours while it is small, numpy's where that is as fast.
template <class T>
PyObject* matmul_plain_of(PyObject* const* args, const Glance& a, const Glance& b) {
  const MatrixView<const T> va = a.matrix<T>(), vb = b.matrix<T>();
  if (va.cols != vb.rows) return not_implemented();
  const index_t shape[2] = {va.rows, vb.cols};
  const bool small = is_small_product(va, vb, c_order<T>(nullptr, va.rows, vb.cols));
  const double work = static_cast<double>(va.rows) * static_cast<double>(va.cols) * static_cast<double>(vb.cols);
  if (!small && work >= kHuge) return not_implemented();
  const bool ours = small || is_tall_product(va, vb, c_order<T>(nullptr, va.rows, vb.cols));
  if (!ours && work >= kLarge && blas_takes(va) && blas_takes(vb)) {
    enter_context();
    if (num_threads() > 1) return PyObject_Vectorcall(numpy_matmul, args, 2, nullptr);
  }
  py::object out = new_array<T>(2, shape);
  const MatrixView<T> vc = c_order(array_data<T>(out), va.rows, vb.cols);
  if (small) {
    product_small<T>(va, vb, vc);
  } else {
    without_gil([&] { product_single<T>(va, vb, vc); });
  }
  return out.release().ptr();
}

PyObject* matmul_plain_call(PyObject* const* args, Py_ssize_t count) {
  if (count != 2) return not_implemented();
  const Glance a(args[0]), b(args[1]);
  const bool two = a.holds<double>() && b.holds<double>();
  if (!two && !(a.holds<float>() && b.holds<float>())) return not_implemented();
  if (a.axes() != 2 || b.axes() != 2) return not_implemented();
  return two ? matmul_plain_of<double>(args, a, b) : matmul_plain_of<float>(args, a, b);
}

// (h, w, channels)
template <class T>
ImageView<T> image_view(const py::array& array, const char* name) {
  require<T>(array, 3, name);
  return {data_of<T>(array),
          array.shape(0),
          array.shape(1),
          array.shape(2),
          element_stride<T>(array, 0),
          element_stride<T>(array, 1),
          element_stride<T>(array, 2)};
}

PyMethodDef fast_methods[] = {
    fast_method<&matmul_plain_call>(
        "matmul_plain",
        "matmul_plain($module, a, b, /)\n--\n\nThe product of two plain matrices; NotImplemented for everything else."),
    {nullptr, nullptr, 0, nullptr}};

}  // namespace

void bind_matrices(py::module_& m) {
  if (PyModule_AddFunctions(m.ptr(), fast_methods) != 0) throw py::error_already_set();
  numpy_matmul = py::object(py::module_::import("numpy").attr("matmul")).release().ptr();
  m.def(
      "matmul",
      [](const py::array& a, const py::array& b, py::array& out) {
        by_dtype(out, [&](auto zero) {
          using T = decltype(zero);
          const auto va = matrix_batch<const T>(a, "a"), vb = matrix_batch<const T>(b, "b");
          const auto vc = matrix_batch<T>(out, "out");
          without_gil([&] { product_batch<T>(va, vb, vc); });
        });
      },
      py::arg("a"), py::arg("b"), py::arg("out"), "out = a b for stacks of matrices.");
  m.def(
      "resample",
      [](const py::array& image, const py::array_t<double>& h, int order, const py::array& fill, py::array& out) {
        double inverse[9];
        for (py::ssize_t i = 0; i < 9; ++i) inverse[i] = h.at(i / 3, i % 3);
        by_dtype(out, [&](auto zero) {
          using T = decltype(zero);
          const auto from = image_view<const T>(image, "image");
          const auto to = image_view<T>(out, "out");
          const auto values = vector_view<const T>(fill, "fill");
          without_gil([&] { resample<T>(from, inverse, static_cast<Interpolation>(order), values.data, to); });
        });
      },
      py::arg("image"), py::arg("h"), py::arg("order"), py::arg("fill"), py::arg("out"),
      "out (h, w, channels): the image at the places h (x, y), by order 0, 1 or 3; fill is contiguous.");
}

}  // namespace mmlcore::bindings
